"""The days that a text names, in any usual form of its language: numbers, names, words and ranges.

A day may be a date with or without a year, a weekday, a number alone, a week, a month, the end of
one, or so many days from now. What adorns it belongs to it: "on Monday, the 4th" is one day, and
so is "4 January (Mon)". What a day means, the end of an absence or its beginning, is told by what stands
beside all that, and is for `return_dates` to weigh.

Standards: ISO 8601 (weeks).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from outreach.inbound.absence_words import LANGUAGES, either, framed, words
from outreach.inbound.counted_days import COUNTED, begins_now, counted_day
from outreach.inbound.languages import likely_languages
from outreach.inbound.patterns import openings
from outreach.inbound.phrases import Phrases, fold_pattern
from outreach.inbound.spelt_days import number_of

_PATIENCE: Final = timedelta(days=45)  # how far back a date without a year may lie
ARTICLE: Final = rf"(?:\s*(?:{either('article')})\b)*\s*:?\s*"
RANGE: Final = re.compile(r"\s*[)\]]?\s*[-–—~〜～]\s*[(\[]?\s*")
UNTIL: Final = re.compile(rf"(?<![a-z])(?:{either('until', 'last_day')}){ARTICLE}$")
SINCE: Final = re.compile(rf"(?<![a-z])(?:{either('since')}){ARTICLE}$")
OPENS_RANGE: Final = re.compile(rf"\s*[,)]?\s*(?:{either('until', 'last_day')}){ARTICLE}")
BEGUN: Final = re.compile(r"(?<![\d-])\d{1,2}(?:\.|st|nd|rd|th)?\s*[-–—~〜]\s*$")
DASH: Final = re.compile(r"[\w.)]\s*[-–—~〜]\s*$")


_FRIDAY: Final = 4


def _named(field: str) -> tuple[str, list[tuple[re.Pattern[str], int]]]:
    """Return one alternation of all names in `field`, and each name's number, from 1."""
    numbered: dict[str, int] = {}
    for language in LANGUAGES.values():
        for number, names in enumerate(language.of(field), 1):
            for name in re.split(r"\|(?![^(\[]*[)\]])", fold_pattern(names)):
                numbered.setdefault(name, number)
    ordered = sorted(numbered, key=len, reverse=True)
    return "|".join(ordered), [(re.compile(name), numbered[name]) for name in ordered]


