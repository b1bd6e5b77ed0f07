"""Checking a template: every contact's mail is made, and everything that fails is told.

Remarks are what does not stop a mail and ought to be seen to. Rules that look deeper into what was
made belong beside `_remarks`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from outreach.domain.condition import Condition
from outreach.domain.contact import AttributeType, ConsentStatus, Contact
from outreach.domain.mailing import MailKind
from outreach.errors import MessageError, Problem, TemplateError
from outreach.rendering.text import links_of
from outreach.services.composing import Composed, Composer
from outreach.storage import contacts, segments
from outreach.storage.database import Database

GMAIL_CLIP = 102_400
"""Octets of HTML above which Gmail cuts a mail off; observed by many, documented by nobody."""
SIZE_WARNING = 90_000
"""Octets of HTML above which a mail is close to being cut off."""
LONG_PREHEADER = 140
"""Characters of preheader beyond which no inbox shows more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the addresses of all contacts it is wrong for."""

    problem: Problem
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `rendered` of `contacts` mails could be made."""

    template: str
    contacts: int
    rendered: int
    failures: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    largest_html: int
    largest_message: int

    @property
    def failed(self) -> int:
        """How many contacts would get no mail."""
        return self.contacts - self.rendered


@dataclass(slots=True)
class _Gathered:
    """Contacts by cause, in the order in which the causes came up."""

    found: dict[Problem, list[str]] = field(default_factory=dict)

    def add(self, problem: Problem, email: str) -> None:
        emails = self.found.setdefault(problem, [])
        if email not in emails[-1:]:
            emails.append(email)

    def findings(self) -> tuple[Finding, ...]:
        return tuple(Finding(problem, tuple(emails)) for problem, emails in self.found.items())


def check(
    composer: Composer,
    readers: Iterable[Contact],
    date: datetime,
    *,
    invented: bool = False,
) -> Report:
    """Make the mail of every contact and report all that fails, by cause, and all remarks.

    Of `invented` contacts nothing is said that is about themselves.
    """
    failures, remarks = _Gathered(), _Gathered()
    count = rendered = largest_html = largest_message = 0
    for contact in readers:
        count += 1
        try:
            composed = composer.compose(contact, delivery_id=0, date=date)
        except (TemplateError, MessageError) as error:
            for problem in error.problems:
                failures.add(problem, contact.email)
        else:
            rendered += 1
            html = composed.rendered.html
            largest_html = max(largest_html, len(html.encode()) if html else 0)
            largest_message = max(largest_message, len(composed.message))
            for problem in _remarks(composer, composed):
                remarks.add(problem, contact.email)
            if not invented and (locale := composer.untranslated(contact)) is not None:
                remarks.add(_untranslated(composer, locale), contact.email)
    return Report(
        template=composer.template.name,
        contacts=count,
        rendered=rendered,
        failures=failures.findings(),
        remarks=remarks.findings(),
        largest_html=largest_html,
        largest_message=largest_message,
    )


def members(database: Database, condition: Condition, now: datetime) -> Sequence[int]:
    """Return the ids of everybody in a segment."""
    with database.read() as session:
        return segments.ids(session, condition, now)


def loaded(
    database: Database,
    ids: Sequence[int],
    now: datetime,
    types: Mapping[str, AttributeType] | None = None,
) -> Iterator[Contact]:
    """Yield contacts, loaded in batches; no transaction is open while one is looked at."""
    for start in range(0, len(ids), contacts.BATCH):
        with database.read() as session:
            batch = contacts.load(session, ids[start : start + contacts.BATCH], now, types=types)
        yield from batch


