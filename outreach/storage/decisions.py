"""Decisions: the facts the gate decides on, and what it said, one row each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session

from outreach.domain.contact import AttributeType
from outreach.domain.delivery import DeliveryState
from outreach.domain.gate import WINDOW, Decision, Facts, Intent, Mail, Outline, Verdict
from outreach.domain.mailing import ContentClass
from outreach.domain.touches import REPLY, Channel, Direction
from outreach.storage import contacts
from outreach.storage.database import UtcDateTime, among, given, insert_rows, is_sqlite, stamp
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    TouchRow,
)

BATCH = 2_000
"""How many contacts are decided on with one set of statements."""


class Stage(StrEnum):
    """When the gate was asked."""

    PLAN = "plan"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision on record; `campaign` is the campaign's key."""

    campaign_id: int | None
    campaign: str | None
    stage: Stage
    verdict: Verdict
    rule: str
    why: str | None
    until: datetime | None
    at: datetime


_NONE: frozenset[str] = frozenset()

# Written out, not bound: SQLite uses a partial index only where the query says the same words.
_IN_DOUBT = text("deliveries.state IN ('sending', 'uncertain')")


def facts(
    session: Session,
    ids: Sequence[int],
    intent: Intent,
    now: datetime,
    *,
    types: Mapping[str, AttributeType] | None = None,
) -> list[Facts]:
    """Return what the gate needs to know of these contacts, in a few statements for them all.

    Contacts that are not there any more (merged into another) are left out.
    """
    people = contacts.load(session, ids, now, types=types)
    mails, in_doubt = _mails(session, ids, now)
    asks: Mapping[int, list[datetime]] = {}
    gives: Mapping[int, int] = {}
    if intent.content_class is ContentClass.ASK:
        asks, gives = _asks(session, ids), _gives(session, ids)
    return [
        Facts(
            contact=person,
            mails=tuple(mails[person.id]),
            asks=tuple(asks.get(person.id, ())),
            gives=gives.get(person.id, 0),
            received=intent.key in person.received or intent.key in in_doubt[person.id],
        )
        for person in people
    ]


@dataclass(slots=True)
class Planned:
    """A delivery that is planned, with the outline of its contact (`outreach.domain.gate.Outline`).

    `email` is None where the contact is not there any more (merged into another). `outline` is None
    where only `facts` tell all that the gate looks at.
    """

    id: int
    contact_id: int
    email: str | None
    outline: Outline | None


def planned(
    session: Session, campaign_id: int, intent: Intent, now: datetime, *, after: int, limit: int
) -> list[Planned]:
    """Return the next planned deliveries of a campaign behind delivery `after`, ascending."""
    contact, delivery = ContactRow.__table__.c, DeliveryRow.__table__.c
    address = AddressRow.__table__.c
    rows = session.execute(
        select(
            delivery.id,
            delivery.contact_id,
            case((contact.merged_into_id.is_(None), address.address)),
            or_(
                contact.consent_expires.is_not(None),
                contact.parted_at.is_not(None),
                contact.held_until.is_not(None),
            ),
            contact.tier,
            contact.consent,
            contact.consent_basis,
            contact.timezone,
        )
        .select_from(DeliveryRow.__table__)
        .join(ContactRow.__table__, contact.id == delivery.contact_id)
        .outerjoin(AddressRow.__table__, and_(address.contact_id == contact.id, address.is_primary))
        .where(
            delivery.campaign_id == campaign_id,
            delivery.state == DeliveryState.PLANNED.value,
            delivery.id > after,
        )
        .order_by(delivery.id)
        .limit(limit)
    ).all()
    ids = [row[1] for row in rows]
    if not ids:
        return []
    mails, in_doubt = _mails(session, ids, now)
    opted_out = contacts.opted_out(session, ids)
    stopped = contacts.suppressed(session, ids)
    received = contacts.received(session, ids)
    found = []
    for delivery_id, contact_id, email, has_date, tier, consent, basis, timezone in rows:
        outline = None
        went = contact_id in received and intent.key in received[contact_id]
        if not (has_date or went or contact_id in stopped or contact_id in in_doubt):
            outline = Outline(
                tier,
                consent,
                basis,
                timezone,
                opted_out.get(contact_id, _NONE),
                tuple(mails.get(contact_id, ())),
            )
        found.append(Planned(delivery_id, contact_id, email, outline))
    return found


def record(
    session: Session,
    campaign_id: int | None,
    stage: Stage,
    decided: Iterable[tuple[int, Decision]],
    now: datetime,
) -> None:
    """Record what the gate said of each contact."""
    connection = session.connection()
    stage_value, at = stage.value, stamp(now, connection.dialect)
    insert_rows(
        connection,
        DecisionRow,
        ("contact_id", "campaign_id", "stage", "verdict", "rule", "why", "until", "at"),
        [
            (
                contact_id,
                campaign_id,
                stage_value,
                _VERDICT[said.verdict],
                said.rule,
                said.why,
                stamp(said.until, connection.dialect),
                at,
            )
            for contact_id, said in decided
        ],
    )


