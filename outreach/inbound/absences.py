"""Answers that no person wrote just now: absences, departures, acknowledgements, challenges.

There is no format for these, only RFC 3834's header fields, which many systems leave out, and the
habits of people who write such notes. So it is decided in two steps: whether a machine answered
(header fields, then the subject, then the words alone, each asking for more), and what it says.
The phrases of a language are tables in `absence_words`; what stands here is asked of all of them at once.

Standards: RFC 3834 (Auto-Submitted and what responders should do).
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from dataclasses import dataclass
from datetime import date

from outreach.inbound.absence_words import any_of, words
from outreach.inbound.auto_reply_kinds import AutoReplyKind, kind_of
from outreach.inbound.headers import Address
from outreach.inbound.mail import Mail
from outreach.inbound.named_contacts import ADDRESS, named_contact
from outreach.inbound.named_days import speaks_of_a_day
from outreach.inbound.phrases import SENTENCE_ENDS, compared, filed, fold, fold_pattern
from outreach.inbound.receipts import only_closes, only_takes_time
from outreach.inbound.return_dates import (
    ABSENT,
    MAX_WORDS,
    MYSELF,
    RETURN,
    UNTIL_CUE,
    End,
    dated_end,
    return_date,
)
from outreach.inbound.subjects import ANSWER_MARKS

_NOTE = 400  # characters of a reply in which a person mentions being away
_EARLY = 320  # characters in which a notice says what it is
_CURT = 160  # characters of a note that says no more than that, and whom to turn to
_TITLE = 80  # characters of a subject that says what a notice is
_SHORT = 1200  # characters: notices to everybody are brief


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoReply:
    """What an automatic answer says.

    `until` is the last date it names as the end of the absence, or the day of return where it
    names that; both mean: not before. `contact` is who is to be written to instead: the successor
    of somebody who left, the deputy of somebody away, themselves at a new address. `rule` names what
    gave the machine away.
    """

    kind: AutoReplyKind
    rule: str
    until: date | None = None
    contact: Address | None = None


_AUTOMATIC = any_of("automatic")
_AWAY = any_of("away")
_SUBJECT = re.compile(rf"^\W*(?:{filed(words('subjects'))})(?![a-z])")
# "Re: News [automatic reply]"
_SUBJECT_END = re.compile(rf"[\[(]\s*(?:{filed(words('subjects'))})[^\])]{{0,20}}[\])]\s*$")
_NAMED_AUTOMATIC = re.compile(r"^\W*auto|^.{0,20}自動")
_ASIDE = re.compile(r"\s[-–—|]\s(?=\D)")
_PREFIX = re.compile(r"^\s*(?:\[[^\]]{1,40}\]\s*|\*+[^*]{1,30}\*+\s*)*")
_ANSWER = re.compile(rf"^\s*(?:(?:{ANSWER_MARKS})\s*(?:\[\d+\])?\s*[:：]\s*)+")
_URGENT = re.compile(
    fold_pattern(
        r"urgen|emergenc|dringend|eilig|vertretung|brådskande|bråttom|akut|piln(?:e|ych|a)|緊急|お急ぎ|急ぎ|至急|hast(?![a-z])|in my absence|mean(?:time|while)|mientras tanto|entre-?temps|nel frattempo|entretanto|ondertussen|intussen|under tiden|w miedzyczasie"
        r"|zwischenzeit|access to (?:my )?e-?mail|nicht weitergeleitet|kontakta|wenden sie sich|contactez|contact[ea]r|contattar|neem contact|срочн|naléhav|kiireelli"
    )
)

# A mailbox that is not read sends us to a desk; it was never anybody's, who could be gone.
_DESK = re.compile(
    r"(?:info|contact|kontakt|help|hilfe|aide|ayuda|support|suporte|soporte|servic|kundenservice|customer|care"
    r"|klantenservice|kundtjanst|kundeservice|enquir|inquir|assistenza|atendimento|atencion)[\w.+-]*@"
)
_MAILBOX = re.compile(
    fold_pattern(
        r"address|mailbox|inbox|replies|postfach|adresse|antworten|boîte|réponses|buzón|dirección|respuestas"
        r"|casella|indirizzo|risposte|caixa|endereço|respostas|postvak|adres|brevlåda|svar|skrzynk|アドレス"
    )
)
_NO_MORE = re.compile(
    fold_pattern(
        r"no longer|any ?more|nicht mehr|\bplus\b|désormais|ya no|\bpiù\b|\bmais\b|niet (?:meer|langer)|längre|\bkvar\b|już"
    )
)


def _only_unread(contact: Address, body: str) -> bool:
    """Whether a notice says of nobody but of its own mailbox where else to write."""
    return bool(
        _DESK.match(contact.address.lower()) and _MAILBOX.search(body) and not _NO_MORE.search(body)
    )


# -- whether a machine answered ------------------------------------------------------------------


def machine_rule(mail: Mail) -> str | None:
    """Return the name of the header field that says a responder sent this, or None."""
    for name in mail.headers.those_of(_MACHINE_FIELDS):
        said, rule = _SAID_BY_MACHINES[name]
        if said.search(mail.headers.get(name).lower()):
            return rule
    return None


# What in which field says so, in lower case, and the name of the rule.
_SAID_BY_MACHINES = {
    "auto-submitted": (re.compile("^auto-replied"), "auto-submitted"),
    **{
        name: (re.compile(r"^(?!(?:no|false|0)\Z)"), name)
        for name in (
            "x-autoreply", "x-auto-reply", "x-autoreply-from", "x-autorespond", "x-autoresponder",
            "x-autoresponse", "x-vacation", "x-out-of-office", "x-mail-autoreply",
        )
    },
    "precedence": (re.compile(r"^auto[_-]reply\Z"), "precedence-auto-reply"),
    "x-ms-exchange-generated-message-source": (
        re.compile("mailbox rules agent"), "x-ms-exchange-generated-message-source",
    ),
    "x-post-messageclass": (re.compile("autoresponder"), "x-post-messageclass"),
    "x-autogenerated": (re.compile(r"^(?:reply|group|letter)\Z"), "x-autogenerated"),
    "x-mailer": (re.compile("vacation|autorespond|auto-reply"), "x-mailer"),
    "delivered-to": (re.compile("vacation|autorespond|auto-reply"), "x-mailer"),
}  # fmt: skip
_MACHINE_FIELDS = tuple(_SAID_BY_MACHINES)


@dataclass(slots=True, kw_only=True)
class _Evidence:
    """What speaks of a machine beside the words: header fields and the subject."""

    rule: str | None
    #: The subject folded, and without the marks of an answer.
    subject: str
    bare: str
    #: Sent without a person, by the header fields of all such mail.
    generated: bool
    #: The subject says so, as responders write it; `answered` where it is an answer to such a one.
    by_subject: bool
    answered: bool
    #: An answer to ours under a subject of its own; `entitled` where that says what it is.
    own_subject: bool
    entitled: bool

    @classmethod
    def of(cls, mail: Mail, text: str) -> "_Evidence":
        """Read the evidence of a mail of which `text` are the author's own words."""
        subject = fold(mail.subject[:300])
        unmarked = _PREFIX.sub("", subject) if subject[:1] in ("[", "*") else subject
        bare = _ANSWER.sub("", unmarked) if ":" in unmarked or "：" in unmarked else unmarked
        submitted = mail.headers.get("auto-submitted").lower()
        by_subject = bool(_SUBJECT.match(bare) or (bare != subject and _SUBJECT.match(subject)))
        marked = (
            not by_subject and subject[-1:] in ("]", ")") and bool(_SUBJECT_END.search(subject))
        )
        own = bare == subject and not (by_subject or marked) and _answers_under_another(mail, text)
        return cls(
            rule=machine_rule(mail),
            subject=subject,
            bare=bare,
            # No person's mail is without a return path (RFC 3834 section 4, RFC 5321 section 4.5.5).
            generated=submitted.startswith(("auto-generated", "auto-notified")) or mail.null_sender,
            by_subject=by_subject or marked,
            answered=unmarked != bare and not marked,
            own_subject=own,
            entitled=own and _is_entitled(bare),
        )

    @property
    def title(self) -> str:
        """As much of the subject as its sender wrote: ours, which may follow, says nothing of them."""
        return "" if self.answered else _title(self.bare, announced=self.by_subject)

    @property
    def says_automatic(self) -> bool:
        """Whether a responder says in the subject what it is, before our own or behind it: "Re: News (automatic)"."""
        if not any(hint in self.subject for hint in _AUTOMATIC_SUBJECTS):
            return False
        at = max(map(self.subject.rfind, "-–—(["))
        tail = self.subject[at:] if at > 0 else ""
        return bool(_AUTOMATIC.search(self.title) or _AUTOMATIC.search(tail))

    @property
    def announced(self) -> bool:
        """Whether it is said that this is a notice, before its words are read."""
        return bool(self.rule) or self.by_subject

    @property
    def gives_an_address(self) -> bool:
        """Whether the subject, which is not ours, speaks of a new address."""
        own = not (self.by_subject or self.answered)
        return own and _MOVED.search(self.bare) is not None

    @property
    def certain(self) -> bool:
        """Whether a machine answered, whatever the words are."""
        named = self.by_subject and not self.answered
        return bool(self.rule) or (named and bool(_NAMED_AUTOMATIC.search(self.subject)))


