"""Enrolments: what ends one, and what does not, on both databases."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from outreach.domain.effects import Kind
from outreach.domain.sequence import Sequences
from outreach.errors import NotFoundError, UsageError
from outreach.services import campaigns as campaign_service
from outreach.services import sequences as service
from outreach.services.campaigns import Word
from outreach.services.merging import merge
from outreach.services.report import Result
from outreach.storage import enrolments
from outreach.storage.database import Database
from outreach.storage.deeds import Effect
from outreach.storage.inbox import Item
from outreach.testing import FrozenClock
from tests.services.course import Course
from tests.services.desk import (
    DEAD,
    DOWN,
    FULL,
    GREYLISTED,
    SILENT,
    TIERS,
    add_contacts,
)
from tests.services.post import LINKS


@pytest.fixture
def course(database: Database, clock: FrozenClock) -> Course:
    return Course(database, clock)


# What ends it


def test_a_step_that_is_refused_ends_it(course: Course) -> None:
    course.start(["ada", "bo"])
    course.go()
    course.bounce("ada@example.com", course.delivery("ada"))
    course.clock.advance(days=7)
    course.go()
    assert course.at(2) == {"ada": "refused", "bo": "sent"}
    course.go()
    assert course.endings() == {
        "ada": ("refused", "step 2 was refused: suppressed"),
        "bo": (None, None),
    }


def test_a_step_that_is_rejected_ends_it(course: Course) -> None:
    course.transport.script = [FULL, DEAD]
    course.start(["ada", "bo"])
    course.go()
    course.go()
    endings = course.endings()
    assert {name: ending for name, (ending, _) in endings.items()} == {
        "ada": "rejected",
        "bo": "rejected",
    }
    course.go(days=8)
    assert course.at(2) == {}


@pytest.mark.parametrize(("word", "follows"), [(Word.SENT, {"ada": "pending"}), (Word.DROP, {})])
def test_a_step_in_doubt_waits_for_a_person(
    course: Course, word: Word, follows: dict[str, str]
) -> None:
    course.transport.script = [SILENT]
    course.start(["ada"])
    course.go()
    course.go(days=8)
    assert course.at(1) == {"ada": "uncertain"}
    assert course.at(2) == {}
    assert course.endings()["ada"] == (None, None)
    campaign_service.reconcile(
        course.database, course.version.keys[0], "anna", course.clock(), word=word
    )
    course.advance()
    course.check_sums()
    assert course.at(2) == follows
    assert course.endings()["ada"][0] == (None if follows else "cancelled")


def unsubscribe(course: Course, series: str) -> Item:
    mailto = LINKS.unsubscribe_mailto(course.contact().id, series)
    assert mailto is not None
    token = mailto.rpartition("%20")[2]
    return course.write("robot@provider.example", "", subject=f"unsubscribe {token}")


STOPPING: dict[str, Callable[[Course], Item]] = {
    "reply": lambda c: c.write(answers=c.delivery("ada")),
    "letter": lambda c: c.write(subject="Something else"),
    "opt-out": lambda c: c.write(words="Please stop sending me mail.", answers=c.delivery("ada")),
    "series": lambda c: unsubscribe(c, "welcome"),
    "complaint": lambda c: c.complain("ada@example.com", c.delivery("ada")),
}
GOING_ON: dict[str, Callable[[Course], Item]] = {
    "other series": lambda c: unsubscribe(c, "newsletter"),
    "absent": lambda c: c.write(
        words="I am out of office until 3 December 2026.",
        subject="Out of office",
        headers={"Auto-Submitted": "auto-replied"},
        answers=c.delivery("ada"),
    ),
    "somebody else": lambda c: c.write("zoe@example.com"),
}


@pytest.mark.parametrize("mail", STOPPING)
def test_what_they_write_stops_it(course: Course, mail: str) -> None:
    course.start(["ada", "bo"])
    course.go()
    course.clock.advance(days=1)
    course.advance()
    item = STOPPING[mail](course)
    assert Effect.STOP_SEQUENCE in course.did(item)
    assert course.at(2) == {"ada": "cancelled", "bo": "pending"}
    course.check_sums()
    course.go(days=7)
    course.go(days=7)
    assert [each for each in course.got() if each[0] == "ada"] == [("ada", 1)]
    assert [step for name, step in course.got() if name == "bo"] == [1, 2, 3]
    ((inbound_id, ending),) = course.rows(
        "SELECT inbound_id, ending FROM enrolments WHERE inbound_id IS NOT NULL"
    )
    assert (inbound_id, ending) == (item.id, "stopped")


@pytest.mark.parametrize("mail", GOING_ON)
def test_what_is_no_word_of_theirs_about_it_does_not(course: Course, mail: str) -> None:
    course.start(["ada"])
    course.go()
    item = GOING_ON[mail](course)
    assert Effect.STOP_SEQUENCE not in course.did(item)
    course.go(days=8)
    assert course.got() == [("ada", 1), ("ada", 2)]


def test_a_mail_from_long_before_it_began_does_not(course: Course) -> None:
    old = course.clock() - timedelta(days=200)
    course.start(["ada"])
    item = course.write(at=old, headers={"Date": "Fri, 15 May 2026 09:00:00 +0000"})
    assert item.kind is Kind.REPLY
    assert Effect.STOP_SEQUENCE not in course.did(item)
    course.go()
    assert course.got() == [("ada", 1)]


def test_it_stays_stopped_when_the_mail_was_misread_and_that_is_told(course: Course) -> None:
    course.start(["ada"])
    course.go()
    item = course.write(answers=course.delivery("ada"))
    changed = course.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    assert [each.effect for each in changed.stays] == [Effect.STOP_SEQUENCE]
    assert changed.stays[0].detail["sequences"] == ["welcome"]
    course.go(days=8)
    assert course.got() == [("ada", 1)]


# A reply that comes at the worst moment


def test_a_reply_between_claim_and_sending_wins(course: Course) -> None:
    course.start(["ada", "bo"])
    composing = course.composer.compose

    def compose(contact, **how):  # type: ignore[no-untyped-def]
        if contact.email == "ada@example.com" and not written:
            written.append(course.write())
        return composing(contact, **how)

    written: list[Item] = []
    course.composer.compose = compose  # type: ignore[method-assign]
    (report,) = course.go()
    assert report.counts[Result.SENT] == 1
    assert course.at(1) == {"ada": "cancelled", "bo": "sent"}
    assert course.endings()["ada"] == ("stopped", "they wrote to us")


@pytest.mark.parametrize("answer", [GREYLISTED, DOWN], ids=["deferred", "withdrawn"])
def test_a_reply_while_a_step_is_under_way_keeps_it_from_being_tried_again(
    course: Course, answer: object
) -> None:
    course.start(["ada"])
    course.transport.script = [answer]  # type: ignore[list-item]
    course.transport.hook = lambda _: None if course.endings()["ada"][0] else _written(course)
    course.go()
    assert course.at(1) == {"ada": "cancelled"}
    course.check_sums()


def _written(course: Course) -> None:
    course.write()


def test_a_reply_while_a_step_is_under_way_keeps_the_next_from_being_made(course: Course) -> None:
    course.start(["ada"])
    course.transport.hook = lambda _: _written(course)
    course.go()
    assert course.got() == [("ada", 1)]
    course.go(days=8)
    assert course.at(2) == {}


def test_a_reply_between_looking_and_going_on_wins(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded while others come to their next step waits, or is seen."""
    course.start(["ada", "bo"])
    course.go()
    settled = service.sequences.settled
    replies: list[threading.Thread] = []

    def slow(session, **how):  # type: ignore[no-untyped-def]
        found = settled(session, **how)
        if not replies:
            replies.append(threading.Thread(target=_written, args=(course,)))
            replies[0].start()
            # Long enough to be recorded, if it could be.
            replies[0].join(0.3)
        return found

    monkeypatch.setattr(service.sequences, "settled", slow)
    course.advance()
    replies[0].join()
    assert course.at(2) in (
        {"ada": "cancelled", "bo": "pending"},
        {"bo": "pending"},
    )
    course.go(days=8)
    assert ("ada", 2) not in course.got()


