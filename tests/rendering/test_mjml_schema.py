import json
import subprocess

import pytest

from outreach.rendering.mjml_schema import ATTRIBUTES, CHILDREN, check, validate_mjml
from outreach.rendering.mjml_source import read
from tests.rendering.reference import needs_node, node_folder


def problems(body, head=""):
    text = f"<mjml><mj-head>{head}</mj-head><mj-body>\n{body}\n</mj-body></mjml>"
    return [(p.line, p.column, p.message, p.hint) for p in validate_mjml(text, "t.mjml")]


def in_column(text):
    return f"<mj-section><mj-column>\n{text}\n</mj-column></mj-section>"


def test_a_sound_template_has_no_problems():
    head = (
        '<mj-attributes><mj-all padding="0"/><mj-text color="#123"/><mj-class name="a" '
        'color="red"><mj-button align="left"/></mj-class></mj-attributes>'
        '<mj-font name="a" href="b"/><mj-style inline="inline">a{}</mj-style>'
    )
    body = '<mj-text mj-class="a" css-class="b" line-height="1.5">x</mj-text><mj-image src="y">'
    assert problems(in_column(body), head) == []


@pytest.mark.parametrize(
    ("body", "place", "message", "hint"),
    [
        ("<mj-txt>x</mj-txt>", (3, 1), "there is no tag <mj-txt>", 'did you mean "mj-text"?'),
        ("<p>x</p>", (3, 1), "<p> is not an MJML tag", "HTML goes into an <mj-text>"),
        ("<button>x</button>", (3, 1), "<button> is not", 'did you mean "mj-button"?'),
        ("  stray words", (3, 3), 'the text "stray words" stands between tags', "mj-text"),
        ("<mj-section/>", (3, 1), "<mj-section> cannot stand in <mj-column>", "in <mj-body>"),
        ("<mj-body/>", (3, 1), "<mj-body> cannot stand in <mj-column>", "in <mjml>"),
        ('<mj-text\n colour="red">x</mj-text>', (4, 2), 'no attribute "colour"', '"color"?'),
        ('<mj-text font-size="20">x</mj-text>', (3, 10), '"20" cannot be', 'mean "20px"?'),
        ('<mj-text padding="1 2">x</mj-text>', (3, 10), "one to four lengths", '"1px 2px"?'),
        ('<mj-text color="rad">x</mj-text>', (3, 10), "a colour", 'did you mean "red"?'),
        ('<mj-text color="1a73e8">x</mj-text>', (3, 10), "a colour", '"#1a73e8"?'),
        ('<mj-text align="centre">x</mj-text>', (3, 10), "one of left", '"center"?'),
        ('<mj-image width="50%" src="x"/>', (3, 11), "a length in px", None),
        ('<mj-table cellpadding="a">x</mj-table>', (3, 11), "a whole number", None),
        ('<mj-text letter-spacing="1">x</mj-text>', (3, 10), "px or em", '"1px"?'),
    ],
)
def test_faults_are_named_and_placed(body, place, message, hint):
    ((line, column, found, repair),) = problems(in_column(body))
    assert (line, column) == place
    assert message in found
    assert hint is None if repair is None else (hint or "") in repair


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("color", "rgba(0,0,0,.5)"),
        ("color", "hsl(10 20% 30%)"),
        ("color", "RebeccaPurple"),
        ("color", "inherit"),
        ("color", "{{ color }}"),
        ("padding", "0 10px 5% 0"),
        ("padding-left", "0"),
        ("line-height", "1.6"),
        ("line-height", "120%"),
        ("letter-spacing", "-0.5px"),
        ("letter-spacing", "0"),
        ("font-size", "{{ size }}px"),
    ],
)
def test_what_is_allowed_is_not_complained_of(name, value):
    assert problems(in_column(f'<mj-text {name}="{value}">x</mj-text>')) == []


def test_all_problems_come_at_once_in_order():
    found = problems(
        '<mj-sektion></mj-sektion>\n<mj-section a="b"><mj-text>x</mj-text></mj-section>\nloose'
    )
    assert [(line, column) for line, column, _, _ in found] == [(2, 1), (3, 13), (3, 19), (4, 1)]


def test_a_second_body_and_a_missing_body():
    text = "<mjml><mj-body/>\n<mj-body/></mjml>"
    assert "a second <mj-body>" in validate_mjml(text, "t")[0].message
    assert "the mail is empty" in validate_mjml("<mjml></mjml>", "t")[0].message


def test_raw_text_that_would_be_lost():
    (problem,) = validate_mjml("<mjml><mj-raw>x</mj-raw><mj-body/></mjml>", "t")
    assert problem.message == "<mj-raw> beside <mj-body> would be lost"


def test_a_slip_of_the_hand_and_content_without_a_column_do_not_stop_a_mail():
    text = "<mjml><mj-body><mj-section>%s</mj-section><mj-text>x</mj-text></mj-body></mjml>"
    slip = read(text % "/>", "t")
    check(slip)
    assert slip.errors == []
    assert [problem.message for problem in slip.warnings] == [
        'the text "/>" stands between tags, where it would be lost',
        "<mj-text> cannot stand in <mj-body>",
    ]
    words = read(text % "four", "t")
    check(words)
    assert [problem.column for problem in words.errors] == [28]


def test_defaults_are_checked_too():
    head = '<mj-attributes><mj-txt a="b"/><mj-text colr="red"/><mj-class/></mj-attributes>'
    messages = [message for _, _, message, _ in problems("", head)]
    assert messages == [
        "there is no tag <mj-txt> in MJML",
        '<mj-text> has no attribute "colr"',
        "<mj-class> has no name",
    ]


