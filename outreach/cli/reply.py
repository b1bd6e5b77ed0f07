"""`outreach reply`: answering what a contact wrote."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable
from outreach.errors import OutreachError, Problem, RefusedError, UsageError

if TYPE_CHECKING:
    from outreach.services.threads import Draft


@click.command()
@click.argument("email")
@click.option("--mail", "inbound_id", type=int, metavar="ID",
              help="Which mail is answered, if not their newest.")  # fmt: skip
@click.option("--text", "text_file", metavar="FILE",
              help="Take the answer from FILE, or from standard input for -.")  # fmt: skip
@click.option("--subject", metavar="TEXT", help="Another subject than theirs.")
@click.option("--sender", metavar="NAME", help="In whose name, if not the usual.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@json_option
@pass_invocation
def reply(
    invocation: Invocation,
    /,
    *,
    email: str,
    inbound_id: int | None,
    text_file: str | None,
    subject: str | None,
    sender: str | None,
    yes: bool,
) -> None:
    """Answer what a contact wrote, in the same thread.

    Opens $EDITOR with what they wrote below. The answer goes through the workspace's transport, is
    recorded with the contact, and stops the response clock. It counts against no cap.

    \b
    Examples:
      outreach reply ada@example.org
      outreach reply ada@example.org --text answer.txt --yes
    """
    from dataclasses import replace
    from secrets import token_hex

    from outreach.domain.address import parse_address
    from outreach.services import threads

    app = invocation.app
    console = invocation.console
    author = app.settings.sender_called(sender)
    written = threads.draft(app.inbox, email, inbound_id=inbound_id)
    if subject is not None:
        written = replace(written, subject=subject)
    text = _answer(console, written, text_file)
    if not yes:
        if not console.interactive:
            raise RefusedError("not confirmed", hint="pass --yes to send without being asked")
        console.note(f"To {printable(written.address)}: {printable(written.subject)}")
        if not click.confirm("Send it?", err=True):
            raise _kept(RefusedError("not sent"), text)
    domain = parse_address(author.address).domain
    try:
        receipt = threads.send(
            app.inbox,
            app.transport,
            author,
            written,
            text,
            message_id=f"<{token_hex(16)}@{domain}>",
            by=app.person,
        )
    except OutreachError as error:
        raise _kept(error, text) from error
    console.result(
        {
            "to": written.address,
            "subject": written.subject,
            "answers": written.item.id,
            "server": receipt.server,
        },
        f"Sent to {printable(written.address)}; it answers mail {written.item.id}.",
    )


def _answer(console: Console, written: "Draft", text_file: str | None) -> str:
    if text_file == "-":
        return sys.stdin.read()
    if text_file is not None:
        try:
            return Path(text_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot be read ({error})", source=text_file) from error
    if not console.interactive:
        raise UsageError("no answer was given", hint="pass it with --text FILE, or --text -")
    edited = click.edit(f"\n\n{written.quoted}\n", extension=".txt")
    if edited is None or edited.strip() == written.quoted.strip():
        raise RefusedError("nothing was written", hint="nothing was sent")
    return edited


def _kept(error: OutreachError, text: str) -> OutreachError:
    """Return `error` with where the text lies, so that no answer is lost."""
    import tempfile

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="outreach-reply-", suffix=".txt", delete=False
    ) as kept:
        kept.write(text)
    problem = Problem("what you wrote is kept", source=kept.name, hint=f"--text {kept.name}")
    return type(error)([*error.problems, problem])
