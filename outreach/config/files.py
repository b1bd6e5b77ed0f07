"""``outreach.toml``: found, read with what overrules it, changed, and written anew."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from textwrap import wrap
from typing import Any, TypeVar

from outreach.config import values
from outreach.config.passwords import IMAP_PASSWORD, WEBHOOK_SECRET
from outreach.config.settings import (
    FILE_NAME,
    PREFIX,
    DomainPace,
    Origin,
    ServerPace,
    Settings,
    declared,
    listed,
)
from outreach.domain.contact import AttributeType
from outreach.domain.mailing import Sender
from outreach.domain.toml import read_toml
from outreach.errors import ConfigError, OutreachError, Problem, suggestion
from outreach.inbound.declared import Mailbox, Webhook

_Declared = TypeVar("_Declared")

#: Variables with the prefix that are read elsewhere: where the workspace is, and a password.
OTHER_VARIABLES = frozenset({"OUTREACH_WORKSPACE", "OUTREACH_SMTP_PASSWORD"})

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""What an attribute or sender may be called: lower case, as a word in an expression."""


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
        tables = {"senders", "attributes", "mailboxes", "webhooks", "domains", "servers"}
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
        self._take_paces("domains", "gmail.com", _domain_pace)
        self._take_paces("servers", "mail.example.com:587", _server_pace)
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
                parse_address(values.text(entry[key]))
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
            shown = values.text(entry["name"])
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

    def _take_paces(self, table: str, example: str, parse: Callable[[str, object], object]) -> None:
        """Read the tables that say how fast mail goes to, or through, what they are named after."""
        paces: dict[str, object] = {}
        entries = self.document.get(table, {})
        if not isinstance(entries, dict):
            self._problem(
                f'{table} must be tables such as [{table}."{example}"]',
                FILE_NAME,
                self._line(table),
            )
            entries = {}
        for name, entry in entries.items():
            line = self._line(name, rf"^\s*\[\s*{table}\s*\.\s*\"?{{}}\"?\s*\]")
            try:
                paces[name.lower()] = parse(name, entry)
            except ValueError as error:
                self._problem(
                    f"[{table}.{json.dumps(name)}] {error}",
                    FILE_NAME,
                    line,
                    'such as rate = "600/hour" or connections = 2',
                )
        self.values[table] = paces

    def _line(self, name: str, pattern: str = r'^\s*\[?"?{}"?\s*[\]=.]') -> int | None:
        wanted = re.compile(pattern.format(re.escape(name)))
        return next((n for n, text in enumerate(self.lines, 1) if wanted.match(text)), None)

    def _problem(
        self, message: str, source: str, line: int | None, hint: str | None = None
    ) -> None:
        self.problems.append(Problem(message, source, line, None, hint))


def _domain_pace(name: str, entry: object) -> DomainPace:
    """Return what a table says of one receiving domain, or raise `ValueError`."""
    if not re.fullmatch(r"[^\s@.]+(\.[^\s@.]+)+", name) or not isinstance(entry, dict):
        raise ValueError('is no domain; write [domains."gmail.com"]')
    return DomainPace(**_read_pace(entry, _LIMITS))


def _server_pace(name: str, entry: object) -> ServerPace:
    """Return what a table says of one server, or raise `ValueError`."""
    if not re.fullmatch(r"[^\s@/]+:\d{1,5}", name) or not isinstance(entry, dict):
        raise ValueError('is no server; write [servers."mail.example.com:587"], with its port')
    warm_up = {
        item.name: item.metadata["parse"]
        for item in fields(Settings)
        if item.name.startswith("warm_up_")
    }
    return ServerPace(**_read_pace(entry, {**_LIMITS, **warm_up}))


_LIMITS: Mapping[str, Callable[[object], Any]] = {
    "rate": values.rate,
    "connections": values.integer(1, 10_000),
}


def _read_pace(
    entry: Mapping[str, object], parsers: Mapping[str, Callable[[object], Any]]
) -> dict[str, Any]:
    for key in entry:
        if key not in parsers:
            near = suggestion(key, parsers)
            raise ValueError(f'has no "{key}"' + (f" ({near})" if near else ""))
    found: dict[str, Any] = {}
    for key, value in entry.items():
        try:
            found[key] = parsers[key](value)
        except ValueError as error:
            raise ValueError(f"{key} {error}") from None
    return found


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
        "# How fast mail may go through one of the servers that `transport` names.\n"
        '# [servers."mail.example.com:587"]\n'
        '# rate = "100/hour"\n'
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
