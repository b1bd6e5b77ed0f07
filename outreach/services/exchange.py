"""Where a run meets the ledger.

The answers to mails that went out are recorded together with the next mails that may go. In one
transaction each answer is recorded with all that follows from it, the gate is asked about each of
the next mails, and `sending` is recorded; only when that is committed may those go out. The more
connections there are, the more answers come at once, and the fewer commits a mail costs.

What the gate needs to know was read when the mail was claimed. It is read again here unless the
database says that nobody else has written anything since.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outreach.domain.address import normalise
from outreach.domain.causes import ADVICE, Cause, Step
from outreach.domain.clock import Clock
from outreach.domain.contact import AttributeType, Contact
from outreach.domain.delivery import CampaignEvent, CampaignState, DeliveryEvent
from outreach.domain.feedback import Fault, Outcome
from outreach.domain.gate import Decision, Facts, Gate, Intent, Policy, Verdict
from outreach.domain.touches import Channel, Direction
from outreach.errors import UnavailableError
from outreach.services.consequences import consequence
from outreach.services.guard import Guard
from outreach.services.pacing import Pacer, is_too_fast
from outreach.services.report import Report, Result
from outreach.storage import campaigns, decisions, deeds, deliveries, keys, suppressions
from outreach.storage.campaigns import Campaign
from outreach.storage.deliveries import Attempt, Claim
from outreach.storage.lanes import Lanes
from outreach.storage.ledger import Begun, Ledger, Settled, Touched
from outreach.storage.touches import Touch
from outreach.transport.base import Receipt

if TYPE_CHECKING:
    from outreach.services.composed import Composed

STREAK = 3
"""After so many mails in a row that failed in a way that is likely ours, the campaign pauses."""

READ_AHEAD = 200
"""How many are read again at most when somebody else has written."""

NOT_RENDERED = "not-rendered"
MERGED = "merged"


@dataclass(slots=True)
class Candidate:
    """A delivery that this run has claimed, with what the gate needs to know, and what it said.

    `facts` is None for a contact that is not there any more. `version` is the database's at the
    moment when they were read.
    """

    claim: Claim
    facts: Facts | None
    version: object
    decision: Decision | None = None


@dataclass(slots=True)  # frozen ones take longer to make, and each mail has several
class Ready:
    """A mail that could go out: rendered for `contact` as they were then."""

    candidate: Candidate
    contact: Contact
    composed: "Composed"


@dataclass(slots=True)
class Answer:
    """What the transport said of a mail."""

    ready: Ready
    receipt: Receipt
    started_at: datetime
    finished_at: datetime


@dataclass(slots=True)
class Turn:
    """What came of one transaction.

    `go` are the mails that must be sent now. Those in `again` may go, but their contacts have
    changed: each must be rendered anew from its candidate's facts. The turn of those in `later` has
    not come (`outreach.services.pacing`). `unwelcome` are answers by
    which the server has shown that it wants fewer connections; as many mails are `left` as they
    were, for others to take.
    """

    go: list[Ready] = field(default_factory=list)
    again: list[Ready] = field(default_factory=list)
    later: list[Ready] = field(default_factory=list)
    unwelcome: list[Answer] = field(default_factory=list)
    left: Sequence[Ready] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a run decides by. `draw` gives numbers from 0 to 1."""

    intent: Intent
    policy: Policy
    clock: Clock
    lease: timedelta
    give_up_after: timedelta
    types: Mapping[str, AttributeType] | None
    draw: Callable[[], float]


