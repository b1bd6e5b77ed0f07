"""DKIM signatures (RFC 6376, 8301, 8463): rsa-sha256, and ed25519-sha256 beside it.

Headers that a stranger would gain by adding are signed once more than they occur, so that a second
one breaks the signature. Both List-Unsubscribe headers are covered, without which no receiver may
offer to unsubscribe in one click (RFC 8058 4). There is no ``l=``: a signed beginning would let
anyone write the end. Nothing may touch the bytes once they are signed.
"""

import base64
import hashlib
import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from operator import itemgetter
from secrets import token_hex

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from outreach.errors import ConfigError
from outreach.rendering.encoding import relaxed_header, squeezed
from outreach.rendering.pattern import Pattern

#: RFC 8301 3.2: verifiers need not take less. Gmail and Yahoo refuse less.
MIN_RSA_BITS = 1024
#: What is recommended, and still fits a DNS answer.
RSA_BITS = 2048

#: Signed as often as they occur and once more.
OVERSIGNED = (
    "From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID", "Content-Type",
    "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "List-Help", "List-Subscribe",
    "List-Post", "List-Owner", "List-Archive", "Feedback-ID",
)  # fmt: skip
#: Signed where they occur.
SIGNED = (
    "Sender", "In-Reply-To", "References", "MIME-Version", "Content-Transfer-Encoding",
    "Auto-Submitted", "Precedence", "CFBL-Address",
)  # fmt: skip

_LINE, _BREAK, _END = 76, b"\r\n ", b"\r\n"
_HEADER = re.compile(rb"([!-9;-~]+):((?:[^\r\n]*\r\n)(?:[ \t][^\r\n]*\r\n)*)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9\-]+)*\Z")


_PADDING, _HASH = PKCS1v15(), SHA256()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and where in the DNS its public half is found."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The value of the ``a=`` tag."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature of `data`."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, _PADDING, _HASH)
        return self.private.sign(hashlib.sha256(data).digest())  # RFC 8463 3: of the hash

    @property
    def octets(self) -> int:
        """How long a signature is."""
        return self.private.key_size // 8 if isinstance(self.private, RSAPrivateKey) else 64

    @property
    def pem(self) -> str:
        """The private key as `load_key` reads it."""
        return _pem(self.private)

    @property
    def dns_name(self) -> str:
        """The name of the TXT record, without a dot at its end."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def dns_value(self) -> str:
        """The text of the TXT record."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind = "rsa"
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind = "ed25519"
            data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={kind}; p={base64.b64encode(data).decode()}"

    @property
    def dns_record(self) -> str:
        """The record as a line of a zone file, its text in strings of at most 255 octets."""
        value = self.dns_value
        # RFC 1035 3.3.14: a character-string has a length of one octet.
        strings = [f'"{value[at : at + 255]}"' for at in range(0, len(value), 255)]
        text = strings[0] if len(strings) == 1 else f"( {' '.join(strings)} )"
        return f"{self.dns_name}. IN TXT {text}"


def generate_key(algorithm: str = "rsa", *, bits: int = RSA_BITS) -> str:
    """Return a new private key as PEM text. `algorithm` is ``rsa`` or ``ed25519``."""
    private: RSAPrivateKey | Ed25519PrivateKey
    if algorithm == "rsa":
        private = generate_private_key(public_exponent=65537, key_size=bits)
    elif algorithm == "ed25519":
        private = Ed25519PrivateKey.generate()
    else:
        raise ValueError(f"no DKIM algorithm {algorithm!r}")
    return _pem(private)


def _pem(private: RSAPrivateKey | Ed25519PrivateKey) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def load_key(pem: str, *, domain: str, selector: str, source: str = "DKIM key") -> SigningKey:
    """Return the key in `pem`, or raise `ConfigError`. `source` names where it came from."""
    for what, name in (("domain", domain), ("selector", selector)):
        if not _NAME.match(name):
            raise ConfigError(f"{name!r} is no DKIM {what}", source=source)
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(
            "this is no private key in PEM form without a passphrase",
            source=source,
            hint="make one with outreach dkim new",
        ) from None
    if isinstance(private, RSAPrivateKey):
        if private.key_size < MIN_RSA_BITS:
            raise ConfigError(
                f"the RSA key has {private.key_size} bits; receivers refuse fewer than "
                f"{MIN_RSA_BITS}",
                source=source,
                hint="make one with outreach dkim new",
            )
    elif not isinstance(private, Ed25519PrivateKey):
        raise ConfigError("DKIM knows only RSA and Ed25519 keys", source=source)
    return SigningKey(domain, selector, private)


