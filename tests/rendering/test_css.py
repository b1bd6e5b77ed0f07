import logging
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.rendering.css import inline_css, inline_rules, set_attributes


def page(css, body, head=""):
    return (
        "<!doctype html>\n<html><head>"
        f'<style type="text/css">{css}</style>{head}</head>\n<body>{body}</body></html>'
    )


def inlined(css, body):
    """Return the body of the inlined page."""
    return inline_css(page(css, body)).partition("<body>")[2].partition("</body>")[0]


def test_a_rule_becomes_a_style_attribute_and_nothing_else_changes():
    html = page(".a { color: red }", '<p class="a">x &nbsp; y<br/>z</p><P>other')
    result = inline_css(html)
    assert '<p style="color:red" class="a">x &nbsp; y<br/>z</p><P>other' in result
    assert result.replace(' style="color:red"', "") == html


@pytest.mark.parametrize(
    "css",
    [
        "@media (max-width:480px){p{color:blue!important}}",
        "@font-face{font-family:X;src:url(https://e.example/x.woff2) format('woff2')}",
        "@keyframes k{from{opacity:0}to{opacity:1}}",
        "@supports (display:grid){p{display:grid!important}}",
        "@import url(https://e.example/never-fetched.css);",
        "p{color:red!important}",
        "a:hover{color:red!important}",
        "p::before{content:'\\201c'}",
        "[data-ogsc] p{color:#fff!important}",
        "u + #body p{color:red}",
        "#MessageViewBody a{color:inherit}",
        "* [lang~='x']{color:red}",
        ".x{display:block;display:flex}",
        "/* kept } */ p > i{color:rgb(0 0 0 / 50%)}",
        "<!-- p{color:red} -->",
        "@media screen yahoo{.y{display:none!important}}",
        "@goodbye{@gmail}",
        "div[style*='margin: 16px 0']{margin:0!important}",
        "p{*zoom:1;_height:1px;mso-line-height-rule:exactly}",
        "p{color:red;;broken}} .after{color:blue",
        ".a{--brand:#123;color:var(--brand)}",
    ],
)
def test_style_blocks_keep_every_rule(css):
    html = page(css, "<p>x <a href='https://e.example'>y</a></p>")
    result = inline_css(html)
    assert f'<style type="text/css">{css}</style>' in result


def test_important_beats_a_style_attribute_and_a_style_attribute_beats_a_rule():
    assert inlined("p{color:red!important}", '<p style="color:blue">x</p>') == (
        '<p style="color:red">x</p>'
    )
    assert inlined("p{color:red}", '<p style="color:blue">x</p>') == '<p style="color:blue">x</p>'


def test_important_is_not_left_where_outlook_ignores_it():
    html = page("p{color:red!important}", '<p>x</p><td style="width:1px !IMPORTANT">y</td>')
    result = inline_css(html)
    assert '<p style="color:red">' in result
    assert '<td style="width:1px">' in result
    assert "p{color:red!important}" in result


def test_the_cascade_is_css():
    css = "#i{color:green} p.a{color:red} .a{color:blue} p{color:black;margin:0} .a{margin:1px}"
    assert inlined(css, '<p class="a" id="i">x</p>') == (
        '<p style="color:green;margin:1px" class="a" id="i">x</p>'.replace(
            "color:green;margin:1px", "margin:1px;color:green"
        )
    )
    assert 'style="margin:1px;color:red"' in inlined(css, '<p class="a">x</p>')


def test_longhand_and_shorthand_keep_the_order_of_the_cascade():
    css = "p{padding:0} .a{padding-left:1px} #b{padding:5px}"
    assert 'style="padding-left:1px;padding:5px"' in inlined(css, '<p class="a" id="b">x</p>')


def test_attribute_selectors_count_like_classes():
    css = "[title]{color:red} p{color:blue}"
    assert 'style="color:red"' in inlined(css, '<p title="t">x</p>')


def test_fallback_values_of_one_rule_stay_together():
    css = ".a{display:block;display:flex}"
    assert 'style="display:block;display:flex"' in inlined(css, '<p class="a">x</p>')


def test_values_that_no_parser_knows_are_kept():
    css = (
        "p{color:rgb(0 0 0 / 50%);background:url(data:image/png;base64,AA==);width:calc(1px + 2%)}"
    )
    assert (
        'style="color:rgb(0 0 0 / 50%);background:url(data:image/png;base64,AA==);'
        'width:calc(1px + 2%)"'
    ) in inlined(css, "<p>x</p>")


