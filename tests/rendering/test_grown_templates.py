"""The compiled path gives the plain path's bytes for templates that nobody would write.

`make test` tries as many as `EQUAL_SECONDS` allow; `make equal` tries `EQUAL_TEMPLATES` of them,
from number `EQUAL_FROM`. A failure says the number.
"""

import logging
import os
import time
from collections import Counter

import pytest

from outreach.errors import OutreachError
from outreach.rendering import compiled
from outreach.services import filling
from tests.rendering.grown_templates import grown
from tests.rendering.test_compiled import NOW, composer, outcome
from tests.rendering.test_straight import KEYS

LOG = logging.getLogger(__name__)
SECONDS = float(os.environ.get("EQUAL_SECONDS", "12"))
TEMPLATES = int(os.environ.get("EQUAL_TEMPLATES", "0"))
FROM = int(os.environ.get("EQUAL_FROM", "0"))
_TURNS = 4  # Jinja, the written function, the press, and once more
_SAID = 1000


def compared(number: int) -> Counter[str]:
    """Make all mails of a template by both paths; return how many there were, and of what sort."""
    seed = grown(number)
    try:
        made = seed.loaded()
    except OutreachError:
        return Counter(refused=1)
    maker = composer(made, signing=KEYS)
    people = list(enumerate(seed.people))
    wanted = [outcome(maker.compose_plainly, person, at, NOW) for at, person in people]
    count = Counter(templates=1, mails=_TURNS * len(people))
    for _ in range(_TURNS):
        for at, person in people:
            got = outcome(maker.compose, person, at, NOW)
            assert got == wanted[at], f"template {number} for {person}: {seed.body}"
            count["errors"] += isinstance(got, str)
    if maker.counts is not None:
        count["filled"] = maker.counts.filled
        bad = [reason for reason in maker.counts.reasons if "gave" in reason]
        assert not bad, f"template {number}: {bad}: {seed.body}"
    return count


@pytest.mark.timeout(0)  # it bounds its own time
def test_compiled_is_plain_for_templates_grown_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    # All that is worth it after many contacts, at once.
    monkeypatch.setattr(compiled, "_WAIT", 1)
    monkeypatch.setattr(compiled, "_AGREED", 1)
    monkeypatch.setattr(filling, "_WORTH_A_PRESS", 2)
    began, number, count = time.monotonic(), FROM, Counter[str]()
    while number - FROM < TEMPLATES if TEMPLATES else time.monotonic() - began < SECONDS:
        count += compared(number)
        number += 1
        if (number - FROM) % _SAID == 0:
            LOG.info("%d in %.0f s: %s", number - FROM, time.monotonic() - began, dict(count))
    LOG.info("%d templates: %s", number - FROM, dict(count))
    # Of those, many are refused or fail for all: some must go the whole way.
    assert count["filled"] > number - FROM
    assert count["templates"] > 20
