"""Until when somebody is away: the date that a notice names as the end of it, or as the day of return.

A notice may name several dates, in any order and form, with or without a year. Every date in it is
weighed by what stands beside it: a word of return outweighs "until", which outweighs nothing at all;
a word of beginning takes a date out. The words are those of all languages at once (`absence_words`),
since a notice is often in two.

Standards: ISO 8601 (weeks).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.inbound.absence_words import LANGUAGES, any_of, words
from outreach.inbound.phrases import Phrases, fold_pattern

MAX_WORDS = 4000
"""Characters of a notice that are read."""

UNTIL_CUE = 2
"""What "until" beside a date weighs."""

RETURN = 4
"""What a word of return beside a date weighs, at least."""

ABSENT = any_of("absent")
"""The phrases that say that somebody is away."""

_PATIENCE = timedelta(days=45)  # how far back a date without a year may lie
_BACK = any_of("back")
_ARTICLE = r"(?:\s*(?:the|den|dem|de|le|la|el|il|lo|o|a|het|und mit|incl?\.?|inclusive|including|ca\.?|approx\.?|evening of|morning of|and including|am|on)\b)?\s*"
_RANGE = re.compile(r"\s*[)\]]?\s*[-–—~〜～]\s*[(\[]?\s*")
_DEADLINE = re.compile(
    r"(?<![a-z])(?:by|within|spatestens|innerhalb|avant|sous|antes del?|entro|uiterlijk|binnen|senast|inom|najpozniej|ate)(?: \w+){0,2}\s*$"
    r"|(?<![a-z])(?:odpowie\w*|odpisz\w*|skontaktuj\w*)(?: \w+){0,3} do(?: dnia)?\s*$"
)
_BEGUN = re.compile(r"(?<![\d-])\d{1,2}(?:\.|st|nd|rd|th)?\s*[-–—~〜]\s*$")
_DASH = re.compile(r"[\w.)]\s*[-–—~〜]\s*$")


def _named(field: str) -> tuple[str, list[tuple[re.Pattern[str], int]]]:
    """Return one alternation of all names in `field`, and each name's number, from 1."""
    numbered: dict[str, int] = {}
    for language in LANGUAGES.values():
        for number, names in enumerate(getattr(language, field), 1):
            for name in re.split(r"\|(?![^(\[]*[)\]])", fold_pattern(names)):
                numbered.setdefault(name, number)
    ordered = sorted(numbered, key=len, reverse=True)
    return "|".join(ordered), [(re.compile(name), numbered[name]) for name in ordered]


