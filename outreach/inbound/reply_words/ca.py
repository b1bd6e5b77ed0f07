"""Catalan."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "va escriure",
        "ha escrit",
    ),
    on=("el",),
    sender=("de",),
    sent=("enviat(?: el)?",),
    to=("per a",),
    subject=("assumpte",),
    original=(
        "missatge original",
        "missatge reenviat",
    ),
    sent_from=("enviat des .{1,40}",),
)
