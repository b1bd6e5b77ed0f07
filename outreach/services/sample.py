"""The sample contacts: a file imported as any other, and then what a person decided about them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import as_file
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.domain.contact import AttributeType
from outreach.domain.tiers import Tiers
from outreach.domain.touches import Channel, Direction
from outreach.services import contacts, history, tiers
from outreach.services.given import Given
from outreach.services.importing import Permission, import_contacts, plan_import
from outreach.starter import starter_file
from outreach.storage.database import Database


@dataclass(frozen=True, slots=True)
class Sample:
    """What was added. `rejects` is the file with the rows that were not taken."""

    totals: Mapping[str, int]
    rejects: Path | None

    def __str__(self) -> str:
        counts = self.totals
        text = (
            f"Added {counts['new']} invented contacts: {counts['moves']} moves between tiers, "
            f"{counts['roles']} roles, {counts['log']} calls, meetings and letters."
        )
        if self.rejects:
            text += f"\n{counts['rejected']} rows were no good on purpose; see {self.rejects}."
        return text


def add(
    database: Database,
    declared: Tiers,
    attributes: Mapping[str, AttributeType],
    *,
    folder: Path,
    now: datetime,
    zone: str,
) -> Sample:
    """Import the sample contacts, and play what a person did with them since.

    The days in the sample count back from `now`, so that some contacts are always quiet for long
    and some were in touch the other day. Rejected rows go to a file in `folder`.
    """
    story = tomllib.loads(starter_file("sample.toml").read_text(encoding="utf-8"))
    with as_file(starter_file("contacts.csv")) as file:
        report = import_contacts(
            database,
            plan_import(file, attributes=attributes),
            tiers=declared,
            attributes=attributes,
            permission=Permission(basis=None),
            zone=ZoneInfo(zone),
            by="sample",
            clock=lambda: now,
            rejects=folder / "contacts.rejects.csv",
        )

    def when(entry: Mapping[str, int]) -> datetime:
        return now - timedelta(days=entry["days_ago"])

    for entry in sorted(story["moves"], key=when):
        until = now + timedelta(days=entry["for_days"]) if "for_days" in entry else None
        tiers.move(
            database,
            declared,
            [entry["email"]],
            entry["tier"],
            by=entry["by"],
            now=when(entry),
            reason=entry.get("reason"),
            until=until,
        )
    for entry in story["fields"]:
        fields = {name: value for name, value in entry.items() if name != "email"}
        contacts.edit(database, attributes, entry["email"], Given(fields=fields), now=now)
    for entry in story["roles"]:
        tiers.set_role(
            database,
            declared,
            entry["email"],
            entry["role"],
            held=True,
            by=entry["by"],
            now=now,
            reason=entry.get("reason"),
        )
    for entry in sorted(story["log"], key=when):
        direction = entry.get("direction")
        history.log(
            database,
            Channel(entry["channel"]),
            entry["email"],
            by=entry["by"],
            now=now,
            at=when(entry),
            direction=Direction(direction) if direction else None,
            summary=entry.get("summary"),
        )
    for entry in sorted(story["notes"], key=when):
        history.note(database, entry["email"], entry["text"], by=entry["by"], now=when(entry))
    played = {name: len(story[name]) for name in ("moves", "roles", "log", "notes")}
    return Sample({**report.figures(), **played}, report.rejects_file)
