"""Answers that no person wrote just now: absences, departures, acknowledgements, challenges.

There is no format for these, only RFC 3834's header fields, which many systems leave out, and the
habits of people who write such notes. So it is decided in two steps: whether a machine answered
(header fields, then the subject, then the words alone, each asking for more), and what it says.
The words of a language are tables in `absence_words`; what stands here holds for all of them.

Standards: RFC 3834 (Auto-Submitted and what responders should do).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from outreach.inbound.absence_words import LANGUAGES
from outreach.inbound.mail import Address, Mail
from outreach.inbound.phrases import Phrases, Rules, branches, fold, fold_pattern

_MAX_WORDS = 4000  # characters of a notice that are read
_NOTE = 400  # characters of a reply in which a person mentions being away
_EARLY = 320  # characters in which a notice says what it is
_SHORT = 1200  # characters: notices to everybody are brief
_PATIENCE = timedelta(days=45)  # how far back a date without a year may lie


class AutoReplyKind(StrEnum):
    """What an automatic answer says."""

    #: They are away, perhaps until a date.
    ABSENT = "absent"
    #: They work there no more, or the address is no longer theirs.
    LEFT = "left"
    #: Our mail arrived and somebody will look at it.
    ACKNOWLEDGEMENT = "acknowledgement"
    #: A machine wants proof that we are a person before it delivers our mail.
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoReply:
    """What an automatic answer says.

    `until` is the last date it names as the end of the absence, or the day of return where it
    names that; both mean: not before. `contact` is who is to be written to instead: the successor
    of somebody who left, the deputy of somebody away. `rule` names what gave the machine away.
    """

    kind: AutoReplyKind
    rule: str
    until: date | None = None
    contact: Address | None = None


def words(field: str) -> list[str]:
    """Return the folded patterns of one field of `AbsenceWords` in all languages, longest first."""
    found = {
        fold_pattern(branch)
        for language in LANGUAGES.values()
        for pattern in getattr(language, field)
        for branch in branches(pattern)
    }
    return sorted(found, key=lambda pattern: (-len(pattern), pattern))


def _any(field: str) -> Phrases:
    return Phrases(words(field))


_KINDS = (
    AutoReplyKind.CHALLENGE,
    AutoReplyKind.LEFT,
    AutoReplyKind.ABSENT,
    AutoReplyKind.ACKNOWLEDGEMENT,
)
_KIND_WORDS = Rules([words(field) for field in ("challenged", "left", "absent", "acknowledged")])
_ABSENT = _any("absent")


def _kind(body: str) -> AutoReplyKind | None:
    """Return what a folded text says: the first kind of which a phrase is found anywhere in it."""
    found = _KIND_WORDS.first(body)
    return None if found is None else _KINDS[found]


_AUTOMATIC = _any("automatic")
_SUBJECT = re.compile(rf"^\W*(?:{'|'.join(words('subjects'))})(?![a-z])")
_BACK = _any("back")
_ARTICLE = r"(?:\s*(?:the|den|dem|de|le|la|el|il|lo|o|a|het|und mit|incl?\.?|inclusive|including|ca\.?|approx\.?|evening of|morning of|and including|am|on)\b)?\s*"
_RANGE = re.compile(r"\s*[)\]]?\s*[-–—~〜～]\s*[(\[]?\s*")
_DEADLINE = re.compile(
    r"(?<![a-z])(?:by|within|spatestens|innerhalb|avant|sous|antes del?|entro|uiterlijk|binnen|senast|inom|najpozniej|ate)(?: \w+){0,2}\s*$"
)
_DASH = re.compile(r"[\w.)]\s*[-–—~〜]\s*$")

_PREFIX = re.compile(r"^\s*(?:\[[^\]]{1,40}\]\s*|\*+[^*]{1,30}\*+\s*)*")
_ANSWER = re.compile(
    r"^\s*(?:(?:re|aw|antw|sv|vs|odp|res|rif|r|tr|fwd?|fw|wg|rv|i|enc|vb|pd)\s*(?:\[\d+\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)
_URGENT = re.compile(
    fold_pattern(
        r"urgen|emergenc|dringend|eilig|vertretung|brådskande|akut|piln(?:e|ych|a)|緊急|お急ぎ|急ぎ|至急|hast|in my absence|meantime"
        r"|zwischenzeit|access to (?:my )?e-?mail|nicht weitergeleitet|kontakta|wenden sie sich|contactez|contact[ea]r|contattar|neem contact|срочн|naléhav|kiireelli"
    )
)


# -- whether a machine answered ------------------------------------------------------------------


def machine_rule(mail: Mail) -> str | None:  # noqa: PLR0911
    """Return the name of the header field that says a responder sent this, or None."""
    headers = mail.headers
    submitted = headers.get("auto-submitted").lower()
    if submitted.startswith("auto-replied"):
        return "auto-submitted"
    for name in () if headers.has_none(_RESPONDER_SET) else _RESPONDER_FIELDS:
        if name in headers and headers.get(name).strip().lower() not in ("no", "false", "0"):
            return name
    if headers.get("precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return "precedence-auto-reply"
    if "mailbox rules agent" in headers.get("x-ms-exchange-generated-message-source").lower():
        return "x-ms-exchange-generated-message-source"
    if "autoresponder" in headers.get("x-post-messageclass").lower():
        return "x-post-messageclass"
    if headers.get("x-autogenerated").strip().lower() in ("reply", "group", "letter"):
        return "x-autogenerated"
    mailer = f"{headers.get('x-mailer')} {headers.get('delivered-to')}".lower()
    if "vacation" in mailer or "autorespond" in mailer or "auto-reply" in mailer:
        return "x-mailer"
    return None


_RESPONDER_FIELDS = (
    "x-autoreply",
    "x-auto-reply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-vacation",
    "x-out-of-office",
    "x-mail-autoreply",
)


_RESPONDER_SET = frozenset(_RESPONDER_FIELDS)


def read_auto_reply(mail: Mail, text: str, today: date | None) -> AutoReply | None:
    """Return what `mail` says automatically, or None where a person seems to have written it.

    `text` are its author's own words, without quotation. `today` is the day it was received: dates
    without a year, weekdays and "tomorrow" count from it; without it no date is told.
    """
    rule = machine_rule(mail)
    subject = fold(mail.subject[:300])
    unmarked = _PREFIX.sub("", subject)
    bare = _ANSWER.sub("", unmarked)
    submitted = mail.headers.get("auto-submitted").lower()
    generated = submitted.startswith(("auto-generated", "auto-notified"))
    by_subject = bool(_SUBJECT.match(bare) or _SUBJECT.match(subject))
    if not (rule or by_subject or generated) and not _may_be(mail, text):
        return None
    body = fold(text[:_MAX_WORDS])
    answered = unmarked != bare
    automatic = any(hint in body for hint in _AUTOMATIC_HINTS) and bool(_AUTOMATIC.search(body))
    announced = bool(rule) or by_subject
    # Nothing else speaks of a machine: then a notice says at once what it is.
    kind = _kind(body if announced or generated or automatic else body[:_EARLY])
    if kind is None and not announced and not (len(body) <= _NOTE and _URGENT.search(body)):
        return None
    if kind in (None, AutoReplyKind.ACKNOWLEDGEMENT) and announced and _ABSENT.search(bare):
        kind = AutoReplyKind.ABSENT
    told = f"{bare}.\n\n{body}" if announced else body
    dated = _dated_end(
        told, today, trusting=announced and kind is not AutoReplyKind.ACKNOWLEDGEMENT
    )
    if dated and _overrules(dated, kind, body, announced=announced):
        kind = AutoReplyKind.ABSENT
    until = dated.day if dated and kind is AutoReplyKind.ABSENT else None
    if rule:
        found = rule
        kind = kind or AutoReplyKind.ACKNOWLEDGEMENT
    elif kind is None:
        return None
    elif by_subject and (not answered or automatic or _formal(body, kind, until)):
        found = "subject"
    elif generated:
        found = "auto-submitted-generated"
    elif (automatic and len(body) < _SHORT) or _formal(body, kind, until):
        found = "words"
    else:
        return None
    away = kind in (AutoReplyKind.LEFT, AutoReplyKind.ABSENT)
    return AutoReply(
        kind=kind, rule=found, until=until, contact=_contact(mail, text) if away else None
    )


def _overrules(dated: "_End", kind: AutoReplyKind | None, body: str, *, announced: bool) -> bool:
    """Whether the day of a return says more than the words do: an absence is what has an end."""
    if kind is AutoReplyKind.ABSENT:
        return True
    if kind is None:
        return announced or (
            dated.weight >= _UNTIL_CUE
            and len(body) <= _NOTE
            and bool(_URGENT.search(body) and _CONTACT.search(body))
        )
    if kind is AutoReplyKind.ACKNOWLEDGEMENT:
        return announced and dated.weight >= _UNTIL_CUE and not dated.deadline
    if kind is AutoReplyKind.LEFT:  # "I have left the office and shall be back on Monday"
        return announced and dated.weight >= _RETURN and bool(_ABSENT.search(body))
    return False


def read_absence_note(text: str, today: date | None) -> AutoReply | None:
    """Return what a person says about their own absence within a reply of theirs, or None."""
    if len(text) > _NOTE:
        return None
    told = fold(text)
    if not _speaks_of_a_day(told) or not _ABSENT.search(told):
        return None
    until = return_date(told, today)
    return AutoReply(kind=AutoReplyKind.ABSENT, rule="own-words", until=until) if until else None


def _may_be(mail: Mail, text: str) -> bool:
    """Whether the words are worth reading although nothing outside them speaks of a machine."""
    if len(text) > _SHORT or _asks(text):
        return False
    if any(name in mail.headers for name in ("list-id", "list-post", "newsgroups")):
        return False
    folded = fold(text)
    return any(hint in folded for hint in _HINTS)


def _formal(body: str, kind: AutoReplyKind, until: date | None) -> bool:
    """Whether words alone read like a notice to everybody: short, asking nothing, to the point."""
    return _is_notice(body) and (until is not None or kind is AutoReplyKind.LEFT)


def _is_notice(body: str) -> bool:
    """Whether a text is brief, asks nothing, and names somebody else to turn to."""
    return (
        len(body) <= _SHORT
        and not _asks(body)
        and bool(_URGENT.search(body) or _CONTACT.search(body))
    )


def _asks(text: str) -> bool:
    """Whether a text asks something; "Urgent?" is no question."""
    if "?" not in text and "？" not in text:
        return False
    for asked in _ASKED.finditer(text):
        sentence = _SENTENCE_END.split(text[max(0, asked.start() - 200) : asked.start()])[-1]
        if len(sentence.split()) > _NO_QUESTION:
            return True
    return False


_ASKED = re.compile("[?？]")
_SENTENCE_END = re.compile(r"[.!?\n？。]")
_NO_QUESTION = 3  # words


_AUTOMATIC_HINTS = ("auto", "reply to this", "自動", "自动", "автомат")
# One of these stands in every notice that words alone can give away: see `_formal` and `_AUTOMATIC`.
_HINTS = (
    "@", "auto", "自動", "自动", "urgen", "emergenc", "dringend", "eilig", "vertretung", "bradskande", "akut",
    "piln", "緊急", "急ぎ", "至急", "hast", "absence", "mean", "zwischenzeit", "access", "weitergeleitet",
    "kontakt", "wenden", "contact", "contatt", "срочн", "naleh", "kiire", "confirm", "verif", "deliver",
)  # fmt: skip
_CONTACT = re.compile(r"([\w.+'-]{1,64}@[\w.-]{1,253}\.\w{2,24})")
_NAME_BEFORE = re.compile(
    r"((?:[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’.-]{1,30} ){0,3}[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’-]{1,30})\s*(?:\(|<|,|at|under|via|unter|à|en|su|em|op|på|pod|:|-|–)?\s*(?:mailto:)?$"
)


def _contact(mail: Mail, told: str) -> Address | None:
    """Return the first mailbox a notice names that is neither its sender nor its recipient."""
    known = {mail.sender.address.lower(), *(address.lower() for address in mail.recipients)}
    for match in _CONTACT.finditer(told[:_MAX_WORDS]):
        address = match[1].strip(".'")
        if address.lower() not in known:
            before = " ".join(told[max(0, match.start() - 80) : match.start()].split())
            name = _NAME_BEFORE.search(before)
            return Address(name[1] if name else "", address)
    return None


# -- until when ----------------------------------------------------------------------------------


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
_LONG_MONTHS = "|".join(
    name.pattern
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
_DATES = re.compile(
    rf"(?P<iso_y>{_YEAR})[-/.](?P<iso_m>\d{{1,2}})[-/.](?P<iso_d>\d{{1,2}})(?!\d)"
    rf"|(?:(?P<cjk_y>{_YEAR})年\s*)?(?P<cjk_m>\d{{1,2}})月\s*(?P<cjk_d>\d{{1,2}})[日号號]"
    rf"|(?<![\d.:/])(?P<n1>\d{{1,2}})\s?(?P<sep>[./-])\s?(?P<n2>\d{{1,2}})(?:(?P=sep)\s?(?P<n_y>{_YEAR}|\d\d(?!\d))|\.)?(?![\d:])(?!\s?(?:uhr|h\b|am\b|pm\b|%|klo))"
    rf"|(?<![\d.:])(?P<dm_d>\d{{1,2}}){_ORDINAL}\s*(?:of\s+|de\s+|d'|den\s+|di\s+|da\s+)?(?<![a-z])(?P<dm_m>{_MONTHS})(?![a-z])\.?,?(?:\s*(?:de\s+|del\s+|do\s+)?(?P<dm_y>{_YEAR}))?"
    rf"|(?<![a-z])(?P<md_m>{_MONTHS})(?![a-z])\.?\s+(?:the\s+)?(?P<md_d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]\d)(?!\d)(?:,?\s+(?P<md_y>{_YEAR}))?"
    rf"|(?P<end>(?<![a-z])(?:the end of|end of|late|ende|fin(?: de| du mois de)?|finales de|a fine|fine|final de|fim de|eind(?:e)?(?: van)?|slutet av|konca|koniec|slutningen af|slutten av|конца)\s+(?:the month of\s+)?)?(?<![a-z])(?P<m_m>{_LONG_MONTHS})(?![a-z])(?:\s+(?:de\s+)?(?P<m_y>{_YEAR}))?"
    rf"|(?<![a-z])(?P<my_m>{_MONTHS})\.?\s+(?:de\s+)?(?P<my_y>{_YEAR})"
    rf"|(?<![a-z])(?P<weekday>{_WEEKDAYS})(?![a-z])"
    rf"|(?<![a-z])(?:kw|kalenderwoche|week|semaine|semana|settimana|vecka|v\.|uge|uke|tydzien|tydzie\w*) ?(?P<week>[0-5]?\d)(?: ?[-–/] ?(?P<week_last>[0-5]?\d))?(?![\d.:/])"
    rf"|(?<![a-z])(?P<period_end>{'|'.join(_PERIOD_ENDS)})(?![a-z])"
    rf"|(?<![a-z])(?P<tomorrow>{'|'.join(words('tomorrow'))})(?![a-z])"
    rf"|(?<![a-z])(?P<next_week>{'|'.join(words('next_week'))})(?![a-z])"
    rf"|(?<![\d.:/])(?P<day>\d{{1,2}})(?P<day_mark>st|nd|rd|th|日|号|\.(?=\s|$)|(?=[\s,;.!]|$))(?!\s*(?:{_MONTHS}))"
)
_DAY_WORDS = tuple(
    {
        name[:4]
        for language in LANGUAGES.values()
        for names in (*language.weekdays, *language.tomorrow, *language.next_week)
        for name in re.findall(r"\w{2,}", fold(names))
    }
)


def _speaks_of_a_day(told: str) -> bool:
    """Whether a folded text can name a day at all: by a digit or by a word."""
    return bool(_DIGIT.search(told)) or any(word in told for word in _DAY_WORDS)


_DIGIT = re.compile(r"\d")
_UNTIL = re.compile(rf"(?<![a-z])(?:{'|'.join(words('until'))}){_ARTICLE}$")
_SINCE = re.compile(rf"(?<![a-z])(?:{'|'.join(words('since'))}){_ARTICLE}$")
_UNTIL_AFTER = re.compile(rf"^(?:{'|'.join(words('until_after'))})")
_SINCE_AFTER = re.compile(rf"^(?:{'|'.join(words('since_after'))})")
# Cues of at least three letters end what belongs to the date before them.
_LONG_CUES = re.compile(
    rf"(?<![a-z])(?=[a-z]{{3}})(?:{'|'.join(words('until') + words('since'))})(?![a-z])"
)
_BOUNDARY = re.compile(r"\n\s*\n|[!?;。!]|(?<=[^\W\d]{3})\.\s")
_WEEKDAY_TAIL = re.compile(
    rf"(?:(?:{_WEEKDAYS})(?:,?\s+(?:the|den|dem|le|el|il|lo|dia))?[\s,.]*|\(|the\s+)$"
)
_HOUR = re.compile(
    r"\d\s*(?:to|bis|a|al|tot|do|till|-|–)\s*$|(?<![a-z])(?:alle|ore|at|um|gegen|las|as|om|kl\.?|klockan|godz\.?)\s*$"
)
_WINDOW = 60
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    day: date
    vague: bool  # a weekday, a bare day or a month: means nothing without a cue
    last: date | None = None  # the last day of a week, where a week is named
    loose: bool = False  # "next week": gives way to a date


@dataclass(frozen=True, slots=True)
class _End:
    """A day that ends an absence, and how much speaks for it. A deadline is when they will answer."""

    day: date
    weight: int
    deadline: bool = False


def return_date(folded: str, today: date | None, *, trusting: bool = False) -> date | None:
    """Return the date that a folded text names as the return or the end of an absence, or None.

    `trusting` takes a single date still to come without a word beside it: a machine that names one
    names the end of an absence. Without `today` no date can be told from one long past, and the answer is None.
    """
    end = _dated_end(folded, today, trusting=trusting)
    return end.day if end else None


def _dated_end(folded: str, today: date | None, *, trusting: bool) -> _End | None:
    if today is None:
        return None
    found = _candidates(folded[:_MAX_WORDS], today)
    scored: list[_End] = []
    for index, each in enumerate(found):
        previous = found[index - 1].end if index else 0
        following = found[index + 1].start if index + 1 < len(found) else len(folded)
        before = folded[max(previous, each.start - _WINDOW) : each.start]
        ranged = bool(index and _RANGE.fullmatch(before))
        cuts = list(_BOUNDARY.finditer(before))
        before = _WEEKDAY_TAIL.sub("", before[cuts[-1].end() :] if cuts else before)
        after = folded[each.end : min(following, each.end + _WINDOW)]
        cut = _BOUNDARY.search(after)
        after = after[: cut.start()] if cut else after
        weight = max(_score(before, after), _UNTIL_CUE if ranged else -9)
        day = each.day
        if each.last and weight < _RETURN:
            day = each.last  # until a week is until its end
        if weight == 0:  # no cue: only a single date in a sentence about being away counts
            alone = len([one for one in found if not one.vague]) == 1
            near = before + folded[each.start : each.end] + after
            if each.vague or not alone or each.day < today:
                continue
            if not trusting and not _ABSENT.search(near):
                continue
        if each.loose and scored:
            continue
        if weight >= 0:
            scored.append(_End(day, weight, bool(_DEADLINE.search(before))))
    if not scored:
        return None
    top = max(each.weight for each in scored)
    best = [each for each in scored if each.weight == top]
    if top >= _RETURN:
        return max(best, key=lambda each: each.day)
    # Of several absences the one that comes first; one that is over counts only if none is to come.
    return next((each for each in best if each.day >= today), best[-1])


_UNTIL_CUE = 2
_RETURN = 4  # a word of return beside a date outweighs "until"


def _score(before: str, after: str) -> int:
    """Weigh what stands around a date: whether it ends an absence, begins one, or neither."""
    back_before = _BACK.search(before)
    cue = _LONG_CUES.search(after)
    back_after = _BACK.search(after[: cue.start()] if cue else after)
    if _UNTIL_AFTER.search(after):
        return _UNTIL_CUE
    since_after = _SINCE_AFTER.search(after)
    if _UNTIL.search(before) or _DASH.search(before):
        # "back to 3 January" is no return, "and return on" is none of an "and" alone
        return _RETURN + 1 if back_before else _UNTIL_CUE
    if back_before:
        return _RETURN + 1
    if back_after:
        return _RETURN
    if since_after or _SINCE.search(before):
        return -2
    return 0


def _candidates(folded: str, today: date) -> list[_Candidate]:  # noqa: PLR0912, PLR0915
    """Return every date in `folded` that can be one, as a day, in order."""
    found: list[_Candidate] = []
    american = _american(folded)
    for match in _DATES.finditer(folded):
        day: date | None = None
        vague = False
        last: date | None = None
        loose = False
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
                day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
            vague = True
        elif parts["weekday"]:
            if _beside_date(folded, match, found):
                continue
            ahead = (_number(parts["weekday"], _WEEKDAY_NUMBERS) - 1 - today.weekday()) % 7 or 7
            day = today + timedelta(days=ahead)
            vague = True
        elif parts["period_end"]:
            if parts["month_end"]:
                day = today.replace(day=calendar.monthrange(today.year, today.month)[1])
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
            day = _next_day(int(parts["day"]), today)
            leading = folded[max(0, match.start() - 40) : match.start()]
            vague = not _WEEKDAY_TAIL.search(leading)
            if _HOUR.search(leading):
                continue  # "9 to 5", "alle 9"
            if (
                vague
                and not parts["day_mark"]
                and not (_UNTIL.search(leading) or _SINCE.search(leading))
            ):
                continue
        if day is not None:
            found.append(_Candidate(match.start(), match.end(), day, vague, last, loose))
    return found


def _beside_date(folded: str, match: re.Match[str], found: list[_Candidate]) -> bool:
    """Whether a weekday only adorns a date: "Monday, 4 January" or "4 January (Monday)"."""
    if found and not found[-1].vague and match.start() - found[-1].end <= 2:
        return True
    follow = folded[match.end() : match.end() + 8]
    return bool(
        re.match(r"[\s,.]{0,3}(?:the |den |dem |le |el |il |o |dia |de )?\d", follow)
    ) or bool(
        re.match(rf"[\s,.]{{1,3}}(?:{_MONTHS})(?![a-z])", folded[match.end() : match.end() + 16])
    )


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


def _american(folded: str) -> bool | None:
    """Whether the numeric dates of a text put the month first: True, False, or None for untold."""
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
    return told


_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})[/-](\d{1,2})(?![\d])")
_ENGLISH = re.compile(r"\b(?:the|i'm|office|will|with|and|back|away|until)\b")


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
