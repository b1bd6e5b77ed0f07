"""The secrets that sign links and hash suppressed addresses."""

import secrets as random
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.storage.tables import KeyRow

KEY_BYTES = 32
"""As long as the output of the hash it keys (RFC 2104 section 3)."""


def secrets(session: Session, now: datetime) -> list[str]:
    """Return all secrets, newest last; sign with the last, accept any.

    The first is made when the first is asked for, so `session` must be one that writes.
    """
    found = list(session.scalars(select(KeyRow.secret).order_by(KeyRow.id)))
    return found or [add(session, now)]


def add(session: Session, now: datetime) -> str:
    """Make a new secret, which signs from now on, and return it. The old ones stay valid."""
    secret = random.token_urlsafe(KEY_BYTES)
    session.add(KeyRow(secret=secret, created_at=now))
    session.flush()
    return secret
