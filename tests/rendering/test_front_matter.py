from datetime import date

import pytest

from outreach.domain.mailing import ContentClass, MailKind
from outreach.errors import Problem, TemplateError
from outreach.rendering.front_matter import Period, take_apart
from outreach.rendering.templates import Template, TemplateSet
from tests.rendering.mail import LAYOUT, SCENE, contact


def load(source: str, **files: str) -> Template:
    return TemplateSet({"mail.txt": source, **files}).load("mail")


def problems(source: str) -> list[Problem]:
    with pytest.raises(TemplateError) as caught:
        load(source)
    return list(caught.value.problems)


def test_every_key_is_read():
    made = TemplateSet(
        {
            "news/a.md": "---\nsubject: Hi\npreheader: Look\nclass: ask\nkind: item\nseries: law\n"
            "layout: plain\nsender: anna\nsegment: clients\nperiod: quarter\nlanguage: de\n"
            "text: Plain\nhero: {a: [1, 2026-12-01]}\n---\n{{ hero.a | length }}",
            "layouts/plain.mjml": LAYOUT,
        }
    ).load("news/a")
    front = made.front_matter
    assert (front.subject, front.preheader, front.text) == ("Hi", "Look", "Plain")
    assert (front.content_class, front.kind) == (ContentClass.ASK, MailKind.ITEM)
    assert (front.series, front.layout, front.sender) == ("law", "plain", "anna")
    assert (front.segment, front.period, front.language) == ("clients", Period.QUARTER, "de")
    assert front.variables == {"hero": {"a": [1, date(2026, 12, 1)]}}
    assert front.lines["hero"] == 13


def test_what_is_not_said_has_its_usual_value():
    front = load("---\nsubject: Hi\n---\nx").front_matter
    assert (front.content_class, front.kind) == (ContentClass.GIVE, MailKind.NEWSLETTER)
    assert front.period is Period.NONE
    assert load("---\nsubject: Hi\nclass: service\n---\nx").front_matter.kind is MailKind.SERVICE


def test_a_layout_gives_what_the_edition_does_not_say():
    templates = TemplateSet(
        {
            "n/1.md": "---\nsubject: Own\nlayout: base\n---\n{{ accent }} {{ tone }}",
            "layouts/base.mjml": "---\nsubject: Layout\nclass: alert\naccent: red\ntone: low\n---\n"
            + LAYOUT,
        }
    )
    front = templates.load("n/1").front_matter
    assert (front.subject, front.content_class) == ("Own", ContentClass.ALERT)
    assert "red low" in templates.load("n/1").render(contact(), SCENE).text


def test_all_problems_come_at_once_with_their_lines():
    found = problems(
        "---\nsubject: ''\nclass: giv\nkind: news\nperiod: monthly\nsender: Anna W\n"
        "contact: me\nutm-campaign: x\nlanguage: no\n---\nx"
    )
    assert [(problem.line, problem.source) for problem in found] == [
        (line, "templates/mail.txt") for line in (2, 3, 4, 5, 6, 7, 8, 9)
    ]
    assert 'did you mean "give"?' in found[1].message
    assert found[6].hint == "call it utm_campaign"


def test_a_missing_subject_looks_for_a_misspelt_one():
    (problem,) = problems("---\nsubjekt: Hi\n---\nx")
    assert (problem.line, problem.hint) == (2, '"subjekt" looks like it; write subject: …')


def test_a_misspelt_key_is_remarked_on():
    (warning,) = load("---\nsubject: Hi\npreheadr: x\n---\nx").warnings
    assert (warning.line, warning.hint) == (3, 'did you mean "preheader"?')


@pytest.mark.parametrize(
    ("yaml", "line", "said"),
    [
        (
            "subject: {{ contact.first_name }}",
            2,
            "put the value in quotes, because it holds braces",
        ),
        ("subject: One: two", 2, "put the value in quotes, because it holds a colon"),
        ("subject: Hi\n\tx: 1", 3, "not valid YAML"),
        ("subject: Hi\nsubject: Ho", 3, '"subject" stands here and on line 2'),
        ("subject: Hi\na: &x [1]\nb: *x", 4, "aliases (*name) are not taken"),
        ("subject: Hi\na: !!python/object:os.system x", 3, "could not determine a constructor"),
        ("subject: Hi\na: 2026-13-45", 3, "a has the value 2026-13-45, which cannot be read"),
        ("subject: Hi\na: !!binary aGk=", 3, "a holds a value of type bytes"),
        ("subject: Hi\na: {1: 2}", 3, "a map whose keys are not all words"),
        ("- a\n- b", 2, "lines of the form"),
        ("subject: Hi\n[a]: 1", 3, "a key must be a word"),
        ("subject: Hi\na: " + "[" * 5000, 2, "nested too deeply"),
    ],
)
def test_bad_yaml_is_told_with_its_line(yaml: str, line: int, said: str):
    (problem,) = problems(f"---\n{yaml}\n---\nx")
    assert said in str(problem)
    assert problem.line == line


def test_front_matter_without_an_end():
    (problem,) = problems("---\nsubject: Hi\n\nDear all")
    assert (problem.line, problem.message) == (1, "the front matter that begins here has no end")


def test_a_file_without_front_matter_is_a_body():
    sheet = take_apart("Hello\n---\nthere", "a.md")
    assert (sheet.values, sheet.body) == ({}, "Hello\n---\nthere")


def test_lines_of_the_body_and_of_blocks_are_those_of_the_file():
    source = "---\nsubject: Hi\ntext: |\n  one\n  {{ contact.company }}\n---\n\n{{ contact.city }}"
    with pytest.raises(TemplateError) as caught:
        load(source).render(contact(), SCENE)
    assert caught.value.problems[0].line == 8
    made = TemplateSet({"mail.md": source.replace("{{ contact.city }}", "x")}).load("mail")
    with pytest.raises(TemplateError) as caught:
        made.render(contact(), SCENE)
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (5, 14)


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (Period.DAY, "2027-01-01"),
        (Period.WEEK, "2026-W53"),
        (Period.MONTH, "2027-01"),
        (Period.QUARTER, "2027-Q1"),
        (Period.YEAR, "2027"),
    ],
)
def test_periods_have_names(period: Period, name: str):
    assert period.name_of(date(2027, 1, 1)) == name
    assert Period.named(name) is period
    assert Period.named("spring") is Period.NONE
