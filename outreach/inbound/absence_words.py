"""How automatic answers say that somebody is away, has left or got our mail, by language.

Data for `outreach.inbound.absences` and `outreach.inbound.optouts`, and nothing else. Texts are
regular expressions without groups. They are compared after folding (`outreach.inbound.absences.fold`): lower
case, no accents, full-width forms as narrow ones; they are folded the same way, so write them as
the language does. To teach one more language, add an entry.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AbsenceWords:
    """One language's words.

    `months` (January first) and `weekdays` (Monday first) are full names and usual short ones.
    `absent`, `left`, `acknowledged` and `challenged` say what kind of notice it is; `automatic`
    says only that a machine answered; `subjects` begin the subjects of automatic answers.
    `back` are words of return, `until` and `since` stand right before a date that ends or begins
    an absence, `until_after` and `since_after` right after it. `opt_out` asks for no more mail;
    `not_opt_out` takes that back.
    """

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    absent: tuple[str, ...]
    left: tuple[str, ...]
    acknowledged: tuple[str, ...]
    subjects: tuple[str, ...]
    back: tuple[str, ...]
    until: tuple[str, ...]
    since: tuple[str, ...]
    opt_out: tuple[str, ...]
    automatic: tuple[str, ...] = ()
    challenged: tuple[str, ...] = ()
    until_after: tuple[str, ...] = ()
    since_after: tuple[str, ...] = ()
    tomorrow: tuple[str, ...] = ()
    next_week: tuple[str, ...] = ()
    not_opt_out: tuple[str, ...] = ()


LANGUAGES: dict[str, AbsenceWords] = {
    "en": AbsenceWords(
        months=("january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun", "july|jul",
                "august|aug", "september|sept?", "october|oct", "november|nov", "december|dec"),
        weekdays=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        absent=(
            r"out of (?:the |my )?(?:office|town|country)", r"away from (?:the |my )?(?:office|desk|e-?mail|work|keyboard)",
            r"on (?:\w+ ){0,2}(?:vacation|leave|holidays?|annual leave|sabbatical|pto)\b",
            r"on a (?:business )?trip", r"\bi(?: am|'m|'ll be| will be) (?:currently |presently )?(?:away|travell?ing|absent|off(?: work| sick)?|unavailable|not available|on the road)\b",
            r"(?:maternity|paternity|parental|sick|medical|bereavement) leave",
            r"not (?:in|at) (?:the |my )(?:office|desk)", r"(?:limited|no|intermittent|without|sporadic) access to (?:my )?(?:e-?mails?|messages|inbox)",
            r"(?:our|the) (?:office|offices|company|shop|studio)(?: is| are| will be)? (?:currently )?closed",
            r"will not be (?:checking|reading|able to (?:read|answer|respond|reply))", r"\booo\b", r"out sick", r"attending (?:a|the) (?:conference|training|trade)",
            r"unable to (?:read|answer|respond to|reply to|check) (?:my |your )?(?:e-?mails?|messages?)",
            r"away (?:until|till|from|on|for|through)\b", r"taking (?:some )?time off", r"enjoying (?:a|my|some) (?:break|time|holiday|vacation)",
        ),
        left=(
            r"no longer (?:with|work(?:s|ing)?(?: here| at| for)?|employed|at (?:the |this |our )?(?!desk|office)\w+|part of|a member|in this (?:role|position))",
            r"(?:has|have|'ve) (?:now |recently |sadly )?left (?!the office|for|my desk|on|work)", r"\b(?:has|have|'ve) (?:recently )?(?:retired|moved on|departed|resigned)\b",
            r"(?:last|final) (?:working )?day (?:at|with|in|was|is|here)", r"(?:has|have) (?:moved|transferred) to (?:a )?(?:another|new|different) (?:role|company|position|department|team)",
            r"(?:this|my old|that) (?:e-?mail )?(?:address|mailbox|account|inbox) is (?:no longer (?:in use|active|monitored|valid|used)|not (?:in use|monitored) any)",
            r"new e-?mail address", r"changed (?:my )?(?:e-?mail )?(?:address|jobs?)", r"(?:doesn't|does not|don't|do not) work (?:here|at|for|with) .{0,30}any ?more",
        ),
        acknowledged=(
            r"(?:we|i) (?:have |'ve )?(?:received|got) your (?:e-?mail|message|request|enquiry|inquiry|mail|application|order|ticket|submission|question)",
            r"your (?:e-?mail|message|request|enquiry|inquiry|mail|ticket|application|order) (?:has been|was|is) (?:successfully )?(?:received|registered|logged|forwarded|opened|created)",
            r"(?:ticket|case|reference|request) (?:number|id|no\.?|#)", r"(?:thank you|thanks) for (?:contacting|writing|reaching|getting in touch|your (?:e-?mail|message|enquiry|inquiry|request|interest|mail))",
            r"(?:will|shall|aim to|'ll) (?:get back|respond|reply|answer|be in touch|come back)", r"receipt of your", r"has been assigned",
        ),
        subjects=(r"automatic reply", r"auto(?:matic)?[ -]?(?:reply|response|respond\w*)", r"automated (?:reply|response)", r"out[ -]of[ -](?:the[ -])?office", r"\booo\b",
                  r"away from (?:the |my )?(?:office|mail|desk)", r"on (?:annual leave|vacation|holiday|leave)", r"vacation (?:reply|notice|message|response)", r"i(?: am|'m) (?:away|out|on)",
                  r"absence (?:notice|notification)", r"not in the office"),
        back=(r"\bback\b", r"\breturn(?:s|ing|ed)?\b", r"\bresume\b", r"in the office again", r"re-?open(?:s|ing)?\b", r"again (?:on|from|at)", r"available (?:again )?(?:from|on|as of|starting)",
              r"(?:respond|reply|answer|attend)\w* (?:to (?:you|your \w+|e-?mails?) )?(?:on|from|starting)", r"(?:first|next) (?:working )?day (?:back|in)"),
        until=(r"until", r"till", r"'?til", r"through(?: to)?", r"thru", r"to", r"up to", r"ending(?: on)?", r"ends(?: on)?", r"and"),
        since=(r"from", r"since", r"starting(?: on)?", r"as of", r"beginning(?: on)?", r"effective", r"after", r"between", r"dated?"),
        automatic=(r"this is an auto(?:mated|matic|matically)", r"auto(?:mated|matic|matically generated)[ -](?:e-?mail|message|reply|response|notification)", r"do not reply to this"),
        challenged=(r"(?:confirm|verify|prove) (?:that )?you(?:'re| are) (?:a )?(?:human|person|real|not a)", r"(?:click|follow|visit|use) (?:on )?(?:the |this )?(?:link|here|button)?.{0,60}(?:deliver(?:ed)?|release|verify|confirm|approve) (?:your|this|the) (?:message|e-?mail|mail|address|identity)",
                    r"(?:sender|e-?mail|mail|address) verification", r"boxbe", r"spam ?arrest", r"\btmda\b", r"(?:guest|white|allowed|approved) ?-?list", r"(?:has|have) not been delivered (?:yet|until)", r"(?:message|e-?mail|mail) (?:is being|has been|was) (?:held|quarantined|blocked until)",
                    r"(?:one-?time|simple) (?:verification|confirmation|step)", r"reply to this (?:message|e-?mail) to (?:confirm|verify|have|be)"),
        tomorrow=(r"tomorrow",),
        next_week=(r"next week",),
        opt_out=(
            r"\bunsubscribe\b", r"\bunsubcribe\b", r"\bunsuscribe\b", r"(?:remove|delete|take|drop|strike) (?:me|us|my (?:e-?mail|address|name|data|details)|this (?:address|e-?mail))\b(?!.{0,30}\b(?:call|meeting|invite|thread|agenda|cc|appointment)\b)",
            r"opt(?:[ -]?| me )out", r"(?:stop|quit|cease) (?:sending|e-?mailing|mailing|contacting|writing|spamming|these|this|with (?:the|these)|all)",
            r"^\W*(?:please )?stop(?: it| now| please)?\W*$", r"no (?:more|further) (?:e-?mails?|mails?|newsletters?|messages|contact|correspondence|spam)", r"(?:do not|don'?t|never|not) (?:\w+ )?(?:e-?mail|contact|write(?: to)?|mail|send|message|bother)(?: (?:to )?me| us| this| any| your| these| anything)",
            r"(?:do not|don'?t|no longer) (?:want|wish|would like|care) (?:to )?(?:receive|get|hear|be (?:contacted|on|e-?mailed)|your (?:e-?mails?|newsletters?|messages)|these|any more)",
            r"(?:rather|prefer) not (?:to )?(?:hear|receive|get|be contacted)", r"(?:cancel|end|terminate) (?:my|the|this) (?:subscription|newsletter|e-?mails?)", r"leave me alone", r"off (?:your|the|this) (?:mailing |e-?mail |distribution )?list",
        ),
        not_opt_out=(r"(?:do not|don'?t|not|never|didn'?t|did not|haven'?t|won'?t) (?:want to |wish to |mean to |going to )?(?:unsubscribe|opt out|remove me|take me off|stop (?:sending|these|e-?mailing))", r"(?:how|where|why|did|has|have|can|could|would|should|will) (?:i|you|we|one|people|they|my|he|she|our|customers?)\b.{0,60}unsubscrib\w*.{0,60}\?",
                     r"(?:keep|continue) (?:sending|them coming)", r"unsubscribe (?:link|page|button|rate|function|header|form|feature)\b", r"unsubscribe (?:him|her|them|my (?:colleague|boss|wife|husband|friend))", r"(?:can'?t|don'?t) stop (?:laughing|reading|thinking)"),
    ),
    "de": AbsenceWords(
        months=("januar|jänner|jan", "februar|feber|feb", "märz|maerz|mrz|mär", "april|apr", "mai", "juni|jun", "juli|jul",
                "august|aug", "september|sept?", "oktober|okt", "november|nov", "dezember|dez"),
        weekdays=("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag"),
        absent=(
            r"(?:nicht|ausser) (?:\w+ )?(?:im (?:büro|buero|haus|hause)|haus(?:e)?|am (?:arbeitsplatz|platz))", r"im (?:\w+ )?urlaub", r"abwesend", r"abwesenheit", r"nicht (?:\w+ ){0,2}(?:erreichbar|zu erreichen|verfügbar)",
            r"auf (?:dienst|geschäfts)reise", r"(?:in|im) (?:elternzeit|mutterschutz|krankenstand|sabbatical)", r"erkrankt|krank(?:geschrieben|heitsbedingt)", r"unterwegs", r"(?:betriebs|weihnachts|werks)(?:ferien|urlaub|ruhe|pause)",
            r"(?:büro|buero|praxis|geschäft|kanzlei|betrieb)\w* (?:\w+ ){0,4}(?:geschlossen|zu)\b", r"keinen zugriff auf (?:meine )?(?:e-?mails?|nachrichten)", r"in den ferien", r"auf (?:einer )?(?:fortbildung|messe|schulung|tagung)",
            r"nur (?:eingeschränkt|sporadisch|unregelmäßig)",
        ),
        left=(
            r"nicht mehr (?:\w+ ){0,3}(?:bei (?:der|uns|dem)?|für (?:die|das|unser)|im unternehmen|in unserem|in diesem|tätig|beschäftigt|teil)", r"ausgeschieden", r"(?:das )?unternehmen (?:\w+ ){0,4}verlassen", r"verlassen (?:habe|hat)",
            r"in (?:den )?ruhestand|in rente|pensioniert", r"letzte[rn]? arbeitstag", r"(?:diese|meine alte|die) (?:e-?mail-?)?adresse (?:\w+ ){0,4}(?:nicht mehr|ungültig|deaktiviert)", r"neue (?:e-?mail-?)?adresse", r"arbeite(?:t)? nicht mehr", r"wechsel(?:t|te|n)? in (?:eine|ein) (?:andere|neue)",
        ),
        acknowledged=(
            r"(?:ihre|deine|eure) (?:e-?mail|nachricht|anfrage|mail|bewerbung|bestellung|mitteilung)(?: \w+){0,4} (?:erhalten|eingegangen|angekommen|bearbeite\w*|weitergeleitet|erfasst)", r"(?:danke|dank) für (?:ihre|deine|eure|die|das) (?:e-?mail|nachricht|anfrage|mail|interesse|bewerbung|schreiben|mitteilung)",
            r"ticket ?-?(?:nummer|nr|id)", r"vorgangsnummer|bearbeitungsnummer|fallnummer", r"eingang ihrer", r"melden uns", r"schnellstmöglich|so bald wie möglich|umgehend (?:bearbeit|melde|beantwort)", r"eingangsbestätigung",
        ),
        subjects=(r"automatische antwort", r"abwesenheits(?:notiz|benachrichtigung|meldung|assistent|agent)?", r"abwesend", r"auto(?:matische )?-?antwort", r"(?:ich bin )?(?:nicht|außer) (?:im )?(?:büro|haus)", r"(?:ich bin )?im urlaub", r"urlaub", r"eingangsbestätigung", r"nicht erreichbar"),
        back=(r"zurück\b", r"wieder\b", r"rückkehr", r"erreichbar ab", r"zurueck\b", r"ab wann"),
        until=(r"bis(?: (?:zum|einschließlich|inkl\.?|inklusive|einschl\.?|und mit|voraussichtlich|zu))*", r"bis (?:zum )?(?:einschl\.?|einschließlich|inkl\.?)(?: den| dem)?", r"und"),
        since=(r"vom", r"von", r"ab(?: dem)?", r"seit(?: dem)?", r"zwischen(?: dem)?", r"nach dem"),
        automatic=(r"automatisch (?:generierte|erzeugte|erstellte|versendete|verschickte)", r"automatische (?:antwort|nachricht|e-?mail|mitteilung|eingangsbestätigung)", r"dies ist eine automati"),
        challenged=(r"(?:bestätigen|verifizieren) sie.{0,60}(?:mensch|kein (?:spam|roboter)|absender|identität)", r"(?:ihre|diese) (?:nachricht|e-?mail) (?:\w+ ){0,3}(?:zurückgehalten|noch nicht zugestellt)", r"absender(?:prüfung|verifizierung|bestätigung)", r"klicken sie.{0,80}(?:zugestellt|zustellen|freigeben|freizuschalten)"),
        tomorrow=(r"morgen",),
        next_week=(r"(?:nächste|kommende)[rn]? woche",),
        opt_out=(
            r"(?:vom |von |den |diesen |ihren |newsletter |mich |bitte )?\babmelden\b", r"abbestell\w*", r"abmeldung", r"keine (?:weiteren |mehr |e-?mails? mehr|werbung)(?:\w+ )*(?:e-?mails?|mails|newsletter|nachrichten|post|werbung|infos)?", r"aus (?:dem|ihrem|eurem|deinem|der|ihrer) (?:\w*verteiler|\w*liste|newsletter|datenbank|kartei)",
            r"(?:nehmen|nimm|streichen|löschen|entfernen|tragen|trag|lösch|streich) (?:sie |du )?(?:mich|uns|meine|bitte|diese)", r"(?:nicht|nie) mehr (?:an)?(?:schreiben|kontaktieren|zusenden|schicken|senden|mailen|melden)", r"(?:möchte|will|wünsche|wollen) (?:\w+ ){0,4}(?:keine|nicht mehr|nichts mehr)(?: \w+){0,5} (?:erhalten|bekommen|haben|empfangen|angeschrieben|kontaktiert)", r"(?:widerrufe|widerspreche|widerruf) ",
            r"(?:schreiben|schicken|senden|kontaktieren) sie (?:mir|mich|uns) (?:bitte )?(?:nicht|nichts|keine)", r"lassen sie mich in ruhe", r"\baustragen\b",
        ),
        not_opt_out=(r"nicht (?:vom |von )?(?:\w+ ){0,3}(?:abmelden|abbestellen)", r"(?:wie|wo|warum|kann|können|könnte) .{0,60}(?:abmelden|abbestellen).{0,40}\?", r"keine (?:weiteren|mehr) (?:fragen|termine)", r"abmeldung (?:vom kurs|vom seminar|vom termin|zum)"),
    ),
    "fr": AbsenceWords(
        months=("janvier|janv", "février|fevr?|févr?", "mars", "avril|avr", "mai", "juin", "juillet|juil", "août", "septembre|sept", "octobre|oct", "novembre|nov", "décembre|déc"),
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        absent=(r"absent(?:e|s)?\b", r"absence", r"en (?:congés?|vacances|déplacement|arrêt|voyage|formation|rtt)", r"congé (?:\w+ )?(?:maternité|paternité|parental|annuel|maladie)", r"pas (?:au|à mon|joignable|disponible|présent)", r"(?:bureaux?|cabinet|société|entreprise|magasin)[^.]{0,40}fermée?s?", r"ne (?:suis|serai) (?:pas|plus) (?:\w+ )?(?:joignable|disponible|au bureau|en mesure)",
                r"indisponible", r"injoignable", r"hors du bureau", r"fermeture (?:annuelle|estivale|de fin)"),
        left=(r"ne (?:fais|fait|faisons) plus partie", r"(?:ai|a|avons) quitté (?!le bureau|mon bureau)", r"ne travaille plus", r"n(?:'| )?(?:est|suis) plus (?:\w+ )?(?:en poste|dans (?:l|la|cette|notre)|employée?|salariée?|chez|au sein)", r"(?:départ|parti|partie) (?:à la|en) retraite", r"à la retraite", r"nouvelle adresse", r"(?:adresse|boîte)[^.]{0,40}n(?:'| )?est plus (?:\w+ )?(?:utilisée|valide|active|consultée|lue)", r"a pris sa retraite", r"dernier jour"),
        acknowledged=(r"(?:avons|ai) bien (?:reçu|noté)", r"(?:votre|ton) (?:message|courriel|e-?mail|mail|demande)[^.]{0,40}(?:bien été|a été|est) (?:reçu|prise? en compte|enregistrée?|transmise?)", r"accus(?:é|ons|e) (?:de )?réception", r"merci (?:pour|de) (?:votre|ton|nous avoir|m'avoir|l'intérêt)", r"numéro de (?:ticket|dossier|demande)", r"dans les (?:meilleurs|plus brefs) délais", r"reviendrons vers vous|reviendrai vers"),
        subjects=(r"réponse automatique", r"(?:message|notification|avis|notice)[ -]?(?:d'|d )?absence", r"absen(?:ce|te?)\b", r"absent du bureau", r"en (?:congés?|vacances)", r"accusé de réception", r"en déplacement", r"message automatique"),
        back=(r"de retour", r"retour(?:nerai|ne)?\b", r"reviens|reviendrai|rentre(?:rai)?\b", r"à nouveau|de nouveau", r"reprise|reprends|reprendrai", r"(?<!ne )serai (?:joignable|disponible|présente?)", r"ré-?ouv\w*", r"rouvr\w*"),
        until=(r"jusqu'?(?:au|à|en)(?: \w+)? ?(?:au|le)?", r"jusqu au", r"jusqu'au", r"au", r"et(?: le)?", r"inclus(?:ivement)? au"),
        since=(r"du", r"depuis(?: le)?", r"à partir du", r"à compter du", r"dès(?: le)?", r"entre(?: le)?", r"après(?: le)?"),
        automatic=(r"réponse automatique", r"message (?:automatique|généré automatiquement)", r"ceci est (?:une réponse|un message) automatique", r"courriel automatique"),
        challenged=(r"(?:confirme[rz]|vérifie[rz]|prouve[rz]) (?:que )?(?:vous êtes|votre identité|votre adresse).{0,40}", r"clique[rz].{0,80}(?:délivré|remis|livré|débloquer|valider votre)", r"(?:message|courriel)[^.]{0,40}(?:en attente|bloqué|retenu|quarantaine)"),
        tomorrow=(r"demain",), next_week=(r"(?:la )?semaine prochaine",),
        opt_out=(r"désabonn\w*", r"désinscri\w*", r"désinscription", r"(?:me |m')?(?:retirer|retirez|enlever|enlevez|supprimer|supprimez|rayez|radiez|ôtez|retire|enlève)(?:-| )?(?:moi |nous |mon |mes |me |cette )?", r"ne (?:plus|pas|veux plus|souhaite plus|désire plus|voudrais plus)(?: \w+){0,3} (?:recevoir|être contactée?|m'écrire|m'envoyer|me contacter|vos|écrire|contacter)", r"ne (?:m'|me |nous )?(?:envoyez|écrivez|contactez|écris|contacte) (?:plus|pas)", r"(?:cessez|arrêtez|stop)(?: \w+){0,2} (?:de |d'|vos|ces|les|aux?)?(?:m'|me |nous )?(?:envoyer|écrire|mails?|e-?mails?|courriels?|envois|contacter)", r"plus (?:de|aucun) (?:mails?|e-?mails?|courriels?|messages?|newsletters?)", r"^\W*stop(?: svp| s'il vous plaît| merci)?\W*$"),
        not_opt_out=(r"(?:comment|où|pourquoi|peut-on|puis-je).{0,60}(?:désabonn|désinscri)\w*.{0,40}\?", r"ne (?:veux|souhaite) pas (?:me )?(?:désabonner|désinscrire)"),
    ),
    "es": AbsenceWords(
        months=("enero|ene", "febrero|feb", "marzo|mar", "abril|abr", "mayo", "junio|jun", "julio|jul", "agosto|ago", "septiembre|setiembre|sept?|set", "octubre|oct", "noviembre|nov", "diciembre|dic"),
        weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        absent=(r"fuera de (?:la |mi |nuestra )?(?:oficina|país|ciudad|despacho)", r"(?:de|en) (?:\w+ )?vacaciones", r"ausente|ausencia", r"de (?:viaje|baja|permiso|licencia)\b", r"no (?:estoy|estaré|me encuentro|estamos|estaremos) (?:\w+ )?(?:disponible|en la oficina|en el despacho|localizable|operativ\w+)", r"(?:oficina|oficinas|empresa|tienda|despacho)[^.]{0,40}cerrad[ao]s?", r"(?:baja|licencia|permiso) (?:\w+ )?(?:maternal|paternal|médica|maternidad|paternidad|por)", r"acceso limitado|sin acceso", r"no podré (?:leer|responder|contestar|atender)", r"días libres"),
        left=(r"ya no (?:trabaj\w+|form\w+ parte|estoy en (?:esta|la) (?:empresa|compañía)|está en (?:esta|la) (?:empresa|compañía)|pertenec\w+|colabor\w+)", r"(?:he|ha) dejado (?:de trabajar|la empresa|la compañía|mi puesto|su puesto)", r"(?:me he|se ha) jubilado|jubilación", r"nuev[ao] (?:dirección|correo)", r"(?:dirección|correo|cuenta)[^.]{0,40}ya no (?:está|se|es)", r"último día (?:de trabajo|en)", r"dejó (?:la empresa|de trabajar)"),
        acknowledged=(r"(?:hemos|he) recibido (?:su|tu|correctamente)", r"(?:su|tu) (?:mensaje|correo|solicitud|consulta|petición)[^.]{0,30}(?:ha sido|fue|está siendo) (?:recibid[ao]|registrad[ao]|procesad[ao])", r"gracias por (?:su|tu|escribir|contactar|comunicar|ponerse|ponerte)", r"acuse de recibo", r"número de (?:ticket|caso|incidencia|solicitud)", r"a la (?:mayor )?brevedad|lo antes posible", r"nos pondremos en contacto"),
        subjects=(r"respuesta autom[áa]tica", r"fuera de (?:la )?oficina", r"(?:mensaje|aviso|notificación) de ausencia", r"ausente", r"ausencia", r"(?:de|en) vacaciones", r"contestador automático", r"acuse de recibo", r"auto-?respuesta"),
        back=(r"vuelv[ao]|volver[ée]\w*|volvemos|vuelta\b", r"regres[oa]\w*|regresar[ée]\w*|de regreso", r"de vuelta", r"de nuevo|nuevamente", r"retom\w+", r"me (?:re)?incorpor\w+", r"reincorpor\w+", r"(?<!no )estaré (?:disponible|operativ\w+|en la oficina)", r"reabr\w+|reanud\w+"),
        until=(r"hasta(?: el)?(?: día)?(?: próximo)?", r"al(?: día)?", r"y(?: el)?", r"a"),
        since=(r"del?(?: día)?", r"desde(?: el)?", r"a partir del?", r"entre(?: el)?", r"después del"),
        automatic=(r"(?:respuesta|mensaje|correo) (?:generad[ao] )?autom[áa]tic\w+", r"este es un mensaje automático"),
        challenged=(r"(?:confirme|verifique|confirma|verifica) (?:que )?(?:usted )?(?:es|eres|su|tu) (?:una persona|human\w+|identidad|dirección|correo|un remitente)", r"haga clic.{0,80}(?:entregad\w+|verificar|liberar|confirmar)", r"mensaje[^.]{0,30}(?:retenido|en espera|cuarentena)"),
        tomorrow=(r"mañana",), next_week=(r"(?:la )?(?:próxima semana|semana que viene|semana próxima)",),
        opt_out=(r"(?:dar(?:me|nos)?|de|dame|denme|deme|darse|dé)(?: por favor)?(?: de)? baja\b", r"\bbaja\b(?: por favor)?\W*$", r"desuscri\w*|desuscripción|cancelar (?:la |mi )?suscripción|cancelen mi", r"no (?:deseo|quiero|queremos|me interesa) (?:más |seguir |volver a )?(?:recib\w+|sus|más (?:correos|mensajes|e-?mails))", r"(?:no|nunca) (?:me|nos) (?:envíen?|escrib\w+|mand\w+|contact\w+|env[ií]es)(?: \w+)?(?: más)?", r"(?:elimin\w+|borr\w+|quit\w+|retir\w+|saqu\w+|sácame|bórrame)(?:me|nos)?\b.{0,20}(?:mi|de|del|la|lista|correo|base)", r"(?:dejen?|paren|deje) de (?:enviar|mandar|escribir|contactar)\w*", r"no más (?:correos|mensajes|e-?mails)"),
        not_opt_out=(r"(?:cómo|dónde|por qué|puedo).{0,60}(?:baja|desuscri).{0,40}\?", r"no (?:quiero|deseo) (?:dar(?:me|se)|causar) (?:de )?baja", r"estoy de baja|de baja (?:médica|laboral|por|hasta|maternal)"),
    ),
    "it": AbsenceWords(
        months=("gennaio|gen", "febbraio|feb", "marzo|mar", "aprile|apr", "maggio|mag", "giugno|giu", "luglio|lug", "agosto|ago", "settembre|set", "ottobre|ott", "novembre|nov", "dicembre|dic"),
        weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        absent=(r"fuori (?:ufficio|sede|dall'ufficio|città)", r"in (?:ferie|vacanza|trasferta|viaggio|malattia|maternità|congedo|aspettativa|permesso)", r"assent[ei]\b|assenza", r"non (?:sono|sarò|siamo|saremo) (?:\w+ )?(?:in ufficio|disponibil\w|raggiungibil\w|presente|reperibil\w)", r"(?:uffici[oi]?|azienda|sede|negozio)[^.]{0,40}chius[oiae]", r"chiusura (?:estiva|natalizia|aziendale)", r"accesso limitato"),
        left=(r"non (?:lavor\w+|collabor\w+) più", r"non (?:fa|faccio|facciamo) più parte", r"(?:ho|ha) lasciato (?:l'azienda|la società|l'incarico|il)", r"non (?:è|sono) più (?:in forza|dipendente|attiv\w|presso|in azienda|valido)", r"(?:è|sono) (?:andat[oa] )?in pensione", r"nuovo indirizzo", r"(?:indirizzo|casella)[^.]{0,40}non è più", r"ultimo giorno (?:di lavoro|in)"),
        acknowledged=(r"abbiamo (?:ricevuto|preso in carico)", r"(?:la )?(?:sua|tua|vostra) (?:richiesta|e-?mail|mail|messaggio|comunicazione)[^.]{0,30}(?:è stat[ao]|è) (?:ricevut[ao]|pres[ao]|registrat[ao]|inoltrat[ao])", r"grazie per (?:averci|il suo|la sua|il tuo|la tua|averci|aver)", r"conferma di ricezione", r"numero (?:di )?(?:ticket|pratica|richiesta)", r"al più presto|quanto prima|il prima possibile", r"la ricontatteremo|risponderemo"),
        subjects=(r"risposta automatica", r"fuori (?:ufficio|sede)", r"(?:messaggio|avviso|notifica) (?:di assenza|automatic[oa])", r"assen(?:te|za)", r"in ferie", r"autorisposta|auto-risposta", r"conferma di ricezione"),
        back=(r"rientr\w+", r"torner[òà]|torno|ritorn\w+|torneremo", r"di nuovo|nuovamente", r"ripren\w+", r"(?<!non )sarò (?:disponibile|in ufficio|raggiungibile|reperibile)", r"riapr\w+|riapertura"),
        until=(r"fino? al?(?:l')?(?: giorno)?", r"sino al?(?:l')?", r"al(?:l')?", r"e(?: il)?", r"a tutto il"),
        since=(r"dal(?:l')?", r"da", r"a partire dal?", r"dopo il", r"tra il", r"del"),
        automatic=(r"(?:risposta|messaggio|e-?mail) (?:generat[oa] )?automatic\w+", r"questo è un messaggio automatico"),
        challenged=(r"(?:conferm\w+|verific\w+) (?:di essere|che sei|la tua identità|il suo indirizzo|la sua identità)", r"clicc\w+.{0,80}(?:consegn\w+|sblocc\w+|verific\w+)", r"messaggio[^.]{0,30}(?:trattenuto|in attesa|quarantena)"),
        tomorrow=(r"domani",), next_week=(r"(?:la )?(?:prossima settimana|settimana prossima)",),
        opt_out=(r"disiscri\w*|disiscrizione", r"cancell(?:atemi|ami|azione|are|ate)(?:\b.{0,40}(?:lista|mailing|newsletter|iscrizione|indirizzo|mail|dati))?", r"non (?:voglio|desidero|vorrei|intendo) (?:più )?(?:ricevere|essere contattat\w)", r"non (?:\w+ )?(?:inviate|mandate|scrivete|contattate|inviatemi|scrivetemi|mandatemi|contattatemi|scrivermi|inviarmi)", r"(?:togli\w*|rimuov\w*|elimin\w*|leva\w*)(?:mi|temi|etemi|ci)?\b.{0,40}(?:lista|mailing|elenco|indirizzo|database|newsletter)", r"(?:basta|smett\w+ di|stop)(?: con)?(?: \w+)? (?:mail|e-?mail|messaggi|inviare|inviarmi|scriver\w+|newsletter|mandare|mandarmi)"),
        not_opt_out=(r"(?:come|dove|perché|posso).{0,60}(?:disiscri|cancell).{0,40}\?", r"non (?:voglio|desidero) (?:disiscriver|cancellar)\w+"),
    ),
    "pt": AbsenceWords(
        months=("janeiro|jan", "fevereiro|fev", "março|mar", "abril|abr", "maio|mai", "junho|jun", "julho|jul", "agosto|ago", "setembro|set", "outubro|out", "novembro|nov", "dezembro|dez"),
        weekdays=("segunda(?:-feira)?", "terça(?:-feira)?", "quarta(?:-feira)?", "quinta(?:-feira)?", "sexta(?:-feira)?", "sábado", "domingo"),
        absent=(r"fora do (?:escritório|país|gabinete|trabalho)", r"(?:de|em) (?:\w+ )?férias", r"ausente|ausência|ausentar", r"(?:de|em) (?:licença|viagem|baixa|atestado|folga)", r"não (?:estou|estarei|estamos|estaremos) (?:\w+ )?(?:disponíve\w+|no escritório|contactável|acessível)", r"(?:escritório|empresa|loja|instalações)[^.]{0,40}(?:encerrad|fechad)[ao]s?", r"acesso limitado|sem acesso", r"indisponível"),
        left=(r"(?:já )?não (?:trabalh\w+|faço|faz|fazemos|pertenç\w+|colabor\w+|integr\w+)(?: mais)? (?:mais|parte|na|no|nesta|neste|aqui|connosco|conosco|para)", r"não (?:trabalh\w+|faç?[oz]\w*) mais", r"deix(?:ei|ou) (?:a empresa|de trabalhar|a companhia|o cargo)", r"deslig(?:uei|ado|ada|ou)\b", r"(?:me )?aposent\w+|reformei|reformou", r"novo (?:endereço|e-?mail)", r"(?:endereço|e-?mail|conta)[^.]{0,40}(?:já não|não) (?:está|é|será) (?:mais )?(?:ativ\w|utilizad\w|válid\w|monitorad\w|usad\w)", r"último dia (?:de trabalho|na)"),
        acknowledged=(r"(?:recebemos|recebi) (?:a sua|o seu|sua|seu|o teu|a tua)", r"(?:sua|seu|a sua|o seu) (?:mensagem|e-?mail|pedido|solicitação)[^.]{0,30}foi (?:recebid[ao]|registad[ao]|registrad[ao]|encaminhad[ao])", r"obrigad[oa] (?:por|pelo|pela)", r"agradecemos (?:o|a|seu|sua)", r"confirmação de rece(?:p)?ção|confirmação de recebimento", r"número (?:do|de) (?:ticket|chamado|protocolo|pedido)", r"o mais (?:breve|rápido|rapidamente) possível|assim que possível", r"entraremos em contat?o"),
        subjects=(r"resposta autom[áa]tica", r"fora do escritório", r"(?:aviso|mensagem) de (?:ausência|férias)", r"ausente", r"ausência", r"(?:de|em) férias", r"auto-?resposta", r"mensagem automática"),
        back=(r"volt(?:o|a|amos|am|arei|aremos|arão|ará|ando)\b", r"regress\w+", r"retorn\w+", r"de volta", r"novamente|de novo", r"retom\w+", r"(?<!não )estarei (?:disponível|de|no escritório)", r"reabr\w+"),
        until=(r"até(?: (?:ao|o|dia|à|a))*(?: dia)?", r"ao?(?: dia)?", r"e(?: o)?(?: dia)?"),
        since=(r"de", r"do dia", r"desde(?: o| a)?(?: dia)?", r"a partir d[eoa](?: dia)?", r"entre(?: os)?(?: dias?)?", r"após(?: o)?(?: dia)?", r"dia"),
        automatic=(r"(?:resposta|mensagem|e-?mail) (?:gerad[ao] )?autom[áa]tic\w+", r"esta é uma (?:resposta|mensagem) automática"),
        challenged=(r"(?:confirme|verifique) (?:que )?(?:é|você é|a sua|sua|o seu|seu) (?:uma pessoa|human\w|identidade|endereço|e-?mail|um remetente)", r"clique.{0,80}(?:entregue|verificar|liberar|libertar|confirmar)", r"mensagem[^.]{0,30}(?:retida|em espera|quarentena)"),
        tomorrow=(r"amanhã",), next_week=(r"(?:na |a )?(?:próxima semana|semana que vem|semana próxima)",),
        opt_out=(r"(?:cancelar|cancelem|cancele|anular|remover|remova|anulem)(?: \w+)? (?:a |minha |meu |a minha |o meu )?(?:\w+ )?(?:inscrição|subscrição|assinatura|cadastro|e-?mail|registo|nome|endereço)", r"descadastr\w+|desinscre\w+|desinscrição", r"não (?:quero|desejo|pretendo|gostaria de|queremos) (?:mais |continuar a )?(?:receb\w+|ser contactad\w|ser contatad\w)", r"(?:não|nunca) (?:me |nos )?(?:envi\w+|mand\w+|escrev\w+|contact\w+|contat\w+)(?: mais| me| \w+ mais)", r"(?:remov\w+|retir\w+|tir\w+|exclu\w+|elimin\w+)(?:-me| me|-nos)?\b.{0,40}(?:lista|base|mailing|lista de|cadastro|contactos|contatos)", r"(?:parem?|deixem?) de (?:me )?(?:envi\w+|mandar|escrever|contactar)", r"(?:chega|sem) (?:de )?mais e-?mails"),
        not_opt_out=(r"(?:como|onde|porque|posso).{0,60}(?:cancel|descadastr|remov).{0,40}\?", r"não (?:quero|desejo) cancelar"),
    ),
    "nl": AbsenceWords(
        months=("januari|jan", "februari|feb", "maart|mrt", "april|apr", "mei", "juni|jun", "juli|jul", "augustus|aug", "september|sept?", "oktober|okt", "november|nov", "december|dec"),
        weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        absent=(r"(?:afwezig|afwezigheid)", r"(?:niet|buiten) (?:\w+ )?(?:op (?:het )?kantoor|kantoor|aanwezig|bereikbaar|in de gelegenheid|beschikbaar)", r"(?:op|met) (?:\w+ )?(?:vakantie|verlof|zakenreis|reis)\b", r"(?:zwangerschaps|ouderschaps|ziekte|bevallings)verlof", r"kantoor[^.]{0,40}gesloten", r"wegens ziekte|ziek(?:gemeld)?\b", r"vrij(?:e dag|af)?\b (?:tot|t/m)", r"beperkt (?:bereikbaar|toegang)"),
        left=(r"niet (?:meer|langer) (?:\w+ ){0,3}(?:werkzaam|in dienst|bij|voor|actief)", r"werk(?:t)? (?:hier |er )?niet (?:meer|langer)", r"uit dienst", r"(?:bedrijf|organisatie) (?:heeft |heb ik )?verlaten", r"verlaten", r"met pensioen", r"nieuwe? (?:e-?mail ?)?adres", r"(?:adres|mailbox)[^.]{0,40}niet (?:meer|langer)", r"laatste werkdag"),
        acknowledged=(r"(?:uw|je|jouw) (?:e-?mail|bericht|aanvraag|vraag|verzoek|mail)[^.]{0,30}(?:ontvangen|in behandeling|geregistreerd|doorgestuurd)", r"(?:bedankt|dank u|dank je|dank) (?:wel )?voor (?:uw|je|het|de)", r"ontvangstbevestiging", r"(?:ticket|zaak|dossier)nummer", r"zo (?:spoedig|snel) mogelijk", r"nemen (?:wij |we )?(?:\w+ )?contact|hebben (?:uw|je)[^.]{0,30}ontvangen"),
        subjects=(r"automatisch(?:e)? (?:antwoord|reactie|bericht)", r"afwezig(?:heid)?(?:sbericht|smelding)?", r"(?:niet|buiten) (?:op )?kantoor", r"(?:op|met) (?:vakantie|verlof)", r"ontvangstbevestiging"),
        back=(r"\bterug\b", r"terugkeer\w*|terugkom\w*", r"\bweer\b", r"hervat\w*", r"opnieuw", r"heropen\w*"),
        until=(r"tot(?: en met| aan)?", r"t/m", r"t\.e\.m\.?", r"en"),
        since=(r"van(?:af)?", r"sinds", r"per", r"met ingang van", r"na", r"tussen"),
        automatic=(r"automatisch (?:gegenereerd|bericht|antwoord|verzonden)", r"dit is een automatisch"),
        challenged=(r"(?:bevestig|verifieer) (?:dat )?(?:u|je|uw) .{0,40}(?:mens|persoon|identiteit|adres|robot)", r"klik.{0,80}(?:bezorgd|afleveren|afgeleverd|vrijgeven|bevestigen)", r"bericht[^.]{0,30}(?:vastgehouden|wacht|quarantaine)"),
        tomorrow=(r"morgen",), next_week=(r"volgende week",),
        opt_out=(r"(?:uitschrijven|uitschrijving|schrijf (?:mij|me|ons) uit|uitgeschreven worden|afmelden|afmelding|meld (?:mij|me) af)", r"(?:verwijder|haal|schrap)(?:en|t)? (?:mij|me|ons|mijn|dit)\b", r"(?:geen|nooit meer) (?:\w+ )?(?:e-?mails?|mails?|nieuwsbrie\w+|berichten|post|reclame)(?: meer)?", r"(?:wil|wens|willen|hoef)(?: \w+){0,4} (?:niet meer|geen)(?: \w+){0,5} (?:ontvangen|krijgen|benaderd|gemaild)?", r"(?:niet meer|stop(?:pen)?(?: met)?)(?: \w+){0,2} (?:mailen|e-?mailen|sturen|schrijven|toesturen|benaderen|contacteren|deze)", r"van (?:de|uw|jullie|deze) (?:\w*lijst|mailinglijst|verzendlijst)"),
        not_opt_out=(r"(?:hoe|waar|waarom|kan).{0,60}(?:uitschrijven|afmelden).{0,40}\?", r"niet (?:uitschrijven|afmelden)"),
    ),
    "sv": AbsenceWords(
        months=("januari|jan", "februari|feb", "mars", "april|apr", "maj", "juni|jun", "juli|jul", "augusti|aug", "september|sept?", "oktober|okt", "november|nov", "december|dec"),
        weekdays=("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
        absent=(r"(?:inte|ej) (?:\w+ )?(?:på kontoret|på plats|i tjänst|tillgänglig|anträffbar|nåbar|kontaktbar)", r"(?:på|har) (?:\w+ )?(?:semester|tjänsteresa|resande fot)", r"(?:föräldra|sjuk|tjänst|barn)ledig(?:het)?", r"frånvar\w+", r"\bledig\b", r"sjukskriven|sjukfrånvaro", r"borta (?:från|till|fram)", r"kontoret[^.]{0,40}stängt", r"begränsad (?:tillgång|åtkomst|möjlighet)", r"vab(?:bar)?\b"),
        left=(r"(?:arbetar|jobbar|är)(?: \w+)? inte (?:längre|kvar)", r"(?:inte|ej) längre (?:\w+ )?(?:kvar|anställd|på|hos|för)", r"har slutat", r"(?:gått|går) i pension|pensionera\w+", r"ny (?:e-?post|mejl|mail)?(?:adress)", r"(?:adressen|brevlådan|kontot)[^.]{0,40}(?:inte längre|upphört)", r"sista arbetsdag", r"lämnat (?:företaget|min tjänst|bolaget|organisationen)"),
        acknowledged=(r"(?:har|vi har) (?:tagit emot|mottagit|fått)(?: in)? (?:ditt|din|er|ert|ditt)", r"(?:ditt|din|ert) (?:meddelande|ärende|mejl|mail|e-?post|förfrågan)[^.]{0,30}(?:mottaget|mottagits|registrerat|tagits emot)", r"tack för (?:ditt|din|ert|att du|mejlet|meddelandet)", r"ärendenummer|ärende-?id", r"återkommer (?:så snart|inom|snarast)", r"mottagningsbekräftelse|bekräftelse på"),
        subjects=(r"autosvar", r"automatiskt svar", r"frånvaro(?:meddelande|besked)?", r"(?:inte|ej) på (?:kontoret|plats)", r"(?:på )?semester", r"ledig"),
        back=(r"tillbaka", r"\båter\b|återkom\w*|åter(?:vänder|igen|öppn\w*)", r"igen\b", r"på plats (?:igen|åter)", r"i tjänst (?:igen|åter)"),
        until=(r"(?:fram )?till(?:s)?(?: och med)?", r"t\.?o\.?m\.?", r"och", r"tom"),
        since=(r"från(?: och med)?", r"fr\.?o\.?m\.?", r"sedan", r"efter", r"mellan", r"under"),
        automatic=(r"automatiskt (?:svar|meddelande|genererat|skickat)", r"detta är ett auto"),
        challenged=(r"(?:bekräfta|verifiera) (?:att )?(?:du|din) .{0,40}(?:människa|person|adress|identitet|robot)", r"klicka.{0,80}(?:levereras|bekräfta|släpp\w+)", r"meddelande[^.]{0,30}(?:väntar|hålls|karantän)"),
        tomorrow=(r"i ?morgon",), next_week=(r"nästa vecka",),
        opt_out=(r"avregistrera\w*|avregistrering", r"avprenumerera\w*|avsluta (?:min |mitt )?(?:prenumeration\w*|utskick)", r"avanmäl\w*", r"(?:ta bort|stryk|radera) (?:mig|oss|min|mitt|denna)\b", r"(?:inte|inga) (?:\w+ )?(?:fler|mer|mera|längre)(?: \w+){0,3} (?:mejl|mail|e-?post|utskick|nyhetsbrev|meddelanden|reklam)", r"inga (?:fler |mer )?(?:mejl|mail|e-?post|utskick|nyhetsbrev|meddelanden|reklam)", r"(?:vill|önskar)(?: \w+){0,2} (?:inte|slippa|ej)(?: \w+){0,4} (?:ha|få|mejl|mail|bli|utskick|kontakt\w+|era|dessa)", r"sluta (?:mejla|maila|skicka|kontakta|skriva|med)", r"(?:från|ur) (?:er|din|denna|sänd|er ma\w*)\s?\w*(?:lista|listan|sändlista|register)"),
        not_opt_out=(r"(?:hur|var|varför|kan).{0,60}(?:avregistrera|avprenumerera|avanmäl).{0,40}\?", r"inte avregistrera"),
    ),
    "pl": AbsenceWords(
        months=("stycznia|styczeń|stycznia|sty", "lutego|luty|lut", "marca|marzec|mar", "kwietnia|kwiecień|kwi", "maja|maj", "czerwca|czerwiec|cze", "lipca|lipiec|lip", "sierpnia|sierpień|sie", "września|wrzesień|wrz", "października|październik|paź", "listopada|listopad|lis", "grudnia|grudzień|gru"),
        weekdays=("poniedział(?:ek|ku)", "wtor(?:ek|ku)", "środ[aęy]", "czwart(?:ek|ku)", "piąt(?:ek|ku)", "sobot[aęy]", "niedziel[aęi]"),
        absent=(r"nieobecn\w+", r"na (?:\w+ )?(?:urlopie|zwolnieniu|delegacji|wyjeździe|szkoleniu|chorobowym)", r"(?:w|na) (?:podróży|delegacji)(?: służbowej)?", r"poza (?:biurem|firmą|krajem)", r"(?:jestem|będę|przebywam) (?:\w+ )?(?:niedostępn\w+|na urlopie|poza|nieosiągaln\w+)", r"nie (?:ma mnie|będzie mnie|będę|jestem) (?:\w+ )?(?:w biurze|w pracy|dostępn\w+|obecn\w+|w stanie)", r"(?:biuro|firma|sklep|gabinet)[^.]{0,40}(?:zamknięt\w+|nieczynn\w+)", r"ograniczony dostęp|bez dostępu", r"urlop (?:macierzyński|wypoczynkowy|rodzicielski)"),
        left=(r"(?:już )?nie (?:pracuj\w+|jest(?:em)? (?:już )?(?:pracownikiem|zatrudnion\w+))(?: już)?", r"(?:zakończył\w*|zakończyłem|zakończyłam) (?:pracę|współpracę)", r"odsz(?:edł|ła|edłem|łam) (?:z|na)", r"na emerytur\w+", r"nowy adres", r"(?:adres|skrzynka|konto)[^.]{0,40}(?:nieaktywn\w+|już nie|nie jest już)", r"ostatni dzień (?:pracy|mojej|w)"),
        acknowledged=(r"otrzymali(?:śmy)?|otrzymałem|otrzymałam", r"dziękuj(?:ę|emy) za (?:wiadomość|kontakt|przesł\w+|e-?mail|zgłoszenie|maila|list|zainteresowanie|Państwa|Twoj\w+|Pani|Pana)", r"(?:wiadomość|zgłoszenie|mail)[^.]{0,30}został[ao]? (?:otrzyman\w+|zarejestrowan\w+|przyjęt\w+|przekazan\w+)", r"numer (?:zgłoszenia|sprawy)", r"potwierdz(?:amy|enie) (?:otrzymani\w+|odbi\w+|przyjęci\w+)", r"(?:skontaktujemy|odpowiemy|odpiszemy|odpowiem)"),
        subjects=(r"odpowiedź automatyczna|automatyczna odpowiedź", r"autoodpowiedź|auto-odpowiedź", r"nieobecn\w+", r"poza biurem", r"(?:na )?urlop\w*", r"potwierdzenie (?:otrzymania|odbioru)"),
        back=(r"wrac\w+|wróc\w+|powr\w+t\w*|powrac\w+|powróc\w+", r"ponownie|z powrotem", r"(?<!nie )będę (?:dostępn\w+|w biurze|w pracy)", r"wznow\w+|wznaw\w+", r"znów|znowu"),
        until=(r"do(?: dnia)?", r"aż do(?: dnia)?", r"i", r"włącznie do"),
        since=(r"od(?: dnia)?", r"po(?: dniu)?", r"między", r"począwszy od", r"z dniem"),
        automatic=(r"(?:wiadomość|odpowiedź)(?: \w+){0,2} automatyczn\w+|automatyczn\w+ (?:wiadomość|odpowiedź)", r"wygenerowan\w+ automatycznie"),
        challenged=(r"(?:potwierdź|potwierdzić|zweryfikuj)[^.]{0,40}(?:człowiekiem|nie jesteś|tożsamość|adres|robotem)", r"kliknij.{0,80}(?:dostarczon\w+|potwierdzić|zwolnić)", r"wiadomość[^.]{0,30}(?:zatrzymana|oczekuje|kwarantann\w+)"),
        tomorrow=(r"jutra|jutro",), next_week=(r"(?:w )?(?:przyszłym|następnym) tygodni\w+",),
        opt_out=(r"(?:wypisz\w*|wypisać|wypisanie|wypisuj\w*)", r"(?:rezygnuj\w+|rezygnacj\w+) z (?:subskrypcji|newslettera|otrzymywania|mailingu|wiadomości)", r"(?:usu[ńn]\w*|usunięcie|skreśl\w*) (?:mnie|nas|mój|moj\w+|proszę|ten|z)", r"(?:proszę|prosze)? ?(?:nie|już nie) (?:\w+ )?(?:wysyła\w*|przysyła\w*|pis\w+|kontaktow\w+|przesyła\w*)(?: \w+){0,3}", r"nie (?:chcę|życzę sobie|chcemy|zamierzam)(?: już| więcej| dłużej)? (?:otrzymyw\w+|dostaw\w+|więcej|wiadomości|maili|waszych|takich)", r"(?:odsubskryb\w+|anulow\w+ subskrypcj\w+|zrezygnować)", r"żadnych (?:więcej )?(?:maili|wiadomości|newsletterów)"),
        not_opt_out=(r"(?:jak|gdzie|dlaczego|czy mog\w+).{0,60}(?:wypisać|zrezygnować).{0,40}\?", r"nie (?:chcę )?(?:wypisywać|rezygnować|rezygnuję)"),
    ),
    "ja": AbsenceWords(
        months=("1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"),
        weekdays=("月曜日?", "火曜日?", "水曜日?", "木曜日?", "金曜日?", "土曜日?", "日曜日?"),
        absent=(r"不在", r"休暇", r"お休み|休みを|休業|休ませて", r"出張", r"外出", r"育休|産休|育児休業", r"夏季休業|年末年始", r"席を外し", r"留守", r"欠勤|病欠|療養", r"返信(?:でき|が遅れ|が遅く)"),
        left=(r"退職", r"退社(?:いた|し|致)", r"転職", r"異動", r"在籍し(?:て(?:い|お)(?:ません|りません)|ておりません)", r"新しい(?:メール)?アドレス", r"(?:メール)?アドレス(?:は|が)(?:変更|変わり|使用(?:でき|され)|廃止|無効)", r"担当(?:を外れ|が変わり|者が変更|者変更)"),
        acknowledged=(r"(?:お問い?合(?:わ)?せ|ご連絡|メール|ご応募|お申し?込み)(?:を|いただき|頂き|ありがとう|有難う|有り難う)", r"受け?付け|受付(?:いた|し|けました|完了|番号)", r"受信(?:いた|し)", r"担当者?(?:より|から)", r"折り返し|追って", r"お問い合わせ番号"),
        subjects=(r"自動(?:応答|返信|送信|配信)", r"不在(?:通知|連絡|のお知らせ|届|にして)?", r"休暇(?:中|の)?", r"休業", r"出張", r"受付(?:完了)?"),
        back=(r"出社", r"出勤", r"復帰", r"戻(?:り|る|って)", r"帰(?:社|国|任)", r"営業(?:を)?(?:再開|開始|いたします|します)?", r"再開", r"(?:ご)?(?:返信|対応|回答|連絡)(?:いた|させ|致|し|申)", r"以降(?:に|の|で|順次)?"),
        until=(),
        since=(),
        automatic=(r"自動(?:応答|返信|送信|配信|的に)", r"このメールは自動"),
        challenged=(r"(?:送信者|差出人)(?:の)?(?:確認|認証)", r"(?:クリック|リンク).{0,40}(?:配信|配達|確認|認証)(?:され|し)", r"保留(?:され|して)"),
        until_after=(r"\s*(?:\([^)]{0,6}\))?\s*(?:いっぱい)?\s*まで(?:の間)?", r"\s*(?:\([^)]{0,6}\))?\s*迄"),
        since_after=(r"\s*(?:\([^)]{0,6}\))?\s*(?:から|より|以降|~|〜|-)",),
        tomorrow=(r"明日",), next_week=(r"来週",),
        opt_out=(r"(?:配信|メルマガ|メール|登録|購読)(?:の|を)?(?:停止|解除|中止|不要|止め|やめ)", r"(?:停止|解除|中止|退会|削除)(?:して|し|を(?:お願い|希望)|願い|手続)", r"(?:もう|今後は?|以後は?)、?(?:メール|メルマガ|連絡|ご連絡|案内)?(?:を|は|の|も)?(?:送ら|送信し|不要|いり|要り|配信し|連絡し|しない)", r"送(?:ら|信し)ないで", r"(?:登録|リスト|名簿|宛先)(?:から)?(?:を)?(?:削除|外し|抹消|除外)"),
        not_opt_out=(r"(?:方法|どう|どこ|なぜ|ですか|でしょうか).{0,10}[?？]", r"(?:解除|停止|退会)(?:は)?(?:しない|しません|したくない|不要)"),
    ),
    "da": AbsenceWords(
        months=("januar|jan", "februar|feb", "marts", "april|apr", "maj", "juni|jun", "juli|jul", "august|aug", "september|sept?", "oktober|okt", "november|nov", "december|dec"),
        weekdays=("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
        absent=(r"ikke (?:\w+ )?(?:på kontoret|til stede|tilgængelig|at træffe|at få fat|på arbejde)", r"(?:på|holder|har) (?:\w+ )?(?:ferie|orlov|barsel|forretningsrejse|tjenesterejse|sygeorlov)", r"fravær\w*", r"kontoret[^.]{0,40}lukket", r"sygemeldt", r"bortrejst"),
        left=(r"(?:arbejder|er)(?: \w+)? ikke længere", r"ikke længere (?:\w+ )?(?:ansat|hos|i|på)", r"er (?:stoppet|fratrådt)|har forladt", r"gået på pension", r"ny (?:e-?mail)?adresse"),
        acknowledged=(r"(?:vi )?har modtaget (?:din|dit|jeres)", r"tak for (?:din|dit|jeres|henvendelsen)", r"vender tilbage (?:hurtigst|snarest|inden)", r"sagsnummer"),
        subjects=(r"autosvar", r"automatisk svar", r"fravær\w*", r"ikke på kontoret", r"(?:på )?ferie", r"ikke til stede"),
        back=(r"tilbage", r"igen\b", r"retur\b", r"genåbner"),
        until=(r"(?:frem )?til(?: og med)?(?: den)?", r"t\.?o\.?m\.?", r"og"),
        since=(r"fra(?: og med)?(?: den)?", r"siden", r"efter", r"mellem"),
        opt_out=(r"afmeld\w*", r"frameld\w*", r"(?:fjern|slet) (?:mig|os|min|mit)\b", r"(?:ikke|ingen) (?:\w+ )?(?:flere|mere|længere)(?: \w+){0,3} (?:mails?|e-?mails?|nyhedsbreve|beskeder)", r"(?:ønsker|vil)(?: \w+){0,2} ikke(?: \w+){0,4} (?:modtage|have|kontaktes|høre)", r"stop med at (?:sende|skrive|maile)"),
        tomorrow=(r"i morgen",), next_week=(r"næste uge",),
    ),
    "no": AbsenceWords(
        months=("januar|jan", "februar|feb", "mars", "april|apr", "mai", "juni|jun", "juli|jul", "august|aug", "september|sept?", "oktober|okt", "november|nov", "desember|des"),
        weekdays=("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
        absent=(r"ikke (?:\w+ )?(?:på kontoret|til stede|tilgjengelig|på jobb|å treffe)", r"(?:på|har) (?:\w+ )?(?:ferie|permisjon|tjenestereise|reise|avspasering)", r"fravær\w*|fraværende", r"foreldrepermisjon|sykemeldt|bortreist", r"kontoret[^.]{0,40}stengt"),
        left=(r"(?:jobber|arbeider|er)(?: \w+)? ikke lenger", r"ikke lenger (?:\w+ )?(?:ansatt|hos|i|på)", r"har sluttet", r"gått av med pensjon|pensjonert", r"ny (?:e-?post)?adresse"),
        acknowledged=(r"(?:vi )?har mottatt (?:din|ditt|deres)", r"takk for (?:din|ditt|henvendelsen|e-?posten|meldingen)", r"saksnummer", r"svarer (?:så snart|deg)"),
        subjects=(r"automatisk svar", r"autosvar", r"fravær\w*", r"ikke på kontoret", r"ferie"),
        back=(r"tilbake", r"igjen\b"),
        until=(r"(?:frem |fram )?til(?: og med)?(?: den)?", r"t\.?o\.?m\.?", r"og"),
        since=(r"fra(?: og med)?(?: den)?", r"siden", r"etter", r"mellom"),
        opt_out=(r"meld(?:e)? (?:meg|oss) av|avmeld\w*|avregistrer\w*", r"(?:fjern|slett|stryk) (?:meg|oss|min|mitt)\b", r"(?:ikke|ingen) (?:\w+ )?(?:flere|mer|lenger)(?: \w+){0,3} (?:e-?post\w*|mail\w*|nyhetsbrev|meldinger)", r"(?:ønsker|vil)(?: \w+){0,2} ikke(?: \w+){0,4} (?:motta|ha|kontaktes|høre)", r"slutt å (?:sende|skrive|maile)"),
        tomorrow=(r"i morgen",), next_week=(r"neste uke",),
    ),
    "fi": AbsenceWords(
        months=("tammi\\w*", "helmi\\w*", "maalis\\w*", "huhti\\w*", "touko\\w*", "kesäku\\w*", "heinä\\w*", "elo\\w*", "syys\\w*", "loka\\w*", "marras\\w*", "joulu\\w*"),
        weekdays=("maanantai\\w*", "tiistai\\w*", "keskiviikko\\w*|keskiviikkona", "torstai\\w*", "perjantai\\w*", "lauantai\\w*", "sunnuntai\\w*"),
        absent=(r"poissa", r"lomalla", r"(?:en|emme) ole (?:\w+ )?(?:paikalla|tavoitettavissa|toimistolla|töissä)", r"(?:vanhempain|äitiys|sairaus|virka)(?:vapaalla|lomalla)", r"matkoilla|työmatkalla", r"toimisto\w*[^.]{0,40}suljettu"),
        left=(r"(?:en|ei) (?:ole enää|työskentele enää|enää työskentele)", r"lopettanut|jäänyt eläkkeelle|siirtynyt", r"uusi (?:sähköposti)?osoite"),
        acknowledged=(r"(?:viestisi|sähköpostisi|yhteydenottosi)[^.]{0,30}(?:vastaanotettu|saapunut)", r"kiitos (?:viestistäsi|yhteydenotostasi|sähköpostistasi|viestistänne|yhteydenotosta)", r"tapausnumero|tikettinumero"),
        subjects=(r"automaattinen vastaus", r"poissa(?:oloviesti|olo)?\w*", r"lomalla", r"poissaoloilmoitus"),
        back=(r"takaisin", r"palaa\w*", r"jälleen|taas", r"tavoitettavissa"),
        until=(r"aina",),
        since=(r"alkaen",),
        until_after=(r"\s*(?:asti|saakka)",),
        since_after=(r"\s*(?:alkaen|lähtien)",),
        opt_out=(r"(?:peru(?:uta|kaa)?|lopeta\w*|irtisano\w*)(?: \w+)? (?:tilau\w+|uutiskir\w+|postitu\w+|lähettämi\w+)", r"poista\w* (?:minut|meidät|osoitteeni|tietoni)", r"(?:en|emme) (?:halua|toivo)(?: \w+){0,3} (?:viestejä|sähköpost\w+|uutiskir\w+|postia|enää|vastaanottaa)"),
        tomorrow=(r"huomenna|huomiseen",), next_week=(r"ensi viikolla|ensi viikkoon",),
    ),
    "ru": AbsenceWords(
        months=("январ[яь]|янв", "феврал[яь]|фев", "марта?|мар", "апрел[яь]|апр", "ма[яй]", "июн[яь]", "июл[яь]", "августа?|авг", "сентябр[яь]|сент?", "октябр[яь]|окт", "ноябр[яь]|ноя", "декабр[яь]|дек"),
        weekdays=("понедельник\\w*", "вторник\\w*", "сред[уыа]", "четверг\\w*", "пятниц[уыа]", "суббот[уыа]", "воскресень[ея]"),
        absent=(r"в (?:\w+ )?отпуске", r"отсутств\w+", r"в (?:\w+ )?командировке", r"(?:нет|не буду|не нахожусь|не в) (?:\w+ )?(?:на месте|в офисе|на работе|офисе|доступ\w+)", r"на больничном|в декрете", r"офис[^.]{0,40}(?:закрыт|не работает)"),
        left=(r"(?:больше|уже) не работа\w+", r"уволи\w+|покинул\w*", r"не является сотрудник\w+", r"новый адрес", r"вышел на пенсию"),
        acknowledged=(r"(?:получили|получено|получил\w*) (?:ваше|ваш)", r"(?:ваше|ваш) (?:письмо|сообщение|обращение|запрос|заявка)[^.]{0,30}(?:получен\w*|принят\w*|зарегистрирован\w*)", r"(?:спасибо|благодарим) за (?:ваше|обращение|письмо|сообщение)", r"номер (?:заявки|обращения)"),
        subjects=(r"автоответ\w*", r"автоматический ответ", r"(?:я )?в отпуске", r"отсутств\w+", r"нет на месте"),
        back=(r"верн\w+|возвраща\w+|возвращен\w+", r"снова|опять", r"(?<!не )буду (?:на (?:месте|связи|работе)|в офисе|доступ\w+)", r"выхожу|выйду"),
        until=(r"до", r"по", r"и"),
        since=(r"с(?:о)?", r"от", r"после", r"начиная с"),
        opt_out=(r"отпи(?:шите|сать\w*|ши|ска|сываюсь)", r"(?:удалите|уберите|исключите) (?:меня|мой|нас|этот|мою)", r"(?:не|больше не) (?:\w+ )?(?:присыла\w+|пишите|писать|отправля\w+|шлите|беспоко\w+)", r"не (?:хочу|желаю|хотим)(?: \w+){0,2} (?:получать|писем)"),
        tomorrow=(r"завтра",), next_week=(r"(?:на )?следующей недел\w+",),
    ),
    "cs": AbsenceWords(
        months=("ledna|leden", "února|únor", "března|březen", "dubna|duben", "května|květen", "června|červen", "července|červenec", "srpna|srpen", "září", "října|říjen", "listopadu|listopad", "prosince|prosinec"),
        weekdays=("pondělí", "úterý", "střed[ayu]", "čtvrtek|čtvrtka", "pátek|pátku", "sobot[ayu]", "neděl[eií]"),
        absent=(r"mimo kancelář", r"na dovolené|dovolen(?:ou|á)", r"(?:ne)přítomn\w+|nepřítomnost", r"na služební cestě", r"(?:nejsem|nebudu)(?: \w+)? (?:v kanceláři|k zastižení|přítom\w+|dostupn\w+)", r"kancelář[^.]{0,40}zavřen\w*"),
        left=(r"(?:již|už) (?:zde |ve společnosti )?nepracuj\w+|nepracuj\w+ (?:již|už)", r"odešel|odešla|opustil\w*", r"nová adresa"),
        acknowledged=(r"(?:vaši|váš|vaše|vaší) (?:zprávu|e-?mail|žádost)[^.]{0,30}(?:jsme )?(?:obdrželi|přijali)", r"děkujeme za (?:vaši|váš|zprávu)", r"obdrželi jsme", r"číslo (?:požadavku|případu)"),
        subjects=(r"automatická odpověď", r"mimo kancelář", r"nepřítomnost", r"dovolená"),
        back=(r"vrát\w+|vrac\w+|návrat\w*", r"zpět|zpátky", r"opět|znovu"),
        until=(r"do", r"až do", r"a"),
        since=(r"od", r"po"),
        opt_out=(r"odhlá(?:sit|ste|šení)\w*", r"(?:vymažte|odstraňte|vyřaďte) (?:mě|mne|nás|můj|mou)", r"nechci (?:\w+ )?(?:dostávat|další|vaše)", r"(?:neposílejte|nepište)(?: \w+){0,2}"),
        tomorrow=(r"zítra",), next_week=(r"příští týden",),
    ),
    "zh": AbsenceWords(
        months=(), weekdays=("(?:星期|周|週|礼拜|禮拜)一", "(?:星期|周|週|礼拜|禮拜)二", "(?:星期|周|週|礼拜|禮拜)三", "(?:星期|周|週|礼拜|禮拜)四", "(?:星期|周|週|礼拜|禮拜)五", "(?:星期|周|週|礼拜|禮拜)六", "(?:星期|周|週|礼拜|禮拜)[日天]"),
        absent=(r"不在(?:办公室|辦公室|公司)", r"(?:休|请|請|度|年|产|病)假", r"出差", r"外出", r"(?:无|無)法(?:及时|及時)?(?:回复|回覆|查看)"),
        left=(r"离职|離職", r"不再(?:任职|任職|在|担任|擔任)", r"已(?:离开|離開)", r"退休", r"新(?:邮箱|郵箱|的邮件地址)"),
        acknowledged=(r"(?:已|已经|已經)(?:收到|受理)", r"(?:感谢|感謝|谢谢|謝謝)(?:您|你)的(?:来信|來信|邮件|郵件|咨询|諮詢|联系|聯繫)", r"(?:尽快|盡快|儘快)(?:回复|回覆|与|與|答复)"),
        subjects=(r"自动(?:回复|答复)", r"自動(?:回覆|回復|答覆)", r"不在(?:办公室|辦公室)", r"休假", r"外出"),
        back=(r"返回|回(?:来|來|到|公司)|恢复|恢復|上班|復工|复工",),
        until=(r"至|到|直到|截至",), since=(r"从|從|自|由",),
        until_after=(r"\s*(?:止|为止|為止|前)",), since_after=(r"\s*(?:起|开始|開始|至|到|-|~)",),
        opt_out=(r"退订|退訂", r"取消(?:订阅|訂閱|訂閲)", r"(?:不要|请勿|請勿|别|別|不想)(?:再)?(?:给我|給我|向我)?(?:发|發|寄|联系|聯絡|收到)", r"(?:移除|删除|刪除)(?:我|名单|名單)"),
        tomorrow=(r"明天",), next_week=(r"下(?:周|週|星期)",),
    ),
}
