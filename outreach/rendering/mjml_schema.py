"""What MJML allows where: its tags, their attributes and types, and who may hold whom.

The tables describe MJML 5 as its documentation does. A test compares them with the reference
implementation where that is installed.
"""

import functools
import re
from collections.abc import Iterator

import tinycss2.color5

from outreach.errors import Problem, suggestion
from outreach.rendering.mjml_source import Document, Loader, Node, read, words

_SIDES = ("", "-top", "-right", "-bottom", "-left")


def _table(text: str) -> dict[str, str]:
    """Read ``name:type`` pairs; ``*padding`` and ``*border`` stand for the name and its sides."""
    types: dict[str, str] = {}
    for pair in text.split():
        name, _, kind = pair.partition(":")
        if name.startswith("*"):
            for side in _SIDES:
                sizes = "size4" if name.endswith("padding") and not side else "size"
                types[name[1:] + side] = sizes if name.endswith("padding") else "string"
        else:
            types[name] = kind or "string"
    return types


_ALIGN = "left|center|right"
_VERTICAL = "top|bottom|middle"
_FONT = "color:color font-family font-size:px font-weight line-height:line "
_CONTAINER = "container-background-color:color *padding "
_LINK = "href rel target "
_SECTION = (
    "background-color:color background-url background-repeat:repeat|no-repeat background-size "
    "background-position background-position-x background-position-y *border border-radius "
    f"direction:ltr|rtl full-width:full-width|false| gutter:size *padding text-align:{_ALIGN} "
    "text-padding:size4 "
)
_ACCORDION = (
    "border font-family icon-align:top|middle|bottom icon-width:size icon-height:size "
    "icon-wrapped-url icon-wrapped-alt icon-unwrapped-url icon-unwrapped-alt "
    "icon-position:left|right "
)
_SOCIAL = (
    "border-radius color:color font-family font-size:px font-style font-weight icon-size:size "
    "icon-height:size icon-padding:size4 line-height:line *padding text-padding:size4 "
    f"text-decoration vertical-align:{_VERTICAL} border "
)

