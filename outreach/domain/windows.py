"""Sending windows: the hours of the week, in somebody's time zone, in which mail may go out.

A window is open whenever the wall clock reads a time within it. So where clocks go forward, one
that begins in the missing hour opens when that is skipped; where they go back, the hour that comes
twice counts twice.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?:([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+)?(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)", re.ASCII
)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some days: `opens` and `closes` are minutes after midnight, weekdays from Monday."""

    days: frozenset[int]
    opens: int
    closes: int

    def holds(self, wall: datetime) -> bool:
        """Whether a wall time lies in the window."""
        minute = wall.hour * 60 + wall.minute
        return wall.weekday() in self.days and self.opens <= minute < self.closes


@dataclass(frozen=True, slots=True)
class Windows:
    """Several windows; mail may go while any of them is open."""

    windows: tuple[Window, ...]

    @classmethod
    def parse(cls, text: str) -> "Windows":
        """Read windows such as ``Mon-Fri 09:00-17:00, Sat 10:00-12:00``, or raise `ValueError`."""
        return cls(tuple(_window(part.strip().lower()) for part in text.split(",")))

    def opens(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the next window opens for somebody in `zone`; None where one is open."""
        if self._is_open(now, zone):
            return None
        today = now.astimezone(zone).date()
        # Eight days hold every weekday, and one more a first day whose window clocks skipped.
        for ahead in range(-1, 16):
            found = [
                moment
                for moment in self._candidates(today + timedelta(ahead), zone)
                if moment > now and self._is_open(moment, zone)
            ]
            if found:
                return min(found)
        raise AssertionError("a window that never opens was read from the settings")

    def _is_open(self, moment: datetime, zone: ZoneInfo) -> bool:
        wall = moment.astimezone(zone)
        return any(window.holds(wall) for window in self.windows)

    def _candidates(self, day: date, zone: ZoneInfo) -> set[datetime]:
        """Return the instants of a local day at which a window can open."""
        midnight = datetime.combine(day, time(), zone)
        found = {
            (midnight + timedelta(minutes=window.opens)).replace(fold=fold).astimezone(UTC)
            for window in self.windows
            for fold in (0, 1)
        }
        begin, end = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
        if begin.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
            found.add(_change(begin, end, zone))
        return found


def _change(begin: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return the minute between two instants at which the clocks of `zone` change."""
    before = begin.astimezone(zone).utcoffset()
    low, high = 0, round((end - begin) / _MINUTE)
    while high - low > 1:
        middle = (low + high) // 2
        if (begin + middle * _MINUTE).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return begin + high * _MINUTE


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text)
    form = "must look like Mon-Fri 09:00-17:00, with commas between several"
    if not found:
        raise ValueError(form)
    first, last = found[1] or "mon", found[2] or found[1] or "sun"
    if first not in _DAYS or last not in _DAYS:
        raise ValueError(form)
    opens, closes = (int(found[at]) * 60 + int(found[at + 1]) for at in (3, 5))
    if int(found[4]) > 59 or int(found[6]) > 59 or not opens < closes <= 24 * 60:
        raise ValueError(f"{form}; a window ends on the day it begins, at 24:00 at the latest")
    begin, length = _DAYS.index(first), (_DAYS.index(last) - _DAYS.index(first)) % 7 + 1
    return Window(frozenset((begin + step) % 7 for step in range(length)), opens, closes)