def _title(subject: str, *, announced: bool) -> str:
    """Return what a responder writes before our own subject: "Away. Re: News", "Automatic reply: News"."""
    before, colon, ours = _OURS.split(subject, maxsplit=1)[0].partition(":")
    if announced and colon and not (ABSENT.search(ours) or _AWAY.search(ours)):
        return before
    return before + colon + ours


_OURS = re.compile(rf"\s[\[(]?(?:{ANSWER_MARKS})\s?[:：]")


def read_auto_reply(mail: Mail, text: str, today: date | None) -> AutoReply | None:
    """Return what `mail` says automatically, or None where a person seems to have written it.

    `text` are its author's own words, without quotation. `today` is the day it was received: dates
    without a year, weekdays and "tomorrow" count from it; without it no date is told.
    """
    evidence = _Evidence.of(mail, text)
    if not (
        evidence.announced
        or evidence.generated
        or evidence.own_subject
        or evidence.says_automatic
        or _may_be(mail, text)
    ):
        return None
    body = compared(text[:MAX_WORDS])
    automatic = _says_automatic(body) or evidence.says_automatic
    by_machine = evidence.announced or evidence.generated
    kind = _said(body, evidence, automatic=automatic)
    brief = len(body) <= _NOTE and bool(_URGENT.search(body))
    if kind is None and not (by_machine or automatic or brief):
        return None
    trusting = by_machine and kind is not AutoReplyKind.ACKNOWLEDGEMENT
    trusting = trusting or (automatic and kind is AutoReplyKind.ABSENT)
    dated = dated_end(_told(body, evidence), today, trusting=trusting)
    sure = by_machine or bool(automatic and dated and dated.weight >= RETURN)
    if dated and _overrules(dated, kind, body, announced=sure):
        kind = AutoReplyKind.ABSENT
    elif kind is AutoReplyKind.ABSENT and only_closes(dated, body, evidence.title):
        kind = AutoReplyKind.ACKNOWLEDGEMENT
    contact = named_contact(mail, text)
    if kind is None:
        if not evidence.certain:
            return None
        kind = _unsaid(body, contact)
    until = None
    # Where nobody knows when they will be back, what is dated is something else.
    if dated and kind is AutoReplyKind.ABSENT and not _is_open(dated, body):
        until = dated.day
    if kind is AutoReplyKind.ABSENT and not until and _title_tells_of_leaving(evidence, contact):
        kind = AutoReplyKind.LEFT
    ended = bool(until and dated and dated.weight >= UNTIL_CUE)
    found = (
        evidence.rule
        or _found_by(mail, evidence, body, kind, until, automatic=automatic)
        or _found_by_title(evidence, body, kind, contact, ended=ended)
    )
    if found is None:
        return None
    away = kind in (AutoReplyKind.LEFT, AutoReplyKind.ABSENT)
    return AutoReply(kind=kind, rule=found, until=until, contact=contact if away else None)


