"""Opening a database, holding transactions and bringing its schema up to date.

SQLite is the default; PostgreSQL is the same code with another URL. What differs between the two
is set up here and nowhere else.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from functools import lru_cache, partial
from importlib.resources import files
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Connection,
    Dialect,
    Engine,
    Select,
    String,
    any_,
    bindparam,
    create_engine,
    event,
    exc,
    func,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy import column as sql_column
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.types import JSON, DateTime, TypeDecorator, TypeEngine

from outreach.domain.clock import in_utc
from outreach.errors import ConfigError, UnavailableError

SCHEMA_HEAD = "0001"
"""The newest migration. A test compares it with the files, so that opening need not read them."""

BUSY_TIMEOUT_MS = 30_000
"""How long SQLite waits for another writer before it gives up, in milliseconds."""

HELD_WAL_PAGES = 10_000
"""How long SQLite's log may get, in pages of 4 KiB, before who writes all the time empties it."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware, in UTC. A naive one is refused, since it would come back as another.

    PostgreSQL keeps ``timestamptz``. SQLite has no such type, so it keeps the UTC wall time as text
    of one width (``2026-11-23 18:40:47.000000``), which sorts as time does and which a person can
    read.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Choose the column's type: with a zone wherever the database has such a type."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the driver is given for `value`."""
        if value is None:
            return None
        moment = in_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002 - the interface is SQLAlchemy's
    ) -> Callable[[Any], datetime | None]:
        """Return what makes the instant of what the driver gave; most columns are empty."""
        if dialect.name == "sqlite":
            read = datetime.fromisoformat
            return lambda value: None if value is None else read(value + "+00:00")
        return lambda value: None if value is None else in_utc(value)


class Json(TypeDecorator[Any]):
    """JSON; on PostgreSQL as ``jsonb``, whose dialect is only imported where it is used."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415

        return dialect.type_descriptor(JSONB())

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what makes a value of what the driver gave."""
        read = super().result_processor(dialect, coltype)
        if dialect.name != "sqlite" or read is None:
            return read
        # Most contacts have no attributes.
        return lambda value: {} if value == "{}" else read(value)


