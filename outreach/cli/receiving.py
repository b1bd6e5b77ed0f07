"""`outreach inbox sync` and `listen`: taking mail in, now or as it comes."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable
from outreach.cli.signals import ended_by_signals
from outreach.errors import (
    ConfigError,
    OutreachError,
    PartialError,
    UsageError,
)

if TYPE_CHECKING:
    from outreach.inbound.listener import Place
    from outreach.inbound.sources import Received, Source
    from outreach.services.inbox import Report


@click.command()
@click.argument("names", nargs=-1, metavar="[MAILBOX]...")
@click.option("--watch", is_flag=True, help="Go on, and take in what comes as it comes.")
@json_option
@pass_invocation
def sync(invocation: Invocation, names: tuple[str, ...], watch: bool) -> None:
    """Take in what is new in the mailboxes of outreach.toml, or a mail from standard input.

    Nothing is marked as read or changed there. What was taken in stays, whatever happens next. With
    - a mail is read from standard input, for a pipe in .forward, procmail or Postfix; or an mbox.

    With --watch all mailboxes are looked after at once, until SIGTERM or Ctrl-C. One that cannot be
    reached is tried again, less and less often.

    \b
    Examples:
      outreach inbox sync
      outreach inbox sync anna
      outreach inbox sync --watch
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
    if watch and "-" in wanted:
        raise UsageError("standard input is read once", hint="leave --watch out")
    sources = [_source(invocation, name) for name in wanted]
    if watch:
        _watch(invocation, sources)
        return
    reports, problems = _sync_all(invocation, sources)
    _print_reports(invocation.console, reports)
    if problems:
        raise _joined(problems, partly=bool(reports))


def _source(invocation: Invocation, name: str) -> "Source":
    if name != "-":
        console = invocation.console
        return invocation.app.mailbox(name, lambda text: console.warn(printable(text)))
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
    for report in reports[:-1]:  # their questions may be answered in a mailbox that was read later
        service.recount(report)
    return reports, problems


def _progress(console: Console) -> Any:
    def told(report: "Report") -> None:
        if report.read % 500 == 0:
            console.note(f"{report.mailbox}: {report.read} read, {report.new} new")

    return told


def _joined(errors: Sequence[OutreachError], *, partly: bool) -> OutreachError:
    problems = [problem for error in errors for problem in error.problems]
    return PartialError(problems) if partly else type(errors[0])(problems)


def _print_reports(console: Console, reports: Sequence["Report"]) -> None:
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


def _watch(invocation: Invocation, sources: Sequence["Source"]) -> None:
    from outreach.services.watching import Watch

    console = invocation.console

    def failed(name: str, error: OutreachError, wait: float | None) -> None:
        then = "given up" if wait is None else f"tried again in {wait:.0f} s"
        console.warn(f"{printable(name)}: {then}: {printable(str(error))}")

    watching = Watch(
        inbox=invocation.app.inbox,
        sources=sources,
        said=lambda report: _print_reports(console, [report]),
        failed=failed,
    )
    names = ", ".join(printable(source.name) for source in sources)
    console.note(f"watching {names}; SIGTERM or Ctrl-C ends it")
    with ended_by_signals(watching.stop):
        watching.run()
    console.note("ended; what was recorded is kept")


@click.command()
@click.option("--lmtp", metavar="PLACE",
              help="Listen for LMTP on a socket's path or 127.0.0.1:PORT.")  # fmt: skip
@click.option("--smtp", metavar="HOST:PORT", help="Listen for SMTP.")
@click.option("--domain", "domains", multiple=True, metavar="DOMAIN",
              help="Take mail for this domain only; may be repeated. "
                   "For SMTP those of your senders, if not given.")  # fmt: skip
@click.option("--certificate", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Offer STARTTLS for SMTP with this chain of certificates, in PEM; "
                   "it is read again when it was renewed.")  # fmt: skip
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The certificate's private key, in PEM.")  # fmt: skip
@click.option("--require-tls", is_flag=True, help="Take no mail by SMTP without encryption.")
@click.option("--size", type=click.IntRange(1, 1000), default=35, show_default=True,
              help="The largest mail, in megabytes.")  # fmt: skip
@click.option("--connections", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="So many clients at most at a time.")  # fmt: skip
@json_option
@pass_invocation
def listen(
    invocation: Invocation,
    /,
    *,
    lmtp: str | None,
    smtp: str | None,
    domains: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    require_tls: bool,
    size: int,
    connections: int,
) -> None:
    """Take mail in by LMTP or SMTP as it comes.

    It stays until SIGTERM or Ctrl-C. A mail is recorded before it is answered for, and put off with
    451 while it cannot be recorded. Nothing is ever sent on. LMTP is for the mail server of this
    machine, such as Postfix or Exim; SMTP is for a domain whose mail all comes here. It is
    encrypted where there is a certificate, and not checked for spam.

    \b
    Examples:
      outreach inbox listen --lmtp 127.0.0.1:2424
      outreach inbox listen --lmtp /run/outreach/lmtp
      outreach inbox listen --smtp 0.0.0.0:25 --domain reply.example.com
      outreach inbox listen --smtp 0.0.0.0:25 --certificate fullchain.pem --key privkey.pem
    """
    import asyncio

    try:
        from outreach.inbound.listener import Limits, Listener
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"listening needs a library that is not installed ({error.name})",
            hint="pip install 'outreach-engine[listen]'",
        ) from error
    from outreach.inbound.certificate import Certificate

    app = invocation.app
    console = invocation.console
    if (certificate is None) != (key is None):
        raise UsageError("--certificate and --key go together")
    if certificate is not None and smtp is None:
        raise UsageError("--certificate is for --smtp")
    inbox = app.inbox
    kinds: Counter[str] = Counter()
    own = app.own_domains if smtp is not None else ()

    def take(kind: str, received: "Received") -> None:
        taken = inbox.take(kind, received)
        if taken.new:
            kinds[str(taken.kind)] += 1
            console.note(f"{kind}: mail {taken.id} is {taken.kind}, {taken.state}")

    listener = Listener(
        take=take,
        clock=app.clock,
        lmtp=_place("--lmtp", lmtp),
        smtp=_place("--smtp", smtp),
        domains=[each.lower() for each in domains] or own,
        certificate=Certificate(chain=certificate, key=key) if certificate and key else None,
        require_tls=require_tls,
        limits=Limits(size=size << 20, connections=connections),
    )

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        with ended_by_signals(lambda: loop.call_soon_threadsafe(stop.set)):
            await listener.run(
                stop, lambda places: console.note(f"listening for {' and '.join(places)}")
            )

    asyncio.run(run())
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    console.result({"new": kinds.total(), "kinds": dict(kinds)}, f"Taken in: {told or 'nothing'}.")


def _place(option: str, text: str | None) -> "Place | None":
    from outreach.inbound.listener import Place

    if text is None:
        return None
    try:
        return Place.parse(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}") from error
