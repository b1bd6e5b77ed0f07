"""Which mail clients understand the HTML and CSS of a mail, by what caniemail.com measured.

The data is a digest of caniemail's (MIT; its licence lies beside it in ``data/``), made by
``python -m tests.rendering.client_data``. A feature counts only where the mail goes beyond what
MJML itself always emits: that much everybody who uses MJML has accepted, and to list it for each
mail would bury what its author can change.

CSS that `inline_css` has written into ``style`` attributes is judged there. Of style blocks only
what could not be inlined is judged: at-rules, and rules that apply at times, such as ``:hover``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from outreach.rendering.stylesheets import (
    declarations_in,
    declarations_of,
    rules_in,
    rules_of,
    written,
)

_ELEMENTS = {
    **{f"h{level}": "h1-h6" for level in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "dl"), "lists"),
    **dict.fromkeys(
        [
            "article",
            "aside",
            "details",
            "figcaption",
            "figure",
            "footer",
            "header",
            "main",
            "mark",
            "nav",
            "section",
            "summary",
            "time",
        ],
        "semantics",
    ),
    "area": "image-maps",
    "map": "image-maps",
    "s": "strike",
}
_ATTRIBUTES = {
    **{
        name: name
        for name in [
            "align",
            "aria-describedby",
            "aria-hidden",
            "aria-label",
            "aria-labelledby",
            "aria-live",
            "background",
            "cellpadding",
            "cellspacing",
            "dir",
            "height",
            "hidden",
            "lang",
            "popover",
            "required",
            "role",
            "target",
            "valign",
            "width",
        ]
    },
    "loading": "loading-attribute",
    "sizes": "srcset",
    "srcset": "srcset",
}
_INPUTS = frozenset({"checkbox", "hidden", "radio", "reset", "submit", "text"})
_SIDES = ("top", "right", "bottom", "left")
_PROPERTIES = {
    **dict.fromkeys(_SIDES, "left-right-top-bottom"),
    **{f"{box}-{side}": box for box in ("padding", "margin") for side in _SIDES},
    **{f"border-{side}": "border" for side in (*_SIDES, "color", "style", "width")},
    **{
        f"border-{side}-{part}": "border" for side in _SIDES for part in ("color", "style", "width")
    },
    **{f"border-{y}-{x}-radius": "border-radius" for y in _SIDES[::2] for x in _SIDES[1::2]},
    **{
        f"border-{a}-{b}-radius": "border-radius-logical"
        for a in ("start", "end")
        for b in ("start", "end")
    },
    **{
        f"{box}-{axis}": f"{box}-inline-block"
        for box in ("padding", "margin", "border")
        for axis in ("inline", "block")
    },
    **{
        f"{box}-{axis}-{end}": f"{box}-{axis}-start-end"
        for box in ("padding", "margin")
        for axis in ("inline", "block")
        for end in ("start", "end")
    },
    **{
        f"border-{axis}-{end}": "border-inline-block-longhand"
        for axis in ("inline", "block")
        for end in ("start", "end")
    },
    **dict.fromkeys(("column-gap", "row-gap", "grid-gap"), "gap"),
    **dict.fromkeys(
        ("columns", "column-rule", "column-span", "column-width", "column-fill"),
        "column-layout-properties",
    ),
    **dict.fromkeys(
        ("grid-template-areas", "grid-template-columns", "grid-template-rows"), "grid-template"
    ),
    **dict.fromkeys(("overflow-x", "overflow-y"), "overflow"),
    "block-size": "block-inline-size",
}
_PREFIXES = (("animation-", "animation"), ("transition-", "transition"), ("inset-", "inset"))
_FUNCTIONS = {
    "calc": "unit-calc",
    "clamp": "function-clamp",
    "light-dark": "function-light-dark",
    "max": "function-max",
    "min": "function-min",
    "var": "variables",
    **dict.fromkeys(("lch", "oklch", "lab", "oklab"), "modern-color"),
    **{name: name for name in ("rgb", "rgba")},
    **{f"{kind}-gradient": f"{kind}-gradient" for kind in ("linear", "radial", "conic")},
}
_KEYWORDS = {
    "initial": "unit-initial",
    **dict.fromkeys(("fit-content", "min-content", "max-content"), "intrinsic-size"),
    **dict.fromkeys(
        ("system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace"), "sytem-ui"
    ),
}
_MEDIA = {
    "prefers-color-scheme": "at-media-prefers-color-scheme",
    "prefers-reduced-motion": "at-media-prefers-reduced-motion",
    "orientation": "at-media-orientation",
    "device-pixel-ratio": "at-media-device-pixel-ratio",
    "hover": "at-media-hover",
}
_IMAGES = {"jpeg": "jpg", "tif": "tiff", "heic": "heif"}

DECORATION = frozenset(
    [
        "css-accent-color",
        "css-animation",
        "css-at-font-face",
        "css-at-keyframes",
        "css-at-supports",
        "css-at-media-hover",
        "css-at-media-prefers-color-scheme",
        "css-at-media-prefers-reduced-motion",
        "css-backdrop-filter",
        "css-border-radius",
        "css-border-radius-logical",
        "css-box-shadow",
        "css-color-scheme",
        "css-cursor",
        "css-filter",
        "css-font-kerning",
        "css-font-stretch",
        "css-hyphenate-character",
        "css-hyphenate-limit-chars",
        "css-hyphens",
        "css-letter-spacing",
        "css-list-style-image",
        "css-opacity",
        "css-orphans",
        "css-outline",
        "css-outline-offset",
        "css-pseudo-class-active",
        "css-pseudo-class-focus",
        "css-pseudo-class-hover",
        "css-pseudo-class-visited",
        "css-pseudo-element-first-letter",
        "css-pseudo-element-first-line",
        "css-pseudo-element-marker",
        "css-sytem-ui",
        "css-text-decoration-color",
        "css-text-decoration-skip-ink",
        "css-text-decoration-style",
        "css-text-decoration-thickness",
        "css-text-shadow",
        "css-text-transform",
        "css-text-underline-offset",
        "css-text-underline-position",
        "css-text-wrap",
        "css-transition",
        "css-user-select",
        "css-widows",
        "css-word-spacing",
        "html-aria-hidden",
        "html-aria-label",
        "html-lang",
        "html-loading-attribute",
        "html-meta-color-scheme",
        "html-target",
    ]
)
"""Features that only adorn: where they are missing, the mail still says and shows the same."""

NIGHT = frozenset(
    {"css-color-scheme", "css-at-media-prefers-color-scheme", "html-meta-color-scheme"}
)
"""What a mail needs to have colours of its own by night; who does not know it shows the day's."""

