"""Which of our deliveries a mail answers, and how sure that is.

A ladder, the surest rung first: a signed token in an address we gave out; an id in In-Reply-To and
References, signed or known; a provider's id; the person and the subject; the person alone; a token
in the text. `clues` collects from a mail what is needed; whoever owns the database looks those
up, and `match` decides over the facts it is handed.

Tokens are verified, never trusted: `verify` is `outreach.domain.links.Links.read_delivery`, and
`unsubscriber` reads whom a link for unsubscribing was made for; what they do not confirm is no clue. So an address or id may be cut out of whatever a server made of
it, in any case and with any separator, without risk.

Standards: RFC 5322 3.6.4 (identification fields), RFC 3461 4.4 (ENVID).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from outreach.domain.links import TOKEN_LENGTH
from outreach.inbound.complaints import FeedbackReport
from outreach.inbound.headers import Headers
from outreach.inbound.mail import Mail
from outreach.inbound.notices import DeliveryNotice
from outreach.inbound.subjects import bare_subject

THREAD_AGE: Final = timedelta(days=90)
"""How long after a delivery a mail with its subject from its reader still answers it."""

MAX_IDS: Final = 200
"""Ids of one mail that are looked at. References may be made longer by anyone."""

_SKEW: Final = timedelta(days=1)
_ID: Final = re.compile(r"[^\s<>\"]{1,300}")
_TOKEN: Final = re.compile(rf"[a-z2-7]{{{TOKEN_LENGTH},{3 * TOKEN_LENGTH}}}", re.IGNORECASE)
_LONG_RUN: Final = re.compile(rf"[a-z2-7]{{{TOKEN_LENGTH},300}}", re.IGNORECASE)


class Rung(IntEnum):
    """How a mail was tied to what we sent; the lower, the surer."""

    #: It ends a series by the token in its subject and answers nothing: found before the ladder.
    UNSUBSCRIBE_TOKEN = 0
    ADDRESS_TOKEN = 1
    THREAD_ID = 2
    PROVIDER_ID = 3
    SENDER_AND_SUBJECT = 4
    SENDER = 5
    TEXT_TOKEN = 6


_CONFIDENCE: Final = {
    Rung.ADDRESS_TOKEN: 0.99,
    Rung.THREAD_ID: 0.98,
    Rung.PROVIDER_ID: 0.97,
    Rung.SENDER_AND_SUBJECT: 0.85,
    Rung.SENDER: 0.6,
    Rung.TEXT_TOKEN: 0.5,
}
_STRANGER: Final = 0.7  # what remains of it when somebody else answers


@dataclass(slots=True, kw_only=True)  # frozen ones take longer to make, and each mail has one
class Clues:
    """What in a mail may say which delivery it answers. Ids are without angle brackets, as written.

    `addresses` are those it was sent to; `ids` the answered mail first, then its thread from the
    newest back; `senders` who wrote, lower case (for a bounce or complaint: whom it is about).
    """

    addresses: tuple[str, ...]
    ids: tuple[str, ...]
    senders: tuple[str, ...]
    subject: str
    text: str
    received_at: datetime | None
    #: What may be a token in the List-Unsubscribe field of a mail of ours that is enclosed.
    unsubscribes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery of ours that came up when the clues were looked up.

    `ids` are its Message-ID and those that servers are known to have given it, without angle
    brackets; `provider_ids` what the provider called it; `addresses` all known addresses of the
    contact, lower case.
    """

    delivery_id: int
    contact_id: int
    ids: frozenset[str]
    provider_ids: frozenset[str]
    addresses: frozenset[str]
    subject: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a mail answers. `delivery_id` is None where only the person is known.

    `key` is the address or id that told. `stranger` says that it comes from an address that is not
    the contact's: it may be attached to the thread, and must change nothing about the contact.
    `contact_id` is None where a token names a delivery that was not among the facts.
    """

    rung: Rung
    confidence: float
    delivery_id: int | None
    contact_id: int | None
    key: str
    stranger: bool


def clues(
    mail: Mail,
    *,
    notice: DeliveryNotice | None = None,
    report: FeedbackReport | None = None,
    text: str = "",
) -> Clues:
    """Return what in `mail` may say what it answers. `text` is what its author wrote."""
    headers = mail.headers
    ids: list[str] = []
    addresses = list(mail.recipients)
    senders = [mail.sender.address.lower()] if mail.sender.address else []
    senders += [a.address.lower() for a in headers.addresses("reply-to")]
    returned = notice.returned if notice else report.returned if report else None
    if notice:
        senders = [each.recipient.lower() for each in notice.recipients]
        senders += [each.original.lower() for each in notice.recipients if each.original]
        ids += [notice.envelope_id] if notice.envelope_id else []
    if report:
        senders = [address.lower() for address in report.recipients]
        addresses += [report.mail_from] if report.mail_from else []
    if returned:
        ids += _ids_about(returned)
        addresses += [
            a.address for name in ("return-path", "reply-to") for a in returned.addresses(name)
        ]
    ids += list(reversed(headers.ids("in-reply-to"))) + list(reversed(headers.ids("references")))
    for name in headers.those_of(_OTHER_IDS):
        ids += headers.ids(name)
    return Clues(
        addresses=tuple(dict.fromkeys(addresses)),
        ids=tuple(dict.fromkeys(ids))[:MAX_IDS],
        senders=tuple(dict.fromkeys(senders)),
        subject=bare_subject(
            returned.text("subject") if returned and returned.get("subject") else mail.subject
        ),
        text=text[:20_000],
        received_at=mail.received_at,
        unsubscribes=_unsubscribes(returned) if returned else (),
    )


_OTHER_IDS: Final = (
    "original-message-id",
    "x-original-message-id",
    "x-ms-exchange-parent-message-id",
)


def _ids_about(returned: Headers) -> list[str]:
    ids = returned.ids("message-id")
    for name in (
        "x-google-original-message-id",
        "original-message-id",
        "x-original-message-id",
        "x-message-id",
    ):
        ids = ids + returned.ids(name)
    return ids + list(reversed(returned.ids("references")))


def _unsubscribes(returned: Headers) -> tuple[str, ...]:
    return tuple(
        run for value in returned.all("list-unsubscribe") for run in _LONG_RUN.findall(value[:4000])
    )


def lookups(given: Clues) -> frozenset[str]:
    """Return every id in `given`, in the forms under which one of ours may be on record."""
    return frozenset(form for each in given.ids for form in _forms(each))


def _forms(written: str) -> Iterator[str]:
    """Yield the ids that `written` may be: as it is, lower-cased, its local part (provider ids)."""
    yield written
    yield written.lower()
    local = written.partition("@")[0]
    if local and local != written:
        yield local
        yield local.lower()


def _tokens(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what may be a signed token in each text, with that text."""
    for text in texts:
        yield text, text
        for run in _TOKEN.finditer(text):
            # Where a server removed the separator, the token is the end or the beginning of the run.
            for piece in dict.fromkeys((run[0], run[0][-TOKEN_LENGTH:], run[0][:TOKEN_LENGTH])):
                yield piece, text


