"""Danish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("skrev", "skriver"),
    on=("den", "p[åa]", "d\\."),
    sender=("fra", "afsender"),
    sent=("sendt", "dato"),
    to=("til", "cc", "kopi"),
    subject=("emne", "prioritet"),
    original=(
        "oprindelig meddelelse",
        "oprindelig besked",
        "videresendt (?:meddelelse|besked)",
        "start p[åa] videresendt .{1,30}",
    ),
    sent_from=(
        "sendt (?:fra|via|med) .{1,60}",
        "hent outlook .{1,40}",
        "f[åa] outlook .{1,40}",
    ),
    run_on=("den",),
    devices=("mobil", "telefon"),
    confidential=("fortrolig",),
    recipients=("modtager",),
    closings=(r"(?:med )?(?:venlig |kærlig )?hils(?:en|ner)\b",),
    labels=("tlf",),
    phone=("tlf",),
    registers=(r"cvr\S*",),
)
