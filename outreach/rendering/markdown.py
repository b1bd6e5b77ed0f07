"""Markdown editions: CommonMark, tables and a few blocks for mail, as MJML or as plain HTML.

A block is what stands between ``::: name arguments`` and ``:::``::

    ::: button https://example.com/book         a button with this link
    ::: quote Ada Lovelace, Analytical Engines  words of somebody
    ::: box                                     something to stand out
    ::: columns                                 beside each other, divided by ``---``

Buttons and quotes may stand in boxes and columns.

An image that stands alone is as wide as the mail. Lines that begin with an ``<mj-…>`` tag are MJML
and are taken as they are, up to its end tag.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from outreach.errors import Problem, TemplateError, suggestion
from outreach.rendering.mjml_source import Source, Wrote

BLOCKS = ("button", "quote", "box", "columns")

_FENCE = re.compile(r"(:{3,})[ \t]*(.*?)[ \t]*\Z")
_MJML = re.compile(r"<(mj-[a-z-]+)(?=[\s/>])")
_REFERENCE = re.compile(r"&#(\d{7});")
_HARMLESS = frozenset("&:/?#@%+,.;=_~!*()$-")
_SECTIONS = frozenset({"mj-section", "mj-wrapper", "mj-hero", "mj-raw"})


def markdown_to_mjml(source: str, name: str, wrote: Wrote | None = None) -> str:
    """Return `source` as MJML sections, to stand in an ``mj-body``.

    Raises `TemplateError` with every block that is wrong and where it stands in `source`, which
    errors call `name`. They tell no words but those that a person `wrote`.
    """
    return _readable(_Mjml(_parsed(source, name, wrote, layout=True)).sections())


def markdown_to_html(source: str, name: str, wrote: Wrote | None = None) -> str:
    """Return `source` as plain HTML, for mail without a layout; errors as `markdown_to_mjml`."""
    tree = _parsed(source, name, wrote, layout=False)
    return _readable("".join(map(_html, tree.children)))


@dataclass(slots=True)
class _Faults:
    """Collects problems of one document; markdown-it carries it to the rules."""

    source: Source
    lines: Sequence[str]
    problems: list[Problem]

    def add(self, message: str, line: int, hint: str | None = None) -> None:
        """Note a problem with the block that begins on a line, counted from 0."""
        found = re.search(r":::|<|\S", self.lines[line])
        column = found.start() + 1 if found else 1
        problem = Problem(message, self.source.name, line + 1, column, hint)
        if problem not in self.problems:
            self.problems.append(problem)


def _parsed(source: str, name: str, wrote: Wrote | None, *, layout: bool) -> SyntaxTreeNode:
    faults = _Faults(Source(name, source, wrote), source.split("\n"), [])
    env: dict[str, object] = {"faults": faults}
    try:
        tree = SyntaxTreeNode(_parser().parse(source, env))
        _check(tree, faults, layout=layout)
    except RecursionError:
        raise TemplateError("the Markdown is nested too deeply", source=name) from None
    if faults.problems:
        raise TemplateError(faults.problems)
    return tree


@cache
def _parser() -> MarkdownIt:
    # No smart quotes and no guessed links: they would change what a contact's value says.
    parser = MarkdownIt("commonmark", {"html": True, "typographer": False, "linkify": False})
    parser.enable(["table", "strikethrough"])
    stops: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "mail_block", _block_rule, stops)
    parser.block.ruler.before("html_block", "mjml", _mjml_rule, stops)
    return parser


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _block_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    opening = _FENCE.match(_line(state, start))
    if not opening:
        return False
    if silent:
        return True
    faults = state.env["faults"]
    colons, words = opening[1], opening[2]
    block, _, arguments = words.partition(" ")
    if block not in BLOCKS:
        if block:
            told = faults.source.told(block, f'there is no block "{block}"', "")
            near = suggestion(block, BLOCKS) if told else None
            hint = near or f"there are {', '.join(BLOCKS)}"
            faults.add(told or "there is no block as it is printed here", start, hint)
        else:
            faults.add(f"this {colons} closes nothing", start)
    depth, closing = 1, None
    for number in range(start + 1, end):
        if found := _FENCE.match(_line(state, number)):
            depth += 1 if found[2] else -1
            if depth == 0:
                closing = number
                break
    if closing is None and block:
        hint = f"put a line with {colons} below it"
        faults.add(f'the block "{block}" is not closed', start, hint)
    inside = end if closing is None else closing
    if not block:
        state.line = start + 1
        return True
    token = state.push("mail_block_open", "div", 1)
    token.markup, token.info, token.meta = colons, block, {"arguments": arguments.strip()}
    token.block, token.map = True, [start, inside]
    parent, last = state.parentType, state.lineMax
    state.parentType, state.lineMax = "mail_block", inside
    state.md.block.tokenize(state, start + 1, inside)
    state.parentType, state.lineMax = parent, last
    token = state.push("mail_block_close", "div", -1)
    token.block = True
    state.line = inside + (closing is not None)
    return True


def _mjml_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    first = _line(state, start)
    opening = None if state.is_code_block(start) else _MJML.match(first)
    if not opening:
        return False
    if silent:
        return True
    tag = opening[1]
    text = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[end - 1]]
    depth, stop = 0, None
    for found in re.finditer(rf"<(/?){tag}(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", text):
        if found[1]:
            depth -= 1
        elif not found[0].endswith("/>"):
            depth += 1
        if depth <= 0:
            stop = found.end()
            break
    if stop is None:
        state.env["faults"].add(f"<{tag}> is not closed", start, f"write </{tag}> behind it")
        stop = len(text)
    last = start + text.count("\n", 0, stop)
    rest = text[stop:].split("\n", 1)[0].strip()
    if rest:
        state.env["faults"].add(
            f"there is text behind </{tag}>", last, "put it on a line of its own"
        )
    token = state.push("mjml", "", 0)
    token.info, token.content, token.map = tag, text[:stop], [start, last + 1]
    token.block = True
    state.line = last + 1
    return True


def _check(tree: SyntaxTreeNode, faults: _Faults, *, layout: bool) -> None:
    """Note what is wrong with the arguments and places of blocks."""
    for node in tree.walk():
        if node.type == "mjml":
            line = _first_line(node)
            if not layout:
                hint = "name one in the front matter: layout: newsletter"
                faults.add(f"<{node.info}> needs a layout", line, hint)
            elif node.parent and node.parent.type != "root":
                hint = "put it between blocks, at the beginning of a line"
                faults.add(f"<{node.info}> cannot stand inside of another block", line, hint)
        if node.type != "mail_block" or node.info not in BLOCKS:
            continue
        line = _first_line(node)
        parent = node.parent
        outer = parent.info if parent and parent.type == "mail_block" else None
        if (
            parent
            and parent.type != "root"
            and (outer not in ("box", "columns") or node.info in ("box", "columns"))
        ):
            faults.add(
                f'the block "{node.info}" cannot stand inside of {outer or "a list or quotation"}',
                line,
                "close that first",
            )
        if node.info == "button":
            if not _link(node):
                faults.add(
                    "a button needs a link", line, "write  ::: button https://example.com/page"
                )
            if [child.type for child in node.children] != ["paragraph"]:
                faults.add(
                    "a button holds one line of text", line, "write its words between ::: and :::"
                )
        elif node.info != "quote" and _arguments(node):
            faults.add(f'the block "{node.info}" takes no arguments', line)
        elif node.info == "columns" and not 2 <= len(_columns(node)) <= 4:
            faults.add(
                "columns are two to four parts",
                line,
                "divide them by a line of --- between empty lines",
            )


def _first_line(node: SyntaxTreeNode) -> int:
    return node.map[0] if node.map else 0


def _arguments(node: SyntaxTreeNode) -> str:
    """Return what stands behind a block's name, with references resolved as in Markdown."""
    return unescapeAll(str(node.meta["arguments"]))


