"""Answers: whose fault it was when a mail failed, and what follows from it."""

from collections import Counter
from datetime import timedelta

import pytest

from outreach.domain.causes import Reply, Step
from outreach.domain.delivery import CampaignEvent, CampaignState, DeliveryEvent, DeliveryState
from outreach.domain.feedback import classify
from outreach.domain.pacing import Breaker, Pace
from outreach.errors import RefusedError, UnavailableError
from outreach.services import campaigns as service
from outreach.services.pacing import Pacer
from outreach.services.report import Result
from outreach.storage import campaigns, deliveries
from outreach.storage.database import Database
from outreach.storage.ledger import Ledger
from outreach.testing import FrozenClock
from outreach.transport.base import Receipt
from tests.services.desk import (
    ACCEPTED,
    BROKEN,
    DEAD,
    DOWN,
    FULL,
    GREYLISTED,
    NO_LOGIN,
    SILENT,
    SPAM,
    TOO_LARGE,
    UNWELCOME_SENDER,
    Desk,
    add_contacts,
    new_campaign,
    staffed,
    state_of,
)


@pytest.fixture
def desk(database: Database, clock: FrozenClock) -> Desk:
    return staffed(database, clock)


def test_a_dead_address_is_suppressed_at_once(desk: Desk) -> None:
    desk.transport.script = [DEAD]
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.REJECTED: 1, Result.SENT: 5}
    assert desk.rows("SELECT normalised, reason, source FROM suppressions") == [
        ("anna@example.com", "bounce", "newsletter@2026-12")
    ]
    plan = desk.plan(new_campaign("newsletter@2027-01"))
    assert plan.refused["suppressed"].samples == ["anna@example.com"]


def test_a_full_mailbox_is_not_a_dead_address(desk: Desk) -> None:
    desk.transport.script = [FULL]
    assert desk.work(desk.approved()).counts == {Result.REJECTED: 1, Result.SENT: 5}
    assert desk.rows("SELECT 1 FROM suppressions") == []


def test_a_deferred_mail_waits_and_is_tried_again_until_we_give_up(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    waits = []
    for _ in range(40):
        desk.transport.script = [GREYLISTED]
        report = desk.work(campaign)
        if report.counts != {Result.DEFERRED: 1}:
            break
        assert desk.work(campaign).counts.total() == 0
        assert report.totals.next_at is not None
        waits.append((report.totals.next_at - desk.clock()).total_seconds() / 60)
        desk.clock.now = report.totals.next_at
    assert waits[:7] == [5, 10, 20, 40, 80, 160, 240]
    assert 48 * 60 <= sum(waits) < 52 * 60
    assert report.counts == {Result.REJECTED: 1}
    assert report.failures[0].reason.startswith("gave up after 48 hours; greylisted: 450 4.7.1")
    assert desk.rows("SELECT 1 FROM suppressions") == []
    assert desk.transport.sent == []


def test_a_deferred_mail_that_is_taken_later_goes_once(desk: Desk) -> None:
    desk.transport.script = [GREYLISTED]
    campaign = desk.approved()
    assert desk.work(campaign).counts == {Result.DEFERRED: 1, Result.SENT: 5}
    desk.clock.advance(minutes=5)
    assert desk.work(campaign).counts == {Result.SENT: 1}
    assert Counter(address for address, _ in desk.transport.sent).most_common(1)[0][1] == 1


def test_no_connection_pauses_the_campaign_and_blames_nobody(desk: Desk) -> None:
    desk.transport.script = [ACCEPTED, DOWN]
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.SENT: 1, Result.RETURNED: 1}
    assert report.paused is not None
    assert report.paused.startswith("memory: connection refused. The server could not be reached")
    assert state_of(desk) is CampaignState.PAUSED
    assert Counter(desk.states().values()) == {"sent": 1, "pending": 5}
    # Paused means paused: another run sends nothing.
    again = desk.work(campaign)
    assert again.ended_by is CampaignState.PAUSED
    assert len(desk.transport.tried) == 2
    resume(desk, campaign.id)
    assert desk.work(campaign).counts == {Result.SENT: 5}


