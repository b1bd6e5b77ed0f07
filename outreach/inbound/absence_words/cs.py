"""Czech."""

from outreach.inbound.absence_words.table import AbsenceWords, ContactWords, DayWords, NoticeWords

NOTICE = NoticeWords(
    was=(r"byl[aiy]?",),
    absent=(
        r"mimo kancelář",
        r"na dovolené|dovolen(?:ou|á)",
        r"(?:ne)přítomn\w+|nepřítomnost",
        r"na služební cestě",
        r"(?:nejsem|nebudu)(?: \w+)? (?:v kanceláři|k zastižení|přítom\w+|dostupn\w+)",
        r"kancelář[^.]{0,40}zavřen\w*",
    ),
    left=(
        r"(?:již|už) (?:zde |ve společnosti )?nepracuj\w+|nepracuj\w+ (?:již|už)",
        r"odešel|odešla|opustil\w*",
        r"nová adresa",
    ),
    acknowledged=(
        r"(?:vaši|váš|vaše|vaší) (?:zprávu|e-?mail|žádost)[^.]{0,30}(?:jsme )?(?:obdrželi|přijali)",
        r"děkujeme za (?:vaši|váš|zprávu)",
        r"obdrželi jsme",
        r"číslo (?:požadavku|případu)",
    ),
    subjects=(r"automatická odpověď", r"mimo kancelář", r"nepřítomnost", r"dovolená"),
    back=(r"vrát\w+|vrac\w+|návrat\w*", r"zpět|zpátky", r"opět|znovu"),
    notice_hints=(r"naléh",),
)

DAYS = DayWords(
    months=(
        "ledna|leden",
        "února|únor",
        "března|březen",
        "dubna|duben",
        "května|květen",
        "června|červen",
        "července|červenec",
        "srpna|srpen",
        "září",
        "října|říjen",
        "listopadu|listopad",
        "prosince|prosinec",
    ),
    weekdays=(
        "pondělí",
        "úterý",
        "střed[ayu]",
        "čtvrtek|čtvrtka",
        "pátek|pátku",
        "sobot[ayu]",
        "neděl[eií]",
    ),
    until=(r"do", r"až do", r"a"),
    included=(r"včetně",),
    since=(r"od", r"po"),
    tomorrow=(r"zítra",),
    next_week=(r"příští týden",),
)

CONTACTS = ContactWords(
    moved=(
        r"moje nová (?:e-?mailová )?adresa",
        r"(?:mám|změnil\w* jsem) (?:novou )?(?:e-?mailovou )?adresu",
    ),
    urgent=(r"naléhav",),
)

WORDS = AbsenceWords(NOTICE, DAYS, CONTACTS)
