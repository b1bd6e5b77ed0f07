"""Sending what a campaign has left: each mail at most once, and none lost.

For every mail, in this order: it is rendered; in one transaction the gate is asked again with the
contact as they are now, and `sending` is recorded; the transport is given the message; in a second
transaction its answer is recorded with all that follows from it. That second transaction is also
the first of the next mail on the same connection (`outreach.services.exchange`). A run that dies
leaves one mail a connection in doubt, `uncertain`, and all others as they were.

Any number of runs may work on one campaign. The ledger decides who has which delivery, and a run
that lost a claim (its lease ended, or the campaign was cancelled) finds that out before it sends.
"""

import os
import random
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from outreach.domain.clock import Clock
from outreach.domain.contact import AttributeType
from outreach.domain.delivery import CampaignEvent
from outreach.domain.gate import Decision, Intent, Policy, Verdict
from outreach.errors import MessageError, OutreachError, TemplateError
from outreach.services.exchange import (
    NOT_RENDERED,
    Answer,
    Candidate,
    Exchange,
    Order,
    Ready,
    Refusal,
    Rules,
    merged,
)
from outreach.services.report import Report, Result, Totals, totals
from outreach.storage import campaigns, deliveries
from outreach.storage.campaigns import Campaign
from outreach.storage.database import Database, Held
from outreach.storage.ledger import Ledger
from outreach.transport.base import Connection, Envelope, Transport

if TYPE_CHECKING:
    from outreach.services.composing import Composed, Composer

BATCH = 50
"""How many deliveries a run claims at once for each connection. What it has not begun is freed."""

WORTH_A_CONNECTION = 5
"""No more connections are opened than there are so many mails for each."""

