"""The inbox: mails that came back, whose they are, and how far each mailbox was read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union,
    union_all,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.domain.effects import Kind
from outreach.domain.touches import Direction
from outreach.storage.database import (
    among,
    given,
    given_ids,
    ids_named,
    insert_into,
    insert_of,
    is_sqlite,
    listed,
    rows_of,
)
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    InboundRow,
    PositionRow,
    TouchRow,
    table_of,
)

_LARGEST_ID = 2**63 - 1  # no database takes a larger one
_INBOUND = table_of(InboundRow)
_DELIVERIES = table_of(DeliveryRow)
_CONTACTS = table_of(ContactRow)
_CAMPAIGNS = table_of(CampaignRow)
_TOUCHES = table_of(TouchRow)
_ADDRESSES = table_of(AddressRow)


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


def known(session: Session, fingerprints: Sequence[str]) -> dict[str, int]:
    """Return the mails with these fingerprints that are in the inbox."""
    table = _INBOUND.c
    rows = session.execute(
        select(table.fingerprint, table.id).where(table.fingerprint.in_(fingerprints))
    )
    return {fingerprint: inbound_id for fingerprint, inbound_id in rows}  # noqa: C416 - as mypy sees rows


def add(session: Session, new: NewMail, now: datetime) -> int | None:
    """Record a mail, `FILED` until told otherwise; None if another run was faster."""
    values = {name: getattr(new, name) for name in NewMail.__slots__}
    values |= {"size": len(new.raw), "state": State.FILED, "recorded_at": now}
    done: int | None = session.execute(_added(sqlite=is_sqlite(session)), values).scalar()
    return done


@cache
def _added(*, sqlite: bool) -> Any:  # noqa: ANN401 - one of two dialects' own
    table = _INBOUND
    return (
        insert_of(table, sqlite=sqlite)
        .on_conflict_do_nothing(index_elements=["fingerprint"])
        .returning(table.c.id)
    )


def may_be_ours(session: Session, inbound_ids: Collection[int]) -> set[int]:
    """Return which of these mails are ours for all that is known of them."""
    return set(session.scalars(select(InboundRow.id).where(_may_be_ours(inbound_ids))))


def becomes_ours(session: Session, inbound_id: int) -> bool:
    """Make a mail one of ours, if it may be; False where another run was faster."""
    done = session.scalars(
        update(InboundRow)
        .where(_may_be_ours([inbound_id]))
        .values(kind=Kind.ANSWER)
        .returning(InboundRow.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def _may_be_ours(inbound_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        InboundRow.id.in_(inbound_ids),
        InboundRow.kind != Kind.ANSWER,
        InboundRow.classified_by.is_(None),
        # what a contact wrote from an address of theirs is theirs, wherever somebody filed it
        or_(InboundRow.contact_id.is_(None), InboundRow.stranger),
    )


def letters(session: Session, contact_id: int, *, to: str, naming: str | None = None) -> list[int]:
    """Return our letters to an address that are not yet letters to this contact, oldest first.

    With `naming`, only those that answer the mail with this id.
    """
    theirs = select(TouchRow.inbound_id).where(
        TouchRow.contact_id == contact_id, TouchRow.inbound_id.is_not(None)
    )
    rows = session.execute(
        select(InboundRow.id, InboundRow.findings)
        .where(InboundRow.kind == Kind.ANSWER, InboundRow.id.not_in(theirs))
        .order_by(InboundRow.received_at, InboundRow.id)
        .execution_options(yield_per=1000)
    )
    return [
        inbound_id
        for inbound_id, findings in rows
        if to.lower() in findings.get("to", ())
        and (naming is None or naming in findings.get("answers", ()))
    ]


def change(session: Session, inbound_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Set columns of a mail that may change: everything but what came in."""
    session.execute(_CHANGED, {"of": inbound_id, **values})


