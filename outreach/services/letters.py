"""Letters of ours to somebody of whom it is known only later that they are a contact."""

from datetime import datetime
from typing import TYPE_CHECKING

from outreach.inbound.sources import Received
from outreach.services.arrivals import placed, read, row_of, to_them
from outreach.storage import inbox

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from outreach.services.inbox import Inbox


def adopt(
    inbox_: "Inbox",
    session: "Session",
    contact_id: int,
    address: str,
    *,
    now: datetime,
    naming: str | None = None,
) -> None:
    """Make our letters to an address letters to the contact whose it is.

    With `naming`, only those that answer the mail with this id.
    """
    for letter_id in inbox.letters(session, contact_id, to=address, naming=naming):
        item = inbox.get(session, letter_id)
        assert item is not None
        received = Received(
            raw=inbox.raw(session, letter_id) or b"",
            received_at=item.received_at,
            folder=item.folder or "",
            is_ours=True,
        )
        found = read(received, now)
        origin, event, people = placed(inbox_.origins, session, received, found, now)
        if contact_id not in people:
            people = (*people, contact_id)
            origin = origin if len(people) > 1 else to_them(contact_id)
        row = row_of(item.mailbox, received, "", found=found, origin=origin, event=event)
        inbox_.letter(session, letter_id, row, origin=origin, event=event, people=people, now=now)
