"""What a run may send at this moment, by limits that it shares with all others.

The limits' state is in the database (`outreach.storage.lanes`): a run takes from it in the very
transaction that records `sending`. So that no mail is rendered in vain, a `Pacer` also keeps in
mind what it last saw there, less what its own connections have in hand. Where nothing is limited
and no receiver has slowed us down, `watches` is false and a mail costs one look at that.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outreach.domain.causes import BEFORE_RECIPIENT, Cause, Step
from outreach.domain.feedback import Outcome
from outreach.domain.gate import Decision, Verdict
from outreach.domain.mailing import ContentClass
from outreach.domain.operators import operator_at_hand, operator_of
from outreach.domain.pacing import (
    MOST_PAUSES,
    Lane,
    Limit,
    Pace,
    Rate,
    WarmUp,
    accepted,
    backed_off,
    closed,
    new_lane,
)
from outreach.storage import operators
from outreach.storage.database import Database
from outreach.storage.lanes import Lanes
from outreach.transport.base import Receipt

if TYPE_CHECKING:
    from outreach.transport.exchangers import Lookup

BUSY = timedelta(seconds=0.5)
"""When to look again where as many mails are under way as may be."""

SPACING = timedelta(milliseconds=20)
"""How far apart mails are taken to go where only their number under way is limited. Too little
makes no harm: what comes too early waits again."""

LOOK = timedelta(seconds=1)
"""How often to see whether another run was slowed down."""

WINDOW = "window"
PACED = "paced"
"""What a delivery that waits says it waits for."""

_DOMAIN = "domain "
"""What the name of a receiver's lane begins with."""


@dataclass(frozen=True, slots=True)
class Delay:
    """When a mail that may not go now may go, as far as can be known, and what it waits for."""

    at: datetime
    why: str


