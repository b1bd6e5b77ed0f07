from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from outreach.errors import NotFoundError, Problem, TemplateError
from outreach.rendering.budget import Refusal
from outreach.rendering.carried import carried
from outreach.rendering.templates import TemplateSet
from outreach.rendering.text import links_of
from tests.rendering.mail import LAYOUT, SCENE, contact, render, template


def problems(files: dict[str, str], name: str = "mail") -> list[Problem]:
    with pytest.raises(TemplateError) as caught:
        TemplateSet(files).load(name).render(contact(), SCENE)
    return list(caught.value.problems)


class TestFiles:
    def test_line_ends_and_marks_of_any_editor(self, folder: Path):
        (folder / "a.txt").write_bytes(b"\xef\xbb\xbf---\r\nsubject: x\r\n---\r\nHi\r\n\r\nyou")
        assert TemplateSet(folder).load("a").render(contact(), SCENE).text == "Hi\n\nyou\n"


class TestSnapshot:
    def test_the_hash_is_of_everything_it_depends_on(self):
        files = {"a.md": "---\nsubject: x\nlayout: b\n---\nx", "layouts/b.mjml": LAYOUT, "c.md": ""}
        first = TemplateSet(files).load("a")
        assert set(first.files) == {"a.md", "layouts/b.mjml"}
        assert TemplateSet(dict(first.files)).load("a").hash == first.hash
        changed = {**files, "layouts/b.mjml": LAYOUT + "\n"}
        assert TemplateSet(changed).load("a").hash != first.hash

    def test_a_snapshot_renders_the_same_when_its_files_are_gone(self, folder: Path):
        made = TemplateSet(folder).load("newsletter/2026-12")
        before = made.render(contact(), SCENE)
        for path in folder.rglob("*.m*"):
            path.unlink()
        assert made.render(contact(), SCENE) == before
        assert TemplateSet(dict(made.files)).load(made.file).render(contact(), SCENE) == before


