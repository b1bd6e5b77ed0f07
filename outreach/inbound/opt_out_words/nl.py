"""Dutch."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, near

_ME = r"(?:mij|me|ons|mijn|m'n|dit (?:e-?)?(?:mail)?adres|dit adres|deze|haar|zijn|hem)\b|@"
_REMOVE = r"(?:verwijder\w*|haal\w*|halen|schrap\w*|gooi\w*|gehaald|gewist|wis\w*|verwijderd|streep\w*|strepen)"
_LISTS = r"(?:\w*lijst\w*|\w*bestand\w*|database|systeem|administratie|\w*nieuwsbrie\w*|mailing\w*|adressenbestand|abonnement)\b"
_MAIL = r"(?:\w*e-?mails?|\w*mails?|mailtjes?|\w*nieuwsbrie\w+|berichten|berichtjes?|post|reclame\w*|aanbiedingen|spam|contact|informatie|mailings?|brieven|enquêtes|folders)\b"
_SEND = r"(?:mail\w*|e-?mailen|stuur\w*|sturen|schrijv\w*|schrijf|toe ?stu\w+|benader\w*|contacteren|lastig\w*|te (?:sturen|mailen|schrijven|benaderen)|toezend\w*|toezenden)\b"

WORDS = OptOutWords(
    requests=(
        near(r"(?:voortaan|in het vervolg|verder)", r"(?:achterwege|weg) (?:te )?laten", gap=15),
        r"rot (?:toch |nou |eens )*op\b",
        near(
            r"(?:graag|svp|aub|alstublieft|wilt u|kunt u|kan iemand|kunnen jullie)",
            r"(?:verwijder\w*|uithalen|uit te halen|schrappen|halen)",
            r"(?:uit|van) (?:uw|jullie|je|het|de)|er (?:\w+ )?uit",
            gap=30,
        ),
        near(r"(?:mij|me|ons) er", r"uit ?halen|uithalen|af ?halen", gap=15),
        near(r"(?:stuur|mail|schrijf|app)", r"nie[t]? meer", gap=20),
        near(r"nie[t]? meer", r"krijgen?\b|ontvangen?\b|hebben?\b", gap=15),
        r"(?:kunnen|kunne|kan|wil|willen|kunt) (?:jullie|u|je) (?:me|mij|ons|m'n naam|mijn \w+) (?:\w+ ){0,4}(?:af ?hale?n?|afhalen|eraf|uitschrijven|afmelden|verwijderen|schrappen|halen)",
        near(
            r"(?:hoeft|hoeven|hoef|niet) (?:u |je |jullie )?(?:niet )?(?:meer |nodig )?",
            r"(?:te )?(?:mailen|sturen|schrijven|benaderen)\b",
            gap=25,
        )
        + r"(?=[^.!?\n]{0,10}$|[.!\n])",
        near(
            r"(?:als ik|bij de volgende|de volgende|krijg ik)",
            r"klacht|autoriteit|aangifte|advocaat|spam|consument\w*",
            gap=90,
        ),
        near(_REMOVE, _ME, r"(?:uit|van|af)\b (?:\w+ ){0,3}" + _LISTS),
        near(_ME, r"(?:uit|van)\b (?:\w+ ){0,3}" + _LISTS, _REMOVE),
        near(_ME, _REMOVE, r"(?:uit|van)\b (?:\w+ ){0,3}" + _LISTS),
        near(
            r"(?:verwijder|haal|schrap)(?:en|t)?",
            r"(?:mij|me|ons|mijn (?:e-?mail|adres|naam|gegevens)|dit (?:e-?mail)?adres)\b",
            gap=12,
        ),
        r"(?:schrijf|schrijven|meld|melden) (?:mij|me|ons|u mij|jullie mij)\b[^.!?\n]{0,30}\b(?:uit|af)\b",
        r"(?:wil|wens|graag|verzoek|gelieve|wilt u|kunt u|willen jullie|kan ik|mag ik|aub|svp|me|mij|ons)\b[^.!?\n]{0,40}\b(?:uitschrijven|afmelden|uitgeschreven|afgemeld|uit te schrijven|af te melden|opzeggen|op te zeggen)\b",
        near(
            r"(?:geen|nooit meer|niet één)",
            _MAIL,
            r"meer\b|verder\b|voortaan|ontvangen|krijgen|hebben|sturen|van (?:u|jullie)|alstublieft|aub|svp|graag",
            gap=25,
        ),
        near(
            r"(?:graag|liever|svp|aub|alsjeblieft|alstublieft)? ?geen", _MAIL, r"meer\b|$", gap=12
        ),
        near(
            r"(?:niets|niet|nooit) (?:meer|langer|verder)",
            _SEND + r"|ontvangen|krijgen|binnen ?kom\w*",
            gap=30,
        ),
        near(
            r"(?:stop|stoppen|stopt|ophouden|houd|hou|houdt|staak)",
            r"(?:met|nu|eens|alstublieft|op)",
            _SEND + "|" + _MAIL + r"|hiermee|daarmee|dit",
            gap=20,
        ),
        near(
            r"(?:wil|wens|willen|hoef|hoeven|zit)",
            r"(?:geen|niet meer|niets meer|niet(?: \w+){0,2} te wachten|niet steeds|niet langer)",
            _MAIL + r"|ontvangen|krijgen|benaderd|gemaild",
            gap=40,
        ),
        near(r"(?:laat|laten)", r"(?:maar |voortaan |dit |het )*(?:achterwege|zitten)", gap=25),
        near(
            r"(?:nog|weer) (?:één|een|1)",
            r"klacht|autoriteit|aangifte|advocaat|meld\w*|spam",
            gap=60,
        ),
        near(
            r"(?:wissen|verwijder\w*|gegevens|wis)",
            r"(?:persoonsgegevens|al mijn gegevens|mijn gegevens|wissen|verwijder\w*)",
            gap=50,
        ),
        near(
            r"(?:bezwaar|intrekken|trek|intrekking|maak)",
            r"(?:bezwaar|toestemming|verwerking|marketing|direct marketing)",
            gap=60,
        ),
        near(
            r"(?:artikel|art\.?) ?(?:17|21)|recht op (?:vergetelheid|verwijdering|wissing|bezwaar)",
            r"avg|gegevens|wis\w+|verwijder\w*",
            gap=80,
        ),
        r"(?:laat|laten) (?:mij|me|ons|u mij|jullie mij|je me) (?:\w+ )?met rust",
        near(r"zeg", r"(?:nieuwsbrief|abonnement|mailing)", r"op\b", gap=40),
        near(
            r"(?:nieuwsbrief|abonnement|mailing)\b",
            r"opzeggen|opgezegd|beëindigen|stopzetten|stoppen",
            gap=25,
        ),
        near(
            r"(?:van|uit) (?:de|het|uw|jullie|je|jouw|die|deze) (?:\w+ )?" + _LISTS,
            r"(?:af|halen|gehaald|verwijder\w*|schrappen|geschrapt)\b",
            gap=15,
        ),
        near(
            r"(?:naam|adres|e-?mailadres)",
            r"(?:van|uit) (?:de|het|uw|jullie|je) (?:\w+ )?" + _LISTS,
            gap=30,
        ),
    ),
    words=(
        r"uit (?:uw|jullie|je|het|de|jouw) (?:\w+ )?(?:\w*bestand\w*|\w*lijst\w*|database|systeem|administratie)",
        r"(?:uitschrijven|uitschrijving|schrijf (?:mij|me|ons) uit|uitgeschreven worden|afmelden|afmelding|meld (?:mij|me) af)",
        r"(?:verwijder|haal|schrap)(?:en|t)? (?:mij|me|ons|mijn|dit)\b",
        r"(?:geen|nooit meer) (?:\w+ )?(?:e-?mails?|mails?|nieuwsbrie\w+|berichten|post|reclame)(?: meer)?",
        r"(?:wil|wens|willen|hoef)(?: \w+){0,4} (?:niet meer|geen)(?: \w+){0,5} (?:ontvangen|krijgen|benaderd|gemaild)",
        r"(?:niet meer|stop(?:pen)?(?: met)?)(?: \w+){0,2} (?:mailen|e-?mailen|sturen|schrijven|toesturen|benaderen|contacteren|deze)",
        r"van (?:de|uw|jullie|deze) (?:\w*lijst|mailinglijst|verzendlijst)",
        r"(?:ik )?zeg (?:\w+ ){0,4}(?:nieuwsbrief|abonnement)\b.{0,20}\bop\b",
        r"(?:nieuwsbrief|abonnement)\b.{0,20}\bopzeggen",
    ),
    alone=(
        r"stop(?:pen)?(?: hiermee| ermee)?",
        r"uitschrijven",
        r"afmelden",
        r"geen (?:reclame|mail|post)(?: meer)?",
        r"verwijderen",
        r"opzeggen",
        r"genoeg",
        r"unsubscribe",
        r"niet meer",
        r"schrijf (?:me|mij) uit",
        r"meld (?:me|mij) af",
        r"eraf",
    ),
    unsure=(
        r"(?:minder (?:vaak|mails?|berichten|frequent)|niet zo vaak|wat minder)\b",
        near(
            r"(?:elke|iedere|per|twee keer per) (?:week|dag|maand)|wekelijks|dagelijks",
            r"te veel|teveel|te vaak|wat veel|een beetje veel",
            gap=30,
        ),
        near(
            r"(?:één|een|1) ?(?:keer|x) per (?:maand|kwartaal|jaar)|maandelijks|per kwartaal",
            r"kan|genoeg|liever|mogelijk|graag|volstaan|prima",
            gap=40,
        ),
        near(
            r"(?:alleen|enkel|uitsluitend)\b(?: maar| nog)?",
            r"(?:ontvangen|interess\w+|sturen|krijgen|voor|over)",
            gap=40,
        )
        + r"[^.!?\n]{0,40}(?:\?|rest|andere|interess\w+|ontvangen|krijgen)",
        near(
            r"(?:op dit moment|momenteel|voorlopig|nu even|vooralsnog)",
            r"(?:geen|niet) (?:\w+ )?(?:interesse|behoefte|geïnteresseerd|nodig|belangstelling|aan de orde)",
            gap=30,
        ),
        near(
            r"(?:geen|niet) (?:\w+ )?(?:interesse|behoefte|geïnteresseerd|belangstelling)",
            r"(?:op dit moment|momenteel|voorlopig|nu|bedankt|dank)",
            gap=30,
        ),
        near(
            r"(?:hoe|waar|van wie)",
            r"(?:komt|kom|komen|heeft|heb|hebben)",
            r"(?:adres|gegevens|e-?mail\w*|naam)",
            gap=40,
        ),
        r"wie (?:bent u|ben je|zijn jullie|is dit)\b|verkeerde (?:persoon|adres|geadresseerde|mailadres)|(?:ben|u heeft) (?:\w+ )?(?:de )?verkeerde\b|niet voor mij bestemd|vergist u zich|u vergist",
    ),
    denied=(
        r"(?:afmelden|afmelding|meld\w*) (?:\w+ ){0,2}voor (?!de nieuwsbrief|deze|jullie|uw|de mail)|(?:die|hem|haar|hen) hoef",
        r"(?:als|indien|mocht) (?:u|je) (?:\w+ ){0,6}(?:wilt|wil|wenst)|wilt u (?:\w+ ){0,6}(?:meer|afmelden|uitschrijven)",
        r"(?:hoe|waar|waarom|kan|kunnen)\b.{0,60}(?:uitschrijven|afmelden).{0,40}\?(?<!me uitschrijven\?)",
        r"niet (?:uitschrijven|afmelden|verwijderen|schrappen|van de lijst|uit de lijst)",
        r"(?:haal|schrap|verwijder|gooi|schrijf|meld) (?:mij|me|ons) (?:\w+ ){0,3}niet\b",
        r"(?:heb|ben|hebben) (?:me |mij |mezelf |net |zojuist |pas |deze week )*(?:\w+ ){0,6}(?:uitgeschreven|afgemeld|opgezegd)\b(?![^.!?\n]{0,80}(?:toch|nog steeds|blijf|blijven))",
        r"(?:afmeldlink|uitschrijflink|afmeldknop|link \W{0,2}(?:afmelden|uitschrijven)|afmeldpagina)",
        r"(?:verwijder|verwijderen|schrap|schrappen|haal) (?:de|het|die) (?:\w+ )?(?:regel|post|artikel|punt|tweede|eerste|derde|product|stoel|tafel|afspraak)",
        r"(?:klanten?|collega\w*|leden|cliënten)\b[^.!?\n]{0,40}(?:uitschrijven|afmelden)",
        r"afmelden voor (?:de|het|een) (?:les|cursus|training|bijeenkomst|afspraak|workshop)|afmelding voor (?:de|het|een) (?:les|cursus|training|afspraak)",
        r"geen (?:mail|bericht|post|berichten|mails) (?:van u |van jullie |terug )?(?:ontvangen|gekregen|gehad)",
    ),
    stays=(
        r"(?:heb|is) (?:een )?(?:nieuw|ander) (?:mail)?adres|adres (?:is )?gewijzigd|het oude adres",
        r"(?:wil|willen) (?:de|jullie|die) (?:mails?|nieuwsbrief|berichten) (?:\w+ ){0,3}(?:krijgen|ontvangen|houden)",
        r"(?:naar|op) mijn nieuwe (?:mail)?adres|(?:wijzig\w*|aanpassen) (?:van )?mijn (?:mail)?adres|nieuwe (?:mail)?adres is",
        r"(?:die van jullie|jullie nieuwsbrief|die van u|deze)\b[^.!?\n]{0,40}(?:houd ik|hou ik|blijft|blijf ik|lees ik|enige)|(?:gewoon |wil )lid blijven",
        near(
            r"(?:een van (?:onze|de)|een|onze|mijn|enkele)",
            r"(?:klanten?|collega\w*|leden|lid|lezers?|cliënten?|abonnees?)\b",
            r"(?:wil|willen|vraagt|vroeg|zich|wenst|mailde|uitschrijven|afmelden)",
            gap=30,
        ),
        near(
            r"(?:hoe|waar)",
            r"(?:iemand|mensen|leden|klanten|een lid)",
            r"(?:van de lijst|uit\b|uitschrijf|afmeld|verwijder|haal)",
            gap=40,
        ),
    ),
    later=(r"dan\b",),
)
