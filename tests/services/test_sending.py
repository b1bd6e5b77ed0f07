"""Sending: each mail at most once, none lost, and whose fault it was when it failed."""

import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from outreach.domain.contact import ConsentStatus
from outreach.domain.delivery import CampaignEvent, CampaignState
from outreach.domain.pacing import Breaker, Limit, Pace, Rate
from outreach.domain.windows import Windows
from outreach.errors import RefusedError, UnavailableError
from outreach.services import campaigns as service
from outreach.services.pacing import Pacer
from outreach.services.report import Report, Result
from outreach.services.sending import has_died, owner_name
from outreach.storage import campaigns, contacts, deliveries, keys, suppressions
from outreach.storage.database import Database
from outreach.storage.ledger import Ledger
from outreach.storage.tables import ContactRow, InboundRow
from outreach.testing import FrozenClock
from outreach.transport.base import Envelope, Receipt, Talk, Wait
from tests.services.desk import (
    ACCEPTED,
    DEAD,
    DOWN,
    FULL,
    GREYLISTED,
    RATE,
    SILENT,
    SPAM,
    TOO_LARGE,
    Composed,
    Desk,
    ScriptedTransport,
    add_contacts,
    new_campaign,
)

NAMES = ["anna", "bert", "carl", "dora", "emil", "fred"]


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    desk = Desk(database, clock)
    desk.ids = dict(zip(NAMES, add_contacts(database, NAMES, clock()), strict=True))  # type: ignore[attr-defined]
    return desk


def state_of(desk: Desk, key: str = "newsletter@2026-12") -> CampaignState:
    with desk.database.read() as session:
        campaign = campaigns.find(session, key)
    assert campaign is not None
    return campaign.state


def withdraw_consent(desk: Desk, name: str) -> None:
    with desk.database.write() as session:
        session.execute(
            update(ContactRow)
            .where(ContactRow.first_name == name.title())
            .values(consent=ConsentStatus.WITHDRAWN)
        )


def test_all_that_follows_from_a_mail_that_was_taken(desk: Desk) -> None:
    report = desk.work(desk.approved())
    assert report.counts == {Result.SENT: 6}
    assert [address for address, _ in desk.transport.sent] == [f"{n}@example.com" for n in NAMES]
    assert state_of(desk) is CampaignState.FINISHED
    assert report.totals.missing == 0
    with desk.database.read() as session:
        (anna,) = contacts.load(session, [desk.ids["anna"]], desk.clock())  # type: ignore[attr-defined]
        standing = next(iter(deliveries.of_contact(session, anna.id).values()))
    assert anna.last_out == anna.last_give == anna.last_touch == desk.clock()
    assert anna.last_two_way is None
    assert anna.received == {"newsletter@2026-12"}
    assert standing.message_id == f"<{standing.id}@example.com>"
    assert standing.sent_at == desk.clock()
    assert desk.rows("SELECT count(*) FROM attempts WHERE outcome = 'accepted'") == [(6,)]
    assert desk.rows("SELECT count(*) FROM touches WHERE delivery_id IS NOT NULL") == [(6,)]
    assert desk.rows("SELECT count(*) FROM decisions WHERE stage = 'send'") == [(6,)]


def test_what_will_be_sent_is_prepared_and_what_is_proved_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    monkeypatch.setattr(Composed, "prepare", lambda self: prepared.append(self.recipient))
    campaign = desk.approved()
    assert prepared == []
    desk.work(campaign)
    assert prepared == [address for address, _ in desk.transport.sent]


def test_running_again_sends_nothing(desk: Desk) -> None:
    campaign = desk.approved()
    desk.work(campaign)
    report = desk.work(campaign)
    assert report.counts.total() == 0
    assert len(desk.transport.sent) == 6


def test_a_limit_leaves_the_rest_for_the_next_run(desk: Desk) -> None:
    campaign = desk.approved()
    assert desk.work(campaign, limit=4).totals.left == 2
    assert Counter(desk.states().values()) == {"sent": 4, "pending": 2}
    assert state_of(desk) is CampaignState.ACTIVE
    assert desk.work(campaign, limit=4).counts == {Result.SENT: 2}


