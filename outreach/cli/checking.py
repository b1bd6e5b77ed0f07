"""`outreach check`: what is wrong with a mail, told before anybody gets it."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable
from outreach.errors import TemplateError, UsageError

if TYPE_CHECKING:
    from outreach.services.checking import Finding, Report

_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}
_SHOWN = 4
"""How many findings of one rule in one file are shown one by one."""
_EXAMPLES = 3
"""How many contacts are named as examples of a finding."""


@click.command()
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1)
@click.option(
    "--segment", metavar="SEGMENT", help="Make the mail of every contact of this segment."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note"]),
    default="error",
    show_default=True,
    help="How grave a finding must be for exit code 4.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How findings are printed: for people, scripts, code scanners or GitHub's workflows.",
)
@click.option("--rules", "lists_rules", is_flag=True, help="List all rules and do nothing else.")
@json_option
@pass_invocation
def check(  # noqa: PLR0917 - one parameter an option
    invocation: Invocation,
    templates: tuple[str, ...],
    segment: str | None,
    fail_on: str,
    form: str,
    lists_rules: bool,
) -> int:
    """Find what is wrong with templates.

    The mail of every contact in the segment is made, to its last byte, and judged: names and
    includes, size, alt texts, contrast by day and by night, links, unsubscribing, preheader,
    words, and what the mail clients of your readers cannot show. Without a segment, invented
    contacts take their place: with missing fields, endless names, markup and scripts from right to
    left. Without a template, all are checked.

    A comment such as <!-- lint: ignore L101 --> or {# lint: ignore image-alt #} silences a rule for
    the file that it stands in; in front matter # lint: ignore L402 does.

    \b
    Examples:
      outreach check newsletter --segment clients
      outreach check check-in thank-you --fail-on warning
      outreach check --format sarif > outreach.sarif
      outreach check --rules
    """
    from outreach.rendering.rules import RULES, Severity
    from outreach.services import sarif

    if lists_rules:
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "severity": one.severity.value,
                "sentence": one.sentence,
                "hint": one.hint,
            }
            for one in RULES.values()
        ]
        invocation.console.result({"rules": rows}, lambda: _rules(rows))
        return 0
    if invocation.console.json and form not in ("text", "json"):
        raise UsageError(f"--json and --format {form} ask for two things")
    names = list(dict.fromkeys(templates)) or invocation.app.templates.names()
    if not names:
        raise UsageError("there are no templates to check")
    reports = [_checked(invocation, name, segment) for name in names]
    if form == "sarif":
        click.echo(json.dumps(sarif.sarif(reports), ensure_ascii=False, indent=2))
    elif form == "github":
        for line in sarif.annotations(reports):
            click.echo(line)
    else:
        invocation.console.json = invocation.console.json or form == "json"
        data = {"segment": segment, "templates": [_data(report) for report in reports]}
        invocation.console.result(
            data, lambda: "\n\n".join(_told(report, segment) for report in reports)
        )
    grave = any(report.reaches(Severity(fail_on)) for report in reports)
    return TemplateError.exit_code if grave else 0


def _checked(invocation: Invocation, name: str, segment: str | None) -> "Report":
    from outreach.services import checking

    app = invocation.app
    now = app.clock()
    try:
        composer = app.composer(app.templates.load(name), trial=True)
    except TemplateError as error:
        return checking.unreadable(name, error)
    linter = checking.linter(
        composer,
        tiers=app.tiers,
        clients=[client.strip() for client in app.settings.lint_clients.split(",")],
    )
    if segment:
        condition = app.segments.get(segment).condition
        ids = checking.members(app.database, condition, now)
        contacts = checking.loaded(app.database, ids, now, app.settings.attributes)
        count = len(ids)
    else:
        invented = checking.nasty_contacts(now, app.tiers, composer.template.translations)
        contacts, count = iter(invented), len(invented)
    silent = invocation.console.json or invocation.console.quiet or not sys.stderr.isatty()
    with click.progressbar(
        contacts, count, f"checking {name}", file=sys.stderr, hidden=silent
    ) as bar:
        return checking.check(composer, linter, bar, now, invented=segment is None)


def _data(report: "Report") -> dict[str, Any]:
    return {
        "template": report.template,
        "contacts": report.contacts,
        "rendered": report.rendered,
        "failed": report.failed,
        "largest_html": report.largest_html,
        "largest_message": report.largest_message,
        "findings": [
            {
                "rule": one.rule.id,
                "name": one.rule.name,
                "severity": one.rule.severity.value,
                "message": one.problem.message,
                "file": one.problem.source,
                "line": one.problem.line,
                "column": one.problem.column,
                "hint": one.problem.hint,
                "count": one.count,
                "contacts": one.contacts,
            }
            for one in report.findings
        ],
    }


def _told(report: "Report", segment: str | None) -> str:
    files: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in report.findings:
        files[finding.problem.source or report.template][finding.rule.id].append(finding)
    lines = []
    for file, rules in files.items():
        lines.append(click.style(printable(file), bold=True))
        for findings in rules.values():
            for finding in findings[:_SHOWN]:
                lines += _lines(finding, report, hinted=finding is findings[0])
            if len(findings) > _SHOWN:
                lines.append(f"    and {len(findings) - _SHOWN} more like it; --json has them all")
        lines.append("")
    lines.append(_summary(report, segment))
    return "\n".join(lines)


def _lines(finding: "Finding", report: "Report", *, hinted: bool) -> Iterator[str]:
    rule, problem = finding.rule, finding.problem
    place = ":".join(str(part) for part in (problem.line, problem.column) if part)
    grave = click.style(f"{rule.severity.value}", fg=_COLOURS[rule.severity.value], bold=True)
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    message = printable(problem.message) + times
    yield f"  {place + ': ' if place else ''}{grave} {rule.id} {rule.name}: {message}"
    if problem.hint and (hinted or problem.hint != rule.hint):
        yield f"    hint: {printable(problem.hint)}"
    if finding.contacts and len(finding.contacts) != report.rendered:
        yield f"    for {_named(finding.contacts)}"


def _named(contacts: Sequence[str]) -> str:
    shown = ", ".join(printable(email) for email in contacts[:_EXAMPLES])
    if len(contacts) <= _EXAMPLES:
        return shown
    return f"{len(contacts)} contacts, such as {shown}"


def _summary(report: "Report", segment: str | None) -> str:
    if not report.contacts and report.findings:
        return f"{report.template}: no mail can be made of it."
    whose = f"contacts of {segment}" if segment else "invented contacts"
    counts = []
    for severity in ("error", "warning", "note"):
        number = sum(one.rule.severity.value == severity for one in report.findings)
        if number:
            counts.append(f"{number} {severity}{'' if number == 1 else 's'}")
    return (
        f"{report.template}: {', '.join(counts) or 'nothing to say'}; "
        f"{report.rendered} of {report.contacts} {whose} can be mailed; "
        f"the largest HTML has {report.largest_html / 1024:.1f} KB, "
        f"the largest message {report.largest_message / 1024:.1f} KB."
    )


def _rules(rows: Sequence[dict[str, str]]) -> str:
    width = max(len(row["name"]) for row in rows)
    return "\n".join(
        f"{row['id']}  {row['severity']:<7}  {row['name']:<{width}}  {row['sentence']}"
        for row in rows
    )
