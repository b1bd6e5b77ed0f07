"""The gate: each rule by itself, their order, and that the caps hold whatever happens."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.contact import ConsentBasis, ConsentStatus, Contact, Scope
from outreach.domain.gate import (
    ALLOWED,
    RULES,
    Decision,
    Facts,
    Gate,
    Intent,
    Mail,
    Policy,
    Verdict,
    decide,
    midnight,
)
from outreach.domain.mailing import ContentClass, MailKind
from outreach.domain.tiers_file import read_tiers
from outreach.starter import starter_file

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
POLICY = Policy(TIERS)


def contact(**changes: object) -> Contact:
    """A client who agreed to be written to, in Berlin."""
    values: dict[str, object] = {
        "id": 1,
        "email": "anna@example.com",
        "tier": "client",
        "created_at": NOW,
        "updated_at": NOW,
        "timezone": "Europe/Berlin",
        "consent": ConsentStatus.GRANTED,
        "consent_basis": ConsentBasis.EXPRESS,
    }
    return Contact(**{**values, **changes})  # type: ignore[arg-type]


def intent(
    kind: MailKind = MailKind.NEWSLETTER,
    content_class: ContentClass = ContentClass.GIVE,
    reason: str | None = None,
) -> Intent:
    return Intent(
        key="newsletter@2026-12",
        series="newsletter",
        kind=kind,
        content_class=content_class,
        reason=reason,
    )


NEWSLETTER = intent()
ASK = intent(content_class=ContentClass.ASK)
REASONED = intent(content_class=ContentClass.ASK, reason="the law changes in May")
SERVICE = intent(MailKind.SERVICE, ContentClass.SERVICE)
CHECKIN = intent(MailKind.CHECKIN)
ITEM = intent(MailKind.ITEM)


def judge(
    who: Contact,
    what: Intent = NEWSLETTER,
    *,
    now: datetime = NOW,
    policy: Policy = POLICY,
    mails: Sequence[datetime] = (),
    kinds: str = "newsletter",
    asks: Sequence[datetime] = (),
    gives: int = 0,
    received: bool = False,
) -> Decision:
    facts = Facts(
        contact=who,
        mails=tuple(Mail(at, kinds) for at in mails),
        asks=tuple(asks),
        gives=gives,
        received=received,
    )
    return decide(what, facts, policy, now)


def test_a_client_who_agreed_gets_the_newsletter() -> None:
    decision = judge(contact())
    assert decision.verdict is Verdict.ALLOW
    assert decision.rule == ALLOWED
    assert decision.why == "client, consent express; mails before this one: 0 in 7 days, 0 in 30"


@pytest.mark.parametrize(
    ("rule", "who", "what"),
    [
        ("suppressed", contact(suppressed=True), NEWSLETTER),
        ("suppressed", contact(suppressed=True), SERVICE),
        ("opted-out", contact(opted_out=frozenset({"newsletters"})), NEWSLETTER),
        ("opted-out", contact(opted_out=frozenset({"series:newsletter"})), NEWSLETTER),
        ("opted-out", contact(opted_out=frozenset({"check-ins"})), CHECKIN),
        ("opted-out", contact(opted_out=frozenset({"items"})), ITEM),
        ("parted", contact(parted_at=NOW), SERVICE),
        ("consent-withdrawn", contact(consent=ConsentStatus.WITHDRAWN), NEWSLETTER),
        ("consent-missing", contact(consent=ConsentStatus.NONE, consent_basis=None), ITEM),
        ("consent-expired", contact(consent_expires=NOW), NEWSLETTER),
        ("unknown-tier", contact(tier="friend"), NEWSLETTER),
        ("newsletter-rule", contact(tier="known"), NEWSLETTER),
        (
            "newsletter-rule",
            contact(tier="customer", consent_basis=ConsentBasis.CONTRACT),
            NEWSLETTER,
        ),
        ("no-check-ins", contact(tier="customer"), CHECKIN),
        ("content-rule", contact(tier="known"), SERVICE),
        (
            "content-rule",
            contact(tier="customer"),
            intent(MailKind.ITEM, ContentClass.ALERT),
        ),
        ("ask-rule", contact(), ASK),
        ("ask-rule", contact(tier="counsel"), REASONED),
        ("ask-rule", contact(tier="known", consent_basis=ConsentBasis.CONFIRMED), REASONED),
        ("ask-rule", contact(tier="inquirer", consent_basis=ConsentBasis.CONFIRMED), ASK),
        ("gives-before-ask", contact(), REASONED),
    ],
)
def test_who_is_refused_and_by_which_rule(rule: str, who: Contact, what: Intent) -> None:
    decision = judge(who, what)
    assert (decision.verdict, decision.rule) == (Verdict.REFUSE, rule)
    assert decision.until is None
    assert decision.why


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (contact(opted_out=frozenset({"newsletters", "check-ins", "items"})), SERVICE),
        (contact(opted_out=frozenset({"newsletters"})), CHECKIN),
        (contact(opted_out=frozenset({"series:tips"})), NEWSLETTER),
        (contact(consent=ConsentStatus.WITHDRAWN), SERVICE),
        (contact(consent=ConsentStatus.NONE, consent_basis=None), SERVICE),
        (contact(consent_expires=NOW + timedelta(seconds=1)), NEWSLETTER),
        (contact(tier="known", consent_basis=ConsentBasis.CONFIRMED), NEWSLETTER),
        (contact(tier="customer"), NEWSLETTER),
        (contact(consent_basis=ConsentBasis.CONTRACT), NEWSLETTER),
        (contact(tier="customer"), ASK),
        (contact(parted_at=NOW + timedelta(days=1)), NEWSLETTER),
        (contact(held_until=NOW), NEWSLETTER),
        (contact(timezone="Mars/Olympus"), NEWSLETTER),
    ],
)
def test_who_gets_it(who: Contact, what: Intent) -> None:
    decision = judge(who, what)
    assert decision.verdict is Verdict.ALLOW, decision


@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("content_class", list(ContentClass))
@pytest.mark.parametrize("tier", list(TIERS))
def test_the_floor_is_the_same_for_every_tier_and_kind(
    tier: str, kind: MailKind, content_class: ContentClass
) -> None:
    what = intent(kind, content_class, reason="it is about their question")
    never = {
        "suppressed": contact(tier=tier, suppressed=True),
        "opted-out": contact(tier=tier, opted_out=frozenset({Scope.EVERYTHING})),
        "parted": contact(tier=tier, parted_at=NOW - timedelta(days=1)),
    }
    for rule, who in never.items():
        assert judge(who, what).rule == rule
    assert judge(contact(tier=tier), what, received=True).rule == "already-received"
    paused = judge(contact(tier=tier, held_until=NOW + timedelta(days=60)), what)
    assert paused.verdict is not Verdict.ALLOW


def test_the_gravest_reason_is_named() -> None:
    everything = contact(
        suppressed=True,
        opted_out=frozenset({"everything"}),
        consent=ConsentStatus.WITHDRAWN,
        held_until=NOW + timedelta(days=1),
    )
    assert judge(everything, mails=[NOW]).rule == "suppressed"


def test_a_refusal_wins_over_a_hold() -> None:
    who = contact(consent=ConsentStatus.WITHDRAWN, held_until=NOW + timedelta(days=1))
    assert judge(who).verdict is Verdict.REFUSE


def test_two_asks_in_a_row_are_refused_with_the_reason() -> None:
    asked = NOW - timedelta(days=120)
    who = contact(last_ask=asked)
    decision = judge(who, REASONED, asks=[asked], gives=2)
    assert decision.rule == "gives-before-ask"
    assert decision.why == "tier client is given 3 times before each ask; 2 since the last ask"
    assert judge(who, REASONED, asks=[asked], gives=3).verdict is Verdict.ALLOW


def test_an_ask_is_refused_when_the_budget_is_spent() -> None:
    asked = NOW - timedelta(days=90)
    decision = judge(contact(), REASONED, asks=[asked], gives=9)
    assert decision.rule == "ask-budget"
    assert "at most 1 ask in 91 days; the last was on 2026-09-02" in decision.why
    later = NOW + timedelta(days=1)
    assert judge(contact(), REASONED, asks=[asked], gives=9, now=later).verdict is Verdict.ALLOW


def test_an_inquirer_is_asked_once_and_never_again() -> None:
    who = contact(tier="inquirer", consent_basis=ConsentBasis.CONFIRMED)
    assert judge(who, REASONED).verdict is Verdict.ALLOW
    assert judge(who, REASONED, asks=[NOW - timedelta(days=2000)]).rule == "ask-budget"


def test_one_mail_a_day_is_a_day_of_theirs() -> None:
    tokyo = contact(timezone="Asia/Tokyo")
    # 09:00 in London is 18:00 in Tokyo; six hours later it is the next day there.
    decision = judge(tokyo, mails=[NOW - timedelta(hours=17)])
    assert (decision.verdict, decision.rule) == (Verdict.HOLD, "one-a-day")
    assert decision.until == datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    assert decision.why == "at most 1 mail a calendar day; the last went on 2026-12-01"
    assert judge(tokyo, mails=[NOW - timedelta(hours=19)]).verdict is Verdict.ALLOW


def test_all_kinds_count_and_work_in_hand_is_never_held() -> None:
    assert judge(contact(), mails=[NOW], kinds="service").rule == "one-a-day"
    assert judge(contact(), SERVICE, mails=[NOW]).verdict is Verdict.ALLOW


def test_the_hold_that_lasts_longest_is_the_one_named() -> None:
    mails = [NOW, NOW - timedelta(days=3)]
    decision = judge(contact(), mails=mails)
    # Two in seven days: the older of the two is from 28 November, so 5 December is free.
    assert decision.rule == "in-7-days"
    assert decision.until == datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
    paused = contact(held_until=NOW + timedelta(days=30))
    assert judge(paused, mails=mails).rule == "held"


def test_items_have_a_budget_of_their_own() -> None:
    mails = [NOW - timedelta(days=20), NOW - timedelta(days=10)]
    assert judge(contact(), ITEM, mails=mails, kinds="item").rule == "items-in-30-days"
    assert judge(contact(), ITEM, mails=mails, kinds="newsletter").verdict is Verdict.ALLOW
    assert judge(contact(), CHECKIN, mails=mails, kinds="item").verdict is Verdict.ALLOW


def test_a_tier_may_lower_the_caps() -> None:
    text = TIERS.text + "\n[tiers.known.caps]\nper_7_days = 1\n"
    policy = Policy(read_tiers(text))
    known = contact(tier="known", consent_basis=ConsentBasis.CONFIRMED)
    mails = [NOW - timedelta(days=3)]
    assert judge(known, mails=mails).verdict is Verdict.ALLOW
    assert judge(known, mails=mails, policy=policy).rule == "in-7-days"


def test_a_clock_that_was_ahead_does_not_open_the_gate() -> None:
    decision = judge(contact(), mails=[NOW + timedelta(days=2)])
    assert decision.rule == "one-a-day"
    assert decision.until == datetime(2026, 12, 3, 23, 0, tzinfo=UTC)


def test_an_unknown_zone_is_that_of_the_firm() -> None:
    policy = Policy(TIERS, "Pacific/Auckland")
    decision = judge(contact(timezone=None), mails=[NOW], policy=policy)
    assert decision.until == datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


def test_every_rule_has_a_name_that_fits_its_column() -> None:
    assert all(len(name) <= 40 for name in RULES)


zones = st.sampled_from(sorted(available_timezones() - {"localtime"}))
instants = st.integers(0, 3 * 365 * 86_400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@settings(deadline=None, max_examples=60)
@given(
    zone=zones,
    start=instants,
    gaps=st.lists(st.integers(1, 60 * 60), min_size=20, max_size=120),
    tier=st.sampled_from(["client", "counsel", "known"]),
)
def test_the_caps_hold_over_any_schedule(
    zone: str, start: datetime, gaps: list[int], tier: str
) -> None:
    """Ask at random instants, send whenever it is allowed, and count what they got."""
    who = contact(timezone=zone, tier=tier, consent_basis=ConsentBasis.CONFIRMED)
    sent: list[datetime] = []
    now = start
    for minutes in gaps:
        now += timedelta(minutes=minutes)
        if judge(who, now=now, mails=sent).verdict is Verdict.ALLOW:
            sent.append(now)
    days = sorted(moment.astimezone(ZoneInfo(zone)).date() for moment in sent)
    caps = TIERS[tier].caps
    for most, span in ((caps.per_calendar_day, 1), (caps.per_7_days, 7), (caps.per_30_days, 30)):
        for day in days:
            inside = [d for d in days if day <= d < day + timedelta(span)]
            assert len(inside) <= most
    assert sent


@settings(deadline=None, max_examples=100)
@given(
    zone=zones,
    now=instants,
    ages=st.lists(st.integers(0, 45 * 24 * 60), max_size=12),
    seed=st.integers(0, 2**16),
)
def test_a_hold_ends_exactly_when_it_says_and_facts_have_no_order(
    zone: str, now: datetime, ages: list[int], seed: int
) -> None:
    who = contact(timezone=zone)
    mails = [now - timedelta(minutes=age) for age in ages]
    decision = judge(who, now=now, mails=mails)
    shuffled = mails[:]
    Random(seed).shuffle(shuffled)
    assert judge(who, now=now, mails=shuffled) == decision
    if decision.until is not None:
        assert decision.until > now
        just_before = decision.until - timedelta(microseconds=1)
        assert judge(who, now=just_before, mails=mails).verdict is Verdict.HOLD
        assert judge(who, now=decision.until, mails=mails).verdict is Verdict.ALLOW


@settings(deadline=None, max_examples=300)
@given(zone=zones, day=st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_midnight_is_the_first_instant_of_the_day(zone: str, day: date) -> None:
    start = midnight(day, ZoneInfo(zone))
    first = start.astimezone(ZoneInfo(zone)).date()
    before = (start - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    # A day that a zone left out (Samoa, 30 December 2011) begins with the next.
    assert before < first
    assert first >= day


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        # Clocks go forward at midnight: the day begins at one o'clock.
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, 0, tzinfo=UTC)),
        ("Asia/Beirut", date(2026, 3, 29), datetime(2026, 3, 28, 22, 0, tzinfo=UTC)),
        # Havana has its first hour twice: the day begins with the first of them.
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, 0, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 24, 22, 0, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, 0, tzinfo=UTC)),
    ],
)
def test_days_on_which_clocks_change(zone: str, day: date, expected: datetime) -> None:
    assert midnight(day, ZoneInfo(zone)) == expected


def test_a_day_of_25_hours_still_has_one_mail() -> None:
    berlin = contact()
    first = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 00:30 summer time on the 25th
    last = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)  # 23:30 winter time on the 25th
    assert judge(berlin, now=last, mails=[first]).rule == "one-a-day"
    assert judge(berlin, now=last + timedelta(hours=1), mails=[first]).verdict is Verdict.ALLOW


#: Few values each, so that many contacts are alike; mails close to where some day begins.
outlines = st.builds(
    lambda who, mails, received: (who, tuple(mails), received),
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(["client", "counsel", "known", "inquirer", "unheard-of"]),
            "consent": st.sampled_from(ConsentStatus),
            "consent_basis": st.sampled_from([None, *ConsentBasis]),
            "timezone": st.sampled_from(
                [None, "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
            ),
            "opted_out": st.sampled_from(
                [frozenset(), frozenset({"newsletters"}), frozenset({"series:newsletter"})]
            ),
            "suppressed": st.booleans(),
            "parted_at": st.sampled_from([None, None, NOW, NOW + timedelta(days=1)]),
            "consent_expires": st.sampled_from([None, None, NOW, NOW + timedelta(days=1)]),
            "held_until": st.sampled_from([None, None, NOW, NOW + timedelta(days=2)]),
        }
    ),
    st.lists(
        st.builds(
            lambda days, quarters, seconds, kind: Mail(
                NOW - timedelta(days=days, minutes=15 * quarters, seconds=seconds), kind
            ),
            st.sampled_from([0, 1, 6, 7, 29, 30]),
            st.integers(-40, 40),
            st.sampled_from([-1, 0, 1]),
            st.sampled_from(["newsletter", "item"]),
        ),
        max_size=4,
    ),
    st.booleans(),
)


@settings(deadline=None, max_examples=150)
@given(
    asked=st.lists(
        st.tuples(outlines, st.integers(-90, 90), st.sampled_from([-1, 0, 1])), min_size=1
    ),
    what=st.sampled_from([NEWSLETTER, ASK, REASONED, SERVICE, CHECKIN, ITEM]),
)
def test_a_gate_that_remembers_says_what_is_said_to_each_alone(
    asked: list[tuple[tuple[dict[str, object], tuple[Mail, ...], bool], int, int]], what: Intent
) -> None:
    gate = Gate(what, POLICY)
    # Each of them twice: what was said to one is remembered for the next.
    for (changes, mails, received), quarters, seconds in asked * 2:
        now = NOW + timedelta(minutes=15 * quarters, seconds=seconds)
        facts = Facts(contact=contact(**changes), mails=mails, received=received)
        assert gate.decide(facts, now) == decide(what, facts, POLICY, now)
