"""Sending on many machines: the sending service, run as jobs of a queue in the same database.

A job says no more than "work on this campaign for a while". Who gets which mail is decided by the
ledger alone (`outreach.services.sending`), so that a job that is lost, stuck or run twice does no
harm: at worst it finds nothing to do. What a lost job would have done, `Worker` finds by itself: it
looks every minute for campaigns that have something due or a lease that has ended, and for steps
of sequences that come next.

The queue is procrastinate's (https://procrastinate.readthedocs.io), in a schema of its own beside
our tables, so that neither ever meets the other's names.
"""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from outreach.app import App
from outreach.domain.delivery import CampaignState
from outreach.errors import ConfigError, OutreachError, RefusedError, UnavailableError, UsageError
from outreach.services.campaigns import go_on
from outreach.services.report import Report, Result
from outreach.services.sending import BATCH, has_died
from outreach.services.sequences import advance
from outreach.storage import campaigns, deliveries
from outreach.storage.database import Database

if TYPE_CHECKING:
    import procrastinate
    import psycopg

SCHEMA = "outreach_jobs"
"""The PostgreSQL schema that holds the queue."""

SLOTS = 16
"""How many jobs of one campaign may wait at once; so many can be at work on it, or a few more."""

SLICE = timedelta(seconds=20)
"""How long a job works before it goes to the end of the queue, so that all campaigns advance."""

EVERY_MINUTE = "* * * * *"
LOOK = timedelta(minutes=1)
"""How often what is due is looked for, as crontab writes it, and the same as a time."""

HEARTBEAT = timedelta(seconds=10)
STALLED = timedelta(seconds=30)
"""A worker not heard of for so long is gone, and its jobs are queued again."""

FIRST_WAIT = 1.0
PATIENCE = 30.0
"""The shortest and longest wait, in seconds, before a database that is away is tried again."""

_SEND = "send"
_LOOK = "look"


class Queue:
    """The jobs of one database.

    Raises `UsageError` for SQLite, whose one file belongs to one machine, and `ConfigError` where
    the library is not installed.
    """

    def __init__(self, database: Database) -> None:
        if database.is_sqlite:
            raise UsageError(
                "workers need PostgreSQL: an SQLite file belongs to one machine",
                hint="set database_url to postgresql://…, or let `outreach send` do the sending",
            )
        try:
            import procrastinate
        except ModuleNotFoundError as missing:
            raise ConfigError(
                f"workers need the {missing.name} package",
                hint="pip install 'outreach-engine[postgres]'",
            ) from missing
        self._place = database.display_url
        self._dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._options = f"-c search_path={SCHEMA}"
        # Only to name jobs with: what it writes goes through our own connection.
        self._clerk = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def install(self) -> bool:
        """Make the queue's tables, or bring them to the library's newest; return if any changed."""
        from procrastinate.schema import SchemaManager, migrations_path

        known = sorted(path.name for path in migrations_path.glob("*.sql"))
        with self._connection() as connection, connection.transaction():
            # Workers that start together take turns.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SCHEMA])
            row = connection.execute("SELECT to_regclass('applied') IS NULL").fetchone()
            fresh = row is not None and row[0]
            if fresh:
                connection.execute(f"CREATE SCHEMA {SCHEMA}")
                connection.execute("CREATE TABLE applied (name text PRIMARY KEY)")
                connection.execute(SchemaManager.get_schema())
            applied = {name for (name,) in connection.execute("SELECT name FROM applied")}
            new = [name for name in known if name not in applied]
            for name in () if fresh else new:
                connection.execute((migrations_path / name).read_bytes())
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO applied VALUES (%s)", [(name,) for name in new])
        return bool(new)

    def put(self, key: str, slots: range, *, at: datetime | None = None) -> int:
        """Queue jobs for the campaign `key`, one for each slot that has none waiting yet.

        Nobody takes them before `at`. Returns how many were added.
        """
        from procrastinate.exceptions import AlreadyEnqueued

        added = 0
        with self._connection() as connection:
            for slot in slots:
                job = self._clerk.configure_task(
                    _SEND,
                    queueing_lock=f"{_SEND} {key} {slot}",
                    schedule_at=at,
                    connection=connection,
                )
                with suppress(AlreadyEnqueued), connection.transaction():
                    job.defer(key=key, slot=slot)
                    added += 1
        return added

    def workers(self) -> int:
        """Return how many workers were heard of lately."""
        with self._connection() as connection:
            found = connection.execute(
                "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s",
                [STALLED],
            ).fetchone()
        return int(found[0]) if found else 0

    def engine(self) -> "procrastinate.App":
        """Return an application of the library, for a worker to run."""
        import procrastinate

        connector = procrastinate.PsycopgConnector(
            conninfo=self._dsn,
            kwargs={"options": self._options},
            min_size=1,
            max_size=4,
            timeout=10,
        )
        return procrastinate.App(connector=connector)

    @contextmanager
    def _connection(self) -> Iterator["psycopg.Connection[Any]"]:
        import psycopg
        from procrastinate.exceptions import ConnectorException

        try:
            with psycopg.connect(
                self._dsn, connect_timeout=10, options=self._options
            ) as connection:
                yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigError(
                f"the job queue cannot be made or used ({error.diag.message_primary})",
                source=self._place,
                hint="run `outreach db upgrade` as a user who may CREATE in this database",
            ) from error
        except (psycopg.OperationalError, ConnectorException) as error:
            raise _away(self._place, error) from error


