"""Notices that a mail could not be delivered: for whom, with which status, and why.

A delivery status notification (RFC 3464) says it in fields; about half of all bounces say it in
prose, for which there is no standard but a few habits shared by most mail systems: a null sender or
a mailer-daemon, the address at the start of a line, the server's reply after it, and a copy of the
original below a rule. Those habits are read here, not the phrases of single products.

Standards: RFC 3464 and 6533 (delivery-status), RFC 6522 (multipart/report), RFC 5321 6.1.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from outreach.inbound.bounce_words import (
    ANSWER_SUBJECT,
    ANYWHERE_SUBJECT,
    AT_END,
    DAEMON,
    DAEMON_NAME,
    DAEMON_PATH,
    DELAY,
    FAILURE,
    FAILURE_SUBJECT,
    NOT_WORDS,
)
from outreach.inbound.headers import Headers, parse_addresses, read_headers
from outreach.inbound.mail import Mail, Part
from outreach.inbound.phrases import fold
from outreach.inbound.reasons import (
    ENHANCED_STATUS,
    REPLY_CODE,
    Reason,
    Severity,
    classify,
    reason_in,
    severity,
)

MAX_RECIPIENTS = 500
"""Recipients that are read from one notice."""

_MAX_REPORT = 64 * 1024  # characters of prose that are looked at
_BRIEF = 1500  # characters of a notice that has nothing but its words to show


class Action(StrEnum):
    """What a notice says was done (RFC 3464 2.3.3). Only `FAILED` is a bounce."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


