"""Write ``docs/reference.md`` from the commands' own help and the settings' declarations.

``make docs`` runs it; a test fails when the page is not what it would write.
"""

from pathlib import Path

import click

from outreach.cli.main import EXIT_CODES, cli
from outreach.config import declared

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