RENDERINGS = 5
"""How often a mail is rendered again because its contact changed just then, before it waits."""

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

    It opens up to `connections` to the transport, with a thread for each. `lease` is how long
    another run leaves alone what this one has claimed. `give_up_after` is how long after its first
    attempt a deferred mail is tried again. `draw` gives numbers from 0 to 1.
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
    ) -> None:
        self.database = database
        self.campaign = campaign
        self.composer = composer
        self.transport = transport
        self.connections = connections
        self.clock = clock
        self.owner = owner or owner_name()
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

        `progress` is called after every transaction, by one thread at a time.
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
        """Work on as many connections as the mails are worth, the first in this thread if alone."""
        supply.fill()
        number = max(1, min(self.connections, len(supply) // WORTH_A_CONNECTION))
        supply.exchange.connections = number
        if number == 1:
            _Sender(self, supply).work()
            return
        senders = [_Sender(self, supply) for _ in range(number)]
        # Daemons, so that a second Ctrl-C need not wait for a server's answer.
        threads = [threading.Thread(target=sender.work_aside, daemon=True) for sender in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for sender in senders:
            if sender.error is not None:
                raise sender.error

    def _give_back(self) -> None:
        with self.database.write() as session:
            deliveries.release(session, self.campaign.id, self.owner)

    def _finish(self) -> Totals:
        """Finish the campaign if nothing is left, and count."""
        now = self.clock()
        with self.database.write() as session:
            if deliveries.is_done(session, self.campaign.id):
                campaigns.apply(session, self.campaign.id, CampaignEvent.FINISH, now)
        return totals(self.database, self.campaign.id, self.campaign.audience, now)


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
        self.exchange = Exchange(
            self.ledger,
            run.campaign,
            run.rules,
            run.report,
            others=self._first,
            progress=progress,
        )
        #: What failed on one connection ends all.
        self.broken = False
        #: How many are in the hands of connections, not begun yet.
        self._taken = 0
        self._waiting: deque[Candidate] = deque()
        self._mutex = threading.Lock()
        self._filling = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> Candidate | None:
        """Return the next one, claiming more if need be; None when there is nothing to do."""
        while not self.is_over():
            with self._mutex:
                if self._waiting and self._has_room():
                    self._taken += 1
                    return self._waiting.popleft()
            with self._filling:
                if not self._waiting and not self.fill():
                    return None
                if not self._has_room():
                    return None
        return None

    def put_down(self) -> None:
        """Note that a connection is through with one it has taken: begun by now, or not to be."""
        with self._mutex:
            self._taken -= 1

    def put_back(self, candidate: Candidate) -> None:
        """Leave one that was not begun to another connection."""
        with self._mutex:
            self._waiting.appendleft(candidate)

    def is_over(self) -> bool:
        """Whether no further mail may be begun."""
        report = self.run.report
        ended = report.paused or report.ended_by or report.halted
        return bool(self.broken or self.stopping() or ended)

    def fill(self) -> bool:
        """Claim more of what is due; return whether there was any."""
        room = BATCH * self.run.connections
        if self.limit is not None:
            room = min(room, self.limit - self.exchange.begun - self._taken)
        if room <= 0 or self.is_over():
            return False
        run, ledger = self.run, self.ledger
        now = run.clock()
        with ledger.held.write():
            if not self.exchange.may_go_on():
                return False
            self.exchange.leased_until = now + run.rules.lease
            with ledger.held.session() as session:
                claims = deliveries.claim(
                    session,
                    run.campaign.id,
                    run.owner,
                    now=now,
                    until=self.exchange.leased_until,
                    limit=room,
                )
            fresh = [Candidate(claim, None, None) for claim in claims]
            if fresh:
                self.exchange.read(fresh, ledger.held.version(), now)
        with self._mutex:
            self._waiting.extend(fresh)
        return bool(fresh)

    def _has_room(self) -> bool:
        return self.limit is None or self.exchange.begun + self._taken < self.limit

    def _first(self, number: int) -> Sequence[Candidate]:
        with self._mutex:
            return list(islice(self._waiting, number))


class _Sender:
    """One connection at work."""

    def __init__(self, run: Run, supply: _Supply) -> None:
        self.run = run
        self.supply = supply
        self.exchange = supply.exchange
        self.error: BaseException | None = None
        #: Seconds that the last rendering took.
        self._spent = 0.0

    def work_aside(self) -> None:
        """Work in a thread of its own; `error` is what ended it early."""
        try:
            self.work()
        except BaseException as error:  # raised again by the thread that waits
            self.error = error
            self.supply.broken = True

    def work(self) -> None:
        """Send one mail after another until there is nothing to do."""
        with self.run.transport.connect() as connection:
            answer: Answer | None = None
            while True:
                if answer is not None and self._spent > SLOW:
                    if self.exchange.hand_in(Order(answer=answer)).retire:
                        return
                    answer = None
                ready = self._next()
                if ready is None and answer is None:
                    return
                order = self._begin(answer, ready)
                answer = None
                if order.go:
                    assert order.ready is not None
                    answer = self._send(connection, order.ready)
                if order.retire:
                    if ready is not None:
                        self.supply.put_back(ready.candidate)
                    return

    def _begin(self, answer: Answer | None, ready: Ready | None) -> Order:
        """Hand in an answer and the next mail, rendered again for as long as its contact changes.

        What comes back says whether that mail goes out.
        """
        taken = ready is not None
        try:
            order = self.exchange.hand_in(Order(answer=answer, ready=ready))
            for _ in range(RENDERINGS - 1):
                if not order.again or ready is None:
                    break
                ready = self._compose(ready.candidate)
                order = self.exchange.hand_in(Order(ready=ready))
            if order.again:
                # It changes faster than we render; the next run will find it calmer.
                self.run.report.add(Result.RETURNED)
        finally:
            if taken:
                self.supply.put_down()
        return order

    def _next(self) -> Ready | None:
        """Return the next mail, rendered; those that cannot be are set aside."""
        while (candidate := self.supply.take()) is not None:
            ready = self._compose(candidate)
            if ready is not None:
                return ready
            self.supply.put_down()
        return None

    def _compose(self, candidate: Candidate) -> Ready | None:
        facts = candidate.facts
        if facts is None:
            self.exchange.hand_in(Order(refusal=Refusal(candidate, merged())))
            return None
        begun = perf_counter()
        try:
            composed: Composed = self.run.composer.compose(
                facts.contact, delivery_id=candidate.claim.id, date=self.run.clock()
            )
        except (TemplateError, MessageError) as error:
            why = "; ".join(str(problem) for problem in error.problems)
            decision = Decision(Verdict.REFUSE, NOT_RENDERED, why)
            self.exchange.hand_in(Order(refusal=Refusal(candidate, decision)))
            return None
        finally:
            self._spent = perf_counter() - begun
        return Ready(candidate, facts.contact, composed)

    def _send(self, connection: Connection, ready: Ready) -> Answer:
        composed = ready.composed
        # The delivery's token is also what delivery reports bring back (RFC 3461's ENVID).
        token = composed.message_id.strip("<>").partition("@")[0]
        envelope = Envelope(composed.envelope_sender, composed.recipient, token)
        started = self.run.clock()
        receipt = connection.send(envelope, composed.message)
        return Answer(ready, receipt, started, self.run.clock())


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
    return False


def _machine() -> str:
    """Return what process numbers of this machine, or of this container, have in common."""
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        space = 0
    return f"{socket.gethostname()[:40]}:{space}"
