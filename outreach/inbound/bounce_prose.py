"""Notices in prose: about half of all bounces say for whom and why in words for people.

There is no standard for them but a few habits shared by most mail systems: a null sender or a
mailer-daemon, the address at the start of a line, the server's reply after it, and a copy of the
original below a rule. Those habits are read here, not the phrases of single products.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Iterator
from typing import Final

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
from outreach.inbound.mail import Mail
from outreach.inbound.notices import (
    LEADING,
    MAILBOX,
    MAX_RECIPIENTS,
    MAX_REPORT,
    RECIPIENT_FIELD,
    Action,
    DeliveryNotice,
    RecipientStatus,
    field_groups,
    from_groups,
    mailboxes,
    recipient_status,
    reply_line,
    told_about,
)
from outreach.inbound.parts import Part
from outreach.inbound.phrases import fold
from outreach.inbound.reasons import REPLY_CODE, Reason, reason_in

_BRIEF: Final = 1500  # characters of a notice that has nothing but its words to show


def speaks_as_daemon(mail: Mail) -> bool:
    """Whether a mail system gives itself as the author, or names the failed recipients in a field."""
    sender = mail.sender
    return bool(
        "x-failed-recipients" in mail.headers
        or not sender.address
        or DAEMON.match(sender.address)
        or DAEMON_NAME.search(sender.name.lower())
    )


def is_daemon(mail: Mail, *, speaks: bool | None = None) -> bool:
    """Whether a mail system or a list's is the author, by its word or by the null reverse-path.

    `speaks` is what `speaks_as_daemon` says, where that is known already.
    """
    return (
        mail.null_sender
        or _is_of_a_list(mail)
        or (speaks_as_daemon(mail) if speaks is None else speaks)
        or bool(DAEMON_PATH.match(mail.headers.get("return-path")))
    )


def _is_of_a_list(mail: Mail) -> bool:
    """Whether it is the word of the program that keeps a list, and none of its members'."""
    if "x-list-administrivia" in mail.headers:  # Mailman's
        return True
    # Of fml, which names itself in every mail of a list.
    return "x-mlserver" in mail.headers and _KEEPER.match(mail.sender.address) is not None


_KEEPER: Final = re.compile(r"(.+)-(?:admin|bounces|owner|request)(@.+)", re.IGNORECASE)


def prose_of(mail: Mail, depth: int = 0) -> str:
    """Return what the mail system wrote for people, without the copy of our mail below it."""
    if depth == 0:
        text = mail.text or (mail.plain_html if mail.html else "")
    else:
        text = "\n".join(
            p.text() for p in mail.parts if p.enclosed == depth and p.type == "text/plain"
        )
    text = text[:MAX_REPORT]
    mailbox = next(mailboxes(text), None)
    if mailbox:
        for cut in _original_at(text):
            if cut >= mailbox.end():
                return text[:cut]
    return text


def read_prose(mail: Mail, *, speaks: bool | None = None) -> DeliveryNotice | None:  # noqa: PLR0911
    """Return what a notice in prose says, or None where it is not one beyond doubt.

    `speaks` is what `speaks_as_daemon` says, where that is known already.
    """
    headers = mail.headers
    named = headers.get("x-failed-recipients")
    subject = mail.subject
    daemon = is_daemon(mail, speaks=speaks)
    if not named and not daemon and "in-reply-to" in headers:
        return None
    low = subject.lower()
    if not named and not daemon and ANSWER_SUBJECT.match(subject) and not AT_END.search(low):
        return None
    failing = bool(
        FAILURE_SUBJECT.match(NOT_WORDS.sub("", subject))
        or ANYWHERE_SUBJECT.search(low)
        or AT_END.search(low)
    )
    if not named and not daemon and not failing:
        return None
    prose = prose_of(mail)
    if not named and not (daemon and failing):
        read_or_not = any(part.type == "message/disposition-notification" for part in mail.parts)
        told = bool(FAILURE.search(prose)) or (daemon and not read_or_not and _refuses(prose))
        enclosed = len(mail.parts) > 1 and mail.parts[-1].enclosed > 0
        if not failing and not told and not (enclosed and DAEMON_PATH.match(mail.sender.address)):
            return None
        if not daemon and not (
            told
            and (
                REPLY_CODE.search(prose)
                or (failing and _is_brief(prose))
                or returned_headers(mail, 0)
            )
        ):
            return None
    action = Action.DELAYED if DELAY.search(fold(f"{subject}\n{prose[:4000]}")) else Action.FAILED
    returned = returned_headers(mail, 0)
    recipients = from_prose(mail, prose, action, returned)
    if not recipients and daemon:
        # The report is below a report.
        recipients = from_prose(mail, mail.text[:MAX_REPORT], action, returned)
    if not recipients:
        return None
    return DeliveryNotice(
        rule="failed-recipients-header" if named else "prose",
        recipients=tuple(recipients),
        returned=returned,
        envelope_id=None,
    )


