"""Polish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("napisa[łl](?:\\(a\\)|a|/a)?", "pisze", "napisano", "napisana"),
    on=("dnia", "w dniu", "w wiadomo[śs]ci", "(?:pon|wt|[śs]r|czw|pt|sob|niedz|nd)\\.?"),
    quoting=("cytat(?: od)?", "cytowanie", "cytuj[ąe]"),
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
    run_on=("w dniu", "dnia"),
    devices=("telefon", "iphon"),
    warnings=("uwaga", "ostrze[zż]enie"),
    footers=(
        "ta wiadomość została sprawdzona",
        "wolne od wirusów",
        "nie zawiera wirusów",
        "niniejsza wiadomość",
        "treść tej wiadomości",
        "klauzula (?:poufno|informacyjna|rodo)",
        "administratorem (?:pani|pana|państwa|twoich|danych)",
    ),
    confidential=("poufn",),
    recipients=("adresat", "odbiorc"),
    closings=(
        r"(?:serdecznie )?pozdrawiam\b",
        r"(?:z )?(?:serdecznymi )?pozdrowieni\w+",
        r"z (?:wyrazami )?(?:powazaniem|poważani\w+|szacun\w+)",
        r"dziękuj\w+",
    ),
    titles=("dr", "prof", "mgr", "in[zż]", "arch", "lek", "hab"),
    labels=(r"kom\w*",),
    phone=("kom",),
    address=("adres", "kontakt", "telefon", "numer"),
    registers=(
        r"krs",
        r"nip",
        r"regon",
        r"kapitał zakładowy",
    ),
)
