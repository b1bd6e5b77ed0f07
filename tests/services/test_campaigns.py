"""Campaigns at a person's word: what failed or is in doubt is settled."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from outreach.domain.delivery import CampaignEvent, CampaignState
from outreach.services import campaigns as service
from outreach.services.report import Result
from outreach.storage import campaigns, deliveries, keys, suppressions
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow, InboundRow
from outreach.testing import FrozenClock
from tests.services.desk import (
    ACCEPTED,
    DEAD,
    FULL,
    SILENT,
    Desk,
    add_contacts,
    new_campaign,
    staffed,
    state_of,
)


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return staffed(database, clock)


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


@pytest.mark.parametrize("by", ["bert", None])
def test_what_is_tried_again_of_a_paused_campaign_waits_until_it_is_resumed(
    desk: Desk, by: str | None
) -> None:
    desk.transport.script = [FULL, SILENT]
    campaign = desk.approved()
    desk.work(campaign, limit=3)
    with desk.database.write() as session:
        now = desk.clock()
        campaigns.apply(session, campaign.id, CampaignEvent.PAUSE, now, reason="why", by=by)
    assert service.retry(desk.database, campaign.key, "anna", desk.clock()) == 1
    found = service.reconcile(
        desk.database, campaign.key, "anna", desk.clock(), word=service.Word.RESEND
    )
    assert found.settled == 1
    paused = service.get(desk.database, campaign.key)
    assert paused.state is CampaignState.PAUSED
    assert (paused.paused_by, paused.state_reason) == (by, "why")
    assert len(desk.transport.tried) == 3
    resumed = service.resume(desk.database, campaign.key, desk.clock())
    assert desk.work(resumed).counts == {Result.SENT: 5}


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


def came_back(desk: Desk, campaign_id: int, kind: str, findings: Any = None) -> None:
    """Take in a mail about Anna's delivery."""
    with desk.database.write() as session:
        delivery = deliveries.of_contact(session, desk.ids["anna"])[campaign_id]
        session.add(
            InboundRow(
                fingerprint=kind,
                mailbox="m",
                raw=b"",
                size=0,
                sender="x@y.z",
                sender_name="",
                subject="",
                kind=kind,
                rule="r",
                words="",
                received_at=desk.clock(),
                recorded_at=desk.clock(),
                findings=findings or {},
                state="done",
                delivery_id=delivery.id,
            )
        )


@pytest.mark.parametrize(("kind", "state"), [("reply", "sent"), ("bounce", "rejected")])
def test_what_came_back_settles_a_mail_in_doubt(desk: Desk, kind: str, state: str) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    desk.work(campaign)
    desk.clock.advance(hours=1)
    came_back(desk, campaign.id, kind)
    found = service.reconcile(desk.database, campaign.key, "anna", desk.clock())
    assert found.left == []
    assert (found.bounced, found.answered) == ((1, 0) if kind == "bounce" else (0, 1))
    assert desk.states()["anna"] == state


FULL_NOTICE = {
    "recipients": [
        {"recipient": "bert@example.com", "original": None, "diagnostic": "550 not Anna"},
        {"recipient": "anna@example.com", "original": None, "diagnostic": "552 5.2.2 mailbox full"},
    ]
}


@pytest.mark.parametrize(
    ("notices", "state", "reason", "counts"),
    [
        # It tries on, so that it must have the mail.
        ([("delay", {})], "sent", None, (0, 0, 1)),
        ([("delay", {}), ("reply", {})], "sent", None, (0, 1, 0)),
        ([("delay", {}), ("bounce", FULL_NOTICE)], "rejected", "552 5.2.2 mailbox full", (1, 0, 0)),
        ([("bounce", {"recipients": []})], "rejected", "a notice came back", (1, 0, 0)),
        (
            [("bounce", {"recipients": [{"recipient": "a@b.c", "diagnostic": "554 no"}]})],
            "rejected",
            "554 no",
            (1, 0, 0),
        ),
    ],
)
def test_what_a_notice_says_settles_a_mail_in_doubt_in_its_words(
    desk: Desk,
    notices: list[tuple[str, Any]],
    state: str,
    reason: str | None,
    counts: tuple[int, int, int],
) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    desk.work(campaign)
    for kind, findings in notices:
        desk.clock.advance(hours=1)
        came_back(desk, campaign.id, kind, findings)
    found = service.reconcile(desk.database, campaign.key, "anna", desk.clock())
    assert (found.bounced, found.answered, found.delayed) == counts
    assert found.left == []
    ((settled, why),) = desk.rows("SELECT state, reason FROM deliveries WHERE id = 1")
    assert settled == state
    assert why == (reason and f"it bounced: {reason}")


