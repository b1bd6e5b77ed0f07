"""What the matter is where a server refuses a mail, read from its codes and its words.

Decided in this order (RFC 3463, the IANA registry of enhanced status codes, and what large
receivers document): the enhanced code says what the matter is, the step at which it was said
settles what it is about, and the server's words count only where it gave no useful code.
``5.x.x`` alone never means that an address is dead: most permanent refusals are about us. Only the
codes in `_DEAD_ADDRESS` say so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Step(StrEnum):
    """How far an attempt had come when the answer was given, or failed to come.

    Only from `CONTENT` on can the server have the message; all before it is safe to repeat.
    """

    CONNECT = "connect"
    GREETING = "greeting"
    TLS = "tls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    CONTENT = "content"


#: Steps before any recipient is named: what goes wrong there is between the server and us.
BEFORE_RECIPIENT = frozenset({Step.CONNECT, Step.GREETING, Step.TLS, Step.LOGIN, Step.SENDER})


class Cause(StrEnum):
    """What the matter is, for people and for statistics. `ADVICE` says what to do about each."""

    BAD_ADDRESS = "bad address"
    MAILBOX_FULL = "mailbox full"
    MAILBOX = "mailbox"
    GREYLISTED = "greylisted"
    BUSY = "receiver busy"
    ROUTING = "routing"
    TOO_LARGE = "too large"
    CONTENT = "content"
    SMTPUTF8 = "needs SMTPUTF8"
    SENDER = "sender address"
    CREDENTIALS = "credentials"
    TLS = "encryption"
    PROTOCOL = "protocol"
    NETWORK = "network"
    RATE = "rate"
    AUTHENTICATION = "authentication"
    REVERSE_DNS = "reverse DNS"
    SPAM = "spam"
    POLICY = "policy"
    UNKNOWN = "unknown"


ADVICE: Mapping[Cause, str] = {
    Cause.BAD_ADDRESS: "The address does not exist. Ask the contact for the right one.",
    Cause.MAILBOX_FULL: "The mailbox is full. It is tried again; later, reach them another way.",
    Cause.MAILBOX: "The mailbox takes no mail at present.",
    Cause.GREYLISTED: "The server asks unknown senders to come back in some minutes.",
    Cause.BUSY: "The server is busy or being mended. It may take mail later.",
    Cause.ROUTING: "The mail cannot be brought to that domain. Check the domain's spelling.",
    Cause.TOO_LARGE: "The message is larger than the server takes. Link to files instead.",
    Cause.CONTENT: "The server will not take a message of this form. Run outreach check on it.",
    Cause.SMTPUTF8: "The address has letters outside ASCII, and the server cannot carry them.",
    Cause.SENDER: "The server does not accept our sender address. Check it in the settings.",
    Cause.CREDENTIALS: "The server refused the login. Check the user name and password.",
    Cause.TLS: "No safe connection was agreed. Check the port, the certificate and its name.",
    Cause.PROTOCOL: "The server did not answer as SMTP requires. Check host and port.",
    Cause.NETWORK: "The server could not be reached or fell silent. Check host, port and network.",
    Cause.RATE: "We send faster than this receiver wants. Wait, then send slower.",
    Cause.AUTHENTICATION: "SPF, DKIM or DMARC of the sending domain fails. Mend the DNS records.",
    Cause.REVERSE_DNS: "The sending IP address lacks a matching PTR record. Set one.",
    Cause.SPAM: "The receiver takes this for spam. Stop, and look at the list and the content.",
    Cause.POLICY: "A rule of the receiver forbids it. Its words name the rule.",
    Cause.UNKNOWN: "The server gave no reason that can be classified. Its words are kept.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: RFC 5321 code, RFC 3463 enhanced code where given, and its words."""

    code: int
    enhanced: str | None
    text: str

    @classmethod
    def from_lines(cls, code: int, lines: Sequence[str]) -> "Reply":
        """Make a reply from the texts of its lines, each of which may repeat the enhanced code."""
        enhanced = None
        words = []
        for line in lines:
            found = _ENHANCED.match(line)
            if found and found[1][0] == str(code)[0]:
                enhanced = enhanced or found[1]
                line = line[found.end() :]  # noqa: PLW2901 - the code is not part of the words
            words.append(line)
        text = " ".join(word for word in " ".join(words).split() if word)
        # What a hostile server says ends in a terminal and in a log.
        return cls(code, enhanced, _CONTROLS.sub("?", text)[:500])

    def __str__(self) -> str:
        said = f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)
        return f"{said} {self.text}" if self.text else said


