"""`outreach sequences`: steps with delays to each contact, until they answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable, table
from outreach.errors import ConfigError, OutreachError, RefusedError, UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from outreach.app import App
    from outreach.domain.segment import Segment
    from outreach.services.planning import Plan
    from outreach.services.sequences import Listed, Shown, Version
    from outreach.storage.enrolments import Place


@click.group()
def sequences() -> None:
    """Start, show and stop sequences: mails that follow each other until one is answered.

    A sequence is a file in sequences/ with a title and steps: which template, and how long after
    the step before. An answer of the contact stops it, and so does an opt-out or a complaint.
    """


def _complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    invocation = context.find_object(Invocation)
    try:
        names = invocation.app.sequences.names if invocation else ()
    except OutreachError:
        return []
    return [name for name in names if name.startswith(incomplete)]


_name = click.argument("name", shell_complete=_complete)


@sequences.command("list")
@json_option
@pass_invocation
def list_sequences(invocation: Invocation) -> None:
    """List all sequences: how many steps, for how many contacts they go on, and have ended.

    \b
    Example:
      outreach sequences list
    """
    from outreach.services import sequences as service

    app = invocation.app
    listing = service.list_all(app.database, app.sequences)
    rows = [_listed_data(each) for each in listing.sequences]

    def human() -> str:
        if not rows:
            return f"No sequences yet. Write one into {app.sequences_folder}/NAME.toml."
        return table(
            ("sequence", "title", "steps", "running", "ended"),
            [
                (
                    row["name"],
                    row["title"] or "(no file, or see below)",
                    row["steps"],
                    row["running"],
                    sum(row["ended"].values()),
                )
                for row in rows
            ],
        )

    invocation.console.result({"sequences": rows}, human)
    if listing.problems:
        raise ConfigError(listing.problems)


def _listed_data(each: "Listed") -> dict[str, Any]:
    declared = each.declared
    return {
        "name": each.name,
        "title": declared and declared.title,
        "series": declared and declared.series,
        "steps": len(declared.steps) if declared else None,
        "running": each.running,
        "ended": {str(ending): number for ending, number in each.ended.items()},
    }


@sequences.command()
@_name
@click.option("--all", "everybody", is_flag=True, help="List everybody who is in it.")
@json_option
@pass_invocation
def show(invocation: Invocation, name: str, everybody: bool) -> None:
    """Show a sequence: its steps, and who is at which of them and when the next one goes.

    \b
    Examples:
      outreach sequences show welcome
      outreach sequences show welcome --all --json
    """
    from outreach.services import sequences as service

    app = invocation.app
    limit = None if everybody else service.LISTED
    shown = service.show(app.database, app.sequences, name, limit=limit)
    declared = shown.listed.declared
    invocation.console.result(
        {
            **_listed_data(shown.listed),
            "file": declared
            and [
                {"template": step.template, "after": _span(step.after), "reason": step.reason}
                for step in declared.steps
            ],
            "approved": [
                {
                    "campaign": step.campaign.key,
                    "step": step.campaign.step,
                    "template": step.campaign.template,
                    "after": _span(step.after),
                    "subject": step.campaign.subject,
                    "state": step.campaign.state,
                    "audience": step.campaign.audience,
                    "states": {str(state): number for state, number in step.states.items()},
                }
                for step in shown.steps
            ],
            "contacts": [_place_data(place) for place in shown.places],
        },
        lambda: _shown_text(shown),
    )


def _place_data(place: "Place") -> dict[str, Any]:
    return {
        "id": place.contact_id,
        "email": place.address,
        "step": place.step,
        "state": place.state,
        "next_step": place.next_step,
        "next_at": place.next_at,
        "started_at": place.started_at,
    }


def _shown_text(shown: "Shown") -> str:
    from outreach.domain.delivery import DeliveryState

    declared, listed = shown.listed.declared, shown.listed
    ended = ", ".join(f"{ending} {number:,}" for ending, number in sorted(listed.ended.items()))
    title = printable(declared.title) if declared else "its file is gone"
    lines = [f"{listed.name}: {title}"]
    if declared:
        lines += [
            f"  file       {declared.source}",
            f"  series     {declared.series}",
            *(
                f"  step {number:<5} {step.template}, {_when(number, step.after)}"
                for number, step in enumerate(declared.steps, 1)
            ),
        ]
    lines += [f"  running    {listed.running:,}", f"  ended      {ended or 0}"]
    parts = ["\n".join(lines)]
    if shown.steps:
        rows = [
            (
                step.campaign.key,
                str(step.campaign.state),
                step.campaign.template,
                _span(step.after) if step.after else "at once",
                step.campaign.audience,
                step.states.get(DeliveryState.SENT, 0),
            )
            for step in shown.steps
        ]
        headers = ("approved", "state", "template", "after", "audience", "sent")
        parts.append(table(headers, rows))
    if shown.places:
        people = [
            (
                place.address,
                f"{place.step} of {place.steps}",
                str(place.state),
                place.next_step,
                place.next_at,
            )
            for place in shown.places
        ]
        text = table(("contact", "step", "it is", "next", "not before (UTC)"), people)
        if listed.running > len(people):
            text += f"\nand {listed.running - len(people):,} more: "
            text += f"outreach sequences show {listed.name} --all"
        parts.append(text)
    return "\n\n".join(parts)


def _span(span: "timedelta") -> str:
    from outreach.domain.sequence import in_words

    return in_words(span)


def _when(number: int, after: "timedelta") -> str:
    if number == 1:
        return f"{_span(after)} after the start" if after else "at once"
    return f"{_span(after)} after step {number - 1}"


@sequences.command()
@_name
@click.option("--segment", "-s", metavar="NAME", help="Who begins it.")
@click.option("--contact", "emails", multiple=True, metavar="EMAIL",
              help="Who begins it, one by one; may be repeated.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Render every mail, record and send nothing.")
@click.option("--yes", "-y", is_flag=True, help="Approve without being asked, as cron does.")
@json_option
@pass_invocation
def start(
    invocation: Invocation,
    name: str,
    *,
    segment: str | None,
    emails: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> int:
    """Start a sequence for a segment, or for contacts one by one.

    It asks the gate about the first step, renders every step for everybody, shows what is about to
    happen and asks once. What is due at once is sent; all further steps are by `outreach send
    --due` or a worker, in the words that were approved, whatever the files say by then.

    Nobody begins a sequence twice, also not where it has changed: the same line may stand in a
    crontab, and starts it for who has come to the segment since.

    \b
    Examples:
      outreach sequences start welcome --contact ada@example.org
      outreach sequences start welcome --segment clients --dry-run
      outreach sequences start welcome --segment clients --yes
    """
    from outreach.services import sequences as service

    app, console = invocation.app, invocation.console
    if bool(segment) == bool(emails):
        raise UsageError("who begins it?", hint="say --segment NAME, or --contact EMAIL")
    declared = app.sequences.get(name)
    version = service.version_of(declared, app.templates)
    who = app.segments.get(segment) if segment else service.named(app.database, emails)
    if dry_run:
        return _rehearse(app, console, version, who)
    return _plan_and_start(app, console, version, who, yes=yes)


def _plan_and_start(
    app: "App", console: Console, version: "Version", who: "Segment", *, yes: bool
) -> int:
    from outreach.cli.progress import bar
    from outreach.cli.runs import deliver, totals_data
    from outreach.services import sequences as service
    from outreach.services.planning import Planner
    from outreach.services.report import check_not_halted, totals
    from outreach.services.sending import owner_name

    check_not_halted(app.database)
    now = app.clock()
    planner = Planner(
        app.database,
        app.policy,
        owner=owner_name(),
        types=app.settings.attributes,
        sequence=version.declared.name,
    )
    mails = service.mailings(version, who, app.settings.sender_called)
    plan = service.plan(planner, mails, who, now)
    composers = _composers(app, version)
    with bar(console, plan.approvable, "rendering") as advance:
        planner.prove(plan, composers[0], now, advance, later=composers[1:])
    if not plan.approvable:
        return _nobody(app, console, planner, version, plan)
    try:
        _ask(app, console, version, who, plan, yes=yes)
        campaign = service.approve(planner, plan, version, mails, by=app.person, now=app.clock())
    except BaseException:
        planner.abandon(plan)
        raise
    left = totals(app.database, campaign.id, app.clock())
    data = _plan_data(version, plan)
    if left.due:
        return deliver(app, console, campaign, left, plan=data, composer=composers[0])
    first = f", the first mail from {left.next_at:%Y-%m-%d %H:%M} UTC on" if left.next_at else ""
    console.result(
        {"campaign": campaign.key, "plan": data, "run": None, "totals": totals_data(left)},
        f"{version.declared.name} has begun for {_contacts(plan.approvable)}{first}",
    )
    return 0


def _composers(app: "App", version: "Version") -> list[Any]:
    return [
        app.composer(template, key=key, series=version.declared.series)
        for template, key in zip(version.templates, version.keys, strict=True)
    ]


def _nobody(app: "App", console: Console, planner: Any, version: "Version", plan: "Plan") -> int:
    """Everyone was refused, or nobody is left to begin it: close the plan and say so."""
    from outreach.cli.plans import stopped_text

    name = version.declared.name
    if plan.considered:
        planner.close(plan, app.clock())
        refused = f"the gate refuses all {plan.considered:,}\n\n{stopped_text(plan)}"
        text = f"{name} begins for nobody: {refused}"
    else:
        planner.abandon(plan)
        text = f"{name} begins for nobody: all have begun it before, or there is nobody"
    data = {"campaign": plan.key, "plan": _plan_data(version, plan), "run": None}
    console.result(data, text)
    return 0


def _ask(
    app: "App", console: Console, version: "Version", who: "Segment", plan: "Plan", *, yes: bool
) -> None:
    """Show the plan and get somebody's word for it, or raise `RefusedError`."""
    text = _plan_text(app, version, who, plan)
    name, number = version.declared.name, _contacts(plan.approvable)
    if yes:
        console.note(text)
        return
    if not console.interactive:
        raise RefusedError(
            f"{name}: ready to begin for {number}, and nobody here to ask",
            hint="add --yes to start without being asked, or --dry-run to only look",
        )
    click.echo(text, err=True)
    if not click.confirm(f"Start {name} for {number} now?", err=True):
        raise RefusedError("not started, as you said", hint="nothing was recorded")


