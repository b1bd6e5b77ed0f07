"""`outreach contacts import`: read a file of contacts, show what it is taken for, take it in."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.termui import progressbar

from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable, table
from outreach.domain.contact import ConsentBasis
from outreach.errors import PartialError, UsageError

if TYPE_CHECKING:
    from outreach.services.importing import ImportPlan, ImportReport, Permission

SAMPLE_ROWS = 5
PRESETS = ("auto", "plain", "mailchimp", "hubspot", "google", "ghost", "listmonk", "vcard")
_NO_CONSENT = "none"


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "maps",
    metavar="COLUMN=TARGET",
    multiple=True,
    help="Say what a column becomes: a field, attributes.NAME, or - to leave it out. Repeatable.",
)
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    default="auto",
    help="The program that wrote the file; recognised by its columns if not given.",
)
@click.option(
    "--consent",
    type=click.Choice([basis.value for basis in ConsentBasis]),
    help="On what ground these contacts may be mailed.",
)
@click.option("--evidence", help='What proves it, such as "web form 2026".')
@click.option("--no-consent", is_flag=True, help="Nobody agreed to be mailed, as far as is known.")
@click.option("--encoding", help="The file's encoding; found out if not given.")
@click.option("--delimiter", help="What stands between cells; found out if not given.")
@click.option(
    "--dates",
    type=click.Choice(["dmy", "mdy"]),
    help="Which number of 03/04/2026 is the day; found out where the file shows it.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rejected rows go; FILE.rejects.csv beside the file if not given.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@json_option
@pass_invocation
def import_contacts(
    invocation: Invocation,
    *,
    file: Path,
    maps: tuple[str, ...],
    preset: str,
    consent: str | None,
    evidence: str | None,
    no_consent: bool,
    encoding: str | None,
    delimiter: str | None,
    dates: str | None,
    rejects: Path | None,
    dry_run: bool,
) -> None:
    """Import contacts from FILE: CSV, vCard, or an export of Mailchimp, HubSpot or Google.

    What each column becomes is guessed from its name and shown. Rows that cannot be taken go to a
    rejects file with line and reason; mend them there and import that file. Importing again never
    clears an opt-out, a suppression, a withdrawn consent or a tier that a person set, and an empty
    cell erases nothing. Exit code 6 says that some rows were rejected.

    \b
    Examples:
      outreach contacts import people.csv --consent express --evidence "web form 2026"
      outreach contacts import customers.csv --no-consent --map "Kunden-Nr=attributes.customer_id"
      outreach contacts import subscribed_members_export.csv --dry-run
      outreach contacts import phone-book.vcf --no-consent
    """
    from zoneinfo import ZoneInfo

    from outreach.domain.entry import DateOrder
    from outreach.services import importing

    permission = _permission(consent, evidence, no_consent)
    app, console = invocation.app, invocation.console
    plan = importing.plan_import(
        file,
        attributes=app.settings.attributes,
        explicit=_pairs(maps),
        preset=None if preset == "auto" else preset,
        encoding=encoding,
        delimiter="\t" if delimiter in ("tab", r"\t") else delimiter,
        dates=DateOrder(dates) if dates else None,
        language=app.settings.locale,
    )
    _show_plan(console, plan)
    if permission is None and plan.needs_permission and console.interactive:
        permission = _ask()
    report = importing.ImportReport()
    bar = progressbar(
        length=plan.file.size,
        label="importing",
        file=sys.stderr,
        hidden=not console.interactive or console.quiet,
    )
    try:
        with bar:
            importing.import_contacts(
                app.database,
                plan,
                tiers=app.tiers,
                attributes=app.settings.attributes,
                permission=permission,
                zone=ZoneInfo(app.settings.timezone),
                by=app.person,
                clock=app.clock,
                rejects=rejects,
                dry_run=dry_run,
                report=report,
                progress=bar.update,
            )
    except KeyboardInterrupt:
        if not dry_run:
            console.note(
                f"\nstopped; what became of the first {report.totals['read']:,} rows is kept. "
                "Run the same command again, and it goes on there."
            )
        raise
    console.result(_data(plan, report), lambda: _summary(report))
    if report.totals["rejected"]:
        raise _partial(file, report)


def _permission(consent: str | None, evidence: str | None, none: bool) -> "Permission | None":
    from outreach.services.importing import Permission

    if none and (consent or evidence):
        raise UsageError("--no-consent contradicts --consent and --evidence", hint="pass only one")
    if evidence and not consent:
        raise UsageError(
            "--evidence needs to know of what",
            hint=f'pass --consent as well, such as --consent express --evidence "{evidence}"',
        )
    if none:
        return Permission(basis=None)
    if consent is None:
        return None
    return Permission(basis=ConsentBasis(consent), evidence=evidence)


def _ask() -> "Permission":
    from outreach.services.importing import Permission

    bases = [basis.value for basis in ConsentBasis]
    answer = click.prompt(
        "On what ground may these contacts be mailed?",
        type=click.Choice([*bases, _NO_CONSENT]),
        err=True,
    )
    if answer == _NO_CONSENT:
        return Permission(basis=None)
    evidence = click.prompt("What proves it (a form, a contract, a date)?", err=True)
    return Permission(basis=ConsentBasis(answer), evidence=evidence)


def _pairs(maps: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for pair in maps:
        column, equals, target = pair.rpartition("=")
        if not equals or not column.strip() or not target.strip():
            raise UsageError(
                f"{pair!r} maps nothing", source="--map", hint='write --map "Column=target"'
            )
        pairs[column.strip()] = target.strip()
    return pairs


def _show_plan(console: Console, plan: "ImportPlan") -> None:
    if console.json or console.quiet:
        return
    file, columns = plan.file, plan.columns
    delimiter = {"\t": "tab"}.get(file.delimiter, file.delimiter)
    facts = [columns.preset.title, file.encoding]
    if not file.is_vcard:
        facts.append(f"cells divided by {delimiter}")
    if columns.status:
        facts.append(f"{columns.status} people")
    console.note(f"{printable(str(file.path))}: {', '.join(facts)}\n")
    if not file.is_vcard:
        rows = [
            (column.header, column.target or "not imported", column.by)
            for column in columns.columns
        ]
        console.note(table(("column", "becomes", "because of"), rows) + "\n")
    shown = [column.index for column in columns.columns if column.target not in (None, "-")][:6]
    cells = [[_short(row[at]) for at in shown] for row in file.sample[:SAMPLE_ROWS]]
    console.note(table([file.header[at] for at in shown], cells) + "\n")
    if not file.certain:
        console.warn(
            f"the file is not plain UTF-8 and is read as {file.encoding}; if letters above look "
            "wrong, pass --encoding"
        )
    if columns.undeclared:
        lines = "\n".join(f"  {one.line}" for one in columns.undeclared)
        names = printable(", ".join(f'"{one.header}"' for one in columns.undeclared))
        console.warn(
            f"not imported: {names}. To keep them as attributes, add to outreach.toml below "
            f"[attributes] and import again:\n{lines}"
        )


def _short(cell: str) -> str:
    return cell if len(cell) <= 30 else cell[:29] + "…"


def _data(plan: "ImportPlan", report: "ImportReport") -> dict[str, Any]:
    file, columns = plan.file, plan.columns
    return {
        "file": file.path,
        "preset": columns.preset.name,
        "encoding": file.encoding,
        "encoding_certain": file.certain,
        "delimiter": None if file.is_vcard else file.delimiter,
        "columns": [
            {"column": one.header, "target": one.target, "by": one.by} for one in columns.columns
        ],
        "undeclared": [{"column": one.header, "line": one.line} for one in columns.undeclared],
        "sample": [list(row) for row in file.sample[:SAMPLE_ROWS]],
        "dry_run": report.dry_run,
        "totals": report.figures(),
        "rejects_file": report.rejects_file,
        "rejected": report.rejected,
        "promotions": report.promotions,
        "probable_duplicates": [list(group) for group in report.proposals],
    }


_EFFECTS = {
    "consents_added": "consents recorded",
    "withdrawn_kept": "kept as withdrawn, although the file says they agreed",
    "opt_outs_added": "opt-outs recorded",
    "suppressions_added": "addresses suppressed",
    "tiers_kept": "kept the tier they have, which outranks the file's",
}


def _summary(report: "ImportReport") -> str:
    figures = report.figures()
    outcomes = [f"{figures[name]:,} {name}" for name in report.OUTCOMES if figures[name]]
    would = "Would import" if report.dry_run else "Imported"
    lines = [f"{would}: {figures['read']:,} rows read = {' + '.join(outcomes) or 'nothing'}"]
    lines += [
        f"  {figures[name]:,} {words}" for name, words in _EFFECTS.items() if figures.get(name)
    ]
    if report.rejected:
        lines.append("Rejected:")
        lines += [f"  line {one.line}: {printable(one.reason)}" for one in report.rejected]
        lines += _more(figures["rejected"], len(report.rejected))
    if report.promotions:
        lines.append("Only a person makes somebody a client. If you agree:")
        lines += [
            f'  outreach contacts tier {one.address} {one.tier} --reason "…"'
            for one in report.promotions
        ]
        lines += _more(figures["promotions_asked"], len(report.promotions))
    if report.proposals:
        lines.append("Probably one person each; nothing was merged:")
        lines += [
            f"  outreach contacts merge {keep} {absorb}"
            for keep, *others in report.proposals
            for absorb in others
        ]
        lines += _more(figures["probable_duplicates"], len(report.proposals))
    return "\n".join(lines)


def _more(count: int, shown: int) -> list[str]:
    return [f"  … and {count - shown:,} more"] if count > shown else []


def _partial(file: Path, report: "ImportReport") -> PartialError:
    count = report.totals["rejected"]
    if report.dry_run:
        hint = "mend them, or import anyway: rejected rows are kept in a file of their own"
    else:
        hint = f"mend them in {report.rejects_file} and import that file"
    return PartialError(
        f"{count:,} row{'s were' if count != 1 else ' was'} rejected", source=str(file), hint=hint
    )
