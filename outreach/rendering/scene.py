"""What a template is told besides the contact, and in whose time and language it speaks."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from outreach.domain.contact import Contact
from outreach.domain.mailing import Sender
from outreach.domain.tiers import Tiers
from outreach.rendering.editions import zone_named
from outreach.rendering.sandbox import Record

PROMISED = (
    "title",
    "definition",
    "answer_within",
    "ideal_every_days",
    "at_most_every_days",
    "items_per_30_days",
    "care_reviews_per_year",
    "meetings_per_year",
    "thank_referral_within_working_days",
    "follow_ups",
)
"""What of a promise can be named."""


@dataclass(frozen=True, slots=True)
class ContactLinks:
    """The links of one mail to one contact; None where there is no such page."""

    unsubscribe: str | None = None
    preferences: str | None = None
    view: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a template is told besides the contact: the same for a whole campaign but for `links`.

    `timezone` and `locale` are the firm's, and those of contacts whose own are not known. `tiers`
    says what the contact's tier is promised.
    """

    sender: Sender
    now: datetime
    links: ContactLinks = ContactLinks()
    company: str | None = None
    postal_address: str | None = None
    website: str | None = None
    timezone: str = "UTC"
    locale: str = "en"
    tiers: Tiers | None = None


def links_record(links: ContactLinks) -> Record:
    """Return the links of one mail for a template."""
    return Record(
        "links",
        {"unsubscribe": links.unsubscribe, "preferences": links.preferences, "view": links.view},
        "set link_base in outreach.toml, or write {% if links.… %}",
    )


def promise(name: str, tiers: Tiers | None) -> Record:
    """Return what the tier called `name` is promised, as ``tiers.toml`` has it now."""
    promised: dict[str, object] = dict.fromkeys(PROMISED)
    if tiers is not None and name in tiers:
        promised = {field: getattr(tiers[name], field) for field in PROMISED}
        promised["answer_within"] = str(promised["answer_within"])
    return Record("promise", promised, f'tiers.toml promises no such thing to "{name}"')


def tag_of(contact: Contact, locale: str) -> str:
    """Return the tag of the contact's locale or, where it means none, `locale`."""
    own = contact.locale
    return own if own and parse_locale(own) else locale


def zone_for(contact: Contact, scene: Scene) -> tzinfo:
    """Return the contact's time zone or, where it is not known, the firm's."""
    return zone_named(contact.timezone or scene.timezone, scene.timezone)


@lru_cache(maxsize=1024)
def parse_locale(tag: str | None) -> Locale | None:
    """Return the locale that a tag such as ``pt-BR`` means, or its language's, or None."""
    for candidate in (tag, tag and re.split("[-_]", tag)[0]):
        try:
            if candidate:
                return Locale.parse(candidate.replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
