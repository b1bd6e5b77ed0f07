"""Indonesian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "menulis",
        "tulis",
    ),
    on=("pada(?: tanggal)?",),
    sender=("dari",),
    sent=(
        "dikirim",
        "tanggal",
    ),
    to=(
        "kepada",
        "ke",
    ),
    subject=(
        "perihal",
        "subjek",
    ),
    original=(
        "pesan asli",
        "pesan terusan",
    ),
    sent_from=("dikirim dari .{1,40}",),
)
