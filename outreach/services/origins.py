"""Whose a mail is and which delivery it answers: what is on record, put before `inbound.match`."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.domain.address import normalise
from outreach.domain.effects import Kind, Proof
from outreach.domain.links import Links
from outreach.errors import UsageError
from outreach.inbound.classify import Explanation
from outreach.inbound.headers import Address
from outreach.inbound.match import THREAD_AGE, Clues, Match, Rung, Sent, match
from outreach.storage import contacts, inbox
from outreach.storage.inbox import Answerable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose a mail is, as far as that is known."""

    contact_id: int | None = None
    delivery: Answerable | None = None
    delivery_id: int | None = None
    rung: str | None = None
    confidence: float | None = None
    stranger: bool = False
    proof: Proof = Proof.NONE


_PROOF = {
    Rung.ADDRESS_TOKEN: Proof.SIGNED,
    Rung.THREAD_ID: Proof.SIGNED,
    Rung.PROVIDER_ID: Proof.SIGNED,
    Rung.SENDER_AND_SUBJECT: Proof.SUBJECT,
    Rung.SENDER: Proof.ADDRESS,
    # It counts only where their own address wrote it.
    Rung.TEXT_TOKEN: Proof.SUBJECT,
}
_ABOUT_OUR_MAIL = frozenset({Kind.BOUNCE, Kind.COMPLAINT, Kind.DELAY, Kind.RECEIPT})

#: An id that a provider gave a mail when it took it, such as SES's: long, with many digits, and no
#: name of a host, so that nobody can guess it. The queue ids of common mail servers are shorter.
_PROVIDER_ID = re.compile(
    r"(?<![\w.-])(?=(?:[A-Za-z_-]*[0-9]){8})[A-Za-z0-9][\w-]{22,98}[A-Za-z0-9](?![\w.-])", re.ASCII
)


class Origins:
    """Finds out whose mails are. `links` reads our tokens, `own` are our normalised addresses."""

    def __init__(self, links: Links, own: Collection[str]) -> None:
        self.links = links
        self.own = frozenset(own)

    def unsubscription(
        self, session: "Session", explanation: Explanation
    ) -> tuple[Origin, str] | None:
        """Return whose unsubscribe token a mail was written for, and which series it ends.

        It stands in the subject, or is all that was written to our address for it; many a program
        that sends such mail says that it answers by itself. Where an automatic answer quotes a
        mail of ours, with the link for unsubscribing, it asks for nothing.
        """
        if Kind(explanation.kind) in _ABOUT_OUR_MAIL:
            return None
        words = explanation.subject.replace("%20", " ").split()[:20]
        own = explanation.words.split(maxsplit=2)
        if len(own) == 1 or (len(own) == 2 and own[0].lower() == "unsubscribe"):
            ours = normalised(self.links.unsubscribe_address or "")
            if ours and ours in map(normalised, explanation.clues.addresses):
                words.append(own[-1])
        for word in words:
            ended = self.links.read_unsubscribe(word)
            if ended is None:
                continue
            contact_id = inbox.living(session, ended.contact_id)
            if contact_id is not None:
                origin = Origin(
                    contact_id=contact_id,
                    rung="unsubscribe-token",
                    confidence=0.99,
                    proof=Proof.SIGNED,
                )
                return origin, ended.series
        return None

    def of(
        self, session: "Session", explanation: Explanation, now: datetime, *, vouched: bool = False
    ) -> Origin:
        """Return whose a mail is and which delivery it answers, by the ladder of `match`.

        What our provider vouches for is proven, however it was tied.
        """
        found, sent = self.matched(session, explanation.clues, now)
        if found is None or found.contact_id is None:
            return Origin()
        delivery = sent.get(found.delivery_id) if found.delivery_id is not None else None
        about_ours = Kind(explanation.kind) in _ABOUT_OUR_MAIL
        stranger = found.stranger and not about_ours and not vouched
        proof = Proof.SIGNED if vouched else _PROOF[found.rung]
        return Origin(
            contact_id=found.contact_id,
            delivery=delivery,
            delivery_id=found.delivery_id,
            rung=found.rung.name.lower().replace("_", "-"),
            confidence=found.confidence,
            stranger=stranger,
            proof=Proof.STRANGER if stranger else proof,
        )

    def matched(
        self, session: "Session", clues: Clues, now: datetime
    ) -> tuple[Match | None, dict[int, Answerable]]:
        """Return what a mail with these clues answers, and the deliveries that were looked at."""
        confirmed: set[int] = set()

        def verify(text: str) -> int | None:
            delivery_id = self.links.read_delivery(text)
            if delivery_id is not None:
                confirmed.add(delivery_id)
            return delivery_id

        def unsubscriber(token: str) -> int | None:
            ended = self.links.read_unsubscribe(token)
            return inbox.living(session, ended.contact_id) if ended is not None else None

        match(clues, verify=verify)  # only to learn which tokens it holds
        people = people_of(session, [Address("", each) for each in clues.senders])
        named = [unsubscriber(each) for each in clues.unsubscribes]
        sent = inbox.answerable(
            session,
            delivery_ids=confirmed,
            contact_ids={*people.values(), *(each for each in named if each is not None)},
            since=now - THREAD_AGE,
        )
        candidates = [
            Sent(
                delivery_id=each.delivery_id,
                contact_id=each.contact_id,
                ids=frozenset({each.message_id.strip("<>")}) if each.message_id else frozenset(),
                provider_ids=frozenset(_PROVIDER_ID.findall(each.accepted_as or "")),
                # Also as this mail writes them, where that is another spelling of the same mailbox.
                addresses=each.addresses
                | {written for written, owner in people.items() if owner == each.contact_id},
                subject=each.subject,
                sent_at=each.sent_at,
            )
            for each in sent
        ]
        found = match(
            clues, verify=verify, unsubscriber=unsubscriber, sent=candidates, people=people
        )
        if found is None or found.rung > Rung.PROVIDER_ID:
            found = self._in_thread(session, clues, people) or found
        return found, {each.delivery_id: each for each in sent}

    @staticmethod
    def _in_thread(session: "Session", clues: Clues, people: Mapping[str, int]) -> Match | None:
        """Return whose mail in the inbox this one answers: theirs, or an answer of ours."""
        known = inbox.by_message_id(session, clues.ids)
        if known is None:
            return None
        contact_id, delivery_id = known
        return Match(
            rung=Rung.THREAD_ID,
            confidence=0.98 if contact_id in people.values() else 0.686,
            delivery_id=delivery_id,
            contact_id=contact_id,
            key=clues.ids[0],
            stranger=contact_id not in people.values(),
        )


def people_of(session: "Session", written: Sequence[Address]) -> dict[str, int]:
    """Return which of these addresses belong to contacts: as written, in lower case, to contact."""
    spelt = {each.address.lower(): normalised(each.address) for each in written}
    known = contacts.find_many(session, {text for text in spelt.values() if text})
    return {each: known[text] for each, text in spelt.items() if text in known}


def normalised(address: str) -> str:
    """Return an address for comparison; an empty text where it is none."""
    try:
        return normalise(address)
    except UsageError:
        return ""


def addresses_of(session: "Session", origin: Origin) -> frozenset[str]:
    """Return the addresses of the contact, with the one that the delivery went to."""
    if origin.contact_id is None:
        return frozenset()
    owned = inbox.addresses_of(session, [origin.contact_id])
    found = owned.get(origin.contact_id, frozenset())
    return found | ({normalised(origin.delivery.address)} if origin.delivery else set())