_MONTHS, _MONTH_NUMBERS = _named("months")
# A month alone must be spelt out: "out", "set", "ago" and "may" are words of other languages.
# "Rivolgetevi a Marco": folded, "março" is a name, but behind "em", "até" and "de".
# "Maja" and "marca" are Polish months behind "końca" alone.
_LONG_MONTHS: Final = r"(?<=konca )(?:marca|maja)|" + "|".join(
    "(?<=em |te |de )marco" if name.pattern == "marco" else name.pattern
    for name, _ in _MONTH_NUMBERS
    if len(name.pattern) > 3 and "月" not in name.pattern and name.pattern not in ("maja", "marca")
)
# Before its day a month is short in English alone: in others "sie 4" and "set 4" may be other words.
_MONTHS_FIRST: Final = "|".join(
    name.pattern
    for name, _ in _MONTH_NUMBERS
    if len(name.pattern) > 3 or name.pattern in "|".join(LANGUAGES["en"].days.months).split("|")
)
_WEEKDAYS, _WEEKDAY_NUMBERS = _named("weekdays")
_YEAR: Final = r"(?:(?:19|20)\d\d)"
_ORDINAL: Final = rf"(?:\.|°|{either('ordinals')})?"
# The end of a week, of a month, of a year; that of the next one says more, and is tried first.
_PERIOD_ENDS: Final = tuple(
    f"(?P<{end}>{either(end)})"
    for end in ("next_week_end", "next_month_end", "month_end", "week_end", "year_end")
)
# "3 working days", "9 to 14 h": a number, and no day of a month.
_COUNTED: Final = (
    framed("counted", before=r"\s*")
    + rf"|\s*%|\s?(?:{either('oclock')})"
    + rf"|(?<=\d)\s*(?:{either('to', 'to_hour')}|-|–)\s*\d{{1,2}}(?:[:.]\d\d)?\s*(?:h\b|uhr|hrs|horas|heures|uur|o'clock|am\b|pm\b|p\.m)"
    + rf"|(?<=[789])\s*(?:{either('to')}|-|–)\s*[3-7](?![\d:/]|\.\d)"
    + rf"|\s*(?:{either('and_')})\s*\d{{1,2}}(?!\d)(?!\.\s?(?:jan|feb|mar|apr|ma[iy]|jun|jul|au|sep|o[ck]t|nov|de[cz])|st|nd|rd|th)"
)
# "All of August": the month is meant from its first day to its last.
_WHOLE: Final = either("whole")
_END_OF: Final = either("end_of")
_START_OF: Final = either("start_of")
_WEEK: Final = either("week")
_BEGUN_BY: Final = openings(
    [
        _MONTHS,
        _WEEKDAYS,
        _END_OF,
        _START_OF,
        _WEEK,
        _WHOLE,
        *_PERIOD_ENDS,
        *COUNTED,
        *words("tomorrow"),
        *words("day_after_tomorrow"),
        *words("next_week"),
        *words("next_month"),
    ]
)
# Each begins with a digit, or a word with one of few beginnings: elsewhere none is tried.
_DATES: Final = re.compile(
    rf"(?=\d|(?<![a-z])(?:{_BEGUN_BY})|[^\x00-\x7f])(?:"
    rf"(?P<iso_y>{_YEAR})[-/.](?P<iso_m>\d{{1,2}})[-/.](?P<iso_d>\d{{1,2}})(?!\d)"
    rf"|(?:(?:(?P<cjk_y>{_YEAR})|令和\s?(?P<era>\d{{1,2}}))年\s*)?(?P<cjk_m>\d{{1,2}})月\s*(?P<cjk_d>\d{{1,2}})[日号號]"
    rf"|(?:(?P<cjk_first_y>{_YEAR})年\s*)?(?P<cjk_first>\d{{1,2}})月(?:の?(?:初め|はじめ|上旬|初旬|頭)|(?=に|から|より|復帰|復職|再開|以降|頃|ごろ|の?予定))"
    rf"|(?:(?P<cjk_last_y>{_YEAR})年\s*)?(?P<cjk_last>\d{{1,2}})月(?=いっぱい|末|まで(?!に))"
    rf"|(?<![\d.:/])(?P<n1>\d{{1,2}})(?:o(?=/))?\s?(?P<sep>[./-])\s?(?P<n2>\d{{1,2}})(?:(?P=sep)\s?(?P<n_y>{_YEAR}|\d\d(?!\d))|\.)?(?![\d:]|\.\d)(?!\s?(?:uhr|h\b|am\b|pm\b|%|klo))(?!{_ORDINAL}[^\S\n]*(?:of\s+|de\s+|d')?(?:{_MONTHS})(?![a-z]))"
    rf"|(?<![\d.:])(?P<dm_d>\d{{1,2}}){_ORDINAL}(?:[^\S\n]*|-)(?:of\s+|de\s+|d'|den\s+|di\s+|da\s+)?(?<![a-z])(?P<dm_m>{_MONTHS})(?![a-z])\.?,?(?:(?:\s*|-)(?:de\s+|del\s+|do\s+)?(?:(?P<dm_y>{_YEAR})|'(?P<dm_yy>\d\d)(?!\d)))?"
    r"|(?<![\d.:/])(?P<ro_d>\d{1,2})(?:\.? |\.)(?P<ro_m>xii|xi|x|ix|viii|vii|vi|v|iv|iii|ii)(?=\s*(?:$|[,.;:!?)\n]|(?:19|20)\d\d|(?:do|od|wracam|jestem|bede)(?![a-z])))"
    rf"|(?<![a-z])(?P<md_m>{_MONTHS_FIRST})(?![a-z])\.?\s+(?:the\s+)?(?P<md_d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]\d)(?!\d)(?:,?\s+(?P<md_y>{_YEAR}))?"
    rf"|(?<![a-z])(?P<period_end>{'|'.join(_PERIOD_ENDS)})(?![a-z])"
    # Behind "end of" a month may be short: it is no word of another language then.
    rf"|(?<![a-z])(?:{_END_OF})\s+(?:the month of\s+)?(?P<end_m>{_MONTHS})(?![a-z])(?:\s+(?:de\s+)?(?P<end_y>{_YEAR}))?"
    rf"|(?P<whole>(?<![a-z])(?:{_WHOLE})\s+)?(?P<start>(?<![a-z])(?:{_START_OF})[\s-]+)?(?<![a-z])(?P<m_m>{_LONG_MONTHS})(?![a-z])(?:\s+(?:de\s+)?(?P<m_y>{_YEAR}))?"
    rf"|(?<![a-z])(?P<my_m>{_MONTHS})\.?\s+(?:de\s+)?(?P<my_y>{_YEAR})"
    rf"|(?<![a-z])(?P<weekday>{_WEEKDAYS})(?:s?(?:{either('day_parts')})s?)?(?![a-z])(?:,? \(?(?:(?:i|in|in der|der|van|du|de la|della|da|of|w) )?(?:{_WEEK}) ?(?P<its_week>[0-5]?\d)(?!\d|[.:/]\d))?(?:[\s,]+(?P<of_next_week>{either('of_next_week')})(?![a-z]))?"
    rf"|(?<![a-z])(?:{_WEEK}) ?(?P<week>[0-5]?\d)(?: ?(?:[-–/]|{either('and_')}) ?(?P<week_last>[0-5]?\d))?(?!\d|[.:/]\d)"
    rf"|(?<![a-z])(?P<after_tomorrow>{either('day_after_tomorrow')})(?![a-z])"
    rf"|(?P<hence>{'|'.join(COUNTED)})(?![a-z])"
    rf"|(?<![a-z])(?P<tomorrow>{either('tomorrow')})(?![a-z])"
    rf"|(?<![a-z])(?:(?P<next_week>{either('next_week')})|(?P<next_month>{either('next_month')}))(?![a-z])"
    rf"|(?<![a-z\d.:/°#])(?<!\dh)(?<!\d\d )(?P<day>\d{{1,2}})(?!(?: \d\d){{2}}|[,.]\d)(?P<day_mark>st|nd|rd|th|(?:ste|de)(?![a-z])|-?go(?![a-z])|日|号|:[ae](?![a-z])|er?(?![a-z])|\.(?=\s|$)|(?=[\s,;.!]|$))(?!\s*(?:{_MONTHS})(?![a-z]))(?:(?<=(?:le|el|il|am|op) \d)|(?<=(?:le|el|il|am|op) \d\d)|(?!{_COUNTED})))"
)
_DAY_WORDS: Final = Phrases(
    [
        _WEEKDAYS,
        *words("tomorrow"),
        *words("day_after_tomorrow"),
        *words("next_week"),
        *words("next_month"),
    ]
)


