"""People who write to us, or to whom one of us wrote, and who are no contacts yet."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from outreach.domain.effects import Kind
from outreach.storage.tables import DeclinedRow, InboundRow

_LOOKED_AT = 5000  # mails of nobody on record that are looked through, the newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A mail of somebody unknown, or one of ours, with `raw`, of whose readers one may be."""

    id: int
    kind: Kind
    sender: str
    sender_name: str
    subject: str
    received_at: datetime
    findings: Mapping[str, Any]
    raw: bytes | None = None


def strays(session: Session) -> Iterator[Stray]:
    """Yield mails of people, and letters of ours, that may concern no contact, the newest first."""
    wanted = (
        select(
            InboundRow.id,
            InboundRow.kind,
            InboundRow.sender,
            InboundRow.sender_name,
            InboundRow.subject,
            InboundRow.received_at,
            InboundRow.findings,
            InboundRow.contact_id,
        )
        .where(
            or_(
                and_(InboundRow.contact_id.is_(None), InboundRow.kind == Kind.REPLY),
                InboundRow.kind == Kind.ANSWER,
            )
        )
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
        .limit(_LOOKED_AT)
    )
    for row in session.execute(wanted):
        raw = None
        if row.kind == Kind.ANSWER:
            if row.contact_id is not None and len(row.findings.get("to", ())) == 1:
                continue  # its one reader is a contact
            raw = session.scalar(select(InboundRow.raw).where(InboundRow.id == row.id))
        yield Stray(
            id=row.id,
            kind=Kind(row.kind),
            sender=row.sender,
            sender_name=row.sender_name,
            subject=row.subject,
            received_at=row.received_at,
            findings=row.findings,
            raw=raw,
        )


def mails_from(session: Session, address: str) -> list[int]:
    """Return the mails from an address that belong to no contact, the oldest first."""
    return list(
        session.scalars(
            select(InboundRow.id)
            .where(
                InboundRow.contact_id.is_(None),
                func.lower(InboundRow.sender) == address.lower(),
                InboundRow.kind != Kind.ANSWER,
            )
            .order_by(InboundRow.received_at, InboundRow.id)
        )
    )


def declined(session: Session, normalised: Collection[str]) -> set[str]:
    """Return which of these addresses somebody said are no contacts."""
    rows = session.scalars(
        select(DeclinedRow.normalised).where(DeclinedRow.normalised.in_(normalised))
    )
    return set(rows)


def decline(session: Session, normalised: str, *, by: str, now: datetime) -> None:
    """Record that an address is no contact."""
    accept(session, normalised)
    session.add(DeclinedRow(normalised=normalised, by=by, at=now))
    session.flush()


def accept(session: Session, normalised: str) -> None:
    """Forget that an address was said to be no contact."""
    session.execute(delete(DeclinedRow).where(DeclinedRow.normalised == normalised))
