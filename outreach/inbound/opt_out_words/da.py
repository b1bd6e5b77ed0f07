"""Danish."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords

WORDS = OptOutWords(
    requests=(),
    words=(
        r"afmeld\w*",
        r"frameld\w*",
        r"(?:fjern|slet) (?:mig|os|min|mit)\b",
        r"(?:ikke|ingen) (?:\w+ )?(?:flere|mere|længere)(?: \w+){0,3} (?:mails?|e-?mails?|nyhedsbreve|beskeder)",
        r"(?:ønsker|vil)(?: \w+){0,2} ikke(?: \w+){0,4} (?:modtage|have|kontaktes|høre)",
        r"stop med at (?:sende|skrive|maile)",
    ),
)
