"""Sending: each mail at most once, and none lost."""

import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import update

from outreach.domain.contact import ConsentStatus
from outreach.domain.delivery import CampaignEvent, CampaignState
from outreach.errors import RefusedError
from outreach.services import campaigns as service
from outreach.services.report import Report, Result, check_not_halted
from outreach.services.sending import has_died, owner_name
from outreach.storage import campaigns, contacts, deliveries
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow
from outreach.testing import FrozenClock
from outreach.transport.base import Envelope, Receipt, Talk, Wait
from tests.services.desk import (
    ACCEPTED,
    NAMES,
    SILENT,
    Composed,
    Desk,
    KilledError,
    ScriptedTransport,
    add_contacts,
    new_campaign,
    staffed,
    state_of,
)


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return staffed(database, clock)


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
        (anna,) = contacts.load(session, [desk.ids["anna"]], desk.clock())
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
                    desk.ids["bert"],
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
            desk.ids["anna"],
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


class Slow(ScriptedTransport):
    """Takes three leases for its answer, and looks then whether another run finds any ended."""

    def __init__(self, desk: Desk, look: Callable[[], Report]) -> None:
        super().__init__()
        self.desk = desk
        self.look = look
        self.found: list[tuple[int, Counter[Result]]] = []

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        never, other_end = socket.socketpair()
        with never, other_end:
            for _ in range(20):
                self.desk.clock.advance(seconds=SHORT_LEASE.total_seconds() * 3 / 20)
                yield Wait(never, writing=False, seconds=0.06)
        report = self.look()
        self.found.append((report.found_uncertain, Counter(report.counts)))
        return self.send(envelope, data)


SHORT_LEASE = timedelta(seconds=0.2)


def test_a_lease_is_kept_however_long_a_server_takes(desk: Desk) -> None:
    campaign = desk.approved(where='first_name in ["Anna", "Bert"]')
    other = desk.run(campaign, owner="elsewhere/2/other", transport=ScriptedTransport())
    slow = Slow(desk, other.work)
    report = desk.run(campaign, transport=slow, lease=SHORT_LEASE).work()
    assert report.counts == {Result.SENT: 2}
    assert slow.found == [(0, Counter())] * 2
    assert len(slow.sent) == 2


def test_a_merged_contact_is_not_mailed(desk: Desk) -> None:
    campaign = desk.approved()
    with desk.database.write() as session:
        session.execute(
            update(ContactRow)
            .where(ContactRow.id == desk.ids["bert"])
            .values(merged_into_id=desk.ids["anna"])
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
    # Another machine may have our name.
    name, _, boot = machine.rpartition(":")
    assert boot
    assert not has_died(f"{name}:00000000/{child.pid}/00000000")
    assert mine.split("/")[1] == str(os.getpid())
    assert len(mine) <= 80


def test_a_run_that_ended_is_dead_though_nobody_asked_how() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    owner = f"{owner_name().split('/')[0]}/{child.pid}/00000000"
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    os.kill(child.pid, 0)  # its number is still taken
    assert has_died(owner)
    child.wait()


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
        check_not_halted(desk.database)
    assert service.lift_halt(desk.database, "anna", desk.clock())
    check_not_halted(desk.database)
    assert desk.work(campaign).counts == {Result.SENT: 4}
