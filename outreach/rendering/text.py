"""The plain-text part of a mail, made from its HTML: a true reading of it with the same links.

Left out is what no reader sees: hidden elements (the preheader among them), comments with what they
hold for Outlook, styles. A link reads ``words (URL)``; a URL is never broken.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unicodedata import category, east_asian_width

from lxml import html as lxml_html

WIDTH = 72
"""Columns of a line; longer only where a URL or a word is."""

_SKIPPED = frozenset(
    [
        "head",
        "style",
        "script",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "audio",
        "video",
        "map",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "main",
        "nav",
        "p",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "caption",
    ]
)
_HEADINGS = {"h1": "=", "h2": "-", "h3": "", "h4": "", "h5": "", "h6": ""}
_HIDDEN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|mso-hide\s*:\s*all)", re.IGNORECASE)
_RULE = re.compile(r"border-top\s*:", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f]+")
#: What pads preheaders and hyphenates words: nothing to see.
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u2060\ufeff]")


def html_to_text(html: str) -> str:
    """Return the text part for an HTML document; it ends with a line break unless it is empty."""
    text = "\n".join(lines_of(text_blocks(html))).strip("\n")
    return text + "\n" if text else ""


def text_blocks(html: str) -> list["Block"]:
    """Return the blocks that the text part for a document consists of."""
    root = _parsed(html)
    return [] if root is None else _Walk().blocks_of(root)


def links_of(html: str) -> list[str]:
    """Return the target of every visible link in a document, in order."""
    root = _parsed(html)
    if root is None:
        return []
    return [
        element.get("href").strip()
        for element in root.iter("a", "area")
        if element.get("href") and not any(map(_hidden, [element, *element.iterancestors()]))
    ]


def anchors_of(html: str) -> list[tuple[str, str]]:
    """Return the words and the target of every link, also of those that nobody sees."""
    root = _parsed(html)
    if root is None:
        return []
    return [
        (
            " ".join(
                line for block in _Walk(10_000).blocks_of(element) for line in block.lines
            ).strip(),
            element.get("href").strip(),
        )
        for element in root.iter("a", "area")
        if element.get("href")
    ]


def _parsed(html: str) -> Any:  # noqa: ANN401 - lxml's elements have no useful types
    if not html.strip():
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    return lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)


def _hidden(element: Any) -> bool:  # noqa: ANN401
    return (
        not isinstance(element.tag, str)
        or element.tag in _SKIPPED
        or ":" in element.tag
        or element.get("hidden") is not None
        or bool(_HIDDEN.search(element.get("style", "")))
    )


def link_shown(text: str, href: str) -> str | None:
    """Return what a link reads whose words say where it leads, or None for all others."""
    plain = href.removeprefix("mailto:").removeprefix("tel:")
    if text.rstrip("/") in (href.rstrip("/"), plain, re.sub(r"^https?://", "", href)):
        # The words are the link: it need not stand there twice.
        return plain if plain == text else href
    return None


@dataclass(slots=True)
class Block:
    """Lines that belong together, and whether an empty line parts them from the next block.

    `origin` is what they were made of, a paragraph's words or an element, in `width` columns.
    """

    lines: list[str]
    loose: bool = True
    origin: Any = None
    width: int = WIDTH

    def again(self, change: Callable[[str], str]) -> list[str]:
        """Return the lines there would be, had `change` been made to each text in the origin."""
        if isinstance(self.origin, str):
            return _lines(change(self.origin), self.width)
        element = deepcopy(self.origin)
        element.tail = None
        for part in element.iter():
            part.text = part.text and change(part.text)
            part.tail = part.tail and change(part.tail)
            for name, value in part.attrib.items():
                part.set(name, change(value))
        walk = _Walk(self.width)
        walk._element(element)
        (block,) = walk.blocks
        return block.lines

    @property
    def holds_data(self) -> bool:
        """Whether a table is in it, whose columns depend on all that stands in them."""
        return not isinstance(self.origin, str) and any(
            part.tag == "table" for part in self.origin.iter()
        )


@dataclass(slots=True)
class _Walk:
    """One way through a document; `width` is what is left of the line at this depth."""

    width: int = WIDTH
    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def blocks_of(self, element: Any) -> list[Block]:  # noqa: ANN401
        self._inside(element)
        self._flush()
        return self.blocks

    def _inside(self, element: Any) -> None:  # noqa: ANN401
        if element.text:
            self.words.append(element.text)
        for child in element:
            if not _hidden(child):
                self._element(child)
            if child.tail:
                self.words.append(child.tail)

    def _element(self, element: Any) -> None:  # noqa: ANN401, PLR0912 - one branch a kind of element
        tag = element.tag
        if tag == "br":
            self.words.append("\v")
        elif tag == "img":
            self.words.append(element.get("alt", ""))
        elif tag == "a":
            self._link(element)
        elif tag == "wbr":
            pass
        elif tag == "hr":
            self._flush()
            self.blocks.append(Block(["-" * min(24, self.width)]))
        elif tag in _HEADINGS:
            self._heading(element)
        elif tag in ("ul", "ol"):
            self._list(element)
        elif tag == "blockquote":
            self._flush()
            inner = _Walk(self.width - 2).blocks_of(element)
            self._add([f"> {line}".rstrip() for line in lines_of(inner)], element)
        elif tag == "pre":
            self._flush()
            self._add(element.text_content().strip("\n").split("\n"), element)
        elif tag == "table" and _holds_data(element):
            self._flush()
            self._add(_table(element, self.width), element)
        elif tag in _BLOCKS:
            self._flush()
            self._inside(element)
            empty = not self._flush()
            # MJML draws a divider as the upper border of an empty paragraph.
            if tag == "p" and empty and _RULE.search(element.get("style", "")):
                self.blocks.append(Block(["-" * min(24, self.width)]))
        else:
            self._inside(element)

    def _link(self, element: Any) -> None:  # noqa: ANN401
        href = (element.get("href") or "").strip()
        inner = _Walk(self.width)
        blocks = inner.blocks_of(element)
        text = " ".join(line for block in blocks for line in block.lines).strip()
        if not href or href.startswith("#"):
            self.words.append(text)
            return
        if not text:
            self.words.append(_unbroken(href))
            return
        shown = link_shown(text, href)
        self.words.append(f"{text} {_unbroken(f'({href})')}" if shown is None else _unbroken(shown))

    def _heading(self, element: Any) -> None:  # noqa: ANN401
        self._flush()
        lines = [line for block in _Walk(self.width).blocks_of(element) for line in block.lines]
        underline = _HEADINGS[element.tag]
        if lines and underline:
            lines.append(underline * min(max(map(columns, lines)), self.width))
        self._add(lines, element)

    def _list(self, element: Any) -> None:  # noqa: ANN401
        self._flush()
        start = element.get("start", "1")
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1
        items: list[list[str]] = []
        for child in element:
            if _hidden(child):
                continue
            mark = "* " if element.tag == "ul" else f"{number}. "
            number += 1
            inner = _Walk(self.width - len(mark)).blocks_of(child)
            for block in inner:
                block.loose = len(block.lines) > 1 and block.loose and len(inner) > 2
            lines = lines_of(inner)
            if lines:
                indent = " " * len(mark)
                items.append([mark + lines[0], *((indent + line).rstrip() for line in lines[1:])])
        self._add([line for item in items for line in item], element)

    def _add(self, lines: list[str], origin: Any) -> None:  # noqa: ANN401
        if lines:
            self.blocks.append(Block(lines, origin=origin, width=self.width))

    def _flush(self) -> bool:
        """End the paragraph; return whether there was one."""
        text = _SPACES.sub(" ", _INVISIBLE.sub("", "".join(self.words)))
        self.words.clear()
        # A paragraph of hair or no-break spaces is a gap in the layout, as mj-spacer makes one.
        lines = _lines(text, self.width) if text.strip() else []
        self._add(lines, text)
        return bool(lines)


def _lines(text: str, width: int) -> list[str]:
    """Return the lines of a paragraph, in which vertical tabs break lines."""
    lines = [line for part in text.split("\v") for line in _wrapped(part, width)]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def lines_of(blocks: list[Block]) -> list[str]:
    """Return the lines of all blocks, parted by empty lines where they are loose."""
    lines: list[str] = []
    for number, block in enumerate(blocks):
        lines += block.lines
        if block.loose and number + 1 < len(blocks):
            lines.append("")
    return lines


#: Stands for a space inside a URL while lines are filled; no HTML text can hold it.
_NO_BREAK = "\x1f"


def _unbroken(url: str) -> str:
    return _SPACES.sub(_NO_BREAK, url)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the lines of one paragraph, broken at spaces; only wide letters break elsewhere."""
    line, used = "", 0
    for word in text.strip(" ").split(" "):
        size = columns(word)
        if line and used + 1 + size > width:
            yield line
            line, used = "", 0
        if line:
            line, used = f"{line} {word}", used + 1 + size
        else:
            line, used = word, size
        start = 0
        whole = used <= width or "://" in line
        while not whole and used > width and (cut := _cut(line, width, start)):
            yield line[start:cut]
            used -= columns(line[start:cut])
            start = cut
        line = line[start:]
    yield line.replace(_NO_BREAK, "%20")


