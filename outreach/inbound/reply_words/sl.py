"""Slovenian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "je napisala?",
        "je oseba .{1,80} napisala",
        "napisala?",
    ),
    on=(
        "v",
        "(?:v )?(?:pon|tor|sre|[čc]et|pet|sob|ned)\\.?,?",
    ),
    sender=("po[šs]iljatelj",),
    sent=("poslano",),
    to=(
        "prejemnik",
        "za",
    ),
    subject=("zadeva",),
    original=(
        "izvirno sporo[čc]ilo",
        "posredovano sporo[čc]ilo",
    ),
    sent_from=("poslano iz .{1,40}",),
)
