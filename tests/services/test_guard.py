"""A campaign that does harm stops itself, by what came back as much as by what was refused."""

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from outreach.domain.delivery import CampaignState, DeliveryEvent
from outreach.domain.pacing import Breaker, Health
from outreach.services import campaigns as service
from outreach.services.guard import LOOK, Guard
from outreach.storage import campaigns, health
from outreach.storage.campaigns import Campaign
from outreach.storage.database import Database
from outreach.storage.tables import BounceRow, InboundRow
from outreach.testing import FrozenClock
from tests.services.desk import DEAD, Desk, add_contacts

PEOPLE = 20
BREAKER = Breaker(bounces=20.0, complaints=10.0, sample=10)


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    add_contacts(database, [f"c{number}" for number in range(PEOPLE)], clock())
    return Desk(database, clock)


@pytest.fixture
def campaign(desk: Desk) -> Campaign:
    """One that was sent: the first two addresses were dead."""
    desk.transport.script = [DEAD, DEAD]
    made = desk.approved()
    desk.work(made)
    return made


def came_back(session: Session, delivery_id: int, kind: str, at: datetime, severity: str) -> None:
    row = InboundRow(
        fingerprint=f"{kind} {delivery_id} {severity}",
        mailbox="m",
        raw=b"",
        size=0,
        sender="x@y.z",
        sender_name="",
        subject="",
        kind=kind,
        rule="r",
        words="",
        received_at=at,
        recorded_at=at,
        findings={},
        state="done",
        delivery_id=delivery_id,
    )
    session.add(row)
    session.flush()
    if kind == "bounce":
        session.add(
            BounceRow(
                inbound_id=row.id,
                delivery_id=delivery_id,
                address=f"{delivery_id}@example.com",
                severity=severity,
                reason="r",
                at=at,
            )
        )


def state(desk: Desk, campaign: Campaign) -> CampaignState:
    with desk.database.read() as session:
        return campaigns.state_of(session, campaign.id)


def test_what_counts(desk: Desk, campaign: Campaign) -> None:
    with desk.database.write() as session:
        sent = session.scalars(text("SELECT id FROM deliveries WHERE state = 'sent'")).all()
        for delivery, severity in zip(sent, ("hard", "policy", "soft", "full"), strict=False):
            came_back(session, delivery, "bounce", desk.clock(), severity)
        # The same bounce, told twice.
        came_back(session, sent[0], "bounce", desk.clock(), "hard ")
        came_back(session, sent[5], "complaint", desk.clock(), "")
        came_back(session, sent[6], "reply", desk.clock(), "")
        found = health.health(session, campaign.id)
    assert found == Health(answered=PEOPLE, bounced=2 + 2, complained=1)


def test_complaints_that_come_later_stop_what_is_left(desk: Desk, campaign: Campaign) -> None:
    with desk.database.write() as session:
        session.execute(text("UPDATE campaigns SET state = 'active'"))
        sent = session.scalars(text("SELECT id FROM deliveries WHERE state = 'sent'")).all()
        guard = Guard(BREAKER, campaign.id)
        assert guard.stop(session, desk.clock()) is None
        for delivery in sent[:2]:
            came_back(session, delivery, "complaint", desk.clock(), "")
        # It does not count anew for every mail.
        assert guard.stop(session, desk.clock()) is None
        said = guard.stop(session, desk.clock.advance(seconds=LOOK.total_seconds()))
    assert said == "2 of 20 mails brought a complaint: 10 %, and 10 % is the limit"
    assert state(desk, campaign) is CampaignState.PAUSED
    with desk.database.write() as session:
        # Nobody has looked yet, however many runs there are.
        assert Guard(BREAKER, campaign.id).stop(session, desk.clock()) == said
    service.resume(desk.database, campaign.key, desk.clock())
    with desk.database.write() as session:
        # A person looked at these; a run after that begins to count at none.
        assert health.health(session, campaign.id) == Health()
        assert Guard(BREAKER, campaign.id).stop(session, desk.clock()) is None


def test_what_this_run_has_seen_counts_at_once(desk: Desk, campaign: Campaign) -> None:
    guard = Guard(BREAKER, campaign.id)
    with desk.database.write() as session:
        assert guard.stop(session, desk.clock()) is None
        assert not guard.count(DeliveryEvent.ACCEPT)
        assert not guard.count(DeliveryEvent.DEFER)
        for _ in range(3):
            assert guard.count(DeliveryEvent.REJECT)
        said = guard.stop(session, desk.clock())
    assert said == "5 of 24 mails bounced: 21 %, and 20 % is the limit"


def test_without_a_breaker_nothing_is_asked(desk: Desk, campaign: Campaign) -> None:
    with desk.database.write() as session:
        assert Guard(None, campaign.id).stop(session, desk.clock()) is None
