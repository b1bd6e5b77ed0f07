"""Public fakes for tests, ours and those of programs built on Outreach."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.domain.clock import in_utc


@dataclass
class FrozenClock:
    """A `Clock` that stands still until it is told to move."""

    now: datetime

    def __post_init__(self) -> None:
        self.now = in_utc(self.now)

    def __call__(self) -> datetime:  # noqa: D102 - it is what the class says
        return self.now

    def advance(self, **amount: float) -> datetime:
        """Move on by a `timedelta` given in its own words, such as ``days=3``; return the time."""
        self.now += timedelta(**amount)
        return self.now
