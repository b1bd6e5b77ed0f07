"""Each rule: what it finds, where, and what it leaves alone."""

import re
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.mailing import ContentClass, MailKind, Sender
from outreach.rendering import client_support
from outreach.rendering.lint import GMAIL_CLIP, Linter
from outreach.rendering.rules import RULES
from outreach.rendering.templates import Rendered
from tests.rendering.judged import FIRST, PAGE, PREHEADER, at, lint, policy, rules, text
from tests.rendering.mail import contact, template


def test_a_sound_mail_has_nothing_to_find():
    assert lint(text('Read <a href="https://example.com">the whole story</a>.')) == []


def test_plain_text_has_no_pictures_and_no_links_of_markdown():
    assert lint("![](a.png) and [x](#nowhere)", suffix="txt") == []


@pytest.mark.parametrize(
    ("words", "rule", "told"),
    [
        ("Read ▸http://e.example/a.", "L203", "is not encrypted: http://e.example/a"),
        ("Read (▸HTTP://e.example/a), do", "L203", "is not encrypted: HTTP://e.example/a"),
        ("Read ▸javascript:alert(1)", "L202", "no mail program allows: javascript:alert(1)"),
        ("Read <▸vbscript:x>", "L202", "no mail program allows: vbscript:x"),
        ("Read ▸data:text/html,x", "L202", "no mail program allows: data:text/html,x"),
        ("Read ▸file:///C:/a", "L202", "no mail program allows: file:///C:/a"),
        ("Read {{ place }}a", "L203", "is not encrypted: one at e.example"),
    ],
)
def test_links_in_text_are_judged_too(words: str, rule: str, told: str):
    head = f"subject: x\npreheader: {PREHEADER}\nplace: http://e.example/"
    plain = words.replace("▸", "")
    (found,) = [one for one in lint(plain, suffix="txt", head=head) if one.rule.id == rule]
    assert found.problem.message.endswith(told)
    if "▸" in words:
        assert (found.problem.line, found.problem.column) == (6, words.index("▸") + 1)
    assert rule in rules(text("Hello"), head=f"{head}\ntext: '{plain}'")


@pytest.mark.parametrize(
    "words",
    [
        "JavaScript: the good parts",
        "We have data: 12 firms, and a file: yours",
        "metadata:text/x and https://e.example/?u=http://e.example and xhttp://e.example",
        "https://e.example/a",
    ],
)
def test_words_that_are_no_links_of_a_text(words: str):
    assert {"L202", "L203"}.isdisjoint(rules(words, suffix="txt"))


def test_a_text_that_was_made_of_the_html_is_not_judged_again():
    (found,) = lint(text('<a href="http://e.example/x">words</a>'))
    assert (found.rule.id, found.count) == ("L203", 1)


def test_places_are_those_of_the_source():
    body = (
        f"{text('fine')}\n"
        '  <mj-text font-size="16px" color="#aaaaaa">Hard to\n  read, is it not</mj-text>\n'
        '<mj-image src="https://e.example/one.png" />'
    )
    assert at(body, "L105") == [(2, 45)]
    assert at(body, "L101") == [(4, 1)]
    twice = f"{text('<p style=font-size:9px>twice</p>')}\n{text('<p>twice</p>')}"
    # The words are there twice, the size once.
    assert at(twice, "L107") == [(1, 46)]


def test_what_stands_several_times_names_the_file_only():
    link = text('<a href="http://e.example/x">words</a>')
    (found,) = lint(f"{link}\n{link}")
    assert (found.rule.id, found.count) == ("L203", 2)
    assert (found.problem.source, found.problem.line) == ("templates/mail.mjml", None)


