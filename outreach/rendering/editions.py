"""The folder of templates: which there are, which edition is current, and what its mailing is.

Nothing here needs Jinja or knows what a mail looks like, so a run that finds its edition sent long
ago has nothing more to load.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.errors import NotFoundError, Problem, TemplateError, suggestion
from outreach.rendering.assets import FOLDER, MAX_ASSETS, digest
from outreach.rendering.front_matter import FrontMatter, Period, Sheet, front_matter, take_apart
from outreach.rendering.mjml_source import included_name

SUFFIXES = (".mjml", ".md", ".txt")
"""What a template file may be; where two share a name, the earlier is the template."""
MAX_FILE = 2_000_000
"""Octets that one template file may have."""

OUTSIDE = "leads out of the template folder"
"""What to say of a link that does; not where to, which may be nobody's business."""
INSTEAD = "put the file itself there"
_APART = ("layouts", "partials", FOLDER)


@dataclass(frozen=True, slots=True)
class Edition:
    """What a template says of the mailing it makes, before anything of its body is read.

    `file` is relative to the folder, `name` the same without its suffix. `timezone` decides which
    day it is for keys.
    """

    name: str
    file: str
    front_matter: FrontMatter
    timezone: str = "UTC"

    @property
    def series(self) -> str:
        """What a contact subscribes to and opts out of: as declared, else folder or name."""
        path = PurePosixPath(self.name)
        parent = str(path.parent)
        default = path.name if parent == "." else parent.replace("/", "-")
        return self.front_matter.series or default

    def key(self, now: datetime) -> str:
        """Return the key of a mailing of this template at `now`, such as ``newsletter@2026-12``.

        A file named after a period is that period's edition, whenever it is sent. Else a declared
        `period` gives one key for each day, week, month, quarter or year; else an edition's key is
        its name, and a template outside of a series has one key for ever.
        """
        stem = PurePosixPath(self.name).name
        period = self.front_matter.period
        in_series = "/" in self.name
        if in_series and Period.named(stem) is not Period.NONE:
            return f"{self.series}@{stem}"
        if period is not Period.NONE:
            today = now.astimezone(zone_named(self.timezone)).date()
            return f"{self.series}@{period.name_of(today)}"
        return f"{self.series}@{stem}" if in_series else self.series

    @property
    def send_at(self) -> datetime | None:
        """When it may be sent at the earliest, as its front matter says."""
        wall = self.front_matter.send_at
        return wall.replace(tzinfo=zone_named(self.timezone)).astimezone(UTC) if wall else None

    @property
    def timely_until(self) -> datetime | None:
        """Until when it is sent in time: the moment it says, or the end of the period it names."""
        if self.send_at is not None:
            return self.send_at
        stem = PurePosixPath(self.name).name
        period = Period.named(stem) if "/" in self.name else Period.NONE
        if period is Period.NONE:
            return None
        end = datetime.combine(period.end_of(stem), time())
        return end.replace(tzinfo=zone_named(self.timezone)).astimezone(UTC)


