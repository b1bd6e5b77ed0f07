"""Deliveries: freezing an audience, claiming work, and recording what became of each mail.

A state changes only by an event of `outreach.domain.delivery.TRANSITIONS`, with one conditional
statement that names the states it may find. Whoever changes what a run has claimed must show that
the claim is still theirs.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.domain.delivery import (
    CampaignState,
    DeliveryEvent,
    DeliveryState,
    sources,
    target,
)
from outreach.domain.feedback import Outcome
from outreach.domain.pacing import CLOCK_SLACK
from outreach.storage.database import UtcDateTime, among, given, is_sqlite
from outreach.storage.tables import (
    AddressRow,
    AttemptRow,
    CampaignRow,
    DecisionRow,
    DeliveryRow,
    PassageRow,
)

IN_FLIGHT = (DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.SENDING)
"""The states in which a delivery still has something before it."""


@dataclass(slots=True, kw_only=True)  # frozen ones take longer to make, and each mail has one
class Claim:
    """A delivery in the hands of a run.

    `attempts` counts those before. `deferrals` counts how often its receiver said "not now" since
    somebody last asked for another try, and `deferred_since` is when they first did.
    """

    id: int
    contact_id: int
    attempts: int
    deferrals: int = 0
    deferred_since: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try of a delivery, as it is recorded."""

    outcome: Outcome
    transport: str
    text: str
    started_at: datetime
    finished_at: datetime
    reply_code: int | None = None
    enhanced_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A delivery as a person wants to see it."""

    id: int
    contact_id: int
    address: str
    state: DeliveryState
    reason: str | None
    not_before: datetime | None
    attempts: int
    reply_text: str | None
    tried_at: datetime | None
    sent_at: datetime | None
    message_id: str | None


class Given(NamedTuple):
    """A delivery that a person's word happened to, and when it was last tried."""

    id: int
    contact_id: int
    tried_at: datetime | None


def freeze(session: Session, campaign_id: int, members: Select[Any], now: datetime) -> int:
    """Add a planned delivery for everyone in `members` who has none; return how many were added.

    `members` is a query for contact ids.
    """
    chosen = members.subquery()
    rows = (
        select(
            literal(campaign_id),
            AddressRow.contact_id,
            AddressRow.address,
            literal(DeliveryState.PLANNED.value),
            literal(0),
            literal(now, DeliveryRow.created_at.type),
        )
        .join_from(chosen, AddressRow, AddressRow.contact_id == chosen.c[0])
        .where(AddressRow.is_primary, ~_has_delivery(campaign_id, AddressRow.contact_id))
        .order_by(AddressRow.contact_id)
    )
    columns = ("campaign_id", "contact_id", "address", "state", "attempts", "created_at")
    added = session.execute(insert(DeliveryRow).from_select(columns, rows))
    return _count(added)


def outside(session: Session, campaign_id: int, members: Select[Any]) -> int:
    """Return how many of `members` are not in the audience that was approved."""
    chosen = members.subquery()
    inside = _has_delivery(campaign_id, chosen.c[0], DeliveryRow.state != DeliveryState.PLANNED)
    return session.execute(select(func.count()).select_from(chosen).where(~inside)).scalar_one()


def page(session: Session, members: Select[Any], *, after: int, limit: int) -> Sequence[int]:
    """Return the next of `members` behind contact `after`, ascending."""
    chosen = members.subquery()
    return session.scalars(
        select(chosen.c[0]).where(chosen.c[0] > after).order_by(chosen.c[0]).limit(limit)
    ).all()


def reconsider(session: Session, campaign_id: int, *but: ColumnElement[bool]) -> int:
    """Put those whom the gate refused before any attempt back into the plan; return how many.

    Those of whom one of the conditions `but` is true stay refused.
    """
    return _count(
        session.execute(
            _change(DeliveryEvent.RECONSIDER)
            .where(DeliveryRow.campaign_id == campaign_id, *(~each for each in but))
            .values(not_before=None)
        )
    )


def withdraw_plan(session: Session, campaign_id: int) -> None:
    """Take out of an approved campaign what was added to it and not approved.

    Those who were refused before are so again; the others leave without a trace.
    """
    refused_before = select(DecisionRow.contact_id).where(
        DecisionRow.campaign_id == campaign_id, DecisionRow.verdict == "refuse"
    )
    session.execute(
        _change(DeliveryEvent.REFUSE)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.PLANNED,
            DeliveryRow.contact_id.in_(refused_before),
        )
        .values(not_before=None)
    )
    session.execute(
        delete(DeliveryRow)
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.state == DeliveryState.PLANNED)
        .execution_options(synchronize_session=False)
    )


