"""Several next hops in order: the next is used while the one before it fails us."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

from outreach.transport.base import (
    Connection,
    Envelope,
    Monotonic,
    Receipt,
    Talk,
    Transport,
    complete,
)

#: How long, in seconds, a server that failed is left alone before it is tried first again, unless
#: it asks for more.
REST = 60.0


@dataclass(frozen=True, slots=True)
class FailoverTransport:
    """Transports in order of preference.

    Another is tried only when the server or the network failed, or the server would not have us at
    all, *and* the content was not on the wire yet (`Receipt.is_safe_elsewhere`); a refusal of the
    address or the message is the same everywhere, and silence after the content must never lead to
    a second copy. One whose turn has not come is passed over
    (`Envelope.turn`).
    """

    transports: tuple[Transport, ...]
    now: Monotonic = field(default=time.monotonic, repr=False)
    #: Until when those rest that failed the last time any connection tried them, by position.
    _resting: dict[int, float] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    @property
    def name(self) -> str:
        """All names, in order."""
        return ", ".join(transport.name for transport in self.transports)

    @property
    def preferred(self) -> str:
        """The name of the first that works, as far as is known: there the next message will go."""
        now = self.now()
        works = (
            each for at, each in enumerate(self.transports) if self._resting.get(at, now) <= now
        )
        return next(works, self.transports[0]).name

    def connect(self) -> "FailoverConnection":
        """Return a connection that opens one to each transport as it needs them."""
        return FailoverConnection(self.transports, self._resting, self.now)


class FailoverConnection:
    """One connection to each of several transports; see `outreach.transport.base.Connection`."""

    def __init__(
        self, transports: Sequence[Transport], resting: dict[int, float], now: Monotonic
    ) -> None:
        self._names = [transport.name for transport in transports]
        self._connections: list[Connection] = [transport.connect() for transport in transports]
        #: What all connections of the transport know.
        self._resting = resting
        self._resting_until = [0.0] * len(transports)
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, envelope: Envelope, data: bytes) -> Receipt:
        """Hand over one message, and wait for its end."""
        return complete(self.talk(envelope, data))

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        """Hand over one message through the first that can; see `Connection.talk`."""
        now = self._now()
        # Those that failed a moment ago come last, so that not every message waits for them.
        order = sorted(
            range(len(self._connections)), key=lambda at: (self._resting_until[at] > now, at)
        )
        receipt: Receipt | None = None
        held: list[timedelta] = []
        for at in order:
            if envelope.turn is not None:
                wait = envelope.turn(self._names[at])
                if wait is not None:
                    held.append(wait)
                    continue
            receipt = yield from self._connections[at].talk(envelope, data)
            if not receipt.is_safe_elsewhere:
                self._resting.pop(at, None)
                return receipt
            rest = max(REST, receipt.retry_after.total_seconds() if receipt.retry_after else 0)
            self._resting_until[at] = self._resting[at] = self._now() + rest
        assert receipt is not None, "the one that the message was begun for never has to wait"
        receipt.held = min(held, default=None)
        return receipt

    def farewell(self) -> Talk[None]:
        """Part from all."""
        for connection in self._connections:
            yield from connection.farewell()

    def close(self) -> None:
        """Part from all, and wait for the end of it."""
        with ExitStack() as stack:
            for connection in self._connections:
                stack.callback(connection.close)
