"""Values that change nothing but themselves."""

from hypothesis import given
from hypothesis import strategies as st

from outreach.rendering.tame import is_tame


@given(st.text())
def test_tame_values_are_one_line_of_words(value):
    if value and is_tame(value):
        assert value.split() == value.split(" ") or "\u00a0" in value or "\u202f" in value
        assert len(value.splitlines()) == 1
