import re

from outreach.domain.promises import promises
from outreach.domain.tiers_file import read_tiers
from outreach.starter import starter_file

STARTER = starter_file("tiers.toml").read_text(encoding="utf-8")


def test_the_sentences_carry_the_numbers_of_the_file() -> None:
    said = " ".join(promises(read_tiers(STARTER)["client"]))
    assert {"60", "90"} <= set(re.findall(r"\d+", said))
    other = read_tiers(STARTER.replace("ideal_every_days = 60", "ideal_every_days = 55"))
    assert "55 days" in " ".join(promises(other["client"]))
    assert "60" not in " ".join(promises(other["client"]))
