"""From what a mail says to the bytes of a message. The only place that writes headers.

The standard library folds headers in ways that break them (a long List-Unsubscribe becomes an
encoded-word, and receivers ignore it), so the serialiser here is our own. It folds only between
words, writes encoded-words only where RFC 2047 allows them, refuses every value that could start a
line of its own - also after decoding - and cannot write a header twice.

Small functions return the bytes of one header or one part, with their CRLF; `build_message` only
puts them in order. Bytes depend on the values alone: the same `Mail` gives the same message.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from outreach.domain.address import AddressError, written_address
from outreach.domain.links import letters_of
from outreach.errors import MessageError, Problem
from outreach.rendering.assets import Attachment, InlineImage, shown_cids
from outreach.rendering.encoding import base64_body, decoded, encoded_words, text_body

#: Gmail refuses messages with "excessively large" headers; nobody has a reason to reach this.
MAX_HEADERS = 16 * 1024
#: RFC 5322 2.1.1, without CRLF.
MAX_LINE = 998
#: RFC 2047 2: a line with an encoded-word has at most 76 characters. Used for all.
_FOLD = 76
#: The thread's first message and its newest ones say all that matters.
_MAX_REFERENCES = 20


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
class Mailbox:
    """An address with the name shown for it."""

    address: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ListId:
    """The identity of a list (RFC 2919): stays the same however the list is renamed."""

    label: str
    domain: str
    name: str | None = None


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
    if parent and _is_message_id(parent):
        thread = [known for known in mail.references if known != parent and _is_message_id(known)]
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


# Headers. Each function returns one header with its CRLF, or raises MessageError.


def text_header(name: str, text: str) -> bytes:
    """Return a header of free text, such as Subject, with encoded-words where they are needed."""
    text = _clean(text, name)
    words = _SINGLE_SPACE.split(text) if text else []
    needy = [at for at, word in enumerate(words) if _needs_encoding(word)]
    if not needy:
        return _folded(name, words)
    # The blanks between two encoded-words vanish, so all from the first to the last is one run.
    first, last = needy[0], needy[-1] + 1
    run = _Encoded(" ".join(words[first:last]))
    return _folded(name, [*words[:first], run, *words[last:]])


def mailbox_header(name: str, mailbox: Mailbox) -> bytes:
    """Return a header with one mailbox: From, To, Reply-To."""
    return _mailbox_header(name, mailbox.address, mailbox.name)


def recipient_header(address: str, shown: str | None) -> bytes:
    """Return the To header."""
    return _mailbox_header("To", address, shown)


def _mailbox_header(name: str, address: str, shown: str | None) -> bytes:
    try:
        address = written_address(address)
    except AddressError as error:
        raise MessageError([problem.at(name) for problem in error.problems]) from None
    if shown and "=?" not in shown and _ATOMS.match(shown):
        # Most names are words that need no quotes, and with the address fit one line.
        line = f"{name}: {shown} <{address}>\r\n"
        if len(line) <= _FOLD and line.isascii():
            return line.encode()
    shown = _clean(shown, name) if shown else ""
    if not shown:
        return _folded(name, [address])
    return _folded(name, [*_phrase(shown), f"<{address}>"])


def date_header(moment: datetime) -> bytes:
    """Return the Date header for an aware instant, in its own zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return f"Date: {format_datetime(moment)}\r\n".encode()


def ids_header(name: str, ids: Sequence[str]) -> bytes:
    """Return Message-ID, In-Reply-To or References."""
    for message_id in ids:
        if not _is_message_id(message_id):
            raise MessageError(f"{_shown(message_id)} is no message identifier", source=name)
    return _folded(name, list(ids))


