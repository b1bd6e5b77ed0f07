"""Segments as SQL: who is in one, how many, and the facts that decide it for one contact.

`compile_where` gives the same answer as `Condition.matches` for every contact, on SQLite and on
PostgreSQL. SQL knows a third truth value and Outreach does not: `NOT` is therefore pushed down to
the single questions, where a positive one may be unknown, which `WHERE` takes for false, and the
opposite of one is written as ``IS NOT TRUE``.

Contacts that were merged into others are left out by `members`, `count` and `ids`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    Select,
    Text,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session

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
    Moment,
    Not,
    OneOf,
    Operand,
    Received,
    Touched,
    day_of,
)
from outreach.domain.contact import Contact, Receipt, Touch
from outreach.storage.database import UtcDateTime
from outreach.storage.spellings import (
    Among,
    Bracketed,
    Day,
    Domain,
    JsonBool,
    JsonEmpty,
    JsonHas,
    JsonNumber,
    JsonText,
    Matches,
    Number,
    Sql,
)
from outreach.storage.suppressions import stops_contact
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    InterestRow,
    OptOutRow,
    RoleRow,
    SuppressionRow,
    TouchRow,
)

_BATCH = 500
_GROUP = 20


def compile_where(condition: Condition, *, now: datetime) -> ColumnElement[bool]:
    """Return `condition` as a ``WHERE`` term on `ContactRow`, for either database.

    The term may be SQL's unknown where the condition is false: negate the condition with
    `domain.condition.Not`, never the term.
    """
    return _term(condition, True, now)


def members(condition: Condition, now: datetime) -> Select[int]:
    """Return the query for the ids of those in a segment, for use on its own or in an INSERT."""
    return select(ContactRow.id).where(
        ContactRow.merged_into_id.is_(None), compile_where(condition, now=now)
    )


def count(session: Session, condition: Condition, now: datetime) -> int:
    """Return how many contacts are in the segment."""
    query = select(func.count()).select_from(ContactRow)
    query = query.where(ContactRow.merged_into_id.is_(None), compile_where(condition, now=now))
    return session.execute(query).scalar_one()


def ids(
    session: Session, condition: Condition, now: datetime, *, limit: int | None = None
) -> Sequence[int]:
    """Return the ids of those in the segment, ascending, all or the first `limit`."""
    query = members(condition, now).order_by(ContactRow.id).limit(limit)
    return session.scalars(query).all()


def is_member(session: Session, condition: Condition, now: datetime, contact_id: int) -> bool:
    """Whether this contact is in the segment, as the database sees it."""
    query = members(condition, now).where(ContactRow.id == contact_id)
    return session.execute(query).first() is not None


def sql_text(condition: Condition, now: datetime, dialect: Dialect) -> str:
    """Return the counting query as text with its values in it, to read; never to run."""
    query = select(func.count()).select_from(ContactRow)
    query = query.where(ContactRow.merged_into_id.is_(None), compile_where(condition, now=now))
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def with_history(session: Session, contacts: Iterable[Contact]) -> list[Contact]:
    """Return `contacts` with their touches and receipts, oldest first, in a query or two a batch.

    It is what `Condition.matches` needs for ``touched`` and ``received``.
    """
    found = list(contacts)
    complete = []
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        wanted = [contact.id for contact in batch]
        touches: dict[int, list[Touch]] = {one: [] for one in wanted}
        receipts: dict[int, list[Receipt]] = {one: [] for one in wanted}
        for row in session.scalars(
            select(TouchRow)
            .where(TouchRow.contact_id.in_(wanted))
            .order_by(TouchRow.at, TouchRow.id)
        ):
            touches[row.contact_id].append(
                Touch(
                    at=row.at,
                    direction=row.direction,
                    channel=row.channel,
                    kind=row.kind,
                    content_class=row.content_class,
                    personal=row.personal,
                )
            )
        for owner, key, series, sent_at in session.execute(
            select(DeliveryRow.contact_id, CampaignRow.key, CampaignRow.series, DeliveryRow.sent_at)
            .join(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
            .where(DeliveryRow.contact_id.in_(wanted), DeliveryRow.sent_at.is_not(None))
            .order_by(DeliveryRow.sent_at, DeliveryRow.id)
        ):
            assert sent_at is not None
            receipts[owner].append(Receipt(key=key, series=series, sent_at=sent_at))
        complete += [
            replace(
                contact,
                touches=tuple(touches[contact.id]),
                receipts=tuple(receipts[contact.id]),
                received=frozenset(receipt.key for receipt in receipts[contact.id]),
            )
            for contact in batch
        ]
    return complete


# Conditions


def _term(  # noqa: PLR0911 - a case for each condition, as below
    condition: Condition, wanted: bool, now: datetime
) -> ColumnElement[bool]:
    match condition:
        case Constant(holds):
            return true() if holds is wanted else false()
        case Not(part):
            return _term(part, not wanted, now)
        case InSegment(where=where):
            return _term(where, wanted, now)
        case AllOf(parts):
            return _joined(and_ if wanted else or_, [_term(part, wanted, now) for part in parts])
        case AnyOf(parts):
            return _joined(or_ if wanted else and_, [_term(part, wanted, now) for part in parts])
        case _:
            term, can_be_unknown = _question(condition, now)
            if wanted:
                return term
            return term.is_not(true()) if can_be_unknown else not_(term)


def _joined(
    operator: Callable[..., ColumnElement[bool]], terms: Sequence[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Join terms by AND or OR, many of them in groups.

    SQLite reads ``a OR b OR c`` as a tree that gets deeper with each term and gives up at 1000.
    """
    if len(terms) <= _GROUP:
        return operator(*terms)
    size = max(_GROUP, -(-len(terms) // _GROUP))
    groups = [terms[start : start + size] for start in range(0, len(terms), size)]
    return operator(*(Bracketed(_joined(operator, group), returns=Boolean) for group in groups))


def _question(  # noqa: PLR0911, PLR0912
    condition: Condition, now: datetime
) -> tuple[ColumnElement[bool], bool]:
    """Return the term for a single question, and whether it can be SQL's unknown."""
    match condition:
        case Holds(Field("suppressed")):
            return _suppressed(), False
        case Holds(operand):
            return _value(operand, now) == true(), True
        case Compare(left, sign, right):
            return _compare(left, sign, right, now), not _known(left, right)
        case OneOf(operand, values):
            constants = [item.constant for item in values]
            return _value(operand, now).in_(constants), not _known(operand)
        case Like(Field("email" | "email_domain" as name), how, texts):
            return _addressed(name, how, texts), False
        case Like(operand, how, texts):
            value = _value(operand, now)
            return _like_any(value, how, texts), not _known(operand)
        case Mailbox(addresses):
            return _mailbox(addresses), False
        case Has(operand, text):
            return _has(operand, text), isinstance(operand, Attribute)
        case IsEmpty(Field() as operand):
            return not_(_listed(operand, None)), False
        case IsEmpty(Attribute() as operand):
            return JsonEmpty(*_json(operand), returns=Boolean), False
        case IsNone(operand):
            return _value(operand, now).is_(None), False
        case Touched():
            return _touched(condition, now), False
        case Received():
            return _received(condition, now), False
    raise TypeError(f"{condition!r} is no single question")


def _known(*operands: Operand) -> bool:
    return all(
        isinstance(operand, Literal | Moment)
        or (isinstance(operand, Field) and operand.name in ALWAYS_KNOWN)
        for operand in operands
    )


def _compare(left: Operand, sign: str, right: Operand, now: datetime) -> ColumnElement[bool]:
    if left == Field("suppressed"):
        assert isinstance(right, Literal)
        return _suppressed() if right.constant else not_(_suppressed())
    if left.kind is right.kind:
        return _signed(_value(left, now), sign, _value(right, now))
    if left.kind is Kind.INSTANT and isinstance(right, Literal):
        return _on_day(_value(left, now), sign, str(right.constant))
    return _signed(_day(left, now), sign, _day(right, now))


def _signed(left: Sql, sign: str, right: ColumnElement[Any]) -> ColumnElement[bool]:
    return left == right if sign == "==" else left.bool_op(sign)(right)


def _on_day(moment: Sql, sign: str, day: str) -> ColumnElement[bool]:
    """Compare an instant with a day in a way that an index on the instant can answer."""
    start = datetime.combine(datetime.fromisoformat(day), time(), UTC)
    end = start + timedelta(days=1)
    match sign:
        case "==":
            return and_(moment >= start, moment < end)
        case "<":
            return moment < start
        case "<=":
            return moment < end
        case ">":
            return moment >= end
        case _:
            return moment >= start


def _day(operand: Operand, now: datetime) -> ColumnElement[str]:
    if isinstance(operand, Moment):
        return literal(day_of(operand.value(None, now)), Text)
    if operand.kind is Kind.DATE:
        return _value(operand, now)
    return Day(_value(operand, now), returns=Text)


def _like_any(value: Sql, how: str, texts: tuple[str, ...]) -> ColumnElement[bool]:
    return _joined(or_, [_like(value, how, text) for text in texts])


def _like(value: Sql, how: str, text: str) -> ColumnElement[bool]:
    before = how in ("contains", "endswith")
    after = how in ("contains", "startswith")
    pattern = ("*" if before else "") + "".join(map(_glob, text)) + ("*" if after else "")
    expression = ("" if before else "^") + "".join(map(_regex, text)) + ("" if after else "$")
    return Matches(value, literal(pattern, Text), literal(expression, Text), returns=Boolean)


def _other_case(letter: str) -> str:
    """Return the capital that `domain.condition.fold` takes for this letter, or nothing."""
    upper = letter.upper()
    return upper if upper != letter and len(upper) == 1 and upper.lower() == letter else ""


def _glob(letter: str) -> str:
    other = _other_case(letter)
    if other:
        return f"[{letter}{other}]"
    return f"[{letter}]" if letter in "*?[" else letter


def _regex(letter: str) -> str:
    other = _other_case(letter)
    if other:
        return f"[{letter}{other}]"
    return "\\" + letter if letter.isascii() and not letter.isalnum() else letter


def _addressed(name: str, how: str, texts: tuple[str, ...]) -> ColumnElement[bool]:
    if name == "email":
        fits = _like_any(AddressRow.address, how, texts)
    else:
        domain = Domain(AddressRow.address, returns=Text)
        fits = domain.in_(texts) if how == "equals" else _like_any(domain, how, texts)
    return _among(AddressRow, AddressRow.is_primary == true(), fits)


def _mailbox(addresses: tuple[str, ...]) -> ColumnElement[bool]:
    query = select(AddressRow.contact_id).where(
        AddressRow.normalised.in_(addresses), AddressRow.is_primary
    )
    return ContactRow.id.in_(query)


def _has(operand: Field | Attribute, text: str) -> ColumnElement[bool]:
    if isinstance(operand, Field):
        return _listed(operand, text)
    return JsonHas(*_json(operand), literal(text, Text), returns=Boolean)


def _listed(operand: Field, text: str | None) -> ColumnElement[bool]:
    """Return whether the list of another table holds `text`, or anything at all."""
    if operand.name == "interests":
        return _among(InterestRow, InterestRow.interest == text if text else true())
    if operand.name == "roles":
        current = RoleRow.until.is_(None)
        return _among(RoleRow, current, RoleRow.role == text if text else true())
    assert operand.name == "opted_out"
    valid = OptOutRow.lifted_at.is_(None)
    return _among(OptOutRow, valid, OptOutRow.scope == text if text else true())


def _suppressed() -> ColumnElement[bool]:
    # From the suppressions, which are few, to the address, which is unique.
    query = (
        select(AddressRow.contact_id)
        .join(SuppressionRow, SuppressionRow.normalised == AddressRow.normalised)
        .where(*stops_contact(AddressRow, SuppressionRow))
    )
    return Among(
        ContactRow.id.in_(query),
        exists(query.where(AddressRow.contact_id == ContactRow.id).correlate(ContactRow)),
        returns=Boolean,
    )


def _among(
    table: type[AddressRow | InterestRow | RoleRow | OptOutRow | TouchRow],
    *terms: ColumnElement[bool],
) -> ColumnElement[bool]:
    query = select(table.contact_id).where(*terms)
    return Among(
        ContactRow.id.in_(query),
        exists(query.where(table.contact_id == ContactRow.id).correlate(ContactRow)),
        returns=Boolean,
    )


def _touched(touched: Touched, now: datetime) -> ColumnElement[bool]:
    terms: list[ColumnElement[bool]] = []
    if touched.direction is not None:
        terms.append(TouchRow.direction.in_([touched.direction, "both"]))
    if touched.channel is not None:
        terms.append(TouchRow.channel == touched.channel)
    if touched.kind is not None:
        terms.append(TouchRow.kind == touched.kind)
    if touched.content_class is not None:
        terms.append(TouchRow.content_class == touched.content_class)
    if touched.personal is not None:
        terms.append(TouchRow.personal == (true() if touched.personal else false()))
    terms += _within(TouchRow.at, touched.since, touched.before, now)
    if _about_contact(touched.since, touched.before):
        terms.append(TouchRow.contact_id == ContactRow.id)
        return exists(select(TouchRow.id).where(*terms).correlate(ContactRow))
    return _among(TouchRow, *terms)


def _received(received: Received, now: datetime) -> ColumnElement[bool]:
    query = select(DeliveryRow.contact_id).where(DeliveryRow.sent_at.is_not(None))
    if received.key is not None or received.series is not None:
        query = query.join(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
    if received.key is not None:
        query = query.where(CampaignRow.key == received.key)
    if received.series is not None:
        query = query.where(CampaignRow.series == received.series)
    query = query.where(*_within(DeliveryRow.sent_at, received.since, received.before, now))
    one = exists(query.where(DeliveryRow.contact_id == ContactRow.id).correlate(ContactRow))
    if _about_contact(received.since, received.before):
        return one
    return Among(ContactRow.id.in_(query), one, returns=Boolean)


def _about_contact(*operands: Operand | None) -> bool:
    return any(isinstance(operand, Field | Attribute) for operand in operands)


def _within(
    moment: Sql, since: Operand | None, before: Operand | None, now: datetime
) -> list[ColumnElement[bool]]:
    terms = []
    for bound, sign in ((since, ">="), (before, "<")):
        if bound is None:
            continue
        if bound.kind is Kind.INSTANT:
            terms.append(_signed(moment, sign, _value(bound, now)))
        elif isinstance(bound, Literal):
            terms.append(_on_day(moment, sign, str(bound.constant)))
        else:
            terms.append(_signed(Day(moment, returns=Text), sign, _value(bound, now)))
    return terms


# Values


def _value(operand: Operand, now: datetime) -> ColumnElement[Any]:
    match operand:
        case Moment():
            return literal(operand.value(None, now), UtcDateTime)
        case Literal(constant, Kind.NUMBER):
            return literal(constant, Number)
        case Literal(constant, Kind.BOOL):
            return true() if constant else false()
        case Literal(constant):
            return literal(constant, Text)
        case Attribute():
            return _attribute(operand)
        case Field():
            return _field(operand)


def _field(field: Field) -> ColumnElement[Any]:
    if field.name in ("email", "email_domain"):
        address = (
            select(
                AddressRow.address
                if field.name == "email"
                else Domain(AddressRow.address, returns=Text)
            )
            .where(AddressRow.contact_id == ContactRow.id, AddressRow.is_primary)
            .correlate(ContactRow)
        )
        return address.scalar_subquery()
    if field.name == "name":
        first, last = func.nullif(ContactRow.first_name, ""), func.nullif(ContactRow.last_name, "")
        return func.coalesce(first + " " + last, first, last)
    column: ColumnElement[Any] = ContactRow.__table__.c[field.name]
    if field.name in ("consent", "consent_basis"):
        # Compared as the text it is kept as: an enumeration's type takes no other words.
        return type_coerce(column, Text)
    return column


def _attribute(attribute: Attribute) -> ColumnElement[Any]:
    match attribute.kind:
        case Kind.NUMBER:
            return JsonNumber(*_json(attribute), returns=Number)
        case Kind.BOOL:
            return JsonBool(*_json(attribute), returns=Boolean)
        case Kind.DATE:
            text = JsonText(*_json(attribute), returns=Text)
            digit, pattern = "[0-9]", "^[0-9]{4}-[01][0-9]-[0-3][0-9]$"
            glob = f"{digit * 4}-[01]{digit}-[0-3]{digit}"
            is_date = Matches(text, literal(glob, Text), literal(pattern, Text), returns=Boolean)
            return case((is_date, text))
        case _:
            return JsonText(*_json(attribute), returns=Text)


def _json(attribute: Attribute) -> tuple[ColumnElement[Any], ...]:
    # Declared names are plain words (`config.NAME`), so a path needs no escapes.
    return (
        ContactRow.__table__.c.attributes,
        literal(f"$.{attribute.name}", Text),
        literal(attribute.name, Text),
    )
