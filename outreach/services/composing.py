"""From a template and a contact to the bytes of a message.

Preview, check and send all come through here, so what was looked at is what is sent.
"""

from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.errors import MessageError, Problem
from outreach.rendering.templates import Template
from outreach.services.composed import Composed
from outreach.services.plain_path import PlainPath

if TYPE_CHECKING:
    from outreach.rendering.compiled import Counts
    from outreach.rendering.dkim import SignApart
    from outreach.services.filling import Filling


@dataclass(eq=False, repr=False)
class Composer(PlainPath):
    """Makes the messages of one mailing by the fastest path that gives the right bytes.

    `compiled` off makes every message by the plain path, which takes several hundred times longer.
    `apart` signs in other processes, for mail that is prepared. The rest is a `PlainPath`'s.
    """

    _: KW_ONLY
    compiled: bool = True
    apart: "SignApart | None" = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lock = Lock()
        self._fillings: dict[Template, Filling | None] = {}

    def compose(
        self, contact: Contact, *, delivery_id: int, date: datetime, to: str | None = None
    ) -> Composed:
        """Return what `compose_plainly` would."""
        template = self.template
        version = template.version_for(contact, self.locale) if template.translations else template
        if date.microsecond:
            date = date.replace(microsecond=0)  # as the message will say
        if to is None and self.compiled and (filling := self._filling(version)) is not None:
            composed = filling.compose(contact, delivery_id, date)
            if composed is not None:
                return composed
        return self.compose_plainly(contact, delivery_id=delivery_id, date=date, to=to)

    def untranslated(self, contact: Contact) -> str | None:
        """Return the contact's locale if the template has translations, but none for it."""
        return self.template.untranslated(contact, self.locale)

    @property
    def counts(self) -> "Counts | None":
        """How many messages were filled in and how many the plain path made, and why."""
        found = [filling.template.counts for filling in self._fillings.values() if filling]
        return sum(found[1:], start=found[0]) if found else None

    def slow_because(self) -> list[Problem]:
        """Return why the template, or a translation, cannot be compiled; empty if all can."""
        problems = []
        for version in (self.template, *self.template.translations.values()):
            filling = self._filling(version)
            if filling is not None:
                problems += filling.template.problems
        return problems

    def _filling(self, version: Template) -> "Filling | None":
        if (known := self._fillings.get(version)) is not None:
            return known
        with self._lock:
            if version not in self._fillings:
                # Imported where it is used: many runs find nothing to do.
                from outreach.services.filling import Filling  # noqa: PLC0415

                try:
                    made = Filling(self, version, self.apart)
                except MessageError:
                    made = None  # as for each message; there it is said
                self._fillings[version] = made
            return self._fillings[version]
