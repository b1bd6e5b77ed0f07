"""Blocks of a text part with values in them, laid out for the widths of their words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock

from outreach.rendering.encoding import (
    QP_LINE,
    broken_softly,
    is_plain,
    quoted_inside,
    quoted_printable,
    squeezed,
)
from outreach.rendering.layouts import (
    FROM_ENDS,
    MOST_LAYOUTS,
    MOST_TEMPLATES,
    WHOLE,
    Layout,
    NotPlainError,
    Slice,
    around,
    numbers,
    runs,
    sliced,
    split,
)
from outreach.rendering.press import Script, interleaved
from outreach.rendering.text import Block
from outreach.rendering.values import Tokens, Value, value_of

# A word whose place is to be known again: one letter that says which, and as many as it is wide.
_RUN = re.compile("([\ue000-\uf8fe])\uf8ff*")
_MOST_VALUES = 30  # of one block, each of at most 200 words: as many as there are such letters

_Words = tuple[int, int, int]  # which value, and which of its words


@dataclass(frozen=True, slots=True)
class _Page:
    """A block laid out for values with words of certain widths.

    `pieces` are texts, words of values, and tokens' numbers. `plain` are its bytes where 7bit is
    known to do; `quoted` are those in quoted-printable: bytes, tokens' slices, and lines with
    values in them, as pieces.
    """

    pieces: "tuple[str | _Words | int, ...]"
    plain: Layout | None
    quoted: "tuple[bytes | Slice | tuple[bytes | _Words | int, ...], ...] | None"


_pages: dict[tuple[object, ...], _Page] = {}


class Paragraph:
    """A block of text with values in it, laid out anew where their words have other widths."""

    __slots__ = ("_block", "_direct", "_fill", "_id", "_indexes", "_lock", "_markers")

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
        self._lock = Lock()
        self._id = next(numbers)
        # Columns of a table depend on what stands in them; and runs must be known from the text.
        self._direct = (
            block.holds_data
            or len(indexes) > _MOST_VALUES
            or bool(re.search("[\ue000-\uf8ff]", self.constants))
        )

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the lines, without the end of the last."""
        own = [value_of(values[index]) for index in self._indexes]
        page = self._page(own)
        if page is None:
            text = "\n".join(self._lines(lambda index: values[index]))
            for number, marker in self._markers.items():
                text = text.replace(marker, tokens.octets[number].decode())
            return text
        return "".join(
            piece
            if isinstance(piece, str)
            else tokens.octets[piece].decode()
            if isinstance(piece, int)
            else _words(own, piece)
            for piece in page.pieces
        )

    def fill(self, values: Sequence[Value], tokens: Tokens) -> bytes:
        """Return the lines in quoted-printable, each with its end."""
        own = [values[index] for index in self._indexes]
        page = self._page(own)
        if page is None or page.quoted is None:
            return self._direct_quoted(values, tokens)
        octets = tokens.octets
        parts: list[bytes] = []
        for piece in page.quoted:
            if isinstance(piece, bytes):
                parts.append(piece)
            elif isinstance(piece[0], int):
                which, start, end = piece
                parts.append(octets[which][start:end])  # type: ignore[index]
            else:
                line = _quoted_line(piece[1:], own, octets)
                if line is None:
                    return self._direct_quoted(values, tokens)
                parts.append(line)
        return b"".join(parts)

    def plain(self, values: Sequence[Value], tokens: Tokens) -> bytes | None:
        """Return the lines as they are, if 7bit is known to do for them, else None.

        All its values are simple.
        """
        own = [values[index] for index in self._indexes]
        page = self._page(own)
        layout = page.plain if page else None
        if layout is None:
            return None
        if layout.only:
            return layout.template % own[0].octets
        return layout.template % layout.filled([value.octets for value in own], tokens.octets)

    def write(
        self, script: Script, *, plain: bool, even: bool
    ) -> tuple[list[str], list[str]] | None:
        """Write what fills the lines, and return its pieces, and those in canonical form.

        `plain` is for 7bit, where all values are simple. None where there is nothing to gain.
        """
        if self._direct:
            return None
        letters = [Value("x")] * len(self._indexes)
        sample = self._laid_out([(1,)] * len(letters))
        layout = sample.plain if plain else self._template(sample, letters)
        if layout is None:
            return None
        order = [which for which, _, _ in layout.puts]
        templates: dict[object, tuple[bytes, ...] | Layout] = {}
        learn = script.bind(partial(self._learn, templates, order, plain, has_even=even))
        known, raw, own = script.local(), script.locals(len(order) + 1), script.locals(len(order))
        other = script.locals(len(raw)) if even else raw
        pattern = [*raw, *(other if even else [])]
        names = [f"v{index}" for index in self._indexes]
        shapes = ", ".join(f"{name}.shape" for name in names)
        key = shapes if len(names) == 1 else f"({shapes})"
        given = [f"{names[which]}.octets" if which >= 0 else f"o{~which}" for which in order]
        octets = "".join(f"{name}.octets, " for name in names)
        script.say(f"{known} = {script.bind(templates.get)}({key})")
        script.say(f"if {known}.__class__ is tuple:", deeper=1)
        script.say(f"{', '.join(pattern)} = {known}")
        script.say(f"{', '.join(own)} = {', '.join(given)}")
        script.back()
        script.say("else:", deeper=1)
        script.say(f"{' = '.join([*pattern, *own])} = b''")
        script.say(f"if {known} is None:", deeper=1)
        script.say(f"{raw[0]} = {learn}(v, t)")
        if even:
            script.say(f"{other[0]} = {script.bind(squeezed)}({raw[0]})")
        script.back()
        script.say("else:", deeper=1)
        script.say(f"given = {known}.filled(({octets}), t.octets)")
        script.say(f"{raw[0]} = {known}.template % given")
        if even:
            script.say(f"{other[0]} = {known}.even % given")
        script.back()
        script.back()
        return interleaved(raw, own), interleaved(other, own)

    def _learn(
        self,
        templates: dict[object, tuple[bytes, ...] | Layout],
        order: list[int],
        plain: bool,
        values: Sequence[Value],
        tokens: Tokens,
        *,
        has_even: bool,
    ) -> bytes:
        own = [values[index] for index in self._indexes]
        page = self._page(own)
        layout = None
        if page is not None:
            layout = page.plain if plain else self._template(page, own)
        if plain and layout is None:
            raise NotPlainError
        if layout is not None:
            whole = layout.is_whole and [put[0] for put in layout.puts] == order
            if len(templates) >= MOST_TEMPLATES:
                templates.clear()
            shapes = tuple(value.shape for value in own)
            templates[shapes if len(shapes) > 1 else shapes[0]] = (
                tuple(
                    piece
                    for template in (layout.template, *([layout.even] if has_even else []))
                    for piece in around(template, len(order))
                )
                if whole
                else layout
            )
        lines = self.plain(values, tokens) if plain else self.fill(values, tokens)
        assert lines is not None
        return lines

    def _direct_quoted(self, values: Sequence[Value], tokens: Tokens) -> bytes:
        return quoted_printable(self.text([value.text for value in values], tokens))

    def _lines(self, value: Callable[[int], str]) -> list[str]:
        with self._lock:  # a tree of elements is no thing for two threads
            return self._block.again(lambda text: self._fill(text, value))

    def _page(self, own: Sequence[Value]) -> _Page | None:
        """Return the block laid out, or None where more than the widths of words counts."""
        if self._direct:
            return None
        if len(own) == 1:
            key: tuple[object, ...] = (self._id, own[0].widths)
        else:
            key = (self._id, *[value.widths for value in own])
        page = _pages.get(key)
        if page is None:
            if None in key:
                return None
            page = self._laid_out(key[1:])  # type: ignore[arg-type]
            if len(_pages) >= MOST_LAYOUTS:
                _pages.clear()
            _pages[key] = page
        return page

    def _laid_out(self, widths: Sequence[tuple[int, ...]]) -> _Page:
        """Lay the block out with words of these widths that can be known again."""
        names: list[tuple[int, int]] = []
        shown: dict[int, str] = {}
        for place, (index, sizes) in enumerate(zip(self._indexes, widths, strict=True)):
            runs = []
            for number, size in enumerate(sizes):
                runs.append(chr(0xE000 + len(names)) + "\uf8ff" * (size - 1))
                names.append((place, number))
            shown[index] = " ".join(runs)
        text = "\n".join(self._lines(lambda index: shown[index])) + "\n"
        pieces: list[str | _Words | int] = []
        position = 0
        for found in _RUN.finditer(text):
            place, word = names[ord(found[1]) - 0xE000]
            between = text[position : found.start()]
            position = found.end()
            last = pieces[-1] if pieces else None
            if between == " " and isinstance(last, tuple) and last[0] == place and last[2] == word:
                pieces[-1] = (place, last[1], word + 1)
                continue
            pieces += split(between, self._markers)
            pieces.append((place, word, word + 1))
        pieces += split(text[position:], self._markers)
        alike = _RUN.sub(lambda found: "x" * len(found[0]), text)
        plain = None
        # What a value ends in might become the beginning of a boundary, with these behind it.
        if "=_" not in alike and is_plain(alike):
            plain = self._fixed(pieces, widths)
        whole = (*pieces[:-1], str(pieces[-1])[:-1])
        return _Page(whole, plain, _quoted_lines(pieces, self._markers))

    def _template(self, page: "_Page", own: Sequence[Value]) -> Layout | None:
        """Return what all values of these shapes give, if no line of theirs has to be broken."""
        if page.quoted is None or None in [value.shape for value in own]:
            return None
        pieces: list[bytes | Slice] = []
        for piece in page.quoted:
            if isinstance(piece, bytes):
                pieces.append(piece)
                continue
            if isinstance(piece[0], int):
                which, start, end = piece
                whole = end == len(self._markers[which])  # type: ignore[index]
                pieces.append((~which, start, WHOLE if whole else end))  # type: ignore[operator,arg-type]
                continue
            size = 0
            for part in piece:
                if isinstance(part, int):
                    return None  # as long as a token is, nobody knows here
                if isinstance(part, bytes):
                    pieces.append(part)
                    size += len(part)
                    continue
                words, length = _places(part, own)
                pieces.append(words)
                size += length
            if size > QP_LINE:
                return None
            pieces.append(b"\r\n")
        return Layout(runs(pieces))

    @staticmethod
    def _fixed(
        pieces: Sequence[str | _Words | int], widths: Sequence[tuple[int, ...]]
    ) -> Layout | None:
        own = [Value(" ".join("x" * width for width in each)) for each in widths]
        fixed: list[bytes | Slice] = []
        begins = True
        for at, piece in enumerate(pieces):
            if isinstance(piece, str):
                fixed.append(piece.replace("\n", "\r\n").encode())
            elif isinstance(piece, int):
                fixed.append((~piece, 0, WHOLE))
            else:
                follows = pieces[at + 1]
                if begins and isinstance(follows, str) and follows.startswith(FROM_ENDS):
                    return None
                fixed.append(_places(piece, own)[0])
            begins = isinstance(piece, str) and piece.endswith("\n")
        return Layout(runs(fixed))

    @property
    def tokens(self) -> frozenset[int]:
        """The numbers of the tokens in it."""
        return frozenset(self._markers)

    @property
    def indexes(self) -> tuple[int, ...]:
        """The values in it."""
        return self._indexes

    @property
    def pattern(self) -> str:
        """The lines as they are with holes in them, and their end."""
        return "\n".join(self._block.lines) + "\n"

    @property
    def constants(self) -> str:
        """What of the block never changes."""
        return "\n".join(self._lines(lambda _: "x"))


