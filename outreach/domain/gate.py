"""The gate: the one function that says whether a mail may go to a contact, and why.

`decide` asks the rules of `RULES` in their order. The first that refuses settles it: a refusal is
about who they are or what they said, and waiting does not change it. Where none refuses, the rule
that holds longest does. A rule that has nothing against the mail is silent.

Holds are monotone: while nothing else is sent, the mail may go from `Decision.until` on and not
before, unless a rule of the other kind has come to refuse it meanwhile. That is why the gate is
asked again just before every mail.

Which opt-out stops which mail, whether consent is needed and whether caps apply is decided by the
mail's kind (`outreach.domain.mailing.MailKind`):

=============  ======================================  =======  ======  ============
kind           stopped by an opt-out from              consent  capped  counts
=============  ======================================  =======  ======  ============
newsletter     newsletters, its series, everything     yes      yes     yes
check-in       check-ins, its series, everything       yes      yes     yes
item           items, its series, everything           yes      yes     yes
service        everything                              no       no      yes
=============  ======================================  =======  ======  ============

Mail about work in hand needs no consent because the work is its basis (GDPR 6(1)(b), CASL 6(6));
which tiers have work in hand is said by their content classes. What a person writes in answer to a
contact's own mail neither counts nor is held.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.domain.contact import ConsentBasis, ConsentStatus, Contact, Scope
from outreach.domain.mailing import ContentClass, MailKind
from outreach.domain.tiers import AskRule, NewsletterRule, Tier, Tiers

WINDOW = timedelta(days=32)
"""How far back `Facts.mails` must reach: 30 calendar days in whatever zone, and a day to spare."""

ALLOWED = "allowed"
"""The name that stands for the rule where none had anything against the mail."""


class Verdict(StrEnum):
    """What the gate says of one intended mail."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A mail that somebody means to send, before it has a reader.

    `key` names the mailing, `series` what one can opt out of. `reason` says why an ask is in its
    reader's interest; only a person can give it.
    """

    key: str
    series: str
    kind: MailKind
    content_class: ContentClass
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that went to the contact, or may have gone: what the outcome was is not known yet."""

    at: datetime
    kind: str
    content_class: ContentClass | None = None


@dataclass(slots=True, kw_only=True)  # frozen ones take longer to make, and each mail has one
class Facts:
    """What is known of a contact when the gate is asked.

    `mails` are those of the last `WINDOW`, in any order, without answers to the contact's own
    mail. `asks` are the instants of all asks ever, and `gives` the number of gives since the last
    of them; both are only looked at for an ask. `received` says that this key went to them already,
    or may have gone.
    """

    contact: Contact
    mails: tuple[Mail, ...] = ()
    asks: tuple[datetime, ...] = ()
    gives: int = 0
    received: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate goes by: the promises, and the zone of contacts whose own is not known."""

    tiers: Tiers
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate said: the verdict, the rule that settled it, and a sentence for people.

    `until` is set for a hold: the instant from which the rule no longer stands in the way.
    """

    verdict: Verdict
    rule: str
    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Objection:
    """Why a rule refuses, or holds where `until` is given."""

    why: str
    until: datetime | None = None


class _Question:
    """One intended mail to one contact, with what several rules need worked out once."""

    __slots__ = ("_days", "contact", "facts", "intent", "kind", "now", "tier", "today", "zone")

    def __init__(self, intent: Intent, facts: Facts, policy: Policy, now: datetime) -> None:
        self.intent = intent
        self.facts = facts
        self.now = now
        self.kind = intent.kind
        self.contact = facts.contact
        self.tier: Tier | None = policy.tiers.get(facts.contact.tier)
        self.zone = _zone(facts.contact.timezone, policy.timezone)
        #: The contact's calendar day.
        self.today = now.astimezone(self.zone).date()
        self._days: list[date] | None = None

    def days(self) -> list[date]:
        """Return the contact's calendar days on which a mail went to them, newest first."""
        if self._days is None:
            zone = self.zone
            self._days = [mail.at.astimezone(zone).date() for mail in self.facts.mails]
            self._days.sort(reverse=True)
        return self._days


