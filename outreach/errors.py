"""Every error a person can meet, with the exit code that tells a script what kind it was.

The tree, with exit codes::

    OutreachError              1   something we did not expect
    ├── UsageError             2   the command line asks for something that cannot be
    │   └── NotFoundError      2   the thing that was named does not exist
    ├── ConfigError            3   settings, tiers, segments or credentials are wrong
    ├── TemplateError          4   a template cannot be read or rendered
    ├── RefusedError           5   a safety rule, or the person asked, said no
    ├── PartialError           6   some of the work was done, some was not
    ├── UnavailableError       7   a server, database or disk is not there: safe to try again
    ├── BusyError              8   another run holds the lock
    └── MessageError           4   a correct message cannot be built from these values

An error carries every `Problem` found, not only the first. Code raises these for what a person
can mend; a programming mistake is left to fly as what it is. Libraries' own exceptions are turned
into these at the border where the library is called.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    `line` and `column` count from 1, as editors do. `source` is a file name as the person wrote
    it, or the name of a setting or variable.
    """

    message: str
    source: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text

    def at(self, source: str) -> "Problem":
        """Return this problem placed in `source`, unless it already has a place."""
        return self if self.source else replace(self, source=source)


class OutreachError(Exception):
    """Base of all errors; `problems` is never empty."""

    exit_code = 1

    def __init__(
        self,
        problems: str | Problem | Sequence[Problem],
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, source, line, column, hint)
        if isinstance(problems, Problem):
            problems = (problems,)
        if not problems:
            raise ValueError("an error needs at least one problem")
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(OutreachError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class NotFoundError(UsageError):
    """The contact, segment, template or campaign that was named does not exist."""


class ConfigError(OutreachError):
    """Settings, tiers, segments or credentials are wrong or missing."""

    exit_code = 3


class TemplateError(OutreachError):
    """A template cannot be read, parsed or rendered."""

    exit_code = 4


class MessageError(OutreachError):
    """No correct message can be built: an address with a line break, a header too long."""

    exit_code = 4


class RefusedError(OutreachError):
    """A safety rule refused, or the person asked said no. Nothing was done."""

    exit_code = 5


class PartialError(OutreachError):
    """Some of the work was done and is kept; the rest is listed with its reasons."""

    exit_code = 6


class UnavailableError(OutreachError):
    """A server, database or disk cannot be used just now. Trying again is safe."""

    exit_code = 7


class BusyError(OutreachError):
    """Another run is at work on the same thing."""

    exit_code = 8


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """Return ``did you mean "x"?`` for the closest of `known`, or None if nothing is close."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else None
