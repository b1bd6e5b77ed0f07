"""Checking a template: every contact's mail is made and judged, and all that is wrong is told.

What cannot be made is a finding like any other, under the rule L001. Findings that are the same for
several contacts are one finding with their addresses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from outreach.domain.condition import Condition
from outreach.domain.contact import AttributeType, ConsentStatus, Contact
from outreach.domain.tiers import Tiers
from outreach.errors import MessageError, OutreachError, Problem, TemplateError
from outreach.rendering.faults import LinkError
from outreach.rendering.lint import Linter, Policy
from outreach.rendering.origins import without_values
from outreach.rendering.rules import RULES, Rule, Severity
from outreach.rendering.templates import Template
from outreach.services.composing import Composer
from outreach.storage import contacts, segments
from outreach.storage.database import Database


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the addresses of all contacts it is wrong for.

    `count` is how often it is wrong in one mail, at the most. Without contacts it is wrong whoever
    the mail is for.
    """

    rule: Rule
    problem: Problem
    contacts: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, by place. `rendered` of `contacts` mails could be made."""

    template: str
    contacts: int
    rendered: int
    findings: tuple[Finding, ...]
    largest_html: int = 0
    largest_message: int = 0

    @property
    def failed(self) -> int:
        """How many contacts would get no mail."""
        return self.contacts - self.rendered

    def reaches(self, severity: Severity) -> bool:
        """Whether anything found is as grave as `severity`, or graver."""
        return any(one.rule.severity.rank >= severity.rank for one in self.findings)


class _Gathered:
    """Findings by rule and problem, with the contacts for which they hold."""

    def __init__(self) -> None:
        self._contacts: dict[tuple[Rule, Problem], list[str]] = {}
        self._counts: dict[tuple[Rule, Problem], int] = {}

    def add(self, rule: Rule, problem: Problem, email: str | None = None, count: int = 1) -> None:
        emails = self._contacts.setdefault((rule, problem), [])
        if email is not None and email not in emails[-1:]:
            emails.append(email)
        self._counts[rule, problem] = max(count, self._counts.get((rule, problem), 0))

    def findings(self) -> tuple[Finding, ...]:
        found = [
            Finding(rule, problem, tuple(emails), self._counts[rule, problem])
            for (rule, problem), emails in self._contacts.items()
        ]
        return tuple(sorted(found, key=_by_place))


def _by_place(finding: Finding) -> tuple[str, int, int, str]:
    problem = finding.problem
    return problem.source or "", problem.line or 0, problem.column or 0, finding.rule.id


def linter(composer: Composer, *, tiers: Tiers, clients: Sequence[str]) -> Linter:
    """Return what judges the mail of `composer`."""
    links, template = composer.links, composer.template
    ways = (
        f"{links.base_url}/u/" if links.base_url else None,
        f"mailto:{links.unsubscribe_address}?subject=unsubscribe"
        if links.unsubscribe_address
        else None,
    )
    policy = Policy(
        kind=template.front_matter.kind,
        content_class=template.front_matter.content_class,
        sender=composer.sender,
        unsubscribe=tuple(way for way in ways if way),
        postal_address=composer.postal_address,
        words=tiers.words,
        clients=tuple(clients),
        weights=_weights(template),
        locale=composer.locale,
    )
    return Linter(template, policy)


def check(
    composer: Composer,
    linter: Linter,
    readers: Iterable[Contact],
    date: datetime,
    *,
    invented: bool = False,
) -> Report:
    """Make and judge the mail of every contact, and report all findings.

    Of `invented` contacts nothing is said that is about themselves.
    """
    gathered = _Gathered()
    for finding in linter.of_template():
        gathered.add(finding.rule, finding.problem, count=finding.count)
    count = rendered = largest_html = largest_message = 0
    for contact in readers:
        count += 1
        try:
            composed = composer.compose(contact, delivery_id=0, date=date)
        except TemplateError as error:
            rule = RULES["L202" if isinstance(error, LinkError) else "L001"]
            for problem in error.problems:
                gathered.add(rule, problem, contact.email)
            continue
        except MessageError as error:
            for problem in error.problems:
                gathered.add(RULES["L001"], _in_template(problem, composer.template), contact.email)
            continue
        rendered += 1
        html = composed.rendered.html
        largest_html = max(largest_html, len(html.encode()) if html else 0)
        largest_message = max(largest_message, composed.size)
        for finding in linter.findings(composed.rendered, contact):
            gathered.add(finding.rule, finding.problem, contact.email, finding.count)
        if not invented and (locale := composer.untranslated(contact)) is not None:
            gathered.add(RULES["L004"], _untranslated(composer.template, locale), contact.email)
    for problem in composer.slow_because():
        gathered.add(RULES["L005"], problem)
    return Report(
        template=composer.template.name,
        contacts=count,
        rendered=rendered,
        findings=gathered.findings(),
        largest_html=largest_html,
        largest_message=largest_message,
    )


def unreadable(template: str, error: OutreachError) -> Report:
    """Return the report on a template of which no mail can be made at all."""
    gathered = _Gathered()
    for problem in error.problems:
        gathered.add(RULES["L001"], problem)
    return Report(template, 0, 0, gathered.findings())


def _in_template(problem: Problem, template: Template) -> Problem:
    """Return the problem of a header or part as one of the template that it came from."""
    what = problem.source
    message = without_values(problem.message, template.files.values())
    line = template.front_matter.lines.get(what.lower()) if what else None
    return replace(
        problem,
        message=f"{what}: {message}" if what else message,
        source=template.display(template.file),
        line=line,
        column=line and template.column(line),
    )


def _untranslated(template: Template, locale: str) -> Problem:
    file = template.display(f"{template.name}.{locale}{template.format}")
    return Problem(
        f"the template has translations, but none for the locale {locale}",
        template.display(template.file),
        hint=f"they get it as it is there; to translate it, write {file}",
    )


def _weights(template: Template) -> dict[str, int]:
    """Return the octets of the pictures that come along, by how the HTML shows them."""
    return {
        f"cid:{image.cid}": len(image.data)
        for version in (template, *template.translations.values())
        for image in version.images
    }


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
