"""Messages filled in: a compiled template, and headers of which most is written already.

What `PlainPath` does for one contact is done here for many, with the same bytes.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING

from outreach.domain.contact import Contact
from outreach.domain.links import Signer, Token
from outreach.errors import OutreachError
from outreach.rendering.compiled import CompiledTemplate, Found
from outreach.rendering.frame import Frame, Varying
from outreach.rendering.headers import Mailbox
from outreach.rendering.message import invite_part
from outreach.rendering.scene import ContactLinks
from outreach.rendering.tame import NotTameError
from outreach.rendering.templates import Template
from outreach.rendering.values import Tokens
from outreach.services.composed import Composed, shown_name
from outreach.services.plain_path import PlainPath

if TYPE_CHECKING:
    from outreach.rendering.dkim import SignApart


_WORTH_A_PRESS = 24  # messages of one skeleton: about as long as it takes to write a press


class Filling:
    """The compiled path beside a plain one, for one version of its template.

    It is a compiled template and a frame, with markers for tokens.
    """

    def __init__(
        self, plain: PlainPath, version: Template, apart: "SignApart | None" = None
    ) -> None:
        self._plain = plain
        self._series = plain.series
        # Tokens that nobody accepts: as long as real ones, and in no text of a template.
        links = replace(plain.links, signer=Signer([token_hex()]))
        markers = {int(kind): links.token(kind, 0, 0, self._series) for kind in Token}
        now = datetime(2000, 1, 1, tzinfo=UTC)
        mail = plain.mail(links, 0, 0, now, Mailbox("reader@example.org"))
        mail = replace(mail, attachments=version.attachments, images=version.images)
        self._version = version
        self._has_event = version.front_matter.event is not None
        self._frame = Frame(mail, markers, plain.signing, apart)
        self.template = CompiledTemplate(version, plain.scene(links, 0, 0, now), markers)
        self._wanted = self._frame.tokens | {Token.DELIVERY}
        self._makers: dict[frozenset[int], Callable[[int, int], list[bytes]]] = {}
        marker = markers[Token.DELIVERY]
        self._message_id = mail.message_id.split(marker)
        sender = links.envelope_sender(0) or plain.sender.address
        self._envelope_sender = sender.split(marker)

    def compose(self, contact: Contact, delivery_id: int, date: datetime) -> Composed | None:
        """Return the message, or None where only the plain path will do."""
        found = self.template.find(contact, date, self._links, delivery_id)
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
        right = self._plain.compose_plainly(contact, delivery_id=delivery_id, date=date)
        self.template.prove(found, same=right == composed and right.rendered == composed.rendered)
        return right

    def _links(self, contact: Contact, delivery_id: int, now: datetime) -> ContactLinks:
        """Return the links of a mail, for a template that does more with them than print them."""
        return self._plain.scene(self._plain.links, contact.id, delivery_id, now).links

    def _filled(self, found: Found, contact: Contact, delivery_id: int, date: datetime) -> Composed:
        octets = self._maker(found.tokens)(contact.id, delivery_id)
        tokens = Tokens(octets)
        varying = Varying(contact.email, shown_name(contact), found.subject, date)
        own = octets[0].decode("ascii")
        message_id = own.join(self._message_id)
        invite = self._invite(contact, delivery_id, date, message_id) if self._has_event else None
        skeleton = found.skeleton
        if skeleton.press is not None and found.whole_text is None:
            message = self._frame.pressed(skeleton.press, varying, found.values, tokens, invite)
        else:
            text, html = found.fill(tokens)
            message = self._frame.message(
                varying, tokens, text, html, images=skeleton.images, invite=invite
            )
            skeleton.fills += 1
            if skeleton.fills == _WORTH_A_PRESS:
                skeleton.press = self._frame.press(skeleton, has_invite=invite is not None)
        return Composed(
            message,
            message_id,
            own.join(self._envelope_sender),
            contact.email,
            found.subject,
            partial(found.rendered, tokens),
            self._version.images,
            is_canonical=self._frame.is_ascii,
        )

    def _invite(
        self, contact: Contact, delivery_id: int, date: datetime, message_id: str
    ) -> bytes | None:
        plain = self._plain
        scene = plain.scene(plain.links, contact.id, delivery_id, date)
        reader = Mailbox(contact.email, shown_name(contact))
        invite = plain.invite(self._version, contact, scene, message_id, reader)
        return None if invite is None else invite_part(invite)

    def _maker(self, wanted: frozenset[int]) -> Callable[[int, int], list[bytes]]:
        maker = self._makers.get(wanted)
        if maker is None:
            kinds = [kind for kind in Token if kind in wanted or kind in self._wanted]
            maker = self._plain.links.maker(kinds, self._series)
            self._makers[wanted] = maker
        return maker
