import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from outreach.errors import TemplateError
from outreach.rendering.css import inline_css
from outreach.rendering.mjml import render_mjml


def rendered(body, head="", attributes="", **files):
    loader = {key.replace("__", "/"): text for key, text in files.items()}
    text = f"<mjml{attributes}><mj-head>{head}</mj-head><mj-body>{body}</mj-body></mjml>"
    return render_mjml(text, name="t.mjml", loader=lambda name: loader[name.replace(".", "_")])


def html(body, head="", attributes="", **files):
    return rendered(body, head, attributes, **files).html


def column(content, attributes=""):
    return f"<mj-section><mj-column{attributes}>{content}</mj-column></mj-section>"


TEXT = "<mj-text>Hello</mj-text>"
IMAGE = '<mj-image src="https://e.example/a.png"/>'


@pytest.mark.parametrize(
    "body",
    [
        '<p style="color:red;\n   font-size:20px">x</p>',
        "1 < 2 & 3 &amp; 4 &lt; <br> <p>un<p>closed",
        "{% if a < b %}{{ name }}{% endif %}",
        "<![CDATA[ x ]]>",
        "<!--[if mso]><b>o</b><![endif]--> <!-- note -->",
        "<P>Upper</P><img src=x>",
        "\ttabs\r\n and \u00a0 spaces \U0001f600",
        "zq0z zqq1z \\1 \\g<0>",
        "</span></div>",
        "'\"`$&",
    ],
)
def test_bodies_come_back_byte_for_byte(body):
    for tag in ("mj-text", "mj-button", "mj-table", "mj-raw"):
        assert body in html(column(f"<{tag}>{body}</{tag}>")), tag
    assert body in html(column(TEXT), f"<mj-preview>{body}</mj-preview>")


def test_included_sections_keep_the_width_of_the_container():
    result = rendered(
        '<mj-include path="parts/s.mjml"/>',
        parts__s_mjml=column(IMAGE) + '<mj-include path="./n.mjml"/>',
        parts__n_mjml=column(TEXT),
    )
    assert result.html.count("max-width:600px") == 2
    assert 'width="550"' in result.html
    assert result.dependencies == {"parts/s.mjml", "parts/n.mjml"}


def test_includes_of_styles_and_html():
    page = html(
        column('<mj-include path="f.html" type="html"/>' + '<mj-text css-class="i">x</mj-text>'),
        '<mj-include path="s.css" type="css"/>'
        '<mj-include path="i.css" type="css" css-inline="inline"/>',
        f_html="<tr><td>F &copy; <br></td></tr>",
        s_css=".x > a{color:red}",
        i_css=".i div{color:#0f0!important}",
    )
    assert "<tr><td>F &copy; <br></td></tr>" in page
    assert ".x > a{color:red}" in page
    assert re.search(r'<div style="[^"]*color:#0f0">x', page)
    assert "important" not in page.partition("<body")[2]


@pytest.mark.parametrize(
    ("padding", "width"),
    [("0 25px", 550), ("0", 600), ("20px 20px 0 20px", 560), ("0 0 0 30px", 570), ("10px 0", 600)],
)
def test_a_bare_zero_is_a_length(padding, width):
    page = html(column(f'<mj-image padding="{padding}" src="a.png"/>'))
    assert re.search(r'<img [^>]*width="(\d+)"', page)[1] == str(width)


def test_defaults_and_classes_apply_in_order():
    head = (
        '<mj-attributes><mj-all color="gray" font-family="Georgia"/><mj-text color="blue"/>'
        '<mj-class name="a" color="red" font-size="10px" css-class="ca"/>'
        '<mj-class name="b" color="green" css-class="cb"/></mj-attributes>'
    )
    body = (
        '<mj-text>t0</mj-text><mj-text mj-class="a b">t1</mj-text>'
        '<mj-text mj-class="b a">t2</mj-text>'
        '<mj-text mj-class="a" color="black" css-class="own">t3</mj-text><mj-button>t4</mj-button>'
    )
    page = html(column(body), head)
    colors = {found[2]: found[1] for found in re.finditer(r";color:([#\w]+);[^>]*>\s*(t\d)", page)}
    assert colors == {"t0": "blue", "t1": "green", "t2": "red", "t3": "black", "t4": "gray"}
    assert 'class="ca cb"' in page
    assert 'class="cb ca"' in page
    assert 'class="own"' in page


