"""Jinja that writes short keys instead of mail: folded, tokenised syntax trees.

Three things are done to the tree of a template before Jinja compiles it. What is the same for the
whole mailing is worked out and becomes text; loops over it are unrolled and plain includes are put
in place. Each text that is left becomes one character that stands for it. And each value that is
printed is put aside, with one character left where it would stand.

What such a template gives for a contact is a *key*: a few dozen characters that depend on the
branches taken and on nothing else. `Keys.expanded` turns it back into what Jinja would have given.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC
from threading import Lock
from typing import Any

import jinja2
from babel import Locale
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup

from outreach.rendering.budget import Rendering, current
from outreach.rendering.captures import CAPTURES, is_filtered, keeps_modules_apart
from outreach.rendering.folding import Folding, names_in, tidied
from outreach.rendering.holes import (
    END,
    END_MARK,
    FIRST_CHUNK,
    FIRST_VALUE,
    MOST_PARTS,
    PRIVATE,
    PROBE,
    START_MARK,
    reference,
)
from outreach.rendering.sandbox import Language, Sandbox
from outreach.rendering.tame import NotTameError, is_tame

_IN_KEY = re.compile(
    f"(?P<chunk>[\U00100000-\U00107fff])|(?P<value>[\U00108000-\U0010ffef])"
    f"(?P<start>{START_MARK}?)(?P<end>{END_MARK}?)"
)
_HTML_PROBE = str(Markup.escape(PROBE))
_MARKDOWN_PROBE = reference(PROBE)


@dataclass(slots=True)
class Keying(Rendering):
    """One key under way: the values put aside, and the places that printed them."""

    values: list[str] = field(default_factory=list)
    sites: list[int] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)


class Keys:
    """What the keys of one template are made of; shared by its languages and threads.

    `keyed` are the places whose values belong to the key itself, because the page around them
    depends on them; `paired` those that must be told apart only where their values differ.
    """

    def __init__(self, known: Mapping[str, object], bodies: Mapping[str, str]) -> None:
        self.known = dict(known)
        self.bodies = bodies
        self.keyed: set[int] = set()
        self.paired: set[int] = set()
        self.captures_are_printed = True
        self.spent = Rendering(locale=Locale("en"), zone=UTC)
        self._chunks: list[str] = []
        self._numbers: dict[str, str] = {}
        self._sites = 0
        self._lock = Lock()

    def chunk(self, text: str) -> str:
        """Return the character that stands for `text`."""
        if PRIVATE.search(text):
            raise NotTameError("the template has characters of Unicode's last private plane")
        with self._lock:
            if text not in self._numbers:
                if len(self._chunks) >= MOST_PARTS:
                    raise NotTameError("the template has too many parts")
                self._numbers[text] = chr(FIRST_CHUNK + len(self._chunks))
                self._chunks.append(text)
            return self._numbers[text]

    def site(self) -> int:
        """Return a number for one more place that prints."""
        with self._lock:
            self._sites += 1
            return self._sites

    def expanded(self, key: str, language: Language) -> str:
        """Return what Jinja would have given, with a hole for each value."""

        def text(found: re.Match[str]) -> str:
            if found["chunk"]:
                return self._chunks[ord(found["chunk"]) - FIRST_CHUNK]
            if language is Language.TEXT:
                return f"{found['value']}{PROBE}{END}"
            if language is Language.HTML:
                return f"{found['value']}{_HTML_PROBE}{END}"
            start = reference(found["value"]) if found["start"] else found["value"]
            return f"{start}{_MARKDOWN_PROBE}{reference(END) if found['end'] else END}"

        return _IN_KEY.sub(text, key)


class _Generator(CodeGenerator):
    """Writes no calls that escape: what prints in a key is escaped, or need not be."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ANN401
        pass

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ANN401
        pass


