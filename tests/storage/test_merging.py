"""Property tests: whatever protected either of two contacts protects the one that is left."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain.contact import ConsentBasis, ConsentStatus, Contact, Scope
from outreach.domain.tiers import PARTED, PAUSED
from outreach.domain.tiers_file import read_tiers
from outreach.domain.touches import SUMMARIES
from outreach.starter import starter_file
from outreach.storage import contacts, history, keys, merging, permissions, suppressions, touches
from outreach.storage import tiers as standings
from outreach.storage.contacts import NewContact
from outreach.storage.database import Database
from outreach.storage.merging import merge
from outreach.storage.permissions import Consent
from outreach.storage.tables import (
    CampaignRow,
    ContactRow,
    DeliveryRow,
    MergeRow,
    Table,
    TemplateSentRow,
    TouchRow,
)
from outreach.storage.touches import Touch

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
STATES = ["planned", "pending", "sent", "uncertain", "refused", "rejected", "cancelled"]
_numbers = count()


def instants() -> st.SearchStrategy[datetime]:
    return st.integers(0, 50).map(lambda days: NOW - timedelta(days=days))


LIVES = st.fixed_dictionaries(
    {
        "fields": st.dictionaries(
            st.sampled_from(["first_name", "company", "owner"]), st.sampled_from(["a", "b"])
        ),
        "attributes": st.dictionaries(st.sampled_from(["plan", "seats"]), st.integers(0, 3)),
        "interests": st.sets(st.sampled_from(["tax", "wine", "law"])),
        "tier": st.sampled_from(list(TIERS)),
        "by_person": st.booleans(),
        "consents": st.lists(
            st.tuples(
                instants(), st.sampled_from([ConsentStatus.GRANTED, ConsentStatus.WITHDRAWN])
            ),
            max_size=3,
        ),
        "opt_outs": st.sets(st.sampled_from(list(Scope))),
        "roles": st.sets(st.sampled_from(list(TIERS.roles))),
        "suppressed": st.booleans(),
        "parted": st.booleans(),
        "paused": st.one_of(st.none(), st.integers(1, 30)),
        "touches": st.lists(st.tuples(instants(), st.sampled_from(["in", "out", "both"]))),
        "notes": st.integers(0, 2),
        "deliveries": st.dictionaries(st.integers(0, 3), st.sampled_from(STATES)),
    }
)


def live(session: Session, life: dict[str, Any], campaigns: list[int]) -> int:
    """Make a contact with a past."""
    email = f"c{next(_numbers)}@example.org"
    contact_id = contacts.insert(
        session,
        NewContact(
            email=email,
            tier=life["tier"],
            fields=life["fields"],
            attributes=life["attributes"],
            interests=life["interests"],
        ),
        NOW,
    )
    session.get_one(ContactRow, contact_id).tier_by_person = life["by_person"]
    for at, status in life["consents"]:
        permissions.record_consent(
            session,
            Consent(
                contact_id=contact_id,
                status=status,
                basis=ConsentBasis.EXPRESS if status is ConsentStatus.GRANTED else None,
                source="test",
                occurred_at=at,
            ),
            NOW,
        )
    permissions.opt_out(
        session, contact_id, list(life["opt_outs"]), source="test", evidence=None, occurred_at=NOW
    )
    for role in life["roles"]:
        standings.add_role(session, contact_id, role, by="ann", reason=None, now=NOW)
    if life["suppressed"]:
        secrets = keys.secrets(session, NOW)
        suppressions.suppress(
            session, email, secrets, reason="complaint", source="test", detail=None, now=NOW
        )
    moves = [(PARTED, None)] if life["parted"] else []
    if life["paused"]:
        moves.append((PAUSED, NOW + timedelta(days=life["paused"])))
    for after, until in moves:
        standings.record_move(
            session,
            contact_id,
            TIERS,
            before=life["tier"],
            after=after,
            by="ann",
            by_person=True,
            reason="test",
            now=NOW,
            until=until,
        )
    for at, direction in life["touches"]:
        touches.record(
            session,
            Touch(
                contact_id=contact_id,
                at=at,
                direction=direction,
                channel="mail",
                kind="reply",
                personal=True,
            ),
        )
    for number in range(life["notes"]):
        history.add_note(session, contact_id, f"note {number}", "ann", NOW)
    for number, state in life["deliveries"].items():
        session.add(
            DeliveryRow(
                campaign_id=campaigns[number],
                contact_id=contact_id,
                address=email,
                state=state,
                created_at=NOW,
                sent_at=NOW if state == "sent" else None,
            )
        )
    session.flush()
    return contact_id


def campaigns(session: Session) -> list[int]:
    rows = [
        CampaignRow(
            key=f"newsletter@{next(_numbers)}",
            template="newsletter",
            template_hash="h",
            segment="clients",
            segment_where="true",
            series="newsletter",
            kind="newsletter",
            content_class="give",
            subject="News",
            sender="ann",
            state="running",
            created_at=NOW,
        )
        for _ in range(4)
    ]
    if session.get(TemplateSentRow, "h") is None:
        session.add(TemplateSentRow(hash="h", files={}, first_used_at=NOW))
        session.flush()
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def totals(session: Session, ids: tuple[int, int]) -> dict[str, int]:
    """Count the rows that belong to either contact, in every table that names one."""
    found = {}
    for name, table in Table.metadata.tables.items():
        if "contact_id" in table.c:
            wanted = select(func.count()).select_from(table).where(table.c.contact_id.in_(ids))
            found[name] = session.scalar(wanted) or 0
    return found


def one(session: Session, contact_id: int) -> Contact:
    return contacts.load(session, [contact_id], NOW)[0]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=LIVES, second=LIVES)
def test_the_stricter_rule_wins_and_nothing_is_lost(
    database: Database, first: dict[str, Any], second: dict[str, Any]
) -> None:
    with database.write() as session:
        shared = campaigns(session)
        ids = (live(session, first, shared), live(session, second, shared))
        kept, absorbed = (one(session, contact_id) for contact_id in ids)
        before = totals(session, ids)
        emails = {info.address for i in ids for info in contacts.addresses(session, i)}
        merge(session, *ids, TIERS, by="ann", reason="one person", now=NOW)
        after = totals(session, ids)
        session.expire_all()
        left = one(session, ids[0])
        gone = contacts.load(session, [ids[1]], NOW)
        addresses = contacts.addresses(session, ids[0])
        mail = session.execute(
            select(DeliveryRow.campaign_id, DeliveryRow.state).where(
                DeliveryRow.contact_id.in_(ids)
            )
        ).all()
        up_to_date = {name: getattr(left, name) for name in SUMMARIES}
        standing = standings.standing(session, ids[0], NOW)
        consent = left.consent
        permissions.recompute_consent(session, ids[0])
        touches.recompute(session, [ids[0]])
        session.expire_all()
        recomputed = one(session, ids[0])

    # what protected either protects the one
    assert not gone
    assert left.opted_out == kept.opted_out | absorbed.opted_out
    assert left.suppressed == (kept.suppressed or absorbed.suppressed)
    if ConsentStatus.WITHDRAWN in (kept.consent, absorbed.consent):
        assert left.consent is ConsentStatus.WITHDRAWN
    assert bool(left.parted_at) == bool(kept.parted_at or absorbed.parted_at)
    holds = [until for until in (kept.held_until, absorbed.held_until) if until]
    assert left.held_until == max(holds, default=None)
    assert TIERS[left.tier].rank == max(TIERS[kept.tier].rank, TIERS[absorbed.tier].rank)
    for life in (first, second):
        if life["by_person"] and life["tier"] == left.tier:
            assert standing.set_by_person

    # what either had is there
    assert {info.address for info in addresses} == emails
    assert [info.address for info in addresses if info.is_primary] == [kept.email]
    assert left.interests == kept.interests | absorbed.interests
    assert left.roles == kept.roles | absorbed.roles
    assert left.attributes == {**absorbed.attributes, **kept.attributes}
    assert left.company == (kept.company or absorbed.company)
    assert left.received == kept.received | absorbed.received

    # totals add up: only what both had is not doubled, and what the merge itself records is added
    assert after.pop("interests") == len(left.interests)
    more = {"tier_changes": int(left.tier != kept.tier)}
    more["consents"] = after["consents"] - before["consents"]
    assert more["consents"] in (0, 1)
    before.pop("interests")
    assert after == {name: number + more.get(name, 0) for name, number in before.items()}

    # no campaign can reach the person twice any more
    waiting = {"planned", "pending"}
    by_campaign: dict[int, list[str]] = {}
    for campaign_id, state in mail:
        by_campaign.setdefault(campaign_id, []).append(state)
    for states in by_campaign.values():
        to_come = [state for state in states if state in waiting]
        arrived = [state for state in states if state in ("sent", "uncertain")]
        assert len(to_come) <= (0 if arrived else 1), states

    # the summaries say what the facts say
    assert up_to_date == {name: getattr(recomputed, name) for name in SUMMARIES}
    assert consent is recomputed.consent


def test_no_table_that_names_a_contact_is_forgotten() -> None:
    naming = {name for name, table in Table.metadata.tables.items() if "contact_id" in table.c}
    whole = {table.__tablename__ for table in merging._MOVED_WHOLE}
    assert naming == whole | {"addresses", "interests", "deliveries", "enrolments"}


def test_who_was_merged_before_points_to_who_is_left(database: Database) -> None:
    with database.write() as session:
        first, second, third = (
            contacts.insert(session, NewContact(email=f"{name}@example.org"), NOW)
            for name in ("a", "b", "c")
        )
        merge(session, second, third, TIERS, by="ann", reason=None, now=NOW)
        merge(session, first, second, TIERS, by="ann", reason=None, now=NOW)
        session.expire_all()
        assert session.get_one(ContactRow, third).merged_into_id == first
        assert contacts.find(session, "c@example.org") == first
        assert [row.kept_id for row in session.scalars(select(MergeRow))] == [first, first]
        events = [event.what for event in history.timeline(session, first, 10)]
        assert "absorbed b@example.org, c@example.org" in events


def test_what_the_absorbed_contact_was_is_on_record(database: Database) -> None:
    with database.write() as session:
        kept = contacts.insert(session, NewContact(email="a@example.org"), NOW)
        new = NewContact(email="b@example.org", fields={"company": "Engines"}, tier="client")
        absorbed = contacts.insert(session, new, NOW)
        merge(session, kept, absorbed, TIERS, by="ann", reason="she said so", now=NOW)
        record = session.scalars(select(MergeRow)).one()
    assert record.absorbed["company"] == "Engines"
    assert record.absorbed["tier"] == "client"
    assert record.absorbed["addresses"] == ["b@example.org"]
    assert (record.by, record.reason) == ("ann", "she said so")


@pytest.mark.parametrize("state", ["claimed", "sending"])
def test_mail_that_is_going_out_is_noticed(sqlite_database: Database, state: str) -> None:
    with sqlite_database.write() as session:
        (campaign, *_) = campaigns(session)
        contact_id = contacts.insert(session, NewContact(email="a@example.org"), NOW)
        assert not merging.in_transit(session, [contact_id])
        session.add(
            DeliveryRow(
                campaign_id=campaign,
                contact_id=contact_id,
                address="a@example.org",
                state=state,
                created_at=NOW,
            )
        )
        session.flush()
        assert merging.in_transit(session, [contact_id])
        assert session.scalar(select(func.count()).select_from(TouchRow)) == 0
