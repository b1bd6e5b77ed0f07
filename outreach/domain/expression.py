"""The expressions of segments: from text to a typed condition, or to every problem in it.

The grammar is Jinja's (`outreach.domain.grammar`), narrowed to a closed set of terms
(`outreach.domain.terms`), operators, tests and functions; ``docs/segments.md`` is the reference.
Types are checked here, so that a condition, once made, can be asked of any contact.
"""

import re
from collections.abc import Callable

from jinja2 import nodes

from outreach.domain.condition import (
    ALWAYS_KNOWN,
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
from outreach.domain.grammar import (
    GrammarError,
    read_tree,
    source_of,
    spine,
    start_of,
    test_name_offset,
)
from outreach.domain.mailing import ContentClass
from outreach.domain.terms import (
    FUNCTIONS,
    QUESTIONS,
    TEXT_TESTS,
    NotUnderstoodError,
    Place,
    TermReader,
    Vocabulary,
    place_in,
)
from outreach.domain.touches import Channel, Direction
from outreach.errors import ConfigError, NotFoundError, suggestion

#: Deepest nesting, other segments included. SQLite's parser gives up at 1000 levels of its own.
MAX_DEPTH = 50
#: Most single questions in one segment, other segments included.
MAX_QUESTIONS = 500
#: Most constants in all lists of one segment. SQLite takes 32,766 values in a statement.
MAX_CONSTANTS = 5_000

_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TESTS = ("none", "empty", *TEXT_TESTS)
_TOUCH_WORDS: dict[str, tuple[str, ...]] = {
    "direction": tuple(Direction),
    "channel": tuple(Channel),
    "content_class": tuple(ContentClass),
}

_NOT_EQUALS_NONE = {"null", "nil", "undefined", "defined", "NULL"}

Others = Callable[[str], Condition]
"""From a segment's name to its condition; raises `NotFoundError` or `ConfigError`."""


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


class _Reader(TermReader):
    """Turns one expression into a condition and gathers what is wrong with it."""

    def __init__(
        self,
        text: str,
        vocabulary: Vocabulary,
        others: Others | None,
        source: str,
        place: Place,
    ) -> None:
        super().__init__(text, vocabulary, source, place)
        self.others = others

    def read(self) -> Condition:
        condition: Condition | None = None
        try:
            condition = self.condition(read_tree(self.text), 1)
            self.measure(condition)
        except GrammarError as error:
            self.problem(error.offset, error.message, error.hint)
        except NotUnderstoodError:
            pass
        if self.problems or condition is None:
            self.problems.sort(key=lambda found: found[0])
            raise ConfigError(list(dict.fromkeys(problem for _, problem in self.problems)))
        return condition

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
            except NotUnderstoodError:
                continue
        if len(parts) < len(found):
            raise NotUnderstoodError
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

    def test(self, node: nodes.Test) -> Condition:
        at = test_name_offset(node, self.text)
        if node.name not in _TESTS:
            raise self.no_test(node, at)
        operand = self.operand(node.node)
        if not isinstance(operand, Field | Attribute):
            raise self.refuse(node.node, f"{operand} is a constant", "name a field before `is`")
        arguments = self.plain_arguments(node, at)
        if node.name in TEXT_TESTS:
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

    def no_test(self, node: nodes.Test, at: int) -> NotUnderstoodError:
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
        if name not in QUESTIONS:
            raise self.refuse(at, f"{name}(…) is no condition", "compare it with a field")
        read: Callable[[nodes.Call], Condition] = getattr(self, f"call_{name}")
        return read(node)

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
            raise NotUnderstoodError from error

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

    # Bounds

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
