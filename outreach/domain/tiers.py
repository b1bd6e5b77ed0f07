"""Tiers and roles: what we promise to whom, as declared in ``tiers.toml``.

`outreach.domain.tiers_file` reads it, `outreach.domain.promises` says it in sentences, and how a
contact moves between tiers is in `outreach.domain.moves`. `Tiers.hash` names a version of the
promises, so that it can be said later what a contact was promised when they came to a tier.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from outreach.domain.mailing import ContentClass
from outreach.errors import NotFoundError, suggestion

KNOWN, INQUIRER, CUSTOMER, CLIENT, COUNSEL = "known", "inquirer", "customer", "client", "counsel"

BUILT_IN = (KNOWN, INQUIRER, CUSTOMER, CLIENT, COUNSEL)
"""The tiers that every file declares, in this order; others may stand between or above them."""

PAUSED, PARTED = "paused", "parted"
"""Not tiers, yet what a contact may move to: a rest until a day, and the end of the relation."""

EVERYONE = "everyone"
"""In [words], what holds for all tiers."""

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class NewsletterRule(StrEnum):
    """Who of a tier may be sent a newsletter, beside every opt-out and suppression."""

    NEVER = "never"
    #: Only who confirmed it from their own mailbox (double opt-in).
    CONFIRMED = "confirmed"
    #: Who ticked a box or said so, and of course who confirmed it.
    OPTED_IN = "opted-in"
    #: Everyone whom the law lets us write to and who did not opt out.
    UNLESS_OPTED_OUT = "unless-opted-out"


class AskRule(StrEnum):
    """When a contact may be asked for something that is for us."""

    NEVER = "never"
    #: Only in answer to what they asked about.
    ABOUT_THEIR_QUESTION = "about-their-question"
    FREELY = "freely"
    #: A person gives the reason why this offer is in the contact's interest.
    WITH_REASON = "with-reason"
    #: Spoken or written by hand; no template may ask.
    IN_CONVERSATION = "in-conversation"
    #: As long as each gives about what they get.
    IN_BALANCE = "in-balance"

    @property
    def by_mail(self) -> bool:
        """Whether a mail made from a template may ask at all."""
        return self in (self.ABOUT_THEIR_QUESTION, self.FREELY, self.WITH_REASON)


@dataclass(frozen=True, slots=True)
class AnswerWithin:
    """How soon an answer is promised: an `amount` of working ``days`` or ``hours``."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount} working {self.unit[:-1] if self.amount == 1 else self.unit}"


@dataclass(frozen=True, slots=True)
class Caps:
    """How many mails one contact may get: in a calendar day of theirs, in 7 days, in 30 days."""

    per_calendar_day: int
    per_7_days: int
    per_30_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What may be asked: by which rule, how often, and after how many gives.

    `at_most` counts within `within`, or ever where that is None; it is itself None where no number
    is promised.
    """

    rule: AskRule
    at_most: int | None = None
    within: timedelta | None = None
    gives_per_ask: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One standing, and what it promises. `rank` counts from 0 in rising order.

    A number that is None is not promised. `content` holds the classes that mail to this tier may
    be of; `ContentClass.ASK` is in it where `asks` lets a mail ask. Cadences are measured between
    exchanges in both directions; without `ideal_every_days` a contact gets no check-ins.
    """

    name: str
    rank: int
    title: str
    definition: str
    by_person: bool
    answer_within: AnswerWithin
    newsletter: NewsletterRule
    content: frozenset[ContentClass]
    asks: Asks
    caps: Caps
    ideal_every_days: int | None = None
    at_most_every_days: int | None = None
    owner_written: bool = False
    disclosure: bool = False
    follow_ups: int | None = None
    rests_after_quiet_days: int | None = None
    items_per_30_days: int | None = None
    care_reviews_per_year: int | None = None
    meetings_per_year: int | None = None
    thank_referral_within_working_days: int | None = None

    @property
    def checkins(self) -> bool:
        """Whether contacts of this tier are promised that we stay in touch."""
        return self.ideal_every_days is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a contact is to us beside their tier. Promises as in `Tier`, all of them optional."""

    name: str
    title: str
    definition: str
    answer_within: AnswerWithin | None = None
    ideal_every_days: int | None = None
    at_most_every_days: int | None = None
    ledger_reviews_per_year: int | None = None
    content: frozenset[ContentClass] = frozenset()
    introductions: str | None = None
    asks: AskRule | None = None


@dataclass(frozen=True)
class Tiers(Mapping[str, Tier]):
    """All tiers by name in rising order, the roles, and the caps that hold for everyone.

    `words` are what mail does not say: tier, or `EVERYONE`, to word to what is said instead.
    A name that is not declared raises `NotFoundError` from `named`, `KeyError` from ``[]``.
    """

    text: str = field(repr=False)
    caps: Caps
    tiers: Mapping[str, Tier]
    roles: Mapping[str, Role]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """64 hex digits (SHA-256) that name this version of the promises."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __getitem__(self, name: str) -> Tier:
        return self.tiers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tiers)

    def __len__(self) -> int:
        return len(self.tiers)

    def __hash__(self) -> int:
        return hash(self.text)

    def named(self, name: str) -> Tier:
        """Return the tier called `name`, or raise `NotFoundError` with what was likely meant."""
        if name not in self.tiers:
            raise NotFoundError(
                f'there is no tier "{name}"',
                hint=suggestion(name, self.tiers) or f"the tiers are {', '.join(self.tiers)}",
            )
        return self.tiers[name]

    def role_named(self, name: str) -> Role:
        """Return the role called `name`, or raise `NotFoundError` with what was likely meant."""
        if name not in self.roles:
            raise NotFoundError(
                f'there is no role "{name}"',
                hint=suggestion(name, self.roles)
                or f"the roles are {', '.join(self.roles)}; add others to tiers.toml",
            )
        return self.roles[name]


def avoided(words: Mapping[str, Mapping[str, str]], tier: str) -> dict[str, str]:
    """Return which of `Tiers.words` mail to `tier` does not say, each with what it says instead.

    An empty text means that there is nothing to say instead.
    """
    return {**words.get(EVERYONE, {}), **words.get(tier, {})}
