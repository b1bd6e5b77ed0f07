"""The composition root: from settings to the things that do the work. Nothing else builds them.

Each part is made when it is first asked for, so that a command pays only for what it uses.
"""

import getpass
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.config import Settings, find_workspace, load_settings
from outreach.domain.clock import Clock, system_clock
from outreach.errors import ConfigError

if TYPE_CHECKING:
    from outreach.domain.tiers import Tiers
    from outreach.storage.database import Database


class App:
    """One open workspace."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.settings = settings
        self.clock = clock
        self.environ = os.environ if environ is None else environ

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        flags: Mapping[str, object] | None = None,
        clock: Clock = system_clock,
        environ: Mapping[str, str] | None = None,
    ) -> "App":
        """Open the workspace at or above `start`, or raise `ConfigError` with all problems."""
        environ = os.environ if environ is None else environ
        root = find_workspace(start)
        settings = load_settings(root, environ=environ, flags=flags)
        return cls(root, settings, clock=clock, environ=environ)

    @cached_property
    def database(self) -> "Database":
        """The database, with its schema checked."""
        database = self.unchecked_database
        database.check_schema()
        return database

    @cached_property
    def unchecked_database(self) -> "Database":
        """The database, whatever its schema: for `outreach init` and `outreach db`."""
        from outreach.storage.database import Database

        return Database(database_location(self.settings.database_url, self.root))

    @cached_property
    def tiers(self) -> "Tiers":
        """The tiers and what each promises, from the workspace's ``tiers.toml``."""
        from outreach.domain.tiers import Tiers

        return Tiers.parse(read_text(self.root / "tiers.toml", "run `outreach init` again"))

    @cached_property
    def person(self) -> str:
        """Who is at work, for the record."""
        return self.settings.person or getpass.getuser()

    @property
    def templates_folder(self) -> Path:
        """Where templates lie."""
        return self.root / "templates"

    @property
    def segments_folder(self) -> Path:
        """Where segments lie."""
        return self.root / "segments"

    def close(self) -> None:
        """Give back what was opened."""
        if "unchecked_database" in self.__dict__:
            self.unchecked_database.close()


def read_text(path: Path, hint: str) -> str:
    """Return the text of a file that a workspace must have, or raise `ConfigError` with `hint`."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", source=path.name, hint=hint
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", source=path.name, hint="save it as UTF-8") from error


def database_location(url: str, root: Path) -> str:
    """Return `url` with a relative SQLite file placed in the workspace `root`."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/") and url != prefix + ":memory:":
        return prefix + str(root / url.removeprefix(prefix))
    return url
