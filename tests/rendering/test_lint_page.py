"""What is found in the HTML alone, and what like it is left alone."""

import pytest

from outreach.rendering.rules import RULES
from tests.rendering.judged import FIRST, PAGE, PREHEADER, lint, rules, text


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (text('<img src="https://e.example/a.png" width="9" height="9">'), {"L101"}),
        (text('<img src="https://e.example/a.png" width="9" height="9" alt="">'), set()),
        (text('<img src="https://e.example/a.png" alt="A">'), {"L501"}),
        ('<mj-image src="https://e.example/a.png" alt="A"></mj-image>', set()),
        (text('<img src="data:image/png;base64,AA==" alt="" width="1" height="1">'), {"L503"}),
        (text('<img src="http://e.example/a.png" alt="" width="1" height="1">'), {"L203"}),
        (text('<a href="https://e.example"></a>'), {"L102"}),
        (text('<a href="https://e.example">&nbsp;&zwnj;</a>'), {"L102"}),
        (
            text('<a href="https://e.example"><img src="https://e.example/a.png" alt="A" width="9"'
                 ' height="9"></a>'),
            set(),
        ),
        (text('<a href="">words</a>'), {"L201"}),
        (text('<a href="#">words</a>'), {"L201"}),
        (text('<a href="#part">words</a><p id="part">x</p>'), {"L601"}),
        (text('<a href="#part">words</a>'), {"L204", "L601"}),
        (text('<a href="http://e.example/x">words</a>'), {"L203"}),
        (text('<a href="page.html">words</a>'), {"L205"}),
        (text('<a href="mailto:a@e.example">words</a>'), set()),
        (text('<a href="https://evil.example">https://bank.example/x</a>'), {"L206"}),
        (text('<a href="https://www.bank.example/y">bank.example</a>'), set()),
        (text('<a href="https://www.bank.example/y">https://bank.example</a>'), set()),
        (text("<h1>One</h1><h3>Three</h3>"), {"L108"}),
        (text("<h2>Two</h2><h3>Three</h3><h1>One</h1>"), set()),
        (text("<table><tr><td>Cell</td></tr></table>"), {"L109"}),
        (text("<table><tr><th>Head</th></tr><tr><td>Cell</td></tr></table>"), set()),
        (text('<p style="font-size:12px">small</p>'), {"L107"}),
        (text('<p style="font-size:80%">small</p>'), {"L107"}),
        (text('<font size="1">small</font>'), {"L107"}),
        (text('<font size="3">usual</font>'), set()),
        (text('<p style="font-size:11pt">14.7 px</p>'), set()),
        (text('x<sup style="font-size:10px">2</sup>'), set()),
        (text('<p style="display:none;font-size:1px">hidden</p>'), set()),
        (text('<p style="color:#999">pale</p>'), {"L105"}),
        (text('<p style="color:#767676">just enough</p>'), set()),
        (text('<p style="color:#949494;font-size:24px">large</p>'), set()),
        (text('<p style="color:#959595;font-size:24px">large</p>'), {"L105"}),
        (text('<p style="color:#949494;font-size:19px;font-weight:700">bold</p>'), set()),
        (text('<p style="color:#949494;font-size:18px;font-weight:700">bold</p>'), {"L105"}),
        (text('<div style="background:#000"><b style="color:#111">dark</b></div>'), {"L105"}),
        (text('<div style="background:#000 url(https://e.example/a.png)"><b>?</b></div>'), set()),
        (text('<p style="color:rgba(0,0,0,.3)">thin</p>'), {"L105", "L601"}),
        (text('<p style="color:var(--mine)">unknown</p>'), {"L601"}),
        (text('<div style="display:flex">x</div>'), {"L601"}),
        (text('<div style="box-shadow:0 0 3px red">x</div>'), {"L603"}),
        (text('<div style="border-radius:3px">x</div>'), set()),
        ("<mj-raw><video src='https://e.example/a.mp4'></video></mj-raw>", {"L601"}),
    ],
)  # fmt: skip
def test_what_a_body_is_found_to_have(body: str, wanted: set[str]):
    assert set(rules(body)) == wanted


