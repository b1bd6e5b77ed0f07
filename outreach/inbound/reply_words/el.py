"""Greek."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "έγραψε",
        "γράφει",
        "έγραψαν",
    ),
    on=(
        "στις",
        "στη",
        "την",
    ),
    sender=(
        "από",
        "αποστολέας",
    ),
    sent=(
        "στάλθηκε",
        "ημερομηνία",
        "εστάλη",
    ),
    to=(
        "προς",
        "κοιν\\.?",
    ),
    subject=("θέμα",),
    original=(
        "αρχικό μήνυμα",
        "προωθημένο μήνυμα",
    ),
    sent_from=(
        "στάλθηκε από .{1,40}",
        "εστάλη από .{1,40}",
    ),
)
