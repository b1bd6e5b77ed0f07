"""The page around a mail in Markdown that has no layout, and what inboxes show beside subjects."""

import re
from html import escape

LETTER = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:16px;font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;\
font-size:16px;line-height:1.5">
<div style="max-width:640px">
{content}</div>
</body>
</html>
"""

_PREHEADER = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0px;max-width:0px;'
    'opacity:0;overflow:hidden;mso-hide:all">{}{}</div>'
)


def hidden_preheader(preheader: str) -> str:
    """Return what an inbox shows beside the subject, as HTML that nobody sees in the mail."""
    # Padded, or the inbox would fill its line with the first words of the mail.
    padding = "&#847;&zwnj;&nbsp;" * max(0, 120 - len(preheader))
    return _PREHEADER.format(escape(preheader), padding)


def with_hidden(html: str, hidden: str) -> str:
    """Return `html` with `hidden` first in its body."""
    return re.sub(r"<body\b[^>]*>", lambda found: found[0] + hidden, html, count=1)