def test_pictures_of_mjml_without_alt_are_found_in_the_source():
    # MJML writes alt="" for them, as if somebody had meant it.
    assert at("<mj-image\n  src='https://e.example/one.png' />", "L101") == [(1, 1)]
    assert at('<mj-image src="https://e.example/alt=.png" />', "L101") == [(1, 1)]
    assert rules('<mj-image src="https://e.example/a.png" alt="" />') == []
    assert rules("<mj-image src='https://e.example/a.png' alt=A />") == []
    page = PAGE.format(body="").replace(
        "<mj-head>", '<mj-head><mj-attributes><mj-image padding="0px" /></mj-attributes>'
    )
    assert rules(page, whole=True) == []
    twice = "{% for n in [1, 2] %}" + IMAGE + "{% endfor %}"
    assert at(twice, "L101") == [(1, 22)]


def test_what_an_include_brings_is_found_there():
    files = {"partials/end.mjml": "\n" + text('<a href="http://e.example/x">words</a>')}
    (found,) = lint('{% include "partials/end.mjml" %}', files=files)
    assert (found.problem.source, found.problem.line) == ("templates/partials/end.mjml", 2)


def test_markdown_findings_point_into_the_markdown():
    body = "# Head\n\nWords.\n\n#### Deep\n\n[words](http://e.example/x)\n"
    found = {one.rule.id: one.problem for one in lint(body, suffix="md")}
    assert found.keys() == {"L108", "L203"}
    # The body begins on line 5.
    assert (found["L108"].line, found["L108"].column) == (9, 6)
    assert (found["L203"].line, found["L203"].column) == (11, 9)


def test_language_and_title():
    page = PAGE.format(body="").replace(' lang="en"', "").replace("<mj-title>Title</mj-title>", "")
    assert rules(page, whole=True) == ["L103", "L104"]
    html = "<html><body><p>Hello</p></body></html>"
    made = template("Hello", suffix="md")
    found = Linter(made, policy()).findings(Rendered("s", PREHEADER, html, "Hello"), contact())
    assert [one.rule.id for one in found] == ["L103", "L104"]


NIGHT = """<mj-raw><meta name="color-scheme" content="light dark"></mj-raw>
<mj-style>@media (prefers-color-scheme: dark) {{ {} }}</mj-style>"""


@pytest.mark.parametrize(
    ("css", "wanted"),
    [
        ("body, div { background-color: #111111 !important } div { color: #fff !important }", []),
        ("body, div { background-color: #111111 !important }", ["L106"]),
        ("div { color: #dddddd !important }", ["L106"]),
        # Without !important the style attribute wins, as in a client.
        (".pale div { color: #eeeeee }", []),
        ("#x > .y ~ :nope( { color: red }", []),
    ],
)
def test_contrast_by_night(css: str, wanted: list[str]):
    page = PAGE.format(body="").replace("<mj-head>", "<mj-head>" + NIGHT.format(css))
    page = page.replace("<mj-body>", '<mj-body background-color="#ffffff">')
    page = page.replace('font-size="16px">', 'font-size="16px" color="#222222" css-class="pale">')
    assert rules(page, whole=True) == wanted


def test_what_is_pale_by_day_is_not_told_again_for_the_night():
    page = PAGE.format(body=text('<p style="color:#999">pale</p>'))
    page = page.replace("<mj-head>", "<mj-head>" + NIGHT.format("i { color: red }"))
    page = page.replace("<mj-body>", '<mj-body background-color="#ffffff">')
    assert rules(page, whole=True) == ["L105"]


def test_contrast_is_told_once_for_each_pair_of_colours():
    many = "".join(f'<p style="color:#aaa">number {n}</p>' for n in range(5))
    (found,) = lint(text(many))
    assert found.count == 5
    assert "#aaaaaa on #ffffff has a contrast of 2.32:1, less than 4.5:1" in found.problem.message


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("subject: x", ["L401"]),
        ("subject: x\npreheader: y", ["L402"]),
        (f"subject: x\npreheader: {'word ' * 27}", ["L403"]),
        (f"subject: {'word ' * 13}\npreheader: {PREHEADER}", ["L404"]),
        *(
            (f'subject: "{start} hello"\npreheader: {PREHEADER}', ["L305"])
            for start in ("Re:", "FWD:", "AW :", "re[2]:")
        ),
        (f'subject: "Regarding: hello"\npreheader: {PREHEADER}', []),
        # However long a contact's name is, the template is not to blame.
        (f'subject: "Hello {{{{ contact.first_name }}}}"\npreheader: {PREHEADER}', []),
    ],
)
def test_inbox(head: str, wanted: list[str]):
    assert rules(text("Hello"), head=head, person=contact(first_name="Maximilian" * 9)) == wanted


