"""The MIME tree of a message: what a sender put into what, and where each part lies.

The bytes are looked at once and parts are not copied. All that a sender could inflate has a bound:
nesting, number of parts, the size of headers, and how much of a part is decoded as text.

Standards: RFC 2045 and 2046 (MIME).
"""

import binascii
import re
from collections.abc import Iterator
from typing import Final

from outreach.inbound.headers import (
    MAX_HEADERS,
    decode_base64,
    decode_text,
    decode_uu,
    parse_parameters,
    read_headers,
)

MAX_DEPTH: Final = 40
"""Levels of nesting that are opened; a deeper part is kept closed, as one leaf."""

MAX_PARTS: Final = 1000
"""Parts that are opened in one message."""

MAX_TEXT: Final = 1024 * 1024
"""Bytes of one part that are decoded as text. Nobody's own words are longer."""

_STRAY_BOUNDARY: Final = re.compile(
    rb"(?:^|\n)--([^\n]{1,200}?)[ \t]*\n(?=Content-)", re.IGNORECASE
)


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


_MESSAGE_TYPES: Final = frozenset({"message/rfc822", "message/global", "message/news"})


def tree(raw: bytes) -> list[Part]:
    """Return every part of a message in document order, the message itself first."""
    buffer = _normalise(raw)
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
