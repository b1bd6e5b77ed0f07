"""`outreach segments`, as a person or a script runs it."""

import json
from pathlib import Path

import pytest

from outreach.app import App
from outreach.cli.main import run
from outreach.storage import contacts
from outreach.storage.contacts import NewContact


@pytest.fixture
def studio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "studio"
    assert run(["init", str(folder)]) == 0
    app = App.open(folder)
    with app.database.write() as session:
        for name, tier in (("anna", "client"), ("bo\x1b[31m", "counsel"), ("cy", "known")):
            new = NewContact(
                email=f"{name[:2]}@example.com", tier=tier, fields={"first_name": name}
            )
            contacts.insert(session, new, app.clock())
    app.close()
    capsys.readouterr()
    return folder


def printed(
    capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, code: int = 0
) -> str:
    assert run(["-C", str(folder), "segments", *arguments]) == code
    return capsys.readouterr().out


def test_list(studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, studio, "list")
    assert any(line.split()[:2] == ["clients", "2"] for line in out.splitlines())
    body = json.loads(printed(capsys, studio, "list", "--json"))
    counts = {entry["name"]: entry["count"] for entry in body["segments"]}
    assert counts["everyone"] == 3
    assert counts["customers"] == 0


def test_list_shows_the_good_ones_and_tells_what_is_wrong_with_the_others(
    studio: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (studio / "segments" / "broken.toml").write_text("description = 'b'\nwhere = 'teir == 1'\n")
    assert run(["-C", str(studio), "segments", "list", "--json"]) == 3
    captured = capsys.readouterr()
    counts = {one["name"]: one["count"] for one in json.loads(captured.out)["segments"]}
    assert (counts["clients"], counts["broken"]) == (2, None)
    (problem,) = json.loads(captured.err)["error"]["problems"]
    assert (problem["source"], problem["line"], problem["column"]) == (
        "segments/broken.toml",
        2,
        10,
    )
    assert problem["hint"] == 'did you mean "tier"?'


def test_count(studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, studio, "count", "clients") == "2\n"
    body = json.loads(printed(capsys, studio, "count", "clients", "--json"))
    assert (body["name"], body["count"]) == ("clients", 2)


def test_show(studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, studio, "show", "clients")
    assert 'tier in ["client", "counsel"]' in out
    assert "an@example.com" in out
    assert "\x1b[31m" not in out
    body = json.loads(printed(capsys, studio, "show", "quiet-clients", "--json"))
    assert body["count"] == 2
    assert body["uses"] == ["clients"]
    assert [row["tier"] for row in body["sample"]] == ["client", "counsel"]


def test_explain(studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, studio, "explain", "quiet-clients", "cy@example.com")
    assert "cy@example.com is not in it." in out
    assert "last_two_way: not known" in out
    assert "SELECT" in out
    body = json.loads(printed(capsys, studio, "explain", "clients", "an@example.com", "--json"))
    assert body["finding"]["holds"] is True
    assert body["finding"]["parts"][0]["facts"] == [["tier", "client"]]
    assert json.loads(printed(capsys, studio, "explain", "clients", "--json"))["finding"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["count", "clints"], 2, 'did you mean "clients"?'),
        (["explain", "clients", "no@example.com"], 2, "no contact has the address"),
        (["explain", "clients", "no address"], 2, "error:"),
        (["show", "wrong"], 3, "segments/wrong.toml:2:17: "),
        (["count"], 2, "Missing argument"),
    ],
)
def test_mistakes(
    studio: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    (studio / "segments" / "wrong.toml").write_text("description = 'x'\nwhere = 'tier < now'\n")
    assert run(["-C", str(studio), "segments", *arguments]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_every_command_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("list", "show", "count", "explain"):
        assert run(["segments", command, "--help"]) == 0
        assert f"outreach segments {command}" in capsys.readouterr().out
