"""Postmark's webhooks: bounces, complaints, deliveries, opt-outs, and mail that came in.

Postmark signs nothing. What it documents is a user and a password in the webhook's URL, which
arrive as HTTP Basic authentication (RFC 7617); so the secret is ``user:password``.

Payloads: postmarkapp.com/developer/webhooks/webhooks-overview and its pages for each kind.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from outreach.inbound.bounces import read_delivery_status
from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.declared import Webhook
from outreach.inbound.mail import Mail
from outreach.inbound.match import clues
from outreach.inbound.reasons import Reason
from outreach.inbound.sources import with_envelope
from outreach.inbound.webhooks import Arrival, Fetch, Forged, Request, Unusable, same
from outreach.inbound.webhooks.events import (
    Event,
    Meaning,
    Reader,
    instant,
    parsed,
    table,
    text,
)

_IGNORED = frozenset({"Open", "Click"})

_RECORDS = {
    "Delivery": Meaning(Kind.RECEIPT),
    "SpamComplaint": Meaning(Kind.COMPLAINT),
}
"""Kinds of record whose meaning does not depend on a type."""

_BOUNCES = {
    "HardBounce": Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    "SoftBounce": Meaning(Kind.BOUNCE),
    "Unknown": Meaning(Kind.BOUNCE),
    "BadEmailAddress": Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    "Blocked": Meaning(Kind.BOUNCE, Reason.BLOCKED),
    "DMARCPolicy": Meaning(Kind.BOUNCE, Reason.AUTHENTICATION),
    "VirusNotification": Meaning(Kind.BOUNCE, Reason.VIRUS),
    # A filter said so; a reader who says so makes a SpamComplaint.
    "SpamNotification": Meaning(Kind.BOUNCE, Reason.SPAM),
    # Postmark itself would not send it.
    "Unconfirmed": Meaning(Kind.BOUNCE, Reason.POLICY),
    "SMTPApiError": Meaning(Kind.BOUNCE, Reason.POLICY),
    "TemplateRenderingFailed": Meaning(Kind.BOUNCE, Reason.CONTENT),
    # "Temporarily not delivered": Postmark goes on trying, as it does after a DNS error.
    "Transient": Meaning(Kind.DELAY),
    "DnsError": Meaning(Kind.DELAY, Reason.NETWORK),
    "SpamComplaint": Meaning(Kind.COMPLAINT),
    # A mail to us that asks for no more mail, which Postmark recognised.
    "Unsubscribe": Meaning(Kind.OPT_OUT),
    "AutoResponder": Meaning(Kind.ACKNOWLEDGEMENT),
    # "I have a new address": a person finds out which.
    "AddressChange": Meaning(Kind.LEFT),
    "ChallengeVerification": Meaning(Kind.CHALLENGE),
    # What follows is news for the account, and says nothing of a reader.
    "Subscribe": Meaning(Kind.AUTOMATIC),
    "OpenRelayTest": Meaning(Kind.AUTOMATIC),
    "ManuallyDeactivated": Meaning(Kind.AUTOMATIC),
    "InboundError": Meaning(Kind.AUTOMATIC),
}
"""Types of a bounce; some of them are none."""

_NEWS = Meaning(Kind.AUTOMATIC)


class Receiver:
    """Takes what comes with the right user and password."""

    #: A mail of 35 MB, twice in base64 (parsed and raw), is what Postmark sends at most.
    largest = 100 << 20

    def __init__(self, _declared: Webhook, secret: str | None, _fetch: Fetch) -> None:
        if not secret or ":" not in secret:
            raise ValueError("needs a secret of the form user:password")
        self._secret = secret

    def glance(self, headers: Mapping[str, str]) -> None:
        """Check the user and password."""
        if not same(_credentials(headers), self._secret):
            raise Forged("the user or password is wrong")

    def receive(self, request: Request, now: datetime) -> Sequence[Arrival]:  # noqa: ARG002
        """Return the event or mail of a request."""
        self.glance(request.headers)
        try:
            payload = parsed(request.body)
        except ValueError as error:
            raise Unusable(str(error)) from error
        record = text(payload.get("RecordType"))
        if record in _IGNORED:
            return ()
        raw = payload.get("RawEmail")
        if isinstance(raw, str) and record in ("", "Inbound"):
            mail = with_envelope(raw.encode("utf-8", "surrogateescape"), **_envelope(payload))
            return (Arrival(mail),)
        return (Arrival(request.body, _event_id(record, payload)),)


def _credentials(headers: Mapping[str, str]) -> str:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _envelope(payload: Mapping[str, Any]) -> dict[str, Any]:
    recipient = text(payload.get("OriginalRecipient"))
    return {"sender": None, "recipients": [recipient] if recipient else []}


def _event_id(record: str, payload: Mapping[str, Any]) -> str:
    # Only bounces and complaints have an id; the rest is told apart by mail, reader and time.
    if payload.get("ID"):
        return f"{record} {text(payload.get('ID'))}"
    parts = ("MessageID", "Recipient", "DeliveredAt", "ChangedAt")
    return " ".join([record, *(text(payload.get(name)) for name in parts)])


def is_event(payload: Mapping[str, Any]) -> bool:
    """Whether an object is made like an event of theirs."""
    return bool(text(payload.get("RecordType")))


def read(raw: bytes) -> Explanation:
    """Return what a kept event says."""
    payload = parsed(raw)
    record = text(payload.get("RecordType"))
    if record in ("", "Inbound"):
        raise ValueError("the mail itself is not in it: switch on raw content in Postmark")
    kind = text(payload.get("Type"))
    meaning = _RECORDS.get(record, _NEWS)
    if record == "Bounce":
        meaning = _BOUNCES.get(kind, Meaning(Kind.BOUNCE))
    elif record == "SubscriptionChange":
        meaning = _subscription(payload)
    reader = text(payload.get("Email")) or text(payload.get("Recipient"))
    details = text(payload.get("Details"))
    when = next(
        (payload[name] for name in ("BouncedAt", "DeliveredAt", "ChangedAt") if name in payload),
        None,
    )
    return Event(
        provider="postmark",
        word=kind or record,
        meaning=meaning,
        readers=(Reader(reader, words=details),) if reader else (),
        at=instant(when),
        ids=(text(payload.get("MessageID")), *_metadata(payload)),
        more_ids=_ids_within(payload.get("Content")),
        subject=text(payload.get("Subject")),
    ).explanation()


def _subscription(payload: Mapping[str, Any]) -> Meaning:
    # Bounces and complaints come as records of their own; and what we or Postmark's staff entered
    # is nobody's wish.
    theirs = payload.get("Origin") == "Recipient"
    wish = payload.get("SuppressionReason") == "ManualSuppression"
    return Meaning(Kind.OPT_OUT) if payload.get("SuppressSending") and theirs and wish else _NEWS


def _metadata(payload: Mapping[str, Any]) -> list[str]:
    return [text(value) for value in table(payload.get("Metadata")).values()][:20]


def _ids_within(content: object) -> tuple[str, ...]:
    """Return what the notice that Postmark got names our mail by, where it sends that along."""
    if not isinstance(content, str) or not content:
        return ()
    mail = Mail(content.encode("utf-8", "surrogateescape"))
    return clues(mail, notice=read_delivery_status(mail)).ids
