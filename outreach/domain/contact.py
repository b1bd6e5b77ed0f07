"""A contact as every other part sees one: a frozen value, with all that may be asked about it.

Segments are evaluated on it, templates are rendered with it, the gate decides on it. Storage is
what makes one from rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

AttributeValue = str | int | float | bool | date | tuple[str, ...]
"""What a typed attribute may hold. A list is a tuple of texts; a date has no time."""


class AttributeType(StrEnum):
    """The types an attribute can be declared with under ``[attributes]`` in ``outreach.toml``."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    LIST = "list"


class ConsentStatus(StrEnum):
    """Whether this contact agreed to be mailed, as the newest consent record has it."""

    #: Nobody ever recorded a permission or a refusal.
    NONE = "none"
    #: A permission with basis and evidence is on record; see `Contact.consent_expires`.
    GRANTED = "granted"
    #: The contact took the permission back. Only the contact can give it again.
    WITHDRAWN = "withdrawn"


class ConsentBasis(StrEnum):
    """Why we may write, in the terms of the laws that ask for it (GDPR 6(1), CASL 6 and 10)."""

    #: They agreed and then confirmed it from their own mailbox (double opt-in).
    CONFIRMED = "confirmed"
    #: They agreed in words or by ticking a box.
    EXPRESS = "express"
    #: They are in a contract with us and the mail is about its subject.
    CONTRACT = "contract"
    #: They asked us something not long ago.
    INQUIRY = "inquiry"
    #: Legitimate interest, weighed and written down.
    INTEREST = "interest"


class Scope(StrEnum):
    """What a contact opts out of. `EVERYTHING` also stops what a person writes through the tool."""

    NEWSLETTERS = "newsletters"
    CHECKINS = "check-ins"
    ITEMS = "items"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One exchange with a contact: ``in``, ``out`` or ``both``, by ``mail``, ``call`` and so on."""

    at: datetime
    direction: str
    channel: str
    kind: str
    content_class: str | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One mailing that went out to a contact: the campaign's key and series, and when."""

    key: str
    series: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person we may write to.

    Every text that is not known is None, never empty. `tier` is a name declared in ``tiers.toml``.
    `locale` is a BCP 47 tag such as ``pt-BR``, `timezone` an IANA name such as ``Asia/Tokyo``,
    `country` an ISO 3166 two-letter code. The ``last_…`` instants sum up the touches: `last_in` and
    `last_out` any from or to them, `last_two_way` an exchange (a call, a meeting, their reply),
    `last_personal` one written or spoken by a person, `last_give` and `last_ask` mails by content
    class; `last_touch` is the newest of all. `touches` and `receipts` are the single facts behind
    them; both are None where they were not loaded, since few questions need them.
    """

    id: int
    email: str
    tier: str
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    phone: str | None = None
    locale: str | None = None
    timezone: str | None = None
    country: str | None = None
    owner: str | None = None
    source: str | None = None
    relies_on: str | None = None
    tier_since: datetime | None = None
    roles: frozenset[str] = frozenset()
    interests: frozenset[str] = frozenset()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    consent: ConsentStatus = ConsentStatus.NONE
    consent_basis: ConsentBasis | None = None
    consent_expires: datetime | None = None
    opted_out: frozenset[str] = frozenset()
    suppressed: bool = False
    held_until: datetime | None = None
    parted_at: datetime | None = None
    last_touch: datetime | None = None
    last_in: datetime | None = None
    last_out: datetime | None = None
    last_two_way: datetime | None = None
    last_personal: datetime | None = None
    last_give: datetime | None = None
    last_ask: datetime | None = None
    last_reply: datetime | None = None
    received: frozenset[str] = frozenset()
    touches: tuple[Touch, ...] | None = None
    receipts: tuple[Receipt, ...] | None = None

    @property
    def name(self) -> str | None:
        """First and last name as far as they are known, or None."""
        first, last = self.first_name, self.last_name
        return f"{first} {last}" if first and last else first or last or None
