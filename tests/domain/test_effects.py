"""What follows from each kind of mail, and what never does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain import effects
from outreach.domain.effects import (
    Bounced,
    Effects,
    Event,
    Kind,
    Proof,
    Severity,
    Terms,
    decide,
    is_worn_out,
)
from outreach.domain.tiers import AnswerWithin
from outreach.domain.touches import Direction
from outreach.domain.working_time import WorkingTime
from outreach.inbound import classify, reasons

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TERMS = Terms(AnswerWithin(1, "days"), WorkingTime(), ZoneInfo("Asia/Tokyo"))
GONE = Bounced(address="ada@example.com", severity=Severity.HARD, reason="user-unknown")


def after(kind: Kind, proof: Proof = Proof.SIGNED, **more: object) -> Effects:
    return decide(Event(kind=kind, at=AT, proof=proof, **more), TERMS)  # type: ignore[arg-type]


def test_every_kind_that_is_found_has_its_name_here() -> None:
    assert {kind.value for kind in classify.Kind} <= {kind.value for kind in Kind}
    assert {each.value for each in reasons.Severity} == {each.value for each in Severity}


@pytest.mark.parametrize(
    ("kind", "proof", "more", "calls_off"),
    [
        (Kind.REPLY, Proof.ADDRESS, {}, True),
        (Kind.REPLY, Proof.SIGNED, {"wants_out": True}, True),
        # What they wrote to many, and what a stranger wrote, is no word of theirs to us.
        (Kind.REPLY, Proof.ADDRESS, {"is_bulk": True}, False),
        (Kind.REPLY, Proof.STRANGER, {}, False),
        (Kind.OPT_OUT, Proof.ADDRESS, {}, True),
        (Kind.OPT_OUT, Proof.SIGNED, {"sure": False}, True),
        # One series is ended by name: `opt_outs` says which.
        (Kind.OPT_OUT, Proof.SIGNED, {"series": "welcome"}, False),
        (Kind.COMPLAINT, Proof.SUBJECT, {}, True),
        (Kind.COMPLAINT, Proof.ADDRESS, {}, False),
        (Kind.BOUNCE, Proof.SIGNED, {"bounced": (GONE,)}, False),
        (Kind.ABSENT, Proof.SIGNED, {}, False),
        (Kind.LEFT, Proof.SIGNED, {}, False),
        (Kind.ACKNOWLEDGEMENT, Proof.SIGNED, {}, False),
        (Kind.ANSWER, Proof.PERSON, {}, False),
    ],
)
def test_what_calls_off_what_was_begun_for_them(
    kind: Kind, proof: Proof, more: dict[str, object], calls_off: bool
) -> None:
    assert after(kind, proof, **more).calls_off is calls_off


def test_an_absence_is_over_on_the_readers_own_working_day() -> None:
    found = after(Kind.ABSENT, until=date(2026, 12, 31))
    # The day after is a Friday like others here; it begins at 15:00 UTC the day before in Tokyo.
    assert found.hold_until == datetime(2026, 12, 31, 15, 0, tzinfo=UTC)
    assert found.touch is not None
    assert not found.touch.personal


def test_who_is_away_to_the_end_of_a_day_is_back_on_the_next_working_one() -> None:
    friday, monday = date(2026, 12, 11), date(2026, 12, 14)
    through_friday = after(Kind.ABSENT, until=friday, is_last_day=True)
    assert through_friday.hold_until == after(Kind.ABSENT, until=monday).hold_until
    assert through_friday.hold_until == datetime(2026, 12, 14, 15, 0, tzinfo=UTC)
    # Until Friday: whether they work on it is left open.
    assert after(Kind.ABSENT, until=friday).hold_until == datetime(2026, 12, 13, 15, 0, tzinfo=UTC)
    # A person's own words say it as well as a machine's.
    told = after(Kind.REPLY, until=friday, is_last_day=True)
    assert told.hold_until == through_friday.hold_until


@pytest.mark.parametrize(
    ("until", "held", "asks"),
    [
        (None, AT + timedelta(days=7), False),
        (date(2026, 11, 1), None, False),
        (date(2087, 1, 1), AT + timedelta(days=14), True),
    ],
)
def test_absences_that_end_oddly(until: date | None, held: datetime | None, asks: bool) -> None:
    found = after(Kind.ABSENT, until=until)
    assert (found.hold_until, found.review is not None) == (held, asks)


@pytest.mark.parametrize(
    ("kind", "until", "asks"),
    [
        (Kind.LEFT, None, "works there no more"),
        (Kind.CHALLENGE, None, "wants proof"),
        (Kind.ABSENT, None, "is away"),
        (Kind.ABSENT, AT.date(), "is away"),
        (Kind.ABSENT, AT.date() - timedelta(days=1), None),
        (Kind.ACKNOWLEDGEMENT, None, None),
    ],
)
def test_what_a_machine_says_from_an_address_that_is_not_theirs_is_looked_at(
    kind: Kind, until: date | None, asks: str | None
) -> None:
    found = after(kind, Proof.STRANGER, until=until, is_bulk=True)
    assert found == Effects(review=found.review)
    assert asks in (found.review or "") if asks else found.review is None
    # Of what answers nothing of ours nobody need know.
    assert after(kind, Proof.NONE, until=until) == Effects()


def test_who_left_is_looked_after_by_a_person() -> None:
    found = after(Kind.LEFT)
    assert found.review
    assert found.hold_until
    assert not found.suppress


def test_a_new_address_is_put_before_a_person_and_the_reply_is_answered() -> None:
    found = after(Kind.REPLY, new_address="ada@new.example")
    assert found.review == "they give a new address: ada@new.example"
    assert found.answer_by
    # What weighs more is said first.
    assert "no more mail" in (after(Kind.REPLY, new_address="a@b", wants_out=True).review or "")


def test_only_a_proven_hard_bounce_suppresses() -> None:
    assert after(Kind.BOUNCE, bounced=(GONE,)).suppress == (("ada@example.com", "user-unknown"),)
    for proof in (Proof.ADDRESS, Proof.SUBJECT):
        found = after(Kind.BOUNCE, proof, bounced=(GONE,))
        assert (found.suppress, found.bounces) == ((), (GONE,))


def test_an_answer_of_ours_stops_the_clock_and_a_letter_counts() -> None:
    answer = after(Kind.ANSWER, Proof.PERSON)
    assert answer.stops_clocks
    assert answer.touch == effects.TouchMade(Direction.OUT, "reply", personal=True)
    letter = after(Kind.ANSWER, Proof.PERSON, in_thread=False)
    assert letter.touch == effects.TouchMade(Direction.OUT, "personal", personal=True)
    many = after(Kind.ANSWER, Proof.PERSON, is_bulk=True)
    assert not many.stops_clocks


def test_their_own_newsletter_is_no_word_to_us() -> None:
    assert after(Kind.REPLY, Proof.ADDRESS, is_bulk=True) == Effects()
    assert after(Kind.REPLY, Proof.SIGNED, is_bulk=True).answer_by


events = st.builds(
    Event,
    kind=st.sampled_from(Kind),
    at=st.just(AT),
    proof=st.sampled_from(Proof),
    bounced=st.sampled_from([(), (GONE,)]),
    until=st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    series=st.none() | st.just("newsletter"),
    sure=st.booleans(),
    wants_out=st.booleans(),
    is_bulk=st.booleans(),
    by_provider=st.booleans(),
    about=st.sampled_from([(), ("ada@example.com",)]),
)


@given(events)
def test_strangers_and_the_unknown_never_change_a_contact(event: Event) -> None:
    found = decide(event, TERMS)
    if event.proof in (Proof.NONE, Proof.STRANGER):
        # What our provider tells of an address that is no contact's concerns no contact.
        told = event.by_provider and event.proof is Proof.NONE
        named = {"suppress": found.suppress, "complainers": found.complainers} if told else {}
        assert found == Effects(review=found.review, **named)  # type: ignore[arg-type]


@given(events)
def test_nobody_is_suppressed_without_proof(event: Event) -> None:
    found = decide(event, TERMS)
    if found.suppress or found.complainers:
        assert event.proof >= Proof.SIGNED or (event.proof is Proof.NONE and event.by_provider)
    if found.suppress_all:
        assert event.kind is Kind.COMPLAINT
        assert event.proof >= Proof.SUBJECT


@given(events)
def test_a_request_for_no_more_mail_is_never_lost(event: Event) -> None:
    found = decide(event, TERMS)
    if event.kind is Kind.OPT_OUT and event.proof > Proof.STRANGER:
        assert found.opt_outs or found.review or (event.is_bulk and event.proof < Proof.SUBJECT)


def days(*numbers: int) -> list[datetime]:
    return [AT - timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("bounces", "sign", "worn"),
    [
        (days(8, 4, 0), None, True),
        (days(8, 0), None, False),
        (days(3, 2, 1, 0), None, False),
        (days(200, 100, 0), None, False),
        (days(8, 4, 0), AT - timedelta(days=6), False),
        (days(8, 4, 0), AT - timedelta(days=9), True),
    ],
)
def test_when_an_address_is_given_up(
    bounces: list[datetime], sign: datetime | None, worn: bool
) -> None:
    assert is_worn_out(bounces, sign, AT) is worn