@pytest.mark.parametrize("style", ["color", "{{ style }}", "*zoom:1", "color:{{ c }}", ";;", ""])
def test_odd_style_attributes_are_kept(style):
    result = inlined("p{margin:0}", f'<p style="{style}">x</p>')
    assert style.strip(";") in result
    assert "margin:0" in result


def test_quotation_marks_in_values_are_escaped():
    css = """p{font-family:"Open Sans",'Arial'}"""
    assert inlined(css, "<p style='color:red'>x</p>") == (
        "<p style=\"font-family:&quot;Open Sans&quot;,'Arial';color:red\">x</p>"
    )


@pytest.mark.parametrize(
    "body",
    [
        '<a href="{{ url }}?a=%20b&c={{ x }}">x</a>',
        "<a href=\"{{ url['k'] }}\">x</a>",
        '<a href="https://e.example/?q=%7B%22a%22%7D&amp;r=é">x</a>',
        '<!--[if mso]><table><tr><td style="color:red !important"><![endif]--><p>x</p>',
        "<!--[if !mso]><!--><p>x</p><!--<![endif]-->",
        '<!--[if gte mso 9]><v:rect xmlns:v="urn:schemas-microsoft-com:vml"><p>y</p><![endif]-->',
        '<v:roundrect href="x" arcsize="8%"><w:anchorlock/></v:roundrect>',
        "<table>{% for row in rows %}<tr><td>{{ row }}</td></tr>{% endfor %}</table>",
        "{% if a < b %}<p>x</p>{% endif %}",
        "<p>unclosed <b>bold <i>both</b> 1 < 2 & 3 &copy; &#8203;",
        "<img src=x.png alt=y>",
        "<script>if (a<b) document.write('<p>')</script>",
        "<p>\ufeff\u200f אבג \U0001f600</p>",
        "<textarea><p>not a tag</p></textarea>",
    ],
)
def test_only_style_attributes_are_touched(body):
    html = page("p,a,td{margin:0}", body)
    result = inline_css(html)
    assert result.replace(' style="margin:0"', "") == html
    if "<p>x" in body:
        assert '<p style="margin:0">x' in result


def test_doctype_and_namespaces_stay():
    html = (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 '
        'Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml">'
        "<head><style>p{margin:0}</style></head><body><p>x</p></body></html>"
    )
    assert inline_css(html) == html.replace("<p>", '<p style="margin:0">')


def test_linked_style_sheets_are_neither_fetched_nor_removed():
    link = '<link href="https://e.invalid/a.css" rel="stylesheet">'
    assert link in inline_css(page("p{margin:0}", "<p>x</p>", link))


def test_blocks_for_other_media_and_marked_blocks_are_not_inlined():
    html = (
        '<style media="print">p{color:red}</style>'
        '<style type="text/css" data-premailer="ignore">p{color:blue}</style><p>x</p>'
    )
    assert inline_css(html) == (
        '<style media="print">p{color:red}</style>'
        '<style type="text/css">p{color:blue}</style><p>x</p>'
    )


def test_rules_that_apply_sometimes_still_win_over_what_was_inlined():
    css = (
        "a{color:blue;margin:0} a:hover{color:red;opacity:1} "
        "@media (max-width:480px){a{color:green; font-size:2em} b{color:red}}"
    )
    result = inline_css(page(css, "<a>x</a><b>y</b>"))
    assert "a:hover{color:red !important;opacity:1}" in result
    assert "{a{color:green !important; font-size:2em} b{color:red}}" in result


def test_part_of_a_shorthand_is_defended_too():
    css = ".c{background:#fff} @media (prefers-color-scheme:dark){.c{background-color:#111}}"
    result = inline_css(page(css, '<p class="c">x</p>'))
    assert "{.c{background-color:#111 !important}}" in result


def test_selectors_premailer_cannot_apply_stay_in_the_block_only():
    css = "p:nth-child(2n),li:not(.a),p:has(a),p::first-line,:root,*{color:red} p!{color:blue}"
    html = page(css, "<p>x</p><p>y</p><li>z</li>")
    assert inline_css(html) == html


