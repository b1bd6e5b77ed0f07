"""Where contacts stand: moves between tiers with the promise they stood for, and roles."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.moves import Standing
from outreach.domain.tiers import PARTED, PAUSED, Tiers
from outreach.storage.deeds import was_decided
from outreach.storage.tables import ContactRow, PromiseRow, RoleRow, TierChangeRow


def keep_promise(session: Session, tiers: Tiers, now: datetime) -> str:
    """Keep this version of ``tiers.toml`` if it is not kept yet, and return its hash."""
    if session.get(PromiseRow, tiers.hash) is None:
        session.add(PromiseRow(hash=tiers.hash, text=tiers.text, first_seen_at=now))
        session.flush()
    return tiers.hash


def standing(session: Session, contact_id: int, now: datetime, *, lock: bool = False) -> Standing:
    """Return where a contact stands; with `lock`, nobody else moves them in the meantime."""
    row = session.get_one(ContactRow, contact_id, with_for_update=lock, populate_existing=lock)
    return Standing(
        tier=row.tier,
        set_by_person=row.tier_by_person,
        paused=row.held_until is not None and row.held_until > now,
        parted=row.parted_at is not None,
    )


def record_move(
    session: Session,
    contact_id: int,
    tiers: Tiers,
    *,
    before: str | None,
    after: str,
    by: str,
    by_person: bool,
    reason: str | None,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Move a contact, and record who decided it, why, and what was promised then.

    `outreach.domain.moves.may_move` says whether it may be done. `until` is the end of a pause.
    """
    row = session.get_one(ContactRow, contact_id)
    if PAUSED in (before, after):
        was_decided(session, contact_id, now)
    if after == PAUSED:
        row.held_until = until
    elif after == PARTED:
        row.parted_at = now
    else:
        if before == PAUSED:
            row.held_until = None
        if before == PARTED:
            row.parted_at = None
        if row.tier != after or before is None:
            row.tier, row.tier_since, row.tier_by_person = after, now, by_person
    row.updated_at = now
    session.add(
        TierChangeRow(
            contact_id=contact_id,
            before=before,
            after=after,
            by=by,
            by_person=by_person,
            reason=reason,
            at=now,
            promise_hash=keep_promise(session, tiers, now),
        )
    )
    session.flush()


def add_role(
    session: Session, contact_id: int, role: str, *, by: str, reason: str | None, now: datetime
) -> bool:
    """Give a contact a role and return whether they did not have it."""
    if _current_roles(session, contact_id, role):
        return False
    session.add(RoleRow(contact_id=contact_id, role=role, since=now, by=by, reason=reason))
    session.flush()
    return True


def end_role(
    session: Session, contact_id: int, role: str, *, by: str, reason: str | None, now: datetime
) -> bool:
    """End a role as of `now` and return whether the contact had it.

    Who ended it and why is added to the reason for which it was given.
    """
    rows = _current_roles(session, contact_id, role)
    for row in rows:
        row.until = now
        ended = f"ended by {by}" + (f": {reason}" if reason else "")
        row.reason = f"{row.reason}; {ended}" if row.reason else ended
    session.flush()
    return bool(rows)


def _current_roles(session: Session, contact_id: int, role: str) -> list[RoleRow]:
    return list(
        session.scalars(
            select(RoleRow).where(
                RoleRow.contact_id == contact_id, RoleRow.role == role, RoleRow.until.is_(None)
            )
        )
    )
