"""Norwegian."""

from outreach.inbound.absence_words.table import AbsenceWords, ContactWords, DayWords, NoticeWords

NOTICE = NoticeWords(
    was=(r"var|vært|hadde",),
    absent=(
        r"ikke (?:\w+ )?(?:på kontoret|til stede|tilgjengelig|på jobb|å treffe)",
        r"(?:på|har) (?:\w+ )?(?:ferie|permisjon|tjenestereise|reise|avspasering)",
        r"fravær\w*|fraværende",
        r"foreldrepermisjon|sykemeldt|bortreist",
        r"kontoret[^.]{0,40}stengt",
    ),
    left=(
        r"(?:jobber|arbeider|er)(?: \w+)? ikke lenger",
        r"ikke lenger (?:\w+ )?(?:ansatt|hos|i|på)",
        r"har sluttet",
        r"gått av med pensjon|pensjonert",
        r"ny (?:e-?post)?adresse",
    ),
    acknowledged=(
        r"(?:vi )?har mottatt (?:din|ditt|deres)",
        r"takk for (?:din|ditt|henvendelsen|e-?posten|meldingen)",
        r"saksnummer",
        r"svarer (?:så snart|deg)",
    ),
    subjects=(r"automatisk svar", r"autosvar", r"fravær\w*", r"ikke på kontoret", r"ferie"),
    back=(r"tilbake", r"igjen\b"),
    long_leave=(r"barselsorlov",),
    notice_hints=(r"hast",),
)

DAYS = DayWords(
    months=(
        "januar|jan",
        "februar|feb",
        "mars",
        "april|apr",
        "mai",
        "juni|jun",
        "juli|jul",
        "august|aug",
        "september|sept?",
        "oktober|okt",
        "november|nov",
        "desember|des",
    ),
    weekdays=("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    until=(r"(?:frem |fram )?til(?: og med)?(?: den)?", r"t\.?o\.?m\.?", r"og"),
    through=(r"til og med|t\.?o\.?m\.?",),
    since=(r"fra(?: og med)?(?: den)?", r"siden", r"etter", r"mellom"),
    tomorrow=(r"i morgen",),
    next_week=(r"neste uke",),
    end_of=(r"slutten av",),
    week=(r"uke",),
)

CONTACTS = ContactWords(
    moved=(
        r"min nye (?:e-?post-?|mail-?)? ?adresse",
        r"(?:har|fått) (?:\w+ ){0,3}(?:en )?ny (?:e-?post-?|mail-?)? ?adresse",
    ),
    urgent=(r"hast(?![a-z])",),
    desks=(r"kontakt|kundeservice",),
)

WORDS = AbsenceWords(NOTICE, DAYS, CONTACTS)
