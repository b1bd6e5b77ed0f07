"""Segments: saved questions about contacts, one TOML file each.

A file holds a `description` and `where`, an expression (`outreach.domain.expression`). Segments may
ask about each other. Everything that is wrong is reported at once, with file, line and column.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from outreach.domain.condition import Condition, InSegment, parts_of, quoted
from outreach.domain.expression import Others, parse
from outreach.domain.terms import Vocabulary, place_in
from outreach.domain.toml import lines_of, read_toml
from outreach.errors import ConfigError, NotFoundError, Problem, suggestion

#: Longest chain of segments that ask about segments.
MAX_CHAIN = 20
SEGMENT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""What a segment may be called: it is a file name, and a word on the command line."""


_EXAMPLES = {
    "description": 'description = "Clients in our care"',
    "where": "where = 'tier == \"client\"'",
}
"""The keys of a segment file, each with a line that shows it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved question: its name, what it is for, its expression and what that means."""

    name: str
    description: str
    where: str
    condition: Condition
    source: str

    @property
    def uses(self) -> tuple[str, ...]:
        """The segments it asks about directly, in the order in which it names them."""
        return tuple(dict.fromkeys(_named(self.condition)))


def _named(condition: Condition) -> Iterator[str]:
    if isinstance(condition, InSegment):
        yield condition.name
        return
    for part in parts_of(condition):
        yield from _named(part)


class Segments:
    """The segments of a workspace, each read when it is first asked for.

    `read` returns the source's name as a person knows it and the text of a segment's file, or
    raises `ConfigError`; `names` are those that there are.
    """

    def __init__(
        self,
        names: Collection[str],
        read: Callable[[str], tuple[str, str]],
        vocabulary: Vocabulary,
    ) -> None:
        self.names = tuple(sorted(names))
        self.vocabulary = vocabulary
        self._read = read
        self._found: dict[str, Segment | ConfigError] = {}
        self._open: list[str] = []

    def get(self, name: str) -> Segment:
        """Return the segment, or raise `NotFoundError`, or `ConfigError` with all its problems."""
        if name not in self.names:
            raise NotFoundError(
                f"there is no segment {quoted(name)}",
                hint=suggestion(name, self.names)
                or f"the segments are {', '.join(self.names) or '(none yet)'}",
            )
        if name in self._open:
            way = [*self._open[self._open.index(name) :], name]
            raise ConfigError(
                f"segment {quoted(name)} asks about itself: {' -> '.join(way)}",
                hint="take one of these steps out",
            )
        if len(self._open) >= MAX_CHAIN:
            raise ConfigError(f"segments ask about segments, {MAX_CHAIN} times over")
        if name not in self._found:
            self._open.append(name)
            try:
                self._found[name] = self._get(name)
            finally:
                self._open.pop()
        found = self._found[name]
        if isinstance(found, ConfigError):
            raise ConfigError(found.problems)
        return found

    def _get(self, name: str) -> Segment | ConfigError:
        try:
            source, text = self._read(name)
            return read_segment(name, text, source, self.vocabulary, self._condition)
        except ConfigError as error:
            return error
        except RecursionError:
            return ConfigError("nested too deeply", source=name)

    def _condition(self, name: str) -> Condition:
        return self.get(name).condition

    def parse(self, where: str, source: str = "where") -> Condition:
        """Return the condition that an expression from elsewhere stands for."""
        return parse(where, self.vocabulary, others=self._condition, source=source)


def read_segment(
    name: str, text: str, source: str, vocabulary: Vocabulary, others: Others | None = None
) -> Segment:
    """Return the segment that a file's text holds, or raise `ConfigError` with all problems."""
    text = text.replace("\r\n", "\n")
    document = read_toml(
        text,
        source,
        hint="texts stand in quotation marks; use '…' or '''…''' around an expression",
    )
    lines = lines_of(text)
    problems = [
        Problem(
            f"a segment has no {quoted(key)}",
            source,
            lines.get((key,)),
            hint=f"it has {' and '.join(_EXAMPLES)}",
        )
        for key in document
        if key not in _EXAMPLES
    ]
    if not SEGMENT_NAME.fullmatch(name):
        problems.append(
            Problem(
                f"{quoted(name)} cannot be a segment's name",
                source,
                hint="rename the file: lower-case letters, digits, - and _, such as my-clients",
            )
        )
    for key, example in _EXAMPLES.items():
        if key not in document:
            problems.append(Problem(f"{key} is missing", source, hint=f"add a line: {example}"))
        elif not isinstance(document[key], str) or not document[key].strip():
            problems.append(
                Problem(f"{key} must be a text", source, lines.get((key,)), hint=f"write {example}")
            )
    condition: Condition | None = None
    where = document.get("where", "")
    if isinstance(where, str) and where.strip():
        try:
            condition = parse(
                where,
                vocabulary,
                others=others,
                source=source,
                place=lambda offset: _place_in_toml(text, offset),
            )
        except ConfigError as error:
            problems.extend(error.problems)
    if problems or condition is None:
        raise ConfigError(sorted(problems, key=lambda problem: problem.line or 0))
    return Segment(name, document["description"].strip(), where.strip(), condition, source)


# Where in a TOML file


def _place_in_toml(text: str, offset: int) -> tuple[int, int]:
    """Return line and column in a TOML file of a character of its text `where`."""
    import tomlkit  # noqa: PLC0415 - only a broken segment needs to be looked at this closely
    from tomlkit.items import String  # noqa: PLC0415

    document = tomlkit.parse(text)
    item = document["where"]
    raw = item.as_string() if isinstance(item, String) else ""
    # tomlkit changes nothing but what it is told to change, so this finds the value.
    marker = "\N{OBJECT REPLACEMENT CHARACTER}" * 3
    document["where"] = marker
    start = document.as_string().index(marker) - 1
    if text[start : start + len(raw)] == raw:
        start += _raw_offset(raw, offset)
    return place_in(text)(start)


_TOML_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\n\s*|.)", re.DOTALL)


def _raw_offset(raw: str, offset: int) -> int:
    """Return where in the TOML text `raw`, quotation marks included, its character `offset` is."""
    quotes = 3 if raw.startswith(('"""', "'''")) else 1
    position = quotes
    if quotes == 3 and raw.startswith("\n", position):
        position += 1
    if raw.startswith("'"):
        return position + offset
    while offset > 0 and position < len(raw) - quotes:
        escape = _TOML_ESCAPE.match(raw, position)
        if escape is None:
            position, offset = position + 1, offset - 1
            continue
        position = escape.end()
        # A backslash at a line's end stands for nothing, and so does the space after it.
        offset -= not escape[0].endswith(("\n", " ", "\t")) or escape[0] in ("\\ ", "\\\t")
    # An offset right behind such a line end stands at what follows it.
    while (escape := _TOML_ESCAPE.match(raw, position)) and "\n" in escape[0]:
        position = escape.end()
    return position
