"""What a provider tells of a mail of ours: one event, in the words of the inbox.

Whatever the provider, an event says of one or several readers that a mail was delivered, came back,
was called spam, or that they want no more. Here it becomes the same `Explanation` that a mail with
the same news gets, so that all that follows is one. Opens and clicks are nobody's business here:
such events are answered and forgotten.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from outreach.inbound.classify import Explanation, Kind
from outreach.inbound.complaints import FeedbackReport, FeedbackType
from outreach.inbound.match import MAX_IDS, Clues
from outreach.inbound.notices import Action, DeliveryNotice, RecipientStatus
from outreach.inbound.optouts import OptOut
from outreach.inbound.reasons import ENHANCED_STATUS, REPLY_CODE, Reason, classify
from outreach.inbound.subjects import bare_subject

MOST_RECIPIENTS = 100
"""Readers of one event that are looked at."""

_LONGEST = 4000  # characters of a server's words
_ACTIONS = {Kind.BOUNCE: Action.FAILED, Kind.DELAY: Action.DELAYED, Kind.RECEIPT: Action.DELIVERED}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a provider's word for an event means, and why, where no server's words say it better."""

    kind: Kind
    reason: Reason = Reason.UNKNOWN


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader that an event is about, with what their server said."""

    address: str
    status: str | None = None
    words: str = ""
    server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `word` is the provider's own; `ids` are what it and we call the mail."""

    provider: str
    word: str
    meaning: Meaning
    readers: tuple[Reader, ...]
    at: datetime | None
    ids: tuple[str, ...] = ()
    subject: str = ""
    #: Ids that came with a mail that is told within the event.
    more_ids: tuple[str, ...] = field(default=())

    def explanation(self) -> Explanation:
        """Return what it says as if a mail had said it."""
        kind = self.meaning.kind
        rule = f"{self.provider}:{self.word}"
        readers = self.readers[:MOST_RECIPIENTS]
        notice = report = opt_out = None
        if kind in _ACTIONS:
            notice = DeliveryNotice(
                rule=rule,
                recipients=tuple(self._status(each, _ACTIONS[kind]) for each in readers),
                returned=None,
                envelope_id=None,
            )
        elif kind is Kind.COMPLAINT:
            report = FeedbackReport(
                feedback_type=FeedbackType.ABUSE,
                rule=rule,
                recipients=tuple(each.address for each in readers),
                redacted=False,
                mail_from=None,
                returned=None,
                reporter=self.provider,
            )
        elif kind is Kind.OPT_OUT:
            opt_out = OptOut(evidence=rule, sure=True)
        ids = (_bare(each) for each in (*self.ids, *self.more_ids) if each)
        return Explanation(
            kind=kind,
            rule=rule,
            sender="",
            sender_name=self.provider,
            subject=self.subject,
            message_id=None,
            sent_at=self.at,
            received_at=self.at,
            words="",
            bulk=False,
            notice=notice,
            report=report,
            opt_out=opt_out,
            clues=Clues(
                addresses=(),
                ids=tuple(dict.fromkeys(each for each in ids if each))[:MAX_IDS],
                senders=tuple(dict.fromkeys(each.address.lower() for each in readers)),
                subject=bare_subject(self.subject),
                text="",
                received_at=self.at,
            ),
        )

    def _status(self, reader: Reader, action: Action) -> RecipientStatus:
        words = reader.words[:_LONGEST]
        found = ENHANCED_STATUS.search(reader.status or "") or ENHANCED_STATUS.search(words)
        status = found[0] if found else None
        code = REPLY_CODE.search(words)
        reason = classify(status, words) if status or words else Reason.UNKNOWN
        return RecipientStatus(
            recipient=reader.address,
            original=None,
            action=action,
            status=status,
            reply_code=code[1] if code else None,
            # What the reader's own server said goes before what the provider makes of it.
            reason=self.meaning.reason if reason is Reason.UNKNOWN else reason,
            diagnostic=words,
            remote_mta=reader.server,
        )


def _bare(written: str) -> str:
    return written.strip().removeprefix("<").removesuffix(">")[:300]


# Values of a payload, which anything may stand in


def parsed(raw: bytes) -> Mapping[str, Any]:
    """Return a JSON object, or raise `ValueError`. Depth and numbers are bounded by the parser."""
    try:
        found = json.loads(raw)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found


def text(value: object) -> str:
    """Return a text of the payload, an empty one for whatever else stands there."""
    if isinstance(value, bool) or value is None:
        return ""
    return str(value)[:_LONGEST] if isinstance(value, str | int | float) else ""


def table(value: object) -> Mapping[str, Any]:
    """Return an object of the payload, an empty one for whatever else stands there."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Any]:
    """Return a list of the payload, an empty one for whatever else stands there."""
    return value if isinstance(value, list) else []


_FRACTION = re.compile(r"(\.\d{6})\d+")


def instant(value: object) -> datetime | None:
    """Return the instant that a payload gives as seconds since 1970 or as ISO 8601, or None."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        # Some write seven digits of a second.
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", text(value)))
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
