import email
import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from email.utils import parsedate_tz

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.inbound.classify import explain
from outreach.inbound.headers import (
    Address,
    Headers,
    decode_text,
    decode_words,
    parse_addresses,
    parse_date,
    parse_parameters,
)
from outreach.inbound.mail import Mail
from outreach.inbound.parts import MAX_DEPTH, MAX_PARTS
from tests.inbound.corpora import files, message, needs_corpora


def leaves(part: Message) -> list[tuple[str, bytes]]:
    """Return what the standard library finds: content type and decoded payload of every leaf."""
    if part.is_multipart() and part.get_content_type() != "message/delivery-status":
        return [leaf for child in part.get_payload() for leaf in leaves(child)]
    return [(part.get_content_type(), part.get_payload(decode=True) or b"")]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200)


@st.composite
def well_formed(draw) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ann <ann@example.org>"
    mail["Subject"] = draw(
        st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"]), max_size=60)
    )
    mail.set_content(draw(texts), cte=draw(st.sampled_from(["quoted-printable", "base64"])))
    if draw(st.booleans()):
        mail.add_alternative("<p>" + draw(texts), subtype="html", cte="quoted-printable")
    for _ in range(draw(st.integers(0, 2))):
        mail.add_attachment(
            draw(st.binary(max_size=100)), maintype="application", subtype="x-thing"
        )
    if draw(st.booleans()):
        inner = EmailMessage()
        inner["Subject"] = "inside"
        inner.set_content(draw(texts), cte="base64")
        mail.add_attachment(inner)
    return mail


class TestAgainstTheStandardLibrary:
    @given(well_formed())
    @settings(max_examples=60, deadline=None)
    def test_well_formed_mail_reads_the_same(self, mail):
        raw = mail.as_bytes()
        theirs = leaves(email.message_from_bytes(raw))
        ours = [p for p in Mail(raw).parts if not p.type.startswith(("multipart/", "message/rfc"))]
        assert [p.type for p in ours] == [kind for kind, _ in theirs]
        for part, (kind, payload) in zip(ours, theirs, strict=True):
            if kind.startswith("text/"):
                assert part.text() == payload.decode().replace("\r\n", "\n")
            else:
                assert part.payload() == payload

    @needs_corpora
    def test_real_mail_has_the_same_parts(self):
        for file in files("bounces", "*.eml") + files("complaints", "*.eml"):
            raw = file.read_bytes()
            theirs = email.message_from_bytes(raw)
            ours = Mail(raw)
            for name in ("Subject", "From", "Message-ID"):
                if isinstance(theirs[name], str):
                    assert "".join(ours.headers.get(name.lower()).split()) == "".join(
                        theirs[name].split()
                    )


class TestText:
    @pytest.mark.parametrize(
        ("data", "charset", "text"),
        [
            ("grün".encode(), "utf-8", "grün"),
            ("grün".encode("latin-1"), "iso-8859-1", "grün"),
            ("grün".encode("latin-1"), "us-ascii", "grün"),
            ("grün".encode("latin-1"), "no-such-charset", "grün"),
            ("grün".encode(), None, "grün"),
            (b"\x93quoted\x94", "iso-8859-1", "“quoted”"),
            ("東京".encode("iso2022_jp"), None, "東京"),
            ("東京".encode("cp932"), "Shift_JIS", "東京"),
            ("中文".encode("gb18030"), "gb2312", "中文"),
            ("한국".encode("cp949"), "ks_c_5601-1987", "한국"),
            (b"abc", "punycode", "abc"),
            (b"abc", "hex", "abc"),
            (b"abc", "rot13", "abc"),
            (b"abc", '"utf-8"', "abc"),
            (b"a\x00b", "undefined", "a\x00b"),
        ],
    )
    def test_charsets(self, data, charset, text):
        assert decode_text(data, charset) == text

    @given(st.binary(max_size=60), st.text(max_size=20))
    def test_anything_decodes_to_something(self, data, charset):
        assert isinstance(decode_text(data, charset), str)

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("=?utf-8?q?gr=C3=BCn?=", "grün"),
            ("=?utf-8?b?Z3LDvG4=?= und =?iso-8859-1?q?gr=FCn?=", "grün und grün"),
            # one character cut in two by adjacent words
            ("=?utf-8?b?5p2x5Lo=?= =?utf-8?b?rA==?=", "東京"),
            ("=?utf-8*de?Q?a_b?=", "a b"),
            ("=?nonsense?q?abc?=", "abc"),
            ("=?utf-8?b?!!!?=", ""),
            ("no words here", "no words here"),
        ],
    )
    def test_encoded_words(self, value, text):
        assert decode_words(value) == text

    def test_text_leaves_out_attachments_and_enclosed_mail(self):
        mail = EmailMessage()
        mail["Subject"] = "x"
        mail.set_content("mine")
        mail.add_attachment("a file", filename="a.txt")
        inner = EmailMessage()
        inner.set_content("theirs")
        mail.add_attachment(inner)
        assert Mail(mail.as_bytes()).text.strip() == "mine"


