"""`outreach sequences`: what is said before, at and after a start; and one from file to answer."""

import json
import mailbox
import re
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import text

from outreach.app import App
from outreach.cli.main import run
from outreach.storage.database import Database
from outreach.testing import FrozenClock
from tests.conftest import NOW
from tests.e2e.workspace import Workspace
from tests.services.desk import add_contacts

Command = Callable[..., str]

STEP = """---
subject: "{subject} for {{{{ contact.first_name }}}}"
kind: check-in
---
Dear {{{{ contact.first_name }}}},

this is {subject}.

{{{{ links.unsubscribe }}}}
{{{{ postal_address }}}}
"""
WELCOME = """\
title = "First weeks"

[[steps]]
template = "one"

[[steps]]
template = "two"
after = "1 week"
"""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """The time at which all commands of a test run."""
    frozen = FrozenClock(NOW)
    opened = App.open

    def open_then(start: Path, **how: object) -> App:
        return opened(start, **{**how, "clock": frozen})  # type: ignore[arg-type]

    monkeypatch.setattr(App, "open", open_then)
    return frozen


@pytest.fixture
def folder(sqlite_database: Database, tmp_path: Path, clock: FrozenClock) -> Path:
    folder = tmp_path / "studio"
    folder.mkdir()
    workspace = Workspace(folder, sqlite_database.url.render_as_string())
    workspace.database.close()
    add_contacts(sqlite_database, ["ada", "bo"], clock())
    (folder / "sequences").mkdir()
    (folder / "sequences" / "welcome.toml").write_text(WELCOME)
    for name in ("one", "two"):
        (folder / "templates" / f"{name}.txt").write_text(STEP.format(subject=f"Part {name}"))
    for name in ("cur", "new", "tmp"):
        (folder / "post" / name).mkdir(parents=True)
    with (folder / "outreach.toml").open("a") as settings:
        settings.write('\n[mailboxes.anna]\nurl = "maildir:post"\n')
    return folder


