"""Campaigns: opening a plan, approving it, and every later change of state.

A state changes only by an event of `outreach.domain.delivery.CAMPAIGN_TRANSITIONS`, with one
conditional statement, so that two runs that mean different things cannot both succeed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.domain.delivery import (
    CampaignEvent,
    CampaignState,
    DeliveryState,
    campaign_sources,
    campaign_target,
)
from outreach.domain.mailing import ContentClass, MailKind
from outreach.storage.database import insert_into
from outreach.storage.tables import CampaignRow, DecisionRow, DeliveryRow, TemplateSentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """What a campaign is planned from. `files` are the sources that `template_hash` names."""

    key: str
    template: str
    template_hash: str
    files: Mapping[str, str]
    segment: str
    segment_where: str
    series: str
    kind: MailKind
    content_class: ContentClass
    ask_reason: str | None
    subject: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as it stands; the fields are those of `CampaignRow`."""

    id: int
    key: str
    template: str
    template_hash: str
    segment: str
    segment_where: str
    series: str
    kind: MailKind
    content_class: ContentClass
    ask_reason: str | None
    subject: str
    sender: str
    state: CampaignState
    state_reason: str | None
    paused_by: str | None
    heals: bool
    audience: int
    planned_by: str | None
    created_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    finished_at: datetime | None
    sequence_id: int | None = None
    step: int | None = None
    step_after: int | None = None

    @property
    def is_step(self) -> bool:
        """Whether it is a step of a sequence, to which contacts come one after another."""
        return self.step is not None


def find(session: Session, key: str, *, locked: bool = False) -> Campaign | None:
    """Return the campaign with this key, or None.

    Where it is `locked`, it stays as it is until the transaction ends, unless this one changes it.
    """
    wanted = select(CampaignRow).where(CampaignRow.key == key)
    if locked:
        wanted = wanted.with_for_update()
    row = session.scalar(wanted.execution_options(populate_existing=True))
    return _campaign(row) if row else None


def newest(session: Session, limit: int | None = None) -> Sequence[Campaign]:
    """Return the campaigns, the newest first."""
    rows = session.scalars(select(CampaignRow).order_by(CampaignRow.id.desc()).limit(limit))
    return [_campaign(row) for row in rows]


def keys(session: Session) -> Sequence[str]:
    """Return the keys of all campaigns."""
    return session.scalars(select(CampaignRow.key)).all()


def state_of(session: Session, campaign_id: int) -> CampaignState:
    """Return where the campaign stands at this moment."""
    state = session.scalar(select(CampaignRow.state).where(CampaignRow.id == campaign_id))
    return CampaignState(state) if state else CampaignState.CANCELLED


def audience_of(session: Session, campaign_id: int) -> int:
    """Return how many contacts the campaign was approved for."""
    return session.scalar(select(CampaignRow.audience).where(CampaignRow.id == campaign_id)) or 0


def lock(session: Session, campaign_id: int) -> CampaignState:
    """Let nobody else change the campaign until the transaction ends; return where it stands."""
    state = session.scalar(
        select(CampaignRow.state).where(CampaignRow.id == campaign_id).with_for_update()
    )
    return CampaignState(state) if state else CampaignState.CANCELLED


def revive(session: Session, campaign_id: int, now: datetime) -> None:
    """Let a campaign that was finished go on: there is something to send again.

    Trying mails again says nothing about why a campaign was paused.
    """
    if state_of(session, campaign_id) is CampaignState.FINISHED:
        apply(session, campaign_id, CampaignEvent.RESUME, now)


def files_of(session: Session, template_hash: str) -> Mapping[str, str]:
    """Return the sources that were rendered, file name to text."""
    row = session.get_one(TemplateSentRow, template_hash)
    return row.files