def test_all_in_doubt_are_told_and_how_many_of_the_rejected_are_not(desk: Desk) -> None:
    add_contacts(desk.database, [f"c{number}" for number in range(50)], desk.clock())
    campaign = desk.approved()
    with desk.database.write() as session:
        session.execute(text("UPDATE deliveries SET state = 'rejected'"))
        session.execute(text("UPDATE deliveries SET state = 'uncertain' WHERE id <= 31"))
    found = service.details(desk.database, campaign.key, desk.clock())
    assert len(found.uncertain) == 31
    assert (len(found.rejected), found.unlisted) == (service.LISTED, 5)
    found = service.details(desk.database, campaign.key, desk.clock(), limit=None)
    assert (len(found.rejected), found.unlisted) == (25, 0)


class Copies:
    """A mailbox that holds copies of these mails."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def find(self, message_ids: Collection[str]) -> set[str]:
        return {self.wanted} & set(message_ids)


@pytest.mark.parametrize("how", ["word", "copy", "reply"])
def test_what_is_settled_as_sent_was_written_to_them_like_any_other_mail(
    desk: Desk, how: str
) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    desk.work(campaign)
    desk.clock.advance(hours=1)
    mailboxes: list[Any] = []
    if how == "copy":
        mailboxes = [Copies("<1@example.com>")]
    elif how == "reply":
        came_back(desk, campaign.id, "reply")
    word = service.Word.SENT if how == "word" else None
    found = service.reconcile(
        desk.database, campaign.key, "anna", desk.clock(), word=word, mailboxes=mailboxes
    )
    assert (found.settled + found.filed + found.answered, found.left) == (1, [])
    written = (
        "SELECT direction, channel, kind, content_class, personal, touches.by, touches.at, "
        "last_out, last_give, last_touch FROM touches JOIN contacts ON contacts.id = contact_id "
        "WHERE delivery_id IS NOT NULL AND first_name = "
    )
    assert desk.rows(written + "'Anna'") == desk.rows(written + "'Bert'")
    ((at,),) = desk.rows("SELECT sent_at FROM deliveries WHERE address LIKE 'anna%'")
    assert desk.rows(
        "SELECT at FROM touches JOIN contacts ON contacts.id = contact_id WHERE first_name = 'Anna'"
    ) == [(at,)]
    # The gate knows of it: another mail on that day has to wait for Anna as for all others.
    plan = desk.plan(new_campaign("other@2026-12"))
    assert plan.allowed == 0
    # To say it twice is to say it once.
    service.reconcile(desk.database, campaign.key, "anna", desk.clock(), word=service.Word.SENT)
    assert desk.rows("SELECT count(*) FROM touches") == [(6,)]


def test_what_is_settled_as_sent_was_written_to_whom_they_are_now(desk: Desk) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    desk.work(campaign)
    with desk.database.write() as session:
        session.execute(
            update(ContactRow)
            .where(ContactRow.id == desk.ids["anna"])
            .values(merged_into_id=desk.ids["fred"])
        )
    service.reconcile(desk.database, campaign.key, "anna", desk.clock(), word=service.Word.SENT)
    assert desk.rows(
        "SELECT first_name FROM contacts WHERE id IN "
        "(SELECT contact_id FROM touches WHERE delivery_id = 1)"
    ) == [("Fred",)]


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