class Pacer:
    """The limits of one run through the transport called `transport`.

    `connections` is how many of its own it opens at most: full speed, where no limit says less.
    `lookup` finds domains' mail servers, where it matters who runs them; without it only well-known
    domains are told apart by that. `draw` gives numbers from 0 to 1, `firm_zone` is the zone of
    contacts without one.
    `preferred` names the server that the next mail is likely to go to, where there are several.
    """

    def __init__(
        self,
        pace: Pace,
        transport: str,
        *,
        connections: int,
        draw: Callable[[], float] = random.random,
        firm_zone: str = "UTC",
        lookup: "Lookup | None" = None,
        preferred: Callable[[], str] | None = None,
    ) -> None:
        self.pace = pace
        self.connections = connections
        self._limits = bool(
            pace.transport.is_any
            or pace.warm_up is not None
            or pace.servers
            or pace.tells_domains_apart
        )
        self._draw = draw
        self._firm_zone = firm_zone
        self._lookup = lookup
        self._transport = f"transport {transport}"[:300]
        self._warm_up = f"warm-up {transport}"[:300]
        self._preferred = preferred or (lambda: transport)
        #: The server that a mail which begins now is begun for, and those of mails under way.
        self._server = self._preferred()
        self._begun_for: dict[int, str] = {}
        self._operators: dict[str, str] = {}
        self._lanes: Lanes | None = None
        self._looked_at: datetime | None = None
        #: Lanes that a receiver has slowed down, whoever it told.
        self._slowed: set[str] = set()
        #: Lanes as they were when last seen, and until when there is no use in looking again.
        self._seen: dict[str, Lane] = {}
        self._busy: dict[str, datetime] = {}
        #: How many mails of ours are in hand, to be begun, by lane.
        self._in_hand: Counter[str] = Counter()
        self._hands: dict[int, list[str]] = {}
        #: Lanes that are locked in the transaction that is open, and those of them that changed.
        self._open: dict[str, Lane] = {}
        self._changed: set[str] = set()
        self._under_way: dict[str, int] = {}
        #: The lanes on which each of our mails is counted as under way.
        self._passages: dict[int, list[str]] = {}
        #: Operators that found us too fast since a mail was last taken.
        self._complaining: set[str] = set()

    @property
    def watches(self) -> bool:
        """Whether it has to be asked about every mail."""
        return self._limits or bool(self._slowed or self._passages)

    # Where a mail goes

    def compares(self, answered: Iterable[Receipt] = ()) -> bool:
        """Whether it matters who runs a receiver's servers: for limits, or once one was too slow.

        `answered` are answers that were not heard yet.
        """
        return (
            self.pace.tells_domains_apart
            or any(name.startswith(_DOMAIN) for name in self._slowed)
            or any(_is_about_the_receiver(receipt) for receipt in answered)
        )

    def has_placed(self, emails: Iterable[str]) -> bool:
        """Whether `place` was asked about all of these."""
        return all(_domain(email) in self._operators for email in emails)

    def place(self, database: Database, emails: Iterable[str], now: datetime) -> None:
        """Find out who runs the servers of these addresses.

        It may ask the DNS: to be called outside of any transaction, and only where it `compares`.
        """
        domains = {_domain(email) for email in emails} - self._operators.keys()
        if not domains:
            return
        for domain in domains:
            self._operators[domain] = operator_at_hand(domain) or domain
        unknown = sorted(domain for domain in domains if operator_at_hand(domain) is None)
        if not unknown or self._lookup is None:
            return
        with database.read() as session:
            self._operators |= (kept := operators.known(session, unknown, now))
        asked = self._lookup([domain for domain in unknown if domain not in kept])
        found = {
            domain: (operator_of(domain, answer.servers)[:255], now + answer.lifetime)
            for domain, answer in asked.items()
        }
        if found:
            self._operators |= {domain: operator for domain, (operator, _) in found.items()}
            with database.write() as session:
                operators.remember(session, found)

    def operator(self, email: str) -> str:
        """Return who runs the servers that take mail for this address."""
        domain = _domain(email)
        return self._operators.get(domain) or operator_at_hand(domain) or domain

    # Before a transaction: what is worth rendering

    def delay(self, email: str, now: datetime) -> Delay | None:
        """Return when a mail to this address may go, by what was last seen; None for now."""
        return self._delay(self._ways(email, now), now)

    def delay_of_all(self, now: datetime) -> Delay | None:
        """Return when any mail at all may go; None for now."""
        self._server = self._preferred()
        return self._delay(self._common_ways(now), now)

    def _delay(self, ways: Iterable[tuple[str, Limit, Rate | None]], now: datetime) -> Delay | None:
        delays = []
        for name, limit, rate in ways:
            lane = self._seen.get(name)
            if lane is None:
                continue
            if (busy := self._busy.get(name)) and now < busy:
                delays.append(Delay(busy, _told(name, limit, lane)))
            others = self._in_hand[name]
            bucket = lane.bucket.refilled(rate, now) if rate else None
            until = closed(lane, now)
            if until is None and rate and bucket and not bucket.less(others).has_one:
                until = bucket.ready_at(rate, others + 1)
            if until is not None:
                delays.append(Delay(until, _told(name, limit, lane)))
        return max(delays, key=lambda delay: delay.at, default=None)

    def spacing(self, email: str, now: datetime) -> timedelta:
        """Return how far apart mails to this address go, about."""
        rates = [rate for _, _, rate in self._ways(email, now) if rate]
        return max([SPACING, *(rate.time_for(1) for rate in rates)])

    def take_in_hand(self, delivery_id: int, email: str, now: datetime) -> None:
        """Note that a mail is about to be rendered and begun."""
        names = [name for name, _, _ in self._ways(email, now)]
        self._in_hand.update(names)
        self._hands[delivery_id] = names

    def let_go(self, delivery_id: int) -> None:
        """Note that it was begun, or will not be now."""
        self._in_hand.subtract(self._hands.pop(delivery_id, ()))

    def window(
        self, timezone: str | None, content_class: ContentClass, now: datetime
    ) -> Decision | None:
        """Return that mail to a contact in `timezone` waits for a window; None where it may go.

        What threatens somebody's interest does not wait.
        """
        pace = self.pace
        if pace.windows is None or content_class is ContentClass.ALERT:
            return None
        zone = pace.zone or timezone or self._firm_zone
        opens = pace.windows.opens(now, ZoneInfo(zone))
        if opens is None:
            return None
        whose = "the campaign's" if pace.zone else "the contact's"
        why = f"no sending window is open in {whose} time zone, {zone}"
        return Decision(Verdict.HOLD, WINDOW, why, opens)

    def count(self, database: Database, email: str, now: datetime) -> None:
        """Count a mail to this address that somebody sends by hand and that waits for nothing.

        The bulk of the mail makes up for it. To be called outside of any transaction.
        """
        if not self._limits:
            return
        if self.compares():
            self.place(database, [email], now)
        rates = {name: rate for name, _, rate in self._ways(email, now) if rate}
        if not rates:
            return
        with database.hold() as held, held.write():
            lanes = Lanes(held)
            open_ = lanes.load({name: new_lane(name, rate, now) for name, rate in rates.items()})
            lanes.save(
                replace(lane, bucket=lane.bucket.refilled(rates[name], now).owing())
                for name, lane in open_.items()
            )

    # Within a transaction

    def look(self, lanes: Lanes, now: datetime) -> None:
        """See whether a receiver has slowed anybody down."""
        self._looked_at = now
        self._slowed = set(lanes.slowed())

    def enter(
        self, lanes: Lanes, emails: Iterable[str], answered: Collection[Receipt], now: datetime
    ) -> None:
        """Lock what mails to these addresses, about to begin or just answered, have to do with."""
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < LOOK:
            self.look(lanes, now)
        self._lanes = lanes
        self._server = self._preferred()
        too_fast = any(is_too_fast(receipt) for receipt in answered)
        if not (too_fast or self.watches):
            return
        ways = [
            way for email in set(emails) for way in self._ways(email, now, all_of_them=too_fast)
        ]
        self._load(ways, now)

    def _load(self, ways: Iterable[tuple[str, Limit, Rate | None]], now: datetime) -> None:
        """Lock these lanes."""
        assert self._lanes is not None
        self._under_way = {}
        new: dict[str, Lane] = {}
        for name, _, rate in ways:
            new.setdefault(name, new_lane(name, rate, now))
        self._open = self._lanes.load(new)

    def begin(self, delivery_id: int, email: str, now: datetime, until: datetime) -> Delay | None:
        """Take what one mail takes and return None, or when it may go.

        If nobody says what became of it, it counts as under way until `until`.
        """
        delay = self._take(delivery_id, self._ways(email, now), now, until)
        if delay is None and self.pace.servers:
            self._begun_for[delivery_id] = self._server
        return delay

    def fail_over(
        self, delivery_id: int, server: str, now: datetime, until: datetime
    ) -> Delay | None:
        """Take what a mail that was begun takes at `server` and return None, or when it may go.

        It costs nothing at the one that it was begun for. To be called outside of any transaction:
        it makes one, so that what it took is on record before the mail goes that way.
        """
        ways = self._ways_through(server, now)
        if server == self._begun_for.get(delivery_id) or not ways:
            return None
        assert self._lanes is not None
        with self._lanes.held.write():
            self._load(ways, now)
            delay = self._take(delivery_id, ways, now, until)
            self.leave()
        return delay

    def _take(
        self,
        delivery_id: int,
        ways: Iterable[tuple[str, Limit, Rate | None]],
        now: datetime,
        until: datetime,
    ) -> Delay | None:
        taken: list[Lane] = []
        crowded: list[str] = []
        delays: list[Delay] = []
        for name, limit, rate in ways:
            lane = self._open.get(name)
            assert lane is not None, "it was not among those that entered"
            if rate:
                lane = replace(lane, bucket=lane.bucket.refilled(rate, now))
            if shut := closed(lane, now):
                delays.append(Delay(shut, _told(name, limit, lane)))
            elif (most := _most(limit, lane)) is not None:
                crowded.append(name)
                if self._count(name, now) >= most:
                    self._busy[name] = now + BUSY
                    delays.append(Delay(now + BUSY, _told(name, limit, lane)))
            if rate and not lane.bucket.has_one:
                delays.append(Delay(lane.bucket.ready_at(rate), _told(name, limit, lane)))
            taken.append(replace(lane, bucket=lane.bucket.less()) if rate else lane)
        if delays:
            self._seen |= {lane.name: self._open[lane.name] for lane in taken}
            return max(delays, key=lambda delay: delay.at)
        assert self._lanes is not None
        for lane in taken:
            self._change(lane)
        for name in crowded:
            self._lanes.depart(name, delivery_id, until)
            self._under_way[name] += 1
        if crowded:
            self._passages.setdefault(delivery_id, []).extend(crowded)
        return None

    def heard(
        self, delivery_id: int, email: str, receipt: Receipt, now: datetime, *, alone: bool
    ) -> str | None:
        """Take an answer into account; return why a person must look at it, if one must.

        `alone` says that no other connection of ours is at work: a server that takes no further
        connection may still be content with those there are. One that takes no further mail is not.
        """
        assert self._lanes is not None
        if self._begun_for:
            self._begun_for.pop(delivery_id, None)
        if self._passages:
            for name in self._passages.pop(delivery_id, ()):
                self._lanes.arrive(delivery_id, name)
                self._busy.pop(name, None)
        if is_too_fast(receipt):
            return self._slow_down(email, receipt, now, alone=alone)
        if receipt.outcome is Outcome.ACCEPTED and self._slowed:
            self._complaining.clear()
            for name, limit, _ in self._ways(email, now):
                lane = self._open.get(name)
                if lane is not None and lane.is_slowed:
                    self._change(accepted(lane, now, limit.connections or self.connections))
        return None

    def withdraw(self, delivery_id: int) -> None:
        """Note that a mail which was to begin did not: what it took is lost, its place is not."""
        assert self._lanes is not None
        self._begun_for.pop(delivery_id, None)
        for name in self._passages.pop(delivery_id, ()):
            self._lanes.arrive(delivery_id, name)

    def keep(self, lanes: Lanes, until: datetime) -> None:
        """Have mails that are under way count as that until `until`, if nobody says more."""
        for delivery_id, names in self._passages.items():
            for name in names:
                lanes.depart(name, delivery_id, until)

    def leave(self) -> None:
        """Write what has changed: the last thing in a transaction."""
        if not self._open:
            return
        if self._lanes is not None and self._changed:
            self._lanes.save(self._open[name] for name in sorted(self._changed))
        self._seen |= self._open
        self._open, self._changed = {}, set()

    def _slow_down(self, email: str, receipt: Receipt, now: datetime, *, alone: bool) -> str | None:
        operator = self.operator(email)
        names = [_lane_of(operator)]
        if receipt.step in BEFORE_RECIPIENT:
            if not (alone or receipt.step is Step.SENDER):
                return None
            names = [self._transport]
        elif self._complaining - {operator}:
            # One receiver may be strict; when a second one says so, it is about the way there.
            names.append(self._transport)
        self._complaining.add(operator)
        for name in names:
            lane = backed_off(self._open[name], now, asked=receipt.retry_after, jitter=self._draw())
            if lane.pauses > MOST_PAUSES:
                return (
                    f"{name.partition(' ')[2]} found us too fast {MOST_PAUSES} times in a row, "
                    "the last time"
                )
            self._change(lane)
            self._slowed.add(name)
        return None

    def _change(self, lane: Lane) -> None:
        if lane != self._open.get(lane.name):
            self._open[lane.name] = lane
            self._changed.add(lane.name)
            if not lane.is_slowed:
                self._slowed.discard(lane.name)

    def _count(self, name: str, now: datetime) -> int:
        if name not in self._under_way:
            assert self._lanes is not None
            self._under_way[name] = self._lanes.under_way(name, now)
        return self._under_way[name]

    def _ways(
        self, email: str, now: datetime, *, all_of_them: bool = False
    ) -> list[tuple[str, Limit, Rate | None]]:
        """Return the lanes that a mail to `email` takes and that matter, with what holds there."""
        found = self._common_ways(now, all_of_them=all_of_them)
        if all_of_them or self._slowed or self.pace.tells_domains_apart:
            operator = self.operator(email)
            limit, name = self.pace.limit_for(operator), _lane_of(operator)
            if all_of_them or limit.is_any or name in self._slowed:
                found.append((name, limit, limit.rate))
        return found

    def _common_ways(
        self, now: datetime, *, all_of_them: bool = False
    ) -> list[tuple[str, Limit, Rate | None]]:
        """Return the lanes that every mail takes, as `_ways` does."""
        pace = self.pace
        found: list[tuple[str, Limit, Rate | None]] = []
        if all_of_them or pace.transport.is_any or self._transport in self._slowed:
            found.append((self._transport, pace.transport, pace.transport.rate))
        if pace.warm_up is not None:
            found += self._warming(self._warm_up, pace.warm_up, now)
        if pace.servers:
            found += self._ways_through(self._server, now)
        return found

    def _ways_through(self, server: str, now: datetime) -> list[tuple[str, Limit, Rate | None]]:
        """Return the lanes that mail through one server of several takes beside those of all."""
        given = self.pace.servers.get(server)
        if given is None:
            return []
        found: list[tuple[str, Limit, Rate | None]] = []
        if given.limit.is_any:
            found.append((f"server {server}"[:300], given.limit, given.limit.rate))
        if given.warm_up is not None:
            found += self._warming(f"server-warm-up {server}"[:300], given.warm_up, now)
        return found

    def _warming(
        self, name: str, warm_up: WarmUp, now: datetime
    ) -> list[tuple[str, Limit, Rate | None]]:
        """Return the lane of what is warming up, until it is over."""
        rate = warm_up.rate(now)
        if rate is None:
            return []
        # What the day gives that the bucket was last looked at: never more than today's.
        seen = self._seen.get(name)
        earlier = warm_up.rate(seen.bucket.at) if seen else None
        return [(name, Limit(rate), earlier or rate)]


def _lane_of(operator: str) -> str:
    return f"{_DOMAIN}{operator}"[:300]


def _is_about_the_receiver(receipt: Receipt) -> bool:
    """Whether one receiver, rather than the way there, asks us to slow down."""
    return is_too_fast(receipt) and receipt.step not in BEFORE_RECIPIENT


def is_too_fast(receipt: Receipt) -> bool:
    """Whether a receiver asks us to slow down, and will take the mail then."""
    return receipt.outcome is Outcome.DEFERRED and receipt.cause is Cause.RATE


def _most(limit: Limit, lane: Lane) -> int | None:
    """Return how many mails may be under way at once, None for any number."""
    return min((n for n in (limit.connections, lane.connections) if n is not None), default=None)


def _told(name: str, limit: Limit, lane: Lane) -> str:
    """Return in words what a mail waits for."""
    kind, _, whom = name.partition(" ")
    if lane.closed_until is not None:
        return f"{whom} found us too fast"
    if kind.endswith("warm-up"):
        return f"{whom} is warming up: about {limit.rate.number:.0f} a day" if limit.rate else name
    if limit.rate is not None:
        return f"{whom} is given {limit.rate}"
    return f"{whom} is given {_most(limit, lane)} at once"


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
