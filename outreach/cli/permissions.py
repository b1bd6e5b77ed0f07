"""`outreach contacts consent|opt-out|suppress|suppressions`: what we may send to whom."""

from typing import TYPE_CHECKING

import click

from outreach.cli.options import basis_called, by_option, moment
from outreach.cli.output import (
    Invocation,
    contact_data,
    json_option,
    pass_invocation,
    printable,
    table,
)
from outreach.errors import UsageError

if TYPE_CHECKING:
    pass


def _scopes(words: tuple[str, ...]) -> tuple[str, ...]:
    from outreach.domain.entry import scopes

    try:
        return tuple(dict.fromkeys(scope for word in words for scope in scopes(word)))
    except ValueError as error:
        raise UsageError(f"--scope: {error}") from error


@click.command()
@click.argument("email")
@click.argument("action", type=click.Choice(["grant", "withdraw"]))
@click.option("--basis", metavar="BASIS",
              help="confirmed, express, contract, inquiry or interest.")  # fmt: skip
@click.option("--evidence", metavar="TEXT", help="What proves it.")
@click.option("--at", metavar="TIME", help="When they said so, if not now.")
@click.option("--expires", metavar="DATE", help="From when on it holds no longer.")
@by_option
@json_option
@pass_invocation
def consent(
    invocation: Invocation,
    /,
    *,
    email: str,
    action: str,
    basis: str | None,
    evidence: str | None,
    at: str | None,
    expires: str | None,
    by: str | None,
) -> None:
    """Record a consent, or that it was withdrawn.

    Each is kept with its ground and evidence; none is overwritten. After a withdrawal only their
    own word counts: a consent that is express or confirmed.

    \b
    Examples:
      outreach contacts consent ada@example.org grant --basis express --evidence "form of 3 May"
      outreach contacts consent ada@example.org withdraw --evidence "told me on the phone"
    """
    from outreach.domain.contact import ConsentStatus
    from outreach.services import permissions

    app = invocation.app
    granted = action == "grant"
    contact = permissions.consent(
        app.database,
        email,
        ConsentStatus.GRANTED if granted else ConsentStatus.WITHDRAWN,
        by=by or app.person,
        now=app.clock(),
        basis=basis_called(basis),
        evidence=evidence,
        at=moment(invocation, "--at", at),
        expires=moment(invocation, "--expires", expires),
    )
    ground = f" ({contact.consent_basis})" if contact.consent_basis else ""
    invocation.console.result(
        {"contact": contact_data(contact)},
        f"Recorded. The consent of {printable(email)} is {contact.consent}{ground}.",
    )


@click.command("opt-out")
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", default=("everything",),
              show_default=True,
              help="newsletters, check-ins, items, everything or series:NAME; may be "
                   "repeated.")  # fmt: skip
@click.option("--evidence", metavar="TEXT", help="What they said, when and where.")
@click.option("--at", metavar="TIME", help="When they said so, if not now.")
@click.option("--lift", is_flag=True, help="They want it again, by their own word (--evidence).")
@by_option
@json_option
@pass_invocation
def opt_out(
    invocation: Invocation,
    /,
    *,
    email: str,
    scopes: tuple[str, ...],
    evidence: str | None,
    at: str | None,
    lift: bool,
    by: str | None,
) -> None:
    """Record what a contact wants no more of.

    It holds from the next mail on, and no import or edit clears it. Opting out of everything also
    ends the relation, and stops what you write by hand through this program.

    \b
    Examples:
      outreach contacts opt-out ada@example.org --scope newsletters
      outreach contacts opt-out ada@example.org --evidence "told me on the phone"
      outreach contacts opt-out ada@example.org --scope items --lift --evidence "mail of 3 May"
    """
    from outreach.services import permissions

    app = invocation.app
    wanted = _scopes(scopes)
    if lift:
        contact = permissions.opt_in_again(
            app.database, email, wanted, evidence=evidence or "", now=app.clock()
        )
        told = f"{printable(email)} gets {', '.join(wanted)} again, as far as this goes."
        if contact.parted_at:
            told += f" They are still parted: outreach contacts tier {printable(email)} TIER …"
        invocation.console.result(
            {"contact": contact_data(contact), "new": [], "parted": False}, told
        )
        return
    done = permissions.opt_out(
        app.database,
        app.tiers,
        email,
        wanted,
        by=by or app.person,
        now=app.clock(),
        evidence=evidence,
        at=moment(invocation, "--at", at),
    )
    told = f"{printable(email)} has opted out of {', '.join(sorted(done.contact.opted_out))}."
    if done.parted:
        told += " The relation has ended; send one last confirmation at most."
    invocation.console.result(
        {"contact": contact_data(done.contact), "new": done.new, "parted": done.parted}, told
    )


@click.command()
@click.argument("email")
@click.option("--reason", metavar="TEXT", required=True, help="Why, for the record.")
@by_option
@json_option
@pass_invocation
def suppress(invocation: Invocation, email: str, reason: str, by: str | None) -> None:
    """Never mail an address again.

    It need not be a contact's. It outranks every segment and every import.

    \b
    Example:
      outreach contacts suppress ada@example.org --reason "asked by letter of 3 May"
    """
    from outreach.services import permissions

    app = invocation.app
    address, new = permissions.suppress(
        app.database, email, reason=reason, by=by or app.person, now=app.clock()
    )
    invocation.console.result(
        {"address": address, "new": new},
        f"{printable(address)} is {'' if new else 'already '}suppressed.",
    )


@click.group()
def suppressions() -> None:
    """List the addresses that are never mailed, or lift one."""


@suppressions.command("list")
@click.option("--lifted", is_flag=True, help="Those that were lifted as well.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, metavar="N",
              help="At most so many; 0 for all.")  # fmt: skip
@json_option
@pass_invocation
def list_suppressions(invocation: Invocation, lifted: bool, limit: int) -> None:
    """List the addresses that are never mailed, newest first.

    An address that was erased at its owner's wish is shown as erased: it is known by a hash only.

    \b
    Examples:
      outreach contacts suppressions list
      outreach contacts suppressions list --lifted --json
    """
    from outreach.services import permissions

    app = invocation.app
    found = permissions.suppression_list(app.database, lifted=lifted, limit=limit or None)
    invocation.console.result(
        {"suppressions": found},
        lambda: (
            table(
                ("address", "reason", "source", "since (UTC)", "lifted", "detail"),
                [
                    (
                        one.address or "(erased)",
                        one.reason,
                        one.source,
                        one.created_at,
                        one.lifted_at,
                        one.detail,
                    )
                    for one in found
                ],
            )
            if found
            else "No address is suppressed."
        ),
    )


@suppressions.command("lift")
@click.argument("email")
@click.option("--reason", metavar="TEXT", required=True, help="Why it may be mailed again.")
@click.option("--despite-complaint", is_flag=True,
              help="Also if they called our mail spam.")  # fmt: skip
@by_option
@json_option
@pass_invocation
def lift(
    invocation: Invocation, email: str, reason: str, despite_complaint: bool, by: str | None
) -> None:
    """Let an address be mailed again, for a reason that is kept.

    A complaint suppresses for ever, and is lifted with --despite-complaint alone.

    \b
    Example:
      outreach contacts suppressions lift ada@example.org --reason "wrote to us from it on 3 May"
    """
    from outreach.services import permissions

    app = invocation.app
    address = permissions.lift_suppression(
        app.database,
        email,
        reason=reason,
        by=by or app.person,
        now=app.clock(),
        despite_complaint=despite_complaint,
    )
    invocation.console.result(
        {"address": address, "lifted": True}, f"{printable(address)} may be mailed again."
    )