def _told(body: str, evidence: _Evidence) -> str:
    """Return in what a day is looked for: the words, and what a notice says above them."""
    if not (evidence.announced or evidence.entitled):
        return body
    # Behind a dash the subject may be our own, which names days of its own.
    return f"{_ASIDE.sub('. ', evidence.title)}.\n\n{body}"


def _is_open(dated: End, body: str) -> bool:
    """Whether an absence has no end yet, though a day is named."""
    return not dated.returning and bool(_OPEN_ENDED.search(body))


def _title_tells_of_leaving(evidence: _Evidence, contact: Address | None) -> bool:
    """Whether the subject says that an address is another now, or that somebody has left."""
    if contact and evidence.gives_an_address:
        return True
    return kind_of(evidence.title) is AutoReplyKind.LEFT


def _says_automatic(folded: str) -> bool:
    return any(hint in folded for hint in _AUTOMATIC_HINTS) and bool(_AUTOMATIC.search(folded))


def _said(body: str, evidence: _Evidence, *, automatic: bool) -> AutoReplyKind | None:
    """Return what the words of a notice say, dates aside."""
    # Nothing else speaks of a machine: then a notice says at once what it is.
    kind = kind_of(body if evidence.announced or evidence.generated or automatic else body[:_EARLY])
    away = evidence.certain and _AWAY.search(body) is not None
    if (evidence.announced or evidence.entitled) and _is_absent_after_all(
        kind, evidence.bare, body, away=away
    ):
        kind = AutoReplyKind.ABSENT
    if kind is AutoReplyKind.ABSENT and only_takes_time(body):
        return AutoReplyKind.ACKNOWLEDGEMENT
    if kind in (None, AutoReplyKind.ACKNOWLEDGEMENT) and automatic and _OPEN_ENDED.search(body):
        return AutoReplyKind.ABSENT
    if kind is None and (evidence.announced or evidence.generated):
        return kind_of(evidence.title)
    return kind


