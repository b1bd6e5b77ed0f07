"""How much faster two workers send than one, where the mail server's latency is the limit.

``python -m bench.workers`` starts a PostgreSQL server and an SMTP server of its own, whose every
answer to a mail takes `--latency` milliseconds, and sends the same mailing with one worker and with
two. Measured is from the first mail that arrives to the last, with each arriving once.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from psycopg.errors import UndefinedTable

from bench._installed import as_installed
from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import Rule, ScriptedServer
from outreach.worker import Queue
from tests.e2e.workspace import Workspace, recipients, wait_for
from tests.postgres import Cluster, find_binaries
from tests.services.desk import add_contacts

#: Several batches for each: with few mails what counts is who has the last batch alone.
MAILS = 2000
LATENCY = 50
BAR = 1.7


def measure(cluster: Cluster, workers: int, mails: int, latency: float) -> float:
    """Return how many mails a second so many workers send."""
    name = f"bench_{workers}"
    database = Database(cluster.create(name))
    database.upgrade()
    add_contacts(database, [f"c{n}" for n in range(mails)], system_clock(), timezone="UTC")
    rule = Rule("dot", stall=latency / 1000)
    with tempfile.TemporaryDirectory() as folder, ScriptedServer(rule) as server:
        workspace = Workspace(Path(folder), cluster.url(name))
        workspace.through(server)
        processes = [workspace.start("worker", "--concurrency", "1") for _ in range(workers)]
        # Handed over when all are there, so that none has a start on the others.
        wait_for(lambda: at_work(database) == workers, 60)
        workspace.run("send", "--template", "news", "--yes", "--detach")
        wait_for(lambda: len(server.accepted) >= 1, 60)
        begun = time.monotonic()
        wait_for(lambda: len(server.accepted) >= mails, 600)
        seconds = time.monotonic() - begun
        assert set(recipients(server).values()) == {1}
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.communicate(timeout=60)
        workspace.database.close()
    database.close()
    cluster.drop(name)
    return (mails - 1) / seconds


def at_work(database: Database) -> int:
    """Return how many workers have reported for work."""
    try:
        return Queue(database).workers()
    except UndefinedTable:
        return 0  # the first of them has yet to make the queue


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--latency", type=float, default=LATENCY, help="milliseconds a mail")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    binaries = find_binaries()
    if binaries is None:
        sys.exit("PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql)")
    cluster = Cluster(binaries)
    try:
        rates = [measure(cluster, n, options.mails, options.latency) for n in (1, 2)]
    finally:
        cluster.stop()
    times = rates[1] / rates[0]
    figures = {
        "mails": options.mails,
        "latency_ms": options.latency,
        "one_worker_per_second": round(rates[0], 1),
        "two_workers_per_second": round(rates[1], 1),
        "times": round(times, 2),
        "bar": BAR,
    }
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{rates[0]:.1f} mails a second with one worker, {rates[1]:.1f} with two")
    print(f"{times:.2f} times as many; the bar is {BAR}")


if __name__ == "__main__":
    as_installed()
    main()
