# ruff: noqa: E501 (tables are easier to read in one piece)

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound.absence_words import words
from outreach.inbound.patterns import branches, filed, openings

PATTERNS = [
    "out of (?:the )?office", "(?:auto|re)ply", "(?:very )?away", "[ab]nd", "[ab]+c", "x?yz", "u*v", "(?:no )*more",
    r"\d days", "le+f{1,2}t", "(?:a(?:b|c))d", "休み", "[čc]as",
]  # fmt: skip
PIECES = st.sampled_from(
    ["out of ", "the ", "office", "auto", "re", "ply", "very ", "away", "and", "bnd", "abc", "xyz", "yz", "uuv", "v",
     "no no more", "more", "3 days", "left", "leefft", "abd", "acd", "休み", "čas", "cas", " ", "a"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=4).map("".join))
def test_alternatives_filed_by_letters_match_what_each_does(text):
    filed_ones = re.compile(filed(PATTERNS))
    assert bool(filed_ones.fullmatch(text)) == any(re.fullmatch(each, text) for each in PATTERNS)


def test_brackets_within_a_class_of_letters_open_and_close_nothing():
    assert branches(r"(?:\([^)]{0,6}\))?(?:a|b)|c") == [r"(?:\([^)]{0,6}\))?(?:a|b)", "c"]
    assert branches(r"[,(]?a|[)|]b") == ["[,(]?a", "[)|]b"]


@pytest.mark.parametrize("field", ["subjects", "automatic"])
def test_no_word_of_a_table_is_lost_in_filing(field):
    filed_ones = re.compile(filed(words(field)))
    plain = [each for each in words(field) if re.fullmatch(r"[\w ]+", each)]
    assert plain
    assert all(filed_ones.fullmatch(each) for each in plain)


@pytest.mark.parametrize(
    "pattern",
    [
        r"jan(?:uar|vier)?\.?",
        r"(?:the )?end of (?:the|this) month|ultimo",
        r"(?:in|dans|om) (?:two|deux|tva)\b",
        r"wk\.? ?\d",
        r"(?:exactly )?\d{1,2} days",
        r"a?b?c[de]f+g",
        r"(?P<week>week|kw) ?x",
        r"\s*(?:\d+|later) days",
    ],
)
@given(data=st.data())
def test_whatever_matches_begins_with_an_opening(pattern, data):
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    if text[:1].isalpha():
        assert re.match(openings([pattern]), text)


@pytest.mark.parametrize("pattern", [r"\w+ late", r"[^a]b", r"(?:x|\w)y"])
def test_what_may_begin_with_any_letter_has_no_openings(pattern):
    with pytest.raises(ValueError, match="any letter"):
        openings([pattern])
