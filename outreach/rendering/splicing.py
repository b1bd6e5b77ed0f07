"""Parts of a message of which most is encoded already.

A part is a list of sections, each of whole lines: text that never changes, encoded once, and
`Line` or `Paragraph` with places for values, encoded anew for each contact. Quoted-printable is
decided line by line, so that nothing else has to be looked at again.

Links carry *tokens*, which have one length and letters that no encoding touches. In text that never
changes a marker stands for each, and only its place has to be known.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, count
from threading import Lock
from unicodedata import east_asian_width

from outreach.rendering.encoding import (
    QP_LINE,
    SOFT_BREAK,
    broken_behind,
    broken_softly,
    is_plain,
    quoted_inside,
    quoted_printable,
    soft_beginning,
    soft_breaks,
    squeezed,
    squeezed_behind,
)
from outreach.rendering.folding import ONLY_MARKUP
from outreach.rendering.pattern import taken_apart
from outreach.rendering.press import Script
from outreach.rendering.text import WIDTH, Block, columns

Escape = Callable[[str], str]


class Tokens:
    """The tokens of one message, in the order of `outreach.domain.links.Token`."""

    __slots__ = ("octets",)

    def __init__(self, texts: Sequence[str]) -> None:
        self.octets: Sequence[bytes] = [text.encode() for text in texts]

    @classmethod
    def of(cls, octets: Sequence[bytes]) -> "Tokens":
        """Return tokens that are octets already."""
        tokens = cls.__new__(cls)
        tokens.octets = octets
        return tokens


# Words that no encoding changes in any place: without ``=``, which is escaped, without ``:``,
# which may be part of a link, and without what is escaped or broken at the start of a line.
_WORD, _UNMARKED_WORD = r"(?!\.|From|--)[!-9;<>-~]++", r"(?!\.|From|--)[!#$%(-9;?-~]++"
_SIMPLE = re.compile(rf"{_WORD}(?: {_WORD})*+\Z").match
_MARKUP = re.compile("[&<>\"']").search
_NARROW = re.compile("[\x00-\xac\xae-\u02ff]*\\Z").match  # all of one column, as most of Europe's
_UNMARKED = re.compile(rf"{_UNMARKED_WORD}(?: {_UNMARKED_WORD})*+\Z").match
_MOST_KNOWN = 1024  # beyond that, to make one takes less than to find one
_MOST_TEMPLATES = 256  # that one written function knows for one place
_MOST_LAYOUTS = 16384  # of all lines and paragraphs of a process, some hundreds of octets each


class Value:
    """A value that is printed, with what it becomes in the places that have met it.

    `octets` are the value in quoted-printable, away from a line's ends. It is `simple` if no
    encoding would change any of it anywhere, so that they are the value in all of them.
    `unmarked` are those octets if it means nothing to HTML, else empty. `widths` are those of its
    words where only they count for filling lines, else None. What is of the same `shape`, which is
    not None, takes the same place in a text part.
    """

    __slots__ = ("octets", "quoted", "shape", "simple", "text", "unmarked", "widths")
    widths: tuple[int, ...] | None
    shape: tuple[object, ...] | None

    def __init__(self, text: str) -> None:
        self.text = text
        self.quoted = _NOTHING_YET
        if _UNMARKED(text):
            self.octets = self.unmarked = text.encode()
        elif _SIMPLE(text):
            self.octets, self.unmarked = text.encode(), b""
        else:
            self._be_other(text)
            return
        size = len(text)
        self.widths = tuple([len(word) for word in text.split(" ")]) if " " in text else (size,)
        self.simple = size < WIDTH // 2 or max(self.widths) < WIDTH // 2
        if not self.simple:
            self.widths = None
        self.shape = self.widths

    def _be_other(self, text: str) -> None:
        self.simple = False
        self.octets = quoted_inside(text)
        self.unmarked = b"" if _MARKUP(text) else self.octets
        self.widths = _widths(text)
        odd = self.widths is None or self.octets.startswith((b".", b"From"))
        self.shape = None if odd else (self.widths, *map(len, self.octets.split(b" ")))

    def quote(self, escape: Escape) -> bytes:
        """Return the value escaped twice over, to stand inside of a quoted-printable line."""
        if self.quoted is _NOTHING_YET:
            self.quoted = {}
        quoted = self.quoted[escape] = quoted_inside(escape(self.text))
        return quoted


def _widths(text: str) -> tuple[int, ...] | None:
    """Return the widths of words that are not simple, or None where more than those counts."""
    if "://" in text:
        return None
    if _NARROW(text):
        widths = tuple([len(word) for word in text.split(" ")])
    elif any(east_asian_width(letter) in "WF" for letter in text):
        return None
    else:
        widths = tuple(map(columns, text.split(" ")))
    return widths if min(widths) > 0 and max(widths) < WIDTH // 2 else None


_NOTHING_YET: dict[Escape, bytes] = {}  # most values never need more than their octets
_known: dict[str, Value] = {}


def value_of(text: str) -> Value:
    """Return a value, the same one each time as long as it is remembered."""
    value = _known.get(text)
    if value is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        value = _known[text] = Value(text)
    return value


class _Layout:
    """Encoded lines for values of certain sizes: a template, with what goes into it.

    Values are put as ``(which, start, end)``, and tokens, which come behind them, with a negative
    number. `even` is the same in the relaxed canonical form of DKIM. Of each in `guards`, ``(which,
    at)``, a soft break stands in the value, and is only right there if its octets are of no kind
    that moves it. `column` says where the line's end is to be broken.
    """

    __slots__ = ("column", "even", "guards", "only", "puts", "template")

    def __init__(
        self,
        pieces: "Sequence[bytes | _Slice]",
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

    def is_whole(self, most: int) -> bool:
        """Whether each value and token is put in one piece, of at most so many, come what may."""
        return (
            not self.guards
            and len(self.puts) <= most
            and all(start == 0 and end == _WHOLE for _, start, end in self.puts)
        )

    def filled(self, values: Sequence[bytes], octets: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return what goes into the template."""
        return tuple(
            [
                values[which][start:end] if which >= 0 else octets[~which][start:end]
                for which, start, end in self.puts
            ]
        )


