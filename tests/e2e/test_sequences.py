"""Sequences by several processes at once: nobody has a step twice, and none is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import ScriptedServer
from tests.e2e.workspace import Workspace, recipients, wait_for
from tests.services.desk import add_contacts

PEOPLE = 30
WELCOME = """\
title = "First weeks"
[[steps]]
template = "news"
[[steps]]
template = "news"
after = "9 days"
"""


@pytest.fixture
def workspace(database: Database, tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "studio"
    folder.mkdir()
    made = Workspace(folder, database.url.render_as_string(hide_password=False))
    add_contacts(database, [f"c{n}" for n in range(PEOPLE)], system_clock(), timezone="UTC")
    (folder / "sequences").mkdir()
    (folder / "sequences" / "welcome.toml").write_text(WELCOME)
    yield made
    made.database.close()


def pass_days(workspace: Workspace) -> None:
    """Let all that happened have happened nine days earlier."""
    earlier = (
        "strftime('%Y-%m-%d %H:%M:%f', {0}, '-9 days') || '000'"
        if workspace.database.is_sqlite
        else "{0} - interval '9 days'"
    )
    with workspace.database.write() as session:
        moments = (("deliveries", "sent_at"), ("deliveries", "not_before"), ("touches", "at"))
        for table, column in moments:
            moved = earlier.format(column)
            session.execute(text(f"UPDATE {table} SET {column} = {moved}"))


def audiences(workspace: Workspace) -> list[int]:
    with workspace.database.read() as session:
        return list(session.scalars(text("SELECT audience FROM campaigns ORDER BY step")))


def test_lines_that_run_at_once_send_each_step_once(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        begin = ("sequences", "start", "welcome", "--segment", "clients", "--yes")
        begun = [workspace.start(*begin) for _ in range(2)]
        for process in begun:
            printed, told = process.communicate(timeout=120)
            # The second finds the plan of the first, or that all have begun.
            assert process.returncode in (0, 8), printed + told
        workspace.run("send", "--due")
        assert set(recipients(server).values()) == {1}
        pass_days(workspace)
        lines = [workspace.start("send", "--due") for _ in range(3)]
        for process in lines:
            printed, told = process.communicate(timeout=120)
            assert process.returncode == 0, printed + told
        workspace.run("send", "--due")
        assert recipients(server) == {f"c{n}@example.com": 2 for n in range(PEOPLE)}
    assert workspace.states() == {"sent": 2 * PEOPLE}
    assert audiences(workspace) == [PEOPLE, PEOPLE]
    assert "completed 30" in workspace.run("sequences", "show", "welcome")


def test_a_run_that_is_killed_loses_nobodys_next_step(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        process = workspace.start("sequences", "start", "welcome", "--segment", "clients", "--yes")
        wait_for(lambda: len(server.accepted) >= PEOPLE // 3)
        process.kill()
        process.communicate()
        with workspace.database.read() as session:
            key = str(session.scalar(text("SELECT key FROM campaigns WHERE step = 1")))
        code = 6 if workspace.states()["sending"] else 0
        workspace.run("campaigns", "resume", key, code=code)
        in_doubt = workspace.states()["uncertain"]
        workspace.run("campaigns", "reconcile", key, "--sent")
        pass_days(workspace)
        workspace.run("send", "--due")
        assert workspace.states() == {"sent": 2 * PEOPLE}
        # What was in doubt may have been taken, or not.
        total = recipients(server).total()
        assert 2 * PEOPLE - in_doubt <= total <= 2 * PEOPLE
    assert audiences(workspace) == [PEOPLE, PEOPLE]
