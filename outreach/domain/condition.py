"""What a segment asks, as a typed tree: what each condition means, how it reads and why it holds.

The tree is made by `outreach.domain.segment` and is correct by construction: names exist and types
fit. It is evaluated here for one contact, and compiled to SQL in `outreach.storage.segments`; this
module is the definition, and both give the same answer for every contact.

A condition is true or false, never unknown. What is not known about a contact fulfils nothing: each
condition on it is false, and `Not` of that is true. Two unknown things are not equal. Instants are
compared with calendar dates by their day in UTC.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from outreach.domain.address import normalise
from outreach.domain.contact import Contact, Receipt, Touch

Value: TypeAlias = str | int | float | bool | datetime | frozenset[str] | None
"""What an operand can be for one contact. A calendar date is its ISO 8601 text."""


class Kind(StrEnum):
    """The types of the language."""

    TEXT = "a text"
    NUMBER = "a number"
    BOOL = "true or false"
    DATE = "a date"
    INSTANT = "a moment"
    LIST = "a list of texts"


FIELDS: dict[str, Kind] = {
    "id": Kind.NUMBER,
    "email": Kind.TEXT,
    "email_domain": Kind.TEXT,
    "name": Kind.TEXT,
    "first_name": Kind.TEXT,
    "last_name": Kind.TEXT,
    "company": Kind.TEXT,
    "job_title": Kind.TEXT,
    "phone": Kind.TEXT,
    "locale": Kind.TEXT,
    "timezone": Kind.TEXT,
    "country": Kind.TEXT,
    "owner": Kind.TEXT,
    "source": Kind.TEXT,
    "relies_on": Kind.TEXT,
    "tier": Kind.TEXT,
    "tier_since": Kind.INSTANT,
    "roles": Kind.LIST,
    "interests": Kind.LIST,
    "consent": Kind.TEXT,
    "consent_basis": Kind.TEXT,
    "consent_expires": Kind.INSTANT,
    "opted_out": Kind.LIST,
    "suppressed": Kind.BOOL,
    "held_until": Kind.INSTANT,
    "parted_at": Kind.INSTANT,
    "last_touch": Kind.INSTANT,
    "last_in": Kind.INSTANT,
    "last_out": Kind.INSTANT,
    "last_two_way": Kind.INSTANT,
    "last_personal": Kind.INSTANT,
    "last_give": Kind.INSTANT,
    "last_ask": Kind.INSTANT,
    "last_reply": Kind.INSTANT,
    "created_at": Kind.INSTANT,
    "updated_at": Kind.INSTANT,
}
"""Every field of a contact that can be asked about, with its type."""

ALWAYS_KNOWN = frozenset(
    {"id", "email", "email_domain", "tier", "consent", "suppressed", "created_at", "updated_at"}
)
"""The fields that no contact lacks."""

_ISO_DATE = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")


def fold(text: str) -> str:
    """Return `text` without regard to case, letter by letter.

    Two letters are the same if one is the lower-case form of the other and turns back into it:
    ``É`` and ``é``, but not ``ß`` and ``SS``, nor the Kelvin sign and ``k``. It is thus a question
    of single letters, which every database can be asked in the same way.
    """
    return text.lower() if text.isascii() else "".join(map(_fold_letter, text))


def _fold_letter(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 and lower.upper() == letter else letter


def quoted(text: str) -> str:
    """Return `text` as a literal of the expression language."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def day_of(moment: datetime) -> str:
    """Return the calendar day of an instant, in UTC, in ISO 8601."""
    return moment.astimezone(UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the contact, by a name of `FIELDS`."""

    name: str

    @property
    def kind(self) -> Kind:
        """Its type."""
        return FIELDS[self.name]

    def value(self, contact: Contact, now: datetime) -> Value:  # noqa: ARG002 - one shape for all
        """Return what `contact` has there."""
        if self.name == "email_domain":
            return fold(contact.email.partition("@")[2])
        found: Value = getattr(contact, self.name)
        return found

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Attribute:
    """A declared attribute. A value of another type than the declared one counts as not known."""

    name: str
    kind: Kind

    def value(self, contact: Contact, now: datetime) -> Value:  # noqa: ARG002 - one shape for all
        """Return what `contact` has there."""
        found = contact.attributes.get(self.name)
        if self.kind is Kind.LIST:
            texts = found if isinstance(found, tuple | list) else ()
            return frozenset(text for text in texts if isinstance(text, str))
        if self.kind is Kind.DATE:
            text = found.isoformat() if type(found) is date else found
            return text if isinstance(text, str) and _ISO_DATE.fullmatch(text) else None
        if isinstance(found, bool) or self.kind is Kind.BOOL:
            return found if isinstance(found, bool) and self.kind is Kind.BOOL else None
        if self.kind is Kind.NUMBER:
            return found if isinstance(found, int | float) else None
        return found if isinstance(found, str) else None

    def __str__(self) -> str:
        return f"attributes.{self.name}"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. One of the kind `Kind.DATE` holds ISO 8601 text."""

    constant: str | int | float | bool
    kind: Kind

    def value(self, contact: Contact, now: datetime) -> Value:  # noqa: ARG002 - one shape for all
        """Return the constant."""
        return self.constant

    def __str__(self) -> str:
        if isinstance(self.constant, bool):
            return str(self.constant).lower()
        if isinstance(self.constant, str):
            text = quoted(self.constant)
            return f"date({text})" if self.kind is Kind.DATE else text
        return repr(self.constant)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant counted from now: so many days ago, or ahead if negative."""

    days: int = 0

    @property
    def kind(self) -> Kind:
        """Its type."""
        return Kind.INSTANT

    def value(self, contact: Contact | None, now: datetime) -> datetime:  # noqa: ARG002
        """Return the instant; a day is 24 hours."""
        return now - timedelta(days=self.days)

    def __str__(self) -> str:
        if not self.days:
            return "now"
        return f"days_ago({self.days})" if self.days > 0 else f"days_ahead({-self.days})"


Operand: TypeAlias = Field | Attribute | Literal | Moment


@dataclass(frozen=True, slots=True)
class Constant:
    """True for everyone, or for nobody."""

    holds: bool

    def matches(self, contact: Contact, now: datetime) -> bool:  # noqa: ARG002 - one shape for all
        """Whether it is true of `contact`."""
        return self.holds

    def __str__(self) -> str:
        return str(self.holds).lower()


@dataclass(frozen=True, slots=True)
class Holds:
    """A field or attribute of the kind `Kind.BOOL` is true."""

    operand: Field | Attribute

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return self.operand.value(contact, now) is True

    def __str__(self) -> str:
        return str(self.operand)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands of one kind, or an instant and a date, compared by ``== < <= > >=``."""

    left: Operand
    sign: str
    right: Operand

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        left, right = self.left.value(contact, now), self.right.value(contact, now)
        if left is None or right is None:
            return False
        if self.left.kind is not self.right.kind:
            left = day_of(left) if isinstance(left, datetime) else left
            right = day_of(right) if isinstance(right, datetime) else right
        return _COMPARE[self.sign](left, right)

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field or attribute equals one of some constants of its kind."""

    operand: Field | Attribute
    values: tuple[Literal, ...]

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        value = self.operand.value(contact, now)
        return value is not None and any(value == item.constant for item in self.values)

    def __str__(self) -> str:
        return f"{self.operand} in [{', '.join(map(str, self.values))}]"


@dataclass(frozen=True, slots=True)
class Like:
    """A text that contains, starts with, ends with or equals one of `texts`, whatever the case."""

    operand: Field | Attribute
    #: ``contains``, ``startswith``, ``endswith`` or ``equals``.
    how: str
    #: Folded. More than one only with ``equals``.
    texts: tuple[str, ...]

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        value = self.operand.value(contact, now)
        if not isinstance(value, str):
            return False
        value, text = fold(value), self.texts[0]
        if self.how == "contains":
            return text in value
        if self.how == "startswith":
            return value.startswith(text)
        if self.how == "endswith":
            return value.endswith(text)
        return value in self.texts

    def __str__(self) -> str:
        if self.how != "equals":
            return f"{self.operand} is {self.how} {quoted(self.texts[0])}"
        # A domain name has no case, so nobody needs to say that it does not matter.
        lower = "" if self.operand == Field("email_domain") else "|lower"
        if len(self.texts) == 1:
            return f"{self.operand}{lower} == {quoted(self.texts[0])}"
        return f"{self.operand}{lower} in [{', '.join(map(quoted, self.texts))}]"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The address is one of these, as `domain.address.normalise` tells mailboxes apart."""

    addresses: tuple[str, ...]

    def matches(self, contact: Contact, now: datetime) -> bool:  # noqa: ARG002 - one shape for all
        """Whether it is true of `contact`."""
        return normalise(contact.email) in self.addresses

    def __str__(self) -> str:
        if len(self.addresses) == 1:
            return f"email == {quoted(self.addresses[0])}"
        return f"email in [{', '.join(map(quoted, self.addresses))}]"


@dataclass(frozen=True, slots=True)
class Has:
    """A list holds a text."""

    operand: Field | Attribute
    text: str

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return self.text in _texts(self.operand.value(contact, now))

    def __str__(self) -> str:
        return f"{quoted(self.text)} in {self.operand}"


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """A list holds nothing."""

    operand: Field | Attribute

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return not _texts(self.operand.value(contact, now))

    def __str__(self) -> str:
        return f"{self.operand} is empty"


@dataclass(frozen=True, slots=True)
class IsNone:
    """Something is not known."""

    operand: Field | Attribute

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return self.operand.value(contact, now) is None

    def __str__(self) -> str:
        return f"{self.operand} is none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """There was a touch that fits everything given.

    `since` and `before` are instants or dates, `since` included and `before` not. The directions
    ``in`` and ``out`` include touches that went both ways.
    """

    since: Operand | None = None
    before: Operand | None = None
    direction: str | None = None
    channel: str | None = None
    kind: str | None = None
    content_class: str | None = None
    personal: bool | None = None

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        if contact.touches is None:
            raise ValueError("the contact was loaded without its touches")
        return any(self._fits(touch, contact, now) for touch in contact.touches)

    def _fits(self, touch: Touch, contact: Contact, now: datetime) -> bool:
        if self.direction is not None and touch.direction not in (self.direction, "both"):
            return False
        for name in ("channel", "kind", "content_class", "personal"):
            wanted = getattr(self, name)
            if wanted is not None and getattr(touch, name) != wanted:
                return False
        return _within(touch.at, self.since, self.before, contact, now)

    def __str__(self) -> str:
        parts = []
        for name in ("since", "before"):
            operand = getattr(self, name)
            if operand is not None:
                parts.append(f"{name}={operand}")
        for name in ("direction", "channel", "kind", "content_class"):
            text = getattr(self, name)
            if text is not None:
                parts.append(f"{name}={quoted(text)}")
        if self.personal is not None:
            parts.append(f"personal={str(self.personal).lower()}")
        return f"touched({', '.join(parts)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mailing went out to the contact: of this key or series, in this time."""

    key: str | None = None
    series: str | None = None
    since: Operand | None = None
    before: Operand | None = None

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        if self.key is not None and (self.series, self.since, self.before) == (None, None, None):
            return self.key in contact.received
        if contact.receipts is None:
            raise ValueError("the contact was loaded without its receipts")
        return any(self._fits(receipt, contact, now) for receipt in contact.receipts)

    def _fits(self, receipt: Receipt, contact: Contact, now: datetime) -> bool:
        if self.key is not None and receipt.key != self.key:
            return False
        if self.series is not None and receipt.series != self.series:
            return False
        return _within(receipt.sent_at, self.since, self.before, contact, now)

    def __str__(self) -> str:
        parts = [quoted(self.key)] if self.key is not None else []
        if self.series is not None:
            parts.append(f"series={quoted(self.series)}")
        for name in ("since", "before"):
            operand = getattr(self, name)
            if operand is not None:
                parts.append(f"{name}={operand}")
        return f"received({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class InSegment:
    """The contact is in another segment, whose condition is at hand."""

    name: str
    where: "Condition"

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return self.where.matches(contact, now)

    def __str__(self) -> str:
        return f"in_segment({quoted(self.name)})"


_OPPOSITES = {" == ": " != ", " in [": " not in [", " is ": " is not "}


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return not self.part.matches(contact, now)

    def __str__(self) -> str:
        part = self.part
        if isinstance(part, Has):
            return f"{quoted(part.text)} not in {part.operand}"
        if isinstance(part, Compare | OneOf | Like | Mailbox | IsNone | IsEmpty):
            text = str(part)
            for sign in (" == ", " in [", " is "):
                if sign in text.partition('"')[0]:
                    return text.replace(sign, _OPPOSITES[sign], 1)
        return f"not ({part})" if isinstance(part, AllOf | AnyOf) else f"not {part}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part is true."""

    parts: tuple["Condition", ...]

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return all(part.matches(contact, now) for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(
            f"({part})" if isinstance(part, AllOf | AnyOf) else str(part) for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is true."""

    parts: tuple["Condition", ...]

    def matches(self, contact: Contact, now: datetime) -> bool:
        """Whether it is true of `contact`."""
        return any(part.matches(contact, now) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(
            f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts
        )


Condition: TypeAlias = (
    Constant
    | Holds
    | Compare
    | OneOf
    | Like
    | Mailbox
    | Has
    | IsEmpty
    | IsNone
    | Touched
    | Received
    | InSegment
    | Not
    | AllOf
    | AnyOf
)


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that `condition` is directly made of; none for a single question."""
    match condition:
        case Not(part):
            return (part,)
        case InSegment(where=where):
            return (where,)
        case AllOf(parts) | AnyOf(parts):
            return parts
        case _:
            return ()


def operands_of(condition: Condition) -> tuple[Operand, ...]:
    """Return what a single question looks at, in the order in which it reads."""
    match condition:
        case Compare(left, _, right):
            return (left, right)
        case Holds(operand) | OneOf(operand) | Like(operand) | Has(operand):
            return (operand,)
        case IsEmpty(operand) | IsNone(operand):
            return (operand,)
        case Mailbox():
            return (Field("email"),)
        case Touched(since=since, before=before) | Received(since=since, before=before):
            return tuple(moment for moment in (since, before) if moment is not None)
        case _:
            return ()


def walk(condition: Condition) -> Iterator[Condition]:
    """Yield `condition` and everything it is made of, other segments' conditions included."""
    yield condition
    for part in parts_of(condition):
        yield from walk(part)


def _texts(value: Value) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


def _within(
    moment: datetime, since: Operand | None, before: Operand | None, contact: Contact, now: datetime
) -> bool:
    for bound, sign in ((since, ">="), (before, "<")):
        if bound is None:
            continue
        limit = bound.value(contact, now)
        if limit is None:
            return False
        found = day_of(moment) if bound.kind is Kind.DATE else moment
        if not _COMPARE[sign](found, limit):
            return False
    return True
