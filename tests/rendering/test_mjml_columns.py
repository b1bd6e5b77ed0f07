"""The widths of columns, against figures worked out by hand from MJML's own arithmetic."""

import re

import pytest

from outreach.rendering.mjml import render_mjml
from outreach.rendering.mjml_columns import Place, across, border, digits, length, whole


def page(body):
    return render_mjml(f"<mjml><mj-body>{body}</mj-body></mjml>", name="t").html


def columns(*widths, section="", content="<mj-text>x</mj-text>"):
    inside = "".join(
        f'<mj-column width="{width}">{content}</mj-column>'
        if width
        else f"<mj-column>{content}</mj-column>"
        for width in widths
    )
    return f"<mj-section{section}>{inside}</mj-section>"


def classes(html):
    return [tuple(found.split()) for found in re.findall(r'class="(mj-column-[^"]*)"', html)]


def rules(html):
    sheet = re.search(r"@media only screen and \(min-width:480px\) \{(.*?)\}\s*\}", html, re.DOTALL)
    return " ".join(sheet[1].split()) + " }"


@pytest.mark.parametrize(
    ("text", "number"), [("12px", 12), (" 5%", 5), ("-3px", -3), ("1.9px", 1), ("", 0), ("auto", 0)]
)
def test_whole_numbers_are_read_as_javascript_reads_them(text, number):
    assert whole(text) == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [("33.3%", (33.3, "%")), ("150.7px", (150.0, "px")), ("20", (20.0, "px")), ("", (0.0, "px"))],
)
def test_lengths_keep_fractions_of_percent_alone(text, expected):
    assert length(text) == expected


def test_numbers_are_written_as_javascript_writes_them():
    assert [digits(100 / 3), digits(50), digits(0.5)] == ["33.333333333333336", "50", "0.5"]


@pytest.mark.parametrize(
    ("attributes", "taken"),
    [
        ({"padding": "10px"}, 20),
        ({"padding": "10px 25px"}, 50),
        ({"padding": "1px 2px 3px"}, 4),
        ({"padding": "1px 2px 3px 4px"}, 6),
        ({"padding": "1px 2px", "padding-left": "9px"}, 11),
        ({"padding": "10px 5%"}, 10),
        ({"border": "3px solid red"}, 6),
        ({"border": "3px solid red", "border-left": "1px dashed solid"}, 4),
        ({"border": "none"}, 0),
        ({}, 0),
    ],
)
def test_what_padding_and_border_take(attributes, taken):
    assert across(attributes) == taken
    assert across(attributes, borders=False) == taken - border(attributes)


def test_shares_are_whole_pixels_unless_a_percentage_is_asked_for():
    place = Place(600.0, columns=7)
    assert place.share("") == 85
    assert place.share("33.33333333333333%") == pytest.approx(199.99999999999997, abs=1e-11)
    assert place.share("150.5px") == 150


def test_an_image_is_never_wider_than_its_column():
    place = Place(199.99999999999997)
    assert place.image_width({}) == 149
    assert place.image_width({"width": "300px", "padding": "0"}) == 199
    assert place.image_width({"width": "50%"}) == 50


def test_a_percentage_is_written_as_it_was_given():
    html = page(columns("33.33333333333333%", "66.66666666666666%"))
    assert classes(html) == [
        ("mj-column-per-33-33333333333333", "mj-outlook-group-fix"),
        ("mj-column-per-66-66666666666666", "mj-outlook-group-fix"),
    ]
    assert "width:33.33333333333333% !important" in html
    assert "width:200px;" in html


def test_an_equal_share_has_all_its_digits():
    assert classes(page(columns("", "", "")))[0][0] == "mj-column-per-33-333333333333336"


def test_columns_with_the_same_rule_share_it():
    html = page(columns("150px", "150.5px") + "<mj-section><mj-group>" + "</mj-group></mj-section>")
    assert rules(html) == (
        ".mj-column-px-150 { width:150px !important; max-width: 150px; } "
        ".mj-column-per-100 { width:100% !important; max-width: 100%; }"
    )
    assert ".moz-text-html .mj-column-px-150 {" in html


def test_a_gutter_narrows_the_columns_and_keeps_them_apart():
    html = page(columns("", "", "", section=' gutter="30px"'))
    # 30 px of 600 are 5 %, two gutters among three columns take 3.333333 % from each.
    first, middle, last = classes(html)
    assert first == ("mj-column-per-30", "mj-column-gutter-3-1-per-5", "mj-outlook-group-fix")
    assert ".mj-column-gutter-3-1-per-5 { padding: 0% 2.5% 0% 0% !important; }" in html
    assert ".mj-column-gutter-3-2-per-5 { padding: 0% 2.5% 0% 2.5% !important; }" in html
    assert ".mj-column-gutter-3-3-per-5 { padding: 0% 0% 0% 2.5% !important; }" in html
    # On a telephone they lie one upon the other.
    assert html.count("width:100%;padding:2.5% 0% 2.5% 0%;") == 1
    assert html.count("width:200px;padding:0px 15px 0px 15px;") == 1
    assert middle[1] != last[1]


def test_a_gutter_runs_from_the_right_where_the_columns_do():
    html = page(columns("50%", "50%", section=' gutter="4%" direction="rtl"'))
    assert "{ padding: 0% 0% 0% 2% !important; }" in html
    assert "mj-column-gutter-2-1-per-4-rtl" in html


def test_a_group_keeps_its_gutter_on_a_telephone():
    group = '<mj-group><mj-column width="100px"/><mj-column width="100px"/></mj-group>'
    html = page(f'<mj-section gutter="10px">{group}</mj-section>')
    assert "padding:0px 5px 0px 0px;" in html
    assert "mj-column-px-95 mj-column-gutter-2-1-px-10" in html
    assert ".mj-column-gutter-2-1" not in html
