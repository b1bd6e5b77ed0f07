"""Contacts: finding, loading, adding and changing them.

A contact that was merged into another is in none of the answers. Attributes are kept as JSON, a
date in ISO 8601; who gives `types` (the workspace's declared attributes) gets dates back as dates.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.domain.address import likeness, normalise, parse_address
from outreach.domain.contact import AttributeType, AttributeValue, ConsentStatus, Contact
from outreach.domain.tiers import KNOWN
from outreach.storage.database import among, given, is_sqlite
from outreach.storage.suppressions import stops_contact
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    InterestRow,
    OptOutRow,
    RoleRow,
    SuppressionRow,
)

BATCH = 1_000
"""How many contacts are loaded with one set of statements; SQLite takes 32,766 values in one."""

FIELDS = (
    "first_name",
    "last_name",
    "company",
    "job_title",
    "phone",
    "locale",
    "timezone",
    "country",
    "owner",
    "source",
    "relies_on",
)
"""The columns of a contact that people fill in, all of them texts."""

_LOADED = (
    *FIELDS,
    "id",
    "tier",
    "tier_since",
    "attributes",
    "consent",
    "consent_basis",
    "consent_expires",
    "held_until",
    "parted_at",
    "last_touch",
    "last_in",
    "last_out",
    "last_two_way",
    "last_personal",
    "last_give",
    "last_ask",
    "last_reply",
    "created_at",
    "updated_at",
)


#: A contact that is not finished: the fields of `Contact` in the order in which they are loaded,
#: and each can be set. When all are, it is made a `Contact`, which is the same in memory. To make
#: one of those outright, which is frozen, takes thirty times as long, and each mail has one.
_Loaded: Any = make_dataclass(
    "_Loaded",
    [
        *((name, Any) for name in (*_LOADED, "email")),
        *(
            (each.name, Any, field(default=each.default))
            for each in fields(Contact)
            if each.name not in (*_LOADED, "email")
        ),
    ],
    slots=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """A contact to be added. `fields` are of `FIELDS`; interests are in lower case."""

    email: str
    tier: str = KNOWN
    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    interests: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class AddressInfo:
    """One address of a contact."""

    address: str
    normalised: str
    is_primary: bool


def find(session: Session, email: str) -> int | None:
    """Return the contact that has this address, primary or not, or None.

    Raises `AddressError` where `email` is not an address.
    """
    return find_many(session, [normalise(email)]).get(normalise(email))


def find_many(session: Session, normalised: Iterable[str]) -> dict[str, int]:
    """Return which contact has which of these normalised addresses."""
    found: dict[str, int] = {}
    for batch in batches(list(normalised)):
        rows = session.execute(_OWNERS, {"normalised": batch})
        found.update((address, contact_id) for address, contact_id in rows)
    return found


_OWNERS = select(AddressRow.__table__.c.normalised, AddressRow.__table__.c.contact_id).where(
    AddressRow.__table__.c.normalised.in_(bindparam("normalised", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What we promised a contact goes by, and where their day begins."""

    id: int
    tier: str
    timezone: str | None
    roles: frozenset[str]


def standings(session: Session, ids: Sequence[int]) -> list[Standing]:
    """Return it of the contacts with these ids, in this order, as far as they live."""
    if not ids:
        return []
    rows = session.execute(_standings(sqlite=is_sqlite(session)), given(session, ids)).all()
    roles = _gathered((row.id, row.role) for row in rows if row.role is not None)
    found = {
        row.id: Standing(row.id, row.tier, row.timezone, roles.get(row.id, frozenset()))
        for row in rows
    }
    return [found[contact_id] for contact_id in ids if contact_id in found]


@cache
def _standings(*, sqlite: bool) -> Select[Any]:
    contact, role = ContactRow.__table__.c, RoleRow.__table__.c
    return (
        select(contact.id, contact.tier, contact.timezone, role.role)
        .join_from(
            ContactRow.__table__,
            RoleRow.__table__,
            and_(role.contact_id == contact.id, role.until.is_(None)),
            isouter=True,
        )
        .where(
            contact.merged_into_id.is_(None),
            among(contact.id, sqlite=sqlite),
        )
    )