@pytest.mark.parametrize(
    ("script", "heals"),
    [
        ([DOWN], True),
        ([NO_LOGIN], False),
        ([SPAM], False),
        ([SILENT, SILENT, SILENT], False),
        ([TOO_LARGE, TOO_LARGE, TOO_LARGE], False),
    ],
)
def test_only_a_server_that_is_away_needs_nobody_to_look(
    desk: Desk, script: list[Receipt], heals: bool
) -> None:
    desk.transport.script = [*script]
    campaign = desk.approved()
    assert desk.work(campaign).paused is not None
    assert service.get(desk.database, campaign.key).heals is heals
    if heals:
        service.go_on(desk.database, campaign.key, desk.clock())
        assert state_of(desk) is CampaignState.ACTIVE
        return
    with pytest.raises(RefusedError, match=r"paused itself: .*\n  hint: look at that, then: "):
        service.go_on(desk.database, campaign.key, desk.clock())
    assert state_of(desk) is CampaignState.PAUSED
    service.resume(desk.database, campaign.key, desk.clock())
    assert desk.work(campaign).counts.total() == 6 - len(script) + (len(script) == 1)


def test_a_pause_that_a_person_must_lift_outlasts_what_fails_meanwhile(desk: Desk) -> None:
    """A mail that was on its way when somebody paused, and met a server that was gone."""
    campaign = desk.approved()
    desk.transport.script = [DOWN]

    def hook(_address: str) -> None:
        service.pause(desk.database, campaign.key, "anna", "wrong link", desk.clock())

    desk.transport.hook = hook
    desk.work(campaign)
    with pytest.raises(RefusedError, match="paused by anna: wrong link"):
        service.go_on(desk.database, campaign.key, desk.clock())
    service.resume(desk.database, campaign.key, desk.clock())
    # And the other way round: a server that is away, and then a person.
    desk.transport.script, desk.transport.hook = [DOWN], lambda _: None
    desk.work(campaign)
    service.pause(desk.database, campaign.key, "bert", None, desk.clock())
    with pytest.raises(RefusedError, match="paused by bert"):
        service.go_on(desk.database, campaign.key, desk.clock())


def resume(desk: Desk, campaign_id: int) -> None:
    with desk.database.write() as session:
        assert campaigns.apply(session, campaign_id, CampaignEvent.RESUME, desk.clock())


def test_one_receiver_that_will_not_have_us_cannot_stop_the_campaign_for_ever(desk: Desk) -> None:
    desk.transport.script = [SPAM]
    campaign = desk.approved()
    assert desk.work(campaign).paused is not None
    assert desk.states()["anna"] == "pending"
    resume(desk, campaign.id)
    desk.transport.script = [SPAM]
    report = desk.work(campaign)
    # Put off, and no reason to pause again; given up only when it would not have us for two days.
    assert report.counts == {Result.DEFERRED: 1, Result.SENT: 5}
    assert report.paused is None
    desk.clock.advance(hours=49)
    desk.transport.script = [SPAM]
    report = desk.work(campaign)
    assert report.counts == {Result.REJECTED: 1}
    assert report.failures[0].reason.startswith("gave up after 48 hours; spam")
    assert desk.rows("SELECT 1 FROM suppressions") == []


@pytest.mark.parametrize("answer", [NO_LOGIN, UNWELCOME_SENDER])
def test_what_fails_before_a_recipient_is_named_blames_nobody_however_often(
    desk: Desk, answer: Receipt
) -> None:
    campaign = desk.approved()
    for _ in range(4):
        desk.transport.script = [answer] * 6
        assert desk.work(campaign).paused is not None
        resume(desk, campaign.id)
    assert Counter(desk.states().values()) == {"pending": 6}
    desk.transport.script = []
    assert desk.work(campaign).counts == {Result.SENT: 6}


def test_a_mail_at_which_the_connection_always_breaks_lets_the_others_go_first(desk: Desk) -> None:
    campaign = desk.approved()
    for _ in range(2):
        desk.transport.script = [BROKEN]
        assert desk.work(campaign).paused is not None
        resume(desk, campaign.id)
    assert desk.work(campaign).counts == {Result.SENT: 5}
    assert desk.states()["anna"] == "pending"


