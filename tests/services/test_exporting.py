"""Exports: what is written is read back as it was, and nothing in it does harm."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus, Contact
from outreach.domain.tiers_file import read_tiers
from outreach.domain.vcard import COLUMNS, read_cards
from outreach.errors import UnavailableError
from outreach.services import contacts, exporting, history, importing, permissions, tiers
from outreach.services.exporting import Format, Report
from outreach.services.given import Given
from outreach.starter import starter_file
from outreach.storage import contacts as stored
from outreach.storage.database import Database

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
TYPES = {
    "plan": AttributeType.TEXT,
    "seats": AttributeType.NUMBER,
    "vip": AttributeType.BOOL,
    "renewal": AttributeType.DATE,
    "tags": AttributeType.LIST,
}
ADA = "ada@example.org"


@pytest.fixture
def filled(sqlite_database: Database) -> Database:
    database = sqlite_database
    how = {"by": "ann", "now": NOW}
    contacts.add(
        database,
        TIERS,
        TYPES,
        "Ada@Example.org",
        Given(
            fields={
                "first_name": "=1+1",
                "last_name": 'Lo"ve, lace; née',
                "company": "Bücher & Söhne 株式会社",
                "phone": "+49 30 12345",
                "timezone": "Europe/Berlin",
                "locale": "de-AT",
                "country": "DE",
                "owner": "Ann",
            },
            attributes={
                "plan": "@SUM(A1)",
                "seats": "-2.5",
                "vip": "no",
                "renewal": "2027-01-31",
                "tags": "a, b; c",
            },
            interests=["tax", "wine, red"],
        ),
        basis=ConsentBasis.EXPRESS,
        evidence="form of 3 May,\nsecond page",
        **how,  # type: ignore[arg-type]
    )
    contacts.edit(
        database, TYPES, ADA, Given(), now=NOW, add_addresses=["a1@example.org", "a2@example.org"]
    )
    tiers.set_role(database, TIERS, ADA, "partner", held=True, **how)  # type: ignore[arg-type]
    tiers.set_role(database, TIERS, ADA, "payer", held=True, **how)  # type: ignore[arg-type]
    tiers.move(database, TIERS, [ADA], "customer", **how)  # type: ignore[arg-type]
    permissions.opt_out(database, TIERS, ADA, ("items", "series:news"), **how)  # type: ignore[arg-type]
    history.note(database, ADA, "likes wine", **how)  # type: ignore[arg-type]
    contacts.add(database, TIERS, TYPES, "bob@example.org", Given(), **how)  # type: ignore[arg-type]
    permissions.consent(
        database,
        "bob@example.org",
        ConsentStatus.WITHDRAWN,
        evidence="phone",
        **how,  # type: ignore[arg-type]
    )
    permissions.suppress(database, "bob@example.org", reason="asked", **how)  # type: ignore[arg-type]
    return database


def exported(database: Database, kind: Format, **how: bool) -> tuple[str, Report]:
    report = Report()
    text = "".join(exporting.export(database, TYPES, kind, None, report, now=NOW, **how))
    return text, report


def everyone(database: Database) -> list[Contact]:
    with database.read() as session:
        return stored.load(session, stored.listing(session), NOW, types=TYPES)


def test_an_import_reads_the_csv_back_without_loss(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    text, report = exported(filled, Format.CSV)
    exporting.save(path, [text])
    assert report.contacts == 2
    other = Database(f"sqlite:///{tmp_path}/other.db")
    other.upgrade()
    plan = importing.plan_import(path, attributes=TYPES)
    assert not plan.columns.undeclared
    done = importing.import_contacts(
        other,
        plan,
        attributes=TYPES,
        tiers=TIERS,
        zone=UTC,
        permission=None,
        by="ann",
        clock=lambda: NOW,
    )
    assert (done.totals["new"], done.totals["rejected"]) == (2, 0)

    def comparable(contact: Contact) -> dict[str, object]:
        names = (
            "email first_name last_name company job_title phone locale timezone country owner "
            "relies_on tier roles interests attributes consent consent_basis opted_out suppressed "
            "created_at"
        )
        return {name: getattr(contact, name) for name in names.split()}

    assert [comparable(c) for c in everyone(other)] == [comparable(c) for c in everyone(filled)]
    with other.read() as session:
        ada = stored.find(session, ADA)
        assert ada is not None
        addresses = [info.address for info in stored.addresses(session, ada)]
    assert addresses == ["Ada@example.org", "a1@example.org", "a2@example.org"]
    other.close()


def test_formulas_are_counted_and_can_be_made_harmless(filled: Database) -> None:
    plain, report = exported(filled, Format.CSV)
    assert report.formulas == 2
    row = next(csv.DictReader(io.StringIO(plain)))
    assert row["first_name"] == "=1+1"
    safe, _ = exported(filled, Format.CSV, spreadsheet=True)
    assert safe.startswith("\ufeff")
    row = next(csv.DictReader(io.StringIO(safe.removeprefix("\ufeff"))))
    assert row["first_name"] == "'=1+1"
    assert row["attributes.plan"] == "'@SUM(A1)"
    assert (row["phone"], row["attributes.seats"]) == ("+49 30 12345", "-2.5")


def test_attributes_that_are_not_declared_any_more_are_named(filled: Database) -> None:
    report = Report()
    types = {"plan": AttributeType.TEXT}
    "".join(exporting.export(filled, types, Format.CSV, None, report, now=NOW))
    assert report.undeclared == ("renewal", "seats", "tags", "vip")


def test_json_holds_all_facts(filled: Database) -> None:
    text, _ = exported(filled, Format.JSON)
    ada, bob = json.loads(text)["contacts"]
    assert ada["email"] == "Ada@example.org"
    assert ada["attributes"]["renewal"] == date(2027, 1, 31).isoformat()
    assert [note["text"] for note in ada["notes"]] == ["likes wine"]
    assert [change["after"] for change in ada["tier_changes"]] == ["known", "customer"]
    assert {row["scope"] for row in ada["opt_outs"]} == {"items", "series:news"}
    assert [row["status"] for row in bob["consents"]] == ["withdrawn"]


def test_an_empty_book_is_valid_json(sqlite_database: Database) -> None:
    assert json.loads(exported(sqlite_database, Format.JSON)[0]) == {"schema": 1, "contacts": []}


def test_vcards_are_read_back(filled: Database) -> None:
    text, _ = exported(filled, Format.VCARD)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    cards = list(read_cards(text.splitlines(keepends=True)))
    assert [card.reason for card in cards] == [None, None]
    first = dict(zip(COLUMNS, cards[0].cells or (), strict=True))
    assert first["email"] == "Ada@example.org"
    assert first["also_email"] == "a1@example.org;a2@example.org"
    assert (first["first_name"], first["last_name"]) == ("=1+1", 'Lo"ve, lace; née')
    assert first["company"] == "Bücher & Söhne 株式会社"
    assert (first["timezone"], first["locale"]) == ("Europe/Berlin", "de-AT")
    assert first["tags"] == "a, b;c"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("before")

    def broken() -> object:
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(UnavailableError, match="No space left"):
        exporting.save(path, broken())  # type: ignore[arg-type]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    exporting.save(path, ["whole"])
    assert path.read_text() == "whole"
    assert path.stat().st_mode & 0o077 == 0
