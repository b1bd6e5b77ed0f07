"""Slovak."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "nap[íi]sal(?:\\(a\\)|a)?",
        "p[íi][šs]e",
    ),
    on=(
        "d[ňn]a",
        "(?:po|ut|st|[šs]t|pi|so|ne)",
    ),
    sender=("odosielate[ľl]",),
    sent=(
        "odoslan[ée]",
        "d[áa]tum",
    ),
    to=(
        "pr[íi]jemca",
        "k[óo]pia",
    ),
    subject=("predmet",),
    original=(
        "p[ôo]vodn[áa] spr[áa]va",
        "preposlan[áa] spr[áa]va",
    ),
    sent_from=("odoslan[ée] z .{1,40}",),
)
