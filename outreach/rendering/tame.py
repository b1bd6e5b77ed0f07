"""Values that change nothing but themselves, wherever a template prints them."""

import re
from functools import lru_cache


class NotTameError(Exception):
    """A value or a template that the compiled path does not take; the plain path will."""


# Values that have the same effect wherever they stand: one line of visible text, in words with
# single spaces between them. The rest takes the plain path.
LONGEST = 400
_UNUSUAL = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U00100000-\U0010ffff]"
)
_COLON = re.compile(r"\A(?:i?d)?:|cid:|font-family\s*:|\A\s*:", re.IGNORECASE)
_BEFORE_COLON = re.compile(r"(?:cid|font-family)\s*\Z", re.IGNORECASE)


def is_tame(value: str) -> bool:
    """Whether `value` changes nothing but itself, wherever a template may print it."""
    return len(value) <= LONGEST and _is_tame(value)


@lru_cache(maxsize=16384)
def _is_tame(value: str) -> bool:
    if not value.isprintable():
        # Babel writes numbers and dates with spaces that do not break; within a value they are
        # letters like others.
        spaced = value.replace("\u00a0", "_").replace("\u202f", "_")
        if not spaced.isprintable() or value[0] in "\u00a0\u202f" or value[-1] in "\u00a0\u202f":
            return False
    if value[0] == " " or value[-1] == " " or "  " in value:
        return False
    if not value.isascii() and _UNUSUAL.search(value):
        return False
    if ":" in value and _COLON.search(value):
        return False
    return value[-1] not in "dDyY" or not _BEFORE_COLON.search(value)
