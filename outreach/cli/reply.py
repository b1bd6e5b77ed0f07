"""`outreach reply`: answering what a contact wrote."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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

    Opens $VISUAL or $EDITOR, or where you sit at a terminal the usual editor, with what they wrote
    below; write nothing, and nothing is sent. The answer goes through the workspace's transport, is
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
    if not (yes or console.interactive):
        raise RefusedError("not confirmed", hint="pass --yes to send without being asked")
    with _drafted(console, written, text_file) as text:
        if not yes:
            console.note(f"To {printable(written.address)}: {printable(written.subject)}")
            if not click.confirm("Send it?", err=True):
                raise RefusedError("not sent")
        domain = parse_address(author.address).domain
        receipt = threads.send(
            app.inbox,
            app.transport,
            author,
            written,
            text,
            message_id=f"<{token_hex(16)}@{domain}>",
            by=app.person,
            pacer=app.pacer(),
            keys=app.signing(author).keys if app.settings.dkim_key else (),
        )
    console.result(
        {
            "to": written.address,
            "subject": written.subject,
            "answers": written.item.id,
            "server": receipt.server,
        },
        f"Sent to {printable(written.address)}; it answers mail {written.item.id}.",
    )


@contextmanager
def _drafted(console: Console, written: "Draft", text_file: str | None) -> Iterator[str]:
    """Yield the text of the answer. Whatever keeps it from being sent, it lies in a file then."""
    given = _given(text_file)
    if given is None:
        # An editor that somebody chose may well need no terminal; one that we chose would.
        if not (console.interactive or os.environ.get("VISUAL") or os.environ.get("EDITOR")):
            raise UsageError(
                "no answer was given",
                hint="pass it with --text FILE, or --text -; or set EDITOR to what writes it",
            )
        given = f"\n\n{written.quoted}\n"
    handle, name = tempfile.mkstemp(prefix="outreach-reply-", suffix=".txt")
    file = Path(name)
    with open(handle, "w", encoding="utf-8") as opened:  # noqa: PTH123 - it is open already
        opened.write(given)
    try:
        if text_file is None:
            click.edit(filename=name)
        text = file.read_text(encoding="utf-8")
        if not text.strip() or text.strip() == written.quoted.strip():
            file.unlink()
            raise RefusedError("nothing was written", hint="nothing was sent")
        yield text
    except OutreachError as error:
        if not file.exists():
            raise
        raise _kept(error, file) from error
    except (click.ClickException, click.Abort, UnicodeDecodeError) as error:
        said = error.message if isinstance(error, click.ClickException) else "it was broken off"
        raise _kept(RefusedError(f"not sent: {said}"), file) from error
    else:
        file.unlink()


def _given(text_file: str | None) -> str | None:
    """Return the text of the file that was named, if one was."""
    if text_file is None or text_file == "-":
        return None if text_file is None else sys.stdin.read()
    try:
        return Path(text_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error})", source=text_file) from error


def _kept(error: OutreachError, file: Path) -> OutreachError:
    """Return `error` with where the text lies, so that no answer is lost."""
    problem = Problem("what you wrote is kept", source=str(file), hint=f"--text {file}")
    return type(error)([*error.problems, problem])
