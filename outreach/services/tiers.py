"""Tiers and roles by hand, and what each tier costs us to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outreach.domain.moves import Told, Trigger, may_move
from outreach.domain.tiers import PARTED, PAUSED, Tier, Tiers
from outreach.errors import NotFoundError, Problem, RefusedError, UsageError, suggestion
from outreach.services.contacts import find_all
from outreach.storage import contacts
from outreach.storage import tiers as standings
from outreach.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAUSE = timedelta(days=60)
"""How long a pause lasts where nobody says."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one contact; `told` is what they should hear of it, if anything changed."""

    email: str
    before: str
    after: str
    changed: bool
    told: Told = Told.NOTHING
    until: datetime | None = None


def move(
    database: Database,
    tiers: Tiers,
    emails: Sequence[str],
    after: str,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    until: datetime | None = None,
) -> list[Moved]:
    """Move contacts to a tier, into a pause or out of the relation, as a person decides.

    All are moved or none: `RefusedError` or `NotFoundError` names every contact that cannot be.
    Who is there already is left alone.
    """
    check_destination(tiers, after)
    if until is not None and after != PAUSED:
        raise UsageError("only a pause has an end", hint="leave --until out")
    if until is not None and until <= now:
        raise UsageError("the pause would be over already", hint="give a day that is to come")
    moved: list[Moved] = []
    problems: list[Problem] = []
    with database.write() as session:
        for email, contact_id in find_all(session, emails).items():
            try:
                moved.append(
                    move_one(
                        session,
                        tiers,
                        contact_id,
                        after,
                        email=email,
                        trigger=Trigger.PERSON,
                        by=by,
                        reason=reason,
                        now=now,
                        until=until,
                    )
                )
            except RefusedError as error:
                problems.extend(error.problems)
        if problems:
            raise RefusedError(problems)
    return moved


def check_destination(tiers: Tiers, after: str) -> None:
    """Raise `NotFoundError` unless `after` is a tier, or a pause, or the end."""
    known = (*tiers, PAUSED, PARTED)
    if after not in known:
        raise NotFoundError(
            f'there is no tier "{after}"',
            hint=suggestion(after, known) or f"use one of {', '.join(known)}",
        )


def move_one(
    session: "Session",
    tiers: Tiers,
    contact_id: int,
    after: str,
    *,
    email: str,
    trigger: Trigger,
    by: str,
    now: datetime,
    reason: str | None = None,
    until: datetime | None = None,
) -> Moved:
    """Move one contact within a transaction that is open, or raise `RefusedError`.

    Every move goes through here, whoever or whatever brings it about. `by` is a person's name, or
    what acted for us.
    """
    standing = standings.standing(session, contact_id, now, lock=True)
    if standing.leaves(after) == after != PAUSED:
        return Moved(email, after, after, changed=False)
    verdict = may_move(tiers, standing, after, trigger=trigger, reason=reason)
    if verdict.transition is None:
        raise RefusedError(f"{email}: {verdict.why}", hint=verdict.hint)
    end = (until or now + PAUSE) if after == PAUSED else None
    standings.record_move(
        session,
        contact_id,
        tiers,
        before=verdict.before,
        after=after,
        by=by,
        by_person=trigger is Trigger.PERSON,
        reason=reason,
        now=now,
        until=end,
    )
    return Moved(email, verdict.before, after, True, verdict.transition.told, end)


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Whether a contact got or lost a role now, or had or lacked it before."""

    email: str
    role: str
    held: bool
    changed: bool


def set_role(
    database: Database,
    tiers: Tiers,
    email: str,
    role: str,
    *,
    held: bool,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> RoleChange:
    """Give a contact a role, or end it; each with who and why."""
    if held:
        tiers.role_named(role)  # while one that was taken out of the file can still be ended
    change = standings.add_role if held else standings.end_role
    with database.write() as session:
        (contact_id,) = find_all(session, [email]).values()
        changed = change(session, contact_id, role, by=by, reason=reason, now=now)
    return RoleChange(email, role, held, changed)


@dataclass(frozen=True, slots=True)
class Duty:
    """What a tier obliges us to, with the contacts that it has now.

    `exchanges_per_week` are those that the ideal cadence asks for, `at_least_per_week` those that
    the promise does.
    """

    tier: Tier
    contacts: int
    exchanges_per_week: float
    at_least_per_week: float
    reviews_per_year: int
    meetings_per_year: int


def duties(database: Database, tiers: Tiers, *, now: datetime) -> list[Duty]:
    """Return what each tier obliges us to; who is paused or parted is owed nothing."""
    with database.read() as session:
        counted = contacts.count_by_tier(session, now)
    return [_duty(tier, counted.get(name, 0)) for name, tier in tiers.items()]


def _duty(tier: Tier, number: int) -> Duty:
    def weekly(days: int | None) -> float:
        return round(number * 7 / days, 2) if days else 0.0

    return Duty(
        tier,
        number,
        weekly(tier.ideal_every_days),
        weekly(tier.at_most_every_days),
        number * (tier.care_reviews_per_year or 0),
        number * (tier.meetings_per_year or 0),
    )
