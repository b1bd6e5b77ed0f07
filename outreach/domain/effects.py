"""What a mail that came back does: to its sender, to the delivery it answers, and to us.

`decide` is the whole law. It is told what the mail is and how well its origin is proven, and says
what follows; it is for others to do it, once. Three rules stand above the single cases:

- A stranger changes nothing about a contact. What they wrote is kept with the contact's thread and
  a person looks at it.
- What would stop mail for good asks for proof: a signed token of ours, or our own subject from that
  reader. Without it a hard bounce counts like a soft one, and a complaint holds mail until a person
  has looked. An opt-out asks for no more than the contact's own address, because honouring a forged
  one does less harm than overlooking a true one.
- What is not sure goes to a person, and mail is held meanwhile.

=================  ==========  =======================================================
it is              a touch     what follows
=================  ==========  =======================================================
reply              personal    our response clock starts; what waits for them is called off
opt-out            personal    opted out, before the next mail; what waits is called off
complaint          no          all addresses suppressed for ever; what waits is called off
bounce, hard       no          the address suppressed, the delivery marked
bounce, soft/full  no          counted: three over a week or more suppress
bounce, policy     no          counted: three of a campaign pause it
absent             in          held until they are back and have had a day for themselves
left               in          held, and a person looks
acknowledgement    in          nothing
challenge          no          a person looks
answer (ours)      out         their response clocks stop
=================  ==========  =======================================================

What waits for them and is called off are check-ins, and the sequences that they are in. An opt-out
from one series by its link ends the sequences of that series, and is no word about the others. A
hard bounce, and somebody who left, end none: the gate refuses or holds the next step, as any mail.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from outreach.domain.contact import Scope
from outreach.domain.gate import midnight
from outreach.domain.tiers import AnswerWithin
from outreach.domain.touches import REPLY, Direction
from outreach.domain.working_time import WorkingTime

SOFT_BOUNCES = 3
"""So many soft bounces of an address suppress it,"""

SOFT_SPAN = timedelta(days=7)
"""if the first and the last of them are so far apart,"""

SOFT_WINDOW = timedelta(days=90)
"""and none is older than this, nor older than the last sign of life from there."""

POLICY_BOUNCES = 3
"""So many deliveries of a campaign that bounced because of us pause it."""

UNDATED_ABSENCE = timedelta(days=7)
"""How long to wait where an absence notice does not say."""

LONGEST_ABSENCE = timedelta(days=370)
"""An absence that ends later than this is a misreading or a joke; a person looks."""

UNTIL_LOOKED_AT = timedelta(days=14)
"""How long mail is held for a person to decide."""

LONG_PAST = timedelta(days=30)
"""A mail that is first read so long after it came, as when a mailbox is read for the first time, is
kept and counted, and starts no clock."""

PERSONAL = "personal"
"""The kind of a touch that is a mail one of us wrote by hand, and that answers nothing."""

AUTO_REPLY = "auto-reply"
"""The kind of a touch that a machine of theirs sent."""


class Kind(StrEnum):
    """What a mail in the inbox is. All but the last two are found by `outreach.inbound`."""

    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    DELAY = "delay"
    RECEIPT = "receipt"
    ABSENT = "absent"
    LEFT = "left"
    ACKNOWLEDGEMENT = "acknowledgement"
    CHALLENGE = "challenge"
    OPT_OUT = "opt-out"
    AUTOMATIC = "automatic"
    REPLY = "reply"
    #: Written by one of us: seen in the Sent folder, or sent by `outreach reply`.
    ANSWER = "answer"
    #: It could not be read at all; the bytes are kept.
    UNREADABLE = "unreadable"


class Proof(IntEnum):
    """How well it is proven that a mail comes from, or is about, the contact."""

    #: No contact is known.
    NONE = 0
    #: A thread of theirs is answered from an address that is not theirs.
    STRANGER = 1
    #: Their address stands in it, which anybody can write.
    ADDRESS = 2
    #: And so does the subject of what we sent them.
    SUBJECT = 3
    #: A token or id of ours came back, or our provider says so, whose webhook proved its origin.
    SIGNED = 4
    #: A person said so.
    PERSON = 5


class Severity(StrEnum):
    """What kind of bounce it is: the values of `outreach.inbound.reasons.Severity`."""

    HARD = "hard"
    SOFT = "soft"
    FULL = "full"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """One address that a bounce is about. `ours` says that it is the address we wrote to."""

    address: str
    severity: Severity
    reason: str
    status: str | None = None
    ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One mail that came back, as far as it matters to what follows.

    `at` is when it reached us. `until` is the day of return from an absence, or with `is_last_day`
    the last one of it. `series` is what an unsubscribe token ends. `sure` is False for an opt-out
    that a machine may have misread, `wants_out` says that a reply may hold one, `new_address` is
    what a reply gives as theirs from now on. `is_bulk` says that it went to many. `in_thread` is
    for a mail of ours: whether it answers one of theirs. `by_provider` says that it is no mail but
    what our provider told us of one, so that nobody wrote anything, and `about` whom it is about.
    """

    kind: Kind
    at: datetime
    proof: Proof
    bounced: tuple[Bounced, ...] = ()
    until: date | None = None
    is_last_day: bool = False
    series: str | None = None
    sure: bool = True
    wants_out: bool = False
    new_address: str | None = None
    is_bulk: bool = False
    in_thread: bool = True
    by_provider: bool = False
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TouchMade:
    """The touch that a mail is."""

    direction: Direction
    kind: str
    personal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What follows from one mail. Empty where nothing does.

    `answer_by` starts our response clock, `stops_clocks` ends those that run for the contact.
    `calls_off` says that nothing goes on by itself that was begun for them: no check-in that waits,
    and no sequence.
    `suppress` names dead addresses with the reason; `suppress_all` means every address of the
    contact; `complainers` are addresses of nobody on record who called our mail spam. `bounces`
    are counted. `review` says why a person must look.
    """

    touch: TouchMade | None = None
    answer_by: datetime | None = None
    stops_clocks: bool = False
    calls_off: bool = False
    hold_until: datetime | None = None
    opt_outs: tuple[str, ...] = ()
    suppress: tuple[tuple[str, str], ...] = ()
    suppress_all: bool = False
    complainers: tuple[str, ...] = ()
    bounces: tuple[Bounced, ...] = ()
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contact was promised, and the days on which we and they work.

    `promise` is how soon they are answered. `zone` is the contact's, `work` the firm's.
    """

    promise: AnswerWithin | None
    work: WorkingTime
    zone: ZoneInfo


