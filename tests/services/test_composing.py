import email
import email.policy
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.errors import MessageError, TemplateError
from outreach.rendering.templates import Template
from outreach.services.composed import Composed
from outreach.services.composing import Composer
from outreach.transport.base import Envelope, refusal
from tests.rendering.mail import LAYOUT, NOW, contact, template

LINKS = Links(
    signer=Signer(["secret"]),
    domain="studio.example",
    base_url="https://mail.studio.example",
    unsubscribe_address="stop@studio.example",
    bounce_address="bounce@studio.example",
)
_NOT_CARRIED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
BODY = "Hello {{ contact.first_name | default('you') }}\n\n[Stop]({{ links.unsubscribe }})"


def composer(
    head: str = "subject: Hi {{ contact.company | d('') }}", links: Links = LINKS
) -> Composer:
    return Composer(
        template(BODY, suffix="md", head=head),
        Sender("Anna Weber", "anna@studio.example", "answers@studio.example"),
        links,
        company="Studio",
        key="mail@2026-12",
    )


def parsed(composed: Composed) -> email.message.EmailMessage:
    return email.message_from_bytes(composed.message, policy=email.policy.default)


def body(message: email.message.EmailMessage, kind: str) -> str:
    """The content of a part, with the line breaks that it had before it was sent."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_newsletter():
    made = composer().compose(contact(first_name="Ann"), delivery_id=5, date=NOW)
    message = parsed(made)
    assert message["From"] == "Anna Weber <anna@studio.example>"
    assert message["Reply-To"] == "Anna Weber <answers@studio.example>"
    assert message["To"] == "Ann <ann@example.com>"
    assert message["Subject"] == "Hi"
    assert message["List-Id"] == "Studio <mail.studio.example>"
    assert message["Feedback-ID"] == "mail-2026-12:newsletter:studioexample"
    assert message["Message-ID"] == made.message_id
    assert LINKS.read_delivery(made.message_id) == 5
    assert LINKS.read_delivery(made.envelope_sender) == 5
    assert made.recipient == "ann@example.com"
    token = message["List-Unsubscribe"].split(">")[0].rpartition("/")[2]
    found = LINKS.read_unsubscribe(token)
    assert found is not None
    assert (found.contact_id, found.series) == (7, "mail")
    assert token in made.rendered.text
    assert token in made.rendered.html
    assert body(message, "plain") == made.rendered.text


def test_the_same_delivery_is_the_same_bytes():
    first = composer().compose(contact(), delivery_id=5, date=NOW)
    assert composer().compose(contact(), delivery_id=5, date=NOW) == first


@pytest.mark.parametrize(
    ("kind", "bulk", "unsubscribe"),
    [
        ("newsletter", True, True),
        ("check-in", False, True),
        ("item", False, True),
        ("service", False, False),
    ],
)
def test_the_kind_of_mail_decides_its_headers(kind: str, bulk: bool, unsubscribe: bool):
    made = composer(f"subject: Hi\nkind: {kind}").compose(contact(), delivery_id=5, date=NOW)
    message = parsed(made)
    assert (message["List-Id"] is not None) == bulk
    assert (message["List-Unsubscribe"] is not None) == unsubscribe


def test_a_test_goes_elsewhere_and_cannot_unsubscribe_the_contact():
    made = composer().compose(contact(), delivery_id=5, date=NOW, to="me@studio.example")
    message = parsed(made)
    assert (made.recipient, message["To"]) == ("me@studio.example", "me@studio.example")
    assert message["List-Unsubscribe"] is None
    token = made.rendered.text.rpartition("/")[2].rstrip(")\n")
    found = LINKS.read_unsubscribe(token)
    assert found is not None
    assert found.contact_id == 0


def test_without_pages_unsubscribing_is_by_mail():
    links = Links(signer=Signer(["s"]), domain="a.example", unsubscribe_address="stop@a.example")
    made = composer(links=links).compose(contact(), delivery_id=5, date=NOW)
    assert "Stop (mailto:stop@a.example?subject=unsubscribe" in made.rendered.text.replace(
        "\n", " "
    )
    assert made.envelope_sender == "anna@studio.example"


def test_an_address_that_is_none_is_refused():
    with pytest.raises(MessageError, match="is not a mail address"):
        composer().compose(contact(email="a\r\nBcc: b@example.com"), delivery_id=5, date=NOW)


@settings(deadline=None)
@given(first=st.text(min_size=1), last=st.text(min_size=1), company=st.text(min_size=1))
def test_any_values_give_a_correct_mail_or_a_refusal(first: str, last: str, company: str):
    person = contact(first_name=first, last_name=last, company=company)
    plain = parsed(composer().compose(contact(), delivery_id=5, date=NOW))
    try:
        made = composer().compose(person, delivery_id=5, date=NOW)
    except (TemplateError, MessageError):
        # Nothing but what no mail can carry is refused.
        assert any(map(_NOT_CARRIED.search, (first, last, company)))
        return
    message = parsed(made)
    assert message.keys() == plain.keys()
    assert not message.defects
    assert message["Subject"] == made.subject == made.rendered.subject
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert body(message, "plain") == made.rendered.text
    assert body(message, "html").rstrip("\n") == made.rendered.html.rstrip("\n")
    assert b"\r" not in made.message.replace(b"\r\n", b"")
    assert max(map(len, made.message.split(b"\r\n"))) <= 998


#: Values that try to end a line, a header or a message, among all others.
_HOSTILE = st.one_of(
    st.text(min_size=1),
    st.lists(st.sampled_from(["\r", "\n", ".", "\r\n.\r\n", "\0", "=", " ", "a", "ü"])).map(
        "".join
    ),
)


@settings(deadline=None)
@given(people=st.lists(st.tuples(_HOSTILE, _HOSTILE), min_size=1, max_size=4))
def test_what_is_vouched_for_holds_no_second_message(people: list[tuple[str, str]]):
    made_by = composer(head="subject: Hi {{ contact.company | d('') }}")
    envelope = Envelope("anna@studio.example", "ada@example.org")
    for _ in range(2):
        ordinary = made_by.compose(contact(), delivery_id=5, date=NOW)
    assert ordinary.is_canonical
    for first, company in people:
        person = contact(first_name=first, company=company)
        try:
            made = made_by.compose(person, delivery_id=6, date=NOW)
        except (TemplateError, MessageError):
            continue
        # Where a transport would take our word, it finds nothing when it looks for itself.
        assert refusal(envelope, made.message) is None
        assert made.message.isascii()


def test_letters_outside_ascii_in_our_own_address_are_not_vouched_for():
    made_by = replace(composer(), sender=Sender("Jürgen", "jürgen@studio.example"))
    made = [made_by.compose(contact(), delivery_id=5, date=NOW) for _ in range(2)]
    assert not any(each.is_canonical or each.message.isascii() for each in made)


GOLDEN = Path(__file__).parent.parent / "golden"
EDITION = """\
{{ greeting() }},

