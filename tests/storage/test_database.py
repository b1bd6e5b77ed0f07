"""Transactions, instants and the errors a person can mend."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import bindparam, func, select, text, update

import outreach.storage.database as storage
from outreach.errors import ConfigError, UnavailableError
from outreach.storage.database import SCHEMA_HEAD, Database, Prepared
from outreach.storage.tables import NoteRow, PromiseRow, Table


def promise(hash_: str, at: datetime) -> PromiseRow:
    return PromiseRow(hash=hash_, text="", first_seen_at=at)


def test_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_schema_head_is_the_newest_migration() -> None:
    folder = Path(storage.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == SCHEMA_HEAD


def test_an_instant_comes_back_as_it_went_in_whatever_its_zone(database: Database) -> None:
    moment = datetime(2026, 10, 25, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5.5)))
    with database.write() as session:
        session.add(promise("a", moment))
    with database.read() as session:
        found = session.scalar(select(PromiseRow.first_seen_at))
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="no time zone"), database.write() as session:
        session.add(promise("a", datetime(2026, 1, 1)))  # noqa: DTZ001 - the point of the test


def test_instants_sort_and_compare_in_the_database(database: Database) -> None:
    early = datetime(2026, 1, 1, tzinfo=UTC)
    with database.write() as session:
        session.add_all(promise(str(n), early + timedelta(microseconds=n)) for n in range(5))
    with database.read() as session:
        later = select(PromiseRow.hash).where(
            PromiseRow.first_seen_at > early + timedelta(microseconds=2)
        )
        assert set(session.scalars(later)) == {"3", "4"}


def test_a_raised_block_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.add(promise("a", datetime(2026, 1, 1, tzinfo=UTC)))
        session.flush()
        raise ZeroDivisionError
    with database.read() as session:
        assert session.scalars(select(PromiseRow)).all() == []


def test_a_reader_sees_one_unchanging_view(database: Database) -> None:
    count = select(func.count()).select_from(PromiseRow)
    with database.read() as reader:
        assert reader.scalar(count) == 0
        with database.write() as writer:
            writer.add(promise("a", datetime(2026, 1, 1, tzinfo=UTC)))
        assert reader.scalar(count) == 0
    with database.read() as reader:
        assert reader.scalar(count) == 1


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.write() as session:
        session.add(NoteRow(contact_id=99, text="x", by="x", at=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="outreach db upgrade"):
        Database(f"sqlite:///{tmp_path}/new.db").check_schema()


def test_a_newer_database_is_left_alone(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer than this program"):
        sqlite_database.check_schema()


def test_a_locked_database_is_named_as_such(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect(str(sqlite_database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(UnavailableError, match="locked by another program"),
        sqlite_database.write(),
    ):
        pass
    other.close()


def test_a_read_only_database_is_named_as_such(sqlite_database: Database) -> None:
    with pytest.raises(UnavailableError, match="cannot be written"), sqlite_database.write() as s:
        s.execute(text("PRAGMA query_only=ON"))
        s.add(promise("a", datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_full_disk_is_named_as_such(sqlite_database: Database) -> None:
    with pytest.raises(UnavailableError, match="disk is full"), sqlite_database.write() as session:
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count={pages}"))
        session.add_all(
            PromiseRow(hash=str(n), text="x" * 9000, first_seen_at=datetime(2026, 1, 1, tzinfo=UTC))
            for n in range(50)
        )


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(ConfigError, match="not an Outreach database"):
        Database(f"sqlite:///{tmp_path}/x.db").check_schema()


@pytest.mark.parametrize(("query", "level"), [("", 1), ("?synchronous=full", 2)])
def test_how_much_a_power_cut_may_forget_is_said_in_the_url(
    tmp_path: Path, query: str, level: int
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'outreach.db'}{query}")
    with database.read() as session:
        assert session.scalar(text("PRAGMA synchronous")) == level
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["outreach.db"]


def test_an_unknown_durability_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="normal or full, not off"):
        Database(f"sqlite:///{tmp_path / 'outreach.db'}?synchronous=off")


def test_a_missing_server_is_named_and_no_password_printed() -> None:
    database = Database("postgresql://anna:hunter2@127.0.0.1:1/outreach")
    with pytest.raises(UnavailableError) as caught:
        database.check_schema()
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_what_does_not_change_each_of_its_rows_changes_none(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.add(promise("a", datetime(2026, 1, 1, tzinfo=UTC)))
        session.add(promise("b", datetime(2026, 1, 1, tzinfo=UTC)))
    rename = update(PromiseRow.__table__).where(PromiseRow.hash == bindparam("of"))
    with sqlite_database.hold() as held:
        statement = Prepared(
            rename.values(text=bindparam("given")), held.database.engine.dialect, ("of", "given")
        )
        with held.write():
            assert not held.run_whole(statement, [("a", "first"), ("none", "second")])
        with sqlite_database.read() as session:
            assert set(session.scalars(select(PromiseRow.text))) == {""}
        with held.write():
            assert held.run_whole(statement, [("a", "first"), ("b", "second")])
    with sqlite_database.read() as session:
        assert set(session.scalars(select(PromiseRow.text))) == {"first", "second"}
