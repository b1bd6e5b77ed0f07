"""Lithuanian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("ra[šs][ėe]",),
    on=(),
    sender=("nuo",),
    sent=("i[šs]si[ųu]sta",),
    to=("kam",),
    subject=("tema",),
    original=("pradinis lai[šs]kas",),
    sent_from=(),
)
