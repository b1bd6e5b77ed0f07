"""Several next hops in order: the next is used while the one before it fails us."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
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

#: How long, in seconds, a server that failed is left alone before it is tried first again.
REST = 60.0


@dataclass(frozen=True, slots=True)
class FailoverTransport:
    """Transports in order of preference.

    Another is tried only when the fault is the server's or the network's *and* the content was not
    on the wire yet; a refusal of the address or the message is the same everywhere, and silence
    after the content must never lead to a second copy.
    """

    transports: tuple[Transport, ...]
    now: Monotonic = field(default=time.monotonic, repr=False)

    @property
    def name(self) -> str:
        """All names, in order."""
        return ", ".join(transport.name for transport in self.transports)

    def connect(self) -> "FailoverConnection":
        """Return a connection that opens one to each transport as it needs them."""
        return FailoverConnection(self.transports, self.now)


class FailoverConnection:
    """One connection to each of several transports; see `outreach.transport.base.Connection`."""

    def __init__(self, transports: Sequence[Transport], now: Monotonic) -> None:
        self._connections: list[Connection] = [transport.connect() for transport in transports]
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
        for at in order:
            receipt = yield from self._connections[at].talk(envelope, data)
            if not receipt.is_safe_elsewhere:
                break
            self._resting_until[at] = self._now() + REST
        assert receipt is not None
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
