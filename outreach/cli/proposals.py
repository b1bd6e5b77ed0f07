"""`outreach inbox proposals`, `accept` and `decline`: contacts from mail, by a person's word."""

from typing import TYPE_CHECKING, Any

import click

from outreach.cli.options import by_option
from outreach.cli.output import Invocation, json_option, pass_invocation, printable, table

if TYPE_CHECKING:
    from outreach.services.proposals import Proposal


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N",
              help="At most so many.")  # fmt: skip
@json_option
@pass_invocation
def proposals(invocation: Invocation, limit: int) -> None:
    """List people you write with who are no contacts yet.

    Nobody becomes a contact by a mail: accept who should be one, decline who should not. What went
    to many people, or came from a machine, proposes nobody.

    \b
    Examples:
      outreach inbox proposals
      outreach inbox accept ada@example.org
      outreach inbox decline sales@example.net
    """
    from dataclasses import asdict

    from outreach.services.proposals import propose

    found = propose(invocation.app.inbox, limit=limit)

    def human() -> str:
        if not found:
            return "Nobody is proposed."
        rows = [
            (each.address, each.name or None, _mails(each), each.last, each.subject[:50])
            for each in found
        ]
        return table(("address", "name", "mails", "last", "subject"), rows)

    invocation.console.result({"proposals": [asdict(each) for each in found]}, human)


def _mails(proposal: "Proposal") -> str:
    told = [f"{proposal.received} from them"] if proposal.received else []
    told += [f"{proposal.written} from us"] if proposal.written else []
    return " and ".join(told)


@click.command()
@click.argument("email")
@click.option("--first-name", metavar="TEXT", help="If not as their mail says.")
@click.option("--last-name", metavar="TEXT", help="If not as their mail says.")
@by_option
@json_option
@pass_invocation
def accept(
    invocation: Invocation,
    email: str,
    first_name: str | None,
    last_name: str | None,
    by: str | None,
) -> None:
    """Make somebody you write with a contact, and their mails theirs.

    They become known, without a consent: you can answer them, and they get no newsletter.

    \b
    Examples:
      outreach inbox accept ada@example.org
      outreach inbox accept ada@example.org --first-name Ada --last-name Lovelace
    """
    from outreach.services import proposals as service

    app = invocation.app
    made = service.accept(
        app.inbox, email, first_name=first_name, last_name=last_name, by=by or app.person
    )
    data: dict[str, Any] = {"email": made.address, "name": made.name, "mails": made.inbound_ids}
    mails = f"{len(made.inbound_ids)} mail" + ("" if len(made.inbound_ids) == 1 else "s")
    who = f"{made.name} <{made.address}>" if made.name else made.address
    invocation.console.result(data, f"{printable(who)} is a contact now, with {mails}.")


@click.command()
@click.argument("emails", metavar="EMAIL...", nargs=-1, required=True)
@by_option
@json_option
@pass_invocation
def decline(invocation: Invocation, emails: tuple[str, ...], by: str | None) -> None:
    """Say that people are no contacts. They are proposed no more, and their mails are done.

    \b
    Example:
      outreach inbox decline sales@example.net
    """
    from outreach.services import proposals as service

    app = invocation.app
    done = service.decline(app.inbox, emails, by=by or app.person)
    shown = ", ".join(printable(each) for each in emails)
    invocation.console.result(
        {"declined": emails, "done": done}, f"Declined: {shown}; mails that were done with: {done}."
    )
