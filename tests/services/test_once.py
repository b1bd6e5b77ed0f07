"""Whatever a mail does, it does once, and all of it or nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import inspect, text

from outreach.domain.effects import Kind
from outreach.domain.mailing import MailKind
from outreach.inbound.sources import Received
from outreach.storage import deeds
from outreach.storage.database import Database
from outreach.storage.inbox import Item, State
from outreach.testing import FrozenClock
from tests.inbound.webhooks.senders import DEAD, Postmark, receiver
from tests.services.desk import new_campaign
from tests.services.post import ANNA, LINKS, Post

Deliver = Callable[[Post, dict[str, int]], Item]


def policy_bounces(post: Post, sent: dict[str, int]) -> Item:
    for name in ("bo", "cy"):
        post.bounce(f"{name}@example.com", sent[name], "5.7.1", "blocked by policy")
    return post.bounce("ada@example.com", sent["ada"], "5.7.1", "blocked by policy")


def soft_bounces(post: Post, sent: dict[str, int]) -> Item:
    for _ in range(2):
        post.bounce("ada@example.com", sent["ada"], "4.2.2", "mailbox full")
        post.clock.advance(days=4)
    return post.bounce("ada@example.com", sent["ada"], "4.2.2", "mailbox full")


def unsubscribe(post: Post, _sent: dict[str, int]) -> Item:
    mailto = LINKS.unsubscribe_mailto(post.contact().id, "newsletter")
    assert mailto is not None
    token = mailto.rpartition("%20")[2]
    return post.write("robot@provider.example", "", subject=f"unsubscribe {token}")


def answer(post: Post, sent: dict[str, int]) -> Item:
    post.write(answers=sent["ada"])
    post.clock.advance(hours=1)
    return post.write(
        ANNA, "Gladly.", to="ada@example.com", answers="m1@mail.example", is_ours=True
    )


def event(post: Post, _sent: dict[str, int]) -> Item:
    (taken,) = post.inbox.post(
        "hook", "postmark", receiver(Postmark()), Postmark().event(DEAD["postmark"])
    )
    return post.inbox.show(taken.id).item


DELIVERIES: dict[str, tuple[Deliver, set[str]]] = {
    "reply": (
        lambda post, sent: post.write(answers=sent["ada"]),
        {"touch", "clock", "cancel-check-in"},
    ),
    "opt-out": (
        lambda post, sent: post.write(words="Please unsubscribe me.", answers=sent["ada"]),
        {"touch", "opt-out", "cancel-check-in"},
    ),
    "unsubscribe": (unsubscribe, {"opt-out"}),
    "absence": (
        lambda post, sent: post.write(
            words="I am out of office until 10 December 2026.",
            answers=sent["ada"],
            subject="Automatic reply: News",
            headers={"Auto-Submitted": "auto-replied"},
        ),
        {"touch", "hold"},
    ),
    "hard bounce": (
        lambda post, sent: post.bounce("ada@example.com", sent["ada"]),
        {"bounce", "suppress"},
    ),
    "soft bounces": (soft_bounces, {"bounce", "suppress"}),
    "policy bounces": (policy_bounces, {"bounce", "pause-campaign"}),
    "complaint": (
        lambda post, sent: post.complain("ada@example.com", sent["ada"]),
        {"suppress", "opt-out", "cancel-check-in"},
    ),
    "answer": (answer, {"touch", "stop-clock"}),
    "event": (event, {"bounce", "suppress"}),
}

each_kind = pytest.mark.parametrize("kind", DELIVERIES)


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


def prepared(post: Post) -> dict[str, int]:
    sent = post.mailing(["ada", "bo", "cy", "di"])
    checkin = {"kind": MailKind.CHECKIN, "series": "check-in", "content_class": "give"}
    post.approved(new_campaign("check-in@1", **checkin))
    # One is left to be sent, so that there is something to pause.
    with post.database.write() as session:
        session.execute(text("UPDATE campaigns SET state = 'active', finished_at = NULL"))
    return {name: sent[name] for name in ("ada", "bo", "cy")}


def content(post: Post, *, without: tuple[str, ...] = ("mailbox_positions",)) -> dict[str, Any]:
    """Return all rows of all tables but some."""
    names = sorted(set(inspect(post.database.engine).get_table_names()) - set(without))
    return {name: sorted(map(repr, post.rows(f"SELECT * FROM {name}"))) for name in names}


@each_kind
def test_it_does_what_it_should(post: Post, kind: str) -> None:
    deliver, expected = DELIVERIES[kind]
    item = deliver(post, prepared(post))
    assert set(post.did(item)) == expected


@each_kind
def test_again_it_does_nothing(post: Post, kind: str) -> None:
    deliver, _ = DELIVERIES[kind]
    item = deliver(post, prepared(post))
    before = content(post)
    raw = post.inbox.show(item.id).raw
    post.clock.advance(days=1)
    if kind == "event":
        again = event(post, {})
    else:
        # From elsewhere, with the trace of another way and other line ends.
        other = b"X-Trace: another\r\n" + raw.replace(b"\n", b"\r\n")
        received = Received(
            raw=other, received_at=None, folder="x", is_ours=item.kind is Kind.ANSWER
        )
        again = post.inbox.show(post.inbox.take("other", received).id).item
    assert again.id == item.id
    assert content(post) == before


class Fault:
    """Breaks a mail's work at one of its steps, once the mails before it are taken in."""

    def __init__(self, post: Post, kind: str, step: int) -> None:
        self.post = post
        self.mails_before = {"soft bounces": 2, "policy bounces": 2, "answer": 1}.get(kind, 0)
        self.step = step
        self.before: dict[str, Any] = {}
        self.armed = False
        self._take = post.inbox.take
        self._note = deeds.note

    def take(self, mailbox: str, received: Received) -> Any:
        count = self.post.rows("SELECT count(*) FROM inbound")[0][0]
        if count == self.mails_before:
            self.armed = True
            self.before = content(self.post, without=("mailbox_positions", "inbound"))
        return self._take(mailbox, received)

    def note(self, *arguments: Any, **how: Any) -> None:
        if self.armed:
            if self.step == 0:
                raise RuntimeError("a fault of ours")
            self.step -= 1
        self._note(*arguments, **how)


@pytest.mark.parametrize(
    ("kind", "step"),
    [(kind, step) for kind, (_, does) in DELIVERIES.items() for step in range(len(does))],
)
def test_a_fault_at_any_step_leaves_none_of_it_and_keeps_the_mail(
    post: Post, kind: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = prepared(post)
    fault = Fault(post, kind, step)
    monkeypatch.setattr(post.inbox, "take", fault.take)
    monkeypatch.setattr(deeds, "note", fault.note)
    item = DELIVERIES[kind][0](post, sent)
    assert (item.kind, item.state) == (Kind.UNREADABLE, State.REVIEW)
    assert "a fault of ours" in item.rule
    assert content(post, without=("mailbox_positions", "inbound")) == fault.before