class KeySandbox(Sandbox):
    """The sandbox, but what it prints are keys. `tokenise` off leaves texts as they are."""

    code_generator_class = _Generator

    def __init__(
        self, plain: Sandbox, keys: Keys, loader: jinja2.BaseLoader, *, tokenise: bool = True
    ) -> None:
        super().__init__(plain.language, loader, filters={}, tests={}, functions={})
        self.keys = keys
        self.tokenise = tokenise
        self._plain = plain
        self.trees: dict[str, nodes.Template] = {}
        self.finalize = None  # what prints is written into the tree
        self.globals = plain.globals
        self.tests = plain.tests
        self.filters = {
            **plain.filters,
            "safe": self._safe,
            PRINT: self._printed,
            PUT_ASIDE: self._put_aside,
            "spend": self.spend,
            "weighed": self.weighed,
            "concatenated": self.concatenated,
        }

    def __deepcopy__(self, memo: dict[int, object]) -> "KeySandbox":
        return self  # every node of a tree refers to it

    def _safe(self, value: object) -> Markup:
        text: Markup = self._plain.filters["safe"](value)
        if not text.isascii() and not isinstance(value, Markup):
            _refuse_private(text)
        return text

    def escaped(self, text: str) -> str:
        """Return `text` escaped, unless it could be taken for a part of a key."""
        if not text.isascii():
            _refuse_private(text)
        return super().escaped(text)

    def _printed(self, value: object) -> str:
        text = self.printed(value)
        if self.tokenise and not text.isascii() and not isinstance(value, Markup):
            _refuse_private(text)
        return text

    def _put_aside(self, value: object, site: int) -> str:
        """Keep a value that is printed, and return the character that stands for it."""
        if value.__class__ is not str:
            if isinstance(value, Markup):
                return self.printed(value)
            text = self._as_text(value)  # raises where it cannot be printed
            value = text if isinstance(value, str) else str(value)
        assert isinstance(value, str)
        if not value:
            return ""
        keys = self.keys
        if site in keys.keyed:
            return self._printed(value)
        if not is_tame(value):
            raise NotTameError("a value is not one line of words")
        state = current()
        assert isinstance(state, Keying)
        state.characters -= 8 * len(value)
        paired = site in keys.paired
        if paired and value in state.pairs:
            return state.pairs[value]
        values = state.values
        number = len(values)
        values.append(value)
        state.sites.append(site)
        token = _VALUES[number] if number < len(_VALUES) else _value(number)
        if self.language is Language.MARKDOWN:
            token = Markup(token + _edges(value))  # noqa: S704 - two letters of ours
        if paired:
            state.pairs[value] = token
        return token

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _direct_calls(tree)
        # What only defines macros is there to be imported, and sees no names of who does that.
        known = {} if keeps_modules_apart(tree) else self.keys.known
        tree.body = Folding(self).body(tree.body, known, 0)
        tidied(tree)
        if self.tokenise:
            _tokenised(tree, self.keys, whole=self.keys.captures_are_printed)
        _with_printing(tree, self.keys if self.tokenise else None)
        tree.set_environment(self)
        if name is not None:
            self.trees[name] = tree
        return tree

    @property
    def spent(self) -> Rendering:
        """What working things out may cost, and has cost so far."""
        return self.keys.spent

    def included(self, name: object) -> nodes.Template | None:
        """Return the tree of a file that only prints, as the plain path has it; None of others.

        Calls are made directly.
        """
        body = self.keys.bodies.get(name) if isinstance(name, str) else None
        if body is None or not isinstance(name, str):
            return None
        tree = super()._parse(body, name, name)
        _direct_calls(tree)
        return tree

    def shown(self, value: object) -> str:
        """Return a value as the plain path prints it. Raises what that raises."""
        return str(self._plain.printed(value))

    def kept(self, value: object) -> str:
        """Keep a value for the template, and return the name under which it is kept."""
        name = f"known_{self.keys.site()}"
        setattr(self, name, value)
        return name

    def evaluated(self, expression: nodes.Node, known: Mapping[str, object]) -> object:
        """Return what an expression over known names means, as the plain path would have it."""
        target = nodes.Name("result", "store", lineno=expression.lineno)
        statement = nodes.Assign(target, deepcopy(expression), lineno=expression.lineno)
        tree = nodes.Template([statement], lineno=1)
        tree.set_environment(self)
        code = self.compile(tree, "folded", "folded")
        template = jinja2.Template.from_code(self, code, self.make_globals(None))
        context = template.new_context({name: known[name] for name in names_in(expression)})
        "".join(template.root_render_func(context))
        return context.vars["result"]


