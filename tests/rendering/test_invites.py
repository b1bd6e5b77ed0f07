"""Calendar invitations: what mail programs read from them."""

import email
import email.policy
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from outreach.domain.mailing import Sender
from outreach.errors import TemplateError
from outreach.rendering.templates import Template, TemplateSet
from outreach.services.composing import Composer
from tests.rendering.mail import NOW, contact
from tests.services.test_composing import LINKS

EVENT = """event:
  title: "Coffee with {{ contact.first_name }}"
  start: 2027-03-28 10:00
  duration: 1 h 30 min
  place: "Café Ö; 1, Main Street"
  description: |
    We talk about {{ contact.relies_on }}.
    Bring questions.
  zone: Europe/Berlin"""


def loaded(head: str = EVENT, kind: str = "check-in", zone: str = "UTC", **files: str) -> Template:
    source = f"---\nsubject: Hi\nkind: {kind}\n{head}\n---\nCome.\n"
    return TemplateSet({"mail.md": source, **files}, timezone=zone).load("mail")


def invited(template: Template, delivery: int = 5, zone: str = "UTC", **person: str):
    """The part, the calendar and the event that a contact gets."""
    composer = Composer(
        template, Sender('Anna "A" Weber', "anna@studio.example"), LINKS, timezone=zone
    )
    given = {"first_name": "Ann", "relies_on": "tax, law", **person}
    made = composer.compose(contact(**given), delivery_id=delivery, date=NOW).message
    parsed = email.message_from_bytes(made, policy=email.policy.default)
    assert not parsed.defects
    (part,) = [part for part in parsed.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    return part, calendar, event


def test_an_invitation():
    part, calendar, event = invited(loaded())
    assert part["Content-Type"].params["method"] == "REQUEST" == str(calendar["METHOD"])
    assert part["Content-Type"].params["charset"] == "utf-8"
    assert str(event["SUMMARY"]) == "Coffee with Ann"
    assert str(event["LOCATION"]) == "Café Ö; 1, Main Street"
    assert str(event["DESCRIPTION"]) == "We talk about tax, law.\nBring questions."
    assert str(event["ORGANIZER"]) == "mailto:anna@studio.example"
    assert event["ORGANIZER"].params["CN"] == "Anna 'A' Weber"
    assert str(event["ATTENDEE"]) == "mailto:ann@example.com"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert event["DTSTAMP"].dt == NOW
    assert len(calendar.walk("VTIMEZONE")) == 1
    lines = calendar.to_ical().split(b"\r\n")
    assert max(map(len, lines)) <= 75


@pytest.mark.parametrize(
    ("zone", "start", "instant"),
    [
        ("Europe/Berlin", "2027-03-27 10:00", datetime(2027, 3, 27, 9, tzinfo=UTC)),
        ("Europe/Berlin", "2027-03-28 10:00", datetime(2027, 3, 28, 8, tzinfo=UTC)),
        ("America/New_York", "2027-11-06 10:00", datetime(2027, 11, 6, 14, tzinfo=UTC)),
        ("America/New_York", "2027-11-07 10:00", datetime(2027, 11, 7, 15, tzinfo=UTC)),
        ("Asia/Kolkata", "2027-07-01 10:00", datetime(2027, 7, 1, 4, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", "2027-10-03 10:00", datetime(2027, 10, 2, 23, tzinfo=UTC)),
        ("UTC", "2027-07-01 10:00", datetime(2027, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_ten_stays_ten_when_the_clocks_change(zone: str, start: str, instant: datetime):
    """The zone's rules are those in the object itself, not what a reader's machine knows."""
    head = f"event: {{title: x, start: {start}, duration: 30 min}}"
    _, calendar, event = invited(loaded(head, zone=zone), zone=zone)
    begin, end = event["DTSTART"].dt, event["DTEND"].dt
    assert begin.replace(tzinfo=None) == datetime.fromisoformat(start)
    assert begin.astimezone(UTC) == instant
    assert end.astimezone(UTC) - instant == timedelta(minutes=30)
    for rules in calendar.walk("VTIMEZONE"):
        told = datetime.fromisoformat(start).replace(tzinfo=rules.to_tz(lookup_tzid=False))
        assert told.utcoffset() == instant.astimezone(ZoneInfo(zone)).utcoffset()


def test_the_same_delivery_is_the_same_event_and_another_is_not():
    template = loaded()
    uid = str(invited(template)[2]["UID"])
    assert str(invited(template)[2]["UID"]) == uid
    assert str(invited(template, delivery=6)[2]["UID"]) != uid
    assert LINKS.read_delivery(f"<{uid}>") == 5


@pytest.mark.parametrize(
    ("kind", "rsvp", "method"),
    [
        ("newsletter", "", "PUBLISH"),
        ("check-in", "", "REQUEST"),
        ("newsletter", ", rsvp: true", "REQUEST"),
        ("service", ", rsvp: false", "PUBLISH"),
    ],
)
def test_whether_an_answer_is_asked_for(kind: str, rsvp: str, method: str):
    head = f"event: {{title: x, start: 2027-01-14, end: 2027-01-15{rsvp}}}"
    part, calendar, event = invited(loaded(head, kind))
    assert part["Content-Type"].params["method"] == method == str(calendar["METHOD"])
    assert ("ATTENDEE" in event) == (method == "REQUEST")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2027, 1, 14), date(2027, 1, 16))


@pytest.mark.parametrize(
    "name", ["\r\nATTENDEE:mailto:evil@example.com", 'a";x=y', "شركة", "x" * 300]
)
def test_a_value_stays_a_value(name: str):
    try:
        _, calendar, event = invited(loaded(), first_name=name)
    except TemplateError:
        return  # a line break in the subject's place or no value that mail carries
    assert len(calendar.walk("VEVENT")) == 1
    assert str(event["ATTENDEE"]) == "mailto:ann@example.com"
    assert str(event["SUMMARY"]) == " ".join(f"Coffee with {name}".split())


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("tomorrow", "must be a map with title, start and end"),
        ("{title: x}", "has no start"),
        ("{start: 2027-01-14}", "has no title"),
        ("{title: x, start: 2027-01-14 10:00}", "needs an end or a duration"),
        ("{title: x, start: 2027-01-14 10:00, end: 2027-01-14 09:00}", "ends before it begins"),
        ("{title: x, start: 2027-01-14 10:00, end: 2027-01-15}", "a day and a time of day"),
        ("{title: x, start: 2027-01-14 10:00, end: 2027-03-15 10:00}", "longer than 31 days"),
        ("{title: x, start: 2027-01-14 10:00, duration: soon}", "a duration that is none"),
        ("{title: x, start: soon}", "a start that is no time"),
        ("{title: x, start: 2027-01-14T10:00+01:00, duration: 1 h}", "with an offset"),
        ("{title: x, start: 2027-01-14, zone: Europe/Berln}", 'did you mean "Europe/Berlin"?'),
        ("{title: x, start: 2027-01-14, rspv: true}", 'has no "rspv" (did you mean "rsvp"?'),
        ("{title: x, start: 2027-01-14, rsvp: 7}", "neither true nor false"),
        ("{title: x, start: 2027-01-14, location: y}", 'has no "location" (write place:)'),
        ("{title: x, start: 2027-01-14, timezone: y}", 'has no "timezone" (write zone:)'),
        ("{summary: x, start: 2027-01-14}", 'has no "summary" (write title:)'),
        ("{title: x, start: 2027-13-01}", "event has the value 2027-13-01, which cannot be read"),
        ("{title: 7, start: 2027-01-14}", "title that is no text"),
        (
            "{title: x, start: 2027-03-28 02:30, duration: 1 h, zone: Europe/Berlin}",
            "there is no 02:30 on 2027-03-28 in Europe/Berlin",
        ),
    ],
)
def test_what_is_wrong_with_an_event_is_told(event: str, message: str):
    with pytest.raises(TemplateError) as caught:
        loaded(f"event: {event}")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.source, problem.line) == ("templates/mail.md", 4)


def test_a_misspelt_name_in_an_event_has_its_line():
    with pytest.raises(TemplateError) as caught:
        loaded(EVENT.replace("relies_on", "x").replace("contact.x", "nobody"))
    assert str(caught.value.problems[0]).startswith('templates/mail.md:10:22: there is no "nobody"')


def test_a_translation_says_the_event_in_its_words():
    german = (
        '---\nsubject: Hallo\nevent: {title: "Kaffee mit {{ contact.first_name }}"}\n---\nKomm.\n'
    )
    template = loaded(**{"mail.de.md": german, "mail.sv.md": "---\nsubject: Hej\n---\nKom.\n"})
    shown = {locale: invited(template, locale=locale)[2] for locale in ("en", "de", "sv")}
    assert [str(event["SUMMARY"]) for event in shown.values()] == [
        "Coffee with Ann",
        "Kaffee mit Ann",
        "Coffee with Ann",
    ]
    assert len({event["DTSTART"].dt for event in shown.values()}) == 1
