"""Estonian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("kirjutas",),
    on=("[etknrlp],?",),
    sender=("saatja",),
    sent=("saadetud",),
    to=("adressaat",),
    subject=("teema",),
    original=("algne (?:sõnum|kiri)",),
    sent_from=("saadetud .{1,40}",),
)
