"""Not before its time, and not long after it without somebody's word."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from outreach.cli.output import Console
from outreach.cli.schedule import check_lateness, too_early
from outreach.errors import RefusedError
from outreach.rendering.editions import Edition, TemplateFolder
from outreach.rendering.front_matter import Period

NEWS = "---\nsubject: News\n{}---\nHello\n"


def edition(name: str, line: str = "", timezone: str = "Europe/Berlin") -> Edition:
    return TemplateFolder({f"{name}.md": NEWS.format(line)}, timezone=timezone).edition(name)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("2026-12-31", "2027-01-01"),
        ("2026-W53", "2027-01-04"),
        ("2026-11", "2026-12-01"),
        ("2026-12", "2027-01-01"),
        ("2026-Q1", "2026-04-01"),
        ("2026-Q4", "2027-01-01"),
        ("2026", "2027-01-01"),
    ],
)
def test_when_a_period_has_ended(name: str, end: str) -> None:
    assert Period.named(name).end_of(name).isoformat() == end


@pytest.mark.parametrize(
    ("name", "line", "until"),
    [
        ("newsletter/2026-12", "", "2026-12-31T23:00"),
        ("newsletter/2026-12", "send_at: 2026-12-01 09:00\n", "2026-12-01T08:00"),
        ("newsletter/tips", "send_at: 2026-07-01 09:00:00\n", "2026-07-01T07:00"),
        ("newsletter/tips", "send_at: 2026-07-01\n", "2026-06-30T22:00"),
        ("news", "period: month\n", None),
        ("2026-12", "", None),
    ],
)
def test_until_when_a_mailing_is_in_time(name: str, line: str, until: str | None) -> None:
    assert edition(name, line).timely_until == (at(until) if until else None)


@pytest.mark.parametrize("value", ["tomorrow", "09:00", "12", "2026-12-01T09:00+01:00"])
def test_what_is_no_time_to_send_at(value: str) -> None:
    from outreach.errors import TemplateError

    with pytest.raises(TemplateError, match="send_at must be a day and time such as"):
        edition("news", f"send_at: {value}\n")


def test_an_edition_whose_time_has_not_come_is_not_the_current_one() -> None:
    files = {
        "newsletter/2026-11.md": NEWS.format(""),
        "newsletter/2026-12.md": NEWS.format("send_at: 2026-12-03 09:00\n"),
    }
    folder = TemplateFolder(files, timezone="Europe/Berlin")
    assert folder.current("newsletter", at("2026-12-03T07:59")) == "newsletter/2026-11"
    assert folder.current("newsletter", at("2026-12-03T08:00")) == "newsletter/2026-12"


def test_too_early_is_said() -> None:
    december = edition("newsletter/2026-12", "send_at: 2026-12-01 09:00\n")
    said = too_early(december, at("2026-12-01T07:59"))
    assert said == ("nothing to send yet: newsletter/2026-12 goes from 2026-12-01 08:00 UTC on")
    assert too_early(december, at("2026-12-01T08:00")) is None
    assert too_early(edition("newsletter/2026-12"), at("2020-01-01")) is None


@pytest.fixture
def person() -> Iterator[list[bool]]:
    """What a person at a terminal answers, one after the other."""
    answers: list[bool] = []
    with (
        patch("outreach.cli.schedule.click.confirm", side_effect=lambda *_, **__: answers.pop(0)),
        patch.object(Console, "interactive", property(lambda _: True)),
    ):
        yield answers


SCHEDULED = edition("newsletter/2026-12", "send_at: 2026-12-01 09:00\n")
NAMED = edition("newsletter/2026-12")


@pytest.mark.parametrize(
    ("what", "late", "hours", "refused"),
    [
        (SCHEDULED, 0, None, False),
        (SCHEDULED, 24, None, False),
        (SCHEDULED, 25, None, True),
        (SCHEDULED, 25, 26, False),
        (SCHEDULED, 2, 1, True),
        (SCHEDULED, 1, 0, True),
        # Named after a period, it is refused only where somebody said how late is too late.
        (NAMED, 1000, None, False),
        (NAMED, 1000, 24, True),
        (NAMED, 20, 24, False),
    ],
)
def test_without_a_person_what_is_late_is_not_sent(
    what: Edition, late: float, hours: int | None, refused: bool
) -> None:
    assert what.timely_until is not None
    now = what.timely_until + timedelta(hours=late)
    if not refused:
        check_lateness(Console(), what, now, hours=hours, asks=False)
        return
    with pytest.raises(RefusedError) as caught:
        check_lateness(Console(), what, now, hours=hours, asks=False)
    (problem,) = caught.value.problems
    assert "late: its time was 20" in problem.message
    # What the hint says works.
    assert problem.hint is not None
    allowed = int(problem.hint.rpartition(" ")[2])
    check_lateness(Console(), what, now, hours=allowed, asks=False)


def test_last_months_newsletter_goes_with_a_word_about_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check_lateness(Console(), NAMED, at("2027-01-20"), hours=None, asks=False)
    said = "newsletter/2026-12 is 19 days late: its time was 2026-12-31 23:00 UTC"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("what", [SCHEDULED, NAMED])
def test_a_person_is_asked(what: Edition, person: list[bool]) -> None:
    person += [True, False]
    late = at("2027-01-20")
    check_lateness(Console(), what, late, hours=None, asks=True)
    with pytest.raises(RefusedError, match="not sent, as you said"):
        check_lateness(Console(), what, late, hours=None, asks=True)
    assert person == []
