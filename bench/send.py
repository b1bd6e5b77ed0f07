"""How fast a newsletter goes out, against a program that only sends.

``python -m bench.send`` invents contacts in a SQLite database, plans and approves a mailing of the
newsletter that ``bench.render`` measures, and sends it with the real sending service in a process
of its own to postfix's ``smtp-sink``. In the same run postfix's ``smtp-source``, which renders
nothing and records nothing, sends messages of the same size to the same sink over as many
connections, which it keeps, as we do (``-d``). Left to itself it opens one for each message; that
is measured and printed as well, and decides nothing. Both are Debian's package postfix
(``apt-get install --no-install-recommends postfix``); its daemons are not needed.

``--latency MS`` puts a proxy between both and the sink that delays every octet by so many
milliseconds each way. ``--million`` measures planning, memory and the time of a message instead,
where there are a million of them; ``--mails`` sends only the first so many of those.

All is done in one process, as ``outreach send`` does it. The first mail is counted from when the
mailing is approved: before that every single mail has been rendered once, so that none can fail
half-way, and how long that took is printed beside it. The CPU of a mail is that of sending: what
planning took, and what it takes to start the program (``bench.startup``), is not in it, but that of
all which is sent after it is. With ``--million``, planning and sending are processes of their own.
"""

import argparse
import contextlib
import gc
import json
import math
import os
import resource
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._installed import as_installed
from bench._memory import peak_mb
from outreach.cli.main import COLLECT_AFTER

CONTACTS = 20_000
CONNECTIONS = 20
FEW = 10_000
MANY = 1_000_000
ROOT = Path(__file__).parent.parent

BAR_CPU = 300
"""Microseconds of CPU a message."""
BAR_FIRST = 1.0
BAR_ROUND_TRIPS = 0.9
BAR_PLANNED = 60.0
BAR_MEMORY_MB = 150
BAR_MEMORY_GROWTH = 1.2
BAR_TIME_GROWTH = 1.1

KEY = "newsletter@bench"
TEMPLATE = "newsletter/2026-12"

SETTINGS = """
sender = "anna"
company = "Studio Berg"
postal_address = "Studio Berg, Seestr. 1, 12345 Ort"
website = "https://studio.example"
link_base = "https://studio.example/mail"
newsletter = "newsletter"

[attributes]
id_code = "text"

[senders.anna]
name = "Anna Berg"
address = "anna@studio.example"
"""


