"""Korean."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("작성", "님이 작성", "썼습니다"),
    on=(),
    sender=("보낸 ?사람", "발신"),
    sent=("보낸 ?날짜", "날짜"),
    to=("받는 ?사람", "참조"),
    subject=("제목",),
    original=("원본 메시지", "원본 메일", "전달된 메시지"),
    sent_from=(
        "나의 .{1,30}에서 보냄",
        ".{1,30}에서 보냄",
        "outlook .{1,20}(?:다운로드|가져오기)",
    ),
)