@pytest.mark.parametrize(
    ("href", "hint"),
    [
        ("www.e.example", "write https://www.e.example"),
        ("e.example/a?b", "write https://e.example/a?b"),
        ("anna@e.example", "write mailto:anna@e.example"),
        ("page.html", RULES["L205"].hint),
        ("/page", RULES["L205"].hint),
    ],
)
def test_a_link_that_lacks_its_beginning_is_told_whole(href: str, hint: str):
    (found,) = lint(text(f'<a href="{href}">words</a>'))
    assert (found.rule.id, found.problem.hint) == ("L205", hint)


ANYWHERE = {"clients": ("apple-mail",)}
"""Clients that follow a link within the mail, so that it is no finding of its own."""


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ('<a href="#größe">Size</a>', '<p id="größe">x</p>'),
        ('<a href="#gr%C3%B6%C3%9Fe">Size</a>', '<p id="größe">x</p>'),
        ('<a href="#a%20b">Room</a>', '<p id="a b">x</p>'),
        ('<a href="#100%25">All</a>', '<p id="100%">x</p>'),
        ('<a href="#50%">Half</a>', '<p id="50%">x</p>'),
        # What is written the same needs no decoding.
        ('<a href="#a%20b">Room</a>', '<p id="a%20b">x</p>'),
        ('<a href="#größe">Size</a>', '<a name="größe">x</a>'),
        ('<a href="#TOP">Up</a>', ""),
    ],
)
def test_a_link_within_the_mail_leads_where_it_is_decoded(link: str, place: str):
    assert rules(text(f"{link}{place}"), **ANYWHERE) == []


@pytest.mark.parametrize("link", ["[Größe](#größe)", "[Raum](#a%20b)"])
def test_links_within_the_mail_are_encoded_by_markdown(link: str):
    places = '\n\n<p id="größe">x</p><p id="a b">y</p>\n\n' + "word " * 30
    assert rules(link + places, suffix="md", **ANYWHERE) == []
    (found,) = lint(link.replace("(#", "(#un") + places, suffix="md", **ANYWHERE)
    assert (found.rule.id, found.problem.line) == ("L204", 5)
    assert link.replace("%20", " ").split("#")[1][:-1] in found.problem.message


@pytest.mark.parametrize(
    ("href", "id_"), [("#a%20b", "a  b"), ("#größe", "grosse"), ("#a%2520b", "a b"), ("#%", "")]
)
def test_a_link_within_the_mail_that_leads_nowhere(href: str, id_: str):
    body = text(f'<a href="{href}">words</a><p id="{id_}">x</p>')
    assert rules(body, **ANYWHERE) == ["L204"]


@pytest.mark.parametrize(
    "body",
    [
        "[Größe](http://e.example/größe)",
        "[Size](http://e.example/?a=1&b=2)",
        '<a href="http://e.example/?a=1&amp;b=2">Size</a>',
    ],
)
def test_a_link_that_is_written_otherwise_in_the_source_is_found_and_shown(body: str):
    (found,) = lint(f"{'word ' * 30}\n\n{body}\n", suffix="md")
    problem = found.problem
    assert (found.rule.id, problem.line, problem.column) == ("L203", 7, body.index("http") + 1)
    assert "http://e.example/" in problem.message


