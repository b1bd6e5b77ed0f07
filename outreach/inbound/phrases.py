"""Many short patterns looked for in one text at once, without trying each at every letter.

Python's regular expressions try every alternative at every position. Here the patterns are filed
under the two letters they can begin with, and at the start of each word only the few under its two
letters are tried.
"""

import re
from collections.abc import Iterable

_WORD = re.compile(r"(?<![a-z])[^\s\W_]|(?<![a-z])[(^]")
_LOOK = re.compile(r"\\b|\^|\(\?<[!=](?:[^()\\]|\\.)*\)|\(\?![^()]*\)")


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


def _heads(pattern: str) -> set[str]:
    """Return the one or two letters that `pattern` can begin with; ``""`` if that cannot be told."""
    return {head[:2] for head in _beginnings(pattern, 2)}


def _beginnings(pattern: str, letters: int) -> set[str]:
    look = _LOOK.match(pattern)
    if look:
        return _beginnings(pattern[look.end() :], letters)
    if not letters or not pattern:
        return {""}
    if pattern.startswith("(?:"):
        inner, rest = _group(pattern)
        rest, optional = _repeat(rest)
        found = {head for branch in branches(inner) for head in _beginnings(branch + rest, letters)}
        return found | _beginnings(rest, letters) if optional else found
    if pattern[0] == "[":
        end = pattern.index("]", 2)
        rest, optional = _repeat(pattern[end + 1 :])
        if "\\" in pattern[1:end] or pattern[1] == "^" or "-" in pattern[2 : end - 1]:
            return {""}
        found = {c + tail for c in pattern[1:end] for tail in _beginnings(rest, letters - 1)}
        return found | _beginnings(rest, letters) if optional else found
    if pattern[0] in "\\.(":
        return {""}
    rest, optional = _repeat(pattern[1:])
    found = {pattern[0] + tail for tail in _beginnings(rest, letters - 1)}
    return found | _beginnings(rest, letters) if optional else found


def _repeat(rest: str) -> tuple[str, bool]:
    """Return what follows a quantifier, and whether the thing before it may be missing."""
    if rest[:1] in ("?", "*"):
        return rest[1:], True
    if rest[:1] == "+":
        return rest[1:], False
    if rest[:1] == "{":
        return rest[rest.index("}") + 1 :], rest[1] == "0"
    return rest, False


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
