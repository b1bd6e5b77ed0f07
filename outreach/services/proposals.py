"""Contacts proposed from mail: people who write with us and are on no record.

A mail makes nobody a contact. Whoever wrote to us in person, or was written to by one of us, is
proposed, and a person accepts or declines. What went to many, came from a machine or from a mailbox
that nobody reads proposes nobody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.domain.effects import Kind, Proof
from outreach.domain.tiers import KNOWN
from outreach.errors import NotFoundError, UsageError
from outreach.inbound.headers import Address
from outreach.inbound.mail import Mail
from outreach.services.arrivals import MOST_RECIPIENTS
from outreach.services.letters import adopt
from outreach.services.origins import Origin, normalised
from outreach.storage import contacts, inbox, keys, proposals, suppressions
from outreach.storage import tiers as standings
from outreach.storage.contacts import NewContact
from outreach.storage.inbox import State
from outreach.storage.proposals import Stray

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from outreach.services.inbox import Inbox

_NOBODY = re.compile(
    r"(?:.*[+._-])?(?:no[._-]?reply|(?:do[._-]?)?not[._-]?reply|no[._-]?responder|ne[._-]?pas[._-]?repondre"
    r"|nao[._-]?responda|non[._-]?rispondere|nicht[._-]?antworten)(?:[+._-].*)?"
    r"|(?:nobody|mailer[._-]daemon|postmaster|bounces?|notifications?|alerts?"
    r"|newsletter|news|mailing|daemon|root|www-data)(?:[+._-].*)?",
    re.IGNORECASE,
)
"""Local parts of mailboxes that no person writes from (RFC 2142 has some of them)."""


@dataclass(slots=True)
class Proposal:
    """Somebody who may be a contact: how many mails they wrote us, and we them.

    `last` is when the newest of them came or went, `subject` its subject, `inbound_id` its number.
    """

    address: str
    name: str
    received: int
    written: int
    last: datetime
    subject: str
    inbound_id: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A contact that was made from a proposal, and the mails that became theirs."""

    address: str
    name: str | None
    inbound_ids: tuple[int, ...]


def propose(inbox_: "Inbox", *, limit: int | None = None) -> list[Proposal]:
    """Return who may be a contact: whom we wrote to first, then who wrote most and last."""
    with inbox_.database.read() as session:
        found: dict[str, Proposal] = {}
        for stray in proposals.strays(session):
            for person in _people(stray):
                _count(found, person, stray)
        for address in inbox_.origins.own:
            found.pop(address, None)
        left_out = {
            *contacts.find_many(session, found),
            *proposals.declined(session, list(found)),
            *_suppressed(session, found),
        }
    wanted = [each for address, each in found.items() if address not in left_out]
    wanted.sort(key=lambda each: (each.written > 0, each.received, each.last), reverse=True)
    return wanted[:limit]


def accept(
    inbox_: "Inbox",
    email: str,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    by: str,
) -> Accepted:
    """Make somebody who wrote to us, or whom we wrote to, a contact, and their mails theirs.

    Their mails then do what they would have done. The contact is `known` and has given no consent:
    they can be answered, and get no newsletter.
    """
    address = normalised(email)
    now = inbox_.clock()
    known = {normalised(each.address): each for each in propose(inbox_)}
    with inbox_.database.write() as session:
        if contacts.find(session, email) is not None:
            raise UsageError(
                f"{email} is a contact already",
                hint=f"say which mails are theirs: outreach inbox assign ID {email}",
            )
        mails = proposals.mails_from(session, email)
        proposal = known.get(address)
        if proposal is None and not mails:
            raise NotFoundError(
                f"there is no mail from or to {email}",
                hint=f"see outreach inbox proposals, or: outreach contacts add {email}",
            )
        name = proposal.name if proposal else ""
        given = {"first_name": first_name, "last_name": last_name}
        if not any(given.values()):
            given = dict(zip(given, named(name), strict=True))
        fields = {key: value for key, value in given.items() if value}
        new = NewContact(email=email, fields={**fields, "source": "their mail"})
        contact_id = contacts.insert(session, new, now)
        standings.record_move(
            session,
            contact_id,
            inbox_.tiers,
            before=None,
            after=KNOWN,
            by=by,
            by_person=False,
            reason="accepted from their mail",
            now=now,
        )
        suppressions.recognise(session, [address], keys.secrets(session, now))
        proposals.accept(session, address)
        adopt(inbox_, session, contact_id, email, now=now)
        for inbound_id in mails:
            item = inbox.get(session, inbound_id)
            assert item is not None
            origin = Origin(
                contact_id=contact_id, rung="person", confidence=1.0, proof=Proof.PERSON
            )
            inbox_.again(session, item, origin, item.kind, by=by, now=now)
        (contact,) = contacts.load(session, [contact_id], now)
    return Accepted(contact.email, contact.name, tuple(mails))


def decline(inbox_: "Inbox", emails: Sequence[str], *, by: str) -> int:
    """Say that these are no contacts: they are proposed no more, and their mails are done.

    Returns how many mails that were. Mail that they write later still waits to be looked at.
    """
    now = inbox_.clock()
    done = 0
    with inbox_.database.write() as session:
        for email in emails:
            if contacts.find(session, email) is not None:
                raise UsageError(f"{email} is a contact", hint="outreach contacts tier … parted")
            proposals.decline(session, normalised(email), by=by, now=now)
            for inbound_id in proposals.mails_from(session, email):
                item = inbox.get(session, inbound_id)
                if item is not None and item.state is State.REVIEW:
                    inbox.change(
                        session, inbound_id, state=State.DONE, review=None, done_at=now, done_by=by
                    )
                    done += 1
    return done


def named(shown: str) -> tuple[str | None, str | None]:
    """Return first and last name as they stand in a mail: ``Ada Lovelace``, ``Lovelace, Ada``.

    A name with an address in it, or of one word, is no more than a first name.
    """
    words = " ".join(shown.replace('"', " ").split())[:200]
    if not words or "@" in words:
        return None, None
    last, comma, first = words.partition(", ")
    if comma and first and "," not in first:
        return first, last
    first, _, last = words.partition(" ")
    return first, last or None


def _people(stray: Stray) -> list[Address]:
    """Return who a mail proposes."""
    if stray.kind is Kind.REPLY:
        if stray.findings.get("bulk") or _is_nobody(stray.sender):
            return []
        return [Address(stray.sender_name, stray.sender)]
    headers = Mail(stray.raw or b"").headers
    readers = [each for name in ("to", "cc") for each in headers.addresses(name)]
    if len(readers) > MOST_RECIPIENTS:
        return []
    return [each for each in readers if not _is_nobody(each.address)]


def _is_nobody(address: str) -> bool:
    return bool(_NOBODY.fullmatch(address.rpartition("@")[0]))


def _count(found: dict[str, Proposal], person: Address, stray: Stray) -> None:
    address = normalised(person.address)
    if not address:
        return
    known = found.get(address)
    if known is None:
        known = found[address] = Proposal(
            address=person.address,
            name=person.name,
            received=0,
            written=0,
            last=stray.received_at,
            subject=stray.subject,
            inbound_id=stray.id,
        )
    known.name = known.name or person.name
    if stray.kind is Kind.REPLY:
        known.received += 1
    else:
        known.written += 1


def _suppressed(session: "Session", addresses: dict[str, Proposal]) -> set[str]:
    listed = suppressions.of_addresses(session, list(addresses))
    return {each.address for each in listed if each.address and each.lifted_at is None}