PICTURE = 'width="9" height="9" alt="A"'


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (text(f'<img src="https://e.example/a.png" {PICTURE} srcset="http://e.example/2.png 2x">'),
         "http://e.example/2.png"),
        (text(f'<img src="https://e.example/a.png" {PICTURE} srcset="https://e.example/1.png 1x,'
              ' http://e.example/3.png 3x">'),
         "http://e.example/3.png"),
        (text(f'<img style="display:none" src="http://e.example/a.png" {PICTURE}>'),
         "http://e.example/a.png"),
        (text('<div style="background:url(http://e.example/b.png)">x</div>'),
         "http://e.example/b.png"),
        (text("<div style=\"background-image: url( 'HTTP://e.example/b.png' )\">x</div>"),
         "HTTP://e.example/b.png"),
        ('<mj-raw><table role="presentation" background="http://e.example/c.png"><tr><td>x</td>'
         "</tr></table></mj-raw>", "http://e.example/c.png"),
        ('<mj-raw><link rel="stylesheet" href="http://e.example/d.css"></mj-raw>',
         "http://e.example/d.css"),
        ("<mj-raw><style>@media print { p { background: url(http://e.example/e.png) } }</style>"
         "</mj-raw>", "http://e.example/e.png"),
        ("<mj-raw><style>@import 'http://e.example/f.css';</style></mj-raw>",
         "http://e.example/f.css"),
        ("<mj-raw><style>@font-face { font-family: F; src: url(\"http://e.example/f.woff2\") }"
         "</style></mj-raw>", "http://e.example/f.woff2"),
        ('<mj-raw><video poster="http://e.example/g.png"></video></mj-raw>',
         "http://e.example/g.png"),
        ('<mj-raw><video><source src="http://e.example/g.mp4"></video></mj-raw>',
         "http://e.example/g.mp4"),
    ],
)  # fmt: skip
def test_all_that_is_fetched_is_encrypted(body: str, shown: str):
    (found,) = [one for one in lint(body) if one.rule.id == "L203"]
    assert found.problem.message.endswith(f" is fetched without encryption: {shown}")
    assert found.problem.line == FIRST


def test_what_outlook_alone_fetches_is_encrypted():
    # A comment is no place of a finding.
    (found,) = lint(
        '<mj-raw><!--[if mso]><v:image src="http://e.example/h.png" /><![endif]--></mj-raw>'
    )
    assert (found.rule.id, found.problem.line) == ("L203", None)


@pytest.mark.parametrize(
    "body",
    [
        text('<span title="http://e.example/a">x</span>'),
        text('<p xmlns="http://www.w3.org/1999/xhtml">x</p>'),
        text('<blockquote cite="http://e.example/a">x</blockquote>'),
        text('<a href="https://e.example/?next=http://e.example/a">x</a>'),
        text('<div style="background:url(https://e.example/?u=http://e.example)">x</div>'),
        "<mj-raw><style>/* url(http://e.example/a.png) */ @namespace url(http://www.w3.org/x);"
        "</style></mj-raw>",
        "<mj-raw><!-- <img src='http://e.example/a.png'> --></mj-raw>",
    ],
)
def test_what_is_not_fetched_needs_no_encryption(body: str):
    assert "L203" not in rules(body)


def test_what_mjml_fetches_is_encrypted():
    page = PAGE.format(body=text("x")).replace(
        "<mj-head>", '<mj-head><mj-font name="Round" href="http://e.example/round.css" />'
    )
    page = page.replace("<mj-section>", '<mj-section background-url="http://e.example/b.png">')
    page = page.replace('font-size="16px"', 'font-size="16px" font-family="Round"')
    found = [one for one in lint(page, whole=True) if one.rule.id == "L203"]
    assert [(one.problem.line, one.problem.column, one.count) for one in found] == [
        (6, 40, 1),
        (7, 40, 1),
    ]


def test_no_personal_address_is_printed_of_what_is_fetched():
    head = f"subject: x\npreheader: {PREHEADER}\nplace: http://e.example/"
    body = text('<div style="background:url({{ place }}{{ contact.email }})">x</div>')
    (found,) = [one for one in lint(body, head=head) if one.rule.id == "L203"]
    assert found.problem.message.endswith("one at e.example")


@pytest.mark.parametrize(
    "href",
    [
        "mailto:",
        "mailto: ",
        "mailto:%20",
        "mailto:?",
        "MAILTO:",
        "tel:",
        "tel:+",
        "sms:",
        "https:",
        "https://",
        "https:///x",
        "http:///",
        "https://?a=b",
        "https://#a",
        "https://:443/",
        "https://%20/",
        "# ",
    ],
)
def test_a_link_to_nothing_leads_nowhere(href: str):
    (found,) = [
        one for one in lint(text(f'Go <a href="{href}">there now</a>.')) if one.rule.id[:2] == "L2"
    ]
    assert found.rule.id == "L201"
    assert found.problem.message == 'the link "there now" leads nowhere'
    assert found.problem.line == FIRST


