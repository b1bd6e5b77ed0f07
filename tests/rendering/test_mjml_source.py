import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import Problem, TemplateError
from outreach.rendering.mjml_source import MAX_INCLUDES, included_name, read


def document(body, name="t.mjml", **files):
    loader = {key.replace("__", "/") + ".mjml": text for key, text in files.items()}.__getitem__
    return read(f"<mjml><mj-body>{body}</mj-body></mjml>", name, loader)


def places(problems):
    return [(problem.source, problem.line, problem.column) for problem in problems]


def test_every_form_mjml_accepts_is_read():
    text = (
        '\ufeff<?xml version="1.0"?>\n<!DOCTYPE mjml>\n<!-- note --><MJML Lang=en>\n'
        "<mj-Body><MJ-SECTION padding='0 1px'><mj-column>"
        '<mj-image src=https://e.example/a.png ALT="x > y"><mj-divider></mj-divider>'
        "<Mj-Text>a</mJ-tEXT ></mj-column></MJ-SECTION></mj-body></MJML>\n"
    )
    found = read(text, "t.mjml")
    assert not found.errors
    tags = [node.tag for node in found.root.walk()]
    assert tags == [
        "mjml",
        "mj-body",
        "mj-section",
        "mj-column",
        "mj-image",
        "mj-divider",
        "mj-text",
    ]
    nodes = {node.tag: node for node in found.root.walk()}
    assert found.root.attributes == {"lang": "en"}
    assert nodes["mj-section"].attributes == {"padding": "0 1px"}
    assert nodes["mj-image"].attributes == {"src": "https://e.example/a.png", "alt": "x > y"}
    assert nodes["mj-text"].body == "a"


@pytest.mark.parametrize(
    "body",
    [
        "1 < 2 & 3 &amp; <br> <p>open",
        "<![CDATA[ <mj-text> ]]>",
        "{% if a < b %}{{ x['y'] }}{% endif %}",
        "<!--[if mso]><table><![endif]-->",
        '<p style="color:red;\n  margin:0">x</p>',
        "\r\n\t é \u200b \ud83d",
        "<mj-divider/> <mj-section>",
        "<MJ-TEXT>inner</MJ-TEXT> after",
    ],
)
def test_bodies_of_ending_tags_stay_as_they_are(body):
    found = document(f"<mj-text>{body}</mj-text><mj-raw>{body}</mj-raw>")
    assert not found.errors
    assert [node.body for node in found.root.children[0].children] == [body, body]


def test_the_first_of_two_attributes_counts():
    found = document('<mj-text color="red"\n color="blue">x</mj-text>')
    assert found.root.children[0].children[0].attributes == {"color": "red"}
    assert places(found.warnings) == [("t.mjml", 2, 2)]
    assert 'the attribute "color" twice' in found.warnings[0].message


@pytest.mark.parametrize(
    ("body", "message", "line", "column"),
    [
        ("\n <mj-section>", "<mj-section> is not closed before </mj-body>", 2, 2),
        ("\n<mj-text>x\n<mj-text>y</mj-text>", "<mj-text> is never closed", 2, 1),
        ("\n  </mj-column>", "</mj-column> closes nothing that is open", 2, 3),
        ('\n<mj-section padding="1px>', "this tag never ends", 2, 1),
        ("\n\n<!-- x", "this comment never ends", 3, 1),
        ("<mj-a>" * 150, "nested more than 30 deep", 1, None),
    ],
)
def test_broken_markup_is_placed(body, message, line, column):
    found = document(body)
    matching = [problem for problem in found.errors if message in problem.message]
    assert matching, found.errors
    assert matching[0].line == line
    assert column is None or matching[0].column == column


def test_all_mistakes_are_reported_at_once():
    found = document("<mj-section></mj-column>\n<mj-column>\n</mj-group></mj-section>")
    assert [problem.line for problem in found.errors] == [1, 3, 2]


@pytest.mark.parametrize("text", ["", "  ", "hello", "<p>x</p>", "<mjm><mj-body/></mjm>"])
def test_a_template_without_mjml_says_so(text):
    found = read(text, "t.mjml")
    assert "no <mjml>" in found.errors[0].message
    assert found.errors[0].hint


def test_includes_join_the_tree_with_their_own_places():
    found = document(
        '<mj-include path="parts/a.mjml"/><mj-section/>',
        parts__a='<mj-section>\n<mj-include path="./b.mjml"></mj-section>',
        parts__b="\n\n</mj-text>",
    )
    assert found.dependencies == {"parts/a.mjml", "parts/b.mjml"}
    assert [node.tag for node in found.root.children[0].children] == ["mj-section", "mj-section"]
    assert places(found.errors) == [("parts/b.mjml", 3, 1)]


def test_a_whole_document_gives_its_head_to_the_head():
    found = document(
        '<mj-include path="a.mjml"/>',
        a="<mjml><mj-head><mj-title>T</mj-title></mj-head><mj-body><mj-hero/></mj-body></mjml>",
    )
    assert [node.tag for node in found.root.children] == ["mj-head", "mj-body"]
    assert found.root.children[0].children[0].body == "T"
    assert found.root.children[1].children[0].tag == "mj-hero"


