"""What one rendering may cost: its budget, the bounds of what it makes, and the calls that charge.

Every loop, macro and printed value is charged, by calls that `meter` writes into the syntax tree,
so that a template that would never end stops at the same place each time, in any thread.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import jinja2
from babel import Locale
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

MAX_STEPS = 200_000
"""Turns of loops, calls of macros and items handed to filters, in one rendering."""
MAX_CHARACTERS = 8_000_000
"""Characters that one rendering may print, at any level; a mail of that size reaches nobody."""
MAX_LIST = 10_000
"""Items that a list made in a template may have."""
MAX_TEXT = 2_000_000
"""Characters that a text made in a template may have."""
MAX_BITS = 256
"""Size of a whole number that arithmetic in a template may give."""


class Refusal(jinja2.TemplateRuntimeError):
    """What a template may not do, or cannot with these values; `word` is where to look."""

    def __init__(self, message: str, hint: str | None = None, word: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.word = word


@dataclass(slots=True)
class Rendering:
    """One rendering under way: its budget, and what filters and functions depend on."""

    locale: Locale
    zone: tzinfo
    first_name: str | None = None
    steps: int = MAX_STEPS
    characters: int = MAX_CHARACTERS
    names: frozenset[str] = field(default_factory=frozenset)

    def charge(self, steps: int, characters: int = 0) -> None:
        """Take from the budget, or raise `Refusal`."""
        self.steps -= steps
        self.characters -= characters
        if self.steps < 0:
            raise Refusal(
                f"the template does not come to an end within {MAX_STEPS:,} steps",
                "look for a loop over too much, or a macro that calls itself",
            )
        if self.characters < 0:
            raise Refusal(
                f"the template prints more than {MAX_CHARACTERS:,} characters",
                "look for a loop that prints too much, or a value that grows in each turn",
            )


_current: ContextVar[Rendering | None] = ContextVar("rendering", default=None)


@contextmanager
def rendering(state: Rendering) -> Iterator[Rendering]:
    """Let everything that is rendered inside the block be charged to `state`."""
    token = _current.set(state)
    try:
        yield state
    finally:
        _current.reset(token)


def under_way() -> Rendering | None:
    """Return the rendering under way, or None while a template is only read."""
    return _current.get()


def current() -> Rendering:
    """Return the rendering under way."""
    state = _current.get()
    if state is None:
        raise jinja2.nodes.Impossible  # asked for while compiling: nothing is known yet
    return state


def bounded(size: int, limit: int, kind: str) -> None:
    """Refuse to make a ``list``, a ``text`` or a ``number`` that is larger than `limit`."""
    if size > limit:
        unit = {"list": "items", "text": "characters", "number": "bits"}[kind]
        raise Refusal(f"this would make a {kind} of {size:,} {unit}; {limit:,} are allowed")


def metered(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Charge a filter for the size of what it is given."""
    marks = {name: getattr(filter_, name) for name in ("jinja_pass_arg",) if hasattr(filter_, name)}
    position = 1 if marks else 0

    def charged(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the filter itself
        value = arguments[position]
        if isinstance(value, str):
            current().charge(1, len(value))
        elif isinstance(value, list | tuple | dict | range):
            current().charge(1 + weight(value))
        else:
            current().charge(1)
        return filter_(*arguments, **options)

    for name, mark in marks.items():
        setattr(charged, name, mark)
    return charged


def weight(value: Any) -> int:  # noqa: ANN401 - any collection
    """Return how many items `value` holds at all depths.

    Few references can span a huge structure, and comparing or hashing walks through all of it.
    """
    weight = 0
    rest = [value]
    while rest:
        item = rest.pop()
        weight += len(item)
        bounded(weight, MAX_LIST, "list")
        if not isinstance(item, range):
            inner = item.values() if isinstance(item, dict) else item
            rest += [one for one in inner if isinstance(one, list | tuple | dict)]
    return weight


def meter(tree: nodes.Template) -> None:
    """Write calls that charge the budget into a syntax tree.

    They are of `spend`, `weighed` and `concatenated`, which its environment has.
    """
    _Meter().visit(tree)


_Charged = nodes.For | nodes.Macro | nodes.CallBlock | nodes.Template | nodes.Block


class _Meter(NodeTransformer):
    """Writes calls that charge the budget into a syntax tree; Jinja names the methods."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        return self._metered(node)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        return self._metered(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        return self._metered(node)

    def visit_Template(self, node: nodes.Template) -> nodes.Node:
        return self._metered(node)

    def visit_Block(self, node: nodes.Block) -> nodes.Node:
        return node if node.required else self._metered(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _call("concatenated", [nodes.List(node.nodes, lineno=node.lineno)], node.lineno)

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.expr, nodes.Const):
            node.expr = _call("weighed", [node.expr], node.lineno)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.key, nodes.Const):
            node.key = _call("weighed", [node.key], node.lineno)
        return node

    def _metered(self, node: _Charged) -> nodes.Node:
        self.generic_visit(node)
        size = sum(len(data.data) for statement in node.body for data in _literals(statement))
        arguments: list[nodes.Expr] = [
            nodes.Const(1, lineno=node.lineno),
            nodes.Const(size, lineno=node.lineno),
        ]
        call = _call("spend", arguments, node.lineno)
        node.body.insert(0, nodes.ExprStmt(call, lineno=node.lineno))
        return node


def _literals(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    """Yield the text in `node` that no inner loop, macro or block charges for itself."""
    if isinstance(node, nodes.TemplateData):
        yield node
    elif not isinstance(node, nodes.For | nodes.Macro | nodes.CallBlock | nodes.Block):
        for child in node.iter_child_nodes():
            yield from _literals(child)


def _call(method: str, arguments: list[nodes.Expr], line: int) -> nodes.Call:
    callee = nodes.EnvironmentAttribute(method, lineno=line)
    return nodes.Call(callee, arguments, [], None, None, lineno=line)
