"""What every provider's webhook does: takes what proves its origin, and says what it means."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import ConfigError, UnavailableError
from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.declared import Webhook
from outreach.inbound.notices import Action
from outreach.inbound.reasons import Reason, Severity
from outreach.inbound.webhooks import (
    Arrival,
    Forged,
    Request,
    Unusable,
    explain_kept,
    fetching,
    open_receiver,
    provider_of,
    read_event,
)
from outreach.inbound.webhooks.mailgun import GOOD_FOR
from tests.inbound.webhooks.senders import (
    ANSWER,
    CERTIFICATE,
    COMPLAINT,
    DEAD,
    DELIVERED,
    NOW,
    OPT_OUT,
    PEM,
    READ,
    SENDERS,
    TOPIC,
    Mailgun,
    Postmark,
    Sender,
    SendGrid,
    Ses,
    Shelf,
    name_of,
    receiver,
)

each_provider = pytest.mark.parametrize("sender", SENDERS, ids=name_of)


def only(sender: Sender, request: Request) -> Arrival:
    (found,) = receiver(sender).receive(request, NOW)
    return found


def said(sender: Sender, event: Any) -> Explanation:
    return read_event(sender.name, only(sender, sender.event(event)).raw)


# Every provider


@each_provider
def test_a_dead_address(sender: Sender) -> None:
    found = said(sender, DEAD[sender.name])
    assert found.kind is Kind.BOUNCE
    assert found.notice is not None
    (reader,) = found.notice.recipients
    assert (reader.recipient, reader.status, reader.reply_code) == (
        "Ada@example.com",
        "5.1.1",
        "550",
    )
    assert (reader.action, reader.reason, reader.severity) == (
        Action.FAILED,
        Reason.USER_UNKNOWN,
        Severity.HARD,
    )
    assert found.clues.senders == ("ada@example.com",)
    assert found.received_at is not None
    assert found.received_at.replace(microsecond=0) == datetime(2026, 12, 1, 8, 59, tzinfo=UTC)


@each_provider
@pytest.mark.parametrize(
    ("events", "kind"),
    [(COMPLAINT, Kind.COMPLAINT), (OPT_OUT, Kind.OPT_OUT), (DELIVERED, Kind.RECEIPT)],
)
def test_what_else_is_told(sender: Sender, events: Mapping[str, Any], kind: Kind) -> None:
    found = said(sender, events[sender.name])
    assert found.kind is kind
    assert found.clues.senders == ("ada@example.com",)


@each_provider
@pytest.mark.parametrize("events", [DEAD, COMPLAINT, OPT_OUT, DELIVERED])
def test_whose_event_was_kept_is_told_by_its_form(
    sender: Sender, events: Mapping[str, Any]
) -> None:
    kept = only(sender, sender.event(events[sender.name])).raw
    assert provider_of(kept) == sender.name
    assert explain_kept(kept) == read_event(sender.name, kept)
    assert explain_kept(kept).to_json()["about"] == ["ada@example.com"]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"{}", b'{"event": "x"}', b"[1]", b"[" * 100_000, b'{"a":' * 100_000),
        b"From: a@example.com\nSubject: {}\n\n{}",
    ],
)
def test_what_is_no_event_is_read_as_a_mail(raw: bytes) -> None:
    assert provider_of(raw) is None
    assert explain_kept(raw).kind is not Kind.BOUNCE


@each_provider
def test_who_opened_a_mail_is_nobodys_business(sender: Sender) -> None:
    assert list(receiver(sender).receive(sender.event(READ[sender.name]), NOW)) == []


@each_provider
def test_an_event_is_known_by_its_id(sender: Sender) -> None:
    first, again, other = (
        only(sender, sender.event(DEAD[sender.name], number)).mark(sender.name)
        for number in (1, 1, 2)
    )
    assert first == again != other
    assert first is not None
    assert len(first) == 64


@each_provider
def test_a_mail_comes_whole_with_its_envelope(sender: Sender) -> None:
    raw = b"From: ada@example.com\r\nSubject: caf\xc3\xa9\r\n\r\nHello.\r\n-xYz\r\n\r\n"
    found = only(sender, sender.mail(raw, "bounce+token@berg.example"))
    assert found.event_id is None
    assert found.raw.endswith(raw)
    assert b"Delivered-To: bounce+token@berg.example\r\n" in found.raw[: -len(raw)]


@each_provider
def test_an_envelope_cannot_write_headers(sender: Sender) -> None:
    found = only(sender, sender.mail(b"\r\nx", "a@b.example\r\nBcc: x@y.example\r\n\r\nbody"))
    head = found.raw.partition(b"\r\n\r\n")[0]
    assert b"\nBcc" not in head


@each_provider
@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), where=st.sampled_from(["body", "head"]))
def test_one_bit_that_is_another_proves_nothing(
    sender: Sender, at: int, bit: int, where: str
) -> None:
    request = sender.event(DEAD[sender.name])
    if where == "body":
        body = bytearray(request.body)
        body[at % len(body)] ^= 1 << bit
        changed = replace(request, body=bytes(body))
    else:
        name = list(request.headers)[at % len(request.headers)]
        value = bytearray(request.headers[name].encode())
        value[at % len(value)] ^= 1 << bit
        changed = replace(
            request, headers={**request.headers, name: value.decode("utf-8", "replace")}
        )
    try:
        found = receiver(sender).receive(changed, NOW)
    except (Forged, Unusable, UnavailableError):
        return
    # Postmark's password covers no body, and Mailgun's signature only its token.
    if isinstance(sender, Postmark | Mailgun) and where == "body":
        return
    # Elsewhere what is left is what may be written in two ways, and says the same.
    assert [each.event_id for each in found] == [only(sender, request).event_id]


@each_provider
@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "text/plain", ""]))
def test_anything_at_all_is_refused(sender: Sender, body: bytes, kind: str) -> None:
    with pytest.raises((Forged, Unusable)):
        receiver(sender).receive(Request({"content-type": kind}, body), NOW)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)


@each_provider
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_an_event_is_read_or_said_to_be_none(
    sender: Sender, data: st.DataObject
) -> None:
    event = json.loads(json.dumps(data.draw(st.sampled_from([DEAD, COMPLAINT, OPT_OUT]))))[
        sender.name
    ]
    path: Any = event
    while isinstance(path, dict) and path:
        key = data.draw(st.sampled_from(sorted(path)))
        if not isinstance(path[key], dict) or data.draw(st.booleans()):
            path[key] = data.draw(_json)
            break
        path = path[key]
    for arrival in receiver(sender).receive(sender.event(event), NOW):
        if arrival.event_id is None:
            continue
        try:
            found = read_event(sender.name, arrival.raw)
        except ValueError:
            continue
        assert isinstance(found.to_json(), dict)


# Settings


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "provider must be one of"),
        ({"provider": "smtp"}, "provider must be one of"),
        ({"provider": "ses"}, "ses needs topics"),
        ({"provider": "sendgrid"}, "sendgrid needs public_keys"),
        ({"provider": "mailgun", "topics": [TOPIC]}, "topics are for ses"),
        ({"provider": "postmark", "topic": []}, 'did you mean "topics"'),
        ({"provider": "ses", "topics": TOPIC}, "must be a list"),
    ],
)
def test_tables_that_cannot_be(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Webhook.parse("x", table)


@pytest.mark.parametrize(
    ("table", "secret", "problem"),
    [
        ({"provider": "mailgun"}, None, "needs the webhook signing key"),
        ({"provider": "postmark"}, None, "user:password"),
        ({"provider": "postmark"}, "only-a-secret", "user:password"),
        ({"provider": "ses", "topics": ["arn:aws:sqs:x"]}, None, "no ARN"),
        ({"provider": "sendgrid", "public_keys": ["nonsense!"]}, None, "no key"),
        ({"provider": "sendgrid", "public_keys": ["AAAA"]}, None, "no key"),
    ],
)
def test_what_could_prove_nothing_is_not_opened(
    table: dict[str, Any], secret: str | None, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        open_receiver(Webhook.parse("x", table), secret, Shelf())
    assert "only-a-secret" not in str(caught.value)


# SES by way of SNS


def ask_ses(message: Mapping[str, Any], shelf: Shelf | None = None) -> list[Arrival]:
    request = Request({}, json.dumps(message).encode())
    return list(receiver(Ses(), shelf or Shelf()).receive(request, NOW))


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://s3.eu-west-1.amazonaws.com/x.pem",
        "https://evil.sns.eu-west-1.amazonaws.com/x.pem",
        # The host is SNS's own, and not of the topic's region.
        "https://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.txt",
        "file:///etc/passwd",
        "https://[::1/x.pem",
        "https://sns.eu-west-1.amazonaws.com:x/x.pem",
        "",
    ],
)
def test_a_certificate_is_got_from_sns_alone(url: str) -> None:
    shelf = Shelf()
    shelf.documents[url] = PEM
    with pytest.raises(Forged, match="certificate"):
        ask_ses(Ses().message(Message="{}", SigningCertURL=url), shelf)
    assert shelf.asked == []


def test_a_topic_that_is_not_ours_makes_us_ask_nothing() -> None:
    shelf = Shelf()
    for topic in ("arn:aws:sns:eu-west-1:999999999999:mail", None, 5, [TOPIC]):
        with pytest.raises(Forged, match="topics"):
            ask_ses(Ses().message(Message="{}", TopicArn=topic), shelf)
    assert shelf.asked == []


def test_a_certificate_is_got_once() -> None:
    shelf = Shelf()
    receives = receiver(Ses(), shelf)
    for number in range(3):
        receives.receive(Ses().event(DEAD["ses"], number), NOW)
    assert shelf.asked == [CERTIFICATE]


def test_a_certificate_that_cannot_be_got_is_asked_for_again() -> None:
    shelf = Shelf(documents={})
    with pytest.raises(UnavailableError, match="could not be asked"):
        ask_ses(Ses().message(Message="{}"), shelf)
    shelf.documents[CERTIFICATE] = b"no certificate"
    with pytest.raises(Forged, match="cannot be read"):
        ask_ses(Ses().message(Message="{}"), shelf)


def test_a_certificate_that_is_over_proves_nothing() -> None:
    request = Ses().event(DEAD["ses"])
    with pytest.raises(Forged, match="not valid now"):
        receiver(Ses()).receive(request, NOW + timedelta(days=31))


def test_a_field_that_is_signed_cannot_be_left_out() -> None:
    for name in ("Message", "MessageId", "Timestamp"):
        message = Ses().message(Message="{}")
        del message[name]
        with pytest.raises(Forged, match="lacks"):
            ask_ses(message)
    with pytest.raises(Forged, match="way that is not known"):
        ask_ses({**Ses().message(Message="{}"), "SignatureVersion": "3"})


def test_a_topic_of_ours_that_asks_is_answered_where_its_question_is_signed() -> None:
    asking = {
        "Type": "SubscriptionConfirmation",
        "Message": "You have chosen to subscribe",
        "Token": "t",
        "SubscribeURL": ANSWER,
    }
    shelf = Shelf()
    assert ask_ses(Ses().message(**asking), shelf) == []
    assert shelf.asked == [CERTIFICATE, ANSWER]
    shelf = Shelf()
    with pytest.raises(Forged, match="elsewhere"):
        ask_ses(Ses().message(**{**asking, "SubscribeURL": "https://evil.example/"}), shelf)
    with pytest.raises(Forged, match="signature is wrong"):
        ask_ses({**Ses().message(**asking), "Token": "another"}, shelf)
    assert ANSWER not in shelf.asked
    left = {**asking, "Type": "UnsubscribeConfirmation"}
    assert ask_ses(Ses().message(**left), shelf) == []
    assert ANSWER not in shelf.asked


def test_the_sentence_by_which_ses_tries_a_topic_out_is_no_event() -> None:
    sentence = "Successfully validated SNS topic for Amazon SES event publishing."
    assert ask_ses(Ses().message(Message=sentence, Subject="Amazon SES")) == []


@pytest.mark.parametrize(
    ("sort", "words", "reason"),
    [
        (("Permanent", "General"), "", Reason.USER_UNKNOWN),
        # What the server said goes before what SES makes of it.
        (("Permanent", "General"), "smtp; 550 5.7.1 blocked by spamhaus", Reason.BLOCKED),
        (("Permanent", "OnAccountSuppressionList"), "", Reason.FILTERED),
        (("Transient", "MailboxFull"), "", Reason.MAILBOX_FULL),
        (("Transient", "General"), "", Reason.UNKNOWN),
        (("Undetermined", "Undetermined"), "", Reason.UNKNOWN),
        (("New", "Kind"), "", Reason.UNKNOWN),
    ],
)
def test_bounces_of_ses(sort: tuple[str, str], words: str, reason: Reason) -> None:
    event = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": sort[0],
            "bounceSubType": sort[1],
            "bouncedRecipients": [
                {"emailAddress": "a@x.example", "diagnosticCode": words},
                {"emailAddress": "b@x.example", "diagnosticCode": words},
            ],
        },
        "mail": {
            "messageId": "0102-abc",
            "headers": [{"name": "Message-ID", "value": "<ours@berg.example>"}],
            "commonHeaders": {"subject": "Re: News"},
        },
    }
    found = said(Ses(), event)
    assert found.notice is not None
    assert [each.recipient for each in found.notice.recipients] == ["a@x.example", "b@x.example"]
    assert {each.reason for each in found.notice.recipients} == {reason}
    assert found.clues.ids == ("ours@berg.example", "0102-abc")
    assert found.clues.subject == "news"


def test_what_is_delayed_or_no_complaint_is_no_bounce_and_none() -> None:
    delayed = {
        "eventType": "DeliveryDelay",
        "deliveryDelay": {
            "delayedRecipients": [{"emailAddress": "a@x.example", "status": "4.4.1"}]
        },
        "mail": {},
    }
    assert said(Ses(), delayed).kind is Kind.DELAY
    mild = json.loads(json.dumps(COMPLAINT["ses"]))
    mild["complaint"]["complaintFeedbackType"] = "not-spam"
    assert said(Ses(), mild).kind is Kind.AUTOMATIC
    assert said(Ses(), {"eventType": "Something New", "mail": {}}).kind is Kind.AUTOMATIC


def test_a_mail_that_ses_put_elsewhere_is_named() -> None:
    arrival = only(Ses(), Ses().event({"notificationType": "Received", "mail": {}}))
    with pytest.raises(ValueError, match="publish to SNS"):
        read_event("ses", arrival.raw)


# Postmark


@pytest.mark.parametrize(
    "login",
    ["", "Basic", "Basic !!!", "Bearer x", "basic " + base64.b64encode(b"hook:other").decode()],
)
def test_postmarks_password(login: str) -> None:
    request = replace(Postmark().event(DEAD["postmark"]), headers={"authorization": login})
    with pytest.raises(Forged, match="password"):
        receiver(Postmark()).receive(request, NOW)
    with pytest.raises(Forged, match="password"):
        receiver(Postmark()).glance(request.headers)


@pytest.mark.parametrize(
    ("kind", "details", "expected", "reason"),
    [
        ("HardBounce", "", Kind.BOUNCE, Reason.USER_UNKNOWN),
        ("HardBounce", "550 5.7.1 rejected as spam", Kind.BOUNCE, Reason.SPAM),
        ("SoftBounce", "", Kind.BOUNCE, Reason.UNKNOWN),
        ("SpamNotification", "", Kind.BOUNCE, Reason.SPAM),
        ("DMARCPolicy", "", Kind.BOUNCE, Reason.AUTHENTICATION),
        ("Transient", "", Kind.DELAY, Reason.UNKNOWN),
        ("SomethingNew", "", Kind.BOUNCE, Reason.UNKNOWN),
        ("SpamComplaint", "", Kind.COMPLAINT, None),
        ("Unsubscribe", "", Kind.OPT_OUT, None),
        ("AutoResponder", "", Kind.ACKNOWLEDGEMENT, None),
        ("AddressChange", "", Kind.LEFT, None),
        ("ManuallyDeactivated", "", Kind.AUTOMATIC, None),
    ],
)
def test_bounces_of_postmark(
    kind: str, details: str, expected: Kind, reason: Reason | None
) -> None:
    found = said(Postmark(), {**DEAD["postmark"], "Type": kind, "Details": details})
    assert (found.kind, found.rule) == (expected, f"postmark:{kind}")
    if reason is not None:
        assert found.notice is not None
        assert found.notice.recipients[0].reason is reason


def test_only_their_own_wish_is_an_opt_out() -> None:
    wish = OPT_OUT["postmark"]
    for change in (
        {"Origin": "Customer"},
        {"SuppressionReason": "HardBounce"},
        {"SuppressSending": False},
    ):
        assert said(Postmark(), {**wish, **change}).kind is Kind.AUTOMATIC


def test_the_notice_within_a_bounce_names_our_mail() -> None:
    dump = (
        "From: MAILER-DAEMON@mx.example\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ada@example.com\n"
        "Action: failed\nStatus: 5.1.1\n\n"
        "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours@berg.example>\n--b--\n"
    )
    found = said(Postmark(), {**DEAD["postmark"], "Content": dump})
    assert "ours@berg.example" in found.clues.ids


def test_a_mail_without_its_source_is_named() -> None:
    arrival = only(Postmark(), Postmark().event({"FromFull": {"Email": "a@b.example"}}))
    with pytest.raises(ValueError, match="switch on raw content"):
        read_event("postmark", arrival.raw)


# Mailgun


def test_a_signature_of_mailguns_is_good_for_as_long_as_it_tries() -> None:
    receives = receiver(Mailgun())
    for age in (timedelta(0), timedelta(hours=8), timedelta(minutes=-2)):
        assert receives.receive(Mailgun().event(DEAD["mailgun"], at=NOW - age), NOW)
    for age in (GOOD_FOR + timedelta(minutes=1), timedelta(minutes=-6), timedelta(days=400)):
        with pytest.raises(Forged, match="too old"):
            receives.receive(Mailgun().event(DEAD["mailgun"], at=NOW - age), NOW)


def test_a_signature_that_was_seen_brings_nothing_new_whatever_it_is_put_on() -> None:
    once = only(Mailgun(), Mailgun().event(DEAD["mailgun"], 3))
    stolen = only(Mailgun(), Mailgun().event(COMPLAINT["mailgun"], 3))
    assert once.mark("mailgun") == stolen.mark("mailgun")


@pytest.mark.parametrize(
    ("severity", "reason", "expected", "why"),
    [
        ("temporary", "generic", Kind.DELAY, Reason.UNKNOWN),
        ("permanent", "suppress-bounce", Kind.BOUNCE, Reason.USER_UNKNOWN),
        ("permanent", "old", Kind.BOUNCE, Reason.EXPIRED),
        ("permanent", "something-new", Kind.BOUNCE, Reason.UNKNOWN),
        ("permanent", "suppress-complaint", Kind.COMPLAINT, None),
        ("permanent", "suppress-unsubscribe", Kind.OPT_OUT, None),
    ],
)
def test_failures_of_mailgun(
    severity: str, reason: str, expected: Kind, why: Reason | None
) -> None:
    event = {"event": "failed", "severity": severity, "reason": reason, "recipient": "a@x.example"}
    found = said(Mailgun(), event)
    assert found.kind is expected
    if why is not None:
        assert found.notice is not None
        assert found.notice.recipients[0].reason is why


def test_a_route_must_forward_the_whole_mail() -> None:
    request = Mailgun().mail(b"x", "a@b.example")
    request = replace(request, body=request.body.replace(b"body-mime", b"body-plain"))
    with pytest.raises(Unusable, match="/mime"):
        receiver(Mailgun()).receive(request, NOW)


# SendGrid


def test_a_batch_brings_each_of_its_events() -> None:
    events = [
        {"sg_event_id": "a", **DEAD["sendgrid"]},
        {"sg_event_id": "b", **READ["sendgrid"]},
        {"sg_event_id": "c", **COMPLAINT["sendgrid"]},
        {"event": "bounce"},
        "nonsense",
    ]
    found = receiver(SendGrid()).receive(SendGrid().event(events), NOW)
    assert [each.event_id for each in found][:2] == ["a", "c"]
    assert len({each.mark("sendgrid") for each in found}) == 4
    with pytest.raises(Unusable, match="no list"):
        receiver(SendGrid()).receive(SendGrid().event([{}] * 5001), NOW)


def test_what_is_not_signed_is_refused_before_its_body_comes() -> None:
    with pytest.raises(Forged, match="not signed"):
        receiver(SendGrid()).glance({"content-type": "application/json"})


@pytest.mark.parametrize(
    ("change", "expected", "reason"),
    [
        ({"type": "blocked", "status": "", "reason": ""}, Kind.BOUNCE, Reason.BLOCKED),
        (
            {"status": "", "reason": "", "bounce_classification": "Invalid Address"},
            Kind.BOUNCE,
            Reason.USER_UNKNOWN,
        ),
        ({"status": "", "reason": ""}, Kind.BOUNCE, Reason.UNKNOWN),
        ({"event": "dropped", "reason": "Bounced Address"}, Kind.BOUNCE, None),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Kind.OPT_OUT, None),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Kind.COMPLAINT, None),
        ({"event": "deferred", "status": "", "reason": ""}, Kind.DELAY, None),
        ({"event": "group_unsubscribe"}, Kind.OPT_OUT, None),
        ({"event": "group_resubscribe"}, Kind.AUTOMATIC, None),
        ({"event": "account_status_change"}, Kind.AUTOMATIC, None),
    ],
)
def test_events_of_sendgrid(change: dict[str, str], expected: Kind, reason: Reason | None) -> None:
    found = said(SendGrid(), {**DEAD["sendgrid"], **change})
    assert found.kind is expected
    if reason is not None:
        assert found.notice is not None
        assert found.notice.recipients[0].reason is reason


def test_an_address_that_bounced_before_is_no_proof_of_a_dead_one() -> None:
    dropped = {"event": "dropped", "reason": "Bounced Address", "email": "a@x.example"}
    found = said(SendGrid(), dropped)
    assert found.notice is not None
    assert found.notice.recipients[0].severity is Severity.SOFT


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_what_is_no_form_is_said_to_be_none(kind: str) -> None:
    with pytest.raises(Unusable):
        receiver(SendGrid()).receive(SendGrid().request(kind, b"--x\r\nbroken"), NOW)


def test_a_form_of_endless_fields_is_refused() -> None:
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nv\r\n' % n for n in range(1500)
    )
    with pytest.raises(Unusable, match="too many"):
        receiver(SendGrid()).receive(
            SendGrid().request("multipart/form-data; boundary=x", body + b"--x--\r\n"), NOW
        )


# Fetching


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "file:///etc/passwd", "ftp://x/y"])
def test_nothing_but_https_is_fetched(url: str) -> None:
    with pytest.raises(OSError, match="https"):
        fetching.fetch(url)
