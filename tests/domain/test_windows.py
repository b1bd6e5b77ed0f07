"""Sending windows against a wall clock that is read minute by minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.windows import Windows

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("windows", "now", "opens"),
    [
        # Tuesday, 10:00 in Berlin.
        ("Mon-Fri 09:00-17:00", "2026-12-01 09:00", None),
        ("09:00-17:00", "2026-12-01 16:00", "2026-12-02 08:00"),
        ("09:00-17:00", "2026-12-01 15:59", None),
        ("Mon-Fri 09:00-17:00", "2026-12-04 17:00", "2026-12-07 08:00"),
        ("Sat 10:00-12:00", "2026-12-05 11:00", "2026-12-12 09:00"),
        ("Mon-Fri 9:00-12:00, Mon-Fri 14:00-17:00", "2026-12-01 11:00", "2026-12-01 13:00"),
        ("Fri-Mon 00:00-24:00", "2026-12-01 11:00", "2026-12-03 23:00"),
        # 29 March 2026: from 02:00 to 03:00 there is no time; it is 01:00 UTC.
        ("02:30-17:00", "2026-03-29 00:59", "2026-03-29 01:00"),
        ("02:00-03:00", "2026-03-29 00:00", "2026-03-30 00:00"),
        ("02:30-17:00", "2026-03-29 01:00", None),
        # 25 October 2026: from 02:00 to 03:00 it is twice; from 00:00 and from 01:00 UTC.
        ("02:00-02:30", "2026-10-25 00:10", None),
        ("02:00-02:30", "2026-10-25 00:40", "2026-10-25 01:00"),
        ("02:00-02:30", "2026-10-25 01:10", None),
        ("02:15-02:30", "2026-10-25 00:40", "2026-10-25 01:15"),
        ("01:30-02:30", "2026-10-25 00:45", "2026-10-25 01:00"),
        ("02:00-02:30", "2026-10-25 01:30", "2026-10-26 01:00"),
    ],
)
def test_when_a_window_opens_in_berlin(windows, now, opens):
    found = Windows.parse(windows).opens(at(now), BERLIN)
    assert found == (at(opens) if opens else None)


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Havana",  # midnight itself is skipped
    "Asia/Kathmandu",
    "Pacific/Apia",
]
DAYS = ["", "Mon ", "Mon-Fri ", "Sat-Sun ", "Sun "]


def instants(begin: str, end: str) -> st.SearchStrategy[datetime]:
    minutes = round((at(end) - at(begin)) / MINUTE)
    return st.integers(0, minutes).map(lambda minute: at(begin) + minute * MINUTE)


INSTANTS = st.one_of(
    instants("2026-01-01", "2027-12-31"),
    # near where the clocks change
    instants("2026-03-28", "2026-04-06"),
    instants("2026-10-24", "2026-11-02"),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(DAYS),
    st.integers(0, 95),
    st.integers(1, 40),
    INSTANTS,
)
def test_it_opens_when_the_wall_clock_first_reads_a_time_within(zone, days, begin, length, now):
    opens, closes = begin * 15, min(begin * 15 + length * 15, 24 * 60)
    text = f"{days}{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
    windows = Windows.parse(text)
    found = windows.opens(now, ZoneInfo(zone))

    def is_open(moment: datetime) -> bool:
        wall = moment.astimezone(ZoneInfo(zone))
        named = {"": range(7), "Mon ": [0], "Mon-Fri ": range(5), "Sat-Sun ": [5, 6], "Sun ": [6]}
        return opens <= wall.hour * 60 + wall.minute < closes and wall.weekday() in named[days]

    assert (found is None) == is_open(now)
    moment = now
    while not is_open(moment):
        moment += MINUTE
    assert moment == (found or now)


@pytest.mark.parametrize(
    "text",
    ["", "9-17", "Mon-Fri", "Mon 17:00-09:00", "Xyz 09:00-17:00", "09:00-25:00", "09:60-17:00",
     "Mon-Fri 09:00-17:00,", "Mon,Tue 09:00-17:00", "09:00-09:00"],
)  # fmt: skip
def test_what_is_no_window(text):
    with pytest.raises(ValueError, match="Mon-Fri 09:00-17:00"):
        Windows.parse(text)
