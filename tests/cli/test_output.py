"""What commands print is safe on a terminal, aligned, and JSON that parses."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.cli.output import Console, printable, table, wants_colour
from outreach.errors import Problem, UsageError, suggestion


class Stream:
    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour(environ: dict[str, str], terminal: bool, wanted: bool) -> None:
    assert wants_colour(Stream(terminal), environ) is wanted


def test_hostile_names_cannot_act_on_a_terminal() -> None:
    shown = printable("Ann\x1b[2J\u202egpj.exe\x9b1m\x00\ud800")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\x9b" not in shown
    assert printable("Zoë 山田 😀") == "Zoë 山田 😀"


@given(st.text())
def test_json_is_one_line_that_parses_to_what_was_given(text: str) -> None:
    import io
    from contextlib import redirect_stdout

    out = io.StringIO()
    with redirect_stdout(out):
        Console(json=True).result({"name": text, "at": datetime(2026, 1, 1, tzinfo=UTC)}, "")
    assert out.getvalue().count("\n") == 1
    assert not any(char in out.getvalue() for char in "\x1b\x9b\u202e")
    body = json.loads(out.getvalue())
    assert body["name"] == text
    assert body["at"] == "2026-01-01T00:00:00+00:00"


def test_json_knows_our_values(capsys: pytest.CaptureFixture[str]) -> None:
    Console(json=True).result(
        {"day": date(2026, 1, 2), "set": {"b", "a"}, "path": Path("x"), "it": Problem("no")}, ""
    )
    body = json.loads(capsys.readouterr().out)
    assert body["day"] == "2026-01-02"
    assert body["set"] == ["a", "b"]
    assert body["it"]["message"] == "no"


def test_tables_align_wide_letters_and_numbers() -> None:
    shown = table(("name", "n"), [("山田", 5), ("Ann", 1234), (None, 7)])
    assert shown.splitlines()[1:] == ["山田     5", "Ann   1234", "-        7"]


def test_a_table_may_come_from_an_iterator() -> None:
    assert len(table(("a",), iter([("x",), ("y",)])).splitlines()) == 3


def test_every_problem_of_an_error_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    error = UsageError([Problem("one", "a.toml", 3, 5, "mend it"), Problem("two")])
    Console().error(error)
    shown = capsys.readouterr().err
    assert "a.toml:3:5: one" in shown
    assert "hint: mend it" in shown
    assert "two" in shown


def test_an_error_needs_a_problem() -> None:
    with pytest.raises(ValueError, match="at least one"):
        UsageError([])


def test_suggestions_are_close_or_none() -> None:
    assert suggestion("clent", ["client", "counsel"]) == 'did you mean "client"?'
    assert suggestion("zebra", ["client", "counsel"]) is None


def test_quiet_silences_notes_but_not_results(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True)
    console.note("by the way")
    console.warn("careful")
    console.result({}, "result")
    shown = capsys.readouterr()
    assert "by the way" not in shown.err
    assert "careful" in shown.err
    assert shown.out == "result\n"