_MONTHS, _MONTH_NUMBERS = _named("months")
# A month alone must be spelt out: "out", "set", "ago" and "may" are words of other languages.
# "Rivolgetevi a Marco": folded, "março" is a name, but behind "em", "até" and "de".
_LONG_MONTHS = "|".join(
    "(?<=em |te |de )marco" if name.pattern == "marco" else name.pattern
    for name, _ in _MONTH_NUMBERS
    if len(name.pattern) > 3 and "月" not in name.pattern and name.pattern not in ("maja", "marca")
)
_WEEKDAYS, _WEEKDAY_NUMBERS = _named("weekdays")
_YEAR = r"(?:(?:19|20)\d\d)"
_ORDINAL = r"(?:\.|st|nd|rd|th|er|o|a|e|º|°|ª|:a|:e|-go|-e)?"
# The end of a month, of a week, of a year: which of them is told by the pattern's place.
_PERIOD_ENDS = (
    r"(?P<month_end>(?:the )?end of (?:the|this) month|monatsende|ende (?:des|dieses) monats|fin (?:de |du )?mois|fin(?:al|ales)? (?:de|del) mes|fine (?:del )?mese|(?:fim|final) do mes|eind(?:e)? (?:van )?(?:de|deze) maand|slutet av manaden|manadsskiftet|konca (?:tego )?miesiaca|(?:今月|月)末)",
    r"(?P<week_end>(?:the )?end of (?:the|this) week|ende (?:der|dieser) woche|(?:het )?eind(?:e)? (?:van )?(?:de|deze) week|slutet av veckan|konca (?:tego )?tygodnia|今週末)",
    r"(?P<year_end>(?:the )?end of (?:the|this) year|jahresende|ende (?:des|dieses) jahres|(?:la )?fin de l'annee|fin(?:al|ales)? de ano|fine (?:dell')?anno|(?:fim|final) do ano|eind(?:e)? (?:van )?(?:het|dit) jaar|arsskiftet|konca (?:tego )?roku|年末(?!年始))",
)
# "3 working days", "9 to 14 h": a number, and no day of a month.
_COUNTED = (
    r"\s*(?:(?:working|business|full|weitere|ganze)\s)?(?:da(?:y|ys|gen|gar|g)\b|tage?n?\b|jours?\b|dias?\b|giorn[io]\b|dni\b|werk|arbeits|arbets"
    r"|hours?\b|hrs?\b|stunden?\b|heures?\b|horas?\b|ore\b|uur\b|timmar\b|godzin|weeks?\b|wochen?\b|semain|semana|settiman|weken\b|veck|tygod|months?\b|minut|%)"
    r"|\s*(?:a|as|to|till|bis|-|–|tot|do)\s*\d{1,2}(?:[:.]\d\d)?\s*(?:h\b|uhr|hrs|horas|heures|uur|o'clock|am\b|pm\b|p\.m)"
    r"|(?<=[789])\s*(?:to|till|bis|a|tot|do|-|–)\s*[3-7](?![\d:/]|\.\d)"
    r"|(?:以内|間|ほど|程度|くらい|ぐらい|後)"
    r"|\s*(?:and|und|et|y|e|en|och|i)\s*\d{1,2}(?!\d)(?!\.\s?(?:jan|feb|mar|apr|ma[iy]|jun|jul|au|sep|o[ck]t|nov|de[cz])|st|nd|rd|th)"
)
# "All of August": the month is meant from its first day to its last.
_WHOLE = (
    r"(?:the )?(?:whole|entire)(?: month)?(?: of)?", r"all(?: of)?", r"throughout", r"(?:den |im )?(?:ganzen|gesamten)(?: monat)?",
    r"tout le mois d[e']", r"tout(?: le mois)?", r"todo (?:el|o) mes de", r"todo", r"tutto(?: il mese di)?", r"(?:de )?hele(?: maand)?",
    r"hela", r"(?:przez )?caly(?: miesiac)?",
)  # fmt: skip
_DATES = re.compile(
    rf"(?P<iso_y>{_YEAR})[-/.](?P<iso_m>\d{{1,2}})[-/.](?P<iso_d>\d{{1,2}})(?!\d)"
    rf"|(?:(?P<cjk_y>{_YEAR})年\s*)?(?P<cjk_m>\d{{1,2}})月\s*(?P<cjk_d>\d{{1,2}})[日号號]"
    rf"|(?<![\d.:/])(?P<n1>\d{{1,2}})\s?(?P<sep>[./-])\s?(?P<n2>\d{{1,2}})(?:(?P=sep)\s?(?P<n_y>{_YEAR}|\d\d(?!\d))|\.)?(?![\d:])(?!\s?(?:uhr|h\b|am\b|pm\b|%|klo))(?!{_ORDINAL}\s*(?:of\s+|de\s+|d')?(?:{_MONTHS})(?![a-z]))"
    rf"|(?<![\d.:])(?P<dm_d>\d{{1,2}}){_ORDINAL}\s*(?:of\s+|de\s+|d'|den\s+|di\s+|da\s+)?(?<![a-z])(?P<dm_m>{_MONTHS})(?![a-z])\.?,?(?:\s*(?:de\s+|del\s+|do\s+)?(?P<dm_y>{_YEAR}))?"
    rf"|(?<![a-z])(?P<md_m>{_MONTHS})(?![a-z])\.?\s+(?:the\s+)?(?P<md_d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]\d)(?!\d)(?:,?\s+(?P<md_y>{_YEAR}))?"
    rf"|(?P<whole>(?<![a-z])(?:{'|'.join(_WHOLE)})\s+)?(?P<end>(?<![a-z])(?:the end of|end of|late|ende|fin(?: de| du mois de)?|finales de|a fine|fine|final de|fim de|eind(?:e)?(?: van)?|slutet av|konca|koniec|slutningen af|slutten av|конца)\s+(?:the month of\s+)?)?(?<![a-z])(?P<m_m>{_LONG_MONTHS})(?![a-z])(?:\s+(?:de\s+)?(?P<m_y>{_YEAR}))?"
    rf"|(?<![a-z])(?P<my_m>{_MONTHS})\.?\s+(?:de\s+)?(?P<my_y>{_YEAR})"
    rf"|(?<![a-z])(?P<weekday>{_WEEKDAYS})(?![a-z])"
    rf"|(?<![a-z])(?:kw|kalenderwoche|week|semaine|semana|settimana|vecka|v\.|uge|uke|tydzien|tydzie\w*) ?(?P<week>[0-5]?\d)(?: ?[-–/] ?(?P<week_last>[0-5]?\d))?(?![\d.:/])"
    rf"|(?<![a-z])(?P<period_end>{'|'.join(_PERIOD_ENDS)})(?![a-z])"
    rf"|(?<![a-z])(?P<tomorrow>{'|'.join(words('tomorrow'))})(?![a-z])"
    rf"|(?<![a-z])(?P<next_week>{'|'.join(words('next_week'))})(?![a-z])"
    rf"|(?<![\d.:/])(?P<day>\d{{1,2}})(?P<day_mark>st|nd|rd|th|日|号|:[ae](?![a-z])|er?(?![a-z])|\.(?=\s|$)|(?=[\s,;.!]|$))(?!\s*(?:{_MONTHS}))(?!{_COUNTED})"
)
_DAY_WORDS = Phrases([_WEEKDAYS, *words("tomorrow"), *words("next_week")])


