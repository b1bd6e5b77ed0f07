"""Our MJML beside the reference implementation, and beside a public set of pages."""

import mjml
import pytest

from outreach.errors import TemplateError
from outreach.rendering.mjml import render_mjml
from tests.rendering.mjml_documents import document
from tests.rendering.reference import ROOT, facts, needs_node, render_reference, tokens

CORPUS = next(
    (found for folder in ROOT.parents if (found := folder / "shared/corpora/mjml").is_dir()), None
)
needs_corpus = pytest.mark.skipif(CORPUS is None, reason="needs the corpus of MJML pages")

TEXT = "<mj-text>Hello</mj-text>"
IMAGE = '<mj-image src="https://e.example/a.png" />'


def page(body, head="", attributes=""):
    return f"<mjml{attributes}><mj-head>{head}</mj-head><mj-body>{body}</mj-body></mjml>"


def one(content):
    return f"<mj-section><mj-column>{content}</mj-column></mj-section>"


CASES = {
    "hero-inner": page(
        '<mj-hero inner-padding="10px 20px" height="300px" background-url="https://e.example/b.png"'
        f' background-width="600px" background-height="300px">{IMAGE}{TEXT}</mj-hero>'
    ),
    "zeros": page(
        f'<mj-section padding="0"><mj-column padding="0 25px">{IMAGE}</mj-column><mj-column '
        f'padding="20px 20px 0 20px">{IMAGE}</mj-column></mj-section>'
        + one('<mj-image padding="0" src="a"/><mj-image padding-left="0" src="a"/>')
    ),
    "classes": page(
        one('<mj-text mj-class="a b">x</mj-text><mj-text mj-class="b a" css-class="c">y</mj-text>'),
        '<mj-attributes><mj-all font-family="Arial" padding="3px"/><mj-text color="blue"/>'
        '<mj-class name="a" color="red" css-class="ca"/><mj-class name="b" color="green" '
        'css-class="cb"/></mj-attributes>',
    ),
    "inherited": page(
        one(
            '<mj-social font-family="Georgia" font-size="20px"><mj-social-element name="facebook" '
            'href="https://e.example/">F</mj-social-element><mj-social-element src="i.png" '
            'icon-position="right" border="2px solid red">C</mj-social-element></mj-social>'
            "<mj-accordion><mj-accordion-element><mj-accordion-title>T</mj-accordion-title>"
            "<mj-accordion-text>X</mj-accordion-text></mj-accordion-element></mj-accordion>"
        ),
        '<mj-attributes><mj-all font-family="Arial" color="red" padding="0"/></mj-attributes>',
    ),
    "gap": page(
        '<mj-wrapper gap="12px" background-color="#abc"><mj-section background-color="red">'
        f'<mj-column>{TEXT}</mj-column></mj-section><mj-section css-class="k l"><mj-column>{TEXT}'
        "</mj-column></mj-section></mj-wrapper>"
    ),
    "gap-full": page(
        '<mj-wrapper gap="9px" full-width="full-width"><mj-section full-width="full-width">'
        f"<mj-column>{TEXT}</mj-column></mj-section><mj-section full-width='full-width' "
        f"background-url='https://e.example/b.png'><mj-column>{TEXT}</mj-column></mj-section>"
        "</mj-wrapper>"
    ),
    "columns": page(
        f"<mj-section>{f'<mj-column>{IMAGE}</mj-column>' * 3}</mj-section>"
        f"<mj-section><mj-group>{f'<mj-column>{TEXT}</mj-column>' * 7}</mj-group></mj-section>"
        f'<mj-section><mj-column width="33.33%">{IMAGE}</mj-column><mj-column width="66.67%">'
        f'{IMAGE}</mj-column></mj-section><mj-section padding="0 7px"><mj-column width="34%">'
        f'{IMAGE}</mj-column><mj-column width="66%"><mj-divider/></mj-column></mj-section>'
    ),
    "raw": page(
        f"<!-- a --><mj-section><!-- b --><mj-raw><i>r</i></mj-raw><mj-column>{TEXT}</mj-column>"
        "</mj-section><mj-raw><div>o</div></mj-raw>"
        + one("<mj-raw><tr><td>x</td></tr></mj-raw><mj-text><!--[if mso]>o<![endif]-->x</mj-text>")
    ),
    "markup": page(
        one(
            '<mj-text>1 < 2 & 3 &amp; <br> <p style="color:red;\n margin:0">un<p>closed</mj-text>'
            '<mj-button href="https://e.example/?a=1&b={{ y }}" title="Tip">{% if a < b %}go'
            "{% endif %}</mj-button>"
        )
    ),
    "head": page(
        one('<mj-text css-class="c"><p class="z">x</p></mj-text><mj-image css-class="i" src="a"/>'),
        "<mj-title>A & B</mj-title><mj-preview>P &amp; q</mj-preview><mj-breakpoint width='320px'/>"
        '<mj-raw><meta name="x"></mj-raw><mj-style inline="inline">.z{margin:0 !important}'
        "</mj-style><mj-style>.q{color:red}</mj-style><mj-style>.r{color:red}</mj-style>"
        '<mj-html-attributes><mj-selector path=".i img"><mj-html-attribute name="loading">lazy'
        "</mj-html-attribute></mj-selector></mj-html-attributes>",
        ' lang="de" dir="rtl" owa="desktop"',
    ),
    "images": page(
        one(
            '<mj-image src="a.png" width="300px" max-height="200px" fluid-on-mobile="true" '
            'srcset="a.png 1x" sizes="10px" href="https://e.example" rel="r" title="T" name="n"/>'
        )
    ),
    "interactive": page(
        one(
            '<mj-carousel css-class="x y"><mj-carousel-image src="a" css-class="k l" href="h"/>'
            '<mj-carousel-image src="b" alt="B" title="t"/></mj-carousel>'
            '<mj-navbar base-url="https://e.example" hamburger="hamburger">'
            '<mj-navbar-link href="/a" css-class="n">A</mj-navbar-link></mj-navbar>'
        )
    ),
    "details": page(
        '<mj-section full-width="false"><mj-group><mj-column padding="0 20px" '
        f'border="1px solid red">{TEXT}</mj-column><mj-column inner-border-radius="4px"><mj-table '
        'role="none" cellspacing="3"><tr><td>c</td></tr></mj-table></mj-column></mj-group>'
        '</mj-section><mj-section><mj-column inner-border="5px solid red" padding="10px">'
        f'{IMAGE}</mj-column><mj-column><mj-image border-top="2px solid red" src="b"/>'
        '<mj-accordion><mj-accordion-element><mj-accordion-title font-weight="bold">T'
        "</mj-accordion-title><mj-accordion-text>X</mj-accordion-text></mj-accordion-element>"
        "</mj-accordion></mj-column></mj-section>"
    ),
    "heroes": page(
        f'<mj-hero padding="20px 30px" border-radius="4px">{IMAGE}</mj-hero>'
        f'<mj-wrapper padding="0 40px"><mj-hero padding="0 9px">{IMAGE}</mj-hero></mj-wrapper>'
    ),
    "shares": page(
        f'<mj-section><mj-column width="33.33333333333333%">{IMAGE}</mj-column><mj-column '
        f'width="66.66666666666666%">{IMAGE}<mj-divider width="30%"/></mj-column></mj-section>'
        f'<mj-section padding="10px 5%"><mj-column width="150.5px" padding="2%">{IMAGE}'
        '</mj-column><mj-column width="30%"><mj-image src="c.png" width="50%"/></mj-column>'
        f'</mj-section><mj-section><mj-column width="45.5%" padding="3px">'
        f'{TEXT}</mj-column><mj-group width="54.5%">'
        f'<mj-column width="100px">{TEXT}</mj-column>{f"<mj-column>{IMAGE}</mj-column>" * 2}'
        "</mj-group></mj-section>"
    ),
    "fractions": page(
        '<mj-section><mj-column width="45.55%" padding="3px"><mj-carousel><mj-carousel-image '
        'src="x.png"/></mj-carousel></mj-column></mj-section>'
    ),
    "gutters": page(
        f'<mj-section gutter="20px">{f"<mj-column>{IMAGE}</mj-column>" * 3}</mj-section>'
        f'<mj-section gutter="4%" direction="rtl"><mj-column width="30%">{TEXT}</mj-column>'
        f'<mj-column width="200px">{TEXT}</mj-column></mj-section><mj-section gutter="9px">'
        f'<mj-group width="50%"><mj-column width="40%">{TEXT}</mj-column><mj-column>{TEXT}'
        f'</mj-column></mj-group><mj-column width="33.33%">{TEXT}</mj-column></mj-section>'
        f'<mj-section gutter="7px"><mj-column width="101px">{TEXT}</mj-column><mj-column '
        f'width="202px">{TEXT}</mj-column></mj-section><mj-section gutter="5px"><mj-column>'
        f"{TEXT}</mj-column></mj-section>"
    ),
    "percentages": page(
        f'<mj-wrapper padding="10px 5%"><mj-section padding-left="2.5%"><mj-column padding="3%">'
        f'{IMAGE}</mj-column><mj-column padding-right="7%">{TEXT}</mj-column></mj-section>'
        '</mj-wrapper><mj-hero height="200px" padding-top="5%" padding-bottom="20px">'
        f'{TEXT}</mj-hero><mj-section><mj-column><mj-text padding-left="5%">x</mj-text>'
        '<mj-button inner-padding="10px 5%" width="200px">x</mj-button></mj-column></mj-section>'
    ),
    "borders": page(
        '<mj-section><mj-column border-left="3px solid red"><mj-carousel><mj-carousel-image '
        'src="x.png"/></mj-carousel><mj-image src="y.png" border="3px dashed #123456" '
        'border-left="none"/><mj-image src="z.png" border-top="2px dotted blue"/></mj-column>'
        '<mj-column border="2px solid red" border-right="5px solid blue"><mj-table '
        'cellpadding="0" border="1px solid red"><tr><td>x</td></tr></mj-table></mj-column>'
        '</mj-section><mj-section><mj-group><mj-column width="10px" padding="0 20px">'
        f"{TEXT}</mj-column></mj-group></mj-section>"
    ),
    "thumbnails": page(
        one(
            "<mj-carousel>"
            + "".join(f'<mj-carousel-image src="{name}.png"/>' for name in "abcdefg")
            + "</mj-carousel>"
        )
    ),
    "supported": page(
        one(
            '<mj-carousel thumbnails="supported" tb-width="33%"><mj-carousel-image src="a.png" '
            'title="A"/><mj-carousel-image src="b.png" thumbnails-src="c.png"/></mj-carousel>'
        )
    ),
    "edges": page(
        '<mj-section full-width="full-width" border-radius="4px" background-url="x.png">'
        f'<mj-column border-radius="4px" padding="3px">{TEXT}</mj-column><mj-column '
        f'inner-border-radius="4px" padding="3px">{TEXT}</mj-column></mj-section><mj-section>'
        '<mj-column inner-border-right="3px dashed red"><mj-divider/><mj-divider width="33%" '
        'padding="3px"/><mj-divider width="70px" css-class="k"/></mj-column></mj-section>'
        '<mj-wrapper border="3px solid red" border-left="none"><mj-section>'
        f"<mj-column>{TEXT}</mj-column></mj-section></mj-wrapper>"
        '<mj-hero padding-left="5px"><mj-divider/></mj-hero>'
    ),
    "titles": page(
        one(
            '<mj-accordion><mj-accordion-element><mj-accordion-title css-class="k" '
            'font-weight="bold">T</mj-accordion-title><mj-accordion-text>X</mj-accordion-text>'
            '</mj-accordion-element><mj-accordion-element><mj-accordion-title font-weight="700">'
            "</mj-accordion-title></mj-accordion-element></mj-accordion>"
        )
    ),
    "loose": page(
        '<mj-text color="red" css-class="q">loose</mj-text><mj-spacer height="30px"/>'
        f'{IMAGE}<mj-social><mj-social-element name="facebook" href="f">F</mj-social-element>'
        f"</mj-social><mj-section>a<mj-column>{TEXT}/></mj-column></mj-section>"
    ),
    "raw-in-wrapper": page(
        f"<mj-wrapper><mj-raw><i>a</i></mj-raw>{one(TEXT)}<mj-raw><i>b</i></mj-raw>{one(TEXT)}"
        f"<!-- c --></mj-wrapper><mj-wrapper full-width='full-width'><!-- d -->{one(TEXT)}"
        "</mj-wrapper>"
    ),
    "buttons": page(
        one(
            '<mj-button width="200px" border="3px solid red" inner-padding="10px" title="T">go'
            '</mj-button><mj-table width="300px"><tr><td>x</td></tr></mj-table><mj-table '
            'width="50%"><tr><td>x</td></tr></mj-table>'
        )
    ),
    "backgrounds": page(
        '<mj-section background-url="https://e.example/b.png" background-position="10% 20%" '
        f'background-size="100px 50px"><mj-column>{TEXT}</mj-column></mj-section><mj-section '
        'border-radius="8px" background-color="#123" border="1px solid red"><mj-column '
        f'border-radius="3px">{TEXT}</mj-column></mj-section>'
    ),
}