def load(
    session: Session,
    ids: Sequence[int],
    now: datetime,  # noqa: ARG001 - all loaders are told it; summaries are kept up to date
    *,
    types: Mapping[str, AttributeType] | None = None,
) -> list[Contact]:
    """Return the contacts with these ids, in this order; ids of no living contact are left out."""
    return [contact for batch in batches(ids) for contact in _load_batch(session, batch, types)]


def _load_batch(
    session: Session, ids: Sequence[int], types: Mapping[str, AttributeType] | None
) -> list[Contact]:
    rows = session.execute(_loading(sqlite=is_sqlite(session)), given(session, ids)).all()
    roles = _sets(session, RoleRow, "role", ids, until="until")
    interests = _sets(session, InterestRow, "interest", ids)
    out = opted_out(session, ids)
    got = received(session, ids)
    stopped = suppressed(session, ids)
    decoded = types or {}
    found: dict[int, Contact] = {}
    for row in rows:
        loaded = _Loaded(*row)
        contact_id = loaded.id
        # Most contacts have none of these, and for a million it is worth not to set them.
        if loaded.attributes:
            loaded.attributes = decode(loaded.attributes, decoded)
        if contact_id in roles:
            loaded.roles = roles[contact_id]
        if contact_id in interests:
            loaded.interests = interests[contact_id]
        if contact_id in out:
            loaded.opted_out = out[contact_id]
        if contact_id in got:
            loaded.received = got[contact_id]
        if contact_id in stopped:
            loaded.suppressed = True
        loaded.__class__ = Contact
        found[contact_id] = loaded
    return [found[contact_id] for contact_id in ids if contact_id in found]


@cache
def _loading(*, sqlite: bool) -> Select[Any]:
    # Columns of tables, and no mapped attributes: this is asked of every contact of a mailing, and
    # what SQLAlchemy does to give back objects took most of its time.
    contact, address = ContactRow.__table__.c, AddressRow.__table__.c
    return (
        select(*(contact[name] for name in _LOADED), address.address)
        .join_from(ContactRow.__table__, AddressRow.__table__, address.contact_id == contact.id)
        .where(address.is_primary, contact.merged_into_id.is_(None))
        .where(among(contact.id, sqlite=sqlite))
    )


def _sets(
    session: Session,
    row: Any,  # noqa: ANN401 - a mapped class
    name: str,
    ids: Sequence[int],
    *,
    until: str | None = None,
) -> Mapping[int, frozenset[str]]:
    """Return what column `name` has of each contact, of rows that have not ended in `until`."""
    statement = _gathering(row, name, until, sqlite=is_sqlite(session))
    return _gathered(session.execute(statement, given(session, ids)).all())


@cache
def _gathering(row: Any, name: str, until: str | None, *, sqlite: bool) -> Select[Any]:  # noqa: ANN401
    columns = row.__table__.c
    found = select(columns.contact_id, columns[name]).where(
        among(columns.contact_id, sqlite=sqlite)
    )
    return found if until is None else found.where(columns[until].is_(None))


def _gathered(rows: Iterable[Any]) -> Mapping[int, frozenset[str]]:
    gathered: defaultdict[int, set[str]] = defaultdict(set)
    for contact_id, text in rows:
        gathered[contact_id].add(text)
    return {contact_id: frozenset(texts) for contact_id, texts in gathered.items()}


