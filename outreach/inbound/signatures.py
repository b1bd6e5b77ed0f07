"""Signatures that nothing divides from the words above: a name, and how its owner is reached.

Most people's mail ends like this, since few mail programs put the "-- " of RFC 3676 above it. What
tells such a block is that it ends the mail, begins with a name or stands below a closing formula,
and holds ways to reach somebody, in lines that are no sentences; below a closing formula, a full name
and a post will do. Where one of these is missing, the lines are left to the author: an address may be
what was asked for. Languages differ only in the tables of `reply_words`.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Sequence
from typing import Final

from outreach.inbound.reply_words import alternatives, words

MAX_LINES: Final = 16
"""Lines of such a block, with the empty ones between them."""

_MAX_LINE: Final = 120
_MAX_REGISTERED: Final = 400  # characters of what a firm has to say of itself
_MAX_WORDS: Final = 16  # of a line that is no sentence
_MAX_WORDS_GOING_ON: Final = 6  # of one that begins with a small letter
_MAX_WORDS_OF_A_POST: Final = 12  # in a firm, with its name and seat

# These are compared with text in lower case.
_CLOSING: Final = re.compile(rf"\W{{0,3}}(?:{alternatives('closings')})")
_SECRET: Final = re.compile(alternatives("confidential"))
_READERS: Final = re.compile(alternatives("recipients"))

_MAX_CLOSING: Final = 60  # characters

# Where a picture stood that a program put below, a logo for example.
PICTURE: Final = re.compile(
    r"(?:!\[[^\[\]]*\]\([^()\s]*\)|\[(?:cid:|image|inline image|https?:)[^\[\]]*\]|<image\d*\.\w+>)$",
    re.I,
)

# As "tel" and as "Tel".
_PHONE_WORDS: Final = "|".join(f"[{word[0]}{word[0].upper()}]{word[1:]}" for word in words("phone"))
_PHONE: Final = re.compile(
    r"(?:\+\d|\(\+?\d|\b0\d)[\d ()/.\u2010-\u2015-]{5,18}\d|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b"
    rf"|(?:{_PHONE_WORDS})\w{{0,8}}\W{{0,4}}\d[\d ()/.-]{{5,18}}\d"
)
_LABELLED: Final = re.compile(rf"\W*(?:[tmpfewd]|{alternatives('labels')})[.: ]", re.IGNORECASE)
_MAILBOX: Final = re.compile(r"[\w.+-]@[\w-]+\.\w[\w.-]*")
_DIGITS: Final = re.compile(r"[0-9][0-9 ()/.\u2010-\u2015-]{5,20}[0-9]")
# Characters around digits in which all of a telephone number stands, with what names it.
_LABEL: Final = 24
_DIGIT: Final = re.compile("[0-9]")
# What a firm has to say of itself, in lower case.
_REGISTERED: Final = re.compile(rf"(?<![^\W_])(?:{alternatives('registers')})(?![^\W\d_])")
# A line of strokes divides a signature as an empty one does.
_STROKE_MARKS: Final = frozenset("_=*~-–—" + "".join(map(chr, range(0x2500, 0x2600))))
_STROKES: Final = re.compile(r"\s*[_=*~\u2500-\u25ff\u2013\u2014-]{3,}$")
_SITE: Final = re.compile(r"\.(?:com|org|net|de|fr|eu|io)\b(?!@)", re.IGNORECASE)
_CAPITAL: Final = r"[^\W\d_a-zß-öø-ÿ]"
_PARTICLE: Final = f"(?:{alternatives('particles')}|&)"
_TITLE: Final = f"(?:{alternatives('titles')})"
_NAME: Final = re.compile(
    rf"[\s*_]*(?:{_TITLE}\.? )*(?:{_PARTICLE} )*{_CAPITAL}[\w.'’-]*(?:,? (?:{_CAPITAL}[\w.,'’-]*|{_PARTICLE}|\(\w+\)|&)){{0,6}}[\s*_]*$"
)
_BESIDE: Final = re.compile(r"[*_\s]*[|•·]|\s[–—-]\s|\t")
_GREETED: Final = re.compile(r"[,!:]\W*$")
# What is asked for may be an address; then it is no signature.
_SPEAKS_OF_AN_ADDRESS: Final = re.compile(rf"{alternatives('address')}|[:：]\W*$", re.IGNORECASE)
# A full stop behind more than a few letters, or behind a word that is no abbreviation, ends a sentence;
# only the last word is looked at.
_ABBREVIATED: Final = re.compile(r"(?:\b\w{1,3}|\.\w+)\.$")


def signature_at(lines: Sequence[str]) -> int:
    """Return the number of the line with which such a signature begins; that of lines if there is none.

    `lines` are what an author wrote, without quotation below.
    """
    none = len(lines)
    lines = _without_strokes(lines[: _legal_notice_at(lines)])
    signed = len(lines)
    if signed < none and _ends_with_closing(lines):
        return signed
    if (begin := _business_card(lines)) < signed:
        return begin
    top = _details(lines)
    # A name and a way to reach its owner stand on two lines, or beside each other.
    if top == signed or (top == signed - 1 and "|" not in lines[top]):
        return none
    reached = _is_way("\n".join(lines[top:]))
    begin, closed = _below_closing(lines, top)
    if not closed:
        begin = _named_block(lines, top) if reached else none
    while begin < signed and (not lines[begin].strip() or PICTURE.match(lines[begin].strip())):
        begin += 1
    if not 0 < begin < signed or not _is_name(lines[begin]):
        return none
    block = [at for at in range(begin, signed) if lines[at].strip()]
    if closed and _is_written_by_hand(lines, block):
        begin, block = (block[1], block[1:]) if block[1:] else (none, [])
    if reached:
        ways = sum(_ways(lines[at]) for at in block)
        enough = ways > 1 or (ways == 1 and len(block) > (1 if closed else 2))
    else:
        formula = next((line for line in reversed(lines[:begin]) if line.strip()), "")
        enough = formula[-1:] != "." and _is_name_with_post([lines[at].strip() for at in block])
    while enough and PICTURE.match(lines[begin - 1].strip()):
        begin -= 1
    return begin if enough and _says_something(lines[:begin]) else none


def _ends_with_closing(lines: Sequence[str]) -> bool:
    """Whether the last line is a closing formula, to which nothing of the author's belongs any more."""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return len(last) <= _MAX_CLOSING and _CLOSING.match(last.lower()) is not None


