"""Croatian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "je napisao(?:/la)?",
        "je napisala",
        "napisa(?:o|la) je",
        "pi[šs]e",
    ),
    on=(
        "dana",
        "(?:pon|uto|sri|[čc]et|pet|sub|ned)\\.?,?",
    ),
    sender=(
        "[šs]alje",
        "od",
    ),
    sent=(
        "poslano",
        "datum",
    ),
    to=(
        "prima",
        "za",
        "primatelj",
    ),
    subject=(
        "predmet",
        "naslov",
    ),
    original=(
        "izvorna poruka",
        "originalna poruka",
        "proslije[đd]ena poruka",
    ),
    sent_from=("poslano s .{1,40}",),
)
