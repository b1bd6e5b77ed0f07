"""`outreach inbox explain`: what mails are, with nothing recorded."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from outreach.cli.output import Invocation, json_option, one_line, pass_invocation, printable
from outreach.errors import NotFoundError, OutreachError, PartialError, Problem

if TYPE_CHECKING:
    from datetime import datetime

    from outreach.inbound.classify import Explanation
    from outreach.services.inbox import Inbox


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@json_option
@pass_invocation
def explain(invocation: Invocation, files: tuple[str, ...]) -> None:
    """Say what mails are, by which rule, for whom and until when. Records nothing.

    A FILE is one mail, an mbox, a Maildir or a provider's event as the inbox keeps it; without one,
    or for -, it is read from standard input. With --json each mail is one line. Needs no workspace;
    within one it also says which delivery a mail answers.

    \b
    Examples:
      outreach inbox explain bounce.eml
      outreach inbox explain --json old.mbox > what.jsonl
      outreach inbox show 12 --raw | outreach inbox explain
    """
    service = _inbox_at_hand(invocation)
    problems: list[Problem] = []
    first = True
    for name in files or ("-",):
        try:
            for place, raw, received_at in _mails(name):
                try:
                    found = _explained(service, raw, received_at)
                except ValueError as error:
                    problems.append(Problem(str(error), source=place))
                    continue
                data = {"file": place, **found.to_json()}
                text = ("" if first else "\n") + _explanation_text(place, found)
                invocation.console.result(data, text)
                first = False
        except OSError as error:
            problems.append(Problem(f"cannot be read ({error.strerror})", source=name))
        except OutreachError as error:
            problems.extend(error.problems)
    if problems:
        raise NotFoundError(problems) if first else PartialError(problems)


def _inbox_at_hand(invocation: Invocation) -> "Inbox | None":
    """Return the workspace's inbox if we stand in one that works."""
    try:
        return invocation.app.inbox
    except OutreachError:
        return None


def _explained(
    service: "Inbox | None", raw: bytes, received_at: "datetime | None"
) -> "Explanation":
    if service is not None:
        from outreach.services.explaining import explain as explain_in_workspace

        return explain_in_workspace(service, raw, received_at)
    from outreach.inbound.webhooks import explain_kept

    return explain_kept(raw, received_at)


def _mails(name: str) -> "Iterator[tuple[str, bytes, datetime | None]]":
    """Yield the mails of a file, an mbox or a Maildir, each with where it was and when it came."""
    from outreach.inbound.sources import Maildir

    if name == "-":
        yield from _of_stream("-", sys.stdin.buffer)
        return
    path = Path(name)
    if path.is_dir():
        for received in Maildir(name, path).read({}):
            yield f"{name}/{received.folder}", received.raw, received.received_at
        return
    with path.open("rb") as opened:
        yield from _of_stream(name, opened)


def _of_stream(name: str, stream: BinaryIO) -> "Iterator[tuple[str, bytes, datetime | None]]":
    from io import BufferedReader, BytesIO

    from outreach.inbound.sources import split_mbox

    if not isinstance(stream, BufferedReader) or not stream.seekable():
        stream = BytesIO(stream.read())
    begins = stream.read(5)
    stream.seek(0)
    if begins != b"From ":
        yield name, stream.read(), None
        return
    for number, (raw, received_at, _) in enumerate(split_mbox(stream), 1):
        yield f"{name}:{number}", raw, received_at


def _explanation_text(place: str, found: "Explanation") -> str:
    lines: list[tuple[str, object]] = [
        (place, f"{found.kind} (by {found.rule})"),
        (
            "  from",
            f"{found.sender_name} <{found.sender}>".strip() if found.sender else found.sender_name,
        ),
        ("  subject", found.subject),
    ]
    if found.about:
        lines.append(("  about", ", ".join(found.about)))
    for each in found.notice.recipients if found.notice else ():
        dead = "dead" if each.address_dead else "not dead"
        status = each.status or each.reply_code or "no status"
        lines.append(("  bounced", f"{each.recipient}: {status}, {each.reason} ({dead})"))
    if found.report:
        lines.append(("  complained", ", ".join(found.report.recipients) or "not told"))
    if found.absence and found.absence.until:
        last = ", the last day" if found.absence.last_day else ""
        lines.append(("  until", f"{found.absence.until.isoformat()}{last}"))
    if found.absence and found.absence.contact:
        other = found.absence.contact
        lines.append(("  instead", f"{other.name} <{other.address}>".strip()))
    if found.opt_out:
        sure = "sure" if found.opt_out.sure else "not sure"
        lines.append(("  wants out", f"{found.opt_out.evidence!r} ({sure})"))
    if found.series is not None and found.match:
        lines.append(("  ends", f"{found.series}, for contact {found.match.contact_id}"))
    elif found.match:
        rung = found.match.rung.name.lower().replace("_", "-")
        whose = f"delivery {found.match.delivery_id}" if found.match.delivery_id else "no delivery"
        stranger = ", written by somebody else" if found.match.stranger else ""
        lines.append(("  answers", f"{whose} ({rung}, {found.match.confidence:.0%}{stranger})"))
    elif found.clues.ids:
        lines.append(("  answers", f"<{found.clues.ids[0]}>"))
    text = [f"{name}: {one_line(value)}" for name, value in lines]
    text += [f"  | {printable(line)}" for line in found.words.splitlines()]
    return "\n".join(text)