class Worker:
    """One process that takes jobs until it is told to stop.

    It runs `concurrency` jobs at once, each in a thread. `say` is told in a line what was done and
    what went wrong. SIGTERM and SIGINT let it finish the messages in hand; a second one ends it.
    """

    def __init__(
        self,
        app: App,
        *,
        concurrency: int = 1,
        say: Callable[[str], None] = lambda _: None,
        each: timedelta = SLICE,
    ) -> None:
        self.app = app
        self.concurrency = concurrency
        self.counts: Counter[Result] = Counter()
        self.jobs = 0
        self._say = say
        self._each = each.total_seconds()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._serving: asyncio.Task[None] | None = None
        #: For which turn a campaign was last said to wait.
        self._told: dict[str, datetime] = {}
        #: Runs that failed, by owner, and may have left claims behind.
        self._failed: set[str] = set()

    def run(self, *, until_idle: bool = False) -> None:
        """Work until told to stop, or with `until_idle` until nothing is due.

        A database that goes away is waited for (with `until_idle` it raises `UnavailableError`); a
        wrong setting raises its `OutreachError`.
        """
        with ThreadPoolExecutor(self.concurrency + 1, thread_name_prefix="job") as threads:
            asyncio.run(self._run(threads, until_idle))

    def stop(self) -> None:
        """Take no more jobs, and end those in hand after the message each is sending."""
        self._stopping.set()
        if self._serving is not None:
            self._serving.cancel()

    async def _run(self, threads: ThreadPoolExecutor, until_idle: bool) -> None:
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        signals = (signal.SIGINT, signal.SIGTERM)

        def ask() -> None:
            for number in signals:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
            asked.set()
            self._say("finishing the messages in hand; again to stop at once")
            self.stop()

        for number in signals:
            loop.add_signal_handler(number, ask)
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            begun, done = monotonic(), self.counts.total()
            try:
                idle = await self._serve(threads, until_idle)
                if until_idle and (idle or self.counts.total() == done):
                    return
            except UnavailableError as error:
                if until_idle:
                    raise
                self._say(str(error))
            if until_idle or self._stopping.is_set():
                continue
            if monotonic() - begun > PATIENCE:
                wait = FIRST_WAIT  # what held for a while was no false start
            self._say(f"trying again in {wait:.0f} seconds")
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), wait)
            wait = min(wait * 2, PATIENCE)

    async def _serve(self, threads: ThreadPoolExecutor, until_idle: bool) -> bool:
        """Run jobs until told to stop, the database goes away, or with `until_idle` none is left.

        Returns whether nothing is due then.
        """
        import psycopg
        from procrastinate.exceptions import ConnectorException

        loop = asyncio.get_running_loop()
        queue = await loop.run_in_executor(threads, self._open)
        await loop.run_in_executor(threads, self._look, queue)
        engine = queue.engine()
        self._register(engine, queue, threads)
        try:
            async with engine.open_async():
                await _requeue_stalled(engine)
                self._serving = asyncio.create_task(
                    engine.run_worker_async(
                        concurrency=self.concurrency,
                        wait=not until_idle,
                        # The ledger remembers; a finished job has nothing left to tell.
                        delete_jobs="always",
                        install_signal_handlers=False,
                        fetch_job_polling_interval=HEARTBEAT.total_seconds() / 2,
                        update_heartbeat_interval=HEARTBEAT.total_seconds(),
                        stalled_worker_timeout=STALLED.total_seconds(),
                    )
                )
                if self._stopping.is_set():
                    self._serving.cancel()
                await asyncio.wait([self._serving])
                failed = None if self._serving.cancelled() else self._serving.exception()
                if failed is not None:
                    raise failed
                if not until_idle and not self._stopping.is_set():
                    raise ConnectorException("the connection was lost")
        except (ConnectorException, psycopg.OperationalError) as error:
            raise _away(self.app.database.display_url, error) from error
        finally:
            self._serving = None
        if not until_idle:
            return False
        return not await loop.run_in_executor(threads, self._due)

    def _open(self) -> Queue:
        """Make what the jobs share before there are threads that could make it twice."""
        app = self.app
        queue = Queue(app.database)
        queue.install()
        _ = app.policy, app.transport, app.secrets, app.tiers
        return queue

    def _register(
        self, engine: "procrastinate.App", queue: Queue, threads: ThreadPoolExecutor
    ) -> None:
        """Tell the library what its jobs do."""
        loop = asyncio.get_running_loop()

        @engine.task(name=_SEND)
        async def send(key: str, slot: int) -> None:
            await loop.run_in_executor(threads, self._send, queue, key, slot)

        @engine.periodic(cron=EVERY_MINUTE)
        @engine.task(name=_LOOK, queueing_lock=_LOOK, priority=1)
        async def look(timestamp: int) -> None:  # noqa: ARG001 - the library's word for "when due"
            await _requeue_stalled(engine)
            await loop.run_in_executor(threads, self._look, queue)

    def _look(self, queue: Queue) -> None:
        """Queue jobs for all that is due, and let go on what may work again by now.

        Contacts come to the next steps of their sequences first.
        """
        try:
            self._clear_up()
            advance(self.app.database, self.app.clock())
            with self.app.database.read() as session:
                due = deliveries.campaigns_due(session, self.app.clock(), healing=True)
            for key, number in due:
                # Refused where a person has paused it since.
                with suppress(RefusedError):
                    go_on(self.app.database, key, self.app.clock())
                    queue.put(key, slots_for(number))
        except OutreachError as error:
            self._say(str(error))

    def _clear_up(self) -> None:
        """End the leases of runs that are known to be over, rather than wait until they end.

        Those are runs on this machine whose process is gone, and runs of this process that failed
        and could not give back what they had, most likely because the database had gone away.
        """
        with self.app.database.read() as session:
            held = [
                (campaign, deliveries.owners(session, campaign.id))
                for campaign in campaigns.newest(session)
                if campaign.state is CampaignState.ACTIVE
            ]
        for campaign, owners in held:
            over = [each for each in owners if each in self._failed or has_died(each)]
            if not over:
                continue
            with self.app.database.write() as session:
                doubtful = deliveries.expire(session, campaign.id, self.app.clock(), over)
            if doubtful:
                self._say(f"{campaign.key}: {_in_doubt(doubtful)}")

    def _due(self) -> Sequence[tuple[str, int]]:
        with self.app.database.read() as session:
            return deliveries.campaigns_due(session, self.app.clock())

    def _send(self, queue: Queue, key: str, slot: int) -> None:
        """Do one job, and queue it again if there is more."""
        try:
            report = self._work(key)
            if report is not None and self._has_more(key, report):
                queue.put(key, range(slot, slot + 1), at=self._turn(report))
        except OutreachError as error:
            # The ledger has what was done; what was not will be found due.
            self._say(f"{key}: {error}")

    def _turn(self, report: Report) -> datetime | None:
        """Return when a job that had to stop before its next mail's turn had better go on."""
        if report.waits is None:
            return None
        # A job that waits keeps others of its slot out: no longer than until the next look.
        return min(report.waits.at, self.app.clock() + LOOK)

    def _work(self, key: str) -> Report | None:
        with self.app.database.read() as session:
            campaign = campaigns.find(session, key)
        if campaign is None or campaign.state is not CampaignState.ACTIVE:
            return None
        end = monotonic() + self._each
        # Others have a job to do while this one's next mail would have to wait for long.
        run = self.app.run(campaign, patience=timedelta(seconds=self._each))

        def is_over() -> bool:
            # Every job does something, or short ones would follow each other for ever.
            return self._stopping.is_set() or (bool(run.report.counts) and monotonic() >= end)

        try:
            report = run.work(stopping=is_over)
        except BaseException:
            self._failed.add(run.owner)
            raise
        with self._lock:
            self.jobs += 1
            self.counts += report.counts
        self._tell(key, report)
        return report

    def _has_more(self, key: str, report: Report) -> bool:
        """Whether another job would find work at once.

        A run that did nothing although something is due, and does not say until when it waits, is
        held up by what time will change; the next look comes in a minute.
        """
        if (
            report.paused
            or report.ended_by
            or report.halted
            or not (report.stopped or report.counts or report.waits)
        ):
            return False
        with self.app.database.read() as session:
            campaign = campaigns.find(session, key)
            return (
                campaign is not None
                and campaign.state is CampaignState.ACTIVE
                and deliveries.count_due(session, campaign.id, self.app.clock()) > 0
            )

    def _tell(self, key: str, report: Report) -> None:
        parts = [f"{result} {number:,}" for result, number in report.counts.items()]
        if report.found_uncertain:
            parts.append(_in_doubt(report.found_uncertain))
        if parts:
            self._say(f"{key}: {', '.join(parts)}; {report.totals.left:,} left")
        # Once for each turn it waits for, however often it looks meanwhile.
        if report.waits is not None and self._told.get(key) != report.waits.at:
            self._told[key] = report.waits.at
            self._say(f"{key}: {report.waits.why}; goes on at {report.waits.at:%H:%M:%S} UTC")
        for failure in report.failures:
            self._say(f"{key}: {failure.email}: {failure.result}: {failure.reason}")
        if report.paused:
            then = (
                "it is tried again in a minute"
                if report.heals
                else f"mend that, then: outreach campaigns resume {key} --detach"
            )
            self._say(f"{key} is paused: {report.paused} ({then})")
        if report.totals.missing:
            self._say(f"{key}: {report.totals.missing} deliveries are not accounted for")


def slots_for(number: int) -> range:
    """Return the slots for a campaign with `number` deliveries due: one a batch, to a limit."""
    return range(min(SLOTS, max(1, -(-number // BATCH))))


async def _requeue_stalled(engine: "procrastinate.App") -> None:
    """Queue the jobs of workers that are gone again, but for those that wait already."""
    from procrastinate.exceptions import UniqueViolation
    from procrastinate.jobs import Status

    manager = engine.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED.total_seconds()):
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            await manager.finish_job(job, Status.ABORTED, delete_job=True)


def _in_doubt(number: int) -> str:
    return f"{number:,} of a run that ended may have gone out"


def _away(place: str, error: BaseException) -> UnavailableError:
    words = " ".join(str(error.__cause__ or error).split())
    return UnavailableError(
        f"the database cannot be used ({words})",
        source=place,
        hint="check database_url, and that the server is up",
    )
