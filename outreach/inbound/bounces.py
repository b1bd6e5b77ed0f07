"""Notices that a mail could not be delivered: for whom, with which status, and why.

A delivery status notification (RFC 3464) says it in fields, a provider's event in JSON; the rest say
it in prose (`outreach.inbound.bounce_prose`).

Standards: RFC 3464 and 6533 (delivery-status), RFC 6522 (multipart/report), RFC 5321 6.1, RFC 5429 and
8098 (a filter's refusal).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import json
import re
from typing import Final

from outreach.inbound.bounce_prose import (
    from_prose,
    is_daemon,
    prose_of,
    read_prose,
    returned_headers,
)
from outreach.inbound.headers import Headers
from outreach.inbound.mail import Mail
from outreach.inbound.notices import (
    MAX_RECIPIENTS,
    Action,
    DeliveryNotice,
    action_in,
    field_groups,
    from_groups,
    recipient_status,
    typed_address,
)


def read_notice(mail: Mail) -> DeliveryNotice | None:
    """Return what `mail` says about the delivery of another mail, or None if it is no such notice."""
    return read_delivery_status(mail) or read_prose(mail)


def read_delivery_status(mail: Mail) -> DeliveryNotice | None:
    """Return what a notice in a machine's format says, or None."""
    return _read_dsn(mail) or _read_refusal(mail) or _read_provider_notice(mail)


def _read_dsn(mail: Mail) -> DeliveryNotice | None:
    reports = [part for part in mail.parts if part.type.endswith("delivery-status")]
    if not reports:
        return None
    depth = min(part.enclosed for part in reports)
    if depth and not is_daemon(mail) and mail.text.strip():
        return None  # a person passes a bounce on
    reports = [part for part in reports if part.enclosed == depth]
    groups = [group for part in reports for group in field_groups(part.text())]
    prose = prose_of(mail, depth)
    recipients = from_groups(groups, prose)
    # Who got it stands beside those who did not, and is nobody the notice is about.
    recipients = [each for each in recipients if each.action in _UNDELIVERED] or recipients
    envelope = next(
        (g["original-envelope-id"] for g in groups if "original-envelope-id" in g), None
    )
    if not recipients:
        action = action_in(next((g["action"] for g in groups if "action" in g), ""), prose)
        recipients = from_prose(mail, prose, action, returned_headers(mail, 0))
    return DeliveryNotice(
        rule="delivery-status",
        recipients=tuple(recipients),
        returned=returned_headers(mail, depth),
        envelope_id=envelope,
    )


_UNDELIVERED: Final = (Action.FAILED, Action.DELAYED)


def _read_refusal(mail: Mail) -> DeliveryNotice | None:
    """Read a refusal by the recipient's filter: a disposition notification (RFC 5429 2.1, RFC 8098)."""
    report = next((p for p in mail.parts if p.type == "message/disposition-notification"), None)
    if (
        report is None
        or report.enclosed
        or not _REFUSED.search(f"{mail.subject}\n{mail.text[:500]}")
    ):
        return None
    fields = {name: value for group in field_groups(report.text()) for name, value in group.items()}
    if "deleted" not in fields.get("disposition", "").lower():
        return None
    return DeliveryNotice(
        rule="disposition-notification",
        recipients=tuple(from_groups([fields | {"action": "failed"}], prose_of(mail))),
        returned=returned_headers(mail, 0),
        envelope_id=None,
    )


_REFUSED: Final = re.compile(
    r"\breject\w*|refus\w*|abgelehnt|rejet|rechazad|rifiutat|recusad|geweigerd|avvis|odrzuc|拒否",
    re.I,
)


def _read_provider_notice(mail: Mail) -> DeliveryNotice | None:
    """Read a provider's event that comes by mail: Amazon SES through an SNS mail subscription."""
    text = mail.text.lstrip()
    if not text.startswith("{") or 'Type"' not in text[:4000]:
        return None
    try:
        event, _ = json.JSONDecoder(strict=False).raw_decode(text)
        if isinstance(event.get("Message"), str):
            event = json.loads(event["Message"], strict=False)
        kind = str(event.get("notificationType") or event.get("eventType")).lower()
        detail = event.get(kind) or {}
        returned = event.get("mail") or {}
        if kind == "bounce":
            entries = [
                (
                    str(one["emailAddress"]),
                    str(one.get("status") or ""),
                    str(one.get("diagnosticCode") or ""),
                )
                for one in detail["bouncedRecipients"]
            ]
            action = Action.FAILED
        elif kind == "delivery":
            entries = [
                (str(one), "", str(detail.get("smtpResponse") or ""))
                for one in detail["recipients"]
            ]
            action = Action.DELIVERED
        else:
            return None
        headers = Headers({})
        headers.add("message-id", f"<{returned.get('messageId', '')}>")
        for one in returned.get("headers") or ():
            headers.add(str(one.get("name", "")), str(one.get("value", "")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return DeliveryNotice(
        rule="provider-event",
        recipients=tuple(
            recipient_status(
                typed_address(address) or address, None, action, status, words, "", None
            )
            for address, status, words in entries[:MAX_RECIPIENTS]
        ),
        returned=headers,
        envelope_id=None,
    )
