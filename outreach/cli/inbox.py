"""`outreach inbox` and `outreach reply`: what came back, and answering it."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from outreach.cli.options import by_option
from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable, table
from outreach.errors import (
    ConfigError,
    NotFoundError,
    OutreachError,
    PartialError,
    Problem,
    RefusedError,
    UsageError,
    suggestion,
)

if TYPE_CHECKING:
    from outreach.inbound.classify import Explanation
    from outreach.inbound.sources import Source
    from outreach.services.inbox import Changed, Inbox, Report, Shown
    from outreach.services.threads import Draft
    from outreach.storage.deeds import Done
    from outreach.storage.inbox import Item

_WATCH = 9 * 60.0  # seconds; servers part from a silent client after ten minutes at the earliest
_ASK_ALL = 60.0  # seconds between two looks at mailboxes that cannot tell of news


@click.group()
def inbox() -> None:
    """Work through what came back.

    Replies, bounces, complaints, absences and opt-outs.

    Each mail is recognised, tied to the contact and the delivery it answers, and acted on once.
    What is not sure waits for you.
    """


@inbox.command()
@click.argument("names", nargs=-1, metavar="[MAILBOX]...")
@click.option("--watch", is_flag=True, help="Go on, and take in what comes as it comes.")
@json_option
@pass_invocation
def sync(invocation: Invocation, names: tuple[str, ...], watch: bool) -> None:
    """Take in what is new in the mailboxes of outreach.toml, or one mail from standard input.

    Nothing is marked as read or changed there. What was taken in stays, whatever happens next. With
    - a mail is read from standard input, for a pipe in .forward, procmail or Postfix.

    \b
    Examples:
      outreach inbox sync
      outreach inbox sync anna
      outreach inbox sync - < mail.eml
    """
    app = invocation.app
    wanted = list(dict.fromkeys(names)) or sorted(app.settings.mailboxes)
    if not wanted:
        raise ConfigError(
            "no mailbox is set",
            source="outreach.toml",
            hint='add a table [mailboxes.anna] with url = "imaps://anna@mail.example.com"',
        )
    sources = [_source(invocation, name) for name in wanted]
    while True:
        reports, problems = _sync_all(invocation, sources)
        _print_reports(invocation.console, reports, problems, watch=watch)
        if problems and not watch:
            raise _joined(problems, partly=bool(reports))
        if not watch:
            return
        _wait(sources, _WATCH)


def _source(invocation: Invocation, name: str) -> "Source":
    if name != "-":
        return invocation.app.mailbox(name)
    from outreach.inbound.sources import Stream

    return Stream(sys.stdin.buffer, invocation.app.clock())


def _sync_all(
    invocation: Invocation, sources: Sequence["Source"]
) -> tuple[list["Report"], list[OutreachError]]:
    """Sync each mailbox; one that fails does not keep the others waiting."""
    reports = []
    problems: list[OutreachError] = []
    service = invocation.app.inbox
    for source in sources:
        try:
            reports.append(service.sync(source, _progress(invocation.console)))
        except OutreachError as error:
            problems.append(error)
    return reports, problems


def _progress(console: Console) -> Any:
    def told(report: "Report") -> None:
        if report.read % 500 == 0:
            console.note(f"{report.mailbox}: {report.read} read, {report.new} new")

    return told


def _joined(errors: Sequence[OutreachError], *, partly: bool) -> OutreachError:
    problems = [problem for error in errors for problem in error.problems]
    return PartialError(problems) if partly else type(errors[0])(problems)


def _print_reports(
    console: Console, reports: Sequence["Report"], errors: Sequence[OutreachError], *, watch: bool
) -> None:
    for error in errors if watch else ():
        console.warn(printable(str(error)))
    if watch and not any(report.new for report in reports):
        return
    data = [
        {
            "mailbox": report.mailbox,
            "read": report.read,
            "new": report.new,
            "kinds": dict(report.kinds),
            "states": dict(report.states),
        }
        for report in reports
    ]
    console.result({"mailboxes": data}, lambda: "\n".join(map(_report_text, reports)))


def _report_text(report: "Report") -> str:
    if not report.new:
        return f"{printable(report.mailbox)}: nothing new"
    kinds = ", ".join(f"{number} {kind}" for kind, number in report.kinds.most_common())
    lines = [f"{printable(report.mailbox)}: {report.new} new: {kinds}"]
    waits = report.states["open"]
    unsure = report.states["review"]
    if waits or unsure:
        lines.append(f"  {waits} to answer, {unsure} to look at: outreach inbox list")
    return "\n".join(lines)


def _wait(sources: Sequence["Source"], seconds: float) -> None:
    """Wait for news: told by the server where there is one mailbox that can, else by the clock."""
    import time

    from outreach.inbound.imap import Imap

    if len(sources) == 1 and isinstance(sources[0], Imap):
        sources[0].wait(seconds)
    else:
        time.sleep(_ASK_ALL)


@inbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is filed and done.")
@click.option("--state", "states", multiple=True, metavar="STATE",
              help="review, open, filed or done; may be repeated.")  # fmt: skip
@click.option("--kind", "kinds", multiple=True, metavar="KIND",
              help="reply, bounce, complaint, absent …; may be repeated.")  # fmt: skip
@click.option("--contact", "email", metavar="EMAIL", help="Only what concerns this contact.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N",
              help="At most so many.")  # fmt: skip
@json_option
@pass_invocation
def list_mails(
    invocation: Invocation,
    /,
    *,
    everything: bool,
    states: tuple[str, ...],
    kinds: tuple[str, ...],
    email: str | None,
    limit: int,
) -> None:
    """List what waits for you: answers by when they are due, then what is not sure.

    \b
    Examples:
      outreach inbox list
      outreach inbox list --all --kind bounce
    """
    from outreach.domain.effects import Kind
    from outreach.storage.inbox import State

    service = invocation.app.inbox
    chosen = [State(_one_of(word, [each.value for each in State], "state")) for word in states]
    if not chosen and not everything:
        chosen = [State.OPEN, State.REVIEW]
    items = service.listing(
        states=chosen,
        kinds=[Kind(_one_of(word, [each.value for each in Kind], "kind")) for word in kinds],
        email=email,
        limit=limit,
    )
    counts = service.counts()

    def human() -> str:
        if not items:
            return "Nothing waits for you." if not (everything or states or kinds) else "No mail."
        rows = [
            (
                item.id,
                item.state.value,
                item.kind.value,
                item.answer_by if item.answered_at is None else None,
                item.email or item.sender,
                item.subject[:50],
                item.review or " ".join(item.words.split())[:50] or None,
            )
            for item in items
        ]
        return table(("id", "state", "kind", "answer by", "contact", "subject", ""), rows)

    invocation.console.result(
        {
            "counts": {state.value: number for state, number in counts.items()},
            "mails": [_data(item) for item in items],
        },
        human,
    )


def _one_of(word: str, known: Sequence[str], what: str) -> str:
    if word not in known:
        raise UsageError(
            f'there is no {what} "{word}"',
            hint=suggestion(word, known) or f"use one of {', '.join(known)}",
        )
    return word


def _data(item: "Item") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(item)


@inbox.command()
@click.argument("inbound_id", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Print the mail as it came, byte for byte.")
@json_option
@pass_invocation
def show(invocation: Invocation, inbound_id: int, raw: bool) -> None:
    """Show one mail: what it is and why, whose it is, what they wrote, and what it did.

    \b
    Examples:
      outreach inbox show 12
      outreach inbox show 12 --raw > mail.eml
    """
    shown = invocation.app.inbox.show(inbound_id)
    if raw:
        if invocation.console.json:
            raise UsageError("--raw prints the mail itself", hint="leave --json out")
        sys.stdout.buffer.write(shown.raw)
        sys.stdout.buffer.flush()
        return
    invocation.console.result(
        {"mail": _data(shown.item), "effects": shown.effects}, lambda: _shown_text(shown)
    )


def _shown_text(shown: "Shown") -> str:
    item = shown.item
    tied = f"{item.rung}, {item.confidence:.0%} sure" if item.rung and item.confidence else "-"
    by = f" (said by {item.classified_by})" if item.classified_by else f" (by {item.rule})"
    known: list[tuple[str, object]] = [
        ("mail", f"{item.id}, {item.state}" + (f": {item.review}" if item.review else "")),
        ("from", f"{item.sender_name} <{item.sender}>".strip()),
        ("subject", item.subject),
        ("received", f"{item.received_at:%Y-%m-%d %H:%M} UTC"),
        ("it is", f"{item.kind}{by}"),
        ("contact", f"{item.email or 'nobody on record'} ({tied})"),
    ]
    if item.stranger:
        known.append(("", "written from an address that is not theirs: nothing was done"))
    if item.campaign:
        known.append(("answers", f"{item.campaign}, delivery {item.delivery_id}"))
    if item.answer_by:
        answered = f"; answered {item.answered_at:%Y-%m-%d %H:%M} UTC" if item.answered_at else ""
        known.append(("answer by", f"{item.answer_by:%Y-%m-%d %H:%M} UTC{answered}"))
    known += [("did", _effect_text(done)) for done in shown.effects]
    lines = [f"{name:<10} {_line(value)}" for name, value in known]
    if item.words:
        lines += ["", *(printable(line) for line in item.words.splitlines())]
    return "\n".join(lines)


def _line(value: object) -> str:
    return printable(str(value)).replace("\n", " ")


def _effect_text(done: "Done") -> str:
    detail = {
        name: value for name, value in done.detail.items() if value and name not in ("source",)
    }
    told = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in detail.items())
    undone = f" (taken back {done.undone_at:%Y-%m-%d %H:%M} UTC)" if done.undone_at else ""
    return f"{done.effect}: {told}{undone}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@inbox.command()
@click.argument("inbound_id", metavar="ID", type=int)
@click.argument("email")
@click.option("--add-address", is_flag=True, help="Also keep where it came from as theirs.")
@by_option
@json_option
@pass_invocation
def assign(
    invocation: Invocation, inbound_id: int, email: str, add_address: bool, by: str | None
) -> None:
    """Say whose a mail is. Then it does what it would have done had that been known.

    \b
    Examples:
      outreach inbox assign 12 ada@example.org
      outreach inbox assign 12 ada@example.org --add-address
    """
    app = invocation.app
    changed = app.inbox.assign(inbound_id, email, by=by or app.person, add_address=add_address)
    _print_changed(invocation.console, changed)


@inbox.command()
@click.argument("inbound_id", metavar="ID", type=int)
@click.argument("kind")
@click.option("--until", metavar="DATE", help="Until when they are absent.")
@by_option
@json_option
@pass_invocation
def reclass(
    invocation: Invocation, inbound_id: int, kind: str, until: str | None, by: str | None
) -> None:
    """Say what a mail is. What the wrong finding did is taken back, the right thing is done.

    A check-in that was called off and a campaign that was paused stay so until you decide.

    \b
    Examples:
      outreach inbox reclass 12 reply
      outreach inbox reclass 12 absent --until 2027-01-04
    """
    from datetime import date

    from outreach.domain.effects import Kind
    from outreach.services.inbox import BY_HAND

    app = invocation.app
    known = sorted(each.value for each in BY_HAND)
    try:
        end = date.fromisoformat(until) if until else None
    except ValueError as error:
        raise UsageError(f"--until: {until} is no date", hint="write 2027-01-04") from error
    changed = app.inbox.reclass(
        inbound_id, Kind(_one_of(kind, known, "kind")), by=by or app.person, until=end
    )
    _print_changed(invocation.console, changed)


def _print_changed(console: Console, changed: "Changed") -> None:
    item = changed.item

    def human() -> str:
        whose = printable(item.email or "nobody on record")
        lines = [f"Mail {item.id} is {item.kind} from {whose}; it is {item.state} now."]
        if item.review:
            lines.append(f"  {printable(item.review)}")
        lines += [f"  stays as it is: {_line(_effect_text(done))}" for done in changed.stays]
        return "\n".join(lines)

    console.result({"mail": _data(item), "stays": changed.stays}, human)


@inbox.command()
@click.argument("inbound_ids", metavar="ID...", nargs=-1, type=int, required=True)
@by_option
@json_option
@pass_invocation
def done(invocation: Invocation, inbound_ids: tuple[int, ...], by: str | None) -> None:
    """Say that nothing is left to do about mails.

    \b
    Example:
      outreach inbox done 12 13
    """
    app = invocation.app
    items = app.inbox.finish(inbound_ids, by=by or app.person)
    invocation.console.result(
        {"mails": [_data(item) for item in items]}, f"Done: {', '.join(map(str, inbound_ids))}."
    )


@inbox.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@json_option
@pass_invocation
def explain(invocation: Invocation, files: tuple[str, ...]) -> None:
    """Say what mails are, by which rule, for whom and until when. Records nothing.

    A FILE is one mail, an mbox or a Maildir; without one, or for -, a mail is read from standard
    input. With --json each mail is one line. Needs no workspace; within one it also says which
    delivery a mail answers.

    \b
    Examples:
      outreach inbox explain bounce.eml
      outreach inbox explain --json old.mbox > what.jsonl
    """
    service = _inbox_at_hand(invocation)
    problems: list[Problem] = []
    first = True
    for name in files or ("-",):
        try:
            for place, raw in _mails(name):
                found = _explained(service, raw)
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
    from outreach.app import App

    try:
        app = App.open(invocation.start)
        return app.inbox
    except OutreachError:
        return None


def _explained(service: "Inbox | None", raw: bytes) -> "Explanation":
    if service is not None:
        return service.explain(raw)
    from outreach.inbound.classify import explain as explain_mail

    return explain_mail(raw)


def _mails(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the mails of a file, an mbox or a Maildir, each with where it was."""
    from outreach.inbound.sources import Maildir

    if name == "-":
        yield from _of_stream("-", sys.stdin.buffer)
        return
    path = Path(name)
    if path.is_dir():
        for received in Maildir(name, path).read({}):
            yield f"{name}/{received.folder}", received.raw
        return
    with path.open("rb") as opened:
        yield from _of_stream(name, opened)


