"""Mails whose turn has not come: limits, slow receivers, windows."""

import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from outreach.domain.delivery import CampaignState
from outreach.domain.pacing import Allowance, Limit, Pace, Rate
from outreach.domain.windows import Windows
from outreach.services import campaigns as service
from outreach.services.pacing import Pacer
from outreach.services.report import Report, Result
from outreach.services.sending import owner_name
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow
from outreach.testing import FrozenClock
from outreach.transport.exchangers import Exchangers
from outreach.transport.failover import FailoverTransport
from tests.services.desk import (
    ACCEPTED,
    DOWN,
    NAMES,
    RATE,
    Desk,
    KilledError,
    ScriptedTransport,
    add_contacts,
    staffed,
    state_of,
)


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return staffed(database, clock)


def paced(**how: Any) -> dict[str, Any]:
    """What `Desk.run` is told for a run with limits that does not wait."""
    pace = Pace(**{"patience": timedelta(0), **how})
    return {"pacer": Pacer(pace, "memory", connections=1, draw=lambda: 0.0)}


def test_a_run_that_died_takes_no_place_among_the_connections(desk: Desk) -> None:
    campaign = desk.approved()
    desk.transport.script = [ACCEPTED, KilledError()]
    # It is known to be dead long before its lease ends.
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead = f"{owner_name().partition('/')[0]}/{child.pid}/00000000"
    one = paced(transport=Limit(connections=1), domain=Limit(connections=1))
    with pytest.raises(KilledError):
        desk.run(campaign, owner=dead, **one).work()
    assert desk.rows("SELECT count(*) FROM passages") == [(2,)]
    again = paced(transport=Limit(connections=1), domain=Limit(connections=1))
    report = desk.run(campaign, owner=owner_name(), **again).work()
    assert (report.found_uncertain, report.counts) == (1, {Result.SENT: 4})
    assert desk.rows("SELECT count(*) FROM passages") == [(0,)]


def test_who_finds_us_too_fast_is_left_alone_with_all_domains_on_those_servers(desk: Desk) -> None:
    for name in ("firm.example", "shop.example", "silent.example"):
        add_contacts(desk.database, [f"ann.{name}"], desk.clock(), domain=name)
    asked: list[str] = []

    def lookup(domains: Collection[str]) -> dict[str, Exchangers]:
        asked.extend(domains)
        google = Exchangers(("aspmx.l.google.com",), timedelta(hours=1))
        return {each: google for each in domains if each in ("example.com", "shop.example")}

    desk.transport.script = [RATE]
    campaign = desk.approved()

    def run(owner: str) -> Report:
        pacer = Pacer(
            Pace(patience=timedelta(0)), "memory", connections=1, draw=lambda: 0.0, lookup=lookup
        )
        return desk.run(campaign, owner=owner, pacer=pacer).work()

    report = run("elsewhere/1/run")
    # Six are at example.com.
    assert desk.transport.tried == [
        "anna@example.com",
        "ann.firm.example@firm.example",
        "ann.silent.example@silent.example",
    ]
    assert report.waits is not None
    assert report.waits.why == "google.com found us too fast"
    assert sorted(asked) == ["example.com", "firm.example", "shop.example", "silent.example"]
    assert run("elsewhere/2/run").counts.total() == 0
    # What was answered is known to all; about the others nobody needed to ask.
    assert len(asked) == 4
    desk.clock.advance(minutes=10)
    assert run("elsewhere/3/run").counts == {Result.SENT: 7}


def test_where_nobody_finds_us_too_fast_no_name_server_is_asked(desk: Desk) -> None:
    def lookup(domains: Collection[str]) -> dict[str, Exchangers]:
        raise AssertionError(domains)

    pacer = Pacer(Pace(), "memory", connections=1, lookup=lookup)
    assert desk.run(desk.approved(), pacer=pacer).work().counts == {Result.SENT: 6}


def test_who_finds_us_too_fast_is_left_alone_and_nobody_else(desk: Desk) -> None:
    add_contacts(desk.database, ["gina", "hugo"], desk.clock(), domain="example.org")
    desk.transport.script = [RATE]
    campaign = desk.approved()
    report = desk.run(campaign, **paced()).work()
    assert report.counts == {Result.RETURNED: 1, Result.SENT: 2}
    assert report.paused is None
    assert report.waits is not None
    assert report.waits.at == desk.clock() + timedelta(minutes=10)
    assert report.waits.why == "example.com found us too fast"
    assert state_of(desk) is CampaignState.ACTIVE
    # Another run, which nobody told, leaves them alone as well.
    assert desk.run(campaign, owner="elsewhere/2/run", **paced()).work().counts.total() == 0
    desk.clock.advance(minutes=10)
    assert desk.run(campaign, **paced(patience=timedelta(minutes=2))).work().counts == {
        Result.SENT: 6
    }
    assert state_of(desk) is CampaignState.FINISHED


