"""Style rules into ``style`` attributes, for mail clients that read nothing else.

premailer finds which rule applies to which element. Left to itself it would also lose things on
the way (at-rules, ``!important``, values it does not know, percent signs in links), so it never
sees the document or the values: it works on a bare copy of the element tree, in which each start
tag carries a number, with one invented property in place of each declaration. What it finds is
then written into the ``style`` attributes of the original text, of which no other byte changes:
doctype, conditional comments, VML, entities, template syntax and style blocks stay as they were.

The cascade is CSS's: ``!important`` beats a ``style`` attribute, which beats the more specific
rule, which beats the later one. In ``style`` attributes themselves ``!important`` is taken away
afterwards, because Outlook ignores declarations that carry it; in style blocks it stays.

A rule that applies only sometimes (``:hover``, ``@media``) used to win over the rule beside it and
now meets a ``style`` attribute. Where that happens its declaration gets an ``!important``, which
is the one change made to style blocks.
"""

import functools
import html as entities
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from lxml import etree
from lxml.cssselect import CSSSelector

_INSIDE = r"""(?:[^<>"']|"[^"]*"|'[^']*')*"""
MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    rf"|<(?P<raw>style|script|title|textarea)(?P<head>(?:\s{_INSIDE})?)>"
    r"(?P<content>.*?)(?:</(?P=raw)\s*>|\Z)"
    rf"|<(?P<tag>[A-Za-z][^\s/<>]*)(?P<inside>{_INSIDE})>"
    r"|</[A-Za-z][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?(?:\*/|\Z)|<!--|-->""", re.DOTALL
)
_CSS_TOKEN = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\\.|[(){}\[\];,]""", re.DOTALL)
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_DYNAMIC = re.compile(r"::?(?!first-child\b|last-child\b|nth-child\b|not\b)[\w-]+(?:\([^)]*\))?")
_ATTRIBUTE_SELECTOR = re.compile(r"\[(?:\s*(?P<name>[\w-]+)\s*[~|^$*!]?=|\s*[\w-]+\s*\])?")
# Also where an escape hides the name of the pseudo-class.
_BY_WORDS = re.compile(r":(?:contains|[\w-]*\\[^;{}]*)\(", re.IGNORECASE)
_CONDITIONAL_RULE = re.compile(r"@(?:media|supports)\b", re.IGNORECASE)
_SELECTOR_PART = re.compile(r"[\s>+~.#\[:]")
_MAX_PARTS = 60  # of one selector; cssselect recurses for each
_MAX_DEPTH = 8  # of at-rules in at-rules
_NUMBER = "data-n"
_UNSTYLED = frozenset({"html", "head", "title", "meta", "link", "style", "script", "base"})


def inline_css(html: str) -> str:
    """Return `html` with the rules of its style blocks also in ``style`` attributes.

    The blocks stay. Blocks marked ``data-premailer="ignore"`` are only freed of that mark, and
    those for other media than ``all`` and ``screen`` are not looked at. Nothing is ever fetched,
    no input raises, and calls may run in several threads.
    """
    page = _Page(html)
    sheet = _Sheet()
    blocks: list[tuple[_Block, str]] = []
    for block in page.blocks:
        if block.ignored:
            page.replace(*block.ignored, "")
        elif block.media in {"", "all", "screen"}:
            css = html[block.start : block.end]
            sheet.add(css)
            blocks.append((block, css))
    inlined = page.apply(sheet)
    for block, css in blocks:
        page.replace(block.start, block.end, _defended(css, page, inlined))
    return page.text()


def inline_rules(html: str, css: str) -> str:
    """Return `html` with the rules of `css` in its ``style`` attributes.

    What cannot be said in an attribute (at-rules, ``:hover``) goes into a style block.
    """
    page = _Page(html)
    sheet = _Sheet()
    sheet.add(css)
    inlined = page.apply(sheet)
    if left := "\n".join(_defended(rule, page, inlined) for rule in sheet.left):
        end = re.search(r"</head\s*>", html, re.IGNORECASE)
        place = end.start() if end else 0
        page.replace(place, place, f'<style type="text/css">\n{left}\n</style>')
    return page.text()


def set_attributes(html: str, wanted: Iterable[tuple[str, dict[str, str]]]) -> str:
    """Return `html` with attributes set on the elements that CSS selectors name.

    Later entries win. A selector that is not valid CSS names nothing.
    """
    page = _Page(html)
    values: dict[int, dict[str, str]] = {}
    for selector, attributes in wanted:
        for number in page.matching(selector):
            values.setdefault(number, {}).update(attributes)
    for number, attributes in values.items():
        page.write(page.tags[number], attributes)
    return page.text()


class Chosen(NamedTuple):
    """On what it depends which elements some selectors choose, besides tags and their order.

    `attributes` are those whose values count, or None where they may be any; `words` is whether
    what stands in an element does.
    """

    attributes: frozenset[str] | None
    words: bool


def chosen_by(css: str) -> Chosen:
    """Return on what the selectors in style rules depend; rather on too much than on too little.

    Whatever is nested in whatever, no selector of an attribute can do without its bracket. One
    whose name is written in an unusual way, with escapes, comments or a namespace, may be any.
    """
    selectors = list(_ATTRIBUTE_SELECTOR.finditer(css))
    names = frozenset(found["name"].lower() for found in selectors if found["name"])
    is_sure = all(found[0] != "[" for found in selectors)
    return Chosen(names if is_sure else None, bool(_BY_WORDS.search(css)))


def attributes_of(
    name: str, inside: str, start: int = 0
) -> Iterator[tuple[str, str | None, int, int]]:
    """Yield name, value and place of the attributes in a start tag that begins at `start`."""
    after_name = start + 1 + len(name)
    for found in _ATTRIBUTE.finditer(inside):
        value = found.group(2)
        if value is not None and value[:1] in {'"', "'"}:
            value = value[1:-1]
        yield found.group(1).lower(), value, after_name + found.start(), after_name + found.end()


@dataclass(slots=True)
class _Tag:
    """A start tag: where it is, and its attributes with the places of their values."""

    name: str
    start: int
    inside: str

    @property
    def after_name(self) -> int:
        return self.start + 1 + len(self.name)

    def attributes(self) -> Iterator[tuple[str, str | None, int, int]]:
        """Yield name, value, and where the whole attribute begins and ends in the text."""
        yield from attributes_of(self.name, self.inside, self.start)


@dataclass(slots=True)
class _Block:
    """The content of a style element."""

    start: int
    end: int
    media: str
    ignored: tuple[int, int] | None


@dataclass(slots=True)
class _Declaration:
    """``name:value``; `texts` holds every value one rule gives, the fallbacks first."""

    name: str
    texts: list[str]
    important: bool


@dataclass(slots=True)
class _Rule:
    selector: str
    specificity: tuple[int, int, int]
    declarations: list[_Declaration]


class _Sheet:
    """The rules that can be inlined, in order; `left` holds the text of the others."""

    def __init__(self) -> None:
        self.rules: list[_Rule] = []
        self.left: list[str] = []

    def add(self, css: str) -> None:
        css = _without_comments(css)
        for prelude, start, end, stop in _blocks(css, 0, len(css)):
            if prelude.startswith("@"):
                self.left.append(prelude + css[start - 1 : stop] if end >= 0 else prelude + ";")
                continue
            if end < 0:
                continue
            content, others = css[start:end], []
            for selector in _split(prelude, ","):
                specificity = _specificity(selector)
                if specificity is None:
                    others.append(selector)
                    continue
                self.rules.append(_Rule(selector, specificity, list(_declarations(content))))
            if others:
                self.left.append(f"{', '.join(others)} {{{content}}}")


class _Page:
    """An HTML text, its start tags by number, and the changes to make to it."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.tags: list[_Tag] = []
        self.blocks: list[_Block] = []
        self._changes: list[tuple[int, int, str]] = []
        self._root: etree._Element | None = None
        for found in MARKUP.finditer(html):
            if found["tag"]:
                self.tags.append(_Tag(found["tag"], found.start(), found["inside"]))
            elif found["raw"] and found["raw"].lower() == "style":
                self.blocks.append(_block(found))

    def replace(self, start: int, end: int, text: str) -> None:
        """Note a change; changes may come in any order but must not overlap."""
        if self.html[start:end] != text or start == end:
            self._changes.append((start, end, text))

    def text(self) -> str:
        """Return the text with all changes made."""
        parts, position = [], 0
        for start, end, text in sorted(self._changes, key=lambda change: change[:2]):
            parts += [self.html[position:start], text]
            position = end
        return "".join([*parts, self.html[position:]])

    def write(self, tag: _Tag, values: dict[str, str]) -> None:
        """Set attributes of a start tag; `values` are HTML already."""
        values = dict(values)
        for name, _, start, end in tag.attributes():
            if (value := values.pop(name, None)) is not None:
                self.replace(start, end, _attribute(name, value))
        added = "".join(f" {_attribute(name, value)}" for name, value in values.items())
        if added:
            self.replace(tag.after_name, tag.after_name, added)

    def tree(self) -> etree._Element:
        """Return a bare element tree, without styles, in which each element has its number."""
        if self._root is None:
            parts, position, number = [], 0, 0
            for found in MARKUP.finditer(self.html):
                parts.append(self.html[position : found.start()])
                position = found.end()
                if found["tag"]:
                    inside = "".join(
                        f" {name}" if value is None else f' {name}="{value.replace(chr(34), "")}"'
                        for name, value, _, _ in self.tags[number].attributes()
                        if name != "style" and ":" not in name
                    )
                    close = "/" if found["inside"].endswith("/") else ""
                    parts.append(f'<{found["tag"]} {_NUMBER}="{number}"{inside}{close}>')
                    number += 1
                elif found[0].startswith("</"):
                    parts.append(found[0])
            parts.append(self.html[position:])
            copy = "".join(parts).replace("\0", "").encode("utf-8", "replace")
            parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
            self._root = etree.fromstring(b"<html>" + copy, parser)
        return self._root

    def matching(self, selector: str) -> list[int]:
        """Return the numbers of the start tags a selector names."""
        if not self.tags or _specificity(selector, universal=True) is None:
            return []
        found: Any = CSSSelector(selector, translator="html")(self.tree())
        return [int(element.get(_NUMBER)) for element in found if element.get(_NUMBER)]

    def apply(self, sheet: _Sheet) -> dict[int, set[str]]:
        """Write the rules into the style attributes; return which properties each tag got."""
        applying = _applying(self.tree(), sheet.rules) if self.tags and sheet.rules else {}
        inlined: dict[int, set[str]] = {}
        for number, tag in enumerate(self.tags):
            style = next((value for name, value, _, _ in tag.attributes() if name == "style"), None)
            indexes = applying.get(number, []) if tag.name.lower() not in _UNSTYLED else []
            if not indexes and (style is None or "important" not in style.lower()):
                continue
            own = list(_declarations(entities.unescape(style or "")))
            given = [
                declaration for index in indexes for declaration in sheet.rules[index].declarations
            ]
            inlined[number] = {declaration.name for declaration in given}
            written = _written(given, own)
            self.write(tag, {"style": entities.escape(written, quote=False).replace('"', "&quot;")})
        return inlined