def test_the_gate_is_asked_again_just_before_each_mail(desk: Desk) -> None:
    campaign = desk.approved()
    with desk.database.write() as session:
        session.execute(
            update(ContactRow)
            .where(ContactRow.first_name == "Bert")
            .values(held_until=desk.clock() + timedelta(days=2))
        )

    def hook(address: str) -> None:
        if address == "anna@example.com":
            withdraw_consent(desk, "carl")

    desk.transport.hook = hook
    report = desk.work(campaign)
    assert report.counts == {Result.SENT: 4, Result.HELD: 1, Result.REFUSED: 1}
    assert desk.states()["carl"] == "refused"
    assert desk.states()["bert"] == "pending"
    assert (report.totals.waiting, report.totals.next_at) == (1, desk.clock() + timedelta(days=2))
    assert "bert@example.com" not in desk.transport.tried
    desk.clock.advance(days=2)
    desk.transport.hook = lambda _: None
    assert desk.work(campaign).counts == {Result.SENT: 1}
    assert state_of(desk) is CampaignState.FINISHED


def test_two_campaigns_in_one_minute_send_one_mail_to_each(desk: Desk) -> None:
    first = desk.approved()
    second = desk.approved(new_campaign("tips@2026-12", series="tips"))
    # Both were planned while nothing had been sent, and now both run.
    assert desk.work(first).counts == {Result.SENT: 6}
    assert desk.work(second).counts == {Result.HELD: 6}
    assert len(desk.transport.sent) == 6


def test_a_mail_that_may_have_gone_counts_against_the_day(desk: Desk) -> None:
    desk.transport.script = [SILENT]
    first = desk.approved(where='first_name == "Anna"')
    second = desk.approved(new_campaign("tips@2026-12", series="tips"), 'first_name == "Anna"')
    desk.work(first)
    assert desk.work(second).counts == {Result.HELD: 1}


def test_a_contact_who_changed_is_rendered_again(desk: Desk) -> None:
    campaign = desk.approved()

    def hook(address: str) -> None:
        if address == "anna@example.com":
            with desk.database.write() as session:
                contacts.change(
                    session,
                    desk.ids["bert"],  # type: ignore[attr-defined]
                    desk.clock(),
                    fields={"first_name": "Bertha"},
                )

    desk.transport.hook = hook
    desk.work(campaign)
    sent = dict(desk.transport.sent)
    assert sent["bert@example.com"].startswith(b"Dear Bertha,")


def test_a_mail_goes_to_the_address_they_have_now(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    with desk.database.write() as session:
        contacts.add_address(
            session,
            desk.ids["anna"],  # type: ignore[attr-defined]
            "anna@example.org",
            desk.clock(),
            primary=True,
        )
    desk.work(campaign)
    assert [address for address, _ in desk.transport.sent] == ["anna@example.org"]
    assert desk.rows("SELECT address FROM deliveries") == [("anna@example.org",)]


def test_a_contact_whose_mail_cannot_be_made_any_more_is_named(desk: Desk) -> None:
    campaign = desk.approved()
    desk.composer.broken = {"bert@example.com"}
    report = desk.work(campaign)
    assert report.counts == {Result.SENT: 5, Result.NOT_RENDERED: 1}
    assert report.failures[0].email == "bert@example.com"
    assert "december.md:7: company is not known" in report.failures[0].reason
    assert desk.states()["bert"] == "refused"


def test_a_dead_address_is_suppressed_at_once(desk: Desk) -> None:
    desk.transport.script = [DEAD]
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.REJECTED: 1, Result.SENT: 5}
    assert desk.rows("SELECT normalised, reason, source FROM suppressions") == [
        ("anna@example.com", "bounce", "newsletter@2026-12")
    ]
    plan = desk.plan(new_campaign("newsletter@2027-01"))
    assert plan.refused["suppressed"].samples == ["anna@example.com"]