_ACTIONS = frozenset(Action)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """What a notice says about one recipient.

    `recipient` is the address that failed, `original` the one we wrote to where that is told and
    is another. `status` is the enhanced status code as stated somewhere in the notice, never a
    guess; `reply_code` the SMTP reply; `diagnostic` the server's words.
    """

    recipient: str
    original: str | None
    action: Action
    status: str | None
    reply_code: str | None
    reason: Reason
    diagnostic: str
    remote_mta: str | None

    @property
    def address_dead(self) -> bool:
        """Whether the address itself is dead, so that nothing should be sent there again."""
        return self.action is Action.FAILED and self.severity is Severity.HARD

    @property
    def severity(self) -> Severity:
        """What kind of bounce this is."""
        return severity(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNotice:
    """A notice about the delivery of a mail we sent, for one recipient or several.

    `rule` names how it was recognised. `returned` are the headers of our mail, as far as they came
    back; `envelope_id` is the ENVID we gave (RFC 3461 4.4).
    """

    rule: str
    recipients: tuple[RecipientStatus, ...]
    returned: Headers | None
    envelope_id: str | None

    @property
    def failed(self) -> bool:
        """Whether it is a bounce: at least one recipient failed for good."""
        return any(each.action is Action.FAILED for each in self.recipients)


_DOMAIN = (
    r"(?:\[[\w:.]{2,60}\]|#?[^\W_](?:[\w-]{0,62}[^\W_])?(?:\.[^\W_](?:[\w-]{0,62}[^\W_])?){0,12})"
)
_NO_LOCAL = r"\s<>,;:\"'()\[\]|`：；，。、（）【】「」＜＞"
_MAILBOX = rf"(?:\"[^\"\n]{{1,64}}\"|[^{_NO_LOCAL}]{{1,128}})@{_DOMAIN}"
_MAILBOX_RE = re.compile(_MAILBOX)
_MAX_LOCAL = 128
_AT = re.compile(r"@(?=\[|#?[^\W_])")  # with what a domain begins with
_BEFORE_LOCAL = re.compile(rf"(?s:.*)[{_NO_LOCAL}]")


def _mailboxes(text: str) -> Iterator[re.Match[str]]:
    """Yield the mailboxes in `text`. Looked for from each "@" outwards, since few words have one."""
    past = 0
    for sign in _AT.finditer(text):
        at = sign.start()
        if at < past:
            continue
        begin = max(past, at - _MAX_LOCAL)
        edge = _BEFORE_LOCAL.match(text, begin, at)
        begin = edge.end() if edge else begin
        if begin == at and text.startswith('"', at - 1):
            begin = max(past, text.rfind('"', past, at - 1))
        found = _MAILBOX_RE.match(text, begin)
        if found:
            past = found.end()
            yield found


# What follows is our own mail: a rule with words in it, an announcement, or headers of transport.
_DOUBLED = ("--", "==", "__", "**")
_STROKES = "->*=_| \t"
_RULE_ABOVE = re.compile(
    r".{0,40}?(?:cop(?:y|ie)|original|return(?:ed|ing) (?:message|mail)|unsent|undelivered message|message (?:header|text))"
)
_ANNOUNCED = re.compile(
    r"(?:copy of (?:the|your) (?:original )?(?:message|mail)|(?:original|your|returned)? ?(?:message|mail)(?:'s)?"
    r"(?: headers?)? (?:follows?|as follows|header:|is (?:attached|included|enclosed) below)).{0,30}$"
    r"|^\s*original message:?\s*$",
    re.IGNORECASE,
)
_TRANSPORT_FIELD = re.compile(
    r"[ \t|>]*(?:Return-Path|Received|DKIM-Signature|X-Received|ARC-Seal|X-Google-\S{1,40}|Message-Id|MIME-Version"
    r"|X-Mailer|Delivered-To|Authentication-Results):",
    re.IGNORECASE,
)
_AUTHOR_FIELD = re.compile(r"(?:From|To|Subject|Date|User-Agent|Message-Id):", re.IGNORECASE)


def _original_at(text: str) -> Iterator[int]:
    """Yield where the copy of our own mail may begin: below a rule, an announcement, or headers."""
    at = 0
    field = False  # whether the line above is a header field that an author writes
    for line in text.split("\n"):
        low = line[:200].lower()
        named = line[:1].isalpha() and bool(_AUTHOR_FIELD.match(line))
        if (
            (low[:3].strip(" \t>")[:2] in _DOUBLED and _RULE_ABOVE.match(low.strip(_STROKES)))
            or (
                (
                    "follow" in low
                    or "copy of" in low
                    or "original message" in low
                    or "below" in low
                    or "header:" in low
                )
                and ":" not in low[:-2]
                and _ANNOUNCED.search(low)
            )
            or (":" in low[:48] and _TRANSPORT_FIELD.match(line))
            or (named and field)
        ):
            yield at
        field = named or (field and line[:1] in (" ", "\t"))
        at += len(line) + 1


_LEADING = re.compile(
    r"^[ \t>*•-]{0,12}[\"']?(?:<(?P<a>" + _MAILBOX + r")>|(?P<b>" + _MAILBOX + r"))[\"']?"
    r"(?:[ \t]*[<(]\s*(?P<c>" + _MAILBOX + r")\s*[>)])?"
    r"(?=[ \t]*(?:[:,;]|\.\.\.|$)|[ \t]+(?:on [A-Z\d]|invalid|error|unknown"
    r"|\d{3}[ -]|is |was |does |[(\[:-]))",
    re.MULTILINE | re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?:rcpt to:?\s*|[45]\d\d(?:[ -]#?\d\.\d{1,3}\.\d{1,3})? )<?(?P<a>" + _MAILBOX + ")",
    re.IGNORECASE,
)
_X400 = re.compile(rf"\bsmtp=(?P<a>{_MAILBOX});", re.IGNORECASE)
_NAMING = re.compile(
    r"\b(?:recipients?|address(?:es)?|deliver(?:ed|ing|y)?|mail|message|user|mailbox|to|for|reach|sent|account)\b(?=[^\w@])",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"contact|assistance|support|question|(?:please|^\W*) ?(?:write|e-?mail|reply|turn)\b|hilfe|kontakt|wenden|aide|ayuda|aiuto|ajuda|hulp|pomoc|hjalp|hjälp",
    re.IGNORECASE,
)


_CLAUSE_END = re.compile(r"[@.;]|\n\s*\n")


def _named(prose: str) -> list[str]:
    """Return the addresses before which, in the same sentence, a recipient is spoken of."""
    found = []
    for match in _mailboxes(prose):
        before = _CLAUSE_END.split(prose[max(0, match.start() - 90) : match.start()])[-1]
        if (
            before
            and before[-1] in " \t\n<:('\""
            and _NAMING.search(before)
            and not _HELP.search(before)
        ):
            found.append(match[0])
    return found


def _only(prose: str, ours: set[str]) -> list[str]:
    """Return the one address in `prose`, in whatever language, that is neither ours nor a mail system's."""
    found: dict[str, str] = {}
    offered: set[str] = set()
    for match in _mailboxes(prose):
        low = match[0].lower()
        found[low] = match[0]
        if _HELP.search(prose[max(0, match.start() - 40) : match.start()]):
            offered.add(low)
    others = [a for low, a in found.items() if low not in ours | offered and not DAEMON.match(a)]
    return others if len(others) == 1 else []


_FIELD = re.compile(r"^[ \t>]*(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TYPED = re.compile(r"^\s*([\w.-]{1,32})\s*;\s*")
_UNICODE_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_BESIDE = re.compile(r"[245]\d\d[ \-]['\"#(<\[]{0,2}$")
_SMTP_REPLY = re.compile(r"[45](?<![\d.:][45])[0-5]\d[ \-]")


def read_notice(mail: Mail) -> DeliveryNotice | None:
    """Return what `mail` says about the delivery of another mail, or None if it is no such notice."""
    return read_delivery_status(mail) or read_prose(mail)


def read_delivery_status(mail: Mail) -> DeliveryNotice | None:
    """Return what a notice in a machine's format says, or None."""
    return _read_dsn(mail) or _read_refusal(mail) or _read_provider_notice(mail)


def speaks_as_daemon(mail: Mail) -> bool:
    """Whether a mail system gives itself as the author, or names the failed recipients in a field."""
    sender = mail.sender
    return bool(
        "x-failed-recipients" in mail.headers
        or not sender.address
        or DAEMON.match(sender.address)
        or DAEMON_NAME.search(sender.name.lower())
    )


def is_daemon(mail: Mail) -> bool:
    """Whether a mail system is the author, by its word or by the null reverse-path."""
    return (
        mail.null_sender
        or speaks_as_daemon(mail)
        or bool(DAEMON_PATH.match(mail.headers.get("return-path")))
    )


# -- RFC 3464 ------------------------------------------------------------------------------------


def _read_dsn(mail: Mail) -> DeliveryNotice | None:
    reports = [part for part in mail.parts if part.type.endswith("delivery-status")]
    if not reports:
        return None
    depth = min(part.enclosed for part in reports)
    if depth and not is_daemon(mail) and mail.text.strip():
        return None  # a person passes a bounce on
    reports = [part for part in reports if part.enclosed == depth]
    groups = [group for part in reports for group in _groups(part.text())]
    prose = _prose(mail, depth)
    recipients = _from_groups(groups, prose)
    envelope = next(
        (g["original-envelope-id"] for g in groups if "original-envelope-id" in g), None
    )
    if not recipients:
        action = _action(next((g["action"] for g in groups if "action" in g), ""), prose)
        recipients = _from_prose(mail, prose, action)
    return DeliveryNotice(
        rule="delivery-status",
        recipients=tuple(recipients),
        returned=_returned(mail, depth),
        envelope_id=envelope,
    )


def _read_refusal(mail: Mail) -> DeliveryNotice | None:
    """Read a refusal by the recipient's filter: a disposition notification (RFC 5429 2.1, RFC 8098)."""
    report = next((p for p in mail.parts if p.type == "message/disposition-notification"), None)
    if (
        report is None
        or report.enclosed
        or not _REFUSED.search(f"{mail.subject}\n{mail.text[:500]}")
    ):
        return None
    fields = {name: value for group in _groups(report.text()) for name, value in group.items()}
    if "deleted" not in fields.get("disposition", "").lower():
        return None
    return DeliveryNotice(
        rule="disposition-notification",
        recipients=tuple(_from_groups([fields | {"action": "failed"}], _prose(mail))),
        returned=_returned(mail, 0),
        envelope_id=None,
    )


_REFUSED = re.compile(
    r"\breject\w*|refus\w*|abgelehnt|rejet|rechazad|rifiutat|recusad|geweigerd|avvis|odrzuc|拒否",
    re.I,
)


def _groups(text: str) -> list[dict[str, str]]:
    """Return the groups of fields of a delivery-status body, patient about the blank lines."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text[: _MAX_REPORT * 4].split("\n"):
        if not line.strip():
            if groups[-1]:
                groups.append({})
            name = ""
        elif (line[:1] in " \t" and name and ":" not in line.split(";")[0][:24]) or (
            line[:1] in " \t" and name and not _FIELD.match(line)
        ):
            groups[-1][name] += " " + line.strip()
        else:
            head, colon, value = line.partition(":")
            head = head.strip(" \t>").lower()
            if not colon or " " in head:
                continue
            if head in groups[-1] and head in ("final-recipient", "original-recipient", "action"):
                groups.append({})
            name = head
            groups[-1].setdefault(name, value.strip())
        if len(groups) > 2 * MAX_RECIPIENTS:
            break
    return [group for group in groups if group]


def _typed_address(value: str) -> str | None:
    """Return the mailbox of a typed address field such as ``rfc822; a@b.example``, or None."""
    kind = _TYPED.match(value)
    if kind:
        value = value[kind.end() :]
        if kind[1].lower() == "utf-8":
            value = _UNICODE_ESCAPE.sub(lambda m: chr(min(int(m[1], 16), 0x10FFFF)), value)
    value = value.strip().strip("<>").strip()
    if value.lower().startswith("smtp:"):
        value = value[5:]
    if "@" in value[1:] and not re.search(r"\s", value):
        return value.strip("'")
    found = next(_mailboxes(value), None)
    return found[0] if found else None


def _from_groups(groups: list[dict[str, str]], prose: str) -> list[RecipientStatus]:
    found: dict[str, RecipientStatus] = {}
    for group in groups:
        final = _typed_address(group.get("final-recipient", ""))
        original = _typed_address(group.get("original-recipient", ""))
        recipient = final or original or _typed_address(group.get("x-actual-recipient", ""))
        if original and recipient and "." not in recipient.rpartition("@")[2]:
            recipient = original  # the name of a machine behind theirs, which nobody wrote to
        if recipient is None or len(found) >= MAX_RECIPIENTS:
            continue
        diagnostic = _TYPED.sub("", group.get("diagnostic-code", "")).strip()
        field = group.get("status", "")
        near = _context(prose, recipient, alone=len(groups) <= 2)
        entry = _status(
            recipient,
            original if original and original.lower() != recipient.lower() else None,
            _action(group.get("action", ""), field or prose),
            field,
            diagnostic,
            near,
            group.get("remote-mta"),
        )
        found.setdefault(recipient.lower(), entry)
    return list(found.values())


def _action(value: str, otherwise: str) -> Action:
    word = value.strip().lower().split(" ")[0].split(";")[0]
    if word in _ACTIONS:
        return Action(word)
    if word:
        return Action.DELAYED if word.startswith("delay") else Action.FAILED
    return Action.DELAYED if DELAY.search(fold(otherwise[:4000])) else Action.FAILED


def _status(  # noqa: PLR0917
    recipient: str,
    original: str | None,
    action: Action,
    field: str,
    diagnostic: str,
    near: str,
    remote: str | None,
) -> RecipientStatus:
    """Weigh what a notice says about one recipient in its several places."""
    words = diagnostic
    if "(" in field and reason_in(diagnostic) is None:
        words = f"{diagnostic} {field[5:]}".strip()
    stated = ENHANCED_STATUS.search(field)
    status = _most_specific(stated[0] if stated else None, diagnostic, near, action)
    replies = REPLY_CODE.findall(diagnostic) or REPLY_CODE.findall(near)
    reply = replies[0] if replies else None
    if not reason_given(words):
        words = f"{words} {_reply_line(near)}".strip()
    return RecipientStatus(
        recipient=recipient,
        original=original,
        action=action,
        status=status,
        reply_code=reply,
        reason=classify(status, words, near, field[5:]),
        diagnostic=" ".join((diagnostic or words or near).split())[:1000],
        remote_mta=_TYPED.sub("", remote).strip() if remote else None,
    )


def _reply_line(text: str) -> str:
    """Return the line of `text` with the first SMTP reply in it, and those it is wrapped onto."""
    reply = _SMTP_REPLY.search(text)
    if reply is None:
        return ""
    lines = text[text.rfind("\n", 0, reply.start()) + 1 :].split("\n", 5)[:5]
    wrapped = next((at for at, line in enumerate(lines) if at and line[:1] not in (" ", "\t")), 5)
    return " ".join(lines[:wrapped])


def reason_given(words: str) -> bool:
    """Whether a diagnostic says more than its codes."""
    return len(re.sub(r"[\d.\-#<>()\s]+", "", words)) > 3


def _codes(text: str) -> tuple[list[str], list[str]]:
    """Return the enhanced status codes in `text`: those that stand beside a reply code, and all."""
    beside, every = [], []
    for match in ENHANCED_STATUS.finditer(text[:8000]):
        every.append(match[0])
        if _BESIDE.search(text, max(0, match.start() - 8), match.start()):
            beside.append(match[0])
    return beside, every


def _most_specific(field: str | None, diagnostic: str, near: str, action: Action) -> str | None:
    """Return the code that tells most of what happened at the far end.

    A code beside a reply code is the refusing server's own; the last one, where a server cites
    another. The Status field may be a relay's summary of it, and so comes second, unless it is
    only "x.0.0", as does what stands in the prose.
    """
    if action in (Action.FAILED, Action.DELAYED) and field and field[0] == "2":
        field = None
    beside, every = _codes(diagnostic)
    refused = [code for code in beside if code[0] != "2"]
    if refused:
        return refused[-1]
    beside_near, every_near = _codes(near)
    candidates = every
    if field:  # the prose also quotes the trouble there was with other hosts
        candidates = [field, *candidates]
        beside_near = [code for code in beside_near if code[0] == field[0]]
        every_near = [code for code in every_near if code[0] == field[0]]
    candidates += beside_near + every_near
    if action in (Action.FAILED, Action.DELAYED):
        candidates = [code for code in candidates if code[0] != "2"]
    for code in candidates:
        if not code.endswith(".0.0"):
            return code
    return candidates[0] if candidates else None


# -- notices in JSON ------------------------------------------------------------------------------


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
            _status(_typed_address(address) or address, None, action, status, words, "", None)
            for address, status, words in entries[:MAX_RECIPIENTS]
        ),
        returned=headers,
        envelope_id=None,
    )


# -- prose ----------------------------------------------------------------------------------------


def _prose(mail: Mail, depth: int = 0) -> str:
    """Return what the mail system wrote for people, without the copy of our mail below it."""
    if depth == 0:
        text = mail.text or (mail.plain_html if mail.html else "")
    else:
        text = "\n".join(
            p.text() for p in mail.parts if p.enclosed == depth and p.type == "text/plain"
        )
    text = text[:_MAX_REPORT]
    mailbox = next(_mailboxes(text), None)
    if mailbox:
        for cut in _original_at(text):
            if cut >= mailbox.end():
                return text[:cut]
    return text


def read_prose(mail: Mail) -> DeliveryNotice | None:  # noqa: PLR0911
    """Return what a notice in prose says, or None where it is not one beyond doubt."""
    headers = mail.headers
    named = headers.get("x-failed-recipients")
    subject = mail.subject
    daemon = is_daemon(mail)
    if not named and not daemon and "in-reply-to" in headers:
        return None
    if not named and not daemon and ANSWER_SUBJECT.match(subject) and not AT_END.search(subject):
        return None
    failing = bool(
        FAILURE_SUBJECT.match(NOT_WORDS.sub("", subject))
        or ANYWHERE_SUBJECT.search(subject)
        or AT_END.search(subject)
    )
    if not named and not daemon and not failing:
        return None
    prose = _prose(mail)
    if not named:
        read_or_not = any(part.type == "message/disposition-notification" for part in mail.parts)
        told = bool(FAILURE.search(prose)) or (daemon and not read_or_not and _refuses(prose))
        enclosed = len(mail.parts) > 1 and mail.parts[-1].enclosed > 0
        if not failing and not told and not (enclosed and DAEMON_PATH.match(mail.sender.address)):
            return None
        if not daemon and not (
            told
            and (REPLY_CODE.search(prose) or (failing and _is_brief(prose)) or _returned(mail, 0))
        ):
            return None
    action = Action.DELAYED if DELAY.search(fold(f"{subject}\n{prose[:4000]}")) else Action.FAILED
    recipients = _from_prose(mail, prose, action)
    if not recipients and daemon:
        recipients = _from_prose(
            mail, mail.text[:_MAX_REPORT], action
        )  # the report is below a report
    if not recipients:
        return None
    return DeliveryNotice(
        rule="failed-recipients-header" if named else "prose",
        recipients=tuple(recipients),
        returned=_returned(mail, 0),
        envelope_id=None,
    )


def _refuses(prose: str) -> bool:
    """Whether a mail system's words, in whatever language, hold a server's refusal of an address."""
    if next(_mailboxes(prose), None) is None:
        return False
    return bool(_REFUSAL.search(prose)) or reason_in(prose) in _OF_THE_ADDRESS


_REFUSAL = re.compile(r"(?<![\d.])5[0-5]\d[ \-]#?5\.\d{1,3}\.\d{1,3}(?![\d.])")
_OF_THE_ADDRESS = (Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.MAILBOX_FULL, Reason.DISABLED)


def _is_brief(prose: str) -> bool:
    """Whether a report is no longer than the notices that gateways write, and asks nothing."""
    return len(prose) < _BRIEF and "?" not in prose


def _from_prose(mail: Mail, prose: str, action: Action) -> list[RecipientStatus]:
    fields = _FIELD.search(prose)
    if fields:
        found = _from_groups(_groups(prose[max(0, prose.rfind("\n\n", 0, fields.start())) :]), "")
        if found:
            return found
    addresses = _addresses_in_prose(mail, prose)
    alone = len(addresses) == 1
    return [
        _status(address, None, action, "", "", _context(prose, address, alone=alone), None)
        for address in addresses
    ]


def _addresses_in_prose(mail: Mail, prose: str) -> list[str]:
    """Return the addresses that a notice in prose is about, by the strongest sign there is."""
    ours = {a.address.lower() for a in (mail.sender, *mail.headers.addresses("to"))}
    returned = _returned(mail, 0)
    intended = [a.address for a in returned.addresses("to")] if returned else []
    named = [a.address for a in parse_addresses(mail.headers.get("x-failed-recipients"))]
    leading = [m["c"] or m["a"] or m["b"] for m in _LEADING.finditer(prose)]
    # An address that starts a line is the sign all mail systems share, but so do contact lines.
    meant = {address.lower() for address in named + intended}
    if any(address.lower() in meant for address in leading):
        # Mail systems head a paragraph with "<address>:"; a contact's line is not so written.
        meant |= {m["a"].lower() for m in _LEADING.finditer(prose) if m["a"] and _heads(m)}
    first = [a for a in leading if a.lower() in meant] or leading
    others = [a for a in first if a.lower() not in ours]

    def tiers() -> Iterator[list[str]]:
        yield [m["a"] for m in _X400.finditer(prose)] or others or named or first
        yield [m["a"] for m in _SPOKEN.finditer(prose)]
        yield _bare_names(mail, prose)
        yield _named(prose)
        yield [m[0] for m in _mailboxes(mail.subject)]
        yield intended if len(intended) == 1 else []
        yield _only(prose, ours) if is_daemon(mail) else []

    # Where every address is one of ours, we wrote to ourselves.
    for barred in (ours if others else ours - {a.lower() for a in first}, frozenset[str]()):
        for tier in tiers():
            unique = {a.lower().strip("."): a.strip(".") for a in reversed(tier)}
            found = [unique[key] for key in reversed(unique) if key not in barred]
            if found:
                return found[:MAX_RECIPIENTS]
    return []


def _heads(leading: re.Match[str]) -> bool:
    """Whether an address at the beginning of a line heads a paragraph about it."""
    return leading.string[leading.end() : leading.end() + 2].strip(" ").startswith(":")


def _bare_names(mail: Mail, prose: str) -> list[str]:
    """Return the names without a domain that a provider lists: they are its own users."""
    domain = mail.sender.address.rpartition("@")[2].lower()
    return [f"{match[1]}@{domain}" for match in _BARE_NAME.finditer(prose)] if domain else []


_BARE_NAME = re.compile(r"(?<=:\n)(?:[ \t]*\n)?[ \t]{1,12}([\w.+-]{2,64})[ \t]*$", re.MULTILINE)


def _context(prose: str, recipient: str, *, alone: bool) -> str:
    """Return what `prose` says about `recipient`: the lines from its mention to the next address."""
    if alone:
        return prose
    out = []
    keep = 0  # 2: the address leads a paragraph, 1: it is spoken of in one line
    needle = recipient.lower()
    for line in prose.split("\n"):
        if needle in line.lower():
            leading = _LEADING.match(line)
            keep = 2 if leading or keep == 2 else 1
        elif _LEADING.match(line) or (keep == 1 and line[:1] not in (" ", "\t")):
            keep = 0
        if keep:
            out.append(line)
    return "\n".join(out)


def _returned(mail: Mail, depth: int) -> Headers | None:
    """Return the headers of our own mail, from an enclosed message or from below the report."""
    for part in mail.parts:
        if part.enclosed == depth + 1 and part.parent and part.parent.enclosed == depth:
            if any(name in part.headers for name in ("from", "to", "message-id", "subject")):
                return part.headers
        elif part.enclosed == depth and part.type.startswith("text/rfc822"):
            return _headers_in(part)
    text = mail.text[:_MAX_REPORT]
    for start in _HEADER_BLOCK.finditer(text):
        block = text[start.start() :].encode("utf-8", "replace")
        indent = len(start[0]) - len(start[0].lstrip(" \t"))
        if indent:
            block = b"\n".join(line[indent:] for line in block.split(b"\n"))
        headers, _ = read_headers(block, 0, len(block))
        if "message-id" in headers or "to" in headers:
            return headers
        break
    return None


_HEADER_BLOCK = re.compile(
    r"^[ \t]{0,8}(?:Return-Path|Received|DKIM-Signature|X-[\w-]{1,40}|Message-Id|MIME-Version|From|Delivered-To"
    r"|ARC-[\w-]{1,40}|To|Date|Subject):[ \t][^\n]*\n(?:[ \t][^\n]*\n)*(?=[ \t]{0,8}[A-Z][\w-]{1,40}:[ \t])",
    re.IGNORECASE | re.MULTILINE,
)


def _headers_in(part: Part) -> Headers:
    data = part.payload(1 << 18).lstrip(b"\n")
    return read_headers(data, 0, len(data))[0]
