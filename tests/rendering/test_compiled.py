"""The compiled path gives the plain path's bytes, for whatever templates and contacts."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain.contact import Contact
from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.domain.tiers_file import read_tiers
from outreach.errors import OutreachError
from outreach.rendering import compiled
from outreach.rendering.templates import Template, TemplateSet
from outreach.services.composing import Composer
from outreach.starter import starter_file
from tests.rendering.mail import contact, template

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
LINKS = Links(
    signer=Signer(["secret"]),
    domain="studio.example",
    base_url="https://m.studio.example",
    unsubscribe_address="leave@studio.example",
    bounce_address="bounce@studio.example",
)
TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"), "tiers.toml")
STARTER = TemplateSet(Path(__file__).parents[2] / "templates", attributes=())


def composer(made: Template, **options) -> Composer:
    given_options = {
        "company": "Studio & Co",
        "postal_address": "1 Main Street",
        "website": "https://studio.example",
        "tiers": TIERS,
        "key": "newsletter@2026-12",
    }
    return Composer(
        made, Sender("Anna Weber", "anna@studio.example"), LINKS, **given_options | options
    )


def outcome(compose, person: Contact, number: int, when: datetime = NOW):
    try:
        return compose(person, delivery_id=number, date=when)
    except OutreachError as error:
        return str(error)


def assert_same(
    made: Template, people: list[Contact], *, filled: int | None = None, when: datetime = NOW
) -> Composer:
    """Each contact gets what the plain path makes, also in the second round, from what is kept."""
    maker = composer(made)
    for turn in range(2):
        for number, person in enumerate(people):
            moment = when + timedelta(minutes=37 * number + turn)
            fast = outcome(maker.compose, person, number, moment)
            plain = outcome(maker.compose_plainly, person, number, moment)
            assert fast == plain
    assert not [reason for reason in maker.counts.reasons if "another mail" in reason]
    if filled is not None:
        assert maker.counts.filled >= filled, (maker.counts, maker.slow_because())
    return maker


NAMES = [
    None,
    "Ada",
    "O'Brien",
    "Mary Ann",
    "Smith & Sons",
    "<b>Bobby</b>",
    'Ann "Zee" Lee',
    "Jürgen",
    "李小龍李小龍",
    "מרים",
    "Zoë-Marié",
    "..dots",
    "From here",
    "=?utf-8?q?x?=",
    "a  b",
    " edge ",
    "line\nbreak",
    "tab\there",
    "e\u0301clair",
    "non\u00a0breaking",
    "soft\u00adhyphen",
    "\u202eevil",
    "\U00108003\U0010fff0",
    "\ue000\uf8ff",
    "cid:logo",
    "1",
    "12",
    "*",
    "_x_",
    "`code`",
    "[link](https://x.example)",
    "{{ contact.email }}",
    "{}",
    "%s %(x)s",
    "&amp;",
    "&#65;",
    "amp;",
    "x" * 90,
    "word " * 30 + "end",
    "https://example.com/a?b=c&d=e",
    "example.com",
    "🎄 Eve",
    "Hello — you",
    "\x00",
    "\ud800",
    "",
]
# Mostly such as are filled in; they differ in how long they are and how they have to be escaped.
USUAL = ["Ada", "Mary Ann", "O'Brien", "Smith & Sons", "Jürgen", "Zoë-Marié", "1", "example.com"]
USUAL += ['Ann "Zee" Lee', "<b>Bobby</b>", "[ada]", "Ludwig van Beethoven the Younger", "amp"]
TEXTS = st.one_of(*[st.sampled_from(USUAL)] * 9, st.sampled_from(NAMES), st.text(max_size=20))
CONTACTS = st.builds(
    contact,
    id=st.integers(1, 10**6),
    email=st.sampled_from(["ann@example.com", "b.o'b+tag@EXAMPLE.org", "x@bücher.example"]),
    tier=st.sampled_from(list(TIERS)),
    first_name=TEXTS,
    last_name=TEXTS,
    company=TEXTS,
    locale=st.sampled_from([None, "en", "de", "fr-CH", "ar", "ja", "xx"]),
    timezone=st.sampled_from([None, "Europe/Berlin", "Asia/Tokyo", "Pacific/Apia", "No/Where"]),
    interests=st.frozensets(st.sampled_from(["tax", "law"])),
    last_reply=st.sampled_from([None, NOW - timedelta(days=40)]),
    attributes=st.fixed_dictionaries(
        {
            "plan": TEXTS.map(lambda text: text or "basic"),
            "seats": st.integers(0, 10**7) | st.floats(0, 10**6, allow_nan=False),
            "since": st.dates(date(1999, 1, 1), date(2030, 1, 1)),
            "items": st.lists(TEXTS.map(lambda text: text or "-"), max_size=3).map(tuple),
        }
    ),
)
ATTRIBUTES = ("plan", "seats", "since", "items")

FILES = {
    "partials/macros.mjml": (
        "{% macro row(label, value) %}<p>{{ label }}: <b>{{ value }}</b></p>{% endmacro %}"
        "{% macro box() %}<div>{{ caller() }}</div>{% endmacro %}"
    ),
    "partials/hello.mjml": "<p>{{ greeting() }}, {{ contact.company | default('you') }}!</p>",
    "partials/article.mjml": "<h2>{{ article.title }}</h2><p>{{ article.text }}</p>",
    "layouts/base.mjml": (
        "<mjml><mj-head><mj-title>{{ subject }}</mj-title></mj-head><mj-body>{% block top %}"
        "<mj-section><mj-column><mj-text>Top {{ contact.tier }}</mj-text></mj-column></mj-section>"
        "{% endblock %}{% block main %}{% endblock %}</mj-body></mjml>"
    ),
    "layouts/page.mjml": (
        '<mjml lang="{{ language }}" dir="{{ direction }}"><mj-head><mj-title>{{ subject }}'
        "</mj-title><mj-preview>{{ preheader }}</mj-preview><mj-style>.big p { color: red }"
        " a[href^='https://studio'] { color: blue }</mj-style></mj-head><mj-body>{{ content }}"
        "<mj-section><mj-column><mj-text>{{ company }} <a href='{{ links.unsubscribe }}'>Leave</a>"
        "{% if links.view %} or <a href='{{ links.view }}'>read on</a>{% endif %} by"
        " {{ contact.company | default('us') }}, seen from afar and at some length, so that lines"
        " break</mj-text></mj-column></mj-section></mj-body></mjml>"
    ),
}
NAME = "{{ contact.first_name | default('friend') }}"
FIRM = "{{ contact.company | default('your firm') }}"
INLINE = [
    f"<p>Hello {NAME}, how is {FIRM} doing these days, we wonder?</p>",
    f"<p>{NAME}</p>",
    f"<h1>For {NAME}</h1>",
    f"<h2>{FIRM} &amp; {NAME}</h2>",
    f"<ul><li>{NAME}</li><li>one <b>{FIRM}</b> more than fits on a line of seventy-two</li></ul>",
    f"<blockquote>{NAME}: {FIRM}</blockquote>",
    f"<table><tr><th>Name</th><th>Firm</th></tr><tr><td>{NAME}</td><td>{FIRM}</td></tr></table>",
    f"<pre>{NAME}\n  {FIRM}</pre>",
    f'<a href="https://x.example/?c={{{{ contact.plan | urlencode }}}}">for {NAME}</a>',
    f'<a href="{FIRM}">{FIRM}</a>',
    f'<a href="https://x.example/{NAME}">x.example/{NAME}</a>',
    f'<p title="{NAME}" class="c{{{{ contact.seats }}}}">t</p>',
    f'<p style="color:{{{{ contact.plan }}}}">{NAME}</p>',
    f"<p id={NAME}>unquoted</p>",
    f'<img src="https://x.example/{FIRM}.png" alt="{NAME}">',
    f"<!-- {NAME} -->",
    "{{ contact.plan | safe }}",
    "{{ contact.plan | upper }} {{ contact.plan | truncate(5) }}",
    "{{ contact.seats | number }} {{ contact.seats | money('EUR') }} {{ contact.seats }}",
    "{{ contact.since | date }} {{ now | datetime }} {{ today }} {{ now | time }}",
    "{% for item in contact['items'] %}<p>{{ loop.index }} {{ item }}</p>"
    "{% else %}none{% endfor %}",
    "{% for article in articles %}{% include 'partials/article.mjml' %}{% endfor %}",
    "{% for a in articles if a.title %}{{ a.title }}{{ loop.index }}{% endfor %}",
    "{% for a in articles %}{{ loop.last }}{% if loop.first %}1st {{ contact.tier }}{% endif %}"
    "{{ a.title ~ contact.tier }}{% endfor %}".replace("{{ loop.last }}", ""),
    "{% include 'partials/hello.mjml' %}",
    "{% import 'partials/macros.mjml' as m %}{{ m.row('Tier', contact.tier) }}"
    "{{ m.row(contact.plan, 2) }}",
    "{% from 'partials/macros.mjml' import box %}"
    "{% call box() %}in {{ contact.plan }}{% endcall %}",
    "{% from 'partials/macros.mjml' import row %}{{ row('a', contact.plan) | upper }}",
    "{% set x %}<b>{{ contact.plan }}</b>{% endset %}{{ x }}{{ x }}",
    "{% set x %}<b>{{ contact.plan }}</b>{% endset %}{{ x | length }}{{ x }}",
    "{% filter upper %}shout {{ contact.plan }}{% endfilter %}",
    "{% set x = contact.plan %}{{ x }}{% if x == 'Ada' %}!{% endif %}",
    "{% set ns = namespace(n=0) %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% endfor %}"
    "{{ ns.n }}",
    "{% if contact.tier in ['client', 'counsel'] %}dear{% elif contact.interests %}"
    "{{ contact.interests | join(', ') }}{% else %}there{% endif %}",
    "{{ '<i>' | safe ~ contact.plan ~ '</i>' }}",
    "{{ promise.title }} &{{ contact.plan }}; {{ contact.plan }}id: {{ shop }}",
    "{{ links.preferences | replace('https://', '') }}",
    '<a href="{{ links.preferences }}">{{ links.preferences }}</a>',
    "{% with y = contact.plan %}{{ y }}{% endwith %}",
    "{{ 1 / (contact.seats | int) }}",
    "{{ subject }} {{ preheader }} {{ language }} {{ locale }} {{ direction }}",
    "{% set x | trim %} {{ contact.plan | default('-') }} and more {% endset %}[{{ x }}]",
    "{% set x %}{% for one in contact.interests %}{{ one }}{% endfor %}{% endset %}",
    "{% filter replace('a', 'A') %}{{ links.unsubscribe }}{% endfilter %}",
    f"a <b {NAME}>tag</b> of a sort",
    f"an address <{NAME}>, 3<{FIRM}, one </{NAME}> that ends",
    f"<!-- a --{NAME}> b --> c <i title='<{FIRM}>'>d</i>",
]
MARKDOWN = [
    "{% set x | trim %} {{ contact.plan | default('-') }} and more {% endset %}[{{ x }}]",
    "{% set x %}{% for one in contact.interests %}{{ one }}{% endfor %}{% endset %}",
    "{% filter replace('a', 'A') %}{{ links.unsubscribe }}{% endfilter %}",
    f"a <b {NAME}>tag</b> of a sort",
    "{% include ['partials/none.mjml', 'partials/hello.mjml'] %}",
    f"Hello {NAME},",
    f"**{NAME}** and *{FIRM}* and **{NAME}**s",
    f"# For {NAME}",
    f"{NAME}\n===",
    f"- {NAME}\n- {FIRM}",
    "{{ contact.plan }}. item",
    "{{ contact.seats | int }}) item",
    f"> {NAME}",
    f"| a | b |\n|---|---|\n| {NAME} | {FIRM} |",
    f"`{NAME}` and\n\n```\n{FIRM}\n```",
    f"[{NAME}](https://x.example/?q={{{{ contact.plan | urlencode }}}})",
    f"[{NAME}]\n\n[ada]: https://x.example/ada",
    f"[go]({FIRM})",
    f"![{NAME}](https://x.example/a.png)",
    f"::: button https://x.example/{{{{ contact.seats | int }}}}\nGo {NAME}\n:::",
    f"::: quote {NAME}\nWords of {FIRM}\n:::",
    "{% if contact.tier == 'client' %}\n::: box\n**For you**: {{ contact.plan }}\n:::\n{% endif %}",
    "{{ greeting() }}, it is {{ now | date('d MMMM y') }}",
    f'<div title="{NAME}">{FIRM}</div>',
    f"<https://x.example/{FIRM}>",
    "{% for article in articles %}## {{ article.title }}\n\n{{ article.text }}\n\n{% endfor %}",
    "a&{{ contact.plan }};b",
]
TEXT_PARTS = [
    f"Hello {NAME},\nfrom {FIRM}\n\n{{{{ links.unsubscribe }}}}",
    "{% for item in contact['items'] %}- {{ item }}\n{% endfor %}{{ contact.since | date }}",
    "{% set x %}{{ contact.plan }}{% endset %}{{ x }} {{ x | upper }}",
    "{{ contact.plan }}",
    "  .{{ contact.plan }}  \nFrom {{ contact.tier }}\n\n\n",
]
SUBJECTS = [
    "News",
    "News for {{ contact.first_name | default('you') }}",
    "{{ contact.plan }}: what is new — für dich",
    "{{ shop }} in {{ now | date('MMMM') }}",
]
PREHEADERS = [None, "A look ahead", "{{ contact.plan }}", "For {{ contact.tier }}: {{ subject }}"]
ARTICLES = (
    'articles: [{title: "One & only", text: "First text"}, '
    '{title: "Two", text: "Second <text> of some length"}]\nshop: "Bits & Bobs"'
)


def head_of(subject: str, preheader: str | None, text: str | None, layout: str | None) -> str:
    lines = [f'subject: "{subject}"', ARTICLES]
    if preheader:
        lines.append(f'preheader: "{preheader}"')
    if layout:
        lines.append(f"layout: {layout}")
    if text:
        lines.append(f"text: {json.dumps(text)}")
    return "\n".join(lines)


def in_page(parts: list[str]) -> str:
    inside = "\n".join(f"<mj-text>{part}</mj-text>" for part in parts)
    return f"<mj-section><mj-column>{inside}</mj-column></mj-section>"


@st.composite
def templates(draw: st.DrawFn) -> Template:
    form = draw(st.sampled_from(["page", "extends", "markdown", "letter", "text"]))
    text = None if form == "text" else draw(st.sampled_from([None, None, *TEXT_PARTS]))
    layout = "page" if form in ("page", "markdown") else None
    head = head_of(draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from(PREHEADERS)), text, layout)
    if form in ("markdown", "letter"):
        blocks = draw(st.lists(st.sampled_from(MARKDOWN), min_size=1, max_size=4))
        body, suffix = "\n\n".join(blocks), "md"
    elif form == "text":
        body = "\n".join(draw(st.lists(st.sampled_from(TEXT_PARTS), min_size=1, max_size=3)))
        suffix = "txt"
    else:
        parts = draw(st.lists(st.sampled_from(INLINE), min_size=1, max_size=4))
        body, suffix = in_page(parts), "mjml"
        if form == "extends":
            body = (
                "{% extends 'layouts/base.mjml' %}{% block top %}{{ super() }}{% endblock %}"
                f"{{% block main %}}{body}{{% endblock %}}"
            )
    return template(body, suffix=suffix, head=head, files=FILES, attributes=ATTRIBUTES)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates(), st.lists(CONTACTS, min_size=2, max_size=5))
def test_compiled_is_plain_for_generated_templates_and_contacts(
    made: Template, people: list[Contact]
) -> None:
    assert_same(made, people)


@pytest.mark.parametrize("name", STARTER.names())
def test_every_shipped_template_is_filled_in_for_every_tier_and_language(name: str) -> None:
    made = STARTER.load(name)
    people = [
        contact(
            id=number,
            tier=tier,
            first_name=first_name,
            locale=locale,
            timezone="Asia/Tokyo" if locale == "ja" else None,
            interests=frozenset({"tax"} if number % 2 else ()),
        )
        for number, (tier, (first_name, locale)) in enumerate(
            (tier, who)
            for tier in TIERS
            for who in [(None, None), ("Ann & Bo", "en-GB"), ("Zoë", "de-AT"), ("م", "ar")]
        )
    ]
    maker = composer(made)
    for person in people:
        fast = maker.compose(person, delivery_id=person.id, date=NOW)
        plain = maker.compose_plainly(person, delivery_id=person.id, date=NOW)
        assert fast == plain
        assert fast.rendered == plain.rendered
    assert maker.slow_because() == []
    assert maker.counts.plain == 0
    assert maker.counts.filled == len(people)
    assert maker.counts.skeletons <= 16


def filled_for(made: Template, people: list[Contact]) -> Composer:
    """Compare, and be sure that it was the compiled path that made all of it."""
    maker = assert_same(made, people, filled=2 * len(people))
    assert maker.counts.plain == 0, maker.counts
    return maker


#: No rule of its style depends on where a link leads.
BLIND = {"layouts/page.mjml": FILES["layouts/page.mjml"].replace("[href^='https://studio']", "")}


def page(*parts: str, head: str = "", files: dict[str, str] | None = None) -> Template:
    return template(
        in_page(list(parts)),
        suffix="mjml",
        head=f"subject: News\n{ARTICLES}\nlayout: page\n{head}",
        files={**FILES, **(files or {})},
        attributes=ATTRIBUTES,
    )


USUAL_PEOPLE = [contact(id=n, first_name=name, company=name) for n, name in enumerate(USUAL, 1)]


@pytest.mark.parametrize(
    "part",
    [
        f"<p>Hello {NAME}, how is {FIRM} doing these days, we wonder, and what else?</p>",
        f"<h1>For {NAME}</h1><ul><li>{NAME}</li><li>{FIRM} and {NAME}</li></ul>",
        f"<blockquote>{NAME}: {FIRM}</blockquote><pre>{NAME}\n  {FIRM}</pre>",
        f"<table><tr><th>Name</th></tr><tr><td>{NAME}</td><td>{FIRM}</td></tr></table>",
        f'<img src="https://x.example/a.png" alt="{NAME}"><!-- {NAME} -->',
        "{% import 'partials/macros.mjml' as m %}{{ m.row('Name', contact.first_name) }}",
        "{% from 'partials/macros.mjml' import box %}{% call box() %}"
        "{{ contact.first_name }}{% endcall %}",
        "{% for article in articles %}{% include 'partials/article.mjml' %}{% endfor %}",
        "{% set x %}<b>{{ contact.first_name }}</b>{% endset %}{{ x }}{{ x }}",
        '<a href="https://x.example/?c={{ contact.first_name | urlencode }}">for you</a>',
    ],
)
def test_usual_people_share_one_skeleton(part: str) -> None:
    maker = filled_for(page(part, files=BLIND), USUAL_PEOPLE)
    assert maker.counts.skeletons == 1


@pytest.mark.parametrize(
    "part",
    [
        f'<p style="color:{NAME}">x</p>',
        f'<p class="{NAME}">x</p>',
        f"<p id={NAME}>x</p>",
        f'</mj-text><mj-text align="{NAME}">x',
        "{{ '<i>' | safe ~ contact.first_name }}",
        "{{ contact.first_name | safe }}",
        "&{{ contact.first_name }};",
    ],
)
def test_a_value_that_changes_the_page_belongs_to_the_key(part: str) -> None:
    people = [contact(id=n, first_name=name) for n, name in enumerate(["left", "right", "amp"], 1)]
    assert filled_for(page(part), people).counts.skeletons == 3


@pytest.mark.parametrize(
    "part",
    [f"<{NAME}>", f"x </{NAME}>", f"<b {NAME}>x</b>", f"<b{NAME}>", f"<ann@{NAME}.example>"],
)
@pytest.mark.parametrize("head", ["subject: Hello", "subject: Hello\nlayout: letter"])
def test_a_value_that_may_complete_a_tag_in_markdown_belongs_to_the_key(
    part: str, head: str
) -> None:
    made = template(part, suffix="md", head=head)
    people = [contact(id=n, first_name=name) for n, name in enumerate(["ada", "two words", "b"], 1)]
    assert filled_for(made, people).counts.skeletons == 3


@pytest.mark.parametrize(
    "block",
    [
        "{% set x | trim %} *word* {% endset %}a {{ x }}b",
        "{% set x | upper %}for {{ contact.first_name }}{% endset %}{{ x }}",
        "{% set x | length %}{{ contact.first_name }} and so on{% endset %}{{ x }}",
        "{% macro m() %} m {% endmacro %}{% set x | trim %}{{ m() }}{% endset %}[{{ x }}]",
        "{% set x %} o {% endset %}{% set y | replace('o', '0') %}{{ x }}{% endset %}{{ y }}",
        "{% set x | trim %}{% include 'partials/name.md' %} {% endset %}[{{ x }}]",
    ],
)
def test_what_a_block_filters_before_it_is_kept_is_the_plain_path_s(block: str) -> None:
    files = {"partials/name.md": " {{ contact.first_name }} "}
    assert_same(template(block, suffix="md", files=files), USUAL_PEOPLE)


@pytest.mark.parametrize(
    "part",
    [
        "{% filter upper %}{{ links.unsubscribe }}{% endfilter %}",
        "{% set x | upper %}{{ links.unsubscribe }}{% endset %}{{ x }}",
        "{% set x %}{{ links.unsubscribe }}{% endset %}{{ x | upper }}",
        "{% macro m() %}{{ links.view }}{% endmacro %}{{ m() | replace('a', 'b') }}",
        "{% block b %}{{ links.view }}{% endblock %}{{ self.b() | upper }}",
    ],
)
@pytest.mark.parametrize("form", ["md", "txt"])
def test_links_that_are_changed_after_they_were_printed(part: str, form: str) -> None:
    assert_same(template(f"Hi {NAME} {part}", suffix=form), USUAL_PEOPLE)


def test_an_imported_macro_sees_no_more_than_on_the_plain_path() -> None:
    body = (
        "Hello {% set left_out %}{% if contact.tier == 'counsel' %}"
        "{% import 'partials/name.md' as m %}{{ m.name() }}{% endif %}{% endset %}"
    )
    files = {"partials/name.md": "{% macro name() %}{{ company }}{% endmacro %}"}
    people = [contact(id=n, tier=tier) for n, tier in enumerate(["client", "counsel"], 1)]
    assert_same(template(body, suffix="md", files=files), people)


def test_a_block_that_is_measured_may_include_whatever_there_is() -> None:
    body = (
        "{% block greeting %}Hello {% include ['partials/none.md', 'partials/name.md'] %}"
        "{% endblock %} ({{ self.greeting() | length }})"
    )
    files = {"partials/name.md": "dear {{ contact.first_name }}"}
    assert_same(template(body, suffix="md", files=files), USUAL_PEOPLE)


def test_links_whose_words_say_where_they_lead_read_the_same() -> None:
    made = page('<a href="https://{{ contact.company }}">{{ contact.company }}</a>', files=BLIND)
    people = [contact(id=1, company="example.com"), contact(id=2, company="other.example")]
    assert filled_for(made, people).counts.skeletons == 1


def test_values_that_follow_each_other_are_told_apart() -> None:
    part = "{% set x %}{{ contact.first_name }}{% endset %}"
    part += "<p>{{ x }}{{ x }}{{ contact.company }}</p>"
    filled_for(page(part), USUAL_PEOPLE)


def test_what_cannot_be_compiled_says_why() -> None:
    made = page("Hello", files={"layouts/page.mjml": FILES["layouts/page.mjml"].replace(
        "{{ content }}", "{{ content | replace('Hello', contact.tier) }}")})  # fmt: skip
    maker = assert_same(made, USUAL_PEOPLE[:2])
    (problem,) = maker.slow_because()
    assert problem.source == "templates/mail.mjml"
    assert "plain path" in problem.message
    assert "content" in problem.hint
    assert maker.counts.filled == 0
    assert maker.counts.plain == 4


def test_values_that_only_the_plain_path_takes_are_counted() -> None:
    people = [contact(id=n, first_name=name) for n, name in enumerate(["Ada", "a  b", "x\ny"], 1)]
    maker = assert_same(page(f"<p>{NAME}</p>"), people)
    assert maker.counts.filled == 2
    assert maker.counts.plain == 4
    assert sum(maker.counts.reasons.values()) == 4


def test_a_template_that_gives_everybody_another_page_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "_WINDOW", 12)
    monkeypatch.setattr(compiled, "_WORTHWHILE", 6)
    people = [contact(id=n, first_name=f"c{n}") for n in range(1, 16)]
    maker = composer(page('<p class="{{ contact.first_name }}">x</p>'))
    for person in people:
        assert outcome(maker.compose, person, 1) == outcome(maker.compose_plainly, person, 1)
    assert maker.slow_because()[0].hint == "hardly two contacts have the same page"


def test_skeletons_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "MOST_SKELETONS", 3)
    maker = composer(page('<p class="{{ contact.first_name }}">x {{ contact.email }}</p>'))
    for number in range(12):
        person = contact(id=number, first_name=f"c{number % 5}")
        assert maker.compose(person, delivery_id=1, date=NOW) == maker.compose_plainly(
            person, delivery_id=1, date=NOW
        )
    assert len(maker._filling(maker.template).template._skeletons) == 3


def test_a_skeleton_that_gives_another_mail_is_never_used(monkeypatch) -> None:
    made = page(f"<p>{NAME}</p>")
    monkeypatch.setattr("outreach.rendering.skeleton.escape_like", lambda probe: str.upper)
    maker = composer(made)
    for person in USUAL_PEOPLE[:3]:
        fast = maker.compose(person, delivery_id=1, date=NOW)
        assert fast == maker.compose_plainly(person, delivery_id=1, date=NOW)
    assert maker.counts.filled == 0
    assert any("another mail" in reason for reason in maker.counts.reasons)


def test_threads_share_what_is_compiled() -> None:
    maker = composer(page(*INLINE[:6], *INLINE[21:25]))
    wanted = {
        person.id: maker.compose_plainly(person, delivery_id=person.id, date=NOW).message
        for person in USUAL_PEOPLE
    }
    wrong = []

    def work() -> None:
        for _ in range(5):
            for person in USUAL_PEOPLE:
                made = maker.compose(person, delivery_id=person.id, date=NOW)
                if made.message != wanted[person.id]:
                    wrong.append(person.id)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_errors_are_those_of_the_plain_path() -> None:
    made = page("{{ contact.company }} {{ 1 / (contact.seats | int) }}")
    for person in [contact(company="x", attributes={"seats": 0}), contact(), contact(company="x")]:
        maker = composer(made)
        with pytest.raises(OutreachError) as plain:
            maker.compose_plainly(person, delivery_id=1, date=NOW)
        with pytest.raises(OutreachError) as fast:
            maker.compose(person, delivery_id=1, date=NOW)
        assert str(fast.value) == str(plain.value)


def test_a_megabyte_in_a_name_is_what_the_plain_path_makes_of_it() -> None:
    people = [contact(id=1, first_name="Ada"), contact(id=2, first_name="x" * 10**6)]
    assert_same(page(f"<p>{NAME}</p>"), people)


def test_a_trial_goes_to_another_address_by_the_plain_path() -> None:
    maker = composer(page(f"<p>{NAME}</p>"))
    made = maker.compose(USUAL_PEOPLE[0], delivery_id=1, date=NOW, to="me@studio.example")
    assert made.recipient == "me@studio.example"
    assert b"List-Unsubscribe" not in made.message


@pytest.mark.parametrize("form", ["md", "txt"])
def test_letters_and_plain_texts_are_filled_in(form: str) -> None:
    made = template(
        f"Hello {NAME},\n\nhow is {FIRM}? {{{{ links.unsubscribe }}}}\n",
        suffix=form,
        head='subject: "For {{ contact.first_name }}"\npreheader: "Of {{ contact.tier }}"',
        attributes=ATTRIBUTES,
    )
    people = [person for person in USUAL_PEOPLE if person.first_name != "<b>Bobby</b>"]
    filled_for(made, people)
