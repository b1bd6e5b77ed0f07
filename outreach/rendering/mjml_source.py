"""MJML sources as trees: a forgiving reader that remembers where everything stood.

The reader accepts what MJML's own accepts (any letter case, unquoted or repeated attributes, tags
that need no closing, declarations, comments) and keeps the bodies of *ending tags* (``mj-text``,
``mj-button``, ``mj-raw`` and their like, whose content is HTML) as the text they are. Includes are
resolved here too: they stay inside the template root, may not run in circles, and what they bring
joins the tree with its own file name, so that a problem names the file it is in.
"""

import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from outreach.errors import OutreachError, Problem, suggestion

Wrote = Callable[[str], bool]
"""Tells whether a person wrote some words of a template, or they are a value that was printed."""
Loader = Callable[[str], str]
"""Returns the text of a template by its name, relative to the template root, with ``/``.

It raises an `OSError`, a `LookupError` or an `OutreachError` where there is none. Names never
leave the root, but the loader still has to refuse symbolic links that do.
"""


def words(text: str) -> frozenset[str]:
    """Return the set of the words in `text`."""
    return frozenset(text.split())


ENDING_TAGS = words(
    "mj-accordion-text mj-accordion-title mj-button mj-html-attribute mj-navbar-link mj-preview "
    "mj-raw mj-social-element mj-style mj-table mj-text mj-title"
)
"""Tags whose content is text or HTML and never MJML."""

LEAF_TAGS = words(
    "mj-all mj-breakpoint mj-carousel-image mj-divider mj-font mj-image mj-include mj-spacer"
)
"""Tags that hold nothing: a missing closing tag changes nothing."""

MAX_INCLUDES = 500
MAX_INCLUDED_CHARACTERS = 5_000_000
MAX_INCLUDE_DEPTH = 10
MAX_DEPTH = 30
MAX_UNCLOSED = 20