def cause_of(reply: Reply, step: Step) -> Cause:
    """Return what the matter is where `reply`, given at `step`, is no acceptance."""
    said = _cause_whatever_the_code(reply)
    return said or _settled_by_step(_cause_of_code_and_words(reply), reply, step)


def is_goodbye(reply: Reply, step: Step) -> bool:
    """Whether `reply` only ends a connection that was used before: a new one may serve at once.

    So say servers that waited for long, had so many mails over one connection, or are restarted.
    Whoever says 421 because of our rate or our name, or to a recipient, means this mail.
    """
    if reply.code != 421 or step in {Step.RECIPIENT, Step.CONTENT}:
        return False
    if _ENOUGH_OF_A_CONNECTION.search(reply.text):
        return _cause_by_code(reply) is not Cause.RATE
    if reply.enhanced not in _OF_A_CONNECTION or _cause_whatever_the_code(reply):
        return False
    return _cause_of_code_and_words(reply) in _SAYS_NOTHING


#: Cisco's servers write a number sign in front of it.
_ENHANCED = re.compile(r"\s*#?([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

#: Subject and detail of the codes that mean the address itself is dead. Narrow on purpose.
_DEAD_ADDRESS = ("1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4", "7.17", "7.18")

#: Every code of the IANA registry, by subject and detail. Receivers' own uses of a number (Gmail
#: says 7.27 for SPF and 7.30 for DKIM) are of the same cause as the registry's, or noted.
_BY_CODE: Mapping[str, Cause] = {
    **dict.fromkeys(_DEAD_ADDRESS, Cause.BAD_ADDRESS),
    "1.4": Cause.MAILBOX,
    "1.5": Cause.UNKNOWN,
    "1.7": Cause.SENDER,
    "1.8": Cause.SENDER,
    "1.9": Cause.ROUTING,
    "2.0": Cause.MAILBOX,
    "2.2": Cause.MAILBOX_FULL,
    "2.3": Cause.TOO_LARGE,
    "2.4": Cause.MAILBOX,
    "3.0": Cause.BUSY,
    "3.1": Cause.BUSY,
    "3.2": Cause.BUSY,
    "3.3": Cause.CONTENT,
    "3.4": Cause.TOO_LARGE,
    "3.5": Cause.BUSY,
    "3.6": Cause.BUSY,
    "4.0": Cause.ROUTING,
    "4.1": Cause.ROUTING,
    "4.2": Cause.ROUTING,
    "4.3": Cause.ROUTING,
    "4.5": Cause.BUSY,
    "4.6": Cause.ROUTING,
    "4.7": Cause.ROUTING,
    "5.0": Cause.PROTOCOL,
    "5.1": Cause.PROTOCOL,
    "5.2": Cause.PROTOCOL,
    "5.3": Cause.RATE,  # too many recipients; each of our mails has one
    "5.4": Cause.PROTOCOL,
    "5.5": Cause.PROTOCOL,
    "5.6": Cause.PROTOCOL,
    "6.0": Cause.CONTENT,
    "6.1": Cause.CONTENT,
    "6.2": Cause.CONTENT,
    "6.3": Cause.CONTENT,
    "6.4": Cause.CONTENT,
    "6.5": Cause.CONTENT,
    "6.6": Cause.CONTENT,
    "6.7": Cause.SMTPUTF8,
    "6.8": Cause.SMTPUTF8,
    "6.9": Cause.SMTPUTF8,
    "6.10": Cause.SMTPUTF8,
    "7.0": Cause.POLICY,
    "7.1": Cause.POLICY,
    "7.2": Cause.POLICY,
    "7.3": Cause.TLS,
    "7.4": Cause.TLS,
    "7.5": Cause.TLS,
    "7.6": Cause.TLS,
    "7.7": Cause.TLS,
    "7.8": Cause.CREDENTIALS,
    "7.9": Cause.CREDENTIALS,
    "7.10": Cause.TLS,
    "7.11": Cause.TLS,
    "7.12": Cause.CREDENTIALS,
    "7.13": Cause.CREDENTIALS,
    "7.14": Cause.CREDENTIALS,
    "7.15": Cause.POLICY,
    "7.16": Cause.TOO_LARGE,
    "7.19": Cause.POLICY,
    "7.20": Cause.AUTHENTICATION,
    "7.21": Cause.AUTHENTICATION,
    "7.22": Cause.AUTHENTICATION,
    "7.23": Cause.AUTHENTICATION,  # Gmail's 4.7.23 is about the PTR record; see `_cause`
    "7.24": Cause.AUTHENTICATION,
    "7.25": Cause.REVERSE_DNS,
    "7.26": Cause.AUTHENTICATION,
    "7.27": Cause.AUTHENTICATION,
    "7.28": Cause.RATE,
    "7.29": Cause.AUTHENTICATION,  # Gmail's 4.7.29 is about TLS; see `_cause`
    "7.30": Cause.AUTHENTICATION,  # the registry's REQUIRETLS; Gmail's DKIM
    "7.31": Cause.AUTHENTICATION,  # Gmail: no DMARC record
    "7.32": Cause.AUTHENTICATION,  # Gmail: From is not aligned
    "7.40": Cause.AUTHENTICATION,  # Gmail: DMARC of the sending domain says no
    # Microsoft's own (learn.microsoft.com, "Email non-delivery reports in Exchange Online")
    "1.90": Cause.RATE,  # our own day's recipients
    "7.133": Cause.MAILBOX,  # a group that takes mail from its own people only
    "7.134": Cause.MAILBOX,
    "7.135": Cause.MAILBOX,
    "7.136": Cause.MAILBOX,
    "7.232": Cause.RATE,
    "7.233": Cause.RATE,
    "7.500": Cause.RATE,
    "7.501": Cause.SPAM,
    "7.502": Cause.SPAM,
    "7.503": Cause.SPAM,
    "7.509": Cause.AUTHENTICATION,
    "7.511": Cause.SPAM,
    "7.512": Cause.CONTENT,  # more than one address in From
    "7.515": Cause.AUTHENTICATION,  # bulk mail without SPF, DKIM and DMARC
    **{f"7.{number}": Cause.SPAM for number in range(606, 650)},  # a banned IP address
    **{f"7.{number}": Cause.RATE for number in range(650, 654)},
    "7.705": Cause.RATE,
    "7.708": Cause.SPAM,
}

#: Codes too general to say anything by themselves; the server's words may say more.
_VAGUE = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "7.1"})

