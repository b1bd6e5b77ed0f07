"""Mail of every kind with whatever may stand in a record, and what each message is meant to say.

Half of it is composed, from templates and contacts, by the path that sends; half is made of values
by `build_message`, so that headers and parts see what no template lets through.
"""

import random
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from outreach.domain.address import written_address
from outreach.domain.contact import Contact
from outreach.domain.mailing import MailKind, Sender
from outreach.errors import OutreachError
from outreach.rendering.assets import Attachment, InlineImage
from outreach.rendering.carried import carried
from outreach.rendering.headers import ListId, Mailbox
from outreach.rendering.message import Invite, Mail, Manner, build_message
from outreach.rendering.templates import TemplateSet, one_line
from outreach.services.composed import shown_name
from outreach.services.composing import Composer
from tests.rendering.mail import LAYOUT, contact
from tests.rendering.test_compiled import (
    ATTRIBUTES,
    FIRM,
    INLINE,
    LINKS,
    NAME,
    NAMES,
    NOW,
    TIERS,
    in_page,
)
from tests.rendering.test_golden import CALENDAR

ALPHABET = (
    "abcXYZ 019.,:;=?_-+()<>[]@\"'\\/&%#äßéøИש中🎄👩‍👧"
    "\u200e\u200f\u202a\u202e\u2066\u2069\u061c\u200b\u200d\u0301\u00a0\u00ad\ufeff\u2028\x85\r\n\t"
)
#: What has broken mail programs, servers and our own code before, or was made up to.
HOSTILE = (
    "a\r\nBcc: evil@example.com",
    "a\r\n\r\n<script>alert(1)</script>",
    "a\nFrom b",
    "\rbare",
    "nul\x00",
    "half \ud83d",
    "=?utf-8?q?a=0d=0aBcc:_evil@example.com?=",
    "=?utf-8?b?YQ==?= =?utf-8?b?Yg==?=",
    "=?us-ascii?q?x?=",
    "--=_alternative_aaaaaaaaaaaaaaaaaaaaaaaa",
    "--",
    "-- ",
    ".",
    "..",
    "From the start",
    ">From quoted",
    "begin 644 x.exe",
    "Content-Type: text/html",
    "\u202egnp.exe",
    "\u2067مرحبا\u2069",
    "שלום עולם",
    "李小龍" * 12,
    "x" * 300,
    "y" * 1100,
    "ü" * 500,
    "word " * 60,
    "🎄" * 40,
    "é" * 80,
    "e\u0301" * 40,
    '"quoted"',
    '"',
    "\\",
    'a\\"b',
    "(comment)",
    "Weber, Anna",
    "Anna @ Weber",
    "anna@example.com",
    "<anna@example.com>",
    "Anna <anna@example.com>",
    "undisclosed-recipients:;",
    "group: a, b;",
    "a;b",
    "a:b",
    "O'Brien",
    'Dr. J.R. "Bob" Dobbs, Jr.',
    "  two  blanks  ",
    "tab\tinside",
    "soft\u00adhyphen",
    "zero\u200bwidth",
    "\ufeffbom",
    "=",
    "=3D",
    "a=\nb",
    "?=",
    "=?",
    "%0d%0aBcc:x",
    "&#13;&#10;",
    "</p></td></table>",
    "]]>",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "![x](cid:nothing)",
    "cid:nothing",
    "url(cid:nothing)",
    "mailto:x@example.com?bcc=y@example.com",
    "\u0000\u0001\u0002",
    "\x1b[31mred",
    "\x7f",
)
USUAL = ("Ada", "Mary Ann", "Jürgen", "O'Brien & Sons", "Łukasz Żółw", "Ann-Sofie", "李 小龍", "م")
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.7\r\n" + bytes(range(256)) * 3
NOTE = "Grüße.\n.dot\nFrom here\n".encode()

