# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.links import Links, Signer
from outreach.inbound.classify import explain
from outreach.inbound.mail import Mail
from outreach.inbound.match import Match, Rung, Sent, clues, lookups, match
from outreach.inbound.subjects import bare_subject
from tests.inbound.corpora import message

LINKS = Links(
    signer=Signer(["a secret"]),
    domain="outreach.example",
    bounce_address="bounce@outreach.example",
    reply_address="us@outreach.example",
)
FORGED = Links(
    signer=Signer(["another secret"]),
    domain="outreach.example",
    bounce_address="bounce@outreach.example",
)
NOW = datetime(2026, 12, 18, 9, tzinfo=UTC)
DELIVERY = 4711
ID = LINKS.message_id(DELIVERY).strip("<>")
TOKEN = LINKS.envelope_id(DELIVERY)

SENT = Sent(
    delivery_id=DELIVERY,
    contact_id=7,
    ids=frozenset({ID}),
    provider_ids=frozenset({"0100018f-aaaa-bbbb-000000"}),
    addresses=frozenset({"ann@example.org", "ann@home.example"}),
    subject="A letter in December",
    sent_at=NOW - timedelta(days=3),
)


def matched(raw: bytes, sent=(SENT,), people=None, **kwargs) -> Match | None:
    found = clues(Mail(raw, NOW), **kwargs)
    return match(found, verify=LINKS.read_delivery, sent=sent, people=people)


MANGLED_IDS = [
    f"<{ID}>",
    f"<{ID.upper()}>",
    ID,
    f"<{TOKEN}@outreach.example.prod.outlook.com>",
    f"<{TOKEN}@other.example>",
    f"<SRS0=abc={TOKEN}@relay.example>",
    f"<other@x.example> <{ID}>",
    f"<{ID}>\r\n <later@x.example>",
    f"<prefix.{TOKEN}.suffix@x.example>",
]
MANGLED_ADDRESSES = [
    f"us+{TOKEN}@outreach.example",
    f"US+{TOKEN.upper()}@OUTREACH.EXAMPLE",
    f"bounce-{TOKEN}@outreach.example",
    f"bounce={TOKEN}@outreach.example",
    f"bounce.{TOKEN}@outreach.example",
    f"bounce{TOKEN}@outreach.example",
    f"prvs=123456789=bounce+{TOKEN}@outreach.example",
    f"SRS0=xyz=TT=outreach.example=bounce+{TOKEN}@relay.example",
    f"bounce+{TOKEN}=outreach.example@relay.example",
    f'"Us" <us+{TOKEN}@outreach.example>',
]


class TestSignedTokens:
    @pytest.mark.parametrize("written", MANGLED_IDS)
    @pytest.mark.parametrize("field", ["In_Reply_To", "References"])
    def test_ids_however_mangled(self, field, written):
        found = matched(message(**{field: written}))
        assert found
        assert (found.delivery_id, found.contact_id, found.rung) == (
            DELIVERY,
            7,
            Rung.THREAD_ID,
        )

    @pytest.mark.parametrize("written", MANGLED_ADDRESSES)
    @pytest.mark.parametrize("field", ["To", "Delivered_To", "X_Original_To"])
    def test_addresses_however_mangled(self, field, written):
        found = matched(message(**{field: written}))
        assert found
        assert (found.delivery_id, found.rung) == (DELIVERY, Rung.ADDRESS_TOKEN)

    def test_the_newest_reference_wins(self):
        other = LINKS.message_id(12)
        assert matched(message(References=f"{other} <{ID}>")).delivery_id == DELIVERY

    @pytest.mark.parametrize(
        "forged",
        [
            FORGED.message_id(DELIVERY),
            f"<{TOKEN[:-1]}a@outreach.example>",
            "<@>",
            "<" + "a" * 24 + "@x>",
        ],
    )
    def test_forged_ids_match_nothing(self, forged):
        if LINKS.read_delivery(forged) is None:
            assert matched(message(From="x@else.example", In_Reply_To=forged), sent=()) is None

    @given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567+-=.@", min_size=20, max_size=70))
    def test_nothing_made_up_matches(self, text):
        assert (
            matched(message(From="x@else.example", To=f"{text}@outreach.example"), sent=()) is None
        )

    def test_an_unknown_delivery_has_no_contact_yet(self):
        found = matched(message(In_Reply_To=f"<{ID}>"), sent=())
        assert (found.delivery_id, found.contact_id) == (DELIVERY, None)


