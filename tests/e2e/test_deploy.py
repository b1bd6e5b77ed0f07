"""What `docs/deploy` tells other people's machines to do is what the program does."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import Rule, ScriptedServer
from tests.chaos.arena import CONNECTIONS
from tests.e2e.workspace import ROOT, Workspace, recipients, wait_for
from tests.services.desk import add_contacts

DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())
PEOPLE = 60
LEASE = 10  # seconds


def unit_commands() -> Iterator[list[str]]:
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE):
            program, *arguments = shlex.split(line)
            assert program == "/opt/outreach/bin/outreach"
            yield arguments


def compose_commands() -> Iterator[list[str]]:
    for service in COMPOSE["services"].values():
        if "command" in service:
            yield service["command"]
    for line in (DEPLOY / "docker-compose.yml").read_text().splitlines():
        if line.startswith("#   docker compose run"):
            yield shlex.split(line.split(" outreach ", 1)[1])


def image_commands() -> Iterator[list[str]]:
    for line in (DEPLOY / "Dockerfile").read_text().splitlines():
        if line.startswith("CMD "):
            yield yaml.safe_load(line.removeprefix("CMD "))


COMMANDS = [*unit_commands(), *compose_commands(), *image_commands()]


def test_all_files_were_read() -> None:
    assert len(UNITS) == 4
    assert len(COMMANDS) == 7


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_commands_and_their_options_exist(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "outreach", *arguments, "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: outreach")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_units_are_as_systemd_has_them(tmp_path: Path) -> None:
    for unit in UNITS:
        # It looks whether the program is there.
        there = unit.read_text().replace("/opt/outreach/bin/outreach", sys.executable)
        (tmp_path / unit.name).write_text(there)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_holds_what_it_is_built_from() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    files = {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE"}
    assert kept == files | {"outreach", "templates", "segments", "sequences"}
    assert all((ROOT / name).exists() for name in kept)
    # tests/e2e/test_wheel.py builds the wheel from the same.


def test_services_stand_on_services() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
    assert not COMPOSE["x-outreach"]["environment"].keys() - {
        "OUTREACH_DATABASE_URL", "OUTREACH_PERSON", "OUTREACH_SMTP_PASSWORD", "PGPASSWORD",
    }  # fmt: skip


@pytest.mark.postgres
@pytest.mark.slow
def test_the_services_send_each_mail_once(postgres_database: Database, tmp_path: Path) -> None:
    """The services' commands as processes; one worker is killed, one is asked to end."""
    services = COMPOSE["services"]
    studio = tmp_path / "studio"
    studio.mkdir()
    url = postgres_database.url.render_as_string(hide_password=False)
    workspace = Workspace(studio, url)
    settings = studio / "outreach.toml"
    # Seconds until what a killed worker had in hand is free again.
    settings.write_text(f"lease = {LEASE}\n{settings.read_text()}")
    files = {path: path.read_bytes() for path in studio.rglob("*") if path.is_file()}
    # One mail at a time, slowly, so that signals come while mails are under way.
    with ScriptedServer(Rule("dot", stall=0.1)) as server:
        workspace.through(server)
        workspace.run(*services["upgrade"]["command"])
        add_contacts(
            workspace.database, [f"c{n}" for n in range(PEOPLE)], system_clock(), timezone="UTC"
        )
        workspace.run("send", "--template", "news", "--yes", "--detach")
        workers = [workspace.start(*services["worker"]["command"]) for _ in range(3)]
        try:
            wait_for(lambda: len(server.accepted) >= 5)
            workers[0].kill()
            workers[1].send_signal(signal.SIGTERM)
            assert workers[1].wait(90) == 0  # the grace that the compose file gives
            wait_for(lambda: len(server.accepted) >= PEOPLE * 2 // 3, seconds=60)
            workers[2].send_signal(signal.SIGTERM)
            assert workers[2].wait(90) == 0
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()
        # What it held goes to the next one; workers look once a minute by themselves.
        time.sleep(LEASE + 1)
        workspace.run("worker", "--until-idle")
    states = workspace.states()
    workspace.database.close()
    got = recipients(server)
    assert set(got.values()) == {1}
    assert states["sent"] + states["uncertain"] == PEOPLE
    # What was under way when it was killed may have arrived: at most a mail a connection.
    assert states["uncertain"] <= CONNECTIONS * 2
    assert states["sent"] <= len(got)
    # Workspaces are mounted for reading only.
    assert {path: path.read_bytes() for path in studio.rglob("*") if path.is_file()} == files
