"""Importing contacts and counting a segment of them, against the least that Python and SQL can do.

    python -m bench.contacts [--contacts N] [--json]

Both read the same file and write the same rows (contacts, addresses, consents) into the same tables
with the same indexes, each in a process of its own, in one run. The yardstick checks nothing: it
trusts every cell, looks up no address and writes one transaction. The segment is `clients`, counted
among as many invented contacts; `python -m bench.segments` has other questions too.
"""

import argparse
import csv
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bench import segments
from bench._installed import as_installed
from bench._memory import peak_mb
from outreach import __version__

HEADER = (
    "Email", "First Name", "Last Name", "Company", "Job title", "Phone", "Language", "Time zone",
    "Country",
)  # fmt: skip
PLACES = (
    ("en-GB", "Europe/London", "GB"),
    ("de", "Europe/Berlin", "DE"),
    ("pt-BR", "America/Sao_Paulo", "BR"),
    ("ja", "Asia/Tokyo", "JP"),
    ("en-US", "America/New_York", "US"),
    ("pl", "Europe/Warsaw", "PL"),
)
FIRST = [
    "Ada",
    "Bruno",
    "Chidi",
    "Daria",
    "Emre",
    "Fatou",
    "Grzegorz",
    "Hélène",
    "Ingrid",
    "Jürgen",
    "Kenji",
    "Łucja",
]
LAST = [
    "Abara",
    "Brandt",
    "Costa",
    "Dąbrowska",
    "Eriksen",
    "Fontaine",
    "García",
    "Hoffmann",
    "Ito",
    "Jansen",
]


def make_file(path: Path, contacts: int) -> None:
    """Write the input: addresses in no order, names with accents, some empty cells."""
    chance = random.Random(20261123)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(contacts):
            first, last = chance.choice(FIRST), chance.choice(LAST)
            language, zone, country = chance.choice(PLACES)
            mixed = f"{chance.getrandbits(28):07x}{number:x}"
            writer.writerow(
                (
                    f"{mixed[:3]}.{mixed[3:]}@mail{chance.randrange(500)}.example.com",
                    first,
                    last,
                    f"{last} & {chance.choice(LAST)}" if number % 3 else "",
                    "Managing director" if number % 5 == 0 else "",
                    f"+44 20 {chance.randrange(10**7):07d}" if number % 2 else "",
                    language,
                    zone,
                    country,
                )
            )


def yardstick(csv_path: Path, database: Path) -> None:
    """Do what one would write by hand for a file that one trusts."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    contact_id = 0
    with csv_path.open(encoding="utf-8", newline="") as file, connection:
        reader = csv.reader(file)
        next(reader)
        while batch := list(islice(reader, 10_000)):
            people, addresses, consents = [], [], []
            for email, first, last, company, title, phone, locale, zone, country in batch:
                contact_id += 1
                normalised = email.lower()
                people.append(
                    (
                        contact_id, first, last, company or None, title or None, phone or None,
                        locale, zone, country, "people.csv", "{}", "known", now, False,
                        "granted", "express", now, now,
                    )
                )  # fmt: skip
                addresses.append((contact_id, email, normalised, normalised, True, now))
                consents.append(
                    (contact_id, "granted", "express", "web form", "people.csv", now, now, "bench")
                )
            connection.executemany(
                "INSERT INTO contacts (id, first_name, last_name, company, job_title, phone, "
                "locale, timezone, country, source, attributes, tier, tier_since, tier_by_person, "
                "consent, consent_basis, created_at, updated_at) "
                f"VALUES ({', '.join('?' * 18)})",
                people,
            )
            connection.executemany(
                "INSERT INTO addresses (contact_id, address, normalised, likeness, is_primary, "
                "created_at) VALUES (?, ?, ?, ?, ?, ?)",
                addresses,
            )
            connection.executemany(
                "INSERT INTO consents (contact_id, status, basis, evidence, source, occurred_at, "
                "recorded_at, recorded_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                consents,
            )
    connection.close()


def outreach_import(csv_path: Path, database: Path) -> None:
    """Import the file as `outreach contacts import` does."""
    from outreach.domain.clock import system_clock
    from outreach.domain.contact import ConsentBasis
    from outreach.domain.tiers_file import read_tiers
    from outreach.services.importing import Permission, import_contacts, plan_import
    from outreach.starter import starter_file
    from outreach.storage.database import Database

    opened = Database(f"sqlite:///{database}")
    report = import_contacts(
        opened,
        plan_import(csv_path, attributes={}),
        tiers=read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8")),
        attributes={},
        permission=Permission(basis=ConsentBasis.EXPRESS, evidence="web form"),
        zone=UTC,
        by="bench",
        clock=system_clock,
    )
    opened.close()
    totals = report.figures()
    assert totals["new"] == totals["read"], totals


CONTENDERS = {"yardstick": yardstick, "outreach": outreach_import}


def run_one(name: str, csv_path: str, database: str) -> None:
    """Run one contender in this process and print its time and peak memory."""
    began = time.perf_counter()
    CONTENDERS[name](Path(csv_path), Path(database))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


def measure(name: str, csv_path: Path, folder: Path) -> dict[str, float]:
    """Run one contender on an empty database in a process of its own."""
    from outreach.storage.database import Database

    path = folder / f"{name}.db"
    for old in folder.glob(f"{name}.db*"):
        old.unlink()
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    done = subprocess.run(
        [sys.executable, "-m", "bench.contacts", "--run", name, str(csv_path), str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    figures["rows"] = _rows(path)
    return figures


def _rows(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        return sum(
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("contacts", "addresses", "consents")
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run_one(*options.run)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people, few = folder / "people.csv", folder / "few.csv"
        make_file(people, options.contacts)
        make_file(few, max(options.contacts // 10, 1))
        bare = measure("yardstick", people, folder)
        small = measure("outreach", few, folder)
        ours = measure("outreach", people, folder)
        assert bare["rows"] == ours["rows"], (bare, ours)
        counted = folder / "counted.db"
        segments.fill(counted, options.contacts)
        clients = segments.measure(counted, segments.RUNS)["questions"]["clients"]
    figures = {
        "version": __version__,
        "contacts": options.contacts,
        "csv_sqlite3_seconds": round(bare["seconds"], 2),
        "import_seconds": round(ours["seconds"], 2),
        "ratio": round(ours["seconds"] / bare["seconds"], 2),
        "contacts_per_second": round(options.contacts / ours["seconds"]),
        "csv_sqlite3_peak_mb": round(bare["peak_mb"]),
        "import_peak_mb": round(ours["peak_mb"]),
        "import_peak_mb_of_a_tenth": round(small["peak_mb"]),
        "count_clients_ms": clients["ours_ms"],
        "count_clients_sql_ms": clients["sql_ms"],
        "count_clients_ratio": clients["ratio"],
    }
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{options.contacts:,} contacts from CSV into SQLite, bar: ratio at most 6\n")
    print(f"{'':24}{'seconds':>10}{'contacts/s':>14}{'peak MB':>10}")
    for title, found in (("csv + executemany", bare), ("outreach import", ours)):
        rate = options.contacts / found["seconds"]
        print(f"{title:24}{found['seconds']:10.2f}{rate:14,.0f}{found['peak_mb']:10.0f}")
    print(f"\nratio {figures['ratio']}; a tenth of the contacts takes {small['peak_mb']:.0f} MB")
    print(
        f"segments count clients: {clients['ours_ms']} ms against {clients['sql_ms']} ms by hand, "
        f"ratio {clients['ratio']}, bar: at most {segments.BAR:g}"
    )


if __name__ == "__main__":
    as_installed()
    main()
