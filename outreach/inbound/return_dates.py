"""Until when somebody is away: the date that a notice names as the end of it, or as the day of return.

A notice may name several dates, in any order and form, with or without a year. Every date in it is
weighed by what stands beside it: a word of return outweighs "until", which outweighs nothing at all;
a word of beginning takes a date out. The words are those of all languages at once (`absence_words`),
since a notice is often in two; which words make a day is told by `named_days`.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from outreach.inbound.absence_words import any_of, either, framed, words
from outreach.inbound.cues import (
    AND,
    DENIAL,
    LONG_CUES,
    RETURN,
    SURELY_BACK,
    THROUGH,
    UNTIL_CUE,
    includes,
    is_not_before,
    score,
)
from outreach.inbound.named_days import (
    ARTICLE,
    BEGUN,
    OPENS_RANGE,
    RANGE,
    NamedDay,
    named_days,
    next_day,
)
from outreach.inbound.phrases import speech
from outreach.inbound.spelt_days import with_numbers

MAX_WORDS: Final = 4000
"""Characters of a notice that are read."""

COUNTABLE: Final = range(1000, 9900)
"""Years from which one can count on and back; a header may name any."""

ABSENT: Final = any_of("absent")
"""The phrases that say that somebody is away."""

_EVENT: Final = any_of("event")
_ANSWERS: Final = any_of("answers")
MYSELF: Final = re.compile(rf"(?<![a-z])(?:{either('myself')})(?![a-z])")
"""Words with which a person speaks of themselves."""

QUOTED: Final = re.compile(speech("{3,120}", "{3,80}"))
"""What stands in quotation marks, such as our own subject."""

OPEN_ENDED: Final = re.compile(framed("open_ended"))
"""What says of an absence that its end is not known."""

_DEADLINE: Final = re.compile(framed("deadline", after=r"(?: \w+){0,2}\s*$"))
_DEADLINE_AFTER: Final = re.compile(rf"^(?:{either('deadline_after')})")
# "Between 23 (and 27 March)"
_BEGUN_BY_NUMBER: Final = re.compile(
    rf"(?<![a-z])(?:{either('since')}){ARTICLE}\d{{1,2}}[.:a-z]{{0,3}}\s*$"
)
# "From today until (11 December)", "from 7 to", where the 7 is no day by itself
_BEGUN_UNTIL: Final = re.compile(
    rf"(?<![a-z])(?:{either('since')}){ARTICLE}(?:\d{{1,2}}[.:a-z]{{0,3}}|{either('today')})\s*(?:{either('until')}){ARTICLE}$"
)
_NEXT_YEAR: Final = re.compile(r"(?:来年|翌年)の?(?=\d{1,2}月)")
_BOUNDARY: Final = re.compile(
    rf"\n\s*\n|[!?;。!]|(?:(?<=[^\W\d]{{3}}){''.join(f'(?<!{word})' for word in words('abbreviations'))}|(?<=\.[a-z]{{2}})|(?<=[^\W\d]\))|(?<=\s(?:da|an|ab|zu|me|it|us|in|up|so|eu|ja|yo|io|te|to|ik|er|op|af|ni|du|tu|ok)))\.\s"
)
_WINDOW: Final = 80
_STEPS: Final = timedelta(days=14)
_NAMED: Final = 1  # what a week or month in which somebody is away weighs: less than any "until"
_MEETING: Final = re.compile(framed("meeting", after="(?![a-z])"))
_OCCASION: Final = re.compile(framed("occasion", before="(?<![a-z-])", after="(?![a-z])"))
_PART_TIME: Final = re.compile(either("part_time"))
_WITHIN: Final = re.compile(framed("within", after=r"\s*$"))


@dataclass(frozen=True, slots=True)
class End:
    """A day that ends an absence, and how much speaks for it. With a `deadline` they will answer until then."""

    day: date
    weight: int
    deadline: bool = False
    returning: bool = False  # a word of return that is said of people and doors stands beside it
    dated: bool = False  # it is named with its month
    own: bool = False  # somebody speaks of themselves in its sentence
    absent: bool = False  # it ends, and its sentence says that somebody is away
    lasting: bool = False  # it is so many days from now
    rough: bool = False  # it may be another day near by
    last_day: bool = False  # they are surely away on it, and back on the next
    at: int = 0  # where it is named


def return_date(folded: str, today: date | None, *, trusting: bool = False) -> date | None:
    """Return the date that a folded text names as the return or the end of an absence, or None.

    `trusting` takes a single date still to come without a word beside it: a machine that names one
    names the end of an absence. Without `today` no date can be told from one long past, and the answer is None.
    """
    end = dated_end(folded, today, trusting=trusting)
    return end.day if end else None


def dated_end(folded: str, today: date | None, *, trusting: bool) -> End | None:
    """Return the date as `return_date` does, with what speaks for it."""
    if today is None or today.year not in COUNTABLE:
        return None
    folded = QUOTED.sub(" ", folded[:MAX_WORDS])  # such as the subject of ours
    folded = OPEN_ENDED.sub("; ", folded)  # "no date of return yet" speaks of none
    folded = _NEXT_YEAR.sub(f"{today.year + 1}年", with_numbers(folded))
    found = _without_rows(folded, named_days(folded, today))
    scored = _scored(folded, found, today, trusting=trusting)
    if not scored:
        return None
    ahead = [each for each in scored if each.day > today and each.weight >= UNTIL_CUE]
    scored = ahead or scored  # "what came by the 23rd goes out on our return" names no return
    scored = _without_asides(folded, _without_too_early(scored))
    top = max(each.weight for each in scored)
    best = [each for each in scored if each.weight == top]
    if top >= RETURN:
        # The last of a return in steps; what is far from the first is about something else.
        first = next((each for each in best if each.day > today), best[0])
        near = [each for each in best if _is_a_step(folded, first, each)]
        return max(near, key=lambda each: each.day)
    # Of several absences the one that comes first; one that is over counts only if none is to come.
    end = next((each for each in best if each.day >= today), best[-1])
    for each in sorted(best, key=lambda each: each.day):  # one runs into the next
        if end.day < each.day <= end.day + _SOON and (each.absent or not end.absent):
            end = each
    # "Away until 11 December" in the subject, and "up to and including" below it
    end = replace(end, last_day=any(each.last_day for each in best if each.day == end.day))
    return _next_day_named(folded, found, end) if top == UNTIL_CUE else end


def _is_a_step(folded: str, first: End, each: End) -> bool:
    """Whether a day of return may be a later step of the first one: soon, and in the same sentence or said of oneself."""
    if each is first:
        return True
    if not first.day <= each.day <= first.day + _STEPS:
        return False
    if each.returning and not first.returning:
        return True  # "reachable by telephone from the 18th", and then back
    if first.returning and not (each.returning or each.own):
        return False
    begin, end = sorted((first.at, each.at))
    return each.own or not _BOUNDARY.search(folded, begin, end)


def _without_too_early(scored: list[End]) -> list[End]:
    """Leave out what may be a return, and not surely is, before an absence has ended."""
    ends = [(each.day, each.at) for each in scored if each.weight == UNTIL_CUE]
    day, at = min(ends, default=(date.min, 0))
    return [
        each
        for each in scored
        if each.returning or each.weight < RETURN or each.day >= day or each.at < at
    ]


def _without_asides(folded: str, scored: list[End]) -> list[End]:
    """Leave out what may be a return and not surely is, in a sentence behind one that surely tells the end."""
    told = next((each for each in scored if each.returning or each.absent), None)
    if told is None:
        return scored
    return [
        each
        for each in scored
        if each.returning
        or each.own
        or each.weight < RETURN
        or each.at <= told.at
        or not _BOUNDARY.search(folded, told.at, each.at)
    ]


def _next_day_named(folded: str, found: list[NamedDay], end: End) -> End:
    """Return the day right behind the end of an absence, if it is named: on it they return, be it said as it may."""
    gone = False
    for each in found:
        day = _behind(each, end.day + timedelta(days=1)) if each.weekday or each.bare else each.day
        plain = not (each.last or each.loose or each.counted or each.month_end)
        if gone and plain and end.day < day <= end.day + _SOON:
            leading = _leading(folded, each)
            if _DEADLINE.search(leading):
                continue
            cut = _BOUNDARY.search(folded, each.end)
            after = folded[each.end : cut.start() if cut else len(folded)]
            piece = _piece(leading + folded[each.start : each.end] + after, len(leading))
            if each.weekday and not _is_about_mail_or_return(piece):
                continue  # "the course on Wednesday"
            other = _EVENT.search(piece) or ABSENT.search(piece) or _OF_WEEK.search(leading)
            if (SURELY_BACK.search(after) and not _EVENT.search(piece)) or not other:
                return replace(end, day=day, last_day=False)
        gone = gone or day == end.day or each.start == end.at
    return end


def _is_about_mail_or_return(piece: str) -> bool:
    return bool(SURELY_BACK.search(piece) or MYSELF.search(piece) or _ANSWERS.search(piece))


_SOON: Final = timedelta(days=4)
_OF_WEEK: Final = re.compile(rf"(?:{either('of_week')})\s$")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside a day in its sentence."""

    before: str
    after: str
    told: str  # the day itself, as it is written
    #: Whether a sentence begins between the day before it and this one, or there is no day before it.
    begins: bool
    ranged: bool

    @property
    def clause(self) -> str:
        return self.before + self.told + self.after


