"""`init`, `config` and `db`, as a person runs them."""

import json
from pathlib import Path

import pytest

from outreach.cli.main import run


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    folder = tmp_path / "studio"
    assert run(["init", str(folder)]) == 0
    return folder


def test_init_writes_a_workspace_that_works(
    studio: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (
        "outreach.toml",
        "tiers.toml",
        "templates",
        "segments",
        "sequences",
        "outreach.db",
        ".gitignore",
    ):
        assert (studio / name).exists(), name
    assert (studio / "segments" / "clients.toml").is_file()
    capsys.readouterr()
    assert run(["-C", str(studio), "db", "status", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["revision"] == body["needed"]


def test_init_overwrites_nothing(studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (studio / "tiers.toml").write_text("# mine\n")
    assert run(["init", str(studio)]) == 5
    assert (studio / "tiers.toml").read_text() == "# mine\n"
    assert "tiers.toml" in capsys.readouterr().err


def test_init_where_nothing_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(["init", str(tmp_path / "file" / "studio")]) == 7
    assert "Traceback" not in capsys.readouterr().err


def test_config_list_says_where_each_value_came_from(
    studio: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_LEASE", "77")
    assert run(["-C", str(studio), "config", "list", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out.splitlines()[-1])["settings"]
    found = {entry["name"]: entry for entry in entries}
    assert found["lease"]["value"] == 77
    assert found["lease"]["from"] == "OUTREACH_LEASE"
    assert found["timezone"]["from"].startswith("outreach.toml:")
    assert found["smtp_timeout"]["from"] == "default"


def test_config_set_and_get(studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(studio), "config", "set", "timezone", "Asia/Tokyo"]) == 0
    capsys.readouterr()
    assert run(["-C", str(studio), "config", "get", "timezone"]) == 0
    assert capsys.readouterr().out == "Asia/Tokyo\n"
    assert run(["-C", str(studio), "config", "get", "timezon"]) == 2


def test_a_password_is_not_taken_from_a_pipe(studio: Path) -> None:
    assert run(["-C", str(studio), "config", "password", "anna@smtp.example"]) == 5


def test_a_database_without_tables_names_the_command(
    studio: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", "sqlite:///other.db")
    assert run(["-C", str(studio), "segments", "count", "clients"]) == 3
    assert "outreach db upgrade" in capsys.readouterr().err
    assert run(["-C", str(studio), "db", "upgrade"]) == 0
    assert run(["-C", str(studio), "segments", "count", "clients"]) == 0
