"""No bytes make the recognition raise or hang.

The mails are mutated at random, the same ones for the same number. `make test` tries as many as
`FUZZ_SECONDS` allow; `make fuzz` tries `FUZZ_MAILS` of them, from number `FUZZ_FROM`.
"""

# ruff: noqa: E501 (mails are easier to read in one piece)

import json
import os
import random
import time

import pytest

from bench._inbox_mail import sample
from outreach.inbound.classify import explain

SECONDS = float(os.environ.get("FUZZ_SECONDS", "6"))
MAILS = int(os.environ.get("FUZZ_MAILS", "0"))
FROM = int(os.environ.get("FUZZ_FROM", "0"))
SLOWEST = 2.0  # CPU seconds for one mail of less than a megabyte

PIECES = [
    b"\r\n", b"\n\n", b"\r", b"\0", b"--b\r\n", b"--b--\r\n", b"=?utf-8?B?", b"?=", b"=?x?q?", b"%", b"\xff\xfe",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n", b"Content-Type: text/html; charset=utf-16\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Type: text/plain; charset=idna\r\n\r\n", b"Content-Type: text/plain; charset=utf-7\r\n\r\n",
    b"Final-Recipient: rfc822; ", b"Diagnostic-Code: smtp; 550 5.1.1 ", b"Status: 5.1.1\r\n", b"Auto-Submitted: auto-replied\r\n",
    b"Message-ID: <1@a.example>\r\nMessage-ID: <2@a.example>\r\n", b"Date: Fri, 1 Jan 1904 00:00:00 +0000\r\n",
    b"Date: Thu, 31 Dec 2087 23:59:59 +9999\r\n", b"In-Reply-To: <<<>>>\r\n", b"From: <@@@>\r\n", b"<blockquote>" * 50,
    b"<div>" * 300, b"> " * 40, b"On Mon, 1 Jan 2026, ", b" wrote:\r\n", b"From: a\r\nSent: b\r\nTo: c\r\n", b"KW 99 ",
    b"until 31.02. ", b"back on ", b"a@" * 60, b"((((((((((", b"-" * 200, b'{"Type": "Notification"', b"\xe2\x80\x8f\xe2\x80\xae",
]  # fmt: skip


SEEDS = [
    # A report of a complaint, a notice in prose, a refusal by a filter, a provider's event, an answer
    # in HTML, absences in two alphabets, a mail in a mail in a mail.
    b"""From: <feedback@provider.example>\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nA complaint.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: <a@example.org>\r\nArrival-Date: Fri, 18 Dec 2026 09:00:00 +0000\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: us@outreach.example\r\nMessage-ID: <1@outreach.example>\r\n\r\nHello\r\n--b--\r\n""",
    b"""Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nSubject: Undelivered mail\r\n\r\nYour message could not be delivered:\r\n\r\n<a@example.org>: host mx.example[192.0.2.1] said: 550-5.1.1 User\r\n    550 5.1.1 unknown (in reply to RCPT TO)\r\n\r\n--- Original message follows ---\r\nReceived: by x\r\nFrom: us@outreach.example\r\nSubject: Hi\r\n\r\nHello\r\n""",
    b"""From: MAILER-DAEMON@mx.example\r\nSubject: Automatically rejected mail\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nIt was rejected: Quota exceeded\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\nDisposition: automatic-action/MDN-sent-automatically; deleted\r\n--b--\r\n""",
    b"""From: no-reply@sns.example\r\nSubject: Notification\r\n\r\n{"Type": "Notification", "Message": "{\\"notificationType\\":\\"Bounce\\",\\"bounce\\":{\\"bouncedRecipients\\":[{\\"emailAddress\\":\\"a@example.org\\",\\"status\\":\\"5.1.1\\"}]},\\"mail\\":{\\"messageId\\":\\"1\\"}}"}\r\n""",
    b"""From: =?utf-8?B?w4RkYQ==?= <ada@example.org>\r\nIn-Reply-To: <1@outreach.example>\r\nSubject: =?iso-8859-1?Q?Re=3A_Gr=FC=DFe?=\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<div>Gern=2C bis Donnerstag.</div><div class=3D"gmail_quote"><div class=3D"gmail_attr">Am 25.11.2026 schrieb Anna:</div><blockquote><p>Zwei Termine</p></blockquote></div>\r\n""",
    "From: a@example.org\r\nSubject: \u81ea\u52d5\u8fd4\u4fe1\r\nDate: Sat, 28 Nov 2026 09:00:00 +0900\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n12\u67084\u65e5(\u91d1)\u307e\u3067\u51fa\u5f35\u306e\u305f\u3081\u4e0d\u5728\u3067\u3059\u3002\r\n".encode(),
    b"""From: a@example.org\r\nSubject: Abwesenheitsnotiz: Termine\r\nDate: Sat, 28 Nov 2026 09:00:00 +0100\r\n\r\nIch bin vom 30.11. bis zum 11.12.2026 nicht im B\xfcro, ab KW 51 wieder. In dringenden F\xe4llen: b@example.org\r\n""",
    b"""Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nFrom: x@example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/global-delivery-status\r\n\r\nFinal-Recipient: utf-8; \\x{e4}@example.org\r\nAction: delayed\r\nStatus: 4.4.1\r\n--b--\r\n--d--\r\n""",
]  # fmt: skip


