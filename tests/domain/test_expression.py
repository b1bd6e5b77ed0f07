"""The language of segments: what is accepted, and that the rest is refused with help."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.condition import FIELDS, Condition, Kind
from outreach.domain.contact import AttributeType
from outreach.domain.expression import (
    MAX_CONSTANTS,
    MAX_DEPTH,
    MAX_QUESTIONS,
    parse,
)
from outreach.domain.terms import FUNCTIONS, MAX_TEXT, Vocabulary
from outreach.errors import ConfigError, NotFoundError

VOCABULARY = Vocabulary(
    {
        "plan": AttributeType.TEXT,
        "seats": AttributeType.NUMBER,
        "vip": AttributeType.BOOL,
        "renewal": AttributeType.DATE,
        "tags": AttributeType.LIST,
    },
    tiers=("known", "inquirer", "customer", "client", "counsel"),
    roles=("partner", "supplier"),
)
REFERENCE = (Path(__file__).parents[2] / "docs" / "segments.md").read_text(encoding="utf-8")


def other(name: str) -> Condition:
    if name != "clients":
        raise NotFoundError(f'there is no segment "{name}"', hint='did you mean "clients"?')
    return parse('tier == "client"', VOCABULARY)


@pytest.mark.parametrize(
    ("where", "column", "message", "hint"),
    [
        ("last_tuch is none", 1, 'no field "last_tuch"', '"last_touch"'),
        ('tier == "clinet"', 9, 'tier cannot be "clinet"', '"client"'),
        ('"patner" in roles', 1, 'roles cannot be "patner"', '"partner"'),
        ('consent == "yes"', 12, 'consent cannot be "yes"', "granted"),
        ('consent_basis in ["express", "vibes"]', 30, 'cannot be "vibes"', "confirmed"),
        ('"newsletter" in opted_out', 1, 'cannot be "newsletter"', '"newsletters"'),
        ('"Tax" in interests', 1, "lower case", '"tax"'),
        ('country == "de"', 12, 'country cannot be "de"', "DE"),
        ('email == "anna"', 10, "cannot be an email", ""),
        ('email_domain == "ö ö"', 17, "cannot be an email_domain", ""),
        ("id == 1.5", 7, "id cannot be 1.5", "whole number"),
        ("plan == 'x'", 1, 'no field "plan"', "attributes.plan"),
        ("attributes.pln == 'x'", 1, 'no attribute "pln"', '"plan"'),
        ("attributes.zzz == 'x'", 1, 'no attribute "zzz"', "outreach.toml"),
        ("attributes.tier == 'x'", 1, 'no attribute "tier"', "`tier`"),
        ("attributes['plan'] == 'x'", 1, "only attributes have parts", "attributes.NAME"),
        ("attributes == 'x'", 1, "which attribute?", "attributes.NAME"),
        ("tier.name == 'x'", 1, "only attributes have parts", ""),
        ("client == tier", 1, 'no field "client"', "quotation marks"),
        ("True and TRUE", 10, 'no field "TRUE"', "lower case"),
        ('last_touch < "2026-01-01"', 14, "cannot be compared with a text", 'date("2026-01-01")'),
        ("last_touch < 30", 14, "cannot be compared with a number", "days_ago(30)"),
        ("created_at > 2026", 14, "a number", 'date("2026-01-01")'),
        ("attributes.seats == '12'", 21, "a number and cannot be", "quotation marks: 12"),
        ("attributes.plan == 12", 20, "a text and cannot be", '"12"'),
        ("attributes.vip == 'yes'", 19, "true or false", "not attributes.vip"),
        ("roles == 'partner'", 10, "a list of texts", '"partner" in roles'),
        ("roles == interests", 1, "is a list", "in roles"),
        ('company < "M"', 1, "texts have no order", "startswith"),
        ("attributes.vip < true", 1, "true or false", "not attributes.vip"),
        ("tier == none", 9, "compared with none", "tier is none"),
        ("none != last_reply", 1, "compared with none", "last_reply is not none"),
        ("now < days_ago(3)", 1, "asks nothing about a contact", "field"),
        ("'a' in 'abc'", 8, "not a list", ""),
        ('"gmbh" in company', 11, "not a list", 'company is contains "gmbh"'),
        ('tier in "client"', 9, "not a list", 'tier in ["client"]'),
        ("owner in roles", 1, "only a text", ""),
        ("1 in attributes.tags", 1, "only a text", ""),
        ("tier in [owner]", 10, "no constant", "constants only"),
        ("last_touch in [now]", 1, "`in` cannot ask that", ""),
        ("roles in ['partner']", 1, "`in` cannot ask that", '"something" in roles'),
        ("attributes.seats in [1, '2', 3, none]", 25, "cannot be a text", "2"),
        ("'x' in ['x']", 1, "is a constant", ""),
        ("company is startswit 'x'", 12, 'no test "startswit"', '"startswith"'),
        ("company is not null", 16, 'no test "null"', "is not none"),
        ("suppressed is true", 15, 'no test "true"', "`suppressed`"),
        ("tier is in ['client']", 9, 'no test "in"', 'without "is"'),
        ("company is contains", 12, "needs a text", 'is contains "x"'),
        ("company is contains 3", 21, "a text is needed", ""),
        ("company is contains ''", 21, "empty text", "is not none"),
        ("company is contains('a', 'b')", 12, "needs a text", ""),
        ("company is contains(x='a')", 12, "no named values", ""),
        ("roles is contains 'x'", 1, "not a text", '"x" in roles'),
        ("roles is none", 1, "is a list", "roles is empty"),
        ("company is empty", 1, "is no list", "company is none"),
        ("tier is none", 1, "never none", "leave"),
        ("company is none 'x'", 17, "takes nothing", ""),
        ("'x' is none", 1, "is a constant", ""),
        ("company.startswith('x')", 1, 'no method "startswith"', 'company is startswith "x"'),
        ("company|upper == 'X'", 9, 'no filter "upper"', "lower"),
        ("company|lower", 9, "compare", 'company|lower == "acme"'),
        ("company|lower == 'Acme'", 18, "never equals", '"acme"'),
        ("company|lower < 'a'", 1, "no order", ""),
        ("company|lower(1) == 'a'", 9, "in brackets", ""),
        ("'A'|lower == 'a'", 1, "is a text", "field"),
        ("roles|lower == 'a'", 1, "is a list", "field"),
        ("company|lower == owner", 18, "a text is needed", ""),
        ("tier", 1, "not a condition", "tier is not none"),
        ("roles", 1, "not a condition", "roles is not empty"),
        ("'x'", 1, "not a condition", ""),
        ("days_ago(3)", 1, "no condition", "compare"),
        ("touched", 1, "is a function", "touched("),
        ("tuched()", 1, 'no function "tuched"', '"touched"'),
        ("now() > last_touch", 1, 'no function "now"', "without brackets"),
        ("__import__('os').system('x')", 1, "only functions", ""),
        ("touched(days=30)", 14, 'does not take "days"', "since"),
        ("touched(days_ago(3))", 9, "does not take this", "touched("),
        ("touched(channel='phone')", 17, 'channel cannot be "phone"', "call"),
        ("touched(direction='inn')", 19, 'direction cannot be "inn"', '"in"'),
        ("touched(personal='yes')", 18, "true or false", "personal=true"),
        ("touched(since='yesterday')", 15, "not a moment", "days_ago"),
        ("touched(since=touched())", 15, "is true or false", ""),
        ("touched(*roles)", 1, "* and **", ""),
        ("received(3)", 10, "a text is needed", ""),
        ("received('a', 'b')", 15, "does not take this", ""),
        ("received('a', key='b')", 19, 'takes "key" once', ""),
        ("received_since()", 1, "needs a moment", "received_since("),
        ("replied_since()", 1, "needs a moment", "replied_since("),
        ("in_segment()", 1, "needs a name", "in_segment("),
        ("in_segment(clients)", 12, "a text is needed", ""),
        ("in_segment('cleints')", 12, 'no segment "cleints"', '"clients"'),
        ("last_touch < days_ago(-1)", 23, "whole number of days", "days_ahead"),
        ("last_touch < days_ago(1.5)", 23, "whole number of days", ""),
        ("last_touch < days_ago(99999)", 23, "from 0 to 36525", ""),
        ("last_touch < days_ago()", 14, "needs a value", "days_ago(30)"),
        ("last_touch < date('2026-02-30')", 19, "no calendar date", ""),
        ("last_touch < date('9999-12-31')", 19, "no calendar date", ""),
        ("last_touch < date('٢٠٢٦-٠١-٠١')", 19, "no calendar date", ""),
        ("last_touch < now - 3", 14, "no arithmetic", ""),
        ("attributes.seats == 1 + 1", 21, "no arithmetic", ""),
        ("company ~ 'x' == 'ax'", 1, "no arithmetic", ""),
        ("-attributes.seats < 3", 1, "no arithmetic", ""),
        ("attributes.seats < 2 ** 9999999", 20, "no arithmetic", ""),
        ("attributes.seats < 9007199254740992", 20, "too large", "9007199254740991"),
        ("attributes.seats < 1e999", 20, "too large", ""),
        ("tier == 'client' if suppressed else true", 1, '"if" cannot be used', ""),
        ("tier == ('client' if suppressed else 'x')", 10, '"if" cannot be used', ""),
        ("{'a': 1}", 1, "condition cannot stand here", ""),
        ("tier == (suppressed and suppressed)", 10, "condition cannot stand here", "brackets"),
        ("(tier == 'client') == true", 2, "condition cannot stand here", ""),
        ("company == 'a\\x00b'", 12, "NUL", ""),
        ("company == 'a\\ud800b'", 12, "surrogate", ""),
        ("company == '" + "a" * (MAX_TEXT + 1) + "'", 12, "longer than 1,000", ""),
        ("not (" * 60 + "suppressed" + ")" * 60, 251, "deeper than 50", ""),
        (" or ".join(["suppressed"] * (MAX_QUESTIONS + 1)), 1, "501 conditions", "role"),
        (f"id in {[1] * (MAX_CONSTANTS + 1)}", 1, "5,001 values", "role"),
    ],
)
def test_what_is_refused_where_and_with_which_hint(
    where: str, column: int, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(where, VOCABULARY, others=other, source="here")
    (problem,) = caught.value.problems[:1]
    assert message in problem.message
    assert (problem.source, problem.line, problem.column) == ("here", 1, column), problem
    assert hint in (problem.hint or "")


def test_all_problems_are_told_at_once_in_order_with_their_lines() -> None:
    where = 'tier == "x"\nand (foo or\n  not bar(3))\nand last_touch < 3 and in_segment("q")'
    with pytest.raises(ConfigError) as caught:
        parse(where, VOCABULARY, others=other)
    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert places == [(1, 9), (2, 6), (3, 7), (4, 18), (4, 35)]


def test_a_wrong_value_among_many_is_named_by_itself() -> None:
    with pytest.raises(ConfigError) as caught:
        parse('tier in ["client", "a", 3, "b"]', VOCABULARY)
    assert [problem.column for problem in caught.value.problems] == [20, 25, 28]


def test_nested_conditions_and_many_of_them_are_fine_within_the_limits() -> None:
    parse("not (" * (MAX_DEPTH - 1) + "suppressed" + ")" * (MAX_DEPTH - 1), VOCABULARY)
    parse(" or ".join(["suppressed"] * MAX_QUESTIONS), VOCABULARY)


def test_the_limits_hold_for_other_segments_too() -> None:
    many = parse(" or ".join(["suppressed"] * MAX_QUESTIONS), VOCABULARY)
    with pytest.raises(ConfigError, match="501 conditions"):
        parse('in_segment("many") or suppressed', VOCABULARY, others=lambda _: many)
    deep = parse("not (" * (MAX_DEPTH - 1) + "suppressed" + ")" * (MAX_DEPTH - 1), VOCABULARY)
    with pytest.raises(ConfigError, match="deeper than 50"):
        parse('in_segment("deep")', VOCABULARY, others=lambda _: deep)


def test_without_other_segments_none_can_be_asked_about() -> None:
    with pytest.raises(ConfigError, match="cannot be asked about here"):
        parse('in_segment("clients")', VOCABULARY)


def test_without_declared_tiers_any_is_taken() -> None:
    assert str(parse('tier == "gold"', Vocabulary())) == 'tier == "gold"'


@pytest.mark.parametrize(
    ("where", "reads"),
    [
        ("days_ago(90) <= last_touch", "last_touch >= days_ago(90)"),
        ("days_ago(0) > last_touch", "last_touch < now"),
        ("email == 'ANNA@Example.COM'", 'email == "anna@example.com"'),
        (
            "email not in ['A@example.com', 'b@example.com']",
            'email not in ["a@example.com", "b@example.com"]',
        ),
        ("email_domain == 'MÜLLER.de'", 'email_domain == "xn--mller-kva.de"'),
        ("not tier == 'client'", 'tier != "client"'),
        ("replied_since(days_ago(3))", "last_reply >= days_ago(3)"),
        ("received_since(now, series='n')", 'received(series="n", since=now)'),
        ("tier in ()", "false"),
        (
            "(tier == 'client' and suppressed) and (true or not (suppressed or false))",
            'tier == "client" and suppressed and (true or not (suppressed or false))',
        ),
    ],
)
def test_what_an_expression_reads_as(where: str, reads: str) -> None:
    condition = parse(where, VOCABULARY)
    assert str(condition) == reads
    assert parse(str(condition), VOCABULARY) == condition


def check_places(error: ConfigError) -> None:
    assert all(problem.line and problem.column for problem in error.problems)


@given(st.text("abt()[]{}<>=!|&'\"\\.,:%#~-+*/ \n019eé\0") | st.text())
def test_no_text_makes_it_fail_in_another_way(where: str) -> None:
    try:
        parse(where, VOCABULARY, others=other)
    except ConfigError as error:
        check_places(error)


PIECES = ["tier", "roles", "==", "in", "not", "is", "none", "empty", "(", ")", "[", "]", ",", "|",
          '"x"', "3", "now", "and", "or", "touched(", "lower", "attributes.", "plan", "last_touch",
          "<", "since=", "days_ago(", ".", "if", "else", "contains", "-", "+", "true"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=15).map(" ".join))
def test_no_sequence_of_words_makes_it_fail_in_another_way(where: str) -> None:
    try:
        condition = parse(where, VOCABULARY, others=other)
    except ConfigError as error:
        check_places(error)
    else:
        assert parse(str(condition), VOCABULARY, others=other) == condition


def test_every_example_in_the_reference_is_accepted() -> None:
    (block,) = re.findall(r"```jinja\n(.*?)```", REFERENCE, re.DOTALL)
    examples = block.strip().splitlines()
    assert len(examples) > 10
    for example in examples:
        parse(example, VOCABULARY, others=other)


def test_the_reference_names_every_field_with_its_type_and_every_function() -> None:
    told = {
        name: kind
        for kind, names in re.findall(r"^\| (\w[\w ]+) \| ((?:`\w+` ?)+) \|$", REFERENCE, re.M)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told == {name: kind.value for name, kind in FIELDS.items()}
    assert set(told.values()) == {kind.value for kind in Kind if kind is not Kind.DATE}
    for function in FUNCTIONS:
        assert f"`{function}(" in REFERENCE, function
