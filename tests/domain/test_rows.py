"""From cells to an entry: what is taken, and every reason why a row is not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus
from outreach.domain.entry import ConsentEntry, Entry
from outreach.domain.presets import map_columns
from outreach.domain.rows import RowError, RowParser, Rules

TYPES = {"seats": AttributeType.NUMBER, "plan": AttributeType.TEXT, "tags": AttributeType.LIST}
GENERAL = ConsentEntry(
    status=ConsentStatus.GRANTED, basis=ConsentBasis.CONTRACT, evidence="the contract"
)


def parser(header: str, **rules: object) -> RowParser:
    mapping = map_columns(header.split(","), [], file_name="people.csv", attributes=TYPES)
    settings: dict[str, object] = {
        "attributes": TYPES,
        "tiers": ("known", "customer", "client"),
        "roles": ("partner",),
        **rules,
    }
    return RowParser(mapping, Rules(**settings))  # type: ignore[arg-type]


def entry(header: str, *cells: str, **rules: object) -> Entry:
    return parser(header, **rules).parse(2, cells)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "there is no address"),
        ("ann", "@-sign"),
        ("ann@x.example\nBcc: bob@y.example", "control character (U+000A)"),
        ("ann@x.example\r", None),
        ("a\x00nn@x.example", "control character"),
        ("=?utf-8?q?ann=0a?=@x.example", "encoded-word"),
        ("caf\udce9@x.example", "not a mail address"),
        ("x" * 2000 + "@x.example", "characters long"),
    ],
)
def test_addresses(address: str, reason: str | None) -> None:
    if reason is None:
        assert entry("Email", address).normalised == "ann@x.example"
        return
    with pytest.raises(RowError) as caught:
        entry("Email", address)
    assert reason in str(caught.value)


def test_every_problem_of_a_row_is_named_with_its_column() -> None:
    header = "Email,Time zone,Country,Seats,Tier,Roles,Created at,Opted out"
    with pytest.raises(RowError) as caught:
        entry(
            header, "ann", "Mars/Olympus", "Narnia", "many", "clinet", "partnr", "soon", "perhaps"
        )
    text = str(caught.value)
    for part in (
        "not a mail address",
        "Time zone: 'Mars/Olympus'",
        "Country: 'Narnia'",
        "Seats: 'many' is no number",
        "Tier: there is no tier 'clinet' (did you mean \"client\"?)",
        "Roles: there is no role 'partnr' (did you mean \"partner\"?)",
        "Created at: 'soon'",
        "Opted out: 'perhaps'",
    ):
        assert part in text


def test_cells_of_white_space_say_nothing() -> None:
    found = entry("Email,First name,Seats,Tier,Interests,Consent", "a@x.example", *[" \t "] * 5)
    assert (found.fields, found.attributes, found.tier) == ({}, {}, None)
    assert (found.interests, found.consent) == ((), None)


def test_the_first_further_address_serves_where_the_first_is_missing() -> None:
    found = entry("Email,Also email", "", "B@x.example; c@x.example")
    assert (found.address, found.normalised) == ("B@x.example", "b@x.example")
    assert found.more_addresses == (("c@x.example", "c@x.example"),)
    found = entry("Email,Also email", "a@x.example", "A@x.example; c@x.example; C@x.example")
    assert found.more_addresses == (("c@x.example", "c@x.example"),)
    with pytest.raises(RowError, match="Also email"):
        entry("Email,Also email", "a@x.example", "nobody")


def test_a_general_consent_is_not_for_those_who_left() -> None:
    header = "Email,Opted out"
    assert entry(header, "a@x.example", "no", consent=GENERAL).consent is GENERAL
    assert entry(header, "a@x.example", "newsletters", consent=GENERAL).consent is GENERAL
    assert entry(header, "a@x.example", "yes", consent=GENERAL).consent is None


def test_a_consent_column_outranks_the_general_one() -> None:
    header = "Email,Consent,Consent evidence"
    assert entry(header, "a@x.example", "", "", consent=GENERAL).consent is GENERAL
    assert entry(header, "a@x.example", "none", "", consent=GENERAL).consent is None
    granted = entry(header, "a@x.example", "granted", "their mail", consent=GENERAL).consent
    assert granted is not None
    assert (granted.basis, granted.evidence) == (ConsentBasis.CONTRACT, "their mail")
    ticked = entry(header, "a@x.example", "ja", "box on the form").consent
    assert ticked is not None
    assert ticked.basis is ConsentBasis.EXPRESS


def test_an_ip_address_is_kept_in_its_plain_form() -> None:
    header = "Email,Consent,Consent evidence,Consent IP,Consent at"
    found = entry(
        header, "a@x.example", "express", "form", "2001:DB8:0:0::1%eth0", "2026-01-02 03:04"
    ).consent
    assert found is not None
    assert found.ip_address == "2001:db8::1"
    assert found.occurred_at == datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    with pytest.raises(RowError, match="no IP address"):
        entry(header, "a@x.example", "express", "form", "999.1.1.1", "")


HEADER = (
    "Email,First name,Name,Phone,Time zone,Country,Locale,Seats,Tags,Tier,Roles,Interests,"
    "Created at,Note,Consent,Consent at,Opted out,Also email"
)


@given(st.lists(st.text(max_size=30), min_size=18, max_size=18))
def test_hostile_cells_give_a_clean_entry_or_a_reason(cells: list[str]) -> None:
    cells[0] = cells[0] if "@" in cells[0] else "a@x.example"
    try:
        found = parser(HEADER).parse(2, cells)
    except RowError:
        return  # what it says is for the tests above; anything else that is raised is a fault
    texts = [found.address, *found.fields.values(), *found.interests]
    assert not any(set(text) & set("\x00\r\n\x1b") for text in texts)
    assert all(text == text.strip() and text for text in texts)
