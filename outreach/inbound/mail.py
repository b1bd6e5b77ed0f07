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
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from outreach.inbound.headers import (
    MAX_HEADERS,
    Address,
    decode_base64,
    decode_text,
    decode_uu,
    parse_date,
    parse_parameters,
    read_headers,
)
from outreach.inbound.html import to_text

MAX_DEPTH = 40
"""Levels of nesting that are opened; a deeper part is kept closed, as one leaf."""

MAX_PARTS = 1000
"""Parts that are opened in one message."""


MAX_TEXT = 1024 * 1024
"""Bytes of one part that are decoded as text. Nobody's own words are longer."""

_STRAY_BOUNDARY = re.compile(rb"(?:^|\n)--([^\n]{1,200}?)[ \t]*\n(?=Content-)", re.IGNORECASE)


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
                return decode_base64(data)
            if encoding.startswith(("x-uu", "uuencode")):
                return decode_uu(data)
        return data

    def text(self) -> str:
        r"""Return the body as text with ``\\n`` line ends; the first mebibyte of it."""
        text = decode_text(self.payload(MAX_TEXT), self.parameters.get("charset"))
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


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
        for name in self.headers.those_of(_RECIPIENT_FIELDS):
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
