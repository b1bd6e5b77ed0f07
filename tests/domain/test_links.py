"""Signed tokens: they survive mangling, nobody forges one, and old ones keep working."""

import base64
import random
import re
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.links import (
    MAX_SERIES,
    Links,
    Signer,
    Token,
    Unsubscription,
    base32,
    block_writer,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
ids = st.integers(1, 2**48 - 1)
series_names = st.text(
    st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1, max_size=30
)


def make_links(*secrets, **changes):
    values = {
        "signer": Signer(secrets or ("secret",)),
        "domain": "example.com",
        "base_url": "https://mail.example.com/o",
        "unsubscribe_address": "leave@example.com",
        "bounce_address": "bounce@bounce.example.com",
        "reply_address": "anna@example.com",
    }
    return Links(**(values | changes))


LINKS = make_links()


@given(ids)
def test_a_delivery_is_read_back_wherever_its_token_stands(number):
    message_id = LINKS.message_id(number)
    assert re.fullmatch(r"<[a-z2-7]{26}@example\.com>", message_id)
    assert message_id == LINKS.message_id(number)
    for text in (
        message_id,
        message_id.upper(),
        f" {message_id} ",
        LINKS.envelope_id(number),
        LINKS.envelope_sender(number),
        LINKS.envelope_sender(number).upper(),
        LINKS.envelope_sender(number).replace("+", "-"),
        LINKS.envelope_sender(number).replace("+", "="),
        LINKS.reply_to(number),
    ):
        assert LINKS.read_delivery(text) == number
    for address in (LINKS.envelope_sender(number), LINKS.reply_to(number)):
        assert len(address.partition("@")[0]) <= 64


@given(ids, series_names)
def test_an_unsubscription_is_read_back(contact, series):
    expected = Unsubscription(contact, series)
    url = LINKS.unsubscribe_url(contact, series)
    token = url.rpartition("/")[2]
    assert url == f"https://mail.example.com/o/u/{token}"
    assert LINKS.read_unsubscribe(token) == expected
    assert LINKS.read_unsubscribe(token.upper()) == expected
    assert LINKS.read_unsubscribe(f"leave+{token}@example.com") == expected
    mailto = urlsplit(LINKS.unsubscribe_mailto(contact, series))
    assert unquote(mailto.path) == "leave@example.com"
    assert LINKS.read_unsubscribe(parse_qs(mailto.query)["subject"][0]) == expected
    assert LINKS.read_unsubscribe(f"Re: Unsubscribe  {token} ") == expected


@given(ids)
def test_pages_have_tokens_of_their_own(number):
    preferences = LINKS.preferences_url(number).rpartition("/")[2]
    view = LINKS.view_url(number).rpartition("/")[2]
    delivery = LINKS.envelope_id(number)
    assert LINKS.read_preferences(preferences) == number
    assert LINKS.read_view(view) == number
    # A token of one kind is no token of another: everybody who got a forwarded mail has the
    # Message-ID, and may not open the contact's preferences with it.
    readers = [LINKS.read_preferences, LINKS.read_view, LINKS.read_delivery, LINKS.read_unsubscribe]
    for token, owner in (
        (preferences, LINKS.read_preferences),
        (view, LINKS.read_view),
        (delivery, LINKS.read_delivery),
    ):
        assert [read(token) for read in readers if read != owner] == [None] * 3


def test_no_forged_token_is_accepted():
    forger = random.Random(1)
    accepted = 0
    genuine = LINKS.envelope_id(1234)
    unsubscribe = LINKS.unsubscribe_url(7, "newsletter").rpartition("/")[2]
    for token, read in ((genuine, LINKS.read_delivery), (unsubscribe, LINKS.read_unsubscribe)):
        for position in range(len(token)):
            for letter in LETTERS:
                changed = token[:position] + letter + token[position + 1 :]
                accepted += changed != token and read(changed) is not None
    for length in (26, 34, 42):
        for _ in range(3000):
            token = "".join(forger.choices(LETTERS, k=length))
            accepted += LINKS.read_delivery(token) is not None
            accepted += LINKS.read_unsubscribe(token) is not None
    assert accepted == 0


@given(st.text())
def test_any_text_may_be_read(text):
    assert LINKS.read_delivery(text) is None
    assert LINKS.read_unsubscribe(text) is None
    assert LINKS.read_preferences(text) is None
    assert LINKS.read_view(text) is None


def test_a_secret_can_be_changed_without_breaking_old_links():
    before, after = make_links("old"), make_links("new", "old")
    assert after.read_delivery(before.message_id(5)) == 5
    assert after.message_id(5) == make_links("new").message_id(5)
    assert make_links("new").read_delivery(before.message_id(5)) is None


def test_tokens_tell_nothing_about_their_number():
    tokens = [LINKS.envelope_id(number) for number in range(1, 200)]
    assert len(set(tokens)) == len(tokens)
    # Neighbours share no more letters at a place than chance has them.
    shared = sum(a == b for one, two in pairwise(tokens) for a, b in zip(one, two, strict=True))
    assert shared / (26 * 198) < 0.06


def test_what_is_not_set_up_gives_no_link():
    bare = make_links(
        base_url=None, unsubscribe_address=None, bounce_address=None, reply_address=None
    )
    assert bare.unsubscribe_url(1, "newsletter") is None
    assert bare.unsubscribe_mailto(1, "newsletter") is None
    assert bare.preferences_url(1) is None
    assert bare.view_url(1) is None
    assert bare.envelope_sender(1) is None
    assert bare.reply_to(1) is None
    assert bare.message_id(1)
    # A local part so long that a token does not fit gives no plus-address rather than a bad one.
    assert make_links(reply_address="a" * 40 + "@example.com").reply_to(1) is None


def test_secrets_are_not_shown():
    assert "hunter2" not in repr(make_links("hunter2")) + repr(Signer(["hunter2"]))
    with pytest.raises(ValueError, match="at least one secret"):
        Signer([])
    with pytest.raises(ValueError, match="none may be empty"):
        Signer([""])


@pytest.mark.parametrize("series", ["", "x" * (MAX_SERIES + 1), "a\0b"])
def test_a_series_must_have_a_usable_name(series):
    with pytest.raises(ValueError, match="cannot be the name of a series"):
        LINKS.unsubscribe_url(1, series)


@given(ids, ids, series_names)
def test_the_tokens_of_a_message_are_those_made_one_by_one(contact, delivery, series):
    every = [LINKS.token(kind, contact, delivery, series).encode() for kind in Token]
    assert LINKS.maker(list(Token), series)(contact, delivery) == every
    some = LINKS.maker([Token.VIEW, Token.DELIVERY], series)(contact, delivery)
    assert some == [every[Token.DELIVERY], b"", b"", every[Token.VIEW]]


@pytest.mark.parametrize("length", [1, 10, 58, 59, 110, MAX_SERIES])
def test_long_names_of_series_are_masked_whole(length):
    series = "s" * length
    token = LINKS.maker(list(Token), series)(7, 9)[Token.UNSUBSCRIBE].decode()
    assert token == LINKS.token(Token.UNSUBSCRIBE, 7, 9, series)
    assert len(token) == 26 + -(-8 * length // 5)
    assert token[26:] != base32(series.encode())
    assert LINKS.read_unsubscribe(token) == Unsubscription(7, series)


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=5))
def test_blocks_are_written_in_base32(blocks):
    letters = block_writer(len(blocks))(b"".join(blocks)).decode()
    assert [letters[at : at + 26] for at in range(0, len(letters), 32)] == [*map(base32, blocks)]
    assert base32(blocks[0]) == base64.b32encode(blocks[0]).decode().lower().rstrip("=")


@given(ids, series_names)
def test_no_token_can_be_written_in_two_ways(contact, series):
    token = LINKS.unsubscribe_url(contact, series).rpartition("/")[2]
    for end in (26, len(token)):
        others = (token[: end - 1] + letter + token[end:] for letter in LETTERS)
        read = [LINKS.read_unsubscribe(other) for other in others if other != token]
        assert read == [None] * (len(LETTERS) - 1)
