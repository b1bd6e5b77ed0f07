"""How automatic answers say that somebody is away, has left or got our mail, by language.

Data for what reads automatic answers (`outreach.inbound.absences` and what it asks), and nothing
else. Texts are regular expressions without groups. They are compared after folding (`phrases.fold`:
lower case, no accents, full-width forms as narrow ones) and folded the same way, so write them as
the language does. To teach one more language, add a file named by its BCP 47 tag and list it here;
what each word is for is told in `table`.
"""

import re
from functools import cache

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
from outreach.inbound.languages import likely_languages
from outreach.inbound.patterns import branches
from outreach.inbound.phrases import Phrases, fold_pattern

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
    """Return the folded patterns of one field of the tables in all languages, longest first."""
    found = {
        fold_pattern(branch)
        for language in LANGUAGES.values()
        for pattern in language.of(field)
        for branch in branches(pattern)
    }
    return sorted(found, key=lambda pattern: (-len(pattern), pattern))


def either(*fields: str) -> str:
    """Return the words of some fields as alternatives of one pattern."""
    return "|".join(word for field in fields for word in words(field))


def framed(field: str, *, before: str = "(?<![a-z])", after: str = "") -> str:
    """Return a pattern of all words of one field, each between `before` and `after`.

    In writing without spaces words have no such bounds: what has no letter a to z stands alone.
    """
    spaced, unspaced = list[str](), list[str]()
    for word in words(field):
        (spaced if _SPACED.search(word) else unspaced).append(word)
    frame = [f"{before}(?:{'|'.join(spaced)}){after}"] if spaced else []
    return "|".join(frame + unspaced)


_SPACED = re.compile(r"(?<!\\)[a-z]")


def as_written(field: str) -> list[str]:
    """Return the patterns of one field as written, for texts that are not folded."""
    return [
        branch
        for language in LANGUAGES.values()
        for pattern in language.of(field)
        for branch in branches(pattern)
    ]


def any_of(field: str) -> Phrases:
    """Return what finds any of the patterns of one field, in any language."""
    return Phrases(words(field))


@cache
def _of_language(field: str, language: str) -> Phrases:
    return Phrases(map(fold_pattern, LANGUAGES[language].of(field)))


def says(field: str, folded: str) -> bool:
    """Whether a folded text has a pattern of one field, in a language that it is likely in."""
    languages = likely_languages(folded) & LANGUAGES.keys()
    return any(_of_language(field, language).finds(folded) for language in languages)


__all__ = ["LANGUAGES", "AbsenceWords", "any_of", "as_written", "either", "framed", "says", "words"]
