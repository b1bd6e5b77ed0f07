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
    "*Jane Doe* | *Owner*\n*Call me +44 113 496 0000*\n\n[image: logo]\n\nMill Lane 12, Leeds\n\n*WEB doe.example <https://doe.example/>*",
    "Jane Doe\n\nHead of Letters\n\n**Doe & Sons**\n\n0113 496 0000",
    "Karl Doe\n\nDoe GmbH\nHafenstr. 12 | 20457 Hamburg\nTelefon: +49 40 123456\nInternet: www.doe.example",
    "Jane Doe | Doe & Sons | +44 113 496 0000 | jane@doe.example",
    "Jan Doe\nKierownik Biura\nWarsztat Sp. z o.o.\ntel. 22 123 45 67",
    "Jane Doe\nM: 07700 900123",
    "Dr. Ève Aubin\nResponsable des ventes\nAtelier Nord\n01 23 45 67 89\neve@atelier.example",
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    "words",
    [
        "Please send it to Ben first.",
        "Hi Ann,\n\nyes\n\nKind regards",
        "Gern am Montag.\n\nMit freundlichen Grüßen",
        "Gern am Montag.\n\nMit freundlichem Gruß",
        "C'est noté.\n\nBien cordialement,",
        "Danke, das passt.\n\nViele Grüße",
        "De acuerdo.\n\nUn cordial saludo,",
        "Yes, please.\n\nThanks,\nJane",
    ],
)
def test_a_name_with_ways_to_reach_it_goes(block: str, words: str) -> None:
    assert own_words(f"{words}\n\n{block}\n").text == words
    assert own_words(f"{words}\n\n{block}\n\n> Shall we?\n").text == words


def test_a_notice_of_lawyers_below_goes_with_it() -> None:
    notice = "The content of this message is confidential and meant for its recipient alone. Whoever passes any part of it on without the consent of Doe & Sons acts against the law."
    assert own_words(f"Yes, please.\n\n{BLOCK}\n\n{notice}").text == "Yes, please."
    # Alone, or from a person, it is what they say.
    assert own_words(f"Yes, please.\n\n{notice}").text == f"Yes, please.\n\n{notice}"


def test_a_picture_that_a_program_puts_below_goes() -> None:
    for picture in ("![](https://doe.example/x.png)", "[cid:image001.png@01DC]", "<image001.png>"):
        text = f"Yes, please.\n\nKind regards\n\n{picture}\n\n> Shall we?"
        assert own_words(text).text == "Yes, please.\n\nKind regards"
        above = f"Yes, please.\n\nKind regards\n\n{picture}\n{BLOCK}"
        assert own_words(above).text == "Yes, please.\n\nKind regards"


def test_a_name_written_by_hand_stays() -> None:
    assert own_words(f"Yes.\n\nRegards,\nJane Doe\n\n{BLOCK}").text == "Yes.\n\nRegards,\nJane Doe"
    assert own_words(f"Yes.\n\nThanks\n\nJane\n\n{BLOCK}").text == "Yes.\n\nThanks\n\nJane"


@pytest.mark.parametrize(
    "block",
    [
        "Jane Doe\nHead of Letters\nDoe & Sons",
        "Jane Doe\n\nHead of Letters\nDoe & Sons | Leeds",
        "i. A. Petra Lohmann\nEinkauf\n\nLohmann GmbH & Co. KG\nHafenstr. 7 · 20457 Hamburg\nSitz: Hamburg · Amtsgericht Hamburg HRA 100 999",
        "dr inż. Jolanta Piekarska\nAdiunkt\nPolitechnika Nadwiślańska",
        "Cristina Neves\nTécnica Superior\nDivisão de Cultura",
    ],
)
def test_below_a_closing_a_name_and_a_post_go(block: str) -> None:
    for closing in ("Kind regards", "Mit freundlichen Grüßen", "Com os melhores cumprimentos,"):
        assert own_words(f"I agree.\n\n{closing}\n\n{block}\n").text == f"I agree.\n\n{closing}"
    # Two who sign, or what is said after all, is no post.
    for more in ("and Tom", "who still owes you a coffee from last year"):
        text = f"I agree.\n\nKind regards\n\nJane Doe\n{more}"
        assert own_words(text).text == text


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


CARD = (
    "i. A. Petra Hollmann\nEinkauf\n\n[cid:image001.png@01DA]\n\nMöbelwerk Rees GmbH\nFon +49 2851 555-214 · p.hollmann@rees.example\n"
    "Besuchen Sie uns auf der Messe in Köln: Halle 8, Stand C 031!\n____________________\n"
    "Sitz der Gesellschaft: Rees, Amtsgericht Kleve, HRB 12345; wir bauen seit 1921 Möbel, die bleiben und die man weitergeben kann."
)


@pytest.mark.parametrize(
    "closing", ["Mit freundlichen Grüßen", "Kind regards,", "Bien cordialement,", "Pozdrawiam"]
)
def test_slogans_and_registers_go_with_the_name_below_a_closing(closing: str) -> None:
    words = f"Gern, bitte am Montag.\n\n{closing}"
    assert own_words(f"{words}\n\n{CARD}").text == words


@pytest.mark.parametrize("added", ["P.S. Bring the long ladder.", "Can you bring the ladder?"])
def test_what_is_added_by_hand_below_a_name_stays(added: str) -> None:
    text = f"Yes, please.\n\nKind regards\n\nJane Doe\nHead of Letters\n+44 113 496 0000\nwww.doe.example\n\n{added}"
    assert added in own_words(text).text


def test_a_notice_of_lawyers_right_below_a_closing_goes() -> None:
    notice = "The content of this message is confidential and meant for its recipient alone. Whoever passes any part of it on without the consent of Doe & Sons acts against the law."
    assert (
        own_words(f"Yes, please.\n\nKind regards,\n\n{notice}").text
        == "Yes, please.\n\nKind regards,"
    )
