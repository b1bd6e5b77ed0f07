"""Functions written for a template and for its skeletons do what Jinja and the plain path do."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain.contact import Contact
from outreach.rendering import compiled, straight_calls
from outreach.rendering.dkim import generate_key, load_key
from outreach.rendering.templates import Template, TemplateSet
from outreach.services import filling
from outreach.services.composing import Composer
from tests.rendering.mail import contact, template
from tests.rendering.test_compiled import (
    ARTICLES,
    ATTRIBUTES,
    BLIND,
    CONTACTS,
    FILES,
    FIRM,
    INLINE,
    NAME,
    NAMES,
    NOW,
    TIERS,
    USUAL,
    composer,
    in_page,
    outcome,
    page,
    templates,
)

KEYS = (
    load_key(generate_key(bits=1024), domain="studio.example", selector="rsa"),
    load_key(generate_key("ed25519"), domain="studio.example", selector="ed"),
)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the functions at once, where else they are worth it after many contacts."""
    monkeypatch.setattr(compiled, "_WAIT", 1)
    monkeypatch.setattr(compiled, "_AGREED", 1)
    monkeypatch.setattr(filling, "_WORTH_A_PRESS", 2)


def assert_same(made: Template, people: list[Contact], *, turns: int = 5) -> Composer:
    """Each contact gets what the plain path makes, signed, however often the others were made."""
    maker = composer(made, signing=KEYS)
    moments = [NOW + timedelta(minutes=37 * number) for number in range(len(people))]
    wanted = [
        outcome(maker.compose_plainly, person, number, moments[number])
        for number, person in enumerate(people)
    ]
    for _ in range(turns):
        for number, person in enumerate(people):
            assert outcome(maker.compose, person, number, moments[number]) == wanted[number]
    assert not [reason for reason in maker.counts.reasons if "gave" in reason]
    return maker


def shortcut_of(maker: Composer) -> compiled._Shortcut | None:
    return maker._filling(maker.template).template._shortcut


def presses_of(maker: Composer) -> list[object]:
    skeletons = maker._filling(maker.template).template._skeletons.values()
    return [skeleton.press for skeleton in skeletons if skeleton and skeleton.press]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates(), st.lists(CONTACTS, min_size=2, max_size=4))
def test_written_functions_are_plain_for_generated_templates_and_contacts(
    made: Template, people: list[Contact]
) -> None:
    assert_same(made, people)


PEOPLE = [
    contact(
        id=number,
        tier=list(TIERS)[number % len(TIERS)],
        first_name=name or None,
        company=NAMES[-number % len(NAMES)] or None,
        locale=[None, "de", "fr-CH", "ar"][number % 4],
        interests=frozenset({"tax"} if number % 2 else ()),
        attributes={"plan": name or "basic", "seats": number * 1.5, "items": ("a", "b")},
    )
    for number, name in enumerate([*USUAL, *NAMES[::3]], 1)
]
STRAIGHT = [
    f"<p>Hello {NAME}, how is {FIRM} doing these days, we wonder, and what else is there?</p>",
    f"<h1>For {NAME}</h1><ul><li>{FIRM} &amp; {NAME}</li></ul>",
    f'<a href="https://x.example/?c={{{{ contact.plan | urlencode }}}}">for {NAME}</a>',
    "<p>{{ greeting() }}, {{ greeting(contact.company) }}: it is {{ now | date('d MMMM y') }}</p>",
    "<p>{{ contact.seats | number }} {{ contact.seats | money('EUR') }} {{ contact.seats }}</p>",
    "{% if contact.tier in ['client', 'counsel'] and not contact.company %}<p>dear</p>"
    "{% elif 'tax' in contact.interests %}<p>{{ contact.interests | join(', ') }}</p>"
    "{% else %}<p>there</p>{% endif %}",
    "<p>{{ contact.plan | upper }}, {{ contact.plan | truncate(5) }}</p>",
    "<p>{{ contact.plan | length }} {{ contact.plan | title | trim }}</p>",
    "<p>{{ 'known' if contact.company else contact.plan }} {{ contact.plan ~ '!' }}</p>",
    "{% set x = contact.plan %}<p>{{ x }}{% if x == 'Ada' %}!{% endif %}</p>",
    "<p>{{ promise.title }} {{ locale }} {{ contact.first_name is defined and 'x' or 'y' }}</p>",
    "<p>{{ contact.company.startswith('S') and 'S' or 'T' }}</p>",
]


@pytest.mark.parametrize("part", STRAIGHT)
@pytest.mark.parametrize("layout", ["page", "none"])
def test_what_most_templates_do_needs_no_jinja(part: str, layout: str) -> None:
    if layout == "page":
        made = page(part, files=BLIND)
    else:
        body = f"<mjml><mj-body>{in_page([part])}</mj-body></mjml>"
        head = f'subject: "For {{{{ contact.tier }}}}"\n{ARTICLES}\npreheader: "{NAME}"'
        made = template(body, suffix="mjml", head=head, files=FILES, attributes=ATTRIBUTES)
    maker = assert_same(made, PEOPLE, turns=3)
    shortcut = shortcut_of(maker)
    assert shortcut is not None
    assert any(lesson.agreed for lesson in shortcut.lessons.values())
    assert presses_of(maker)


