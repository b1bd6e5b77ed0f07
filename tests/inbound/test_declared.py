"""Mailboxes as they are declared, and where their passwords come from."""

import sys
from typing import Any

import pytest

from outreach.config.passwords import find_mailbox_password
from outreach.errors import ConfigError
from outreach.inbound.declared import Mailbox

URL = "imaps://anna@mail.example"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"auth": "xoauth"}, 'auth must be "password" or "xoauth2"'),
        ({"password_command": "pass show"}, "must be a list"),
        ({"password_command": [1]}, "must be a list"),
        ({"url": "mbox:x", "auth": "xoauth2"}, "only IMAP"),
        ({"url": "mbox:x", "password_command": ["x"]}, "only IMAP"),
    ],
)
def test_tables_that_cannot_be(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Mailbox.parse("anna", {"url": URL, **entry})


def password(command: list[str], environ: dict[str, str] | None = None) -> str | None:
    box = Mailbox.parse("anna", {"url": URL, "auth": "xoauth2", "password_command": command})
    return find_mailbox_password(box, "anna", "mail.example", environ or {})


def test_a_command_prints_the_token_and_the_environment_goes_before_it() -> None:
    command = [sys.executable, "-c", "print('token one\\nsecond line')"]
    assert password(command) == "token one"
    assert password(command, {"OUTREACH_IMAP_PASSWORD_ANNA": "given"}) == "given"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([sys.executable, "-c", "print('a-secret'); raise SystemExit(3)"], "ended with 3"),
        ([sys.executable, "-c", ""], "printed nothing"),
        (["/no/such/program"], "could not be run"),
    ],
)
def test_a_command_that_fails_is_said_without_what_it_printed(
    command: list[str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        password(command)
    assert "a-secret" not in str(caught.value)
