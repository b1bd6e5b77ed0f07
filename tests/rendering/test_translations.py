"""Templates in several languages: who gets which, and what they share."""

from pathlib import Path

import pytest

from outreach.errors import NotFoundError, TemplateError
from outreach.rendering.templates import Template, TemplateSet
from outreach.services.composing import Composer
from tests.rendering.mail import LAYOUT, NOW, SCENE, contact
from tests.services.test_composing import LINKS

HEAD = "---\nsubject: News\nkind: check-in\nlanguage: en\nplace: Bath\n---\n"
GERMAN = "---\nsubject: Neues\n---\nHallo aus {{ place }}, {{ today | date }}\n"
FILES = {
    "news.md": HEAD + "Hello from {{ place }}\n",
    "news.de.md": GERMAN,
    "news.sv.md": "---\nsubject: Nyheter\nplace: Borås\n---\nHej från {{ place }}\n",
}


def loaded(**files: str) -> Template:
    given = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
    return TemplateSet(FILES | given).load("news")


@pytest.mark.parametrize(
    ("locale", "subject", "lacking"),
    [
        ("de", "Neues", None),
        ("de-AT", "Neues", None),
        ("DE_ch", "Neues", None),
        ("sv-FI", "Nyheter", None),
        ("en", "News", None),
        ("en-GB", "News", None),
        ("fi", "News", "fi"),
        ("pt-BR", "News", "pt-BR"),
        (None, "News", None),
        ("xx-nonsense", "News", None),
    ],
)
def test_a_contact_gets_their_language_or_the_original(locale, subject, lacking):
    template = loaded()
    person = contact(locale=locale)
    assert template.version_for(person, "en").render(person, SCENE).subject == subject
    assert template.untranslated(person, "en") == lacking


def test_contacts_without_a_locale_get_the_firms():
    assert loaded().version_for(contact(), "de-AT").front_matter.subject == "Neues"


def test_a_template_without_translations_lacks_none():
    template = TemplateSet({"news.md": FILES["news.md"]}).load("news")
    assert template.untranslated(contact(locale="fi"), "en") is None


def test_a_translation_says_only_what_it_says_otherwise():
    template = loaded()
    german = template.translations["de"]
    assert german.front_matter.kind is template.front_matter.kind
    assert german.front_matter.language == "de"
    assert german.front_matter.variables == {"place": "Bath"}
    assert template.translations["sv"].front_matter.variables == {"place": "Borås"}
    person = contact(locale="de-AT")
    rendered = german.render(person, SCENE)
    assert "Hallo aus Bath, 1. Dezember 2026" in rendered.text
    assert '<html lang="de"' in rendered.html


def test_one_edition_one_key_one_hash():
    template = loaded()
    assert {version.name for version in template.translations.values()} == {"news"}
    assert {version.series for version in template.translations.values()} == {"news"}
    assert set(template.files) == set(FILES)
    assert loaded(news_de_md=GERMAN + "!").hash != template.hash
    again = TemplateSet(template.files).load("news")
    assert again.hash == template.hash
    assert set(again.translations) == {"de", "sv"}


def test_translations_are_no_templates():
    templates = TemplateSet(
        FILES
        | {
            "letters/2026-12.md": HEAD,
            "letters/2026-12.pt-BR.md": GERMAN,
            "letters/2026-12.pt-BR.txt": "the text part",
            "alone.de.md": GERMAN,
            "plan.old.md": HEAD,
            "plan.v2.md": HEAD,
            "plan.md": HEAD,
        }
    )
    assert templates.names() == [
        "alone.de",
        "letters/2026-12",
        "news",
        "plan",
        "plan.old",
        "plan.v2",
    ]
    assert templates.editions("letters") == ["letters/2026-12"]
    with pytest.raises(NotFoundError, match=r"news\.de\.md is a translation of templates/news\.md"):
        templates.load("news.de")


def test_a_translation_cannot_be_another_mailing():
    with pytest.raises(TemplateError) as caught:
        loaded(
            news_de_md="---\nsubject: N\nkind: check-in\nseries: other\nperiod: month\n---\n",
            news_sv_md="---\nplace: B\n---\n",
        )
    assert [str(problem).split("\n")[0] for problem in caught.value.problems] == [
        "templates/news.de.md:4: a translation has no series of its own",
        "templates/news.de.md:5: a translation has no period of its own",
        "templates/news.sv.md:1: there is no subject",
    ]


def test_layouts_and_text_parts_are_found_in_the_language():
    template = loaded(
        news_md="---\nsubject: News\nlayout: letter\ntext: news.txt\nplace: Bath\n---\nHello\n",
        news_pt_md="---\nsubject: Novas\n---\nOlá\n",
        **{
            "layouts__letter.mjml": LAYOUT.replace("{{ company }}", "Bye"),
            "layouts__letter.pt-BR.mjml": LAYOUT.replace("{{ company }}", "Tchau"),
            "layouts__letter.fr.mjml": LAYOUT,
            "news_txt": "Words",
            "news_de_txt": "Worte",
        },
    )
    assert set(template.translations) == {"de", "sv", "pt", "pt-br"}

    def html(locale: str) -> tuple[str, str]:
        version = template.version_for(contact(locale=locale), "en")
        rendered = version.render(contact(locale=locale), SCENE)
        return rendered.html, rendered.text

    assert "Tchau" in html("pt-BR")[0]
    assert "Olá" in html("pt-BR")[0]
    assert "Bye" in html("pt")[0]
    assert "Olá" in html("pt-PT")[0]
    assert html("de")[1] == "Worte\n"
    assert html("en")[1] == "Words\n"
    assert html("sv")[1].startswith("Hej från")  # made from the HTML, not the English words


def test_each_language_is_compiled_for_itself():
    template = TemplateSet(Path(__file__).parents[2] / "templates", attributes=()).load("check-in")
    composer = Composer(template, SCENE.sender, LINKS, company="Studio", postal_address="1 Street")
    for number in range(60):
        person = contact(first_name=f"Kim {number}", locale=("en", "de", "sv", "fi")[number % 4])
        made = composer.compose(person, delivery_id=number, date=NOW)
        assert made == composer.compose_plainly(person, delivery_id=number, date=NOW)
        assert made.rendered.subject.startswith(("How", "Wie", "Hur", "How")[number % 4])
    assert composer.slow_because() == []
    assert composer.counts.filled > 20


def test_the_starter_check_in_speaks_three_languages():
    templates = TemplateSet(Path(__file__).parents[2] / "templates", attributes=())
    template = templates.load("check-in")
    assert set(template.translations) == {"de", "sv"}
    shown = {
        locale: template.version_for(contact(locale=locale), "en").render(
            contact(locale=locale, first_name="Kim"), SCENE
        )
        for locale in ("en", "de-AT", "sv")
    }
    assert shown["en"].text.strip().startswith("Hello Kim")
    assert shown["de-AT"].text.strip().startswith("Hallo Kim")
    assert shown["sv"].text.strip().startswith("Hej Kim")
    assert "rather not" in shown["en"].text
    for locale, language in (("de-AT", "de"), ("sv", "sv")):
        assert f'lang="{language}' in shown[locale].html
        assert "rather not" not in shown[locale].text