def _of_stream(name: str, stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    from io import BufferedReader, BytesIO

    from outreach.inbound.sources import split_mbox

    if not isinstance(stream, BufferedReader) or not stream.seekable():
        stream = BytesIO(stream.read())
    begins = stream.read(5)
    stream.seek(0)
    if begins != b"From ":
        yield name, stream.read()
        return
    for number, (raw, _, _) in enumerate(split_mbox(stream), 1):
        yield f"{name}:{number}", raw


def _explanation_text(place: str, found: "Explanation") -> str:
    lines: list[tuple[str, object]] = [
        (place, f"{found.kind} (by {found.rule})"),
        ("  from", f"{found.sender_name} <{found.sender}>".strip()),
        ("  subject", found.subject),
    ]
    for each in found.notice.recipients if found.notice else ():
        dead = "dead" if each.address_dead else "not dead"
        status = each.status or each.reply_code or "no status"
        lines.append(("  bounced", f"{each.recipient}: {status}, {each.reason} ({dead})"))
    if found.report:
        lines.append(("  complained", ", ".join(found.report.recipients) or "not told"))
    if found.absence and found.absence.until:
        lines.append(("  until", found.absence.until.isoformat()))
    if found.absence and found.absence.contact:
        other = found.absence.contact
        lines.append(("  instead", f"{other.name} <{other.address}>".strip()))
    if found.opt_out:
        sure = "sure" if found.opt_out.sure else "not sure"
        lines.append(("  wants out", f"{found.opt_out.evidence!r} ({sure})"))
    if found.match:
        rung = found.match.rung.name.lower().replace("_", "-")
        whose = f"delivery {found.match.delivery_id}" if found.match.delivery_id else "no delivery"
        stranger = ", written by somebody else" if found.match.stranger else ""
        lines.append(("  answers", f"{whose} ({rung}, {found.match.confidence:.0%}{stranger})"))
    elif found.clues.ids:
        lines.append(("  answers", f"<{found.clues.ids[0]}>"))
    text = [f"{name}: {_line(value)}" for name, value in lines]
    text += [f"  | {printable(line)}" for line in found.words.splitlines()]
    return "\n".join(text)


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
