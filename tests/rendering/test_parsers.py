"""Messages are read by three parsers as they were meant, whatever stands in a contact's record.

``make parsers`` does for 100,000 messages what every run does for a few.
"""

import logging
import os
import re
import time
from html import unescape
from pathlib import Path

import icalendar
import pytest

from outreach.errors import OutreachError
from tests.rendering.mail import contact, template
from tests.rendering.readers import Read, by_javascript, by_python, by_rust, node_folder
from tests.rendering.test_compiled import NOW, composer
from tests.rendering.test_mjml_reference import one, page
from tests.rendering.varied_mail import Meant, Varied

MANY = int(os.environ.get("OUTREACH_MESSAGES", "200"))
SEED = int(os.environ.get("OUTREACH_SEED", "20261201"))
_AT_ONCE = 1000
LOG = logging.getLogger(__name__)


def unbroken(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def assert_as_meant(read: Read, meant: Meant) -> None:
    assert read.message_id == meant.message_id
    assert read.subject == meant.subject
    assert read.sender == meant.sender
    assert read.reader == meant.reader
    assert unbroken(read.text) == unbroken(meant.text)
    assert unbroken(read.html) == unbroken(meant.html)
    assert read.files == meant.files
    assert read.pictures == meant.pictures
    assert read.leave == meant.leave
    assert read.thread == meant.thread
    assert read.extra in (None, dict(meant.extra))
    for link in meant.text_links:
        assert link in re.findall(r"https:[^\s>)]+", read.text)
    hrefs = {unescape(href) for href in re.findall(r'href="([^"]*)"', read.html)}
    assert hrefs >= set(meant.html_links)
    assert len(read.calendars) == (meant.event is not None or meant.calendar is not None)
    for method, calendar in read.calendars:
        assert method in ("REQUEST", None)  # one parser does not tell
        if meant.calendar is not None:
            assert unbroken(calendar) == unbroken(meant.calendar)
        else:
            assert_invited(calendar, meant)


def assert_invited(calendar: str, meant: Meant) -> None:
    (event,) = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"]), str(event["ATTENDEE"])) == meant.event
    assert str(event["UID"]) == meant.message_id.strip("<>")


@pytest.mark.timeout(0 if MANY > 1000 else 120)
def test_every_message_is_read_as_it_was_meant(tmp_path: Path) -> None:
    varied = Varied(tmp_path, SEED)
    began, number = time.monotonic(), 0
    batch: list[Meant] = []

    def read_batch() -> None:
        if node_folder() is not None:
            for meant, read in zip(batch, by_javascript([m.data for m in batch]), strict=True):
                assert_as_meant(read, meant)
        batch.clear()

    for number, meant in enumerate(varied.messages(MANY), 1):
        assert_as_meant(by_python(meant.data), meant)
        assert_as_meant(by_rust(meant.data), meant)
        batch.append(meant)
        if len(batch) == _AT_ONCE:
            read_batch()
            LOG.info("%d read in %.0f s", number, time.monotonic() - began)
    read_batch()
    assert number == MANY
    refused = sum(varied.refused.values())
    LOG.info("%d read as they were meant; %d refused: %s", number, refused, varied.refused)
    assert refused < number


_FIRM = "Hi {{ contact.company }}\n"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("form", "body"),
    [("txt", _FIRM), ("md", _FIRM), ("mjml", page(one(f"<mj-text>{_FIRM}</mj-text>")))],
)
@pytest.mark.parametrize("letters", ["word ", "漢", "<", "\u202e"])
def test_a_megabyte_in_a_record_gives_a_message_or_a_refusal(
    form: str, body: str, letters: str
) -> None:
    made_by = composer(template(body, suffix=form, head="subject: x\nkind: check-in"))
    person = contact(company=letters * (1_000_000 // len(letters)))
    if letters == "<" and form == "md":  # each of them takes ten letters in Markdown
        with pytest.raises(OutreachError, match="prints more than 8,000,000 characters"):
            made_by.compose(person, delivery_id=1, date=NOW)
        return
    made = made_by.compose(person, delivery_id=1, date=NOW)
    read = by_rust(made.message)
    assert read.message_id == made.message_id
    assert len(made.message) > 1_000_000
    assert unbroken(read.text) == unbroken(made.rendered.text)
    assert unbroken(read.html) == unbroken(made.rendered.html or "")
