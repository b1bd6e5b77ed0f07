"""Czech."""

from outreach.inbound.opt_out_words.table import OptOutWords

WORDS = OptOutWords(
    requests=(),
    words=(
        r"odhlá(?:sit|ste|šení)\w*",
        r"(?:vymažte|odstraňte|vyřaďte) (?:mě|mne|nás|můj|mou)",
        r"nechci (?:\w+ )?(?:dostávat|další|vaše)",
        r"(?:neposílejte|nepište)(?: \w+){0,2}",
    ),
)
