import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from outreach.errors import TemplateError
from outreach.rendering.budget import Refusal
from outreach.rendering.carried import carried
from outreach.rendering.markdown import markdown_to_html, markdown_to_mjml
from tests.rendering.mail import contact, render


def mjml(source: str) -> str:
    return markdown_to_mjml(source, "a.md")


def faults(source: str) -> list[str]:
    with pytest.raises(TemplateError) as caught:
        mjml(source)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_plain_blocks_share_a_text():
    assert mjml("# A\n\nb *c*\n\n- d") == (
        '<mj-section css-class="content">\n<mj-column>\n<mj-text css-class="text">\n'
        "<h1>A</h1>\n<p>b <em>c</em></p>\n<ul>\n<li>d</li>\n</ul>\n"
        "</mj-text>\n</mj-column>\n</mj-section>"
    )


def test_a_button():
    made = mjml('::: button https://example.com/a?b=1&c="d"\nGo *now*\n:::')
    assert '<mj-button href="https://example.com/a?b=1&amp;c=%22d%22">Go <em>now</em></mj' in made


def test_an_image_alone_is_an_image_of_the_mail():
    made = mjml('[![A "cat"](https://x.example/c.png "Title")](https://x.example)\n\n![b](b.png) c')
    assert (
        '<mj-image src="https://x.example/c.png" alt="A &quot;cat&quot;" title="Title" '
        'href="https://x.example" />' in made
    )
    assert '<p><img src="b.png" alt="b" /> c</p>' in made


def test_columns_hold_blocks():
    made = mjml("::: columns\nleft\n\n---\n\n::: button https://x.example\nGo\n:::\n:::\nafter")
    assert made.count("<mj-column>") == 3
    assert made.count("<mj-section") == 2
    assert '<mj-section css-class="columns">' in made


def test_quotes_boxes_and_rules():
    made = mjml("::: quote Ada *L*\nWords\n:::\n\n---\n\n::: box\nNote\n:::")
    assert "<blockquote>\n<p>Words</p>\n<p>— Ada *L*</p>\n</blockquote>" in made
    assert "<mj-divider />" in made
    assert '<mj-section css-class="box">' in made


def test_mjml_stands_for_itself():
    made = mjml(
        "before\n\n<mj-section>\n\n<mj-column></mj-column>\n\n</mj-section>\n\n<mj-spacer />"
    )
    assert "</mj-section>\n<mj-section>\n\n<mj-column></mj-column>\n\n</mj-section>\n" in made
    assert "<mj-spacer />" in made
    assert "&lt;mj" not in made


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a\n\n::: buton x\ny\n:::", ['3: there is no block "buton"']),
        ("::: button https://x.example\nGo", ['1: the block "button" is not closed']),
        (":::\na", ["1: this ::: closes nothing"]),
        ("::: button\nGo\n:::", ["1: a button needs a link"]),
        ("::: button javascript:alert(1)\nGo\n:::", ["1: a button needs a link"]),
        ("::: button https://x.example y\nGo\n:::", ["1: a button needs a link"]),
        (
            "::: button https://x.example\nGo\n\nto\n:::",
            ["1: a button holds one line of text"],
        ),
        ("::: box x\na\n:::", ['1: the block "box" takes no arguments']),
        ("::: columns\na\n:::", ["1: columns are two to four parts"]),
        (
            "- a\n\n  ::: box\n  b\n  :::",
            ['3: the block "box" cannot stand inside of a list or quotation'],
        ),
        ("::: box\n<mj-spacer />\n:::", ["2: <mj-spacer> cannot stand inside of another block"]),
        ("<mj-section>\na", ["1: <mj-section> is not closed"]),
        ("<mj-spacer /> a", ["1: there is text behind </mj-spacer>"]),
    ],
)
def test_mistakes_are_told_with_their_lines(source: str, said: list[str]):
    assert faults(source) == said


def test_all_mistakes_come_at_once():
    assert len(faults("::: a\n:::\n\n::: box x\ny\n:::\n\n:::")) == 3


def test_without_a_layout():
    made = markdown_to_html(
        "a\n\n::: button https://x.example\n**Go**\n:::\n\n::: box\nb\n:::", "a"
    )
    assert '<a class="button" href="https://x.example"' in made
    assert '<div class="box">\n<p>b</p>\n</div>' in made
    with pytest.raises(TemplateError, match="needs a layout"):
        markdown_to_html("<mj-spacer />", "a")


