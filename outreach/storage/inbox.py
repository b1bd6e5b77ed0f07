"""The inbox: mails that came back, whose they are, and how far each mailbox was read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.domain.effects import Kind
from outreach.domain.touches import Direction
from outreach.storage.database import insert_into
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    InboundRow,
    PositionRow,
    TouchRow,
)


class State(StrEnum):
    """What is to be done about a mail in the inbox."""

    #: A person must look: whose it is or what it means is not sure.
    REVIEW = "review"
    #: It waits for our answer.
    OPEN = "open"
    #: All that follows from it was done.
    FILED = "filed"
    #: A person is done with it, or it was answered.
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail to be recorded; the fields are those of `InboundRow`."""

    fingerprint: str
    mailbox: str
    folder: str | None
    raw: bytes
    message_id: str | None
    sender: str
    sender_name: str
    subject: str
    sent_at: datetime | None
    received_at: datetime
    kind: str
    rule: str
    words: str
    findings: Mapping[str, Any]
    contact_id: int | None = None
    delivery_id: int | None = None
    rung: str | None = None
    confidence: float | None = None
    stranger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A mail in the inbox as a person wants to see it; without its bytes.

    `email` is the contact's primary address, `campaign` the key of what it answers.
    """

    id: int
    mailbox: str
    folder: str | None
    size: int
    message_id: str | None
    sender: str
    sender_name: str
    subject: str
    sent_at: datetime | None
    received_at: datetime
    kind: Kind
    rule: str
    classified_by: str | None
    words: str
    findings: Mapping[str, Any]
    contact_id: int | None
    email: str | None
    delivery_id: int | None
    campaign: str | None
    rung: str | None
    confidence: float | None
    stranger: bool
    state: State
    review: str | None
    answer_by: datetime | None
    answered_at: datetime | None
    done_at: datetime | None
    done_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """A delivery that a mail may answer, with all addresses of its reader.

    `accepted_as` is what the server said that took it, in which many name the mail by an id of
    their own.
    """

    delivery_id: int
    contact_id: int
    message_id: str | None
    address: str
    addresses: frozenset[str]
    subject: str
    sent_at: datetime
    campaign_id: int
    kind: str
    accepted_as: str | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What stands out between a contact and us: `by` is ``us`` or ``them``.

    `due` is until when we promised to answer, `since` when the other side wrote.
    """

    by: str
    what: str
    since: datetime
    due: datetime | None = None
    inbound_id: int | None = None


# Recording


def is_known(session: Session, fingerprint: str) -> int | None:
    """Return the mail with this fingerprint, or None."""
    return session.scalar(select(InboundRow.id).where(InboundRow.fingerprint == fingerprint))


def add(session: Session, new: NewMail, now: datetime) -> int | None:
    """Record a mail, `FILED` until told otherwise; None if another run was faster."""
    values = {name: getattr(new, name) for name in NewMail.__slots__}
    done = session.execute(
        insert_into(session, InboundRow)
        .values(**values, size=len(new.raw), state=State.FILED, recorded_at=now)
        .on_conflict_do_nothing(index_elements=["fingerprint"])
        .returning(InboundRow.id)
    )
    return done.scalar()


