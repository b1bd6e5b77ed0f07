"""What commands print, and how: results to standard output, everything else to standard error.

A command calls `Console.result` once with plain data; a person sees the text made from it, and
``--json`` prints the data itself. Colour is decided here and nowhere else.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category, east_asian_width

import click

from outreach.errors import OutreachError

if TYPE_CHECKING:
    from outreach.app import App
    from outreach.domain.contact import Contact

SCHEMA = 1
"""Version of the JSON that commands print; it grows when a key changes its meaning."""


def wants_colour(stream: Any, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour what goes to `stream` (no-color.org; FORCE_COLOR; dumb terminals)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return bool(stream.isatty()) and environ.get("TERM") != "dumb"


@dataclass
class Console:
    """Where a command prints."""

    json: bool = False
    quiet: bool = False
    colour: bool | None = None

    def result(self, data: Mapping[str, Any], human: str | Callable[[], str]) -> None:
        """Print the result of a command: `data` as JSON if asked for, else the text of `human`."""
        if self.json:
            click.echo(_json({"schema": SCHEMA, **data}))
            return
        text = human if isinstance(human, str) else human()
        if text:
            click.echo(text, color=self._colour(sys.stdout))

    def note(self, text: str) -> None:
        """Tell the person something beside the result; silent with ``--quiet``."""
        if not self.quiet:
            click.echo(text, err=True, color=self._colour(sys.stderr))

    def warn(self, text: str) -> None:
        """Tell the person something that they ought to act on."""
        head = click.style("warning:", fg="yellow", bold=True)
        click.echo(f"{head} {text}", err=True, color=self._colour(sys.stderr))

    def error(self, error: OutreachError) -> None:
        """Print every problem of `error` to standard error."""
        if self.json:
            problems = [asdict(problem) for problem in error.problems]
            body = {"kind": type(error).__name__, "exit_code": error.exit_code}
            click.echo(_json({"schema": SCHEMA, "error": {**body, "problems": problems}}), err=True)
            return
        head = click.style("error:", fg="red", bold=True)
        for problem in error.problems:
            click.echo(
                f"{head} {printable(str(problem))}", err=True, color=self._colour(sys.stderr)
            )

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: both ends are a terminal."""
        return not self.json and sys.stdin.isatty() and sys.stderr.isatty()

    def _colour(self, stream: Any) -> bool:
        return wants_colour(stream) if self.colour is None else self.colour


@dataclass
class Invocation:
    """What the global options said, carried to every command as click's context object."""

    start: Path
    console: Console = field(default_factory=Console)
    debug: bool = False
    _app: "App | None" = None

    @property
    def app(self) -> "App":
        """The workspace, opened when first asked for."""
        if self._app is None:
            from outreach.app import App

            self._app = App.open(self.start)
        return self._app

    def close(self) -> None:
        """Close the workspace if it was opened."""
        if self._app is not None:
            self._app.close()


pass_invocation = click.make_pass_decorator(Invocation)


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).console.json = True


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_set_json,
    help="Print the result as one JSON object.",
)


def printable(text: str) -> str:
    """Return `text` safe for a terminal: control and direction-changing characters made visible."""
    return "".join(
        char
        if char in "\n\t" or category(char) not in ("Cc", "Cf", "Cs")
        else f"\\x{ord(char):02x}"
        for char in text
    )


def one_line(value: object) -> str:
    """Return `value` as text safe for a terminal, in one line."""
    return printable(str(value)).replace("\n", " ")


#: What would act on a terminal, or make text look as it is not, inside a JSON string.
_ACTING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def _json(data: Mapping[str, Any]) -> str:
    """Return `data` as JSON, with letters of all languages as themselves."""
    text = json.dumps(data, default=_plain, ensure_ascii=False)
    text = text.encode("utf-8", "backslashreplace").decode()
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def contact_data(contact: "Contact") -> dict[str, Any]:
    """Return a contact as plain data, as every command with ``--json`` gives one."""
    from dataclasses import fields

    left_out = {"touches", "receipts"}
    found = {
        item.name: getattr(contact, item.name)
        for item in fields(contact)
        if item.name not in left_out
    }
    return found | {"name": contact.name, "attributes": dict(contact.attributes)}


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return `rows` as aligned columns under `headers`; numbers are aligned to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = (
        [
            bool(cells) and all(isinstance(row[i], int | float) for row in rows)
            for i in range(len(headers))
        ]
        if isinstance(rows, Sequence)
        else [False] * len(headers)
    )
    widths = [
        max([_width(header), *(_width(row[i]) for row in cells)])
        for i, header in enumerate(headers)
    ]
    lines = [
        [
            click.style(_pad(h, w, right), bold=True)
            for h, w, right in zip(headers, widths, numeric, strict=True)
        ]
    ]
    lines += [
        [_pad(c, w, right) for c, w, right in zip(row, widths, numeric, strict=True)]
        for row in cells
    ]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, frozenset | set | tuple | list):
        return ", ".join(sorted(printable(str(item)) for item in value)) or "-"
    return printable(str(value)).replace("\n", " ")


def _width(text: str) -> int:
    return sum(
        0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1
        for char in text
    )


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