@pytest.mark.parametrize(
    "selector", ["a\\1 ", "a[", "..a", "a >", "\\", "é>é", "a:b:c", "[a='\\0']"]
)
def test_odd_selectors_are_passed_over(selector):
    html = page(f"{selector}{{color:red}}", "<p>x</p>")
    assert inline_css(html) == html


def test_first_and_last_child_are_inlined():
    assert inlined("td:first-child{color:red}", "<table><tr><td>a</td><td>b</td></tr></table>") == (
        '<table><tr><td style="color:red">a</td><td>b</td></tr></table>'
    )


def test_inlining_twice_changes_nothing_more():
    html = page(
        "a{color:blue!important} a:hover{color:red} @media print{a{color:black}}",
        '<a style="margin:0">x</a>',
    )
    once = inline_css(html)
    assert inline_css(once) == once


def test_rules_for_one_text_only():
    html = "<html><head></head><body><p class='a'>x</p></body></html>"
    css = ".a{color:red!important} .a:hover{color:blue} @media print{.a{color:black}} .b{top:0}"
    result = inline_rules(html, css)
    assert "<p style=\"color:red\" class='a'>" in result
    assert ".a{color:red" not in result
    assert ".a:hover {color:blue !important}" in result
    assert "@media print{.a{color:black !important}}" in result


def test_attributes_by_selector():
    html = '<p class="a" title="old">x<img src="y"></p><p>z</p>'
    wanted = [(".a img", {"loading": "lazy"}), ("p", {"title": "n"}), ("p[", {"bad": "1"})]
    assert set_attributes(html, wanted) == (
        '<p class="a" title="n">x<img loading="lazy" src="y"></p><p title="n">z</p>'
    )


def test_nothing_to_inline_leaves_every_byte():
    for html in ("", "text only", "<p>x</p>", "<style></style>", "<style>p{}"):
        assert inline_css(html) == html


def test_deep_nesting_and_size():
    html = page("p{margin:0}", "<div>" * 2000 + "<p>x</p>" + "</div>" * 2000)
    assert '<p style="margin:0">x</p>' in inline_css(html)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", ["<", "<a ", '<a "', "<a '", "<!--", "<style>", "<style ", "<p a=b", "</p"]
)
def test_hostile_markup_is_inlined_in_time(unit):
    html = "<style>p{margin:0}</style><p>x</p>" + unit * 20_000
    assert '<p style="margin:0">x</p>' in inline_css(html)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "css",
    ["{" * 20_000, "a(" * 20_000, "/*" * 20_000, "@media{" * 20_000, "p " * 20_000 + "{a:b}"],
)
def test_hostile_styles_are_inlined_in_time(css):
    html = page(css, "<p>x</p>")
    assert inline_css(html) == html


def test_threads_do_not_disturb_each_other():
    pages = [page(f".c{n}{{color:#{n:03}}}", f'<p class="c{n}">x</p>') for n in range(24)]
    expected = [inline_css(html) for html in pages]
    results = [""] * len(pages)

    def work(index):
        results[index] = inline_css(pages[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(pages))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == expected


def test_no_noise_no_network_and_a_late_import():
    program = """
import socket, sys
def refuse(*args, **kwargs): raise AssertionError("network")
socket.socket.connect = refuse
import outreach.rendering.css as css
assert "premailer" not in sys.modules and "cssutils" not in sys.modules
css.inline_css('<link rel="stylesheet" href="http://e.invalid/x.css">'
    '<style>@import url(http://e.invalid/y.css); p{colour:rad;*zoom:1;w:{{x}};top:0}</style><p>x')
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_log_stays_silent(caplog):
    with caplog.at_level(logging.DEBUG):
        inlined("p{colour:rad;;color:}", "<p>x</p>")
    assert [record for record in caplog.records if record.name.upper().startswith("CSSUTILS")] == []


hostile_css = st.text(alphabet="pa.#:;{}()[]@!*/'\"\\ \n-<>1é", max_size=60)


@settings(max_examples=150, deadline=None)
@given(css=hostile_css, body=st.text(alphabet="<>p a='\"!-/{%}&;x\n", max_size=60))
def test_no_input_raises_and_text_outside_tags_survives(css, body):
    html = f"<head><style>p{{margin:0}} {css}</style></head><p class=a>{body}"
    result = inline_css(html)
    assert result.count("<p") == html.count("<p")
    kept = inline_css(result)
    assert kept.count("<style") == html.count("<style")
