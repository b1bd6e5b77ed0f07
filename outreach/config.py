"""Settings: each declared once, with its type, unit, default and a sentence.

A value comes from ``outreach.toml``, is overruled by a variable ``OUTREACH_NAME`` and that by a
flag. `load_settings` reports every problem at once. Passwords are no settings: `find_password`
asks the environment and the keyring for one when it is needed, and nothing else ever holds it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from outreach.domain.contact import AttributeType
from outreach.domain.mailing import Sender
from outreach.domain.toml import read_toml
from outreach.errors import ConfigError, OutreachError, Problem, suggestion
from outreach.inbound.declared import Mailbox, Webhook

_Declared = TypeVar("_Declared")

FILE_NAME = "outreach.toml"
PREFIX = "OUTREACH_"
#: Variables with the prefix that are read elsewhere: where the workspace is, and a password.
OTHER_VARIABLES = frozenset({"OUTREACH_WORKSPACE", "OUTREACH_SMTP_PASSWORD"})
IMAP_PASSWORD = "OUTREACH_IMAP_PASSWORD_"  # noqa: S105 - the variable's name, not a password
"""Followed by a mailbox's name in capitals: the variable that holds its password."""
WEBHOOK_SECRET = "OUTREACH_WEBHOOK_SECRET_"  # noqa: S105 - the variable's name
"""Followed by a webhook's name in capitals: the variable that holds what proves its origin."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""What an attribute or sender may be called: lower case, as a word in an expression."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting's value came from: a file and line, a variable, a flag or the default."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    if any(ord(char) < 32 and char != "\n" for char in value):
        raise ValueError("must not hold control characters")
    return value.strip()


def _integer(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def _timezone(value: object) -> str:
    name = _text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Listing the zones takes longer than all other settings together.
        hint = suggestion(name, available_timezones()) or "IANA names look like Europe/Berlin"
        raise ValueError(f"is no IANA time zone ({hint})") from None
    return name


def _locale(value: object) -> str:
    tag = _text(value).replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        raise ValueError("must be a language tag such as en, de-AT or pt-BR")
    return tag


def _https_url(value: object) -> str:
    url = _text(value).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an https:// URL without query or fragment")
    return url


def _clients(value: object) -> str:
    """Mail clients by caniemail's names, as one text with commas."""
    from outreach.rendering.client_support import clients  # noqa: PLC0415 - for --help's sake

    listed = value if isinstance(value, list) else _text(value).split(",")
    names = [_text(name) for name in listed]
    known = clients()
    for name in names:
        if name not in known:
            hint = suggestion(name, known) or f"there are {', '.join(sorted(known))}"
            raise ValueError(f'has no mail client "{name}" ({hint})')
    if not names:
        raise ValueError("must name a mail client at least")
    return ", ".join(names)


def _database_url(value: object) -> str:
    url = _text(value)
    if not re.match(r"(sqlite|postgresql)(\+\w+)?://", url):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return url


def _hours(value: object) -> str:
    text = _text(value)
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text)
    if not found or text[:5] >= text[6:]:
        raise ValueError("must look like 09:00-17:00")
    return text


def _percent(value: object) -> float:
    number = _number(value)
    if not 0 < number <= 100:
        raise ValueError("must be a number above 0, to 100")
    return number


def _number(value: object) -> float:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value.strip()):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a number")
    return float(value)


def _yes_or_no(value: object) -> bool:
    words = {"yes": True, "true": True, "no": False, "false": False}
    found = words.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("must be true or false")
    return found