class TestRender:
    def test_markdown_in_a_layout(self):
        made = render(
            "{{ greeting() }}\n\n::: button {{ links.preferences }}\nChoose\n:::",
            contact(first_name="A&B *x*"),
            suffix="md",
            head="subject: Hi {{ contact.first_name }}\nlayout: letter\npreheader: Look & see",
        )
        assert made.subject == "Hi A&B *x*"
        assert made.preheader == "Look & see"
        assert "<p>Hello A&amp;B *x*</p>" in made.html
        assert "<title>Hi A&amp;B *x*</title>" in made.html
        assert made.text == (
            "Hello A&B *x*\n\nChoose (https://studio.example/p/token)\n\n"
            "Studio & Co Unsubscribe (https://studio.example/u/token)\n"
        )

    def test_the_preheader_is_first_in_the_body_and_not_in_the_text(self):
        made = render("Hi", suffix="md", head="subject: x\npreheader: Look <here>")
        tree = lxml_html.document_fromstring(made.html)
        assert tree.find("body").text_content().strip().startswith("Look <here>")
        assert made.text == "Hi\n"

    def test_a_layout_may_place_the_preheader_itself(self):
        layout = LAYOUT.replace("<mj-head>", "<mj-head><mj-preview>{{ preheader }}</mj-preview>")
        made = render(
            "Hi",
            suffix="md",
            head="subject: x\npreheader: Look\nlayout: own",
            files={"layouts/own.mjml": layout},
        )
        assert made.html.count("Look") == 1

    def test_extends_includes_macros_and_blocks(self):
        files = {
            "layouts/base.mjml": LAYOUT.replace("{{ content }}", "{% block body %}{% endblock %}"),
            "partials/macros.mjml": "{% macro section(words) %}<mj-section><mj-column><mj-text>"
            "{{ words }}{{ caller() }}</mj-text></mj-column></mj-section>{% endmacro %}",
            "partials/foot.mjml": "<mj-section><mj-column><mj-text>{{ contact.tier }}, {{ hero }}"
            "</mj-text></mj-column></mj-section>",
        }
        body = (
            '{% extends "layouts/base.mjml" %}\n'
            '{% from "partials/macros.mjml" import section %}\n'
            "{% block body %}{% for n in [1, 2] %}"
            "{% call section(contact.first_name) %}-{{ n }}{% endcall %}"
            '{% endfor %}{% include "partials/foot.mjml" %}{% endblock %}'
        )
        made = template(body, suffix="mjml", head="subject: x\nhero: star", files=files)
        assert set(made.files) == {"mail.mjml", *files}
        text = made.render(contact(first_name="<i>A</i>"), SCENE).text
        assert text.startswith("<i>A</i>-1\n\n<i>A</i>-2\n\nclient, star\n")

    def test_mjml_includes_are_part_of_the_snapshot(self):
        files = {
            "layouts/base.mjml": LAYOUT.replace(
                "{{ content }}", '<mj-include path="../p/a.mjml"/>'
            ),
            "p/a.mjml": "<mj-section><mj-column><mj-text>Included</mj-text></mj-column>"
            "</mj-section>",
        }
        made = template('{% extends "layouts/base.mjml" %}', suffix="mjml", files=files)
        assert "p/a.mjml" in made.files
        assert "Included" in made.render(contact(), SCENE).text

    def test_a_mail_of_plain_text(self):
        made = render(
            "Dear {{ contact.company }}\n\n  {{ links.unsubscribe }}  ", contact(company="A&B")
        )
        assert made.html is None
        assert made.text == "Dear A&B\n\n  https://studio.example/u/token\n"

    def test_a_layout_for_plain_text(self):
        made = render(
            "Hi",
            head="subject: x\nlayout: plain",
            files={"layouts/plain.txt": "{{ content }}\n-- \n{{ sender.name }}"},
        )
        assert made.text == "Hi\n--\nAnna Weber\n"

    def test_a_hand_written_text_part(self):
        head = "subject: x\ntext: mail-text.txt"
        files = {"mail-text.txt": "Plain & simple: {{ contact.company }}"}
        made = template("Hi *you*", suffix="md", head=head, files=files)
        assert made.render(contact(company="<A>"), SCENE).text == "Plain & simple: <A>\n"
        assert "mail-text.txt" in made.files
        inline = render("Hi", suffix="md", head='subject: x\ntext: "T {{ contact.tier }}"')
        assert inline.text == "T client\n"

    def test_a_missing_text_file_is_told(self):
        (problem,) = problems({"mail.md": "---\nsubject: x\ntext: no.txt\n---\nx"})
        assert (problem.line, problem.message) == (
            3,
            'text is "no.txt", but there is no file templates/no.txt',
        )

    def test_an_empty_subject_is_refused(self):
        with pytest.raises(TemplateError, match=r"mail\.txt:2: the subject is empty"):
            render("x", head="subject: '{{ contact.company | default(\"\") }}'")

    def test_a_link_that_runs_code_is_refused(self):
        body = '<a href="{{ contact.company }}">x</a>'
        for link in ("javascript:alert(1)", " JaVaScript:x", "data:text/html,x", "vbscript:x"):
            with pytest.raises(TemplateError, match="no mail program may follow"):
                render(body, contact(company=link), suffix="md")
        for link in ("https://x.example/a:b", "/a:b", "#a:b", "a", "?x=javascript:1"):
            assert render(body, contact(company=link), suffix="md")


