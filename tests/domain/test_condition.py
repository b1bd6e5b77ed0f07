"""What a condition means for one contact, and how it reads."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.condition import (
    ALWAYS_KNOWN,
    FIELDS,
    Field,
    Kind,
    fold,
)
from outreach.domain.contact import AttributeType, AttributeValue, Contact, Receipt, Touch
from outreach.domain.expression import parse
from outreach.domain.terms import Vocabulary
from tests.conftest import NOW

VOCABULARY = Vocabulary(
    {
        "plan": AttributeType.TEXT,
        "seats": AttributeType.NUMBER,
        "vip": AttributeType.BOOL,
        "renewal": AttributeType.DATE,
        "tags": AttributeType.LIST,
    }
)
ANNA = Contact(
    id=1,
    email="Anna.B@Example.com",
    tier="client",
    created_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC),
    updated_at=NOW,
    first_name="Änna",
    company="Müller & Söhne (50% _off_)",
    roles=frozenset({"partner"}),
    interests=frozenset({"tax"}),
    last_touch=NOW - timedelta(days=60),
    touches=(
        Touch(at=NOW - timedelta(days=5), direction="both", channel="call", kind="call"),
        Touch(at=NOW - timedelta(days=50), direction="out", channel="mail", kind="newsletter"),
    ),
    receipts=(
        Receipt(key="newsletter@2026-11", series="newsletter", sent_at=NOW - timedelta(days=30)),
    ),
    received=frozenset({"newsletter@2026-11"}),
    attributes={"plan": "pro", "seats": 12, "vip": False, "tags": ("a", "B")},
)


def asked(where: str, contact: Contact = ANNA) -> bool:
    return parse(where, VOCABULARY).matches(contact, NOW)


@pytest.mark.parametrize(
    "where",
    [
        'tier in ["client", "counsel"] and "tax" in interests',
        'company is contains "MÜLLER" and company is contains "50% _OFF_"',
        'company is not contains "50x" and company is not contains "muller"',
        'email == "ANNA.B@example.com" and email_domain == "EXAMPLE.com"',
        'email is endswith "@EXAMPLE.COM" and email is startswith "anna."',
        'first_name|lower == "änna" and first_name != "änna"',
        'created_at <= date("2026-01-31") and created_at == date("2026-01-31")',
        'not created_at < date("2026-01-31") and created_at < date("2026-02-01")',
        "last_touch <= days_ago(60) and not last_touch < days_ago(60) and last_touch < now",
        "days_ago(61) < last_touch < days_ago(59)",
        'touched(since=days_ago(7), direction="in") and touched(channel="mail", direction="out")',
        'not touched(direction="in", channel="mail") and not touched(before=days_ago(50))',
        'touched(since=days_ago(50), before=days_ago(49), kind="newsletter", personal=false)',
        'received("newsletter@2026-11") and not received("newsletter@2026-12")',
        'received_since(days_ago(30)) and not received_since(days_ago(29), series="newsletter")',
        'not received(series="hello") and received(since=date("2026-11-01"))',
        'not received("newsletter@2026-11", series="hello")',
        'attributes.plan == "pro" and attributes.seats > 11.5 and not attributes.vip',
        'attributes.vip == false and attributes.renewal is none and "a" in attributes.tags',
        '"b" not in attributes.tags and opted_out is empty and roles is not empty',
        "true and not false",
    ],
)
def test_true_of_anna(where: str) -> None:
    assert asked(where)


@pytest.mark.parametrize(
    "question",
    [
        'country == "DE"',
        'country in ["DE", "AT"]',
        'last_name is contains "x"',
        'last_name|lower == "x"',
        "last_name == job_title",
        "last_reply < now",
        "last_reply > days_ago(9000)",
        'last_reply == date("2026-01-01")',
        "attributes.renewal < days_ahead(9)",
        "replied_since(days_ago(36525))",
    ],
)
def test_what_is_not_known_fulfils_nothing_and_its_opposite_is_true(question: str) -> None:
    assert asked(question) is False
    assert asked(f"not ({question})") is True


def test_unequal_and_not_in_are_the_opposites_of_equal_and_in() -> None:
    assert asked('country != "DE"')
    assert asked('country not in ["DE"]')
    assert asked("last_name != job_title")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plan", 3),
        ("plan", True),
        ("seats", "12"),
        ("seats", True),
        ("vip", 1),
        ("vip", "true"),
        ("renewal", "soon"),
        ("renewal", "2026-1-1"),
        ("renewal", 20260101),
    ],
)
def test_an_attribute_of_another_type_is_not_known(name: str, value: AttributeValue) -> None:
    assert asked(f"attributes.{name} is none", replace(ANNA, attributes={name: value}))


def test_a_list_that_is_none_is_empty() -> None:
    assert asked("attributes.tags is empty", replace(ANNA, attributes={"tags": "a"}))
    assert asked("attributes.tags is empty", replace(ANNA, attributes={}))


def test_a_date_may_come_as_a_date_or_as_its_text() -> None:
    for value in (NOW.date(), NOW.date().isoformat()):
        contact = replace(ANNA, attributes={"renewal": value})
        assert asked("attributes.renewal == now", contact)
        assert asked('attributes.renewal in [date("2026-12-01")]', contact)


@pytest.mark.parametrize("where", ["touched()", 'received(series="n")'])
def test_facts_that_were_not_loaded_are_a_mistake_and_no_answer(where: str) -> None:
    with pytest.raises(ValueError, match="loaded without"):
        asked(where, replace(ANNA, touches=None, receipts=None))


def test_every_field_is_one_of_a_contact_and_of_its_type() -> None:
    kinds = {Kind.TEXT: str, Kind.INSTANT: datetime, Kind.LIST: frozenset, Kind.BOOL: bool}
    for name, kind in FIELDS.items():
        value = Field(name).value(ANNA, NOW)
        assert value is None or isinstance(value, kinds.get(kind, int)), name
        assert value is not None or name not in ALWAYS_KNOWN, name


def test_letters_are_the_same_in_pairs_only() -> None:
    pairs: dict[str, set[str]] = {}
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        folded = fold(letter)
        assert len(folded) == 1
        assert fold(folded) == folded
        if folded != letter:
            pairs.setdefault(folded, set()).add(letter)
    assert all(len(others) == 1 for others in pairs.values())
    assert pairs["é"] == {"É"}
    assert pairs["ж"] == {"Ж"}
    assert "ß" not in pairs
    assert fold("STRASSE \u212a") == "strasse \u212a"
