"""Segments as a person asks for them, on both databases."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from outreach.domain.contact import AttributeType
from outreach.domain.segment import Segments
from outreach.domain.terms import Vocabulary
from outreach.errors import ConfigError, NotFoundError
from outreach.services import segments as service
from outreach.services.declared import MAX_FILE
from outreach.storage import contacts
from outreach.storage.contacts import NewContact
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow, TouchRow
from tests.conftest import NOW

VOCABULARY = Vocabulary({"plan": AttributeType.TEXT}, ("known", "client", "counsel"), ("partner",))
FILES = {
    "clients": 'tier in ["client", "counsel"]',
    "called": 'in_segment("clients") and touched(since=days_ago(30), channel="call")',
    "pro": 'attributes.plan|lower == "pro" or company is contains "müller"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "segments"
    made.mkdir()
    for name, where in FILES.items():
        text = f"description = 'About {name}'\nwhere = '{where}'\n"
        (made / f"{name}.toml").write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def segments(folder: Path) -> Segments:
    return service.open_segments(folder, VOCABULARY)


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    with database.write() as session:
        found = {
            name: contacts.insert(
                session,
                NewContact(
                    email=f"{name}@example.com",
                    tier=tier,
                    fields={"company": company},
                    attributes={"plan": plan},
                ),
                NOW,
            )
            for name, tier, company, plan in (
                ("anna", "client", "MÜLLER AG", "basic"),
                ("bo", "counsel", "Acme", "Pro"),
                ("cy", "known", "Acme", "basic"),
                ("old-anna", "client", "Müller AG", "pro"),
            )
        }
        for name, days in (("anna", 3), ("bo", 31), ("cy", 3)):
            session.add(
                TouchRow(
                    contact_id=found[name],
                    at=NOW - timedelta(days=days),
                    direction="both",
                    channel="call",
                    kind="call",
                    personal=True,
                )
            )
        session.execute(
            update(ContactRow)
            .where(ContactRow.id == found["old-anna"])
            .values(merged_into_id=found["anna"])
        )
        return found


@pytest.mark.usefixtures("people")
def test_count_leaves_out_who_was_merged(database: Database, segments: Segments) -> None:
    counted = {name: service.count(database, segments, name, NOW) for name in FILES}
    assert counted == {"clients": 2, "called": 1, "pro": 2}


@pytest.mark.usefixtures("people")
def test_list_counts_all_and_a_broken_one_hides_none(
    database: Database, folder: Path, segments: Segments
) -> None:
    listing = service.list_all(database, segments, NOW)
    assert [(one.name, one.count) for one in listing.segments] == [
        ("called", 1),
        ("clients", 2),
        ("pro", 2),
    ]
    assert listing.problems == ()
    (folder / "clients.toml").write_text("description = 'x'\nwhere = 'teir'\n")
    (folder / "notes.txt").write_text("not a segment")
    (folder / ".#pro.toml").symlink_to("an-editors-lock")
    listing = service.list_all(database, service.open_segments(folder, VOCABULARY), NOW)
    assert [(one.name, one.count) for one in listing.segments] == [
        ("called", None),
        ("clients", None),
        ("pro", 2),
    ]
    (problem,) = listing.problems
    assert str(problem).startswith("segments/clients.toml:2:10: there is no field")


def test_show_gives_the_first_few(
    database: Database, segments: Segments, people: dict[str, int]
) -> None:
    shown = service.show(database, segments, "clients", NOW, sample=1)
    assert shown.count == 2
    assert [contact.id for contact in shown.sample] == [people["anna"]]


def test_explain_says_why_as_the_database_decides(
    database: Database, segments: Segments, people: dict[str, int]
) -> None:
    for name in FILES:
        with database.read() as session:
            condition = segments.get(name).condition
            inside = set(service.questions.ids(session, condition, NOW))
        for person in ("anna", "bo", "cy"):
            explained = service.explain_segment(
                database, segments, name, NOW, email=f"{person.upper()}@example.com"
            )
            assert explained.contact is not None
            assert explained.finding is not None
            assert explained.contact.id == people[person]
            assert explained.finding.holds is (people[person] in inside)
    assert explained.finding.parts[0].text == 'attributes.plan|lower == "pro"'
    assert explained.finding.parts[0].facts == (("attributes.plan", "basic"),)


@pytest.mark.usefixtures("people")
def test_the_sql_that_is_shown_is_the_sql_that_is_run(
    database: Database, segments: Segments
) -> None:
    for name in FILES:
        sql = service.explain_segment(database, segments, name, NOW).sql
        with database.engine.connect() as connection:
            found = connection.exec_driver_sql(sql.replace("%%", "%")).scalar_one()
        assert found == service.count(database, segments, name, NOW)


def test_nobody_has_that_address(database: Database, segments: Segments) -> None:
    with pytest.raises(NotFoundError, match="no contact has the address"):
        service.explain_segment(database, segments, "clients", NOW, email="no@example.com")


def test_files_that_cannot_be_read(folder: Path) -> None:
    (folder / "latin.toml").write_bytes("description = 'é'".encode("latin-1"))
    (folder / "folder.toml").mkdir()
    (folder / "gone.toml").symlink_to("nowhere")
    (folder / "huge.toml").write_bytes(b"#" * (MAX_FILE + 1))
    (folder / "Bad Name.toml").write_text("description = 'x'\nwhere = 'true'")
    segments = service.open_segments(folder, VOCABULARY)
    for name, message in (
        ("latin", "segments/latin.toml: is not UTF-8"),
        ("folder", "segments/folder.toml: cannot be read"),
        ("gone", "segments/gone.toml: cannot be read"),
        ("huge", "segments/huge.toml: is far too large"),
        ("Bad Name", "cannot be a segment's name"),
    ):
        with pytest.raises(ConfigError, match=message) as caught:
            segments.get(name)
        assert caught.value.exit_code == 3
    assert segments.get("clients")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(folder: Path) -> None:
    (folder / "clients.toml").chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        service.open_segments(folder, VOCABULARY).get("clients")


def test_no_folder_is_no_segments(tmp_path: Path) -> None:
    assert service.open_segments(tmp_path / "none", VOCABULARY).names == ()
