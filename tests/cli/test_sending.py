"""What the commands say and refuse; how they deliver is in tests/e2e."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.cli.main import run
from outreach.domain.clock import system_clock
from outreach.domain.contact import ConsentStatus
from outreach.storage.database import Database
from tests.e2e.test_sending import Workspace
from tests.services.desk import add_contacts

Command = Callable[..., str]


@pytest.fixture
def workspace(sqlite_database: Database, tmp_path: Path) -> Workspace:
    folder = tmp_path / "studio"
    folder.mkdir()
    url = sqlite_database.url.render_as_string()
    workspace = Workspace(folder, url)
    add_contacts(sqlite_database, ["anna", "bert"], system_clock())
    add_contacts(sqlite_database, ["kurt"], system_clock(), tier="customer")
    (folder / "segments" / "customers.toml").write_text(
        'description = "Customers"\nwhere = \'tier == "customer"\'\n'
    )
    workspace.database.close()
    return workspace


@pytest.fixture
def outreach(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command in this process; return what it printed, after checking its exit code."""
    monkeypatch.setenv("OUTREACH_DATABASE_URL", workspace.environ["OUTREACH_DATABASE_URL"])
    monkeypatch.setenv("OUTREACH_PERSON", "anna")

    def command(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        found = run(["-C", str(workspace.folder), *arguments])
        printed = capsys.readouterr()
        assert found == code, printed.out + printed.err
        return printed.out + printed.err

    return command


SEND = ("send", "--template", "news", "--yes")


def test_a_cron_line_with_nothing_to_do_loads_nothing_to_do_it_with(
    workspace: Workspace, outreach: Command
) -> None:
    outreach(*SEND, "--key", "k")
    line = ["-C", str(workspace.folder), *SEND, "--key", "k"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "outreach", *line],
        capture_output=True,
        text=True,
        check=True,
        env=workspace.environ,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "outreach.rendering.editions" in imported
    unused = {
        "outreach.rendering.templates",
        "outreach.services.planning",
        "outreach.services.sending",
        "babel",
        "mjml",
        "sqlalchemy.dialects.postgresql",
    }
    assert imported & unused == set()


def test_one_key_is_one_template_and_its_segments(
    workspace: Workspace, outreach: Command, sqlite_database: Database
) -> None:
    assert "sent 2" in outreach(*SEND, "--key", "k")
    printed = outreach(*SEND, "--key", "k", "--segment", "customers", code=5)
    assert "k went to clients, not to customers" in printed
    assert "--add-new" in printed
    assert "sent 3" in outreach(*SEND, "--key", "k", "--segment", "customers", "--add-new")
    other = workspace.folder / "templates" / "other.txt"
    other.write_text((workspace.folder / "templates" / "news.txt").read_text())
    printed = outreach("send", "--template", "other", "--yes", "--key", "k", code=5)
    assert "k is a mailing of news, not of other" in printed
    with sqlite_database.read() as session:
        assert session.scalar(text("SELECT segment FROM campaigns")) == "clients, customers"


def test_who_is_added_and_refused_leaves_the_mailing_as_it_was(
    outreach: Command, sqlite_database: Database
) -> None:
    outreach(*SEND, "--key", "k", "--limit", "1")
    add_contacts(sqlite_database, ["zoe"], system_clock(), consent=ConsentStatus.NONE)
    assert "the gate refused all 1" in outreach(*SEND, "--key", "k", "--add-new")
    # One is still to be sent, and the one who was refused is counted.
    told = outreach("send", "--due")
    assert "k: sent 1" in told
    assert "audience 3 = refused 1, sent 2" in told


def test_the_newest_edition_whose_month_has_begun_is_taken(
    workspace: Workspace, outreach: Command
) -> None:
    printed = outreach("send", "--segment", "clients", "--yes", code=2)
    assert '"newsletter" has no editions' in printed
    news = (workspace.folder / "templates" / "news.txt").read_text()
    for folder in ("newsletter", "customers"):
        (workspace.folder / "templates" / folder).mkdir()
        for month in ("2026-01", "2026-02", "2999-01"):
            edition = workspace.folder / "templates" / folder / f"{month}.txt"
            edition.write_text(news.replace("period: month\n", ""))
    data = json.loads(
        outreach("send", "--segment", "clients", "--yes", "--json", "--limit", "1").splitlines()[0]
    )
    assert data["campaign"] == "newsletter@2026-02"
    # A segment may have editions of its own.
    assert "customers@2026-02: sent 1" in outreach("send", "--segment", "customers", "--yes")


def test_nobody_in_the_segment_and_everybody_refused(
    outreach: Command, sqlite_database: Database
) -> None:
    printed = outreach(
        "send", "--template", "news", "--segment", "customers", "--yes", "--key", "c"
    )
    assert "sent 1" in printed
    with sqlite_database.write() as session:
        session.execute(text("UPDATE contacts SET tier = 'inquirer' WHERE first_name = 'Kurt'"))
    printed = outreach(
        "send", "--template", "news", "--segment", "customers", "--yes", "--key", "d"
    )
    assert "nothing to send: nobody is in the audience" in printed
    with sqlite_database.write() as session:
        session.execute(text("UPDATE contacts SET consent = 'withdrawn'"))
    printed = outreach(*SEND, "--key", "e")
    assert "nothing to send: the gate refused all 2" in printed
    assert "refused 2: consent-withdrawn" in printed
    printed = outreach(*SEND, "--key", "e")
    assert "nothing to send: 0 of 2 have it; 2 refused" in printed
    with sqlite_database.write() as session:
        session.execute(text(f"UPDATE contacts SET consent = '{ConsentStatus.GRANTED}'"))
    assert "sent 2" in outreach(*SEND, "--key", "e", "--add-new")


def test_why_says_who_was_never_in_the_audience(outreach: Command) -> None:
    outreach(*SEND, "--key", "k")
    printed = outreach("why", "kurt@example.com", "--campaign", "k")
    assert 'Segment clients (tier == "client") did not hold them when it was frozen' in printed
    assert "No campaign ever had them" in outreach("why", "kurt@example.com")


def test_the_groups_and_the_states_can_be_listed(outreach: Command) -> None:
    assert "no campaigns yet" in outreach("campaigns", "list")
    outreach(*SEND, "--key", "k", "--limit", "1")
    assert "active" in outreach("campaigns", "list")
    data = json.loads(outreach("campaigns", "show", "k", "--json"))
    assert data["totals"]["states"] == {"sent": 1, "pending": 1}
    assert data["totals"]["missing"] == 0
    assert "sent 2" in outreach("campaigns", "resume", "k")
    assert "is finished and cannot be cancelled" in outreach("campaigns", "cancel", "k", code=5)


def test_while_all_sending_is_halted_nothing_is_planned_tested_or_resumed(
    outreach: Command, sqlite_database: Database
) -> None:
    outreach(*SEND, "--key", "k", "--limit", "1")
    outreach("campaigns", "pause", "k")
    outreach("halt", "--reason", "wrong link")
    for order in (
        (*SEND, "--key", "other"),
        (*SEND, "--to", "me@example.com"),
        ("campaigns", "resume", "k"),
    ):
        printed = outreach(*order, code=5)
        assert "all sending was halted by anna" in printed
        assert "wrong link" in printed
        assert "outreach halt --lift" in printed
    with sqlite_database.read() as session:
        assert session.execute(text("SELECT key, state FROM campaigns")).all() == [("k", "paused")]
    # To look is no sending.
    assert "nothing was recorded or sent" in outreach(*SEND, "--key", "other", "--dry-run")
    outreach("halt", "--lift")
    assert "sent a test to me@example.com" in outreach(*SEND, "--to", "me@example.com")
    assert "sent 2" in outreach("campaigns", "resume", "k")


def test_what_is_tried_again_waits_for_a_paused_campaign_and_that_is_said(
    outreach: Command, sqlite_database: Database
) -> None:
    outreach(*SEND, "--key", "k", "--limit", "1")
    outreach("campaigns", "pause", "k")
    for state, order, said in (
        ("rejected", ("retry", "k", "--failed"), "1 of k will be tried again"),
        ("uncertain", ("reconcile", "k", "--resend"), "they will be tried again"),
    ):
        with sqlite_database.write() as session:
            session.execute(text(f"UPDATE deliveries SET state = '{state}' WHERE state = 'sent'"))
        printed = outreach("campaigns", *order)
        assert f"{said} once you resume it: outreach campaigns resume k" in printed
        assert "k: paused" in outreach("campaigns", "show", "k")
        assert "k was paused by anna" in outreach(*SEND, "--key", "k", code=5)
        with sqlite_database.write() as session:
            session.execute(text("UPDATE deliveries SET state = 'sent' WHERE attempts = 1"))
    with sqlite_database.write() as session:
        session.execute(text("UPDATE deliveries SET state = 'rejected' WHERE attempts = 1"))
        session.execute(text("UPDATE campaigns SET state = 'finished'"))
    printed = outreach("campaigns", "retry", "k", "--failed")
    assert "1 of k will be tried again: outreach campaigns resume k" in printed


def test_what_is_not_listed_is_counted_and_can_be(
    outreach: Command, sqlite_database: Database
) -> None:
    more = [f"c{number:02}" for number in range(50)]
    add_contacts(sqlite_database, more, system_clock())
    outreach(*SEND, "--key", "k")
    for state, others in (("uncertain", 31), ("rejected", 21)):
        with sqlite_database.write() as session:
            session.execute(
                text(f"UPDATE deliveries SET state = '{state}' WHERE id > 52 - {others}")
            )
        printed = outreach("campaigns", "show", "k")
        assert printed.count("@example.com") >= 20
        left = {"uncertain": 11, "rejected": 1}[state]
        assert f"and {left} more: outreach campaigns show k --all" in printed
        printed = outreach("campaigns", "show", "k", "--all")
        assert "more: outreach" not in printed
        assert all(f"{name}@example.com" in printed for name in more[-others:])
    data = json.loads(outreach("campaigns", "show", "k", "--json"))
    assert (len(data["uncertain"]), len(data["rejected"])) == (10, 20)
    assert data["rejected_unlisted"] == 1


def test_a_ledger_that_was_tampered_with_is_noticed(
    outreach: Command, sqlite_database: Database
) -> None:
    outreach(*SEND, "--key", "k", "--limit", "1")
    with sqlite_database.write() as session:
        session.execute(text("DELETE FROM deliveries WHERE state = 'pending'"))
    printed = outreach("campaigns", "resume", "k", code=6)
    assert "1 of 2 deliveries are not accounted for" in printed
    assert "and 1 missing" in outreach("campaigns", "show", "k")


def test_flags_that_make_no_sense_are_refused(outreach: Command) -> None:
    assert "--as is for test mails" in outreach(*SEND, "--as", "a@example.com", code=2)
    assert 'there is no segment "cliens"' in outreach(*SEND, "--segment", "cliens", code=2)
    printed = outreach("send", "--template", "nws", "--segment", "clients", code=2)
    assert 'there is no template "nws"' in printed
