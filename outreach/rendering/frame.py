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
from outreach.rendering.headers import MAX_HEADERS, date_header, recipient_header, text_header
from outreach.rendering.message import Mail, attachment_part, body_of, headers_of, image_part
from outreach.rendering.pattern import Pattern
from outreach.rendering.press import Press, Script, merged
from outreach.rendering.splicing import Filled
from outreach.rendering.values import Tokens, Value

if TYPE_CHECKING:
    from outreach.rendering.dkim import Seal, Sealed, SignApart, SigningKey
    from outreach.rendering.skeleton import Skeleton

_LARGE = 8192  # octets that are hashed where they are, not copied together with others
_VARYING = ("To", "Subject", "Date")
STAMP_DIGITS = 10
"""Of a time in seconds, from 2001 to 2286."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The messages that have the same parts: what stands before, between and behind those.

    `head`, of `size` octets, ends with the empty line. `seal` signs the headers, where a body can
    be told from them before it is filled: where it has several parts.
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
    `keys` sign, and `apart` does it with them somewhere else.
    """

    def __init__(
        self,
        mail: Mail,
        markers: Mapping[int, str],
        keys: "Sequence[SigningKey]" = (),
        apart: "SignApart | None" = None,
    ) -> None:
        self._mail = mail
        self._keys = keys
        self._apart = apart
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
        #: Whether only a reader's address can bring anything else into a message.
        self.is_ascii = all(
            each.isascii() for each in (self._headers, *self._attachments, *self._images.values())
        )
        self._forms: dict[tuple[bool, tuple[str, ...], bool], _Form] = {}
        form = self._form((True, (), False))
        slots = form.head.slots.union(*(pattern.slots for pattern in form.around))
        self.tokens = frozenset(slot for slot in slots if slot < self._first)

    def _form(self, shape: tuple[bool, tuple[str, ...], bool]) -> _Form:
        form = self._forms.get(shape)
        if form is None:
            form = self._forms[shape] = self._made(*shape)
        return form

    def _made(self, has_html: bool, images: tuple[str, ...], has_invite: bool) -> _Form:
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
        raw = {
            f"{name}: {mark}\r\n".encode(): self._first + at for at, (name, mark) in self._named()
        }
        if self._keys and empty:
            from outreach.rendering.dkim import Seal  # noqa: PLC0415 - slow to import

            relaxed = {
                f"{name.lower()}:{mark}\r\n".encode(): self._first + at
                for at, (name, mark) in self._named()
            }
            marks = {**self._markers, **relaxed}
            seal = Seal(head.removesuffix(b"\r\n"), self._keys, marks, self._apart)
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
        varying: "Varying",
        tokens: Tokens,
        text: Filled,
        html: Filled | None,
        *,
        images: tuple[str, ...] = (),
        invite: bytes | None = None,
    ) -> "bytes | Sealed":
        """Return the message that `build_message` would give, and `sign_message` sign.

        `text`, `html` and `invite` are its parts; `images` are the names of those that the HTML
        shows. Raises `MessageError` where only those two can say what is wrong.
        """
        form = self._form((html is not None, images, invite is not None))
        self._measure(form, varying)
        octets = tokens.octets
        parts = [text] if html is None else [text, html]
        pieces = form.head.fill([*octets, varying.to, varying.subject[0], varying.date[0]])
        pieces += _joined(form.around, octets, [filled.parts for filled in parts], invite)
        if not self._keys:
            return b"".join(pieces)
        if form.seal is None or not varying.has_stamp:
            from outreach.rendering.dkim import sign_message  # noqa: PLC0415 - slow to import

            return sign_message(b"".join(pieces), self._keys, at=varying.moment)
        even = [filled.canonical() for filled in parts]
        body = _joined(form.squeezed, octets, even, invite and squeezed(invite))
        body_hash = hashlib.sha256(b"".join(body)).digest()
        return _sealed(form.seal, varying, octets, body_hash, pieces)

    def press(self, skeleton: "Skeleton", *, has_invite: bool = False) -> "Press[_Form] | None":
        """Return what makes a skeleton's messages faster, or None where nothing is to gain."""
        form = self._form((skeleton.has_html, skeleton.images, has_invite))
        even = form.seal is not None
        if self._keys and not even:
            return None
        script = Script("v", "t", "to", "subject", "date", "invite", "even_invite")
        names = [f"o{number}" for number in range(self._first)]
        script.say(f"{', '.join(names)} = t.octets")
        parts = skeleton.write(script, even=even)
        if has_invite:
            parts.append((["invite"], ["even_invite"]))
        names += ["to", "subject", "date"]
        pieces = form.head.named(names)
        others: list[bytes | str] = []
        for at, around in enumerate(form.around):
            pieces += around.named(names)
            others += form.squeezed[at].named(names)
            if at < len(parts):
                pieces += parts[at][0]
                others += parts[at][1]
        if even:
            script.say(f"return ({script.row(pieces)}), {_written_hash(script, others)}")
        else:
            script.say(f"return ({script.row(pieces)})")
        return Press(form, script.function())

    def pressed(
        self,
        press: Press[_Form],
        varying: "Varying",
        values: Sequence[Value],
        tokens: Tokens,
        invite: bytes | None = None,
    ) -> "bytes | Sealed":
        """Do what `message` does, with a press."""
        self._measure(press.form, varying)
        even = squeezed(invite) if invite is not None else b""
        headers = varying.to, varying.subject[0], varying.date[0]
        made = press.run(values, tokens, *headers, invite, even)
        seal = press.form.seal
        if seal is None:
            return b"".join(made)
        pieces, body_hash = made
        if not varying.has_stamp:
            from outreach.rendering.dkim import sign_message  # noqa: PLC0415 - slow to import

            return sign_message(b"".join(pieces), self._keys, at=varying.moment)
        return _sealed(seal, varying, tokens.octets, body_hash, pieces)

    def _measure(self, form: _Form, varying: "Varying") -> None:
        if form.size + len(varying.to) + len(varying.subject[0]) > MAX_HEADERS:
            raise MessageError("the headers are too long")


