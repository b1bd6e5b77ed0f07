"""Hebrew."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "כתב(?:ה)?(?:/ה)?",
        "מאת",
    ),
    on=(
        "בתאריך",
        "ב",
    ),
    sender=("מאת",),
    sent=(
        "נשלח",
        "תאריך",
    ),
    to=(
        "אל",
        "עותק",
    ),
    subject=("נושא",),
    original=(
        "הודעה מקורית",
        "הודעה שהועברה",
    ),
    sent_from=("נשלח מ.{1,40}",),
)
