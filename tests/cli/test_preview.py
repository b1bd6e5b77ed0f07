import json
import shutil
import threading
import webbrowser
from pathlib import Path

import pytest

from outreach.app import App
from outreach.cli.main import run
from outreach.services import preview as service
from outreach.storage import contacts as storage
from tests.rendering.mail import NOW

ROOT = Path(__file__).parents[2]
SETTINGS = """\
company = "Studio"
postal_address = "1 Main Street"

[senders.anna]
name = "Anna Weber"
address = "anna@studio.example"

[attributes]
plan = "text"
"""
LETTER = """\
---
subject: Hello {{ contact.plan | default("") }}
preheader: Look
kind: check-in
---
Dear {{ contact.first_name }},

how are you?
"""


@pytest.fixture
def workspace(tmp_path: Path, _migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "studio"
    (root / "templates").mkdir(parents=True)
    (root / "segments").mkdir()
    (root / "outreach.toml").write_text(SETTINGS)
    shutil.copy(ROOT / "outreach/starter/tiers.toml", root / "tiers.toml")
    shutil.copy(_migrated_sqlite, root / "outreach.db")
    (root / "templates/letter.md").write_text(LETTER)
    (root / "segments/clients.toml").write_text(
        "description = 'Clients'\nwhere = 'tier == \"client\"'\n"
    )
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def people(workspace: Path) -> None:
    app = App.open(workspace)
    with app.database.write() as session:
        for name, tier in (("Ann", "client"), (None, "client"), ("Cy", "known")):
            fields = {"first_name": name} if name else {}
            email = f"{(name or 'bo').lower()}@example.com"
            new = storage.NewContact(
                email=email, tier=tier, fields=fields, attributes={"plan": "pro"}
            )
            storage.insert(session, new, NOW)
    app.close()


def test_preview_of_one_contact(workspace: Path, people: None, capsys):
    assert run(["preview", "letter", "--as", "ann@example.com"]) == 0
    out = capsys.readouterr().out
    assert "✓ ann@example.com  Hello pro" in out
    assert (workspace / "preview/01-ann-example-com.eml").is_file()
    assert (workspace / "preview/index.html").as_uri() in out


def test_a_failure_is_shown_and_counts(workspace: Path, people: None, capsys, tmp_path: Path):
    out = tmp_path / "elsewhere"
    code = run(["preview", "letter", "--tier", "client", "--out", str(out), "--json"])
    assert code == 4
    said = json.loads(capsys.readouterr().out)
    assert [one["email"] for one in said["contacts"]] == ["ann@example.com", "bo@example.com"]
    assert said["contacts"][1]["problems"][0]["line"] == 6
    assert "contact has no first_name" in (out / "index.html").read_text()


def test_without_contacts_they_are_invented(workspace: Path, capsys):
    (workspace / "templates/letter.md").write_text("---\nsubject: x\n---\n{{ greeting() }}")
    assert run(["preview", "templates/letter.md"]) == 0
    assert "these are invented" in capsys.readouterr().err


def test_it_opens_a_browser_only_when_asked_or_on_a_terminal(workspace, people, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    for option in ([], ["--no-open"], ["--open"]):
        run(["preview", "letter", "--as", "ann@example.com", *option])
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 2, 'there is no template "nothing"'),
        (["letter", "--as", "x@example.com"], 2, "no contact with the address"),
        (["letter", "--tier", "clint"], 2, 'did you mean "client"'),
        (["letter", "--tier", "counsel"], 2, "no contacts of the tier counsel"),
        (["letter", "--as", "a@b.example", "--tier", "client"], 2, "--as names one contact"),
        (["letter", "--out", "templates/out"], 2, "inside of the templates"),
    ],
)
@pytest.mark.usefixtures("people")
def test_wrong_use(capsys, arguments: list[str], code: int, said: str):
    assert run(["preview", *arguments]) == code
    assert said in capsys.readouterr().err


def test_watching_serves_the_page_and_renders_again(workspace, people, monkeypatch, capsys):
    saved = threading.Event()

    def watched(folders, render, **_):
        assert [folder.name for folder in folders] == ["templates"]
        (workspace / "templates/letter.md").write_text("---\nsubject: New {{ x }}\n---\n")
        render()
        (workspace / "templates/letter.md").unlink()
        render()
        saved.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "watch", watched)
    assert run(["preview", "letter", "--as", "ann@example.com", "--watch"]) == 0
    assert saved.is_set()
    said = capsys.readouterr()
    assert "http://127.0.0.1:" in said.out
    assert 'letter.md:2:17: there is no "x" here' in said.err
    assert 'there is no template "letter"' in said.err
