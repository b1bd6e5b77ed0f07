"""Texts as mail can carry them."""

import re

from outreach.rendering.budget import Refusal

_NOT_CARRIED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
#: Once a mark of byte order, now invisible; whoever reads a text that begins with one drops it.
_MARK = "\ufeff"
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_OPENS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"} | {
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
_CLOSES = frozenset(_OPENS.values())
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def carried(text: str) -> str:
    """Return `text` as mail can carry it: one kind of line break, directions closed, no U+FEFF.

    Raises `Refusal` for control characters and lone surrogates, which no HTML may hold.
    """
    if text.isprintable():
        return text
    if found := _NOT_CARRIED.search(text):
        raise Refusal(
            f"a value holds U+{ord(found[0]):04X}, a character that no mail can carry",
            "mend the contact's record",
        )
    text = _BREAK.sub("\n", text.replace(_MARK, ""))
    return _balanced(text) if _DIRECTIONS.search(text) else text


def _balanced(text: str) -> str:
    """Close every change of direction that `text` opens and drop what it never opened.

    Else a name could turn round the words that follow it (UAX 9).
    """
    kept: list[str] = []
    due: list[str] = []
    for char in text:
        if char in _OPENS:
            due.append(_OPENS[char])
        elif char in _CLOSES:
            if char not in due:
                continue
            while due.pop() != char:
                pass
        kept.append(char)
    return "".join(kept + due[::-1])