def speaks_of_a_day(told: str) -> bool:
    """Whether a folded text can name a day at all: by a digit or by a word."""
    return bool(_DIGIT.search(told)) or _DAY_WORDS.search(told) is not None


_DIGIT: Final = re.compile(r"[0-9]|[^\x00-\x7f](?<=\d)")  # few texts have other digits
# Right before a date, where nothing else is so short.
_SHORT_WEEKDAYS: Final = either("short_weekdays")
_NEXT: Final = f"(?:{either('coming')})"
# What belongs to a date, or to a weekday, that stands before it.
_ADORNED_BEFORE: Final = re.compile(
    rf"(?:(?:(?<![a-z]){_NEXT}[\s,]+)?(?:(?<![a-z])(?:{_WEEKDAYS})(?![a-z])|(?<![a-z])(?:{_SHORT_WEEKDAYS})(?![a-z]))[\s,.]*(?:(?:the|den|dem|der|de|le|el|il|lo|a|o|dia|dnia)\s+)*"
    rf"|\(|(?<![a-z])the\s+|(?<![a-z]){_NEXT}?\s*(?:dia|dnia|giorno)\s+|(?<![a-z]){_NEXT}\s+)$"
)
_COMING: Final = re.compile(rf"(?:\(|(?<![a-z]){_NEXT}\s*|(?<![a-z])the\s+)$")
_ADORNED_AFTER: Final = re.compile(
    rf"\s?\((?:{_WEEKDAYS}|{_SHORT_WEEKDAYS}|[月火水木金土日](?:曜日?)?)(?:[・/]祝)?\)|,? (?:{_WEEKDAYS})(?![a-z])(?! (?:the|de|den|dem|le|el|il|o|dia) \d)"
    rf"|,? (?:{either('coming_after')})(?![a-z])"
)
_ADORNED: Final = 40  # characters before a date in which what belongs to it is looked for
_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_REIWA: Final = 2018  # the year before the Japanese era's first
WEEKDAY_TAIL: Final = re.compile(
    rf"(?:(?:{_WEEKDAYS})(?:,?\s+(?:the|den|dem|de|le|el|il|lo|a|o)(?:\s+dia)?|,?\s+dia)?[\s,.]*|\(|the\s+|(?<![a-z])(?:{_SHORT_WEEKDAYS})[.,]?\s*)$"
)
_HOUR: Final = re.compile(
    rf"(?<!\d)\d{{1,2}}\s*(?:{either('to', 'to_the', 'and_')}|-|–)\s*$|(?<![a-z])(?:{either('at_hour')})\s*$"
)
_DIALLED: Final = re.compile(framed("dialled", after=r"\s$"))
_HOUR_OF_WEEKDAY: Final = re.compile(
    rf"(?:{_WEEKDAYS}|{either('tomorrow')})\w*(?:[^.!?\n]{{0,40}},)?,? (?:{either('of_hours')})\s$"
)
_OF_DAY: Final = re.compile(rf"(?:^|[.!?\n¡¿,])\s*(?:{either('on_day')})\s$")


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day, where it is named in a text, and how surely it is meant."""

    start: int
    end: int
    day: date
    vague: bool = False  # a weekday, a bare day or a month: means nothing without a cue
    last: date | None = None  # the last day of a week, where a week is named
    loose: bool = False  # "next week": gives way to a date
    month_end: date | None = None  # the last day of a month that is named without a day
    whole: bool = False  # "all of August"
    weekday: bool = False
    bare: bool = False  # "the 4th": a number and no month
    counted: bool = False  # "in two weeks"
    lasting: bool = False  # "two weeks from today": begins now
    rough: bool = False  # the middle of a month: some day near this one
    closing: bool = False  # the end of a week, a month or a year

    @property
    def dated(self) -> bool:
        """Whether it has a day and a month of its own."""
        return not (
            self.last or self.loose or self.month_end or self.weekday or self.bare or self.counted
        )


def named_days(folded: str, today: date) -> list[NamedDay]:
    """Return every date in `folded` that can be one, as a day, in order."""
    found: list[NamedDay] = []
    american = _american(folded, today)
    for match in _DATES.finditer(folded):
        day = _read(match, folded, found, today, american=american)
        if day is not None:
            found.append(_adorned(day, match, folded, found))
    return found


def _read(
    match: re.Match[str], folded: str, found: list[NamedDay], today: date, *, american: bool | None
) -> NamedDay | None:
    """Return what is named at `match`, behind the days that were `found`; None where that is no day."""
    parts = match.groupdict()
    if _is_none(match, parts, folded):
        return None
    if parts["weekday"]:
        if _beside_date(folded, match, found) or _is_any(folded, match):
            return None
        number = number_of(parts["weekday"], _WEEKDAY_NUMBERS) - 1
        if (week := parts["its_week"]) and (monday := _week(int(week), today)):
            return NamedDay(*match.span(), monday + timedelta(days=number))
        day = today + timedelta(days=(number - today.weekday()) % 7 or 7)
        if parts["of_next_week"] or _IN_NEXT_WEEK.search(
            folded, max(0, match.start() - _ADORNED), match.start()
        ):
            day = today + timedelta(days=7 - today.weekday() + number)
        return NamedDay(*match.span(), day, vague=True, weekday=True)
    if parts["day"]:
        return _read_number(match, folded, found, today)
    return (
        _read_date(match, parts, today, american=american)
        or _read_month(match, parts, today)
        or _read_period(match, parts, today)
    )


_Parts = Mapping[str, str | None]


def _read_date(
    match: re.Match[str], parts: _Parts, today: date, *, american: bool | None
) -> NamedDay | None:
    """Return a day with its month: in figures, or with the month's name before it or behind it."""
    vague = False
    if year := parts["iso_y"]:
        day = _day(int(year), int(match["iso_m"]), int(match["iso_d"]))
    elif month := parts["cjk_m"]:
        year = str(_REIWA + int(era)) if (era := parts["era"]) else parts["cjk_y"]
        day = _dated(year, int(month), int(match["cjk_d"]), today)
    elif parts["n1"]:
        day = _numeric(match, today, american=american)
        vague = not parts["n_y"] and parts["sep"] != "."
    elif month := parts["dm_m"]:
        if month == "des" and "no" not in likely_languages(match.string):
            return None  # "lundi 10 dès 7 h"
        year = parts["dm_y"] or parts["dm_yy"]
        day = _dated(year, number_of(month, _MONTH_NUMBERS), int(match["dm_d"]), today)
    elif month := parts["ro_m"]:
        day = _dated(None, _ROMAN.index(month) + 1, int(match["ro_d"]), today)
    elif month := parts["md_m"]:
        day = _dated(parts["md_y"], number_of(month, _MONTH_NUMBERS), int(match["md_d"]), today)
    else:
        return None
    return NamedDay(*match.span(), day, vague) if day else None


