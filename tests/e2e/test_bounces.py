"""Our own mail through a real mail server, which brings back what it could not deliver."""

import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outreach.app import App
from outreach.cli.main import run
from outreach.domain.effects import Kind
from outreach.domain.links import Links, Signer
from outreach.storage import suppressions
from outreach.storage.inbox import Item, State
from outreach.testing import Rule, ScriptedServer
from tests.e2e.test_receiving import ended, program
from tests.e2e.workspace import TEMPLATE, wait_for
from tests.postfix import Postfix, find_program

SETTINGS = """
sender = "anna"
postal_address = "Anna Berg, Seestr. 1, 12345 Ort"
bounce_address = "bounce@studio.example"
transport = "smtp://127.0.0.1:{port}?tls=off"

[senders.anna]
name = "Anna Berg"
address = "anna@studio.example"

[mailboxes.bounces]
url = "maildir:{bounces}"
"""

GONE = "550 5.1.1 <gone@reject.example>: no such user here"
FULL = "552 5.2.2 mailbox is over quota"
BLOCKED = "550 5.7.1 your message was classified as spam"
BUSY = "451 4.3.2 come again later"
NULL_MX = "5.1.10 Domain nullmx.example does not accept mail (nullMX)"


@pytest.fixture
def far() -> Iterator[ScriptedServer]:
    """The mail server of another domain."""
    rules = [
        Rule("RCPT", GONE, when=lambda text: "gone@" in text),
        Rule("RCPT", FULL, when=lambda text: "full@" in text),
        Rule("RCPT", BUSY, when=lambda text: "busy@" in text),
        Rule("RCPT", BLOCKED, when=lambda text: "guarded@" in text),
    ]
    with ScriptedServer(*rules) as server:
        yield server


