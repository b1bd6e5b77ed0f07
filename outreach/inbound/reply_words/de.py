"""German."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("schrieb(?:en|st)?", "geschrieben", "meinte"),
    on=("am", "vom", "um"),
    sender=("von", "absender"),
    sent=("gesendet", "datum", "gesendet am", "versendet"),
    to=("an", "kopie", "cc", "empf[äa]nger", "antwort an"),
    subject=("betreff", "wichtigkeit", "anlagen?"),
    original=(
        "urspr[üu]ngliche (?:nachricht|mail|e-mail)",
        "original ?-?nachricht",
        "antwort ?-?nachricht",
        "originalnachricht",
        "urspr[üu]nglicher termin",
        "weitergeleitete (?:nachricht|e-mail)",
        "anfang der weitergeleiteten (?:nachricht|e-mail)",
    ),
    sent_from=(
        "von .{1,80}",
        "gesendet (?:von|mit|aus|vom) .{1,80}",
        "diese (?:nachricht|e-?mail) wurde von .{1,80}",
        "verschickt (?:von|mit) .{1,80}",
        "outlook f[üu]r (?:ios|android).{0,20}(?:beziehen|herunterladen|abrufen)?",
        "holen sie sich outlook .{1,40}",
    ),
)
