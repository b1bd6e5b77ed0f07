"""From what a mail says to the bytes of a message.

`build_message` only puts in order what small functions return: the headers of
`outreach.rendering.headers`, and the parts that are made here, with their CRLF. No header is
written twice. Bytes depend on the values alone: the same `Mail` gives the same message.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from outreach.errors import MessageError, Problem
from outreach.rendering.assets import Attachment, InlineImage, shown_cids
from outreach.rendering.encoding import base64_body, text_body
from outreach.rendering.headers import (
    MARK,
    MAX_HEADERS,
    ListId,
    Mailbox,
    clean,
    date_header,
    extra_headers,
    feedback_id_header,
    ids_header,
    is_message_id,
    list_id_header,
    mailbox_header,
    text_header,
    told,
    unsubscribe_headers,
)

#: The thread's first message and its newest ones say all that matters.
_MAX_REFERENCES = 20

_LINE_BREAK = re.compile("[\r\n\0]")
_BOUNDARY = re.compile(r"[A-Za-z0-9]{16,50}\Z")  # of 70 characters, RFC 2046 5.1.1
_MEDIA = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}"
# A whole message or a multipart may not be base64 (RFC 2046 5.2.1), and no part of ours is either.
_CONTENT_TYPE = re.compile(rf"(?!(?:multipart|message)/){_MEDIA}/{_MEDIA}\Z", re.IGNORECASE)
_CID = re.compile(r"[A-Za-z0-9._@\-]{1,200}\Z")


class Manner(StrEnum):
    """How a mail presents itself; decides the headers that lists and automatic mail need."""

    #: To many, recurring: list headers, unsubscribe in one click, asks responders for silence.
    NEWSLETTER = "newsletter"
    #: From a person to a person, answer wanted: nothing that marks it as bulk or automatic.
    CHECK_IN = "check-in"
    #: About work in hand or something they asked for.
    SERVICE = "service"
    #: A look at a mail before it goes out, to any address. Carries no unsubscribe link.
    TEST = "test"


@dataclass(frozen=True, slots=True)
class _Marks:
    needs_unsubscribe: bool = False
    may_unsubscribe: bool = False
    automatic: bool = False
    bulk: bool = False


# RFC 3834 5: "auto-generated" keeps responders silent, so a mail that wants a reply goes without.
_MARKS: Mapping[Manner, _Marks] = {
    Manner.NEWSLETTER: _Marks(
        needs_unsubscribe=True, may_unsubscribe=True, automatic=True, bulk=True
    ),
    Manner.CHECK_IN: _Marks(may_unsubscribe=True),
    Manner.SERVICE: _Marks(automatic=True),
    Manner.TEST: _Marks(automatic=True),
}


@dataclass(frozen=True, slots=True)
class Invite:
    """A calendar object (RFC 5545) with its iTIP method, such as ``REQUEST`` (RFC 6047)."""

    calendar: str
    method: str = "REQUEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Everything a message says, before it is bytes.

    `date` is aware and is written in its own zone. `message_id` has its angle brackets. `extra` are
    headers for the sender's own infrastructure: names beginning with ``X-``, and ``CFBL-Address``.
    """

    manner: Manner
    sender: Mailbox
    recipient: Mailbox
    subject: str
    date: datetime
    message_id: str
    text: str
    html: str | None = None
    reply_to: Mailbox | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    list_id: ListId | None = None
    feedback_id: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    images: tuple[InlineImage, ...] = ()
    invite: Invite | None = None


def build_message(mail: Mail) -> bytes:
    """Return the message: RFC 5322 bytes with CRLF line ends, ending in one.

    Raises `MessageError` with every problem found where no correct message can be made.
    """
    problems: list[Problem] = []

    def attempt(make: Callable[[], bytes]) -> bytes:
        try:
            return make()
        except MessageError as error:
            problems.extend(error.problems)
            return b""

    headers = b"".join(attempt(make) for make in headers_of(mail))
    body = attempt(lambda: _body(mail))
    head_size = len(headers) + body.find(b"\r\n\r\n")
    if head_size >= MAX_HEADERS:
        problems.append(
            Problem(f"the headers take {head_size} octets; receivers allow {MAX_HEADERS}")
        )
    if problems:
        raise MessageError(problems)
    return headers + body