ATTRIBUTES: dict[str, dict[str, str]] = {
    tag: _table(text)
    for tag, text in {
        "mjml": "lang dir owa",
        "mj-head": "",
        "mj-attributes": "",
        "mj-title": "",
        "mj-preview": "",
        "mj-html-attributes": "",
        "mj-selector": "path",
        "mj-html-attribute": "name",
        "mj-breakpoint": "width:px",
        "mj-font": "name href",
        "mj-style": "inline",
        "mj-raw": "position:file-start",
        "mj-body": "width:px background-color:color id",
        "mj-section": _SECTION,
        "mj-wrapper": _SECTION + "gap:px",
        "mj-group": f"background-color:color direction:ltr|rtl "
        f"vertical-align:{_VERTICAL} width:size",
        "mj-column": (
            "background-color:color *border border-radius direction:ltr|rtl *inner-border "
            "inner-border-radius inner-background-color:color *padding "
            f"vertical-align:{_VERTICAL} width:size"
        ),
        "mj-hero": (
            "mode height:size background-url background-width:size background-height:size "
            "background-position border-radius inner-background-color:color *inner-padding "
            f"*padding background-color:color vertical-align:{_VERTICAL}"
        ),
        "mj-text": _FONT
        + _CONTAINER
        + f"align:left|right|center|justify background-color:color font-style height:size "
        f"letter-spacing:spacing text-decoration text-transform vertical-align:{_VERTICAL}",
        "mj-button": _FONT
        + _CONTAINER
        + _LINK
        + f"align:{_ALIGN} background-color:color *border border-radius font-style height:size "
        "name title inner-padding:size4 letter-spacing:spacing text-decoration text-transform "
        f"vertical-align:{_VERTICAL} text-align:{_ALIGN} width:size",
        "mj-image": _CONTAINER
        + _LINK
        + f"alt name src srcset sizes title align:{_ALIGN} *border border-radius "
        "fluid-on-mobile:true|false width:px height:px|auto max-height:size font-size:px usemap",
        "mj-divider": _CONTAINER
        + f"border-color:color border-style border-width:px width:size align:{_ALIGN}",
        "mj-spacer": _CONTAINER + "*border height:size",
        "mj-table": _FONT
        + _CONTAINER
        + f"align:{_ALIGN} border cellpadding:integer cellspacing:integer role:none|presentation "
        f"table-layout:auto|fixed|initial|inherit vertical-align:{_VERTICAL} width:size|auto",
        "mj-social": _SOCIAL
        + f"container-background-color:color align:{_ALIGN} inner-padding:size4 "
        "mode:horizontal|vertical table-layout:auto|fixed",
        "mj-social-element": _SOCIAL
        + _LINK
        + f"align:{_ALIGN} icon-position:left|right background-color:color name src srcset sizes "
        "alt title",
        "mj-navbar": (
            f"align:{_ALIGN} base-url hamburger ico-align:{_ALIGN} ico-open ico-close "
            "ico-color:color ico-font-size:size ico-font-family ico-text-transform *ico-padding "
            "*padding ico-text-decoration ico-line-height:line"
        ),
        "mj-navbar-link": _FONT
        + _LINK
        + "font-style name letter-spacing:spacing *padding text-decoration text-transform",
        "mj-accordion": _ACCORDION + _CONTAINER,
        "mj-accordion-element": _ACCORDION + "background-color:color",
        "mj-accordion-title": (
            "background-color:color color:color font-size:px font-family font-weight *padding"
        ),
        "mj-accordion-text": _FONT + "background-color:color letter-spacing:spacing *padding",
        "mj-carousel": (
            f"align:{_ALIGN} border-radius container-background-color:color icon-width:size "
            "left-icon *padding right-icon thumbnails:visible|hidden|supported tb-border "
            "tb-border-radius tb-hover-border-color:color tb-selected-border-color:color "
            "tb-width:size"
        ),
        "mj-carousel-image": _LINK
        + "alt title src thumbnails-src border-radius tb-border tb-border-radius",
    }.items()
}
"""The attributes of each tag with their types; `EVERYWHERE` goes with all of them."""

EVERYWHERE = {"css-class": "string", "mj-class": "string"}

_CONTENT = (
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-raw mj-social mj-spacer mj-table "
    "mj-text mj-navbar"
)
CHILDREN: dict[str, frozenset[str]] = {
    tag: frozenset(text.split())
    for tag, text in {
        "mjml": "mj-head mj-body mj-raw",
        "mj-head": "mj-attributes mj-breakpoint mj-html-attributes mj-font mj-preview mj-style "
        "mj-title mj-raw",
        "mj-html-attributes": "mj-selector",
        "mj-selector": "mj-html-attribute",
        "mj-body": "mj-raw mj-section mj-wrapper mj-hero",
        "mj-wrapper": "mj-raw mj-section mj-hero",
        "mj-section": "mj-raw mj-column mj-group",
        "mj-group": "mj-raw mj-column",
        "mj-column": _CONTENT,
        "mj-hero": _CONTENT,
        "mj-social": "mj-raw mj-social-element",
        "mj-navbar": "mj-raw mj-navbar-link",
        "mj-accordion": "mj-raw mj-accordion-element",
        "mj-accordion-element": "mj-raw mj-accordion-title mj-accordion-text",
        "mj-carousel": "mj-carousel-image",
    }.items()
}
"""Which tags each tag may hold. ``mj-attributes`` and ``mj-class`` hold any tag's defaults."""

