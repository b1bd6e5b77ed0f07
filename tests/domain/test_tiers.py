import re

import pytest

from outreach.domain.mailing import ContentClass
from outreach.domain.tiers import (
    BUILT_IN,
    AnswerWithin,
    AskRule,
    Caps,
    NewsletterRule,
    Tiers,
    avoided,
)
from outreach.domain.tiers_file import read_tiers
from outreach.errors import NotFoundError
from outreach.starter import starter_file

STARTER = starter_file("tiers.toml").read_text(encoding="utf-8")
GIVE, SERVICE, ASK, ALERT = (
    ContentClass.GIVE,
    ContentClass.SERVICE,
    ContentClass.ASK,
    ContentClass.ALERT,
)


@pytest.fixture(scope="module")
def tiers() -> Tiers:
    return read_tiers(STARTER)


def test_the_starter_tiers_stand_in_rising_order(tiers: Tiers) -> None:
    assert tuple(tiers) == BUILT_IN
    assert [tier.rank for tier in tiers.values()] == [0, 1, 2, 3, 4]
    assert [tier.by_person for tier in tiers.values()] == [False, False, False, True, True]
    assert tuple(tiers.roles) == ("partner", "supplier", "payer", "user", "buyer", "patron")


def test_the_starter_promises_are_those_of_the_catalogue(tiers: Tiers) -> None:
    days, hours = "days", "hours"
    assert {name: tier.answer_within for name, tier in tiers.items()} == {
        "known": AnswerWithin(2, days),
        "inquirer": AnswerWithin(1, days),
        "customer": AnswerWithin(2, days),
        "client": AnswerWithin(1, days),
        "counsel": AnswerWithin(4, hours),
    }
    cadence = {name: (t.ideal_every_days, t.at_most_every_days) for name, t in tiers.items()}
    assert cadence == {
        "known": (None, None),
        "inquirer": (None, None),
        "customer": (None, None),
        "client": (60, 90),
        "counsel": (30, 45),
    }
    assert {name: tier.content for name, tier in tiers.items()} == {
        "known": {GIVE},
        "inquirer": {SERVICE, GIVE, ASK},
        "customer": {SERVICE, GIVE, ASK},
        "client": {SERVICE, GIVE, ALERT, ASK},
        "counsel": {SERVICE, GIVE, ALERT},
    }
    assert {name: tier.newsletter for name, tier in tiers.items()} == {
        "known": NewsletterRule.CONFIRMED,
        "inquirer": NewsletterRule.CONFIRMED,
        "customer": NewsletterRule.OPTED_IN,
        "client": NewsletterRule.UNLESS_OPTED_OUT,
        "counsel": NewsletterRule.UNLESS_OPTED_OUT,
    }
    asks = {
        name: (t.asks.rule, t.asks.at_most, t.asks.within and t.asks.within.days)
        for name, t in tiers.items()
    }
    assert asks == {
        "known": (AskRule.NEVER, None, None),
        "inquirer": (AskRule.ABOUT_THEIR_QUESTION, 1, None),
        "customer": (AskRule.FREELY, 1, 30),
        "client": (AskRule.WITH_REASON, 1, 91),
        "counsel": (AskRule.IN_CONVERSATION, None, None),
    }
    assert tiers["client"].asks.gives_per_ask == 3
    assert tiers["counsel"].disclosure
    assert tiers.caps == Caps(1, 2, 6)
    partner = tiers.role_named("partner")
    assert (partner.ideal_every_days, partner.at_most_every_days) == (90, 120)
    assert partner.answer_within == AnswerWithin(1, days)


def test_who_asks_is_answered_as_soon_as_who_pays(tiers: Tiers) -> None:
    assert tiers["inquirer"].answer_within == tiers["client"].answer_within


def test_every_change_of_the_text_is_another_version(tiers: Tiers) -> None:
    assert tiers.hash == read_tiers(STARTER).hash
    assert tiers.hash != read_tiers(STARTER + "# more\n").hash
    assert re.fullmatch(r"[0-9a-f]{64}", tiers.hash)


def test_a_misspelt_name_is_answered_with_a_near_one(tiers: Tiers) -> None:
    with pytest.raises(NotFoundError, match='did you mean "client"'):
        tiers.named("cleint")
    with pytest.raises(NotFoundError, match='did you mean "partner"'):
        tiers.role_named("partnr")


def test_words_that_are_not_said_to_a_tier(tiers: Tiers) -> None:
    assert avoided(tiers.words, "client")["customer"] == "client"
    assert avoided(tiers.words, "client")["valued customer"] == ""
    assert "customer" not in avoided(tiers.words, "customer")
    assert avoided(tiers.words, "known") == dict(tiers.words["everyone"])
