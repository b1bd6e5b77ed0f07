"""Danish."""

# ruff: noqa: E501

from outreach.inbound.absence_words.table import AbsenceWords, ContactWords, DayWords, NoticeWords

NOTICE = NoticeWords(
    was=(r"var|været|havde",),
    absent=(
        r"ikke (?:\w+ )?(?:på kontoret|til stede|tilgængelig|at træffe|at få fat|på arbejde)",
        r"(?:på|holder|har) (?:\w+ )?(?:ferie|orlov|barsel|forretningsrejse|tjenesterejse|sygeorlov)",
        r"fravær\w*",
        r"kontoret[^.]{0,40}lukket",
        r"sygemeldt",
        r"bortrejst",
    ),
    left=(
        r"(?:arbejder|er)(?: \w+)? ikke længere",
        r"ikke længere (?:\w+ )?(?:ansat|hos|i|på)",
        r"er (?:stoppet|fratrådt)|har forladt",
        r"gået på pension",
        r"ny (?:e-?mail)?adresse",
    ),
    acknowledged=(
        r"(?:vi )?har modtaget (?:din|dit|jeres)",
        r"tak for (?:din|dit|jeres|henvendelsen)",
        r"vender tilbage (?:hurtigst|snarest|inden)",
        r"sagsnummer",
    ),
    subjects=(
        r"autosvar",
        r"automatisk svar",
        r"fravær\w*",
        r"ikke på kontoret",
        r"(?:på )?ferie",
        r"ikke til stede",
    ),
    back=(r"tilbage", r"igen\b", r"retur\b", r"genåbner"),
    long_leave=(r"barselsorlov",),
    notice_hints=(r"hast",),
)

DAYS = DayWords(
    months=(
        "januar|jan",
        "februar|feb",
        "marts",
        "april|apr",
        "maj",
        "juni|jun",
        "juli|jul",
        "august|aug",
        "september|sept?",
        "oktober|okt",
        "november|nov",
        "december|dec",
    ),
    weekdays=("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    until=(r"(?:frem )?til(?: og med)?(?: den)?", r"t\.?o\.?m\.?", r"og"),
    through=(r"til og med|t\.?o\.?m\.?",),
    since=(r"fra(?: og med)?(?: den)?", r"siden", r"efter", r"mellem"),
    tomorrow=(r"i morgen",),
    next_week=(r"næste uge",),
    end_of=(r"slutningen af",),
    week=(r"uge",),
)

CONTACTS = ContactWords(
    moved=(
        r"min nye (?:e-?mail-?|mail-?)? ?adresse",
        r"(?:har|fået) (?:\w+ ){0,3}(?:en )?ny (?:e-?mail-?|mail-?)? ?adresse",
    ),
    urgent=(r"hast(?![a-z])",),
    desks=(r"kontakt|kundeservice",),
)

WORDS = AbsenceWords(NOTICE, DAYS, CONTACTS)
