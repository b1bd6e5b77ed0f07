"""The next hop as people write it, ``smtp://ann@mail.example.com:587,maildir:outbox``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from outreach.errors import ConfigError, Problem, suggestion
from outreach.transport.base import Transport
from outreach.transport.failover import FailoverTransport
from outreach.transport.files import EmlTransport, MaildirTransport
from outreach.transport.smtp import Login, Security, SmtpTransport, Timeouts

FindPassword = Callable[[str, str], str | None]
"""Returns the password for a user at a host, or None where none is known."""

_FORMS = "smtp://user@host:port, smtps://user@host, maildir:PATH or eml:PATH"
_SCHEMES = ("smtp", "smtps", "maildir", "eml")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-_]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|[0-9A-Fa-f:.]+(?:%[\w]+)?)\Z")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|::1)\Z", re.IGNORECASE)
_OPTIONS = ("tls", "auth", "ca")
_SEPARATOR = re.compile(r"\s*,\s*(?=[a-z]+:)", re.IGNORECASE)


def make_transport(
    value: str,
    *,
    base: Path,
    find_password: FindPassword,
    hostname: str | None = None,
    timeouts: Timeouts | None = None,
    source: str = "transport",
) -> Transport:
    """Return the transport that `value` names; several with commas between are a fail-over order.

    Relative paths are taken from `base`. Options follow a question mark: ``tls=starttls|off``,
    ``auth=auto|plain|login|xoauth2``, ``ca=FILE``. Raises `ConfigError` with every problem of every
    transport; `source` names the setting. Passwords come from `find_password` alone and are in no
    message and no `repr`.
    """
    problems: list[Problem] = []
    transports: list[Transport] = []
    if hostname is not None and not _HOST.match(hostname):
        problems.append(Problem(f"{hostname!r} is no host name", source))
    given = _Given(base, find_password, hostname, timeouts or Timeouts())
    for part in _SEPARATOR.split(value.strip()):
        try:
            transports.append(_one(part, given))
        except ConfigError as error:
            problems += [problem.at(source) for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return transports[0] if len(transports) == 1 else FailoverTransport(tuple(transports))


@dataclass(frozen=True, slots=True)
class _Given:
    """What every transport of one setting shares."""

    base: Path
    find_password: FindPassword
    hostname: str | None
    timeouts: Timeouts


def _one(text: str, given: _Given) -> Transport:
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in _SCHEMES:
        shown = _without_password(text)
        raise ConfigError(
            f"{shown!r} is no way to send" if text else "there is no way to send",
            hint=suggestion(scheme, _SCHEMES) if colon else f"write {_FORMS}",
        )
    if scheme in {"maildir", "eml"}:
        if not rest or "\0" in rest:
            raise ConfigError(f"{scheme}: needs a folder", hint=f"write {scheme}:outbox")
        path = given.base / Path(rest).expanduser()
        return MaildirTransport(path) if scheme == "maildir" else EmlTransport(path)
    return _smtp(text, scheme, given)


def _smtp(text: str, scheme: str, given: _Given) -> SmtpTransport:
    shown = _without_password(text)
    problems: list[Problem] = []
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise ConfigError(f"{shown!r} is no URL", hint=f"write {_FORMS}") from None
    if url.password is not None:
        problems.append(
            Problem(
                f"there is a password in {shown!r}",
                hint="take it out: settings are seen by many. Set OUTREACH_SMTP_PASSWORD, or keep "
                "it in the keyring",
            )
        )
    if not _HOST.match(host):
        problems.append(Problem(f"{shown!r} names no host", hint=f"write {_FORMS}"))
    elif url.path not in {"", "/"} or url.fragment:
        problems.append(Problem(f"{shown!r} has a path, which means nothing here"))
    user = unquote(url.username) if url.username else None
    if user and re.search(r"[\x00-\x1f\x7f]", user):
        problems.append(Problem(f"the user name in {shown!r} has a control character"))
    local = bool(_LOOPBACK.match(host))
    options = _options(url, problems)
    security = _security(scheme, options.get("tls"), local=local, problems=problems)
    login = Login.AUTO
    if "auth" in options:
        try:
            login = Login(options["auth"].lower())
        except ValueError:
            known = ", ".join(login.value for login in Login)
            problems.append(Problem(f"auth={options['auth']} is unknown", hint=f"use {known}"))
    ca_file = str(given.base / Path(options["ca"]).expanduser()) if options.get("ca") else None
    if ca_file and not Path(ca_file).is_file():
        problems.append(Problem(f"there is no file {ca_file} with certificates"))
    password = None
    if user is not None and not problems:
        if security is Security.OFF and not local:
            problems.append(
                Problem(
                    f"the password for {user} would travel to {host} in the clear",
                    hint="take out tls=off, or the user",
                )
            )
        password = given.find_password(user, host)
        if password is None:
            problems.append(
                Problem(
                    f"there is no password for {user} at {host}",
                    hint="set OUTREACH_SMTP_PASSWORD, or keep it in the keyring",
                )
            )
    if problems:
        raise ConfigError(problems)
    default = 465 if scheme == "smtps" else 587 if user else 25
    return SmtpTransport(
        host=host,
        port=port or default,
        security=security,
        user=user,
        password=password,
        login=login,
        hostname=given.hostname,
        ca_file=ca_file,
        timeouts=given.timeouts,
    )


def _options(url: SplitResult, problems: list[Problem]) -> Mapping[str, str]:
    options = {}
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        if name not in _OPTIONS:
            hint = suggestion(name, _OPTIONS) or f"known are {', '.join(_OPTIONS)}"
            problems.append(Problem(f"the option {name[:40]!r} is unknown", hint=hint))
        options[name] = value
    return options


def _security(scheme: str, wanted: str | None, *, local: bool, problems: list[Problem]) -> Security:
    if scheme == "smtps":
        if wanted is not None:
            problems.append(Problem("smtps:// is always encrypted; tls= means nothing here"))
        return Security.IMPLICIT
    if wanted is None:
        # Nobody listens between this machine and itself, and its certificate is seldom real.
        return Security.OFF if local else Security.STARTTLS
    if wanted not in {"starttls", "off"}:
        problems.append(Problem(f"tls={wanted[:40]} is unknown", hint="use starttls or off"))
        return Security.STARTTLS
    return Security(wanted)


def _without_password(text: str) -> str:
    """Return `text` as it may be shown: of what stands before an @, the user name at most."""
    user = re.match(r"[a-z]+://([^:@/]*):.*@", text, re.IGNORECASE)
    if user:
        return f"{text[: user.end(1)]}:…@{text.rpartition('@')[2]}"[:200]
    return (text if re.match(r"[a-z]+://", text, re.IGNORECASE) else re.sub(".*@", "…@", text))[
        :200
    ]
