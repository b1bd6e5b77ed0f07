"""Dutch."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("schreef", "schreven", "geschreven", "schrijft"),
    on=("op", "om", "in"),
    sender=("van", "afzender"),
    sent=("verzonden", "datum", "verstuurd", "verzonden op"),
    to=("aan", "cc", "kopie", "geadresseerde"),
    subject=("onderwerp", "urgentie", "bijlagen?"),
    original=(
        "oorspronkelijk bericht",
        "oorspronkelijke afspraak",
        "origineel bericht",
        "oorspronkelijke bericht",
        "doorgestuurd bericht",
        "begin doorgestuurd bericht",
    ),
    sent_from=(
        "(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via|van) .{1,60}",
        "outlook voor (?:ios|android) .{1,20}",
        "download outlook .{1,40}",
    ),
)