@needs_node
def test_the_reference_gives_the_same_tokens(tmp_path):
    paths = {}
    for name, text in CASES.items():
        paths[tmp_path / f"{name}.mjml"] = text
        (tmp_path / f"{name}.mjml").write_text(text)
    different = [
        path.stem
        for path, expected in render_reference(paths).items()
        if tokens(render_mjml(paths[path], name=path.name).html) != tokens(expected)
    ]
    assert different == []


@needs_node
def test_the_reference_gives_the_same_tokens_for_documents_made_at_random(tmp_path):
    documents = {tmp_path / f"{seed}.mjml": document(seed) for seed in range(80)}
    for path, text in documents.items():
        path.write_text(text)
    different = [
        path.stem
        for path, expected in render_reference(documents).items()
        if tokens(render_mjml(documents[path], name=path.name).html) != tokens(expected)
    ]
    assert different == []


def test_comments_stand_anywhere():
    body = one(
        "<mj-social><!-- a --><mj-social-element>A</mj-social-element></mj-social><!-- b -->"
        '<mj-navbar><!-- c --><mj-navbar-link href="/x">B</mj-navbar-link></mj-navbar>'
        "<mj-accordion><!-- d --><mj-accordion-element><!-- e --><mj-accordion-title>C"
        "</mj-accordion-title></mj-accordion-element></mj-accordion><mj-carousel><!-- f -->"
        '<mj-carousel-image src="a.png" /></mj-carousel>'
    )
    html = render_mjml(page(body), name="t.mjml").html
    assert all(f">{word}<" in "".join(html.split()) for word in "ABC")


