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


class Canonical(bytes):
    """A message whose lines all end with CRLF and which has no NUL, on the word of who made it.

    Looking for that in 28 KB takes as long as a quarter of all else that sending a mail does, and a
    message that is put together from encoded pieces cannot be otherwise. A transport looks through
    any other bytes, since what they hide could be a second message (`outreach.transport.base`).

    No line of it begins with a dot, which SMTP would have to double, unless within
    `LONG_ROW_OF_DOTS`: no soft line break of quoted-printable can avoid standing before one there.
    """

    __slots__ = ()


LONG_ROW_OF_DOTS = b"." * 72
"""As many dots in a row as `Canonical` bytes have wherever a line begins with one."""
