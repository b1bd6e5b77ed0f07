"""Whom a notice names to be written to instead: the successor, the deputy, or themselves at another address."""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from typing import Final

from outreach.inbound.absence_words import as_written, either, framed
from outreach.inbound.headers import Address
from outreach.inbound.mail import Mail
from outreach.inbound.phrases import fold
from outreach.inbound.return_dates import MAX_WORDS

ADDRESS: Final = re.compile(r"([\w.+'-]{1,64}@[\w.-]{1,253}\.\w{2,24})")
"""A mailbox within the words of a notice."""

_NAME_BEFORE: Final = re.compile(
    rf"((?:[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’.-]{{1,30}} ){{0,3}}[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’-]{{1,30}})\s*(?:\(|<|,|{'|'.join(as_written('at'))}|:|-|–)?\s*(?:mailto:)?$"
)


def named_contact(mail: Mail, told: str) -> Address | None:
    """Return the first mailbox a notice names that is neither its sender nor its recipient.

    One that was theirs and is no more is returned only where there is no other.
    """
    known = {mail.sender.address.lower(), *(address.lower() for address in mail.recipients)}
    former = None
    for match in ADDRESS.finditer(told[:MAX_WORDS]):
        address = match[1].strip(".'")
        if address.lower() not in known:
            before = " ".join(told[max(0, match.start() - 80) : match.start()].split())
            name = _NAME_BEFORE.search(before)
            found = Address(name[1] if name else "", address)
            after = fold(told[match.end() : match.end() + _BEHIND])
            if not (_FORMER.search(fold(before)) or _NO_MORE.match(after)):
                return found
            former = former or found
    return former


_BEHIND: Final = 60  # characters behind an address in which it may be said that it is no more
_NO_MORE: Final = re.compile(
    framed("out_of_use", before=rf"[\s)>\].]*(?:{either('becomes')}) (?:\w+ ){{0,2}}")
)
# Right before an address, or what it is called: one that was.
_FORMER: Final = re.compile(framed("former", after=r"(?: [\w-]+){0,3}[ (:]*$"))