@pytest.mark.parametrize(
    "href",
    [
        "mailto:anna@e.example",
        # To write to whomever one likes, as where a mail is passed on.
        "mailto:?subject=Look&amp;body=x",
        "mailto:?to=anna@e.example",
        "tel:+491",
        "tel:*100#",
        "sms:+491",
        "sms:?body=x",
        "https://e.example",
        "https://[::1]/",
    ],
)
def test_a_link_to_something_leads_there(href: str):
    assert rules(text(f'<a href="{href}">words</a>')) == []


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://e.example" title="hi"></a>',
        '<a href="https://e.example" aria-label="hi"> </a>',
        '<a href="https://e.example"><span style="display:none">hi</span></a>',
        '<a href="https://e.example"><!-- hi --></a>',
        '<a href="https://e.example"><img hidden src="https://e.example/a.png" alt="A" width="9"'
        ' height="9"></a>',
        '<a href="https://e.example"><img src="https://e.example/a.png" alt="" width="9"'
        ' height="9"></a>',
    ],
)
def test_a_link_has_something_to_be_seen_and_read(link: str):
    assert "L102" in rules(text(link))


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://e.example" title="hi">x</a>',
        '<a href="https://e.example" title="hi"><img src="https://e.example/a.png" alt="" width="9"'
        ' height="9"></a>',
        '<a href="https://e.example"><b style="color:#000000">hi</b></a>',
        '<a href="https://e.example" aria-label="hi" style="display:block;height:9px;background:'
        'url(https://e.example/a.png)"></a>',
    ],
)
def test_a_picture_with_a_name_is_something(link: str):
    assert "L102" not in rules(text(link))


@pytest.mark.parametrize(
    ("words", "href"),
    [
        ("google.com", "https://evil.example"),
        ("Google.com", "https://evil.example"),
        ("google.com/login", "https://evil.example"),
        ("bank.co.uk", "https://evil.example/bank.co.uk"),
        ("my-bank.de", "https://my-bank.de.evil.example"),
        ("bank.de", "https://notbank.de"),
        ("münchen.de", "https://xn--mnchen-3ya.example"),
        ("https://bank.example", "https://login.bank.example"),
    ],
)
def test_a_host_that_is_shown_is_the_one_that_is_led_to(words: str, href: str):
    assert rules(text(f'<a href="{href}">{words}</a>')) == ["L206"]
    assert "L206" in rules(f"{'word ' * 30}\n\n[{words}]({href})\n", suffix="md")


@pytest.mark.parametrize(
    ("words", "href"),
    [
        ("google.com", "https://www.google.com/x"),
        ("google.com", "https://mail.google.com/x"),
        ("www.google.com", "https://google.com"),
        ("münchen.de", "https://xn--mnchen-3ya.de/"),
        ("https://münchen.de", "https://münchen.de/"),
        ("xn--mnchen-3ya.de", "https://münchen.de/"),
        ("Node.js", "https://nodejs.org"),
        ("e.g.", "https://e.example"),
        ("z.B.", "https://e.example"),
        ("README.md", "https://e.example"),
        ("main.py", "https://e.example"),
        ("build.sh", "https://e.example"),
        ("ASP.NET", "https://e.example"),
        ("U.S.", "https://e.example"),
        ("Dr.Who", "https://e.example"),
        ("Version 1.2", "https://e.example"),
        ("google.com explained", "https://e.example"),
        ("anna@bank.de", "https://e.example"),
        ("bank.de", "mailto:anna@e.example"),
        ("12.30", "https://e.example"),
        ("plan.pdf", "https://e.example"),
    ],
)
def test_words_with_dots_are_no_hosts(words: str, href: str):
    assert rules(text(f'<a href="{href}">{words}</a>')) == []
    assert "L206" not in rules(f"{'word ' * 30}\n\n[{words}]({href})\n", suffix="md")
