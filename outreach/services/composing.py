"""From a template and a contact to the bytes of a message.

Preview, check and send all come through here, so what was looked at is what is sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.domain.contact import Contact
from outreach.domain.links import Links
from outreach.domain.mailing import MailKind, Sender
from outreach.domain.tiers import Tiers
from outreach.rendering import message
from outreach.rendering.dkim import SigningKey, sign_message
from outreach.rendering.message import ListId, Mail, Mailbox, build_message
from outreach.rendering.templates import ContactLinks, Rendered, Scene, Template

#: Longer names stay out of the To header; the mail itself may still greet by them.
_MAX_SHOWN_NAME = 120

# A check-in and an item come from a person who hopes for an answer: nothing marks them as bulk.
_MANNER = {
    MailKind.NEWSLETTER: message.MailKind.NEWSLETTER,
    MailKind.CHECKIN: message.MailKind.CHECK_IN,
    MailKind.ITEM: message.MailKind.CHECK_IN,
    MailKind.SERVICE: message.MailKind.SERVICE,
}


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it goes to the next hop, with its envelope, and what it was rendered to."""

    message: bytes
    message_id: str
    envelope_sender: str
    recipient: str
    rendered: Rendered


class Composer:
    """Makes the messages of one mailing: one template, one sender.

    `links` signs what leads back to us. `key` is the mailing's, such as ``newsletter@2026-12``.
    `timezone` and `locale` are the firm's, for contacts whose own are not known; `tiers` are what
    templates may say is promised. The keys in `signing` sign each message, as the last thing done
    to it.
    """

    def __init__(
        self,
        template: Template,
        sender: Sender,
        links: Links,
        *,
        company: str | None = None,
        postal_address: str | None = None,
        website: str | None = None,
        timezone: str = "UTC",
        locale: str = "en",
        tiers: Tiers | None = None,
        key: str | None = None,
        signing: Sequence[SigningKey] = (),
    ) -> None:
        self.template = template
        self.sender = sender
        self.links = links
        self.company = company
        self.postal_address = postal_address
        self.website = website
        self.timezone = timezone
        self.locale = locale
        self.tiers = tiers
        self.signing = tuple(signing)
        self._kind = template.front_matter.kind
        self._list_id = ListId(
            template.series.replace("_", "-"), links.domain, company or sender.name
        )
        self._feedback_id = _feedback_id(key, self._kind, links.domain)

    def compose(
        self, contact: Contact, *, delivery_id: int, date: datetime, to: str | None = None
    ) -> Composed:
        """Return the message for one delivery to `contact`, dated `date`.

        With `to` it is a test: the contact's mail to that address, without what would let its
        reader unsubscribe the contact. Raises `TemplateError` where the template fails for this
        contact, and `MessageError` where no correct message can be made of what it gave.
        """
        # Links for nobody look like the others, and change nothing for the contact.
        reader = contact.id if to is None else 0
        scene = self._scene(reader, delivery_id, date)
        template = self.template.version_for(contact, self.locale)
        rendered = template.render(contact, scene)
        message_id = self.links.message_id(delivery_id)
        recipient = to or contact.email
        reader_box = Mailbox(recipient, None if to else _shown_name(contact))
        reply_to = self.links.reply_to(delivery_id) or self.sender.reply_to
        is_list = self._kind is MailKind.NEWSLETTER
        mail = Mail(
            kind=message.MailKind.TEST if to else _MANNER[self._kind],
            sender=Mailbox(self.sender.address, self.sender.name),
            recipient=reader_box,
            subject=rendered.subject,
            date=date,
            message_id=message_id,
            text=rendered.text,
            html=rendered.html,
            reply_to=Mailbox(reply_to, self.sender.name) if reply_to else None,
            unsubscribe_url=self.links.unsubscribe_url(reader, self.template.series),
            unsubscribe_mailto=self.links.unsubscribe_mailto(reader, self.template.series),
            list_id=self._list_id if is_list else None,
            feedback_id=self._feedback_id if is_list else (),
            attachments=template.attachments,
            images=template.images,
            invite=template.invite(
                contact,
                scene,
                uid=message_id.strip("<>"),
                reader=reader_box,
                rsvp=not is_list,
            ),
        )
        return Composed(
            message=self._signed(build_message(mail), date),
            message_id=message_id,
            envelope_sender=self.links.envelope_sender(delivery_id) or self.sender.address,
            recipient=recipient,
            rendered=rendered,
        )

    def _signed(self, octets: bytes, date: datetime) -> bytes:
        return sign_message(octets, self.signing, at=date) if self.signing else octets

    def _scene(self, reader: int, delivery_id: int, date: datetime) -> Scene:
        series = self.template.series
        links = ContactLinks(
            unsubscribe=self.links.unsubscribe_url(reader, series)
            or self.links.unsubscribe_mailto(reader, series),
            preferences=self.links.preferences_url(reader),
            view=self.links.view_url(delivery_id),
        )
        return Scene(
            sender=self.sender,
            now=date,
            links=links,
            company=self.company,
            postal_address=self.postal_address,
            website=self.website,
            timezone=self.timezone,
            locale=self.locale,
            tiers=self.tiers,
        )


def _shown_name(contact: Contact) -> str | None:
    """Return the name for the To header, unless it is too long or holds what no header may."""
    name = contact.name
    if name is None or len(name) > _MAX_SHOWN_NAME or not name.isprintable() or "=?" in name:
        return None
    return name


def _feedback_id(key: str | None, kind: MailKind, domain: str) -> tuple[str, ...]:
    """Return the fields by which Gmail's Postmaster Tools tell mailings apart, or none."""
    sender = re.sub(r"[^A-Za-z0-9]", "", domain)[:15]
    if key is None or len(sender) < 5:
        return ()
    fields = (re.sub(r"[^A-Za-z0-9._-]+", "-", key), kind.value, sender)
    return fields if len(set(fields)) == len(fields) else ()
