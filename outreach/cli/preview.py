"""`outreach preview` and `outreach check`: look at mail before anybody gets it."""

import random
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable
from outreach.errors import NotFoundError, OutreachError, TemplateError, UsageError

if TYPE_CHECKING:
    from outreach.services.checking import Finding, Report
    from outreach.services.preview import Preview


@click.command()
@click.argument("template")
@click.option("--as", "email", metavar="EMAIL", help="Show the mail that this contact would get.")
@click.option("--tier", metavar="TIER", help="Show it for contacts of this tier.")
@click.option(
    "--random", "count", type=click.IntRange(1, 200), help="Show it for so many, by chance."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write into this folder; preview/ in the workspace if not given.",
)
@click.option("--watch", is_flag=True, help="Render again whenever a template is saved.")
@click.option(
    "--open/--no-open",
    "opens",
    default=None,
    help="Open the page in a browser; without either, only on a terminal.",
)
@json_option
@pass_invocation
def preview(  # noqa: PLR0917 - one parameter an option
    invocation: Invocation,
    template: str,
    email: str | None,
    tier: str | None,
    count: int | None,
    out: Path | None,
    watch: bool,
    opens: bool | None,
) -> int:
    """See a mail as its readers will.

    TEMPLATE is a name such as check-in or newsletter/2026-12, a file, or a series (its last
    edition). HTML, text and .eml are written for each contact, with one page to look at them all:
    phone and desktop, light and dark, text, headers and size. Nothing is sent, and the links in it
    change nothing.

    \b
    Examples:
      outreach preview newsletter
      outreach preview check-in --as ann@example.com
      outreach preview newsletter --tier client --random 5 --watch
    """
    import webbrowser

    from outreach.services import preview as service

    if email and (tier or count):
        raise UsageError("--as names one contact; leave out --tier and --random")
    app = invocation.app
    if tier:
        app.tiers.named(tier)
    folder = out or app.root / "preview"
    if folder.absolute().is_relative_to(app.templates_folder.absolute()):
        raise UsageError("--out is inside of the templates", hint="name a folder beside them")
    contacts = service.pick_contacts(
        app.database,
        app.clock(),
        email=email,
        tier=tier,
        count=count,
        rng=random.SystemRandom(),
        tiers=list(app.tiers),
        types=app.settings.attributes,
    )
    if not contacts:
        if tier:
            raise NotFoundError(f"there are no contacts of the tier {tier}")
        from outreach.services.checking import nasty_contacts

        invocation.console.note("There are no contacts yet; these are invented.")
        contacts = nasty_contacts(app.clock(), list(app.tiers))[:3]

    def render() -> "Preview":
        made = service.make_preview(
            template,
            lambda: app.composer(app.templates.load(template), trial=True),
            contacts,
            app.clock(),
        )
        service.write_preview(made, folder, watched=watch)
        return made

    made = render()
    page = (folder / service.INDEX).absolute()
    opens = sys.stdout.isatty() if opens is None else opens
    if not watch:
        _report(invocation, made, page, page.as_uri())
        if opens:
            webbrowser.open(page.as_uri())
        return TemplateError.exit_code if made.failed else 0

    def again() -> None:
        try:
            faults = render().failed
        except OutreachError as error:
            faults = error.problems
        invocation.console.note(f"{app.clock():%H:%M:%S} UTC  rendered again")
        for problem in dict.fromkeys(faults):
            invocation.console.warn(printable(str(problem)))

    with service.PreviewServer(folder) as server:
        _report(invocation, made, page, server.url)
        if opens:
            webbrowser.open(server.url)
        invocation.console.note("Watching the templates; Ctrl-C ends.")
        try:
            service.watch([app.templates_folder], again)
        except KeyboardInterrupt:
            invocation.console.note("Stopped.")
    return 0


def _report(invocation: Invocation, made: "Preview", page: Path, url: str) -> None:
    def human() -> str:
        lines = []
        for sheet in made.sheets:
            mark = "✗" if sheet.problems else "✓"
            subject = sheet.composed.rendered.subject if sheet.composed else "cannot be made"
            lines.append(f"{mark} {printable(sheet.contact.email)}  {printable(subject)}")
        for problem in dict.fromkeys(made.failed):
            lines += ["", click.style("error: ", fg="red", bold=True) + printable(str(problem))]
        return "\n".join([*lines, "", url])

    data = {
        "template": made.template,
        "page": str(page),
        "url": url,
        "problems": made.problems,
        "contacts": [
            {
                "email": sheet.contact.email,
                "subject": sheet.composed.rendered.subject if sheet.composed else None,
                "size": len(sheet.composed.message) if sheet.composed else None,
                "problems": sheet.problems,
            }
            for sheet in made.sheets
        ],
    }
    invocation.console.result(data, human)


@click.command()
@click.argument("template")
@click.option("--segment", metavar="SEGMENT", help="Render it for every contact of this segment.")
@json_option
@pass_invocation
def check(invocation: Invocation, template: str, segment: str | None) -> int:
    """Find what is wrong with a template.

    The mail of every contact in the segment is made, to its last byte, and all that fails is
    listed with its cause, place and contacts. Without a segment, invented contacts take their
    place: with missing fields, endless names, markup and scripts from right to left.

    The exit code is 4 if any mail could not be made. Remarks do not change it.

    \b
    Examples:
      outreach check newsletter --segment clients
      outreach check check-in
      outreach check newsletter/2026-12 --segment everyone --json
    """
    from outreach.services import checking

    app = invocation.app
    now = app.clock()
    composer = app.composer(app.templates.load(template), trial=True)
    if segment:
        condition = app.segments.get(segment).condition
        ids = checking.members(app.database, condition, now)
        contacts = checking.loaded(app.database, ids, now, app.settings.attributes)
        count = len(ids)
    else:
        invented = checking.nasty_contacts(now, app.tiers, composer.template.translations)
        contacts, count = iter(invented), len(invented)
    silent = invocation.console.json or invocation.console.quiet or not sys.stderr.isatty()
    with click.progressbar(contacts, count, "checking", file=sys.stderr, hidden=silent) as bar:
        report = checking.check(composer, bar, now, invented=segment is None)
    data = {"segment": segment, "failed": report.failed, **asdict(report)}
    invocation.console.result(data, lambda: _told(report, segment))
    return TemplateError.exit_code if report.failures else 0


def _told(report: "Report", segment: str | None) -> str:
    lines = []
    for findings, title, colour in (
        (report.failures, "error", "red"),
        (report.remarks, "remark", "yellow"),
    ):
        for finding in findings:
            head = click.style(f"{title}:", fg=colour, bold=True)
            lines.append(f"{head} {printable(str(finding.problem))}")
            if title == "error" or len(finding.contacts) < report.contacts:
                lines.append(_named(finding))
            lines.append("")
    whose = f"contacts of {segment}" if segment else "invented contacts"
    lines.append(
        f"{report.template}: {report.rendered} of {report.contacts} {whose} can be mailed; "
        f"the largest HTML has {report.largest_html / 1024:.1f} KB, "
        f"the largest message {report.largest_message / 1024:.1f} KB."
    )
    return "\n".join(lines)


def _named(finding: "Finding") -> str:
    many = len(finding.contacts)
    emails = ", ".join(printable(email) for email in finding.contacts)
    return f"  {many} contact{'s' if many > 1 else ''}: {emails}"
