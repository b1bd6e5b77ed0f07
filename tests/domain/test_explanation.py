"""How a condition explains itself."""

from datetime import timedelta

from outreach.domain.condition import AllOf, Condition, InSegment
from outreach.domain.explanation import explain
from outreach.domain.expression import parse
from tests.conftest import NOW
from tests.domain.test_condition import ANNA, VOCABULARY


def test_an_explanation_shows_each_part_and_what_it_looked_at() -> None:
    where = parse('tier == "client" and (country == "DE" or last_touch < days_ago(90))', VOCABULARY)
    finding = explain(where, ANNA, NOW)
    assert not finding.holds
    first, second = finding.parts
    assert (first.text, first.holds) == ('tier == "client"', True)
    assert first.facts == (("tier", "client"),)
    assert [part.holds for part in second.parts] == [False, False]
    assert second.parts[0].facts == (("country", None),)
    assert second.parts[1].facts == (
        ("last_touch", NOW - timedelta(days=60)),
        ("days_ago(90)", NOW - timedelta(days=90)),
    )


def test_an_explanation_goes_into_other_segments() -> None:
    clients: Condition = parse('tier == "client"', VOCABULARY)
    finding = explain(AllOf((InSegment("clients", clients),)), ANNA, NOW)
    assert finding.parts[0].text == 'in_segment("clients")'
    assert finding.parts[0].parts[0].text == 'tier == "client"'
