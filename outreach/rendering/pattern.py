"""Bytes that are the same again and again, except in a few places."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outreach.rendering.press import Script


class Pattern:
    """A sample taken apart where markers stand in it; `slots` says which value goes where.

    `size` is the number of octets apart from the values.
    """

    __slots__ = ("_fixed", "_places", "size", "slots")

    def __init__(self, sample: bytes, markers: Mapping[bytes, int]) -> None:
        found = re.split(b"(%s)" % b"|".join(map(re.escape, markers)), sample)
        places = []
        for at in range(1, len(found), 2):
            places.append((at, markers[found[at]]))
            found[at] = b""
        self._fixed = found
        self._places = tuple(places)
        self.slots = frozenset(slot for _, slot in places)
        self.size = sum(map(len, found))

    def fill(self, values: Sequence[bytes]) -> list[bytes]:
        """Return the bytes in pieces, with values by slot."""
        parts = self._fixed.copy()
        for at, slot in self._places:
            parts[at] = values[slot]
        return parts

    def write(self, script: "Script", names: Sequence[str]) -> list[str]:
        """Return names of the pieces, with `names` of the values by slot."""
        pieces = [script.bind(piece) for piece in self._fixed]
        for at, slot in self._places:
            pieces[at] = names[slot]
        return [
            name for name, piece in zip(pieces, self._fixed, strict=True) if piece or name[0] != "c"
        ]
