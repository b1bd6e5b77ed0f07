"""What an automatic answer says, by its phrases: away, gone, got your mail, or prove who you are.

The phrases of all languages are looked for at once (`absence_words`): a notice is often in two.
"""

import re
from enum import StrEnum
from typing import Final

from outreach.inbound.absence_words import either, words
from outreach.inbound.phrases import Rules


class AutoReplyKind(StrEnum):
    """What an automatic answer says."""

    #: They are away, perhaps until a date.
    ABSENT = "absent"
    #: They work there no more, or the address is no longer theirs.
    LEFT = "left"
    #: Our mail arrived and somebody will look at it.
    ACKNOWLEDGEMENT = "acknowledgement"
    #: A machine wants proof that we are a person before it delivers our mail.
    CHALLENGE = "challenge"
    #: They are still there, and have another address now; told in a reply of their own.
    MOVED = "moved"


_KINDS: Final = (
    AutoReplyKind.CHALLENGE,
    AutoReplyKind.LEFT,
    AutoReplyKind.ABSENT,
    AutoReplyKind.ACKNOWLEDGEMENT,
)
_KIND_WORDS: Final = Rules(
    [words(field) for field in ("challenged", "left", "absent", "acknowledged")]
)
# Who challenges asks for something to be done: a link to be followed, or an answer.
_TO_BE_DONE: Final = re.compile(rf"://|www\.|{either('to_be_done')}")


def kind_of(body: str) -> AutoReplyKind | None:
    """Return what a folded text says: the first kind of which a phrase is found anywhere in it."""
    found = _KIND_WORDS.first(body)
    if found is not None and _KINDS[found] is AutoReplyKind.CHALLENGE:
        found = found if _TO_BE_DONE.search(body) else _KIND_WORDS.first(body, after=found)
    return None if found is None else _KINDS[found]
