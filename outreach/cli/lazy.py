"""Groups whose commands are imported only when one of them runs or shows its own help."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from outreach.errors import suggestion


class LazyGroup(click.Group):
    """A group given as `lazy`: name to (``module:attribute`` of the command, its sentence)."""

    def __init__(
        self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were declared."""
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing the lazy ones."""
        own = {name: command.get_short_help_str(200) for name, command in self.commands.items()}
        sentences = {name: sentence for name, (_, sentence) in self.lazy.items()}
        with formatter.section("Commands"):
            formatter.write_dl(list({**sentences, **own}.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest one with a similar name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = suggestion(args[0], self.list_commands(ctx))
            raise click.UsageError(
                f"there is no command {args[0]!r}" + (f" ({near})" if near else ""), ctx
            ) from error