def test_a_run_waits_for_its_turn_and_stops_when_asked(desk: Desk) -> None:
    """A mail a minute: it is attached, so it goes on by itself until somebody stops it."""
    limits = {"transport": Limit(Rate.parse("1/minute")), "patience": timedelta(minutes=5)}
    campaign = desk.approved()
    begun = desk.clock()
    at = [begun + timedelta(minutes=number) for number in range(6)]
    seen: list[datetime] = []
    desk.transport.hook = lambda _: seen.append(desk.clock())
    run = desk.run(campaign, **paced(**limits))
    report = run.work(stopping=lambda: desk.clock() > at[2] + timedelta(seconds=20))
    assert report.stopped
    # Within a step of what was asked, and no mail later than its turn by more than a step.
    assert desk.clock() < at[2] + timedelta(seconds=21)
    assert desk.run(campaign, **paced(**limits)).work().counts == {Result.SENT: 3}
    assert [(when - due) < timedelta(seconds=1) for when, due in zip(seen, at, strict=True)]
    assert all(due <= when for when, due in zip(seen, at, strict=True))


@pytest.mark.parametrize("rate", [None, "1/minute"])
def test_the_next_server_takes_over_at_its_own_pace(desk: Desk, rate: str | None) -> None:
    """The first is down: nobody is blamed, nothing is lost, and none goes before its turn."""
    went: list[datetime] = []
    first, second = ScriptedTransport([DOWN] * 99, name="first"), ScriptedTransport(name="second")
    second.hook = lambda _: went.append(desk.clock())
    transport = FailoverTransport((first, second), now=lambda: desk.clock().timestamp())
    pace = Pace(
        servers={
            "second": Allowance(Limit(Rate.parse("1/minute", 2))),
            **({"first": Allowance(Limit(Rate.parse(rate)))} if rate else {}),
        },
        patience=timedelta(hours=1),
    )
    pacer = Pacer(
        pace, transport.name, connections=4, draw=lambda: 0.0, preferred=lambda: transport.preferred
    )
    begun = desk.clock()
    report = desk.run(desk.approved(), transport=transport, pacer=pacer, connections=4).work()
    assert report.counts[Result.SENT] == 6
    assert report.paused is None
    assert state_of(desk) is CampaignState.FINISHED
    assert sorted(address for address, _ in second.sent) == [f"{n}@example.com" for n in NAMES]
    assert first.sent == []
    for number, moment in enumerate(went):
        assert moment - begun >= max(0, number - 1) * timedelta(minutes=1)
    assert desk.clock() - begun < timedelta(minutes=15)


@pytest.mark.parametrize("how", ["pause", "cancel", "halt"])
def test_who_waits_for_a_turn_hears_that_it_is_over(desk: Desk, how: str) -> None:
    campaign = desk.approved()
    limits = {"transport": Limit(Rate.parse("1/hour")), "patience": timedelta(hours=5)}
    stopped_at = desk.clock() + timedelta(minutes=3)

    def sleep(seconds: float) -> None:
        if desk.clock() < stopped_at <= desk.clock.advance(seconds=seconds):
            if how == "pause":
                service.pause(desk.database, campaign.key, "anna", None, desk.clock())
            elif how == "cancel":
                service.cancel(desk.database, campaign.key, "anna", desk.clock())
            else:
                service.halt(desk.database, "anna", None, desk.clock())

    report = desk.run(campaign, sleep=sleep, **paced(**limits)).work()
    assert report.counts == {Result.SENT: 1}
    assert report.halted == (how == "halt")
    assert (
        report.ended_by
        == {
            "pause": CampaignState.PAUSED,
            "cancel": CampaignState.CANCELLED,
            "halt": None,
        }[how]
    )
    assert desk.clock() < stopped_at + timedelta(seconds=3)


