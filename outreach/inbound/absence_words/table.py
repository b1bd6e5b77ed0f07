"""What a language is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AbsenceWords:
    """One language's words.

    `months` (January first) and `weekdays` (Monday first) are full names and usual short ones.
    `absent`, `left`, `acknowledged` and `challenged` say what kind of notice it is; `automatic`
    says only that a machine answered; `away` is said by who is away in a notice that a machine
    sent, and by anybody in letters; `myself` speaks of one person; `event` makes a date that of
    something else; `subjects` begin the subjects of automatic answers. `back` are words of
    return, `until` and `since` stand right before a date that ends or begins an absence,
    `until_after` and `since_after` right after it. `days` are the days of a month spelt out,
    from the first; `counts` the numbers from one, `units` day, week and month as they are
    counted, and `hence` what stands before and after so many of them from now. With `moved`
    somebody gives a new address of their own.
    """

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    absent: tuple[str, ...]
    left: tuple[str, ...]
    acknowledged: tuple[str, ...]
    subjects: tuple[str, ...]
    back: tuple[str, ...]
    until: tuple[str, ...]
    since: tuple[str, ...]
    away: tuple[str, ...] = ()
    myself: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    challenged: tuple[str, ...] = ()
    until_after: tuple[str, ...] = ()
    since_after: tuple[str, ...] = ()
    tomorrow: tuple[str, ...] = ()
    day_after_tomorrow: tuple[str, ...] = ()
    next_week: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    units: tuple[str, str, str] | None = None
    hence: tuple[str, str] = ("", "")
    moved: tuple[str, ...] = ()
