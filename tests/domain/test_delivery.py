"""The state machines, a test a row, and when to try again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.delivery import (
    CAMPAIGN_TRANSITIONS,
    EVENT_OF_OUTCOME,
    JITTER,
    LONGEST_WAIT,
    TRANSITIONS,
    CampaignEvent,
    CampaignState,
    DeliveryEvent,
    DeliveryState,
    campaign_sources,
    campaign_target,
    retry_wait,
    sources,
    target,
)
from outreach.domain.feedback import Outcome

ROWS = """
planned    refuse     refused
planned    approve    pending
pending    claim      claimed
pending    cancel     cancelled
claimed    release    pending
claimed    hold       pending
claimed    refuse     refused
claimed    begin      sending
claimed    cancel     cancelled
sending    accept     sent
sending    defer      pending
sending    reject     rejected
sending    lose       uncertain
sending    withdraw   pending
uncertain  accept     sent
uncertain  reject     rejected
uncertain  defer      pending
uncertain  withdraw   pending
uncertain  lose       uncertain
refused    reconsider planned
rejected   retry      pending
uncertain  retry      pending
uncertain  drop       cancelled
"""

CAMPAIGN_ROWS = """
planned   replan  planned
planned   approve active
planned   finish  finished
planned   cancel  cancelled
active    pause   paused
active    finish  finished
active    cancel  cancelled
active    approve active
paused    pause   paused
paused    resume  active
paused    cancel  cancelled
paused    finish  finished
paused    approve active
finished  resume  active
finished  approve active
"""


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_each_transition(row: str) -> None:
    before, event, after = row.split()
    assert TRANSITIONS[DeliveryState(before), DeliveryEvent(event)] == after
    assert DeliveryState(before) in sources(DeliveryEvent(event))
    assert target(DeliveryEvent(event)) == after


def test_there_are_no_other_transitions() -> None:
    assert len(TRANSITIONS) == len(ROWS.strip().splitlines())
    assert len(CAMPAIGN_TRANSITIONS) == len(CAMPAIGN_ROWS.strip().splitlines())


@pytest.mark.parametrize("row", CAMPAIGN_ROWS.strip().splitlines())
def test_each_campaign_transition(row: str) -> None:
    before, event, after = row.split()
    assert CAMPAIGN_TRANSITIONS[CampaignState(before), CampaignEvent(event)] == after
    assert CampaignState(before) in campaign_sources(CampaignEvent(event))
    assert campaign_target(CampaignEvent(event)) == after


@pytest.mark.parametrize("state", ["sent", "cancelled"])
def test_what_is_settled_stays_so(state: str) -> None:
    assert not [known for known, _ in TRANSITIONS if known == state]


def test_nothing_that_may_have_gone_out_can_be_claimed_again_by_itself() -> None:
    """No event leads back but the transport's own word that it did not go, and a person's."""
    back = {event for (state, event), after in TRANSITIONS.items() if after == "pending"}
    from_doubt = {event for state, event in TRANSITIONS if state in ("sending", "uncertain")}
    words = {DeliveryEvent.DEFER, DeliveryEvent.WITHDRAW}
    assert back & from_doubt == words | {DeliveryEvent.RETRY}
    assert (DeliveryState.SENDING, DeliveryEvent.RETRY) not in TRANSITIONS


def test_every_outcome_is_an_event_for_a_mail_being_sent() -> None:
    for outcome in Outcome:
        assert (DeliveryState.SENDING, EVENT_OF_OUTCOME[outcome]) in TRANSITIONS


def test_waits_double_up_to_the_longest() -> None:
    waits = [
        retry_wait(attempt, at_least=timedelta(minutes=30), jitter=0) for attempt in range(1, 7)
    ]
    assert [wait.total_seconds() / 60 for wait in waits] == [30, 60, 120, 240, 240, 240]


@given(
    attempt=st.integers(1, 10_000),
    seconds=st.integers(1, 7 * 86_400),
    jitter=st.floats(0, 1),
)
def test_a_wait_is_never_shorter_than_asked_nor_endless(
    attempt: int, seconds: int, jitter: float
) -> None:
    asked = timedelta(seconds=seconds)
    wait = retry_wait(attempt, at_least=asked, jitter=jitter)
    assert asked <= wait <= max(LONGEST_WAIT, asked) * (1 + JITTER)
