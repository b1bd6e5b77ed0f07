"""Requests for no more mail, written as a reply.

Words like "unsubscribe" stand in the footer of most mail and in many a quotation, so only the
person's own new words count (`outreach.inbound.replies`). What cannot mean anything else is a
request in any letter, sentence by sentence: "take my name off your list". A mere word is one only
where little else is written; in a longer text it is reported as unsure, for a person to decide while
mail is held. So are wishes for less mail, and questions why it came at all.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from outreach.inbound.languages import likely_languages
from outreach.inbound.opt_out_words import LANGUAGES, patterns_of, words
from outreach.inbound.patterns import filed
from outreach.inbound.phrases import SENTENCE_ENDS, Phrases, compared, fold, speech
from outreach.inbound.subjects import ANSWER_MARKS

SHORT: Final = 25
"""Words, or a third of the characters in writing without spaces, up to which a mere word is a sure request."""

LETTER: Final = 110
"""So many in which a request is looked for; a longer letter is about something."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """A request for no more mail: the words that say so, and whether they may be acted on unread."""

    evidence: str
    sure: bool


_LONG: Final = 3000  # characters of a letter
_REMARK: Final = 30  # words of a body that need not say again what the subject asked for
_GREETING: Final = 7  # words that add nothing to it
_TITLE: Final = 12  # words of a subject that asks for something
_CURT: Final = 6  # words with which somebody says no more than "stop"

# What is said by somebody else, if it is more than a word.
_SPEECH: Final = re.compile(speech("{8,160}", "{4,100}"))
_POLITE: Final = (
    r"please|pls|thanks?(?: you)?|thx|bitte|danke(?: schon)?|vielen dank|merci|svp|s'il (?:vous|te) plait|por favor|gracias|per favore|per cortesia|grazie|obrigad[oa]|favor"
    r"|a\.?u\.?b\.?|s\.?v\.?p\.?|alstublieft|alsjeblieft|bedankt|graag|dank (?:u|je)|tack|snalla|prosze|dziekuj\w+|お願い(?:いた)?します|hi|hello|hallo|hej|hoi|bonjour|hola|ciao|ola|buongiorno|guten tag|now|jetzt|ya|nu|already|endlich"
)
_ALONE: Final = re.compile(
    rf"^\W*(?:(?:{_POLITE})\W+)*(?:{filed(words('alone'))})(?:\W+(?:{_POLITE}))*\W*$"
)
_MARKS: Final = re.compile(rf"^\W*(?:(?:{ANSWER_MARKS})\s*[:：]\s*)+")
_TOKEN: Final = re.compile(r"^\W*unsubscribe\s+[a-z2-7]{26,218}$")


class _Tongue:
    """The words of one language, ready to be looked for."""

    def __init__(self, language: str) -> None:
        asked = [patterns_of(language, field) for field in ("requests", "words", "unsure")]
        self.requests, self.words, self.unsure = map(Phrases, asked)
        self.denied = Phrases(patterns_of(language, "denied"))
        self.stays = Phrases(patterns_of(language, "stays"))
        self.later = Phrases(patterns_of(language, "later"))
        #: All that asks for something, at once; and all that does so in any text.
        self.asked = Phrases(asked[0] + asked[1] + asked[2])
        self.requested = Phrases(asked[0])


_tongue = cache(_Tongue)  # most are never met


def _tongues(folded: str) -> list[_Tongue]:
    """Return the words of those languages in which a text may ask for something."""
    languages = likely_languages(folded)
    if len(languages) > _MANY and not _in_any_language().finds(folded):
        return []
    return _tongues_of(languages)


_MANY: Final = 4  # languages, which are worth being asked one by one


@lru_cache(maxsize=256)
def _tongues_of(languages: frozenset[str]) -> list[_Tongue]:
    """Return the words of languages; English ones are understood everywhere."""
    return [_tongue(language) for language in sorted({*languages.intersection(LANGUAGES), "en"})]


@cache
def _in_any_language() -> Phrases:
    return Phrases(words("requests") + words("words") + words("unsure"))


def read_opt_out(text: str, subject: str = "", *, to_us: bool = True) -> OptOut | None:
    """Return the request for no more mail in a person's own words `text`, or None.

    `subject` counts where little or nothing was written: mail programs fill it from ``mailto:``
    links, and people write in it what they want. What went to a list, and so not `to_us` alone, is a
    request only where it is short.
    """
    if len(text) >= _LONG:
        return None
    longest = LETTER if to_us else SHORT
    size = max(len(text.split(None, longest + 1)), _unspaced(text) // 3)
    if size > longest:
        return None
    told = compared(text.strip())
    if len(told) > _AVERAGE * (size + 5):
        told = _ENDLESS.sub("", told)
    told = _ADDRESS.sub("@", told) if "@" in told else told
    return _in_subject(told, size, subject) or _in_words(told, size)


def _in_subject(told: str, size: int, subject: str) -> OptOut | None:
    """Return the request that a subject is, where the words below it are none of their own."""
    if size > _REMARK or not subject:
        return None
    folded = fold(subject)
    bare = _MARKS.sub("", folded)
    if _ALONE.match(bare) or _TOKEN.match(bare):
        # What answers a mail of ours may have the subject from that.
        only = not told or _ALONE.match(told) or _THANKS.fullmatch(told)
        if not only and (bare != folded or "?" in bare):
            return None
        return OptOut(subject.strip(), sure=bool(only) or size <= _GREETING)
    if bare != folded or len(bare.split()) > _TITLE:
        return None
    for tongue in _tongues(bare):
        # "Cancelled: the course on Friday": a mere word needs to be all there is.
        curt = size <= _GREETING
        asked = tongue.requests.search(bare) or (curt and tongue.words.search(bare))
        if asked and not (tongue.denied.search(bare) or tongue.stays.search(told)):
            return OptOut(subject.strip(), sure=True)
    return None


_THANKS: Final = re.compile(rf"\W*(?:(?:{_POLITE})\W*)+(?:\w+\W*){{0,2}}")


def _in_words(told: str, size: int) -> OptOut | None:
    """Return the request that somebody's words are, or may be."""
    if not told:
        return None
    first = told.partition("\n")[0]
    if size <= _CURT and _ALONE.match(first):
        return OptOut(first.strip(), sure=True)
    tongues = _tongues(told)
    brief = size <= 2 * SHORT
    if not any((one.asked if brief else one.requested).finds(told) for one in tongues):
        return None
    told = _NUMBERED.sub("", _SPEECH.sub(" ", told))
    if any(one.stays.search(told) for one in tongues):
        return None
    return _requested(told, size, tongues) or (_mentioned(told, size, tongues) if brief else None)


