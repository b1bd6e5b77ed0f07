"""The contract with the next hop: one envelope and the bytes go in, a receipt comes out.

A `Transport` knows where to deliver and may be shared by threads; a `Connection` belongs to one
thread and is given one message after another. Nothing that a server, a network or a disk does makes
it raise: it is all in the `Receipt`, which answers whose fault it was, and for how long. What every
implementation must do is in ``tests/contracts/test_transport.py``.

What a connection does is a `Talk`: a generator that yields a `Wait` wherever it has to wait for its
peer. `complete` waits there, for who has one message to send; `outreach.transport.lines` goes on
with another connection meanwhile, so that one thread keeps as many busy as there are.
"""

import re
import selectors
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self, TypeVar

from outreach.domain.causes import BEFORE_RECIPIENT, Cause, Reply, Step
from outreach.domain.feedback import Fault, Outcome, Verdict

LONG_ROW_OF_DOTS = b"." * 72
"""As many dots in a row as a canonical message has wherever a line of it begins with one."""


@dataclass(slots=True)  # frozen ones take longer to make, and each mail has one
class Envelope:
    """The RFC 5321 sender and recipient. An empty sender is the null reverse-path ``<>``.

    `identifier` comes back in delivery reports as the Original-Envelope-Id (RFC 3461) where the
    server supports it. Addresses are as `outreach.domain.address.Address` writes them.

    `is_canonical` gives the word of who made the message that all its lines end with CRLF, that it
    has no NUL, and that no line begins with a dot, which SMTP would have to double, unless within
    `LONG_ROW_OF_DOTS`: no soft line break of quoted-printable can avoid standing before one there.
    Also that it is ASCII, unless one of these two addresses is not. Looking for all that in 28 KB
    takes as long as a quarter of all else that sending a mail does, and a message that is put
    together from encoded pieces cannot be otherwise. Transports look through any other, since what
    it hides could be a second message.

    `turn`, where servers have limits of their own, is asked by a transport of several before one of
    them is given the message: it takes what that costs there and returns None, or how long until
    that server's turn comes.
    """

    sender: str
    recipient: str
    identifier: str | None = None
    is_canonical: bool = False
    turn: Callable[[str], timedelta | None] | None = None


@dataclass(slots=True)
class Receipt:
    """What became of one attempt.

    `fault` and `cause` are None when it was accepted. `retry_after` is the earliest wait before
    another attempt, None where waiting is no help. `step` is how far it came. `reply` is the
    server's answer, None where none came or it was never asked; `text` says in words what happened.
    `server` names the next hop as a person would: ``mail.example.com:587``, a folder. `held` says
    how long until another server, which may well work, has its turn; None where none has to wait.
    """

    outcome: Outcome
    fault: Fault | None
    cause: Cause | None
    step: Step
    text: str
    server: str
    retry_after: timedelta | None = None
    reply: Reply | None = None
    held: timedelta | None = None

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        step: Step,
        server: str,
        *,
        text: str = "",
        reply: Reply | None = None,
    ) -> "Receipt":
        """Make the receipt of an attempt that ended at `step` with this verdict."""
        words = text or (str(reply) if reply else "")
        return cls(
            verdict.outcome,
            verdict.fault,
            verdict.cause,
            step,
            words,
            server,
            verdict.retry_after,
            reply,
        )

    @property
    def told(self) -> str:
        """What happened, and at which server, which the words may name already."""
        return self.text if self.server in self.text else f"{self.server}: {self.text}"

    @property
    def is_safe_elsewhere(self) -> bool:
        """Whether another server may be tried at once: ours failed, and before the content.

        It also failed where it would not have us, whatever the reason, before it knew to whom the
        mail goes. Where it knew, such a refusal may be the receiver's, and the same everywhere.
        """
        if self.fault is Fault.REPUTATION:
            return self.step in BEFORE_RECIPIENT
        return self.fault is Fault.CONNECTION and self.step is not Step.CONTENT


class HasFileno(Protocol):
    """What the operating system can wait for."""

    def fileno(self) -> int:
        """Return its descriptor."""


@dataclass(slots=True)
class Wait:
    """A point at which a talk waits for its peer, `seconds` at most.

    It waits until `on` can be read, or written to. Going on before that is harmless.
    """

    on: HasFileno
    writing: bool
    seconds: float


_T = TypeVar("_T")

Talk = Generator[Wait, None, _T]
"""Something done with a peer, with a `Wait` wherever it has to be waited for."""


def complete(talk: Talk[_T]) -> _T:
    """Do all of `talk` and return what comes of it, waiting where it has to."""
    with selectors.DefaultSelector() as selector:
        while True:
            try:
                wait = next(talk)
            except StopIteration as end:
                found: _T = end.value
                return found
            selector.register(wait.on, event_of(wait))
            selector.select(wait.seconds)
            selector.unregister(wait.on)


def event_of(wait: Wait) -> int:
    """Return what `selectors` calls that which is waited for."""
    return selectors.EVENT_WRITE if wait.writing else selectors.EVENT_READ


class Connection(Protocol):
    """A line to the next hop, for one thread. It connects when first needed and when it broke."""

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        """Hand over one message: RFC 5322 bytes with CRLF line ends, sent as they are.

        One message is handed over at a time. A talk that is closed half-way (`Generator.close`)
        breaks the connection off.
        """

    def send(self, envelope: Envelope, data: bytes) -> Receipt:
        """Do the same and wait for its end."""

    def farewell(self) -> Talk[None]:
        """Part from the server. Doing so twice is harmless, sending after it is a mistake."""

    def close(self) -> None:
        """Do the same and wait for its end."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Transport(Protocol):
    """Where messages are handed over. Immutable, without secrets in its `repr`."""

    @property
    def name(self) -> str:
        """The next hop as a person would name it, without secrets."""

    def connect(self) -> Connection:
        """Return a new connection; nothing is opened before the first message."""


Monotonic = Callable[[], float]
"""Returns seconds that never go backwards, as `time.monotonic` does."""


def refusal(envelope: Envelope, data: bytes) -> tuple[Verdict, str] | None:
    """Return why this must not be handed to anyone, and in words, or None.

    A bare CR or LF is how one message is smuggled inside another past servers that disagree about
    line ends (CVE-2023-51764 and its kin); in an address it would be a command of its own.
    """
    if not envelope.recipient or _UNSAFE_IN_PATH.search(envelope.recipient):
        verdict = Verdict(Outcome.REJECTED, Fault.ADDRESS, Cause.BAD_ADDRESS)
        return verdict, f"{envelope.recipient[:80]!r} is no address"
    if _UNSAFE_IN_PATH.search(envelope.sender):
        verdict = Verdict(Outcome.REJECTED, Fault.CONNECTION, Cause.SENDER)
        return verdict, f"{envelope.sender[:80]!r} is no sender address"
    if envelope.is_canonical:
        return None
    broken = Verdict(Outcome.REJECTED, Fault.MESSAGE, Cause.CONTENT)
    ends = data.count(b"\r\n")
    if not data.endswith(b"\r\n") or data.count(b"\n") != ends or data.count(b"\r") != ends:
        return broken, "the message has line ends other than CRLF"
    if b"\0" in data:
        return broken, "the message contains a NUL"
    return None


_UNSAFE_IN_PATH = re.compile("[\x00-\x20\x7f<>\ud800-\udfff]")
