"""Settings: each declared once, with its type, unit, default and a sentence.

A value comes from ``outreach.toml``, is overruled by a variable ``OUTREACH_NAME`` and that by a
flag (`outreach.config.files`). Passwords are no settings (`outreach.config.passwords`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from outreach.config import values
from outreach.domain.contact import AttributeType
from outreach.domain.mailing import Sender
from outreach.errors import ConfigError, suggestion
from outreach.inbound.declared import Mailbox, Webhook

FILE_NAME = "outreach.toml"
PREFIX = "OUTREACH_"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting's value came from: a file and line, a variable, a flag or the default."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


def _setting(
    default: object,
    parse: Callable[[object], Any],
    sentence: str,
    *,
    unit: str | None = None,
    secret: bool = False,
) -> Any:  # noqa: ANN401 - as `dataclasses.field` itself: the annotation beside it is the type
    return field(
        default=default,
        metadata={"parse": parse, "sentence": sentence, "unit": unit, "secret": secret},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPace:
    """How fast mail may go to one receiving domain, and to all whose servers its operator runs."""

    rate: str | None = None
    connections: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPace:
    """How fast mail may go through one server; of a warm-up, what is None is as for all."""

    rate: str | None = None
    connections: int | None = None
    warm_up_from: str | None = None
    warm_up_first: int | None = None
    warm_up_growth: int | None = None
    warm_up_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a workspace is set to. Every field but the last six is a line in ``outreach.toml``."""

    database_url: str = _setting(
        "sqlite:///outreach.db",
        values.database_url,
        "Where contacts and all that happened are kept; a relative file lies in the workspace.",
        secret=True,
    )
    transport: str = _setting(
        "maildir:outbox",
        values.text,
        "Where mail goes: smtp://user@host:port, smtps://user@host, maildir:PATH or eml:PATH; "
        "with commas between them, the next is used when one fails.",
    )
    sender: str | None = _setting(
        None, values.text, "Which of [senders.NAME] writes when a template names none."
    )
    postal_address: str | None = _setting(
        None, values.text, "The address printed in every newsletter, which many laws ask for."
    )
    company: str | None = _setting(None, values.text, "The name of the firm, for templates.")
    website: str | None = _setting(None, values.https_url, "The firm's website, for templates.")
    link_base: str | None = _setting(
        None,
        values.https_url,
        "Where unsubscribe and preference pages are served; without it, mail offers unsubscribing "
        "by mail only.",
    )
    unsubscribe_address: str | None = _setting(
        None, values.text, "Where unsubscribe mails go; the sender's address if not set."
    )
    bounce_address: str | None = _setting(
        None,
        values.text,
        "The envelope sender, to which a token is added so that bounces can be told apart; the "
        "sender's address if not set.",
    )
    dkim_key: str | None = _setting(
        None,
        values.text,
        "The file of the private key that signs mail, made by `outreach dkim new`; with a comma, "
        "an RSA key and an Ed25519 key beside it.",
    )
    dkim_selector: str | None = _setting(
        None,
        values.text,
        "The name of the public key in the DNS; with commas, one for each key, in their order.",
    )
    dkim_domain: str | None = _setting(
        None, values.text, "The domain that signs; that of the sender's address if not set."
    )
    newsletter: str = _setting(
        "newsletter",
        values.text,
        "The folder in templates/ whose newest edition `outreach send` takes.",
    )
    timezone: str = _setting(
        "UTC",
        values.timezone,
        "The firm's time zone, and that of contacts whose zone is not known.",
    )
    locale: str = _setting(
        "en", values.locale, "The language of contacts whose language is not known."
    )
    working_hours: str = _setting(
        "09:00-17:00",
        values.hours,
        "When somebody answers mail, Monday to Friday in the firm's time zone; promises to answer "
        "are counted in these hours.",
    )
    holidays: str | None = _setting(
        None,
        values.days,
        "Days such as 2026-12-25 on which nobody works, with commas between them.",
    )
    person: str | None = _setting(
        None, values.text, "Who is at work, for the record; the login name if not set."
    )
    test_recipients: str | None = _setting(
        None,
        values.text,
        "Addresses, with commas between them, that `outreach send --to` may use; any if not set.",
    )
    smtp_timeout: int | None = _setting(
        None,
        values.integer(1, 3600),
        "How long to wait for each answer of a mail server; if not set, as long as RFC 5321 asks: "
        "5 minutes for most, 10 for the last one, before which nobody knows whether it has the "
        "mail.",
        unit="seconds",
    )
    connections: int = _setting(
        4,
        values.integer(1, 100),
        "How many connections a run opens to a mail server at most.",
    )
    lease: int = _setting(
        300,
        values.integer(10, 86_400),
        "How long a run holds deliveries before another may take them over.",
        unit="seconds",
    )
    give_up_after: int = _setting(
        48, values.integer(1, 240), "How long a deferred mail is tried again.", unit="hours"
    )
    rate: str | None = _setting(
        None,
        values.rate,
        "How fast mail may go through the transport, such as 10/second, 600/hour or 5000/day; all "
        "runs on all machines share it. A table [servers.NAME] gives one of several servers limits "
        "of its own.",
    )
    burst: int = _setting(
        10, values.integer(1, 1_000_000), "How many mails may go at once before a rate bites."
    )
    transport_connections: int | None = _setting(
        None,
        values.integer(1, 10_000),
        "How many mails may be under way through the transport at once, by all runs together.",
    )
    domain_rate: str | None = _setting(
        None,
        values.rate,
        "How fast mail may go to each receiving domain; domains whose servers one operator runs "
        "share it. A table [domains.NAME] says otherwise for one.",
    )
    domain_connections: int | None = _setting(
        None,
        values.integer(1, 10_000),
        "How many mails may be under way to each receiving domain at once.",
    )
    mx_lookup: bool = _setting(
        True,
        values.yes_or_no,
        "Whether to ask the DNS who runs a domain's mail servers, where a limit on domains, or one "
        "that finds us too fast, makes it matter; well-known domains are told apart without it.",
    )
    warm_up_from: str | None = _setting(
        None,
        values.day,
        "The first day, in UTC, of the warming up of a new sending address or domain, such as "
        "2026-12-01.",
    )
    warm_up_first: int = _setting(
        50, values.integer(1, 1_000_000), "How many mails may go on the first day of it."
    )
    warm_up_growth: int = _setting(
        50, values.integer(1, 900), "How many more may go each further day.", unit="per cent"
    )
    warm_up_to: int = _setting(
        5000,
        values.integer(1, 100_000_000),
        "How many a day it leads up to; then it is over and limits nothing.",
    )
    windows: str | None = _setting(
        None,
        values.windows,
        "When mail may go out, such as Mon-Fri 09:00-17:00, with commas between several; alerts "
        "do not wait. At any time if not set.",
    )
    windows_in: str = _setting(
        "contact",
        values.one_of("contact", "campaign"),
        "In whose time zone the windows are: each contact's own, or the campaign's, which is the "
        "firm's.",
    )
    patience: int = _setting(
        10,
        values.integer(0, 1440),
        "How long a run waits for its next mail's turn before it ends; a later run goes on.",
        unit="minutes",
    )
    max_lateness: int | None = _setting(
        None,
        values.integer(0, 87_600),
        "How late a mailing may begin: after its send_at, and where this is set also after the "
        "end of the period it is named after. If it is later, a person is asked, and without one "
        "it is not sent. 24 if not set.",
        unit="hours",
    )
    max_bounces: float = _setting(
        5.0,
        values.percent,
        "A campaign pauses itself when so many of its mails bounced.",
        unit="per cent",
    )
    max_complaints: float = _setting(
        0.3,
        values.percent,
        "A campaign pauses itself when so many of its mails, and two at least, brought a "
        "complaint.",
        unit="per cent",
    )
    breaker_sample: int = _setting(
        100,
        values.integer(1, 1_000_000),
        "How many mails must have been answered before these shares mean anything.",
    )
    lint_clients: str = _setting(
        "gmail, outlook, apple-mail",
        values.clients,
        "The mail clients that `outreach check` knows your readers to use, with commas between "
        "them, by their names at caniemail.com.",
    )
    senders: Mapping[str, Sender] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    domains: Mapping[str, DomainPace] = field(default_factory=dict)
    servers: Mapping[str, ServerPace] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"Settings(transport={self.transport!r})"

    def shown(self, name: str) -> object:
        """Return the value of setting `name` as it may be shown: passwords in URLs are hidden."""
        value = getattr(self, name)
        return (
            re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", value) if isinstance(value, str) else value
        )

    def sender_called(self, name: str | None) -> Sender:
        """Return the sender called `name`, or raise `ConfigError` saying what to add."""
        name = name or self.sender
        if name is None and len(self.senders) == 1:
            return next(iter(self.senders.values()))
        if name is None:
            raise ConfigError(
                "no sender is set",
                source=FILE_NAME,
                hint='add sender = "anna" and a table [senders.anna] with name and address',
            )
        if name not in self.senders:
            raise ConfigError(
                f'there is no sender "{name}"',
                source=FILE_NAME,
                hint=suggestion(name, self.senders)
                or f"add a table [senders.{name}] with name and address",
            )
        return self.senders[name]


def listed(value: str | None) -> list[str]:
    """Return the parts of a setting that is written with commas between them."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One declared setting, for help pages and `outreach config`."""

    name: str
    variable: str
    default: object
    unit: str | None
    sentence: str
    secret: bool


def declared() -> tuple[SettingInfo, ...]:
    """Return every setting there is, in order of declaration."""
    return tuple(
        SettingInfo(
            item.name,
            PREFIX + item.name.upper(),
            None if item.default is MISSING else item.default,
            item.metadata["unit"],
            item.metadata["sentence"],
            item.metadata["secret"],
        )
        for item in fields(Settings)
        if "parse" in item.metadata
    )
