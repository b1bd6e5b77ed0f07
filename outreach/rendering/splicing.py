"""Parts of a message of which most is encoded already.

A part is a list of sections, each of whole lines: text that never changes, encoded once, and
`Line` or `Paragraph` with places for values, encoded anew for each contact. Quoted-printable is
decided line by line, so that nothing else has to be looked at again.

Links carry *tokens*, which have one length and letters that no encoding touches. In text that never
changes a marker stands for each, and only its place has to be known.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from unicodedata import east_asian_width

from outreach.rendering.encoding import (
    broken_around,
    broken_softly,
    is_plain,
    quoted_inside,
    quoted_printable,
    soft_beginning,
)
from outreach.rendering.text import WIDTH, Block, columns


class Tokens:
    """The tokens of one message, in the order of `outreach.domain.links.Token`."""

    __slots__ = ("octets", "texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.octets = [text.encode() for text in texts]


@lru_cache(maxsize=8192)
def _quoted(value: str, escaped: Callable[[str], str]) -> bytes:
    """Return a value escaped twice over, to stand inside of a quoted-printable line."""
    return quoted_inside(escaped(value))


_LONG = 160  # octets that are worth breaking once


class Line:
    """One line with values in it. Pieces are texts, ``(index, escape)`` or a token's number."""

    __slots__ = ("_begin", "_behind", "_fast", "_pieces", "_steps")

    def __init__(self, pieces: Sequence["str | tuple[int, Callable[[str], str]] | int"]) -> None:
        self._pieces = tuple(pieces)
        first, last = pieces[0], pieces[-1]
        # At its ends a line has rules of its own.
        self._fast = (
            isinstance(first, str)
            and not first.startswith((".", "From "))
            and not "From ".startswith(first)
            and not (isinstance(last, str) and last.endswith((" ", "\t")))
        )
        steps: list[bytes | tuple[int, Callable[[str], str]] | int] = [
            quoted_inside(piece) if isinstance(piece, str) else piece for piece in pieces
        ]
        self._begin, self._behind = b"", b""
        if isinstance(steps[0], bytes):
            self._begin, steps[0] = soft_beginning(steps[0])
        if len(steps) > 1 and isinstance(steps[-1], bytes) and len(steps[-1]) > _LONG:
            self._behind = steps.pop()  # type: ignore[assignment]
        self._steps = steps

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the line without its end."""
        parts = []
        for piece in self._pieces:
            if isinstance(piece, str):
                parts.append(piece)
            elif isinstance(piece, int):
                parts.append(tokens.texts[piece])
            else:
                index, escaped = piece
                parts.append(escaped(values[index]))
        return "".join(parts)

    def quoted(self, values: Sequence[str], tokens: Tokens) -> bytes:
        """Return the line in quoted-printable, with its end."""
        if not self._fast:
            return quoted_printable(self.text(values, tokens))
        parts: list[bytes] = []
        for piece in self._steps:
            if piece.__class__ is bytes:
                parts.append(piece)
            elif piece.__class__ is tuple:
                parts.append(_quoted(values[piece[0]], piece[1]))
            else:
                parts.append(tokens.octets[piece])  # type: ignore[index]
        line = b"".join(parts)
        if self._behind:
            line = broken_around(line, self._behind)
        elif self._begin:
            line = broken_around(line, b"")
        else:
            line = broken_softly(line)
        return self._begin + line + b"\r\n"

    @property
    def tokens(self) -> frozenset[int]:
        """The numbers of the tokens in it."""
        return frozenset(piece for piece in self._pieces if isinstance(piece, int))

    @property
    def constants(self) -> str:
        """What of the line never changes."""
        return "".join(piece for piece in self._pieces if isinstance(piece, str))


_SIMPLE = re.compile(r"[!-9;<>-~]+(?: [!-9;<>-~]+)*\Z")
# A word whose place is to be known again: one letter that says which, and as many as it is wide.
_RUN = re.compile("([\ue000-\uf8fe])\uf8ff*")
_MOST_LAYOUTS = 512
_MOST_VALUES = 30  # of one block, each of at most 200 words: as many as there are such letters


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a value; `encoded` if no encoding would change them in any place."""

    widths: tuple[int, ...]
    texts: tuple[str, ...]
    encoded: tuple[bytes, ...] | None