#: A link that carries what stands in a contact's record.
_LINK = "https://x.example/?c="
_LEAVE = "[leave]({{ links.unsubscribe }})"
_SUBJECT = "subject: '{{ contact.plan }}: für {{ contact.company | default(\"alle\") }}'"
_GO = f"[Read on]({_LINK}{{{{ contact.plan | urlencode }}}})"
_EVENT = """event:
  title: "Coffee with {{ contact.first_name | default('you') }}"
  start: 2027-03-28 10:00
  duration: 1 h 30 min
  place: "Café Ö; 1, {{ contact.company | default('Main Street') }}"
  description: |
    We talk about {{ contact.plan }}.
    Bring questions.
  zone: Europe/Berlin
"""
_FILES = """attachments:
  - files/offer.pdf
  - {file: offer.pdf, name: "Angebot für März – 李 (1).pdf"}
  - {file: files/notes.bin, name: "notes, all; of 'them'.txt", type: text/plain}
"""
_ATTACHED = (
    ("offer.pdf", "application/pdf", PDF),
    ("Angebot für März – 李 (1).pdf", "application/pdf", PDF),
    ("notes, all; of 'them'.txt", "text/plain", NOTE),
)


def _markdown(*blocks: str, head: str = _SUBJECT) -> str:
    return f"---\n{head}\n---\n" + "\n\n".join((*blocks, f"{_GO} or {_LEAVE}")) + "\n"


