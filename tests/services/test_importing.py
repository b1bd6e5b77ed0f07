"""Importing, on both databases: what is taken, what is kept, and that it adds up."""

import csv
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from outreach.domain.address import keyed_hash
from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus, Contact
from outreach.domain.tiers_file import read_tiers
from outreach.errors import UnavailableError, UsageError
from outreach.services import importing
from outreach.services.importing import ImportReport, Permission, import_contacts, plan_import
from outreach.starter import starter_file
from outreach.storage import bulk, contacts, keys, permissions, suppressions
from outreach.storage import tiers as standings
from outreach.storage.database import Database
from outreach.storage.tables import (
    AddressRow,
    ConsentRow,
    ContactRow,
    ImportRow,
    NoteRow,
    OptOutRow,
    SuppressionRow,
    TierChangeRow,
)
from outreach.testing import FrozenClock

TYPES = {
    "customer_id": AttributeType.TEXT,
    "seats": AttributeType.NUMBER,
    "renewal": AttributeType.DATE,
    "tags": AttributeType.LIST,
}
TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
NONE = Permission(basis=None)
FORM = Permission(basis=ConsentBasis.EXPRESS, evidence="web form 2026")


@pytest.fixture
def take(database: Database, tmp_path: Path, clock: FrozenClock) -> Callable[..., ImportReport]:
    """Import a text as a file, each time a minute later."""

    def run(
        text: str,
        permission: Permission | None = NONE,
        *,
        name: str = "people.csv",
        options: dict[str, Any] | None = None,
        **more: Any,
    ) -> ImportReport:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        clock.advance(minutes=1)
        plan = plan_import(path, attributes=TYPES, **(options or {}))
        return import_contacts(
            database,
            plan,
            tiers=TIERS,
            attributes=TYPES,
            permission=permission,
            zone=UTC,
            by="anna",
            clock=clock,
            **more,
        )

    return run


def person(database: Database, email: str) -> Contact:
    with database.read() as session:
        found = contacts.find(session, email)
        assert found is not None, email
        (contact,) = contacts.load(session, [found], datetime.now(UTC), types=TYPES)
    return contact


