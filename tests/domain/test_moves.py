from itertools import product

import pytest

from outreach.domain.moves import TRANSITIONS, Group, Standing, Told, Trigger, may_move
from outreach.domain.tiers import PARTED, PAUSED
from outreach.domain.tiers_file import read_tiers
from outreach.starter import starter_file

TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
P, C, IMPORT = Trigger.PERSON, Trigger.CONTACT, Trigger.IMPORT

# One row of the table, and a move that it alone allows: from, to, by what, what they are told.
ROWS = [
    ("known", "inquirer", Trigger.QUESTION, Told.ANSWER),
    ("inquirer", "known", Trigger.QUIET, Told.NOTHING),
    ("known", "customer", Trigger.ORDER, Told.PROMISE),
    ("inquirer", "customer", Trigger.ORDER, Told.PROMISE),
    ("known", "inquirer", IMPORT, Told.NOTHING),
    ("inquirer", "customer", P, Told.PROMISE),
    ("customer", "known", P, Told.NOTHING),
    ("customer", "client", P, Told.OFFER),
    ("client", "counsel", P, Told.NOTE),
    ("counsel", "client", P, Told.KIND_WORDS),
    ("client", PAUSED, Trigger.ABSENCE, Told.CONFIRMATION),
    ("client", PAUSED, P, Told.CONFIRMATION),
    (PAUSED, PAUSED, C, Told.CONFIRMATION),
    (PAUSED, PAUSED, P, Told.CONFIRMATION),
    (PAUSED, "client", C, Told.NOTHING),
    (PAUSED, "client", P, Told.NOTHING),
    ("client", PARTED, Trigger.OPT_OUT, Told.LAST_CONFIRMATION),
    (PAUSED, PARTED, P, Told.LAST_CONFIRMATION),
    (PARTED, "known", P, Told.NOTHING),
]


def standing(before: str, underneath: str = "client") -> Standing:
    if before in TIERS:
        return Standing(before)
    return Standing(underneath, paused=before == PAUSED, parted=before == PARTED)


def test_there_is_a_move_for_each_row() -> None:
    assert len(ROWS) == len(TRANSITIONS)


@pytest.mark.parametrize(
    ("row", "move"), list(zip(TRANSITIONS, ROWS, strict=True)), ids=lambda it: str(it)[:40]
)
def test_each_row_allows_its_move(row: object, move: tuple[str, str, Trigger, Told]) -> None:
    before, after, trigger, told = move
    verdict = may_move(TIERS, standing(before), after, trigger=trigger, reason="a reason")
    assert verdict.transition is row
    assert verdict.before == before
    assert verdict.transition.told is told


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.needs_reason])
def test_a_row_that_needs_a_reason_is_refused_without(row: object) -> None:
    before, after, trigger, _ = ROWS[TRANSITIONS.index(row)]  # type: ignore[arg-type]
    for missing in (None, "", "  "):
        verdict = may_move(TIERS, standing(before), after, trigger=trigger, reason=missing)
        assert not verdict.allowed
        assert "needs a reason" in str(verdict.why)


def test_nobody_becomes_a_client_but_by_a_person() -> None:
    for before, after, trigger in product(TIERS, ("client", "counsel"), Trigger):
        verdict = may_move(TIERS, Standing(before), after, trigger=trigger, reason="because")
        assert verdict.allowed == (trigger is P and before != after), (before, after, trigger)


def test_no_rule_takes_a_client_down() -> None:
    for before, after, trigger in product(("client", "counsel"), TIERS, Trigger):
        if trigger is not P and before != after:
            assert not may_move(TIERS, Standing(before), after, trigger=trigger).allowed


def test_what_a_person_set_only_a_person_changes() -> None:
    for before, after, trigger in product(TIERS, TIERS, Trigger):
        by_hand = Standing(before, set_by_person=True)
        verdict = may_move(TIERS, by_hand, after, trigger=trigger, reason="because")
        assert verdict.allowed == (trigger is P and before != after)


def test_an_import_raises_and_never_lowers() -> None:
    open_tiers = ("known", "inquirer", "customer")
    for before, after in product(open_tiers, open_tiers):
        verdict = may_move(TIERS, Standing(before), after, trigger=IMPORT)
        assert verdict.allowed == (TIERS[after].rank > TIERS[before].rank)


def test_every_standing_can_be_left_by_a_person() -> None:
    for now in (*TIERS, PAUSED, PARTED):
        ways = [
            after
            for after in (*TIERS, PAUSED, PARTED)
            if may_move(TIERS, standing(now), after, trigger=P, reason="because").allowed
        ]
        assert set(ways) - {now}, now


def test_leaving_needs_nobodys_consent() -> None:
    for tier in TIERS:
        for by_person in (True, False):
            for trigger in (C, Trigger.OPT_OUT):
                at = Standing(tier, set_by_person=by_person)
                assert may_move(TIERS, at, PARTED, trigger=trigger).allowed


def test_a_change_of_tier_does_not_end_a_pause() -> None:
    resting = Standing("customer", paused=True)
    assert resting.leaves("client") == "customer"
    assert resting.leaves("customer") == PAUSED
    assert resting.leaves(PARTED) == PAUSED
    assert Standing("customer", paused=True, parted=True).leaves("customer") == PARTED


def test_coming_back_as_a_client_is_a_persons_decision_too() -> None:
    gone = Standing("known", parted=True)
    assert not may_move(TIERS, gone, "client", trigger=Trigger.ORDER, reason="x").allowed
    assert not may_move(TIERS, gone, "client", trigger=P).allowed
    assert may_move(TIERS, gone, "client", trigger=P, reason="they came back").allowed


def test_a_tier_taken_out_of_the_file_is_left_with_care() -> None:
    forgotten = Standing("friend")
    assert not may_move(TIERS, forgotten, "known", trigger=P).allowed
    assert may_move(TIERS, forgotten, "known", trigger=P, reason="no such tier now").allowed
    assert not may_move(TIERS, forgotten, "customer", trigger=Trigger.ORDER).allowed


def test_staying_is_no_move() -> None:
    verdict = may_move(TIERS, Standing("known"), "known", trigger=P, reason="x")
    assert not verdict.allowed
    assert "already" in str(verdict.why)


def test_groups_cover_what_their_names_say() -> None:
    assert {row.before for row in TRANSITIONS if isinstance(row.before, Group)} == set(Group)
