"""Latvian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("rakst[īi]ja",),
    on=(),
    sender=("no",),
    sent=("nos[ūu]t[īi]ts",),
    to=("kam",),
    subject=("t[ēe]ma",),
    original=("s[āa]kotn[ēe]jais (?:zi[ņn]ojums|e-pasts)",),
    sent_from=(),
)
