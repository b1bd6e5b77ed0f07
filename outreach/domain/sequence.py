"""Sequences: ordered steps to one contact, one TOML file each, and what follows from each step.

A file holds a `title` and one table ``[[steps]]`` a step, with the `template` that is sent and how
long `after` the step before; the first is so long after the start. What one can opt out of is its
`series`, which is its name where it does not say. Everything that is wrong is reported at once.

Each step is a campaign of its own, whose audience grows: what is known of a step that was sent,
refused or called off is what is known of its delivery, and `ending_of` says what follows from that.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from outreach.domain.condition import quoted
from outreach.domain.delivery import DeliveryState
from outreach.domain.toml import lines_of, read_toml
from outreach.errors import ConfigError, NotFoundError, Problem, suggestion

SEQUENCE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""What a sequence may be called: it is a file name, a word on the command line, part of a key."""

MAX_STEPS = 50

LONGEST = timedelta(days=731)
"""How long a step may be after the one before: whoever plans for longer means something else."""

_UNITS: Mapping[str, timedelta] = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}
_SPAN = re.compile(rf"(\d{{1,7}})\s+({'|'.join(_UNITS)})s?", re.ASCII)
_EXAMPLE = 'a text such as "3 days", "2 hours" or "1 week"'

_KEYS = ("title", "series", "steps")
_STEP_KEYS = ("template", "after", "reason")


@dataclass(frozen=True, slots=True)
class Step:
    """One mail of a sequence: which, how long after the one before, and why it may ask.

    `reason` is why it is in its reader's interest to be asked, where the mail asks something of
    them. `line` is where the step stands in its file.
    """

    template: str
    after: timedelta
    reason: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence as its file says it; `text` is the file's."""

    name: str
    title: str
    series: str
    steps: tuple[Step, ...]
    text: str
    source: str

    def version(self, hashes: Iterable[str]) -> str:
        """Return what names this file together with the templates of its steps, in their order."""
        whole = "\0".join((self.text, *hashes))
        return hashlib.sha256(whole.encode()).hexdigest()


class Sequences:
    """The sequences of a workspace, each read when it is asked for.

    `read` returns the source's name as a person knows it and the text of a sequence's file, or
    raises `ConfigError`; `names` are those that there are.
    """

    def __init__(self, names: Collection[str], read: Callable[[str], tuple[str, str]]) -> None:
        self.names = tuple(sorted(names))
        self._read = read

    def get(self, name: str) -> Sequence:
        """Return the sequence, or raise `NotFoundError`, or `ConfigError` with all its problems."""
        if name not in self.names:
            raise NotFoundError(
                f"there is no sequence {quoted(name)}",
                hint=suggestion(name, self.names)
                or f"the sequences are {', '.join(self.names) or '(none yet)'}",
            )
        source, text = self._read(name)
        return read_sequence(name, text, source)


def key_of(name: str, version: str, step: int) -> str:
    """Return the key of the campaign of a step, from 1, such as ``welcome@3f2a91bc/1``."""
    return f"{name}@{version[:8]}/{step}"


# Reading the file


def read_sequence(name: str, text: str, source: str) -> Sequence:
    """Return the sequence that a file's text holds, or raise `ConfigError` with all problems."""
    return _Reader(name, text.replace("\r\n", "\n"), source).sequence()