@pytest.mark.parametrize("raw", ["<mj-raw><i>x</i></mj-raw>", "<!--[if mso]>x<![endif]-->"])
def test_raw_html_that_the_engine_cannot_place_is_refused_with_its_place(raw):
    body = one(f"<mj-social>\n  {raw}<mj-social-element>A</mj-social-element></mj-social>")
    with pytest.raises(TemplateError) as caught:
        render_mjml(page(body), name="t.mjml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 3)
    assert "raw HTML in <mj-social>" in problem.message


@needs_node
def test_includes_are_those_of_the_reference(tmp_path):
    (tmp_path / "parts").mkdir()
    files = {
        "t.mjml": page(
            '<mj-include path="./parts/s.mjml"/>'
            + one(
                '<mj-text css-class="i">x</mj-text><mj-include path="./parts/f.html" type="html"/>'
            ),
            '<mj-include path="./parts/h.mjml"/><mj-include path="./parts/s.css" type="css"/>'
            '<mj-include path="./parts/i.css" type="css" css-inline="inline"/>',
        ),
        "parts/s.mjml": f"{one(IMAGE)}<mj-include path='./n.mjml'/>",
        "parts/n.mjml": "<mjml><mj-head><mj-attributes><mj-text color='#123456'/></mj-attributes>"
        f"</mj-head><mj-body>{one(TEXT)}</mj-body></mjml>",
        "parts/h.mjml": "<mj-title>Inc</mj-title>",
        "parts/s.css": ".x > a{color:red}",
        "parts/i.css": ".i div{color:#00ff00}",
        "parts/f.html": '<div class="f">F &copy; <br></div>',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = render_mjml(files["t.mjml"], name="t.mjml", loader=files.__getitem__)
    (expected,) = render_reference([tmp_path / "t.mjml"]).values()
    assert tokens(result.html) == tokens(expected)
    assert result.dependencies == set(files) - {"t.mjml"}


def disagreeing(expected, render):
    """Return the names of the pages that differ in some fact from what is expected."""
    different = []
    for name, (text, wanted) in expected.items():
        try:
            same = facts(render(text)) == facts(wanted)
        except (TemplateError, OSError, ValueError):
            same = False
        if not same:
            different.append(name)
    return different


@needs_corpus
def test_pages_of_the_corpus_agree_in_text_links_images_and_widths():
    expected = {
        path.stem: (path.read_text(), path.with_suffix(".html").read_text())
        for path in CORPUS.glob("*.mjml")
    }
    assert len(expected) == 154
    # The hero of this page has a padding of 5px on each side: its inner table is 590 pixels wide
    # by the reference, 600 by the corpus and the engine.
    ours = disagreeing(expected, lambda text: render_mjml(text, name="t.mjml").html)
    assert ours == ["mj-hero-mode"]


@needs_node
def test_the_pass_is_closer_to_the_reference_than_the_engine(tmp_path):
    paths = [tmp_path / f"{name}.mjml" for name in CASES]
    for path in paths:
        path.write_text(CASES[path.stem])
    references = render_reference(paths)
    expected = {path.stem: (CASES[path.stem], references[path]) for path in paths}
    assert disagreeing(expected, lambda text: render_mjml(text, name="t").html) == []
    raw = disagreeing(expected, mjml.mjml2html)
    assert set(raw) >= {"zeros", "columns", "markup", "head"}


@needs_corpus
@needs_node
def test_pages_of_the_corpus_are_those_of_the_reference():
    paths = sorted(CORPUS.glob("*.mjml"))
    expected = {path: text for path, text in render_reference(paths).items() if text is not None}
    ours = {path: render_mjml(path.read_text(), name=path.name).html for path in expected}
    different = [path.stem for path in expected if tokens(ours[path]) != tokens(expected[path])]
    assert len(expected) == 152
    assert different == []
