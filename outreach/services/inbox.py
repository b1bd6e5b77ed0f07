"""The inbox: taking in what came back, and working through it.

A mail is recorded together with all that follows from it and with its mailbox's position, in one
transaction: after a crash it is there with everything it did, or it is read again. The same mail
from two sources, or read twice, is one and acts once. What it does is decided by
`outreach.domain.effects`; here it is done, and each thing is written down so that it can be taken
back when a person says that the mail was misread.

Nothing in a mail makes this fail. What cannot be understood is kept and put before a person.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from outreach.domain.address import normalise
from outreach.domain.clock import Clock
from outreach.domain.contact import Contact
from outreach.domain.delivery import CampaignEvent
from outreach.domain.effects import (
    POLICY_BOUNCES,
    SOFT_WINDOW,
    Bounced,
    Effects,
    Event,
    Kind,
    Proof,
    Severity,
    Terms,
    decide,
    is_worn_out,
)
from outreach.domain.links import Links
from outreach.domain.tiers import AnswerWithin, Tiers
from outreach.domain.touches import Channel
from outreach.domain.working_time import WorkingTime
from outreach.errors import NotFoundError, OutreachError, UsageError
from outreach.inbound.bounces import Action
from outreach.inbound.classify import Explanation, explain
from outreach.inbound.mail import Address, Mail
from outreach.inbound.match import THREAD_AGE, Clues, Match, Rung, Sent, match
from outreach.inbound.sources import Position, Received, Source
from outreach.services.contacts import find
from outreach.storage import campaigns, contacts, inbox, keys, permissions, suppressions, touches
from outreach.storage.database import Database
from outreach.storage.inbox import Answerable, Done, Effect, Item, NewMail, State

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

COMPLAINT = "complaint"
"""The reason of a suppression: the contact told their provider that our mail is spam."""

MOST_RECIPIENTS = 5
"""A mail of ours to more contacts than this is no letter to each of them."""

_MOST_LOOKED_AT = 50  # recipients of a mail of ours that are looked up
_WORK_HOURS = 8  # that a working day counts for when two promises are compared


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one mail; `new` is False for one that was in the inbox already."""

    id: int
    new: bool
    kind: Kind | None = None
    state: State | None = None