def _block(found: re.Match[str]) -> _Block:
    media, ignored = "", None
    head_start = found.start("head")
    for attribute in _ATTRIBUTE.finditer(found["head"] or ""):
        name, value = attribute[1].lower(), (attribute[2] or "").strip("\"'").lower()
        if name == "media":
            media = value
        elif name == "data-premailer" and value == "ignore":
            before = found["head"][: attribute.start()]
            blank = len(before) - len(before.rstrip())
            ignored = (head_start + attribute.start() - blank, head_start + attribute.end())
    return _Block(found.start("content"), found.end("content"), media.strip(), ignored)


def _attribute(name: str, value: str) -> str:
    quote = "'" if '"' in value else '"'
    return f"{name}={quote}{value}{quote}"


def _without_comments(css: str) -> str:
    """Blank out comments, so that offsets stay what they were."""
    return _COMMENT.sub(lambda found: found[1] or " " * len(found[0]), css)


def _find(css: str, start: int, end: int, wanted: str) -> int:
    """Return where one of the `wanted` characters stands outside brackets and strings, or `end`."""
    depth = 0
    for found in _CSS_TOKEN.finditer(css, start, end):
        sign = found[0]
        if depth == 0 and sign in wanted:
            return found.start()
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth = max(0, depth - 1)
    return end