def test_a_full_mailbox_is_not_a_dead_address(desk: Desk) -> None:
    desk.transport.script = [FULL]
    assert desk.work(desk.approved()).counts == {Result.REJECTED: 1, Result.SENT: 5}
    assert desk.rows("SELECT 1 FROM suppressions") == []


def test_a_deferred_mail_waits_and_is_tried_again_until_we_give_up(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    waits = []
    for _ in range(40):
        desk.transport.script = [GREYLISTED]
        report = desk.work(campaign)
        if report.counts != {Result.DEFERRED: 1}:
            break
        assert desk.work(campaign).counts.total() == 0
        assert report.totals.next_at is not None
        waits.append((report.totals.next_at - desk.clock()).total_seconds() / 60)
        desk.clock.now = report.totals.next_at
    assert waits[:7] == [5, 10, 20, 40, 80, 160, 240]
    assert 48 * 60 <= sum(waits) < 52 * 60
    assert report.counts == {Result.REJECTED: 1}
    assert report.failures[0].reason.startswith("gave up after 48 hours; greylisted: 450 4.7.1")
    assert desk.rows("SELECT 1 FROM suppressions") == []
    assert desk.transport.sent == []


def test_a_deferred_mail_that_is_taken_later_goes_once(desk: Desk) -> None:
    desk.transport.script = [GREYLISTED]
    campaign = desk.approved()
    assert desk.work(campaign).counts == {Result.DEFERRED: 1, Result.SENT: 5}
    desk.clock.advance(minutes=5)
    assert desk.work(campaign).counts == {Result.SENT: 1}
    assert Counter(address for address, _ in desk.transport.sent).most_common(1)[0][1] == 1


def test_no_connection_pauses_the_campaign_and_blames_nobody(desk: Desk) -> None:
    desk.transport.script = [ACCEPTED, DOWN]
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.SENT: 1, Result.RETURNED: 1}
    assert report.paused is not None
    assert report.paused.startswith("memory: connection refused. The server could not be reached")
    assert state_of(desk) is CampaignState.PAUSED
    assert Counter(desk.states().values()) == {"sent": 1, "pending": 5}
    # Paused means paused: another run sends nothing.
    again = desk.work(campaign)
    assert again.ended_by is CampaignState.PAUSED
    assert len(desk.transport.tried) == 2
    resume(desk, campaign.id)
    assert desk.work(campaign).counts == {Result.SENT: 5}


def resume(desk: Desk, campaign_id: int) -> None:
    with desk.database.write() as session:
        assert campaigns.apply(session, campaign_id, CampaignEvent.RESUME, desk.clock())


def test_one_receiver_that_will_not_have_us_cannot_stop_the_campaign_for_ever(desk: Desk) -> None:
    desk.transport.script = [SPAM]
    campaign = desk.approved()
    assert desk.work(campaign).paused is not None
    assert desk.states()["anna"] == "pending"
    resume(desk, campaign.id)
    desk.transport.script = [SPAM]
    report = desk.work(campaign)
    assert report.counts == {Result.REJECTED: 1, Result.SENT: 5}
    assert desk.rows("SELECT 1 FROM suppressions") == []


def paced(**how: Any) -> dict[str, Any]:
    """What `Desk.run` is told for a run with limits that does not wait."""
    pace = Pace(**{"patience": timedelta(0), **how})
    return {"pacer": Pacer(pace, "memory", connections=1, draw=lambda: 0.0)}


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


