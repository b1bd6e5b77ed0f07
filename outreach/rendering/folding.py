"""Jinja that writes short keys instead of mail: folded, tokenised syntax trees.

Three things are done to the tree of a template before Jinja compiles it. What is the same for the
whole mailing is worked out and becomes text; loops over it are unrolled and plain includes are put
in place. Each text that is left becomes one character that stands for it. And each value that is
printed is put aside, with one character left where it would stand.

What such a template gives for a contact is a *key*: a few dozen characters that depend on the
branches taken and on nothing else. `Keys.expanded` turns it back into what Jinja would have given.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC
from functools import lru_cache
from html import escape
from threading import Lock
from typing import Any

import jinja2
from babel import Locale
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Undefined
from markupsafe import Markup

from outreach.rendering.mjml_source import words
from outreach.rendering.sandbox import (
    Language,
    Record,
    Rendering,
    Sandbox,
    current,
    rendering,
)

# The last plane of Unicode is for private use: nobody's text has its characters, and where one
# does, nothing is compiled.
_CHUNK = 0x100000
_VALUE = 0x108000
_MOST = 0x7F00
END = "\U0010fff0"
"""Closes what stands for a value in a pattern."""
CONTENT = "\U0010fff1"
"""Stands in a layout's key for the body."""
_START_MARK, _END_MARK = "\U0010fff2", "\U0010fff3"
_PRIVATE = re.compile("[\U00100000-\U0010ffff]")
_IN_KEY = re.compile(
    f"(?P<chunk>[\U00100000-\U00107fff])|(?P<value>[\U00108000-\U0010ffef])"
    f"(?P<start>{_START_MARK}?)(?P<end>{_END_MARK}?)"
)

PROBE = "&<>\"'."
"""Stands inside of each pattern's value, and shows how a value is escaped in that place."""
HOLE = re.compile(f"([\U00108000-\U0010ffef])([^\U00108000-\U0010ffff]{{0,120}}){END}")
"""A value in a pattern: which one, and what became of the probe."""
SUBJECT, HIDDEN = 0, 1
"""The first two values are the subject, and the preheader where it is hidden in the body."""


class NotTameError(Exception):
    """A value or a template that the compiled path does not take; the plain path will."""


def hole(index: int) -> str:
    """Return how the value of this index stands in a text that nothing escapes."""
    return f"{chr(_VALUE + index)}{PROBE}{END}"


def number_of(character: str) -> int:
    """Return the index of the value that a pattern's character stands for."""
    return ord(character) - _VALUE


# Values that have the same effect wherever they stand: one line of visible text, in words with
# single spaces between them. The rest takes the plain path.
LONGEST = 400
_UNUSUAL = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U00100000-\U0010ffff]"
)
_COLON = re.compile(r"\A(?:i?d)?:|cid:|font-family\s*:|\A\s*:", re.IGNORECASE)
_BEFORE_COLON = re.compile(r"(?:cid|font-family)\s*\Z", re.IGNORECASE)


def is_tame(value: str) -> bool:
    """Whether `value` changes nothing but itself, wherever a template may print it."""
    return len(value) <= LONGEST and _is_tame(value)


@lru_cache(maxsize=16384)
def _is_tame(value: str) -> bool:
    if not value.isprintable():
        # Babel writes numbers and dates with spaces that do not break; within a value they are
        # letters like others.
        spaced = value.replace("\u00a0", "_").replace("\u202f", "_")
        if not spaced.isprintable() or value[0] in "\u00a0\u202f" or value[-1] in "\u00a0\u202f":
            return False
    if value[0] == " " or value[-1] == " " or "  " in value:
        return False
    if not value.isascii() and _UNUSUAL.search(value):
        return False
    if ":" in value and _COLON.search(value):
        return False
    return value[-1] not in "dDyY" or not _BEFORE_COLON.search(value)


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
        if _PRIVATE.search(text):
            raise NotTameError("the template has characters of Unicode's last private plane")
        with self._lock:
            if text not in self._numbers:
                if len(self._chunks) >= _MOST:
                    raise NotTameError("the template has too many parts")
                self._numbers[text] = chr(_CHUNK + len(self._chunks))
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
                return self._chunks[ord(found["chunk"]) - _CHUNK]
            if language is Language.TEXT:
                return f"{found['value']}{PROBE}{END}"
            if language is Language.HTML:
                return f"{found['value']}{_HTML_PROBE}{END}"
            start = _reference(found["value"]) if found["start"] else found["value"]
            return f"{start}{_MARKDOWN_PROBE}{_reference(END) if found['end'] else END}"

        return _IN_KEY.sub(text, key)


