"""What makes two mails one. How mailboxes are read is in `tests.contracts.test_mailbox_source`."""

import io

import pytest

from outreach.inbound.sources import fingerprint, split_mbox
from tests.inbound.corpora import files, needs_corpora

HEAD = (
    b"From: A <a@x.example>\nTo: b@y.example\nSubject: s\nMessage-ID: <1@x.example>\n"
    b"Date: Mon, 30 Nov 2026 10:00:00 +0000\n"
)
TEXT = HEAD + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
LETTER = TEXT + b"H\xc3\xa4llo there,\n\nFrom now on = yes.\n"


def mixed(*parts: bytes, boundary: bytes = b"b") -> bytes:
    """A message of several parts."""
    body = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    head = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n'
    return HEAD + head + body + b"--" + boundary + b"--\n"


PLAIN = b"Content-Type: text/plain\n\nHello\n"
IMAGE = b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"


@pytest.mark.parametrize(
    "other",
    [
        LETTER.replace(b"\n", b"\r\n"),
        b"\r\n" + LETTER,
        b"From a@x.example Mon Nov 30 10:00:00 2026\n" + LETTER,
        b"Received: from x by y; Mon, 30 Nov 2026 10:00:09 +0000\n" + LETTER,
        LETTER.replace(b"From now", b">From now"),
        LETTER.replace(b"yes.\n", b"yes.  \n\n"),
        LETTER.replace(b"Message-ID: <1", b"Message-Id:\n <1"),
        LETTER.replace(b"From: A <a@x.example>", b'From: "A" <a@X.example>'),
        LETTER.replace(b"From: A <", b"From: =?utf-8?Q?A?= <"),
        LETTER.replace(b"+0000", b"+0000 (UTC)"),
        LETTER.replace(b"10:00:00 +0000", b"11:00:00 +0100"),
        LETTER.replace(b"8bit", b"quoted-printable")
        .replace(b"\xc3\xa4", b"=C3=A4")
        .replace(b"on = yes", b"on =3D=\n yes"),
        TEXT.replace(b"8bit", b"base64") + b"SMOkbGxvIHRoZXJlLAoKRnJvbSBub3cg\nb24gPSB5ZXMuCg==\n",
    ],
)
def test_a_mail_that_was_written_down_another_way_is_the_same(other: bytes) -> None:
    assert fingerprint(other) == fingerprint(LETTER)


@pytest.mark.parametrize(
    "body",
    [
        b"From the start\nx\n",
        b"hello\nFrom me\n",
        b">From me\n",
        b"hi\n>>From me\n",
        b"hi\n\nFrom x\n\n",
    ],
)
@pytest.mark.parametrize("quotes_all", [True, False])
def test_a_mailbox_file_of_either_manner_holds_the_same_mail(body: bytes, quotes_all: bool) -> None:
    # mboxrd quotes what is quoted already, mboxo what could be a separator alone.
    quoted = b"".join(
        b">" + line
        if line.startswith(b"From ") or (quotes_all and line.lstrip(b">").startswith(b"From "))
        else line
        for line in body.splitlines(keepends=True)
    )
    box = b"From a@x.example Mon Nov 30 10:00:00 2026\n" + TEXT + quoted + b"\n"
    ((raw, _, _),) = split_mbox(io.BytesIO(box))
    assert fingerprint(raw) == fingerprint(TEXT + body)


def test_parts_are_compared_by_what_they_hold() -> None:
    one = mixed(PLAIN, IMAGE + b"AAECAwQF\n")
    assert fingerprint(mixed(PLAIN, IMAGE + b"AAEC\nAwQF\n", boundary=b"other")) == fingerprint(one)
    for other in (
        mixed(PLAIN, IMAGE + b"AAECAwQG\n"),
        mixed(PLAIN),
        mixed(IMAGE + b"AAECAwQF\n", PLAIN),
        mixed(PLAIN.replace(b"plain", b"html"), IMAGE + b"AAECAwQF\n"),
    ):
        assert fingerprint(other) != fingerprint(one)
    enclosed = b"Content-Type: message/rfc822\n\nTo: %s@y.example\nSubject: s\n\nx\n"
    assert fingerprint(mixed(enclosed % b"ada")) != fingerprint(mixed(enclosed % b"bob"))
    many = [b"\n%d\n" % number for number in range(1200)]
    assert fingerprint(mixed(*many)) != fingerprint(mixed(*many[:-1], b"\nelse\n"))


@pytest.mark.parametrize(
    "other",
    [
        LETTER.replace(b"yes", b"no"),
        LETTER.replace(b"10:00:00", b"10:00:01"),
        LETTER.replace(b"a@x.example>\nTo", b"eve@x.example>\nTo"),
        LETTER.replace(b"<1@", b"<2@"),
        b"Message-ID: <2@x.example>\n" + LETTER,
    ],
)
def test_another_mail_is_another_whatever_it_says_of_itself(other: bytes) -> None:
    assert fingerprint(other) != fingerprint(LETTER)


def test_what_says_nothing_of_itself_is_told_by_all_that_it_says() -> None:
    assert fingerprint(b"Subject: a\n\nx\n") != fingerprint(b"Subject: b\n\nx\n")
    assert fingerprint(b"no header\n") != fingerprint(b"no headers\n")
    assert len(fingerprint(b"")) == 64


@needs_corpora
def test_no_two_mails_of_the_corpora_are_taken_for_one() -> None:
    marks: dict[str, bytes] = {}
    for file in files("bounces", "*.eml"):
        raw = file.read_bytes()
        before = marks.setdefault(fingerprint(raw), raw)
        assert b"".join(before.split()) == b"".join(raw.split())