def _beside(folded: str, found: list[NamedDay], index: int, *, apart: bool) -> _Beside:
    """Return what stands beside a day; `apart` if what is said of the day before it stands behind that."""
    each = found[index]
    previous = found[index - 1].end if index else 0
    following = found[index + 1].start if index + 1 < len(found) else len(folded)
    before = folded[max(previous, each.start - _WINDOW) : each.start]
    ranged = bool(index and RANGE.fullmatch(before))
    cuts = list(_BOUNDARY.finditer(before))
    before = before[cuts[-1].end() :] if cuts else before
    if apart and not cuts:
        # "On the 5th I am back, the 3rd is a holiday": what is said of the date before is not of this one.
        before = before.rstrip(", ").rpartition(", ")[2]
    before = _outside_brackets(folded, each, before)
    until = min(following, each.end + _WINDOW)
    cut = _BOUNDARY.search(folded, each.end, until)
    after = folded[each.end : cut.start() if cut else until]
    if _WITH_FULL_STOP.search(folded, each.start, each.end):
        after = ""
    after = _HOUR_LATER.sub("", _HOUR_AFTER.sub("", after))
    begins = bool(cuts) or not index
    return _Beside(before, after, folded[each.start : each.end], begins, ranged)


def _outside_brackets(folded: str, each: NamedDay, before: str) -> str:
    """Return what stands before a day, without what brackets around it and its own words keep apart.

    "I am back on the 22nd (the 21st is a holiday)": what is said before them is not of this day.
    """
    if not _REST_OF_BRACKETS.match(folded, each.end):
        return before
    if folded[each.start] == "(":
        return ""
    opened = before.rfind("(")
    return before[opened + 1 :] if opened > before.rfind(")") else before


