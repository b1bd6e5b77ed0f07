"""Webhooks: what a provider posts to us, taken only where its origin is proven.

A request goes through three steps: its signature or password is checked, its parts are told
apart (a mail, or events with an id each), and later, when a part is recorded, `read_event` says
what it means. So an event is kept as it came, whatever we make of it, and a repetition is known by
its id. What does not prove its origin raises `Forged` before anything else is looked at.

Each provider is a module with one table from its words to ours, with a remark on each odd row:
`ses`, `postmark`, `mailgun`, `sendgrid`.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol

from outreach.errors import ConfigError
from outreach.inbound.classify import Explanation, explain
from outreach.inbound.declared import PROVIDERS, Webhook

MOST_EVENTS = 5000
"""Events of one request that are taken; SendGrid's batches hold a thousand or so."""


class Forged(Exception):  # noqa: N818 - it is what the request is
    """The request does not prove that it comes from the provider."""


class Unusable(Exception):  # noqa: N818
    """The request cannot be what the provider sends: its form is another."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was posted. The names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """One part of a request: a mail, or an event with what tells it from all others."""

    raw: bytes
    event_id: str | None = None

    def mark(self, provider: str) -> str | None:
        """Return 64 hex digits that are the same whenever this event comes; None for a mail."""
        if self.event_id is None:
            return None
        return hashlib.sha256(f"{provider}\0{self.event_id}".encode("utf-8", "replace")).hexdigest()


class Receiver(Protocol):
    """One declared webhook. `largest` is the size of a body in octets."""

    largest: int

    def glance(self, headers: Mapping[str, str]) -> None:
        """Raise `Forged` where the headers alone, before any body came, tell that it is."""

    def receive(self, request: Request, now: datetime) -> Sequence[Arrival]:
        """Return what a request brings; nothing where it brings nothing to record.

        Raises `Forged` where its origin is not proven, `Unusable` where it makes no sense.
        """


Fetch = Callable[[str], bytes]
"""Gets a small document by https, or raises `OSError`."""


def open_receiver(declared: Webhook, secret: str | None, fetch: Fetch) -> Receiver:
    """Return what receives for a declared webhook, or raise `ConfigError`."""
    module = import_module(f"outreach.inbound.webhooks.{declared.provider}")
    try:
        made: Receiver = module.Receiver(declared, secret, fetch)
    except ValueError as error:
        raise ConfigError(
            f"[webhooks.{declared.name}] {error}",
            source="outreach.toml",
            hint=f"see docs/inbox.md, and set OUTREACH_WEBHOOK_SECRET_{declared.name.upper()} "
            "for a secret",
        ) from error
    return made


def read_event(provider: str, raw: bytes) -> Explanation:
    """Return what a kept event of a provider says. Raises `ValueError` where that is not known."""
    found: Explanation = import_module(f"outreach.inbound.webhooks.{provider}").read(raw)
    return found


def provider_of(raw: bytes) -> str | None:
    """Return whose event `raw` is, as it was kept; None for a mail or anything else."""
    if raw[:40].lstrip()[:1] != b"{":
        return None
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    for provider in PROVIDERS:
        if import_module(f"outreach.inbound.webhooks.{provider}").is_event(payload):
            return provider
    return None


def explain_kept(raw: bytes, received_at: datetime | None = None) -> Explanation:
    """Return what a mail says, or an event as it was kept; they are told apart by their form.

    `received_at` is when the mail came, if that is known. Raises `ValueError` for an event that
    says nothing.
    """
    provider = provider_of(raw)
    return explain(raw, received_at=received_at) if provider is None else read_event(provider, raw)


def same(given: str, known: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())
