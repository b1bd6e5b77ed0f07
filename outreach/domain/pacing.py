"""Pacing: how fast mail may go, decided from what is known and an instant, and from nothing else.

A **lane** is what mails have in common that a limit is about: the transport, or the operator of the
receiving mail servers. Each has a token bucket. `Bucket` is two numbers, so that it lives in a
database row that all processes share, and refilling it is arithmetic: nobody has to sleep or count.

Receivers that find us too fast say so. `backed_off` and `accepted` are Gmail's rule for its answer
4.7.28 (support page 81126): stop for ten minutes at least, then go on with one connection, and add
connections one at a time. `Breaker` says when a mailing does more harm than good.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from outreach.domain.windows import Windows

CLOCK_SLACK = timedelta(minutes=5)
"""How far the clocks of machines may differ. A bucket further ahead than that was written by a
clock that has been put right since."""

REFUSED_PAUSE = timedelta(minutes=10)
"""How long nothing goes to a receiver that found us too fast, at least."""

LONGEST_PAUSE = timedelta(hours=4)
"""How long it is at most, before jitter, however often it was refused again."""

STEP = timedelta(minutes=1)
"""How long after a connection was added, and went well, another one may be."""

MOST_PAUSES = 6
"""After so many pauses without getting back to speed, a person has to look at it."""

JITTER = 0.25
"""How much longer than computed a pause may be, as a share of it."""

_LONGEST_CLOSURE = timedelta(days=1)  # longer than any pause
_NEARLY_ONE = 1 - 1e-6
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_RATE = re.compile(r"(\d{1,9})\s*(?:/|per|an?)\s*(second|minute|hour|day)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many mails in so much time; `burst` is how many may go at once after a rest, 1 or more.

    In any stretch of time no more than `burst` and what the rate gives for the stretch go out.
    """

    number: float
    per: timedelta
    burst: float = 1

    @classmethod
    def parse(cls, text: str, burst: float = 1) -> "Rate":
        """Read a rate such as ``600/hour``, or raise `ValueError`."""
        found = _RATE.fullmatch(text.strip().lower())
        if not found or int(found[1]) == 0:
            raise ValueError("must be a rate such as 10/second, 600/hour or 5000/day")
        return cls(int(found[1]), _UNITS[found[2]], burst)

    def __str__(self) -> str:
        unit = next(name for name, length in _UNITS.items() if length == self.per)
        return f"{self.number:g}/{unit}"

    def after(self, span: timedelta) -> float:
        """Return how many mails the rate gives in `span`."""
        return self.number * (span / self.per)

    def time_for(self, mails: float) -> timedelta:
        """Return how long the rate takes to give so many mails, in whole microseconds."""
        micro = timedelta(microseconds=1)
        return math.ceil(mails / self.number * (self.per / micro)) * micro


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many mails may go at once, `level`, as of `at`."""

    level: float
    at: datetime

    def refilled(self, rate: Rate, now: datetime) -> "Bucket":
        """Return the bucket as it is at `now`.

        A clock that goes backwards gives nothing: time counts again when it has caught up, or from
        `now` on where the difference is more than clocks that are right can have.
        """
        if now < self.at:
            at = self.at if self.at - now <= CLOCK_SLACK else now
            return Bucket(min(self.level, rate.burst), at)
        return Bucket(min(self.level + rate.after(now - self.at), rate.burst), now)

    def ready_at(self, rate: Rate, mails: int = 1) -> datetime:
        """Return when there is enough for so many more mails, if nobody else takes any."""
        if self.level >= mails - 1 + _NEARLY_ONE:
            return self.at
        return self.at + rate.time_for(mails - self.level)

    @property
    def has_one(self) -> bool:
        """Whether a mail may go."""
        return self.level >= _NEARLY_ONE

    def less(self, mails: int = 1) -> "Bucket":
        """Return the bucket without what so many mails take."""
        return Bucket(max(self.level - mails, 0.0), self.at)

    def owing(self, mails: int = 1) -> "Bucket":
        """Return the bucket after mails that went without asking: later ones make up for them."""
        return Bucket(self.level - mails, self.at)


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How an address or domain that nobody knows yet earns its name: a little more every day.

    On the UTC day `since` at most `first` mails go out, on each further day `growth` times as many,
    until that would be more than `to` a day; from then on it limits nothing.
    """

    since: date
    first: int
    growth: float
    to: int

    def volume(self, day: date) -> float | None:
        """Return how many mails may go on `day`; None once it is over."""
        days = max((day - self.since).days, 0)
        # Compared as logarithms: after some years the number itself would not fit a float.
        if math.log(self.first) + days * math.log(self.growth) > math.log(self.to):
            return None
        return self.first * self.growth**days

    def rate(self, now: datetime) -> Rate | None:
        """Return the steady rate of the day, by which no 24 hours see more than its volume."""
        volume = self.volume(now.astimezone(UTC).date())
        if volume is None:
            return None
        burst = max(1.0, volume / 24)
        return Rate(max(volume - burst, volume / 48), timedelta(days=1), burst)


