"""Parts of a message of which most is encoded already.

A part is a list of sections, each of whole lines: text that never changes, encoded once, and
`Line` or `Paragraph` with places for values, encoded anew for each contact. Quoted-printable is
decided line by line, so that nothing else has to be looked at again.

Links carry *tokens*, which have one length and letters that no encoding touches. In text that never
changes a marker stands for each, and only its place has to be known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outreach.rendering.encoding import is_plain, quoted_printable, squeezed
from outreach.rendering.layouts import NotPlainError, sliced, split
from outreach.rendering.lines import Line
from outreach.rendering.paragraphs import Paragraph
from outreach.rendering.press import Script
from outreach.rendering.values import Tokens, Value, value_of

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
            split(section, markers) if isinstance(section, str) else section for section in sections
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
                # A paragraph may be indented where its lines are broken anew.
                if isinstance(section, Paragraph) or re.search("[ \t]{2}|\t", section.constants):
                    program.uneven.append((len(program.fixed), len(program.places)))
                program.places.append(len(program.fixed))
                program.fixed.append(b"")
                joins = False
                continue
            if encoding == "7bit":
                encoded = section.replace("\n", "\r\n").encode("ascii")
            else:
                encoded = quoted_printable(section)
            for piece in sliced(encoded, markers):
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

    def write(self, script: Script, *, even: bool) -> tuple[list[bytes | str], list[bytes | str]]:
        """Write what fills the part; return its pieces, and those in canonical form.

        ``v`` are the values, ``t`` the tokens; each of both has a name of its own as well.
        """
        if self._plain is None:
            return self._write(script, self._quoted, even=even)
        pieces, others = script.local(), script.local()
        whole, filled = script.bind(self), script.local()
        tests = " and ".join(f"v{index}.simple" for index in self.indexes) or "True"
        script.say("try:", deeper=1)
        script.say(f"if not ({tests}): raise {script.bind(NotPlainError)}")
        raw, canonical = self._write(script, self._plain, even=even)
        script.say(f"{pieces} = ({script.row(raw)})")
        if even:
            script.say(f"{others} = ({script.row(canonical)})")
        script.back()
        script.say(f"except {script.bind(NotPlainError)}:", deeper=1)
        script.say(f"{filled} = {whole}.filled(v, t)")
        script.say(f"{pieces} = {filled}.parts")
        if even:
            script.say(f"{others} = {filled}.canonical()")
        script.back()
        return [f"*{pieces}"], [f"*{others}"]

    def _write(
        self, script: Script, program: Program, *, even: bool
    ) -> tuple[list[bytes | str], list[bytes | str]]:
        """Write statements for one program of the part."""
        plain = not program.is_quoted
        uneven = {number for _, number in program.uneven} if even else set()
        raw: list[list[bytes | str]] = [[piece] for piece in program.fixed]
        others = raw.copy()
        for at, text in program.squeezed:
            others[at] = [text]
        for at, kind, start, end in program.slices:
            name = script.local()
            script.say(f"{name} = o{kind}[{start}:{end}]")
            raw[at] = others[at] = [name]
        for number, (at, section) in enumerate(zip(program.places, self._varying, strict=True)):
            is_uneven = number in uneven
            if isinstance(section, Line):
                raw[at], others[at] = section.write(script, plain=plain, even=is_uneven)
                continue
            written = section.write(script, plain=plain, even=is_uneven)
            if written is not None:
                raw[at], others[at] = [*written[0]], [*written[1]]
            else:
                name = other = script.local()
                fill = script.bind(section.plain if plain else section.fill)
                script.say(f"{name} = {fill}(v, t)")
                if plain:
                    script.say(f"if {name} is None: raise {script.bind(NotPlainError)}")
                if is_uneven:
                    other = script.local()
                    script.say(f"{other} = {script.bind(squeezed)}({name})")
                raw[at], others[at] = [name], [other]
        return [one for each in raw for one in each], [one for each in others for one in each]

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
                lines = section.plain(values, tokens)
            if lines is None:
                text = section.text([value.text for value in values], tokens) + "\n"
                if not is_plain(text):
                    return None
                lines = text.replace("\n", "\r\n").encode("ascii")
            encoded.append(lines)
        return encoded