def test_too_many_bounces_stop_the_campaign_until_a_person_has_looked(desk: Desk) -> None:
    more = [f"more{number}" for number in range(150)]
    add_contacts(desk.database, more, desk.clock())
    desk.transport.script = [ACCEPTED] * 45 + [DEAD] * 5 + [ACCEPTED] * 60 + [DEAD] * 3
    campaign = desk.approved()
    breaker = {"breaker": Breaker(bounces=10.0, complaints=0.3, sample=50)}
    report = desk.run(campaign, **breaker).work()
    assert report.paused == "5 of 50 mails bounced: 10 %, and 10 % is the limit"
    assert report.counts == {Result.REJECTED: 5, Result.SENT: 45}
    assert state_of(desk) is CampaignState.PAUSED
    resume(desk, campaign.id)
    # What they have looked at counts no more.
    report = desk.run(campaign, **breaker).work()
    assert report.paused is None
    assert report.counts == {Result.REJECTED: 3, Result.SENT: 103}


def test_silence_after_the_content_is_uncertain_and_never_sent_again(desk: Desk) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.UNCERTAIN: 1, Result.SENT: 5}
    assert report.failures[0].email == "anna@example.com"
    desk.clock.advance(days=3)
    assert desk.work(campaign).counts.total() == 0
    assert desk.states()["anna"] == "uncertain"
    assert state_of(desk) is CampaignState.FINISHED


@pytest.mark.parametrize("answer", [SILENT, TOO_LARGE])
def test_what_fails_for_everyone_stops_after_three(desk: Desk, answer: object) -> None:
    desk.transport.script = [answer] * 6  # type: ignore[list-item]
    report = desk.work(desk.approved())
    assert report.paused is not None
    assert report.paused.startswith("3 mails in a row failed")
    assert len(desk.transport.tried) == 3


def test_cancelling_takes_effect_within_one_message(desk: Desk) -> None:
    campaign = desk.approved()

    def hook(address: str) -> None:
        if address == "bert@example.com":
            with desk.database.write() as session:
                campaigns.apply(session, campaign.id, CampaignEvent.CANCEL, desk.clock())
                deliveries.cancel(session, campaign.id)

    desk.transport.hook = hook
    report = desk.work(campaign)
    assert report.ended_by is CampaignState.CANCELLED
    assert Counter(desk.states().values()) == {"sent": 2, "cancelled": 4}
    assert report.totals.missing == 0


def test_pausing_takes_effect_within_one_message(desk: Desk) -> None:
    campaign = desk.approved()

    def hook(address: str) -> None:
        if address == "bert@example.com":
            with desk.database.write() as session:
                campaigns.apply(session, campaign.id, CampaignEvent.PAUSE, desk.clock(), by="anna")

    desk.transport.hook = hook
    assert desk.work(campaign).ended_by is CampaignState.PAUSED
    assert Counter(desk.states().values()) == {"sent": 2, "pending": 4}


def test_a_run_asked_to_stop_finishes_the_message_in_hand(desk: Desk) -> None:
    stop = threading.Event()
    desk.transport.hook = lambda address: stop.set() if address == "carl@example.com" else None
    report = desk.work(desk.approved(), stopping=stop.is_set)
    assert report.stopped
    assert Counter(desk.states().values()) == {"sent": 3, "pending": 3}


class KilledError(BaseException):
    """Stands for the death of the process while the transport is at work."""


def test_a_run_that_dies_leaves_one_mail_in_doubt_and_the_rest_as_it_was(desk: Desk) -> None:
    desk.transport.script = [ACCEPTED, KilledError()]
    campaign = desk.approved()
    with pytest.raises(KilledError):
        desk.work(campaign)
    assert Counter(desk.states().values()) == {"sent": 1, "sending": 1, "pending": 4}
    # The lease has not ended: nobody touches what may be on the wire at this moment.
    assert desk.run(campaign, owner="elsewhere/2/next").work().counts == {Result.SENT: 4}
    assert desk.states()["bert"] == "sending"
    assert state_of(desk) is CampaignState.ACTIVE
    desk.clock.advance(minutes=6)
    report = desk.run(campaign, owner="elsewhere/3/last").work()
    assert report.found_uncertain == 1
    assert desk.states()["bert"] == "uncertain"
    assert state_of(desk) is CampaignState.FINISHED
    assert "bert@example.com" not in [address for address, _ in desk.transport.sent]


