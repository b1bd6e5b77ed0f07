"""Romanian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "a scris",
        "scrie",
    ),
    on=(
        "în",
        "pe",
        "la",
        "(?:lun|mar|mie|joi|vin|s[âa]m|dum)\\.,?",
    ),
    sender=(
        "de la",
        "expeditor",
    ),
    sent=(
        "trimis",
        "data",
    ),
    to=(
        "c[ăa]tre",
        "cc",
    ),
    subject=("subiect",),
    original=(
        "mesaj(?:ul)? (?:original|ini[țt]ial)",
        "mesaj redirec[țt]ionat",
    ),
    sent_from=(
        "trimis de pe .{1,40}",
        "ob[țt]ine outlook .{1,40}",
    ),
)
