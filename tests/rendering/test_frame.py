"""Patterns and seals: bytes that are the same again and again are what they would be alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rendering.dkim import generate_key, load_key, relaxed_body, sign_message
from outreach.rendering.encoding import squeezed
from outreach.rendering.pattern import Pattern, taken_apart
from tests.rendering.mail import contact
from tests.rendering.test_compiled import NAME, NOW, composer, outcome, page

MARKS = {b"m" * 8: 0, b"n" * 9: 1}


@given(st.lists(st.sampled_from([b"m" * 8, b"n" * 9, b"x", b"\r\n ", b"mmm"]), max_size=12))
def test_a_pattern_puts_values_where_its_markers_stood(pieces: list[bytes]) -> None:
    # Letters of a marker beside it would make another one.
    sample = b"|".join(pieces)
    values = [b"first", b"second"]
    expected = sample.replace(b"m" * 8, b"first").replace(b"n" * 9, b"second")
    pattern = Pattern(sample, MARKS)
    assert b"".join(pattern.fill(values)) == expected
    assert pattern.slots == {MARKS[piece] for piece in pieces if piece in MARKS}
    assert [piece for piece in taken_apart(sample, MARKS) if isinstance(piece, int)] == [
        MARKS[piece] for piece in pieces if piece in MARKS
    ]


@given(st.text("ab \t\n", max_size=60), st.text("ab \t\n", max_size=60))
def test_lines_are_squeezed_one_by_one(one: str, other: str) -> None:
    lines = [(text + "\nx\n").replace("\n", "\r\n").encode() for text in (one, other)]
    assert b"".join(map(squeezed, lines)) == relaxed_body(b"".join(lines))


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        NOW.astimezone(datetime.now().astimezone().tzinfo),
        NOW + timedelta(microseconds=999_999),
        datetime(1999, 1, 1, tzinfo=UTC),
        datetime(2400, 1, 1, tzinfo=UTC),
    ],
)
def test_a_sealed_message_is_the_signed_one(moment: datetime) -> None:
    keys = [
        load_key(generate_key(bits=1024), domain="studio.example", selector="rsa"),
        load_key(generate_key("ed25519"), domain="studio.example", selector="ed"),
    ]
    made = page(f"<p>Dear   {NAME},</p>")
    sealed, bare = composer(made, signing=keys), composer(made)
    names = ["Ada", "Zoë " * 30 + "Ö", 'Ann "Zee" Lee', None, "Mary Ann  Two"]
    for number, name in enumerate(names * 3):
        person = contact(id=number, first_name=name, last_name="O'Brien")
        unsigned = outcome(bare.compose_plainly, person, number, moment).message
        signed = outcome(sealed.compose, person, number, moment).message
        assert signed == sign_message(unsigned, keys, at=moment)
