"""What a language is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWords:
    """What notices say.

    `absent`, `left`, `acknowledged` and `challenged` say what kind of notice it is; `automatic`
    says only that a machine answered; `away` is said by who is away in a notice that a machine
    sent, and by anybody in letters; `myself` speaks of one person; `event` makes a date that of
    something else; `subjects` begin the subjects of automatic answers. `back` are words of
    return. `opt_out` asks for no more mail; `not_opt_out` takes that back.

    `to_be_done` and `unchanged` ask for what whoever challenges wants: a link followed, an answer
    under the same subject. `closed` says that a door is, and `lasting` that it is so for a while;
    receipts have a `case_number` and a `term`, which is so many or `few` hours or working days.
    `open_ended` are absences without an end yet, `long_leave` those of months, in which
    `succession` may be spoken of; `for_good` says that there is no return.

    `surely_back` are words of return that are said of people and doors alone. A return is none
    with a `denial` in it, where `denies` stands right before it (but not with `denies_until`
    behind it), or `denied` right behind it (but not before `denied_until`), or where they are
    `still_away`. `nothing` is what they do `before` a day. With `promise` an answer is announced.
    `occasion` and `meeting` tell when one meets somebody somewhere; `part_time` says that one
    works on some days of each week.

    `automatic_hints` are beginnings or pieces of words, no patterns, of which one is in every text
    that is `automatic`, `subject_hints` those for subjects, and `notice_hints` those for every
    notice that its words alone give away.
    """

    absent: tuple[str, ...]
    left: tuple[str, ...]
    acknowledged: tuple[str, ...]
    subjects: tuple[str, ...]
    back: tuple[str, ...]
    opt_out: tuple[str, ...]
    away: tuple[str, ...] = ()
    myself: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    challenged: tuple[str, ...] = ()
    not_opt_out: tuple[str, ...] = ()
    to_be_done: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    case_number: tuple[str, ...] = ()
    few: tuple[str, ...] = ()
    term: tuple[str, ...] = ()
    open_ended: tuple[str, ...] = ()
    long_leave: tuple[str, ...] = ()
    succession: tuple[str, ...] = ()
    for_good: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    surely_back: tuple[str, ...] = ()
    promise: tuple[str, ...] = ()
    meeting: tuple[str, ...] = ()
    occasion: tuple[str, ...] = ()
    part_time: tuple[str, ...] = ()
    denial: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    denies_until: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    denied_until: tuple[str, ...] = ()
    still_away: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    subject_hints: tuple[str, ...] = ()
    automatic_hints: tuple[str, ...] = ()
    notice_hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWords:
    """How days are told.

    `months` (January first) and `weekdays` (Monday first) are full names and usual short ones.
    `until` and `since` stand right before a date that ends or begins an absence, `until_after`
    and `since_after` right after it. `spelt` are the days of a month spelt out, from the first;
    `counts` the numbers from one, `units` day, week and month as they are counted, and `hence`
    what stands before and after so many of them from now.

    `article` may stand between such a word and its date, `roughly` between `hence` and a number.
    `month_end`, `week_end` and `year_end` name the end of this one; `end_of` stands before a
    month, `whole` where all of it is meant, and `week` before the number of one.
    `short_weekdays` are so short that they are none but beside a date; `day_parts` may be part of
    the name of a weekday. `coming` stands before a date or a weekday that it belongs to, and
    `coming_after` behind one; `that_is` between a week or a weekday and its date; `on` before a
    weekday, and `on_day` before the number of a day.

    `within` stands right before a month or a week in which somebody is away, `through` before one
    of which the last day counts, `of_week` before the day with which a week begins; `before` a
    day has nothing done. `deadline` stands before the day by which something is done, and
    `deadline_after` behind it. `and_` joins two days, and `and_day` a day to the one before it;
    `and_after` stands behind the first of two, and `and_the` may stand before the second.
    `abbreviations` end with a full stop that ends no sentence.
    """

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    until: tuple[str, ...]
    since: tuple[str, ...]
    until_after: tuple[str, ...] = ()
    since_after: tuple[str, ...] = ()
    tomorrow: tuple[str, ...] = ()
    day_after_tomorrow: tuple[str, ...] = ()
    next_week: tuple[str, ...] = ()
    spelt: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    units: tuple[str, str, str] | None = None
    hence: tuple[str, str] = ("", "")
    deadline: tuple[str, ...] = ()
    deadline_after: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    of_week: tuple[str, ...] = ()
    and_: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    and_day: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    article: tuple[str, ...] = ()
    month_end: tuple[str, ...] = ()
    week_end: tuple[str, ...] = ()
    year_end: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    end_of: tuple[str, ...] = ()
    week: tuple[str, ...] = ()
    roughly: tuple[str, ...] = ()
    short_weekdays: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    coming_after: tuple[str, ...] = ()
    that_is: tuple[str, ...] = ()
    day_parts: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    on_day: tuple[str, ...] = ()
    and_after: tuple[str, ...] = ()
    and_the: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDayWords:
    """What makes a number, or the name of a day, something else.

    A number counts what is `counted`, or an hour that is told by `oclock` behind it, `at_hour`
    before it, or `to` and `to_the` before the next; `to_hour` is less sure. It is `dialled`, or
    belongs to one of the `numbers` by which matters and places go. A `street` may have the name
    of a day; behind `opening_hours` a day is one of each week, and so is that of which `every` is
    meant.
    """

    counted: tuple[str, ...] = ()
    oclock: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    at_hour: tuple[str, ...] = ()
    dialled: tuple[str, ...] = ()
    street: tuple[str, ...] = ()
    opening_hours: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    to_the: tuple[str, ...] = ()
    to_hour: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWords:
    """Who is to be written to instead.

    With `moved` somebody gives a new address of their own. `urgent` begins to say whom to turn to
    in the meantime. `former` stands right before an address that was theirs; `becomes` begins,
    and `out_of_use` ends, what is said right behind one. `desks` begin the addresses of desks,
    whose `mailbox` may be read `no_more`.
    """

    moved: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()
    out_of_use: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    mailbox: tuple[str, ...] = ()
    no_more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AbsenceWords:
    """One language's words."""

    notice: NoticeWords
    days: DayWords
    contacts: ContactWords
    no_days: NoDayWords = NoDayWords()

    def of(self, field: str) -> tuple[str, ...]:
        """Return the patterns of a field, which only one of the tables has."""
        for table in (self.notice, self.days, self.contacts, self.no_days):
            if hasattr(table, field):
                patterns: tuple[str, ...] = getattr(table, field)
                return patterns
        raise AttributeError(field)
