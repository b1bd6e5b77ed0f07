"""Reports that a reader called our mail spam, and other feedback reports (ARF).

Whoever reports usually hides the reader's address, so a report is matched by what we wrote into the
mail that comes back with it: our Message-ID, the envelope sender, the unsubscribe link.

Standards: RFC 5965 (the format), RFC 6591 (authentication failures), RFC 6650 (how it is used),
RFC 9477 (CFBL-Address).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from outreach.inbound.headers import Headers, parse_addresses, read_headers
from outreach.inbound.mail import Mail
from outreach.inbound.parts import Part

_MAX_FIELDS: Final = 64 * 1024
_MAX_RECIPIENTS: Final = 100


class FeedbackType(StrEnum):
    """What is reported (RFC 5965 3.1 and 7.3, RFC 6591 3.1)."""

    ABUSE = "abuse"
    FRAUD = "fraud"
    VIRUS = "virus"
    OPT_OUT = "opt-out"
    NOT_SPAM = "not-spam"
    AUTH_FAILURE = "auth-failure"
    OTHER = "other"


_NO_COMPLAINT: Final = frozenset({FeedbackType.NOT_SPAM, FeedbackType.AUTH_FAILURE})
_TYPES: Final = frozenset(FeedbackType)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackReport:
    """One feedback report.

    `recipients` are the readers' addresses as far as they are told and not hidden; `redacted`
    says that the report hides at least one. `returned` are the headers of the mail it is about.
    `mail_from` is the envelope sender that mail had. `rule` names how the report was recognised.
    """

    feedback_type: FeedbackType
    rule: str
    recipients: tuple[str, ...]
    redacted: bool
    mail_from: str | None
    returned: Headers | None
    reporter: str | None

    @property
    def is_complaint(self) -> bool:
        """Whether a reader wants no more; "not spam" and authentication reports say no such thing."""
        return self.feedback_type not in _NO_COMPLAINT


# A mailbox whose local part is a placeholder or a digest stands for one we are not told.
_REDACTED: Final = re.compile(
    r"^(?:\W*redacted\W*|x{3,}|\*+|[0-9a-f]{32,}|[0-9a-f-]{36}|undisclosed|hidden|anonymi[sz]ed|removed)(?:@|$)"
    r"|@(?:redacted|hidden|example\.invalid)",
    re.IGNORECASE,
)
_FEEDBACK: Final = re.compile(r"^Feedback-Type[ \t]*:", re.IGNORECASE | re.MULTILINE)


def read_report(mail: Mail) -> FeedbackReport | None:
    """Return the feedback report that `mail` is, or None."""
    return _read_arf(mail) or _read_provider_event(mail)


def _read_arf(mail: Mail) -> FeedbackReport | None:
    part = _report_part(mail)
    if part is None:
        return None
    data = part.payload(_MAX_FIELDS).replace(b"\r\n", b"\n").lstrip(b"\n")
    data = re.sub(rb"\n{2,}", b"\n", data)
    fields, _ = read_headers(data, 0, len(data))
    returned = _returned(mail, part)
    found: dict[str, None] = {}
    hidden = False
    for value in (
        *fields.all("original-rcpt-to"),
        *fields.all("removal-recipient"),
        *(returned.all("x-hmxmroriginalrecipient") if returned else ()),
    ):
        addresses = [one.address for one in parse_addresses(value)] or [value.strip(" <>")]
        for address in addresses[:_MAX_RECIPIENTS]:
            if "@" not in address or _REDACTED.search(address):
                hidden = True
            else:
                found.setdefault(address.removeprefix("rfc822;").strip())
    if not found and returned:
        for one in returned.addresses("to")[:2]:
            if _REDACTED.search(one.address):
                hidden = True
            else:
                found.setdefault(one.address)
        if len(found) != 1:
            found.clear()  # of several we cannot tell who complained
    senders = [one.address for one in fields.addresses("original-mail-from")]
    return FeedbackReport(
        feedback_type=_type(fields.get("feedback-type")),
        rule="feedback-report",
        recipients=tuple(found),
        redacted=hidden or not found,
        mail_from=senders[0] if senders else None,
        returned=returned,
        reporter=fields.get("user-agent") or fields.get("reporting-mta") or None,
    )


def _report_part(mail: Mail) -> Part | None:
    """Return the machine-readable part, at any depth, unless a person passes a report on."""
    for part in mail.parts:
        if part.type == "message/feedback-report":
            if part.enclosed and mail.text.strip() and mail.parts[0].type != "multipart/report":
                return None
            return part
    root = mail.parts[0]
    if root.parameters.get("report-type", "").lower() == "feedback-report":
        for part in mail.parts[1:]:
            if part.type.startswith("text/") and _FEEDBACK.search(part.text()[:_MAX_FIELDS]):
                return part
    return None


def _type(value: str) -> FeedbackType:
    word = value.strip().lower().replace("_", "-").split(";")[0].strip()
    if word in _TYPES:
        return FeedbackType(word)
    if word.startswith("opt-out"):
        return FeedbackType.OPT_OUT
    return FeedbackType.ABUSE if word in ("complaint", "spam", "") else FeedbackType.OTHER


def _returned(mail: Mail, report: Part) -> Headers | None:
    """Return the headers of the reported mail: the first message or header block after the report."""
    after = False
    for part in mail.parts:
        if part is report:
            after = True
        elif not after or part.enclosed < report.enclosed:
            continue
        elif part.type.startswith("text/rfc822"):
            data = part.payload(_MAX_FIELDS * 4).lstrip(b"\n")
            return read_headers(data, 0, len(data))[0]
        elif part.enclosed > report.enclosed:
            return part.headers
    return None


def _read_provider_event(mail: Mail) -> FeedbackReport | None:
    """Read a provider's complaint event that comes by mail (Amazon SES through SNS)."""
    text = mail.text.lstrip() if mail.parts[0].type == "text/plain" else ""
    if not text.startswith("{") or "omplain" not in text:
        return None
    try:
        event, _ = json.JSONDecoder(strict=False).raw_decode(text)
        if isinstance(event.get("Message"), str):
            event = json.loads(event["Message"], strict=False)
        if str(event.get("notificationType") or event.get("eventType")).lower() != "complaint":
            return None
        detail, sent = event["complaint"], event.get("mail") or {}
        recipients = tuple(
            str(one["emailAddress"]) for one in detail["complainedRecipients"][:_MAX_RECIPIENTS]
        )
        headers = Headers({})
        headers.add("message-id", f"<{sent.get('messageId', '')}>")
        for one in sent.get("headers") or ():
            headers.add(str(one.get("name", "")), str(one.get("value", "")))
        return FeedbackReport(
            feedback_type=_type(str(detail.get("complaintFeedbackType") or "abuse")),
            rule="provider-event",
            recipients=recipients,
            redacted=False,
            mail_from=str(sent["source"]) if sent.get("source") else None,
            returned=headers,
            reporter=str(detail["userAgent"]) if detail.get("userAgent") else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
