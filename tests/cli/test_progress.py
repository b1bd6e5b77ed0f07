"""What is shown while a run is at work."""

import io
import os
import pty
import signal
import sys
import time
from datetime import UTC, datetime
from itertools import count

import pytest

from outreach.cli import progress
from outreach.cli.output import Console
from outreach.cli.progress import details, draining, sending_bar
from outreach.services.pacing import Delay
from outreach.services.report import Report, Result


def report(sent: int = 30) -> Report:
    made = Report()
    made.counts[Result.SENT] = sent
    made.servers["mail.example.com:587"] = sent
    for number, domain in enumerate("abcdefg"):
        made.domains[f"{domain}.example"] = 10 - number
    return made


def test_by_server_by_domain_and_what_it_waits_for() -> None:
    found = report()
    found.waits = Delay(datetime(2026, 12, 1, 9, 10, tzinfo=UTC), "google.com found us too fast")
    assert details(found) == (
        "through mail.example.com:587 30",
        "to a.example 10, b.example 9, c.example 8, d.example 7, e.example 6, others 9",
        "waits until 09:10:00 UTC: google.com found us too fast",
    )
    hostile = Report()
    hostile.servers["\x1b[31mevil\r\n"] = 1
    assert "\x1b" not in details(hostile)[0]
    assert details(Report()) == ()


def test_without_a_terminal_it_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = count(step=1)
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(seconds)))
    with sending_bar(Console(), 300) as show:
        for sent in range(0, 300, 10):
            show(report(sent))
    lines = capsys.readouterr().err.splitlines()
    # A reading of the clock a mail, and one more a line: a line each ten seconds.
    assert 2 <= len(lines) <= 3
    assert lines[0].startswith("sending: 90 of 300 (30 %), ")
    assert "a second, about " in lines[0]
    assert " left; through mail.example.com:587 90; to a.example 10, " in lines[0]


@pytest.mark.parametrize("console", [Console(quiet=True)])
def test_quiet_is_quiet(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    with sending_bar(console, 3) as show:
        show(report())
    assert capsys.readouterr().err == ""


def test_on_a_terminal_it_is_drawn_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with sending_bar(Console(), 100) as show:
            show(report())
            time.sleep(0.6)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "30/100" in drawn
    assert "a second" in drawn
    assert "through mail.example.com:587 30" in drawn


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_is_asked_and_twice_is_meant(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with draining(Console(quiet=True)) as stopping:
        assert not stopping()
        signal.raise_signal(number)
        assert stopping()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
