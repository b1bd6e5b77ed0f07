"""`outreach worker`: send what is due, together with any number of others like it."""

import logging

import click

from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="How many jobs to do at once, each with connections of its own.",
)
@click.option("--until-idle", is_flag=True, help="End when nothing is due, instead of waiting.")
@json_option
@pass_invocation
def worker(invocation: Invocation, concurrency: int, until_idle: bool) -> None:
    """Send what is due, with others, on many machines.

    It needs PostgreSQL. It sends what `outreach send --detach` approved, what was deferred or held
    when its time has come, and what a worker that died had in hand and had not begun. Any number of
    workers may run anywhere, and any of them may die at any moment: nobody gets a mail twice, and
    none is forgotten.

    SIGTERM lets it finish the message in hand.

    \b
    Examples:
      outreach worker
      outreach worker --concurrency 4
      outreach worker --until-idle
    """
    from outreach.worker import Worker

    _listen(invocation.console, debug=invocation.debug)
    at_work = Worker(
        invocation.app,
        concurrency=concurrency,
        say=lambda line: invocation.console.note(printable(line)),
    )
    at_work.run(until_idle=until_idle)
    counts = {str(result): number for result, number in at_work.counts.items()}
    invocation.console.result(
        {"jobs": at_work.jobs, "counts": counts},
        "in all: " + (", ".join(f"{each} {n:,}" for each, n in counts.items()) or "nothing to do"),
    )


def _listen(console: Console, *, debug: bool) -> None:
    """Show what the queue's library has to complain about, in a line each.

    That the database is away the worker says itself, once.
    """
    from procrastinate.exceptions import ConnectorException

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            if not isinstance(error, ConnectorException):
                text = record.getMessage().splitlines()[0]
                console.note(printable(f"{text}: {error}" if error else text))

    for name, level in (
        ("procrastinate", logging.WARNING),
        ("asyncio", logging.WARNING),
        ("psycopg.pool", logging.ERROR),
    ):
        logger = logging.getLogger(name)
        logger.addHandler(logging.StreamHandler() if debug else Lines())
        logger.setLevel(logging.DEBUG if debug else level)
        logger.propagate = False
