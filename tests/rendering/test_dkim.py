"""DKIM signatures, with dkimpy as the judge."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import ConfigError
from outreach.rendering.assets import Attachment
from outreach.rendering.dkim import (
    generate_key,
    load_key,
    relaxed_body,
    relaxed_header,
    sign_message,
)
from outreach.rendering.message import build_message
from tests.rendering.test_message import MAIL, texts

AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)  # dkimpy has a clock of its own
RSA = load_key(generate_key(), domain="example.com", selector="news")
EDWARDS = load_key(generate_key("ed25519"), domain="example.com", selector="ed")


def verified(message, *keys, index=0):
    """Whether dkimpy finds signature number `index` good."""
    records = {f"{key.dns_name}.".encode(): key.dns_value.encode() for key in keys}

    def lookup(name, timeout=5):
        return records.get(name)

    try:
        return dkim.DKIM(message, minkey=1024).verify(idx=index, dnsfunc=lookup)
    except dkim.ValidationError:
        return False


class EdwardsKey:
    """What dkimpy asks of PyNaCl, which is not installed, on `cryptography`."""

    def __init__(self, encoded, encoder):
        self.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded))

    def verify(self, digest, signature):
        try:
            self.key.verify(signature, digest)
        except InvalidSignature:
            raise ValueError from None


@pytest.fixture
def _edwards(monkeypatch):
    fake = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=EdwardsKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(BadSignatureError=ValueError),
    )
    monkeypatch.setattr(dkim, "nacl", fake, raising=False)


@pytest.mark.usefixtures("_edwards")
def test_dkimpy_verifies_both_signatures():
    message = build_message(MAIL)
    signed = sign_message(message, [RSA, EDWARDS], at=AT)
    assert signed.endswith(message)
    assert signed.count(b"DKIM-Signature:") == 2
    assert verified(signed, RSA, EDWARDS, index=0)
    assert verified(signed, RSA, EDWARDS, index=1)
    for index in (0, 1):
        for changed in (signed.replace(b"Hello", b"Hullo"), signed.replace(b"News", b"Nevs")):
            assert not verified(changed, RSA, EDWARDS, index=index)
    # Servers fold anew, change the case of names and add blanks: relaxed allows that.
    assert verified(signed.replace(b"Subject: News", b"SUBJECT:  News "), RSA)
    assert max(map(len, signed.partition(b"\r\n\r\n")[0].split(b"\r\n"))) < 400
    for line in signed.partition(message)[0].split(b"\r\n"):
        assert len(line) <= 78


@given(texts.filter(lambda text: "\0" not in text), st.binary(max_size=300))
def test_whatever_is_signed_verifies(text, data):
    mail = replace(
        MAIL, text=text, html=text, attachments=(Attachment("a.bin", "application/x-y", data),)
    )
    assert verified(sign_message(build_message(mail), [RSA], at=AT), RSA)


@pytest.mark.parametrize(
    "header",
    ["From", "To", "Cc", "Subject", "Date", "Reply-To", "List-Unsubscribe", "Feedback-ID",
     "List-Unsubscribe-Post", "List-Id", "List-Help", "Message-ID", "Content-Type"],
)  # fmt: skip
def test_no_header_can_be_added(header):
    signed = sign_message(build_message(MAIL), [RSA], at=AT)
    assert verified(signed, RSA)
    for added in (f"{header}: x@example.net\r\n".encode() + signed,
                  signed.replace(b"\r\nDate:", f"\r\n{header}: x\r\nDate:".encode())):  # fmt: skip
        try:
            assert not verified(added, RSA)
        except dkim.MessageFormatError:
            continue


def test_one_click_is_covered_and_nothing_is_left_open():
    signed = sign_message(build_message(MAIL), [RSA], at=AT, valid_for=timedelta(days=36500))
    signature = signed.partition(b"\r\nFrom:")[0].replace(b"\r\n ", b" ").decode()
    tags = dict(part.strip().split("=", 1) for part in signature.partition(":")[2].split(";"))
    covered = re.sub(r"\s", "", tags["h"]).lower().split(":")
    assert covered.count("from") == covered.count("list-unsubscribe-post") == 2
    assert covered.count("list-unsubscribe") == covered.count("feedback-id") == 2
    assert covered.count("cc") == covered.count("reply-to") == 1
    assert "l" not in tags
    assert (tags["a"], tags["c"]) == ("rsa-sha256", "relaxed/relaxed")
    assert int(tags["t"]) == int(AT.timestamp())
    assert int(tags["x"]) - int(tags["t"]) == 36500 * 24 * 3600
    for removed in (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",):
        assert removed in signed
        assert not verified(signed.replace(removed, b""), RSA)


raw_bodies = st.lists(
    st.sampled_from([b"a", b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b".", b"\xc3\xa9", b"x y"])
).map(b"".join)


@given(raw_bodies)
def test_bodies_are_made_canonical_as_dkimpy_does(body):
    body += b"\r\n"
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(st.from_regex(rb"[A-Za-z\-]{1,10}", fullmatch=True), raw_bodies)
def test_headers_are_made_canonical_as_dkimpy_does(name, value):
    folded = value.replace(b"\r\n\r\n", b"\r\n").replace(b"\r\n", b"\r\n ") + b"\r\n"
    [(key, canonical)] = Relaxed.canonicalize_headers([(name, folded)])
    assert relaxed_header(name, folded) == key + b":" + canonical


def test_the_example_of_rfc_8463():
    """Appendix A.3, whose ed25519 signature was made by others."""
    head = [
        (b"From", b" Joe SixPack <joe@football.example.com>\r\n"),
        (b"To", b" Suzie Q <suzie@shopping.example.net>\r\n"),
        (b"Subject", b" Is dinner ready?\r\n"),
        (b"Date", b" Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"),
        (b"Message-ID", b" <20030712040037.46341.5F8J@football.example.com>\r\n"),
    ]
    body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
    body_hash = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    assert base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode() == body_hash
    tags = (
        " v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
        " d=football.example.com; i=@football.example.com;\r\n"
        " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
        " subject : date : message-id : from : subject : date;\r\n"
        f" bh={body_hash};\r\n b="
    )
    signed = b"".join(relaxed_header(*pair) for pair in head)
    signed += relaxed_header(b"DKIM-Signature", tags.encode())[:-2]
    public = Ed25519PublicKey.from_public_bytes(
        base64.b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    )
    signature = base64.b64decode(
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    )
    public.verify(signature, hashlib.sha256(signed).digest())


def test_the_dns_record():
    assert RSA.dns_name == "news._domainkey.example.com"
    assert RSA.dns_value.startswith("v=DKIM1; k=rsa; p=MIIBIjANBg")
    strings = re.findall(r'"([^"]*)"', RSA.dns_record)
    assert "".join(strings) == RSA.dns_value
    assert all(len(string) <= 255 for string in strings)
    assert RSA.dns_record.startswith("news._domainkey.example.com. IN TXT ( ")
    assert re.fullmatch(
        r'ed\._domainkey\.example\.com\. IN TXT "v=DKIM1; k=ed25519; p=[\w+/]{43}="',
        EDWARDS.dns_record,
    )


def test_bad_keys_are_refused():
    pem = generate_key("ed25519")
    for text, domain, selector, complaint in (
        ("nonsense", "example.com", "s", "no private key"),
        (pem, "exa mple", "s", "no DKIM domain"),
        (pem, "example.com", "s;x=y", "no DKIM selector"),
    ):
        with pytest.raises(ConfigError, match=complaint):
            load_key(text, domain=domain, selector=selector)
    with pytest.raises(ValueError, match="no DKIM algorithm"):
        generate_key("dsa")
    with pytest.raises(ValueError, match="must be RSA"):
        sign_message(build_message(MAIL), [EDWARDS], at=AT)
    assert "PRIVATE" not in repr(RSA)
