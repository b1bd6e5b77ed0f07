"""The real `outreach` process against a real SMTP server on loopback, which is the judge."""

import json
import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.config.settings import Settings
from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import Rule, ScriptedServer
from tests.e2e.workspace import TEMPLATE, Workspace, recipients, wait_for
from tests.services.desk import add_contacts


@pytest.fixture
def make_workspace(tmp_path: Path) -> Iterator[Callable[[Database, int], Workspace]]:
    made: list[Workspace] = []

    def make(database: Database, contacts: int) -> Workspace:
        url = database.url.render_as_string(hide_password=False)
        folder = tmp_path / "studio"
        folder.mkdir()
        workspace = Workspace(folder, url)
        made.append(workspace)
        add_contacts(
            workspace.database,
            [f"c{number}" for number in range(contacts)],
            system_clock(),
            timezone="UTC",
        )
        return workspace

    yield make
    for workspace in made:
        workspace.database.close()


@pytest.fixture
def workspace(
    sqlite_database: Database, make_workspace: Callable[[Database, int], Workspace]
) -> Workspace:
    return make_workspace(sqlite_database, 12)


def test_from_a_command_to_mail_on_a_server_once(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        assert "to send    12" in workspace.send("--dry-run")
        assert workspace.states() == {}
        printed = workspace.send()
        assert "audience 12 = sent 12" in printed
        assert recipients(server) == {f"c{n}@example.com": 1 for n in range(12)}
        # Connections race, so the first mail may be anybody's.
        (first,) = (one for one in server.accepted if "c0@example.com" in one.recipients)
        message = message_from_bytes(first.data)
        assert message["Subject"] == "News for C0"
        assert message["From"] == "Anna Berg <anna@studio.example>"
        assert "nothing to send: all 12 have it" in workspace.send()
        assert len(server.accepted) == 12


def test_json_and_the_commands_that_look_back(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes", "--json")
        printed, _ = process.communicate(timeout=60)
    data = json.loads(printed)
    assert data["totals"]["states"] == {"sent": 12}
    assert data["run"]["counts"] == {"sent": 12}
    key = data["campaign"]
    assert key == workspace.key()
    assert key in workspace.run("campaigns", "list")
    shown = workspace.run("campaigns", "show", key)
    assert "finished" in shown
    assert "by anna" in shown
    story = workspace.run("why", "c3@example.com", "--campaign", key)
    assert "sent on" in story
    assert "the gate allowed it (allowed): client, consent express" in story
    assert "A newsletter now would wait: at most 1 mail a calendar day" in story
    assert (
        json.loads(workspace.run("why", "c3@example.com", "--json"))["campaigns"][0]["key"] == key
    )
    assert "there is no campaign" in workspace.run("campaigns", "show", "nws@2026", code=2)
    assert "there is no contact" in workspace.run("why", "who@example.com", code=2)


def test_without_a_terminal_somebody_has_to_say_yes(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        printed = workspace.run("send", "--template", "news", code=5)
        assert "add --yes" in printed
        assert server.connections == 0
    assert workspace.states() == {}


def test_on_a_terminal_it_shows_the_plan_and_asks_once(workspace: Workspace) -> None:
    def answer(letter: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "outreach", "--no-color", "send", "--template", "news"],
            cwd=workspace.folder,
            env={**workspace.environ, "TERM": "dumb"},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        seen = b""
        while b"[y/N]" not in seen:
            seen += os.read(ours, 4096)
        os.write(ours, letter.encode() + b"\n")
        # What it shows from here on has to be read, or it would wait for ever.
        while True:
            try:
                seen += os.read(ours, 4096) or b""
            except OSError:
                break
        assert process.stdout is not None
        seen += process.stdout.read()
        process.stdout.close()
        os.close(ours)
        return process.wait(30), seen.decode()

    with ScriptedServer() as server:
        workspace.through(server)
        code, seen = answer("n")
        assert code == 5
        assert "Send 12 mails now?" in seen
        assert "not sent, as you said" in seen
        assert workspace.states() == {}
        assert server.connections == 0
        code, seen = answer("y")
        assert code == 0, seen
        assert "sent 12" in seen
        assert len(server.accepted) == 12
    with workspace.database.read() as session:
        who, when = session.execute(text("SELECT approved_by, approved_at FROM campaigns")).one()
    assert who == "anna"
    assert when is not None


def test_a_server_that_is_down_pauses_and_can_be_resumed(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        port = server.port
    printed = workspace.send(code=7)
    key = workspace.key()
    # The server is named once.
    assert f"{key} is paused: cannot connect to 127.0.0.1:{port}: " in printed
    assert printed.partition("is paused")[2].count(f"127.0.0.1:{port}") == 1
    assert f"outreach campaigns resume {key}" in printed
    assert workspace.states() == {"pending": 12}
    with ScriptedServer() as server:
        workspace.through(server)
        assert "sent 12" in workspace.run("campaigns", "resume", key)
        assert len(server.accepted) == 12


def test_a_server_that_was_down_is_tried_again_by_the_same_line(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
    workspace.send(code=7)
    with ScriptedServer() as server:
        workspace.through(server)
        assert "sent 12" in workspace.send()


def test_a_mailing_that_does_harm_waits_for_a_person_whatever_line_is_run(
    workspace: Workspace,
) -> None:
    workspace.environ |= {"OUTREACH_BREAKER_SAMPLE": "2", "OUTREACH_CONNECTIONS": "1"}
    with ScriptedServer(Rule("RCPT", reply="550 5.1.1 no such user", times=2)) as server:
        workspace.through(server)
        assert "2 of 2 mails bounced" in workspace.send(code=7)
        key = workspace.key()
        for _ in range(2):
            printed = workspace.send(code=5)
            assert f"{key} paused itself: 2 of 2 mails bounced" in printed
            assert f"outreach campaigns resume {key}" in printed
        workspace.send("--add-new", code=5)
        assert server.accepted == []
        assert "sent 10" in workspace.run("campaigns", "resume", key)


def test_what_was_put_off_goes_by_a_line_of_its_own_whatever_mailing_it_is_of(
    workspace: Workspace,
) -> None:
    def change(statement: str) -> None:
        with workspace.database.write() as session:
            session.execute(text(statement))

    with ScriptedServer(Rule("RCPT", "450 4.7.1 greylisted, come back", times=1)) as server:
        workspace.through(server)
        assert "nothing is due" in workspace.run("send", "--due")
        workspace.send("--key", "first")
        assert "nothing is due" in workspace.run("send", "--due")
        change("UPDATE deliveries SET not_before = NULL")
        workspace.run("campaigns", "pause", "first")
        assert "nothing is due" in workspace.run("send", "--due")
        change("UPDATE campaigns SET state = 'active', paused_by = NULL")
        assert "first: sent 1\n" in workspace.run("send", "--due")
    assert recipients(server) == Counter({f"c{number}@example.com": 1 for number in range(12)})
    assert workspace.states() == {"sent": 12}


def test_a_server_that_was_down_is_tried_again_by_the_line_for_what_is_due(
    workspace: Workspace,
) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
    workspace.send(code=7)
    workspace.run("send", "--due", code=7)
    with ScriptedServer() as server:
        workspace.through(server)
        assert "sent 12" in workspace.run("send", "--due")


def test_the_line_for_what_is_due_begins_nothing(workspace: Workspace) -> None:
    told = workspace.run("send", "--due", "--to", "me@example.com", "--add-new", code=2)
    assert "take --to, --add-new away" in told


def test_each_answer_is_recorded_for_what_it_is(workspace: Workspace) -> None:
    rules = [
        Rule("RCPT", reply="550 5.1.1 no such user", when=lambda who: "c1@" in who),
        Rule("RCPT", reply="450 4.7.1 greylisted, come back", when=lambda who: "c2@" in who),
    ]
    with ScriptedServer(*rules) as server:
        workspace.through(server)
        printed = workspace.send(code=6)
        assert "c1@example.com: rejected: bad address: 550 5.1.1 no such user" in printed
        assert workspace.states() == {"sent": 10, "rejected": 1, "pending": 1}
        assert "nothing to send: 10 of 12 have it" in workspace.send()
        assert len(server.accepted) == 10
    story = workspace.run("why", "c1@example.com")
    assert "rejected" in story
    assert "would be refused: c1@example.com is on the list" in story


def test_a_test_mail_touches_no_record(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        order = ("send", "--template", "news", "--to", "me@studio.example")
        printed = workspace.run(*order, "--as", "c5@example.com")
        assert 'rendered for c5@example.com: "News for C5"' in printed
        workspace.run(*order)
        first, second = (message_from_bytes(message.data) for message in server.accepted)
        assert first["To"] == "me@studio.example"
        assert first["Message-ID"] != second["Message-ID"]
        workspace.environ["OUTREACH_TEST_RECIPIENTS"] = "you@studio.example"
        assert "not among those" in workspace.run(*order, code=5)
    with workspace.database.read() as session:
        for table in ("campaigns", "deliveries", "decisions", "touches"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_template_that_fails_for_one_contact_sends_nothing(workspace: Workspace) -> None:
    template = workspace.folder / "templates" / "news.txt"
    template.write_text(TEMPLATE.replace("here is", "{{ contact.company }} here is"))
    with ScriptedServer() as server:
        workspace.through(server)
        printed = workspace.send(code=4)
        assert "(for c0@example.com)" in printed
        assert "(for c11@example.com)" in printed
        assert server.connections == 0
    assert workspace.states() == {}


def test_the_text_that_was_approved_is_what_goes(workspace: Workspace) -> None:
    template = workspace.folder / "templates" / "news.txt"
    with ScriptedServer() as server:
        workspace.through(server)
        workspace.send("--limit", "5")
        template.write_text(TEMPLATE.replace("News for", "Other news for"))
        workspace.send()
        subjects = {message_from_bytes(m.data)["Subject"] for m in server.accepted}
    assert len(server.accepted) == 12
    assert subjects == {f"News for C{number}" for number in range(12)}


def test_who_joined_later_is_named_and_added_on_request(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        workspace.send()
        add_contacts(workspace.database, ["late"], system_clock())
        printed = workspace.send()
        assert "1 contact joined clients" in printed
        assert "--add-new would add them" in printed
        assert "sent 13" in workspace.send("--add-new")
        assert recipients(server)["late@example.com"] == 1
        assert max(recipients(server).values()) == 1


def test_cancelling_and_interrupting_leave_everything_consistent(workspace: Workspace) -> None:
    with ScriptedServer(Rule("dot", stall=1.2)) as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes")
        wait_for(lambda: len(server.accepted) >= 2)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 130, told
        key = workspace.key()
        assert f"To go on: outreach campaigns resume {key}" in told
        sent = workspace.states()["sent"]
        assert workspace.states() == {"sent": sent, "pending": 12 - sent}
        assert len(server.accepted) == sent

        process = workspace.start("campaigns", "resume", key)
        wait_for(lambda: len(server.accepted) > sent)
        assert "will not be sent" in workspace.run("campaigns", "cancel", key)
        process.communicate(timeout=30)
        counts = workspace.states()
        assert set(counts) == {"sent", "cancelled"}
        assert counts["sent"] == len(server.accepted) < 12
        assert "was cancelled" in workspace.send(code=5)


@pytest.mark.slow
def test_two_runs_of_one_cron_line_are_harmless(
    database: Database, make_workspace: Callable[[Database, int], Workspace]
) -> None:
    workspace = make_workspace(database, 40)
    with ScriptedServer() as server:
        workspace.through(server)
        line = ("send", "--template", "news", "--yes")
        processes = [workspace.start(*line) for _ in range(2)]
        codes = []
        for process in processes:
            printed, told = process.communicate(timeout=120)
            assert "Traceback" not in told
            codes.append(process.returncode)
            assert process.returncode in (0, 8), printed + told
        assert 0 in codes
        workspace.send()
        assert recipients(server) == {f"c{n}@example.com": 1 for n in range(40)}
        assert workspace.states() == {"sent": 40}


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_and_nothing_sent_twice(
    database: Database, make_workspace: Callable[[Database, int], Workspace]
) -> None:
    """Kill -9 at random instants, again and again; what the server took is the judge."""
    workspace = make_workspace(database, 60)
    chance = random.Random(20261201)
    kills = 0
    with ScriptedServer(Rule("dot", stall=0.1)) as server:
        workspace.through(server)
        workspace.send("--limit", "1")
        key = workspace.key()
        for _ in range(6):
            before = len(server.accepted)
            process = workspace.start("campaigns", "resume", key)
            wait_for(
                lambda before=before, process=process: (  # type: ignore[misc]
                    len(server.accepted) > before or process.poll() is not None
                )
            )
            time.sleep(chance.random() * 0.4)
            if process.poll() is None:
                process.kill()
                kills += 1
            process.communicate(timeout=30)
            if not workspace.states().keys() & {"pending", "claimed"}:
                break
        process = workspace.start("campaigns", "resume", key)
        process.communicate(timeout=120)
        taken = recipients(server)
    states = workspace.states()
    assert kills >= 3
    assert set(states) <= {"sent", "uncertain"}
    assert states.total() == 60
    # Each connection has one mail in transit; more can never be in doubt.
    assert states["uncertain"] <= kills * Settings.connections
    assert max(taken.values()) == 1
    with workspace.database.read() as session:
        doubtful = set(
            session.scalars(text("SELECT address FROM deliveries WHERE state = 'uncertain'"))
        )
    everyone = {f"c{number}@example.com" for number in range(60)}
    # Not one is lost: whoever is not among the mails that were taken is listed as in doubt.
    assert everyone - taken.keys() <= doubtful
    assert f"uncertain {len(doubtful)}" in workspace.run("campaigns", "show", key) or not doubtful