def unsubscribe_headers(url: str | None, mailto: str | None, *, required: bool = True) -> bytes:
    """Return List-Unsubscribe and, with an https link, List-Unsubscribe-Post (RFC 2369, 8058)."""
    uris = []
    for uri, scheme in ((url, "https:"), (mailto, "mailto:")):
        if uri is None:
            continue
        if not uri.startswith(scheme) or not _URI.match(uri) or len(uri) > MAX_LINE - 30:
            raise MessageError(
                f"{_shown(uri)} cannot stand in this header",
                source="List-Unsubscribe",
                hint=f"give a {scheme} link without blanks or letters outside ASCII",
            )
        uris.append(f"<{uri}>")
    if not uris:
        if required:
            raise MessageError(
                "a newsletter offers no way to unsubscribe",
                source="List-Unsubscribe",
                hint="set link_base or unsubscribe_address",
            )
        return b""
    header = _folded("List-Unsubscribe", [f"{uri}," for uri in uris[:-1]] + uris[-1:])
    if url is not None:
        header += b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return header


def list_id_header(list_id: ListId) -> bytes:
    """Return the List-Id header (RFC 2919)."""
    identity = f"{list_id.label}.{list_id.domain}"
    if not _LIST_ID.match(identity) or len(identity) > 255:
        raise MessageError(
            f"{_shown(identity)} is no list identity",
            source="List-Id",
            hint="use letters, digits and hyphens, with dots between",
        )
    name = _clean(list_id.name, "List-Id") if list_id.name else ""
    return _folded("List-Id", [*(_phrase(name) if name else ()), f"<{identity}>"])


def feedback_id_header(fields: Sequence[str]) -> bytes:
    """Return Gmail's Feedback-ID: up to three fields, then a sender identity of 5 to 15 letters."""
    problem = None
    if not 1 <= len(fields) <= 4:
        problem = "has one to four fields"
    elif len(set(fields)) != len(fields):
        problem = "may not have the same field twice"
    elif not all(_FEEDBACK_FIELD.match(field) for field in fields):
        problem = "has fields of ASCII letters, digits, dots, hyphens and underscores"
    elif not 5 <= len(fields[-1]) <= 15:
        problem = "ends with a sender identity of 5 to 15 characters"
    if problem:
        raise MessageError(f"a Feedback-ID {problem}: {':'.join(fields)!r}", source="Feedback-ID")
    return _folded("Feedback-ID", [":".join(fields)])


def extra_headers(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return headers of the sender's own choice; only such as no other part of the mail writes."""
    seen = set()
    lines = []
    for name, value in pairs:
        if not _EXTRA_NAME.match(name):
            raise MessageError(
                f"{_shown(name)} cannot be given as a header",
                hint="extra headers are CFBL-Address and names that begin with X-",
            )
        if name.lower() in seen:
            raise MessageError(f"{name} is given twice", source=name)
        seen.add(name.lower())
        lines.append(text_header(name, value))
    return b"".join(lines)


# Parts. Each function returns headers, an empty line and a body that ends in CRLF.


def text_part(content_type: str, text: str) -> bytes:
    """Return a part of text. `content_type` may carry parameters; the charset is added."""
    try:
        encoding, body = text_body(text.lstrip(_MARK))
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
    name = _clean(attachment.filename, source).strip()  # parsers take away blanks of every kind
    # Many programs decode what looks like an encoded-word in a name, whatever RFC 2047 5 says.
    if _LINE_BREAK.search(unquote(name)) or not name or len(name.encode()) > 255 or "=?" in name:
        raise MessageError(f"{_shown(name)} is no name for a file", source=source)
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
        raise MessageError(f"{_shown(image.cid)} is no name for an inline image", source="cid:")
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
        raise MessageError(f"{_shown(method)} is no iTIP method", source="invite")
    return text_part(f"text/calendar; method={method}", invite.calendar)


def boundary_of(message_id: str, level: str) -> str:
    """Return the boundary of one level of a message: stable, and in no encoded part.

    It says which message it is, as Message-IDs of ours do. Quoted-printable has no ``=_``, base64
    no ``_``, and text with ``--=_`` is never sent as 7bit.
    """
    own = message_id.strip("<>").partition("@")[0]
    if not _BOUNDARY.match(own):
        digest = hashlib.sha256(message_id.encode()).digest()[:15]
        own = letters_of(digest).decode()
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
            f"{_shown(content_type)} is no content type for a file",
            source=source,
            hint="use one such as application/pdf",
        )
    return _part(content_type + parameters, "base64", base64_body(data), extra)


