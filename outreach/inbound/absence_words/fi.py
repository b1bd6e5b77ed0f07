"""Finnish."""

from outreach.inbound.absence_words.table import AbsenceWords, ContactWords, DayWords, NoticeWords

NOTICE = NoticeWords(
    absent=(
        r"poissa",
        r"lomalla",
        r"(?:en|emme) ole (?:\w+ )?(?:paikalla|tavoitettavissa|toimistolla|töissä)",
        r"(?:vanhempain|äitiys|sairaus|virka)(?:vapaalla|lomalla)",
        r"matkoilla|työmatkalla",
        r"toimisto\w*[^.]{0,40}suljettu",
    ),
    left=(
        r"(?:en|ei) (?:ole enää|työskentele enää|enää työskentele)",
        r"lopettanut|jäänyt eläkkeelle|siirtynyt",
        r"uusi (?:sähköposti)?osoite",
    ),
    acknowledged=(
        r"(?:viestisi|sähköpostisi|yhteydenottosi)[^.]{0,30}(?:vastaanotettu|saapunut)",
        r"kiitos (?:viestistäsi|yhteydenotostasi|sähköpostistasi|viestistänne|yhteydenotosta)",
        r"tapausnumero|tikettinumero",
    ),
    subjects=(
        r"automaattinen vastaus",
        r"poissa(?:oloviesti|olo)?\w*",
        r"lomalla",
        r"poissaoloilmoitus",
    ),
    back=(r"takaisin", r"palaa\w*", r"jälleen|taas", r"tavoitettavissa"),
    notice_hints=(r"kiire",),
)

DAYS = DayWords(
    months=(
        "tammi(?:kuu\\w*)?",
        "helmi(?:kuu\\w*)?",
        "maalis(?:kuu\\w*)?",
        "huhti(?:kuu\\w*)?",
        "touko(?:kuu\\w*)?",
        "kesäku\\w*",
        "heinä(?:kuu\\w*)?",
        "elo(?:kuu\\w*)?",
        "syys(?:kuu\\w*)?",
        "loka(?:kuu\\w*)?",
        "marras(?:kuu\\w*)?",
        "joulu(?:kuu\\w*)?",
    ),
    weekdays=(
        "maanantai\\w*",
        "tiistai\\w*",
        "keskiviikko\\w*|keskiviikkona",
        "torstai\\w*",
        "perjantai\\w*",
        "lauantai\\w*",
        "sunnuntai\\w*",
    ),
    until=(r"aina",),
    since=(r"alkaen",),
    until_after=(r"\s*(?:asti|saakka)",),
    since_after=(r"\s*(?:alkaen|lähtien)",),
    tomorrow=(r"huomenna|huomiseen",),
    next_week=(r"ensi viikolla|ensi viikkoon",),
)

CONTACTS = ContactWords(
    moved=(
        r"uusi (?:sähköposti)?osoitteeni",
        r"(?:sähköposti)?osoitteeni on (?:muuttunut|vaihtunut)",
    ),
    urgent=(r"kiireelli",),
    address_hints=(r"osoite",),
)

WORDS = AbsenceWords(NOTICE, DAYS, CONTACTS)
