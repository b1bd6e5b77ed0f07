"""Header fields of received mail: what they are called, what they say, and how that was encoded.

Nothing here raises, whatever the bytes: what cannot be read is passed over, or told as it stands.

Standards: RFC 5322 and 6532 (fields, addresses, dates, ids), RFC 2047 and 2231 (encoded words and
parameters), RFC 2045 (transfer encodings, which encoded words share).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import binascii
import codecs
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_tz
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

MAX_HEADERS: Final = 256 * 1024
"""Bytes of one header block that are read."""

MAX_FIELD: Final = 16 * 1024
"""Characters of one header field that are interpreted (addresses, parameters, encoded words)."""

_FIELD_END: Final = re.compile(r"\n(?![ \t])")

_NAME: Final = re.compile(r"([!-9;-~]{1,256})[ \t]*")

_ENCODED_WORD: Final = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\n]*)\?=")

_WORD_GAP: Final = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")

_PARAMETER: Final = re.compile(
    r""";\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))""", re.DOTALL
)

_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)

_ADDRESS: Final = re.compile(
    r"""(?:"((?:[^"\\\n]|\\.){0,200})"\s*|([^<>,;:"@()\n]{0,200}))<\s*([^<>\s,]{1,320})\s*>"""
    r"""|((?:"[^"\n]{1,64}"|[^\s<>,;:"@()\[\]]{1,128})@[^\s<>,;:"@()]{1,255})"""
)

_USUAL_ADDRESS: Final = re.compile(
    r"\"?([^\\\"<>()@,;:\n]{0,200})\"? {0,2}<([^\s<>,\"()]{1,320})>"
    r"|([^\s<>,;:\"@()\[\]]{1,128}@[^\s<>,;:\"@()]{1,255})"
)

_MESSAGE_ID: Final = re.compile(r"<\s*([^<>\s]{1,998})\s*>")

_WHITE: Final = re.compile(r"\s+")

_USUAL_LENGTH: Final = 80
"""Characters of a field as it may stand in many mails: ``text/plain; charset=utf-8``."""

_ALIASES: Final = {
    "ascii": "us-ascii",
    "cp-850": "cp850",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-2022-jp": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "latin1": "cp1252",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
}

# Text codecs that are no mail charsets; two of them take quadratic time on hostile input.
_NOT_CHARSETS: Final = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
)


