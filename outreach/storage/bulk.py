"""Writing contacts by the thousand: a few statements a batch, and nothing per contact.

Rows go to the driver's `executemany` as plain tuples. Instants are written as text in the form that
their column keeps (see `UtcDateTime`), enumerations and JSON as text, so that neither database nor
SQLAlchemy has anything to convert. Ids are allotted for a batch at once, so that the rows of all
tables can be written without asking back for each.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exc, func, select, text
from sqlalchemy.orm import Session

from outreach.domain.address import keyed_hash, likeness_of_normalised
from outreach.domain.clock import in_utc
from outreach.domain.entry import ConsentEntry, Entry
from outreach.errors import BusyError
from outreach.storage import contacts
from outreach.storage.contacts import FIELDS
from outreach.storage.database import insert_rows
from outreach.storage.tables import (
    AddressRow,
    ConsentRow,
    ContactRow,
    InterestRow,
    NoteRow,
    OptOutRow,
    RoleRow,
    SuppressionRow,
    TierChangeRow,
)

CACHE_KIB = 16_384
"""SQLite's page cache while importing. Addresses arrive in no order, so their indexes are touched
all over, and with the usual 2 MiB a page would be written out many times in one transaction."""

CHECKPOINT_PAGES = 32_768
"""Pages (128 MiB) that SQLite's log takes before it is copied into the database while importing:
the same index pages change again and again, and so are copied once and not each time."""

_DEFAULT_CACHE_KIB = 2_000
_DEFAULT_CHECKPOINT_PAGES = 1_000

_IMPORT_LOCK = 0x6F757472  # any number that nothing else in the database takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where rows come from and who brings them, for the record."""

    file: str
    by: str
    at: datetime

    def line(self, number: int) -> str:
        """Name one line of the file."""
        return f"{self.file}, line {number}"


