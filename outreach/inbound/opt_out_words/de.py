"""German."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, any_order, near

_ME = r"(?:mich|uns|ihn|meine[nr]?|unsere[nr]?|seine[nr]?|ihren namen|diese[nr]?(?: e-?mail-?| mail-?)?adresse|diese (?:e-?)?mail|adresse)\b"
_REMOVE = r"(?:nehm\w*|nimm\w*|streich\w*|lösch\w*|entfern\w*|trag\w*|raus\w*|herausnehm\w*|rausnehm\w*|austrag\w*|gestrichen|gelöscht|entfernt|schmeiß\w*|werft?|tilg\w*|auszutragen|herauszunehmen)"
_LISTS = r"(?:\w*verteiler\w*|\w*listen?|datenbank\w*|kartei|datei|newsletter\w*|adressbestand|bestand|register|rundbrief\w*|rundmail\w*|abo|abonnement|empfängerkreis)\b"
_MAIL = r"(?:\w*e-?mails?|\w*mails?|newsletter\w*|rundbrief\w*|rundschreiben|nachrichten|werbung|werbe\w+|reklame|post|infos?|informationen|zuschriften|zusendung\w*|angebote|anschreiben|spam|kontakt\w*|umfragen|briefe|erinnerungen)\b"
_SEND = r"(?:(?:an|zu|ver)?(?:schreib\w*|schick\w*|send\w*|mail\w*)|zuzu(?:senden|schicken)|kontaktier\w*|belästig\w*|bomb\w+|anzuschreiben|zu (?:senden|schicken|schreiben|mailen|kontaktieren)|melde\w*)\b"

WORDS = OptOutWords(
    requests=(
        near(
            r"von (?:\w+ ){0,3}(?:zusendung\w*|mails?|e-?mails?|nachrichten|anschreiben|werbung|schreiben)",
            r"abzusehen|absehen|abstand",
            gap=40,
        ),
        near(r"(?:nimm\w*|nehm\w*|hol\w*)", r"(?:mich|uns)\b", r"(?:raus|heraus|runter)\b", gap=20),
        r"verschon\w* (?:sie )?(?:mich|uns)\b",
        near(
            r"aus (?:der|dem|ihrem|eurem) (?:l\w{3,5}e|verteiler|liste)",
            r"stre?i\w+|raus\w*|lösch\w*|nehm\w*",
            gap=15,
        ),
        near(
            r"(?:könn\w+|kannst|bitte|wollt|würden)",
            r"(?:mich|uns)",
            r"(?:austragen|austragn|rausnehmen|herausnehmen|streichen|löschen|abmelden|rausschmeißen)",
            gap=20,
        ),
        near(
            r"(?:nicht mehr|nicht länger|nicht) (?:nötig|notwendig|erforderlich|sinnvoll)|(?:brauchen|müssen|braucht|müsst) (?:sie |ihr |du )?(?:mir |mich |uns )?(?:nicht|nichts|keine)|erübrigt sich",
            r"(?:schreiben|schicken|senden|melden|mailen|nachfrag\w*|anzuschreiben|" + _MAIL + ")",
            gap=40,
        ),
        near(
            r"(?:die|das|beim|bei der) nächste\w*",
            r"anwalt|anzeige|datenschutz\w*|beschwer\w*|abmahn\w*|verbraucher\w*|aufsicht\w*|spam",
            gap=90,
        ),
        near(
            r"widerspr\w+|verlange|fordere|bitte um",
            r"werbezweck\w*|löschung|direktwerbung",
            gap=60,
        ),
        near(_REMOVE, _ME, r"(?:aus|von|vom) (?:\w+ ){0,3}" + _LISTS, gap=50),
        near(_ME, r"(?:aus|von|vom) (?:\w+ ){0,3}" + _LISTS, _REMOVE, gap=50),
        near(r"(?:aus|von|vom) (?:\w+ ){0,3}" + _LISTS, _REMOVE, gap=30),
        near(
            r"(?:streich\w*|lösch\w*|entfern\w*|gestrichen|gelöscht|entfernt|auszutragen)",
            r"(?:mich|uns|meine (?:e-?mail-?)?adresse|diese (?:e-?mail-?)?adresse)\b",
            gap=25,
        )
        + r"(?! .{0,30}(?:termin|angebot|bestellung|rechnung|sitzung|anruf))",
        near(r"melde\w*|meldet", r"mich|uns", r"(?:ab|wieder ab|hiermit ab)\b", gap=30),
        r"(?:bitte|mich|uns|hiermit|möchte|will|würde)\b[^.!?\n]{0,30}\b(?:abmelden|abbestellen|austragen|abzumelden|abzubestellen|abgemeldet werden)\b",
        r"(?:abmelden|abbestellen|austragen)(?:,? bitte|,? danke)",
        near(
            r"keine?n?|nie(?:mals)? wieder|nicht mehr|nichts mehr",
            _MAIL,
            r"mehr\b|weiter\w*|künftig|zukünftig|erhalten|bekommen|haben|empfangen|schick\w*|send\w*|zusend\w*|zuschick\w*|wünsch\w*",
            gap=25,
        ),
        r"keine (?:weiteren|weitere) " + _MAIL,
        near(r"(?:nicht|nie|nichts) (?:mehr|länger|weiter|wieder)|nie wieder", _SEND, gap=25),
        near(
            _SEND,
            r"(?:mir|mich|uns|hier(?:hin|her)?|an diese)\b",
            r"(?:bitte )?(?:nicht|nichts|keine?) (?:mehr|weiter\w*|länger)",
            gap=25,
        ),
        near(
            r"(?:hören|hör|hört) (?:sie |bitte |doch )*(?:endlich |sofort )?auf|unterlass\w*|unterlasst|einstell\w*|einzustellen|stellen|stoppen|beenden|verschon\w*|verzicht\w*",
            _MAIL + "|" + _SEND,
            gap=40,
        ),
        near(
            r"(?:bitte|möchte|würde|wäre|bitten)",
            r"(?:davon|von|auf) (?:\w+ ){0,4}(?:abzusehen|absehen|zu verzichten|verzichten)",
            gap=50,
        ),
        near(
            r"(?:möchte|will|wünsche|wollen|mag|brauche|brauch|benötige)",
            r"(?:keine?n?|nicht mehr|nichts mehr|nicht länger)",
            _MAIL + r"|erhalten|bekommen|angeschrieben|kontaktiert",
            gap=40,
        ),
        near(
            r"(?:kein|keinerlei|nicht(?: mehr)?) (?:\w+ ){0,2}interess\w*|brauch\w* (?:ich |wir )?nicht",
            _MAIL,
            gap=30,
        ),
        near(
            _MAIL,
            r"brauch\w*|benötig\w*|möchte|will|wünsche",
            r"(?:ich |wir )?(?:nicht|keine)(?: mehr)?\b",
            gap=30,
        ),
        near(
            r"widerspr\w+|widerruf\w*",
            r"werb\w*|einwilligung|verwendung|nutzung|verarbeitung|zusendung|newsletter|speicherung|daten",
            gap=60,
        ),
        *any_order(
            r"lösch\w+|zu löschen",
            r"(?:personenbezogen\w*|meine|unsere|sämtliche\w*|aller?|zu meiner person)(?: \w+){0,3} daten|daten",
            gap=50,
        ),
        r"(?:lassen sie|lasst|lass) (?:mich|uns) (?:bitte |endlich |einfach |doch )*in (?:ruhe|frieden)",
        near(
            r"(?:noch|nur) (?:eine?|so eine?|einmal)",
            r"mail|e-?mail|nachricht|newsletter|werbung",
            r"anzeige|anwalt|datenschutz\w*|beschwer\w*|abmahn\w*|melde|verbraucher\w*|rechtlich\w*",
            gap=60,
        ),
        near(
            r"(?:nichts|nicht) (?:mehr )?(?:zu tun|am hut)",
            r"haben (?:will|möchte)|will\b|möchte\b",
            gap=20,
        ),
        near(r"kündig\w*|beend\w*", r"newsletter|abo|abonnement|rundbrief|bezug", gap=40),
        near(r"(?:newsletter|abo|abonnement|rundbrief)\b", r"kündigen|beenden|stornieren", gap=20),
    ),
    words=(
        r"(?:unterlassen|unterlasst|unterlass|unterlassung)\b(?: sie| \w+){0,4} (?:kontakt\w*|e-?mails?|mails?|zusendung\w*|werbung|nachrichten|anschreiben)",
        r"nicht (?:weiter|länger|erneut|nochmals?|wieder) (?:an)?(?:schreiben|mailen|kontaktieren|belästigen)",
        r"aus (?:allen|sämtlichen|ihren|euren|den) (?:\w*verteilern|\w*listen|datenbanken)",
        r"von (?:der|ihrer|eurer|dieser|deiner) (?:\w*liste|\w*verteiler)",
        r"keine (?:\w+ )?(?:e-?mails?|mails?|newsletter|nachrichten|werbung|post) mehr",
        r"(?:vom |von |den |diesen |ihren |newsletter |mich |bitte )?\babmelden\b",
        r"abbestell\w*",
        r"abmeldung|abgemeldet|austragn?\b|abzumelden",
        r"keine (?:weiteren |mehr |e-?mails? mehr|werbung)(?:\w+ )*(?:e-?mails?|mails|newsletter|nachrichten|post|werbung|infos)?",
        r"aus (?:dem|ihrem|eurem|deinem|der|ihrer) (?:\w*verteiler|\w*liste|newsletter|datenbank|kartei)",
        r"(?:nehmen|nimm|streichen|löschen|entfernen|tragen|trag|lösch|streich) (?:sie |du )?(?:mich|uns|meine|bitte|diese)",
        r"(?:nicht|nie) mehr (?:an)?(?:schreiben|kontaktieren|zusenden|schicken|senden|mailen|melden)",
        r"(?:widerrufe|widerspreche|widerruf) ",
        r"(?:schreiben|schicken|senden|kontaktieren) sie (?:mir|mich|uns) (?:bitte )?(?:nicht|nichts|keine)",
        r"\baustragen?\b|\baustragn\b|rausnehm\w*|streichen bitte|bitte streichen",
        r"(?:bitte|möchte) (?:\w+ ){0,3}davon abzusehen",
        r"keine (?:\w+ )?(?:e-?mails?|mails?|newsletter|werbung|post)\b",
    ),
    alone=(
        r"stopp?(?: damit)?",
        r"abmeld\w+",
        r"abbestell\w+",
        r"austragen",
        r"löschen",
        r"bitte löschen",
        r"keine (?:werbung|mails?|post)(?: mehr)?",
        r"nein,? danke,? (?:bitte )?(?:abmelden|löschen|austragen)",
        r"raus",
        r"ende",
        r"genug",
        r"kündigung",
        r"unsubscribe",
    ),
    unsure=(
        r"bei mir falsch|(?:anderen|andere) (?:herrn |frau )?\w+ (?:gemeint)|meinen (?:sie )?(?:vermutlich|wohl|wahrscheinlich|sicher) (?:einen|eine|jemand)",
        r"(?:seltener|weniger (?:oft|häufig)|nicht (?:so|ganz so) (?:oft|häufig|viele)|weniger (?:e-?mails?|mails|newsletter|nachrichten|post))",
        near(
            r"(?:jede woche|jeden tag|wöchentlich|täglich|zweimal (?:die|pro|in der) woche|so oft)",
            r"zu viel|zuviel|zu oft|zu häufig|etwas viel|ein bisschen viel|bissl viel",
            gap=30,
        ),
        near(
            r"(?:einmal|1x|1 mal) (?:im|pro) (?:monat|quartal|jahr)|monatlich|vierteljährlich",
            r"reich\w*|genüg\w*|möglich|lieber|würde|könnte",
            gap=40,
        ),
        near(
            r"nur\b(?: noch)?",
            r"interess\w*|erhalten|bekommen|schicken|zu(?:m|r|den)? (?:thema|themen)?|brauche",
            gap=40,
        ),
        near(
            r"(?:im moment|momentan|derzeit|zurzeit|aktuell|zur zeit|vorerst)",
            r"kein\w* (?:\w+ )?(?:interesse|bedarf)|nicht interess\w*|nichts für",
            gap=40,
        ),
        near(
            r"kein\w* (?:\w+ )?(?:interesse|bedarf)|nicht interess\w*",
            r"(?:im moment|momentan|derzeit|zurzeit|aktuell|zur zeit|vorerst)\b",
            gap=30,
        ),
        r"(?:haben|besteht|ich habe|wir haben)? ?(?:leider )?kein\w* (?:interesse|bedarf)\b[^.!?\n]{0,20}$|nicht interessiert\b",
        near(
            r"(?:woher|wie|wo)",
            r"(?:haben|hast|habt|kommen|kommst) (?:sie|du|ihr)?",
            r"adresse|daten|kontakt|mail|namen",
            gap=40,
        ),
        r"wer sind sie|wer ist das|wer schreibt (?:mir|da)|falsche (?:person|adresse|empfänger\w*)|falschen (?:erwischt|empfänger|person)|verwechs\w+|verwechseln|nicht der richtige|bin (?:ich )?nicht\b.{0,20}gemeint",
    ),
    denied=(
        r"nicht ab\b|anmelden\b|(?:vom|für den|von der) (?:kurs|seminar|termin|veranstaltung|ausflug|training|unterricht)\b",
        near(
            r"(?:position|pos\.?|punkt|artikel|zeile|posten) ?\d*",
            r"streich\w*|lösch\w*|raus\w*|entfern\w*",
            gap=40,
        ),
        r"(?:wenn|falls|sollten|möchten|wollen) sie (?:\w+ ){0,6}(?:mehr|abmelden|abbestellen|erhalten|widerrufen)\b",
        r"nicht (?:vom |von |aus )?(?:\w+ ){0,3}(?:abmelden|abbestellen|austragen|streichen|löschen|entfernen|rausnehmen|nehmen|abgemeldet|abbestellt)",
        r"(?:nehmen|nehmt|nimm|streich\w*|lösch\w*|werf\w*|schmeiß\w*|tragt) (?:sie )?(?:mich|uns|meine \w+) (?:\w+ ){0,2}(?:nicht|nie|bloß nicht|ja nicht)\b",
        r"(?:wie|wo|warum|kann|können|könnte) .{0,60}(?:abmelden|abbestellen).{0,40}\?",
        r"keine (?:weiteren|mehr) (?:fragen|termine)",
        r"abmeldung (?:vom kurs|vom seminar|vom termin|zum|von der veranstaltung|für den)",
        r"(?:abmeldelink|abmelde-link|link \W{0,2}abmelden|abmeldefunktion|abmeldeseite|abmeldequote)",
        r"(?:habe|hab|haben) (?:ich |wir |mich |uns |mir |gerade |eben |letzte woche |vor kurzem |neulich |heute )*(?:\w+ ){0,8}(?:abbestellt|abgemeldet|gekündigt)\b(?![^.!?\n]{0,80}(?:trotzdem|immer noch|weiterhin|krieg|bekomm|erhalt))",
        r"(?:streichen|löschen|nehmen|entfernen) sie (?:bitte )?(?:die |den |das )?(?:\w+ )?(?:position|pos\.|punkt|zeile|artikel|posten|stück|termin)",
    ),
    stays=(
        r"habe (?:jetzt )?(?:eine )?neue (?:e-?mail-?|mail-?)?adresse|adresse hat sich geändert|die alte (?:adresse|löschen)",
        r"(?:auf|an) (?:die|meine|unsere) neue\b|(?:adresse|newsletter) (?:bitte )?(?:umstellen|ändern|aktualisieren)|neue (?:e-?mail-?)?adresse (?:lautet|ist)",
        r"(?:wieder|zurück) (?:auf|in den verteiler|in die liste|aufnehmen|eintragen)\b|aufzunehmen",
        r"(?:eure[nrs]?|ihre[nrs]?|der|den|dieser|diesen|einzige[nrs]?)\b[^.!?\n]{0,40}(?:behalte|bleibt|bleibe ich|lese ich (?:gern|immer|wirklich))|bitte weiter so|nicht sofort (?:abbestell|lösch)\w*|(?:newsletter|verteiler|liste) bleiben",
        near(
            r"(?:einer? (?:unserer|von unseren|meiner)|ein\w*|unsere?|meine?|mehrere)",
            r"(?:kunde|kundin|kunden|kollege|kollegin|kollegen|mitglied\w*|leser\w*|abonnent\w*|mandant\w*|patient\w*|teilnehmer\w*)\b",
            r"will|möchte|möchten|wollen|bittet|fragt|abmelden|abgemeldet|austragen|schreibt|beschwer\w*",
            gap=40,
        ),
        near(
            r"(?:wie|wo|wer)",
            r"(?:jemand\w*|mitglied\w*|kund\w*|leut\w*|abonnent\w*|leser\w*)",
            r"(?:ab|aus|raus|austragen|abmelden|lösch\w*|entfern\w*)",
            gap=40,
        ),
    ),
    later=(r"(?:dann|danach)\b",),
)