@pytest.mark.parametrize("part", INLINE)
def test_all_else_is_left_to_jinja(part: str) -> None:
    assert_same(page(part), PEOPLE[:14], turns=3)


@pytest.mark.parametrize(
    "text",
    [
        f"Hello {NAME},\nfrom {FIRM}\n\n{{{{ links.unsubscribe }}}}",
        "{{ contact.plan }}",
        "{{ contact.plan }}m here\n{{ contact.plan }}rom there\n--{{ contact.plan }}=_x\n",
        f"{NAME}=_ and {FIRM}\nFr{{{{ contact.plan }}}}\n  .{{{{ contact.plan }}}}",
        f"Grüße an {NAME} von {FIRM}, {'und so weiter ' * 9}",
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "mjml"])
def test_lines_of_plain_text_begin_and_end_as_they_may(text: str, suffix: str) -> None:
    tricky = ["Fro", "F", "From", "a--", "--", ".", "x.", "=_", "From ", "om", "Zoë", ".é", "Froé"]
    people = [
        contact(id=n, first_name=name, company=name, attributes={"plan": name})
        for n, name in enumerate([*tricky, *USUAL, "x" * 70, "word " * 20 + "end"], 1)
    ]
    if suffix == "txt":
        made = template(text, suffix="txt", head="subject: News", attributes=ATTRIBUTES)
    else:
        made = page(
            "<p>{{ contact.plan }}m here, and {{ contact.plan }}=_</p>",
            head="text: |\n  " + text.replace("\n", "\n  "),
        )
    assert_same(made, people)


def test_an_answer_that_is_not_jinjas_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(straight_calls.HELPERS, "greeting_in", lambda *_: "Ho")  # type: ignore[arg-type]
    maker = composer(page("<p>{{ greeting() }}</p>"))
    for number in range(6):
        person = contact(id=number, first_name="Ada")
        fast = maker.compose(person, delivery_id=number, date=NOW)
        assert fast == maker.compose_plainly(person, delivery_id=number, date=NOW)
    assert shortcut_of(maker) is None
    assert any("gave different keys" in reason for reason in maker.counts.reasons)


def test_what_fails_for_all_in_a_branch_that_nobody_takes_is_left_to_jinja() -> None:
    part = "{% if contact.company %}{{ 'x' | date }}{% endif %}<p>{{ contact.first_name }}</p>"
    maker = assert_same(page(part), [contact(id=n, first_name=f"A{n}") for n in range(1, 8)])
    assert maker.counts.filled
    assert shortcut_of(maker) is None


ALONG = """event:
  title: "Coffee with {{ contact.first_name }}"
  start: 2027-03-28 10:00
  duration: 1 h 30 min
  place: "Café Ö; 1, Main Street"
  zone: Europe/Berlin
attachments: [files/offer.pdf]"""


@pytest.mark.parametrize(
    "head", ["", ALONG, ALONG.partition("\n  zone")[0], ALONG.rpartition("\n")[2]]
)
@pytest.mark.parametrize(
    "body",
    [
        "Hello {{ contact.first_name }}\n\n![Our logo](files/logo.png)\n",
        "{{ contact.first_name }}{% if contact.tier == 'client' %}![l](files/logo.png){% endif %}",
        "Hello {{ contact.first_name }}\n",
    ],
)
def test_what_comes_along_is_put_in_by_the_compiled_path(
    tmp_path: Path, head: str, body: str
) -> None:
    folder = tmp_path / "templates"
    files = folder / "files"
    files.mkdir(parents=True)
    (files / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(64)))
    (files / "offer.pdf").write_bytes(b"%PDF-1.7\n" * 9)
    (folder / "mail.md").write_text(f"---\nsubject: Hi\nkind: check-in\n{head}\n---\n{body}")
    people = [
        contact(id=n, first_name=name, tier=list(TIERS)[n % len(TIERS)])
        for n, name in enumerate(["Ada", "Zoë", "Bo", "Mary Ann", "", "x\x00", "Eve & Co"], 1)
    ]
    maker = assert_same(TemplateSet(folder).load("mail"), people)
    assert maker.slow_because() == []
    assert maker.counts.plain <= 3 * 5
    assert presses_of(maker)


@pytest.mark.parametrize("end", ["", "{{ left_out | length }}"])
def test_values_that_are_captured_and_left_out_do_no_harm(end: str) -> None:
    body = (
        "Hello {{ contact.first_name }}\n"
        "{% set left_out %}{% for one in contact.interests %}{{ one }}{% endfor %}{% endset %}"
    )
    people = [
        contact(id=1, first_name="Ada"),
        contact(id=2, first_name="Ann", interests=frozenset({"tax"})),
        contact(id=3, first_name="Bob", interests=frozenset({"tax", "law"})),
    ]
    assert_same(template(body + end, suffix="md"), people)