def test_a_class_gives_defaults_to_what_is_inside():
    head = '<mj-attributes><mj-class name="s"><mj-text color="red"/></mj-class></mj-attributes>'
    body = f'<mj-section mj-class="s"><mj-column>{TEXT}</mj-column></mj-section>' + column(TEXT)
    assert re.findall(r'[;"]color:(\S+?);', html(body, head)) == ["red", "#000000"]


def test_every_word_of_a_class_gets_its_outlook_name():
    page = html(f'<mj-section css-class="one two"><mj-column>{TEXT}</mj-column></mj-section>')
    assert 'class="one-outlook two-outlook"' in page
    assert 'class="one two"' in page


def test_the_class_and_id_of_the_body_are_on_the_body():
    text = f'<mjml><mj-body css-class="c d" id="i">{column(TEXT)}</mj-body></mjml>'
    page = render_mjml(text, name="t").html
    assert re.search(r'<body id="i" class="c d"', page)
    assert page.count('class="c d"') == 1


def test_images_have_an_alt_text_even_if_it_is_empty():
    page = html(
        column(
            IMAGE
            + '<mj-image src="b" alt="Bee &amp; bird"/>'
            + '<mj-social><mj-social-element name="web" href="h">w</mj-social-element></mj-social>'
            + '<mj-carousel><mj-carousel-image src="c"/><mj-carousel-image src="d" alt="D"/>'
            "</mj-carousel>"
        )
    )
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) > 4
    assert [image for image in images if " alt=" not in image] == []
    assert 'alt="Bee &amp; bird"' in page


def test_links_and_other_free_text_are_not_changed():
    href = "https://e.example/?a=1&b=2&amp;c={{ x['y'] }}%20<z>"
    page = html(column(f'<mj-button href="{href}" rel=\'a "b"\'>x</mj-button>'))
    assert f'href="{href}"' in page
    assert 'rel="a &quot;b&quot;"' in page


def test_template_tokens_in_attributes_and_bodies_pass():
    body = (
        '<mj-text css-class="k1z" color="t2t">t3t</mj-text>'
        '<mj-image src="t4t" href="t5t" alt="t6t" title="t7t"/>'
        '<mj-button href="t8t" background-color="t9t">ta</mj-button>'
    )
    page = html(column(body))
    for token in re.findall(r"\bt\w\w?\b", "t2t t3t t4t t5t t6t t7t t8t t9t"):
        assert token in page, token


def test_inlined_styles_are_inlined_and_the_rest_is_kept():
    head = (
        '<mj-style inline="inline">.red div { color: red !important; } .z { margin: 0 }'
        " .z:hover { margin: 1px } @media (max-width:1px) { .z { top: 0 } }</mj-style>"
        "<mj-style>@media (max-width:480px) { .r { color: blue !important } }</mj-style>"
    )
    page = html(column('<mj-text css-class="red"><p class="z">x</p></mj-text>'), head)
    content = page.partition("<body")[2]
    assert re.search(r'<div style="[^"]*;color:red">', content)
    assert '<p style="margin:0" class="z">' in content
    assert "important" not in content
    assert "@media (max-width:480px) { .r { color: blue !important } }" in page
    assert ".z:hover" in page
    assert "@media (max-width:1px)" in page
    assert ".red div" not in page


def test_html_attributes_are_set():
    head = (
        '<mj-html-attributes><mj-selector path=".c div"><mj-html-attribute name="data-id">42'
        '</mj-html-attribute></mj-selector><mj-selector path=".i img"><mj-html-attribute '
        'name="alt">New</mj-html-attribute></mj-selector></mj-html-attributes>'
    )
    body = '<mj-text css-class="c">x</mj-text><mj-image css-class="i" src="a" alt="old"/>'
    page = html(column(body), head)
    assert '<div data-id="42"' in page
    assert 'alt="New"' in page
    assert "old" not in page


def test_fonts_are_linked_only_where_they_are_used():
    head = '<mj-attributes><mj-all font-family="Arial, sans-serif"/></mj-attributes>'
    assert "fonts.googleapis.com" not in html(column(TEXT), head)
    assert html(column(TEXT)).count("family=Ubuntu:300") == 2
    fonts = '<mj-font name="Raleway" href="https://f.example/r"/><mj-font name="No" href="n"/>'
    page = html(column('<mj-text font-family="Raleway">x</mj-text>'), fonts)
    assert "@import url(https://f.example/r);" in page
    assert 'href="n"' not in page
    assert "Ubuntu" not in page


