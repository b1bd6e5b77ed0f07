"""`outreach dkim`, as a person runs it, up to mail in a mailbox that verifies."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.cli.main import run
from outreach.rendering.dkim import load_key
from outreach.services import signers
from tests.rendering.test_dkim import _edwards, verified  # noqa: F401 - a fixture, used by name

ROOT = Path(__file__).parents[2]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Path:
    folder = tmp_path / "studio"
    assert run(["init", str(folder), "--sample"]) == 0
    monkeypatch.chdir(folder)
    capsys.readouterr()
    return folder


def made(capsys, *arguments: str) -> dict:
    assert run(["dkim", "new", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def settings(folder: Path, **values: str) -> None:
    path = folder / "outreach.toml"
    text = path.read_text()
    lines = "".join(f'{name} = "{value}"\n' for name, value in values.items())
    path.write_text(lines + "\n".join(
        line for line in text.splitlines() if line.split(" =")[0] not in values
    ))  # fmt: skip


def test_new_and_check(studio: Path, capsys):
    first = made(capsys, "--selector", "one")
    assert first["dns"]["name"] == "one._domainkey.berg-lind.example"
    assert first["settings"] == {
        "dkim_key": "keys/one.berg-lind.example.pem",
        "dkim_selector": "one",
    }
    settings(studio, **first["settings"])
    assert run(["dkim", "check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["algorithm"], each["fault"]) for each in found["signatures"]] == [
        ("rsa-sha256", None)
    ]
    second = made(capsys, "--algorithm", "ed25519", "--selector", "two")
    settings(studio, **second["settings"])
    assert second["settings"]["dkim_selector"] == "one, two"
    # One edition, whose time has come on whatever day this runs.
    (studio / "templates" / "newsletter" / "2026-12.md").unlink()
    assert run(["dkim", "check"]) == 0
    out = capsys.readouterr().out
    assert "two._domainkey.berg-lind.example  verifies" in out
    assert "newsletter/2026-11 from berg-lind.example is signed and verifies" in out


def test_new_prints_what_to_do(studio: Path, capsys):
    assert run(["dkim", "new", "--domain", "Bücher.example", "--selector", "x"]) == 0
    out = capsys.readouterr().out
    assert "\nx._domainkey.xn--bcher-kva.example. IN TXT ( " in out
    assert '\ndkim_domain = "xn--bcher-kva.example"\n' in out
    assert "BEGIN" not in out
    assert run(["dkim", "new", "--domain", "Bücher.example", "--selector", "x"]) == 5


def test_check_without_a_key_says_how_to_get_one(studio: Path, capsys):
    assert run(["dkim", "check"]) == 3
    assert "outreach dkim new" in capsys.readouterr().err


def test_a_key_without_a_selector_is_a_problem_of_the_settings(studio: Path, capsys):
    settings(studio, dkim_key="keys/a.pem, keys/b.pem", dkim_selector="a")
    assert run(["config", "list"]) == 3
    assert "outreach.toml:1: dkim_key names 2 and dkim_selector 1" in capsys.readouterr().err


def test_a_missing_key_stops_preview_and_send_before_anything(studio: Path, capsys):
    settings(studio, dkim_key="keys/gone.pem", dkim_selector="a")
    assert run(["preview", "check-in", "--no-open"]) == 3
    assert run(["send", "--segment", "clients", "--yes"]) == 3
    err = capsys.readouterr().err
    assert "keys/gone.pem: the DKIM key cannot be read: No such file" in err
    assert not list((studio / "outbox").rglob("*.*"))


@pytest.mark.usefixtures("_edwards")
def test_what_preview_shows_and_what_lies_in_the_mailbox_verify(studio: Path, capsys):
    settings(studio, **made(capsys, "--selector", "one")["settings"])
    settings(studio, **made(capsys, "--selector", "two", "--algorithm", "ed25519")["settings"])
    (studio / "keys/one.berg-lind.example.pem").chmod(0o640)
    keys = [
        load_key(
            (studio / f"keys/{selector}.berg-lind.example.pem").read_text(),
            domain="berg-lind.example",
            selector=selector,
        )
        for selector in ("one", "two")
    ]
    assert run(["preview", "newsletter", "--no-open"]) == 0
    previewed = list((studio / "preview").glob("*.eml"))
    done = subprocess.run(
        [sys.executable, "-m", "outreach", "send", "--segment", "clients", "--yes", "--limit", "3"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "other people on this machine may open this key (mode 640)" in done.stderr
    mailed = [path for path in (studio / "outbox/new").iterdir() if path.is_file()]
    assert len(mailed) == 3
    assert previewed
    for path in (*previewed, *mailed):
        for index in (0, 1):
            assert verified(path.read_bytes(), *keys, index=index), path


def test_a_mailing_is_signed_by_processes_that_end_with_it(
    studio: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    settings(studio, **made(capsys)["settings"])
    (path,) = (studio / "keys").glob("*.pem")
    key = load_key(path.read_text(), domain="berg-lind.example", selector=path.stem.split(".")[0])
    started = []

    class Ready(signers._Signer):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)
            self.taken = 0
            select.select([self._from], [], [])

        def take(self, *order):
            self.taken += 1
            return super().take(*order)

    monkeypatch.setattr(signers, "WORTHWHILE", 5)
    monkeypatch.setattr(signers, "_Signer", Ready)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert run(["send", "--segment", "clients", "--yes"]) == 0
    messages = [each.read_bytes() for each in (studio / "outbox" / "new").iterdir()]
    assert len(messages) > 5
    # The first of each kind are made plainly, and those that were only proved are not signed.
    assert len(messages) // 2 < sum(each.taken for each in started) <= len(messages)
    assert all(verified(message, key) for message in messages)
    assert len(started) == 2
    assert all(each._process.returncode is not None for each in started)
