"""One function for all messages that share a skeleton, written as Python and compiled.

A skeleton that many contacts have is worth it: what `splicing` and `frame` do for each message,
looking at what kind of thing stands in every place, is looked at once and written down as
statements. Whatever a statement does not cover is left to the very same objects.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True)
class Press(Generic[Form]):
    """A function for the messages of one skeleton, and the form that they have."""

    form: Form
    run: Callable[..., Any]


class Script:
    """A function under way: its statements, and the constants that they name."""

    def __init__(self, *parameters: str) -> None:
        self._parameters = parameters
        self._names: dict[str, object] = {}
        self._known: dict[int, str] = {}
        self._lines: list[str] = []
        self._locals = 0
        self._depth = 1

    def bind(self, value: object) -> str:
        """Return a name for a constant."""
        name = self._known.get(id(value))
        if name is None:
            name = f"c{len(self._names)}"
            self._names[name] = value
            self._known[id(value)] = name
        return name

    def local(self) -> str:
        """Return a name for something that is worked out."""
        self._locals += 1
        return f"x{self._locals}"

    def row(self, pieces: "Sequence[bytes | str]") -> str:
        """Return what stands for pieces in a row: octets that never change, and names.

        Octets that follow each other become one piece.
        """
        names = [self.bind(each) if isinstance(each, bytes) else each for each in merged(pieces)]
        return "".join(f"{name}, " for name in names)

    def locals(self, number: int) -> list[str]:
        """Return so many names for what is worked out."""
        return [self.local() for _ in range(number)]

    def say(self, line: str, *, deeper: int = 0) -> None:
        """Add a statement; `deeper` is how many steps the following ones are further in."""
        self._lines.append("    " * self._depth + line)
        self._depth += deeper

    def back(self) -> None:
        """End a block."""
        self._depth -= 1

    def function(self) -> Callable[..., Any]:
        """Return what was written, compiled."""
        head = f"def run({', '.join(self._parameters)}):"
        scope = dict(self._names)
        exec(compile("\n".join([head, *self._lines]), "<press>", "exec"), scope)  # noqa: S102 - ours
        return scope["run"]  # type: ignore[return-value]


def merged(pieces: Sequence[bytes | str]) -> list[bytes | str]:
    """Return pieces with octets that follow each other put together."""
    joined: list[bytes | str] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            joined[-1] = last + piece
        elif piece:
            joined.append(piece)
    return joined


def interleaved(around: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return the first, what goes behind it, the second, and so on to the last."""
    return [name for pair in zip(around, (*own, ""), strict=True) for name in pair]
