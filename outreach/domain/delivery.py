"""The life of a delivery and of a campaign: one transition table each, and when to try again.

Storage changes a state only by an event of these tables (`sources` gives the states it may find),
so that what is not listed here cannot happen. A delivery that is held or deferred is `PENDING`
with a time before which it is left alone. What was approved adds up at any moment::

    audience = sent + rejected + refused + uncertain + cancelled + pending (+ claimed + sending)
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cache

from outreach.domain.feedback import Outcome


class DeliveryState(StrEnum):
    """Where one mail to one contact stands."""

    #: In the frozen audience, and not approved yet.
    PLANNED = "planned"
    #: To be sent, now or from a given time on.
    PENDING = "pending"
    #: In the hands of a run, nothing sent yet; free again when the lease ends.
    CLAIMED = "claimed"
    #: Handed to the transport; recorded before the first byte goes out.
    SENDING = "sending"
    #: The next hop took responsibility.
    SENT = "sent"
    #: The next hop said no for good, or "not now" until we gave up.
    REJECTED = "rejected"
    #: The gate said no.
    REFUSED = "refused"
    #: It may have gone out: nobody recorded an answer. Never sent again by itself.
    UNCERTAIN = "uncertain"
    #: A person called it off before it was sent.
    CANCELLED = "cancelled"


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    APPROVE = "approve"
    CLAIM = "claim"
    RELEASE = "release"
    HOLD = "hold"
    REFUSE = "refuse"
    BEGIN = "begin"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    DEFER = "defer"
    REJECT = "reject"
    LOSE = "lose"
    CANCEL = "cancel"
    RECONSIDER = "reconsider"
    RETRY = "retry"
    DROP = "drop"


_S, _E = DeliveryState, DeliveryEvent

TRANSITIONS: Mapping[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    # The gate at plan time. What it holds stays planned, with the time from which it may go.
    (_S.PLANNED, _E.REFUSE): _S.REFUSED,
    (_S.PLANNED, _E.APPROVE): _S.PENDING,
    (_S.PENDING, _E.CLAIM): _S.CLAIMED,
    (_S.PENDING, _E.CANCEL): _S.CANCELLED,
    # A run ended early, or its lease did: nothing had gone out.
    (_S.CLAIMED, _E.RELEASE): _S.PENDING,
    # The gate just before sending.
    (_S.CLAIMED, _E.HOLD): _S.PENDING,
    (_S.CLAIMED, _E.REFUSE): _S.REFUSED,
    (_S.CLAIMED, _E.BEGIN): _S.SENDING,
    # Cancelling does not wait for the run that holds it: its BEGIN will find no claim.
    (_S.CLAIMED, _E.CANCEL): _S.CANCELLED,
    (_S.SENDING, _E.ACCEPT): _S.SENT,
    (_S.SENDING, _E.DEFER): _S.PENDING,
    (_S.SENDING, _E.REJECT): _S.REJECTED,
    # No answer came, or the run died: it may have been taken (RFC 1047).
    (_S.SENDING, _E.LOSE): _S.UNCERTAIN,
    # Ours failed before the content: no contact's fault, and no attempt counted against them.
    (_S.SENDING, _E.WITHDRAW): _S.PENDING,
    # A run thought dead comes back with the server's answer. It knows, so it is believed.
    (_S.UNCERTAIN, _E.ACCEPT): _S.SENT,
    (_S.UNCERTAIN, _E.REJECT): _S.REJECTED,
    (_S.UNCERTAIN, _E.DEFER): _S.PENDING,
    (_S.UNCERTAIN, _E.WITHDRAW): _S.PENDING,
    # Twice the same silence is still silence.
    (_S.UNCERTAIN, _E.LOSE): _S.UNCERTAIN,
    # A person's word: send it again, though it failed for good or may have gone out before.
    (_S.REJECTED, _E.RETRY): _S.PENDING,
    (_S.UNCERTAIN, _E.RETRY): _S.PENDING,
    # A person's word: leave it, whether it went out or not.
    (_S.UNCERTAIN, _E.DROP): _S.CANCELLED,
    # A person asked for those refused to be looked at again; the gate still has the say.
    (_S.REFUSED, _E.RECONSIDER): _S.PLANNED,
}
"""Every change of state there is. Whatever is sent or cancelled stays so."""

EVENT_OF_OUTCOME: Mapping[Outcome, DeliveryEvent] = {
    Outcome.ACCEPTED: DeliveryEvent.ACCEPT,
    Outcome.DEFERRED: DeliveryEvent.DEFER,
    Outcome.REJECTED: DeliveryEvent.REJECT,
    Outcome.UNCERTAIN: DeliveryEvent.LOSE,
}


@cache
def sources(event: DeliveryEvent) -> tuple[DeliveryState, ...]:
    """Return the states in which `event` may find a delivery."""
    return tuple(state for state, known in TRANSITIONS if known is event)


@cache
def target(event: DeliveryEvent) -> DeliveryState:
    """Return the state to which `event` leads; each event leads to one."""
    (state,) = {after for (_, known), after in TRANSITIONS.items() if known is event}
    return state


class CampaignState(StrEnum):
    """Where a campaign stands."""

    #: The audience is frozen and shown; nobody has approved it yet.
    PLANNED = "planned"
    #: Approved: any run may send what is left.
    ACTIVE = "active"
    #: Stopped, by a person or because our side failed; `state_reason` says which.
    PAUSED = "paused"
    #: Nothing is left to send.
    FINISHED = "finished"
    #: Called off: what was not sent never will be.
    CANCELLED = "cancelled"


class CampaignEvent(StrEnum):
    """What can happen to a campaign."""

    REPLAN = "replan"
    APPROVE = "approve"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    CANCEL = "cancel"


_C, _V = CampaignState, CampaignEvent

CAMPAIGN_TRANSITIONS: Mapping[tuple[CampaignState, CampaignEvent], CampaignState] = {
    # Nobody approved what was planned: the next run starts from the contacts as they are then.
    (_C.PLANNED, _V.REPLAN): _C.PLANNED,
    (_C.PLANNED, _V.APPROVE): _C.ACTIVE,
    # The gate refused everyone: there is nothing to approve.
    (_C.PLANNED, _V.FINISH): _C.FINISHED,
    (_C.PLANNED, _V.CANCEL): _C.CANCELLED,
    (_C.ACTIVE, _V.PAUSE): _C.PAUSED,
    (_C.ACTIVE, _V.FINISH): _C.FINISHED,
    (_C.ACTIVE, _V.CANCEL): _C.CANCELLED,
    # Two connections fail at once: the first to say so paused it.
    (_C.PAUSED, _V.PAUSE): _C.PAUSED,
    (_C.PAUSED, _V.RESUME): _C.ACTIVE,
    (_C.PAUSED, _V.CANCEL): _C.CANCELLED,
    # The last answer can arrive while it is paused.
    (_C.PAUSED, _V.FINISH): _C.FINISHED,
    # A late answer said "not now", or a person "try again": there is something to send again.
    (_C.FINISHED, _V.RESUME): _C.ACTIVE,
    # People were added to the audience; that needs an approval like any other.
    (_C.FINISHED, _V.APPROVE): _C.ACTIVE,
    (_C.ACTIVE, _V.APPROVE): _C.ACTIVE,
    (_C.PAUSED, _V.APPROVE): _C.ACTIVE,
}
"""Every change of a campaign's state there is. One that was cancelled stays so."""