# With words, and not an hour or a weekday alone.
_REST_OF_BRACKETS: Final = re.compile(
    r"[^()\n]{0,60}(?:[a-z]{4}|[\u3040-\u9fff]{2})[^()\n]{0,60}\)"
)


def _reads_mail(clause: str) -> bool:
    """Whether it is said that mail is read or answered, and not that it is not."""
    return (
        _ANSWERS.search(clause) is not None
        and not ABSENT.search(clause)
        and not DENIAL.search(clause)
    )


# "On Thursday, 20 May. We ...": behind a whole month the full stop that is read with it ends the sentence.
_WITH_FULL_STOP: Final = re.compile(
    r"(?:[a-z]{5,}|(?<![a-z])(?:mai|may|maja|maj|juni|juli|mars|marz|maio|juin|june|july|mayo|luty))\.$"
)


def _weight(folded: str, found: list[NamedDay], index: int, beside: _Beside) -> int:
    """Return what speaks for a day as an end, without what else the notice says."""
    each, before, after = found[index], beside.before, beside.after
    weight = max(score(before, after), UNTIL_CUE if beside.ranged else -9)
    today_and = each.vague and _TODAY_AND.search(before)
    if today_and and weight <= UNTIL_CUE and ABSENT.search(beside.clause):
        return UNTIL_CUE  # "out today and tomorrow"
    if each.lasting and weight <= UNTIL_CUE and not _is_deadline(beside):
        return UNTIL_CUE if ABSENT.search(beside.clause) else _NAMED
    joined = index and weight <= 0 and not OPENS_RANGE.match(after)
    if joined and _joins(folded, found[index - 1], each):
        return UNTIL_CUE  # closed "on the 4th and on the 5th"
    if weight == UNTIL_CUE and beside.begins:
        return _unless_only_joined(before, after)
    if weight == 0 and _reads_mail(beside.clause) and not _is_deadline(beside):
        return RETURN  # who reads mail again is back
    return weight


