"""Templates: from files and a contact to a subject, HTML and text.

A template is a file in ``templates/``: front matter, then Jinja in MJML, Markdown or plain text.
The order is always Jinja first, then Markdown into MJML, the layout around it, MJML into HTML, and
style rules into the elements. `Template.render` is the plain path: what it gives is the meaning of
a template, and any faster way must give the same.

A loaded template is a snapshot. It holds the text of every file it depends on, so that it can be
kept with what was sent, and rendered again when the files have long changed.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from hashlib import sha256
from html import escape
from pathlib import Path, PurePosixPath
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jinja2
from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from outreach.domain.contact import Contact
from outreach.domain.mailing import Sender
from outreach.domain.tiers import Tiers
from outreach.errors import NotFoundError, Problem, TemplateError, suggestion
from outreach.rendering.faults import EXPECTED, as_template_error
from outreach.rendering.front_matter import FrontMatter, Period
from outreach.rendering.mjml_source import included_name
from outreach.rendering.sandbox import Language, Record, Rendering, rendering
from outreach.rendering.snapshot import CONTACT_FIELDS, CONTACT_SETS, FUNCTION_NAMES, Snapshot

SUFFIXES = (".mjml", ".md", ".txt")
"""What a template file may be; where two share a name, the earlier is the template."""
MAX_FILE = 2_000_000
"""Octets that one template file may have."""

_APART = ("layouts", "partials")
_PROMISED = (
    "title",
    "definition",
    "answer_within",
    "ideal_every_days",
    "at_most_every_days",
    "items_per_30_days",
    "care_reviews_per_year",
    "meetings_per_year",
    "thank_referral_within_working_days",
    "follow_ups",
)
_T = TypeVar("_T")
_SAFE_LINK = re.compile(r"(?:https?|mailto|tel|sms|xmpp|geo|cid):|[^:]*\Z|[#/?.]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ContactLinks:
    """The links of one mail to one contact; None where there is no such page."""

    unsubscribe: str | None = None
    preferences: str | None = None
    view: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a template is told besides the contact: the same for a whole campaign but for `links`.

    `timezone` and `locale` are the firm's, and those of contacts whose own are not known. `tiers`
    says what the contact's tier is promised.
    """

    sender: Sender
    now: datetime
    links: ContactLinks = ContactLinks()
    company: str | None = None
    postal_address: str | None = None
    website: str | None = None
    timezone: str = "UTC"
    locale: str = "en"
    tiers: Tiers | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's content. `html` is None for a mail of plain text. `warnings` did not stop it."""

    subject: str
    preheader: str | None
    html: str | None
    text: str
    warnings: tuple[Problem, ...] = ()


class TemplateSet:
    """The templates in a folder, or in a mapping of names to texts such as `Template.files`.

    `attributes` are the names of the workspace's own attributes of contacts; with them, misspelt
    ones are found before anything is rendered. `timezone` decides which day it is for keys.
    """

    def __init__(
        self,
        folder: Path | Mapping[str, str],
        *,
        attributes: Collection[str] | None = None,
        timezone: str = "UTC",
    ) -> None:
        self.folder = folder if isinstance(folder, Path) else None
        self._files = None if isinstance(folder, Path) else dict(folder)
        self.attributes = None if attributes is None else tuple(attributes)
        self.timezone = timezone

    def names(self) -> list[str]:
        """Return the names of all templates, without layouts and partials."""
        found: dict[str, str] = {}
        for file in self.listing():
            path = PurePosixPath(file)
            parts = path.parts
            if path.suffix not in SUFFIXES or any(part.startswith(("_", ".")) for part in parts):
                continue
            if len(parts) > 1 and parts[0] in _APART:
                continue
            found[str(path.with_suffix(""))] = file
        return sorted(found, key=_natural)

    def editions(self, series: str) -> list[str]:
        """Return the names of the templates in the folder `series`, the oldest first."""
        return [name for name in self.names() if str(PurePosixPath(name).parent) == series]

    def current(self, series: str, now: datetime) -> str:
        """Return the newest edition of `series` that is not named after a time to come."""
        today = now.astimezone(_zone(self.timezone)).date()
        ready = [name for name in self.editions(series) if not _is_ahead(name, today)]
        if ready:
            return ready[-1]
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

    def load(self, name: str) -> "Template":
        """Read and check a template by name, file name, or series (its last edition).

        Raises `NotFoundError`, or `TemplateError` with everything that is wrong in all its files.
        """
        file = self._find(name)
        return Template(self, file)

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
            if not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
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