def _rehearse(app: "App", console: Console, version: "Version", who: "Segment") -> int:
    from outreach.cli.progress import bar
    from outreach.domain.gate import Intent
    from outreach.services import sequences as service
    from outreach.services.planning import Planner

    (first, *_) = service.mailings(version, who, app.settings.sender_called)
    intent = Intent(
        key=first.key,
        series=first.series,
        kind=first.kind,
        content_class=first.content_class,
        reason=first.ask_reason,
    )
    planner = Planner(
        app.database,
        app.policy,
        owner="rehearsal",
        types=app.settings.attributes,
        sequence=version.declared.name,
    )
    composers = _composers(app, version)
    with bar(console, None, "rendering") as advance:
        plan = planner.rehearse(
            intent, who, composers[0], app.clock(), advance, later=composers[1:]
        )
    console.result(
        {"campaign": plan.key, "dry_run": True, "plan": _plan_data(version, plan)},
        lambda: f"{_plan_text(app, version, who, plan)}\nDry run: nothing was recorded or sent.",
    )
    return 0


def _plan_text(app: "App", version: "Version", who: "Segment", plan: "Plan") -> str:
    from outreach.cli.plans import stopped_text

    declared = version.declared
    senders = dict.fromkeys(
        app.settings.sender_called(template.front_matter.sender) for template in version.templates
    )
    held = sum(tally.number for tally in plan.held.values())
    refused = sum(tally.number for tally in plan.refused.values())
    lines = [
        f"{declared.name}: {declared.title}, to {who.name}",
        *(f"  from       {sender.name} <{sender.address}>" for sender in senders),
        f"  through    {app.transport.name}",
        f"  audience   {plan.considered:,}",
        f"  to start   {plan.approvable:,}",
        f"  held       {held:,} of those" if held else "",
        f"  refused    {refused:,}" if refused else "",
    ]
    proofs = (plan.proof, *plan.later)
    for number, (step, proof) in enumerate(zip(declared.steps, proofs, strict=True), 1):
        subject = f': "{proof.subject}" (for {proof.subject_for})' if proof.mails else ""
        lines.append(f"  step {number:<5} {step.template}, {_when(number, step.after)}{subject}")
        lines += [
            f"             {_contacts(many)} of locale {locale}, which has no translation"
            for locale, many in proof.untranslated.most_common()
        ]
    text = printable("\n".join(line for line in lines if line))
    stopped = stopped_text(plan)
    return f"{text}\n\n{stopped}" if stopped else text


