"""What happened with a contact: notes, and everything on record as one timeline."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.domain.effects import Kind
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ConsentRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    EnrolmentRow,
    InboundRow,
    InterestRow,
    MergeRow,
    NoteRow,
    OptOutRow,
    RoleRow,
    TierChangeRow,
    TouchRow,
)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline: when, of which kind, what happened, and who recorded it."""

    at: datetime
    kind: str
    what: str
    by: str | None = None
    detail: str | None = None


def add_note(session: Session, contact_id: int, text: str, by: str, now: datetime) -> None:
    """Write something down about a contact."""
    session.add(NoteRow(contact_id=contact_id, text=text, by=by, at=now))
    session.flush()


def timeline(session: Session, contact_id: int, limit: int) -> list[Event]:
    """Return what happened with a contact, newest first, at most `limit` entries."""
    events = [event for source in _SOURCES for event in _newest(session, contact_id, source, limit)]
    events += _deliveries(session, contact_id, limit)
    events += _decisions(session, contact_id, limit)
    return sorted(events, key=lambda event: event.at, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class _Source:
    """A table that happened: its column of instants, and how one row reads."""

    row: Any
    at: Any
    read: Callable[[Any], Iterator[Event]]
    contact: str = "contact_id"
    only: tuple[Any, ...] = ()


def _newest(session: Session, contact_id: int, source: _Source, limit: int) -> Iterator[Event]:
    rows = session.scalars(
        select(source.row)
        .where(getattr(source.row, source.contact) == contact_id, *source.only)
        .order_by(source.at.desc(), source.row.id.desc())
        .limit(limit)
    )
    for row in rows:
        yield from source.read(row)


def _deliveries(session: Session, contact_id: int, limit: int) -> Iterator[Event]:
    at = func.coalesce(DeliveryRow.sent_at, DeliveryRow.created_at)
    rows = session.execute(
        select(DeliveryRow, CampaignRow)
        .join(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
        .where(
            or_(
                DeliveryRow.contact_id == contact_id,
                # what stayed with a contact that was merged into this one
                DeliveryRow.contact_id.in_(
                    select(ContactRow.id).where(ContactRow.merged_into_id == contact_id)
                ),
            )
        )
        .order_by(at.desc(), DeliveryRow.id.desc())
        .limit(limit)
    )
    for delivery, campaign in rows:
        yield Event(
            delivery.sent_at or delivery.created_at,
            "delivery",
            f"{campaign.key} to {delivery.address}: {delivery.state}",
            campaign.sender,
            delivery.reason or delivery.reply_text,
        )


def _decisions(session: Session, contact_id: int, limit: int) -> Iterator[Event]:
    rows = session.execute(
        select(DecisionRow, CampaignRow.key)
        .outerjoin(CampaignRow, CampaignRow.id == DecisionRow.campaign_id)
        .where(DecisionRow.contact_id == contact_id)
        .order_by(DecisionRow.at.desc(), DecisionRow.id.desc())
        .limit(limit)
    )
    for decision, key in rows:
        what = f"{decision.verdict} {key or 'a mail'} ({decision.stage}): {decision.rule}"
        yield Event(decision.at, "decision", what, None, decision.why)


_ARROWS = {"in": "from them", "out": "to them", "both": "with them"}


def _touch(row: TouchRow) -> Iterator[Event]:
    what = row.channel if row.kind == row.channel else f"{row.channel}, {row.kind}"
    what = f"{what} {_ARROWS.get(row.direction, row.direction)}"
    yield Event(row.at, "touch", what, row.by, row.summary)


def _mail(row: InboundRow) -> Iterator[Event]:
    ours = row.kind == Kind.ANSWER
    what = f"{row.kind} {'to' if ours else 'from'} them: {row.subject or '(no subject)'}"
    if row.stranger:
        what = f"{what} (from {row.sender})"
    waits = row.answer_by is not None and row.answered_at is None and row.done_at is None
    owed = f"answer by {row.answer_by:%Y-%m-%d %H:%M}; " if waits else ""
    words = " ".join(row.words.split())
    words = words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"
    yield Event(row.received_at, "mail", what, None, (owed + words) or None)


_MOST_WORDS = 200  # characters of a mail that a timeline shows


def _tier_change(row: TierChangeRow) -> Iterator[Event]:
    what = f"{row.before} -> {row.after}" if row.before else f"starts as {row.after}"
    yield Event(row.at, "tier", what, row.by, row.reason)


def _consent(row: ConsentRow) -> Iterator[Event]:
    what = f"consent {row.status}" + (f" ({row.basis})" if row.basis else "")
    detail = "; ".join(part for part in (row.evidence, row.source) if part)
    yield Event(row.occurred_at, "consent", what, row.recorded_by, detail or None)


def _opt_out(row: OptOutRow) -> Iterator[Event]:
    detail = "; ".join(part for part in (row.evidence, row.source) if part)
    yield Event(row.occurred_at, "opt-out", f"opted out of {row.scope}", None, detail or None)
    if row.lifted_at:
        what = f"opted in to {row.scope} again"
        yield Event(row.lifted_at, "opt-out", what, None, row.lifted_evidence)


def _role(row: RoleRow) -> Iterator[Event]:
    yield Event(row.since, "role", f"becomes {row.role}", row.by, row.reason)
    if row.until:
        yield Event(row.until, "role", f"is no longer {row.role}", row.by, row.reason)


def _note(row: NoteRow) -> Iterator[Event]:
    yield Event(row.at, "note", row.text, row.by)


def _enrolment(row: EnrolmentRow) -> Iterator[Event]:
    yield Event(row.started_at, "sequence", f"{row.name} begins", row.started_by)
    if row.ended_at:
        yield Event(row.ended_at, "sequence", f"{row.name} is {row.ending}", None, row.reason)


def _merge(row: MergeRow) -> Iterator[Event]:
    absorbed = ", ".join(row.absorbed.get("addresses", ()))
    yield Event(row.at, "merge", f"absorbed {absorbed}", row.by, row.reason)


_SOURCES = (
    # What went out as a delivery is told by the delivery.
    # And what came back, or answers that, by the mail itself.
    _Source(
        TouchRow,
        TouchRow.at,
        _touch,
        only=(TouchRow.delivery_id.is_(None), TouchRow.inbound_id.is_(None)),
    ),
    _Source(InboundRow, InboundRow.received_at, _mail),
    _Source(TierChangeRow, TierChangeRow.at, _tier_change),
    _Source(ConsentRow, ConsentRow.occurred_at, _consent),
    _Source(OptOutRow, OptOutRow.occurred_at, _opt_out),
    _Source(RoleRow, RoleRow.since, _role),
    _Source(NoteRow, NoteRow.at, _note),
    _Source(EnrolmentRow, EnrolmentRow.started_at, _enrolment),
    _Source(MergeRow, MergeRow.at, _merge, contact="kept_id"),
)

FACTS: Mapping[str, Any] = {
    "addresses": AddressRow,
    "consents": ConsentRow,
    "opt_outs": OptOutRow,
    "roles": RoleRow,
    "interests": InterestRow,
    "tier_changes": TierChangeRow,
    "notes": NoteRow,
    "touches": TouchRow,
    "enrolments": EnrolmentRow,
}
"""The tables that `facts` can give, by what they hold."""


def facts(
    session: Session, contact_ids: Sequence[int], names: Collection[str]
) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """Return the rows of the tables `names` (of `FACTS`) for each contact, oldest first."""
    found: dict[int, dict[str, list[dict[str, Any]]]] = {
        contact_id: {name: [] for name in names} for contact_id in contact_ids
    }
    for name in names:
        table = FACTS[name]
        columns = [column for column in table.__table__.columns if column.key != "id"]
        rows = session.execute(
            select(*columns).where(table.contact_id.in_(contact_ids)).order_by(table.id)
        ).mappings()
        for row in rows:
            values = dict(row)
            found[values.pop("contact_id")][name].append(values)
    return found