def _unsaid(body: str, contact: Address | None) -> AutoReplyKind:
    """Return what a machine's notice means whose words say nothing that is known.

    It may send us to somebody else, for the meantime or for good; and of what one person lets a
    machine say, most is that they are away.
    """
    if contact and not _only_unread(contact, body):
        return AutoReplyKind.ABSENT if _URGENT.search(body) else AutoReplyKind.LEFT
    return AutoReplyKind.ABSENT if MYSELF.search(body) else AutoReplyKind.ACKNOWLEDGEMENT


def _found_by(
    mail: Mail,
    evidence: _Evidence,
    body: str,
    kind: AutoReplyKind,
    until: date | None,
    *,
    automatic: bool,
) -> str | None:
    """Return what gives a machine away that no header field of a responder names, or None."""
    formal = _formal(body, kind, until)
    if evidence.by_subject and (not evidence.answered or automatic or formal):
        return "subject"
    if evidence.generated:
        return "null-sender" if mail.null_sender else "auto-submitted-generated"
    if (automatic and len(body) < _SHORT) or (
        formal and not (kind is AutoReplyKind.LEFT and _only_moved(body))
    ):
        return "words"
    return None


def _found_by_title(
    evidence: _Evidence,
    body: str,
    kind: AutoReplyKind,
    contact: Address | None,
    *,
    ended: bool,
) -> str | None:
    """Return that a subject of its own gives a notice away, or None."""
    receipt = evidence.entitled and kind is AutoReplyKind.ACKNOWLEDGEMENT and only_takes_time(body)
    if evidence.own_subject and (receipt or _is_to_everybody(kind, body, contact, ended=ended)):
        return "own-subject"
    return None