_TAG = re.compile(r"""<(/?)([A-Za-z][\w:.-]*)((?:[^<>"']|"[^"]*"|'[^']*'|<(?![A-Za-z/!]))*)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_NEXT_MJ_TAG = re.compile(r"</?mj", re.IGNORECASE)
_WINDOWS_DRIVE_OR_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Source:
    """The text of one file, able to say at which line and column an offset is.

    Where values may be among its words, problems tell of those that a person `wrote` alone.
    """

    __slots__ = ("_lines", "_wrote", "name", "text")

    def __init__(self, name: str, text: str, wrote: Wrote | None = None) -> None:
        self.name = name
        self.text = text
        self._wrote = wrote
        self._lines: list[int] | None = None

    def wrote(self, words: str) -> bool:
        """Whether a person wrote these words."""
        return self._wrote is None or self._wrote(words)

    def told(self, words: str, shown: str, otherwise: str = "what is printed here") -> str:
        """Return `shown`, in which there are these `words`, or `otherwise` if nobody wrote them."""
        return shown if self.wrote(words) else otherwise

    def problem(self, offset: int, message: str, hint: str | None = None) -> Problem:
        """Return a problem placed at `offset`, counting lines and columns from 1."""
        if self._lines is None:
            self._lines = [0, *(found.end() for found in re.finditer("\n", self.text))]
        line = bisect_right(self._lines, offset)
        return Problem(message, self.name, line, offset - self._lines[line - 1] + 1, hint)


@dataclass(slots=True)
class Node:
    """One element, comment (``#comment``) or stray text (``#text``) and where it begins."""

    tag: str
    source: Source
    offset: int
    attributes: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    body: str | None = None

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return "text" if self.tag == "#text" else self.source.told(self.tag, f"<{self.tag}>")

    @property
    def end(self) -> str:
        """What to call its end tag in a hint."""
        return self.source.told(self.tag, f"</{self.tag}>", "its end tag")

    def problem(self, message: str, hint: str | None = None, *, at: str | None = None) -> Problem:
        """Return a problem placed at this node, or at its attribute `at`."""
        offset = self.offset if at is None else self.places.get(at, self.offset)
        return self.source.problem(offset, message, hint)

    def walk(self) -> Iterator["Node"]:
        """Yield this node and all below it, in the order of the source."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class Document:
    """A template with its includes resolved.

    `errors` would lose or misplace content and stop the rendering; `warnings` are harmless.
    """

    root: Node
    dependencies: set[str] = field(default_factory=set)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def child(self, tag: str) -> Node | None:
        """Return the first child of the root with this tag."""
        return next((node for node in self.root.children if node.tag == tag), None)


def read(
    text: str,
    name: str,
    loader: Loader | None = None,
    wrote: Wrote | None = None,
) -> Document:
    """Read a template and everything it includes; never raises for what the person wrote."""
    source = Source(name, text, wrote)
    reader = _Reader(source)
    roots = [node for node in reader.read() if node.tag != "#comment"]
    root = next((node for node in roots if node.tag == "mjml"), None)
    if root is None:
        first = roots[0] if roots else Node("mjml", source, 0)
        hint = "wrap it in <mjml><mj-body> … </mj-body></mjml>"
        if first.tag.startswith("mj") and (guess := suggestion(first.tag, ["mjml"])):
            hint = guess
        reader.errors.append(first.problem("the template has no <mjml> element", hint))
        return Document(Node("mjml", source, 0), set(), reader.errors, reader.warnings)
    for node in roots:
        if node is not root:
            reader.errors.append(node.problem(f"{node.label} stands outside <mjml>"))
    document = Document(root, set(), reader.errors, reader.warnings)
    _Includes(document, loader).resolve(name)
    return document


def _attribute(source: Source, name: str) -> str:
    return source.told(name, f'the attribute "{name}"', "an attribute")


class _Reader:
    """Reads one file into nodes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._top = Node("#top", source, 0)
        self._open = [self._top]
        self._unclosed = 0

    def read(self) -> list[Node]:
        text = self.source.text
        position = 1 if text.startswith("\ufeff") else 0
        while (bracket := text.find("<", position)) >= 0:
            self._stray(position, bracket)
            position = self._markup(bracket)
        self._stray(position, len(text))
        for node in self._open[:0:-1]:
            self.errors.append(
                node.problem(f"{node.label} is never closed", f"add {node.end} where it ends")
            )
        return self._top.children

    def _stray(self, start: int, end: int) -> None:
        text = self.source.text[start:end]
        if stripped := text.strip():
            offset = start + text.index(stripped[0])
            self._add(Node("#text", self.source, offset, body=stripped))

    def _add(self, node: Node) -> None:
        self._open[-1].children.append(node)

    def _markup(self, start: int) -> int:
        """Take in what begins with the ``<`` at `start`; return where to read on."""
        text = self.source.text
        for opening, closing in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", ">")):
            if text.startswith(opening, start):
                return self._declaration(start, opening, closing)
        found = _TAG.match(text, start)
        if found is None:
            end = text.find("<", start + 1)
            end = len(text) if end < 0 else end
            if re.match(r"</?[A-Za-z]", text[start : start + 3]):
                message = "this tag never ends, or a quotation mark in it is missing"
                self.errors.append(self.source.problem(start, message))
            else:
                self._stray(start, end)
            return end
        closing, tag, inside = found.groups()
        tag = tag.lower()
        if closing:
            self._close(tag, start)
            return found.end()
        return self._element(tag, inside, found)

    def _declaration(self, start: int, opening: str, closing: str) -> int:
        """Keep a comment and what is text; pass over document types and processing."""
        text = self.source.text
        end = text.find(closing, start + len(opening))
        if end < 0 and opening == "<!--":
            hint = "close it with -->"
            self.errors.append(self.source.problem(start, "this comment never ends", hint))
            return len(text)
        end = len(text) if end < 0 else end + len(closing)
        if opening == "<!--":
            self._add(Node("#comment", self.source, start, body=text[start:end]))
        elif opening == "<![CDATA[":
            self._stray(start, end)
        return end

    def _element(self, tag: str, inside: str, found: re.Match[str]) -> int:
        node = Node(tag, self.source, found.start())
        empty = inside.rstrip().endswith("/") and not re.search(r"=\s*[^\s\"'>]*/$", inside)
        self._attributes(node, inside, found.start(3))
        self._add(node)
        if empty or tag in LEAF_TAGS:
            return found.end()
        if tag in ENDING_TAGS or not tag.startswith("mj"):
            return self._body(node, found.end())
        if len(self._open) >= MAX_DEPTH:
            self.errors.append(node.problem(f"elements are nested more than {MAX_DEPTH} deep"))
            return len(self.source.text)
        self._open.append(node)
        return found.end()

    def _attributes(self, node: Node, inside: str, start: int) -> None:
        for found in _ATTRIBUTE.finditer(inside):
            name, value = found.group(1).lower(), found.group(2) or ""
            if name in node.attributes:
                place = self.source.problem(
                    start + found.start(),
                    f"{node.label} has {_attribute(self.source, name)} twice; the first one counts",
                    "remove one of them",
                )
                self.warnings.append(place)
                continue
            node.attributes[name] = value[1:-1] if value[:1] in {'"', "'"} else value
            node.places[name] = start + found.start()

    def _body(self, node: Node, start: int) -> int:
        """Take the text up to the closing tag that belongs to `node`."""
        text, depth = self.source.text, 1
        pattern = re.compile(
            rf"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?){re.escape(node.tag)}(?=[\s/>])([^>]*)>",
            re.IGNORECASE | re.DOTALL,
        )
        searched = pattern.finditer(text, start) if self._unclosed < MAX_UNCLOSED else ()
        for found in searched:
            if found.group(1):
                depth -= 1
            elif found.group(2) is not None and not found.group(2).endswith("/"):
                depth += 1
            if depth == 0:
                node.body = text[start : found.start()]
                return found.end()
        self._unclosed += 1
        if not node.tag.startswith("mj"):
            return start
        message, hint = f"{node.label} is never closed", f"add {node.end} where it ends"
        self.errors.append(node.problem(message, hint))
        following = _NEXT_MJ_TAG.search(text, start)
        return following.start() if following else len(text)

    def _close(self, tag: str, offset: int) -> None:
        if tag in LEAF_TAGS:
            return
        level = next((i for i in range(len(self._open) - 1, 0, -1) if self._open[i].tag == tag), 0)
        if not level:
            inner = self._open[-1]
            hint = f"the open element here is {inner.label}" if inner.tag != "#top" else None
            told = self.source.told(tag, f"</{tag}>")
            message = f"{told} closes nothing that is open"
            self.errors.append(self.source.problem(offset, message, hint))
            return
        for node in self._open[level + 1 :]:
            self.errors.append(
                node.problem(f"{node.label} is not closed before </{tag}>", f"add {node.end}")
            )
        del self._open[level:]


class _Includes:
    """Replaces every ``mj-include`` of a document by what it names."""

    def __init__(self, document: Document, loader: Loader | None) -> None:
        self._document = document
        self._loader = loader
        self._head: list[Node] = []
        self._styles: list[Node] = []
        self._count = 0
        self._characters = 0
        self._full = False

    def resolve(self, name: str) -> None:
        root = self._document.root
        root.children = self._expanded(root.children, (name,))
        if added := self._head + self._styles:
            head = self._document.child("mj-head")
            if head is None:
                head = Node("mj-head", root.source, root.offset)
                root.children.insert(0, head)
            head.children.extend(added)

    def _expanded(self, nodes: list[Node], trail: tuple[str, ...]) -> list[Node]:
        result: list[Node] = []
        for node in nodes:
            if node.tag == "mj-include":
                result.extend(self._included(node, trail))
            else:
                if node.children:
                    node.children = self._expanded(node.children, trail)
                result.append(node)
        return result

    def _included(self, node: Node, trail: tuple[str, ...]) -> list[Node]:
        opened = None if self._full else self._open(node, trail)
        if opened is None:
            return []
        path, text = opened
        kind = node.attributes.get("type", "mjml")
        source = Source(path, text)
        if kind == "html":
            return [Node("mj-raw", source, 0, body=text)]
        if kind == "css":
            inline = node.attributes.get("css-inline") == "inline"
            attributes = {"inline": "inline"} if inline else {}
            self._styles.append(Node("mj-style", source, 0, attributes, body=text))
            return []
        reader = _Reader(source)
        nodes = reader.read()
        self._document.errors.extend(reader.errors)
        self._document.warnings.extend(reader.warnings)
        return self._expanded(self._unwrapped(nodes, (*trail, path)), (*trail, path))

    def _unwrapped(self, nodes: list[Node], trail: tuple[str, ...]) -> list[Node]:
        """Return what belongs at the include; whole documents give their head to the head."""
        result: list[Node] = []
        for node in nodes:
            if node.tag == "mjml":
                result.extend(self._unwrapped(node.children, trail))
            elif node.tag == "mj-body":
                result.extend(node.children)
            elif node.tag == "mj-head":
                self._head.extend(self._expanded(node.children, trail))
            else:
                result.append(node)
        return result

    def _open(self, node: Node, trail: tuple[str, ...]) -> tuple[str, str] | None:
        """Return the name and text of what `node` includes, or note why that cannot be."""
        written = node.attributes.get("path", "")
        path = included_name(written, trail[-1])
        told = node.source.told(written, f'"{written}"')
        problem = self._objection(node, told, path, trail)
        if problem is None and path is not None and self._loader is not None:
            self._count += 1
            try:
                text = self._loader(path)
            except OutreachError as error:
                for found in error.problems:
                    placed = node.problem(found.message, found.hint, at="path")
                    self._document.errors.append(found if found.source else placed)
                return None
            except UnicodeError:
                problem = node.problem(f"cannot include {told}: it is not UTF-8", at="path")
            except (OSError, LookupError) as error:
                reason = getattr(error, "strerror", None) or "there is no such file"
                problem = node.problem(f"cannot include {told}: {reason}", at="path")
            else:
                self._characters += len(text)
                self._document.dependencies.add(path)
                return path, text
        if problem is not None:
            self._document.errors.append(problem)
        return None

    def _objection(
        self, node: Node, told: str, path: str | None, trail: tuple[str, ...]
    ) -> Problem | None:
        """Say why `node` must not include `path`, before anything is read."""
        if path is None:
            message = f"cannot include {told}: it is outside the template folder"
            hint = "give a path relative to this file, inside the template folder"
            message = message if node.attributes.get("path") else "<mj-include> names no file"
            return node.problem(message, hint, at="path")
        if path in trail:
            circle = " → ".join([*trail[trail.index(path) :], path])
            return node.problem(f"includes run in a circle: {circle}", "remove one", at="path")
        if len(trail) > MAX_INCLUDE_DEPTH:
            return node.problem(
                f"includes are nested more than {MAX_INCLUDE_DEPTH} deep", at="path"
            )
        if self._loader is None:
            return node.problem(f"cannot include {told} here", at="path")
        if self._count < MAX_INCLUDES and self._characters <= MAX_INCLUDED_CHARACTERS:
            return None
        self._full = True
        message = f"more than {MAX_INCLUDES} includes, or too much text in them"
        return node.problem(message, "includes that include others multiply", at="path")


def included_name(written: str, including: str) -> str | None:
    """Return the name of the template `written` in `including` means, or None if it is outside.

    Names are relative to the template root. Absolute paths, drives, addresses and ways out of the
    root give None.
    """
    if (
        not written
        or "\0" in written
        or "\\" in written
        or written.startswith("/")
        or _WINDOWS_DRIVE_OR_SCHEME.match(written)
    ):
        return None
    folder = posixpath.dirname(including).lstrip("/")
    name = posixpath.normpath(posixpath.join(folder, written))
    return None if name in {".", ".."} or name.startswith("../") else name
