"""Signed tokens, and the links and addresses that carry them.

A token says "this delivery", "this contact", "this contact and this series" in a way that nobody
else can say. It goes where mail programs, servers and people mangle text: into a Message-ID, an
envelope sender, a plus-address, a link read out over the telephone. So its alphabet is base32,
which survives lower- and upper-casing, and a token is never longer than what fits the 64 octets of
a local part beside a short prefix, and a line of a letter's text beside the address of our pages.

A token is one block of AES-256 (FIPS 197): a number in six octets, behind ten octets that are the
same in all tokens of a kind and a series. Whoever lacks the key cannot tell what enciphers to what,
so that of a block made up, or changed in a single bit, anything may come out, and those ten octets
come out once in 2^80 times: at a million guesses a second, in 38 billion years. (A block cipher by
itself hides nothing that is repeated, and that is wanted here.) The name of a series, which an
unsubscription says too, follows the block, masked by a stream that those ten octets start.

The same content always gives the same token, which is what makes a Message-ID recognisable when a
delivery is sent again; what it says cannot be read. Tokens never expire: an unsubscribe link must
work for as long as the mail exists.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from struct import Struct
from urllib.parse import quote

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from outreach.domain.address import MAX_LOCAL_PART, Address, parse_address

_BLOCK_OCTETS = 16
#: Enough for 281 trillion contacts or deliveries.
_ID_OCTETS = 6
_CHECK_OCTETS = _BLOCK_OCTETS - _ID_OCTETS
#: The letters of a token that says only a number.
TOKEN_LENGTH = 26
#: Letters from one block to the next where several are written: of whole units of base32.
_STEP = 32
#: The longest series name, in octets; such a token fits a header line, and no local part.
MAX_SERIES = 120

_LETTERS_OF_TOKEN = rf"[a-z2-7]{{{TOKEN_LENGTH},{TOKEN_LENGTH + MAX_SERIES * 8 // 5}}}"
_TOKEN = re.compile(rf"{_LETTERS_OF_TOKEN}\Z", re.IGNORECASE)
# A token at the end of a local part, behind any separator that a server may have put there.
_IN_LOCAL_PART = re.compile(rf"(?:^|[+\-=.])({_LETTERS_OF_TOKEN})\Z", re.IGNORECASE)

_DELIVERY = b"delivery"
_VIEW = b"view"
_UNSUBSCRIBE = b"unsubscribe"
_PREFERENCES = b"preferences"


class Token(IntEnum):
    """What the tokens in one message say."""

    DELIVERY = 0
    UNSUBSCRIBE = 1
    PREFERENCES = 2
    VIEW = 3


class Signer:
    """Makes and reads tokens. The first secret signs; all of them are tried when reading.

    So a secret is changed by putting a new one in front, and what the old ones signed still holds.
    """

    __slots__ = ("_keys",)

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("signing needs at least one secret, and none may be empty")
        self._keys = tuple(_Key(secret) for secret in secrets)

    def __repr__(self) -> str:
        return f"Signer({len(self._keys)} secrets)"

    def sign(self, kind: bytes, number: int, name: bytes = b"") -> str:
        """Return the token for a number and a name.

        `kind` keeps one sort of token from passing as another.
        """
        return self.for_all([(kind, name)])([number.to_bytes(_ID_OCTETS, "big")])[0].decode("ascii")

    def for_all(
        self, kinds: Sequence[tuple[bytes, bytes]]
    ) -> Callable[[Sequence[bytes]], list[bytes]]:
        """Return what signs, for each of these kinds and names, a number given in six octets.

        The tokens are in ASCII. What is returned is for one thread.
        """
        key = self._keys[0]
        checks = [key.check(kind, name) for kind, name in kinds]
        names = [
            base32(key.masked(check, name)).encode("ascii")
            for check, (_, name) in zip(checks, kinds, strict=True)
        ]
        blocks = b"".join(check.replace(b"%", b"%%") + b"%b" for check in checks)
        encipher = key.cipher.encryptor().update  # each block by itself
        letters_of = block_writer(len(kinds))
        places = [(_STEP * at, _STEP * at + TOKEN_LENGTH, name) for at, name in enumerate(names)]

        def sign(numbers: Sequence[bytes]) -> list[bytes]:
            letters = letters_of(encipher(blocks % (*numbers,)))
            return [letters[start:end] + name for start, end, name in places]

        return sign

    def read(self, kind: bytes, token: str) -> tuple[int, bytes] | None:
        """Return the number and the name in a token that one of our secrets signed, else None."""
        if not token.isascii() or not _TOKEN.match(token):
            return None
        enciphered, masked = _octets(token[:TOKEN_LENGTH]), _octets(token[TOKEN_LENGTH:])
        if enciphered is None or masked is None:
            return None
        for key in self._keys:
            block = key.cipher.decryptor().update(enciphered)
            check, number = block[:_CHECK_OCTETS], block[_CHECK_OCTETS:]
            name = key.masked(check, masked)
            if hmac.compare_digest(check, key.check(kind, name)):
                return int.from_bytes(number, "big"), name
        return None


class _Key:
    """What follows from one secret."""

    __slots__ = ("_own", "cipher")

    def __init__(self, secret: str) -> None:
        self._own = hashlib.sha256(b"outreach tokens\0" + secret.encode()).digest()
        # ECB is right for blocks that are each a message of its own: see above.
        self.cipher = Cipher(AES256(self._derived(b"block", 32)), ECB())  # noqa: S305

    def check(self, kind: bytes, name: bytes) -> bytes:
        """Return the octets that all blocks of a kind and a name begin with."""
        return self._derived(kind, _CHECK_OCTETS, name)

    def masked(self, check: bytes, name: bytes) -> bytes:
        """Return `name` masked, or what is masked as it was: the same step does both."""
        stream = hashlib.shake_256(self._derived(b"mask", 32, check)).digest(len(name))
        return bytes(one ^ other for one, other in zip(name, stream, strict=True))

    def _derived(self, purpose: bytes, size: int, content: bytes = b"") -> bytes:
        return hashlib.blake2b(content, key=self._own, person=purpose, digest_size=size).digest()


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What an unsubscribe token says: this contact wants no more of this series."""

    contact_id: int
    series: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes the links and addresses of one sender, and reads them when they come back.

    `domain` is a domain of ours, for Message-IDs. `base_url` is where our pages are served, without
    a slash at the end; without it there are no pages, and unsubscribing works by mail alone, to
    `unsubscribe_address`. To `bounce_address` and `reply_address` a token is added behind a plus
    sign; give them only where the mailbox accepts such addresses.
    """

    signer: Signer = field(repr=False)
    domain: str
    base_url: str | None = None
    unsubscribe_address: str | None = None
    bounce_address: str | None = None
    reply_address: str | None = None

    def token(self, kind: Token, contact_id: int, delivery_id: int, series: str) -> str:
        """Return the token that a message of `series` to a contact carries in its links."""
        if kind is Token.UNSUBSCRIBE:
            return self._unsubscribe_token(contact_id, series)
        if kind is Token.PREFERENCES:
            return self._number(_PREFERENCES, contact_id)
        return self._number(_VIEW if kind is Token.VIEW else _DELIVERY, delivery_id)

    def maker(self, kinds: Collection[Token], series: str) -> Callable[[int, int], list[bytes]]:
        """Return what gives the tokens for a contact and a delivery, by kind, in ASCII.

        Of the kinds that are not wanted there is nothing.
        """
        wanted = sorted(set(kinds))
        name = _series_name(series) if Token.UNSUBSCRIBE in wanted else b""
        signed = (
            (_DELIVERY, b""),
            (_UNSUBSCRIBE, name),
            (_PREFERENCES, b""),
            (_VIEW, b""),
        )
        sign = self.signer.for_all([signed[kind] for kind in wanted])
        wants_all = len(wanted) == len(signed)

        def make(contact_id: int, delivery_id: int) -> list[bytes]:
            contact = contact_id.to_bytes(_ID_OCTETS, "big")
            delivery = delivery_id.to_bytes(_ID_OCTETS, "big")
            numbers = (delivery, contact, contact, delivery)
            if wants_all:
                return sign(numbers)
            tokens = [b""] * len(numbers)
            made = sign([numbers[kind] for kind in wanted])
            for kind, token in zip(wanted, made, strict=True):
                tokens[kind] = token
            return tokens

        return make

    def message_id(self, delivery_id: int) -> str:
        """Return the Message-ID of a delivery, with its angle brackets; always the same one."""
        return f"<{self._number(_DELIVERY, delivery_id)}@{self.domain}>"

    def envelope_id(self, delivery_id: int) -> str:
        """Return the delivery's token, for RFC 3461's ENVID."""
        return self._number(_DELIVERY, delivery_id)

    def envelope_sender(self, delivery_id: int) -> str | None:
        """Return the bounce address of one delivery (VERP), or None without `bounce_address`."""
        return _tagged(self.bounce_address, self._number(_DELIVERY, delivery_id))

    def reply_to(self, delivery_id: int) -> str | None:
        """Return the reply address of one delivery, or None without `reply_address`."""
        return _tagged(self.reply_address, self._number(_DELIVERY, delivery_id))

    def unsubscribe_url(self, contact_id: int, series: str) -> str | None:
        """Return the link that ends one series for one contact, or None without `base_url`."""
        return self._page("u", self._unsubscribe_token(contact_id, series))

    def unsubscribe_mailto(self, contact_id: int, series: str) -> str | None:
        """Return a mailto link that does the same, or None without `unsubscribe_address`."""
        if self.unsubscribe_address is None:
            return None
        token = self._unsubscribe_token(contact_id, series)
        # In the subject, not behind a plus sign: this mail must arrive at every kind of mailbox.
        return f"mailto:{quote(self.unsubscribe_address, safe='@+')}?subject=unsubscribe%20{token}"

    def preferences_url(self, contact_id: int) -> str | None:
        """Return the link to a contact's own choices, or None without `base_url`."""
        return self._page("p", self._number(_PREFERENCES, contact_id))

    def view_url(self, delivery_id: int) -> str | None:
        """Return the link that shows one delivery in a browser, or None without `base_url`."""
        return self._page("v", self._number(_VIEW, delivery_id))

    def read_delivery(self, text: str) -> int | None:
        """Return the delivery that a token, a Message-ID or an address of ours names, else None.

        Takes ``<token@domain>``, ``bounce+token@domain`` with any of ``+ - = .`` before the token,
        in any case, and the bare token. A Message-ID of another domain is read just the same: it is
        the signature that counts, and servers do rewrite domains.
        """
        local = text.strip().removeprefix("<").removesuffix(">").rpartition("@")[0] or text.strip()
        found = _IN_LOCAL_PART.search(local)
        return self._read_number(_DELIVERY, found[1]) if found else None

    def read_unsubscribe(self, text: str) -> Unsubscription | None:
        """Return what the token in a link, a subject or an address ends, or None if forged."""
        local = text.strip().partition("@")[0].rpartition(" ")[2]
        found = _IN_LOCAL_PART.search(local)
        content = self.signer.read(_UNSUBSCRIBE, found[1]) if found else None
        return Unsubscription(content[0], content[1].decode()) if content else None

    def read_preferences(self, token: str) -> int | None:
        """Return the contact whose choices a link shows, or None if it is forged."""
        return self._read_number(_PREFERENCES, token)

    def read_view(self, token: str) -> int | None:
        """Return the delivery that a link shows, or None if it is forged."""
        return self._read_number(_VIEW, token)

    def _number(self, kind: bytes, number: int) -> str:
        return self.signer.sign(kind, number)

    def _read_number(self, kind: bytes, token: str) -> int | None:
        content = self.signer.read(kind, token)
        return content[0] if content else None

    def _unsubscribe_token(self, contact_id: int, series: str) -> str:
        return self.signer.sign(_UNSUBSCRIBE, contact_id, _series_name(series))

    def _page(self, page: str, token: str) -> str | None:
        return f"{self.base_url.rstrip('/')}/{page}/{token}" if self.base_url else None