class _Reader:
    """Turns a file into a `Sequence`, gathering every problem on the way."""

    def __init__(self, name: str, text: str, source: str) -> None:
        self.name = name
        self.text = text
        self.source = source
        self.document = read_toml(text, source, hint="texts stand in quotation marks")
        self.lines = lines_of(text)
        self.problems: list[Problem] = []

    def sequence(self) -> Sequence:
        if not SEQUENCE_NAME.fullmatch(self.name):
            self._problem(
                (),
                f"{quoted(self.name)} cannot be a sequence's name",
                "rename the file: lower-case letters, digits, - and _, such as welcome",
            )
        self._known_only((), self.document, _KEYS)
        title = self._text((), self.document, "title", 'title = "A new client\'s first weeks"')
        series = self._series()
        steps = self._steps()
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda problem: problem.line or 0))
        return Sequence(self.name, title, series, steps, self.text, self.source)

    def _series(self) -> str:
        series = self.document.get("series", self.name)
        if not isinstance(series, str) or not SEQUENCE_NAME.fullmatch(series):
            if "series" in self.document:
                self._problem(
                    ("series",),
                    "series cannot be a series' name",
                    "write lower-case letters, digits, - and _, or leave it out: it is "
                    "the sequence's name then",
                )
            return ""
        return series

    def _steps(self) -> tuple[Step, ...]:
        found = self.document.get("steps")
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            if found is None:
                self._problem((), "there are no steps", "add a table [[steps]] for each mail")
            else:
                self._problem(("steps",), "steps must be tables", "begin each with [[steps]]")
            return ()
        if not 0 < len(found) <= MAX_STEPS:
            self._problem(
                ("steps",),
                "there are no steps" if not found else f"there are {len(found)} steps",
                f"a sequence has 1 to {MAX_STEPS}",
            )
        return tuple(self._step(number, entry) for number, entry in enumerate(found))

    def _step(self, number: int, entry: Mapping[str, Any]) -> Step:
        path = ("steps", str(number))
        self._known_only(path, entry, _STEP_KEYS)
        template = self._text(path, entry, "template", 'template = "check-in"')
        reason = self._text(path, entry, "reason", "") if "reason" in entry else None
        return Step(template, self._after(number, path, entry), reason, self._line(path))

    def _after(self, number: int, path: tuple[str, ...], entry: Mapping[str, Any]) -> timedelta:
        if "after" not in entry:
            if number:
                self._problem(
                    path,
                    f"step {number + 1} does not say after which time it follows",
                    'add a line: after = "1 week"',
                )
            return timedelta()
        try:
            after = parse_span(entry["after"])
        except ValueError as error:
            self._problem((*path, "after"), f"after {error}", f"write {_EXAMPLE}")
            return timedelta()
        if number and not after:
            self._problem(
                (*path, "after"),
                f"step {number + 1} would follow at once",
                "let some time pass: nobody can answer before it",
            )
        return after

    def _text(self, path: tuple[str, ...], entry: Mapping[str, Any], key: str, example: str) -> str:
        value = entry.get(key)
        if value is None:
            self._problem(path, f"{self._where(path)}{key} is missing", f"add a line: {example}")
        elif not isinstance(value, str) or not value.strip() or not value.strip().isprintable():
            self._problem((*path, key), f"{self._where(path)}{key} must be a line of text")
        else:
            return value.strip()
        return ""

    @staticmethod
    def _where(path: tuple[str, ...]) -> str:
        return f"step {int(path[1]) + 1}: " if path else ""

    def _known_only(
        self, path: tuple[str, ...], entry: Mapping[str, Any], known: Collection[str]
    ) -> None:
        for key in entry:
            if key not in known:
                self._problem(
                    (*path, key),
                    f"a {'step' if path else 'sequence'} has no {quoted(key)}",
                    suggestion(key, known) or f"it has {', '.join(known)}",
                )

    def _line(self, path: tuple[str, ...]) -> int | None:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def _problem(self, path: tuple[str, ...], message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(message, self.source, self._line(path), None, hint))


def parse_span(value: object) -> timedelta:
    """Return the time that a text such as ``3 days`` names, or raise `ValueError`.

    A day is 24 hours.
    """
    if not isinstance(value, str) or not (found := _SPAN.fullmatch(value.strip())):
        shown = quoted(value) if isinstance(value, str) else str(value)
        raise ValueError(f"cannot be {shown[:40]}")
    span: timedelta = int(found[1]) * _UNITS[found[2]]
    if span > LONGEST:
        raise ValueError(f"is longer than {in_words(LONGEST)}")
    return span


def in_words(span: timedelta) -> str:
    """Return a time as a person writes it: the opposite of `parse_span`."""
    for name, unit in _UNITS.items():
        if span and not span % unit:
            number = span // unit
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "0 minutes"


# What follows from a step


class Ending(StrEnum):
    """Why a sequence goes on no more for a contact."""

    #: Its last step was sent.
    COMPLETED = "completed"
    #: They wrote to us or want no more of it, or one of us said so.
    STOPPED = "stopped"
    #: The gate refused a step.
    REFUSED = "refused"
    #: A server refused a step for good.
    REJECTED = "rejected"
    #: A step was called off, for them or for all.
    CANCELLED = "cancelled"
    #: They turned out to be somebody who is in it as well.
    MERGED = "merged"


ENDING_OF_STATE: Mapping[DeliveryState, Ending] = {
    DeliveryState.REFUSED: Ending.REFUSED,
    DeliveryState.REJECTED: Ending.REJECTED,
    DeliveryState.CANCELLED: Ending.CANCELLED,
}

SETTLED = (DeliveryState.SENT, *ENDING_OF_STATE)
"""The states of a step from which something follows. One that is in doubt waits for a person."""

LASTING = frozenset({Ending.COMPLETED, Ending.STOPPED})
"""The endings that stand for a person, whatever address or contact they are met under."""


def ending_of(
    step: int, state: DeliveryState, reason: str | None, *, is_last: bool
) -> tuple[Ending, str] | None:
    """Return how a sequence ends for a contact whose `step` is settled, or None: it goes on."""
    if state is DeliveryState.SENT:
        return (Ending.COMPLETED, "all steps were sent") if is_last else None
    why = f": {reason}" if reason else ""
    return ENDING_OF_STATE[state], f"step {step} was {state}{why}"
