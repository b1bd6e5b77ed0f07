"""The `outreach` command: its sub-commands by name, loaded only when one is used."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import click
from click.shell_completion import shell_complete

from outreach import __version__
from outreach.cli.lazy import LazyGroup
from outreach.cli.output import Console, Invocation
from outreach.errors import OutreachError

COMMANDS = {
    "init": ("outreach.cli.workspace:init", "Make a workspace with the starter set in FOLDER."),
    "config": ("outreach.cli.workspace:config", "Show settings and where they came from."),
    "db": ("outreach.cli.workspace:db", "Create or upgrade the database."),
    "contacts": ("outreach.cli.contacts:contacts", "Import, find and change contacts."),
    "tiers": ("outreach.cli.tiers:tiers", "Show the tiers and what each is promised."),
    "segments": ("outreach.cli.segments:segments", "Ask saved questions of your contacts."),
    "preview": ("outreach.cli.preview:preview", "See a mail as its readers will."),
    "check": ("outreach.cli.checking:check", "Find what is wrong with templates."),
    "dkim": ("outreach.cli.dkim:dkim", "Make the keys that sign mail, and check them."),
    "send": ("outreach.cli.sending:send", "Send a newsletter or any template to a segment."),
    "sequences": (
        "outreach.cli.sequences:sequences",
        "Start, show and stop sequences: mails that follow each other until one is answered.",
    ),
    "campaigns": (
        "outreach.cli.campaigns:campaigns",
        "List, show, pause, resume, settle or cancel campaigns.",
    ),
    "halt": ("outreach.cli.campaigns:halt", "Stop all sending at once, until it is lifted."),
    "why": ("outreach.cli.campaigns:why", "Explain why a contact got a mail, or did not."),
    "inbox": (
        "outreach.cli.inbox:inbox",
        "Work through what came back.",
    ),
    "reply": ("outreach.cli.reply:reply", "Answer what a contact wrote, in the same thread."),
    "serve": ("outreach.cli.serve:serve", "Serve the webhooks of providers over HTTP."),
    "worker": ("outreach.cli.worker:worker", "Send what is due, with others, on many machines."),
    "completion": ("outreach.cli.workspace:completion", "Print shell completion code."),
}
"""Name to where the command lives and its sentence, so that ``--help`` imports none of them."""

COMPLETE_VARIABLE = "_OUTREACH_COMPLETE"
"""What the code printed by `outreach completion` sets when it asks for completions."""

EXIT_CODES = """\b
Exit codes:
  0  done, also when there was nothing to do
  1  something unexpected
  2  wrong use, or a thing that does not exist
  3  settings, tiers, segments or credentials are wrong
  4  a template or message is wrong
  5  refused by a safety rule, or not confirmed
  6  partly done: some mail or rows failed and are listed
  7  a server, database or disk is not there; safe to try again
  8  another run is at work
  130  interrupted
"""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-C",
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="OUTREACH_WORKSPACE",
    default=Path(),
    help="Work in this folder instead of the current one.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only results and errors.")
@click.option("--no-color", is_flag=True, help="Print without colour, as NO_COLOR=1 does.")
@click.option("--debug", is_flag=True, help="Print a traceback for errors.")
@click.version_option(__version__, prog_name="outreach")
@click.pass_context
def cli(context: click.Context, workspace: Path, quiet: bool, no_color: bool, debug: bool) -> None:
    """Newsletters and check-ins for people who want clients rather than customers.

    \b
    Examples:
      outreach init studio && cd studio
      outreach contacts import people.csv
      outreach preview newsletter
      outreach send --segment clients
    """
    console = Console(quiet=quiet, colour=False if no_color else None)
    invocation = Invocation(start=workspace, console=console, debug=debug)
    context.obj = invocation
    context.call_on_close(invocation.close)


#: Objects made before the collector of cycles looks at the youngest (Python's own number is 700).
#: Imports make some hundred thousand that stay, and looking at them again and again is a tenth of a
#: short command's time.
COLLECT_AFTER = 200_000


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    code = run(arguments)
    # The interpreter looks for cycles in everything there is before it ends: a fifth of a short
    # command's time, for memory that is about to be given back whole.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    asked = os.environ.get(COMPLETE_VARIABLE)
    if asked:
        return shell_complete(cli, {}, "outreach", COMPLETE_VARIABLE, asked)
    context: click.Context | None = None
    try:
        with cli.make_context("outreach", list(arguments or sys.argv[1:])) as context:
            result: Any = cli.invoke(context)
            return result if isinstance(result, int) else 0
    except OutreachError as error:
        _console(context).error(error)
        if _debugging(context):
            raise
        return error.exit_code
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\ninterrupted; what was recorded is kept", err=True)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`). Nothing more can be told to it.
        sys.stdout = None
        return 0
    except Exception as error:
        if _debugging(context):
            raise
        click.echo(
            f"unexpected {type(error).__name__}: {error}\n"
            "This is a fault in Outreach. `outreach --debug …` prints where it happened.",
            err=True,
        )
        return 1


def _console(context: click.Context | None) -> Console:
    return context.obj.console if context and context.obj else Console()


def _debugging(context: click.Context | None) -> bool:
    return bool(context and context.obj and context.obj.debug)
