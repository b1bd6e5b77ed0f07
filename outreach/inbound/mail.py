"""A received message as the rest of the package sees it: whole, decoded, and never a surprise.

Everything that arrives is hostile or broken sooner or later, so reading is total: every sequence
of bytes is a `Mail`, and what cannot be decoded is replaced rather than refused. The reader looks
at the bytes once, without copying parts, and bounds everything a sender could inflate: nesting,
number of parts, header size and the amount of text that is decoded. What it reads is what the
standard library's ``email`` (compat32) reads from well-formed mail, which a test holds; on malformed
mail it is more patient.

Standards: RFC 5322 (headers), RFC 2045 and 2046 (MIME), RFC 2047 and 2231 (encoded words and
parameters), RFC 6532 (UTF-8 headers).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from outreach.inbound.html import to_text

MAX_DEPTH = 40
"""Levels of nesting that are opened; a deeper part is kept closed, as one leaf."""

MAX_PARTS = 1000
"""Parts that are opened in one message."""

MAX_HEADERS = 256 * 1024
"""Bytes of one header block that are read."""

MAX_FIELD = 16 * 1024
"""Characters of one header field that are interpreted (addresses, parameters, encoded words)."""

MAX_TEXT = 1024 * 1024
"""Bytes of one part that are decoded as text. Nobody's own words are longer."""

_FIELD_END = re.compile(r"\n(?![ \t])")
_NAME = re.compile(r"([!-9;-~]{1,256})[ \t]*")
_ENCODED_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\n]*)\?=")
_WORD_GAP = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_PARAMETER = re.compile(
    r""";\s*([^\s=;"]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))""", re.DOTALL
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_STRAY_BOUNDARY = re.compile(rb"(?:^|\n)--([^\n]{1,200}?)[ \t]*\n(?=Content-)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"""(?:"((?:[^"\\\n]|\\.){0,200})"\s*|([^<>,;:"@()\n]{0,200}))<\s*([^<>\s,]{1,320})\s*>"""
    r"""|((?:"[^"\n]{1,64}"|[^\s<>,;:"@()\[\]]{1,128})@[^\s<>,;:"@()]{1,255})"""
)
_USUAL_ADDRESS = re.compile(
    r"\"?([^\\\"<>()@,;:\n]{0,200})\"? {0,2}<([^\s<>,\"()]{1,320})>"
    r"|([^\s<>,;:\"@()\[\]]{1,128}@[^\s<>,;:\"@()]{1,255})"
)
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,998})\s*>")
_WHITE = re.compile(r"\s+")

_ALIASES = {
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
_NOT_CHARSETS = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
)


def decode_text(data: bytes, charset: str | None) -> str:
    """Return `data` as text: in `charset` if it fits, else UTF-8 if it fits, else cp1252.

    An undeclared, unknown or plainly wrong charset is common and never an error.
    """
    name = (charset or "").strip(" '\"").lower()
    name = _ALIASES.get(name, name)
    if name in ("", "us-ascii", "cp1252", "utf-8"):
        if b"\x1b$" in data or b"\x1b(" in data:
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
            pending += _decode_base64(data)
        else:
            pending += binascii.a2b_qp(data, header=True)
        end = word.end()
    if pending:
        out.append(decode_text(pending, charset))
    out.append(value[end:])
    return _WHITE.sub(" ", "".join(out))


