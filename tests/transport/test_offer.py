"""What a server offers."""

import pytest

from outreach.transport.offer import Offer


def test_keywords_are_known_however_they_are_written():
    offer = Offer(["pipelining", " 8bitmime ", "SIZE 1000", "auth PLAIN", "AUTH=LOGIN", "DSN"])
    assert offer.pipelining
    assert offer.eight_bit
    assert offer.dsn
    assert not offer.utf8
    assert offer.most == 1000
    assert offer.of("AUTH").split() == ["PLAIN", "LOGIN"]
    assert "STARTTLS" not in offer


def test_of_nothing_there_is_nothing():
    offer = Offer()
    assert not offer.pipelining
    assert not offer.size
    assert offer.most == 0
    assert offer.mail_max is None
    assert offer.of("AUTH") == ""


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ("MAILMAX=20 RCPTMAX=100", 20),
        ("RCPTMAX=100 mailmax=3", 3),
        ("MAILMAX=0", 1),
        ("MAILMAX=", None),
        ("MAILMAX=12345678", None),
        ("RCPTMAX=1", None),
    ],
)
def test_how_many_messages_a_connection_may_carry(limits: str, most: int | None):
    assert Offer([f"LIMITS {limits}"]).mail_max == most