def _read_month(match: re.Match[str], parts: _Parts, today: date) -> NamedDay | None:
    """Return a month that is named without a day, or its end: its first day, or its last."""
    if number := parts["cjk_first"] or parts["cjk_last"]:
        year = parts["cjk_first_y"] or parts["cjk_last_y"]
        first = _dated(year, int(number), 1, today.replace(day=1))
        day = first and (first if parts["cjk_first"] else _month_end(first))
        closing = parts["cjk_first"] is None
        return NamedDay(*match.span(), day, vague=True, closing=closing) if day else None
    name = parts["end_m"] or parts["my_m"] or parts["m_m"]
    if name is None:
        return None
    year = parts["end_y"] or parts["my_y"] or parts["m_y"]
    first = _dated(year, number_of(name, _MONTH_NUMBERS), 1, today)
    if first is None:
        return None
    if parts["my_m"]:
        return NamedDay(*match.span(), first, vague=True)
    last = _month_end(first)
    if parts["end_m"]:
        return NamedDay(*match.span(), last, vague=True, closing=True)
    rough = _MIDDLE.search(match.string, max(0, match.start() - _ADORNED), match.start())
    return NamedDay(
        *match.span(),
        first.replace(day=_MIDDLE_DAY) if rough else first,
        vague=True,
        month_end=None if rough or parts["start"] else last,
        whole=bool(parts["whole"]),
        rough=bool(rough),
    )


