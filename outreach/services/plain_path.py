"""The plain path from a template and a contact to the bytes of a message: what is right.

It renders the template and builds the message anew for each contact. `outreach.services.filling`
makes the same bytes several hundred times faster, and is held against it.
"""

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.domain.links import Links
from outreach.domain.mailing import MailKind, Sender
from outreach.domain.tiers import Tiers
from outreach.rendering.headers import ListId, Mailbox
from outreach.rendering.message import Invite, Mail, Manner, build_message
from outreach.rendering.scene import ContactLinks, Scene
from outreach.rendering.templates import Template
from outreach.services.composed import Composed, shown_name

if TYPE_CHECKING:
    from outreach.rendering.dkim import SigningKey


# A check-in and an item come from a person who hopes for an answer: nothing marks them as bulk.
_MANNER = {
    MailKind.NEWSLETTER: Manner.NEWSLETTER,
    MailKind.CHECKIN: Manner.CHECK_IN,
    MailKind.ITEM: Manner.CHECK_IN,
    MailKind.SERVICE: Manner.SERVICE,
}


@dataclass(eq=False, repr=False)  # its links hold secrets
class PlainPath:
    """Makes the messages of one mailing, one by one: one template, one sender.

    `links` signs what leads back to us. `key` is the mailing's, such as ``newsletter@2026-12``, and
    `series` what its readers can opt out of, where that is not what the template says.
    `timezone` and `locale` are the firm's, for contacts whose own are not known; `tiers` are what
    templates may say is promised. The keys in `signing` sign each message, as the last thing done
    to it.
    """

    template: Template
    sender: Sender
    links: Links
    _: KW_ONLY
    company: str | None = None
    postal_address: str | None = None
    website: str | None = None
    timezone: str = "UTC"
    locale: str = "en"
    tiers: Tiers | None = None
    key: str | None = None
    series: str = ""
    signing: "Sequence[SigningKey]" = ()

    def __post_init__(self) -> None:
        self.series = self.series or self.template.series
        domain = self.links.domain
        self._kind = self.template.front_matter.kind
        self._list_id = ListId(
            self.series.replace("_", "-"), domain, self.company or self.sender.name
        )
        self._feedback_id = _feedback_id(self.key, self._kind, domain)

    def compose_plainly(
        self, contact: Contact, *, delivery_id: int, date: datetime, to: str | None = None
    ) -> Composed:
        """Return the message for one delivery to `contact`, dated `date`.

        With `to` it is a test: the contact's mail to that address, without what would let its
        reader unsubscribe the contact. Raises `TemplateError` where the template fails for this
        contact, and `MessageError` where no correct message can be made of what it gave.
        """
        composed = self.unsigned(contact, delivery_id=delivery_id, date=date, to=to)
        return self._signed(composed, date)

    def _signed(self, composed: Composed, date: datetime) -> Composed:
        if not self.signing:
            return composed
        from outreach.rendering.dkim import sign_message  # noqa: PLC0415 - slow to import

        return replace(composed, made=sign_message(composed.message, self.signing, at=date))

    def unsigned(
        self, contact: Contact, *, delivery_id: int, date: datetime, to: str | None = None
    ) -> Composed:
        """Return the message before it is signed."""
        date = date.replace(microsecond=0)
        # Links for nobody look like the others, and change nothing for the contact.
        reader = contact.id if to is None else 0
        scene = self.scene(self.links, reader, delivery_id, date)
        version = self.template.version_for(contact, self.locale)
        rendered = version.render(contact, scene)
        recipient = to or contact.email
        box = Mailbox(recipient, None if to else shown_name(contact))
        mail = self.mail(self.links, reader, delivery_id, date, box)
        mail = replace(
            mail,
            manner=Manner.TEST if to else mail.manner,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            attachments=version.attachments,
            images=version.images,
            invite=self.invite(version, contact, scene, mail.message_id, box),
        )
        return Composed(
            made=build_message(mail),
            message_id=mail.message_id,
            envelope_sender=self.links.envelope_sender(delivery_id) or self.sender.address,
            recipient=recipient,
            subject=rendered.subject,
            render=lambda: rendered,
            images=version.images,
        )

    def invite(
        self, version: Template, contact: Contact, scene: Scene, message_id: str, reader: Mailbox
    ) -> Invite | None:
        """Return the invitation that goes along, as it reads for `contact`."""
        return version.invite(
            contact,
            scene,
            uid=message_id.strip("<>"),
            reader=reader,
            rsvp=self._kind is not MailKind.NEWSLETTER,
        )

    def mail(
        self, links: Links, reader: int, delivery_id: int, date: datetime, recipient: Mailbox
    ) -> Mail:
        """Return a mail of this mailing that says nothing yet."""
        reply_to = links.reply_to(delivery_id) or self.sender.reply_to
        is_list = self._kind is MailKind.NEWSLETTER
        return Mail(
            manner=_MANNER[self._kind],
            sender=Mailbox(self.sender.address, self.sender.name),
            recipient=recipient,
            subject="",
            date=date,
            message_id=links.message_id(delivery_id),
            text="",
            reply_to=Mailbox(reply_to, self.sender.name) if reply_to else None,
            unsubscribe_url=links.unsubscribe_url(reader, self.series),
            unsubscribe_mailto=links.unsubscribe_mailto(reader, self.series),
            list_id=self._list_id if is_list else None,
            feedback_id=self._feedback_id if is_list else (),
        )

    def scene(self, links: Links, reader: int, delivery_id: int, now: datetime) -> Scene:
        """Return what the template is told besides the contact."""
        series = self.series
        own = ContactLinks(
            unsubscribe=links.unsubscribe_url(reader, series)
            or links.unsubscribe_mailto(reader, series),
            preferences=links.preferences_url(reader),
            view=links.view_url(delivery_id),
        )
        return Scene(
            sender=self.sender,
            now=now,
            links=own,
            company=self.company,
            postal_address=self.postal_address,
            website=self.website,
            timezone=self.timezone,
            locale=self.locale,
            tiers=self.tiers,
        )


def _feedback_id(key: str | None, kind: MailKind, domain: str) -> tuple[str, ...]:
    """Return the fields by which Gmail's Postmaster Tools tell mailings apart, or none."""
    sender = re.sub(r"[^A-Za-z0-9]", "", domain)[:15]
    if key is None or len(sender) < 5:
        return ()
    fields = (re.sub(r"[^A-Za-z0-9._-]+", "-", key), kind.value, sender)
    return fields if len(set(fields)) == len(fields) else ()
