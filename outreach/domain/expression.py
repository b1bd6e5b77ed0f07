"""The expressions of segments: from text to a typed condition, or to every problem in it.

The grammar is Jinja's (`outreach.domain.grammar`), narrowed to a closed set of names, operators,
tests and functions; ``docs/segments.md`` is the reference. Types are checked here, so that a
condition, once made, can be asked of any contact.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from jinja2 import nodes

from outreach.domain.address import AddressError, normalise, parse_address
from outreach.domain.condition import (
    ALWAYS_KNOWN,
    FIELDS,
    AllOf,
    AnyOf,
    Attribute,
    Compare,
    Condition,
    Constant,
    Field,
    Has,
    Holds,
    InSegment,
    IsEmpty,
    IsNone,
    Kind,
    Like,
    Literal,
    Mailbox,
    Moment,
    Not,
    OneOf,
    Operand,
    Received,
    Touched,
    fold,
    parts_of,
    quoted,
    walk,
)
from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus, Scope
from outreach.domain.grammar import (
    GrammarError,
    read_tree,
    source_of,
    spine,
    start_of,
    test_name_offset,
)
from outreach.domain.mailing import ContentClass
from outreach.domain.touches import Channel, Direction
from outreach.errors import ConfigError, NotFoundError, Problem, suggestion

#: Deepest nesting, other segments included. SQLite's parser gives up at 1000 levels of its own.
MAX_DEPTH = 50
#: Most single questions in one segment, other segments included.
MAX_QUESTIONS = 500
#: Most constants in all lists of one segment. SQLite takes 32,766 values in a statement.
MAX_CONSTANTS = 5_000
#: Longest text constant, in characters.
MAX_TEXT = 1_000
#: Largest number: up to here a whole number is the same as an integer and as an IEEE 754 double.
MAX_NUMBER = 2**53 - 1
#: Largest number of days in `days_ago` and `days_ahead`: a hundred years.
MAX_DAYS = 36_525

_KINDS = {
    AttributeType.TEXT: Kind.TEXT,
    AttributeType.NUMBER: Kind.NUMBER,
    AttributeType.BOOL: Kind.BOOL,
    AttributeType.DATE: Kind.DATE,
    AttributeType.LIST: Kind.LIST,
}
_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TEXT_TESTS = ("contains", "startswith", "endswith")
_TESTS = ("none", "empty", *_TEXT_TESTS)
FUNCTIONS = {
    "touched": 'touched(since=days_ago(30), channel="call")',
    "received": 'received("newsletter@2026-12")',
    "received_since": "received_since(days_ago(30))",
    "replied_since": "replied_since(days_ago(30))",
    "in_segment": 'in_segment("clients")',
    "days_ago": "days_ago(30)",
    "days_ahead": "days_ahead(30)",
    "date": 'date("2026-01-31")',
}
"""Each function with an example that fits into a hint."""

_QUESTIONS = frozenset({"touched", "received", "received_since", "replied_since", "in_segment"})
_CLOSED: dict[str, tuple[str, ...]] = {
    "consent": tuple(ConsentStatus),
    "consent_basis": tuple(ConsentBasis),
    "opted_out": tuple(Scope),
}
_TOUCH_WORDS: dict[str, tuple[str, ...]] = {
    "direction": tuple(Direction),
    "channel": tuple(Channel),
    "content_class": tuple(ContentClass),
}

_NOT_EQUALS_NONE = {"null", "nil", "undefined", "defined", "NULL"}
Place = Callable[[int], tuple[int, int]]
"""From a character's offset in an expression to the line and column a person sees, from 1."""

Others = Callable[[str], Condition]
"""From a segment's name to its condition; raises `NotFoundError` or `ConfigError`."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a workspace declares and an expression may name.

    Without `tiers` or `roles`, any name is taken for one.
    """

    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    tiers: Collection[str] = ()
    roles: Collection[str] = ()


