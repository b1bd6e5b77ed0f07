"""How fast a segment is counted, against SQL written by hand for the same question.

``python -m bench.segments`` fills a SQLite database with invented contacts, then counts segments
in turn through `outreach.services.segments` (file read, expression parsed, SQL made and run) and
with the best SQL we could write by hand, given to the driver itself. Both run in one process on
one file; figures are medians.
"""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from bench._installed import as_installed
from outreach.domain.contact import AttributeType
from outreach.domain.terms import Vocabulary
from outreach.services import segments as service
from outreach.storage.database import Database
from outreach.storage.segments import count

CONTACTS = 1_000_000
RUNS = 7
BAR = 2.0
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SIXTY_DAYS_AGO = "2026-10-02 09:00:00.000000"

TIERS = {"known": 60, "inquirer": 15, "customer": 17, "client": 7, "counsel": 1}
SEGMENTS = Path(__file__).parent.parent / "segments"
VOCABULARY = Vocabulary({"plan": AttributeType.TEXT})

CLIENTS = """
    SELECT count(*) FROM contacts
    WHERE tier IN ('client', 'counsel') AND parted_at IS NULL AND merged_into_id IS NULL
"""
SHIPPED = {
    "clients": (CLIENTS, ()),
    "customers": (
        """
        SELECT count(*) FROM contacts
        WHERE tier = 'customer' AND parted_at IS NULL AND merged_into_id IS NULL
        """,
        (),
    ),
    "partners": (
        """
        SELECT count(*) FROM contacts
        WHERE id IN (SELECT contact_id FROM roles WHERE role = 'partner' AND until IS NULL)
          AND parted_at IS NULL AND merged_into_id IS NULL
        """,
        (),
    ),
    "quiet-clients": (
        CLIENTS + " AND (last_two_way IS NULL OR last_two_way < ?)",
        (SIXTY_DAYS_AGO,),
    ),
    "everyone": (
        "SELECT count(*) FROM contacts WHERE parted_at IS NULL AND merged_into_id IS NULL",
        (),
    ),
}
"""Segments of the starter set, and each as a person would write it in SQL."""

ASKED = {
    '"tax" in interests and tier != "known"': (
        """
        SELECT count(*) FROM contacts
        WHERE id IN (SELECT contact_id FROM interests WHERE interest = 'tax')
          AND tier != 'known' AND merged_into_id IS NULL
        """,
        (),
    ),
    '"tax" not in interests': (
        """
        SELECT count(*) FROM contacts
        WHERE id NOT IN (SELECT contact_id FROM interests WHERE interest = 'tax')
          AND merged_into_id IS NULL
        """,
        (),
    ),
    'attributes.plan == "pro"': (
        """
        SELECT count(*) FROM contacts
        WHERE json_extract(attributes, '$.plan') = 'pro' AND merged_into_id IS NULL
        """,
        (),
    ),
    'email is endswith "@example.net"': (
        """
        SELECT count(*) FROM contacts
        WHERE id IN (
            SELECT contact_id FROM addresses WHERE is_primary AND address LIKE '%@example.net'
          ) AND merged_into_id IS NULL
        """,
        (),
    ),
    'touched(since=days_ago(60), channel="call")': (
        """
        SELECT count(*) FROM contacts
        WHERE id IN (SELECT contact_id FROM touches WHERE at >= ? AND channel = 'call')
          AND merged_into_id IS NULL
        """,
        (SIXTY_DAYS_AGO,),
    ),
}
"""Other questions, each with a person's SQL."""


