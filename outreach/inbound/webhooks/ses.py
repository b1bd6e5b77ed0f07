"""Amazon SES by way of SNS: events about mail of ours, and mail that a receipt rule publishes.

SNS signs each message with a key whose certificate lies at a URL within the message. Anybody with
an account there can have SNS sign something, so three things must hold before anything is fetched:
the topic is one of those set, the URL is on SNS's own host over https, and that host is of the
topic's region. The certificate is then fetched once and kept. A topic that asks whether we want its
messages is answered where it is one of those set and its question is signed.

Messages and signature: docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html.
Payloads: docs.aws.amazon.com/ses/latest/dg (notification-contents,
event-publishing-retrieving-sns-contents, receiving-email-notifications-contents).
"""

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from outreach.errors import UnavailableError
from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.declared import Webhook
from outreach.inbound.reasons import Reason
from outreach.inbound.sources import with_envelope
from outreach.inbound.webhooks import Arrival, Fetch, Forged, Request, Unusable
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

_HOST = re.compile(r"sns\.([a-z0-9-]{3,32})\.amazonaws\.com(?:\.cn)?\Z")
_TOPIC = re.compile(r"arn:aws(?:-[a-z-]{2,20})?:sns:([a-z0-9-]{3,32}):\d{12}:[\w.-]{1,256}\Z")
_MOST_CERTIFICATES = 8

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
"""The fields that are signed, in their order; one that is not there is left out."""

_HASHES: Mapping[str, SHA1 | SHA256] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - SNS chose it

_IGNORED = frozenset({"Send", "Open", "Click"})

_EVENTS = {
    "Delivery": Meaning(Kind.RECEIPT),
    "DeliveryDelay": Meaning(Kind.DELAY),
    "Complaint": Meaning(Kind.COMPLAINT),
    # SES would not send it: it found a virus.
    "Reject": Meaning(Kind.BOUNCE, Reason.VIRUS),
    "Rendering Failure": Meaning(Kind.BOUNCE, Reason.CONTENT),
}

_BOUNCES = {
    ("Permanent", "General"): Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    ("Permanent", "NoEmail"): Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    # Other senders' mail bounced there, and SES did not try; it was hard each time.
    ("Permanent", "Suppressed"): Meaning(Kind.BOUNCE, Reason.USER_UNKNOWN),
    # It bounced or complained before, we are not told which: no proof of a dead address.
    ("Permanent", "OnAccountSuppressionList"): Meaning(Kind.BOUNCE, Reason.FILTERED),
    # They opted out by SES's own link.
    ("Permanent", "UnsubscribedRecipient"): Meaning(Kind.OPT_OUT),
    ("Transient", "MailboxFull"): Meaning(Kind.BOUNCE, Reason.MAILBOX_FULL),
    ("Transient", "MessageTooLarge"): Meaning(Kind.BOUNCE, Reason.TOO_BIG),
    ("Transient", "ContentRejected"): Meaning(Kind.BOUNCE, Reason.CONTENT),
    ("Transient", "AttachmentRejected"): Meaning(Kind.BOUNCE, Reason.CONTENT),
    ("Transient", "CustomTimeoutExceeded"): Meaning(Kind.BOUNCE, Reason.EXPIRED),
}
"""Type and sub-type of a bounce, where the diagnosis does not say it better."""

#: What a report says that is no complaint of the reader's (RFC 5965 3.1 and 7.3).
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure"})


class Receiver:
    """Takes what SNS signed and a topic of ours published."""

    #: A message of SNS has 256 KB at most; in JSON within JSON it grows.
    largest = 2 << 20

    def __init__(self, declared: Webhook, _secret: str | None, fetch: Fetch) -> None:
        if not declared.topics:
            raise ValueError("needs topics, the ARNs of your SNS topics")
        for topic in declared.topics:
            if not _TOPIC.match(topic):
                raise ValueError(f"topics: {topic} is no ARN of an SNS topic")
        self._topics = frozenset(declared.topics)
        self._fetch = fetch
        self._certificates: OrderedDict[str, x509.Certificate] = OrderedDict()

    def glance(self, headers: Mapping[str, str]) -> None:
        """Say nothing: the signature is in the body."""

    def receive(self, request: Request, now: datetime) -> Sequence[Arrival]:
        """Return the event or mail of a message; answer a topic that asks."""
        try:
            message = parsed(request.body)
        except ValueError as error:
            raise Unusable(str(error)) from error
        self._verify(message, now)
        kind = message["Type"]
        if kind == "SubscriptionConfirmation":
            self._confirm(message)
        if kind != "Notification":
            return ()
        return _arrivals(text(message["MessageId"]), message["Message"])

    def _verify(self, message: Mapping[str, Any], now: datetime) -> None:
        fields = _SIGNED.get(text(message.get("Type")))
        topic = message.get("TopicArn")
        if fields is None or not isinstance(topic, str) or topic not in self._topics:
            raise Forged("it is not from one of our topics")
        if not all(isinstance(message.get(name), str) for name in fields if name != "Subject"):
            raise Forged("it lacks what is signed")
        chosen = _HASHES.get(text(message.get("SignatureVersion")))
        if chosen is None:
            raise Forged("it is signed in a way that is not known")
        signed = "".join(
            f"{name}\n{message[name]}\n" for name in fields if isinstance(message.get(name), str)
        )
        try:
            signature = base64.b64decode(text(message.get("Signature")), validate=True)
        except (binascii.Error, ValueError):
            raise Forged("the signature is wrong") from None
        certificate = self._certificate(text(message.get("SigningCertURL")), topic)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Forged("the certificate is not valid now")
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise Forged("the certificate is of another kind")
        try:
            key.verify(signature, signed.encode("utf-8", "replace"), PKCS1v15(), chosen)
        except InvalidSignature:
            raise Forged("the signature is wrong") from None

    def _certificate(self, url: str, topic: str) -> x509.Certificate:
        known = self._certificates.get(url)
        if known is not None:
            return known
        if not _is_of_sns(url, topic) or not urlsplit(url).path.endswith(".pem"):
            raise Forged("its certificate is not SNS's own")
        try:
            found = x509.load_pem_x509_certificate(self._get(url))
        except ValueError:
            raise Forged("its certificate cannot be read") from None
        self._certificates[url] = found
        while len(self._certificates) > _MOST_CERTIFICATES:
            self._certificates.popitem(last=False)
        return found

    def _confirm(self, message: Mapping[str, Any]) -> None:
        url = text(message["SubscribeURL"])
        if not _is_of_sns(url, str(message["TopicArn"])):
            raise Forged("it asks for an answer elsewhere than at SNS")
        self._get(url)

    def _get(self, url: str) -> bytes:
        try:
            return self._fetch(url)
        except OSError as error:
            # SNS comes again, and so may this.
            raise UnavailableError(
                f"SNS could not be asked ({error})", source=urlsplit(url).hostname
            ) from error