def opted_out(session: Session, ids: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """Return the scopes of those of these contacts who opted out of something."""
    return _sets(session, OptOutRow, "scope", ids, until="lifted_at")


def suppressed(session: Session, ids: Sequence[int]) -> set[int]:
    """Return those of these contacts who must never be mailed (`suppressions.stops_contact`)."""
    return set(session.scalars(_stopped(sqlite=is_sqlite(session)), given(session, ids)))


@cache
def _stopped(*, sqlite: bool) -> Select[Any]:
    address, suppression = AddressRow.__table__.c, SuppressionRow.__table__.c
    return (
        select(address.contact_id)
        .join_from(
            AddressRow.__table__,
            SuppressionRow.__table__,
            suppression.normalised == address.normalised,
        )
        .where(among(address.contact_id, sqlite=sqlite), *stops_contact(address, suppression))
    )


def received(session: Session, ids: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """Return the keys of the mailings that each of these contacts got, if any."""
    sqlite = is_sqlite(session)
    # What stayed with a contact that was merged away reached the same person.
    absorbed = session.execute(_absorbed(sqlite=sqlite), given(session, ids)).all()
    owners = {contact_id: kept_id for contact_id, kept_id in absorbed if kept_id is not None}
    rows = session.execute(_received(sqlite=sqlite), given(session, [*ids, *owners])).all()
    return _gathered((owners.get(contact_id, contact_id), key) for contact_id, key in rows)


@cache
def _absorbed(*, sqlite: bool) -> Select[Any]:
    contact = ContactRow.__table__.c
    return select(contact.id, contact.merged_into_id).where(
        among(contact.merged_into_id, sqlite=sqlite)
    )


@cache
def _received(*, sqlite: bool) -> Select[Any]:
    delivery, campaign = DeliveryRow.__table__.c, CampaignRow.__table__.c
    return (
        select(delivery.contact_id, campaign.key)
        .join_from(
            DeliveryRow.__table__, CampaignRow.__table__, campaign.id == delivery.campaign_id
        )
        .where(among(delivery.contact_id, sqlite=sqlite), delivery.sent_at.is_not(None))
    )


def decode(
    stored: Mapping[str, Any], types: Mapping[str, AttributeType]
) -> dict[str, AttributeValue]:
    """Return attributes as a `Contact` holds them, from their JSON."""
    decoded: dict[str, AttributeValue] = {}
    for name, value in stored.items():
        if isinstance(value, list):
            decoded[name] = tuple(value)
        elif types.get(name) is AttributeType.DATE and isinstance(value, str):
            decoded[name] = date.fromisoformat(value)
        else:
            decoded[name] = value
    return decoded


def encode(attributes: Mapping[str, AttributeValue]) -> dict[str, Any]:
    """Return attributes as they are kept in JSON; the inverse of `decode`."""
    return {
        name: list(value)
        if isinstance(value, tuple)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in attributes.items()
    }


def insert(session: Session, new: NewContact, now: datetime) -> int:
    """Add a contact and return its id. The address must not be taken; see `find`."""
    row = ContactRow(
        **new.fields,
        attributes=encode(new.attributes),
        tier=new.tier,
        tier_since=now,
        tier_by_person=False,
        consent=ConsentStatus.NONE,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    add_address(session, row.id, new.email, now, primary=True)
    add_interests(session, row.id, new.interests, new.fields.get("source", "by hand"), now)
    return row.id


def change(
    session: Session,
    contact_id: int,
    now: datetime,
    *,
    fields: Mapping[str, str | None] | None = None,
    attributes: Mapping[str, AttributeValue | None] | None = None,
) -> None:
    """Set what people fill in; None clears it. Fields and attributes not named stay."""
    row = session.get_one(ContactRow, contact_id)
    for name, value in (fields or {}).items():
        if name not in FIELDS:
            raise ValueError(f"{name} is not for people to fill in")
        setattr(row, name, value)
    if attributes:
        given = {name: value for name, value in attributes.items() if value is not None}
        kept = {name: value for name, value in row.attributes.items() if name not in attributes}
        row.attributes = {**kept, **encode(given)}
    row.updated_at = now
    session.flush()


def addresses(session: Session, contact_id: int) -> list[AddressInfo]:
    """Return the addresses of a contact, the primary one first."""
    rows = session.scalars(
        select(AddressRow)
        .where(AddressRow.contact_id == contact_id)
        .order_by(AddressRow.is_primary.desc(), AddressRow.id)
    )
    return [AddressInfo(row.address, row.normalised, row.is_primary) for row in rows]


def add_address(
    session: Session, contact_id: int, address: str, now: datetime, *, primary: bool = False
) -> None:
    """Give a contact one more address, which nobody may have yet."""
    if primary:
        _demote(session, contact_id)
    parsed = parse_address(address)
    session.add(
        AddressRow(
            contact_id=contact_id,
            address=str(parsed),
            normalised=parsed.normalised,
            likeness=likeness(address),
            is_primary=primary,
            created_at=now,
        )
    )
    session.flush()


def make_primary(session: Session, contact_id: int, normalised: str) -> None:
    """Make one of a contact's addresses the one that is written to."""
    _demote(session, contact_id)
    session.execute(
        update(AddressRow)
        .where(AddressRow.contact_id == contact_id, AddressRow.normalised == normalised)
        .values(is_primary=True)
        .execution_options(synchronize_session=False)
    )


def remove_address(session: Session, contact_id: int, normalised: str) -> None:
    """Take an address that is not primary from a contact."""
    session.execute(
        delete(AddressRow)
        .where(
            AddressRow.contact_id == contact_id,
            AddressRow.normalised == normalised,
            ~AddressRow.is_primary,
        )
        .execution_options(synchronize_session=False)
    )


def _demote(session: Session, contact_id: int) -> None:
    session.execute(
        update(AddressRow)
        .where(AddressRow.contact_id == contact_id, AddressRow.is_primary)
        .values(is_primary=False)
        .execution_options(synchronize_session=False)
    )


def add_interests(
    session: Session, contact_id: int, interests: Collection[str], source: str, now: datetime
) -> None:
    """Note what a contact wants to hear about; one that is noted already keeps its date."""
    known = set(
        session.scalars(select(InterestRow.interest).where(InterestRow.contact_id == contact_id))
    )
    session.add_all(
        InterestRow(contact_id=contact_id, interest=interest, source=source, declared_at=now)
        for interest in dict.fromkeys(interests)
        if interest not in known
    )
    session.flush()


def remove_interests(session: Session, contact_id: int, interests: Collection[str]) -> None:
    """Forget interests."""
    session.execute(
        delete(InterestRow)
        .where(InterestRow.contact_id == contact_id, InterestRow.interest.in_(interests))
        .execution_options(synchronize_session=False)
    )


def listing(
    session: Session, *, after: int = 0, limit: int | None = None, tier: str | None = None
) -> list[int]:
    """Return the ids of all living contacts, or those of a tier, greater than `after`, ascending.

    Who gives a `limit` and comes back with the last one reads a long list piece by piece.
    """
    wanted = select(ContactRow.id).where(ContactRow.merged_into_id.is_(None), ContactRow.id > after)
    if tier is not None:
        wanted = wanted.where(ContactRow.tier == tier)
    return list(session.scalars(wanted.order_by(ContactRow.id).limit(limit)))


def with_likeness(session: Session, text: str) -> list[int]:
    """Return the contacts with an address of this likeness, oldest first."""
    return sorted(
        set(session.scalars(select(AddressRow.contact_id).where(AddressRow.likeness == text)))
    )


def count_by_tier(session: Session, now: datetime) -> dict[str, int]:
    """Return how many contacts each tier has; who is parted or paused is not counted."""
    rows = session.execute(
        select(ContactRow.tier, func.count())
        .where(
            ContactRow.merged_into_id.is_(None),
            ContactRow.parted_at.is_(None),
            or_(ContactRow.held_until.is_(None), ContactRow.held_until <= now),
        )
        .group_by(ContactRow.tier)
    )
    return {tier: number for tier, number in rows}  # noqa: C416 - rows are tuples to mypy


def likely_duplicates(session: Session, limit: int) -> list[tuple[int, ...]]:
    """Return groups of contacts that are probably one person each, oldest contact first.

    Two contacts are proposed where their addresses have one `likeness`.
    """
    doubled = (
        select(AddressRow.likeness)
        .group_by(AddressRow.likeness)
        .having(func.count(AddressRow.contact_id.distinct()) > 1)
        .order_by(func.min(AddressRow.contact_id))
        .limit(limit)
    ).subquery()
    groups: defaultdict[str, set[int]] = defaultdict(set)
    rows = session.execute(
        select(AddressRow.likeness, AddressRow.contact_id).where(
            exists().where(doubled.c.likeness == AddressRow.likeness)
        )
    )
    for text, contact_id in rows:
        groups[text].add(contact_id)
    return sorted({tuple(sorted(group)) for group in groups.values()})


def batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Cut `items` into pieces that fit into one statement."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