#: What codes of RFC 5321 and 4954 mean where no enhanced code was given.
_BY_BASIC_CODE: Mapping[int, Cause] = {
    421: Cause.BUSY,
    432: Cause.CREDENTIALS,
    450: Cause.MAILBOX,
    451: Cause.BUSY,
    452: Cause.BUSY,
    454: Cause.TLS,
    500: Cause.PROTOCOL,
    501: Cause.PROTOCOL,
    502: Cause.PROTOCOL,
    503: Cause.PROTOCOL,
    504: Cause.PROTOCOL,
    521: Cause.POLICY,
    523: Cause.TOO_LARGE,
    530: Cause.CREDENTIALS,
    534: Cause.CREDENTIALS,
    535: Cause.CREDENTIALS,
    538: Cause.TLS,
    552: Cause.MAILBOX_FULL,
    555: Cause.PROTOCOL,
    556: Cause.BAD_ADDRESS,  # RFC 7504: the domain takes no mail
}

# Words, in the order in which they are tried: what says something about us comes first, because
# mistaking a block for a dead address loses a contact for good.
_BY_WORDS = (
    (r"grey-?list|gray-?list|postgrey|\[GL\d\d\]", Cause.GREYLISTED),
    (
        r"rate.?limit|too many (?:messages|e?mails|recipients)|too much mail|throttl|"
        r"too (?:fast|quickly|frequently)|unusual rate|quota exceeded for sending|"
        r"\[(?:IP)?TSS?\d\d\]|send(?:ing)? (?:limit|quota)|mail flood|rate limit|rate limited|"
        r"frequency limited|\bRP-00[123]\b|limits? (?:for|on|to) how many",
        Cause.RATE,
    ),
    (
        r"reverse dns|\bPTR\b|\brdns\b|reverse hostname|cannot find your (?:reverse )?hostname",
        Cause.REVERSE_DNS,
    ),
    (r"\bDY-00[12]\b|dynamic IP", Cause.POLICY),
    (r"\bSPF\b|\bDKIM\b|\bDMARC\b|unauthenticated", Cause.AUTHENTICATION),
    (r"STARTTLS|TLS (?:is )?required|requires? (?:a )?TLS", Cause.TLS),
    (r"security issue|illegal attachment|\bvirus|malware", Cause.CONTENT),
    (
        r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not permitted|not allowed|prohibited)|"
        r"unable to relay|not permitted to relay|authentication (?:is )?required|"
        r"invalid credentials|must (?:be )?authenticate|"
        r"(?:login|authentication) (?:failed|unsuccessful)",
        Cause.CREDENTIALS,
    ),
    (
        r"\[BL\d\d\]|\bspam|block ?list|black ?list|blocked|\bRBLs?\b|\bDNSBLs?\b|reputation|"
        r"spamhaus|unsolicited|barracuda|complaints|junk mail",
        Cause.SPAM,
    ),
    (
        r"sender (?:address )?(?:\S+ )?(?:rejected|denied|refused|verify failed)|"
        r"sender (?:is )?not (?:allowed|permitted|authori[sz]ed)|address is not verified|"
        r"sender (?:address|domain)(?: \S+){0,4}? (?:not exist|not found|invalid|unknown)|"
        r"domain of (?:the )?sender",
        Cause.SENDER,
    ),
    (
        r"(?:mailbox|user|account|recipient)\S*(?: \S+){0,4}? (?:is )?"
        r"(?:full|over ?quota|out of storage|exceeded)|quota (?:exceeded|full)|over ?quota",
        Cause.MAILBOX_FULL,
    ),
    (
        r"(?:message|mail|size)\S* (?:is )?(?:too (?:large|big)|exceeds)|maximum message size",
        Cause.TOO_LARGE,
    ),
    (
        r"(?:user|recipient|mailbox|account|address|alias|addressee)\S*(?: \S+){0,3}? "
        r"(?:is )?(?:unknown|not found|not exist|doesn't exist|does not exist|invalid)|"
        r"(?:unknown|no such|invalid|nonexist\w*|non-exist\w*) "
        r"(?:local |virtual )?(?:user|recipient|mailbox|account|address|person)|"
        r"no mailbox (?:here )?by that name|does(?: not|n't) have an? \S* ?account|"
        r"not (?:a valid|our) (?:user|mailbox|customer)|(?:account|mailbox) (?:is |has been )?"
        r"(?:deactivated|deleted|closed|disabled|discontinued)|"
        r"no longer (?:valid|available|exists|works)",
        Cause.BAD_ADDRESS,
    ),
    (r"mailbox (?:is )?(?:unavailable|not available)", Cause.MAILBOX),
    (
        r"try (?:again|later)|temporar(?:y|ily)|come back|later|system load|resources|"
        r"service (?:\S+ )?(?:not available|unavailable)",
        Cause.BUSY,
    ),
    (
        r"policy|prohibited|not allowed|not permitted|administrative|client host rejected|"
        r"\bhelo (?:command|name)",
        Cause.POLICY,
    ),
)


