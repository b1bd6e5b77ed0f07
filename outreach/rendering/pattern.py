"""Bytes that are the same again and again, except in a few places."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import AnyStr


def taken_apart(text: AnyStr, markers: Mapping[AnyStr, int]) -> list[AnyStr | int]:
    """Return a text in pieces, with the slot of each marker that stands in it."""
    # Not by an expression: for markers that are new in every run, making one takes far longer.
    found = []
    for marker, slot in markers.items():
        at = text.find(marker)
        while at >= 0:
            found.append((at, at + len(marker), slot))
            at = text.find(marker, at + len(marker))
    pieces: list[AnyStr | int] = []
    position = 0
    for start, end, slot in sorted(found):
        if start > position:
            pieces.append(text[position:start])
        pieces.append(slot)
        position = end
    if position < len(text):
        pieces.append(text[position:])
    return pieces


class Pattern:
    """A sample taken apart where markers stand in it; `slots` are the values that it needs."""

    __slots__ = ("_fixed", "_pick", "_places", "_template", "slots")

    def __init__(self, sample: bytes, markers: Mapping[bytes, int]) -> None:
        pieces = taken_apart(sample, markers)
        self._fixed = [b"" if isinstance(piece, int) else piece for piece in pieces]
        self._places = tuple((at, slot) for at, slot in enumerate(pieces) if isinstance(slot, int))
        self.slots = frozenset(slot for _, slot in self._places)
        written = [b"%b" if isinstance(p, int) else p.replace(b"%", b"%%") for p in pieces]
        self._template = b"".join(written)
        self._pick = itemgetter(*(slot for _, slot in self._places)) if self._places else _nothing

    def fill(self, values: Sequence[bytes]) -> list[bytes]:
        """Return the bytes in pieces, with values by slot."""
        parts = self._fixed.copy()
        for at, slot in self._places:
            parts[at] = values[slot]
        return parts

    def filled(self, values: Sequence[bytes]) -> bytes:
        """Return the same bytes in one piece."""
        return self._template % self._pick(values)

    def named(self, names: Sequence[str]) -> list[bytes | str]:
        """Return the pieces, with `names` of the values by slot."""
        pieces: list[bytes | str] = [*self._fixed]
        for at, slot in self._places:
            pieces[at] = names[slot]
        return pieces


def _nothing(_: Sequence[bytes]) -> tuple[bytes, ...]:
    return ()