class Exchange:
    """The one way to the ledger for all connections of a run; see the module.

    `others` returns up to so many candidates that wait for their turn, and `progress` is called
    after every transaction.
    """

    def __init__(
        self,
        ledger: Ledger,
        campaign: Campaign,
        rules: Rules,
        report: Report,
        *,
        pacer: Pacer,
        guard: Guard,
        others: Callable[[int], Sequence[Candidate]] = lambda _: (),
        progress: Callable[[Report], None] = lambda _: None,
    ) -> None:
        self.ledger = ledger
        self.campaign = campaign
        self.rules = rules
        self.pacer = pacer
        self.guard = guard
        self.lanes = Lanes(ledger.held)
        self.report = report
        self.others = others
        self.progress = progress
        self.leased_until: datetime | None = None
        #: How many connections are at work.
        self.connections = 1
        #: How many mails were handed to the transport.
        self.begun = 0
        self._streak = 0
        self._unchanged = 0
        self._told: list[tuple[Result, str, str]] = []
        intent = rules.intent
        self.gate = Gate(intent, rules.policy)
        #: What all touches of this mailing have in common.
        self._like = Touch(
            contact_id=0,
            at=rules.clock(),
            direction=Direction.OUT.value,
            channel=Channel.MAIL.value,
            kind=intent.kind.value,
            content_class=intent.content_class.value,
            # One approval for many is not a letter that a person wrote to this one.
            personal=False,
            by=campaign.approved_by,
        )

    def turn(self, answers: Sequence[Answer], ready: Sequence[Ready]) -> Turn:
        """Record `answers` and begin those of `ready` that may go; return when it is committed.

        Raises what made the transaction fail; nothing of it is recorded then.
        """
        turn = Turn()
        self._told = []
        for each in ready:
            # What signs it may need a moment more, for which no other writer should have to wait.
            _ = each.composed.message
        self._tell_apart(answers, ready)
        with self.ledger.write():
            concerned = [*(answer.ready for answer in answers), *ready]
            self.ledger.lock({each.candidate.claim.contact_id for each in concerned})
            self.pacer.enter(
                self.lanes,
                (each.composed.recipient for each in concerned),
                [answer.receipt for answer in answers],
                self.rules.clock(),
            )
            if answers and self._settle(turn, answers):
                self.stop_harm()
            going = max(0, len(ready) - len(turn.unwelcome))
            ready, turn.left = ready[:going], ready[going:]
            if ready:
                self._begin_all(turn, ready)
            self.pacer.leave()
        self._tell()
        return turn

    def _tell_apart(self, answers: Sequence[Answer], ready: Sequence[Ready]) -> None:
        """Find out who runs the receivers' servers, from the moment on when it matters.

        Those who wait are asked about as well, so that not every mail has to wait for the DNS.
        """
        pacer = self.pacer
        if not pacer.compares([answer.receipt for answer in answers]):
            return
        concerned = [*(answer.ready for answer in answers), *ready]
        emails = [each.composed.recipient for each in concerned]
        if not pacer.has_placed(emails):
            others = self.others(READ_AHEAD)
            emails += [each.facts.contact.email for each in others if each.facts]
            pacer.place(self.ledger.held.database, emails, self.rules.clock())

    def refuse(self, candidate: Candidate, decision: Decision) -> None:
        """Record that a mail which was claimed never comes to be sent, and why."""
        self._told = []
        with self.ledger.write():
            self.ledger.lock({candidate.claim.contact_id})
            self._refuse(candidate, decision)
        self._tell()

    def _tell(self) -> None:
        for result, email, reason in self._told:
            self.report.add(result, email, reason)
        self.progress(self.report)

    # The next mails

    def _begin_all(self, turn: Turn, ready: Sequence[Ready]) -> None:
        now = self.rules.clock()
        if not self.may_go_on():
            if not self.report.paused:
                self._told += [(Result.RETURNED, "", "")] * len(ready)
            return
        self._refresh(ready, now)
        until = now + self.rules.lease
        mails = [
            (each, Begun(each.candidate.claim, made.recipient, made.message_id, made.size))
            for each in ready
            if self._may_begin(turn, each, now, until)
            for made in (each.composed,)
        ]
        if mails:
            self._begin(turn, mails, now, until)
        self._renew(now)

    def _begin(
        self, turn: Turn, mails: Sequence[tuple[Ready, Begun]], now: datetime, until: datetime
    ) -> None:
        ours = self.ledger.begin([mail for _, mail in mails], now=now, until=until)
        decided = []
        for ready, mail in mails:
            claim, decision = mail.claim, ready.candidate.decision
            if claim.id in ours:
                assert decision is not None
                turn.go.append(ready)
                decided.append((claim.contact_id, decision))
            else:
                self.pacer.withdraw(claim.id)
                self._told.append((Result.RETURNED, "", ""))
        self.begun += len(decided)
        self.ledger.decide(decided, now)

    def tend(self) -> bool:
        """Keep what is claimed while nothing is sent; return whether the run may go on."""
        with self.ledger.write():
            goes_on = self.may_go_on()
            if goes_on:
                self._renew(self.rules.clock())
        self.progress(self.report)
        return goes_on

    def keep(self) -> None:
        """Keep what is claimed and under way, however long a server takes for its answer."""
        now = self.rules.clock()
        if self._is_half_over(now):
            # Mails in hand are worth more than their lease: it is tried again at the next look.
            with suppress(UnavailableError), self.ledger.write():
                self._renew(now)

    def lease(self, now: datetime) -> datetime:
        """Return until when what is claimed now is held: as long as all else that is."""
        if self.leased_until is None:
            self.leased_until = now + self.rules.lease
        self._renew(now)
        return self.leased_until

    def _renew(self, now: datetime) -> None:
        if self._is_half_over(now):
            until = now + self.rules.lease
            with self.ledger.held.session() as session:
                deliveries.renew(session, self.campaign.id, self.ledger.owner, until)
            self.pacer.keep(self.lanes, until)
            self.leased_until = until

    def _is_half_over(self, now: datetime) -> bool:
        """Whether it is time to renew the lease: after half of it."""
        return self.leased_until is not None and self.leased_until - now < self.rules.lease / 2

    def may_go_on(self) -> bool:
        """Whether the campaign is active and nothing halted; else the report says what is."""
        state, self.report.halted = self.ledger.state()
        if state is not CampaignState.ACTIVE and not self.report.paused:
            self.report.ended_by = state
        return state is CampaignState.ACTIVE and not self.report.halted

    def _refresh(self, ready: Sequence[Ready], now: datetime) -> None:
        """Read again what somebody else may have changed, for those at hand and some to come."""
        version = self.ledger.held.version()
        stale = [each.candidate for each in ready if each.candidate.version != version]
        if not stale:
            self._unchanged += len(ready)
            return
        # As many of those to come as went by unchanged last time: if others write all the time,
        # what is read ahead would only be read again.
        stale += self.others(min(self._unchanged, READ_AHEAD))
        self._unchanged = 0
        self.read(stale, version, now)

    def read(self, candidates: Sequence[Candidate], version: object, now: datetime) -> None:
        """Read what the gate needs to know of these candidates."""
        rules = self.rules
        with self.ledger.held.session() as session:
            found = decisions.facts(
                session,
                [candidate.claim.contact_id for candidate in candidates],
                rules.intent,
                now,
                types=rules.types,
            )
        known = {facts.contact.id: facts for facts in found}
        for candidate in candidates:
            candidate.facts = known.get(candidate.claim.contact_id)
            candidate.version = version

    def _may_begin(self, turn: Turn, ready: Ready, now: datetime, until: datetime) -> bool:
        """Decide whether a mail is to begin; what becomes of it otherwise is seen to."""
        candidate = ready.candidate
        facts = candidate.facts
        if facts is None:
            self._refuse(candidate, merged())
            return False
        decision = candidate.decision = self.gate.decide(facts, now)
        if decision.verdict is not Verdict.ALLOW:
            self._refuse(candidate, decision)
            return False
        # The same object means that nobody has written: no need to compare them.
        if facts.contact is not ready.contact and facts.contact != ready.contact:
            turn.again.append(ready)
            return False
        pacer = self.pacer
        if pacer.watches and pacer.begin(candidate.claim.id, ready.composed.recipient, now, until):
            turn.later.append(ready)
            return False
        return True

    def _refuse(self, candidate: Candidate, decision: Decision) -> None:
        claim = candidate.claim
        if not self.ledger.set_aside(claim, decision.rule, decision.until):
            self._told.append((Result.RETURNED, "", ""))
            return
        self.ledger.decide([(claim.contact_id, decision)], self.rules.clock())
        if decision.rule == NOT_RENDERED:
            email = candidate.facts.contact.email if candidate.facts else ""
            self._told.append((Result.NOT_RENDERED, email, decision.why))
        else:
            self._told.append((Result.HELD if decision.until else Result.REFUSED, "", ""))

    # The answer to the last one

    def stop_harm(self) -> None:
        """Pause the campaign if it does more harm than good; the report says so then."""
        with self.ledger.held.session() as session:
            why = self.guard.stop(session, self.rules.clock())
        self.report.paused = self.report.paused or why

    def _settle(self, turn: Turn, answers: Sequence[Answer]) -> bool:
        """Record answers with all that follows; return whether one speaks against the mailing."""
        worse = False
        settled: dict[DeliveryEvent, list[Settled]] = {}
        composed_of: dict[int, Composed] = {}
        for answer in answers:
            ready, receipt = answer.ready, answer.receipt
            claim, reply = ready.candidate.claim, receipt.reply
            composed_of[claim.id] = ready.composed
            attempt = Attempt(
                outcome=receipt.outcome,
                transport=receipt.server,
                text=receipt.text,
                started_at=answer.started_at,
                finished_at=answer.finished_at,
                reply_code=reply.code if reply else None,
                enhanced_code=reply.enhanced if reply else None,
            )
            said = consequence(
                claim,
                receipt,
                attempt,
                give_up_after=self.rules.give_up_after,
                draw=self.rules.draw,
                last_outcome=self._last_outcome,
            )
            event, reason = said.event, said.reason
            settled.setdefault(event, []).append(
                Settled(claim, attempt, reason, said.not_before, said.deferred_since)
            )
            self._follow_up(turn, answer, event)
            worse = self.guard.count(event) or worse
            self._told.append((_RESULTS[event], ready.contact.email, reason or ""))
        for event, those in settled.items():
            done = self.ledger.settle(event, those)
            if event is DeliveryEvent.ACCEPT:
                self._touch(those, done, composed_of)
        if DeliveryEvent.DEFER in settled or DeliveryEvent.WITHDRAW in settled:
            self._fit_in_late_ones()
        self.report.servers.update([answer.receipt.server for answer in answers])
        self.report.domains.update(
            [made.recipient.rpartition("@")[2] for made in composed_of.values()]
        )
        return worse

    def _fit_in_late_ones(self) -> None:
        """See to mail that is pending again where something ended while it was under way."""
        with self.ledger.held.session() as session:
            deeds.call_off_late(session, self.campaign)
        state, _ = self.ledger.state()
        if state not in (CampaignState.FINISHED, CampaignState.CANCELLED):
            return
        with self.ledger.held.session() as session:
            if state is CampaignState.CANCELLED:
                deliveries.cancel(session, self.campaign.id)
            else:
                # Another run took us for dead, and what we had in hand for lost.
                campaigns.revive(session, self.campaign.id, self.rules.clock())

    def _follow_up(self, turn: Turn, answer: Answer, event: DeliveryEvent) -> None:
        """See to what an answer means beyond its delivery."""
        receipt, recipient, now = (
            answer.receipt,
            answer.ready.composed.recipient,
            answer.finished_at,
        )
        if event is DeliveryEvent.REJECT and receipt.fault is Fault.ADDRESS:
            self._suppress(recipient, receipt, now)
        too_fast = self.pacer.heard(
            answer.ready.candidate.claim.id, recipient, receipt, now, alone=self.connections == 1
        )
        if event is DeliveryEvent.ACCEPT:
            self._streak = 0
        elif _wants_fewer(event, receipt) and self.connections > 1:
            self.connections -= 1
            turn.unwelcome.append(answer)
        elif paused := self._ours(event, receipt, too_fast):
            self.report.paused = paused
            # Our server may be back without anybody's doing; all else a person has to look at.
            heals = event is DeliveryEvent.WITHDRAW and receipt.cause in _PASSING
            self.report.heals = heals
            with self.ledger.held.session() as session:
                campaigns.apply(
                    session, self.campaign.id, CampaignEvent.PAUSE, now, reason=paused, heals=heals
                )

    def _touch(
        self, settled: Sequence[Settled], done: Collection[int], made: "Mapping[int, Composed]"
    ) -> None:
        """Record that we wrote to these contacts, for their history and its summaries."""
        self.ledger.touch(
            self._like,
            [
                Touched(
                    each.claim.contact_id,
                    each.attempt.finished_at,
                    made[each.claim.id].subject,
                    each.claim.id,
                )
                for each in settled
                if each.claim.id in done
            ],
        )

    def _last_outcome(self, claim: Claim) -> Outcome | None:
        with self.ledger.held.session() as session:
            return deliveries.last_outcome(session, claim.id)

    def _ours(self, event: DeliveryEvent, receipt: Receipt, too_fast: str | None) -> str | None:
        """Return why the campaign must pause, or None.

        For a receiver that finds us too fast it need not, unless it does so again and again, nor
        where another server will take the mail when its turn comes.
        """
        if receipt.held is not None:
            return None
        advice = f" {ADVICE[receipt.cause]}" if receipt.cause else ""
        if is_too_fast(receipt):
            return f"{too_fast}: {receipt.text}.{advice}" if too_fast else None
        if event is DeliveryEvent.WITHDRAW:
            return f"{receipt.told}.{advice}"
        suspicious = event is DeliveryEvent.LOSE or (
            receipt.fault is Fault.MESSAGE and receipt.cause is not Cause.SMTPUTF8
        )
        self._streak = self._streak + 1 if suspicious else 0
        if self._streak < STREAK:
            return None
        return f"{STREAK} mails in a row failed, the last with: {receipt.text}.{advice}"

    def _suppress(self, address: str, receipt: Receipt, now: datetime) -> None:
        with self.ledger.held.session() as session:
            suppressions.suppress(
                session,
                normalise(address),
                keys.secrets(session, now),
                reason=suppressions.BOUNCE,
                source=self.campaign.key,
                detail=receipt.text,
                now=now,
            )


