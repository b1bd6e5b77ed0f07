"""Answering in the thread that they wrote in."""

from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from outreach.domain.causes import Cause, Step
from outreach.domain.effects import Kind
from outreach.domain.feedback import Fault, Outcome, Verdict
from outreach.domain.mailing import Sender
from outreach.domain.pacing import Limit, Pace, Rate
from outreach.errors import NotFoundError, RefusedError, UnavailableError, UsageError
from outreach.rendering.dkim import SigningKey, generate_key, load_key, verify_message
from outreach.services import campaigns, threads
from outreach.services.pacing import Pacer
from outreach.services.threads import answered_subject
from outreach.storage import contacts, decisions, keys, suppressions
from outreach.storage.database import Database
from outreach.storage.inbox import State
from outreach.testing import FrozenClock, MemoryTransport
from outreach.transport.base import Receipt
from tests.services.post import ANNA, Post

SENDER = Sender("Anna Berg", ANNA)


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


def answer(
    post: Post,
    transport: MemoryTransport,
    text: str = "Gladly: Tuesday?",
    pace: Pace | None = None,
    keys: Sequence[SigningKey] = (),
) -> Receipt:
    written = threads.draft(post.inbox, "ada@example.com")
    return send(post, transport, written, text, pace=pace, keys=keys)


def send(
    post: Post,
    transport: MemoryTransport,
    written: threads.Draft,
    text: str = "Gladly: Tuesday?",
    *,
    pace: Pace | None = None,
    keys: Sequence[SigningKey] = (),
) -> Receipt:
    return threads.send(
        post.inbox,
        transport,
        SENDER,
        written,
        text,
        message_id="<answer1@berg.example>",
        by="anna",
        pacer=Pacer(pace or Pace(), transport.name, connections=1),
        keys=keys,
    )


