"""Several connections that one thread keeps busy: it waits for all of them at once.

A thread for each connection is the obvious way, and the worse one here. Sending is short work
between short waits, and in Python every wait hands the interpreter's lock over to another thread;
the ledger, which has one writer, needed a second lock on top. With one thread there is nothing to
hand over, answers that come together are recorded together, and what happens has one order.
"""

import selectors
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from outreach.transport.base import (
    Connection,
    Envelope,
    HasFileno,
    Monotonic,
    Receipt,
    Talk,
    Transport,
    event_of,
)

Tag = TypeVar("Tag")


@dataclass(slots=True)  # frozen ones take longer to make, and each mail has one
class Answered(Generic[Tag]):
    """How handing over one message ended: with a receipt, or with an error that is a mistake."""

    tag: Tag
    line: "Line[Tag]"
    receipt: Receipt | None
    error: BaseException | None = None


class Line(Generic[Tag]):
    """One connection with the message in its hands, if there is one."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.tag: Tag | None = None
        self.talk: Talk[Receipt] | Talk[None] | None = None
        self.deadline = 0.0
        #: What the selector watches for this line, and for which of its events.
        self.watched: HasFileno | None = None
        self.event = 0


class Lines(Generic[Tag]):
    """Up to `number` connections to `transport`, each opened when it is first needed.

    A message is handed in with a `tag`, by which its answer is known.
    """

    def __init__(
        self, transport: Transport, number: int, *, now: Monotonic = time.monotonic
    ) -> None:
        self._now = now
        self._selector = selectors.DefaultSelector()
        self._free: list[Line[Tag]] = [Line(transport.connect()) for _ in range(number)]
        self._busy: set[Line[Tag]] = set()
        self._ended: list[Answered[Tag]] = []
        #: How many messages were handed in whose answer was not returned yet.
        self.busy = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def free(self) -> int:
        """How many messages could be handed in now."""
        return len(self._free)

    def send(self, tag: Tag, envelope: Envelope, data: bytes) -> None:
        """Begin to hand over one message on a connection that is free."""
        line = self._free.pop()
        line.tag = tag
        line.talk = line.connection.talk(envelope, data)
        self._busy.add(line)
        self.busy += 1
        self._go_on(line)

    def answers(self, seconds: float = 0) -> list[Answered[Tag]]:
        """Return how those ended that have, waiting up to `seconds` for something to happen."""
        if self.busy:
            self._wait(0 if self._ended else seconds)
        ended, self._ended = self._ended, []
        self.busy -= len(ended)
        self._free += [each.line for each in ended]
        return ended

    def await_answer(self, seconds: float | None = None) -> None:
        """Wait until `answers` has one to return, if any message was handed in.

        With `seconds` no longer than that.
        """
        until = None if seconds is None else self._now() + seconds
        while self.busy and not self._ended:
            left = None if until is None else until - self._now()
            if left is not None and left <= 0:
                break
            self._wait(left)

    def retire(self, line: Line[Tag]) -> None:
        """Part for good from a connection that has given its answer."""
        self._free.remove(line)
        self._begin_farewell(line)

    def close(self) -> None:
        """Part from all at once. What is in hand is broken off; nobody learns what became of it."""
        for line in list(self._busy):
            if line.tag is not None and line.talk is not None:
                line.talk.close()
                self._forget(line)
                self._busy.discard(line)
        for line in [*self._free, *(each.line for each in self._ended)]:
            self._begin_farewell(line)
        self._free, self._ended, self.busy = [], [], 0
        while self._busy:
            self._wait(None)
        self._selector.close()

    def _begin_farewell(self, line: Line[Tag]) -> None:
        line.tag = None
        line.talk = line.connection.farewell()
        self._busy.add(line)
        self._go_on(line)

    def _wait(self, seconds: float | None) -> None:
        """Go on with those lines that can, once; wait for the first of them up to `seconds`."""
        patience = seconds
        if seconds != 0 and self._busy:
            until = max(0.0, min(line.deadline for line in self._busy) - self._now())
            patience = until if seconds is None else min(seconds, until)
        for key, _ in self._selector.select(patience):
            line: Line[Tag] = key.data
            if line.talk is None:
                # It has nothing to say now; whoever uses it next finds out what the server wants.
                self._forget(line)
            else:
                self._go_on(line)
        if seconds != 0:
            now = self._now()
            for line in [line for line in self._busy if line.deadline <= now]:
                self._go_on(line)

    def _go_on(self, line: Line[Tag]) -> None:
        assert line.talk is not None
        receipt: Receipt | None = None
        problem: BaseException | None = None
        try:
            wait = next(line.talk)
        except StopIteration as end:
            receipt = end.value
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the caller raises it, when the others are done
            problem = error
        else:
            line.deadline = self._now() + wait.seconds
            event = event_of(wait)
            if wait.on is not line.watched or event != line.event:
                self._watch(line, wait.on, event)
            return
        tag, line.tag, line.talk = line.tag, None, None
        self._busy.discard(line)
        if tag is None or (line.watched is not None and line.watched.fileno() < 0):
            # Closed: another line's next connection may have the same number.
            self._forget(line)
        if tag is None:
            return
        self._ended.append(Answered(tag, line, receipt, problem))

    def _watch(self, line: Line[Tag], on: HasFileno, event: int) -> None:
        if on is line.watched:
            self._selector.modify(on, event, line)
        else:
            self._forget(line)
            self._selector.register(on, event, line)
        line.watched, line.event = on, event

    def _forget(self, line: Line[Tag]) -> None:
        if line.watched is not None:
            self._selector.unregister(line.watched)
        line.watched, line.event = None, 0
