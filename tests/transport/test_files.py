"""Folders: whole messages or none, never one over another."""

import errno
import mailbox
import os

import pytest

from outreach.domain.feedback import Fault, Outcome
from outreach.transport.base import Envelope
from outreach.transport.files import EmlTransport, MaildirTransport

BOB = Envelope("bounce+abc@example.com", "bob@example.org")
MESSAGE = b"From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"


def test_other_programs_can_read_the_maildir(tmp_path):
    with MaildirTransport(tmp_path / "box").connect() as connection:
        connection.send(BOB, MESSAGE)
    [message] = mailbox.Maildir(tmp_path / "box", create=False)
    assert message["Subject"] == "x"
    assert message["Return-Path"] == "<bounce+abc@example.com>"
    assert message["Delivered-To"] == "bob@example.org"


@pytest.mark.parametrize(
    ("recipient", "name"),
    [
        ("bob@example.org", "bob@example.org.eml"),
        ("bob+x@example.org", "bob+x@example.org.eml"),
        ("../../etc/passwd@example.org", "_.._etc_passwd@example.org.eml"),
        ("иван@example.org", "____@example.org.eml"),
        ("a" * 300 + "@x", "a" * 100 + ".eml"),
        ("...", "message.eml"),
    ],
)
def test_eml_files_are_named_after_the_recipient(recipient, name, tmp_path):
    with EmlTransport(tmp_path).connect() as connection:
        for _ in range(3):
            receipt = connection.send(Envelope("a@example.com", recipient), MESSAGE)
            assert receipt.outcome is Outcome.ACCEPTED
    stem = name.removesuffix(".eml")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [name, f"{stem}-2.eml", f"{stem}-3.eml"]
    )


@pytest.mark.parametrize("kind", [MaildirTransport, EmlTransport])
@pytest.mark.parametrize("broken", ["write", "fsync"])
def test_a_full_disk_leaves_nothing_behind(kind, broken, tmp_path, monkeypatch):
    real = getattr(os, broken)

    def full(descriptor, *data):
        if broken == "write":
            real(descriptor, data[0][:10])  # part of it still fits
        raise OSError(errno.ENOSPC, "No space left on device")

    connection = kind(tmp_path).connect()
    with monkeypatch.context() as patched:
        patched.setattr(os, broken, full)
        receipt = connection.send(BOB, MESSAGE)
    assert (receipt.outcome, receipt.fault) == (Outcome.DEFERRED, Fault.CONNECTION)
    assert receipt.text == f"cannot write to {kind(tmp_path).name}: No space left on device"
    assert receipt.is_safe_elsewhere
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("kind", [MaildirTransport, EmlTransport])
def test_a_folder_that_cannot_be_made(kind, tmp_path):
    (tmp_path / "file").write_text("in the way")
    receipt = kind(tmp_path / "file" / "box").connect().send(BOB, MESSAGE)
    assert (receipt.outcome, receipt.fault) == (Outcome.DEFERRED, Fault.CONNECTION)
    assert "Not a directory" in receipt.text
