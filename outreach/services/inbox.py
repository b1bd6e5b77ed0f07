"""The inbox: taking in what came back, and working through it.

A mail is recorded together with all that follows from it and with its mailbox's position, in one
transaction, which the next few mails share: after a crash it is there with everything it did, or it
is read again. The same mail from two sources, or read twice, is one and acts once. What it does is
decided by `outreach.domain.effects`; here it is done, and each thing is written down so that it can
be taken back when a person says that the mail was misread.

Nothing in a mail makes this fail. What cannot be understood is kept and put before a person.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outreach.domain.address import normalise
from outreach.domain.clock import Clock
from outreach.domain.effects import Effects, Event, Kind, Proof, Terms, decide
from outreach.domain.links import Links
from outreach.domain.tiers import AnswerWithin, Tiers
from outreach.domain.working_time import WorkingTime
from outreach.errors import NotFoundError, OutreachError, UsageError
from outreach.inbound.sources import Position, Received, Source, fingerprint
from outreach.inbound.webhooks import Receiver, Request
from outreach.services.arrivals import (
    EVENT,
    Found,
    as_said,
    event_of,
    placed,
    read,
    row_of,
    said,
)
from outreach.services.contacts import find
from outreach.services.deeds import Deed, suppress_named
from outreach.services.letters import adopt
from outreach.services.origins import Origin, Origins, addresses_of, normalised
from outreach.storage import contacts, deeds, inbox, keys, suppressions, touches
from outreach.storage.contacts import Standing
from outreach.storage.database import Database
from outreach.storage.deeds import Done
from outreach.storage.inbox import Item, NewMail, State

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HANDFUL = 50
"""How many mails of a mailbox are recorded together, at most,"""

HANDFUL_BYTES = 2_000_000
"""and as soon as they are so large."""

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
    #: The mails that were to be answered when they were read.
    waiting: set[int] = field(default_factory=set)

    def add(self, taken: Taken) -> None:
        """Count one mail."""
        self.read += 1
        if taken.new:
            self.new += 1
            self.kinds[str(taken.kind)] += 1
            self.states[str(taken.state)] += 1
            if taken.state is State.OPEN:
                self.waiting.add(taken.id)


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
        self.origins = Origins(links, own)
        self.tiers = tiers
        self.work = work
        self.clock = clock

    # Taking in

    def sync(
        self,
        source: Source,
        progress: Callable[[Report], None] = lambda _report: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Report:
        """Take in what is new in a mailbox. What came before an error stays taken in.

        It ends behind the mail in hand when `stopped` says so.
        """
        report = Report(source.name)
        with self.database.read() as session:
            known = inbox.positions(session, source.name)
        with closing(
            source.read({name: Position(*place) for name, place in known.items()})
        ) as arriving:
            for several in _handfuls(arriving, stopped):
                for taken in self._take_all(source.name, several):
                    report.add(taken)
                    progress(report)
        self.recount(report)
        return report

    def recount(self, report: Report) -> None:
        """Count as done what was answered since, by a mail that was read later."""
        if not report.waiting:
            return
        with self.database.read() as session:
            answered = inbox.no_longer_open(session, report.waiting)
        report.waiting -= answered
        report.states[State.OPEN] -= len(answered)
        report.states[State.DONE] += len(answered)
        report.states = +report.states  # without what there is none of

    def take(self, mailbox: str, received: Received) -> Taken:
        """Record one mail with all that follows from it, once."""
        (taken,) = self._take_all(mailbox, [received])
        return taken

    def _take_all(self, mailbox: str, several: Sequence[Received]) -> list[Taken]:
        """Record mails in one transaction; where one cannot be, each in its own."""
        now = self.clock()
        marks = [each.mark or fingerprint(each.raw) for each in several]
        with self.database.read() as session:
            known = inbox.known(session, marks)
            pairs = list(zip(several, marks, strict=True))
            ours = [known[mark] for each, mark in pairs if each.is_ours and mark in known]
            misplaced = inbox.may_be_ours(session, ours) if ours else frozenset[int]()
        arrived = [
            _Arrived(each, mark, read(each, now))
            if mark not in known or (each.is_ours and known[mark] in misplaced)
            else _Arrived(each, mark, None)
            for each, mark in pairs
        ]
        try:
            return self._record(mailbox, arrived, known, now)
        except Exception as error:
            if len(several) > 1:
                return [self.take(mailbox, each) for each in several]
            (alone,) = arrived
            if isinstance(error, OutreachError) or alone.found is None:
                raise
            # A mail is kept whatever we did wrong.
            alone.found = replace(alone.found, explanation=None, failure=said(error))
            return self._record(mailbox, [alone], known, now)

    def _record(
        self, mailbox: str, arrived: Sequence["_Arrived"], known: Mapping[str, int], now: datetime
    ) -> list[Taken]:
        places: dict[str, Position] = {}
        for each in arrived:
            folder, place = each.received.folder, each.received.position
            if place is not None and not place.is_before(places.get(folder)):
                places[folder] = place
        if not places and all(each.found is None for each in arrived):
            return [Taken(known[each.mark], new=False) for each in arrived]
        with self.database.write() as session:
            taken = [
                Taken(known[each.mark], new=False)
                if each.found is None
                else self._record_one(session, mailbox, each, each.found, now)
                for each in arrived
            ]
            for folder, place in places.items():
                inbox.advance(
                    session,
                    mailbox,
                    folder,
                    epoch=place.epoch,
                    position=place.value,
                    now=now,
                )
        return taken

    def _record_one(
        self, session: "Session", mailbox: str, arrived: "_Arrived", found: Found, now: datetime
    ) -> Taken:
        received, mark = arrived.received, arrived.mark
        origin, event, people = placed(self.origins, session, received, found, now)
        row = row_of(mailbox, received, mark, found=found, origin=origin, event=event)
        inbound_id = inbox.add(session, row, now)
        if inbound_id is None:  # it came twice, or another run was faster
            inbound_id = inbox.known(session, [mark])[mark]
            # A copy that came to us first was nobody's; the folder for sent mail proves it ours.
            if event.kind is Kind.ANSWER and inbox.becomes_ours(session, inbound_id):
                self.letter(
                    session, inbound_id, row, origin=origin, event=event, people=people, now=now
                )
            return Taken(inbound_id, new=False)
        state = self._act(
            session,
            inbound_id,
            origin=origin,
            event=event,
            people=people,
            subject=row.subject,
            now=now,
            by=mailbox if received.is_ours else None,
        )
        return Taken(inbound_id, new=True, kind=Kind(row.kind), state=state)

    def letter(
        self,
        session: "Session",
        inbound_id: int,
        row: NewMail,
        *,
        origin: Origin,
        event: Event,
        people: Sequence[int],
        now: datetime,
    ) -> None:
        """Let a mail that is in the inbox do what a letter of ours does, and nothing else."""
        _, touched = deeds.undo(session, inbound_id, by=row.mailbox, now=now)
        if touched:
            touches.recompute(session, sorted(touched))
        placed_now = ("rule", "findings", "contact_id", "delivery_id", "rung", "confidence")
        inbox.change(
            session,
            inbound_id,
            kind=Kind.ANSWER,
            stranger=False,
            state=State.FILED,
            review=None,
            **{name: getattr(row, name) for name in placed_now},
        )
        self._act(
            session,
            inbound_id,
            origin=origin,
            event=event,
            people=people,
            subject=row.subject,
            now=now,
            by=row.mailbox,
        )

    # Acting

    def _act(
        self,
        session: "Session",
        inbound_id: int,
        *,
        origin: Origin,
        event: Event,
        people: Sequence[int],
        subject: str,
        now: datetime,
        is_late: bool = False,
        by: str | None = None,
    ) -> State:
        """Do what follows from a mail, and return the state it is in then."""
        effects = Effects(review="it could not be read") if event.kind is Kind.UNREADABLE else None
        state = State.FILED
        for contact in contacts.standings(session, people):
            effects = decide(event, self._terms(contact))
            deed = Deed(session, inbound_id, contact.id, origin, event, now, is_late=is_late, by=by)
            state = deed.do(effects, summary=subject or None)
        if effects is None:
            effects = decide(event, Terms(None, self.work, ZoneInfo("UTC")))
            if not people:
                suppress_named(session, inbound_id, effects, now)
        if effects.review:
            state = State.REVIEW
        if state is not State.FILED or is_late:
            inbox.change(session, inbound_id, state=state, review=effects.review)
        return state

    def _terms(self, contact: Standing) -> Terms:
        zone = self.work.zone
        with suppress(KeyError, ValueError, OSError):  # a zone that nobody knows
            zone = ZoneInfo(contact.timezone) if contact.timezone else zone
        return Terms(self.promise(contact), self.work, zone)

    def promise(self, contact: Standing) -> AnswerWithin | None:
        """Return how soon a contact is answered: the strictest promise of their tier and roles."""
        tier = self.tiers.get(contact.tier)
        made = [tier.answer_within] if tier else []
        for name in contact.roles:
            role = self.tiers.roles.get(name)
            if role and role.answer_within:
                made.append(role.answer_within)
        return min(made, key=_length, default=None)

    def post(
        self, webhook: str, provider: str, receiver: Receiver, request: Request
    ) -> list[Taken]:
        """Record what a provider posted to the webhook of this name, each part once.

        Raises `Forged` or `Unusable`, and then nothing was recorded.
        """
        now = self.clock()
        taken = []
        for part in receiver.receive(request, now):
            mark = part.mark(provider)
            received = Received(
                raw=part.raw,
                received_at=None if mark else now,
                folder="",
                provider=provider if mark else None,
                mark=mark,
            )
            taken.append(
                self.take(f"{EVENT}{provider}" if mark else f"webhook:{webhook}", received)
            )
        return taken

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
            return Shown(item, tuple(deeds.listing(session, inbound_id)), raw)

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
            if item.sender and normalised(item.sender) not in self.origins.own:
                naming = None if add_address else item.message_id or ""
                adopt(self, session, contact_id, item.sender, naming=naming, now=now)
            same = item.contact_id == contact_id
            origin = Origin(
                contact_id=contact_id,
                delivery_id=item.delivery_id if same else None,
                rung="person",
                confidence=1.0,
                proof=Proof.PERSON,
            )
            return self.again(session, item, origin, item.kind, by=by, now=now)

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
            origin = Origin(
                contact_id=item.contact_id,
                delivery_id=item.delivery_id,
                rung=item.rung,
                confidence=item.confidence,
                stranger=item.stranger,
                proof=_vouched(item),
            )
            inbox.change(session, inbound_id, kind=kind, classified_by=by)
            item = _known(session, inbound_id)
            return self.again(session, item, origin, kind, by=by, now=now, until=until)

    def again(
        self,
        session: "Session",
        item: Item,
        origin: Origin,
        kind: Kind,
        *,
        by: str,
        now: datetime,
        until: date | None = None,
    ) -> Changed:
        """Take back what a mail did, and do what it should have done, within a transaction."""
        by_hand = item.classified_by is not None
        stays, touched = deeds.undo(session, item.id, by=by, now=now)
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
        _, of_provider, provider = item.mailbox.partition(EVENT)
        received = Received(
            raw=raw,
            received_at=item.received_at,
            folder=item.folder or "",
            provider=provider if of_provider else None,
        )
        found = read(received, now)
        if origin.delivery_id is not None:
            sent = inbox.answerable(
                session,
                delivery_ids=[origin.delivery_id],
                contact_ids=(),
                since=now,
            )
            origin = replace(origin, delivery=sent[0] if sent else None)
        addresses = addresses_of(session, origin)
        if found.explanation is None:
            event = Event(kind=kind, at=item.received_at, proof=origin.proof)
        else:
            event = event_of(
                found.explanation, origin, item.received_at, addresses, told_by=received.provider
            )
        event = as_said(session, event, kind, origin, until=until, by_hand=by_hand)
        people = (origin.contact_id,) if origin.contact_id is not None else ()
        self._act(
            session,
            item.id,
            origin=origin,
            event=event,
            people=people,
            subject=item.subject,
            now=now,
            is_late=True,
        )
        return Changed(_known(session, item.id), tuple(stays))

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


@dataclass(slots=True)
class _Arrived:
    """A mail on its way in; `found` is None for one that is in the inbox already."""

    received: Received
    mark: str
    found: Found | None


def _handfuls(
    arriving: Iterable[Received], stopped: Callable[[], bool]
) -> Iterator[list[Received]]:
    """Yield mails a few at a time, the last ones also where the source fails or we are stopped."""
    several: list[Received] = []
    size = 0
    try:
        for received in arriving:
            several.append(received)
            size += len(received.raw)
            if stopped():
                break
            if len(several) >= HANDFUL or size >= HANDFUL_BYTES:
                yield several
                several, size = [], 0
    except OutreachError:
        if several:
            yield several
        raise
    if several:
        yield several


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
