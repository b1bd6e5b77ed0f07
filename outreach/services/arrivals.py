"""From the bytes of a mail to what the inbox keeps of it, and to what it means for whom.

Nothing here raises for what stands in a mail, whatever it is.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from outreach.domain.effects import Bounced, Event, Kind, Proof, Severity
from outreach.domain.letters import Letter
from outreach.inbound.classify import Explanation, explain
from outreach.inbound.headers import Address, Headers
from outreach.inbound.mail import CLOCK_SKEW, EPOCH, Mail
from outreach.inbound.notices import Action
from outreach.inbound.sources import Received
from outreach.inbound.webhooks import read_event
from outreach.services.origins import Origin, Origins, addresses_of, normalised, people_of
from outreach.storage import contacts, inbox
from outreach.storage.inbox import NewMail

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Found:
    """A mail as it was read; without an explanation where that failed."""

    explanation: Explanation | None
    at: datetime
    failure: str | None = None


MOST_RECIPIENTS = 5
"""A mail of ours to more contacts than this is no letter to each of them."""

_MOST_LOOKED_AT = 50  # recipients of a mail of ours that are looked up

EVENT = "event:"
"""What the mailbox of a provider's event is called, before the provider's name."""


def read(received: Received, now: datetime) -> Found:
    """Return what can be read of a mail, or of a provider's event, that came in."""
    came = believable(received.received_at, now)
    try:
        if received.provider is not None:
            found = read_event(received.provider, received.raw)
        else:
            found = explained(received.raw, came, now)
        told = came or found.received_at or now
        return Found(found, min(told, now).astimezone(UTC))
    except Exception as error:  # a mail is kept whatever is wrong with it
        return Found(None, min(came or now, now).astimezone(UTC), said(error))


def explained(raw: bytes, came: datetime | None, now: datetime) -> Explanation:
    """Return what a mail is that came at this time; where that is not told, as its header says."""
    found = explain(raw, received_at=came)
    if came is None and believable(found.received_at, now) is not found.received_at:
        return explain(raw, received_at=now)
    return found


def believable(came: datetime | None, now: datetime) -> datetime | None:
    """Return when a mail came, or None where that cannot be: a clock was wrong, or a date lost."""
    return came if came and came.year >= EPOCH and came <= now + CLOCK_SKEW else None


def said(error: Exception) -> str:
    """Return a fault in one line, for the record."""
    return f"{type(error).__name__}: {error}"[:300]


def event_of(
    explanation: Explanation,
    origin: Origin,
    at: datetime,
    addresses: frozenset[str],
    *,
    told_by: str | None = None,
) -> Event:
    """Return what a mail means, in the words of the domain. `told_by` is a provider."""
    absence, opt_out = explanation.absence, explanation.opt_out
    kind = Kind(explanation.kind)
    return Event(
        kind=kind,
        at=at,
        proof=origin.proof,
        bounced=_bounced(explanation, addresses),
        until=absence.until if absence else None,
        is_last_day=absence is not None and absence.last_day,
        sure=opt_out.sure if opt_out else True,
        new_address=absence.contact.address
        if absence and absence.contact and kind is Kind.REPLY
        else None,
        wants_out=kind is Kind.REPLY and opt_out is not None,
        is_bulk=explanation.bulk,
        by_provider=told_by is not None,
        about=tuple(filter(None, map(normalised, explanation.about))) if told_by else (),
    )


def as_said(
    session: "Session",
    event: Event,
    kind: Kind,
    origin: Origin,
    *,
    until: date | None,
    by_hand: bool,
) -> Event:
    """Return the event of a mail of which a person says whose it is, and `by_hand` of what kind."""
    bounced = event.bounced
    named = any(each.ours for each in bounced)
    if kind is Kind.BOUNCE and not named and origin.contact_id is not None:
        (primary, *_) = contacts.addresses(session, origin.contact_id)
        address = origin.delivery.address if origin.delivery else primary.address
        gone = Bounced(
            address=normalised(address), severity=Severity.HARD, reason="a person says so"
        )
        bounced = (gone,)
    if by_hand:
        # They have read it: what a machine was not sure of is settled.
        event = replace(event, sure=True, wants_out=False, new_address=None)
    return replace(
        event,
        kind=kind,
        until=until or (event.until if kind in (Kind.ABSENT, event.kind) else None),
        is_last_day=until is None and event.is_last_day,
        bounced=bounced,
        # Whoever names a contact's mail knows that it was meant for us.
        is_bulk=False,
    )


def _bounced(explanation: Explanation, addresses: frozenset[str]) -> tuple[Bounced, ...]:
    notice = explanation.notice
    if notice is None:
        return ()
    found: dict[str, Bounced] = {}
    for each in notice.recipients:
        if each.action is not Action.FAILED:
            continue
        named = [normalised(text) for text in (each.original, each.recipient) if text]
        ours = next((text for text in named if text in addresses), None)
        address = ours or named[-1]
        found[address] = Bounced(
            address=address,
            severity=Severity(each.severity.value),
            reason=each.reason.value,
            status=each.status,
            ours=ours is not None,
        )
    return tuple(found.values())


