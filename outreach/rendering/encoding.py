"""How bytes and letters become ASCII: quoted-printable, base64, encoded-words.

Pure functions on small pieces. Quoted-printable is decided line by line and, within a line, from
left to right with one letter of foresight, so that the encoded form of a part that never changes
can be kept and only the lines around a changing value need be encoded again.
"""

import base64
import binascii
import codecs
import re
from functools import lru_cache
from string import ascii_letters, digits

from outreach.errors import MessageError

#: RFC 2045 6.7: 76 characters with the ``=`` of a soft break, so 75 before one.
QP_LINE = 75
SOFT_BREAK = b"=\r\n"
_QP_SAFE = bytes(range(0x20, 0x7F)) + b"\n\t"
_QP_UNSAFE = re.compile(rb"[^\n\t -~]+")
# As much as fits, without cutting an escape in two and, where that can be, without leaving a dot at
# the start of the next line, which SMTP would have to double.
_QP_PIECE = re.compile(rb"(?:.{1,75}(?<!=)(?<!=[0-9A-F])(?!\.)|.{1,75}(?<!=)(?<!=[0-9A-F]))")

_BLANKS = re.compile(rb"  +")
_HEADER_BLANKS = re.compile(rb"[ \t]{2,}|\t")

#: RFC 2047 2: an encoded-word has 75 characters; ``=?utf-8?q?`` and ``?=`` are twelve of them.
_WORD = 75
_WORD_FRAME = 12
_Q_SAFE = frozenset(ascii_letters + digits + "!*+-/")  # what a phrase allows, RFC 2047 5 (3)
#: Each octet in the Q encoding (RFC 2047 4.2).
_Q_OCTETS = [
    letter if letter in _Q_SAFE else "_" if letter == " " else f"={ord(letter):02X}"
    for letter in map(chr, range(256))
]

#: Lines of up to this many characters need no encoding (RFC 5322 2.1.1, SHOULD).
_PLAIN_LINE = 78
_NOT_PLAIN = ("\t", " \n", "\n.", "\nFrom ", "--=_")


def with_plain_ends(text: str) -> str:
    """Return `text` with LF for every line end, and one at its end."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def text_body(text: str) -> tuple[str, bytes]:
    """Return the transfer encoding that fits `text`, and its bytes with CRLF, ending in one.

    ``7bit`` for plain ASCII in short lines that no server has a reason to touch, else
    ``quoted-printable``. Neither can contain ``--=_``, with which our boundaries begin.
    """
    text = with_plain_ends(text)
    if is_plain(text):
        return "7bit", text.replace("\n", "\r\n").encode("ascii")
    return "quoted-printable", quoted_printable(text)


def is_plain(text: str) -> bool:
    """Whether whole lines of text can go as they are, whatever stands around them."""
    if not text.isascii() or text.encode("ascii").translate(None, _QP_SAFE):
        return False
    if any(trouble in text for trouble in _NOT_PLAIN) or text.startswith((".", "From ")):
        return False
    return max(map(len, text.split("\n"))) <= _PLAIN_LINE


def quoted_printable(text: str) -> bytes:
    """Return `text` in UTF-8 and quoted-printable (RFC 2045 6.7), with CRLF and ending in one.

    Blanks at line ends, a dot or ``From `` at a line's start are escaped as well, because programs
    on the way are known to change them. Raises `MessageError` for what UTF-8 cannot say.
    """
    text = "\n" + with_plain_ends(text).replace("=", "=3D")
    try:
        data = text.encode("ascii", _QP_ERRORS)
    except UnicodeEncodeError:
        _utf8(text[1:])
        raise
    if data.translate(None, _QP_SAFE):
        data = _QP_UNSAFE.sub(_escaped, data)
    if b" \n" in data or b"\t\n" in data:
        data = data.replace(b" \n", b"=20\n").replace(b"\t\n", b"=09\n")
    data = data.replace(b"\n.", b"\n=2E").replace(b"\nFrom ", b"\n=46rom ")
    return b"\r\n".join([broken_softly(line) for line in data.split(b"\n")[1:]])


def quoted_inside(text: str) -> bytes:
    """Return what `quoted_printable` makes of `text` away from a line's ends, not broken yet."""
    if not text.isascii() and text.isprintable() and text[-1] != " ":
        # Where Python's own breaks no line, and sees no end of one, it does the same.
        whole = binascii.b2a_qp(text.encode())
        if len(whole) <= QP_LINE:
            return whole
    data = text.replace("=", "=3D").encode("ascii", _QP_ERRORS)
    return _QP_UNSAFE.sub(_escaped, data) if data.translate(None, _QP_SAFE) else data


def broken_softly(line: bytes) -> bytes:
    """Return a line of quoted-printable, without its end, with soft breaks where it is long."""
    return line if len(line) <= QP_LINE else b"=\r\n".join(_QP_PIECE.findall(line))


def soft_beginning(line: bytes) -> tuple[bytes, bytes]:
    """Return the beginning of a long line with those soft breaks that nothing behind it can change.

    The second is what is left of it, which begins a line.
    """
    pieces = []
    at = 0
    while at + QP_LINE + 1 <= len(line) and (found := _QP_PIECE.match(line, at)):
        pieces += [found[0], b"=\r\n"]
        at = found.end()
    return b"".join(pieces), line[at:]


