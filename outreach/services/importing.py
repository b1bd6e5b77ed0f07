"""Importing contacts: from a file that somebody exported somewhere to contacts on record.

Rows are taken in batches, and several batches make one transaction. Whatever stops an import (a
person, a full disk, a locked database) leaves whole transactions, and importing the same file again
finishes the job: rows that are in already are found unchanged.

What the contact or a person decided outranks the file: no opt-out, suppression or withdrawn consent
is ever cleared, no tier lowered or moved that a person set, and an empty cell erases nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from outreach.domain.clock import Clock
from outreach.domain.contact import (
    AttributeType,
    ConsentBasis,
    ConsentStatus,
)
from outreach.domain.entry import ConsentEntry, DateOrder, Entry, day_or_month, long_text
from outreach.domain.presets import Mapping as ColumnMapping
from outreach.domain.presets import map_columns
from outreach.domain.rows import RowError, RowParser, Rules
from outreach.domain.tiers import CUSTOMER, KNOWN, Tiers
from outreach.errors import OutreachError, Problem, UsageError
from outreach.services.contact_files import ContactFile, Record, examine, read
from outreach.services.rejects import Rejects
from outreach.storage import bulk, contacts, importing, keys
from outreach.storage import tiers as standing
from outreach.storage.bulk import Bulk, Change, Origin
from outreach.storage.contacts import encode
from outreach.storage.database import Database
from outreach.storage.importing import Snapshot
from outreach.storage.suppressions import BOUNCE

BATCH = 2_000
"""Rows that are looked up and written together."""

BATCH_CHARACTERS = 8 << 20
"""A batch of long rows ends sooner, so that memory stays flat."""

BATCHES_A_TRANSACTION = 25
"""A transaction keeps other writers waiting, so it lasts a second or two, not the whole import."""

SHOWN = 20
"""How many of a kind (rejects, promotions, duplicates) a report lists; it counts them all."""

STATISTICS_FROM = 10_000
"""New contacts from which the database's statistics are worth refreshing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What the person importing says about consent.

    A `basis` with its evidence, or None: nobody agreed as far as is known.
    """

    basis: ConsentBasis | None
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """A file, and what will become of it; made by `plan_import`, shown, then carried out."""

    file: ContactFile
    columns: ColumnMapping
    dates: DateOrder | None

    @property
    def needs_permission(self) -> bool:
        """Whether the person must say on what ground the contacts may be mailed."""
        return not self.columns.carries_consent


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that was not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """A contact for whom the file names a tier that only a person can give."""

    address: str
    tier: str


@dataclass(slots=True)
class ImportReport:
    """What became of the rows, `totals` by name.

    ``read`` is the sum of ``new``, ``updated``, ``unchanged``, ``duplicate`` (a further row of the
    file about the same contact), ``rejected`` and ``suppressed`` (an address on the suppression
    list that is no contact's, so that none was made). The others count what was added or kept.
    """

    totals: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    rejects_file: Path | None = None
    promotions: list[Promotion] = field(default_factory=list)
    proposals: list[tuple[str, ...]] = field(default_factory=list)
    dry_run: bool = False

    #: The names whose totals add up to ``read``.
    OUTCOMES = ("new", "updated", "unchanged", "duplicate", "rejected", "suppressed")

    def figures(self) -> dict[str, int]:
        """Return all totals, the outcomes also where they are 0."""
        outcomes = {name: self.totals[name] for name in ("read", *self.OUTCOMES)}
        return {**outcomes, **{name: self.totals[name] for name in sorted(self.totals)}}


def plan_import(
    path: Path,
    *,
    attributes: Mapping[str, AttributeType],
    explicit: Mapping[str, str] | None = None,
    preset: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    dates: DateOrder | None = None,
    language: str = "en",
) -> ImportPlan:
    """Look at a file and decide what each column becomes; nothing is written.

    Raises `UsageError` with all that is wrong with the file or with what was asked of it.
    """
    file = examine(path, encoding=encoding, delimiter=delimiter, language=language)
    if file.is_vcard:
        preset = "vcard"
    elif preset == "vcard":
        raise UsageError("is no file of vCards", source=str(path))
    columns = map_columns(
        file.header,
        file.sample,
        file_name=str(path),
        attributes=attributes,
        explicit=explicit,
        preset=preset,
    )
    return ImportPlan(file=file, columns=columns, dates=dates or _date_order(file, columns))


def _date_order(file: ContactFile, columns: ColumnMapping) -> DateOrder | None:
    proofs = {day_or_month(cell) for row in file.sample for cell in row} - {None}
    if len(proofs) == 1:
        return proofs.pop()
    return DateOrder.MONTH_FIRST if columns.preset.month_first else None


def import_contacts(
    database: Database,
    plan: ImportPlan,
    *,
    tiers: Tiers,
    attributes: Mapping[str, AttributeType],
    permission: Permission | None,
    zone: tzinfo,
    by: str,
    clock: Clock,
    rejects: Path | None = None,
    dry_run: bool = False,
    report: ImportReport | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import a file and say what became of every row.

    Where the file does not say itself who agreed to be mailed, `permission` is mandatory. The
    `report` may be given, so that the caller still has it after an interruption; `progress` is told
    how many characters were taken since it was last told. A dry run does all of it in one
    transaction that is undone.
    """
    if permission is None and plan.needs_permission:
        raise UsageError(
            "it must be said on what ground these contacts may be mailed",
            source=str(plan.file.path),
            hint='pass --consent express --evidence "web form 2026", or --no-consent',
        )
    if permission and permission.basis and not (permission.evidence or "").strip():
        raise UsageError(
            "a consent needs evidence: where and how they agreed",
            source="--consent",
            hint='pass --evidence "web form 2026"',
        )
    if permission and permission.evidence:
        permission = replace(permission, evidence=_evidence(permission.evidence))
    report = report or ImportReport()
    report.dry_run = dry_run
    run = _Run(
        database,
        plan,
        tiers=tiers,
        attributes=attributes,
        permission=permission,
        zone=zone,
        by=by,
        clock=clock,
        report=report,
        progress=progress,
    )
    with Rejects(plan.file, rejects, keep=not dry_run) as bad_rows:
        try:
            run.carry_out(bad_rows)
        except OutreachError as error:
            raise _stopped(error, report) from error
    report.rejects_file = bad_rows.path
    return report


def _evidence(text: str) -> str | None:
    try:
        return long_text(text)
    except ValueError as error:
        raise UsageError(f"the evidence {error}", source="--evidence") from None


def _stopped(error: OutreachError, report: ImportReport) -> OutreachError:
    if report.dry_run or not report.totals["read"]:
        return error
    message = f"the import stopped; what became of the first {report.totals['read']:,} rows is kept"
    hint = "run the same command again, it goes on where it stopped"
    return type(error)([*error.problems, Problem(message, hint=hint)])


def _file_name(name: str) -> str:
    """Return a file's name as a database can keep it: names are bytes, and not always UTF-8."""
    return name.encode("utf-8", "replace").decode()


class _UndoError(Exception):
    """Ends the transaction of a dry run."""


class _Run:
    """One import at work."""

    def __init__(
        self,
        database: Database,
        plan: ImportPlan,
        *,
        tiers: Tiers,
        attributes: Mapping[str, AttributeType],
        permission: Permission | None,
        zone: tzinfo,
        by: str,
        clock: Clock,
        report: ImportReport,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.database = database
        self.plan = plan
        self.tiers = tiers
        self.clock = clock
        self.report = report
        self.progress = progress
        self.started = clock()
        self.origin = Origin(file=_file_name(plan.file.path.name), by=by, at=self.started)
        general = None
        if permission and permission.basis:
            general = ConsentEntry(
                status=ConsentStatus.GRANTED,
                basis=permission.basis,
                evidence=permission.evidence,
            )
        self.parser = RowParser(
            plan.columns,
            Rules(
                attributes=attributes,
                tiers=tuple(tiers),
                roles=tuple(tiers.roles),
                zone=zone,
                dates=plan.dates,
                consent=general,
            ),
        )
        self.seen = _Ids()
        self.import_id = 0
        self.secrets: list[str] = []
        self.promises = ""

    def carry_out(self, rejects: Rejects) -> None:
        batches = _batches(read(self.plan.file))
        if self.report.dry_run:
            try:
                with self.database.write() as session:
                    self._begin(session)
                    self._take_all(session, batches, rejects)
                    self._propose(session)
                    bulk.finish(session, statistics=False)
                    raise _UndoError
            except _UndoError:
                return
        with self.database.write() as session:
            self._begin(session)
        while first := next(batches, None):
            before = Counter(self.report.totals)
            try:
                with self.database.write() as session:
                    group = chain([first], islice(batches, BATCHES_A_TRANSACTION - 1))
                    self._take_all(session, group, rejects)
                    importing.record(session, self.import_id, self.report.figures(), None)
            except BaseException:
                self.report.totals = before
                raise
        with self.database.write() as session:
            self._propose(session)
            bulk.finish(session, statistics=self.report.totals["new"] >= STATISTICS_FROM)
            importing.record(session, self.import_id, self.report.figures(), self.clock())

    def _begin(self, session: Session) -> None:
        bulk.take_turn(session)
        self.secrets = keys.secrets(session, self.started)
        self.promises = standing.keep_promise(session, self.tiers, self.started)
        self.import_id = importing.start(
            session,
            file=_file_name(str(self.plan.file.path)),
            file_hash=self.plan.file.sha256,
            preset=self.plan.columns.preset.name,
            by=self.origin.by,
            now=self.started,
        )

    def _propose(self, session: Session) -> None:
        count, groups = importing.proposals(session, self.started, SHOWN)
        self.report.totals["probable_duplicates"] = count
        self.report.proposals = groups

    def _take_all(self, session: Session, batches: Iterator["_Batch"], rejects: Rejects) -> None:
        writer = Bulk(session, self.origin)
        for batch in batches:
            self._take(writer, self._entries(batch.records, rejects))
            if self.progress:
                self.progress(batch.size)

    def _entries(self, batch: Sequence[Record], rejects: Rejects) -> list[Entry]:
        entries = []
        parse = self.parser.parse
        blank = 0
        for record in batch:
            reason = record.reason
            if reason is None:
                assert record.cells is not None
                try:
                    entries.append(parse(record.line, record.cells))
                    continue
                except RowError as error:
                    reason = str(error)
                if not record.raw and not any(cell.strip() for cell in record.cells):
                    blank += 1
                    continue
            self.report.totals["rejected"] += 1
            if len(self.report.rejected) < SHOWN:
                self.report.rejected.append(Rejected(record.line, reason))
            rejects.add(record, reason)
        self.report.totals["read"] += len(batch) - blank
        return entries

    def _take(self, writer: Bulk, entries: Sequence[Entry]) -> None:
        """Write what one batch says."""
        totals = self.report.totals
        by_address: dict[str, Entry] = {}
        for entry in entries:
            first = by_address.setdefault(entry.normalised, entry)
            if first is not entry:
                first.fill_in(entry)
                totals["duplicate"] += 1
        wanted = list(by_address)
        wanted += [other for entry in entries for _, other in entry.more_addresses]
        owners = contacts.find_many(writer.session, wanted)
        barred = importing.suppressed(writer.session, list(by_address), self.secrets)
        bad = [entry for entry in by_address.values() if entry.suppress]
        if bad:
            totals["suppressions_added"] += writer.suppress(bad, self.secrets)
            # A dead address is nobody's; who must not be mailed may well be somebody we know.
            barred.update(entry.normalised for entry in bad if entry.suppress == BOUNCE)

        new: list[Entry] = []
        known: dict[int, Entry] = {}
        for entry in by_address.values():
            owner = owners.get(entry.normalised) or next(
                (owners[other] for _, other in entry.more_addresses if other in owners), None
            )
            if owner is None:
                if entry.normalised in barred:
                    totals["suppressed"] += 1
                else:
                    new.append(entry)
                continue
            entry.more_addresses = ((entry.address, entry.normalised), *entry.more_addresses)
            if owner in known:
                known[owner].fill_in(entry)
                totals["duplicate"] += 1
            else:
                known[owner] = entry
        taken = set(owners)
        self._add(writer, new, taken)
        self._change(writer, known, taken)

    def _add(self, writer: Bulk, entries: Sequence[Entry], taken: set[str]) -> None:
        totals = self.report.totals
        raised: list[tuple[int, str]] = []
        for position, entry in enumerate(entries):
            if entry.tier is None:
                entry.tier = KNOWN
            else:
                if self.tiers[entry.tier].by_person:
                    self._promote(entry.address, entry.tier)
                    entry.tier = CUSTOMER
                if entry.tier != KNOWN:
                    raised.append((position, entry.tier))
            if entry.consent:
                totals["consents_added"] += 1
            totals["opt_outs_added"] += len(entry.opted_out)
        ids = writer.add(entries, taken)
        writer.tier_changes(
            [(ids[position], None, tier) for position, tier in raised], self.promises
        )
        totals["new"] += len(ids)
        self.seen.add_all(ids)

    def _change(self, writer: Bulk, known: Mapping[int, Entry], taken: set[str]) -> None:
        if not known:
            return
        totals = self.report.totals
        there = importing.snapshots(writer.session, list(known))
        changes = []
        for contact_id, entry in known.items():
            again = contact_id in self.seen
            change = self._difference(there[contact_id], entry, taken, fill_only=again)
            if again:
                totals["duplicate"] += 1
            else:
                totals["updated" if change else "unchanged"] += 1
            if change:
                changes.append(change)
        writer.change(changes, taken, self.promises)
        self.seen.add_all(known)

    def _difference(
        self, there: Snapshot, entry: Entry, taken: set[str], *, fill_only: bool
    ) -> Change | None:
        """Return what an entry adds to a contact on record, or None if it says nothing new."""
        totals = self.report.totals
        fields, attributes = dict(there.fields), dict(there.attributes)
        for name, value in entry.fields.items():
            if not (fill_only and fields.get(name)):
                fields[name] = value
        for key, given in encode(entry.attributes).items():
            if not (fill_only and key in attributes):
                attributes[key] = given
        edited = fields != there.fields or attributes != there.attributes
        change = Change(
            there.id,
            entry.line,
            fields=fields if edited else None,
            attributes=attributes if edited else None,
            tier=self._move(there, entry),
            interests=tuple(one for one in entry.interests if one not in there.interests),
            roles=tuple(role for role in entry.roles if role not in there.roles),
            opted_out=_new_opt_outs(there, entry),
            opted_out_at=entry.opted_out_at,
            note=entry.note if entry.note not in there.notes else None,
            addresses=tuple(pair for pair in entry.more_addresses if pair[1] not in taken),
        )
        if entry.consent and _is_new(entry.consent, there):
            if there.consent is ConsentStatus.WITHDRAWN:
                totals["withdrawn_kept"] += 1
            else:
                change.consent = entry.consent
                moment = entry.consent.occurred_at or self.started
                change.newest = there.consented_at is None or moment >= there.consented_at
                totals["consents_added"] += 1
        totals["opt_outs_added"] += len(change.opted_out)
        return change if change.says_something else None

    def _move(self, there: Snapshot, entry: Entry) -> tuple[str, str] | None:
        if entry.tier is None or entry.tier == there.tier:
            return None
        wanted = self.tiers[entry.tier]
        current = self.tiers.get(there.tier)
        if wanted.by_person and (current is None or wanted.rank > current.rank):
            self._promote(entry.address, wanted.name)
            return None
        if there.tier_by_person or (current is not None and wanted.rank < current.rank):
            self.report.totals["tiers_kept"] += 1
            return None
        return there.tier, wanted.name

    def _promote(self, address: str, tier: str) -> None:
        self.report.totals["promotions_asked"] += 1
        if len(self.report.promotions) < SHOWN:
            self.report.promotions.append(Promotion(address, tier))


def _new_opt_outs(there: Snapshot, entry: Entry) -> tuple[str, ...]:
    """Return the scopes to record: not those that hold, nor those taken back since the file."""
    new = []
    for scope in entry.opted_out:
        if scope in there.opted_out:
            lifted = there.opted_out[scope]
            if lifted is None or (entry.opted_out_at and entry.opted_out_at <= lifted):
                continue
        new.append(scope)
    return tuple(new)


def _is_new(consent: ConsentEntry, there: Snapshot) -> bool:
    # A record is also kept there without its time, for a statement that gives none.
    said = (consent.status, consent.basis, consent.evidence, consent.occurred_at)
    return said not in there.consents


class _Batch(NamedTuple):
    """Rows to be taken together, and how many characters they hold."""

    records: list[Record]
    size: int


def _batches(records: Iterator[Record]) -> Iterator[_Batch]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.raw) + sum(map(len, record.cells or ()))
        if len(batch) >= BATCH or size > BATCH_CHARACTERS:
            yield _Batch(batch, size)
            batch, size = [], 0
    if batch:
        yield _Batch(batch, size)


class _Ids:
    """A set of row ids that takes a bit for each instead of a number."""

    PAGE = 1 << 16

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add_all(self, ids: Sequence[int] | Mapping[int, object]) -> None:
        for one in ids:
            page, offset = divmod(one, self.PAGE)
            bits = self._pages.get(page)
            if bits is None:
                bits = self._pages[page] = bytearray(self.PAGE // 8)
            bits[offset >> 3] |= 1 << (offset & 7)

    def __contains__(self, one: int) -> bool:
        page, offset = divmod(one, self.PAGE)
        bits = self._pages.get(page)
        return bits is not None and bool(bits[offset >> 3] & 1 << (offset & 7))