def _reference(text: str) -> str:
    return "".join(f"&#{ord(char):07d};" for char in text)


_HTML_PROBE = str(Markup.escape(PROBE))
_MARKDOWN_PROBE = _reference(PROBE)


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
        tree.body = _Folding(self).body(tree.body, self.keys.known, 0)
        _tidied(tree)
        if self.tokenise:
            _tokenised(tree, self.keys, whole=self.keys.captures_are_printed)
        _with_printing(tree, self.keys if self.tokenise else None)
        tree.set_environment(self)
        if name is not None:
            self.trees[name] = tree
        return tree

    def parsed_plainly(self, source: str, name: str) -> nodes.Template:
        """Return the tree as the plain path has it, but with calls made directly."""
        tree = super()._parse(source, name, name)
        _direct_calls(tree)
        return tree

    def evaluated(self, expression: nodes.Node, known: Mapping[str, object]) -> object:
        """Return what an expression over known names means, as the plain path would have it."""
        target = nodes.Name("result", "store", lineno=expression.lineno)
        statement = nodes.Assign(target, deepcopy(expression), lineno=expression.lineno)
        tree = nodes.Template([statement], lineno=1)
        tree.set_environment(self)
        code = self.compile(tree, "folded", "folded")
        template = jinja2.Template.from_code(self, code, self.make_globals(None))
        context = template.new_context({name: known[name] for name in _names(expression)})
        "".join(template.root_render_func(context))
        return context.vars["result"]


PUT_ASIDE, PRINT = "put aside", "print"  # with a space, so that no template can name them


def _value(number: int) -> Markup:
    if number > _MOST:
        raise NotTameError("too many values")
    return Markup(chr(_VALUE + number))  # noqa: S704 - one letter of ours


def _refuse_private(text: str) -> None:
    if _PRIVATE.search(text):
        raise NotTameError("a value has characters of Unicode's last private plane")


def _edges(value: str) -> str:
    """Return marks for a value that begins or ends in what Markdown takes for punctuation."""
    marks = ""
    for character, mark in ((value[0], _START_MARK), (value[-1], _END_MARK)):
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


# Folding.

PURE_METHODS = words(
    "capitalize endswith lower removeprefix removesuffix startswith strip title upper"
)
"""Methods of texts that depend on nothing but the text and their arguments."""
#: Filters that depend on nothing but what they are given.
_PURE = words(
    "abs batch capitalize count d default dictsort first float int join last length list lower max "
    "min replace reverse round safe sort string sum title trim truncate unique upper urlencode "
    "wordcount weighed concatenated"
)
_STATEMENTS_THAT_UNROLL = (nodes.Output, nodes.If, nodes.For, nodes.ExprStmt, nodes.Include)
_LOOP = words("index index0 revindex revindex0 first last length")
_UNROLLED = 200
_DEPTH = 12