def find(program: str) -> str:
    """Return the path of one of postfix's test programs, or end with how to install it."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(
            f"{program} is not installed; on Debian and Ubuntu:\n"
            "  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postfix"
        )
    return found


def make_workspace(folder: Path, contacts: int) -> None:
    """Make a workspace with the newsletter and so many contacts who agreed to get mail."""
    (folder / "outreach.toml").write_text(SETTINGS)
    shutil.copy(ROOT / "outreach" / "starter" / "tiers.toml", folder)
    templates = folder / "templates"
    shutil.copytree(ROOT / "bench" / "newsletter", templates)
    (templates / "newsletter").mkdir()
    (templates / "five-things.mjml").rename(templates / f"{TEMPLATE}.mjml")
    shutil.copytree(ROOT / "segments", folder / "segments")
    database = open_app(folder, 0).unchecked_database
    database.upgrade()
    database.close()
    raw = sqlite3.connect(folder / "outreach.db")
    created = "2026-01-05 09:00:00.000000"
    raw.executemany(
        "INSERT INTO contacts (id, first_name, last_name, company, locale, timezone, tier,"
        " attributes, consent, consent_basis, created_at, updated_at, tier_by_person)"
        " VALUES (?, ?, ?, ?, 'en-GB', 'Europe/Vienna', 'client', ?, 'granted', 'express',"
        " ?, ?, 0)",
        (
            (
                n,
                f"First{n % 997}",
                f"Last{n}",
                f"Company {n % 5000}",
                json.dumps({"id_code": f"c{n:07d}"}),
                created,
                created,
            )
            for n in range(1, contacts + 1)
        ),
    )
    raw.executemany(
        "INSERT INTO addresses (contact_id, address, normalised, likeness, is_primary, created_at)"
        " VALUES (?, ?, ?, ?, 1, ?)",
        (
            (n, address, address, address, created)
            for n in range(1, contacts + 1)
            for address in (f"p{n}@example.com",)
        ),
    )
    raw.commit()
    raw.execute("ANALYZE")
    raw.commit()
    raw.close()


def open_app(folder: Path, port: int, connections: int = CONNECTIONS) -> Any:
    """Open the workspace, with a mail server at `port` of this machine."""
    from outreach.app import App

    flags = {"transport": f"smtp://127.0.0.1:{port}?tls=off", "connections": connections}
    return App.open(folder, flags=flags, environ={})


def plan(app: Any) -> tuple[dict, Any, Any]:
    """Plan the mailing; return what it took, the planner and the plan."""
    from outreach.services.planning import Planner
    from outreach.services.sending import owner_name
    from outreach.storage.campaigns import NewCampaign

    template = app.templates.load(TEMPLATE)
    segment = app.segments.get("clients")
    matter = template.front_matter
    new = NewCampaign(
        key=KEY,
        template=template.name,
        template_hash=template.hash,
        files=template.files,
        segment=segment.name,
        segment_where=segment.where,
        series=template.series,
        kind=matter.kind,
        content_class=matter.content_class,
        ask_reason=None,
        subject=matter.subject,
        sender="anna",
    )
    planner = Planner(app.database, app.policy, owner=owner_name(), types=app.settings.attributes)
    begun, cpu = time.perf_counter(), time.process_time()
    made = planner.plan(new, segment, app.clock())
    planned, planned_cpu = time.perf_counter() - begun, time.process_time() - cpu
    found = {
        "deliveries": made.allowed,
        "planned_seconds": round(planned, 2),
        "planned_cpu_seconds": round(planned_cpu, 2),
    }
    return found, planner, made


def send(app: Any, limit: int | None, composer: Any = None) -> dict:
    """Send what the mailing has left; return what it took."""
    from outreach.storage import campaigns

    begun, cpu = time.perf_counter(), time.process_time()
    with app.database.read() as session:
        campaign = campaigns.find(session, KEY)
    first: list[float] = []

    def progress(_report: object) -> None:
        if not first:
            first.append(time.perf_counter() - begun)

    report = app.run(campaign, composer=composer).work(limit=limit, progress=progress)
    wall, spent = time.perf_counter() - begun, time.process_time() - cpu
    sent = sum(report.counts.values())
    assert report.counts == {"sent": sent}, f"not all were sent: {report.counts}, {report.paused}"
    return {
        "sent": sent,
        "seconds": round(wall, 3),
        "per_second": round(sent / wall, 1),
        "cpu_us": round(spent / sent * 1e6, 1),
        "first_seconds": round(first[0], 3),
        "peak_mb": peak_mb(),
    }


def plan_alone(folder: Path) -> dict:
    """Plan and approve the mailing, rendering nothing."""
    app = open_app(folder, 1)
    found, planner, made = plan(app)
    planner.approve(made, "anna", app.clock())
    app.close()
    return {**found, "peak_mb": peak_mb()}


def send_alone(folder: Path, port: int, connections: int, limit: int) -> dict:
    """Send up to `limit` of a mailing that was approved."""
    app = open_app(folder, port, connections)
    found = send(app, limit)
    app.close()
    return found


def send_whole(folder: Path, port: int, connections: int) -> dict:
    """Plan a mailing, render each of its mails once, approve it and send it."""
    app = open_app(folder, port, connections)
    found, planner, made = plan(app)
    composer = app.composer(app.approved_template(made.campaign), key=KEY)
    begun = time.perf_counter()
    planner.prove(made, composer, app.clock())
    proved = time.perf_counter() - begun
    planner.approve(made, "anna", app.clock())
    sent = send(app, None, composer)
    app.close()
    octets = made.proof.octets // made.proof.mails
    return {**sent, "plan": {**found, "proved_seconds": round(proved, 2)}, "octets": octets}


def apart(what: str, **options: object) -> dict:
    """Run a part of this program in a process of its own; return its figures."""
    given = [sys.executable, "-m", "bench.send", "--part", json.dumps({"what": what, **options})]
    done = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{what} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Run smtp-sink, which takes everything and keeps nothing; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            find("smtp-sink"),
            *(["-u", "nobody"] if os.geteuid() == 0 else []),
            "-4",
            f"127.0.0.1:{port}",
            "1000",
        ]
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def source(port: int, connections: int, messages: int, octets: int, *, kept: bool = True) -> dict:
    """Send with smtp-source, over connections that are `kept` or new ones; return what it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(
        [
            *(find("smtp-source"), "-4", *(["-d"] if kept else [])),
            *("-s", str(connections), "-m", str(messages)),
            *("-l", str(octets), "-f", "anna@studio.example", "-t", "p1@example.com"),
            f"inet:127.0.0.1:{port}",
        ],
        check=True,
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(wall, 3),
        "per_second": round(messages / wall, 1),
        "cpu_us": round(cpu / messages * 1e6, 1),
    }