_CHANGED = update(_INBOUND).where(_INBOUND.c.id == bindparam("of"))


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
    if not delivery_ids and not contact_ids:
        return []
    rows = session.execute(
        _answerable(sqlite=is_sqlite(session)),
        {
            "delivery_ids": given_ids(session, delivery_ids),
            "contact_ids": given_ids(session, contact_ids),
            "since": since,
            "most": limit,
        },
    ).all()
    owned = addresses_of(session, {row.owner for row in rows})
    return [
        Answerable(
            delivery_id=row.id,
            contact_id=row.owner,
            message_id=row.message_id,
            address=row.address,
            addresses=owned.get(row.owner, frozenset()) | {row.address.lower()},
            # The campaign's is a template; what this reader saw stands in their history.
            subject=row.summary or row.subject,
            sent_at=row.sent_at or row.tried_at or row.created_at,
            campaign_id=row.campaign_id,
            kind=row.kind,
            accepted_as=row.reply_text,
        )
        for row in rows
    ]


@cache
def _answerable(*, sqlite: bool) -> Select[Any]:
    contact, delivery = _CONTACTS, _DELIVERIES
    campaign, touch = _CAMPAIGNS, _TOUCHES
    # Whose id is named, and who was merged into them: each found by its index, where the owner of
    # each delivery would have to be computed for all there are.
    contact_ids = ids_named("contact_ids", sqlite=sqlite)
    person, absorbed, theirs = contact.alias(), contact.alias(), delivery.alias()
    people = union_all(
        select(person.c.id).where(
            listed(person.c.id, contact_ids, sqlite=sqlite),
            person.c.merged_into_id.is_(None),
        ),
        select(absorbed.c.id).where(
            absorbed.c.merged_into_id.is_not(None),
            listed(absorbed.c.merged_into_id, contact_ids, sqlite=sqlite),
        ),
    )
    wanted = union(
        rows_of(ids_named("delivery_ids", sqlite=sqlite), sqlite=sqlite),
        select(theirs.c.id).where(
            theirs.c.contact_id.in_(people), theirs.c.sent_at >= bindparam("since")
        ),
    )
    names = ("message_id", "address", "sent_at", "tried_at", "created_at", "campaign_id")
    return (
        select(
            delivery.c.id,
            *(delivery.c[name] for name in names),
            delivery.c.reply_text,
            func.coalesce(contact.c.merged_into_id, contact.c.id).label("owner"),
            campaign.c.subject,
            campaign.c.kind,
            touch.c.summary,
        )
        .join_from(delivery, contact, contact.c.id == delivery.c.contact_id)
        .join(campaign, campaign.c.id == delivery.c.campaign_id)
        .outerjoin(touch, touch.c.delivery_id == delivery.c.id)
        .where(delivery.c.id.in_(wanted), delivery.c.tried_at.is_not(None))
        .order_by(delivery.c.id.desc())
        .limit(bindparam("most", type_=Integer))
    )


def addresses_of(session: Session, contact_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the addresses of contacts in lower case, as written and normalised."""
    if not contact_ids:
        return {}
    found: dict[int, set[str]] = {}
    for contact_id, address, normalised in session.execute(
        _addresses(sqlite=is_sqlite(session)), given(session, contact_ids)
    ):
        found.setdefault(contact_id, set()).update((address.lower(), normalised))
    return {contact_id: frozenset(texts) for contact_id, texts in found.items()}


@cache
def _addresses(*, sqlite: bool) -> Select[Any]:
    table = _ADDRESSES.c
    return select(table.contact_id, table.address, table.normalised).where(
        among(table.contact_id, sqlite=sqlite)
    )


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
    rows = session.execute(_BY_MESSAGE_ID, {"ids": message_ids})
    found = {message_id: (contact, delivery) for message_id, contact, delivery in rows}
    return next((found[each] for each in message_ids if each in found), None)


_BY_MESSAGE_ID = (
    select(
        _INBOUND.c.message_id,
        _INBOUND.c.contact_id,
        _INBOUND.c.delivery_id,
    )
    .where(
        _INBOUND.c.message_id.in_(bindparam("ids", expanding=True)),
        _INBOUND.c.contact_id.is_not(None),
    )
    .order_by(_INBOUND.c.id)
)


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
    """Return one mail, or None, as for a number that no mail can have."""
    if not 0 < inbound_id <= _LARGEST_ID:
        return None
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


def no_longer_open(session: Session, inbound_ids: Collection[int]) -> set[int]:
    """Return which of these mails wait for no answer."""
    table = _INBOUND.c
    open_ones = session.scalars(
        select(table.id).where(
            among(table.id, sqlite=is_sqlite(session)), table.state == State.OPEN
        ),
        given(session, inbound_ids),
    )
    return set(inbound_ids).difference(open_ones)


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
