"""What the two databases have different words for: one element, two spellings.

A query is written once with these elements; SQLAlchemy writes the words of the database it goes to.
"""

import re
from decimal import Decimal
from typing import Any, Self, TypeAlias

from sqlalchemy import ColumnElement, Dialect, Numeric
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

Sql: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]


class Number(TypeDecorator[float]):
    """A number as it is compared: a double in SQLite, a decimal in PostgreSQL.

    PostgreSQL keeps JSON's numbers as decimals. A double's shortest form is how one got there, so
    that form finds it again.
    """

    impl = Numeric
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | Decimal | None:
        """Return what the driver is given for `value`."""
        return value if value is None or dialect.name == "sqlite" else Decimal(repr(value))


class Element(FunctionElement[Any]):
    """One question with two spellings; its clauses hold what either needs."""

    inherit_cache = True

    def __init__(self, *clauses: Sql, returns: type[TypeEngine[Any]]) -> None:
        super().__init__(*clauses)
        self.type = returns()

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002
        """Return the element as it is: it needs no brackets, and no ``= 1`` to be a condition.

        With SQLAlchemy's ``= 1`` around it, SQLite would not use an index for an ``IN``.
        """
        return self


class Among(Element):
    """The contact is among the rows of a table: as ``IN`` and as ``EXISTS``.

    SQLite follows an ``IN`` from the table's own index and runs an ``EXISTS`` for each contact.
    PostgreSQL plans the ``EXISTS`` well wherever it stands, and an ``IN`` below ``OR`` or ``NOT``
    badly once its rows outgrow ``work_mem``.
    """

    name = "among"
    inherit_cache = True


class Bracketed(Element):
    """A term in brackets, which SQLAlchemy would take away as it does its own."""

    name = "bracketed"
    inherit_cache = True


class Matches(Element):
    """A text fits a pattern: SQLite's ``GLOB`` or a PostgreSQL regular expression."""

    name = "matches_pattern"
    inherit_cache = True


class JsonText(Element):
    """An attribute as a text: null unless it is one."""

    name = "json_text"
    inherit_cache = True


class JsonNumber(Element):
    """An attribute as a number: null unless it is one."""

    name = "json_number"
    inherit_cache = True


class JsonBool(Element):
    """An attribute as true or false: null unless it is one."""

    name = "json_bool"
    inherit_cache = True


class JsonHas(Element):
    """An attribute is a list that holds a text."""

    name = "json_has"
    inherit_cache = True


class JsonEmpty(Element):
    """An attribute is no list, or one that holds no text."""

    name = "json_empty"
    inherit_cache = True


class Day(Element):
    """The day of an instant in UTC, as ISO 8601 text."""

    name = "utc_day"
    inherit_cache = True


class Domain(Element):
    """What follows the first "@" of an address, in lower case."""

    name = "address_domain"
    inherit_cache = True


def _spelling(kind: type[Element], sqlite: str, postgresql: str) -> None:
    """Register how `kind` is written; ``{0}``, ``{1}`` … stand for its clauses.

    A clause is rendered only where its number stands, so that each dialect binds what it needs.
    """

    def compiler(template: str) -> Any:  # noqa: ANN401 - SQLAlchemy's decorator wants any callable
        pieces = re.split(r"\{(\d)\}", template)

        def render(element: Element, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
            clauses = list(element.clauses)
            return "".join(
                compiler.process(clauses[int(piece)], **options) if number % 2 else piece
                for number, piece in enumerate(pieces)
            )

        return render

    compiles(kind, "sqlite")(compiler(sqlite))
    compiles(kind, "postgresql")(compiler(postgresql))


_spelling(Bracketed, "({0})", "({0})")
_spelling(Among, "({0})", "({1})")
_spelling(Matches, "({0} GLOB {1})", "({0} ~ {2})")
_spelling(Day, "substr({0}, 1, 10)", "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
# A domain is kept as A-labels, which are ASCII; so are the letters that are folded here.
_spelling(
    Domain,
    "lower(substr({0}, instr({0}, '@') + 1))",
    "lower(substr({0}, strpos({0}, '@') + 1) COLLATE \"C\")",
)
# Clauses of the JSON ones: the column, SQLite's path, PostgreSQL's key.
_spelling(
    JsonText,
    "CASE WHEN json_type({0}, {1}) = 'text' THEN json_extract({0}, {1}) END",
    "CASE WHEN jsonb_typeof({0} -> {2}) = 'string' THEN {0} ->> {2} END",
)
_spelling(
    JsonNumber,
    "CASE WHEN json_type({0}, {1}) IN ('integer', 'real') THEN json_extract({0}, {1}) END",
    "CASE WHEN jsonb_typeof({0} -> {2}) = 'number' THEN ({0} -> {2})::numeric END",
)
_spelling(
    JsonBool,
    "CASE json_type({0}, {1}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
    "CASE WHEN jsonb_typeof({0} -> {2}) = 'boolean' THEN ({0} -> {2})::boolean END",
)
_spelling(
    JsonHas,
    "(json_type({0}, {1}) = 'array' AND EXISTS (SELECT 1 FROM json_each({0}, {1}) AS item "
    "WHERE item.type = 'text' AND item.value = {3}))",
    "(jsonb_typeof({0} -> {2}) = 'array' AND jsonb_exists({0} -> {2}, {3}))",
)
_spelling(
    JsonEmpty,
    "(NOT (json_type({0}, {1}) = 'array' AND EXISTS (SELECT 1 FROM json_each({0}, {1}) AS item "
    "WHERE item.type = 'text')))",
    "(NOT EXISTS (SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof({0} -> {2}) = 'array' "
    "THEN {0} -> {2} ELSE '[]' END) AS item WHERE jsonb_typeof(item) = 'string'))",
)
