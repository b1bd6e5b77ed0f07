"""Starts `outreach` processes without the second that Python takes to import everything.

It imports once and forks for every order, so that a thousand processes can be killed in minutes.
What runs in the child is `outreach.cli.main`, as from a shell. Orders and answers are lines of JSON
on standard input and output::

    {"do": "start", "arguments": […], "folder": …, "environ": {…}, "output": …, "mishaps": {…}}
    {"do": "wait", "pid": …, "seconds": …}

Mishaps befall the child alone: ``clock`` is a list of (calls, seconds), each a jump of its clock by
so many seconds when it has been asked so often; ``file_size`` is the size in octets that no file
can grow beyond, as on a full disk; ``busy_timeout`` is how many milliseconds it waits for a lock;
``careless`` makes it take up doubtful mail again, to see that this would be found.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import procrastinate.periodic
import procrastinate.schema
import procrastinate.worker
import psycopg_pool
import sqlalchemy.dialects.postgresql.psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

import outreach.cli.campaigns
import outreach.cli.sending
import outreach.cli.worker
import outreach.rendering.templates
import outreach.services.campaigns
import outreach.services.composing
import outreach.services.planning
import outreach.services.segments
import outreach.worker
from outreach.app import App
from outreach.cli.main import run
from outreach.domain.clock import system_clock
from outreach.storage import database, deliveries
from outreach.storage.database import Database
from outreach.transport import smtp, urls

PRELOADED = (outreach, procrastinate, psycopg_pool, smtp, sqlalchemy, urls, Database)


class JumpingClock:
    """The system's clock, set forwards or backwards when it has been asked so often."""

    def __init__(self, jumps: Sequence[tuple[int, float]]) -> None:
        self.jumps = list(jumps)
        self.calls = 0

    def __call__(self) -> datetime:
        self.calls += 1
        gone = sum(seconds for calls, seconds in self.jumps if self.calls >= calls)
        return system_clock() + timedelta(seconds=gone)


def befall(mishaps: Mapping[str, Any]) -> None:
    if "clock" in mishaps:
        App.open.__func__.__kwdefaults__["clock"] = JumpingClock(  # type: ignore[attr-defined]
            mishaps["clock"]
        )
    if "busy_timeout" in mishaps:
        database.BUSY_TIMEOUT_MS = mishaps["busy_timeout"]
    if "file_size" in mishaps:
        resource.setrlimit(resource.RLIMIT_FSIZE, (mishaps["file_size"], resource.RLIM_INFINITY))
    if mishaps.get("careless"):
        expire = deliveries.expire

        def carelessly(session: Session, *arguments: Any) -> int:
            session.execute(text("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'"))
            return expire(session, *arguments)

        deliveries.expire = carelessly


def become(order: Mapping[str, Any]) -> None:
    """Be the process that was ordered, to its end."""
    code = 70
    try:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environ"])
        output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for ours, theirs in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(ours, theirs)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        befall(order["mishaps"])
        code = run(order["arguments"])
        sys.stdout.flush()
    finally:
        os._exit(code)


def wait(pid: int, seconds: float) -> int | None:
    """Return the child's exit code, negative for the signal that ended it, None if it lives on."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(0.005)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "start":
            pid = os.fork()
            if not pid:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                become(order)
            print(json.dumps(pid), flush=True)
        else:
            print(json.dumps(wait(order["pid"], order["seconds"])), flush=True)


if __name__ == "__main__":
    main()
