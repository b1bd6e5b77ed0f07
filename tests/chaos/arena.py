"""Where chaos happens: a workspace, processes that get killed in it, and the judge.

The judge believes only what the SMTP server took. Against that it holds the ledger: nobody may have
a mail twice; whoever is marked as sent has it; whoever is neither is listed as in doubt, rejected
or still to come; and all of them together are the audience.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import text

from outreach.config.settings import Settings
from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import ScriptedServer
from tests.e2e.workspace import ROOT, Workspace, recipients, wait_for
from tests.services.desk import add_contacts

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "0"))
"""How many rounds the long form has; 0 for the short form, where each test has its own number."""

SEED = int(os.environ.get("CHAOS_SEED", "20261201"))
"""The first round's seed; the next has the next number."""

KEY = "news@chaos"

CONNECTIONS: int = getattr(Settings, "connections", 1)
"""How many connections a run has to the mail server, at most."""


class Launcher:
    """The process that forks `outreach` processes; see `tests.chaos.launcher`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.launcher"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def start(self, **order: Any) -> int:
        pid = self._ask(do="start", **order)
        assert isinstance(pid, int)
        return pid

    def wait(self, pid: int, seconds: float) -> int | None:
        code = self._ask(do="wait", pid=pid, seconds=seconds)
        assert code is None or isinstance(code, int)
        return code

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, **order: Any) -> object:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> object:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@dataclass
class Tally:
    """What all rounds of a test came to."""

    rounds: int = 0
    kills: int = 0
    #: Runs that ended otherwise than they should: a full disk, a database gone.
    failures: int = 0
    mails: int = 0
    lost: int = 0
    twice: int = 0
    uncertain: int = 0
    #: The most that could be in doubt: connections open when a process ended, silent servers.
    in_flight: int = 0
    #: Of the uncertain, those that the server did take.
    arrived: int = 0

    def line(self) -> str:
        return (
            f"{self.rounds} rounds, {self.kills} kills, {self.failures} other failures, "
            f"{self.mails} mails: {self.lost} lost, {self.twice} sent twice, "
            f"{self.uncertain} uncertain ({self.arrived} of them had arrived) "
            f"of at most {self.in_flight} that were in flight"
        )


@dataclass
class Arena:
    """One round: an audience, a server and processes. Everything random comes from its seed."""

    folder: Path
    database: Database
    launcher: Launcher
    people: int
    tally: Tally
    #: How many mails may be in doubt at the end.
    in_flight: int = 0
    #: Seconds by which clocks of processes are ahead.
    ahead: float = 0
    pids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        url = self.database.url.render_as_string(hide_password=False)
        self.workspace = Workspace(self.folder, url)
        self.workspace.environ |= {"OUTREACH_LEASE": "30", "OUTREACH_SMTP_TIMEOUT": "1"}
        self.output = self.folder / "output"
        add_contacts(
            self.database,
            [f"c{number}" for number in range(self.people)],
            system_clock(),
            timezone="UTC",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self.launcher.wait(pid, 10)
        self.workspace.database.close()
        if error is not None:
            error.add_note("--- what the processes said last ---\n" + self.said()[-3000:])

    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def through(self, server: ScriptedServer, options: str = "tls=off") -> None:
        self.server = server
        self.workspace.environ["OUTREACH_TRANSPORT"] = f"smtp://localhost:{server.port}?{options}"

    def start(self, *arguments: str, mishaps: Mapping[str, Any] | None = None) -> int:
        mishaps = dict(mishaps or {})
        if self.ahead:
            mishaps["clock"] = [(0, self.ahead), *mishaps.get("clock", ())]
        pid = self.launcher.start(
            arguments=arguments,
            folder=str(self.folder),
            environ=self.workspace.environ,
            output=str(self.output),
            mishaps=mishaps,
        )
        self.pids.append(pid)
        return pid

    def send(self, *arguments: str, mishaps: Mapping[str, Any] | None = None) -> int:
        """Start the line that cron would run: it plans, approves and sends, or goes on."""
        return self.start(
            "send", "--template", "news", "--key", KEY, "--yes", *arguments, mishaps=mishaps
        )

    def go_on(self) -> int:
        """Start the same line, or where a person has to look first, what they say when they did."""
        with self.database.read() as session:
            paused = "SELECT count(*) FROM campaigns WHERE state = 'paused' AND NOT heals"
            stopped = session.execute(text(paused)).scalar_one()
        return self.start("campaigns", "resume", KEY) if stopped else self.send()

    def wait(self, pid: int, seconds: float = 60) -> int:
        """Wait for a process to end by itself and return its exit code."""
        code = self.launcher.wait(pid, seconds)
        assert code is not None, f"process {pid} is still at work after {seconds} seconds"
        self.pids.remove(pid)
        return code

    def is_alive(self, pid: int) -> bool:
        if self.launcher.wait(pid, 0) is None:
            return True
        self.pids.remove(pid)
        return False

    def kill(self, pid: int, after: float, *, sending: bool = False) -> bool:
        """Kill -9 the process after so many seconds; False if it ended before by itself.

        The seconds count from now, or with `sending` from when the server takes its next mail.
        """
        taken = len(self.server.accepted)
        while sending and len(self.server.accepted) == taken and not self.is_idle:
            if not self.is_alive(pid):
                return False
        if self.launcher.wait(pid, after) is not None:
            self.pids.remove(pid)
            return False
        # Stopped first, so that what it has open can be counted while it stands still.
        os.kill(pid, signal.SIGSTOP)
        while _state(pid) not in "TZ":
            time.sleep(0.001)
        connections = self.connections(pid)
        os.kill(pid, signal.SIGKILL)
        self.wait(pid)
        self.tally.kills += 1
        doubtful = self.sending(pid)
        # Those that were about to be opened count as open.
        self.in_flight += max(connections, doubtful)
        most = max(connections, CONNECTIONS)
        assert doubtful <= most, f"{doubtful} in doubt, {connections} connections open"
        return True

    def stop(self, pid: int) -> None:
        """Ask the process to end in order, as systemd does."""
        os.kill(pid, signal.SIGTERM)
        # One that has not learnt to listen yet has not begun anything either.
        assert self.wait(pid) in (0, 130, -signal.SIGTERM), self.said()[-2000:]

    def failed(self) -> None:
        """Take note that a run could not record the answers to the mails it had on the wire."""
        self.tally.failures += 1
        self.in_flight += CONNECTIONS

    def until_taken(self, number: int) -> None:
        """Wait until the server has taken so many mails."""
        try:
            wait_for(lambda: len(self.server.accepted) >= number)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.states()}") from None

    def connections(self, pid: int) -> int:
        """Return how many connections to the server the process has open."""
        sockets = set()
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                sockets.add(str(entry.readlink()))
        found = 0
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                port = int(words[2].rpartition(":")[2], 16)
                found += port == self.server.port and f"socket:[{words[9]}]" in sockets
        return found

    def sending(self, pid: int) -> int:
        """Return how many mails the ledger has as being sent by this process."""
        with self.database.read() as session:
            return session.execute(
                text(
                    "SELECT count(*) FROM deliveries "
                    "WHERE state = 'sending' AND lease_owner LIKE :owner"
                ),
                {"owner": f"%/{pid}/%"},
            ).scalar_one()

    def states(self) -> Counter[str]:
        return self.workspace.states()

    @property
    def left(self) -> int:
        """How many mails have something before them."""
        states = self.states()
        return sum(states[each] for each in ("planned", "pending", "claimed", "sending"))

    @property
    def is_idle(self) -> bool:
        """Whether a campaign was planned, and has nothing left but what must wait."""
        with self.database.read() as session:
            due = session.execute(
                text(
                    "SELECT count(*) FROM deliveries WHERE not_before IS NULL "
                    "AND state IN ('planned', 'pending', 'claimed', 'sending')"
                )
            ).scalar_one()
        return not due and bool(self.states())

    def finish(self, *command: str) -> None:
        """Let a last run do what is left, long after: leases have ended, deferrals are due."""
        self.ahead = max(self.ahead, 0) + 5 * 3600
        for _ in range(4):
            pid = self.start(*command) if command else self.go_on()
            code = self.wait(pid)
            assert code in (0, 5, 6, 7), self.said()[-2000:]
            states = self.states()
            if states and not self.left:
                return
            self.ahead += 5 * 3600
        raise AssertionError(f"left after the last run: {self.states()}")

    def judge(self, silent: int = 0) -> None:
        """Hold the ledger against what the server took; `silent` are its answers that never came.

        What may be in doubt is at most what was on a connection when a process was killed, and what
        the server left without an answer.
        """
        taken = recipients(self.server)
        everyone = {f"c{number}@example.com" for number in range(self.people)}
        with self.database.read() as session:
            rows: Sequence[Any] = session.execute(
                text("SELECT address, state FROM deliveries ORDER BY id")
            ).all()
            accepted = session.execute(
                text("SELECT count(*) FROM attempts WHERE outcome = 'accepted'")
            ).scalar_one()
            touches = session.execute(text("SELECT count(*) FROM touches")).scalar_one()
        state = dict(rows)
        uncertain = {who for who in everyone if state.get(who) == "uncertain"}
        sent = {who for who in everyone if state.get(who) == "sent"}
        twice = {who for who, times in taken.items() if times > 1}
        untold = everyone - sent - uncertain - {w for w in everyone if state.get(w) == "rejected"}
        lost = (sent - taken.keys()) | untold
        tally = self.tally
        tally.rounds += 1
        tally.mails += self.people
        tally.lost += len(lost)
        tally.twice += len(twice)
        tally.uncertain += len(uncertain)
        tally.arrived += len(uncertain & taken.keys())
        tally.in_flight += self.in_flight + silent
        assert not lost, f"lost: {sorted(lost)}, {self.states()}"
        assert not twice, f"sent twice: {sorted(twice)}"
        assert len(rows) == len(state) == self.people
        # What arrived is on record as sent or in doubt, never as anything else.
        assert taken.keys() <= sent | uncertain
        assert len(uncertain) <= self.in_flight + silent, (
            f"{len(uncertain)} uncertain, of {self.in_flight} + {silent} in flight"
        )
        assert accepted == touches == len(sent)
        self._check_listed(uncertain)

    def _check_listed(self, uncertain: set[str]) -> None:
        """Ask the program itself: it names every mail in doubt, and its ledger adds up."""
        before = len(self.said())
        assert self.wait(self.start("campaigns", "show", KEY, "--json")) == 0
        shown = json.loads(self.said()[before:])
        totals = shown["totals"]
        assert totals["missing"] == 0
        assert totals["audience"] == self.people == sum(totals["states"].values())
        listed = {each["address"] for each in shown["uncertain"]}
        assert listed == uncertain or (len(uncertain) > 20 and listed < uncertain)


def _state(pid: int) -> str:
    """Return the letter by which the kernel calls the state of a process."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def seeds(short: int) -> range:
    """Return the seed of each round: `short` of them, or as many as the long form asks for."""
    return range(SEED, SEED + (ROUNDS or short))


def again(seed: int) -> str:
    """Return how to run the round with this seed once more."""
    return f"seed {seed}; again by: make chaos ROUNDS=1 SEED={seed}"