_ORDINALS = {
    name: number
    for number, names in enumerate(
        (
            "first|ersten|premier|primero|primeiro|primo", "second|zweiten", "third|dritten", "fourth|vierten",
            "fifth|funften", "sixth|sechsten", "seventh|siebten", "eighth|achten", "ninth|neunten", "tenth|zehnten",
            "eleventh|elften", "twelfth|zwolften", "thirteenth", "fourteenth", "fifteenth|funfzehnten", "sixteenth",
            "seventeenth", "eighteenth", "nineteenth", "twentieth|zwanzigsten", "twenty-first", "twenty-second",
            "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth", "twenty-seventh", "twenty-eighth",
            "twenty-ninth", "thirtieth|dreissigsten", "thirty-first",
        ),
        1,
    )
    for name in names.split("|")
}  # fmt: skip
# A day spelt out, beside its month.
_ORDINAL_WORD = re.compile(
    rf"(?<![a-z])({'|'.join(sorted(_ORDINALS, key=len, reverse=True))})(?=\s+(?:of |de |d')?(?:{_MONTHS})(?![a-z]))"
)


def speaks_of_a_day(told: str) -> bool:
    """Whether a folded text can name a day at all: by a digit or by a word."""
    return bool(_DIGIT.search(told)) or _DAY_WORDS.search(told) is not None