@pytest.fixture
def outreach(
    folder: Path,
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Run a command in this process; return what it printed, after checking its exit code."""
    monkeypatch.setenv("OUTREACH_DATABASE_URL", sqlite_database.url.render_as_string())
    monkeypatch.setenv("OUTREACH_PERSON", "anna")

    def command(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        found = run(["-C", str(folder), *arguments])
        printed = capsys.readouterr()
        assert found == code, printed.out + printed.err
        return printed.out + printed.err

    return command


START = ("sequences", "start", "welcome", "--segment", "clients")


def out(folder: Path) -> list[tuple[str, str]]:
    """Return what was sent: to whom, and with which subject."""
    box = mailbox.Maildir(folder / "outbox", create=False)
    return sorted((str(mail["To"]).partition("<")[2], str(mail["Subject"])) for mail in box)


def sent_to(folder: Path, name: str) -> Message:
    """Return the one mail that was sent to a contact."""
    box = mailbox.Maildir(folder / "outbox", create=False)
    (found,) = [mail for mail in box if f"{name}@example.com" in str(mail["To"])]
    return found


def deliver(folder: Path, mail: str) -> None:
    """Put a mail into the mailbox that is read."""
    (folder / "post" / "new" / "1").write_text(mail)


def test_from_the_file_to_the_answer(
    folder: Path, outreach: Command, clock: FrozenClock, sqlite_database: Database
) -> None:
    told = outreach(*START, code=5)
    assert "welcome: ready to begin for 2 contacts, and nobody here to ask" in told
    told = outreach(*START, "--yes")
    assert '  step 1     one, at once: "Part one for Ada" (for ada@example.com)' in told
    assert '  step 2     two, 1 week after step 1: "Part two for Ada"' in told
    assert "/1: sent 2" in told
    assert out(folder) == [
        ("ada@example.com>", "Part one for Ada"),
        ("bo@example.com>", "Part one for Bo"),
    ]
    outreach("send", "--due")
    told = outreach("sequences", "show", "welcome")
    assert re.search(r"ada@example\.com +2 of 2 +pending +2 +2026-12-08 09:00", told)

    # Bo answers; what was changed since changes nothing of what was approved.
    (folder / "templates" / "two.txt").write_text(STEP.format(subject="Something else"))
    clock.advance(days=2)
    first = sent_to(folder, "bo")
    deliver(
        folder,
        f"From: Bo <bo@example.com>\nSubject: Re: Part one\nIn-Reply-To: {first['Message-ID']}\n"
        f"Date: {clock():%a, %d %b %Y %H:%M:%S} +0000\n\nThank you, all is well.\n",
    )
    outreach("inbox", "sync")
    (inbound_id,) = [m["id"] for m in json.loads(outreach("inbox", "list", "--json"))["mails"]]
    assert "did        stop-sequence: sequences welcome" in outreach(
        "inbox", "show", str(inbound_id)
    )
    assert "stop-sequence" in outreach("inbox", "reclass", str(inbound_id), "automatic")

    clock.advance(days=5)
    assert "/2: sent 1" in outreach("send", "--due")
    clock.advance(days=7)
    assert "nothing is due" in outreach("send", "--due")
    assert out(folder) == [
        ("ada@example.com>", "Part one for Ada"),
        ("ada@example.com>", "Part two for Ada"),
        ("bo@example.com>", "Part one for Bo"),
    ]
    data = json.loads(outreach("sequences", "list", "--json"))["sequences"][0]
    assert (data["running"], data["ended"]) == (0, {"completed": 1, "stopped": 1})
    told = outreach("contacts", "show", "bo@example.com")
    assert "welcome is stopped" in told
    assert "they wrote to us" in told


def test_the_way_out_in_a_step_ends_its_sequence_whatever_series_the_template_is_of(
    folder: Path, outreach: Command, clock: FrozenClock
) -> None:
    outreach(*START, "--yes")
    body = sent_to(folder, "ada").get_payload(decode=True)
    assert isinstance(body, bytes)
    (link,) = re.findall(r"mailto:\S+", body.decode())
    _, _, subject = link.partition("subject=")
    clock.advance(days=1)
    robot = "From: robot@provider.example\nTo: anna@studio.example\n"
    deliver(folder, f"{robot}Subject: {unquote(subject)}\n\n")
    outreach("inbox", "sync")
    told = outreach("contacts", "show", "ada@example.com")
    assert "opted out of series:welcome" in told
    assert "they want no more of it" in told
    clock.advance(days=6)
    assert "sent 1" in outreach("send", "--due")
    assert ("ada@example.com>", "Part two for Ada") not in out(folder)


def test_a_dry_run_records_nothing(outreach: Command, sqlite_database: Database) -> None:
    told = outreach(*START, "--dry-run")
    assert "to start   2" in told
    assert "Dry run: nothing was recorded or sent." in told
    data = json.loads(outreach(*START, "--dry-run", "--json").splitlines()[0])
    assert [step["subject"] for step in data["plan"]["steps"]] == [
        "Part one for Ada",
        "Part two for Ada",
    ]
    with sqlite_database.read() as session:
        for table in ("campaigns", "deliveries", "enrolments", "sequences"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_the_same_line_starts_it_for_who_is_new_and_for_nobody_twice(
    folder: Path, outreach: Command, sqlite_database: Database, clock: FrozenClock
) -> None:
    outreach(*START, "--yes")
    told = outreach(*START, "--yes")
    assert "welcome begins for nobody: all have begun it before, or there is nobody" in told
    add_contacts(sqlite_database, ["cy"], clock())
    assert "sent 1" in outreach(*START, "--yes")
    add_contacts(sqlite_database, ["dora"], clock(), consent="none")
    told = outreach(*START, "--yes")
    assert "welcome begins for nobody: the gate refuses all 1" in told
    assert "consent-missing" in told
    assert len(out(folder)) == 3
    outreach("campaigns", "list")


def test_it_begins_for_contacts_by_name_and_later(
    folder: Path, outreach: Command, clock: FrozenClock
) -> None:
    (folder / "sequences" / "welcome.toml").write_text(
        WELCOME.replace('template = "one"', 'template = "one"\nafter = "2 days"')
    )
    line = ("sequences", "start", "welcome", "--yes", "--contact")
    told = outreach(*line, "bo@example.com")
    assert "welcome has begun for 1 contact, the first mail from 2026-12-03 09:00 UTC on" in told
    told = outreach("contacts", "show", "bo@example.com")
    assert (
        "in the sequence welcome: step 1 of 2 pending; step 1 next, from 2026-12-03 09:00" in told
    )
    assert "nothing is due" in outreach("send", "--due")
    clock.advance(days=2)
    assert "sent 1" in outreach("send", "--due")
    assert out(folder) == [("bo@example.com>", "Part one for Bo")]
    assert "no contact with the address nobody@x.example" in outreach(
        *line, "nobody@x.example", code=2
    )


def test_stopping_by_a_person(outreach: Command, clock: FrozenClock) -> None:
    outreach(*START, "--yes")
    clock.advance(days=1)
    outreach("send", "--due")
    stop = ("sequences", "stop", "welcome")
    told = outreach(*stop, "ada@example.com", "--reason", "we spoke")
    assert "welcome goes on no more for 1 contact; 1 mail called off" in told
    assert "for whom?" in outreach(*stop, code=2)
    assert "for whom?" in outreach(*stop, "ada@example.com", "--all", code=2)
    assert "does not go on for ada@example.com" in outreach(*stop, "ada@example.com", code=2)
    assert "for 1 contact" in outreach(*stop, "--all")
    assert "welcome goes on for nobody" in outreach(*stop, "--all")


def test_what_is_wrong_is_told_before_anything_begins(
    folder: Path, outreach: Command, sqlite_database: Database
) -> None:
    assert "who begins it?" in outreach("sequences", "start", "welcome", code=2)
    assert 'did you mean "welcome"?' in outreach(
        "sequences", "start", "welcom", "--segment", "clients", code=2
    )
    file = folder / "sequences" / "welcome.toml"
    file.write_text(WELCOME.replace('"two"', '"tow"').replace('"one"', '"nothing-like-it"'))
    told = outreach(*START, code=3)
    assert 'sequences/welcome.toml:3: there is no template "nothing-like-it"' in told
    assert 'sequences/welcome.toml:6: there is no template "tow"' in told
    assert 'did you mean "two"?' in told
    file.write_text("titel = 1\n")
    told = outreach(*START, code=3)
    assert 'welcome.toml:1: a sequence has no "titel"' in told
    assert "there are no steps" in told
    # A broken file hides none of the others.
    (folder / "sequences" / "other.toml").write_text(WELCOME)
    told = outreach("sequences", "list", code=3)
    assert "First weeks" in told
    assert "titel" in told
    with sqlite_database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM campaigns")) == 0


def test_a_template_that_fails_for_one_starts_nobody(
    folder: Path, outreach: Command, sqlite_database: Database
) -> None:
    broken = folder / "templates" / "two.txt"
    broken.write_text(
        broken.read_text() + '{{ "x" | date("Q") if contact.first_name == "Bo" else "" }}\n'
    )
    told = outreach(*START, "--yes", code=4)
    assert "(for bo@example.com)" in told
    assert "(for ada@example.com)" not in told
    with sqlite_database.read() as session:
        for table in ("campaigns", "deliveries", "enrolments"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    assert not (folder / "outbox" / "new").exists() or out(folder) == []


def test_a_step_takes_no_others_in_and_can_be_paused_before_anybody_comes_to_it(
    outreach: Command, clock: FrozenClock
) -> None:
    outreach(*START, "--yes")
    steps = json.loads(outreach("sequences", "show", "welcome", "--json"))["approved"]
    first, second = (step["campaign"] for step in steps)
    told = outreach("send", "--template", "one", "--segment", "clients", "--key", first,
                    "--add-new", "--yes", code=5)  # fmt: skip
    assert "is a step of a sequence" in told
    outreach("campaigns", "pause", second, "--reason", "wrong link")
    clock.advance(days=8)
    assert "nothing is due" in outreach("send", "--due")
    assert "sent 2" in outreach("campaigns", "resume", second)


def test_sequences_that_there_are_none_of(folder: Path, outreach: Command) -> None:
    (folder / "sequences" / "welcome.toml").unlink()
    assert "No sequences yet." in outreach("sequences", "list")
    assert "none yet" in outreach("sequences", "show", "welcome", code=2)
