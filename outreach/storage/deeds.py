"""What mails in the inbox did: doing it to the rows it concerns, and taking it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from outreach.domain.delivery import DeliveryEvent, sources, target
from outreach.domain.effects import LONG_PAST, Kind, Severity
from outreach.domain.letters import Letter
from outreach.domain.mailing import MailKind
from outreach.storage import enrolments
from outreach.storage.campaigns import Campaign
from outreach.storage.inbox import State, change
from outreach.storage.suppressions import Suppression, weight
from outreach.storage.tables import (
    BounceRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    EffectRow,
    InboundRow,
    OptOutRow,
    SuppressionRow,
    TouchRow,
    table_of,
)

_BOUNCES = table_of(BounceRow)
_CAMPAIGNS = table_of(CampaignRow)
_CONTACTS = table_of(ContactRow)
_DELIVERIES = table_of(DeliveryRow)
_EFFECTS = table_of(EffectRow)
_INBOUND = table_of(InboundRow)
_TOUCHES = table_of(TouchRow)


class Effect(StrEnum):
    """The things that a mail can do, as they are written down to be taken back."""

    TOUCH = "touch"
    HOLD = "hold"
    OPT_OUT = "opt-out"
    SUPPRESS = "suppress"
    BOUNCE = "bounce"
    CLOCK = "clock"
    STOP_CLOCK = "stop-clock"
    CANCEL_CHECKIN = "cancel-check-in"
    STOP_SEQUENCE = "stop-sequence"
    PAUSE_CAMPAIGN = "pause-campaign"


_STAYS = (Effect.CANCEL_CHECKIN, Effect.STOP_SEQUENCE, Effect.PAUSE_CAMPAIGN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One thing that a mail did, and when it was taken back if it was."""

    effect: Effect
    contact_id: int | None
    detail: Mapping[str, Any]
    at: datetime
    undone_at: datetime | None


