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

    With `moved` somebody gives a new address of their own.
    """

    moved: tuple[str, ...] = ()


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