# By a person's word


def stop(course: Course, *emails: str, name: str = "welcome") -> enrolments.Stopped:
    return service.stop(
        course.database,
        Sequences([], lambda _: ("", "")),
        name,
        emails or None,
        by="anna",
        reason="we spoke",
        now=course.clock(),
    )


def test_a_person_stops_it_for_one_or_for_all(course: Course) -> None:
    course.start(["ada", "bo", "cy"])
    stopped = stop(course, "ada@example.com")
    assert (stopped.names, stopped.contacts, len(stopped.delivery_ids)) == (("welcome",), 1, 1)
    assert course.at(1) == {"ada": "cancelled", "bo": "pending", "cy": "pending"}
    assert course.endings()["ada"] == ("stopped", "stopped by anna: we spoke")
    with pytest.raises(UsageError, match=r"does not go on for ada@example\.com"):
        stop(course, "ada@example.com", "bo@example.com")
    with pytest.raises(NotFoundError, match=r"nobody@example\.com"):
        stop(course, "nobody@example.com")
    with pytest.raises(NotFoundError, match='did you mean "welcome"'):
        stop(course, name="welcom")
    course.go()
    assert course.got() == [("bo", 1), ("cy", 1)]
    assert stop(course).contacts == 2
    assert stop(course).contacts == 0
    course.go(days=8)
    assert len(course.got()) == 2
    # Nobody begins it again.
    assert course.plan_start().considered == 0


