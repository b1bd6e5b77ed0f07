"""What a regular expression says of the texts that it matches: words they have, letters they begin with.

Read from the pattern itself, as far as tables of phrases need it: groups without names, alternatives,
classes, quantifiers and looks around. What is not understood says nothing, and is never wrong.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Iterable
from typing import Final

BEGINNING: Final = 4
"""Letters of a word by which it is known."""


_Words = frozenset[str] | None
"""What has been read of the word one stands in, each way that it can begin; None where it is untold."""

_BETWEEN_WORDS: Final = frozenset({""})
# Where one word ends and another may begin.
_BOUND: Final = re.compile(r"\\b|\^|\$|\(\?<!\[a-z\]\)")
_MOST_WAYS: Final = 12


def needed(
    pattern: str, words: _Words = _BETWEEN_WORDS, *, closed: bool = False
) -> tuple[list[frozenset[str]], _Words]:
    """Return sets of signs: whatever `pattern` matches has one of each set, if there are any.

    It begins within `words`; what follows it stands within the second answer. With `closed` no
    letter can follow.
    """
    found: list[frozenset[str]] = []

    def end(*, whole: bool) -> None:
        """Note the word that has been read, or its beginning if it may go on."""
        signs = [_sign(word, whole=whole) for word in words or ("",)]
        if all(signs):
            found.append(frozenset(signs))

    while pattern:
        if bound := _BOUND.match(pattern):
            end(whole=True)
            words, pattern = _BETWEEN_WORDS, pattern[bound.end() :]
        elif pattern.startswith(("(?=", "(?!", "(?<")):
            _, pattern = _group(pattern)
        elif pattern.startswith("(?:"):
            inner, rest = _group(pattern)
            pattern, optional, again = _repeat(rest)
            ended = not again and (_closes(pattern) if pattern else closed)
            told = [needed(branch, words, closed=ended) for branch in branches(inner)]
            end(whole=False)
            if not optional and all(sets for sets, _ in told):
                found.append(frozenset().union(*(rarest(sets) for sets, _ in told)))
            ways = [way for _, way in told] + ([words] if optional else [])
            words = _either(ways)
            if again and words != _BETWEEN_WORDS:
                words = None
        else:
            item, rest = _item(pattern)
            pattern, optional, again = _repeat(rest)
            letters = _letters(item)
            if letters and not again and words is not None:
                longer = frozenset(word + letter for word in words for letter in letters)
                if len(longer) > _MOST_WAYS:
                    end(whole=False)
                words = _either([longer, words] if optional else [longer])
            elif _is_no_letter(item):
                end(whole=not optional)
                if not optional and len(item) == 1 and not item.isascii():
                    found.append(frozenset(item))
                words = _either([_BETWEEN_WORDS, words]) if optional else _BETWEEN_WORDS
            else:
                end(whole=False)
                words = None
    end(whole=closed)
    return found, words


def _either(ways: list[_Words]) -> _Words:
    """Return all ways together; None where one is untold or they are too many to follow."""
    together: frozenset[str] = frozenset()
    for words in ways:
        if words is None:
            return None
        together |= words
    return together if len(together) <= _MOST_WAYS else None


def rarest(sets: list[frozenset[str]]) -> frozenset[str]:
    """Return that of some sets of signs of which a text is likeliest to have none."""
    return max(sets, key=lambda signs: min(map(_rarity, signs)))


def _rarity(sign: str) -> int:
    """Return how rare a sign is taken to be: the longer, the rarer; other letters than a to z most."""
    if not sign.isascii():
        return 2 * BEGINNING
    return 1 if sign in _COMMON else len(sign)


# Long signs that every eighth mail of a language has all the same.
_COMMON: Final = frozenset(
    [
        "mail",
        "emai",
        "mess",
        "that",
        "with",
        "this",
        "have",
        "from",
        "some",
        "what",
        "when",
        "like",
        "just",
        "than",
        "they",
        "more",
        "whic",
        "abou",
        "woul",
        "your",
        "want",
        "need",
        "will",
        "list",
        "work",
        "plea",
        "back",
        "nich",
        "bitt",
        "nach",
        "wied",
        "dies",
        "dank",
        "mein",
        "habe",
        "mehr",
        "wird",
        "weit",
        "unse",
        "schr",
        "eine",
        "sind",
        "noch",
        "merc",
        "votr",
        "pour",
        "bien",
        "suis",
        "plus",
        "nous",
        "tout",
        "adre",
        "cour",
        "esta",
        "corr",
        "hast",
        "escr",
        "grac",
        "para",
        "mens",
        "este",
        "esto",
        "sono",
        "ques",
        "scri",
        "risp",
        "graz",
        "gior",
        "rice",
        "cont",
        "resp",
        "rece",
        "segu",
        "noss",
        "voor",
        "niet",
        "weer",
        "mijn",
        "beri",
        "best",
        "meer",
        "nieu",
        "till",
        "inte",
        "mejl",
        "tack",
        "svar",
        "pros",
        "dzie",
        "jest",
        "prze",
        "wiad",
        "pans",
    ]
)


def _sign(word: str, *, whole: bool) -> str:
    """Return `word` if a text can be known by it, though more of it may follow; or ``""``."""
    return word if whole or len(word) >= BEGINNING else ""


def _closes(pattern: str) -> bool:
    """Whether what matches `pattern` certainly begins with none of the letters a to z."""
    if pattern.startswith(("\\b", "$")):
        return True
    if pattern[0] == "(":
        return False
    item, rest = _item(pattern)
    return _is_no_letter(item) and not _repeat(rest)[1]


def _item(pattern: str) -> tuple[str, str]:
    """Split the letter, escape or class with which `pattern` begins from the rest."""
    length = 1
    if pattern[0] == "[":
        length = pattern.index("]", 2) + 1
    elif pattern[0] == "\\":
        length = 2
    return pattern[:length], pattern[length:]


def _letters(item: str) -> set[str]:
    """Return the few letters a to z of which `item` is one, or nothing."""
    inner = item[1:-1] if item[0] == "[" else item
    return set(inner) if inner.isalpha() and inner.isascii() and inner.islower() else set()


def _is_no_letter(item: str) -> bool:
    """Whether what matches `item` is certainly none of the letters a to z."""
    if len(item) == 1:
        return item != "." and not _letters(item)
    if item[0] == "\\":
        return item[1] not in "wSD"
    return not _LETTERED_CLASS.search(item)


_LETTERED_CLASS: Final = re.compile(
    r"^\[\^|[a-z](?<!\\s|\\d)|\\[SDw]|(?<=[^\[])-(?=[^\]])", re.IGNORECASE
)


def _repeat(rest: str) -> tuple[str, bool, bool]:
    """Return what follows a quantifier; whether the thing before it may be missing, and may come again."""
    if rest[:1] in ("?", "*", "+"):
        return rest[1:].removeprefix("?"), rest[0] != "+", rest[0] != "?"
    if rest[:1] == "{":
        return rest[rest.index("}") + 1 :].removeprefix("?"), rest[1] in "0,", True
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
    found, depth, start, escaped, in_class = [], 0, 0, False, False
    for at, letter in enumerate(inner):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif in_class or letter == "[":
            in_class = letter != "]"
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == "|" and depth == 0:
            found.append(inner[start:at])
            start = at + 1
    return [*found, inner[start:]]


# -- alternatives ---------------------------------------------------------------------------------


def filed(patterns: Iterable[str]) -> str:
    """Return patterns as alternatives, filed by their first letters, so that few are tried at each place."""
    by_letter: dict[str, list[str]] = {}
    others = []
    for pattern in ways_to_begin(patterns):
        if pattern[0].isalpha() and pattern[1:2] not in _REPEATED:
            by_letter.setdefault(pattern[0], []).append(pattern[1:])
        else:
            others.append(pattern)
    return "|".join([f"{first}(?:{'|'.join(rest)})" for first, rest in by_letter.items()] + others)


_REPEATED: Final = frozenset("*+{")


def openings(patterns: Iterable[str], length: int = 4) -> str:
    """Return, as alternatives, texts with one of which begins whatever any of the patterns matches.

    Asked first, they spare most places the patterns themselves. Each has `length` letters, or fewer
    where a pattern does not tell more of them; what begins with no letter is left out.

    Raises ValueError for a pattern that may begin with any letter.
    """
    found = set[str]()
    for pattern in patterns:
        for branch in branches(_NAMED_GROUP.sub("(?:", pattern)):
            ways, ended = _openings(branch, frozenset({""}), length)
            found |= ways | ended
    if "" in found:
        raise ValueError("a pattern may begin with any letter")
    return filed(re.escape(opening) for opening in found if opening[:1].isalpha())


_NAMED_GROUP: Final = re.compile(r"\(\?P<\w+>")


def _openings(
    pattern: str, ways: frozenset[str], length: int
) -> tuple[frozenset[str], frozenset[str]]:
    """Return what `ways` become behind `pattern`, and those of which nothing more is told or asked."""
    ended = frozenset[str]()
    while pattern and ways:
        if pattern.startswith(("\\b", "^", "$")):
            pattern = pattern.removeprefix("\\")[1:]
            continue
        if pattern.startswith(("(?=", "(?!", "(?<")):
            _, pattern = _group(pattern)
            continue
        if pattern.startswith("(?:"):
            inner, rest = _group(pattern)
            told = [_openings(branch, ways, length) for branch in branches(inner)]
            grown = frozenset[str]().union(*(more for more, _ in told))
            ended = ended.union(*(others for _, others in told))
        else:
            item, rest = _item(pattern)
            grown = frozenset(way + letter for way in ways for letter in _spelt_out(item))
            if not grown:  # a way that begins with no letter is none of these
                ended |= {way for way in ways if way or not _is_no_letter(item)}
        pattern, optional, again = _repeat(rest)
        if again:  # what follows may be more of the same
            ended, grown = ended | grown - {""}, frozenset[str]()
        grown = grown | ways if optional else grown
        ended |= {way for way in grown if len(way) >= length}
        ways = frozenset(way for way in grown if len(way) < length)
    return ways, ended


def _spelt_out(item: str) -> str:
    """Return the characters of which an item of a pattern is one; none where they are not spelt out."""
    if item[0] == "\\":
        return "" if item[1].isalnum() else item[1]
    if item[0] != "[":
        return "" if item == "." else item
    return "" if item[1] == "^" or set(item) & {"\\", "-"} else item[1:-1]


def ways_to_begin(patterns: Iterable[str]) -> list[str]:
    """Return the patterns with a letter to begin with, as far as there are such; the longest first."""
    ways = {way for pattern in patterns for way in _ways_to_begin(pattern)}
    return sorted(ways, key=lambda way: (-len(way), way))


def _ways_to_begin(word: str) -> list[str]:
    """Return patterns with a letter to begin with that together mean `word`, as far as there are such."""
    if word[0] == "[":
        end = word.index("]")
        if word[end + 1 : end + 2] in _REPEATED or "-" in word[:end]:
            return [word]
        return [letter + word[end + 1 :] for letter in word[1:end]]
    inner, _, rest = word.removeprefix("(?:").partition(")")
    if word[0] == "(" and "(" not in inner and rest[:1] not in _REPEATED:
        optional = rest[:1] == "?"
        ways = [branch + rest[optional:] for branch in inner.split("|")]
        return ways + _ways_to_begin(rest[1:]) if optional else ways
    if word[0].isalpha() and word[1:2] == "?":
        return [word[0] + word[2:], *_ways_to_begin(word[2:])]
    return [word]
