"""German."""

# ruff: noqa: E501

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("schrieb(?:en|st)?", "geschrieben", "meinte"),
    on=("am", "vom", "um"),
    sender=("von", "absender"),
    sent=("gesendet", "datum", "gesendet am", "versendet"),
    to=("an", "kopie", "cc", "empf[äa]nger", "antwort an"),
    subject=("betreff", "wichtigkeit", "anlagen?"),
    original=(
        "urspr[üu]ngliche (?:nachricht|mail|e-mail)",
        "original ?-?nachricht",
        "antwort ?-?nachricht",
        "originalnachricht",
        "urspr[üu]nglicher termin",
        "weitergeleitete (?:nachricht|e-mail)",
        "anfang der weitergeleiteten (?:nachricht|e-mail)",
    ),
    sent_from=(
        "von .{1,80}",
        "gesendet (?:von|mit|aus|vom) .{1,80}",
        "diese (?:nachricht|e-?mail) wurde von .{1,80}",
        "verschickt (?:von|mit) .{1,80}",
        "outlook f[üu]r (?:ios|android).{0,20}(?:beziehen|herunterladen|abrufen)?",
        "holen sie sich outlook .{1,40}",
    ),
    run_on=("am",),
    pronouns=("du", "ich", "wir", "ihr"),
    devices=("handy", "mobil", "smartphone", "telefon", "gerät"),
    warnings=("extern", "achtung", "vorsicht", "hinweis"),
    outside=("extern",),
    reply=(r"antwort\w*",),
    above=("über", "uber"),
    line=("linie", "zeile"),
    footers=(
        "diese (?:e-?mail|nachricht)[^.]{0,80}vertraulich",
        "bitte (?:denken sie an die umwelt|(?:über)?prüfen sie.{0,60}(?:ausdruck|gedruckt))",
        "denken sie an die umwelt",
        "der inhalt dieser",
        "vertraulichkeitshinweis",
        "datenschutzhinweis",
        "informationen zum datenschutz",
        "rechtlicher hinweis",
        "sitz der gesellschaft",
    ),
    confidential=("vertraulich",),
    recipients=("empfänger", "adressat"),
    closings=(
        r"(?:mit |viele |beste |liebe |schöne |herzliche |freundliche |sonnige )*(?:(?:freundliche|beste|liebe|herzliche|kollegiale)[nmr] )*(?:gr(?:ü|ue)(?:ß|ss)(?:e|en)?|gruss|gruß)\b",
        r"(?:mfg|vg|lg|bg|hg)\W*$",
        r"herzlich(?:st)?\W*$",
        r"(?:vielen |herzlichen |besten )?dank\b",
        r"danke\b",
    ),
    titles=("dr", "prof", "ing", r"dipl\.-ing", "mag"),
    particles=("von", "van", "der", "den", "zu", r"i\.\s?[AVa-v]\.", r"ppa\."),
    labels=("fon", "handy"),
    phone=("fon",),
    address=("adress", "anschrift", "kontakt", "telefon", "nummer"),
)
