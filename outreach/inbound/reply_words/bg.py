"""Bulgarian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "написа",
        "писа",
    ),
    on=(
        "на",
        "в",
    ),
    sender=("от",),
    sent=(
        "изпратено",
        "дата",
    ),
    to=(
        "до",
        "копие",
    ),
    subject=(
        "относно",
        "тема",
    ),
    original=(
        "оригинално съобщение",
        "препратено съобщение",
    ),
    sent_from=("изпратено от .{1,40}",),
)
