"""Many short patterns looked for in one text at once, without trying each at every letter.

Python's regular expressions try every alternative at every position. Here the patterns are filed
under the two letters they can begin with, and at the start of each word only the few under its two
letters are tried.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
import unicodedata
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"(?<![a-z])[^\s\W_]|(?<![a-z])[(^]")
_LOOK = re.compile(r"\\b|\^|\(\?<[!=](?:[^()\\]|\\.)*\)|\(\?![^()]*\)")


def fold(text: str) -> str:
    """Return `text` for comparison: lower case, no accents on Latin letters, narrow forms."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).translate(_LETTERS).lower()
    if text.isascii():
        return text
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", plain)


_LETTERS = str.maketrans(
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


class Phrases:
    """A set of regular expressions that begin at the start of a word, in folded text.

    A word starts where no letter a to z stands before it; in writing without spaces, everywhere.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        filed: dict[str, list[str]] = {}
        anywhere: list[str] = []
        for pattern in patterns:
            heads = _heads(pattern)
            if "" in heads:
                anywhere.append(pattern)
            else:
                for head in heads:
                    filed.setdefault(head, []).append(pattern)
        self._filed = {head: re.compile("|".join(some)) for head, some in filed.items()}
        self._anywhere = re.compile(f"(?<![a-z])(?:{'|'.join(anywhere)})") if anywhere else None

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in `text`, or None."""
        filed = self._filed
        for word in _WORD.finditer(text):
            at = word.start()
            one, two = text[at], text[at : at + 2]
            for head in (two, one):
                pattern = filed.get(head)
                found = pattern.match(text, at) if pattern else None
                if found:
                    return found
        return self._anywhere.search(text) if self._anywhere else None


class Rules:
    """Sets of such patterns in order: the first set of which one is found anywhere is the answer."""

    def __init__(self, sets: Sequence[Iterable[str]]) -> None:
        filed: dict[str, dict[int, list[str]]] = {}
        anywhere: dict[int, list[str]] = {}
        for rank, patterns in enumerate(sets):
            for pattern in patterns:
                for branch in branches(fold_pattern(pattern)):
                    heads = _heads(branch)
                    if "" in heads:
                        anywhere.setdefault(rank, []).append(branch)
                    else:
                        for head in heads:
                            filed.setdefault(head, {}).setdefault(rank, []).append(branch)
        self._filed = {
            head: [(rank, re.compile("|".join(ranks[rank]))) for rank in sorted(ranks)]
            for head, ranks in filed.items()
        }
        self._anywhere = [(rank, re.compile("|".join(anywhere[rank]))) for rank in sorted(anywhere)]

    def first(self, folded: str) -> int | None:
        """Return the number of the first set with a pattern in `folded`, or None."""
        best = 1 << 16
        for word in _WORD.finditer(folded):
            at = word.start()
            for head in (folded[at : at + 2], folded[at]):
                for rank, pattern in self._filed.get(head, ()):
                    if rank >= best:
                        break
                    if pattern.match(folded, at):
                        best = rank
                        break
        for rank, pattern in self._anywhere:
            if rank >= best:
                break
            if pattern.search(folded):
                best = rank
        return best if best < 1 << 16 else None


def _heads(pattern: str) -> set[str]:
    """Return the one or two letters that `pattern` can begin with; ``""`` if that cannot be told."""
    return {head[:2] for head in _beginnings(pattern, 2)}


def _beginnings(pattern: str, letters: int) -> set[str]:  # noqa: PLR0911
    look = _LOOK.match(pattern)
    if look:
        return _beginnings(pattern[look.end() :], letters)
    if not letters or not pattern:
        return {""}
    if pattern.startswith("(?:"):
        inner, rest = _group(pattern)
        rest, optional, again = _repeat(rest)
        rest_or_again = f"(?:{inner})?{rest}" if again else rest
        found = {
            head
            for branch in branches(inner)
            for head in _beginnings(branch + rest_or_again, letters)
        }
        return found | _beginnings(rest, letters) if optional else found
    if pattern[0] == "[":
        end = pattern.index("]", 2)
        rest, optional, again = _repeat(pattern[end + 1 :])
        rest = f"{pattern[: end + 1]}?{rest}" if again else rest
        if "\\" in pattern[1:end] or pattern[1] == "^" or "-" in pattern[2 : end - 1]:
            return {""}
        found = {c + tail for c in pattern[1:end] for tail in _beginnings(rest, letters - 1)}
        return found | _beginnings(rest, letters) if optional else found
    if pattern[0] in "\\.(":
        return {""}
    rest, optional, again = _repeat(pattern[1:])
    rest = f"{pattern[0]}?{rest}" if again else rest
    found = {pattern[0] + tail for tail in _beginnings(rest, letters - 1)}
    return found | _beginnings(rest, letters) if optional else found


def _repeat(rest: str) -> tuple[str, bool, bool]:
    """Return what follows a quantifier; whether the thing before it may be missing, and may come again."""
    if rest[:1] in ("?", "*", "+"):
        return rest[1:], rest[0] != "+", rest[0] != "?"
    if rest[:1] == "{":
        return rest[rest.index("}") + 1 :], rest[1] == "0", True
    return rest, False, False


def _group(pattern: str) -> tuple[str, str]:
    """Split ``(?:inner)rest`` at its closing parenthesis."""
    depth = 0
    escaped = False
    for at, letter in enumerate(pattern):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                return pattern[3:at], pattern[at + 1 :]
    raise ValueError(f"unbalanced pattern {pattern!r}")


def branches(inner: str) -> list[str]:
    """Split alternatives at the bars of the outermost level."""
    found, depth, start, escaped = [], 0, 0, False
    for at, letter in enumerate(inner):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == "|" and depth == 0:
            found.append(inner[start:at])
            start = at + 1
    return [*found, inner[start:]]
