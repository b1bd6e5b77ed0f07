"""A desk with an inbox, and the mail that is delivered there."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from outreach.domain.contact import Contact
from outreach.domain.links import Links, Signer
from outreach.domain.working_time import WorkingTime
from outreach.inbound.sources import Received
from outreach.services.inbox import Inbox
from outreach.storage import contacts, suppressions
from outreach.storage.database import Database
from outreach.storage.inbox import Item
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
            **({"In-Reply-To": message_id_of(answers)} if answers is not None else {}),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\n" for name, value in lines.items())
        return self.take(f"{head}\n{words}\n".encode(), **how)

    def bounce(
        self, address: str, delivery: int | None, status: str = "5.1.1", said: str = "no such user"
    ) -> Item:
        self.number += 1
        returned = (
            f"Message-ID: {message_id_of(delivery)}\n" if delivery else "Subject: something\n"
        )
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

    def complain(
        self, address: str, delivery: int | None, enclosed: str = "Subject: News\n"
    ) -> Item:
        self.number += 1
        returned = f"Message-ID: {message_id_of(delivery)}\n" if delivery else ""
        raw = (
            f"From: fbl@provider.example\nTo: {ANNA}\nSubject: complaint\n"
            f"Message-ID: <c{self.number}@provider.example>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
            "--b\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\n"
            f"Feedback-Type: abuse\nUser-Agent: test/1\nVersion: 1\nOriginal-Rcpt-To: {address}\n\n"
            f"--b\nContent-Type: message/rfc822\n\nFrom: {ANNA}\nTo: {address}\n{returned}"
            f"{enclosed}\nHello\n--b--\n"
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


def message_id_of(answers: int | str | None) -> str:
    if isinstance(answers, int):
        return LINKS.message_id(answers)
    return f"<{answers}>"
