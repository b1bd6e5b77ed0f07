"""What a received mail is: the layers in their order, and an account of the decision.

The order matters, because the signs overlap: a bounce may call itself ``auto-replied``, an absence
may come with a null sender, and everything may carry ``Precedence: bulk``. So the formats that leave
no doubt come first (feedback report, delivery-status), then what a mail system says of itself,
then responders, and only what is left was written by a person, who may have asked for no more mail.
``Precedence: bulk`` or ``list`` alone proves nothing: most mail that carries it was written by people.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from outreach.inbound.absence_notes import read_absence_note
from outreach.inbound.absences import AutoReply, read_auto_reply, read_new_address
from outreach.inbound.auto_reply_kinds import AutoReplyKind
from outreach.inbound.bounce_prose import read_prose, speaks_as_daemon
from outreach.inbound.bounces import read_delivery_status
from outreach.inbound.complaints import FeedbackReport, read_report
from outreach.inbound.mail import Mail
from outreach.inbound.match import Clues, Match, Sent, clues, match
from outreach.inbound.notices import Action, DeliveryNotice, RecipientStatus
from outreach.inbound.optouts import OptOut, read_opt_out
from outreach.inbound.replies import NOTHING, Reply, own_words


class Kind(StrEnum):
    """What a received mail is."""

    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    #: Not delivered yet; the server goes on trying. No bounce.
    DELAY = "delay"
    #: A notice that our mail was delivered, passed on or read.
    RECEIPT = "receipt"
    ABSENT = "absent"
    LEFT = "left"
    ACKNOWLEDGEMENT = "acknowledgement"
    CHALLENGE = "challenge"
    OPT_OUT = "opt-out"
    #: Sent by a machine, and none of the above.
    AUTOMATIC = "automatic"
    #: Written by a person.
    REPLY = "reply"


@dataclass(slots=True, kw_only=True)  # frozen ones take longer to make, and each mail has one
class Explanation:
    """What one received mail is, by which rule, for whom, until when, and what it answers.

    `words` are the author's own, empty for reports; `bulk` says that it went to a list or was sent
    in bulk, so that no contact should be proposed from it. `absence` is also set where a person
    mentions an absence or a new address within a reply. An unsure `opt_out` is for a person to decide.
    """

    kind: Kind
    rule: str
    sender: str
    sender_name: str
    subject: str
    message_id: str | None
    sent_at: datetime | None
    received_at: datetime | None
    words: str
    bulk: bool
    notice: DeliveryNotice | None = None
    report: FeedbackReport | None = None
    absence: AutoReply | None = None
    opt_out: OptOut | None = None
    match: Match | None = None
    #: What an unsubscribe token in the subject ends, where that was looked for.
    series: str | None = None
    clues: Clues

    @property
    def about(self) -> tuple[str, ...]:
        """The readers of ours that a provider's event is about; nobody's where a mail has a sender."""
        return () if self.sender else self.clues.senders

    def to_json(self) -> dict[str, object]:
        """Return it as plain values, for one line of JSON.

        Every key is always there: without a value it is None, and a list that may be empty is a list.
        """
        notice, report, absence = self.notice, self.report, self.absence
        contact = absence.contact if absence else None
        return {
            "kind": self.kind.value,
            "rule": self.rule,
            "from": self.sender,
            "from_name": self.sender_name,
            "subject": self.subject,
            "message_id": self.message_id,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "received_at": self.received_at.isoformat() if self.received_at else None,
            "bulk": self.bulk,
            "own_words": self.words,
            "about": list(self.about),
            "recipients": [_recipient(each) for each in notice.recipients] if notice else [],
            "envelope_id": notice.envelope_id if notice else None,
            "feedback_type": report.feedback_type.value if report else None,
            "complained": list(report.recipients) if report else [],
            "redacted": report.redacted if report else None,
            "until": absence.until.isoformat() if absence and absence.until else None,
            "last_day": absence.last_day if absence and absence.until else None,
            "contact": {"name": contact.name, "address": contact.address} if contact else None,
            "opt_out": {"evidence": self.opt_out.evidence, "sure": self.opt_out.sure}
            if self.opt_out
            else None,
            "series": self.series,
            "match": _matched(self.match) if self.match else None,
        }


def _recipient(bounced: RecipientStatus) -> dict[str, object]:
    return {
        "recipient": bounced.recipient,
        "original": bounced.original,
        "action": bounced.action.value,
        "status": bounced.status,
        "reply_code": bounced.reply_code,
        "reason": bounced.reason.value,
        "severity": bounced.severity.value,
        "address_dead": bounced.address_dead,
        "diagnostic": bounced.diagnostic,
        "remote_mta": bounced.remote_mta,
    }


def _matched(found: Match) -> dict[str, object]:
    return {
        "rung": int(found.rung),
        "rung_name": found.rung.name.lower().replace("_", "-"),
        "confidence": found.confidence,
        "delivery_id": found.delivery_id,
        "contact_id": found.contact_id,
        "key": found.key,
        "stranger": found.stranger,
    }


_BULK: Final = frozenset({"bulk", "list", "junk"})  # values of Precedence
_SURELY_BULK: Final = frozenset({"list-id", "list-unsubscribe"})
# Fields that programs for mailings and lists write beside those, and other senders here and there.
_MASS_FIELDS: Final = (
    "feedback-id", "list-unsubscribe-post", "list-help", "list-owner", "list-post", "list-subscribe",
    "mailing-list", "x-beenthere", "x-campaign", "x-campaign-id", "x-campaignid", "x-csa-complaints",
    "x-mailing-list", "x-mc-user", "x-report-abuse",
)  # fmt: skip
_MASS_MAILER: Final = re.compile(
    r"acymailing|activecampaign|aweber|brevo|campaign ?monitor|cleverreach|constant ?contact|convertkit|createsend"
    r"|dotdigital|dotmailer|e-?goi|eloqua|emarsys|exacttarget|freshmail|getresponse|hubspot|infusionsoft|inxmail"
    r"|klaviyo|listmonk|mailchimp|mailerlite|mailjet|mailup|marketo|mautic|moosend|newsletter|openemm|optivo"
    r"|phplist|rapidmail|responsys|sailthru|sarbacane|sendgrid|sendinblue|sendy|silverpop|zoho campaigns",
    re.IGNORECASE,
)
_STRUCTURE: Final = (
    "blockquote",
    "gmail_quote",
    "divRplyFwdMsg",
    "moz-cite-prefix",
    "yahoo_quoted",
    "OutlookMessageHeader",
)


def author_words(mail: Mail) -> Reply:
    """Return what the author of `mail` wrote, from its text, or from its HTML where that tells more."""
    if not mail.text.strip():
        return own_words(mail.plain_html)
    reply = own_words(mail.text)
    if reply.trimmed or "in-reply-to" not in mail.headers or not mail.html:
        return reply
    if any(mark in mail.html for mark in _STRUCTURE):
        marked = own_words(mail.plain_html)
        if marked.trimmed and len(marked.text) < len(reply.text):
            return marked
    return reply


def explain(
    raw: bytes,
    *,
    received_at: datetime | None = None,
    verify: Callable[[str], int | None] | None = None,
    sent: Sequence[Sent] = (),
    people: Mapping[str, int] | None = None,
) -> Explanation:
    """Return what the message `raw` is. Never raises, whatever the bytes.

    `received_at` is when it reached us, aware; it is "today" to an absence notice. Where neither it
    nor the header tells the day, no absence has an end. `verify`, `sent`
    and `people` are what `outreach.inbound.match.match` asks for; without `verify` nothing is matched.
    """
    mail = Mail(raw, received_at)
    report = read_report(mail)
    notice = None
    absence = None
    opt_out = None
    reply = NOTHING
    today = _today(mail)
    if report is None:
        daemon = speaks_as_daemon(mail)
        notice = read_delivery_status(mail) or (read_prose(mail, speaks=True) if daemon else None)
        if notice is None:
            reply = author_words(mail)
            absence = read_auto_reply(mail, reply.unquoted, today)
        # What a gateway says of itself may sound like a receipt, and comes without a return path too.
        if notice is None and not daemon and (absence is None or _is_receipt(absence)):
            notice = read_prose(mail, speaks=False)
            absence = absence if notice is None else None
        reply = reply if notice is None else NOTHING
    given = clues(mail, notice=notice, report=report, text=reply.text)
    found = match(given, verify=verify, sent=sent, people=people) if verify else None
    bulk = _is_bulk(mail)
    if report is not None:
        kind = Kind.COMPLAINT if report.is_complaint else Kind.AUTOMATIC
        rule = report.rule if report.is_complaint else f"{report.rule}:{report.feedback_type}"
    elif notice is not None:
        kind, rule = _kind_of(notice), notice.rule
    elif absence is not None:
        kind, rule = Kind(absence.kind.value), absence.rule
    elif mail.parts[0].parameters.get("report-type", "").lower() == "disposition-notification":
        kind, rule = Kind.RECEIPT, "disposition-notification"
    else:
        to_us = not bulk or found is not None
        kind, rule, opt_out, absence = _of_person(mail, reply, today, to_us=to_us)
    return Explanation(
        kind=kind,
        rule=rule,
        sender=mail.sender.address,
        sender_name=mail.sender.name,
        subject=mail.subject,
        message_id=mail.message_id,
        sent_at=mail.sent_at,
        received_at=mail.received_at,
        words=reply.text,
        bulk=bulk,
        notice=notice,
        report=report,
        absence=absence,
        opt_out=opt_out,
        match=found,
        clues=given,
    )


def _is_receipt(absence: AutoReply) -> bool:
    """Whether nothing but the missing return path says that a receipt is one."""
    return absence.kind is AutoReplyKind.ACKNOWLEDGEMENT and absence.rule == "null-sender"


def _today(mail: Mail) -> date | None:
    moment = mail.received_at or mail.sent_at
    return moment.date() if moment else None


def _kind_of(notice: DeliveryNotice) -> Kind:
    if notice.failed or not notice.recipients:
        return Kind.BOUNCE
    if any(each.action is Action.DELAYED for each in notice.recipients):
        return Kind.DELAY
    return Kind.RECEIPT


def _of_person(
    mail: Mail, reply: Reply, today: date | None, *, to_us: bool
) -> tuple[Kind, str, OptOut | None, AutoReply | None]:
    """Return what a mail is that a person wrote, and what they ask for or say of themselves.

    Where it went to a list and answers nothing of ours, only a short request is one to us.
    """
    submitted = mail.headers.get("auto-submitted").strip().lower()
    if submitted and not submitted.startswith("no"):
        return Kind.AUTOMATIC, "auto-submitted", None, None
    opt_out = read_opt_out(reply.unquoted, mail.subject, to_us=to_us)
    if opt_out is not None and opt_out.sure:
        return Kind.OPT_OUT, "own-words" if reply.text.strip() else "subject", opt_out, None
    if mail.null_sender and not reply.text.strip():
        return Kind.AUTOMATIC, "null-sender", None, None
    told = None
    if to_us:
        told = read_absence_note(reply.unquoted, today) or read_new_address(mail, reply.unquoted)
    return Kind.REPLY, "own-words", opt_out, told


def _is_bulk(mail: Mail) -> bool:
    """Whether a mail went to many: it says so by itself, or two weaker signs do together.

    `Precedence` stands on what people write to each other too, and a relay's marks on all it takes.
    """
    headers = mail.headers
    if not headers.has_none(_SURELY_BULK):
        return True
    submitted = headers.get("auto-submitted").strip().lower()
    if submitted.startswith("auto-g"):
        return True
    signs = len(headers.those_of(_MASS_FIELDS))
    signs += headers.get("precedence").strip().lower() in _BULK
    signs += bool(submitted) and not submitted.startswith("no")
    signs += mail.null_sender
    # A program for mailings sends single letters too.
    return signs > 1 or (signs == 1 and _MASS_MAILER.search(headers.get("x-mailer")) is not None)
