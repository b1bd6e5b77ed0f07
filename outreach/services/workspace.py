"""Making a workspace: the starter set, written out for its new owner to change."""

from importlib.resources.abc import Traversable
from pathlib import Path

from outreach.errors import OutreachError, RefusedError, UnavailableError
from outreach.starter import starter_file

FOLDERS = ("templates", "segments", "sequences")
IGNORED = """\
# What happened is in the database; what people write is in files worth keeping in git.
outreach.db*
outbox/
preview/
keys/
*.rejects.csv
"""


def create(folder: Path, settings: str) -> list[Path]:
    """Write the starter set into `folder` and return the files made, in order.

    Nothing that exists is overwritten: if any file is in the way, `RefusedError` names them all
    and nothing is written.
    """
    wanted: dict[Path, bytes] = {
        folder / "outreach.toml": settings.encode(),
        folder / "tiers.toml": starter_file("tiers.toml").read_bytes(),
        folder / ".gitignore": IGNORED.encode(),
    }
    for name in FOLDERS:
        _gather(starter_file(name), folder / name, wanted)
    in_the_way = [path for path in wanted if path.exists()]
    if in_the_way:
        listed = ", ".join(str(path.relative_to(folder)) for path in in_the_way)
        raise RefusedError(
            f"{folder} already holds {listed}",
            hint="choose another folder; `outreach init` never overwrites a file",
        )
    try:
        for path, content in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return list(wanted)


def _gather(source: Traversable, target: Path, wanted: dict[Path, bytes]) -> None:
    for entry in sorted(source.iterdir(), key=lambda item: item.name):
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir():
            _gather(entry, target / entry.name, wanted)
        else:
            wanted[target / entry.name] = entry.read_bytes()


def _unwritable(folder: Path, error: OSError) -> OutreachError:
    return UnavailableError(
        f"cannot write into {folder} ({error.strerror})",
        hint="check that the folder's parent exists and is yours, and that the disk has room",
    )
