import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from outreach.app import App
from outreach.cli.main import run
from outreach.storage import contacts as storage
from tests.rendering.mail import NOW

ROOT = Path(__file__).parents[2]
SETTINGS = """\
postal_address = "1 Main Street"

[senders.anna]
name = "Anna Weber"
address = "anna@studio.example"
"""
LETTER = """\
---
subject: Hello
preheader: Forty characters at the least, and no more than inboxes show.
kind: service
---
Dear {{ contact.first_name | default("you") }},

how are you? {% if contact.tier == "client" %}[Look](http://studio.example){% endif %}
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
    (root / "segments/all.toml").write_text("description = 'All'\nwhere = 'true'\n")
    monkeypatch.chdir(root)
    app = App.open(root)
    with app.database.write() as session:
        for name, tier in (("ann", "client"), ("bo", "client"), ("cy", "known")):
            new = storage.NewContact(
                email=f"{name}@example.com", tier=tier, fields={"first_name": name}
            )
            storage.insert(session, new, NOW)
    app.close()
    return root


def letter(workspace: Path, *changes: tuple[str, str]) -> None:
    text = LETTER
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (workspace / "templates/letter.md").write_text(text)


def test_findings_are_told_with_place_rule_hint_and_contacts(workspace: Path, capsys):
    assert run(["check", "letter", "--segment", "all"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "templates/letter.md\n"
        "  8:54: warning L203 link-http: a link is not encrypted: http://studio.example\n"
        "    hint: write https://\n"
        "    for ann@example.com, bo@example.com\n"
        "\n"
        "letter: 1 warning; 3 of 3 contacts of all can be mailed; the largest HTML has "
    )


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 4), ("note", 4)])
def test_exit_code_follows_fail_on(workspace: Path, level: str, code: int, capsys):
    assert run(["check", "letter", "--fail-on", level]) == code
    letter(workspace, ("http:", "https:"))
    assert run(["check", "letter", "--fail-on", level]) == 0


def test_a_mail_that_cannot_be_made_is_an_error(workspace: Path, capsys):
    letter(workspace, (' | default("you")', ".title()"))
    with closing(App.open(workspace)) as app, app.database.write() as session:
        storage.insert(session, storage.NewContact(email="no@example.com"), NOW)
    assert run(["check", "letter", "--segment", "all"]) == 4
    out = capsys.readouterr().out
    assert "error L001 not-made: contact has no first_name" in out
    assert "for no@example.com" in out
    assert "3 of 4 contacts of all can be mailed" in out


def test_a_template_that_cannot_be_read_is_told_with_all_its_problems(workspace: Path, capsys):
    (workspace / "templates/letter.md").write_text("---\nsubjet: x\nclass: nice\n---\n{{ nam }}\n")
    assert run(["check", "letter"]) == 4
    out = capsys.readouterr().out
    assert "  3: error L001 not-made: class must be one of" in out
    assert "there is no subject" in out
    assert "letter: no mail can be made of it." in out
    assert run(["check", "letter", "--format", "sarif"]) == 4
    log = json.loads(capsys.readouterr().out)
    assert {one["ruleId"] for one in log["runs"][0]["results"]} == {"L001"}


def test_json(workspace: Path, capsys):
    assert run(["check", "letter", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (report,) = said["templates"]
    assert said["segment"] is None
    assert (report["failed"], report["template"]) == (0, "letter")
    assert report["rendered"] == report["contacts"] > 10
    (found,) = report["findings"]
    assert (found["rule"], found["file"], found["line"]) == ("L203", "templates/letter.md", 8)
    assert found["contacts"]
    assert run(["check", "letter", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["templates"] == [report]
    assert run(["check", "letter", "--json", "--format", "sarif"]) == 2


def test_github(workspace: Path, capsys):
    assert run(["check", "letter", "--format", "github"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "::warning file=templates/letter.md,line=8,col=54,title=L203 link-http::A link is not"
    )
    assert "example.com" not in out


def test_all_templates_are_checked_where_none_is_named(workspace: Path, capsys):
    (workspace / "templates/other.md").write_text(LETTER)
    assert run(["check", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["template"] for one in said["templates"]] == ["letter", "other"]
    shutil.rmtree(workspace / "templates")
    assert run(["check"]) == 2


def test_no_flood(workspace: Path, capsys):
    links = "\n\n".join(f"[Look {n}](http://studio.example/{n})" for n in range(30))
    letter(workspace, ("how are you?", links))
    assert run(["check", "letter"]) == 0
    out = capsys.readouterr().out
    assert out.count("L203") == 4
    assert out.count("hint: write https://") == 1
    assert "and 27 more like it" in out


def test_clients_come_from_the_settings(workspace: Path, capsys, monkeypatch):
    (workspace / "templates/flex.mjml").write_text(
        "---\nsubject: x\nkind: service\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>"
        '<div style="display:flex">x</div></mj-text></mj-column></mj-section></mj-body></mjml>\n'
    )
    run(["check", "flex"])
    assert "L601" in capsys.readouterr().out
    monkeypatch.setenv("OUTREACH_LINT_CLIENTS", "apple-mail, thunderbird")
    run(["check", "flex"])
    assert "L601" not in capsys.readouterr().out
    monkeypatch.setenv("OUTREACH_LINT_CLIENTS", "gmial")
    assert run(["check", "flex"]) == 3
    assert 'did you mean "gmail"?' in capsys.readouterr().err


def test_rules_are_listed(workspace: Path, capsys):
    assert run(["check", "--rules"]) == 0
    out = capsys.readouterr().out
    assert "L101  error" in out
    assert run(["check", "--rules", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"][0]["id"] == "L001"


def test_the_starter_set_is_clean(tmp_path: Path, capsys, monkeypatch):
    root = tmp_path / "new"
    assert run(["init", str(root), "--sample"]) == 0
    capsys.readouterr()
    assert run(["-C", str(root), "check", "--json", "--fail-on", "note"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["templates"]) >= 7
    for report in said["templates"]:
        assert report["findings"] == []
        assert report["rendered"] == report["contacts"]
    assert run(["-C", str(root), "check", "newsletter", "--segment", "partners"]) == 0