def _one_of(*choices: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return str(value)

    return parse


def _rate(value: object) -> str:
    from outreach.domain.pacing import Rate  # noqa: PLC0415 - few workspaces limit anything

    return str(Rate.parse(_text(value)))


def _windows(value: object) -> str:
    from outreach.domain.windows import Windows  # noqa: PLC0415 - as above

    text = _text(value)
    Windows.parse(text)
    return text


def _day(value: object) -> str:
    return date.fromisoformat(str(value).strip()).isoformat()


def _days(value: object) -> str:
    days = [day.strip() for day in _text(value).split(",") if day.strip()]
    for day in days:
        date.fromisoformat(day)
    return ", ".join(days)


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


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a workspace is set to. Every field but the last five is a line in ``outreach.toml``."""

    database_url: str = _setting(
        "sqlite:///outreach.db",
        _database_url,
        "Where contacts and all that happened are kept; a relative file lies in the workspace.",
        secret=True,
    )
    transport: str = _setting(
        "maildir:outbox",
        _text,
        "Where mail goes: smtp://user@host:port, smtps://user@host, maildir:PATH or eml:PATH; "
        "with commas between them, the next is used when one fails.",
    )
    sender: str | None = _setting(
        None, _text, "Which of [senders.NAME] writes when a template names none."
    )
    postal_address: str | None = _setting(
        None, _text, "The address printed in every newsletter, which many laws ask for."
    )
    company: str | None = _setting(None, _text, "The name of the firm, for templates.")
    website: str | None = _setting(None, _https_url, "The firm's website, for templates.")
    link_base: str | None = _setting(
        None,
        _https_url,
        "Where unsubscribe and preference pages are served; without it, mail offers unsubscribing "
        "by mail only.",
    )
    unsubscribe_address: str | None = _setting(
        None, _text, "Where unsubscribe mails go; the sender's address if not set."
    )
    bounce_address: str | None = _setting(
        None,
        _text,
        "The envelope sender, to which a token is added so that bounces can be told apart; the "
        "sender's address if not set.",
    )
    dkim_key: str | None = _setting(
        None,
        _text,
        "The file of the private key that signs mail, made by `outreach dkim new`; with a comma, "
        "an RSA key and an Ed25519 key beside it.",
    )
    dkim_selector: str | None = _setting(
        None,
        _text,
        "The name of the public key in the DNS; with commas, one for each key, in their order.",
    )
    dkim_domain: str | None = _setting(
        None, _text, "The domain that signs; that of the sender's address if not set."
    )
    newsletter: str = _setting(
        "newsletter", _text, "The folder in templates/ whose newest edition `outreach send` takes."
    )
    timezone: str = _setting(
        "UTC", _timezone, "The firm's time zone, and that of contacts whose zone is not known."
    )
    locale: str = _setting("en", _locale, "The language of contacts whose language is not known.")
    working_hours: str = _setting(
        "09:00-17:00",
        _hours,
        "When somebody answers mail, Monday to Friday in the firm's time zone; promises to answer "
        "are counted in these hours.",
    )
    holidays: str | None = _setting(
        None, _days, "Days such as 2026-12-25 on which nobody works, with commas between them."
    )
    person: str | None = _setting(
        None, _text, "Who is at work, for the record; the login name if not set."
    )
    test_recipients: str | None = _setting(
        None,
        _text,
        "Addresses, with commas between them, that `outreach send --to` may use; any if not set.",
    )
    smtp_timeout: int = _setting(
        60, _integer(1, 600), "How long to wait for a mail server's answer.", unit="seconds"
    )
    connections: int = _setting(
        4,
        _integer(1, 100),
        "How many connections a run opens to a mail server at most.",
    )
    lease: int = _setting(
        300,
        _integer(10, 86_400),
        "How long a run holds deliveries before another may take them over.",
        unit="seconds",
    )
    give_up_after: int = _setting(
        48, _integer(1, 240), "How long a deferred mail is tried again.", unit="hours"
    )
    rate: str | None = _setting(
        None,
        _rate,
        "How fast mail may go through the transport, such as 10/second, 600/hour or 5000/day; all "
        "runs on all machines share it.",
    )
    burst: int = _setting(
        10, _integer(1, 1_000_000), "How many mails may go at once before a rate bites."
    )
    transport_connections: int | None = _setting(
        None,
        _integer(1, 10_000),
        "How many mails may be under way through the transport at once, by all runs together.",
    )
    domain_rate: str | None = _setting(
        None,
        _rate,
        "How fast mail may go to each receiving domain; domains whose servers one operator runs "
        "share it. A table [domains.NAME] says otherwise for one.",
    )
    domain_connections: int | None = _setting(
        None,
        _integer(1, 10_000),
        "How many mails may be under way to each receiving domain at once.",
    )
    mx_lookup: bool = _setting(
        True,
        _yes_or_no,
        "Whether to ask the DNS who runs a domain's mail servers, where a limit on domains makes "
        "it matter; well-known domains are told apart without it.",
    )
    warm_up_from: str | None = _setting(
        None,
        _day,
        "The first day, in UTC, of the warming up of a new sending address or domain, such as "
        "2026-12-01.",
    )
    warm_up_first: int = _setting(
        50, _integer(1, 1_000_000), "How many mails may go on the first day of it."
    )
    warm_up_growth: int = _setting(
        50, _integer(1, 900), "How many more may go each further day.", unit="per cent"
    )
    warm_up_to: int = _setting(
        5000,
        _integer(1, 100_000_000),
        "How many a day it leads up to; then it is over and limits nothing.",
    )
    windows: str | None = _setting(
        None,
        _windows,
        "When mail may go out, such as Mon-Fri 09:00-17:00, with commas between several; alerts "
        "do not wait. At any time if not set.",
    )
    windows_in: str = _setting(
        "contact",
        _one_of("contact", "campaign"),
        "In whose time zone the windows are: each contact's own, or the campaign's, which is the "
        "firm's.",
    )
    patience: int = _setting(
        10,
        _integer(0, 1440),
        "How long a run waits for its next mail's turn before it ends; a later run goes on.",
        unit="minutes",
    )
    max_lateness: int | None = _setting(
        None,
        _integer(0, 87_600),
        "How late a mailing may begin: after its send_at, and where this is set also after the "
        "end of the period it is named after. If it is later, a person is asked, and without one "
        "it is not sent. 24 if not set.",
        unit="hours",
    )
    max_bounces: float = _setting(
        5.0,
        _percent,
        "A campaign pauses itself when so many of its mails bounced.",
        unit="per cent",
    )
    max_complaints: float = _setting(
        0.3,
        _percent,
        "A campaign pauses itself when so many of its mails, and two at least, brought a "
        "complaint.",
        unit="per cent",
    )
    breaker_sample: int = _setting(
        100,
        _integer(1, 1_000_000),
        "How many mails must have been answered before these shares mean anything.",
    )
    lint_clients: str = _setting(
        "gmail, outlook, apple-mail",
        _clients,
        "The mail clients that `outreach check` knows your readers to use, with commas between "
        "them, by their names at caniemail.com.",
    )
    senders: Mapping[str, Sender] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    domains: Mapping[str, DomainPace] = field(default_factory=dict)
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


def find_workspace(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds ``outreach.toml``."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise ConfigError(
        f"no {FILE_NAME} in {start} or above it",
        hint="run `outreach init DIR` to make a workspace, or name one with -C DIR",
    )


def load_settings(
    root: Path,
    *,
    environ: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Read the settings of the workspace in `root`, or raise `ConfigError` with all problems."""
    path = root / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", source=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", source=FILE_NAME, hint="save it as UTF-8") from error
    return _Reader(read_toml(text, FILE_NAME), text, environ, flags or {}).settings()