def count(database: Database, table: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def outcomes(report: ImportReport) -> dict[str, int]:
    figures = report.figures()
    found = {name: figures[name] for name in report.OUTCOMES if figures[name]}
    assert sum(found.values()) == figures["read"]
    return found


def test_everything_a_row_can_say(database: Database, take: Callable[..., ImportReport]) -> None:
    report = take(
        "Email,First Name,Last Name,Company,Job title,Phone,Locale,Time zone,Country,Tier,Roles,"
        "Interests,Owner,Source,Created at,Customer id,Seats,Renewal,Tags,Note\n"
        "Ann@X.example,Ann,Lee,Lee & Co,Head,+44 1,en_gb,europe/london,United Kingdom,customer,"
        "Partner,Tax; Law,Anna,fair,2024-05-01,0012,3,31.12.2026,a; b,likes tea\n",
        FORM,
    )
    assert outcomes(report) == {"new": 1}
    ann = person(database, "ann@x.example")
    assert (ann.email, ann.first_name, ann.last_name) == ("Ann@x.example", "Ann", "Lee")
    assert (ann.company, ann.job_title, ann.phone) == ("Lee & Co", "Head", "+44 1")
    assert (ann.locale, ann.timezone, ann.country) == ("en-GB", "Europe/London", "GB")
    assert (ann.tier, ann.roles, ann.interests) == (
        "customer",
        frozenset({"partner"}),
        frozenset({"tax", "law"}),
    )
    assert (ann.owner, ann.source) == ("Anna", "fair")
    assert ann.created_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert ann.attributes == {
        "customer_id": "0012",
        "seats": 3,
        "renewal": datetime(2026, 12, 31, tzinfo=UTC).date(),
        "tags": ("a", "b"),
    }
    assert (ann.consent, ann.consent_basis) == (ConsentStatus.GRANTED, ConsentBasis.EXPRESS)
    with database.read() as session:
        consent = session.scalars(select(ConsentRow)).one()
        assert consent.evidence == "web form 2026"
        assert consent.source == "people.csv, line 2"
        assert consent.recorded_by == "anna"
        change = session.scalars(select(TierChangeRow)).one()
        assert (change.before, change.after, change.by_person) == (None, "customer", False)
        assert change.promise_hash == TIERS.hash
        assert session.scalars(select(NoteRow.text)).all() == ["likes tea"]


def test_totals_add_up_and_are_kept(
    database: Database, take: Callable[..., ImportReport], tmp_path: Path
) -> None:
    text = (
        "Email,First Name,Time zone\n"
        "a@x.example,Ann,\n"
        "A@X.example,Anna,Europe/Paris\n"
        "b@x.example,Bob,Europe/Pariss\n"
        ",,\n"
        "nobody,,\n"
        'c@x.example,"C\n'
        "d@x.example,Dan,\n"
    )
    report = take(text)
    assert outcomes(report) == {"new": 2, "duplicate": 1, "rejected": 3}
    assert person(database, "a@x.example").first_name == "Ann"
    assert person(database, "a@x.example").timezone == "Europe/Paris"
    assert report.rejects_file == tmp_path / "people.rejects.csv"
    with report.rejects_file.open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["line", "reason", "Email", "First Name", "Time zone"]
    assert [row[0] for row in table[1:]] == ["4", "6", "7"]
    assert 'did you mean "Europe/Paris"?' in table[1][1]
    assert table[1][2:] == ["b@x.example", "Bob", "Europe/Pariss"]
    with database.read() as session:
        row = session.scalars(select(ImportRow)).one()
        assert row.totals == report.figures()
        assert row.finished_at is not None
        assert row.by == "anna"
    mended = report.rejects_file.read_text().replace("Pariss", "Paris").replace("nobody", "n@x.io")
    again = take(mended, name="mended.csv")
    assert outcomes(again) == {"new": 2, "rejected": 1}


def test_the_same_file_again_changes_nothing(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    text = (
        "Email,First Name,Interests,Roles,Tier,Opted out,Note,Tags\n"
        "a@x.example,Ann,tax,partner,customer,newsletters,hello,vip\n"
        "a@x.example,Anna,law,,,,,\n"
        "b@x.example,,,,,,,\n"
    )
    take(text, FORM)
    before = {table: count(database, table) for table in (ConsentRow, OptOutRow, TierChangeRow)}
    updated = person(database, "a@x.example").updated_at
    report = take(text, FORM)
    assert outcomes(report) == {"unchanged": 2, "duplicate": 1}
    assert {table: count(database, table) for table in before} == before
    assert person(database, "a@x.example").updated_at == updated
    assert person(database, "a@x.example").first_name == "Ann"
    assert person(database, "a@x.example").interests == frozenset({"tax", "law"})


def test_given_cells_overwrite_and_empty_ones_erase_nothing(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    take("Email,First Name,Company,Seats,Tags\na@x.example,Ann,Old & Co,3,vip\n")
    report = take("Email,First Name,Company,Seats,Interests\na@x.example,,New & Co,,tax\n")
    assert outcomes(report) == {"updated": 1}
    ann = person(database, "a@x.example")
    assert (ann.first_name, ann.company, ann.interests) == ("Ann", "New & Co", {"tax"})
    assert ann.attributes == {"seats": 3, "tags": ("vip",)}


def test_duplicates_across_batches_fill_in_only(
    database: Database, take: Callable[..., ImportReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(importing, "BATCHES_A_TRANSACTION", 2)
    lines = "".join(f"p{n}@x.example,N{n},\n" for n in range(7))
    report = take(f"Email,First Name,Phone\n{lines}p0@x.example,Other,123\np0@x.example,,456\n")
    assert outcomes(report) == {"new": 7, "duplicate": 2}
    first = person(database, "p0@x.example")
    assert (first.first_name, first.phone) == ("N0", "123")


def test_a_file_makes_nobody_a_client(
    database: Database, take: Callable[..., ImportReport], clock: FrozenClock
) -> None:
    text = "Email,Tier\na@x.example,client\nb@x.example,counsel\nc@x.example,known\n"
    report = take(text)
    assert [(one.address, one.tier) for one in report.promotions] == [
        ("a@x.example", "client"),
        ("b@x.example", "counsel"),
    ]
    assert person(database, "a@x.example").tier == "customer"
    with database.write() as session:
        owner = contacts.find(session, "a@x.example")
        assert owner
        standings.record_move(
            session, owner, TIERS, before="customer", after="client", by="anna", by_person=True,
            reason="signed", now=clock(),
        )  # fmt: skip
    report = take(text.replace("client", "customer"))
    assert report.totals["tiers_kept"] == 1
    assert person(database, "a@x.example").tier == "client"
    assert [one.address for one in report.promotions] == ["b@x.example"]
    take("Email,Tier\nc@x.example,inquirer\n")
    assert person(database, "c@x.example").tier == "inquirer"
    take("Email,Tier\nc@x.example,known\n")
    assert person(database, "c@x.example").tier == "inquirer"


def test_an_import_never_clears_a_no(
    database: Database, take: Callable[..., ImportReport], clock: FrozenClock
) -> None:
    take("Email\na@x.example\nb@x.example\nc@x.example\n", FORM)
    with database.write() as session:
        a, b, _ = (contacts.find(session, f"{name}@x.example") for name in "abc")
        assert a
        assert b
        permissions.opt_out(
            session, a, ["newsletters"], source="link", evidence=None, occurred_at=clock()
        )
        withdrawal = permissions.Consent(
            contact_id=b, status=ConsentStatus.WITHDRAWN, source="mail", occurred_at=clock()
        )
        permissions.record_consent(session, withdrawal, clock())
        secrets = keys.secrets(session, clock())
        suppressions.suppress(
            session, "c@x.example", secrets, reason="complaint", source="arf", detail=None,
            now=clock(),
        )  # fmt: skip
    clock.advance(days=10)
    other = replace(FORM, evidence="another form")
    report = take("Email,Opted out\na@x.example,no\nb@x.example,\nc@x.example,no\n", other)
    assert report.totals["withdrawn_kept"] == 1
    assert person(database, "a@x.example").opted_out == {"newsletters"}
    assert person(database, "b@x.example").consent is ConsentStatus.WITHDRAWN
    assert person(database, "c@x.example").suppressed


def test_a_suppressed_contact_of_our_own_export_is_one_again(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    text = "Email,First name,Suppressed\na@x.example,Ann,yes\nb@x.example,Bob,no\n"
    report = take(text)
    assert outcomes(report) == {"new": 2}
    assert report.totals["suppressions_added"] == 1
    assert person(database, "a@x.example").suppressed
    assert not person(database, "b@x.example").suppressed
    assert outcomes(take(text.replace("yes", "no"))) == {"unchanged": 2}
    assert person(database, "a@x.example").suppressed


def test_an_erased_address_stays_away(
    database: Database, take: Callable[..., ImportReport], clock: FrozenClock
) -> None:
    with database.write() as session:
        old = keys.secrets(session, clock())[0]
        keys.add(session, clock())
        session.add(
            SuppressionRow(
                address_hash=keyed_hash("gone@x.example", old),
                normalised=None,
                reason="erasure",
                source="letter",
                created_at=clock(),
            )
        )
    report = take("Email,First Name\nGone@x.example,Gone\nhere@x.example,Here\n")
    assert outcomes(report) == {"new": 1, "suppressed": 1}
    assert count(database, AddressRow) == 1


MAILCHIMP = (
    "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,TIMEZONE,"
    "CC,LEID,EUID,TAGS"
)


def test_mailchimp_brings_its_own_consent(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    report = take(
        f"{MAILCHIMP}\n"
        "a@x.example,Ann,2,2024-03-01 10:00:00,192.0.2.1,2024-03-01 10:05:00,192.0.2.2,"
        'Europe/Berlin,de,1,e1,"""vip"",""fair"""\n'
        "b@x.example,Bob,2,2024-03-01 10:00:00,,,,,,2,e2,\n"
        "c@x.example,Cid,2,,,2024-03-01 10:05:00,,,,3,e3,\n",
        None,
        name="subscribed_members_export_1.csv",
    )
    assert outcomes(report) == {"new": 3}
    ann = person(database, "a@x.example")
    assert (ann.consent_basis, ann.country) == (ConsentBasis.CONFIRMED, "DE")
    assert ann.attributes["tags"] == ("vip", "fair")
    assert person(database, "b@x.example").consent_basis is ConsentBasis.EXPRESS
    assert person(database, "c@x.example").consent is ConsentStatus.NONE
    with database.read() as session:
        row = session.scalars(
            select(ConsentRow).where(ConsentRow.basis == ConsentBasis.CONFIRMED)
        ).one()
        assert row.ip_address == "192.0.2.2"
        assert row.occurred_at == datetime(2024, 3, 1, 10, 5, tzinfo=UTC)
        assert "signed up with Mailchimp on 2024-03-01 10:00 UTC from 192.0.2.1" in (
            row.evidence or ""
        )


def test_mailchimps_unsubscribed_and_cleaned_people(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    take(
        "Email Address,LEID,EUID,UNSUB_TIME,UNSUB_REASON\n"
        "a@x.example,1,e1,2025-02-03 04:05:06,NORMAL\n",
        None,
        name="unsubscribed_members_export_1.csv",
    )
    ann = person(database, "a@x.example")
    assert ann.opted_out == {"everything"}
    assert ann.consent is ConsentStatus.WITHDRAWN
    take("Email\nb@x.example\n")
    cleaned = "Email Address,LEID,EUID,CLEAN_TIME\nb@x.example,2,e2,\nc@x.example,3,e3,\n"
    report = take(cleaned, None, name="cleaned_members_export_1.csv")
    assert outcomes(report) == {"unchanged": 1, "suppressed": 1}
    assert report.totals["suppressions_added"] == 2
    assert person(database, "b@x.example").suppressed
    again = take(cleaned, None, name="cleaned_members_export_1.csv")
    assert again.totals["suppressions_added"] == 0
    with database.write() as session:
        session.execute(update(SuppressionRow).values(lifted_at=datetime.now(UTC)))
    take(cleaned, None, name="cleaned_members_export_1.csv")
    assert not person(database, "b@x.example").suppressed


def test_hubspot_google_ghost_and_listmonk(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    take(
        "Record ID,Email,First Name,Marketing contact status,Unsubscribed from all email,"
        "Email hard bounce reason,Time Zone\n"
        "1,a@x.example,Ann,Marketing contact,,,america_slash_new_york\n"
        "2,b@x.example,Bob,Non-marketing contact,,,\n"
        "3,c@x.example,Cid,Marketing contact,true,,\n"
        "4,d@x.example,Dan,Marketing contact,,UNKNOWN_USER,\n",
        FORM,
    )
    assert person(database, "a@x.example").consent is ConsentStatus.GRANTED
    assert person(database, "a@x.example").timezone == "America/New_York"
    assert person(database, "b@x.example").consent is ConsentStatus.NONE
    assert person(database, "c@x.example").opted_out == {"everything"}
    assert person(database, "c@x.example").consent is ConsentStatus.NONE
    with database.read() as session:
        assert session.scalars(select(SuppressionRow.normalised)).all() == ["d@x.example"]
        assert contacts.find(session, "d@x.example") is None
    take(
        "First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value,Notes\n"
        "Eve,E,Friends ::: * myContacts,,e@x.example ::: e2@x.example,e3@x.example,hi\n"
    )
    assert person(database, "e@x.example").attributes == {"tags": ("Friends",)}
    assert person(database, "e@x.example").id == person(database, "e2@x.example").id
    assert person(database, "e@x.example").id == person(database, "e3@x.example").id
    take(
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
        "deleted_at,labels\n"
        "1,f@x.example,Fay Fox,,false,,,2024-01-01T00:00:00.000Z,,gold\n"
    )
    fay = person(database, "f@x.example")
    assert (fay.first_name, fay.last_name, fay.opted_out) == ("Fay", "Fox", {"newsletters"})
    take(
        "uuid,email,name,attributes,status\n"
        '1,g@x.example,Gus,"{""seats"": 4, ""tags"": [""a"", ""b""], ""city"": ""Rome""}",enabled\n'
        '2,h@x.example,Hal,"{",enabled\n'
        "3,i@x.example,Ida,{},blocklisted\n"
    )
    assert person(database, "g@x.example").attributes == {"seats": 4, "tags": ("a", "b")}
    assert person(database, "i@x.example").opted_out == {"everything"}


def test_vcards(database: Database, take: Callable[..., ImportReport], tmp_path: Path) -> None:
    text = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lee;Ann;;;\r\nEMAIL:ann@x.example\r\n"
        "EMAIL:ann@y.example\r\nCATEGORIES:vip\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:No Address\r\nEND:VCARD\r\n"
    )
    report = take(text, name="book.vcf")
    assert outcomes(report) == {"new": 1, "rejected": 1}
    assert person(database, "ann@y.example").first_name == "Ann"
    rejects = (tmp_path / "book.rejects.vcf").read_text()
    assert "X-LINE:8" in rejects
    assert "X-REASON:there is no address" in rejects
    again = take(rejects, name="again.vcf")
    assert outcomes(again) == {"rejected": 1}


def test_a_contact_is_known_by_any_of_their_addresses(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    take("Email,Also email\na@x.example,a@y.example\n")
    report = take("Email,Also email,Phone\na@z.example,A@Y.example; a@x.example,12\n")
    assert outcomes(report) == {"updated": 1}
    ann = person(database, "a@z.example")
    assert (ann.email, ann.phone) == ("a@x.example", "12")
    assert count(database, ContactRow) == 1


def test_consent_must_be_spoken_of(take: Callable[..., ImportReport]) -> None:
    with pytest.raises(UsageError, match="--no-consent"):
        take("Email\na@x.example\n", None)
    with pytest.raises(UsageError, match="needs evidence"):
        take("Email\na@x.example\n", Permission(basis=ConsentBasis.EXPRESS))


def test_consent_columns(database: Database, take: Callable[..., ImportReport]) -> None:
    report = take(
        "Email,Consent,Consent at,Consent evidence,Consent expires\n"
        "a@x.example,inquiry,2026-01-02,asked by mail,2026-07-02\n"
        "b@x.example,withdrawn,2026-01-02,wrote,\n"
        "c@x.example,none,,,\n"
        "d@x.example,express,,,\n"
        "e@x.example,expres,,x,\n"
        "f@x.example,,,,\n",
        None,
    )
    assert outcomes(report) == {"new": 4, "rejected": 2}
    assert "consent without evidence" in report.rejected[0].reason
    assert 'did you mean "express"?' in report.rejected[1].reason
    ann = person(database, "a@x.example")
    assert (ann.consent_basis, ann.consent_expires) == (
        ConsentBasis.INQUIRY,
        datetime(2026, 7, 2, tzinfo=UTC),
    )
    assert person(database, "b@x.example").consent is ConsentStatus.WITHDRAWN
    assert person(database, "c@x.example").consent is ConsentStatus.NONE
    older = take(
        "Email,Consent,Consent at,Consent evidence\na@x.example,express,2025-01-02,form\n", None
    )
    assert older.totals["consents_added"] == 1
    assert person(database, "a@x.example").consent_basis is ConsentBasis.INQUIRY


def test_an_opt_out_that_was_taken_back_outlasts_an_older_file(
    database: Database, take: Callable[..., ImportReport], clock: FrozenClock
) -> None:
    text = "Email,Opted out,Opted out at\na@x.example,newsletters,{}\n"
    take(text.format("2026-01-01"))
    with database.write() as session:
        ann = contacts.find(session, "a@x.example")
        assert ann
        permissions.lift_opt_outs(session, ann, ["newsletters"], "their mail", clock())
    take(text.format("2026-01-01"))
    assert person(database, "a@x.example").opted_out == frozenset()
    take(text.format((clock() + timedelta(days=1)).date().isoformat()))
    assert person(database, "a@x.example").opted_out == {"newsletters"}


def test_duplicates_by_likeness_are_proposed_and_not_merged(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    take("Email\nann@x.example\nzoe@x.example\nzoe+1@x.example\n")
    report = take("Email,Also email\nann+news@x.example,ann+old@x.example\nbob@x.example\n")
    assert report.totals["probable_duplicates"] == 1
    assert report.proposals == [("ann@x.example", "ann+news@x.example")]
    assert count(database, ContactRow) == 5


def test_a_dry_run_says_the_same_and_changes_nothing(
    database: Database, take: Callable[..., ImportReport], tmp_path: Path
) -> None:
    text = "Email,Tier\na@x.example,client\na@x.example,\nbad,\na+1@x.example,\n"
    dry = take(text, FORM, dry_run=True)
    assert count(database, ContactRow) == count(database, ImportRow) == 0
    assert not (tmp_path / "people.rejects.csv").exists()
    real = take(text, FORM)
    assert dry.figures() == real.figures()
    assert (dry.proposals, dry.promotions) == (real.proposals, real.promotions)


@pytest.mark.parametrize(
    "interruption", [KeyboardInterrupt(), UnavailableError("the disk is full or failing")]
)
def test_an_interrupted_import_keeps_whole_batches_and_is_finished_by_the_next(
    database: Database,
    take: Callable[..., ImportReport],
    monkeypatch: pytest.MonkeyPatch,
    interruption: BaseException,
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    monkeypatch.setattr(importing, "BATCHES_A_TRANSACTION", 2)
    text = "Email,First Name\n" + "".join(f"p{n}@x.example,N\n" for n in range(100)) + "bad,\n"
    calls = 0
    add = bulk.Bulk._consents

    def failing(self: Any, rows: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise interruption
        add(self, rows)

    report = ImportReport()
    with monkeypatch.context() as patch:
        patch.setattr(bulk.Bulk, "_consents", failing)
        with pytest.raises(type(interruption)) as caught:
            take(text, FORM, report=report)
    if isinstance(caught.value, UnavailableError):
        assert "first 40 rows is kept" in str(caught.value)
    assert report.totals["read"] == 40
    for table in (ContactRow, AddressRow, ConsentRow):
        assert count(database, table) == 40
    with database.read() as session:
        row = session.scalars(select(ImportRow)).one()
        assert (row.totals["new"], row.finished_at) == (40, None)
    again = take(text, FORM)
    assert outcomes(again) == {"new": 60, "unchanged": 40, "rejected": 1}


def test_a_locked_database_is_said_plainly(
    sqlite_database: Database, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Email\na@x.example\n")
    other = sqlite3.connect(sqlite_database.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    with pytest.raises(UnavailableError, match="locked by another program"):
        import_contacts(
            sqlite_database,
            plan_import(path, attributes={}),
            tiers=TIERS,
            attributes={},
            permission=NONE,
            zone=UTC,
            by="anna",
            clock=clock,
        )
    other.close()


def test_rows_are_written_as_the_tables_would_write_them(
    database: Database, take: Callable[..., ImportReport], clock: FrozenClock
) -> None:
    """Bulk statements bypass the column types, so what they wrote must read as if they had not."""
    take(
        "Email,Renewal,Consent,Consent at,Consent evidence,Consent expires\n"
        "a@x.example,2026-01-02,express,2026-01-02 03:04:05,form,2027-01-02\n",
        None,
    )
    with database.read() as session:
        contact = session.scalars(select(ContactRow)).one()
        assert contact.updated_at == contact.tier_since == clock()
        assert contact.tier_by_person is False
        assert contact.attributes == {"renewal": "2026-01-02"}
        assert contact.consent is ConsentStatus.GRANTED
        consent = session.scalars(select(ConsentRow)).one()
        assert consent.occurred_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert consent.recorded_at == clock()
        assert session.scalars(
            select(ContactRow.id).where(ContactRow.updated_at == clock())
        ).all() == [contact.id]
    with database.write() as session:  # ids that come after are free
        assert contacts.insert(session, contacts.NewContact(email="b@x.example"), clock())


def test_the_sample_contacts(
    database: Database, take: Callable[..., ImportReport], tmp_path: Path
) -> None:
    text = starter_file("contacts.csv").read_text(encoding="utf-8")
    types = {**TYPES, "plan": AttributeType.TEXT}
    path = tmp_path / "contacts.csv"
    path.write_text(text, encoding="utf-8")
    assert not plan_import(path, attributes=types).columns.undeclared
    report = take(text, None, name="contacts.csv")
    assert outcomes(report) == {"new": 247, "rejected": 4}
    assert report.totals["probable_duplicates"] == 3
    with database.read() as session:
        domains = {
            address.rpartition("@")[2] for address in session.scalars(select(AddressRow.address))
        }
    assert all(
        domain in ("example.com", "example.org", "example.net") or domain.endswith(".example")
        for domain in domains
    )


def test_a_full_disk_keeps_what_was_written_and_the_next_run_finishes(
    sqlite_database: Database, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 50)
    monkeypatch.setattr(importing, "BATCHES_A_TRANSACTION", 1)
    path = tmp_path / "people.csv"
    path.write_text("Email,Note\n" + "".join(f"p{n}@x.example,{'x' * 500}\n" for n in range(2000)))

    def run() -> ImportReport:
        return import_contacts(
            sqlite_database,
            plan_import(path, attributes={}),
            tiers=TIERS,
            attributes={},
            permission=NONE,
            zone=UTC,
            by="anna",
            clock=clock,
        )

    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=250")
    with pytest.raises(UnavailableError, match="disk is full") as caught:
        run()
    assert "run the same command again" in str(caught.value)
    kept = count(sqlite_database, ContactRow)
    assert 0 < kept < 2000
    assert kept % 50 == 0
    assert count(sqlite_database, NoteRow) == kept
    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert outcomes(run()) == {"new": 2000 - kept, "unchanged": kept}


def test_two_imports_of_one_file_at_once_make_each_contact_once(
    database: Database, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 20)
    monkeypatch.setattr(importing, "BATCHES_A_TRANSACTION", 2)
    path = tmp_path / "people.csv"
    path.write_text("Email\n" + "".join(f"p{n}@x.example\n" for n in range(400)))

    def run(_: int) -> ImportReport:
        return import_contacts(
            database,
            plan_import(path, attributes={}),
            tiers=TIERS,
            attributes={},
            permission=FORM,
            zone=UTC,
            by="anna",
            clock=clock,
        )

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(run, range(2)))
    assert count(database, ContactRow) == count(database, ConsentRow) == 400
    assert sum(report.totals["new"] for report in reports) == 400
    assert all(sum(outcomes(report).values()) == 400 for report in reports)


def test_evidence_and_file_names_that_no_database_could_keep(
    database: Database, take: Callable[..., ImportReport]
) -> None:
    with pytest.raises(UsageError, match="the evidence has a control character"):
        take("Email\na@x.example\n", replace(FORM, evidence="form\x00"))
    take("Email\na@x.example\n", FORM, name="caf\udce9.csv")
    with database.read() as session:
        assert session.scalars(select(ImportRow.file)).one().endswith("caf?.csv")