_RESULTS: Mapping[DeliveryEvent, Result] = {
    DeliveryEvent.ACCEPT: Result.SENT,
    DeliveryEvent.REJECT: Result.REJECTED,
    DeliveryEvent.DEFER: Result.DEFERRED,
    DeliveryEvent.LOSE: Result.UNCERTAIN,
    DeliveryEvent.WITHDRAW: Result.RETURNED,
}

_BEFORE_MAIL = frozenset({Step.CONNECT, Step.GREETING})
#: Over sooner or later without anybody's doing.
_PASSING = frozenset({Cause.NETWORK, Cause.BUSY, Cause.GREYLISTED})


def merged() -> Decision:
    """Return what is decided about a contact that was merged into another one."""
    return Decision(Verdict.REFUSE, MERGED, "the contact was merged into another one")


def _wants_fewer(event: DeliveryEvent, receipt: Receipt) -> bool:
    """Whether a server that serves others of our connections would not take one more.

    Some say so only when they are given a mail. If it takes none at all, the last connection to try
    finds that out.
    """
    if (
        event is not DeliveryEvent.WITHDRAW
        or receipt.held is not None
        or receipt.outcome is not Outcome.DEFERRED
    ):
        return False
    is_busy = receipt.step is Step.SENDER and receipt.cause is Cause.BUSY
    return is_busy or receipt.step in _BEFORE_MAIL