class Database:
    """One database: transactions to work in, and its schema.

    `read()` and `write()` each give a `Session` in one transaction that is committed when the block
    ends and rolled back when it raises. On SQLite a writing transaction takes the write lock at its
    start, so that it never has to give up half-way. Threads may share a database, not a session.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only reads, on one unchanging view of the data."""
        with self._transaction(write=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a transaction that writes."""
        with self._transaction(write=True) as session:
            yield session

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Session]:
        with _wrapped(self), self.engine.connect() as connection:
            connection.execution_options(outreach_write=write)
            if not write and not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin(), Session(connection, expire_on_commit=False) as session:
                yield session
                session.flush()

    @contextmanager
    def hold(self) -> Iterator["Held"]:
        """Keep one connection open, for who writes again and again."""
        with _wrapped(self), self.engine.connect() as connection:
            yield Held(self, connection)

    def revision(self) -> str | None:
        """Return the schema's revision, or None for a database that has none yet."""
        with _wrapped(self), self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            version = table("alembic_version", sql_column("version_num"))
            return connection.execute(select(version.c.version_num)).scalar()

    def check_schema(self) -> None:
        """Raise `ConfigError` unless the schema is the one this program was written for."""
        found = self.revision()
        if found == SCHEMA_HEAD:
            return
        if found is None:
            raise ConfigError(
                "the database has no tables yet",
                source=self.display_url,
                hint="run `outreach db upgrade` to create them",
            )
        if found > SCHEMA_HEAD:
            raise ConfigError(
                f"the database is at revision {found}, newer than this program's {SCHEMA_HEAD}",
                source=self.display_url,
                hint="install the newer Outreach that upgraded it",
            )
        raise ConfigError(
            f"the database is at revision {found}, this program needs {SCHEMA_HEAD}",
            source=self.display_url,
            hint="make a copy of it, then run `outreach db upgrade`",
        )

    def upgrade(self) -> None:
        """Create the tables, or bring them to the newest revision, if they are not there yet."""
        from alembic import command  # noqa: PLC0415 - 0.4 s to import, needed once a release
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(files("outreach.storage") / "migrations"))
        with _wrapped(self), self.engine.connect() as connection:
            connection.execution_options(outreach_write=True)
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")

    @property
    def display_url(self) -> str:
        """The URL without its password."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


class Held:
    """A connection that is kept open, for one thread.

    `run` gives a `Prepared` statement to the driver itself, at a tenth of the cost of a `Session`.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        self.database = database
        self._connection = connection.execution_options(outreach_write=True)
        self._cursor: Any = None
        driver: Any = connection.dialect.loaded_dbapi
        self._error: type[Exception] = driver.Error
        self._is_sqlite = database.is_sqlite
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={HELD_WAL_PAGES}")
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[None]:
        """Open a transaction that writes."""
        with _wrapped(self.database), self._connection.begin():
            self._cursor = self._connection.connection.cursor()
            try:
                yield
            finally:
                self._cursor.close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Return a session within the transaction that is open."""
        with Session(self._connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    def run(self, statement: "Prepared", values: tuple[object, ...]) -> Any:  # noqa: ANN401
        """Run a statement in the transaction that is open; return the driver's cursor."""
        try:
            return self._cursor.execute(statement.sql, statement.arrange(values))
        except self._error as error:
            raise self._told(statement, error) from error

    def run_many(self, statement: "Prepared", rows: Iterable[tuple[object, ...]]) -> int:
        """Run a statement once for each of `rows`; return how many rows that changed in all."""
        try:
            self._cursor.executemany(statement.sql, [*map(statement.arrange, rows)])
        except self._error as error:
            raise self._told(statement, error) from error
        return int(self._cursor.rowcount)

    def run_whole(self, statement: "Prepared", rows: Sequence[tuple[object, ...]]) -> bool:
        """Do the same, and undo it again unless each row has changed one; return whether it has."""
        self._cursor.execute("SAVEPOINT whole")
        whole = self.run_many(statement, rows) == len(rows)
        if not whole:
            self._cursor.execute("ROLLBACK TO whole")
        self._cursor.execute("RELEASE whole")
        return whole

    def _told(self, statement: "Prepared", error: Exception) -> Exception:
        # What is wrong is said without the values: they are people's.
        return exc.DBAPIError.instance(
            statement.sql,
            None,
            error,
            self._error,
            hide_parameters=True,
            dialect=self._connection.dialect,
        )

    def version(self) -> object:
        """Return what stays equal for as long as no other connection has changed anything.

        PostgreSQL cannot tell, so there it is never equal.
        """
        if not self._is_sqlite:
            return object()
        return self._cursor.execute("PRAGMA data_version").fetchone()[0]

    def stamp(self, moment: datetime | None) -> object:
        """Return an instant as the driver takes it; see `UtcDateTime`."""
        return stamp(moment, self._connection.dialect)

    def listed(self, ids: Iterable[int]) -> object:
        """Return ids as the driver takes them for one parameter; see `listed`."""
        return _listed(tuple(ids)) if self._is_sqlite else [*ids]

    def instant(self, value: Any) -> datetime | None:  # noqa: ANN401 - what the driver gave
        """Return an instant that `run` has read; the opposite of `stamp`."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return in_utc(value)
        return datetime.fromisoformat(value + "+00:00")


class Prepared:
    """A statement that is compiled once for one database, and then only given its values.

    They are given in the order of `names`; what is not among those has the value that the statement
    was built with. Instants are given as `Held.stamp` writes them, enums by their value, ids for
    `listed` as `Held.listed` writes them.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: Sequence[str]) -> None:
        style = "qmark" if dialect.name == "sqlite" else "format"
        positional = type(dialect)(paramstyle=style)  # type: ignore[call-arg]
        compiled = statement.compile(
            dialect=positional, compile_kwargs={"render_postcompile": True}
        )
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        fixed = {
            name: value.value if isinstance(value, Enum) else value
            for name, value in compiled.params.items()
            if name not in names
        }
        self._fixed = tuple(fixed.values())
        known = [*names, *fixed]
        places = [known.index(name) for name in compiled.positiontup or ()]
        # Of one place alone, `itemgetter` gives the value and no tuple of it.
        self._pick = itemgetter(*places) if len(places) > 1 else None
        self._places = places

    def arrange(self, values: tuple[object, ...]) -> Sequence[object]:
        """Return the values in the order in which the statement takes them."""
        given = values + self._fixed
        if self._pick is not None:
            picked: tuple[object, ...] = self._pick(given)
            return picked
        return [given[place] for place in self._places]


def stamp(moment: datetime | None, dialect: Dialect) -> object:
    """Return an instant as the driver takes it; see `UtcDateTime`."""
    return moment if moment is None or dialect.name != "sqlite" else _stamp(moment)


@lru_cache(maxsize=256)
def _stamp(moment: datetime) -> str:
    return in_utc(moment).isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=8)  # several questions are asked about the same ids
def _listed(ids: tuple[int, ...]) -> str:
    return json.dumps(ids)


def among(column: Any, *, sqlite: bool) -> ColumnElement[bool]:  # noqa: ANN401
    """Return the condition that a column is one of the ids that `given` gives a statement.

    They are one parameter, however many they are, so that a statement is built once: building it
    costs as much as running it, and leaves what only a search for circular references finds.
    """
    return listed(column, ids_named("ids", sqlite=sqlite), sqlite=sqlite)


def given(session: Session, ids: Collection[int], **others: object) -> dict[str, object]:
    """Return the parameters of a statement with `among`: `ids`, and those of `others`."""
    return {"ids": given_ids(session, ids), **others}


def listed(column: Any, ids: Any, *, sqlite: bool) -> ColumnElement[bool]:  # noqa: ANN401
    """Return the condition that a column is one of `ids`, which is one parameter of a statement."""
    found = column.in_(rows_of(ids, sqlite=True)) if sqlite else column == any_(ids)
    return cast(ColumnElement[bool], found)


