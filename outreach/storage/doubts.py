"""Doubts: mails that may have gone out, and what has come to be known of them since."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.delivery import DeliveryState
from outreach.domain.effects import Kind
from outreach.storage.suppressions import BOUNCE
from outreach.storage.tables import (
    AddressRow,
    ContactRow,
    DeliveryRow,
    InboundRow,
    SuppressionRow,
)


@dataclass(slots=True)
class CameBack:
    """The kinds of mail that came back to one of ours, and the newest words of why it bounced."""

    kinds: set[Kind] = field(default_factory=set)
    words: str | None = None


def whose(session: Session, campaign_id: int) -> Mapping[int, int]:
    """Return whose mails are in doubt: by contact, who they are after any merges.

    Nobody else decides about those contacts before the transaction ends.
    """
    in_doubt = select(DeliveryRow.contact_id).where(
        DeliveryRow.campaign_id == campaign_id, DeliveryRow.state == DeliveryState.UNCERTAIN
    )
    rows = session.execute(
        select(ContactRow.id, ContactRow.merged_into_id)
        .where(ContactRow.id.in_(in_doubt))
        .order_by(ContactRow.id)
        .with_for_update()
    )
    return {contact_id: merged_into or contact_id for contact_id, merged_into in rows}


def bounced_since(session: Session, campaign_id: int) -> Mapping[int, str]:
    """Return what was said of those in doubt whose address bounced after they went, by contact."""
    rows = session.execute(
        select(DeliveryRow.contact_id, SuppressionRow.detail)
        .join(AddressRow, AddressRow.contact_id == DeliveryRow.contact_id)
        .join(SuppressionRow, SuppressionRow.normalised == AddressRow.normalised)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.UNCERTAIN,
            AddressRow.address == DeliveryRow.address,
            SuppressionRow.reason == BOUNCE,
            SuppressionRow.created_at >= DeliveryRow.tried_at,
            SuppressionRow.lifted_at.is_(None),
        )
        .order_by(DeliveryRow.id)
    )
    return {contact_id: detail or "its address is dead" for contact_id, detail in rows}


def answered_since(session: Session, campaign_id: int) -> Mapping[int, CameBack]:
    """Return what came back to each of those in doubt, by contact."""
    found: dict[int, CameBack] = {}
    rows = session.execute(
        select(DeliveryRow.contact_id, DeliveryRow.address, InboundRow.kind, InboundRow.findings)
        .join(InboundRow, InboundRow.delivery_id == DeliveryRow.id)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.state == DeliveryState.UNCERTAIN,
            InboundRow.received_at >= DeliveryRow.tried_at,
        )
        .order_by(InboundRow.received_at, InboundRow.id)
    )
    for contact_id, address, kind, findings in rows:
        mail = found.setdefault(contact_id, CameBack())
        mail.kinds.add(Kind(kind))
        if kind == Kind.BOUNCE:
            mail.words = _words(findings, address) or mail.words
    return found


def _words(findings: Mapping[str, Any], address: str) -> str | None:
    """Return what a notice says of this address, or of any if it does not name it."""
    said = [
        (address.lower() not in (each.get("recipient"), each.get("original")), each["diagnostic"])
        for each in findings.get("recipients") or ()
        if each.get("diagnostic")
    ]
    return min(said, key=lambda each: each[0])[1] if said else None