def _answers_under_another(mail: Mail, text: str) -> bool:
    """Whether a mail answers ours under a subject of its own, as responders do and people hardly ever."""
    return (
        bool(mail.headers.get("in-reply-to"))
        and mail.headers.has_none(_LIST_FIELDS)
        and len(text) <= _SHORT
        and not _asks(text)
    )


def _is_to_everybody(
    kind: AutoReplyKind, body: str, contact: Address | None, *, ended: bool
) -> bool:
    """Whether words under a subject of their own are a notice: they say until when, or whom to ask."""
    if len(body) > _NOTE:
        return False
    if kind is AutoReplyKind.ABSENT:
        return ended or bool(_OPEN_ENDED.search(body) or _URGENT.search(body))
    return kind is AutoReplyKind.LEFT and contact is not None


_OPEN_ENDED = re.compile(
    fold_pattern(
        r"(?<![a-z])(?:until further notice|(?:don't|do not) (?:yet )?know (?:yet )?(?:when|how long)|not sure when|no (?:fixed )?return date|bis auf weiteres"
        r"|wei(?:ß|ss) (?:\w+ ){0,3}nicht,? wann|auf unbestimmte zeit|jusqu'à nouvel ordre|sais pas (?:encore )?(?:quand|pour combien)|durée indéterminée"
        r"|hasta nuevo aviso|no sé (?:\w+ )?cuándo|sin fecha|fino a nuovo avviso|non so (?:\w+ )?quando|até novo aviso|não sei (?:\w+ )?quando|(?:ainda )?sem data"
        r"|tot nader (?:order|bericht)|weet (?:\w+ )?niet wanneer|tills vidare|vet (?:\w+ )?inte när|(?:fino a|sino a) nuova comunicazione|non so quantificare|(?:sin|sem) (?:fecha|data) prevista|por tempo indeterminado|tiempo indefinido|tot nader (?:order|bericht)|auf weiteres|onbepaalde tijd|do odwołania|nie wiem (?:\w+ )*(?:kiedy|jak długo)|do kiedy)|当面|未定"
    )
)


def _is_entitled(subject: str) -> bool:
    """Whether a subject of its own says that somebody is away, has left or got our mail."""
    return len(subject) <= _TITLE and (
        kind_of(subject) is not None or _MOVED.search(subject) is not None
    )


def _is_absent_after_all(
    kind: AutoReplyKind | None, subject: str, body: str, *, away: bool
) -> bool:
    """Whether a notice that is to be one says more by its subject, or less, than its words seem to."""
    if kind is AutoReplyKind.LEFT:
        return _is_only_represented(body)
    if kind is AutoReplyKind.ACKNOWLEDGEMENT and not (MYSELF.search(body) or _KANA.search(body)):
        away = False  # a desk says when it is read; Japanese does not say who is away
    if kind in (None, AutoReplyKind.ACKNOWLEDGEMENT):
        return away or ABSENT.search(subject) is not None
    return False


_KANA = re.compile("[\u3040-\u30ff]")


def _is_only_represented(body: str) -> bool:
    """Whether somebody on a long leave names who does their work, and says nothing else of leaving."""
    if not _SUCCESSION.search(body):
        return False
    rest = (each for each in SENTENCE_ENDS.split(body) if not _SUCCESSION.search(each))
    return kind_of(" ".join(rest)) is AutoReplyKind.ABSENT