def open_plan(session: Session, new: NewCampaign, planner: str, now: datetime) -> Campaign:
    """Begin a plan for `new.key` and return its campaign, in whatever state that is.

    One that does not exist is made. One that was planned and never approved is planned anew, with
    nothing left of the old plan. In both cases `planner` has it from then on. One that was approved
    is returned as it is, since what was approved cannot change.
    """
    values = _values(new, planner, now)
    _keep_files(session, new, now)
    session.execute(
        insert_into(session, CampaignRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["key"])
    )
    row = session.scalars(
        select(CampaignRow)
        .where(CampaignRow.key == new.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.state in campaign_sources(CampaignEvent.REPLAN):
        _erase_plan(session, row.id)
        session.execute(update(CampaignRow).where(CampaignRow.id == row.id).values(**values))
    campaign = find(session, new.key)
    assert campaign is not None
    return campaign


def take_over_plan(session: Session, campaign_id: int, planner: str) -> None:
    """Make `planner` the one whose additions to an approved campaign wait for approval."""
    session.execute(
        update(CampaignRow).where(CampaignRow.id == campaign_id).values(planned_by=planner)
    )


def is_planned_by(session: Session, campaign_id: int, planner: str) -> bool:
    """Whether the plan is still this run's, and stays so until the transaction ends."""
    found = session.scalar(
        select(CampaignRow.planned_by).where(CampaignRow.id == campaign_id).with_for_update()
    )
    return found == planner


def discard(session: Session, campaign_id: int) -> None:
    """Remove a campaign that nobody approved, with its plan; its key is free again."""
    _erase_plan(session, campaign_id)
    session.execute(
        delete(CampaignRow).where(
            CampaignRow.id == campaign_id, CampaignRow.state == CampaignState.PLANNED
        )
    )


def apply(
    session: Session,
    campaign_id: int,
    event: CampaignEvent,
    now: datetime,
    *,
    reason: str | None = None,
    by: str | None = None,
    heals: bool = False,
) -> bool:
    """Let `event` happen to the campaign; return whether it could.

    `heals` says of a pause that nobody has to look: what it is for may be over with the next run.
    A campaign does not pause itself where it is paused already until a person resumes it.
    """
    values: dict[str, Any] = {"state": campaign_target(event), "state_reason": reason}
    possible: ColumnElement[bool] = CampaignRow.state.in_(campaign_sources(event))
    if event is CampaignEvent.APPROVE:
        values |= {"approved_at": now, "approved_by": by, "planned_by": None, "finished_at": None}
        values |= {"audience": _audience(campaign_id), "paused_by": None, "heals": False}
    elif event is CampaignEvent.PAUSE:
        values |= {"paused_by": by, "heals": heals}
        if by is None:
            possible &= or_(CampaignRow.state != CampaignState.PAUSED, CampaignRow.heals)
    elif event is CampaignEvent.RESUME:
        values |= {"paused_by": None, "heals": False}
    elif event in (CampaignEvent.FINISH, CampaignEvent.CANCEL):
        # What was approved stays the measure; a plan that ends unapproved has its audience now.
        unapproved = CampaignRow.state == CampaignState.PLANNED
        audience = case((unapproved, _audience(campaign_id)), else_=CampaignRow.audience)
        values |= {"finished_at": now, "planned_by": None, "audience": audience}
    done = session.execute(
        update(CampaignRow)
        .where(CampaignRow.id == campaign_id, possible)
        .values(**values)
        .returning(CampaignRow.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def recount(session: Session, campaign_id: int) -> None:
    """Take into the audience who was added to it, nobody else adding any meanwhile."""
    session.execute(
        update(CampaignRow)
        .where(CampaignRow.id == campaign_id)
        .values(audience=_audience(campaign_id))
        .execution_options(synchronize_session=False)
    )


def widen(session: Session, campaign_id: int, segment: str, where: str) -> None:
    """Record that the members of one more segment were added to the audience."""
    row = session.get_one(CampaignRow, campaign_id)
    if segment not in row.segment.split(", "):
        row.segment = f"{row.segment}, {segment}"
        row.segment_where = f"({row.segment_where}) or ({where})"
        session.flush()


def _audience(campaign_id: int) -> Any:  # noqa: ANN401 - a scalar subquery
    return (
        select(func.count())
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.state != DeliveryState.PLANNED)
        .scalar_subquery()
    )


def _erase_plan(session: Session, campaign_id: int) -> None:
    """Remove what a plan that was never approved left behind; nothing had been sent by it."""
    unapproved = (
        select(CampaignRow.id)
        .where(CampaignRow.id == campaign_id, CampaignRow.state == CampaignState.PLANNED)
        .scalar_subquery()
    )
    for table in (DeliveryRow, DecisionRow):
        session.execute(
            delete(table)
            .where(table.campaign_id == unapproved)
            .execution_options(synchronize_session=False)
        )


def _keep_files(session: Session, new: NewCampaign, now: datetime) -> None:
    session.execute(
        insert_into(session, TemplateSentRow)
        .values(hash=new.template_hash, files=dict(new.files), first_used_at=now)
        .on_conflict_do_nothing(index_elements=["hash"])
    )


def _values(new: NewCampaign, planner: str, now: datetime) -> dict[str, Any]:
    return {
        "key": new.key,
        "template": new.template,
        "template_hash": new.template_hash,
        "segment": new.segment,
        "segment_where": new.segment_where,
        "series": new.series,
        "kind": new.kind,
        "content_class": new.content_class,
        "ask_reason": new.ask_reason,
        "subject": new.subject,
        "sender": new.sender,
        "state": CampaignState.PLANNED,
        "planned_by": planner,
        "created_at": now,
    }


def _campaign(row: CampaignRow) -> Campaign:
    values = {name: getattr(row, name) for name in Campaign.__slots__}
    values["state"] = CampaignState(row.state)
    values["kind"] = MailKind(row.kind)
    values["content_class"] = ContentClass(row.content_class)
    return Campaign(**values)