class _Reader:
    """Gathers values and problems from the three sources."""

    def __init__(
        self,
        document: Mapping[str, Any],
        text: str,
        environ: Mapping[str, str],
        flags: Mapping[str, object],
    ) -> None:
        self.document = document
        self.lines = text.splitlines()
        self.environ = environ
        self.flags = {name: value for name, value in flags.items() if value is not None}
        self.problems: list[Problem] = []
        self.values: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}

    def settings(self) -> Settings:
        parsers = {
            item.name: item.metadata["parse"]
            for item in fields(Settings)
            if "parse" in item.metadata
        }
        tables = {"senders", "attributes", "mailboxes", "webhooks", "domains"}
        for name in self.document:
            if name not in parsers and name not in tables:
                self._problem(
                    f'there is no setting "{name}"',
                    FILE_NAME,
                    self._line(name),
                    suggestion(name, [*parsers, *tables])
                    or "see `outreach config list` for the settings",
                )
        variables = {PREFIX + name.upper() for name in parsers}
        for variable in self.environ:
            if variable.startswith((IMAP_PASSWORD, WEBHOOK_SECRET)):
                continue
            if variable.startswith(PREFIX) and variable not in variables | OTHER_VARIABLES:
                self._problem(
                    "there is no such setting", variable, None, suggestion(variable, variables)
                )
        for name, parse in parsers.items():
            self._take(name, parse)
        self._take_senders()
        self._take_sources()
        self._take_attributes()
        self._take_domains()
        sender = self.values.get("sender")
        if sender is not None and sender not in self.values["senders"]:
            self._problem(
                f'sender is "{sender}", but there is no table [senders.{sender}]',
                str(self.origins["sender"].source),
                self.origins["sender"].line,
                suggestion(sender, self.values["senders"]) or f"add [senders.{sender}]",
            )
        self._check_dkim()
        if self.problems:
            raise ConfigError(self.problems)
        return Settings(**self.values, origins=self.origins)

    def _check_dkim(self) -> None:
        counts = {
            name: len(listed(self.values.get(name))) for name in ("dkim_key", "dkim_selector")
        }
        if counts["dkim_key"] != counts["dkim_selector"]:
            set_one = next(name for name in counts if name in self.values)
            origin = self.origins[set_one]
            self._problem(
                f"dkim_key names {counts['dkim_key']} and dkim_selector {counts['dkim_selector']}; "
                "each key needs a selector",
                origin.source,
                origin.line,
                "`outreach dkim new` prints both lines",
            )

    def _take(self, name: str, parse: Callable[[object], Any]) -> None:
        variable = PREFIX + name.upper()
        if name in self.flags:
            value, origin = self.flags[name], Origin("--" + name.replace("_", "-"))
        elif self.environ.get(variable):
            value, origin = self.environ[variable], Origin(variable)
        elif name in self.document:
            value, origin = self.document[name], Origin(FILE_NAME, self._line(name))
        else:
            return
        try:
            self.values[name] = parse(value)
            self.origins[name] = origin
        except ValueError as error:
            self._problem(f"{name} {error}", origin.source, origin.line, None)

    def _take_senders(self) -> None:
        senders: dict[str, Sender] = {}
        declared_senders = self.document.get("senders", {})
        if not isinstance(declared_senders, dict):
            self._problem(
                "senders must be tables such as [senders.anna]", FILE_NAME, self._line("senders")
            )
            declared_senders = {}
        for name, entry in declared_senders.items():
            line = self._line(name, r"^\s*\[\s*senders\s*\.\s*\"?{}\"?\s*\]")
            if not NAME.fullmatch(name) or not isinstance(entry, dict):
                self._problem(
                    f'"{name}" cannot be a sender',
                    FILE_NAME,
                    line,
                    "write [senders.anna] with name and address below it; names are lower case",
                )
                continue
            sender = self._sender(name, entry, line)
            if sender:
                senders[name] = sender
        self.values["senders"] = senders

    def _sender(self, name: str, entry: Mapping[str, Any], line: int | None) -> Sender | None:
        from outreach.domain.address import parse_address  # noqa: PLC0415 - for --help's sake

        good = True
        for key in entry:
            if key not in ("name", "address", "reply_to"):
                good = False
                self._problem(
                    f'a sender has no "{key}"',
                    FILE_NAME,
                    line,
                    suggestion(key, ("name", "address", "reply_to")),
                )
        if "name" not in entry or "address" not in entry:
            self._problem(f"[senders.{name}] needs name and address", FILE_NAME, line)
            return None
        for key in ("address", "reply_to"):
            if key not in entry:
                continue
            try:
                parse_address(_text(entry[key]))
            except (ValueError, OutreachError) as error:
                reason = error.problems[0].message if isinstance(error, OutreachError) else error
                self._problem(f"[senders.{name}] {key}: {reason}", FILE_NAME, line)
                good = False
                continue
            if entry[key].lower().startswith(("noreply@", "no-reply@", "donotreply@")):
                self._problem(
                    f"[senders.{name}] {key} is an address that nobody reads",
                    FILE_NAME,
                    line,
                    "use one that a person answers; replies are what this is for",
                )
                good = False
        try:
            shown = _text(entry["name"])
        except ValueError as error:
            self._problem(f"[senders.{name}] name {error}", FILE_NAME, line)
            return None
        return Sender(shown, entry["address"], entry.get("reply_to")) if good else None

    def _take_sources(self) -> None:
        """Read the tables of mailboxes and webhooks."""
        self.values["mailboxes"] = self._take_tables(
            "mailboxes",
            Mailbox.parse,
            'such as url = "imaps://anna@mail.example.com", folders = ["INBOX"]',
        )
        self.values["webhooks"] = self._take_tables(
            "webhooks", Webhook.parse, 'such as provider = "postmark"'
        )

    def _take_tables(
        self, kind: str, parse: Callable[[str, Mapping[str, Any]], _Declared], hint: str
    ) -> dict[str, _Declared]:
        found: dict[str, _Declared] = {}
        one = {"mailboxes": "mailbox", "webhooks": "webhook"}[kind]
        entries = self.document.get(kind, {})
        if not isinstance(entries, dict):
            self._problem(
                f"{kind} must be tables such as [{kind}.anna]", FILE_NAME, self._line(kind)
            )
            entries = {}
        for name, entry in entries.items():
            line = self._line(name, rf"^\s*\[\s*{kind}\s*\.\s*\"?{{}}\"?\s*\]")
            if not NAME.fullmatch(name) or not isinstance(entry, dict):
                self._problem(
                    f'"{name}" cannot be a {one}',
                    FILE_NAME,
                    line,
                    f"write [{kind}.anna] with its keys below it; names are lower case",
                )
                continue
            try:
                found[name] = parse(name, entry)
            except ValueError as error:
                self._problem(f"[{kind}.{name}] {error}", FILE_NAME, line, hint)
        return found

    def _take_attributes(self) -> None:
        types: dict[str, AttributeType] = {}
        known = [kind.value for kind in AttributeType]
        entries = self.document.get("attributes", {})
        if not isinstance(entries, dict):
            self._problem("attributes must be a table", FILE_NAME, self._line("attributes"))
            entries = {}
        for name, kind in entries.items():
            line = self._line(name)
            if not NAME.fullmatch(name):
                self._problem(
                    f'"{name}" cannot be an attribute\'s name',
                    FILE_NAME,
                    line,
                    "use lower-case letters, digits and _, a letter first",
                )
            elif kind not in known:
                self._problem(
                    f"attribute {name} cannot be of type {kind!r}",
                    FILE_NAME,
                    line,
                    suggestion(str(kind), known) or f"the types are {', '.join(known)}",
                )
            else:
                types[name] = AttributeType(kind)
        self.values["attributes"] = types

    def _take_domains(self) -> None:
        domains: dict[str, DomainPace] = {}
        entries = self.document.get("domains", {})
        if not isinstance(entries, dict):
            self._problem(
                'domains must be tables such as [domains."gmail.com"]',
                FILE_NAME,
                self._line("domains"),
            )
            entries = {}
        for name, entry in entries.items():
            line = self._line(name, r"^\s*\[\s*domains\s*\.\s*\"?{}\"?\s*\]")
            try:
                domains[name.lower()] = _domain_pace(name, entry)
            except ValueError as error:
                self._problem(
                    f"[domains.{json.dumps(name)}] {error}",
                    FILE_NAME,
                    line,
                    'such as rate = "600/hour" or connections = 2',
                )
        self.values["domains"] = domains

    def _line(self, name: str, pattern: str = r'^\s*\[?"?{}"?\s*[\]=.]') -> int | None:
        wanted = re.compile(pattern.format(re.escape(name)))
        return next((n for n, text in enumerate(self.lines, 1) if wanted.match(text)), None)

    def _problem(
        self, message: str, source: str, line: int | None, hint: str | None = None
    ) -> None:
        self.problems.append(Problem(message, source, line, None, hint))


