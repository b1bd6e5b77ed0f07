"""Mailboxes of every kind, filled by tests as a mail server would fill them."""

import imaplib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from outreach.inbound.imap import Imap, ImapUrl
from outreach.inbound.sources import Maildir, Mbox, Source
from tests.dovecot import PASSWORD, USER, Dovecot

SENT = "Gesendete Objekte & mehr"


class Box(Protocol):
    """A mailbox with an inbox and a folder for sent mail."""

    inbox: str

    def put(self, raw: bytes, when: datetime, *, sent: bool = False) -> None: ...

    def renumber(self) -> None:
        """Do what makes a program forget what it knew of the inbox."""

    def source(self) -> Source: ...

    def state(self) -> object:
        """All that reading must not change."""


class MaildirBox:
    inbox = "INBOX"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "Maildir"
        self.count = 0
        for place in (self.folder, self.folder / ".Sent"):
            for name in ("cur", "new", "tmp"):
                (place / name).mkdir(parents=True)

    def put(self, raw: bytes, when: datetime, *, sent: bool = False) -> None:
        self.count += 1
        place = self.folder / (".Sent" if sent else "")
        name = f"{int(when.timestamp())}.M{self.count}.host"
        waiting = place / "tmp" / name
        waiting.write_bytes(raw)
        os.utime(waiting, (when.timestamp(), when.timestamp()))
        waiting.rename(place / "new" / name)

    def renumber(self) -> None:
        """Mark everything as read, which gives every file another name."""
        time.sleep(0.01)
        for file in (self.folder / "new").iterdir():
            file.rename(self.folder / "cur" / f"{file.name}:2,S")

    def source(self) -> Maildir:
        return Maildir("anna", self.folder, sent="Sent")

    def state(self) -> object:
        return sorted(str(path) for path in self.folder.rglob("*"))


class MboxBox:
    inbox = "anna.mbox"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "anna.mbox"
        self.sent = folder / "sent.mbox"
        for file in (self.file, self.sent):
            file.write_bytes(b"")

    def put(self, raw: bytes, when: datetime, *, sent: bool = False) -> None:
        lines = raw.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
        quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
        head = f"From anna@example.com {when.astimezone(UTC):%a %b %d %H:%M:%S %Y}\n".encode()
        with (self.sent if sent else self.file).open("ab") as opened:
            opened.write(head + b"\n".join(quoted) + b"\n\n")

    def renumber(self) -> None:
        """Remove the first mail, as a mail program does that compacts the file."""
        text = self.file.read_bytes()
        second = text.find(b"\nFrom ", 1)
        self.file.write_bytes(text[second + 1 :])

    def source(self) -> Mbox:
        return Mbox("anna", self.file, sent=self.sent)

    def state(self) -> object:
        return self.file.read_bytes(), self.sent.read_bytes()


class ImapBox:
    inbox = "INBOX"

    def __init__(self, server: Dovecot) -> None:
        self.server = server

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.server.port, timeout=10)
        client.authenticate("PLAIN", lambda _challenge: f"\0{USER}\0{PASSWORD}".encode())
        return client

    def put(self, raw: bytes, when: datetime, *, sent: bool = False) -> None:
        client = self.client()
        folder = '"Gesendete Objekte &- mehr"' if sent else "INBOX"
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        status, said = client.append(folder, "", imaplib.Time2Internaldate(when), raw)
        assert status == "OK", said
        client.logout()

    def renumber(self) -> None:
        """Give the folder another UIDVALIDITY, as a server does that lost its index."""
        mail = self.server.folder / "mail"
        (mail / "dovecot-uidlist").unlink(missing_ok=True)
        for index in mail.glob("dovecot.index*"):
            index.unlink()
        for validity in mail.glob("dovecot-uidvalidity*"):
            validity.unlink()
        time.sleep(1.1)  # its UIDVALIDITY is a time in seconds

    def source(self, port: int | None = None) -> Imap:
        url = ImapUrl.parse(f"imap://anna%40example.com@127.0.0.1:{port or self.server.port}")
        return Imap("anna", url, lambda _user, _host: PASSWORD, timeout=10, sleep=lambda _: None)

    def state(self) -> object:
        client = self.client()
        found = []
        for folder in ("INBOX", '"Gesendete Objekte &- mehr"'):
            client.select(folder, readonly=True)
            _, told = client.uid("SEARCH", "UNSEEN")
            found.append(told)
        client.logout()
        return found


@pytest.fixture(params=["maildir", "mbox", "imap"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """A mailbox; the test runs once for each kind there is."""
    if request.param == "maildir":
        yield MaildirBox(tmp_path)
    elif request.param == "mbox":
        yield MboxBox(tmp_path)
    else:
        yield ImapBox(request.getfixturevalue("dovecot"))