@pytest.mark.parametrize(
    ("defaults", "place", "message", "hint"),
    [
        ('<mj-all paddin="0"/>', 9, 'no tag has an attribute "paddin"', '"padding"?'),
        ('<mj-class name="a" colr="red"/>', 20, 'no tag has an attribute "colr"', '"color"?'),
        ('<mj-class name="a" color="rad"/>', 20, "cannot be the color of any tag", '"red"?'),
        ('<mj-all font-size="20"/>', 9, "cannot be the font-size of any tag", '"20px"?'),
        ('<mj-class name="a" align="centre"/>', 20, "cannot be the align", '"center"?'),
    ],
)
def test_defaults_for_many_tags_are_those_of_some_tag(defaults, place, message, hint):
    head = f"<mj-attributes>\n{defaults}</mj-attributes>"
    ((line, column, found, repair),) = problems("", head)
    assert (line, column) == (2, place)
    assert message in found
    assert hint in repair


def test_sound_defaults_for_many_tags_have_no_problems():
    head = (
        '<mj-attributes><mj-all width="50%" font-family="Arial" vertical-align="top"/>'
        '<mj-class name="a" width="auto" css-class="b" border-width="2px" href="x"/>'
        "</mj-attributes>"
    )
    assert problems("", head) == []


def test_a_class_that_nothing_defines_is_named():
    head = '<mj-attributes><mj-class name="button" color="red"/></mj-attributes>'
    ((line, column, message, hint),) = problems(
        in_column('<mj-text mj-class="button buton">x</mj-text>'), head
    )
    assert (line, column) == (3, 10)
    assert message == 'no <mj-class> in <mj-attributes> has the name "buton"'
    assert hint == 'did you mean "button"?'


def test_a_tag_inside_of_text_is_not_rendered():
    ((line, column, message, _),) = problems(
        in_column("<mj-text>a\n <mj-button>b</mj-button></mj-text>")
    )
    assert (line, column) == (4, 2)
    assert message == "<mj-button> in <mj-text> is not rendered: its content is HTML"


def test_includes_are_checked_with_a_loader_and_passed_over_without():
    text = '<mjml><mj-body><mj-include path="a.mjml"/></mj-body></mjml>'
    assert validate_mjml(text, "t.mjml") == ()
    (problem,) = validate_mjml(text, "t.mjml", loader={"a.mjml": "\n<mj-sectoin/>"}.__getitem__)
    assert (problem.source, problem.line, problem.hint) == (
        "a.mjml",
        2,
        'did you mean "mj-section"?',
    )


@needs_node
def test_the_tables_are_those_of_the_reference():
    program = """
const {components, dependencies} = require('mjml-preset-core')
const attributes = {}
for (const c of components) attributes[c.componentName || c.name] = c.allowedAttributes || {}
console.log(JSON.stringify({attributes, dependencies}, (k, v) => v instanceof RegExp ? '*' : v))
"""
    done = subprocess.run(
        ["node", "-e", program], cwd=node_folder(), capture_output=True, text=True, check=True
    )
    reference = json.loads(done.stdout)
    kinds = {
        "unit(px)": "px",
        "unit(px,%)": "size",
        "unit(px,%){1,4}": "size4",
        "unit(px,%,)": "line",
        "unitWithNegative(px,em)": "spacing",
        "unit(px,auto)": "px|auto",
        "unit(px,%,auto)": "size|auto",
        "boolean": "true|false",
    }

    def kind(text):
        text = text[5:-1].replace(",", "|") if text.startswith("enum(") else text
        return sorted(kinds.get(text, text).split("|"))

    for tag, attributes in reference["attributes"].items():
        ours = {name: sorted(type_.split("|")) for name, type_ in ATTRIBUTES[tag].items()}
        assert ours == {name: kind(text) for name, text in attributes.items()}, tag
    for tag, children in reference["dependencies"].items():
        if children and tag != "mj-attributes":
            assert CHILDREN[tag] == set(children), tag


BROKEN = (
    "<mj-txt>x</mj-txt>",
    '<mj-text colour="red" font-size="20" color="rad">x</mj-text>',
    '<mj-text color="#12">x</mj-text><mj-text color="rgb(300,1)">x</mj-text>',
    '<mj-text padding="1px 2px 3px 4px 5px">x</mj-text><mj-text padding="-5px">x</mj-text>',
    '<mj-divider border-width="thin" width="half"/><mj-image width="50%" src="a"/>',
    '<mj-text font-size="1em" align="middle" data-x="a">x</mj-text>',
    "<mj-social><mj-text>x</mj-text></mj-social><mj-navbar><mj-button>x</mj-button></mj-navbar>",
    "<mj-section><mj-column/></mj-section><mj-accordion><mj-button>x</mj-button></mj-accordion>",
    '<mj-image fluid-on-mobile="yes" src="a"/>',
)


@needs_node
@pytest.mark.parametrize("body", BROKEN)
def test_every_fault_that_the_reference_finds_is_found(body):
    text = f"<mjml><mj-body>\n{in_column(body)}</mj-body></mjml>"
    program = """
require('mjml')(require('fs').readFileSync(0, 'utf8'), {validationLevel: 'soft'}).then(
  done => console.log(JSON.stringify(done.errors.map(error => error.line))))
"""
    done = subprocess.run(
        ["node", "-e", program],
        cwd=node_folder(),
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    theirs, ours = json.loads(done.stdout), validate_mjml(text, "t")
    assert theirs
    assert [problem.line for problem in ours] == sorted(theirs)
