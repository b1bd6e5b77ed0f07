"""Syntax trees with all that is the same for a mailing worked out.

Conditions on it are decided, loops over it unrolled, and plain includes put in place. What is
worked out is worked out by the sandbox, by its rules.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

from jinja2 import nodes
from jinja2.runtime import Undefined
from markupsafe import Markup

from outreach.rendering.budget import Rendering, rendering
from outreach.rendering.mjml_source import words
from outreach.rendering.sandbox import Record

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


class Workshop(Protocol):
    """What works things out: the sandbox of the template, by its rules."""

    filters: Any

    @property
    def spent(self) -> Rendering:
        """What working things out may cost, and has cost so far."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - Jinja's
        """Return an attribute as a template sees it."""

    def included(self, name: object) -> nodes.Template | None:
        """Return the tree of a file that may be put in the place where it is included."""

    def shown(self, value: object) -> str:
        """Return a value as the plain path prints it. Raises what that raises."""

    def kept(self, value: object) -> str:
        """Keep a value for the template, and return the name under which it is kept."""

    def evaluated(self, expression: nodes.Node, known: Mapping[str, object]) -> object:
        """Return what an expression over known names means, as the plain path would have it."""


class Folding:
    """Works out what is known of one tree."""

    def __init__(self, sandbox: Workshop) -> None:
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
        if not isinstance(node.template, nodes.Const) or not node.with_context or depth >= _DEPTH:
            return [node]
        tree = self.sandbox.included(node.template.value)
        if tree is None:
            return [node]
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
            with rendering(self.sandbox.spent):
                try:
                    text = self.sandbox.shown(value)
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
                return nodes.EnvironmentAttribute(self.sandbox.kept(value), lineno=node.lineno)
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
        if not names_in(node) <= known.keys() or not _is_pure(node):
            return False, None
        with rendering(self.sandbox.spent):
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


def names_in(node: nodes.Node) -> set[str]:
    """Return the names that stand in a node, itself among them."""
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


def tidied(tree: nodes.Template) -> None:
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
