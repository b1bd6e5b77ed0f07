"""Headers: what was meant is what a parser finds, on lines that every server takes."""

import email
import email.header
import re
from email import policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.errors import MessageError
from outreach.rendering.encoding import encoded_words
from outreach.rendering.headers import (
    ListId,
    Mailbox,
    extra_headers,
    feedback_id_header,
    ids_header,
    list_id_header,
    mailbox_header,
    text_header,
    unsubscribe_headers,
)
from tests.rendering.readers import decoded_text

UNSUBSCRIBE = "https://mail.example.com/u/" + "a" * 300
MAILTO = "mailto:leave@example.com?subject=unsubscribe%20token"
printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200
).filter(lambda text: "=?" not in text)


def unfolded(header):
    name, _, value = header.decode().partition(":")
    assert value.endswith("\r\n")
    return name, value.replace("\r\n", "").removeprefix(" ")


@given(printable)
@example("a" * 400)
@example("é" * 400)
@example("word " * 60)
@example("日本語の件名はとても長いので何行にもなります" * 4)
@example("two  blanks and  three   blanks, folded only where one stands alone, however long it is")
@example("é  b")
@example("")
def test_a_subject_is_what_it_was(text):
    header = text_header("Subject", text)
    _, value = unfolded(header)
    assert decoded_text(value) == text.replace("\ufeff", "").strip(" ")
    assert all(len(line) <= 998 for line in header.split(b"\r\n"))
    for line in header[:-2].split(b"\r\n"):
        assert line.strip()
        assert b"=?" not in line or len(line) <= 76
        for word in re.findall(r"=\?utf-8\?[qb]\?[^?]*\?=", line.decode()):
            assert len(word) <= 75
            # Each decodes alone, strictly: no character was cut in two.
            for octets, charset in email.header.decode_header(word):
                octets.decode(charset)


def test_ascii_subjects_stay_readable():
    subject = "A subject of many plain words, which is folded between them and otherwise left alone"
    assert text_header("Subject", subject) == (
        b"Subject: A subject of many plain words, which is folded between them and\r\n"
        b" otherwise left alone\r\n"
    )
    assert text_header("Subject", "Fünf Fragen for you") == (
        b"Subject: =?utf-8?q?F=C3=BCnf?= Fragen for you\r\n"
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300))
def test_encoded_words_hold_whole_characters(text):
    words = encoded_words(text, 40)
    assert len(words[0]) <= 75
    assert all(len(word) <= 75 for word in words)
    pieces = []
    for word in words:
        [(octets, charset)] = email.header.decode_header(word)
        pieces.append(octets.decode(charset))
    assert "".join(pieces) == text


@given(printable.filter(lambda text: text.strip(" ")))
@example('Anna "The Pen" Berg')
@example("Berg, Anna")
@example("Berg\\Lind")
@example("anna@example.com")
@example("Jürgen Groß")
@example("a" * 200)
@example("Dr. A. B. C. D. E. Long-Name of the House of Longer Names, and of many Places beyond")
def test_a_display_name_is_what_it_was(name):
    header = mailbox_header("From", Mailbox("anna@example.com", name))
    _, value = unfolded(header)
    message = email.message_from_bytes(header + b"\r\n", policy=policy.default)
    [address] = message["From"].addresses
    assert address.addr_spec == "anna@example.com"
    # An encoded-word never stands inside a quoted string.
    assert not re.search(r'"[^"]*=\?', value)
    shown = value.rpartition("<")[0].strip()
    if shown.startswith('"'):
        assert re.sub(r"\\(.)", r"\1", shown[1:-1]) == name.strip(" ")
    else:
        assert decoded_text(shown) == name.strip(" ")