class TemplateFolder:
    """The templates in a folder, or in a mapping of names to texts such as `Template.files`.

    `timezone` decides which day it is for keys. Attachments and images of a mapping lie in the
    folder `assets`, as they were when their digests were taken, or loading fails.
    """

    def __init__(
        self,
        folder: Path | Mapping[str, str],
        *,
        timezone: str = "UTC",
        assets: Path | None = None,
    ) -> None:
        self.folder = folder if isinstance(folder, Path) else None
        self._assets = folder if isinstance(folder, Path) else assets
        self._files = None if isinstance(folder, Path) else dict(folder)
        self.timezone = timezone

    def names(self) -> list[str]:
        """Return the names of all templates, without layouts, partials and translations."""
        return self._names(lambda _: True)

    def _names(self, wanted: Callable[[PurePosixPath], bool]) -> list[str]:
        found: dict[str, str] = {}
        files = set(self.listing())
        for file in files:
            path = PurePosixPath(file)
            parts = path.parts
            if path.suffix not in SUFFIXES or not wanted(path):
                continue
            if any(part.startswith(("_", ".")) for part in parts):
                continue
            if len(parts) > 1 and parts[0] in _APART:
                continue
            if original_of(file, files):
                continue
            found[str(path.with_suffix(""))] = file
        return sorted(found, key=_natural)

    def editions(self, series: str) -> list[str]:
        """Return the names of the templates in the folder `series`, the oldest first."""
        return self._names(lambda path: str(path.parent) == series)

    def current(self, series: str, now: datetime) -> str:
        """Return the newest edition of `series` that is not for a time to come.

        Its name may say so, if it is that of a period, or its `send_at`.
        """
        today = now.astimezone(zone_named(self.timezone)).date()
        for name in reversed(self.editions(series)):
            if _is_ahead(name, today):
                continue
            # Few say so: for the others their front matter need not be understood here.
            if "send_at" not in (self.read(self.find(name)) or ""):
                return name
            send_at = self.edition(name).send_at
            if send_at is None or send_at <= now:
                return name
        drafts = self.editions(series)
        if drafts:
            raise NotFoundError(
                f'every edition of "{series}" is for later',
                hint=f"the next is {drafts[0]}; name it with --template to send it now",
            )
        folder = f"{self._display_folder}{series}/"
        raise NotFoundError(
            f'"{series}" has no editions', hint=f"write one, such as {folder}{today:%Y-%m}.md"
        )

    def edition(self, name: str) -> Edition:
        """Return what a template's front matter, and its layout's, says of its mailing.

        Raises `NotFoundError`, or `TemplateError` with what is wrong there.
        """
        file = self.find(name)
        sheet = self._sheet(file)
        assert sheet is not None
        layout = layout_file(sheet.values.get("layout"), file)
        try:
            matter = front_matter(sheet, self._sheet(layout) if layout else None)
        except TemplateError as error:
            raise TemplateError([self.shown(problem) for problem in error.problems]) from error
        return Edition(str(PurePosixPath(file).with_suffix("")), file, matter, self.timezone)

    def find(self, name: str) -> str:
        """Return the file of a template by name, file name, or series (its last edition)."""
        file = self._find(name)
        original = original_of(file, set(self.listing()))
        if original is not None:
            raise NotFoundError(
                f"{self.display(file)} is a translation of {self.display(original)}",
                hint=f"name {PurePosixPath(original).with_suffix('')}; each contact gets it in "
                "their own language",
            )
        return file

    def translations(self, file: str) -> dict[str, str]:
        """Return the translations of a file, such as ``x.de.md``, by language tag in lower case."""
        path = PurePosixPath(file)
        start = f"{path.with_suffix('')}."
        found = {}
        for other in self.listing():
            if other.startswith(start) and other.endswith(path.suffix) and other != file:
                tag = other[len(start) : -len(path.suffix)]
                if is_language(tag):
                    found[tag.lower()] = other
        return dict(sorted(found.items()))

    def shown(self, problem: Problem) -> Problem:
        """Return `problem` with its file named as a person would."""
        source = problem.source
        return replace(problem, source=self.display(source)) if source else problem

    def display(self, file: str) -> str:
        """Return how a person would name `file`: from the folder above the templates."""
        return self._display_folder + file

    def read(self, file: str) -> str | None:
        """Return the text of a file, or None if there is none; never from outside the folder."""
        if self._files is not None:
            return self._files.get(file)
        assert self.folder is not None
        path = self.folder / file
        try:
            if not _is_inside(path, self.folder) or not path.is_file():
                return None
            octets = path.read_bytes() if path.stat().st_size <= MAX_FILE else None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise TemplateError(f"cannot be read ({reason})", source=self.display(file)) from error
        if octets is None:
            raise TemplateError(f"is larger than {MAX_FILE:,} octets", source=self.display(file))
        try:
            text = octets.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = octets.count(b"\n", 0, error.start) + 1
            raise TemplateError(
                "is not UTF-8", source=self.display(file), line=line, hint="save it as UTF-8"
            ) from error
        if "\0" in text:
            raise TemplateError("holds a NUL character", source=self.display(file))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def leads_out(self, file: str) -> bool:
        """Whether there is a file of this name that is a link to one outside of the folder."""
        for folder in (self.folder, self._assets):
            path = folder / file if folder else None
            if path and folder and path.is_symlink() and not _is_inside(path, folder):
                return True
        return False

    def read_asset(self, file: str) -> bytes | None:
        """Return what an attachment or an image holds, or None if there is no such file."""
        approved = None if self._files is None else self._files.get(file, "")
        if approved is not None and not approved.startswith("sha256:"):
            return None
        data = _octets(self._assets, file) if self._assets else None
        if approved is not None and (data is None or digest(data) != approved):
            raise TemplateError(
                "is gone" if data is None else "was changed since the mailing was approved",
                source=self.display(file),
                hint="put it back as it was, or cancel the campaign and plan it anew",
            )
        return data

    @property
    def _display_folder(self) -> str:
        return f"{self.folder.name if self.folder else 'templates'}/"

    def listing(self) -> Iterator[str]:
        """Yield the name of every file in the folder, whatever it is."""
        if self._files is not None:
            yield from self._files
        elif self.folder is not None and self.folder.is_dir():
            for path in self.folder.rglob("*"):
                if path.is_file():
                    yield path.relative_to(self.folder).as_posix()

    def _sheet(self, file: str) -> Sheet | None:
        text = self.read(file)
        try:
            return None if text is None else take_apart(text, file)
        except TemplateError as error:
            raise TemplateError([self.shown(problem) for problem in error.problems]) from error

    def _find(self, name: str) -> str:
        wanted = name.replace("\\", "/").removeprefix("./").removeprefix(self._display_folder)
        wanted = wanted.rstrip("/")
        inside = included_name(wanted, "")
        if inside is not None:
            path = PurePosixPath(inside)
            if path.suffix in SUFFIXES and self.read(inside) is not None:
                return inside
            for suffix in SUFFIXES:
                if self.read(inside + suffix) is not None:
                    return inside + suffix
            for file in (inside, *(inside + suffix for suffix in SUFFIXES)):
                if self.leads_out(file):
                    raise NotFoundError(f"{self.display(file)} {OUTSIDE}", hint=INSTEAD)
            editions = self.editions(inside)
            if editions:
                return self._find(editions[-1])
        names = self.names()
        series = {str(PurePosixPath(one).parent) for one in names} - {"."}
        raise NotFoundError(
            f'there is no template "{name}"',
            source=self._display_folder.rstrip("/"),
            hint=suggestion(wanted, [*names, *series])
            or ("there are " + ", ".join(names[:12]) if names else "the folder has no templates"),
        )


