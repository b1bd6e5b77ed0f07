"""Signatures without a line above them: what goes, and what is left to the author."""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import pytest

from outreach.inbound.replies import own_words
from outreach.inbound.signatures import signature_at

BLOCK = "Jane Doe\nHead of Letters\nDoe & Sons Ltd.\n12 Mill Lane, Leeds LS1 4AB\nT: +44 113 496 0000\nwww.doe.example"
BLOCKS = [
    BLOCK,
    BLOCK.replace("\nDoe &", "\n\nDoe &"),
    "Jane Doe\njane@doe.example\n+44 113 496 0000",
    "i. A. Petra Lohmann\nAssistenz der Geschäftsführung\n\nLohmann GmbH\nHafenstr. 12\n20457 Hamburg\nTel. 040 / 123 45-67",
    "Dr. Ève Aubin\nResponsable des ventes\nAtelier Nord\n01 23 45 67 89\neve@atelier.example",
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    "words",
    [
        "Please send it to Ben first.",
        "Hi Ann,\n\nyes\n\nKind regards",
        "Gern am Montag.\n\nMit freundlichen Grüßen",
        "C'est noté.\n\nBien cordialement,",
        "De acuerdo.\n\nUn cordial saludo,",
        "Yes, please.\n\nThanks,\nJane",
    ],
)
def test_a_name_with_ways_to_reach_it_goes(block: str, words: str) -> None:
    assert own_words(f"{words}\n\n{block}\n").text == words
    assert own_words(f"{words}\n\n{block}\n\n> Shall we?\n").text == words


def test_it_may_stand_directly_below_a_closing() -> None:
    assert (
        own_words(f"Yes, please.\n\nKind regards\n{BLOCK}").text == "Yes, please.\n\nKind regards"
    )


@pytest.mark.parametrize(
    "text",
    [
        # what was asked for
        "You can reach her like this:\n\nJane Doe\njane@doe.example\n+44 113 496 0000",
        "Here is my new address.\n\nJane Doe\n12 Mill Lane\nLeeds\njane@doe.example",
        # no name
        "Have a look at these.\n\nhttps://doe.example/one\nhttps://doe.example/two",
        "Thank you\n\nhttps://doe.example/one\nhttps://doe.example/two",
        "Call me at\n+44 113 496 0000\nor +44 113 496 0001",
        # no way to reach anybody
        "See you on Monday.\n\nJane Doe\nHead of Letters\nDoe & Sons",
        "See you on Monday.\n\nBest\nJane Doe",
        # sentences
        "I agree.\n\nJane Doe will write to you from jane@doe.example.\nHer number is +44 113 496 0000.",
        # nothing else
        "Jane Doe\njane@doe.example\n+44 113 496 0000",
        "Hi Ann,\n\nJane Doe\njane@doe.example\n+44 113 496 0000",
        "",
    ],
)
def test_what_may_be_an_answer_stays(text: str) -> None:
    assert own_words(text).text == text
    assert signature_at(text.split("\n")) == len(text.split("\n"))


def test_no_signature_is_longer_than_a_block() -> None:
    rows = "\n".join(f"Guest {number}" for number in range(40))
    text = f"These will come.\n\n{rows}\njane@doe.example\nwww.doe.example"
    assert own_words(text).text == text
