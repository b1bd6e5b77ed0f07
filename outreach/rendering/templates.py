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
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from errno import ENOENT
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import jinja2
from babel import Locale
from markupsafe import Markup

from outreach.domain.contact import Contact
from outreach.errors import Problem, TemplateError
from outreach.rendering.assets import (
    FOLDER,
    Attachment,
    InlineImage,
    attachments_of,
    candidates,
    inline_image,
    with_images,
)
from outreach.rendering.budget import Rendering, rendering
from outreach.rendering.editions import OUTSIDE, Edition, TemplateFolder
from outreach.rendering.faults import EXPECTED, as_template_error, image_error, link_error
from outreach.rendering.front_matter import FrontMatter
from outreach.rendering.invites import invitation
from outreach.rendering.letter import LETTER, hidden_preheader, with_hidden
from outreach.rendering.mjml_source import Wrote
from outreach.rendering.origins import Origins, origins_of
from outreach.rendering.sandbox import Language, Record
from outreach.rendering.scene import (
    Scene,
    links_record,
    parse_locale,
    promise,
    tag_of,
    zone_for,
)
from outreach.rendering.snapshot import (
    CONTACT_FIELDS,
    CONTACT_SETS,
    FUNCTION_NAMES,
    INLINE,
    Snapshot,
    lookup,
)

if TYPE_CHECKING:
    from outreach.rendering.headers import Mailbox
    from outreach.rendering.message import Invite

