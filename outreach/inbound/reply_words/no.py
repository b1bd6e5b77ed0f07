"""Norwegian."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("skrev", "skreiv", "skriver"),
    on=("den", "p[åa]", "kl"),
    sender=("fra", "fr[åa]"),
    sent=("sendt", "dato"),
    to=("til", "kopi", "cc"),
    subject=("emne", "viktighet"),
    original=(
        "opprinnelig melding",
        "original melding",
        "videresendt (?:melding|e-post)",
        "start p[åa] videresendt .{1,30}",
    ),
    sent_from=("sendt (?:fra|via|med) .{1,60}", "last ned outlook .{1,40}"),
    run_on=("den",),
    devices=("mobil", "telefon"),
    confidential=("fortrolig",),
    closings=(r"(?:med )?(?:vennlig |beste )?hils(?:en|ner)\b",),
    labels=("tlf",),
    phone=("tlf",),
)