PUT_ASIDE, PRINT = "put aside", "print"  # with a space, so that no template can name them


def _value(number: int) -> Markup:
    if number > MOST_PARTS:
        raise NotTameError("too many values")
    return Markup(chr(FIRST_VALUE + number))  # noqa: S704 - one letter of ours


def _refuse_private(text: str) -> None:
    if PRIVATE.search(text):
        raise NotTameError("a value has characters of Unicode's last private plane")


def _edges(value: str) -> str:
    """Return marks for a value that begins or ends in what Markdown takes for punctuation."""
    marks = ""
    for character, mark in ((value[0], START_MARK), (value[-1], END_MARK)):
        if not character.isalnum():
            if not character.isascii():
                raise NotTameError("a value in Markdown begins or ends with a sign")
            marks += mark
    return marks


_VALUES = tuple(map(_value, range(64)))


def _direct_calls(tree: nodes.Template) -> None:
    """Make calls of the sandbox's own methods filters, which Jinja calls without a detour."""
    for node in [tree, *tree.find_all(nodes.Node)]:
        for name, value in list(node.iter_fields()):
            if isinstance(value, list):
                value[:] = [_direct(item) for item in value]
            elif isinstance(value, nodes.Node):
                setattr(node, name, _direct(value))


def _direct(node: Any) -> Any:  # noqa: ANN401 - whatever stands in a tree
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.EnvironmentAttribute):
        first, *rest = node.args
        return nodes.Filter(first, node.node.name, rest, [], None, None, lineno=node.lineno)
    return node


# Tokens.


def _outputs(node: nodes.Node, *, whole: bool) -> Iterator[nodes.Output]:
    """Yield what prints; unless `whole`, only what is printed for good."""
    for child in node.iter_child_nodes():
        if is_filtered(child) or (not whole and isinstance(child, (*CAPTURES, nodes.Block))):
            continue
        if isinstance(child, nodes.Output):
            yield child
        else:
            yield from _outputs(child, whole=whole)


def _tokenised(tree: nodes.Template, keys: Keys, *, whole: bool) -> None:
    for output in _outputs(tree, whole=whole):
        for number, child in enumerate(output.nodes):
            if isinstance(child, nodes.TemplateData):
                token = keys.chunk(child.data)
                output.nodes[number] = nodes.TemplateData(token, lineno=child.lineno)
            else:
                site = nodes.Const(keys.site(), lineno=child.lineno)
                output.nodes[number] = nodes.Filter(
                    child, PUT_ASIDE, [site], [], None, None, lineno=child.lineno
                )


def _with_printing(tree: nodes.Template, keys: Keys | None) -> None:
    """Print the rest as the plain path does."""
    for output in tree.find_all(nodes.Output):
        for number, child in enumerate(output.nodes):
            if isinstance(child, nodes.TemplateData):
                if keys is not None and PRIVATE.search(child.data) and len(child.data) > 1:
                    raise NotTameError(
                        "the template has characters of Unicode's last private plane"
                    )
            elif not (isinstance(child, nodes.Filter) and child.name == PUT_ASIDE):
                output.nodes[number] = nodes.Filter(
                    child, PRINT, [], [], None, None, lineno=child.lineno
                )