_MIDDLE: Final = re.compile(framed("middle_of", after=r"[\s-]+$"))
_MIDDLE_DAY: Final = 15


def _read_period(match: re.Match[str], parts: _Parts, today: date) -> NamedDay | None:
    """Return what counts from today: the end of this month, a week by its number, "in two days"."""
    day, last, hence = _relative_day(parts, today), None, parts["hence"]
    if week := parts["week"]:
        if _DATE_AFTER.match(match.string, match.end()):
            return None  # "in week 33, that is the 10th of August"
        day = monday = _week(int(parts["week_last"] or week), today)
        last = monday + timedelta(days=6) if monday else None
        if monday and (weeks := int(parts["week_last"] or week) - int(week)) > 0:
            day = monday - timedelta(weeks=weeks)  # it may have begun
    elif hence:
        day = counted_day(hence, today)
    if day is None:
        return None
    return NamedDay(
        *match.span(),
        day,
        vague=True,
        last=last,
        loose=bool(parts["next_week"] or parts["next_month"]),
        counted=bool(hence),
        lasting=bool(hence and begins_now(hence)),
        closing=parts["period_end"] is not None,
    )


def _relative_day(parts: _Parts, today: date) -> date | None:
    """Return the day that is named by its place beside today, if one is."""
    next_monday = today + timedelta(days=7 - today.weekday())
    next_month = _month_end(today) + timedelta(days=1)
    days = {
        "tomorrow": today + timedelta(days=1),
        "after_tomorrow": today + timedelta(days=2),
        "next_week": next_monday,
        "next_month": next_month,
        "week_end": today + timedelta(days=(_FRIDAY - today.weekday()) % 7),
        "next_week_end": next_monday + timedelta(days=_FRIDAY),
        "month_end": _month_end(today),
        "next_month_end": _month_end(next_month),
        "year_end": date(today.year, 12, 31),
    }
    return next((day for name, day in days.items() if parts[name]), None)


