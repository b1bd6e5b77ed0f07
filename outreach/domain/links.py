"""Signed tokens, and the links and addresses that carry them.

A token says "this delivery", "this contact", "this contact and this series" in a way that nobody
else can say. It goes where mail programs, servers and people mangle text: into a Message-ID, an
envelope sender, a plus-address, a link read out over the telephone. So its alphabet is base32,
which survives lower- and upper-casing, and a token is never longer than what fits the 64 octets of
a local part beside a short prefix.

A token is a synthetic-IV construction: a MAC of 72 bits of the content, and the content masked by a
stream that the MAC starts. Both are BLAKE2s (RFC 7693) of a key and their input: the key is derived
from the secret for the kind and for what it does, fills half a block, and leaves the other half to
nearly all inputs, so that one block is all that is hashed. (BLAKE2's own keyed mode spends a block
on the key alone. A prefix of fixed length is as good: nothing can be appended to what BLAKE2 has
ended.)

The same content always gives the same token, which is what makes a Message-ID recognisable when a
delivery is sent again; what it says cannot be read, and at a million guesses a second a forged one
is found after 75 million years. Tokens never expire: an unsubscribe link must work for as long as
the mail exists.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import accumulate, pairwise
from struct import Struct
from urllib.parse import quote

from outreach.domain.address import MAX_LOCAL_PART, Address, parse_address

_MAC_OCTETS = 9
_KEY_OCTETS = 32
#: Of one BLAKE2s, the longest.
_BLOCK = hashlib.blake2s.MAX_DIGEST_SIZE
#: Enough for 281 trillion contacts or deliveries. With the MAC, 15 octets: exactly 24 letters.
_ID_OCTETS = 6
#: The longest series name, in octets; such a token fits a header line, and no local part.
MAX_SERIES = 120

_TOKEN = re.compile(r"[a-z2-7]{24}(?:[a-z2-7]{8})*\Z", re.IGNORECASE)
# A token at the end of a local part, behind any separator that a server may have put there.
_IN_LOCAL_PART = re.compile(r"(?:^|[+\-=.])([a-z2-7]{24}(?:[a-z2-7]{8})*)\Z", re.IGNORECASE)

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
        self._keys = tuple(
            hashlib.sha256(b"outreach tokens\0" + secret.encode()).digest() for secret in secrets
        )

    def __repr__(self) -> str:
        return f"Signer({len(self._keys)} secrets)"

    def sign(self, kind: bytes, content: bytes) -> str:
        """Return the token for `content`. `kind` keeps one sort of token from passing as another.

        15 octets with the MAC, and then every 5 more, fill whole letters, so that no token can be
        written in two ways; `content` must be of such a length.
        """
        if (len(content) + _MAC_OCTETS) % 5:
            raise ValueError("the content does not fill whole letters")
        tag = _mac(self._keys[0], kind, content)
        return letters_of(tag + _masked(self._keys[0], kind, tag, content)).decode("ascii")

    def for_all(
        self, kinds: Sequence[tuple[bytes, int]]
    ) -> Callable[[Sequence[bytes]], list[bytes]]:
        """Return what does the same for one content of each of these kinds and sizes, in ASCII."""
        key = self._keys[0]
        hashes = [_begun(key, kind, size) for kind, size in kinds]
        macs, masks = [mac.copy for mac, _ in hashes], [mask.copy for _, mask in hashes]
        clear = b"".join([bytes(_MAC_OCTETS) + b"%b"] * len(kinds))
        ends = list(accumulate((_MAC_OCTETS + size for _, size in kinds), initial=0))
        octets = ends[-1]
        apart = [slice(start * 8 // 5, end * 8 // 5) for start, end in pairwise(ends)]
        number_of = int.from_bytes

        def sign(contents: Sequence[bytes]) -> list[bytes]:
            # What `sign` does, from where key and kind have been taken in already, with all
            # contents masked at once.
            pieces: list[bytes] = []
            add = pieces.append
            for mac, mask, content in zip(macs, masks, contents, strict=True):
                own = mac()
                own.update(content)
                tag = own.digest()
                add(tag)
                stream = mask()
                stream.update(tag)
                add(stream.digest())
            masked = number_of(b"".join(pieces), "big") ^ number_of(clear % (*contents,), "big")
            letters = letters_of(masked.to_bytes(octets, "big"))
            return [letters[place] for place in apart]

        return sign

    def read(self, kind: bytes, token: str) -> bytes | None:
        """Return the content of a token that one of our secrets signed, else None."""
        if not token.isascii() or not _TOKEN.match(token):
            return None
        raw = base64.b32decode(token.upper())
        mac, masked = raw[:_MAC_OCTETS], raw[_MAC_OCTETS:]
        for key in self._keys:
            content = _masked(key, kind, mac, masked)
            if hmac.compare_digest(mac, _mac(key, kind, content)):
                return content
        return None


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
        name = _series_octets(series) if Token.UNSUBSCRIBE in wanted else b""
        signed = (
            (_DELIVERY, _ID_OCTETS),
            (_UNSUBSCRIBE, _ID_OCTETS + len(name)),
            (_PREFERENCES, _ID_OCTETS),
            (_VIEW, _ID_OCTETS),
        )
        sign = self.signer.for_all([signed[kind] for kind in wanted])
        wants_all = len(wanted) == len(signed)

        def make(contact_id: int, delivery_id: int) -> list[bytes]:
            contact = contact_id.to_bytes(_ID_OCTETS, "big")
            delivery = delivery_id.to_bytes(_ID_OCTETS, "big")
            contents = (delivery, contact + name, contact, delivery)
            if wants_all:
                return sign(contents)
            tokens = [b""] * len(contents)
            made = sign([contents[kind] for kind in wanted])
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
        if content is None:
            return None
        series = content[_ID_OCTETS:].rstrip(b"\0").decode()
        return Unsubscription(int.from_bytes(content[:_ID_OCTETS], "big"), series)

    def read_preferences(self, token: str) -> int | None:
        """Return the contact whose choices a link shows, or None if it is forged."""
        return self._read_number(_PREFERENCES, token)

    def read_view(self, token: str) -> int | None:
        """Return the delivery that a link shows, or None if it is forged."""
        return self._read_number(_VIEW, token)

    def _number(self, kind: bytes, number: int) -> str:
        return self.signer.sign(kind, number.to_bytes(_ID_OCTETS, "big"))

    def _read_number(self, kind: bytes, token: str) -> int | None:
        content = self.signer.read(kind, token)
        return int.from_bytes(content, "big") if content and len(content) == _ID_OCTETS else None

    def _unsubscribe_token(self, contact_id: int, series: str) -> str:
        contact = contact_id.to_bytes(_ID_OCTETS, "big")
        return self.signer.sign(_UNSUBSCRIBE, contact + _series_octets(series))

    def _page(self, page: str, token: str) -> str | None:
        return f"{self.base_url.rstrip('/')}/{page}/{token}" if self.base_url else None


def _series_octets(series: str) -> bytes:
    """Return the name of a series, filled up to whole letters."""
    name = series.encode()
    if not name or len(name) > MAX_SERIES or b"\0" in name:
        raise ValueError(f"{series!r} cannot be the name of a series")
    return name + bytes(-len(name) % 5)


def _tagged(address: str | None, token: str) -> str | None:
    """Return the plus-address, or None where there is no address or the token does not fit it."""
    if address is None:
        return None
    base: Address = parse_address(address)
    local = f"{base.local}+{token}"
    return str(Address(local, base.domain)) if len(local.encode()) <= MAX_LOCAL_PART else None


def _number_of(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


_LETTERS = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")


@lru_cache(maxsize=64)
def _lanes(
    units: int,
) -> tuple[Callable[[bytes], tuple[bytes, ...]], Callable[..., bytes], tuple[int, ...]]:
    """Return what takes units of five octets apart, what puts each into a lane, and masks.

    Of lanes of 64 bits the lowest 40 are used, of 32 then 20, of 16 then 10; each mask is for
    halving them, and has the lower half in every lane.
    """
    lower = []
    for lane, half in ((64, 20), (32, 10), (16, 5)):
        lower.append(sum(((1 << half) - 1) << (lane * at) for at in range(64 * units // lane)))
    return Struct("5s" * units).unpack, Struct("3x5s" * units).pack, tuple(lower)


def letters_of(octets: bytes) -> bytes:
    """Return a multiple of five octets in lower-case base32 (RFC 4648 6), faster than `base64`.

    All groups of five bits are moved to octets of their own at once, as lanes of one long number.
    """
    units = len(octets) // 5
    apart, together, (twenty, ten, five) = _lanes(units)
    bits = int.from_bytes(together(*apart(octets)), "big")
    low = bits & twenty
    bits = (bits ^ low) << 12 | low
    low = bits & ten
    bits = (bits ^ low) << 6 | low
    low = bits & five
    return ((bits ^ low) << 3 | low).to_bytes(8 * units, "big").translate(_LETTERS)


@lru_cache(maxsize=64)
def _begun(key: bytes, kind: bytes, size: int) -> "tuple[hashlib.blake2s, hashlib.blake2s | _Long]":
    """Return the MAC, and the mask of a content of so many octets, but for what goes into them.

    Both are to be copied, and stay as they are.
    """
    own = [
        hashlib.blake2b(key=key, person=kind, salt=purpose, digest_size=_KEY_OCTETS).digest()
        for purpose in (b"mac", b"mask")
    ]
    mac = hashlib.blake2s(own[0], digest_size=_MAC_OCTETS)
    return mac, hashlib.blake2s(own[1], digest_size=size) if size <= _BLOCK else _Long(own[1], size)


class _Long:
    """A longer hash than BLAKE2s has: that of the input, that of the input and a NUL, and so on."""

    def __init__(self, begin: bytes, size: int) -> None:
        self._begun, self._size = begin, size

    def copy(self) -> "_Long":
        return _Long(self._begun, self._size)

    def update(self, more: bytes) -> None:
        self._begun += more

    def digest(self) -> bytes:
        blocks = [
            hashlib.blake2s(self._begun + bytes(number)).digest()
            for number in range(-(-self._size // _BLOCK))
        ]
        return b"".join(blocks)[: self._size]


def _mac(key: bytes, kind: bytes, content: bytes) -> bytes:
    mac = _begun(key, kind, len(content))[0].copy()
    mac.update(content)
    return mac.digest()


def _masked(key: bytes, kind: bytes, tag: bytes, content: bytes) -> bytes:
    """Return `content` masked, or what is masked as it was: the same step does both."""
    mask = _begun(key, kind, len(content))[1].copy()
    mask.update(tag)
    masked = _number_of(content) ^ _number_of(mask.digest())
    return masked.to_bytes(len(content), "big")
