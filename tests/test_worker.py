"""The worker: jobs are only hints, and the ledger decides."""

import signal
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.app import App
from outreach.domain.clock import system_clock
from outreach.domain.delivery import CampaignEvent
from outreach.domain.pacing import Pace, Rate
from outreach.domain.windows import Windows
from outreach.errors import ConfigError, UnavailableError, UsageError
from outreach.services.pacing import Pacer
from outreach.storage import campaigns, deliveries
from outreach.storage.database import Database
from outreach.testing import FrozenClock, Rule, ScriptedServer
from outreach.worker import SCHEMA, SLOTS, Queue, Worker, slots_for
from tests.chaos.arena import CONNECTIONS
from tests.e2e.workspace import Workspace, recipients, wait_for
from tests.services.desk import Desk, add_contacts

pytestmark = pytest.mark.postgres

PEOPLE = 15


@pytest.fixture
def queue(postgres_database: Database) -> Queue:
    made = Queue(postgres_database)
    made.install()
    return made


def jobs(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        rows = session.execute(
            text(f"SELECT task_name, status, queueing_lock FROM {SCHEMA}.procrastinate_jobs")
        )
        return sorted((a, b, c) for a, b, c in rows)


def test_sqlite_has_no_workers(sqlite_database: Database) -> None:
    with pytest.raises(UsageError, match="need PostgreSQL"):
        Queue(sqlite_database)


def test_the_queue_is_made_once_and_beside_our_tables(
    postgres_database: Database,
) -> None:
    queue = Queue(postgres_database)
    assert queue.install()
    assert not queue.install()
    with postgres_database.read() as session:
        where = session.scalars(
            text("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'procrastinate%'")
        ).all()
    assert where == [SCHEMA]
    postgres_database.check_schema()


def test_workers_that_start_together_make_the_queue_together(postgres_database: Database) -> None:
    made: list[bool] = []
    threads = [
        threading.Thread(target=lambda: made.append(Queue(postgres_database).install()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(made) == [False, False, False, True]


def test_a_newer_library_brings_its_tables_up_to_date(
    postgres_database: Database, queue: Queue
) -> None:
    """What an older release had not applied is applied, in order, and nothing else."""
    newest = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
    with postgres_database.write() as session:
        session.execute(text(f"DELETE FROM {SCHEMA}.applied WHERE name = '{newest}'"))
    assert queue.install()
    with postgres_database.read() as session:
        found = session.scalar(
            text(f"SELECT count(*) FROM {SCHEMA}.applied WHERE name = '{newest}'")
        )
    assert found == 1


def test_a_slot_holds_one_waiting_job(postgres_database: Database, queue: Queue) -> None:
    assert queue.put("news@2026-12", range(3)) == 3
    assert queue.put("news@2026-12", range(4)) == 1
    assert queue.put("other@2026-12", range(1)) == 1
    assert len(jobs(postgres_database)) == 5


def test_as_many_slots_as_there_are_batches_to_a_limit() -> None:
    assert slots_for(0) == range(1)
    assert slots_for(50) == range(1)
    assert slots_for(51) == range(2)
    assert slots_for(10**6) == range(SLOTS)


def test_what_is_due_is_found(database: Database, clock: FrozenClock) -> None:
    add_contacts(database, ["ann", "bob", "cai"], clock())
    desk = Desk(database, clock)

    def due() -> list[tuple[str, int]]:
        with database.read() as session:
            return list(deliveries.campaigns_due(session, clock()))

    campaign = desk.approved()
    assert due() == [(campaign.key, 3)]
    with database.write() as session:
        deliveries.claim(
            session,
            campaign.id,
            "elsewhere/1/run",
            now=clock(),
            until=clock() + timedelta(minutes=5),
            limit=2,
        )
    assert due() == [(campaign.key, 1)]
    clock.advance(minutes=5)
    assert due() == [(campaign.key, 3)]
    with database.write() as session:
        campaigns.apply(session, campaign.id, CampaignEvent.PAUSE, clock(), by="anna")
    assert due() == []
    with database.write() as session:
        campaigns.apply(session, campaign.id, CampaignEvent.RESUME, clock())
        session.execute(text("UPDATE deliveries SET state = 'sent'"))
    # A run that died after its last answer left only the finishing.
    assert due() == [(campaign.key, 0)]
    desk.work(campaign)
    assert due() == []


def make_workspace(folder: Path, database: Database, people: int) -> Workspace:
    studio = folder / "studio"
    studio.mkdir()
    made = Workspace(studio, database.url.render_as_string(hide_password=False))
    add_contacts(database, [f"c{n}" for n in range(people)], system_clock(), timezone="UTC")
    return made


@pytest.fixture
def workspace(postgres_database: Database, tmp_path: Path) -> Iterator[Workspace]:
    made = make_workspace(tmp_path, postgres_database, PEOPLE)
    yield made
    made.database.close()


def approve(workspace: Workspace) -> str:
    workspace.run("send", "--template", "news", "--yes", "--detach")
    return workspace.key()


def work(workspace: Workspace, **how: object) -> tuple[Worker, list[str]]:
    said: list[str] = []
    app = App.open(workspace.folder, environ=workspace.environ)
    try:
        worker = Worker(app, say=said.append, **how)  # type: ignore[arg-type]
        worker.run(until_idle=True)
    finally:
        app.close()
    return worker, said


def test_what_is_detached_a_worker_sends(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        printed = workspace.run("send", "--template", "news", "--yes", "--detach")
        assert f"{PEOPLE} mails handed to 0 workers" in printed
        assert "no worker is running" in printed
        assert not server.accepted
        assert workspace.states() == {"pending": PEOPLE}
        printed = workspace.run("worker", "--until-idle")
        assert f"sent {PEOPLE}" in printed
        assert recipients(server) == {f"c{n}@example.com": 1 for n in range(PEOPLE)}
    assert workspace.states() == {"sent": PEOPLE}
    assert jobs(workspace.database) == []
    assert "finished" in workspace.run("campaigns", "show", workspace.key())


def test_a_job_that_comes_twice_or_late_does_nothing(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        key = approve(workspace)
        queue = Queue(workspace.database)
        queue.put(key, range(16))
        queue.put("never@planned", range(2))
        worker, _ = work(workspace, concurrency=3)
        assert len(server.accepted) == PEOPLE
        assert worker.counts.total() == PEOPLE
        queue.put(key, range(5))
        work(workspace, concurrency=3)
        assert len(server.accepted) == PEOPLE
    assert jobs(workspace.database) == []


def test_a_lost_job_is_found_by_what_is_due(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
        approve(workspace)
        with workspace.database.write() as session:
            session.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
            session.execute(text("DELETE FROM procrastinate_jobs"))
        work(workspace)
        assert len(server.accepted) == PEOPLE


def test_the_next_step_of_a_sequence_is_found(workspace: Workspace) -> None:
    (workspace.folder / "sequences").mkdir()
    (workspace.folder / "sequences" / "welcome.toml").write_text(
        'title = "W"\n[[steps]]\ntemplate = "news"\n'
        '[[steps]]\ntemplate = "news"\nafter = "9 days"\n'
    )
    workspace.run("sequences", "start", "welcome", "--segment", "clients", "--yes")
    assert workspace.states() == {"sent": PEOPLE}
    with workspace.database.write() as session:
        for table, column in (("deliveries", "sent_at"), ("touches", "at")):
            session.execute(text(f"UPDATE {table} SET {column} = {column} - interval '9 days'"))
    worker, said = work(workspace)
    assert worker.counts.total() == PEOPLE, said
    assert workspace.states() == {"sent": 2 * PEOPLE}


def test_short_jobs_follow_each_other_to_the_end(workspace: Workspace) -> None:
    workspace.environ["OUTREACH_CONNECTIONS"] = "1"
    with ScriptedServer(Rule("dot", stall=0.05)) as server:
        workspace.through(server)
        approve(workspace)
        worker, _ = work(workspace, each=timedelta(seconds=0.2), concurrency=2)
        assert worker.jobs > 3
        assert recipients(server) == {f"c{n}@example.com": 1 for n in range(PEOPLE)}
    assert workspace.states() == {"sent": PEOPLE}


def test_what_a_person_has_paused_meanwhile_stays_paused(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
    key = approve(workspace)
    _, said = work(workspace)
    assert any(
        "is paused: cannot connect to 127.0.0.1" in line and "tried again in a minute" in line
        for line in said
    )
    assert workspace.states() == {"pending": PEOPLE}
    with ScriptedServer() as server:
        workspace.through(server)
        workspace.run("campaigns", "pause", key)
        work(workspace)
        assert workspace.states() == {"pending": PEOPLE}, "that a person has paused"
        workspace.run("campaigns", "resume", key, "--detach")
        work(workspace)
    assert workspace.states() == {"sent": PEOPLE}


def test_a_server_that_was_away_is_tried_again_by_itself(workspace: Workspace) -> None:
    with ScriptedServer() as server:
        workspace.through(server)
    approve(workspace)
    work(workspace)
    with ScriptedServer() as server:
        workspace.through(server)
        work(workspace)
    assert workspace.states() == {"sent": PEOPLE}


def test_a_failure_of_ours_waits_for_a_person(workspace: Workspace) -> None:
    with ScriptedServer(Rule("MAIL", "550 5.7.1 this sender may not")) as server:
        workspace.through(server)
        approve(workspace)
        _, said = work(workspace)
        assert any("is paused" in line and "--detach" in line for line in said)
        server.rules.clear()
        work(workspace)
        assert workspace.states() == {"pending": PEOPLE}


def test_detaching_is_refused_before_anything_is_planned(
    sqlite_database: Database, tmp_path: Path
) -> None:
    workspace = make_workspace(tmp_path, sqlite_database, 2)
    order = ("send", "--template", "news", "--yes", "--detach")
    assert "need PostgreSQL" in workspace.run(*order, code=2)
    assert "need PostgreSQL" in workspace.run("worker", "--until-idle", code=2)
    assert "take --detach away" in workspace.run(*order, "--limit", "1", code=2)
    assert workspace.states() == {}
    workspace.database.close()


def test_a_term_signal_finishes_the_message_and_hands_on_the_rest(workspace: Workspace) -> None:
    with ScriptedServer(Rule("dot", stall=0.1)) as server:
        workspace.through(server)
        key = approve(workspace)
        process = workspace.start("worker")
        wait_for(lambda: len(server.accepted) >= 2)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 0, told
        assert "Traceback" not in told
        assert "finishing the messages in hand" in told
        sent = len(server.accepted)
        assert workspace.states() == {"sent": sent, "pending": PEOPLE - sent}
        # The rest waits in the queue for whoever is there.
        assert ("send", "todo", f"send {key} 0") in jobs(workspace.database)
        workspace.run("worker", "--until-idle")
        assert recipients(server) == {f"c{n}@example.com": 1 for n in range(PEOPLE)}


def test_a_second_signal_ends_it_at_once(workspace: Workspace) -> None:
    with ScriptedServer(Rule("dot", stall=20)) as server:
        workspace.through(server)
        approve(workspace)
        process = workspace.start("worker")
        wait_for(lambda: len(server.accepted) >= 1)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert "again to stop at once" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == -signal.SIGINT
        process.communicate()
        server.rules.clear()
        _, said = work(workspace)
        assert any("of a run that ended may have gone out" in line for line in said)
        assert max(recipients(server).values()) == 1
    states = workspace.states()
    assert 1 <= states["uncertain"] <= CONNECTIONS
    assert states["sent"] + states["uncertain"] == PEOPLE


def test_who_may_not_make_the_queue_is_told(postgres_database: Database) -> None:
    with postgres_database.write() as session:
        session.execute(text("DROP ROLE IF EXISTS clerk"))
        session.execute(text("CREATE ROLE clerk LOGIN"))
    stranger = Database(
        postgres_database.url.set(username="clerk").render_as_string(hide_password=False)
    )
    with pytest.raises(ConfigError, match="cannot be made or used"):
        Queue(stranger).install()
    stranger.close()


def test_jobs_of_a_worker_that_is_gone_are_queued_again(workspace: Workspace) -> None:
    with ScriptedServer(Rule("dot", stall=0.1)) as server:
        workspace.through(server)
        key = approve(workspace)
        process = workspace.start("worker")
        wait_for(lambda: len(server.accepted) >= 2)
        process.kill()
        process.communicate(timeout=30)
        assert ("send", "doing", f"send {key} 0") in jobs(workspace.database)
        with workspace.database.write() as session:
            session.execute(
                text(
                    f"UPDATE {SCHEMA}.procrastinate_workers "
                    "SET last_heartbeat = now() - interval '1 hour'"
                )
            )
        work(workspace)
        assert max(recipients(server).values()) == 1
        assert len(server.accepted) >= PEOPLE - CONNECTIONS
    states = workspace.states()
    assert states["uncertain"] <= CONNECTIONS
    assert states["sent"] + states["uncertain"] == PEOPLE
    assert not [job for job in jobs(workspace.database) if job[1] == "doing" and job[0] == "send"]


def test_without_a_database_it_says_so(tmp_path: Path, postgres_database: Database) -> None:
    workspace = make_workspace(tmp_path, postgres_database, 1)
    workspace.environ["OUTREACH_DATABASE_URL"] = f"postgresql://x@/x?host={tmp_path}"
    with pytest.raises(UnavailableError, match="cannot be used"):
        work(workspace)
    process = workspace.start("worker")
    assert process.stderr is not None
    assert any("trying again in" in line for line in process.stderr)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
    workspace.database.close()


def begun(workspace: Workspace) -> list[datetime]:
    """When each mail was begun, in order."""
    with workspace.database.read() as session:
        found = session.scalars(text("SELECT tried_at FROM deliveries WHERE state = 'sent'")).all()
    return sorted(found)


@pytest.mark.slow
def test_workers_share_one_rate(postgres_database: Database, tmp_path: Path) -> None:
    """Three processes, and the server's neighbours see one sender."""
    workspace = make_workspace(tmp_path, postgres_database, 160)
    workspace.environ |= {
        "OUTREACH_CONNECTIONS": "1",
        "OUTREACH_RATE": "20/second",
        "OUTREACH_BURST": "10",
    }
    with ScriptedServer() as server:
        workspace.through(server)
        workers = [workspace.start("worker") for _ in range(3)]
        approve(workspace)
        wait_for(lambda: len(server.accepted) >= 160, 90)
        for process in workers:
            process.send_signal(signal.SIGTERM)
        told = ["".join(process.communicate(timeout=30)) for process in workers]
        assert recipients(server) == {f"c{n}@example.com": 1 for n in range(160)}
    moments = begun(workspace)
    rate = Rate.parse("20/second", 10)
    for first, earlier in enumerate(moments):
        for count, later in enumerate(moments[first:], start=1):
            assert count <= rate.burst + rate.after(later - earlier) + 1e-3
    # It took as long as that takes, and more than one of them did it.
    assert moments[-1] - moments[0] >= rate.time_for(150)
    assert sum("sent" in each for each in told) >= 2, told
    workspace.database.close()


def test_a_job_that_would_wait_for_long_comes_back_later(workspace: Workspace) -> None:
    workspace.environ |= {"OUTREACH_RATE": "1/hour", "OUTREACH_BURST": "3"}
    with ScriptedServer() as server:
        workspace.through(server)
        key = approve(workspace)
        _, said = work(workspace, each=timedelta(seconds=0.2))
        assert len(server.accepted) == 3
        assert any("is given 1/hour; goes on at" in line for line in said)
    assert workspace.states() == {"sent": 3, "pending": PEOPLE - 3}
    assert ("send", "todo", f"send {key} 0") in jobs(workspace.database)
    with workspace.database.read() as session:
        when = session.scalars(
            text(f"SELECT scheduled_at FROM {SCHEMA}.procrastinate_jobs WHERE task_name = 'send'")
        ).one()
    # Not before the next look, so that it spins on nothing; and not long after it.
    assert timedelta(seconds=20) < when - system_clock() <= timedelta(minutes=1)


def test_what_waits_for_a_window_is_due_when_it_opens(
    database: Database, clock: FrozenClock
) -> None:
    add_contacts(database, ["ann"], clock(), timezone="America/New_York")
    desk = Desk(database, clock)
    windows = Pace(windows=Windows.parse("09:00-17:00"), patience=timedelta(0))
    campaign = desk.approved()
    desk.run(campaign, pacer=Pacer(windows, "memory", connections=1)).work()

    def due() -> list[tuple[str, int]]:
        with database.read() as session:
            return list(deliveries.campaigns_due(session, clock()))

    assert due() == []
    clock.advance(hours=5)
    assert due() == [(campaign.key, 1)]