def _read_number(
    match: re.Match[str], folded: str, found: list[NamedDay], today: date
) -> NamedDay | None:
    """Return the day that a number alone names: of the month before it, or the next of that number."""
    day = _in_same_month(folded, match, found)
    if day is not None:
        return NamedDay(*match.span(), day)
    leading = folded[max(0, match.start() - _ADORNED) : match.start()]
    vague = not WEEKDAY_TAIL.search(leading)
    if _is_no_day(leading, unmarked=vague and not match["day_mark"]):
        return None
    day = next_day(int(match["day"]), today)
    return NamedDay(*match.span(), day, vague, bare=True) if day else None


def _adorned(day: NamedDay, match: re.Match[str], folded: str, found: list[NamedDay]) -> NamedDay:
    """Return a day from where what adorns it begins to where that ends: "(Monday) the 4th"."""
    lead = folded[found[-1].end if found else 0 : day.start][-_ADORNED:]
    before = (_COMING if day.weekday or day.counted else _ADORNED_BEFORE).search(lead)
    behind = None if day.counted else _ADORNED_AFTER.match(folded, day.end)
    return replace(
        day,
        start=day.start - len(lead) + before.start() if before else day.start,
        end=behind.end() if behind else _end(match),
    )


def _is_no_day(leading: str, *, unmarked: bool) -> bool:
    """Whether a number behind `leading` is an hour, ends a telephone number, or may be anything."""
    if _DIALLED.search(leading):
        return True
    if _HOUR.search(leading) or _HOUR_OF_WEEKDAY.search(leading):  # "9 to 5", "alle 9"
        return True
    if DASH.search(leading) and not BEGUN.search(leading):
        return True
    return unmarked and not (
        UNTIL.search(leading) or SINCE.search(leading) or _OF_DAY.search(leading)
    )


def _is_none(match: re.Match[str], parts: _Parts, folded: str) -> bool:
    """Whether what looks like a day is none: a street, hours, a number, or told by what follows it."""
    if _STREET.search(folded, max(0, match.start() - _ADORNED), match.start()):
        return True
    if parts["n1"]:
        return _is_opening(match, folded) or _is_in_a_number(match, folded)
    # "Next week, on Wednesday" is told by its weekday.
    return bool(parts["next_week"] and _ITS_DAY.match(folded, match.end()))


def _is_opening(match: re.Match[str], folded: str) -> bool:
    """Whether "9-17" behind a weekday, or behind a word for opening hours, are hours of a day."""
    if match["sep"] != "-" or match["n_y"]:
        return False
    leading = folded[max(0, match.start() - _ADORNED) : match.start()]
    if int(match["n1"]) < int(match["n2"]) <= _LATEST_CLOSING:
        cues = (WEEKDAY_TAIL, _OPENING_HOURS, _AT_HOUR)
        return any(cue.search(leading) for cue in cues)
    return bool(_DAYS_OF_A_WEEK.search(leading))


