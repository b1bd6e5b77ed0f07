"""Two contacts that are one person: proposing them, and merging them at a person's word only."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.domain.tiers import Tiers
from outreach.errors import BusyError, UsageError
from outreach.services.contacts import find
from outreach.services.given import Types
from outreach.services.sequences import advance_some
from outreach.storage import contacts, merging
from outreach.storage.database import Database
from outreach.storage.merging import Merged

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one contact that is left, the address of the one absorbed, and what was done."""

    contact: Contact
    absorbed: str
    merged: Merged


class _Undone(Exception):  # noqa: N818 - no error: it takes a trial back
    pass


def duplicates(database: Database, *, now: datetime, limit: int) -> list[list[Contact]]:
    """Return groups of contacts that are probably one person each, the oldest first in each.

    Their addresses differ only in a plus tag, or in dots that their provider ignores.
    """
    with database.read() as session:
        groups = contacts.likely_duplicates(session, limit)
        return [contacts.load(session, group, now) for group in groups]


def merge(
    database: Database,
    tiers: Tiers,
    types: Types,
    keep: str,
    absorb: str,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Merge the contact with the address `absorb` into the one with the address `keep`.

    The stricter rule wins: opt-outs, suppressions and a permission taken back hold for the one
    contact if they held for either. With `dry_run` it is tried and taken back.
    """
    outcome: list[Outcome] = []
    try:
        with database.write() as session:
            outcome.append(
                _merge(session, tiers, types, keep, absorb, by=by, now=now, reason=reason)
            )
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    return outcome[0]


def _merge(
    session: "Session",
    tiers: Tiers,
    types: Types,
    keep: str,
    absorb: str,
    *,
    by: str,
    now: datetime,
    reason: str | None,
) -> Outcome:
    kept_id, absorbed_id = find(session, keep), find(session, absorb)
    if kept_id == absorbed_id:
        raise UsageError(f"{keep} and {absorb} are addresses of one contact already")
    if merging.in_transit(session, (kept_id, absorbed_id)):
        raise BusyError(
            f"mail to {keep} or {absorb} is going out just now",
            hint="merge them when the run has ended",
        )
    # What was sent to either counts for the person, so that they need not begin anew.
    advance_some(session, now, of=(kept_id, absorbed_id))
    absorbed = contacts.addresses(session, absorbed_id)[0].address
    merged = merging.merge(session, kept_id, absorbed_id, tiers, by=by, reason=reason, now=now)
    (contact,) = contacts.load(session, [kept_id], now, types=types)
    return Outcome(contact, absorbed, merged)