#: Rules written for one client alone; every other is meant to leave them out.
_HACK = re.compile(
    r"\[data-ogs[cb]\]|\.moz-|#MessageView|#outlook|\bu\s*\+|\*\s*\+?html|\.ExternalClass"
)
_DYNAMIC = re.compile(r"::?(?!first-child|last-child|nth-child|not)[a-z-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing in HTML or CSS, and where it is missing: client to the names of its platforms.

    `tested` is the day on which caniemail last tested it, as ``2023-12-19``.
    """

    slug: str
    title: str
    tested: str
    unsupported: Mapping[str, Sequence[str]]
    partial: Mapping[str, Sequence[str]]

    @property
    def url(self) -> str:
        """The page that tells the details."""
        return f"https://www.caniemail.com/features/{self.slug}/"

    @property
    def adorns(self) -> bool:
        """Whether the mail still says and shows the same without it."""
        return self.slug in DECORATION


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("outreach.rendering").joinpath("data/caniemail.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def clients() -> dict[str, str]:
    """Return every client that the data knows: its short name to how it calls itself."""
    return {short: entry["name"] for short, entry in _data()["clients"].items()}


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Feature]:
    """Return every feature that some client lacks, by its slug."""
    return {
        slug: Feature(slug, title, tested, missing["n"], missing["a"])
        for slug, (title, tested, missing) in _data()["features"].items()
    }


@lru_cache(maxsize=1)
def baseline() -> frozenset[str]:
    """Return the features that MJML emits for plain sections, text, images and buttons."""
    return frozenset(_data()["baseline"])


def lacking(missing: Mapping[str, Sequence[str]], chosen: Iterable[str]) -> str | None:
    """Return a list such as ``Gmail, Outlook (Windows)`` of `chosen` clients, or None."""
    known = _data()["clients"]
    told = []
    for short in chosen:
        platforms = missing.get(short)
        if not platforms:
            continue
        entry = known[short]
        whole = len(platforms) == len(entry["platforms"])
        names = ", ".join(entry["platforms"][platform] for platform in platforms)
        told.append(entry["name"] if whole else f"{entry['name']} ({names})")
    return ", ".join(told) or None


def features_of(page: Any) -> dict[str, str]:  # noqa: ANN401 - lxml's elements have no types
    """Return what a document uses: slug to the words in which it was first seen."""
    found: dict[str, str] = {}
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for slug, words in _of_element(element):
            found.setdefault(slug, words)
        style = element.get("style")
        if style:
            for slug, words in _of_style(style):
                found.setdefault(slug, words)
        if element.tag == "style" and element.text:
            for slug, words in _of_sheet(element.text):
                found.setdefault(slug, words)
    return found


def _of_element(element: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    tag = element.tag
    kind = (element.get("type") or ("submit" if tag == "button" else "text")).lower()
    if tag == "input":
        yield f"html-input-{kind if kind in _INPUTS else 'text'}", "<input"
    elif tag == "button":
        yield f"html-button-{kind}", "<button"
    else:
        yield f"html-{_ELEMENTS.get(tag, tag)}", f"<{tag}"
    if tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme", "color-scheme"
    for name in element.attrib:
        if name in _ATTRIBUTES:
            yield f"html-{_ATTRIBUTES[name]}", name
    href = element.get("href", "") if tag in ("a", "area") else ""
    if href.startswith("#") and href != "#":
        yield "html-anchor-links", href
    elif href.lower().startswith("mailto:"):
        yield "html-mailto-links", href
    if tag == "img":
        yield from _of_image(element.get("src", ""))


def _of_image(source: str) -> Iterator[tuple[str, str]]:
    if source[:5].lower() == "data:":
        yield "image-base64", "data:"
        return
    try:
        path = urlsplit(source).path
    except ValueError:
        return
    suffix = path.rpartition(".")[2].lower() if "." in path else ""
    if suffix:
        yield f"image-{_IMAGES.get(suffix, suffix)}", source


@lru_cache(maxsize=8192)
def _of_style(style: str) -> tuple[tuple[str, str], ...]:
    return tuple(_of_declarations(declarations_in(style)))


@lru_cache(maxsize=256)
def _of_sheet(css: str) -> tuple[tuple[str, str], ...]:
    return tuple(_of_rules(rules_in(css), applied=True))


def _of_rules(rules: Iterable[Any], *, applied: bool) -> Iterator[tuple[str, str]]:
    """Yield what rules use. `applied` ones stand in ``style`` attributes where they are static."""
    for rule in rules:
        if rule.type == "at-rule":
            yield from _of_at_rule(rule)
        elif rule.type == "qualified-rule":
            selector = written(rule.prelude)
            if _HACK.search(selector) or (applied and not _DYNAMIC.search(selector)):
                continue
            yield from _of_selector(selector)
            yield from _of_declarations(declarations_of(rule))


def _of_at_rule(rule: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    keyword = rule.lower_at_keyword
    prelude = written(rule.prelude).lower()
    if keyword == "media":
        special = [slug for word, slug in _MEDIA.items() if word in prelude]
        for slug in special or ["at-media"]:
            yield f"css-{slug}", f"@media {prelude}" if special else "@media"
        # What is inside of it counts only where the condition itself is understood.
        if special and special[0] == _MEDIA["prefers-color-scheme"]:
            return
        yield from _of_rules(rules_of(rule), applied=False)
    elif keyword in ("font-face", "import", "keyframes", "supports"):
        yield f"css-at-{keyword}", f"@{keyword}"


def _of_selector(selector: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"(::?)([a-z-]+)", selector, re.IGNORECASE):
        name = found[2].lower()
        element = found[1] == "::" or name in ("before", "after", "first-letter", "first-line")
        yield f"css-pseudo-{'element' if element else 'class'}-{name}", found[0]
    bare = re.sub(r"\[[^\]]*\]", "", selector)
    for slug, sign in (("adjacent-sibling", "+"), ("general-sibling", "~"), ("universal", "*")):
        if sign in re.sub(r"\([^)]*\)", "", bare):
            yield f"css-selector-{slug}", selector
    if re.search(r"\[(?!\s*(?:class|id)\b)", selector):
        yield "css-selector-attribute", selector
    if re.search(r"\.[\w-]+\.[\w-]+", bare):
        yield "css-selector-chaining", selector


def _of_declarations(declarations: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for declaration in declarations:
        name = declaration.lower_name
        if name.startswith("mso-"):
            continue
        words = f"{name}:{written(declaration.value)}"
        if name.startswith("--"):
            yield "css-variables", words
            continue
        if name.startswith("-"):
            continue
        yield from _of_property(name, words)
        if declaration.important:
            yield "css-important", "!important"
        for slug in _of_values(declaration.value):
            yield slug, words


def _of_property(name: str, words: str) -> Iterator[tuple[str, str]]:
    value = words.partition(":")[2].lower()
    if name == "display":
        kinds = {"flex", "inline-flex", "grid", "inline-grid", "none"}
        kind = value.removeprefix("inline-") if value in kinds else ""
        yield f"css-display-{kind}" if kind else "css-display", words
    elif (name, value) in (("flex-direction", "row"), ("flex-wrap", "nowrap")):
        return
    else:
        prefixed = next((slug for start, slug in _PREFIXES if name.startswith(start)), name)
        yield f"css-{_PROPERTIES.get(name, prefixed)}", words


def _of_values(tokens: Iterable[Any]) -> Iterator[str]:
    for token in tokens:
        slug = None
        if token.type == "function":
            slug = _FUNCTIONS.get(token.lower_name)
            yield from _of_values(token.arguments)
            if token.lower_name == "url":
                for word in token.arguments:
                    if word.type == "string":
                        yield from (image for image, _ in _of_image(word.value))
        elif token.type == "dimension":
            slug = f"unit-{token.lower_unit}"
        elif token.type == "percentage":
            slug = "unit-percent"
        elif token.type == "ident":
            slug = _KEYWORDS.get(token.lower_value)
        elif token.type == "url":
            yield from (image for image, _ in _of_image(token.value))
        if slug:
            yield f"css-{slug}"
