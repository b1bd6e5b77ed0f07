"""What an import asks before it writes, and the record of the import itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.domain.address import keyed_hash
from outreach.domain.contact import ConsentStatus
from outreach.storage import contacts
from outreach.storage.contacts import FIELDS
from outreach.storage.tables import (
    AddressRow,
    ConsentRow,
    ContactRow,
    ImportRow,
    InterestRow,
    NoteRow,
    OptOutRow,
    RoleRow,
    SuppressionRow,
)


@dataclass(slots=True)
class Snapshot:
    """What is on record about one contact, as far as an import needs to know."""

    id: int
    fields: dict[str, str | None]
    attributes: dict[str, Any]
    tier: str
    tier_by_person: bool
    consent: ConsentStatus
    consented_at: datetime | None = None
    consents: set[tuple[str, str | None, str | None, datetime | None]] = field(default_factory=set)
    interests: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    opted_out: dict[str, datetime | None] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)


def suppressed(session: Session, normalised: Sequence[str], secrets: Sequence[str]) -> set[str]:
    """Return which of these addresses are on the suppression list, also by hash alone."""
    active = SuppressionRow.lifted_at.is_(None)
    if session.scalar(select(SuppressionRow.id).where(active).limit(1)) is None:
        return set()
    found: set[str] = set()
    for batch in contacts.batches(normalised):
        hashes = {keyed_hash(one, secret): one for one in batch for secret in secrets}
        rows = session.execute(
            select(SuppressionRow.address_hash, SuppressionRow.normalised).where(
                active,
                or_(
                    SuppressionRow.address_hash.in_(hashes),
                    SuppressionRow.normalised.in_(batch),
                ),
            )
        )
        found.update(hashes.get(digest) or address or "" for digest, address in rows)
    return found


def snapshots(session: Session, ids: Sequence[int]) -> dict[int, Snapshot]:
    """Return what is on record about these contacts."""
    found: dict[int, Snapshot] = {}
    for batch in contacts.batches(ids):
        columns: list[ColumnElement[Any]] = [getattr(ContactRow, name) for name in FIELDS]
        for row in session.execute(
            select(
                ContactRow.id,
                ContactRow.attributes,
                ContactRow.tier,
                ContactRow.tier_by_person,
                ContactRow.consent,
                *columns,
            ).where(ContactRow.id.in_(batch))
        ):
            contact_id, attributes, tier, by_person, consent, *fields = row
            found[contact_id] = Snapshot(
                contact_id,
                dict(zip(FIELDS, fields, strict=True)),
                attributes,
                tier,
                by_person,
                consent,
            )
        _gather(session, found, batch)
    return found


def _gather(session: Session, found: dict[int, Snapshot], ids: Sequence[int]) -> None:
    for contact_id, interest in session.execute(
        select(InterestRow.contact_id, InterestRow.interest).where(InterestRow.contact_id.in_(ids))
    ):
        found[contact_id].interests.add(interest)
    for contact_id, role in session.execute(
        select(RoleRow.contact_id, RoleRow.role).where(
            RoleRow.contact_id.in_(ids), RoleRow.until.is_(None)
        )
    ):
        found[contact_id].roles.add(role)
    for contact_id, note in session.execute(
        select(NoteRow.contact_id, NoteRow.text).where(NoteRow.contact_id.in_(ids))
    ):
        found[contact_id].notes.add(note)
    lifted: defaultdict[int, dict[str, datetime | None]] = defaultdict(dict)
    for contact_id, scope, lifted_at in session.execute(
        select(OptOutRow.contact_id, OptOutRow.scope, OptOutRow.lifted_at)
        .where(OptOutRow.contact_id.in_(ids))
        .order_by(OptOutRow.id)
    ):
        lifted[contact_id][scope] = lifted_at
    for contact_id, scopes in lifted.items():
        found[contact_id].opted_out = scopes
    for contact_id, status, basis, evidence, occurred_at in session.execute(
        select(
            ConsentRow.contact_id,
            ConsentRow.status,
            ConsentRow.basis,
            ConsentRow.evidence,
            ConsentRow.occurred_at,
        ).where(ConsentRow.contact_id.in_(ids))
    ):
        there = found[contact_id]
        there.consents.add((status, basis, evidence, occurred_at))
        there.consents.add((status, basis, evidence, None))
        if there.consented_at is None or occurred_at > there.consented_at:
            there.consented_at = occurred_at


def start(
    session: Session, *, file: str, file_hash: str, preset: str, by: str, now: datetime
) -> int:
    """Record that an import began, and return its id."""
    row = ImportRow(
        file=file,
        file_hash=file_hash,
        preset=preset,
        totals={},
        by=by,
        started_at=now,
        finished_at=None,
    )
    session.add(row)
    session.flush()
    return row.id


def record(
    session: Session, import_id: int, totals: Mapping[str, int], finished_at: datetime | None
) -> None:
    """Record how far an import has come."""
    session.execute(
        update(ImportRow)
        .where(ImportRow.id == import_id)
        .values(totals=dict(totals), finished_at=finished_at)
        .execution_options(synchronize_session=False)
    )


def proposals(session: Session, since: datetime, limit: int) -> tuple[int, list[tuple[str, ...]]]:
    """Return how many groups of contacts look like one person, and the first, by an address each.

    Only groups with an address that was added at `since` or later.
    """
    doubled = (
        select(AddressRow.likeness)
        .group_by(AddressRow.likeness)
        .having(func.count() > 1)
        .subquery()
    )
    groups = (
        select(AddressRow.likeness)
        .where(AddressRow.likeness.in_(select(doubled.c.likeness)))
        .group_by(AddressRow.likeness)
        .having(
            func.count(AddressRow.contact_id.distinct()) > 1,
            func.max(AddressRow.created_at) >= since,
        )
    )
    count = session.scalar(select(func.count()).select_from(groups.subquery())) or 0
    if not count:
        return 0, []
    shown = groups.order_by(func.min(AddressRow.id)).limit(limit).subquery()
    found: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for likeness, contact_id, address in session.execute(
        select(AddressRow.likeness, AddressRow.contact_id, AddressRow.address)
        .where(AddressRow.likeness.in_(select(shown.c.likeness)))
        .order_by(AddressRow.id)
    ):
        found[likeness].setdefault(contact_id, address)
    return count, [tuple(group.values()) for group in found.values()]
