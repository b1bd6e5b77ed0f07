"""What an answer does to a delivery: what happens, why, and when it may be tried again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.domain.causes import BEFORE_RECIPIENT
from outreach.domain.delivery import EVENT_OF_OUTCOME, DeliveryEvent, retry_wait
from outreach.domain.feedback import RETRY_GENERAL, Fault, Outcome
from outreach.storage.deliveries import Attempt, Claim
from outreach.transport.base import Receipt


@dataclass(slots=True)  # frozen ones take longer to make, and each mail has one
class Consequence:
    """An event, why it happens, and of what is tried again: not before when.

    `deferred_since` is told of one that is deferred: when its receiver first said "not now".
    """

    event: DeliveryEvent
    reason: str | None = None
    not_before: datetime | None = None
    deferred_since: datetime | None = None


_ACCEPTED = Consequence(DeliveryEvent.ACCEPT)

LastOutcome = Callable[[Claim], Outcome | None]
"""How the attempt before ended, if there was one."""


def consequence(
    claim: Claim,
    receipt: Receipt,
    attempt: Attempt,
    *,
    give_up_after: timedelta,
    draw: Callable[[], float],
    last_outcome: LastOutcome,
) -> Consequence:
    """Return what the answer `receipt` to `attempt` does to the delivery.

    `give_up_after` is how long its receiver may put a mail off, `draw` gives numbers from 0 to 1.
    """
    event = EVENT_OF_OUTCOME[receipt.outcome]
    if event is DeliveryEvent.ACCEPT:
        return _ACCEPTED
    reason = f"{receipt.cause}: {receipt.text}" if receipt.cause else receipt.text
    if event is DeliveryEvent.LOSE:
        return Consequence(event, reason)
    if receipt.fault is not None and receipt.fault.is_ours:
        withdrawal = _withdrawal(claim, receipt, reason, attempt.finished_at, last_outcome)
        if withdrawal is not None:
            return withdrawal
    elif event is not DeliveryEvent.DEFER:
        return Consequence(event, reason)
    return _deferral(claim, receipt, reason, attempt, give_up_after=give_up_after, draw=draw)


def _deferral(
    claim: Claim,
    receipt: Receipt,
    reason: str,
    attempt: Attempt,
    *,
    give_up_after: timedelta,
    draw: Callable[[], float],
) -> Consequence:
    """Return what "not now" of a receiver does: it is tried again, but not for ever.

    Only what they said counts, and not how long our side failed before it came to that.
    """
    now = attempt.finished_at
    # Not later than now, whatever the clock said then.
    since = min(claim.deferred_since or attempt.started_at, attempt.started_at)
    if now - since >= give_up_after:
        hours = round(give_up_after.total_seconds() / 3600)
        return Consequence(DeliveryEvent.REJECT, f"gave up after {hours} hours; {reason}")
    least = receipt.retry_after or RETRY_GENERAL
    wait = retry_wait(claim.deferrals + 1, at_least=least, jitter=draw())
    return Consequence(DeliveryEvent.DEFER, reason, now + wait, since)


def _withdrawal(
    claim: Claim, receipt: Receipt, reason: str, now: datetime, last_outcome: LastOutcome
) -> Consequence | None:
    """Return what a failure of ours does to a delivery: it waits, blamed on nobody.

    None where it is put off like one that was deferred: a receiver that refuses us for what we are
    does so again though a person has looked and resumed, and others shall have their turn.
    """
    if receipt.held is not None:
        return Consequence(DeliveryEvent.WITHDRAW, reason, now + receipt.held)
    wait = receipt.retry_after if receipt.fault is Fault.REPUTATION else None
    if receipt.step not in BEFORE_RECIPIENT and claim.attempts:
        if receipt.outcome is Outcome.REJECTED and last_outcome(claim) is Outcome.REJECTED:
            return None
        # Whatever it is about this mail, it goes behind those that have not been tried.
        wait = wait or RETRY_GENERAL
    return Consequence(DeliveryEvent.WITHDRAW, reason, now + wait if wait else None)
