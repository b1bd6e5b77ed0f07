"""Threads: answering a contact in the thread they wrote in."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outreach.domain.address import normalise
from outreach.domain.feedback import Outcome
from outreach.domain.gate import Decision, Verdict
from outreach.domain.mailing import Sender
from outreach.errors import NotFoundError, RefusedError, UnavailableError, UsageError
from outreach.inbound.headers import Headers
from outreach.inbound.mail import Mail as ReceivedMail
from outreach.inbound.sources import Received
from outreach.rendering.headers import Mailbox
from outreach.rendering.message import Mail, Manner, build_message
from outreach.services.contacts import find
from outreach.services.pacing import Pacer
from outreach.services.report import check_not_halted
from outreach.storage import contacts, decisions, inbox, suppressions
from outreach.storage.decisions import Stage
from outreach.storage.inbox import Item
from outreach.transport.base import Envelope, Receipt, Transport

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from outreach.rendering.dkim import SigningKey
    from outreach.services.inbox import Inbox

REPLY_FOLDER = "outreach reply"
"""The folder under which an answer is kept that was sent from here."""

ANSWERS_THEIRS = "answers-their-mail"
"""The rule by which the gate lets an answer pass."""

_ANSWERED = re.compile(r"^\s*(?:re|aw|antw|sv|vs|odp|ref|rif)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_LONGEST_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is written. `quoted` is what they wrote, as mail programs quote it."""

    item: Item
    contact_id: int
    name: str | None
    address: str
    subject: str
    in_reply_to: str | None
    references: tuple[str, ...]
    quoted: str


def draft(inbox_: "Inbox", email: str, *, inbound_id: int | None = None) -> Draft:
    """Return an answer to what a contact wrote: the newest mail of theirs, or the one named.

    It goes to the address that they want answers at or wrote from, or else to their main one;
    what bounced is passed over. Raises `RefusedError` where none is left, they want no mail at any,
    or all sending is halted, and `NotFoundError` where they wrote nothing that could be answered.
    """
    check_not_halted(inbox_.database)
    with inbox_.database.read() as session:
        contact_id = find(session, email)
        item = (
            inbox.newest_from(session, contact_id)
            if inbound_id is None
            else inbox.get(session, inbound_id)
        )
        if item is None:
            raise NotFoundError(
                f"{email} has not written to us"
                if inbound_id is None
                else f"there is no mail {inbound_id} in the inbox",
                hint="see outreach inbox list --all; to write first, use outreach send",
            )
        if item.contact_id != contact_id or item.stranger:
            raise UsageError(
                f"mail {item.id} is not from {email}",
                hint=f"if it is, say so first: outreach inbox assign {item.id} {email}",
            )
        (contact,) = contacts.load(session, [contact_id], inbox_.clock())
        owned = inbox.addresses_of(session, [contact_id])[contact_id]
        raw = inbox.raw(session, item.id) or b""
        headers = ReceivedMail(raw).headers
        wanted = [each.address for each in headers.addresses("reply-to")] + [item.sender]
        wanted = [text for text in wanted if text.lower() in owned] or [contact.email]
        address = _open(session, [*wanted, contact.email], owned)
        if address is None:
            raise RefusedError(
                f"{wanted[0]} is on the list of addresses never to be mailed",
                hint="answer from your own mail program, or lift the suppression with its reason",
            )
    parent = f"<{item.message_id}>" if item.message_id else None
    return Draft(
        item=item,
        contact_id=contact_id,
        name=contact.name,
        address=address,
        subject=answered_subject(item.subject),
        in_reply_to=parent,
        references=tuple(f"<{each}>" for each in _thread(headers)),
        quoted=_quoted(item, inbox_.work.zone),
    )


def _open(session: "Session", wanted: Sequence[str], owned: Collection[str]) -> str | None:
    """Return the first of these addresses that may be mailed, or None.

    A bounce closes its own address; any other suppression is the person's word for all they have.
    """
    listed = [each for each in suppressions.of_addresses(session, owned) if each.lifted_at is None]
    if any(each.reason != suppressions.BOUNCE for each in listed):
        return None
    dead = {each.address for each in listed}
    return next((text for text in wanted if normalise(text) not in dead), None)


def _thread(headers: Headers) -> list[str]:
    """Return what stands before a mail in its thread (RFC 5322 3.6.4)."""
    before = headers.ids("references")
    if before:
        return before
    # Of several the order is not known, so none is named.
    answered = headers.ids("in-reply-to")
    return answered if len(answered) == 1 else []


def answered_subject(subject: str) -> str:
    """Return the subject of an answer: with one ``Re:``, however they say it."""
    plain = "".join(char for char in " ".join(subject.split()) if char.isprintable())
    plain = plain[:_LONGEST_SUBJECT]
    return plain if _ANSWERED.match(plain) else f"Re: {plain}".strip()


def send(
    inbox_: "Inbox",
    transport: Transport,
    sender: Sender,
    written: Draft,
    text: str,
    *,
    message_id: str,
    by: str,
    pacer: Pacer,
    keys: Sequence["SigningKey"] = (),
) -> Receipt:
    """Send an answer, and record it: a touch of ours that stops the clock.

    It waits for nothing, but `pacer` counts it. `keys` sign it. Raises `UsageError` for an empty
    text, `RefusedError` while all sending is halted, `UnavailableError` where the answer was not
    taken, in which case nothing is recorded, or where nobody can know, in which case it is.
    """
    if not text.strip():
        raise UsageError("the answer is empty", hint="nothing was sent")
    check_not_halted(inbox_.database)
    now = inbox_.clock()
    data = build_message(
        Mail(
            manner=Manner.CHECK_IN,
            sender=Mailbox(sender.address, sender.name),
            recipient=Mailbox(written.address, written.name),
            subject=written.subject,
            date=now.astimezone(inbox_.work.zone),
            message_id=message_id,
            text=text,
            reply_to=Mailbox(sender.reply_to, sender.name) if sender.reply_to else None,
            in_reply_to=written.in_reply_to,
            references=written.references,
        )
    )
    if keys:
        from outreach.rendering.dkim import sign_message  # noqa: PLC0415 - slow to import

        data = sign_message(data, keys, at=now)
    pacer.count(inbox_.database, written.address, now)
    with transport.connect() as connection:
        receipt = connection.send(Envelope(sender.address, written.address), data)
    if receipt.outcome in (Outcome.DEFERRED, Outcome.REJECTED):
        raise UnavailableError(
            f"the answer to {written.address} was not taken: {receipt.told}",
            hint="nothing was recorded; try again",
        )
    kept = Received(raw=data, received_at=now, folder=REPLY_FOLDER, is_ours=True)
    inbox_.take(by, kept)
    with inbox_.database.write() as session:
        why = f"they wrote on {written.item.received_at:%Y-%m-%d}; mail {written.item.id}"
        allowed = Decision(Verdict.ALLOW, ANSWERS_THEIRS, why)
        decisions.record(session, None, Stage.SEND, [(written.contact_id, allowed)], now)
    if receipt.outcome is Outcome.UNCERTAIN:
        raise UnavailableError(
            f"the answer to {written.address} may or may not have gone out: {receipt.told}",
            hint="it is recorded as sent; ask them before you send it again",
        )
    return receipt


def _quoted(item: Item, zone: ZoneInfo) -> str:
    who = item.sender_name or item.sender
    head = f"On {item.received_at.astimezone(zone):%Y-%m-%d at %H:%M}, {who} wrote:"
    return "\n".join([head, *(f"> {line}".rstrip() for line in item.words.splitlines())])
