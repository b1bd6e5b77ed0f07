"""Swedish."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("skrev", "skriver"),
    on=("den", "p[åa]", "i", "kl"),
    quoting=("citat fr[åa]n", "citerar"),
    sender=("fr[åa]n", "avs[äa]ndare"),
    sent=("skickat", "datum", "s[äa]nt", "skickades"),
    to=("till", "kopia", "cc"),
    subject=("[äa]mne", "prioritet", "bilagor"),
    original=(
        "ursprungligt meddelande",
        "originalmeddelande",
        "vidarebefordrat (?:meddelande|brev)",
        "b[öo]rjan p[åa] vidarebefordrat .{1,30}",
    ),
    sent_from=("skickat (?:fr[åa]n|via|med) .{1,60}", "h[äa]mta outlook .{1,40}"),
    run_on=("den",),
    pronouns=("jag", "vi", "ni"),
    devices=("mobil", "telefon"),
    warnings=("extern", "varning", "obs"),
    outside=("extern",),
    footers=(
        "detta e-?postmeddelande har sökts",
        "vi behandlar (?:dina )?personuppgifter",
        "virusfri",
        "tänk på miljön",
        "detta (?:meddelande|mejl|e-post)[^.]{0,120}konfiden",
        "så här (?:hanterar|behandlar) vi (?:dina )?personuppgifter",
        "information om hur vi (?:hanterar|behandlar) personuppgifter",
    ),
    confidential=("konfiden",),
    recipients=("mottagare",),
    closings=(
        r"(?:med )?(?:vänliga? |bästa |hjärtliga |varma )?hälsning(?:ar|en)?\b",
        r"mvh\b",
        r"(?:tack|vänligen)\b",
    ),
    address=("adress", "nummer"),
    registers=(
        r"org\.?-? ?n(?:umme)?r\.?",
        r"organisationsnummer",
    ),
)
