import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.inbound import opt_out_words
from outreach.inbound.absence_words import words
from outreach.inbound.phrases import Phrases, Rules, fold
from tests.inbound.test_patterns import PATTERNS, PIECES


@given(st.lists(PIECES, max_size=6).map("".join))
def test_phrases_find_what_each_pattern_does(text):
    folded = fold(text)
    phrases = Phrases(each for each in PATTERNS if each != r"\d days")
    alone = (re.search(rf"(?<![a-z])(?:{each})", folded) for each in PATTERNS if each != r"\d days")
    assert (phrases.search(folded) is None) == all(each is None for each in alone)


class TestPhrases:
    PATTERNS = [  # noqa: RUF012
        "out of (?:the )?office",
        "(?:un)?subscribe",
        "[ao]way",
        "x?y+z",
        "no (?:more|further) mails?",
        "abc|abd",
        r"\bstop\b",
        "休暇",
        "(?:a|bc)(?:d|e)f",
    ]

    @settings(deadline=None)
    @given(st.text(alphabet="abcdefoutxyzsniw休暇 ", max_size=40))
    def test_finds_what_a_plain_search_finds(self, text):
        plain = re.compile(f"(?<![a-z])(?:{'|'.join(self.PATTERNS)})")
        assert bool(Phrases(self.PATTERNS).search(text)) == bool(plain.search(text))

    @pytest.mark.parametrize(
        "text",
        [
            "out of office",
            "please subscribe",
            "xyz yyz",
            "no further mail",
            "。休暇",
            "bcef",
            "stop",
        ],
    )
    def test_finds(self, text):
        assert Phrases(self.PATTERNS).search(text)

    KNOWN = [
        pattern
        for field in (
            "absent",
            "left",
            "acknowledged",
            "challenged",
            "automatic",
            "back",
        )
        for pattern in words(field)
    ] + [
        pattern
        for field in ("requests", "words", "unsure", "denied", "stays", "later")
        for pattern in opt_out_words.words(field)
    ]

    @pytest.mark.parametrize("order", range(20))
    @given(st.data())
    @settings(max_examples=20, deadline=None)
    def test_what_a_known_pattern_matches_has_the_words_it_is_filed_under(self, order, data):
        pattern = data.draw(st.sampled_from(self.KNOWN[order::20]))
        text = fold(f"so {data.draw(st.from_regex(f'(?:{pattern})', fullmatch=True))} then")
        plain = re.compile(f"(?<![a-z])(?:{pattern})")
        assert bool(Phrases([pattern]).search(text)) == bool(plain.search(text))

    def test_a_pattern_may_stand_behind_any_letters(self):
        assert Phrases([r"\w*ledig\b"]).search("nu tjanstledig igen")
        assert not Phrases([r"ledig\b"]).search("nu tjanstledig igen")

    def test_rules_answer_in_their_order(self):
        rules = Rules([["second word"], ["first"]])
        assert (
            rules.first("first, then a second word"),
            rules.first("first"),
            rules.first("none"),
        ) == (0, 1, None)

    def test_fold(self):
        assert fold("Größe ＡＢＣ Łódź déjà １月 がぎ") == "grosse abc lodz deja 1月 がぎ"
