"""What stands for values in patterns, and what becomes of it in a page."""

import re
from collections.abc import Callable
from html import escape

from markupsafe import Markup

# The last plane of Unicode is for private use: nobody's text has its characters, and where one
# does, nothing is compiled.
FIRST_CHUNK = 0x100000
FIRST_VALUE = 0x108000
MOST_PARTS = 0x7F00
END = "\U0010fff0"
"""Closes what stands for a value in a pattern."""
CONTENT = "\U0010fff1"
"""Stands in a layout's key for the body."""
START_MARK, END_MARK = "\U0010fff2", "\U0010fff3"
PRIVATE = re.compile("[\U00100000-\U0010ffff]")


PROBE = "&<>\"'."
"""Stands inside of each pattern's value, and shows how a value is escaped in that place."""
HOLE = re.compile(f"([\U00108000-\U0010ffef])([^\U00108000-\U0010ffff]{{0,120}}){END}")
"""A value in a pattern: which one, and what became of the probe."""
SUBJECT, HIDDEN = 0, 1
"""The first two values are the subject, and the preheader where it is hidden in the body."""


def hole(index: int) -> str:
    """Return how the value of this index stands in a text that nothing escapes."""
    return f"{chr(FIRST_VALUE + index)}{PROBE}{END}"


def number_of(character: str) -> int:
    """Return the index of the value that a pattern's character stands for."""
    return ord(character) - FIRST_VALUE


def reference(text: str) -> str:
    """Return references to the characters of a text, all of one length."""
    return "".join(f"&#{ord(char):07d};" for char in text)


Escape = Callable[[str], str]


def escape_like(probe: str) -> Escape | None:
    """Return the function that escapes as the probe in a pattern was escaped, or None."""
    if probe == PROBE:
        return str
    known: tuple[Escape, ...] = (_markupsafe, _quotes_named, escape, _markdown_it, _referenced)
    return next((function for function in known if function(PROBE) == probe), None)


def _markupsafe(text: str) -> str:
    return str(Markup.escape(text))


def _quotes_named(text: str) -> str:
    return _markupsafe(text).replace("&#34;", "&quot;")


def _markdown_it(text: str) -> str:
    return escape(text, quote=False).replace('"', "&quot;")


#: Those that leave alone what has none of ``&<>"'``.
ONLY_MARKUP: frozenset[Escape] = frozenset({str, escape, _markupsafe, _quotes_named, _markdown_it})

_SIGN = re.compile(r"[!-/:-@\[-`{-~]")


def _referenced(text: str) -> str:
    return _SIGN.sub(lambda found: reference(found[0]), text)
