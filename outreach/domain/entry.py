"""One contact as a file states it, and how the text of a cell becomes a value.

A cell that cannot be understood is never dropped quietly: its converter raises `ValueError` with a
sentence that says what is wrong and, where one is close, what was probably meant. An empty cell is
no value at all and is never given to a converter.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import available_timezones

from outreach.domain.contact import (
    AttributeType,
    AttributeValue,
    ConsentBasis,
    ConsentStatus,
    Scope,
)
from outreach.errors import suggestion

MAX_TEXT = 1_000
"""Longest text of a name, company or other one-line field, in characters."""

MAX_LOCALE = 35
"""Longest language tag (RFC 5646 4.4.1), in characters."""

MAX_LONG_TEXT = 100_000
"""Longest note, in characters."""


class DateOrder(StrEnum):
    """Which number of a date such as 03/04/2026 is the day."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """A permission, or its withdrawal, as a file or the person importing it states it.

    `occurred_at` is None where nobody said when.
    """

    status: ConsentStatus
    basis: ConsentBasis | None = None
    evidence: str | None = None
    occurred_at: datetime | None = None
    expires_at: datetime | None = None
    ip_address: str | None = None


@dataclass(slots=True)
class Entry:
    """What one row or card says. `fields` are columns of a contact by name, never empty ones."""

    line: int
    address: str
    normalised: str
    fields: dict[str, str]
    attributes: dict[str, AttributeValue]
    interests: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    tier: str | None = None
    consent: ConsentEntry | None = None
    opted_out: tuple[str, ...] = ()
    opted_out_at: datetime | None = None
    suppress: str | None = None
    note: str | None = None
    created_at: datetime | None = None
    more_addresses: tuple[tuple[str, str], ...] = ()

    def fill_in(self, later: "Entry") -> None:
        """Take from a `later` row about the same person what this one leaves open.

        What both state stays as the first has it, so that importing a file twice changes nothing.
        Opt-outs, suppressions and withdrawals count wherever they stand.
        """
        self.fields = {**later.fields, **self.fields}
        self.attributes = {**later.attributes, **self.attributes}
        self.interests = _union(self.interests, later.interests)
        self.roles = _union(self.roles, later.roles)
        self.opted_out = _union(self.opted_out, later.opted_out)
        self.opted_out_at = self.opted_out_at or later.opted_out_at
        self.tier = self.tier or later.tier
        self.suppress = self.suppress or later.suppress
        self.note = self.note or later.note
        self.more_addresses = tuple(dict.fromkeys((*self.more_addresses, *later.more_addresses)))
        withdrawn = later.consent and later.consent.status is ConsentStatus.WITHDRAWN
        if withdrawn or self.consent is None:
            self.consent = later.consent


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return first if not second else tuple(dict.fromkeys((*first, *second)))


# Invisible characters that turn the direction of what follows (Unicode UAX 9), and byte order marks
# that strayed into a text: no name needs them, and they make one name look like another.
_INVISIBLE = dict.fromkeys([0xFEFF, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def text(cell: str) -> str | None:
    """Return one line of text without white space around it, or None if nothing is left."""
    cell = cell.strip()
    if cell.isprintable() and len(cell) <= MAX_TEXT:
        return cell or None
    return _one_line(cell)


def _one_line(cell: str) -> str | None:
    _refuse_controls(cell)
    cleaned = " ".join(cell.translate(_INVISIBLE).split())
    if len(cleaned) > MAX_TEXT:
        raise ValueError(f"is {len(cleaned)} characters long; {MAX_TEXT} are allowed")
    return cleaned or None


def long_text(cell: str) -> str | None:
    """Return text that may have several lines, such as a note."""
    _refuse_controls(cell)
    cleaned = cell.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(cleaned) > MAX_LONG_TEXT:
        raise ValueError(f"is {len(cleaned)} characters long; {MAX_LONG_TEXT} are allowed")
    return cleaned or None


def _refuse_controls(cell: str) -> None:
    for char in cell:
        kind = unicodedata.category(char)
        if kind == "Cs":
            code = ord(char)
            if 0xDC80 <= code <= 0xDCFF:
                raise ValueError(f"has a byte (0x{code - 0xDC00:02X}) that the encoding lacks")
            raise ValueError(f"has half a character (U+{code:04X})")
        if kind == "Cc" and char not in "\t\n\r\x85":
            raise ValueError(f"has a control character (U+{ord(char):04X})")


def items(cell: str) -> tuple[str, ...]:
    """Split a list: at semicolons or bars where there are any, else at commas.

    Items may be in double quotes, as Mailchimp writes its tags, and Google's ``:::`` also divides.
    """
    _refuse_controls(cell)
    divider = next((mark for mark in (":::", ";", "|", "\n") if mark in cell), ",")
    quoted = re.findall(r'"([^"]*)"', cell) if cell.lstrip().startswith('"') else None
    parts = quoted if quoted else cell.split(divider)
    cleaned = (text(part) for part in parts)
    return tuple(dict.fromkeys(part for part in cleaned if part))


_TRUE = frozenset(
    """1 true t yes y x on wahr ja j oui vrai si sí verdadero vero sim verdadeiro waar
    sant tak prawda ✓ ✔""".split()  # noqa: SIM905 - words are easier to read than quotes
)
_FALSE = frozenset(
    """0 false f no n off falsch nein non faux falso não nao nee onwaar nej falskt
    nie fałsz ✗ ✘""".split()  # noqa: SIM905 - as above
)


def boolean(cell: str) -> bool:
    """Return yes or no as people of several languages write it."""
    word = cell.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{_shown(cell)} is neither yes nor no")


def number(cell: str) -> int | float:
    """Return a number, with point or comma; one that could mean two numbers is refused."""
    compact = re.sub(r"[\s\u00a0\u202f'\u2019]", "", cell)
    if re.fullmatch(r"[+-]?\d{1,18}", compact, re.ASCII):
        return int(compact)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+|[+-]?\d{1,3}(,\d{3}){2,}", compact, re.ASCII):
        compact = compact.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+|[+-]?\d{1,3}(\.\d{3}){2,}", compact, re.ASCII):
        compact = compact.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", compact, re.ASCII):
        raise ValueError(
            f"{_shown(cell)} could be a thousand or a fraction; write it without comma"
        )
    elif re.fullmatch(r"[+-]?\d*,\d+", compact, re.ASCII):
        compact = compact.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", compact, re.ASCII):
        raise ValueError(f"{_shown(cell)} is no number")
    value = float(compact)
    if not math.isfinite(value):
        raise ValueError(f"{_shown(cell)} is too large")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", re.ASCII)
_DIVIDED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", re.ASCII)
_CLOCK = re.compile(
    r"[T ,]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


def day_or_month(cell: str) -> DateOrder | None:
    """Return what a date with slashes proves about the order of its numbers, if anything."""
    found = _DIVIDED.match(cell.strip())
    if not found:
        return None
    if int(found[1]) > 12:
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if int(found[2]) > 12 else None


def calendar_day(cell: str, order: DateOrder | None) -> date:
    """Return a date in ISO form, with dots (day first), or with slashes in the `order` given."""
    day, _ = _split_date(cell.strip(), order)
    return day


def instant(cell: str, order: DateOrder | None, zone: tzinfo) -> datetime:
    """Return an instant in UTC; a date alone is its midnight, and a time without zone is `zone`'s.

    Digits alone are milliseconds or seconds since 1970, as some programs export them.
    """
    cell = cell.strip()
    if re.fullmatch(r"\d{10}|\d{13}", cell, re.ASCII):
        return datetime.fromtimestamp(int(cell[:10]), UTC)
    day, rest = _split_date(cell, order)
    if not rest:
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    found = _CLOCK.fullmatch(rest)
    if not found:
        raise ValueError(f"{_shown(cell)} is no date with time")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[5]:
        hour = hour % 12 + (12 if found[5].lower() == "pm" else 0)
    where = zone
    if found[6]:
        mark = "+00:00" if found[6] in ("Z", "UTC") else found[6]
        where = datetime.strptime(mark.replace(":", ""), "%z").tzinfo or zone
    try:
        micro = int((found[4] or "0").ljust(6, "0")[:6])
        moment = datetime(day.year, day.month, day.day, hour, minute, second, micro, where)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(cell)} is no time of day") from None


def _split_date(cell: str, order: DateOrder | None) -> tuple[date, str]:
    if found := _ISO.match(cell):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _DOTTED.match(cell):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
    elif found := _DIVIDED.match(cell):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        order = day_or_month(cell) or order
        if order is None and first != second:
            raise ValueError(
                f"{_shown(cell)} could be two days; pass --dates dmy (day first) or mdy"
            )
        day, month = (second, first) if order is DateOrder.MONTH_FIRST else (first, second)
    else:
        raise ValueError(f"{_shown(cell)} is no date; write it as 2026-12-31")
    try:
        # 1900 to 2199: outside of it a year is a slip of the keyboard.
        if not 1900 <= year < 2200:
            raise ValueError
        return date(year, month, day), cell[found.end() :].strip()
    except ValueError:
        raise ValueError(f"{_shown(cell)} is no day of the calendar") from None


@cache
def _zones() -> Mapping[str, str]:
    return {_zone_key(name): name for name in available_timezones()}


def _zone_key(name: str) -> str:
    return re.sub(r"[\s_]+", "_", name.strip()).casefold()


@lru_cache(maxsize=4096)
def timezone(cell: str) -> str:
    """Return an IANA zone, also for one in other letter case, HubSpot's or Windows' spelling."""
    key = _zone_key(cell).replace("_slash_", "/")
    found = _zones().get(key)
    if found:
        return found
    from babel.core import get_global  # noqa: PLC0415 - needed for few files, and slow to load

    windows: Mapping[str, str] = get_global("windows_zone_mapping")
    for name, zone in windows.items():
        if _zone_key(name) == key:
            return zone
    hint = suggestion(key, _zones())
    named = re.sub(r'"(.+)"', lambda m: f'"{_zones()[m[1]]}"', hint) if hint else None
    raise ValueError(
        f"{_shown(cell)} is no IANA time zone ({named or 'they look like Europe/Berlin'})"
    )


@lru_cache(maxsize=4096)
def locale(cell: str) -> str:
    """Return a BCP 47 tag in its usual letter case, such as ``pt-BR`` or ``zh-Hant-TW``."""
    tag = cell.strip().replace("_", "-")
    if len(tag) > MAX_LOCALE or not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        raise ValueError(f"{_shown(cell)} is no language tag such as en, de-AT or pt-BR")
    first, *others = tag.split("-")
    return "-".join(
        [first.lower()]
        + [
            part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower()
            for part in others
        ]
    )


#: Languages whose names of countries are understood.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl")
_COUNTRY_WORDS = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB",
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US",
    "holland": "NL", "czech republic": "CZ", "turkey": "TR", "south korea": "KR",
    "russian federation": "RU", "brd": "DE",
}  # fmt: skip


@cache
def _countries() -> Mapping[str, str]:
    from babel import Locale  # noqa: PLC0415 - needed for few files, and slow to load
    from babel.core import get_global  # noqa: PLC0415

    names: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if re.fullmatch(r"[A-Z]{2}", code) and code not in ("EU", "EZ", "UN", "ZZ", "QO"):
                names.setdefault(name.casefold(), code)
                names[code.casefold()] = code
    for code, replacements in get_global("territory_aliases").items():
        if re.fullmatch(r"[A-Z]{3}", code) and len(replacements) == 1:
            names.setdefault(code.casefold(), replacements[0])
    return {**names, **_COUNTRY_WORDS}


@lru_cache(maxsize=4096)
def country(cell: str) -> str:
    """Return the ISO 3166 two-letter code of a country given by code or by name."""
    key = " ".join(cell.split()).casefold()
    found = _countries().get(key)
    if found:
        return found
    hint = suggestion(key, _countries()) or "use its two-letter code, such as DE"
    raise ValueError(f"{_shown(cell)} is no country ({hint})")


@lru_cache(maxsize=1024)
def scopes(cell: str) -> tuple[str, ...]:
    """Return what somebody opted out of: a plain yes means everything, a no nothing."""
    word = cell.strip().casefold()
    if word in _FALSE:
        return ()
    if word in _TRUE or word in ("all", "alle", "tous", "todos", "tutti"):
        return (Scope.EVERYTHING.value,)
    known = [scope.value for scope in Scope]
    found = tuple(part.casefold() for part in items(cell))
    for part in found:
        if part not in known and not re.fullmatch(r"series:[a-z0-9][a-z0-9_-]{0,63}", part):
            hint = suggestion(part, known) or f"yes, no, or of {', '.join(known)}"
            raise ValueError(f"{_shown(part)} is nothing one can opt out of ({hint})")
    return found


def person_name(cell: str) -> tuple[str | None, str | None]:
    """Split a full name into first and last: at a comma, else before the last word."""
    whole = text(cell)
    if not whole:
        return None, None
    last, comma, first = whole.partition(",")
    if comma:
        return first.strip() or None, last.strip() or None
    first, _, last = whole.rpartition(" ")
    return (first, last) if first else (last, None)


def attribute(
    kind: AttributeType, order: DateOrder | None
) -> Callable[[str], AttributeValue | None]:
    """Return the converter for an attribute of type `kind`."""
    if kind is AttributeType.NUMBER:
        return number
    if kind is AttributeType.BOOL:
        return boolean
    if kind is AttributeType.DATE:
        return lambda cell: calendar_day(cell, order)
    if kind is AttributeType.LIST:
        return lambda cell: items(cell) or None
    return _attribute_text


def _attribute_text(cell: str) -> str | None:
    if len(cell) <= MAX_TEXT and cell.isprintable():
        return cell.strip() or None
    return long_text(cell)


def likely_type(cells: list[str]) -> AttributeType:
    """Return the narrowest attribute type that all of `cells` fit, for a proposal to the person."""
    full = [cell for cell in cells if cell.strip()]
    if not full:
        return AttributeType.TEXT
    trials: tuple[tuple[AttributeType, Callable[[str], object]], ...] = (
        (AttributeType.BOOL, _word_for_bool),
        (AttributeType.NUMBER, _plain_number),
        (AttributeType.DATE, lambda cell: calendar_day(cell, DateOrder.DAY_FIRST)),
    )
    for kind, convert in trials:
        try:
            for cell in full:
                convert(cell)
        except ValueError:
            continue
        return kind
    if any(re.search(r"\S\s*[;|]\s*\S", cell) for cell in full):
        return AttributeType.LIST
    return AttributeType.TEXT


def _word_for_bool(cell: str) -> None:
    if len(cell.strip()) == 1:
        raise ValueError("a single sign is more often a code than a yes")
    boolean(cell)


def _plain_number(cell: str) -> None:
    if re.match(r"\s*(0\d|\+)", cell):
        raise ValueError("a leading zero or plus makes it a code or a phone number")
    number(cell)


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else cell[:57] + "…")
