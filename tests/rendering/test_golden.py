"""One message of every kind, held still in ``tests/golden``: ``pytest --update-golden`` renews."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from outreach.rendering.assets import Attachment, InlineImage
from outreach.rendering.dkim import load_key, sign_message
from outreach.rendering.headers import ListId, Mailbox
from outreach.rendering.message import Invite, Mail, Manner, build_message
from tests.rendering.test_dkim import verified
from tests.rendering.test_message import assert_well_formed

GOLDEN = Path(__file__).parent.parent / "golden"

NEWSLETTER = Mail(
    manner=Manner.NEWSLETTER,
    sender=Mailbox("anna@berg-lind.example", "Anna Berg"),
    reply_to=Mailbox("anna+mfzwk4tuoiqgc3tenfxgk3lb@berg-lind.example", "Anna Berg"),
    recipient=Mailbox("bob@stone.example", "Bob Stone"),
    subject="Five questions to ask before the year ends",
    date=datetime(2026, 11, 2, 9, 0, tzinfo=timezone(timedelta(hours=1))),
    message_id="<mfzwk4tuoiqgc3tenfxgk3lb@berg-lind.example>",
    text=(
        "Dear Bob,\n\nthe year ends soon. Read on:\nhttps://berg-lind.example/five-questions\n\n"
        "Anna\n\n-- \nBerg & Lind, 4 Harbour Lane, 21120 Example Town\n"
        "Unsubscribe: https://mail.berg-lind.example/u/obsxg5dfon2ca5dpnnsw4idg\n"
    ),
    html=(
        '<!doctype html>\n<html lang="en"><head><title>Five questions</title>'
        '</head>\n<body style="margin:0">\n<p style="font-size:16px">Dear Bob,</p>\n'
        '<p>the year ends soon. <a href="https://berg-lind.example/five-questions">Read on</a>.</p>'
        "\n<p>Anna</p>\n<p>Berg &amp; Lind, 4 Harbour Lane, 21120 Example Town<br>\n"
        '<a href="https://mail.berg-lind.example/u/obsxg5dfon2ca5dpnnsw4idg">Unsubscribe</a></p>\n'
        "</body></html>\n"
    ),
    unsubscribe_url="https://mail.berg-lind.example/u/obsxg5dfon2ca5dpnnsw4idg",
    unsubscribe_mailto=(
        "mailto:leave@berg-lind.example?subject=unsubscribe%20obsxg5dfon2ca5dpnnsw4idg"
    ),
    list_id=ListId("newsletter", "berg-lind.example", "Berg & Lind"),
    feedback_id=("2026-11", "newsletter", "berglind"),
)

CHECK_IN = Mail(
    manner=Manner.CHECK_IN,
    sender=Mailbox("anna@berg-lind.example", "Anna Berg"),
    recipient=Mailbox("bob@stone.example", "Bob Stone"),
    subject="How did the move go?",
    date=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    message_id="<nbxxoidenfscaz3poq2gqzjb@berg-lind.example>",
    in_reply_to="<CAJ+move@mail.stone.example>",
    references=("<first@berg-lind.example>",),
    text="Hello Bob,\n\nhow did the move go? Is the new roof dry?\n\nAnna\n",
)

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Outreach//EN\r\nMETHOD:REQUEST\r\n"
    "BEGIN:VEVENT\r\nUID:coffee-1@berg-lind.example\r\nDTSTAMP:20261102T080000Z\r\n"
    "DTSTART:20261109T100000Z\r\nDTEND:20261109T103000Z\r\nSUMMARY:Coffee\r\n"
    "ORGANIZER:mailto:anna@berg-lind.example\r\n"
    "ATTENDEE;RSVP=TRUE:mailto:bob@stone.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

MAILS = {
    "newsletter": NEWSLETTER,
    "check-in": CHECK_IN,
    "attachment": replace(
        CHECK_IN,
        subject="The plan, and a picture of it",
        html='<p>Hello Bob, here it is.</p>\n<p><img src="cid:plan@berg-lind" alt="Plan"></p>\n',
        images=(InlineImage("plan@berg-lind", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(80)),),
        attachments=(Attachment("Plan für März.pdf", "application/pdf", b"%PDF-1.7\n" * 12),),
    ),
    "invite": replace(
        CHECK_IN,
        subject="Coffee on Monday?",
        html="<p>Coffee on Monday at eleven?</p>\n",
        invite=Invite(CALENDAR),
    ),
    "non-ascii": Mail(
        manner=Manner.NEWSLETTER,
        sender=Mailbox("änne@bücher.example", "Änne Müller, Bücher & mehr"),
        recipient=Mailbox("иван@почта.example", "Иван Петров"),
        subject="Пять вопросов, которые стоит задать до конца года — и один ответ 🎄",
        date=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
        message_id="<pe2gqzjbmfzwk4tuoiqgc3te@xn--bcher-kva.example>",
        text="Дорогой Иван,\n\n.начало с точки\nFrom here on: 日本語 = ok \n\nÄnne\n",
        html="<p>Дорогой Иван,</p>\n<p>日本語 🎄 &amp; mehr</p>\n",
        unsubscribe_mailto="mailto:leave@xn--bcher-kva.example?subject=unsubscribe%20abc",
        list_id=ListId("briefe", "xn--bcher-kva.example", "Ännes Briefe"),
    ),
}

# For this file alone; it protects nothing.
TEST_KEY = load_key(
    """-----BEGIN PRIVATE KEY-----
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAMVuOTrVxUq/iVxo
ZWnqkwndm0KU45rGuftxU56i2th/gmGNOiqcxdGGn5bguKAj7rfMvHkM9UHCA9My
IN57fKfvL8flN02kA1Qm1E1DvqVkZzvFAo/Y93YzX155czPiD88ys9l4K2o3kbl9
Ge6rP0GmScfd+4FV9NofpVKnApzTAgMBAAECgYBihiP3MXDYYYcp30sktRQVq0ps
yqJevedYDHDfTIQL4G3vQqwRUdUCP71qbNCV0fiyLnCrtAS8gRapkW2HuXY18vlF
KhpIb2ILXVe4mZ0cqM9lV6wvCHzmeVtg8nuYBJQsNfVObN5rLv+aJiyrbixaqtuE
ko63tnPnB0Olc6W82QJBAPNBZfXYwIZfMhfCN8+uPsjVnMCBDaeVlaxR4LpLqbFy
CbPEBaDoUdj+behj902cM1FaQeClCgcD+w2RjV5bmHcCQQDPxjXi8Ypi90t+sNm1
/Wy4u92BH8qvuDEWMDw9MH2YEk9GfQKP6EmR9QNhny7xTirejuORPq8QCq7P/eUV
t5GFAkB9f0juDBRPfr9mOIH4uEmV7XbAbhQwWGDulRNeqXhznoTY5JGO0SygyarE
UQaeWK61Et6X2i2RLwGPn38SpijDAkAowgEgG7HB6DDvEVIj2SrSskepZMsl3UQD
zkKC3lhE1JKoiS1PfYmxEBcxt0BGJcdTEUSi4WEGDJJuSqf9spzhAkEAr0pCHl1v
up+7ERjfk+lQgObQbcgviNruvmQn3i7KnLnj0cM0uODYbBUdnWMxa5y76OMf5Ny3
pyqON2Ww5eOcnQ==
-----END PRIVATE KEY-----
""",
    domain="berg-lind.example",
    selector="golden",
)


def messages():
    made = {name: build_message(mail) for name, mail in MAILS.items()}
    made["signed"] = sign_message(made["newsletter"], [TEST_KEY], at=NEWSLETTER.date)
    return made


@pytest.mark.parametrize("name", [*MAILS, "signed"])
def test_messages_stay_as_they_are(name, request):
    made = messages()[name]
    path = GOLDEN / f"{name}.eml"
    if request.config.getoption("--update-golden"):
        path.write_bytes(made)
    assert made == path.read_bytes(), "if this change is meant, run pytest --update-golden"
    assert_well_formed(made)


def test_the_signed_message_verifies_as_it_lies_on_the_disk():
    assert verified((GOLDEN / "signed.eml").read_bytes(), TEST_KEY)
