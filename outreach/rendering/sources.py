"""Where in its sources something in a mail comes from, and which rules a source silences.

What is found in rendered HTML is looked for, word for word, in the files it was made of. Where the
words stand once, or once by themselves, the place is sure; where they stand several times only the
file is named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

_COMMENT = re.compile(r"<!--(.*?)-->|\{#(.*?)#\}", re.DOTALL)
_FRONT_MATTER = re.compile(r"---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_IGNORE = re.compile(r"\blint:\s*ignore\s+([\w-]+(?:\s*,\s*[\w-]+|\s+L\d+)*)")
_YAML_IGNORE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_MOST_WORDS = 8
_GOES_ON = re.compile(r"[\w/?#&=%.~-]")


@dataclass(frozen=True, slots=True)
class Place:
    """A file, and the line and column in it where they are known; all as a person reads them."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """One word of a comment such as ``<!-- lint: ignore L101 -->``."""

    word: str
    place: Place


class Sources:
    """The files that one template is made of: display name to text, the template itself first."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.main = next(iter(texts))
        self.silences: dict[str, list[Silence]] = {
            file: list(_silences(file, text)) for file, text in texts.items()
        }
        # Blanked, so that places stay what they are and no comment is taken for the mail.
        self._texts = {
            file: _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
            for file, text in texts.items()
        }
        self._known: dict[tuple[str, ...], Place | None] = {}

    def silent(self, file: str | None, words: Iterable[str]) -> bool:
        """Whether `file` silences one of `words`: a rule's id, its name, or what it is about."""
        asked = {word.lower() for word in words}
        return any(silence.word.lower() in asked for silence in self.silences.get(file or "", ()))

    def holds(self, words: str) -> bool:
        """Whether some file has these very words, in one of their spellings."""
        return any(one in text for one in _spellings(words) for text in self._texts.values())

    def find(self, needles: tuple[str, ...]) -> Place | None:
        """Return where the first of `needles` stands that some file has; None if none does."""
        if needles not in self._known:
            self._known[needles] = self._find(needles)
        return self._known[needles]

    def matches(self, pattern: re.Pattern[str]) -> Iterator[tuple[Place, re.Match[str]]]:
        """Yield each match of the group ``found`` outside of comments, and where it stands."""
        for file, text in self._texts.items():
            for match in pattern.finditer(text):
                if match["found"] is not None:
                    yield self._place(file, match.start("found")), match

    def _place(self, file: str, start: int) -> Place:
        before = self._texts[file][:start]
        return Place(file, before.count("\n") + 1, start - before.rfind("\n"))

    def _find(self, needles: tuple[str, ...]) -> Place | None:
        vague = None
        spelt = [spelling for needle in needles for spelling in _spellings(needle)]
        written = [words for spelling in spelt if (words := spelling.split())]
        parts = [part for words in written for part in _parts(words)]
        for part in (*written, *parts):
            pattern = re.compile(r"\s+".join(map(re.escape, part)), re.IGNORECASE)
            hits = [
                (
                    file,
                    found.start(),
                    text[found.start() - 1 : found.start()],
                    text[found.end() : found.end() + 1],
                )
                for file, text in self._texts.items()
                for found in pattern.finditer(text)
            ]
            # The address of a page is not that of all that lies below it.
            whole = [hit for hit in hits if not _GOES_ON.match(hit[3])]
            # Nor is a word in an address said.
            apart = [hit for hit in whole if not _GOES_ON.match(hit[2])]
            for found in (hits, whole, apart):
                if len(found) == 1:
                    return self._place(*found[0][:2])
            if hits and vague is None:
                vague = Place(hits[0][0])
        return vague


def _spellings(words: str) -> Iterable[str]:
    """Return how a source may have written what HTML has: Markdown encodes the links in it."""
    return dict.fromkeys((words, unquote(words), escape(words, quote=False)))


def _parts(words: list[str]) -> Iterable[list[str]]:
    """Yield ever shorter beginnings and ends of `words`."""
    for size in (_MOST_WORDS, 4, 3):
        if len(words) > size:
            yield words[:size]
            yield words[-size:]


def _silences(file: str, text: str) -> Iterable[Silence]:
    comments = [(found.start(), found[0]) for found in _COMMENT.finditer(text)]
    head = _FRONT_MATTER.match(text)
    if head:
        comments += [(found.start(), found[0]) for found in _YAML_IGNORE.finditer(head[0])]
    for start, comment in comments:
        for found in _IGNORE.finditer(comment):
            for word in re.finditer(r"[\w-]+", found[1]):
                offset = start + found.start(1) + word.start()
                line = text.count("\n", 0, offset) + 1
                column = offset - text.rfind("\n", 0, offset)
                yield Silence(word[0], Place(file, line, column))