class Template:
    """One template with everything it depends on, read and checked.

    `name` is the file's name without suffix, `file` with it, both relative to the template folder.
    `files` maps the name of every file it depends on to its text, and `hash` is a digest of them.
    """

    def __init__(self, templates: TemplateSet, file: str) -> None:
        self.file = file
        self.name = str(PurePosixPath(file).with_suffix(""))
        self.format = PurePosixPath(file).suffix
        self._templates = templates
        self.display = templates.display
        snapshot = Snapshot(templates, file)
        self.front_matter: FrontMatter = snapshot.front_matter
        self.files: Mapping[str, str] = snapshot.files
        self.warnings: tuple[Problem, ...] = tuple(snapshot.warnings)
        self._sheets = snapshot.sheets
        self._layout = snapshot.layout
        self._text_file = snapshot.text_file
        self._sandboxes = snapshot.sandboxes
        self._base = self._document_name()
        listed = json.dumps(sorted(self.files.items()), ensure_ascii=False)
        self.hash = sha256(listed.encode("utf-8", "surrogatepass")).hexdigest()
        self._inline = {
            key: self._compiled_inline(key)
            for key in ("subject", "preheader", "text")
            if getattr(self.front_matter, key) is not None
            and not (key == "text" and self._text_file)
        }

    def __repr__(self) -> str:
        return f"Template({self.name!r})"

    @property
    def series(self) -> str:
        """What a contact subscribes to and opts out of: as declared, else folder or name."""
        parent = str(PurePosixPath(self.name).parent)
        default = PurePosixPath(self.name).name if parent == "." else parent.replace("/", "-")
        return self.front_matter.series or default

    def edition_key(self, now: datetime) -> str:
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
            today = now.astimezone(_zone(self._templates.timezone)).date()
            return f"{self.series}@{period.name_of(today)}"
        return f"{self.series}@{stem}" if in_series else self.series

    def render(self, contact: Contact, scene: Scene) -> Rendered:
        """Return the mail for `contact`, or raise `TemplateError` saying where and why not."""
        locale = self._locale(contact, scene)
        zone = _zone(contact.timezone or scene.timezone, scene.timezone)
        names = self._names(contact, scene, locale, zone)
        state = Rendering(
            locale=locale,
            zone=zone,
            first_name=contact.first_name,
            names=frozenset(
                [*names, *FUNCTION_NAMES, *(f"contact.{field}" for field in CONTACT_FIELDS)]
            ),
        )
        with rendering(state):
            subject = _one_line(self._run_inline("subject", names))
            if not subject:
                raise TemplateError(
                    "the subject is empty for this contact",
                    source=self.display(self.file),
                    line=self.front_matter.lines.get("subject"),
                )
            names["subject"] = subject
            preheader = None
            if "preheader" in self._inline:
                preheader = _one_line(self._run_inline("preheader", names)) or None
            names["preheader"] = preheader or ""
            if self.format == ".txt":
                text = self._text_body(names)
                return Rendered(subject, preheader, None, _tidy(text))
            html, warnings = self._html(names)
            return Rendered(subject, preheader, html, self._text(html, names), warnings)

    def _names(
        self, contact: Contact, scene: Scene, locale: Locale, zone: tzinfo
    ) -> dict[str, object]:
        """Return everything a template can name, but for functions."""
        now = scene.now.astimezone(zone)
        firm = Record(
            "the workspace",
            {
                "company": scene.company,
                "postal_address": scene.postal_address,
                "website": scene.website,
            },
            "set it in outreach.toml, or write | default(…)",
        )
        return {
            **self.front_matter.variables,
            "contact": self._contact(contact),
            "sender": Record(
                "sender",
                {
                    "name": scene.sender.name,
                    "address": scene.sender.address,
                    "reply_to": scene.sender.reply_to or scene.sender.address,
                },
            ),
            "links": Record(
                "links",
                {
                    "unsubscribe": scene.links.unsubscribe,
                    "preferences": scene.links.preferences,
                    "view": scene.links.view,
                },
                "set link_base in outreach.toml, or write {% if links.… %}",
            ),
            "promise": _promise(contact.tier, scene.tiers),
            **{name: firm.look_up(name) for name in ("company", "postal_address", "website")},
            "now": now,
            "today": now.date(),
            "locale": str(locale).replace("_", "-"),
            "language": self.front_matter.language or str(locale).replace("_", "-"),
            "direction": locale.text_direction,
        }

    def _contact(self, contact: Contact) -> Record:
        attributes: dict[str, object] = dict.fromkeys(self._templates.attributes or ())
        attributes |= contact.attributes
        values: dict[str, object] = {
            **attributes,
            "attributes": Record("contact", attributes),
            **{name: getattr(contact, name) for name in CONTACT_FIELDS},
            **{name: tuple(sorted(getattr(contact, name))) for name in CONTACT_SETS},
        }
        return Record("contact", values)

    def _locale(self, contact: Contact, scene: Scene) -> Locale:
        """Return the contact's locale or, where the template has another language, that."""
        own = _parse_locale(contact.locale) or _parse_locale(scene.locale) or Locale("en")
        fixed = _parse_locale(self.front_matter.language)
        return own if fixed is None or fixed.language == own.language else fixed

    # What turns text into mail is imported where it is used: a run from cron that finds nothing to
    # do loads its template to know the key, and renders nothing.

    def _html(self, names: dict[str, object]) -> tuple[str, tuple[Problem, ...]]:
        from outreach.rendering.markdown import (  # noqa: PLC0415
            markdown_to_html,
            markdown_to_mjml,
        )
        from outreach.rendering.mjml import render_mjml  # noqa: PLC0415

        body = self.display(self.file)
        if self._layout is None and self.format == ".md":
            source = self._run(Language.MARKDOWN, self.file, names)
            content = markdown_to_html(source, body, original=self.files[self.file])
            html = _LETTER.format(
                language=escape(str(names["language"])),
                direction=names["direction"],
                title=escape(str(names["subject"])),
                content=content,
            )
            return self._finished(html, names, has_preview=False), ()
        if self._layout is None:
            source = self._run(Language.HTML, self.file, names)
        else:
            if self.format == ".md":
                source = self._run(Language.MARKDOWN, self.file, names)
                fragment = markdown_to_mjml(source, body, original=self.files[self.file])
            else:
                fragment = self._run(Language.HTML, self.file, names)
            content_names = {**names, "content": Markup(fragment)}  # noqa: S704 - escaped in making
            source = self._run(Language.HTML, self._layout, content_names)
        source = source.lstrip("\n")
        try:
            result = render_mjml(source, name=self._base, loader=self._load_mjml)
        except TemplateError as error:
            raise TemplateError([self._mapped(p, source) for p in error.problems]) from error
        warnings = tuple(self._mapped(problem, source) for problem in result.warnings)
        html = self._finished(result.html, names, has_preview="<mj-preview" in source)
        return html, warnings

    def _finished(self, html: str, names: Mapping[str, object], *, has_preview: bool) -> str:
        from outreach.rendering.css import inline_css  # noqa: PLC0415
        from outreach.rendering.text import links_of  # noqa: PLC0415

        html = inline_css(html)
        if names["preheader"] and not has_preview:
            html = _with_preheader(html, str(names["preheader"]))
        for link in links_of(html):
            if not _SAFE_LINK.match(link):
                raise TemplateError(
                    f"there is a link to {link[:80]!r}, which no mail program may follow",
                    source=self.display(self.file),
                    hint="links begin with https:, mailto: or tel:",
                )
        return html

    def _text(self, html: str, names: dict[str, object]) -> str:
        if self._text_file:
            return _tidy(self._run(Language.TEXT, self._text_file, names))
        if "text" in self._inline:
            return _tidy(self._run_inline("text", names))
        from outreach.rendering.text import html_to_text  # noqa: PLC0415

        return html_to_text(html)

    def _text_body(self, names: dict[str, object]) -> str:
        text = self._run(Language.TEXT, self.file, names)
        if self._layout is None:
            return text
        return self._run(Language.TEXT, self._layout, {**names, "content": text.strip("\n")})

    def _run(self, language: Language, file: str, names: dict[str, object]) -> str:
        """Run Jinja over a file."""
        sandbox = self._sandboxes[language]
        return self._guarded(lambda: _filled(sandbox.get_template(file), names))

    def _run_inline(self, key: str, names: dict[str, object]) -> str:
        return self._guarded(lambda: _filled(self._inline[key], names))

    def _guarded(self, work: Callable[[], _T]) -> _T:
        try:
            return work()
        except EXPECTED as error:
            raise as_template_error(error, self.display, self.files) from error

    def _compiled_inline(self, key: str) -> jinja2.Template:
        sheet = self._sheets[self.file]
        if key not in sheet.values and self._layout:
            sheet = self._sheets[self._layout]
        source = "\n" * (sheet.starts[key] - 1) + sheet.values[key]
        sandbox = self._sandboxes[Language.TEXT]

        def compiled() -> jinja2.Template:
            code = sandbox.compile(source, sheet.name, sheet.name)
            return jinja2.Template.from_code(sandbox, code, sandbox.make_globals(None))

        return self._guarded(compiled)

    def _document_name(self) -> str:
        """Return the file that holds the ``<mjml>``, to whose folder its includes are relative."""
        name = self._layout or self.file
        seen = {name}
        while (parent := self._sheets_extended(name)) and parent not in seen:
            seen.add(parent)
            name = parent
        return name

    def _sheets_extended(self, name: str) -> str | None:
        found = re.search(r"\{%-?\s*extends\s+[\"']([^\"']+)[\"']", self._sheets[name].body)
        return found[1] if found and found[1] in self._sheets else None

    def _load_mjml(self, name: str) -> str:
        if name not in self.files:
            raise FileNotFoundError(name)
        return self.files[name]

    def _mapped(self, problem: Problem, source: str) -> Problem:
        """Return a problem of the MJML that Jinja made, placed where a person wrote that line."""
        if problem.source != self._base:
            return replace(problem, source=self.display(problem.source or self._base))
        if problem.line is None:
            return replace(problem, source=self.display(self._base))
        wanted = source.split("\n")[problem.line - 1]
        places = [
            (file, number, line)
            for file in (self._base, *(name for name in self.files if name != self._base))
            for number, line in enumerate(self.files[file].split("\n"), 1)
            if line.strip() == wanted.strip()
        ]
        if not places:
            return replace(
                problem,
                message=f"{problem.message} (in what Jinja made: {wanted.strip()[:60]})",
                source=self.display(self.file),
                line=None,
                column=None,
            )
        file, number, line = places[0]
        shift = len(line) - len(line.lstrip()) - (len(wanted) - len(wanted.lstrip()))
        column = problem.column and problem.column + shift
        return replace(problem, source=self.display(file), line=number, column=column)