def decide(event: Event, terms: Terms) -> Effects:
    """Return what follows from `event`."""
    if event.kind in _OF_A_PERSON and event.proof is Proof.STRANGER:
        return Effects(review="written from an address that is not theirs")
    if event.proof is Proof.NONE and event.by_provider:
        return _of_nobody(event)
    if event.proof in (Proof.NONE, Proof.STRANGER):
        return Effects(review=_review_of_unknown(event))
    return _RULES.get(event.kind, _nothing)(event, terms)


_WANTS_PROOF = "a machine wants proof that a person wrote"

_OF_A_PERSON = frozenset({Kind.REPLY, Kind.OPT_OUT})

#: Everything that is sent to many or asks for something of ours; mail about work in hand goes on.
_ALL_BUT_WORK = (Scope.NEWSLETTERS.value, Scope.CHECKINS.value, Scope.ITEMS.value)


def _of_nobody(event: Event) -> Effects:
    """Return what follows where our provider tells of an address that is no contact's.

    Whoever brings it to us later, such as an import, must find it on the list.
    """
    if event.kind is Kind.COMPLAINT and event.about:
        return Effects(complainers=event.about)
    if event.kind is Kind.BOUNCE:
        return Effects(suppress=_dead(event.bounced))
    return Effects(review=_review_of_unknown(event))


def _dead(bounced: Collection[Bounced]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each.address, f"{each.reason} {each.status or ''}".strip())
        for each in bounced
        if each.severity is Severity.HARD
    )


def _review_of_unknown(event: Event) -> str | None:
    if event.kind is Kind.COMPLAINT:
        return "a complaint about a mail that is not known to be ours"
    if event.kind in _OF_A_PERSON and not event.is_bulk:
        return "nobody on record has this address"
    if event.proof is Proof.STRANGER:
        # It answers a mail of ours to a contact, who may well read their mail at that address.
        return _review_of_a_machine(event)
    return None


def _review_of_a_machine(event: Event) -> str | None:
    match event.kind:
        case Kind.ABSENT if event.until is None or event.until >= event.at.date():
            return "somebody is away, says an address that is not theirs"
        case Kind.LEFT:
            return "somebody works there no more, says an address that is not theirs"
        case Kind.CHALLENGE:
            return _WANTS_PROOF
    return None


def _nothing(_event: Event, _terms: Terms) -> Effects:
    return Effects()


