"""`outreach send`: plan a mailing, show it, ask once, and send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from outreach.cli import schedule
from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable
from outreach.cli.plans import plan_data, stopped_text
from outreach.cli.progress import bar
from outreach.cli.runs import check_detachable, counted, deliver, deliver_due, detach, totals_data
from outreach.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from outreach.app import App
    from outreach.domain.segment import Segment
    from outreach.rendering.editions import Edition
    from outreach.services.planning import Plan
    from outreach.services.report import Totals
    from outreach.storage.campaigns import Campaign


@dataclass(frozen=True)
class Order:
    """What is to be sent to whom, and how."""

    key: str
    edition: "Edition"
    segment: "Segment"
    reason: str | None
    limit: int | None
    yes: bool
    detach: bool


@click.command()
@click.option("--segment", "-s", metavar="NAME", help="Who gets it; else the template says.")
@click.option("--template", "-t", metavar="NAME", help="What they get; else the current edition.")
@click.option("--key", metavar="KEY", help="The mailing's key; the same key is never sent twice.")
@click.option("--reason", metavar="TEXT", help="Why an ask is in its readers' interest.")
@click.option("--add-new", is_flag=True, help="Add who joined since, and ask anew of the refused.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Send at most N mails now.")
@click.option(
    "--max-lateness",
    type=click.IntRange(0, 87_600),
    metavar="HOURS",
    help="Do not begin later than so many hours after its time.",
)
@click.option("--due", is_flag=True, help="Begin nothing: send what was put off, of every mailing.")
@click.option("--to", metavar="EMAIL", help="Send one test mail to this address instead.")
@click.option("--as", "rendered_as", metavar="EMAIL", help="With --to: rendered for this contact.")
@click.option("--dry-run", is_flag=True, help="Render every mail, record and send nothing.")
@click.option("--yes", "-y", is_flag=True, help="Approve without being asked, as cron does.")
@click.option("--detach", is_flag=True, help="Once approved, let `outreach worker` do the sending.")
@json_option
@pass_invocation
def send(
    invocation: Invocation,
    /,
    *,
    due: bool,
    to: str | None,
    rendered_as: str | None,
    add_new: bool,
    dry_run: bool,
    max_lateness: int | None,
    **ordered: Any,
) -> int:
    """Send a newsletter or any template to a segment.

    Without --template it takes the newest edition whose time has come. It freezes who gets it, asks
    the gate about each of them, renders every mail, shows what is about to happen and asks once.
    Running it again sends what is left, and nobody ever gets one key twice: a crontab line such as
    `0 9 1 * * outreach send --segment clients --yes` sends every edition once.

    Who joins the segment later is not in the frozen audience; --add-new adds them, and asks the
    gate again about those it refused. Mail that was held or deferred goes with a later run, or by
    a line of its own, for every mailing: `*/10 * * * * outreach send --due`.

    A mailing that nobody began in its time, because a machine was off, is asked about before it
    begins; where nobody can be asked, it is not sent. --max-lateness says what is still in time.

    \b
    Examples:
      outreach send --segment clients
      outreach send --segment clients --dry-run
      outreach send --template newsletter/2026-12 --to me@example.com --as anna@example.com
      outreach send --segment clients --yes --limit 50
      outreach send --segment clients --detach
      outreach send --due
    """
    app, console = invocation.app, invocation.console
    if due:
        others = {"to": to, "as": rendered_as, "add_new": add_new, "dry_run": dry_run}
        _check_due_alone({**ordered, **others, "max_lateness": max_lateness})
        return deliver_due(app, console, limit=ordered["limit"])
    if rendered_as and not to:
        raise UsageError("--as is for test mails", hint="add --to EMAIL, or take --as away")
    order = _order(app, **ordered)
    if order.detach:
        check_detachable(app, order.limit)
    if to:
        return _test(app, console, order, to, rendered_as)
    from outreach.services.report import check_open
    from outreach.storage import campaigns

    with app.database.read() as session:
        campaign = campaigns.find(session, order.key)
    if campaign is not None and campaign.state != "planned":
        if campaign.is_step:
            raise RefusedError(
                f"{campaign.key} is a step of a sequence",
                hint="outreach sequences start begins one for more contacts",
            )
        check_open(campaign)
        if not add_new:
            return _continue(app, console, order, campaign, dry_run)
    if dry_run:
        return _rehearse(app, console, order)
    if campaign is None or campaign.state == "planned":
        now = app.clock()
        if early := schedule.too_early(order.edition, now):
            console.result({"campaign": order.key, "plan": None, "run": None}, early)
            return 0
        hours = app.settings.max_lateness if max_lateness is None else max_lateness
        schedule.check_lateness(console, order.edition, now, hours=hours, asks=not order.yes)
    return _plan_and_send(app, console, order, campaign)


def _check_due_alone(others: Mapping[str, Any]) -> None:
    """Raise `UsageError` where --due stands beside what begins a mailing, or is about one."""
    given = [name for name, value in others.items() if value and name not in ("limit", "yes")]
    if given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise UsageError(
            "--due goes on with what was approved, whatever it was", hint=f"take {flags} away"
        )


def _order(
    app: "App",
    *,
    segment: str | None,
    template: str | None,
    key: str | None,
    reason: str | None,
    limit: int | None,
    yes: bool,
    detach: bool,
) -> Order:
    """Settle what was left open: the current edition, its segment, its key."""
    now = app.clock()
    editions = app.editions
    if template is None:
        own = segment if segment and editions.editions(segment) else None
        template = editions.current(own or app.settings.newsletter, now)
    edition = editions.edition(template)
    segment = segment or edition.front_matter.segment
    if segment is None:
        raise UsageError(
            f"who is to get {edition.name}?",
            hint="add --segment NAME, or a line segment: NAME to the template's front matter",
        )
    found = app.segments.get(segment)
    return Order(key or edition.key(now), edition, found, reason, limit, yes, detach)


def _plan_and_send(
    app: "App",
    console: Console,
    order: Order,
    campaign: "Campaign | None",
) -> int:
    from outreach.services.planning import Planner, mailing
    from outreach.services.report import check_not_halted, totals
    from outreach.services.sending import owner_name

    check_not_halted(app.database)
    now = app.clock()
    planner = Planner(app.database, app.policy, owner=owner_name(), types=app.settings.attributes)
    if campaign is None or campaign.state == "planned":
        template = app.templates.load(order.edition.file)
        new = mailing(
            template,
            app.settings.sender_called(template.front_matter.sender),
            key=order.key,
            segment=order.segment.name,
            where=order.segment.where,
            reason=order.reason,
        )
        plan = planner.plan(new, order.segment, now)
    else:
        plan = planner.plan_additions(campaign, order.segment, now)
    assert plan.campaign is not None
    composer = app.campaign_composer(plan.campaign)
    with bar(console, plan.approvable, "rendering") as advance:
        planner.prove(plan, composer, now, advance)
    if not plan.approvable:
        return _nothing_to_approve(app, console, planner, plan)
    try:
        _approve(app, console, order, plan)
        campaign = planner.approve(plan, app.person, app.clock())
    except BaseException:
        planner.abandon(plan)
        raise
    left = totals(app.database, campaign.id, app.clock())
    if order.detach:
        return detach(app, console, campaign, left, plan=plan_data(plan))
    return deliver(
        app,
        console,
        campaign,
        left,
        limit=order.limit,
        plan=plan_data(plan),
        composer=composer,
    )


def _nothing_to_approve(app: "App", console: Console, planner: Any, plan: "Plan") -> int:
    """Everyone was refused, or nobody was there: close the plan and say so."""
    if plan.considered:
        planner.close(plan, app.clock())
        text = f"nothing to send: the gate refused all {plan.considered}\n\n{stopped_text(plan)}"
    else:
        planner.abandon(plan)
        text = "nothing to send: nobody is in the audience"
    console.result({"campaign": plan.key, "plan": plan_data(plan), "run": None}, text)
    return 0


def _approve(app: "App", console: Console, order: Order, plan: "Plan") -> None:
    """Show the plan and get somebody's word for it, or raise `RefusedError`."""
    if order.yes:
        console.note(_plan_text(app, order, plan))
        return
    number = plan.allowed if order.limit is None else min(order.limit, plan.allowed)
    if not console.interactive:
        raise RefusedError(
            f"{plan.key}: {counted(number, 'mail')} ready, and nobody here to ask",
            hint="add --yes to send without being asked, or --dry-run to only look",
        )
    click.echo(_plan_text(app, order, plan), err=True)
    if not click.confirm(f"Send {counted(number, 'mail')} now?", err=True):
        raise RefusedError("not sent, as you said", hint="nothing was recorded")


