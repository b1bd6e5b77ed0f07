"""Making one contact of two, so that whatever protected either of them protects the one.

What happened to the absorbed contact is moved to the kept one. Its row stays, emptied and pointing
to the other, for what cannot move: a delivery of a campaign of which the kept one has a delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from outreach.domain.contact import ConsentStatus
from outreach.domain.delivery import DeliveryState
from outreach.domain.tiers import Tiers
from outreach.domain.touches import SUMMARIES
from outreach.storage import enrolments
from outreach.storage.contacts import FIELDS, addresses
from outreach.storage.permissions import Consent, recompute_consent, record_consent
from outreach.storage.tables import (
    AddressRow,
    BounceRow,
    CampaignRow,
    ConsentRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    EffectRow,
    InboundRow,
    InterestRow,
    MergeRow,
    NoteRow,
    OptOutRow,
    RoleRow,
    TierChangeRow,
    TouchRow,
)
from outreach.storage.tiers import record_move

_MOVED_WHOLE: tuple[Any, ...] = (
    ConsentRow,
    OptOutRow,
    RoleRow,
    TierChangeRow,
    NoteRow,
    TouchRow,
    DecisionRow,
    InboundRow,
    EffectRow,
    BounceRow,
)
"""Tables of which every row goes to the kept contact; the others have a rule of their own."""

_WAITING = (DeliveryState.PLANNED, DeliveryState.PENDING)
_GOING = (DeliveryState.CLAIMED, DeliveryState.SENDING)
_MAY_HAVE_ARRIVED = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge did.

    `moved` counts rows by table. `left` are the keys of campaigns whose delivery stays on the
    absorbed row, `cancelled` those of which one was still to be sent and would have come twice.
    """

    kept_id: int
    absorbed_id: int
    moved: dict[str, int]
    left: tuple[str, ...]
    cancelled: tuple[str, ...]


def in_transit(session: Session, contact_ids: Sequence[int]) -> bool:
    """Whether a run holds mail to one of these contacts just now."""
    found = session.scalar(
        select(func.count()).where(
            DeliveryRow.contact_id.in_(contact_ids), DeliveryRow.state.in_(_GOING)
        )
    )
    return bool(found)


def merge(
    session: Session,
    kept_id: int,
    absorbed_id: int,
    tiers: Tiers,
    *,
    by: str,
    reason: str | None,
    now: datetime,
) -> Merged:
    """Absorb one contact into another, which must not be the same one."""
    locked = select(ContactRow).where(ContactRow.id.in_((kept_id, absorbed_id)))
    rows = {
        row.id: row for row in session.scalars(locked.order_by(ContactRow.id).with_for_update())
    }
    kept, absorbed = rows[kept_id], rows[absorbed_id]
    withdrawn = ConsentStatus.WITHDRAWN in (kept.consent, absorbed.consent)
    session.add(
        MergeRow(
            kept_id=kept_id,
            absorbed_id=absorbed_id,
            absorbed=_snapshot(session, absorbed),
            by=by,
            reason=reason,
            at=now,
        )
    )
    session.flush()
    stopped = enrolments.merge(session, kept_id, absorbed_id, now)
    left, cancelled = _settle_deliveries(session, kept_id, absorbed_id)
    moved = {
        table.__tablename__: _move(session, table, kept_id, absorbed_id) for table in _MOVED_WHOLE
    }
    moved["interests"] = _move_interests(session, kept_id, absorbed_id)
    moved["addresses"] = _move_addresses(session, kept_id, absorbed_id)
    moved["deliveries"] = _move(session, DeliveryRow, kept_id, absorbed_id, ~_collides(kept_id))
    _move_earlier_merges(session, kept_id, absorbed_id)
    _join_values(kept, absorbed)
    _join_tier(session, kept, absorbed, tiers, by=by, now=now)
    _join_consent(session, kept_id, absorbed_id, withdrawn=withdrawn, by=by, now=now)
    _empty(absorbed, kept_id)
    kept.updated_at = absorbed.updated_at = now
    session.flush()
    return Merged(
        kept_id=kept_id,
        absorbed_id=absorbed_id,
        moved={name: number for name, number in moved.items() if number},
        left=left,
        cancelled=tuple(sorted({*cancelled, *stopped})),
    )


def _snapshot(session: Session, row: ContactRow) -> dict[str, Any]:
    """Return what the absorbed contact was, as JSON."""
    instants = ("tier_since", "consent_expires", "held_until", "parted_at", "created_at")
    found: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    found |= {"attributes": row.attributes, "tier": row.tier, "consent": row.consent.value}
    found |= {"tier_by_person": row.tier_by_person}
    for name in (*instants, *SUMMARIES):
        moment = getattr(row, name)
        found[name] = moment.isoformat() if moment else None
    known = {name: value for name, value in found.items() if value not in (None, {})}
    return known | {"addresses": [info.address for info in addresses(session, row.id)]}


