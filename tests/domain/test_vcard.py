"""vCards of three versions, folded, encoded and broken."""

from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.vcard import COLUMNS, MAX_CARD, Card, read_cards


def cards(text: str) -> list[Card]:
    return list(read_cards(text.splitlines(keepends=True)))


def cells(text: str) -> dict[str, str]:
    (card,) = cards(text)
    assert card.cells is not None, card.reason
    return {name: cell for name, cell in zip(COLUMNS, card.cells, strict=True) if cell}


def test_version_4() -> None:
    found = cells(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ann Lee\r\nN:Lee;Ann;;;\r\n"
        "EMAIL;PREF=2;TYPE=home:ann@home.example\r\nitem1.EMAIL;PREF=1:ann@work.example\r\n"
        "ORG:Lee\\, Lee & Co.;Sales\r\nTITLE:Head of Ch\r\n eese\r\nTEL;VALUE=uri:tel:+44-20-1\r\n"
        "TZ:Europe/London\r\nLANG:en-GB\r\nADR;TYPE=work:;;4 Lane;Town;;X1;United Kingdom\r\n"
        "CATEGORIES:harbour\\, fair,vip\r\nNOTE:one\\ntwo\r\nEND:VCARD\r\n"
    )
    assert found == {
        "email": "ann@work.example",
        "also_email": "ann@home.example",
        "first_name": "Ann",
        "last_name": "Lee",
        "company": "Lee, Lee & Co.",
        "job_title": "Head of Cheese",
        "phone": "+44-20-1",
        "timezone": "Europe/London",
        "locale": "en-GB",
        "country": "United Kingdom",
        "tags": "harbour, fair;vip",
        "note": "one\ntwo",
    }


def test_version_3_prefers_type_pref_and_passes_over_pictures() -> None:
    found = cells(
        "BEGIN:VCARD\nVERSION:3.0\nN:Lee;Ann\nEMAIL;TYPE=INTERNET:b@x.example\n"
        'EMAIL;TYPE="internet,pref":a@x.example\n'
        "PHOTO;ENCODING=b;TYPE=JPEG:"
        + "A" * 70
        + "\n"
        + (" " + "B" * 70 + "\n") * 9000
        + "TZ:+01:00\n"
        "END:VCARD\n"
    )
    assert found["email"] == "a@x.example"
    assert "timezone" not in found


def test_version_2_1_with_quoted_printable_and_bare_types() -> None:
    found = cells(
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg\n"
        "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=\n=C3=9Fe\n"
        "EMAIL;INTERNET;HOME:j@x.example\nTEL;CELL:1\nEND:VCARD\n"
    )
    assert (found["first_name"], found["last_name"]) == ("Jörg", "Müller")
    assert found["note"] == "Grüße"
    assert found["email"] == "j@x.example"


def test_the_full_name_serves_where_there_is_no_other() -> None:
    found = cells("BEGIN:VCARD\nFN:Ann Mary Lee\nEMAIL:a@x.example\nEND:VCARD\n")
    assert (found["first_name"], found["last_name"]) == ("Ann Mary", "Lee")


def test_broken_cards_cost_nothing_but_themselves() -> None:
    found = cards(
        "hello\nBEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEMAIL:b@x.example\nEND:VCARD\n"
        "BEGIN:VCARD\nno property\nEND:VCARD\n\nBEGIN:VCARD\nFN:C\n"
    )
    assert [(card.line, card.reason) for card in found] == [
        (1, "this is no part of a card"),
        (2, "the card has no END:VCARD"),
        (4, None),
        (8, "'no property' is no property of a card"),
        (12, "the card has no END:VCARD"),
    ]
    assert "FN:A" in found[1].raw


def test_a_huge_card_is_refused_without_being_held() -> None:
    (card,) = cards("BEGIN:VCARD\n" + "NOTE:" + "x" * (2 * MAX_CARD) + "\nEND:VCARD\n")
    assert card.cells is None
    assert card.reason is not None
    assert len(card.raw) < MAX_CARD


PIECES = (
    "BEGIN:VCARD\n",
    "END:VCARD\n",
    "EMAIL:a@x.example\n",
    " fold\n",
    "N;ENCODING=QUOTED-PRINTABLE:=\n",
    "=ZZ\n",
    "\n",
    'x;y="z:\n',
)


@given(st.lists(st.sampled_from(PIECES)))
def test_no_line_is_lost_and_nothing_raises(lines: list[str]) -> None:
    kept = "".join(card.raw for card in read_cards(lines))
    assert kept.count("EMAIL") == lines.count("EMAIL:a@x.example\n")
