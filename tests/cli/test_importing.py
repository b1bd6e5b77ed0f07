"""`outreach contacts import`, as a person and as a script runs it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from outreach.cli.main import run


@pytest.fixture(scope="module")
def _workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import") / "studio"
    assert run(["init", str(folder)]) == 0
    return folder


@pytest.fixture
def studio(_workspace: Path, tmp_path: Path) -> Path:
    return shutil.copytree(_workspace, tmp_path / "studio")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(
        "E-Mail;Vorname;Zeitzone;Stufe;Kunden-Nr;Sitze\n"
        "ann@x.example;Ann;Europe/Berlin;client;0012;3\n"
        "bob@x.example;Bob;Europe/Berln;;0013;4\n",
        encoding="utf-8",
    )
    return path


def body(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_what_a_person_sees(studio: Path, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    arguments = ["-C", str(studio), "contacts", "import", str(people), "--no-consent"]
    assert run([*arguments, "--map", "Sitze=attributes.seats"]) == 6
    out, err = capsys.readouterr()
    assert "Imported: 2 rows read = 1 new + 1 rejected" in out
    assert (
        "line 3: Zeitzone: 'Europe/Berln' is no IANA time zone (did you mean \"Europe/Berlin\"?)"
        in out
    )
    assert 'outreach contacts tier ann@x.example client --reason "…"' in out
    assert "utf-8, cells divided by ;" in err
    assert "Vorname    first_name        name" in err
    assert "Sitze      attributes.seats  --map" in err
    assert 'kunden_nr = "text"' in err
    assert "mend them in" in err
    mended = people.with_name("people.rejects.csv")
    mended.write_text(mended.read_text().replace("Berln", "Berlin"))
    assert run(["-C", str(studio), "contacts", "import", str(mended), "--no-consent"]) == 0


def test_what_a_script_gets(studio: Path, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    arguments = ["-C", str(studio), "contacts", "import", str(people), "--json"]
    assert run([*arguments, "--consent", "express", "--evidence", "form", "--dry-run"]) == 6
    dry = body(capsys)
    assert dry["dry_run"] is True
    assert dry["rejects_file"] is None
    assert run([*arguments, "--consent", "express", "--evidence", "form"]) == 6
    found = body(capsys)
    assert found["totals"] == dry["totals"]
    assert found["totals"]["read"] == 2
    assert found["columns"][1] == {"column": "Vorname", "target": "first_name", "by": "name"}
    assert found["undeclared"][0]["line"] == 'kunden_nr = "text"'
    assert found["rejected"][0]["line"] == 3
    assert found["promotions"] == [{"address": "ann@x.example", "tier": "client"}]
    assert Path(found["rejects_file"]).is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--no-consent"),
        (["--consent", "express"], "needs evidence"),
        (["--no-consent", "--evidence", "x"], "contradicts"),
        (["--evidence", "x"], "--consent express --evidence"),
        (["--no-consent", "--map", "Vorname"], 'write --map "Column=target"'),
        (["--no-consent", "--map", "Vornam=first_name"], 'did you mean "Vorname"?'),
        (["--no-consent", "--preset", "vcard"], "no file of vCards"),
        (["--no-consent", "--rejects", "/nowhere/bad.csv"], "--rejects PATH"),
    ],
)
def test_what_cannot_be(
    studio: Path,
    people: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert run(["-C", str(studio), "contacts", "import", str(people), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_terminal_is_safe_from_what_a_file_holds(
    studio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.csv"
    path.write_text("Email,\x1b[31mred,Phone\na@x.example,\x1b]0;title\x07,\x1b[2J\n")
    assert run(["-C", str(studio), "contacts", "import", str(path), "--no-consent"]) == 6
    out, err = capsys.readouterr()
    assert not set(out + err) & {"\x1b", "\x07"}


def test_an_interruption_says_how_to_go_on(
    studio: Path,
    people: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("outreach.services.importing.import_contacts", interrupted)
    assert run(["-C", str(studio), "contacts", "import", str(people), "--no-consent"]) == 130
    assert "Run the same command again" in capsys.readouterr().err