def _cut(line: str, width: int, start: int) -> int | None:
    """Return where letters from `start` on that need no spaces between them can be broken."""
    used = 0
    for position in range(start, len(line)):
        used += columns(line[position])
        if used > width:
            is_wide = position > start and east_asian_width(line[position - 1]) in "WF"
            return position if is_wide else None
    return None


def columns(text: str) -> int:
    """Return how many columns a text takes where letters have one width."""
    if text.isascii():
        return len(text)
    return sum(
        0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in "WF" else 1
        for char in text
    )


def _holds_data(table: Any) -> bool:  # noqa: ANN401
    """Whether a table is one of data, not one that lays out the mail."""
    if table.get("role") in ("presentation", "none"):
        return False
    if table.find(".//table") is not None:
        return False
    rows = list(table.iter("tr"))
    return len(rows) > 1 and max(len(_cells(row)) for row in rows) > 1


def _cells(row: Any) -> list[Any]:  # noqa: ANN401
    return [cell for cell in row if not _hidden(cell) and cell.tag in ("td", "th")]


def _table(table: Any, width: int) -> list[str]:  # noqa: ANN401
    """Return a table of data: in columns where they fit, else row by row."""
    rows = [
        [
            " ".join(line for block in _Walk(10_000).blocks_of(cell) for line in block.lines)
            for cell in _cells(row)
        ]
        for row in table.iter("tr")
        if not _hidden(row)
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    headed = bool(table.find(".//th") is not None)
    count = max(map(len, rows))
    rows = [row + [""] * (count - len(row)) for row in rows]
    sizes = [max(columns(row[column]) for row in rows) for column in range(count)]
    if sum(sizes) + 2 * (count - 1) <= width:
        right = [
            all(re.fullmatch(r"[\d.,\s%€$£¥+\u2212-]*", row[column]) for row in rows[headed:])
            for column in range(count)
        ]
        lines = [_columned(row, sizes, right) for row in rows]
        if headed:
            lines.insert(1, "  ".join("-" * size for size in sizes))
        return lines
    if not headed:
        return [line for row in rows for line in _wrapped(" | ".join(filter(None, row)), width)]
    lines = []
    for row in rows[1:]:
        lines += [""] if lines else []
        for title, cell in zip(rows[0], row, strict=True):
            if cell:
                lines += _wrapped(f"{title}: {cell}" if title else cell, width)
    return lines


def _columned(row: list[str], sizes: list[int], right: list[bool]) -> str:
    cells = []
    for cell, size, to_right in zip(row, sizes, right, strict=True):
        space = " " * (size - columns(cell))
        cells.append(space + cell if to_right else cell + space)
    return "  ".join(cells).rstrip()
