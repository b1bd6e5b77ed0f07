"""Dates, times, numbers and money as ten locales write them, two of them from right to left."""

import pytest

from tests.rendering.mail import contact, text

HEAD = "subject: x\nday: 2026-12-31\nnumber: 1234567.891\nshare: 0.256"
BODY = """\
{{ day | date("full") }}
{{ day | date("short") }}
{{ number | number(2) }}
{{ number | money("EUR") }}
{{ 1234 | money("JPY") }}
{{ share | percent(1) }}
{{ now | time }}"""
# No-break spaces are written as ~, and narrow ones as _.
TABLE = {
    "en-US": """\
Thursday, December 31, 2026
12/31/26
1,234,567.89
€1,234,567.89
¥1,234
25.6%
10:00_AM""",
    "en-GB": """\
Thursday, 31 December 2026
31/12/2026
1,234,567.89
€1,234,567.89
JP¥1,234
25.6%
10:00""",
    "de": """\
Donnerstag, 31. Dezember 2026
31.12.26
1.234.567,89
1.234.567,89~€
1.234~¥
25,6~%
10:00""",
    "de-CH": """\
Donnerstag, 31. Dezember 2026
31.12.26
1’234’567.89
EUR~1’234’567.89
¥~1’234
25.6%
10:00""",
    "sv": """\
torsdag 31 december 2026
2026-12-31
1~234~567,89
1~234~567,89~€
1~234~JPY
25,6~%
10:00""",
    "fr": """\
jeudi 31 décembre 2026
31/12/2026
1_234_567,89
1_234_567,89~€
1_234~JPY
25,6~%
10:00""",
    "pt-BR": """\
quinta-feira, 31 de dezembro de 2026
31/12/2026
1.234.567,89
€~1.234.567,89
JP¥~1.234
25,6%
10:00""",
    "ja": """\
2026年12月31日木曜日
2026/12/31
1,234,567.89
€1,234,567.89
￥1,234
25.6%
10:00""",
    "hi": """\
गुरुवार, 31 दिसंबर 2026
31/12/26
12,34,567.89
€12,34,567.89
JP¥1,234
25.6%
10:00 am""",
    "ar-EG": """\
الخميس، 31 ديسمبر 2026
31\u200f/12\u200f/2026
1,234,567.89
\u200f1,234,567.89~€
\u200f1,234~JP¥
25.6%
10:00 ص""",
    "he": """\
יום חמישי, 31 בדצמבר 2026
31.12.2026
1,234,567.89
\u200f1,234,567.89~\u200f€
\u200f1,234~\u200f¥
25.6%
10:00""",
}


@pytest.mark.parametrize("locale", TABLE)
def test_as_the_locale_writes_it(locale: str):
    person = contact(locale=locale, timezone="Europe/Berlin")
    written = text(BODY, person, head=HEAD).replace("\u00a0", "~").replace("\u202f", "_")
    assert written.split("\n") == TABLE[locale].split("\n")


@pytest.mark.parametrize(("locale", "direction"), [("ar-EG", "rtl"), ("he", "rtl"), ("sv", "ltr")])
def test_the_direction_is_the_locales(locale: str, direction: str):
    assert text("{{ direction }} {{ locale }}", contact(locale=locale)) == f"{direction} {locale}"


@pytest.mark.parametrize(
    ("zone", "time"),
    [("Europe/Berlin", "10:00"), ("America/New_York", "04:00"), ("Asia/Kolkata", "14:30")],
)
def test_times_are_those_of_the_contact(zone: str, time: str):
    assert text("{{ now | time }}", contact(locale="de", timezone=zone)) == time
