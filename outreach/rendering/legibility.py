"""How text in a mail looks: its colour, what lies behind it, its size; by day and by night.

Colours and sizes come from ``style`` attributes, where `inline_css` has put them, from HTML's own
attributes and from what elements inherit. By night the rules of ``@media (prefers-color-scheme:
dark)`` come on top. Text over a picture is left out, because nobody can tell its contrast.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import tinycss2
import tinycss2.color4
from cssselect import GenericTranslator, SelectorError
from cssselect import parse as parse_selectors
from lxml import etree

from outreach.rendering.stylesheets import (
    declarations_in,
    declarations_of,
    rules_in,
    rules_of,
    written,
)

Colour = tuple[int, int, int]

NORMAL_CONTRAST = 4.5
"""The least contrast of text to what is behind it (WCAG 2.2, success criterion 1.4.3)."""
LARGE_CONTRAST = 3.0
"""The least contrast of large text: 24 px, or 18.66 px and bold (WCAG 2.2, 1.4.3)."""

UNSEEN = frozenset(["head", "style", "script", "title", "template", "noscript", "svg", "map"])
INVISIBLE = re.compile("[\\s\u00a0\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")
"""Characters that fill space and show nothing."""

_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h4": 1.0, "h5": 0.83, "h6": 0.67, "small": 0.833}
_BOLD = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"])
_KEYWORDS = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}
#: HTML's own sizes (HTML, section 15.3.4), which mail still has.
_FONT_SIZES = dict(
    zip("1234567", ("10px", "13px", "16px", "18px", "24px", "32px", "48px"), strict=True)
)
_UNITS = {"px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pc": 16.0}
_INHERITING = frozenset({"inherit", "currentcolor", "initial", "unset", "revert"})
_LONGEST_SELECTOR = 1_000  # characters; its parser calls itself
_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at one place; `background` is None over a picture. `size` is in pixels."""

    colour: Colour
    background: Colour | None
    size: float = 16.0
    bold: bool = False
    link: Colour = (0, 0, 238)

    @property
    def large(self) -> bool:
        """Whether this counts as large text."""
        return self.size >= 24 or (self.bold and self.size >= 18.66)

    @property
    def contrast(self) -> float | None:
        """The contrast to the background, from 1 to 21."""
        return None if self.background is None else contrast(self.colour, self.background)

    @property
    def legible(self) -> bool:
        """Whether the contrast is enough, as far as it can be told."""
        found = self.contrast
        return found is None or found >= (LARGE_CONTRAST if self.large else NORMAL_CONTRAST)


_DAY = Look((0, 0, 0), (255, 255, 255))
#: Where a mail says that it knows the dark, clients that follow it begin with these.
_NIGHT = Look((255, 255, 255), (18, 18, 18), link=(158, 158, 255))


