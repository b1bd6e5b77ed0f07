"""`outreach campaigns` and `outreach why`: how mailings stand, and what was decided."""

from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable, table

if TYPE_CHECKING:
    from outreach.app import App
    from outreach.services.campaigns import Details, Explanation, Overview, Story


@click.group()
def campaigns() -> None:
    """List, show, pause, resume, settle or cancel campaigns.

    A campaign is one mailing to one frozen audience. Its deliveries always add up: audience = sent
    + rejected + refused + uncertain + cancelled + what is left.
    """


@campaigns.command("list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@json_option
@pass_invocation
def list_campaigns(invocation: Invocation, limit: int) -> None:
    """List campaigns, the newest first.

    \b
    Example:
      outreach campaigns list
    """
    from outreach.services import campaigns as service

    found = service.overviews(invocation.app.database, invocation.app.clock(), limit)

    def human() -> str:
        if not found:
            return "no campaigns yet; `outreach send` makes one"
        headers = ("key", "state", "audience", "sent", "refused", "uncertain", "left", "planned")
        return table(headers, [_row(each) for each in found])

    invocation.console.result({"campaigns": [_overview_data(each) for each in found]}, human)


def _row(each: "Overview") -> tuple[object, ...]:
    counts = {str(state): number for state, number in each.totals.states.items()}
    return (
        each.campaign.key,
        str(each.campaign.state),
        each.totals.audience,
        counts.get("sent", 0),
        counts.get("refused", 0),
        counts.get("uncertain", 0),
        each.totals.left,
        each.campaign.created_at,
    )


@campaigns.command()
@click.argument("key")
@click.option("--all", "everything", is_flag=True, help="List every mail, however many there are.")
@json_option
@pass_invocation
def show(invocation: Invocation, key: str, everything: bool) -> None:
    """Show one campaign: totals, reasons, and each mail that may or may not have gone out.

    Of each kind 20 mails are listed, and with --all every one. JSON always has all that are in
    doubt, and says how many of the rejected it leaves out.

    \b
    Examples:
      outreach campaigns show newsletter@2026-12
      outreach campaigns show newsletter@2026-12 --all
    """
    from outreach.services import campaigns as service

    limit = None if everything else service.LISTED
    found = service.details(invocation.app.database, key, invocation.app.clock(), limit=limit)
    if found.overview.totals.missing:
        invocation.console.warn(
            f"the ledger does not add up: {found.overview.totals.missing} deliveries are not "
            "accounted for; restore the database from a copy, somebody changed it by hand"
        )
    invocation.console.result(
        {
            **_overview_data(found.overview),
            "groups": found.groups,
            "uncertain": found.uncertain,
            "rejected": found.rejected,
            "rejected_unlisted": found.unlisted,
        },
        lambda: _details_text(found, limit),
    )


def _details_text(found: "Details", limit: int | None) -> str:
    from outreach.cli.runs import totals_text

    campaign = found.overview.campaign
    state = (
        f"{campaign.state}: {campaign.state_reason}" if campaign.state_reason else campaign.state
    )
    approved = (
        f"{campaign.approved_at:%Y-%m-%d %H:%M} UTC by {campaign.approved_by}"
        if campaign.approved_at
        else "no"
    )
    lines = [
        f"{campaign.key}: {state}",
        f"  template   {campaign.template} ({campaign.template_hash[:12]})",
        f"  segment    {campaign.segment}: {campaign.segment_where}",
        f"  from       {campaign.sender}",
        f"  class      {campaign.kind}, {campaign.content_class}",
        f"  approved   {approved}",
        *(f"  {line}" for line in totals_text(found.overview.totals).splitlines()),
    ]
    parts = [printable("\n".join(lines))]
    if found.groups:
        rows = [(str(g.state), g.number, g.reason, g.next_at) for g in found.groups]
        parts.append(table(("state", "number", "reason", "not before"), rows))
    if found.rejected:
        rejected = [(s.address, s.attempts, s.reason) for s in found.rejected]
        more = _and_more(campaign.key, found.unlisted)
        parts.append(table(("rejected", "attempts", "why"), rejected) + more)
    if found.uncertain:
        listed = found.uncertain[:limit]
        doubtful = [(s.address, s.tried_at, s.message_id, s.reason) for s in listed]
        parts.append(
            "These may have gone out. They are never sent again by themselves:\n"
            + table(("address", "tried", "message", "why"), doubtful)
            + _and_more(campaign.key, len(found.uncertain) - len(listed))
        )
    return "\n\n".join(parts)


def _and_more(key: str, number: int) -> str:
    """Return the line below a list of which so many are left out."""
    return f"\nand {number:,} more: outreach campaigns show {key} --all" if number else ""


@campaigns.command()
@click.argument("key")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Send at most N mails now.")
@click.option("--detach", is_flag=True, help="Let `outreach worker` do the sending.")
@json_option
@pass_invocation
def resume(invocation: Invocation, key: str, limit: int | None, detach: bool) -> int:
    """Go on sending a campaign that was paused or interrupted.

    \b
    Examples:
      outreach campaigns resume newsletter@2026-12
      outreach campaigns resume newsletter@2026-12 --detach
    """
    from outreach.cli import runs
    from outreach.services import campaigns as service
    from outreach.services.report import check_not_halted, totals

    app, console = invocation.app, invocation.console
    if detach:
        runs.check_detachable(app, limit)
    check_not_halted(app.database)
    campaign = service.resume(app.database, key, app.clock())
    left = totals(app.database, campaign.id, app.clock())
    if detach:
        return runs.detach(app, console, campaign, left)
    return runs.deliver(app, console, campaign, left, limit=limit)


@campaigns.command()
@click.argument("key")
@json_option
@pass_invocation
def cancel(invocation: Invocation, key: str) -> None:
    """Call a campaign off. What was sent stays sent; a run at work stops within one message.

    \b
    Example:
      outreach campaigns cancel newsletter@2026-12
    """
    from outreach.services import campaigns as service

    app = invocation.app
    number = service.cancel(app.database, key, app.person, app.clock())
    invocation.console.result(
        {"campaign": key, "cancelled": number},
        f"{key} is cancelled; {number:,} mails will not be sent",
    )


@campaigns.command()
@click.argument("key")
@click.option("--reason", metavar="TEXT", help="Why, for whoever looks at it next.")
@json_option
@pass_invocation
def pause(invocation: Invocation, key: str, reason: str | None) -> None:
    """Stop a campaign until it is resumed; a run at work ends within one message a connection.

    \b
    Example:
      outreach campaigns pause newsletter@2026-12 --reason "wrong link"
    """
    from outreach.services import campaigns as service

    app = invocation.app
    service.pause(app.database, key, app.person, reason, app.clock())
    invocation.console.result(
        {"campaign": key, "state": "paused"},
        f"{key} is paused. To go on: outreach campaigns resume {key}",
    )


@campaigns.command()
@click.argument("key")
@click.option("--failed", is_flag=True, required=True, help="Those that were rejected.")
@json_option
@pass_invocation
def retry(invocation: Invocation, key: str, failed: bool) -> None:  # noqa: ARG001 - said for safety
    """Put what a mail server rejected back among what is to be sent.

    The gate is asked again about each: an address that was found dead stays suppressed. A campaign
    that is paused stays so until it is resumed.

    \b
    Example:
      outreach campaigns retry newsletter@2026-12 --failed
    """
    from outreach.services import campaigns as service

    app = invocation.app
    number = service.retry(app.database, key, app.person, app.clock())
    told = (
        f"{number:,} of {key} will be tried again{_to_go_on(app, key)}"
        if number
        else f"nothing of {key} was rejected"
    )
    invocation.console.result({"campaign": key, "retried": number}, told)


def _to_go_on(app: "App", key: str) -> str:
    """Return what is still to be done for mails that are to be sent again."""
    from outreach.services import campaigns as service

    is_paused = service.get(app.database, key).state == "paused"
    return f"{' once you resume it' if is_paused else ''}: outreach campaigns resume {key}"


@campaigns.command()
@click.argument("key")
@click.argument("emails", nargs=-1, metavar="[EMAIL]...")
@click.option("--sent", "word", flag_value="sent", help="They went out.")
@click.option("--resend", "word", flag_value="resend", help="Send them, though they may have gone.")
@click.option("--drop", "word", flag_value="drop", help="Leave them, whether they went or not.")
@click.option(
    "--mailbox",
    "mailboxes",
    multiple=True,
    metavar="NAME",
    help="Look for copies in this mailbox and its folder for sent mail; may be given again.",
)
@json_option
@pass_invocation
def reconcile(
    invocation: Invocation,
    key: str,
    emails: tuple[str, ...],
    word: str | None,
    mailboxes: tuple[str, ...],
) -> None:
    """Settle the mails that may or may not have gone out.

    Where a bounce came back, the mail is known to have failed; where an answer did, to have
    arrived; where a server tells that it is late, or with --mailbox a copy was filed, to have gone.
    About the others you decide, for all of them or for the addresses you name. A mail that is sent
    again has the same Message-ID, so that most mail programs show it once.

    \b
    Examples:
      outreach campaigns reconcile newsletter@2026-12
      outreach campaigns reconcile newsletter@2026-12 --mailbox anna
      outreach campaigns reconcile newsletter@2026-12 --resend anna@example.com
      outreach campaigns reconcile newsletter@2026-12 --drop
    """
    from outreach.services import campaigns as service

    app = invocation.app
    found = service.reconcile(
        app.database,
        key,
        app.person,
        app.clock(),
        word=service.Word(word) if word else None,
        emails=emails,
        mailboxes=[app.mailbox(name) for name in mailboxes],
    )

    def human() -> str:
        parts = [
            *([f"{found.filed:,} were filed as sent"] if mailboxes else []),
            f"{found.bounced:,} had bounced",
            f"{found.answered:,} had arrived",
            *([f"{found.delayed:,} are on their way"] if found.delayed else []),
            f"{found.settled:,} settled as you said",
        ]
        text = f"{key}: {', '.join(parts)}, {len(found.left):,} in doubt"
        if word == "resend" and found.settled:
            text += f"\nthey will be tried again{_to_go_on(app, key)}"
        rows = [(s.address, s.tried_at, s.message_id, s.reason) for s in found.left]
        return text + ("\n\n" + table(("address", "tried", "message", "why"), rows) if rows else "")

    invocation.console.result({"campaign": key, "reconciled": found}, human)


@click.command()
@click.option("--lift", is_flag=True, help="Let campaigns send again.")
@click.option("--reason", metavar="TEXT", help="Why, for whoever wonders.")
@json_option
@pass_invocation
def halt(invocation: Invocation, lift: bool, reason: str | None) -> None:
    """Stop all sending at once, until it is lifted.

    It holds for every campaign and on every machine, and for test mail and answers too. Runs at
    work end within one message a connection, and no other begins.

    \b
    Examples:
      outreach halt --reason "the link in the December newsletter is wrong"
      outreach halt --lift
    """
    from outreach.services import campaigns as service

    app = invocation.app
    if lift:
        lasted = service.lift_halt(app.database, app.person, app.clock())
        told = "campaigns may send again" if lasted else "nothing was halted"
    else:
        found = service.halt(app.database, app.person, reason, app.clock())
        told = f"all sending is halted since {found.at:%Y-%m-%d %H:%M} UTC"
    invocation.console.result({"halted": not lift}, told)


def _overview_data(each: "Overview") -> dict[str, Any]:
    from outreach.cli.runs import totals_data

    return {"campaign": each.campaign, "totals": totals_data(each.totals)}


@click.command()
@click.argument("email")
@click.option("--campaign", "key", metavar="KEY", help="Only what concerns this campaign.")
@json_option
@pass_invocation
def why(invocation: Invocation, email: str, key: str | None) -> None:
    """Explain why a contact got a mail, or did not.

    Every decision is on record with its rule, its reason and its date.

    \b
    Examples:
      outreach why anna@example.com
      outreach why anna@example.com --campaign newsletter@2026-12
    """
    from outreach.services import campaigns as service

    app = invocation.app
    found = service.explain(
        app.database,
        email,
        app.policy,
        app.clock(),
        key=key,
        series=app.settings.newsletter,
        types=app.settings.attributes,
    )
    invocation.console.result(
        {
            "contact": {"id": found.contact.id, "email": found.contact.email},
            "campaigns": [
                {
                    "key": story.campaign.key,
                    "delivery": story.standing,
                    "decisions": story.decisions,
                }
                for story in found.stories
            ],
            "newsletter_now": found.now,
        },
        lambda: _explanation_text(found),
    )


def _explanation_text(found: "Explanation") -> str:
    contact = found.contact
    head = f"{contact.name or contact.email}, {contact.tier}"
    stories = [line for story in found.stories for line in ("", *_story_lines(story))]
    until = f", until {found.now.until:%Y-%m-%d %H:%M} UTC" if found.now.until else ""
    verdict = {"allow": "would go", "hold": "would wait", "refuse": "would be refused"}
    lines = [
        head,
        *(stories or ["", "No campaign ever had them in its audience."]),
        "",
        f"A newsletter now {verdict[found.now.verdict]}: {found.now.why}"
        f" ({found.now.rule}){until}.",
    ]
    return "\n".join(printable(line) for line in lines)


def _story_lines(story: "Story") -> list[str]:
    campaign, standing = story.campaign, story.standing
    lines = [f"{campaign.key}: {_outcome(story)}"]
    for each in story.decisions:
        asked = "when it was planned" if each.stage == "plan" else "just before sending"
        verdict = {"allow": "allowed it", "hold": "held it", "refuse": "refused it"}[each.verdict]
        until = f" until {each.until:%Y-%m-%d %H:%M} UTC" if each.until else ""
        lines.append(
            f"  {each.at:%Y-%m-%d %H:%M} UTC, {asked}: the gate {verdict}{until}"
            f" ({each.rule}): {each.why}."
        )
    if standing and standing.reply_text and standing.state != "sent":
        lines.append(f"  the mail server said: {standing.reply_text}")
    return lines


def _outcome(story: "Story") -> str:
    campaign, standing = story.campaign, story.standing
    if standing is None:
        return (
            f"not in the audience. Segment {campaign.segment} ({campaign.segment_where}) did not "
            f"hold them when it was frozen on {campaign.created_at:%Y-%m-%d %H:%M} UTC."
        )
    at = standing.sent_at or standing.tried_at
    when = f" on {at:%Y-%m-%d %H:%M} UTC" if at else ""
    until = f", not before {standing.not_before:%Y-%m-%d %H:%M} UTC" if standing.not_before else ""
    return {
        "planned": "planned, and not approved yet.",
        "pending": f"not sent yet{until}.",
        "claimed": "about to be sent.",
        "sending": "being sent at this moment.",
        "sent": f"sent{when} to {standing.address}.",
        "rejected": f"not sent: rejected{when}, {standing.reason}.",
        "refused": f"not sent: the gate refused it ({standing.reason}).",
        "uncertain": f"may have gone out{when}; nobody knows ({standing.reason}).",
        "cancelled": "not sent: the campaign was cancelled.",
    }[standing.state]
