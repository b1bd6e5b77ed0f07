"""The compiled path gives the plain path's bytes, for whatever templates and contacts."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain.contact import Contact
from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.domain.tiers import Tiers
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
TIERS = Tiers.parse(starter_file("tiers.toml").read_text(encoding="utf-8"), "tiers.toml")
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
    "{% for item in contact['items'] %}<p>{{ loop.index }} {{ item }}</p>{% else %}none{% endfor %}",
    "{% for article in articles %}{% include 'partials/article.mjml' %}{% endfor %}",
    "{% for a in articles if a.title %}{{ a.title }}{{ loop.index }}{% endfor %}",
    "{% for a in articles %}{{ loop.last }}{% if loop.first %}1st {{ contact.tier }}{% endif %}"
    "{{ a.title ~ contact.tier }}{% endfor %}".replace("{{ loop.last }}", ""),
    "{% include 'partials/hello.mjml' %}",
    "{% import 'partials/macros.mjml' as m %}{{ m.row('Tier', contact.tier) }}"
    "{{ m.row(contact.plan, 2) }}",
    "{% from 'partials/macros.mjml' import box %}{% call box() %}in {{ contact.plan }}{% endcall %}",
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
]
MARKDOWN = [
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