def _scored(folded: str, found: list[NamedDay], today: date, *, trusting: bool) -> list[End]:
    """Return those dates that can be an end, each with what speaks for it."""
    scored: list[End] = []
    gone = today  # the end of an absence, as far as it was told before
    apart = False
    alone = len([one for one in found if not one.vague]) == 1
    for index, each in enumerate(found):
        beside = _beside(folded, found, index, apart=apart)
        apart = score(beside.before, "") == 0  # nothing before it speaks for this date
        weight = _weight(folded, found, index, beside)
        within = _WITHIN.search(beside.before) is not None
        named = weight == 0 or ((within or each.whole) and weight < 0)
        if named and (each.last or each.month_end):
            scored += _of_period(each, beside, within=within)
            continue
        if _is_no_end(folded, found, index, weight, beside):
            continue
        if weight == 0 and not (
            # No cue: only a single date in a sentence about being away counts; today's is the letter's own.
            alone
            and not each.vague
            and each.day > today
            and (trusting or ABSENT.search(beside.clause))
        ):
            continue
        day = _end_of(each, weight, beside)
        if (each.weekday or each.bare) and weight >= RETURN:
            day = _behind(each, gone)
        if each.loose and scored:
            continue
        if day < today and weight < RETURN and not ABSENT.search(beside.clause):
            continue
        if weight >= 0:
            returning = weight >= RETURN and SURELY_BACK.search(beside.clause) is not None
            deadline = (each.counted and not (returning or each.lasting)) or _is_deadline(beside)
            own = MYSELF.search(beside.clause) is not None
            absent = (
                weight == UNTIL_CUE and ABSENT.search(_clause(folded, each, beside)) is not None
            )
            scored.append(
                End(
                    day,
                    weight,
                    deadline=deadline,
                    returning=returning,
                    dated=each.dated,
                    own=own,
                    absent=absent,
                    lasting=each.lasting,
                    rough=each.rough,
                    last_day=weight == UNTIL_CUE and _is_last_day(folded, found, index, beside),
                    at=each.start,
                )
            )
        if weight == UNTIL_CUE and not (each.weekday and day == today + timedelta(days=7)):
            gone = max(gone, day)  # today's own weekday may as well mean today
    return scored


def _end_of(each: NamedDay, weight: int, beside: _Beside) -> date:
    """Return the day that ends an absence: until a week is until its end, through a month to its last day."""
    if each.last and weight < RETURN:
        return each.last
    if each.month_end and weight == UNTIL_CUE and THROUGH.search(beside.before):
        return each.month_end
    return each.day


def _is_last_day(folded: str, found: list[NamedDay], index: int, beside: _Beside) -> bool:
    """Whether somebody who is away until a day surely is on it: it closes a range or a time, or is included."""
    each = found[index]
    if is_not_before(beside.before) or each.lasting:
        return False
    if each.closing or each.last or beside.ranged or includes(beside.before, beside.after):
        return True
    if any(begun.search(beside.before) for begun in (BEGUN, _BEGUN_UNTIL, _TODAY_AND)):
        return True
    first = found[max(0, index - 1)]
    between = _HOUR_AFTER.sub("", folded[first.end : each.start])
    return bool(OPENS_RANGE.fullmatch(between)) or _joins(folded, first, each)


