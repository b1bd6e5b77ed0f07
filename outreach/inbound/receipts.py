"""Answers that say no more than that a mail arrived, though they mention days: when a desk is open, or closed.

An absence has an end and somebody whose it is; a receipt has a number, a term, or a few days on which
nobody opens. Where a person speaks of themselves it is none.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from typing import Final

from outreach.inbound.absence_words import any_of, either, framed, words
from outreach.inbound.auto_reply_kinds import AutoReplyKind, kind_of
from outreach.inbound.cues import RETURN, speaks_of_return
from outreach.inbound.phrases import SENTENCE_ENDS
from outreach.inbound.return_dates import ABSENT, MYSELF, QUOTED, End


def only_takes_time(body: str) -> bool:
    """Whether a notice says when a desk answers, or under which number, and speaks of nobody."""
    return (
        _ACKNOWLEDGED.search(body) is not None
        and bool(_TERM.search(body) or _NUMBERED.search(body))
        and not _speaks_of_oneself(body)
    )


def only_closes(dated: End | None, body: str, title: str) -> bool:
    """Whether a receipt mentions beside that on which days a desk is closed, and speaks of nobody."""
    if not _CLOSED.search(body) or _speaks_of_oneself(body) or ABSENT.search(title):
        return False
    closed: list[str] = []
    rest: list[str] = []
    for sentence in SENTENCE_ENDS.split(body):
        (closed if _CLOSED.search(sentence) else rest).append(sentence)
    if dated and (dated.returning or (dated.weight >= RETURN and any(map(_names_a_return, rest)))):
        return False
    return not any(map(_LASTING.search, closed)) and kind_of(". ".join([title, *rest])) is (
        AutoReplyKind.ACKNOWLEDGEMENT
    )


def _speaks_of_oneself(body: str) -> bool:
    # "See 'My orders'": what is quoted nobody says of themselves.
    return MYSELF.search(QUOTED.sub(" ", body)) is not None


def _names_a_return(sentence: str) -> bool:
    named = any(map(str.isdigit, sentence)) or _TOMORROW.search(sentence)
    return speaks_of_return(sentence) and bool(named)


# A day or two on which a door is closed do not last; what has an end or a return does.
_LASTING: Final = re.compile(
    framed("lasting", after="(?![a-z])")
    + r"|(?<!:)(?<!:\d)\d(?:\([^\d)]{1,6}\))?\s?[-–〜~]\s?\d{1,2}(?![\d:])"
)
_CLOSED: Final = re.compile(framed("closed", after="(?![a-z])"))
_TOMORROW: Final = re.compile(framed("tomorrow", after="(?![a-z])"))
_ACKNOWLEDGED: Final = any_of("acknowledged")
_NO_PHONE: Final = r"(?!\d{2,5}[ .]\d{2,}(?!\d))"  # "333 555 0119": no case has such a number
_NUMBERED: Final = re.compile(
    rf"{''.join(f'(?<!{word})' for word in words('phone'))}(?:{either('case_number')})(?: is|は|:)?\s?{_NO_PHONE}(?=[\w/-]*\d)[\w/-]{{3,}}"
)
_TERM: Final = re.compile(
    rf"(?:\d+|{either('few')})(?:\s?[-–]\s?\d+)?\s{{0,2}}(?:{either('term')})"
)
