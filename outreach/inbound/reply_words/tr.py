"""Turkish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("(?:şunu |şunları )?yazdı",),
    on=(),
    sender=("kimden", "gönderen"),
    sent=("gönderildi", "tarih", "gönderme tarihi"),
    to=("kime", "bilgi", "alıcı"),
    subject=("konu",),
    original=("orijinal (?:mesaj|ileti)", "özgün ileti", "iletilen (?:mesaj|ileti)"),
    sent_from=(
        ".{1,40}(?:dan|den|dan|’dan|’den) gönderildi",
        ".{1,20} i[çc]in outlook.{0,6} edinin",
    ),
)