_DIGIT = re.compile(r"[0-9]|[^\x00-\x7f](?<=\d)")  # few texts have other digits
_UNTIL = re.compile(rf"(?<![a-z])(?:{'|'.join(words('until'))}){_ARTICLE}$")
_AND = re.compile(
    rf"(?<![a-z])(?:and|und|et(?: le)?|y(?: el)?|e(?: il| o)?(?: dia)?|en|och|i){_ARTICLE}$"
)
_SINCE = re.compile(rf"(?<![a-z])(?:{'|'.join(words('since'))}){_ARTICLE}$")
_OPENS_RANGE = re.compile(rf"\s*[,)]?\s*(?:{'|'.join(words('until'))}){_ARTICLE}")
_UNTIL_AFTER = re.compile(rf"^(?:{'|'.join(words('until_after'))})")
_SINCE_AFTER = re.compile(rf"^(?:{'|'.join(words('since_after'))})")
# Cues of at least three letters end what belongs to the date before them.
_LONG_CUES = re.compile(
    rf"(?<![a-z])(?=[a-z]{{3}})(?:{'|'.join(words('until') + words('since'))})(?![a-z])"
)
_BOUNDARY = re.compile(r"\n\s*\n|[!?;。!]|(?<=[^\W\d]{3})\.\s")
# Right before a date, where nothing else is so short.
_SHORT_WEEKDAY = (
    r"(?<![a-z])(?:mon|tues?|weds?|thu(?:rs?)?|fri|sat|sun|mo|di|mi|(?<=bis )do|(?<=ab )do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mie|jue|vie|sab|dom"
    r"|gio|seg|ter|qua|qui|sex|ma|wo|vr|za|zo|man|tis|ons|tors?|fre|lor|son|pon|pn|wt|sr|czw|pt|sob|niedz|nd)"
)
_WEEKDAY_TAIL = re.compile(
    rf"(?:(?:{_WEEKDAYS})(?:,?\s+(?:the|den|dem|de|le|el|il|lo|a|o)(?:\s+dia)?|,?\s+dia)?[\s,.]*|\(|the\s+|{_SHORT_WEEKDAY}[.,]?\s*)$"
)
_HOUR = re.compile(
    r"(?<!\d)\d{1,2}\s*(?:to|bis|a|al|tot|do|till|-|–|and|und|et|y|e|en|och|i)\s*$|(?<![a-z])(?:alle|ore|at|um|gegen|las|as|om|kl\.?|klockan|godz\.?)\s*$"
)
_OF_DAY = re.compile(r"(?:^|[.!?\n¡¿,])\s*(?:el|il|le|o dia|no dia|dia|am|den|op)\s$")
_WINDOW = 60
_FRIDAY = 4
_NAMED = 1  # what a week or month in which somebody is away weighs: less than any "until"
_PART_TIME = re.compile(
    fold_pattern(
        r"part[ -]time|teilzeit|temps partiel|media jornada|jornada reducida|(?:tiempo|tempo) parcial|parttime|deeltijd"
        r"|tempo parziale|deltid|etatu"
    )
)
_WITHIN = re.compile(r"(?<![a-z])(?:in|im|en|em|i|w|we|during|durante|pendant|au mois d[e'])\s*$")


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    day: date
    vague: bool  # a weekday, a bare day or a month: means nothing without a cue
    last: date | None = None  # the last day of a week, where a week is named
    loose: bool = False  # "next week": gives way to a date
    month_end: date | None = None  # the last day of a month that is named without a day
    whole: bool = False  # "all of August"
    weekday: bool = False
    bare: bool = False  # "the 4th": a number and no month


@dataclass(frozen=True, slots=True)
class End:
    """A day that ends an absence, and how much speaks for it. With a `deadline` they will answer until then."""

    day: date
    weight: int
    deadline: bool = False


def return_date(folded: str, today: date | None, *, trusting: bool = False) -> date | None:
    """Return the date that a folded text names as the return or the end of an absence, or None.

    `trusting` takes a single date still to come without a word beside it: a machine that names one
    names the end of an absence. Without `today` no date can be told from one long past, and the answer is None.
    """
    end = dated_end(folded, today, trusting=trusting)
    return end.day if end else None


def dated_end(folded: str, today: date | None, *, trusting: bool) -> End | None:
    """Return the date as `return_date` does, with what speaks for it."""
    if today is None:
        return None
    folded = _ORDINAL_WORD.sub(lambda word: str(_ORDINALS[word[1]]), folded[:MAX_WORDS])
    found = _candidates(folded, today)
    scored = _scored(folded, found, today, trusting=trusting)
    if not scored:
        return None
    ahead = [each for each in scored if each.day > today and each.weight >= UNTIL_CUE]
    scored = ahead or scored  # "what came by the 23rd goes out on our return" names no return
    top = max(each.weight for each in scored)
    best = [each for each in scored if each.weight == top]
    if top >= RETURN:
        return max(best, key=lambda each: each.day)
    # Of several absences the one that comes first; one that is over counts only if none is to come.
    return next((each for each in best if each.day >= today), best[-1])


