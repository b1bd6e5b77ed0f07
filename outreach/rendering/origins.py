"""Where in a template's files a person wrote what Jinja made of them.

Whatever Jinja printed that is no value, it printed from a *text*: what stands in a file between two
of its ``{{ }}`` and ``{% %}``, which comes out as it is. So a place in what it made is found by the
text that is there, whatever loop, macro, include or captured block it came through, and whatever
values stand around it. Markdown takes texts apart, but no line of theirs that is MJML.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2.lexer import Lexer

from outreach.errors import Problem

_WORD = re.compile(r"</?[\w:.-]*|<!(?:--)?|[^\s=<>\"'/]+")
_ATTRIBUTE = re.compile(r"[\w:.-]+(?=\s*=)")
_LEAST = 3  # characters by which a text is known
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True, slots=True)
class Origin:
    """A file, the offset in it, and how many places read the same, of which this is the first."""

    file: str
    offset: int
    alike: int = 1


class Origins:
    """The `files` of a template, name to text, with the `texts` in those that Jinja reads."""

    def __init__(
        self, files: Mapping[str, str], texts: Mapping[str, Sequence[tuple[int, str]]]
    ) -> None:
        self._files = files
        self._texts = texts

    def wrote(self, words: str) -> bool:
        """Whether a person wrote these words somewhere in the template."""
        return stands_in(words, self._files.values())

    def placed(self, problem: Problem, made: str) -> Problem:
        """Return a problem with what Jinja made where it was written, if that is known."""
        if problem.line is None:
            return problem
        lines = made.split("\n")
        offset = sum(len(line) + 1 for line in lines[: problem.line - 1])
        origin = self.place(made, offset + (problem.column or 1) - 1)
        if origin is None:
            return replace(problem, source=None, line=None, column=None)
        text = self._files[origin.file]
        line = text.count("\n", 0, origin.offset) + 1
        column = origin.offset - text.rfind("\n", 0, origin.offset)
        message = problem.message
        if origin.alike > 1:
            message += f" (this is the first of {origin.alike} places that read the same)"
        return replace(problem, message=message, source=origin.file, line=line, column=column)

    def place(self, made: str, offset: int) -> Origin | None:
        """Return where what stands at `offset` in what Jinja made was written, if that is known."""
        found = _WORD.match(made, offset)
        word = found[0] if found else made[offset : offset + 1]
        best: list[tuple[Origin, str]] = []
        most = 0
        for origin, piece in self._candidates(made, offset, word):
            if len(piece) > most:
                best, most = [], len(piece)
            if len(piece) == most:
                best.append((origin, piece))
        if not best:
            return self._in_code(made, offset, word) or self._behind(made, offset)
        if len(best) == 1:
            return best[0][0]
        return self._one_of([origin for origin, _ in best], made, offset, best[0][1])

    def _candidates(self, made: str, offset: int, word: str) -> Iterator[tuple[Origin, str]]:
        """Yield where `word` stands in a text of which all that is on its line is around it."""
        for file, texts in self._texts.items():
            for start, text in texts:
                for at in _occurrences(word, text):
                    left = _common_end(text, at, made, offset)
                    right = _common_start(text, at, made, offset)
                    line = text.rfind("\n", 0, at) + 1
                    # What Markdown moves loses its indentation, and blanks at its end.
                    before = text[line : at - left]
                    after = text[at + right :].partition("\n")[0]
                    if (not before or (line and before.isspace())) and not after.strip():
                        yield Origin(file, start + at), made[offset - left : offset + right]

    def _one_of(self, origins: Sequence[Origin], made: str, offset: int, piece: str) -> Origin:
        """Return which of several places it is, as far as their order tells."""
        printed = [found.start() for found in re.finditer(re.escape(piece), made)]
        in_one_file = len({origin.file for origin in origins}) == 1
        if in_one_file and len(printed) == len(origins):
            before = sum(1 for start in printed if start + len(piece) <= offset)
            return origins[before]
        first = origins[0]
        return Origin(first.file, first.offset, len(origins))

    def _behind(self, made: str, offset: int) -> Origin | None:
        """Return where a value is printed, which is behind the text that stands before it."""
        best, most = None, _LEAST - 1
        for file, texts in self._texts.items():
            for start, text in texts:
                end = start + len(text)
                size = _common_end(text, len(text), made, offset)
                same = text[len(text) - size :]
                whole = size == len(text) or "\n" in same
                known = len(same.strip())
                if whole and known > most and end < len(self._files[file]):
                    best, most = Origin(file, end), known
        return best

    def _in_code(self, made: str, offset: int, word: str) -> Origin | None:
        """Return where markup stands in Jinja's code, or in a value of the front matter."""
        begin = made.rfind("<", 0, offset + 1)
        tag = re.compile(r"<[\w:.-]+").match(made, begin) if begin >= 0 else None
        if tag is None or not (word.startswith("<") or _ATTRIBUTE.match(made, offset)):
            return None
        sought = re.escape(tag[0]) + r"(?![\w:.-])"
        if begin != offset:
            sought += rf"[^<>]*?(?<![\w:.-])(?P<word>{re.escape(word)})"
        found = [
            (file, one.start("word") if begin != offset else one.start())
            for file, text in self._files.items()
            for one in re.finditer(sought, text)
        ]
        return Origin(*found[0], len(found)) if found else None


