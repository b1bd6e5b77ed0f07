"""What a mail is and what it answers, told and not recorded: what taking it in would make of it."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.match import Match, Rung
from outreach.inbound.webhooks import provider_of, read_event
from outreach.services.arrivals import believable, explained
from outreach.services.origins import Origin

if TYPE_CHECKING:
    from outreach.services.inbox import Inbox


def explain(inbox: "Inbox", raw: bytes, received_at: datetime | None = None) -> Explanation:
    """Return what a mail, or an event of a provider, is and what it answers. Records nothing.

    `received_at` is when the mail came, if that is known. Raises `ValueError` for an event that
    says nothing.
    """
    now = inbox.clock()
    provider = provider_of(raw)
    if provider is None:
        found = explained(raw, believable(received_at, now), now)
    else:
        found = read_event(provider, raw)
    with inbox.database.read() as session:
        ended = None if provider else inbox.origins.unsubscription(session, found)
        if ended is not None:
            return _ending(found, *ended)
        answered, _ = inbox.origins.matched(session, found.clues, now)
    return replace(found, match=answered)


def _ending(found: Explanation, origin: Origin, series: str) -> Explanation:
    """Return what a mail is that ends a series by its token, whoever sent it."""
    match = Match(
        rung=Rung.UNSUBSCRIBE_TOKEN,
        confidence=origin.confidence or 0.0,
        delivery_id=None,
        contact_id=origin.contact_id,
        key=found.subject,
        stranger=False,
    )
    return replace(found, kind=Kind.OPT_OUT, rule="unsubscribe-token", match=match, series=series)
