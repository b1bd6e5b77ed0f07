"""What a template depends on, read once, and what is wrong with it before anything is rendered."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import jinja2
from jinja2 import meta, nodes

from outreach.errors import Problem, TemplateError, suggestion
from outreach.rendering import assets, invites
from outreach.rendering.editions import INSTEAD, OUTSIDE, TemplateFolder, layout_file
from outreach.rendering.faults import EXPECTED, as_template_error, column_of
from outreach.rendering.filters import FILTERS, FUNCTIONS, TESTS
from outreach.rendering.front_matter import FrontMatter, Sheet, front_matter, take_apart
from outreach.rendering.mjml_source import included_name
from outreach.rendering.sandbox import Language, Sandbox
from outreach.rendering.scene import PROMISED

CONTACT_FIELDS = (
    "email",
    "first_name",
    "last_name",
    "name",
    "company",
    "job_title",
    "country",
    "locale",
    "timezone",
    "tier",
    "tier_since",
    "relies_on",
    "owner",
    "last_touch",
    "last_in",
    "last_out",
    "last_two_way",
    "last_personal",
    "last_reply",
)
"""What of a contact a template can read, one value each."""
CONTACT_SETS = ("roles", "interests")
"""What of a contact is a list."""
NAMES = (
    "contact",
    "sender",
    "company",
    "postal_address",
    "website",
    "links",
    "promise",
    "now",
    "today",
    "locale",
    "language",
    "direction",
    "preheader",
    "subject",
    "content",
)
"""What a template can name besides its own variables."""
_RECORDS: Mapping[str, Sequence[str]] = {
    "sender": ("name", "address", "reply_to"),
    "links": ("unsubscribe", "preferences", "view"),
    "promise": PROMISED,
}
FUNCTION_NAMES = ("namespace", "range", "dict", *FUNCTIONS)
INLINE = ("subject", "preheader", "text", *(f"event.{name}" for name in invites.TEXTS))
"""Keys of the front matter that are template source themselves."""
_INCLUDE = re.compile(r"<mj-include\b[^>]*?\bpath\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


class Snapshot:
    """Reads a template and all that it names, and finds what can be found before rendering.

    `attributes` are the workspace's own; None where they are not known, and not checked. A
    translation is read with the snapshot of its `original`, for the language `tag`.
    """

    def __init__(
        self,
        templates: TemplateFolder,
        file: str,
        *,
        attributes: tuple[str, ...] | None,
        original: "Snapshot | None" = None,
        tag: str | None = None,
    ) -> None:
        self.templates = templates
        self.attributes = attributes
        self.file = file
        self.original = original
        self.tag = tag
        self.files: dict[str, str] = {}
        self.assets: dict[str, bytes] = {}
        self.shown: set[str] = set()
        self.sheets: dict[str, Sheet] = {}
        self.trees: dict[str, nodes.Template] = {}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._torn = False
        self.sandboxes = {language: self._sandbox(language) for language in Language}
        own = self._take(file)
        if own is None:
            raise TemplateError(self.problems)
        self.layout = self._named_file(own, "layout", lambda value: layout_file(value, file))
        if original is not None:
            self.layout = self._in_language(self.layout or original.layout)
            if original.front_matter.event:
                self._take(original.file)  # its texts may be those of this event
        reserved = (*NAMES, *FUNCTION_NAMES)
        layout_sheet = self.sheets.get(self.layout) if self.layout else None
        try:
            self.front_matter: FrontMatter = front_matter(
                own,
                layout_sheet,
                reserved=reserved,
                original=(original.sheets[original.file], original.front_matter)
                if original
                else None,
                language=tag,
            )
        except TemplateError as error:
            self.problems += [self.templates.shown(problem) for problem in error.problems]
            self._torn = True
        self.text_file = self._named_file(own, "text", self._text_file_name)
        if original and original.text_file and "text" not in own.values:
            found = self._in_language(original.text_file)
            # Rather a text made of the translated HTML than one in another language.
            self.text_file = None if found == original.text_file else found
        # What is misspelt is told with all else, unless what may give it a meaning cannot be read.
        if not self._torn:
            self._check_names()
        if not self.problems:
            self._check_unused(own)
            self._check_event()
            self._take_assets()
        if self.problems:
            raise TemplateError(_unique(self.problems))

    def _in_language(self, file: str | None) -> str | None:
        """Take the translation of a file into our language, or the file itself where none is."""
        if file is None:
            return None
        known = self.templates.translations(file)
        chosen = next((known[tag] for tag in lookup(self.tag) if tag in known), file)
        self._take(chosen)
        return chosen

    def inline(self, key: str) -> Sheet | None:
        """Return the sheet from which a key that is template source itself is taken."""
        sheets = [self.sheets.get(self.file), self.sheets.get(self.layout or "")]
        if key.startswith("event."):
            sheets[1] = self.sheets.get(self.original.file) if self.original else None
        return next((sheet for sheet in sheets if sheet and sheet.text(key) is not None), None)

    def _check_event(self) -> None:
        event = self.front_matter.event
        lost = event and invites.nonexistent(event, self.templates.timezone)
        if event and lost:
            zone = event.zone or self.templates.timezone
            self._problem(
                f"there is no {lost:%H:%M} on {lost:%Y-%m-%d} in {zone}: clocks go forward then",
                self.file,
                self.front_matter.lines.get("event", 1),
            )

    def _take_assets(self) -> None:
        """Read what the mail takes along: its attachments, and images that its files name."""
        line = self.front_matter.lines.get("attachments", 1)
        for spec in self.front_matter.attachments:
            file = self._take_asset(assets.candidates(spec.file, self.file))
            if file is None:
                near = suggestion(spec.file, self.templates.listing())
                hint = near or f"put it into {self.templates.display(assets.FOLDER)}/"
                names = assets.candidates(spec.file, self.file)
                message = f'there is no file "{spec.file}"'
                self._not_there(message, names, self.file, line, hint=hint)
            elif file.endswith((".md", ".mjml", ".txt")) and not file.startswith(assets.FOLDER):
                self._problem(
                    f"{file} would be a template there",
                    self.file,
                    line,
                    hint=f"move it into {self.templates.display(assets.FOLDER)}/",
                )
        sources = {name: text for name, text in self.files.items() if name not in self.assets}
        for name, text in sources.items():
            for written in assets.image_names(text):
                for beside in (name, self.file):
                    self._take_image(assets.candidates(written, beside), name, written)
        total = sum(map(len, self.assets.values()))
        if total > assets.MAX_ASSETS:
            self._problem(
                f"its files take {total:,} octets; a mail may take {assets.MAX_ASSETS:,} along",
                self.file,
                line,
                hint="put large files on a website and link to them",
            )

    def _take_image(self, names: Sequence[str], file: str, written: str) -> None:
        found = self._take_asset(names)
        if found is None:
            return
        self.shown.add(found)
        try:
            assets.inline_image(found, self.assets[found])
        except ValueError as error:
            line = self.files[file][: self.files[file].index(written)].count("\n") + 1
            self._problem(f"{found} {error}", file, line, word=written)

    def _take_asset(self, names: Sequence[str]) -> str | None:
        """Read the first of these files that there is, and return its name."""
        for name in names:
            if name in self.assets:
                return name
            data = None if name in self.files else self.templates.read_asset(name)
            if data is not None:
                self.assets[name] = data
                self.files[name] = assets.digest(data)
                return name
        return None

    def _sandbox(self, language: Language) -> Sandbox:
        return Sandbox(
            language,
            jinja2.FunctionLoader(self._source),
            filters=FILTERS,
            tests=TESTS,
            functions=FUNCTIONS,
        )

    def _source(self, name: str) -> str | None:
        sheet = self.sheets.get(name)
        return sheet.body if sheet else None

    def _take(self, file: str) -> Sheet | None:
        """Read a file and everything that it names; note what is wrong with them."""
        if file in self.files:
            return self.sheets.get(file)
        text = self.templates.read(file)
        if text is None:
            return None
        self.files[file] = text
        try:
            sheet = take_apart(text, file)
        except TemplateError as error:
            self.problems += [self.templates.shown(problem) for problem in error.problems]
            self._torn = True
            return None
        self.sheets[file] = sheet
        language = Language.TEXT if file.endswith(".txt") else Language.HTML
        try:
            self.trees[file] = tree = self.sandboxes[language].parse(sheet.body, file, file)
            self.sandboxes[language].compile(sheet.body, file, file)
        except EXPECTED as error:
            if isinstance(error, jinja2.TemplateSyntaxError) and error.name is None:
                error.name = file
            self.problems += as_template_error(error, self.templates.display, self.files).problems
            self._torn = self._torn or file not in self.trees
            return sheet
        for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            self._take_reference(file, node)
        for found in _INCLUDE.finditer(sheet.body):
            self._take_mjml(file, found[1] or found[2] or "")
        return sheet

    def _take_reference(self, file: str, node: Any) -> None:  # noqa: ANN401 - four kinds of node
        written = node.template
        listed = isinstance(written, nodes.List | nodes.Tuple)
        parts = written.items if listed else [written]
        if not all(isinstance(part, nodes.Const) and isinstance(part.value, str) for part in parts):
            self._problem(
                "the name of a file must stand here in quotes",
                file,
                node.lineno,
                hint="choose between files with {% if %}",
            )
            return
        found = False
        for part in parts:
            name = part.value
            if included_name(name, "") != name:
                self._problem(
                    f'"{name}" is outside the template folder, or not its plain name',
                    file,
                    node.lineno,
                    hint="name files from the template folder, as layouts/newsletter.mjml",
                )
                return
            before = len(self.problems)
            found = self._take(name) is not None or len(self.problems) > before or found
        if not found and not getattr(node, "ignore_missing", False):
            wanted = parts[0].value if parts else ""
            near = suggestion(wanted, self.templates.listing())
            message = f'there is no file "{wanted}"'
            self._not_there(message, [wanted], file, node.lineno, hint=near, word=wanted)
        elif isinstance(node, nodes.FromImport):
            self._check_import(file, node)

    def _check_import(self, file: str, node: nodes.FromImport) -> None:
        """Note names that the file they are imported from has not, used or not."""
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        module = self.trees.get(str(name))
        if module is None:
            return
        known = _given(module)
        for one in node.names:
            wanted = one if isinstance(one, str) else one[0]
            if wanted not in known:
                message = f'{name} has no "{wanted}" to import'
                hint = suggestion(wanted, known)
                self._problem(message, file, node.lineno, hint=hint, word=wanted)

    def _take_mjml(self, file: str, path: str) -> None:
        # Whether it is relative to this file or to the one that extends it, MJML will say; what is
        # not there it will report.
        for including in {file, self.file, *self.sheets}:
            name = included_name(path, including)
            if name and name not in self.files and (text := self.templates.read(name)) is not None:
                self.files[name] = text
                for found in _INCLUDE.finditer(text):
                    self._take_mjml(name, found[1] or found[2] or "")

    def _named_file(
        self, sheet: Sheet, key: str, file_of: Callable[[str], str | None]
    ) -> str | None:
        """Take the file that a key of the front matter names."""
        value = sheet.values.get(key)
        file = file_of(value) if isinstance(value, str) else None
        if file is None or self._take(file) is not None or file in self.files:
            return file
        self._torn = True
        near = suggestion(file, self.templates.listing())
        message = f'{key} is "{value}", but there is no file {self.templates.display(file)}'
        line = sheet.lines[key]
        self._not_there(message, [file], sheet.name, line, hint=near, word=str(value))
        return None

    def _text_file_name(self, value: str) -> str | None:
        if "\n" in value or not value.endswith(".txt"):
            return None
        return included_name(value, self.file)

    def _not_there(
        self,
        message: str,
        wanted: Collection[str],
        file: str,
        line: int,
        *,
        hint: str | None,
        word: str | None = None,
    ) -> None:
        """Note that none of the files `wanted` is there, or that one leads out of the folder."""
        out = next((name for name in wanted if self.templates.leads_out(name)), None)
        if out is not None:
            message, hint = f"{self.templates.display(out)} {OUTSIDE}", INSTEAD
        self._problem(message, file, line, hint=hint, word=word)

    def _problem(
        self,
        message: str,
        file: str,
        line: int,
        *,
        hint: str | None = None,
        word: str | None = None,
    ) -> None:
        column = column_of(word, self.files[file], line) if word else None
        source = self.templates.display(file)
        self.problems.append(Problem(message, source, line, column, hint))

    def _check_names(self) -> None:
        """Note names that nothing in the template gives a meaning to."""
        trees = {**self.trees, **self._inline_trees()}
        given: set[str] = {*NAMES, *FUNCTION_NAMES, *self.front_matter.variables}
        given |= {"caller", "loop", "self", "super", "varargs", "kwargs"}
        for tree in trees.values():
            given |= _given(tree)
        own = {name for tree in trees.values() for name in _given(tree)}
        for label, tree in trees.items():
            file = label.partition("#")[0]
            try:
                unknown = meta.find_undeclared_variables(tree) - given
            except EXPECTED:  # an unknown filter or test, which is told already
                unknown = {node.name for node in tree.find_all(nodes.Name)} - given
            for node in tree.find_all(nodes.Name):
                if node.name in unknown:
                    fields = (*CONTACT_FIELDS, *CONTACT_SETS, *(self.attributes or ()))
                    hint = suggestion(node.name, given)
                    if node.name in fields:
                        hint = f"write contact.{node.name}"
                    self._problem(
                        f'there is no "{node.name}" here',
                        file,
                        node.lineno,
                        hint=hint or "give it a value in the front matter",
                        word=node.name,
                    )
            self._check_fields(tree, file, own)
        used = {node.name for tree in trees.values() for node in tree.find_all(nodes.Name)}
        if self.layout and "content" not in used:
            self._problem(
                "the layout never prints {{ content }}, so the body would be lost", self.layout, 1
            )

    def _check_fields(self, tree: nodes.Template, file: str, own: Collection[str]) -> None:
        """Note fields that the records have not, but of those that a template sets itself."""
        records = dict(_RECORDS)
        if self.attributes is not None:
            records["contact"] = (*CONTACT_FIELDS, *CONTACT_SETS, "attributes", *self.attributes)
        for node in tree.find_all(nodes.Getattr):
            of = node.node
            name = of.name if isinstance(of, nodes.Name) else ""
            known = () if name in own else records.get(name, ())
            if not known or node.attr in known:
                continue
            hint = f"there are {', '.join(known)}"
            if name == "contact":
                hint = f'declare it in outreach.toml, under [attributes]: {node.attr} = "text"'
            self._problem(
                f'{name} has no field "{node.attr}"',
                file,
                node.lineno,
                hint=suggestion(node.attr, known) or hint,
                word=node.attr,
            )

    def _inline_trees(self) -> dict[str, nodes.Template]:
        trees = {}
        for file in filter(None, (self.file, self.layout)):
            sheet = self.sheets[file]
            for key in INLINE:
                written = sheet.text(key)
                # A translation's event may have texts that stand in its original.
                if written is None or key not in sheet.starts or (key == "text" and self.text_file):
                    continue
                source = "\n" * (sheet.starts[key] - 1) + written
                try:
                    trees[f"{file}#{key}"] = self.sandboxes[Language.TEXT].parse(source, file, file)
                except EXPECTED as error:
                    wrapped = as_template_error(error, self.templates.display, self.files)
                    self.problems += wrapped.problems
        return trees

    def _check_unused(self, own: Sheet) -> None:
        """Warn of variables that no file reads: most of them are misspelt keys."""
        trees = [*self.trees.values(), *self._inline_trees().values()]
        read = {node.name for tree in trees for node in tree.find_all(nodes.Name)}
        for key in self.front_matter.variables:
            if key in own.values and key not in read:
                known = ("preheader", "class", "kind", "series", "layout", "sender", "segment")
                near = suggestion(
                    key, (*known, "period", "language", "text", "attachments", "event")
                )
                self.warnings.append(
                    Problem(
                        f'nothing reads the variable "{key}"',
                        self.templates.display(own.name),
                        own.lines[key],
                        1,
                        hint=near or "remove the line, or print it somewhere",
                    )
                )


def lookup(tag: str | None) -> list[str]:
    """Return what serves a reader of the language `tag`, the best first (RFC 4647 3.4)."""
    parts = (tag or "").lower().replace("_", "-").split("-")
    return ["-".join(parts[:number]) for number in range(len(parts), 0, -1)]


def _given(tree: nodes.Template) -> set[str]:
    """Return the names that a tree gives a value to, or asks whether they have one."""
    names: set[str] = set()
    for node in tree.find_all(nodes.Name):
        if node.ctx in ("store", "param"):
            names.add(node.name)
    for macro in tree.find_all(nodes.Macro):
        names.add(macro.name)
    for module in tree.find_all(nodes.Import):
        names.add(module.target)
    for chosen in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in chosen.names}
    for test in tree.find_all(nodes.Test):
        if test.name in ("defined", "undefined") and isinstance(test.node, nodes.Name):
            names.add(test.node.name)
    for filter_ in tree.find_all(nodes.Filter):
        if filter_.name in ("default", "d") and isinstance(filter_.node, nodes.Name):
            names.add(filter_.node.name)
    return names


def _unique(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