#: Said under codes that usually mean something else, and never to be taken for that: a person who
#: gets much mail at the moment has an address, when our own day's quota is used up, or there are
#: too many connections, all further mail meets the same, and who asks a block list in a way that
#: it does not answer has no word from it about us.
_WHATEVER_THE_CODE = (
    (r"receiving mail (?:too quickly|at a rate)", Cause.MAILBOX),
    (
        r"(?:daily|peak|hourly) (?:\S+ ){0,3}(?:limit|quota) exceeded|"
        r"exceeded (?:\S+ ){0,3}(?:daily|hourly) (?:\S+ ){0,3}(?:limit|quota)|"
        r"^[45]\.7\.\d+ e?mail quota exceeded|message submission rate|"
        # Gmail's, to whom it takes for an attack.
        r"^4\.7\.0 try again later, closing",
        Cause.RATE,
    ),
    (
        r"too many (?:\S+ ){0,3}?(?:connections|sessions)\b|(?:connection|session) (?:rate )?limit|"
        r"maximum number of (?:\S+ )?(?:connections|sessions)",
        Cause.RATE,
    ),
    (r"forged hostname", Cause.REVERSE_DNS),
    (r"SendAsDenied|permissions? to send as|not allowed to send as", Cause.SENDER),
    (r"open resolver|spamhaus\.org/returnc", Cause.UNKNOWN),
)


