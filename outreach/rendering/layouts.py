"""Encoded lines with places for values: worked out once for all values of the same sizes."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, count

from outreach.rendering.encoding import SOFT_BREAK, squeezed
from outreach.rendering.pattern import taken_apart

MOST_TEMPLATES = 256
"""That one written function keeps for one place."""
MOST_LAYOUTS = 16384
"""That are kept for all lines, and for all paragraphs, of a process; of some hundreds of octets."""
Slice = tuple[int, int, int]
"""Which value, or with a negative number which token, and from where to where in its octets."""
WHOLE = 1 << 16
"""Where a slice ends that goes to the end; no value or token has so many octets."""
FROM_ENDS = ("rom ", "om ", "m ")
"""What, behind a value that begins a line, may make it one that has to be escaped."""
numbers = count()
"""For lines and paragraphs, to be known by."""


class NotPlainError(Exception):
    """A part that was to be sent as it is needs an encoding after all."""


class Layout:
    """Encoded lines for values of certain sizes: a template, with what goes into it.

    Values are put as ``(which, start, end)``, and tokens, which come behind them, with a negative
    number. `even` is the same in the relaxed canonical form of DKIM. Of each in `guards`, ``(which,
    at)``, a soft break stands in the value, and is only right there if its octets are of no kind
    that moves it. `column` says where the line's end is to be broken.
    """

    __slots__ = ("column", "even", "guards", "is_whole", "only", "puts", "template")

    def __init__(
        self,
        pieces: "Sequence[bytes | Slice]",
        guards: Sequence[tuple[int, int]] = (),
        column: int = 0,
    ) -> None:
        written = [p.replace(b"%", b"%%") if isinstance(p, bytes) else b"%b" for p in pieces]
        self.template = b"".join(written)
        self.even = b"".join(
            squeezed(text) if isinstance(piece, bytes) else text
            for piece, text in zip(pieces, written, strict=True)
        )
        self.puts = tuple([piece for piece in pieces if not isinstance(piece, bytes)])
        # One value, which is whole: much of what is met.
        self.only = len(self.puts) == 1 and self.puts[0][:2] == (0, 0) and not guards
        self.guards = tuple(guards)
        self.column = column
        #: Whether each value and token is put in one piece, come what may.
        self.is_whole = not guards and all(
            start == 0 and end == WHOLE for _, start, end in self.puts
        )

    def filled(self, values: Sequence[bytes], octets: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return what goes into the template."""
        return tuple(
            [
                values[which][start:end] if which >= 0 else octets[~which][start:end]
                for which, start, end in self.puts
            ]
        )


def around(template: bytes, places: int) -> tuple[bytes, ...]:
    """Return what stands before, between and behind the places of a template."""
    # No line of a message has a NUL.
    return tuple((template % ((b"\0",) * places)).split(b"\0"))


def runs(pieces: "Sequence[bytes | Slice]") -> "list[bytes | Slice]":
    """Return pieces with octets that follow each other put together."""
    runs: list[bytes | Slice] = []
    for piece in pieces:
        last = runs[-1] if runs else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            runs[-1] = last + piece
        else:
            runs.append(piece)
    return runs


def split(text: str, markers: Mapping[int, str]) -> list[str | int]:
    """Return `text` with the numbers of tokens in place of their markers."""
    return taken_apart(text, {marker: number for number, marker in markers.items()})


def sliced(encoded: bytes, markers: Mapping[int, str]) -> list[bytes | Slice]:
    """Return encoded text with markers taken out, which soft line breaks may have cut in two."""
    lines = encoded.split(SOFT_BREAK)
    # Without the breaks markers are whole; then each break goes back to where it was.
    breaks = list(accumulate(map(len, lines[:-1])))
    slots = {marker.encode(): number for number, marker in markers.items()}
    pieces: list[bytes | Slice] = []
    start = 0
    for piece in taken_apart(b"".join(lines), slots):
        size = len(piece) if isinstance(piece, bytes) else len(markers[piece])
        at = 0
        while breaks and breaks[0] < start + size:
            end = breaks.pop(0) - start
            if end > at:
                pieces.append(piece[at:end] if isinstance(piece, bytes) else (piece, at, end))
            pieces.append(SOFT_BREAK)
            at = end
        pieces.append(piece[at:] if isinstance(piece, bytes) else (piece, at, size))
        start += size
    return [*pieces, *[SOFT_BREAK] * len(breaks)]
