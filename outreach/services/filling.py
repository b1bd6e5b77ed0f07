"""Messages filled in: a compiled template, and headers of which most is written already.

What `Composer` does for one contact by the plain path, done here for many, with the same bytes.
"""

from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.domain.links import Signer, Token
from outreach.domain.mailing import Canonical
from outreach.errors import OutreachError
from outreach.rendering.compiled import CompiledTemplate, Found
from outreach.rendering.folding import NotTameError
from outreach.rendering.message import Frame, Mailbox
from outreach.rendering.splicing import Tokens
from outreach.rendering.templates import Template
from outreach.services.composing import Composed, shown_name

if TYPE_CHECKING:
    from outreach.services.composing import Composer

_TOKENS = tuple(Token)


class Filling:
    """The compiled path of one composer for one version of its template.

    It is a compiled template and a frame, with markers for tokens.
    """

    def __init__(self, composer: "Composer", version: Template) -> None:
        self._composer = composer
        self._series = composer.template.series
        # Tokens that nobody accepts: as long as real ones, and in no text of a template.
        links = replace(composer.links, signer=Signer([token_hex()]))
        markers = {int(kind): links.token(kind, 0, 0, self._series) for kind in Token}
        now = datetime(2000, 1, 1, tzinfo=UTC)
        mail = composer.mail(links, 0, 0, now, Mailbox("reader@example.org"))
        self._frame = Frame(mail, markers)
        self.template = CompiledTemplate(version, composer.scene(links, 0, 0, now), markers)
        self._marker = markers[Token.DELIVERY]
        self._wanted = self._frame.tokens | {Token.DELIVERY}
        self._message_id = mail.message_id
        self._envelope_sender = links.envelope_sender(0) or composer.sender.address

    def compose(self, contact: Contact, delivery_id: int, date: datetime) -> Composed | None:
        """Return the message, not signed, or None where only the plain path will do."""
        composer = self._composer
        found = self.template.find(
            contact,
            date,
            lambda: composer.scene(composer.links, contact.id, delivery_id, date).links,
        )
        if found is None:
            return None
        try:
            composed = self._filled(found, contact, delivery_id, date)
        except (NotTameError, OutreachError) as error:
            self.template.left_to_plain(str(error))
            return None
        if found.skeleton.proved:
            self.template.counts.filled += 1
            return composed
        plain = composer.unsigned(contact, delivery_id=delivery_id, date=date)
        self.template.prove(found, same=plain == composed and plain.rendered == composed.rendered)
        return plain

    def _filled(self, found: Found, contact: Contact, delivery_id: int, date: datetime) -> Composed:
        wanted = found.tokens
        links, series = self._composer.links, self._series
        tokens = Tokens(
            [
                links.token(kind, contact.id, delivery_id, series)
                if kind in wanted or kind in self._wanted
                else ""
                for kind in _TOKENS
            ]
        )
        text, html = found.fill(tokens)
        message_id = self._message_id.replace(self._marker, tokens.texts[0])
        return Composed(
            message=Canonical(
                self._frame.message(
                    recipient=Mailbox(contact.email, shown_name(contact)),
                    subject=found.subject,
                    date=date,
                    message_id=message_id,
                    tokens=tokens.octets,
                    text=text,
                    html=html,
                )
            ),
            message_id=message_id,
            envelope_sender=self._envelope_sender.replace(self._marker, tokens.texts[0]),
            recipient=contact.email,
            render=lambda: found.rendered(tokens),
        )
