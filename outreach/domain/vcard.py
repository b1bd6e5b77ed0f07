"""vCards: electronic business cards, versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), read only.

A card is given as the cells of a table with the columns `COLUMNS`, so that what comes after need
not know where a contact came from. Pictures, sounds and keys are passed over while they are read.
"""

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

COLUMNS = (
    "email",
    "also_email",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "phone",
    "country",
    "locale",
    "timezone",
    "tags",
    "note",
)
"""The columns of a card's cells; each name is what an import calls it."""

MAX_CARD = 200_000
"""Longest card without its pictures, in characters."""

_BULKY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_PROPERTY = re.compile(
    r'(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;(?:"[^"]*"|[^":])*)?):'
    r"(?P<value>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Card:
    """One card as cells, or the reason why it cannot be read; `raw` is its text."""

    line: int
    cells: tuple[str, ...] | None
    reason: str | None
    raw: str


@dataclass(slots=True)
class _Property:
    name: str
    value: str
    parameters: dict[str, list[str]] = field(default_factory=dict)

    @property
    def preferred(self) -> int:
        """Rank among properties of one name, lower first (RFC 6350 5.3; TYPE=PREF before it)."""
        if "pref" in (value.lower() for value in self.parameters.get("TYPE", [])):
            return 0
        given = self.parameters.get("PREF", [""])[0]
        return int(given) if re.fullmatch(r"\d{1,3}", given, re.ASCII) else 101


def read_cards(lines: Iterable[str]) -> Iterator[Card]:
    """Give the cards in `lines` one by one; text between cards is refused as a card of its own."""
    start = size = 0
    taken: list[str] = []
    inside = bulky = False
    for number, line in enumerate(lines, 1):
        marker = line.strip().upper()
        if marker == "BEGIN:VCARD":
            if taken:
                yield _broken(start, inside, taken)
            start, size, taken, inside, bulky = number, 0, [], True, False
        elif not inside and not marker:
            continue
        elif not line.startswith((" ", "\t")):
            start = start if taken else number
            bulky = inside and re.split(r"[;:]", marker)[0].rpartition(".")[2] in _BULKY
        if bulky:
            continue
        size += len(line)
        if size <= MAX_CARD:
            taken.append(line)
        if inside and marker == "END:VCARD":
            yield _card(start, "".join(taken), size)
            inside, size, taken = False, 0, []
    if taken:
        yield _broken(start, inside, taken)


def _broken(line: int, inside: bool, taken: list[str]) -> Card:
    reason = "the card has no END:VCARD" if inside else "this is no part of a card"
    return Card(line, None, reason, "".join(taken))


def _card(line: int, raw: str, size: int) -> Card:
    if size > MAX_CARD:
        reason = f"the card is {size:,} characters long; {MAX_CARD:,} are allowed"
        return Card(line, None, reason, raw)
    try:
        return Card(line, _cells(_properties(raw)), None, raw)
    except (ValueError, LookupError) as error:
        return Card(line, None, str(error), raw)


def _properties(raw: str) -> list[_Property]:
    found = []
    waiting = _unfold(raw)
    for text in waiting:
        matched = _PROPERTY.fullmatch(text)
        if not matched:
            if text.strip():
                raise ValueError(f"{text[:60]!r} is no property of a card")
            continue
        prop = _Property(matched["name"].upper(), matched["value"])
        for parameter in re.findall(r';((?:"[^"]*"|[^";])*)', matched["parameters"]):
            name, given, values = parameter.partition("=")
            if not given:  # version 2.1 writes TEL;HOME, and ;QUOTED-PRINTABLE
                values = name
                name = "ENCODING" if "PRINTABLE" in name.upper() else "TYPE"
            parts = re.findall(r'"([^"]*)"|([^",]+)', values)
            prop.parameters.setdefault(name.upper(), []).extend(
                part for quoted, bare in parts for part in [*quoted.split(","), bare] if part
            )
        encoding = prop.parameters.get("ENCODING", [""])[0].upper()
        if encoding == "QUOTED-PRINTABLE":
            while prop.value.endswith("="):  # RFC 2045 6.7 (5): the line goes on
                prop.value = prop.value[:-1] + next(waiting, "")
            charset = prop.parameters.get("CHARSET", ["utf-8"])[0]
            octets = quopri.decodestring(prop.value.encode("utf-8", "surrogateescape"))
            prop.value = octets.decode(charset, "surrogateescape")
        found.append(prop)
    return found


def _unfold(raw: str) -> Iterator[str]:
    """Join folded lines (RFC 6350 3.2): one that begins with white space continues the last."""
    held: str | None = None
    for line in re.split(r"\r\n|\n|\r", raw):
        if line[:1] in (" ", "\t") and held is not None:
            held += line[1:]
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _cells(properties: list[_Property]) -> tuple[str, ...]:
    named: dict[str, list[_Property]] = {}
    for prop in properties:
        if prop.value.strip(" ;"):
            named.setdefault(prop.name, []).append(prop)
    for several in named.values():
        several.sort(key=lambda prop: prop.preferred)

    def first(name: str, part: int = 0) -> str:
        parts = _parts(named[name][0].value) if name in named else []
        return parts[part] if part < len(parts) else ""

    emails = [
        re.sub(r"\A\s*mailto:", "", _plain(prop.value), flags=re.IGNORECASE).strip()
        for prop in named.get("EMAIL", [])
    ]
    zone = _plain(named["TZ"][0].value) if "TZ" in named else ""
    given, family = first("N", 1), first("N", 0)
    if not given and not family and "FN" in named:
        whole = _plain(named["FN"][0].value)
        given, _, family = whole.rpartition(" ") if " " in whole else (whole, "", "")
    phone = _plain(named["TEL"][0].value) if "TEL" in named else ""
    cells = {
        "email": emails[0] if emails else "",
        "also_email": ";".join(emails[1:]),
        "first_name": given,
        "last_name": family,
        "company": first("ORG"),
        "job_title": _plain(named["TITLE"][0].value) if "TITLE" in named else "",
        "phone": re.sub(r"\A\s*tel:", "", phone, flags=re.IGNORECASE),
        "country": first("ADR", 6),
        "locale": _plain(named["LANG"][0].value) if "LANG" in named else "",
        # An offset from UTC, which older cards have here, says nothing of summer time.
        "timezone": zone if "/" in zone else "",
        "tags": ";".join(
            tag for prop in named.get("CATEGORIES", []) for tag in _split(prop.value, ",")
        ),
        "note": "\n\n".join(_plain(prop.value) for prop in named.get("NOTE", [])),
    }
    return tuple(cells[column] for column in COLUMNS)


def _parts(value: str) -> list[str]:
    return [part.strip() for part in _split(value, ";")]


def _split(value: str, divider: str) -> list[str]:
    """Split at dividers that no backslash guards, and resolve what the backslashes mean."""
    return [_plain(part) for part in re.split(rf"(?<!\\){divider}", value)]


def _plain(value: str) -> str:
    return re.sub(
        r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value, flags=re.DOTALL
    )
