"""A received message as the rest of the package sees it: whole, decoded, and never a surprise.

Everything that arrives is hostile or broken sooner or later, so reading is total: every sequence
of bytes is a `Mail`, and what cannot be decoded is replaced rather than refused. What is read is
what the standard library's ``email`` (compat32) reads from well-formed mail, which a test holds; on
malformed mail it is more patient.

Standards: RFC 5322 (headers), RFC 2045 and 2046 (MIME), RFC 2047 and 2231 (encoded words and
parameters), RFC 6532 (UTF-8 headers).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from mypy_extensions import mypyc_attr

from outreach.inbound.headers import Address, parse_date
from outreach.inbound.html import to_text
from outreach.inbound.parts import MAX_TEXT, Part, tree

EPOCH: Final = 1990
"""No mail that reaches us was written in a year before."""

CLOCK_SKEW: Final = timedelta(days=2)
"""How far clocks may be apart."""

_MAX_READABLE: Final = 20
_RECIPIENT_FIELDS: Final = (
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "apparently-to",
    "to",
    "cc",
    "resent-to",
)

_Read = TypeVar("_Read")


class _Once(Generic[_Read]):
    """A property that is read once: `functools.cached_property` without its lock, which costs more than most."""

    def __init__(self, read: Callable[["Mail"], _Read]) -> None:
        self._read = read
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, mail: "Mail", owner: type) -> _Read:
        value = mail.__dict__[self._name] = self._read(mail)
        return value


@mypyc_attr(native_class=False)  # which has no place for what is read once
class Mail:
    """A received message. Making one never fails; everything costly is read when first asked for.

    `received_at` is when our side got it (IMAP INTERNALDATE, a webhook's time), which is no time
    before 1990. It is what "today" means to an absence notice; without it the newest ``Received``
    field stands in, then ``Date``.
    """

    def __init__(self, raw: bytes, received_at: datetime | None = None) -> None:
        self.raw = raw
        self._given = received_at if received_at and received_at.year >= EPOCH else None
        self.parts = tree(raw)
        self.headers = self.parts[0].headers

    @_Once
    def received_at(self) -> datetime | None:
        """When the message reached us, as far as can be told; never before 1990."""
        if self._given is not None:
            return self._given
        trace = self.headers.get("received")
        moment = parse_date(trace.rpartition(";")[2].strip())
        return moment if moment and moment.year >= EPOCH else self.sent_at

    @_Once
    def sent_at(self) -> datetime | None:
        """What the ``Date`` field says, if that can be: not before 1990, not after it was received."""
        moment = self.headers.date("date")
        if moment is None or moment.year < EPOCH:
            return None
        if self._given is not None and moment > self._given + CLOCK_SKEW:
            return None
        return moment

    @_Once
    def message_id(self) -> str | None:
        """The first message id, without angle brackets."""
        ids = self.headers.ids("message-id")
        return ids[0] if ids else None

    @_Once
    def sender(self) -> Address:
        """The author (``From``, else ``Sender``, else ``Reply-To``); empty where there is none."""
        for name in ("from", "sender", "reply-to"):
            found = self.headers.addresses(name)
            if found:
                return found[0]
        return Address(self.headers.text("from"), "")

    @_Once
    def subject(self) -> str:
        """The decoded subject in one line, without the space around it."""
        return self.headers.text("subject")[:2000].strip()

    @_Once
    def null_sender(self) -> bool:
        """Whether it came with the null reverse-path ``<>`` (RFC 5321 4.5.5), as notices must."""
        return self.headers.get("return-path").strip() == "<>"

    @_Once
    def recipients(self) -> tuple[str, ...]:
        """Every address it was sent or delivered to, the most telling first, each once."""
        found: dict[str, None] = {}
        for name in self.headers.those_of(_RECIPIENT_FIELDS):
            for address in self.headers.addresses(name):
                found.setdefault(address.address)
        return tuple(found)

    @_Once
    def text(self) -> str:
        """The words to read as plain text: every inline ``text/plain`` part outside enclosed mail."""
        return "\n".join(part.text() for part in self._readable("text/plain")).strip("\n")

    @_Once
    def html(self) -> str:
        """The words to read as HTML source: every inline ``text/html`` part; or ``""``."""
        return "\n".join(part.text() for part in self._readable("text/html"))

    @_Once
    def plain_html(self) -> str:
        """`html` as text, with quotations and signatures in plain-text manners."""
        return to_text(self.html[:MAX_TEXT])

    def _readable(self, kind: str) -> list[Part]:
        found: list[Part] = []
        alternatives: set[int] = set()
        for part in self.parts:
            if part.type != kind or part.enclosed or part.attached:
                continue
            parent = part.parent
            if parent is not None and parent.type == "multipart/alternative":
                if id(parent) in alternatives:
                    continue
                alternatives.add(id(parent))
            found.append(part)
            if len(found) >= _MAX_READABLE:
                break
        return found
