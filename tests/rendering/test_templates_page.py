"""docs/templates.md tells of everything that templates can use."""

from pathlib import Path

import pytest

from outreach.rendering import snapshot
from outreach.rendering.filters import FILTERS, FUNCTIONS
from outreach.rendering.front_matter import KEYS
from outreach.rendering.markdown import BLOCKS

PAGE = (Path(__file__).parents[2] / "docs/templates.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "word",
    [
        *KEYS,
        *snapshot.NAMES,
        *snapshot.CONTACT_FIELDS,
        *snapshot.CONTACT_SETS,
        *(name for name in FILTERS if name not in ("d", "count")),
        *(f"{name}()" for name in FUNCTIONS),
    ],
)
def test_every_word_is_explained(word: str):
    assert f"`{word}`" in PAGE or f"`{word}(" in PAGE


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_is_shown(block: str):
    assert f"\n::: {block}" in PAGE
