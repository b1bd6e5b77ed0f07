"""Working days and hours: when an answer is due that was promised in them.

A promise of hours runs while the firm works and stands still while it does not. A promise of days
is kept by the end of the last of them, counted from the day after the mail came: what comes on
Friday night or on Sunday is answered within one working day by the end of Monday.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.domain.tiers import AnswerWithin

_SATURDAY = 5
_LONGEST_CLOSURE = 366  # days looked ahead for one on which somebody works


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When the firm works: Monday to Friday without `holidays`, `opens` to `closes` in `zone`."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("a working day ends after it begins")

    def is_working_day(self, day: date) -> bool:
        """Whether somebody works on `day`."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def next_working_day(self, day: date) -> date:
        """Return the first working day after `day`."""
        for _ in range(_LONGEST_CLOSURE):
            day += timedelta(1)
            if self.is_working_day(day):
                return day
        raise ValueError("a whole year of holidays")

    def due(self, received: datetime, promise: AnswerWithin) -> datetime:
        """Return until when a mail that came at `received` is to be answered, in UTC."""
        if promise.unit == "hours":
            day, begins = self._begin(received)
            return self._after_hours(day, begins, timedelta(hours=promise.amount))
        day = received.astimezone(self.zone).date()
        for _ in range(promise.amount):
            day = self.next_working_day(day)
        return self._at(day, self.closes)

    def _begin(self, moment: datetime) -> tuple[date, datetime]:
        """Return the working day and instant from which a mail of `moment` is counted."""
        day = moment.astimezone(self.zone).date()
        if self.is_working_day(day) and moment < self._at(day, self.closes):
            return day, max(moment, self._at(day, self.opens))
        day = self.next_working_day(day)
        return day, self._at(day, self.opens)

    def _after_hours(self, day: date, begins: datetime, left: timedelta) -> datetime:
        while begins + left > (end := self._at(day, self.closes)):
            left -= end - begins
            day = self.next_working_day(day)
            begins = self._at(day, self.opens)
        return begins + left

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone).astimezone(UTC)
