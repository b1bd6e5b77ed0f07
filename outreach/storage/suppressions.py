"""Suppressions: addresses that are never mailed, whatever a segment or an import says.

The list knows an address by a keyed hash, so that it still holds when the address itself was erased
at its owner's wish. Questions in SQL go by the address in clear; `recognise` puts it back where
somebody brought it to us again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.domain.address import keyed_hash
from outreach.storage.tables import SuppressionRow

BATCH = 1_000

MANUAL = "manual"
BOUNCE = "bounce"
COMPLAINT = "complaint"
"""Reasons: a person decided it; mail bounced, which is about the address and not its owner; its
owner told their provider that our mail is spam."""


def weight(reason: str) -> int:
    """Return how much a reason says: a bounce least, of one address alone; a complaint most."""
    return {BOUNCE: 0, COMPLAINT: 2}.get(reason, 1)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One suppressed address; `address` is None where it was erased.

    `detail` is a log, a line each time that something was decided.
    """

    address: str | None
    reason: str
    source: str
    detail: str | None
    created_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None


def stops_contact(address: Any, suppression: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401
    """Return the conditions on which a suppressed address stops all mail to the contact who has it.

    A bounce is about the address: where it is not the one that is written to, the others are no
    worse for it. Any other reason is what the person wants, by whichever address they said so.
    `address` and `suppression` have the columns of `AddressRow` and `SuppressionRow`.
    """
    return (
        suppression.lifted_at.is_(None),
        or_(address.is_primary, suppression.reason != BOUNCE),
    )


def suppress(
    session: Session,
    normalised: str,
    secrets: Sequence[str],
    *,
    reason: str,
    source: str,
    detail: str | None,
    now: datetime,
) -> bool:
    """Put an address on the list; return whether that changed what the list says of it.

    What is on the list stays as it was first written, unless this reason weighs more. `secrets`
    are those of `storage.keys`.
    """
    row = _row(session, normalised, secrets)
    if row is None:
        session.add(
            SuppressionRow(
                address_hash=keyed_hash(normalised, secrets[-1]),
                normalised=normalised,
                reason=reason,
                source=source,
                detail=detail,
                created_at=now,
            )
        )
        session.flush()
        return True
    row.normalised = normalised
    if row.lifted_at is None and weight(reason) <= weight(row.reason):
        return False
    again = (
        f"{now:%Y-%m-%d}: suppressed again ({reason}, {source}){f': {detail}' if detail else ''}"
    )
    row.detail = f"{row.detail}\n{again}" if row.detail else again
    row.reason, row.source, row.lifted_at, row.lifted_by = reason, source, None, None
    session.flush()
    return True


def lift(
    session: Session,
    normalised: str,
    secrets: Sequence[str],
    *,
    by: str,
    reason: str,
    now: datetime,
) -> bool:
    """Take an address off the list, for a reason that is kept; return whether it was on it."""
    row = _row(session, normalised, secrets)
    if row is None or row.lifted_at is not None:
        return False
    lifted = f"{now:%Y-%m-%d}: lifted by {by}: {reason}"
    row.detail = f"{row.detail}\n{lifted}" if row.detail else lifted
    row.lifted_at, row.lifted_by, row.normalised = now, by, normalised
    session.flush()
    return True


def holding(session: Session, normalised: str, secrets: Sequence[str]) -> Suppression | None:
    """Return what keeps mail from an address, or None where nothing does."""
    row = _row(session, normalised, secrets)
    return _suppression(row) if row is not None and row.lifted_at is None else None


def recognise(
    session: Session, addresses: Collection[str], secrets: Sequence[str]
) -> dict[str, str]:
    """Return which of these normalised addresses are suppressed, with the reason.

    One that had been erased from the list is in clear again from now on, since it came back.
    """
    by_hash = {keyed_hash(address, secret): address for address in addresses for secret in secrets}
    hashes = list(by_hash)
    found = {}
    for start in range(0, len(hashes), BATCH):
        rows = session.scalars(
            select(SuppressionRow).where(
                SuppressionRow.address_hash.in_(hashes[start : start + BATCH]),
                SuppressionRow.lifted_at.is_(None),
            )
        )
        for row in rows:
            row.normalised = by_hash[row.address_hash]
            found[row.normalised] = row.reason
    session.flush()
    return found


def listing(
    session: Session, *, lifted: bool = False, limit: int | None = None
) -> list[Suppression]:
    """Return the list, newest first; with `lifted`, those that no longer hold as well."""
    wanted = select(SuppressionRow).order_by(
        SuppressionRow.created_at.desc(), SuppressionRow.id.desc()
    )
    if not lifted:
        wanted = wanted.where(SuppressionRow.lifted_at.is_(None))
    return [_suppression(row) for row in session.scalars(wanted.limit(limit))]


def of_addresses(session: Session, addresses: Collection[str]) -> list[Suppression]:
    """Return what the list says of these normalised addresses, lifted ones included."""
    rows = session.scalars(
        select(SuppressionRow)
        .where(SuppressionRow.normalised.in_(addresses))
        .order_by(SuppressionRow.id)
    )
    return [_suppression(row) for row in rows]


def _row(session: Session, normalised: str, secrets: Sequence[str]) -> SuppressionRow | None:
    hashes = [keyed_hash(normalised, secret) for secret in secrets]
    return session.scalars(
        select(SuppressionRow).where(SuppressionRow.address_hash.in_(hashes))
    ).first()


def _suppression(row: SuppressionRow) -> Suppression:
    return Suppression(
        row.normalised,
        row.reason,
        row.source,
        row.detail,
        row.created_at,
        row.lifted_at,
        row.lifted_by,
    )
