"""Calendar invitations: what front matter says of an event, and the iCalendar object it becomes.

RFC 5545 objects with an iTIP method (RFC 5546): a REQUEST asks its one reader to accept, a PUBLISH
only tells. Times are local times in a named zone and travel with its rules, so that an event at ten
stays at ten when the clocks change.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from outreach.domain.mailing import Sender
from outreach.errors import suggestion

if TYPE_CHECKING:
    from outreach.rendering.headers import Mailbox
    from outreach.rendering.message import Invite

TEXTS = ("title", "place", "description")
"""What of an event may hold Jinja."""
KEYS = (*TEXTS, "start", "end", "duration", "zone", "rsvp")
#: What iCalendar, other programs and people call these.
_SYNONYMS = {
    "summary": "title",
    "name": "title",
    "subject": "title",
    "location": "place",
    "where": "place",
    "venue": "place",
    "details": "description",
    "notes": "description",
    "begin": "start",
    "when": "start",
    "date": "start",
    "dtstart": "start",
    "until": "end",
    "dtend": "end",
    "length": "duration",
    "timezone": "zone",
    "time_zone": "zone",
    "tz": "zone",
    "tzid": "zone",
}
MAX_LENGTH = timedelta(days=31)
"""A longer event is a slip of the pen."""

_DURATION = re.compile(
    r"(?:(\d{1,3})\s*h(?:ours?)?)?\s*(?:(\d{1,4})\s*min(?:utes)?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class EventSpec:
    """An event as front matter has it.

    `start` and `end` are local times of `zone` without a zone of their own, or days, of which `end`
    is the last; `zone` None means the firm's. `rsvp` None means that the kind of mail decides.
    """

    start: datetime | date
    end: datetime | date
    zone: str | None = None
    rsvp: bool | None = None


def event_spec(value: object) -> EventSpec:
    """Return what the front matter's ``event`` says, or raise `ValueError` with what is wrong."""
    if not isinstance(value, Mapping):
        raise ValueError("must be a map with title, start and end")
    for key in value:
        if key not in KEYS:
            known = _SYNONYMS.get(str(key).lower())
            near = f"write {known}:" if known else suggestion(str(key), KEYS)
            raise ValueError(f'has no "{key}" ({near or ", ".join(KEYS)})')
    for key in TEXTS:
        if key in value and not (isinstance(value[key], str) and value[key].strip()):
            raise ValueError(f"has a {key} that is no text; put it in quotes")
    for key in ("title", "start"):
        if key not in value:
            raise ValueError(f"has no {key}")
    zone = value.get("zone")
    if zone is not None and zone not in available_timezones():
        near = suggestion(str(zone), available_timezones()) or "such as Europe/Berlin"
        raise ValueError(f'has a zone "{zone}" that is no IANA time zone ({near})')
    rsvp = value.get("rsvp")
    if rsvp is not None and not isinstance(rsvp, bool):
        raise ValueError("has an rsvp that is neither true nor false")
    start = _moment(value["start"], "start")
    return EventSpec(start, _end(value, start), zone, rsvp)


def _moment(value: object, key: str) -> datetime | date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date):
        raise ValueError(f"has a {key} that is no time; write 2027-01-14 10:00, or 2027-01-14")
    if isinstance(value, datetime) and value.tzinfo is not None:
        raise ValueError(f"has a {key} with an offset; write the local time, and its zone: as zone")
    return value


def _end(value: Mapping[str, Any], start: datetime | date) -> datetime | date:
    if ("end" in value) == ("duration" in value) and (
        "end" in value or isinstance(start, datetime)
    ):
        raise ValueError("needs an end or a duration, and not both")
    if "duration" in value:
        found = _DURATION.fullmatch(str(value["duration"]).strip())
        hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0)
        if not isinstance(start, datetime) or not (hours or minutes):
            raise ValueError("has a duration that is none; write 45 min, or 1 h 30 min")
        end: datetime | date = start + timedelta(hours=hours, minutes=minutes)
    else:
        end = _moment(value.get("end", start), "end")
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise ValueError("has a day and a time of day; write both alike")
    if end < start or (end == start and isinstance(start, datetime)):
        raise ValueError("ends before it begins")
    if end.toordinal() - start.toordinal() > MAX_LENGTH.days:
        raise ValueError(f"lasts longer than {MAX_LENGTH.days} days")
    return end


def nonexistent(spec: EventSpec, zone: str) -> datetime | None:
    """Return the time of `spec` that the clocks of `zone` leave out in spring, if one is."""
    for moment in (spec.start, spec.end):
        if isinstance(moment, datetime):
            local = moment.replace(tzinfo=ZoneInfo(spec.zone or zone))
            if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != moment:
                return moment
    return None


def invitation(
    spec: EventSpec,
    text: Callable[[str], str | None],
    *,
    uid: str,
    at: datetime,
    sender: Sender,
    reader: "Mailbox",
    zone: str,
    rsvp: bool,
) -> "Invite":
    """Return the calendar object for one reader.

    `text` gives each of `TEXTS` as it reads for them. `uid` is the event's own for ever: another
    invitation with it replaces this one. `at` is when the mail is made; `zone` and `rsvp` hold
    where the event does not say otherwise.
    """
    import icalendar  # noqa: PLC0415 - slow to import, and few mails invite

    asks = rsvp if spec.rsvp is None else spec.rsvp
    method = "REQUEST" if asks else "PUBLISH"
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Outreach//Outreach//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", at.astimezone(UTC))
    if isinstance(spec.start, datetime) and isinstance(spec.end, datetime):
        place = ZoneInfo(spec.zone or zone)
        event.add("dtstart", spec.start.replace(tzinfo=place))
        event.add("dtend", spec.end.replace(tzinfo=place))
    else:
        event.add("dtstart", spec.start)
        event.add("dtend", spec.end + timedelta(days=1))  # RFC 5545 3.6.1: the first day after it
    for key, name in zip(TEXTS, ("summary", "location", "description"), strict=True):
        if value := text(key):
            event.add(name, value)
    event.add("sequence", 0)
    event.add("status", "CONFIRMED")
    organiser = icalendar.vCalAddress(f"mailto:{sender.address}")
    organiser.params["cn"] = _quotable(sender.name)
    event.add("organizer", organiser)
    if asks:
        attendee = icalendar.vCalAddress(f"mailto:{reader.address}")
        attendee.params["rsvp"] = "TRUE"
        attendee.params["partstat"] = "NEEDS-ACTION"
        attendee.params["role"] = "REQ-PARTICIPANT"
        if reader.name:
            attendee.params["cn"] = _quotable(reader.name)
        event.add("attendee", attendee)
    calendar.add_component(event)
    year = spec.start.year
    calendar.add_missing_timezones(first_date=date(year, 1, 1), last_date=date(year + 2, 1, 1))
    from outreach.rendering.message import Invite  # noqa: PLC0415 - rarely needed

    return Invite(calendar.to_ical().decode(), method)


def _quotable(name: str) -> str:
    # RFC 5545 3.1.1: no quotes and no controls in a parameter, not even escaped.
    return "".join(letter for letter in name.replace('"', "'") if letter.isprintable())