@dataclass(slots=True)
class Change:
    """What an import adds to one contact on record; None and empty mean nothing."""

    contact_id: int
    line: int
    fields: dict[str, str | None] | None = None
    attributes: dict[str, Any] | None = None
    tier: tuple[str, str] | None = None
    consent: ConsentEntry | None = None
    #: Whether `consent` is the newest and so decides what the contact's summary says.
    newest: bool = True
    interests: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    opted_out_at: datetime | None = None
    note: str | None = None
    addresses: tuple[tuple[str, str], ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether there is anything to write."""
        return bool(
            self.fields is not None
            or self.tier
            or self.consent
            or self.interests
            or self.roles
            or self.opted_out
            or self.note
            or self.addresses
        )


class Bulk:
    """Bulk statements within one transaction."""

    def __init__(self, session: Session, origin: Origin) -> None:
        self.session = session
        self.origin = origin
        self.connection = session.connection()
        self.sqlite = self.connection.dialect.name == "sqlite"
        self.now = self.stamp(origin.at)
        _tune(session, CACHE_KIB, CHECKPOINT_PAGES)
        take_turn(session)

    def stamp(self, moment: datetime) -> str:
        """Return an instant as its column keeps it."""
        plain = f"{in_utc(moment).replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"
        return plain if self.sqlite else plain + "+00"

    def allot(self, table: Any, count: int) -> Sequence[int]:  # noqa: ANN401 - a mapped class
        """Return `count` ids that are free and stay so for this transaction."""
        if self.sqlite:
            last = self.session.scalar(select(func.max(table.id))) or 0
            return range(last + 1, last + 1 + count)
        name = f"{table.__tablename__}"
        drawn = self.connection.exec_driver_sql(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            (name, count),
        )
        return [row[0] for row in drawn]

    def write(self, table: Any, columns: Sequence[str], rows: Collection[tuple[Any, ...]]) -> None:  # noqa: ANN401
        """Insert `rows`, each with a value for each of `columns`."""
        try:
            insert_rows(self.connection, table, columns, list(rows))
        except exc.IntegrityError as error:
            raise BusyError(
                "another program added the same contacts at the same moment",
                hint="run the same command again",
            ) from error

    def add(self, entries: Sequence[Entry], taken: set[str]) -> Sequence[int]:
        """Add a contact for each entry, whose tier is decided, and return their ids.

        `taken` are addresses that somebody has already; those added are added to it.
        """
        if not entries:
            return ()
        ids = self.allot(ContactRow, len(entries))
        now, source = self.now, self.origin.file
        people, addresses = [], []
        for contact_id, entry in zip(ids, entries, strict=True):
            get = entry.fields.get
            consent = entry.consent
            created = self.stamp(entry.created_at) if entry.created_at else now
            people.append(
                (
                    contact_id,
                    get("first_name"),
                    get("last_name"),
                    get("company"),
                    get("job_title"),
                    get("phone"),
                    get("locale"),
                    get("timezone"),
                    get("country"),
                    get("owner"),
                    get("source", source),
                    get("relies_on"),
                    _json(entry.attributes) if entry.attributes else "{}",
                    entry.tier,
                    created,
                    False,
                    consent.status.value if consent else "none",
                    consent.basis.value if consent and consent.basis else None,
                    self.stamp(consent.expires_at) if consent and consent.expires_at else None,
                    created,
                    now,
                )
            )
            normalised = entry.normalised
            taken.add(normalised)
            addresses.append(
                (
                    contact_id,
                    entry.address,
                    normalised,
                    likeness_of_normalised(normalised),
                    True,
                    now,
                )
            )
        for contact_id, entry in zip(ids, entries, strict=True):
            if entry.more_addresses:
                addresses += self._more_addresses(contact_id, entry.more_addresses, taken)
        self.write(ContactRow, _PERSON, people)
        self.write(AddressRow, _ADDRESS, addresses)
        self._details(list(zip(ids, entries, strict=True)))
        return ids

    def _more_addresses(
        self, contact_id: int, more: Iterable[tuple[str, str]], taken: set[str]
    ) -> list[tuple[Any, ...]]:
        rows = []
        for address, normalised in more:
            if normalised not in taken:
                taken.add(normalised)
                likeness = likeness_of_normalised(normalised)
                rows.append((contact_id, address, normalised, likeness, False, self.now))
        return rows

    def _details(self, people: Sequence[tuple[int, Entry]]) -> None:
        self._consents(
            [
                (contact_id, entry.line, entry.consent, entry.created_at)
                for contact_id, entry in people
                if entry.consent
            ]
        )
        self._interests(
            (contact_id, interest) for contact_id, entry in people for interest in entry.interests
        )
        self._roles((contact_id, role) for contact_id, entry in people for role in entry.roles)
        self._opt_outs(
            (contact_id, entry.line, scope, entry.opted_out_at)
            for contact_id, entry in people
            for scope in entry.opted_out
        )
        self._notes((contact_id, entry.note) for contact_id, entry in people if entry.note)

    def _consents(self, consents: Sequence[tuple[int, int, ConsentEntry, datetime | None]]) -> None:
        now, by, file = self.now, self.origin.by, self.origin.file
        rows = []
        for contact_id, line, consent, created in consents:
            occurred = consent.occurred_at or created
            rows.append(
                (
                    contact_id,
                    consent.status.value,
                    consent.basis.value if consent.basis else None,
                    consent.evidence,
                    f"{file}, line {line}",
                    consent.ip_address,
                    self.stamp(occurred) if occurred else now,
                    self.stamp(consent.expires_at) if consent.expires_at else None,
                    now,
                    by,
                )
            )
        self.write(ConsentRow, _CONSENT, rows)

    def _interests(self, interests: Iterable[tuple[int, str]]) -> None:
        source, now = self.origin.file, self.now
        self.write(
            InterestRow,
            ("contact_id", "interest", "source", "declared_at"),
            [(contact_id, interest, source, now) for contact_id, interest in interests],
        )

    def _roles(self, roles: Iterable[tuple[int, str]]) -> None:
        by, now, reason = self.origin.by, self.now, f"import of {self.origin.file}"
        self.write(
            RoleRow,
            ("contact_id", "role", "since", "by", "reason"),
            [(contact_id, role, now, by, reason) for contact_id, role in roles],
        )

    def _opt_outs(self, opt_outs: Iterable[tuple[int, int, str, datetime | None]]) -> None:
        self.write(
            OptOutRow,
            ("contact_id", "scope", "source", "occurred_at"),
            [
                (contact_id, scope, self.origin.line(line), self.stamp(at) if at else self.now)
                for contact_id, line, scope, at in opt_outs
            ],
        )

    def _notes(self, notes: Iterable[tuple[int, str]]) -> None:
        by, now = self.origin.by, self.now
        self.write(
            NoteRow,
            ("contact_id", "text", "by", "at"),
            [(contact_id, note, by, now) for contact_id, note in notes],
        )

    def tier_changes(self, changes: Iterable[tuple[int, str | None, str]], promises: str) -> None:
        """Record moves between tiers (contact, before, after) that the file states as facts."""
        by, now, reason = self.origin.by, self.now, f"import of {self.origin.file}"
        self.write(
            TierChangeRow,
            ("contact_id", "before", "after", "by", "by_person", "reason", "at", "promise_hash"),
            [
                (contact_id, before, after, by, False, reason, now, promises)
                for contact_id, before, after in changes
            ],
        )

    def change(self, changes: Sequence[Change], taken: set[str], promises: str) -> None:
        """Carry out what the file adds to contacts on record."""
        mark = "?" if self.sqlite else "%s"
        whole = [one for one in changes if one.fields is not None]
        if whole:
            settings = ", ".join(f"{name} = {mark}" for name in (*FIELDS, "attributes"))
            self.connection.exec_driver_sql(
                f"UPDATE contacts SET {settings} WHERE id = {mark}",  # noqa: S608 - as above
                [
                    (
                        *((one.fields or {}).get(name) for name in FIELDS),
                        json.dumps(one.attributes, ensure_ascii=False),
                        one.contact_id,
                    )
                    for one in whole
                ],
            )
        moved = [(one.contact_id, *one.tier) for one in changes if one.tier]
        if moved:
            self.connection.exec_driver_sql(
                f"UPDATE contacts SET tier = {mark}, tier_since = {mark} WHERE id = {mark}",  # noqa: S608
                [(after, self.now, contact_id) for contact_id, _, after in moved],
            )
            self.tier_changes(moved, promises)
        agreed = [one for one in changes if one.consent]
        if summed_up := [one for one in agreed if one.newest]:
            self._sum_up(summed_up, mark)
        self._consents(
            [(one.contact_id, one.line, one.consent, None) for one in agreed if one.consent]
        )
        self._interests((one.contact_id, text) for one in changes for text in one.interests)
        self._roles((one.contact_id, role) for one in changes for role in one.roles)
        self._opt_outs(
            (one.contact_id, one.line, scope, one.opted_out_at)
            for one in changes
            for scope in one.opted_out
        )
        self._notes((one.contact_id, one.note) for one in changes if one.note)
        self.write(
            AddressRow,
            _ADDRESS,
            [
                row
                for one in changes
                for row in self._more_addresses(one.contact_id, one.addresses, taken)
            ],
        )
        if changes:
            self.connection.exec_driver_sql(
                f"UPDATE contacts SET updated_at = {mark} WHERE id = {mark}",  # noqa: S608
                [(self.now, one.contact_id) for one in changes],
            )

    def _sum_up(self, changes: Sequence[Change], mark: str) -> None:
        names = ("consent", "consent_basis", "consent_expires")
        settings = ", ".join(f"{name} = {mark}" for name in names)
        self.connection.exec_driver_sql(
            f"UPDATE contacts SET {settings} WHERE id = {mark}",  # noqa: S608
            [
                (
                    one.consent.status.value,
                    one.consent.basis.value if one.consent.basis else None,
                    self.stamp(one.consent.expires_at) if one.consent.expires_at else None,
                    one.contact_id,
                )
                for one in changes
                if one.consent
            ],
        )

    def suppress(self, entries: Sequence[Entry], secrets: Sequence[str]) -> int:
        """Put the addresses of `entries` on the suppression list; return how many are new there.

        What is on the list stays as it is, also where a person lifted it since.
        """
        rows = {
            entry.normalised: (
                entry.normalised,
                entry.suppress,
                self.origin.line(entry.line),
                self.now,
            )
            for entry in entries
        }
        hashes = {keyed_hash(one, secret): one for one in rows for secret in secrets}
        there: set[str] = set()
        for batch in contacts.batches(list(hashes)):
            found = select(SuppressionRow.address_hash).where(
                SuppressionRow.address_hash.in_(batch)
            )
            there.update(hashes[digest] for digest in self.session.scalars(found))
        added = [
            (keyed_hash(address, secrets[-1]), *rest)
            for address, rest in rows.items()
            if address not in there
        ]
        columns = ("address_hash", "normalised", "reason", "source", "created_at")
        self.write(SuppressionRow, columns, added)
        return len(added)


_PERSON = (
    "id",
    *FIELDS,
    "attributes",
    "tier",
    "tier_since",
    "tier_by_person",
    "consent",
    "consent_basis",
    "consent_expires",
    "created_at",
    "updated_at",
)
_ADDRESS = ("contact_id", "address", "normalised", "likeness", "is_primary", "created_at")
_CONSENT = (
    "contact_id",
    "status",
    "basis",
    "evidence",
    "source",
    "ip_address",
    "occurred_at",
    "expires_at",
    "recorded_at",
    "recorded_by",
)


def _json(attributes: Mapping[str, Any]) -> str:
    return json.dumps(contacts.encode(attributes), ensure_ascii=False)


def take_turn(session: Session) -> None:
    """Wait until no other import writes, for as long as this transaction lasts.

    On SQLite its write lock has that effect already.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))


def finish(session: Session, *, statistics: bool) -> None:
    """Leave the connection as it was, and tell the planner how much there now is if that is due."""
    _tune(session, _DEFAULT_CACHE_KIB, _DEFAULT_CHECKPOINT_PAGES)
    if statistics:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA analysis_limit=1000"))  # a sample, which takes no time
        session.execute(text("ANALYZE"))


def _tune(session: Session, cache_kib: int, checkpoint_pages: int) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{cache_kib}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