@lru_cache(maxsize=8192)
def _words(value: str) -> _Words | None:
    """Return a value as words of which only the widths count for filling lines; else None."""
    words = tuple(value.split(" "))
    encoded = None
    if _SIMPLE.match(value):
        widths = tuple(map(len, words))
        if not any(word.startswith((".", "From", "--")) for word in words):
            encoded = tuple(word.encode() for word in words)
    else:
        if "://" in value or any(east_asian_width(character) in "WF" for character in value):
            return None
        widths = tuple(map(columns, words))
    simple = min(widths) > 0 and max(widths) < WIDTH // 2
    return _Words(widths, words, encoded) if simple else None


@dataclass(frozen=True, slots=True)
class _Layout:
    """A block laid out: texts, ``(value, word)`` and tokens' numbers.

    `ready`, where no encoding would change it, are its bytes, with the places of words and tokens.
    """

    pieces: tuple[str | tuple[int, int] | int, ...]
    ready: "tuple[list[bytes], list[tuple[int, int, int]], list[tuple[int, int]]] | None"


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
        self._layouts: dict[tuple[tuple[int, ...], ...], _Layout] = {}
        self._lock = Lock()
        # Columns of a table depend on what stands in them; and runs must be known from the text.
        self._direct = (
            block.holds_data
            or len(indexes) > _MOST_VALUES
            or bool(re.search("[\ue000-\uf8ff]", self.constants))
        )

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the lines, without the end of the last."""
        words = [_words(values[index]) for index in self._indexes]
        if self._direct or None in words:
            text = "\n".join(self._lines(lambda index: values[index]))
            for number, marker in self._markers.items():
                text = text.replace(marker, tokens.texts[number])
            return text
        layout = self._layout(words)  # type: ignore[arg-type]
        return "".join(
            piece
            if isinstance(piece, str)
            else tokens.texts[piece]
            if isinstance(piece, int)
            else words[piece[0]].texts[piece[1]]  # type: ignore[union-attr]
            for piece in layout.pieces
        )

    def quoted(self, values: Sequence[str], tokens: Tokens) -> bytes:
        """Return the lines in quoted-printable, each with its end."""
        encoded = self.neutral(values, tokens)
        return quoted_printable(self.text(values, tokens)) if encoded is None else encoded

    def neutral(self, values: Sequence[str], tokens: Tokens) -> bytes | None:
        """Return the lines encoded, if that is the same in all encodings, else None."""
        if self._direct:
            return None
        words = [_words(values[index]) for index in self._indexes]
        for one in words:
            if one is None or one.encoded is None:
                return None
        ready = self._layout(words).ready  # type: ignore[arg-type]
        if ready is None:
            return None
        fixed, places, token_places = ready
        parts = fixed.copy()
        for at, value, word in places:
            parts[at] = words[value].encoded[word]  # type: ignore[union-attr,index]
        for at, number in token_places:
            parts[at] = tokens.octets[number]
        return b"".join(parts)

    def _lines(self, value: Callable[[int], str]) -> list[str]:
        with self._lock:  # a tree of elements is no thing for two threads
            return self._block.again(lambda text: self._fill(text, value))

    def _layout(self, words: Sequence[_Words]) -> _Layout:
        widths = tuple([one.widths for one in words])
        layout = self._layouts.get(widths)
        if layout is None:
            layout = self._laid_out(widths)
            with self._lock:
                if len(self._layouts) >= _MOST_LAYOUTS:
                    self._layouts.clear()
                self._layouts[widths] = layout
        return layout

    def _laid_out(self, widths: tuple[tuple[int, ...], ...]) -> _Layout:
        """Lay the block out with words of these widths that can be known again."""
        names: list[tuple[int, int]] = []
        shown: dict[int, str] = {}
        for place, (index, sizes) in enumerate(zip(self._indexes, widths, strict=True)):
            runs = []
            for number, size in enumerate(sizes):
                runs.append(chr(0xE000 + len(names)) + "\uf8ff" * (size - 1))
                names.append((place, number))
            shown[index] = " ".join(runs)
        text = "\n".join(self._lines(lambda index: shown[index]))
        pieces: list[str | tuple[int, int] | int] = []
        position = 0
        for found in _RUN.finditer(text):
            pieces += _split(text[position : found.start()], self._markers)
            pieces.append(names[ord(found[1]) - 0xE000])
            position = found.end()
        pieces += _split(text[position:], self._markers)
        alike = _RUN.sub(lambda found: "x" * len(found[0]), text) + "\n"
        if quoted_printable(alike).decode() != alike.replace("\n", "\r\n") or not is_plain(alike):
            return _Layout(tuple(pieces), None)
        everything = [*pieces, "\n"]
        ready = [
            piece.replace("\n", "\r\n").encode() if isinstance(piece, str) else b""
            for piece in everything
        ]
        places = [(at, *piece) for at, piece in enumerate(everything) if isinstance(piece, tuple)]
        numbers = [(at, piece) for at, piece in enumerate(everything) if isinstance(piece, int)]
        return _Layout(tuple(pieces), (ready, places, numbers))

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


@dataclass(frozen=True, slots=True)
class _Program:
    """The encoded bytes of a part; the places for sections with values, and for tokens' slices."""

    fixed: list[bytes]
    places: list[int]
    slices: list[tuple[int, int, int, int]]


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
    ) -> _Program:
        head = f"Content-Type: {content_type}; charset=utf-8\r\n"
        head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
        program = _Program([head.encode()], [], [])
        joins = True  # to what stands last
        for section in sections:
            if not isinstance(section, str):
                program.places.append(len(program.fixed))
                program.fixed.append(b"")
                joins = False
                continue
            if encoding == "7bit":
                encoded = section.replace("\n", "\r\n").encode("ascii")
            else:
                encoded = quoted_printable(section)
            for piece in _sliced(encoded, markers):
                if isinstance(piece, tuple):
                    program.slices.append((len(program.fixed), *piece))
                    program.fixed.append(b"")
                elif joins:
                    program.fixed[-1] += piece
                else:
                    program.fixed.append(piece)
                joins = isinstance(piece, bytes)
        return program

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the text with these values."""
        return "".join(
            piece
            if isinstance(piece, str)
            else tokens.texts[piece]
            if isinstance(piece, int)
            else piece.text(values, tokens) + "\n"
            for section in self._sections
            for piece in (section if isinstance(section, list) else (section,))
        )

    def fill(self, values: Sequence[str], tokens: Tokens) -> list[bytes]:
        """Return the bytes of the part with these values, in pieces."""
        program = self._quoted
        encoded = None if self._plain is None else self._all_plain(values, tokens)
        if encoded is not None:
            assert self._plain is not None
            program = self._plain
        parts = program.fixed.copy()
        for at, kind, start, end in program.slices:
            parts[at] = tokens.octets[kind][start:end]
        if encoded is None:
            encoded = [section.quoted(values, tokens) for section in self._varying]
        for at, lines in zip(program.places, encoded, strict=True):
            parts[at] = lines
        return parts

    def _all_plain(self, values: Sequence[str], tokens: Tokens) -> list[bytes] | None:
        """Return the sections with values as 7bit, or None if one of them cannot be."""
        encoded = []
        for section in self._varying:
            lines = section.neutral(values, tokens) if isinstance(section, Paragraph) else None
            if lines is None:
                text = section.text(values, tokens) + "\n"
                if not is_plain(text):
                    return None
                lines = text.replace("\n", "\r\n").encode("ascii")
            encoded.append(lines)
        return encoded


def _split(text: str, markers: Mapping[int, str]) -> list[str | int]:
    """Return `text` with the numbers of tokens in place of their markers."""
    if not markers:
        return [text] if text else []
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
