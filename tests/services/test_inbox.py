"""The inbox on both databases: what each kind of mail does, once, and how it is taken back."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from outreach.domain.contact import Contact
from outreach.domain.effects import Kind
from outreach.domain.links import Links, Signer
from outreach.domain.mailing import MailKind
from outreach.domain.touches import SUMMARIES
from outreach.domain.working_time import WorkingTime
from outreach.errors import NotFoundError, UnavailableError, UsageError
from outreach.inbound.sources import Position, Received, fingerprint
from outreach.services import arrivals, merging
from outreach.services import contacts as people
from outreach.services import inbox as service
from outreach.services.deeds import Deed
from outreach.services.inbox import Inbox
from outreach.storage import contacts, suppressions, touches
from outreach.storage.database import Database
from outreach.storage.deeds import Effect
from outreach.storage.inbox import Item, State
from outreach.testing import FrozenClock
from tests.services.desk import TIERS, Desk, add_contacts, new_campaign

LINKS = Links(
    signer=Signer(["secret"]),
    domain="berg.example",
    unsubscribe_address="anna@berg.example",
    bounce_address="bounce@berg.example",
)
ANNA = "anna@berg.example"


class Post(Desk):
    """A desk with an inbox, to which tests deliver."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        super().__init__(database, clock)
        self.inbox = Inbox(
            database,
            LINKS,
            TIERS,
            WorkingTime(ZoneInfo("Europe/Berlin")),
            own=[ANNA],
            clock=clock,
        )
        self.number = 0

    def mailing(self, names: Iterable[str], **changes: Any) -> dict[str, int]:
        """Send a campaign to new clients; return their deliveries by name."""
        add_contacts(self.database, names, self.clock())
        self.work(self.approved(new_campaign(**changes)))
        rows = self.rows("SELECT id, address FROM deliveries ORDER BY id")
        return {address.partition("@")[0]: delivery_id for delivery_id, address in rows}

    def take(self, raw: bytes, **how: Any) -> Item:
        received = Received(raw=raw, received_at=how.pop("at", self.clock()), folder="INBOX", **how)
        taken = self.inbox.take("anna", received)
        return self.inbox.show(taken.id).item

    def write(
        self,
        sender: str = "ada@example.com",
        words: str = "Thank you, I will think about it.",
        *,
        to: str = ANNA,
        answers: int | str | None = None,
        subject: str = "Re: News for Ada",
        headers: Mapping[str, str] | None = None,
        **how: Any,
    ) -> Item:
        self.number += 1
        lines = {
            "From": sender,
            "To": to,
            "Subject": subject,
            "Message-ID": f"<m{self.number}@mail.example>",
            **({"In-Reply-To": _id(answers)} if answers is not None else {}),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\n" for name, value in lines.items())
        return self.take(f"{head}\n{words}\n".encode(), **how)

    def bounce(
        self, address: str, delivery: int | None, status: str = "5.1.1", said: str = "no such user"
    ) -> Item:
        self.number += 1
        returned = f"Message-ID: {_id(delivery)}\n" if delivery else "Subject: something\n"
        raw = (
            f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: {ANNA}\nSubject: Undelivered\n"
            f"Message-ID: <b{self.number}@mx.example>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
            "Reporting-MTA: dns; mx.example\n\n"
            f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; 550 {status} {said}\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n"
        )
        return self.take(raw.encode())

    def complain(self, address: str, delivery: int | None) -> Item:
        self.number += 1
        returned = f"Message-ID: {_id(delivery)}\n" if delivery else ""
        raw = (
            f"From: fbl@provider.example\nTo: {ANNA}\nSubject: complaint\n"
            f"Message-ID: <c{self.number}@provider.example>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
            "--b\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\n"
            f"Feedback-Type: abuse\nUser-Agent: test/1\nVersion: 1\nOriginal-Rcpt-To: {address}\n\n"
            f"--b\nContent-Type: message/rfc822\n\nFrom: {ANNA}\nTo: {address}\n{returned}"
            "Subject: News\n\nHello\n--b--\n"
        )
        return self.take(raw.encode())

    def contact(self, name: str = "ada") -> Contact:
        with self.database.read() as session:
            found = contacts.find(session, f"{name}@example.com")
            assert found is not None
            (contact,) = contacts.load(session, [found], self.clock())
        return contact

    def suppressed(self) -> dict[str | None, str]:
        with self.database.read() as session:
            return {each.address: each.reason for each in suppressions.listing(session)}

    def did(self, item: Item) -> list[str]:
        return [f"{each.effect}" for each in self.inbox.show(item.id).effects]


def _id(answers: int | str | None) -> str:
    if isinstance(answers, int):
        return LINKS.message_id(answers)
    return f"<{answers}>"


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


# Replies and the response clock


def test_a_reply_is_a_touch_and_starts_the_clock(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(answers=sent["ada"])
    assert (item.kind, item.state, item.rung) == (Kind.REPLY, State.OPEN, "thread-id")
    assert (item.email, item.delivery_id, item.campaign) == (
        "ada@example.com",
        sent["ada"],
        "newsletter@2026-12",
    )
    # Tuesday, 10:00 in Berlin; a client is answered within one working day.
    assert item.answer_by == datetime(2026, 12, 2, 16, 0, tzinfo=UTC)
    contact = post.contact()
    now = post.clock()
    assert (contact.last_in, contact.last_reply, contact.last_two_way) == (now, now, now)
    assert contact.last_personal == now


def test_the_stricter_promise_of_a_role_holds(post: Post) -> None:
    sent = post.mailing(["ada"])
    with post.database.write() as session:
        session.execute(text("UPDATE contacts SET tier = 'counsel'"))
    item = post.write(answers=sent["ada"])
    assert item.answer_by == post.clock() + timedelta(hours=4)


def test_the_same_mail_from_two_sources_is_one(post: Post) -> None:
    sent = post.mailing(["ada"])
    raw = (
        f"Received: from x\nFrom: ada@example.com\nTo: {ANNA}\nSubject: Re: News\n"
        f"Message-ID: <one@x>\nIn-Reply-To: {_id(sent['ada'])}\n\nYes.\nFrom now on.\n"
    ).encode()
    other = raw.replace(b"Received: from x\n", b"Delivered-To: anna\nX-Spam: no\n")
    other = b"From ada Tue Dec  1 09:00:00 2026\n" + other.replace(b"\nFrom now", b"\n>From now")
    first = post.take(raw)
    again = post.inbox.take("else", Received(raw=other, received_at=None, folder="mbox"))
    crlf = post.inbox.take(
        "pipe", Received(raw=raw.replace(b"\n", b"\r\n"), received_at=None, folder="")
    )
    assert (again.id, again.new, crlf.id, crlf.new) == (first.id, False, first.id, False)
    assert post.rows("SELECT count(*) FROM touches WHERE direction = 'in'")[0][0] == 1


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


def test_mail_of_long_ago_counts_and_starts_no_clock(post: Post) -> None:
    sent = post.mailing(["ada"])
    came = post.clock() - timedelta(days=60)
    item = post.write(answers=sent["ada"], at=came)
    assert (item.state, item.answer_by) == (State.FILED, None)
    assert post.contact().last_reply == came


def test_their_answer_to_our_own_mail_is_tied_to_them(post: Post) -> None:
    post.mailing(["ada"])
    post.write(ANNA, "How are you?", to="ada@example.com", subject="Hello", is_ours=True)
    item = post.write(subject="something else", answers="m1@mail.example")
    assert (item.kind, item.email, item.rung) == (Kind.REPLY, "ada@example.com", "thread-id")


def test_our_address_in_a_mail_that_came_in_proves_nothing(post: Post) -> None:
    sent = post.mailing(["ada"])
    theirs = post.write(answers=sent["ada"])
    forged = post.write(ANNA, "Answered.", to="ada@example.com", answers="m1@mail.example")
    assert (forged.state, forged.contact_id, post.did(forged)) == (State.FILED, None, [])
    assert post.inbox.show(theirs.id).item.state is State.OPEN


def test_a_copy_of_a_mailing_in_the_sent_folder_is_no_letter(post: Post) -> None:
    sent = post.mailing(["ada"])
    copy = post.write(
        ANNA,
        to="ada@example.com",
        headers={"Message-ID": LINKS.message_id(sent["ada"])},
        is_ours=True,
    )
    assert (copy.state, post.did(copy)) == (State.FILED, [])


def test_a_reply_calls_off_waiting_check_ins_only(post: Post) -> None:
    sent = post.mailing(["ada"])
    later = {"kind": MailKind.CHECKIN, "series": "check-in", "content_class": "give"}
    post.approved(new_campaign("check-in@1", **later))
    post.approved(new_campaign("newsletter@2027-01"))
    item = post.write(answers=sent["ada"])
    states = dict(
        post.rows(
            "SELECT c.key, d.state FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id"
        )
    )
    assert states["check-in@1"] == "cancelled"
    assert states["newsletter@2027-01"] != "cancelled"
    assert Effect.CANCEL_CHECKIN in post.did(item)


# Strangers and the unsure


def test_a_stranger_changes_nothing_about_the_contact(post: Post) -> None:
    sent = post.mailing(["ada"])
    before = post.contact()
    item = post.write("other@elsewhere.example", "Please unsubscribe me.", answers=sent["ada"])
    assert (item.state, item.stranger, item.email) == (State.REVIEW, True, "ada@example.com")
    assert post.did(item) == []
    assert post.contact() == before


def test_somebody_unknown_is_put_before_a_person_and_never_added(post: Post) -> None:
    item = post.write("new@customer.example", "Do you do boats?", subject="A question")
    assert (item.state, item.contact_id) == (State.REVIEW, None)
    assert post.rows("SELECT count(*) FROM contacts")[0][0] == 0


def test_bulk_mail_from_somebody_unknown_is_filed(post: Post) -> None:
    item = post.write("news@shop.example", "Sale!", headers={"List-Id": "<news.shop.example>"})
    assert item.state is State.FILED


def test_a_person_says_whose_it_is(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write("ada@home.example", "Please unsubscribe me.", answers=sent["ada"])
    changed = post.inbox.assign(item.id, "ada@example.com", by="anna", add_address=True).item
    assert (changed.state, changed.stranger, changed.rung) == (State.FILED, False, "person")
    assert post.contact().opted_out == {"newsletters", "check-ins", "items"}
    again = post.write("Ada <ADA@home.example>", "One more thing.", subject="Hello")
    assert again.email == "ada@example.com"


def test_an_address_of_another_contact_is_not_taken(post: Post) -> None:
    post.mailing(["ada", "bo"])
    item = post.write("bo@example.com", "Hello there.", subject="Hello")
    with pytest.raises(UsageError, match="another contact"):
        post.inbox.assign(item.id, "ada@example.com", by="anna", add_address=True)
    assert post.inbox.show(item.id).item.email == "bo@example.com"


# Opt-outs


def test_an_opt_out_in_words_is_honoured_before_the_next_mail(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(words="Please take me off your list.", answers=sent["ada"])
    assert (item.kind, item.state) == (Kind.OPT_OUT, State.FILED)
    post.clock.advance(days=10)
    post.transport.sent.clear()
    post.work(post.approved(new_campaign("newsletter@2027-01")))
    assert post.transport.sent == []


def test_an_unsubscribe_token_ends_its_series_whoever_sends_it(post: Post) -> None:
    post.mailing(["ada"])
    mailto = LINKS.unsubscribe_mailto(post.contact().id, "newsletter")
    assert mailto is not None
    token = mailto.rpartition("%20")[2]
    item = post.write("robot@provider.example", "", subject=f"unsubscribe {token}")
    assert (item.kind, item.rule, item.email) == (
        Kind.OPT_OUT,
        "unsubscribe-token",
        "ada@example.com",
    )
    assert post.contact().opted_out == {"series:newsletter"}
    forged = "a" + token[1:] if token[0] != "a" else "b" + token[1:]
    assert post.write("robot@provider.example", "", subject=f"unsubscribe {forged}").email is None


def test_a_possible_opt_out_holds_mail_until_a_person_decides(post: Post) -> None:
    sent = post.mailing(["ada"])
    words = (
        "Dear Anna, we have talked about this at length in our office and with my colleagues, and "
        "many found the last letters rather long. Please unsubscribe me from the list, thank you."
    )
    item = post.write(words=words, answers=sent["ada"])
    assert (item.kind, item.state) == (Kind.REPLY, State.REVIEW)
    assert post.contact().held_until == post.clock() + timedelta(days=14)
    assert post.contact().opted_out == frozenset()
    post.inbox.reclass(item.id, Kind.OPT_OUT, by="anna")
    assert post.contact().held_until is None
    assert "newsletters" in post.contact().opted_out


# Absences


def test_an_absence_holds_until_the_day_after_they_are_back(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(
        words="I am out of the office until 11 December 2026.",
        subject="Automatic reply: News for Ada",
        answers=sent["ada"],
        headers={"Auto-Submitted": "auto-replied"},
    )
    assert (item.kind, item.state) == (Kind.ABSENT, State.FILED)
    # 11 December is a Friday; the next working day is Monday, from midnight in Berlin.
    assert post.contact().held_until == datetime(2026, 12, 13, 23, 0, tzinfo=UTC)
    assert post.contact().last_reply is None
    assert post.contact().last_in == post.clock()


def test_an_old_absence_holds_nothing(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write(
        words="I am out of the office until 3 November 2026.",
        answers=sent["ada"],
        headers={"Auto-Submitted": "auto-replied"},
        at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert post.contact().held_until is None


# Bounces and complaints


def test_a_hard_bounce_with_our_token_suppresses_and_marks_the_delivery(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.bounce("ada@example.com", sent["ada"])
    assert (item.kind, item.state) == (Kind.BOUNCE, State.FILED)
    assert post.suppressed() == {"ada@example.com": "bounce"}
    ((bounced, why),) = post.rows("SELECT bounced_at IS NOT NULL, bounce FROM deliveries")
    assert (bool(bounced), why) == (True, "hard: user-unknown")


def test_a_bounce_that_anybody_could_have_written_only_counts(post: Post) -> None:
    post.mailing(["ada"])
    for _ in range(2):
        post.bounce("ada@example.com", None)
        post.clock.advance(days=5)
    assert post.suppressed() == {}
    post.bounce("ada@example.com", None)
    assert post.suppressed() == {"ada@example.com": "bounce"}


def test_soft_bounces_wear_an_address_out_unless_it_shows_life(post: Post) -> None:
    sent = post.mailing(["ada", "bo"])
    for _ in range(3):
        for name in ("ada", "bo"):
            post.bounce(f"{name}@example.com", sent[name], "5.2.2", "mailbox full")
        post.clock.advance(days=4)
        post.write("bo@example.com", "I am here.", subject="Hello")
    assert post.suppressed() == {"ada@example.com": "bounce"}


def test_what_several_servers_tell_of_one_mail_counts_once(post: Post) -> None:
    sent = post.mailing(["ada"])
    for _ in range(2):
        for _ in range(3):
            post.bounce("ada@example.com", sent["ada"], "5.2.2", "mailbox full")
            post.clock.advance(hours=1)
        post.clock.advance(days=8)
    assert post.suppressed() == {}
    post.bounce("ada@example.com", sent["ada"], "5.2.2", "mailbox full")
    assert post.suppressed() == {"ada@example.com": "bounce"}


def test_a_dead_address_is_not_the_end_of_a_person_who_has_another(post: Post) -> None:
    sent = post.mailing(["ada"])
    with post.database.write() as session:
        found = contacts.find(session, "ada@example.com")
        assert found is not None
        contacts.add_address(session, found, "ada@old.example", post.clock())
        session.execute(
            text("UPDATE deliveries SET address = 'ada@old.example' WHERE id = :id"),
            {"id": sent["ada"]},
        )
    post.bounce("ada@old.example", sent["ada"])
    assert post.suppressed() == {"ada@old.example": "bounce"}
    assert not post.contact().suppressed
    post.clock.advance(days=10)
    post.transport.sent.clear()
    post.work(post.approved(new_campaign("newsletter@2027-01")))
    assert [address for address, _ in post.transport.sent] == ["ada@example.com"]


def test_a_closed_thread_is_opened_by_the_next_mail(post: Post) -> None:
    sent = post.mailing(["ada"])
    first = post.write(answers=sent["ada"])
    post.inbox.finish([first.id], by="anna")
    assert post.inbox.counts()[State.DONE] == 1
    post.clock.advance(hours=1)
    second = post.write(words="One more thing.", answers="m1@mail.example")
    assert (second.state, second.rung) == (State.OPEN, "thread-id")
    assert second.answer_by is not None
    # What was done with stays so.
    assert post.inbox.show(first.id).item.state is State.DONE


def test_the_clock_stands_still_on_days_on_which_nobody_works(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.inbox.work = WorkingTime(
        ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 12, 2)})
    )
    item = post.write(answers=sent["ada"])
    # Wednesday is a holiday, so within one working day is by the end of Thursday.
    assert item.answer_by == datetime(2026, 12, 3, 16, 0, tzinfo=UTC)
    friday = post.clock().replace(day=4, hour=20)
    post.clock.now = friday
    late = post.write(answers=sent["ada"])
    assert late.answer_by == datetime(2026, 12, 7, 16, 0, tzinfo=UTC)


def test_three_soft_bounces_in_one_day_suppress_nothing(post: Post) -> None:
    sent = post.mailing(["ada"])
    for _ in range(4):
        post.bounce("ada@example.com", sent["ada"], "4.2.2", "mailbox full")
        post.clock.advance(hours=3)
    assert post.suppressed() == {}


def test_policy_bounces_pause_the_campaign_and_blame_nobody(post: Post) -> None:
    names = ["ada", "bo", "cy", "di"]
    add_contacts(post.database, names, post.clock())
    campaign = post.approved()
    post.work(campaign, limit=3)
    rows = post.rows("SELECT id, address FROM deliveries WHERE state = 'sent' ORDER BY id")
    for delivery_id, address in rows:
        assert post.rows("SELECT state FROM campaigns")[0][0] == "active"
        post.bounce(address, delivery_id, "5.7.1", "message rejected due to DMARC policy")
    ((state, reason),) = post.rows("SELECT state, state_reason FROM campaigns")
    assert state == "paused"
    assert "3 mails came back" in reason
    assert post.suppressed() == {}


def test_a_bounce_of_a_forwarded_mail_is_put_before_a_person(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.bounce("somebody@forwarded.example", sent["ada"])
    assert item.state is State.REVIEW
    assert post.suppressed() == {}


def test_a_complaint_suppresses_every_address_for_ever(post: Post) -> None:
    sent = post.mailing(["ada"])
    with post.database.write() as session:
        found = contacts.find(session, "ada@example.com")
        assert found is not None
        contacts.add_address(session, found, "ada@home.example", post.clock())
    item = post.complain("ada@example.com", sent["ada"])
    assert (item.kind, item.state) == (Kind.COMPLAINT, State.FILED)
    assert post.suppressed() == {"ada@example.com": "complaint", "ada@home.example": "complaint"}


def test_a_complaint_that_proves_nothing_holds_and_asks(post: Post) -> None:
    post.mailing(["ada"])
    item = post.complain("ada@example.com", None)
    assert item.state is State.REVIEW
    assert post.suppressed() == {}


# Taking back


def test_a_corrected_bounce_leaves_no_trace_but_its_record(post: Post) -> None:
    sent = post.mailing(["ada"])
    before = post.contact()
    item = post.bounce("ada@example.com", sent["ada"])
    changed = post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    assert (changed.item.kind, changed.item.classified_by, changed.stays) == (
        Kind.AUTOMATIC,
        "anna",
        (),
    )
    assert post.suppressed() == {}
    assert post.contact() == before
    assert post.rows("SELECT bounced_at FROM deliveries")[0][0] is None
    assert all(each.undone_at for each in post.inbox.show(item.id).effects)


def test_what_a_person_suppressed_is_not_lifted_with_a_bounce(post: Post) -> None:
    sent = post.mailing(["ada"])
    with post.database.write() as session:
        suppressions.suppress(
            session,
            "ada@example.com",
            ["k"],
            reason="manual",
            source="anna",
            detail=None,
            now=post.clock(),
        )
    item = post.bounce("ada@example.com", sent["ada"])
    post.inbox.reclass(item.id, Kind.REPLY, by="anna")
    assert "ada@example.com" in post.suppressed()


def test_a_reply_taken_for_an_absence_is_put_right_and_back(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(answers=sent["ada"])
    away = post.inbox.reclass(item.id, Kind.ABSENT, by="anna", until=date(2026, 12, 24)).item
    assert (away.state, away.answer_by) == (State.FILED, None)
    assert post.contact().last_reply is None
    assert post.contact().held_until == datetime(2026, 12, 24, 23, 0, tzinfo=UTC)
    back = post.inbox.reclass(item.id, Kind.REPLY, by="anna").item
    assert back.state is State.OPEN
    assert post.contact().held_until is None
    assert post.contact().last_reply == post.clock()


KINDS = (Kind.REPLY, Kind.OPT_OUT, Kind.ABSENT, Kind.BOUNCE, Kind.COMPLAINT, Kind.AUTOMATIC)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
def test_whatever_it_was_taken_for_nothing_of_it_remains(
    sqlite_database: Database, clock: FrozenClock, steps: list[Kind]
) -> None:
    """However often a mail is corrected, the contact is as if it had been that from the start."""
    post = Post(sqlite_database, clock)
    post.number = len(post.rows("SELECT id FROM inbound")) * 10
    name = f"p{post.number}"
    add_contacts(sqlite_database, [name], clock())
    before = post.contact(name)
    item = post.write(f"{name}@example.com", "Hello there, all is well.", subject="Hello")
    for step in steps:
        post.inbox.reclass(item.id, step, by="anna")
    post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    assert post.contact(name) == before
    assert post.inbox.show(item.id).item.state is State.FILED


def test_summaries_are_those_of_the_touches(post: Post) -> None:
    sent = post.mailing(["ada"])
    items = [post.write(answers=sent["ada"])]
    post.clock.advance(days=1)
    items.append(post.write(words="And another thing.", answers=sent["ada"]))
    post.inbox.reclass(items[1].id, Kind.ABSENT, by="anna")
    told = {name: getattr(post.contact(), name) for name in SUMMARIES}
    with post.database.write() as session:
        touches.recompute(session, [post.contact().id])
    assert told == {name: getattr(post.contact(), name) for name in SUMMARIES}


def test_a_person_says_that_a_forwarded_mails_bounce_is_theirs(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.bounce("somebody@forwarded.example", sent["ada"])
    post.inbox.reclass(item.id, Kind.BOUNCE, by="anna")
    assert post.suppressed() == {"ada@example.com": "bounce"}


def test_the_mail_of_a_contact_that_was_merged_is_the_others(post: Post) -> None:
    sent = post.mailing(["ada", "bo"])
    item = post.write("bo@example.com", answers=sent["bo"])
    merging.merge(
        post.database, TIERS, {}, "ada@example.com", "bo@example.com", by="anna", now=post.clock()
    )
    assert post.inbox.show(item.id).item.email == "ada@example.com"
    again = post.write("bo@example.com", answers=sent["bo"])
    assert (again.email, again.stranger, again.state) == ("ada@example.com", False, State.OPEN)


def test_runs_that_meet_the_same_mail_at_once_act_once(post: Post) -> None:
    sent = post.mailing(["ada"])
    raws = [
        f"From: ada@example.com\nIn-Reply-To: {_id(sent['ada'])}\nMessage-ID: <{n}@x>\n\nYes.\n"
        for n in range(5)
    ]

    def work() -> int:
        received = [Received(raw=raw.encode(), received_at=None, folder="INBOX") for raw in raws]
        return sum(post.inbox.take("anna", each).new for each in received)

    with ThreadPoolExecutor(4) as pool:
        new = sum(pool.map(lambda _: work(), range(4)))
    assert new == 5
    assert post.rows("SELECT count(*) FROM touches WHERE direction = 'in'")[0][0] == 5
    assert post.rows("SELECT count(*) FROM effects")[0][0] == 10


# Never raises, never drops


def test_a_mail_that_cannot_be_read_is_kept_and_listed(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(arrivals, "explain", broken)
    item = post.take(b"From: x\n\nwhatever")
    assert (item.kind, item.state, item.rule) == (
        Kind.UNREADABLE,
        State.REVIEW,
        "RecursionError: too deep",
    )
    assert post.inbox.show(item.id).raw == b"From: x\n\nwhatever"


def test_a_fault_of_ours_while_acting_keeps_the_mail(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = post.mailing(["ada"])

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(touches, "record", broken)
    item = post.write(answers=sent["ada"])
    assert item.state is State.REVIEW
    assert post.contact().last_in is None


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    raw=st.binary(max_size=400) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_bytes_are_taken_and_kept(
    sqlite_database: Database, clock: FrozenClock, raw: bytes
) -> None:
    post = Post(sqlite_database, clock)
    item = post.take(raw)
    kept = post.inbox.show(item.id).raw
    assert fingerprint(kept) == fingerprint(raw)
    assert item.kind is not Kind.UNREADABLE


@pytest.mark.parametrize("raw", [b"", b"\0\0", b"Subject: \0nul =?utf-8?b?AA==?=\n\n\0\xff"])
def test_what_a_database_cannot_keep_as_text_is_kept_as_bytes(post: Post, raw: bytes) -> None:
    item = post.take(raw)
    assert post.inbox.show(item.id).raw == raw


# Syncing


@dataclass
class Scripted:
    """A source that gives what it is told, and then fails if it is told to."""

    mails: list[tuple[int, bytes]]
    fails: bool = False
    asked: list[Mapping[str, Position]] = field(default_factory=list)
    name: str = "anna"

    def read(self, positions: Mapping[str, Position]) -> Iterator[Received]:
        self.asked.append(dict(positions))
        last = positions["INBOX"].value if "INBOX" in positions else 0
        for uid, raw in self.mails:
            if uid > last:
                yield Received(
                    raw=raw, received_at=None, folder="INBOX", position=Position("7", uid)
                )
        if self.fails:
            raise UnavailableError("the line broke")


def test_a_sync_goes_on_where_the_last_one_broke(post: Post) -> None:
    mails = [(n, f"From: a@b.example\nMessage-ID: <{n}@b>\n\n{n}\n".encode()) for n in (3, 5, 9)]
    source = Scripted(mails[:2], fails=True)
    with pytest.raises(UnavailableError):
        post.inbox.sync(source)
    source.mails, source.fails = mails, False
    report = post.inbox.sync(source)
    assert source.asked[1] == {"INBOX": Position("7", 5)}
    assert (report.read, report.new) == (1, 1)
    assert post.inbox.sync(source).read == 0


def test_a_sync_ends_behind_the_mail_in_hand(post: Post) -> None:
    source = Scripted([(n, f"From: a@b.example\n\n{n}\n".encode()) for n in range(1, 9)])
    looks = iter([False, False, True])
    report = post.inbox.sync(source, stopped=lambda: next(looks))
    assert (report.read, report.new) == (3, 3)
    assert post.inbox.sync(source).read == 5
    assert source.asked[1] == {"INBOX": Position("7", 3)}


def test_mails_are_recorded_a_few_at_a_time(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "HANDFUL", 3)
    monkeypatch.setattr(service, "HANDFUL_BYTES", 2_000)
    sizes = [10, 10, 10, 10, 3_000, 10]
    source = Scripted(
        [(n, b"From: a@b.example\n\n%d%s\n" % (n, b"x" * size)) for n, size in enumerate(sizes, 1)]
    )
    writes = 0
    begin = post.database.write

    def counted() -> Any:
        nonlocal writes
        writes += 1
        return begin()

    monkeypatch.setattr(post.database, "write", counted)
    assert post.inbox.sync(source).new == 6
    assert writes == 3


def test_the_same_mail_twice_among_a_few_acts_once(post: Post) -> None:
    sent = post.mailing(["ada"])
    raw = f"From: ada@example.com\nIn-Reply-To: {_id(sent['ada'])}\n\nYes.\n".encode()
    report = post.inbox.sync(Scripted([(1, raw), (2, raw), (3, raw)]))
    assert (report.read, report.new) == (3, 1)
    assert post.rows("SELECT count(*) FROM touches WHERE direction = 'in'")[0][0] == 1


def test_a_mail_that_cannot_be_recorded_takes_none_of_its_neighbours_along(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = post.mailing(["ada", "bo"])
    act = Deed.do

    def broken(deed: Deed, *given: Any, **named: Any) -> State:
        state = act(deed, *given, **named)
        if deed.contact_id == post.contact("bo").id:
            raise ValueError("a mistake of ours")
        return state

    monkeypatch.setattr(Deed, "do", broken)
    mails = [
        (n, f"From: {who}@example.com\nIn-Reply-To: {_id(sent[who])}\n\n{n}.\n".encode())
        for n, who in enumerate(["ada", "bo", "ada"], 1)
    ]
    report = post.inbox.sync(Scripted(mails))
    assert (report.read, report.new) == (3, 3)
    kinds = [row[0] for row in post.rows("SELECT kind FROM inbound ORDER BY id")]
    assert kinds == [Kind.REPLY, Kind.UNREADABLE, Kind.REPLY]
    # What it had begun to do was taken back with it.
    assert post.rows("SELECT count(*) FROM touches WHERE direction = 'in'")[0][0] == 2
    assert post.inbox.sync(Scripted(mails)).read == 0


def test_looking_for_what_a_mail_answers_reads_no_other_deliveries(post: Post) -> None:
    if not post.database.is_sqlite:
        pytest.skip("how PostgreSQL plans depends on how much it holds")
    statements: list[tuple[str, Any]] = []

    def seen(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        statements.append((text, values))

    sent = post.mailing(["ada"])
    event.listen(post.database.engine, "before_cursor_execute", seen)
    post.write(answers=sent["ada"])
    event.remove(post.database.engine, "before_cursor_execute", seen)
    asked = [each for each in statements if "json_each" in each[0] and "deliveries" in each[0]]
    assert asked
    with post.database.read() as session:
        driver: Any = session.connection().connection.driver_connection
        plan = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1])]
    assert not [step for step in plan if step.startswith(("SCAN deliveries", "SCAN contacts"))]


def test_working_through(post: Post) -> None:
    sent = post.mailing(["ada", "bo"])
    late = post.write(answers=sent["ada"])
    unsure = post.write("who@else.example", "Hello?", subject="Hi")
    assert [each.id for each in post.inbox.listing(states=[State.OPEN, State.REVIEW])] == [
        late.id,
        unsure.id,
    ]
    (only,) = post.inbox.listing(email="ada@example.com")
    assert only.id == late.id
    post.inbox.finish([late.id, unsure.id], by="anna")
    assert post.inbox.listing(states=[State.OPEN, State.REVIEW]) == []
    assert post.inbox.counts() == {State.DONE: 2}
    with pytest.raises(NotFoundError):
        post.inbox.show(99)


def test_what_is_owed_by_whom(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(answers=sent["ada"], subject="A question")
    shown = people.show(post.database, {}, "ada@example.com", now=post.clock(), limit=20)
    (owed,) = shown.owed
    assert (owed.by, owed.due, owed.inbound_id) == ("us", item.answer_by, item.id)
    assert [each.kind for each in shown.timeline].count("mail") == 1
    post.clock.advance(hours=1)
    post.write(ANNA, "Yes.", to="ada@example.com", subject="Re: A question", is_ours=True)
    shown = people.show(post.database, {}, "ada@example.com", now=post.clock(), limit=20)
    (owed,) = shown.owed
    assert (owed.by, owed.what) == ("them", "Re: A question")
    assert [each.kind for each in shown.timeline][:2] == ["mail", "mail"]


def test_explaining_records_nothing(post: Post) -> None:
    sent = post.mailing(["ada"])
    raw = f"From: ada@example.com\nIn-Reply-To: {_id(sent['ada'])}\n\nYes.\n".encode()
    found = post.inbox.explain(raw)
    assert found.match is not None
    assert found.match.delivery_id == sent["ada"]
    assert post.rows("SELECT count(*) FROM inbound")[0][0] == 0
