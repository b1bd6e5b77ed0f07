"""Many patterns looked for in one text, without trying each.

Nearly every text holds none of a few hundred phrases, and each phrase has some word in it. So a
pattern is filed under the rarest word, or beginning of a word, without which it cannot match; the
words of a text are told apart once for all who ask; and only what is filed under one of them is
tried. Which word a pattern needs is read from the pattern itself.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

from outreach.inbound.patterns import BEGINNING, branches, needed, rarest


def fold(text: str) -> str:
    """Return `text` for comparison: lower case, no accents on Latin letters, narrow forms."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).translate(_LETTERS).lower()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


_ACCENTS: Final = re.compile("[\u0300-\u036f]+")


def unwrap(text: str) -> str:
    """Return `text` with the lines joined that a mail program broke where they grew too long."""
    if "\n" not in text:
        return text
    lines = list(map(str.strip, text.split("\n")))
    if text.isascii() and max(map(len, lines)) < _WRAPPED:
        return "\n".join(lines)
    joined: list[str] = []
    room = True
    for line in lines:
        if room or not line:
            joined.append(line)
        elif "\u3000" <= joined[-1][-1] <= "\u9fff" or "\u3000" <= line[0] <= "\u9fff":
            joined[-1] += line
        else:
            joined[-1] += f" {line}"
        wide = len(line) if line.isascii() else sum(2 if char > "\u2fff" else 1 for char in line)
        room = wide < _WRAPPED
    return "\n".join(joined)


SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?])\s+|(?<=。)|\n+")
"""Where one sentence ends and the next begins, in a text of which each line is whole."""


def speech(letters: str, unspaced: str) -> str:
    """Return a pattern of what stands between quotation marks within a line.

    `letters` and `unspaced` say how much, as ``"{3,120}"``: the latter where one writes 「 and 『.
    """
    marked = (('"', '"'), ("«", "»"), ("“", "”"))
    pairs = [rf"{begin}[^{end}\n]{letters}{end}" for begin, end in marked]
    pairs.append(rf"„[^“”\n]{letters}[“”]")
    pairs += [rf"{begin}[^{end}\n]{unspaced}{end}" for begin, end in (("「", "」"), ("『", "』"))]
    return "|".join(pairs)


_WRAPPED: Final = 45  # columns: a shorter line was ended by its writer


@lru_cache(maxsize=8)
def compared(text: str) -> str:
    """Return what a person wrote as phrases are looked for in it: each line whole, and folded."""
    return fold(unwrap(text))


_LETTERS: Final = str.maketrans(
    {
        "ł": "l",
        "Ł": "l",
        "ø": "o",
        "Ø": "o",
        "ß": "ss",
        "æ": "ae",
        "đ": "d",
        "’": "'",
        "‘": "'",
        "ı": "i",
    }
)


def fold_pattern(pattern: str) -> str:
    """Return a regular expression folded like the text it is compared with, escapes untouched."""
    return "".join(
        piece if piece.startswith("\\") else fold(piece)
        for piece in re.findall(r"\\.|[^\\]+", pattern)
    )


_LETTERS_ONLY: Final = bytes(
    code if ord("a") <= code <= ord("z") else ord(" ") for code in range(256)
)
_beginning_of: Callable[[str], str] = itemgetter(slice(BEGINNING))


_ASKED_FOR: Final[set[str]] = set()
"""All signs that some pattern needs: others say nothing of a text."""


@lru_cache(maxsize=8)
def spelt_words(folded: str) -> list[str]:
    """Return the words of a folded text, as far as they are of the letters a to z."""
    letters = folded.encode("ascii", "replace").translate(_LETTERS_ONLY).decode("ascii")
    return letters.split()


@lru_cache(maxsize=8)
def signs(folded: str) -> set[str]:
    """Return the signs of a folded text: beginnings of its words, and letters that are not a to z."""
    found = _ASKED_FOR.intersection(map(_beginning_of, spelt_words(folded)))
    return found if folded.isascii() else found | _ASKED_FOR.intersection(folded)


