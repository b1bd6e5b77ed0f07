"""Sequences as they were approved, who begins one, and how each contact comes to the next step.

A step is a campaign, and where a contact stands is told by the deliveries of the steps: the last
one that there is. Only what was sent is followed by another.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, exists, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from outreach.domain.delivery import DeliveryState
from outreach.domain.sequence import SETTLED
from outreach.storage.campaigns import Campaign, find, recount, revive
from outreach.storage.database import insert_into, insert_of, is_sqlite
from outreach.storage.enrolments import with_steps
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    EnrolmentRow,
    SequenceRow,
)

BATCH = 2_000
"""How many contacts come to their next step in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSequence:
    """A version of a sequence that is approved; the fields are those of `SequenceRow`."""

    name: str
    hash: str
    title: str
    series: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A contact whose last step so far is settled: what became of it, and what comes next.

    `next_id` is the campaign of the next step, and `next_after` how long it waits; None where this
    was the last one.
    """

    enrolment_id: int
    contact_id: int
    address: str
    step: int
    state: DeliveryState
    reason: str | None
    sent_at: datetime | None
    next_id: int | None
    next_after: timedelta | None


def approve(session: Session, new: NewSequence, by: str, now: datetime) -> int:
    """Keep a version of a sequence, once; return its row's id."""
    session.execute(
        insert_into(session, SequenceRow)
        .values(
            name=new.name,
            hash=new.hash,
            title=new.title,
            series=new.series,
            file=new.file,
            approved_at=now,
            approved_by=by,
        )
        .on_conflict_do_nothing(index_elements=["name", "hash"])
    )
    return session.scalars(
        select(SequenceRow.id).where(SequenceRow.name == new.name, SequenceRow.hash == new.hash)
    ).one()


def attach(
    session: Session, campaign_id: int, sequence_id: int, step: int, after: timedelta
) -> None:
    """Record that a campaign is a step of a sequence, so long after the one before."""
    session.execute(
        update(CampaignRow)
        .where(CampaignRow.id == campaign_id)
        .values(sequence_id=sequence_id, step=step, step_after=int(after.total_seconds()))
        .execution_options(synchronize_session=False)
    )


def steps(session: Session, name: str) -> Sequence[Campaign]:
    """Return the campaigns of all versions of a sequence, the newest version first, in order."""
    keys = session.scalars(
        select(CampaignRow.key)
        .join(SequenceRow, SequenceRow.id == CampaignRow.sequence_id)
        .where(SequenceRow.name == name)
        .order_by(SequenceRow.id.desc(), CampaignRow.step)
    )
    found = [find(session, key) for key in keys.all()]
    return [each for each in found if each is not None]


# Beginning


def newcomers(members: Select[Any], name: str) -> Select[Any]:
    """Return who of `members`, a query for contact ids, never began a sequence of this name."""
    chosen = members.subquery()
    return select(chosen.c[0]).where(~_has_begun(name, chosen.c[0]))


def has_begun(name: str) -> Any:  # noqa: ANN401 - an SQL condition
    """Return the condition that the contact of a delivery began a sequence of this name."""
    return _has_begun(name, DeliveryRow.contact_id)


def _has_begun(name: str, contact_id: Any) -> Any:  # noqa: ANN401 - SQL
    return (
        exists()
        .where(EnrolmentRow.name == name, EnrolmentRow.contact_id == contact_id)
        .correlate_except(EnrolmentRow)
    )


def enrol(
    session: Session, sequence_id: int, campaign_id: int, *, name: str, by: str, now: datetime
) -> None:
    """Let all who are planned for the first step begin; who has begun meanwhile leaves the plan."""
    planned = and_(
        DeliveryRow.campaign_id == campaign_id, DeliveryRow.state == DeliveryState.PLANNED
    )
    moment = EnrolmentRow.started_at.type
    columns = ("sequence_id", "name", "contact_id", "started_at", "started_by")
    session.execute(
        insert_into(session, EnrolmentRow)
        .from_select(
            columns,
            select(
                literal(sequence_id),
                literal(name),
                DeliveryRow.contact_id,
                literal(now, moment),
                literal(by),
            ).where(planned),
        )
        .on_conflict_do_nothing(index_elements=["contact_id", "name"])
    )
    session.execute(
        delete(DeliveryRow)
        .where(
            planned,
            DeliveryRow.contact_id.in_(
                select(EnrolmentRow.contact_id).where(
                    EnrolmentRow.name == name,
                    or_(
                        EnrolmentRow.sequence_id != sequence_id, EnrolmentRow.ended_at.is_not(None)
                    ),
                )
            ),
        )
        .execution_options(synchronize_session=False)
    )


