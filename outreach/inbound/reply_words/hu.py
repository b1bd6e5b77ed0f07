"""Hungarian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("[íi]rta",),
    on=(),
    sender=("felad[óo]",),
    sent=("elk[üu]ldve", "d[áa]tum"),
    to=("c[íi]mzett", "m[áa]solat"),
    subject=("t[áa]rgy",),
    original=("eredeti [üu]zenet", "tov[áa]bb[íi]tott [üu]zenet"),
    sent_from=(
        ".{1,40}r[óőo]l k[üu]ldve",
        "k[üu]ldve .{1,40}",
        "elk[üu]ldve .{1,40}",
    ),
)
