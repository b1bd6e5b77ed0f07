"""Which of our letters answers theirs, when clocks and folders agree and when they do not."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.letters import Letter

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def letter(arrived: int, dated: int | None, *names: str) -> Letter:
    """A letter that came and was dated so many minutes after noon."""
    return Letter(
        arrived=NOON + timedelta(minutes=arrived),
        dated=None if dated is None else NOON + timedelta(minutes=dated),
        message_id="question",
        names=frozenset(names),
    )


YEARS = 60 * 24 * 365


@pytest.mark.parametrize(
    ("theirs", "ours", "answered"),
    [
        # each came when it was written, so that the servers' clocks decide
        ((0, 0), (30, 30), True),
        ((30, 30), (0, 0), False),
        ((2, 6), (4, 4), True),
        ((0, None), (30, None), True),
        ((0, None), (30, 30), True),
        # both folders were fetched late, in either order
        ((120, 0), (119, 15), True),
        ((120, 0), (121, 15), True),
        ((120, 15), (121, 0), False),
        ((120, 0), (1, 1), True),
        # an old letter was moved into the folder later
        ((0, 0), (60, -600), False),
        ((0, 0), (60, -3 * YEARS), False),
        # their clock is wrong
        ((0, 300), (30, 30), True),
        ((0, -20 * YEARS), (-60, -60), False),
        ((0, -20 * YEARS), (30, 30), True),
        # so is ours
        ((0, 0), (30, 20 * YEARS), True),
    ],
)
def test_the_order_of_two_letters(
    theirs: tuple[int, int | None], ours: tuple[int, int | None], answered: bool
) -> None:
    assert letter(*ours).answers(letter(*theirs)) is answered


@pytest.mark.parametrize("ours", [(0, -600), (0, -20 * YEARS), (-600, None)])
def test_an_answer_that_names_the_question_came_after_it(ours: tuple[int, int | None]) -> None:
    assert letter(*ours, "other", "question").answers(letter(30, 30))
    assert not letter(*ours, "other").answers(letter(30, 30))


def test_nothing_names_what_has_no_name() -> None:
    theirs = Letter(arrived=NOON, dated=NOON)
    assert not letter(-30, -30, "question").answers(theirs)


@pytest.mark.parametrize(
    ("arrived", "dated", "written"), [(5, 0, 5), (60, 0, 0), (0, 60, 0), (0, None, 0)]
)
def test_when_a_letter_was_written(arrived: int, dated: int | None, written: int) -> None:
    assert letter(arrived, dated).written_at == NOON + timedelta(minutes=written)
