from datetime import timedelta
from pathlib import Path

import pytest

from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.domain.tiers_file import read_tiers
from outreach.errors import TemplateError
from outreach.rendering.lint import GMAIL_CLIP
from outreach.rendering.rules import Severity
from outreach.rendering.templates import TemplateSet
from outreach.services.checking import (
    Report,
    check,
    linter,
    loaded,
    nasty_contacts,
    unreadable,
)
from outreach.services.composing import Composer
from outreach.starter import starter_file
from outreach.storage import contacts as storage
from outreach.storage.database import Database
from tests.rendering.mail import NOW, contact, template

LINKS = Links(signer=Signer(["s"]), domain="a.example", base_url="https://a.example")
TIERS = read_tiers(starter_file("tiers.toml").read_text("utf-8"))
FOOT = "\n\n[Stop]({{ links.unsubscribe }}) {{ postal_address }}"


PREHEADER = "preheader: Forty characters at the least, and no more than inboxes show."
HEAD = f"subject: x\n{PREHEADER}"


def report(body: str, *people: object, head: str = HEAD) -> Report:
    made = template(body, suffix="md", head=head)
    sender = Sender("Anna", "anna@a.example")
    composer = Composer(made, sender, LINKS, company="Studio", postal_address="1 Main Street, Town")
    judge = linter(composer, tiers=TIERS, clients=["gmail"])
    return check(composer, judge, people or [contact()], NOW)  # type: ignore[arg-type]


def rules(*arguments: object, **options: object) -> list[str]:
    found = report(*arguments, **options)  # type: ignore[arg-type]
    assert found.failed == 0
    return [finding.rule.id for finding in found.findings]


def test_all_is_well():
    found = report("Hello" + FOOT)
    assert (found.contacts, found.rendered, found.failed) == (1, 1, 0)
    assert found.findings == ()
    assert not found.reaches(Severity.NOTE)
    assert 0 < found.largest_html < found.largest_message


def test_failures_are_grouped_by_cause_and_name_every_contact():
    people = [
        contact(id=number, email=f"c{number}@example.com", first_name="A" if number % 2 else None)
        for number in range(1, 7)
    ]
    people.append(contact(id=9, email="bad@example.com", first_name="a\x00b"))
    found = report("Dear {{ contact.first_name }}" + FOOT, *people)
    assert (found.contacts, found.rendered, found.failed) == (7, 3, 4)
    assert all(one.rule.id == "L001" for one in found.findings)
    assert {(one.problem.line, one.contacts) for one in found.findings} == {
        (5, ("c2@example.com", "c4@example.com", "c6@example.com")),
        (5, ("bad@example.com",)),
    }
    assert found.reaches(Severity.ERROR)


@pytest.mark.parametrize(
    "part",
    [
        '<mj-text algn="left">Hello {{ contact.first_name }}</mj-text>',
        "<mj-section><mj-column>Hello {{ contact.email }}</mj-column></mj-section>",
        '<mj-text align="{{ contact.company }}">x</mj-text>',
        "<mj-text>[{{ contact.company }}](x)</mj-text><mj-{{ contact.company }}>",
        '<a href="{{ contact.company }}:x">x</a>',
        '<img src="files/{{ contact.company }}.png" alt="">',
        "{{ contact[contact.first_name] }}",
        "{{ contact.company | number }}",
        "{{ contact.company | date }}",
        "{{ contact.company | money(contact.first_name) }}",
        "{{ contact.company | int / 0 }}",
        "{{ {'a': 1}[contact.company] }}",
        "![x](files/{{ contact.company }}.png)",
        "::: {{ contact.first_name }}\nx\n:::",
        "x\n\n::: button {{ contact.company }}\n\nx\n\ny\n:::",
    ],
)
def test_a_fault_is_one_finding_that_says_no_contact_s_values(part: str):
    people = [
        contact(id=n, email=f"{name}@example.com", first_name=name, company=f"{name}firm")
        for n, name in enumerate(["Aadda", "Bobbo", "Cyyll"], 1)
    ]
    found = report(part + FOOT, *people, head=f"{HEAD}\nlayout: letter").findings
    assert len(found) > 0
    assert len({(one.rule.id, one.problem.line, one.problem.column) for one in found}) == len(found)
    for finding in found:
        said = f"{finding.problem.message} {finding.problem.hint}"
        assert not any(name in said for name in ("Aadda", "Bobbo", "Cyyll", "aadda", "bobbo"))


def test_a_message_that_cannot_be_built_is_a_failure():
    found = report("x" + FOOT, contact(email="no address"))
    assert found.failed == 1
    (problem,) = (one.problem for one in found.findings)
    assert problem.message.startswith("To: ")
    assert "is not a mail address" in problem.message
    assert "no address" not in problem.message
    assert problem.source == "templates/mail.md"


def test_a_header_that_cannot_be_written_is_told_where_the_template_says_it():
    head = f'subject: "{{{{ contact.company }}}}"\n{PREHEADER}'
    (finding,) = report("x" + FOOT, contact(company="=?utf-8?q?a=0d=0ab?="), head=head).findings
    problem = finding.problem
    assert problem.message.startswith("Subject: ")
    assert (problem.source, problem.line, problem.column) == ("templates/mail.md", 2, 10)