_T = TypeVar("_T")
_VALUE = re.compile(r"\s*[\w.-]+\s*:[ \t]+(?=\S)")
_SAFE_LINK = re.compile(r"(?:https?|mailto|tel|sms|xmpp|geo|cid):|[^:]*\Z|[#/?.]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's content. `html` is None for a mail of plain text. `warnings` did not stop it."""

    subject: str
    preheader: str | None
    html: str | None
    text: str
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A document with its styles inlined, and whether it says itself what an inbox shows of it."""

    html: str
    has_preview: bool
    warnings: tuple[Problem, ...] = ()
    styles: str = ""  # applied, and not to be seen in it


class TemplateSet(TemplateFolder):
    """The templates in a folder or a mapping, ready to be rendered.

    `attributes` are the names of the workspace's own attributes of contacts; with them, misspelt
    ones are found before anything is rendered.
    """

    def __init__(
        self,
        folder: Path | Mapping[str, str],
        *,
        attributes: Collection[str] | None = None,
        timezone: str = "UTC",
        assets: Path | None = None,
    ) -> None:
        super().__init__(folder, timezone=timezone, assets=assets)
        self.attributes = None if attributes is None else tuple(attributes)

    def load(self, name: str) -> "Template":
        """Read and check a template by name, file name, or series (its last edition).

        Raises `NotFoundError`, or `TemplateError` with everything that is wrong in all its files.
        """
        return Template(self, self.find(name))


class Template:
    """One template with everything it depends on, read and checked.

    `name` is the file's name without suffix, `file` with it, both relative to the template folder.
    `files` maps the name of every file it depends on to its text, or to its digest if it goes along
    as it is, and `hash` is a digest of them; translations are among them, and not among
    `own_files`. `translations` are the template's versions in other languages, by tag in lower
    case.
    """

    def __init__(
        self,
        templates: TemplateSet,
        file: str,
        *,
        original: "Template | None" = None,
        tag: str | None = None,
    ) -> None:
        self.file = file
        self.name: str = original.name if original else str(PurePosixPath(file).with_suffix(""))
        self.format = PurePosixPath(file).suffix
        self._templates = templates
        self.attributes = tuple(templates.attributes or ())
        self.display = templates.display
        snapshot = Snapshot(
            templates,
            file,
            attributes=templates.attributes,
            original=original._snapshot if original else None,
            tag=tag,
        )
        self._snapshot: Snapshot = snapshot
        self.front_matter: FrontMatter = snapshot.front_matter
        self.edition = Edition(self.name, file, self.front_matter, templates.timezone)
        self.files: Mapping[str, str] = snapshot.files
        self.own_files: Mapping[str, str] = snapshot.files
        self.warnings: tuple[Problem, ...] = tuple(snapshot.warnings)
        self.sheets = snapshot.sheets
        self.trees = snapshot.trees
        self.layout = snapshot.layout
        self.text_file = snapshot.text_file
        self.sandboxes = snapshot.sandboxes
        self._base = self._document_name()
        self._images = {
            name: inline_image(name, data)
            for name, data in snapshot.assets.items()
            if name in snapshot.shown
        }
        self.images: tuple[InlineImage, ...] = tuple(
            {image.cid: image for image in self._images.values()}.values()
        )
        self.attachments: tuple[Attachment, ...] = attachments_of(
            self.front_matter.attachments, self._asset
        )
        self.translations: Mapping[str, Template] = {} if original else self._translations()
        for version in self.translations.values():
            self.files = {**self.files, **version.files}
            self.warnings += version.warnings
        listed = json.dumps(sorted(self.files.items()), ensure_ascii=False)
        self.hash = sha256(listed.encode("utf-8", "surrogatepass")).hexdigest()
        self._inline = {
            key: compiled for key in INLINE if (compiled := self._compiled_inline(key)) is not None
        }

    def __repr__(self) -> str:
        return f"Template({self.name!r})"

    @property
    def series(self) -> str:
        """What a contact subscribes to and opts out of."""
        return self.edition.series

    def edition_key(self, now: datetime) -> str:
        """Return the key of a mailing of this template at `now`."""
        return self.edition.key(now)

    def render(self, contact: Contact, scene: Scene) -> Rendered:
        """Return the mail for `contact`, or raise `TemplateError` saying where and why not.

        It is in the language of this version: `version_for` finds the contact's.
        """
        names, state = self._prepared(contact, scene)
        with rendering(state):
            subject = one_line(self._run_inline("subject", names))
            if not subject:
                raise TemplateError(
                    "the subject is empty for this contact",
                    source=self.display(self.file),
                    line=self.front_matter.lines.get("subject"),
                )
            names["subject"] = subject
            preheader = None
            if "preheader" in self._inline:
                preheader = one_line(self._run_inline("preheader", names)) or None
            names["preheader"] = preheader or ""
            if self.format == ".txt":
                text = self._text_body(names)
                return Rendered(subject, preheader, None, tidy(text))
            html, warnings = self._html(names)
            return Rendered(subject, preheader, html, self._text(html, names), warnings)

    def _prepared(self, contact: Contact, scene: Scene) -> tuple[dict[str, object], Rendering]:
        locale = self.locale_for(contact, scene)
        zone = zone_for(contact, scene)
        names = self._names(contact, scene, locale, zone)
        state = Rendering(
            locale=locale,
            zone=zone,
            first_name=contact.first_name,
            names=frozenset(
                [*names, *FUNCTION_NAMES, *(f"contact.{field}" for field in CONTACT_FIELDS)]
            ),
        )
        return names, state

    def _names(
        self, contact: Contact, scene: Scene, locale: Locale, zone: tzinfo
    ) -> dict[str, object]:
        """Return everything a template can name, but for functions."""
        now = scene.now.astimezone(zone)
        return {
            **self.shared_names(scene),
            "contact": self._contact(contact),
            "links": links_record(scene.links),
            "promise": promise(contact.tier, scene.tiers),
            "now": now,
            "today": now.date(),
            **self.languages(locale),
        }

    def shared_names(self, scene: Scene) -> dict[str, object]:
        """Return what a template can name that is the same for a whole mailing."""
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
            "sender": Record(
                "sender",
                {
                    "name": scene.sender.name,
                    "address": scene.sender.address,
                    "reply_to": scene.sender.reply_to or scene.sender.address,
                },
            ),
            **{name: firm.look_up(name) for name in ("company", "postal_address", "website")},
        }

    def languages(self, locale: Locale) -> dict[str, object]:
        """Return what a template can name that depends on the language it is rendered in."""
        return {
            "locale": str(locale).replace("_", "-"),
            "language": self.front_matter.language or str(locale).replace("_", "-"),
            "direction": locale.text_direction,
        }

    def _contact(self, contact: Contact) -> Record:
        attributes: dict[str, object] = dict.fromkeys(self.attributes)
        attributes |= contact.attributes
        values: dict[str, object] = {
            **attributes,
            "attributes": Record("contact", attributes),
            **{name: getattr(contact, name) for name in CONTACT_FIELDS},
            **{name: tuple(sorted(getattr(contact, name))) for name in CONTACT_SETS},
        }
        return Record("contact", values)

    def locale_for(self, contact: Contact, scene: Scene) -> Locale:
        """Return the contact's locale or, where the template has another language, that."""
        own = parse_locale(contact.locale) or parse_locale(scene.locale) or Locale("en")
        fixed = parse_locale(self.front_matter.language)
        return own if fixed is None or fixed.language == own.language else fixed

    # What turns text into mail is imported where it is used: a run from cron that finds nothing to
    # do loads its template to know the key, and renders nothing.

    def _html(self, names: dict[str, object]) -> tuple[str, tuple[Problem, ...]]:
        from outreach.rendering.text import links_of  # noqa: PLC0415

        source = self._run(self.body_language, self.file, names)
        if self.layout is not None:
            content = Markup(self.fragment(source))  # noqa: S704 - escaped in making
            source = self._run(Language.HTML, self.layout, {**names, "content": content})
        page = self.document(
            source,
            subject=str(names["subject"]),
            language=str(names["language"]),
            direction=str(names["direction"]),
        )
        html = page.html
        if names["preheader"] and not page.has_preview:
            html = with_hidden(html, hidden_preheader(str(names["preheader"])))
        for link in links_of(html):
            self.check_link(link)
        return html, page.warnings

    @property
    def body_language(self) -> Language:
        """What the body is written in."""
        return {".md": Language.MARKDOWN, ".txt": Language.TEXT}.get(self.format, Language.HTML)

    def fragment(self, source: str) -> str:
        """Return what Jinja made of the body as MJML to stand in a layout."""
        if self.format != ".md":
            return source
        from outreach.rendering.markdown import markdown_to_mjml  # noqa: PLC0415

        return self._traced(markdown_to_mjml, source)

    def document(self, source: str, *, subject: str, language: str, direction: str) -> Page:
        """Return the page for what Jinja made of the layout or, without one, of the body.

        The rest is used for a letter of Markdown alone, whose frame is ours.
        """
        from outreach.rendering.css import inline_css  # noqa: PLC0415

        if self.layout is None and self.format == ".md":
            from outreach.rendering.markdown import markdown_to_html  # noqa: PLC0415

            html = LETTER.format(
                language=escape(language),
                direction=direction,
                title=escape(subject),
                content=self._traced(markdown_to_html, source),
            )
            return Page(with_images(inline_css(html), self._image_url), has_preview=False)
        from outreach.rendering.mjml import render_mjml  # noqa: PLC0415

        source = source.lstrip("\n")
        try:
            result = render_mjml(source, name=self._base, loader=self._load_mjml, wrote=self._wrote)
        except TemplateError as error:
            raise TemplateError(self._mapped(error.problems, source, self._base)) from error
        warnings = tuple(self._mapped(result.warnings, source, self._base))
        html = with_images(inline_css(result.html), self._image_url)
        return Page(html, "<mj-preview" in source, warnings, result.styles)

    def _image_url(self, written: str) -> str:
        """Return the address of an inline image that the HTML shows by its relative path."""
        besides = (self.file, self.layout or self.file, self._base)
        names = [name for beside in besides for name in candidates(written, beside)]
        for name in names:
            if name in self._images:
                return f"cid:{self._images[name].cid}"
        known = (*self._images, *self._templates.listing())
        outside = [self.display(name) for name in names if self._templates.leads_out(name)]
        sources, folder = self._displayed(), self.display(FOLDER)
        raise image_error(written, sources, known=known, folder=folder, outside=outside)

    def _asset(self, written: str) -> bytes:
        assets = self._snapshot.assets
        return next(assets[name] for name in candidates(written, self.file) if name in assets)

    def _translations(self) -> "dict[str, Template]":
        """Return a version for each language that the body, or the layout around it, speaks."""
        bodies = self._templates.translations(self.file)
        layouts = self._templates.translations(self.layout) if self.layout else {}
        own = parse_locale(self.front_matter.language)
        chosen: dict[str, str] = dict(bodies)
        for tag in layouts:
            body = next((bodies[near] for near in lookup(tag) if near in bodies), None)
            known = parse_locale(tag)
            if body is None and own and known and own.language == known.language:
                body = self.file
            if body is not None:
                chosen.setdefault(tag, body)
        versions: dict[str, Template] = {}
        problems: list[Problem] = []
        for tag, file in chosen.items():
            try:
                versions[tag] = Template(
                    self._templates, file, original=self, tag=_written_tag(tag)
                )
            except TemplateError as error:
                problems += error.problems
        if problems:
            raise TemplateError(problems)
        return versions

    def version_for(self, contact: Contact, locale: str) -> "Template":
        """Return the translation for `contact`: that of their locale, of its language, or this.

        `locale` is that of contacts whose own is not known.
        """
        if not self.translations:
            return self
        tags = lookup(tag_of(contact, locale))
        return next((self.translations[tag] for tag in tags if tag in self.translations), self)

    def untranslated(self, contact: Contact, locale: str) -> str | None:
        """Return the locale for which a template that has translations has none, or None."""
        if not self.translations or self.version_for(contact, locale) is not self:
            return None
        tag = tag_of(contact, locale)
        wanted = parse_locale(tag)
        own = parse_locale(self.front_matter.language or locale)
        return None if wanted and own and wanted.language == own.language else tag

    def invite(
        self, contact: Contact, scene: Scene, *, uid: str, reader: "Mailbox", rsvp: bool
    ) -> "Invite | None":
        """Return the invitation to the template's event, if it has one, as it reads for `contact`.

        `rsvp` is whether to ask for an answer where the template does not say; `uid` is that of the
        calendar object for ever.
        """
        event = self.front_matter.event
        if event is None:
            return None
        names, state = self._prepared(contact, scene)

        def text(key: str) -> str | None:
            name = f"event.{key}"
            if name not in self._inline:
                return None
            value = self._run_inline(name, names).strip()
            return value if key == "description" else one_line(value)

        with rendering(state):
            if not text("title"):
                raise TemplateError(
                    "the event's title is empty for this contact",
                    source=self.display(self.file),
                    line=self.front_matter.lines.get("event.title"),
                )
            return invitation(
                event,
                text,
                uid=uid,
                at=scene.now,
                sender=scene.sender,
                reader=reader,
                zone=scene.timezone,
                rsvp=rsvp,
            )

    def check_link(self, link: str) -> None:
        """Raise `LinkError` for a link that no mail may have."""
        if not _SAFE_LINK.match(link):
            raise link_error(link, self._displayed())

    def _displayed(self) -> dict[str, str]:
        """Return the texts of the files by the names that people know, the template first."""
        ordered = {self.file: self.own_files[self.file], **self.own_files}
        return {self.display(name): text for name, text in ordered.items()}

    def column(self, line: int) -> int | None:
        """Return the column at which the value of a key in the front matter's `line` begins."""
        found = _VALUE.match(self.files[self.file].split("\n")[line - 1])
        return found.end() + 1 if found else None

    def image_names(self, cid: str) -> list[str]:
        """Return the files that travel as the inline image `cid`: their whole names, and short."""
        names = [name for name, image in self._images.items() if image.cid == cid]
        return [*names, *(PurePosixPath(name).name for name in names)]

    def _text(self, html: str, names: dict[str, object]) -> str:
        if self.text_file:
            return tidy(self._run(Language.TEXT, self.text_file, names))
        if "text" in self._inline:
            return tidy(self._run_inline("text", names))
        from outreach.rendering.text import html_to_text  # noqa: PLC0415

        return html_to_text(html)

    def _text_body(self, names: dict[str, object]) -> str:
        text = self._run(Language.TEXT, self.file, names)
        if self.layout is None:
            return text
        return self._run(Language.TEXT, self.layout, {**names, "content": text.strip("\n")})

    def _run(self, language: Language, file: str, names: dict[str, object]) -> str:
        """Run Jinja over a file."""
        sandbox = self.sandboxes[language]
        return self._guarded(lambda: filled(sandbox.get_template(file), names))

    def _run_inline(self, key: str, names: dict[str, object]) -> str:
        return self._guarded(lambda: filled(self._inline[key], names))

    def _guarded(self, work: Callable[[], _T]) -> _T:
        try:
            return work()
        except EXPECTED as error:
            raise as_template_error(error, self.display, self.files) from error

    def inline_source(self, key: str) -> tuple[str, str] | None:
        """Return the source of a text in the front matter, at its line, and its file's name."""
        sheet = self._snapshot.inline(key)
        if sheet is None or (key == "text" and self.text_file):
            return None
        return "\n" * (sheet.starts[key] - 1) + (sheet.text(key) or ""), sheet.name

    def _compiled_inline(self, key: str) -> jinja2.Template | None:
        written = self.inline_source(key)
        if written is None:
            return None
        source, name = written
        sandbox = self.sandboxes[Language.TEXT]

        def compiled() -> jinja2.Template:
            code = sandbox.compile(source, name, name)
            return jinja2.Template.from_code(sandbox, code, sandbox.make_globals(None))

        return self._guarded(compiled)

    def _document_name(self) -> str:
        """Return the file that holds the ``<mjml>``, to whose folder its includes are relative."""
        name = self.layout or self.file
        seen = {name}
        while (parent := self._sheets_extended(name)) and parent not in seen:
            seen.add(parent)
            name = parent
        return name

    def _sheets_extended(self, name: str) -> str | None:
        found = re.search(r"\{%-?\s*extends\s+[\"']([^\"']+)[\"']", self.sheets[name].body)
        return found[1] if found and found[1] in self.sheets else None

    def _load_mjml(self, name: str) -> str:
        if name not in self.files:
            out = self._templates.leads_out(name)
            raise FileNotFoundError(ENOENT, f"it {OUTSIDE}") if out else FileNotFoundError(name)
        return self.files[name]

    @cached_property
    def _origins(self) -> Origins:
        lexer = self.sandboxes[Language.HTML].lexer
        ordered = (self._base, *(name for name in self.files if name != self._base))
        return origins_of(
            {name: self.files[name] for name in ordered},
            {name: sheet.body for name, sheet in self.sheets.items() if not name.endswith(".txt")},
            lexer,
        )

    def _wrote(self, words: str) -> bool:
        return self._origins.wrote(words)

    def _traced(self, convert: Callable[[str, str, Wrote], str], source: str) -> str:
        """Convert the body; what is wrong with it is told where a person wrote it."""
        try:
            return convert(source, self.file, self._wrote)
        except TemplateError as error:
            raise TemplateError(self._mapped(error.problems, source, self.file)) from error

    def _mapped(self, problems: Iterable[Problem], source: str, name: str) -> list[Problem]:
        """Return problems, those with what Jinja made, `name`, placed where a person wrote it."""
        # Most mails have none, and need no origins.
        placed = (
            self._origins.placed(one, source) if one.source == name else one for one in problems
        )
        shown = (replace(one, source=self.display(one.source or self.file)) for one in placed)
        return list(dict.fromkeys(shown))


def filled(template: jinja2.Template, names: Mapping[str, object]) -> str:
    """Return what a template of Jinja gives with these names."""
    # Not `Template.render`, which would rewrite the traceback that tells us the place.
    context = template.new_context(dict(names))
    return "".join(template.root_render_func(context))


def _written_tag(tag: str) -> str:
    return str(Locale.parse(tag, sep="-")).replace("_", "-")


def one_line(text: str) -> str:
    """Return `text` with single spaces for all white space, and none around it."""
    return re.sub(r"[ \t\n]+", " ", text).strip(" ")


def tidy(text: str) -> str:
    """Return a text part without blanks at its ends and at those of its lines."""
    lines = [line.rstrip(" \t") for line in text.split("\n")]
    return "\n".join(lines).strip("\n") + "\n"
