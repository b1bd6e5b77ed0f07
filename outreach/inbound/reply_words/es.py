"""Spanish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("escribi[óo]", "escribe", "ha escrito", "escribieron"),
    on=("el", "con fecha", "en", "a las", "fecha"),
    sender=("de", "desde", "remitente"),
    sent=("enviado(?: el)?", "fecha", "enviada(?: el)?"),
    to=("para", "cc", "a", "destinatario", "responder a"),
    subject=("asunto", "importancia", "datos adjuntos"),
    original=(
        "mensaje original",
        "cita original",
        "mensaje reenviado",
        "correo original",
        "inicio del mensaje reenviado",
    ),
    sent_from=(
        "enviado (?:desde|con|por|a trav[ée]s) .{1,60}",
        "obtener outlook .{1,40}",
        "obtenga outlook .{1,40}",
    ),
    run_on=("el",),
    pronouns=("yo", "usted"),
    devices=("celular", "tel[ée]f"),
    warnings=("advertencia", "precauci[oó]n"),
    outside=("extern",),
    reply=(r"respond\w*",),
    above=("encima",),
    line=("l[íi]nea",),
    footers=(
        "el software de antivirus",
        "este (?:correo|mensaje|e-?mail) ha sido (?:analizado|comprobado)",
        "libre de virus",
        "este (?:mensaje|correo|e-?mail)[^.]{0,120}confiden",
        "este mensaje (?:va dirigido|se dirige|puede contener)",
        "antes de imprimir",
        "la información contenida",
        "aviso (?:legal|de (?:confiden|privaci))",
        "nota (?:legal|de confiden)",
    ),
    confidential=("confiden",),
    recipients=("destinata",),
    closings=(
        r"(?:un |muchos )?(?:cordial(?:es)? |afectuosos? )?saludos?\b",
        r"atentamente\b",
        r"atte\b",
        r"(?:muchas )?gracias\b",
        r"un abrazo\b",
    ),
    titles=("lic",),
    particles=("de", "del", "la", "y"),
    address=("direcci[oó]n", "número"),
    registers=(
        r"c\.?i\.?f\.?:?",
        r"registro mercantil",
    ),
)
