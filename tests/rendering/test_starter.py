"""The starter set renders for every tier, says what the tiers promise, and is well made."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html as lxml_html

from outreach.domain.contact import Contact
from outreach.domain.mailing import Sender
from outreach.domain.tiers import Tiers
from outreach.domain.tiers_file import read_tiers
from outreach.rendering.scene import ContactLinks, Scene
from outreach.rendering.templates import Rendered, TemplateSet
from outreach.starter import starter_file

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TEMPLATES = TemplateSet(Path(__file__).parents[2] / "templates", attributes=())
TIERS_TEXT = starter_file("tiers.toml").read_text(encoding="utf-8")
TIERS = read_tiers(TIERS_TEXT, "tiers.toml")
GMAIL_CLIPS_AT = 102_400


def rendered(template: str, *, tier: str = "client", tiers: Tiers = TIERS, **facts) -> Rendered:
    contact = Contact(
        id=1, email="maija@example.com", tier=tier, created_at=NOW, updated_at=NOW, **facts
    )
    scene = Scene(
        sender=Sender("Anna Berg", "anna@berg-lind.example"),
        now=NOW,
        links=ContactLinks("https://m.example/u/1", "https://m.example/p/1"),
        company="Berg & Lind",
        postal_address="Berg & Lind, 4 Harbour Lane",
        website="https://berg-lind.example",
        tiers=tiers,
    )
    return TEMPLATES.load(template).render(contact, scene)


@pytest.mark.parametrize("tier", list(TIERS))
@pytest.mark.parametrize("template", TEMPLATES.names())
def test_every_template_renders_for_every_tier_with_nothing_known(template: str, tier: str) -> None:
    mail = rendered(template, tier=tier)
    assert mail.warnings == ()
    assert mail.subject.strip()
    assert "None" not in mail.text


@pytest.mark.parametrize("template", TEMPLATES.names())
def test_every_template_is_well_made(template: str) -> None:
    mail = rendered(template, first_name="Maija", interests=frozenset({"tax"}))
    assert mail.html is not None
    page = lxml_html.document_fromstring(mail.html)
    assert page.get("lang") == "en"
    assert page.findtext(".//title") == mail.subject
    assert all(image.get("alt") is not None for image in page.iter("img"))
    assert all(
        table.get("role") == "presentation"
        for table in page.iter("table")
        if table.find(".//th") is None
    )
    assert all(link.text_content().strip() for link in page.iter("a"))
    assert "prefers-color-scheme: dark" in mail.html
    assert "color-scheme" in mail.html
    assert len(mail.html.encode()) < GMAIL_CLIPS_AT
    assert "https://m.example/u/1" in mail.html
    assert "https://m.example/u/1" in mail.text
    assert "4 Harbour Lane" in mail.text
    for target in page.xpath("//a/@href"):
        assert target in mail.text, target


def test_the_promise_has_the_numbers_of_the_tiers_file() -> None:
    declared = tomllib.loads(TIERS_TEXT)["tiers"]["client"]
    text = " ".join(rendered("promise").text.split())
    assert f"within {declared['answer_within_working_days']} working day" in text
    assert f"every {declared['ideal_every_days']} days" in text
    assert f"more than {declared['at_most_every_days']} days" in text
    changed = read_tiers(
        TIERS_TEXT.replace("ideal_every_days = 60", "ideal_every_days = 45"), "tiers.toml"
    )
    assert "every 45 days" in " ".join(rendered("promise", tiers=changed).text.split())


def test_a_customer_is_told_plainly_that_there_is_no_special_care() -> None:
    text = rendered("promise", tier="customer").text
    assert "look after your own interests" in " ".join(text.split())
    assert "under our care" not in text
