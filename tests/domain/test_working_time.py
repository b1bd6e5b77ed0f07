"""When an answer is due that was promised in working days or hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.tiers import AnswerWithin
from outreach.domain.working_time import WorkingTime

BERLIN = ZoneInfo("Europe/Berlin")
CHRISTMAS = frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2027, 1, 1)})
WORK = WorkingTime(BERLIN, holidays=CHRISTMAS)


def at(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("received", "amount", "unit", "due"),
    [
        # Tuesday in office hours, at night before and after them.
        (at(1, 10), 1, "days", at(2, 17)),
        (at(1, 3), 1, "days", at(2, 17)),
        (at(1, 23), 1, "days", at(2, 17)),
        # Friday evening, Saturday and Sunday.
        (at(4, 20), 1, "days", at(7, 17)),
        (at(5, 12), 1, "days", at(7, 17)),
        (at(6, 23, 59), 2, "days", at(8, 17)),
        # Over Christmas: the 24th and 25th are holidays, the 26th and 27th a weekend.
        (at(23, 10), 1, "days", at(28, 17)),
        (at(1, 10), 4, "hours", at(1, 14)),
        (at(1, 15), 4, "hours", at(2, 11)),
        (at(1, 3), 4, "hours", at(1, 13)),
        (at(4, 16), 4, "hours", at(7, 12)),
        (at(4, 17), 4, "hours", at(7, 13)),
        (at(1, 9), 20, "hours", at(3, 13)),
    ],
)
def test_when_an_answer_is_due(received: datetime, amount: int, unit: str, due: datetime) -> None:
    assert WORK.due(received, AnswerWithin(amount, unit)) == due


def test_a_day_on_which_the_clocks_change_has_its_hours() -> None:
    before = datetime(2026, 3, 27, 16, tzinfo=BERLIN)  # the Friday before
    due = WorkingTime(BERLIN).due(before, AnswerWithin(2, "hours"))
    assert due.astimezone(BERLIN).isoformat() == "2026-03-30T10:00:00+02:00"


def test_it_cannot_close_before_it_opens() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        WorkingTime(BERLIN, time(17), time(9))


@given(
    days=st.integers(0, 3650),
    seconds=st.integers(0, 86_399),
    amount=st.integers(1, 40),
    unit=st.sampled_from(["days", "hours"]),
)
def test_what_always_holds(days: int, seconds: int, amount: int, unit: str) -> None:
    received = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=days, seconds=seconds)
    due = WORK.due(received, AnswerWithin(amount, unit))
    local = due.astimezone(BERLIN)
    assert due > received
    assert WORK.is_working_day(local.date())
    assert time(9) <= local.time() <= time(17)
    # Who promises more time never has to answer sooner, nor does a later mail come first.
    assert WORK.due(received, AnswerWithin(amount + 1, unit)) > due
    assert WORK.due(received + timedelta(hours=5), AnswerWithin(amount, unit)) >= due