_Slice = tuple[int, int, int]
_WHOLE = 1 << 16  # octets, that no value or token has


_layouts: dict[tuple[int, ...], _Layout] = {}
_pages: "dict[tuple[object, ...], _Page]" = {}
_ids = count()


def _remember(key: tuple[int, ...], layout: _Layout) -> None:
    if len(_layouts) >= _MOST_LAYOUTS:
        _layouts.clear()
    _layouts[key] = layout


_LONG = 160  # octets that are worth breaking once


class Line:
    """One line with values in it. Pieces are texts, ``(index, escape)`` or a token's number."""

    __slots__ = ("_begin", "_behind", "_fast", "_id", "_pieces", "_spots", "_steps")

    def __init__(self, pieces: Sequence["str | tuple[int, Escape] | int"]) -> None:
        self._pieces = tuple(pieces)
        first, last = pieces[0], pieces[-1]
        # At its ends a line has rules of its own.
        self._fast = (
            isinstance(first, str)
            and not first.startswith((".", "From "))
            and not "From ".startswith(first)
            and not (isinstance(last, str) and last.endswith((" ", "\t")))
        )
        steps: list[bytes | tuple[int, Escape] | int] = [
            quoted_inside(piece) if isinstance(piece, str) else piece for piece in pieces
        ]
        self._begin, self._behind = b"", b""
        if isinstance(steps[0], bytes):
            self._begin, steps[0] = soft_beginning(steps[0])
        if len(steps) > 1 and isinstance(steps[-1], bytes) and len(steps[-1]) > _LONG:
            self._behind = steps.pop()  # type: ignore[assignment]
        self._steps = steps
        self._spots = [
            (*step, step[1] in ONLY_MARKUP) for step in steps if isinstance(step, tuple)
        ]
        self._id = next(_ids)

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the line without its end."""
        parts = []
        for piece in self._pieces:
            if isinstance(piece, str):
                parts.append(piece)
            elif isinstance(piece, int):
                parts.append(tokens.octets[piece].decode())
            else:
                index, escaped = piece
                parts.append(escaped(values[index]))
        return "".join(parts)

    def quoted(self, values: Sequence[str], tokens: Tokens) -> bytes:
        """Return the line in quoted-printable, with its end."""
        return self.fill(list(map(value_of, values)), tokens)

    def fill(self, values: Sequence[Value], tokens: Tokens, *, even: bool = False) -> bytes:
        """Do the same with values that are known; `even` in DKIM's relaxed canonical form."""
        if not self._fast:
            line = quoted_printable(self.text([value.text for value in values], tokens))
            return squeezed(line) if even else line
        encoded = []
        for index, escape, is_markup in self._spots:
            value = values[index]
            octets = value.unmarked if is_markup else b""
            encoded.append(octets or value.quoted.get(escape) or value.quote(escape))
        if len(encoded) == 1:
            key: tuple[int, ...] = (self._id, len(encoded[0]))
        else:
            key = (self._id, *map(len, encoded))
        layout = _layouts.get(key)
        if layout is None:
            layout = self._laid_out(key[1:], tokens.octets)
            _remember(key, layout)
        template = layout.even if even else layout.template
        if layout.only:
            line = template % encoded[0]
        else:
            for which, at in layout.guards:
                octets = encoded[which]
                if octets[at] == _DOT or b"=" in octets[max(at - 2, 0) : at]:
                    line = self._joined(encoded, tokens.octets)
                    return squeezed(line) if even else line
            line = template % layout.filled(encoded, tokens.octets)
        behind = b""
        if self._behind:
            behind = broken_behind(self._behind, layout.column)
            if even:
                behind = squeezed_behind(behind)
        return b"".join((squeezed(self._begin) if even else self._begin, line, behind))

    def write(self, script: Script, *, plain: bool, even: bool) -> tuple[list[str], list[str]]:
        """Write what fills the line, and return its pieces, and those in canonical form.

        `plain` is for 7bit, where all values are simple.
        """
        templates: dict[object, tuple[bytes, bytes, int]] = {}
        rest = script.bind(partial(self._learn, templates, plain))
        line, other = script.local(), script.local()
        sizes, names = [], iter([script.local() for _ in self._spots])
        arguments = []
        for step in self._steps:
            if isinstance(step, int):
                arguments.append(f"o{step}")
            elif isinstance(step, tuple):
                name = next(names)
                value, escape = f"v{step[0]}", script.bind(step[1])
                code = f"{value}.quoted.get({escape}) or {value}.quote({escape})"
                if plain:
                    code = f"{value}.octets"
                elif step[1] in ONLY_MARKUP:
                    code = f"{value}.unmarked or {code}"
                script.say(f"{name} = {code}")
                sizes.append(f"len({name})")
                arguments.append(name)
        key = f"({', '.join(sizes)})" if len(sizes) > 1 else sizes[0]
        given = f"({', '.join(arguments)})" if len(arguments) > 1 else arguments[0]
        has_end = bool(self._behind) and not plain
        behind, even_behind = script.local(), script.local()
        script.say(f"{line} = {script.bind(templates.get)}({key})")
        script.say(f"if {line} is None:", deeper=1)
        script.say(f"{line} = {rest}(v, t, False)")
        if even:
            script.say(f"{other} = {rest}(v, t, True)")
        if has_end:
            script.say(f"{behind} = {even_behind} = b''")
        script.back()
        script.say("else:", deeper=1)
        if has_end:
            end = f"{script.bind(broken_behind)}({script.bind(self._behind)}, {line}[2])"
            script.say(f"{behind} = {end}")
            if even:
                script.say(f"{even_behind} = {script.bind(squeezed_behind)}({behind})")
        if even:
            script.say(f"{other} = {line}[1] % {given}")
        script.say(f"{line} = {line}[0] % {given}")
        script.back()
        pieces, others = [line], [other if even else line]
        if not plain and self._begin:
            begin = squeezed(self._begin)
            pieces.insert(0, script.bind(self._begin))
            others.insert(0, script.bind(self._begin if begin == self._begin else begin))
        if has_end:
            pieces.append(behind)
            others.append(even_behind if even else behind)
        return pieces, others

    def _learn(
        self,
        templates: dict[object, tuple[bytes, bytes, int]],
        plain: bool,  # noqa: FBT001
        values: Sequence[Value],
        tokens: Tokens,
        even: bool,  # noqa: FBT001
    ) -> bytes:
        """Return what comes behind the line's beginning, and remember the template if it can be."""
        if plain:
            return self._learn_plain(templates, values, tokens)
        line = self.fill(values, tokens, even=even)
        begin = squeezed(self._begin) if even else self._begin
        if self._fast:
            encoded = [
                values[index].quoted.get(escape) or values[index].quote(escape)
                for index, escape, _ in self._spots
            ]
            sizes = tuple(map(len, encoded))
            layout = _layouts.get((self._id, *sizes))
            if layout is not None and layout.is_whole(len(self._steps)):
                if len(templates) >= _MOST_TEMPLATES:
                    templates.clear()
                key = sizes if len(sizes) > 1 else sizes[0]
                templates[key] = (layout.template, layout.even, layout.column)
        return line[len(begin) :]

    def _learn_plain(
        self,
        templates: dict[object, tuple[bytes, bytes, int]],
        values: Sequence[Value],
        tokens: Tokens,
    ) -> bytes:
        text = self.text([value.text for value in values], tokens) + "\n"
        if not is_plain(text):
            raise NotPlainError
        if not self._fast or "=_" in self.constants:
            return text.replace("\n", "\r\n").encode("ascii")
        sizes = tuple(len(values[index].octets) for index, _, _ in self._spots)
        fixed = "".join("%b" if not isinstance(p, str) else p.replace("%", "%%") for p in self._pieces)
        template = fixed.encode() + b"\r\n"
        if len(templates) >= _MOST_TEMPLATES:
            templates.clear()
        templates[sizes if len(sizes) > 1 else sizes[0]] = (template, squeezed(template), 0)
        return text.replace("\n", "\r\n").encode("ascii")

    def _joined(self, encoded: Sequence[bytes], octets: Sequence[bytes]) -> bytes:
        """Return the line broken for just these values."""
        rest = iter(encoded)
        parts = [
            step if isinstance(step, bytes) else octets[step] if isinstance(step, int) else next(rest)
            for step in self._steps
        ]
        parts.append(self._behind)
        return self._begin + broken_softly(b"".join(parts)) + b"\r\n"

    def _laid_out(self, sizes: Sequence[int], octets: Sequence[bytes]) -> _Layout:
        """Break the line with letters in place of the values and tokens."""
        rest = iter(sizes)
        lengths = [
            len(step)
            if isinstance(step, bytes)
            else len(octets[step])
            if isinstance(step, int)
            else next(rest)
            for step in self._steps
        ]
        before = b"".join(
            step if isinstance(step, bytes) else b"x" * length
            for step, length in zip(self._steps, lengths, strict=True)
        )
        breaks = soft_breaks(before + self._behind, len(before))
        pieces: list[bytes | _Slice] = []
        guards: list[tuple[int, int]] = []
        start, number = 0, 0
        for step, length in zip(self._steps, lengths, strict=True):
            inside = [at - start for at in breaks if start <= at < start + length]
            which = number if isinstance(step, tuple) else ~step if isinstance(step, int) else 0
            if isinstance(step, tuple):
                guards += [(number, at) for at in inside]
                number += 1
            starts = sorted({0, *inside})
            for at, end in zip(starts, [*starts[1:], length], strict=True):
                if at in inside:
                    pieces.append(SOFT_BREAK)
                if isinstance(step, bytes):
                    pieces.append(step[at:end])
                else:
                    pieces.append((which, at, _WHOLE if end == length else end))
            start += length
        if not self._behind:
            pieces.append(b"\r\n")
            return _Layout(_runs(pieces), guards)
        # The piece that reaches into the line's end, whose rest is broken again and again.
        column = breaks[-1] - start if breaks else 0
        pieces += [self._behind[:column], SOFT_BREAK if breaks else b""]
        return _Layout(_runs(pieces), guards, column)

    @property
    def tokens(self) -> frozenset[int]:
        """The numbers of the tokens in it."""
        return frozenset(piece for piece in self._pieces if isinstance(piece, int))

    @property
    def indexes(self) -> tuple[int, ...]:
        """The values in it."""
        return tuple(piece[0] for piece in self._pieces if isinstance(piece, tuple))

    @property
    def constants(self) -> str:
        """What of the line never changes."""
        return "".join(piece for piece in self._pieces if isinstance(piece, str))