def sign_message(
    message: bytes,
    keys: Sequence[SigningKey],
    *,
    at: datetime,
    valid_for: timedelta | None = None,
) -> bytes:
    """Return `message` with one DKIM-Signature in front for each key.

    `message` has CRLF line ends. Few receivers know ed25519, so that an RSA key has to be among the
    keys. `at` goes into ``t=``, and with `valid_for` an end into ``x=``.
    """
    if not any(isinstance(key.private, RSAPrivateKey) for key in keys):
        raise ValueError("one of the keys must be RSA: most receivers verify nothing else")
    head, _, body = message.partition(b"\r\n\r\n")
    fields = _fields(head + b"\r\n")
    names = _signed_names(tuple([name for name, _ in fields]))
    signed = b"".join(relaxed_header(name, value) for name, value in _chosen(fields, names))
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    times = [f"t={int(at.timestamp())}"]
    if valid_for is not None:
        times.append(f"x={int((at + valid_for).timestamp())}")
    signatures = []
    for key in keys:
        value = _unsigned_value(key, times, names, body_hash)
        data = signed + relaxed_header(b"dkim-signature", value.encode())[:-2]
        signatures.append(_signature_header(value.encode(), key.sign(data)))
    return b"".join([*signatures, message])


def _unsigned_value(
    key: SigningKey, times: Sequence[str], names: Sequence[str], body_hash: str
) -> str:
    """Return the value of a signature's header, which is signed like this (RFC 6376 3.7)."""
    tags = [
        "v=1",
        f"a={key.algorithm}",
        "c=relaxed/relaxed",
        f"d={key.domain}",
        f"s={key.selector}",
        *times,
        f"h={':'.join(names)}",
        f"bh={body_hash}",
        "b=",
    ]
    return _folded_tags(tags)


def _signature_header(value: bytes, signature: bytes) -> bytes:
    """Return the header of a signature, whose `value` has an empty b= at its end."""
    letters = b2a_base64(signature, newline=False)
    lines = _code_lines(len(letters), value)(letters)
    return b"DKIM-Signature:%b%b\r\n" % (value, _BREAK.join(lines))


def _code_lines(size: int, value: bytes) -> Callable[[bytes], tuple[bytes, ...]]:
    """Return what cuts a signature of `size` letters into lines, the first of it behind `value`."""
    room = _LINE - len(value) + value.rfind(b"\n") + 1
    ends = [0, *range(room, size, _LINE - 1), size]
    # Of all keys that we know it fills more than a line, so that there are several.
    return itemgetter(*(slice(start, end) for start, end in pairwise(ends)))


SignApart = Callable[[SigningKey, bytes], Callable[[], bytes]]
"""Begins to sign somewhere else; what it returns waits for the signature and returns it."""


@dataclass(frozen=True, slots=True)
class _Signer:
    """A key, what it signs, its header up to the signature, and what cuts that into lines."""

    key: SigningKey
    data: Pattern
    header: Pattern
    lines: Callable[[bytes], tuple[bytes, ...]]