@dataclass(frozen=True, slots=True)
class Lane:
    """What is known of one lane, and shared by all that send.

    Nothing goes before `closed_until`. `connections` is how many mails may be on their way at once
    while it is being brought back to speed, None where it is at speed. `pauses` counts how often it
    was refused since it last was, `stepped_at` is when a connection was last added.
    """

    name: str
    bucket: Bucket
    closed_until: datetime | None = None
    pauses: int = 0
    connections: int | None = None
    stepped_at: datetime | None = None

    @property
    def is_slowed(self) -> bool:
        """Whether a receiver has found us too fast, and we are not back at speed."""
        return self.connections is not None


def new_lane(name: str, rate: Rate | None, now: datetime) -> Lane:
    """Return a lane on which nothing has gone yet."""
    return Lane(name, Bucket(rate.burst if rate else 1.0, now))


def closed(lane: Lane, now: datetime) -> datetime | None:
    """Return until when the lane is closed, or None where it is open at `now`.

    What is closed for longer than any pause lasts was so by a clock that was ahead.
    """
    if lane.closed_until is None or not now < lane.closed_until <= now + _LONGEST_CLOSURE:
        return None
    return lane.closed_until


def backed_off(lane: Lane, now: datetime, *, asked: timedelta | None, jitter: float) -> Lane:
    """Return the lane after its receiver has said at `now` that we are too fast.

    `asked` is how long they want us to wait, if they said. The pause doubles each time. What says
    so while the lane is closed was under way before, and is no news. `jitter` is drawn from 0 to 1.
    """
    if closed(lane, now):
        return lane
    least = max(REFUSED_PAUSE, asked or REFUSED_PAUSE)
    pause = min(least * 2 ** min(lane.pauses, 16), max(LONGEST_PAUSE, least))
    until = now + pause * (1 + JITTER * jitter)
    return replace(
        lane, closed_until=until, pauses=lane.pauses + 1, connections=1, stepped_at=until
    )


def accepted(lane: Lane, now: datetime, most: int) -> Lane:
    """Return the lane after a mail was taken at `now`; `most` connections are full speed."""
    if lane.connections is None or lane.stepped_at is None:
        return lane
    if lane.stepped_at > now + _LONGEST_CLOSURE:  # by a clock that was ahead
        return replace(lane, closed_until=None, stepped_at=now)
    if now < lane.stepped_at + STEP:
        return lane
    if lane.connections + 1 >= most:
        return replace(lane, closed_until=None, pauses=0, connections=None, stepped_at=None)
    return replace(lane, connections=lane.connections + 1, stepped_at=now)


@dataclass(frozen=True, slots=True)
class Limit:
    """What holds for one lane: a rate, and how many mails may be on their way at once."""

    rate: Rate | None = None
    connections: int | None = None

    @property
    def is_any(self) -> bool:
        """Whether there is a limit at all."""
        return self.rate is not None or self.connections is not None


@dataclass(frozen=True, slots=True)
class Health:
    """How a mailing does: how many mails have an answer, and how many of them went wrong."""

    answered: int = 0
    bounced: int = 0
    complained: int = 0

    def __add__(self, other: "Health") -> "Health":
        return Health(
            self.answered + other.answered,
            self.bounced + other.bounced,
            self.complained + other.complained,
        )

    def __sub__(self, other: "Health") -> "Health":
        return Health(
            self.answered - other.answered,
            self.bounced - other.bounced,
            self.complained - other.complained,
        )


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a mailing stops itself: at so many bounces or complaints, in per cent of the answers.

    Nothing is judged by fewer than `sample` answers, nor by the complaint of one person alone.
    Receivers want less than 0.1 % of complaints and never 0.3 % (Gmail's and Yahoo's rules).
    """

    bounces: float
    complaints: float
    sample: int

    def trips(self, health: Health) -> str | None:
        """Return why the mailing must stop, or None."""
        if health.answered < self.sample or not health.answered:
            return None
        for what, number, least, limit in (
            ("bounced", health.bounced, 1, self.bounces),
            ("brought a complaint", health.complained, 2, self.complaints),
        ):
            share = number * 100 / health.answered
            if number >= least and share >= limit:
                shown = f"{share:.2g}" if share < 10 else f"{share:.0f}"
                return (
                    f"{number:,} of {health.answered:,} mails {what}: {shown} %, "
                    f"and {limit:g} % is the limit"
                )
        return None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one server of several is given."""

    limit: Limit = Limit()
    warm_up: WarmUp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """All that limits how fast mail goes.

    `transport` and `warm_up` hold for everything, `servers` for what goes through one of several
    servers, `domain` for each operator of receiving mail servers that `domains` does not name.
    Windows are in the contact's time zone, or in `zone` where that is set.
    A run whose next mail may go within `patience` waits for it.
    """

    transport: Limit = Limit()
    warm_up: WarmUp | None = None
    servers: Mapping[str, Allowance] = field(default_factory=dict)
    domain: Limit = Limit()
    domains: Mapping[str, Limit] = field(default_factory=dict)
    windows: Windows | None = None
    zone: str | None = None
    patience: timedelta = timedelta(minutes=10)

    def limit_for(self, operator: str) -> Limit:
        """Return what holds for mail to `operator`."""
        return self.domains.get(operator, self.domain)

    @property
    def tells_domains_apart(self) -> bool:
        """Whether it matters who runs a receiving domain's servers."""
        return self.domain.is_any or bool(self.domains)
