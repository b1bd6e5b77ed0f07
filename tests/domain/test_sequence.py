"""Sequences: what a file says, everything that is wrong with it, and what follows from a step."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.delivery import DeliveryState
from outreach.domain.sequence import (
    LONGEST,
    SETTLED,
    Ending,
    Sequences,
    Step,
    ending_of,
    in_words,
    key_of,
    parse_span,
    read_sequence,
)
from outreach.errors import ConfigError, NotFoundError
from outreach.starter import starter_file

WELCOME = """\
title = "First weeks"

[[steps]]
template = "promise"

[[steps]]
template = "check-in"
after = "3 weeks"

[[steps]]
template = "offer"
after = "2 days"
reason = "they asked what else we do"
"""


def problems_of(text: str, name: str = "welcome") -> list[tuple[int | None, str]]:
    with pytest.raises(ConfigError) as caught:
        read_sequence(name, text, "sequences/welcome.toml")
    assert all(problem.source == "sequences/welcome.toml" for problem in caught.value.problems)
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_a_file_says_what_goes_when() -> None:
    found = read_sequence("welcome", WELCOME, "sequences/welcome.toml")
    assert (found.name, found.title, found.series) == ("welcome", "First weeks", "welcome")
    assert found.steps == (
        Step("promise", timedelta(), None, 3),
        Step("check-in", timedelta(weeks=3), None, 6),
        Step("offer", timedelta(days=2), "they asked what else we do", 10),
    )


def test_a_series_of_its_own_and_a_first_step_that_waits() -> None:
    text = 'title = "T"\nseries = "care"\n[[steps]]\ntemplate = "x"\nafter = "2 hours"\n'
    found = read_sequence("welcome", text, "x.toml")
    assert found.series == "care"
    assert found.steps[0].after == timedelta(hours=2)


def test_the_sequence_that_is_shipped_is_right() -> None:
    text = (starter_file("sequences") / "welcome.toml").read_text(encoding="utf-8")
    found = read_sequence("welcome", text, "sequences/welcome.toml")
    templates = starter_file("templates")
    assert [(templates / f"{step.template}.md").is_file() for step in found.steps] == [True, True]


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    text = """\
titel = "First weeks"
series = "Not A Series"

[[steps]]
after = "3 fortnights"

[[steps]]
template = 7
delay = "1 day"

[[steps]]
template = "x"
after = "0 days"
"""
    assert problems_of(text, "Wel come") == [
        (None, '"Wel come" cannot be a sequence\'s name'),
        (None, "title is missing"),
        (1, 'a sequence has no "titel"'),
        (2, "series cannot be a series' name"),
        (4, "step 1: template is missing"),
        (5, 'after cannot be "3 fortnights"'),
        (7, "step 2 does not say after which time it follows"),
        (8, "step 2: template must be a line of text"),
        (9, 'a step has no "delay"'),
        (13, "step 3 would follow at once"),
    ]


def test_a_misspelt_key_is_recognised() -> None:
    with pytest.raises(ConfigError) as caught:
        read_sequence("w", 'title = "T"\n[[steps]]\ntemplate = "x"\nafer = "1 day"\n', "w.toml")
    (problem,) = caught.value.problems
    assert problem.hint == 'did you mean "after"?'


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("", "there are no steps"),
        ("steps = []", "there are no steps"),
        ('steps = "promise"', "steps must be tables"),
        ("[steps]\ntemplate = 'x'", "steps must be tables"),
        ("[[steps]]\ntemplate = 'x'\nafter = '1 day'\n" * 51, "there are 51 steps"),
    ],
)
def test_a_sequence_needs_steps(steps: str, told: str) -> None:
    assert told in [message for _, message in problems_of(f'title = "T"\n{steps}\n')]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3 days", timedelta(days=3)),
        ("1 day", timedelta(days=1)),
        ("2 hours", timedelta(hours=2)),
        (" 1 week ", timedelta(weeks=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("0 days", timedelta()),
    ],
)
def test_times_are_written_as_people_do(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "value", ["3", "days", "3days", "-1 day", "1.5 days", "3 years", "٣ days", "800 days", 3, None]
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"cannot be|is longer than"):
        parse_span(value)


@given(st.integers(0, LONGEST // timedelta(minutes=1)))
def test_a_time_in_words_is_that_time(minutes: int) -> None:
    span = timedelta(minutes=minutes)
    assert parse_span(in_words(span)) == span


@given(st.text(max_size=200))
def test_any_text_is_a_sequence_or_says_what_is_wrong(text: str) -> None:
    with suppress(ConfigError):
        assert read_sequence("welcome", text, "welcome.toml").steps


def test_a_version_is_the_file_and_all_its_templates() -> None:
    found = read_sequence("welcome", WELCOME, "x.toml")
    version = found.version(["a", "b", "c"])
    assert version == found.version(["a", "b", "c"])
    assert version != found.version(["a", "b", "d"])
    assert version != read_sequence("welcome", WELCOME + "\n", "x.toml").version(["a", "b", "c"])
    assert key_of("welcome", version, 2) == f"welcome@{version[:8]}/2"


def test_a_sequence_that_is_not_there_is_named_with_what_was_meant() -> None:
    known = Sequences(["welcome"], lambda name: (name, WELCOME))
    assert known.get("welcome").title == "First weeks"
    with pytest.raises(NotFoundError, match='did you mean "welcome"'):
        known.get("welcom")
    with pytest.raises(NotFoundError, match="none yet"):
        Sequences([], lambda name: (name, "")).get("welcome")


S = DeliveryState


@pytest.mark.parametrize(
    ("state", "is_last", "ending"),
    [
        (S.SENT, False, None),
        (S.SENT, True, (Ending.COMPLETED, "all steps were sent")),
        (S.REFUSED, False, (Ending.REFUSED, "step 2 was refused: opted-out")),
        (S.REJECTED, True, (Ending.REJECTED, "step 2 was rejected: opted-out")),
        (S.CANCELLED, False, (Ending.CANCELLED, "step 2 was cancelled: opted-out")),
    ],
)
def test_what_follows_from_a_step(
    state: DeliveryState, is_last: bool, ending: tuple[Ending, str] | None
) -> None:
    assert ending_of(2, state, "opted-out", is_last=is_last) == ending


def test_only_what_has_something_before_it_or_is_in_doubt_settles_nothing() -> None:
    assert set(DeliveryState) - set(SETTLED) == {
        S.PLANNED,
        S.PENDING,
        S.CLAIMED,
        S.SENDING,
        S.UNCERTAIN,
    }
