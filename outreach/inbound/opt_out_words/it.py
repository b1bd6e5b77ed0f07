"""Italian."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, near

_MAIL = r"(?:mail|e-?mail|messaggi\w*|newsletter|comunicazion\w+|pubblicità|posta|offerte|promozion\w+|spam|lettere|sondaggi|avvisi|sollecit\w+|niente|nulla|notizie)\b"
_LISTS = r"(?:list[ae]|mailing|elenc\w+|database|newsletter|rubrica|archivi\w*|indirizzari\w*|registr\w+|iscrizion\w+|banca dati|sistem\w*)\b"
_REMOVE_ME = r"(?:togli|togle|cancell|elimin|rimuov|lev|depenn|disiscriv|escludi|stralci)[a-zàèéìòù]*(?:mi|ci)\b|(?:mi|ci) (?:tolg|togli|cancell|elimin|rimuov|lev|depenn)\w+|(?:togli|cancell|elimin|rimuov|lev|depenn|tolg)\w* (?:\w+ )?(?:il|la|i|questo|questa) (?:mio |mia |miei |nostro |nostra |suo )?(?:nome|nominativo|indirizzo|mail|e-?mail|contatto|recapito)|(?:essere|venire) (?:cancellat|tolt|rimoss|eliminat|depennat)\w"

WORDS = OptOutWords(
    requests=(
        r"(?:finiamola|finitela|chiudiamola) (?:qui|qua)",
        near(
            r"(?:potete|potreste|puoi|può|potrebbe|potresti|mi potete|mi puoi)",
            r"(?:cancellare|togliere|rimuovere|eliminare|levare|depennare)(?:mi|ci)?",
            r"(?:lista|newsletter|elenco|mailing|indirizz\w+|database)",
            gap=20,
        ),
        near(
            r"(?:inutile|non serve|non c'è bisogno|non occorre|non è (?:più )?necessario)",
            r"(?:scriver\w*|mandar\w*|inviar\w*|contattar\w*|continuar\w*)",
            gap=30,
        ),
        near(
            r"(?:al prossimo|alla prossima|se (?:mi arriva|ricevo)|il prossimo|la prossima)",
            r"garante|avvocat\w+|segnal\w+|denunci\w+|reclam\w+|legal\w+|diffid\w+|spam",
            gap=90,
        ),
        near(_REMOVE_ME, r"da\w*[' ](?:\w+ ){0,3}" + _LISTS, gap=40),
        r"(?:toglietemi|cancellatemi|rimuovetemi|levatemi|eliminatemi|toglimi|cancellami|disiscrivetemi|disiscrivimi|depennatemi)\b",
        r"(?:prego|chiedo|vorrei|voglio|desidero|vi chiedo|si prega|gentilmente|per favore|per cortesia|potete|potreste|può|potrebbe)[^.!?\n]{0,40}\b(?:disiscri\w+|cancellar(?:mi|ci)|toglier(?:mi|ci)|rimuover(?:mi|ci)|depennar\w+|levar(?:mi|ci))",
        near(
            r"non (?:voglio|desidero|vorrei|intendo|vogliamo|desideriamo|gradisco|mi interessa)(?: più)?",
            r"(?:più )?(?:ricever\w*|essere contattat\w|essere disturbat\w|che mi|avere|vostr\w+)",
            gap=15,
        ),
        near(
            r"(?:non|nn) (?:\w+ ){0,2}(?:inviate|mandate|scrivete|contattate|inviatemi|scrivetemi|mandatemi|contattatemi|contattarmi|contattarci|scrivermi|scriverci|inviarmi|mandarmi|mandi|scriva|invii)",
            r"più\b|altr\w+\b|niente\b|nulla\b|" + _MAIL,
            gap=20,
        ),
        near(
            r"(?:prefer\w+|gradir\w+|sarei grat\w|grat\w se|pregh\w+|chied\w+|vorrei)",
            r"non",
            r"(?:ricever\w*|scriv\w+|mand\w+|invi\w+|arriv\w+|essere contattat\w)",
            gap=30,
        ),
        near(
            r"(?:basta|smett\w+|smettil\w+|finitela|piantatela|cess\w+|interromp\w+|sospend\w+)",
            r"(?:di|con|le|la|gli|i|ogni|l'|\w+)",
            r"(?:invia\w*|scriv\w+|manda\w*|contatta\w*|tempesta\w*|invio)|" + _MAIL,
            gap=15,
        ),
        r"basta (?:con )?(?:le |queste |quest[ei] |le vostre )?(?:mail|e-?mail|newsletter|messaggi|pubblicità|spam)",
        near(
            r"(?:nessun\w*|niente|nessun'?altra?|mai) (?:più )?(?:altr\w+ )?",
            _MAIL,
            r"più|da (?:parte )?vo\w+|per favore|grazie|$",
            gap=20,
        ),
        near(r"(?:non (?:arriv\w+|ricev\w+)|non mi arriv\w+)", r"più", gap=15)
        + r"[^.!?\n]{0,30}(?:vostr\w+|da voi|da parte|posta|nulla|niente|mail)",
        near(
            r"(?:ancora una|un'altra|la prossima|un altro)",
            r"garante|avvocat\w+|segnal\w+|denunci\w+|reclam\w+|legal\w+|diffid\w+|spam",
            gap=60,
        ),
        near(
            r"(?:cancellazione|cancell\w+|eliminazione|rimozione)",
            r"(?:dati|informazioni)(?: personali)?",
            gap=50,
        ),
        near(
            r"(?:mi oppongo|opposizione|revoc\w+|ritir\w+)",
            r"(?:trattamento|consenso|marketing|promozional\w+)",
            gap=60,
        ),
        near(
            r"(?:articolo|art\.?) ?(?:17|21)|diritto (?:alla cancellazione|all'oblio|di opposizione)",
            r"gdpr|dati|cancell\w+|garante",
            gap=80,
        ),
        r"(?:lasciatemi|lasciateci|lasciami|mi lasci) (?:in pace|perdere|stare)",
        near(
            r"disdi(?:re|co|ciamo|sco|tta)|annull\w+|cancell\w+",
            r"(?:newsletter|iscrizione|abbonamento|sottoscrizione)",
            gap=30,
        ),
        near(
            r"(?:depenn|cancell|togli|rimuov|elimin|tolg)\w+",
            r"(?:il )?mio (?:nome|nominativo|indirizzo|contatto|recapito)",
            gap=15,
        ),
        near(
            r"non (?:avrebbe senso|ha senso|mi serve|mi servono|ho bisogno)",
            r"(?:continuare a )?ricever\w*",
            gap=20,
        ),
    ),
    words=(
        r"(?:essere|venire|vengo|sia) cancellat[oaie]\b",
        r"(?:vorrei|voglio|desidero) (?:essere )?(?:rimoss|tolt|eliminat)[oaie]",
        r"disiscri\w*|disiscrizione|disinscri\w*",
        r"cancell(?:atemi|ami|azione|are|ate)(?:\b.{0,40}(?:lista|mailing|newsletter|iscrizione|indirizzo|mail|dati))?",
        r"non (?:voglio|desidero|vorrei|intendo) (?:più )?(?:ricevere|essere contattat\w)",
        r"non (?:\w+ )?(?:inviate|mandate|scrivete|contattate|inviatemi|scrivetemi|mandatemi|contattatemi|scrivermi|inviarmi)",
        r"(?:togli\w*|rimuov\w*|elimin\w*|leva\w*)(?:mi|temi|etemi|ci)?\b.{0,40}(?:lista|mailing|elenco|indirizzo|database|newsletter)",
        r"(?:basta|smett\w+ di|stop)(?: con)?(?: \w+)? (?:mail|e-?mail|messaggi|inviare|inviarmi|scriver\w+|newsletter|mandare|mandarmi)",
        r"cancellar(?:mi|ci|e il mio|e la mia)\b.{0,40}(?:lista|mailing|newsletter|iscrizione|indirizzo|elenco|mail)",
        r"disdi(?:re|co|ciamo)\b.{0,30}(?:newsletter|iscrizione|abbonamento)",
    ),
    alone=(
        r"basta(?: così| mail)?",
        r"stop",
        r"cancellami",
        r"cancellatemi",
        r"disiscri\w+",
        r"cancellazione",
        r"cancellare",
        r"toglietemi",
        r"rimuovetemi",
        r"unsubscribe",
        r"disdetta",
        r"annulla",
        r"elimina",
    ),
    unsure=(
        r"(?:lei|voi|tu) chi (?:è|siete|sei)|chi (?:le|vi|ti) ha dato (?:il mio|la mia)",
        r"(?:meno (?:spesso|frequent\w+|mail|e-?mail|messaggi)|più di rado|più raramente)",
        near(
            r"(?:ogni|tutte le|alla|al|tutti i) (?:settimana|settimane|giorno|giorni|mese)|settimanal\w*",
            r"tropp\w+|un po' (?:tropp\w+|tanto)",
            gap=30,
        ),
        near(r"(?:tropp\w+|tante)", _MAIL, gap=10),
        near(
            r"una volta al (?:mese|trimestre|anno)|mensil\w*|trimestral\w*",
            r"possibil\w*|bast\w+|meglio|prefer\w*|potr\w*|ricever\w*",
            gap=40,
        ),
        near(
            r"(?:solo\b|soltanto|solamente|unicamente)",
            r"(?:ricever\w*|interess\w+|mand\w+|le novità|gli inviti|i corsi|quelle|quelli|per)",
            gap=40,
        ),
        near(
            r"(?:al momento|per il momento|per ora|attualmente|in questo momento)",
            r"non (?:siamo|sono|ci|mi|abbiamo|ho)? ?(?:interess\w+|bisogno|necessi\w+|serve)",
            gap=30,
        ),
        near(
            r"non (?:siamo|sono|ci|mi)? ?interess\w+",
            r"(?:al momento|per il momento|per ora|grazie|attualmente)",
            gap=30,
        ),
        near(
            r"(?:come|da dove|dove|da chi)",
            r"(?:avete|ha|hai|aveva|avuto|trovato|preso|ottenuto|sapete)",
            r"indirizzo|mail|dati|contatto|nominativo",
            gap=40,
        ),
        r"chi (?:siete|è lei|sei)\b|persona sbagliata|(?:sbagliato|sbagliata|sbagliate) (?:persona|indirizzo|destinatario)|(?:avete|ha|hai) sbagliato (?:persona|indirizzo|destinatario)|non sono (?:la persona|il |la )[^.!?\n]{0,30}(?:cerca\w*|giust\w+)",
    ),
    denied=(
        r"non (?:mi |ci )?tol(?:ga|gano|gh\w+|g\w+)",
        r"(?:dalla|dal|dall') ?(?:foto|calendario|riunione|corso|gruppo|laboratorio)\w*",
        r"se (?:non )?(?:desidera|desideri|vuoi|vuole|volete)|per (?:disiscriver|cancellar)(?:ti|si|vi)",
        r"(?:come|dove|perché|posso|possono|si può|può)\b.{0,60}(?:disiscri|cancell).{0,40}\?",
        r"non (?:voglio|desidero|intendo|penso di|vorrei) (?:\w+ )?(?:disiscriver|cancellar)\w+",
        r"non (?:mi |ci )?(?:toglie\w*|cancell\w*|levat\w*|eliminat\w*|rimuov\w*|disiscriv\w*|depenn\w*)",
        r"(?:mi sono|ci siamo|essermi) (?:appena )?(?:disiscritt\w|cancellat\w|tolt\w) (?:da(?!l vostr|lla vostr)|d')",
        r"(?:link|pulsante|bottone|pagina|modulo) (?:di|per|per la|\W{0,2})\W{0,2}(?:disiscri\w*|cancell\w*)",
        r"(?:togliere|eliminare|cancellare|tolga|elimini|togliete|eliminate|cancelli) (?:la|il|lo|l'|i|le) (?:\w+ )?(?:riga|voce|articolo|punto|second\w+|prim\w+|terz\w+|prodotto|sedia|tavolo|posizione|appuntamento|prenotazione)",
        r"(?:client\w+|collegh?\w+|soci|alunni)\b[^.!?\n]{0,40}(?:disiscri|cancellar)",
    ),
    stays=(
        r"ho cambiato (?:mail|e-?mail|indirizzo)|quell[ao] vecchi[ao]",
        r"(?:al|sul) (?:mio )?nuovo indirizzo|(?:cambi\w+|aggiorn\w+) (?:il )?mio indirizzo|nuovo indirizzo è",
        r"(?:la vostra|la sua|la tua|il vostro)\b[^.!?\n]{0,40}(?:tengo|resta|unica|leggo|rimane)|unic[ao] che (?:leggo|tengo)",
        near(
            r"(?:un|una|un'|uno|alcuni|i|le|nostr\w+|mi\w+)(?: nostr\w+| di)?",
            r"(?:client[ei]|collegh?\w+|soci[oaie]?|lettor\w+|iscritt\w+|abbonat\w+|alunn\w+)\b",
            r"(?:vuole|vorrebbe|chiesto|chiede|vogliono|chiedono|desidera|scritto|cancellar\w*|dice)",
            gap=30,
        ),
        near(
            r"(?:come|dove)",
            r"(?:si fa|fate|faccio|fai|tolgo|cancello)",
            r"(?:toglier\w*|cancellar\w*|programma|qualcuno|persona|elenco)",
            gap=50,
        ),
    ),
    later=(r"allora\b|a partire da(?!ll'immediato| subito| oggi)",),
)
