"""`outreach contacts` and `outreach tiers`, as a person and as a script runs them."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from outreach.cli.main import run

ADA = "ada@example.org"


@pytest.fixture(scope="module")
def _workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contacts") / "studio"
    assert run(["init", str(folder)]) == 0
    assert run(["-C", str(folder), "contacts", "add", ADA, "--first-name", "Ada"]) == 0
    return folder


@pytest.fixture
def studio(_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = shutil.copytree(_workspace, tmp_path / "studio")
    monkeypatch.chdir(folder)
    return folder


def body(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_contact_by_hand_from_first_word_to_client(studio: Path, capsys: Any) -> None:
    assert run(["contacts", "tier", ADA, "client"]) == 5
    assert "needs a reason" in capsys.readouterr().err
    assert run(["contacts", "tier", ADA, "client", "--reason", "signed", "--by", "bo"]) == 0
    assert "known -> client" in capsys.readouterr().out
    assert run(["contacts", "role", ADA, "partner", "--reason", "mutual"]) == 0
    assert (
        run(["contacts", "log", "call", ADA, "--summary", "tax", "--at", "2026-01-02 14:00"]) == 0
    )
    assert run(["contacts", "note", ADA, "likes wine"]) == 0
    assert run(["contacts", "consent", ADA, "grant", "--basis", "express", "--evidence", "x"]) == 0
    assert run(["contacts", "edit", ADA, "--interest", "Tax", "--attribute", "plan=pro"]) == 0
    capsys.readouterr()
    assert run(["contacts", "show", ADA, "--json"]) == 0
    shown = body(capsys)
    contact = shown["contact"]
    assert (contact["tier"], contact["tier_by_person"]) == ("client", True)
    assert (contact["roles"], contact["interests"]) == (["partner"], ["tax"])
    assert contact["attributes"] == {"plan": "pro"}
    assert contact["last_two_way"].startswith("2026-01-02T")
    kinds = [event["kind"] for event in shown["timeline"]]
    assert sorted(kinds) == ["consent", "note", "role", "tier", "tier", "touch"]
    assert kinds[-1] == "touch"
    (move,) = [event for event in shown["timeline"] if event["what"] == "known -> client"]
    assert (move["by"], move["detail"]) == ("bo", "signed")
    assert run(["contacts", "show", ADA]) == 0
    assert "known -> client" in capsys.readouterr().out


def test_wrong_words_are_answered_all_at_once(studio: Path, capsys: Any) -> None:
    wrong = ["--timezone", "Europe/Berln", "--attribute", "plann=x", "--consent", "express"]
    assert run(["contacts", "add", "bob@example", *wrong]) == 2
    told = capsys.readouterr().err
    assert told.count("error:") == 4
    assert 'did you mean "Europe/Berlin"' in told
    assert "Traceback" not in told
    assert run(["contacts", "add", "b@example.org", "--consent", "expres"]) == 2
    assert 'did you mean "express"' in capsys.readouterr().err
    assert run(["contacts", "edit", ADA, "--attribute", "plan"]) == 2
    assert "plan=pro" in capsys.readouterr().err
    assert run(["contacts", "show", "ada+x@example.org"]) == 2
    assert f"did you mean {ADA}?" in capsys.readouterr().err
    assert run(["contacts", "log", "call", ADA, "--at", "yesterday"]) == 2
    assert "2026-12-31 14:30" in capsys.readouterr().err
    assert run(["contacts", "opt-out", ADA, "--scope", "newsleters"]) == 2
    assert "newsletters" in capsys.readouterr().err


def test_addresses_come_from_standard_input(
    studio: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["contacts", "add", "bob@example.org"])
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA}\nbob@example.org\n"))
    assert run(["contacts", "tier", "-", "customer", "--json"]) == 0
    assert [one["after"] for one in body(capsys)["moved"]] == ["customer", "customer"]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["contacts", "tier", "-", "customer"]) == 2


def test_lists_are_narrowed_by_segment_expression_and_tier(studio: Path, capsys: Any) -> None:
    run(["contacts", "add", "bob@example.org"])
    run(["contacts", "tier", "bob@example.org", "client", "--reason", "retained"])
    capsys.readouterr()
    for chosen in (
        ["--segment", "clients"],
        ["--where", 'tier == "client"'],
        ["--tier", "client"],
        ["--segment", "everyone", "--where", "first_name is none", "--tier", "client"],
    ):
        assert run(["contacts", "list", *chosen, "--json"]) == 0
        found = body(capsys)
        assert [contact["email"] for contact in found["contacts"]] == ["bob@example.org"]
        assert found["total"] == 1
    assert run(["contacts", "list", "--limit", "1"]) == 0
    told = capsys.readouterr()
    assert "1 of 2" in told.err
    assert "bob" not in told.out
    assert run(["contacts", "list", "--tier", "cleint"]) == 2
    assert run(["contacts", "list", "--where", 'teir == "client"']) == 3
    assert "tier" in capsys.readouterr().err


def test_hostile_names_do_nothing_to_the_terminal(studio: Path, capsys: Any) -> None:
    from outreach.storage.database import Database
    from outreach.storage.tables import ContactRow, NoteRow

    database = Database(f"sqlite:///{studio}/outreach.db")
    with database.write() as session:
        row = session.get_one(ContactRow, 1)
        row.first_name, row.company = "\x1b[31mAda\u202e", "a\nb\x9b2J"
        row.attributes = {"plan": "\x1b]0;x\x07"}
        note = NoteRow(contact_id=1, text="\x1b[2J\u2066", by="\x1b[1m", at=row.created_at)
        session.add(note)
    database.close()
    for command in (["show", ADA], ["list"], ["edit", ADA, "--phone", "1"], ["duplicates"]):
        assert run(["contacts", *command]) == 0
        told = capsys.readouterr()
        for bad in ("\x1b", "\u202e", "\x9b", "\x07", "\u2066"):
            assert bad not in told.out + told.err, command


def test_permissions_by_hand(studio: Path, capsys: Any) -> None:
    assert run(["contacts", "opt-out", ADA, "--scope", "newsletters", "--json"]) == 0
    done = body(capsys)
    assert (done["new"], done["parted"]) == (["newsletters"], False)
    assert run(["contacts", "opt-out", ADA, "--json"]) == 0
    assert body(capsys)["parted"] is True
    assert run(["contacts", "opt-out", ADA, "--lift"]) == 5
    assert run(["contacts", "opt-out", ADA, "--lift", "--evidence", "mail of 3 May"]) == 0
    assert "still parted" in capsys.readouterr().out
    assert run(["contacts", "suppress", ADA, "--reason", "asked"]) == 0
    assert run(["contacts", "suppress", ADA]) == 2
    capsys.readouterr()
    assert run(["contacts", "suppressions", "list", "--json"]) == 0
    (listed,) = body(capsys)["suppressions"]
    assert (listed["address"], listed["reason"], listed["detail"]) == (ADA, "manual", "asked")
    assert run(["contacts", "edit", ADA, "--clear", "suppressed"]) == 2
    assert run(["contacts", "suppressions", "lift", ADA]) == 2
    assert run(["contacts", "suppressions", "lift", ADA, "--reason", "wrote to us"]) == 0
    again = ["contacts", "suppressions", "lift", ADA, "--reason", "x", "--despite-complaint"]
    assert run(again) == 2  # it is not suppressed any more
    assert run(["contacts", "consent", ADA, "withdraw"]) == 0
    again = ["contacts", "consent", ADA, "grant", "--evidence", "x", "--basis"]
    assert run([*again, "interest"]) == 5


def test_a_merge_is_proposed_tried_and_made(studio: Path, capsys: Any) -> None:
    run(["contacts", "add", "ada+news@example.org", "--company", "Engines"])
    assert f"contacts merge {ADA} ada+news@example.org" in capsys.readouterr().err
    assert run(["contacts", "duplicates"]) == 0
    assert f"outreach contacts merge {ADA} ada+news@example.org" in capsys.readouterr().out
    assert run(["contacts", "merge", ADA, "ada+news@example.org", "--dry-run"]) == 0
    assert "Would absorb" in capsys.readouterr().out
    assert run(["contacts", "merge", ADA, "ada+news@example.org", "--json"]) == 0
    merged = body(capsys)
    assert merged["contact"]["company"] == "Engines"
    assert merged["moved"]["addresses"] == 1
    assert run(["contacts", "duplicates", "--json"]) == 0
    assert body(capsys)["duplicates"] == []


def test_exports_to_a_file_and_to_standard_output(
    studio: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["contacts", "export"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"email,also_email,")
    assert run(["contacts", "export", "-o", "all.vcf", "--json"]) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert (told["format"], told["contacts"]) == ("vcard", 1)
    assert (studio / "all.vcf").read_text().startswith("BEGIN:VCARD")
    assert run(["contacts", "export", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["contacts"][0]["email"] == ADA
    assert run(["contacts", "export", "--spreadsheet", "--format", "json"]) == 2
    assert run(["contacts", "export", "-o", "nowhere/all.csv"]) == 7
    assert run(["contacts", "export", "--tier", "client", "--format", "vcard"]) == 0
    assert b"BEGIN:VCARD" not in capsysbinary.readouterr().out


def test_tiers_are_shown_and_explained(studio: Path, capsys: Any) -> None:
    assert run(["tiers", "list", "--json"]) == 0
    listed = body(capsys)
    assert [tier["name"] for tier in listed["tiers"]][-2:] == ["client", "counsel"]
    assert listed["caps"] == {"per_calendar_day": 1, "per_7_days": 2, "per_30_days": 6}
    assert run(["tiers", "show", "client"]) == 0
    assert "about every 60 days, and at the latest after 90" in capsys.readouterr().out
    assert run(["tiers", "show", "partner", "--json"]) == 0
    assert body(capsys)["ideal_every_days"] == 90
    assert run(["tiers", "show", "cleint"]) == 2
    run(["contacts", "tier", ADA, "client", "--reason", "retained"])
    capsys.readouterr()
    assert run(["tiers", "explain", "--json"]) == 0
    assert body(capsys)["exchanges_per_week"] == round(7 / 60, 2)
    for command in ("list", "explain"):
        assert run(["tiers", command]) == 0
    assert "You have promised 0.12 exchanges a week" in capsys.readouterr().out


def test_a_broken_tiers_file_is_reported_with_its_lines(studio: Path, capsys: Any) -> None:
    path = studio / "tiers.toml"
    path.write_text(path.read_text().replace('newsletter = "opted-in"', 'newsletter = "opted"'))
    assert run(["tiers", "list"]) == 3
    told = capsys.readouterr().err
    assert "tiers.toml:" in told
    assert 'did you mean "opted-in"' in told
    path.unlink()
    assert run(["tiers", "list"]) == 3
    assert "cannot be read" in capsys.readouterr().err
