"""Keys from files to signed messages, with dkimpy as the judge of what transports got."""

import re
import stat
from datetime import datetime
from pathlib import Path

import pytest

from outreach.domain.clock import system_clock
from outreach.domain.mailing import Sender
from outreach.errors import ConfigError, RefusedError
from outreach.rendering.dkim import SignApart, SigningKey, generate_key, load_key, verify_message
from outreach.services.composing import Composer
from outreach.services.signing import check, load_keys, new_key
from outreach.testing import ScriptedServer
from outreach.transport.base import Envelope
from outreach.transport.files import EmlTransport, MaildirTransport
from outreach.transport.urls import make_transport
from tests.rendering.mail import contact, template
from tests.rendering.test_dkim import _edwards, verified  # noqa: F401 - a fixture, used by name
from tests.services.test_composing import BODY, LINKS

DOMAIN = "studio.example"
RSA = load_key(generate_key(), domain=DOMAIN, selector="news")
EDWARDS = load_key(generate_key("ed25519"), domain=DOMAIN, selector="ed")
NOW = system_clock()  # dkimpy refuses what was signed in the future


def composer(
    *keys: SigningKey,
    body: str = BODY,
    suffix: str = "md",
    head: str = "",
    apart: SignApart | None = None,
) -> Composer:
    return Composer(
        template(body, suffix=suffix, head=f"subject: Hi {{{{ contact.company }}}}\n{head}"),
        Sender("Anna Weber", f"anna@{DOMAIN}", f"answers@{DOMAIN}"),
        LINKS,
        company="Studio",
        key="mail@2026-12",
        signing=keys,
        apart=apart,
    )


def compose(made: Composer, at: datetime = NOW) -> bytes:
    return made.compose(contact(company="Åland & Co"), delivery_id=5, date=at).message


@pytest.mark.usefixtures("_edwards")
def test_a_composed_message_carries_one_signature_a_key():
    signed = compose(composer(RSA, EDWARDS))
    assert signed.endswith(compose(composer()))
    assert verified(signed, RSA, EDWARDS, index=0)
    assert verified(signed, RSA, EDWARDS, index=1)


@pytest.mark.parametrize("kind", ["newsletter", "check-in", "item", "service"])
@pytest.mark.parametrize("suffix", ["md", "txt"])
def test_every_kind_of_mail_is_signed(kind: str, suffix: str):
    signed = compose(composer(RSA, head=f"kind: {kind}", suffix=suffix))
    assert verified(signed, RSA)
    test = composer(RSA, head=f"kind: {kind}").compose(
        contact(company="x"), delivery_id=0, date=NOW, to="me@studio.example"
    )
    assert verified(test.message, RSA)


def test_the_compiled_path_signs_what_the_plain_path_signs():
    made = composer(RSA)
    for number in range(40):  # the first of a skeleton are proved, those after it are filled in
        person = contact(company=f"Company {number}")
        filled = made.compose(person, delivery_id=number, date=NOW)
        assert verified(filled.message, RSA)
        assert filled == made.compose_plainly(person, delivery_id=number, date=NOW)
    assert made.counts.filled > 20


def test_both_list_headers_are_covered():
    signed = compose(composer(RSA))
    (signature,) = verify_message(signed, {RSA.dns_name: RSA.dns_value}.get)
    assert signature.fault is None
    for header in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "From"):
        assert signature.covers(header), header
        stripped = re.sub(rf"(?m)^{header}:.*\r\n([ \t].*\r\n)*".encode(), b"", signed)
        assert stripped != signed
        assert not verified(stripped, RSA), header
        (found,) = verify_message(stripped, {RSA.dns_name: RSA.dns_value}.get)
        assert found.fault, header
        added = f"{header}: <https://evil.example/>\r\n".encode() + signed
        assert not verified(added, RSA), header


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda octets: octets.replace(b"Stop", b"Go"), "body was changed"),
        (lambda octets: octets.replace(b"c=relaxed/relaxed", b"c=simple/simple"), "canonical form"),
        (lambda octets: octets.replace(b"Weber", b"Weaver"), "signed header was changed"),
        (lambda octets: octets.replace(b"s=news", b"s=olds"), "there is no TXT record olds"),
        (lambda octets: octets.replace(b"a=rsa-", b"a=foo-"), "holds no key for"),
    ],
)
def test_our_verifier_says_what_is_wrong(change, fault: str):
    signed = compose(composer(RSA))
    (signature,) = verify_message(change(signed), {RSA.dns_name: RSA.dns_value}.get)
    assert fault in (signature.fault or "")


@pytest.mark.parametrize(
    "record",
    ["", "v=DKIM1; k=rsa; p=", "v=DKIM1; p=!!", EDWARDS.dns_value],
    ids=["none", "revoked", "no-base64", "another-algorithm"],
)
def test_our_verifier_refuses_a_record_without_its_key(record: str):
    (signature,) = verify_message(compose(composer(RSA)), lambda _: record)
    assert signature.fault