class _Folding:
    """Works out what is known of one tree."""

    def __init__(self, sandbox: KeySandbox) -> None:
        self.sandbox = sandbox

    def body(
        self, body: list[nodes.Node], known: Mapping[str, object], depth: int
    ) -> list[nodes.Node]:
        """Return statements that print the same, with what is known worked out."""
        return [done for node in body for done in self._statement(node, known, depth)]

    def _statement(
        self, node: nodes.Node, known: Mapping[str, object], depth: int
    ) -> list[nodes.Node]:
        if isinstance(node, nodes.Output):
            node.nodes = [self._printed(child, known) for child in node.nodes]
            return [node]
        if isinstance(node, nodes.If):
            return self._if(node, known, depth)
        if isinstance(node, nodes.For):
            return self._for(node, known, depth)
        if isinstance(node, nodes.Include):
            return self._include(node, known, depth)
        if isinstance(node, nodes.ExprStmt | nodes.Extends | nodes.Import | nodes.FromImport):
            return [node]
        inner = _without(known, _stored(node))
        for name, value in list(node.iter_fields()):
            if name in ("body", "else_", "elif_") and isinstance(value, list):
                setattr(node, name, self.body(value, inner, depth))
            elif isinstance(value, list):
                value[:] = [
                    self._expression(item, inner) if isinstance(item, nodes.Expr) else item
                    for item in value
                ]
            elif isinstance(value, nodes.Expr) and name != "target":
                setattr(node, name, self._expression(value, inner))
        return [node]

    def _if(self, node: nodes.If, known: Mapping[str, object], depth: int) -> list[nodes.Node]:
        worked, value = self._value(node.test, known, bool)
        if worked:
            if value:
                return self.body(node.body, known, depth)
            if node.elif_:
                first, *rest = node.elif_
                return self._if(
                    nodes.If(first.test, first.body, rest, node.else_, lineno=node.lineno),
                    known,
                    depth,
                )
            return self.body(node.else_, known, depth)
        node.test = self._expression(node.test, known)
        node.body = self.body(node.body, known, depth) or [nodes.Output([], lineno=node.lineno)]
        for other in node.elif_:
            other.test = self._expression(other.test, known)
            other.body = self.body(other.body, known, depth) or [
                nodes.Output([], lineno=node.lineno)
            ]
        node.else_ = self.body(node.else_, known, depth)
        return [node]

    def _for(self, node: nodes.For, known: Mapping[str, object], depth: int) -> list[nodes.Node]:
        worked, items = self._value(node.iter, known)
        if worked and isinstance(items, list | tuple | range | dict) and self._unrolls(node):
            items = list(items)
            if len(items) <= _UNROLLED and depth < _DEPTH:
                if not items:
                    return self.body(node.else_, known, depth)
                turns = [
                    self._turn(node, known, items, number, depth) for number in range(len(items))
                ]
                if None not in turns:
                    return [statement for turn in turns if turn for statement in turn]
        node.iter = self._expression(node.iter, known)
        inner = _without(known, {*_stored(node), "loop"})
        node.body = self.body(node.body, inner, depth) or [nodes.Output([], lineno=node.lineno)]
        node.else_ = self.body(node.else_, known, depth)
        if node.test is not None:
            node.test = self._expression(node.test, inner)
        return [node]

    def _unrolls(self, node: nodes.For) -> bool:
        if node.recursive or node.test is not None:
            return False
        for inner in node.find_all(nodes.Stmt):
            if not isinstance(inner, _STATEMENTS_THAT_UNROLL):
                return False
        used = [
            getattr(inner, "attr", None)
            for inner in node.find_all(nodes.Getattr)
            if isinstance(inner.node, nodes.Name) and inner.node.name == "loop"
        ]
        named = sum(name.name == "loop" for name in node.find_all(nodes.Name))
        return len(used) == named and all(attribute in _LOOP for attribute in used)

    def _turn(
        self,
        node: nodes.For,
        known: Mapping[str, object],
        items: Sequence[object],
        number: int,
        depth: int,
    ) -> list[nodes.Node] | None:
        names = _bound(node.target, items[number])
        if names is None:
            return None
        last = len(items) - 1
        loop = {
            "index": number + 1, "index0": number, "revindex": last - number + 1,
            "revindex0": last - number, "first": number == 0, "last": number == last,
            "length": len(items),
        }  # fmt: skip
        inner = {**known, **names, "loop": Record("the loop", loop)}
        return self.body(deepcopy(node.body), inner, depth + 1)

    def _include(
        self, node: nodes.Include, known: Mapping[str, object], depth: int
    ) -> list[nodes.Node]:
        """Put a file that only prints in the place where it is included."""
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        body = self.sandbox.keys.bodies.get(name) if isinstance(name, str) else None
        if body is None or not node.with_context or depth >= _DEPTH:
            return [node]
        assert isinstance(name, str)
        tree = self.sandbox.parsed_plainly(body, name)
        simple = all(
            isinstance(inner, _STATEMENTS_THAT_UNROLL) for inner in tree.find_all(nodes.Stmt)
        )
        names = {used.name for used in tree.find_all(nodes.Name)}
        if not simple or names & {"loop", "self", "super", "caller"}:
            return [node]
        return self.body(tree.body, _without(known, _stored(tree)), depth + 1)

    def _printed(self, child: nodes.Expr, known: Mapping[str, object]) -> Any:  # noqa: ANN401
        if isinstance(child, nodes.TemplateData):
            return child
        worked, value = self._value(child, known)
        if worked:
            with rendering(self.sandbox.keys.spent):
                try:
                    text = str(self.sandbox._plain.printed(value))
                except Exception:  # the plain path will raise it with its place
                    return self._expression(child, known)
            return nodes.TemplateData(text, lineno=child.lineno)
        return self._expression(child, known)

    def _expression(self, node: Any, known: Mapping[str, object]) -> Any:  # noqa: ANN401
        """Return an expression in which no name that is known only here is left."""
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            worked, value = self._value(node, known)
            if worked and not isinstance(value, Undefined):
                if isinstance(value, str | int | float) and not isinstance(value, Markup):
                    return nodes.Const(value, lineno=node.lineno)
                constant = f"known_{self.sandbox.keys.site()}"
                setattr(self.sandbox, constant, value)
                return nodes.EnvironmentAttribute(constant, lineno=node.lineno)
        if isinstance(node, nodes.Node):
            for name, value in list(node.iter_fields()):
                if isinstance(value, list):
                    value[:] = [self._expression(item, known) for item in value]
                elif isinstance(value, nodes.Node):
                    setattr(node, name, self._expression(value, known))
        return node

    def _value(
        self,
        node: nodes.Node,
        known: Mapping[str, object],
        seen_as: Callable[[object], object] = lambda value: value,
    ) -> tuple[bool, object]:
        """Return whether an expression can be worked out now, and its value."""
        if not _names(node) <= known.keys() or not _is_pure(node):
            return False, None
        with rendering(self.sandbox.keys.spent):
            try:
                return True, seen_as(self._worked_out(node, known))
            except Exception:  # the plain path will raise it with its place
                return False, None

    def _worked_out(self, node: nodes.Node, known: Mapping[str, object]) -> object:
        if isinstance(node, nodes.Const):
            return node.value
        if isinstance(node, nodes.Name):
            return known[node.name]
        if isinstance(node, nodes.Getattr):
            return self.sandbox.getattr(self._worked_out(node.node, known), node.attr)
        if isinstance(node, nodes.Not):
            return not self._worked_out(node.node, known)
        if isinstance(node, nodes.Filter) and not (node.args or node.kwargs or node.dyn_args):
            filter_ = self.sandbox.filters[node.name]
            if node.node is not None and not hasattr(filter_, "jinja_pass_arg"):
                return filter_(self._worked_out(node.node, known))
        return self.sandbox.evaluated(node, known)


