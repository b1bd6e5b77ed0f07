"""Why a mail was not delivered, read from a status code and from the server's own words.

Fewer than half of all final refusals are about the address: most are about the sender, the message
or the day (a policy, a filter, a full mailbox, a dead network). So "5yz" proves nothing by itself,
and the words come first, the enhanced status code second, the class digit last.

Standards: RFC 3463 and 5248 (enhanced status codes, with IANA's registry), RFC 5321 4.2 (replies),
RFC 7505 (null MX).
"""

# ruff: noqa: E501

import re
from enum import StrEnum
from typing import Final

from outreach.inbound.phrases import Phrases, Rules, fold


class Reason(StrEnum):
    """What stood in the way of one recipient."""

    #: Nobody of that name lives there.
    USER_UNKNOWN = "user-unknown"
    #: The domain does not exist, or nothing in it can be routed to.
    HOST_UNKNOWN = "host-unknown"
    #: The domain says that it takes no mail at all (RFC 7505).
    NO_MAIL = "no-mail"
    #: The mailbox moved and nobody forwards, or it belongs to somebody else now (RFC 7293).
    MOVED = "moved"
    #: The account exists but is switched off; it may come back.
    DISABLED = "disabled"
    #: "Unknown user", said without telling when: mobile carriers say so of senders they filter.
    FILTERED = "filtered"
    #: No room in the mailbox.
    MAILBOX_FULL = "mailbox-full"
    #: The message is larger than the server or the mailbox takes.
    TOO_BIG = "too-big"
    #: SPF, DKIM, DMARC or reverse DNS: the sender could not be told to be who it says.
    AUTHENTICATION = "authentication"
    #: The sender's address or domain is not acceptable.
    SENDER_REJECTED = "sender-rejected"
    #: The sending machine or network is refused.
    BLOCKED = "blocked"
    #: The message was taken for spam.
    SPAM = "spam"
    #: The message was taken for dangerous.
    VIRUS = "virus"
    #: A rule of theirs that is named no more closely.
    POLICY = "policy"
    #: The server does not take mail for that domain from us.
    RELAYING = "relaying"
    #: Too much, or too fast.
    RATE_LIMIT = "rate-limit"
    #: The message's form is not acceptable.
    CONTENT = "content"
    #: Tried for as long as was allowed.
    EXPIRED = "expired"
    #: The server could not be reached, or the mail went in circles.
    NETWORK = "network"
    #: Something is wrong in the server.
    SYSTEM = "system"
    #: No reason was given, or none that is understood.
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """What kind of bounce a reason makes, which decides what is done about it."""

    #: The address is dead: suppress it at once.
    HARD = "hard"
    #: It may pass: suppress only after several over some time.
    SOFT = "soft"
    #: The mailbox has no room: as soft, and a sign that nobody reads it.
    FULL = "full"
    #: It is about us or the message: stop the campaign, blame no address.
    POLICY = "policy"


_DEAD: Final = frozenset({Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.NO_MAIL, Reason.MOVED})
_OURS: Final = frozenset(
    {
        Reason.AUTHENTICATION,
        Reason.SENDER_REJECTED,
        Reason.BLOCKED,
        Reason.SPAM,
        Reason.VIRUS,
        Reason.POLICY,
        Reason.RELAYING,
        Reason.RATE_LIMIT,
        Reason.CONTENT,
        Reason.TOO_BIG,
    }
)


def severity(reason: Reason) -> Severity:
    """Return what kind of bounce `reason` makes."""
    if reason in _DEAD:
        return Severity.HARD
    if reason is Reason.MAILBOX_FULL:
        return Severity.FULL
    return Severity.POLICY if reason in _OURS else Severity.SOFT