def planned(
    session: Session, campaign_id: int, *, after: int, limit: int
) -> Sequence[tuple[int, int]]:
    """Return (delivery, contact) of the next planned ones behind delivery `after`, ascending."""
    rows = session.execute(
        select(DeliveryRow.id, DeliveryRow.contact_id)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.PLANNED,
            DeliveryRow.id > after,
        )
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    return [(delivery_id, contact_id) for delivery_id, contact_id in rows]


def approve(session: Session, campaign_id: int) -> int:
    """Let what was planned be sent; return how many."""
    return _count(
        session.execute(
            _change(DeliveryEvent.APPROVE).where(DeliveryRow.campaign_id == campaign_id)
        )
    )


def set_aside(
    session: Session,
    ids: Collection[int],
    *,
    rule: str,
    until: datetime | None,
    owner: str | None = None,
) -> int:
    """Record that the gate refused these, or holds them until `until`; return how many it could.

    They are planned ones, or where `owner` is given, what this run has claimed.
    """
    if owner is not None:
        change = _change(DeliveryEvent.HOLD if until else DeliveryEvent.REFUSE).where(
            DeliveryRow.state == DeliveryState.CLAIMED, DeliveryRow.lease_owner == owner
        )
    elif until is None:
        change = _change(DeliveryEvent.REFUSE).where(DeliveryRow.state == DeliveryState.PLANNED)
    else:
        # A hold changes nothing about the state of what is only planned.
        change = _update().where(DeliveryRow.state == DeliveryState.PLANNED)
    change = change.where(among(DeliveryRow.id, sqlite=is_sqlite(session))).values(
        reason=rule, not_before=until, lease_owner=None, lease_until=None
    )
    return _count(session.execute(change, given(session, ids)))


def claim(
    session: Session, campaign_id: int, owner: str, *, now: datetime, until: datetime, limit: int
) -> list[Claim]:
    """Take up to `limit` deliveries that are due, for `owner`, until the lease ends.

    Runs that claim at once never get the same one: SQLite has one writer, and PostgreSQL skips the
    rows that another transaction has locked.
    """
    rows = session.execute(
        _claiming(),
        {
            "campaign": campaign_id,
            "now": now,
            "latest": now + CLOCK_SLACK,
            "limit": limit,
            "owner": owner,
            "until": until,
        },
    )
    claims = [
        Claim(id=id_, contact_id=contact, attempts=tries, deferrals=times, deferred_since=since)
        for id_, contact, tries, times, since in rows
    ]
    return sorted(claims, key=lambda claim: claim.id)


@cache
def _claiming() -> Any:  # noqa: ANN401 - SQL
    moment = UtcDateTime()
    due = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.campaign_id == bindparam("campaign"),
            DeliveryRow.state.in_(sources(DeliveryEvent.CLAIM)),
            _may_go(bindparam("now", type_=moment), bindparam("latest", type_=moment)),
        )
        .order_by(DeliveryRow.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        # As a CTE: PostgreSQL may run a plain subquery more than once, and so lock too many.
        .cte("due")
    )
    return (
        _update()
        .where(DeliveryRow.id.in_(select(due.c.id)))
        .values(
            state=target(DeliveryEvent.CLAIM),
            lease_owner=bindparam("owner"),
            lease_until=bindparam("until", type_=moment),
        )
        .returning(
            DeliveryRow.id,
            DeliveryRow.contact_id,
            DeliveryRow.attempts,
            DeliveryRow.deferrals,
            DeliveryRow.deferred_since,
        )
    )