def match(
    given: Clues,
    *,
    verify: Callable[[str], int | None],
    unsubscriber: Callable[[str], int | None] = lambda _token: None,
    sent: Sequence[Sent] = (),
    people: Mapping[str, int] | None = None,
) -> Match | None:
    """Return what the mail with these clues answers, or None: then a person must look.

    `sent` are the deliveries found for its ids (`lookups`), for its senders within `THREAD_AGE`, and
    for the tokens that `verify` confirms; `people` maps the senders that are known, lower case, to
    contact ids. Two that are equally good at a rung are no match.
    """
    by_delivery = {each.delivery_id: each for each in sent}

    def tied(rung: Rung, delivery_id: int, key: str) -> Match:
        known = by_delivery.get(delivery_id)
        stranger = (
            known is not None and bool(given.senders) and known.addresses.isdisjoint(given.senders)
        )
        confidence = _CONFIDENCE[rung] * (_STRANGER if stranger else 1)
        return Match(
            rung=rung,
            confidence=round(confidence, 3),
            delivery_id=delivery_id,
            contact_id=known.contact_id if known else None,
            key=key,
            stranger=stranger,
        )

    for piece, key in _tokens(given.addresses):
        delivery = verify(piece)
        if delivery is not None:
            return tied(Rung.ADDRESS_TOKEN, delivery, key)
    by_id = {one.lower(): each.delivery_id for each in sent for one in each.ids}
    for written in given.ids:
        for piece, key in _tokens((written,)):
            delivery = verify(piece)
            if delivery is not None:
                return tied(Rung.THREAD_ID, delivery, key)
        delivery = by_id.get(written.lower())
        if delivery is not None:
            return tied(Rung.THREAD_ID, delivery, written)
    by_provider = {one.lower(): each.delivery_id for each in sent for one in each.provider_ids}
    for written in given.ids:
        for form in _forms(written):
            delivery = by_provider.get(form.lower())
            if delivery is not None:
                return tied(Rung.PROVIDER_ID, delivery, written)
    return (
        _by_unsubscribe(given, unsubscriber, sent)
        or _by_sender(given, sent, people or {}, tied)
        or _by_text(given, verify, by_delivery, tied)
    )


