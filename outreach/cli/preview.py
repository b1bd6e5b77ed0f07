"""`outreach preview`: look at mail before anybody gets it."""

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable
from outreach.errors import NotFoundError, OutreachError, TemplateError, UsageError

if TYPE_CHECKING:
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
            subject = sheet.composed.subject if sheet.composed else "cannot be made"
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
                "subject": sheet.composed.subject if sheet.composed else None,
                "size": len(sheet.composed.message) if sheet.composed else None,
                "problems": sheet.problems,
            }
            for sheet in made.sheets
        ],
    }
    invocation.console.result(data, human)
