"""What a mail is before it has a reader: what it asks of them, and in whose name it comes."""

from dataclasses import dataclass
from enum import StrEnum


class ContentClass(StrEnum):
    """What a mail asks of its reader."""

    #: Help, news, a tidbit: something for them, with nothing asked.
    GIVE = "give"
    #: About work in hand: an answer, an appointment, an invoice.
    SERVICE = "service"
    #: An offer, a request for a referral: something for us.
    ASK = "ask"
    #: Something that threatens their interest.
    ALERT = "alert"


class MailKind(StrEnum):
    """How a mail comes about, which decides its headers and which opt-outs stop it."""

    #: The same edition to many, under one approval.
    NEWSLETTER = "newsletter"
    #: Written for one person, who is asked how they are.
    CHECKIN = "check-in"
    #: An article or tidbit passed on because of a declared interest.
    ITEM = "item"
    #: About work in hand; never stopped by an opt-out from newsletters.
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Sender:
    """Someone in whose name mail goes out: what a reader sees, and where replies arrive."""

    name: str
    address: str
    reply_to: str | None = None