class Proxy:
    """Passes octets on between a client and a server, each a fixed time after it came."""

    def __init__(self, target: int, delay: float) -> None:
        self.target = target
        self.delay = delay
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            for one, other in ((client, server), (server, client)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pass(one, other)

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        queue: deque[tuple[float, bytes]] = deque()
        ready = threading.Semaphore(0)

        def take() -> None:
            chunk = b"-"
            while chunk:
                with contextlib.suppress(OSError):
                    chunk = one.recv(262_144)
                queue.append((time.monotonic() + self.delay, chunk))
                ready.release()

        def give() -> None:
            while True:
                ready.acquire()
                due, chunk = queue.popleft()
                time.sleep(max(0.0, due - time.monotonic()))
                with contextlib.suppress(OSError):
                    if not chunk:
                        other.shutdown(socket.SHUT_WR)
                        return
                    other.sendall(chunk)

        for work in (take, give):
            threading.Thread(target=work, daemon=True).start()


def compare(contacts: int, connections: int) -> dict:
    """Send so many in one go, between two halves of as many of smtp-source's."""
    with tempfile.TemporaryDirectory() as name, sink() as port:
        octets = size_of_a_mail(port)
        make_workspace(Path(name), contacts)
        half = math.ceil(contacts / 2)
        theirs = [source(port, connections, half, octets)]
        ours = apart("send_whole", folder=name, port=port, connections=connections)
        theirs.append(source(port, connections, half, octets))
        left_alone = source(port, connections, half, octets, kept=False)
        check(Path(name), contacts)
    both = {name: round(statistics.mean(each[name] for each in theirs), 1) for name in theirs[0]}
    return {
        "contacts": contacts,
        "connections": connections,
        "octets": ours["octets"],
        "ours": ours,
        "source": both,
        "ratio": round(ours["per_second"] / both["per_second"], 2),
        "source_left_alone": left_alone,
        "ratio_left_alone": round(ours["per_second"] / left_alone["per_second"], 2),
    }


def size_of_a_mail(port: int) -> int:
    """Return how many octets a mail has on average, by sending a few."""
    with tempfile.TemporaryDirectory() as name:
        make_workspace(Path(name), 100)
        return int(apart("send_whole", folder=name, port=port, connections=1)["octets"])


def check(folder: Path, contacts: int) -> None:
    """See that the ledger has every one as sent, each with an attempt, a decision and a touch."""
    raw = sqlite3.connect(folder / "outreach.db")
    for statement in (
        "SELECT count(*) FROM deliveries WHERE state = 'sent'",
        "SELECT count(*) FROM attempts WHERE outcome = 'accepted'",
        "SELECT count(*) FROM decisions WHERE stage = 'send'",
        "SELECT count(*) FROM touches WHERE delivery_id IS NOT NULL",
    ):
        (number,) = raw.execute(statement).fetchone()
        assert number == contacts, f"{statement}: {number} of {contacts}"
    raw.close()


def compare_far(contacts: int, connections: int, latency: float) -> dict:
    """Send through a proxy with `latency` seconds each way, against what round trips allow.

    A message takes two: MAIL, RCPT and DATA together, and the content.
    """
    with tempfile.TemporaryDirectory() as name, sink() as port:
        octets = size_of_a_mail(port)
        make_workspace(Path(name), contacts)
        proxy = Proxy(port, latency)
        theirs = source(proxy.port, connections, contacts, octets)
        ours = apart("send_whole", folder=name, port=proxy.port, connections=connections)
        check(Path(name), contacts)
    # Two more to connect and greet, and one to part.
    trips = 2 * math.ceil(contacts / connections) + 3
    allowed = contacts / (trips * 2 * latency)
    return {
        "contacts": contacts,
        "connections": connections,
        "latency_ms": latency * 1000,
        "ours": ours,
        "source": theirs,
        "allowed_per_second": round(allowed, 1),
        "share": round(ours["per_second"] / allowed, 3),
    }


def send_a_million(contacts: int, mails: int, connections: int) -> dict:
    """Plan and send 10,000, 20,000 and `contacts`, of which `mails`; return what each took."""
    found = {}
    for number in (FEW, CONTACTS, contacts):
        with tempfile.TemporaryDirectory() as name, sink() as port:
            make_workspace(Path(name), number)
            planned = apart("plan_alone", folder=name)
            limit = min(number, mails)
            sent = apart("send_alone", folder=name, port=port, connections=connections, limit=limit)
            check(Path(name), limit)
        found[number] = {
            "plan": planned,
            "send": sent,
            "mb": max(planned["peak_mb"], sent["peak_mb"]),
        }
    few, some, many = found[FEW], found[CONTACTS], found[contacts]
    return {
        "few": few,
        "some": some,
        "many": many,
        "memory_growth": round(many["mb"] / few["mb"], 2),
        "time_growth": round(some["send"]["per_second"] / many["send"]["per_second"], 2),
        "cpu_growth": round(many["send"]["cpu_us"] / some["send"]["cpu_us"], 2),
    }


def told(label: str, value: object, bar: str, good: bool) -> str:
    """Return a line of the table."""
    return f"  {label:<44}{value!s:>12}   {bar:<28}{'ok' if good else 'missed'}"


def table(found: dict) -> str:
    """Return the figures for people."""
    lines = []
    if near := found.get("near"):
        ours, theirs = near["ours"], near["source"]
        lines += [
            f"{near['contacts']:,} mails of {near['octets']:,} octets over {near['connections']} "
            f"connections; smtp-source {theirs['per_second']:,.0f} a second",
            told(
                "mails a second",
                f"{ours['per_second']:,.0f}",
                f"{near['ratio']} of smtp-source",
                near["ratio"] >= 1,
            ),
            told("CPU a mail, us", ours["cpu_us"], f"at most {BAR_CPU}", ours["cpu_us"] <= BAR_CPU),
            told(
                "first mail, s",
                ours["first_seconds"],
                f"at most {BAR_FIRST}",
                ours["first_seconds"] <= BAR_FIRST,
            ),
            f"  CPU {ours['cpu_us'] / theirs['cpu_us']:.1f} times smtp-source's own; planned in "
            f"{ours['plan']['planned_seconds']} s, every mail rendered in "
            f"{ours['plan']['proved_seconds']} s; peak memory {ours['peak_mb']} MB",
            f"  {near['ratio_left_alone']} of smtp-source with a connection a message, its default "
            f"({near['source_left_alone']['per_second']:,.0f} a second)",
        ]
    if far := found.get("far"):
        lines += [
            f"{far['latency_ms']:.0f} ms each way, {far['connections']} connections; smtp-source "
            f"{far['source']['per_second']:,.0f} a second",
            told(
                "mails a second",
                far["ours"]["per_second"],
                f"{far['share']:.0%} of {far['allowed_per_second']} allowed",
                far["share"] >= BAR_ROUND_TRIPS,
            ),
        ]
    if million := found.get("million"):
        many, some = million["many"], million["some"]
        lines += [
            f"{many['plan']['deliveries']:,} deliveries planned, {many['send']['sent']:,} sent",
            told(
                "planned, s",
                many["plan"]["planned_seconds"],
                f"at most {BAR_PLANNED:.0f}",
                many["plan"]["planned_seconds"] <= BAR_PLANNED,
            ),
            told(
                "peak memory, MB",
                many["mb"],
                f"at most {BAR_MEMORY_MB}",
                many["mb"] <= BAR_MEMORY_MB,
            ),
            told(
                f"memory against {FEW:,}",
                million["memory_growth"],
                f"at most {BAR_MEMORY_GROWTH}",
                million["memory_growth"] <= BAR_MEMORY_GROWTH,
            ),
            told(
                f"time of a mail against {CONTACTS:,}",
                million["time_growth"],
                f"at most {BAR_TIME_GROWTH}",
                million["time_growth"] <= BAR_TIME_GROWTH,
            ),
            f"  CPU a mail {many['send']['cpu_us']} us against {some['send']['cpu_us']} us; "
            f"planned in {many['plan']['planned_cpu_seconds']} s of CPU",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=None, help=f"default {CONTACTS:,}")
    parser.add_argument("--connections", type=int, default=None, help=f"default {CONNECTIONS}")
    parser.add_argument("--latency", type=float, metavar="MS", help="a proxy that delays so long")
    parser.add_argument("--million", action="store_true", help="a million, against a few")
    parser.add_argument("--mails", type=int, metavar="N", help="with --million: send only N of it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        # As the command line does it.
        gc.set_threshold(COLLECT_AFTER, 20, 20)
        options = json.loads(given.part)
        parts = {each.__name__: each for each in (plan_alone, send_alone, send_whole)}
        work = parts[options.pop("what")]
        print(json.dumps(work(Path(options.pop("folder")), **options)))
        return
    found: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds")}
    if given.million:
        contacts = given.contacts or MANY
        found["million"] = send_a_million(
            contacts, given.mails or contacts, given.connections or CONNECTIONS
        )
    elif given.latency:
        found["far"] = compare_far(
            given.contacts or 4_000, given.connections or CONNECTIONS, given.latency / 1000
        )
    else:
        found["near"] = compare(given.contacts or CONTACTS, given.connections or CONNECTIONS)
    print(json.dumps(found, indent=2) if given.json else table(found))


if __name__ == "__main__":
    as_installed()
    main()