def test_what_mjml_itself_writes_is_not_held_against_a_template():
    accordion = (
        "<mj-accordion><mj-accordion-element><mj-accordion-title font-size='16px'>T"
        "</mj-accordion-title><mj-accordion-text font-size='16px'>x</mj-accordion-text>"
        "</mj-accordion-element></mj-accordion>"
    )
    carousel = "".join(
        f'<mj-carousel-image src="https://e.example/{n}.png" alt="A" />' for n in range(3)
    )
    # That mail clients lack what they are built of is worth knowing.
    assert set(rules(accordion)) <= {"L601", "L602", "L603"}
    found = set(rules(f"<mj-carousel>{carousel}</mj-carousel>"))
    assert found <= {"L502", "L601", "L602", "L603"}


def test_subject_and_preheader_are_found_on_their_lines():
    found = lint(text("Hi"), head='subject: "Re: x"\npreheader: y')
    assert [(one.rule.id, one.problem.line) for one in found] == [("L305", 2), ("L402", 3)]


FOOT = text('<a href="{{ links.unsubscribe }}">Stop</a> {{ postal_address }}')
LETTER = {"kind": MailKind.NEWSLETTER}


def test_what_a_newsletter_must_have():
    assert rules(FOOT, **LETTER) == []
    assert rules("", **LETTER) == ["L301", "L302", "L304"]
    assert rules("") == []
    assert rules(FOOT, **LETTER, postal_address=None) == ["L303"]
    by_hand = f'subject: x\npreheader: {PREHEADER}\ntext: "Bye"'
    assert rules(FOOT, **LETTER, head=by_hand) == ["L207", "L302", "L304"]
    hidden = FOOT.replace("<a ", '<a style="display:none" ')
    assert rules(hidden, **LETTER) == ["L301", "L302"]
    unseen = FOOT.replace("{{ postal_address }}", "<!-- {{ postal_address }} -->")
    assert rules(unseen, **LETTER) == ["L304"]
    parted = FOOT.replace("{{ postal_address }}", "1 <b>Main</b><br>Street")
    assert rules(parted, **LETTER) == []
    mailto = ("mailto:anna@studio.example?subject=unsubscribe",)
    foot = text(f'<a href="{mailto[0]}%20x">Stop</a> {{{{ postal_address }}}}')
    assert rules(foot, **LETTER, unsubscribe=mailto) == []


@pytest.mark.parametrize(
    ("kind", "content_class", "asked"),
    [
        (MailKind.NEWSLETTER, ContentClass.GIVE, True),
        (MailKind.NEWSLETTER, ContentClass.SERVICE, True),
        (MailKind.NEWSLETTER, ContentClass.ALERT, True),
        (MailKind.CHECKIN, ContentClass.GIVE, True),
        (MailKind.CHECKIN, ContentClass.ASK, True),
        (MailKind.CHECKIN, ContentClass.SERVICE, False),
        (MailKind.CHECKIN, ContentClass.ALERT, False),
        (MailKind.ITEM, ContentClass.GIVE, True),
        (MailKind.ITEM, ContentClass.ASK, True),
        (MailKind.ITEM, ContentClass.SERVICE, False),
        (MailKind.SERVICE, ContentClass.SERVICE, False),
        (MailKind.SERVICE, ContentClass.GIVE, False),
    ],
)
def test_who_may_leave_is_told_how(kind: MailKind, content_class: ContentClass, asked: bool):
    manner = {"kind": kind, "content_class": content_class}
    assert rules("", **manner) == (["L301", "L302", "L304"] if asked else [])
    assert rules("", **manner, postal_address=None) == (["L301", "L302", "L303"] if asked else [])
    assert rules(FOOT, **manner) == []


