"""A message that is made, with its envelope, by whichever path it was made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.rendering.assets import InlineImage
from outreach.rendering.templates import Rendered

if TYPE_CHECKING:
    from outreach.rendering.dkim import Sealed

#: Longer names stay out of the To header; the mail itself may still greet by them.
_MAX_SHOWN_NAME = 120


@dataclass(slots=True, eq=False)  # frozen ones take a microsecond more to make
class Composed:
    """A message as it goes to the next hop, with its envelope.

    `made` is the message, or what only lacks its signatures: they are made when `message` is asked
    for, since much that is composed is only looked at, or `prepare` has them begun. `is_canonical`
    is what `outreach.transport.base.Envelope` says of it.
    """

    made: "bytes | Sealed"
    message_id: str
    envelope_sender: str
    recipient: str
    subject: str
    render: Callable[[], Rendered] = field(repr=False)
    images: tuple[InlineImage, ...] = ()
    is_canonical: bool = False

    @property
    def message(self) -> bytes:
        """The bytes of the message, signed."""
        made = self.made
        if isinstance(made, bytes):
            return made
        self.made = message = made.octets()
        return message

    @property
    def size(self) -> int:
        """Octets of the message, for which it need not be signed."""
        return len(self.made) if isinstance(self.made, bytes) else self.made.size

    def prepare(self) -> None:
        """Do all but sign the message, or have others sign it meanwhile: it is going to be sent."""
        if not isinstance(self.made, bytes):
            self.made.begin()

    @property
    def rendered(self) -> Rendered:
        """What the message was rendered to; made when it is asked for."""
        return self.render()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Composed) and self._compared() == other._compared()

    __hash__ = None  # type: ignore[assignment]

    def _compared(self) -> tuple[object, ...]:
        envelope = self.envelope_sender, self.recipient
        return self.message, self.message_id, *envelope, self.subject, self.images


def shown_name(contact: Contact) -> str | None:
    """Return the name for the To header, unless it is too long or holds what no header may."""
    name = contact.name
    if name is None or len(name) > _MAX_SHOWN_NAME or not name.isprintable() or "=?" in name:
        return None
    return name
