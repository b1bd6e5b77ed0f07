"""What every transport must do, whatever the next hop is."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.domain.causes import Step
from outreach.domain.feedback import Fault, Outcome
from outreach.rendering.headers import Mailbox
from outreach.rendering.message import Mail, Manner, build_message
from outreach.testing import MemoryTransport, ScriptedServer, make_certificate
from outreach.transport.base import Envelope, Transport
from outreach.transport.failover import FailoverTransport
from outreach.transport.files import EmlTransport, MaildirTransport
from outreach.transport.smtp import Security, SmtpTransport

ENVELOPE = Envelope("bounce+abc@example.com", "bob@example.org", "abc")
MESSAGE = build_message(
    Mail(
        manner=Manner.CHECK_IN,
        sender=Mailbox("anna@example.com", "Anna"),
        recipient=Mailbox("bob@example.org"),
        subject="Grüße",
        date=datetime(2026, 12, 1, tzinfo=UTC),
        message_id="<abc@example.com>",
        text="Hello\n",
    )
)


@dataclass
class Hop:
    """A transport, and a way to look at what came out at its other end."""

    transport: Transport
    taken: object


def read_eml(folder: Path):
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


def read_maildir(folder: Path):
    found = []
    for path in sorted((folder / "new").glob("*")):
        sender, recipient, message = path.read_bytes().split(b"\r\n", 2)
        assert sender.startswith(b"Return-Path: <")
        assert recipient.startswith(b"Delivered-To: bob")
        found.append(message)
    assert not list((folder / "tmp").glob("*"))
    return found


@pytest.fixture(
    params=["smtp", "smtp-plain", "starttls", "smtps", "maildir", "eml", "memory", "failover"]
)
def hop(request, tmp_path):
    kind = request.param
    if kind == "maildir":
        folder = tmp_path / "box"
        yield Hop(MaildirTransport(folder), lambda: read_maildir(folder))
    elif kind == "eml":
        folder = tmp_path / "out"
        yield Hop(EmlTransport(folder), lambda: read_eml(folder))
    elif kind == "memory":
        memory = MemoryTransport()
        yield Hop(memory, lambda: [sent.data for sent in memory.sent])
    elif kind == "failover":
        memory = MemoryTransport()
        gone = SmtpTransport(host="127.0.0.1", port=1, security=Security.OFF)
        yield Hop(FailoverTransport((gone, memory)), lambda: [sent.data for sent in memory.sent])
    else:
        secure = kind in ("starttls", "smtps")
        certificate = make_certificate(tmp_path) if secure else None
        extensions = ScriptedServer.USUAL if kind != "smtp-plain" else ()
        security = {"starttls": Security.STARTTLS, "smtps": Security.IMPLICIT}
        with ScriptedServer(
            certificate=certificate, implicit=kind == "smtps", extensions=extensions
        ) as server:
            transport = SmtpTransport(
                host="127.0.0.1",
                port=server.port,
                security=security.get(kind, Security.OFF),
                ca_file=str(certificate.authority_file) if certificate else None,
            )
            yield Hop(transport, lambda: server.data)


def test_a_message_arrives_as_it_is(hop):
    with hop.transport.connect() as connection:
        receipt = connection.send(ENVELOPE, MESSAGE)
    assert receipt.outcome is Outcome.ACCEPTED
    assert (receipt.fault, receipt.cause, receipt.retry_after) == (None, None, None)
    assert receipt.step is Step.CONTENT
    assert receipt.text
    assert receipt.server
    assert not receipt.is_safe_elsewhere
    assert hop.taken() == [MESSAGE]


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@example.com\r\n\r\n",
        b"From: a@example.com\r\n\r\n.\r\n",
        b"From: a@example.com\r\n\r\n.\r\n..\r\n.a\r\n\r\n.\r\n",
        b".leading: dot\r\n\r\nx\r\n",
        b"From: a@example.com\r\n\r\ntrailing blanks  \r\n\t\r\n\r\n\r\n",
        b"From: a@example.com\r\n\r\n" + b"x" * 998 + b"\r\n" * 3,
        b"From: a@example.com\r\n\r\n" + b"0123456789abcde\r\n" * 100_000,
    ],
)
def test_every_byte_arrives(hop, data):
    with hop.transport.connect() as connection:
        assert connection.send(ENVELOPE, data).outcome is Outcome.ACCEPTED
    assert hop.taken() == [data]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"From: a@example.com\r\n\r\nno end",
        b"From: a@example.com\r\n\r\nbare\nfeed\r\n",
        b"From: a@example.com\r\n\r\nbare\rreturn\r\n",
        b"From: a@example.com\r\n\r\n\n.\r\nMAIL FROM:<evil@example.net>\r\n",
        b"From: a@example.com\r\n\r\n\r\n.\nMAIL FROM:<evil@example.net>\r\n",
        b"From: a@example.com\r\n\r\nnul\0\r\n",
    ],
)
def test_what_could_smuggle_a_message_is_refused(hop, data):
    with hop.transport.connect() as connection:
        receipt = connection.send(ENVELOPE, data)
        assert (receipt.outcome, receipt.fault) == (Outcome.REJECTED, Fault.MESSAGE)
        assert connection.send(ENVELOPE, MESSAGE).outcome is Outcome.ACCEPTED
    assert hop.taken() == [MESSAGE]


@pytest.mark.parametrize(
    ("envelope", "fault"),
    [
        (Envelope("a@example.com", "b@example.org\r\nDATA"), Fault.ADDRESS),
        (Envelope("a@example.com", "b@example.org>\nx"), Fault.ADDRESS),
        (Envelope("a@example.com", "b c@example.org"), Fault.ADDRESS),
        (Envelope("a@example.com", ""), Fault.ADDRESS),
        (Envelope("a@example.com", "\ud800@example.org"), Fault.ADDRESS),
        (Envelope("a@example.com> SIZE=1", "b@example.org"), Fault.CONNECTION),
    ],
)
def test_no_address_can_be_a_command(hop, envelope, fault):
    with hop.transport.connect() as connection:
        receipt = connection.send(envelope, MESSAGE)
    assert (receipt.outcome, receipt.fault) == (Outcome.REJECTED, fault)
    assert hop.taken() == []


def test_many_messages_on_one_connection_keep_their_order(hop):
    messages = [MESSAGE + f"{number}\r\n".encode() for number in range(30)]
    with hop.transport.connect() as connection:
        for number, message in enumerate(messages):
            envelope = Envelope("", f"bob{number:03}@example.org", f"id-{number}")
            assert connection.send(envelope, message).outcome is Outcome.ACCEPTED
    assert hop.taken() == messages


def test_threads_have_connections_of_their_own(hop):
    messages = [[MESSAGE + f"{a}.{b}\r\n".encode() for b in range(20)] for a in range(4)]
    outcomes = []

    def work(mine):
        with hop.transport.connect() as connection:
            outcomes.extend(connection.send(ENVELOPE, message).outcome for message in mine)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Outcome.ACCEPTED] * 80
    taken = hop.taken()
    assert len(taken) == 80
    assert set(taken) == {message for mine in messages for message in mine}


def test_the_same_message_twice_is_two(hop):
    # Whether that is right is for the ledger to say; a transport hides nothing.
    with hop.transport.connect() as connection:
        for _ in range(2):
            assert connection.send(ENVELOPE, MESSAGE).outcome is Outcome.ACCEPTED
    assert hop.taken() == [MESSAGE, MESSAGE]


def test_closing_is_harmless(hop):
    connection = hop.transport.connect()
    connection.close()
    connection.send(ENVELOPE, MESSAGE)
    connection.close()
    connection.close()
    assert hop.taken() == [MESSAGE]


def test_names_are_fit_to_be_shown(hop):
    assert hop.transport.name
    assert hop.transport.name.isprintable()
