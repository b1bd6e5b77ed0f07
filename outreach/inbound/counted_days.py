"""Days that are counted from today: "in two weeks", "for two weeks from now", in each language its own."""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from datetime import date, timedelta
from typing import Final

from outreach.inbound.absence_words import LANGUAGES, either
from outreach.inbound.absence_words.table import DayWords
from outreach.inbound.phrases import fold_pattern


def _either(words: tuple[str, ...]) -> str:
    return "|".join(map(fold_pattern, words))


def _counts(days: DayWords) -> str:
    """Return a pattern of the numbers from one, in figures or words."""
    return rf"\d{{1,2}}|{_either(days.counts)}"


def _counted_in(days: DayWords) -> str:
    """Return a pattern of so many days, weeks or months from now."""
    # In writing without spaces none follows it.
    roughly = rf"(?:(?:{_either(days.roughly)})(?:\s|(?<![\x00-\x7f])))?"
    count, unit = rf"{roughly}(?:{_counts(days)})", f"(?:{_either(days.units or ())})"
    many = rf"{count}\s?{unit}"
    before, after = days.hence
    now, next_ = f"(?:{_either(days.from_now)})", f"(?:{_either(days.ahead)})"
    from_now = rf"{many},?\s?{now}|{now}(?:,?\s[a-z]{{1,8}}){{0,3}},?\s?{many}"
    # "Next week" alone is a week of its own, and no seven days from today.
    ahead = rf"{next_}\s?(?!{unit}){many}|{count}\s{next_}\s{unit}|{many}\s{next_}"
    return rf"(?<![a-z])(?:{before}\s*{many}{after}(?:,?\s?{now})?|{from_now}|{ahead})"


# Of the languages that have all the words it takes.
_WORDS: Final = {
    tag: language.days
    for tag, language in LANGUAGES.items()
    if all(
        (language.days.units, language.days.roughly, language.days.from_now, language.days.ahead)
    )
}
_PATTERNS: Final = {tag: _counted_in(days) for tag, days in _WORDS.items()}
COUNTED: Final = tuple(_PATTERNS.values())
"""Patterns of such days in folded text, one a language."""
_FROM_NOW: Final = re.compile(either("from_now", "ahead"))


def begins_now(told: str) -> bool:
    """Whether it is said of so many days that they begin today: "two weeks from now", "the next two weeks"."""
    return _FROM_NOW.search(told) is not None


def counted_day(told: str, today: date) -> date | None:
    """Return the day that is so many days, weeks or months from `today`; `told` is what a pattern matched."""
    tag = next(tag for tag, pattern in _PATTERNS.items() if re.fullmatch(pattern, told))
    words = _WORDS[tag]
    days, weeks, _ = units = tuple(map(fold_pattern, words.units or ()))
    between = rf"(?:(?:{_either(words.ahead)})\s)?"
    many = re.search(rf"(?P<number>{_counts(words)})\s?{between}(?P<unit>{'|'.join(units)})", told)
    if many is None:
        return None
    names = enumerate(map(fold_pattern, words.counts), 1)
    count = next((number for number, name in names if re.fullmatch(name, many["number"])), 1)
    if many["number"].isdecimal():
        count = int(many["number"])
    if re.fullmatch(days, many["unit"]):
        return today + timedelta(days=count)
    if re.fullmatch(weeks, many["unit"]):
        return today + timedelta(weeks=count)
    index = today.year * 12 + today.month - 1 + count
    return date(index // 12, index % 12 + 1, min(today.day, 28))
