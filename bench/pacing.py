"""What limits cost a mail, beside the transaction that records it.

``python -m bench.pacing`` begins and answers mails in transactions of a SQLite database, one mail
in each, which is the worst case: with several connections they share transactions. Each way of
limiting is measured against the same transactions without any pacing, in the same run.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from bench._installed import as_installed
from outreach.domain.causes import Step
from outreach.domain.feedback import Outcome
from outreach.domain.pacing import Limit, Pace, Rate
from outreach.services.pacing import Pacer
from outreach.storage.database import Database, Held
from outreach.storage.lanes import Lanes
from outreach.transport.base import Receipt

MAILS = 4000
BEST_OF = 5
LEASE = timedelta(minutes=5)
TAKEN = Receipt(Outcome.ACCEPTED, None, None, Step.CONTENT, "250 ok", "mail")
PLENTY = Rate(10**6, timedelta(seconds=1), 10**6)
PACES = {
    "no limit": Pace(),
    "a rate": Pace(transport=Limit(PLENTY)),
    "rates, also by receiver": Pace(transport=Limit(PLENTY), domain=Limit(PLENTY)),
    "connections by receiver": Pace(domain=Limit(connections=50)),
}


def microseconds(held: Held, mails: int, record: Callable[[int, datetime], None]) -> float:
    """Return what a transaction costs in which `record` has done its part."""
    now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    begun = process_time()
    for number in range(mails):
        now += timedelta(milliseconds=1)
        with held.write():
            record(number, now)
    return (process_time() - begun) / mails * 1e6


def limited(pacer: Pacer, lanes: Lanes) -> Callable[[int, datetime], None]:
    """Return what `outreach.services.exchange` asks of a pacer for each mail."""

    def record(number: int, now: datetime) -> None:
        email = f"contact{number}@example.com"
        pacer.enter(lanes, [email], [TAKEN], now)
        pacer.heard(number - 1, email, TAKEN, now, alone=False)
        if pacer.watches and pacer.begin(number, email, now, now + LEASE):
            raise AssertionError("there was to be plenty")
        pacer.leave()

    return record


def measure(mails: int) -> dict[str, float]:
    """Return microseconds of CPU a mail by the name of each pace, and of the bare transaction."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'outreach.db'}")
        database.upgrade()
        found: dict[str, list[float]] = {name: [] for name in ("bare", *PACES)}
        with database.hold() as held:
            for _ in range(BEST_OF):
                found["bare"].append(microseconds(held, mails, lambda _number, _now: None))
                for name, pace in PACES.items():
                    record = limited(Pacer(pace, name, connections=4), Lanes(held))
                    found[name].append(microseconds(held, mails, record))
        database.close()
    best = {name: min(times) for name, times in found.items()}
    return {"bare": best["bare"]} | {name: best[name] - best["bare"] for name in PACES}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.mails)
    bare = found.pop("bare")
    if arguments.json:
        rows = {
            name: {"microseconds": round(cost, 1), "of_a_bare_transaction": round(cost / bare, 2)}
            for name, cost in found.items()
        }
        print(json.dumps({"mails": arguments.mails, "bare": round(bare, 1), "limits": rows}))
        return
    print(f"a transaction with nothing in it: {bare:.1f} us of CPU; beside that, for each mail,")
    for name, cost in found.items():
        print(f"  {name:26}{cost:7.1f} us  {cost / bare:6.2f} of it")


if __name__ == "__main__":
    as_installed()
    main()
