"""The language of templates: Jinja in a sandbox, with bounds on what one rendering may cost.

Three things differ from Jinja as it comes. Attributes, methods, filters, tests and functions are
closed sets. Every loop, macro and printed value is charged to a budget, by calls written into the
syntax tree, so that a template that would never end stops at the same place each time, in any
thread. And a printed value is escaped for the language that it lands in: HTML, Markdown, or not at
all in plain text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, NoReturn

import jinja2
from babel import Locale
from jinja2 import nodes, pass_context
from jinja2.runtime import (
    BlockReference,
    Context,
    LoopContext,
    Macro,
    StrictUndefined,
    TemplateReference,
    Undefined,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from outreach.errors import suggestion

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


class Language(Enum):
    """What a template's own text is written in, which says how values are escaped."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


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


def current() -> Rendering:
    """Return the rendering under way."""
    state = _current.get()
    if state is None:
        raise jinja2.nodes.Impossible  # asked for while compiling: nothing is known yet
    return state


class Unknown(StrictUndefined):
    """A name that means nothing here. Only `is defined` and `default` take it."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,  # noqa: ANN401 - Jinja's own signature
        name: str | None = None,
        exc: Any = None,  # noqa: ANN401
    ) -> None:
        super().__init__(hint, obj, name)
        # Jinja calls this to get the exception to raise; ours knows more than a message.
        self._undefined_exception = exc or self._refusal  # type: ignore[assignment]

    def _refusal(self, _message: str) -> Refusal:
        name = self._undefined_name
        if self._undefined_hint:
            return Refusal(self._undefined_hint, word=name)
        if self._undefined_obj is not missing:
            kind = "list" if isinstance(self._undefined_obj, list | tuple) else "value"
            known = list(self._undefined_obj) if isinstance(self._undefined_obj, Mapping) else []
            return Refusal(
                f'this {kind} has no "{name}"', suggestion(str(name), map(str, known)), str(name)
            )
        names = current().names
        hint = suggestion(str(name), names)
        if f"contact.{name}" in names:
            hint = f"write contact.{name}"
        return Refusal(f'there is no "{name}" here', hint, name)


class Missing(Unknown):
    """A value that is not known: false, equal to nothing, taken by `default`, never printed."""

    __slots__ = ()

    def __init__(self, owner: str, name: str, advice: str) -> None:
        super().__init__(name=name, exc=lambda _: Refusal(f"{owner} has no {name}", advice, name))

    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return other is None or isinstance(other, Missing)

    def __ne__(self, other: object) -> bool:  # type: ignore[override]
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(None)


class Record:
    """Named values a template may read and nothing else: a contact, the sender, the links.

    A name that is not among `values` is an error wherever it is used; None is a `Missing`.
    """

    __slots__ = ("_advice", "_owner", "_values")

    def __init__(self, owner: str, values: Mapping[str, object], advice: str | None = None) -> None:
        self._owner = owner
        self._values = values
        self._advice = advice

    def look_up(self, name: object) -> object:
        """Return the value called `name` for a template."""
        if not isinstance(name, str) or name not in self._values:
            raise Refusal(
                f'{self._owner} has no field "{name}"',
                suggestion(str(name), self._values)
                or f"there are {', '.join(sorted(self._values))}",
                str(name),
            )
        value = self._values[name]
        if value is None:
            return Missing(self._owner, name, self._advice or "write | default(…)")
        return value

    def __str__(self) -> str:
        raise Refusal(
            f"{self._owner} cannot be printed", f"print one of its fields, {self._owner}.…"
        )


_TEXT_METHODS = frozenset(
    [
        "upper",
        "lower",
        "title",
        "capitalize",
        "strip",
        "lstrip",
        "rstrip",
        "startswith",
        "endswith",
        "split",
        "count",
        "removeprefix",
        "removesuffix",
        "isdigit",
        "isalpha",
        "isupper",
        "islower",
    ]
)
_DATE_FIELDS = frozenset(
    [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "weekday",
        "isoweekday",
        "date",
        "time",
        "days",
    ]
)
_LOOP_FIELDS = frozenset(
    [
        "index",
        "index0",
        "revindex",
        "revindex0",
        "first",
        "last",
        "length",
        "depth",
        "depth0",
        "previtem",
        "nextitem",
        "cycle",
        "changed",
    ]
)
_METHODS: tuple[tuple[type | tuple[type, ...], frozenset[str]], ...] = (
    (str, _TEXT_METHODS),
    (dict, frozenset({"get", "items", "keys", "values"})),
    ((list, tuple), frozenset({"index", "count"})),
    ((date, time, timedelta), _DATE_FIELDS),
    (LoopContext, _LOOP_FIELDS),
    (BlockReference, frozenset({"super"})),
)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja for one template and one `Language`."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(
        self,
        language: Language,
        loader: jinja2.BaseLoader,
        *,
        filters: Mapping[str, Callable[..., Any]],
        tests: Mapping[str, Callable[..., Any]],
        functions: Mapping[str, Callable[..., Any]],
    ) -> None:
        super().__init__(
            loader=loader,
            undefined=Unknown,
            autoescape=language is not Language.TEXT,
            finalize=self._finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            # Folding would run filters and joins while compiling, before there is a budget.
            optimized=False,
            auto_reload=False,
        )
        self.language = language
        self.filters = {name: _metered(filter_) for name, filter_ in filters.items()}
        self.tests = dict(tests)
        self.globals = {"namespace": Namespace, "range": _range, "dict": dict, **functions}

    @staticmethod
    @pass_context
    def _finalize(context: Context, value: object) -> str:
        # Passing the context keeps Jinja from printing constants by another way while compiling.
        environment = context.environment
        assert isinstance(environment, Sandbox)
        return environment.printed(value)

    def printed(self, value: object) -> str:
        """Return `value` as it stands in the output, escaped for the language around it."""
        text = self._as_text(value)
        current().charge(0, len(text))
        return text

    def _as_text(self, value: object) -> str:
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return self.escaped(carried(value))
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | date | time):
            if isinstance(value, Undefined | Record):
                return str(value)  # raises, with the name
            if isinstance(value, Macro | BlockReference):
                raise Refusal("a macro is printed, not called", "write () behind its name")
            raise Refusal(*_unprintable(value))
        if isinstance(value, float | Decimal) and not isfinite(value):
            raise Refusal("the number to print is not a number")
        return self.escaped(str(value))

    def escaped(self, text: str) -> str:
        """Return a plain text so that it stands for itself in this language."""
        if self.language is Language.TEXT:
            return text
        if self.language is Language.HTML:
            return escape(text)
        return Markup(_MARKDOWN_SPECIAL.sub(_reference, text))  # noqa: S704 - just escaped

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401, PLR0911 - any value
        """Read `obj.attribute` for a template."""
        if isinstance(obj, Record):
            return obj.look_up(attribute)
        if isinstance(obj, Undefined):
            return obj._fail_with_undefined_error()
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if attribute.startswith("_"):
            return _forbidden(attribute)
        if isinstance(obj, TemplateReference):
            return obj[attribute]
        if isinstance(obj, Namespace | jinja2.environment.TemplateModule):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                known = [name for name in vars(obj) if not name.startswith("_")]
                raise Refusal(
                    f'there is no "{attribute}" in it', suggestion(attribute, known), attribute
                ) from None
        if isinstance(obj, tuple) and attribute in getattr(obj, "_fields", ()):
            return getattr(obj, attribute)  # what `groupby` gives
        for kind, allowed in _METHODS:
            if isinstance(obj, kind):
                if attribute in allowed:
                    return getattr(obj, attribute)
                if isinstance(obj, dict):
                    return Unknown(obj=obj, name=attribute)
                raise Refusal(
                    f'{_kind(obj)} has no "{attribute}"', suggestion(attribute, allowed), attribute
                )
        return _forbidden(attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - any value at all
        """Read ``obj[argument]`` for a template."""
        if isinstance(obj, Record):
            return obj.look_up(argument)
        if isinstance(obj, Undefined):
            return obj[argument]
        if isinstance(obj, str | list | tuple | dict | range):
            try:
                return obj[self.weighed(argument)]
            except (LookupError, TypeError):
                return Unknown(obj=obj, name=argument)
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return _forbidden(str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Calculate, unless the result would be huge."""
        if operator == "%" and isinstance(left, str):
            raise Refusal("% does not format texts here", "write the values between the words")
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return self.concatenated([left, right])
        if operator == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            current().charge(len(left) + len(right))
            _bounded(len(left) + len(right), MAX_LIST, "list")
        elif operator == "*":
            for many, times in ((left, right), (right, left)):
                if isinstance(many, str | list | tuple) and isinstance(times, int):
                    length = len(many) * max(times, 0)
                    kind = "text" if isinstance(many, str) else "list"
                    _bounded(length, MAX_TEXT if kind == "text" else MAX_LIST, kind)
                    current().charge(length if kind == "list" else 0, length)
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _bounded(left.bit_length() * max(right, 0), MAX_BITS, "number")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int):
            _bounded(result.bit_length(), MAX_BITS, "number")
        return result

    def concatenated(self, parts: list[Any]) -> str:
        """Join what ``~`` and ``+`` join; beside markup, plain texts are escaped."""
        if self.language is not Language.TEXT and any(isinstance(part, Markup) for part in parts):
            joined: str = Markup("").join(map(self._as_text, parts))
        else:
            joined = "".join(_plain(part) for part in parts)
        _bounded(len(joined), MAX_TEXT, "text")
        current().charge(1, len(joined))
        return joined

    @staticmethod
    def spend(steps: int, characters: int) -> str:
        """Charge the budget; calls to this are written into loops, macros and blocks."""
        current().charge(steps, characters)
        return ""

    @staticmethod
    def weighed(value: Any) -> Any:  # noqa: ANN401 - any value at all
        """Charge for comparing with `value` or looking through it, and return it."""
        if isinstance(value, str):
            current().charge(1, len(value) // 100)
        elif isinstance(value, list | tuple | dict):
            current().charge(_weight(value))
        return value

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, N805
        """Call a method, macro or function for a template."""
        for argument in (*args, *kwargs.values()):
            __self.weighed(argument)
        return super().call(__context, __obj, *args, **kwargs)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Meter().visit(tree)
        tree.set_environment(self)
        return tree

    def _load_template(self, name: str, globals: Any) -> jinja2.Template:  # noqa: ANN401
        state = _current.get()
        if state is not None:
            state.charge(1)
        return super()._load_template(name, globals)


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


def _metered(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Charge a filter for the size of what it is given."""
    marks = {name: getattr(filter_, name) for name in ("jinja_pass_arg",) if hasattr(filter_, name)}
    position = 1 if marks else 0

    def metered(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the filter itself
        value = arguments[position]
        if isinstance(value, str):
            current().charge(1, len(value))
        elif isinstance(value, list | tuple | dict | range):
            current().charge(1 + _weight(value))
        else:
            current().charge(1)
        return filter_(*arguments, **options)

    for name, mark in marks.items():
        setattr(metered, name, mark)
    return metered


def _weight(value: Any) -> int:  # noqa: ANN401 - any collection
    """Return how many items `value` holds at all depths.

    Few references can span a huge structure, and comparing or hashing walks through all of it.
    """
    weight = 0
    rest = [value]
    while rest:
        item = rest.pop()
        weight += len(item)
        _bounded(weight, MAX_LIST, "list")
        if not isinstance(item, range):
            inner = item.values() if isinstance(item, dict) else item
            rest += [one for one in inner if isinstance(one, list | tuple | dict)]
    return weight


def _range(*arguments: int) -> range:
    numbers = range(*arguments)
    _bounded(len(numbers), MAX_LIST, "list")
    return numbers


def _bounded(size: int, limit: int, kind: str) -> None:
    if size > limit:
        unit = {"list": "items", "text": "characters", "number": "bits"}[kind]
        raise Refusal(f"this would make a {kind} of {size:,} {unit}; {limit:,} are allowed")


def _forbidden(name: str) -> NoReturn:
    raise Refusal(f'"{name}" is out of reach of templates', word=name)


def _kind(value: object) -> str:
    names: tuple[tuple[Any, str], ...] = (
        (str, "a text"),
        (bool, "a yes or no"),
        ((int, float, Decimal), "a number"),
        ((list, tuple, range), "a list"),
        (dict, "a map"),
        ((date, time), "a date"),
        (LoopContext, "the loop"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "this")


def _unprintable(value: object) -> tuple[str, str]:
    if value is None:
        return "there is nothing to print", "write | default(…)"
    if isinstance(value, bool):
        return "yes or no cannot be printed", "write  'yes' if … else 'no'"
    if isinstance(value, list | tuple | range):
        return "a list cannot be printed", "write | join(', '), or loop over it"
    return f"{_kind(value)} cannot be printed", "print one of its parts"


def _plain(value: object) -> str:
    """Return a value that can be printed as a text, not escaped."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal | date | time) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Undefined | Record):
        return str(value)
    raise Refusal(*_unprintable(value))


# What means something to Markdown, or to HTML in Markdown, anywhere in a line; and the spaces that
# do at its ends. Letters of any script, digits and single spaces are left alone.
_MARKDOWN_SPECIAL = re.compile(r"[!-/:-@\[-`{-~\t\n\f\v]|\A +| +\Z|(?<= ) ")


def _reference(found: re.Match[str]) -> str:
    # Seven digits, as many as CommonMark reads: no person writes them so, which lets `markdown`
    # know them again in code, where Markdown takes a reference for what it is.
    return "".join(f"&#{ord(char):07d};" for char in found[0])


_NOT_CARRIED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
#: Once a mark of byte order, now invisible; whoever reads a text that begins with one drops it.
_MARK = "\ufeff"
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_OPENS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"} | {
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
_CLOSES = frozenset(_OPENS.values())
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def carried(text: str) -> str:
    """Return `text` as mail can carry it: one kind of line break, directions closed, no U+FEFF.

    Raises `Refusal` for control characters and lone surrogates, which no HTML may hold.
    """
    if text.isprintable():
        return text
    if found := _NOT_CARRIED.search(text):
        raise Refusal(
            f"a value holds U+{ord(found[0]):04X}, a character that no mail can carry",
            "mend the contact's record",
        )
    text = _BREAK.sub("\n", text.replace(_MARK, ""))
    return _balanced(text) if _DIRECTIONS.search(text) else text


def _balanced(text: str) -> str:
    """Close every change of direction that `text` opens and drop what it never opened.

    Else a name could turn round the words that follow it (UAX 9).
    """
    kept: list[str] = []
    due: list[str] = []
    for char in text:
        if char in _OPENS:
            due.append(_OPENS[char])
        elif char in _CLOSES:
            if char not in due:
                continue
            while due.pop() != char:
                pass
        kept.append(char)
    return "".join(kept + due[::-1])
