"""The TOML files that people write: what they say, and on which line each key stands."""

import re
import tomllib
from collections import Counter
from typing import Any

from outreach.errors import ConfigError

_HEADER = re.compile(r"\s*(\[{1,2})\s*([^\[\]#]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*[=.]")


def read_toml(text: str, source: str, hint: str | None = None) -> dict[str, Any]:
    """Return what the file `source` says, or raise `ConfigError` with the place of its mistake."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError("not valid TOML: nested too deeply", source=source) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise ConfigError(
            f"not valid TOML: {reason}", source=source, line=line, column=column, hint=hint
        ) from error


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Return the line on which each table and key of a TOML text first stands, by its path.

    Those of one of several tables (``[[steps]]``) have its number, from 0, in their path as well.
    """
    found: dict[tuple[str, ...], int] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = tuple(part.strip(" \t\"'") for part in header[2].split("."))
            found.setdefault(table, number)
            if header[1] == "[[":
                seen[table] += 1
                table = (*table, str(seen[table] - 1))
                found[table] = number
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1].strip("\"'")), number)
    return found
