"""Contacts as files: CSV that an import reads back, JSON with all facts, and vCards."""

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach.domain.condition import Condition
from outreach.domain.contact import AttributeValue, ConsentStatus, Contact
from outreach.errors import UnavailableError
from outreach.services.given import Types
from outreach.storage import contacts, history
from outreach.storage import segments as questions
from outreach.storage.contacts import FIELDS
from outreach.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BATCH = 1_000

Facts = dict[str, list[dict[str, Any]]]


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"
    JSON = "json"
    VCARD = "vcard"


@dataclass
class Report:
    """What an export found on its way: how many contacts, and what a person ought to know."""

    contacts: int = 0
    #: Cells that a spreadsheet program would take for a formula.
    formulas: int = 0
    #: Attributes that are not declared any more, which CSV leaves out.
    undeclared: tuple[str, ...] = ()


def export(
    database: Database,
    types: Types,
    kind: Format,
    condition: Condition | None,
    report: Report,
    *,
    now: datetime,
    spreadsheet: bool = False,
) -> Iterator[str]:
    """Yield the text of a file with who fulfils `condition` (None: all), and fill in `report`.

    It is read and written piece by piece, however many they are. With `spreadsheet` a CSV is made
    safe to open in a spreadsheet program: what it would run as a formula begins with an apostrophe,
    and a byte order mark tells it the encoding. Such a file is for reading; import the other one.
    """
    write = {Format.CSV: _csv, Format.JSON: _json, Format.VCARD: _vcards}[kind]
    tables = ("addresses", "consents", "opt_outs") if kind is not Format.JSON else history.FACTS
    with database.read() as session:

        def entries() -> Iterator[tuple[Contact, Facts]]:
            for batch in _batches(session, condition, now):
                found = history.facts(session, batch, tables)
                for contact in contacts.load(session, batch, now, types=types):
                    report.contacts += 1
                    yield contact, found[contact.id]
                session.expunge_all()

        yield from write(entries(), types, report, spreadsheet)


