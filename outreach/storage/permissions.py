"""What a contact permits: consents with their summary, and opt-outs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.contact import ConsentBasis, ConsentStatus
from outreach.storage.tables import ConsentRow, ContactRow, OptOutRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A permission given or taken back; the fields are those of `ConsentRow`."""

    contact_id: int
    status: ConsentStatus
    source: str
    occurred_at: datetime
    basis: ConsentBasis | None = None
    evidence: str | None = None
    ip_address: str | None = None
    expires_at: datetime | None = None
    recorded_by: str | None = None


def record_consent(session: Session, consent: Consent, now: datetime) -> None:
    """Record a consent and bring the contact's summary up to date."""
    values = {name: getattr(consent, name) for name in Consent.__slots__}
    session.add(ConsentRow(**values, recorded_at=now))
    session.flush()
    recompute_consent(session, consent.contact_id)


def recompute_consent(session: Session, contact_id: int) -> None:
    """Set the contact's consent to what the newest record says, by when it was given."""
    newest = session.scalars(
        select(ConsentRow)
        .where(ConsentRow.contact_id == contact_id)
        .order_by(ConsentRow.occurred_at.desc(), ConsentRow.id.desc())
        .limit(1)
    ).first()
    granted = newest if newest and newest.status is ConsentStatus.GRANTED else None
    session.execute(
        update(ContactRow)
        .where(ContactRow.id == contact_id)
        .values(
            consent=newest.status if newest else ConsentStatus.NONE,
            consent_basis=granted.basis if granted else None,
            consent_expires=granted.expires_at if granted else None,
        )
        .execution_options(synchronize_session="fetch")
    )


def opt_out(
    session: Session,
    contact_id: int,
    scopes: Sequence[str],
    *,
    source: str,
    evidence: str | None,
    occurred_at: datetime,
) -> list[str]:
    """Record opt-outs and return those that were new.

    What two sources say is recorded twice, because one of them may turn out to be misread; what one
    says again is not.
    """
    holding = {
        (scope, said_by)
        for scope, said_by in session.execute(
            select(OptOutRow.scope, OptOutRow.source).where(
                OptOutRow.contact_id == contact_id, OptOutRow.lifted_at.is_(None)
            )
        )
    }
    wanted = dict.fromkeys(scopes)
    session.add_all(
        OptOutRow(
            contact_id=contact_id,
            scope=scope,
            source=source,
            evidence=evidence,
            occurred_at=occurred_at,
        )
        for scope in wanted
        if (scope, source) not in holding
    )
    session.flush()
    held = {scope for scope, _ in holding}
    return [scope for scope in wanted if scope not in held]


def lift_opt_outs(
    session: Session, contact_id: int, scopes: Sequence[str], evidence: str, now: datetime
) -> list[str]:
    """End opt-outs at the contact's own word, given as `evidence`; return those that held."""
    rows = session.scalars(
        select(OptOutRow).where(
            OptOutRow.contact_id == contact_id,
            OptOutRow.scope.in_(scopes),
            OptOutRow.lifted_at.is_(None),
        )
    ).all()
    for row in rows:
        row.lifted_at = now
        row.lifted_evidence = evidence
    session.flush()
    return sorted({row.scope for row in rows})