def _scored(  # noqa: PLR0912
    folded: str, found: list[_Candidate], today: date, *, trusting: bool
) -> list[End]:
    """Return those dates that can be an end, each with what speaks for it."""
    scored: list[End] = []
    gone = today  # the end of an absence, as far as it was told before
    plain = False
    for index, each in enumerate(found):
        previous = found[index - 1].end if index else 0
        following = found[index + 1].start if index + 1 < len(found) else len(folded)
        before = folded[max(previous, each.start - _WINDOW) : each.start]
        ranged = bool(index and _RANGE.fullmatch(before))
        cuts = list(_BOUNDARY.finditer(before))
        before = _WEEKDAY_TAIL.sub("", before[cuts[-1].end() :] if cuts else before)
        if plain and not cuts:
            # "On the 5th I am back, the 3rd is a holiday": what is said of the date before is not of this one.
            before = before.rpartition(", ")[2]
        plain = _score(before, "") == 0  # nothing before it speaks for this date
        after = folded[each.end : min(following, each.end + _WINDOW)]
        cut = _BOUNDARY.search(after)
        after = after[: cut.start()] if cut else after
        weight = max(_score(before, after), UNTIL_CUE if ranged else -9)
        if weight == UNTIL_CUE and (cuts or not index) and (joined := _AND.search(before)):
            # "And the 3rd" ends what begins with another date, or nothing.
            weight = _score(before[: joined.start()], after)
        day = each.day
        if each.last and weight < RETURN:
            day = each.last  # until a week is until its end
        if weight == 0 and (each.last or each.month_end):
            named = UNTIL_CUE if each.whole else _NAMED
            told = each.whole or each.last or _WITHIN.search(before)
            if told and ABSENT.search(before + folded[each.start : each.end] + after):
                scored.append(End(each.last or each.month_end or day, named))
            continue
        if index and _are_hours(folded, found[index - 1], each):
            continue
        if (each.weekday or each.bare) and weight >= RETURN:
            day = _behind(each, gone)
        if each.weekday and weight < RETURN and _PART_TIME.search(folded):
            continue  # a weekday of every week
        if weight == 0:  # no cue: only a single date in a sentence about being away counts
            alone = len([one for one in found if not one.vague]) == 1
            near = before + folded[each.start : each.end] + after
            if each.vague or not alone or each.day <= today:  # today's is the letter's own
                continue
            if not trusting and not ABSENT.search(near):
                continue
        if each.loose and scored:
            continue
        if weight >= 0:
            scored.append(End(day, weight, bool(_DEADLINE.search(before))))
        if weight == UNTIL_CUE and not (each.weekday and day == today + timedelta(days=7)):
            gone = max(gone, day)  # today's own weekday may as well mean today
    return scored


