"""Operators: who runs the mail servers of a receiving domain, kept for as long as the DNS said."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.storage.database import insert_into
from outreach.storage.tables import OperatorRow


def known(session: Session, domains: Collection[str], now: datetime) -> dict[str, str]:
    """Return the operators of those domains of which one is known and still holds."""
    rows = session.execute(
        select(OperatorRow.domain, OperatorRow.operator).where(
            OperatorRow.domain.in_(domains), OperatorRow.expires_at > now
        )
    )
    return {row.domain: row.operator for row in rows}


def remember(session: Session, found: Mapping[str, tuple[str, datetime]]) -> None:
    """Keep the operator of each domain, until the instant that is given with it."""
    for domain, (operator, expires_at) in sorted(found.items()):
        session.execute(
            insert_into(session, OperatorRow)
            .values(domain=domain, operator=operator, expires_at=expires_at)
            .on_conflict_do_update(
                index_elements=["domain"], set_={"operator": operator, "expires_at": expires_at}
            )
        )