def test_how_long_our_side_failed_is_no_age_of_a_deferral(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    for _ in range(5):
        desk.transport.script = [DOWN]
        desk.work(campaign)
        resume(desk, campaign.id)
        desk.clock.advance(hours=12)
    desk.transport.script = [GREYLISTED]
    report = desk.work(campaign)
    assert report.counts == {Result.DEFERRED: 1}
    assert report.totals.next_at == desk.clock() + timedelta(minutes=5)


def test_a_person_who_asks_for_another_try_begins_anew(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    desk.transport.script = [GREYLISTED]
    desk.work(campaign)
    desk.clock.advance(hours=50)
    desk.transport.script = [GREYLISTED]
    assert desk.work(campaign).counts == {Result.REJECTED: 1}
    with desk.database.write() as session:
        deliveries.give_word(
            session, campaign.id, DeliveryEvent.RETRY, DeliveryState.REJECTED, None
        )
    resume(desk, campaign.id)
    desk.transport.script = [GREYLISTED]
    report = desk.work(campaign)
    assert report.counts == {Result.DEFERRED: 1}
    assert report.totals.next_at == desk.clock() + timedelta(minutes=5)


def test_what_a_clock_put_off_that_was_a_year_ahead_goes_when_it_is_right(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    desk.clock.advance(days=365)
    desk.transport.script = [GREYLISTED]
    assert desk.work(campaign).counts == {Result.DEFERRED: 1}
    desk.clock.advance(days=-365, hours=5)
    with desk.database.read() as session:
        assert deliveries.waiting(session, campaign.id, desk.clock()).number == 0
        assert deliveries.count_due(session, campaign.id, desk.clock()) == 1
    assert desk.work(campaign).counts == {Result.SENT: 1}


def test_too_many_bounces_stop_the_campaign_until_a_person_has_looked(desk: Desk) -> None:
    more = [f"more{number}" for number in range(150)]
    add_contacts(desk.database, more, desk.clock())
    desk.transport.script = [ACCEPTED] * 45 + [DEAD] * 5 + [ACCEPTED] * 60 + [DEAD] * 3
    campaign = desk.approved()
    breaker = {"breaker": Breaker(bounces=10.0, complaints=0.3, sample=50)}
    report = desk.run(campaign, **breaker).work()
    assert report.paused == "5 of 50 mails bounced: 10 %, and 10 % is the limit"
    assert report.counts == {Result.REJECTED: 5, Result.SENT: 45}
    assert state_of(desk) is CampaignState.PAUSED
    service.resume(desk.database, campaign.key, desk.clock())
    # What they have looked at counts no more.
    report = desk.run(campaign, **breaker).work()
    assert report.paused is None
    assert report.counts == {Result.REJECTED: 3, Result.SENT: 103}


def test_silence_after_the_content_is_uncertain_and_never_sent_again(desk: Desk) -> None:
    desk.transport.script = [SILENT]
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.UNCERTAIN: 1, Result.SENT: 5}
    assert report.failures[0].email == "anna@example.com"
    desk.clock.advance(days=3)
    assert desk.work(campaign).counts.total() == 0
    assert desk.states()["anna"] == "uncertain"
    assert state_of(desk) is CampaignState.FINISHED


@pytest.mark.parametrize("answer", [SILENT, TOO_LARGE])
def test_what_fails_for_everyone_stops_after_three(desk: Desk, answer: object) -> None:
    desk.transport.script = [answer] * 6  # type: ignore[list-item]
    report = desk.work(desk.approved())
    assert report.paused is not None
    assert report.paused.startswith("3 mails in a row failed")
    assert len(desk.transport.tried) == 3


def test_a_late_answer_that_says_not_now_is_believed_and_tried_again(desk: Desk) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    desk.transport.script = [GREYLISTED]

    def hook(_address: str) -> None:
        desk.transport.hook = lambda _: None
        desk.clock.advance(minutes=10)
        assert desk.run(campaign, owner="elsewhere/2/other").work().found_uncertain == 1
        assert state_of(desk) is CampaignState.FINISHED

    desk.transport.hook = hook
    assert desk.work(campaign).counts == {Result.DEFERRED: 1}
    assert desk.states() == {"anna": "pending"}
    # It is not finished after all, and any run goes on with it.
    assert state_of(desk) is CampaignState.ACTIVE
    desk.clock.advance(hours=1)
    assert desk.work(campaign).counts == {Result.SENT: 1}
    assert len(desk.transport.sent) == 1


def test_not_now_for_a_mail_of_a_campaign_that_was_cancelled_meanwhile_calls_it_off(
    desk: Desk,
) -> None:
    campaign = desk.approved(where='first_name == "Anna"')
    desk.transport.script = [GREYLISTED]

    def hook(_address: str) -> None:
        service.cancel(desk.database, campaign.key, "ann", desk.clock())

    desk.transport.hook = hook
    desk.work(campaign)
    assert desk.states() == {"anna": "cancelled"}
    assert state_of(desk) is CampaignState.CANCELLED


def test_a_database_that_fails_while_an_answer_is_recorded_leaves_the_mail_in_doubt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = desk.approved()

    def fail(*_args: object, **_named: object) -> bool:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(Ledger, "settle", fail)
    with pytest.raises(UnavailableError):
        desk.work(campaign)
    monkeypatch.undo()
    assert Counter(desk.states().values()) == {"sending": 1, "pending": 5}
    desk.clock.advance(minutes=6)
    report = desk.work(campaign)
    assert (report.found_uncertain, report.counts) == (1, {Result.SENT: 5})


def test_a_server_that_wants_fewer_connections_gets_fewer(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [DOWN, DOWN]
    report = desk.run(desk.approved(), connections=4).work()
    assert report.paused is None
    assert report.counts == {Result.SENT: 60, Result.RETURNED: 2}


def said(text: str, step: Step) -> Receipt:
    code, _, words = text.partition(" ")
    reply = Reply.from_lines(int(code), [words])
    return Receipt.of(classify(reply, step), step, "memory", reply=reply)


@pytest.mark.parametrize("step", [Step.CONNECT, Step.GREETING, Step.SENDER])
def test_a_busy_server_is_used_over_the_connections_that_it_serves(
    step: Step, database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [said("432 4.3.2 busy", step)] * 3
    report = desk.run(desk.approved(), connections=4).work()
    assert report.paused is None
    assert report.counts == {Result.SENT: 60, Result.RETURNED: 3}


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("421 4.3.2 shutting down", Step.CONNECT),
        ("421 bye", Step.GREETING),
        ("421 4.3.0 later", Step.LOGIN),
        ("451 4.3.0 later", Step.SENDER),
        ("450 4.2.0 greylisted", Step.SENDER),
        ("452 4.3.1 no space", Step.SENDER),
        ("554 5.3.2 a problem occurred", Step.CONNECT),
    ],
)
def test_what_a_server_says_before_it_knows_to_whom_is_no_contacts_fault(
    text: str, step: Step, desk: Desk
) -> None:
    desk.transport.script = [said(text, step)] * 6
    campaign = desk.approved()
    report = desk.work(campaign)
    assert report.counts == {Result.RETURNED: 1}
    assert report.paused is not None
    assert report.paused.startswith(f"memory: {text}. ")
    assert len(desk.transport.tried) == 1
    assert Counter(desk.states().values()) == {"pending": 6}
    # Nothing counts towards giving up: a day or a month later it goes on.
    desk.clock.advance(days=30)
    resume(desk, campaign.id)
    desk.transport.script = []
    assert desk.work(campaign).counts == {Result.SENT: 6}


def test_a_server_that_finds_us_too_fast_is_left_alone_by_all_connections(
    database: Database, clock: FrozenClock
) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [said("450 4.7.1 too much mail", Step.SENDER)]
    pacer = Pacer(Pace(patience=timedelta(0)), "memory", connections=4, draw=lambda: 0.0)
    report = desk.run(desk.approved(), connections=4, pacer=pacer).work()
    assert report.counts[Result.RETURNED] == 1
    assert report.waits is not None
    assert report.waits.why == "memory found us too fast"
    assert report.waits.at == desk.clock() + timedelta(minutes=10)
    assert len(desk.transport.tried) <= 4


def test_a_server_that_takes_no_connection_pauses(database: Database, clock: FrozenClock) -> None:
    desk = Desk(database, clock)
    add_contacts(database, [f"contact{n}" for n in range(60)], clock())
    desk.transport.script = [DOWN] * 60
    report = desk.run(desk.approved(), connections=4).work()
    assert report.paused is not None
    assert len(desk.transport.tried) == 4
    assert Counter(desk.states().values()) == {"pending": 60}
