"""Prints what is read of many mails, one to a line: ``python -m tests.e2e.readings``."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bench._inbox_mail import sample
from bench.inbox import notice_mail
from outreach.inbound.classify import __file__ as read_by
from outreach.inbound.classify import explain
from tests.inbound.test_fuzz import SEEDS, mutated

TABLES = ("auto_replies.tsv", "opt_outs.tsv")
MUTATED = 4000


def mails() -> Iterator[bytes]:
    """Yield mail of every kind, and what accidents make of it."""
    seeds = sample(200) + SEEDS
    yield from seeds
    for number in range(MUTATED):
        yield mutated(seeds, 10**9 + number)
    for name in TABLES:
        table = Path(__file__).parents[1] / "inbound" / name
        with table.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield notice_mail({"evidence": "R", **row})


if __name__ == "__main__":
    lines = [{"by": read_by}, *(explain(raw).to_json() for raw in mails())]
    sys.stdout.writelines(f"{json.dumps(line)}\n" for line in lines)
