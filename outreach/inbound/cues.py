"""What is said right beside a day: that somebody is back on it, or away until it, or from it on.

The words are those of all languages at once (`absence_words`); what a whole notice makes of its days
is for `return_dates` to tell.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from typing import Final

from outreach.inbound.absence_words import any_of, either, framed
from outreach.inbound.named_days import ARTICLE, DASH, OPENS_RANGE, SINCE, UNTIL

UNTIL_CUE: Final = 2
"""What "until" beside a date weighs."""

RETURN: Final = 4
"""What a word of return beside a date weighs, at least."""

SURELY_BACK: Final = re.compile(framed("surely_back", before="(?<![a-z'-])", after="(?![a-z])"))
"""What is said of people and doors alone; other words of return may be about anything."""

AND: Final = re.compile(rf"(?<![a-z])(?:{either('and_', 'and_day')}){ARTICLE}$")
"""What joins a day to what stands before it."""

_UNTIL_AFTER: Final = re.compile(rf"^(?:{either('until_after')})")
_SINCE_AFTER: Final = re.compile(rf"^(?:{either('since_after')})")
LONG_CUES: Final = re.compile(
    rf"(?<![a-z])(?=[a-z]{{3}})(?:{either('until', 'last_day', 'since')})(?![a-z])"
)
"""Cues of at least three letters, which end what belongs to the date before them."""

THROUGH: Final = re.compile(framed("through", after=rf"{ARTICLE}$"))
"""What says right before a day or a month that it is meant to its end: "till och med augusti"."""

_LAST_DAY: Final = re.compile(framed("last_day", after=rf"{ARTICLE}$"))
_INCLUDED: Final = re.compile(framed("included", before=r"\s?[,(]?\s?", after="(?![a-z])"))
# "Not before the end of January": on that day they may be back.
_BEFORE_IT: Final = re.compile(framed("before", after=r"(?:\s?[\w']+)?\s*$"))
_BACK: Final = any_of("back")


def speaks_of_return(text: str) -> bool:
    """Whether a word of return stands in a text, and is not denied: "I read no mail"."""
    at = 0
    while found := _BACK.search(text[at:]):
        at += found.end()
        if not (
            _DENIED.match(text, at)
            or DENIAL.search(found[0])
            or (_DENIES.search(text, 0, at - len(found[0])) and not _BEFORE.match(text, at))
        ):
            return True
    return False


def includes(before: str, after: str) -> bool:
    """Whether what stands around a day says that it is the last one of what ends with it."""
    return bool(THROUGH.search(before) or _LAST_DAY.search(before) or _INCLUDED.match(after))


def is_not_before(before: str) -> bool:
    """Whether something is denied before a day, and nothing said of the day itself."""
    return _BEFORE_IT.search(before) is not None


DENIAL: Final = re.compile(framed("denial", after="(?![a-z])"))
_DENIES: Final = re.compile(framed("denies", after=r"\s$"))  # "não atendemos"
_BEFORE: Final = re.compile(framed("denies_until", before=r"\s*(?:\w+ )?", after="(?![a-z])"))
_DENIED: Final = re.compile(
    framed(
        "denied",
        before=r"\s*(?:\w+ ){0,2}",
        after=rf"(?![a-z])(?!\s*(?:{either('denied_until')}))",
    )
    + "|"
    + framed("still_away", before=r"\s*", after="(?![a-z])")
)


def score(before: str, after: str) -> int:
    """Weigh what stands around a date: whether it ends an absence, begins one, or neither."""
    back_before = speaks_of_return(before) and not _DENIED.match(after)
    cue = LONG_CUES.search(after)
    back_after = speaks_of_return(after[: cue.start()] if cue else after)
    if _UNTIL_AFTER.search(after):
        return UNTIL_CUE
    if OPENS_RANGE.fullmatch(after):
        return -2  # the other date is the end
    since_after = _SINCE_AFTER.search(after)
    if UNTIL.search(before) or DASH.search(before):
        # "back to 3 January" is no return, "and return on" is none of an "and" alone
        if back_before:
            return RETURN + 1
        at_once = SURELY_BACK.match(after.lstrip(" ,.)"))
        return RETURN if at_once and AND.search(before) else UNTIL_CUE
    if back_before or back_after:
        return RETURN + 1 if back_before else RETURN
    return -2 if since_after or SINCE.search(before) else 0