_LONG_LEAVE = re.compile(
    fold_pattern(
        r"(?<![a-z])(?:(?:maternity|paternity|parental|sick|study|family|adoption|medical) leave|sabbatical|elternzeit|mutterschutz|sabbat"
        r"|conge (?:de )?(?:maternit|paternit|parental|sabbat|maladie)|baja (?:medica|maternal|por maternidad)|excedencia|maternita|congedo|aspettativa"
        r"|licen[cç]a|maternidade|in maternita|barselsorlov|zwangerschaps|ouderschaps|foraldraledig|tjanstledig|macierzynski|rodzicielski|wychowawczy)|育休|産休|休職"
    )
)
_SUCCESSION = re.compile(
    fold_pattern(
        r"(?<![a-z])(?:tak(?:en|es|ing) over|success|replac|ubernomm|ubernimmt|nachfolg|remplac|repris|sustitu|sostitu|subentr|substitu|opvolg"
        r"|overgenomen|neemt|ersatt|eftertrad|tagit over|zastep|nastepc|przej)|後任|引き継"
    )
)


def _overrules(dated: End, kind: AutoReplyKind | None, body: str, *, announced: bool) -> bool:
    """Whether the day of a return says more than the words do: an absence is what has an end."""
    if kind is AutoReplyKind.ABSENT:
        return False
    if kind is None:
        return (announced and not dated.deadline) or (
            dated.weight >= UNTIL_CUE
            and len(body) <= _NOTE
            and bool(_URGENT.search(body) and ADDRESS.search(body))
        )
    if kind is AutoReplyKind.ACKNOWLEDGEMENT:
        return (
            announced
            and dated.weight >= UNTIL_CUE
            and not dated.deadline
            and not only_takes_time(body)
            and bool(MYSELF.search(body) or (dated.returning and dated.dated))
        )
    if kind is AutoReplyKind.LEFT:  # "I have left the office and shall be back on Monday"
        if not announced or _FOR_GOOD.search(body):
            return False
        return bool(
            (dated.weight >= RETURN and ABSENT.search(body))
            or (dated.weight >= UNTIL_CUE and _LONG_LEAVE.search(body))
        )
    return False


_FOR_GOOD = re.compile(
    fold_pattern(
        r"(?<![a-z])(?:retired|ruhestand|pensioniert|retraite|jubil\w+|in pensione|aposent\w+|reformei|met pensioen|pension\w*|emerytur\w+|(?:decided|choosing|chosen) not to (?:return|come back)|(?:will|shall) not be (?:returning|coming back)(?! (?:until|before))"
        r"|nicht (?:mehr )?zurück(?:kehren|komm)\w*|ne (?:reviendr|reprendr)\w+ (?:pas|plus)(?! avant)|no (?:voy a )?volver\w*(?! (?:hasta|antes|a (?:la oficina )?(?:hasta|antes)))(?= a )"
        r"|non (?:tornerò|rientrerò) più|não (?:vou )?(?:voltar|regressar)\w* (?:à|ao|para)|kom(?:en)? niet meer terug|(?:kommer inte|inte) (?:att komma )?tillbaka(?! förrän| före)"
        r"|nie wróc\w+ już|już nie wróc\w+)"
    )
)


def read_absence_note(text: str, today: date | None) -> AutoReply | None:
    """Return what a person says about their own absence within a reply of theirs, or None."""
    if len(text) > _NOTE:
        return None
    told = compared(text)
    if not speaks_of_a_day(told) or not ABSENT.search(told):
        return None
    until = return_date(told, today)
    return AutoReply(kind=AutoReplyKind.ABSENT, rule="own-words", until=until) if until else None


def read_new_address(mail: Mail, text: str) -> AutoReply | None:
    """Return the new address that a person gives of their own within a reply of theirs, or None."""
    if "@" not in text or len(text) > _SHORT:
        return None
    told = text if _ANSWER.match(mail.subject.lower()) else f"{mail.subject[:_TITLE]}\n\n{text}"
    low = told.lower()
    if not any(word in low for word in _ADDRESS_WORDS) or not _MOVED.search(compared(told)):
        return None
    contact = named_contact(mail, text)
    if contact is None:
        return None
    theirs = Address(mail.sender.name, contact.address)
    return AutoReply(kind=AutoReplyKind.MOVED, rule="own-words", contact=theirs)


