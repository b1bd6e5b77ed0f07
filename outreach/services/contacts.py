"""Contacts by hand: add one, change what is on record, list them, show all that is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.domain.address import Address, likeness, parse_address
from outreach.domain.condition import AllOf, Condition, Constant
from outreach.domain.contact import ConsentBasis, ConsentStatus, Contact
from outreach.domain.segment import Segments
from outreach.domain.tiers import KNOWN, Tiers
from outreach.errors import NotFoundError, Problem, RefusedError, UsageError
from outreach.services.given import Given, Types, read
from outreach.storage import contacts, enrolments, history, inbox, keys, permissions, suppressions
from outreach.storage import segments as questions
from outreach.storage import tiers as standings
from outreach.storage.contacts import AddressInfo, NewContact
from outreach.storage.database import Database
from outreach.storage.enrolments import Place
from outreach.storage.history import Event
from outreach.storage.inbox import Owed
from outreach.storage.permissions import Consent
from outreach.storage.suppressions import Suppression

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Added:
    """A contact that was added, why it is suppressed if it is, and whom it looks like."""

    contact: Contact
    suppressed_because: str | None
    looks_like: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of a contact; the timeline is newest first."""

    contact: Contact
    addresses: tuple[AddressInfo, ...]
    suppressions: tuple[Suppression, ...]
    tier_by_person: bool
    timeline: tuple[Event, ...]
    owed: tuple[Owed, ...] = ()
    sequences: tuple[Place, ...] = ()


def find(session: "Session", email: str) -> int:
    """Return the contact with this address, or raise `NotFoundError` with whom it might be."""
    found = contacts.find(session, email)
    if found is not None:
        return found
    alike = contacts.with_likeness(session, likeness(email))
    near = contacts.addresses(session, alike[0])[0].address if alike else None
    raise NotFoundError(
        f"there is no contact with the address {email}",
        hint=f"did you mean {near}?" if near else f"add them: outreach contacts add {email}",
    )


def find_all(session: "Session", emails: Sequence[str]) -> dict[str, int]:
    """Return the contacts with these addresses, or raise with all that are not to be found."""
    found: dict[str, int] = {}
    problems: list[Problem] = []
    for email in dict.fromkeys(emails):
        try:
            found[email] = find(session, email)
        except UsageError as error:
            problems.extend(error.problems)
    if problems:
        raise NotFoundError(problems)
    return found


def add(
    database: Database,
    tiers: Tiers,
    types: Types,
    email: str,
    given: Given,
    *,
    by: str,
    now: datetime,
    basis: ConsentBasis | None = None,
    evidence: str | None = None,
) -> Added:
    """Add a contact as `known`, with a consent if `basis` says on which ground we may write.

    Raises `UsageError` with everything that is wrong, or where the address is taken. An address on
    the suppression list stays on it.
    """
    address, problems = _parsed(email)
    values = read(given, types)
    problems = [*problems, *values.problems]
    if basis and not (evidence or "").strip():
        hint = 'say what proves it: --evidence "ticked the box on our form on 3 May"'
        problems.append(Problem("a consent needs its evidence", hint=hint))
    if evidence and not basis:
        problems.append(Problem("evidence of what?", hint="name the ground: --consent express"))
    if problems or address is None:
        raise UsageError(problems)
    with database.write() as session:
        if contacts.find(session, email) is not None:
            raise UsageError(
                f"there is a contact with the address {address} already",
                hint=f"change them with: outreach contacts edit {address}",
            )
        alike = contacts.with_likeness(session, likeness(email))
        new = NewContact(
            email=email,
            fields={name: value for name, value in values.fields.items() if value},
            attributes={name: v for name, v in values.attributes.items() if v is not None},
            interests=values.interests,
        )
        contact_id = contacts.insert(session, new, now)
        standings.record_move(
            session,
            contact_id,
            tiers,
            before=None,
            after=KNOWN,
            by=by,
            by_person=False,
            reason="added by hand",
            now=now,
        )
        if basis:
            consent = Consent(
                contact_id=contact_id,
                status=ConsentStatus.GRANTED,
                basis=basis,
                evidence=evidence,
                source="by hand",
                occurred_at=now,
                recorded_by=by,
            )
            permissions.record_consent(session, consent, now)
        reasons = suppressions.recognise(session, [address.normalised], keys.secrets(session, now))
        (contact,) = contacts.load(session, [contact_id], now, types=types)
        looks_like = tuple(other.email for other in contacts.load(session, alike, now))
    return Added(contact, reasons.get(address.normalised), looks_like)