def _business_card(lines: Sequence[str]) -> int:
    """Return where the last lines are what a firm puts below a closing; that of lines if they are not.

    Slogans, registers and hours may stand there too: a name below a closing formula begins it, ways
    to reach its owner follow soon, and nothing more is asked or added by hand.
    """
    none = len(lines)
    lowest = max(0, none - _MOST_OF_A_CARD)
    closing = next(
        (
            at
            for at in range(none - 1, lowest - 1, -1)
            if len(lines[at]) <= _MAX_CLOSING and _CLOSING.match(lines[at].strip().lower())
        ),
        None,
    )
    if closing is None:
        return none
    block = [
        at
        for at in range(closing + 1, none)
        if lines[at].strip() and not _LOGO.match(lines[at].strip())
    ]
    if len(block) < _LEAST_OF_A_CARD or not _is_name(_SIGNED_FOR.sub("", lines[block[0]])):
        return none
    if _is_written_by_hand(lines, block):
        block = block[1:]
    told = [_ways(lines[at]) for at in block]
    if sum(told) < 2 or not any(told[: _SOON + 1]):
        return none
    if any("?" in lines[at] or _ADDED.match(lines[at]) for at in block):
        return none
    begin = block[0]
    while begin - 1 > closing and (
        not lines[begin - 1].strip() or _LOGO.match(lines[begin - 1].strip())
    ):
        begin -= 1
    return begin if _says_something(lines[:begin]) else none


_MOST_OF_A_CARD: Final = 40  # lines, with the empty ones that HTML leaves between
_LEAST_OF_A_CARD: Final = 4
_SOON: Final = 6  # lines from the name to the first way to reach its owner
# "p.p. Ann Smith"
_SIGNED_FOR: Final = re.compile(r"^\s*(?:i\. ?[AV]\.|ppa\.|p\.p\.|p\. ?o\.|gez\.)\s*")
_LOGO: Final = re.compile(
    rf"(?:\[[^\[\]]{{1,80}}\]\s*(?:<[^<>]*>)?\s*)+$|(?:{PICTURE.pattern})", re.IGNORECASE
)
_ADDED: Final = re.compile(r"\s*(?:P\.? ?S\b|N\.?B\b|PPS\b)")


def _without_strokes(lines: Sequence[str]) -> Sequence[str]:
    """Return lines with those of strokes near their end empty, but for one below the head of a table."""
    ruled = [
        at
        for at in range(max(1, len(lines) - MAX_LINES), len(lines))
        if lines[at][-1:] in _STROKE_MARKS and _STROKES.match(lines[at])
    ]
    if not ruled:
        return lines
    freed = list(lines)
    for at in ruled:
        if "|" not in lines[at - 1]:
            freed[at] = ""
    return freed


def _is_name_with_post(block: Sequence[str]) -> bool:
    """Whether lines are a full name and, below it, nothing but what its owner is, and where."""
    return (
        len(block) > 1
        and " " in block[0]
        and all(not line[0].islower() for line in block[1:])
        and all(len(line.split()) <= _MAX_WORDS_OF_A_POST for line in block)
    )


