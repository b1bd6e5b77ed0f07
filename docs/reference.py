"""Write ``docs/reference.md`` from the commands' own help and the settings' declarations.

The tables in ``docs/checking.md`` are written from the rules and from the mail clients' data.

``make docs`` runs it; a test fails when the page is not what it would write.
"""

import re
from pathlib import Path

import click

from outreach.cli.main import EXIT_CODES, cli
from outreach.config.settings import declared
from outreach.rendering.client_support import clients
from outreach.rendering.rules import RULES

CHECKING = Path(__file__).parent / "checking.md"
PAGE = Path(__file__).parent / "reference.md"


def page() -> str:
    """Return the whole page."""
    parts = [
        "# Reference",
        "Written by `make docs` from the program itself. Do not edit.",
        "## Settings",
        "Each may stand in `outreach.toml`, is overruled by its variable, and that by a flag.",
        _settings(),
        "## Exit codes",
        "```\n" + EXIT_CODES.replace("\b\n", "").strip() + "\n```",
        "## Commands",
    ]
    parts += _commands("outreach", cli, None)
    return "\n\n".join(parts) + "\n"


def checking(text: str) -> str:
    """Return the page on checking with its tables as they are today."""
    rules = ["| rule | name | grave | what is wrong | what to do |", "|---|---|---|---|---|"]
    for rule in RULES.values():
        hint = _cell(rule.hint)
        sentence = _cell(rule.sentence)
        rules.append(f"| {rule.id} | `{rule.name}` | {rule.severity} | {sentence} | {hint} |")
    known = "\n".join(f"- `{short}`: {name}" for short, name in sorted(clients().items()))
    for name, table in (("rules", "\n".join(rules)), ("clients", known)):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return text


def _cell(text: str) -> str:
    """Return `text` for a cell of a table: markup in it stands for itself."""
    markup = r"((?:<[^>]*>|\{\{.*?\}\}|[^\s<]*=\"[^\"]*\")+)"
    return re.sub(markup, r"`\1`", text).replace("|", "\\|")


def _settings() -> str:
    rows = ["| setting | variable | default | what it is |", "|---|---|---|---|"]
    for info in declared():
        default = "" if info.default is None else f"`{info.default}`"
        unit = f" In {info.unit}." if info.unit else ""
        sentence = (info.sentence + unit).replace("|", "\\|")
        rows.append(f"| `{info.name}` | `{info.variable}` | {default} | {sentence} |")
    return "\n".join(rows)


def _commands(words: str, command: click.Command, parent: click.Context | None) -> list[str]:
    context = click.Context(
        command,
        info_name=words.rsplit(maxsplit=1)[-1],
        parent=parent,
        terminal_width=96,
        max_content_width=96,
        color=False,
        **command.context_settings,
    )
    with context:
        parts = [f"### `{words}`", "```\n" + command.get_help(context).strip() + "\n```"]
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                parts += _commands(f"{words} {name}", inner, context)
    return parts


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    CHECKING.write_text(checking(CHECKING.read_text(encoding="utf-8")), encoding="utf-8")
