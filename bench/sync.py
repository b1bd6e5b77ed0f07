"""Taking in a mailbox of many mails: how long it takes, and that its memory stays what it was.

    python -m bench.sync [--mails N] [--json]

The mailbox is an mbox of invented mails: replies to mail of ours and to none, bounces, absences and
letters to lists, some of them large. `outreach inbox sync` recognises each, finds out whose it is,
does what follows and commits that, a few mails at a time. The yardstick reads the same file with
the standard library's `mailbox`, parses each mail, and inserts its bytes, sender and subject into
SQLite with one transaction in all. Each runs in a process of its own; a tenth of the mails runs
beside, so that memory which grows with the mailbox shows.
"""

import argparse
import json
import mailbox
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench._installed import as_installed
from bench._memory import peak_mb

READERS = 2000
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SECRET = "bench"

_WORDS = (
    "Thank you for the letter, I read it on the train this morning and have two questions",
    "Could we speak next week about the plan that you sent, perhaps on Tuesday at ten",
    "We have decided to wait until the spring before we go on with the second house",
    "My colleague will send you the figures that are missing as soon as she is back",
)


def reader(number: int) -> str:
    """Return the address of an invented reader."""
    return f"reader{number}@example.com"


def mails(count: int) -> Iterator[bytes]:
    """Yield invented mails as a mail server would hand them over."""
    chance = random.Random(count)
    for number in range(count):
        who = reader(chance.randrange(READERS * 2))
        at = NOW - timedelta(minutes=count - number)
        head = (
            f"From: Reader <{who}>\nTo: Anna <anna@studio.example>\n"
            f"Message-ID: <{number}.{chance.getrandbits(60)}@example.com>\n"
            f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\n"
        )
        kind = chance.random()
        words = ".\n".join(chance.choice(_WORDS) for _ in range(chance.randrange(1, 8)))
        if kind < 0.6:
            quoted = "\n".join(f"> {line}" for line in (words * 3).splitlines())
            text = f"{words}.\n\nOn Monday, Anna wrote:\n{quoted}\n"
            yield f"{head}Subject: Re: News\n\n{text}".encode()
        elif kind < 0.75:
            yield (f"{head}Subject: Minutes\nList-Id: <list.example.com>\n\n{words}.\n").encode()
        elif kind < 0.85:
            yield (
                f"{head}Subject: Out of office\nAuto-Submitted: auto-replied\n\n"
                "I am away until 12 December 2026.\n"
            ).encode()
        elif kind < 0.98:
            yield (
                f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: anna@studio.example\n"
                f"Subject: Undelivered\nMessage-ID: <b{number}@mx.example>\nMIME-Version: 1.0\n"
                'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
                "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
                f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {who}\n"
                "Action: failed\nStatus: 4.2.2\nDiagnostic-Code: smtp; 452 4.2.2 mailbox full\n\n"
                f"--b\nContent-Type: text/rfc822-headers\n\nSubject: News {number}\n\n--b--\n"
            ).encode()
        else:
            body = "\n".join(["x" * 76] * 2600)
            yield (
                f"{head}Subject: The plan\nMIME-Version: 1.0\n"
                'Content-Type: multipart/mixed; boundary="m"\n\n'
                f"--m\n\n{words}.\n--m\nContent-Type: application/pdf\n"
                f"Content-Transfer-Encoding: base64\n\n{body}\n--m--\n"
            ).encode()


def write_mailbox(path: Path, count: int) -> None:
    """Write an mbox of `count` invented mails."""
    with path.open("wb") as opened:
        for raw in mails(count):
            opened.write(b"From x Tue Dec  1 09:00:00 2026\n" + raw + b"\n")