def test_who_cannot_leave_is_told_what_to_set():
    found = {one.rule.id: one.problem for one in lint(FOOT, **LETTER, unsubscribe=())}
    assert found.keys() == {"L301", "L302"}
    for problem in found.values():
        assert problem.hint == (
            "set link_base or unsubscribe_address in outreach.toml, then print "
            "{{ links.unsubscribe }}"
        )


def test_no_personal_link_is_printed():
    by_hand = f'subject: x\npreheader: {PREHEADER}\ntext: "Bye"'
    (found,) = [one for one in lint(FOOT, head=by_hand) if one.rule.id == "L207"]
    assert found.problem.message.endswith("one at studio.example")


def test_size():
    def sized(octets: int, *, foot_first: bool = False) -> list[str]:
        filler = text("<p>" + "word " * (octets // 5) + "</p>")
        return rules(FOOT + filler if foot_first else filler + FOOT, **LETTER)

    assert sized(80_000) == []
    assert sized(90_000) == ["L012"]
    assert sized(GMAIL_CLIP) == ["L011", "L013"]
    assert sized(GMAIL_CLIP, foot_first=True) == ["L011"]


GIVE = {"content_class": ContentClass.GIVE}


@pytest.mark.parametrize(
    ("words", "sells"),
    [
        ("It costs €49.", True),
        ("Only 1,200.50 USD a year", True),
        ("Save 20 % off", True),
        ("In 2026 we had 49 guests", False),
        ("20 % of all firms", False),
        ('<a href="https://shop.example.com/a">look</a>', True),
        ('<a href="https://example.com/en/checkout?x=1">look</a>', True),
        ('<a href="https://example.com/workshop">look</a>', False),
        ('<a href="https://workshop.example.com/ordering">look</a>', False),
    ],
)
def test_a_give_does_not_sell(words: str, sells: bool):
    assert rules(text(words), **GIVE) == (["L307"] if sells else [])
    assert rules(text(words)) == []


def test_a_price_in_the_html_counts_though_the_text_is_another():
    head = f"subject: x\npreheader: {PREHEADER}\ntext: Hello"
    assert rules(text("Now $5"), head=head, **GIVE) == ["L307"]


def test_words_of_tiers():
    words = {"words": {"everyone": {"dear sir": ""}, "client": {"customer": "client"}}}
    (found,) = lint(text("All our Customers, every one"), **words)
    assert found.problem.message == '"customer" is no word for the tier client'
    assert found.problem.hint == 'write "client"'
    assert at(text("All our Customers, every one"), "L308", **words) == [(1, 35)]
    assert rules(text("customers"), **words, person=contact(tier="known")) == []
    assert rules(text("Dear\nSir"), **words, person=contact(tier="known")) == ["L308"]
    assert rules(text("customary"), **words) == []
    # A firm may be called so.
    firm = contact(company="Customer Care Ltd")
    assert rules(text("Dear {{ contact.company }}"), **words, person=firm) == []


@pytest.mark.parametrize(
    ("name", "address", "bad"),
    [
        ("Anna Weber", "anna@studio.example", False),
        ("Anna from Berg & Lind", "anna@studio.example", False),
        ("O'Brien-Łódź (Studio)", "anna@studio.example", False),
        ("Re: your order", "anna@studio.example", True),
        ("Anna ✔", "anna@studio.example", True),
        ("Anna 🎉", "anna@studio.example", True),
        ("anna@studio.example", "anna@studio.example", True),
        ("Anna (1)", "anna@studio.example", True),
        ("Save 20% today!", "anna@studio.example", True),
        ("Anna via gmail.com", "anna@studio.example", True),
        ("Anna Weber", "anna@gmail.com", True),
    ],
)
def test_sender_name(name: str, address: str, bad: bool):
    found = lint(text("x"), sender=Sender(name, address))
    assert {one.rule.id for one in found} == ({"L306"} if bad else set())
    assert all(one.problem.source == "outreach.toml" for one in found)


def test_more_pictures_than_words():
    image = '<mj-image src="https://e.example/{}.png" alt="" />'
    page = re.sub("enough .* of its own", "", PAGE, flags=re.DOTALL).format(body=image.format(1))
    assert rules(page, whole=True) == ["L502"]
    assert rules("".join(image.format(n) for n in range(2))) == []
    assert rules("".join(image.format(n) for n in range(4))) == ["L502"]


def test_a_heavy_picture():
    body = '<mj-image src="https://e.example/a.png" alt="" />'
    assert rules(body, weights={"https://e.example/a.png": 2_500_000}) == ["L504"]
    assert rules(body, weights={"https://e.example/a.png": 900_000}) == []


def test_remarks_on_the_template_are_findings():
    head = f"subject: x\npreheader: {PREHEADER}\nhero: unused"
    (found,) = lint(text("x"), head=head)
    assert (found.rule.id, found.problem.line) == ("L002", 4)


IMAGE = '<mj-image src="https://e.example/one.png" />'


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- lint: ignore L101 -->",
        "<!-- lint: ignore L203, image-alt - it is a spacer -->",
        "{# lint: ignore l101 #}",
        "{#- lint: ignore L203 L101: nobody sees it -#}",
    ],
)
def test_a_comment_silences_a_rule_for_its_file(comment: str):
    assert rules(IMAGE) == ["L101"]
    assert rules(f"{comment}\n{IMAGE}") == []
    files = {"partials/a.mjml": IMAGE}
    assert rules(f'{comment}{{% include "partials/a.mjml" %}}', files=files) == ["L101"]
    files = {"partials/a.mjml": comment + IMAGE}
    assert rules('{% include "partials/a.mjml" %}', files=files) == []


