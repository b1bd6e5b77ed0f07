"""What mail programs and people put around the words of a reply, by language.

Data for `outreach.inbound.replies`, `outreach.inbound.introductions` and
`outreach.inbound.signatures`, and nothing else. Texts are regular expressions without groups, in
lower case. To teach one more language, add a file named by its BCP 47 tag and list it here: every
list may be empty.
"""

from outreach.inbound.patterns import branches, filed
from outreach.inbound.reply_words import (
    ar,
    bg,
    ca,
    cs,
    da,
    de,
    el,
    en,
    es,
    et,
    fi,
    fr,
    he,
    hr,
    hu,
    id,
    it,
    ja,
    ko,
    lt,
    lv,
    nl,
    no,
    pl,
    pt,
    ro,
    ru,
    sk,
    sl,
    sv,
    tr,
    uk,
    vi,
    zh,
)
from outreach.inbound.reply_words.table import ReplyWords

LANGUAGES: dict[str, ReplyWords] = {
    "en": en.WORDS,
    "de": de.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
    "it": it.WORDS,
    "pt": pt.WORDS,
    "nl": nl.WORDS,
    "sv": sv.WORDS,
    "da": da.WORDS,
    "no": no.WORDS,
    "fi": fi.WORDS,
    "pl": pl.WORDS,
    "cs": cs.WORDS,
    "ru": ru.WORDS,
    "uk": uk.WORDS,
    "ja": ja.WORDS,
    "zh": zh.WORDS,
    "ko": ko.WORDS,
    "tr": tr.WORDS,
    "hu": hu.WORDS,
    "ro": ro.WORDS,
    "sk": sk.WORDS,
    "hr": hr.WORDS,
    "sl": sl.WORDS,
    "bg": bg.WORDS,
    "el": el.WORDS,
    "he": he.WORDS,
    "ar": ar.WORDS,
    "vi": vi.WORDS,
    "id": id.WORDS,
    "ca": ca.WORDS,
    "et": et.WORDS,
    "lt": lt.WORDS,
    "lv": lv.WORDS,
}


def words(field: str) -> list[str]:
    """Return the patterns of one field of `ReplyWords` in all languages, each once."""
    found = (
        branch
        for language in LANGUAGES.values()
        for pattern in getattr(language, field)
        for branch in branches(pattern)
    )
    return list(dict.fromkeys(found))


def alternatives(field: str) -> str:
    """Return the patterns of one field as alternatives, filed by their first letters."""
    return filed(words(field))


__all__ = ["LANGUAGES", "ReplyWords", "alternatives", "words"]
