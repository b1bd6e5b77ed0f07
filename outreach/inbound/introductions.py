"""What a mail program writes above the mail it quotes: an introduction, or a head of header lines.

An introduction says in some language that somebody wrote something at some time, on one line or on
several. A head has the names of header fields, in some language. Languages differ only in the tables
of `reply_words`.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from functools import lru_cache
from typing import Final

from outreach.inbound.patterns import filed, ways_to_begin
from outreach.inbound.reply_words import alternatives, words


def _in_any_case(words: list[str], depth: int = 3) -> str:
    """Return a pattern for words in capitals or not, filed by their first letters so that few are tried.

    A word of which the first letter is a pattern is tried everywhere.
    """
    by_letter: dict[str, list[str]] = {}
    others = []
    for word in words:
        if depth and word[:1].isalpha() and word[1:2] not in ("?", "*", "+", "{"):
            by_letter.setdefault(word[0], []).append(word[1:])
        else:
            others.append(word)
    ways = [(letter, _in_any_case(rest, depth - 1)) for letter, rest in by_letter.items()]
    pieces = [f"{_cases(first)}(?:{rest})" for first, rest in ways if first.isascii()]
    foreign = [f"(?<={_cases(first)})(?:{rest})" for first, rest in ways if not first.isascii()]
    if foreign:
        pieces.append(rf"[^\x00-\x7f](?:{'|'.join(foreign)})")
    if others:
        pieces.append(f"(?i:{'|'.join(others)})")
    return "|".join(pieces)


def _cases(letter: str) -> str:
    """Return the set of all letters that are `letter` without regard to case."""
    return f"[{letter}{letter.upper()}{_OTHER_CASES.get(letter, '')}]"


_OTHER_CASES: Final = {
    "i": "\u0130\u0131",
    "k": "\u212a",
    "s": "\u017f",
    "\u00e5": "\u212b",
    "\u03c3": "\u03c2",
}


_SPACE: Final = r"[\s\u00a0\u202f\u3000]"

# These are compared with text in lower case.
WROTE: Final = re.compile(rf"[^a-zà-ÿ](?:{alternatives('wrote')})(?!\w)")  # with a space put before
_ON: Final = re.compile(rf"^{_SPACE}*(?:{filed(words('on') + words('quoting'))})[\s,.:]")
_QUOTING: Final = re.compile(rf"(?:{alternatives('quoting')})\s")
_ADDRESS: Final = re.compile(r"@(?<=[^\s<>\"'(]@)[^\s<>\"')]+\w")

# Around addresses some programs put marks of the direction of writing.
_MARKED_ADDRESS: Final = re.compile(
    r"<[^\s<>]+@[^\s<>]+>\S{0,3}\s*(?:\S{0,12}|\[[\d :./+-]{8,30}\])[:：][\s\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"
)

_TIME: Final = re.compile(r"\d{1,2}[:.h]\d\d|\d\s?[ap]\.?m\b", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_DAY: Final = re.compile(
    r"(?<![^\W_])(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{4}年|\d{1,2}\.?\s+(?:de\s+)?[^\W\d]{3,12}\.?,?\s+(?:de\s+)?\d{2,4}"
    r"|[^\W\d]{3,12}\.?\s+\d{1,2},?\s+\d{4}|\d{1,2}\.?\s+[^\W\d]{3,9}\.?\s+\d{1,2}[:.]\d\d)"
)

_DATED: Final = re.compile(
    r"\W{0,2}+(?:\d(?:\d{3}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}|\d?[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d?\.?\s+(?:de\s+)?[^\W\d]{3,12}\.?,?\s+(?:de\s+)?\d{4})"
    r"|[^\W\d]{2,12}+(?:\.?,?\s+\d{1,2}\.?\s+(?:de\s+)?[^\W\d]{3,12}"
    r"|(?<=[^\W\d]{3})\.?,\s+[^\W\d]{3,12}\.?\s+\d{1,2}))",
)

QUOTE: Final = re.compile(rf"^{_SPACE}{{0,3}}(?:>|\|(?!\S*\|)|[A-Za-z]{{1,3}}>{{1,3}}(?:\s|$))")

# The ">" that closes an address, alone on the next line with what follows it.
_INSERTED: Final = re.compile(
    r"^\s*>\s*(?:[:：]|(?:" + alternatives("wrote") + r")\s*[:：]?\s*$)", re.IGNORECASE
)

LONG_RULE: Final = re.compile(r"^\s*[_*=-]{20,}\s*$")
RULING: Final = " \t\u00a0>*_-=\u2010\u2011\u2013\u2014\u2500"

# These are compared with names in lower case.
_HEADER_NAMES: Final = {
    kind: re.compile(alternatives(kind)) for kind in ("sender", "sent", "to", "subject")
}
_HEADER_NAME: Final = re.compile("|".join(pattern.pattern for pattern in _HEADER_NAMES.values()))

_HEADER_MARKS: Final = " \t*_>|\u00a0"

# What a head or an introduction begins with (`_header_of`, `_ON`, `_DATED`), within a text of several lines.
OPENING: Final = "|".join(
    [
        _in_any_case(
            [
                f"{word}[{_HEADER_MARKS}]*[:：]"
                for field in _HEADER_NAMES
                for word in ways_to_begin(words(field))
            ]
            + [rf"{word}[\s,.:]" for word in ways_to_begin(words("on") + words("quoting"))]
        ),
        _DATED.pattern.replace(r"\s", r"[^\S\n]"),
    ]
)


def without_run_ons(lines: list[str], text: str) -> list[str]:
    """Return the lines of `text`, with the introduction of a quotation on one of its own.

    Some programs let it follow the last word: "Yes. On Mon, Apr 3, 2023 at 10:00 AM Ann wrote:".
    """
    ends = []
    number = past = 0
    for colon in _COLON_AT_END.finditer(text):
        number += text.count("\n", past, colon.start())
        past = colon.start()
        ends.append(number)
    for at in reversed([at for at in ends if at < len(lines)]):
        line = lines[at]
        if line[0] == ">" or len(line) >= MAX_LAYOUT or not _quoted_next(lines, at + 1):
            continue
        start = _run_on_at(line)
        if start:
            lines[at : at + 1] = [line[:start].rstrip("- \t"), line[start:]]
    return lines


def _run_on_at(line: str) -> int:
    """Return where in a line the introduction of a quotation begins behind other words, or 0."""
    for found in _RUN_ON.finditer(line):
        at = found.end()
        if "@" in line[:at]:
            break
        if _DAY.search(line, at) and WROTE.search(line.lower(), at):
            return at
    return 0


def with_words_apart(lines: list[str]) -> list[str]:
    """Return the lines, with what is quoted behind an introduction on a line of its own.

    So writes a program that puts a gap between: "On Tue, 3 Apr 2023 at 10:00, Ann wrote:   Hello".
    """
    for at in [at for at, line in enumerate(lines) if ":  " in line and "@" in line][::-1]:
        line = lines[at]
        found = _LED_BY.match(line) if len(line) < MAX_LAYOUT else None
        if found and WROTE.search(found[0].lower()):
            lines[at : at + 1] = [found[0].rstrip(), line[found.end() :]]
    return lines


_LED_BY: Final = re.compile(r"\s*[^>\s][^\n]{0,120}@[^\n]{1,120}?[:：] {2,}(?=\S)")
_COLON_AT_END: Final = re.compile(r":[^\S\n]*\n")
_RUN_ON: Final = re.compile(
    rf"[^\W\d_][^\w\n]{{0,12}}[\s-](?=(?:{filed(map(str.capitalize, words('run_on')))})\s)"
)

# An introduction ends with a colon or a dash, and marks around it; one that does not has an address.
_DIRECTIONS: Final = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_TRAILING: Final = " \t>*_\u00a0" + _DIRECTIONS

CLOSING: Final = frozenset(":：-—*_>\u00a0" + _DIRECTIONS)
INTRODUCTION_LINES: Final = 7

_MAYBE_DATED: Final = re.compile(
    r"\d\d?[-/.:年h]\s?\d|(?:19|20)\d\d|\d\.? [^\W\d]{3}|\d\s?[apAP]\.?[mM]\b"
)

MAX_LAYOUT: Final = 400  # longer lines are words
MAX_HEADER_NAME: Final = 40

_COLON: Final = re.compile("[:：]")
DIGIT: Final = re.compile(r"\d")


def ends_below(lines: list[str], index: int) -> bool:
    """Whether an introduction that begins at `index` has a line to end with: without one there is none."""
    for line in lines[index : index + INTRODUCTION_LINES]:
        if line and (line[-1] in CLOSING or "@" in line) and line[0] != ">":
            return True
    return False


def _ends_open(line: str) -> bool:
    """Whether a line ends in a colon or a dash: something is to follow."""
    if line[-1:] not in CLOSING:
        return False
    core = line.rstrip(_TRAILING)
    return core.endswith((":", "：", "--", "—"))


@lru_cache(maxsize=4096)
def _header_kind(name: str) -> str | None:
    """Return what a header line of this name, in lower case, holds: the same few stand in all mail."""
    if not _HEADER_NAME.fullmatch(name):
        return None
    for kind, pattern in _HEADER_NAMES.items():
        if pattern.fullmatch(name):
            return kind
    return None


def _header_of(line: str) -> tuple[str, str] | None:
    """Return the kind and the value of a header line, or None where it is none."""
    colon = _COLON.search(line, 0, MAX_HEADER_NAME)
    if colon is None:
        return None
    kind = _header_kind(line[: colon.start()].strip(_HEADER_MARKS).lower())
    return (kind, line[colon.end() :].strip(_HEADER_MARKS)) if kind else None


def headers_at(lines: list[str], index: int) -> int:
    """Return how many lines of mail headers begin at `index`: 0 where they do not make a head."""
    kinds: dict[str, str] = {}
    last = 0
    blanks = 0
    for count, line in enumerate(lines[index : index + 14], 1):
        if not line.strip():
            blanks += 1
            if blanks > 1 or not kinds:
                break
            continue
        header = _header_of(line)
        if header:
            kinds.setdefault(*header)
            last = count
            blanks = 0
        elif not kinds or blanks or count - last > 2:  # two lines may be folded
            break
    if len(kinds) < 3 and "@" in lines[index]:
        unknown = _unknown_headers_at(lines, index)
        if unknown:
            return unknown
    if len(kinds) < 2 or ("sender" not in kinds and not {"sent", "to"} <= kinds.keys()):
        return 0
    evidence = " ".join(kinds.values())
    if (len(kinds) == 2 or "subject" not in kinds) and not (
        # "Da: quando torno, alle 19:30", "A: ...": an hour is evidence where a day is to stand.
        _ADDRESS.search(evidence) or _YEAR.search(evidence) or _TIME.search(kinds.get("sent", ""))
    ):
        return 0
    return last


def _unknown_headers_at(lines: list[str], index: int) -> int:
    """Return how many lines a head in a language without a table takes: 0 where there is none.

    Whatever the names, it has a mailbox in its first line, a day with a time, and no line without a name.
    """
    count = 0
    for line in lines[index : index + 8]:
        if not _NAMED_VALUE.match(line):
            break
        count += 1
    if count < 3 or not _ADDRESS.search(lines[index]) or (index and lines[index - 1].strip(RULING)):
        return 0
    rest = " ".join(lines[index + 1 : index + count])
    return count if _TIME.search(rest) and _DAY.search(rest) else 0


_NAMED_VALUE: Final = re.compile(r"^[ \t*_]{0,4}[^\W\d_][^:：\d@]{0,24}[:：][*_ \t]*\S")


def attribution_at(lines: list[str], index: int) -> int:  # noqa: PLR0911, PLR0912
    """Return how many lines the introduction of a quotation takes at `index`, or 0."""
    first = lines[index]
    stripped = first.strip(" \t*_-\u00a0")
    if not stripped or len(first) > 400:
        return 0
    addressed = "@" in first and bool(_ADDRESS.search(first))
    open_end = _ends_open(first)
    if not addressed and not open_end and not DIGIT.search(first):
        return 0
    opens = bool(_ON.match(stripped.lower()) or _DATED.match(stripped))
    if not addressed and not open_end and not (opens and _MAYBE_DATED.search(first)):
        return 0
    if not opens and not addressed and not (open_end and WROTE.search(f" {first.lower()}")):
        return 0
    digit = bool(DIGIT.search(first))
    if (
        opens
        and open_end
        and (addressed or _DAY.search(first))
        and WROTE.search(f" {first.lower()}")
    ):
        return 1  # as most have it: all is on one line
    if not opens and not any(map(_ends_open, lines[index : index + INTRODUCTION_LINES])):
        return 0
    dated = digit and bool(_DAY.search(first))
    if opens and not (dated or addressed or open_end or (digit and _TIME.search(first))):
        return 0
    joined = ""
    taken = 0
    written = 0
    for line in lines[index : index + INTRODUCTION_LINES]:
        taken += 1
        if not line.strip():
            if not (opens and dated) or _ends_open(joined):
                break
            continue
        if written and not (_INSERTED.match(line) or not QUOTE.match(line)):
            break
        if written and _ON.match(line.lower()) and _DAY.search(line):
            break  # an introduction of its own
        if written >= 4 or (written and LONG_RULE.match(line)):
            break
        written += 1
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > 500:
            break
        if not (
            joined[-1] in ">)]" or _ends_open(joined) or WROTE.search(f" {joined[-24:].lower()}")
        ):
            continue  # an introduction is not over before it says that something follows
        if _introduces(joined, opens, lines, index + taken):
            return taken
    return 0


def _introduces(joined: str, opens: bool, lines: list[str], after: int) -> bool:  # noqa: PLR0911
    """Whether `joined` says that somebody wrote what follows, at some time."""
    low = f" {joined.lower()}"
    verb = next(iter(list(WROTE.finditer(low))[-1:]), None)
    ends = _ends_open(joined)
    address = "@" in joined and bool(_ADDRESS.search(joined))
    if verb is not None:
        at_end = verb.end() >= len(low.rstrip(" \t:：*_-—")) or (
            ends and not _SENTENCE_END.search(joined, verb.end() - 1)
        )
        if not at_end:
            return False
        if address and (opens or (ends and len(joined) < 250)):
            return True
        dated = _is_dated(joined)
        if opens and dated and ends:
            return True
        if not dated and not address and _SAYER.match(joined):
            return False  # "You said:" is the person's own word, and what follows is their example
        return bool(ends and _quoted_next(lines, after) and len(joined) < 250)
    if opens and ends and _QUOTING.match(joined.lower()):
        return _quoted_next(lines, after)
    dated = _is_dated(joined)
    if joined.startswith("<") and address and dated and ends:
        return True  # the verb stands before the address, on the line above
    # In any language: a time, an address, and a colon with which the line ends.
    if dated and ends and _MARKED_ADDRESS.search(joined) and len(joined) < 250:
        return bool(_TIME.search(joined)) or _quoted_next(lines, after)
    # Without a verb: a date, a name and an address, and nothing else ("2016-03-03 Ann <a@b.example>:")
    if _DATED.match(joined) and address:
        return bool(re.search(r"[<(\[]?\S+@\S+?[>)\]]*\s*[:：]?\s*$", joined))
    return False


# "You wrote to me. To have it delivered, click below:" goes on behind a full stop.
_SENTENCE_END: Final = re.compile(r"[^\W\d_]{4}[.!?]\s+[A-ZÀ-Þ]")


def _is_dated(joined: str) -> bool:
    return bool(_DAY.search(joined) or (_TIME.search(joined) and DIGIT.search(joined)))


_SAYER: Final = re.compile(rf"(?:as )?(?:{alternatives('pronouns')})\b", re.IGNORECASE)


def _quoted_next(lines: list[str], index: int) -> bool:
    for line in lines[index : index + 3]:
        if line.strip():
            return bool(QUOTE.match(line))
    return False
