"""Italian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("ha scritto", "scrive", "scrisse", "ha inviato", "scriveva"),
    on=("il", "in data", "nel giorno", "alle"),
    sender=("da", "mittente"),
    sent=("inviato", "data", "inviato il", "data invio"),
    to=("a", "cc", "per conoscenza", "per", "destinatari[oi]?"),
    subject=("oggetto", "priorit[àa]", "allegat[oi]"),
    original=(
        "messaggio originale",
        "appuntamento originale",
        "messaggio inoltrato",
        "inizio messaggio inoltrato",
        "messaggio inviato",
        "messaggio originario",
    ),
    sent_from=(
        "inviato (?:da|dal|con|tramite) .{1,60}",
        "scarica outlook .{1,40}",
        "ottieni outlook .{1,40}",
    ),
)
