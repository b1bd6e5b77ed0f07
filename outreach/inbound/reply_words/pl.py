"""Polish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("napisa[łl](?:\\(a\\)|a|/a)?", "pisze", "napisano", "napisana"),
    on=("dnia", "w dniu", "w wiadomo[śs]ci", "(?:pon|wt|[śs]r|czw|pt|sob|niedz|nd)\\.?"),
    sender=("od", "nadawca"),
    sent=("wys[łl]an[oaey]", "data", "data wys[łl]ania"),
    to=("do", "dw", "odbiorca", "kopia", "cc"),
    subject=("temat", "wa[żz]no[śs][ćc]", "za[łl][ąa]czniki"),
    original=(
        "oryginalna wiadomo[śs][ćc]",
        "wiadomo[śs][ćc] oryginalna",
        "pierwotna wiadomo[śs][ćc]",
        "(?:przekazana|przes[łl]ana|dalej) wiadomo[śs][ćc]",
        "wiadomo[śs][ćc] przekazana .{1,20}",
        "pocz[ąa]tek przekazywanej wiadomo[śs]ci",
        "treść przekazanej wiadomości",
    ),
    sent_from=(
        "wys[łl]an[oaey] (?:z|ze|przez|za pomoc[ąa]) .{1,60}",
        "pobierz (?:program |aplikacj[ęe] )?outlook .{1,40}",
    ),
)