def _refuses(prose: str) -> bool:
    """Whether a mail system's words, in whatever language, hold a server's refusal of an address."""
    if next(mailboxes(prose), None) is None:
        return False
    return bool(_REFUSAL.search(prose)) or reason_in(prose) in _OF_THE_ADDRESS


_REFUSAL: Final = re.compile(r"(?<![\d.])5[0-5]\d[ \-]#?5\.\d{1,3}\.\d{1,3}(?![\d.])")
_OF_THE_ADDRESS: Final = (
    Reason.USER_UNKNOWN,
    Reason.HOST_UNKNOWN,
    Reason.MAILBOX_FULL,
    Reason.DISABLED,
)


def _is_brief(prose: str) -> bool:
    """Whether a report is no longer than the notices that gateways write, and asks nothing."""
    return len(prose) < _BRIEF and "?" not in prose


# -- whom it is about ------------------------------------------------------------------------------


def from_prose(
    mail: Mail, prose: str, action: Action, returned: Headers | None
) -> list[RecipientStatus]:
    """Return what the words of a notice say about each recipient it is about.

    `returned` are the headers of our mail, as far as they came back.
    """
    fields = RECIPIENT_FIELD.search(prose)
    if fields:
        found = from_groups(
            field_groups(prose[max(0, prose.rfind("\n\n", 0, fields.start())) :]), ""
        )
        if found:
            return found
    addresses = _addresses_in_prose(mail, _MESSAGE_ID.sub(" ", prose), returned)
    alone = len(addresses) == 1
    told = {address: told_about(prose, address, alone=alone) for address in addresses}
    if not alone and not any(map(REPLY_CODE.search, told.values())):
        # One refusal above the list of all whom it concerns.
        told = {address: f"{near}\n{reply_line(prose)}" for address, near in told.items()}
    return [
        recipient_status(address, None, action, "", "", near, None)
        for address, near in told.items()
    ]


# Of our own mail: it looks like an address.
_MESSAGE_ID: Final = re.compile(r"\bmessage-?id:?\s*<?[^\s<>]{1,200}>?", re.IGNORECASE)


def _addresses_in_prose(mail: Mail, prose: str, returned: Headers | None) -> list[str]:
    """Return the addresses that a notice in prose is about, by the strongest sign there is."""
    ours = {a.address.lower() for a in (mail.sender, *mail.headers.addresses("to"))}
    intended = [a.address for a in returned.addresses("to")] if returned else []
    named = [a.address for a in parse_addresses(mail.headers.get("x-failed-recipients"))]
    leading = [m["c"] or m["a"] or m["b"] for m in LEADING.finditer(prose)]
    # An address that starts a line is the sign all mail systems share, but so do contact lines.
    meant = {address.lower() for address in named + intended}
    if any(address.lower() in meant for address in leading):
        # Mail systems head a paragraph with "<address>:"; a contact's line is not so written.
        meant |= {m["a"].lower() for m in LEADING.finditer(prose) if m["a"] and _heads(m)}
    first = [a for a in leading if a.lower() in meant] or leading
    others = [a for a in first if a.lower() not in ours]

    def tiers() -> Iterator[list[str]]:
        yield _list_written_to(mail)
        yield [m["a"] for m in _X400.finditer(prose)] or others or named or first
        yield [m["a"] for m in _SPOKEN.finditer(prose)]
        yield _bare_names(mail, prose)
        yield _named(prose)
        yield [m[0] for m in mailboxes(mail.subject)]
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


def _list_written_to(mail: Mail) -> list[str]:
    """Return the address of the list whose program wrote `mail`, if one did."""
    if not _is_of_a_list(mail):
        return []
    named = [one.address for one in mail.headers.addresses("x-beenthere")]
    keeper = _KEEPER.match(mail.sender.address)
    return named or ([f"{keeper[1]}{keeper[2]}"] if keeper else [])


def _heads(leading: re.Match[str]) -> bool:
    """Whether an address at the beginning of a line heads a paragraph about it."""
    return leading.string[leading.end() : leading.end() + 2].strip(" ").startswith(":")


