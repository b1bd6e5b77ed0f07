"""What a mail does on both databases, once, and how it is taken back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from outreach.domain.effects import Kind
from outreach.domain.links import Links, Signer
from outreach.domain.touches import SUMMARIES
from outreach.domain.working_time import WorkingTime
from outreach.inbound.sources import Received
from outreach.services import campaigns as service
from outreach.services import merging, permissions, tiers
from outreach.storage import contacts, suppressions, touches
from outreach.storage.database import Database
from outreach.storage.inbox import Item, State
from outreach.testing import FrozenClock
from tests.services.desk import TIERS, add_contacts, new_campaign
from tests.services.post import ANNA, LINKS, Post, message_id_of


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


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


def unsubscribe_token(post: Post) -> str:
    mailto = LINKS.unsubscribe_mailto(post.contact().id, "newsletter")
    assert mailto is not None
    return mailto.rpartition("%20")[2]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated", "Return-Path": "<>"},
        {"X-Autoreply": "yes"},
        {"Precedence": "auto_reply"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("unsubscribe {}", ""),
        ("unsubscribe%20{}", "Sent on behalf of a reader who pressed a button, by their provider."),
        ("", "unsubscribe {}"),
    ],
)
def test_an_unsubscribe_token_ends_its_series_whatever_the_mail_says_of_itself(
    post: Post, subject: str, words: str, headers: dict[str, str]
) -> None:
    post.mailing(["ada"])
    token = unsubscribe_token(post)
    item = post.write(words=words.format(token), subject=subject.format(token), headers=headers)
    assert (item.kind, item.rule, item.state) == (Kind.OPT_OUT, "unsubscribe-token", State.FILED)
    assert post.contact().opted_out == {"series:newsletter"}


@pytest.mark.parametrize(("by_hand", "quoted"), [(False, "> {}"), (False, "{}"), (True, "> {}")])
def test_who_quotes_our_link_for_unsubscribing_asks_for_nothing(
    post: Post, by_hand: bool, quoted: str
) -> None:
    sent = post.mailing(["ada"])
    token = unsubscribe_token(post)
    links = [
        f"Unsubscribe: https://mail.berg.example/u/{token}",
        f"or {LINKS.unsubscribe_mailto(post.contact().id, 'newsletter')}",
        token,  # a program broke the line
    ]
    said = "Gladly, let us speak." if by_hand else "I am out of the office until 11 December 2026."
    item = post.write(
        words="\n".join([said, "", *(quoted.format(each) for each in links)]),
        subject="Re: News for Ada" if by_hand else "Automatic reply: News for Ada",
        answers=sent["ada"],
        headers={} if by_hand else {"Auto-Submitted": "auto-replied"},
    )
    assert item.kind is (Kind.REPLY if by_hand else Kind.ABSENT)
    assert post.contact().opted_out == frozenset()


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


def test_a_request_within_a_letter_is_honoured(post: Post) -> None:
    sent = post.mailing(["ada"])
    words = (
        "Dear Anna, we have talked about this at length in our office and with my colleagues, and "
        "many found the last letters rather long. Please take my name off your list, thank you."
    )
    item = post.write(words=words, answers=sent["ada"])
    assert item.kind is Kind.OPT_OUT
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


def test_an_absence_to_the_end_of_a_day_holds_a_working_day_longer(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(
        words="I am on leave through Friday, December 11, 2026.",
        subject="Automatic reply: News for Ada",
        answers=sent["ada"],
        headers={"Auto-Submitted": "auto-replied"},
    )
    assert (item.findings["until"], item.findings["last_day"]) == ("2026-12-11", True)
    # They are back on Monday, and have it for themselves.
    assert post.contact().held_until == datetime(2026, 12, 14, 23, 0, tzinfo=UTC)
    # A person who says until when need not know more than the day.
    post.inbox.reclass(item.id, Kind.ABSENT, by="anna", until=date(2026, 12, 14))
    assert post.contact().held_until == datetime(2026, 12, 14, 23, 0, tzinfo=UTC)
    post.inbox.reclass(item.id, Kind.ABSENT, by="anna")
    assert post.contact().held_until == datetime(2026, 12, 14, 23, 0, tzinfo=UTC)


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
    # Once a person has looked, one more does not stop it again.
    service.resume(post.database, campaign.key, post.clock())
    post.work(campaign)
    ((delivery_id, address),) = post.rows("SELECT id, address FROM deliveries ORDER BY id")[3:]
    post.bounce(address, delivery_id, "5.7.1", "message rejected due to DMARC policy")
    assert post.rows("SELECT state FROM campaigns")[0][0] == "finished"


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


@pytest.mark.parametrize("form", ["mailto", "link"])
@pytest.mark.parametrize("series", ["newsletter", "a-series-with-a-very-long-name-" * 3])
def test_a_complaint_that_encloses_our_link_for_unsubscribing_is_about_our_mail(
    post: Post, form: str, series: str
) -> None:
    sent = post.mailing(["ada", "bo"])
    links = replace(LINKS, base_url="https://mail.berg.example")
    make = links.unsubscribe_mailto if form == "mailto" else links.unsubscribe_url
    listed = f"List-Unsubscribe: <{make(post.contact().id, series)}>\n"
    subject = "Subject: News for Ada\n"
    item = post.complain("redacted@provider.invalid", None, listed + subject)
    assert (item.kind, item.state, item.rung) == (Kind.COMPLAINT, State.FILED, "address-token")
    assert item.delivery_id == sent["ada"]
    assert post.suppressed() == {"ada@example.com": "complaint"}


def test_a_forged_link_for_unsubscribing_proves_nothing(post: Post) -> None:
    post.mailing(["ada"])
    made = Links(signer=Signer(["another"]), domain="x.example", unsubscribe_address=ANNA)
    listed = f"List-Unsubscribe: <{made.unsubscribe_mailto(post.contact().id, 'newsletter')}>\n"
    item = post.complain("redacted@provider.invalid", None, listed)
    assert (item.state, item.contact_id) == (State.REVIEW, None)
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


@pytest.mark.parametrize("taken_back", ["bounce", "complaint"])
def test_a_bounce_and_a_complaint_stand_each_for_itself(post: Post, taken_back: str) -> None:
    sent = post.mailing(["ada"])
    items = {
        "bounce": post.bounce("ada@example.com", sent["ada"]),
        "complaint": post.complain("ada@example.com", sent["ada"]),
    }
    assert post.suppressed() == {"ada@example.com": "complaint"}
    stays = "complaint" if taken_back == "bounce" else "bounce"
    post.inbox.reclass(items[taken_back].id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {"ada@example.com": stays}
    post.inbox.reclass(items[stays].id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {}


def test_a_complaint_after_a_bounce_reaches_every_address(post: Post) -> None:
    sent = post.mailing(["ada"])
    with post.database.write() as session:
        contacts.add_address(session, post.contact().id, "ada@home.example", post.clock())
        contacts.make_primary(session, post.contact().id, "ada@home.example")
    post.bounce("ada@example.com", sent["ada"])
    assert not post.contact().suppressed
    post.complain("ada@example.com", sent["ada"])
    assert post.contact().suppressed
    assert post.suppressed() == {"ada@example.com": "complaint", "ada@home.example": "complaint"}


def test_of_two_bounces_the_other_stands(post: Post) -> None:
    sent = post.mailing(["ada"])
    first = post.bounce("ada@example.com", sent["ada"])
    second = post.bounce("ada@example.com", sent["ada"])
    post.inbox.reclass(first.id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {"ada@example.com": "bounce"}
    post.inbox.reclass(second.id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {}


@pytest.mark.parametrize("first", ["bounce", "anna"])
def test_what_a_person_suppressed_outlives_every_mail(post: Post, first: str) -> None:
    sent = post.mailing(["ada"])
    items = [post.bounce("ada@example.com", sent["ada"])] if first == "bounce" else []
    permissions.suppress(
        post.database, "ada@example.com", reason="by letter", by="anna", now=post.clock()
    )
    items.append(post.complain("ada@example.com", sent["ada"]))
    for item in items:
        post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {"ada@example.com": "manual"}


def test_what_a_person_lifted_does_not_come_back_with_a_misread_mail(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.complain("ada@example.com", sent["ada"])
    permissions.lift_suppression(
        post.database,
        "ada@example.com",
        reason="asked us to",
        by="anna",
        now=post.clock(),
        despite_complaint=True,
    )
    item = post.bounce("ada@example.com", sent["ada"])
    assert post.suppressed() == {"ada@example.com": "bounce"}
    post.inbox.reclass(item.id, Kind.AUTOMATIC, by="anna")
    assert post.suppressed() == {}


def away(post: Post, until: str) -> Item:
    return post.write(
        words=f"I am out of the office until {until} December 2026.",
        subject="Automatic reply: Hello",
        headers={"Auto-Submitted": "auto-replied"},
    )


@pytest.mark.parametrize("days", [("10", "17"), ("17", "10")])
@pytest.mark.parametrize("first", [0, 1])
def test_mail_is_held_by_the_longest_absence_that_stands(
    post: Post, days: tuple[str, str], first: int
) -> None:
    post.mailing(["ada"])
    # Both are Thursdays; Friday begins in Berlin.
    ends = {day: datetime(2026, 12, int(day), 23, tzinfo=UTC) for day in days}
    items = [away(post, day) for day in days]
    assert post.contact().held_until == ends["17"]
    post.inbox.reclass(items[first].id, Kind.ACKNOWLEDGEMENT, by="anna")
    assert post.contact().held_until == ends[days[1 - first]]
    post.inbox.reclass(items[1 - first].id, Kind.ACKNOWLEDGEMENT, by="anna")
    assert post.contact().held_until is None


def pause(post: Post, tier: str, until: datetime | None = None) -> None:
    how = {"by": "anna", "reason": "so agreed", "now": post.clock(), "until": until}
    tiers.move(post.database, TIERS, ["ada@example.com"], tier, **how)  # type: ignore[arg-type]


def test_a_pause_by_hand_outlives_the_mails(post: Post) -> None:
    post.mailing(["ada"])
    end = post.clock() + timedelta(days=3)
    pause(post, "paused", end)
    items = [away(post, "10"), away(post, "17")]
    for item in items:
        post.inbox.reclass(item.id, Kind.ACKNOWLEDGEMENT, by="anna")
    assert post.contact().held_until == end


def test_a_hold_that_a_person_ended_does_not_come_back_with_a_misread_mail(post: Post) -> None:
    post.mailing(["ada"])
    away(post, "17")
    pause(post, "client")
    assert post.contact().held_until is None
    item = away(post, "10")
    post.inbox.reclass(item.id, Kind.ACKNOWLEDGEMENT, by="anna")
    assert post.contact().held_until is None


def test_of_two_requests_for_no_more_mail_the_other_stands(post: Post) -> None:
    sent = post.mailing(["ada"])
    items = [
        post.write(words="Please take me off your list.", answers=sent["ada"]) for _ in range(2)
    ]
    post.inbox.reclass(items[0].id, Kind.REPLY, by="anna")
    assert "newsletters" in post.contact().opted_out
    post.inbox.reclass(items[1].id, Kind.REPLY, by="anna")
    assert post.contact().opted_out == frozenset()


def test_what_they_also_asked_for_by_telephone_stands(post: Post) -> None:
    sent = post.mailing(["ada"])
    item = post.write(words="Please take me off your list.", answers=sent["ada"])
    told = permissions.opt_out(
        post.database, TIERS, "ada@example.com", ("newsletters",), by="anna", now=post.clock()
    )
    assert told.new == ()
    post.inbox.reclass(item.id, Kind.REPLY, by="anna")
    assert post.contact().opted_out == {"newsletters"}
    permissions.opt_in_again(
        post.database, "ada@example.com", ("newsletters",), evidence="rang", now=post.clock()
    )
    assert post.contact().opted_out == frozenset()


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
    head = f"From: ada@example.com\nIn-Reply-To: {message_id_of(sent['ada'])}"
    raws = [f"{head}\nMessage-ID: <{n}@x>\n\nYes.\n" for n in range(5)]

    def work() -> int:
        received = [Received(raw=raw.encode(), received_at=None, folder="INBOX") for raw in raws]
        return sum(post.inbox.take("anna", each).new for each in received)

    with ThreadPoolExecutor(4) as pool:
        new = sum(pool.map(lambda _: work(), range(4)))
    assert new == 5
    assert post.rows("SELECT count(*) FROM touches WHERE direction = 'in'")[0][0] == 5
    assert post.rows("SELECT count(*) FROM effects")[0][0] == 10
