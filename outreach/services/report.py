"""What a run did, and how a campaign stands: what is left of it, and whether it may go on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from outreach.domain.delivery import CampaignState, DeliveryState
from outreach.errors import RefusedError
from outreach.storage import campaigns, deliveries, halts
from outreach.storage.campaigns import Campaign
from outreach.storage.database import Database

if TYPE_CHECKING:
    from outreach.services.pacing import Delay


class Result(StrEnum):
    """What a run did with one delivery."""

    SENT = "sent"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    HELD = "held"
    #: Rendering failed for this contact, though it did not when the campaign was planned.
    NOT_RENDERED = "not rendered"
    #: Given back unsent: our side failed, or another run or a person has it now.
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One mail of this run that did not go as it should."""

    email: str
    result: Result
    reason: str


@dataclass(frozen=True, slots=True)
class Totals:
    """All deliveries of a campaign by state, against the audience that was approved."""

    audience: int
    states: Mapping[DeliveryState, int]
    #: Of those pending, how many must wait, and until when the first of them must.
    waiting: int = 0
    next_at: datetime | None = None

    def __getitem__(self, state: DeliveryState) -> int:
        return self.states.get(state, 0)

    @property
    def left(self) -> int:
        """How many have something before them: pending, claimed or being sent."""
        return sum(self[state] for state in deliveries.IN_FLIGHT)

    @property
    def elsewhere(self) -> int:
        """How many are in the hands of a run, once this one has given back its own."""
        return self[DeliveryState.CLAIMED] + self[DeliveryState.SENDING]

    @property
    def due(self) -> int:
        """How many of those left need not wait."""
        return self.left - self.waiting

    @property
    def missing(self) -> int:
        """The audience less all that is accounted for; 0 unless something is badly wrong."""
        counted = sum(n for state, n in self.states.items() if state is not DeliveryState.PLANNED)
        return self.audience - counted


@dataclass(slots=True)
class Report:
    """What one run did. `failures` are the first `MOST_FAILURES` of them."""

    MOST_FAILURES = 100

    counts: Counter[Result] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    #: Deliveries found in doubt: an earlier run ended while it was sending them.
    found_uncertain: int = 0
    #: Whether it was asked to stop before it was done.
    stopped: bool = False
    #: Why the campaign paused itself during this run.
    paused: str | None = None
    #: Whether that may be over without anybody's doing, so that a later run goes on by itself.
    heals: bool = False
    #: In what state it found the campaign when somebody else had changed it.
    ended_by: CampaignState | None = None
    #: Whether it found all sending halted.
    halted: bool = False
    #: How many mails had an answer, by server and by receiving domain.
    servers: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    #: What mail that may not go yet waits for.
    waits: "Delay | None" = None
    totals: Totals = field(default_factory=lambda: Totals(0, {}))

    def add(self, result: Result, email: str = "", reason: str = "") -> None:
        """Count one delivery."""
        self.counts[result] += 1
        bad = result in (Result.REJECTED, Result.UNCERTAIN, Result.NOT_RENDERED)
        if bad and len(self.failures) < self.MOST_FAILURES:
            self.failures.append(Failure(email=email, result=result, reason=reason))


def totals(database: Database, campaign_id: int, now: datetime) -> Totals:
    """Count the deliveries of a campaign, and its audience at the same moment: it may grow."""
    with database.read() as session:
        waiting = deliveries.waiting(session, campaign_id, now)
        return Totals(
            campaigns.audience_of(session, campaign_id),
            deliveries.totals(session, campaign_id),
            waiting.number,
            waiting.next_at,
        )


def check_open(campaign: Campaign) -> None:
    """Raise `RefusedError` where a campaign was called off, or a person has to resume it first."""
    if campaign.state is CampaignState.CANCELLED:
        raise RefusedError(
            f"{campaign.key} was cancelled",
            hint="give the mailing another key with --key to send it after all",
        )
    if campaign.state is CampaignState.PAUSED and not campaign.heals:
        by = f"was paused by {campaign.paused_by}" if campaign.paused_by else "paused itself"
        reason = f": {campaign.state_reason}" if campaign.state_reason else ""
        resume = f"outreach campaigns resume {campaign.key}"
        raise RefusedError(
            f"{campaign.key} {by}{reason}",
            hint=resume if campaign.paused_by else f"look at that, then: {resume}",
        )


def check_not_halted(database: Database) -> None:
    """Raise `RefusedError` while all sending is halted."""
    with database.read() as session:
        found = halts.present(session)
    if found is not None:
        reason = f": {found.reason}" if found.reason else ""
        raise RefusedError(
            f"all sending was halted by {found.by} at {found.at:%Y-%m-%d %H:%M} UTC{reason}",
            hint="outreach halt --lift",
        )
