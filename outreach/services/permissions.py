"""Consents, opt-outs and suppressions by hand. An import or an edit never loosens one of them."""

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.address import parse_address
from outreach.domain.contact import ConsentBasis, ConsentStatus, Contact, Scope
from outreach.domain.moves import Trigger
from outreach.domain.tiers import PARTED, Tiers
from outreach.errors import NotFoundError, Problem, RefusedError, UsageError
from outreach.services.contacts import find
from outreach.services.tiers import move_one
from outreach.storage import contacts, deeds, keys, permissions, suppressions
from outreach.storage.database import Database
from outreach.storage.permissions import Consent
from outreach.storage.suppressions import Suppression

_THEIR_OWN_WORD = frozenset({ConsentBasis.CONFIRMED, ConsentBasis.EXPRESS})


def consent(
    database: Database,
    email: str,
    status: ConsentStatus,
    *,
    by: str,
    now: datetime,
    basis: ConsentBasis | None = None,
    evidence: str | None = None,
    at: datetime | None = None,
    expires: datetime | None = None,
) -> Contact:
    """Record that a contact gave or took back the permission, and return them as they are now.

    A permission needs its basis and evidence. Once taken back, only their own word gives it again.
    """
    problems = []
    if status is ConsentStatus.GRANTED:
        if basis is None:
            hint = f"--basis {', '.join(ConsentBasis)}"
            problems.append(Problem("a consent needs its ground", hint=hint))
        if not (evidence or "").strip():
            hint = 'say what proves it: --evidence "ticked the box on our form on 3 May"'
            problems.append(Problem("a consent needs its evidence", hint=hint))
    elif expires is not None:
        problems.append(Problem("only a permission that is given can expire"))
    if at is not None and at > now:
        problems.append(Problem("nobody has consented in the future", hint="mend --at"))
    if expires is not None and expires <= (at or now):
        problems.append(Problem("it would expire before it is given", hint="mend --expires"))
    if problems:
        raise UsageError(problems)
    with database.write() as session:
        contact_id = find(session, email)
        (before,) = contacts.load(session, [contact_id], now)
        withdrawn = before.consent is ConsentStatus.WITHDRAWN
        if withdrawn and status is ConsentStatus.GRANTED and basis not in _THEIR_OWN_WORD:
            raise RefusedError(
                f"{email} took the permission back; {basis} does not give it again",
                hint="only their own word does: --basis express or confirmed, with the evidence",
            )
        record = Consent(
            contact_id=contact_id,
            status=status,
            basis=basis,
            evidence=evidence,
            source="by hand",
            occurred_at=at or now,
            expires_at=expires,
            recorded_by=by,
        )
        permissions.record_consent(session, record, now)
        (after,) = contacts.load(session, [contact_id], now)
    return after


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Which scopes are new, and whether the relation ended with it."""

    contact: Contact
    new: tuple[str, ...]
    parted: bool


def opt_out(
    database: Database,
    tiers: Tiers,
    email: str,
    scopes: tuple[str, ...],
    *,
    by: str,
    now: datetime,
    evidence: str | None = None,
    at: datetime | None = None,
) -> OptedOut:
    """Record that a contact wants no more of something. Opting out of everything is parting."""
    if at is not None and at > now:
        raise UsageError("nobody has opted out in the future", hint="mend --at")
    with database.write() as session:
        contact_id = find(session, email)
        new = permissions.opt_out(
            session,
            contact_id,
            scopes,
            source=f"told {by}",
            evidence=evidence,
            occurred_at=at or now,
        )
        parted = False
        if Scope.EVERYTHING in new:
            parted = move_one(
                session,
                tiers,
                contact_id,
                PARTED,
                email=email,
                trigger=Trigger.OPT_OUT,
                by="the contact",
                reason="opted out of everything",
                now=now,
            ).changed
        (contact,) = contacts.load(session, [contact_id], now)
    return OptedOut(contact, tuple(new), parted)


def opt_in_again(
    database: Database, email: str, scopes: tuple[str, ...], *, evidence: str, now: datetime
) -> Contact:
    """End opt-outs at the contact's own word, which `evidence` quotes.

    A relation that ended with the opt-out begins again only where a person says so.
    """
    if not evidence.strip():
        raise RefusedError(
            "only their own word ends an opt-out",
            hint='say what they said, when and where: --evidence "wrote on 3 May: …"',
        )
    with database.write() as session:
        contact_id = find(session, email)
        lifted = permissions.lift_opt_outs(session, contact_id, scopes, evidence, now)
        if not lifted:
            (contact,) = contacts.load(session, [contact_id], now)
            holding = ", ".join(sorted(contact.opted_out)) or "nothing"
            raise NotFoundError(
                f"{email} has not opted out of {', '.join(scopes)}",
                hint=f"they have opted out of {holding}",
            )
        (contact,) = contacts.load(session, [contact_id], now)
    return contact


def suppress(
    database: Database, email: str, *, reason: str, by: str, now: datetime
) -> tuple[str, bool]:
    """Put an address on the list of those never mailed, a contact's or not.

    Return it, and whether that changed the list: it may have been on it for as good a reason.
    """
    if not reason.strip():
        raise UsageError("say why the address is never to be mailed", hint='--reason "…"')
    address = parse_address(email)
    with database.write() as session:
        new = suppressions.suppress(
            session,
            address.normalised,
            keys.secrets(session, now),
            reason=suppressions.MANUAL,
            source=f"by hand, {by}",
            detail=reason,
            now=now,
        )
    return str(address), new


def lift_suppression(
    database: Database,
    email: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    despite_complaint: bool = False,
) -> str:
    """Take an address off the list again, which only a person does, for a reason that is kept.

    A complaint suppresses for ever: `despite_complaint` says that the person knows of it.
    """
    if not reason.strip():
        raise RefusedError(
            "a suppression is lifted only for a reason",
            hint='say why this address may be mailed again: --reason "…"',
        )
    address = parse_address(email)
    with database.write() as session:
        secrets = keys.secrets(session, now)
        if not suppressions.lift(
            session, address.normalised, secrets, by=by, reason=reason, now=now
        ):
            raise NotFoundError(
                f"{address} is not suppressed", hint="see outreach contacts suppressions list"
            )
        # Looked at now that it is found under its address, be it that it was erased before.
        (lifted,) = suppressions.of_addresses(session, [address.normalised])
        if lifted.reason == suppressions.COMPLAINT and not despite_complaint:
            raise RefusedError(
                f"{address} called our mail spam on {lifted.created_at:%Y-%m-%d}, "
                "which suppresses it for ever",
                hint="if they have asked for mail again since, add --despite-complaint",
            )
        deeds.was_lifted(session, contacts.find(session, email), address.normalised, now)
    return str(address)


def suppression_list(database: Database, *, lifted: bool, limit: int | None) -> list[Suppression]:
    """Return the addresses never mailed, newest first; with `lifted` the former ones too."""
    with database.read() as session:
        return suppressions.listing(session, lifted=lifted, limit=limit)
