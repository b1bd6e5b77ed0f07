"""A skeleton: what all contacts share whose mail took the same branches.

It is made by the plain path itself, from a pattern in which each value is a letter nobody uses,
with a probe behind it. Where that letter turns up in the page, the value will; what became of the
probe says how it is escaped there. A value that may change the page around it - in a style, in the
structure of the MJML, in a link's host - is found here, and becomes part of the key instead.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

from outreach.errors import MessageError, Problem, TemplateError
from outreach.rendering.css import MARKUP, attributes_of, chosen_by
from outreach.rendering.holes import (
    CONTENT,
    HIDDEN,
    HOLE,
    PROBE,
    SUBJECT,
    Escape,
    escape_like,
    hole,
    number_of,
)
from outreach.rendering.keys import Keys
from outreach.rendering.letter import hidden_preheader, with_hidden
from outreach.rendering.lines import Line
from outreach.rendering.message import shown_images
from outreach.rendering.paragraphs import Paragraph
from outreach.rendering.pattern import taken_apart
from outreach.rendering.press import Press, Script
from outreach.rendering.sandbox import Language
from outreach.rendering.splicing import Filled, Section, SplicedPart
from outreach.rendering.tame import NotTameError
from outreach.rendering.templates import Template, tidy
from outreach.rendering.text import (
    WIDTH,
    Block,
    anchors_of,
    columns,
    lines_of,
    link_shown,
    links_of,
    text_blocks,
)
from outreach.rendering.values import Tokens, Value


class Key(NamedTuple):
    """What a contact's mail depends on besides its values.

    Those are counted: some may be printed into what is captured, and that be left out.
    """

    body: str
    layout: str
    text: str | None
    language: str
    direction: str
    subject: str | None
    preheader: str | None
    has_preheader: bool
    printed: int


class LearnedError(Exception):
    """Some places cannot have their values put aside as was thought."""

    def __init__(self, keyed: set[int], paired: set[int] | None = None) -> None:
        super().__init__()
        self.keyed = keyed
        self.paired = paired or set()


@dataclass(frozen=True, slots=True)
class _Link:
    """A link with values in it, and what the text part took it for."""

    words: str
    href: str
    taken_for: object


class Skeleton:
    """The mail of one key. `fill` gives it with the values of one contact.

    `sites` are the places in the template that printed the values. `proved`, `used`, `fills` and
    `press` are of those who keep it: what is known of it, and what makes its messages. Raises
    `LearnedError` where the key has to hold more, and `NotTameError` where only the plain path will
    do. `images` are the names of those that the HTML shows.
    """

    def __init__(
        self,
        template: Template,
        keys: Keys,
        key: Key,
        sites: Sequence[int],
        markers: Mapping[int, str],
    ) -> None:
        self.proved = False
        self.used = False
        self.fills = 0
        self.images: tuple[str, ...] = ()
        self.press: Press[Any] | None = None
        self._sites = sites
        self._paired = frozenset(keys.paired)
        self._template = template
        self.key = key
        self._markers = markers
        self._html: SplicedPart | None = None
        self._links: list[_Link] = []
        self._unspaced: list[int] = []
        self._ends_open = False
        self.warnings: tuple[Problem, ...] = ()
        body = keys.expanded(key.body, template.body_language)
        if template.format == ".txt":
            if template.layout is not None:
                layout = keys.expanded(key.layout, Language.TEXT)
                body = layout.replace(CONTENT, body.strip("\n"))
            self._text = SplicedPart("text/plain", _lines(tidy(body), markers), markers)
        else:
            html = self._page(keys, body)
            escapes = self._escapes(html)
            sections = _html_sections(html, escapes, markers)
            self._html = SplicedPart("text/html", sections, markers)
            self._ends_open = not html.endswith("\n")
            visible = html.replace(_HIDDEN_HOLE, "")
            self._links = self._guarded_links(visible)
            self._text = SplicedPart("text/plain", self._text_sections(keys, visible), markers)
        self.tokens = self._text.tokens | (self._html.tokens if self._html else frozenset())
        self.size = self._text.size + (self._html.size if self._html else 0)

    def fill(self, values: Sequence[Value], tokens: Tokens) -> tuple[Filled, Filled | None]:
        """Return the text and the HTML part.

        Raises `NotTameError` where values together mean more than each of them.
        """
        for index in self._unspaced:
            if " " in values[index].text:
                raise NotTameError("a link with a space in it")
        for link in self._links:
            self._check(link, values)
        html = None if self._html is None else self._html.filled(values, tokens)
        return self._text.filled(values, tokens), html

    @property
    def has_html(self) -> bool:
        """Whether the mail has an HTML part."""
        return self._html is not None

    def write(
        self, script: Script, *, even: bool
    ) -> list[tuple[list[bytes | str], list[bytes | str]]]:
        """Write what `fill` does; return the pieces of the parts, as `SplicedPart.write` does."""
        script.say(f"{''.join(f'v{index}, ' for index in range(len(self._sites)))} = v")
        spaced = [f'" " in v[{index}].text' for index in dict.fromkeys(self._unspaced)]
        if spaced:
            error = script.bind(NotTameError)
            script.say(f"if {' or '.join(spaced)}: raise {error}('a link with a space in it')")
        for link in self._links:
            script.say(f"{script.bind(self._check)}({script.bind(link)}, v)")
        parts = [self._text] if self._html is None else [self._text, self._html]
        return [part.write(script, even=even) for part in parts]

    def texts(self, values: Sequence[str], tokens: Tokens) -> tuple[str | None, str]:
        """Return HTML and text as the plain path renders them."""
        text = self._text.text(values, tokens)
        if self._html is None:
            return None, text
        html = self._html.text(values, tokens)
        return html[:-1] if self._ends_open else html, "" if text == "\n" else text

    def _page(self, keys: Keys, body: str) -> str:
        """Return the page with holes for the values."""
        template, key = self._template, self.key
        if template.format == ".md":
            self._check_markdown(body)
        self._check_references(body)
        source = template.fragment(body) if template.layout else body
        if template.layout:
            layout = keys.expanded(key.layout, Language.HTML)
            self._check_references(layout)
            source = layout.replace(CONTENT, source)
        if template.layout or template.format != ".md":
            self._check_mjml(source)
        subject = hole(SUBJECT) if key.subject is None else key.subject
        try:
            page = template.document(
                source, subject=subject, language=key.language, direction=key.direction
            )
        except TemplateError as error:
            raise NotTameError(f"no pattern can be made of it: {error}") from error
        self.warnings = page.warnings
        if any(_has_private(problem.message) for problem in page.warnings):
            raise NotTameError("it has warnings about values")
        html = page.html
        try:
            shown = shown_images(html, template.images)
        except MessageError as error:
            raise NotTameError("it shows an image that does not come along") from error
        self.images = tuple(image.cid for image in shown)
        if key.has_preheader and not page.has_preview:
            fixed = key.preheader
            html = with_hidden(html, _HIDDEN_HOLE if fixed is None else hidden_preheader(fixed))
        self._check_html(html, page.styles)
        return html.replace("\r\n", "\n").replace("\r", "\n") if "\r" in html else html

    def _refuse(self, text: str, *patterns: re.Pattern[str]) -> None:
        """Raise `LearnedError` for the values in what matches one of the patterns."""
        matches = (found[0] for pattern in patterns for found in pattern.finditer(text))
        self._learn({index for match in matches for index in _values_in(match)})

    def _learn(self, indexes: set[int]) -> None:
        """Raise `LearnedError` if there are any of these values."""
        if own := indexes & {SUBJECT, HIDDEN}:
            raise NotTameError(
                f"the subject or the preheader is in a place of its own ({len(own)})"
            )
        if indexes:
            raise LearnedError({self._sites[index] for index in indexes})

    def _check_references(self, source: str) -> None:
        # What stands before might be the beginning of a character reference.
        self._refuse(source, _IN_REFERENCE)

    def _check_markdown(self, source: str) -> None:
        self._refuse(source, _MAYBE_LIST)
        # A tag, or an address in angle brackets, is one if all that is in it can be.
        for found in _MAYBE_TAG.finditer(source):
            self._learn(_values_in(_QUOTED.sub("", found[0])))
        if _DEFINITION.search(source):
            self._refuse(source, _IN_BRACKETS)

    def _check_mjml(self, source: str) -> None:
        """Find the values that the structure of MJML depends on."""
        self._refuse(source, _BESIDE_ANGLE, _CDATA)
        keyed: set[int] = set()
        head = re.search(r"<mj-head\b.*?</mj-head>", source, re.DOTALL | re.IGNORECASE)
        if head:
            keyed |= _values_in(_TITLES.sub("", head[0]))
        for found in _MJML_TAG.finditer(source):
            for name, value, _, _ in attributes_of(found[1], found[2]):
                if value is None or name not in _FREE_MJML:
                    keyed |= _values_in(value or "")
            keyed |= _values_in(_QUOTED.sub("", found[2]))
        self._learn(keyed | _values_at_edges(source))

    def _check_html(self, html: str, styles: str) -> None:
        """Find the values on which more than their own place depends."""
        wanted = _values_in(self.key.body + self.key.layout)
        whole = {number_of(found[1]) for found in HOLE.finditer(html)}
        broken = _values_in(HOLE.sub("", html))
        if broken | (wanted - whole):
            self._learn(broken | (wanted - whole))
        if _has_private(HOLE.sub("", html)):
            raise NotTameError("the page has characters of Unicode's last private plane")
        self._refuse(html.partition("</head>")[2], _IN_FONT, _BEFORE_COLON)
        markup = list(MARKUP.finditer(html))
        sheets = [found["content"] for found in markup if (found["raw"] or "").lower() == "style"]
        chosen = chosen_by("\n".join([styles, *sheets]))
        if chosen.words:
            self._learn(_values_in(html))
        free = frozenset() if chosen.attributes is None else _FREE_HTML - chosen.attributes
        keyed = _values_at_edges(html)
        for found in markup:
            if not _VALUE.search(found[0]):
                continue
            if found["tag"]:
                keyed |= self._in_tag(found, free)
            elif found["raw"]:
                # What might be its end tag, or stands behind that, is none of its text.
                text = found["content"].partition("</")[0]
                harmless = text if found["raw"].lower() in _TEXT_ONLY else ""
                kept = found[0].replace(harmless, "") if harmless else found[0]
                keyed |= _values_in(kept)
            elif not found[0].startswith("<!--"):
                keyed |= _values_in(found[0])
        self._learn(keyed)

    @staticmethod
    def _in_tag(found: re.Match[str], free_names: frozenset[str]) -> set[int]:
        inside = _values_in(found[0])
        free: set[int] = set()
        for name, value, _, _ in attributes_of(found["tag"], found["inside"]):
            if value is not None and name in free_names:
                free |= _values_in(value)
        return (inside - free) | _values_in(_QUOTED.sub("", found[0]))

    def _escapes(self, html: str) -> dict[tuple[int, str], Escape]:
        escapes: dict[tuple[int, str], Escape] = {}
        unknown = set()
        for found in HOLE.finditer(html):
            index = number_of(found[1])
            escaped = hidden_preheader if index == HIDDEN else escape_like(found[2])
            if escaped is None or (found[2] == PROBE and index != HIDDEN):
                unknown.add(index)
            else:
                escapes[index, found[2]] = escaped
        self._learn(unknown)
        return escapes

    def _guarded_links(self, html: str) -> list[_Link]:
        guarded = []
        paired: set[int] = set()
        for words, href in anchors_of(html):
            if not HOLE.search(words) and not HOLE.search(href):
                continue
            for text in (words, href):
                self._learn({number_of(one[1]) for one in HOLE.finditer(text) if one[2] != PROBE})
            in_words = {number_of(found[1]) for found in HOLE.finditer(words)}
            in_href = {number_of(found[1]) for found in HOLE.finditer(href)}
            if in_words - in_href and in_href - in_words:
                paired |= {self._sites[index] for index in in_words ^ in_href}
            if in_href and not in_words and _never_the_same(words, href):
                self._unspaced += sorted(in_href)
            else:
                guarded.append(_Link(words, href, _taken_for(words, href)))
        for link in links_of(html):
            if not HOLE.search(link):
                self._template.check_link(link)
        if not paired <= self._paired:
            raise LearnedError(set(), paired)
        return guarded

    def _check(self, link: _Link, values: Sequence[Value]) -> None:
        words, href = (
            filled(text, lambda index: values[index].text) for text in (link.words, link.href)
        )
        if _taken_for(words, href) != link.taken_for or (" " in href) != (" " in link.href):
            raise NotTameError("a link's words may say where it leads")
        if not words.isascii() and columns(words) > WIDTH // 2:
            raise NotTameError("a long link in letters without spaces")
        self._template.check_link(href.strip())

    def _text_sections(self, keys: Keys, html: str) -> list[Section]:
        if self.key.text is not None:
            return _lines(tidy(keys.expanded(self.key.text, Language.TEXT)), self._markers)
        blocks = text_blocks(html)
        expected = "\n".join(lines_of(blocks)).strip("\n") + "\n"
        sections: list[Section] = []
        for number, block in enumerate(blocks):
            text = "\n".join(block.lines)
            found = list(HOLE.finditer(text))
            self._learn({number_of(one[1]) for one in found if one[2] != PROBE})
            gap = "\n" if block.loose and number + 1 < len(blocks) else ""
            if found:
                kept = block
                if not isinstance(block.origin, str):
                    # Alone, so that the rest of the page need not be kept.
                    kept = Block(block.lines, block.loose, deepcopy(block.origin), block.width)
                    kept.origin.tail = None
                indexes = list(dict.fromkeys(number_of(one[1]) for one in found))
                sections += [Paragraph(kept, indexes, filled, self._markers), gap]
            else:
                sections.append(text + "\n" + gap)
        if not blocks:
            return ["\n"]
        merged = _merged(sections)
        known = "".join(
            section.pattern if isinstance(section, Paragraph) else str(section)
            for section in merged
        )
        if known != expected:
            raise NotTameError("its text part begins or ends with empty lines")
        return merged


def filled(pattern: str, value: Callable[[int], str]) -> str:
    """Return a pattern with its values, as a reader sees them."""
    return HOLE.sub(lambda found: value(number_of(found[1])), pattern)


_HIDDEN_HOLE = hole(HIDDEN).replace(PROBE, "")
_VALUE = re.compile("[\U00108000-\U0010ffef]")
_REFERRED = re.compile(r"&#(\d{7});")
_PRIVATE = re.compile("[\U00100000-\U0010ffff]")
_ONE = "[\U00108000-\U0010ffef][^\U00108000-\U0010ffff]{0,120}\U0010fff0"
_IN_REFERENCE = re.compile(f"&#?\\w*(?:{_ONE})")
_MAYBE_LIST = re.compile(
    "^[ \\t>*+\\-\\d.):|]*(?:(?:[\U00108000-\U0010ffef]|&#\\d{7};)[^\n\U0010fff0]{0,120}?"
    "(?:\U0010fff0|&#1114096;)\\d*)+[.)]",
    re.MULTILINE,
)
_MAYBE_TAG = re.compile("<[/!]?(?:[A-Za-z]|[\U00108000-\U0010ffef]|&#\\d{7};)[^<>]*")
_DEFINITION = re.compile(r"^[ \t>]*\[[^\]\n]+\]:", re.MULTILINE)
_IN_BRACKETS = re.compile(r"\[[^\]]*[\U00108000-\U0010ffef][^\]]*\]")
_TITLES = re.compile(r"<(mj-title|mj-preview)\b[^>]*>.*?</\1>", re.DOTALL)
_INSIDE = r"""(?:[^<>"']|"[^"]*"|'[^']*')*"""
_MJML_TAG = re.compile(rf"<(mj(?:ml|-[a-z-]+))(\s{_INSIDE})>", re.IGNORECASE)
_FREE_MJML = frozenset({"href", "src", "alt", "title"})
_FREE_HTML = frozenset({"href", "src", "alt", "title", "aria-label"})
_TEXT_ONLY = frozenset({"title", "textarea"})
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_IN_FONT = re.compile(r'font-family:[^"]*', re.IGNORECASE)
_BEFORE_COLON = re.compile(f"(?:{_ONE})i?d\\s*:", re.IGNORECASE)
# What no pattern above takes for a tag, a parser of HTML may, if the right letters follow.
_MAYBE_MARKUP = re.compile("<(?:[A-Za-z/!?]|[\U00108000-\U0010ffef])[^>]*>?")
# To a reader of MJML also where it is quoted, since bodies are HTML that it does not look into.
_BESIDE_ANGLE = re.compile(f"<[/\\w:.-]*(?:{_ONE}[\\w:.-]*)+")
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_MAYBE_END = re.compile(f"{_ONE}[-!]*>")
_ENDED_BEFORE = re.compile("<!---?>|<!--.*?--!>", re.DOTALL)


def _values_in(text: str) -> set[int]:
    """Return the values that stand in a pattern, or in a source of Markdown."""
    text = _REFERRED.sub(lambda found: chr(int(found[1])), text)
    return set(map(number_of, _VALUE.findall(text)))


def _values_at_edges(markup: str) -> set[int]:
    """Return the values on which it depends where tags and comments begin and end."""
    values: set[int] = set()
    position = 0
    for found in MARKUP.finditer(markup):
        values |= _values_in_maybe_markup(markup, position, found.start())
        position = found.end()
        if found[0].startswith("<!--") and _VALUE.search(found[0]):
            if _ENDED_BEFORE.match(found[0].removesuffix("-->")):
                values |= _values_in(found[0])
            for end in _MAYBE_END.finditer(found[0].removesuffix("-->")):
                values |= _values_in(end[0])
    return values | _values_in_maybe_markup(markup, position, len(markup))


def _values_in_maybe_markup(markup: str, start: int, end: int) -> set[int]:
    """Return the values in what begins like a tag in this range, which holds none."""
    values: set[int] = set()
    for begun in re.finditer("<", markup[start:end]):
        found = _MAYBE_MARKUP.match(markup, start + begun.start())
        if found:
            # A quotation mark may take in what looks like the tag's end.
            quoted = '"' in found[0] or "'" in found[0]
            whole = quoted and found[0][1] not in "!?"
            values |= _values_in(markup[found.start() :] if whole else found[0])
    return values


def _has_private(text: str) -> bool:
    return not text.isascii() and bool(_PRIVATE.search(text))


def _never_the_same(words: str, href: str) -> bool:
    """Whether a link is safe, and not what its words say, whatever is put in its hole."""
    begin = HOLE.split(href, maxsplit=1)[0]
    scheme = re.match(r"https?://", begin)
    if scheme is None or len(begin) == scheme.end() or " " in begin + href:
        return False
    return not words.startswith((begin, begin[scheme.end() :]))


def _taken_for(words: str, href: str) -> object:
    """Return what the text part makes of a link, apart from what stands in it."""
    if not href or href.startswith("#"):
        return "words"
    shown = link_shown(words, href)
    return None if shown is None else ("link", shown == href, shown == words)


def _lines(text: str, markers: Mapping[int, str]) -> list[Section]:
    """Return sections for plain text with holes."""
    return _merged(
        [
            Line(_pieces(line, {}, markers, plain=True)) if HOLE.search(line) else line + "\n"
            for line in text.removesuffix("\n").split("\n")
        ]
    )


def _html_sections(
    html: str, escapes: Mapping[tuple[int, str], Escape], markers: Mapping[int, str]
) -> list[Section]:
    return _merged(
        [
            Line(_pieces(line, escapes, markers)) if HOLE.search(line) else line + "\n"
            for line in html.removesuffix("\n").split("\n")
        ]
    )


def _pieces(
    line: str,
    escapes: Mapping[tuple[int, str], Escape],
    markers: Mapping[int, str],
    *,
    plain: bool = False,
) -> list[str | tuple[int, Callable[[str], str]] | int]:
    pieces: list[str | tuple[int, Callable[[str], str]] | int] = []
    numbers = {marker: number for number, marker in markers.items()}
    position = 0
    for found in HOLE.finditer(line):
        pieces += taken_apart(line[position : found.start()], numbers)
        index = number_of(found[1])
        pieces.append((index, str if plain else escapes[index, found[2]]))
        position = found.end()
    pieces += taken_apart(line[position:], numbers)
    return pieces


def _merged(sections: Sequence[Section]) -> list[Section]:
    merged: list[Section] = []
    for section in sections:
        if isinstance(section, str) and merged and isinstance(merged[-1], str):
            merged[-1] += section
        elif section != "":
            merged.append(section)
    return merged
