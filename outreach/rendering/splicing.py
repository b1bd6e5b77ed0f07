"""Parts of a message of which most is encoded already.

A part is a list of sections, each of whole lines: text that never changes, encoded once, and
`Line` or `Paragraph` with places for values, encoded anew for each contact. Quoted-printable is
decided line by line, so that nothing else has to be looked at again.

Links carry *tokens*, which have one length and letters that no encoding touches. In text that never
changes a marker stands for each, and only its place has to be known.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from unicodedata import east_asian_width

from outreach.rendering.encoding import is_plain, quoted_printable
from outreach.rendering.text import WIDTH, Block, columns

Tokens = Sequence[str]
"""The tokens of one message, in the order of `outreach.domain.links.Token`."""


class Line:
    """One line with values in it. Pieces are texts, ``(index, escape)`` or a token's number."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: Sequence["str | tuple[int, Callable[[str], str]] | int"]) -> None:
        self._pieces = tuple(pieces)

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the line without its end."""
        parts = []
        for piece in self._pieces:
            if isinstance(piece, str):
                parts.append(piece)
            elif isinstance(piece, int):
                parts.append(tokens[piece])
            else:
                index, escaped = piece
                parts.append(escaped(values[index]))
        return "".join(parts)

    @property
    def tokens(self) -> frozenset[int]:
        """The numbers of the tokens in it."""
        return frozenset(piece for piece in self._pieces if isinstance(piece, int))

    @property
    def constants(self) -> str:
        """What of the line never changes."""
        return "".join(piece for piece in self._pieces if isinstance(piece, str))


_SIMPLE = re.compile(r"[!-9;-~]+(?: [!-9;-~]+)*\Z")
_RUN = re.compile("([\ue000-\uf8ff])\\1*")
_MOST_WORDS = 6400
_MOST_LAYOUTS = 512


@lru_cache(maxsize=8192)
def _widths(value: str) -> tuple[int, ...] | None:
    """Return the columns of each word, which is all that counts for filling lines; else None."""
    words = value.split(" ")
    if _SIMPLE.match(value):
        widths = tuple(map(len, words))
    else:
        if "://" in value or any(east_asian_width(character) in "WF" for character in value):
            return None
        widths = tuple(map(columns, words))
    return widths if 0 < min(widths) and max(widths) < WIDTH // 2 else None


class Paragraph:
    """A block of text with values in it, laid out anew where their words have other widths."""

    __slots__ = ("_block", "_direct", "_fill", "_indexes", "_layouts", "_lock", "_markers")

    def __init__(
        self,
        block: Block,
        indexes: Sequence[int],
        fill: Callable[[str, Callable[[int], str]], str],
        markers: Mapping[int, str],
    ) -> None:
        self._block = block
        text = "\n".join(block.lines)
        self._markers = {n: marker for n, marker in markers.items() if marker in text}
        self._indexes = tuple(indexes)
        self._fill = fill
        self._layouts: dict[tuple[tuple[int, ...], ...], list[str | tuple[int, int]]] = {}
        self._lock = Lock()
        # Columns of a table depend on what stands in them; and runs must be known from the text.
        self._direct = block.holds_data or bool(_RUN.search(self.constants))

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the lines, without the end of the last."""
        used = [values[index] for index in self._indexes]
        widths = tuple(map(_widths, used))
        text = self._laid_out(values, widths)
        for number, marker in self._markers.items():
            text = text.replace(marker, tokens[number])
        return text

    def _laid_out(
        self, values: Sequence[str], widths: tuple[tuple[int, ...] | None, ...]
    ) -> str:
        if self._direct or None in widths:
            return "\n".join(self._lines(lambda index: values[index]))
        layout = self._layouts.get(widths)  # type: ignore[arg-type]
        if layout is None:
            layout = self._layout(widths)  # type: ignore[arg-type]
        return "".join(
            [
                piece if isinstance(piece, str) else values[piece[0]].split(" ")[piece[1]]
                for piece in layout
            ]
        )

    def _lines(self, value: Callable[[int], str]) -> list[str]:
        with self._lock:  # a tree of elements is no thing for two threads
            return self._block.again(lambda text: self._fill(text, value))

    def _layout(self, widths: tuple[tuple[int, ...], ...]) -> list[str | tuple[int, int]]:
        """Lay the block out with words of these widths that can be known again."""
        names: list[tuple[int, int]] = []
        shown: dict[int, str] = {}
        for index, sizes in zip(self._indexes, widths, strict=True):
            runs = []
            for number, size in enumerate(sizes):
                runs.append(chr(0xE000 + len(names)) * size)
                names.append((index, number))
            shown[index] = " ".join(runs)
        text = "\n".join(self._lines(lambda index: shown[index]))
        layout: list[str | tuple[int, int]] = []
        position = 0
        for found in _RUN.finditer(text):
            layout += [text[position : found.start()], names[ord(found[1]) - 0xE000]]
            position = found.end()
        layout = [piece for piece in [*layout, text[position:]] if piece != ""]
        with self._lock:
            if len(self._layouts) >= _MOST_LAYOUTS:
                self._layouts.clear()
            self._layouts[widths] = layout
        return layout

    @property
    def tokens(self) -> frozenset[int]:
        """The numbers of the tokens in it."""
        return frozenset(self._markers)

    @property
    def pattern(self) -> str:
        """The lines as they are with holes in them, and their end."""
        return "\n".join(self._block.lines) + "\n"

    @property
    def constants(self) -> str:
        """What of the block never changes."""
        return "\n".join(self._lines(lambda _: "x"))