def _is_of_sns(url: str, topic: str) -> bool:
    """Whether a URL is on SNS's own host, in the region of a topic."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is not None
    except ValueError:
        return False
    host, region = _HOST.match(parts.hostname or ""), _TOPIC.match(topic)
    return bool(
        parts.scheme == "https"
        and "@" not in parts.netloc
        and not has_port
        and host
        and region
        and host[1] == region[1]
    )


def _arrivals(message_id: str, message: str) -> Sequence[Arrival]:
    raw = message.encode("utf-8", "surrogatepass")
    try:
        event = parsed(raw)
    except ValueError:
        # Such as the sentence by which SES tries a topic out.
        return (Arrival(raw, message_id),) if message.lstrip().startswith("{") else ()
    kind = _kind(event)
    if kind in _IGNORED:
        return ()
    if kind == "Received" and isinstance(event.get("content"), str):
        return (Arrival(_mail(event)),)
    return (Arrival(raw, message_id),)


def _kind(event: Mapping[str, Any]) -> str:
    return text(event.get("eventType")) or text(event.get("notificationType"))


def _mail(event: Mapping[str, Any]) -> bytes:
    content = event["content"].encode("utf-8", "surrogatepass")
    action = table(table(event.get("receipt")).get("action"))
    if text(action.get("encoding")).upper() == "BASE64":
        try:
            content = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            content = event["content"].encode("utf-8", "surrogatepass")
    recipients = [text(each) for each in rows(table(event.get("receipt")).get("recipients"))]
    source = text(table(event.get("mail")).get("source"))
    return with_envelope(content, source or None, recipients)


def is_event(payload: Mapping[str, Any]) -> bool:
    """Whether an object is made like an event of theirs."""
    return bool(_kind(payload))


def read(raw: bytes) -> Explanation:
    """Return what a kept event says."""
    event = parsed(raw)
    kind = _kind(event)
    if kind == "Received":
        raise ValueError("the mail itself is not in it: let the receipt rule publish to SNS")
    if not kind:
        raise ValueError("it names no event")
    mail = table(event.get("mail"))
    # The object is called as the event is, with a small letter; one event is called otherwise.
    told = table(event.get({"Rendering Failure": "failure"}.get(kind, kind[:1].lower() + kind[1:])))
    word, meaning = kind, _EVENTS.get(kind, Meaning(Kind.AUTOMATIC))
    if kind == "Bounce":
        sort = (text(told.get("bounceType")), text(told.get("bounceSubType")))
        word = "-".join(each for each in ("Bounce", *sort) if each)
        meaning = _BOUNCES.get(sort, Meaning(Kind.BOUNCE))
    elif kind == "Complaint" and text(told.get("complaintFeedbackType")) in _NO_COMPLAINT:
        meaning = Meaning(Kind.AUTOMATIC)
    elif kind == "Subscription":
        meaning = _subscription(told)
    headers = {
        text(table(each).get("name")).lower(): text(table(each).get("value"))
        for each in rows(mail.get("headers"))
    }
    return Event(
        provider="ses",
        word=word,
        meaning=meaning,
        readers=_readers(told, mail),
        at=instant(told.get("timestamp")),
        ids=(headers.get("message-id", ""), text(mail.get("messageId"))),
        subject=text(table(mail.get("commonHeaders")).get("subject")),
    ).explanation()


def _subscription(told: Mapping[str, Any]) -> Meaning:
    wishes = table(told.get("newTopicPreferences"))
    return Meaning(Kind.OPT_OUT if wishes.get("unsubscribeAll") is True else Kind.AUTOMATIC)


def _readers(told: Mapping[str, Any], mail: Mapping[str, Any]) -> tuple[Reader, ...]:
    named: list[Any] = []
    for name in ("bouncedRecipients", "complainedRecipients", "delayedRecipients", "recipients"):
        named = named or rows(told.get(name))
    readers = [
        Reader(text(each), words=text(told.get("smtpResponse")))
        if isinstance(each, str)
        else Reader(
            text(table(each).get("emailAddress")),
            status=text(table(each).get("status")),
            words=text(table(each).get("diagnosticCode")),
            server=text(told.get("reportingMTA")) or None,
        )
        for each in named or rows(mail.get("destination"))
    ]
    return tuple(each for each in readers if each.address)