class _Pattern:
    """A pattern that begins at the start of a word: where no letter a to z stands before it."""

    __slots__ = ("_anywhere", "_compiled", "_source", "inside", "others", "signs")

    def __init__(self, source: str) -> None:
        # What any letters may stand before begins at the start of a word wherever it is.
        self._anywhere = source.startswith(r"\w*")
        self._source = source.removeprefix(r"\w*")
        words, _ = needed(self._source)
        #: Of what stands within words, texts of which one is in every text that it matches.
        self.inside = tuple(rarest(words)) if self._anywhere and words else ()
        known = [] if self._anywhere else words
        told = rarest(known) if known else frozenset[str]()
        #: Signs of which one is in every text that it matches; none where it has to be tried on every text.
        self.signs = _beginnings(told)
        #: Further such sets.
        self.others = [_beginnings(some) for some in known if some is not told]
        self._compiled: re.Pattern[str] | None = None

    def may_match(self, there: set[str], text: str) -> bool:
        """Whether all is in `text`, beside one of `signs`, without which it cannot match; `there` are its signs."""
        for some in self.others:
            if there.isdisjoint(some):
                return False
        return not self.inside or any(piece in text for piece in self.inside)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in `text`, or None."""
        pattern = self._compiled
        if pattern is None:  # most are never asked for
            pattern = self._compiled = re.compile(self._source)
        found = pattern.search(text)
        while found and not self._anywhere and _is_within_word(text, found.start()):
            found = pattern.search(text, found.start() + 1)
        return found


def _is_within_word(text: str, at: int) -> bool:
    return at > 0 and "a" <= text[at - 1] <= "z"


class _Filed:
    """Patterns in an order, filed under signs of which one is in every text they match."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._always: list[tuple[int, _Pattern]] = []
        self._by_sign: dict[str, list[tuple[int, _Pattern]]] = {}
        for filed in enumerate(map(_Pattern, patterns)):
            pattern = filed[1]
            for sign in pattern.signs:
                self._by_sign.setdefault(sign, []).append(filed)
            if not pattern.signs:
                self._always.append(filed)
            _ASKED_FOR.update(pattern.signs, *pattern.others)
        signs.cache_clear()

    def candidates(self, text: str) -> list[tuple[int, _Pattern]]:
        """Return the patterns that may match somewhere in `text`, with their numbers, in order."""
        there = signs(text)
        by_sign = self._by_sign
        told = self._always
        for sign in by_sign.keys() & there:
            told = told + by_sign[sign]
        found = [filed for filed in told if filed[1].may_match(there, text)]
        return sorted(dict(found).items()) if len(found) > 1 else found

    def find(self, text: str) -> bool:
        """Whether any of the patterns matches somewhere in `text`."""
        there = signs(text)
        for sign in self._by_sign.keys() & there:
            for _, pattern in self._by_sign[sign]:
                if pattern.may_match(there, text) and pattern.search(text):
                    return True
        return any(pattern.search(text) for _, pattern in self._always)


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word[:BEGINNING] for word in words)


class Phrases:
    """A set of regular expressions that begin at the start of a word, in folded text.

    A word starts where no letter a to z stands before it; in writing without spaces, everywhere.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._filed = _Filed(branch for pattern in patterns for branch in branches(pattern))

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in `text`, or None."""
        first = None
        for _, pattern in self._filed.candidates(text):
            found = pattern.search(text)
            if found and (first is None or found.start() < first.start()):
                first = found
        return first

    def finds(self, text: str) -> bool:
        """Whether there is any match in `text`."""
        return self._filed.find(text)


class Rules:
    """Sets of such patterns in order: the first set of which one is found anywhere is the answer."""

    def __init__(self, sets: Sequence[Iterable[str]]) -> None:
        ranked = [
            (rank, branch)
            for rank, patterns in enumerate(sets)
            for pattern in patterns
            for branch in branches(fold_pattern(pattern))
        ]
        self._ranks = [rank for rank, _ in ranked]
        self._filed = _Filed(branch for _, branch in ranked)

    def first(self, folded: str, *, after: int = -1) -> int | None:
        """Return the number of the first set `after` that one with a pattern in `folded`, or None."""
        for number, pattern in self._filed.candidates(folded):
            if self._ranks[number] > after and pattern.search(folded):
                return self._ranks[number]
        return None