def _blocks(css: str, start: int, end: int) -> Iterator[tuple[str, int, int, int]]:
    """Yield prelude, where the block's content begins and ends, and where the rule stops.

    For a rule without a block, such as ``@import``, the content ends at -1.
    """
    while start < end:
        brace = _find(css, start, end, "{;}")
        prelude = css[start:brace].strip()
        if brace >= end or css[brace] != "{":
            if prelude:
                yield prelude, brace, -1, brace + 1
            start = brace + 1
            continue
        close = _find(css, brace + 1, end, "}")
        yield prelude, brace + 1, close, close + 1
        start = close + 1


def _split(text: str, separator: str) -> list[str]:
    return [text[start:end].strip() for start, end in _pieces(text, 0, len(text), separator)]


def _pieces(css: str, start: int, end: int, separator: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges between separators, leaving out empty ones."""
    while start < end:
        stop = _find(css, start, end, separator)
        if css[start:stop].strip():
            yield start, stop
        start = stop + 1


def _declarations(content: str) -> Iterator[_Declaration]:
    """Yield the declarations of a block or ``style`` attribute.

    Values of the same name that follow each other are one declaration with fallbacks. What is
    no declaration comes without a name, to be kept as it is.
    """
    last: _Declaration | None = None
    for piece in _split(content, ";"):
        name, colon, value = piece.partition(":")
        name = name.strip()
        if not colon or not re.fullmatch(r"[-\w]+", name):
            if last:
                yield last
            last = _Declaration("", [piece], False)
            continue
        important = bool(_IMPORTANT.search(value))
        text = f"{name}:{_IMPORTANT.sub('', value).strip()}"
        if last and last.name == name.lower() and last.important == important:
            last.texts.append(text)
            continue
        if last:
            yield last
        last = _Declaration(name.lower(), [text], important)
    if last:
        yield last


def _written(given: list[_Declaration], own: list[_Declaration]) -> str:
    """Return a style attribute from what rules give, weakest first, and what it said before."""
    ordered = [item for item in given if not item.important and item.name]
    ordered += [item for item in own if not item.important]
    ordered += [item for item in given if item.important and item.name]
    ordered += [item for item in own if item.important]
    result: dict[str, list[str]] = {}
    for index, declaration in enumerate(ordered):
        key = declaration.name or f"#{index}"
        result.pop(key, None)
        result[key] = declaration.texts
    return ";".join(text for texts in result.values() for text in texts)


@functools.lru_cache(maxsize=4096)
def _specificity(selector: str, *, universal: bool = False) -> tuple[int, int, int] | None:
    """Return the weight of a selector that premailer can apply, else None."""
    if len(_SELECTOR_PART.findall(selector)) > _MAX_PARTS:
        return None
    if not universal and ("*" in re.sub(r"\[[^\]]*\]", "", selector) or _unsuitable(selector)):
        return None
    import cssselect  # noqa: PLC0415 (with premailer, only when there is something to inline)

    try:
        parsed = cssselect.parse(selector)
        CSSSelector(selector, translator="html")
    except (cssselect.SelectorError, etree.XPathError, ValueError):  # ValueError: \1 and the like
        return None
    a, b, c = parsed[0].specificity()
    return a, b, c


def _unsuitable(selector: str) -> bool:
    pseudo = selector.partition(":")[2]
    return bool(pseudo) and pseudo not in {"first-child", "last-child"}


_lock = threading.Lock()


@functools.cache
def _premailer() -> Callable[..., Any]:
    import cssutils  # noqa: PLC0415 (half a second that only inlining has to pay)
    import premailer  # noqa: PLC0415

    cssutils.log.setLevel(logging.CRITICAL + 1)
    premailing: Callable[..., Any] = premailer.Premailer
    return premailing


def _applying(root: etree._Element, rules: list[_Rule]) -> dict[int, list[int]]:
    """Return for each numbered element the indexes of the rules that apply, weakest first."""
    css = "\n".join(f"{rule.selector}{{r-{index}:0}}" for index, rule in enumerate(rules))
    # cssutils, which premailer reads CSS with, keeps its state in module globals.
    with _lock:
        _premailer()(
            root,
            css_text=css,
            strip_important=False,
            keep_style_tags=True,
            include_star_selectors=True,
            disable_leftover_css=True,
            disable_validation=True,
            disable_link_rewrites=True,
            align_floating_images=False,
            cache_css_parsing=False,
            allow_network=False,
        ).transform()
    applying: dict[int, list[int]] = {}
    for element in root.iter(etree.Element):
        style, number = element.get("style"), element.get(_NUMBER)
        if style is None:
            continue
        del element.attrib["style"]
        if number is not None:
            indexes = [int(index) for index in re.findall(r"r-(\d+)", style)]
            indexes.sort(key=lambda index: (rules[index].specificity, index))
            applying[int(number)] = indexes
    return applying


def _defended(css: str, page: _Page, inlined: dict[int, set[str]]) -> str:
    """Return `css` with the sometimes-rules made to win over what was inlined."""
    if not any(inlined.values()):
        return css
    bare = _without_comments(css)
    places = set(_contested(bare, (0, len(bare)), page, inlined))
    for place in sorted(places, reverse=True):
        css = f"{css[:place]} !important{css[place:]}"
    return css


def _contested(
    css: str,
    extent: tuple[int, int],
    page: _Page,
    inlined: dict[int, set[str]],
    *,
    depth: int = 0,
) -> Iterator[int]:
    """Yield where the declarations end that apply only sometimes and meet an inlined one."""
    for prelude, begin, close, _ in _blocks(css, *extent):
        if close < 0:
            continue
        if prelude.startswith("@"):
            if _CONDITIONAL_RULE.match(prelude) and depth < _MAX_DEPTH:
                yield from _contested(css, (begin, close), page, inlined, depth=depth + 1)
            continue
        met: set[str] = set()
        for selector in _split(prelude, ","):
            static = _DYNAMIC.sub("", selector)
            if depth or static != selector:
                for number in page.matching(static):
                    met |= inlined.get(number, set())
        for first, last in _pieces(css, begin, close, ";"):
            piece = css[first:last]
            name = piece.partition(":")[0].strip().lower()
            if _overlaps(name, met) and not _IMPORTANT.search(piece):
                yield first + len(piece.rstrip())


def _overlaps(name: str, met: set[str]) -> bool:
    """Tell whether a property is among `met`, or a part or the whole of one that is."""
    return any(
        name == other or name.startswith(f"{other}-") or other.startswith(f"{name}-")
        for other in met
        if name
    )