_DOT = ord(".")
_FROM_ENDS = ("rom ", "om ", "m ")  # with a value before it that begins a line, it is escaped


def _runs(pieces: "Sequence[bytes | _Slice]") -> "list[bytes | _Slice]":
    """Return pieces with octets that follow each other put together."""
    runs: list[bytes | _Slice] = []
    for piece in pieces:
        last = runs[-1] if runs else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            runs[-1] = last + piece
        else:
            runs.append(piece)
    return runs


# A word whose place is to be known again: one letter that says which, and as many as it is wide.
_RUN = re.compile("([\ue000-\uf8fe])\uf8ff*")
_MOST_VALUES = 30  # of one block, each of at most 200 words: as many as there are such letters

_Words = tuple[int, int, int]  # which value, and which of its words


@dataclass(frozen=True, slots=True)
class _Page:
    """A block laid out for values with words of certain widths.

    `pieces` are texts, words of values, and tokens' numbers. `plain`, where no encoding would
    change it, are its bytes. `quoted` are those in quoted-printable: bytes, tokens' slices, and
    lines with values in them, as pieces.
    """

    pieces: "tuple[str | _Words | int, ...]"
    plain: _Layout | None
    quoted: "tuple[bytes | _Slice | tuple[bytes | _Words | int, ...], ...] | None"


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
        self._id = next(_ids)
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
            if piece.__class__ is bytes:
                parts.append(piece)  # type: ignore[arg-type]
            elif piece[0].__class__ is int:
                which, start, end = piece  # type: ignore[misc]
                parts.append(octets[which][start:end])  # type: ignore[index]
            else:
                line = _quoted_line(piece[1:], own, octets)  # type: ignore[arg-type]
                if line is None:
                    return self._direct_quoted(values, tokens)
                parts.append(line)
        return b"".join(parts)

    def neutral(self, values: Sequence[Value], tokens: Tokens) -> bytes | None:
        """Return the lines encoded, if that is the same in all encodings, else None.

        All its values are simple.
        """
        own = [values[index] for index in self._indexes]
        page = self._page(own)
        layout = page and page.plain
        if layout is None:
            return None
        if layout.only:
            return layout.template % own[0].octets
        return layout.template % layout.filled([value.octets for value in own], tokens.octets)

    def write(self, script: Script, *, plain: bool) -> str | None:
        """Write what fills the lines, and return its name; None where there is nothing to gain.

        `plain` is for 7bit, where all values are simple.
        """
        if self._direct:
            return None
        own = [Value("x")] * len(self._indexes)
        sample = self._laid_out([(1,)] * len(own))
        layout = sample.plain if plain else self._template(sample, own)
        if layout is None:
            return None
        order = [which for which, _, _ in layout.puts]
        templates: dict[object, bytes | _Layout] = {}
        learn = script.bind(partial(self._learn, templates, order, plain))
        lines = script.local()
        names = [f"v{index}" for index in self._indexes]
        shapes = ", ".join(f"{name}.shape" for name in names)
        key = shapes if len(names) == 1 else f"({shapes})"
        given = [f"{names[which]}.octets" if which >= 0 else f"o{~which}" for which in order]
        script.say(f"{lines} = {script.bind(templates.get)}({key})")
        script.say(f"if {lines} is None: {lines} = {learn}(v, t)")
        filling = given[0] if len(given) == 1 else f"({', '.join(given)})"
        script.say(f"elif {lines}.__class__ is bytes: {lines} = {lines} % {filling}")
        octets = "".join(f"{name}.octets, " for name in names)
        script.say(f"else: {lines} = {lines}.template % {lines}.filled(({octets}), t.octets)")
        return lines

    def _learn(
        self,
        templates: dict[object, bytes | _Layout],
        order: list[int],
        plain: bool,  # noqa: FBT001
        values: Sequence[Value],
        tokens: Tokens,
    ) -> bytes:
        own = [values[index] for index in self._indexes]
        page = self._page(own)
        layout = page and (page.plain if plain else self._template(page, own))
        if plain and layout is None:
            raise NotPlainError
        if layout is not None:
            whole = layout.is_whole(len(order)) and [put[0] for put in layout.puts] == order
            if len(templates) >= _MOST_TEMPLATES:
                templates.clear()
            shapes = tuple(value.shape for value in own)
            templates[shapes if len(shapes) > 1 else shapes[0]] = (
                layout.template if whole else layout
            )
        lines = self.neutral(values, tokens) if plain else self.fill(values, tokens)
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
            if len(_pages) >= _MOST_LAYOUTS:
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
            pieces += _split(between, self._markers)
            pieces.append((place, word, word + 1))
        pieces += _split(text[position:], self._markers)
        alike = _RUN.sub(lambda found: "x" * len(found[0]), text)
        plain = None
        # What a value ends in might become the beginning of a boundary, with these behind it.
        if "=_" not in alike and is_plain(alike) and quoted_printable(alike).decode() == alike.replace("\n", "\r\n"):
            plain = self._fixed(pieces, widths)
        whole = tuple([*pieces[:-1], str(pieces[-1])[:-1]])
        return _Page(whole, plain, _quoted_lines(pieces, self._markers))

    def _template(self, page: "_Page", own: Sequence[Value]) -> _Layout | None:
        """Return what all values of these shapes give, if no line of theirs has to be broken."""
        if page.quoted is None or None in [value.shape for value in own]:
            return None
        pieces: list[bytes | _Slice] = []
        for piece in page.quoted:
            if isinstance(piece, bytes):
                pieces.append(piece)
                continue
            if isinstance(piece[0], int):
                which, start, end = piece  # type: ignore[misc]
                whole = end == len(self._markers[which])  # type: ignore[index]
                pieces.append((~which, start, _WHOLE if whole else end))  # type: ignore[operator,arg-type]
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
        return _Layout(_runs(pieces))

    @staticmethod
    def _fixed(
        pieces: Sequence[str | _Words | int], widths: Sequence[tuple[int, ...]]
    ) -> _Layout | None:
        own = [Value(" ".join("x" * width for width in each)) for each in widths]
        fixed: list[bytes | _Slice] = []
        begins = True
        for at, piece in enumerate(pieces):
            if isinstance(piece, str):
                fixed.append(piece.replace("\n", "\r\n").encode())
            elif isinstance(piece, int):
                fixed.append((~piece, 0, _WHOLE))
            else:
                follows = pieces[at + 1]
                if begins and isinstance(follows, str) and follows.startswith(_FROM_ENDS):
                    return None
                fixed.append(_places(piece, own)[0])
            begins = isinstance(piece, str) and piece.endswith("\n")
        return _Layout(_runs(fixed))

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