def soft_breaks(line: bytes, until: int) -> list[int]:
    """Return where a line of quoted-printable is broken: up to the first such place from `until`.

    Empty for a line that stays whole.
    """
    breaks: list[int] = []
    at = 0
    if len(line) > QP_LINE:
        while at < until and (found := _QP_PIECE.match(line, at)):
            at = found.end()
            breaks.append(at)
    if at == len(line):
        del breaks[-1:]
    return breaks


@lru_cache(maxsize=1024)  # a line has few columns at which something can begin
def broken_behind(line: bytes, start: int) -> bytes:
    """Return what stands from `start` on in a line, and begins a line there, with its end."""
    return b"=\r\n".join(_QP_PIECE.findall(line, start)) + b"\r\n"


def squeezed(lines: bytes) -> bytes:
    """Return whole lines with one space for all blanks in a row, and none at a line's end."""
    # Plain steps, for which there are fast searches, instead of one expression for all of it.
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    if b"  " in lines:
        lines = _BLANKS.sub(b" ", lines)
    return lines.replace(b" \r\n", b"\r\n") if b" \r\n" in lines else lines


squeezed_behind = lru_cache(maxsize=1024)(squeezed)
"""`squeezed`, for what `broken_behind` gives again and again."""


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """Return one header in the relaxed canonical form (RFC 6376 3.4.2), with its CRLF."""
    unfolded = value.replace(b"\r\n", b"")
    return name.lower() + b":" + _HEADER_BLANKS.sub(b" ", unfolded).strip(b" \t") + b"\r\n"


def base64_body(data: bytes) -> bytes:
    """Return `data` in base64, in lines of 76 characters with CRLF, ending in one."""
    encoded = base64.b64encode(data)
    lines = [encoded[start : start + 76] for start in range(0, len(encoded), 76)]
    return b"".join(line + b"\r\n" for line in lines)


def encoded_words(text: str, first: int = _WORD) -> list[str]:
    """Return `text` as encoded-words (RFC 2047) of at most 75 characters, the first of `first`.

    Each holds whole characters and can be decoded alone. The shorter of the two encodings is taken.
    """
    octets = _utf8(text)
    q = _q(octets)
    # A little longer is a fair price for a header that a person can read.
    in_q = len(q) <= 4 * ((len(octets) + 2) // 3) + 8
    frame, encode = ("=?utf-8?q?%s?=", _q) if in_q else ("=?utf-8?b?%s?=", _b)
    whole = frame % (q if in_q else _b(octets))
    if len(whole) <= first:
        return [whole]
    words = []
    start, used, room = 0, 0, first - _WORD_FRAME
    for at, character in enumerate(text):
        own = character.encode()
        if in_q:
            cost = len(_q(own))
            total = used + cost
        else:
            cost = len(own)
            total = 4 * ((used + cost + 2) // 3)
        if total > room and at > start:
            words.append(text[start:at])
            start, used, room = at, 0, _WORD - _WORD_FRAME
        used += cost
    words.append(text[start:])
    return [frame % encode(word.encode()) for word in words]


def _q(octets: bytes) -> str:
    return "".join(map(_Q_OCTETS.__getitem__, octets))


def _b(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def decoded(text: str) -> str:
    """Return `text` with its encoded-words decoded, again and again until none is left.

    For looking at what a careless program may make of it; never fails.
    """
    for _ in range(5):
        result = _ENCODED_WORD.sub(_decoded_word, text)
        if result == text:
            break
        text = result
    return text


_ENCODED_WORD = re.compile(r"=\?([^?]*)\?([bq])\?(.*?)\?=", re.IGNORECASE | re.DOTALL)


def _decoded_word(found: re.Match[str]) -> str:
    charset, encoding, payload = found[1].partition("*")[0], found[2].lower(), found[3]
    raw = payload.encode("utf-8", "replace")
    if encoding == "q":
        data = binascii.a2b_qp(raw, header=True)
    else:
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        data = binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    try:
        # Python's "unicode_escape" is no charset that mail knows, and warns about what it reads.
        text = data.decode("latin-1" if "escape" in charset.lower() else charset, "replace")
    except (LookupError, ValueError, TypeError, AttributeError):
        text = data.decode("latin-1")
    # A program that does not know the charset sees the octets.
    return text if not re.search(rb"[\r\n\0]", data) else data.decode("latin-1")


def _escaped(found: re.Match[bytes]) -> bytes:
    return _escapes(found[0])


def _escapes(octets: bytes) -> bytes:
    # Long runs are seldom met twice, and would fill the memory.
    return _known_escapes(octets) if len(octets) <= 24 else _new_escapes(octets)


@lru_cache(maxsize=4096)  # a language has few letters outside ASCII, and uses them all the time
def _known_escapes(octets: bytes) -> bytes:
    return _new_escapes(octets)


def _new_escapes(octets: bytes) -> bytes:
    return b"=" + octets.hex("=").upper().encode()


# Python's own encoder finds the letters outside ASCII several times faster than an expression does.
_QP_ERRORS = "outreach-quoted-printable"


def _escape_run(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _escapes(error.object[error.start : error.end].encode()), error.end


codecs.register_error(_QP_ERRORS, _escape_run)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise MessageError(
            f"half of a character (U+{ord(text[error.start]):04X}) that nothing can encode",
            line=line,
            hint="the text was damaged where it came from; write that character again",
        ) from None