@dataclass(slots=True)
class Report:
    """What a sync brought in."""

    mailbox: str
    read: int = 0
    new: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def add(self, taken: Taken) -> None:
        """Count one mail."""
        self.read += 1
        if taken.new:
            self.new += 1
            self.kinds[str(taken.kind)] += 1
            self.states[str(taken.state)] += 1


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail with what it did, and the bytes as they came."""

    item: Item
    effects: tuple[Done, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Changed:
    """A mail after a person changed it, and what it had done that could not be taken back."""

    item: Item
    stays: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class _Origin:
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
_MAY_UNSUBSCRIBE = frozenset({Kind.REPLY, Kind.OPT_OUT, Kind.AUTOMATIC})
BY_HAND = frozenset(
    {
        Kind.REPLY,
        Kind.OPT_OUT,
        Kind.COMPLAINT,
        Kind.BOUNCE,
        Kind.ABSENT,
        Kind.LEFT,
        Kind.ACKNOWLEDGEMENT,
        Kind.CHALLENGE,
        Kind.AUTOMATIC,
    }
)
"""What a person may say that a mail is."""


class Inbox:
    """One workspace's inbox.

    `links` reads our tokens. `own` are our own addresses, normalised: what lies in a folder for
    sent mail is ours anyway, and what comes from them elsewhere is nobody's.
    """

    def __init__(
        self,
        database: Database,
        links: Links,
        tiers: Tiers,
        work: WorkingTime,
        *,
        own: Collection[str],
        clock: Clock,
    ) -> None:
        self.database = database
        self.links = links
        self.tiers = tiers
        self.work = work
        self.own = frozenset(own)
        self.clock = clock

    # Taking in

    def sync(
        self, source: Source, progress: Callable[[Report], None] = lambda _report: None
    ) -> Report:
        """Take in what is new in a mailbox. What came before an error stays taken in."""
        report = Report(source.name)
        with self.database.read() as session:
            known = inbox.positions(session, source.name)
        for received in source.read({name: Position(*place) for name, place in known.items()}):
            report.add(self.take(source.name, received))
            progress(report)
        return report

    def take(self, mailbox: str, received: Received) -> Taken:
        """Record one mail with all that follows from it, once."""
        now = self.clock()
        mark = fingerprint(received.raw)
        with self.database.read() as session:
            known = inbox.is_known(session, mark)
        if known is None:
            found = _read(received, now)
            try:
                return self._record(mailbox, received, mark, found, now)
            except OutreachError:
                raise
            except Exception as error:  # a mail is kept whatever we did wrong
                found = replace(found, explanation=None, failure=_said(error))
                return self._record(mailbox, received, mark, found, now)
        self._advance_only(mailbox, received, now)
        return Taken(known, new=False)

    def _record(
        self, mailbox: str, received: Received, mark: str, found: "_Found", now: datetime
    ) -> Taken:
        with self.database.write() as session:
            origin, event, people = self._placed(session, received, found, now)
            row = _row(mailbox, received, mark, found=found, origin=origin, event=event)
            inbound_id = inbox.add(session, row, now)
            if inbound_id is None:  # another run was faster
                self._advance(session, mailbox, received, now)
                known = inbox.is_known(session, mark)
                return Taken(known or 0, new=False)
            state = self._act(
                session,
                inbound_id,
                origin=origin,
                event=event,
                people=people,
                subject=row.subject,
                now=now,
            )
            self._advance(session, mailbox, received, now)
        return Taken(inbound_id, new=True, kind=Kind(row.kind), state=state)

    def _advance_only(self, mailbox: str, received: Received, now: datetime) -> None:
        if received.position is not None:
            with self.database.write() as session:
                self._advance(session, mailbox, received, now)

    @staticmethod
    def _advance(session: "Session", mailbox: str, received: Received, now: datetime) -> None:
        place = received.position
        if place is not None:
            inbox.advance(
                session,
                mailbox,
                received.folder,
                epoch=place.epoch,
                position=place.value,
                now=now,
            )

    def _placed(
        self, session: "Session", received: Received, found: "_Found", now: datetime
    ) -> tuple[_Origin, Event, tuple[int, ...]]:
        """Return whose the mail is, what it means, and the contacts on whom it acts."""
        explanation = found.explanation
        if explanation is None:
            return _Origin(), Event(kind=Kind.UNREADABLE, at=found.at, proof=Proof.NONE), ()
        if received.is_ours:
            return self._ours(session, received, explanation, found)
        if _normalised(explanation.sender) in self.own:
            # Anybody can write our address into a mail; only our own folders prove that it is ours.
            event = Event(kind=Kind.AUTOMATIC, at=found.at, proof=Proof.NONE, is_bulk=True)
            return _Origin(), event, ()
        ended = self._unsubscription(session, explanation)
        if ended is not None:
            origin, series = ended
            event = Event(kind=Kind.OPT_OUT, at=found.at, proof=origin.proof, series=series)
        else:
            origin = self.origin(session, explanation, now)
            event = _event(explanation, origin, found.at, self._addresses(session, origin))
        return origin, event, (origin.contact_id,) if origin.contact_id is not None else ()

    def _ours(
        self, session: "Session", received: Received, explanation: Explanation, found: "_Found"
    ) -> tuple[_Origin, Event, tuple[int, ...]]:
        event = Event(kind=Kind.AUTOMATIC, at=found.at, proof=Proof.NONE, is_bulk=True)
        if self.links.read_delivery(explanation.message_id or ""):
            return _Origin(), event, ()  # a copy of a mailing; its delivery is on record
        headers = Mail(received.raw).headers
        written_to = [each for name in ("to", "cc", "bcc") for each in headers.addresses(name)][
            :_MOST_LOOKED_AT
        ]
        people = tuple(dict.fromkeys(_people(session, written_to).values()))
        event = Event(
            kind=Kind.ANSWER,
            at=explanation.sent_at or found.at,
            proof=Proof.PERSON,
            is_bulk=len(people) > MOST_RECIPIENTS,
            in_thread="in-reply-to" in headers or "references" in headers,
        )
        if not people:
            return _Origin(), event, ()
        known = inbox.by_message_id(session, explanation.clues.ids)
        delivery = known[1] if known and known[0] == people[0] else None
        origin = _Origin(
            contact_id=people[0],
            delivery_id=delivery,
            rung="recipient",
            confidence=1.0,
            proof=Proof.PERSON,
        )
        return origin, event, people

    def _unsubscription(
        self, session: "Session", explanation: Explanation
    ) -> tuple[_Origin, str] | None:
        """Return whose unsubscribe token stands in the subject, and which series it ends."""
        if Kind(explanation.kind) not in _MAY_UNSUBSCRIBE:
            return None
        for word in explanation.subject.split()[:20]:
            ended = self.links.read_unsubscribe(word)
            if ended is None:
                continue
            contact_id = inbox.living(session, ended.contact_id)
            if contact_id is not None:
                origin = _Origin(
                    contact_id=contact_id,
                    rung="unsubscribe-token",
                    confidence=0.99,
                    proof=Proof.SIGNED,
                )
                return origin, ended.series
        return None

    def origin(self, session: "Session", explanation: Explanation, now: datetime) -> _Origin:
        """Return whose a mail is and which delivery it answers, by the ladder of `match`."""
        found, sent = self.matched(session, explanation.clues, now)
        if found is None or found.contact_id is None:
            return _Origin()
        delivery = sent.get(found.delivery_id) if found.delivery_id is not None else None
        about_ours = Kind(explanation.kind) in _ABOUT_OUR_MAIL
        stranger = found.stranger and not about_ours
        return _Origin(
            contact_id=found.contact_id,
            delivery=delivery,
            delivery_id=found.delivery_id,
            rung=found.rung.name.lower().replace("_", "-"),
            confidence=found.confidence,
            stranger=stranger,
            proof=Proof.STRANGER if stranger else _PROOF[found.rung],
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

        match(clues, verify=verify)  # only to learn which tokens it holds
        people = _people(session, [Address("", each) for each in clues.senders])
        sent = inbox.answerable(
            session,
            delivery_ids=confirmed,
            contact_ids=set(people.values()),
            since=now - THREAD_AGE,
        )
        candidates = [
            Sent(
                delivery_id=each.delivery_id,
                contact_id=each.contact_id,
                ids=frozenset({each.message_id.strip("<>")}) if each.message_id else frozenset(),
                provider_ids=frozenset(),
                # Also as this mail writes them, where that is another spelling of the same mailbox.
                addresses=each.addresses
                | {written for written, owner in people.items() if owner == each.contact_id},
                subject=each.subject,
                sent_at=each.sent_at,
            )
            for each in sent
        ]
        found = match(clues, verify=verify, sent=candidates, people=people)
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

    @staticmethod
    def _addresses(session: "Session", origin: _Origin) -> frozenset[str]:
        if origin.contact_id is None:
            return frozenset()
        owned = inbox.addresses_of(session, [origin.contact_id])
        found = owned.get(origin.contact_id, frozenset())
        return found | ({_normalised(origin.delivery.address)} if origin.delivery else set())

    # Acting

    def _act(
        self,
        session: "Session",
        inbound_id: int,
        *,
        origin: _Origin,
        event: Event,
        people: Sequence[int],
        subject: str,
        now: datetime,
    ) -> State:
        """Do what follows from a mail, and return the state it is in then."""
        effects = Effects(review="it could not be read") if event.kind is Kind.UNREADABLE else None
        for contact in contacts.load(session, people, now):
            effects = decide(event, self._terms(contact))
            deed = _Deed(session, inbound_id, contact, origin, event, now)
            deed.do(effects, summary=subject or None)
        if effects is None:
            effects = decide(event, Terms(None, self.work, ZoneInfo("UTC")))
        return self._settle(session, inbound_id, effects)

    @staticmethod
    def _settle(session: "Session", inbound_id: int, effects: Effects) -> State:
        item = inbox.get(session, inbound_id)
        waits = item is not None and item.answer_by is not None and item.answered_at is None
        answered = item is not None and item.answered_at is not None
        if effects.review:
            state = State.REVIEW
        elif waits:
            state = State.OPEN
        else:
            state = State.DONE if answered else State.FILED
        inbox.change(session, inbound_id, state=state, review=effects.review)
        return state

    def _terms(self, contact: Contact) -> Terms:
        zone = self.work.zone
        with suppress(KeyError, ValueError, OSError):  # a zone that nobody knows
            zone = ZoneInfo(contact.timezone) if contact.timezone else zone
        return Terms(self.promise(contact), self.work, zone)

    def promise(self, contact: Contact) -> AnswerWithin | None:
        """Return how soon a contact is answered: the strictest promise of their tier and roles."""
        tier = self.tiers.get(contact.tier)
        made = [tier.answer_within] if tier else []
        for name in contact.roles:
            role = self.tiers.roles.get(name)
            if role and role.answer_within:
                made.append(role.answer_within)
        return min(made, key=_length, default=None)

    # Working through

    def listing(
        self,
        *,
        states: Collection[State] = (),
        kinds: Collection[Kind] = (),
        email: str | None = None,
        limit: int | None = None,
    ) -> list[Item]:
        """Return mails: what waits for an answer first, by when it is due; then the newest."""
        with self.database.read() as session:
            contact_id = find(session, email) if email is not None else None
            return inbox.listing(
                session, states=states, kinds=kinds, contact_id=contact_id, limit=limit
            )

    def counts(self) -> dict[State, int]:
        """Return how many mails there are in each state."""
        with self.database.read() as session:
            return inbox.counts(session)

    def show(self, inbound_id: int) -> Shown:
        """Return one mail with what it did."""
        with self.database.read() as session:
            item = _known(session, inbound_id)
            raw = inbox.raw(session, inbound_id) or b""
            return Shown(item, tuple(inbox.effects(session, inbound_id)), raw)

    def assign(self, inbound_id: int, email: str, *, by: str, add_address: bool = False) -> Changed:
        """Say whose a mail is; then it does what it would have done had that been known.

        With `add_address` the address that it came from becomes one of the contact's.
        """
        now = self.clock()
        with self.database.write() as session:
            item = _known(session, inbound_id)
            contact_id = find(session, email)
            if add_address:
                _learn_address(session, contact_id, item.sender, now)
            same = item.contact_id == contact_id
            origin = _Origin(
                contact_id=contact_id,
                delivery_id=item.delivery_id if same else None,
                rung="person",
                confidence=1.0,
                proof=Proof.PERSON,
            )
            return self._again(session, item, origin, item.kind, by=by, now=now)

    def reclass(
        self, inbound_id: int, kind: Kind, *, by: str, until: date | None = None
    ) -> Changed:
        """Say what a mail is: what it did is taken back, and the right thing is done."""
        if kind not in BY_HAND:
            known = ", ".join(sorted(BY_HAND))
            raise UsageError(f"a mail cannot be made {kind}", hint=f"it can be {known}")
        if until is not None and kind is not Kind.ABSENT:
            raise UsageError("only an absence has an end", hint="leave --until out")
        now = self.clock()
        with self.database.write() as session:
            item = _known(session, inbound_id)
            if item.kind is Kind.ANSWER:
                raise UsageError(f"mail {inbound_id} is our own", hint="it cannot be anything else")
            origin = _Origin(
                contact_id=item.contact_id,
                delivery_id=item.delivery_id,
                rung=item.rung,
                confidence=item.confidence,
                stranger=item.stranger,
                proof=_vouched(item),
            )
            inbox.change(session, inbound_id, kind=kind, classified_by=by)
            return self._again(session, item, origin, kind, by=by, now=now, until=until)

    def _again(
        self,
        session: "Session",
        item: Item,
        origin: _Origin,
        kind: Kind,
        *,
        by: str,
        now: datetime,
        until: date | None = None,
    ) -> Changed:
        """Take back what a mail did, and do what it should have done."""
        stays, touched = inbox.undo(session, item.id, by=by, now=now)
        if touched:
            touches.recompute(session, sorted(touched))
        inbox.change(
            session,
            item.id,
            contact_id=origin.contact_id,
            delivery_id=origin.delivery_id,
            rung=origin.rung,
            confidence=origin.confidence,
            stranger=origin.stranger,
            done_at=None,
            done_by=None,
        )
        raw = inbox.raw(session, item.id) or b""
        received = Received(raw=raw, received_at=item.received_at, folder=item.folder or "")
        found = _read(received, now)
        if origin.delivery_id is not None:
            sent = inbox.answerable(
                session,
                delivery_ids=[origin.delivery_id],
                contact_ids=(),
                since=now,
            )
            origin = replace(origin, delivery=sent[0] if sent else None)
        addresses = self._addresses(session, origin)
        if found.explanation is None:
            event = Event(kind=kind, at=item.received_at, proof=origin.proof)
        else:
            event = _event(found.explanation, origin, item.received_at, addresses)
        event = self._as_said(session, event, kind, origin, until)
        people = (origin.contact_id,) if origin.contact_id is not None else ()
        self._act(
            session,
            item.id,
            origin=origin,
            event=event,
            people=people,
            subject=item.subject,
            now=now,
        )
        return Changed(_known(session, item.id), tuple(stays))

    @staticmethod
    def _as_said(
        session: "Session", event: Event, kind: Kind, origin: _Origin, until: date | None
    ) -> Event:
        """Return the event as a person says it is."""
        if kind is event.kind:
            return replace(event, until=until or event.until, sure=True, wants_out=False)
        bounced = event.bounced
        if kind is Kind.BOUNCE and not bounced and origin.contact_id is not None:
            (primary, *_) = contacts.addresses(session, origin.contact_id)
            address = origin.delivery.address if origin.delivery else primary.address
            gone = Bounced(
                address=_normalised(address), severity=Severity.HARD, reason="a person says so"
            )
            bounced = (gone,)
        return replace(
            event,
            kind=kind,
            until=until or (event.until if kind is Kind.ABSENT else None),
            bounced=bounced,
            sure=True,
            wants_out=False,
            is_bulk=False,
        )

    def finish(self, inbound_ids: Sequence[int], *, by: str) -> list[Item]:
        """Say that nothing is left to do about these mails; their clocks stop being owed."""
        now = self.clock()
        with self.database.write() as session:
            items = [_known(session, inbound_id) for inbound_id in dict.fromkeys(inbound_ids)]
            for item in items:
                inbox.change(
                    session, item.id, state=State.DONE, review=None, done_at=now, done_by=by
                )
            return [_known(session, item.id) for item in items]

    # Looking without recording

    def explain(self, raw: bytes) -> Explanation:
        """Return what a mail is and what it answers. Records nothing."""
        found = explain(raw)
        with self.database.read() as session:
            answered, _ = self.matched(session, found.clues, self.clock())
        return replace(found, match=answered)


@dataclass(slots=True)
class _Deed:
    """What one mail does to one contact, done and written down."""

    session: "Session"
    inbound_id: int
    contact: Contact
    origin: _Origin
    event: Event
    now: datetime

    def do(self, effects: Effects, *, summary: str | None) -> None:
        """Do it all."""
        # Whether an address is given up depends on what came from it before this mail.
        for bounce in effects.bounces:
            self._bounce(bounce)
        for address, why in effects.suppress:
            self._suppress(address, suppressions.BOUNCE, why)
        if effects.touch:
            self._touch(effects, summary)
        if effects.suppress_all:
            for address in self._all_addresses():
                self._suppress(address, COMPLAINT, "they called our mail spam")
        if effects.opt_outs:
            self._opt_out(effects.opt_outs)
        if effects.hold_until and effects.hold_until > self.now:
            self._hold(effects.hold_until)
        if effects.cancels_checkins:
            called_off = inbox.cancel_checkins(self.session, self.contact.id)
            if called_off:
                self._note(Effect.CANCEL_CHECKIN, {"delivery_ids": called_off})
        if effects.answer_by:
            self._start_clock(effects.answer_by)
        if effects.stops_clocks:
            stopped = inbox.stop_clocks(
                self.session, self.contact.id, at=self.event.at, answer_id=self.inbound_id
            )
            if stopped:
                self._note(Effect.STOP_CLOCK, {"inbound_ids": stopped})

    def _note(self, effect: Effect, detail: Mapping[str, Any]) -> None:
        inbox.note(
            self.session,
            self.inbound_id,
            effect,
            contact_id=self.contact.id,
            detail=detail,
            now=self.now,
        )

    def _touch(self, effects: Effects, summary: str | None) -> None:
        made = effects.touch
        assert made is not None
        touch_id = touches.record(
            self.session,
            touches.Touch(
                contact_id=self.contact.id,
                at=self.event.at,
                direction=made.direction,
                channel=Channel.MAIL,
                kind=made.kind,
                personal=made.personal,
                summary=summary,
                inbound_id=self.inbound_id,
            ),
        )
        self._note(Effect.TOUCH, {"touch_id": touch_id, "kind": made.kind})

    def _bounce(self, bounce: Bounced) -> None:
        inbox.record_bounce(
            self.session,
            self.inbound_id,
            contact_id=self.contact.id,
            delivery_id=self.origin.delivery_id,
            address=bounce.address,
            severity=bounce.severity,
            reason=bounce.reason,
            status=bounce.status,
            at=self.event.at,
        )
        self._note(
            Effect.BOUNCE,
            {
                "address": bounce.address,
                "severity": bounce.severity,
                "reason": bounce.reason,
                "delivery_id": self.origin.delivery_id,
            },
        )
        if bounce.severity is Severity.POLICY:
            self._pause_campaign(bounce)
            return
        counted = inbox.soft_bounces(self.session, bounce.address, self.event.at - SOFT_WINDOW)
        sign = inbox.last_sign(self.session, self.contact.id)
        if is_worn_out(counted, sign, self.event.at):
            why = f"{len(counted)} bounces since {counted[0]:%Y-%m-%d}"
            self._suppress(bounce.address, suppressions.BOUNCE, why)

    def _pause_campaign(self, bounce: Bounced) -> None:
        delivery = self.origin.delivery
        if delivery is None:
            return
        number = inbox.policy_bounces(self.session, delivery.campaign_id)
        if number < POLICY_BOUNCES:
            return
        reason = f"{number} mails came back because of us, the last as {bounce.reason}"
        if campaigns.apply(
            self.session, delivery.campaign_id, CampaignEvent.PAUSE, self.now, reason=reason
        ):
            self._note(Effect.PAUSE_CAMPAIGN, {"campaign_id": delivery.campaign_id})

    def _all_addresses(self) -> list[str]:
        owned = [info.normalised for info in contacts.addresses(self.session, self.contact.id)]
        used = [_normalised(self.origin.delivery.address)] if self.origin.delivery else []
        return list(dict.fromkeys([*owned, *used]))

    def _suppress(self, address: str, reason: str, why: str) -> None:
        source = f"inbox {self.inbound_id}"
        new = suppressions.suppress(
            self.session,
            address,
            keys.secrets(self.session, self.now),
            reason=reason,
            source=source,
            detail=why,
            now=self.now,
        )
        if new:
            self._note(Effect.SUPPRESS, {"address": address, "reason": reason, "source": source})

    def _opt_out(self, scopes: tuple[str, ...]) -> None:
        source = f"inbox {self.inbound_id}"
        new = permissions.opt_out(
            self.session,
            self.contact.id,
            scopes,
            source=source,
            evidence=f"their mail of {self.event.at:%Y-%m-%d %H:%M} UTC",
            occurred_at=self.event.at,
        )
        if new:
            self._note(Effect.OPT_OUT, {"scopes": new, "source": source})

    def _hold(self, until: datetime) -> None:
        held = inbox.hold(self.session, self.contact.id, until)
        if held is not None:
            before = held.before.isoformat() if held.before else None
            self._note(Effect.HOLD, {"until": held.until.isoformat(), "before": before})

    def _start_clock(self, due: datetime) -> None:
        values: dict[str, Any] = {"answer_by": due}
        # The answer may have been read before the question, from another folder.
        answer = inbox.answered_since(self.session, self.contact.id, self.event.at)
        if answer is not None:
            values |= {"answered_by_id": answer[0], "answered_at": answer[1]}
        inbox.change(self.session, self.inbound_id, **values)
        self._note(Effect.CLOCK, {"answer_by": due.isoformat()})


@dataclass(frozen=True, slots=True)
class _Found:
    """A mail as it was read; without an explanation where that failed."""

    explanation: Explanation | None
    at: datetime
    failure: str | None = None


def _read(received: Received, now: datetime) -> _Found:
    try:
        found = explain(received.raw, received_at=received.received_at)
        told = received.received_at or found.received_at or now
        return _Found(found, min(told, now).astimezone(UTC))
    except Exception as error:  # a mail is kept whatever is wrong with it
        at = min(received.received_at or now, now).astimezone(UTC)
        return _Found(None, at, _said(error))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _event(
    explanation: Explanation, origin: _Origin, at: datetime, addresses: frozenset[str]
) -> Event:
    """Return what a mail means, in the words of the domain."""
    absence, opt_out = explanation.absence, explanation.opt_out
    kind = Kind(explanation.kind)
    return Event(
        kind=kind,
        at=at,
        proof=origin.proof,
        bounced=_bounced(explanation, addresses),
        until=absence.until if absence else None,
        sure=opt_out.sure if opt_out else True,
        wants_out=kind is Kind.REPLY and opt_out is not None,
        is_bulk=explanation.bulk,
    )


def _bounced(explanation: Explanation, addresses: frozenset[str]) -> tuple[Bounced, ...]:
    notice = explanation.notice
    if notice is None:
        return ()
    found: dict[str, Bounced] = {}
    for each in notice.recipients:
        if each.action is not Action.FAILED:
            continue
        named = [_normalised(text) for text in (each.original, each.recipient) if text]
        ours = next((text for text in named if text in addresses), None)
        address = ours or named[-1]
        found[address] = Bounced(
            address=address,
            severity=Severity(each.severity.value),
            reason=each.reason.value,
            status=each.status,
            ours=ours is not None,
        )
    return tuple(found.values())


def _row(
    mailbox: str, received: Received, mark: str, *, found: _Found, origin: _Origin, event: Event
) -> NewMail:
    explanation = found.explanation
    if explanation is None:
        return NewMail(
            fingerprint=mark,
            mailbox=mailbox,
            folder=received.folder or None,
            raw=received.raw,
            message_id=None,
            sender="",
            sender_name="",
            subject="",
            sent_at=None,
            received_at=found.at,
            kind=Kind.UNREADABLE,
            rule=_clean(found.failure or ""),
            words="",
            findings={},
        )
    rule = "unsubscribe-token" if event.series else explanation.rule
    if event.kind is Kind.ANSWER:
        rule = "sent-folder"
    return NewMail(
        fingerprint=mark,
        mailbox=mailbox,
        folder=received.folder or None,
        raw=received.raw,
        message_id=_clean(explanation.message_id) if explanation.message_id else None,
        sender=_clean(explanation.sender),
        sender_name=_clean(explanation.sender_name),
        subject=_clean(explanation.subject),
        sent_at=explanation.sent_at,
        received_at=found.at,
        kind=event.kind,
        rule=rule,
        words=_clean(explanation.words),
        findings=_clean_values(explanation.to_json()),
        contact_id=origin.contact_id,
        delivery_id=origin.delivery.delivery_id if origin.delivery else origin.delivery_id,
        rung=origin.rung,
        confidence=origin.confidence,
        stranger=origin.stranger,
    )


def _clean(text: str) -> str:
    """Return `text` as both databases can keep it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _clean_values(value: Any) -> Any:  # noqa: ANN401 - plain JSON values
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {key: _clean_values(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_values(each) for each in value]
    return value


def _people(session: "Session", written: Sequence[Address]) -> dict[str, int]:
    """Return which of these addresses belong to contacts: as written, in lower case, to contact."""
    normalised = {each.address.lower(): _normalised(each.address) for each in written}
    known = contacts.find_many(session, {text for text in normalised.values() if text})
    return {each: known[text] for each, text in normalised.items() if text in known}


def _normalised(address: str) -> str:
    """Return an address for comparison; an empty text where it is none."""
    try:
        return normalise(address)
    except UsageError:
        return ""


def _length(promise: AnswerWithin) -> int:
    return promise.amount * (_WORK_HOURS if promise.unit == "days" else 1)


def _known(session: "Session", inbound_id: int) -> Item:
    session.flush()
    item = inbox.get(session, inbound_id)
    if item is None:
        raise NotFoundError(
            f"there is no mail {inbound_id} in the inbox", hint="see outreach inbox list --all"
        )
    return item


def _vouched(item: Item) -> Proof:
    if item.contact_id is None:
        return Proof.NONE
    return Proof.STRANGER if item.stranger else Proof.PERSON


def _learn_address(session: "Session", contact_id: int, sender: str, now: datetime) -> None:
    owner = contacts.find(session, sender)
    if owner is None:
        contacts.add_address(session, contact_id, sender, now)
        suppressions.recognise(session, [normalise(sender)], keys.secrets(session, now))
    elif owner != contact_id:
        raise UsageError(
            f"{sender} is the address of another contact",
            hint="if they are one person, merge them first: outreach contacts merge",
        )


_IDENTITY = re.compile(rb"^(message-id|date|from)[ \t]*:(.*(?:\n[ \t].*)*)", re.I | re.M)


def fingerprint(raw: bytes) -> str:
    """Return 64 hex digits that are the same for one mail however it reached us.

    They are made of Message-ID, date, author and body; not of the trace that each server adds, of
    line ends, or of the quoting that mailbox files need.
    """
    text = raw.replace(b"\r\n", b"\n").lstrip(b"\n")
    if text.startswith(b"From "):
        text = text.partition(b"\n")[2]
    head, _, body = text.partition(b"\n\n")
    found: dict[bytes, bytes] = {}
    for match_ in _IDENTITY.finditer(head[: 256 * 1024]):
        found.setdefault(match_[1].lower(), b" ".join(match_[2].split()))
    digest = hashlib.sha256()
    for name in (b"message-id", b"date", b"from"):
        digest.update(name + b":" + found.get(name, b"") + b"\n")
    if not found:
        digest.update(head)
    digest.update(b"\n" + body.replace(b"\n>From ", b"\nFrom ").strip())
    return digest.hexdigest()