def _sources() -> dict[str, bytes | str]:
    rich = in_page([*INLINE[:6], INLINE[8], "{{ contact.plan | upper }}"])
    words = {
        "de": ("Hallo", "Für Sie"),
        "ar": ("مرحبا", "أخبار"),
        "ja": ("こんにちは", "お知らせ"),
    }
    translated: dict[str, bytes | str] = {
        f"translated.{tag}.md": _markdown(
            f"{hello} {NAME}", FIRM, head=f"subject: '{news}: {{{{ contact.plan }}}}'"
        )
        for tag, (hello, news) in words.items()
    }
    own_text = f"text: |\n  Hello {NAME},\n  {FIRM}\n  {{{{ links.unsubscribe }}}}"
    return translated | {
        "rich.mjml": f"---\n{_SUBJECT}\nlayout: letter\n---\n{rich}",
        "own-text.md": _markdown(
            f"# {NAME}", f"How is **{FIRM}**?", head=f"{_SUBJECT}\n{own_text}"
        ),
        "plain.txt": f"---\n{_SUBJECT}\nkind: check-in\n---\nHello {NAME},\n\n{FIRM}\n"
        ".{{ contact.plan }}\n{{ links.unsubscribe }}\n",
        "translated.md": _markdown(f"Hello {NAME}", FIRM),
        "attached.md": _markdown(f"See, {NAME}.", head=f"{_SUBJECT}\nkind: check-in\n{_FILES}"),
        "picture.md": _markdown(
            f"![For {NAME}](files/logo.png)", FIRM, head=f"{_SUBJECT}\nlayout: letter"
        ),
        "invited.md": _markdown(f"Come, {NAME}.", head=f"{_SUBJECT}\nkind: check-in\n{_EVENT}"),
        "invited.de.md": _markdown(f"Kommen Sie, {NAME}.", head="subject: Einladung"),
        "all.md": _markdown(
            "{% if contact.tier == 'client' %}![](files/logo.png){% endif %}",
            f"Come, {NAME}.",
            head=f"{_SUBJECT}\nkind: service\nlayout: letter\n{_FILES}{_EVENT}",
        ),
        "empty.txt": "---\nsubject: '{{ contact.plan }}'\nkind: service\n---\n"
        "{{ contact.company | default('') }}\n",
        "layouts/letter.mjml": LAYOUT,
        "files/logo.png": PNG,
        "files/offer.pdf": PDF,
        "files/notes.bin": NOTE,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A message and what its reader should find. Names and subject as a person sees them.

    `files` are attachments: name, type and content; `pictures` are Content-ID and content. `event`
    is an invitation's title, place and reader, `calendar` one that is known to the letter. `leave`
    are the targets of List-Unsubscribe; the other links must be in the text and in the HTML.
    """

    what: str
    data: bytes
    message_id: str
    sender: tuple[str, str]
    reader: tuple[str, str]
    subject: str
    text: str
    html: str
    files: tuple[tuple[str, str, bytes], ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()
    event: tuple[str, str, str] | None = None
    calendar: str | None = None
    leave: tuple[str, ...] = ()
    text_links: tuple[str, ...] = ()
    html_links: tuple[str, ...] = ()
    thread: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


class Varied:
    """Makes messages, the same for the same seed. `refused` counts what no mail can carry."""

    def __init__(self, folder: Path, seed: int) -> None:
        for name, content in _sources().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._chance = random.Random(seed)
        self.refused: Counter[str] = Counter()
        templates = TemplateSet(folder, attributes=ATTRIBUTES)
        senders = [
            Sender("Anna Weber", "anna@studio.example"),
            Sender('Anna "A" Weber, Büro (1)', "anna@studio.example"),
            Sender("Änne Müller; 李小龍", "änne@studio.example"),
        ]
        self.composers = [
            Composer(
                templates.load(name),
                senders[number % len(senders)],
                LINKS,
                company="Studio & Co",
                postal_address="1 Main Street",
                website="https://studio.example",
                tiers=TIERS,
                key="newsletter@2026-12",
            )
            for number, name in enumerate(templates.names())
        ]

    def messages(self, count: int) -> Iterator[Meant]:
        """Yield so many messages, as many of each kind."""
        makers: Sequence[Callable[[int], Meant]] = (self._composed, self._built)
        made = turn = 0
        while made < count:
            try:
                meant = makers[turn % 2](turn // 2)
            except OutreachError as error:
                for problem in error.problems:
                    self.refused[problem.source or "the text"] += 1
            else:
                made += 1
                yield meant
            turn += 1

    def _text(self) -> str:
        """Return what may stand in a field: mostly what does, now and then anything."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.7:
            return chance.choice(USUAL) + chance.choice(("", f" {chance.randint(1, 10**6)}"))
        if kind < 0.85:
            return "".join(chance.choices(ALPHABET, k=chance.randint(1, 90)))
        return chance.choice(HOSTILE) if kind < 0.97 else chance.choice(NAMES) or ""

    def _body(self) -> str:
        """Return a body: none, lines of anything, or one word that fits no line."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.1:
            return chance.choice(("", "\n", " ", "x" * 5000, "ü" * 5000, "=" * 999, ". " * 700))
        lines = [self._text() for _ in range(chance.randint(1, 12))]
        return chance.choice(("\n", "\r\n", "\n\n", " \n", "\n.", "\nFrom ", " ")).join(lines)

    def _address(self, number: int) -> str:
        chance = self._chance
        local = chance.choice(("reader", "a'b", "x+y", "änne", "иван", "!#$%&*", "UPPER.case"))
        host = chance.choice(("mail.example", "bücher.example", "xn--80a1acny.example"))
        return f"{local}{number}@{host}"

    def _composed(self, number: int) -> Meant:
        chance = self._chance
        composer = self.composers[number % len(self.composers)]
        person = contact(
            id=number + 1,
            email=self._address(number),
            tier=chance.choice(list(TIERS)),
            first_name=self._text() or None,
            last_name=self._text() or None,
            company=chance.choice((None, self._text() or None)),
            locale=chance.choice((None, "en", "de", "ar", "ja", "fi")),
            attributes={"plan": self._text() or "basic", "seats": number, "items": ("a",)},
        )
        when = NOW + timedelta(seconds=number)
        made = composer.compose(person, delivery_id=number + 1, date=when)
        rendered = made.rendered
        name = composer.template.name
        matter = composer.template.front_matter
        html = rendered.html or ""
        own = LINKS.unsubscribe_url(person.id, composer.template.series)
        mailto = LINKS.unsubscribe_mailto(person.id, composer.template.series)
        assert own is not None
        assert mailto is not None
        shows = name == "picture" or (name == "all" and person.tier == "client")
        plan = quote(str(person.attributes["plan"]), safe="/")
        return Meant(
            what=f"{name} {number}",
            data=made.message,
            message_id=LINKS.message_id(number + 1),
            sender=(composer.sender.name, composer.sender.address),
            reader=(seen(shown_name(person) or ""), written_address(person.email)),
            subject=seen(rendered.subject),
            text=rendered.text,
            html=html,
            files=_ATTACHED if matter.attachments else (),
            pictures=tuple((image.cid, PNG) for image in made.images) if shows else (),
            event=_event(person) if matter.event else None,
            leave=() if matter.kind is MailKind.SERVICE else (own, mailto),
            text_links=() if name == "empty" else (own,),
            html_links=(own, _LINK + plan) if html and name != "rich" else (own,) if html else (),
        )

    def _built(self, number: int) -> Meant:
        chance = self._chance
        often = lambda make, share=0.5: make() if chance.random() < share else None  # noqa: E731
        sender = Mailbox("anna@studio.example", often(self._text))
        reader = Mailbox(self._address(number), often(self._text, 0.8))
        subject, text, html = self._text(), self._body(), often(self._body)
        ids = [f"<{number}.{n}-{'x' * chance.randint(0, 90)}@mail.example>" for n in range(9)]
        thread = ids[: chance.choice((0, 0, 1, 2, 9))]
        files = tuple(
            (f"{self._text()}.pdf", "application/pdf", chance.randbytes(chance.randint(0, 200)))
            for _ in range(chance.choice((0, 0, 1, 3)))
        )
        extra = (("X-Note", self._text()),) if chance.random() < 0.3 else ()
        pictures: tuple[tuple[str, bytes], ...] = ()
        if html is not None and "cid:" not in html.lower() and chance.random() < 0.3:
            pictures = ((f"pic{number}@studio.example", PNG),)
            html += f'<img src="cid:{pictures[0][0]}">'
        calendar = None
        if chance.random() < 0.2:
            calendar = CALENDAR.replace("Coffee", f"Coffee {'中ü x' * chance.randint(0, 30)}")
        mail = Mail(
            manner=chance.choice((Manner.CHECK_IN, Manner.NEWSLETTER)),
            sender=sender,
            recipient=reader,
            subject=subject,
            date=NOW + timedelta(seconds=number),
            message_id=f"<built{number}@studio.example>",
            text=text,
            html=html,
            in_reply_to=thread[-1] if thread else None,
            references=tuple(thread[:-1]),
            unsubscribe_url=f"https://studio.example/u/{'x' * chance.randint(1, 300)}",
            unsubscribe_mailto="mailto:leave@studio.example?subject=leave",
            list_id=ListId("news", "studio.example", often(self._text)),
            extra=extra,
            attachments=tuple(Attachment(*file) for file in files),
            images=tuple(InlineImage(cid, "image/png", data) for cid, data in pictures),
            invite=None if calendar is None else Invite(calendar),
        )
        assert mail.unsubscribe_url is not None
        assert mail.unsubscribe_mailto is not None
        return Meant(
            what=f"built {number}",
            data=build_message(mail),
            message_id=mail.message_id,
            sender=(seen(sender.name or ""), sender.address),
            reader=(seen(reader.name or ""), written_address(reader.address)),
            subject=seen(subject),
            text=text.lstrip("\ufeff"),
            html=(html or "").lstrip("\ufeff"),
            files=tuple((seen(name).strip(), kind, data) for name, kind, data in files),
            pictures=pictures,
            calendar=calendar,
            leave=(mail.unsubscribe_url, mail.unsubscribe_mailto),
            thread=tuple(thread),
            extra=tuple((name, seen(value)) for name, value in extra),
        )


def _event(person: Contact) -> tuple[str, str, str]:
    """Return what the invitation in our templates says: its title, place and reader."""
    return (
        one_line(f"Coffee with {carried(person.first_name or 'you')}".strip()),
        one_line(f"Café Ö; 1, {carried(person.company or 'Main Street')}".strip()),
        f"mailto:{person.email}",
    )


def seen(text: str) -> str:
    """Return a text as it can be seen in a header: no tabs, no marks, no blanks around it."""
    return text.replace("\t", " ").replace("\ufeff", "").strip(" ")