def test_comments_in_markdown_and_front_matter():
    assert rules("#### x\n\n# y\n\n### z\n\n{# lint: ignore L108 #}\n", suffix="md") == []
    head = "subject: x\n# lint: ignore L402\npreheader: y"
    assert rules(text("x"), head=head) == []
    assert rules(text("x"), head="subject: x\npreheader: y # lint: L402") == ["L402"]


def test_one_feature_can_be_silenced():
    body = text('<div style="display:flex"><i style="position:fixed">x</i></div>')
    assert len(lint(body)) > 1
    assert rules("<!-- lint: ignore css-display-flex, css-position -->" + body) == []


def test_a_comment_that_names_no_rule():
    (found,) = lint("<!-- lint: ignore image-alts -->")
    assert found.rule.id == "L003"
    assert (found.problem.line, found.problem.column) == (FIRST, 19)
    assert found.problem.hint == 'did you mean "image-alt"?'


def test_what_stands_in_a_comment_is_not_the_place():
    body = "{# https://e.example/one.png #}\n" + IMAGE
    assert at(body, "L101") == [(2, 1)]


def test_clients_are_those_of_the_policy_and_the_day_of_the_test_is_told():
    body = text('<div style="display:flex">x</div>')
    assert rules(body, clients=("apple-mail",)) == []
    (found,) = lint(body, clients=("apple-mail", "outlook"))
    assert found.problem.message == "display:flex: does not work in Outlook (Windows, Windows Mail)"
    flex = client_support.catalogue()["css-display-flex"]
    assert found.problem.hint == f"tested on {flex.tested}: {flex.url}"


_CSS = st.text(alphabet="abcolr-:;(){}[]#0123456789%!,.\"'\\@/* \n\u202e", max_size=60)
_HREF = st.text(alphabet='htps:/#?&%.[]@\\ "x\x85é', max_size=30)


