"""English."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("wrote", "writes", "said", "says", "has written", "sent"),
    on=("on", "at", "in (?:a message|your message|article)", "quoting", "around"),
    sender=("from",),
    sent=("sent", "date", "sent at", "sent on"),
    to=("to", "cc", "bcc", "reply-to", "reply to"),
    subject=("subject", "importance", "priority", "attachments?"),
    original=(
        "original message",
        "original email",
        "original appointment",
        "forwarded message",
        "forwarded by .{1,60}",
        "reply message",
        "begin forwarded message",
        "forwarded mail",
        "message from .{1,60}",
    ),
    sent_from=(
        "sent (?:from|via|using|with|by) (?:my |the |a )?.{1,60}",
        "get (?:outlook|bluemail|spark) for .{1,30}",
        "sent with .{1,40}",
        "typed on .{1,40}",
        "(?:please )?excuse (?:my )?(?:brevity|typos).{0,60}",
        "(?:download|get) (?:the )?.{1,30} app.{0,20}",
        "composed on .{1,40}",
        "from my .{1,40}",
    ),
)
