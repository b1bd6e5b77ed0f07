# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import json
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.inbound.classify import Kind, explain
from tests.inbound.corpora import files, message, needs_corpora
from tests.inbound.test_bounces import ONE, prose, report
from tests.inbound.test_complaints import feedback

SEEDS = [
    report(ONE),
    feedback("Feedback-Type: abuse\nOriginal-Rcpt-To: <eve@example.org>\n"),
    prose(
        "Sorry:\n\n<bob@example.org>:\n550 5.1.1 no such user\n\n--- Below this line is a copy.\n\nTo: eve@example.org\n"
    ),
    message("I am away until 4 January.", Auto_Submitted="auto-replied"),
    message(
        "Yes.\n\nOn 3 Apr 2023, Us <us@outreach.example> wrote:\n> No?\n",
        In_Reply_To="<a@b>",
        References="<a@b> <c@d>",
    ),
    message("Please unsubscribe me"),
    b"From: =?utf-8?b?SsO8?= <j@x.example>\nContent-Type: text/html; charset=utf-16\nContent-Transfer-Encoding: base64\n\nPGRpdj5hPC9kaXY+\n",
]
PIECES = [
    b"\n", b"\r\n\r\n", b"--b\n", b"--b--\n", b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: message/rfc822\n", b"\x00", b"\xff\xfe",
    b"=?utf-8?b?", b"?=", b"<", b">", b"Content-Transfer-Encoding: base64\n", b"charset=utf-7;", b"Date: Fri, 31 Feb 2087 25:61:61 +9999\n",
    b"Final-Recipient: rfc822; x@y\n", b"Status: 9.9.9\n", b"Feedback-Type: \n", b"\xe6\x9c\x88" * 3, b"> " * 50, b"On 1 1 1 wrote:\n", b"{\"Type\"", b";" * 40,
]  # fmt: skip


def mutated(raw: bytes, dice: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        choice = dice.random()
        if choice < 0.3:
            data[at : at + dice.randint(1, 40)] = b""
        elif choice < 0.6:
            data[at:at] = dice.choice(PIECES)
        elif choice < 0.8 and data:
            data[at % len(data)] = dice.randrange(256)
        else:
            start = dice.randrange(len(data) + 1)
            data[at:at] = data[start : start + dice.randint(1, 300)]
    return bytes(data)


class TestNoInputRaises:
    def test_mutated_mail(self):
        dice = random.Random(20261218)
        seeds = SEEDS + [
            file.read_bytes()
            for file in files("bounces", "*-0[1-5].eml")[::8] + files("mime/enmime-low-quality")
        ]
        ends = time.monotonic() + 6  # seconds; set the seed and the time higher to search on
        while time.monotonic() < ends:
            raw = mutated(dice.choice(seeds), dice)
            json.dumps(explain(raw).to_json())

    @given(st.binary(max_size=300))
    @settings(max_examples=150)
    def test_any_bytes(self, raw):
        json.dumps(explain(raw).to_json())

    @given(
        st.lists(
            st.sampled_from(
                [*PIECES, b"Subject: x\n", b"From: a@b.example\n", b"Return-Path: <>\n", b"hello "]
            ),
            max_size=30,
        )
    )
    @settings(max_examples=150)
    def test_any_pieces(self, pieces):
        json.dumps(explain(b"".join(pieces)).to_json())

    @needs_corpora
    def test_nasty_mime(self):
        for file in files("mime/enmime-mail") + files("mime/enmime-low-quality"):
            assert explain(file.read_bytes()).kind in (Kind.REPLY, Kind.OPT_OUT, Kind.AUTOMATIC)


class TestLayers:
    def test_a_complaint_outranks_the_absence_words_around_it(self):
        raw = feedback("Feedback-Type: abuse\n").replace(
            b"A reader complained.", b"I am out of the office until Monday"
        )
        assert explain(raw).kind is Kind.COMPLAINT

    def test_a_read_receipt(self):
        raw = b"From: a@b.example\nSubject: Read: x\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nIt was read.\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n\n--b--\n"
        assert explain(raw).kind is Kind.RECEIPT

    def test_what_a_machine_generated_is_no_reply(self):
        assert (
            explain(message("Your weekly figures.", Auto_Submitted="auto-generated")).kind
            is Kind.AUTOMATIC
        )

    def test_mail_to_a_list_is_marked(self):
        e = explain(message("I agree.", List_Id="<x.lists.example>", Precedence="list"))
        assert (e.kind, e.bulk) == (Kind.REPLY, True)

    def test_what_stands_on_letters_too_proves_no_bulk_mail(self):
        for lone in (
            {"Precedence": "bulk"},
            {"Precedence": "list"},
            {"Feedback_ID": "i1:Fastmail"},
            {"List_Unsubscribe_Post": "List-Unsubscribe=One-Click"},
            {"X_Mailer": "MailChimp Mailer - **CID1**"},
            {"X_Campaign": "1"},
            {"Auto_Submitted": "no", "Feedback_ID": "i1:Fastmail"},
        ):
            e = explain(message("Could we speak about my tax return?", **lone))
            assert (e.kind, e.bulk) == (Kind.REPLY, False), lone

    def test_two_weak_signs_are_bulk_mail(self):
        for several in (
            {"Precedence": "bulk", "Feedback_ID": "1:2:3"},
            {"Precedence": "bulk", "Return_Path": "<>"},
            {"Precedence": "list", "X_BeenThere": "dev@lists.example"},
            {"Feedback_ID": "1:2:3", "List_Unsubscribe_Post": "List-Unsubscribe=One-Click"},
            {"X_Mailer": "MailChimp Mailer - **CID1**", "X_Campaign": "mailchimp1"},
            {"X_Mailer": "rapidmail", "Precedence": "bulk"},
        ):
            e = explain(message("Buy now, big sale.", **several))
            assert (e.kind, e.bulk) == (Kind.REPLY, True), several

    def test_json_names_the_deciding_rule(self):
        plain = explain(report(ONE)).to_json()
        assert (plain["kind"], plain["rule"]) == ("bounce", "delivery-status")
        assert plain["recipients"][0]["recipient"] == "bob@example.org"
        assert plain["recipients"][0]["address_dead"] is True