def mutated(seeds: list[bytes], number: int) -> bytes:
    """Return the mail of that number: a seed after a few accidents."""
    dice = random.Random(number)
    raw = bytearray(dice.choice(seeds))
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(raw) + 1)
        length = dice.choice((1, 4, 30, 300))
        match dice.randrange(7):
            case 0:
                raw[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del raw[at : at + length]
            case 2:
                raw[at:at] = dice.choice(PIECES)
            case 3:
                raw[at:at] = raw[max(0, at - length) : at] * dice.randint(1, 20)
            case 4:
                other = dice.choice(seeds)
                cut = dice.randrange(len(other) + 1)
                raw[at:] = other[cut:]
            case 5:
                del raw[at:]
            case 6:
                raw[at : at + length] = dice.randbytes(length)
    return bytes(raw)


@pytest.mark.timeout(0)  # it bounds its own time
def test_mutated_mail_is_read_all_the_same():
    seeds = sample(32) + SEEDS * 4
    started = time.monotonic()
    number = FROM
    while number - FROM < MAILS if MAILS else time.monotonic() - started < SECONDS:
        raw = mutated(seeds, number)
        before = time.process_time()
        told = explain(raw)
        json.dumps(told.to_json())
        assert time.process_time() - before < SLOWEST, f"mail {number} takes too long"
        number += 1
    assert number - FROM > 100


@pytest.mark.parametrize("length", [1000, 100_000])
def test_what_is_nested_without_end_is_read(length):
    wrapped = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * length
    for raw in (
        wrapped,
        b"Content-Type: message/rfc822\r\n\r\n" * length,
        b"<div><blockquote>" * length,
    ):
        before = time.process_time()
        explain(b"From: a@example.org\r\nContent-Type: text/html\r\n" + raw)
        assert time.process_time() - before < 2 * SLOWEST


@pytest.mark.parametrize(
    "piece",
    [
        "@",
        "a@",
        "@a",
        '"a"@',
        "a",
        "On 1 ",
        "Ann wrote:\n> a\n",
        "<a ",
        "<!--",
        "a:\n",
        "-",
        "-----BEGIN PGP SIGNED MESSAGE-----\n",
    ],
)
def test_a_megabyte_of_one_piece_costs_little(piece):
    body = (piece * 1_000_000)[:1_000_000].encode()
    for sender in (b"a@example.org", b"MAILER-DAEMON@example.org"):
        for kind in (b"plain", b"html"):
            before = time.process_time()
            explain(
                b"From: %b\r\nSubject: Undelivered\r\nContent-Type: text/%b\r\n\r\n%b"
                % (sender, kind, body)
            )
            assert time.process_time() - before < 2 * SLOWEST


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/html", "message/delivery-status", "application/zip"]
)
def test_a_part_of_fifty_megabytes_costs_little(kind):
    body = b"On Monday I wrote: yes, until 5 January? a@b.example 550 5.1.1\r\n" * 800_000
    head = b"From: a@example.org\r\nSubject: Undelivered\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    raw = head + f"Content-Type: {kind}\r\n\r\n".encode() + body
    before = time.process_time()
    explain(raw)
    assert time.process_time() - before < 5 * SLOWEST
