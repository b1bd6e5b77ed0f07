"""Segments, as a person asks for them: which there are, who is in one, and why somebody is."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from outreach.domain.contact import Contact
from outreach.domain.explanation import Finding, explain
from outreach.domain.segment import Segment, Segments
from outreach.domain.terms import Vocabulary
from outreach.errors import ConfigError, NotFoundError, Problem
from outreach.services.declared import files_in, read_file
from outreach.storage import contacts
from outreach.storage import segments as questions
from outreach.storage.database import Database


def open_segments(folder: Path, vocabulary: Vocabulary) -> Segments:
    """Return the segments whose files lie in `folder`; none of them is read yet."""
    paths = files_in(folder)
    return Segments(paths, lambda name: read_file(paths[name], "segment"), vocabulary)


@dataclass(frozen=True, slots=True)
class Listed:
    """One segment in the list of all; what it says is None where its file is wrong."""

    name: str
    segment: Segment | None
    count: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """All segments by name, and everything that is wrong with their files."""

    segments: tuple[Listed, ...]
    problems: tuple[Problem, ...]


def list_all(database: Database, segments: Segments, now: datetime) -> Listing:
    """Return every segment with how many are in it; a broken one hides none of the others."""
    listed = []
    problems: dict[Problem, None] = {}
    with database.read() as session:
        for name in segments.names:
            try:
                segment = segments.get(name)
            except ConfigError as error:
                problems |= dict.fromkeys(error.problems)
                listed.append(Listed(name, None, None))
                continue
            found = questions.count(session, segment.condition, now)
            listed.append(Listed(name, segment, found))
    return Listing(tuple(listed), tuple(problems))


def count(database: Database, segments: Segments, name: str, now: datetime) -> int:
    """Return how many contacts are in the segment."""
    condition = segments.get(name).condition
    with database.read() as session:
        return questions.count(session, condition, now)


@dataclass(frozen=True, slots=True)
class Shown:
    """A segment, how many are in it, and the first few of them."""

    segment: Segment
    count: int
    sample: tuple[Contact, ...]


def show(
    database: Database, segments: Segments, name: str, now: datetime, *, sample: int = 5
) -> Shown:
    """Return the segment with the contacts in it that came first, at most `sample` of them."""
    segment = segments.get(name)
    with database.read() as session:
        found = questions.count(session, segment.condition, now)
        ids = questions.ids(session, segment.condition, now, limit=sample)
        return Shown(segment, found, tuple(contacts.load(session, ids, now)))


@dataclass(frozen=True, slots=True)
class Explained:
    """What a segment asks, as SQL and, for one contact, question by question."""

    segment: Segment
    sql: str
    contact: Contact | None = None
    finding: Finding | None = None


def explain_segment(
    database: Database, segments: Segments, name: str, now: datetime, *, email: str | None = None
) -> Explained:
    """Return what the segment asks and, with `email`, why that contact is in it or not.

    Raises `NotFoundError` if nobody has that address.
    """
    segment = segments.get(name)
    with database.read() as session:
        sql = questions.sql_text(segment.condition, now, database.engine.dialect)
        if email is None:
            return Explained(segment, sql)
        contact_id = contacts.find(session, email)
        if contact_id is None:
            raise NotFoundError(
                f"no contact has the address {email}",
                hint="`outreach contacts list` shows who there is",
            )
        loaded = contacts.load(session, [contact_id], now)
        (contact,) = questions.with_history(session, loaded)
        return Explained(segment, sql, contact, explain(segment.condition, contact, now))
