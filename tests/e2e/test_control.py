"""Stopping a run at work: within one message a connection, whoever asks and how."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import Rule, ScriptedServer
from tests.e2e.workspace import TEMPLATE, Workspace, recipients, wait_for
from tests.services.desk import add_contacts

PEOPLE = 300
"""So many that a run lasts longer than a command takes to come in between."""
CONNECTIONS = 4
SLOW = 0.25
"""Seconds that the server takes over each message."""


@pytest.fixture
def workspace(sqlite_database: Database, tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "studio"
    folder.mkdir()
    made = Workspace(folder, sqlite_database.url.render_as_string())
    made.environ["OUTREACH_CONNECTIONS"] = str(CONNECTIONS)
    add_contacts(made.database, [f"c{n}" for n in range(PEOPLE)], system_clock(), timezone="UTC")
    started: list[subprocess.Popen[str]] = []
    begin = made.start

    def start(*arguments: str) -> subprocess.Popen[str]:
        started.append(begin(*arguments))
        return started[-1]

    made.start = start  # type: ignore[method-assign]
    yield made
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()
    made.database.close()


def halt(workspace: Workspace) -> None:
    workspace.run("halt", "--reason", "wrong link")


def pause(workspace: Workspace) -> None:
    workspace.run("campaigns", "pause", workspace.key())


def cancel(workspace: Workspace) -> None:
    workspace.run("campaigns", "cancel", workspace.key())


@pytest.mark.parametrize(
    ("order", "left", "told"),
    [
        (halt, "pending", "all sending is halted"),
        (pause, "pending", "the campaign is paused now"),
        (cancel, "cancelled", "the campaign is cancelled now"),
    ],
)
def test_a_word_from_elsewhere_takes_effect_within_a_message_a_connection(
    workspace: Workspace, order: Callable[[Workspace], None], left: str, told: str
) -> None:
    with ScriptedServer(Rule("dot", stall=SLOW)) as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes")
        wait_for(lambda: len(server.accepted) >= 3)
        order(workspace)
        at_the_word = len(server.accepted)
        printed, complaints = process.communicate(timeout=30)
        assert process.returncode == 0, complaints
        assert told in printed
        # What was on its way, and on each connection no more than the next.
        assert len(server.accepted) <= at_the_word + CONNECTIONS
        states = workspace.states()
    assert states == {"sent": len(server.accepted), left: PEOPLE - len(server.accepted)}
    assert max(recipients(server).values()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_drains(workspace: Workspace, number: signal.Signals) -> None:
    with ScriptedServer(Rule("dot", stall=SLOW)) as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes")
        wait_for(lambda: len(server.accepted) >= 3)
        at_the_signal = len(server.accepted)
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 130, told
        assert f"To go on: outreach campaigns resume {workspace.key()}" in told
        assert len(server.accepted) <= at_the_signal + CONNECTIONS
        assert workspace.states() == {
            "sent": len(server.accepted),
            "pending": PEOPLE - len(server.accepted),
        }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(workspace: Workspace, number: signal.Signals) -> None:
    with ScriptedServer(Rule("dot", stall=25)) as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes")
        wait_for(lambda: "DATA" in server.transcript)
        process.send_signal(number)
        assert process.stderr is not None
        while "again to stop at once" not in process.stderr.readline():
            assert process.poll() is None
        begun = time.monotonic()
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
        assert time.monotonic() - begun < 10
        assert process.returncode == 130, told
        assert "Traceback" not in told
        server.rules.clear()
        # What was on its way may have gone; all else is free at once.
        printed = workspace.send(code=6)
        assert "may have gone out" in printed
        states = workspace.states()
    assert 1 <= states["uncertain"] <= CONNECTIONS
    assert states["sent"] + states["uncertain"] == PEOPLE


def test_a_run_that_waits_for_its_turn_drains_too(workspace: Workspace) -> None:
    workspace.environ |= {
        "OUTREACH_RATE": "1/hour",
        "OUTREACH_BURST": "2",
        "OUTREACH_PATIENCE": "90",
    }
    with ScriptedServer() as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes")
        wait_for(lambda: len(server.accepted) == 2)
        time.sleep(0.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 130, told
        assert time.monotonic() - begun < 5
        assert workspace.states() == {"sent": 2, "pending": PEOPLE - 2}
        # Without patience it ends and says when it goes on.
        workspace.environ["OUTREACH_PATIENCE"] = "0"
        printed = workspace.send()
        assert "is given 1/hour: the next mail may go at 20" in printed
        assert len(server.accepted) == 2


@pytest.mark.parametrize(
    ("order", "told"),
    [(halt, "all sending is halted"), (pause, "the campaign is paused now")],
)
def test_a_run_that_was_stopped_while_it_waited_does_not_say_when_it_goes_on(
    workspace: Workspace, order: Callable[[Workspace], None], told: str
) -> None:
    workspace.environ |= {"OUTREACH_RATE": "1/hour", "OUTREACH_BURST": "2"}
    workspace.environ["OUTREACH_PATIENCE"] = "90"
    with ScriptedServer() as server:
        workspace.through(server)
        process = workspace.start("send", "--template", "news", "--yes")
        wait_for(lambda: len(server.accepted) == 2)
        order(workspace)
        printed, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints
    assert told in printed
    assert "the next mail may go" not in printed


def test_a_mailing_that_missed_its_time_is_not_sent_by_itself(workspace: Workspace) -> None:
    template = workspace.folder / "templates" / "news.txt"
    template.write_text(TEMPLATE.replace("period: month", "send_at: 2026-01-05 09:00"))
    with ScriptedServer() as server:
        workspace.through(server)
        printed = workspace.send(code=5)
        assert "news is " in printed
        assert "late: its time was 2026-01-05 09:00 UTC" in printed
        assert workspace.states() == {}
        hours = printed.rpartition("--max-lateness ")[2].split()[0].rstrip(")")
        assert f"sent {PEOPLE}" in workspace.send("--max-lateness", hours)
        template.write_text(TEMPLATE.replace("period: month", "send_at: 2999-01-05 09:00"))
        printed = workspace.send("--key", "later")
        assert "nothing to send yet: news goes from 2999-01-05 09:00 UTC on" in printed
        assert len(server.accepted) == PEOPLE


def test_what_was_rejected_is_tried_again_on_request(workspace: Workspace) -> None:
    rules = [
        Rule("RCPT", reply="552 5.2.2 mailbox full", when=lambda who: "c1@" in who, times=1),
        Rule("RCPT", reply="550 5.1.1 no such user", when=lambda who: "c2@" in who),
    ]
    with ScriptedServer(*rules) as server:
        workspace.through(server)
        workspace.send(code=6)
        assert workspace.states() == {"sent": PEOPLE - 2, "rejected": 2}
        key = workspace.key()
        assert f"2 of {key} will be tried again" in workspace.run(
            "campaigns", "retry", key, "--failed"
        )
        workspace.run("campaigns", "resume", key)
        # The full mailbox has room now; the dead address stays suppressed, and is not even asked.
        assert workspace.states() == {"sent": PEOPLE - 1, "refused": 1}
        assert sum("c2@" in line for line in server.transcript if "RCPT" in line) == 1
