"""MJML to HTML: the engine of ``mjml-python`` inside a pass that mends what it gets wrong.

The engine (mrml, in Rust) is fast and nearly right. Measured against the reference
implementation it loses the width of included sections, breaks raw HTML over line ends, mistakes a
bare ``0`` in paddings, ignores inlined styles and more. So the engine is only given what it does
well. Everything else happens here:

1. `mjml_source` reads the template, whatever its form, and resolves includes;
   `mjml_schema` refuses what would lose content and warns of the rest.
2. Attribute defaults and classes are worked out here, and what remains is written as strict MJML.
   Bodies of ending tags and free text in attributes travel as short *tokens*, so they come back
   byte for byte: template syntax, entities, conditional comments, unclosed HTML.
3. The engine lays out the boxes.
4. Its HTML is corrected, the head is completed (fonts in use, styles, raw parts), tokens are
   replaced by what they stand for, and inlined styles and HTML attributes are applied.

The result depends on the arguments alone: no clock, no randomness, no network.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from outreach.errors import ConfigError, Problem, TemplateError
from outreach.rendering import mjml_mend as mend
from outreach.rendering.css import inline_rules, set_attributes
from outreach.rendering.mjml_columns import Columns, Place, across, border, digits, length, whole
from outreach.rendering.mjml_schema import ATTRIBUTES, CHILDREN, ROWS, check
from outreach.rendering.mjml_source import (
    ENDING_TAGS,
    LEAF_TAGS,
    Document,
    Loader,
    Node,
    Wrote,
    read,
    words,
)

FONTS = {
    name: "https://fonts.googleapis.com/css?family=" + name.replace(" ", "+") + ":300,400,500,700"
    for name in ("Open Sans", "Droid Sans", "Lato", "Roboto", "Ubuntu")
}
"""Web fonts that MJML knows without an ``mj-font``; linked only where a template uses them."""

_FREE_TEXT = words(
    "alt background-url base-url href ico-close ico-open icon-unwrapped-alt icon-unwrapped-url "
    "icon-wrapped-alt icon-wrapped-url id left-icon rel right-icon sizes src srcset target "
    "thumbnails-src title usemap"
)
_LENGTHS = re.compile(r"padding|width|height|size|^gap$|^gutter$|spacing")
_SHORT_COLOR = re.compile(r"^#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])$")
_BARE_ZERO = re.compile(r"(?<![\w.%#-])0(?![\w.%])")
_FROM_ACCORDION = words(
    "border icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width "
    "icon-wrapped-alt icon-wrapped-url"
)
_INHERITED = {
    "mj-accordion-element": _FROM_ACCORDION,
    "mj-accordion-title": _FROM_ACCORDION,
    "mj-accordion-text": _FROM_ACCORDION,
    "mj-carousel-image": frozenset({"border-radius", "tb-border", "tb-border-radius"}),
    "mj-social-element": words(
        "border border-radius color font-family font-size font-style font-weight icon-height "
        "icon-padding icon-size line-height text-decoration text-padding"
    ),
}
"""What these tags take from the tag around them rather than from ``mj-all``."""

_IMAGE_BORDERS = words("border-top border-right border-bottom border-left")
_UNDOCUMENTED = {"mj-hero": frozenset({"width"})}
_ELEMENT_DEFAULTS = {
    "mj-image": {"alt": ""},
    "mj-carousel-image": {"alt": ""},
    "mj-social-element": {"alt": ""},
}


@dataclass(frozen=True, slots=True)
class MjmlResult:
    """A rendered template.

    `dependencies` are the names of all files it included, for whoever watches them. `warnings`
    are faults that did not stop the rendering: unknown attributes, values of the wrong type.
    `styles` are the rules and selectors that were applied and do not stand in the HTML.
    """

    html: str
    dependencies: frozenset[str]
    warnings: tuple[Problem, ...]
    styles: str = ""


def render_mjml(
    source: str,
    *,
    name: str,
    loader: Loader | None = None,
    wrote: Wrote | None = None,
) -> MjmlResult:
    """Render an MJML template.

    `name` is the template's name relative to the template root; includes are relative to its
    folder and are fetched by `loader` (without one, including is an error). `wrote` tells words
    that a person wrote from values. Raises `TemplateError` where content would be lost or
    misplaced, with every problem there is, each with file, line and column.
    """
    document = read(source, name, loader, wrote)
    check(document)
    if document.errors:
        raise TemplateError([*document.errors, *document.warnings])
    rendering = _Pass(document)
    return MjmlResult(
        rendering.html(),
        frozenset(document.dependencies),
        tuple(document.warnings),
        rendering.applied(),
    )


@functools.cache
def _engine() -> Callable[..., str]:
    try:
        from mjml import mjml2html  # noqa: PLC0415 (loaded when first needed)
    except ImportError as error:
        raise ConfigError(
            "the MJML engine is missing: the Python package `mjml` here is not mjml-python's",
            hint="two distributions install a package of that name; run "
            "`pip uninstall mjml`, then `pip install --force-reinstall mjml-python`",
        ) from error
    engine: Callable[..., str] = mjml2html
    return engine


class _Tokens:
    """Short words that stand for texts while the engine works."""

    def __init__(self, document: Document) -> None:
        texts = {node.source.text for node in document.root.walk()}
        prefix = "zq"
        while any(prefix in text for text in texts):
            prefix += "q"
        self._prefix = prefix
        self._texts: list[str] = []
        self._pattern = re.compile(prefix + r"(\d+)z")

    def hold(self, text: str) -> str:
        """Return the token that stands for `text`."""
        self._texts.append(text)
        return f"{self._prefix}{len(self._texts) - 1}z"

    def restore(self, text: str) -> str:
        """Put back every text; tokens inside of texts are not looked at."""
        return self._pattern.sub(lambda found: self._texts[int(found.group(1))], text)


class _Pass:
    """One rendering of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._tokens = _Tokens(document)
        self._head = document.child("mj-head") or Node("mj-head", document.root.source, 0)
        self._body = document.child("mj-body") or Node("mj-body", document.root.source, 0)
        self._defaults: dict[str, dict[str, str]] = {}
        self._classes: dict[str, dict[str, str]] = {}
        self._class_defaults: dict[str, dict[str, dict[str, str]]] = {}
        self._classed: dict[str, str] = {}
        self._marked: set[str] = set()
        self._corrections: list[Callable[[str], str]] = []
        self._columns = Columns()
        self._heroes = 0

    def html(self) -> str:
        self._read_defaults()
        html = self._laid_out()
        html = self._mended(html)
        head, split, content = html.partition("</head>")
        content = self._tokens.restore(content)
        head = self._completed(head, content)
        if selectors := self._html_attributes():
            content = set_attributes(content, selectors)
        html = head + split + content
        if inlined := [css for css, inline in self._styles() if inline]:
            html = inline_rules(html, "\n".join(inlined))
        before = [
            (node.body or "").strip() + "\n"
            for node in self._document.root.children
            if node.tag == "mj-raw" and node.attributes.get("position") == "file-start"
        ]
        return "".join(before) + html

    def applied(self) -> str:
        """Return the rules and selectors that do not stand in the HTML."""
        inlined = [css for css, inline in self._styles() if inline]
        return "\n".join([*inlined, *(path for path, _ in self._html_attributes())])

    def _head_nodes(self, tag: str) -> list[Node]:
        return [node for node in self._head.children if node.tag == tag]

    def _read_defaults(self) -> None:
        for group in self._head_nodes("mj-attributes"):
            for node in group.children:
                if node.tag == "mj-class":
                    name = node.attributes.get("name", "")
                    values = {k: v for k, v in node.attributes.items() if k != "name"}
                    self._classes.setdefault(name, {}).update(values)
                    below = self._class_defaults.setdefault(name, {})
                    below.update({child.tag: child.attributes for child in node.children})
                else:
                    self._defaults.setdefault(node.tag, {}).update(node.attributes)

    def _attributes(self, node: Node, parent_class: str) -> dict[str, str]:
        """Return the attributes that count: mj-all, the tag's, its classes', its own."""
        inherited = _INHERITED.get(node.tag, frozenset())
        merged = {
            name: value
            for name, value in self._defaults.get("mj-all", {}).items()
            if name not in inherited
        }
        merged.update(self._defaults.get(node.tag, {}))
        css_classes: list[str] = []
        for name in node.attributes.get("mj-class", "").split():
            values = self._classes.get(name, {})
            merged.update(values)
            if "css-class" in values:
                css_classes.append(values["css-class"])
        if css_classes:
            merged["css-class"] = " ".join(css_classes)
        for name in parent_class.split():
            merged.update(self._class_defaults.get(name, {}).get(node.tag, {}))
        merged.update(node.attributes)
        known = ATTRIBUTES[node.tag].keys() | _UNDOCUMENTED.get(node.tag, set()) | {"css-class"}
        kept = {name: value for name, value in merged.items() if name in known}
        if kept.get("full-width") != "full-width":  # to the engine any value is yes
            kept.pop("full-width", None)
        return _ELEMENT_DEFAULTS.get(node.tag, {}) | kept

    def _laid_out(self) -> str:
        root = self._document.root
        options = "".join(
            f' {key}="{_quoted(root.attributes[key])}"'
            for key in ("lang", "dir")
            if root.attributes.get(key)
        )
        head = "".join(
            f"<{node.tag}>{self._tokens.hold(node.body or '')}</{node.tag}>"
            for tag in ("mj-title", "mj-preview")
            for node in self._head_nodes(tag)[-1:]
        )
        for node in self._head_nodes("mj-breakpoint")[-1:]:
            head += f'<mj-breakpoint width="{_quoted(node.attributes.get("width", "480px"))}" />'
        written: list[str] = [f"<mjml{options}><mj-head>{head}</mj-head>"]
        self._write(self._body, "", written, Place(600.0))
        written.append("</mjml>")
        try:
            return _engine()("".join(written), fonts={})
        except ConfigError:
            raise
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise TemplateError(
                f"the MJML engine cannot render this template: {error}",
                source=root.source.name,
                line=1,
                hint="take parts out until it renders to find the one it stumbles over",
            ) from error

    def _write(self, node: Node, parent_class: str, written: list[str], place: Place) -> None:
        """Write `node` as strict MJML for the engine, and note what to correct afterwards."""
        if node.tag in {"#comment", "mj-raw"}:
            text = node.body or ""
            if place.tag == "mj-wrapper":  # the engine leaves it inside of what is for Outlook
                text = f"<![endif]-->{text}<!--[if mso | IE]>"
            written.append(f"<mj-raw>{self._tokens.hold(text)}</mj-raw>")
            return
        if place.tag == "mj-body" and node.tag in CHILDREN["mj-column"]:
            self._write_bare(node, parent_class, written, place)
            return
        attributes = self._attributes(node, parent_class)
        body = self._tokens.hold(node.body) if node.body and node.body.strip() else ""
        if node.tag in {"mj-button", "mj-accordion-title"} and not body:
            body = self._tokens.hold("")
        inside = self._prepare(node, attributes, body, place)
        tag = node.tag + "".join(f' {name}="{value}"' for name, value in attributes.items())
        if node.tag in LEAF_TAGS:
            written.append(f"<{tag} />")
            return
        written.append(f"<{tag}>{body}")
        if node.tag not in ENDING_TAGS:
            nested = node.attributes.get("mj-class", parent_class)
            for child in _shown(node):
                if child.tag == "#comment" and (
                    node.tag in ROWS or "mj-raw" not in CHILDREN[node.tag]
                ):
                    continue
                self._write(child, nested, written, inside)
                inside = replace(inside, index=inside.index + 1)
        written.append(f"</{node.tag}>")

    def _write_bare(self, node: Node, parent_class: str, written: list[str], place: Place) -> None:
        """Write what stands in no column; the engine would refuse it, the reference shows it."""
        begin, end = self._tokens.hold(""), self._tokens.hold("")
        written.append(f"<mj-raw>{begin}</mj-raw><mj-section><mj-column>")
        self._write(node, parent_class, written, replace(place, tag="mj-column"))
        written.append(f"</mj-column></mj-section><mj-raw>{end}</mj-raw>")
        self._correct(mend.bare, begin, end)

    def _prepare(self, node: Node, attributes: dict[str, str], body: str, place: Place) -> Place:
        """Make `attributes` the engine's, note corrections, return the place of the children."""
        css_class = " ".join(attributes.pop("css-class", "").split())
        mark = self._tokens.hold(css_class)
        inside = self._structure(node, attributes, mark, place)
        self._content(node.tag, attributes, body)
        for name, value in list(attributes.items()):
            attributes[name] = self._value(node.tag, name, value)
        if node.tag == "mj-image":
            attributes["width"] = f"{place.image_width(attributes)}px"
            self._correct_image(attributes)
        elif node.tag == "mj-carousel-image":
            source = attributes.get("src", "")
            self._correct(mend.carousel_image, source, digits(place.width))
            shown = attributes.get("thumbnails-src") or source
            if place.thumbnails == "supported":
                self._correct(mend.hidden_thumbnail, shown)
            if place.thumbnail_width.endswith("%"):
                self._correct(mend.thumbnail_width, shown, place.thumbnail_width)
        elif node.tag in ("mj-accordion-title", "mj-accordion-text"):
            # Defaults of these tags do not count, once there is an accordion to follow.
            if "font-family" not in node.attributes:
                attributes["font-family"] = _quoted(place.font)
        elif node.tag == "mj-divider":
            self._marked.add(mark)
            self._correct(mend.divider, mark, place.divider_width(attributes))
        elif node.tag == "mj-social-element":
            attributes["alt"] = attributes["alt"] or self._tokens.hold("")
            attributes.setdefault("border", place.icon_border)
            self._correct(mend.social_icon, attributes["alt"], dict(attributes))
        if css_class or mark in self._marked:
            self._classed[mark] = css_class
            attributes["css-class"] = mark
        return inside

    def _structure(self, node: Node, attributes: dict[str, str], mark: str, place: Place) -> Place:
        """Note what to correct in the layout; return the place of the children."""
        inside = self._inside(node, attributes, place)
        if place.uneven and node.tag in ("mj-section", "mj-hero"):
            self._marked.add(mark)
            self._correct(mend.section_in_wrapper, mark, digits(place.width))
        if node.tag == "mj-body":
            self._correct(mend.body, mark, self._held(attributes.pop("id", "")))
        elif node.tag == "mj-wrapper":
            attributes.pop("gap", None)
        elif node.tag == "mj-section":
            attributes.pop("gutter", None)
            if place.gap:
                self._marked.add(mark)
                self._correct(mend.section_in_gap, mark, place.gap, first=place.index == 0)
        elif node.tag == "mj-group":
            self._columns.add_group(attributes.get("width", ""), place)
            attributes["width"] = f"{int(inside.width)}px"
        elif node.tag == "mj-column":
            self._column(attributes, mark, place)
        elif node.tag == "mj-hero":
            plain = {name: _quoted(value) for name, value in attributes.items()}
            self._correct(mend.hero, self._heroes, plain, across(attributes, borders=False))
            self._heroes += 1
            if height := attributes.get("height"):
                attributes["height"] = f"{whole(height)}px"
        elif node.tag == "mj-carousel":
            attributes["tb-width"] = inside.thumbnail_width
            if attributes.get("thumbnails") == "supported":  # unknown to the engine
                attributes["thumbnails"] = "visible"
        if node.tag in ("mj-section", "mj-wrapper") and {"full-width", "border-radius"} <= (
            attributes.keys()
        ):
            self._marked.add(mark)
            self._correct(mend.square_table, mark)
        return inside

    def _inside(self, node: Node, attributes: dict[str, str], place: Place) -> Place:
        """Return the place of the children."""
        children = _shown(node)
        columns = sum(child.tag not in {"#comment", "mj-raw"} for child in children) or 1
        siblings = len(children)
        inside = replace(place, tag=node.tag, columns=columns, siblings=siblings, index=0)
        width, direction = attributes.get("width", ""), attributes.get("direction") or "ltr"
        if node.tag == "mj-body":
            inside = replace(inside, width=length(width)[0] or 600.0)
        elif node.tag == "mj-wrapper":
            gap = _quoted(attributes.get("gap", ""))
            uneven = bool(attributes.keys() & {"border-left", "border-right"})
            room = place.width - across(attributes)
            inside = replace(inside, width=room, gap=gap, uneven=uneven)
        elif node.tag == "mj-section":
            room, gutter = place.width - across(attributes), attributes.get("gutter", "")
            inside = replace(
                inside, width=room, gap="", uneven=False, gutter=gutter, direction=direction
            )
        elif node.tag == "mj-group":
            room = place.share(width)
            inside = replace(inside, width=room, grouped=True, direction=direction)
        elif node.tag == "mj-column":
            taken = across(attributes) + border(attributes, "inner-border")
            inside = Place(place.share(width) - taken, node.tag, columns, outer=place.width)
        elif node.tag == "mj-hero":
            room = place.width - across(attributes, borders=False)
            inside = Place(room, node.tag, columns, outer=room)
        elif node.tag in ("mj-accordion", "mj-accordion-element"):
            inside = replace(inside, font=attributes.get("font-family", place.font))
        elif node.tag == "mj-carousel":
            shown, width = attributes.get("thumbnails", ""), attributes.get("tb-width", "110px")
            inside = replace(inside, thumbnails=shown, thumbnail_width=width)
        elif node.tag == "mj-social":
            inside = replace(inside, icon_border=attributes.get("border", "0"))
        return inside

    def _column(self, attributes: dict[str, str], mark: str, place: Place) -> None:
        self._columns.add_column(attributes.get("width", ""), place)
        padded = any(name.startswith("padding") for name in attributes)
        if "inner-border-radius" in attributes and not padded:
            self._marked.add(mark)
            self._correct(mend.rounded_column, mark)
        elif "inner-border-radius" in attributes and "border-radius" not in attributes:
            self._marked.add(mark)
            self._correct(mend.square_outside, mark)
        attributes["width"] = f"{int(place.share(attributes.get('width', '')))}px"

    def _content(self, tag: str, attributes: dict[str, str], body: str) -> None:
        """Note what the engine leaves out of elements that are found by their body."""
        if tag == "mj-button":
            title, edges = self._held(attributes.pop("title", "")), border(attributes)
            if title or edges:
                self._correct(mend.button, body, title, edges)
        elif tag == "mj-table" and body:
            self._correct(mend.table, body, {k: _quoted(v) for k, v in attributes.items()})
        elif tag == "mj-accordion-title" and body and (weight := attributes.get("font-weight")):
            self._correct(mend.accordion_title, body, _quoted(weight))

    def _correct_image(self, attributes: dict[str, str]) -> None:
        borders = "".join(
            f"{name}:{value};" for name, value in attributes.items() if name in _IMAGE_BORDERS
        )
        link_title = attributes.get("title", "") if "href" in attributes else ""
        sizes = attributes.get("sizes", "")
        source = attributes.get("src")
        if source and (borders or link_title or sizes):
            self._correct(mend.image, source, borders, sizes, link_title)
        if source and attributes.keys() & _IMAGE_BORDERS:
            self._correct(mend.image_width, source, attributes["width"])

    def _correct(self, function: Callable[..., str], *values: object, **options: object) -> None:
        self._corrections.append(lambda html: function(html, *values, **options))

    def _held(self, text: str) -> str:
        return self._tokens.hold(text.replace('"', "&quot;")) if text else ""

    def _value(self, tag: str, name: str, value: str) -> str:
        if name in _FREE_TEXT:
            return self._held(value)
        value, kind = _quoted(value), ATTRIBUTES[tag].get(name)
        if kind == "color":
            return _SHORT_COLOR.sub(r"#\1\1\2\2\3\3", value)
        if kind == "integer":
            return value
        if "padding" in name:
            value = mend.hidden_percentages(value)
        return _BARE_ZERO.sub("0px", value) if _LENGTHS.search(name) else value

    def _mended(self, html: str) -> str:
        """Return the engine's HTML as the reference implementation would have it."""
        head, split, content = html.partition("</head>")
        content = mend.shown_percentages(mend.numbers(content))
        html = mend.numbers(mend.styles(head)) + split + mend.cells(mend.paddings(content))
        for correction in self._corrections:
            html = correction(html)
        head, split, content = html.partition("</head>")
        head, content = self._columns.written(head, content)
        html = head + split + content
        for mark, css_class in self._classed.items():
            if not css_class:
                html = html.replace(f' class="{mark}"', "").replace(f' class="{mark}-outlook"', "")
                html = html.replace(f' {mark}"', '"')
            for suffix in ("outlook", "thumbnail"):
                named = " ".join(f"{word}-{suffix}" for word in css_class.split())
                html = html.replace(f"{mark}-{suffix}", named)
        return mend.outlook_parts(html)

    def _styles(self) -> list[tuple[str, bool]]:
        return [
            (node.body or "", node.attributes.get("inline") == "inline")
            for node in self._head_nodes("mj-style")
        ]

    def _completed(self, head: str, content: str) -> str:
        """Return the head with fonts, styles and raw parts where the reference puts them."""
        marker = ".mj-outlook-group-fix { width:100% !important; }"
        start = head.index("<![endif]-->", head.index(marker)) + len("<![endif]-->")
        fonts = self._font_links(content)
        rest = head[start:]
        if self._document.root.attributes.get("owa") == "desktop":
            rest = mend.outlook_web(rest)
        parts = [head[:start], fonts, rest]
        if styles := [css for css, inline in self._styles() if not inline and css.strip()]:
            parts.append('\n<style type="text/css">' + "\n".join(styles) + "</style>")
        raw = (node for node in self._head.children if node.tag in {"mj-raw", "#comment"})
        parts.extend("\n" + (node.body or "").strip() for node in raw)
        return self._tokens.restore("".join(parts))

    def _font_links(self, content: str) -> str:
        fonts = dict(FONTS)
        for node in self._head_nodes("mj-font"):
            if node.attributes.get("name") and node.attributes.get("href"):
                fonts[node.attributes["name"]] = node.attributes["href"].replace('"', "%22")
        inlined = "\n".join(css for css, inline in self._styles() if inline)
        families = set(re.findall(r'font-family:[^"]*', content, re.IGNORECASE))
        families.update(re.findall(r"font-family:[^;}]*", inlined, re.IGNORECASE))
        used = "\n".join(sorted(families)).lower()
        addresses = [address for name, address in fonts.items() if name.lower() in used]
        if not addresses:
            return ""
        links = "\n".join(
            f'<link href="{address}" rel="stylesheet" type="text/css">' for address in addresses
        )
        imports = "\n".join(f"@import url({address});" for address in addresses)
        return (
            f'\n<!--[if !mso]><!-->\n{links}\n<style type="text/css" data-premailer="ignore">\n'
            f"{imports}\n</style>\n<!--<![endif]-->\n"
        )

    def _html_attributes(self) -> list[tuple[str, dict[str, str]]]:
        return [
            (
                selector.attributes["path"],
                {
                    node.attributes["name"]: (node.body or "").strip()
                    for node in selector.children
                    if node.tag == "mj-html-attribute" and node.attributes.get("name")
                },
            )
            for group in self._head_nodes("mj-html-attributes")
            for selector in group.children
            if selector.tag == "mj-selector" and selector.attributes.get("path")
        ]


def _shown(node: Node) -> list[Node]:
    """Return the children without stray text, which has no place between tags."""
    return [child for child in node.children if child.tag != "#text"]


def _quoted(value: str) -> str:
    """Return an attribute value that can stand between double quotes in strict MJML and CSS."""
    value = value.replace('"', "'").replace("&quot;", "'").replace("<", "&lt;")
    return " ".join(value.split())
