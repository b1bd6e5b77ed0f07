import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.rendering.mjml import render_mjml
from outreach.rendering.text import WIDTH, html_to_text, links_of


def body(html: str) -> str:
    return html_to_text(f"<html><body>{html}</body></html>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a\n b</p><p>c</p>", "a b\n\nc\n"),
        ("a<br>b<br><br>c", "a\nb\n\nc\n"),
        ("<h1>Ähm</h1><h2>B</h2><h3>C</h3>", "Ähm\n===\n\nB\n-\n\nC\n"),
        ('<a href="https://x.example/a">A</a>', "A (https://x.example/a)\n"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example/\n"),
        ('<a href="https://x.example">x.example</a>', "https://x.example\n"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example\n"),
        ('<a href="mailto:a@x.example">Write</a>', "Write (mailto:a@x.example)\n"),
        ('<a href="#top">Top</a>', "Top\n"),
        ('<a href="https://x.example"><img src="i" alt="Cat"></a>', "Cat (https://x.example)\n"),
        ('<a href="https://x.example"><img src="i"></a>', "https://x.example\n"),
        ('<img src="i" alt="A cat"> sat', "A cat sat\n"),
        ("<ul><li>a</li><li><p>b</p></li></ul>", "* a\n* b\n"),
        ("<ol start=9><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "9. a\n10. b\n    * c\n"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ("a<hr>b", "a\n\n------------------------\n\nb\n"),
        ('a<div style="display:none">b</div>', "a\n"),
        ('a<span style="color:red; display : none">b</span>', "a\n"),
        ('a<div style="mso-hide:all">b</div><p hidden>c</p>', "a\n"),
        ("a<!-- b --><!--[if mso]><p>c</p><![endif]-->", "a\n"),
        ("<!--[if !mso]><!-->a<!--<![endif]-->", "a\n"),
        ("<style>p{}</style><script>x</script>a", "a\n"),
        ("a\u00ad\u200bb &nbsp;c", "ab \u00a0c\n"),
        ("", ""),
        (
            "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td>3.00</td></tr></table>",
            "Item  Price\n----  -----\nTea    3.00\n",
        ),
        ('<table role="presentation"><tr><td>a</td><td>b</td></tr></table>', "a\n\nb\n"),
    ],
)
def test_reads_as_a_person_would(html: str, text: str):
    assert body(html) == text


def test_lines_are_filled_and_urls_stay_whole():
    url = "https://x.example/" + "a" * 100
    text = body(f'<p>{"word " * 30}<a href="{url}">here</a></p>')
    lines = text.splitlines()
    assert all(len(line) <= WIDTH or url in line for line in lines)
    assert f"({url})" in lines


def test_a_url_with_a_space_is_one_word():
    assert "(https://x.example/a%20b)" in body('<a href="https://x.example/a b">A</a>')


def test_a_script_without_spaces_is_broken_by_its_width():
    lines = body(f"<p>{'漢' * 50}</p>").splitlines()
    assert [len(line) for line in lines] == [36, 14]


def test_a_wide_table_is_told_row_by_row():
    cell = "some words that are long " * 3
    rows = f"<tr><th>A</th><th>B</th></tr><tr><td>{cell}</td><td>x</td></tr>"
    text = body(f"<table>{rows}</table>")
    assert text.startswith("A: some words")
    assert text.endswith("\nB: x\n")


def test_mjml_reads_well():
    html = render_mjml(
        "<mjml><mj-head><mj-preview>Hidden</mj-preview></mj-head><mj-body><mj-section><mj-column>"
        "<mj-image src='i' alt='Logo'/><mj-text><h2>Hi</h2><p>Text</p></mj-text>"
        "<mj-button href='https://x.example/b'>Book</mj-button><mj-divider/>"
        "<mj-table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></mj-table>"
        "</mj-column></mj-section></mj-body></mjml>",
        name="a.mjml",
    ).html
    assert html_to_text(html) == (
        "Logo\n\nHi\n--\n\nText\n\nBook (https://x.example/b)\n\n------------------------\n\n"
        "A  B\n-  -\n1  2\n"
    )


def test_links_are_those_a_reader_can_follow():
    html = '<a href=" https://a.example ">a</a><div style="display:none"><a href="b">b</a></div>'
    assert links_of(html) == ["https://a.example"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_document_has_a_text(html: str):
    text = html_to_text(html)
    assert text == "" or text.endswith("\n")
    links_of(html)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)))
def test_no_word_is_lost(words: list[str]):
    from html import escape

    # What is invisible, such as a soft hyphen, is in none of these categories.
    text = body(f"<p>{escape(' '.join(words))}</p>")
    kept = [word for word in words if word.strip("\u034f")]
    assert "".join(text.split()) == "".join(kept).replace("\u034f", "")


def test_a_gap_in_the_layout_is_no_paragraph() -> None:
    assert html_to_text("<p>a</p><div>&#8202;</div><div>&nbsp;</div><p>b</p>") == "a\n\nb\n"


def test_endless_letters_without_spaces_are_broken_in_no_time():
    lines = html_to_text(f"<p>{'漢' * 200_000}</p>").split("\n")
    assert {len(line) for line in lines[:-2]} == {WIDTH // 2}
    assert sum(map(len, lines)) == 200_000
