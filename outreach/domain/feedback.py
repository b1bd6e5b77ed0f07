"""What a server's answer to an attempt means: the outcome, whose fault it is, and for how long.

The first digit of the reply says whether trying again can help. What the matter is, and so whose
fault, is read from its codes and words by `outreach.domain.causes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from outreach.domain.causes import BEFORE_RECIPIENT, Cause, Reply, Step, cause_of


class Outcome(StrEnum):
    """The answer to one attempt."""

    #: The next hop took responsibility for the message (2yz after the final dot).
    ACCEPTED = "accepted"
    #: Not taken now; trying again later is right and cannot double the mail.
    DEFERRED = "deferred"
    #: Not taken, and trying the same again is pointless.
    REJECTED = "rejected"
    #: The message was on the wire and no answer came: it may have been taken (RFC 1047).
    UNCERTAIN = "uncertain"


class Fault(StrEnum):
    """Whom a failure says something about."""

    #: The contact's address does not exist or never takes mail: suppress it.
    ADDRESS = "address"
    #: The contact's mailbox or server cannot take mail at present; the address is good.
    RECEIVER = "receiver"
    #: This message: too large, badly formed, or needing what the server does not offer.
    MESSAGE = "message"
    #: Us: no connection, no login, no understanding with the server. Blames no contact.
    CONNECTION = "connection"
    #: Us: how the receiver sees us - rate, authentication, spam, block lists. Blames no contact.
    REPUTATION = "reputation"

    @property
    def is_ours(self) -> bool:
        """Whether every contact would meet the same, so that the run should pause."""
        return self in {Fault.CONNECTION, Fault.REPUTATION}


#: Retry times, at the earliest. General: RFC 5321 4.5.4.1. Greylisting: RFC 6647 2.1 and 5.
RETRY_GENERAL = timedelta(minutes=30)
RETRY_GREYLISTED = timedelta(minutes=5)
#: Gmail's rule for 4.7.28: stop for ten minutes, then begin again with one connection.
RETRY_RATE = timedelta(minutes=10)
#: Nothing is known to be wrong with anyone: the network or our own server failed.
RETRY_CONNECTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means. `retry_after` is the earliest wait, None where waiting is no help."""

    outcome: Outcome
    fault: Fault | None
    cause: Cause | None
    retry_after: timedelta | None = None


def classify(reply: Reply, step: Step) -> Verdict:
    """Return what `reply`, given at `step`, means for the delivery it answers."""
    if 200 <= reply.code < 300:
        return _ACCEPTED
    cause = cause_of(reply, step)
    fault = _fault(cause, step)
    if 400 <= reply.code < 500:
        # Nothing temporary proves an address dead, whatever the code is about.
        if fault is Fault.ADDRESS:
            cause, fault = Cause.MAILBOX, Fault.RECEIVER
        usual = RETRY_CONNECTION if fault is Fault.CONNECTION else RETRY_GENERAL
        return Verdict(Outcome.DEFERRED, fault, cause, _WAIT.get(cause, usual))
    if 500 <= reply.code < 600:
        return Verdict(Outcome.REJECTED, fault, cause)
    return out_of_step(step)


def _fault(cause: Cause, step: Step) -> Fault:
    """Return whose fault it is: nobody's but ours where nobody else is named yet.

    The sender's command also tells how large a mail is, and whether its addresses are in ASCII.
    """
    fault = _FAULT[cause]
    if step not in BEFORE_RECIPIENT or fault.is_ours:
        return fault
    return fault if fault is Fault.MESSAGE and step is Step.SENDER else Fault.CONNECTION


def unanswered(step: Step) -> Verdict:
    """Return what it means that the connection broke, or nothing came in time, at `step`.

    At `Step.CONTENT` the whole message was handed over and the answer to it is missing.
    """
    if step is Step.CONTENT:
        return Verdict(Outcome.UNCERTAIN, Fault.CONNECTION, Cause.NETWORK)
    cause = Cause.TLS if step is Step.TLS else Cause.NETWORK
    return Verdict(Outcome.DEFERRED, Fault.CONNECTION, cause, RETRY_CONNECTION)


def out_of_step(step: Step) -> Verdict:
    """Return what an answer means that fits no question of ours: server and client disagree."""
    if step is Step.CONTENT:
        return Verdict(Outcome.UNCERTAIN, Fault.CONNECTION, Cause.PROTOCOL)
    return Verdict(Outcome.DEFERRED, Fault.CONNECTION, Cause.PROTOCOL, RETRY_CONNECTION)


_ACCEPTED = Verdict(Outcome.ACCEPTED, None, None)

_FAULT: Mapping[Cause, Fault] = {
    Cause.BAD_ADDRESS: Fault.ADDRESS,
    Cause.MAILBOX_FULL: Fault.RECEIVER,
    Cause.MAILBOX: Fault.RECEIVER,
    Cause.GREYLISTED: Fault.RECEIVER,
    Cause.BUSY: Fault.RECEIVER,
    Cause.ROUTING: Fault.RECEIVER,
    Cause.TOO_LARGE: Fault.MESSAGE,
    Cause.CONTENT: Fault.MESSAGE,
    Cause.SMTPUTF8: Fault.MESSAGE,
    Cause.SENDER: Fault.CONNECTION,
    Cause.CREDENTIALS: Fault.CONNECTION,
    Cause.TLS: Fault.CONNECTION,
    Cause.PROTOCOL: Fault.CONNECTION,
    Cause.NETWORK: Fault.CONNECTION,
    Cause.RATE: Fault.REPUTATION,
    Cause.AUTHENTICATION: Fault.REPUTATION,
    Cause.REVERSE_DNS: Fault.REPUTATION,
    Cause.SPAM: Fault.REPUTATION,
    Cause.POLICY: Fault.REPUTATION,
    Cause.UNKNOWN: Fault.RECEIVER,
}

_WAIT: Mapping[Cause, timedelta] = {
    Cause.GREYLISTED: RETRY_GREYLISTED,
    Cause.RATE: RETRY_RATE,
    Cause.NETWORK: RETRY_CONNECTION,
    Cause.PROTOCOL: RETRY_CONNECTION,
    Cause.TLS: RETRY_CONNECTION,
    Cause.CREDENTIALS: RETRY_CONNECTION,
}