def _batches(
    session: "Session", condition: Condition | None, now: datetime
) -> Iterator[Sequence[int]]:
    if condition is not None:
        ids = questions.ids(session, condition, now)
        yield from (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
        return
    last = 0
    while batch := contacts.listing(session, after=last, limit=BATCH):
        yield batch
        last = batch[-1]


def save(path: Path, chunks: Iterable[str]) -> None:
    """Write a file whole or not at all, for its owner's eyes only."""
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise UnavailableError(
            f"cannot be written ({error.strerror})",
            source=str(path),
            hint="check that its folder exists, its permissions, and the room on the disk",
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()


# CSV (RFC 4180). The names of the columns are those that an import knows.

_COLUMNS = (
    "email",
    "also_email",
    *FIELDS,
    "tier",
    "roles",
    "interests",
    "consent",
    "consent_at",
    "consent_evidence",
    "consent_ip",
    "consent_expires",
    "opted_out",
    "opted_out_at",
    "suppressed",
    "created_at",
)

_FORMULA = re.compile(r"[=+\-@\t\r]")
_HARMLESS = re.compile(r"[+-]?[\d\s().,/-]+")


def _csv(
    entries: Iterator[tuple[Contact, Facts]], types: Types, report: Report, spreadsheet: bool
) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if spreadsheet:
        buffer.write("\ufeff")
    writer.writerow([*_COLUMNS, *(f"attributes.{name}" for name in types)])
    undeclared: set[str] = set()
    for contact, facts in entries:
        undeclared |= contact.attributes.keys() - types.keys()
        cells = [*_cells(contact, facts), *(_cell(contact.attributes.get(name)) for name in types)]
        for index, cell in enumerate(cells):
            if _FORMULA.match(cell) and not _HARMLESS.fullmatch(cell):
                report.formulas += 1
                if spreadsheet:
                    cells[index] = f"'{cell}"
        writer.writerow(cells)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    report.undeclared = tuple(sorted(undeclared))
    yield buffer.getvalue()


def _cells(contact: Contact, facts: Facts) -> list[str]:
    own: dict[str, Any] = {name: getattr(contact, name) for name in (*FIELDS, "email", "tier")}
    own["also_email"] = [row["address"] for row in facts["addresses"] if not row["is_primary"]]
    own["roles"], own["interests"] = sorted(contact.roles), sorted(contact.interests)
    # of two at one instant the later recorded, as the contact's summary has it
    newest = max(reversed(facts["consents"]), key=lambda row: row["occurred_at"], default=None)
    # In a file that says nothing of it, an import may take one consent for everybody.
    own["consent"] = contact.consent_basis or contact.consent
    if newest and newest["status"] == contact.consent != ConsentStatus.NONE:
        own["consent_at"] = newest["occurred_at"]
        own["consent_evidence"] = newest["evidence"]
        own["consent_ip"] = newest["ip_address"]
        own["consent_expires"] = newest["expires_at"]
    holding = [row for row in facts["opt_outs"] if row["lifted_at"] is None]
    own["opted_out"] = sorted({row["scope"] for row in holding})
    own["opted_out_at"] = min((row["occurred_at"] for row in holding), default=None)
    own["suppressed"] = contact.suppressed or None
    own["created_at"] = contact.created_at
    return [_cell(own.get(name)) for name in _COLUMNS]


def _cell(value: AttributeValue | Sequence[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        divided = any(mark in item for item in value for mark in ';|,"\n')
        return ";".join(f'"{item}"' if divided else item for item in value)
    return str(value)


def _json(
    entries: Iterator[tuple[Contact, Facts]], _types: Types, _report: Report, _spreadsheet: bool
) -> Iterator[str]:
    yield '{"schema": 1, "contacts": ['
    divider = "\n"
    for contact, facts in entries:
        own = {name: getattr(contact, name) for name in (*FIELDS, "email", "tier", "tier_since")}
        own |= {"attributes": contact.attributes, "consent": contact.consent}
        own |= {"suppressed": contact.suppressed, "held_until": contact.held_until}
        own |= {"parted_at": contact.parted_at, "created_at": contact.created_at}
        own |= {"updated_at": contact.updated_at, **facts}
        yield divider + json.dumps(own, ensure_ascii=False, default=_plain)
        divider = ",\n"
    yield "\n]}\n"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


# vCard 4.0 (RFC 6350), lines folded at 75 octets (3.2).


def _vcards(
    entries: Iterator[tuple[Contact, Facts]], _types: Types, _report: Report, _spreadsheet: bool
) -> Iterator[str]:
    for contact, facts in entries:
        yield "".join(_fold(line) for line in _card(contact, facts))


def _card(contact: Contact, facts: Facts) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    yield f"FN:{_escaped(contact.name or contact.email)}"
    yield f"N:{_escaped(contact.last_name)};{_escaped(contact.first_name)};;;"
    yield f"EMAIL;PREF=1:{_escaped(contact.email)}"
    for row in facts["addresses"]:
        if not row["is_primary"]:
            yield f"EMAIL:{_escaped(row['address'])}"
    tags = contact.attributes.get("tags")
    single = {
        "ORG": contact.company,
        "TITLE": contact.job_title,
        "TEL": contact.phone,
        "LANG": contact.locale,
        "TZ": contact.timezone,
    }
    for name, value in single.items():
        if value:
            yield f"{name}:{_escaped(value)}"
    if contact.country:
        yield f"ADR:;;;;;;{_escaped(contact.country)}"
    if isinstance(tags, tuple) and tags:
        yield f"CATEGORIES:{','.join(_escaped(tag) for tag in tags)}"
    yield f"REV:{contact.updated_at:%Y%m%dT%H%M%SZ}"
    yield "END:VCARD"


def _escaped(text: str | None) -> str:
    """Guard what has a meaning in a card (RFC 6350 3.4); a line break becomes its sign."""
    guarded = re.sub(r"([\\,;])", r"\\\1", text or "")
    return re.sub(r"\r\n|[\r\n\x85\u2028\u2029]", r"\\n", guarded)


def _fold(line: str) -> str:
    folded, octets = [], 0
    for char in line:
        width = len(char.encode("utf-8", "surrogatepass"))
        if octets + width > 75:
            folded.append("\r\n ")
            octets = 1
        folded.append(char)
        octets += width
    return "".join(folded) + "\r\n"
