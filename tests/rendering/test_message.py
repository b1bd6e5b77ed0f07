"""Messages: what was meant is what a parser finds, and nothing else."""

import email
import email.header
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.errors import MessageError
from outreach.rendering.assets import Attachment, InlineImage
from outreach.rendering.encoding import quoted_printable, text_body, with_plain_ends
from outreach.rendering.headers import ListId, Mailbox
from outreach.rendering.message import Invite, Mail, Manner, boundary_of, build_message
from outreach.transport.base import LONG_ROW_OF_DOTS
from outreach.transport.smtp import stuffed
from tests.rendering.readers import decoded_text

UNSUBSCRIBE = "https://mail.example.com/u/" + "a" * 300
MAIL = Mail(
    manner=Manner.NEWSLETTER,
    sender=Mailbox("anna@example.com", "Anna Berg"),
    recipient=Mailbox("bob@example.org"),
    subject="News",
    date=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    message_id="<token@example.com>",
    text="Hello\n",
    html="<p>Hello</p>\n",
    unsubscribe_url=UNSUBSCRIBE,
    unsubscribe_mailto="mailto:leave@example.com?subject=unsubscribe%20token",
    list_id=ListId("news", "example.com", "Anna's news"),
    feedback_id=("news-2026-12", "newsletter", "bergandlind"),
)

anything = st.text(st.characters(), max_size=120)
printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200
).filter(lambda text: "=?" not in text)


def parsed(data):
    return email.message_from_bytes(data, policy=policy.compat32)


def header_lines(data):
    return data.partition(b"\r\n\r\n")[0].split(b"\r\n")


