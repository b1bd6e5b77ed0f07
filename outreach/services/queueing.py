"""The mails that a run has claimed, in the order in which they may go.

What may not go yet, by what the run's `Pacer` last saw, is put aside by whose servers take it, so
that it keeps nobody else waiting. Of a receiver's mail only the next few are kept at hand: the rest
goes back to the ledger with the time of its turn, for whoever claims it then.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

from outreach.services.pacing import Delay, Pacer

if TYPE_CHECKING:
    from outreach.services.exchange import Candidate

AT_HAND = 50
"""How many mails to one receiver wait in a run's own hands for their turn."""


class Queue:
    """Candidates that wait for a connection."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._open: deque[Candidate] = deque()
        #: Those whose turn has not come, by operator.
        self._aside: dict[str, deque[Candidate]] = {}
        #: From when on what is given back may have its turn, by operator.
        self._booked: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._open) + sum(map(len, self._aside.values()))

    def add(self, fresh: Iterable["Candidate"], now: datetime) -> list[tuple[datetime, list[int]]]:
        """Add what was claimed; return the deliveries that had better go back, by their turn.

        Several that follow each other share the turn of the first.
        """
        back: dict[str, list[tuple[datetime, list[int]]]] = {}
        if not self._pacer.watches:
            self._open.extend(fresh)
            return []
        for candidate in fresh:
            operator = self._operator(candidate)
            delay = self._delay(candidate, now)
            if delay is None or len(self._aside.get(operator, ())) < AT_HAND:
                if delay is None:
                    self._open.append(candidate)
                else:
                    self._aside.setdefault(operator, deque()).append(candidate)
                continue
            groups = back.setdefault(operator, [])
            if not groups or len(groups[-1][1]) == AT_HAND:
                spacing = self._pacer.spacing(_email(candidate), now) * AT_HAND
                turn = max(delay.at + spacing, self._booked.get(operator, now))
                self._booked[operator] = turn + spacing
                groups.append((turn, []))
            groups[-1][1].append(candidate.claim.id)
        return [group for groups in back.values() for group in groups]

    def pop(self, now: datetime) -> "Candidate | None":
        """Return the next one that may go now."""
        if not self._pacer.watches:
            if self._aside:
                self._open.extendleft(reversed(list(chain(*self._aside.values()))))
                self._aside = {}
            return self._open.popleft() if self._open else None
        if self._pacer.delay_of_all(now) is not None:
            return None
        for operator, waiting in self._aside.items():
            if self._delay(waiting[0], now) is None:
                candidate = waiting.popleft()
                if not waiting:
                    del self._aside[operator]
                return candidate
        while self._open:
            candidate = self._open.popleft()
            if self._delay(candidate, now) is None:
                return candidate
            self._aside.setdefault(self._operator(candidate), deque()).append(candidate)
        return None

    def put_back(self, candidate: "Candidate") -> None:
        """Put one that could not go in front of all others to the same receiver."""
        self._aside.setdefault(self._operator(candidate), deque()).appendleft(candidate)

    def opens(self, now: datetime) -> Delay | None:
        """Return when the first of those put aside may go, if nothing may now."""
        if not self._aside and not self._open:
            return None
        everything = self._pacer.delay_of_all(now)
        if everything is not None:
            return everything
        delays = [
            self._delay(waiting[0], now) or Delay(now, "") for waiting in self._aside.values()
        ]
        return min(delays, key=lambda delay: delay.at, default=None)

    def is_shut(self, now: datetime) -> bool:
        """Whether nothing at all may go, so that there is no use in claiming more."""
        return self._pacer.watches and self._pacer.delay_of_all(now) is not None

    def first(self, number: int) -> Sequence["Candidate"]:
        """Return up to so many of those that wait."""
        return list(islice(chain(self._open, *self._aside.values()), number))

    def _delay(self, candidate: "Candidate", now: datetime) -> Delay | None:
        # A contact that is gone waits for nothing: it is refused.
        return self._pacer.delay(_email(candidate), now) if candidate.facts else None

    def _operator(self, candidate: "Candidate") -> str:
        return self._pacer.operator(_email(candidate))


def _email(candidate: "Candidate") -> str:
    return candidate.facts.contact.email if candidate.facts else ""