class TestErrors:
    def test_lines_are_those_of_the_file_that_is_wrong(self):
        files = {
            "mail.md": "---\nsubject: x\nlayout: letter\n---\nHello",
            "layouts/letter.mjml": LAYOUT.replace("{{ company }}", "{{ contact.city }}"),
        }
        (problem,) = problems(files)
        assert (problem.source, problem.line, problem.column) == (
            "templates/layouts/letter.mjml",
            5,
            48,
        )

    def test_mistakes_in_the_subject(self):
        (problem,) = problems({"mail.md": '---\nclass: give\nsubject: "{{ x "\n---\n'})
        assert (problem.source, problem.line) == ("templates/mail.md", 3)

    def test_syntax_errors_of_all_files_come_at_once(self):
        files = {
            "mail.md": "---\nsubject: x\nlayout: letter\n---\n\n{% if %}",
            "layouts/letter.mjml": LAYOUT + "{% forr x in y %}{% endfor %}",
        }
        found = problems(files)
        assert [(problem.source, problem.line) for problem in found] == [
            ("templates/mail.md", 6),
            ("templates/layouts/letter.mjml", 9),
        ]
        assert found[1].hint == 'did you mean "for"?'

    def test_files_that_are_not_there(self):
        (problem,) = problems(
            {"mail.mjml": '---\nsubject: x\n---\n{% extends "a.mjml" %}', "b.mjml": ""}
        )
        assert (problem.line, problem.column, problem.hint) == (4, 13, 'did you mean "b.mjml"?')
        (problem,) = problems({"mail.md": "---\nsubject: x\nlayout: a\n---\n"})
        assert problem.line == 3

    def test_a_layout_that_loses_the_body(self):
        files = {"mail.md": "---\nsubject: x\nlayout: a\n---\n", "layouts/a.mjml": "<mjml></mjml>"}
        assert "never prints {{ content }}" in problems(files)[0].message

    def test_mistakes_in_mjml_are_found_where_they_were_written(self):
        files = {
            "mail.md": "---\nsubject: x\nlayout: letter\n---\n"
            "{% for i in [1, 2, 3] %}\n- {{ i }}\n\n{% endfor %}",
            "layouts/letter.mjml": LAYOUT.replace(
                "    <mj-section>", "    <mj-sektion></mj-sektion>\n    <mj-section>"
            ),
        }
        (problem, *_) = problems(files)
        assert (problem.source, problem.line) == ("templates/layouts/letter.mjml", 5)
        assert "mj-section" in str(problem)

    def test_warnings_of_mjml_are_kept(self):
        made = render(
            "<mj-spacer colour='red' />",
            suffix="md",
            head="subject: x\nlayout: letter",
        )
        (warning,) = made.warnings
        assert (warning.source, warning.line) == ("templates/mail.md", 5)

    def test_names_guarded_or_set_elsewhere_are_no_mistakes(self):
        files = {
            "partials/a.txt": "{{ inner }}{{ hero | default('-') }}{{ item }}",
            "partials/b.txt": "{% macro m(x) %}{{ x }}{{ varargs | length }}{% endmacro %}",
        }
        body = (
            "{% import 'partials/b.txt' as b %}{% set inner = 1 %}{% for item in [2] %}"
            "{% include 'partials/a.txt' %}{{ loop.index }}{{ b.m(3) }}{% endfor %}"
        )
        assert render(body, files=files).text == "1-2130\n"


VALUES = st.text(min_size=1, max_size=60).filter(
    lambda value: value.strip() != ""
) | st.sampled_from(
    [
        "a\r\nb",
        "\u202ex",
        "<mj-raw>",
        "]]>",
        "<!--",
        "&amp;",
        '"',
        "zq0z",
        "{{ x }}",
        "<![endif]-->",
    ]
)
MJML = """\
<mjml><mj-head><mj-title>{{ contact.company }}</mj-title></mj-head><mj-body><mj-section><mj-column>
<mj-text>[{{ contact.company }}]</mj-text>
<mj-image src="https://x.example/i.png" alt="{{ contact.company }}" />
<mj-button href="https://x.example/?q={{ contact.company | urlencode }}">
  {{ contact.company }}</mj-button>
</mj-column></mj-section></mj-body></mjml>"""


