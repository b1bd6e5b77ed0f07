"""The terms of segments' expressions: the names, constants and moments that conditions speak of.

The grammar is Jinja's (`outreach.domain.grammar`), narrowed to a closed set of names and functions.
Types are known here, and constants are checked against what they are compared with.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from jinja2 import nodes

from outreach.domain.address import AddressError, normalise, parse_address
from outreach.domain.condition import (
    FIELDS,
    Attribute,
    Field,
    Kind,
    Literal,
    Moment,
    Operand,
    fold,
    quoted,
)
from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus, Scope
from outreach.domain.grammar import source_of, start_of
from outreach.errors import Problem, suggestion

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

TEXT_TESTS = ("contains", "startswith", "endswith")
"""The tests of texts, which people try to call as methods."""

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

QUESTIONS = frozenset({"touched", "received", "received_since", "replied_since", "in_segment"})
"""The functions that are conditions; the others are moments."""

_CLOSED: dict[str, tuple[str, ...]] = {
    "consent": tuple(ConsentStatus),
    "consent_basis": tuple(ConsentBasis),
    "opted_out": tuple(Scope),
}

Place = Callable[[int], tuple[int, int]]
"""From a character's offset in an expression to the line and column a person sees, from 1."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a workspace declares and an expression may name.

    Without `tiers` or `roles`, any name is taken for one.
    """

    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    tiers: Collection[str] = ()
    roles: Collection[str] = ()


def place_in(text: str) -> Place:
    """Return what tells line and column of a character of `text`."""

    def place(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    return place


class NotUnderstoodError(Exception):
    """A part of the expression is wrong and its problem is recorded; others are still read."""


class TermReader:
    """Reads what conditions are made of: names, constants and moments. It gathers what is wrong.

    A part that is not understood raises `NotUnderstoodError`, after its problem was recorded.
    """

    def __init__(
        self,
        text: str,
        vocabulary: Vocabulary,
        source: str,
        place: Place,
    ) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.source = source
        self.place = place
        self.problems: list[tuple[int, Problem]] = []

    # Problems

    def problem(self, offset: int, message: str, hint: str | None = None) -> None:
        """Record what is wrong at a character of the expression."""
        line, column = self.place(offset)
        self.problems.append((offset, Problem(message, self.source, line, column, hint)))

    def refuse(
        self, where: nodes.Node | int, message: str, hint: str | None = None
    ) -> NotUnderstoodError:
        """Record a problem and return what to raise, which skips the part that has it."""
        self.problem(where if isinstance(where, int) else start_of(where), message, hint)
        return NotUnderstoodError()

    # Terms

    def each(self, items: list[nodes.Expr], read: Callable[[nodes.Expr], Any]) -> list[Any]:
        """Read all of `items`, so that what is wrong with any of them is found, or raise."""
        found = []
        for item in items:
            try:
                found.append(read(item))
            except NotUnderstoodError:
                continue
        if len(found) < len(items):
            raise NotUnderstoodError
        return found

    def operands(self, left: nodes.Expr, right: nodes.Expr) -> tuple[Operand, Operand]:
        """Return what stands on either side of a comparison."""
        first, second = self.each([left, right], self.operand)
        return first, second

    def operand(self, node: nodes.Expr) -> Operand:
        """Return the field, attribute, constant or moment that a node stands for."""
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
        """Return the constant of a node."""
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
        """Return `text` if a database can hold it."""
        if len(text) > MAX_TEXT:
            raise self.refuse(node, f"the text is longer than {MAX_TEXT:,} characters")
        if "\0" in text:
            raise self.refuse(node, "a text cannot hold a NUL character")
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise self.refuse(node, "a text cannot hold half of a surrogate pair")
        return text

    def text_constant(self, node: nodes.Expr) -> str:
        """Return the text that a node has to be."""
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            return self.checked_text(node, node.value)
        raise self.refuse(node, "a text is needed here", 'write it in quotation marks: "…"')

    def name(self, node: nodes.Name) -> Operand:
        """Return what a bare name stands for."""
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
        """Return the declared attribute that ``attributes.NAME`` stands for."""
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

    # Functions

    def function(self, node: nodes.Call) -> tuple[str, int]:
        """Return the name of the function that is called, and where it stands."""
        at = start_of(node)
        callee = node.node
        if isinstance(callee, nodes.Getattr) and callee.attr in TEXT_TESTS:
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
        """Return which functions there are."""
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
            raise NotUnderstoodError
        return found

    def moment_call(self, node: nodes.Call) -> Operand:
        """Return the moment or day that a call stands for."""
        name, at = self.function(node)
        if name in QUESTIONS:
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
        """Return the calendar day that a text names."""
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

    def moment(self, node: nodes.Expr) -> Operand:
        """Return what a node stands for, if that is an instant or a day."""
        operand = self.operand(node)
        if operand.kind not in (Kind.INSTANT, Kind.DATE):
            raise self.refuse(
                node,
                f"{operand} is {operand.kind}, not a moment",
                'write days_ago(30) or date("2026-01-31")',
            )
        return operand

    # Texts in lower case, and what a constant must be to be met with

    def filter(self, node: nodes.Filter) -> NotUnderstoodError:
        """Return why a filter cannot stand where it does."""
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
        """Return the field or attribute that is compared in lower case."""
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
        """Return the text that a node has to be, in lower case already."""
        text = self.text_constant(node)
        if fold(text) != text:
            raise self.refuse(
                node, "a text in lower case never equals this", f"write {quoted(fold(text))}"
            )
        return text

    def plain_arguments(self, node: nodes.Test | nodes.Filter, at: int) -> list[nodes.Expr]:
        """Return what stands in the brackets of a test or a filter."""
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
