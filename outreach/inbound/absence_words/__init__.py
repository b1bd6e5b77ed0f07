"""How automatic answers say that somebody is away, has left or got our mail, by language.

Data for `outreach.inbound.absences`, and nothing else. Texts are regular expressions without
groups. They are compared after folding (`phrases.fold`:
lower case, no accents, full-width forms as narrow ones) and folded the same way, so write them as
the language does. To teach one more language, add a file named by its BCP 47 tag and list it here.
"""

from outreach.inbound.absence_words import (
    cs,
    da,
    de,
    en,
    es,
    fi,
    fr,
    it,
    ja,
    nl,
    no,
    pl,
    pt,
    ru,
    sv,
    zh,
)
from outreach.inbound.absence_words.table import AbsenceWords
from outreach.inbound.phrases import Phrases, branches, fold_pattern

LANGUAGES: dict[str, AbsenceWords] = {
    "en": en.WORDS,
    "de": de.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
    "it": it.WORDS,
    "pt": pt.WORDS,
    "nl": nl.WORDS,
    "sv": sv.WORDS,
    "pl": pl.WORDS,
    "ja": ja.WORDS,
    "da": da.WORDS,
    "no": no.WORDS,
    "fi": fi.WORDS,
    "ru": ru.WORDS,
    "cs": cs.WORDS,
    "zh": zh.WORDS,
}


def words(field: str) -> list[str]:
    """Return the folded patterns of one field of `AbsenceWords` in all languages, longest first."""
    found = {
        fold_pattern(branch)
        for language in LANGUAGES.values()
        for pattern in getattr(language, field)
        for branch in branches(pattern)
    }
    return sorted(found, key=lambda pattern: (-len(pattern), pattern))


def any_of(field: str) -> Phrases:
    """Return what finds any of the patterns of one field, in any language."""
    return Phrases(words(field))


__all__ = ["LANGUAGES", "AbsenceWords", "any_of", "words"]