@settings(deadline=None)
@given(VALUES)
def test_any_value_in_mjml_stands_for_itself_or_is_refused(value: str):
    head = "subject: 'Hi {{ contact.company }}'\npreheader: '{{ contact.company }}'"
    try:
        made = render(MJML, contact(company=value), suffix="mjml", head=head)
    except TemplateError:
        with pytest.raises(Refusal, match="no mail can carry"):
            carried(value)
        return
    shown = carried(value)
    tree = lxml_html.document_fromstring(made.html)
    plain = render(MJML, contact(company="x"), suffix="mjml", head=head)
    assert [element.tag for element in tree.iter()] == [
        element.tag for element in lxml_html.document_fromstring(plain.html).iter()
    ]
    assert _squeezed(f"[{shown}]") in _squeezed(tree.find("body").text_content())
    (image,) = tree.iter("img")
    assert _squeezed(image.get("alt")) == _squeezed(shown)
    assert "\n" not in made.subject
    (link,) = links_of(made.html)
    assert link.startswith("https://x.example/?q=")
    assert link in made.text


def test_a_preheader_of_blanks_is_none():
    head = "subject: x\npreheader: '{{ contact.company }}'"
    made = render("x", contact(company="\r"), head=head)
    assert made.preheader is None


def _squeezed(text: str) -> str:
    return "".join(text.split())


def test_all_that_is_misspelt_is_told_at_once():
    body = (
        "Dear {{ contact.frist_name | defualt('x') }},\n"
        "{% for a in articels %}{{ a }}{% endfor %}{{ sender.nmae }}\n"
        "{{ links.unsubscrib }} {{ promise.answer }}\n"
    )
    with pytest.raises(TemplateError) as caught:
        template(body, head="subject: '{{ compny }}'", attributes=())
    told = [(one.line, one.column, one.message, one.hint) for one in caught.value.problems]
    assert sorted(told) == [
        (2, 14, 'there is no "compny" here', 'did you mean "company"?'),
        (4, 17, 'contact has no field "frist_name"', 'did you mean "first_name"?'),
        (4, 30, 'there is no filter "defualt"', 'did you mean "default"?'),
        (5, 13, 'there is no "articels" here', "give it a value in the front matter"),
        (5, 53, 'sender has no field "nmae"', 'did you mean "name"?'),
        (6, 10, 'links has no field "unsubscrib"', 'did you mean "unsubscribe"?'),
        (6, 35, 'promise has no field "answer"', 'did you mean "answer_within"?'),
    ]


def test_fields_of_what_a_template_sets_itself_are_its_own():
    body = "{% set sender = namespace(x='a') %}{{ sender.x }}\n"
    assert render(body).text == "a\n"


def test_a_layout_that_is_missing_gives_no_false_alarm_of_names():
    with pytest.raises(TemplateError) as caught:
        template("{{ of_the_layout }}", suffix="md", head="subject: x\nlayout: leter")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 9)


class TestLinksOutOfTheFolder:
    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("---\nsubject: x\n---\n{% include 'partials/pw.mjml' %}", (4, 13)),
            ("---\nsubject: x\nlayout: pw\n---\nx", (3, 9)),
            ("---\nsubject: x\nattachments: [pw.pdf]\n---\nx", (3, None)),
            ("---\nsubject: x\n---\n<mjml><mj-body>\n<mj-include path='partials/pw.mjml' />"
             "</mj-body></mjml>", (5, 13)),
        ],
    )  # fmt: skip
    def test_are_named_as_what_they_are(self, text: str, place: tuple[int, int], folder: Path):
        secret = folder.parent / "secret-place"
        secret.write_text("SECRET")
        for name in ("partials/pw.mjml", "layouts/pw.mjml", "files/pw.pdf"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).symlink_to(secret)
        (folder / "mail.mjml").write_text(text)
        with pytest.raises(TemplateError) as caught:
            TemplateSet(folder).load("mail").render(contact(), SCENE)
        (problem,) = caught.value.problems
        assert (problem.line, problem.column) == place
        assert "leads out of the template folder" in problem.message
        assert "did you mean" not in str(problem)
        assert "secret" not in str(problem).lower()

    def test_also_where_a_whole_template_is_one(self, folder: Path):
        (folder.parent / "secret-place").write_text("SECRET")
        (folder / "mail.md").symlink_to(folder.parent / "secret-place")
        with pytest.raises(NotFoundError, match="leads out of the template folder"):
            TemplateSet(folder).load("mail")
