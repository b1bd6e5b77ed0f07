"""Faults in what Jinja made are told where a person wrote them, and without a contact's values."""

import pytest

from outreach.errors import Problem, TemplateError
from outreach.rendering.origins import Origins
from outreach.rendering.templates import TemplateSet
from tests.rendering.mail import LAYOUT, SCENE, contact

HEAD = "---\nsubject: x\nlayout: letter\n---\n"
COLUMN = "<mj-section><mj-column>\n{}\n</mj-column></mj-section>"
ADA = contact(first_name="Ada", company="Secret & Sons", attributes={"plan": "lefft"})


def told(body: str, suffix: str = "mjml", **files: str) -> list[Problem]:
    """What is wrong with a template, its errors and its warnings."""
    names = {f"partials/{name}.mjml": text for name, text in files.items() if name != "layout"}
    everything = {
        f"mail.{suffix}": HEAD + body,
        "layouts/letter.mjml": files.get("layout", LAYOUT),
        **names,
    }
    made = TemplateSet(everything, attributes=("plan",)).load("mail")
    try:
        return list(made.render(ADA, SCENE).warnings)
    except TemplateError as error:
        return list(error.problems)


def place(problem: Problem) -> tuple[str, int | None, int | None]:
    assert problem.source is not None
    return problem.source.removeprefix("templates/"), problem.line, problem.column


NAME = "{{ contact.first_name }}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f'<mj-text algn="left">Hello {NAME}</mj-text>', ("mail.mjml", 6, 10)),
        (f'  <mj-text color="red" algn="{NAME}">Hello</mj-text>', ("mail.mjml", 6, 24)),
        (
            f'{{% if contact %}}<mj-text algn="left">{NAME}</mj-text>{{% endif %}}',
            ("mail.mjml", 6, 26),
        ),
        (f"<mj-text>{NAME}</mj-text><mj-txt>{NAME}</mj-txt>", ("mail.mjml", 6, 44)),
        (f'<mj-text\n   padding="10px"\n   algn="{NAME}">{NAME}</mj-text>', ("mail.mjml", 8, 4)),
        (
            '{% for n in [1, 2] %}<mj-text algn="a">{{ n }}</mj-text>{% endfor %}',
            ("mail.mjml", 6, 31),
        ),
        (
            '{% set x %}<mj-text algn="a">{{ contact.tier }}</mj-text>{% endset %}\n{{ x }}',
            ("mail.mjml", 6, 21),
        ),
        (f"{NAME} stands alone", ("mail.mjml", 6, 1)),
        (f"alone stands {NAME}", ("mail.mjml", 6, 1)),
        ('{{ "<mj-txt>x</mj-txt>" | safe }}', ("mail.mjml", 6, 5)),
    ],
)
def test_a_fault_in_a_line_that_holds_values_has_its_line_and_column(body, expected):
    (problem,) = told(COLUMN.format(body))
    assert place(problem) == expected


def test_a_fault_in_markdown_that_holds_mjml():
    (problem,) = told(f'Hello\n\n<mj-text algn="left">Hello {NAME}</mj-text>\n', "md")
    assert place(problem) == ("mail.md", 7, 10)


def test_a_fault_in_a_layout_an_include_and_a_macro():
    algn = f'<mj-text algn="left">{NAME}</mj-text>'
    layout = LAYOUT.replace("<mj-text>", f"{algn}<mj-text>")
    assert place(*told("x", "md", layout=layout)) == ("layouts/letter.mjml", 5, 37)
    body = COLUMN.format('{% include "partials/part.mjml" %}')
    assert place(*told(body, part=f"{{# a #}}\n  {algn}")) == ("partials/part.mjml", 2, 12)
    body = COLUMN.format('{% from "partials/m.mjml" import row %}{{ row(1) }} {{ row(2) }}')
    macros = '{% macro row(n) %}<mj-text algn="left">{{ n }}</mj-text>{% endmacro %}'
    found = told(body, m=macros)
    assert {place(problem) for problem in found} == {("partials/m.mjml", 1, 28)}


def test_lines_that_read_the_same_are_told_apart_as_they_come():
    line = f'<mj-text algn="left">{NAME}</mj-text>\n'
    found = told(COLUMN.format(line + line))
    assert [problem.line for problem in found] == [6, 7]
    assert {problem.message for problem in found} == {'<mj-text> has no attribute "algn"'}


def test_where_several_places_read_the_same_the_first_is_named_with_their_number():
    line = f'<mj-text algn="left">{NAME}</mj-text>'
    body = f"{{% if contact.company %}}\n{line}\n{{% else %}}\n{line}\n{{% endif %}}"
    (problem,) = told(COLUMN.format(body))
    assert place(problem) == ("mail.mjml", 7, 10)
    assert problem.message.endswith('"algn" (this is the first of 2 places that read the same)')


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            '<mj-text align="{{ contact.plan }}">x</mj-text>',
            "what is printed here cannot be the align of <mj-text>: it has to be one of left",
        ),
        (
            '<mj-text mj-class="{{ contact.plan }}">x</mj-text>',
            "no <mj-class> in <mj-attributes> has the name that is printed here",
        ),
        (
            "<mj-text {{ contact.first_name }}='x'>x</mj-text>",
            "<mj-text> has no attribute as it is printed here",
        ),
        (
            "<mj-{{ contact.first_name }}>x</mj-{{ contact.first_name }}>",
            "printed here is not an MJML tag",
        ),
        ("<{{ contact.first_name }}>x</{{ contact.first_name }}>", "is not an MJML tag"),
        ("</mj-{{ contact.first_name }}>", "closes nothing that is open"),
        ("{{ contact.company }}", "text stands between tags, where it would be lost"),
        ("Dear {{ contact.company }}", "text stands between tags, where it would be lost"),
    ],
)
def test_what_is_said_holds_no_value(body: str, said: str):
    found = told(COLUMN.format(body))
    assert any(said in problem.message for problem in found)
    for problem in found:
        for value in ("ada", "secret", "lefft", '"left"'):
            assert value not in f"{problem.message} {problem.hint}".lower()


def test_what_a_person_wrote_is_still_said():
    (problem,) = told(COLUMN.format('<mj-text align="lefft">{{ contact.company }}</mj-text>'))
    assert problem.message.startswith('"lefft" cannot be the align of <mj-text>')
    assert problem.hint == 'did you mean "left"?'
    (problem,) = told(
        COLUMN.format('{% set side = "lefft" %}<mj-text align="{{ side }}">x</mj-text>')
    )
    assert problem.message.startswith('"lefft" cannot be the align of <mj-text>')


def test_what_mjml_wants_is_said_whole():
    (problem,) = told(COLUMN.format('<mj-table width="{{ contact.plan }}">x</mj-table>'))
    assert problem.message.endswith('it has to be a length in px or %, or "auto"')


def test_an_unknown_tag_hides_no_other_fault():
    body = '<mj-txt>x</mj-txt>\n<mj-text algn="left" colr="red">x</mj-text>\n'
    body += "<mj-sektion><mj-kolumn><mj-text colr='red'>x</mj-text></mj-kolumn></mj-sektion>"
    found = told(COLUMN.format(body))
    assert sorted(place(problem)[1:] for problem in found) == [
        (6, 1),
        (7, 10),
        (7, 22),
        (8, 1),
        (8, 13),
        (8, 33),
    ]


def test_text_that_nobody_wrote_has_no_place():
    origins = Origins({"a": "{{ x }}"}, {"a": [(0, "")]})
    assert origins.place("<mj-text>", 0) is None
    assert origins.wrote("x")
    assert not origins.wrote("y")
