"""Sequences: who begins, how they go on, and what is told of them; on both databases."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from outreach.domain.delivery import CampaignState
from outreach.domain.sequence import Sequences
from outreach.errors import NotFoundError, RefusedError, TemplateError
from outreach.services import campaigns as campaign_service
from outreach.services import sequences as service
from outreach.services.contacts import show
from outreach.storage import deeds, enrolments
from outreach.storage.database import Database
from outreach.testing import FrozenClock
from tests.services.course import WEEK, Course
from tests.services.desk import (
    GREYLISTED,
    add_contacts,
)


@pytest.fixture
def course(database: Database, clock: FrozenClock) -> Course:
    return Course(database, clock)


def next_at(course: Course, name: str) -> tuple[int | None, datetime | None]:
    with course.database.read() as session:
        for place in enrolments.places(session):
            if place.address == f"{name}@example.com":
                return place.next_step, place.next_at
    return None, None


# Beginning


def test_each_step_follows_the_one_before_until_the_last(course: Course) -> None:
    begun = course.clock()
    course.start(["ada", "bo"])
    assert course.at(1) == {"ada": "pending", "bo": "pending"}
    assert [course.campaign(step).audience for step in (1, 2, 3)] == [2, 0, 0]
    assert course.campaign(2).state is CampaignState.FINISHED
    course.go()
    assert course.got() == [("ada", 1), ("bo", 1)]
    assert next_at(course, "ada") == (2, begun + WEEK)
    course.go(days=6)
    assert course.at(2) == {"ada": "pending", "bo": "pending"}
    assert next_at(course, "ada") == (2, begun + WEEK)
    assert course.campaign(2).state is CampaignState.ACTIVE
    course.go(days=1)
    course.go(days=7)
    course.go(days=7)
    assert [step for _, step in course.got()] == [1, 1, 2, 2, 3, 3]
    assert {step: course.campaign(step).state for step in (1, 2, 3)} == dict.fromkeys(
        (1, 2, 3), CampaignState.FINISHED
    )
    assert course.endings() == dict.fromkeys(("ada", "bo"), ("completed", "all steps were sent"))
    assert next_at(course, "ada") == (None, None)


def test_time_is_counted_from_when_the_step_before_went(course: Course) -> None:
    course.start(["ada"])
    course.transport.script = [GREYLISTED]
    course.go()
    course.go(hours=5)
    assert course.got() == [("ada", 1)]
    sent = course.clock()
    course.go(days=6, hours=23)
    assert next_at(course, "ada") == (2, sent + WEEK)
    assert len(course.got()) == 1
    course.go(hours=1)
    assert course.got() == [("ada", 1), ("ada", 2)]


def test_the_first_step_may_wait(course: Course) -> None:
    course.version = course.changed("2 days")
    course.start(["ada"])
    course.go(days=1, hours=23)
    assert course.got() == []
    course.go(hours=1)
    assert course.got() == [("ada", 1)]


def test_a_hold_of_the_gate_outlasts_the_wait(course: Course) -> None:
    course.version = course.changed("2 days")
    until = course.clock() + timedelta(days=5)
    (contact_id,) = add_contacts(course.database, ["ada"], course.clock())
    with course.database.write() as session:
        deeds.hold(session, contact_id, until)
    course.start()
    assert next_at(course, "ada") == (1, until)
    course.go(days=3)
    assert course.got() == []
    course.go(days=2)
    assert course.got() == [("ada", 1)]


def test_who_is_refused_does_not_begin_and_may_later(course: Course) -> None:
    course.start(["ada"])
    with course.database.write() as session:
        session.execute(text("UPDATE contacts SET consent = 'none'"))
    plan = course.plan_start()
    assert plan.considered == 0  # ada has begun
    course.steps_planner(course.version, "elsewhere/1/plan").abandon(plan)

    add_contacts(course.database, ["bo"], course.clock(), consent="none")
    plan = course.plan_start()
    assert (plan.considered, plan.approvable) == (1, 0)
    course.steps_planner(course.version, "elsewhere/1/plan").close(plan, course.clock())
    course.check_sums()
    # ada's first mail is still to be sent: nothing is finished by what was refused.
    assert course.campaign(1).state is CampaignState.ACTIVE
    assert course.at(1) == {"ada": "pending", "bo": "refused"}
    with course.database.write() as session:
        session.execute(text("UPDATE contacts SET consent = 'granted'"))
    course.start()
    assert course.at(1) == {"ada": "pending", "bo": "pending"}
    course.go()
    assert course.got() == [("ada", 1), ("bo", 1)]


def test_nobody_begins_twice_nor_a_newer_version(course: Course) -> None:
    course.start(["ada"])
    course.go()
    assert course.plan_start().considered == 0
    newer = course.changed(hash_="b" * 64)
    course.start(["bo"], version=newer)
    course.go()
    assert course.got() == [("ada", 1), ("bo", 1)]
    course.go(days=7)
    # Each goes on with the version that was begun.
    assert set(course.at(2)) == {"ada", "bo"}
    assert course.campaign(2).audience == course.campaign(2, newer).audience == 1


def test_two_versions_that_are_started_at_once_share_nobody(course: Course) -> None:
    newer = course.changed(hash_="b" * 64)

    add_contacts(course.database, ["ada", "bo"], course.clock())
    one = course.plan_start(owner="elsewhere/1/a")
    two = course.plan_start(newer, owner="elsewhere/1/b")
    assert one.approvable == two.approvable == 2
    course.approve_start(one, owner="elsewhere/1/a")
    course.approve_start(two, newer, owner="elsewhere/1/b")
    course.check_sums()
    assert course.campaign(1).audience == 2
    assert course.campaign(1, newer).audience == 0
    course.go()
    assert course.got() == [("ada", 1), ("bo", 1)]


def test_a_mail_that_cannot_be_made_for_one_starts_nobody(course: Course) -> None:
    course.composer.broken = {"bo@example.com"}
    with pytest.raises(TemplateError) as caught:
        course.start(["ada", "bo", "cy"])
    # Each of the three steps fails for bo.
    assert ["bo@example.com" in str(each) for each in caught.value.problems] == [True] * 3
    assert course.rows("SELECT * FROM deliveries") == []
    assert course.rows("SELECT * FROM enrolments") == []
    assert course.rows("SELECT * FROM campaigns") == []


def test_a_start_that_fails_half_way_leaves_nothing(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:

    add_contacts(course.database, ["ada"], course.clock())
    plan = course.plan_start()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service.sequences, "put_off", fail)
    course.version = course.changed("2 days")
    with pytest.raises(ZeroDivisionError):
        course.approve_start(plan)
    assert course.rows("SELECT * FROM enrolments") == []
    assert course.rows("SELECT * FROM sequences") == []
    assert course.at(1) == {}


def test_a_step_that_was_cancelled_ends_it_for_who_comes_to_it(course: Course) -> None:
    course.start(["ada"])
    course.go()
    campaign_service.cancel(course.database, course.version.keys[1], "anna", course.clock())
    course.go(days=7)
    assert course.got() == [("ada", 1)]
    assert course.endings()["ada"] == ("cancelled", "step 2 was cancelled")
    with pytest.raises(RefusedError, match="goes on no more"):
        course.start(["bo"])


def test_a_step_that_is_paused_waits_for_a_person(course: Course) -> None:
    course.start(["ada"])
    course.go()
    course.go(days=1)
    campaign_service.pause(course.database, course.version.keys[1], "anna", None, course.clock())
    course.go(days=10)
    assert course.got() == [("ada", 1)]
    assert course.at(2) == {"ada": "pending"}
    campaign_service.resume(course.database, course.version.keys[1], course.clock())
    course.go()
    assert course.got() == [("ada", 1), ("ada", 2)]


# Several at once


def test_any_number_of_runs_may_let_contacts_go_on_at_once(course: Course) -> None:
    names = [f"c{number:02}" for number in range(40)]
    course.start(names)
    course.go()
    course.go(days=6)
    course.clock.advance(days=2)
    errors: list[BaseException] = []

    def line(number: int) -> None:
        try:
            for _ in range(3):
                course.advance()
                campaign = course.campaign(2)
                course.run(campaign, owner=f"elsewhere/{number}/run").work()
        except BaseException as error:
            errors.append(error)

    lines = [threading.Thread(target=line, args=(number,)) for number in range(4)]
    for each in lines:
        each.start()
    for each in lines:
        each.join()
    assert errors == []
    course.check_sums()
    assert sorted(name for name, step in course.got() if step == 2) == names
    course.advance()
    course.advance()
    course.check_sums()
    assert set(course.at(3)) == set(names)
    assert course.campaign(3).audience == 40


def test_a_run_that_ends_finishes_no_step_to_which_somebody_came_meanwhile(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.start(["ada"])
    course.go()
    course.start(["bo"])
    course.go(hours=1)
    course.clock.advance(days=6, hours=23)
    course.advance()
    # bo comes to the second step at the moment when ada's is the last that was left.
    with course.database.write() as session:
        session.execute(
            text(
                "DELETE FROM deliveries WHERE address = 'bo@example.com' AND campaign_id = "
                "(SELECT id FROM campaigns WHERE step = 2)"
            )
        )
        session.execute(text("UPDATE campaigns SET audience = 1 WHERE step = 2"))
    course.transport.hook = lambda _: course.advance()
    report = course.work(course.campaign(2))
    assert report.totals.missing == 0
    assert report.totals.audience == 2
    assert course.campaign(2).state is CampaignState.ACTIVE
    course.transport.hook = lambda _: None
    course.go(hours=1)
    assert ("bo", 2) in course.got()


def test_a_run_that_died_before_anybody_went_on_loses_nothing(course: Course) -> None:
    course.start(["ada"])
    course.work(course.campaign(1))  # and nothing after it
    assert course.at(2) == {}
    course.go(days=30)
    assert course.got() == [("ada", 1), ("ada", 2)]


def test_a_segment_of_named_contacts_is_those(course: Course) -> None:
    add_contacts(course.database, ["ada", "bo"], course.clock())
    found = service.named(course.database, ["Ada@Example.com"])
    assert (found.name, found.where) == ("ada@example.com", 'email == "ada@example.com"')
    plan = service.plan(
        course.steps_planner(course.version, "elsewhere/1/plan"),
        course.mails(),
        found,
        course.clock(),
    )
    assert plan.approvable == 1
    with pytest.raises(NotFoundError) as caught:
        service.named(course.database, ["x@example.com", "y@example.com"])
    assert len(caught.value.problems) == 2


# What is told


def test_a_contact_is_told_with_the_sequences_they_are_in(course: Course) -> None:
    course.start(["ada"])
    course.go()
    shown = show(course.database, {}, "ada@example.com", now=course.clock(), limit=50)
    (place,) = shown.sequences
    assert (place.name, place.step, place.steps) == ("welcome", 1, 3)
    assert (place.next_step, place.next_at) == (2, course.clock() + WEEK)
    course.write()
    shown = show(course.database, {}, "ada@example.com", now=course.clock(), limit=50)
    assert shown.sequences == ()
    told = {event.what: event.detail for event in shown.timeline if event.kind == "sequence"}
    assert told == {"welcome begins": None, "welcome is stopped": "they wrote to us"}


def test_a_sequence_is_shown_also_where_its_file_is_gone(course: Course) -> None:
    course.start(["ada", "bo"])
    course.go()
    course.write()
    none = Sequences([], lambda _: ("", ""))
    (listed,) = service.list_all(course.database, none).sequences
    assert (listed.declared, listed.running, dict(listed.ended)) == (None, 1, {"stopped": 1})
    shown = service.show(course.database, none, "welcome", limit=1)
    assert [step.campaign.step for step in shown.steps] == [1, 2, 3]
    assert [step.after for step in shown.steps] == [timedelta(), WEEK, WEEK]
    (place,) = shown.places
    assert place.address == "bo@example.com"
    with pytest.raises(NotFoundError, match="welcome"):
        service.show(course.database, none, "other")