def put_off(session: Session, campaign_id: int, until: datetime) -> None:
    """Let what is planned of a campaign not go before then, unless it is held for longer."""
    session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.PLANNED,
            or_(DeliveryRow.not_before.is_(None), DeliveryRow.not_before < until),
        )
        .values(not_before=until)
        .execution_options(synchronize_session=False)
    )


# Coming to the next step


def has_settled(session: Session) -> bool:
    """Whether something follows for anybody."""
    return session.execute(_settled().limit(1)).first() is not None


def settled(
    session: Session, *, after: int, limit: int, of: Collection[int] | None = None
) -> Sequence[Settled]:
    """Return contacts whose last step so far is settled, so that something follows; any, or `of`.

    They are the next behind enrolment `after`, ascending. Until the transaction ends, nobody else
    decides about them, or ends the sequence for them: those about whom somebody just does are left
    out.
    """
    wanted = _settled().where(EnrolmentRow.id > after).limit(limit)
    if of is not None:
        wanted = wanted.where(EnrolmentRow.contact_id.in_(of))
    rows = session.execute(wanted.with_for_update(of=[EnrolmentRow, ContactRow], skip_locked=True))
    return [
        Settled(
            enrolment_id=id_,
            contact_id=contact_id,
            address=address,
            step=step,
            state=DeliveryState(state),
            reason=reason,
            sent_at=sent_at,
            next_id=next_id,
            next_after=None if wait is None else timedelta(seconds=wait),
        )
        for id_, contact_id, address, step, state, reason, sent_at, next_id, wait in rows
    ]


def _settled() -> Any:  # noqa: ANN401 - SQL
    following, coming = aliased(CampaignRow), aliased(DeliveryRow)
    has_next = exists().where(
        coming.campaign_id == following.id, coming.contact_id == EnrolmentRow.contact_id
    )
    steps_of = with_steps(
        select(
            EnrolmentRow.id,
            EnrolmentRow.contact_id,
            AddressRow.address,
            CampaignRow.step,
            DeliveryRow.state,
            DeliveryRow.reason,
            DeliveryRow.sent_at,
            following.id,
            following.step_after,
        )
        .select_from(EnrolmentRow)
        .join(ContactRow, ContactRow.id == EnrolmentRow.contact_id)
        .join(AddressRow, and_(AddressRow.contact_id == ContactRow.id, AddressRow.is_primary))
    )
    return (
        steps_of.outerjoin(
            following,
            and_(
                following.sequence_id == CampaignRow.sequence_id,
                following.step == CampaignRow.step + 1,
            ),
        )
        .where(EnrolmentRow.ended_at.is_(None), DeliveryRow.state.in_(SETTLED), ~has_next)
        .order_by(EnrolmentRow.id)
    )


def proceed(
    session: Session, campaign_id: int, contacts: Sequence[tuple[int, str, datetime]], now: datetime
) -> None:
    """Let contacts come to the step that this campaign is; each with address and earliest time.

    The caller has locked the campaign, so that all are in its audience, whoever lets them come.
    """
    statement = insert_of(DeliveryRow.__table__, sqlite=is_sqlite(session))
    session.execute(
        statement.on_conflict_do_nothing(index_elements=["campaign_id", "contact_id"]),
        [
            {
                "campaign_id": campaign_id,
                "contact_id": contact_id,
                "address": address,
                "state": DeliveryState.PENDING.value,
                "not_before": earliest,
                "created_at": now,
            }
            for contact_id, address, earliest in contacts
        ],
    )
    recount(session, campaign_id)
    revive(session, campaign_id, now)
