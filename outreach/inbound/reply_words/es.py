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
)
