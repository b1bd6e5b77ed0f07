"""Texts as mail can carry them."""

import pytest

from outreach.errors import TemplateError
from tests.rendering.mail import contact, render, text


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x7f", "\ud800", "\uffff"])
def test_what_no_mail_can_carry_is_refused(char: str):
    with pytest.raises(TemplateError, match="no mail can carry"):
        text("{{ contact.company }}", contact(company=f"a{char}b"))


def test_line_breaks_are_of_one_kind():
    assert text("{{ contact.company }}", contact(company="a\r\nb\rc\u2028d")) == "a\nb\nc\nd"


def test_a_mark_of_byte_order_is_no_part_of_a_name():
    assert text("{{ contact.company }}", contact(company="\ufeffA\ufeffB")) == "AB"


def test_a_subject_is_one_line():
    rendered = render("x", contact(company="a\r\nBcc: b"), head="subject: '{{ contact.company }}'")
    assert rendered.subject == "a Bcc: b"


def test_a_name_cannot_turn_round_what_follows():
    body = "{{ contact.company }}|"
    assert text(body, contact(company="\u202egnu")) == "\u202egnu\u202c|"
    assert text(body, contact(company="a\u2069\u202cb")) == "ab|"
    assert text(body, contact(company="\u2067a\u2066b")) == "\u2067a\u2066b\u2069\u2069|"
