"""What runs share: on both databases, from many connections at once, and after restarts."""

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from outreach.domain.causes import Cause, Step
from outreach.domain.feedback import Fault, Outcome
from outreach.domain.mailing import ContentClass
from outreach.domain.pacing import REFUSED_PAUSE, Allowance, Limit, Pace, Rate, WarmUp
from outreach.domain.windows import Windows
from outreach.services.pacing import LOOK, Pacer
from outreach.storage.database import Database, Held
from outreach.storage.lanes import Lanes
from outreach.transport.base import Receipt
from outreach.transport.exchangers import Exchangers
from tests.services.desk import ACCEPTED, RATE

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)


def pacer(pace: Pace, connections: int = 4, **how: object) -> Pacer:
    return Pacer(pace, "mail", connections=connections, draw=lambda: 0.0, **how)  # type: ignore[arg-type]


class Sender:
    """One process, with a connection and a pacer of its own."""

    def __init__(self, database: Database, pace: Pace, **how: object) -> None:
        self.pacer = pacer(pace, **how)
        self._hold: AbstractContextManager[Held] | None = database.hold()
        self.lanes = Lanes(self._hold.__enter__())
        self._number = 1000 * id(self) % 10**9

    def close(self) -> None:
        if self._hold is not None:
            self._hold.__exit__(None, None, None)
            self._hold = None

    def begin(self, now: datetime, email: str = "ann@example.com") -> int | None:
        """Begin one mail, as a transaction; return its number if it may go."""
        self._number += 1
        with self.lanes.held.write():
            self.pacer.enter(self.lanes, [email], [], now)
            delay = self.pacer.begin(self._number, email, now, now + LEASE)
            self.pacer.leave()
        return None if delay else self._number

    def hear(
        self, number: int, receipt: Receipt, now: datetime, email: str = "ann@example.com"
    ) -> str | None:
        with self.lanes.held.write():
            self.pacer.enter(self.lanes, [email], [receipt], now)
            said = self.pacer.heard(number, email, receipt, now, alone=True)
            self.pacer.leave()
        return said

    def send(self, now: datetime, email: str = "ann@example.com") -> bool:
        number = self.begin(now, email)
        if number is not None:
            self.hear(number, ACCEPTED, now, email)
        return number is not None


@pytest.fixture
def senders(database: Database):
    made: list[Sender] = []

    def make(pace: Pace, **how: object) -> Sender:
        made.append(Sender(database, pace, **how))
        return made[-1]

    yield make
    for each in made:
        each.close()


def paced(rate: str, burst: int = 1, **more: object) -> Pace:
    return Pace(transport=Limit(Rate.parse(rate, burst)), **more)  # type: ignore[arg-type]


def test_without_limits_nothing_is_watched_or_written(senders, database):
    sender = senders(Pace())
    assert not sender.pacer.watches
    assert all(sender.send(NOW) for _ in range(50))
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM lanes")).scalar() == 0


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 20)), min_size=20, max_size=60))
def test_many_processes_and_restarts_share_one_rate(senders, database, schedule):
    """Each step: which process tries, and how long after the one before."""
    with database.write() as session:
        session.execute(text("DELETE FROM lanes"))
    rate = Rate.parse("30/minute", 3)
    processes = [senders(Pace(transport=Limit(rate))) for _ in range(3)]
    now, sent = NOW, []
    for step, (which, gap) in enumerate(schedule):
        now += timedelta(seconds=gap)
        if step % 7 == 6:
            processes[which].pacer = pacer(Pace(transport=Limit(rate)))  # it starts anew
        if processes[which].send(now):
            sent.append(now)
    for process in processes:
        process.close()
    for first, begin in enumerate(sent):
        for count, end in enumerate(sent[first:], start=1):
            assert count <= rate.burst + rate.after(end - begin) + 1e-4