def placed(
    origins: Origins, session: "Session", received: Received, found: Found, now: datetime
) -> tuple[Origin, Event, tuple[int, ...]]:
    """Return whose a mail is, what it means, and the contacts on whom it acts."""
    explanation = found.explanation
    if explanation is None:
        return Origin(), Event(kind=Kind.UNREADABLE, at=found.at, proof=Proof.NONE), ()
    if received.is_ours:
        return _ours(origins, session, received, explanation, found)
    if normalised(explanation.sender) in origins.own:
        # Anybody can write our address into a mail; only our own folders prove that it is ours.
        event = Event(kind=Kind.AUTOMATIC, at=found.at, proof=Proof.NONE, is_bulk=True)
        return Origin(), event, ()
    provider = received.provider
    ended = None if provider else origins.unsubscription(session, explanation)
    if ended is not None:
        origin, series = ended
        event = Event(kind=Kind.OPT_OUT, at=found.at, proof=origin.proof, series=series)
    else:
        origin = origins.of(session, explanation, now, vouched=provider is not None)
        addresses = addresses_of(session, origin) if explanation.notice else frozenset[str]()
        event = event_of(explanation, origin, found.at, addresses, told_by=provider)
    return origin, event, (origin.contact_id,) if origin.contact_id is not None else ()


def _ours(
    origins: Origins, session: "Session", received: Received, explanation: Explanation, found: Found
) -> tuple[Origin, Event, tuple[int, ...]]:
    event = Event(kind=Kind.AUTOMATIC, at=found.at, proof=Proof.NONE, is_bulk=True)
    if origins.links.read_delivery(explanation.message_id or ""):
        return Origin(), event, ()  # a copy of a mailing; its delivery is on record
    headers = Mail(received.raw).headers
    people = tuple(dict.fromkeys(people_of(session, _written_to(headers)).values()))
    event = Event(
        kind=Kind.ANSWER,
        at=Letter(arrived=found.at, dated=explanation.sent_at).written_at,
        proof=Proof.PERSON,
        is_bulk=len(people) > MOST_RECIPIENTS,
        in_thread="in-reply-to" in headers or "references" in headers,
    )
    if not people:
        return Origin(), event, ()
    known = inbox.by_message_id(session, explanation.clues.ids)
    delivery = known[1] if known and known[0] == people[0] else None
    return to_them(people[0], delivery), event, people


def to_them(contact_id: int, delivery_id: int | None = None) -> Origin:
    """Return the origin of a mail of ours that went to a contact."""
    return Origin(
        contact_id=contact_id,
        delivery_id=delivery_id,
        rung="recipient",
        confidence=1.0,
        proof=Proof.PERSON,
    )


def _written_to(headers: Headers) -> list[Address]:
    """Return to whom a mail of ours went."""
    written = [each for name in ("to", "cc", "bcc") for each in headers.addresses(name)]
    return written[:_MOST_LOOKED_AT]


def row_of(
    mailbox: str, received: Received, mark: str, *, found: Found, origin: Origin, event: Event
) -> NewMail:
    """Return what the inbox keeps of a mail; texts as both databases can keep them."""
    explanation = found.explanation
    if explanation is None:
        return NewMail(
            fingerprint=mark,
            mailbox=mailbox,
            folder=received.folder or None,
            raw=received.raw,
            message_id=None,
            sender="",
            sender_name="",
            subject="",
            sent_at=None,
            received_at=found.at,
            kind=Kind.UNREADABLE,
            rule=_clean(found.failure or ""),
            words="",
            findings={},
        )
    rule = "unsubscribe-token" if event.series else explanation.rule
    findings = explanation.to_json()
    if event.kind is Kind.ANSWER:
        rule = "sent-folder"
        # By these an answer is found when the question comes to us, or to a contact, later.
        written_to = _written_to(Mail(received.raw).headers)
        findings["to"] = [each.address.lower() for each in written_to]
        findings["answers"] = list(explanation.clues.ids)
    return NewMail(
        fingerprint=mark,
        mailbox=mailbox,
        folder=received.folder or None,
        raw=received.raw,
        message_id=_clean(explanation.message_id) if explanation.message_id else None,
        sender=_clean(explanation.sender),
        sender_name=_clean(explanation.sender_name),
        subject=_clean(explanation.subject),
        sent_at=explanation.sent_at,
        received_at=found.at,
        kind=event.kind,
        rule=rule,
        words=_clean(explanation.words),
        findings=_clean_values(findings),
        contact_id=origin.contact_id,
        delivery_id=origin.delivery.delivery_id if origin.delivery else origin.delivery_id,
        rung=origin.rung,
        confidence=origin.confidence,
        stranger=origin.stranger,
    )


def _clean(text: str) -> str:
    """Return `text` as both databases can keep it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _clean_values(value: Any) -> Any:  # noqa: ANN401 - plain JSON values
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {key: _clean_values(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_values(each) for each in value]
    return value