def _is_method(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Getattr) and call.node.attr in PURE_METHODS


def _is_pure(node: nodes.Node) -> bool:
    for inner in [node, *node.find_all(nodes.Expr)]:
        if isinstance(inner, nodes.Call) and not _is_method(inner):
            return False
        if isinstance(inner, nodes.TemplateData | nodes.ContextReference):
            return False
        if isinstance(inner, nodes.EnvironmentAttribute | nodes.InternalName):
            return False
        if isinstance(inner, nodes.Filter) and inner.name not in _PURE:
            return False
    return True


def _names(node: nodes.Node) -> set[str]:
    own = {node.name} if isinstance(node, nodes.Name) else set()
    return own | {name.name for name in node.find_all(nodes.Name)}


def stored(tree: nodes.Template) -> set[str]:
    """Return all names that a template gives a value to, wherever."""
    return _stored(tree)


def _stored(node: nodes.Node) -> set[str]:
    names = {name.name for name in node.find_all(nodes.Name) if name.ctx in ("store", "param")}
    names |= {macro.name for macro in node.find_all(nodes.Macro)}
    if isinstance(node, nodes.Macro):
        names.add(node.name)
    for module in node.find_all(nodes.Import):
        names.add(module.target)
    for chosen in node.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in chosen.names}
    if node.find(nodes.Macro) or node.find(nodes.CallBlock):
        names |= {"caller", "varargs", "kwargs"}
    return names


def _without(known: Mapping[str, object], names: set[str]) -> Mapping[str, object]:
    if not names & known.keys():
        return known
    return {name: value for name, value in known.items() if name not in names}


