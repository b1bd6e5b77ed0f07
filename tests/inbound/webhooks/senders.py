"""Providers as they sign, with keys of the tests' own."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from outreach.inbound.declared import Webhook
from outreach.inbound.webhooks import Receiver, Request, open_receiver

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
ANSWER = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
PEM = (
    x509.CertificateBuilder()
    .subject_name(NAME)
    .issuer_name(NAME)
    .public_key(RSA_KEY.public_key())
    .serial_number(1)
    .not_valid_before(NOW - timedelta(days=30))
    .not_valid_after(NOW + timedelta(days=30))
    .sign(RSA_KEY, SHA256())
    .public_bytes(Encoding.PEM)
)
PUBLIC_KEY = base64.b64encode(
    EC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


@dataclass
class Shelf:
    """What lies at the addresses that are fetched, and which were."""

    documents: dict[str, bytes] = field(default_factory=lambda: {CERTIFICATE: PEM, ANSWER: b"ok"})
    asked: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.documents:
            raise OSError("not found")
        return self.documents[url]


class Sender(Protocol):
    """A provider that posts."""

    name: str
    table: Mapping[str, Any]
    secret: str | None

    def event(self, event: Any, number: int = 1) -> Request: ...

    def mail(self, raw: bytes, recipient: str) -> Request: ...


def receiver(sender: Sender, fetch: Callable[[str], bytes] | None = None) -> Receiver:
    declared = Webhook.parse(sender.name, {"provider": sender.name, **sender.table})
    return open_receiver(declared, sender.secret, fetch or Shelf())


class Ses:
    name = "ses"
    table: Mapping[str, Any] = {"topics": [TOPIC]}
    secret = None

    def __init__(self, version: str = "2") -> None:
        self.version = version

    def message(self, **fields: Any) -> dict[str, Any]:
        """Return a signed message of SNS."""
        message: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": "m-1",
            "TopicArn": TOPIC,
            "Timestamp": "2026-12-01T09:00:00.000Z",
            "SignatureVersion": self.version,
            "SigningCertURL": CERTIFICATE,
            **fields,
        }
        names = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token")
        signed = "".join(
            f"{name}\n{message[name]}\n" for name in (*names, "TopicArn", "Type") if name in message
        )
        hashed = SHA1() if self.version == "1" else SHA256()
        signature = RSA_KEY.sign(signed.encode(), PKCS1v15(), hashed)
        return {"Signature": base64.b64encode(signature).decode(), **message}

    def request(self, **fields: Any) -> Request:
        body = json.dumps(self.message(**fields)).encode()
        return Request({"content-type": "text/plain; charset=UTF-8"}, body)

    def event(self, event: Any, number: int = 1) -> Request:
        return self.request(Message=json.dumps(event), MessageId=f"m-{number}")

    def mail(self, raw: bytes, recipient: str) -> Request:
        return self.event(
            {
                "notificationType": "Received",
                "mail": {"source": "ada@example.com"},
                "receipt": {
                    "recipients": [recipient],
                    "action": {"type": "SNS", "encoding": "BASE64"},
                },
                "content": base64.b64encode(raw).decode(),
            }
        )


class Postmark:
    name = "postmark"
    table: Mapping[str, Any] = {}
    secret = "hook:a pass:wörd"

    def request(self, payload: Any) -> Request:
        login = base64.b64encode(self.secret.encode()).decode()
        return Request({"authorization": f"Basic {login}"}, json.dumps(payload).encode())

    def event(self, event: Any, number: int = 1) -> Request:
        return self.request({"ID": number, **event})

    def mail(self, raw: bytes, recipient: str) -> Request:
        return self.request(
            {
                "FromFull": {"Email": "ada@example.com"},
                "MessageID": "pm",
                "OriginalRecipient": recipient,
                "RawEmail": raw.decode("utf-8", "surrogateescape"),
            }
        )


class Mailgun:
    name = "mailgun"
    table: Mapping[str, Any] = {}
    secret = "key-signing"

    def signature(self, number: int = 1, at: datetime = NOW) -> dict[str, str]:
        stamp, token = str(int(at.timestamp())), f"token{number:045d}"
        made = hmac.digest(self.secret.encode(), f"{stamp}{token}".encode(), "sha256").hex()
        return {"timestamp": stamp, "token": token, "signature": made}

    def event(self, event: Any, number: int = 1, at: datetime = NOW) -> Request:
        payload = {"signature": self.signature(number, at), "event-data": event}
        return Request({"content-type": "application/json"}, json.dumps(payload).encode())

    def mail(self, raw: bytes, recipient: str) -> Request:
        fields: dict[str, str | bytes] = {
            "recipient": recipient,
            "sender": "ada@example.com",
            "body-mime": raw,
            **self.signature(7),
        }
        body = urlencode(fields).encode()
        return Request({"content-type": "application/x-www-form-urlencoded"}, body)


class SendGrid:
    name = "sendgrid"
    table: Mapping[str, Any] = {"public_keys": [PUBLIC_KEY]}
    secret = None

    def request(self, kind: str, body: bytes) -> Request:
        stamp = str(int(NOW.timestamp()))
        signature = EC_KEY.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        return Request(
            {
                "content-type": kind,
                "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
                "x-twilio-email-event-webhook-timestamp": stamp,
            },
            body,
        )

    def event(self, event: Any, number: int = 1) -> Request:
        events = event if isinstance(event, list) else [{"sg_event_id": f"e{number}", **event}]
        return self.request("application/json", json.dumps(events).encode())

    def mail(self, raw: bytes, recipient: str) -> Request:
        envelope = json.dumps({"to": [recipient], "from": "ada@example.com"}).encode()
        fields = [(b"charsets", b"{}"), (b"envelope", envelope), (b"email", raw)]
        body = b"".join(
            b'--xYz\r\nContent-Disposition: form-data; name="'
            + name
            + b'"\r\n\r\n'
            + value
            + b"\r\n"
            for name, value in fields
        )
        return self.request("multipart/form-data; boundary=xYz", body + b"--xYz--\r\n")


SENDERS: tuple[Sender, ...] = (Ses("1"), Ses("2"), Postmark(), Mailgun(), SendGrid())


def name_of(sender: Sender) -> str:
    return f"ses-v{sender.version}" if isinstance(sender, Ses) else sender.name


#: "This address does not exist", as each provider says it of Ada's.
DEAD: Mapping[str, Any] = {
    "ses": {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-12-01T08:59:00.000Z",
            "reportingMTA": "dsn; a8-1.smtp-out.amazonses.com",
            "bouncedRecipients": [
                {
                    "emailAddress": "Ada@example.com",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
        },
        "mail": {"messageId": "0102", "destination": ["Ada@example.com"]},
    },
    "postmark": {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Details": "smtp;550 5.1.1 The email account does not exist",
        "Email": "Ada@example.com",
        "BouncedAt": "2026-12-01T08:59:00.2735393Z",
        "Subject": "News for Ada",
    },
    "mailgun": {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "timestamp": 1796115540.0,
        "recipient": "Ada@example.com",
        "delivery-status": {"code": 550, "message": "5.1.1 no such user", "mx-host": "mx.example"},
        "message": {"headers": {"message-id": "x@y", "subject": "News for Ada"}},
    },
    "sendgrid": {
        "event": "bounce",
        "type": "bounce",
        "email": "Ada@example.com",
        "timestamp": 1796115540,
        "status": "5.1.1",
        "reason": "550 5.1.1 no such user",
        "smtp-id": "<x@y>",
    },
}

COMPLAINT: Mapping[str, Any] = {
    "ses": {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "ada@example.com"}]},
        "mail": {"messageId": "0102"},
    },
    "postmark": {
        "RecordType": "SpamComplaint",
        "Type": "SpamComplaint",
        "Email": "ada@example.com",
    },
    "mailgun": {"event": "complained", "recipient": "ada@example.com"},
    "sendgrid": {"event": "spamreport", "email": "ada@example.com"},
}

OPT_OUT: Mapping[str, Any] = {
    "ses": {
        "eventType": "Subscription",
        "subscription": {"newTopicPreferences": {"unsubscribeAll": True}},
        "mail": {"destination": ["ada@example.com"]},
    },
    "postmark": {
        "RecordType": "SubscriptionChange",
        "Recipient": "ada@example.com",
        "Origin": "Recipient",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
    },
    "mailgun": {"event": "unsubscribed", "recipient": "ada@example.com"},
    "sendgrid": {"event": "unsubscribe", "email": "ada@example.com"},
}

DELIVERED: Mapping[str, Any] = {
    "ses": {
        "eventType": "Delivery",
        "delivery": {"recipients": ["ada@example.com"], "smtpResponse": "250 ok"},
        "mail": {},
    },
    "postmark": {"RecordType": "Delivery", "Recipient": "ada@example.com", "Details": "250 ok"},
    "mailgun": {"event": "delivered", "recipient": "ada@example.com"},
    "sendgrid": {"event": "delivered", "email": "ada@example.com", "response": "250 OK"},
}

READ: Mapping[str, Any] = {
    "ses": {"eventType": "Open", "open": {}, "mail": {}},
    "postmark": {"RecordType": "Open", "Recipient": "ada@example.com"},
    "mailgun": {"event": "opened", "recipient": "ada@example.com"},
    "sendgrid": {"event": "open", "email": "ada@example.com"},
}
