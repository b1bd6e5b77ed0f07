"""What runs print and how they end: of one campaign, or of all that have mail due."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Console, printable
from outreach.cli.progress import draining, sending_bar
from outreach.errors import OutreachError, PartialError, Problem, UnavailableError, UsageError

if TYPE_CHECKING:
    from outreach.app import App
    from outreach.services.composing import Composer
    from outreach.services.report import Report, Totals
    from outreach.storage.campaigns import Campaign

INTERRUPTED = 130


def deliver(
    app: "App",
    console: Console,
    campaign: "Campaign",
    left: "Totals",
    *,
    limit: int | None = None,
    plan: Mapping[str, Any] | None = None,
    composer: "Composer | None" = None,
) -> int:
    """Send what `campaign` has left, print what came of it, and return the exit code."""
    report = _work(app, console, campaign, left, limit, composer=composer)
    console.result(
        {
            "campaign": campaign.key,
            "plan": plan,
            "run": run_data(report),
            "totals": totals_data(report.totals),
        },
        lambda: _run_text(campaign, report),
    )
    return _exit(campaign, report)


def _work(
    app: "App",
    console: Console,
    campaign: "Campaign",
    left: "Totals",
    limit: int | None,
    *,
    composer: "Composer | None" = None,
) -> "Report":
    from outreach.services.report import check_not_halted

    check_not_halted(app.database)
    run = app.run(campaign, composer=composer)
    if app.settings.dkim_key:
        for warning in app.signing(run.composer.sender).warnings:
            console.warn(printable(str(warning)))
    total = left.due if limit is None else min(limit, left.due)
    with draining(console) as stopping, sending_bar(console, total) as show:
        return run.work(limit=limit, stopping=stopping, progress=show)


def deliver_due(app: "App", console: Console, *, limit: int | None = None) -> int:
    """Send what is due of every mailing that was approved, one after another; begin none.

    What is due of sequences is among it: contacts come to their next steps first.

    One that cannot go on keeps none of the others back. Its error is raised when all are done.
    """
    from outreach.services import campaigns, sequences
    from outreach.services.report import check_not_halted, totals
    from outreach.storage import deliveries

    check_not_halted(app.database)
    sequences.advance(app.database, app.clock())
    with app.database.read() as session:
        due = deliveries.campaigns_due(session, app.clock(), healing=True)
    runs: list[tuple[Campaign, Report]] = []
    errors: list[OutreachError] = []
    code, left_over = 0, limit
    for key, _ in due:
        if left_over is not None and left_over <= 0:
            break
        try:
            campaign = campaigns.go_on(app.database, key, app.clock())
            left = totals(app.database, campaign.id, app.clock())
            report = _work(app, console, campaign, left, left_over)
            runs.append((campaign, report))
            code = _exit(campaign, report) or code
        except OutreachError as error:
            errors.append(error)
            continue
        if report.stopped:
            break
        if left_over is not None:
            left_over -= report.counts.total()
    console.result(
        {
            "runs": [
                {
                    "campaign": campaign.key,
                    "run": run_data(report),
                    "totals": totals_data(report.totals),
                }
                for campaign, report in runs
            ]
        },
        lambda: "\n\n".join(_run_text(*each) for each in runs) or "nothing is due",
    )
    if errors:
        problems = [problem for error in errors for problem in error.problems]
        raise type(errors[0])(problems)
    return code


def check_detachable(app: "App", limit: int | None) -> None:
    """Raise `OutreachError` where there can be no workers, before anything is planned."""
    from outreach.worker import Queue

    if limit is not None:
        raise UsageError("--limit is for one run's own sending", hint="take --detach away")
    Queue(app.database)


def detach(
    app: "App",
    console: Console,
    campaign: "Campaign",
    left: "Totals",
    *,
    plan: Mapping[str, Any] | None = None,
) -> int:
    """Hand what `campaign` has left to the workers, and say so."""
    from outreach.worker import Queue, slots_for

    queue = Queue(app.database)
    queue.install()
    queue.put(campaign.key, slots_for(left.due))
    workers = queue.workers()
    if not workers:
        console.warn("no worker is running; start one with `outreach worker`")
    console.result(
        {
            "campaign": campaign.key,
            "plan": plan,
            "run": None,
            "workers": workers,
            "totals": totals_data(left),
        },
        f"{campaign.key}: {counted(left.due, 'mail')} handed to {counted(workers, 'worker')}; "
        f"`outreach campaigns show {campaign.key}` tells how far they are",
    )
    return 0


def _exit(campaign: "Campaign", report: "Report") -> int:
    """Return the exit code of a run, or raise what a person must act on."""
    resume = f"outreach campaigns resume {campaign.key}"
    if report.stopped:
        click.echo(f"interrupted; what was recorded is kept. To go on: {resume}", err=True)
        return INTERRUPTED
    if report.paused:
        raise UnavailableError(
            f"{campaign.key} is paused: {report.paused}", hint=f"mend that, then: {resume}"
        )
    problems = [
        Problem(f"{failure.email}: {failure.result}: {failure.reason}")
        for failure in report.failures
    ]
    if report.found_uncertain:
        problems.append(
            Problem(
                f"{counted(report.found_uncertain, 'mail')} of an earlier run may have gone out; "
                "none is sent again by itself",
                hint=f"outreach campaigns show {campaign.key}",
            )
        )
    if report.totals.missing:
        problems.append(
            Problem(
                f"the ledger does not add up: {report.totals.missing} of "
                f"{report.totals.audience} deliveries are not accounted for",
                hint="restore the database from a copy; somebody changed it by hand",
            )
        )
    if problems:
        raise PartialError(problems)
    return 0


def _run_text(campaign: "Campaign", report: "Report") -> str:
    did = ", ".join(f"{result} {number:,}" for result, number in report.counts.items())
    lines = [f"{campaign.key}: {did or 'nothing was due'}", totals_text(report.totals)]
    if report.halted:
        lines.append("all sending is halted; outreach halt --lift lets it go on")
    elif report.ended_by is not None and not report.paused:
        lines.append(f"the campaign is {report.ended_by} now")
    elif elsewhere := report.totals.elsewhere:
        lines.append(f"{counted(elsewhere, 'mail')} in the hands of another run")
    ended = report.stopped or report.paused or report.ended_by or report.halted
    if report.waits is not None and not ended:
        at = f"{report.waits.at:%Y-%m-%d %H:%M} UTC"
        lines.append(
            f"{printable(report.waits.why)}: the next mail may go at {at}; "
            "the same line, or a worker, goes on then"
        )
    return "\n".join(line for line in lines if line)


def totals_text(found: "Totals") -> str:
    """Return the campaign's totals in a line or two."""
    counts = {str(state): number for state, number in found.states.items() if number}
    counts.pop("planned", None)
    parts = ", ".join(f"{state} {number:,}" for state, number in counts.items())
    text = f"audience {found.audience:,} = {parts or 'nobody'}"
    if found.missing:
        text += f", and {found.missing:,} missing"
    if found.waiting and found.next_at:
        text += f"\n{found.waiting:,} wait until {found.next_at:%Y-%m-%d %H:%M} UTC or later"
    return text


def counted(number: int, noun: str) -> str:
    """Return a number with what is counted."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def run_data(report: "Report") -> Mapping[str, Any]:
    """Return what a run did as JSON."""
    return {
        "counts": {str(result): number for result, number in report.counts.items()},
        "failures": report.failures,
        "found_uncertain": report.found_uncertain,
        "stopped": report.stopped,
        "paused": report.paused,
        "servers": dict(report.servers),
        "domains": dict(report.domains),
        "waits": report.waits,
    }


def totals_data(found: "Totals") -> Mapping[str, Any]:
    """Return a campaign's totals as JSON."""
    return {
        "audience": found.audience,
        "states": {str(state): number for state, number in found.states.items()},
        "waiting": found.waiting,
        "next_at": found.next_at,
        "missing": found.missing,
    }
