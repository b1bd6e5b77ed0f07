"""What a mail would be taken for, on both databases, with nothing recorded."""

from datetime import UTC, datetime

import pytest

from outreach.services.explaining import explain
from outreach.storage.database import Database
from outreach.testing import FrozenClock
from tests.services.post import ANNA, LINKS, Post, message_id_of


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


def test_explaining_records_nothing(post: Post) -> None:
    sent = post.mailing(["ada"])
    raw = f"From: ada@example.com\nIn-Reply-To: {message_id_of(sent['ada'])}\n\nYes.\n".encode()
    found = explain(post.inbox, raw)
    assert found.match is not None
    assert found.match.delivery_id == sent["ada"]
    assert post.rows("SELECT count(*) FROM inbound")[0][0] == 0


def test_what_an_unsubscribe_token_ends_is_told_as_taking_it_in_does(post: Post) -> None:
    post.mailing(["ada"])
    contact_id = post.contact().id
    mailto = LINKS.unsubscribe_mailto(contact_id, "newsletter")
    assert mailto is not None
    token = mailto.rpartition("%20")[2]
    raw = f"From: else@x.example\nTo: {ANNA}\nSubject: unsubscribe {token}\n\n".encode()
    told = explain(post.inbox, raw).to_json()
    item = post.take(raw)
    assert (told["kind"], told["rule"]) == (item.kind.value, item.rule)
    assert (told["series"], post.contact().opted_out) == ("newsletter", {"series:newsletter"})
    match = told["match"]
    assert isinstance(match, dict)
    assert (match["contact_id"], match["rung_name"]) == (contact_id, item.rung)
    assert match["confidence"] == item.confidence
    forged = raw.replace(token.encode(), b"a" * len(token))
    assert explain(post.inbox, forged).to_json()["series"] is None


def test_today_is_when_a_mail_came_if_it_can_have_come_then(post: Post) -> None:
    raw = (
        b"From: ada@example.com\nSubject: Automatic reply: x\nAuto-Submitted: auto-replied\n\n"
        b"I am away and back on 2 January.\n"
    )

    def until(came: datetime | None) -> object:
        return explain(post.inbox, raw, came).to_json()["until"]

    assert until(datetime(2025, 12, 21, 9, tzinfo=UTC)) == "2026-01-02"
    assert until(None) is None
    assert until(datetime(1970, 1, 1, tzinfo=UTC)) is None
    assert until(datetime(2087, 1, 1, tzinfo=UTC)) is None
