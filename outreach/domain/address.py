"""Mail addresses: which texts are one, when two are the same mailbox, and how one is forgotten.

What counts as an address is `email-validator`'s strict reading of RFC 5321, 5322, 6531 and 5890,
narrowed in two ways: an encoded-word (RFC 2047) is no part of an address, because mail programs
decode it and what it hides may be a line break; and RFC 5321's 64 octets for the local part are
octets, not characters. Nearly every address in the world is plain ASCII, so `normalise` has a fast
path for those that gives the same answer.
"""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

from outreach.errors import Problem, UsageError

#: RFC 5321 4.5.3.1.1, in octets.
MAX_LOCAL_PART = 64
#: RFC 5321 4.5.3.1.2, in octets.
MAX_DOMAIN = 255
#: RFC 5321 4.5.3.1.3 less the two angle brackets, in octets.
MAX_ADDRESS = 254

# Top-level names that no mail can reach (RFC 6761, 6762, 7686), as `email-validator` has them.
_SPECIAL_USE = "arpa|invalid|local|localhost|onion|test"

# Lower-case ASCII only. Every address this matches is valid; what it does not match may still be
# (a question mark, a double hyphen, a long domain, a letter outside ASCII) and takes the slow path.
_ATEXT = r"[a-z0-9_!#$%&'*+\-/=^`{|}~]++"
_LABEL = r"[a-z0-9]++(?:-[a-z0-9]++)*+"
_PLAIN = re.compile(
    rf"(?=[^@]{{1,{MAX_LOCAL_PART}}}@[^@]{{4,63}}\Z)"
    rf"{_ATEXT}(?:\.{_ATEXT})*+@(?:{_LABEL}\.)+(?!(?:{_SPECIAL_USE})\Z){_LABEL}(?<=[a-z])\Z"
).match

_ENCODED_WORD = re.compile(r"=\?[^?]*\?[^?]*\?.*\?=", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Providers that deliver a.b@ and ab@ to the same mailbox.
_DOTLESS_DOMAINS = frozenset({"gmail.com", "googlemail.com"})


class AddressError(UsageError):
    """A text is not a mail address; the problem says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A valid address: the local part as it was written, in NFC, and the domain as A-labels.

    `str(address)` is what stands in headers and in SMTP commands.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only servers with SMTPUTF8 (RFC 6531) can take this address."""
        return not self.local.isascii()

    @property
    def normalised(self) -> str:
        """The identity of the mailbox; see `normalise`."""
        # Canonical caseless matching, Unicode 3.13 D145: folding is stable on decomposed text only.
        folded = unicodedata.normalize("NFD", self.local).casefold()
        return f"{unicodedata.normalize('NFC', folded)}@{self.domain}"


def parse_address(text: str) -> Address:
    """Return the address that `text` is, or raise `AddressError` with the reason.

    Nothing is trimmed and no display name is taken: the text is the address and nothing else.
    """
    if text.isascii() and _PLAIN(text.lower()):
        local, _, domain = text.rpartition("@")
        return Address(local, domain.lower())
    return _parse_any(text)


def written_address(text: str) -> str:
    """Return an address as it stands in headers: `str(parse_address(text))`, quickly."""
    if text.isascii():
        lowered = text.lower()
        if _PLAIN(lowered):
            if text == lowered:
                return text
            local, _, domain = text.rpartition("@")
            return f"{local}@{domain.lower()}"
    return str(_parse_any(text))


def normalise(text: str) -> str:
    """Return what decides whether two addresses are the same mailbox for us.

    The domain is in lower-case A-labels. The local part is case-folded: RFC 5321 2.4 allows a
    server to tell ``Ann@`` from ``ann@``, but none in use does, and mailing one person twice is the
    worse mistake. Raises `AddressError` where `text` is not an address.
    """
    if text.isascii():
        lowered = text.lower()
        if _PLAIN(lowered):
            return lowered
    return _parse_any(text).normalised


def likeness(text: str) -> str:
    """Return `normalise` of an address with plus tags and ignored dots folded away as well.

    Two addresses with one likeness are *probably* one person: good for proposing that two contacts
    be merged, never for deciding it.
    """
    return likeness_of_normalised(normalise(text))


def likeness_of_normalised(normalised: str) -> str:
    """Return `likeness` of what `normalise` returned, without reading it as an address again."""
    local, _, domain = normalised.rpartition("@")
    if "+" not in local and domain not in _DOTLESS_DOMAINS:
        return normalised
    untagged = local.partition("+")[0] or local
    if domain in _DOTLESS_DOMAINS:
        return f"{untagged.replace('.', '')}@gmail.com"
    return f"{untagged}@{domain}"


def keyed_hash(normalised: str, secret: str) -> str:
    """Return 64 hex digits that stand for a normalised address in the suppression list.

    Keyed (HMAC-SHA-256), so that the list tells nobody without the secret who is on it, and yet an
    address that was erased at its owner's wish is recognised when somebody imports it again.
    """
    message = b"outreach suppression\0" + normalised.encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _parse_any(text: str) -> Address:
    """Validate by the full rules; also where the fast path cannot tell."""
    # Imported here: most runs never meet an address that needs it, and it is slow to load.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    if len(text) > 4 * MAX_ADDRESS:
        # Cut short here, so that no rule below is ever run over a megabyte of hostile text.
        raise _refusal(text, f"it is {len(text)} characters long; {MAX_ADDRESS} are allowed")
    if not text:
        raise AddressError("there is no address", hint="write it as name@example.com")
    if text != text.strip():
        raise _refusal(text, "there is white space around it")
    if control := _CONTROL.search(text):
        raise _refusal(text, f"it contains a control character (U+{ord(control[0]):04X})")
    if _ENCODED_WORD.search(text):
        raise _refusal(text, "it contains an encoded-word, which mail programs would decode")
    try:
        valid = validate_email(text, strict=True, check_deliverability=False)
    except EmailNotValidError as error:
        raise _refusal(text, str(error)) from None
    address = Address(valid.local_part, valid.ascii_domain)
    octets = len(address.local.encode())
    if octets > MAX_LOCAL_PART:
        raise _refusal(
            text, f"the part before the @ is {octets} octets long; {MAX_LOCAL_PART} are allowed"
        )
    return address


def _refusal(text: str, reason: str) -> AddressError:
    shown = text if len(text) <= 80 else text[:77] + "…"
    sentence = reason[0].lower() + reason[1:].rstrip(".")
    return AddressError(
        Problem(f"{shown!r} is not a mail address: {sentence}", hint="write it as name@example.com")
    )