def test_claims_of_a_run_that_died_are_free_when_its_lease_ends(desk: Desk) -> None:
    campaign = desk.approved()
    with desk.database.write() as session:
        until = desk.clock() + timedelta(minutes=5)
        taken = deliveries.claim(
            session, campaign.id, "elsewhere/9/dead", now=desk.clock(), until=until, limit=4
        )
    assert len(taken) == 4
    assert desk.work(campaign).counts == {Result.SENT: 2}
    desk.clock.advance(minutes=5)
    assert desk.work(campaign).counts == {Result.SENT: 4}


def test_a_run_that_lost_its_claim_does_not_send(desk: Desk) -> None:
    campaign = desk.approved()

    def hook(address: str) -> None:
        if address == "anna@example.com":
            desk.transport.hook = lambda _: None
            desk.clock.advance(minutes=10)
            desk.run(campaign, owner="elsewhere/2/other").work()

    desk.transport.hook = hook
    report = desk.work(campaign)
    # The other run took all but the one in hand; our own answer about that one is believed.
    assert report.counts == {Result.SENT: 1, Result.RETURNED: 1}
    assert report.ended_by is CampaignState.FINISHED
    counts = Counter(address for address, _ in desk.transport.sent)
    assert set(counts.values()) == {1}
    assert Counter(desk.states().values()) == {"sent": 6}


