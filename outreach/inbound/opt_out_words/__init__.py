"""How people ask for no more mail, by language.

Data for `outreach.inbound.optouts`, and nothing else. Texts are regular expressions without groups
that begin at the start of a word. They are compared after folding (`phrases.fold`: lower case, no
accents, full-width forms as narrow ones) and folded the same way, so write them as the language
does; "@" stands for a mailbox. To teach one more language, add a file named by its BCP 47 tag and
list it here.
"""

from outreach.inbound.opt_out_words import (
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
from outreach.inbound.opt_out_words.table import OptOutWords
from outreach.inbound.phrases import fold_pattern

LANGUAGES: dict[str, OptOutWords] = {
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


def patterns_of(language: str, field: str) -> list[str]:
    """Return the folded patterns of one field of a language's words."""
    return [fold_pattern(pattern) for pattern in getattr(LANGUAGES[language], field)]


def words(field: str) -> list[str]:
    """Return the folded patterns of one field of `OptOutWords` in all languages."""
    return [pattern for language in LANGUAGES for pattern in patterns_of(language, field)]


__all__ = ["LANGUAGES", "OptOutWords", "patterns_of", "words"]