_LATEST_CLOSING: Final = 23
# In writing without spaces nothing need stand between: 来週水曜日.
_IN_NEXT_WEEK: Final = re.compile(
    rf"(?<![a-z])(?:{either('next_week')})(?:の|(?<![a-z])|[\s,]+(?:(?:{either('on')})\s)?)$"
)
_ITS_DAY: Final = re.compile(
    rf"(?:の|(?<![a-z])|[\s,]+(?:(?:{either('on')})\s)?)(?:{_WEEKDAYS})(?![a-z])"
)
_AT_HOUR: Final = re.compile(framed("at_hour", after=r"\s*$"))
_OPENING_HOURS: Final = re.compile(framed("opening_hours", after=r"(?![a-z])[^.!?\n]*$"))
_DAYS_OF_A_WEEK: Final = re.compile(
    rf"(?:{_WEEKDAYS}|(?<![a-z])(?:{_SHORT_WEEKDAYS}))\.?\s*(?:-|–|t/m|{either('to', 'to_the')})\s*(?:{_WEEKDAYS}|{_SHORT_WEEKDAYS})[.,:]?\s*$"
)


# "Via 1° Maggio": streets and squares are named after days.
_STREET: Final = re.compile(framed("street", after=r"\s(?:d[ueao]s?\s|del\s|dell')?$"))


def _is_in_a_number(match: re.Match[str], folded: str) -> bool:
    """Whether "5/01/2026" is part of the number of a matter: "no. 5/01/2026-R"."""
    leading = folded[max(0, match.start() - _ADORNED) : match.start()]
    return bool(_NUMBER_BEHIND.match(folded, match.end()) or _NUMBERED.search(leading))


_NUMBER_BEHIND: Final = re.compile(r"[-/](?:[a-z]|\d{3})")
_NUMBERED: Final = re.compile(
    rf"[a-z]{{2,4}}-(?:\d\d-)?$|(?<!\d)\d{{3}}-$|(?<![a-z])(?:{either('numbers')})\s?[:#]?\s?[#\[(]?\s?(?:[a-z]{{1,4}}-)?$"
)


def _end(match: re.Match[str]) -> int:
    """Return where a date ends: the full stop behind a month's whole name ends the sentence."""
    return match.end() - bool(_WHOLE_NAME.search(match[0]))


_WHOLE_NAME: Final = re.compile(r"[a-z]{5}\.$")


def _is_any(folded: str, weekday: re.Match[str]) -> bool:
    """Whether a weekday is one of every week: "written on a Friday"."""
    if _ANY.search(folded, max(0, weekday.start() - _ADORNED), weekday.start()):
        return True
    return folded[: weekday.start()].endswith(" a ") and weekday[0] in LANGUAGES["en"].days.weekdays


_ANY: Final = re.compile(framed("every", after=r"\s$"))


def _in_same_month(folded: str, match: re.Match[str], found: list[NamedDay]) -> date | None:
    """Return the day whose month is that of the date before it: "December 21 to 24"."""
    if not found or not (first := found[-1]).dated:
        return None
    between = _ADORNED_BEFORE.sub("", folded[first.end : match.start()])
    ranged = RANGE.fullmatch(between) or _CJK_FROM.fullmatch(between)
    if not ranged and not OPENS_RANGE.fullmatch(between):
        return None
    if _GOES_ON.match(folded, match.end()):
        return None
    day = _day(first.day.year, first.day.month, int(match["day"]))
    return day if day and day > first.day else None


_CJK_FROM: Final = re.compile(r"\s*(?:から|より|、|到|至)\s*")
# "4 January and 12 guests", "4 January, 9 to 5 pm": a number, and no second day.
_GOES_ON: Final = re.compile(
    r"\s*(?:[ap]\.?m\b|uhr|h\b|o'clock|:\d|\d)|\s(?!(?:december|dezember|inclusi|inkl|einschl|with|mit|and|und)\w*)[a-z]{4}"
)


def _beside_date(folded: str, match: re.Match[str], found: list[NamedDay]) -> bool:
    """Whether a weekday only adorns a date: "Monday, 4 January" or "4 January (Monday)"."""
    between = folded[found[-1].end : match.start()] if found and not found[-1].vague else ";"
    if not between.strip(" ,("):
        return True
    follow = folded[match.end() : match.end() + 40]
    return bool(_DAY_AFTER.match(follow) or _MONTH_AFTER.match(follow))