def _by_unsubscribe(
    given: Clues, unsubscriber: Callable[[str], int | None], sent: Sequence[Sent]
) -> Match | None:
    """Return whose the link for unsubscribing is; it names the reader, and no delivery."""
    for token in given.unsubscribes:
        contact = unsubscriber(token)
        if contact is not None:
            same = [
                each
                for each in sent
                if each.contact_id == contact and bare_subject(each.subject) == given.subject
            ]
            newest = max(same, key=lambda each: (each.sent_at, each.delivery_id), default=None)
            return Match(
                rung=Rung.ADDRESS_TOKEN,
                confidence=_CONFIDENCE[Rung.ADDRESS_TOKEN],
                delivery_id=newest.delivery_id if newest else None,
                contact_id=contact,
                key=token,
                stranger=False,
            )
    return None


def _by_sender(
    given: Clues,
    sent: Sequence[Sent],
    people: Mapping[str, int],
    tied: Callable[[Rung, int, str], Match],
) -> Match | None:
    now = given.received_at
    from_them = [
        each
        for each in sent
        if not each.addresses.isdisjoint(given.senders)
        and (now is None or now - THREAD_AGE <= each.sent_at <= now + _SKEW)
    ]
    same = [
        each for each in from_them if given.subject and bare_subject(each.subject) == given.subject
    ]
    if len({each.contact_id for each in same}) == 1:
        newest = max(same, key=lambda each: (each.sent_at, each.delivery_id))
        return tied(Rung.SENDER_AND_SUBJECT, newest.delivery_id, given.subject)
    contacts = {people[sender] for sender in given.senders if sender in people}
    if len(contacts) == 1:
        return Match(
            rung=Rung.SENDER,
            confidence=_CONFIDENCE[Rung.SENDER],
            delivery_id=None,
            contact_id=contacts.pop(),
            key=next(sender for sender in given.senders if sender in people),
            stranger=False,
        )
    return None


def _by_text(
    given: Clues,
    verify: Callable[[str], int | None],
    by_delivery: Mapping[int, Sent],
    tied: Callable[[Rung, int, str], Match],
) -> Match | None:
    for piece, _ in _tokens(_ID.findall(f"{given.subject} {given.text}")[:MAX_IDS]):
        delivery = verify(piece) if len(piece) >= TOKEN_LENGTH else None
        if delivery is not None:
            known = by_delivery.get(delivery)
            # A token in a text may have been passed on: only its own reader proves anything with it.
            if known and not known.addresses.isdisjoint(given.senders):
                return tied(Rung.TEXT_TOKEN, delivery, piece)
    return None
