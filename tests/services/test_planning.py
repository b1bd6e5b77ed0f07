"""Planning: a frozen audience, a row for every decision, and nothing sent before approval."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update

from outreach.domain.contact import ConsentBasis, ConsentStatus
from outreach.domain.delivery import CampaignState, DeliveryState
from outreach.domain.gate import decide
from outreach.domain.mailing import ContentClass
from outreach.errors import BusyError, RefusedError, TemplateError
from outreach.services import campaigns as service
from outreach.services.report import Result
from outreach.services.sending import intent_of
from outreach.storage import (
    campaigns,
    decisions,
    deliveries,
    keys,
    permissions,
    suppressions,
    touches,
)
from outreach.storage import segments as audience
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow
from outreach.testing import FrozenClock
from tests.services.desk import POLICY, Desk, add_contacts, new_campaign, segment


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return Desk(database, clock)


def set_values(desk: Desk, contact_id: int, **values: object) -> None:
    with desk.database.write() as session:
        session.execute(update(ContactRow).where(ContactRow.id == contact_id).values(**values))


def wrote_to(desk: Desk, contact_id: int, **ago: float) -> None:
    with desk.database.write() as session:
        touches.record(
            session,
            touches.Touch(
                contact_id=contact_id,
                at=desk.clock() - timedelta(**ago),
                direction="out",
                channel="mail",
                kind="newsletter",
                personal=False,
                content_class="give",
            ),
        )


def test_the_plan_counts_who_gets_it_and_who_does_not_and_why(desk: Desk) -> None:
    ids = add_contacts(desk.database, ["anna", "bert", "carl", "dora"], desk.clock())
    add_contacts(desk.database, ["else"], desk.clock(), tier="known")
    set_values(desk, ids[1], consent=ConsentStatus.WITHDRAWN)
    set_values(desk, ids[2], held_until=desk.clock() + timedelta(days=3))
    wrote_to(desk, ids[3], hours=1)
    plan = desk.plan()
    assert (plan.considered, plan.allowed, plan.approvable) == (4, 1, 3)
    assert plan.refused["consent-withdrawn"].samples == ["bert@example.com"]
    assert plan.held["held"].until == desk.clock() + timedelta(days=3)
    assert plan.held["one-a-day"].number == 1
    assert desk.states() == {
        "anna": "planned",
        "bert": "refused",
        "carl": "planned",
        "dora": "planned",
    }
    assert desk.rows("SELECT stage, verdict, rule FROM decisions ORDER BY contact_id") == [
        ("plan", "allow", "allowed"),
        ("plan", "refuse", "consent-withdrawn"),
        ("plan", "hold", "held"),
        ("plan", "hold", "one-a-day"),
    ]


@pytest.mark.parametrize(
    ("content_class", "rules", "holds"), [(ContentClass.GIVE, 6, 6), (ContentClass.ASK, 4, 0)]
)
def test_all_at_once_are_told_what_each_alone_would_be(
    desk: Desk, content_class: ContentClass, rules: int, holds: int
) -> None:
    now, draw = desk.clock(), Random(7)
    ids = add_contacts(desk.database, [f"c{n}" for n in range(160)], now)
    for contact_id in ids:
        changes = {
            "consent": draw.choice([ConsentStatus.GRANTED] * 6 + [ConsentStatus.WITHDRAWN]),
            "consent_basis": draw.choice([ConsentBasis.EXPRESS, ConsentBasis.CONFIRMED]),
            "timezone": draw.choice([None, "Asia/Tokyo", "America/Caracas"]),
            "held_until": draw.choice([None] * 9 + [now + timedelta(days=2)]),
            "parted_at": draw.choice([None] * 9 + [now - timedelta(days=2)]),
            "consent_expires": draw.choice([None] * 9 + [now]),
        }
        set_values(desk, contact_id, **changes)
        for _ in range(draw.choice([0, 0, 1, 2])):
            wrote_to(desk, contact_id, hours=draw.choice([1, 12, 30, 150]))
        with desk.database.write() as session:
            if draw.random() < 0.1:
                permissions.opt_out(
                    session,
                    contact_id,
                    [draw.choice(["newsletters", "items"])],
                    source="word",
                    evidence=None,
                    occurred_at=now,
                )
    with desk.database.write() as session:
        for n in (3, 90, 159):
            suppressions.suppress(
                session,
                f"c{n}@example.com",
                keys.secrets(session, now),
                reason=suppressions.BOUNCE,
                source="a test",
                detail=None,
                now=now,
            )
    new = new_campaign(content_class=content_class, ask_reason="a reason")
    plan = desk.plan(new)
    assert plan.campaign is not None
    intent = intent_of(plan.campaign)
    said = desk.rows("SELECT contact_id, verdict, rule, why FROM decisions ORDER BY contact_id")
    expected, held = [], {}
    for contact_id in ids:
        with desk.database.read() as session:
            (facts,) = decisions.facts(session, [contact_id], intent, now)
        alone = decide(intent, facts, POLICY, now)
        expected.append((contact_id, alone.verdict.value, alone.rule, alone.why))
        if alone.until is not None:
            held[facts.contact.email.partition("@")[0]] = (alone.rule, alone.until)
    assert said == expected
    assert len({rule for _, _, rule, _ in said}) >= rules
    with desk.database.read() as session:
        waiting = deliveries.standings(session, plan.campaign.id, [DeliveryState.PLANNED])
        found = {
            each.address.partition("@")[0]: (each.reason, each.not_before)
            for each in waiting
            if each.not_before is not None
        }
    assert found == held
    assert len(held) >= holds


def test_the_audience_is_frozen(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    campaign = desk.approved()
    add_contacts(desk.database, ["bert"], desk.clock())
    desk.work(campaign)
    assert desk.states() == {"anna": "sent"}
    assert campaign.audience == 1


def test_a_plan_that_nobody_approved_is_made_anew(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    first = desk.plan()
    add_contacts(desk.database, ["bert"], desk.clock())
    second = desk.plan(new_campaign(subject="Another subject"))
    assert second.considered == 2
    assert desk.states() == {"anna": "planned", "bert": "planned"}
    assert second.campaign is not None
    assert first.campaign is not None
    assert second.campaign.id == first.campaign.id
    assert second.campaign.subject == "Another subject"
    assert len(desk.rows("SELECT 1 FROM decisions")) == 2


def test_of_two_runs_that_plan_one_key_only_the_later_can_approve(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    early, late = desk.planner("host/1/early"), desk.planner("host/2/late")
    first = early.plan(new_campaign(), segment(), desk.clock())
    second = late.plan(new_campaign(), segment(), desk.clock())
    with pytest.raises(BusyError, match="another run has planned newsletter@2026-12"):
        early.approve(first, "anna", desk.clock())
    early.abandon(first)
    assert late.approve(second, "bert", desk.clock()).approved_by == "bert"
    with pytest.raises(BusyError):
        early.plan(new_campaign(), segment(), desk.clock())
    assert desk.states() == {"anna": "pending"}


def test_what_is_abandoned_leaves_no_trace(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    plan = desk.plan()
    desk.planner().abandon(plan)
    assert desk.rows("SELECT 1 FROM deliveries UNION ALL SELECT 1 FROM decisions") == []
    with desk.database.read() as session:
        assert campaigns.find(session, plan.key) is None


def test_every_mail_is_rendered_before_the_first_is_sent(desk: Desk) -> None:
    ids = add_contacts(desk.database, ["anna", "bert", "carl"], desk.clock())
    set_values(desk, ids[2], held_until=desk.clock() + timedelta(days=3))
    plan = desk.plan()
    desk.planner().prove(plan, desk.composer, desk.clock())  # type: ignore[arg-type]
    assert desk.composer.composed == ["anna@example.com", "bert@example.com", "carl@example.com"]
    assert plan.proof.mails == 3
    assert plan.proof.subject == "News for Anna"
    assert plan.proof.largest == plan.proof.octets / 3


def test_a_template_that_fails_for_some_names_them_all_and_sends_nothing(desk: Desk) -> None:
    add_contacts(desk.database, ["anna", "bert", "carl"], desk.clock())
    desk.composer.broken = {"anna@example.com", "carl@example.com"}
    plan = desk.plan()
    with pytest.raises(TemplateError) as caught:
        desk.planner().prove(plan, desk.composer, desk.clock())  # type: ignore[arg-type]
    assert [problem.message for problem in caught.value.problems] == [
        "company is not known (for anna@example.com)",
        "company is not known (for carl@example.com)",
    ]
    assert desk.states() == {}


def test_a_rehearsal_renders_all_and_records_nothing(desk: Desk) -> None:
    ids = add_contacts(desk.database, [f"c{n}" for n in range(250)], desk.clock())
    set_values(desk, ids[0], consent=ConsentStatus.NONE, consent_basis=None)
    probe = desk.plan()
    assert probe.campaign is not None
    desk.planner().abandon(probe)
    plan = desk.planner().rehearse(
        intent_of(probe.campaign),
        segment(),
        desk.composer,  # type: ignore[arg-type]
        desk.clock(),
    )
    assert (plan.allowed, plan.refused["consent-missing"].number) == (249, 1)
    assert plan.proof.mails == 249
    assert desk.rows("SELECT 1 FROM deliveries UNION ALL SELECT 1 FROM decisions") == []


def test_additions_are_those_outside_and_those_refused_before(desk: Desk) -> None:
    ids = add_contacts(desk.database, ["anna", "bert", "carl"], desk.clock())
    for contact_id in ids[1:]:
        set_values(desk, contact_id, consent=ConsentStatus.NONE, consent_basis=None)
    campaign = desk.approved()
    desk.work(campaign)
    assert desk.states() == {"anna": "sent", "bert": "refused", "carl": "refused"}
    set_values(desk, ids[1], consent=ConsentStatus.GRANTED, consent_basis=ConsentBasis.EXPRESS)
    add_contacts(desk.database, ["dora"], desk.clock())
    planner = desk.planner()
    plan = planner.plan_additions(campaign, segment(), desk.clock())
    assert (plan.considered, plan.allowed) == (3, 2)
    # Nothing of it may go before it is approved, whoever else is at work on the campaign.
    assert desk.work(campaign).counts.total() == 0
    campaign = planner.approve(plan, "anna", desk.clock())
    assert campaign.state is CampaignState.ACTIVE
    assert campaign.audience == 4
    assert desk.work(campaign).counts == {Result.SENT: 2}
    assert desk.states() == {"anna": "sent", "bert": "sent", "carl": "refused", "dora": "sent"}


def test_additions_that_were_not_approved_are_as_before(desk: Desk) -> None:
    ids = add_contacts(desk.database, ["anna", "bert"], desk.clock())
    set_values(desk, ids[1], consent=ConsentStatus.NONE, consent_basis=None)
    campaign = desk.approved()
    desk.work(campaign)
    set_values(desk, ids[1], consent=ConsentStatus.GRANTED, consent_basis=ConsentBasis.EXPRESS)
    add_contacts(desk.database, ["dora"], desk.clock())
    planner = desk.planner()
    planner.abandon(planner.plan_additions(campaign, segment(), desk.clock()))
    assert desk.states() == {"anna": "sent", "bert": "refused"}


def test_another_segment_widens_the_campaign(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    add_contacts(desk.database, ["kurt"], desk.clock(), tier="customer")
    campaign = desk.approved()
    customers = segment('tier == "customer"', "customers")
    plan = desk.planner().plan_additions(campaign, customers, desk.clock())
    campaign = desk.planner().approve(plan, "anna", desk.clock())
    assert campaign.segment == "clients, customers"
    assert campaign.segment_where == '(tier == "client") or (tier == "customer")'
    desk.work(campaign)
    assert desk.states() == {"anna": "sent", "kurt": "sent"}


def test_what_is_added_does_not_lift_a_pause_that_came_meanwhile(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    campaign = desk.approved()
    add_contacts(desk.database, ["bert"], desk.clock())
    plan = desk.planner().plan_additions(campaign, segment(), desk.clock())
    service.pause(desk.database, campaign.key, "carl", "wrong link", desk.clock())
    with pytest.raises(RefusedError, match="was paused by carl: wrong link"):
        desk.planner().approve(plan, "anna", desk.clock())
    assert service.get(desk.database, campaign.key).state is CampaignState.PAUSED
    assert desk.states() == {"anna": "pending", "bert": "planned"}


def test_a_plan_that_refuses_everyone_is_closed_and_keeps_its_reasons(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock(), consent=ConsentStatus.WITHDRAWN)
    plan = desk.plan()
    assert plan.approvable == 0
    campaign = desk.planner().close(plan, desk.clock())
    assert (campaign.state, campaign.audience) == (CampaignState.FINISHED, 1)
    assert desk.states() == {"anna": "refused"}


def test_asks_are_counted_against_budget_and_gives(desk: Desk) -> None:
    (anna, bert) = add_contacts(desk.database, ["anna", "bert"], desk.clock())
    for days in (10, 20, 30):
        wrote_to(desk, anna, days=days)
    wrote_to(desk, bert, days=10)
    ask = new_campaign("offer@2026", content_class=ContentClass.ASK, ask_reason="new law in May")
    plan = desk.plan(ask)
    assert plan.allowed == 1
    assert plan.refused["gives-before-ask"].samples == ["bert@example.com"]
    campaign = desk.planner().approve(plan, "anna", desk.clock())
    desk.work(campaign)
    desk.clock.advance(days=40)
    again = new_campaign("offer@2027", content_class=ContentClass.ASK, ask_reason="new law in May")
    plan = desk.plan(again, 'first_name == "Anna"')
    assert plan.refused["ask-budget"].number == 1


def test_a_planner_that_died_keeps_nobody_out(desk: Desk) -> None:
    add_contacts(desk.database, ["anna"], desk.clock())
    campaign = desk.approved()
    add_contacts(desk.database, ["bert"], desk.clock())
    members = audience.members(segment().condition, desk.clock())
    desk.planner("host/1/dies").plan_additions(campaign, segment(), desk.clock())
    with desk.database.read() as session:
        assert deliveries.outside(session, campaign.id, members) == 1
    planner = desk.planner("host/2/lives")
    plan = planner.plan_additions(campaign, segment(), desk.clock())
    assert plan.allowed == 1
    assert planner.approve(plan, "anna", desk.clock()).audience == 2