def test_links_in_raw_html_and_mjml_can_be_read():
    url = "https://x.example/a_b-c?d=1&e=2#f"
    for body, suffix in (
        ('<p><a href="{{ contact.company }}">x</a></p>', ""),
        ('<mj-button href="{{ contact.company }}">x</mj-button>', "\nlayout: letter"),
    ):
        head = f"subject: x{suffix}"
        made = render(body, contact(company=url), suffix="md", head=head)
        assert 'href="https://x.example/a_b-c?d=1&amp;e=2#f"' in made.html
        quoted = render(body, contact(company='https://x.example/"><b>'), suffix="md", head=head)
        assert "<b>" not in quoted.html


PLACES = {
    "a line": "{{ contact.company }}",
    "a word": "Dear {{ contact.company }}, hello",
    "emphasis": "a **{{ contact.company }}** b",
    "a list": "- {{ contact.company }}",
    "a heading": "# {{ contact.company }}",
    "a table": "| a |\n|---|\n| {{ contact.company }} |",
    "a link's text": "[{{ contact.company }}](https://x.example)",
    "code": "`{{ contact.company }}`",
    "HTML": "<div>{{ contact.company }}</div>",
    "a comment": "<!-- {{ contact.company }} -->{{ contact.company }}",
    "an attribute": '<div title="{{ contact.company }}">{{ contact.company }}</div>',
    "a joined text": "{{ 'a'|safe ~ contact.company }}",
    "a list joined": "{{ ['a'|safe, contact.company] | join('') }}",
    "a block": "{% set x %}{{ contact.company }}{% endset %}{{ x }}",
    "a macro": "{% macro m(v) %}{{ v }}{% endmacro %}{{ m(contact.company) }}",
}
HOSTILE = [
    "**x**",
    "[a](http://evil.example)",
    "![a](http://evil.example/i.png)",
    "<http://evil.example>",
    "http://evil.example",
    "www.evil.example",
    "<script>alert(1)</script>",
    "<b>x</b> &amp; &#42;",
    "# head",
    "- list",
    "1. list",
    "> quote",
    "a\n\n# head",
    "a\n===",
    "---",
    "    code",
    "`code`",
    "``` fence",
    "~~x~~",
    "| a | b |",
    "[ref]: http://evil.example",
    "::: button http://evil.example",
    "<mj-raw>x</mj-raw>",
    "a\\",
    "a  \nb",
    "{{ 7 * 7 }} {% raw %}",
    "&#0000042;",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_markup(place: str, value: str):
    check_value(place, value)


@settings(deadline=None)
@given(st.sampled_from(sorted(PLACES)), st.text(min_size=1, max_size=30) | st.sampled_from(HOSTILE))
def test_any_value_stands_for_itself_or_is_refused(place: str, value: str):
    check_value(place, value)


def check_value(place: str, value: str) -> None:
    try:
        html = render(PLACES[place], contact(company=value), suffix="md").html
    except TemplateError:
        with pytest.raises(Refusal, match="no mail can carry"):
            carried(value)
        return
    tree = lxml_html.document_fromstring(html)
    plain = lxml_html.document_fromstring(
        render(PLACES[place], contact(company="PLAIN"), suffix="md").html
    )
    structure = [element.tag for element in tree.iter()]
    assert structure == [element.tag for element in plain.iter()] or place == "emphasis"
    assert not any(
        "evil" in (tag.get("href") or tag.get("src") or "") for tag in tree.iter("a", "img")
    )
    if place == "an attribute":
        (titled,) = tree.xpath("//div[@title]")
        assert titled.get("title").split() == carried(value).split()
    shown = "".join(tree.find("body").text_content().split())
    wanted = "".join(carried(value).split())
    # A parser may take U+0000 and the like for something else; those are refused before.
    assert wanted in shown


def test_text_after_a_quote_is_no_part_of_it():
    made = markdown_to_mjml("One\n\nTwo\n\n::: quote Ada\nWords\n:::\n\nThree\n\nFour", "t.md")
    assert made.count('<mj-text css-class="text">') == 2
    assert "<p>One</p>\n<p>Two</p>\n</mj-text>" in made
    assert '</blockquote>\n</mj-text>\n<mj-text css-class="text">\n<p>Three</p>' in made
