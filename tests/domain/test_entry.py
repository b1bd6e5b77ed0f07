"""Cells become values, or say why not."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain import entry
from outreach.domain.contact import AttributeType, ConsentStatus
from outreach.domain.entry import ConsentEntry, DateOrder, Entry


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("  Ann ", "Ann"),
        ("Ann\u00a0Lee", "Ann Lee"),
        ("Ann\r\nLee\t", "Ann Lee"),
        ("\u202eevil\u202c", "evil"),
        ("\ufeffAnn", "Ann"),
        ("نور", "نور"),
        ("   ", None),
    ],
)
def test_text_is_one_clean_line(cell: str, value: str | None) -> None:
    assert entry.text(cell) == value


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a\x00b", "control character (U+0000)"),
        ("caf\udce9", "a byte (0xE9) that the encoding lacks"),
        ("x" * 1001, "1001 characters long"),
    ],
)
def test_text_refuses(cell: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        entry.text(cell)
    assert reason in str(caught.value)


@given(st.text())
def test_text_never_keeps_a_control_character(cell: str) -> None:
    try:
        kept = entry.text(cell)
    except ValueError:
        return
    assert kept is None or (kept == kept.strip() and not set(kept) & set("\r\n\x00\x1b\u202e"))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        ("-7", -7),
        ("1.5", 1.5),
        ("12,5", 12.5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1 234 567", 1234567),
        ("1'234.5", 1234.5),
        ("0,125", 0.125),
        ("2.0", 2),
    ],
)
def test_numbers_in_the_ways_people_write_them(cell: str, value: float) -> None:
    assert entry.number(cell) == value


@pytest.mark.parametrize("cell", ["a dozen", "1,234", "nan", "inf", "1e999", "1.2.3", "٣", ""])
def test_what_is_no_number_or_could_be_two_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"no number|could be|too large"):
        entry.number(cell)


@pytest.mark.parametrize(
    ("cell", "order", "day"),
    [
        ("2026-12-31", None, date(2026, 12, 31)),
        ("31.12.2026", None, date(2026, 12, 31)),
        ("3. 4. 2026", None, date(2026, 4, 3)),
        ("31/12/2026", None, date(2026, 12, 31)),
        ("12/31/2026", None, date(2026, 12, 31)),
        ("03/04/2026", DateOrder.DAY_FIRST, date(2026, 4, 3)),
        ("03/04/2026", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("04/04/2026", None, date(2026, 4, 4)),
    ],
)
def test_dates(cell: str, order: DateOrder | None, day: date) -> None:
    assert entry.calendar_day(cell, order) == day


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("03/04/2026", "two days"),
        ("31.02.2026", "no day of the calendar"),
        ("next week", "no date"),
        ("0026-01-01", "no day of the calendar"),
    ],
)
def test_dates_refused(cell: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        entry.calendar_day(cell, None)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-07-01 12:30", datetime(2026, 7, 1, 10, 30, tzinfo=UTC)),
        ("2026-07-01T12:30:05.123Z", datetime(2026, 7, 1, 12, 30, 5, 123000, tzinfo=UTC)),
        ("2026-07-01 12:30:05 +05:30", datetime(2026, 7, 1, 7, 0, 5, tzinfo=UTC)),
        ("7/1/2026 1:05 PM", datetime(2026, 7, 1, 11, 5, tzinfo=UTC)),
        ("1782864000", datetime(2026, 7, 1, tzinfo=UTC)),
        ("1782864000000", datetime(2026, 7, 1, tzinfo=UTC)),
    ],
)
def test_instants(cell: str, moment: datetime) -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert entry.instant(cell, DateOrder.MONTH_FIRST, zone) == moment


@pytest.mark.parametrize("cell", ["2026-07-01 25:00", "2026-07-01 noon", "2026-07-01 12:30 +99:99"])
def test_instants_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        entry.instant(cell, None, UTC)


@pytest.mark.parametrize(
    ("cell", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin ", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("america_slash_new_york", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
    ],
)
def test_zones(cell: str, zone: str) -> None:
    assert entry.timezone(cell) == zone


def test_a_wrong_zone_suggests_the_right_one() -> None:
    with pytest.raises(ValueError, match=r'did you mean "Europe/London"\?'):
        entry.timezone("Europe/Lonodn")


@pytest.mark.parametrize(
    ("cell", "code"),
    [("DE", "DE"), ("gb", "GB"), ("UK", "GB"), ("Deutschland", "DE"), ("Svezia", "SE"),
     ("Stany Zjednoczone", "US"), ("deu", "DE"), ("États-Unis", "US")],
)  # fmt: skip
def test_countries(cell: str, code: str) -> None:
    assert entry.country(cell) == code


@pytest.mark.parametrize(
    ("cell", "tag"), [("de_AT", "de-AT"), ("PT-br", "pt-BR"), ("ZH-HANT-tw", "zh-Hant-TW")]
)
def test_locales(cell: str, tag: str) -> None:
    assert entry.locale(cell) == tag


@pytest.mark.parametrize("cell", ["German", "d", "de/AT"])
def test_what_is_no_locale(cell: str) -> None:
    with pytest.raises(ValueError, match="no language tag"):
        entry.locale(cell)


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("tax, law", ("tax", "law")),
        ("tax; law, the old one", ("tax", "law, the old one")),
        ('"a, b","c"', ("a, b", "c")),
        ("a ::: * myContacts", ("a", "* myContacts")),
        ("a,,a, ", ("a",)),
    ],
)
def test_lists(cell: str, values: tuple[str, ...]) -> None:
    assert entry.items(cell) == values


@pytest.mark.parametrize(
    ("cell", "scopes"),
    [("yes", ("everything",)), ("0", ()), ("newsletters; items", ("newsletters", "items")),
     ("series:weekly", ("series:weekly",))],
)  # fmt: skip
def test_opt_outs(cell: str, scopes: tuple[str, ...]) -> None:
    assert entry.scopes(cell) == scopes


def test_an_unknown_opt_out_is_not_taken_for_none() -> None:
    with pytest.raises(ValueError, match="newsletters"):
        entry.scopes("newsleters")


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Ann Lee", ("Ann", "Lee")),
        ("Lee, Ann Mary", ("Ann Mary", "Lee")),
        ("Ann", ("Ann", None)),
        ("王小明", ("王小明", None)),
    ],
)
def test_full_names(cell: str, names: tuple[str | None, str | None]) -> None:
    assert entry.person_name(cell) == names


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["yes", "no"], AttributeType.BOOL),
        (["1", "0"], AttributeType.NUMBER),
        (["12", "3.5", ""], AttributeType.NUMBER),
        (["0012", "0013"], AttributeType.TEXT),
        (["2026-01-02"], AttributeType.DATE),
        (["a; b", "c"], AttributeType.LIST),
        ([], AttributeType.TEXT),
    ],
)
def test_the_likely_type_of_a_column(cells: list[str], kind: AttributeType) -> None:
    assert entry.likely_type(cells) is kind


def test_a_later_row_fills_in_and_never_overwrites() -> None:
    granted = ConsentEntry(status=ConsentStatus.GRANTED)
    withdrawn = ConsentEntry(status=ConsentStatus.WITHDRAWN)
    first = Entry(2, "a@x.example", "a@x.example", {"company": "A"}, {}, consent=granted)
    later = Entry(
        9,
        "a@x.example",
        "a@x.example",
        {"company": "B", "phone": "1"},
        {"plan": "gold"},
        opted_out=("everything",),
        consent=withdrawn,
    )
    first.fill_in(later)
    assert first.fields == {"company": "A", "phone": "1"}
    assert first.attributes == {"plan": "gold"}
    assert first.opted_out == ("everything",)
    assert first.consent is withdrawn
