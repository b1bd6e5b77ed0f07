"""Arabic."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=(
        "كتبت?",
        "تمت كتابة ما يلي بواسطة",
    ),
    on=(
        "في",
        "بتاريخ",
    ),
    sender=("من",),
    sent=(
        "تم الإرسال",
        "أُرسلت",
        "التاريخ",
        "تاريخ الإرسال",
    ),
    to=(
        "إلى",
        "نسخة",
    ),
    subject=("الموضوع",),
    original=(
        "الرسالة الأصلية",
        "رسالة مُ?عاد توجيهها",
    ),
    sent_from=(
        "أُرسلت من .{1,40}",
        "مُ?رسل من .{1,40}",
    ),
)
