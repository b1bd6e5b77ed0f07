"""Enrolments: who is in which sequence, how it stands for them, and ending it.

Whoever ends one first lets nobody else decide about the contact, then writes the end, then calls
off what waits; whoever lets contacts come to their next step (`outreach.storage.sequences`) takes
the same lock. So a mail that is recorded between two steps keeps the next from being made.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from outreach.domain.delivery import DeliveryEvent, DeliveryState, sources, target
from outreach.domain.sequence import LASTING, Ending
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    EnrolmentRow,
    SequenceRow,
    table_of,
)

_ENROLMENTS = table_of(EnrolmentRow)

_WAITING = (DeliveryState.PLANNED, DeliveryState.PENDING)
_MAY_HAVE_ARRIVED = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A word that ends sequences: the reason, and the mail of theirs that it was, if it was one."""

    reason: str
    now: datetime
    inbound_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What a word ended: sequences by name, of how many contacts, and the mails it called off."""

    names: tuple[str, ...] = ()
    contacts: int = 0
    delivery_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a contact stands in a sequence: the last step so far, its state, and when it goes.

    `next_at` is when the mail of that step may go, or where it went, when the one after it may.
    """

    name: str
    contact_id: int
    address: str
    step: int
    steps: int
    state: DeliveryState
    next_at: datetime | None
    started_at: datetime

    @property
    def next_step(self) -> int | None:
        """The step whose mail goes next; None where the last was sent."""
        if self.state is not DeliveryState.SENT:
            return self.step
        return self.step + 1 if self.step < self.steps else None


# Ending


def end(session: Session, endings: Sequence[tuple[int, Ending, str]], now: datetime) -> None:
    """End these enrolments, each for its reason."""
    for enrolment_id, ending, reason in endings:
        session.execute(
            update(EnrolmentRow)
            .where(EnrolmentRow.id == enrolment_id, EnrolmentRow.ended_at.is_(None))
            .values(ended_at=now, ending=ending, reason=reason)
            .execution_options(synchronize_session=False)
        )


def stop_for(
    session: Session,
    contact_id: int,
    stop: Stop,
    *,
    series: Collection[str] | None = None,
    before: datetime | None = None,
) -> Stopped:
    """End what goes on for a contact: all, or what is of one of these series.

    What began at `before` or later goes on.
    """
    if session.execute(_GOING_ON, {"of": contact_id}).first() is None:
        return Stopped()
    which = [EnrolmentRow.contact_id == contact_id]
    if series is not None:
        of_series = select(SequenceRow.id).where(SequenceRow.series.in_(series))
        which.append(EnrolmentRow.sequence_id.in_(of_series))
    if before is not None:
        which.append(EnrolmentRow.started_at < before)
    return _stop(session, which, stop)


_GOING_ON = select(_ENROLMENTS.c.id).where(
    _ENROLMENTS.c.contact_id == bindparam("of"), _ENROLMENTS.c.ended_at.is_(None)
)


def stop_all(
    session: Session, name: str, stop: Stop, contact_ids: Collection[int] | None = None
) -> Stopped:
    """End a sequence for all who are in it, or for these contacts."""
    which = [EnrolmentRow.name == name]
    if contact_ids is not None:
        which.append(EnrolmentRow.contact_id.in_(contact_ids))
    return _stop(session, which, stop)