def _of_period(each: NamedDay, beside: _Beside, *, within: bool) -> list[End]:
    """Return the end of a week or a month, if somebody is away in it or all of it."""
    if (each.whole or each.last or within) and ABSENT.search(beside.clause):
        weight = UNTIL_CUE if each.whole else _NAMED
        return [End(each.last or each.month_end or each.day, weight, last_day=True)]
    return []


def _is_no_end(
    folded: str, found: list[NamedDay], index: int, weight: int, beside: _Beside
) -> bool:
    """Whether a day is one of every week, opens hours or is that of something else."""
    each = found[index]
    if index and _are_hours(folded, found[index - 1], each, _clause_behind(folded, found, index)):
        return True
    if _is_of_every_week(each, weight) and _PART_TIME.search(folded):
        return True
    clause = _clause(folded, each, beside)
    return _is_of_something_else(clause, len(_leading(folded, each)), weight, beside.before)


# "Monday, 7:30, we are back", "from 8.30 am", "8時30分より": the hour of a day says nothing of what the day is.
_HOUR_AFTER: Final = re.compile(
    rf"^[\s,(]{{0,2}}(?:(?:{either('by_hour')})\s)*"
    r"(?:\d{1,2}[:.]\d\d(?:\s?(?:uhr|h|uur|hrs|am|pm|a\.m\.|p\.m\.)(?![a-z]))?|\d{1,2}\s?(?:h(?:\d\d)?|uhr|uur|u|am|pm|a\.m\.|p\.m\.|o'clock)(?![a-z])|(?:午前|午後)?\d{1,2}時(?:\d{1,2}分|半)?(?:より|から)?)\)?"
)
_HOUR_LATER: Final = re.compile(
    framed(
        "from_hour",
        after=rf" (?:\d{{1,2}}(?:[:.]\d\d)?\s?(?:uhr|h|uur|u|am|pm|o'clock)(?![a-z])|\d{{1,2}}[:.]\d\d|{either('noon')})",
    )
)


def _is_deadline(beside: _Beside) -> bool:
    """Whether a day is one by which they will have answered, and not one until which they are away."""
    deadline = _DEADLINE.search(beside.before) and not _NOT_BEFORE.search(beside.before)
    if deadline or _DEADLINE_AFTER.search(beside.after):
        return True
    return bool(_PROMISE.search(beside.clause)) and not ABSENT.search(beside.clause)


_PROMISE: Final = re.compile(framed("promise"))


# "Je ne lirai rien avant la fin avril"
_NOT_BEFORE: Final = re.compile(
    framed("nothing", after=rf"(?![a-z])[^.!?;]{{0,40}} (?:{either('before')})")
)


def _joins(folded: str, first: NamedDay, last: NamedDay) -> bool:
    """Whether two days are those on which somebody is away: "closed on the 4th and on the 5th"."""
    between = folded[first.end : last.start]
    return bool(_JOINED.fullmatch(between)) and bool(
        ABSENT.search(folded[max(0, first.start - _WINDOW) : last.end + _WINDOW])
    )


_TODAY_AND: Final = re.compile(
    rf"(?:{either('today')})(?:\s?(?:{either('and_', 'and_after')})\s?|\s?[,/、・+&]\s?)$"
)
_JOINED: Final = re.compile(
    rf"\s*(?:{either('and_', 'and_after')})(?:\s+|(?<![\x00-\x7f]))(?:(?:{either('on', 'and_the')})\s+)*"
)


def _is_of_every_week(each: NamedDay, weight: int) -> bool:
    """Whether a day may be one of those on which somebody always works, or never."""
    return each.loose or ((each.weekday or each.bare) and weight < RETURN)


def _without_rows(folded: str, found: list[NamedDay]) -> list[NamedDay]:
    """Leave out several weekdays in one row: "I am normally in on Monday, Tuesday and Thursday"."""
    left: list[NamedDay] = []
    row: list[NamedDay] = []
    for each in found:
        if row and not _go_together(folded, row[-1], each):
            left += _unless_of_every_week(folded, row)
            row = []
        row.append(each)
    return left + _unless_of_every_week(folded, row)