Section = str | Line | Paragraph
_Slice = tuple[int, int, int]


class SplicedPart:
    """A part of text in its two encodings.

    `sections` are whole lines; texts among them end in a line break. `markers` are the texts that
    stand for tokens, by number.
    """

    def __init__(
        self, content_type: str, sections: Sequence[Section], markers: Mapping[int, str]
    ) -> None:
        texts = [section for section in sections if isinstance(section, str)]
        self._varying = [section for section in sections if not isinstance(section, str)]
        # A part whose constant text needs it is quoted-printable for everybody.
        self._may_be_plain = all(map(is_plain, texts)) and all(
            section.constants.isascii() for section in self._varying
        )
        self._sections = [
            _split(section, markers) if isinstance(section, str) else section
            for section in sections
        ]
        self._quoted = self._program(content_type, "quoted-printable", sections, markers)
        self._plain = (
            self._program(content_type, "7bit", sections, markers) if self._may_be_plain else None
        )
        self.tokens = frozenset(
            number for number, marker in markers.items() if any(marker in text for text in texts)
        ).union(*(section.tokens for section in self._varying))
        self.size = sum(map(len, texts)) * 2

    @staticmethod
    def _program(
        content_type: str, encoding: str, sections: Sequence[Section], markers: Mapping[int, str]
    ) -> list[bytes | _Slice | None]:
        head = f"Content-Type: {content_type}; charset=utf-8\r\n"
        head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
        program: list[bytes | _Slice | None] = [head.encode()]
        for section in sections:
            if not isinstance(section, str):
                program.append(None)
                continue
            if encoding == "7bit":
                encoded = section.replace("\n", "\r\n").encode("ascii")
            else:
                encoded = quoted_printable(section)
            program += _sliced(encoded, markers)
        merged: list[bytes | _Slice | None] = []
        for step in program:
            if isinstance(step, bytes) and merged and isinstance(merged[-1], bytes):
                merged[-1] += step
            else:
                merged.append(step)
        return merged

    def fill(self, values: Sequence[str], tokens: Tokens) -> tuple[str, list[bytes]]:
        """Return the text, and the bytes of the part in pieces, both with these values."""
        lines = [section.text(values, tokens) for section in self._varying]
        plain = self._plain is not None and (not lines or is_plain("\n".join(lines) + "\n"))
        rest = iter(lines)
        text = "".join(
            [
                section if section.__class__ is str
                else tokens[section] if section.__class__ is int
                else next(rest) + "\n"
                for part in self._sections
                for section in (part if part.__class__ is list else (part,))
            ]
        )
        rest = iter(lines)
        program = self._plain if plain else self._quoted
        assert program is not None
        parts: list[bytes] = []
        for step in program:
            if step.__class__ is bytes:
                parts.append(step)  # type: ignore[arg-type]
            elif step is None:
                line = next(rest)
                if plain:
                    parts.append(line.replace("\n", "\r\n").encode("ascii") + b"\r\n")
                else:
                    parts.append(quoted_printable(line))
            else:
                kind, start, end = step  # type: ignore[misc]
                parts.append(tokens[kind][start:end].encode())
        return text, parts


def _split(text: str, markers: Mapping[int, str]) -> list[str | int]:
    """Return `text` with the numbers of tokens in place of their markers."""
    if not markers:
        return [text]
    numbers = {marker: number for number, marker in markers.items()}
    pieces = re.split(f"({'|'.join(map(re.escape, numbers))})", text)
    return [numbers.get(piece, piece) for piece in pieces if piece]


def _sliced(encoded: bytes, markers: Mapping[int, str]) -> list[bytes | _Slice]:
    """Return encoded text with markers taken out, which soft line breaks may have cut in two."""
    if not markers:
        return [encoded]
    names = {f"m{number}": number for number in markers}
    pattern = b"|".join(
        b"(?P<m%d>%s)" % (number, rb"(?:=\r\n)?".join(bytes([byte]) for byte in marker.encode()))
        for number, marker in markers.items()
    )
    pieces: list[bytes | _Slice] = []
    position = 0
    for found in re.finditer(pattern, encoded):
        pieces.append(encoded[position : found.start()])
        number = names[str(found.lastgroup)]
        start = 0
        halves = found[0].split(b"=\r\n")
        for place, half in enumerate(halves):
            if place:
                pieces.append(b"=\r\n")
            pieces.append((number, start, start + len(half)))
            start += len(half)
        position = found.end()
    pieces.append(encoded[position:])
    return [piece for piece in pieces if piece]