_SLIP = 3
"""So many stray characters are a slip of the hand: not shown, as in the reference, and only warned
of. A stray word is content."""

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_PIXELS = rf"(?:{_NUMBER}px|0)"
_SIZE = rf"(?:{_NUMBER}(?:px|%)|0)"
_PATTERNS = {
    "px": (_PIXELS, "a length in px, such as 20px"),
    "size": (_SIZE, "a length in px or %, such as 20px"),
    "size4": (rf"{_SIZE}(?:\s+{_SIZE}){{0,3}}", "one to four lengths, such as 10px 25px"),
    "line": (rf"{_NUMBER}(?:px|%)?", "a length in px or %, or a plain number, such as 1.5"),
    "spacing": (rf"(?:-?{_NUMBER}(?:px|em)|0)", "a length in px or em, such as 0.5px"),
    "integer": (r"\d+", "a whole number"),
    "px|auto": (rf"{_PIXELS}|auto", 'a length in px, or "auto"'),
    "size|auto": (rf"{_SIZE}|auto", 'a length in px or %, or "auto"'),
}
_TYPES = {kind: (re.compile(pattern), wanted) for kind, (pattern, wanted) in _PATTERNS.items()}
_KEYWORD_COLORS = frozenset({"inherit", "initial", "unset", "none", "currentcolor", "transparent"})
_MJ_TAG = re.compile(r"<(mj-[\w-]+)(?=[\s/>])", re.IGNORECASE)
_TEMPLATE_CODE = re.compile(r"\{\{|\{%|\[\[")


def validate_mjml(source: str, name: str, *, loader: Loader | None = None) -> tuple[Problem, ...]:
    """Return every problem of an MJML template, by line: syntax, tags, nesting, attributes.

    With a `loader`, what the template includes is checked too, under its own file name; without
    one, includes are passed over.
    """
    passed_over = (lambda _: "") if loader is None else None
    document = read(source, name, loader or passed_over)
    check(document)
    problems = document.errors + document.warnings
    return tuple(
        sorted(
            problems, key=lambda p: (p.source != name, p.source or "", p.line or 0, p.column or 0)
        )
    )


def check(document: Document) -> None:
    """Add what would lose content to the errors, and all else that is wrong to the warnings."""
    _check_children(document.root, document)
    if document.child("mj-body") is None and not document.errors:
        problem = document.root.problem("<mjml> has no <mj-body>: the mail is empty")
        document.warnings.append(problem)
    classes = {
        node.attributes.get("name", "") for node in document.root.walk() if node.tag == "mj-class"
    }
    for node in document.root.walk():
        if node.tag in ATTRIBUTES:
            document.warnings.extend(_attribute_problems(node, node.tag))
            document.warnings.extend(_class_problems(node, classes))
            document.warnings.extend(_body_problems(node))
        elif node.tag in {"mj-all", "mj-class"}:
            document.warnings.extend(_default_problems(node))


ROWS = frozenset({"mj-social", "mj-navbar", "mj-accordion", "mj-accordion-element"})
"""Where the reference takes raw HTML and comments, and the engine neither."""


def _check_children(node: Node, document: Document) -> None:
    if node.tag in {"mj-attributes", "mj-class"}:
        _check_defaults(node, document)
        return
    allowed = CHILDREN.get(node.tag, frozenset())
    seen: set[str] = set()
    for child in node.children:
        conditional = child.tag == "#comment" and "[if" in (child.body or "")
        if node.tag in ROWS and (child.tag == "mj-raw" or conditional):
            message = f"raw HTML in <{node.tag}> cannot be rendered"
            document.errors.append(child.problem(message, f"put it beside the <{node.tag}>"))
        if child.tag == "#comment":
            continue
        if child.tag in {"mj-head", "mj-body"} and child.tag in seen:
            document.errors.append(child.problem(f"there is a second <{child.tag}>"))
        seen.add(child.tag)
        if child.tag == "#text":
            words = " ".join((child.body or "").split())
            text = child.source.told(words, f'the text "{words[:40]}"', "text")
            message = f"{text} stands between tags, where it would be lost"
            graver = document.errors if len(words) > _SLIP else document.warnings
            graver.append(child.problem(message, "put it in an <mj-text> or <mj-raw>"))
        elif child.tag not in ATTRIBUTES and child.tag not in {"mj-class", "mj-all"}:
            document.errors.append(_unknown_tag(child, allowed))
            _check_inside_unknown(child, document)
        elif node.tag == "mj-body" and child.tag in CHILDREN["mj-column"] - allowed:
            document.warnings.append(_misplaced(child, node))
            _check_children(child, document)
        elif child.tag not in allowed or _ownerless(child, node):
            document.errors.append(_misplaced(child, node))
        else:
            _check_children(child, document)