def _remarks(composer: Composer, composed: Composed) -> Iterable[Problem]:
    template, rendered = composer.template, composed.rendered
    source = template.display(template.file)
    yield from template.warnings
    yield from rendered.warnings
    html = rendered.html
    if html is not None:
        size = len(html.encode())
        if size > GMAIL_CLIP:
            yield Problem(
                "the HTML is so large that Gmail cuts its end off, with the unsubscribe link",
                source,
                hint=f"bring it below {GMAIL_CLIP:,} octets",
            )
        elif size > SIZE_WARNING:
            yield Problem(
                "the HTML is nearly so large that Gmail cuts its end off",
                source,
                hint=f"keep it below {SIZE_WARNING:,} octets",
            )
        if any(_target(link) not in rendered.text for link in links_of(html)):
            line = template.front_matter.lines.get("text")
            hint = "write the same links into the text, or leave `text` out"
            yield Problem("the text part lacks a link that the HTML has", source, line, hint=hint)
    if rendered.preheader is None and html is not None:
        yield Problem("there is no preheader", source, 1, hint="inboxes show it beside the subject")
    elif rendered.preheader and len(rendered.preheader) > LONG_PREHEADER:
        line = template.front_matter.lines.get("preheader")
        hint = f"say it in {LONG_PREHEADER} characters"
        yield Problem("the preheader is longer than any inbox shows", source, line, hint=hint)
    if template.front_matter.kind is not MailKind.NEWSLETTER:
        return
    if not _offers_to_unsubscribe(composer, rendered.text):
        hint = "print {{ links.unsubscribe }} in the template or its layout"
        yield Problem("readers see no way to unsubscribe", source, hint=hint)
    address = composer.postal_address
    if not address:
        hint = "set postal_address in outreach.toml and print it; many laws ask for it"
        yield Problem("there is no postal address", source, hint=hint)
    elif _squeezed(address) not in _squeezed(rendered.text):
        hint = "print {{ postal_address }} in the template or its layout"
        yield Problem("the postal address is not in the mail", source, hint=hint)


def _untranslated(composer: Composer, locale: str) -> Problem:
    template = composer.template
    source = template.display(template.file)
    name = f"{template.name}.{locale}{template.format}"
    return Problem(
        f"there is no translation for the locale {locale}",
        source,
        hint=f"they get it as it is there; to translate it, write {template.display(name)}",
    )


def _target(link: str) -> str:
    """Return what of a link must stand in the text; one within the mail needs nothing there."""
    if link.startswith("#"):
        return ""
    return link.replace(" ", "%20").removeprefix("mailto:").removeprefix("tel:")


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _offers_to_unsubscribe(composer: Composer, text: str) -> bool:
    base, address = composer.links.base_url, composer.links.unsubscribe_address
    url = base is not None and f"{base}/u/" in text
    return url or (address is not None and f"mailto:{address}?subject=unsubscribe" in text)


def nasty_contacts(
    now: datetime, tiers: Iterable[str], locales: Iterable[str] = ()
) -> list[Contact]:
    """Return invented contacts, at least one a tier and one a locale, that templates fail for.

    Missing fields, names that are long, right to left or full of markup, line breaks in values.
    """
    long_ago = datetime(2019, 2, 28, 23, 59, tzinfo=UTC)
    first, *others = list(tiers) or ["known"]
    people: list[dict[str, object]] = [
        {},
        {"first_name": "Ana", "last_name": "Lima", "locale": "pt-BR", "country": "BR"},
        {"last_name": "Nameless", "company": "No First Name Ltd"},
        {"first_name": "**Bold** _it_ `code` # 1."},
        {"first_name": "<b>&amp;</b>", "company": 'Quotes "&" <Sons>'},
        {"first_name": "{{ 7 * 7 }}{% if %}", "company": "${x} %s {0}"},
        {"first_name": "[a](https://example.com)", "company": "![i](x) | a | b |"},
        {"first_name": "Wolfeschlegelsteinhausenbergerdorff" * 4, "company": "word " * 80},
        {"first_name": "محمد", "last_name": "العربي", "locale": "ar", "timezone": "Africa/Cairo"},
        {"first_name": "שרה", "last_name": "כהן", "locale": "he", "timezone": "Asia/Jerusalem"},
        {"first_name": "美咲", "last_name": "佐藤", "locale": "ja", "timezone": "Asia/Tokyo"},
        {"first_name": "Zoë👩‍🚀", "last_name": "Ångström-Łódź", "locale": "sv"},
        {"first_name": "Two\r\nLines", "company": "# Head\n\n- list"},
        {"first_name": "\u202eturned", "last_name": "\u2067round"},
        {"first_name": "O'Brien", "locale": "xx-unknown", "timezone": "Nowhere/At-All"},
    ]
    people += [{"first_name": tier.title(), "tier": tier} for tier in others]
    people += [{"first_name": "Kim", "relies_on": "tax", "locale": locale} for locale in locales]
    return [
        Contact(
            **{
                "id": number,
                "email": f"nasty-{number}@example.com",
                "tier": first,
                "created_at": long_ago,
                "updated_at": now,
                "consent": ConsentStatus.GRANTED,
                "last_two_way": long_ago if number % 2 else None,
                "interests": frozenset({"tax"} if number % 3 == 0 else ()),
                **person,
            }  # type: ignore[arg-type]
        )
        for number, person in enumerate(people, 1)
    ]
