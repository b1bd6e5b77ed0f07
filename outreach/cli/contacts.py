"""`outreach contacts`: find, add and change contacts by hand."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.lazy import LazyGroup
from outreach.cli.options import basis_called, by_option
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
    from outreach.domain.condition import Condition
    from outreach.domain.contact import Contact
    from outreach.services.contacts import Shown

ELSEWHERE = {
    "import": (
        "outreach.cli.importing:import_contacts",
        "Import contacts from FILE: CSV, vCard, or an export of Mailchimp, HubSpot or Google.",
    ),
    "tier": ("outreach.cli.standing:tier", "Move contacts to a tier, a pause or the end."),
    "role": ("outreach.cli.standing:role", "Give a contact a role, or end it."),
    "note": ("outreach.cli.standing:note", "Write something down about a contact."),
    "log": ("outreach.cli.standing:log", "Record a call, a meeting or a letter."),
    "consent": ("outreach.cli.permissions:consent", "Record a consent, or that it was withdrawn."),
    "opt-out": ("outreach.cli.permissions:opt_out", "Record what a contact wants no more of."),
    "suppress": ("outreach.cli.permissions:suppress", "Never mail an address again."),
    "suppressions": (
        "outreach.cli.permissions:suppressions",
        "List the addresses that are never mailed, or lift one.",
    ),
}


@click.group(cls=LazyGroup, lazy=ELSEWHERE)
def contacts() -> None:
    """Import, find and change contacts.

    A contact is a person you may write to. Nothing here merges two, clears an opt-out or changes a
    tier by itself: a person does, and it is on record who and why.
    """


_FIELDS = {
    "first_name": ("--first-name", "First name, or whatever stands for it."),
    "last_name": ("--last-name", "Last name."),
    "company": ("--company", "The firm they work for."),
    "job_title": ("--job-title", "What they do there."),
    "phone": ("--phone", "A phone number."),
    "locale": ("--locale", "Language, such as en, de-AT or pt-BR."),
    "timezone": ("--timezone", "IANA time zone, such as Europe/Berlin."),
    "country": ("--country", "Country, by name or two-letter code."),
    "owner": ("--owner", "Who of you looks after them."),
    "source": ("--source", "Where they come from."),
    "relies_on": ("--relies-on", "What they rely on you for, in a sentence."),
}


def _field_options(command: Any) -> Any:
    """Give a command an option for each thing that can be filled in."""
    for name, (option, sentence) in reversed(_FIELDS.items()):
        command = click.option(option, name, metavar="TEXT", help=sentence)(command)
    return command


def _attributes(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    problems = []
    for pair in pairs:
        name, given, value = pair.partition("=")
        if not given:
            problems.append(pair)
        found[name.strip()] = value
    if problems:
        raise UsageError(f"{', '.join(problems)} says no value", hint="write --attribute plan=pro")
    return found


@contacts.command("add")
@click.argument("email")
@_field_options
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE",
              help="An attribute that outreach.toml declares; may be repeated.")  # fmt: skip
@click.option("--interest", "interests", multiple=True, metavar="TEXT",
              help="Something they want to hear about; may be repeated.")  # fmt: skip
@click.option("--consent", metavar="BASIS",
              help="The ground: confirmed, express, contract, inquiry, interest.")  # fmt: skip
@click.option("--evidence", metavar="TEXT", help="What proves the consent.")
@by_option
@json_option
@pass_invocation
def add(
    invocation: Invocation,
    /,
    *,
    email: str,
    attributes: tuple[str, ...],
    interests: tuple[str, ...],
    consent: str | None,
    evidence: str | None,
    by: str | None,
    **fields: str | None,
) -> None:
    """Add a contact.

    They start as known. Without a consent, mail that needs one is refused.

    \b
    Examples:
      outreach contacts add ada@example.org --first-name Ada --interest tax
      outreach contacts add bo@example.org --consent express --evidence "ticked the box on 3 May"
    """
    from outreach.services import contacts as service
    from outreach.services.given import Given

    app = invocation.app
    added = service.add(
        app.database,
        app.tiers,
        app.settings.attributes,
        email,
        Given(fields=_present(fields), attributes=_attributes(attributes), interests=interests),
        by=by or app.person,
        now=app.clock(),
        basis=basis_called(consent),
        evidence=evidence,
    )
    address = printable(added.contact.email)
    if added.suppressed_because:
        invocation.console.warn(
            f"{address} is suppressed ({added.suppressed_because}) and is not mailed"
        )
    for other in added.looks_like:
        invocation.console.warn(
            f"this may be the same person as {printable(other)}; if so: "
            f"outreach contacts merge {printable(other)} {address}"
        )
    invocation.console.result(
        {
            "contact": contact_data(added.contact),
            "suppressed_because": added.suppressed_because,
            "looks_like": added.looks_like,
        },
        f"Added {address} as {added.contact.tier}.",
    )


@contacts.command("edit")
@click.argument("email")
@_field_options
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE",
              help="Set an attribute that outreach.toml declares; may be repeated.")  # fmt: skip
@click.option("--clear", multiple=True, metavar="NAME",
              help="Empty a field: company, attributes.plan; may be repeated.")  # fmt: skip
@click.option("--interest", "interests", multiple=True, metavar="TEXT",
              help="Add an interest; may be repeated.")  # fmt: skip
@click.option("--no-interest", "no_interests", multiple=True, metavar="TEXT",
              help="Take an interest away; may be repeated.")  # fmt: skip
@click.option("--add-address", "add_addresses", multiple=True, metavar="ADDRESS",
              help="One more address of theirs; may be repeated.")  # fmt: skip
@click.option("--remove-address", "remove_addresses", multiple=True, metavar="ADDRESS",
              help="Take away an address that is not the primary one.")  # fmt: skip
@click.option("--primary", metavar="ADDRESS", help="Write to this address from now on.")
@json_option
@pass_invocation
def edit(
    invocation: Invocation,
    /,
    *,
    email: str,
    attributes: tuple[str, ...],
    clear: tuple[str, ...],
    interests: tuple[str, ...],
    no_interests: tuple[str, ...],
    add_addresses: tuple[str, ...],
    remove_addresses: tuple[str, ...],
    primary: str | None,
    **fields: str | None,
) -> None:
    """Change what is on record of a contact.

    What is not named stays. Tier, consent, opt-outs and suppressions have commands of their own.

    \b
    Examples:
      outreach contacts edit ada@example.org --company "Analytical Engines" --timezone Europe/London
      outreach contacts edit ada@example.org --attribute plan=pro --clear phone
      outreach contacts edit ada@example.org --primary ada@engines.example
    """
    from outreach.services import contacts as service
    from outreach.services.given import Given

    app = invocation.app
    contact = service.edit(
        app.database,
        app.settings.attributes,
        email,
        Given(
            fields=_present(fields),
            attributes=_attributes(attributes),
            interests=interests,
            no_interests=no_interests,
            clear=clear,
        ),
        now=app.clock(),
        add_addresses=add_addresses,
        remove_addresses=remove_addresses,
        primary=primary,
    )
    invocation.console.result(
        {"contact": contact_data(contact)}, lambda: _described(contact_data(contact))
    )


def _selection_options(command: Any) -> Any:
    """Give a command the options that choose among contacts."""
    for option in (
        click.option("--tier", metavar="TIER", help="Only contacts of this tier."),
        click.option("--where", metavar="EXPRESSION", help="Only who fulfils it, as in a segment."),
        click.option("--segment", metavar="NAME", help="Only who is in this segment."),
    ):
        command = option(command)
    return command


def _selection(invocation: Invocation, options: Mapping[str, str | None]) -> "Condition | None":
    """Return the condition that the options choose by, or None for everybody."""
    from outreach.services import contacts as service

    if not any(options.values()):
        return None
    app = invocation.app
    return service.selection(app.segments, app.tiers, **options)


@contacts.command("list")
@_selection_options
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, metavar="N",
              help="At most so many; 0 for all.")  # fmt: skip
@json_option
@pass_invocation
def list_contacts(invocation: Invocation, /, *, limit: int, **chosen: str | None) -> None:
    """List contacts, in the order in which they were added.

    \b
    Examples:
      outreach contacts list --tier client
      outreach contacts list --where 'country == "DE" and "tax" in interests'
      outreach contacts list --segment clients --limit 0 --json
    """
    from outreach.domain.condition import Constant
    from outreach.services import contacts as service

    app = invocation.app
    found, total = service.listing(
        app.database,
        app.settings.attributes,
        _selection(invocation, chosen) or Constant(True),
        now=app.clock(),
        limit=limit or None,
    )
    if len(found) < total:
        invocation.console.note(f"{len(found)} of {total:,}; --limit 0 shows all")
    invocation.console.result(
        {"contacts": [contact_data(contact) for contact in found], "total": total},
        lambda: (
            table(
                ("address", "name", "tier", "owner", "last exchange", "mail"),
                [
                    (c.email, c.name, c.tier, c.owner, c.last_two_way, _mailability(c))
                    for c in found
                ],
            )
            if found
            else "No contacts."
        ),
    )


@contacts.command("show")
@click.argument("email")
@click.option("--limit", type=click.IntRange(min=0), default=30, show_default=True, metavar="N",
              help="At most so many entries of the timeline.")  # fmt: skip
@json_option
@pass_invocation
def show(invocation: Invocation, email: str, limit: int) -> None:
    """Show all that is known of a contact, and what happened, newest first.

    \b
    Examples:
      outreach contacts show ada@example.org
      outreach contacts show ada@example.org --limit 200 --json
    """
    from outreach.services import contacts as service

    app = invocation.app
    shown = service.show(app.database, app.settings.attributes, email, now=app.clock(), limit=limit)
    invocation.console.result(
        {
            "contact": contact_data(shown.contact) | {"tier_by_person": shown.tier_by_person},
            "addresses": shown.addresses,
            "suppressions": shown.suppressions,
            "owed": shown.owed,
            "sequences": [
                {
                    "name": place.name,
                    "step": place.step,
                    "steps": place.steps,
                    "next_step": place.next_step,
                    "next_at": place.next_at,
                }
                for place in shown.sequences
            ],
            "timeline": shown.timeline,
        },
        lambda: _whole(shown),
    )


@contacts.command("export")
@click.option("--format", "kind", type=click.Choice(["csv", "json", "vcard"]), default=None,
              help="What kind of file; by the name of FILE if not given, else csv.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write this file instead of standard output.")  # fmt: skip
@_selection_options
@click.option("--spreadsheet", is_flag=True,
              help="Make a CSV that is safe to open in a spreadsheet program.")  # fmt: skip
@json_option
@pass_invocation
def export(
    invocation: Invocation,
    /,
    *,
    kind: str | None,
    output: Path | None,
    spreadsheet: bool,
    **chosen: str | None,
) -> None:
    """Write contacts to a file.

    CSV holds a contact a row, and an import reads it back without loss. JSON holds consents, notes
    and touches as well. A vCard holds names, addresses and numbers only, no opt-outs.

    A cell that begins with = + - or @ is run as a formula by spreadsheet programs. --spreadsheet
    puts an apostrophe before it; import the file made without.

    \b
    Examples:
      outreach contacts export -o contacts.csv
      outreach contacts export --segment clients --format vcard > clients.vcf
    """
    from outreach.services import exporting

    app = invocation.app
    console = invocation.console
    by_name = {".csv": "csv", ".json": "json", ".vcf": "vcard", ".vcard": "vcard"}
    form = kind or (by_name.get(output.suffix.lower()) if output else None)
    if console.json and output is None:
        if form not in (None, "json"):
            raise UsageError("--json prints JSON", hint="leave it out, or name a file with -o")
        form = "json"
    wanted = exporting.Format(form or "csv")
    if spreadsheet and wanted is not exporting.Format.CSV:
        raise UsageError("--spreadsheet is for CSV", hint="leave it out, or pass --format csv")
    report = exporting.Report()
    chunks = exporting.export(
        app.database,
        app.settings.attributes,
        wanted,
        _selection(invocation, chosen),
        report,
        now=app.clock(),
        spreadsheet=spreadsheet,
    )
    if output is None:
        # Line ends are the format's own, and a name may hold what the terminal's encoding lacks.
        stream = sys.stdout.buffer
        for chunk in chunks:
            stream.write(chunk.encode("utf-8", "surrogatepass"))
        stream.flush()
    else:
        exporting.save(output, chunks)
        console.result(
            {
                "file": str(output),
                "format": wanted.value,
                "contacts": report.contacts,
                "formulas": report.formulas,
                "undeclared": report.undeclared,
            },
            f"Wrote {report.contacts:,} contacts to {output}.",
        )
    if report.formulas and not spreadsheet:
        console.warn(
            f"{report.formulas} cells would run as formulas in a spreadsheet program; "
            "--spreadsheet writes them so that they do not"
        )
    if report.undeclared:
        console.warn(
            f"left out, since outreach.toml does not declare them: {', '.join(report.undeclared)}"
        )


@contacts.command("duplicates")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N",
              help="At most so many groups.")  # fmt: skip
@json_option
@pass_invocation
def duplicates(invocation: Invocation, limit: int) -> None:
    """List contacts that are probably one person.

    Their addresses differ in a plus tag, or in dots that their provider ignores. Nothing is merged
    until you say so.

    \b
    Example:
      outreach contacts duplicates
    """
    from outreach.services import merging

    app = invocation.app
    groups = merging.duplicates(app.database, now=app.clock(), limit=limit)

    def human() -> str:
        lines = [
            f"outreach contacts merge {printable(group[0].email)} {printable(other.email)}"
            for group in groups
            for other in group[1:]
        ]
        if not lines:
            return "No likely duplicates."
        return "\n".join(["Look at each pair, then merge those that are one person:", *lines])

    invocation.console.result(
        {"duplicates": [[contact_data(contact) for contact in group] for group in groups]},
        human,
    )


@contacts.command("merge")
@click.argument("keep")
@click.argument("absorb")
@click.option("--reason", metavar="TEXT", help="How you know that they are one person.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@by_option
@json_option
@pass_invocation
def merge(
    invocation: Invocation,
    /,
    *,
    keep: str,
    absorb: str,
    reason: str | None,
    dry_run: bool,
    by: str | None,
) -> None:
    """Make one contact of two that are one person.

    KEEP stays, with what ABSORB has and KEEP lacks. The stricter rule wins: an opt-out, a
    suppression or a withdrawn consent of either holds for the one. It cannot be undone.

    \b
    Examples:
      outreach contacts merge ada@example.org ada+news@example.org --dry-run
      outreach contacts merge ada@example.org ada@old.example --reason "she told me"
    """
    from outreach.services import merging

    app = invocation.app
    outcome = merging.merge(
        app.database,
        app.tiers,
        app.settings.attributes,
        keep,
        absorb,
        by=by or app.person,
        now=app.clock(),
        reason=reason,
        dry_run=dry_run,
    )
    merged = outcome.merged

    def human() -> str:
        done = "Would absorb" if dry_run else "Absorbed"
        counted = ", ".join(f"{number} {name}" for name, number in merged.moved.items())
        lines = [
            f"{done} {printable(outcome.absorbed)} into {printable(outcome.contact.email)}.",
            f"  moved      {counted.replace('_', ' ') or 'nothing'}",
        ]
        if merged.left:
            lines.append(f"  both got   {', '.join(merged.left)}")
        if merged.cancelled:
            lines.append(f"  called off {', '.join(merged.cancelled)} (it would have come twice)")
        return "\n".join([*lines, "", _described(contact_data(outcome.contact))])

    invocation.console.result(
        {
            "dry_run": dry_run,
            "contact": contact_data(outcome.contact),
            "absorbed": outcome.absorbed,
            "moved": merged.moved,
            "both_got": merged.left,
            "called_off": merged.cancelled,
        },
        human,
    )


def _present(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _mailability(contact: "Contact") -> str | None:
    """Return the gravest thing that stands against mailing a contact, or None."""
    if contact.suppressed:
        return "suppressed"
    if contact.parted_at:
        return "parted"
    if contact.consent == "withdrawn":
        return "consent withdrawn"
    if contact.opted_out:
        return f"no {', '.join(sorted(contact.opted_out))}"
    return None if contact.consent == "granted" else "no consent yet"


def _described(known: Mapping[str, Any]) -> str:
    """Return what is known as lines of name and value; what is not known is left out."""
    lines = []
    for name, value in known.items():
        if name in ("id", "attributes", "first_name", "last_name") or value in (None, False):
            continue
        if isinstance(value, frozenset) and not value:
            continue
        lines.append((name.replace("_", " "), value))
    lines += [(f"attributes.{name}", value) for name, value in known["attributes"].items()]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"  {name:<{width}}  {_text(value)}" for name, value in lines)


def _text(value: object) -> str:
    from datetime import datetime

    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, frozenset | tuple | list):
        return printable(", ".join(sorted(str(item) for item in value))).replace("\n", " ")
    return printable(str(value)).replace("\n", " ")


def _whole(shown: "Shown") -> str:
    known = contact_data(shown.contact) | {"tier_by_person": shown.tier_by_person}
    others = tuple(info.address for info in shown.addresses if not info.is_primary)
    if others:
        known["other_addresses"] = others
    parts = [_described(known)]
    for listed in shown.suppressions:
        word = "was suppressed until lifted" if listed.lifted_at else "suppressed"
        detail = f"; {_text(listed.detail)}" if listed.detail else ""
        parts.append(
            f"  {_text(listed.address)} {word}: {_text(listed.reason)}, "
            f"{_text(listed.source)}, {_text(listed.created_at)}{detail}"
        )
    for owed in shown.owed:
        due = f", by {_text(owed.due)}" if owed.due else ""
        who = "we owe an answer" if owed.by == "us" else "they owe an answer"
        mail = f" (mail {owed.inbound_id})" if owed.inbound_id else ""
        parts.append(f"  {who} to {_text(owed.what)!r} of {_text(owed.since)}{due}{mail}")
    for place in shown.sequences:
        going = f"; step {place.next_step} next" if place.next_step else ""
        when = f", from {_text(place.next_at)} on" if place.next_at else ""
        parts.append(
            f"  in the sequence {_text(place.name)}: step {place.step} of {place.steps} "
            f"{place.state}{going}{when}"
        )
    if shown.timeline:
        rows = [
            (event.at, event.kind, event.what, event.by, event.detail) for event in shown.timeline
        ]
        parts += ["", table(("when (UTC)", "what", "", "by", "detail"), rows)]
    return "\n".join(parts)