def _link(node: SyntaxTreeNode) -> str | None:
    """Return the link of a button, made safe as Markdown makes its links, or None."""
    parser = _parser()
    written = _arguments(node).removeprefix("<").removesuffix(">")
    link = parser.normalizeLink(written)
    return link if written and not re.search(r"\s", written) and parser.validateLink(link) else None


def _columns(node: SyntaxTreeNode) -> list[list[SyntaxTreeNode]]:
    columns: list[list[SyntaxTreeNode]] = [[]]
    for child in node.children:
        if child.type == "hr":
            columns.append([])
        else:
            columns[-1].append(child)
    return [column for column in columns if column]


def _rendered(nodes: Sequence[SyntaxTreeNode]) -> str:
    tokens: list[Token] = []
    for node in nodes:
        tokens += node.to_tokens()
    for token in tokens:
        _decode_code(token)
    return _renderer().render(tokens, _parser().options, {})


def _renderer() -> RendererHTML:
    renderer = _parser().renderer
    assert isinstance(renderer, RendererHTML)
    return renderer


def _decode_code(token: Token) -> None:
    # In code Markdown takes references as they are, so those that escape a value are undone here.
    if token.type in ("code_inline", "code_block", "fence"):
        token.content = _REFERENCE.sub(lambda found: chr(int(found[1])), token.content)
        token.info = _REFERENCE.sub(lambda found: chr(int(found[1])), token.info)
    for child in token.children or ():
        _decode_code(child)


