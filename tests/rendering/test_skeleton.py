"""What a page depends on besides the places where its values stand."""

import pytest

from outreach.rendering import compiled
from outreach.rendering.templates import Template
from tests.rendering.mail import contact, template
from tests.rendering.test_compiled import (
    BLIND,
    NAME,
    USUAL_PEOPLE,
    assert_same,
    composer,
    filled_for,
    in_page,
    outcome,
    page,
)

#: What a reader of HTML takes for text, for a tag, for one that ends or for the end of a comment.
TAGGED = [
    contact(id=number, first_name=name)
    for number, name in enumerate(
        ["1", "ada", "p", "!", "--", "mj-text", "two words", "]]", "[CDATA["], 1
    )
]


def printing(part: str) -> str:
    return part.replace("{}", "{{ contact.first_name }}")


@pytest.mark.parametrize(
    "part",
    [
        "Yours: <{}> ok?",
        "3<{} ok",
        "3<<{} ok",
        "<b>x</{}>y",
        "x </{} y",
        "x <b{}>y</b>",
        "x <{}-text>y",
        "x <!{}> y > z",
        "x <!-{}> y > z --> <i>w</i>",
        "x <?{}> y > z",
        "<!-- a --{}> b --> c",
        "<!-- a -{}-> b --> c",
        "<!--{}> b --> c",
        "<!--> {} <i title='{}'>b</i> --> c",
        "<!-- a --!> <i title={}>b</i> --> c",
        "<!-- a <{}> -->",
        "<p title='{}>a</p> <p class=\"b'\">c {}</p>",
        "<p title='<{}>'>a</p>",
        "<textarea>a </textarea{}> b</textarea> c",
        "<![CDATA[ a ]{}> b ]]> c",
        "a < {} > b <3 {} <= {}",
    ],
)
def test_a_value_where_a_tag_or_comment_may_begin_or_end(part: str) -> None:
    made = page(printing(part), files=BLIND)
    assert_same(made, TAGGED)
    assert_same(made, TAGGED[::-1])


@pytest.mark.parametrize("around", ["raw", "button", "layout", "include", "letter", "markdown"])
@pytest.mark.parametrize("part", ["Yours: <{}> ok?", "<b>x</{}>y", "<!-- a --{}> b --> c"])
def test_such_a_value_anywhere_in_a_page(around: str, part: str) -> None:
    part = printing(part)
    files, head, suffix = dict(BLIND), "subject: News\nlayout: page", "mjml"
    body = in_page(["x"])
    if around == "raw":
        body = f"<mj-raw>{part}</mj-raw>" + body
    elif around == "button":
        body = in_page([f"x</mj-text><mj-button>{part}</mj-button><mj-text>"])
    elif around == "layout":
        files["layouts/page.mjml"] = files["layouts/page.mjml"].replace("{{ company }}", part)
    elif around == "include":
        files["partials/name.mjml"] = part
        body = in_page(["{% include 'partials/name.mjml' %}"])
    else:
        body, suffix = f"<div>\n{part}\n</div>\n", "md"
        head = head if around == "markdown" else "subject: News"
    assert_same(template(body, suffix=suffix, head=head, files=files), TAGGED)


def test_an_address_in_angle_brackets_is_not_taken_for_words() -> None:
    made = page(f"Your address is {NAME} <{{{{ contact.email }}}}> and goodbye", files=BLIND)
    people = [contact(id=1, email="1ann@example.com"), contact(id=2, email="bob@example.com")]
    assert filled_for(made, people).counts.skeletons == 2


def test_a_template_whose_pages_all_differ_in_such_a_value_says_so(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "_WINDOW", 12)
    monkeypatch.setattr(compiled, "_WORTHWHILE", 6)
    maker = composer(page("Yours: <{{ contact.email }}> ok?"))
    for number in range(15):
        person = contact(id=number, email=f"a{number}@example.com")
        assert outcome(maker.compose, person, 1) == outcome(maker.compose_plainly, person, 1)
    assert maker.counts.plain > 0
    assert maker.slow_because()[0].hint == "hardly two contacts have the same page"


@pytest.mark.parametrize(
    "part", ["a < {} > b", "1 <2 {}", "<!-- {} -->", "<p title='< {}>'>x</p>", "<!--{}-->"]
)
def test_a_value_beside_a_sign_that_begins_no_tag_shares_its_skeleton(part: str) -> None:
    made = page(part.replace("{}", NAME), files=BLIND)
    assert filled_for(made, USUAL_PEOPLE).counts.skeletons == 1


CHOSEN = printing(
    '<a href="https://x.example/{}">x</a><p title="{}" class="c{}" id="i{}">y {}</p>'
    '<p><b>{}</b></p><p>z</p><img src="https://x.example/{}.png" alt="{}">'
)
THREE = [contact(id=n, first_name=name) for n, name in enumerate(["Bob", "Cy", "Ada"], 1)]


def styled(head: str, body: str, style: str = "") -> Template:
    layout = BLIND["layouts/page.mjml"].replace("</mj-head>", f"{head}</mj-head>")
    return page(body, files={**BLIND, "layouts/page.mjml": layout, "partials/look.css": style})


@pytest.mark.parametrize(
    "selector",
    [
        "P[ TITLE = 'Ada' ]",
        "p[*|title=Ada]",
        "p[|title=Ada]",
        "p[ti\\74le=Ada]",
        "p[title/**/=Ada]",
        "p[title!='Ada']",
        "p:not([title=Ada])",
        "p[title=Ada] + p b",
        "a[/**/href$='Ada']",
        "a[h\\72 ef$=Ada]",
        "img[data-x], img[alt|=Ada], img[src*=Ada]",
        "p.cAda, p#iAda",
        "p:empty, b:only-child",
        "p:contains('Ada')",
        "p:\\63 ontains('Ada')",
        "p:not(:contains('Ada'))",
        "p:has(+ p b:contains('Ada'))",
    ],
)
def test_what_a_selector_chooses_by_values(selector: str) -> None:
    style = f"{selector} {{ color: red }}"
    path = f'<mj-selector path="{selector}"><mj-html-attribute name="x">y</mj-html-attribute>'
    for head in (
        f"<mj-style>{style}</mj-style>",
        f'<mj-style inline="inline">{style}</mj-style>',
        f"<mj-html-attributes>{path}</mj-selector></mj-html-attributes>",
        f"<mj-style>p, a, img, b {{ color: blue }} @media print {{ {style} }}</mj-style>",
        '<mj-include path="../partials/look.css" type="css" css-inline="inline" />',
        f"<mj-raw><style>{style}</style></mj-raw>",
    ):
        assert_same(styled(head, CHOSEN, style), THREE)


@pytest.mark.parametrize(
    "style",
    [
        "a[href] { color: red }",
        "[data-ogsc] p { color: red }",
        "td[class='x'] { color: red }",
        "p { color: red\\9; background: url(https://x.example/x.png) }",
        "p:not(.x):hover::before { content: '\\201C' }",
    ],
)
def test_style_that_looks_at_no_value_keeps_one_skeleton(style: str) -> None:
    made = styled(f"<mj-style>{style}</mj-style>", f'<p title="{NAME}">{NAME}</p>')
    assert filled_for(made, USUAL_PEOPLE).counts.skeletons == 1
