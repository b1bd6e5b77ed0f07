"""Japanese."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("は?書きました", "のメール", "wrote", "さんは?書きました", "のメッセージ"),
    on=(),
    sender=("差出人", "送信者", "from"),
    sent=("送信日時", "日時", "日付", "送信日"),
    to=("宛先", "cc", "to"),
    subject=("件名",),
    original=(
        "元のメッセージ",
        "転送(?:された)?メッセージ",
        "転送されたメール",
        "オリジナルメッセージ",
    ),
    sent_from=(
        ".{1,40}(?:から|より)(?:の)?送信.{0,4}",
        "outlook for .{1,20}を入手",
        ".{2,12}版 ?outlook ?を入手",
    ),
    footers=(
        "このeメールは.{1,20}ウイルス",
        "ウイルス ?フリー",
        "本メール(?:に|は|の|および).{0,60}(?:機密|秘密|誤って|宛先)",
        "このメール(?:に|は|の|および).{0,60}(?:機密|秘密|誤って|宛先)",
    ),
    confidential=("機密",),
    recipients=("受信",),
    closings=("敬具", "よろしくお願い", "宜しくお願い"),
    contact=("株式会社", "有限会社", "〒"),
    address=("住所", "連絡先"),
)