def _decode_base64(data: bytes) -> bytes:
    """Return what can be decoded; foreign characters are skipped and missing padding is added."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")


def _decode_uu(data: bytes) -> bytes:
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

    def has_none(self, names: frozenset[str]) -> bool:
        """Whether there is no field with any of these names (lower case)."""
        return names.isdisjoint(self._fields)

    def add(self, name: str, value: str) -> None:
        """Append a field."""
        self._fields.setdefault(name.lower(), []).append(value)

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

    def addresses(self, name: str) -> list[Address]:
        """Return the mailboxes in all fields called `name`. Groups and comments are passed over."""
        return [each for value in self.all(name) for each in parse_addresses(value)]

    def ids(self, name: str) -> list[str]:
        """Return the message ids in all fields called `name`, without their angle brackets."""
        if name not in self._fields:
            return []
        found = [
            each for value in self.all(name) for each in _MESSAGE_ID.findall(value[:MAX_FIELD])
        ]
        if not found:
            found = [word for value in self.all(name) for word in value.split()[:50] if "@" in word]
        return found

    def date(self, name: str) -> datetime | None:
        """Return the date of the first field called `name`, in UTC, or None if there is none."""
        return parse_date(self.get(name))


def parse_addresses(value: str) -> list[Address]:
    """Return the mailboxes named in an address field, as many as can be made out."""
    found = []
    usual = _USUAL_ADDRESS.fullmatch(value)
    if usual:
        name, angled, lone = usual.groups()
        if lone:
            return [Address("", lone.rstrip("."))]
        return [Address(decode_words(name.strip(" \t'\"")).strip(), angled)]
    for match in _ADDRESS.finditer(value[:MAX_FIELD]):
        quoted, bare, angled, lone = match.groups()
        if lone:
            found.append(Address("", lone.rstrip(".")))
        else:
            name = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else bare
            found.append(Address(decode_words((name or "").strip(" \t'\"")).strip(), angled))
    return found


_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
# The form that RFC 5322 asks for, which nearly all have; whatever else there is reads the standard library.
_USUAL_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, {1,2})?(\d{1,2}) ([JFMASOND][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})(?: \(\w{1,8}\))?\s*$"
)


def parse_date(value: str) -> datetime | None:
    """Return the instant of a date field (RFC 5322 3.3) in UTC, or None where there is none.

    A date without a usable zone is taken as UTC. Whether an instant in 1904 or 2087 can be
    believed is for the caller to say: see `Mail.moment`.
    """
    if not value:
        return None
    usual = _USUAL_DATE.match(value)
    if usual:
        day, month, year, time, zone = usual.groups()
        try:
            iso = f"{year}-{_MONTHS.get(month)}-{day:0>2}T{time}{zone}"
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


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return a structured field's leading word in lower case, and its parameters (RFC 2045, 2231)."""
    value = value[:MAX_FIELD]
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
    return head, parameters


class Part:
    """One node of the MIME tree. `enclosed` is how many messages it lies inside of."""

    __slots__ = (
        "body_start",
        "buffer",
        "enclosed",
        "end",
        "headers",
        "parameters",
        "parent",
        "type",
    )

    def __init__(  # noqa: PLR0917
        self,
        buffer: bytes,
        start: int,
        end: int,
        parent: "Part | None",
        enclosed: int,
        default: str,
    ) -> None:
        self.buffer = buffer
        self.end = end
        self.parent = parent
        self.enclosed = enclosed
        self.headers, self.body_start = read_headers(buffer, start, end)
        field = self.headers.get("content-type")
        self.type, self.parameters = parse_parameters(field) if field else (default, {})
        if self.type.count("/") != 1 or self.type[0] == "/":
            self.type = default if not self.type.startswith("multipart") else "multipart/mixed"

    @property
    def attached(self) -> bool:
        """Whether the sender meant it as a file rather than as words to read."""
        disposition = self.headers.get("content-disposition")
        return disposition.lstrip().lower().startswith("attachment")

    def payload(self, limit: int | None = None) -> bytes:
        """Return the body without its transfer encoding, of at most `limit` encoded bytes."""
        end = self.end if limit is None else min(self.end, self.body_start + limit)
        data = self.buffer[self.body_start : end]
        encoding = self.headers.get("content-transfer-encoding")
        if encoding:
            encoding = encoding.strip().lower()
            if encoding.startswith("quoted-printable"):
                return binascii.a2b_qp(data)
            if encoding.startswith("base64"):
                return _decode_base64(data)
            if encoding.startswith(("x-uu", "uuencode")):
                return _decode_uu(data)
        return data

    def text(self) -> str:
        r"""Return the body as text with ``\\n`` line ends; the first mebibyte of it."""
        text = decode_text(self.payload(MAX_TEXT), self.parameters.get("charset"))
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