def test_a_late_answer_that_says_not_now_is_believed_and_tried_again(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    desk.transport.script = [GREYLISTED]

    def hook(_address: str) -> None:
        desk.transport.hook = lambda _: None
        desk.clock.advance(minutes=10)
        assert desk.run(campaign, owner="elsewhere/2/other").work().found_uncertain == 1
        assert state_of(desk) is CampaignState.FINISHED

    desk.transport.hook = hook
    assert desk.work(campaign).counts == {Result.DEFERRED: 1}
    assert desk.states() == {"anna": "pending"}
    desk.clock.advance(hours=1)
    resumed = service.resume(desk.database, campaign.key, desk.clock())
    assert desk.work(resumed).counts == {Result.SENT: 1}
    assert len(desk.transport.sent) == 1


def test_a_long_batch_renews_its_lease(desk: Desk) -> None:
    campaign = desk.approved()
    others: list[Counter[Result]] = []

    def hook(address: str) -> None:
        desk.clock.advance(minutes=3)
        if address == "dora@example.com":
            other = ScriptedTransport()
            run = desk.run(campaign, owner="elsewhere/2/other", transport=other)
            others.append(run.work().counts)

    desk.transport.hook = hook
    assert desk.work(campaign).counts == {Result.SENT: 6}
    assert others == [Counter()]


def test_a_database_that_fails_while_an_answer_is_recorded_leaves_the_mail_in_doubt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = desk.approved()

    def fail(*_args: object, **_named: object) -> bool:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(Ledger, "settle", fail)
    with pytest.raises(UnavailableError):
        desk.work(campaign)
    monkeypatch.undo()
    assert Counter(desk.states().values()) == {"sending": 1, "pending": 5}
    desk.clock.advance(minutes=6)
    report = desk.work(campaign)
    assert (report.found_uncertain, report.counts) == (1, {Result.SENT: 5})


def test_a_merged_contact_is_not_mailed(desk: Desk) -> None:
    campaign = desk.approved()
    with desk.database.write() as session:
        session.execute(
            update(ContactRow)
            .where(ContactRow.id == desk.ids["bert"])  # type: ignore[attr-defined]
            .values(merged_into_id=desk.ids["anna"])  # type: ignore[attr-defined]
        )
    assert desk.work(campaign).counts == {Result.SENT: 5, Result.REFUSED: 1}


def test_many_threads_on_one_campaign_send_each_mail_once(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    names = [f"contact{n}" for n in range(120)]
    add_contacts(database, names, clock())
    campaign = desk.approved()
    transports = [ScriptedTransport() for _ in range(4)]
    reports: list[Report] = []

    def work(number: int) -> None:
        run = desk.run(campaign, owner=f"elsewhere/{number}/x", transport=transports[number])
        reports.append(run.work())

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = Counter(address for transport in transports for address, _ in transport.sent)
    assert len(sent) == 120
    assert set(sent.values()) == {1}
    assert sum(report.counts[Result.SENT] for report in reports) == 120
    assert desk.run(campaign).work().totals.missing == 0


def test_two_campaigns_at_once_still_send_one_mail_a_day(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(40)], clock())
    both = [desk.approved(new_campaign(f"{series}@1", series=series)) for series in ("a", "b")]
    transports = [ScriptedTransport() for _ in both]
    threads = [
        threading.Thread(target=desk.run(c, owner=f"elsewhere/{c.id}/x", transport=t).work)
        for c, t in zip(both, transports, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = Counter(address for transport in transports for address, _ in transport.sent)
    assert len(sent) == 40
    assert set(sent.values()) == {1}


def test_a_run_knows_whether_another_on_this_machine_is_alive() -> None:
    assert not has_died(owner_name())
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    mine = owner_name()
    machine = mine.split("/")[0]
    assert has_died(f"{machine}/{child.pid}/00000000")
    assert not has_died(f"elsewhere:1/{child.pid}/00000000")
    assert not has_died("nonsense")
    assert mine.split("/")[1] == str(os.getpid())
    assert len(mine) <= 80


@dataclass
class Rendezvous(ScriptedTransport):
    """Answers nobody before `number` mails are in its hands at the same moment."""

    number: int = 0
    waiting: int = 0
    met: bool = False

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        never, other_end = socket.socketpair()
        with never, other_end:
            self.waiting += 1
            self.met = self.met or self.waiting == self.number
            while not self.met:
                yield Wait(never, writing=False, seconds=0.01)
            self.waiting -= 1
        return self.send(envelope, data)


@pytest.mark.timeout(20)
def test_several_connections_share_the_work_and_each_mail_goes_once(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(120)], clock())
    campaign = desk.approved()
    desk.transport = Rendezvous(number=4)
    report = desk.run(campaign, connections=4).work()
    assert desk.transport.met, "four connections were at work at the same moment"
    assert report.counts == {Result.SENT: 120}
    assert set(Counter(address for address, _ in desk.transport.sent).values()) == {1}
    assert report.totals.missing == 0
    assert state_of(desk) is CampaignState.FINISHED


def test_a_limit_holds_for_all_connections_together(database: Database, clock: FrozenClock) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    campaign = desk.approved()
    assert desk.run(campaign, connections=4).work(limit=33).counts == {Result.SENT: 33}
    assert Counter(desk.states().values()) == {"sent": 33, "pending": 27}


def test_what_fails_on_one_connection_ends_the_run_and_gives_back_the_rest(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [ACCEPTED, ACCEPTED, KilledError()]
    with pytest.raises(KilledError):
        desk.run(desk.approved(), connections=4).work()
    states = Counter(desk.states().values())
    assert states["sending"] == 1
    assert set(states) <= {"sending", "sent", "pending"}


def test_a_server_that_wants_fewer_connections_gets_fewer(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [DOWN, DOWN]
    report = desk.run(desk.approved(), connections=4).work()
    assert report.paused is None
    assert report.counts == {Result.SENT: 60, Result.RETURNED: 2}


def test_a_server_that_takes_no_connection_pauses(database: Database, clock: FrozenClock) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [DOWN] * 60
    report = desk.run(desk.approved(), connections=4).work()
    assert report.paused is not None
    assert len(desk.transport.tried) == 4
    assert Counter(desk.states().values()) == {"pending": 60}


def test_a_halt_takes_effect_within_one_message(desk: Desk) -> None:
    campaign = desk.approved()

    def hook(address: str) -> None:
        if address == "bert@example.com":
            service.halt(desk.database, "anna", "wrong link", desk.clock())

    desk.transport.hook = hook
    assert desk.work(campaign).halted
    assert Counter(desk.states().values()) == {"sent": 2, "pending": 4}
    desk.transport.hook = lambda _: None
    assert desk.work(campaign).counts.total() == 0
    with pytest.raises(RefusedError, match="halted by anna"):
        service.check_not_halted(desk.database)
    assert service.lift_halt(desk.database, "anna", desk.clock())
    service.check_not_halted(desk.database)
    assert desk.work(campaign).counts == {Result.SENT: 4}


def test_what_was_rejected_is_tried_again_on_request_but_not_a_dead_address(desk: Desk) -> None:
    desk.transport.script = [DEAD, FULL]
    campaign = desk.approved()
    desk.work(campaign)
    assert service.retry(desk.database, campaign.key, "anna", desk.clock()) == 2
    assert state_of(desk) is CampaignState.ACTIVE
    report = desk.work(campaign)
    assert report.counts == {Result.SENT: 1, Result.REFUSED: 1}
    assert desk.states()["anna"] == "refused"
    assert report.totals.missing == 0


def test_what_is_in_doubt_is_settled_by_a_persons_word(desk: Desk) -> None:
    desk.transport.script = [SILENT, ACCEPTED, SILENT, ACCEPTED, SILENT]
    campaign = desk.approved()
    desk.work(campaign)

    def reconcile(word: service.Word | None, *names: str) -> service.Reconciled:
        emails = [f"{name}@example.com" for name in names]
        key, now = campaign.key, desk.clock()
        return service.reconcile(desk.database, key, "anna", now, word=word, emails=emails)

    assert len(reconcile(None).left) == 3
    assert reconcile(service.Word.SENT, "anna").settled == 1
    assert reconcile(service.Word.DROP, "carl").settled == 1
    assert reconcile(service.Word.RESEND, "bert").settled == 0
    assert reconcile(service.Word.RESEND).settled == 1
    assert desk.states()["anna"] == "sent"
    assert desk.states()["carl"] == "cancelled"
    report = desk.work(campaign)
    assert report.counts == {Result.SENT: 1}
    emil = [data for address, data in desk.transport.sent if address == "emil@example.com"]
    # Both carry the same Message-ID, which comes from the delivery.
    assert len(emil) == 2
    assert report.totals.missing == 0
    assert state_of(desk) is CampaignState.FINISHED


@pytest.mark.parametrize(("kind", "state"), [("reply", "sent"), ("bounce", "rejected")])
def test_what_came_back_settles_a_mail_in_doubt(desk: Desk, kind: str, state: str) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    desk.work(campaign)
    later = desk.clock() + timedelta(hours=1)
    with desk.database.write() as session:
        delivery = deliveries.of_contact(session, desk.ids["anna"])[campaign.id]  # type: ignore[attr-defined]
        session.add(
            InboundRow(
                fingerprint="f",
                mailbox="m",
                raw=b"",
                size=0,
                sender="x@y.z",
                sender_name="",
                subject="",
                kind=kind,
                rule="r",
                words="",
                received_at=later,
                recorded_at=later,
                findings={},
                state="done",
                delivery_id=delivery.id,
            )
        )
    found = service.reconcile(desk.database, campaign.key, "anna", desk.clock())
    assert found.left == []
    assert (found.bounced, found.answered) == ((1, 0) if kind == "bounce" else (0, 1))
    assert desk.states()["anna"] == state


def test_what_bounced_later_was_no_longer_in_doubt(desk: Desk) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    desk.work(campaign)
    with desk.database.write() as session:
        suppressions.suppress(
            session,
            "anna@example.com",
            keys.secrets(session, desk.clock()),
            reason=suppressions.BOUNCE,
            source="inbox",
            detail="550 5.1.1 no such user",
            now=desk.clock() + timedelta(hours=1),
        )
    found = service.reconcile(desk.database, campaign.key, "anna", desk.clock())
    assert (found.bounced, found.left) == (1, [])
    assert desk.states()["anna"] == "rejected"