def _places(piece: _Words, own: Sequence[Value]) -> tuple[_Slice, int]:
    """Return where words stand in the octets of a value that has a shape, and how long they are."""
    which, first, last = piece
    value = own[which]
    assert value.widths is not None and value.shape is not None
    sizes = value.widths if value.simple else value.shape[1:]
    start = sum(sizes[:first]) + first  # type: ignore[arg-type]
    size = sum(sizes[first:last]) + last - first - 1  # type: ignore[arg-type]
    return (which, start, _WHOLE if last == len(sizes) else start + size), size


def _words(own: Sequence[Value], piece: _Words) -> str:
    which, first, last = piece
    value = own[which]
    assert value.widths is not None
    if last - first == len(value.widths):
        return value.text
    return " ".join(value.text.split(" ")[first:last])


def _quoted_lines(
    pieces: Sequence[str | _Words | int], markers: Mapping[int, str]
) -> "tuple[bytes | _Slice | tuple[bytes | _Words | int, ...], ...] | None":
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
        for other in others:
            lines.append([other] if other else [])
    lines.pop()  # what stands behind the last line's end
    quoted: list[bytes | _Slice | tuple[bytes | _Words | int, ...]] = []
    for line in lines:
        if not any(isinstance(piece, tuple) for piece in line):
            text = "".join(
                piece if isinstance(piece, str) else markers[piece]  # type: ignore[index]
                for piece in line
            )
            for piece in _sliced(quoted_printable(text), markers):
                last = quoted[-1] if quoted else None
                if isinstance(piece, bytes) and isinstance(last, bytes):
                    quoted[-1] = last + piece
                else:
                    quoted.append(piece)
            continue
        begin, end = line[0], line[-1]
        if isinstance(begin, str) and (
            begin.startswith((".", "From ")) or "From ".startswith(begin)
        ):
            return None
        if isinstance(end, str) and end.endswith((" ", "\t")):
            return None
        follows = line[1] if len(line) > 1 and not isinstance(begin, str) else ""
        if isinstance(follows, str) and follows.startswith(_FROM_ENDS):
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
        if piece.__class__ is bytes:
            parts.append(piece)  # type: ignore[arg-type]
        elif piece.__class__ is int:
            parts.append(octets[piece])  # type: ignore[index]
        else:
            which, first, last = piece  # type: ignore[misc]
            value = own[which]
            if first == 0 and last == len(value.widths):  # type: ignore[arg-type]
                parts.append(value.octets)
            else:
                parts.append(quoted_inside(_words(own, piece)))  # type: ignore[arg-type]
    line = b"".join(parts)
    if line.startswith((b".", b"From ")):
        return None
    return broken_softly(line) + b"\r\n"