def decide(intent: Intent, facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Say whether the mail may go to the contact at `now`, by the rules of this module."""
    question = _Question(intent, facts, policy, now)
    held: Decision | None = None
    for name, check in RULES.items():
        objection = check(question)
        if objection is None:
            continue
        if objection.until is None:
            return Decision(Verdict.REFUSE, name, objection.why)
        if held is None or held.until is None or objection.until > held.until:
            held = Decision(Verdict.HOLD, name, objection.why, objection.until)
    return held or Decision(Verdict.ALLOW, ALLOWED, _in_favour(question))


class Outline(NamedTuple):
    """What decides about nearly all mail, of a contact of whom nothing is known that is `special`.

    Of `mails` it is as much as the gate looks at, in any order.
    """

    tier: str
    consent: ConsentStatus
    consent_basis: ConsentBasis | None
    timezone: str | None
    opted_out: frozenset[str] = frozenset()
    mails: tuple[Mail, ...] = ()


def special(contact: Contact, *, received: bool) -> bool:
    """Whether there is more to look at of a contact than its `Outline`."""
    return bool(
        received
        or contact.suppressed
        or contact.consent_expires is not None
        or contact.parted_at is not None
        or contact.held_until is not None
    )


class Gate:
    """The gate for one intended mail and any number of contacts; it says what `decide` says.

    What it says of one contact it says of all with the same outline, and it says the same for a
    while: mails count by the contact's calendar days, and in whatever zone those begin and end with
    a quarter of an hour. So a mailing to many needs few decisions.
    """

    def __init__(self, intent: Intent, policy: Policy) -> None:
        self.intent = intent
        self.policy = policy
        #: What an ask may be depends on every touch of a contact.
        self.is_simple = intent.content_class is not ContentClass.ASK
        self._said: dict[Hashable, Decision] = {}

    def decide(self, facts: Facts, now: datetime) -> Decision:
        """Say whether the mail may go to the contact at `now`."""
        contact = facts.contact
        if not self.is_simple or special(contact, received=facts.received):
            return decide(self.intent, facts, self.policy, now)
        alike = self.alike(
            Outline(
                contact.tier,
                contact.consent,
                contact.consent_basis,
                contact.timezone,
                contact.opted_out,
                facts.mails,
            ),
            now,
        )
        said = self._said.get(alike)
        if said is None:
            said = self._said[alike] = decide(self.intent, facts, self.policy, now)
        return said

    def alike(self, outline: Outline, now: datetime) -> Hashable:
        """Return what is equal for contacts of whom the same is said at `now`."""
        if len(self._said) > MOST_SAID:
            self._said.clear()
        mails = outline.mails
        if not mails:
            # Neither zone nor time matters.
            return outline[:3], outline.opted_out
        quarters = sorted((_quarter(mail.at), mail.kind) for mail in mails)
        return outline[:5], tuple(quarters), _quarter(now)

    def said(self, alike: Hashable) -> Decision | None:
        """Return what is said of contacts that are `alike`, if one of them was asked about."""
        return self._said.get(alike)


MOST_SAID = 5_000
"""How many decisions a `Gate` keeps in mind."""


def _quarter(moment: datetime) -> int:
    return int(moment.timestamp()) // 900


def _in_favour(q: _Question) -> str:
    consent = (
        "work in hand"
        if q.kind is MailKind.SERVICE
        else f"consent {q.contact.consent_basis or 'granted'}"
    )
    week = month = 0
    if q.facts.mails:
        days = q.days()
        week, month = (sum(day > q.today - timedelta(n) for day in days) for n in (7, 30))
    return f"{q.contact.tier}, {consent}; mails before this one: {week} in 7 days, {month} in 30"


def _suppressed(q: _Question) -> _Objection | None:
    if not q.contact.suppressed:
        return None
    return _Objection(f"{q.contact.email} is on the list of addresses never to be mailed")


def _already_received(q: _Question) -> _Objection | None:
    if not q.facts.received:
        return None
    return _Objection(f"{q.intent.key} went to them already, or may have gone")


_SCOPES: Mapping[MailKind, Scope] = {
    MailKind.NEWSLETTER: Scope.NEWSLETTERS,
    MailKind.CHECKIN: Scope.CHECKINS,
    MailKind.ITEM: Scope.ITEMS,
}


def _opted_out(q: _Question) -> _Objection | None:
    out = q.contact.opted_out
    if Scope.EVERYTHING in out:
        return _Objection("they want no more mail of any kind")
    scope = _SCOPES.get(q.kind)
    if scope is None:
        return None
    if scope in out:
        return _Objection(f"they opted out of {scope}")
    if f"series:{q.intent.series}" in out:
        return _Objection(f'they opted out of the series "{q.intent.series}"')
    return None


def _parted(q: _Question) -> _Objection | None:
    parted = q.contact.parted_at
    if parted is None or parted > q.now:
        return None
    return _Objection(f"the relation ended on {_day(parted, q.zone)}")


def _consent_withdrawn(q: _Question) -> _Objection | None:
    if q.kind is MailKind.SERVICE or q.contact.consent is not ConsentStatus.WITHDRAWN:
        return None
    return _Objection("they took their permission back")


def _consent_missing(q: _Question) -> _Objection | None:
    if q.kind is MailKind.SERVICE or q.contact.consent is not ConsentStatus.NONE:
        return None
    return _Objection("no permission to write to them is on record")


def _consent_expired(q: _Question) -> _Objection | None:
    expires = q.contact.consent_expires
    if q.kind is MailKind.SERVICE or expires is None or expires > q.now:
        return None
    return _Objection(f"their permission ended on {_day(expires, q.zone)}")


def _unknown_tier(q: _Question) -> _Objection | None:
    if q.tier is not None:
        return None
    return _Objection(f'their tier "{q.contact.tier}" is not declared in tiers.toml')


def _newsletter_rule(q: _Question) -> _Objection | None:
    if q.kind is not MailKind.NEWSLETTER or q.tier is None:
        return None
    rule, basis = q.tier.newsletter, q.contact.consent_basis
    if rule is NewsletterRule.NEVER:
        return _Objection(f"tier {q.tier.name} gets no newsletters")
    if rule is NewsletterRule.CONFIRMED and basis is not ConsentBasis.CONFIRMED:
        return _Objection(
            f"tier {q.tier.name} gets newsletters only if confirmed; their consent is {basis}"
        )
    opted_in = (ConsentBasis.CONFIRMED, ConsentBasis.EXPRESS)
    if rule is NewsletterRule.OPTED_IN and basis not in opted_in:
        return _Objection(
            f"tier {q.tier.name} gets newsletters only if opted in; their consent is {basis}"
        )
    return None


def _no_checkins(q: _Question) -> _Objection | None:
    if q.kind is not MailKind.CHECKIN or q.tier is None or q.tier.checkins:
        return None
    return _Objection(f"tier {q.tier.name} gets no check-ins")


def _content_rule(q: _Question) -> _Objection | None:
    # What may be asked of a tier is settled by the rules on asks, which can say more.
    asked = q.intent.content_class
    if q.tier is None or asked is ContentClass.ASK or asked in q.tier.content:
        return None
    allowed = ", ".join(sorted(q.tier.content)) or "nothing"
    return _Objection(f"tier {q.tier.name} gets {allowed} and no mail of class {asked}")


def _ask_rule(q: _Question) -> _Objection | None:
    if q.intent.content_class is not ContentClass.ASK or q.tier is None:
        return None
    rule, name = q.tier.asks.rule, q.tier.name
    if rule is AskRule.NEVER:
        return _Objection(f"tier {name} is never asked for anything")
    if not rule.by_mail:
        return _Objection(f"tier {name} is asked in conversation, never by a template")
    if rule is AskRule.ABOUT_THEIR_QUESTION and not q.intent.reason:
        return _Objection(f"tier {name} is asked only about what they asked; no reason was given")
    if rule is AskRule.WITH_REASON and not q.intent.reason:
        return _Objection(f"tier {name} is asked only with a reason; none was given")
    return None


def _ask_budget(q: _Question) -> _Objection | None:
    if q.intent.content_class is not ContentClass.ASK or q.tier is None:
        return None
    asks = q.tier.asks
    if asks.at_most is None:
        return None
    asked = [at for at in q.facts.asks if asks.within is None or at > q.now - asks.within]
    if len(asked) < asks.at_most:
        return None
    span = f" in {asks.within.days} days" if asks.within else ""
    last = f"; the last was on {_day(max(asked), q.zone)}" if asked else ""
    plural = "ask" if asks.at_most == 1 else "asks"
    return _Objection(f"tier {q.tier.name} gets at most {asks.at_most} {plural}{span}{last}")


def _gives_before_ask(q: _Question) -> _Objection | None:
    if q.intent.content_class is not ContentClass.ASK or q.tier is None:
        return None
    needed = q.tier.asks.gives_per_ask
    if needed is None or q.facts.gives >= needed:
        return None
    since = "since the last ask" if q.contact.last_ask else "so far"
    return _Objection(
        f"tier {q.tier.name} is given {needed} times before each ask; {q.facts.gives} {since}"
    )


def _held(q: _Question) -> _Objection | None:
    until = q.contact.held_until
    if until is None or until <= q.now:
        return None
    return _Objection(f"they are on pause until {_day(until, q.zone)}", until)


def _items(q: _Question) -> _Objection | None:
    if q.kind is not MailKind.ITEM or q.tier is None or q.tier.items_per_30_days is None:
        return None
    items = [mail for mail in q.facts.mails if mail.kind == MailKind.ITEM]
    days = sorted((mail.at.astimezone(q.zone).date() for mail in items), reverse=True)
    return _over(q, q.tier.items_per_30_days, 30, days, "item")


def _one_a_day(q: _Question) -> _Objection | None:
    return _cap(q, q.tier.caps.per_calendar_day, 1) if q.tier else None


def _in_7_days(q: _Question) -> _Objection | None:
    return _cap(q, q.tier.caps.per_7_days, 7) if q.tier else None


def _in_30_days(q: _Question) -> _Objection | None:
    return _cap(q, q.tier.caps.per_30_days, 30) if q.tier else None


def _cap(q: _Question, most: int, span: int) -> _Objection | None:
    # Fewer mails than the cap lie on no more days than that.
    if q.kind is MailKind.SERVICE or len(q.facts.mails) < most:
        return None
    return _over(q, most, span, q.days())


def _over(
    q: _Question, most: int, span: int, days: list[date], noun: str = "mail"
) -> _Objection | None:
    """Object if one more today would be over `most` in `span` calendar days of the contact.

    `days` are those of the mails before, newest first. With the `most`-th newest on day D, the
    next may go on day D + `span`. A mail dated after today (a clock was wrong) counts as well.
    """
    if most == 0:
        return _Objection(f"tier {q.contact.tier} gets no {noun}s")
    if len(days) < most:
        return None
    free = days[most - 1] + timedelta(span)
    if free <= q.today:
        return None
    noun = noun if most == 1 else f"{noun}s"
    scope = "a calendar day" if span == 1 else f"in {span} days"
    return _Objection(
        f"at most {most} {noun} {scope}; the last went on {days[0].isoformat()}",
        midnight(free, q.zone),
    )


RULES: Mapping[str, Callable[[_Question], _Objection | None]] = {
    # Refusals. Whoever must never be mailed comes first, so that the reason is the gravest.
    "suppressed": _suppressed,
    "already-received": _already_received,
    "opted-out": _opted_out,
    "parted": _parted,
    "consent-withdrawn": _consent_withdrawn,
    "consent-missing": _consent_missing,
    "consent-expired": _consent_expired,
    "unknown-tier": _unknown_tier,
    "newsletter-rule": _newsletter_rule,
    "no-check-ins": _no_checkins,
    "content-rule": _content_rule,
    "ask-rule": _ask_rule,
    "ask-budget": _ask_budget,
    "gives-before-ask": _gives_before_ask,
    # Holds.
    "held": _held,
    "items-in-30-days": _items,
    "one-a-day": _one_a_day,
    "in-7-days": _in_7_days,
    "in-30-days": _in_30_days,
}
"""All rules by name, in the order in which they are asked."""


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of `day` in `zone`, in UTC.

    Where clocks skip midnight (Cairo, Beirut) that is the moment after the gap: a local time
    inside a gap is read with the offset from before it, which is the instant of the change.
    """
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def _zone(name: str | None, fallback: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or fallback)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A zone that this machine's tables do not know (yet) must not stop anybody's mail.
        return ZoneInfo(fallback)


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()