def test_includes_in_the_head():
    text = (
        '<mjml><mj-head><mj-include path="h.mjml"/><mj-include path="c.css" type="css"/>'
        '<mj-include path="i.css" type="css" css-inline="inline"/></mj-head>'
        '<mj-body><mj-include path="f.html" type="html"/></mj-body></mjml>'
    )
    files = {"h.mjml": "<mj-font/>", "c.css": "a{}", "i.css": "b{}", "f.html": "<p>&nbsp;"}
    found = read(text, "t.mjml", files.__getitem__)
    head = [(node.tag, node.body, node.attributes) for node in found.root.children[0].children]
    assert head == [
        ("mj-font", None, {}),
        ("mj-style", "a{}", {}),
        ("mj-style", "b{}", {"inline": "inline"}),
    ]
    raw = found.root.children[1].children[0]
    assert (raw.tag, raw.body) == ("mj-raw", "<p>&nbsp;")
    assert found.dependencies == set(files)


@pytest.mark.parametrize(
    ("written", "including", "name"),
    [
        ("a.mjml", "t.mjml", "a.mjml"),
        ("./x/../a.mjml", "t.mjml", "a.mjml"),
        ("../a.mjml", "n/t.mjml", "a.mjml"),
        ("a.mjml", "n/t.mjml", "n/a.mjml"),
        ("../a.mjml", "t.mjml", None),
        ("x/../../a.mjml", "t.mjml", None),
        ("../../../../etc/passwd", "n/t.mjml", None),
        ("/etc/passwd", "t.mjml", None),
        ("..\\a.mjml", "t.mjml", None),
        ("C:/a.mjml", "t.mjml", None),
        ("https://e.example/a.mjml", "t.mjml", None),
        ("a\0.mjml", "t.mjml", None),
        (".", "t.mjml", None),
        ("", "t.mjml", None),
    ],
)
def test_includes_stay_inside_the_root(written, including, name):
    assert included_name(written, including) == name


def test_an_include_outside_is_never_loaded():
    found = document('<mj-include path="../secret.mjml"/>')
    assert "outside the template folder" in found.errors[0].message
    assert places(found.errors) == [("t.mjml", 1, 28)]


def test_circles_are_found():
    found = document('<mj-include path="a.mjml"/>', a='<mj-include path="b.mjml"/>', b="")
    assert not found.errors
    found = document(
        '<mj-include path="a.mjml"/>',
        a='<mj-include path="b.mjml"/>',
        b='<mj-section>\n<mj-include path="a.mjml"/></mj-section>',
    )
    assert found.errors == [
        Problem("includes run in a circle: a.mjml → b.mjml → a.mjml", "b.mjml", 2, 13, "remove one")
    ]
    found = document('<mj-include path="t.mjml"/>')
    assert "t.mjml → t.mjml" in found.errors[0].message


def test_includes_that_multiply_are_stopped():
    twice = '<mj-include path="n{0}.mjml"/>' * 4
    files = {f"n{n}": twice.format(n + 1) for n in range(8)} | {"n8": "<mj-section/>"}
    calls = []
    loader = {f"{key}.mjml": text for key, text in files.items()}

    def load(name):
        calls.append(name)
        return loader[name]

    found = read(f"<mjml><mj-body>{twice.format(0)}</mj-body></mjml>", "t.mjml", load)
    assert len(calls) == MAX_INCLUDES
    assert [problem.message for problem in found.errors] == [
        "more than 500 includes, or too much text in them"
    ]


def test_a_long_chain_of_includes_is_stopped():
    def load(name):
        return f'<mj-include path="a{name}"/>'

    found = read('<mjml><mj-body><mj-include path="a"/></mj-body></mjml>', "t.mjml", load)
    assert [problem.message for problem in found.errors] == [
        "includes are nested more than 10 deep"
    ]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("x"), "there is no such file"),
        (FileNotFoundError(2, "No such file or directory"), "No such file or directory"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "not UTF-8"),
        (TemplateError("not today", hint="wait"), "not today"),
    ],
)
def test_a_loader_that_fails_is_reported_where_the_include_stands(error, message):
    def load(name):
        raise error

    found = read('<mjml><mj-body>\n<mj-include path="a.mjml"/></mj-body></mjml>', "t.mjml", load)
    assert places(found.errors) == [("t.mjml", 2, 13)]
    assert message in found.errors[0].message
    assert not found.dependencies


def test_without_a_loader_nothing_can_be_included():
    found = read('<mjml><mj-body><mj-include path="a"/></mj-body></mjml>', "t.mjml")
    assert [problem.message for problem in found.errors] == ['cannot include "a" here']


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", ["<", "<mj-text ", '<mj-text "', "<mj-text>", "</mj-text>", "<p>", "<!--", "<![CDATA["]
)
def test_hostile_input_is_read_in_time(unit):
    found = document("<mj-text>" + unit * 20_000)
    assert found.errors


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/mj-texcolumn body=\"'!-[]{}% \n&", max_size=120))
def test_no_text_makes_the_reader_fail(text):
    found = document(text)
    for problem in found.errors + found.warnings:
        assert problem.line >= 1
        assert problem.column >= 1