@pytest.fixture
def lmtp_port() -> int:
    """A port of loopback on which nobody listens yet."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def postfix(
    far: ScriptedServer, lmtp_port: int, request: pytest.FixtureRequest
) -> Iterator[Postfix]:
    """A real mail server, whose mail for reject.example goes to `far`."""
    program = find_program()
    if program is None:
        message = "Postfix is not installed, or the tests do not run as root"
        if os.environ.get("CI") == "true" and os.getuid() == 0:
            pytest.fail(message)
        pytest.skip(message)
    server = Postfix(
        program,
        {
            "anna": "anna/",
            "letters": "letters/",
            "bounce": "bounce/",
            "bo": "bo/",
            "stuffed": "stuffed",
        },
        {
            "reject.example": f"smtp:[127.0.0.1]:{far.port}",
            "nullmx.example": f"error:{NULL_MX}",
            "letters@studio.example": f"lmtp:[127.0.0.1]:{lmtp_port}",
        },
        getattr(request, "param", "6s"),
    )
    server.fill("stuffed")
    yield server
    server.stop()


READERS = {
    # Delivered, by Postfix and by the other server.
    "bo@studio.example": None,
    "good@reject.example": None,
    # Postfix's own findings.
    "nobody@studio.example": ("5.1.1", "hard", "user-unknown"),
    "stuffed@studio.example": ("5.2.2", "full", "mailbox-full"),
    "ada@nullmx.example": ("5.1.10", "hard", "no-mail"),
    # What the other server answered.
    "gone@reject.example": ("5.1.1", "hard", "user-unknown"),
    "full@reject.example": ("5.2.2", "full", "mailbox-full"),
    "guarded@reject.example": ("5.7.1", "policy", "spam"),
    # Put off, and given up at last.
    "busy@reject.example": ("4.3.2", "soft", None),
}


@pytest.fixture
def studio(tmp_path: Path, postfix: Postfix, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "studio"
    assert run(["-q", "init", str(folder)]) == 0
    settings = SETTINGS.format(port=postfix.port, bounces=postfix.maildir("bounce"))
    (folder / "outreach.toml").write_text(settings)
    (folder / "templates" / "news.txt").write_text(TEMPLATE)
    people = "".join(f"{email},{email.partition('@')[0]}\n" for email in READERS)
    (folder / "people.csv").write_text(f"email,first_name\n{people}")
    for command in (
        ["contacts", "import", "people.csv", "--consent", "express", "--evidence", "asked for it"],
        *(["contacts", "tier", each, "client", "--reason", "signed a letter"] for each in READERS),
    ):
        monkeypatch.chdir(folder)
        assert run(["-q", *command]) == 0
    return folder


def take_in(studio: Path, wanted: int) -> list[Item]:
    """Sync until so many mails are in the inbox."""
    deadline = time.monotonic() + 60
    while True:
        assert run(["-q", "-C", str(studio), "inbox", "sync"]) in (0, 7)
        app = App.open(studio)
        items = app.inbox.listing()
        app.close()
        if len(items) >= wanted:
            return items
        assert time.monotonic() < deadline, f"only {[item.subject for item in items]}"
        time.sleep(0.5)


def rows(studio: Path, statement: str) -> list[Any]:
    with sqlite3.connect(studio / "outreach.db") as database:
        found = database.execute(statement).fetchall()
    database.close()
    return found


@pytest.mark.slow
def test_each_bounce_is_tied_to_its_delivery_and_does_what_it_should(
    studio: Path, postfix: Postfix, far: ScriptedServer
) -> None:
    assert run(["-q", "-C", str(studio), "send", "--template", "news", "--yes"]) == 0
    sent = dict(rows(studio, "SELECT address, id FROM deliveries WHERE state = 'sent'"))
    assert set(sent) == set(READERS)
    failed = {address: told for address, told in READERS.items() if told is not None}
    # Beside the bounces a notice of the delay.
    items = take_in(studio, len(failed) + 1)

    notices = [item for item in items if item.kind is not Kind.BOUNCE]
    assert [(item.kind, item.delivery_id) for item in notices] == [
        (Kind.DELAY, sent["busy@reject.example"])
    ]
    bounces = {item.email: item for item in items if item.kind is Kind.BOUNCE}
    assert set(bounces) == set(failed)
    for address, (status, severity, reason) in failed.items():
        item = bounces[address]
        assert (item.delivery_id, item.rung, item.state) == (
            sent[address],
            "address-token",
            State.FILED,
        )
        (told,) = item.findings["recipients"]
        assert (told["recipient"], told["status"]) == (address, status)
        assert told["severity"] == severity, address
        assert reason is None or told["reason"] == reason

    # Dead addresses are given up; nobody else is blamed.
    app = App.open(studio)
    with app.database.read() as session:
        given_up = {each.address for each in suppressions.listing(session)}
    app.close()
    assert given_up == {address for address, told in failed.items() if told and told[1] == "hard"}
    marked = dict(rows(studio, "SELECT address, bounce FROM deliveries WHERE bounce IS NOT NULL"))
    assert set(marked) == set(failed)
    counted = dict(rows(studio, "SELECT address, severity FROM bounces"))
    assert counted == {address: told[1] for address, told in failed.items() if told}

    # The same mails again, under other names: nothing happens twice.
    before = rows(studio, "SELECT count(*) FROM effects")
    new = postfix.maildir("bounce") / "new"
    for file in list(new.iterdir()):
        file.rename(postfix.maildir("bounce") / "cur" / f"{file.name}:2,S")
    assert run(["-q", "-C", str(studio), "inbox", "sync"]) == 0
    assert rows(studio, "SELECT count(*) FROM effects") == before
    assert {"good@reject.example"} == {
        address for message in far.accepted for address in message.recipients
    }


@pytest.mark.slow
def test_whatever_a_server_made_of_it_the_token_in_our_message_id_is_found(
    studio: Path, postfix: Postfix
) -> None:
    """Without an address of our own for bounces, the notice holds our Message-ID."""
    settings = (studio / "outreach.toml").read_text()
    lines = [line for line in settings.splitlines() if not line.startswith("bounce_address")]
    plain = "\n".join(lines).replace("anna@studio.example", "bounce@studio.example")
    (studio / "outreach.toml").write_text(plain)
    assert run(["-q", "-C", str(studio), "send", "--template", "news", "--yes"]) == 0
    (delivery,) = (
        row[0]
        for row in rows(studio, "SELECT id, address FROM deliveries")
        if row[1] == "nobody@studio.example"
    )
    items = take_in(studio, 7)
    (item,) = (each for each in items if each.email == "nobody@studio.example")
    assert (item.kind, item.rung, item.delivery_id) == (Kind.BOUNCE, "thread-id", delivery)
    app = App.open(studio)
    links = Links(signer=Signer(app.secrets), domain="x")
    returned = app.inbox.show(item.id).raw
    app.close()
    assert any(
        links.read_delivery(word.decode("ascii", "replace")) == delivery
        for word in returned.split()
    )


@pytest.mark.slow
@pytest.mark.parametrize("postfix", ["5m"], indirect=True)
def test_postfix_hands_bounces_over_and_waits_where_nobody_takes_them(
    studio: Path, postfix: Postfix, lmtp_port: int
) -> None:
    settings = (studio / "outreach.toml").read_text()
    (studio / "outreach.toml").write_text(
        settings.replace("bounce@studio.example", "letters@studio.example")
    )
    assert run(["-q", "-C", str(studio), "send", "--template", "news", "--yes"]) == 0
    time.sleep(1)  # the first bounces come back, and nobody listens
    assert rows(studio, "SELECT id FROM inbound") == []
    with program(studio, "inbox", "listen", "--lmtp", f"127.0.0.1:{lmtp_port}") as started:
        bounces = "SELECT id FROM inbound WHERE kind = 'bounce'"

        def seen() -> str:
            started.kill()
            found = rows(studio, "SELECT kind, subject, delivery_id FROM inbound")
            return f"{found}\n{started.communicate()}\n{postfix.log}"

        wait_for(lambda: len(rows(studio, bounces)) == 6, seconds=90, seen=seen)
        # Only now may it lose patience with what is put off, too.
        postfix.give_up_after("6s")
        wait_for(lambda: len(rows(studio, bounces)) == 7, seconds=90, seen=seen)
        ended(started)
    tied = rows(studio, "SELECT mailbox, rung FROM inbound WHERE kind = 'bounce'")
    assert set(tied) == {("lmtp", "address-token")}
    assert len(rows(studio, "SELECT DISTINCT delivery_id FROM inbound")) == 7
