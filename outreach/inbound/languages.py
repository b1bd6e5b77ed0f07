"""Which languages a text may be written in, by the little words that stand in every sentence.

Only a first look, to know which tables are worth asking: a text in two languages has both, and one
that tells nothing may be in any.
"""

# ruff: noqa: E501 (a line a language)

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from outreach.inbound.phrases import spelt_words

_FIRST: Final = 60
"""Words of a text that are looked at."""

_SHARE: Final = 0.4
"""Of the words that speak for the likeliest language, how many must speak for another one."""

_LITTLE_WORDS: Final[Mapping[str, str]] = {
    "en": "the and you your i to of is are was for from this that it with have has will be not no me my we our on in at please what who how if when but can do don thanks off any more",
    "de": "der die das und ist sind ich sie wir ihr mich mir uns nicht kein keine ein eine einen zu von vom aus dem den des bei mit fur auf im am bitte noch mehr auch so dass hab habe haben wird ab bin es wie wo wenn aber danke immer wieder gar",
    "fr": "le la les et est sont je vous nous ne pas plus un une des de du au aux mon ma mes votre vos me moi sur pour par dans en qui que ce cette merci bonjour avec j ai suis svp il elle c est tout mais",
    "es": "el la los las y es son yo usted ustedes no mas un una unos de del al mi mis su sus me nos se por para con en que este esta gracias hola buenos dias favor ya lo como pero muy le soy estoy tengo desde cuando",
    "it": "il lo la i gli le e sono io voi non piu un una di del della da dal dalla mi ci vi mio mia vostra vostri vostre per con in che questo questa grazie buongiorno favore come ma ho siamo anche si gia alla",
    "pt": "o a os as e sao eu voces voce nao mais um uma de do da dos das em no na meu minha me nos vos por para com que este esta isso obrigado obrigada ola bom boa dia tarde favor ja como mas muito estou nem seu sua pra",
    "nl": "de het een en is zijn ik u jullie je wij we niet geen meer van uit voor met op in te dat die dit mij me mijn uw ons er maar ook nog wel graag bedankt dag beste aan om als hoe waar wat heb ben kan wil",
    "sv": "och ar jag ni du vi inte ingen inga mer en ett den det de fran av for med pa i att som min mitt mig oss er era ert till tack hej men har kan vill om sa nu hur var man bara",
    "pl": "i w z ze na do od nie tak juz sie jest sa ja pan pani panstwo mi mnie nam nas moj moja prosze dziekuje ale jak gdzie to ten ta te tego o po za dla czy co dzien dobry wiecej bardzo jestem przez",
    "da": "og er jeg i du vi ikke ingen mere en et den det de fra af for med pa at som min mit mig os jeres til tak hej men har kan vil om sa nu hvor",
    "no": "og er jeg dere du vi ikke ingen mer en et den det de fra av for med pa a som min mitt meg oss deres til takk hei men har kan vil om sa na hvor",
    "fi": "ja on ei en ole mina sina te me han se etta mutta kuin kiitos hei minun minut teidan enaa vain myos niin jos kun olen ovat",
    "cs": "a je jsem v z na do od ne uz se to ten ta ja vy mi me nas muj prosim dekuji ale jak kde dobry den vice velmi jsme pro o po za by",
    "ru": "и в не на я вы мы с от из за по это что как меня мне нас мой ваш пожалуйста спасибо но у для или же",
}
_EAST_ASIAN: Final = frozenset({"ja", "zh"})
_ALL: Final = frozenset(_LITTLE_WORDS) | _EAST_ASIAN


def _by_word() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for language, words in _LITTLE_WORDS.items():
        for word in words.split():
            known[word] = (*known.get(word, ()), language)
    return known


_LANGUAGES_OF: Final = _by_word()


@lru_cache(maxsize=8)
def likely_languages(folded: str) -> frozenset[str]:
    """Return the tags of the languages that a folded text (`phrases.fold`) may be in."""
    found = frozenset[str]()
    there = set(spelt_words(folded)[:_FIRST])
    if not folded.isascii():
        found = _EAST_ASIAN if _has_east_asian(folded[: 8 * _FIRST]) else found
        there.update(_CYRILLIC.findall(folded[: 8 * _FIRST]))
    english = len(_ENGLISH & there)
    if english >= _PLENTY and len(_FOREIGN & there) < english * _SHARE and not found:
        return _ONLY_ENGLISH
    counts: dict[str, int] = {}
    for word in _LANGUAGES_OF.keys() & there:
        for language in _LANGUAGES_OF[word]:
            counts[language] = counts.get(language, 0) + 1
    most = max(counts.values(), default=0)
    if most < _TELLING:
        return found or (_ALL if len(there) <= _FEW else frozenset(counts))
    least = max(_TELLING, most * _SHARE)
    return found.union([language for language, count in counts.items() if count >= least])


_CYRILLIC: Final = re.compile("[\u0400-\u04ff]+")
_PLENTY: Final = 6  # different little words of English: the others need not be counted
_ENGLISH: Final = frozenset(_LITTLE_WORDS["en"].split())
_FOREIGN: Final = frozenset(_LANGUAGES_OF) - _ENGLISH
_ONLY_ENGLISH: Final = frozenset({"en"})
_TELLING: Final = 2  # one word may be of any
_FEW: Final = 12  # words among which none may be little


def _has_east_asian(folded: str) -> bool:
    return any("\u3040" <= letter <= "\u9fff" for letter in folded)