def test_a_run_that_waits_keeps_what_it_has_claimed(desk: Desk) -> None:
    campaign = desk.approved()
    limits = {"transport": Limit(Rate.parse("1/hour")), "patience": timedelta(hours=2)}
    others: list[int] = []

    def sleep(seconds: float) -> None:
        # Long after the first lease would have ended, and before the next turn.
        if desk.clock.advance(seconds=seconds * 600).minute == 59 and not others:
            other = desk.run(campaign, owner="elsewhere/2/run", **paced())
            others.append(other.work().counts.total())

    run = desk.run(campaign, sleep=sleep, **paced(**limits))
    report = run.work(stopping=lambda: len(desk.transport.sent) == 2)
    assert report.counts == {Result.SENT: 2}
    assert others == [0]


def test_slow_receivers_keep_nobody_waiting_and_what_is_too_much_goes_back(desk: Desk) -> None:
    """Of many to one slow receiver a few wait at hand; the others wait in the ledger."""
    many = [f"many{number}" for number in range(75)]
    add_contacts(desk.database, many, desk.clock(), domain="gmail.com")
    add_contacts(desk.database, ["last"], desk.clock(), domain="example.org")
    campaign = desk.approved()
    rate = Rate.parse("10/minute", 2)
    limits = {"domains": {"google.com": Limit(rate)}}
    begun = desk.clock()
    seen = [begun, begun]
    report = desk.run(campaign, **paced(**limits)).work()
    assert report.counts == {Result.SENT: 6 + 2 + 1}
    assert report.waits is not None
    assert report.waits.at == begun + timedelta(seconds=6)
    held = desk.rows("SELECT count(*) FROM deliveries WHERE reason = 'paced' AND state = 'pending'")
    assert held == [(75 - 2 - 50,)]
    # All of them go in their time, and in no stretch of it more than the limit allows.
    desk.transport.hook = lambda _: seen.append(desk.clock())
    while state_of(desk) is CampaignState.ACTIVE:
        desk.run(campaign, **paced(**limits)).work()
        desk.clock.advance(seconds=12)
    assert len(seen) == 75
    for first, earlier in enumerate(seen):
        for count, later in enumerate(seen[first:], start=1):
            assert count <= rate.burst + rate.after(later - earlier) + 1e-6
    assert seen[-1] - begun < timedelta(minutes=7.5 * 1.3)


def test_windows_hold_each_in_their_own_time_zone(desk: Desk) -> None:
    """It is nine in London: too early in New York, too late in Tokyo."""
    zones = {"anna": "Europe/London", "bert": "America/New_York", "carl": "Asia/Tokyo"}
    with desk.database.write() as session:
        for name, zone in zones.items():
            session.execute(
                update(ContactRow)
                .where(ContactRow.first_name == name.title())
                .values(timezone=zone)
            )
    campaign = desk.approved(where='first_name in ["Anna", "Bert", "Carl"]')
    windows = {"windows": Windows.parse("Mon-Fri 09:00-17:00")}
    report = desk.run(campaign, **paced(**windows)).work()
    assert report.counts == {Result.SENT: 1, Result.HELD: 2}
    assert desk.composer.composed == ["anna@example.com"]
    assert report.totals.next_at == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    desk.clock.now = report.totals.next_at
    assert desk.run(campaign, **paced(**windows)).work().counts == {Result.SENT: 1}
    desk.clock.now = datetime(2026, 12, 2, 0, 0, tzinfo=UTC)
    assert desk.run(campaign, **paced(**windows)).work().counts == {Result.SENT: 1}
    story = desk.rows("SELECT verdict, rule FROM decisions WHERE rule = 'window'")
    assert story == [("hold", "window")] * 2


def test_a_window_of_the_campaign_holds_all_without_touching_any(desk: Desk) -> None:
    campaign = desk.approved()
    windows = {"windows": Windows.parse("Mon-Fri 14:00-17:00"), "zone": "Europe/Berlin"}
    report = desk.run(campaign, **paced(**windows)).work()
    assert report.counts.total() == 0
    assert report.waits is not None
    assert report.waits.at == datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
    assert Counter(desk.states().values()) == {"pending": 6}
    # A run with patience begins when the window opens.
    patient = paced(**windows, patience=timedelta(hours=5))
    patient["sleep"] = lambda seconds: desk.clock.advance(seconds=seconds * 100)
    assert desk.run(campaign, **patient).work().counts == {Result.SENT: 6}
    assert timedelta(0) <= desk.clock() - report.waits.at < timedelta(minutes=1)