def rows_of(ids: Any, *, sqlite: bool) -> Select[Any]:  # noqa: ANN401
    """Return `ids`, which is one parameter of a statement, as rows."""
    if sqlite:
        return select(func.json_each(ids).table_valued("value").c.value)
    return select(func.unnest(ids))


def ids_named(name: str, *, sqlite: bool) -> BindParameter[Any]:
    """Return the parameter `name` for ids, of a statement that is built once.

    Its value is what `given_ids` makes of them, or `Held.listed`.
    """
    return bindparam(name, type_=String() if sqlite else ARRAY(BigInteger))


def given_ids(session: Session, ids: Collection[int]) -> object:
    """Return ids as the value of a parameter made by `ids_named`."""
    return _listed(tuple(ids)) if is_sqlite(session) else [*ids]


def is_sqlite(session: Session) -> bool:
    """Whether the session's database is SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        durability = str(parsed.query.get("synchronous", "normal")).lower()
        if durability not in ("normal", "full"):
            raise ConfigError(
                f"synchronous is normal or full, not {durability}",
                source="database_url",
                hint="full keeps every commit through a power cut and makes sending slower",
            )
        parsed = parsed.difference_update_query(["synchronous"])
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", partial(_prepare_sqlite, durability))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        try:
            return create_engine(parsed, pool_pre_ping=True)
        except ModuleNotFoundError as missing:
            raise ConfigError(
                "PostgreSQL needs the psycopg package",
                source="database_url",
                hint="pip install 'outreach-engine[postgres]'",
            ) from missing
    raise ConfigError(
        f"no support for {backend} databases",
        source="database_url",
        hint="use sqlite:///FILE or postgresql://user@host/name",
    )


def _prepare_sqlite(durability: str, connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling would begin too late; `_begin_sqlite` does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # In WAL mode a process that is killed loses no commit either way. What NORMAL may forget is the
    # last moments before a power cut, and with it mails that went out in them.
    cursor.execute(f"PRAGMA synchronous={durability}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("outreach_write", False)
    statement = "BEGIN IMMEDIATE" if write else "BEGIN"
    driver: Any = connection.connection.driver_connection
    try:
        # Not by way of SQLAlchemy, which takes ten times as long for it: a mail has two of these.
        driver.execute(statement)
    except sqlite3.Error as error:
        raise exc.DBAPIError.instance(
            statement, None, error, sqlite3.Error, dialect=connection.dialect
        ) from error


@contextmanager
def _wrapped(database: Database) -> Iterator[None]:
    """Turn what only the person can mend into our errors; let mistakes in our code fly."""
    try:
        yield
    except exc.OperationalError as error:
        reason = re.sub(r"\s+", " ", str(error.orig)).strip()
        source = database.display_url
        lowered = reason.lower()
        if "locked" in lowered or "busy" in lowered:
            raise UnavailableError(
                f"the database is locked by another program ({reason})",
                source=source,
                hint="close the other program, or try again when it has finished",
            ) from error
        if "readonly" in lowered or "read-only" in lowered:
            raise UnavailableError(
                f"the database cannot be written to ({reason})",
                source=source,
                hint="check the owner and permissions of the file and of its folder",
            ) from error
        if "disk is full" in lowered or "no space left" in lowered or "disk i/o" in lowered:
            raise UnavailableError(
                f"the disk is full or failing ({reason})",
                source=source,
                hint="make room and run the same command again; what was recorded is kept",
            ) from error
        raise UnavailableError(
            f"the database cannot be used ({reason})",
            source=source,
            hint="check database_url, and that the server is up and the folder exists",
        ) from error
    except exc.ArgumentError as error:
        raise ConfigError(str(error), source="database_url") from error
    except exc.DatabaseError as error:
        if "file is not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise ConfigError(
                f"not an Outreach database ({error.orig})",
                source=database.display_url,
                hint="restore it from a copy, or point database_url at another file",
            ) from error
        raise


def insert_into(session: Session, table: type[Any]) -> Any:  # noqa: ANN401 - one of two dialects' own
    """Return an INSERT that knows the ON CONFLICT clauses of the session's database."""
    return insert_of(table, sqlite=is_sqlite(session))


def insert_of(table: Any, *, sqlite: bool) -> Any:  # noqa: ANN401 - one of two dialects' own
    """Return an INSERT that knows the ON CONFLICT clauses of SQLite, or of PostgreSQL."""
    if sqlite:
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - each only where it is used

        return insert(table)
    from sqlalchemy.dialects.postgresql import insert as insert_there  # noqa: PLC0415

    return insert_there(table)


def insert_rows(
    connection: Connection,
    table: type[Any],
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Insert `rows`, each with a value for each of `columns` as the driver takes it.

    By the driver's `executemany`: of many rows SQLAlchemy's own way takes several times as long.
    """
    if rows:
        marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table.__tablename__} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - names of our own
            list(rows),
        )


def analyze(session: Session) -> None:
    """Refresh the planner's statistics; worth it after a large import."""
    session.execute(text("ANALYZE"))
