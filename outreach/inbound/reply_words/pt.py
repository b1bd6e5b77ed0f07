"""Portuguese."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("escreveu", "escreve", "escreveram"),
    on=("em", "no dia", "a", "na", "no"),
    sender=("de", "remetente"),
    sent=("enviad[ao](?: em)?", "data", "enviada em", "data de envio"),
    to=("para", "cc", "c[óo]pia", "destinat[áa]rio"),
    subject=("assunto", "import[âa]ncia", "anexos?"),
    original=(
        "mensagem original",
        "mensagem encaminhada",
        "mensagem reencaminhada",
        "in[íi]cio da mensagem .{1,20}",
    ),
    sent_from=(
        "enviad[ao] (?:do|da|de|pelo|via|a partir|com) .{1,60}",
        "obter o outlook .{1,40}",
        "obtenha o outlook .{1,40}",
    ),
)
