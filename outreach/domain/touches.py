"""Touches: what one exchange with a contact counts for."""

from enum import StrEnum
from functools import lru_cache

from outreach.domain.mailing import ContentClass


class Direction(StrEnum):
    """Who spoke."""

    IN = "in"
    OUT = "out"
    #: Both at once: a call that was answered, a meeting.
    BOTH = "both"


class Channel(StrEnum):
    """How it went."""

    MAIL = "mail"
    CALL = "call"
    MEETING = "meeting"
    LETTER = "letter"


#: The kind of a touch that answers a mail of ours.
REPLY = "reply"

SUMMARIES = (
    "last_touch",
    "last_in",
    "last_out",
    "last_two_way",
    "last_personal",
    "last_give",
    "last_ask",
    "last_reply",
)
"""The fields of a contact that each hold the newest instant of some touches."""


@lru_cache(maxsize=256)
def summed_up_in(
    *, direction: str, kind: str, personal: bool, content_class: str | None
) -> frozenset[str]:
    """Return which of `SUMMARIES` a touch counts for.

    An exchange, `last_two_way`, is one where the contact themselves took part: a call, a meeting,
    or anything that a person wrote to us. What a machine of theirs sent (an absence notice) is in
    but no exchange; what we send to many is neither personal nor an exchange.
    """
    inwards = direction in (Direction.IN, Direction.BOTH)
    outwards = direction in (Direction.OUT, Direction.BOTH)
    counts = {
        "last_touch": True,
        "last_in": inwards,
        "last_out": outwards,
        "last_two_way": direction == Direction.BOTH or (inwards and personal),
        "last_personal": personal,
        "last_give": outwards and content_class == ContentClass.GIVE,
        "last_ask": outwards and content_class == ContentClass.ASK,
        "last_reply": inwards and kind == REPLY,
    }
    return frozenset(name for name, counted in counts.items() if counted)
