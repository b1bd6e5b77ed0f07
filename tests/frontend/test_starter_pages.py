"""What the starter set looks like in a browser: at three widths, by day and by night.

Pictures are compared coarsely, because typefaces differ from machine to machine: with other
typefaces lines break elsewhere. Measured over the starter set, another typeface (DejaVu Sans, Noto
Sans, Liberation Serif) moved the mean colour of a block by 9.3 of 255 at the most and the height of
a page by 12 %. Broken layouts in `BROKEN` moved some picture of each mail by 17.6 or more, its
height by 19 % or more, or made it scroll sideways. The limits lie between. Whether a mail stands in
the middle is measured.

``pytest tests/frontend --update-golden`` writes the pictures anew.
"""

import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.frontend.browser import Browser
from tests.rendering.test_starter import TEMPLATES, rendered

pytestmark = pytest.mark.chromium

PICTURES = Path(__file__).parent / "pictures"
WIDTHS = (320, 600, 1200)
SCALE = 0.25
GRID = (12, 24)
MOST_COLOUR = 13.0
MOST_HEIGHT = 1.17


def page(template: str) -> str:
    html = rendered(template, first_name="Maija", interests=frozenset({"tax"})).html
    assert html is not None
    return html


def height(png: bytes) -> int:
    """Return the height that a PNG says it has."""
    return int(struct.unpack(">I", png[20:24])[0])


def difference(browser: Browser, one: bytes, other: bytes) -> tuple[float, float]:
    """Return how far two pictures are apart: in mean colour of a block (0 to 255), and height."""
    pairs = zip(browser.blocks(one, *GRID), browser.blocks(other, *GRID), strict=True)
    apart = [max(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in pairs]
    heights = sorted((height(one), height(other)))
    return sum(apart) / len(apart), heights[1] / heights[0]


#: Blocks of a mail that stand nearer to one side of the window than to the other.
_ASIDE = """[...document.querySelectorAll('body div')].filter(element => {
  const box = element.getBoundingClientRect();
  return getComputedStyle(element).maxWidth === '600px' && box.height > 0
    && Math.abs(box.left - (innerWidth - box.right)) > 2;
}).length"""


def faults(browser: Browser, html: str, expected: Callable[[int, bool], bytes]) -> list[str]:
    """Return all that is wrong with how a mail looks."""
    found = []
    for width in WIDTHS:
        for dark in (False, True):
            browser.show(html, width=width, dark=dark)
            label = f"{width} px, {'dark' if dark else 'light'}"
            over = browser.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            if over > 0:
                found.append(f"{label}: scrolls sideways by {over} px")
            if aside := browser.evaluate(_ASIDE):
                found.append(f"{label}: {aside} blocks are not in the middle")
            colour, tall = difference(browser, browser.picture(SCALE), expected(width, dark))
            if colour > MOST_COLOUR:
                found.append(f"{label}: colours differ by {colour:.1f}")
            if tall > MOST_HEIGHT:
                found.append(f"{label}: heights differ by a factor of {tall:.2f}")
    return found


def stored(template: str) -> Callable[[int, bool], bytes]:
    def read(width: int, dark: bool) -> bytes:
        return picture_file(template, width, dark).read_bytes()

    return read


def picture_file(template: str, width: int, dark: bool) -> Path:
    return PICTURES / f"{template.replace('/', '-')}-{width}-{'dark' if dark else 'light'}.png"


#: Elements at least half as wide as the window that are lighter by night than a dark surface is.
_LIGHT = """[...document.querySelectorAll('body, body *')].filter(element => {
  const [red, green, blue, alpha = 1] =
    getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
  const box = element.getBoundingClientRect();
  return alpha > 0 && red + green + blue > 300 && box.height > 8 && box.width > innerWidth / 2;
}).map(element => element.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("template", TEMPLATES.names())
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_stays_light_by_night(browser: Browser, template: str, width: int) -> None:
    browser.show(page(template), width=width, dark=True)
    assert browser.evaluate(_LIGHT) == []
    browser.show(page(template), width=width, dark=False)
    assert browser.evaluate(_LIGHT) != []


@pytest.mark.parametrize("template", TEMPLATES.names())
def test_every_template_looks_as_it_should(
    browser: Browser, template: str, request: pytest.FixtureRequest
) -> None:
    html = page(template)
    if request.config.getoption("--update-golden"):
        PICTURES.mkdir(exist_ok=True)
        for width in WIDTHS:
            for dark in (False, True):
                browser.show(html, width=width, dark=dark)
                picture_file(template, width, dark).write_bytes(browser.picture(SCALE))
    assert faults(browser, html, stored(template)) == []


def test_there_is_no_picture_without_its_template() -> None:
    wanted = {
        picture_file(template, width, dark)
        for template in TEMPLATES.names()
        for width in WIDTHS
        for dark in (False, True)
    }
    assert set(PICTURES.glob("*.png")) == wanted


BROKEN: dict[str, Callable[[str], str]] = {
    "no colours for the night": lambda html: html.replace("prefers-color-scheme: dark", "print"),
    "no backgrounds": lambda html: re.sub(r"background(?:-color)?:[^;\"]*", "", html),
    "no padding": lambda html: re.sub(r"padding(?:-\w+)?:[^;\"]*", "", html),
    "styles not inlined": lambda html: re.sub(r' style="[^"]*"', "", html),
    "as wide as the window": lambda html: html.replace("max-width:600px", "max-width:none"),
    "not in the middle": lambda html: html.replace("margin:0px auto", "margin:0"),
    "wider than the window": lambda html: html.replace("max-width:600px", "width:900px"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_layout_is_noticed(browser: Browser, how: str) -> None:
    for template in ("newsletter/2026-12", "check-in"):
        html = page(template)
        broken = BROKEN[how](html)
        assert broken != html
        assert faults(browser, broken, stored(template)), template


@pytest.mark.parametrize("family", ["serif", "sans-serif", "DejaVu Sans"])
def test_another_typeface_is_no_fault(browser: Browser, family: str) -> None:
    style = f"<style>* {{ font-family: {family!r} !important }}</style></head>"
    if family in ("serif", "sans-serif"):
        style = style.replace("'", "")
    html = page("tidbit").replace("</head>", style)
    assert faults(browser, html, stored("tidbit")) == []


def test_sideways_scrolling_is_measured(browser: Browser) -> None:
    browser.show("<!doctype html><div style='width:900px'>wide</div>", width=320, dark=False)
    assert browser.evaluate("document.scrollingElement.scrollWidth - innerWidth") > 500