def _domain_pace(name: str, entry: object) -> DomainPace:
    """Return what a table says of one receiving domain, or raise `ValueError`."""
    parsers = {"rate": _rate, "connections": _integer(1, 10_000)}
    if not re.fullmatch(r"[^\s@.]+(\.[^\s@.]+)+", name) or not isinstance(entry, dict):
        raise ValueError('is no domain; write [domains."gmail.com"]')
    for key in entry:
        if key not in parsers:
            near = suggestion(key, parsers)
            raise ValueError(f'has no "{key}"' + (f" ({near})" if near else ""))
    values: dict[str, Any] = {}
    for key, value in entry.items():
        try:
            values[key] = parsers[key](value)
        except ValueError as error:
            raise ValueError(f"{key} {error}") from None
    return DomainPace(**values)


STARTER_VALUES = {
    "sender": "anna",
    "company": "Berg & Lind",
    "postal_address": "Berg & Lind, 4 Harbour Lane, 21120 Example Town",
    "website": "https://berg-lind.example",
    "link_base": "https://mail.berg-lind.example",
    "timezone": "Europe/Stockholm",
}
"""What a new workspace is set to: an invented firm, there to be replaced."""


def starter_settings() -> str:
    """Return the ``outreach.toml`` of a new workspace: each setting with its sentence."""
    parts = [
        "# The settings of this workspace. `outreach config list` shows them all, with values and\n"
        "# where each came from. Replace the invented firm below by your own.\n"
    ]
    for info in declared():
        sentence = info.sentence + (f" In {info.unit}." if info.unit else "")
        comment = "\n".join(f"# {line}" for line in wrap(sentence, 96))
        value = STARTER_VALUES.get(info.name)
        if value is not None:
            parts.append(f"{comment}\n{info.name} = {_toml(value)}\n")
        else:
            default = "..." if info.default is None else info.default
            parts.append(f"{comment}\n# {info.name} = {_toml(default)}\n")
    parts.append(
        "# In whose names mail goes out, and where replies arrive.\n"
        "[senders.anna]\n"
        'name = "Anna Berg"\n'
        'address = "anna@berg-lind.example"\n'
    )
    parts.append(
        "# Mailboxes that `outreach inbox sync` reads, for all that comes back.\n"
        "# The password is OUTREACH_IMAP_PASSWORD_ANNA or in the keyring.\n"
        "# [mailboxes.anna]\n"
        '# url = "imaps://anna@mail.berg-lind.example"\n'
    )
    parts.append(
        "# How fast mail may go to one receiving domain, and to all on the same servers.\n"
        '# [domains."gmail.com"]\n'
        '# rate = "600/hour"\n'
        "# connections = 2\n"
    )
    parts.append(
        "# What you keep about a contact beside the usual fields, with its type: text, number,\n"
        "# bool, date or list. Templates and segments read it as attributes.NAME.\n"
        "[attributes]\n"
        'plan = "text"\n'
        'seats = "number"\n'
        'renewal = "date"\n'
        'tags = "list"\n'
    )
    return "\n".join(parts)


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_setting(root: Path, name: str, value: str) -> None:
    """Set `name` in the workspace's ``outreach.toml``, keeping its comments.

    Raises `ConfigError` if the value is no good; the file is then as it was.
    """
    import tomlkit  # noqa: PLC0415 - slow to import, and only this needs it

    parse = next(item.metadata["parse"] for item in fields(Settings) if item.name == name)
    try:
        parsed = parse(value)
    except ValueError as error:
        raise ConfigError(f"{name} {error}", source="config set") from error
    path = root / FILE_NAME
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    document[name] = parsed
    aside = path.with_suffix(".toml.new")
    aside.write_text(tomlkit.dumps(document), encoding="utf-8")
    aside.replace(path)


