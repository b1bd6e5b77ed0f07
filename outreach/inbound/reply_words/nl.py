"""Dutch."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("schreef", "schreven", "geschreven", "schrijft"),
    on=("op", "om", "in"),
    sender=("van", "afzender"),
    sent=("verzonden", "datum", "verstuurd", "verzonden op"),
    to=("aan", "cc", "kopie", "geadresseerde"),
    subject=("onderwerp", "urgentie", "bijlagen?"),
    original=(
        "oorspronkelijk bericht",
        "oorspronkelijke afspraak",
        "origineel bericht",
        "oorspronkelijke bericht",
        "doorgestuurd bericht",
        "begin doorgestuurd bericht",
    ),
    sent_from=(
        "(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via|van) .{1,60}",
        "outlook voor (?:ios|android) .{1,20}",
        "download outlook .{1,40}",
    ),
    run_on=("op",),
    pronouns=("ik", "jij", "je", "u"),
    warnings=("extern", "let op", "waarschuwing"),
    outside=("extern",),
    reply=(r"schrij\w*",),
    above=("boven",),
    line=("lijn", "regel"),
    footers=(
        "deze e-?mail is gecontroleerd",
        "virusvrij",
        "dit (?:bericht|e-?mail)[^.]{0,80}vertrouwelijk",
        "denk aan het milieu",
        "de informatie (?:in|verzonden)",
        "vertrouwelijkheidsverklaring",
    ),
    confidential=("vertrouwelijk",),
    recipients=("geadresseerde", "ontvanger"),
    closings=(
        r"(?:met )?(?:vriendelijke |hartelijke |beste )?groet(?:en|jes)?\b",
        r"mvg\b",
        r"m\.v\.g\b",
        r"bedankt\b",
        r"dank je\b",
    ),
    titles=("ir", "drs", "mr", "mw"),
    particles=("van", "de", "der", "den", "ten"),
    labels=("gsm",),
    phone=("gsm",),
    address=("adres", "nummer"),
    registers=(
        r"kvk\S*",
        r"btw\S*",
        r"kamer van koophandel",
    ),
)
