"""A contact as templates read one."""

from outreach.domain.contact import Contact
from outreach.rendering.sandbox import Record
from outreach.rendering.snapshot import CONTACT_FIELDS, CONTACT_SETS


class ContactRecord(Record):
    """A contact as templates read one, looked into only where they do."""

    __slots__ = ("_attributes", "_contact")

    def __init__(self, contact: Contact, attributes: tuple[str, ...]) -> None:
        super().__init__("contact", {})
        self._contact = contact
        self._attributes = attributes

    def look_up(self, name: object) -> object:
        """Return the value called `name` for a template."""
        value: object = None
        if name in _FIELDS:
            value = getattr(self._contact, str(name))
        elif name in CONTACT_SETS:
            value = tuple(sorted(getattr(self._contact, str(name))))
        elif name == "attributes":
            value = Record("contact", self._all_attributes())
        elif name in self._contact.attributes:
            value = self._contact.attributes[str(name)]
        if value is None:
            # What is missing and what is misspelt differ in what they say of it.
            known = dict.fromkeys((*self._all_attributes(), *CONTACT_FIELDS))
            return Record("contact", known).look_up(name)
        return value

    def _all_attributes(self) -> dict[str, object]:
        return dict.fromkeys(self._attributes) | dict(self._contact.attributes)


_FIELDS = frozenset(CONTACT_FIELDS)