def run_ours(folder: Path) -> dict[str, Any]:
    """Take the mailbox in, and return what became of it."""
    from outreach.domain.links import Links, Signer
    from outreach.domain.tiers_file import read_tiers
    from outreach.domain.working_time import WorkingTime
    from outreach.inbound.sources import Mbox
    from outreach.services.inbox import Inbox
    from outreach.storage import contacts
    from outreach.storage.contacts import NewContact
    from outreach.storage.database import Database

    database = Database(f"sqlite:///{folder / 'ours.db'}")
    database.upgrade()
    with database.write() as session:
        for number in range(READERS):
            contacts.insert(session, NewContact(email=reader(number), tier="client"), NOW)
    tiers = Path(__file__).parents[1] / "outreach" / "starter" / "tiers.toml"
    inbox = Inbox(
        database,
        Links(signer=Signer([SECRET]), domain="studio.example"),
        read_tiers(tiers.read_text(encoding="utf-8")),
        WorkingTime(ZoneInfo("UTC")),
        own=["anna@studio.example"],
        clock=lambda: NOW,
    )
    started = time.perf_counter(), time.process_time()
    report = inbox.sync(Mbox("bench", folder / "mbox"))
    seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    database.close()
    return {"seconds": seconds, "cpu": cpu, "new": report.new, "kinds": dict(report.kinds)}


def run_yardstick(folder: Path) -> dict[str, Any]:
    """Parse each mail and keep its bytes."""
    database = sqlite3.connect(folder / "theirs.db")
    database.execute("CREATE TABLE mail (raw BLOB, sender TEXT, subject TEXT)")
    started = time.perf_counter(), time.process_time()
    box = mailbox.mbox(folder / "mbox", create=False)
    new = 0
    for key in box.iterkeys():
        raw = box.get_bytes(key)
        parsed = message_from_bytes(raw, policy=default)
        row = (raw, str(parsed["from"]), str(parsed["subject"]))
        database.execute("INSERT INTO mail VALUES (?, ?, ?)", row)
        new += 1
    database.commit()
    seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    database.close()
    return {"seconds": seconds, "cpu": cpu, "new": new}


def child(contender: str, folder: Path) -> None:
    """Run one contender in this process and print its figures."""
    found = {"ours": run_ours, "yardstick": run_yardstick}[contender](folder)
    found["peak_mb"] = peak_mb()
    print(json.dumps(found))


def in_child(contender: str, folder: Path) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.sync", "--child", contender, "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(count: int) -> dict[str, Any]:
    """Take in `count` mails and a tenth of them, beside the yardstick; return the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        figures = {}
        for name, number in (("small", count // 10), ("large", count)):
            folder = Path(scratch) / name
            folder.mkdir()
            write_mailbox(folder / "mbox", number)
            figures[name] = in_child("ours", folder)
        folder = Path(scratch) / "large"
        size = (folder / "mbox").stat().st_size
        theirs = in_child("yardstick", folder)
    ours, small = figures["large"], figures["small"]
    return {
        "mails": count,
        "megabytes": round(size / 1e6, 1),
        "new": ours["new"],
        "kinds": ours["kinds"],
        "seconds": round(ours["seconds"], 2),
        "cpu_seconds": round(ours["cpu"], 2),
        "mails_per_second": round(count / ours["seconds"]),
        "stdlib_cpu_seconds": round(theirs["cpu"], 2),
        "ratio": round(ours["cpu"] / theirs["cpu"], 2),
        "peak_mb": round(ours["peak_mb"]),
        "peak_mb_of_a_tenth": round(small["peak_mb"]),
        "memory_ratio": round(ours["peak_mb"] / small["peak_mb"], 2),
    }


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=["ours", "yardstick"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(asked.child, asked.folder)
        return
    figures = measure(asked.mails)
    if asked.json:
        print(json.dumps(figures))
        return
    print(f"{figures['mails']:,} mails, {figures['megabytes']:,} MB, {figures['new']:,} new")
    print(
        f"  inbox sync        {figures['cpu_seconds']:9.1f} s of CPU, "
        f"{figures['mails_per_second']:,} mails/s, {figures['peak_mb']} MB"
    )
    print(f"  standard library  {figures['stdlib_cpu_seconds']:9.1f} s of CPU")
    print(
        f"  ratio {figures['ratio']}; a tenth of the mails takes {figures['peak_mb_of_a_tenth']} MB"
    )


if __name__ == "__main__":
    as_installed()
    main()
