"""From the cells of a row to an `Entry`, by converters chosen once for the whole file."""

import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from outreach.domain import entry
from outreach.domain.address import AddressError, normalise, parse_address
from outreach.domain.contact import AttributeType, ConsentBasis, ConsentStatus, Scope
from outreach.domain.entry import ConsentEntry, DateOrder, Entry
from outreach.domain.presets import Mapping as ColumnMapping
from outreach.errors import suggestion


class RowError(ValueError):
    """A row cannot be taken; the text says why, all reasons at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the workspace and the person importing say about the whole file.

    `consent` is for rows that bring none of their own; None where nobody vouches for them.
    """

    attributes: Mapping[str, AttributeType]
    tiers: Sequence[str]
    roles: Sequence[str]
    zone: tzinfo = UTC
    dates: DateOrder | None = None
    consent: ConsentEntry | None = None


_CONVERTERS: dict[str, Callable[[str], str | None]] = {
    "first_name": entry.text,
    "last_name": entry.text,
    "company": entry.text,
    "job_title": entry.text,
    "phone": entry.text,
    "owner": entry.text,
    "source": entry.text,
    "relies_on": entry.long_text,
    "locale": entry.locale,
    "timezone": entry.timezone,
    "country": entry.country,
}


class RowParser:
    """Makes entries of the rows of one file."""

    def __init__(self, columns: ColumnMapping, rules: Rules) -> None:
        self.columns = columns
        self.rules = rules
        self.email = columns.indexes("email")[0]
        self.plain = [
            (column.index, column.target, _CONVERTERS[column.target], column.header)
            for column in columns.columns
            if column.target in _CONVERTERS
        ]
        self.attributes = [
            (
                column.index,
                column.attribute,
                entry.attribute(rules.attributes[column.attribute], rules.dates),
                column.header,
            )
            for column in columns.columns
            if column.attribute
        ]
        self.special = [
            (column.index, getattr(self, f"_{column.target}"), column.header)
            for column in columns.columns
            if column.target not in (None, "-", "email")
            and column.target not in _CONVERTERS
            and not column.attribute
        ]
        self.finish: Callable[[Entry, dict[str, Any]], None] | None = getattr(
            self, f"_finish_{columns.preset.name}", None
        )
        if columns.indexes("consent"):
            self.finish = self._finish_consent
        self.tags = columns.preset.name == "google"

    def parse(self, line: int, cells: Sequence[str]) -> Entry:
        """Return what a row says, or raise `RowError`."""
        problems: list[str] | None = None
        address = cells[self.email].strip()
        normalised = ""
        more: tuple[tuple[str, str], ...] = ()
        try:
            if not address and (others := self._others(cells)):
                address, more = others[0], tuple((o, normalise(o)) for o in others[1:])
            normalised = normalise(address)
            if address != normalised:
                address = str(parse_address(address))
        except AddressError as error:
            if self.tags and ":::" in address:
                first, *rest = [part.strip() for part in address.split(":::")]
                changed = list(cells)
                changed[self.email] = first
                found = self.parse(line, changed)
                return self._with_more(found, rest)
            problems = [error.problems[0].message]
        fields: dict[str, str] = {}
        for index, target, convert, header in self.plain:
            cell = cells[index]
            if cell:
                try:
                    value = convert(cell) if not cell.isspace() else None
                except ValueError as error:
                    problems = [*(problems or ()), f"{header}: {error}"]
                else:
                    if value is not None:
                        fields[target] = value
        found = Entry(line, address, normalised, fields, {}, more_addresses=more)
        found.consent = self.rules.consent
        if self.attributes or self.special or self.finish:
            problems = self._rest(found, cells, problems)
            if Scope.EVERYTHING in found.opted_out and found.consent is self.rules.consent:
                found.consent = None  # who vouches for a whole file cannot mean those who left
        if problems:
            raise RowError("; ".join(problems))
        return found

    def _rest(
        self, found: Entry, cells: Sequence[str], problems: list[str] | None
    ) -> list[str] | None:
        facts: dict[str, Any] = {}
        for index, name, convert, header in self.attributes:
            cell = cells[index]
            if cell and not cell.isspace():
                try:
                    value = convert(cell)
                except ValueError as error:
                    problems = [*(problems or ()), f"{header}: {error}"]
                else:
                    if self.tags and isinstance(value, tuple):  # Google's own groups begin so
                        value = tuple(tag for tag in value if not tag.startswith("* ")) or None
                    if value is not None:
                        found.attributes[name] = value
        for index, take, header in self.special:
            cell = cells[index]
            if cell and not cell.isspace():
                try:
                    take(found, cell, facts)
                except ValueError as error:
                    problems = [*(problems or ()), f"{header}: {error}"]
        if self.finish:
            try:
                self.finish(found, facts)
            except ValueError as error:
                problems = [*(problems or ()), str(error)]
        return problems

    def _others(self, cells: Sequence[str]) -> list[str]:
        return [
            part
            for index in self.columns.indexes("also_email")
            for part in entry.items(cells[index])
        ]

    def _with_more(self, found: Entry, addresses: Sequence[str]) -> Entry:
        known = {found.normalised, *(normalised for _, normalised in found.more_addresses)}
        for address in addresses:
            try:
                normalised = normalise(address)
            except AddressError as error:
                raise RowError(error.problems[0].message) from None
            if normalised not in known:
                known.add(normalised)
                shown = str(parse_address(address))
                found.more_addresses += ((shown, normalised),)
        return found

    # What follows takes one cell each: `facts` holds what only makes sense once all are known.

    def _also_email(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        self._with_more(found, entry.items(cell))

    def _name(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        first, last = entry.person_name(cell)
        if "first_name" not in found.fields and "last_name" not in found.fields:
            found.fields.update(
                {k: v for k, v in (("first_name", first), ("last_name", last)) if v}
            )

    def _interests(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.interests = tuple(dict.fromkeys(part.lower() for part in entry.items(cell)))

    def _roles(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.roles = tuple(
            _one_of(part.lower(), self.rules.roles, "role") for part in entry.items(cell)
        )

    def _tier(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.tier = _one_of(cell.strip().lower(), self.rules.tiers, "tier")

    def _created_at(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.created_at = self._instant(cell)

    def _note(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.note = entry.long_text(cell)

    def _opted_out(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.opted_out = entry.scopes(cell)

    def _opted_out_at(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.opted_out_at = self._instant(cell)

    def _suppressed(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        if entry.boolean(cell):
            found.suppress = "manual"

    def _consent(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        word = cell.strip().lower()
        known = [*(basis.value for basis in ConsentBasis), "granted", "withdrawn", "none"]
        if word not in known:
            try:
                word = "express" if entry.boolean(word) else "none"
            except ValueError:
                hint = suggestion(word, known) or f"use {', '.join(known)}"
                raise ValueError(f"{cell!r} is no consent ({hint})") from None
        facts["consent"] = word

    def _consent_at(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["at"] = self._instant(cell)

    def _consent_expires(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["expires"] = self._instant(cell)

    def _consent_evidence(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["evidence"] = entry.long_text(cell)

    def _consent_ip(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["ip"] = _ip_address(cell)

    def _finish_consent(self, found: Entry, facts: dict[str, Any]) -> None:
        word = facts.get("consent")
        if word is None:
            return
        if word == "none":
            found.consent = None
            return
        if word == "withdrawn":
            found.consent = ConsentEntry(
                status=ConsentStatus.WITHDRAWN,
                evidence=facts.get("evidence"),
                occurred_at=facts.get("at"),
            )
            return
        general = self.rules.consent
        if word == "granted":
            word = general.basis if general and general.basis else ConsentBasis.EXPRESS
        evidence = facts.get("evidence") or (general.evidence if general else None)
        if not evidence:
            raise RowError(
                "consent without evidence: fill in a column consent_evidence or pass --evidence"
            )
        found.consent = ConsentEntry(
            status=ConsentStatus.GRANTED,
            basis=ConsentBasis(word),
            evidence=evidence,
            occurred_at=facts.get("at"),
            expires_at=facts.get("expires"),
            ip_address=facts.get("ip"),
        )

    # Mailchimp

    def _optin_at(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["optin_at"] = self._instant(cell)

    def _optin_ip(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["optin_ip"] = _ip_address(cell)

    def _confirm_at(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["confirm_at"] = self._instant(cell)

    def _confirm_ip(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["confirm_ip"] = _ip_address(cell)

    def _unsubscribe_reason(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["reason"] = entry.text(cell)

    def _cleaned_at(self, _found: Entry, cell: str, facts: dict[str, Any]) -> None:
        facts["cleaned_at"] = self._instant(cell)

    def _finish_mailchimp(self, found: Entry, facts: dict[str, Any]) -> None:
        status = self.columns.status
        if status == "cleaned":
            found.suppress, found.consent = "bounce", None
            return
        if status == "unsubscribed":
            found.opted_out = (Scope.EVERYTHING.value,)
            found.consent = ConsentEntry(
                status=ConsentStatus.WITHDRAWN,
                evidence=f"unsubscribed in Mailchimp: {facts.get('reason') or 'no reason given'}",
                occurred_at=found.opted_out_at,
            )
            return
        if status == "nonsubscribed":
            found.consent = None
            return
        # Without a sign-up of their own somebody else added them, which proves nothing.
        if "optin_at" not in facts:
            return
        signed_up = f"signed up with Mailchimp on {facts['optin_at']:%Y-%m-%d %H:%M} UTC"
        if facts.get("optin_ip"):
            signed_up += f" from {facts['optin_ip']}"
        confirmed = "confirm_at" in facts and facts.get("confirm_ip")
        if confirmed:
            signed_up += f", confirmed on {facts['confirm_at']:%Y-%m-%d %H:%M} UTC"
            signed_up += f" from {facts['confirm_ip']}"
        found.consent = ConsentEntry(
            status=ConsentStatus.GRANTED,
            basis=ConsentBasis.CONFIRMED if confirmed else ConsentBasis.EXPRESS,
            evidence=signed_up,
            occurred_at=facts["confirm_at"] if confirmed else facts["optin_at"],
            ip_address=facts["confirm_ip"] if confirmed else facts.get("optin_ip"),
        )

    # HubSpot

    def _marketing_status(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        if cell.strip().casefold().startswith("non"):
            found.consent = None

    def _bounce_reason(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        if entry.text(cell):
            found.suppress = "bounce"

    # Ghost and listmonk

    def _subscribed(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        if not entry.boolean(cell):
            found.opted_out = (Scope.NEWSLETTERS.value, *found.opted_out)

    def _deleted_at(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        found.opted_out = (Scope.EVERYTHING.value, *found.opted_out)
        found.opted_out_at = self._instant(cell)

    def _listmonk_status(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        if cell.strip().casefold() in ("blocklisted", "blacklisted"):
            found.opted_out = (Scope.EVERYTHING.value,)

    def _json_attributes(self, found: Entry, cell: str, _facts: dict[str, Any]) -> None:
        try:
            values = json.loads(cell)
        except (ValueError, RecursionError):
            raise ValueError("is no JSON") from None
        if not isinstance(values, dict):
            raise ValueError("is no JSON object")
        for name, value in values.items():
            kind = self.rules.attributes.get(name)
            if kind is None or value is None:
                continue
            text = ";".join(map(str, value)) if isinstance(value, list) else str(value)
            converted = entry.attribute(kind, self.rules.dates)(text) if text.strip() else None
            if converted is not None:
                found.attributes[name] = converted

    def _instant(self, cell: str) -> datetime:
        return entry.instant(cell, self.rules.dates, self.rules.zone)


def _one_of(word: str, known: Sequence[str], kind: str) -> str:
    if word in known:
        return word
    hint = suggestion(word, known) or f"declared are {', '.join(known)}"
    raise ValueError(f"there is no {kind} {word[:60]!r} ({hint})")


def _ip_address(cell: str) -> str:
    try:
        # A zone (RFC 4007) is a name of the machine that wrote it and means nothing here.
        return str(ipaddress.ip_address(cell.strip().partition("%")[0]))
    except ValueError:
        raise ValueError(f"{cell[:60]!r} is no IP address") from None
