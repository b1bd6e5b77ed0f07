"""Writing down what happened with a contact: notes, calls, meetings and letters."""

from datetime import datetime

from outreach.domain.contact import Contact
from outreach.domain.touches import Channel, Direction
from outreach.errors import UsageError
from outreach.services.contacts import find
from outreach.storage import contacts, history, touches
from outreach.storage.database import Database


def note(database: Database, email: str, text: str, *, by: str, now: datetime) -> None:
    """Write something down about a contact. No template ever reads it."""
    if not text.strip():
        raise UsageError("the note is empty")
    with database.write() as session:
        history.add_note(session, find(session, email), text.strip(), by, now)


def log(
    database: Database,
    channel: Channel,
    email: str,
    *,
    by: str,
    now: datetime,
    at: datetime | None = None,
    direction: Direction | None = None,
    summary: str | None = None,
) -> Contact:
    """Record an exchange that went past the program, and return the contact as they are now.

    A call or a meeting is an exchange of both sides unless `direction` says who alone spoke (a
    message left on a machine is ``out``); of a letter it must be said. The contact's cadence starts
    anew in the same transaction.
    """
    if at is not None and at > now:
        raise UsageError("what is to come cannot be logged", hint="mend --at")
    if direction is None:
        if channel is Channel.LETTER:
            raise UsageError(
                "who wrote the letter?", hint="--out if it was ours, --in if it was theirs"
            )
        direction = Direction.BOTH
    with database.write() as session:
        contact_id = find(session, email)
        touch = touches.Touch(
            contact_id=contact_id,
            at=at or now,
            direction=direction,
            channel=channel,
            kind=channel,
            personal=True,
            by=by,
            summary=summary,
        )
        touches.record(session, touch)
        (contact,) = contacts.load(session, [contact_id], now)
    return contact
