"""Mistakes in Jinja are told in words of the person who wrote them, with their place."""

import pytest

from outreach.errors import Problem, TemplateError
from tests.rendering.mail import SCENE, contact, template


def fault(body: str, suffix: str = "txt", **options: object) -> Problem:
    with pytest.raises(TemplateError) as caught:
        template(body, suffix=suffix, **options).render(contact(), SCENE)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (
            "{% if contact %}{% for x in [1] %}{% endif %}",
            '{% endif %} stands here, but "for" is still open',
            "close it with {% endfor %} first",
        ),
        (
            "{% for x in [1] %}{% if x %}{% endfor %}",
            '{% endfor %} stands here, but "if" is still open',
            "close it with {% endif %} first",
        ),
        (
            "{% for x in [1] %}{% call x() %}{% else %}{% endfor %}",
            '{% else %} stands here, but "call" is still open',
            "close it with {% endcall %} first",
        ),
        (
            "x{% endif %}",
            "{% endif %} closes nothing that is open",
            "take it away, or write {% if … %} before it",
        ),
        (
            "{% if contact %}x",
            'the template ends, but "if" is still open',
            "close it with {% endif %}",
        ),
        ("{% for x in [1] %}{% iff %}", 'there is no tag "iff"', 'did you mean "if"?'),
    ],
)
def test_blocks_that_are_not_closed(body, message, hint):
    problem = fault(body)
    assert (problem.line, problem.message, problem.hint) == (4, message, hint)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("Dear\n{{ contact.name | default('you) }}", (5, 27)),
        ('{{ "you }}', (4, 4)),
        ("a\n\n  {% if contact.tier == 'client %}x{% endif %}", (6, 25)),
    ],
)
def test_a_quotation_that_is_not_closed_has_line_and_column(body, place):
    problem = fault(body)
    assert (problem.line, problem.column) == place
    assert problem.message == "a text in quotation marks begins here and never ends"
    assert "quotation mark" in problem.hint


def test_such_a_quotation_in_the_front_matter():
    problem = fault("x", head='class: give\nsubject: "Hi {{ contact.name | d(\'x) }}"')
    assert (problem.line, problem.column) == (3, 34)


def test_a_sign_that_means_nothing():
    problem = fault("Hi\n {{ contact.name $ 2 }}")
    assert (problem.line, problem.column) == (5, 18)
    assert problem.message == '"$" means nothing here'


def test_files_that_include_each_other_name_their_circle():
    files = {
        "partials/a.mjml": "{% include 'partials/b.mjml' %}",
        "partials/b.mjml": "\n{% if contact %}{% include 'partials/a.mjml' %}{% endif %}",
    }
    problem = fault("{% include 'partials/a.mjml' %}", "mjml", files=files)
    circle = problem.message.removeprefix("includes run in a circle: ").split(" → ")
    assert circle[0] == circle[-1]
    assert sorted(circle[1:]) == ["partials/a.mjml", "partials/b.mjml"]
    assert problem.hint == "remove one"


def test_a_file_that_includes_itself_and_a_macro_that_calls_itself():
    files = {"partials/a.mjml": "{% include 'partials/a.mjml' %}"}
    problem = fault("{% include 'partials/a.mjml' %}", "mjml", files=files)
    assert problem.message == "includes run in a circle: partials/a.mjml → partials/a.mjml"
    problem = fault("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")
    assert problem.message == "the template calls itself without end"


def test_files_that_extend_each_other():
    files = {"layouts/a.mjml": "{% extends 'layouts/b.mjml' %}"}
    files["layouts/b.mjml"] = "{% extends 'layouts/a.mjml' %}"
    problem = fault("{% extends 'layouts/a.mjml' %}", "mjml", files=files)
    assert problem.message.startswith("includes run in a circle: layouts/")


MACROS = {"partials/m.mjml": "{% macro row(x) %}{{ x }}{% endmacro %}{% set gap = 1 %}"}


@pytest.mark.parametrize("use", ["", "{{ roww(1) }}", "{% if false %}{{ roww(1) }}{% endif %}"])
def test_a_misspelt_import_is_told_whether_or_not_it_is_called(use):
    problem = fault(f'{{% from "partials/m.mjml" import gap, roww %}}{use}', files=MACROS)
    assert (problem.line, problem.column) == (4, 39)
    assert problem.message == 'partials/m.mjml has no "roww" to import'
    assert problem.hint == 'did you mean "row"?'


def test_an_import_under_another_name():
    body = '{% from "partials/m.mjml" import rwo as line, gap %}{{ line(1) }}'
    assert fault(body, files=MACROS).hint == 'did you mean "row"?'
    assert template(body.replace("rwo", "row"), files=MACROS)


def test_a_name_that_a_namespace_has_not():
    problem = fault("{% set ns = namespace(total=1) %}{{ ns.totl }}")
    assert (problem.line, problem.column) == (4, 40)
    assert (problem.message, problem.hint) == ('there is no "totl" in it', 'did you mean "total"?')


def test_a_block_that_there_is_not():
    problem = fault("{% block titel %}x{% endblock %}\n{{ self.title() }}")
    assert (problem.line, problem.column) == (5, 9)
    assert (problem.message, problem.hint) == ('there is no block "title"', 'did you mean "titel"?')
