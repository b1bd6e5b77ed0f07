"""What the functions that `straight_writer` writes call, and what they refuse."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from outreach.rendering.filters import greeting_in
from outreach.rendering.tame import LONGEST, NotTameError, is_tame
from outreach.rendering.templates import one_line
from outreach.rendering.values import Value

_LONGEST = 2000  # characters, or items, of what is given to a filter or comes out of it
_MOST_KNOWN = 256  # more would lie too far from the processor to be worth it


class UnfitError(Exception):
    """A template, or one contact's values, that only Jinja is to be trusted with."""


class HopelessError(UnfitError):
    """What is the same for all contacts cannot be worked out: the function is of no use."""


_UNSET = object()


def _some(value: Any) -> Any:  # noqa: ANN401 - any value of a template
    """Return a value that is there, and of a size that no budget minds."""
    if value.__class__ is str:
        if len(value) > _LONGEST:
            raise UnfitError
        return value
    if value is None:
        raise UnfitError
    if value.__class__ in (int, float, bool):
        return value
    if isinstance(value, str):
        size = len(value)
    elif isinstance(value, list | tuple | dict | frozenset):
        size = sum(len(item) if isinstance(item, str) else 1 for item in value)
    else:
        return value
    if size > _LONGEST:
        raise UnfitError
    return value


def _text(value: object) -> str:
    """Return a value that is no plain text as one, if it is printed like that."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if value == value:  # noqa: PLR0124 - not NaN
            return str(value)
    elif isinstance(value, date | time):
        return str(value)
    raise UnfitError


def _joined(parts: Sequence[object]) -> str:
    return "".join([part if part.__class__ is str else _text(part) for part in parts])


def _given(value: object) -> object:
    if value is _UNSET:
        raise UnfitError
    return value


def _a_text(value: object) -> str:
    if value.__class__ is not str:
        raise UnfitError
    return value


class _Known(dict[str, Value]):
    """The values met of late. Raises for what is no text, or not tame."""

    def __missing__(self, text: str) -> Value:
        """Make the value and remember it."""
        if text.__class__ is not str:
            text = _text(text)
        value = Value(text)
        # What is simple has nothing in it that is not tame, unless it is long or ends in two ways.
        is_sure = value.simple and text[-1] not in "dDyY" and len(text) <= LONGEST
        if not is_sure and not is_tame(text):
            raise NotTameError("a value is not one line of words")
        if len(self) >= _MOST_KNOWN:
            self.clear()
        self[text] = value
        return value


_known = _Known()


def _constant(value: object) -> Value | bool | None:
    """Return what is printed of a value that no contact changes, or None where that is nothing.

    False where only Jinja is to be trusted with it.
    """
    try:
        text = value if value.__class__ is str else _text(value)
        return _known[text] if text else None
    except (UnfitError, NotTameError):
        return False


HELPERS: Mapping[str, object] = {
    "some": _some,
    "text": _text,
    "joined": _joined,
    "given": _given,
    "a_text": _a_text,
    "known": _known,
    "constant": _constant,
    "unset": _UNSET,
    "one_line": one_line,
    "greeting_in": greeting_in,
    "UnfitError": UnfitError,
}