@cache
def campaign_sources(event: CampaignEvent) -> tuple[CampaignState, ...]:
    """Return the states in which `event` may find a campaign."""
    return tuple(state for state, known in CAMPAIGN_TRANSITIONS if known is event)


@cache
def campaign_target(event: CampaignEvent) -> CampaignState:
    """Return the state to which `event` leads."""
    (state,) = {after for (_, known), after in CAMPAIGN_TRANSITIONS.items() if known is event}
    return state


LONGEST_WAIT = timedelta(hours=4)
"""However often it was deferred, it is tried again after this long, give or take the jitter."""

JITTER = 0.25
"""How much longer than computed a wait may be, as a share of it."""


def retry_wait(attempt: int, *, at_least: timedelta, jitter: float) -> timedelta:
    """Return how long to wait after the `attempt`-th deferral (from 1).

    `at_least` is what the answer asked for (half an hour in general, minutes for greylisting; RFC
    5321 4.5.4.1, RFC 6647) and doubles with every further deferral up to `LONGEST_WAIT`. `jitter`
    is a number from 0 to 1 drawn by the caller; it spreads retries that were deferred together.
    """
    longest = max(LONGEST_WAIT, at_least)
    # Doubling is cut off early: 2**attempt of a hostile counter would not fit a timedelta.
    wait = min(at_least * (1 << min(attempt - 1, 16)), longest)
    return wait * (1 + JITTER * jitter)
