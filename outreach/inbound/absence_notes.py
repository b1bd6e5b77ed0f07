"""What people say about their own absence within a letter, where much else may be dated.

A notice is about nothing but an absence; a letter tells of the last one, asks for a day to meet, and
may say of neither that anybody will be away. So only what is said of now and later counts, and no day
that is asked about.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from outreach.inbound.absence_words import framed, says
from outreach.inbound.absences import AutoReply
from outreach.inbound.auto_reply_kinds import AutoReplyKind
from outreach.inbound.cues import SURELY_BACK
from outreach.inbound.named_days import NamedDay, named_days, speaks_of_a_day
from outreach.inbound.phrases import compared
from outreach.inbound.return_dates import ABSENT, COUNTABLE, MYSELF, dated_end

_NOTE: Final = 400  # characters of a reply in which a person mentions being away


def read_absence_note(text: str, today: date | None) -> AutoReply | None:
    """Return what a person says about their own absence within a reply of theirs, or None."""
    if len(text) > _NOTE or today is None or today.year not in COUNTABLE:
        return None
    told = compared(text)
    if not speaks_of_a_day(told) or not says("absent", told):
        return None
    told = _said_of_now(told, today)
    end = dated_end(told, today, trusting=False)
    if end is None or not (end.returning or ABSENT.search(told)):
        return None
    return AutoReply(
        kind=AutoReplyKind.ABSENT, rule="own-words", until=end.day, last_day=end.last_day
    )


def _said_of_now(told: str, today: date) -> str:
    """Return a letter without sentences about an absence that is over, and without what it asks."""
    left = []
    for sentence in _SENTENCE.findall(told):
        if _is_over(sentence):
            left.append(_BREAK)
        elif _ASKED.search(sentence):
            left += _told_in_question(sentence, today)
        else:
            left.append(sentence)
    return "".join(left)


_BREAK: Final = "\n\n"  # what is left out keeps the sentences around it apart
# With the space behind it. The full stop of a number ends none: "until 5. December".
_SENTENCE: Final = re.compile(
    r"(?s:.+?)(?:(?<=[!?？。…])\s*|(?<=[^\W\d][^\W\d)]\.)\s+|(?<=\.\.\.)\s+|(?<=\d{4}\.)\s+|\n+|\Z)"
)
_ASKED: Final = re.compile(r"(?:[?？]|か。)\s*\Z")


def _is_over(sentence: str) -> bool:
    """Whether each absence that a sentence tells of is told as one of the past."""
    at = 0
    absent = False
    while found := ABSENT.search(sentence[at:]):
        begin, end = at + found.start(), at + found.end()
        if not (_WAS.search(sentence[at:begin]) or _WAS_AFTER.match(sentence, end)):
            return False
        absent = True
        at = max(end, at + 1)
    return absent


_WAS: Final = re.compile(framed("was", after=r"(?:\s[\w'-]+){0,3}\s*$"))
_WAS_AFTER: Final = re.compile(
    framed("was_after", before=r"(?:\s[\w'-]+){0,2}\s", after="(?![a-z])")
)


def _told_in_question(sentence: str, today: date) -> Iterator[str]:
    """Yield what a question tells before it asks: "I am away until the 4th, shall we talk then?"."""
    *before, last = _pieces(sentence, named_days(sentence, today))
    for piece in before:
        told = ABSENT.search(piece) or MYSELF.search(piece) or SURELY_BACK.search(piece)
        yield piece if told else _BREAK
    told = SURELY_BACK.search(last) or (ABSENT.search(last) and MYSELF.search(last))
    yield last if told else _BREAK


def _pieces(sentence: str, days: list[NamedDay]) -> list[str]:
    """Return what commas divide in a sentence; one within a day divides nothing: "Friday, 11 December"."""
    ends = [
        each.end()
        for each in _COMMA.finditer(sentence)
        if not any(day.start < each.start() and each.end() < day.end for day in days)
    ]
    return [
        sentence[begin:end] for begin, end in zip([0, *ends], [*ends, len(sentence)], strict=True)
    ]


_COMMA: Final = re.compile(r"[,;:](?=\s)|[、，]|(?=¿)|\s[-–—]\s")
