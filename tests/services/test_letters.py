"""Letters of ours: what they answer, wherever and whenever they are seen."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.effects import Kind
from outreach.inbound.sources import Received
from outreach.storage.database import Database
from outreach.storage.deeds import Effect
from outreach.storage.inbox import State
from outreach.testing import FrozenClock
from tests.services.post import ANNA, LINKS, Post


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


OURS = (
    f"From: {ANNA}\nTo: ada@example.com\nCc: {ANNA}\nSubject: Re: News\nMessage-ID: <ours@x>\n"
    "In-Reply-To: <m1@mail.example>\n\nGladly.\n"
).encode()


def test_our_answer_in_the_sent_folder_stops_the_clock(post: Post) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(answers=sent["ada"])
    post.clock.advance(hours=2)
    ours = post.write(
        ANNA, "Gladly.", to="ada@example.com", answers="m1@mail.example", is_ours=True
    )
    assert ours.kind is Kind.ANSWER
    assert ours.delivery_id == sent["ada"]
    answered = post.inbox.show(theirs.id).item
    assert (answered.state, answered.answered_at) == (State.DONE, post.clock())
    contact = post.contact()
    assert contact.last_out == contact.last_personal == post.clock()


def test_an_answer_that_was_read_before_the_question_stops_its_clock(post: Post) -> None:
    sent = post.mailing(["ada"])
    asked = post.clock()
    post.clock.advance(hours=1)
    post.write(ANNA, "Gladly.", to="ada@example.com", answers="m9@mail.example", is_ours=True)
    post.clock.advance(hours=1)
    item = post.write(answers=sent["ada"], at=asked)
    assert item.state is State.DONE
    assert item.answered_at == asked + timedelta(hours=1)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("answer_first", [True, False])
def test_folders_that_were_fetched_late_tell_by_their_dates(
    post: Post, answer_first: bool, named: bool
) -> None:
    post.mailing(["ada"])
    post.clock.advance(hours=2)

    def ask() -> None:
        headers = {"Message-ID": "<q@x>", "Date": "Tue, 01 Dec 2026 09:10:00 +0000"}
        post.write(words="Could we speak?", subject="Hello", headers=headers)

    def answer() -> None:
        headers = {"Date": "Tue, 01 Dec 2026 09:30:00 +0000"}
        thread = "q@x" if named else None
        post.write(
            ANNA, "Yes.", to="ada@example.com", headers=headers, answers=thread, is_ours=True
        )

    for step in (answer, ask) if answer_first else (ask, answer):
        step()
        post.clock.advance(seconds=1)
    (item,) = post.inbox.listing(kinds=[Kind.REPLY])
    assert item.state is State.DONE
    assert item.answered_at == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("read_first", [True, False])
def test_what_we_wrote_to_many_answers_nobody(post: Post, read_first: bool) -> None:
    post.mailing(["ada", "bo", "cy", "di", "ed", "flo"])
    asked = post.clock()
    post.clock.advance(hours=1)
    many = ", ".join(f"{name}@example.com" for name in ("ada", "bo", "cy", "di", "ed", "flo"))
    if not read_first:
        item = post.write(subject="A question", at=asked)
    sent_at = asked + timedelta(minutes=9)
    post.write(ANNA, "News.", to=many, subject="News", at=sent_at, is_ours=True)
    if read_first:
        item = post.write(subject="A question", at=asked)
    assert post.inbox.show(item.id).item.state is State.OPEN


def test_our_address_in_a_mail_that_came_in_proves_nothing(post: Post) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(answers=sent["ada"])
    forged = post.write(ANNA, "Answered.", to="ada@example.com", answers="m1@mail.example")
    assert (forged.state, forged.contact_id, post.did(forged)) == (State.FILED, None, [])
    assert post.inbox.show(theirs.id).item.state is State.OPEN


@pytest.mark.parametrize("at_once", [True, False])
def test_our_answer_may_be_seen_first_where_we_sent_ourselves_a_copy(
    post: Post, at_once: bool
) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(answers=sent["ada"])
    post.clock.advance(hours=1)
    copies = [
        Received(raw=OURS, received_at=post.clock(), folder=folder, is_ours=folder == "Sent")
        for folder in ("INBOX", "Sent", "INBOX", "Sent")
    ]
    if at_once:
        post.inbox._take_all("anna", copies)
    else:
        for each in copies:
            post.inbox.take("anna", each)
    (ours,) = post.inbox.listing(kinds=[Kind.ANSWER])
    assert (ours.email, ours.rule, ours.state) == ("ada@example.com", "sent-folder", State.FILED)
    assert post.did(ours) == [Effect.TOUCH, Effect.STOP_CLOCK]
    assert post.inbox.show(theirs.id).item.state is State.DONE
    assert post.contact().last_out == post.clock()


def test_what_we_wrote_from_an_address_nobody_knew_is_ours_once_it_is_seen_among_our_own(
    post: Post,
) -> None:
    post.mailing(["ada"])
    raw = OURS.replace(f"From: {ANNA}".encode(), b"From: a.berg@home.example")
    assert post.take(raw).state is State.REVIEW
    ours = post.take(raw, is_ours=True)
    assert (ours.kind, ours.state, ours.email) == (Kind.ANSWER, State.FILED, "ada@example.com")


@pytest.mark.parametrize("corrected", [True, False])
def test_a_mail_of_theirs_among_our_own_stays_theirs(post: Post, corrected: bool) -> None:
    post.mailing(["ada"])
    sender = "who@else.example" if corrected else "ada@example.com"
    raw = f"From: {sender}\nTo: {ANNA}\nSubject: Hm\nMessage-ID: <1@x>\n\nWell?\n".encode()
    item = post.take(raw)
    if corrected:
        post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    before = post.inbox.show(item.id)
    post.take(raw, is_ours=True)
    assert post.inbox.show(item.id) == before


def test_a_copy_of_a_mailing_in_the_sent_folder_is_no_letter(post: Post) -> None:
    sent = post.mailing(["ada"])
    copy = post.write(
        ANNA,
        to="ada@example.com",
        headers={"Message-ID": LINKS.message_id(sent["ada"])},
        is_ours=True,
    )
    assert (copy.state, post.did(copy)) == (State.FILED, [])


def test_what_was_answered_before_it_was_known_to_be_a_reply_starts_no_clock(post: Post) -> None:
    post.mailing(["ada"])
    item = post.write(
        words="Thanks for your mail. Could we speak?", headers={"Auto-Submitted": "auto-replied"}
    )
    assert item.kind is not Kind.REPLY
    post.clock.advance(hours=1)
    post.write(ANNA, "Yes.", to="ada@example.com", answers="m1@mail.example", is_ours=True)
    post.clock.advance(hours=1)
    found = post.inbox.reclass(item.id, Kind.REPLY, by="anna").item
    assert (found.state, found.answered_at) == (State.DONE, post.clock() - timedelta(hours=1))


@pytest.mark.parametrize("add_address", [True, False])
@pytest.mark.parametrize(
    ("to", "thread", "answered"),
    [
        ("ada@home.example", "m1@mail.example", True),
        ("ada@home.example, ada@example.com", "m1@mail.example", True),
        ("ada@example.com", "m1@mail.example", True),
        ("ada@home.example", None, "with the address"),
        ("ada@example.com", None, False),
    ],
)
def test_what_was_answered_before_it_was_known_whose_it_is_starts_no_clock(
    post: Post, to: str, thread: str | None, answered: bool | str, add_address: bool
) -> None:
    post.mailing(["ada"])
    item = post.write("Ada <Ada@home.example>", "Can you help me?", subject="Hello")
    post.clock.advance(hours=1)
    post.write(ANNA, "Yes.", to=to, answers=thread, subject="Re: Hello", is_ours=True)
    post.clock.advance(hours=1)
    changed = post.inbox.assign(item.id, "ada@example.com", by="anna", add_address=add_address)
    expected = add_address if answered == "with the address" else answered
    assert changed.item.state is (State.DONE if expected else State.OPEN)
    if expected:
        assert post.contact().last_out == post.clock() - timedelta(hours=1)