def layout_file(value: object, file: str) -> str | None:
    """Return the file of the layout that the template `file` names by `value`, if it can be one."""
    suffix = ".txt" if file.endswith(".txt") else ".mjml"
    named = isinstance(value, str) and re.fullmatch(r"[\w-]+", value)
    return f"layouts/{value}{suffix}" if named else None


def original_of(file: str, files: Collection[str]) -> str | None:
    """Return the file that `file` is a translation of, if it is one."""
    path = PurePosixPath(file)
    start, dot, tag = str(path.with_suffix("")).rpartition(".")
    if not dot or not is_language(tag):
        return None
    return next((start + suffix for suffix in SUFFIXES if start + suffix in files), None)


def is_language(tag: str) -> bool:
    """Whether `tag` names a language that Babel knows, such as ``de`` or ``pt-BR``."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", tag):
        return False
    # Most names have no dot in them, and Babel takes longer to load than all else here.
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    try:
        Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _octets(folder: Path, file: str) -> bytes | None:
    """Return a file of `folder`, or None if there is none in it; not of what is too large."""
    path = folder / file
    try:
        if not _is_inside(path, folder) or not path.is_file():
            return None
        if path.stat().st_size > MAX_ASSETS:
            raise TemplateError(
                f"is larger than the {MAX_ASSETS:,} octets that a mail may take along",
                source=file,
                hint="put it on a website and link to it",
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TemplateError(f"cannot be read ({reason})", source=file) from error


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort key in which 9 comes before 10."""
    parts = re.split(r"(\d+)", name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _is_ahead(name: str, today: date) -> bool:
    stem = PurePosixPath(name).name
    period = Period.named(stem)
    return period is not Period.NONE and stem > period.name_of(today)


@lru_cache(maxsize=1024)
def zone_named(name: str, fallback: str = "UTC") -> tzinfo:
    """Return the time zone called `name`, else `fallback`, else UTC."""
    for zone in (name, fallback):
        try:
            return ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return UTC