def origins_of(files: Mapping[str, str], bodies: Mapping[str, str], lexer: Lexer) -> Origins:
    """Return the origins in `files` whose `bodies`, without their front matter, Jinja reads."""
    texts = {}
    for name in files:
        if name in bodies:
            # In place of the front matter, a body has an empty line for each of its lines.
            shift = len(files[name]) - len(bodies[name])
            found = texts_of(lexer, bodies[name], name)
            texts[name] = [(start + shift, text) for start, text in found]
    return Origins(files, texts)


def texts_of(lexer: Lexer, source: str, name: str) -> list[tuple[int, str]]:
    """Return the texts in a source that Jinja prints as they are, with their offsets."""
    texts = []
    position = 0
    for _, kind, value in lexer.tokeniter(source, name):
        # Between two tokens there may be blanks that Jinja takes away.
        start = source.index(value, position)
        position = start + len(value)
        if kind == "data" and value:
            texts.append((start, value))
    return texts


def stands_in(words: str, texts: Iterable[str]) -> bool:
    """Whether these very words stand by themselves in one of the texts."""
    if not words.strip():
        return True
    pattern = re.compile(
        r"(?<!\w)" + r"\s+".join(map(re.escape, words.split())) + r"(?!\w)", re.IGNORECASE
    )
    return any(pattern.search(text) for text in texts)


def without_values(message: str, texts: Iterable[str]) -> str:
    """Return a message in which nothing is quoted that does not stand in the template's `texts`.

    What is wrong with a template is written into files that are kept and passed on, and is to say
    nothing of a contact.
    """
    known = list(texts)
    for found in _QUOTED.finditer(message):
        if not stands_in(found[0][1:-1], known):
            # The value may have quotation marks of its own.
            end = message.rindex(found[0][0]) + 1
            return f'{message[: found.start()]}"…"{message[end:]}'
    return message


def _occurrences(word: str, text: str) -> Iterator[int]:
    """Yield where a word stands in a text, or begins it at the end, with a value behind it."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)
    if word.startswith("<"):
        for size in range(len(word) - 1, 1, -1):
            if text.endswith(word[:size]):
                yield len(text) - size


def _common_start(text: str, at: int, other: str, offset: int) -> int:
    """Return how many characters are the same from here on in both."""
    length = min(len(text) - at, len(other) - offset)
    one, two = text[at : at + length], other[offset : offset + length]
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), length)


def _common_end(text: str, at: int, other: str, offset: int) -> int:
    """Return how many characters are the same up to here in both."""
    length = min(at, offset)
    one, two = text[at - length : at][::-1], other[offset - length : offset][::-1]
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), length)