def change(session: Session, inbound_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Set columns of a mail that may change: everything but what came in."""
    session.execute(
        update(InboundRow)
        .where(InboundRow.id == inbound_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def positions(session: Session, mailbox: str) -> dict[str, tuple[str, int]]:
    """Return how far each folder of a mailbox was read: epoch and position."""
    rows = session.scalars(select(PositionRow).where(PositionRow.mailbox == mailbox))
    return {row.folder: (row.epoch, row.position) for row in rows}


def advance(
    session: Session, mailbox: str, folder: str, *, epoch: str, position: int, now: datetime
) -> None:
    """Record how far a folder was read. Within an epoch a position never goes back."""
    statement = insert_into(session, PositionRow).values(
        mailbox=mailbox, folder=folder, epoch=epoch, position=position, read_at=now
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["mailbox", "folder"],
            set_={"epoch": epoch, "position": position, "read_at": now},
            where=or_(PositionRow.epoch != epoch, PositionRow.position <= position),
        )
    )


# Whose a mail is


def answerable(
    session: Session,
    *,
    delivery_ids: Collection[int],
    contact_ids: Collection[int],
    since: datetime,
    limit: int = 200,
) -> list[Answerable]:
    """Return the deliveries named by id, and the newest to these contacts since an instant.

    What stayed with a contact that was merged into another is the other's.
    """
    owner = func.coalesce(ContactRow.merged_into_id, ContactRow.id)
    wanted: list[ColumnElement[bool]] = []
    if delivery_ids:
        wanted.append(DeliveryRow.id.in_(delivery_ids))
    if contact_ids:
        wanted.append(and_(owner.in_(contact_ids), DeliveryRow.sent_at >= since))
    if not wanted:
        return []
    rows = session.execute(
        select(DeliveryRow, owner, CampaignRow.subject, CampaignRow.kind, TouchRow.summary)
        .join(ContactRow, ContactRow.id == DeliveryRow.contact_id)
        .join(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
        .outerjoin(TouchRow, TouchRow.delivery_id == DeliveryRow.id)
        .where(or_(*wanted), DeliveryRow.tried_at.is_not(None))
        .order_by(DeliveryRow.id.desc())
        .limit(limit)
    ).all()
    owned = addresses_of(session, {contact_id for _, contact_id, *_ in rows})
    return [
        Answerable(
            delivery_id=delivery.id,
            contact_id=contact_id,
            message_id=delivery.message_id,
            address=delivery.address,
            addresses=owned.get(contact_id, frozenset()) | {delivery.address.lower()},
            # The campaign's is a template; what this reader saw stands in their history.
            subject=summary or subject,
            sent_at=delivery.sent_at or delivery.tried_at or delivery.created_at,
            campaign_id=delivery.campaign_id,
            kind=kind,
            accepted_as=delivery.reply_text,
        )
        for delivery, contact_id, subject, kind, summary in rows
    ]


def addresses_of(session: Session, contact_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the addresses of contacts in lower case, as written and normalised."""
    found: dict[int, set[str]] = {}
    for contact_id, address, normalised in session.execute(
        select(AddressRow.contact_id, AddressRow.address, AddressRow.normalised).where(
            AddressRow.contact_id.in_(contact_ids)
        )
    ):
        found.setdefault(contact_id, set()).update((address.lower(), normalised))
    return {contact_id: frozenset(texts) for contact_id, texts in found.items()}


def living(session: Session, contact_id: int) -> int | None:
    """Return the contact, or the one that it was merged into; None where there is none."""
    row = session.execute(
        select(ContactRow.id, ContactRow.merged_into_id).where(ContactRow.id == contact_id)
    ).first()
    return (row[1] or row[0]) if row else None


def by_message_id(session: Session, message_ids: Sequence[str]) -> tuple[int, int | None] | None:
    """Return contact and delivery of the first of these mails that is in the inbox, or None."""
    if not message_ids:
        return None
    rows = session.execute(
        select(InboundRow.message_id, InboundRow.contact_id, InboundRow.delivery_id)
        .where(InboundRow.message_id.in_(message_ids), InboundRow.contact_id.is_not(None))
        .order_by(InboundRow.id)
    )
    known = {
        message_id: (contact, delivery)
        for message_id, contact, delivery in rows
        if contact is not None
    }
    return next((known[each] for each in message_ids if each in known), None)


def unanswered(session: Session, contact_id: int) -> tuple[datetime, str | None] | None:
    """Return our newest mail by hand to a contact and its subject, if they wrote nothing since."""
    ours = session.execute(
        select(TouchRow.at, TouchRow.summary)
        .where(
            TouchRow.contact_id == contact_id,
            TouchRow.direction == Direction.OUT,
            TouchRow.personal,
        )
        .order_by(TouchRow.at.desc())
        .limit(1)
    ).first()
    heard = session.scalar(select(ContactRow.last_two_way).where(ContactRow.id == contact_id))
    return (ours[0], ours[1]) if ours and (heard is None or heard < ours[0]) else None


# Looking at


def _items() -> Any:  # noqa: ANN401 - a query whose rows have three types
    return (
        select(InboundRow, AddressRow.address, CampaignRow.key)
        .outerjoin(
            AddressRow,
            and_(AddressRow.contact_id == InboundRow.contact_id, AddressRow.is_primary),
        )
        .outerjoin(DeliveryRow, DeliveryRow.id == InboundRow.delivery_id)
        .outerjoin(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
        .execution_options(populate_existing=True)
    )


def get(session: Session, inbound_id: int) -> Item | None:
    """Return one mail, or None."""
    found = session.execute(_items().where(InboundRow.id == inbound_id)).first()
    return _item(*found) if found else None


def raw(session: Session, inbound_id: int) -> bytes | None:
    """Return the bytes of a mail as they came, or None."""
    return session.scalar(select(InboundRow.raw).where(InboundRow.id == inbound_id))


def listing(
    session: Session,
    *,
    states: Collection[State] = (),
    kinds: Collection[Kind] = (),
    contact_id: int | None = None,
    limit: int | None = None,
) -> list[Item]:
    """Return mails: those with a clock first, by when they are due; then the newest."""
    wanted = _items().order_by(
        InboundRow.state != State.OPEN,
        func.coalesce(InboundRow.answer_by, _FAR_OFF),
        InboundRow.received_at.desc(),
        InboundRow.id.desc(),
    )
    if states:
        wanted = wanted.where(InboundRow.state.in_(states))
    if kinds:
        wanted = wanted.where(InboundRow.kind.in_(kinds))
    if contact_id is not None:
        wanted = wanted.where(InboundRow.contact_id == contact_id)
    return [_item(*found) for found in session.execute(wanted.limit(limit))]


_FAR_OFF = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


def counts(session: Session) -> dict[State, int]:
    """Return how many mails there are in each state."""
    rows = session.execute(select(InboundRow.state, func.count()).group_by(InboundRow.state))
    return {State(state): number for state, number in rows}


def newest_from(session: Session, contact_id: int) -> Item | None:
    """Return the newest mail that a person of this contact wrote to us, or None."""
    found = session.execute(
        _items()
        .where(
            InboundRow.contact_id == contact_id,
            InboundRow.kind.in_((Kind.REPLY, Kind.OPT_OUT)),
        )
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
        .limit(1)
    ).first()
    return _item(*found) if found else None


def owed(session: Session, contact_id: int) -> list[Owed]:
    """Return what is owed between a contact and us, ours first."""
    waiting = listing(session, states=[State.OPEN, State.REVIEW], contact_id=contact_id, limit=50)
    found = [
        Owed("us", item.subject or "their mail", item.received_at, item.answer_by, item.id)
        for item in waiting
        if item.answer_by is not None and item.answered_at is None
    ]
    if not found:
        asked = unanswered(session, contact_id)
        if asked is not None:
            at, subject = asked
            found.append(Owed("them", subject or "our mail", at))
    return found


def _item(row: InboundRow, email: str | None, campaign: str | None) -> Item:
    own = {
        name: getattr(row, name)
        for name in Item.__slots__
        if name not in ("email", "campaign", "kind", "state")
    }
    return Item(**own, kind=Kind(row.kind), state=State(row.state), email=email, campaign=campaign)
