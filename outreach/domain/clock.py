"""Time as a parameter: who needs it is given a `Clock`, so that tests and simulations rule it.

All instants in Outreach are aware `datetime` values in UTC; a contact's own zone is applied where a
rule speaks of days or hours.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """Return the machine's present time."""
    return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; a naive one is a programming mistake and raises `ValueError`."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)