def test_a_finding_names_the_contacts_it_holds_for():
    people = [contact(id=n, email=f"c{n}@example.com", first_name=f"A{n}") for n in range(4)]
    body = '{% if contact.first_name > "A1" %}[x](http://b.example){% endif %}' + FOOT
    (found,) = report(body, *people).findings
    assert (found.rule.id, found.contacts) == ("L203", ("c2@example.com", "c3@example.com"))
    assert found.problem.line == 5


def test_findings_stand_in_the_order_of_the_source():
    body = "#### Deep\n\n[x](http://b.example)\n\n[](https://c.example)\n\n# y\n\n### z" + FOOT
    found = report(body, head="subject: 'Re: x'").findings
    assert [one.problem.line for one in found] == [2, 2, 6, 8, 12]


def test_what_a_newsletter_must_have_is_asked_of_all_that_is_not_about_work_in_hand():
    assert rules("Hello") == ["L301", "L302", "L304"]
    assert rules("Hello", head=f"{HEAD}\nkind: check-in") == ["L301", "L302", "L304"]
    assert rules("Hello", head=f"{HEAD}\nkind: check-in\nclass: service") == []
    assert rules("Hello", head=f"{HEAD}\nclass: service") == []


def test_size():
    assert rules("word " * (GMAIL_CLIP // 5 + 1) + FOOT) == ["L011", "L013"]
    assert rules("word " * (95_000 // 5) + FOOT) == ["L012"]


def test_words_come_from_the_tiers():
    assert rules("Our customers" + FOOT) == ["L308"]
    assert rules("Our customers" + FOOT, contact(tier="customer")) == []


def test_pictures_that_come_along_are_weighed(tmp_path: Path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1_500_000))
    words = "![A](images/a.png)" + FOOT + "\n\n" + "word " * 40
    (tmp_path / "mail.md").write_text(f"---\n{HEAD}\n---\n{words}")
    made = TemplateSet(tmp_path).load("mail")
    composer = Composer(
        made, Sender("Anna", "anna@a.example"), LINKS, postal_address="1 Main Street"
    )
    judge = linter(composer, tiers=TIERS, clients=["gmail"])
    found = check(composer, judge, [contact()], NOW)
    assert "L504" in {finding.rule.id for finding in found.findings}


def test_locales_without_a_translation_are_told_with_their_contacts():
    files = {
        "mail.md": f"---\n{HEAD}\nlanguage: en\n---\nHi",
        "mail.de.md": f"---\n{HEAD}\n---\nHallo",
    }
    composer = Composer(TemplateSet(files).load("mail"), Sender("Anna", "anna@a.example"), LINKS)
    people = [
        contact(id=number, email=f"{number}@example.com", locale=locale)
        for number, locale in enumerate(("fi", "de-AT", "fi", "en", None, "uk"))
    ]
    judge = linter(composer, tiers=TIERS, clients=["gmail"])
    found = [
        (finding.problem.message.rpartition(" ")[2], finding.contacts)
        for finding in check(composer, judge, people, NOW).findings
        if finding.rule.id == "L004"
    ]
    assert sorted(found) == [
        ("fi", ("0@example.com", "2@example.com")),
        ("uk", ("5@example.com",)),
    ]
    invented = check(composer, judge, people, NOW, invented=True).findings
    assert "L004" not in {finding.rule.id for finding in invented}


def test_a_template_that_cannot_be_read_is_a_report_too():
    with pytest.raises(TemplateError) as caught:
        template("{{ nonsense }} {{ contact.first_nam }}", attributes=())
    found = unreadable("mail", caught.value)
    assert [one.rule.id for one in found.findings] == ["L001", "L001"]
    assert (found.contacts, found.reaches(Severity.ERROR)) == (0, True)


def test_nasty_contacts_have_every_tier_and_a_sound_template_suits_them_all():
    people = nasty_contacts(NOW, ["known", "client", "counsel"])
    assert {person.tier for person in people} == {"known", "client", "counsel"}
    assert len({person.email for person in people}) == len(people)
    assert report("{{ greeting() }} {{ contact.company | d('') }}" + FOOT, *people).failed == 0
    assert report("{{ contact.first_name }}" + FOOT, *people).failed > 0


def test_contacts_are_loaded_in_batches(sqlite_database: Database, monkeypatch):
    monkeypatch.setattr(storage, "BATCH", 2)
    with sqlite_database.write() as session:
        ids = [
            storage.insert(session, storage.NewContact(email=f"c{n}@example.com"), NOW)
            for n in range(5)
        ]
    found = list(loaded(sqlite_database, ids, NOW + timedelta(days=1)))
    assert [person.id for person in found] == ids


def test_what_only_the_plain_path_makes_is_a_note_with_its_reason():
    layout = "<mjml><mj-body>{{ content | replace('Hello', contact.tier) }}</mj-body></mjml>"
    body = "<mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section>"
    made = template(
        body,
        suffix="mjml",
        head="subject: News\nlayout: odd",
        files={"layouts/odd.mjml": layout},
    )
    composer = Composer(made, Sender("Anna Weber", "anna@studio.example"), LINKS)
    judge = linter(composer, tiers=TIERS, clients=())
    report = check(composer, judge, [contact(id=1)], NOW)
    (finding,) = [one for one in report.findings if one.rule.id == "L005"]
    assert finding.rule.severity is Severity.NOTE
    assert finding.problem.source == "templates/mail.mjml"
    assert "content" in finding.problem.hint
    assert not Report("mail", 1, 1, (finding,)).reaches(Severity.WARNING)