@settings(max_examples=200, deadline=None)
@given(_CSS, _CSS, _HREF, st.text(max_size=40), st.text(max_size=40))
def test_no_mail_is_too_strange_to_be_judged(
    style: str, sheet: str, href: str, words: str, subject: str
):
    html = (
        f"<html><head><style>{sheet} @media (prefers-color-scheme: dark) {{ {sheet} }}</style>"
        f'<meta name="color-scheme" content="dark"></head><body style="{escape(style)}">'
        f'<a href="{escape(href)}">{escape(words)}</a><img src="{escape(href)}">{words}'
        "</body></html>"
    )
    made = template("x", suffix="md")
    linter = Linter(made, policy(**LETTER, **GIVE))
    for found in linter.findings(Rendered(subject, words, html, words), contact()):
        assert found.rule.id in RULES
        assert found.count > 0


@pytest.mark.parametrize("nest", ["(", "[", "{", "a(", "rgb("])
def test_absurd_nesting_is_survived(nest: str):
    css = "color:" + nest * 5000
    html = f"<style>a{{{css}}} @media x {{{css}}}</style>" + "<div>" * 3000
    html += f'<p style="{css}">x</p>'
    made = template("x", suffix="md")
    Linter(made, policy()).findings(Rendered("s", "p", html, "x"), contact())


def test_ids_and_names_are_unique_and_sentences_are_plain():
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    for rule in RULES.values():
        assert not rule.sentence.endswith(".")
        assert rule.sentence[0].islower()
        assert rule.hint


def test_what_a_translation_brings_is_found_in_the_translation():
    german = f"---\nsubject: 'AW: Hallo'\npreheader: {PREHEADER}\n---\n" + PAGE.format(
        body=text('<a href="http://firma.example/">Mehr</a>')
    )
    files = {"mail.de.mjml": german}
    body = text('<a href="http://firma.example/">More</a>')
    german_reader = contact(first_name="Maija", locale="de-AT")
    places = {
        one.rule.id: (one.problem.source, one.problem.line)
        for one in lint(body, files=files, person=german_reader)
    }
    assert places["L305"] == ("templates/mail.de.mjml", 2)
    assert places["L203"] == ("templates/mail.de.mjml", 10)
    english = lint(body, files=files, person=contact(first_name="Maija", locale="en"))
    assert [(one.rule.id, one.problem.source) for one in english] == [
        ("L203", "templates/mail.mjml")
    ]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://x.example/a", "https://x.example/abc"),
        ("https://x.example/a", "https://x.example/a/b"),
        ("https://x.example/a", "https://x.example/a?b"),
        ("https://x.example/a", "https://x.example/a.pdf"),
        ("https://x.example/a", "https://x.example/a-b"),
        ("https://x.example/a", "https://x.example/A"),
        ("https://x.example/a", "https://y.example/?https://x.example/a"),
        ("https://x.example", "https://x.example.org"),
        ("https://x.example", "https://x.example/a"),
        ("https://x.example/a?b=1", "https://x.example/a?b=12"),
        ("mailto:anna@x.example", "joanna@x.example"),
        ("mailto:anna@x.example", "anna@x.example.org"),
        ("tel:+49123", "+491234"),
        ("tel:123", "+49123"),
    ],
)
def test_part_of_a_link_in_the_text_is_another_link(link: str, words: str):
    head = f"subject: x\npreheader: {PREHEADER}\ntext: |\n  Read ({words}), then {words}."
    assert rules(text(f'<a href="{link}">words</a>'), head=head) == ["L207"]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("https://x.example/a", "(https://x.example/a), and more"),
        ("https://x.example/a", "<https://x.example/a>"),
        ("https://x.example/a", "https://x.example/abc and https://x.example/a!"),
        ("https://x.example/a", "Read „https://x.example/a“."),
        ("https://x.example/a", "詳細はhttps://x.example/aをご覧ください"),
        ("https://x.example/", "https://x.example."),
        ("https://x.example", "https://x.example/"),
        ("https://X.example/a", "https://x.example/a"),
        ("https://x.example/a(b)", "see https://x.example/a(b)."),
        ("https://x.example/größe", "https://x.example/gr%C3%B6%C3%9Fe"),
        ("https://x.example/gr%C3%B6%C3%9Fe", "https://x.example/größe"),
        ("https://x.example/a b", "https://x.example/a%20b"),
        ("https://x.example/?a=1&amp;b=2", "https://x.example/?a=1&b=2"),
        ("mailto:anna@x.example", "Write to anna@x.example."),
        ("mailto:anna@x.example", "mailto:anna@x.example"),
        ("tel:+49123", "Ring +49123."),
    ],
)
def test_a_whole_link_is_found_in_the_text(link: str, words: str):
    head = f"subject: x\npreheader: {PREHEADER}\ntext: |\n  Hello\n  {words}"
    assert rules(text(f'<a href="{link}">words</a>'), head=head) == []