def edit(
    database: Database,
    types: Types,
    email: str,
    given: Given,
    *,
    now: datetime,
    add_addresses: Sequence[str] = (),
    remove_addresses: Sequence[str] = (),
    primary: str | None = None,
) -> Contact:
    """Change what is on record of a contact and return them as they are now.

    Raises `UsageError` with everything that is wrong; then nothing was changed. A suppressed
    address cannot be taken away, unless it is only that mail to it bounced: what its owner said or
    complained of would be lost with it.
    """
    values = read(given, types)
    problems = list(values.problems)
    wanted: dict[str, Address] = {}
    for text in (*add_addresses, *remove_addresses, *((primary,) if primary else ())):
        address, wrong = _parsed(text)
        problems.extend(wrong)
        if address:
            wanted[text] = address
    if not values and not wanted and not problems:
        problems.append(
            Problem("nothing is to be changed", hint="see outreach contacts edit --help")
        )
    if problems:
        raise UsageError(problems)
    with database.write() as session:
        contact_id = find(session, email)
        contacts.change(
            session, contact_id, now, fields=values.fields, attributes=values.attributes
        )
        contacts.add_interests(session, contact_id, values.interests, "by hand", now)
        contacts.remove_interests(session, contact_id, values.no_interests)
        for text in add_addresses:
            _add_address(session, contact_id, text, wanted[text], now)
        if primary:
            _make_primary(session, contact_id, primary, wanted[primary], now)
        for text in remove_addresses:
            _remove_address(session, contact_id, wanted[text])
        (contact,) = contacts.load(session, [contact_id], now, types=types)
    return contact


def show(database: Database, types: Types, email: str, *, now: datetime, limit: int) -> Shown:
    """Return all that is known of a contact, with the newest `limit` events."""
    with database.read() as session:
        contact_id = find(session, email)
        (contact,) = contacts.load(session, [contact_id], now, types=types)
        addresses = tuple(contacts.addresses(session, contact_id))
        listed = suppressions.of_addresses(session, [info.normalised for info in addresses])
        standing = standings.standing(session, contact_id, now)
        events = history.timeline(session, contact_id, limit)
        outstanding = tuple(inbox.owed(session, contact_id))
        places = tuple(enrolments.places(session, contact_id=contact_id))
    return Shown(
        contact,
        addresses,
        tuple(listed),
        standing.set_by_person,
        tuple(events),
        outstanding,
        places,
    )


def selection(
    segments: Segments, tiers: Tiers, *, segment: str | None, where: str | None, tier: str | None
) -> Condition:
    """Return the condition for who is in a segment, fulfils an expression and is of a tier.

    What is None does not narrow the choice.
    """
    parts = []
    if segment is not None:
        parts.append(segments.get(segment).condition)
    if where is not None:
        parts.append(segments.parse(where, "--where"))
    if tier is not None:
        parts.append(segments.parse(f'tier == "{tiers.named(tier).name}"'))
    return AllOf(tuple(parts)) if parts else Constant(True)


def listing(
    database: Database, types: Types, condition: Condition, *, now: datetime, limit: int | None
) -> tuple[list[Contact], int]:
    """Return who fulfils `condition`, as they were added, and how many they are in all."""
    with database.read() as session:
        ids = questions.ids(session, condition, now, limit=limit)
        total = len(ids) if limit is None else questions.count(session, condition, now)
        return contacts.load(session, ids, now, types=types), total


def _parsed(text: str) -> tuple[Address | None, list[Problem]]:
    try:
        return parse_address(text), []
    except UsageError as error:
        return None, list(error.problems)


def _add_address(
    session: "Session", contact_id: int, text: str, address: Address, now: datetime
) -> None:
    owner = contacts.find(session, text)
    if owner == contact_id:
        return
    if owner is not None:
        (kept,) = (info for info in contacts.addresses(session, contact_id) if info.is_primary)
        raise UsageError(
            f"{address} is the address of another contact",
            hint=f"if they are one person: outreach contacts merge {kept.address} {address}",
        )
    contacts.add_address(session, contact_id, text, now)
    suppressions.recognise(session, [address.normalised], keys.secrets(session, now))


def _make_primary(
    session: "Session", contact_id: int, text: str, address: Address, now: datetime
) -> None:
    _add_address(session, contact_id, text, address, now)
    contacts.make_primary(session, contact_id, address.normalised)


def _remove_address(session: "Session", contact_id: int, address: Address) -> None:
    own = {info.normalised: info for info in contacts.addresses(session, contact_id)}
    info = own.get(address.normalised)
    if info is None:
        raise NotFoundError(
            f"{address} is none of their addresses",
            hint=f"they have {', '.join(other.address for other in own.values())}",
        )
    if info.is_primary:
        raise UsageError(
            f"{info.address} is the address we write to",
            hint="name another in the same command: --primary ADDRESS",
        )
    holding = [
        listed
        for listed in suppressions.of_addresses(session, [info.normalised])
        if listed.lifted_at is None and listed.reason != suppressions.BOUNCE
    ]
    if holding:
        raise RefusedError(
            f"{info.address} is suppressed ({holding[0].reason}); without it they would be "
            "written to again",
            hint="if that is right, lift the suppression with its reason first",
        )
    contacts.remove_address(session, contact_id, info.normalised)
