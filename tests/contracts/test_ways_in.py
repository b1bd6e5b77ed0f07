"""Whatever way a mail comes in, it is the same mail: kept whole, recorded once."""

import io
import smtplib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.domain.links import Links, Signer
from outreach.domain.working_time import WorkingTime
from outreach.inbound.listener import Place
from outreach.inbound.sources import Stream
from outreach.services.inbox import Inbox
from outreach.storage.database import Database
from outreach.testing import FrozenClock
from tests.inbound.test_listener import listening
from tests.inbound.webhooks.senders import SENDERS, Sender, name_of, receiver
from tests.mailboxes import Box, ImapBox, MaildirBox, MboxBox
from tests.services.desk import TIERS

WHEN = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
ANNA = "anna@berg.example"
MAILS = {
    "plain": b"From: Ada <ada@example.com>\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n\r\nHi.\r\n",
    "dots and From": (
        b"From: ada@example.com\r\nMessage-ID: <2@x>\r\n\r\n.\r\n..\r\n.dot\r\nFrom here on.\r\n"
        b">From there.\r\n\r\nFrom the end.\r\n"
    ),
    "octets": b"From: ada@example.com\r\nMessage-ID: <3@x>\r\n\r\n\xff\xfe caf\xe9 \xc3\xa9\r\n",
    "two ids": (
        b"From: ada@example.com\r\nMessage-ID: <4@x>\r\nMessage-ID: <5@x>\r\nDate: x\r\n\r\nHi.\r\n"
    ),
    "no head": b"\r\nOnly words.\r\n",
    "large": b"From: ada@example.com\r\nMessage-ID: <6@x>\r\n\r\n" + b"x" * 70_000 + b"\r\n",
}
Way = Callable[[Inbox, bytes], None]


def of_box(make: Callable[[pytest.FixtureRequest], Box]) -> Callable[[pytest.FixtureRequest], Way]:
    def prepared(request: pytest.FixtureRequest) -> Way:
        box = make(request)

        def deliver(inbox: Inbox, raw: bytes) -> None:
            box.put(raw, WHEN)
            inbox.sync(box.source())

        return deliver

    return prepared


def by_pipe(_request: pytest.FixtureRequest) -> Way:
    return lambda inbox, raw: [inbox.sync(Stream(io.BytesIO(raw), WHEN)), None][1]


def by_server(kind: str) -> Callable[[pytest.FixtureRequest], Way]:
    def prepared(_request: pytest.FixtureRequest) -> Way:
        def deliver(inbox: Inbox, raw: bytes) -> None:
            place = {kind: Place("127.0.0.1", 0)}
            with listening(take=inbox.take, domains=["berg.example"], **place) as post:
                client = (smtplib.LMTP if kind == "lmtp" else smtplib.SMTP)("127.0.0.1", post.port)
                client.ehlo("mta.example")
                client.mail("ada@example.com")
                client.rcpt(ANNA)
                client.docmd("DATA")
                client.send(raw.replace(b"\r\n.", b"\r\n..") + b".\r\n")
                assert client.getreply()[0] == 250
                client.quit()

        return deliver

    return prepared


def by_webhook(sender: Sender) -> Callable[[pytest.FixtureRequest], Way]:
    def prepared(_request: pytest.FixtureRequest) -> Way:
        def deliver(inbox: Inbox, raw: bytes) -> None:
            inbox.post("hook", sender.name, receiver(sender), sender.mail(raw, ANNA))

        return deliver

    return prepared


def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue("tmp_path")
    return found


WAYS: dict[str, Callable[[pytest.FixtureRequest], Way]] = {
    "maildir": of_box(lambda request: MaildirBox(folder(request))),
    "mbox": of_box(lambda request: MboxBox(folder(request))),
    "imap": of_box(lambda request: ImapBox(request.getfixturevalue("dovecot"))),
    "pipe": by_pipe,
    "lmtp": by_server("lmtp"),
    "smtp": by_server("smtp"),
    **{name_of(sender): by_webhook(sender) for sender in SENDERS},
}


@pytest.fixture
def inbox(sqlite_database: Database, clock: FrozenClock) -> Inbox:
    links = Links(signer=Signer(["secret"]), domain="berg.example")
    return Inbox(sqlite_database, links, TIERS, WorkingTime(), own=[ANNA], clock=clock)


def plain(raw: bytes) -> bytes:
    """Return a mail without what its way may change: line ends, and empty lines at its end."""
    return raw.replace(b"\r\n", b"\n").rstrip(b"\n")


@pytest.mark.parametrize("way", WAYS)
def test_each_mail_comes_whole_and_once(
    way: str, inbox: Inbox, request: pytest.FixtureRequest
) -> None:
    deliver = WAYS[way](request)
    mails = dict(MAILS)
    if way == "postmark":
        # It sends a mail as JSON text, in which no other octets than UTF-8 can stand.
        mails["octets"] = mails["octets"].replace(b"\xff\xfe caf\xe9 ", b"")
    for count, (name, raw) in enumerate(mails.items(), 1):
        for _ in range(2):
            deliver(inbox, raw)
        items = inbox.listing()
        assert len(items) == count, name
        newest = max(items, key=lambda item: item.id)
        assert plain(inbox.show(newest.id).raw).endswith(plain(raw)), name


@pytest.mark.parametrize("name", ["plain", "dots and From", "two ids"])
def test_one_mail_that_comes_by_all_ways_is_one(
    name: str, inbox: Inbox, request: pytest.FixtureRequest
) -> None:
    for prepare in WAYS.values():
        prepare(request)(inbox, MAILS[name])
    assert len(inbox.listing()) == 1