_MOVED = any_of("moved")
# One of these stands wherever a new address is spoken of, before the address itself.
_ADDRESS_WORDS = (
    "addr", "adres", "mail ", "mail:", "mail.", "correo", "correio", "direcci", "cuenta", "indirizzo", "recapito", "casella",
    "endereç", "アドレス", "адрес", "почт", "osoite", "邮", "信箱", "account", "messagerie", "me at", "one",
)  # fmt: skip


def _only_moved(body: str) -> bool:
    """Whether somebody gives a new address, and says nothing else of what they left."""
    if not _MOVED.search(body):
        return False
    rest = (each for each in SENTENCE_ENDS.split(body) if not _MOVED.search(each))
    return kind_of(" ".join(rest)) is not AutoReplyKind.LEFT


def _may_be(mail: Mail, text: str) -> bool:
    """Whether the words are worth reading although nothing outside them speaks of a machine."""
    if len(text) > _SHORT or not mail.headers.has_none(_LIST_FIELDS):
        return False
    told = fold(text)
    # What is not to be answered may have been sent to many, and is no answer.
    if "reply to this" not in told and _says_automatic(told):
        return True
    return any(hint in told for hint in _HINTS) and not _asks(text)


def _formal(body: str, kind: AutoReplyKind, until: date | None) -> bool:
    """Whether words alone read like a notice to everybody: short, asking nothing, to the point."""
    if kind is AutoReplyKind.CHALLENGE:
        asked = "://" in body or bool(_UNCHANGED.search(body))
        return len(body) <= _SHORT and not _asks(body) and asked
    return _is_notice(body) and (
        until is not None
        or kind is AutoReplyKind.LEFT
        or (kind is AutoReplyKind.ABSENT and len(body) <= _CURT)
    )


# "Reply without changing the subject": so asks nobody but a filter.
_UNCHANGED = re.compile(
    r"(?<![a-z])(?:without|ohne|sans|sin|senza|sem|zonder|utan|nie|bez) (?:\w+ ){0,3}(?:subject|betreff\w*|objet|l'objet|sujet|asunto|oggetto|l'oggetto|assunto|onderwerp|amnes\w+|temat\w*)|件名を(?:変え|変更せ)ず"
)


def _is_notice(body: str) -> bool:
    """Whether a text is brief, asks nothing, and names somebody else to turn to."""
    return (
        len(body) <= _SHORT
        and not _asks(body)
        and bool(_URGENT.search(body) or ADDRESS.search(body))
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


_LIST_FIELDS = frozenset({"list-id", "list-post", "newsgroups"})
_ASKED = re.compile("[?？]")
_SENTENCE_END = re.compile(r"[.!?\n？。]")
_NO_QUESTION = 3  # words


_AUTOMATIC_SUBJECTS = ("automat", "risponditore", "自動")
_AUTOMATIC_HINTS = (
    "auto", "robo", "generat", "gerad", "vom system", "sistema", "systeme", "repondeur", "comput", "ordinateur", "datorn", "itself",
    " bot", " solo", " sola", "tout seul", "toute seule", "da sol", "sozinh", "sig sjalv", "postfach", "reply to this", "自動", "自动", "автомат",
)  # fmt: skip
# One of these stands in every notice that words alone can give away: see `_formal` and `_AUTOMATIC`.
_HINTS = (
    "@", "auto", "自動", "自动", "urgen", "emergenc", "dringend", "eilig", "vertretung", "bradskande", "akut",
    "piln", "緊急", "急ぎ", "至急", "hast", "absence", "mean", "zwischenzeit", "access", "weitergeleitet",
    "kontakt", "wenden", "contact", "contatt", "срочн", "naleh", "kiire", "confirm", "verif", "deliver", "conferm",
    "quarant", "spamfilt", "antispam", "filtr", "迷惑メール", "bestatig", "bevestig", "bekraft", "potwierdz", "kwarant", "zugestellt", "確認", "保留",
)  # fmt: skip