def _reply(event: Event, terms: Terms) -> Effects:
    if event.is_bulk and event.proof < Proof.SUBJECT:
        # Their own newsletter, or what they wrote to a list: no word to us.
        return Effects()
    effects = Effects(
        touch=TouchMade(Direction.IN, REPLY, personal=True),
        answer_by=terms.work.due(event.at, terms.promise) if terms.promise else None,
        calls_off=True,
    )
    if event.wants_out:
        return replace(
            effects,
            hold_until=event.at + UNTIL_LOOKED_AT,
            review="they may be asking for no more mail, or for less",
        )
    if event.until is not None:
        return replace(effects, hold_until=_back(event, terms).hold_until)
    if event.new_address:
        return replace(effects, review=f"they give a new address: {event.new_address}")
    return effects


def _opt_out(event: Event, terms: Terms) -> Effects:
    scopes = (f"series:{event.series}",) if event.series else _ALL_BUT_WORK
    if not event.sure:
        return _reply(replace(event, wants_out=True), terms)
    # The token's mail is written by a program; only words of their own are an exchange.
    touch = (
        None if event.series or event.by_provider else TouchMade(Direction.IN, REPLY, personal=True)
    )
    return Effects(touch=touch, opt_outs=scopes, calls_off=not event.series)


def _complaint(event: Event, _terms: Terms) -> Effects:
    if event.proof < Proof.SUBJECT:
        return Effects(
            hold_until=event.at + UNTIL_LOOKED_AT,
            review="a complaint that does not prove to be about our mail",
        )
    return Effects(suppress_all=True, opt_outs=_ALL_BUT_WORK, calls_off=True)


def _bounce(event: Event, _terms: Terms) -> Effects:
    ours = tuple(each for each in event.bounced if each.ours)
    if not ours:
        return Effects(review="it bounced from an address that is not the one we wrote to")
    return Effects(bounces=ours, suppress=_dead(ours) if event.proof >= Proof.SIGNED else ())


def _back(event: Event, terms: Terms) -> Effects:
    if event.until is None:
        return Effects(hold_until=event.at + UNDATED_ABSENCE)
    if event.until > event.at.date() + LONGEST_ABSENCE:
        return Effects(
            hold_until=event.at + UNTIL_LOOKED_AT, review=f"away until {event.until.isoformat()}?"
        )
    back = terms.work.next_working_day(event.until) if event.is_last_day else event.until
    # They are back on that day; the next working day is the first on which we write.
    until = midnight(terms.work.next_working_day(back), terms.zone)
    return Effects(hold_until=until if until > event.at else None)


def _by_a_machine(event: Event) -> TouchMade | None:
    """Return the touch that a mail without an author is."""
    return None if event.by_provider else TouchMade(Direction.IN, AUTO_REPLY, personal=False)


def _absent(event: Event, terms: Terms) -> Effects:
    return replace(_back(event, terms), touch=_by_a_machine(event))


def _left(event: Event, _terms: Terms) -> Effects:
    return Effects(
        touch=_by_a_machine(event),
        hold_until=event.at + UNTIL_LOOKED_AT,
        review="they work there no more: who follows, and where are they now?",
    )


def _acknowledged(event: Event, _terms: Terms) -> Effects:
    return Effects(touch=_by_a_machine(event))


def _challenged(_event: Event, _terms: Terms) -> Effects:
    return Effects(review=_WANTS_PROOF)


def _answer(event: Event, _terms: Terms) -> Effects:
    # A letter that answers nothing counts against the caps; an answer never does.
    kind = REPLY if event.in_thread else PERSONAL
    touch = TouchMade(Direction.OUT, kind, personal=not event.is_bulk)
    return Effects(touch=touch, stops_clocks=not event.is_bulk)


_RULES: Mapping[Kind, Callable[[Event, Terms], Effects]] = {
    Kind.REPLY: _reply,
    Kind.OPT_OUT: _opt_out,
    Kind.COMPLAINT: _complaint,
    Kind.BOUNCE: _bounce,
    Kind.ABSENT: _absent,
    Kind.LEFT: _left,
    Kind.ACKNOWLEDGEMENT: _acknowledged,
    Kind.CHALLENGE: _challenged,
    Kind.ANSWER: _answer,
}


def is_worn_out(bounces: Collection[datetime], last_sign: datetime | None, now: datetime) -> bool:
    """Whether an address with these soft bounces is to be given up.

    `last_sign` is when something last came from its owner, which proves that it works.
    """
    oldest = max(now - SOFT_WINDOW, last_sign) if last_sign else now - SOFT_WINDOW
    counted = sorted(at for at in bounces if at > oldest)
    return len(counted) >= SOFT_BOUNCES and counted[-1] - counted[0] >= SOFT_SPAN