def test_an_answer_is_signed_like_all_mail_and_counts_for_the_rate(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(answers=sent["ada"])
    key = load_key(generate_key("rsa"), domain="berg.example", selector="s1", source="test")
    transport = MemoryTransport()
    answer(post, transport, pace=Pace(transport=Limit(Rate.parse("60/hour"))), keys=[key])
    (went,) = transport.sent
    (signature,) = verify_message(went.data, {key.dns_name: key.dns_value}.get)
    assert signature.fault is None
    assert all(map(signature.covers, ("From", "To", "Subject", "In-Reply-To")))
    [(level,)] = post.rows("SELECT level FROM lanes")
    assert level == 0


def test_an_answer_goes_into_their_thread_and_stops_the_clock(post: Post) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(
        words="Could we speak?",
        answers=sent["ada"],
        headers={"References": "<first@mail.example> <second@mail.example>"},
    )
    post.clock.advance(hours=1)
    transport = MemoryTransport()
    answer(post, transport)
    (went,) = transport.sent
    mail = message_from_bytes(went.data, policy=default)
    assert (went.envelope.sender, went.envelope.recipient) == (ANNA, "ada@example.com")
    assert mail["In-Reply-To"] == "<m1@mail.example>"
    assert mail["References"].split() == [
        "<first@mail.example>",
        "<second@mail.example>",
        "<m1@mail.example>",
    ]
    assert mail["Subject"] == "Re: News for Ada"
    assert mail["List-Unsubscribe"] is None
    assert mail["Auto-Submitted"] is None
    shown = post.inbox.show(theirs.id).item
    assert (shown.state, shown.answered_at) == (State.DONE, post.clock())
    assert post.contact().last_personal == post.clock()
    assert post.rows("SELECT by FROM touches WHERE direction = 'out' AND personal")[0][0] == "anna"
    with post.database.read() as session:
        newest = decisions.of_contact(session, post.contact().id)[-1]
    assert (newest.verdict, newest.rule) == ("allow", threads.ANSWERS_THEIRS)
    # It counts against no cap.
    post.clock.advance(days=9)
    post.transport.sent.clear()


def test_the_copy_in_the_sent_folder_is_the_same_mail(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(answers=sent["ada"])
    transport = MemoryTransport()
    answer(post, transport)
    copy = b"X-Saved-By: server\r\n" + transport.sent[0].data
    again = post.take(copy, is_ours=True)
    assert again.mailbox == "anna"
    assert again.kind is Kind.ANSWER
    assert len(post.inbox.listing(kinds=[Kind.ANSWER])) == 1
    their_next = post.write(answers="answer1@berg.example", subject="Re: Re: News")
    assert (their_next.email, their_next.rung) == ("ada@example.com", "thread-id")


def test_what_was_not_taken_is_not_recorded(post: Post) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(answers=sent["ada"])
    transport = MemoryTransport()
    transport.answer = lambda _envelope, _data: transport.reply("451 4.3.0 try later")
    with pytest.raises(UnavailableError, match="was not taken"):
        answer(post, transport)
    assert post.inbox.show(theirs.id).item.state is State.OPEN
    assert post.inbox.listing(kinds=[Kind.ANSWER]) == []


def test_what_may_have_gone_is_recorded_and_said(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(answers=sent["ada"])
    transport = MemoryTransport()
    silent = Verdict(Outcome.UNCERTAIN, Fault.CONNECTION, Cause.NETWORK)
    transport.answer = lambda _e, _d: Receipt.of(silent, Step.CONTENT, "memory", text="silence")
    with pytest.raises(UnavailableError, match="may or may not"):
        answer(post, transport)
    assert len(post.inbox.listing(kinds=[Kind.ANSWER])) == 1


def test_while_all_sending_is_halted_nobody_is_answered(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(answers=sent["ada"])
    transport = MemoryTransport()
    written = threads.draft(post.inbox, "ada@example.com")
    campaigns.halt(post.database, "bert", "wrong link", post.clock())
    with pytest.raises(RefusedError, match="halted by bert"):
        answer(post, transport)
    # Nor where somebody halts it while the answer is being written.
    with pytest.raises(RefusedError, match="halted by bert"):
        send(post, transport, written)
    assert transport.sent == []
    assert post.inbox.listing(kinds=[Kind.ANSWER]) == []
    campaigns.lift_halt(post.database, "bert", post.clock())
    answer(post, transport)
    assert len(transport.sent) == 1


def test_what_cannot_be_answered(post: Post) -> None:
    sent = post.mailing(["ada"])
    with pytest.raises(NotFoundError, match="has not written"):
        threads.draft(post.inbox, "ada@example.com")
    stranger = post.write("x@y.example", answers=sent["ada"])
    with pytest.raises(UsageError, match="not from ada"):
        threads.draft(post.inbox, "ada@example.com", inbound_id=stranger.id)
    post.write(answers=sent["ada"])
    with pytest.raises(UsageError, match="empty"):
        answer(post, MemoryTransport(), " \n ")
    post.complain("ada@example.com", sent["ada"])
    with pytest.raises(RefusedError, match="never to be mailed"):
        threads.draft(post.inbox, "ada@example.com")


@pytest.mark.parametrize(
    ("replies_to", "goes_to"),
    [
        (None, "ada@home.example"),
        ("ada@example.com", "ada@home.example"),
        ("ada@office.example", "ada@office.example"),
    ],
)
def test_an_address_that_bounced_is_passed_over(
    post: Post, replies_to: str | None, goes_to: str
) -> None:
    sent = post.mailing(["ada"])
    contact_id = post.contact().id
    with post.database.write() as session:
        for address in ("ada@home.example", "ada@office.example"):
            contacts.add_address(session, contact_id, address, post.clock())
    post.bounce("ada@example.com", sent["ada"])
    assert post.contact().suppressed
    headers = {"Reply-To": replies_to} if replies_to else {}
    post.write("Ada <Ada@home.example>", "Can you call?", subject="Hello", headers=headers)
    assert threads.draft(post.inbox, "ada@example.com").address.lower() == goes_to


def test_where_every_address_is_closed_nothing_goes(post: Post) -> None:
    sent = post.mailing(["ada"])
    with post.database.write() as session:
        found = contacts.find(session, "ada@example.com")
        assert found is not None
        contacts.add_address(session, found, "ada@home.example", post.clock())
    post.write("ada@home.example", "Can you call?", subject="Hello")
    post.bounce("ada@home.example", sent["ada"])
    # Their main address is as good as any.
    assert threads.draft(post.inbox, "ada@example.com").address == "ada@example.com"
    post.bounce("ada@example.com", sent["ada"])
    with pytest.raises(RefusedError, match=r"ada@home\.example is on the list"):
        threads.draft(post.inbox, "ada@example.com")


@pytest.mark.parametrize("said", ["complaint", "manual"])
def test_what_a_person_wants_of_one_address_holds_for_all(post: Post, said: str) -> None:
    post.mailing(["ada"])
    contact_id = post.contact().id
    with post.database.write() as session:
        contacts.add_address(session, contact_id, "ada@home.example", post.clock())
        suppressions.suppress(
            session,
            "ada@example.com",
            keys.secrets(session, post.clock()),
            reason=said,
            source="anna",
            detail=None,
            now=post.clock(),
        )
    post.write("ada@home.example", "Can you call?", subject="Hello")
    with pytest.raises(RefusedError, match="never to be mailed"):
        threads.draft(post.inbox, "ada@example.com")


@pytest.mark.parametrize(
    ("headers", "before"),
    [
        ({}, ()),
        ({"In-Reply-To": "<ours@x>"}, ("<ours@x>",)),
        ({"In-Reply-To": "<ours@x> <other@x>"}, ()),
        ({"In-Reply-To": "<ours@x>", "References": "<a@x> <b@x>"}, ("<a@x>", "<b@x>")),
    ],
    ids=str,
)
def test_the_thread_of_an_answer_goes_back_to_its_beginning(
    post: Post, headers: dict[str, str], before: tuple[str, ...]
) -> None:
    post.mailing(["ada"])
    post.write(headers=headers)
    written = threads.draft(post.inbox, "ada@example.com")
    assert (written.in_reply_to, written.references) == ("<m1@mail.example>", before)


def test_it_goes_where_they_want_it_if_that_is_theirs(post: Post) -> None:
    post.mailing(["ada"])
    post.write(subject="Hello", headers={"Reply-To": "thief@else.example"})
    assert threads.draft(post.inbox, "ada@example.com").address == "ada@example.com"


def test_somebody_known_who_may_get_no_newsletter_is_answered(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(words="Please unsubscribe me.", answers=sent["ada"])
    post.clock.advance(hours=1)
    transport = MemoryTransport()
    answer(post, transport, "Done. I am sorry for the noise.")
    assert len(transport.sent) == 1


def test_a_quotation_has_their_words_and_no_more(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(words="First line.\n\nSecond.\n\n> old", answers=sent["ada"])
    quoted = threads.draft(post.inbox, "ada@example.com").quoted
    assert quoted.splitlines()[0].startswith("On 2026-12-01 at 10:00, ")
    assert quoted.splitlines()[1:] == ["> First line.", ">", "> Second."]


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Hello", "Re: Hello"),
        ("Re: Hello", "Re: Hello"),
        ("AW: Hallo", "AW: Hallo"),
        ("RE[2]: Hello", "RE[2]: Hello"),
        ("Regards", "Re: Regards"),
        ("", "Re:"),
        ("a\r\nBcc: x@y.example", "Re: a Bcc: x@y.example"),
    ],
)
def test_the_subject_of_an_answer(subject: str, answered: str) -> None:
    assert answered_subject(subject) == answered


def test_an_answer_ten_days_late_still_stops_the_clock(post: Post) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(answers=sent["ada"])
    post.clock.advance(days=10)
    answer(post, MemoryTransport())
    found = post.inbox.show(theirs.id).item
    assert found.answered_at is not None
    assert found.answered_at - found.received_at == timedelta(days=10)