def parse(
    where: str,
    vocabulary: Vocabulary,
    *,
    others: Others | None = None,
    source: str = "where",
    place: Place | None = None,
) -> Condition:
    """Return the condition that the expression `where` stands for.

    `others` answers ``in_segment``; a problem it raises without a source belongs to the place that
    asked. `place` tells where in `source` a character of the expression stands; without it,
    `source` is the expression itself. Raises `ConfigError` with all problems.
    """
    return _Reader(where, vocabulary, others, source, place or place_in(where)).read()


def place_in(text: str) -> Place:
    """Return what tells line and column of a character of `text`."""

    def place(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    return place


class _NotUnderstoodError(Exception):
    """A part of the expression is wrong and its problem is recorded; others are still read."""


class _Reader:
    """Turns one expression into a condition and gathers what is wrong with it."""

    def __init__(
        self,
        text: str,
        vocabulary: Vocabulary,
        others: Others | None,
        source: str,
        place: Place,
    ) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.others = others
        self.source = source
        self.place = place
        self.problems: list[tuple[int, Problem]] = []

    def read(self) -> Condition:
        condition: Condition | None = None
        try:
            condition = self.condition(read_tree(self.text), 1)
            self.measure(condition)
        except GrammarError as error:
            self.problem(error.offset, error.message, error.hint)
        except _NotUnderstoodError:
            pass
        if self.problems or condition is None:
            self.problems.sort(key=lambda found: found[0])
            raise ConfigError(list(dict.fromkeys(problem for _, problem in self.problems)))
        return condition

    # Problems

    def problem(self, offset: int, message: str, hint: str | None = None) -> None:
        line, column = self.place(offset)
        self.problems.append((offset, Problem(message, self.source, line, column, hint)))

    def refuse(
        self, where: nodes.Node | int, message: str, hint: str | None = None
    ) -> _NotUnderstoodError:
        """Record a problem and return what to raise, which skips the part that has it."""
        self.problem(where if isinstance(where, int) else start_of(where), message, hint)
        return _NotUnderstoodError()

    # Conditions

    def condition(self, node: nodes.Expr, depth: int) -> Condition:  # noqa: PLR0911 - a node each
        if depth > MAX_DEPTH:
            raise self.refuse(node, f"the expression is nested deeper than {MAX_DEPTH} levels")
        match node:
            case nodes.And() | nodes.Or():
                parts = self.all_conditions(list(spine(node)), depth + 1)
                return AllOf(parts) if isinstance(node, nodes.And) else AnyOf(parts)
            case nodes.Not(node=inner):
                return Not(self.condition(inner, depth + 1))
            case nodes.Compare():
                return self.comparison(node)
            case nodes.Test():
                return self.test(node)
            case nodes.Const(value=bool() as value):
                return Constant(value)
            case nodes.Call():
                return self.call(node)
            case nodes.CondExpr():
                raise self.refuse(node, '"if" cannot be used here', 'use "and", "or" and "not"')
        operand = self.operand(node)
        if isinstance(operand, Field | Attribute) and operand.kind is Kind.BOOL:
            return Holds(operand)
        hint = 'compare it, as in `tier == "client"`'
        if isinstance(operand, Field | Attribute):
            hint = (
                f"write `{operand} is not empty`"
                if operand.kind is Kind.LIST
                else f"write `{operand} is not none`, or compare it"
            )
        raise self.refuse(node, f"{operand} is {operand.kind}, not a condition", hint)

    def all_conditions(self, found: list[nodes.Expr], depth: int) -> tuple[Condition, ...]:
        parts = []
        for node in found:
            try:
                parts.append(self.condition(node, depth))
            except _NotUnderstoodError:
                continue
        if len(parts) < len(found):
            raise _NotUnderstoodError
        return tuple(parts)

    def comparison(self, node: nodes.Compare) -> Condition:
        left = node.expr
        conditions = []
        for operation in node.ops:
            if operation.op in ("in", "notin"):
                condition = self.membership(left, operation.expr)
                conditions.append(Not(condition) if operation.op == "notin" else condition)
            else:
                conditions.append(self.compare(left, _SIGNS[operation.op], operation.expr))
            left = operation.expr
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def compare(self, left_node: nodes.Expr, sign: str, right_node: nodes.Expr) -> Condition:
        for node, other in ((left_node, right_node), (right_node, left_node)):
            if isinstance(node, nodes.Const) and node.value is None:
                name = source_of(other) or "…"
                word = "is not none" if sign == "!=" else "is none"
                raise self.refuse(
                    node, "nothing can be compared with none", f"write `{name} {word}`"
                )
        if isinstance(left_node, nodes.Filter) or isinstance(right_node, nodes.Filter):
            return self.compare_folded(left_node, sign, right_node)
        left, right = self.operands(left_node, right_node)
        if not isinstance(left, Field | Attribute):
            if not isinstance(right, Field | Attribute):
                raise self.refuse(
                    left_node,
                    f"{left} {sign} {right} asks nothing about a contact",
                    "name a field on one side",
                )
            left, right, sign = right, left, _FLIPPED[sign]
            left_node, right_node = right_node, left_node
        self.check_kinds(left, sign, right, left_node, right_node)
        if isinstance(right, Literal):
            right = self.constant_for(left, right, right_node)
        condition: Condition = Compare(left, "==" if sign == "!=" else sign, right)
        if isinstance(right, Literal) and isinstance(left, Field):
            condition = self.address_question(left, (right,)) or condition
        return Not(condition) if sign == "!=" else condition

    def compare_folded(self, left_node: nodes.Expr, sign: str, right_node: nodes.Expr) -> Condition:
        if not isinstance(left_node, nodes.Filter):
            left_node, right_node, sign = right_node, left_node, _FLIPPED[sign]
        assert isinstance(left_node, nodes.Filter)
        operand = self.folded(left_node)
        if sign not in ("==", "!="):
            raise self.refuse(
                left_node, "texts have no order", 'compare them by "==", "!=" or "in"'
            )
        condition = Like(operand, "equals", (self.lower_text(right_node),))
        return Not(condition) if sign == "!=" else condition

    def check_kinds(
        self,
        left: Field | Attribute,
        sign: str,
        right: Operand,
        left_node: nodes.Expr,
        right_node: nodes.Expr,
    ) -> None:
        kinds = {left.kind, right.kind}
        if kinds == {Kind.INSTANT, Kind.DATE}:
            return
        if len(kinds) > 1:
            raise self.refuse(
                right_node,
                f"{left} is {left.kind} and cannot be compared with {right.kind} ({right})",
                _conversion(left, right),
            )
        if left.kind is Kind.LIST:
            raise self.refuse(left_node, f"{left} is a list", f'write `"something" in {left}`')
        if left.kind is Kind.TEXT and sign not in ("==", "!="):
            raise self.refuse(
                left_node,
                "texts have no order",
                f'write `{left} is startswith "a"`, or compare by "==", "!=" or "in"',
            )
        if left.kind is Kind.BOOL and sign not in ("==", "!="):
            raise self.refuse(
                left_node, f"{left} is true or false", f"write `{left}` or `not {left}`"
            )

    def membership(self, left_node: nodes.Expr, right_node: nodes.Expr) -> Condition:
        if isinstance(right_node, nodes.List | nodes.Tuple):
            return self.one_of(left_node, right_node.items)
        left, right = self.operands(left_node, right_node)
        if not isinstance(right, Field | Attribute) or right.kind is not Kind.LIST:
            hint = 'a list is written ["a", "b"]'
            if isinstance(right, Field | Attribute) and right.kind is Kind.TEXT:
                hint = f"write `{right} is contains {left}`"
            elif isinstance(right, Literal) and isinstance(left, Field | Attribute):
                hint = f"write `{left} in [{right}]`"
            raise self.refuse(right_node, f"{right} is {right.kind}, not a list", hint)
        if not isinstance(left, Literal) or left.kind is not Kind.TEXT:
            raise self.refuse(
                left_node,
                f"only a text can be looked for in {right}",
                f'write `"something" in {right}`',
            )
        return Has(right, str(self.constant_for(right, left, left_node).constant))

    def one_of(self, left_node: nodes.Expr, items: list[nodes.Expr]) -> Condition:
        if isinstance(left_node, nodes.Filter):
            folded = self.folded(left_node)
            texts = tuple(self.each(items, self.lower_text))
            return Like(folded, "equals", texts) if texts else Constant(False)
        operand = self.operand(left_node)
        if not isinstance(operand, Field | Attribute):
            raise self.refuse(left_node, f"{operand} is a constant", "name a field before `in`")
        if operand.kind not in (Kind.TEXT, Kind.NUMBER, Kind.DATE):
            hint = f'write `"something" in {operand}`' if operand.kind is Kind.LIST else None
            raise self.refuse(left_node, f"{operand} is {operand.kind}; `in` cannot ask that", hint)

        def constant(node: nodes.Expr) -> Literal:
            item = self.operand(node)
            if not isinstance(item, Literal):
                raise self.refuse(node, f"{item} is no constant", "a list holds constants only")
            if item.kind is not operand.kind:
                raise self.refuse(
                    node,
                    f"{operand} is {operand.kind} and cannot be {item.kind} ({item})",
                    _conversion(operand, item),
                )
            return self.constant_for(operand, item, node)

        values = tuple(self.each(items, constant))
        if not values:
            return Constant(False)
        return self.address_question(operand, values) or OneOf(operand, values)

    def address_question(
        self, operand: Field | Attribute, values: tuple[Literal, ...]
    ) -> Condition | None:
        """Return how an address or its domain equals one of `values`, which it does in own ways."""
        texts = tuple(str(item.constant) for item in values)
        if operand == Field("email"):
            return Mailbox(texts)
        return Like(operand, "equals", texts) if operand == Field("email_domain") else None

    def each(self, items: list[nodes.Expr], read: Callable[[nodes.Expr], Any]) -> list[Any]:
        found = []
        for item in items:
            try:
                found.append(read(item))
            except _NotUnderstoodError:
                continue
        if len(found) < len(items):
            raise _NotUnderstoodError
        return found

    def test(self, node: nodes.Test) -> Condition:
        at = test_name_offset(node, self.text)
        if node.name not in _TESTS:
            raise self.no_test(node, at)
        operand = self.operand(node.node)
        if not isinstance(operand, Field | Attribute):
            raise self.refuse(node.node, f"{operand} is a constant", "name a field before `is`")
        arguments = self.plain_arguments(node, at)
        if node.name in _TEXT_TESTS:
            return self.text_test(node, at, operand, arguments)
        if arguments:
            raise self.refuse(arguments[0], f"`is {node.name}` takes nothing after it")
        if node.name == "empty":
            if operand.kind is not Kind.LIST:
                raise self.refuse(node.node, f"{operand} is no list", f"write `{operand} is none`")
            return IsEmpty(operand)
        if operand.kind is Kind.LIST:
            raise self.refuse(node.node, f"{operand} is a list", f"write `{operand} is empty`")
        if isinstance(operand, Field) and operand.name in ALWAYS_KNOWN:
            raise self.refuse(node.node, f"{operand} is never none", "leave this condition out")
        return IsNone(operand)

    def no_test(self, node: nodes.Test, at: int) -> _NotUnderstoodError:
        hint = suggestion(node.name, _TESTS) or f"the tests are {', '.join(_TESTS)}"
        if node.name in _NOT_EQUALS_NONE:
            hint = 'write "is none" or "is not none"'
        elif node.name in ("true", "false", "True", "False"):
            name = source_of(node.node) or "it"
            hint = f"write `{name}` or `not {name}`"
        elif node.name == "in":
            hint = 'write "in" without "is"'
        return self.refuse(at, f'there is no test "{node.name}"', hint)

    def text_test(
        self, node: nodes.Test, at: int, operand: Field | Attribute, arguments: list[nodes.Expr]
    ) -> Condition:
        if len(arguments) != 1:
            raise self.refuse(at, f"`is {node.name}` needs a text", f'write `is {node.name} "x"`')
        if operand.kind is not Kind.TEXT:
            hint = f'write `"x" in {operand}`' if operand.kind is Kind.LIST else None
            raise self.refuse(node.node, f"{operand} is {operand.kind}, not a text", hint)
        text = self.text_constant(arguments[0])
        if not text:
            raise self.refuse(
                arguments[0], "every text holds the empty text", f"write `{operand} is not none`"
            )
        return Like(operand, node.name, (fold(text),))

    # Functions

    def call(self, node: nodes.Call) -> Condition:
        name, at = self.function(node)
        if name not in _QUESTIONS:
            raise self.refuse(at, f"{name}(…) is no condition", "compare it with a field")
        read: Callable[[nodes.Call], Condition] = getattr(self, f"call_{name}")
        return read(node)

    def function(self, node: nodes.Call) -> tuple[str, int]:
        at = start_of(node)
        callee = node.node
        if isinstance(callee, nodes.Getattr) and callee.attr in _TEXT_TESTS:
            subject = source_of(callee.node) or "company"
            raise self.refuse(
                at, f'there is no method "{callee.attr}"', f'write `{subject} is {callee.attr} "x"`'
            )
        if not isinstance(callee, nodes.Name):
            raise self.refuse(at, "only functions can be called", self.functions_hint())
        if callee.name not in FUNCTIONS:
            hint = suggestion(callee.name, FUNCTIONS)
            if callee.name in FIELDS or callee.name in ("now", "attributes"):
                hint = f"write `{callee.name}` without brackets"
            raise self.refuse(
                at,
                f"there is no function {quoted(callee.name)}",
                hint or self.functions_hint(),
            )
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self.refuse(at, "* and ** cannot be used here")
        return callee.name, at

    def functions_hint(self) -> str:
        return f"the functions are {', '.join(FUNCTIONS)}"

    def arguments(
        self, node: nodes.Call, names: tuple[str, ...], positional: int
    ) -> dict[str, nodes.Expr]:
        """Return what is given, by name; the first `positional` names may go without theirs."""
        function = source_of(node.node)
        found = dict(zip(names, node.args, strict=False))
        problem = False
        if len(node.args) > positional:
            problem = True
            self.problem(
                start_of(node.args[positional]),
                f"{function} does not take this",
                f"write `{FUNCTIONS[str(function)]}`",
            )
        for keyword in node.kwargs:
            if keyword.key not in names or keyword.key in found:
                problem = True
                known = keyword.key in found
                self.problem(
                    start_of(keyword.value),
                    f'{function} takes "{keyword.key}" once'
                    if known
                    else f'{function} does not take "{keyword.key}"',
                    None
                    if known
                    else suggestion(keyword.key, names)
                    or (f"it takes {', '.join(names)}" if names else None),
                )
            found[keyword.key] = keyword.value
        if problem:
            raise _NotUnderstoodError
        return found

    def call_in_segment(self, node: nodes.Call) -> Condition:
        given = self.arguments(node, ("name",), 1)
        if "name" not in given:
            raise self.refuse(node, "in_segment needs a name", f"write `{FUNCTIONS['in_segment']}`")
        name = self.text_constant(given["name"])
        if self.others is None:
            raise self.refuse(given["name"], "other segments cannot be asked about here")
        try:
            return InSegment(name, self.others(name))
        except (ConfigError, NotFoundError) as error:
            for each in error.problems:
                if each.source is None:
                    self.problem(start_of(given["name"]), each.message, each.hint)
                else:
                    self.problems.append((start_of(given["name"]), each))
            raise _NotUnderstoodError from error

    def call_replied_since(self, node: nodes.Call) -> Condition:
        given = self.arguments(node, ("since",), 1)
        if "since" not in given:
            raise self.refuse(
                node, "replied_since needs a moment", f"write `{FUNCTIONS['replied_since']}`"
            )
        return Compare(Field("last_reply"), ">=", self.moment(given["since"]))

    def call_received_since(self, node: nodes.Call) -> Condition:
        given = self.arguments(node, ("since", "series"), 1)
        if "since" not in given:
            raise self.refuse(
                node, "received_since needs a moment", f"write `{FUNCTIONS['received_since']}`"
            )
        return self.received(given)

    def call_received(self, node: nodes.Call) -> Condition:
        return self.received(self.arguments(node, ("key", "series", "since", "before"), 1))

    def received(self, given: dict[str, nodes.Expr]) -> Condition:
        return Received(
            key=self.text_constant(given["key"]) if "key" in given else None,
            series=self.text_constant(given["series"]) if "series" in given else None,
            since=self.moment(given["since"]) if "since" in given else None,
            before=self.moment(given["before"]) if "before" in given else None,
        )

    def call_touched(self, node: nodes.Call) -> Condition:
        names = ("since", "before", "direction", "channel", "kind", "content_class", "personal")
        given = self.arguments(node, names, 0)
        texts: dict[str, str] = {}
        for name in ("direction", "channel", "kind", "content_class"):
            if name in given:
                texts[name] = self.text_constant(given[name])
                known = _TOUCH_WORDS.get(name, (texts[name],))
                if texts[name] not in known:
                    raise self.refuse(
                        given[name],
                        f"{name} cannot be {quoted(texts[name])}",
                        suggestion(texts[name], known) or f"it is one of {', '.join(known)}",
                    )
        personal = given.get("personal")
        if personal is not None and not (
            isinstance(personal, nodes.Const) and isinstance(personal.value, bool)
        ):
            raise self.refuse(personal, "personal is true or false", "write `personal=true`")
        return Touched(
            since=self.moment(given["since"]) if "since" in given else None,
            before=self.moment(given["before"]) if "before" in given else None,
            personal=personal.value if isinstance(personal, nodes.Const) else None,
            **texts,
        )

    def moment(self, node: nodes.Expr) -> Operand:
        operand = self.operand(node)
        if operand.kind not in (Kind.INSTANT, Kind.DATE):
            raise self.refuse(
                node,
                f"{operand} is {operand.kind}, not a moment",
                'write days_ago(30) or date("2026-01-31")',
            )
        return operand

    # Operands

    def operands(self, left: nodes.Expr, right: nodes.Expr) -> tuple[Operand, Operand]:
        first, second = self.each([left, right], self.operand)
        return first, second

    def operand(self, node: nodes.Expr) -> Operand:
        match node:
            case nodes.Const():
                return self.literal(node, node.value)
            case nodes.Neg(node=nodes.Const(value=int() | float() as number)) if not isinstance(
                number, bool
            ):
                return self.literal(node, -number)
            case nodes.Name():
                return self.name(node)
            case nodes.Getattr(node=nodes.Name(name="attributes")):
                return self.attribute(node)
            case nodes.Call():
                return self.moment_call(node)
            case nodes.Filter():
                raise self.filter(node)
            case nodes.List() | nodes.Tuple():
                raise self.refuse(node, "a list can only stand after `in`")
            case nodes.BinExpr() | nodes.UnaryExpr() | nodes.Concat() if not isinstance(
                node, nodes.And | nodes.Or | nodes.Not
            ):
                raise self.refuse(node, "there is no arithmetic here", "write the result instead")
            case nodes.Getattr() | nodes.Getitem():
                raise self.refuse(node, "only attributes have parts", "write attributes.NAME")
            case nodes.CondExpr():
                raise self.refuse(node, '"if" cannot be used here', 'use "and", "or" and "not"')
        raise self.refuse(
            node,
            "a condition cannot stand here",
            "put it into brackets of its own, joined by `and` or `or`",
        )

    def literal(self, node: nodes.Expr, value: object) -> Literal:
        if isinstance(value, bool):
            return Literal(value, Kind.BOOL)
        if isinstance(value, str):
            return Literal(self.checked_text(node, value), Kind.TEXT)
        if isinstance(value, int | float):
            if not -MAX_NUMBER <= value <= MAX_NUMBER:
                raise self.refuse(node, "the number is too large", f"it may go up to {MAX_NUMBER}")
            return Literal(value, Kind.NUMBER)
        raise self.refuse(node, "none cannot stand here", "write `is none`")

    def checked_text(self, node: nodes.Expr, text: str) -> str:
        if len(text) > MAX_TEXT:
            raise self.refuse(node, f"the text is longer than {MAX_TEXT:,} characters")
        if "\0" in text:
            raise self.refuse(node, "a text cannot hold a NUL character")
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise self.refuse(node, "a text cannot hold half of a surrogate pair")
        return text

    def text_constant(self, node: nodes.Expr) -> str:
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            return self.checked_text(node, node.value)
        raise self.refuse(node, "a text is needed here", 'write it in quotation marks: "…"')

    def name(self, node: nodes.Name) -> Operand:
        if node.name == "now":
            return Moment()
        if node.name in FIELDS:
            return Field(node.name)
        if node.name in FUNCTIONS:
            example = FUNCTIONS[node.name]
            raise self.refuse(node, f"{node.name} is a function", f"write `{example}`")
        known = [*FIELDS, "now", "attributes"]
        hint = suggestion(node.name, known)
        if node.name in self.vocabulary.attributes:
            hint = f"write `attributes.{node.name}`"
        elif node.name == "attributes":
            raise self.refuse(node, "which attribute?", "write attributes.NAME")
        elif node.name.lower() in ("null", "nil", "undefined"):
            hint = "write `is none` or `is not none`"
        elif node.name.lower() in ("and", "or", "not", "in", "is", "true", "false", "none"):
            hint = f'write "{node.name.lower()}" in lower case'
        elif node.name in self.vocabulary.tiers or node.name in self.vocabulary.roles:
            hint = f'write it in quotation marks: "{node.name}"'
        raise self.refuse(
            node,
            f"there is no field {quoted(node.name)}",
            hint or "attributes are written attributes.NAME; texts stand in quotation marks",
        )

    def attribute(self, node: nodes.Getattr) -> Attribute:
        kind = self.vocabulary.attributes.get(node.attr)
        if kind is not None:
            return Attribute(node.attr, _KINDS[kind])
        hint = suggestion(node.attr, self.vocabulary.attributes)
        if node.attr in FIELDS:
            hint = f"write `{node.attr}`"
        raise self.refuse(
            node,
            f"there is no attribute {quoted(node.attr)}",
            hint or f'declare it: {node.attr} = "text" under [attributes] in outreach.toml',
        )

    def moment_call(self, node: nodes.Call) -> Operand:
        name, at = self.function(node)
        if name in _QUESTIONS:
            raise self.refuse(at, f"{name}(…) is true or false", "use it on its own, or with `not`")
        argument = self.arguments(node, ("value",), 1).get("value")
        if argument is None:
            raise self.refuse(at, f"{name} needs a value", f"write `{FUNCTIONS[name]}`")
        value = argument.value if isinstance(argument, nodes.Const) else None
        if name == "date":
            return self.date_literal(argument, value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_DAYS:
            raise self.refuse(
                argument,
                f"{name} needs a whole number of days from 0 to {MAX_DAYS}",
                "days_ahead(7) is a week from now" if name == "days_ago" else None,
            )
        return Moment(value if name == "days_ago" else -value)

    def date_literal(self, node: nodes.Expr, value: object) -> Literal:
        try:
            if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
                raise ValueError
            day = date.fromisoformat(value)
            day + timedelta(days=1)
        except (ValueError, OverflowError):
            raise self.refuse(
                node, "this is no calendar date", 'write date("2026-01-31")'
            ) from None
        return Literal(day.isoformat(), Kind.DATE)

    def filter(self, node: nodes.Filter) -> _NotUnderstoodError:
        at = node.lineno - 1
        if node.name != "lower":
            return self.refuse(
                at,
                f'there is no filter "{node.name}"',
                suggestion(node.name, ("lower",)) or "the only filter is lower",
            )
        return self.refuse(
            at,
            "lower can only be used to compare with a text",
            'write `company|lower == "acme"`; the text tests ignore case by themselves',
        )

    def folded(self, node: nodes.Filter) -> Field | Attribute:
        if node.name != "lower" or node.node is None:
            raise self.filter(node)
        if self.plain_arguments(node, node.lineno - 1):
            raise self.refuse(node.lineno - 1, "lower takes nothing in brackets")
        operand = self.operand(node.node)
        if not isinstance(operand, Field | Attribute) or operand.kind is not Kind.TEXT:
            raise self.refuse(
                node, f"{operand} is {operand.kind}", "lower needs a field that is a text"
            )
        return operand

    def lower_text(self, node: nodes.Expr) -> str:
        text = self.text_constant(node)
        if fold(text) != text:
            raise self.refuse(
                node, "a text in lower case never equals this", f"write {quoted(fold(text))}"
            )
        return text

    def plain_arguments(self, node: nodes.Test | nodes.Filter, at: int) -> list[nodes.Expr]:
        if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self.refuse(at, f"{node.name} takes no named values")
        return list(node.args)

    def constant_for(self, operand: Field | Attribute, item: Literal, node: nodes.Expr) -> Literal:
        """Return `item` as `operand` would hold it; refuse what it can never be."""
        text = item.constant
        if operand == Field("id") and not isinstance(text, int):
            raise self.refuse(node, f"id cannot be {item}", "it is a whole number")
        if not isinstance(operand, Field) or not isinstance(text, str):
            return item
        known = _CLOSED.get(operand.name, ())
        if operand.name == "tier":
            known = tuple(self.vocabulary.tiers)
        elif operand.name == "roles":
            known = tuple(self.vocabulary.roles)
        if operand.name in ("email", "email_domain"):
            return Literal(self.normalised(operand.name, text, node), Kind.TEXT)
        if operand.name == "opted_out" and text.startswith("series:"):
            return item
        if known and text not in known:
            raise self.refuse(
                node,
                f"{operand} cannot be {quoted(text)}",
                suggestion(text, known) or f"it is one of {', '.join(known)}",
            )
        if operand.name == "interests" and text != text.lower():
            raise self.refuse(
                node, "interests are kept in lower case", f"write {quoted(text.lower())}"
            )
        if operand.name == "country" and not re.fullmatch(r"[A-Z]{2}", text):
            raise self.refuse(
                node,
                f"country cannot be {quoted(text)}",
                "it is an ISO 3166 code of two capitals, such as DE or US",
            )
        return item

    def normalised(self, name: str, text: str, node: nodes.Expr) -> str:
        """Return an address, or the domain of one, as it is kept in the database."""
        try:
            if name == "email":
                return normalise(text)
            return fold(text) if text.isascii() else parse_address(f"a@{text}").domain
        except AddressError as error:
            reason = error.problems[0].message
            raise self.refuse(
                node, f"{quoted(text)} cannot be an {name}: {reason}", error.problems[0].hint
            ) from error

    def measure(self, condition: Condition) -> None:
        questions = constants = 0
        for part in walk(condition):
            questions += not parts_of(part)
            match part:
                case OneOf(_, found) | Like(_, _, found) | Mailbox(found):
                    constants += len(found)
        hint = "give the contacts a role or an attribute and ask for that"
        if questions > MAX_QUESTIONS:
            raise self.refuse(
                0, f"{questions:,} conditions are more than the {MAX_QUESTIONS} allowed", hint
            )
        if constants > MAX_CONSTANTS:
            raise self.refuse(
                0, f"{constants:,} values are more than the {MAX_CONSTANTS:,} allowed", hint
            )
        if _depth(condition) > MAX_DEPTH:
            raise self.refuse(0, f"segments are nested deeper than {MAX_DEPTH} levels")


def _depth(condition: Condition) -> int:
    return 1 + max((_depth(part) for part in parts_of(condition)), default=0)


def _conversion(left: Operand, right: Operand) -> str | None:  # noqa: PLR0911 - a case each
    """Return how to mend a comparison of two kinds, if that is plain to see."""
    value = right.constant if isinstance(right, Literal) else None
    timed = left.kind in (Kind.INSTANT, Kind.DATE)
    if timed and isinstance(value, str):
        day = value[:10] if re.match(r"\d{4}-\d\d-\d\d", value) else "2026-01-31"
        return f'write date("{day}")'
    if timed and isinstance(value, int) and not isinstance(value, bool):
        return f"write days_ago({value})" if value < 1900 else f'write date("{value}-01-01")'
    if left.kind is Kind.TEXT and right.kind is Kind.NUMBER:
        return f'write it in quotation marks: "{value}"'
    if left.kind is Kind.NUMBER and isinstance(value, str) and value.isdecimal():
        return f"write it without quotation marks: {value}"
    if left.kind is Kind.BOOL:
        return f"write `{left}` or `not {left}`"
    if left.kind is Kind.LIST:
        return f"write `{right} in {left}`"
    return None