def _continue(
    app: "App",
    console: Console,
    order: Order,
    campaign: "Campaign",
    dry_run: bool,
) -> int:
    """Send what an approved campaign has left, or say that there is nothing."""
    from outreach.domain.delivery import DeliveryState
    from outreach.services.report import check_not_halted, totals

    if campaign.template != order.edition.name:
        raise RefusedError(
            f"{campaign.key} is a mailing of {campaign.template}, not of {order.edition.name}",
            hint="give this one a key of its own with --key",
        )
    if order.segment.name not in campaign.segment.split(", "):
        raise RefusedError(
            f"{campaign.key} went to {campaign.segment}, not to {order.segment.name}",
            hint=f"add --add-new to send it to those of {order.segment.name} who are not in it",
        )
    outside = _outside(app, order, campaign)
    now = app.clock()
    left = totals(app.database, campaign.id, now)
    if outside:
        console.note(
            f"{counted(outside, 'contact')} joined {order.segment.name} after the audience was "
            f"frozen on {campaign.created_at:%Y-%m-%d}; --add-new would add them"
        )
    if left[DeliveryState.REFUSED] and not left.due:
        console.note("--add-new would ask the gate again about those it refused")
    if not left.due or dry_run:
        text = f"{left.due:,} left to send now" if left.due else _nothing_left(left)
        data = {"campaign": campaign.key, "outside": outside, "run": None}
        console.result({**data, "totals": totals_data(left)}, text)
        return 0
    check_not_halted(app.database)
    if campaign.state != "active":
        from outreach.services import campaigns

        campaign = campaigns.go_on(app.database, campaign.key, now)
    if order.detach:
        return detach(app, console, campaign, left)
    return deliver(app, console, campaign, left, limit=order.limit)


