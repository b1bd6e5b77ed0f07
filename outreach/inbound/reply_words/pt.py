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
    run_on=("em",),
    pronouns=("eu", "voce", "você"),
    devices=("celular",),
    warnings=("aten[cç][aã]o",),
    outside=("extern",),
    reply=(r"respond\w*",),
    above=("acima",),
    line=("linha",),
    footers=(
        "livre de vírus",
        "não contém vírus",
        "este (?:mensagem|e-?mail)[^.]{0,120}confiden",
        "esta mensagem (?:é dirigida|destina-se|pode conter)",
        "antes de imprimir",
        "as informações contidas",
        "aviso (?:legal|de (?:confiden|privaci))",
        "nota (?:legal|de confiden)",
    ),
    confidential=("confiden",),
    recipients=("destinatári",),
    closings=(
        r"(?:com os )?(?:melhores |meus |atenciosos )?cumprimentos\b",
        r"atenciosamente\b",
        r"att\W*$",
        r"(?:um )?abraços?\b",
        r"(?:muito )?obrigad[oa]\b",
    ),
    titles=("eng",),
    particles=("de", "da", "dos", "e"),
    address=("endere[çc]o", "morada", "número"),
    registers=(
        r"nipc",
        r"cnpj",
        r"contribuinte",
        r"conservatória",
    ),
)
