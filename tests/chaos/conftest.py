"""What chaos tests share: one launcher, and a line of figures for each test at the end."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.storage.database import Database
from tests.chaos.arena import ROUNDS, Arena, Launcher, Tally, again
from tests.postgres import Cluster

TALLIES: dict[str, Tally] = {}

MakeArena = Callable[..., Arena]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ROUNDS and "chaos" in item.path.parts:
            item.add_marker(pytest.mark.timeout(0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLIES:
        terminalreporter.section("chaos")
        for name, tally in TALLIES.items():
            terminalreporter.write_line(f"{name}: {tally.line()}")


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    made = Launcher()
    yield made
    made.stop()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    return TALLIES.setdefault(request.node.name, Tally())


@pytest.fixture
def on_sqlite(
    _migrated_sqlite: Path, tmp_path: Path, launcher: Launcher, tally: Tally
) -> Iterator[MakeArena]:
    """Makes an arena on an SQLite database of its own."""
    made: list[Database] = []

    def make(seed: int, people: int) -> Arena:
        print(again(seed))
        for old in made:
            old.close()
        folder = tmp_path / str(seed)
        path = tmp_path / f"{seed}.db"
        shutil.copy(_migrated_sqlite, path)
        made.append(Database(f"sqlite:///{path}"))
        return Arena(folder, made[-1], launcher, people, tally)

    yield make
    for each in made:
        each.close()


@pytest.fixture
def on_postgres(
    cluster: Cluster, tmp_path: Path, launcher: Launcher, tally: Tally
) -> Iterator[MakeArena]:
    """Makes an arena on a PostgreSQL database of its own, in the cluster all tests share."""
    made: list[tuple[str, Database]] = []

    def clear() -> None:
        for name, database in made:
            database.close()
            cluster.drop(name)
        made.clear()

    def make(seed: int, people: int) -> Arena:
        print(again(seed))
        clear()
        cluster.databases += 1
        name = f"chaos_{cluster.databases}"
        database = Database(cluster.create(name, template="migrated"))
        made.append((name, database))
        return Arena(tmp_path / str(seed), database, launcher, people, tally)

    yield make
    clear()
