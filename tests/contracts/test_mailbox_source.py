"""What every source of mail does: a Maildir, an mbox, and IMAP against a real server."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from outreach.errors import UnavailableError
from outreach.inbound.imap import Imap, ImapUrl
from outreach.inbound.sources import Maildir, Mbox, Position, Received, fingerprint
from tests.mailboxes import Box, box

__all__ = ["box"]

WHEN = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


def mail(number: int, body: str = "Hello.\n") -> bytes:
    return (
        f"From: Ada <ada@example.org>\nTo: anna@example.com\nSubject: Mail {number}\n"
        f"Message-ID: <{number}@example.org>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\n{body}"
    ).encode()


def fill(box: Box, count: int, start: int = 0) -> list[bytes]:
    raws = [mail(number) for number in range(start, start + count)]
    for number, raw in enumerate(raws, start):
        box.put(raw, WHEN + timedelta(minutes=number))
    return raws


def plain(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").rstrip(b"\n")


def places(mails: list[Received]) -> dict[str, Position]:
    return {each.folder: each.position for each in mails if each.position is not None}


def read(box: Box, positions: Mapping[str, Position] | None = None) -> list[Received]:
    return list(box.source().read(positions or {}))


def test_an_empty_mailbox_gives_nothing(box: Box) -> None:
    assert read(box) == []


def test_every_mail_comes_whole_in_order_with_its_time(box: Box) -> None:
    raws = fill(box, 5)
    found = read(box)
    assert [plain(each.raw) for each in found] == [plain(raw) for raw in raws]
    assert [each.received_at for each in found] == [WHEN + timedelta(minutes=n) for n in range(5)]
    assert {each.folder for each in found} == {box.inbox}
    assert not any(each.is_ours for each in found)


def test_reading_goes_on_where_it_ended(box: Box) -> None:
    fill(box, 3)
    known = places(read(box))
    assert known
    fill(box, 2, start=3)
    later = [each.raw for each in read(box, known)]
    assert {fingerprint(raw) for raw in later} >= {fingerprint(mail(n)) for n in (3, 4)}
    # The last one read may come again, where a source cannot tell; nothing before it does.
    assert {fingerprint(raw) for raw in later} <= {fingerprint(mail(n)) for n in (2, 3, 4)}


def test_whoever_stops_half_way_misses_nothing(box: Box) -> None:
    fill(box, 7)
    seen: list[bytes] = []
    known: dict[str, Position] = {}
    for _ in range(6):
        some = list(islice(box.source().read(known), 2))
        seen += [each.raw for each in some]
        known |= places(some)
    assert {fingerprint(raw) for raw in seen} == {fingerprint(mail(n)) for n in range(7)}


def test_a_folder_that_was_renumbered_is_read_anew(box: Box) -> None:
    fill(box, 3)
    known = places(read(box))
    box.renumber()
    again = {fingerprint(each.raw) for each in read(box, known)}
    assert again >= {fingerprint(mail(n)) for n in (1, 2)}


def test_our_own_mail_is_told_by_its_folder(box: Box) -> None:
    fill(box, 1)
    box.put(mail(9), WHEN, sent=True)
    found = {fingerprint(each.raw): each.is_ours for each in read(box)}
    assert found == {fingerprint(mail(0)): False, fingerprint(mail(9)): True}


def test_nothing_is_marked_or_changed(box: Box) -> None:
    fill(box, 3)
    before = box.state()
    read(box)
    assert box.state() == before


def test_what_is_odd_comes_whole_too(box: Box) -> None:
    bodies = [
        "\n",
        "From here on\n>From there on\n\nFrom the start\n",
        "ä ö ü €\n" * 3,
        "x" * 90_000 + "\n",
        "line\n" * 400_000,
    ]
    raws = [mail(number, body) for number, body in enumerate(bodies)]
    raws.append(b"no header at all\n")
    raws.append(mail(98).replace(b"Hello.", b"\xff\xfe\x80 Latin \xe4"))
    for raw in raws:
        box.put(raw, WHEN)
    assert [plain(each.raw) for each in read(box)] == [plain(raw) for raw in raws]


@pytest.mark.parametrize(
    "source",
    [
        Maildir("anna", Path("/nowhere/at/all")),
        Mbox("anna", Path("/nowhere/at/all")),
        Imap(
            "anna",
            ImapUrl.parse("imap://anna@127.0.0.1:1"),
            lambda _user, _host: "secret",
            sleep=lambda _: None,
        ),
    ],
    ids=["maildir", "mbox", "imap"],
)
def test_a_mailbox_that_is_not_there_says_so(source: Maildir | Mbox | Imap) -> None:
    with pytest.raises(UnavailableError) as caught:
        list(source.read({}))
    assert caught.value.problems[0].hint
    assert "secret" not in repr(source) + str(caught.value)


def test_a_mail_is_found_by_its_message_id_in_whatever_folder(box: Box) -> None:
    fill(box, 4)
    ours = mail(7).replace(b"Message-ID: <7@example.org>", b"message-id:\n <ours@example.org>")
    box.put(ours, WHEN, sent=True)
    # In the text of a mail an identifier proves nothing.
    box.put(mail(8, body="Message-ID: <quoted@example.org>\n"), WHEN)
    wanted = {f"<{name}@example.org>" for name in ("2", "ours", "quoted", "no", 'odd"one', "ö")}
    assert box.source().find(wanted) == {"<2@example.org>", "<ours@example.org>"}
    assert box.source().find(set()) == set()
