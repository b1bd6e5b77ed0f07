"""The compiled path: the same mail as `Template.render`, several hundred times faster.

For each contact Jinja writes a short key (`keys`). The key names a `Skeleton`, which the plain
path made once for all contacts whose mail takes the same branches, and which only has to be filled
with this contact's values. What cannot be had in this way exactly is left to the plain path, and
counted; `CompiledTemplate.problems` says why. See ``docs/compiled.md``.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from threading import Lock

import jinja2
from babel import Locale
from jinja2 import nodes
from jinja2.runtime import Context
from markupsafe import Markup

from outreach.domain.contact import Contact
from outreach.errors import OutreachError, Problem
from outreach.rendering.budget import MAX_CHARACTERS, MAX_STEPS, rendering
from outreach.rendering.captures import (
    capture_use,
    constant_text,
    has_captures,
    keeps_modules_apart,
    prints_links_only,
)
from outreach.rendering.contact_record import ContactRecord
from outreach.rendering.faults import EXPECTED
from outreach.rendering.folding import stored
from outreach.rendering.holes import CONTENT
from outreach.rendering.keys import Keying, Keys, KeySandbox
from outreach.rendering.sandbox import Language, Missing
from outreach.rendering.scene import ContactLinks, Scene, links_record, promise, zone_for
from outreach.rendering.skeleton import Key, LearnedError, Skeleton
from outreach.rendering.splicing import Filled, SplicedPart
from outreach.rendering.straight import Path, Straight
from outreach.rendering.straight_calls import HopelessError, UnfitError
from outreach.rendering.straight_writer import Source, Surroundings
from outreach.rendering.tame import NotTameError, is_tame
from outreach.rendering.templates import Rendered, Template, one_line, tidy
from outreach.rendering.values import Tokens, Value, value_of

MOST_SKELETONS = 256
"""Skeletons kept for one template."""
MOST_CHARACTERS = 24_000_000
"""Characters that the skeletons of one template may keep together."""

_MOST_LOCALES = 512
_WAIT = 3  # contacts that Jinja does before a shortcut is written
_AGREED = 2  # times that Jinja has to confirm a path
_ROUNDS = 12  # of learning, for one skeleton
_WINDOW = 200  # contacts
_WORTHWHILE = 100  # of them must find their skeleton made
# The compiled path charges for a little less than the plain path does; near the bounds it is the
# plain path that must decide.
_MARGIN = 2


@dataclass(slots=True)
class Counts:
    """How many mails were filled in, how many the plain path made, and how many skeletons."""

    filled: int = 0
    plain: int = 0
    skeletons: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.filled + other.filled,
            self.plain + other.plain,
            self.skeletons + other.skeletons,
            self.reasons + other.reasons,
        )


@dataclass(slots=True)
class Found:
    """The skeleton for a contact, and what to fill it with."""

    skeleton: Skeleton
    values: list[Value]
    subject: str
    preheader: str | None
    whole_text: SplicedPart | None

    @property
    def tokens(self) -> frozenset[int]:
        """The numbers of the tokens that have to be made."""
        tokens = self.skeleton.tokens
        return tokens if self.whole_text is None else tokens | self.whole_text.tokens

    def fill(self, tokens: Tokens) -> tuple[Filled, Filled | None]:
        """Return the text and the HTML part."""
        text, html = self.skeleton.fill(self.values, tokens)
        if self.whole_text is not None:
            text = self.whole_text.filled((), tokens)
        return text, html

    def rendered(self, tokens: Tokens) -> Rendered:
        """Return what `Template.render` would."""
        html, text = self.skeleton.texts([value.text for value in self.values], tokens)
        if self.whole_text is not None:
            text = self.whole_text.text((), tokens)
        return Rendered(self.subject, self.preheader, html, text, self.skeleton.warnings)


@dataclass(slots=True)
class _Lesson:
    """The skeleton that a path was found to stand for, and how often Jinja agreed."""

    skeleton: Skeleton
    agreed: int = 0


@dataclass(slots=True)
class _Shortcut:
    """A template as one function, for keys that hold the values `of` certain places."""

    straight: Straight
    of: tuple[set[int], set[int]]
    lessons: dict[Path, _Lesson] = field(default_factory=dict)


class CompiledTemplate:
    """A template made ready for many contacts of one mailing.

    `scene` holds what is the same for all of them; of its links, only which of them there are
    counts. Their tokens are `markers`, by number, which must stand in nothing else. One object may
    be used by several threads.
    """

    def __init__(self, template: Template, scene: Scene, markers: Mapping[int, str]) -> None:
        self.template = template
        self.counts = Counts()
        self.problems: list[Problem] = []
        self._scene = scene
        self._markers = markers
        self._skeletons: OrderedDict[Key, Skeleton | None] = OrderedDict()
        self._size = 0
        self._seen = self._made = 0
        self._shortcut: _Shortcut | None = None
        self._hopeless = False
        self._found_by_jinja = 0
        self._head_sources: dict[str, Source] = {}
        self._lock = Lock()
        self._whole_text = False
        self._locales: dict[str | None, tuple[Locale, dict[str, object]]] = {}
        try:
            self._prepare()
        except (NotTameError, OutreachError, *EXPECTED) as error:
            self._give_up(str(error))

    # Before the first contact.

    def _prepare(self) -> None:
        template = self.template
        bodies = {name: sheet.body for name, sheet in template.sheets.items()}
        loader = jinja2.FunctionLoader(bodies.get)
        written = template.trees
        inline = {
            key: (template.sandboxes[Language.TEXT].parse(*source, source[1]), *source)
            for key in ("subject", "preheader", "text")
            if (source := template.inline_source(key)) is not None
        }
        trees = [*written.values(), *(tree for tree, _, _ in inline.values())]
        self._used = {
            name.name for tree in trees for name in tree.find_all(nodes.Name) if name.ctx == "load"
        }
        self._check_imports(written)
        heads = [inline[key][0] for key in ("subject", "preheader") if key in inline]
        self._links_are_marked = prints_links_only(trees) and not any(
            name.name == "links" for tree in heads for name in tree.find_all(nodes.Name)
        )
        known = template.shared_names(self._scene)
        if self._links_are_marked:
            known["links"] = links_record(self._scene.links)
        functions = template.sandboxes[Language.TEXT].globals
        self._shared = {**functions, **known}
        self._shared = {name: self._shared[name] for name in self._used & self._shared.keys()}
        assigned = set().union(*map(stored, trees)) | {"caller", "varargs", "kwargs", "loop"}
        keys = Keys({n: v for n, v in known.items() if n not in assigned}, bodies)
        self._keys = keys
        self._heads: dict[str, str | jinja2.Template] = {}
        for key in ("subject", "preheader"):
            if key in inline:
                self._prepare_head(key, loader, assigned, *inline[key][1:])
        if "preheader" not in self._heads and "preheader" not in assigned:
            keys.known["preheader"] = ""
        self._prepare_bodies(loader, written, inline.get("text"))

    def _check_imports(self, written: Mapping[str, nodes.Template]) -> None:
        for tree in written.values():
            imports: list[nodes.Import | nodes.FromImport] = list(tree.find_all(nodes.Import))
            for node in [*imports, *tree.find_all(nodes.FromImport)]:
                name = node.template.value if isinstance(node.template, nodes.Const) else None
                module = written.get(str(name))
                if module is None or node.with_context or keeps_modules_apart(module):
                    continue
                raise NotTameError(f"{name} is imported and does more than define macros")

    def _prepare_head(
        self, key: str, loader: jinja2.BaseLoader, assigned: set[str], source: str, name: str
    ) -> None:
        """Compile the subject or the preheader, which are texts and not keys."""
        keys = self._keys
        sandbox = KeySandbox(self.template.sandboxes[Language.TEXT], keys, loader, tokenise=False)
        text = constant_text(sandbox.parse(source, name, name))
        constant = None if text is None else one_line(text)
        if constant:
            self._heads[key] = constant
            if key not in assigned:
                keys.known[key] = constant
            return
        code = sandbox.compile(source, name, name)
        self._head_sources[key] = Source(sandbox.trees[name], sandbox, key)
        self._heads[key] = jinja2.Template.from_code(sandbox, code, sandbox.make_globals(None))

    def _prepare_bodies(
        self,
        loader: jinja2.BaseLoader,
        written: Mapping[str, nodes.Template],
        text: tuple[nodes.Template, str, str] | None,
    ) -> None:
        template, keys = self.template, self._keys
        pages = [tree for name, tree in written.items() if not name.endswith(".txt")]
        texts = [tree for name, tree in written.items() if name.endswith(".txt")]
        if text is not None:
            texts.append(text[0])
        keys.captures_are_printed, tokenise = capture_use(pages)
        text_is_simple = not any(map(has_captures, texts)) and capture_use(texts)[0]
        self._whole_text = not text_is_simple
        if template.format == ".txt" and not text_is_simple:
            raise NotTameError("a plain text that calls macros or captures what it prints")
        if "content" in stored_anywhere(pages) or not tokenise:
            raise NotTameError("what a block prints is changed before it is shown")
        if template.layout and not keys.captures_are_printed and uses_content(pages):
            raise NotTameError("the layout does more with {{ content }} than print it")
        self._sandboxes = {
            language: KeySandbox(
                plain, keys, loader, tokenise=language is not Language.TEXT or text_is_simple
            )
            for language, plain in template.sandboxes.items()
        }
        self._body = self._sandboxes[template.body_language].get_template(template.file)
        language = Language.TEXT if template.format == ".txt" else Language.HTML
        self._layout = (
            self._sandboxes[language].get_template(template.layout) if template.layout else None
        )
        self._text: jinja2.Template | None = None
        if template.format != ".txt" and template.text_file:
            self._text = self._sandboxes[Language.TEXT].get_template(template.text_file)
        elif template.format != ".txt" and text is not None:
            sandbox = self._sandboxes[Language.TEXT]
            code = sandbox.compile(text[1], text[2], text[2])
            self._text = jinja2.Template.from_code(sandbox, code, sandbox.make_globals(None))
        spent = keys.spent
        self._steps = MAX_STEPS - _MARGIN * (MAX_STEPS - spent.steps) - 1000
        self._characters = MAX_CHARACTERS - _MARGIN * (MAX_CHARACTERS - spent.characters) - 100_000

    def _give_up(self, reason: str) -> None:
        self.problems = [
            Problem(
                "is rendered by the plain path, which is slower",
                self.template.display(self.template.file),
                hint=reason,
            )
        ]

    # For each contact.

    def find(
        self,
        contact: Contact,
        now: datetime,
        links: Callable[[Contact, int, datetime], ContactLinks],
        delivery_id: int,
    ) -> Found | None:
        """Return what to fill for a contact at `now`, or None where only the plain path will do.

        `links` gives those of a delivery, and is asked for only where a template does more with
        them than print them.
        """
        if self.problems:
            self.counts.plain += 1
            return None
        locale, languages = self._locales.get(contact.locale) or self._languages(contact)
        shortcut, step = self._shortcut, None
        if shortcut is not None:
            try:
                step = shortcut.straight(contact, now, self._zone_of, locale, languages)
            except HopelessError:
                self._shortcut, self._hopeless = None, True
            except Exception:  # noqa: S110 - whatever it is, Jinja will say what it means
                pass
            else:
                lesson = shortcut.lessons.get(step[0])
                if lesson is not None and lesson.agreed >= _AGREED:
                    self._seen += 1
                    lesson.skeleton.used = True
                    return Found(lesson.skeleton, step[1], step[2], step[3], None)
        try:
            zone = self._zone_of(contact)
            names = {**self._shared, **languages}
            self._add_own(names, contact, now, zone)
            if "links" in self._used and not self._links_are_marked:
                names["links"] = links_record(links(contact, delivery_id, now))
            found = self._found(contact, locale, zone, names)
        except NotTameError as error:
            self.left_to_plain(str(error))
            return None
        except (OutreachError, *EXPECTED):
            # The plain path will say it better.
            self.counts.plain += 1
            return None
        if found is not None:
            self._compare(shortcut, step, found)
        return found

    def _languages(self, contact: Contact) -> tuple[Locale, dict[str, object]]:
        locale = self.template.locale_for(contact, self._scene)
        if len(self._locales) >= _MOST_LOCALES:
            self._locales.clear()
        known = self._locales[contact.locale] = locale, self.template.languages(locale)
        return known

    def _zone_of(self, contact: Contact) -> tzinfo:
        return zone_for(contact, self._scene)

    def _compare(
        self,
        shortcut: "_Shortcut | None",
        step: tuple[Path, list[Value], str, str | None] | None,
        found: Found,
    ) -> None:
        """Look whether the shortcut came to what Jinja found; make one once it is worthwhile."""
        of = self._keys.keyed, self._keys.paired
        if shortcut is None or shortcut.of[0] is not of[0] or shortcut.of[1] is not of[1]:
            self._found_by_jinja += 1
            if self._found_by_jinja >= _WAIT and not self._hopeless:
                self._found_by_jinja = 0
                try:
                    self._shortcut = _Shortcut(self._written_straight(), of)
                except UnfitError:
                    self._hopeless = True
            return
        if step is None:
            return
        path, values, subject, preheader = step
        lesson = shortcut.lessons.get(path)
        same = (
            [value.text for value in values] == [value.text for value in found.values]
            and (subject, preheader) == (found.subject, found.preheader)
            and (lesson is None or lesson.skeleton is found.skeleton)
        )
        if not same:
            # Never seen; if it ever happens, no path is to be trusted.
            self._shortcut, self._hopeless = None, True
            self.counts.reasons["the straight function and Jinja gave different keys"] += 1
        elif lesson is not None:
            lesson.agreed += 1
        else:
            if len(shortcut.lessons) >= 4 * MOST_SKELETONS:
                shortcut.lessons.clear()
            shortcut.lessons[path] = _Lesson(found.skeleton)

    def _written_straight(self) -> Straight:
        template, keys = self.template, self._keys
        if (self._whole_text and self._text is not None) or not self._links_are_marked:
            raise UnfitError("a part that is rendered whole")
        subject, preheader = self._heads["subject"], self._heads.get("preheader", "")
        body = self._sandboxes[template.body_language]
        sources = [*self._head_sources.values(), Source(body.trees[template.file], body)]
        language = Language.TEXT if template.format == ".txt" else Language.HTML
        if template.layout:
            layout = self._sandboxes[language]
            sources.append(Source(layout.trees[template.layout], layout))
        if self._text is not None:
            text = self._sandboxes[Language.TEXT]
            sources.append(Source(text.trees[str(self._text.name)], text))
        tiers = self._scene.tiers

        def promised(tier: str, name: str) -> object:
            value = promise(tier, tiers).look_up(name)
            return None if isinstance(value, Missing) else value

        around = Surroundings(
            shared=self._shared,
            attributes=frozenset(template.attributes),
            subject=subject if isinstance(subject, str) else None,
            preheader=preheader if isinstance(preheader, str) else None,
            promise=promised,
            letter=template.layout is None and template.format == ".md",
        )
        return Straight(sources, keys, around)

    def _found(
        self, contact: Contact, locale: Locale, zone: tzinfo, names: dict[str, object]
    ) -> Found | None:
        for _ in range(_ROUNDS):
            state = Keying(
                locale=locale,
                zone=zone,
                first_name=contact.first_name,
                steps=self._steps,
                characters=self._characters,
            )
            with rendering(state):
                key, subject, preheader, whole = self._keyed(state, names)
            skeleton = self._known(key)
            try:
                if skeleton is None:
                    skeleton = self._make(key, state)
            except LearnedError as learned:
                if learned.keyed <= self._keys.keyed and learned.paired <= self._keys.paired:
                    break
                self._keys.keyed = self._keys.keyed | learned.keyed
                self._keys.paired = self._keys.paired | learned.paired
                continue
            if self.problems:
                return None
            text = whole and SplicedPart("text/plain", [tidy(whole)], self._markers)
            values = list(map(value_of, state.values))
            return Found(skeleton, values, subject, preheader, text or None)
        raise NotTameError("no skeleton can be made of it")

    def _add_own(
        self,
        names: dict[str, object],
        contact: Contact,
        now: datetime,
        zone: tzinfo,
    ) -> None:
        """Add the names that mean something else for each contact, as far as they are used."""
        used = self._used
        names["contact"] = ContactRecord(contact, self.template.attributes)
        if "promise" in used:
            names["promise"] = promise(contact.tier, self._scene.tiers)
        if "now" in used or "today" in used:
            names["now"] = now = now.astimezone(zone)
            names["today"] = now.date()

    def _keyed(
        self, state: Keying, names: dict[str, object]
    ) -> tuple[Key, str, str | None, str | None]:
        """Run Jinja; return the key, the subject, the preheader and a text that is none of keys."""
        fixed = self._heads["subject"]
        subject = fixed if isinstance(fixed, str) else one_line(_written(fixed, names))
        names["subject"] = subject
        preheader = self._heads.get("preheader")
        fixed_preheader = preheader if isinstance(preheader, str) else None
        if isinstance(preheader, jinja2.Template):
            preheader = one_line(_written(preheader, names))
        names["preheader"] = preheader or ""
        for text in (subject, preheader):
            if text is not fixed and text is not fixed_preheader and text and not is_tame(text):
                raise NotTameError("the subject or the preheader is not one line of words")
        if not subject:
            raise NotTameError("the subject is empty")
        state.values += [subject, preheader or ""]
        state.sites += [0, 0]
        layout, text_key, whole = "", None, None
        body = _written(self._body, names)
        if self._layout is not None:
            content = Markup(CONTENT)  # noqa: S704 - a letter of ours
            names["content"] = content
            layout = _written(self._layout, names)
            del names["content"]
        if self._text is not None:
            text_key = _written(self._text, names)
            if self._whole_text:
                text_key, whole = "", text_key
        letter = self.template.layout is None and self.template.format == ".md"
        key = Key(
            body,
            layout,
            text_key,
            str(names["language"]) if letter else "",
            str(names["direction"]) if letter else "",
            subject if fixed is subject else None,
            fixed_preheader,
            bool(preheader),
            len(state.values),
        )
        return key, subject, preheader or None, whole

    def _known(self, key: Key) -> Skeleton | None:
        with self._lock:
            self._seen += 1
            if self._seen >= _WINDOW:
                if self._made > self._seen - _WORTHWHILE:
                    self._give_up("hardly two contacts have the same page")
                self._seen = self._made = 0
            if key not in self._skeletons:
                return None
            skeleton = self._skeletons[key]
        if skeleton is None:
            raise NotTameError("the skeleton gave another mail than the plain path")
        skeleton.used = True
        return skeleton

    def _make(self, key: Key, state: Keying) -> Skeleton:
        skeleton = Skeleton(self.template, self._keys, key, state.sites, self._markers)
        with self._lock:
            self._made += 1
            self.counts.skeletons += 1
            skeleton.proved = self.counts.skeletons % _PROOFS != 1 and (
                self.counts.skeletons > _PROOFS
            )
            self._skeletons[key] = skeleton
            self._size += skeleton.size
            while len(self._skeletons) > 1 and (
                len(self._skeletons) > MOST_SKELETONS or self._size > MOST_CHARACTERS
            ):
                old, dropped = self._skeletons.popitem(last=False)
                if dropped is not None and dropped.used:
                    # Whatever was used since it last came round gets another turn.
                    dropped.used = False
                    self._skeletons[old] = dropped
                    continue
                self._size -= dropped.size if dropped else 0
                self._forget(dropped)
        return skeleton

    def _forget(self, skeleton: Skeleton | None) -> None:
        if self._shortcut is not None:
            lessons = self._shortcut.lessons
            for path, lesson in list(lessons.items()):
                if lesson.skeleton is skeleton:
                    lessons.pop(path, None)

    def left_to_plain(self, reason: str) -> None:
        """Count a mail that was found a skeleton and could not be filled."""
        self.counts.plain += 1
        self.counts.reasons[reason] += 1

    def prove(self, found: Found, *, same: bool) -> None:
        """Note whether a new skeleton gave the plain path's bytes; if not it is never used."""
        if same:
            found.skeleton.proved = True
            self.counts.filled += 1
            return
        with self._lock:
            if dropped := self._skeletons.get(found.skeleton.key):
                self._size -= dropped.size
            self._skeletons[found.skeleton.key] = None
            self._forget(dropped)
        self.counts.reasons["the skeleton gave another mail than the plain path"] += 1


_PROOFS = 16
"""So many skeletons of a template are proved against the plain path, and then one in as many."""


def _written(template: jinja2.Template, names: dict[str, object]) -> str:
    """Return what a template gives; `names` hold the functions too."""
    context = Context(template.environment, names, template.name, template.blocks)
    return "".join(template.root_render_func(context))


def stored_anywhere(trees: list[nodes.Template]) -> set[str]:
    """Return all names that any of the trees gives a value to."""
    return set().union(*map(stored, trees)) if trees else set()


def uses_content(trees: list[nodes.Template]) -> bool:
    """Whether any tree does more with ``content`` than print it."""
    for tree in trees:
        printed = {id(child) for output in tree.find_all(nodes.Output) for child in output.nodes}
        for name in tree.find_all(nodes.Name):
            if name.name == "content" and id(name) not in printed:
                return True
    return False
