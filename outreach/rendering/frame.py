"""What the messages of one mailing have in common around their parts, written once.

One of them is made with markers in the places of what differs, by the functions of `message` and
`dkim` themselves; where the markers turn up, the octets of others go. So nothing here knows how a
header is written, how parts are put together, or what a signature covers.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING

from outreach.errors import MessageError
from outreach.rendering.encoding import relaxed_header, squeezed
from outreach.rendering.message import (
    MAX_HEADERS,
    Mail,
    attachment_part,
    body_of,
    date_header,
    headers_of,
    image_part,
    recipient_header,
    text_header,
)
from outreach.rendering.pattern import Pattern
from outreach.rendering.splicing import Filled

if TYPE_CHECKING:
    from outreach.rendering.dkim import Seal, SigningKey

_VARYING = ("To", "Subject", "Date")


@dataclass(frozen=True, slots=True)
class _Form:
    """The messages that have the same parts: what stands before, between and behind those.

    `head`, of `size` octets, ends with the empty line. `seal` signs the headers, where a body can be told from them
    before it is filled: where it is one of several parts.
    """

    head: Pattern
    size: int
    around: tuple[Pattern, ...]
    squeezed: tuple[Pattern, ...]
    seal: "Seal | None"


class Frame:
    """Headers and structure of the messages of one mailing.

    `mail` is one of them, with a marker in place of each token; `markers` are those, by number. It
    has the mailing's attachments and images, which all get, or those get whose HTML shows them.
    """

    def __init__(
        self, mail: Mail, markers: Mapping[int, str], keys: "Sequence[SigningKey]" = ()
    ) -> None:
        self._mail = mail
        self._keys = keys
        self._markers = {marker.encode(): number for number, marker in markers.items()}
        # Behind the tokens: the headers that vary.
        self._first = max(markers) + 1
        self._marks = [token_hex() for _ in _VARYING]
        headers = []
        for make in headers_of(mail):
            header = make()
            name = header.partition(b":")[0].decode()
            if name in _VARYING:
                header = f"{name}: {self._marks[_VARYING.index(name)]}\r\n".encode()
            headers.append(header)
        self._headers = b"".join(headers)
        self._attachments = [attachment_part(one) for one in mail.attachments]
        self._images = {image.cid: image_part(image) for image in mail.images}
        self._forms: dict[tuple[bool, tuple[str, ...], bool], _Form] = {}
        form = self._form((True, (), False))
        slots = form.head.slots.union(*(pattern.slots for pattern in form.around))
        self.tokens = frozenset(slot for slot in slots if slot < self._first)

    def _form(self, shape: tuple[bool, tuple[str, ...], bool]) -> _Form:
        form = self._forms.get(shape)
        if form is None:
            form = self._forms[shape] = self._made(*shape)
        return form

    def _made(self, has_html: bool, images: tuple[str, ...], has_invite: bool) -> _Form:  # noqa: FBT001
        text, html, invite = (token_hex().encode() for _ in range(3))
        body = body_of(
            self._mail.message_id,
            text,
            html if has_html else None,
            images=[self._images[cid] for cid in images],
            invite=invite if has_invite else None,
            attachments=self._attachments,
        )
        around = []
        for part, is_there in ((text, True), (html, has_html), (invite, has_invite)):
            if is_there:
                before, _, body = body.partition(part)
                around.append(before)
        around.append(body)
        # What begins the body: the rest of the headers, unless the body is one part alone.
        ends, empty, begin = around[0].partition(b"\r\n\r\n")
        head = self._headers + ends + empty
        around[0] = begin
        seal = None
        raw = {f"{name}: {mark}\r\n".encode(): self._first + at for at, (name, mark) in self._named()}
        if self._keys and empty:
            from outreach.rendering.dkim import Seal  # noqa: PLC0415 - slow to import

            relaxed = {
                f"{name.lower()}:{mark}\r\n".encode(): self._first + at
                for at, (name, mark) in self._named()
            }
            seal = Seal(head.removesuffix(b"\r\n"), self._keys, {**self._markers, **relaxed})
        return _Form(
            Pattern(head, {**self._markers, **raw}),
            len(head),
            tuple(Pattern(piece, self._markers) for piece in around),
            tuple(Pattern(squeezed(piece), self._markers) for piece in around),
            seal,
        )

    def _named(self) -> "enumerate[tuple[str, str]]":
        return enumerate(zip(_VARYING, self._marks, strict=True))

    def message(
        self,
        *,
        address: str,
        name: str | None,
        subject: str,
        date: datetime,
        tokens: Sequence[bytes],
        text: Filled,
        html: Filled | None,
        images: tuple[str, ...] = (),
        invite: bytes | None = None,
    ) -> bytes:
        """Return the message that `build_message` would give, and `sign_message` sign.

        `text`, `html` and `invite` are its parts; `images` are the names of those that the HTML
        shows. Raises `MessageError` where only those can say what is wrong.
        """
        form = self._form((html is not None, images, invite is not None))
        to = recipient_header(address, name)
        subject_header, subject_relaxed = _subject_header(subject)
        date_line, date_relaxed = _date_header(date, date.utcoffset())
        if form.size + len(to) + len(subject_header) > MAX_HEADERS:
            raise MessageError("the headers are too long")
        parts = [text] if html is None else [text, html]
        head = form.head.fill([*tokens, to, subject_header, date_line])
        body = _joined(form.around, tokens, [filled.parts for filled in parts], invite)
        if not self._keys:
            return b"".join(head + body)
        stamp = b"%d" % date.timestamp()
        if form.seal is None or len(stamp) != form.seal.stamp_size:
            from outreach.rendering.dkim import sign_message  # noqa: PLC0415 - slow to import

            return sign_message(b"".join(head + body), self._keys, at=date)
        even = [filled.canonical() for filled in parts]
        whole = _joined(form.squeezed, tokens, even, invite and squeezed(invite))
        to_relaxed = relaxed_header(b"To", to[3:])
        seal = form.seal.signatures(
            [*tokens, to_relaxed, subject_relaxed, date_relaxed],
            hashlib.sha256(b"".join(whole)).digest(),
            stamp,
        )
        return b"".join([seal, *head, *body])


def _joined(
    around: Sequence[Pattern],
    tokens: Sequence[bytes],
    parts: Sequence[list[bytes]],
    invite: bytes | None,
) -> list[bytes]:
    """Return a body in pieces: parts, and what stands around them."""
    body = around[0].fill(tokens)
    at = 1
    for part in parts:
        body += part
        body += around[at].fill(tokens)
        at += 1
    if invite is not None:
        body.append(invite)
        body += around[at].fill(tokens)
    return body


@lru_cache(maxsize=512)
def _subject_header(subject: str) -> tuple[bytes, bytes]:
    """Return the header and its relaxed canonical form."""
    header = text_header("Subject", subject)
    return header, relaxed_header(b"Subject", header.partition(b":")[2])


@lru_cache(maxsize=64)
def _date_header(moment: datetime, _offset: timedelta) -> tuple[bytes, bytes]:
    # The offset keeps apart what is the same instant in two zones.
    header = date_header(moment)
    return header, relaxed_header(b"Date", header.partition(b":")[2])
