import pytest
from lxml import html as lxml_html

from outreach.rendering.legibility import Piece, contrast, pieces


def seen(html: str, *, dark: bool = False) -> dict[str, Piece]:
    page = lxml_html.document_fromstring(html)
    return {piece.text: piece for piece in pieces(page, dark=dark)}


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ((0, 0, 0), (255, 255, 255), 21.0),
        ((255, 255, 255), (255, 255, 255), 1.0),
        # The lightest grey that is enough on white, and the one after it.
        ((118, 118, 118), (255, 255, 255), 4.54),
        ((119, 119, 119), (255, 255, 255), 4.48),
        ((255, 0, 0), (255, 255, 255), 4.0),
    ],
)
def test_contrast(one: tuple[int, int, int], other: tuple[int, int, int], wanted: float):
    assert contrast(one, other) == pytest.approx(wanted, abs=0.005)
    assert contrast(one, other) == contrast(other, one)


def test_what_is_inherited():
    found = seen(
        '<table bgcolor="#102030"><tr><td style="color:#aabbcc;font-size:20px">'
        '<p style="font-size:1.5em">a<b style="background:rgba(255,255,255,.5)">b</b></p>'
        "</td></tr></table><h2>c</h2><a href='x'>d</a><font color=red>e</font>"
    )
    a, b, c = (found[text].look for text in "abc")
    assert (a.colour, a.background, a.size, a.bold) == (
        (170, 187, 204),
        (16, 32, 48),
        30.0,
        False,
    )
    assert (b.background, b.bold) == ((136, 144, 152), True)
    assert (c.size, c.bold, c.large) == (24.0, True, True)
    assert found["d"].look.colour == (0, 0, 238)
    assert found["e"].look.colour == (255, 0, 0)


def test_what_nobody_sees_is_left_out():
    assert (
        seen(
            "<head><title>t</title></head><p hidden>a</p><p style='display: none'>b</p>"
            "<p style='font-size:0'>c</p><style>d</style><p>&nbsp;&zwnj;&#847;</p><!-- e -->"
        )
        == {}
    )


def test_text_comes_in_the_order_of_reading():
    html = "<p>a<b>b<i>c</i>d</b>e<!-- x -->f<span hidden>y</span>g</p>h"
    assert list(seen(html)) == list("abcdefgh")


NIGHT = "<style>@media (prefers-color-scheme:dark){%s}</style>"


def test_rules_for_the_night_follow_the_cascade():
    body = '<p class="a" style="color:#111;background:#fff">x</p>'
    strong = ".a{color:#222!important} p.a{color:#333!important} .a{color:#444!important}"
    assert seen(NIGHT % strong + body)["x"].look.colour == (17, 17, 17)
    by_night = seen(NIGHT % strong + body, dark=True)["x"].look
    assert by_night.colour == (0x33, 0x33, 0x33)
    assert by_night.background == (255, 255, 255)
    weak = ".a{color:#222}"
    assert seen(NIGHT % weak + body, dark=True)["x"].look.colour == (17, 17, 17)
    other = "<style>@media (prefers-color-scheme:light){.a{color:red!important}}</style>"
    assert seen(other + body, dark=True)["x"].look.colour == (17, 17, 17)


def test_a_mail_that_knows_the_dark_begins_dark():
    meta = '<meta name="color-scheme" content="light dark">'
    look = seen(meta + "<p>x</p>", dark=True)["x"].look
    assert look.contrast is not None
    assert look.contrast > 15
    assert seen("<p>x</p>", dark=True)["x"].look.background == (255, 255, 255)