class Seal:
    """Signs messages whose headers differ in few places, as `sign_message` does, but faster.

    `headers` are those of one, with `markers` in the places of values, and so in their relaxed
    canonical form where values differ from one form to the other. No value adds a header. `apart`
    signs in other processes, say.
    """

    def __init__(
        self,
        headers: bytes,
        keys: Sequence[SigningKey],
        markers: Mapping[bytes, int],
        apart: SignApart | None = None,
    ) -> None:
        fields = _fields(headers)
        names = _signed_names(tuple([name for name, _ in fields]))
        signed = b"".join(relaxed_header(name, value) for name, value in _chosen(fields, names))
        stamp, body_hash = token_hex(5), token_hex(22)
        last = max(markers.values())
        own = {stamp.encode(): last + 1, body_hash.encode(): last + 2}
        self.sign: SignApart = apart or _in_place
        self.signers: list[_Signer] = []
        #: Octets of the headers that signatures make.
        self.size = 0
        for key in keys:
            # All that is put into the value is as long as what marks its place.
            value = _unsigned_value(key, [f"t={stamp}"], names, body_hash).encode()
            self.size += len(_signature_header(value, bytes(key.octets)))
            data = signed + relaxed_header(b"dkim-signature", value)[:-2]
            header = Pattern(b"DKIM-Signature:" + value, own)
            lines = _code_lines(len(b2a_base64(bytes(key.octets), newline=False)), value)
            self.signers.append(_Signer(key, Pattern(data, {**markers, **own}), header, lines))

    def sealed(
        self, values: Sequence[bytes], body_hash: bytes, stamp: bytes, pieces: Sequence[bytes]
    ) -> "Sealed":
        """Return a message that lacks nothing but its signatures.

        `values` are the message's, in relaxed canonical form; `body_hash` is the SHA-256 of its
        body in that form, and `stamp` the time of signing in seconds, of ten digits. `pieces` are
        the message.
        """
        return Sealed(self, [*values, stamp, b2a_base64(body_hash, newline=False)], pieces)


def _in_place(key: SigningKey, data: bytes) -> Callable[[], bytes]:
    return partial(key.sign, data)


class Sealed:
    """A message that is complete but for its signatures."""

    __slots__ = ("_codes", "_headers", "_pieces", "_seal", "_values")
    _codes: list[Callable[[], bytes]]

    def __init__(self, seal: Seal, values: Sequence[bytes], pieces: Sequence[bytes]) -> None:
        self._seal = seal
        self._values = values
        self._pieces = pieces
        self._headers: list[bytes] = []

    @property
    def size(self) -> int:
        """Octets of the signed message."""
        return self._seal.size + sum(map(len, self._pieces))

    def begin(self) -> None:
        """Have it signed by others, if there are any, and else do all but that.

        An RSA operation makes a processor forget what it has met a moment ago.
        """
        if not self._headers:
            seal, values = self._seal, self._values
            self._codes = [seal.sign(each.key, each.data.filled(values)) for each in seal.signers]
            self._headers = [each.header.filled(values) for each in seal.signers]

    def octets(self) -> bytes:
        """Return the signed message."""
        self.begin()
        pieces: list[bytes] = []
        for number, signer in enumerate(self._seal.signers):
            letters = b2a_base64(self._codes[number](), newline=False)
            pieces += (self._headers[number], _BREAK.join(signer.lines(letters)), _END)
        pieces += self._pieces
        return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a verifier finds of one signature. `fault` is None where it is good."""

    domain: str
    selector: str
    algorithm: str
    signed: tuple[str, ...]
    fault: str | None

    @property
    def dns_name(self) -> str:
        """Where its key is looked up."""
        return f"{self.selector}._domainkey.{self.domain}"

    def covers(self, header: str) -> bool:
        """Whether nobody can take the header away, change it or add one unnoticed."""
        return header.lower() in self.signed


def verify_message(
    message: bytes, find_record: Callable[[str], str | None]
) -> tuple[Signature, ...]:
    """Return what is found of each DKIM signature of `message`, which has CRLF line ends.

    `find_record` returns the text of the TXT record of a name, or None. Knows what `sign_message`
    makes: relaxed canonical forms, whole bodies, rsa-sha256 and ed25519-sha256.
    """
    head, _, body = message.partition(b"\r\n\r\n")
    fields = _fields(head + b"\r\n")
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    found = []
    for name, value in fields:
        if name.lower() != b"dkim-signature":
            continue
        tags = _tags(value.decode("ascii", "replace"))
        signed = tuple(word.lower() for word in tags.get("h", "").split(":"))
        signature = Signature(tags.get("d", ""), tags.get("s", ""), tags.get("a", ""), signed, None)
        others = [other for other in fields if other != (name, value)]
        data = b"".join(relaxed_header(*each) for each in _chosen(others, signed))
        # RFC 6376 3.5: all of b= is left out, the rest stays to the last blank.
        bare = re.sub(rb"(?s)(\bb=)[^;]*", rb"\1", value)
        data += relaxed_header(name, bare)[:-2]
        fault = _fault(signature, tags, body_hash, data, find_record)
        found.append(replace(signature, fault=fault))
    return tuple(found)


def _fault(
    signature: Signature,
    tags: Mapping[str, str],
    body_hash: str,
    data: bytes,
    find_record: Callable[[str], str | None],
) -> str | None:
    if tags.get("c") != "relaxed/relaxed" or "l" in tags or "from" not in signature.signed:
        return "it is not of From and the whole body in the canonical form relaxed/relaxed"
    if tags.get("bh") != body_hash:
        return "the body was changed after it was signed"
    record = find_record(signature.dns_name)
    if record is None:
        return f"there is no TXT record {signature.dns_name}"
    try:
        known = _verify(signature.algorithm, _tags(record), data, base64.b64decode(tags["b"]))
    except InvalidSignature:
        return "the record holds another key, or a signed header was changed"
    except (ValueError, KeyError, UnsupportedAlgorithm):
        return f"the signature or the record {signature.dns_name} cannot be read"
    return None if known else f"the record holds no key for {signature.algorithm}"


def _verify(algorithm: str, record: Mapping[str, str], data: bytes, code: bytes) -> bool:
    """Raise `InvalidSignature`, or return whether the record's key is one for `algorithm`."""
    raw = base64.b64decode(record["p"], validate=True)
    kind = record.get("k", "rsa")
    if (algorithm, kind) == ("ed25519-sha256", "ed25519"):
        Ed25519PublicKey.from_public_bytes(raw).verify(code, hashlib.sha256(data).digest())
        return True
    public = load_der_public_key(raw) if (algorithm, kind) == ("rsa-sha256", "rsa") else None
    if not isinstance(public, RSAPublicKey):
        return False
    public.verify(code, data, _PADDING, _HASH)
    return True


