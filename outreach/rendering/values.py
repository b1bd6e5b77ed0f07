"""What a message prints of a contact: values and tokens, and what becomes of them when encoded."""

import re
from collections.abc import Callable, Sequence
from unicodedata import east_asian_width

from outreach.rendering.encoding import quoted_inside
from outreach.rendering.text import WIDTH, columns

Escape = Callable[[str], str]
"""What makes a value stand for itself in HTML, say."""


class Tokens:
    """The tokens of one message, in the order of `outreach.domain.links.Token`."""

    __slots__ = ("octets",)

    def __init__(self, octets: Sequence[bytes]) -> None:
        self.octets = octets


# Words that no encoding changes in any place: without ``=``, which is escaped, without ``:``,
# which may be part of a link, and without what is escaped or broken at the start of a line.
_WORD, _UNMARKED_WORD = r"(?!\.|From|--)[!-9;<>-~]++", r"(?!\.|From|--)[!#$%(-9;?-~]++"
_SIMPLE = re.compile(rf"{_WORD}(?: {_WORD})*+\Z").match
_MARKUP = re.compile("[&<>\"']").search
_NARROW = re.compile("[\x00-\xac\xae-\u02ff]*\\Z").match  # all of one column, as most of Europe's
_UNMARKED = re.compile(rf"{_UNMARKED_WORD}(?: {_UNMARKED_WORD})*+\Z").match
_WIDE = WIDTH // 2  # of a word that may be broken
_MOST_KNOWN = 1024  # beyond that, to make one takes less than to find one


class Value:
    """A value that is printed, with what it becomes in the places that have met it.

    `octets` are the value in quoted-printable, away from a line's ends. It is `simple` if no
    encoding would change any of it anywhere, so that they are the value in all of them.
    `unmarked` are those octets if it means nothing to HTML, else empty. `widths` are those of its
    words where only they count for filling lines, else None. What is of the same `shape`, which is
    not None, takes the same place in a text part.
    """

    __slots__ = ("octets", "quoted", "shape", "simple", "text", "unmarked", "widths")
    widths: tuple[int, ...] | None
    shape: tuple[object, ...] | None

    def __init__(self, text: str) -> None:
        self.text = text
        self.quoted = _NOTHING_YET
        if _UNMARKED(text):
            self.octets = self.unmarked = text.encode()
        elif text.isascii() and _SIMPLE(text):
            self.octets, self.unmarked = text.encode(), b""
        else:
            self._be_other(text)
            return
        widths = tuple(map(len, text.split(" "))) if " " in text else (len(text),)
        self.simple = simple = len(text) < _WIDE or max(widths) < _WIDE
        self.widths = self.shape = widths if simple else None

    def _be_other(self, text: str) -> None:
        self.simple = False
        self.octets = quoted_inside(text)
        self.unmarked = b"" if _MARKUP(text) else self.octets
        self.widths = _widths(text)
        odd = self.widths is None or self.octets.startswith((b".", b"From"))
        self.shape = None if odd else (self.widths, *map(len, self.octets.split(b" ")))

    def quote(self, escape: Escape) -> bytes:
        """Return the value escaped twice over, to stand inside of a quoted-printable line."""
        if self.quoted is _NOTHING_YET:
            self.quoted = {}
        quoted = self.quoted[escape] = quoted_inside(escape(self.text))
        return quoted


def _widths(text: str) -> tuple[int, ...] | None:
    """Return the widths of words that are not simple, or None where more than those counts."""
    if "://" in text:
        return None
    if text.isascii() or _NARROW(text):
        widths = tuple(map(len, text.split(" ")))
    elif any(east_asian_width(letter) in "WF" for letter in text):
        return None
    else:
        widths = tuple(map(columns, text.split(" ")))
    return widths if min(widths) > 0 and max(widths) < _WIDE else None


_NOTHING_YET: dict[Escape, bytes] = {}  # most values never need more than their octets
_known: dict[str, Value] = {}


def value_of(text: str) -> Value:
    """Return a value, the same one each time as long as it is remembered."""
    value = _known.get(text)
    if value is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        value = _known[text] = Value(text)
    return value
