"""Signed mail with files, an invitation and a translation, through the real command to a server."""

import email
import email.policy
import json
import os
import subprocess
import sys
from pathlib import Path

import icalendar
import pytest

from outreach.cli.main import run
from outreach.rendering.dkim import load_key
from outreach.testing import ScriptedServer
from tests.rendering.test_assets import PDF, PNG
from tests.rendering.test_dkim import verified

ROOT = Path(__file__).parents[2]
LETTER = """---
subject: "Meet us, {{ contact.first_name | default('friend') }}"
preheader: One hour in January.
kind: check-in
layout: letter
language: en
segment: clients
attachments: [files/agenda.pdf]
event:
  title: "An hour with {{ company }}"
  start: 2027-01-14 10:00
  duration: 1 h
  place: 4 Harbour Lane
---
{{ greeting() }},

![A map](files/map.png)

{{ sender.name }}
"""
GERMAN = """---
subject: "Treffen Sie uns, {{ contact.first_name | default('liebe Leute') }}"
event: {title: "Eine Stunde mit {{ company }}"}
---
{{ greeting() }},

![Eine Karte](files/map.png)

{{ sender.name }}
"""


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Path:
    folder = tmp_path / "studio"
    assert run(["init", str(folder), "--sample"]) == 0
    monkeypatch.chdir(folder)
    templates = folder / "templates"
    (templates / "files").mkdir()
    (templates / "files/agenda.pdf").write_bytes(PDF)
    (templates / "files/map.png").write_bytes(PNG)
    (templates / "meet.md").write_text(LETTER, encoding="utf-8")
    (templates / "meet.de.md").write_text(GERMAN, encoding="utf-8")
    capsys.readouterr()
    assert run(["dkim", "new", "--selector", "one", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["settings"]
    settings = folder / "outreach.toml"
    lines = "".join(f'{name} = "{value}"\n' for name, value in made.items())
    settings.write_text(lines + settings.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def outreach(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "outreach", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_everything_arrives_and_verifies(studio: Path):
    checked = outreach("check", "meet", "--segment", "clients")
    assert checked.returncode == 0, checked.stderr
    assert "the template has translations, but none for the locale" in checked.stdout
    with ScriptedServer() as server:
        url = f"smtp://127.0.0.1:{server.port}?tls=off"
        sent = outreach(
            "send", "--template", "meet", "--yes", "--limit", "12", OUTREACH_TRANSPORT=url
        )
        assert sent.returncode == 0, sent.stderr
        messages = list(server.data)
    assert "which has no translation" in sent.stderr
    assert len(messages) == 12
    pem = (studio / "keys/one.berg-lind.example.pem").read_text()
    key = load_key(pem, domain="berg-lind.example", selector="one")
    subjects = set()
    for octets in messages:
        assert verified(octets, key)
        parsed = email.message_from_bytes(octets, policy=email.policy.default)
        assert not parsed.defects
        subjects.add(str(parsed["Subject"]).split()[0])
        assert [part.get_content_type() for part in parsed.walk()] == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "text/calendar",
            "application/pdf",
        ]
        (part,) = [part for part in parsed.walk() if part.get_content_type() == "text/calendar"]
        (event,) = icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")
        assert event["DTSTART"].params["TZID"] == "Europe/Stockholm"
        german = parsed["Subject"].startswith("Treffen")
        assert str(event["SUMMARY"]) == (
            "Eine Stunde mit Berg & Lind" if german else "An hour with Berg & Lind"
        )
    assert "Meet" in subjects


def test_a_changed_attachment_stops_what_was_approved(studio: Path):
    assert outreach("send", "--template", "meet", "--yes", "--limit", "1").returncode == 0
    (studio / "templates/files/agenda.pdf").write_bytes(PDF + b"changed")
    done = outreach("campaigns", "resume", "meet")
    assert done.returncode == 4
    assert "agenda.pdf: was changed since the mailing was approved" in done.stderr
    (studio / "templates/files/agenda.pdf").write_bytes(PDF)
    assert outreach("campaigns", "resume", "meet").returncode == 0
