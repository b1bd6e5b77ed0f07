"""Images that nobody described: found where they are written, and nowhere else."""

import pytest

from tests.rendering.judged import FIRST, PAGE, PREHEADER, at, lint, rules, text
from tests.rendering.mail import contact

WORDS = "word " * 30
RED = '<mj-image src="https://e.example/red.png" />'


def page(body: str, attributes: str) -> str:
    head = f"<mj-head><mj-attributes>{attributes}</mj-attributes>"
    return PAGE.format(body=body).replace("<mj-head>", head)


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        (RED, '<mj-image alt="A red house" />'),
        (RED, '<mj-all alt="A red house" />'),
        (RED, '<mj-image alt="" />'),
        (RED.replace(" src", ' mj-class="house" src'), '<mj-class name="house" alt="A red one" />'),
        (
            RED.replace(" src", ' mj-class="wide house" src'),
            '<mj-class name="wide" padding="0px" /><mj-class name="house" alt="" />',
        ),
    ],
)
def test_what_mjml_gives_to_all_images_describes_them(body: str, attributes: str):
    assert rules(page(body, attributes), whole=True) == []


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        (RED, '<mj-text alt="A red house" />'),
        (RED, '<mj-class name="house" alt="A red house" />'),
        (RED.replace(" src", ' mj-class="house" src'), '<mj-class name="mouse" alt="A" />'),
        (RED, '<mj-image padding="0px" />'),
    ],
)
def test_what_mjml_gives_to_others_describes_nothing(body: str, attributes: str):
    found = [one for one in lint(page(body, attributes), whole=True) if one.rule.id == "L101"]
    assert [(one.problem.line, one.problem.column) for one in found] == [(FIRST, 1)]


@pytest.mark.parametrize(
    "body",
    [
        "Write `![](a.png)` to show it.",
        "Write ``![](a.png) ` `` to show it.",
        "```\n![](a.png)\n```",
        "~~~ markdown\n![](a.png)\n\n![][b]\n\n[b]: b.png\n~~~",
        "    ![](a.png)",
        r"Write \![it](https://e.example/a.png) to show it.",
        "![][nowhere]",
        "![] and ![][]",
        "![A house](https://e.example/a.png), not ![](a.png",
        "![A house][a]\n\n[a]: https://e.example/a.png",
        # An image of the same name stands in the code, and is described where it is shown.
        '`![](https://e.example/a.png)` shows <img src="https://e.example/a.png" alt="" width="9"'
        ' height="9">',
        '```\n![](https://e.example/a.png)\n```\n\n<img src="https://e.example/a.png" alt=""'
        ' width="9" height="9">',
    ],
)
def test_what_is_no_image_of_markdown(body: str):
    files = {
        "layouts/letter.mjml": PAGE.format(body="").replace(
            "</mj-body>", "{{ content }}\n</mj-body>"
        )
    }
    head = f"subject: Hello\npreheader: {PREHEADER}\nlayout: letter"
    assert "L101" not in rules(f"{WORDS}\n\n{body}\n", suffix="md", head=head, files=files)


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ("![](https://e.example/a.png)", 1),
        ("![ ](https://e.example/a.png 'A house')", 1),
        ("See ![](<https://e.example/a b.png>) there", 5),
        ("![](https://e.example/größe.png)", 1),
        ("![](https://e.example/?a=1&b=2)", 1),
        ("![](https://e.example/{{ contact.tier }}.png)", 1),
        ("[![](https://e.example/a.png)](https://e.example/)", 2),
        ("![][logo]\n\n[logo]: https://e.example/a.png", 1),
        ("![][ The  Logo ]\n\n[the logo]: <https://e.example/a.png> 'A house'", 1),
        ("`Code` and ` alone, ![](https://e.example/a.png)\n\nand ` again", 21),
        ("`![](https://e.example/a.png)` ![](https://e.example/a.png)", 32),
    ],
)
def test_an_image_of_markdown_that_nobody_described(body: str, column: int):
    found = [one for one in lint(f"{WORDS}\n\n{body}\n", suffix="md") if one.rule.id == "L101"]
    assert [(one.problem.line, one.problem.column) for one in found] == [(7, column)]
    assert "between [ and ]" in (found[0].problem.hint or "")


def test_images_are_judged_as_they_are_made():
    maybe = (
        '<mj-image src="https://e.example/{{ contact.tier }}.png" {% if contact.company %} '
        'alt="{{ contact.company }}"{% endif %} />'
    )
    assert rules(maybe, person=contact(first_name="Maija", company="Red House")) == []
    assert at(maybe, "L101") == [(1, 1)]
    # What nobody gets is no finding.
    assert rules("{% if contact.company %}" + RED + "{% endif %}") == []
    # An image that is described, beside one whose address nobody knows.
    meant = '<img src="https://e.example/line.png" alt="" width="9" height="9">'
    given = '<mj-image src="{{ hero }}" {% if alt %}alt="{{ alt }}"{% endif %} />'
    head = f"subject: x\npreheader: {PREHEADER}\nhero: https://e.example/red.png\nalt: A red house"
    assert rules(text(meant) + given, head=head) == []


def test_the_tag_that_says_most_of_the_address_made_the_image():
    known = '<mj-image src="https://e.example/red.png" alt="" />'
    unknown = '<mj-image src="https://e.example/{{ name }}.png" />'
    head = f"subject: x\npreheader: {PREHEADER}\nname: blue"
    found = [one for one in lint(f"{known}\n{unknown}", head=head) if one.rule.id == "L101"]
    # The front matter has a line more than usual.
    assert [(one.count, one.problem.line) for one in found] == [(1, FIRST + 2)]
    # One for its place, one for both: each is told once for what is seen of it.
    twice = "{% for n in [1, 2, 3] %}" + RED + "{% endfor %}"
    (found,) = lint(twice)
    assert (found.rule.id, found.count) == ("L101", 3)