def _check_inside_unknown(node: Node, document: Document) -> None:
    """Check what is wrong wherever it stands: what belongs into an unknown tag is not known."""
    for child in node.children:
        if child.tag in CHILDREN:
            _check_children(child, document)
        elif child.tag not in ATTRIBUTES and not child.tag.startswith("#"):
            document.errors.append(_unknown_tag(child, frozenset(ATTRIBUTES)))
            _check_inside_unknown(child, document)


def _unknown_tag(node: Node, allowed: frozenset[str]) -> Problem:
    if not node.source.wrote(node.tag):
        return node.problem("what is printed here is not an MJML tag")
    if node.tag.startswith("mj"):
        guess = suggestion(node.tag, allowed) or suggestion(node.tag, ATTRIBUTES)
        return node.problem(f"there is no tag <{node.tag}> in MJML", guess)
    hint = "HTML goes into an <mj-text>, an <mj-table> or an <mj-raw>"
    guess = suggestion(f"mj-{node.tag}", allowed)
    return node.problem(f"<{node.tag}> is not an MJML tag", f"{hint}; {guess}" if guess else hint)


def _ownerless(node: Node, parent: Node) -> bool:
    """Tell whether `node` is raw text beside head and body, where only a file's start has a use."""
    return parent.tag == "mjml" and node.tag == "mj-raw" and "position" not in node.attributes


def _misplaced(node: Node, parent: Node) -> Problem:
    if _ownerless(node, parent):
        message = "<mj-raw> beside <mj-body> would be lost"
        return node.problem(message, 'move it into <mj-body>, or add position="file-start"')
    homes = sorted(tag for tag, children in CHILDREN.items() if node.tag in children)
    hint = f"it belongs in <{'> or <'.join(homes)}>" if homes else None
    return node.problem(f"<{node.tag}> cannot stand in <{parent.tag}>", hint)


def _check_defaults(node: Node, document: Document) -> None:
    """Check what stands in ``mj-attributes``: each child names a tag and gives its defaults."""
    for child in node.children:
        if child.tag in {"#comment", "mj-all"}:
            continue
        if child.tag == "mj-class" and node.tag == "mj-attributes":
            if not child.attributes.get("name"):
                document.warnings.append(child.problem("<mj-class> has no name", 'add name="…"'))
            _check_defaults(child, document)
        elif child.tag not in ATTRIBUTES:
            document.errors.append(_unknown_tag(child, frozenset(ATTRIBUTES)))


def _attribute_problems(node: Node, tag: str) -> Iterator[Problem]:
    types = ATTRIBUTES[tag] | EVERYWHERE
    for name, value in node.attributes.items():
        kind = types.get(name)
        if kind is None and not node.source.wrote(name):
            yield node.problem(f"<{tag}> has no attribute as it is printed here", at=name)
        elif kind is None:
            guess = suggestion(name, types)
            yield node.problem(f'<{tag}> has no attribute "{name}"', guess, at=name)
        elif wanted := _mismatch(value.strip(), kind):
            yield _unfit(node, name, f"<{tag}>", wanted, kind)