def _is_written_by_hand(lines: Sequence[str], block: Sequence[int]) -> bool:
    """Whether the first line of a block is a name that its owner wrote, above what a program adds.

    It stands by itself, and is a first name or follows the closing at once.
    """
    name = block[0]
    if block[1:2] == [name + 1] or _is_way(lines[name]):
        return False
    return " " not in lines[name].strip() or bool(lines[name - 1].strip())


def _legal_notice_at(lines: Sequence[str]) -> int:
    """Return with which line a notice begins that lawyers put below every mail; or that of lines."""
    none = end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if not end or (len(lines[end - 1]) < _SHORTEST_NOTICE and lines[end - 1][-1] not in ".!"):
        return none
    begin = end
    while begin and lines[begin - 1].strip():
        begin -= 1
    if not begin or sum(map(len, lines[begin:end])) < _SHORTEST_NOTICE:
        return none
    low = " ".join(lines[begin:end]).lower()
    return begin if _SECRET.search(low) and _READERS.search(low) else none


_SHORTEST_NOTICE: Final = 120  # characters


def _details(lines: Sequence[str]) -> int:
    """Return with which line the last lines that are no sentences begin."""
    top = len(lines)
    for at in range(top - 1, max(0, top - MAX_LINES) - 1, -1):
        line = lines[at].strip()
        if line and not _is_detail(line):
            break
        top = at if line else top
    return top


def _below_closing(lines: Sequence[str], top: int) -> tuple[int, bool]:
    """Return where the lines below the last closing begin; it may be the sentence before `top`."""
    above = next((at for at in range(top - 1, -1, -1) if lines[at].strip()), top)
    begin = len(lines)
    for at in range(len(lines) - 1, above - 1, -1):
        line = lines[at].strip()
        if line and len(line) <= _MAX_CLOSING and _CLOSING.match(line.lower()):
            return begin, True
        begin = at if line else begin
    return begin, False


# A place, a number in a register, a picture.
_IN_BETWEEN: Final = re.compile(r"\d|^\W*\[?image")


def _named_block(lines: Sequence[str], top: int) -> int:
    """Return where the paragraphs from `top` on begin that are of a signature; the first has a name."""
    begin = end = len(lines)
    for at in range(end - 1, top - 1, -1):
        if not lines[at].strip():
            end = at
            continue
        if at > top and lines[at - 1].strip():
            continue
        named = _is_name(lines[at])
        if named and (" " in lines[at].strip() or any(map(_is_way, lines[at:end]))):
            begin = at
        elif not _IN_BETWEEN.search(lines[at]) and not any(map(_is_way, lines[at:end])):
            break
    if begin == len(lines):
        return begin
    above = next((line for line in reversed(lines[:begin]) if line.strip()), "")
    return len(lines) if _SPEAKS_OF_AN_ADDRESS.search(above) else begin


def _is_name(line: str) -> bool:
    """Whether a line begins with a name, and holds nothing but what somebody is beside it."""
    name = _BESIDE.split(line.strip("*_-–— \t"), maxsplit=1)[0]
    return bool(_NAME.match(name.strip("*_ ")))


def _is_detail(line: str) -> bool:
    """Whether a line is short and no sentence."""
    last = line[-1]
    if len(line) <= _MAX_REGISTERED and _DIGIT.search(line) and _REGISTERED.search(line.lower()):
        return True
    return (
        len(line) <= _MAX_LINE
        and last not in "?!…。:：;,"
        and (last != "." or bool(_ABBREVIATED.search(line.rsplit(None, 1)[-1])))
        and line[0] != ">"
        and len(line.split()) <= (_MAX_WORDS_GOING_ON if _goes_on(line) else _MAX_WORDS)
        and any(map(str.isalnum, line))
    )


def _goes_on(line: str) -> bool:
    """Whether a line begins as the rest of a sentence does."""
    return line[0].islower() and not _LABELLED.match(line)


def _is_way(text: str) -> bool:
    """Whether a text tells how somebody is reached."""
    return (
        "://" in text
        or ("@" in text and _MAILBOX.search(text) is not None)
        or _has_phone(text)
        or _names_a_site(text)
    )


def _has_phone(text: str) -> bool:
    for digits in _DIGITS.finditer(text):
        if _PHONE.search(text, max(0, digits.start() - _LABEL), digits.end() + _LABEL):
            return True
    return False


def _names_a_site(text: str) -> bool:
    return "://" in text or (
        "." in text and ("www." in text.lower() or _SITE.search(text) is not None)
    )


def _ways(line: str) -> int:
    """Return how many ways to reach somebody a line tells; one that is named as such counts double."""
    told = (
        bool(_MAILBOX.search(line))
        + len(_PHONE.findall(line))
        + _names_a_site(_MAILBOX.sub("", line))
    )
    return told + bool(told and _LABELLED.match(line))


def _says_something(lines: Sequence[str]) -> bool:
    """Whether more stands there than a greeting."""
    told = [line.strip() for line in lines if line.strip()]
    return bool(told) and (len(told) > 1 or not _GREETED.search(told[0]))