def _behind(each: _Candidate, gone: date) -> date:
    """Return the day of a return that is named by weekday or number: the first such after `gone`."""
    if each.day >= gone:
        return each.day
    if each.weekday:
        return each.day + timedelta(days=-(-(gone - each.day).days // 7) * 7)
    return _next_day(each.day.day, gone) or each.day


def _are_hours(folded: str, first: _Candidate, last: _Candidate) -> bool:
    """Whether "Monday to Friday" are the days on which somebody works, and not when they are away."""
    if not (first.weekday and last.weekday):
        return False
    if not _OPENS_RANGE.fullmatch(f" {folded[first.end : last.start].strip()}"):
        return False
    before = folded[max(0, first.start - _WINDOW) : first.start]
    return not ABSENT.search(_BOUNDARY.split(before)[-1])


def _returns(text: str) -> bool:
    """Whether a word of return stands in a text, and is not denied: "I read no mail"."""
    at = 0
    while found := _BACK.search(text[at:]):
        at += found.end()
        if not _DENIED.match(text, at) and not _DENIAL.search(found[0]):
            return True
    return False


_DENIAL = re.compile(r"(?<![a-z])(?:keine?n?|nicht|not|pas|niet|geen|inte|inga|nie|nao)(?![a-z])")
_DENIED = re.compile(
    r"\s*(?:\w+ )?(?:keine?n?|nicht|not|no (?:e-?)?mails?|no messages|pas|plus|aucun\w*|niet|geen|inte|inga|nie)(?![a-z])"
    r"(?!\s*(?:later|before|until|vor|avant|voor|forran|przed|spater))"
)


def _score(before: str, after: str) -> int:
    """Weigh what stands around a date: whether it ends an absence, begins one, or neither."""
    back_before = _returns(before)
    cue = _LONG_CUES.search(after)
    back_after = _returns(after[: cue.start()] if cue else after)
    if _UNTIL_AFTER.search(after):
        return UNTIL_CUE
    if _OPENS_RANGE.fullmatch(after):
        return -2  # the other date is the end
    since_after = _SINCE_AFTER.search(after)
    if _UNTIL.search(before) or _DASH.search(before):
        # "back to 3 January" is no return, "and return on" is none of an "and" alone
        return RETURN + 1 if back_before else UNTIL_CUE
    if back_before or back_after:
        return RETURN + 1 if back_before else RETURN
    return -2 if since_after or _SINCE.search(before) else 0


def _candidates(folded: str, today: date) -> list[_Candidate]:  # noqa: PLR0912, PLR0915
    """Return every date in `folded` that can be one, as a day, in order."""
    found: list[_Candidate] = []
    american = _american(folded, today)
    for match in _DATES.finditer(folded):
        day: date | None = None
        vague = False
        last: date | None = None
        month_end: date | None = None
        loose = whole = weekday = bare = False
        group = match.lastgroup
        parts = match.groupdict()
        if parts["iso_y"]:
            day = _day(int(parts["iso_y"]), int(parts["iso_m"]), int(parts["iso_d"]))
        elif parts["cjk_m"]:
            day = _dated(parts["cjk_y"], int(parts["cjk_m"]), int(parts["cjk_d"]), today)
        elif parts["n1"]:
            day = _numeric(match, today, american=american)
            vague = not parts["n_y"] and parts["sep"] != "."
        elif parts["dm_d"]:
            day = _dated(
                parts["dm_y"], _number(parts["dm_m"], _MONTH_NUMBERS), int(parts["dm_d"]), today
            )
        elif parts["md_m"]:
            day = _dated(
                parts["md_y"], _number(parts["md_m"], _MONTH_NUMBERS), int(parts["md_d"]), today
            )
        elif parts["my_m"]:
            day, vague = (
                _dated(parts["my_y"], _number(parts["my_m"], _MONTH_NUMBERS), 1, today),
                True,
            )
        elif parts["m_m"]:
            month = _number(parts["m_m"], _MONTH_NUMBERS)
            day = _dated(parts["m_y"], month, 1, today)
            if day and parts["end"]:
                day = _month_end(day)
            elif day:
                month_end, whole = _month_end(day), bool(parts["whole"])
            vague = True
        elif parts["weekday"]:
            if _beside_date(folded, match, found):
                continue
            ahead = (_number(parts["weekday"], _WEEKDAY_NUMBERS) - 1 - today.weekday()) % 7 or 7
            day = today + timedelta(days=ahead)
            vague = weekday = True
        elif parts["period_end"]:
            if parts["month_end"]:
                day = _month_end(today)
            elif parts["week_end"]:
                day = today + timedelta(days=(_FRIDAY - today.weekday()) % 7)
            else:
                day = date(today.year, 12, 31)
            vague = True
        elif parts["week"]:
            day = _week(int(parts["week"]), today)
            last = _week(int(parts["week_last"] or parts["week"]), today)
            last = last + timedelta(days=6) if last else None
            vague = True
        elif parts["tomorrow"]:
            day, vague = today + timedelta(days=1), True
        elif parts["next_week"]:
            day, vague, loose = today + timedelta(days=7 - today.weekday()), True, True
        elif group and parts["day"]:
            day, bare = _next_day(int(parts["day"]), today), True
            leading = folded[max(0, match.start() - 40) : match.start()]
            vague = not _WEEKDAY_TAIL.search(leading)
            if _HOUR.search(leading):
                continue  # "9 to 5", "alle 9"
            if _DASH.search(leading) and not _BEGUN.search(leading):
                continue  # the end of a telephone number
            if (
                vague
                and not parts["day_mark"]
                and not (
                    _UNTIL.search(leading) or _SINCE.search(leading) or _OF_DAY.search(leading)
                )
            ):
                continue
        if day is not None:
            found.append(
                _Candidate(
                    match.start(),
                    match.end(),
                    day,
                    vague,
                    last,
                    loose,
                    month_end,
                    whole,
                    weekday,
                    bare,
                )
            )
    return found


def _beside_date(folded: str, match: re.Match[str], found: list[_Candidate]) -> bool:
    """Whether a weekday only adorns a date: "Monday, 4 January" or "4 January (Monday)"."""
    if found and not found[-1].vague and match.start() - found[-1].end <= 2:
        return True
    follow = folded[match.end() : match.end() + 40]
    return bool(_DAY_AFTER.match(follow) or _MONTH_AFTER.match(follow))


_DAY_AFTER = re.compile(
    rf"[\s,.]{{0,3}}(?:the |den |dem |le |el |il |o |dia |de )?\d{{1,4}}(?!\d)(?!{_COUNTED})"
)
_MONTH_AFTER = re.compile(rf"[\s,.]{{1,3}}(?:{_MONTHS})(?![a-z])")


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _number(name: str, numbers: Iterable[tuple[re.Pattern[str], int]]) -> int:
    return next((number for pattern, number in numbers if pattern.fullmatch(name)), 0)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _dated(year: str | None, month: int, day: int, today: date) -> date | None:
    """Return the day; without a year the next of that name, unless the last is only just over."""
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    for candidate in (today.year - 1, today.year, today.year + 1, today.year + 2):
        found = _day(candidate, month, day)
        if found and found >= today - _PATIENCE:
            return found
    return None


def _week(number: int, today: date) -> date | None:
    """Return the Monday of the next week of that number (ISO 8601), or None where there is none."""
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            monday = date.fromisocalendar(year, number, 1)
        except ValueError:
            continue
        if monday >= today - timedelta(days=7):
            return monday
    return None


def _next_day(day: int, today: date) -> date | None:
    """Return the next day of that number in a month, today's month or the one after."""
    for months in range(3):
        index = today.year * 12 + today.month - 1 + months
        found = _day(index // 12, index % 12 + 1, day)
        if found and found >= today:
            return found
    return None


def _american(folded: str, today: date) -> bool | None:
    """Whether the numeric dates of a text put the month first: True, False, or None for untold.

    Where English leaves it open, all are read in the one order that brings them nearest to today.
    """
    told: bool | None = None
    for match in _SLASHED.finditer(folded):
        if int(match[1]) > 12 >= int(match[2]):
            return False
        if int(match[2]) > 12 >= int(match[1]):
            told = True
    if told is None and re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", folded):
        return True
    if told is None and not _ENGLISH.search(folded):
        return False
    if told is None:
        pairs = [(int(match[1]), int(match[2])) for match in _SLASHED.finditer(folded)]
        months_first = [_dated(None, first, second, today) for first, second in pairs]
        days_first = [_dated(None, second, first, today) for first, second in pairs]
        if len(pairs) > 1 and None not in months_first and None not in days_first:
            return _spread(months_first, today) < _spread(days_first, today)
    return told


def _spread(days: list[date | None], today: date) -> int:
    return max(abs((day - today).days) for day in days if day)


_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})[/-](\d{1,2})(?![\d])")
_ENGLISH = re.compile(
    r"\b(?:the|i'm|i'll|i've|office|will|with|and|back|away|until|from|through|you|your|thanks|thank|please|reply|return(?:ing)?)\b"
)


def _numeric(match: re.Match[str], today: date, *, american: bool | None) -> date | None:
    first, second, year = int(match["n1"]), int(match["n2"]), match["n_y"]
    if match["sep"] == "." or american is False:
        return _dated(year, second, first, today)
    if american:
        return _dated(year, first, second, today)
    either = [_dated(year, second, first, today), _dated(year, first, second, today)]
    return min(
        (day for day in either if day), key=lambda day: abs((day - today).days), default=None
    )