def _stop(session: Session, which: Sequence[Any], stop: Stop) -> Stopped:
    running = and_(EnrolmentRow.ended_at.is_(None), *which)
    session.execute(
        select(ContactRow.id)
        .where(ContactRow.id.in_(select(EnrolmentRow.contact_id).where(running)))
        .order_by(ContactRow.id)
        .with_for_update()
    )
    ended = session.execute(
        update(EnrolmentRow)
        .where(running)
        .values(
            ended_at=stop.now,
            ending=Ending.STOPPED,
            reason=stop.reason,
            inbound_id=stop.inbound_id,
        )
        .returning(EnrolmentRow.name, EnrolmentRow.contact_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not ended:
        return Stopped()
    called_off = _call_off(
        session, and_(EnrolmentRow.ending == Ending.STOPPED, *which), stop.reason
    )
    return Stopped(
        names=tuple(sorted({row.name for row in ended})),
        contacts=len({row.contact_id for row in ended}),
        delivery_ids=tuple(sorted(called_off)),
    )


def call_off_late(session: Session, campaign_id: int) -> int:
    """Call off mails of a step that wait again for contacts who were stopped; return how many.

    They were on their way when the sequence ended for their contact, and came back unsent.
    """
    stopped = and_(EnrolmentRow.ending == Ending.STOPPED, CampaignRow.id == campaign_id)
    return len(_call_off(session, stopped, None))


def _call_off(session: Session, which: Any, reason: str | None) -> Sequence[int]:  # noqa: ANN401
    """Call off what waits of those enrolments; return the deliveries."""
    theirs = with_steps(select(DeliveryRow.id).select_from(EnrolmentRow)).where(which)
    event = DeliveryEvent.CANCEL
    return session.scalars(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(theirs), DeliveryRow.state.in_(sources(event)))
        .values(
            state=target(event),
            reason=reason or "they were stopped while it was under way",
            not_before=None,
            lease_owner=None,
            lease_until=None,
        )
        .returning(DeliveryRow.id)
        .execution_options(synchronize_session=False)
    ).all()


# Asking


def counts(session: Session) -> Mapping[str, Mapping[Ending | None, int]]:
    """Return how many contacts are in each sequence, by how it ended for them; None: it goes on."""
    rows = session.execute(
        select(EnrolmentRow.name, EnrolmentRow.ending, func.count()).group_by(
            EnrolmentRow.name, EnrolmentRow.ending
        )
    )
    found: dict[str, dict[Ending | None, int]] = {}
    for name, ending, number in rows:
        found.setdefault(name, {})[Ending(ending) if ending else None] = number
    return found


def with_steps(wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Add to a statement about enrolments the steps to which each has come, and their mails."""
    return wanted.join(CampaignRow, CampaignRow.sequence_id == EnrolmentRow.sequence_id).join(
        DeliveryRow,
        and_(
            DeliveryRow.campaign_id == CampaignRow.id,
            DeliveryRow.contact_id == EnrolmentRow.contact_id,
        ),
    )


def places(
    session: Session,
    *,
    name: str | None = None,
    contact_id: int | None = None,
    limit: int | None = None,
) -> Sequence[Place]:
    """Return where contacts stand in sequences that go on for them, the furthest first."""
    last = (
        select(func.max(CampaignRow.step))
        .join(DeliveryRow, DeliveryRow.campaign_id == CampaignRow.id)
        .where(
            CampaignRow.sequence_id == EnrolmentRow.sequence_id,
            DeliveryRow.contact_id == EnrolmentRow.contact_id,
        )
        .correlate(EnrolmentRow)
        .scalar_subquery()
    )
    whole = (
        select(func.count())
        .select_from(CampaignRow)
        .where(CampaignRow.sequence_id == EnrolmentRow.sequence_id)
        .correlate(EnrolmentRow)
        .scalar_subquery()
    )
    # An alias of its own: the statement asks about the step's campaign as well.
    following = CampaignRow.__table__.alias("following")
    wait = (
        select(following.c.step_after)
        .where(
            following.c.sequence_id == CampaignRow.sequence_id,
            following.c.step == CampaignRow.step + 1,
        )
        .correlate(CampaignRow)
        .scalar_subquery()
    )
    wanted = (
        select(
            EnrolmentRow.name,
            EnrolmentRow.contact_id,
            AddressRow.address,
            CampaignRow.step,
            whole,
            DeliveryRow.state,
            DeliveryRow.not_before,
            DeliveryRow.sent_at,
            wait,
            EnrolmentRow.started_at,
        )
        .join(AddressRow, AddressRow.contact_id == EnrolmentRow.contact_id)
        .where(EnrolmentRow.ended_at.is_(None), AddressRow.is_primary, CampaignRow.step == last)
        .order_by(CampaignRow.step.desc(), DeliveryRow.not_before, EnrolmentRow.id)
        .limit(limit)
    )
    wanted = with_steps(wanted)
    if name is not None:
        wanted = wanted.where(EnrolmentRow.name == name)
    if contact_id is not None:
        wanted = wanted.where(EnrolmentRow.contact_id == contact_id)
    found = []
    for row in session.execute(wanted):
        called, contact, address, step, number, state, not_before, sent_at, after, started_at = row
        next_at = not_before
        if sent_at is not None:
            next_at = None if after is None else sent_at + timedelta(seconds=after)
        found.append(
            Place(
                name=called,
                contact_id=contact,
                address=address,
                step=step,
                steps=number,
                state=DeliveryState(state),
                next_at=next_at,
                started_at=started_at,
            )
        )
    return found


# Merging


def merge(session: Session, kept_id: int, absorbed_id: int, now: datetime) -> tuple[str, ...]:
    """Give the absorbed contact's enrolments to the kept one; return keys of steps called off.

    Where both are in one sequence, one of them goes on: not if either was stopped or had it all,
    else the one that goes on, or is further along. What waits of the other is called off.
    """
    rows = session.scalars(
        select(EnrolmentRow)
        .where(EnrolmentRow.contact_id.in_((kept_id, absorbed_id)))
        .order_by(EnrolmentRow.id)
    ).all()
    ours = {row.name: row for row in rows if row.contact_id == kept_id}
    cancelled: list[str] = []
    for theirs in [row for row in rows if row.contact_id == absorbed_id]:
        mine = ours.get(theirs.name)
        if mine is None:
            theirs.contact_id = kept_id
            continue
        stays, goes = _weighed(session, mine, theirs)
        if goes.ended_at is None:
            cancelled += _part(session, goes, Ending.MERGED, now)
        elif goes.ending in LASTING and stays.ended_at is None:
            cancelled += _part(session, stays, goes.ending, now, like=goes)
        if stays is theirs:
            _swap(mine, theirs)
    session.flush()
    return tuple(cancelled)


def _weighed(
    session: Session, mine: EnrolmentRow, theirs: EnrolmentRow
) -> tuple[EnrolmentRow, EnrolmentRow]:
    """Return which of two enrolments of one person stays with them, and the other."""

    def weight(row: EnrolmentRow) -> tuple[bool, int]:
        return row.ended_at is None, _reached(session, row)

    return (theirs, mine) if weight(theirs) > weight(mine) else (mine, theirs)


def _reached(session: Session, row: EnrolmentRow) -> int:
    """Return the last step that was sent, or may have been."""
    return (
        session.scalar(
            select(func.max(CampaignRow.step))
            .join(DeliveryRow, DeliveryRow.campaign_id == CampaignRow.id)
            .where(
                CampaignRow.sequence_id == row.sequence_id,
                DeliveryRow.contact_id == row.contact_id,
                DeliveryRow.state.in_(_MAY_HAVE_ARRIVED),
            )
        )
        or 0
    )


def _part(
    session: Session,
    row: EnrolmentRow,
    ending: str,
    now: datetime,
    *,
    like: EnrolmentRow | None = None,
) -> list[str]:
    """End an enrolment because of a merge; return the keys of steps that it calls off."""
    row.ended_at, row.ending = now, ending
    row.reason = f"merged: {like.reason}" if like else "merged with a contact who is in it"
    row.inbound_id = like.inbound_id if like else None
    session.flush()
    waiting = session.execute(
        select(DeliveryRow, CampaignRow.key)
        .join(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
        .where(
            CampaignRow.sequence_id == row.sequence_id,
            DeliveryRow.contact_id == row.contact_id,
            DeliveryRow.state.in_(_WAITING),
        )
    ).all()
    for delivery, _ in waiting:
        delivery.state = DeliveryState.CANCELLED
        delivery.reason = row.reason
        delivery.not_before = None
    return [key for _, key in waiting]


def _swap(mine: EnrolmentRow, theirs: EnrolmentRow) -> None:
    """Let two rows say of each contact what they said of the other."""
    names = ("sequence_id", "started_at", "started_by", "ended_at", "ending", "reason")
    for name in (*names, "inbound_id"):
        here, there = getattr(mine, name), getattr(theirs, name)
        setattr(mine, name, there)
        setattr(theirs, name, here)