## A deadline

Reports are due on {{ "2026-12-31" | date("full") }}; the fee is {{ 1250 | money("EUR") }}.

| Form | Pages |
|---|---|
| A | 12 |

{% if contact.tier == "client" %}
::: box
For **{{ contact.company }}** it is free.
:::

{% endif %}
::: columns
Left

---

::: button {{ links.preferences }}
Choose
:::
:::
"""
MACROS = """\
{% macro article(title) %}
<mj-section><mj-column>
<mj-text><h2>{{ title }}</h2>{{ caller() }}</mj-text>
</mj-column></mj-section>
{% endmacro %}
"""
PAGE = """\
{% extends "layouts/base.mjml" %}
{% from "partials/macros.mjml" import article %}
{% block body %}
{% for interest in contact.interests %}
{% call article(interest | title) %}{{ loop.index }} of {{ loop.length }}{% endcall %}
{% endfor %}
{% endblock %}
"""
FILES = {
    "layouts/base.mjml": LAYOUT.replace("{{ content }}", "{% block body %}{% endblock %}"),
    "partials/macros.mjml": MACROS,
}
HEAD_OF_EDITION = "subject: Hi {{ contact.first_name }}\npreheader: Soon due\nlayout: letter"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("composed-markdown", template(EDITION, suffix="md", head=HEAD_OF_EDITION)),
        ("composed-mjml", template(PAGE, suffix="mjml", files=FILES)),
        (
            "composed-text",
            template("Dear {{ contact.first_name }}\n", head="subject: Hi\nkind: check-in"),
        ),
    ],
)
def test_whole_messages_stay_as_they_are(name: str, made: Template, request):
    person = contact(
        first_name="Zoë",
        last_name="**Bold** <b>",
        company="[x](http://x.example) & Söhne",
        locale="de-AT",
        interests=frozenset({"tax", "law"}),
    )
    sender = Sender("Anna Weber", "anna@studio.example")
    composed = Composer(made, sender, LINKS, company="Studio").compose(
        person, delivery_id=5, date=NOW
    )
    path = GOLDEN / f"{name}.eml"
    if request.config.getoption("--update-golden"):
        path.write_bytes(composed.message)
    assert composed.message == path.read_bytes(), "if this is meant, run pytest --update-golden"