Section = str | Line | Paragraph


@dataclass(frozen=True, slots=True)
class Program:
    """The encoded bytes of a part; the places for sections with values, and for tokens' slices.

    `squeezed` are those of the bytes that the relaxed canonical form of DKIM changes, and
    `uneven` the places of sections of which it may change something, with their numbers.
    """

    is_quoted: bool
    fixed: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    slices: list[tuple[int, int, int, int]] = field(default_factory=list)
    squeezed: list[tuple[int, bytes]] = field(default_factory=list)
    uneven: list[tuple[int, int]] = field(default_factory=list)


class Filled:
    """A part with one contact's values, in pieces."""

    __slots__ = ("_program", "_tokens", "_values", "_varying", "parts")

    def __init__(
        self,
        parts: list[bytes],
        program: Program,
        varying: "Sequence[Line | Paragraph]",
        values: Sequence[Value],
        tokens: Tokens,
    ) -> None:
        self.parts = parts
        self._program = program
        self._varying = varying
        self._values = values
        self._tokens = tokens

    def canonical(self) -> list[bytes]:
        """Return the pieces in the relaxed canonical form of DKIM (RFC 6376 3.4.4)."""
        relaxed = self.parts.copy()
        for at, even in self._program.squeezed:
            relaxed[at] = even
        for at, number in self._program.uneven:
            section = self._varying[number]
            if isinstance(section, Line) and self._program.is_quoted:
                relaxed[at] = section.fill(self._values, self._tokens, even=True)
            else:
                relaxed[at] = squeezed(relaxed[at])
        return relaxed