class Varying:
    """The headers that differ from one message to the next, and the moment of it."""

    __slots__ = ("date", "moment", "stamp", "subject", "to")

    def __init__(self, address: str, name: str | None, subject: str, moment: datetime) -> None:
        self.to = recipient_header(address, name)
        self.subject = _subject_header(subject)
        self.date, self.stamp = _date_header(moment, moment.utcoffset())
        self.moment = moment

    @property
    def has_stamp(self) -> bool:
        """Whether the moment has as many digits as nearly all have, in seconds since 1970."""
        return len(self.stamp) == STAMP_DIGITS


def _written_hash(script: Script, pieces: Sequence[bytes | str]) -> str:
    """Write what hashes pieces, and return the code that gives the hash."""
    script.say(f"h = {script.bind(hashlib.sha256)}()")
    small: list[bytes | str] = []
    for piece in [*merged(pieces), b""]:
        if isinstance(piece, bytes) and (len(piece) > _LARGE or not piece):
            script.say(f"h.update({script.bind(b'')}.join(({script.row(small)})))")
            small = []
            if piece:
                script.say(f"h.update({script.bind(piece)})")
        else:
            small.append(piece)
    return "h.digest()"


def _sealed(
    seal: "Seal",
    varying: Varying,
    tokens: Sequence[bytes],
    body_hash: bytes,
    pieces: Sequence[bytes],
) -> "Sealed":
    """Return a message ready to be signed, with the hash of its body's relaxed canonical form."""
    to = varying.to
    is_folded = b"  " in to or b"\r\n " in to
    to = relaxed_header(b"to", to[3:]) if is_folded else b"to:" + to[4:]
    values = [*tokens, to, varying.subject[1], varying.date[1]]
    return seal.sealed(values, body_hash, varying.stamp, pieces)


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
def _date_header(moment: datetime, _offset: timedelta) -> tuple[tuple[bytes, bytes], bytes]:
    """Return the header and its relaxed canonical form, and the seconds since 1970."""
    # The offset keeps apart what is the same instant in two zones.
    header = date_header(moment)
    relaxed = relaxed_header(b"Date", header.partition(b":")[2])
    return (header, relaxed), b"%d" % moment.timestamp()
