"""What a language is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWords:
    """What notices say.

    `absent`, `left`, `acknowledged` and `challenged` say what kind of notice it is; `automatic`
    says only that a machine answered; `away` is said by who is away in a notice that a machine
    sent, and by anybody in letters; `myself` speaks of one person; `answers` says that somebody
    reads or answers mail; `event` makes a date that of
    something else; `subjects` begin the subjects of automatic answers.

    `greetings` stand before a name in a letter to somebody, and `to_all` in its place in one to
    everybody; both are compared without regard to case.

    `back` are words of return, `surely_back` those that are said of people and doors alone. They
    are none with a `denial` among them; behind `denies`, unless `denies_until` follows; before
    `denied`, unless `denied_until` follows, and before what says that somebody is `still_away`.
    `nothing` denies what is done before a day. Behind `was`, or before `was_after`, an absence is
    over.

    `open_ended` are absences without an end yet, `long_leave` those of months, in which there may
    be talk of `succession`; `for_good` says that there is no return. `part_time` works on some
    days of each week. At an `occasion` many meet, and `meeting` is said of two.

    `closed` is said of a desk, `lasting` of what takes more than a day. A receipt has a
    `case_number`, which is not behind `phone`; a `term` of `few` hours or working days; or a
    `promise` of an answer. Who challenges wants something `to_be_done`, or the subject `unchanged`.

    The hints are no patterns but pieces of words, of which one is in every text that may be
    `automatic` (`automatic_hints`), in every such subject (`subject_hints`), and in every notice
    that is known by its words alone (`notice_hints`): other texts are not looked at.
    """

    absent: tuple[str, ...]
    left: tuple[str, ...]
    acknowledged: tuple[str, ...]
    subjects: tuple[str, ...]
    back: tuple[str, ...]
    away: tuple[str, ...] = ()
    myself: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    greetings: tuple[str, ...] = ()
    to_all: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    challenged: tuple[str, ...] = ()
    surely_back: tuple[str, ...] = ()
    denial: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    denies_until: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    denied_until: tuple[str, ...] = ()
    still_away: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    was_after: tuple[str, ...] = ()
    open_ended: tuple[str, ...] = ()
    long_leave: tuple[str, ...] = ()
    succession: tuple[str, ...] = ()
    for_good: tuple[str, ...] = ()
    part_time: tuple[str, ...] = ()
    occasion: tuple[str, ...] = ()
    meeting: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    case_number: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    term: tuple[str, ...] = ()
    few: tuple[str, ...] = ()
    promise: tuple[str, ...] = ()
    to_be_done: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    automatic_hints: tuple[str, ...] = ()
    subject_hints: tuple[str, ...] = ()
    notice_hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWords:
    """How days are told.

    `months` (January first) and `weekdays` (Monday first) are full names and usual short ones;
    `short_weekdays` count beside a date alone; a weekday may end with `day_parts`. `spelt` are
    the days of a month spelt out, from the first; `ordinals` follow the number of one. `counts`
    are the numbers from one, `units` day, week and month as they are counted, and `hence` what
    stands before and after so many of them from now, with `roughly` before the number; `from_now`
    says beside a number of them that they begin today, as `ahead` does before it, between or
    behind it ("the next two weeks"). `today`, `tomorrow`, `day_after_tomorrow`, `next_week` and
    `next_month` are such days, `month_end`, `week_end` and `year_end` the end of the present one,
    `next_week_end` and `next_month_end` that of the next. `end_of` and
    `start_of` stand before a month, `whole` before one that is meant from its first day to its
    last, `middle_of` before one of which no day is told, `week` before the number of one.
    `of_next_week` stands behind a weekday.

    `until` and `since` stand right before a date that ends or begins an absence, with an `article`
    or the like between, `until_after` and `since_after` right after it; `last_day` says "until" as
    well, and that the day is the last one. So do `through`, which stands before a day or a time
    that is meant to its end, and `included`, which follows it, of what an `until` ends. `within`
    stands before a time in which somebody is away, `before` where nothing is done until a day,
    `deadline` and `deadline_after` beside a day by which something is; `of_week` before the day
    with which a week begins.

    `and_` joins days, `and_day` as well and with a word for day, `and_after` behind the first of
    them; `and_the` or `on` may follow. `on` stands before a weekday, `on_day` before a number
    alone. `coming` before a day and `coming_after` behind it belong to it; `that_is` explains a
    week or a weekday by a date. `abbreviations` are those whose full stop ends no sentence.
    """

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    until: tuple[str, ...]
    since: tuple[str, ...]
    last_day: tuple[str, ...] = ()
    until_after: tuple[str, ...] = ()
    since_after: tuple[str, ...] = ()
    short_weekdays: tuple[str, ...] = ()
    day_parts: tuple[str, ...] = ()
    spelt: tuple[str, ...] = ()
    ordinals: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    units: tuple[str, str, str] | None = None
    hence: tuple[str, str] = ("", "")
    from_now: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    roughly: tuple[str, ...] = ()
    today: tuple[str, ...] = ()
    tomorrow: tuple[str, ...] = ()
    day_after_tomorrow: tuple[str, ...] = ()
    next_week: tuple[str, ...] = ()
    of_next_week: tuple[str, ...] = ()
    next_month: tuple[str, ...] = ()
    next_week_end: tuple[str, ...] = ()
    next_month_end: tuple[str, ...] = ()
    month_end: tuple[str, ...] = ()
    week_end: tuple[str, ...] = ()
    year_end: tuple[str, ...] = ()
    end_of: tuple[str, ...] = ()
    start_of: tuple[str, ...] = ()
    middle_of: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    week: tuple[str, ...] = ()
    article: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    deadline: tuple[str, ...] = ()
    deadline_after: tuple[str, ...] = ()
    of_week: tuple[str, ...] = ()
    and_: tuple[str, ...] = ()
    and_day: tuple[str, ...] = ()
    and_after: tuple[str, ...] = ()
    and_the: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    on_day: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    coming_after: tuple[str, ...] = ()
    that_is: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDayWords:
    """What makes a number, or the name of a day, something else.

    A number may count what is `counted`, or be an hour: before `oclock`, behind `at_hour`, or
    before `to` and another hour (`to_the` where only an hour is in question, `to_hour` where it
    is said that it is one). Behind a day `by_hour` tells its hour, `from_hour` the hour or `noon`
    at which it begins; between a weekday and hours `of_hours` makes it one of each week, as
    `opening_hours` and `every` do before it. Numbers are `dialled`, or tell matters and places
    (`numbers`); a `street` may be named after a day.
    """

    counted: tuple[str, ...] = ()
    oclock: tuple[str, ...] = ()
    at_hour: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    to_the: tuple[str, ...] = ()
    to_hour: tuple[str, ...] = ()
    by_hour: tuple[str, ...] = ()
    from_hour: tuple[str, ...] = ()
    noon: tuple[str, ...] = ()
    of_hours: tuple[str, ...] = ()
    opening_hours: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    dialled: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    street: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWords:
    """Who is to be written to instead.

    With `moved` somebody gives a new address of their own; `address_hints` are no patterns but
    pieces of words, in lower case, of which one stands in every such text. `urgent` begins to say
    whom to turn to in the meantime; `at` may stand between a name and an address. An address was
    theirs behind `former`, or where `becomes` follows, and `out_of_use`. `desks` begin the
    addresses of desks, to which a `mailbox` sends us that is not read, and not one that is theirs
    `no_more`.
    """

    moved: tuple[str, ...] = ()
    address_hints: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()
    out_of_use: tuple[str, ...] = ()
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
