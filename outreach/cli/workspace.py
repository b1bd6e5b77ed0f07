"""`outreach init`, `config`, `db` and `completion`: the workspace itself."""

from pathlib import Path

import click
from click.shell_completion import get_completion_class

from outreach.cli.output import Invocation, json_option, pass_invocation, table
from outreach.errors import NotFoundError, RefusedError, UsageError, suggestion

NEXT_STEPS = """\
Three commands to try next:
  cd {folder}
  {second}
  outreach preview newsletter"""
IMPORT = 'outreach contacts import people.csv --consent express --evidence "web form"'


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--sample", is_flag=True, help="Add invented contacts to play with.")
@json_option
@pass_invocation
def init(invocation: Invocation, folder: Path, sample: bool) -> None:
    """Make a workspace with the starter set in FOLDER.

    It writes outreach.toml, tiers.toml, templates/, segments/, sequences/ and an empty database.
    Mail goes to a Maildir in the workspace until you set another transport, so nothing leaves this
    machine.

    \b
    Examples:
      outreach init studio
      outreach init playground --sample
    """
    from outreach.app import App
    from outreach.config.files import starter_settings
    from outreach.services import sample as samples
    from outreach.services import workspace

    written = workspace.create(folder, starter_settings())
    app = App.open(folder)
    try:
        app.unchecked_database.upgrade()
        added = None
        if sample:
            added = samples.add(
                app.database,
                app.tiers,
                app.settings.attributes,
                folder=folder,
                now=app.clock(),
                zone=app.settings.timezone,
            )
    finally:
        app.close()
    names = [str(path.relative_to(folder)) for path in written]

    second = "outreach send --segment clients" if sample else IMPORT

    def human() -> str:
        lines = [f"Made {folder} with {len(names)} files."]
        if added:
            lines.append(str(added))
        return "\n".join([*lines, "", NEXT_STEPS.format(folder=folder, second=second)])

    invocation.console.result(
        {"workspace": str(folder), "files": names, "sample": added and added.totals}, human
    )


@click.group()
def config() -> None:
    """Show settings and where they came from.

    A setting comes from outreach.toml, is overruled by a variable OUTREACH_NAME, and that by a
    flag.
    """


@config.command("list")
@json_option
@pass_invocation
def list_settings(invocation: Invocation) -> None:
    """List every setting with its value and where it came from.

    \b
    Example:
      outreach config list
    """
    from outreach.config.settings import declared

    settings = invocation.app.settings
    entries = [
        {
            "name": info.name,
            "value": settings.shown(info.name),
            "from": str(settings.origins.get(info.name, "default")),
            "unit": info.unit,
            "variable": info.variable,
            "sentence": info.sentence,
        }
        for info in declared()
    ]
    invocation.console.result(
        {"settings": entries},
        lambda: table(
            ("setting", "value", "from", "what it is"),
            [
                (
                    entry["name"],
                    f"{entry['value']} {entry['unit']}" if entry["unit"] else entry["value"],
                    entry["from"],
                    entry["sentence"],
                )
                for entry in entries
            ],
        ),
    )


@config.command("get")
@click.argument("name")
@json_option
@pass_invocation
def get_setting(invocation: Invocation, name: str) -> None:
    """Print one setting.

    \b
    Example:
      outreach config get transport
    """
    settings = invocation.app.settings
    value = settings.shown(_known(name))
    origin = str(settings.origins.get(name, "default"))
    invocation.console.result(
        {"name": name, "value": value, "from": origin}, "" if value is None else str(value)
    )


@config.command("set")
@click.argument("name")
@click.argument("value")
@json_option
@pass_invocation
def set_setting(invocation: Invocation, name: str, value: str) -> None:
    """Write one setting into outreach.toml, keeping its comments.

    \b
    Example:
      outreach config set timezone Europe/Lisbon
    """
    from outreach.config.files import find_workspace, write_setting

    root = find_workspace(invocation.start)
    write_setting(root, _known(name), value)
    invocation.console.result({"name": name, "value": value}, f"{name} is now {value}")


@config.command("password")
@click.argument("account")
@pass_invocation
def set_password(invocation: Invocation, account: str) -> None:
    """Store the password of mail ACCOUNT (user@server) in the keyring, asking for it unseen.

    \b
    Example:
      outreach config password anna@smtp.studio.example
    """
    from outreach.config.passwords import store_password

    user, _, host = account.rpartition("@")
    if not user or not host:
        raise UsageError(f"{account!r} is not of the form user@server")
    if not invocation.console.interactive:
        raise RefusedError(
            "a password can only be typed at a terminal",
            hint="elsewhere, set OUTREACH_SMTP_PASSWORD",
        )
    store_password(user, host, click.prompt("Password", hide_input=True, err=True))
    invocation.console.note(f"stored for {user} at {host}")


def _known(name: str) -> str:
    from outreach.config.settings import declared

    names = [info.name for info in declared()]
    if name not in names:
        raise NotFoundError(
            f'there is no setting "{name}"',
            hint=suggestion(name, names) or "see `outreach config list`",
        )
    return name


@click.group()
def db() -> None:
    """Create or upgrade the database."""


@db.command()
@json_option
@pass_invocation
def upgrade(invocation: Invocation) -> None:
    """Create the tables, or bring them to the newest revision; on PostgreSQL the job queue's too.

    \b
    Example:
      outreach db upgrade
    """
    database = invocation.app.unchecked_database
    before = database.revision()
    database.upgrade()
    after = database.revision()
    if not database.is_sqlite:
        from outreach.worker import Queue

        Queue(database).install()
    text = (
        f"already at revision {after}"
        if before == after
        else f"upgraded from revision {before or 'none'} to {after}"
    )
    invocation.console.result({"before": before, "after": after}, text)


@db.command()
@json_option
@pass_invocation
def status(invocation: Invocation) -> None:
    """Show where the database is and which revision it has.

    \b
    Example:
      outreach db status
    """
    from outreach.storage.database import SCHEMA_HEAD

    database = invocation.app.unchecked_database
    found = database.revision()
    invocation.console.result(
        {"url": database.display_url, "revision": found, "needed": SCHEMA_HEAD},
        f"{database.display_url}\nrevision {found or 'none'}, this program needs {SCHEMA_HEAD}",
    )


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print shell completion code.

    \b
    Examples:
      outreach completion bash > ~/.local/share/bash-completion/completions/outreach
      outreach completion zsh > ~/.zfunc/_outreach
      outreach completion fish > ~/.config/fish/completions/outreach.fish
    """
    from outreach.cli.main import COMPLETE_VARIABLE

    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    click.echo(kind(root, {}, "outreach", COMPLETE_VARIABLE).source())