def assert_well_formed(data):
    """Rows 1, 2, 4, 5 and 13 of the checklist, which hold for every message."""
    assert re.search(rb"(?<!\r)\n|\r(?!\n)|\0", data) is None
    assert data.endswith(b"\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    lines = header_lines(data)
    assert sum(map(len, lines)) + 2 * len(lines) < 16 * 1024
    names = Counter(key.lower() for key in parsed(data).keys())  # noqa: SIM118 - a Message repeats keys
    assert set(names.values()) == {1}
    assert names["from"] == names["date"] == names["message-id"] == names["mime-version"] == 1
    structured = re.compile(
        rb"(?:list-unsubscribe|message-id|references|in-reply-to|feedback-id|date|content-)", re.I
    )
    for line in lines:
        assert line.strip()
        for word in re.findall(rb"=\?.*?\?=", line):
            assert len(word) <= 75
            assert len(line) <= 76
    for header in re.split(rb"\r\n(?![ \t])", data.partition(b"\r\n\r\n")[0]):
        if structured.match(header):
            assert b"=?" not in header


def bodies(message):
    return [
        (part.get_content_type(), part.get_payload(decode=True))
        for part in message.walk()
        if not part.is_multipart()
    ]


# Headers


def test_a_mark_of_byte_order_is_not_sent_where_it_would_be_dropped_or_not():
    mail = replace(MAIL, subject="\ufeff" + "ü\ufeff" * 40, text="\ufeff\ufeffHello\n")
    message = parsed(build_message(mail))
    assert decoded_text(message["Subject"]) == "ü" * 40
    assert bodies(message)[0] == ("text/plain", b"Hello\r\n")


@given(anything, anything, anything, anything, anything)
@example("a\r\nBcc: x@example.com", "", "", "", "")
@example("=?utf-8?q?a=0D=0ABcc=3A_evil=40x=2Ecom?=", "", "", "", "")
@example("", "=?utf-8?b?YQ0KQmNjOiBl?=", "", "", "")
@example("=?utf-7?q?+AA0ACg-Bcc?=", "", "", "", "")
@example("=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0D=3D0AX=3A_y=3F=3D?=", "", "", "", "")
@example("", "", "a%0D%0AX: y.pdf", "", "")
def test_no_value_can_write_a_header(subject, name, filename, identifier, url):
    mail = replace(
        MAIL,
        subject=subject,
        sender=Mailbox("anna@example.com", name),
        recipient=Mailbox("bob@example.org", name),
        in_reply_to=f"<{identifier}@example.com>",
        unsubscribe_url=f"https://mail.example.com/{url}",
        attachments=(Attachment(filename, "text/csv", b"a,b\n"),),
        extra=(("X-Note", subject),),
    )
    try:
        data = build_message(mail)
    except MessageError:
        return
    assert_well_formed(data)
    wanted = {
        *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "X-Note"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"),
        *("Auto-Submitted", "Precedence"),
    }
    found = set(parsed(data).keys())
    assert found - {"In-Reply-To", "References"} == wanted
    # Written again by a library with the known fault, there is still no new header.
    modern = email.message_from_bytes(data, policy=policy.SMTP)
    for key in ("Subject", "From", "To"):
        assert "\n" not in str(modern[key])
        assert "\r" not in str(modern[key])


def test_all_problems_are_reported_at_once():
    with pytest.raises(MessageError) as caught:
        build_message(
            replace(
                MAIL,
                subject="a\nb",
                sender=Mailbox("nobody"),
                message_id="token",
                html='<img src="cid:logo">',
            )
        )
    assert [problem.source for problem in caught.value.problems] == [
        "From", "Subject", "Message-ID", None,
    ]  # fmt: skip


def test_threads_keep_their_first_and_newest_identifiers():
    references = tuple(f"<{number}@example.com>" for number in range(100))
    data = build_message(replace(MAIL, in_reply_to="<100@example.com>", references=references))
    message = parsed(data)
    assert message["In-Reply-To"] == "<100@example.com>"
    kept = message["References"].split()
    assert len(kept) == 20
    assert (kept[0], kept[-1]) == ("<0@example.com>", "<100@example.com>")
    assert kept[1:] == [f"<{number}@example.com>" for number in range(82, 101)]
    # What a stranger's program wrote cannot hurt us.
    for hostile in ("<a\r\nX: y@z>", "nonsense", "<=?utf-8?q?a=0D=0A?=@x>", "<é@x>"):
        message = parsed(build_message(replace(MAIL, in_reply_to=hostile)))
        assert message["In-Reply-To"] is None
        kept = build_message(replace(MAIL, in_reply_to="<a@b>", references=(hostile,)))
        assert parsed(kept)["References"] == "<a@b>"


@pytest.mark.parametrize(
    ("manner", "present", "absent"),
    [
        (Manner.NEWSLETTER,
         "List-Unsubscribe List-Unsubscribe-Post List-Id Auto-Submitted Precedence", ""),
        (Manner.CHECK_IN, "List-Unsubscribe List-Unsubscribe-Post",
         "List-Id Auto-Submitted Precedence"),
        (Manner.SERVICE, "Auto-Submitted",
         "List-Unsubscribe List-Unsubscribe-Post List-Id Precedence"),
        (Manner.TEST, "Auto-Submitted",
         "List-Unsubscribe List-Unsubscribe-Post List-Id Precedence"),
    ],
)  # fmt: skip
def test_headers_by_manner_of_mail(manner, present, absent):
    message = parsed(build_message(replace(MAIL, manner=manner)))
    assert [name for name in present.split() if message[name] is None] == []
    assert [name for name in absent.split() if message[name] is not None] == []


def test_a_newsletter_must_offer_a_way_out():
    bare = replace(MAIL, unsubscribe_url=None, unsubscribe_mailto=None)
    with pytest.raises(MessageError, match="no way to unsubscribe"):
        build_message(bare)
    for manner in (Manner.CHECK_IN, Manner.SERVICE, Manner.TEST):
        assert b"List-Unsubscribe" not in build_message(replace(bare, manner=manner))


def test_the_date_is_the_given_instant():
    zone = timezone(timedelta(hours=-3, minutes=-30))
    data = build_message(replace(MAIL, date=datetime(2026, 12, 1, 9, 0, tzinfo=zone)))
    assert parsed(data)["Date"] == "Tue, 01 Dec 2026 09:00:00 -0330"
    with pytest.raises(ValueError, match="no time zone"):
        build_message(replace(MAIL, date=datetime(2026, 12, 1)))  # noqa: DTZ001 - what is refused


# Bodies


texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
    st.text("ab .=\n\r\t-_Fromé日", max_size=400),
    st.lists(
        st.sampled_from(
            ["a" * 200, "." * 160, "From me", ".", "..x", "=", "é" * 60, " ", "\t", "--=_", "\n",
             "x" * 74, "x" * 75, "x" * 76, " \n", "\r\n", "-- \n", "\0", "😀" * 30]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip


@given(texts)
@example("." * 200)
@example("a\n" * 3 + ". " * 60)
def test_quoted_printable_keeps_every_character(text):
    encoded = quoted_printable(text)
    plain = email.message_from_bytes(
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded
    )
    assert plain.get_payload(decode=True).decode().replace("\r\n", "\n") == with_plain_ends(text)
    lines = encoded.split(b"\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert re.fullmatch(rb"(?:[\t -~]*\r\n)*", encoded)
    assert b"=_" not in encoded
    if "." * 70 not in text:
        assert not any(line.startswith(b".") for line in lines)


@given(texts)
def test_plain_text_is_left_alone(text):
    encoding, body = text_body(text)
    if encoding == "7bit":
        assert body.decode("ascii").replace("\r\n", "\n") == with_plain_ends(text)
        assert all(len(line) <= 78 for line in body.split(b"\r\n"))
        assert not re.search(rb"^\.|^From |[ \t]\r$|--=_", body, re.MULTILINE)
    else:
        assert body == quoted_printable(text)
    assert text_body("Hello,\n\nall is well.\n") == ("7bit", b"Hello,\r\n\r\nall is well.\r\n")


@given(texts, st.one_of(st.none(), texts), printable, st.lists(st.binary(max_size=200), max_size=2))
def test_a_message_says_what_was_meant(text, html, subject, files):
    files = tuple(Attachment(f"{at}.bin", "application/x-y", data) for at, data in enumerate(files))
    mail = replace(MAIL, text=text, html=html, subject=subject, attachments=files)
    if "\0" in text + (html or ""):
        with pytest.raises(MessageError, match="NUL"):
            build_message(mail)
        return
    data = build_message(mail)
    assert data == build_message(mail)
    assert_well_formed(data)
    message = parsed(data)
    assert decoded_text(message["Subject"]) == subject.replace("\ufeff", "").strip(" ")
    assert message["List-Unsubscribe"].replace("\r\n", "").split(", ") == [
        f"<{UNSUBSCRIBE}>",
        f"<{mail.unsubscribe_mailto}>",
    ]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    expected = [("text/plain", with_plain_ends(text.lstrip("\ufeff")))]
    if html is not None:
        expected.append(("text/html", with_plain_ends(html.lstrip("\ufeff"))))
    found = bodies(message)
    assert [
        (kind, payload.decode().replace("\r\n", "\n")) for kind, payload in found[: len(expected)]
    ] == expected
    assert found[len(expected) :] == [("application/x-y", file.data) for file in files]
    assert not message.defects
    for part in message.walk():
        assert not part.defects
        if part.is_multipart():
            assert part["Content-Transfer-Encoding"] is None


def shape(message):
    if not message.is_multipart():
        return message.get_content_type()
    return (message.get_content_subtype(), *map(shape, message.get_payload()))


CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
LOGO = InlineImage("logo@example.com", "image/png", b"\x89PNG")


def test_the_tree_of_parts():
    shown = '<img src="cid:logo@example.com">'
    file = Attachment("a.pdf", "application/pdf", b"%PDF")
    assert shape(parsed(build_message(replace(MAIL, html=None)))) == "text/plain"
    assert shape(parsed(build_message(MAIL))) == ("alternative", "text/plain", "text/html")
    full = build_message(
        replace(MAIL, html=shown, images=(LOGO,), attachments=(file,), invite=Invite(CALENDAR))
    )
    assert shape(parsed(full)) == (
        "mixed",
        (
            "alternative",
            "text/plain",
            ("related", "text/html", "image/png"),
            "text/calendar",
        ),
        "application/pdf",
    )
    assert_well_formed(full)
    # An image that this contact's HTML does not show is not sent along.
    assert shape(parsed(build_message(replace(MAIL, images=(LOGO,))))) == (
        "alternative",
        "text/plain",
        "text/html",
    )


def test_boundaries_cannot_stand_in_a_part():
    boundary = boundary_of(MAIL.message_id, "alternative")
    hostile = f"--{boundary}\nContent-Type: text/html\n\n<p>evil</p>\n--{boundary}--\n"
    file = Attachment("a.txt", "text/plain", hostile.encode())
    mail = replace(MAIL, text=hostile, html=hostile, attachments=(file,))
    message = parsed(build_message(mail))
    assert shape(message) == ("mixed", ("alternative", "text/plain", "text/html"), "text/plain")
    assert [payload.replace(b"\r\n", b"\n") for _, payload in bodies(message)] == [
        hostile.encode()
    ] * 3
    assert boundary != boundary_of("<other@example.com>", "alternative")


@pytest.mark.parametrize(
    ("filename", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("My report (1).pdf", "My report (1).pdf"),
        ("Übersicht für März.pdf", "Ubersicht fur Marz.pdf"),
        ("議事録.pdf", "___.pdf"),
        ('a"b\\c;d.pdf', "a_b_c_d.pdf"),
        ("é" * 120 + ".pdf", "e" * 120 + ".pdf"),
    ],
)
def test_file_names_survive(filename, plain):
    file = Attachment(filename, "application/pdf", b"%PDF")
    data = build_message(replace(MAIL, attachments=(file,)))
    assert_well_formed(data)
    assert f'name="{plain}"'.encode() in data
    modern = email.message_from_bytes(data, policy=policy.default)
    assert [part.get_filename() for part in modern.iter_attachments()] == [filename]
    part = parsed(data).get_payload()[-1]
    assert email.utils.collapse_rfc2231_value(part.get_filename()) == filename
    assert part.get_content_disposition() == "attachment"


def test_a_file_name_has_no_blanks_around_it():
    file = Attachment("\u00a0ß.pdf\u3000", "application/pdf", b"%PDF")
    modern = email.message_from_bytes(
        build_message(replace(MAIL, attachments=(file,))), policy=policy.default
    )
    assert [part.get_filename() for part in modern.iter_attachments()] == ["ß.pdf"]


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment("", "application/pdf", b""),
        Attachment("a\r\nb.pdf", "application/pdf", b""),
        Attachment("a%0D%0Ab.pdf", "application/pdf", b""),
        Attachment("=?utf-8?q?a?=.pdf", "application/pdf", b""),
        Attachment("a" * 256, "application/pdf", b""),
        Attachment("a.pdf", "application", b""),
        Attachment("a.pdf", "application/pdf\r\nX: y", b""),
        Attachment("a.pdf", "application/pdf; x=y", b""),
        Attachment("a.eml", "message/rfc822", b""),
        Attachment("a.mim", "multipart/mixed", b""),
    ],
)
def test_bad_attachments_are_refused(attachment):
    with pytest.raises(MessageError):
        build_message(replace(MAIL, attachments=(attachment,)))


def test_inline_images_must_match():
    html = "<img src=\"cid:logo@example.com\"><img src='cid:other%40x'>"
    with pytest.raises(MessageError, match="cid:other@x"):
        build_message(replace(MAIL, html=html, images=(LOGO,)))
    with pytest.raises(MessageError, match="same name"):
        build_message(replace(MAIL, html='<img src="cid:logo@example.com">', images=(LOGO, LOGO)))


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<img src="cid:logo@example.com">', True),
        ("<img alt='a > b' src = cid:logo@example.com>", True),
        ('<a href="CID:logo%40example.com">x</a>', True),
        ('<img srcset="a.png 1x, cid:logo@example.com 2x">', True),
        ('<td background="cid:logo@example.com">', True),
        ('<td style="background:url(&quot;cid:logo@example.com&quot;)">', True),
        ("<style>td{background:url( 'cid:logo@example.com' )}</style>", True),
        ('<!--[if mso]><v:fill src="cid:logo@example.com" /><![endif]-->', True),
        ("<p>Our firm is cid:nothing, or src=&#34;cid:nothing&#34;</p>", False),
        ('<img alt="cid:nothing" title="src=cid:nothing" src="https://x.example/a.png">', False),
        ('<p data-x="url(cid:nothing)">it\'s url(cid:nothing)</p>', False),
    ],
)
def test_words_are_no_images(html, shown):
    parts = [
        kind for kind, _ in bodies(parsed(build_message(replace(MAIL, html=html, images=(LOGO,)))))
    ]
    assert ("image/png" in parts) == shown