def test_another_key_does_not_verify():
    other = load_key(generate_key(), domain=DOMAIN, selector="news")
    (signature,) = verify_message(compose(composer(RSA)), {other.dns_name: other.dns_value}.get)
    assert signature.fault == "the record holds another key, or a signed header was changed"


# STANDARDS of transports: what arrives is what was signed, dots and long lines included.

AWKWARD = (
    ".starts with a dot\n..two\n\ntrailing blanks   \nÅ 日本語 🎄\n"
    + "long " * 300
    + "\n\n\n\nend\n\n\n"
)


def _carried(transport, composed) -> None:
    with transport.connect() as connection:
        envelope = Envelope(composed.envelope_sender, composed.recipient)
        assert connection.send(envelope, composed.message).outcome == "accepted"


@pytest.mark.parametrize("suffix", ["md", "txt"])
def test_what_a_mail_server_gets_still_verifies(suffix: str):
    made = composer(RSA, body=AWKWARD + BODY, suffix=suffix)
    composed = made.compose(contact(company="x"), delivery_id=5, date=NOW)
    with ScriptedServer() as server:
        url = f"smtp://127.0.0.1:{server.port}?tls=off"
        transport = make_transport(url, base=Path(), find_password=lambda user, host: None)
        _carried(transport, composed)
        (data,) = server.data
    assert verified(data, RSA)


@pytest.mark.parametrize("kind", [MaildirTransport, EmlTransport])
def test_what_lies_in_files_still_verifies(kind, tmp_path: Path):
    made = composer(RSA, body=AWKWARD + BODY)
    _carried(kind(tmp_path / "out"), made.compose(contact(company="x"), delivery_id=5, date=NOW))
    (path,) = [one for one in (tmp_path / "out").rglob("*") if one.is_file()]
    assert verified(path.read_bytes(), RSA)


# Key files.


def test_a_new_key_is_for_its_owner_alone(tmp_path: Path):
    path, key = new_key(tmp_path, domain=DOMAIN, selector="s1", algorithm="rsa")
    assert path == tmp_path / "keys/s1.studio.example.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (path.parent / ".gitignore").read_text() == "*\n"
    loaded = load_keys(tmp_path, [("keys/s1.studio.example.pem", "s1")], DOMAIN)
    assert loaded.keys[0].dns_record == key.dns_record
    assert not loaded.warnings
    strings = re.findall(r'"([^"]*)"', key.dns_record)
    assert "".join(strings) == key.dns_value
    assert [len(string) <= 255 for string in strings] == [True, True]
    with pytest.raises(RefusedError, match="exists already"):
        new_key(tmp_path, domain=DOMAIN, selector="s1", algorithm="rsa")
    assert path.read_text() == path.read_text()


@pytest.mark.parametrize("selector", ["../x", "a b", "", "a_b", "x;y"])
def test_a_selector_that_no_name_can_hold_writes_nothing(tmp_path: Path, selector: str):
    with pytest.raises(ConfigError, match="no DKIM selector"):
        new_key(tmp_path, domain=DOMAIN, selector=selector, algorithm="rsa")
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_wrong_with_keys_is_told_at_once(tmp_path: Path):
    (tmp_path / "no.pem").write_text("no key\n")
    (tmp_path / "weak.pem").write_text(generate_key(bits=1024).replace("M", "N", 3))
    with pytest.raises(ConfigError) as caught:
        load_keys(tmp_path, [("gone.pem", "a"), ("no.pem", "b"), ("weak.pem", "c")], DOMAIN)
    assert [problem.source for problem in caught.value.problems] == [
        "gone.pem",
        "no.pem",
        "weak.pem",
    ]
    assert "No such file" in caught.value.problems[0].message


def test_an_edwards_key_alone_is_refused(tmp_path: Path):
    new_key(tmp_path, domain=DOMAIN, selector="e", algorithm="ed25519")
    with pytest.raises(ConfigError, match="only an Ed25519 key signs"):
        load_keys(tmp_path, [(f"keys/e.{DOMAIN}.pem", "e")], DOMAIN)


def test_a_key_that_others_can_read_is_warned_of(tmp_path: Path):
    path, _ = new_key(tmp_path, domain=DOMAIN, selector="s1", algorithm="rsa")
    path.chmod(0o644)
    found = load_keys(tmp_path, [("keys/s1.studio.example.pem", "s1")], DOMAIN)
    assert "(mode 644)" in found.warnings[0].message
    assert found.keys


def test_a_check_sees_that_a_signature_is_not_aligned(tmp_path: Path):
    for domain, number in ((DOMAIN, 0), ("mail.studio.example", 0), ("other.example", 1)):
        new_key(tmp_path, domain=domain, selector="s1", algorithm="rsa")
        signing = load_keys(tmp_path, [(f"keys/s1.{domain}.pem", "s1")], domain)
        made = composer(*signing.keys)
        found = check(made, signing, contact(company="x"), NOW)
        assert len(found.faults) == number, found.faults
        assert [signature.fault for signature in found.signatures] == [None]