def people(contacts: int) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the contacts table."""
    random = Random(20261201)
    tiers, weights = list(TIERS), list(TIERS.values())
    created = NOW.strftime("%Y-%m-%d %H:%M:%S.000000")
    for number in range(1, contacts + 1):
        quiet = NOW - timedelta(days=random.random() * 400)
        touched = quiet.strftime("%Y-%m-%d %H:%M:%S.%f") if random.random() < 0.4 else None
        yield (
            number,
            f"First{number % 997}",
            f"Last{number}",
            f"Company {number % 5000}",
            "de-AT",
            "Europe/Vienna",
            random.choices(tiers, weights)[0],
            json.dumps({"plan": "pro" if number % 20 == 0 else "basic", "seats": number % 50}),
            touched,
            created if random.random() < 0.01 else None,
            # A contact can only have been merged into one who is there already.
            random.randrange(1, number) if number > 1 and random.random() < 0.005 else None,
            created,
            created,
        )


def fill(path: Path, contacts: int) -> None:
    """Make the database: contacts, addresses, roles, interests and touches."""
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    created = NOW.strftime("%Y-%m-%d %H:%M:%S.000000")
    recent = (NOW - timedelta(days=10)).strftime("%Y-%m-%d %H:%M:%S.000000")
    insert_many(
        connection,
        "INSERT INTO contacts (id, first_name, last_name, company, locale, timezone, tier,"
        " attributes, last_two_way, parted_at, merged_into_id, created_at, updated_at)",
        people(contacts),
    )
    insert_many(
        connection,
        "INSERT INTO addresses (contact_id, address, normalised, likeness, is_primary, created_at)",
        (
            (n, address, address, address, 1, created)
            for n in range(1, contacts + 1)
            for address in (f"p{n}@example.{'net' if n % 10 == 0 else 'com'}",)
        ),
    )
    insert_many(
        connection,
        "INSERT INTO roles (contact_id, role, since, by)",
        ((n, "partner", created, "anna") for n in range(1, contacts + 1, 100)),
    )
    insert_many(
        connection,
        "INSERT INTO interests (contact_id, interest, source, declared_at)",
        (
            (n, interest, "form", created)
            for n in range(1, contacts + 1, 4)
            for interest in (("tax", "law") if n % 3 else ("law",))
        ),
    )
    insert_many(
        connection,
        "INSERT INTO touches (contact_id, at, direction, channel, kind, personal)",
        (
            (n, recent, "both", "call" if n % 2 else "meeting", "call", 1)
            for n in range(1, contacts + 1, 5)
        ),
    )
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


def insert_many(
    connection: sqlite3.Connection, statement: str, rows: Iterator[tuple[object, ...]]
) -> None:
    """Run an INSERT for all rows, a batch at a time."""
    columns = statement.count(",") + 1
    query = f"{statement} VALUES ({', '.join('?' * columns)})"
    while batch := list(islice(rows, 20_000)):
        connection.executemany(query, batch)


def seconds(work: Callable[[], int]) -> tuple[float, int]:
    """Return how long `work` took, and its answer."""
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer


def compare(ours: Callable[[], int], theirs: Callable[[], int], runs: int) -> dict:
    """Return medians in milliseconds and the median of the pairs' ratios, after one warm-up."""
    assert ours() == theirs(), "the two do not count the same"
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    assert all(a[1] == b[1] for a, b in pairs)
    return {
        "count": pairs[0][0][1],
        "ours_ms": round(statistics.median(a[0] for a, _ in pairs) * 1000, 2),
        "sql_ms": round(statistics.median(b[0] for _, b in pairs) * 1000, 2),
        "ratio": round(statistics.median(a[0] / b[0] for a, b in pairs), 2),
    }


def measure(path: Path, runs: int) -> dict:
    """Return the comparison for every segment and question, and the one that has a bar."""
    database = Database(f"sqlite:///{path}")
    raw = sqlite3.connect(path)
    found: dict[str, dict] = {}
    try:
        contacts = raw.execute("SELECT count(*) FROM contacts").fetchone()[0]
        for name, (sql, values) in SHIPPED.items():
            found[name] = compare(
                lambda name=name: service.count(
                    database, service.open_segments(SEGMENTS, VOCABULARY), name, NOW
                ),
                lambda sql=sql, values=values: raw.execute(sql, values).fetchone()[0],
                runs,
            )
        for where, (sql, values) in ASKED.items():
            found[where] = compare(
                lambda where=where: count_where(database, where),
                lambda sql=sql, values=values: raw.execute(sql, values).fetchone()[0],
                runs,
            )
    finally:
        raw.close()
        database.close()
    return {
        "contacts": contacts,
        "clients_vs_hand_written_sql": found["clients"]["ratio"],
        "bar": BAR,
        "questions": found,
    }


def count_where(database: Database, where: str) -> int:
    """Count who fulfils an expression, from its text on."""
    condition = service.open_segments(SEGMENTS, VOCABULARY).parse(where)
    with database.read() as session:
        return count(session, condition, NOW)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--database", type=Path, help="keep the database here, or use the one there"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = options.database or Path(scratch) / "outreach.db"
        if not path.exists():
            fill(path, options.contacts)
        found = measure(path, options.runs)
    if options.json:
        print(json.dumps({"schema": 1, **found}))
        return
    questions = found["questions"]
    print(f"{found['contacts']:,} contacts")
    width = max(map(len, questions))
    print(f"{'':{width}}{'count':>11}{'ours':>12}{'by hand':>12}{'ratio':>8}{'bar':>6}")
    for name, row in questions.items():
        bar = BAR if name in SHIPPED else ""
        print(
            f"{name:{width}}{row['count']:>11,}{row['ours_ms']:>9} ms{row['sql_ms']:>9} ms"
            f"{row['ratio']:>8}{bar:>6}"
        )


if __name__ == "__main__":
    as_installed()
    main()
