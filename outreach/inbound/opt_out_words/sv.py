"""Swedish."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, near

_ME = r"(?:mig|oss|min|mitt|mina|vår|vårt|denna|den här|hans|hennes|adressen)\b"
_REMOVE = r"(?:ta bort|tag bort|tas bort|ta|stryk\w*|radera\w*|plocka bort|plocka|avregistrera\w*|strykas|raderas|avlägsna\w*|avföra?)\b"
_LISTS = r"(?:\w*list(?:a|an|or|orna)|\w*register\w*|\w*registret|databas\w*|utskick\w*|nyhetsbrev\w*|system\w*|adressbok|prenumeration\w*)\b"
_MAIL = r"(?:\w*mejl\w*|\w*mail\w*|e-?post\w*|\w*utskick\w*|\w*nyhetsbrev\w*|meddelanden|reklam\w*|erbjudanden|spam|post|brev|enkäter|kontakt\w*|information|påminnelser|marknadsföring)\b"
_SEND = r"(?:mejla\w*|maila\w*|skick\w*|kontakt\w*|skriv\w*|höra? av (?:er|dig)|spamma\w*|besvär\w*|störa?)\b"

WORDS = OptOutWords(
    requests=(
        near(
            r"(?:nog|räcker|trött på|less på|hög tid)",
            r"(?:med )?(?:era|ert|dessa|detta|er)",
            _MAIL,
            gap=12,
        ),
        r"(?:snälla |kan ni |kan du |vänligen )?ta bor\w* (?:mig|mej|oss)\b[^.!?\n]{0,20}(?:från|ur)\b",
        near(
            r"(?:behöver|behövs|inte nödvändigt|onödigt|ingen idé)",
            r"(?:inte |att )?(?:\w+ ){0,2}(?:skriva|skicka|mejla|maila|höra av)",
            r"(?:mer|längre|till mig|till oss|fler|igen)",
            gap=25,
        ),
        near(
            r"(?:nästa gång|om jag får|nästa mejl|kommer det)",
            r"anmäl\w*|integritetsskydd\w*|advokat|konsument\w*|spam|rapporter\w*",
            gap=90,
        ),
        near(_REMOVE, _ME, r"(?:från|ur)\b (?:\w+ ){0,3}" + _LISTS),
        near(_ME, _REMOVE, r"(?:från|ur)\b (?:\w+ ){0,3}" + _LISTS),
        r"(?:ta bort|tag bort|stryk|radera|plocka bort) (?:mig|oss|min|mitt|mina|denna|den här (?:adressen|mejladressen))\b(?! (?:bokning|beställning|order|tid|anmälan till))",
        near(
            r"(?:avregistrera|avprenumerera|avanmäl\w*|avbeställ\w*)",
            r"mig|oss|min|mitt|denna|prenumeration\w*|nyhetsbrev\w*|den här",
            gap=12,
        ),
        near(
            r"(?:vill|önskar|ber|får jag|skulle vilja|tack|vänligen|snälla)",
            r"(?:avregistrera\w*|avprenumerera\w*|avanmäl\w*|avsluta (?:min |mitt )?(?:prenumeration\w*|utskick\w*|nyhetsbrev\w*)|bli borttagen|strykas)",
            gap=25,
        ),
        near(
            r"(?:inte|inga|ingen|aldrig)",
            r"(?:fler|mer|mera|längre|vidare|ytterligare)",
            _MAIL + r"|från er",
            gap=20,
        ),
        near(
            r"(?:inga|ingen)",
            _MAIL,
            r"(?:tack|längre|mer|fler|hit|från er|i fortsättningen|framöver)",
            gap=20,
        ),
        near(
            r"(?:vill|önskar|vill helst|helst|skulle|slipper|slippa|undanber)",
            r"(?:inte|slippa|ej|inga|undvika|mig)",
            r"(?:ha|få|bli|" + _MAIL + r"|era|dessa|kontaktad\w*|detta)",
            gap=25,
        )
        + r"(?=[^.!?\n]{0,60}(?:mejl|mail|e-?post|utskick|nyhetsbrev|reklam|från er|av er|brev|längre|mer\b|framöver|fler|sånt|enkät))",
        near(
            r"(?:sluta|upphör|låt bli|lägg av|sluta upp|avstå)",
            r"(?:med )?(?:att )?",
            _SEND + "|" + _MAIL,
            gap=12,
        ),
        near(_SEND, r"(?:inte|aldrig|inget|inga)", r"(?:mer|mera|längre|fler|igen|hit)", gap=20),
        near(
            r"(?:kommer|ett|en) (?:det )?(?:ett )?(?:enda|till)",
            r"anmäl\w*|integritetsskydd\w*|advokat|konsument\w*|spam|rapporter\w*",
            gap=60,
        ),
        near(
            r"(?:radera\w*|raderar|ta bort|radering)",
            r"(?:personuppgifter|mina uppgifter|uppgifter|data)",
            gap=50,
        ),
        near(
            r"(?:invänd\w*|motsätt\w*|återkalla\w*|samtycke|nej till)",
            r"(?:marknadsföring|direktmarknadsföring|samtycke|behandling|återkalla\w*)",
            gap=60,
        ),
        near(
            r"(?:artikel|art\.?) ?(?:17|21)|rätt(?:en)? (?:till radering|att bli (?:bortglömd|raderad|glömd))",
            r"gdpr|dataskydd\w*|uppgifter|rader\w*",
            gap=80,
        ),
        r"(?:lämna|låt) (?:mig|oss) (?:vara )?i (?:fred|lugn och ro|ro)",
        near(
            r"(?:säg(?:er)? upp|avsluta|avslutas|avbeställ\w*)\b",
            r"(?:pren\w*|nyhetsbrev\w*|utskick\w*)",
            gap=30,
        ),
        near(
            r"(?:stryk|ta bort|radera|plocka bort)",
            r"(?:mitt namn|min (?:mejl|mail|e-?post)?adress|mig)",
            gap=15,
        )
        + r"(?=[^.!?\n]{0,30}(?:ur|från|$|[.!\n]))",
        near(r"(?:vill|kan|skulle)", r"(?:komma|gå) (?:ur|av|bort från)", _LISTS, gap=20),
    ),
    words=(
        r"avregistrera\w*|avregistrering",
        r"avprenumerera\w*|avsluta (?:min |mitt )?(?:pren\w+|utskick)",
        r"avanmäl\w*",
        r"(?:ta bort|stryk|radera) (?:mig|oss|min|mitt|denna)\b",
        r"(?:inte|inga) (?:\w+ )?(?:fler|mer|mera|längre)(?: \w+){0,3} (?:mejl|mail|e-?post|utskick|nyhetsbrev|meddelanden|reklam)",
        r"inga (?:fler |mer )?(?:mejl|mail|e-?post|utskick|nyhetsbrev|meddelanden|reklam)",
        r"(?:vill|önskar)(?: \w+){0,2} (?:inte|slippa|ej)(?: \w+){0,4} (?:ha|få|mejl|mail|bli|utskick|kontakt\w+|era|dessa)",
        r"sluta (?:mejla|maila|skicka|kontakta|skriva|med)",
        r"(?:från|ur) (?:er|din|denna|sänd|er ma\w*)\s?\w*(?:lista|listan|sändlista|register)",
        r"säg(?:er)? upp (?:\w+ ){0,3}(?:prenumeration\w*|nyhetsbrev\w*)",
    ),
    alone=(
        r"stopp?",
        r"sluta(?: nu)?",
        r"avsluta",
        r"avregistrera(?: mig)?",
        r"avprenumerera",
        r"avanmäl\w*",
        r"ta bort(?: mig)?",
        r"nej tack till (?:reklam|mejl|utskick)",
        r"inga fler",
        r"nog nu",
        r"unsubscribe",
        r"radera",
        r"inga mejl",
    ),
    unsure=(
        r"(?:mer sällan|mindre (?:ofta|frekvent)|inte (?:lika|så|riktigt så) ofta|färre (?:mejl|mail|utskick|nyhetsbrev))",
        near(
            r"(?:en gång i|varje|två gånger i) (?:veckan|vecka|dag|månad)|veckovis|dagligen",
            r"för (?:mycket|ofta|många)|lite (?:mycket|väl ofta|väl mycket|för)",
            gap=30,
        ),
        near(
            r"en gång (?:i|per|om) (?:månaden|månad|kvartalet|kvartal|året)|månadsvis|kvartalsvis",
            r"räck\w*|går det|hellre|kan man|möjligt|lagom",
            gap=40,
        ),
        near(r"(?:bara|endast|enbart)", r"(?:få|intress\w+|skicka|ha|om|det som)", gap=40)
        + r"[^.!?\n]{0,40}(?:\?|resten|annat|intress\w+|utskick|få)",
        near(
            r"(?:just nu|för tillfället|för närvarande|i nuläget|tills vidare)",
            r"(?:inte|ej|inget|ingen) (?:\w+ )?(?:intress\w+|aktuellt|behov)",
            gap=30,
        ),
        near(
            r"(?:inte|ej|inget|ingen) (?:\w+ )?(?:intress\w+|aktuellt|behov)",
            r"(?:just nu|för tillfället|för närvarande|i nuläget|tack|för oss)",
            gap=30,
        ),
        near(
            r"(?:hur|var|varifrån|vem)",
            r"(?:har|fick|fått|hittade|kommer|gav)",
            r"(?:adress\w*|uppgifter|mejl\w*|mail\w*|kontakt\w*)",
            gap=40,
        ),
        r"vem(?: eller vilka)? är (?:du|ni)\b|vilka är ni|fel (?:person|mottagare)|(?:har|fått|skickat till|kommit till) fel (?:adress|person)|(?:hamnat|kommit) fel|inte (?:rätt person|till mig)\b|förväxl\w+",
    ),
    denied=(
        r"ta (?:\w+ ){0,3}inte bort",
        r"(?:från|ur) (?:bild|foto|kalend|bokning|möte|kurs|grupp|chatt)\w*",
        r"(?:om|vill) (?:du|ni) (?:\w+ ){0,6}(?:vill|önskar|avregistrera|avsluta|slippa)",
        r"(?:hur|var|varför|kan)\b.{0,60}(?:avregistrera|avprenumerera|avanmäl).{0,40}\?",
        r"inte (?:\w+ )?(?:sluta|avregistrera|avprenumerera|avanmäla|ta bort|stryka|radera)",
        r"(?:ta|stryk|radera|plocka) (?:\w+ )?(?:mig|oss) (?:\w+ ){0,3}inte\b|(?:ta|stryk|radera|plocka) (?:absolut |snälla )?inte (?:bort )?(?:mig|oss)",
        r"(?:har|hade) (?:jag |vi |just |precis |nyss )*(?:\w+ ){0,4}(?:avprenumererat|avregistrerat|avslutat)\b(?![^.!?\n]{0,80}(?:ändå|fortfarande|trots|får))",
        r"(?:avregistreringsl\w+|avprenumerera-?l\w+|länken \W{0,2}av\w+|avregistreringssidan)",
        r"(?:ta bort|stryk|stryka|radera) (?:den|det|de) (?:\w+ )?(?:rad\w*|post\w*|punkt\w*|andra|första|tredje|artik\w*|produkt\w*|stol\w*)|(?:ta bort|stryk) (?:rad|post|punkt) ",
        r"(?:kund\w*|kolleg\w*|medlemm\w*)\b[^.!?\n]{0,40}(?:avregistrera|avprenumerera|avanmäla)",
        r"avanmäl\w* (?:mig |oss )?(?:till|från) (?:kurs\w*|möte\w*|tid\w*|middag\w*|träff\w*)",
    ),
    stays=(
        r"(?:har )?bytt (?:mejl)?adress|den gamla (?:adressen)?",
        r"(?:till|på) min nya (?:adress|mejladress)|(?:ändra|byt\w*|uppdatera) min (?:adress|mejladress)|nya adressen är",
        r"(?:ert|era|ditt|er)\b[^.!?\n]{0,40}(?:stanna|behåll\w*|enda|kvar|läser jag)|(?:enda|det enda) (?:jag|vi) (?:läser|behåller)",
        near(
            r"(?:en|ett|några|våra|min|mina|en av)(?: av våra)?",
            r"(?:kund\w*|kolleg\w*|medlem\w*|läsare|prenumerant\w*)\b",
            r"(?:vill|ber|bett|önskar|tjatar|frågar|avregistrera\w*|skriver)",
            gap=30,
        ),
        near(
            r"(?:hur|var)",
            r"(?:gör man|tar man|tar jag|gör ni)",
            r"(?:avregistrera|bort|någon|program\w*)",
            gap=50,
        ),
    ),
    later=(r"då\b",),
)