@cache
def _rules_whatever_the_code() -> tuple[tuple[re.Pattern[str], Cause], ...]:
    return tuple(
        (re.compile(pattern, re.IGNORECASE), cause) for pattern, cause in _WHATEVER_THE_CODE
    )


@cache
def _rules_of_words() -> tuple[tuple[re.Pattern[str], Cause], ...]:
    """Return `_BY_WORDS` compiled, which most runs never need."""
    return tuple((re.compile(pattern, re.IGNORECASE), cause) for pattern, cause in _BY_WORDS)


def _cause_whatever_the_code(reply: Reply) -> Cause | None:
    for pattern, cause in _rules_whatever_the_code():
        if pattern.search(f"{reply.enhanced} {reply.text}"):
            return cause
    return None


def _cause_of_code_and_words(reply: Reply) -> Cause:
    cause = _cause_by_code(reply)
    if cause is None or _is_vague(reply):
        said = _cause_by_words(reply)
        # A server that "tries later" at a fixed code is no news; the code stays the cause. Only a
        # vague word about policy may be no more than that.
        passing = said is Cause.BUSY and reply.code < 500 and cause is Cause.POLICY
        # Whoever names a rule does not only ask unknown senders to come back.
        ruled = said is Cause.POLICY and cause is Cause.GREYLISTED
        no_news = said in {Cause.BUSY, Cause.POLICY} and cause is not None
        no_news = no_news and not (passing or ruled)
        if said is Cause.BUSY and cause is None and _asks_to_come_back(reply):
            said = Cause.GREYLISTED
        if said is not None and not no_news:
            cause = said
    if cause is None:
        cause = _BY_BASIC_CODE.get(reply.code, Cause.UNKNOWN)
    return cause


def _cause_by_code(reply: Reply) -> Cause | None:
    if reply.enhanced is None:
        return None
    detail = reply.enhanced.partition(".")[2]
    if detail == "7.23" and _GMAILS_PTR.search(reply.text):
        return Cause.REVERSE_DNS
    if detail == "7.29" and _GMAILS_TLS.search(reply.text):
        return Cause.TLS
    if detail == "7.1" and reply.code in {450, 451}:
        return Cause.GREYLISTED
    if detail in _BY_CODE:
        return _BY_CODE[detail]
    # An unregistered number still has a registered subject. "Other" of 1 and 4 must not suppress.
    return {
        "2": Cause.MAILBOX,
        "3": Cause.BUSY,
        "4": Cause.ROUTING,
        "5": Cause.PROTOCOL,
        "6": Cause.CONTENT,
        "7": Cause.POLICY,
    }.get(detail.partition(".")[0])


def _asks_to_come_back(reply: Reply) -> bool:
    """Whether nothing is said but that, which is what greylisting servers say (RFC 6647)."""
    return (
        reply.code in {450, 451}
        and _COME_BACK.search(reply.text) is not None
        and _TROUBLE.search(reply.text) is None
    )


def _is_vague(reply: Reply) -> bool:
    return reply.enhanced is not None and reply.enhanced.partition(".")[2] in _VAGUE


def _cause_by_words(reply: Reply) -> Cause | None:
    for pattern, cause in _rules_of_words():
        if pattern.search(reply.text):
            return cause
    return None