def _may_go(now: Any, latest: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a moment, or its name
    """Return the condition that a pending delivery is due at `now`.

    What was put off later than `latest`, a little from now, was so by a clock that was wrong.
    """
    return or_(
        DeliveryRow.not_before.is_(None),
        DeliveryRow.not_before <= now,
        DeliveryRow.deferred_since > latest,
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return _may_go(now, now + CLOCK_SLACK)


def renew(session: Session, campaign_id: int, owner: str, until: datetime) -> None:
    """Prolong the lease on all that `owner` has claimed of this campaign, or is sending."""
    session.execute(
        _update()
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state.in_((DeliveryState.CLAIMED, DeliveryState.SENDING)),
            DeliveryRow.lease_owner == owner,
        )
        .values(lease_until=until)
    )


def last_outcome(session: Session, delivery_id: int) -> Outcome | None:
    """Return how the newest attempt ended, or None."""
    found = session.scalar(
        select(AttemptRow.outcome)
        .where(AttemptRow.delivery_id == delivery_id)
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )
    return Outcome(found) if found else None


def release(session: Session, campaign_id: int, owner: str) -> None:
    """Give back what `owner` has claimed and not begun."""
    session.execute(
        _change(DeliveryEvent.RELEASE)
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def owners(session: Session, campaign_id: int) -> set[str]:
    """Return the runs that hold deliveries of this campaign."""
    rows = session.scalars(
        select(DeliveryRow.lease_owner)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state.in_((DeliveryState.CLAIMED, DeliveryState.SENDING)),
            DeliveryRow.lease_owner.is_not(None),
        )
        .distinct()
    )
    return {owner for owner in rows if owner}


def expire(session: Session, campaign_id: int, now: datetime, dead: Collection[str] = ()) -> int:
    """End leases that ran out by `now`, and those of runs known to be `dead`.

    What was only claimed is pending again. What was being sent may have gone out: it becomes
    uncertain, and the number of those is returned. None is under way any more, so that others may
    take its place on the lanes.
    """
    over = or_(DeliveryRow.lease_until <= now, DeliveryRow.lease_owner.in_(dead))
    sending = and_(
        DeliveryRow.campaign_id == campaign_id, DeliveryRow.state == DeliveryState.SENDING, over
    )
    session.execute(
        delete(PassageRow)
        .where(PassageRow.delivery_id.in_(select(DeliveryRow.id).where(sending)))
        .execution_options(synchronize_session=False)
    )
    values = {"lease_owner": None, "lease_until": None}
    session.execute(
        _change(DeliveryEvent.RELEASE)
        .where(DeliveryRow.campaign_id == campaign_id, over)
        .values(**values)
    )
    return _count(
        session.execute(
            _change(DeliveryEvent.LOSE)
            .where(sending)
            .values(**values, reason="the run ended before the server's answer was recorded")
        )
    )


def cancel(session: Session, campaign_id: int) -> int:
    """Call off what was not sent yet; return how many. What is being sent ends as it ends."""
    withdraw_plan(session, campaign_id)
    return _count(
        session.execute(
            _change(DeliveryEvent.CANCEL)
            .where(DeliveryRow.campaign_id == campaign_id)
            .values(lease_owner=None, lease_until=None, not_before=None)
        )
    )


def give_word(
    session: Session,
    campaign_id: int,
    event: DeliveryEvent,
    state: DeliveryState,
    contact_ids: Collection[int] | None = None,
    *,
    reason: str | None = None,
) -> Sequence[Given]:
    """Let a person's word happen to those in `state`, all or these contacts'; return which."""
    change = _change(event).where(
        DeliveryRow.campaign_id == campaign_id, DeliveryRow.state == state
    )
    if contact_ids is not None:
        change = change.where(DeliveryRow.contact_id.in_(contact_ids))
    values: dict[str, Any] = {"reason": reason, "not_before": None}
    if event is DeliveryEvent.ACCEPT:
        values["sent_at"] = DeliveryRow.tried_at
    elif event is DeliveryEvent.RETRY:
        values |= {"deferrals": 0, "deferred_since": None}
    rows = session.execute(
        change.values(**values).returning(
            DeliveryRow.id, DeliveryRow.contact_id, DeliveryRow.tried_at
        )
    )
    return [Given(*row) for row in rows]


def totals(session: Session, campaign_id: int) -> Counter[DeliveryState]:
    """Return how many deliveries of the campaign are in each state."""
    rows = session.execute(
        select(DeliveryRow.state, func.count())
        .where(DeliveryRow.campaign_id == campaign_id)
        .group_by(DeliveryRow.state)
    )
    return Counter({DeliveryState(state): number for state, number in rows})


def is_done(session: Session, campaign_id: int) -> bool:
    """Whether no approved delivery of the campaign has anything before it."""
    left = select(DeliveryRow.id).where(
        DeliveryRow.campaign_id == campaign_id, DeliveryRow.state.in_(IN_FLIGHT)
    )
    return session.scalar(left.limit(1)) is None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries that are left alone for a while, and until when the first of them is."""

    number: int
    next_at: datetime | None


def waiting(session: Session, campaign_id: int, now: datetime) -> Waiting:
    """Return how many are pending with a time still to come: held by the gate or deferred."""
    number, first = session.execute(
        select(func.count(), func.min(DeliveryRow.not_before)).where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.not_before.is_not(None),
            func.coalesce(~_is_due(now), True),
        )
    ).one()
    return Waiting(number, first)


def count_due(session: Session, campaign_id: int, now: datetime) -> int:
    """Return how many are pending and may go now."""
    return session.execute(
        select(func.count()).where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.PENDING,
            _is_due(now),
        )
    ).scalar_one()


def campaigns_due(
    session: Session, now: datetime, *, healing: bool = False
) -> Sequence[tuple[str, int]]:
    """Return (key, how many deliveries) of the active campaigns that a run could advance now.

    With `healing` also of those paused for what may be over without anybody's doing.

    Some of their mail may go, a lease on it has ended, or nothing is left and the campaign only
    needs to be finished; that one counts 0. The oldest come first.
    """
    due = or_(
        and_(DeliveryRow.state == DeliveryState.PENDING, _is_due(now)),
        and_(
            DeliveryRow.state.in_((DeliveryState.CLAIMED, DeliveryState.SENDING)),
            DeliveryRow.lease_until <= now,
        ),
    )
    number = (
        select(func.count())
        .where(DeliveryRow.campaign_id == CampaignRow.id, due)
        .correlate(CampaignRow)
        .scalar_subquery()
    )
    left = exists().where(
        DeliveryRow.campaign_id == CampaignRow.id, DeliveryRow.state.in_(IN_FLIGHT)
    )
    going = [CampaignRow.state == CampaignState.ACTIVE]
    if healing:
        going.append(and_(CampaignRow.state == CampaignState.PAUSED, CampaignRow.heals))
    rows = session.execute(
        select(CampaignRow.key, number)
        .where(or_(number > 0, ~left), or_(*going))
        .order_by(CampaignRow.id)
    )
    return [(key, count) for key, count in rows]


def by_reason(
    session: Session, campaign_id: int, state: DeliveryState
) -> Sequence[tuple[str, int, datetime | None]]:
    """Return (reason, how many, earliest time to come) of a state, the most frequent first."""
    number = func.count().label("number")
    rows = session.execute(
        select(DeliveryRow.reason, number, func.min(DeliveryRow.not_before))
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.state == state)
        .group_by(DeliveryRow.reason)
        .order_by(number.desc(), DeliveryRow.reason)
    )
    return [(reason or "", total, first) for reason, total, first in rows]


def standings(
    session: Session,
    campaign_id: int,
    states: Collection[DeliveryState],
    *,
    reason: str | None = None,
    limit: int | None = None,
) -> Iterator[Standing]:
    """Return the deliveries of a campaign that are in one of these states, in order."""
    wanted = select(DeliveryRow).where(
        DeliveryRow.campaign_id == campaign_id, DeliveryRow.state.in_(states)
    )
    if reason is not None:
        wanted = wanted.where(DeliveryRow.reason == reason)
    for row in session.scalars(wanted.order_by(DeliveryRow.id).limit(limit)):
        yield _standing(row)


def of_contact(session: Session, contact_id: int) -> Mapping[int, Standing]:
    """Return a contact's deliveries by campaign."""
    rows = session.scalars(select(DeliveryRow).where(DeliveryRow.contact_id == contact_id))
    return {row.campaign_id: _standing(row) for row in rows}


def _standing(row: DeliveryRow) -> Standing:
    values = {name: getattr(row, name) for name in Standing.__slots__}
    values["state"] = DeliveryState(row.state)
    return Standing(**values)


def _has_delivery(campaign_id: int, contact_id: Any, *such: Any) -> Any:  # noqa: ANN401 - SQL
    return (
        select(DeliveryRow.id)
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.contact_id == contact_id, *such)
        .correlate_except(DeliveryRow)
        .exists()
    )


def _update() -> Update:
    return update(DeliveryRow).execution_options(synchronize_session=False)


def _change(event: DeliveryEvent) -> Update:
    """Return the statement by which `event` happens, to those whom it can happen to."""
    return _update().where(DeliveryRow.state.in_(sources(event))).values(state=target(event))


def _count(result: Any) -> int:  # noqa: ANN401 - SQLAlchemy's cursor result
    return int(result.rowcount)