def _bound(target: nodes.Node, item: object) -> dict[str, object] | None:
    """Return what a loop's target is in one turn, or None if only Jinja can say."""
    if isinstance(target, nodes.Name):
        return {target.name: item}
    if isinstance(target, nodes.Tuple) and isinstance(item, list | tuple):
        names = [part.name if isinstance(part, nodes.Name) else None for part in target.items]
        if len(names) == len(item) and None not in names:
            return {str(name): value for name, value in zip(names, item, strict=True)}
    return None


# Tokens.


def _tidied(tree: nodes.Template) -> None:
    """Charge once for all that happens together, and join texts that follow each other."""
    for node in [tree, *tree.find_all(nodes.Node)]:
        for name, value in list(node.iter_fields()):
            if name in ("body", "else_") and isinstance(value, list):
                setattr(node, name, _joined(value))


def _joined(body: list[nodes.Node]) -> list[nodes.Node]:
    steps = characters = 0
    joined: list[nodes.Node] = []
    for node in body:
        charge = node.node if isinstance(node, nodes.ExprStmt) else None
        if isinstance(charge, nodes.Filter) and charge.name == "spend":
            assert isinstance(charge.node, nodes.Const)
            steps += charge.node.value
            characters += charge.args[0].value  # type: ignore[attr-defined]
        elif isinstance(node, nodes.Output) and joined and isinstance(joined[-1], nodes.Output):
            joined[-1].nodes += node.nodes
        else:
            joined.append(node)
    for node in joined:
        if isinstance(node, nodes.Output):
            node.nodes = _with_whole_texts(node.nodes)
    if steps:
        first, second = nodes.Const(steps, lineno=1), nodes.Const(characters, lineno=1)
        call = nodes.Filter(first, "spend", [second], [], None, None, lineno=1)
        joined.insert(0, nodes.ExprStmt(call, lineno=1))
    return joined


def _with_whole_texts(parts: list[nodes.Expr]) -> list[nodes.Expr]:
    whole: list[nodes.Expr] = []
    for part in parts:
        last = whole[-1] if whole else None
        if isinstance(part, nodes.TemplateData) and isinstance(last, nodes.TemplateData):
            whole[-1] = nodes.TemplateData(last.data + part.data, lineno=last.lineno)
        elif not isinstance(part, nodes.TemplateData) or part.data:
            whole.append(part)
    return whole


_CAPTURES = (nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock)