def _places(piece: _Words, own: Sequence[Value]) -> tuple[Slice, int]:
    """Return where words stand in the octets of a value that has a shape, and how long they are."""
    which, first, last = piece
    value = own[which]
    assert value.widths is not None
    assert value.shape is not None
    sizes = value.widths if value.simple else value.shape[1:]
    start = sum(sizes[:first]) + first  # type: ignore[arg-type]
    size = sum(sizes[first:last]) + last - first - 1  # type: ignore[arg-type]
    return (which, start, WHOLE if last == len(sizes) else start + size), size


def _words(own: Sequence[Value], piece: _Words) -> str:
    which, first, last = piece
    value = own[which]
    assert value.widths is not None
    if last - first == len(value.widths):
        return value.text
    return " ".join(value.text.split(" ")[first:last])


def _quoted_lines(
    pieces: Sequence[str | _Words | int], markers: Mapping[int, str]
) -> "tuple[bytes | Slice | tuple[bytes | _Words | int, ...], ...] | None":
    """Return lines in quoted-printable, or None where values count for how a line begins or ends.

    A line with values comes as a tuple, of which the first is empty bytes.
    """
    lines: list[list[str | _Words | int]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            lines[-1].append(piece)
            continue
        first, *others = piece.split("\n")
        if first:
            lines[-1].append(first)
        lines += [[other] if other else [] for other in others]
    lines.pop()  # what stands behind the last line's end
    quoted: list[bytes | Slice | tuple[bytes | _Words | int, ...]] = []
    for line in lines:
        if not any(isinstance(piece, tuple) for piece in line):
            text = "".join(
                piece if isinstance(piece, str) else markers[piece]  # type: ignore[index]
                for piece in line
            )
            quoted += sliced(quoted_printable(text), markers)
            continue
        begin, end = line[0], line[-1]
        if isinstance(begin, str) and (
            begin.startswith((".", "From ")) or "From ".startswith(begin)
        ):
            return None
        if isinstance(end, str) and end.endswith((" ", "\t")):
            return None
        follows = line[1] if len(line) > 1 and not isinstance(begin, str) else ""
        if isinstance(follows, str) and follows.startswith(FROM_ENDS):
            return None
        encoded = [quoted_inside(piece) if isinstance(piece, str) else piece for piece in line]
        quoted.append((b"", *encoded))
    return tuple(quoted)


def _quoted_line(
    pieces: Sequence[bytes | _Words | int], own: Sequence[Value], octets: Sequence[bytes]
) -> bytes | None:
    """Return a line of text in quoted-printable, or None where it begins in a way of its own."""
    parts: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            parts.append(piece)
        elif isinstance(piece, int):
            parts.append(octets[piece])
        else:
            which, first, last = piece
            value = own[which]
            if first == 0 and last == len(value.widths):  # type: ignore[arg-type]
                parts.append(value.octets)
            else:
                parts.append(quoted_inside(_words(own, piece)))
    line = b"".join(parts)
    if line.startswith((b".", b"From ")):
        return None
    return broken_softly(line) + b"\r\n"