def test_what_stands_before_the_doctype():
    text = (
        '<mjml><mj-raw position="file-start">{# first #}</mj-raw>'
        f"<mj-body>{column(TEXT)}</mj-body></mjml>"
    )
    assert render_mjml(text, name="t").html.startswith("{# first #}\n<!doctype html>")


def test_the_head():
    head = (
        "<mj-title>A & B</mj-title><mj-breakpoint width='320px'/>"
        '<mj-raw><meta name="x" content="y"></mj-raw>'
    )
    page = html(column(TEXT), head, ' lang="de" dir="rtl" owa="desktop"')
    assert "<title>A & B</title>" in page
    assert '<meta name="x" content="y"></head>' in page
    assert "(min-width:320px)" in page
    assert '<html lang="de" dir="rtl"' in page
    assert "[owa] .mj-column-per-100" in page


def test_the_gap_of_a_wrapper_stands_between_its_sections():
    inner = f'<mj-section background-color="red"><mj-column>{TEXT}</mj-column></mj-section>'
    page = html(f'<mj-wrapper gap="12px">{inner * 3}</mj-wrapper>')
    assert page.count("margin-top:12px;") == 2
    assert page.count("padding-top:12px;") == 2
    assert 'bgcolor="red"' not in page
    assert "outlook" not in page.partition("<body")[2].replace("mj-outlook-group-fix", "")


def test_the_title_of_a_button():
    page = html(column('<mj-button href="h" title="Tip &quot;x&quot;">go</mj-button>'))
    assert '<a title="Tip &quot;x&quot;" href="h"' in page
    assert '<p title="T"' in html(column('<mj-button title="T"></mj-button>'))


def test_carousels_and_menus_do_not_collide_and_arrows_are_shown():
    carousel = '<mj-carousel><mj-carousel-image src="a"/><mj-carousel-image src="b"/></mj-carousel>'
    menu = (
        '<mj-navbar hamburger="hamburger"><mj-navbar-link href="a">A</mj-navbar-link></mj-navbar>'
    )
    page = html(column((carousel + menu) * 2))
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == 6
    assert len(set(identifiers)) == 6
    targets = set(re.findall(r'\bfor="([^"]+)"', page))
    assert targets <= set(identifiers)
    assert "@media screen, yahoo" not in page


def test_social_icons():
    element = (
        '<mj-social-element src="s.png" border="2px solid red" icon-position="right" href="h">'
    )
    page = html(column(f"<mj-social>{element}Word</mj-social-element></mj-social>"))
    assert "border:2px solid red;" in page
    assert page.index("Word") < page.index("s.png")


def test_heroes():
    hero = '<mj-hero padding="20px 30px" inner-padding="7px" {}>' + IMAGE + "</mj-hero>"
    page = html(hero.format(""))
    assert 'width="490"' in page
    assert re.search(r'<div class="mj-hero-content" style="[^"]*padding:7px;"', page)
    size = 'mode="fluid-height" background-width="600px" background-height="300px"'
    page = html(hero.format(size))
    assert page.count("padding-bottom:50%") == 2
    assert "height:-40px" not in page
    assert 'height="-40"' not in page


def test_sizes_are_calculated_like_the_reference():
    three = f"<mj-column>{IMAGE}</mj-column>" * 3
    page = html(f'<mj-section padding="0 10px">{three}</mj-section>')
    assert "mj-column-per-33-333333333333336" in page
    assert ".mj-column-per-33-333333333333336 { width:33.333333333333336% !important" in page
    assert page.count('width="143"') == 3
    assert "width:193px" in page
    page = html(f"<mj-section><mj-group>{three}</mj-group></mj-section>")
    assert page.count(";width:33%;") == 3


def test_comments_are_kept_and_do_not_count_as_columns():
    page = html(f"<!-- a --><mj-section><!-- b --><mj-column>{IMAGE}</mj-column></mj-section>")
    assert "<!-- a -->" in page
    assert "<!-- b -->" in page
    assert 'width="550"' in page


