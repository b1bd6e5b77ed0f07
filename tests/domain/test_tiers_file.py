import re

import pytest

from outreach.domain.tiers import Caps
from outreach.domain.tiers_file import read_tiers
from outreach.errors import ConfigError
from outreach.starter import starter_file

STARTER = starter_file("tiers.toml").read_text(encoding="utf-8")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_tiers(text)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert old in STARTER
    return STARTER.replace(old, new, 1)


def test_all_problems_are_reported_at_once_each_with_its_line() -> None:
    text = STARTER.replace("per_7_days = 2", "per_7_days = 0").replace(
        'newsletter = "opted-in"', 'newsletter = "optedin"'
    )
    text = text.replace("ideal_every_days = 30", "ideal_evry_days = 30")
    found = problems(text)
    lines = text.splitlines()
    assert len(found) == 4
    for message in found:
        number = int(message.split(":")[1])
        assert re.search(r"caps|newsletter|ideal_evry|at_most", lines[number - 1]), message
    joined = "\n".join(found)
    assert 'did you mean "opted-in"' in joined
    assert 'did you mean "ideal_every_days"' in joined


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("per_7_days = 2", 'per_7_days = "two"', "whole number"),
        ("per_7_days = 2", "per_7_days = true", "whole number"),
        ("answer_within_working_days = 2", "", "answer_within_working_days is missing"),
        (
            "answer_within_working_days = 2",
            "answer_within_working_days = 2\nanswer_within_working_hours = 3",
            "keep one of the two",
        ),
        ('content = ["give"]', 'content = ["give", "ask"]', "`asks` says when"),
        ('content = ["give"]', 'content = ["giv"]', 'did you mean "give"'),
        ('content = ["give"]', 'content = "give"', "must be a list"),
        ('asks = "never"', 'asks = "never"\ngives_per_ask = 2', "has no use"),
        ("asks_at_most = 1\nasks_within_days = 30", "asks_within_days = 30", "needs asks_at_most"),
        ("at_most_every_days = 90", "at_most_every_days = 59", "less than the ideal 60"),
        ("at_most_every_days = 90", "", "needs its pair"),
        ("only_by_person = true", "", "client must be a person's decision"),
        ("only_by_person = true", 'only_by_person = "yes"', "true or false"),
        ("[tiers.inquirer]", "[tiers.enquirer]", 'no tier "inquirer"'),
        ("[tiers.inquirer]", "[tiers.paused]", '"paused" cannot be the name'),
        ("[tiers.known]", "[tiers.Known]", '"Known" cannot be the name'),
        ('title = "Known"', 'title = "Known\\u001b[31m"', "a line of text"),
        ('definition = "They asked us something."', "", "definition is missing"),
        ("[caps]", "[cap]", 'did you mean "caps"'),
        ("[caps]", "caps = 3\n[other]", "caps must be a table"),
        ("[roles.payer]", "[roles.payer]\ncolour = 3", 'has no "colour"'),
        ("per_calendar_day = 1", "per_calendar_day = 5", "longer time must not have a lower"),
        ("[tiers.known]", "[tiers.known", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_a_way_out(old: str, new: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(changed(old, new)))


def test_the_built_in_tiers_stand_in_their_order() -> None:
    text = STARTER.replace("[tiers.known]", "[tiers.X]").replace(
        "[tiers.inquirer]", "[tiers.known]"
    )
    assert any("rising order" in problem for problem in problems(text.replace(".X]", ".inquirer]")))


def test_a_tier_may_lower_a_cap_but_not_raise_it_without_a_reason() -> None:
    lower = read_tiers(STARTER + "\n[tiers.known.caps]\nper_30_days = 3\n")
    assert lower["known"].caps == Caps(1, 2, 3)
    assert lower["client"].caps == Caps(1, 2, 6)
    raised = STARTER + "\n[tiers.client.caps]\nper_30_days = 9\n"
    (problem,) = problems(raised)
    assert "raises per_30_days above the general 6" in problem
    allowed = read_tiers(raised + 'reason = "they asked for a weekly report"\n')
    assert allowed["client"].caps == Caps(1, 2, 9)


def test_a_tier_of_ones_own_stands_where_it_is_written() -> None:
    own = STARTER.replace(
        "[tiers.client]",
        '[tiers.regular]\ndefinition = "Comes back."\nanswer_within_working_days = 2\n'
        'newsletter = "opted-in"\ncontent = ["give"]\nasks = "never"\n\n[tiers.client]',
    )
    tiers = read_tiers(own)
    assert tiers["customer"].rank < tiers["regular"].rank < tiers["client"].rank
    assert tiers["regular"].title == "Regular"


def test_above_a_guarded_tier_all_are_guarded() -> None:
    own = STARTER.replace(
        "[roles.partner]",
        '[tiers.friend]\ndefinition = "A friend."\nanswer_within_working_days = 2\n'
        'newsletter = "opted-in"\ncontent = ["give"]\nasks = "never"\n\n[roles.partner]',
    )
    (problem,) = problems(own)
    assert "friend must be a person's decision, as counsel below it is" in problem


def test_words_are_checked_with_everything_else() -> None:
    told = problems(
        STARTER + '[words.clent]\nlead = "contact"\n[words.known]\nuser = 1\n" " = "x"\n'
    )
    assert len(told) == 3
    assert 'there is no tier "clent" to choose words for' in told[0]
    assert 'did you mean "client"?' in told[0]
    assert '"user" needs what to say instead, as a text' in told[1]
    assert 'has no "word"' in problems(STARTER.replace("[words.", "[word."))[0]