def _readable(html: str) -> str:
    """Write the escapes that are left in raw HTML and MJML as people would.

    Links there would else be references from end to end, which readers follow but scanners may not.
    What could end an attribute or a tag stays as it is.
    """
    return _REFERENCE.sub(
        lambda found: escape(char) if (char := chr(int(found[1]))) in _HARMLESS else found[0], html
    )


def _words(node: SyntaxTreeNode) -> str:
    """Return the inline content of the one paragraph in `node`, as HTML."""
    inline = node.children[0].children[0]
    return _rendered([inline])


def _lone_image(node: SyntaxTreeNode) -> tuple[SyntaxTreeNode, str | None] | None:
    """Return the image that a paragraph consists of, and its link, or None."""
    if node.type != "paragraph":
        return None
    inline = node.children[0].children
    link = None
    if len(inline) == 1 and inline[0].type == "link":
        link = str(inline[0].attrs["href"])
        inline = inline[0].children
    return (inline[0], link) if len(inline) == 1 and inline[0].type == "image" else None


def _alt(image: SyntaxTreeNode) -> str:
    token = image.to_tokens()[0]
    return _renderer().renderInlineAsText(token.children, _parser().options, {})


class _Mjml:
    """Makes sections of MJML from a document."""

    def __init__(self, tree: SyntaxTreeNode) -> None:
        self.tree = tree
        self.done: list[str] = []
        self.column: list[str] = []

    def sections(self) -> str:
        for child in self.tree.children:
            if child.type == "mjml" and child.info in _SECTIONS:
                self._end_section()
                self.done.append(child.content)
            elif child.type == "mail_block" and child.info == "columns":
                self._end_section()
                columns = "".join(
                    f"<mj-column>\n{self._elements(column)}</mj-column>\n"
                    for column in _columns(child)
                )
                self.done.append(f'<mj-section css-class="columns">\n{columns}</mj-section>')
            elif child.type == "mail_block" and child.info == "box":
                self._end_section()
                inside = self._elements(child.children)
                self.done.append(_section("box", inside))
            else:
                self.column.append(self._element(child))
        self._end_section()
        return "\n".join(self.done)

    def _end_section(self) -> None:
        if self.column:
            self.done.append(_section("content", _merged(self.column)))
            self.column = []

    def _elements(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        return _merged([self._element(node) for node in nodes])

    def _element(self, node: SyntaxTreeNode) -> str:
        if node.type == "mjml":
            return node.content + "\n"
        if node.type == "hr":
            return "<mj-divider />\n"
        if lone := _lone_image(node):
            image, link = lone
            href = f' href="{escape(link)}"' if link else ""
            title = (
                f' title="{escape(str(image.attrs["title"]))}"' if "title" in image.attrs else ""
            )
            source = escape(str(image.attrs["src"]))
            return f'<mj-image src="{source}" alt="{escape(_alt(image))}"{title}{href} />\n'
        if node.type == "mail_block" and node.info == "button":
            return f'<mj-button href="{escape(_link(node) or "")}">{_words(node)}</mj-button>\n'
        if node.type == "mail_block" and node.info == "quote":
            return f'<mj-text css-class="quote">\n{_quote(node)}</mj-text>\n'
        return f"{_TEXT}{_rendered([node])}{_TEXT_END}"


_TEXT = '<mj-text css-class="text">\n'
_TEXT_END = "</mj-text>\n"


def _merged(elements: Sequence[str]) -> str:
    """Join elements, making one text of texts that follow each other."""
    joined: list[str] = []
    for element in elements:
        if joined and element.startswith(_TEXT) and joined[-1].startswith(_TEXT):
            joined[-1] = joined[-1].removesuffix(_TEXT_END) + element.removeprefix(_TEXT)
        else:
            joined.append(element)
    return "".join(joined)


def _section(name: str, inside: str) -> str:
    return f'<mj-section css-class="{name}">\n<mj-column>\n{inside}</mj-column>\n</mj-section>'


def _quote(node: SyntaxTreeNode) -> str:
    who = _arguments(node)
    source = f"<p>— {escape(who)}</p>\n" if who else ""
    return f"<blockquote>\n{_rendered(node.children)}{source}</blockquote>\n"


_BUTTON = (
    '<p><a class="button" href="{}" style="display:inline-block;padding:12px 22px;'
    'border-radius:6px;background-color:#1f4f82;color:#ffffff;text-decoration:none">{}</a></p>\n'
)


def _html(node: SyntaxTreeNode) -> str:
    """Return a block of a document as plain HTML."""
    if node.type != "mail_block":
        return _rendered([node])
    if node.info == "button":
        return _BUTTON.format(escape(_link(node) or ""), _words(node))
    if node.info == "quote":
        return _quote(node)
    inside = "".join(_html(child) for child in node.children if child.type != "hr")
    return f'<div class="{node.info}">\n{inside}</div>\n'