def test_neighbouring_parts_for_outlook_are_one():
    page = html(column(TEXT) + "<mj-section><mj-column/><mj-column/></mj-section>" + column(IMAGE))
    seams = re.findall(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>", page)
    assert seams == []
    opened = re.findall(r"<!--\[if mso[^>]*>(.*?)<!\[endif\]-->", page, re.DOTALL)
    assert "</td></tr></table><table" in "".join(opened)


def test_what_somebody_wrote_for_outlook_stays_as_it_is():
    written = "<!--[if mso | IE]>a<![endif]--><!--[if mso | IE]>b<![endif]-->"
    assert written in html(column(f"<mj-text>{written}</mj-text>"))


def test_short_colours_are_written_out_for_outlook():
    assert 'bgcolor="#aabbcc"' in html(
        f'<mj-section background-color="#abc"><mj-column>{TEXT}</mj-column></mj-section>'
    )


def test_all_errors_come_at_once_with_their_places():
    with pytest.raises(TemplateError) as caught:
        rendered(
            '\n<mj-sectoin/>\n<mj-include path="p.mjml"/>\n<mj-column>x</mj-column>',
            p_mjml="<mj-section>\n <p>lost</p></mj-section>",
        )
    places = [(p.source, p.line, p.column) for p in caught.value.problems]
    assert places == [("t.mjml", 2, 1), ("p.mjml", 2, 2), ("t.mjml", 4, 1)]
    assert 'did you mean "mj-section"?' in str(caught.value)


def test_harmless_faults_are_warnings():
    result = rendered(column('<mj-text colour="red">x</mj-text>'))
    assert [problem.hint for problem in result.warnings] == ['did you mean "color"?']


def test_a_template_without_a_body_is_empty_and_says_so():
    result = render_mjml("<mjml></mjml>", name="t")
    assert "<body" in result.html
    assert "the mail is empty" in result.warnings[0].message


def test_the_result_depends_on_the_arguments_alone():
    program = (
        "from outreach.rendering.mjml import render_mjml; import sys;"
        "print(render_mjml(sys.stdin.read(), name='t').html)"
    )
    text = (
        "<mjml><mj-body>"
        + column(
            '<mj-carousel><mj-carousel-image src="a"/></mj-carousel>'
            '<mj-text css-class="a b">x</mj-text>'
        )
        + "</mj-body></mjml>"
    )
    results = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=text,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert results == {render_mjml(text, name="t").html + "\n"}


def test_the_wrong_package_is_named(tmp_path):
    (tmp_path / "mjml.py").write_text("def mjml_to_html(source): ...\n")
    program = (
        "from outreach.errors import ConfigError\n"
        "from outreach.rendering.mjml import render_mjml\n"
        "try: render_mjml('<mjml><mj-body/></mjml>', name='t')\n"
        "except ConfigError as error: print(error)\n"
    )
    path = ":".join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not mjml-python's" in done.stdout
    assert "pip install --force-reinstall mjml-python" in done.stdout


def test_style_attributes_hold_what_inlining_adds_and_the_engine_styles_are_left_alone():
    page = inline_css(html(column(TEXT), "<mj-style>div{color:red}</mj-style>"))
    assert "data-premailer" not in page
    assert "border-collapse" not in page.partition("<body")[2]
    assert 'style="color:red;' in page


def test_odd_values_neither_fail_nor_break_out_of_their_attributes():
    odd = "\\1 \\g<0> \\ $& ' > &quot;><b>"
    body = (
        f'<mj-wrapper gap="{odd}"><mj-section border="{odd}"><mj-column border="{odd}" '
        f'inner-border-radius="{odd}"><mj-image src="{odd}" sizes="{odd}" href="{odd}" '
        f'title="{odd}" border-top="{odd}" width="{odd}"/><mj-social border="{odd}">'
        f'<mj-social-element border="{odd}" name="{odd}" srcset="{odd}">x</mj-social-element>'
        f'</mj-social><mj-table role="{odd}" cellspacing="{odd}">x</mj-table><mj-accordion>'
        f'<mj-accordion-element><mj-accordion-title font-weight="{odd}">x</mj-accordion-title>'
        "</mj-accordion-element></mj-accordion></mj-column></mj-section>"
        f'<mj-section padding="{odd}"><mj-column width="{odd}"/></mj-section></mj-wrapper>'
        f'<mj-hero border-radius="{odd}" inner-padding="{odd}" mode="fluid-height" '
        f'background-width="{odd}"/>'
    )
    assert etree.fromstring(html(body), etree.HTMLParser()).xpath("//b") == []


words = st.text(alphabet="ab <>&\"'{}%/=-!z0\n", max_size=20)


@settings(max_examples=100, deadline=None)
@given(body=words, attribute=words.filter(lambda text: '"' not in text))
def test_any_body_and_any_free_text_pass_unchanged(body, attribute):
    page = html(
        column(
            f'<mj-text>s{body}e</mj-text><mj-image src="s{attribute}e" alt="a{attribute}b"/>'
            f'<mj-button href="h{attribute}i">b{body}c</mj-button>'
        )
    )
    for text in (f"s{body}e", f'src="s{attribute}e"', f'alt="a{attribute}b"', f"b{body}c"):
        assert text in page


def test_raw_text_in_a_wrapper_is_for_everybody():
    page = html(f"<mj-wrapper><mj-raw><i>a</i></mj-raw>{column(TEXT)}<!-- c --></mj-wrapper>")
    assert "<![endif]--><i>a</i><!--[if mso | IE]>" in page
    assert "<![endif]--><!-- c --><!--[if mso | IE]>" in page


def test_content_without_a_column_is_shown_bare():
    page = html('<mj-spacer height="20px"/><mj-text css-class="q">loose</mj-text>')
    content = page.partition("<body")[2]
    assert content.count("<table") == 0
    assert '<div style="height:20px;line-height:20px;">' in content
    assert "loose</div>" in content


def test_the_border_of_a_button_counts_in_its_width():
    button = '<mj-button width="200px" border="3px solid red" inner-padding="10px" title="T">x'
    page = html(column(f"{button}</mj-button>"))
    assert ' title="T"' in page
    assert ";width:174px;" in page
    assert 'style="border-collapse:separate;width:200px;line-height:100%;"' in page


def test_the_width_of_a_table_in_pixels_is_a_number_in_its_attribute():
    page = html(column('<mj-table width="300px"><tr><td>x</td></tr></mj-table>'))
    assert ' width="300"' in page
    assert "width:300px;" in page


def test_the_image_of_a_carousel_fills_a_column_that_ends_between_pixels():
    carousel = '<mj-carousel><mj-carousel-image src="a.png"/></mj-carousel>'
    page = html(f'<mj-section><mj-column width="33.3%">{carousel}</mj-column></mj-section>')
    assert page.count(";width:199.8px;max-width:100%;") == 2


def test_one_side_of_a_padding_outranks_the_whole():
    navbar = '<mj-navbar hamburger="hamburger" ico-padding="1px" ico-padding-right="2px"/>'
    title = '<mj-accordion-title padding="3px" padding-top="4px">T</mj-accordion-title>'
    accordion = f"<mj-accordion><mj-accordion-element>{title}</mj-accordion-element></mj-accordion>"
    page = html(column(navbar + accordion))
    assert "padding:1px;padding-right:2px;" in page
    assert "padding:3px;padding-top:4px;" in page


def test_a_percentage_in_a_padding_counts_as_pixels_and_is_written_as_it_is():
    section = f'<mj-section padding="10px 2.5%"><mj-column>{IMAGE}</mj-column></mj-section>'
    page = html(f'<mj-wrapper padding="10px 5%">{section}</mj-wrapper>')
    assert "padding:10px 5%;" in page
    assert "padding:10px 2.5%;" in page
    # 600 pixels, less twice 5 for the wrapper, less twice 2 for the section.
    assert "max-width:590px;" in page
    assert 'width="536"' in page


def test_the_borders_of_an_image_count_each_by_itself():
    image = '<mj-image src="y.png" border="3px dashed red" border-left="none"/>'
    assert 'width="547"' in html(column(image))


def test_the_cells_of_a_table_keep_no_space_unless_it_is_asked_for():
    table = '<mj-table cellpadding="0" border="1px solid red"><tr><td>x</td></tr></mj-table>'
    assert "border-collapse:separate" not in html(column(table))
    spaced = table.replace('cellpadding="0"', 'cellspacing="4"')
    assert "border-collapse:separate" in html(column(spaced))


def test_thumbnails_are_as_wide_however_many_there_are():
    images = "".join(f'<mj-carousel-image src="{name}.png"/>' for name in "abcdefg")
    assert html(column(f"<mj-carousel>{images}</mj-carousel>")).count('width="110"') == 7