@lru_cache(maxsize=2048)
def _field_name(head: str) -> str | None:
    """Return the name of a field in lower case, or None where it is no name (RFC 5322 2.2)."""
    match = _NAME.fullmatch(head)
    return match[1].lower() if match else None


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
    at = 0
    for line in _FIELD_END.split(block):
        head, colon, value = line.partition(":")
        name = _field_name(head) if colon else None
        if name:
            if name in fields:
                fields[name].append(value)
            else:
                fields[name] = [value]
            spoilt = None
        elif not line or (at == 0 and line.startswith(("From ", ">From "))):
            pass  # the separator of a mailbox file
        elif spoilt is None:
            spoilt = at  # forgiven if a field follows
            headless = headless or not fields
        else:
            body = start + spoilt
            break
        at += len(line) + 1
    else:
        body = body if spoilt is None else start + spoilt
    if headless and _USUAL.isdisjoint(fields):
        return Headers({}), start  # words with a colon in them, no headers at all
    return Headers(fields), body


def _sections(part: Part) -> Iterator[tuple[int, int]]:
    """Yield the span of each body part of a multipart (RFC 2046 5.1.1), closed properly or not."""
    buffer, begin, end = part.buffer, part.body_start, part.end
    boundary = part.parameters.get("boundary", "").rstrip()
    mark = b"--" + boundary.encode("utf-8")
    if not boundary or buffer.find(mark, begin, end) < 0:
        stray = _STRAY_BOUNDARY.search(buffer, begin, end)
        if not stray:
            return
        mark = b"--" + stray[1]
    line_mark = b"\n" + mark
    at = begin if buffer.startswith(mark, begin, end) else buffer.find(line_mark, begin, end) + 1
    opened = -1
    misses = 0
    while at >= begin and buffer.startswith(mark, at, end):
        after = at + len(mark)
        line_end = buffer.find(b"\n", after, end)
        if line_end < 0:
            line_end = end
        closing = buffer.startswith(b"--", after, end)
        if buffer[after + 2 * closing : min(line_end, after + 1000)].strip():
            misses += 1  # another, longer boundary, or a sender's trap
            if misses > MAX_PARTS:
                break
        else:
            if opened >= 0:
                yield opened, max(opened, at - 1)
            opened = -1
            if closing:
                return
            opened = min(line_end + 1, end)
        at = buffer.find(line_mark, line_end, end) + 1
    if opened >= 0:
        yield opened, end


_USUAL = frozenset({"content-type", "date", "from", "received", "subject", "to"})
_EPOCH = 1990  # no mail that reaches us was written before
_CLOCK_SKEW = timedelta(days=2)
_MAX_READABLE = 20
_RECIPIENT_FIELDS = (
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "apparently-to",
    "to",
    "cc",
    "resent-to",
)
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})


def _tree(buffer: bytes) -> list[Part]:
    """Return every part in document order, the message itself first."""
    root = Part(buffer, 0, len(buffer), None, 0, "text/plain")
    parts: list[Part] = []
    stack: list[tuple[Part, int]] = [(root, 0)]
    while stack and len(parts) < MAX_PARTS:
        part, depth = stack.pop()
        parts.append(part)
        if depth >= MAX_DEPTH:
            continue
        if part.type.startswith("multipart/"):
            default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
            children = []
            for start, end in _sections(part):
                children.append(Part(part.buffer, start, end, part, part.enclosed, default))
                if len(children) + len(parts) + len(stack) >= MAX_PARTS:
                    break
            if not children:
                part.type = "text/plain"  # its boundary never comes: what is there is to be read
            stack.extend((child, depth + 1) for child in reversed(children))
        elif part.type in _MESSAGE_TYPES:
            inner, start, end = part.buffer, part.body_start, part.end
            if part.headers.get("content-transfer-encoding").strip().lower() in (
                "base64",
                "quoted-printable",
            ):
                inner = _normalise(part.payload())
                start, end = 0, len(inner)
            while inner.startswith(b"\n", start, end):
                start += 1
            child = Part(inner, start, end, part, part.enclosed + 1, "text/plain")
            stack.append((child, depth + 1))
    return parts


