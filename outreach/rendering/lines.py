"""Lines with values in them, in whole or encoded."""

from collections.abc import Sequence
from functools import partial

from outreach.rendering.encoding import (
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
from outreach.rendering.holes import ONLY_MARKUP
from outreach.rendering.layouts import (
    MOST_LAYOUTS,
    MOST_TEMPLATES,
    WHOLE,
    Layout,
    NotPlainError,
    Slice,
    around,
    numbers,
    runs,
)
from outreach.rendering.press import Script, interleaved
from outreach.rendering.values import Escape, Tokens, Value, value_of

_layouts: dict[tuple[int, ...], Layout] = {}
_DOT = ord(".")
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
        self._spots = [(*step, step[1] in ONLY_MARKUP) for step in steps if isinstance(step, tuple)]
        self._id = next(numbers)

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
        layout, _, encoded = self._layout(values, tokens)
        return self._laid_in(layout, encoded, tokens, even=even)

    def _layout(
        self, values: Sequence[Value], tokens: Tokens
    ) -> tuple[Layout, tuple[int, ...], list[bytes]]:
        """Return how the line is laid out, the sizes by which that is known, and its values."""
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
            if len(_layouts) >= MOST_LAYOUTS:
                _layouts.clear()
            _layouts[key] = layout
        return layout, key[1:], encoded

    def _laid_in(
        self, layout: Layout, encoded: Sequence[bytes], tokens: Tokens, *, even: bool
    ) -> bytes:
        rest = self._rest(layout, encoded, tokens.octets, even=even)
        return (squeezed(self._begin) if even else self._begin) + rest

    def _rest(
        self, layout: Layout, encoded: Sequence[bytes], octets: Sequence[bytes], *, even: bool
    ) -> bytes:
        """Return what comes behind the line's beginning."""
        template = layout.even if even else layout.template
        if layout.only:
            line = template % encoded[0]
        else:
            for which, at in layout.guards:
                value = encoded[which]
                if value[at] == _DOT or b"=" in value[max(at - 2, 0) : at]:
                    line = self._joined(encoded, octets)
                    return squeezed(line) if even else line
            line = template % layout.filled(encoded, octets)
        if not self._behind:
            return line
        behind = broken_behind(self._behind, layout.column)
        return line + (squeezed_behind(behind) if even else behind)

    def write(
        self, script: Script, *, plain: bool, even: bool
    ) -> tuple[list[bytes | str], list[bytes | str]]:
        """Write what fills the line, and return its pieces, and those in canonical form.

        `plain` is for 7bit, where all values are simple.
        """
        if not self._fast and not plain:
            whole, canonical = script.local(), script.local()
            fill = script.bind(self.fill)
            script.say(f"{whole} = {fill}(v, t)")
            script.say(f"{canonical} = {fill}(v, t, even=True)" if even else f"{canonical} = b''")
            return [whole], [canonical if even else whole]
        templates: dict[object, tuple[bytes, ...] | Layout] = {}
        has_end = bool(self._behind) and not plain
        learn = script.bind(partial(self._learn, templates, plain, has_even=even))
        known, key, given, encoded = script.local(), *self._write_values(script, plain=plain)
        raw, own = script.locals(len(given) + 1), script.locals(len(given))
        other = script.locals(len(raw)) if even else raw
        ends = script.locals(1) if has_end else []
        other_ends = script.locals(len(ends)) if even else ends
        pattern = [*raw, *ends, *(other + other_ends if even else [])]
        both = f"{raw[0]}, {other[0] if even else '_'}"
        script.say(f"{known} = {script.bind(templates.get)}({key})")
        script.say(f"if {known}.__class__ is tuple:", deeper=1)
        script.say(f"{', '.join(pattern)} = {known}")
        script.say(f"{', '.join(own)} = {', '.join(given)}")
        script.back()
        script.say("else:", deeper=1)
        script.say(f"{' = '.join([*pattern, *own])} = b''")
        if plain:
            script.say(f"{both} = {learn}(v, t)")
        else:
            row = f"({''.join(f'{name}, ' for name in encoded)})"
            script.say(f"if {known} is None:", deeper=1)
            script.say(f"{both} = {learn}(v, t)")
            script.back()
            script.say("else:", deeper=1)
            rest = f"{script.bind(self._rest)}({known}, {row}, t.octets"
            script.say(f"{raw[0]} = {rest}, even=False)")
            if even:
                script.say(f"{other[0]} = {rest}, even=True)")
            script.back()
        script.back()
        begin = b"" if plain else self._begin
        return (
            [begin, *interleaved(raw, own), *ends],
            [squeezed(begin), *interleaved(other, own), *other_ends],
        )

    def _write_values(self, script: Script, *, plain: bool) -> tuple[str, list[str], list[str]]:
        """Write what encodes the values; return their sizes, what is put into a template, and them.

        What is put are the values and tokens in their order.
        """
        names, arguments = [], []
        for step in self._steps:
            if isinstance(step, int):
                arguments.append(f"o{step}")
            elif isinstance(step, tuple):
                name, value, escape = script.local(), f"v{step[0]}", script.bind(step[1])
                code = f"{value}.quoted.get({escape}) or {value}.quote({escape})"
                if plain:
                    code = f"{value}.octets"
                elif step[1] in ONLY_MARKUP:
                    code = f"{value}.unmarked or {code}"
                script.say(f"{name} = {code}")
                names.append(name)
                arguments.append(name)
        sizes = [f"len({name})" for name in names]
        key = f"({', '.join(sizes)})" if len(sizes) > 1 else sizes[0]
        return key, arguments, names

    def _learn(
        self,
        templates: dict[object, tuple[bytes, ...] | Layout],
        plain: bool,
        values: Sequence[Value],
        tokens: Tokens,
        *,
        has_even: bool,
    ) -> tuple[bytes, bytes]:
        """Return what comes behind the line's beginning, and with `has_even` its canonical form.

        Remember the template, if it can be.
        """
        if plain:
            line = self._learn_plain(templates, values, tokens, has_even=has_even)
            return line, squeezed(line) if has_even else line
        layout, sizes, encoded = self._layout(values, tokens)
        rest = partial(self._rest, layout, encoded, tokens.octets)
        line = rest(even=False)
        if len(templates) >= MOST_TEMPLATES:
            templates.clear()
        known: tuple[bytes, ...] | Layout = layout
        if layout.is_whole and len(layout.puts) <= len(self._steps):
            behind = [broken_behind(self._behind, layout.column)] if self._behind else []
            pieces = [*around(layout.template, len(layout.puts)), *behind]
            if has_even:
                pieces += around(layout.even, len(layout.puts))
                pieces += map(squeezed_behind, behind)
            known = tuple(pieces)
        templates[sizes if len(sizes) > 1 else sizes[0]] = known
        return line, rest(even=True) if has_even else line

    def _learn_plain(
        self,
        templates: dict[object, tuple[bytes, ...] | Layout],
        values: Sequence[Value],
        tokens: Tokens,
        *,
        has_even: bool,
    ) -> bytes:
        text = self.text([value.text for value in values], tokens) + "\n"
        if not is_plain(text):
            raise NotPlainError
        if not self._fast or "=_" in self.constants:
            return text.replace("\n", "\r\n").encode("ascii")
        sizes = tuple(len(values[index].octets) for index, _, _ in self._spots)
        fixed = "".join(
            "%b" if not isinstance(p, str) else p.replace("%", "%%") for p in self._pieces
        )
        template = fixed.encode() + b"\r\n"
        if len(templates) >= MOST_TEMPLATES:
            templates.clear()
        places = len(self._pieces) - sum(isinstance(piece, str) for piece in self._pieces)
        pieces = around(template, places)
        if has_even:
            pieces += around(squeezed(template), places)
        templates[sizes if len(sizes) > 1 else sizes[0]] = pieces
        return text.replace("\n", "\r\n").encode("ascii")

    def _joined(self, encoded: Sequence[bytes], octets: Sequence[bytes]) -> bytes:
        """Return what comes behind the line's beginning, broken for just these values."""
        rest = iter(encoded)
        parts = [
            step
            if isinstance(step, bytes)
            else octets[step]
            if isinstance(step, int)
            else next(rest)
            for step in self._steps
        ]
        parts.append(self._behind)
        return broken_softly(b"".join(parts)) + b"\r\n"

    def _laid_out(self, sizes: Sequence[int], octets: Sequence[bytes]) -> Layout:
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
        pieces: list[bytes | Slice] = []
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
                    pieces.append((which, at, WHOLE if end == length else end))
            start += length
        if not self._behind:
            pieces.append(b"\r\n")
            return Layout(runs(pieces), guards)
        # The piece that reaches into the line's end, whose rest is broken again and again.
        column = breaks[-1] - start if breaks else 0
        pieces += [self._behind[:column], SOFT_BREAK if breaks else b""]
        return Layout(runs(pieces), guards, column)

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
