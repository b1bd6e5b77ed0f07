"""One header of a message: the only place that writes them.

The standard library folds headers in ways that break them (a long List-Unsubscribe becomes an
encoded-word, and receivers ignore it), so the serialiser here is our own. It folds only between
words, writes encoded-words only where RFC 2047 allows them, and refuses every value that could
start a line of its own, also after decoding.

Each function returns one header with its CRLF, or raises `MessageError`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from outreach.domain.address import AddressError, written_address
from outreach.errors import MessageError
from outreach.rendering.encoding import decoded, encoded_words

#: Gmail refuses messages with "excessively large" headers; nobody has a reason to reach this.
MAX_HEADERS = 16 * 1024
#: RFC 5322 2.1.1, without CRLF.
MAX_LINE = 998
#: RFC 2047 2: a line with an encoded-word has at most 76 characters. Used for all.
_FOLD = 76


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


def text_header(name: str, text: str) -> bytes:
    """Return a header of free text, such as Subject, with encoded-words where they are needed."""
    text = clean(text, name)
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
    shown = clean(shown, name) if shown else ""
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
        if not is_message_id(message_id):
            raise MessageError(f"{told(message_id)} is no message identifier", source=name)
    return _folded(name, list(ids))


def unsubscribe_headers(url: str | None, mailto: str | None, *, required: bool = True) -> bytes:
    """Return List-Unsubscribe and, with an https link, List-Unsubscribe-Post (RFC 2369, 8058)."""
    uris = []
    for uri, scheme in ((url, "https:"), (mailto, "mailto:")):
        if uri is None:
            continue
        if not uri.startswith(scheme) or not _URI.match(uri) or len(uri) > MAX_LINE - 30:
            raise MessageError(
                f"{told(uri)} cannot stand in this header",
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
            f"{told(identity)} is no list identity",
            source="List-Id",
            hint="use letters, digits and hyphens, with dots between",
        )
    name = clean(list_id.name, "List-Id") if list_id.name else ""
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
                f"{told(name)} cannot be given as a header",
                hint="extra headers are CFBL-Address and names that begin with X-",
            )
        if name.lower() in seen:
            raise MessageError(f"{name} is given twice", source=name)
        seen.add(name.lower())
        lines.append(text_header(name, value))
    return b"".join(lines)


# The serialiser.


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A run of text that is to be written in encoded-words."""

    text: str


#: A mark of byte order: parsers drop it where a text, or an encoded-word of a header, begins
#: with it, so that what is read would depend on where a header is folded.
MARK = "\ufeff"
# Beside line breaks: other controls, Unicode's own line ends, and halves of characters.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_SINGLE_SPACE = re.compile(r"(?<=[^ ]) (?=[^ ])")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>\Z")
# Without what RFC 3986 forbids, and without ``=?``, which might be taken for an encoded-word.
_URI = re.compile(r"(?!.*=\?)[!#-;=?-\[\]_a-z~]+\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
_LIST_ID = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\Z")
_FEEDBACK_FIELD = re.compile(r"[A-Za-z0-9._\-]{1,100}\Z")
_EXTRA_NAME = re.compile(r"(?:X-[A-Za-z0-9\-]{1,40}|CFBL-Address)\Z", re.IGNORECASE)


def clean(text: str, source: str) -> str:
    """Return `text` without blanks around it, or refuse what could end a header."""
    if len(text) > MAX_HEADERS:
        raise MessageError(f"{len(text)} characters are too long for a header", source=source)
    seen = decoded(text) if "=?" in text else text
    if bad := _FORBIDDEN.search(text) or _FORBIDDEN.search(seen):
        hidden = "" if bad.re.search(text) else " hidden in an encoded-word"
        kind = "a line break" if bad[0] in "\r\n\x85\u2028\u2029" else "a control character"
        raise MessageError(
            f"{told(text)} contains {kind} (U+{ord(bad[0]):04X}){hidden}",
            source=source,
            hint="take it out of the template or of the contact's data",
        )
    return text.replace("\t", " ").replace(MARK, "").strip(" ")


def is_message_id(text: str) -> bool:
    """Whether a text can stand in Message-ID, In-Reply-To and References."""
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


def told(text: str) -> str:
    """Return a value as an error tells it: in short, and in one line."""
    return repr(text if len(text) <= 60 else f"{text[:57]}…")