def _bare_names(mail: Mail, prose: str) -> list[str]:
    """Return the names without a domain that a provider lists: they are its own users."""
    domain = mail.sender.address.rpartition("@")[2].lower()
    return [f"{match[1]}@{domain}" for match in _BARE_NAME.finditer(prose)] if domain else []


_BARE_NAME: Final = re.compile(
    r"(?<=:\n)(?:[ \t]*\n)?[ \t]{1,12}([\w.+-]{2,64})[ \t]*$", re.MULTILINE
)


_SPOKEN: Final = re.compile(
    r"(?:rcpt to:?\s*|[45]\d\d(?:[ -]#?\d\.\d{1,3}\.\d{1,3})? )<?(?P<a>" + MAILBOX + ")",
    re.IGNORECASE,
)
_X400: Final = re.compile(rf"\bsmtp=(?P<a>{MAILBOX});", re.IGNORECASE)
_NAMING: Final = re.compile(
    r"\b(?:recipients?|address(?:es)?|deliver(?:ed|ing|y)?|mail|message|user|mailbox|to|for|reach|sent|account)\b(?=[^\w@])",
    re.IGNORECASE,
)
_HELP: Final = re.compile(
    r"contact|assistance|support|question|(?:please|^\W*) ?(?:write|e-?mail|reply|turn)\b|hilfe|kontakt|wenden|aide|ayuda|aiuto|ajuda|hulp|pomoc|hjalp|hjälp",
    re.IGNORECASE,
)


_CLAUSE_END: Final = re.compile(r"[@.;]|\n\s*\n")


def _named(prose: str) -> list[str]:
    """Return the addresses before which, in the same sentence, a recipient is spoken of."""
    found = []
    for match in mailboxes(prose):
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
    for match in mailboxes(prose):
        low = match[0].lower()
        found[low] = match[0]
        if _HELP.search(prose[max(0, match.start() - 40) : match.start()]):
            offered.add(low)
    others = [a for low, a in found.items() if low not in ours | offered and not DAEMON.match(a)]
    return others if len(others) == 1 else []


# -- our own mail below ----------------------------------------------------------------------------


# What follows is our own mail: a rule with words in it, an announcement, or headers of transport.
_DOUBLED: Final = ("--", "==", "__", "**")
_STROKES: Final = "->*=_| \t"
_RULE_ABOVE: Final = re.compile(
    r".{0,40}?(?:cop(?:y|ie)|original|return(?:ed|ing) (?:message|mail)|unsent|undelivered message|message (?:header|text))"
)
_ANNOUNCED: Final = re.compile(
    r"(?:copy of (?:the|your) (?:original )?(?:message|mail)|(?:original|your|returned)? ?(?:message|mail)(?:'s)?"
    r"(?: headers?)? (?:follows?|as follows|header:|is (?:attached|included|enclosed) below)).{0,30}$"
    r"|^\s*original message:?\s*$",
    re.IGNORECASE,
)
_TRANSPORT_FIELD: Final = re.compile(
    r"[ \t|>]*(?:Return-Path|Received|DKIM-Signature|X-Received|ARC-Seal|X-Google-\S{1,40}|Message-Id|MIME-Version"
    r"|X-Mailer|Delivered-To|Authentication-Results):",
    re.IGNORECASE,
)
_AUTHOR_FIELD: Final = re.compile(r"(?:From|To|Subject|Date|User-Agent|Message-Id):", re.IGNORECASE)


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


def returned_headers(mail: Mail, depth: int) -> Headers | None:
    """Return the headers of our own mail, from an enclosed message or from below the report."""
    for part in mail.parts:
        if part.enclosed == depth + 1 and part.parent and part.parent.enclosed == depth:
            if any(name in part.headers for name in ("from", "to", "message-id", "subject")):
                return part.headers
        elif part.enclosed == depth and part.type.startswith("text/rfc822"):
            return _headers_in(part)
    text = mail.text[:MAX_REPORT]
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


_HEADER_BLOCK: Final = re.compile(
    r"^[ \t]{0,8}(?:Return-Path|Received|DKIM-Signature|X-[\w-]{1,40}|Message-Id|MIME-Version|From|Delivered-To"
    r"|ARC-[\w-]{1,40}|To|Date|Subject):[ \t][^\n]*\n(?:[ \t][^\n]*\n)*(?=[ \t]{0,8}[A-Z][\w-]{1,40}:[ \t])",
    re.IGNORECASE | re.MULTILINE,
)


def _headers_in(part: Part) -> Headers:
    data = part.payload(1 << 18).lstrip(b"\n")
    return read_headers(data, 0, len(data))[0]
