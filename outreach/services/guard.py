"""The guard: a campaign that does more harm than good stops itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.domain.delivery import CampaignEvent, DeliveryEvent
from outreach.domain.pacing import Breaker, Health
from outreach.storage import campaigns, health

LOOK = timedelta(seconds=30)
"""How often what other runs did, and what came back, is counted anew."""


class Guard:
    """Watches over one campaign for one run."""

    def __init__(self, breaker: Breaker | None, campaign_id: int) -> None:
        self._breaker = breaker
        self._campaign_id = campaign_id
        self._looked_at: datetime | None = None
        #: What was known when it last looked, and what this run has seen since.
        self._known = Health()
        self._answered = self._bounced = 0

    def count(self, event: DeliveryEvent) -> bool:
        """Take an answer into account; return whether it makes things worse."""
        bounced = event is DeliveryEvent.REJECT
        self._bounced += bounced
        self._answered += bounced or event is DeliveryEvent.ACCEPT
        return bounced

    def stop(self, session: Session, now: datetime) -> str | None:
        """Pause the campaign if it does harm, and return why."""
        if self._breaker is None:
            return None
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < LOOK:
            self._known = health.health(session, self._campaign_id)
            self._answered = self._bounced = 0
            self._looked_at = now
        since = Health(answered=self._answered, bounced=self._bounced)
        why = self._breaker.trips(self._known + since)
        if why is not None:
            campaigns.apply(session, self._campaign_id, CampaignEvent.PAUSE, now, reason=why)
        return why
