"""Vietnamese."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "đã viết",
        "viết",
    ),
    on=(
        "vào",
        "ngày",
        "lúc",
    ),
    sender=("từ",),
    sent=(
        "đã gửi",
        "ngày",
    ),
    to=(
        "đến",
        "tới",
        "cc",
    ),
    subject=(
        "chủ đề",
        "tiêu đề",
    ),
    original=(
        "thư gốc",
        "thư đã chuyển tiếp",
        "tin nhắn gốc",
    ),
    sent_from=(
        "đã gửi từ .{1,40}",
        "gửi từ .{1,40}",
    ),
)