def _outside(app: "App", order: Order, campaign: "Campaign") -> int:
    from outreach.storage import deliveries, segments

    with app.database.read() as session:
        members = segments.members(order.segment.condition, app.clock())
        return deliveries.outside(session, campaign.id, members)


def _rehearse(app: "App", console: Console, order: Order) -> int:
    from outreach.domain.gate import Intent
    from outreach.services.planning import Planner

    template = app.templates.load(order.edition.file)
    matter = template.front_matter
    intent = Intent(
        key=order.key,
        series=template.series,
        kind=matter.kind,
        content_class=matter.content_class,
        reason=order.reason,
    )
    planner = Planner(app.database, app.policy, owner="rehearsal", types=app.settings.attributes)
    composer = app.composer(template, key=order.key)
    with bar(console, None, "rendering") as advance:
        plan = planner.rehearse(intent, order.segment, composer, app.clock(), advance)
    console.result(
        {"campaign": plan.key, "dry_run": True, "plan": plan_data(plan)},
        lambda: f"{_plan_text(app, order, plan)}\nDry run: nothing was recorded or sent.",
    )
    return 0


def _test(app: "App", console: Console, order: Order, to: str, rendered_as: str | None) -> int:
    from outreach.services.planning import send_test

    outcome = send_test(
        app.database,
        app.composer(app.templates.load(order.edition.file), key=order.key),
        app.transport,
        app.pacer(),
        to=to,
        rendered_as=rendered_as,
        segment=order.segment,
        allowed=app.settings.test_recipients,
        now=app.clock(),
        types=app.settings.attributes,
    )
    console.result(
        {"test": {"to": to, "as": outcome.rendered_as, "server": outcome.receipt.server}},
        printable(f'sent a test to {to}, rendered for {outcome.rendered_as}: "{outcome.subject}"'),
    )
    return 0


def _plan_text(app: "App", order: Order, plan: "Plan") -> str:
    proof = plan.proof
    matter = order.edition.front_matter
    sender = app.settings.sender_called(matter.sender)
    average = proof.octets / proof.mails / 1024 if proof.mails else 0
    held = sum(tally.number for tally in plan.held.values())
    refused = sum(tally.number for tally in plan.refused.values())
    limited = f" (this run at most {order.limit:,})" if order.limit is not None else ""
    lines = [
        f"{plan.key}: {order.edition.name} to {order.segment.name}",
        f"  from       {sender.name} <{sender.address}>",
        f'  subject    "{proof.subject}" (for {proof.subject_for})' if proof.mails else "",
        f"  through    {app.transport.name}",
        f"  size       {average:.0f} KB on average, largest {proof.largest / 1024:.0f} KB"
        if proof.mails
        else "",
        *(
            f"  language   {counted(number, 'contact')} of locale {locale}, "
            "which has no translation"
            for locale, number in proof.untranslated.most_common()
        ),
        f"  audience   {plan.considered:,}",
        f"  to send    {plan.allowed:,}{limited}",
        f"  held       {held:,}" if held else "",
        f"  refused    {refused:,}" if refused else "",
    ]
    text = printable("\n".join(line for line in lines if line))
    stopped = stopped_text(plan)
    return f"{text}\n\n{stopped}" if stopped else text


def _nothing_left(found: "Totals") -> str:
    counts = {str(state): number for state, number in found.states.items() if number}
    sent = counts.pop("sent", 0)
    counts.pop("planned", None)
    if not counts:
        return f"nothing to send: all {sent:,} have it"
    rest = ", ".join(f"{number:,} {state}" for state, number in counts.items())
    when = f", the first from {found.next_at:%Y-%m-%d %H:%M} UTC on" if found.next_at else ""
    return f"nothing to send: {sent:,} of {found.audience:,} have it; {rest}{when}"