class TestHeaders:
    @given(st.text(max_size=40))
    def test_a_field_whose_text_is_known_says_that_text(self, text):
        headers = Headers({})
        headers.add("X-Note", f"<{text}>")
        assert "\ud800" not in headers.get("x-note")
        if text.isprintable():
            assert headers.get("x-note") == f"<{text}>"
        headers.ids("x-note")

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\n\t", "\r"])
    def test_a_field_is_one_line_whoever_broke_it(self, end):
        headers = Headers({})
        headers.add("X-Note", f"first{end}second")
        assert headers.get("x-note") == "first second"
        raw = f"Subject: first{end} second\n third\n\twith\ttabs\n\nwords"
        assert Mail(raw.encode()).subject == "first second third with\ttabs"

    def test_what_a_provider_says_in_unicode_is_read(self):
        event = {
            "notificationType": "Bounce",
            "bounce": {"bouncedRecipients": [{"emailAddress": "a@example.org", "status": "5.1.1"}]},
            "mail": {
                "messageId": "\u201a1",
                "headers": [{"name": "Subject", "value": "\u201eGrüße\u201c"}],
            },
        }
        told = explain(f"Subject: event\n\n{json.dumps(event)}".encode())
        assert told.notice is not None
        assert told.notice.returned is not None
        assert told.notice.returned.text("subject") == "\u201eGrüße\u201c"
        assert told.clues.ids == ("\u201a1",)

    def test_addresses(self):
        assert parse_addresses(
            '"Doe, Jane" <jane@example.org>, bob@example.org, =?utf-8?q?J=C3=BC?= <j@x.example>'
        ) == (
            Address("Doe, Jane", "jane@example.org"),
            Address("", "bob@example.org"),
            Address("Jü", "j@x.example"),
        )

    def test_a_spoilt_line_does_not_end_the_headers(self):
        mail = Mail(b"From: a@example.org\nthis is broken\nSubject: still here\n\nbody")
        assert mail.subject == "still here"
        assert mail.text == "body"

    def test_text_without_headers_is_all_body(self):
        assert (
            Mail(b"Hello there,\nNote: call me.\nBye").text == "Hello there,\nNote: call me.\nBye"
        )

    def test_two_message_ids_keep_the_first(self):
        assert Mail(b"Message-ID: <a@x>\nMessage-ID: <b@x>\n\n").message_id == "a@x"

    def test_ids_without_brackets(self):
        assert Mail(b"In-Reply-To: a@x\n\n").headers.ids("in-reply-to") == ["a@x"]

    def test_parameters(self):
        assert parse_parameters(
            'multipart/report; report-type=delivery-status;\n boundary="a;b\\"c"'
        ) == (
            "multipart/report",
            {"report-type": "delivery-status", "boundary": 'a;b"c'},
        )
        assert parse_parameters("x/y; boundary*0=one; boundary*1=two")[1] == {"boundary": "onetwo"}

    @pytest.mark.parametrize(
        ("date", "received", "sent_year"),
        [
            ("Fri, 01 Jan 1904 00:00:00 +0000", None, None),
            ("Thu, 18 Dec 2087 10:00:00 +0000", datetime(2026, 12, 18, tzinfo=UTC), None),
            ("Thu, 17 Dec 2026 10:00:00 +0000", datetime(2026, 12, 18, tzinfo=UTC), 2026),
            ("nonsense", None, None),
            ("Thu, 99 Foo 2026 99:99:99 +9999", None, None),
        ],
    )
    def test_dates_that_cannot_be(self, date, received, sent_year):
        mail = Mail(message(Date=date), received)
        assert (mail.sent_at and mail.sent_at.year) == sent_year
        assert mail.received_at == received or received is None

    def test_received_comes_before_date(self):
        raw = message(
            Received="by x; Fri, 18 Dec 2026 08:00:00 +0100", Date="Mon, 01 Jan 2001 00:00:00 +0000"
        )
        assert Mail(raw).received_at == datetime(2026, 12, 18, 7, tzinfo=UTC)

    @pytest.mark.parametrize(
        "value",
        [
            "Fri, 18 Dec 2026 093000.5 +0000",
            "Fri, 18 Dec 2026 2333333333:30:00 +0100",
            "Fri 18 Dec 2026 09:30:00 +0100",
            "Fri+ 18 Dec 2026 09:30:00 +0100",
            "Fri, 18 Dec 2026 09:30:00 +0100 or so",
            "Fri, 18 Dec 2026 0930 +0100",
        ],
    )
    def test_what_is_not_of_the_usual_form_is_left_to_the_standard_library(self, value):
        parts = parsedate_tz(value)
        expected = None
        if parts is not None:
            with suppress(ValueError, OverflowError):
                expected = datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=parts[9] or 0)
        assert parse_date(value) == expected

    @given(st.text(max_size=80))
    def test_no_date_raises(self, value):
        parse_date(value)