def _series_name(series: str) -> bytes:
    name = series.encode()
    if not name or len(name) > MAX_SERIES or b"\0" in name:
        raise ValueError(f"{series!r} cannot be the name of a series")
    return name


def _tagged(address: str | None, token: str) -> str | None:
    """Return the plus-address, or None where there is no address or the token does not fit it."""
    if address is None:
        return None
    base: Address = parse_address(address)
    local = f"{base.local}+{token}"
    return str(Address(local, base.domain)) if len(local.encode()) <= MAX_LOCAL_PART else None


def base32(octets: bytes) -> str:
    """Return octets in lower-case base32 (RFC 4648 6) without padding."""
    return base64.b32encode(octets).decode("ascii").rstrip("=").lower()


def _octets(letters: str) -> bytes | None:
    """Return what `base32` made letters of; None if they are none, or not those that it makes."""
    try:
        octets = base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))
    except ValueError:
        return None
    return octets if base32(octets) == letters.lower() else None


_LETTERS = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")


@lru_cache(maxsize=8)  # of as many as a message has
def block_writer(number: int) -> Callable[[bytes], bytes]:
    """Return what gives so many blocks in lower-case base32, faster than `base64`.

    Each takes 32 letters, of which the first 26 are its own.
    """
    # All groups of five bits are moved to octets of their own at once, as lanes of one long number.
    # Each lane of 64 bits has five octets to begin with; then, in halves of it, of 20, 10 and 5
    # bits each, the upper ones move up. Each mask has the lower half in every lane.
    apart = Struct("5s5s5s1s" * number).unpack
    together = Struct("3x5s3x5s3x5s3x1s4x" * number).pack
    twenty, ten, five = (
        sum(((1 << half) - 1) << (lane * at) for at in range(8 * _STEP * number // lane))
        for lane, half in ((64, 20), (32, 10), (16, 5))
    )
    size = _STEP * number
    number_of = int.from_bytes

    def write(blocks: bytes) -> bytes:
        bits = number_of(together(*apart(blocks)), "big")
        low = bits & twenty
        bits = (bits ^ low) << 12 | low
        low = bits & ten
        bits = (bits ^ low) << 6 | low
        low = bits & five
        return ((bits ^ low) << 3 | low).to_bytes(size, "big").translate(_LETTERS)

    return write