def find_password(user: str, host: str, environ: Mapping[str, str]) -> str | None:
    """Return the password for `user` at mail server `host`, from the environment or the keyring.

    The keyring entry is that of the service ``outreach:HOST``. A machine without a keyring is no
    error: the answer is then None.
    """
    return environ.get("OUTREACH_SMTP_PASSWORD") or _from_keyring(user, host)


def find_mailbox_password(
    mailbox: Mailbox, user: str, host: str, environ: Mapping[str, str]
) -> str | None:
    """Return the password or token for a mailbox.

    It comes from the environment, from the mailbox's own command, or from the keyring. Raises
    `ConfigError` where the command fails; what it printed is in no message.
    """
    told = environ.get(IMAP_PASSWORD + mailbox.name.upper())
    if told or not mailbox.password_command:
        return told or _from_keyring(user, host)
    return _printed(mailbox.password_command, f"mailboxes.{mailbox.name}")


def find_webhook_secret(name: str, environ: Mapping[str, str]) -> str | None:
    """Return what proves that a request to the webhook `name` comes from its provider, or None.

    The keyring entry is that of the service ``outreach:webhook`` with the webhook's name as user.
    """
    return environ.get(WEBHOOK_SECRET + name.upper()) or _from_keyring(name, "webhook")


def _printed(command: Sequence[str], source: str) -> str:
    """Return the first line that a program prints."""
    import subprocess  # noqa: PLC0415 - few need it

    try:
        done = subprocess.run(  # noqa: S603 - the person's own command, and no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        said = error.strerror if isinstance(error, OSError) else "it took over a minute"
        raise ConfigError(
            f"password_command: {command[0]} could not be run ({said})",
            source=source,
            hint="run it by hand to see what is the matter",
        ) from None
    first = done.stdout.decode("utf-8", "replace").partition("\n")[0].strip()
    if done.returncode or not first:
        raise ConfigError(
            f"password_command: {command[0]} ended with {done.returncode} and "
            + ("printed nothing" if not first else "may have printed something else"),
            source=source,
            hint="run it by hand to see what is the matter",
        )
    return first


def _from_keyring(user: str, host: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to import
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    try:
        found: str | None = keyring.get_password(f"outreach:{host}", user)
    except KeyringError:
        return None
    return found


def store_password(user: str, host: str, password: str) -> None:
    """Put the password for `user` at mail server `host` into the keyring."""
    problem = ConfigError(
        "there is no keyring on this machine that could keep a password",
        hint="set OUTREACH_SMTP_PASSWORD instead, or pip install 'outreach-engine[keyring]'",
    )
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to import
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise problem from error
    try:
        keyring.set_password(f"outreach:{host}", user, password)
    except KeyringError as error:
        raise problem from error
