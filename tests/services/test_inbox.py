"""The inbox on both databases: whose mail is, what waits for an answer, and how it is taken in."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from outreach.domain.effects import Kind
from outreach.domain.mailing import MailKind
from outreach.errors import NotFoundError, UnavailableError, UsageError
from outreach.inbound.sources import Position, Received, Stream, fingerprint
from outreach.services import arrivals, campaigns
from outreach.services import contacts as people
from outreach.services import inbox as service
from outreach.services.deeds import Deed
from outreach.storage import touches
from outreach.storage.database import Database
from outreach.storage.deeds import Effect
from outreach.storage.inbox import Item, State
from outreach.testing import FrozenClock
from outreach.transport.base import Receipt
from tests.services.desk import FULL, GREYLISTED, new_campaign
from tests.services.post import ANNA, Post, message_id_of


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


def test_a_reply_that_gives_a_new_address_changes_none(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(answers=sent["ada"], words="I have a new address: ada@new.example. Thanks!")
    assert (item.kind, item.review) == (Kind.REPLY, "they give a new address: ada@new.example")
    assert item.answer_by is not None
    assert [row[0] for row in post.rows("SELECT address FROM addresses")] == ["ada@example.com"]


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
        f"Message-ID: <one@x>\nIn-Reply-To: {message_id_of(sent['ada'])}\n\nYes.\nFrom now on.\n"
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


def test_a_reply_while_a_check_in_is_under_way_keeps_it_from_being_tried_again(post: Post) -> None:
    assert checked_in(post, GREYLISTED) == {"ada": "cancelled", "bo": "pending"}


def test_another_try_of_a_check_in_is_no_word_against_theirs(post: Post) -> None:
    assert checked_in(post, FULL) == {"ada": "rejected", "bo": "rejected"}
    assert campaigns.retry(post.database, "check-in@1", "anna", post.clock()) == 1
    assert states_of(post, "check-in@1") == {"ada": "cancelled", "bo": "pending"}


def checked_in(post: Post, answer: Receipt) -> dict[str, str]:
    """Check in with two, of whom one writes while that is under way, and both get this answer."""
    sent = post.mailing(["ada", "bo"])
    later = {"kind": MailKind.CHECKIN, "series": "check-in", "content_class": "give"}
    checkin = post.approved(new_campaign("check-in@1", **later))
    post.clock.advance(days=40)
    post.transport.script = [answer, answer]
    written: list[Item] = []

    def hook(_envelope: object) -> None:
        if not written:
            written.append(post.write(answers=sent["ada"]))

    post.transport.hook = hook
    post.work(checkin)
    return states_of(post, "check-in@1")


def states_of(post: Post, key: str) -> dict[str, str]:
    rows = post.rows(
        "SELECT d.address, d.state FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id "
        f"WHERE c.key = '{key}' ORDER BY d.id"
    )
    return {address.partition("@")[0]: state for address, state in rows}


# Strangers and the unsure


def test_a_stranger_changes_nothing_about_the_contact(post: Post) -> None:
    sent = post.mailing(["ada"])
    before = post.contact()
    item = post.write("other@elsewhere.example", "Please unsubscribe me.", answers=sent["ada"])
    assert (item.state, item.stranger, item.email) == (State.REVIEW, True, "ada@example.com")
    assert post.did(item) == []
    assert post.contact() == before


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("I am out of the office until 11 December 2026.", Kind.ABSENT),
        ("Ada no longer works here. Please contact joe@corp.example instead.", Kind.LEFT),
    ],
)
def test_an_automatic_answer_from_another_address_waits_for_a_person(
    post: Post, words: str, kind: Kind
) -> None:
    sent = post.mailing(["ada"])
    before = post.contact()
    item = post.write(
        "Ada <a.lovelace@corp.example>",
        words,
        answers=sent["ada"],
        subject="Automatic reply: News",
        headers={"Auto-Submitted": "auto-replied"},
    )
    assert (item.kind, item.state, item.stranger) == (kind, State.REVIEW, True)
    assert (post.did(item), post.contact()) == ([], before)
    post.inbox.assign(item.id, "ada@example.com", by="anna")
    assert post.contact().held_until is not None


def test_somebody_unknown_is_put_before_a_person_and_never_added(post: Post) -> None:
    item = post.write("new@customer.example", "Do you do boats?", subject="A question")
    assert (item.state, item.contact_id) == (State.REVIEW, None)
    assert post.rows("SELECT count(*) FROM contacts")[0][0] == 0


def test_bulk_mail_from_somebody_unknown_is_filed(post: Post) -> None:
    item = post.write("news@shop.example", "Sale!", headers={"List-Id": "<news.shop.example>"})
    assert item.state is State.FILED


def test_a_letter_that_calls_itself_bulk_is_answered_like_any_other(post: Post) -> None:
    post.mailing(["ada"])
    item = post.write(
        words="Could we speak about my tax return?",
        subject="My tax return",
        headers={"Precedence": "bulk"},
    )
    assert (item.kind, item.state) == (Kind.REPLY, State.OPEN)
    assert "clock" in post.did(item)
    item = post.write("new@customer.example", "Do you do boats?", headers={"Precedence": "bulk"})
    assert item.state is State.REVIEW


@pytest.mark.parametrize(
    "came",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1904, 11, 1, 9, tzinfo=UTC),
        datetime(2087, 11, 1, 9, tzinfo=UTC),
        None,
    ],
)
def test_a_mail_did_not_come_when_it_cannot_have(post: Post, came: datetime | None) -> None:
    sent = post.mailing(["ada"])
    dated = {"Date": (post.clock() - timedelta(minutes=20)).strftime("%a, %d %b %Y %H:%M:%S +0000")}
    item = post.write(answers=sent["ada"], headers=dated, at=came)
    assert (item.state, item.received_at) == (State.OPEN, post.clock() - timedelta(minutes=20))
    # Where the header is as wrong, it came now.
    lost = post.write(answers=sent["ada"], headers={"Date": "Tue, 1 Nov 2087 09:00:00"}, at=came)
    assert (lost.state, lost.received_at) == (State.OPEN, post.clock())
    away = post.write(
        words="I am away and back on 2 January.",
        headers={"Auto-Submitted": "auto-replied", "Date": "Sat, 1 Nov 2087 09:00:00"},
        at=came,
    )
    assert away.findings["until"] == f"{post.clock().year + 1}-01-02"


def test_a_clock_that_is_a_little_fast_is_no_reason_to_doubt(post: Post) -> None:
    post.mailing(["ada"])
    item = post.write(at=post.clock() + timedelta(hours=3))
    assert item.received_at == post.clock()


def test_several_mails_on_standard_input_are_several(post: Post) -> None:
    post.mailing(["ada"])
    letter = b"From: ada@example.com\nMessage-ID: <%d@x>\nSubject: s\n\nHello %d.\n\n"
    when = b"From ada@example.com Mon Nov 30 10:00:00 2026\n"
    box = b"".join(when + letter % (number, number) for number in (1, 2, 3))
    report = post.inbox.sync(Stream(io.BytesIO(box), post.clock()))
    assert (report.read, report.new) == (3, 3)
    assert {each.received_at for each in post.inbox.listing()} == {
        datetime(2026, 11, 30, 10, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    "words", [b"Hello.\n\nFrom now on, yes.\n", b"Hello.\n\n>From me Mon Nov 30 10:00:00 2026\n"]
)
def test_what_a_pipe_hands_over_is_one_mail_and_kept_as_it_came(post: Post, words: bytes) -> None:
    when = b"From ada@example.com Mon Nov 30 10:00:00 2026\n"
    raw = when + b"From: ada@example.com\nMessage-ID: <1@x>\n\n" + words
    assert post.inbox.sync(Stream(io.BytesIO(raw), post.clock())).new == 1
    (item,) = post.inbox.listing()
    assert post.inbox.show(item.id).raw == raw


def test_a_person_says_whose_it_is(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write("ada@home.example", "Please unsubscribe me.", answers=sent["ada"])
    changed = post.inbox.assign(item.id, "ada@example.com", by="anna", add_address=True).item
    assert (changed.state, changed.stranger, changed.rung) == (State.FILED, False, "person")
    assert post.contact().opted_out == {"newsletters", "check-ins", "items"}
    again = post.write("Ada <ADA@home.example>", "One more thing.", subject="Hello")
    assert again.email == "ada@example.com"


def test_what_is_not_sure_is_not_surer_once_it_is_known_whose_it_is(post: Post) -> None:
    sent = post.mailing(["ada"])
    words = "Please unsubscribe me in January, I would like to read the next two until then."
    for sender in ("ada@example.com", "ada@home.example"):
        item = post.write(sender, words, answers=sent["ada"])
        if sender != "ada@example.com":
            assert item.state is State.REVIEW
            post.inbox.reclass(post.inbox.listing()[0].id, Kind.AUTOMATIC, by="anna")
            item = post.inbox.assign(item.id, "ada@example.com", by="anna").item
        assert (item.kind, item.state) == (Kind.REPLY, State.REVIEW)
        assert item.review == "they may be asking for no more mail, or for less"
        assert post.contact().held_until == post.clock() + timedelta(days=14)
    # What a person said of it stands.
    post.inbox.reclass(item.id, Kind.REPLY, by="anna")
    assert post.inbox.assign(item.id, "ada@example.com", by="anna").item.state is State.OPEN


def test_an_address_of_another_contact_is_not_taken(post: Post) -> None:
    post.mailing(["ada", "bo"])
    item = post.write("bo@example.com", "Hello there.", subject="Hello")
    with pytest.raises(UsageError, match="another contact"):
        post.inbox.assign(item.id, "ada@example.com", by="anna", add_address=True)
    assert post.inbox.show(item.id).item.email == "bo@example.com"


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
    raw = f"From: ada@example.com\nIn-Reply-To: {message_id_of(sent['ada'])}\n\nYes.\n".encode()
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
        (n, f"From: {who}@example.com\nIn-Reply-To: {message_id_of(sent[who])}\n\n{n}.\n".encode())
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