def _outputs(node: nodes.Node, *, whole: bool) -> Iterator[nodes.Output]:
    """Yield what prints; unless `whole`, only what is printed for good."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.FilterBlock) or (
            not whole and isinstance(child, (*_CAPTURES, nodes.Block))
        ):
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
                if keys is not None and _PRIVATE.search(child.data) and len(child.data) > 1:
                    raise NotTameError(
                        "the template has characters of Unicode's last private plane"
                    )
            elif not (isinstance(child, nodes.Filter) and child.name == PUT_ASIDE):
                output.nodes[number] = nodes.Filter(
                    child, PRINT, [], [], None, None, lineno=child.lineno
                )


def capture_use(trees: Sequence[nodes.Template]) -> tuple[bool, bool]:
    """Return whether what is captured is only printed as it is, and whether keys can be made.

    Macros, blocks, ``set`` and ``call`` blocks capture what they print. Where a template does more
    with that than print it, tokens must not be in it; where they cannot be kept out, no keys.
    """
    modules = {"self"} | {node.target for tree in trees for node in tree.find_all(nodes.Import)}
    captured = {"content"} | {
        name.name
        for tree in trees
        for node in tree.find_all(nodes.AssignBlock)
        for name in [node.target, *node.target.find_all(nodes.Name)]
        if isinstance(name, nodes.Name)
    }
    printed = all(_prints_only(tree, captured, modules) for tree in trees)
    for tree in trees:
        for block in tree.find_all((nodes.FilterBlock,) if printed else _CAPTURES):
            if block.find(nodes.Include):
                return printed, False
    return printed, True


def _prints_only(tree: nodes.Template, captured: set[str], modules: set[str]) -> bool:
    printed: set[int] = set()
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            if isinstance(child, nodes.Name):
                printed.add(id(child))
            elif isinstance(child, nodes.Call):
                printed |= {id(child), id(child.node)}
    for call in tree.find_all(nodes.CallBlock):
        printed.add(id(call.call))
    for block in tree.find_all(nodes.FilterBlock):
        printed -= {id(node) for node in block.find_all(nodes.Expr)}
    for node in tree.find_all(nodes.Expr):
        if id(node) in printed:
            continue
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name in captured:
            return False
        if isinstance(node, nodes.Call) and not _is_function(node, modules):
            return False
    return not any(
        isinstance(node.target, nodes.NSRef) for node in tree.find_all(nodes.AssignBlock)
    )


def _is_function(call: nodes.Call, modules: set[str]) -> bool:
    """Whether what is called gives a value and nothing that was printed."""
    if isinstance(call.node, nodes.EnvironmentAttribute):
        return True
    if isinstance(call.node, nodes.Name):
        return call.node.name in ("greeting", "range", "dict", "namespace")
    if isinstance(call.node, nodes.Getattr):
        owner = call.node.node
        return not (isinstance(owner, nodes.Name) and owner.name in modules)
    return False


def constant_text(tree: nodes.Template) -> str | None:
    """Return what a template prints if that is the same for everybody, else None."""
    parts = []
    for node in tree.body:
        if isinstance(node, nodes.Output):
            if not all(isinstance(child, nodes.TemplateData) for child in node.nodes):
                return None
            parts += [child.data for child in node.nodes]  # type: ignore[attr-defined]
        elif not isinstance(node, nodes.ExprStmt):
            return None
    return "".join(parts)


def prints_links_only(trees: Sequence[nodes.Template]) -> bool:
    """Whether `links` are only printed as they are, or asked for whether there are any."""
    for tree in trees:
        fine: set[int] = set()
        for output in tree.find_all(nodes.Output):
            fine |= {id(child) for child in output.nodes}
        fine |= {id(node.test) for node in tree.find_all(nodes.If)}
        fine |= {id(node.test) for node in tree.find_all(nodes.CondExpr)}
        for node in tree.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name == "links" and id(node) in fine:
                fine.add(id(node.node))
        if any(name.name == "links" and id(name) not in fine for name in tree.find_all(nodes.Name)):
            return False
    return True


def has_captures(tree: nodes.Template) -> bool:
    """Whether a template prints into anything but its own output."""
    kinds: tuple[type[nodes.Node], ...] = (*_CAPTURES, nodes.Import, nodes.FromImport)
    return any(isinstance(node, kinds) for node in tree.find_all(nodes.Node)) or any(
        name.name in ("self", "super", "caller") for name in tree.find_all(nodes.Name)
    )


def keeps_modules_apart(tree: nodes.Template) -> bool:
    """Whether an imported file may be kept from one contact to the next: it has only macros."""
    allowed = (nodes.Macro, nodes.Output, nodes.ExprStmt, nodes.Import, nodes.FromImport)
    return all(
        isinstance(node, allowed)
        and (
            not isinstance(node, nodes.Output)
            or all(isinstance(child, nodes.TemplateData) for child in node.nodes)
        )
        for node in tree.body
    )


Escape = Callable[[str], str]


def escape_like(probe: str) -> Escape | None:
    """Return the function that escapes as the probe in a pattern was escaped, or None."""
    if probe == PROBE:
        return str
    known: tuple[Escape, ...] = (_markupsafe, _quotes_named, escape, _markdown_it, _referenced)
    return next((function for function in known if function(PROBE) == probe), None)


def _markupsafe(text: str) -> str:
    return str(Markup.escape(text))


def _quotes_named(text: str) -> str:
    return _markupsafe(text).replace("&#34;", "&quot;")


def _markdown_it(text: str) -> str:
    return escape(text, quote=False).replace('"', "&quot;")


#: Those that leave alone what has none of ``&<>"'``.
ONLY_MARKUP: frozenset[Escape] = frozenset({str, escape, _markupsafe, _quotes_named, _markdown_it})

_SIGN = re.compile(r"[!-/:-@\[-`{-~]")


def _referenced(text: str) -> str:
    return _SIGN.sub(lambda found: _reference(found[0]), text)