# The serialiser.


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A run of text that is to be written in encoded-words."""

    text: str


#: A mark of byte order: parsers drop it where a text, or an encoded-word of a header, begins
#: with it, so that what is read would depend on where a header is folded.
_MARK = "\ufeff"
_LINE_BREAK = re.compile("[\r\n\0]")
# Beside line breaks: other controls, Unicode's own line ends, and halves of characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_SINGLE_SPACE = re.compile(r"(?<=[^ ]) (?=[^ ])")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*\Z")
_BOUNDARY = re.compile(r"[A-Za-z0-9]{16,50}\Z")  # of 70 characters, RFC 2046 5.1.1
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>\Z")
# Without what RFC 3986 forbids, and without ``=?``, which might be taken for an encoded-word.
_URI = re.compile(r"(?!.*=\?)[!#-;=?-\[\]_a-z~]+\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
_LIST_ID = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\Z")
_FEEDBACK_FIELD = re.compile(r"[A-Za-z0-9._\-]{1,100}\Z")
_EXTRA_NAME = re.compile(r"(?:X-[A-Za-z0-9\-]{1,40}|CFBL-Address)\Z", re.IGNORECASE)
_MEDIA = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}"
# A whole message or a multipart may not be base64 (RFC 2046 5.2.1), and no part of ours is either.
_CONTENT_TYPE = re.compile(rf"(?!(?:multipart|message)/){_MEDIA}/{_MEDIA}\Z", re.IGNORECASE)
_CID = re.compile(r"[A-Za-z0-9._@\-]{1,200}\Z")


def _clean(text: str, source: str) -> str:
    """Return `text` without blanks around it, or refuse what could end a header."""
    if len(text) > MAX_HEADERS:
        raise MessageError(f"{len(text)} characters are too long for a header", source=source)
    seen = decoded(text) if "=?" in text else text
    if bad := _FORBIDDEN.search(text) or _FORBIDDEN.search(seen):
        hidden = "" if bad.re.search(text) else " hidden in an encoded-word"
        kind = "a line break" if bad[0] in "\r\n\x85\u2028\u2029" else "a control character"
        raise MessageError(
            f"{_shown(text)} contains {kind} (U+{ord(bad[0]):04X}){hidden}",
            source=source,
            hint="take it out of the template or of the contact's data",
        )
    return text.replace("\t", " ").replace(_MARK, "").strip(" ")


def _is_message_id(text: str) -> bool:
    return bool(_MESSAGE_ID.match(text)) and "=?" not in text


def _needs_encoding(word: str) -> bool:
    return not word.isascii() or "=?" in word or len(word) > MAX_LINE // 2


def _phrase(name: str) -> list["str | _Encoded"]:
    """Return a display name as words, as a quoted string, or as encoded-words, never mixed."""
    if _needs_encoding(name) or len(name) > _FOLD - 16:
        if _ATOMS.match(name) and "=?" not in name and max(map(len, name.split())) <= _FOLD:
            return list(name.split(" "))
        return [_Encoded(name)]
    if _ATOMS.match(name):
        return list(name.split(" "))
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def _folded(name: str, words: Sequence["str | _Encoded"]) -> bytes:
    """Return the header with its words, folded between them so that lines stay short.

    A word longer than a line stays whole: breaking it would change it.
    """
    lines = []
    line = f"{name}:"
    empty = len(line)
    for word in words:
        if isinstance(word, str):
            if len(line) + 1 + len(word) > _FOLD and len(line) > empty:
                lines.append(line)
                line = ""
            line += f" {word}"
            continue
        room = _FOLD - len(line) - 1
        if room < _FOLD // 2 and len(line) > empty:
            lines.append(line)
            line, room = "", _FOLD - 1
        first, *rest = encoded_words(word.text, room)
        line += f" {first}"
        for other in rest:
            lines.append(line)
            line = f" {other}"
    lines.append(line)
    longest = max(lines, key=len)
    if len(longest) > MAX_LINE:
        raise MessageError(
            f"a line of {len(longest)} characters; {MAX_LINE} are allowed", source=name
        )
    return ("\r\n".join(lines) + "\r\n").encode()


def _ascii_name(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9 ._()\-,+&@!#$]", "_", plain)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")