def test_an_invitation_names_its_method_twice():
    data = build_message(replace(MAIL, invite=Invite(CALENDAR)))
    part = parsed(data).get_payload()[-1]
    assert part.get_param("method") == "REQUEST"
    assert part.get_payload(decode=True).decode() == CALENDAR
    with pytest.raises(MessageError, match="METHOD:CANCEL"):
        build_message(replace(MAIL, invite=Invite(CALENDAR, "CANCEL")))


def test_half_a_character_is_refused():
    for mail in (replace(MAIL, text="ok\na\ud800"), replace(MAIL, html="a\udfff")):
        with pytest.raises(MessageError, match="half of a character"):
            build_message(mail)


def test_a_megabyte_of_text_and_marks_from_right_to_left():
    text = "\u202eabc\u200f שלום " * 50_000
    data = build_message(replace(MAIL, text=text, subject="שלום \u200f"))
    assert_well_formed(data)
    assert bodies(parsed(data))[0][1].decode() == text + "\r\n"


def test_headers_that_grow_too_large_are_refused():
    extra = tuple((f"X-Note-{number}", "word " * 400) for number in range(9))
    with pytest.raises(MessageError, match="the headers take"):
        build_message(replace(MAIL, extra=extra))


#: Rows of dots about as long as a line, with what may stand before and between them.
dotted = st.lists(
    st.one_of(
        st.integers(68, 160).map(lambda many: "." * many),
        st.sampled_from([".", "\n", "\n.", "é", "=", " ", "word", "long" * 20]),
    ),
    max_size=12,
).map("".join)


@given(dotted)
@example("." * 80)
@example("é" + "." * 80)
@example("x" + "." * 76)
def test_a_line_begins_with_a_dot_only_where_a_long_row_of_them_is_broken(text):
    message = build_message(replace(MAIL, text=text, html=f"<p>{text}</p>\n"))
    assert b"\r\n." not in message or LONG_ROW_OF_DOTS in message
    assert stuffed(message, is_canonical=True) == stuffed(message)