class TestHostileMail:
    def test_depth_bomb(self):
        raw = b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)
        )
        started = time.perf_counter()
        assert len(Mail(raw).parts) <= MAX_DEPTH + 2
        assert time.perf_counter() - started < 2

    def test_messages_in_messages(self):
        raw = b"Content-Type: message/rfc822\n\n" * 5000 + b"deep"
        assert len(Mail(raw).parts) <= MAX_DEPTH + 2

    def test_many_parts(self):
        raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000
        assert len(Mail(raw).parts) <= MAX_PARTS

    @pytest.mark.parametrize(
        "raw",
        [
            b"Content-Type: multipart/mixed; boundary=-\n\n" + b"\n---x" * 2_000_000,
            b"Subject: a\n" + b" folded\n" * 500_000,
            b"Subject: " + b"=?utf-8?q?a?= " * 500_000,
            b"To: " + b"<a@b>," * 1_000_000,
            b"Content-Type: text/plain" + b"; a=b" * 500_000,
            b"Content-Type: text/html\n\n" + b"<div" * 1_000_000,
            b"Content-Type: text/html\n\n" + b"<div>" * 1_000_000,
            b"Content-Type: text/html\n\n" + b"<!--" * 1_000_000,
            b"\n" + b"-" * 5_000_000,
            b"\n" + b"- " * 2_000_000,
            b"\n" + (b"-" * 390 + b"x\n") * 5_000,
            b"\n" + b"> " * 2_000_000,
            b"\n" + b"On Monday 1. 1. 2020 a@b.example\n" * 100_000,
            b"\n" + b"a@" * 2_000_000,
            b"\n" + b"From: a\nTo: b\nSubject: c\n" * 100_000,
            b"\n" + b"550 5.1.1 <a@b.example> unknown\n" * 100_000,
            b"Return-Path: <>\nSubject: Undeliverable\n\n"
            + b"550 5.1.1 <a@b.example> user unknown " * 100_000,
            b"Return-Path: <>\nSubject: Undeliverable\n\n"
            + b"550 5.1.1 user a@b.example unknown\n" * 100_000,
            b"Auto-Submitted: auto-replied\n\nI am away until " + b"4 January, " * 200_000,
            b"Content-Type: multipart/report\n\n" + b"x" * 5_000_000,
        ],
        ids=lambda raw: raw[:40].decode("latin-1"),
    )
    def test_no_input_takes_long(self, raw):
        from outreach.inbound.classify import explain

        started = time.perf_counter()
        explain(raw)
        assert time.perf_counter() - started < 5  # seconds; half of one on an idle machine

    def test_a_part_of_50_megabytes(self):
        raw = (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n"
            b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + (b"A" * 76 + b"\r\n") * 680_000
            + b"--b--\r\n"
        )
        started = time.perf_counter()
        assert Mail(raw).text == "hello"
        assert time.perf_counter() - started < 5