@dataclass(frozen=True, slots=True)
class Piece:
    """A visible run of text and how it looks."""

    text: str
    look: Look
    element: Any


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, section 5)."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def hexadecimal(colour: Colour) -> str:
    """Return a colour as ``#1f5d4d``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def pieces(page: Any, *, dark: bool = False) -> Iterator[Piece]:  # noqa: ANN401 - an lxml element
    """Yield every visible run of text, in order, as it looks by day or by night."""
    night = _night_rules(page) if dark else {}
    start = _NIGHT if dark and knows_the_dark(page) else _DAY
    # What comes next in the document is at the end: an element, or the text behind one.
    stack: list[tuple[Any, Look, str | None]] = [(page.getroottree().getroot(), start, None)]
    while stack:
        element, look, text = stack.pop()
        if text is None:
            if not isinstance(element.tag, str) or element.tag in UNSEEN or is_hidden(element):
                continue
            look = _look(element, look, night.get(element, {}))
            text = element.text
            for child in reversed(element):
                stack += [(element, look, child.tail or ""), (child, look, None)]
        if text and look.size > 0 and INVISIBLE.sub("", text):
            yield Piece(" ".join(text.split()), look, element)


def is_hidden(element: Any) -> bool:  # noqa: ANN401
    """Whether an element hides itself and all that is in it."""
    return element.get("hidden") is not None or bool(_HIDING.search(element.get("style", "")))


def knows_the_dark(page: Any) -> bool:  # noqa: ANN401
    """Whether a document says that it can be shown dark."""
    return any(
        meta.get("name", "").lower() == "color-scheme" and "dark" in meta.get("content", "").lower()
        for meta in page.iter("meta")
    )


def has_night_rules(page: Any) -> bool:  # noqa: ANN401
    """Whether a document has colours of its own for the dark."""
    return any(_night_sheet(style.text or "") for style in page.iter("style"))


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _look(element: Any, inherited: Look, night: Mapping[str, str]) -> Look:  # noqa: ANN401
    tag, styles = element.tag, dict(declarations(element.get("style", "")))
    if tag == "a" and element.get("href") is not None and "color" not in styles:
        styles["color"] = hexadecimal(inherited.link)
    if tag == "font" and element.get("color"):
        styles.setdefault("color", element.get("color"))
    if tag == "font" and (size := _FONT_SIZES.get(element.get("size", "").strip())):
        styles.setdefault("font-size", size)
    if element.get("bgcolor") and not {"background", "background-color"} & styles.keys():
        styles["background-color"] = element.get("bgcolor")
    if element.get("background"):
        styles.setdefault("background-image", "url()")
    background = inherited.background
    for name in ("background", "background-color", "background-image"):
        if name in styles:
            background = _behind(styles[name], background)
    for name in ("background", "background-color"):
        if name in night:
            background = _behind(night[name], background)
    look = replace(
        inherited,
        background=background,
        size=_size(styles.get("font-size"), inherited.size, _SIZES.get(tag, 1.0)),
        bold=_is_bold(styles.get("font-weight"), inherited.bold or tag in _BOLD),
    )
    value = night.get("color") or styles.get("color")
    if value is None or value.lower() in _INHERITING:
        return look
    colour = _colour(value)
    if colour is None:
        # A colour that cannot be told, such as a variable: neither can its contrast.
        return replace(look, background=None)
    *opaque, alpha = colour
    under = background or (255, 255, 255)
    return replace(look, colour=_mixed((opaque[0], opaque[1], opaque[2]), under, alpha))


def _behind(value: str, under: Colour | None) -> Colour | None:
    """Return the colour that a background gives, over what is under it."""
    if "url(" in value or "gradient(" in value:
        return None
    found = next(filter(None, (_colour(word) for word in _words(value))), None)
    if found is None:
        return under
    red, green, blue, alpha = found
    if alpha < 1 and under is None:
        return None
    return _mixed((red, green, blue), under or (255, 255, 255), alpha)


def _mixed(colour: Colour, under: Colour, alpha: float) -> Colour:
    red, green, blue = (
        round(over * alpha + below * (1 - alpha)) for over, below in zip(colour, under, strict=True)
    )
    return red, green, blue


def _size(value: str | None, inherited: float, factor: float) -> float:
    if value is None:
        return inherited * factor
    value = value.strip().lower()
    if value in _KEYWORDS:
        return _KEYWORDS[value]
    found = re.fullmatch(r"(\d*\.?\d+)(px|pt|in|cm|mm|pc|r?em|%)?", value)
    if found is None:
        return inherited
    number, unit = float(found[1]), found[2] or "px"
    if unit in _UNITS:
        return number * _UNITS[unit]
    return number * {"em": inherited, "rem": 16.0, "%": inherited / 100}[unit]


def _is_bold(value: str | None, otherwise: bool) -> bool:
    if value is None:
        return otherwise
    value = value.strip().lower()
    return value in ("bold", "bolder") or (value.isdigit() and int(value) >= 600)


@lru_cache(maxsize=4096)
def _colour(value: str) -> tuple[int, int, int, float] | None:
    found = tinycss2.color4.parse_color(value)
    if found is None or isinstance(found, str):
        return None
    try:
        red, green, blue = (
            max(0, min(255, round((part or 0) * 255))) for part in found.to("srgb").coordinates
        )
    except (NotImplementedError, OverflowError):
        return None
    return red, green, blue, float(found.alpha)


@lru_cache(maxsize=4096)
def _words(value: str) -> tuple[str, ...]:
    tokens = tinycss2.parse_component_value_list(value, skip_comments=True)
    return tuple(token.serialize() for token in tokens if token.type != "whitespace")


@lru_cache(maxsize=8192)
def declarations(style: str) -> Mapping[str, str]:
    """Return the declarations of a ``style`` attribute: lower-case name to value."""
    return {one.lower_name: written(one.value) for one in declarations_in(style)}


@dataclass(frozen=True, slots=True)
class _NightRule:
    find: Any
    specificity: tuple[int, int, int]
    values: tuple[tuple[str, str, bool], ...]


def _night_rules(page: Any) -> dict[Any, dict[str, str]]:  # noqa: ANN401
    """Return which declarations hold for which elements by night, over their attributes."""
    rules = [rule for style in page.iter("style") for rule in _night_sheet(style.text or "")]
    found: dict[Any, dict[str, tuple[tuple[object, ...], str]]] = {}
    for number, rule in enumerate(rules):
        for element in rule.find(page.getroottree()):
            own = declarations(element.get("style", ""))
            values = found.setdefault(element, {})
            for name, value, important in rule.values:
                if not important and name in own:
                    continue
                rank = (important, rule.specificity, number)
                if name not in values or values[name][0] <= rank:
                    values[name] = (rank, value)
    return {
        element: {name: value for name, (_, value) in values.items()}
        for element, values in found.items()
    }


@lru_cache(maxsize=64)
def _night_sheet(css: str) -> tuple[_NightRule, ...]:
    return tuple(
        night
        for block in rules_in(css)
        if block.type == "at-rule" and block.lower_at_keyword == "media" and _is_night(block)
        for rule in rules_of(block)
        if rule.type == "qualified-rule"
        for night in _selected(rule)
    )


def _is_night(block: Any) -> bool:  # noqa: ANN401
    return bool(
        re.search(r"prefers-color-scheme\s*:\s*dark", written(block.prelude), re.IGNORECASE)
    )


def _selected(rule: Any) -> Iterator[_NightRule]:  # noqa: ANN401
    values = tuple(
        (one.lower_name, written(one.value), bool(one.important))
        for one in declarations_of(rule)
        if one.lower_name in ("color", "background-color", "background")
    )
    prelude = written(rule.prelude)
    if not values or len(prelude) > _LONGEST_SELECTOR:
        return
    try:
        for selector in parse_selectors(prelude):
            if selector.pseudo_element is None:
                path = GenericTranslator().selector_to_xpath(selector)
                yield _NightRule(etree.XPath(path), selector.specificity(), values)
    except (SelectorError, etree.XPathError):
        # A selector that no mail client knows either colours nothing.
        return