ENHANCED_STATUS: Final = re.compile(r"([245])(?<![\d._][245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
"""An enhanced status code (RFC 3463 2): class, subject, detail. Not a part of an IP address."""

REPLY_CODE: Final = re.compile(r"([45](?<![\d.][45])[0-5]\d)(?=[ \-\])]|$)(?!-\d\d)", re.MULTILINE)
"""An SMTP reply code of a refusal (RFC 5321 4.2.1)."""

# Codes whose meaning the registry settles, for when the words say nothing. Keys are "subject.detail".
_BY_CODE: Final = {
    "1.0": Reason.USER_UNKNOWN,
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER_REJECTED,
    "1.8": Reason.SENDER_REJECTED,
    "1.9": Reason.SYSTEM,
    "1.10": Reason.NO_MAIL,
    "2.0": Reason.FILTERED,
    "2.1": Reason.USER_UNKNOWN,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_BIG,
    "3.1": Reason.SYSTEM,
    "3.2": Reason.SYSTEM,
    "3.3": Reason.SYSTEM,
    "3.4": Reason.TOO_BIG,
    "3.5": Reason.SYSTEM,
    "4.1": Reason.EXPIRED,
    "4.2": Reason.EXPIRED,
    "4.3": Reason.SYSTEM,
    "4.4": Reason.HOST_UNKNOWN,
    "4.5": Reason.SYSTEM,
    "4.6": Reason.NETWORK,
    "4.7": Reason.EXPIRED,
    "5.3": Reason.RATE_LIMIT,
    "7.8": Reason.SENDER_REJECTED,
    "7.13": Reason.DISABLED,
    "7.17": Reason.MOVED,
    "7.18": Reason.MOVED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.AUTHENTICATION,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER_REJECTED,
    "7.28": Reason.RATE_LIMIT,
    "7.509": Reason.AUTHENTICATION,
    "7.515": Reason.AUTHENTICATION,
    "7.606": Reason.BLOCKED,
}
_BY_SUBJECT: Final = {
    "1": Reason.UNKNOWN,
    "2": Reason.UNKNOWN,
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "5": Reason.SYSTEM,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}
# Codes that speak of the address itself: with one of these, "unknown user" needs no other proof.
_ADDRESS_CODES: Final = frozenset(
    {"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.1", "4.4"}
)


# In order: the first that is found decides. What blames the sender comes before what sounds like
# it blames the recipient ("sender address rejected: domain not found"), the narrow before the wide.
_WORDS: Final[tuple[tuple[Reason, tuple[str, ...]], ...]] = (
    (
        Reason.VIRUS,
        (r"\bvirus", r"\bmalware", r"\binfected", r"\btrojan", r"dangerous attachment"),
    ),
    (
        Reason.AUTHENTICATION,
        (
            r"\bspf\b",
            r"\bdkim\b",
            r"\bdmarc\b",
            r"sender policy framework",
            r"authentication (?:checks?|information|results?)",
            r"unauthenticated (?:e-?mail|sender|messages?)",
            r"(?:does not|doesn't|fail\w*) (?:to )?pass authentication",
            r"\bptr\b",
            r"reverse (?:dns|lookup|mapping|hostname)",
            r"unverifiable sending",
            r"cannot (?:find your|resolve your) (?:reverse )?hostname",
        ),
    ),
    (
        Reason.SENDER_REJECTED,
        (
            r"sender (?:address|domain|e-?mail|was|is|id|denied|rejected|not|verif|blocked|unknown)",
            r"(?:invalid|unauthori[sz]ed|unknown) sender",
            r"domain of (?:the )?sender",
            r"sender'?s (?:address|domain|e-?mail)",
            r"\bfrom address\b",
            r"(?:rejected|invalid|bad) (?:mail )?from\b",
            r"envelope.(?:from|sender)",
            r"return.path",
            r"you are not (?:allowed|authori[sz]ed) to (?:send|post)",
            r"not allowed to (?:send|post)",
            r"(?:have|has)(?:n't| not)? permission to (?:send|post)",
            r"backscatter",
            r"\bvalid from\b",
        ),
    ),
    (
        Reason.MOVED,
        (
            r"(?:user|recipient|mailbox|account|address) (?:has|have|was) (?:been )?(?:moved|replaced)",
            r"has moved",
            r"\bnot our user\b",
            r"user not local.{0,40}(?:please )?try",
            r"(?:has|have) been replaced by",
            r"(?:mailbox owner|domain owner) has changed",
        ),
    ),
    (
        Reason.NO_MAIL,
        (
            r"(?:does not|doesn't|do not|not) (?:accept|receive) (?:any )?(?:e-?)?mail\b"
            r"(?! from)(?! for policy)",
            r"no mx (?:record )?found",
            r"\bno mx record",
            r"no smtp service(?!.{0,60}\b(?:ip|block|black|spam|listed))",
            r"null ?mx",
            r"(?:could(?: not|n't)|can(?:not|'t)) find a mail exchanger",
            r"no mail (?:servers?|exchangers?) (?:for|found|appears?|seems?|exists?)",
        ),
    ),
    (
        Reason.HOST_UNKNOWN,
        (
            r"host (?:is )?(?:unknown|not found)",
            r"unknown host",
            r"no such (?:host|domain)|could not find a gateway",
            r"(?:domain|host) (?:name )?(?:not found|does(?: not|n't) exist|is (?:not valid|invalid|unknown))",
            r"(?:domain|host)(?: name)? couldn'?t be found",
            r"domain must exist",
            r"\b(?:dns )?domain [\w.-]+ (?:does(?: not|n't) exist|(?:was |is )?not (?:found|registered))",
            r"domain(?: name)?\b.{0,80} (?:does not|doesn't|do not) (?:appear|seem) to (?:be registered|exist)",
            r"host (?:is )?unreachable",
            r"(?:could(?: not|n't)|can(?:not|'t)) find any host",
            r"name or service not known",
            r"illegal host",
            r"bad destination (?:system|host|mail)",
            r"unrout(?:e)?able (?:mail )?(?:address|domain)",
            r"non-?existent (?:host|domain)",
            r"nxdomain",
            r"(?:invalid|unknown|unresolvable|bad) (?:destination )?domain",
            r"domain (?:isn'?t|is not) (?:local|hosted|configured)",
            r"mail domain .{0,80} not found",
            r"domain is (?:not reachable|unreachable)",
            r"(?:account|address) or domain may not exist",
            r"^\W*(?:\d{3}\W+)?(?:[245]\.\d+\.\d+ )?[\w.-]+\.[a-z]{2,} does not exist",
            r"no route (?:found )?to (?:the )?(?:recipient |destination )?domain",
        ),
    ),
    (
        Reason.MAILBOX_FULL,
        (
            r"too (?:many|much) (?:mails?|messages|mail data) (?:on|in|for) (?:the |this |his |her )?(?:server|mail ?box|user)",
            r"too much mail data",
            r"space has been used up",
            r"zuviele mails",
            r"(?:mail[ -]?box|mail ?folder|maildir|in-?box|mailstore|account|mail ?quota)"
            r".{0,40}\b(?:full|over ?quota|exceeded|out of space)\b",
            r"\bquota\b",
            r"over ?quota",
            r"exceeded (?:\w+ ){0,3}storage",
            r"out of (?:disk |storage )?space",
            r"not enough (?:storage|disk) space",
            r"number of messages in .{0,40}exceeded",
            r"too many messages in (?:the )?(?:mail)?box",
            r"(?:full|filled) (?:mail ?box|in-?box)",
            r"mailbox size limit",
            r"postfach.{0,40}voll\b",
            r"bo[iî]te.{0,40}pleine",
            r"buz[oó]n.{0,40}lleno",
            r"casella.{0,40}piena",
            r"caixa.{0,40}cheia",
            r"переполнен|переповнен",
            r"容量|いっぱい|満杯|已满|已滿|空间不足|空間不足|超出配额|가득|용량 ?초과",
            r"(?:skrzynk|postvak|mailbox|brevlad|postkass|postlada|postilaatikko|schrank)\w*\b.{0,40}\b(?:przepelnion|pelna|vol\b|full|fuld|plna|taynna)\w*",
            r"megtelt|kotasi (?:dolu|asil)|kutusu dolu",
            r"(?:mail[ -]?box|account|in-?box) (?:exceeds|is over|has exceeded|would exceed)(?! (?:the )?(?:maximum )?message)",
        ),
    ),
    (
        Reason.TOO_BIG,
        (
            r"(?:message|mail|size|data|attachment)\w* .{0,30}too (?:large|big|long)",
            r"message size",
            r"size limit",
            r"exceeds? (?:\w+ ){0,3}(?:maximum|max|limit|size)",
            r"exceeded (?:maximum|size)",
            r"max(?:imum)? (?:message|mail|e-?mail|attachment) (?:size|length)",
            r"taille (?:limite|maximale)",
            r"RecipSizeLimit",
        ),
    ),
    (
        Reason.RATE_LIMIT,
        (
            r"rate.?limit",
            r"(?:at a|mail|connection) rate\b",
            r"throttl",
            r"too many (?:invalid |bad |unknown )?(?:recipients|connections|messages|mails|errors|concurrent|sessions|emails)",
            r"receiving mail too (?:quickly|fast)",
            r"temporarily deferred due to",
            r"unexpected volume",
            r"try again (?:later|in \d+)",
            r"grey-?list",
        ),
    ),
    (
        Reason.USER_UNKNOWN,
        (
            r"nicht im .{0,20}verzeichnis aufgeführt|n'est pas (?:répertorié|listé)[^.]{0,20} annuaire|no (?:figura|aparece) en (?:el|la) (?:directorio|libreta)|non (?:è )?(?:elencato|presente) nell[a'] ?(?:rubrica|elenco|directory)",
            r"(?:no|not) such (?:user|recipient|mailbox|address|account|person|local|e-?mail|alias|name|object)",
            r"(?:user|recipient|mail[ -]?box|address|account|alias|subscriber|customer)s? (?:is |are |was |were |name )?"
            r"(?:unknown|not found|not known|not present|not local|not exist|non-?existent|invalid\b|not valid|nonexistent|undeliverable\b|wrong\b)",
            r"(?:rcpt|recipients?|users?|mail[ -]?box) rejected(?!:? (?:mail ?box would|due|by|for))",
            r"rejected recipients?",
            r"(?:#?\d\.1\.0:? |^\W*)address rejected\b",
            r"not found\W*$",
            r"no matches to (?:name ?server )?query",
            r"account unavailable",
            r"not e?-?mail addresses",
            r"(?:invalid|unknown|no such) (?:or \w+ )?virtual user",
            r"(?:addressee|addressees) unknown",
            r"recipients? (?:can ?not|could not|can't) be verified",
            r"(?:spectator|subscriber) does not exist",
            r"(?:don't|do not|does not) handle (?:any )?mail for (?:that|this) (?:user|address)",
            r"resolver\.adr",
            r"mail[ -]?box (?:is )?(?:unavailable|inactive)\b(?! or(?! not local))",
            r"bad[-_ ](?:destination mailbox|recipient|rcpt)",
            r"badrcptto",
            r"\bnot an (?:active|existing|email) (?:address|user|account|mailbox)",
            r"\brcpt\b.{0,40}does not exist",
            r"destination addresses were unknown",
            r"(?:can't|cannot|could not|unable to) (?:accept user|find (?:the )?(?:user|recipient|mailbox))",
            r"(?:address|account|mailbox) (?:is )?no longer (?:accepts?|receives?|available|exists?|valid|active|used|monitored)",
            r"user missing home directory",
            r"not a local (?:address|user|mailbox|recipient)",
            r"\brecipient (?:not|is not) (?:ok|on file)",
            r"(?:user|recipient|mailbox|address|account|customer|person|person's|inbox|alias)"
            r"[^.;\n]{0,80}?(?:does(?: not|n'?t)|did(?: not|n'?t)|do not) (?:exist|have)",
            r"unknown (?:local[- ]?part|user|recipient|address|mailbox|account|e-?mail|or illegal alias|destination address)",
            r"(?:invalid|bad|illegal|non-?existent|undeliverable|no valid|nonexistent) "
            r"(?:final |destination |local )?(?:delivery )?(?:recipients?|mailbox|user(?:id)?|address|e-?mail address|account|local part)",
            r"mail ?box (?:not found|unknown|does)",
            r"no mail ?box\b",
            r"no (?:user|account|one|recipient|person)\b.{0,30}(?:by that|with that|of that|this|here)",
            r"does(?: not|n't) have an? .{0,60}account",
            r"not listed in\b",
            r"not found in (?:\w+ ){0,3}(?:directory|address book|database)",
            r"(?:recipient|user)(?: name)? (?:is )?not recogni[sz]ed",
            r"recipient address rejected: access denied",
            r"recipnotfound",
            r"\bnot a (?:valid|known) (?:user|recipient|mailbox|address|account)",
            r"(?:isn'?t|is not|was not) (?:a )?(?:valid|known|found|recogni[sz]ed)\b",
            r"user .{0,60}(?:is|was)(?: not|n't) (?:known|found|local)",
            r"address (?:couldn'?t|could not|can'?t|cannot) be (?:found|resolved)",
            r"not our customer",
            r"(?:has been|was) deleted",
            r"(?:address|account|mailbox) (?:has been|is|was) (?:discontinued|retired|removed|cancell?ed)",
            r"no longer (?:on (?:our )?server|here|exists|valid|in use|with|employed|works?|monitored)",
            r"(?:recipient|user) .{0,40}(?:unavailable to take|has left)",
            r"(?:benutzer|empfanger|adressat|nutzer|postfach|mailbox|konto|account|adresse|e-?mail-?adresse)\w{0,10} .{0,40}"
            r"(?:unbekannt|nicht gefunden|existiert nicht|nicht vorhanden|nicht bekannt|ungultig)",
            r"(?:unbekannte|ungultige|falsche)[nrs]? (?:benutzer|empfanger|adresse|e-?mail-?adresse|postfach)",
            r"(?:destinataire|utilisateur|adresse|compte|boite)\b.{0,50}(?:inconnue?|invalide|inexistante?|introuvable|n'existe pas|pas valide)",
            r"(?:usuario|destinatario|direccion|buzon|cuenta|casilla)\b.{0,40}(?:desconocid[oa]|no existe|inexistente|invalid[oa]|no valid[oa]|no encontrad[oa])",
            r"no existe .{0,20}(?:persona|usuario|cuenta|direccion|buzon)",
            r"(?:utente|destinatario|indirizzo|casella|account)\b.{0,40}(?:sconosciut[oa]|inesistente|non esiste|non valid[oa]|non trovat[oa])",
            r"(?:usuario|destinatario|endereco|caixa|conta)\b.{0,40}(?:desconhecid[oa]|inexistente|nao existe|invalid[oa]|nao encontrad[oa])",
            r"(?:gebruiker|ontvanger|adres|mailbox|postvak)\b.{0,40}(?:onbekend|bestaat niet|niet gevonden|ongeldig)",
            r"(?:onbekende|ongeldige?) (?:gebruiker|ontvanger|adres|mailbox)",
            r"(?:anvandaren?|mottagaren?|adressen?|kontot?|brevladan?)\b.{0,40}(?:okand|finns inte|hittades inte|ogiltig|saknas)",
            r"(?:okand|ogiltig) (?:anvandare|mottagare|adress)",
            r"(?:uzytkownik|odbiorca|adresat|konto|adres|skrzynka)\b.{0,40}(?:nie istnieje|nieznan[yae]|nie znalezion[oay]|nieprawidlow[yae])",
            r"(?:nieznany|nieistniejacy|nieprawidlowy) (?:uzytkownik|odbiorca|adresat|adres)|brak (?:takiego |tego )?(?:uzytkownika|odbiorcy|adresata|konta|skrzynki)",
            r"нет такого пользователя|пользовател\w+ не (?:существует|найден)|несуществующ\w+ (?:адрес|пользовател)",
            r"宛先(?:が)?(?:不明|見つかりません)|(?:ユーザ|アドレス|メールアドレス|宛先)\w{0,8}(?:不明|存在しま?せ?な?|見つかりません)",
            r"ユーザ\w*(?:不明|存在しな)",
            r"(?:アドレス|ユーザー?|宛先|あて先).{0,12}(?:存在し(?:ません|ない)|見つか(?:りません|らない)|不明)",
            r"(?:用[户戶]|地址|邮箱|郵箱|帐号|账号|收件人).{0,60}(?:不存在|未找到|错误|有误|無效|无效)|[无無]此用[户戶]|查[无無]此人",
            r"존재하지 않|없는 (?:사용자|계정|주소|메일)|수신자.{0,12}(?:없|찾을 수)",
            r"(?:bruker|bruger|modtager|mottaker|adresse|postkass|konto)\w*\b.{0,40}(?:ukendt|ukjent|findes ikke|finnes ikke|eksisterer ikke)",
            r"(?:uzivatel|prijemce|adresa|schranka|adresat)\w*\b.{0,40}(?:neexistuje|neznam\w+|nebyla? nalezen\w*)",
            r"(?:felhasznalo|cimzett|cim|postafiok)\w*\b.{0,40}(?:ismeretlen|nem letezik|nem talalhato)",
            r"(?:kullanici|alici|adres|hesap|kutusu?)\w*\b.{0,40}(?:bulunamadi|mevcut degil|gecersiz|bilinmiyor)",
            r"(?:kayttaja|vastaanottaja|osoite)\w*\b.{0,40}(?:tuntematon|ei (?:ole|loydy))",
            r"(?:utilizator|destinatar|adresa|cont)\w*\b.{0,40}(?:necunoscut\w*|inexistent\w*|nu exista)",
            r"(?:користувач|адрес|скринька)\w*.{0,30}не (?:існує|знайден)|адрес\w*.{0,30}не (?:существует|найден)",
        ),
    ),
    (
        Reason.DISABLED,
        (
            r"\b(?:account|mailbox|user|recipient|(?:mail)?address|e-?mail)\b[^.;\n]{0,60}\b(?:disabled|suspended|inactive|"
            r"deactivated|locked|expired|blocked|closed|frozen|terminated|not active|on hold|unavailable for)\b",
            r"\b(?:disabled|suspended|inactive|deactivated|locked|expired) "
            r"(?:recipient|account|mailbox|user|address)",
            r"not active\b",
        ),
    ),
    (
        Reason.RELAYING,
        (
            r"relay(?:ing)?\b.{0,30}\b(?:denied|permitted|prohibited|not allowed|rejected|authori[sz]ed)",
            r"(?:unable|not permitted|not allowed|denied|cannot|refused?|no) (?:to )?relay",
            r"e-?mail address is not verified",
            r"not (?:a|in my) (?:list of )?(?:allowed )?(?:rcpthosts|local domain)",
            r"that domain isn'?t in my list",
        ),
    ),
    (
        Reason.BLOCKED,
        (
            r"black ?list",
            r"block ?list",
            r"\brbls?\b",
            r"dnsbl",
            r"spamhaus",
            r"reputation",
            r"(?:client|your) (?:host|ip|server)\b.{0,60}(?:rejected|blocked|denied|refused)",
            r"blocked (?:by|using|for|due)",
            r"\bblocked\b",
            r"\bbanned\b",
            r"access denied",
            r"(?:connection|connect\w*) (?:was )?(?:refused by|rejected|dropped|not allowed)",
            r"poor (?:sender|ip)",
            r"bad (?:sender|ip|helo)",
            r"listed (?:in|by|on|at)\b",
        ),
    ),
    (
        Reason.SPAM,
        (
            r"\bspam\b",
            r"spam(?:my|ming|like|score|content|assassin|profiler|filter|trap)",
            r"unsolicited",
            r"\bjunk\b",
            r"\bu[bc]e\b",
            r"bulk (?:e-?)?mail",
        ),
    ),
    (
        Reason.POLICY,
        (
            r"polic(?:y|ies)",
            r"protocol violation",
            r"security (?:reason|polic|concern|issue|violation)",
            r"not authori[sz]ed",
            r"prohibited",
            r"forbidden",
        ),
    ),
    (
        Reason.CONTENT,
        (
            r"header (?:error|missing|syntax)",
            r"\brfc[ -]?\d{3,4}",
            r"content (?:rejected|not|is|error|format|prohibit)",
            r"(?:missing|multiple|invalid|duplicate) .{0,20}headers?",
            r"bare (?:lf|cr|linefeed)",
            r"multiple addresses in from",
            r"attachment",
        ),
    ),
    (
        Reason.EXPIRED,
        (
            r"expired",
            r"retry time",
            r"timed? ?-?out",
            r"giv(?:e|ing|en) up",
            r"too long",
            r"not delivered within",
            r"for the last \d+",
            r"(?:not|n't) (?:be )?(?:responding|accept our requests to connect)",
            r"(?:could not|unable to|can't|cannot) connect",
            r"socket error",
            r"delayed",
            r"will (?:be )?(?:retried|retry|keep trying)",
        ),
    ),
    (
        Reason.NETWORK,
        (
            r"connection (?:refused|reset|closed|lost|dropped)",
            r"no route to host",
            r"network (?:is )?unreachable",
            r"hop count",
            r"too many hops",
            r"mail loop",
            r"\bloop(?:s|ing|ed)?\b",
            r"name ?server",
            r"name service error",
            r"lookup failure",
            r"smtp connection",
            r"\b(?:start)?tls\b",
        ),
    ),
    (
        Reason.SYSTEM,
        (
            r"(?:system|server|configuration|internal|software|queue file \w+|i/o|processing) "
            r"(?:error|problem|failure)",
            r"command (?:parameter )?(?:not implemented|unrecogni[sz]ed)",
            r"syntax error",
            r"transaction failed",
            r"insufficient system",
            r"disk (?:is )?full",
            r"unable to contact",
            r"can'?t (?:create|open|write)",
            r"cannot (?:create|open|write)",
            r"temporary (?:failure|error|problem)",
            r"service (?:not|un)\s?available",
        ),
    ),
)

_NOISE: Final = re.compile(r"https?://\S+|<?[^\s<>@]{1,128}@[^\s<>@]{1,255}>?", re.IGNORECASE)
# The stage of the dialogue that was refused, where the notice tells.
_AT_RCPT: Final = re.compile(
    r"\brcpt\b|recipient (?:(?:address )?rejected|not found|unknown|invalid)|rejected (?:the )?(?:address|recipient)"
    r"|(?:invalid|not a valid|no such) recipient|requested action not taken",
    re.IGNORECASE,
)
# Said of what is looked for and not there, which no filter says.
_NO_MAILBOX: Final = re.compile(
    r"(?:user|mail ?box) (?:was )?not found|no such person|does(?:n't| not) have an? .{0,60}account|mail ?box does not exist|or not local|(?<=: )no such user"
    r"|existiert nicht|n'existe pas|no existe|non esiste|não existe|inexistente|bestaat niet|finns inte|nie istnieje|存在し(?:ません|ない)|見つかりません",
    re.IGNORECASE,
)
_BEFORE_RCPT: Final = re.compile(
    r"(?:after|in re(?:ply|sponse) to|did not like our|\[|sender was rejected)"
    r"(?:(?<=rejected)|\s*(?:the )?(?:mail[ _]from|initial connection|ehlo|helo|connect))"
)  # compared with text in lower case


def reason_in(words: str) -> Reason | None:
    """Return the reason that a server's words give, or None. Addresses and links are no words."""
    told = [
        _NOISE.sub(" ", word).strip() if "@" in word or "://" in word else word
        for word in words[:_MAX_WORDS].split()
    ]
    found = _RULES.first(fold(" ".join(filter(None, told))))
    return None if found is None else _WORDS[found][0]


_MAX_WORDS: Final = 2500  # characters; what a server says is brief
_RULES: Final = Rules([patterns for _, patterns in _WORDS])


def classify(status: str | None, words: str, context: str = "", comment: str = "") -> Reason:
    """Return why one recipient was refused.

    `status` is the enhanced status code, `comment` what stands beside it, `words` what the server
    said, `context` what else the notice tells about this recipient. An "unknown user" that comes with neither an address code
    nor as the answer to RCPT is only `Reason.FILTERED`.
    """
    detail = status[2:] if status else ""
    reason = reason_in(words) if words else None
    if reason is None and context and detail not in _ADDRESS_CODES:
        reason = reason_in(context)
    if reason is None:
        reason = _BY_CODE.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0], Reason.UNKNOWN)
        if status and status.startswith("4") and reason in _DEAD:
            reason = Reason.EXPIRED  # a passing trouble with the address is no proof of its death
    if reason is Reason.HOST_UNKNOWN and "not found, try again" in words:
        return Reason.NETWORK  # no answer was had of the name's existence
    if reason in _DEAD and _BEFORE_RCPT.search(f"{context}\n{words}".lower()):
        return Reason.SENDER_REJECTED  # the recipient had not been named yet
    if reason is Reason.USER_UNKNOWN:
        told = words or context
        if detail == "2.1" and _DISABLED_WORDS.search(fold(f"{told}\n{comment}")):
            return Reason.DISABLED
        if (
            detail not in _ADDRESS_CODES
            and not _NO_MAILBOX.search(told)
            and REPLY_CODE.search(told)
            and not _AT_RCPT.search(told)
            and not _AT_RCPT.search(context)
        ):
            return Reason.FILTERED
    return reason


_DISABLED_WORDS: Final = Phrases(dict(_WORDS)[Reason.DISABLED])
