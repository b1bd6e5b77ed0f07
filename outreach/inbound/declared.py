"""Where mail comes from, as people declare it in outreach.toml: mailboxes and webhooks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from outreach.errors import suggestion

PASSWORD: Final = "password"  # noqa: S105 - a way to log in, not a password
XOAUTH2: Final = "xoauth2"
"""A login with an access token (developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""

_KEYS: Final = ("url", "folders", "sent", "auth", "password_command")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox that `outreach inbox sync` reads.

    `url` is ``imaps://user@host``, ``imap://user@host``, ``maildir:PATH`` or ``mbox:PATH``.
    `folders` are those where mail comes in. `sent` is the one for what we wrote: for an IMAP
    account it is found if not given, and an empty text means none. `auth` is how to log in, and
    `password_command` the program, with its arguments, that prints the password or token.
    """

    name: str
    url: str
    folders: tuple[str, ...] = ("INBOX",)
    sent: str | None = None
    auth: str = PASSWORD
    password_command: tuple[str, ...] = ()

    @classmethod
    def parse(cls, name: str, entry: Mapping[str, Any]) -> "Mailbox":
        """Return the mailbox that a table declares, or raise `ValueError`."""
        unknown = sorted(set(entry) - set(_KEYS))
        if unknown:
            near = suggestion(unknown[0], _KEYS)
            raise ValueError(f'has no "{unknown[0]}"' + (f" ({near})" if near else ""))
        url = entry.get("url")
        if not isinstance(url, str) or not re.match(r"(?:imaps?://|maildir:.|mbox:.)", url):
            raise ValueError("needs a url that begins with imaps://, imap://, maildir: or mbox:")
        is_imap = url.startswith("imap")
        if is_imap:
            ImapUrl.parse(url)
        folders = entry.get("folders", ["INBOX"])
        if not isinstance(folders, list) or not folders or not all(map(_is_folder, folders)):
            raise ValueError("folders must be a list of names")
        if "folders" in entry and not is_imap:
            raise ValueError("folders are for IMAP; name another Maildir or mbox as a mailbox")
        sent = entry.get("sent")
        if sent is not None and sent != "" and not _is_folder(sent):
            raise ValueError("sent must be the name of a folder")
        auth = entry.get("auth", PASSWORD)
        if auth not in (PASSWORD, XOAUTH2):
            raise ValueError(f'auth must be "{PASSWORD}" or "{XOAUTH2}"')
        command = entry.get("password_command", [])
        if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
            raise ValueError('password_command must be a list, such as ["pass", "show", "anna"]')
        if not is_imap and ("auth" in entry or command):
            raise ValueError("only IMAP asks for a login")
        return cls(
            name=name,
            url=url,
            folders=tuple(folders),
            sent=sent,
            auth=auth,
            password_command=tuple(command),
        )


PROVIDERS: Final = ("ses", "postmark", "mailgun", "sendgrid")
"""Whose webhooks are understood."""

_WEBHOOK_KEYS: Final = ("provider", "topics", "public_keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A provider that may tell us of our mail, a table ``[webhooks.NAME]``.

    `topics` are the ARNs of the SNS topics that SES publishes to, `public_keys` the keys that
    SendGrid signs with. The others prove themselves by a secret, which stands in no file.
    """

    name: str
    provider: str
    topics: tuple[str, ...] = ()
    public_keys: tuple[str, ...] = ()

    @classmethod
    def parse(cls, name: str, entry: Mapping[str, Any]) -> "Webhook":
        """Return the webhook that a table declares, or raise `ValueError`."""
        unknown = sorted(set(entry) - set(_WEBHOOK_KEYS))
        if unknown:
            near = suggestion(unknown[0], _WEBHOOK_KEYS)
            raise ValueError(f'has no "{unknown[0]}"' + (f" ({near})" if near else ""))
        provider = entry.get("provider")
        if provider not in PROVIDERS:
            raise ValueError(f"provider must be one of {', '.join(PROVIDERS)}")
        listed = {}
        for key, owner in (("topics", "ses"), ("public_keys", "sendgrid")):
            found = entry.get(key, [])
            if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
                raise ValueError(f"{key} must be a list of texts")
            if found and provider != owner:
                raise ValueError(f"{key} are for {owner}")
            if not found and provider == owner:
                raise ValueError(f"{owner} needs {key}")
            listed[key] = tuple(found)
        return cls(name=name, provider=provider, **listed)


def _is_folder(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= 200 and name.isprintable()


@dataclass(frozen=True, slots=True)
class ImapUrl:
    """Where a mailbox is: ``imaps://user@host`` or ``imap://user@host:143``."""

    host: str
    port: int
    user: str
    implicit_tls: bool

    @classmethod
    def parse(cls, url: str) -> "ImapUrl":
        """Read a URL, or raise `ValueError` saying what is wrong with it."""
        parts = urlsplit(url)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
            raise ValueError("must look like imaps://user@host")
        if parts.password:
            raise ValueError("must not hold the password: it belongs in the environment or keyring")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("has a port that is no number from 1 to 65535") from None
        implicit = parts.scheme == "imaps"
        return cls(
            parts.hostname, port or (993 if implicit else 143), unquote(parts.username), implicit
        )

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, so that nobody can listen in."""
        import ipaddress  # noqa: PLC0415 - every command reads the settings, few ask this

        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
