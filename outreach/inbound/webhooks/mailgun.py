"""Mailgun's webhooks: events about mail of ours, and mail that a route forwards.

Mailgun signs a timestamp and a token that it makes for each request (HMAC-SHA-256 with the
account's webhook signing key), not the content. So the token, which no request of another content
can have again, is what an event is known by; a signature that was seen elsewhere brings nothing
new. A timestamp is good for as long as Mailgun may try again.

Payloads: documentation.mailgun.com/docs/mailgun/user-manual/webhooks and …/receive-forward-store.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.declared import Webhook
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
from outreach.inbound.webhooks.forms import read_form

GOOD_FOR = timedelta(hours=9)
"""How old a signature may be: Mailgun tries for eight hours."""

_AHEAD = timedelta(minutes=5)  # by which its clock may be before ours

_IGNORED = frozenset({"accepted", "opened", "clicked", "stored", "list_member_uploaded"})

_EVENTS = {
    "delivered": Meaning(Kind.RECEIPT),
    "complained": Meaning(Kind.COMPLAINT),
    "unsubscribed": Meaning(Kind.OPT_OUT),
    # Mailgun would not send it.
    "rejected": Meaning(Kind.BOUNCE, Reason.POLICY),
}

_FAILURES = {
    ("permanent", "bounce"): Meaning(Kind.BOUNCE),
    # It failed before, is on Mailgun's list, and was not tried this time.
    ("permanent", "suppress-bounce"): Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    # Neither was tried, because of what the reader once said.
    ("permanent", "suppress-complaint"): Meaning(Kind.COMPLAINT),
    ("permanent", "suppress-unsubscribe"): Meaning(Kind.OPT_OUT),
    # It was tried for too long.
    ("permanent", "old"): Meaning(Kind.BOUNCE, Reason.EXPIRED),
    ("permanent", "espblock"): Meaning(Kind.BOUNCE, Reason.BLOCKED),
}
"""Severity and reason of ``failed``; what is temporary is tried again and no bounce."""


class Receiver:
    """Takes what is signed with the account's webhook signing key."""

    largest = 60 << 20

    def __init__(self, _declared: Webhook, secret: str | None, _fetch: Fetch) -> None:
        if not secret:
            raise ValueError("needs the webhook signing key as its secret")
        self._key = secret

    def glance(self, headers: Mapping[str, str]) -> None:
        """Say nothing: the signature is in the body."""

    def receive(self, request: Request, now: datetime) -> Sequence[Arrival]:
        """Return the event or mail of a request."""
        if request.headers.get("content-type", "").lower().startswith("application/json"):
            try:
                payload = parsed(request.body)
            except ValueError as error:
                raise Unusable(str(error)) from error
            token = self._verified(table(payload.get("signature")), now)
            if text(table(payload.get("event-data")).get("event")) in _IGNORED:
                return ()
            return (Arrival(request.body, token),)
        form = read_form(request)
        fields = {
            name: form.get(name, b"")[:4000].decode("utf-8", "replace")
            for name in ("timestamp", "token", "signature", "sender", "recipient")
        }
        self._verified(fields, now)
        if "body-mime" not in form:
            raise Unusable("it holds no whole mail: let the route forward to an address in /mime")
        recipients = [each.strip() for each in fields["recipient"].split(",") if each.strip()]
        return (Arrival(with_envelope(form["body-mime"], fields["sender"] or None, recipients)),)

    def _verified(self, signature: Mapping[str, Any], now: datetime) -> str:
        """Return the token of a signature of theirs, or raise `Forged`."""
        stamp, token = text(signature.get("timestamp")), text(signature.get("token"))
        made = hmac.digest(self._key.encode(), f"{stamp}{token}".encode(), "sha256").hex()
        if not token or not same(text(signature.get("signature")), made):
            raise Forged("the signature is wrong")
        at = (
            datetime.fromtimestamp(int(stamp), UTC) if stamp.isdigit() and len(stamp) < 12 else None
        )
        if at is None or not now - GOOD_FOR <= at <= now + _AHEAD:
            raise Forged("the signature is too old")
        return token


def is_event(payload: Mapping[str, Any]) -> bool:
    """Whether an object is made like an event of theirs."""
    return bool(table(payload.get("event-data")))


def read(raw: bytes) -> Explanation:
    """Return what a kept event says."""
    data = table(parsed(raw).get("event-data"))
    word = text(data.get("event"))
    if not word:
        raise ValueError("it names no event")
    meaning = _EVENTS.get(word, Meaning(Kind.AUTOMATIC))
    if word == "failed":
        severity, reason = text(data.get("severity")), text(data.get("reason"))
        if severity == "temporary":
            meaning = Meaning(Kind.DELAY)
        else:
            meaning = _FAILURES.get((severity, reason), Meaning(Kind.BOUNCE))
        word = f"failed-{severity}-{reason}".rstrip("-")
    status = table(data.get("delivery-status"))
    headers = table(table(data.get("message")).get("headers"))
    said = " ".join(
        each for each in (text(status.get("message")), text(status.get("description"))) if each
    )
    code = text(status.get("code"))
    words = f"{code} {said}" if code and not said.startswith(code) else said
    reader = text(data.get("recipient")) or text(headers.get("to"))
    return Event(
        provider="mailgun",
        word=word,
        meaning=meaning,
        readers=(
            (
                Reader(
                    reader,
                    status=text(status.get("enhanced-code")),
                    words=words,
                    server=text(status.get("mx-host")) or None,
                ),
            )
            if reader
            else ()
        ),
        at=instant(data.get("timestamp")),
        ids=(text(headers.get("message-id")),),
        subject=text(headers.get("subject")),
    ).explanation()
