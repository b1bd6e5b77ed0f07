"""The files in which people declare things, one a file: segments and sequences."""

from collections.abc import Mapping
from pathlib import Path

from outreach.errors import ConfigError

MAX_FILE = 1_000_000
"""Largest file that is read, in bytes; a hundred times what any needs."""


def files_in(folder: Path) -> Mapping[str, Path]:
    """Return the files of a folder by the names of what they declare; none of them is read yet."""
    try:
        return {
            path.stem: path
            for path in folder.glob("*.toml")
            # An editor's lock and swap files
            if not path.name.startswith(".")
        }
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", source=folder.name) from error


def read_file(path: Path, kind: str) -> tuple[str, str]:
    """Return what a person calls the file, and its text; or raise `ConfigError`.

    `kind` is what the file declares, such as a segment.
    """
    source = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > MAX_FILE:
            raise ConfigError(f"is far too large for a {kind}", source=source)
        return source, path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", source=source, hint="save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})",
            source=source,
            hint="check that it is a file, and its owner and permissions",
        ) from error