_VERDICT = {verdict: verdict.value for verdict in Verdict}


def of_contact(session: Session, contact_id: int, key: str | None = None) -> Sequence[Recorded]:
    """Return the decisions about a contact, the oldest first, all or those of one campaign."""
    wanted = (
        select(DecisionRow, CampaignRow.key)
        .outerjoin(CampaignRow, CampaignRow.id == DecisionRow.campaign_id)
        .where(DecisionRow.contact_id == contact_id)
        .order_by(DecisionRow.at, DecisionRow.id)
    )
    if key is not None:
        wanted = wanted.where(CampaignRow.key == key)
    return [
        Recorded(
            campaign_id=row.campaign_id,
            campaign=campaign,
            stage=Stage(row.stage),
            verdict=Verdict(row.verdict),
            rule=row.rule,
            why=row.why,
            until=row.until,
            at=row.at,
        )
        for row, campaign in session.execute(wanted)
    ]


def _mails(
    session: Session, ids: Sequence[int], now: datetime
) -> tuple[defaultdict[int, list[Mail]], defaultdict[int, set[str]]]:
    """Return the mails that went to each contact lately or may have, and the keys of the latter.

    One statement asks for both.
    """
    mails: defaultdict[int, list[Mail]] = defaultdict(list)
    in_doubt: defaultdict[int, set[str]] = defaultdict(set)
    parameters = given(session, ids, since=now - WINDOW, now=now)
    row: Any
    for row in session.execute(_mailed(sqlite=is_sqlite(session)), parameters):
        contact_id, at, kind, content_class, key = row
        known = ContentClass(content_class) if content_class else None
        mails[contact_id].append(Mail(at, kind, known))
        if key is not None:
            in_doubt[contact_id].add(key)
    return mails, in_doubt


@cache
def _mailed(*, sqlite: bool) -> CompoundSelect[Any]:
    touch, delivery = TouchRow.__table__.c, DeliveryRow.__table__.c
    campaign = CampaignRow.__table__.c
    went = select(touch.contact_id, touch.at, touch.kind, touch.content_class, null()).where(
        among(touch.contact_id, sqlite=sqlite),
        touch.at > bindparam("since", type_=UtcDateTime()),
        touch.direction == Direction.OUT,
        touch.channel == Channel.MAIL,
        touch.kind != REPLY,
    )
    may_have = (
        select(
            delivery.contact_id,
            func.coalesce(delivery.tried_at, bindparam("now", type_=UtcDateTime())),
            campaign.kind,
            campaign.content_class,
            campaign.key,
        )
        .join_from(
            DeliveryRow.__table__, CampaignRow.__table__, campaign.id == delivery.campaign_id
        )
        .where(among(delivery.contact_id, sqlite=sqlite), _IN_DOUBT)
    )
    return union_all(went, may_have)


def _asks(session: Session, ids: Sequence[int]) -> Mapping[int, list[datetime]]:
    gathered: defaultdict[int, list[datetime]] = defaultdict(list)
    for contact_id, at in session.execute(_asking(sqlite=is_sqlite(session)), given(session, ids)):
        gathered[contact_id].append(at)
    return gathered


@cache
def _asking(*, sqlite: bool) -> Select[Any]:
    touch = TouchRow.__table__.c
    return select(touch.contact_id, touch.at).where(
        among(touch.contact_id, sqlite=sqlite),
        touch.direction != Direction.IN,
        touch.content_class == ContentClass.ASK,
    )


def _gives(session: Session, ids: Sequence[int]) -> Mapping[int, int]:
    """Return how often each was given something since they were last asked for something."""
    rows = session.execute(_giving(sqlite=is_sqlite(session)), given(session, ids))
    return {contact_id: number for contact_id, number in rows}  # noqa: C416 - rows are tuples


@cache
def _giving(*, sqlite: bool) -> Select[Any]:
    touch, contact = TouchRow.__table__.c, ContactRow.__table__.c
    return (
        select(touch.contact_id, func.count())
        .join_from(TouchRow.__table__, ContactRow.__table__, contact.id == touch.contact_id)
        .where(
            among(touch.contact_id, sqlite=sqlite),
            touch.direction != Direction.IN,
            touch.content_class == ContentClass.GIVE,
            or_(
                contact.last_ask.is_(None),
                and_(contact.last_ask.is_not(null()), touch.at > contact.last_ask),
            ),
        )
        .group_by(touch.contact_id)
    )