def headers_of(mail: Mail) -> Iterable[Callable[[], bytes]]:
    """Yield what makes each header of a mail."""
    marks = _MARKS[mail.manner]
    yield lambda: mailbox_header("From", mail.sender)
    yield lambda: mailbox_header("To", mail.recipient)
    if mail.reply_to:
        reply_to = mail.reply_to
        yield lambda: mailbox_header("Reply-To", reply_to)
    yield lambda: text_header("Subject", mail.subject)
    yield lambda: date_header(mail.date)
    yield lambda: ids_header("Message-ID", [mail.message_id])
    # Others wrote these; one that cannot stand in a header costs the thread, not the mail.
    parent = mail.in_reply_to
    if parent and is_message_id(parent):
        thread = [known for known in mail.references if known != parent and is_message_id(known)]
        thread.append(parent)
        if len(thread) > _MAX_REFERENCES:
            thread = [thread[0], *thread[1 - _MAX_REFERENCES :]]
        yield lambda: ids_header("In-Reply-To", thread[-1:])
        yield lambda: ids_header("References", thread)
    if marks.may_unsubscribe:
        yield lambda: unsubscribe_headers(
            mail.unsubscribe_url, mail.unsubscribe_mailto, required=marks.needs_unsubscribe
        )
    if mail.list_id and marks.bulk:
        list_id = mail.list_id
        yield lambda: list_id_header(list_id)
    if mail.feedback_id:
        yield lambda: feedback_id_header(mail.feedback_id)
    if marks.automatic:
        yield lambda: b"Auto-Submitted: auto-generated\r\n"
    if marks.bulk:
        yield lambda: b"Precedence: bulk\r\n"
    yield lambda: extra_headers(mail.extra)
    yield lambda: b"MIME-Version: 1.0\r\n"


# Parts. Each function returns headers, an empty line and a body that ends in CRLF.


