"""`outreach contacts tier|role|note|log`: where a contact stands, and what happened."""

import sys

import click

from outreach.cli.options import by_option, moment
from outreach.cli.output import Invocation, contact_data, json_option, pass_invocation, printable
from outreach.errors import UsageError


def _addresses(given: tuple[str, ...]) -> list[str]:
    """Return the addresses given, with those on standard input where one of them is ``-``."""
    found: list[str] = []
    for text in given:
        found.extend(sys.stdin.read().split() if text == "-" else [text])
    if not found:
        raise UsageError("no address was given", hint="name some, or pipe them in with -")
    return found


@click.command()
@click.argument("emails", metavar="EMAIL…", nargs=-1, required=True)
@click.argument("tier", metavar="TIER")
@click.option("--reason", metavar="TEXT", help="Why, for the record.")
@click.option("--until", metavar="DATE", help="When a pause ends; after 60 days if not given.")
@by_option
@json_option
@pass_invocation
def tier(
    invocation: Invocation,
    /,
    *,
    emails: tuple[str, ...],
    tier: str,
    reason: str | None,
    until: str | None,
    by: str | None,
) -> None:
    """Move contacts to a tier, a pause or the end.

    TIER is one of tiers.toml, or `paused`, or `parted`. Nobody becomes or stops being a client but
    by a person, with a reason. With - as EMAIL the addresses are read from standard input. All
    are moved or none.

    \b
    Examples:
      outreach contacts tier ada@example.org client --reason "signed the engagement letter"
      outreach contacts tier bo@example.org paused --until 2027-02-01 --reason "parental leave"
      cut -d, -f1 signed.csv | outreach contacts tier - client --reason "retained in May"
    """
    from outreach.services import tiers as service

    app = invocation.app
    moved = service.move(
        app.database,
        app.tiers,
        _addresses(emails),
        tier,
        by=by or app.person,
        now=app.clock(),
        reason=reason,
        until=moment(invocation, "--until", until),
    )

    def human() -> str:
        lines = []
        for one in moved:
            email = printable(one.email)
            if not one.changed:
                lines.append(f"{email} is {one.after} already.")
                continue
            end = f" until {one.until:%Y-%m-%d %H:%M} UTC" if one.until else ""
            told = f" Tell them: {one.told}." if one.told != "nothing" else ""
            lines.append(f"{email}: {printable(one.before)} -> {one.after}{end}.{told}")
        return "\n".join(lines)

    invocation.console.result({"moved": moved}, human)


@click.command()
@click.argument("email")
@click.argument("role")
@click.option("--remove", is_flag=True, help="End the role instead.")
@click.option("--reason", metavar="TEXT", help="Why, for the record.")
@by_option
@json_option
@pass_invocation
def role(
    invocation: Invocation,
    /,
    *,
    email: str,
    role: str,
    remove: bool,
    reason: str | None,
    by: str | None,
) -> None:
    """Give a contact a role, or end it.

    ROLE is one of tiers.toml. A contact may have several, beside the tier.

    \b
    Examples:
      outreach contacts role ada@example.org partner --reason "we send people to each other"
      outreach contacts role ada@example.org payer --remove
    """
    from outreach.services import tiers as service

    app = invocation.app
    change = service.set_role(
        app.database,
        app.tiers,
        email,
        role,
        held=not remove,
        by=by or app.person,
        now=app.clock(),
        reason=reason,
    )
    state = "is" if change.held else "is not"
    when = "now" if change.changed else "already"
    if not change.held:
        when = "any more" if change.changed else "anyway"
    invocation.console.result(
        {"email": email, "role": role, "held": change.held, "changed": change.changed},
        f"{printable(email)} {state} {printable(role)} {when}.",
    )


@click.command()
@click.argument("email")
@click.argument("text")
@by_option
@json_option
@pass_invocation
def note(invocation: Invocation, email: str, text: str, by: str | None) -> None:
    """Write something down about a contact.

    No template ever reads it. With - as TEXT it is read from standard input.

    \b
    Examples:
      outreach contacts note ada@example.org "prefers the phone on Fridays"
      outreach contacts note ada@example.org - < minutes.txt
    """
    from outreach.services import history

    app = invocation.app
    words = sys.stdin.read() if text == "-" else text
    history.note(app.database, email, words, by=by or app.person, now=app.clock())
    invocation.console.result({"email": email, "noted": True}, f"Noted for {printable(email)}.")


@click.command()
@click.argument("channel", type=click.Choice(["call", "meeting", "letter"]))
@click.argument("email")
@click.option("--summary", metavar="TEXT", help="What it was about.")
@click.option("--at", metavar="TIME", help="When it was, if not now, such as 2026-12-31 14:30.")
@click.option("--in", "direction", flag_value="in", help="Only they spoke: a letter or message.")
@click.option("--out", "direction", flag_value="out", help="Only we spoke: a letter or message.")
@by_option
@json_option
@pass_invocation
def log(
    invocation: Invocation,
    /,
    *,
    channel: str,
    email: str,
    summary: str | None,
    at: str | None,
    direction: str | None,
    by: str | None,
) -> None:
    """Record a call, a meeting or a letter.

    It counts as being in touch: the time until the next check-in starts anew.

    \b
    Examples:
      outreach contacts log call ada@example.org --summary "asked about the new tax rule"
      outreach contacts log letter ada@example.org --out --at 2026-12-24
    """
    from outreach.domain.touches import Channel, Direction
    from outreach.services import history

    app = invocation.app
    contact = history.log(
        app.database,
        Channel(channel),
        email,
        by=by or app.person,
        now=app.clock(),
        at=moment(invocation, "--at", at),
        direction=Direction(direction) if direction else None,
        summary=summary,
    )
    exchange = f"; last exchange {contact.last_two_way:%Y-%m-%d}" if contact.last_two_way else ""
    invocation.console.result(
        {"contact": contact_data(contact)},
        f"Logged the {channel} with {printable(email)}{exchange}.",
    )
