"""What a notice says about mail that we sent: for whom, what was done, with which status, and why.

The values, the fields in which notices state them (RFC 3464, RFC 6533), and how what a notice says of
one recipient in several places is weighed. Who reads them from a mail is `outreach.inbound.bounces`.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from outreach.inbound.bounce_words import DELAY
from outreach.inbound.headers import Headers
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

MAX_RECIPIENTS: Final = 500
"""Recipients that are read from one notice."""

MAX_REPORT: Final = 64 * 1024
"""Characters of prose that are looked at."""


class Action(StrEnum):
    """What a notice says was done (RFC 3464 2.3.3). Only `FAILED` is a bounce."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


_ACTIONS: Final = frozenset(Action)


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


# -- addresses ------------------------------------------------------------------------------------


_DOMAIN: Final = (
    r"(?:\[[\w:.]{2,60}\]|#?[^\W_](?:[\w-]{0,62}[^\W_])?(?:\.[^\W_](?:[\w-]{0,62}[^\W_])?){0,12})"
)
_NO_LOCAL: Final = r"\s<>,;:\"'()\[\]|`：；，。、（）【】「」＜＞"
MAILBOX: Final = rf"(?:\"[^\"\n]{{1,64}}\"|[^{_NO_LOCAL}]{{1,128}})@{_DOMAIN}"
_MAILBOX_RE: Final = re.compile(MAILBOX)
_MAX_LOCAL: Final = 128
_AT: Final = re.compile(r"@(?=\[|#?[^\W_])")  # with what a domain begins with
_BEFORE_LOCAL: Final = re.compile(rf"(?s:.*)[{_NO_LOCAL}]")


def mailboxes(text: str) -> Iterator[re.Match[str]]:
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


LEADING: Final = re.compile(
    r"^[ \t>*•-]{0,12}(?:(?:failed )?recipient: )?[\"']?(?:<(?P<a>"
    + MAILBOX
    + r")>|(?P<b>"
    + MAILBOX
    + r"))[\"']?"
    r"(?:[ \t]*[<(]\s*(?P<c>" + MAILBOX + r")\s*[>)])?"
    r"(?=[ \t]*(?:[:,;]|\.\.\.|$)|[ \t]+(?:on [A-Z\d]|invalid|error|unknown"
    r"|\d{3}[ -]|is |was |does |[(\[:-]))",
    re.MULTILINE | re.IGNORECASE,
)


def told_about(prose: str, recipient: str, *, alone: bool) -> str:
    """Return what `prose` says about `recipient`: the lines from its mention to the next address."""
    if alone:
        return prose
    out = []
    keep = 0  # 2: the address leads a paragraph, 1: it is spoken of in one line
    listed = False  # whether nothing was told of it yet: what follows the others listed is of all
    needle = recipient.lower()
    for line in prose.split("\n"):
        leading = LEADING.match(line)
        if needle in line.lower():
            keep = 2 if leading or keep == 2 else 1
        elif (leading and not listed) or (keep == 1 and line[:1] not in (" ", "\t")):
            keep = 0
        elif leading:
            continue  # another of those listed
        if keep:
            out.append(line)
            listed = bool(leading and not line[leading.end() :].strip()) or (
                listed and not line.strip()
            )
    return "\n".join(out)


# -- fields ---------------------------------------------------------------------------------------


RECIPIENT_FIELD: Final = re.compile(
    r"^[ \t>]*(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_TYPED: Final = re.compile(r"^\s*([\w.-]{1,32})\s*;\s*")
_UNICODE_ESCAPE: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def field_groups(text: str) -> list[dict[str, str]]:
    """Return the groups of fields of a delivery-status body, patient about the blank lines."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text[: MAX_REPORT * 4].split("\n"):
        if not line.strip():
            if groups[-1]:
                groups.append({})
            name = ""
        elif (line[:1] in " \t" and name and ":" not in line.split(";")[0][:24]) or (
            line[:1] in " \t" and name and not RECIPIENT_FIELD.match(line)
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


def typed_address(value: str) -> str | None:
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
    found = next(mailboxes(value), None)
    return found[0] if found else None


def from_groups(groups: list[dict[str, str]], prose: str) -> list[RecipientStatus]:
    """Return what groups of fields say about each recipient, and `prose` beside them."""
    found: dict[str, RecipientStatus] = {}
    for group in groups:
        final = typed_address(group.get("final-recipient", ""))
        original = typed_address(group.get("original-recipient", ""))
        recipient = final or original or typed_address(group.get("x-actual-recipient", ""))
        if original and recipient and "." not in recipient.rpartition("@")[2]:
            recipient = original  # the name of a machine behind theirs, which nobody wrote to
        if recipient is None or len(found) >= MAX_RECIPIENTS:
            continue
        diagnostic = _TYPED.sub("", group.get("diagnostic-code", "")).strip()
        field = group.get("status", "")
        near = told_about(prose, recipient, alone=len(groups) <= 2)
        entry = recipient_status(
            recipient,
            original if original and original.lower() != recipient.lower() else None,
            action_in(group.get("action", ""), field or prose),
            field,
            diagnostic,
            near,
            group.get("remote-mta"),
        )
        found.setdefault(recipient.lower(), entry)
    return list(found.values())


# -- one recipient -------------------------------------------------------------------------------


_BESIDE: Final = re.compile(r"[245]\d\d[ \-]['\"#(<\[]{0,2}$")
_SMTP_REPLY: Final = re.compile(r"[45](?<![\d.:][45])[0-5]\d[ \-]")


def action_in(value: str, otherwise: str) -> Action:
    """Return what an ``Action`` field says was done, or else what the words `otherwise` do."""
    word = value.strip().lower().split(" ")[0].split(";")[0]
    if word in _ACTIONS:
        return Action(word)
    if word:
        return Action.DELAYED if word.startswith("delay") else Action.FAILED
    return Action.DELAYED if DELAY.search(fold(otherwise[:4000])) else Action.FAILED


def recipient_status(  # noqa: PLR0917
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
        words = f"{words} {reply_line(near)}".strip()
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


def reply_line(text: str) -> str:
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