# "Monday 4 January", "Wednesday (the 18th)", "Monday of week 33, that is the 10th of August"
_IN_WEEK: Final = r"(?:(?:week|after)[\s,]{1,2})?(?:(?:v\.?|w\.?|week|kw|vecka|woche|semaine|semana|settimana|uge|uke) ?\d{1,2}[\s,.(]{1,3})?"
_THAT_IS: Final = rf"(?:(?:{either('that_is')})[.,]{{0,2}}\s)?"
_ARTICLES: Final = r"(?:the |den |dem |le |el |il |o |dia |de )?"
_DAY_AFTER: Final = re.compile(
    rf"[\s,.(]{{0,3}}{_IN_WEEK}{_THAT_IS}{_ARTICLES}\d{{1,4}}(?!\d)(?![:h]\d)(?!\.\d\d\s?(?:uhr|uur|h))(?!{_COUNTED})"
)
_DATE_AFTER: Final = re.compile(
    rf"[\s,.(]{{1,3}}{_THAT_IS}{_ARTICLES}\d{{1,2}}(?:\.|st|nd|rd|th|:[ae])?\s?(?:of |de |d')?(?:[./-]\s?\d|(?:{_MONTHS})(?![a-z]))"
)
_MONTH_AFTER: Final = re.compile(rf"[\s,.]{{1,3}}(?:{_MONTHS})(?![a-z])")


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _dated(year: str | None, month: int, day: int, today: date) -> date | None:
    """Return the day; without a year the next of that name, unless the last is only just over."""
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    for candidate in (today.year - 1, today.year, today.year + 1, today.year + 2):
        found = _day(candidate, month, day)
        if found and found >= today - _PATIENCE:
            return found
    return None


def _week(number: int, today: date) -> date | None:
    """Return the Monday of the next week of that number (ISO 8601), or None where there is none."""
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            monday = date.fromisocalendar(year, number, 1)
        except ValueError:
            continue
        if monday >= today - timedelta(days=7):
            return monday
    return None


def _american(folded: str, today: date) -> bool | None:
    """Whether the numeric dates of a text put the month first: True, False, or None for untold.

    Where English leaves it open, all are read in the one order that brings them nearest to today.
    """
    told: bool | None = None
    for match in _SLASHED.finditer(folded):
        if int(match[1]) > 12 >= int(match[2]):
            return False
        if int(match[2]) > 12 >= int(match[1]):
            told = True
    if told is None and re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", folded):
        return True
    if told is None and not ("en" in likely_languages(folded) and _ENGLISH.search(folded)):
        return False
    if told is None:
        pairs = [(int(match[1]), int(match[2])) for match in _SLASHED.finditer(folded)]
        months_first = [_dated(None, first, second, today) for first, second in pairs]
        days_first = [_dated(None, second, first, today) for first, second in pairs]
        if len(pairs) > 1 and None not in months_first and None not in days_first:
            return _spread(months_first, today) < _spread(days_first, today)
    return told


def _spread(days: list[date | None], today: date) -> int:
    return max(abs((day - today).days) for day in days if day)


_SLASHED: Final = re.compile(r"(?<![\d/.:])(\d{1,2})[/-](\d{1,2})(?![\d.:]\d|\d)")
_ENGLISH: Final = re.compile(
    r"\b(?:the|i'm|i'll|i've|office|will|with|and|back|away|until|through|you|your|thanks|thank|please|reply|return(?:ing)?)\b"
)


def _numeric(match: re.Match[str], today: date, *, american: bool | None) -> date | None:
    first, second, year = int(match["n1"]), int(match["n2"]), match["n_y"]
    if match["sep"] == "." or american is False:
        return _dated(year, second, first, today)
    if american:
        return _dated(year, first, second, today)
    either = [_dated(year, second, first, today), _dated(year, first, second, today)]
    return min(
        (day for day in either if day), key=lambda day: abs((day - today).days), default=None
    )


def next_day(day: int, today: date) -> date | None:
    """Return the next day of that number in a month, today's month or the one after."""
    for months in range(3):
        index = today.year * 12 + today.month - 1 + months
        found = _day(index // 12, index % 12 + 1, day)
        if found and found >= today:
            return found
    return None
