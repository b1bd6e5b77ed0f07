"""What a provider tells does what a mail with the same news does, once."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from outreach.domain.effects import Kind
from outreach.inbound.webhooks import Forged, Request
from outreach.storage.database import Database
from outreach.storage.deeds import Effect
from outreach.storage.inbox import Item, State
from outreach.testing import FrozenClock
from tests.inbound.webhooks.senders import (
    COMPLAINT,
    DEAD,
    DELIVERED,
    OPT_OUT,
    SENDERS,
    Postmark,
    Sender,
    SendGrid,
    Ses,
    name_of,
    receiver,
)
from tests.services.desk import add_contacts, new_campaign
from tests.services.post import ANNA, LINKS, Post, message_id_of

each_provider = pytest.mark.parametrize("sender", SENDERS, ids=name_of)


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


def told(post: Post, sender: Sender, request: Request) -> Item:
    (taken,) = post.inbox.post("hook", sender.name, receiver(sender), request)
    return post.inbox.show(taken.id).item


@each_provider
def test_a_dead_address_is_suppressed_by_the_providers_word(post: Post, sender: Sender) -> None:
    post.mailing(["ada"])
    item = told(post, sender, sender.event(DEAD[sender.name]))
    assert (item.kind, item.state, item.email) == (Kind.BOUNCE, State.FILED, "ada@example.com")
    assert item.rule.startswith(f"{sender.name}:")
    assert post.suppressed() == {"ada@example.com": "bounce"}


@each_provider
def test_what_is_told_twice_is_done_once(post: Post, sender: Sender) -> None:
    post.mailing(["ada"])
    request = sender.event(DEAD[sender.name])
    first = told(post, sender, request)
    rows = post.rows("SELECT count(*) FROM bounces")[0][0]
    (again,) = post.inbox.post("hook", sender.name, receiver(sender), request)
    assert (again.id, again.new) == (first.id, False)
    assert post.rows("SELECT count(*) FROM bounces")[0][0] == rows == 1
    assert post.rows("SELECT count(*) FROM inbound")[0][0] == 1


@each_provider
def test_a_complaint_suppresses_and_an_opt_out_is_heeded(post: Post, sender: Sender) -> None:
    post.mailing(["ada", "bo"])
    told(post, sender, sender.event(OPT_OUT[sender.name], 1))
    assert post.contact().opted_out == {"newsletters", "check-ins", "items"}
    # Nobody wrote anything.
    assert post.contact().last_in is None
    post.clock.advance(days=10)
    post.transport.sent.clear()
    post.work(post.approved(new_campaign("newsletter@2027-01")))
    assert [address for address, _ in post.transport.sent] == ["bo@example.com"]
    told_at = post.clock()
    post.clock.now = told_at.replace(year=2026, month=12, day=1, hour=9)
    told(post, sender, sender.event(COMPLAINT[sender.name], 2))
    assert post.suppressed() == {"ada@example.com": "complaint"}


@each_provider
def test_a_delivery_is_kept_and_does_nothing(post: Post, sender: Sender) -> None:
    post.mailing(["ada"])
    before = post.contact()
    item = told(post, sender, sender.event(DELIVERED[sender.name]))
    assert (item.kind, item.state, post.did(item)) == (Kind.RECEIPT, State.FILED, [])
    assert post.contact() == before


@each_provider
@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_an_address_of_nobody_is_suppressed_before_somebody_brings_it(
    post: Post, sender: Sender, reason: str
) -> None:
    words = (DEAD if reason == "bounce" else COMPLAINT)[sender.name]
    item = told(post, sender, sender.event(words))
    assert (item.contact_id, item.state) == (None, State.FILED)
    assert post.rows("SELECT count(*) FROM contacts")[0][0] == 0
    assert post.suppressed() == {"ada@example.com": reason}
    add_contacts(post.database, ["ada", "bo"], post.clock())
    assert (post.contact().suppressed, post.contact("bo").suppressed) == (True, False)
    # It can be taken back like all that a mail does.
    post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {}


def test_what_is_not_final_suppresses_no_address_of_nobody(post: Post) -> None:
    sender = SENDERS[0]
    told(post, sender, sender.event(DELIVERED[sender.name]))
    item = told(post, sender, sender.event(OPT_OUT[sender.name], 2))
    assert (item.state, post.suppressed()) == (State.REVIEW, {})


def test_a_mail_that_proves_nothing_suppresses_no_address_of_nobody(post: Post) -> None:
    post.bounce("nobody@example.com", None)
    assert post.complain("nobody@example.com", None).state is State.REVIEW
    assert post.suppressed() == {}


@each_provider
def test_a_mail_is_a_mail_however_it_comes(post: Post, sender: Sender) -> None:
    sent = post.mailing(["ada"])
    raw = (
        f"From: ada@example.com\r\nTo: {ANNA}\r\nSubject: Re: News\r\nMessage-ID: <one@x>\r\n"
        f"In-Reply-To: {message_id_of(sent['ada'])}\r\n\r\nYes, gladly.\r\n"
    ).encode()
    item = told(post, sender, sender.mail(raw, ANNA))
    assert (item.kind, item.state, item.rung) == (Kind.REPLY, State.OPEN, "thread-id")
    assert item.words == "Yes, gladly."
    assert post.inbox.show(item.id).raw.endswith(raw)
    # It also lies in a mailbox.
    assert post.take(raw).id == item.id


@each_provider
def test_the_address_that_a_mail_was_sent_to_ties_it(post: Post, sender: Sender) -> None:
    sent = post.mailing(["ada"])
    bounce = LINKS.envelope_sender(sent["ada"])
    assert bounce is not None
    raw = b"From: ada@example.com\r\nSubject: Hm\r\nMessage-ID: <1@x>\r\n\r\nWhat is this?\r\n"
    item = told(post, sender, sender.mail(raw, bounce))
    assert (item.rung, item.delivery_id) == ("address-token", sent["ada"])


@each_provider
def test_what_is_forged_is_not_recorded(post: Post, sender: Sender) -> None:
    post.mailing(["ada"])
    request = sender.event(COMPLAINT[sender.name])
    if isinstance(sender, Postmark):
        request = replace(request, headers={})
    else:
        request = replace(request, body=request.body.replace(b"a", b"b"))
    with pytest.raises(Forged):
        post.inbox.post("hook", sender.name, receiver(sender), request)
    assert post.rows("SELECT count(*) FROM inbound")[0][0] == 0
    assert post.suppressed() == {}


def test_an_event_is_corrected_by_a_person_like_a_mail(post: Post) -> None:
    post.mailing(["ada"])
    item = told(post, Postmark(), Postmark().event(DEAD["postmark"]))
    changed = post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna").item
    assert (changed.kind, post.suppressed()) == (Kind.AUTOMATIC, {})
    again = post.inbox.reclass(item.id, Kind.BOUNCE, by="anna").item
    assert again.kind is Kind.BOUNCE
    assert post.suppressed() == {"ada@example.com": "bounce"}
    assert Effect.BOUNCE in post.did(again)


def test_an_event_that_is_not_understood_is_kept_for_a_person(post: Post) -> None:
    sender = SendGrid()
    events: list[Mapping[str, Any]] = [{"sg_event_id": "a", "email": "ada@example.com"}]
    item = told(post, sender, sender.event(events))
    assert (item.kind, item.state) == (Kind.UNREADABLE, State.REVIEW)
    assert b"ada@example.com" in post.inbox.show(item.id).raw


def test_a_mail_that_looks_like_an_event_is_a_mail(post: Post) -> None:
    post.mailing(["ada"])
    raw = Postmark().event(COMPLAINT["postmark"]).body
    item = post.take(b"From: x@y.example\nContent-Type: application/json\n\n" + raw)
    assert item.kind is Kind.REPLY
    assert post.suppressed() == {}


def test_a_bounce_of_our_own_mail_is_tied_to_its_delivery(post: Post) -> None:
    sent = post.mailing(["ada"])
    event = {**DEAD["sendgrid"], "smtp-id": message_id_of(sent["ada"])}
    item = told(post, SendGrid(), SendGrid().event(event))
    assert (item.rung, item.delivery_id) == ("thread-id", sent["ada"])
    assert post.rows("SELECT bounce FROM deliveries")[0][0] == "hard: user-unknown"


SES_ID = "0102018c5a9f3e21-7f5b2c1d-1111-2222-3333-444455556666-000000"


def taken_by_ses(post: Post, delivery: int, said: str = f"Ok {SES_ID}") -> None:
    with post.database.write() as session:
        session.execute(
            text("UPDATE deliveries SET reply_text = :said WHERE id = :id"),
            {"said": said, "id": delivery},
        )


def test_the_id_that_ses_gave_our_mail_ties_its_events_and_answers(post: Post) -> None:
    """SES puts an id of its own in the place of our Message-ID."""
    sent = post.mailing(["ada", "bo"])
    taken_by_ses(post, sent["ada"])
    event = json.loads(json.dumps(DEAD["ses"]))
    event["mail"]["messageId"] = SES_ID
    item = told(post, Ses(), Ses().event(event))
    assert (item.rung, item.delivery_id) == ("provider-id", sent["ada"])
    answer = post.write(
        answers=f"{SES_ID}@eu-west-1.amazonses.com", subject="Something else altogether"
    )
    assert (answer.rung, answer.delivery_id) == ("provider-id", sent["ada"])
    # Whoever else has the id is not the reader.
    other = post.write("x@else.example", answers=f"{SES_ID}@eu-west-1.amazonses.com", subject="y")
    assert (other.contact_id, other.state) == (None, State.REVIEW)


@pytest.mark.parametrize(
    ("said", "guessed"),
    [
        ("2.0.0 Ok: queued as 4XyZabcDefGh123", "4XyZabcDefGh123"),
        (
            "2.0.0 ok from mail-lj1-f1801234567.google.example",
            "mail-lj1-f1801234567.google.example",
        ),
        ("2.0.0 message-accepted-for-delivery", "message-accepted-for-delivery"),
    ],
)
def test_what_can_be_guessed_ties_nothing(post: Post, said: str, guessed: str) -> None:
    sent = post.mailing(["ada"])
    taken_by_ses(post, sent["ada"], said)
    item = post.write(answers=f"{guessed}@mx.example", subject="Something else altogether")
    assert (item.rung, item.delivery_id) == ("sender", None)
