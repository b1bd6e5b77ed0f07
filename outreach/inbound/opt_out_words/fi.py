"""Finnish."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords

WORDS = OptOutWords(
    requests=(),
    words=(
        r"(?:peru(?:uta|kaa)?|lopeta\w*|irtisano\w*)(?: \w+)? (?:tilau\w+|uutiskir\w+|postitu\w+|lähettämi\w+)",
        r"poista\w* (?:minut|meidät|osoitteeni|tietoni)",
        r"(?:en|emme) (?:halua|toivo)(?: \w+){0,3} (?:viestejä|sähköpost\w+|uutiskir\w+|postia|enää|vastaanottaa)",
    ),
)
