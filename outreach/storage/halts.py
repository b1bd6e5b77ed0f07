"""Halts: times in which nothing is sent at all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.storage.tables import HaltRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """A halt that lasts."""

    by: str
    reason: str | None
    at: datetime


def present(session: Session) -> Halt | None:
    """Return the halt that lasts at this moment, or None."""
    row = session.scalar(
        select(HaltRow).where(HaltRow.lifted_at.is_(None)).order_by(HaltRow.id).limit(1)
    )
    return Halt(by=row.by, reason=row.reason, at=row.at) if row else None


def begin(session: Session, by: str, reason: str | None, now: datetime) -> None:
    """Let nothing be sent from now on."""
    session.add(HaltRow(by=by, reason=reason, at=now))
    session.flush()


def lift(session: Session, by: str, now: datetime) -> None:
    """End every halt that lasts."""
    session.execute(
        update(HaltRow)
        .where(HaltRow.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=by)
        .execution_options(synchronize_session=False)
    )
