"""The language of templates: Jinja in a sandbox.

Three things differ from Jinja as it comes. Attributes, methods, filters, tests and functions are
closed sets. All that a rendering does is charged to its budget (`outreach.rendering.budget`). And a
printed value is escaped for the language that it lands in: HTML, Markdown, or not at all in plain
text.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, NoReturn

import jinja2
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
from markupsafe import Markup, escape

from outreach.errors import suggestion
from outreach.rendering.budget import (
    MAX_BITS,
    MAX_LIST,
    MAX_TEXT,
    Refusal,
    bounded,
    current,
    meter,
    metered,
    under_way,
    weight,
)
from outreach.rendering.carried import carried


class Language(Enum):
    """What a template's own text is written in, which says how values are escaped."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


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
        self.filters = {name: metered(filter_) for name, filter_ in filters.items()}
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
            return _block(obj, attribute)
        if isinstance(obj, Namespace | jinja2.environment.TemplateModule):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                # A namespace answers for nothing but its own names, so not for `__dict__`.
                names = obj._Namespace__attrs if isinstance(obj, Namespace) else vars(obj)
                known = [name for name in names if not name.startswith("_")]
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
            bounded(len(left) + len(right), MAX_LIST, "list")
        elif operator == "*":
            for many, times in ((left, right), (right, left)):
                if isinstance(many, str | list | tuple) and isinstance(times, int):
                    length = len(many) * max(times, 0)
                    kind = "text" if isinstance(many, str) else "list"
                    bounded(length, MAX_TEXT if kind == "text" else MAX_LIST, kind)
                    current().charge(length if kind == "list" else 0, length)
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            bounded(left.bit_length() * max(right, 0), MAX_BITS, "number")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int):
            bounded(result.bit_length(), MAX_BITS, "number")
        return result

    def concatenated(self, parts: list[Any]) -> str:
        """Join what ``~`` and ``+`` join; beside markup, plain texts are escaped."""
        if self.language is not Language.TEXT and any(isinstance(part, Markup) for part in parts):
            joined: str = Markup("").join(map(self._as_text, parts))
        else:
            joined = "".join(_plain(part) for part in parts)
        bounded(len(joined), MAX_TEXT, "text")
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
            current().charge(weight(value))
        return value

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, N805
        """Call a method, macro or function for a template."""
        for argument in (*args, *kwargs.values()):
            __self.weighed(argument)
        return super().call(__context, __obj, *args, **kwargs)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.ScopedEvalContextModifier):
            # How values are escaped is settled by what they land in, and by nothing else.
            raise jinja2.TemplateSyntaxError(
                "Encountered unknown tag 'autoescape'.", node.lineno, name, filename
            )
        meter(tree)
        tree.set_environment(self)
        return tree

    def _load_template(self, name: str, globals: Any) -> jinja2.Template:  # noqa: ANN401
        state = under_way()
        if state is not None:
            state.charge(1)
        return super()._load_template(name, globals)


def _range(*arguments: int) -> range:
    numbers = range(*arguments)
    bounded(len(numbers), MAX_LIST, "list")
    return numbers


def _forbidden(name: str) -> NoReturn:
    raise Refusal(f'"{name}" is out of reach of templates', word=name)


def _block(blocks: Any, name: str) -> object:  # noqa: ANN401 - Jinja's, private to it
    """Return what ``self.name`` means in a template."""
    try:
        return blocks[name]
    except KeyError:
        known = blocks._TemplateReference__context.blocks
        raise Refusal(f'there is no block "{name}"', suggestion(name, known), name) from None


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
