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


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWords:
    """How days are told.

    `months` (January first) and `weekdays` (Monday first) are full names and usual short ones.
    `until` and `since` stand right before a date that ends or begins an absence, `until_after`
    and `since_after` right after it. `spelt` are the days of a month spelt out, from the first;
    `counts` the numbers from one, `units` day, week and month as they are counted, and `hence`
    what stands before and after so many of them from now.
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

    def of(self, field: str) -> tuple[str, ...]:
        """Return the patterns of a field, which only one of the tables has."""
        for table in (self.notice, self.days, self.contacts):
            if hasattr(table, field):
                patterns: tuple[str, ...] = getattr(table, field)
                return patterns
        raise AttributeError(field)