def _settled_by_step(cause: Cause, reply: Reply, step: Step) -> Cause:
    """Correct for what the server was asked: an address fault in answer to MAIL is our address."""
    settled = cause
    if step is Step.GREETING and cause is Cause.BAD_ADDRESS and reply.code >= 500:
        settled = Cause.PROTOCOL
    elif step is Step.TLS:
        settled = Cause.TLS
    elif step is Step.LOGIN and (cause in _UNSAID or reply.code == 454):
        settled = Cause.CREDENTIALS
    elif step is Step.SENDER and reply.code == 552:
        settled = Cause.TOO_LARGE
    elif step is Step.SENDER and reply.code < 500 and reply.enhanced is None:
        # That a mailbox is unavailable (450) can only mean the server.
        settled = Cause.BUSY if cause is Cause.MAILBOX else cause
    elif step is Step.SENDER and (
        cause in {Cause.BAD_ADDRESS, Cause.MAILBOX}
        or (cause is Cause.UNKNOWN and reply.code in {550, 553})
    ):
        settled = Cause.SENDER
    elif step is Step.CONTENT and cause is Cause.PROTOCOL:
        settled = Cause.CONTENT
    elif step is Step.CONTENT and cause is Cause.MAILBOX_FULL and reply.enhanced is None:
        # RFC 5321 4.3.2 has 552 for both; after the content it is nearly always the size.
        settled = Cause.TOO_LARGE
    elif step in {Step.RECIPIENT, Step.CONTENT} and reply.enhanced == "5.7.9":
        # The registry's weak login; once a mail is under way, Yahoo's failed DMARC.
        settled = Cause.AUTHENTICATION
    if step in BEFORE_RECIPIENT and settled in _OF_A_RECEIVER:
        settled = _said_of_us(settled, reply, step)
    return settled


def _said_of_us(cause: Cause, reply: Reply, step: Step) -> Cause:
    """Return what it means that a server says of a receiver when it knows of none yet."""
    if reply.code < 500:
        return cause if cause in {Cause.GREYLISTED, Cause.UNKNOWN} else Cause.BUSY
    return Cause.POLICY if step in {Step.CONNECT, Step.GREETING} else Cause.UNKNOWN


#: With which a server ends a connection, and causes of which it says no more by that.
_OF_A_CONNECTION = frozenset({None, "4.0.0", "4.3.0", "4.3.2", "4.4.0", "4.4.1", "4.4.2", "4.7.0"})
_SAYS_NOTHING = frozenset({Cause.BUSY, Cause.ROUTING, Cause.POLICY, Cause.UNKNOWN})
_ENOUGH_OF_A_CONNECTION = re.compile(
    r"(?:too many|(?:maximum|max|limit)\b(?: \S+){0,3}?) (?:messages|e?mails|transactions|commands)"
    r"(?: \S+){0,4}? (?:session|connection)\b|"
    r"(?:message|mail|transaction|session) limit(?: \S+){0,4}? (?:session|connection)\b|"
    r"too many errors|\btime(?:d )?-?out|\bidle\b|inactivity",
    re.IGNORECASE,
)

_COME_BACK = re.compile(r"(?:try|retry) (?:\S+ )?(?:again|later)|come back", re.IGNORECASE)
_TROUBLE = re.compile(
    r"resource|problem|error|failure|failed|load|busy|maintenance|unavailable|local|internal|system",
    re.IGNORECASE,
)

_OF_A_RECEIVER = frozenset(
    {
        Cause.BAD_ADDRESS,
        Cause.MAILBOX_FULL,
        Cause.MAILBOX,
        Cause.GREYLISTED,
        Cause.BUSY,
        Cause.ROUTING,
        Cause.UNKNOWN,
    }
)
_UNSAID = frozenset(
    {Cause.POLICY, Cause.UNKNOWN, Cause.SPAM, Cause.PROTOCOL, Cause.BAD_ADDRESS, Cause.MAILBOX}
)
_GMAILS_PTR = re.compile(r"gsmtp|google|\bPTR\b|reverse dns", re.IGNORECASE)
_GMAILS_TLS = re.compile(r"gsmtp|google|\bTLS\b", re.IGNORECASE)
