"""Every rule finds what it is for, at its line and column, and leaves alone what is like it."""

from pathlib import Path

import pytest

from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.domain.tiers_file import read_tiers
from outreach.errors import TemplateError
from outreach.rendering.lint import Linter, Policy
from outreach.rendering.rules import RULES
from outreach.rendering.templates import TemplateSet
from outreach.services.checking import Finding, check, linter, unreadable
from outreach.services.composing import Composer
from outreach.starter import starter_file
from tests.rendering.mail import NOW, contact
from tests.services.lint_frames import Pair
from tests.services.lint_pairs import PAIRS

LINKS = Links(signer=Signer(["s"]), domain="a.example", base_url="https://a.example")
TIERS = read_tiers(starter_file("tiers.toml").read_text("utf-8"))
MARK = "▸"


def findings(folder: Path, pair: Pair, source: str, files: dict, settings: dict) -> list[Finding]:
    everything = {f"mail.{pair.form}": source, **files}
    for name, content in everything.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        octets = content if isinstance(content, bytes) else content.replace(MARK, "").encode()
        path.write_bytes(octets)
    person = contact(**{"first_name": "Maija", "locale": pair.language, **pair.person})
    try:
        made = TemplateSet(folder).load("mail")
    except TemplateError as error:
        return list(unreadable("mail", error).findings)
    composer = Composer(
        made,
        Sender(settings.get("sender", "Anna Weber"), "anna@a.example"),
        LINKS,
        postal_address=settings.get("postal_address", "1 Main Street, Town"),
        locale="en",
    )
    judge = linter(composer, tiers=TIERS, clients=settings.get("clients", ("gmail", "outlook")))
    if "words" in settings:
        judge.policy = Policy(**{**_fields(judge), "words": settings["words"]})
    return list(check(composer, judge, [person], NOW).findings)


def _fields(judge: Linter) -> dict:
    return {name: getattr(judge.policy, name) for name in Policy.__slots__}


def named(pair: Pair) -> tuple[str, int | None, int | None]:
    """Return the file, line and column of the mark in a broken template."""
    files = {f"mail.{pair.form}": pair.broken, **pair.files}
    for name, content in files.items():
        if isinstance(content, str) and MARK in content:
            before = content[: content.index(MARK)]
            line = before.count("\n") + 1
            return f"templates/{name}", line, len(before) - before.rfind("\n")
    place = pair.place if "." in pair.place else f"templates/{pair.place}.{pair.form}"
    return place, None, None


def ids(pair: Pair) -> str:
    return f"{pair.rule}-{pair.form}-{pair.language}"


@pytest.mark.parametrize("pair", PAIRS, ids=ids)
def test_a_rule_finds_what_it_is_for(tmp_path: Path, pair: Pair) -> None:
    folder = tmp_path / "templates"
    found = findings(folder, pair, pair.broken, dict(pair.files), dict(pair.settings))
    told = [
        (one.problem.source, one.problem.line, one.problem.column)
        for one in found
        if one.rule.id == pair.rule
    ]
    assert {one.rule.id for one in found} == {pair.rule, *pair.also}, found
    assert set(told) == {named(pair)}


@pytest.mark.parametrize("pair", PAIRS, ids=ids)
def test_a_rule_leaves_alone_what_is_like_it(tmp_path: Path, pair: Pair) -> None:
    files = {**pair.files, **pair.mended}
    settings = {**pair.settings, **pair.mended_settings}
    assert findings(tmp_path / "templates", pair, pair.clean, files, settings) == []


@pytest.mark.parametrize("form", ["md", "mjml"])
def test_every_rule_has_its_pair(form: str) -> None:
    assert {pair.rule for pair in PAIRS if pair.form == form} == set(RULES)


def test_what_depends_on_words_has_its_pair_in_two_languages() -> None:
    for rule in ("L305", "L306", "L307", "L308"):
        assert {pair.language for pair in PAIRS if pair.rule == rule} >= {"en", "de"}