def with_preview(words: str, body: str = "") -> str:
    page = PAGE.format(body=body or text("Hello"))
    return page.replace("<mj-head>", f"<mj-head>\n<mj-preview>{words}</mj-preview>")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (PREHEADER, []),
        ("For {{ contact.first_name }}: " + PREHEADER, []),
        ("For you.", ["L402"]),
        ("word " * 27, ["L403"]),
        ("&#847;&zwnj;&nbsp;", ["L401"]),
        ("{{ preheader }}", ["L401"]),
        (PREHEADER + "&#847;&zwnj;&nbsp;" * 90, []),
    ],
)
def test_a_page_may_say_itself_what_inboxes_show(words: str, wanted: list[str]):
    assert rules(with_preview(words), head="subject: x", whole=True) == wanted


def test_what_inboxes_show_is_said():
    words = {"words": {"everyone": {"customer": "client"}}, **GIVE}
    found = lint(
        with_preview(f"A customer, and $5. {PREHEADER}"), head="subject: x", whole=True, **words
    )
    assert [(one.rule.id, one.count, one.problem.line) for one in found] == [
        ("L308", 1, 6),
        ("L307", 1, 6),
    ]


def test_what_inboxes_show_is_found_where_it_is_written():
    (found,) = lint(with_preview("For you."), head="subject: x", whole=True)
    assert (found.problem.line, found.problem.column) == (6, 13)


def test_a_preheader_is_found_whatever_letters_it_has():
    (found,) = lint(text("x"), head="subject: x\npreheader: '👩\u200d🚀 &  می\u200cخواهم'")
    assert (found.rule.id, found.problem.line) == ("L402", 3)


def test_only_what_is_hidden_before_all_words_is_shown_by_inboxes():
    hidden = f'<p style="display:none">{PREHEADER}</p>'
    page = PAGE.format(body="").replace("Words enough", f"{hidden}Words enough")
    assert rules(page, head="subject: x", whole=True) == []
    page = PAGE.format(body="").replace("Words enough", f"Words enough {hidden}")
    assert rules(page, head="subject: x", whole=True) == ["L401"]
    # What else is hidden is not told to inboxes.
    page = PAGE.format(body="").replace("Words enough", f"{hidden * 3}Words enough")
    assert rules(page, head="subject: x", whole=True) == []
    head = f"subject: x\npreheader: {PREHEADER}"
    assert (
        rules(PAGE.format(body="").replace("Words", f"{hidden * 3}Words"), head=head, whole=True)
        == []
    )
    # A picture is no words.
    picture = '<img src="https://e.example/a.png" alt="" width="9" height="9">'
    page = PAGE.format(body="").replace("Words enough", f"{picture}{hidden}Words enough")
    assert rules(page, head="subject: x", whole=True) == []


@pytest.mark.parametrize(
    "head", [f"subject: x\npreheader: {PREHEADER}", f"subject: x\npreheader: '{PREHEADER}'"]
)
def test_front_matter_says_what_inboxes_show_before_a_page_does(head: str):
    assert rules(with_preview("{{ preheader }}"), head=head, whole=True) == []
