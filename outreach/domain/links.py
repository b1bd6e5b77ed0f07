"""Signed tokens, and the links and addresses that carry them.

A token says "this delivery", "this contact", "this contact and this series" in a way that nobody
else can say. It goes where mail programs, servers and people mangle text: into a Message-ID, an
envelope sender, a plus-address, a link read out over the telephone. So its alphabet is base32,
which survives lower- and upper-casing, and a token is never longer than what fits the 64 octets of
a local part beside a short prefix.

A token is a synthetic-IV construction: an HMAC-SHA-256 of kind and content, cut to 72 bits, and the
content masked by a stream that the HMAC starts. The same content always gives the same token, which
is what makes a Message-ID recognisable when a delivery is sent again; what it says cannot be read,
and at a million guesses a second a forged one is found after 75 million years. Tokens never expire:
an unsubscribe link must work for as long as the mail exists.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from urllib.parse import quote

from outreach.domain.address import MAX_LOCAL_PART, Address, parse_address

_MAC_OCTETS = 9
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

    __slots__ = ("_keys", "_states")

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("signing needs at least one secret, and none may be empty")
        self._keys = tuple(
            hashlib.sha256(b"outreach tokens\0" + secret.encode()).digest() for secret in secrets
        )
        self._states: dict[bytes, tuple[Any, Any, Any]] = {}

    def __repr__(self) -> str:
        return f"Signer({len(self._keys)} secrets)"

    def sign(self, kind: bytes, content: bytes) -> str:
        """Return the token for `content`. `kind` keeps one sort of token from passing as another.

        15 octets with the MAC, and then every 5 more, fill whole letters, so that no token can be
        written in two ways; `content` must be of such a length.
        """
        if (len(content) + _MAC_OCTETS) % 5:
            raise ValueError("the content does not fill whole letters")
        states = self._states.get(kind)
        if states is None:
            states = self._states[kind] = _begun(self._keys[0], kind)
        # What `_mac` and `_masked` do, from where the key and the kind have been taken in already.
        inner, outer, stream = (state.copy() for state in states)
        inner.update(content)
        outer.update(inner.digest())
        mac = outer.digest()[:_MAC_OCTETS]
        stream.update(mac)
        size = len(content)
        mask = int.from_bytes(stream.digest(size), "big")
        masked = int.from_bytes(content, "big") ^ mask
        return letters_of(mac + masked.to_bytes(size, "big"))

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
        name = series.encode()
        if not name or len(name) > MAX_SERIES or b"\0" in name:
            raise ValueError(f"{series!r} cannot be the name of a series")
        name += bytes(-len(name) % 5)
        return self.signer.sign(_UNSUBSCRIBE, contact_id.to_bytes(_ID_OCTETS, "big") + name)

    def _page(self, page: str, token: str) -> str | None:
        return f"{self.base_url.rstrip('/')}/{page}/{token}" if self.base_url else None


def _tagged(address: str | None, token: str) -> str | None:
    """Return the plus-address, or None where there is no address or the token does not fit it."""
    if address is None:
        return None
    base: Address = parse_address(address)
    local = f"{base.local}+{token}"
    return str(Address(local, base.domain)) if len(local.encode()) <= MAX_LOCAL_PART else None


_TWO_LETTERS = [
    first + second
    for first in "abcdefghijklmnopqrstuvwxyz234567"
    for second in "abcdefghijklmnopqrstuvwxyz234567"
]


def letters_of(octets: bytes) -> str:
    """Return a multiple of five octets in lower-case base32 (RFC 4648 6), faster than `base64`."""
    number = int.from_bytes(octets, "big")
    shifts = _SHIFTS.get(len(octets)) or range(len(octets) * 8 - 10, -1, -10)
    return "".join([_TWO_LETTERS[number >> shift & 1023] for shift in shifts])


_SHIFTS = {15: tuple(range(110, -1, -10))}


def _begun(key: bytes, kind: bytes) -> tuple[Any, Any, Any]:
    """Return the two hashes of an HMAC (RFC 2104 2) and the stream, with all but the content."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + kind + b"\0")
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
    return inner, outer, hashlib.shake_256(key + kind + b"\0")


def _mac(key: bytes, kind: bytes, content: bytes) -> bytes:
    return hmac.digest(key, kind + b"\0" + content, "sha256")[:_MAC_OCTETS]


def _masked(key: bytes, kind: bytes, mac: bytes, content: bytes) -> bytes:
    stream = hashlib.shake_256(key + kind + b"\0" + mac).digest(len(content))
    both = int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")
    return both.to_bytes(len(content), "big")
