"""Requests for no more mail, written as a reply.

Words like "unsubscribe" stand in the footer of most mail and in many a quotation, so only the
person's own new words count (`outreach.inbound.replies`), and only when they are few: in a long
letter the same words are as likely to be about something else. A longer text that may be such a
request is reported as unsure, for a person to decide while mail is held.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from dataclasses import dataclass

from outreach.inbound.absence_words import any_of
from outreach.inbound.phrases import compared, fold
from outreach.inbound.subjects import ANSWER_MARKS

SHORT = 25
"""Words, or a third of the characters in writing without spaces, up to which a request is sure."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """A request for no more mail: the words that say so, and whether they may be acted on unread."""

    evidence: str
    sure: bool


_LONG = 3000  # characters of a letter

_REQUEST = any_of("opt_out")
_NOT = any_of("not_opt_out")
_SUBJECT = re.compile(
    rf"^\W*(?:unsubscribe\s+[a-z2-7]{{24,200}}$|(?:(?:{ANSWER_MARKS})\s*:\s*)*(?:unsubscribe|opt[ -]?out|remove(?: me)?|abmelden|abmeldung|abbestellen"
    r"|desabonnement|desinscription|se desabonner|baja|darse de baja|cancelar|cancellami|disiscrizione|disiscrivimi"
    r"|descadastrar|uitschrijven|afmelden|avregistrera|avanmalan|avprenumerera|wypisz|rezygnacja|配信停止|配信解除|退会|отписаться|退订|stop)\W*$)"
)
_POLITE = re.compile(
    r"(?<![a-z])(?:thanks|thank you|thx|danke|merci|gracias|grazie|obrigad[oa]|bedankt|tack|dziekuj\w+)(?![a-z])"
)


def read_opt_out(text: str, subject: str = "") -> OptOut | None:  # noqa: PLR0911
    """Return the request for no more mail in a person's own words `text`, or None.

    `subject` counts only if nothing was written: mail programs fill it from ``mailto:`` links.
    """
    if len(text) >= _LONG:
        return None
    size = max(len(text.split(None, 2 * SHORT)), _unspaced(text) // 3)
    if size > 2 * SHORT:
        return None
    told = compared(text.strip())
    if not told:
        found = _SUBJECT.match(fold(subject))
        return OptOut(subject.strip(), sure=True) if found else None
    if size <= 2 and _SUBJECT.match(told):
        return OptOut(text.strip(), sure=True)
    request = _REQUEST.search(told)
    if request is None:
        if size <= 6 and _SUBJECT.match(fold(subject)) and _POLITE.search(told):
            return OptOut(subject.strip(), sure=True)
        return None
    if _NOT.search(told):
        return None
    return OptOut(request[0].strip(), sure=size <= SHORT and "?" not in told)


def _unspaced(text: str) -> int:
    return 0 if text.isascii() else len(_UNSPACED.findall(text))


_UNSPACED = re.compile("[\u3040-\u9fff]")
