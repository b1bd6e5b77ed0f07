"""Manners of the whole command line: start-up, exit codes, errors, help, colour, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from outreach.cli import main as frame
from outreach.cli.lazy import LazyGroup
from outreach.errors import OutreachError

HEAVY = {
    "sqlalchemy",
    "jinja2",
    "alembic",
    "rich",
    "premailer",
    "mjml",
    "lxml",
    "babel",
    "cryptography",
    "tomlkit",
    "yaml",
    "markdown_it",
    "email_validator",
}


def outreach(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "outreach", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environ},
    )


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Yield each command with its words, groups and their commands alike."""
    context = click.Context(frame.cli)

    def walk(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                yield from walk(f"{words} {name}".strip(), inner)

    yield from walk("", frame.cli)


COMMANDS = dict(every_command())


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "outreach", "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert imported & HEAVY == set()


@pytest.mark.parametrize("words", [w for w, c in COMMANDS.items()])
def test_every_command_has_help_with_an_example(words: str) -> None:
    command = COMMANDS[words]
    assert command.help, words
    if not isinstance(command, click.Group):
        assert "Example" in command.help, words
        assert f"outreach {words}" in command.help.replace("\n  ", " "), words


def test_every_printing_command_takes_json() -> None:
    silent = {"completion", "config password"}
    without = {
        words
        for words, command in COMMANDS.items()
        if not isinstance(command, click.Group)
        and words not in silent
        and not any("--json" in option.opts for option in command.params)
    }
    assert without == set()


def test_the_sentences_shown_by_help_are_the_commands_own() -> None:
    for words, command in COMMANDS.items():
        if isinstance(command, LazyGroup):
            for name, (_, sentence) in command.lazy.items():
                own = COMMANDS[f"{words} {name}".strip()].help or ""
                assert own.splitlines()[0] == sentence, f"{words} {name}"


def test_an_unknown_command_is_answered_with_a_near_one(tmp_path: Path) -> None:
    done = outreach("snd", cwd=tmp_path)
    assert done.returncode == 2
    assert 'did you mean "send"?' in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_workspace_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = outreach("segments", "list", cwd=tmp_path)
    assert done.returncode == 3
    assert "outreach init" in done.stderr


def test_errors_are_json_too_when_asked(tmp_path: Path) -> None:
    done = outreach("db", "status", "--json", cwd=tmp_path)
    body = json.loads(done.stderr)
    assert body["error"]["exit_code"] == done.returncode == 3
    assert body["error"]["problems"][0]["hint"]


def test_colour_only_where_it_is_wanted(tmp_path: Path) -> None:
    assert "\x1b[" not in outreach("db", "status", cwd=tmp_path).stderr
    assert "\x1b[" in outreach("db", "status", cwd=tmp_path, FORCE_COLOR="1").stderr
    both = outreach("db", "status", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[" not in both.stderr
    flagged = outreach("--no-color", "db", "status", cwd=tmp_path, FORCE_COLOR="1")
    assert "\x1b[" not in flagged.stderr


def test_a_fault_of_ours_is_owned_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def broken() -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setitem(frame.cli.commands, "broken", broken)
    assert frame.run(["broken"]) == 1
    shown = capsys.readouterr().err
    assert "fault in Outreach" in shown
    assert "Traceback" not in shown


def test_an_interrupt_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(frame.cli.commands, "interrupted", interrupted)
    assert frame.run(["interrupted"]) == 130


def test_exit_codes_are_documented_and_one_for_each_kind() -> None:
    def tree(kind: type[OutreachError]) -> Iterator[type[OutreachError]]:
        yield kind
        for inner in kind.__subclasses__():
            yield from tree(inner)

    for kind in tree(OutreachError):
        assert f"  {kind.exit_code}  " in frame.EXIT_CODES, kind


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_code_is_printed(shell: str, tmp_path: Path) -> None:
    done = outreach("completion", shell, cwd=tmp_path)
    assert done.returncode == 0
    assert "_OUTREACH_COMPLETE" in done.stdout


def test_completion_completes(tmp_path: Path) -> None:
    done = outreach(
        cwd=tmp_path, _OUTREACH_COMPLETE="bash_complete", COMP_WORDS="outreach seg", COMP_CWORD="1"
    )
    assert "segments" in done.stdout
