import csv
from pathlib import Path

import pytest

from outreach.inbound.languages import likely_languages
from outreach.inbound.phrases import compared

FOLDER = Path(__file__).parent


def texts(name: str) -> list[tuple[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["lang"], compared(row["body"].replace("\\n", "\n"))) for row in rows]


@pytest.mark.parametrize("name", ["opt_outs.tsv", "auto_replies.tsv"])
def test_the_language_of_a_text_is_among_the_likely_ones(name):
    told = [(language, likely_languages(text)) for language, text in texts(name) if text]
    missed = [language for language, likely in told if language not in likely]
    assert len(missed) <= 0.01 * len(told), missed


def test_most_texts_are_likely_in_few_languages():
    counts = [len(likely_languages(text)) for _, text in texts("opt_outs.tsv") if len(text) > 60]
    assert sum(count <= 3 for count in counts) >= 0.9 * len(counts)


def test_what_tells_nothing_may_be_in_any_language():
    assert len(likely_languages("")) == len(likely_languages("stop 12")) > 10
