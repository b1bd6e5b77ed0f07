"""Finnish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("kirjoitti", "kirjoittaa"),
    on=(),
    sender=("l[äa]hett[äa]j[äa]",),
    sent=("l[äa]hetetty", "p[äa]iv[äa]m[äa][äa]r[äa]", "p[äa]iv[äa]ys"),
    to=("vastaanottaja", "kopio", "cc"),
    subject=("aihe", "otsikko"),
    original=(
        "alkuper[äa]inen viesti",
        "alkuper[äa]inen s[äa]hk[öo]posti",
        "v[äa]litetty viesti",
        "edelleenl[äa]hetetty viesti",
    ),
    sent_from=("l[äa]hetetty .{1,60}", "hanki outlook .{1,40}"),
    devices=("puhelim",),
    closings=(r"ystävällisin terveisin\b", r"terveisin\b"),
)