def note(
    session: Session,
    inbound_id: int,
    effect: Effect,
    *,
    contact_id: int | None,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Write down what a mail did."""
    session.execute(
        _NOTED,
        {
            "inbound_id": inbound_id,
            "contact_id": contact_id,
            "effect": effect,
            "detail": detail,
            "at": now,
        },
    )


_NOTED = insert(_EFFECTS)


def record_bounce(
    session: Session,
    inbound_id: int,
    *,
    contact_id: int | None,
    delivery_id: int | None,
    address: str,
    severity: str,
    reason: str,
    status: str | None,
    at: datetime,
) -> None:
    """Count a bounce, and mark the delivery that came back."""
    session.execute(
        _BOUNCED,
        {
            "inbound_id": inbound_id,
            "contact_id": contact_id,
            "delivery_id": delivery_id,
            "address": address,
            "severity": severity,
            "reason": reason,
            "status": status,
            "at": at,
        },
    )
    _mark(session, delivery_id)


_BOUNCED = insert(_BOUNCES)


def _mark(session: Session, delivery_id: int | None) -> None:
    if delivery_id is None:
        return
    newest = session.scalars(
        select(BounceRow)
        .where(BounceRow.delivery_id == delivery_id)
        .order_by(BounceRow.at.desc(), BounceRow.id.desc())
        .limit(1)
    ).first()
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery_id)
        .values(
            bounced_at=newest.at if newest else None,
            bounce=f"{newest.severity}: {newest.reason}" if newest else None,
        )
        .execution_options(synchronize_session=False)
    )


def soft_bounces(session: Session, address: str, since: datetime) -> list[datetime]:
    """Return when a normalised address bounced in ways that count, since an instant.

    A hard bounce whose origin is not proven counts like a soft one. What several tell of one mail
    within a day counts once: a server that gave it up, the one before it, and the provider.
    """
    rows = session.execute(_SOFT, {"address": address, "since": since})
    found: list[datetime] = []
    last: dict[int, datetime] = {}
    for at, delivery_id in rows:
        if delivery_id is not None and delivery_id in last and at - last[delivery_id] < _ONE_MATTER:
            continue
        found.append(at)
        if delivery_id is not None:
            last[delivery_id] = at
    return found


_ONE_MATTER = timedelta(days=1)

_SOFT = (
    select(_BOUNCES.c.at, _BOUNCES.c.delivery_id)
    .where(
        _BOUNCES.c.address == bindparam("address"),
        _BOUNCES.c.at >= bindparam("since"),
        _BOUNCES.c.severity.in_((Severity.SOFT, Severity.FULL, Severity.HARD)),
    )
    .order_by(_BOUNCES.c.at, _BOUNCES.c.id)
)


def hold(session: Session, contact_id: int, until: datetime) -> datetime | None:
    """Hold mail to a contact until then, unless it is held longer.

    Return until when it would be held if no mail had asked for it.
    """
    held = session.scalar(select(ContactRow.held_until).where(ContactRow.id == contact_id))
    before = held
    for each in _holding(session, contact_id):
        if _instant(each.detail["until"]) == held:
            before = _instant(each.detail["before"])
    if held is None or held < until:
        session.execute(
            update(ContactRow)
            .where(ContactRow.id == contact_id)
            .values(held_until=until)
            .execution_options(synchronize_session=False)
        )
    return before


def _holding(session: Session, contact_id: int | None) -> Sequence[EffectRow]:
    """Return the holds that mails asked for and that stand, oldest first."""
    return session.scalars(
        select(EffectRow)
        .where(
            EffectRow.contact_id == contact_id,
            EffectRow.effect == Effect.HOLD,
            EffectRow.undone_at.is_(None),
        )
        .order_by(EffectRow.id)
    ).all()


def was_decided(session: Session, contact_id: int, now: datetime) -> None:
    """Let no mail of before hold a contact whose pause a person began or ended."""
    for each in _holding(session, contact_id):
        each.undone_at = now
    session.flush()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def cancel_checkins(session: Session, contact_id: int) -> list[int]:
    """Call off check-ins that wait to be sent to a contact; return their deliveries."""
    return sorted(session.scalars(_CALLED_OFF, {"of": contact_id}))


_CALLED_OFF = (
    update(_DELIVERIES)
    .where(
        _DELIVERIES.c.contact_id == bindparam("of"),
        _DELIVERIES.c.state.in_(sources(DeliveryEvent.CANCEL)),
        _DELIVERIES.c.campaign_id.in_(
            select(_CAMPAIGNS.c.id).where(_CAMPAIGNS.c.kind == MailKind.CHECKIN)
        ),
    )
    .values(
        state=target(DeliveryEvent.CANCEL),
        reason="they wrote to us",
        not_before=None,
        lease_owner=None,
        lease_until=None,
    )
    .returning(_DELIVERIES.c.id)
)


def call_off_late(session: Session, campaign: Campaign) -> int:
    """Call off what waits again and had better not, as nothing else would; return how many mails.

    Check-ins and steps of sequences that were on their way when their contact wrote, and came back
    unsent or are tried again on a person's word.
    """
    late = enrolments.call_off_late(session, campaign.id) if campaign.is_step else 0
    if campaign.kind is MailKind.CHECKIN:
        late += len(session.scalars(_LATE, {"of": campaign.id}).all())
    return late


_LATE = (
    update(_DELIVERIES)
    .where(
        _DELIVERIES.c.campaign_id == bindparam("of"),
        _DELIVERIES.c.state.in_(sources(DeliveryEvent.CANCEL)),
        exists()
        .where(
            _EFFECTS.c.contact_id == _DELIVERIES.c.contact_id,
            _EFFECTS.c.effect == Effect.TOUCH,
            _EFFECTS.c.at >= _DELIVERIES.c.tried_at,
            _EFFECTS.c.undone_at.is_(None),
            _INBOUND.c.id == _EFFECTS.c.inbound_id,
            _INBOUND.c.kind == Kind.REPLY,
        )
        .correlate(_DELIVERIES),
    )
    .values(
        state=target(DeliveryEvent.CANCEL),
        reason="they wrote to us while it was under way",
        not_before=None,
        lease_owner=None,
        lease_until=None,
    )
    .returning(_DELIVERIES.c.id)
)


def stop_clocks(session: Session, contact_id: int, *, at: datetime, answer_id: int) -> list[int]:
    """Stop the clocks of what a letter of ours to a contact answers; return those mails."""
    ours = _letter(session.execute(_LETTER, {"of": answer_id}).one())
    waiting = session.execute(_WAITING, {"of": contact_id, "but": answer_id})
    answered = [row.id for row in waiting if ours.answers(_letter(row))]
    rows = session.scalars(
        update(InboundRow)
        .where(InboundRow.id.in_(answered), InboundRow.answered_at.is_(None))
        .values(answered_at=at, answered_by_id=answer_id)
        .returning(InboundRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(InboundRow)
        .where(InboundRow.id.in_(rows), InboundRow.state == State.OPEN)
        .values(state=State.DONE)
        .execution_options(synchronize_session=False)
    )
    return sorted(rows)


def first_answer(
    session: Session, contact_id: int, question_id: int, *, to_sender: bool
) -> tuple[int, datetime] | None:
    """Return the first letter of ours to a contact that answers a mail, and when it was; or None.

    With `to_sender`, one that does not name the mail counts only if it went to whence that came.
    """
    question = session.execute(_LETTER, {"of": question_id}).one()
    theirs, sender = _letter(question), question.sender.lower()
    since = question.received_at - LONG_PAST
    for row in session.execute(_LETTERS, {"of": contact_id, "since": since}):
        ours = _letter(row)
        is_meant = theirs.message_id in ours.names or sender in row.findings.get("to", ())
        if ours.answers(theirs) and (is_meant or not to_sender):
            return row.id, row.at
    return None


def _letter(row: Any) -> Letter:  # noqa: ANN401 - a row with these columns
    return Letter(
        arrived=row.received_at,
        dated=row.sent_at,
        message_id=row.message_id,
        names=frozenset(row.findings.get("answers", ())),
    )


_OF_LETTER = (
    _INBOUND.c.id,
    _INBOUND.c.sender,
    _INBOUND.c.message_id,
    _INBOUND.c.sent_at,
    _INBOUND.c.received_at,
    _INBOUND.c.findings,
)
_LETTER = select(*_OF_LETTER).where(_INBOUND.c.id == bindparam("of"))
_WAITING = select(*_OF_LETTER).where(
    _INBOUND.c.contact_id == bindparam("of"),
    _INBOUND.c.answer_by.is_not(None),
    _INBOUND.c.answered_at.is_(None),
    _INBOUND.c.id != bindparam("but"),
)
_LETTERS = (
    select(*_OF_LETTER, _TOUCHES.c.at)
    .join_from(_TOUCHES, _INBOUND, _INBOUND.c.id == _TOUCHES.c.inbound_id)
    .where(
        _TOUCHES.c.contact_id == bindparam("of"),
        _TOUCHES.c.at >= bindparam("since"),
        # what went to many answers nobody
        _TOUCHES.c.personal,
        _INBOUND.c.kind == Kind.ANSWER,
    )
    .order_by(_TOUCHES.c.at)
)


def last_sign(session: Session, contact_id: int) -> datetime | None:
    """Return when something last came from a contact, or None."""
    return session.scalar(_LAST_SIGN, {"of": contact_id})


_LAST_SIGN = select(_CONTACTS.c.last_in).where(_CONTACTS.c.id == bindparam("of"))


def apart_from_mail(
    session: Session, contact_id: int | None, address: str, listed: Suppression | None
) -> Mapping[str, str] | None:
    """Return why an address would be on the list if no mail had put it there; None if it would not.

    `listed` is what the list says of it.
    """
    if listed is None:
        return None
    for each in _suppressing(session, contact_id, address):
        if each.detail["source"] == listed.source:
            before: Mapping[str, str] | None = each.detail["before"]
            return before
    return {"reason": listed.reason, "source": listed.source}


def _suppressing(session: Session, contact_id: int | None, address: str) -> list[EffectRow]:
    """Return what mails did that stands and keeps mail from an address, oldest first."""
    rows = session.scalars(
        select(EffectRow)
        .where(
            # a provider may have told of the address before it was anybody's
            or_(EffectRow.contact_id.is_(None), EffectRow.contact_id == contact_id),
            EffectRow.effect == Effect.SUPPRESS,
            EffectRow.undone_at.is_(None),
        )
        .order_by(EffectRow.id)
    )
    return [each for each in rows if each.detail["address"] == address]


def was_lifted(session: Session, contact_id: int | None, address: str, now: datetime) -> None:
    """Let no mail of before keep mail from an address that a person took off the list."""
    for each in _suppressing(session, contact_id, address):
        each.undone_at = now
    session.flush()


# Taking back


def listing(session: Session, inbound_id: int, *, standing: bool = False) -> list[Done]:
    """Return what a mail did, oldest first; with `standing`, only what was not taken back."""
    return [_done(row) for row in _effect_rows(session, inbound_id, standing=standing)]


def _effect_rows(session: Session, inbound_id: int, *, standing: bool) -> Sequence[EffectRow]:
    wanted = select(EffectRow).where(EffectRow.inbound_id == inbound_id).order_by(EffectRow.id)
    if standing:
        wanted = wanted.where(EffectRow.undone_at.is_(None))
    return session.scalars(wanted).all()


def undo(
    session: Session, inbound_id: int, *, by: str, now: datetime
) -> tuple[list[Done], set[int]]:
    """Take back what a mail did, as far as it can be; return what stays, and whose touches went.

    A check-in that was called off, a sequence that was stopped and a campaign that was paused stay
    so: a person decides on them.
    Whoever calls this brings the summaries of the contacts up to date.
    """
    stays: list[Done] = []
    touched: set[int] = set()
    for row in _effect_rows(session, inbound_id, standing=True):
        if row.effect in _STAYS:
            stays.append(_done(row))
            continue
        _take_back(session, row, by=by, now=now)
        if row.effect == Effect.TOUCH and row.contact_id is not None:
            touched.add(row.contact_id)
        row.undone_at = now
    session.flush()
    return stays, touched


def _take_back(session: Session, row: EffectRow, *, by: str, now: datetime) -> None:
    detail = row.detail
    evidence = f"misread: mail {row.inbound_id} was reclassified by {by}"
    quiet = {"synchronize_session": False}
    if row.effect == Effect.TOUCH:
        session.execute(
            delete(TouchRow)
            .where(TouchRow.id == detail["touch_id"], TouchRow.inbound_id == row.inbound_id)
            .execution_options(**quiet)
        )
    elif row.effect == Effect.HOLD:
        ends = [_instant(detail["before"])]
        ends += [
            _instant(each.detail["until"])
            for each in _holding(session, row.contact_id)
            if each.inbound_id != row.inbound_id
        ]
        left = [end for end in ends if end is not None and end > now]
        session.execute(
            update(ContactRow)
            .where(
                ContactRow.id == row.contact_id,
                ContactRow.held_until == _instant(detail["until"]),
            )
            .values(held_until=max(left, default=None))
            .execution_options(**quiet)
        )
    elif row.effect == Effect.OPT_OUT:
        session.execute(
            update(OptOutRow)
            .where(
                OptOutRow.contact_id == row.contact_id,
                OptOutRow.scope.in_(detail["scopes"]),
                OptOutRow.source == detail["source"],
                OptOutRow.lifted_at.is_(None),
            )
            .values(lifted_at=now, lifted_evidence=evidence)
            .execution_options(**quiet)
        )
    elif row.effect == Effect.SUPPRESS:
        listed = session.scalars(
            select(SuppressionRow).where(
                SuppressionRow.normalised == detail["address"],
                SuppressionRow.source == detail["source"],
                SuppressionRow.lifted_at.is_(None),
            )
        ).first()
        if listed:
            said = f"{now:%Y-%m-%d}: {evidence}"
            listed.detail = f"{listed.detail}\n{said}" if listed.detail else said
            others = [
                each.detail
                for each in _suppressing(session, row.contact_id, detail["address"])
                if each.inbound_id != row.inbound_id
            ]
            others += [detail["before"]] if detail["before"] else []
            if others:
                weightiest = max(others, key=lambda each: weight(each["reason"]))
                listed.reason, listed.source = weightiest["reason"], weightiest["source"]
            else:
                listed.lifted_at, listed.lifted_by = now, by
    elif row.effect == Effect.BOUNCE:
        session.execute(
            delete(BounceRow)
            .where(BounceRow.inbound_id == row.inbound_id)
            .execution_options(**quiet)
        )
        _mark(session, detail["delivery_id"])
    elif row.effect == Effect.CLOCK:
        change(session, row.inbound_id, answer_by=None, answered_at=None, answered_by_id=None)
    elif row.effect == Effect.STOP_CLOCK:
        session.execute(
            update(InboundRow)
            .where(
                InboundRow.id.in_(detail["inbound_ids"]),
                InboundRow.answered_by_id == row.inbound_id,
            )
            .values(answered_at=None, answered_by_id=None, state=State.OPEN)
            .execution_options(**quiet)
        )


def _done(row: EffectRow) -> Done:
    return Done(
        effect=Effect(row.effect),
        contact_id=row.contact_id,
        detail=row.detail,
        at=row.at,
        undone_at=row.undone_at,
    )