def _promise(name: str, tiers: Tiers | None) -> Record:
    """Return what the tier called `name` is promised, as ``tiers.toml`` has it now."""
    promised: dict[str, object] = dict.fromkeys(_PROMISED)
    if tiers is not None and name in tiers:
        promised = {field: getattr(tiers[name], field) for field in _PROMISED}
        promised["answer_within"] = str(promised["answer_within"])
    return Record("promise", promised, f'tiers.toml promises no such thing to "{name}"')


def _filled(template: jinja2.Template, names: Mapping[str, object]) -> str:
    # Not `Template.render`, which would rewrite the traceback that tells us the place.
    context = template.new_context(dict(names))
    return "".join(template.root_render_func(context))


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort key in which 9 comes before 10."""
    parts = re.split(r"(\d+)", name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _is_ahead(name: str, today: date) -> bool:
    stem = PurePosixPath(name).name
    period = Period.named(stem)
    return period is not Period.NONE and stem > period.name_of(today)


def _zone(name: str, fallback: str = "UTC") -> tzinfo:
    for zone in (name, fallback):
        try:
            return ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return UTC


def _parse_locale(tag: str | None) -> Locale | None:
    """Return the locale that a tag such as ``pt-BR`` means, or its language's, or None."""
    for candidate in (tag, tag and re.split("[-_]", tag)[0]):
        try:
            if candidate:
                return Locale.parse(candidate.replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def _one_line(text: str) -> str:
    return re.sub(r"[ \t\n]+", " ", text).strip(" ")


def _tidy(text: str) -> str:
    """Return a text part without blanks at its ends and at those of its lines."""
    lines = [line.rstrip(" \t") for line in text.split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


_LETTER = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:16px;font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;\
font-size:16px;line-height:1.5">
<div style="max-width:640px">
{content}</div>
</body>
</html>
"""

_PREHEADER = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0px;max-width:0px;'
    'opacity:0;overflow:hidden;mso-hide:all">{}{}</div>'
)


def _with_preheader(html: str, preheader: str) -> str:
    """Put what an inbox shows beside the subject first in the body, and nothing visible."""
    # Padded, or the inbox would fill its line with the first words of the mail.
    padding = "&#847;&zwnj;&nbsp;" * max(0, 120 - len(preheader))
    hidden = _PREHEADER.format(escape(preheader), padding)
    return re.sub(r"<body\b[^>]*>", lambda found: found[0] + hidden, html, count=1)