class TestLadder:
    def test_known_but_unsigned_id(self):
        sent = replace(SENT, ids=frozenset({"plain@x.example"}))
        found = matched(message(In_Reply_To="<PLAIN@x.example>"), sent=(sent,))
        assert (found.rung, found.delivery_id) == (Rung.THREAD_ID, DELIVERY)

    def test_provider_id(self):
        found = matched(message(References="<0100018f-aaaa-bbbb-000000@email.amazonses.com>"))
        assert (found.rung, found.delivery_id) == (Rung.PROVIDER_ID, DELIVERY)

    @pytest.mark.parametrize(
        "subject",
        [
            "Re: A letter in December",
            "AW: [EXTERN] a letter in  December",
            "RE: SV: A letter in December (was: x)",
        ],
    )
    def test_sender_and_subject(self, subject):
        found = matched(message(From="Ann <ANN@home.example>", Subject=subject))
        assert (found.rung, found.delivery_id, found.stranger) == (
            Rung.SENDER_AND_SUBJECT,
            DELIVERY,
            False,
        )

    def test_sender_and_subject_for_90_days(self):
        old = replace(SENT, sent_at=NOW - timedelta(days=91))
        assert matched(message(Subject="Re: A letter in December"), sent=(old,)) is None

    def test_sender_alone_is_the_person_and_no_thread(self):
        found = matched(message(Subject="Something else"), people={"ann@example.org": 7})
        assert (found.rung, found.delivery_id, found.contact_id) == (Rung.SENDER, None, 7)

    def test_a_token_in_the_text_counts_only_from_its_reader(self):
        assert matched(message(Subject="x"), text=f"see {TOKEN}").rung is Rung.TEXT_TOKEN
        assert matched(message(Subject="x", From="x@else.example"), text=f"see {TOKEN}") is None

    def test_a_stranger_is_one_and_less_sure(self):
        mine = matched(message(In_Reply_To=f"<{ID}>"))
        theirs = matched(message(From="x@else.example", In_Reply_To=f"<{ID}>"))
        assert (mine.stranger, theirs.stranger) == (False, True)
        assert theirs.confidence < mine.confidence

    def test_nobody_known_is_no_match(self):
        assert matched(message(From="x@else.example", Subject="Hello"), sent=()) is None

    def test_two_people_at_one_address_are_no_match(self):
        other = replace(SENT, contact_id=8, delivery_id=9)
        assert (
            matched(message(Subject="A letter in December"), sent=(SENT, other), people={}) is None
        )


class TestReports:
    def test_a_bounce_is_matched_by_what_came_back(self):
        raw = (
            "From: MAILER-DAEMON@example.org\nTo: bounce@outreach.example\nSubject: Undelivered\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n--b\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ann@example.org\n"
            f"Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{ID}>\nTo: ann@example.org\n\n--b--\n"
        )
        e = explain(raw.encode(), received_at=NOW, verify=LINKS.read_delivery, sent=(SENT,))
        assert (e.match.delivery_id, e.match.stranger, e.kind) == (DELIVERY, False, "bounce")

    def test_a_redacted_complaint_is_matched_by_its_envelope_sender(self):
        raw = (
            "From: fbl@isp.example\nTo: abuse@outreach.example\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
            "--b\n\nabuse\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nUser-Agent: x\n"
            f"Original-Mail-From: <bounce+{TOKEN}@outreach.example>\n\n--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n\n--b--\n"
        )
        e = explain(raw.encode(), received_at=NOW, verify=LINKS.read_delivery, sent=(SENT,))
        assert (e.kind, e.match.delivery_id, e.report.redacted) == ("complaint", DELIVERY, True)


def test_lookups_hold_the_forms_an_id_may_be_on_record_under():
    found = lookups(clues(Mail(message(In_Reply_To="<ABC@x.example>"))))
    assert {"ABC@x.example", "abc@x.example", "ABC", "abc"} <= found


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: AW: Fwd: Hello  World", "hello world"),
        ("[list] Re[2]: Hello", "hello"),
        ("回复: 你好", "你好"),
        ("Out of office: Hello", "hello"),
        ("Really: yes", "really: yes"),
    ],
)
def test_bare_subject(subject, bare):
    assert bare_subject(subject) == bare