def _unless_of_every_week(folded: str, row: list[NamedDay]) -> list[NamedDay]:
    if len(row) <= _FEW_DAYS:
        return row
    after = _BOUNDARY.split(folded[row[-1].end : row[-1].end + _WINDOW])[0]
    return row if ABSENT.search(_leading(folded, row[0]) + after) else []


def _go_together(folded: str, first: NamedDay, last: NamedDay) -> bool:
    if not (first.weekday and last.weekday):
        return False
    # A weekday behind a comma belongs to the day before it, as far as that can tell.
    return last.start < first.end or bool(_BESIDE_ANOTHER.fullmatch(folded, first.end, last.start))


_FEW_DAYS: Final = 2
_BESIDE_ANOTHER: Final = re.compile(rf"[,、・/\s]{{1,2}}|,?\s?(?:{either('and_', 'and_after')})\s?")


def _leading(folded: str, each: NamedDay) -> str:
    """Return what stands in the sentence of a day before it, other days too."""
    return _BOUNDARY.split(folded[max(0, each.start - _WINDOW) : each.start])[-1]


def _clause(folded: str, each: NamedDay, beside: _Beside) -> str:
    """Return the sentence of a day, other days before it too."""
    return _leading(folded, each) + beside.told + beside.after


def _unless_only_joined(before: str, after: str) -> int:
    """Return what speaks for a date with "until" or no more than an "and" before it.

    "And the 3rd" ends what begins with another date, or nothing.
    """
    joined = AND.search(before)
    if joined is None or _BEGUN_BY_NUMBER.search(before[: joined.start()]):
        return UNTIL_CUE
    return score(before[: joined.start()], after)


def _is_of_something_else(clause: str, at: int, weight: int, before: str) -> bool:
    """Whether the day `at` a place in a clause is that of an event: "the results are out on 4 March"."""
    if weight < 0:
        return False
    piece = _piece(clause, at)
    if _OCCASION.search(clause) and _MEETING.search(clause) and not SURELY_BACK.search(piece):
        return True
    if _OCCASION.search(piece) and not (SURELY_BACK.search(piece) or ABSENT.search(piece)):
        return True
    if _EVENT.search(piece) and not (
        ABSENT.search(piece) or SURELY_BACK.search(piece) or MYSELF.search(piece)
    ):
        return True
    if not _EVENT.search(clause) or ABSENT.search(clause):
        return False
    unsaid = weight == 0 or (
        weight == UNTIL_CUE and bool(AND.search(before) or not LONG_CUES.search(before))
    )
    return unsaid or not (SURELY_BACK.search(clause) or MYSELF.search(clause))


def _piece(clause: str, at: int) -> str:
    """Return what stands between the commas around a place in a clause."""
    begin = max(clause.rfind(", ", 0, at), clause.rfind("、", 0, at)) + 1
    end = _PIECE_END.search(clause, at)
    return clause[begin : end.start() if end else len(clause)]


_PIECE_END: Final = re.compile(r", |、|\.\s|\n")


def _behind(each: NamedDay, gone: date) -> date:
    """Return the day of a return that is named by weekday or number: the first such after `gone`."""
    if each.day >= gone:
        return each.day
    if each.weekday:
        return each.day + timedelta(days=-(-(gone - each.day).days // 7) * 7)
    return next_day(each.day.day, gone) or each.day


def _clause_behind(folded: str, found: list[NamedDay], index: int) -> str:
    """Return what is said right behind a day, up to a comma, a bracket or the next day."""
    begin = found[index].end
    end = found[index + 1].start if index + 1 < len(found) else begin + _WINDOW
    return _CLAUSE_END.split(_BOUNDARY.split(folded[begin:end])[0], maxsplit=1)[0]


_CLAUSE_END: Final = re.compile(r"[,;:(、]")


def _are_hours(folded: str, first: NamedDay, last: NamedDay, behind: str) -> bool:
    """Whether "Monday to Friday" are the days on which somebody works, and not when they are away."""
    if not (first.weekday and last.weekday):
        return False
    if not OPENS_RANGE.fullmatch(f" {folded[first.end : last.start].strip()}"):
        return False
    before = folded[max(0, first.start - _WINDOW) : first.start]
    return not (ABSENT.search(_BOUNDARY.split(before)[-1]) or ABSENT.search(behind))