def decode_text(data: bytes, charset: str | None) -> str:
    """Return `data` as text: in `charset` if it fits, else UTF-8 if it fits, else cp1252.

    An undeclared, unknown or plainly wrong charset is common and never an error.
    """
    name = (charset or "").strip(" '\"").lower()
    name = _ALIASES.get(name, name)
    if name in ("", "us-ascii", "cp1252", "utf-8"):
        if b"\x1b" in data and (b"\x1b$" in data or b"\x1b(" in data):
            name = "iso2022_jp_ext"
        else:
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                return data.decode("utf-8" if name == "utf-8" else "cp1252", "replace")
    try:
        codec = codecs.lookup(name)
        if not codec._is_text_encoding or codec.name.replace("-", "_") in _NOT_CHARSETS:
            raise LookupError(name)
        return data.decode(name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return decode_text(data, None)


def decode_words(value: str) -> str:
    """Return a header value with its encoded words decoded (RFC 2047), in one line.

    A multibyte character that was cut in two by adjacent words is made whole again.
    """
    if "=?" not in value:
        return value
    value = _WORD_GAP.sub(r"\1", value[:MAX_FIELD])
    out: list[str] = []
    pending = b""
    charset = ""
    end = 0
    for word in _ENCODED_WORD.finditer(value):
        if word.start() != end or word[1].lower() != charset:
            if pending:
                out.append(decode_text(pending, charset))
            out.append(value[end : word.start()])
            pending, charset = b"", word[1].lower()
        data = word[3].encode("ascii", "ignore")
        if word[2] in "bB":
            pending += decode_base64(data)
        else:
            pending += binascii.a2b_qp(data, header=True)
        end = word.end()
    if pending:
        out.append(decode_text(pending, charset))
    out.append(value[end:])
    return _WHITE.sub(" ", "".join(out))


def decode_base64(data: bytes) -> bytes:
    """Return what can be decoded; foreign characters are skipped and missing padding is added."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")


def decode_uu(data: bytes) -> bytes:
    """Decode uuencoded lines as far as they can be decoded."""
    out = []
    for line in data.splitlines():
        if line.startswith((b"begin ", b"end", b"`")):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            return data
    return b"".join(out)


class Address(NamedTuple):
    """One mailbox of an address field: its display name (may be empty) and its address."""

    name: str
    address: str


class Headers:
    """The header fields of one message or part, in order, by name without regard to case.

    They are kept as they came; a field is unfolded when somebody asks for it, and most are never asked for.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def those_of(self, names: tuple[str, ...]) -> list[str]:
        """Return which of these names (lower case) there are fields with, in that order."""
        return [name for name in names if name in self._fields]

    def has_none(self, names: frozenset[str]) -> bool:
        """Whether there is no field with any of these names (lower case)."""
        return names.isdisjoint(self._fields)

    def add(self, name: str, value: str) -> None:
        """Append a field of which the text is known, not the bytes."""
        kept = value if value.isascii() else value.encode("utf-8", "replace").decode("latin-1")
        if "\r" in kept:
            kept = kept.replace("\r\n", "\n").replace("\r", "\n")
        self._fields.setdefault(name.lower(), []).append(kept)

    def get(self, name: str) -> str:
        """Return the first field called `name` (lower case), unfolded, not decoded; or ``""``."""
        values = self._fields.get(name)
        return _field_text(values[0]) if values else ""

    def all(self, name: str) -> list[str]:
        """Return every field called `name` (lower case), in order."""
        return [_field_text(value) for value in self._fields.get(name, ())]

    def text(self, name: str) -> str:
        """Return the first field called `name` with its encoded words decoded; or ``""``."""
        return decode_words(self.get(name))

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Return the mailboxes in all fields called `name`. Groups and comments are passed over."""
        values = self._fields.get(name)
        if values is None:
            return ()
        if len(values) == 1:
            return parse_addresses(_field_text(values[0]))
        return tuple([one for value in values for one in parse_addresses(_field_text(value))])

    def ids(self, name: str) -> list[str]:
        """Return the message ids in all fields called `name`, without their angle brackets."""
        if name not in self._fields:
            return []
        values = self.all(name)
        found = [each for value in values for each in _MESSAGE_ID.findall(value[:MAX_FIELD])]
        if not found:
            found = [word for value in values for word in value.split()[:50] if "@" in word]
        return found

    def date(self, name: str) -> datetime | None:
        """Return the date of the first field called `name`, in UTC, or None if there is none."""
        return parse_date(self.get(name))


def parse_addresses(value: str) -> tuple[Address, ...]:
    """Return the mailboxes named in an address field, as many as can be made out."""
    # Most mail that somebody gets is to the same few mailboxes.
    return _usual_addresses(value) if len(value) <= _USUAL_LENGTH else _addresses(value)


def _addresses(value: str) -> tuple[Address, ...]:
    found = []
    usual = _USUAL_ADDRESS.fullmatch(value)
    if usual:
        name, angled, lone = usual.groups()
        if lone:
            return (Address("", lone.rstrip(".")),)
        return (Address(decode_words(name.strip(" \t'\"")).strip(), angled),)
    for match in _ADDRESS.finditer(value[:MAX_FIELD]):
        quoted, bare, angled, lone = match.groups()
        if lone:
            found.append(Address("", lone.rstrip(".")))
        else:
            name = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else bare
            found.append(Address(decode_words((name or "").strip(" \t'\"")).strip(), angled))
    return tuple(found)


_usual_addresses = lru_cache(maxsize=512)(_addresses)


_MONTHS: Final = {
    name: f"{number:02}"
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}

_USUAL_LENGTHS: Final = (6, 7)  # words: "Fri, 18 Dec 2026 09:30:00 +0000", and perhaps "(GMT)"


def parse_date(value: str) -> datetime | None:
    """Return the instant of a date field (RFC 5322 3.3) in UTC, or None where there is none.

    A date without a usable zone is taken as UTC. Whether an instant in 1904 or 2087 can be
    believed is for the caller to say: see `Mail.moment`.
    """
    if not value:
        return None
    # The form that RFC 5322 asks for, which nearly all have; all others reads the standard library.
    words = value.split(None, _USUAL_LENGTHS[-1])
    if len(words) in _USUAL_LENGTHS:
        weekday, day, month, year, time, zone, *comment = words
        if (
            weekday[3:] == ","
            and month in _MONTHS
            and time[2::3] == "::"
            and len(time) == len("09:30:00")
            and len(zone) == len("+0000")
            and (not comment or comment[0][0] == "(")
        ):
            try:
                iso = f"{year}-{_MONTHS[month]}-{day:0>2}T{time}{zone}"
                return datetime.fromisoformat(iso).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
    try:
        parts = parsedate_tz(value[:200])
        if parts is None:
            return None
        stamp = datetime(*parts[:6], tzinfo=UTC)
        return datetime.fromtimestamp(stamp.timestamp() - (parts[9] or 0), UTC)
    except (ValueError, OverflowError, IndexError, TypeError, OSError):
        return None


def parse_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Return a structured field's leading word in lower case, and its parameters (RFC 2045, 2231)."""
    if len(value) <= _USUAL_LENGTH:
        return _usual_parameters(value)
    return _parameters(value[:MAX_FIELD])


def _parameters(value: str) -> tuple[str, Mapping[str, str]]:
    head, semicolon, rest = value.partition(";")
    head = head.strip().lower()
    parameters: dict[str, str] = {}
    if semicolon:
        for match in _PARAMETER.finditer(";" + rest):
            name = match[1].lower()
            text = match[3] if match[2] is None else _QUOTED_PAIR.sub(r"\1", match[2])
            if "*" in name:  # extended or continued: the pieces come in order in practice
                name, _, section = name.partition("*")
                if section in ("", "0*") and text.count("'") >= 2:
                    text = text.split("'", 2)[2]
                text = parameters.get(name, "") + text if section[:1] not in ("", "0") else text
            elif name in parameters:
                continue
            parameters[name] = text
    return head, MappingProxyType(parameters)


_usual_parameters = lru_cache(maxsize=256)(_parameters)


_KNOWN: Final[dict[str, str]] = {}
"""The names of fields as they have been written before: the same few stand in all mail."""

_MOST_KNOWN: Final = 2048


def _field_name(head: str) -> str | None:
    """Return the name of a field in lower case, or None where it is no name (RFC 5322 2.2)."""
    match = _NAME.fullmatch(head)
    if match is None:
        return None
    name = match[1].lower()
    if len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[head] = name
    return name


def _field_text(value: str) -> str:
    """Return a raw field body, read as Latin-1, in one line and as the text it is: UTF-8 if it can be (RFC 6532)."""
    if "\n" in value:
        value = " ".join([piece.strip() for piece in value.split("\n")])
    value = value.strip()
    return value if value.isascii() else decode_text(value.encode("latin-1"), None)


def read_headers(buffer: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Return the header fields from `start`, and where the body begins."""
    if start >= end or buffer.startswith(b"\n", start, end):
        return Headers({}), min(start + 1, end)
    blank = buffer.find(b"\n\n", start, min(end, start + MAX_HEADERS))
    stop = blank if blank >= 0 else min(end, start + MAX_HEADERS)
    body = min(blank + 2 if blank >= 0 else stop, end)
    block = buffer[start:stop].decode("latin-1")  # one character a byte keeps offsets true
    fields: dict[str, list[str]] = {}
    spoilt = None
    headless = False
    lines = _FIELD_END.split(block)
    for number, line in enumerate(lines):
        head, colon, value = line.partition(":")
        name = (_KNOWN.get(head) or _field_name(head)) if colon else None
        if name:
            if name in fields:
                fields[name].append(value)
            else:
                fields[name] = [value]
            spoilt = None
        elif not line or (number == 0 and line.startswith(("From ", ">From "))):
            pass  # the separator of a mailbox file
        elif spoilt is None:
            spoilt = number  # forgiven if a field follows
            headless = headless or not fields
        else:
            break
    if spoilt is not None:
        body = start + sum(map(len, lines[:spoilt])) + spoilt
    if headless and _USUAL.isdisjoint(fields):
        return Headers({}), start  # words with a colon in them, no headers at all
    return Headers(fields), body


_USUAL: Final = frozenset({"content-type", "date", "from", "received", "subject", "to"})
