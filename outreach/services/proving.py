"""Rendering every mail before anybody is asked, so that none fails half-way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.errors import MessageError, Problem, TemplateError

if TYPE_CHECKING:
    from outreach.services.composed import Composed
    from outreach.services.composing import Composer

Progress = Callable[[int], None]
"""Told how many contacts' mails have been rendered so far."""


@dataclass(slots=True)
class Proof:
    """What rendering every mail showed."""

    mails: int = 0
    #: Sizes of whole messages, in octets.
    octets: int = 0
    largest: int = 0
    largest_for: str = ""
    #: Locales for which a template that has translations has none, and how many have them.
    untranslated: Counter[str] = field(default_factory=Counter)
    #: The first mail, as an example.
    subject: str = ""
    subject_for: str = ""

    def add(self, composed: "Composed", contact: Contact, untranslated: str | None) -> None:
        """Count a mail; `untranslated` is its contact's locale where it has no translation."""
        size = composed.size
        if not self.mails:
            self.subject, self.subject_for = composed.subject, contact.email
        self.mails += 1
        if untranslated is not None:
            self.untranslated[untranslated] += 1
        self.octets += size
        if size > self.largest:
            self.largest, self.largest_for = size, contact.email


class Prover:
    """Renders each contact's mails, one of each composer, and gathers what fails.

    `proofs` tell what rendering them showed, one for each composer. `progress` is told how many
    contacts have been seen to.
    """

    def __init__(self, composers: Sequence["Composer"], now: datetime, progress: Progress) -> None:
        self.composers = composers
        self.proofs = [Proof() for _ in composers]
        self.now = now
        self.progress = progress
        self.problems: list[Problem] = []
        self.seen = 0

    def prove(self, contact: Contact, delivery_id: int) -> None:
        """Render the mails of one contact."""
        for composer, proof in zip(self.composers, self.proofs, strict=True):
            try:
                composed = composer.compose(contact, delivery_id=delivery_id, date=self.now)
            except (TemplateError, MessageError) as error:
                self.problems += [_for(contact, problem) for problem in error.problems]
                continue
            proof.add(composed, contact, composer.untranslated(contact))
        self.seen += 1
        self.progress(self.seen)

    def finish(self) -> None:
        """Raise `TemplateError` with all that failed, if anything did."""
        if self.problems:
            raise TemplateError(self.problems)


def _for(contact: Contact, problem: Problem) -> Problem:
    return Problem(
        f"{problem.message} (for {contact.email})",
        problem.source,
        problem.line,
        problem.column,
        problem.hint,
    )
