"""`outreach segments`: saved questions about contacts, and their answers."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable, table
from outreach.errors import ConfigError, OutreachError

if TYPE_CHECKING:
    from outreach.domain.condition import Value
    from outreach.domain.explanation import Finding


@click.group()
def segments() -> None:
    """Ask saved questions of your contacts.

    A segment is a file in segments/ with a description and an expression. Who is in it is found
    out whenever it is asked, so it never goes stale.
    """


def _complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    invocation = context.find_object(Invocation)
    try:
        names = invocation.app.segments.names if invocation else ()
    except OutreachError:
        return []
    return [name for name in names if name.startswith(incomplete)]


_name = click.argument("name", shell_complete=_complete)


@segments.command("list")
@json_option
@pass_invocation
def list_segments(invocation: Invocation) -> None:
    """List all segments with how many contacts are in each.

    \b
    Examples:
      outreach segments list
      outreach segments list --json
    """
    from outreach.services import segments as service

    app = invocation.app
    listing = service.list_all(app.database, app.segments, app.clock())
    rows = [
        {
            "name": listed.name,
            "count": listed.count,
            "description": listed.segment and listed.segment.description,
        }
        for listed in listing.segments
    ]
    invocation.console.result(
        {"segments": rows},
        lambda: (
            table(
                ("segment", "contacts", "what it is"),
                [(row["name"], row["count"], row["description"] or "(see below)") for row in rows],
            )
            if rows
            else f"No segments yet. Write one into {app.segments_folder}/NAME.toml."
        ),
    )
    if listing.problems:
        raise ConfigError(listing.problems)


@segments.command()
@_name
@json_option
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show what a segment asks, how many are in it and the first few of them.

    \b
    Examples:
      outreach segments show quiet-clients
      outreach segments show clients --json
    """
    from outreach.services import segments as service

    app = invocation.app
    shown = service.show(app.database, app.segments, name, app.clock())
    segment = shown.segment
    sample = [
        {"id": contact.id, "email": contact.email, "name": contact.name, "tier": contact.tier}
        for contact in shown.sample
    ]

    def human() -> str:
        lines = [
            f"{segment.name}: {printable(segment.description)}",
            f"  file   {segment.source}",
            *(f"  {'where' if not n else '':6} {line}" for n, line in enumerate(_where(segment))),
            f"  count  {shown.count:,}",
        ]
        if sample:
            rows = [(row["email"], row["name"], row["tier"]) for row in sample]
            lines += ["", table(("email", "name", "tier"), rows)]
        if shown.count > len(sample):
            lines.append(f"… and {shown.count - len(sample):,} more")
        return "\n".join(lines)

    invocation.console.result(
        {
            "name": segment.name,
            "description": segment.description,
            "file": segment.source,
            "where": segment.where,
            "uses": segment.uses,
            "count": shown.count,
            "sample": sample,
        },
        human,
    )


def _where(segment: Any) -> list[str]:
    return [printable(line.strip()) for line in segment.where.splitlines()]


@segments.command()
@_name
@json_option
@pass_invocation
def count(invocation: Invocation, name: str) -> None:
    """Print how many contacts are in a segment.

    \b
    Examples:
      outreach segments count clients
      test "$(outreach segments count quiet-clients)" -eq 0 || echo "someone is waiting"
    """
    from outreach.services import segments as service

    app = invocation.app
    found = service.count(app.database, app.segments, name, app.clock())
    invocation.console.result({"name": name, "count": found}, str(found))


@segments.command()
@_name
@click.argument("email", required=False)
@json_option
@pass_invocation
def explain(invocation: Invocation, name: str, email: str | None) -> None:
    """Explain what a segment asks and why EMAIL is in it or not.

    With EMAIL, every part of the expression is shown with its answer and with what is known about
    this contact. The SQL that finds everyone in the segment follows.

    \b
    Examples:
      outreach segments explain quiet-clients
      outreach segments explain quiet-clients anna@example.com
    """
    from outreach.services import segments as service

    app = invocation.app
    explained = service.explain_segment(app.database, app.segments, name, app.clock(), email=email)
    segment, finding = explained.segment, explained.finding

    def human() -> str:
        lines = [f"{segment.name}: {printable(segment.description)}"]
        if finding is not None:
            verdict = "is in it" if finding.holds else "is not in it"
            lines += [f"{printable(str(email))} {verdict}.", "", *_tree(finding, "")]
        else:
            lines += [f"  {line}" for line in _where(segment)]
        return "\n".join([*lines, "", printable(explained.sql)])

    invocation.console.result(
        {
            "name": segment.name,
            "where": segment.where,
            "sql": explained.sql,
            "contact": explained.contact and explained.contact.id,
            "finding": finding,
        },
        human,
    )


def _tree(finding: "Finding", indent: str) -> Iterator[str]:
    answer = click.style("yes", fg="green") if finding.holds else click.style("no ", fg="red")
    yield f"{indent}{answer} {printable(finding.text)}"
    for name, value in finding.facts:
        yield f"{indent}      {printable(name)}: {_fact(value)}"
    for part in finding.parts:
        yield from _tree(part, indent + "    ")


def _fact(value: "Value") -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, frozenset):
        return printable(", ".join(sorted(value))) or "none"
    return printable(str(value))
