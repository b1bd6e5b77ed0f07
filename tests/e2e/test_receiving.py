"""Programs that stay: watching mailboxes and listening, from their start to SIGTERM."""

import os
import re
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outreach.cli.main import run

MAIL = b"From: Ada <ada@example.com>\nSubject: Hello %d\nMessage-ID: <m%d@x>\n\nHello.\n"


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    folder = tmp_path / "studio"
    assert run(["-q", "init", str(folder)]) == 0
    for box in ("one", "two"):
        for name in ("cur", "new", "tmp"):
            (folder / box / name).mkdir(parents=True)
        with (folder / "outreach.toml").open("a") as settings:
            settings.write(f'\n[mailboxes.{box}]\nurl = "maildir:{box}"\n')
    return folder


@contextmanager
def program(studio: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "outreach", "-C", str(studio), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def subjects(studio: Path) -> list[str]:
    with sqlite3.connect(studio / "outreach.db") as database:
        found = [row[0] for row in database.execute("SELECT subject FROM inbound ORDER BY subject")]
    database.close()
    return found


def ended(started: subprocess.Popen[str]) -> str:
    started.send_signal(signal.SIGTERM)
    out, err = started.communicate(timeout=20)
    assert started.returncode == 0, err
    assert "Traceback" not in err
    return err + out


def test_watching_takes_in_all_mailboxes_and_ends_at_sigterm(studio: Path) -> None:
    (studio / "one" / "new" / "1").write_bytes(MAIL % (1, 1))
    (studio / "two" / "new" / "1").write_bytes(MAIL % (2, 2))
    with program(studio, "inbox", "sync", "--watch") as started:
        until(lambda: subjects(studio) == ["Hello 1", "Hello 2"])
        assert "what was recorded is kept" in ended(started)


def test_listening_records_before_it_answers_and_ends_at_sigterm(studio: Path) -> None:
    with program(studio, "inbox", "listen", "--lmtp", "127.0.0.1:0") as started:
        assert started.stderr is not None
        line = started.stderr.readline()
        found = re.search(r"listening for lmtp on 127\.0\.0\.1:(\d+)", line)
        assert found, line
        for number in range(3):
            with smtplib.LMTP("127.0.0.1", int(found[1])) as client:
                client.sendmail("a@b.example", ["anna@berg-lind.example"], MAIL % (number, number))
            assert len(subjects(studio)) == number + 1
        told = ended(started)
        assert "mail 3 is reply" in told
        assert "Taken in: 3 reply." in told


@pytest.mark.slow
def test_a_database_that_is_locked_puts_mail_off_and_loses_none(studio: Path) -> None:
    with program(studio, "inbox", "listen", "--lmtp", str(studio / "socket")) as started:
        until((studio / "socket").exists)
        lock = sqlite3.connect(studio / "outreach.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        client = smtplib.LMTP(str(studio / "socket"))
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("a@b.example", ["anna@berg-lind.example"], MAIL % (1, 1))
        assert caught.value.smtp_code == 451
        lock.execute("ROLLBACK")
        lock.close()
        client.sendmail("a@b.example", ["anna@berg-lind.example"], MAIL % (1, 1))
        client.quit()
        ended(started)
    assert subjects(studio) == ["Hello 1"]


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("aiosmtpd.lmtp", ["inbox", "listen", "--lmtp", "127.0.0.1:0"], "[listen]"),
        ("uvicorn", ["serve"], "[web]"),
    ],
)
def test_a_library_that_is_not_installed_is_named(  # noqa: PLR0917 - fixtures and cases
    studio: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
    command: list[str],
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "outreach.inbound.listener", raising=False)
    assert run(["-C", str(studio), *command]) == 3
    err = capsys.readouterr().err
    assert missing in err
    assert f"pip install 'outreach-engine{extra}'" in err