def _unfit(node: Node, name: str, of: str, wanted: str, kind: str) -> Problem:
    """Return the problem that an attribute's value is not what it has to be."""
    value = node.attributes[name]
    told = node.source.told(value, f'"{value}"')
    hint = _repair(value.strip(), kind) if node.source.wrote(value) else None
    message = f"{told} cannot be the {name} of {of}: it has to be {wanted}"
    return node.problem(message, hint, at=name)


def _class_problems(node: Node, classes: set[str]) -> Iterator[Problem]:
    for name in node.attributes.get("mj-class", "").split():
        if name not in classes and not _TEMPLATE_CODE.search(name):
            is_written = node.source.wrote(name)
            told = f'name "{name}"' if is_written else "name that is printed here"
            message = f"no <mj-class> in <mj-attributes> has the {told}"
            hint = suggestion(name, classes) if is_written else None
            yield node.problem(message, hint, at="mj-class")


def _body_problems(node: Node) -> Iterator[Problem]:
    """Yield a problem for the first MJML tag in a body that is HTML."""
    if found := _MJ_TAG.search(node.body or ""):
        told = node.source.told(found[1], f"<{found[1].lower()}>")
        message = f"{told} in <{node.tag}> is not rendered: its content is HTML"
        offset = node.source.text.find(found[0], node.offset + 1)
        yield node.source.problem(offset, message, f"put it beside the <{node.tag}>")


def _default_problems(node: Node) -> Iterator[Problem]:
    """Yield which defaults for many tags are an attribute, or a value, of none."""
    for name, value in node.attributes.items():
        kinds = _kinds().get(name)
        if name == "name" and node.tag == "mj-class":
            continue
        if kinds is None and not node.source.wrote(name):
            yield node.problem("no tag has an attribute as it is printed here", at=name)
        elif kinds is None:
            yield node.problem(
                f'no tag has an attribute "{name}"', suggestion(name, _kinds()), at=name
            )
        elif all(wanted := [_mismatch(value.strip(), kind) for kind in kinds]):
            yield _unfit(node, name, "any tag", str(wanted[0]), kinds[0])


@functools.cache
def _kinds() -> dict[str, list[str]]:
    """Return for each attribute the types that it has in one tag or another."""
    kinds: dict[str, list[str]] = {}
    for types in (EVERYWHERE, *ATTRIBUTES.values()):
        for name, kind in types.items():
            if kind not in kinds.setdefault(name, []):
                kinds[name].append(kind)
    return kinds


@functools.lru_cache(maxsize=4096)
def _mismatch(value: str, kind: str) -> str | None:
    """Return what `value` should have been, or None if it is what it should be."""
    if kind == "string" or _TEMPLATE_CODE.search(value):
        return None
    if kind == "color":
        return None if _is_color(value) else "a colour, such as #1a73e8 or white"
    if kind in _TYPES:
        pattern, wanted = _TYPES[kind]
        return None if pattern.fullmatch(value) else wanted
    choices = kind.split("|")
    return None if value in choices else "one of " + ", ".join(filter(None, choices))


def _is_color(value: str) -> bool:
    if value.lower() in _KEYWORD_COLORS or value.startswith("var("):
        return True
    return tinycss2.color5.parse_color(value) is not None


def _repair(value: str, kind: str) -> str | None:
    if kind in {"px", "size", "size4", "spacing"} and re.fullmatch(r"[\d.]+(\s+[\d.]+)*", value):
        return f'did you mean "{" ".join(f"{part}px" for part in value.split())}"?'
    if "|" in kind and kind not in _TYPES:
        return suggestion(value, kind.split("|"))
    if kind == "color" and re.fullmatch(r"[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?", value):
        return f'did you mean "#{value}"?'
    return suggestion(value, _COLOR_NAMES) if kind == "color" else None


_COLOR_NAMES = words(
    "aqua beige black blue brown coral crimson cyan fuchsia gold gray green grey indigo ivory "
    "khaki lavender lime magenta maroon navy olive orange orchid pink plum purple red salmon "
    "sienna silver tan teal tomato transparent turquoise violet white yellow"
)
