"""Health: how a campaign does, and from where on that is counted."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain.delivery import DeliveryState
from outreach.domain.effects import Kind, Severity
from outreach.domain.pacing import Health
from outreach.storage import deliveries
from outreach.storage.database import insert_into
from outreach.storage.tables import BaselineRow, BounceRow, DeliveryRow, InboundRow


def health(session: Session, campaign_id: int) -> Health:
    """Return how the campaign does since a person last let it go on, if ever.

    A bounce is a mail that a server refused for good, at once or with a notice that came back.
    """
    return _whole(session, campaign_id) - _baseline(session, campaign_id)


def set_baseline(session: Session, campaign_id: int) -> None:
    """Count from now on: a person has looked at what happened so far."""
    found = _whole(session, campaign_id)
    values = {
        "answered": found.answered,
        "bounced": found.bounced,
        "complained": found.complained,
        "returned": _returned(session, campaign_id),
    }
    session.execute(
        insert_into(session, BaselineRow)
        .values(campaign_id=campaign_id, **values)
        .on_conflict_do_update(index_elements=["campaign_id"], set_=values)
    )


def returned(session: Session, campaign_id: int) -> int:
    """Return how many mails of a campaign came back because of us or the message, since then."""
    row = session.get(BaselineRow, campaign_id, populate_existing=True)
    return _returned(session, campaign_id) - (row.returned if row else 0)


def _returned(session: Session, campaign_id: int) -> int:
    return session.execute(
        select(func.count(BounceRow.delivery_id.distinct()))
        .join(DeliveryRow, DeliveryRow.id == BounceRow.delivery_id)
        .where(DeliveryRow.campaign_id == campaign_id, BounceRow.severity == Severity.POLICY)
    ).scalar_one()


def _whole(session: Session, campaign_id: int) -> Health:
    states = deliveries.totals(session, campaign_id)
    rejected = states[DeliveryState.REJECTED]
    came_back = session.scalar(
        select(func.count(BounceRow.delivery_id.distinct()))
        .join(DeliveryRow, DeliveryRow.id == BounceRow.delivery_id)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.SENT,
            BounceRow.severity.in_((Severity.HARD, Severity.POLICY)),
        )
    )
    complained = session.scalar(
        select(func.count(InboundRow.delivery_id.distinct()))
        .join(DeliveryRow, DeliveryRow.id == InboundRow.delivery_id)
        .where(DeliveryRow.campaign_id == campaign_id, InboundRow.kind == Kind.COMPLAINT)
    )
    return Health(
        answered=states[DeliveryState.SENT] + rejected,
        bounced=rejected + (came_back or 0),
        complained=complained or 0,
    )


def _baseline(session: Session, campaign_id: int) -> Health:
    row = session.get(BaselineRow, campaign_id, populate_existing=True)
    return Health(row.answered, row.bounced, row.complained) if row else Health()