def test_at_the_same_moment_no_two_take_one_token(senders, database):
    """Real threads, real transactions: of sixty attempts at one instant ten may go."""
    pace = paced("1/hour", 10)
    processes = [senders(pace) for _ in range(3)]
    counts = [0, 0, 0]

    def attempt(which: int) -> None:
        counts[which] = sum(processes[which].send(NOW) for _ in range(20))

    threads = [threading.Thread(target=attempt, args=(which,)) for which in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(counts) == 10


def test_what_is_sent_by_hand_waits_for_nothing_and_is_made_up_for(senders, database):
    sender = senders(paced("1/minute", burst=2))
    for _ in range(4):
        sender.pacer.count(database, "bo@example.org", NOW)
    gone = [minute for minute in range(8) if sender.send(NOW + minute * MINUTE)]
    assert gone == [3, 4, 5, 6, 7]


def test_where_nothing_is_limited_nothing_is_counted(senders, database):
    sender = senders(Pace(transport=Limit(connections=2)))
    sender.pacer.count(database, "bo@example.org", NOW)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM lanes")).scalar() == 0


def test_mail_for_other_domains_goes_on(senders):
    limit = Limit(Rate.parse("1/minute"))
    sender = senders(Pace(domains={"google.com": limit}))
    assert sender.send(NOW, "ann@gmail.com")
    # The same servers, so the same limit.
    assert not sender.send(NOW, "bob@googlemail.com")
    assert all(sender.send(NOW, "cai@example.com") for _ in range(20))
    delay = sender.pacer.delay("dan@gmail.com", NOW)
    assert delay.at == NOW + MINUTE
    assert delay.why == "google.com is given 1/minute"
    assert sender.pacer.delay("eve@example.com", NOW) is None
    assert sender.send(delay.at, "dan@gmail.com")


def test_what_is_in_hand_is_not_promised_twice(senders):
    sender = senders(paced("1/minute", 2))
    sender.send(NOW)
    assert sender.pacer.delay("ann@example.com", NOW) is None
    sender.pacer.take_in_hand(1, "ann@example.com", NOW)
    assert sender.pacer.delay("bob@example.com", NOW).at == NOW + MINUTE
    sender.pacer.let_go(1)
    assert sender.pacer.delay("bob@example.com", NOW) is None


def test_only_so_many_are_under_way_at_once_over_all_processes(senders, database):
    pace = Pace(domain=Limit(connections=2))
    first, second = senders(pace), senders(pace)
    one = first.begin(NOW)
    assert one is not None
    assert second.begin(NOW) is not None
    assert first.begin(NOW) is None
    assert second.begin(NOW) is None
    assert second.begin(NOW, "bob@example.org") is not None
    first.hear(one, ACCEPTED, NOW)
    assert second.begin(NOW) is not None
    assert first.begin(NOW) is None
    # Those of a process that died count no more when its lease has ended.
    later = NOW + LEASE + timedelta(seconds=1)
    assert first.begin(later) is not None
    assert first.begin(later) is not None
    assert first.begin(later) is None


def through(rate: str, burst: int = 1, **more: object) -> Allowance:
    return Allowance(Limit(Rate.parse(rate, burst)), **more)  # type: ignore[arg-type]


def test_a_mail_counts_as_under_way_for_as_long_as_its_run_says(senders):
    pace = Pace(transport=Limit(connections=1))
    slow, other = senders(pace), senders(pace)
    number = slow.begin(NOW)
    later = NOW + 2 * LEASE
    with slow.lanes.held.write():
        slow.pacer.keep(slow.lanes, later + LEASE)
    assert not other.send(later)
    slow.hear(number, ACCEPTED, later)
    assert other.send(later + MINUTE)


def test_each_server_has_limits_of_its_own(senders):
    preferred = ["first"]
    pace = Pace(servers={"first": through("1/minute"), "second": through("1/hour", 2)})
    one, other = (senders(pace, preferred=lambda: preferred[0]) for _ in range(2))
    assert one.send(NOW)
    assert not other.send(NOW)
    preferred[0] = "second"
    assert other.send(NOW)
    assert one.send(NOW)
    assert not one.send(NOW + MINUTE)
    delay = one.pacer.delay_of_all(NOW + MINUTE)
    assert (delay.at, delay.why) == (NOW + timedelta(hours=1), "second is given 1/hour")
    preferred[0] = "first"
    assert one.pacer.delay_of_all(NOW + MINUTE) is None
    assert one.send(NOW + MINUTE)
    preferred[0] = "third"  # of which nothing is said
    assert all(one.send(NOW) for _ in range(20))


def test_a_mail_that_fails_over_takes_its_turn_at_the_next_server(senders):
    slow = Allowance(Limit(Rate.parse("1/minute"), 1))
    sender = senders(Pace(servers={"second": slow}), preferred=lambda: "first")
    pacer = sender.pacer
    numbers = [sender.begin(NOW) for _ in range(3)]
    assert None not in numbers
    until = NOW + LEASE
    assert pacer.fail_over(numbers[0], "first", NOW, until) is None
    assert pacer.fail_over(numbers[0], "second", NOW, until) is None
    # Another process sees that it is taken, and by whom it is under way.
    other = senders(Pace(servers={"second": slow}), preferred=lambda: "second")
    assert other.begin(NOW) is None
    assert pacer.fail_over(numbers[1], "second", NOW, until).at == NOW + MINUTE
    later = NOW + MINUTE
    assert other.begin(later) is None
    sender.hear(numbers[0], ACCEPTED, later)
    taken = other.begin(later)
    assert taken is not None
    assert pacer.fail_over(numbers[2], "second", later, until) is not None
    other.hear(taken, ACCEPTED, later)


def test_a_server_that_is_new_is_warmed_up_alone(senders):
    warm_up = WarmUp(NOW.date(), 24, 2.0, 1000)
    pace = Pace(servers={"new": Allowance(warm_up=warm_up)})
    preferred = ["new"]
    sender = senders(pace, preferred=lambda: preferred[0])
    assert sender.send(NOW)
    assert not sender.send(NOW)
    assert "new is warming up" in sender.pacer.delay_of_all(NOW).why
    preferred[0] = "old"
    assert all(sender.send(NOW) for _ in range(20))


def test_a_warm_up_lets_no_more_out_than_the_day_allows(senders):
    sender = senders(Pace(warm_up=WarmUp(date(2026, 12, 1), 24, 2.0, 100)))
    by_day: dict[date, int] = {}
    now = NOW.replace(hour=0)
    while now < NOW + timedelta(days=3):
        by_day[now.date()] = by_day.get(now.date(), 0) + sender.send(now)
        now += 2 * MINUTE
    counts = list(by_day.values())
    assert counts[0] <= 24
    assert counts[1] <= 48
    assert counts[2] <= 96
    # And it is no slower than it says.
    assert counts[0] >= 22
    assert counts[1] >= 43
    after = NOW + timedelta(days=5)
    assert all(sender.send(after) for _ in range(200))


# A receiver that finds us too fast


def test_too_fast_closes_that_receiver_to_all_and_opens_it_bit_by_bit(senders):
    first, second = senders(Pace(), connections=3), senders(Pace(), connections=3)
    number = first.begin(NOW, "ann@gmail.com")
    assert number is not None
    assert first.hear(number, RATE, NOW, "ann@gmail.com") is None
    # The other process learns of it without being told so itself.
    now = NOW + LOOK
    for sender in (first, second):
        assert not sender.send(now, "bob@gmail.com")
        assert sender.pacer.watches
        assert sender.send(now, "bob@example.com")
    assert first.pacer.delay("bob@gmail.com", now).why == "google.com found us too fast"
    now = NOW + REFUSED_PAUSE
    one = first.begin(now, "ann@gmail.com")
    assert one is not None
    # One connection, in all processes together.
    assert second.begin(now, "bob@gmail.com") is None
    now += MINUTE
    first.hear(one, ACCEPTED, now, "ann@gmail.com")
    two = [each.begin(now, "cai@gmail.com") for each in (first, second)]
    assert None not in two
    assert first.begin(now, "dan@gmail.com") is None
    now += MINUTE
    for sender, begun in zip((first, second), two, strict=True):
        sender.hear(begun, ACCEPTED, now, "cai@gmail.com")
    # Three is what they open at most: back at full speed.
    assert all(first.begin(now, "eve@gmail.com") for _ in range(5))
    second.begin(now + LOOK)
    assert not second.pacer.watches


def test_a_second_receiver_that_says_so_means_the_way_there(senders):
    sender = senders(Pace())
    for email in ("ann@gmail.com", "bob@example.com"):
        number = sender.begin(NOW, email)
        sender.hear(number, RATE, NOW, email)
    assert not sender.send(NOW, "cai@example.org")
    assert sender.pacer.delay("cai@example.org", NOW).why == "mail found us too fast"


def test_a_server_that_takes_no_more_connections_is_content_with_those_there_are(senders):
    busy = Receipt(
        Outcome.DEFERRED, Fault.REPUTATION, Cause.RATE, Step.CONNECT, "421 too many", "mail"
    )
    sender = senders(Pace())
    number = sender.begin(NOW)
    with sender.lanes.held.write():
        sender.pacer.enter(sender.lanes, ["ann@example.com"], [busy], NOW)
        sender.pacer.heard(number, "ann@example.com", busy, NOW, alone=False)
        sender.pacer.leave()
    assert sender.send(NOW)
    sender.hear(sender.begin(NOW), busy, NOW)
    assert not sender.send(NOW)


def test_who_is_never_content_with_us_is_for_a_person_to_look_at(senders):
    sender, now, said = senders(Pace()), NOW, []
    while not said or said[-1] is None:
        number = sender.begin(now)
        assert number is not None
        said.append(sender.hear(number, RATE, now))
        now += timedelta(hours=4)
    assert len(said) == 7
    assert said[-1] == "example.com found us too fast 6 times in a row, the last time"


# Windows


@pytest.mark.parametrize(
    ("timezone", "zone", "kind", "opens"),
    [
        ("Europe/Berlin", None, ContentClass.GIVE, None),
        ("America/New_York", None, ContentClass.GIVE, "2026-12-01T14:00"),
        ("America/New_York", "Europe/Berlin", ContentClass.GIVE, None),
        ("America/New_York", None, ContentClass.ALERT, None),
        (None, None, ContentClass.GIVE, "2026-12-02T00:00"),
    ],
)
def test_windows_in_whose_time_zone(timezone, zone, kind, opens):
    pace = Pace(windows=Windows.parse("09:00-17:00"), zone=zone)
    decision = pacer(pace, firm_zone="Asia/Tokyo").window(timezone, kind, NOW)
    assert (decision is None) == (opens is None)
    if opens:
        assert decision.until == datetime.fromisoformat(opens).replace(tzinfo=UTC)
        assert decision.rule == "window"


# Who runs a domain's servers


class Names:
    """A name server's answers, and what it was asked."""

    def __init__(self, **answers: Exchangers) -> None:
        self.answers = {name.replace("_", "."): answer for name, answer in answers.items()}
        self.asked: list[str] = []

    def __call__(self, domains) -> Mapping[str, Exchangers]:
        self.asked += domains
        return {domain: self.answers[domain] for domain in domains if domain in self.answers}


def test_domains_on_the_same_servers_share_a_limit_and_the_answer_is_kept(senders, database):
    at_google = Exchangers(("aspmx.l.google.com",), timedelta(hours=1))
    names = Names(firm_example=at_google)
    limits = Pace(domains={"google.com": Limit(Rate.parse("1/minute"))})
    sender = senders(limits, lookup=names)
    emails = ["ann@firm.example", "bob@silent.example", "cai@gmail.com"]
    sender.pacer.place(database, emails, NOW)
    assert names.asked == ["firm.example", "silent.example"]
    assert [sender.pacer.operator(email) for email in emails] == [
        "google.com",
        "silent.example",
        "google.com",
    ]
    assert sender.send(NOW, emails[0])
    assert not sender.send(NOW, emails[2])
    # Another process finds it in the database; the silent one is asked about again.
    other = senders(limits, lookup=names)
    other.pacer.place(database, emails, NOW)
    assert other.pacer.operator(emails[0]) == "google.com"
    assert names.asked[2:] == ["silent.example"]
    # When it has had its time, it is asked about again.
    late = senders(limits, lookup=names)
    late.pacer.place(database, emails, NOW + timedelta(hours=2))
    assert "firm.example" in names.asked[3:]


def test_nobody_is_asked_where_it_does_not_matter(database):
    names = Names()
    quiet = pacer(paced("1/minute"), lookup=names)
    assert not quiet.compares()
    quiet.count(database, "ann@firm.example", NOW)
    assert names.asked == []
    assert quiet.operator("ann@firm.example") == "firm.example"


def test_once_a_receiver_found_us_too_fast_it_matters_who_runs_the_servers(senders, database):
    at_google = Exchangers(("aspmx.l.google.com",), timedelta(hours=1))
    names = Names(firm_example=at_google, other_example=at_google)
    first, second = senders(Pace(), lookup=names), senders(Pace(), lookup=names)
    number = first.begin(NOW, "ann@firm.example")
    too_many = replace(RATE, step=Step.CONNECT)
    assert not first.pacer.compares([ACCEPTED, too_many]), "that is about the way there"
    assert first.pacer.compares([ACCEPTED, RATE])
    first.pacer.place(database, ["ann@firm.example"], NOW)
    first.hear(number, RATE, NOW, "ann@firm.example")
    assert first.pacer.compares()
    # Another process, too, once it has seen that one is slowed down.
    assert not second.pacer.compares()
    now = NOW + LOOK
    assert second.send(now, "dan@elsewhere.example")
    assert second.pacer.compares()
    second.pacer.place(database, ["bob@other.example", "cai@silent.example"], now)
    for sender in (first, second):
        sender.pacer.place(database, ["bob@other.example", "cai@silent.example"], now)
        assert not sender.send(now, "bob@other.example")
        assert not sender.send(now, "eve@gmail.com")
        assert sender.send(now, "cai@silent.example")
    assert sender.pacer.delay("bob@other.example", now).why == "google.com found us too fast"
