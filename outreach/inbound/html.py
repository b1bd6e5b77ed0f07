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

MAX_NESTING = 200
"""Elements whose end is watched for; what lies deeper counts to the innermost one watched."""

_DROPPED = re.compile(
    r"<!--(?:.*?-->|.*\Z)|<(style|script|title|template)\b[^<>]*>(?:.*?</\1\s*>|.*\Z)|<!\[[^>]*>|<[!?][^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})((?:[\s/][^<>]*)?)>")
# Tags that neither end a line nor mark anything: most tags of most mails.
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|big|body|cite|code|col|colgroup|em|font|head|html|i|img|input|ins|kbd|label|link|map|meta"
    r"|o:p|s|small|strike|strong|sub|sup|tt|u|var)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"""\b(?:class|id|style)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_QUOTE_MARK = re.compile(
    r"gmail_attr|moz-cite-prefix|yahoo_quoted|yqt\d|protonmail_quote|tutanota_quote|zmail_extra"
    r"|outlookmessageheader|mail-quote|ydp\w*yahoo_quoted|reply-?quote\b",
    re.IGNORECASE,
)
_REPLY_MARK = re.compile(
    r"divrplyfwdmsg|appendonsend|mail-editor-reference-message-container", re.I
)
_SIGNATURE_MARK = re.compile(
    r"gmail_signature|moz-signature|(?:^|[\s_])signature$|ms-outlook-mobile-signature"
    r"|protonmail_signature|applemailsignature|outlook-signature",
    re.IGNORECASE,
)
# One of these stands in every mark above: whether any is worth looking for.
_MARK_HINTS = ("gmail_attr", "moz-cite", "yahoo_quoted", "yqt", "_quote", "-quote", "replyquote", "zmail_extra",
               "outlookmessageheader", "rplyfwd", "appendonsend", "reference-message", "signature", "display")  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)

_LINES = frozenset({"address", "article", "dd", "div", "dl", "dt", "footer", "form", "header", "hr", "li",
                    "main", "nav", "ol", "pre", "section", "table", "tbody", "tr", "ul", "center"})  # fmt: skip
_PARAGRAPHS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p"})
_WATCHED = frozenset({"blockquote", "div", "p", "section", "span", "table", "td", "pre"})

_REPLY_RULE = "\n________________________________\n"


def to_text(source: str) -> str:  # noqa: PLR0912, PLR0915
    """Return the text of an HTML document, quoted lines prefixed with ``> `` once per level."""
    source = _INLINE.sub("", _DROPPED.sub("", source))
    lower = source.lower()
    marked = any(hint in lower for hint in _MARK_HINTS)
    lines: list[str] = []
    line: list[str] = []
    # What is open: tag, and how it changes quote depth, hiding and preformatting.
    opened: list[tuple[str, int, int, int]] = []
    quoted = hidden = pre = 0
    end = 0

    def flush() -> None:
        text = "".join(line)
        line.clear()
        text = text.rstrip() if pre else " ".join(text.split())
        lines.append(f"{'> ' * min(quoted, 9)}{text}".rstrip() if quoted else text)

    for tag in _TAG.finditer(source):
        if tag.start() > end and not hidden:
            words = unescape(source[end : tag.start()])
            if pre:
                first, *rest = words.split("\n")
                line.append(first)
                for each in rest:
                    flush()
                    line.append(each)
            else:
                line.append(words)
        end = tag.end()
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if name == "br":
            flush()
            continue
        if name in _PARAGRAPHS:
            if line:
                flush()
            if lines and lines[-1].strip("> "):
                lines.append(">" * quoted)
        elif name in _LINES and line:
            flush()
        if name in ("td", "th"):
            line.append(" ")
        if name not in _WATCHED:
            if marked and attributes and _REPLY_MARK.search(attributes):
                lines.append(_REPLY_RULE)
            continue
        if closing:
            for index in range(len(opened) - 1, max(-1, len(opened) - 30), -1):
                if opened[index][0] == name:
                    if line and any(each[1] for each in opened[index:]):
                        flush()
                    for _, quote, hide, formatted in opened[index:]:
                        quoted -= quote
                        hidden -= hide
                        pre -= formatted
                    del opened[index:]
                    break
        elif len(opened) < MAX_NESTING and not attributes.endswith("/"):
            quote = int(name == "blockquote")
            hide = 0
            if marked and attributes:
                for mark in _MARK.finditer(attributes):
                    value = mark[1] or mark[2] or mark[3] or ""
                    if _SIGNATURE_MARK.search(value) or _HIDDEN.search(value):
                        hide = 1
                    elif _QUOTE_MARK.search(value):
                        quote = 1
                    elif _REPLY_MARK.search(value):
                        lines.append(_REPLY_RULE)
            if quote and line:
                flush()
            formatted = int(name == "pre")
            opened.append((name, quote, hide, formatted))
            quoted += quote
            hidden += hide
            pre += formatted
    if not hidden:
        line.append(unescape(source[end:]))
    flush()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).replace("\u00a0", " ")).strip("\n")