def _move(session: Session, table: Any, kept_id: int, absorbed_id: int, *only: Any) -> int:  # noqa: ANN401
    done = session.execute(
        update(table)
        .where(table.contact_id == absorbed_id, *only)
        .values(contact_id=kept_id)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _move_interests(session: Session, kept_id: int, absorbed_id: int) -> int:
    kept = select(InterestRow.interest).where(InterestRow.contact_id == kept_id)
    session.execute(
        delete(InterestRow)
        .where(InterestRow.contact_id == absorbed_id, InterestRow.interest.in_(kept))
        .execution_options(synchronize_session=False)
    )
    return _move(session, InterestRow, kept_id, absorbed_id)


def _move_addresses(session: Session, kept_id: int, absorbed_id: int) -> int:
    session.execute(
        update(AddressRow)
        .where(AddressRow.contact_id == absorbed_id)
        .values(is_primary=False)
        .execution_options(synchronize_session=False)
    )
    return _move(session, AddressRow, kept_id, absorbed_id)


def _collides(kept_id: int) -> Any:  # noqa: ANN401 - an SQL condition
    theirs = select(DeliveryRow.campaign_id).where(DeliveryRow.contact_id == kept_id)
    return DeliveryRow.campaign_id.in_(theirs)


def _settle_deliveries(
    session: Session, kept_id: int, absorbed_id: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """See to it that no campaign reaches the person twice; return keys left and keys cancelled."""
    shared = session.execute(
        select(CampaignRow.id, CampaignRow.key)
        .join(DeliveryRow, DeliveryRow.campaign_id == CampaignRow.id)
        .where(DeliveryRow.contact_id == absorbed_id, _collides(kept_id))
    )
    keys = {campaign_id: key for campaign_id, key in shared}  # noqa: C416 - rows are no pairs to mypy
    rows = session.scalars(
        select(DeliveryRow).where(
            DeliveryRow.campaign_id.in_(keys), DeliveryRow.contact_id.in_((kept_id, absorbed_id))
        )
    )
    pairs: dict[int, dict[int, DeliveryRow]] = {}
    for row in rows:
        pairs.setdefault(row.campaign_id, {})[row.contact_id] = row
    cancelled = []
    for campaign_id, pair in pairs.items():
        ours, theirs = pair[kept_id], pair[absorbed_id]
        if theirs.state in _WAITING:
            theirs.state = DeliveryState.CANCELLED
            theirs.reason = f"merged; it goes to {ours.address}"
            cancelled.append(keys[campaign_id])
        elif ours.state in _WAITING and theirs.state in _MAY_HAVE_ARRIVED:
            ours.state = DeliveryState.CANCELLED
            ours.reason = f"merged; it went to {theirs.address}"
            cancelled.append(keys[campaign_id])
    session.flush()
    return tuple(sorted(keys.values())), tuple(sorted(cancelled))


def _move_earlier_merges(session: Session, kept_id: int, absorbed_id: int) -> None:
    """Let whoever was merged into the absorbed contact point to the kept one."""
    session.execute(
        update(ContactRow)
        .where(ContactRow.merged_into_id == absorbed_id)
        .values(merged_into_id=kept_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(MergeRow)
        .where(MergeRow.kept_id == absorbed_id)
        .values(kept_id=kept_id)
        .execution_options(synchronize_session=False)
    )


def _join_values(kept: ContactRow, absorbed: ContactRow) -> None:
    """Fill gaps from the absorbed contact; the longer pause holds, and the earlier end."""
    for name in FIELDS:
        if getattr(kept, name) is None:
            setattr(kept, name, getattr(absorbed, name))
    kept.attributes = {**absorbed.attributes, **kept.attributes}
    for name in SUMMARIES:
        setattr(kept, name, _last(getattr(kept, name), getattr(absorbed, name)))
    kept.held_until = _last(kept.held_until, absorbed.held_until)
    ends = [end for end in (kept.parted_at, absorbed.parted_at) if end is not None]
    kept.parted_at = min(ends, default=None)
    kept.created_at = min(kept.created_at, absorbed.created_at)


def _last(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _join_tier(
    session: Session,
    kept: ContactRow,
    absorbed: ContactRow,
    tiers: Tiers,
    *,
    by: str,
    now: datetime,
) -> None:
    """Keep the greater of two promises, since both were made to this person."""

    def rank(row: ContactRow) -> int:
        return tiers[row.tier].rank if row.tier in tiers else -1

    if rank(absorbed) == rank(kept):
        kept.tier_by_person = kept.tier_by_person or absorbed.tier_by_person
        return
    if rank(absorbed) < rank(kept):
        return
    since = absorbed.tier_since
    record_move(
        session,
        kept.id,
        tiers,
        before=kept.tier,
        after=absorbed.tier,
        by=by,
        by_person=absorbed.tier_by_person,
        reason="merged with a contact of this tier",
        now=now,
    )
    kept.tier_since = since


def _join_consent(
    session: Session,
    kept_id: int,
    absorbed_id: int,
    *,
    withdrawn: bool,
    by: str,
    now: datetime,
) -> None:
    """Let a permission that either of them took back stay taken back."""
    recompute_consent(session, kept_id)
    recompute_consent(session, absorbed_id)
    if withdrawn and session.get_one(ContactRow, kept_id).consent is not ConsentStatus.WITHDRAWN:
        record_consent(
            session,
            Consent(
                contact_id=kept_id,
                status=ConsentStatus.WITHDRAWN,
                source="merge",
                evidence="one of the two contacts had taken the permission back",
                occurred_at=now,
                recorded_by=by,
            ),
            now,
        )


def _empty(absorbed: ContactRow, kept_id: int) -> None:
    for name in (*FIELDS, *SUMMARIES, "held_until", "parted_at"):
        setattr(absorbed, name, None)
    absorbed.attributes = {}
    absorbed.merged_into_id = kept_id
