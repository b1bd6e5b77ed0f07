"""SendGrid's webhooks: batches of events about mail of ours, and mail from its Inbound Parse.

Both are signed with ECDSA over the timestamp and the body, with a key pair for each webhook, whose
public half SendGrid shows. Parse needs a security policy for that, and "POST the raw, full MIME
message" for the mail to come as it is.

Payloads and signature: twilio.com/docs/sendgrid/for-developers (tracking-events/event,
…/getting-started-event-webhook-security-features, parsing-email/securing-your-parse-webhooks).
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.declared import Webhook
from outreach.inbound.reasons import Reason
from outreach.inbound.sources import with_envelope
from outreach.inbound.webhooks import MOST_EVENTS, Arrival, Fetch, Forged, Request, Unusable
from outreach.inbound.webhooks.events import (
    Event,
    Meaning,
    Reader,
    instant,
    parsed,
    rows,
    table,
    text,
)
from outreach.inbound.webhooks.forms import read_form

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

_IGNORED = frozenset({"processed", "open", "click"})

_EVENTS = {
    "delivered": Meaning(Kind.RECEIPT),
    "deferred": Meaning(Kind.DELAY),
    "spamreport": Meaning(Kind.COMPLAINT),
    "unsubscribe": Meaning(Kind.OPT_OUT),
    # From one of their groups. We do not know which of our series that is, and want to be safe.
    "group_unsubscribe": Meaning(Kind.OPT_OUT),
    # Only their own word to us makes good an opt-out.
    "group_resubscribe": Meaning(Kind.AUTOMATIC),
}

_BOUNCES = {
    "bounce": Meaning(Kind.BOUNCE),
    # The server refused us, and not the address.
    "blocked": Meaning(Kind.BOUNCE, Reason.BLOCKED),
    "expired": Meaning(Kind.BOUNCE, Reason.EXPIRED),
}
"""Types of ``bounce``."""

_CLASSES = {
    "invalid address": Reason.USER_UNKNOWN,
    "mailbox unavailable": Reason.DISABLED,
    "reputation": Reason.BLOCKED,
    "content": Reason.CONTENT,
    "frequency or volume too high": Reason.RATE_LIMIT,
    "technical failure": Reason.SYSTEM,
}
"""What SendGrid makes of a server's words (``bounce_classification``)."""

_DROPPED = {
    # It bounced before, for whatever reason, and SendGrid did not try: no proof of a dead address.
    "bounced address": Meaning(Kind.BOUNCE, Reason.FILTERED),
    "invalid": Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    "unsubscribed address": Meaning(Kind.OPT_OUT),
    "spam reporting address": Meaning(Kind.COMPLAINT),
}
"""Reasons of ``dropped``; all others (quota, spam found in our mail) are about us."""


class Receiver:
    """Takes what is signed by one of the keys that are set."""

    largest = 60 << 20

    def __init__(self, declared: Webhook, _secret: str | None, _fetch: Fetch) -> None:
        if not declared.public_keys:
            raise ValueError("needs public_keys, the verification keys that SendGrid shows")
        self._keys = [_key(each) for each in declared.public_keys]

    def glance(self, headers: Mapping[str, str]) -> None:
        """Look for a signature."""
        if SIGNATURE not in headers or TIMESTAMP not in headers:
            raise Forged("it is not signed")

    def receive(self, request: Request, now: datetime) -> Sequence[Arrival]:  # noqa: ARG002
        """Return the events or the mail of a request."""
        self._verify(request)
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            return (_mail(read_form(request)),)
        try:
            events = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise Unusable("it is no JSON") from error
        if not isinstance(events, list) or len(events) > MOST_EVENTS:
            raise Unusable(f"it is no list of {MOST_EVENTS} events at most")
        return [
            _arrival(event) for event in events if text(table(event).get("event")) not in _IGNORED
        ]

    def _verify(self, request: Request) -> None:
        stamp = request.headers.get(TIMESTAMP, "").encode("utf-8", "replace")
        try:
            signature = base64.b64decode(request.headers.get(SIGNATURE, ""), validate=True)
        except (binascii.Error, ValueError):
            raise Forged("the signature is wrong") from None
        for key in self._keys:
            try:
                key.verify(signature, stamp + request.body, ECDSA(SHA256()))
            except InvalidSignature:
                continue
            return
        raise Forged("the signature is wrong")


def _key(written: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(written, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError("public_keys: that is no key in base64, as SendGrid shows it") from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("public_keys: SendGrid's keys are for elliptic curves")
    return key


def _arrival(event: object) -> Arrival:
    raw = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
    # Without an id, which SendGrid promises, the event itself is what tells it from others.
    return Arrival(raw, text(table(event).get("sg_event_id")) or raw.decode("utf-8", "replace"))


def _mail(form: Mapping[str, bytes]) -> Arrival:
    if "email" not in form:
        raise Unusable("it holds no whole mail: switch on the raw, full MIME message in SendGrid")
    try:
        envelope = parsed(form.get("envelope", b"{}"))
    except ValueError:
        envelope = {}
    recipients = [text(each) for each in rows(envelope.get("to"))]
    return Arrival(with_envelope(form["email"], text(envelope.get("from")) or None, recipients))


def is_event(payload: Mapping[str, Any]) -> bool:
    """Whether an object is made like an event of theirs."""
    return bool(text(payload.get("event")) and text(payload.get("email")))


def read(raw: bytes) -> Explanation:
    """Return what a kept event says."""
    event = parsed(raw)
    word, kind = text(event.get("event")), text(event.get("type")).lower()
    if not word:
        raise ValueError("it names no event")
    reason = text(event.get("reason"))
    reader = text(event.get("email"))
    return Event(
        provider="sendgrid",
        word=f"{word}-{kind}" if word == "bounce" and kind else word,
        meaning=_meaning(event, word, kind, reason),
        readers=(
            (
                Reader(
                    reader,
                    status=text(event.get("status")),
                    # Of what was dropped the words are SendGrid's own.
                    words="" if word == "dropped" else reason or text(event.get("response")),
                ),
            )
            if reader
            else ()
        ),
        at=instant(event.get("timestamp")),
        ids=(text(event.get("smtp-id")), text(event.get("sg_message_id"))),
    ).explanation()


def _meaning(event: Mapping[str, Any], word: str, kind: str, reason: str) -> Meaning:
    if word == "dropped":
        return _DROPPED.get(reason.lower(), Meaning(Kind.BOUNCE, Reason.POLICY))
    if word != "bounce":
        return _EVENTS.get(word, Meaning(Kind.AUTOMATIC))
    known = _CLASSES.get(text(event.get("bounce_classification")).lower())
    return Meaning(Kind.BOUNCE, known) if known else _BOUNCES.get(kind, Meaning(Kind.BOUNCE))