@pytest.mark.parametrize(
    ("mailbox", "expected"),
    [
        (Mailbox("a@example.com"), b"To: a@example.com\r\n"),
        (Mailbox("a@example.com", "  "), b"To: a@example.com\r\n"),
        (Mailbox("a@example.com", "Ann Berg"), b"To: Ann Berg <a@example.com>\r\n"),
        (Mailbox("a@example.com", "A. Berg"), b'To: "A. Berg" <a@example.com>\r\n'),
        (Mailbox("a@BÜCHER.example", "B"), b"To: B <a@xn--bcher-kva.example>\r\n"),
        (Mailbox("josé@example.com", "B"), "To: B <josé@example.com>\r\n".encode()),
    ],
)
def test_mailboxes(mailbox, expected):
    assert mailbox_header("To", mailbox) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\rb",
        "a\0b",
        "a\x1bb",
        "a\u2028b",
        "a\x85b",
        "a\ud800b",
        "=?utf-8?q?a=0Ab?=",
        "=?UTF-8?B?YQpi?=",
        "=?us-ascii*en?q?a=0D=0Ab?=",
        "=?no-such-charset?q?a=0Ab?=",
        "=?unicode_escape?q?=5Cq=0A?=",
        "=?idna?q?a=0Ab?=",
        "=?utf-16be?b?AGEACgBi?=",
        "x" * 17000,
    ],
)
def test_what_could_break_a_header_is_refused(text):
    with pytest.raises(MessageError) as caught:
        text_header("Subject", text)
    assert caught.value.problems[0].source == "Subject"
    assert len(str(caught.value)) < 300
    with pytest.raises(MessageError):
        mailbox_header("From", Mailbox("a@example.com", text))


def test_long_links_are_not_folded():
    header = unsubscribe_headers(UNSUBSCRIBE, MAILTO)
    assert (
        header
        == (
            f"List-Unsubscribe: <{UNSUBSCRIBE}>,\r\n <{MAILTO}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        ).encode()
    )
    # Without a page there is nothing that one click could post to.
    assert unsubscribe_headers(None, MAILTO) == (f"List-Unsubscribe: <{MAILTO}>\r\n".encode())
    assert unsubscribe_headers(None, None, required=False) == b""
    with pytest.raises(MessageError, match="no way to unsubscribe"):
        unsubscribe_headers(None, None)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/u", "https://example.com/a b", "https://example.com/ü", "javascript:x",
     "https://example.com/>", "https://example.com/\r\nX: y", "https://example.com/" + "a" * 1000,
     "https://example.com/?a=?utf-8?q?=0A?="],
)  # fmt: skip
def test_only_a_safe_link_unsubscribes(url):
    with pytest.raises(MessageError):
        unsubscribe_headers(url, None)


def test_list_identities():
    assert list_id_header(ListId("news", "example.com", "Anna's news")) == (
        b"List-Id: Anna's news <news.example.com>\r\n"
    )
    assert list_id_header(ListId("news", "example.com")) == b"List-Id: <news.example.com>\r\n"
    for bad in (ListId("news letter", "example.com"), ListId("", "example.com"), ListId("a", "é")):
        with pytest.raises(MessageError):
            list_id_header(bad)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ((), "one to four fields"),
        (("a", "b", "c", "d", "sender"), "one to four fields"),
        (("same", "sender", "same"), "twice"),
        (("a b", "sender"), "fields of ASCII letters"),
        (("a:b", "sender"), "fields of ASCII letters"),
        (("", "sender"), "fields of ASCII letters"),
        (("news", "four"), "5 to 15"),
        (("news", "x" * 16), "5 to 15"),
    ],
)
def test_feedback_ids(fields, complaint):
    assert feedback_id_header(("a", "b", "sender")) == b"Feedback-ID: a:b:sender\r\n"
    with pytest.raises(MessageError, match=complaint):
        feedback_id_header(fields)


def test_extra_headers_cannot_double_ours():
    assert extra_headers([("X-Tag", "a")]) == b"X-Tag: a\r\n"
    longest = extra_headers([("X-" + "a" * 40, "é" * 60)])
    assert all(len(line) <= 76 for line in longest.split(b"\r\n"))
    for pairs in (
        [("From", "x@example.com")],
        [("Bcc", "x@example.com")],
        [("X-Tag\r\nBcc", "x")],
        [("X-Tag", "a"), ("x-tag", "b")],
        [("X:", "a")],
        [("X-" + "a" * 41, "a")],
        [("DKIM-Signature", "a")],
    ):
        with pytest.raises(MessageError):
            extra_headers(pairs)


@pytest.mark.parametrize(
    "message_id", ["token@example.com", "<>", "<a b@c>", "<a@b>\r\nX: y", "<é>"]
)
def test_our_own_identifier_must_be_right(message_id):
    with pytest.raises(MessageError):
        ids_header("Message-ID", [message_id])
