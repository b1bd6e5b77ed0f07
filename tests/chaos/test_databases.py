"""A database that goes away, is locked, has no room, or a clock that is set while it is used."""

import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.storage.database import Database
from outreach.testing import Rule, ScriptedServer
from tests.chaos.arena import ROUNDS, Arena, Launcher, Tally, again, seeds
from tests.chaos.conftest import MakeArena
from tests.postgres import Cluster, find_binaries

pytestmark = pytest.mark.slow

PEOPLE = 40
WORKERS = 3

#: What `outreach` ends with when a database or server is not there (see `outreach --help`).
UNAVAILABLE = 7


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server that may be crashed, since nobody else uses it."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql)")
    server = Cluster(binaries)
    yield server
    server.stop()


@pytest.mark.postgres
def test_postgres_is_stopped_and_started_in_the_middle(
    own_cluster: Cluster, tmp_path: Path, launcher: Launcher, tally: Tally
) -> None:
    """Workers wait for it and go on by themselves; a plain run ends with an error that says why."""
    for seed in seeds(1):
        print(again(seed))
        chance = random.Random(seed)
        name = f"crash_{seed}"
        database = Database(own_cluster.create(name))
        database.upgrade()
        server = ScriptedServer(Rule("dot", stall=0.04))
        with Arena(tmp_path / str(seed), database, launcher, 2 * PEOPLE, tally) as arena, server:
            arena.through(server)
            assert arena.wait(arena.send("--detach")) == 0
            workers = [arena.start("worker") for _ in range(WORKERS)]
            plain = arena.send()
            for _ in range(2 if ROUNDS else 1):
                arena.until_taken(len(server.accepted) + 5)
                time.sleep(chance.uniform(0, 0.3))
                own_cluster.crash()
                for _ in (*workers, plain):
                    arena.failed()
                time.sleep(chance.uniform(0, 1.5))
                own_cluster.start()
            assert arena.wait(plain) in (0, UNAVAILABLE)
            for pid in workers:
                assert arena.is_alive(pid), arena.said()[-2000:]
            database.engine.dispose()
            arena.until_taken(PEOPLE + 10)
            for pid in workers:
                arena.stop(pid)
            arena.finish("worker", "--until-idle")
            arena.judge()
        database.close()
        own_cluster.drop(name)
        assert "Traceback" not in arena.said()


def test_another_program_has_the_database_locked(on_sqlite: MakeArena) -> None:
    """For less than the patience of a run: it waits. For longer: it ends and says so."""
    for seed in seeds(1):
        chance = random.Random(seed)
        with on_sqlite(seed, PEOPLE) as arena, ScriptedServer(Rule("dot", stall=0.01)) as server:
            arena.through(server)
            pid = arena.send()
            arena.until_taken(3)
            with locked(arena.database):
                time.sleep(0.4)
                assert arena.is_alive(pid)
            arena.until_taken(10)
            for _ in range(3):
                hasty = arena.send(mishaps={"busy_timeout": 100})
                time.sleep(chance.uniform(0, 0.5))
                with locked(arena.database):
                    code = arena.wait(hasty)
                if code == UNAVAILABLE:
                    arena.failed()
                    assert "locked by another program" in arena.said()
            assert arena.wait(pid) in (0, UNAVAILABLE)
            arena.finish()
            arena.judge()


def test_the_disk_is_full(on_sqlite: MakeArena) -> None:
    """No file can grow by more than a little: the run ends, and a later one has lost nothing."""
    full = 0
    for seed in seeds(2):
        chance = random.Random(seed)
        with on_sqlite(seed, PEOPLE) as arena, ScriptedServer() as server:
            arena.through(server)
            for _ in range(4):
                size = max(path.stat().st_size for path in arena.folder.parent.glob(f"{seed}.db*"))
                code = arena.wait(
                    arena.send(mishaps={"file_size": size + chance.randrange(300_000)})
                )
                if code == UNAVAILABLE:
                    full += 1
                    arena.failed()
                    assert "the disk is full or failing" in arena.said()
                else:
                    assert code in (0, 6), arena.said()[-2000:]
            arena.finish()
            arena.judge()
    assert full


def test_the_clock_is_set_forwards_and_backwards(on_sqlite: MakeArena) -> None:
    """By less and by more than a lease lasts, in one run and between two that work together."""
    for seed in seeds(1):
        chance = random.Random(seed)
        with on_sqlite(seed, PEOPLE) as arena, ScriptedServer(Rule("dot", stall=0.01)) as server:
            arena.through(server)
            for _ in range(4):
                jumps = [
                    (chance.randrange(5, 200), chance.choice((-3600.0, -25, -1, 1, 25, 40, 3600)))
                    for _ in range(3)
                ]
                first = arena.send(mishaps={"clock": jumps})
                other = arena.send(mishaps={"clock": jumps[:1]})
                arena.kill(first, chance.uniform(0, 0.7))
                code = arena.wait(other)
                assert code in (0, 6, 8), arena.said()[-2000:]
                if arena.is_idle:
                    break
            arena.finish()
            arena.judge()


class locked:  # noqa: N801 - read as a statement
    """Holds the write lock of an SQLite database, as a program that hangs would."""

    def __init__(self, database: Database) -> None:
        self.path = database.url.database or ""

    def __enter__(self) -> None:
        self.connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self.connection.execute("ROLLBACK")
        self.connection.close()
