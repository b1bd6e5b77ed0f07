"""Sending what a campaign has left: each mail at most once, and none lost.

For every mail, in this order: it is rendered; in one transaction the gate is asked again with the
contact as they are now, and `sending` is recorded; the transport is given the message; in a second
transaction its answer is recorded with all that follows from it. That second transaction is also
the first of the next mail on the same connection (`outreach.services.exchange`). A run that dies
leaves one mail a connection in doubt, `uncertain`, and all others as they were.

One thread does it all, for all connections (`outreach.transport.lines`): while mails are on their
way it renders the next ones, so that an answer is followed by the next mail at once.

Any number of runs may work on one campaign. The ledger decides who has which delivery, and a run
that lost a claim (its lease ended, or the campaign was cancelled) finds that out before it sends.
"""

import os
import random
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from outreach.domain.clock import Clock
from outreach.domain.contact import AttributeType
from outreach.domain.delivery import CampaignEvent
from outreach.domain.gate import Decision, Intent, Policy, Verdict
from outreach.domain.pacing import Breaker, Pace
from outreach.errors import MessageError, OutreachError, TemplateError
from outreach.services.exchange import (
    NOT_RENDERED,
    Answer,
    Candidate,
    Exchange,
    Ready,
    Rules,
    merged,
)
from outreach.services.guard import Guard
from outreach.services.pacing import PACED, Delay, Pacer
from outreach.services.queueing import Queue
from outreach.services.report import Report, Result, Totals, totals
from outreach.storage import campaigns, deliveries
from outreach.storage.campaigns import Campaign
from outreach.storage.database import Database, Held
from outreach.storage.ledger import Ledger
from outreach.transport.base import Envelope, Transport
from outreach.transport.lines import Answered, Line, Lines

if TYPE_CHECKING:
    from outreach.services.composed import Composed
    from outreach.services.composing import Composer

BATCH = 50
"""How many deliveries a run claims at once for each connection. What it has not begun is freed."""

WORTH_A_CONNECTION = 5
"""No more connections are opened than there are so many mails for each."""

RENDERINGS = 5
"""How often a mail is rendered again because its contact changed just then, before it waits."""

TOGETHER, MEANWHILE = 0.001, 0.003
"""How long an answer waits for others, in seconds, and while there are mails to be rendered,"""

MOST = 0.9
"""until this share of the connections has one. What is recorded of mails that follow each other is
written to the same places, so that of many in one transaction each costs less."""

SHORTEST_REST, LONGEST_REST = 0.001, 0.1
"""How many seconds to wait at once for a mail's turn."""

TEND = timedelta(seconds=1)
"""How often a run that only waits looks whether it still may, and keeps what it has claimed."""

SLOW = 0.005
"""Where rendering takes longer, in seconds, an answer is recorded before the next is rendered."""


def intent_of(campaign: Campaign) -> Intent:
    """Return the mail that a campaign means to send."""
    return Intent(
        key=campaign.key,
        series=campaign.series,
        kind=campaign.kind,
        content_class=campaign.content_class,
        reason=campaign.ask_reason,
    )


