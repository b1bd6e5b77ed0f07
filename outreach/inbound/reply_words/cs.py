"""Czech."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("napsal(?:\\(a\\)|a|/a)?", "p[íi][šs]e"),
    on=("dne", "ve?", "(?:po|[úu]t|st|[čc]t|p[áa]|so|ne)"),
    sender=("od", "odes[íi]latel"),
    sent=("odesl[áa]no", "datum", "posl[áa]no"),
    to=("komu", "p[řr][íi]jemce", "kopie", "cc"),
    subject=("p[řr]edm[ěe]t",),
    original=(
        "p[ůu]vodn[íi] (?:zpr[áa]va|e-mail)",
        "p[řr]eposlan[áa] zpr[áa]va",
        "za[čc][áa]tek p[řr]epos[íi]lan[ée] zpr[áa]vy",
    ),
    sent_from=("odesl[áa]no (?:z|ze|pomoc[íi]) .{1,60}", "z[íi]skat outlook .{1,40}"),
    devices=("mobil", "telefon", "iphon"),
    closings=(r"s pozdravem\b",),
)