def _requested(told: str, size: int, tongues: Sequence[_Tongue]) -> OptOut | None:
    """Return what asks for no more mail whatever else is written."""
    if not any(one.requests.search(told) for one in tongues):
        return None
    for sentence in SENTENCE_ENDS.split(told):
        asked = _first(one.requests.search(sentence) for one in tongues)
        if asked and not any(one.denied.search(sentence) for one in tongues):
            later = any(one.later.search(sentence) for one in tongues)
            mere = size > SHORT and _is_mere(asked[0], tongues)
            return OptOut(asked[0].strip(), sure=not (later or mere))
    return None


def _is_mere(asked: str, tongues: Sequence[_Tongue]) -> bool:
    """Return whether a request is a mere word, as in "please unsubscribe me"."""
    return bool(_ALONE.match(asked)) and any(one.words.search(asked) for one in tongues)


def _mentioned(told: str, size: int, tongues: Sequence[_Tongue]) -> OptOut | None:
    """Return what may ask for it in a short text: a word for it, or a wish for less."""
    word = _first(one.words.search(told) for one in tongues)
    if word is None:
        wish = _first(one.unsure.search(told) for one in tongues)
        return OptOut(wish[0].strip(), sure=False) if wish else None
    if any(one.denied.search(told) for one in tongues):
        return None
    return OptOut(word[0].strip(), sure=size <= SHORT and "?" not in told)


def _first(found: Iterable[re.Match[str] | None]) -> re.Match[str] | None:
    return next(filter(None, found), None)


# A word of hundreds of letters is none, and takes patterns long.
_ENDLESS: Final = re.compile(r"[^\s\u3040-\u9fff]{100,}")
_AVERAGE: Final = 20  # letters of a word
# In the tables "@" stands for a mailbox, in which others would be looked for at every letter.
_ADDRESS: Final = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,253}")
# "Art. 17" ends no sentence.
_NUMBERED: Final = re.compile(r"(?<=[a-z])\.(?= ?\d)")


def _unspaced(text: str) -> int:
    return 0 if text.isascii() else len(_UNSPACED.findall(text))


_UNSPACED: Final = re.compile("[\u3040-\u9fff]")
