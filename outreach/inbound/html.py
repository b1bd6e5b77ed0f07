"""HTML mail as the plain text its reader sees, with quotes and signatures in plain-text manners.

Mail programs mark what they quote and sign in their HTML far more reliably than in plain text. Here
a quotation becomes lines that start with ``> `` and a marked signature is left out, so that whoever
looks for the person's own words (`outreach.inbound.replies`) needs to know one form only.

It is a single pass over the tags, not a parser: hostile or broken markup costs no more than good
markup, and nothing is ever fetched, run or kept.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from html import unescape
from typing import Final

MAX_NESTING: Final = 200
"""Elements whose end is watched for; what lies deeper counts to the innermost one watched."""

_DROPPED: Final = re.compile(
    r"<(?:!--(?:.*?-->|.*\Z)|([sS][tT][yY][lL][eE]|[sS][cC][rR][iI][pP][tT]|[tT](?:[iI][tT][lL][eE]|[eE][mM][pP][lL][aA][tT][eE]))"
    r"\b[^<>]*>(?:.*?</(?i:\1)\s*>|.*\Z)|!\[[^>]*>|[!?][^>]*>)",
    re.DOTALL,
)
_MAY_DROP: Final = re.compile("<[sStT][tTcCiIeE][yYrRtTmM]")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20}+)((?:[\s/][^<>]*+)?+)>")
_MARK: Final = re.compile(
    r"""\b(?:class|id|style|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_QUOTE_MARK: Final = re.compile(
    r"gmail_attr|moz-cite-prefix|yahoo_quoted|yqt\d|protonmail_quote|tutanota_quote|zmail_extra"
    r"|outlookmessageheader|mail-quote|ydp\w*yahoo_quoted|reply-?quote\b",
    re.IGNORECASE,
)
_REPLY_MARK: Final = re.compile(
    r"divrplyfwdmsg|appendonsend|mail-editor-reference-message-container", re.I
)
_SIGNATURE_MARK: Final = re.compile(
    r"gmail_signature|moz-signature|(?:^|[\s_])signature$|ms-outlook-mobile-signature"
    r"|protonmail_signature|applemailsignature|outlook-signature|messagesignaturesection",
    re.IGNORECASE,
)
# One of these stands in every mark above: whether any is worth looking for.
_MARK_HINTS: Final = ("gmail_attr", "moz-cite", "yqt", "quote", "zmail_extra", "outlookmessageheader", "rplyfwd",
               "appendonsend", "reference-message", "signature")  # fmt: skip
_HIDDEN: Final = re.compile(r"display\s*:\s*none")  # compared with text in lower case

_LINE, _PARAGRAPH, _CELL, _BREAK = 1, 2, 3, 4
_LAYOUT: Final = (
    dict.fromkeys(
        ("address", "article", "dd", "div", "dl", "dt", "footer", "form", "header", "hr", "li", "main", "nav", "ol", "pre",
         "section", "table", "tbody", "tr", "ul", "center"), _LINE)
    | dict.fromkeys(("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p"), _PARAGRAPH)
    | {"td": _CELL, "th": _CELL, "br": _BREAK}
)  # fmt: skip
"""What a tag does to the line it stands in."""
_WATCHED: Final = frozenset({"blockquote", "div", "p", "section", "span", "table", "td", "pre"})
_FORMING: Final = frozenset({"blockquote", "pre"})
_ELEMENTS: Final = {name: (name, 0, 0, 0) for name in _WATCHED}
"""An open element that changes nothing, by its tag."""

# The commonest tags that neither end a line nor mark anything: many of most mails.
_INLINE: Final = frozenset({"a", "b", "i", "u", "font", "img", "strong", "em"})
_INLINE_SPANS: Final = _INLINE | {"span"}
_INLINE_TAGS: Final = _INLINE | set(map(str.upper, _INLINE))

_REPLY_RULE: Final = "\n________________________________\n"


def to_text(source: str) -> str:
    """Return the text of an HTML document, quoted lines prefixed with ``> `` once per level."""
    if "<!" in source or "<?" in source or _MAY_DROP.search(source):
        source = _DROPPED.sub("", source)
    pieces = _TAG.split(source)
    tags = pieces[2::4]
    attributes = "\n".join(
        [
            told
            for tag, told in zip(tags, pieces[3::4], strict=True)
            if told and tag not in _INLINE_TAGS
        ]
    ).lower()
    marked = any(hint in attributes for hint in _MARK_HINTS) or bool(_HIDDEN.search(attributes))
    # Whether it can matter what lies within what: only then are the elements followed.
    nested = marked or not _FORMING.isdisjoint(map(str.lower, set(tags)))
    if nested or _SIGN in source:
        lines = _followed(pieces, marked=marked)
    else:
        lines = _in_a_row(pieces[::4], tags)
    return re.sub(r"\n\n\n+", "\n\n", "\n".join(lines).replace("\u00a0", " ")).strip("\n")


# What stands for a tag while a text has no lines yet; one that does nothing keeps apart what it stands between.
_SIGN: Final = "\x01"
_BREAK_SIGN, _LINE_SIGN, _PARAGRAPH_SIGN, _NO_SIGN = (f"{_SIGN}{letter}" for letter in "blpn")
_SIGNS: Final = {_BREAK: _BREAK_SIGN, _LINE: _LINE_SIGN, _PARAGRAPH: _PARAGRAPH_SIGN, _CELL: " "}
_SIGN_OF: Final = {name: _SIGNS[layout] for name, layout in _LAYOUT.items()}


def _in_a_row(words: list[str], tags: list[str]) -> list[str]:
    """Return the lines of a document in which nothing is quoted, hidden or formed: tags only end lines."""
    signs = {tag: _SIGN_OF.get(tag.lower(), _NO_SIGN) for tag in set(tags)}
    row = [""] * (2 * len(tags) + 1)
    row[::2] = words
    row[1::2] = [signs[tag] for tag in tags]
    text = "".join(row)
    if "&" in text:
        text = unescape(text)
    line, *pieces = text.replace(_NO_SIGN, "").split(_SIGN)
    pieces.append("b")  # the end ends the last line
    lines: list[str] = []
    for piece in pieces:
        sign = piece[0]
        if line or sign == "b":
            lines.append(" ".join(line.split()))
        if sign == "p" and lines and lines[-1].strip("> "):
            lines.append("")
        line = piece[1:]
    return lines


def _followed(pieces: list[str], *, marked: bool) -> list[str]:  # noqa: PLR0912, PLR0915
    """Return the lines of a document of which each element is followed to its end."""
    inline = _INLINE if marked else _INLINE_SPANS
    lines: list[str] = []
    line = ""
    # What is open: tag, and how it changes quote depth, hiding and preformatting.
    opened: list[tuple[str, int, int, int]] = []
    quoted = hidden = pre = 0

    def told(line: str) -> str:
        text = line.rstrip() if pre else " ".join(line.split())
        return f"{'> ' * min(quoted, 9)}{text}".rstrip() if quoted else text

    pieces = [*pieces, "", "br", ""]  # the end ends the last line
    for raw, closing, tag, attributes in zip(*(pieces[at::4] for at in range(4)), strict=True):
        if raw and not hidden:
            words = unescape(raw) if "&" in raw else raw
            if pre:
                *whole, rest = words.split("\n")
                for each in whole:
                    lines.append(told(line + each))
                    line = ""
                line += rest
            else:
                line += words
        layout = _LAYOUT.get(tag) or _LAYOUT.get(tag.lower())
        if layout == _BREAK:
            lines.append(told(line))
            line = ""
            continue
        if layout == _CELL:
            line += " "
        elif layout:
            if line:
                lines.append(told(line))
                line = ""
            if layout == _PARAGRAPH and lines and lines[-1].strip("> "):
                lines.append(">" * quoted)
        name = tag.lower()
        if name in inline:
            continue
        if name not in _WATCHED:
            if marked and attributes and _REPLY_MARK.search(attributes):
                lines.append(_REPLY_RULE)
            continue
        if closing:
            if opened and opened[-1] == _ELEMENTS[name]:
                opened.pop()
                continue
            for index in range(len(opened) - 1, max(-1, len(opened) - 30), -1):
                if opened[index][0] == name:
                    if line and any(each[1] for each in opened[index:]):
                        lines.append(told(line))
                        line = ""
                    for _, quote, hide, formatted in opened[index:]:
                        quoted -= quote
                        hidden -= hide
                        pre -= formatted
                    del opened[index:]
                    break
        elif len(opened) < MAX_NESTING and not attributes.endswith("/"):
            if name not in _FORMING and not (marked and attributes):
                opened.append(_ELEMENTS[name])
                continue
            quote = int(name == "blockquote")
            hide = 0
            if marked and attributes:
                for mark in _MARK.finditer(attributes):
                    value = mark[1] or mark[2] or mark[3] or ""
                    if _SIGNATURE_MARK.search(value) or _HIDDEN.search(value.lower()):
                        hide = 1
                    elif _QUOTE_MARK.search(value):
                        quote = 1
                    elif _REPLY_MARK.search(value):
                        lines.append(_REPLY_RULE)
            if quote and line:
                lines.append(told(line))
                line = ""
            formatted = int(name == "pre")
            opened.append((name, quote, hide, formatted))
            quoted += quote
            hidden += hide
            pre += formatted
    return lines
