"""Days of a month that a text spells out: "the fifteenth of January" is the 15th, in each language its own."""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Iterable
from typing import Final

from outreach.inbound.absence_words import LANGUAGES
from outreach.inbound.patterns import openings
from outreach.inbound.phrases import fold_pattern

# A day spelt out, beside a month of its own language: "twelve" alone counts something.
_SPELT_OUT: Final = openings(
    name for language in LANGUAGES.values() for name in map(fold_pattern, language.days.spelt)
)
_SPELT: Final = re.compile(
    rf"(?<![a-z-])(?={_SPELT_OUT}|[^\x00-\x7f])(?:"
    + "|".join(
        rf"(?P<{tag}>(?<![a-z-])(?:{fold_pattern('|'.join(language.days.spelt))}))(?=\s+(?:of |de |d'|di |den )?(?:{fold_pattern('|'.join(language.days.months))})(?![a-z]))"
        for tag, language in LANGUAGES.items()
        if language.days.spelt
    )
    + ")"
)
# "January the fifteenth", "Monday, the fifteenth"
_SPELT_LAST: Final = re.compile(
    rf"(?<![a-z])(?P<lead>(?:{'|'.join(LANGUAGES['en'].days.months)})\s+(?:the\s+)?|(?:{'|'.join(LANGUAGES['en'].days.weekdays)}),? the\s+)"
    rf"(?P<en>{'|'.join(LANGUAGES['en'].days.spelt)})(?![a-z-])"
)
_DAYS_SPELT: Final = {
    tag: [
        (re.compile(fold_pattern(names)), number)
        for number, names in enumerate(language.days.spelt, 1)
    ]
    for tag, language in LANGUAGES.items()
}


def with_numbers(folded: str) -> str:
    """Return a folded text with the days in figures that it spells out beside their month, or a weekday."""
    folded = _SPELT_LAST.sub(
        lambda found: f"{found['lead']}{number_of(found['en'], _DAYS_SPELT['en'])}", folded
    )
    folded = _IN_KANJI.sub(_figures, folded)
    return _SPELT.sub(
        lambda found: str(number_of(found[0], _DAYS_SPELT[found.lastgroup or ""])), folded
    )


def _figures(kanji: re.Match[str]) -> str:
    """Return a number up to 99, written in Chinese characters, in figures."""
    tens, ten, ones = kanji[0].rpartition("十")
    count = (_KANJI.find(tens) + 1 if tens else 1) if ten else 0
    return str(10 * count + (_KANJI.find(ones) + 1 if ones else 0))


_KANJI: Final = "一二三四五六七八九"
# "十月十八日から", and not "二日間"
_IN_KANJI: Final = re.compile(
    rf"(?<![{_KANJI}十])[{_KANJI}]?十?[{_KANJI}]?(?<=[{_KANJI}十])"
    rf"(?=月[{_KANJI}十\d]|日(?:\(|に|より|から|まで|以降|~|〜))"
)


def number_of(name: str, numbers: Iterable[tuple[re.Pattern[str], int]]) -> int:
    """Return the number under which a name is listed, or 0."""
    return next((number for pattern, number in numbers if pattern.fullmatch(name)), 0)