def test_another_try_is_no_word_against_theirs(course: Course) -> None:
    course.transport.script = [FULL, FULL]
    course.start(["ada", "bo"])
    course.go()
    course.write()
    number = campaign_service.retry(course.database, course.version.keys[0], "anna", course.clock())
    assert number == 1
    course.go()
    assert course.got() == [("bo", 1)]


# Merging


def joined(course: Course, keep: str = "ada", absorb: str = "bo") -> tuple[str, ...]:
    outcome = merge(
        course.database,
        TIERS,
        {},
        f"{keep}@example.com",
        f"{absorb}@example.com",
        by="anna",
        now=course.clock(),
    )
    # Their permission is a column here and no record, which is what a merge goes by.
    with course.database.write() as session:
        session.execute(text("UPDATE contacts SET consent = 'granted', consent_basis = 'express'"))
    course.check_sums()
    return outcome.merged.cancelled


def steps_to_the_person(course: Course) -> list[int]:
    for _ in range(4):
        course.go(days=7)
    return [step for _, step in course.got()]


def test_merging_moves_a_sequence_to_the_one_who_is_kept(course: Course) -> None:
    course.start(["bo"])
    course.go()

    add_contacts(course.database, ["ada"], course.clock())
    assert joined(course) == ()
    assert steps_to_the_person(course) == [1, 2, 3]


@pytest.mark.parametrize("days", [0, 1])
def test_of_two_in_one_sequence_one_goes_on(course: Course, days: int) -> None:
    course.start(["ada", "bo"])
    course.go()
    course.clock.advance(days=days)
    course.advance()
    joined(course)
    assert steps_to_the_person(course) == [1, 1, 2, 3]


@pytest.mark.parametrize("keep", ["ada", "bo"])
def test_of_two_who_are_not_equally_far_the_further_goes_on(course: Course, keep: str) -> None:
    course.start(["ada"])
    course.go()
    course.version = course.changed("2 days", hash_="c" * 64)
    course.start(["bo"])
    joined(course, keep, "bo" if keep == "ada" else "ada")
    assert steps_to_the_person(course) == [1, 2, 3]


@pytest.mark.parametrize("keep", ["ada", "bo"])
@pytest.mark.parametrize("advanced", [False, True])
def test_of_two_in_one_version_the_further_goes_on(
    course: Course, keep: str, advanced: bool
) -> None:
    course.start(["ada"])
    course.go()
    if advanced:
        course.go(days=1)
    course.start(["bo"])
    cancelled = joined(course, keep, "bo" if keep == "ada" else "ada")
    assert cancelled == (course.version.keys[0],)
    assert steps_to_the_person(course) == [1, 2, 3]


@pytest.mark.parametrize("keep", ["ada", "bo"])
def test_a_stop_holds_for_the_person_whoever_is_kept(course: Course, keep: str) -> None:
    course.start(["ada", "bo"])
    course.go()
    course.write()
    joined(course, keep, "bo" if keep == "ada" else "ada")
    assert steps_to_the_person(course) == [1, 1]