def _normalise(raw: bytes) -> bytes:
    """Return `raw` with every line end as one LF."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
        if b"\r" in raw[:MAX_HEADERS]:
            raw = raw.replace(b"\r", b"\n")
    return raw


_Read = TypeVar("_Read")


class _Once(Generic[_Read]):
    """A property that is read once: `functools.cached_property` without its lock, which costs more than most."""

    def __init__(self, read: Callable[["Mail"], _Read]) -> None:
        self._read = read
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, mail: "Mail", owner: type) -> _Read:
        value = mail.__dict__[self._name] = self._read(mail)
        return value


class Mail:
    """A received message. Making one never fails; everything costly is read when first asked for.

    `received_at` is when our side got it (IMAP INTERNALDATE, a webhook's time). It is what "today"
    means to an absence notice; without it the newest ``Received`` field stands in, then ``Date``.
    """

    def __init__(self, raw: bytes, received_at: datetime | None = None) -> None:
        self.raw = raw
        self._given = received_at
        self.parts = _tree(_normalise(raw))
        self.headers = self.parts[0].headers

    @_Once
    def received_at(self) -> datetime | None:
        """When the message reached us, as far as can be told; never before 1990."""
        if self._given is not None:
            return self._given
        trace = self.headers.get("received")
        moment = parse_date(trace.rpartition(";")[2].strip())
        return moment if moment and moment.year >= _EPOCH else self.sent_at

    @_Once
    def sent_at(self) -> datetime | None:
        """What the ``Date`` field says, if that can be: not before 1990, not after it was received."""
        moment = self.headers.date("date")
        if moment is None or moment.year < _EPOCH:
            return None
        if self._given is not None and moment > self._given + _CLOCK_SKEW:
            return None
        return moment

    @_Once
    def message_id(self) -> str | None:
        """The first message id, without angle brackets."""
        ids = self.headers.ids("message-id")
        return ids[0] if ids else None

    @_Once
    def sender(self) -> Address:
        """The author (``From``, else ``Sender``, else ``Reply-To``); empty where there is none."""
        for name in ("from", "sender", "reply-to"):
            found = self.headers.addresses(name)
            if found:
                return found[0]
        return Address(self.headers.text("from"), "")

    @_Once
    def subject(self) -> str:
        """The decoded subject in one line, without the space around it."""
        return self.headers.text("subject")[:2000].strip()

    @_Once
    def null_sender(self) -> bool:
        """Whether it came with the null reverse-path ``<>`` (RFC 5321 4.5.5), as notices must."""
        return self.headers.get("return-path").strip() == "<>"

    @_Once
    def recipients(self) -> tuple[str, ...]:
        """Every address it was sent or delivered to, the most telling first, each once."""
        found: dict[str, None] = {}
        for name in _RECIPIENT_FIELDS:
            if name in self.headers:
                for address in self.headers.addresses(name):
                    found.setdefault(address.address)
        return tuple(found)

    @_Once
    def text(self) -> str:
        """The words to read as plain text: every inline ``text/plain`` part outside enclosed mail."""
        return "\n".join(part.text() for part in self._readable("text/plain")).strip("\n")

    @_Once
    def html(self) -> str:
        """The words to read as HTML source: every inline ``text/html`` part; or ``""``."""
        return "\n".join(part.text() for part in self._readable("text/html"))

    @_Once
    def plain_html(self) -> str:
        """`html` as text, with quotations and signatures in plain-text manners."""
        return to_text(self.html[:MAX_TEXT])

    def _readable(self, kind: str) -> list[Part]:
        found: list[Part] = []
        alternatives: set[int] = set()
        for part in self.parts:
            if part.type != kind or part.enclosed or part.attached:
                continue
            parent = part.parent
            if parent is not None and parent.type == "multipart/alternative":
                if id(parent) in alternatives:
                    continue
                alternatives.add(id(parent))
            found.append(part)
            if len(found) >= _MAX_READABLE:
                break
        return found