def _plan_data(version: "Version", plan: "Plan") -> Mapping[str, Any]:
    from outreach.cli.plans import plan_data

    proofs = (plan.proof, *plan.later)
    steps = [
        {
            "campaign": key,
            "template": step.template,
            "after": _span(step.after),
            "subject": proof.subject,
        }
        for key, step, proof in zip(version.keys, version.declared.steps, proofs, strict=True)
    ]
    return {**plan_data(plan), "sequence": version.declared.name, "steps": steps}


def _contacts(number: int) -> str:
    return f"{number:,} contact{'' if number == 1 else 's'}"


@sequences.command()
@_name
@click.argument("emails", nargs=-1, metavar="[EMAIL]...")
@click.option("--all", "everybody", is_flag=True, help="Stop it for everybody who is in it.")
@click.option("--reason", metavar="TEXT", help="Why, for whoever looks at it next.")
@json_option
@pass_invocation
def stop(
    invocation: Invocation,
    name: str,
    *,
    emails: tuple[str, ...],
    everybody: bool,
    reason: str | None,
) -> None:
    """Stop a sequence for contacts, or with --all for everybody. What was sent stays sent.

    Nobody whom it was stopped for begins it again.

    \b
    Examples:
      outreach sequences stop welcome ada@example.org --reason "we spoke on the phone"
      outreach sequences stop welcome --all
    """
    from outreach.services import sequences as service

    app = invocation.app
    if bool(emails) == everybody:
        raise UsageError("for whom?", hint="name contacts by their addresses, or say --all")
    stopped = service.stop(
        app.database,
        app.sequences,
        name,
        None if everybody else emails,
        by=app.person,
        reason=reason,
        now=app.clock(),
    )
    mails = len(stopped.delivery_ids)
    called_off = f"; {mails:,} mail{'' if mails == 1 else 's'} called off" if mails else ""
    invocation.console.result(
        {"sequence": name, "stopped": stopped.contacts, "called_off": stopped.delivery_ids},
        f"{name} goes on no more for {_contacts(stopped.contacts)}{called_off}"
        if stopped.contacts
        else f"{name} goes on for nobody",
    )
