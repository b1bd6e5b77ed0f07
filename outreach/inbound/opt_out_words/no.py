"""Norwegian."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords

WORDS = OptOutWords(
    requests=(),
    words=(
        r"meld(?:e)? (?:meg|oss) av|avmeld\w*|avregistrer\w*",
        r"(?:fjern|slett|stryk) (?:meg|oss|min|mitt)\b",
        r"(?:ikke|ingen) (?:\w+ )?(?:flere|mer|lenger)(?: \w+){0,3} (?:e-?post\w*|mail\w*|nyhetsbrev|meldinger)",
        r"(?:ønsker|vil)(?: \w+){0,2} ikke(?: \w+){0,4} (?:motta|ha|kontaktes|høre)",
        r"slutt å (?:sende|skrive|maile)",
    ),
)