class Run:
    """One process at work on one campaign; `work` does it.

    It opens up to `connections` to the transport. `lease` is how long another run leaves alone what
    this one has claimed. `give_up_after` is how long after its first
    attempt a deferred mail is tried again. `draw` gives numbers from 0 to 1. `pacer` says how fast
    it goes, `breaker` when it had better stop, and `sleep` waits so many seconds.
    """

    def __init__(
        self,
        database: Database,
        campaign: Campaign,
        composer: "Composer",
        transport: Transport,
        policy: Policy,
        *,
        clock: Clock,
        lease: timedelta,
        give_up_after: timedelta,
        connections: int = 1,
        types: Mapping[str, AttributeType] | None = None,
        draw: Callable[[], float] = random.random,
        owner: str | None = None,
        pacer: Pacer | None = None,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.database = database
        self.campaign = campaign
        self.composer = composer
        self.transport = transport
        self.connections = connections
        self.clock = clock
        self.owner = owner or owner_name()
        self.pacer = pacer or Pacer(Pace(), transport.name, connections=connections, draw=draw)
        self.breaker = breaker
        self.sleep = sleep
        self.rules = Rules(
            intent=intent_of(campaign),
            policy=policy,
            clock=clock,
            lease=lease,
            give_up_after=give_up_after,
            types=types,
            draw=draw,
        )
        self.report = Report()

    def work(
        self,
        *,
        limit: int | None = None,
        stopping: Callable[[], bool] = lambda: False,
        progress: Callable[[Report], None] = lambda _: None,
    ) -> Report:
        """Send what is due, until nothing is, `limit` mails have gone out, or `stopping` says so.

        `progress` is called after every transaction.
        """
        try:
            with self.database.hold() as held:
                self._take_over(held)
                supply = _Supply(self, held, limit, stopping, progress)
                self._serve(supply)
        except BaseException:
            # What was claimed and not begun is safe to give back; if that fails, the lease ends.
            with suppress(OutreachError):
                self._give_back()
            raise
        self._give_back()
        self.report.totals = self._finish()
        self.report.stopped = stopping() and self.report.totals.due > 0
        return self.report

    def _take_over(self, held: Held) -> None:
        """End the leases of runs that died."""
        with held.write(), held.session() as session:
            holders = deliveries.owners(session, self.campaign.id)
            dead = [owner for owner in holders if owner != self.owner and has_died(owner)]
            self.report.found_uncertain += deliveries.expire(
                session, self.campaign.id, self.clock(), dead
            )

    def _serve(self, supply: "_Supply") -> None:
        """Work on as many connections as the mails are worth."""
        supply.fill()
        number = max(1, min(self.connections, len(supply) // WORTH_A_CONNECTION))
        supply.exchange.connections = number
        with Lines[_InHand](self.transport, number) as lines:
            _Sender(self, supply, lines).work()

    def _give_back(self) -> None:
        with self.database.write() as session:
            deliveries.release(session, self.campaign.id, self.owner)

    def _finish(self) -> Totals:
        """Finish the campaign if nothing is left, and count."""
        now = self.clock()
        with self.database.write() as session:
            # Nobody may add to the audience between the two.
            campaigns.lock(session, self.campaign.id)
            if deliveries.is_done(session, self.campaign.id):
                campaigns.apply(session, self.campaign.id, CampaignEvent.FINISH, now)
        return totals(self.database, self.campaign.id, now)


class _Supply:
    """The deliveries that a run has claimed and that wait for a connection."""

    def __init__(
        self,
        run: Run,
        held: Held,
        limit: int | None,
        stopping: Callable[[], bool],
        progress: Callable[[Report], None],
    ) -> None:
        self.run = run
        self.limit = limit
        self.stopping = stopping
        self.ledger = Ledger(held, run.campaign.id, run.owner)
        self._queue = Queue(run.pacer)
        self.exchange = Exchange(
            self.ledger,
            run.campaign,
            run.rules,
            run.report,
            pacer=run.pacer,
            guard=Guard(run.breaker, run.campaign.id),
            others=self._queue.first,
            progress=progress,
        )
        #: What failed on one connection ends all.
        self.broken = False
        #: How many have been taken and are not begun yet.
        self._taken = 0
        #: Until when nothing at all may go.
        self._shut: Delay | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def take(self, now: datetime) -> Candidate | None:
        """Return the next one, claiming more if need be; None when there is nothing to do now.

        `opens` says when there will be, if that is known.
        """
        while not self.is_over() and self._room() > 0:
            candidate = self._queue.pop(now)
            if candidate is not None:
                self.pick_up(candidate, now)
                return candidate
            if self._queue.is_shut(now) or not self.fill():
                return None
        return None

    def pick_up(self, candidate: Candidate, now: datetime) -> None:
        """Note that one is to be begun."""
        self._taken += 1
        pacer = self.run.pacer
        if pacer.watches and candidate.facts is not None:
            pacer.take_in_hand(candidate.claim.id, candidate.facts.contact.email, now)

    def put_down(self, candidates: Iterable[Candidate]) -> None:
        """Note that these, which were taken, have been begun by now or are not to be."""
        for candidate in candidates:
            self._taken -= 1
            self.run.pacer.let_go(candidate.claim.id)

    def put_back(self, candidate: Candidate) -> None:
        """Keep one that was put down for when its turn comes."""
        self._queue.put_back(candidate)

    def opens(self) -> Delay | None:
        """Return when something may go, where nothing may now."""
        if self.is_over() or self._room() <= 0:
            return None
        return self._shut or self._queue.opens(self.run.clock())

    def is_over(self) -> bool:
        """Whether no further mail may be begun."""
        report = self.run.report
        ended = report.paused or report.ended_by or report.halted
        return bool(self.broken or self.stopping() or ended)

    def fill(self) -> bool:
        """Claim more of what is due; return whether there was any."""
        room = min(BATCH * self.run.connections, self._room())
        if room <= 0 or self.is_over():
            return False
        run, ledger = self.run, self.ledger
        now = run.clock()
        if self._is_shut(now):
            return False
        with ledger.write():
            if not self.exchange.may_go_on():
                return False
            self.exchange.pacer.look(self.exchange.lanes, now)
            self.exchange.stop_harm()
            if run.report.paused:
                return False
            until = self.exchange.lease(now)
            with ledger.held.session() as session:
                claims = deliveries.claim(
                    session,
                    run.campaign.id,
                    run.owner,
                    now=now,
                    until=until,
                    limit=room,
                )
            fresh = [Candidate(claim, None, None) for claim in claims]
            if fresh:
                self.exchange.read(fresh, ledger.held.version(), now)
        self._sort_in(fresh, now)
        return bool(fresh)

    def _sort_in(self, fresh: Sequence[Candidate], now: datetime) -> None:
        """Put what was claimed into the queue; what has no place there goes back."""
        run, ledger = self.run, self.ledger
        if run.pacer.compares():
            emails = [each.facts.contact.email for each in fresh if each.facts]
            run.pacer.place(run.database, emails, now)
        back = self._queue.add(fresh, now)
        if back:
            with ledger.write(), ledger.held.session() as session:
                for turn, ids in back:
                    deliveries.set_aside(session, ids, rule=PACED, until=turn, owner=run.owner)

    def _is_shut(self, now: datetime) -> bool:
        """Whether the campaign's own windows are closed."""
        run = self.run
        self._shut = None
        if run.pacer.pace.zone is not None:
            held = run.pacer.window(None, run.campaign.content_class, now)
            if held is not None and held.until is not None:
                self._shut = Delay(held.until, held.why)
        return self._shut is not None

    def _room(self) -> int:
        """Return how many more may be begun by this run."""
        if self.limit is None:
            return BATCH * self.run.connections
        return self.limit - self.exchange.begun - self._taken


@dataclass(slots=True)
class _InHand:
    """A mail that the transport has, and since when."""

    ready: Ready
    started_at: datetime


class _Sender:
    """Keeps all connections of a run busy."""

    def __init__(self, run: Run, supply: _Supply, lines: Lines[_InHand]) -> None:
        self.run = run
        self.supply = supply
        self.lines = lines
        self.exchange = supply.exchange
        #: Rendered and not begun yet, the next one first.
        self._ready: deque[Ready] = deque()
        #: How often each of those has been rendered again, by delivery.
        self._renderings: Counter[int] = Counter()
        #: Seconds that the last rendering took.
        self._spent = 0.0
        self._error: BaseException | None = None
        self._tended: datetime | None = None

    def work(self) -> None:
        """Send one mail after another until there is nothing to do."""
        while True:
            ended = self._answers()
            if not (ended and self._spent > SLOW):
                self._prepare(self.lines.free)
            if ended or (self._ready and self.lines.free):
                self._turn(ended)
            elif not self.lines.busy:
                if not self._rest():
                    break
            # While those are on their way there is time to render what comes next.
            elif not self._prepare_one():
                self.lines.await_answer(self._until_next())
                self.exchange.keep()
        if self._error is not None:
            raise self._error

    def _answers(self) -> list[Answered[_InHand]]:
        """Return the answers that have come; a few wait a moment for more, to share a commit.

        In that moment mails are rendered, where that is quick.
        """
        ended = self.lines.answers(0)
        if not ended:
            return ended
        begun = perf_counter()
        while self.lines.busy and len(ended) < MOST * self.exchange.connections:
            waited = perf_counter() - begun
            if waited < MEANWHILE and self._spent <= SLOW and self._prepare_one():
                ended += self.lines.answers(0)
            elif waited < TOGETHER:
                ended += self.lines.answers(TOGETHER - waited)
            else:
                break
        return ended

    def _until_next(self) -> float:
        """Return how many seconds to wait at most for an answer.

        They are few where something may go before one comes: somebody may ask the run to stop. An
        answer may take longer than a lease, which has to be kept meanwhile.
        """
        delay = self.supply.opens() if self.lines.free else None
        if delay is None:
            return self.run.rules.lease.total_seconds() / 4
        left = (delay.at - self.run.clock()).total_seconds()
        return min(max(left, SHORTEST_REST), LONGEST_REST)

    def _rest(self) -> bool:
        """Wait a moment, where mail may go before long; return whether to go on."""
        delay, now = self.supply.opens(), self.run.clock()
        if delay is None:
            return False
        seconds = self._until_next()
        self.run.report.waits = delay
        if delay.at - now > self.run.pacer.pace.patience:
            return False
        self.run.sleep(seconds)
        if self._tended is None or now - self._tended >= TEND:
            self._tended = now
            return self.exchange.tend()
        return True

    def _turn(self, ended: Sequence[Answered[_InHand]]) -> None:
        """Hand in answers, begin as many mails as there are connections free, and send those."""
        now = self.run.clock()
        answers: list[Answer] = []
        lines: dict[int, Line[_InHand]] = {}
        for each in ended:
            if each.receipt is None:
                # A mistake of ours: what became of the mail is not known.
                self._error = each.error
                self.supply.broken = True
                continue
            ready = each.tag.ready
            answers.append(Answer(ready, each.receipt, each.tag.started_at, now))
            lines[ready.candidate.claim.id] = each.line
        if self.supply.is_over():
            self._ready.clear()
        begin = [self._ready.popleft() for _ in range(min(self.lines.free, len(self._ready)))]
        if not answers and not begin:
            return
        turn = self.exchange.turn(answers, begin)
        for answer in turn.unwelcome:
            self.lines.retire(lines[answer.ready.candidate.claim.id])
        self._ready.extendleft(reversed(turn.left))
        self.supply.put_down(each.candidate for each in begin[: len(begin) - len(turn.left)])
        if turn.go:
            self.run.report.waits = None
        for ready in turn.later:
            self.supply.put_back(ready.candidate)
        started_at = self.run.clock()
        for ready in turn.go:
            self._send(ready, started_at)
        for ready in turn.again:
            self._render_again(ready)

    def _prepare_one(self) -> bool:
        """Have one more mail rendered, unless there is one for each connection."""
        return self._prepare(min(len(self._ready) + 1, self.exchange.connections))

    def _prepare(self, number: int) -> bool:
        """Have `number` mails rendered, if there are so many; return whether one was added."""
        before = len(self._ready)
        now = self.run.clock()
        while len(self._ready) < number:
            candidate = self.supply.take(now)
            if candidate is None:
                break
            ready = self._compose(candidate)
            if ready is None:
                self.supply.put_down([candidate])
                continue
            self._ready.append(ready)
            if self._spent > SLOW:
                break
        return len(self._ready) > before

    def _render_again(self, ready: Ready) -> None:
        """Render a mail whose contact has changed, to be the next that is begun."""
        candidate = ready.candidate
        self._renderings[candidate.claim.id] += 1
        if self._renderings[candidate.claim.id] == RENDERINGS:
            # It changes faster than we render; the next run will find it calmer.
            self.run.report.add(Result.RETURNED)
            return
        again = self._compose(candidate)
        if again is not None:
            self.supply.pick_up(candidate, self.run.clock())
            self._ready.appendleft(again)

    def _compose(self, candidate: Candidate) -> Ready | None:
        """Return the mail, rendered; one that cannot be is set aside."""
        facts = candidate.facts
        if facts is None:
            self.exchange.refuse(candidate, merged())
            return None
        pacer = self.run.pacer
        if pacer.pace.windows is not None:
            zone, kind = facts.contact.timezone, self.run.campaign.content_class
            if held := pacer.window(zone, kind, self.run.clock()):
                self.exchange.refuse(candidate, held)
                return None
        begun = perf_counter()
        try:
            composed: Composed = self.run.composer.compose(
                facts.contact, delivery_id=candidate.claim.id, date=self.run.clock()
            )
        except (TemplateError, MessageError) as error:
            why = "; ".join(str(problem) for problem in error.problems)
            self.exchange.refuse(candidate, Decision(Verdict.REFUSE, NOT_RENDERED, why))
            return None
        finally:
            self._spent = perf_counter() - begun
        composed.prepare()
        return Ready(candidate, facts.contact, composed)

    def _send(self, ready: Ready, started_at: datetime) -> None:
        composed = ready.composed
        # The delivery's token is also what delivery reports bring back (RFC 3461's ENVID).
        token = composed.message_id.strip("<>").partition("@")[0]
        envelope = Envelope(
            composed.envelope_sender, composed.recipient, token, composed.is_canonical
        )
        if self.run.pacer.pace.servers:
            envelope.turn = partial(self._wait_for, ready.candidate.claim.id)
        self.lines.send(_InHand(ready, started_at), envelope, composed.message)

    def _wait_for(self, delivery_id: int, server: str) -> timedelta | None:
        """Return how long a mail under way has to wait before it may go through `server`."""
        now = self.run.clock()
        delay = self.run.pacer.fail_over(delivery_id, server, now, now + self.run.rules.lease)
        return delay.at - now if delay else None


def owner_name() -> str:
    """Return a name for this run that tells other runs on the same machine whether it is alive."""
    return f"{_machine()}/{os.getpid()}/{random.getrandbits(32):08x}"[-80:]


def has_died(owner: str) -> bool:
    """Whether the run called `owner` was on this machine and its process is gone.

    Mistaking a living run for a dead one is harmless: it finds its claims gone before it sends, and
    its answer about a mail in doubt is believed when it comes.
    """
    machine, _, rest = owner.partition("/")
    number = rest.partition("/")[0]
    if machine != _machine() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_zombie(number)


def _is_zombie(number: str) -> bool:
    """Whether a process has ended, and its parent has not asked how yet.

    The first process of many a container never asks.
    """
    try:
        said = Path(f"/proc/{number}/stat").read_bytes()
    except OSError:
        return False
    # The state stands behind the name, which may contain anything (proc(5)).
    return said.rpartition(b")")[2].lstrip()[:1] == b"Z"


@cache
def _machine() -> str:
    """Return what process numbers of this machine, or of this container, have in common.

    Two machines may have one name, and the first namespace has the same number on all of them:
    what tells them apart is the boot.
    """
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        space, boot = 0, ""
    return f"{socket.gethostname()[:40]}:{space}:{boot}"