def _tags(text: str) -> dict[str, str]:
    """Return the tags of a signature or a record (RFC 6376 3.2), without any blanks in values."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in parts if name.strip()}


def relaxed_body(body: bytes) -> bytes:
    """Return a body, which ends in CRLF, in the relaxed canonical form (RFC 6376 3.4.4)."""
    body = squeezed(body)
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    return [(found[1], found[2]) for found in _HEADER.finditer(head)]


@lru_cache(maxsize=64)  # the messages of a mailing have the same headers
def _signed_names(of_fields: tuple[bytes, ...]) -> tuple[str, ...]:
    present = [name.decode().lower() for name in of_fields]
    names: list[str] = []
    for name in OVERSIGNED:
        names += [name] * (present.count(name.lower()) + 1)
    for name in SIGNED:
        names += [name] * present.count(name.lower())
    return tuple(names)


def _chosen(
    fields: Sequence[tuple[bytes, bytes]], names: Sequence[str]
) -> list[tuple[bytes, bytes]]:
    """Return the fields that `names` stand for: of several, the last first (RFC 6376 5.4.2)."""
    remaining: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        remaining.setdefault(name.lower(), []).append(value)
    chosen = []
    for wanted in names:
        values = remaining.get(wanted.lower().encode())
        if values:
            chosen.append((wanted.encode(), values.pop()))
    return chosen


@lru_cache(maxsize=64)
def _words_of(tag: str) -> list[str]:
    return re.findall(r"[^:]+:?", tag)


def _folded_tags(tags: Sequence[str]) -> str:
    """Return the tags, folded after semicolons and, in ``h=``, before colons."""
    lines = []
    line = ""
    width = len("DKIM-Signature:")
    for tag in tags:
        end = "" if tag == "b=" else ";"
        words = _words_of(tag) if tag.startswith("h=") else [tag]
        for at, word in enumerate(words):
            last = word + (end if at == len(words) - 1 else "")
            glue = "" if at else " "
            if width + len(line) + len(glue) + len(last) > _LINE:
                lines.append(line)
                line, width, glue = "", 0, " "
            line += glue + last
    lines.append(line)
    return "\r\n".join(lines)