def text_part(content_type: str, text: str) -> bytes:
    """Return a part of text. `content_type` may carry parameters; the charset is added."""
    try:
        encoding, body = text_body(text.lstrip(MARK))
    except MessageError as error:
        raise MessageError([problem.at(content_type) for problem in error.problems]) from None
    if "\0" in text:
        raise MessageError("the text contains a NUL", source=content_type)
    return _part(f"{content_type}; charset=utf-8", encoding, body)


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Return parts put together, between lines with `boundary` (see `boundary_of`)."""
    kind = '; type="text/html"' if subtype == "related" else ""  # RFC 2387 3.1: of its first part
    start = f'Content-Type: multipart/{subtype}{kind};\r\n boundary="{boundary}"\r\n'.encode()
    delimiter = f"\r\n--{boundary}\r\n".encode()
    return b"".join(
        [
            start,
            *(piece for part in parts for piece in (delimiter, part)),
            delimiter[:-2],
            b"--\r\n",
        ]
    )


def attachment_part(attachment: Attachment) -> bytes:
    """Return a file as a part, with its name for old and new mail programs (RFC 2183, 2231)."""
    source = "attachment"
    name = clean(attachment.filename, source).strip()  # parsers take away blanks of every kind
    # Many programs decode what looks like an encoded-word in a name, whatever RFC 2047 5 says.
    if _LINE_BREAK.search(unquote(name)) or not name or len(name.encode()) > 255 or "=?" in name:
        raise MessageError(f"{told(name)} is no name for a file", source=source)
    plain = _ascii_name(name)
    if plain == name:
        disposition, fallback = f'filename="{name}"', ""
    else:
        # Beside `filename*`, a plain `filename` would win in some parsers; those that do not know
        # RFC 2231 look for a name here.
        disposition = f"filename*=utf-8''{quote(name, safe='')}"
        fallback = f';\r\n name="{plain}"'
    return _file_part(
        attachment.content_type,
        attachment.data,
        source=name,
        parameters=fallback,
        extra=f"Content-Disposition: attachment;\r\n {disposition}\r\n".encode(),
    )


def image_part(image: InlineImage) -> bytes:
    """Return an image that the HTML refers to by its Content-ID (RFC 2392)."""
    if not _CID.match(image.cid):
        raise MessageError(f"{told(image.cid)} is no name for an inline image", source="cid:")
    extra = f"Content-ID: <{image.cid}>\r\nContent-Disposition: inline\r\n"
    return _file_part(image.content_type, image.data, source=image.cid, extra=extra.encode())


def invite_part(invite: Invite) -> bytes:
    """Return a calendar object as a part that mail programs offer to accept (RFC 6047 2.4)."""
    method = invite.method.upper()
    if not re.search(rf"^METHOD:{re.escape(method)}\s*$", invite.calendar, re.MULTILINE):
        raise MessageError(
            f"the calendar object does not say METHOD:{method}",
            source="invite",
            hint="mail programs ignore an invitation whose two methods differ",
        )
    if not method.isascii() or not method.isalpha():
        raise MessageError(f"{told(method)} is no iTIP method", source="invite")
    return text_part(f"text/calendar; method={method}", invite.calendar)


def boundary_of(message_id: str, level: str) -> str:
    """Return the boundary of one level of a message: stable, and in no encoded part.

    It says which message it is, as Message-IDs of ours do. Quoted-printable has no ``=_``, base64
    no ``_``, and text with ``--=_`` is never sent as 7bit.
    """
    own = message_id.strip("<>").partition("@")[0]
    if not _BOUNDARY.match(own):
        own = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    return f"=_{level}_{own}"


def body_of(
    message_id: str,
    text: bytes,
    html: bytes | None,
    *,
    images: Sequence[bytes] = (),
    invite: bytes | None = None,
    attachments: Sequence[bytes] = (),
) -> bytes:
    """Return the parts of a message put together, each with its headers."""

    def joined(subtype: str, parts: Sequence[bytes]) -> bytes:
        return multipart(subtype, boundary_of(message_id, subtype), parts)

    # Plain first, richest last (RFC 2046 5.1.4); images beside the HTML that shows them.
    ways = [text]
    if html is not None:
        ways.append(joined("related", [html, *images]) if images else html)
    if invite is not None:
        ways.append(invite)
    body = joined("alternative", ways) if len(ways) > 1 else ways[0]
    if attachments:
        body = joined("mixed", [body, *attachments])
    return body


def _body(mail: Mail) -> bytes:
    images = () if mail.html is None else shown_images(mail.html, mail.images)
    return body_of(
        mail.message_id,
        text_part("text/plain", mail.text),
        None if mail.html is None else text_part("text/html", mail.html),
        images=[image_part(image) for image in images],
        invite=invite_part(mail.invite) if mail.invite else None,
        attachments=[attachment_part(attachment) for attachment in mail.attachments],
    )


def shown_images(html: str, images: Sequence[InlineImage]) -> list[InlineImage]:
    """Return those of the images that the HTML shows, or raise `MessageError` if one is missing."""
    wanted = set(map(unquote, shown_cids(html)))
    known = [image.cid for image in images]
    if len(set(known)) != len(known):
        raise MessageError("two inline images have the same name", source="cid:")
    missing = wanted - set(known)
    if missing:
        raise MessageError(
            [
                Problem(f"the HTML shows cid:{name}, which is not attached")
                for name in sorted(missing)
            ]
        )
    return [image for image in images if image.cid in wanted]


def _part(content_type: str, encoding: str, body: bytes, extra: bytes = b"") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return b"".join([head.encode(), extra, b"\r\n", body])


def _file_part(
    content_type: str, data: bytes, *, source: str, extra: bytes, parameters: str = ""
) -> bytes:
    if not _CONTENT_TYPE.match(content_type):
        raise MessageError(
            f"{told(content_type)} is no content type for a file",
            source=source,
            hint="use one such as application/pdf",
        )
    return _part(content_type + parameters, "base64", base64_body(data), extra)


def _ascii_name(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9 ._()\-,+&@!#$]", "_", plain)
