"""How fast mail may go: properties over random schedules, and the rules row by row."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.pacing import (
    CLOCK_SLACK,
    LONGEST_PAUSE,
    REFUSED_PAUSE,
    STEP,
    Breaker,
    Bucket,
    Health,
    Rate,
    WarmUp,
    accepted,
    backed_off,
    closed,
    new_lane,
)

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
UNITS = st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)])
RATES = st.builds(Rate, st.integers(1, 500), UNITS, st.integers(1, 40))
#: Seconds from one attempt to the next: many at once, some far apart.
GAPS = st.lists(
    st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 4000)), min_size=1, max_size=150
)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def check_bound(rate: Rate, taken: list[datetime]) -> None:
    """Between any two mails there were no more than burst and rate allow, both counted."""
    for first, begin in enumerate(taken):
        for count, end in enumerate(taken[first:], start=1):
            assert count <= rate.burst + rate.after(end - begin) + 1e-4


@given(RATES, GAPS)
def test_no_stretch_of_time_sees_more_than_burst_and_rate(rate, gaps):
    bucket, now, taken = new_lane("x", rate, NOW).bucket, NOW, []
    for gap in gaps:
        now += seconds(gap)
        bucket = bucket.refilled(rate, now)
        if bucket.has_one:
            bucket = bucket.less()
            taken.append(now)
        else:
            # A wait that is over too early would be a second look for nothing, and one that is
            # longer than need be, a slower rate.
            ready = bucket.ready_at(rate)
            assert bucket.refilled(rate, ready).has_one
            assert not bucket.refilled(rate, ready - rate.per / 1000).has_one
    check_bound(rate, taken)


@given(RATES, GAPS, st.lists(st.integers(0, 149)), st.lists(st.floats(0, 20_000), max_size=5))
def test_a_clock_that_goes_backwards_gives_nothing(rate, gaps, when, jumps):
    """What passes is time; the clock that says it is put back now and then."""
    bucket, passed, behind, taken = new_lane("x", rate, NOW).bucket, NOW, 0.0, []
    jumping = dict(zip(when, jumps, strict=False))
    for step, gap in enumerate(gaps):
        passed += seconds(gap)
        behind += jumping.get(step, 0.0)
        bucket = bucket.refilled(rate, passed - seconds(behind))
        if bucket.has_one:
            bucket = bucket.less()
            taken.append(passed)
    check_bound(rate, taken)


@given(RATES, st.lists(st.tuples(st.floats(0, 30), st.integers(0, 2)), max_size=150))
def test_machines_whose_clocks_differ_share_one_limit(rate, attempts):
    skews = [timedelta(0), -CLOCK_SLACK / 2, CLOCK_SLACK / 2]
    bucket, now, taken = new_lane("x", rate, NOW + skews[2]).bucket, NOW, []
    for gap, machine in attempts:
        now += seconds(gap)
        bucket = bucket.refilled(rate, now + skews[machine])
        if bucket.has_one:
            bucket = bucket.less()
            taken.append(now)
    # The clock that is furthest ahead may be believed once, when it is first seen.
    skew = Rate(rate.number, rate.per, rate.burst + rate.after(CLOCK_SLACK))
    check_bound(skew, taken)


def test_a_clock_put_right_by_hours_does_not_stop_the_mail_for_hours():
    rate = Rate(60, timedelta(hours=1))
    bucket = Bucket(0.0, NOW + timedelta(hours=3)).refilled(rate, NOW)
    assert not bucket.has_one
    assert bucket.ready_at(rate) == NOW + timedelta(minutes=1)
    near = Bucket(0.0, NOW + timedelta(minutes=1)).refilled(rate, NOW)
    assert near.ready_at(rate) == NOW + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("text", "number", "per"),
    [
        ("600/hour", 600, timedelta(hours=1)),
        ("10 / second", 10, timedelta(seconds=1)),
        ("5000 per day", 5000, timedelta(days=1)),
        ("2 a Minute", 2, timedelta(minutes=1)),
    ],
)
def test_rates_as_people_write_them(text, number, per):
    rate = Rate.parse(text, burst=7)
    assert rate == Rate(number, per, 7)
    assert Rate.parse(str(rate), burst=7) == rate


@pytest.mark.parametrize("text", ["", "0/hour", "600", "-1/hour", "1.5/hour", "10/week", "x/hour"])
def test_what_is_no_rate(text):
    with pytest.raises(ValueError, match="such as 10/second"):
        Rate.parse(text)


# Warming up

WARM_UPS = st.builds(
    WarmUp,
    st.just(date(2026, 12, 1)),
    st.integers(1, 200),
    st.floats(1.01, 3),
    st.integers(200, 20_000),
)


@given(WARM_UPS, GAPS)
def test_no_day_of_a_warm_up_sees_more_than_its_volume(warm_up, gaps):
    now = NOW
    rate = warm_up.rate(now)
    if rate is None:
        return
    bucket, days = new_lane("warm-up", rate, now).bucket, {}
    for gap in gaps:
        now += seconds(gap * 5)
        # What the day before gave per second holds until the bucket is next looked at.
        rate = warm_up.rate(bucket.at)
        if warm_up.rate(now) is None or rate is None:
            break
        bucket = bucket.refilled(rate, now)
        while bucket.has_one:
            bucket = bucket.less()
            days[now.date()] = days.get(now.date(), 0) + 1
    for day, number in days.items():
        assert number <= warm_up.volume(day) + 1e-6


def test_a_warm_up_grows_by_the_day_and_ends():
    warm_up = WarmUp(date(2026, 12, 1), 50, 1.5, 5000)
    volumes = [warm_up.volume(date(2026, 12, day)) for day in range(1, 15)]
    assert volumes[:4] == [50, 75, 112.5, 168.75]
    grown = [volume for volume in volumes if volume is not None]
    assert all(before < after for before, after in pairwise(grown))
    assert grown[-1] <= 5000 < grown[-1] * 1.5
    assert volumes[-1] is None
    assert warm_up.volume(date(2099, 1, 1)) is None
    # Before its first day, as on it.
    assert warm_up.volume(date(2026, 1, 1)) == 50


# A receiver that finds us too fast


def test_gmails_rule_stop_ten_minutes_then_one_connection_then_one_more_at_a_time():
    lane = new_lane("google.com", None, NOW)
    assert not lane.is_slowed
    lane = backed_off(lane, NOW, asked=None, jitter=0.0)
    assert closed(lane, NOW) == NOW + REFUSED_PAUSE == NOW + timedelta(minutes=10)
    # Mail that was on its way says the same; that is one refusal.
    assert backed_off(lane, NOW + seconds(5), asked=None, jitter=0.0) == lane
    now = NOW + REFUSED_PAUSE
    assert closed(lane, now) is None
    assert lane.connections == 1
    most, seen = 5, []
    while lane.connections is not None:
        seen.append(lane.connections)
        # However much goes well within a minute, it is one more.
        for _ in range(20):
            now += STEP / 20
            lane = accepted(lane, now, most)
    assert seen == [1, 2, 3, 4]
    assert lane.pauses == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0, 1e5))
def test_each_refusal_after_a_pause_makes_the_next_one_longer(jitters, asked):
    lane, now, pauses = new_lane("x", None, NOW), NOW, []
    least = max(REFUSED_PAUSE, seconds(asked))
    for jitter in jitters:
        lane = backed_off(lane, now, asked=seconds(asked), jitter=jitter)
        assert lane.closed_until is not None
        assert lane.connections == 1
        pauses.append(lane.closed_until - now)
        now = lane.closed_until
    assert all(pause >= least for pause in pauses)
    assert all(pause <= max(LONGEST_PAUSE, least) * 1.25 for pause in pauses)
    assert lane.pauses == len(jitters)


def test_a_lane_that_a_clock_closed_that_was_a_year_ahead_opens_when_it_is_right():
    ahead = NOW + timedelta(days=365)
    lane = backed_off(new_lane("x", None, ahead), ahead, asked=None, jitter=0)
    assert closed(lane, ahead) is not None
    assert closed(lane, NOW) is None
    # And comes back to speed from now on.
    lane = accepted(lane, NOW, 3)
    assert (lane.closed_until, lane.stepped_at, lane.connections) == (None, NOW, 1)
    assert accepted(lane, NOW + STEP, 3).connections == 2


def test_a_mail_taken_while_the_lane_is_closed_speeds_nothing_up():
    lane = backed_off(new_lane("x", None, NOW), NOW, asked=None, jitter=0.0)
    assert accepted(lane, NOW + seconds(1), 1) == lane
    assert accepted(new_lane("x", None, NOW), NOW, 4) == new_lane("x", None, NOW)


# The breaker

USUAL = Breaker(bounces=5.0, complaints=0.3, sample=100)


@pytest.mark.parametrize(
    ("answered", "bounced", "complained", "trips"),
    [
        (99, 99, 99, None),
        (100, 4, 0, None),
        (100, 5, 0, "5 of 100 mails bounced: 5 %, and 5 % is the limit"),
        (100, 0, 1, None),
        (200, 15, 0, "15 of 200 mails bounced: 7.5 %, and"),
        (1000, 214, 0, "214 of 1,000 mails bounced: 21 %, and"),
        (100, 100, 0, "100 of 100 mails bounced: 100 %, and 5 % is the limit"),
        (600, 0, 2, "2 of 600 mails brought a complaint: 0.33 %, and 0.3 % is the limit"),
        (1000, 0, 2, None),
        (1000, 0, 3, "3 of 1,000 mails brought a complaint"),
    ],
)
def test_when_a_mailing_stops_itself(answered, bounced, complained, trips):
    said = USUAL.trips(Health(answered, bounced, complained))
    assert (said is None) == (trips is None)
    if trips:
        assert said.startswith(trips)


def test_what_was_known_when_a_person_looked_does_not_count_again():
    before = Health(200, 20, 3)
    now = before + Health(100, 1, 0)
    assert USUAL.trips(now) is not None
    assert USUAL.trips(now - before) is None
    assert Breaker(5.0, 0.3, 0).trips(Health()) is None