class NotPlainError(Exception):
    """A part that was to be sent as it is needs an encoding after all."""


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
        self.indexes = sorted({index for section in self._varying for index in section.indexes})
        self.size = sum(map(len, texts)) * 2

    @staticmethod
    def _program(
        content_type: str, encoding: str, sections: Sequence[Section], markers: Mapping[int, str]
    ) -> Program:
        head = f"Content-Type: {content_type}; charset=utf-8\r\n"
        head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
        program = Program(encoding != "7bit")
        program.fixed.append(head.encode())
        joins = True  # to what stands last
        for section in sections:
            if not isinstance(section, str):
                if re.search("[ \t]{2}|\t", section.constants):
                    program.uneven.append((len(program.fixed), len(program.places)))
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
        for at, piece in enumerate(program.fixed):
            if (even := squeezed(piece)) != piece:
                program.squeezed.append((at, even))
        return program

    def text(self, values: Sequence[str], tokens: Tokens) -> str:
        """Return the text with these values."""
        return "".join(
            piece
            if isinstance(piece, str)
            else tokens.octets[piece].decode()
            if isinstance(piece, int)
            else piece.text(values, tokens) + "\n"
            for section in self._sections
            for piece in (section if isinstance(section, list) else (section,))
        )

    def fill(self, values: Sequence[str], tokens: Tokens) -> list[bytes]:
        """Return the bytes of the part with these values, in pieces."""
        return self.filled(list(map(value_of, values)), tokens).parts

    def filled(self, values: Sequence[Value], tokens: Tokens) -> Filled:
        """Do the same with values that are known."""
        program = self._quoted
        encoded = None if self._plain is None else self._all_plain(values, tokens)
        if encoded is not None:
            assert self._plain is not None
            program = self._plain
        else:
            encoded = [section.fill(values, tokens) for section in self._varying]
        parts = program.fixed.copy()
        octets = tokens.octets
        for at, kind, start, end in program.slices:
            parts[at] = octets[kind][start:end]
        for at, lines in zip(program.places, encoded, strict=True):
            parts[at] = lines
        return Filled(parts, program, self._varying, values, tokens)

    def write(self, script: Script, *, even: bool) -> tuple[str, str]:
        """Write what fills the part; return the names of its pieces, and of those in canonical form.

        ``v`` are the values, ``t`` the tokens; each of both has a name of its own as well.
        """
        pieces, others = script.local(), script.local()
        if self._plain is None:
            self._write(script, self._quoted, pieces, others if even else None)
            return pieces, others
        whole, filled = script.bind(self), script.local()
        tests = " and ".join(f"v{index}.simple" for index in self.indexes) or "True"
        script.say("try:", deeper=1)
        script.say(f"if not ({tests}): raise {script.bind(NotPlainError)}")
        self._write(script, self._plain, pieces, others if even else None)
        script.back()
        script.say(f"except {script.bind(NotPlainError)}:", deeper=1)
        script.say(f"{filled} = {whole}.filled(v, t)")
        script.say(f"{pieces} = {filled}.parts")
        if even:
            script.say(f"{others} = {filled}.canonical()")
        script.back()
        return pieces, others

    def _write(self, script: Script, program: Program, pieces: str, others: str | None) -> None:
        """Write statements for one program of the part."""
        plain = not program.is_quoted
        uneven = {number for _, number in program.uneven}
        raw: list[list[str]] = [[script.bind(piece)] for piece in program.fixed]
        even = [names.copy() for names in raw]
        for at, text in program.squeezed:
            even[at] = [script.bind(text)]
        for at, kind, start, end in program.slices:
            raw[at] = even[at] = [f"o{kind}[{start}:{end}]"]
        for number, (at, section) in enumerate(zip(program.places, self._varying, strict=True)):
            is_uneven = number in uneven and others is not None
            if isinstance(section, Line):
                raw[at], even[at] = section.write(script, plain=plain, even=is_uneven)
                continue
            name = section.write(script, plain=plain)
            if name is None:
                name = script.local()
                fill = script.bind(section.neutral if plain else section.fill)
                script.say(f"{name} = {fill}(v, t)")
                if plain:
                    script.say(f"if {name} is None: raise {script.bind(NotPlainError)}")
            raw[at] = even[at] = [name]
            if is_uneven:
                even[at] = [f"{script.bind(squeezed)}({name})"]
        script.say(f"{pieces} = [{', '.join(name for names in raw for name in names)}]")
        if others is not None:
            script.say(f"{others} = [{', '.join(name for names in even for name in names)}]")

    def _all_plain(self, values: Sequence[Value], tokens: Tokens) -> list[bytes] | None:
        """Return the sections with values as 7bit, or None if one of them cannot be."""
        simple = True
        for index in self.indexes:
            if not values[index].simple:
                if not values[index].text.isascii():
                    return None
                simple = False
        encoded = []
        for section in self._varying:
            lines = None
            if simple and section.__class__ is Paragraph:
                lines = section.neutral(values, tokens)  # type: ignore[union-attr]
            if lines is None:
                text = section.text([value.text for value in values], tokens) + "\n"
                if not is_plain(text):
                    return None
                lines = text.replace("\n", "\r\n").encode("ascii")
            encoded.append(lines)
        return encoded


def _split(text: str, markers: Mapping[int, str]) -> list[str | int]:
    """Return `text` with the numbers of tokens in place of their markers."""
    return taken_apart(text, {marker: number for number, marker in markers.items()})


def _sliced(encoded: bytes, markers: Mapping[int, str]) -> list[bytes | _Slice]:
    """Return encoded text with markers taken out, which soft line breaks may have cut in two."""
    lines = encoded.split(SOFT_BREAK)
    # Without the breaks markers are whole; then each break goes back to where it was.
    breaks = list(accumulate(map(len, lines[:-1])))
    slots = {marker.encode(): number for number, marker in markers.items()}
    pieces: list[bytes | _Slice] = []
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
