"""`outreach inbox` and `outreach reply`, as a person or a script runs them."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate
from pathlib import Path

import click
import pytest

from outreach.app import App
from outreach.cli.main import run
from outreach.cli.output import Console
from outreach.storage import contacts, inbox
from outreach.storage.contacts import NewContact

BOUNCE = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: anna@berg.example\n"
    b"Subject: Undelivered\nMessage-ID: <b1@mx.example>\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    b"--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
    b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; bo@example.com\n"
    b"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n"
    b"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <x@y>\n\n--b--\n"
)
REPLY = (
    b"From: Ada <ada@example.com>\nTo: anna@berg.example\nSubject: A question\n"
    b"Message-ID: <r1@x.example>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\n"
    b"Do you also do boats?\n\n> quoted\n"
)
Printed = Callable[..., str]


@pytest.fixture
def studio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "studio"
    assert run(["init", str(folder)]) == 0
    for name in ("cur", "new", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    with (folder / "outreach.toml").open("a") as settings:
        settings.write('\n[mailboxes.anna]\nurl = "maildir:mail"\n')
    app = App.open(folder)
    with app.database.write() as session:
        new = NewContact(email="ada@example.com", tier="client", fields={"first_name": "Ada"})
        contacts.insert(session, new, app.clock())
    app.close()
    capsys.readouterr()
    return folder


@pytest.fixture
def printed(studio: Path, capsys: pytest.CaptureFixture[str]) -> Printed:
    def act(*arguments: str, code: int = 0) -> str:
        assert run(["-C", str(studio), *arguments]) == code
        return capsys.readouterr().out

    return act


def deliver(studio: Path, name: str, raw: bytes) -> None:
    (studio / "mail" / "new" / name).write_bytes(raw)


def test_from_a_mailbox_to_done(studio: Path, printed: Printed) -> None:
    deliver(studio, "1", REPLY)
    assert "1 new: 1 reply" in printed("inbox", "sync")
    assert "nothing new" in printed("inbox", "sync")
    assert "A question" in printed("inbox", "list")
    shown = printed("inbox", "show", "1")
    assert "Do you also do boats?" in shown
    assert "quoted" not in shown
    assert "answer by" in shown
    assert printed("inbox", "show", "1", "--raw").encode() == REPLY
    assert "we owe an answer" in printed("contacts", "show", "ada@example.com")
    assert "Done: 1." in printed("inbox", "done", "1")
    assert "Nothing waits" in printed("inbox", "list")


def test_what_is_late_is_said_to_be(studio: Path, printed: Printed) -> None:
    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    assert ", late" not in printed("inbox", "list")
    app = App.open(studio)
    with app.database.write() as session:
        inbox.change(session, 1, answer_by=app.clock() - timedelta(hours=1))
    app.close()
    assert ", late" in printed("inbox", "list")


def test_everything_prints_json(studio: Path, printed: Printed) -> None:
    deliver(studio, "1", REPLY)
    synced = json.loads(printed("inbox", "sync", "--json"))
    assert synced["mailboxes"] == [
        {"mailbox": "anna", "read": 1, "new": 1, "kinds": {"reply": 1}, "states": {"open": 1}}
    ]
    listed = json.loads(printed("inbox", "list", "--json"))
    assert listed["counts"] == {"open": 1}
    assert listed["mails"][0]["words"] == "Do you also do boats?"
    shown = json.loads(printed("inbox", "show", "1", "--json"))
    assert {each["effect"] for each in shown["effects"]} == {"touch", "clock"}
    changed = json.loads(
        printed("inbox", "reclass", "1", "absent", "--until", "2027-01-04", "--json")
    )
    assert changed["mail"]["kind"] == "absent"
    assigned = json.loads(printed("inbox", "assign", "1", "ada@example.com", "--json"))
    assert assigned["mail"]["rung"] == "person"
    assert json.loads(printed("inbox", "done", "1", "--json"))["mails"][0]["state"] == "done"
    owed = json.loads(printed("contacts", "show", "ada@example.com", "--json"))
    assert owed["owed"] == []


def test_a_mail_on_standard_input(
    studio: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 0):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REPLY)))
        synced = json.loads(printed("inbox", "sync", "-", "--json"))
        assert synced["mailboxes"][0]["new"] == number


def answer(studio: Path, to: str = "ada@example.com") -> bytes:
    """An answer of ours to the question, as a mail program files it."""
    return (
        f"From: anna@berg.example\nTo: {to}\nSubject: Re: A question\nMessage-ID: <a1@berg>\n"
        f"In-Reply-To: <r1@x.example>\nDate: {formatdate()}\n\nYes.\n"
    ).encode()


@pytest.mark.parametrize("apart", [False, True])
def test_what_was_answered_in_the_same_sync_waits_for_nobody(
    studio: Path, printed: Printed, apart: bool
) -> None:
    # The answer lies in the same mailbox, or in one that is read later.
    deliver(studio, "1", REPLY.replace(b"Mon, 23 Nov 2026 10:00:00 +0000", formatdate().encode()))
    place = studio / ("other" if apart else "mail")
    for name in ("cur", "new", "tmp"):
        (place / name).mkdir(parents=True, exist_ok=True)
        (place / ".Sent" / name).mkdir(parents=True)
    (place / ".Sent" / "cur" / "1:2,S").write_bytes(answer(studio))
    settings = (studio / "outreach.toml").read_text()
    settings = settings.replace('url = "maildir:mail"', 'url = "maildir:mail"\nsent = "Sent"')
    if apart:
        settings += '\n[mailboxes.bert]\nurl = "maildir:other"\nsent = "Sent"\n'
    (studio / "outreach.toml").write_text(settings)
    told = json.loads(printed("inbox", "sync", "--json"))["mailboxes"]
    assert told[0]["states"] == ({"done": 1} if apart else {"done": 1, "filed": 1})
    assert printed("inbox", "list") == "Nothing waits for you.\n"


def test_what_one_of_us_wrote_to_somebody_unknown_names_no_contact(
    studio: Path, printed: Printed
) -> None:
    for name in ("cur", "new", "tmp"):
        (studio / "mail" / ".Sent" / name).mkdir(parents=True)
    (studio / "mail" / ".Sent" / "cur" / "1:2,S").write_bytes(answer(studio, "new@x.example"))
    settings = (studio / "outreach.toml").read_text()
    settings = settings.replace('url = "maildir:mail"', 'url = "maildir:mail"\nsent = "Sent"')
    (studio / "outreach.toml").write_text(settings)
    printed("inbox", "sync")
    listed = printed("inbox", "list", "--all")
    assert "answer" in listed
    assert "anna@berg.example" not in listed


def test_a_mailbox_that_fails_does_not_keep_others_waiting(studio: Path, printed: Printed) -> None:
    with (studio / "outreach.toml").open("a") as settings:
        settings.write('\n[mailboxes.lost]\nurl = "mbox:nowhere/at/all"\n')
    deliver(studio, "1", REPLY)
    assert "1 new" in printed("inbox", "sync", code=6)
    printed("inbox", "sync", "lost", code=7)
    printed("inbox", "sync", "ana", code=3)


def test_explain_needs_no_workspace_and_records_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bounce.eml").write_bytes(BOUNCE)
    (tmp_path / "two.mbox").write_bytes(
        b"From x Mon Nov 23 10:00:00 2026\n"
        + REPLY
        + b"\nFrom y Mon Nov 23 10:00:00 2026\n"
        + BOUNCE
    )
    before = sorted(tmp_path.iterdir())
    assert run(["inbox", "explain", "bounce.eml"]) == 0
    text = capsys.readouterr().out
    assert "bounced: bo@example.com: 5.1.1, user-unknown (dead)" in text
    assert run(["inbox", "explain", "--json", "bounce.eml", "two.mbox"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["file"], line["kind"]) for line in lines] == [
        ("bounce.eml", "bounce"),
        ("two.mbox:1", "reply"),
        ("two.mbox:2", "bounce"),
    ]
    assert lines[0]["recipients"][0]["address_dead"] is True
    assert lines[1]["own_words"] == "Do you also do boats?"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REPLY)))
    assert run(["inbox", "explain"]) == 0
    assert "reply" in capsys.readouterr().out
    event = {"RecordType": "Bounce", "Type": "HardBounce", "Email": "bo@example.com"}
    event["Details"] = "550 5.1.1 no such user"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(event).encode())))
    assert run(["inbox", "explain"]) == 0
    text = capsys.readouterr().out
    assert "-: bounce (by postmark:HardBounce)\n  from: postmark\n" in text
    assert "  about: bo@example.com\n  bounced: bo@example.com: 5.1.1, user-unknown (dead)" in text
    (tmp_path / "no.json").write_text('{"RecordType": "Inbound"}')
    before = sorted(tmp_path.iterdir())
    assert run(["inbox", "explain", "bounce.eml", "no.json"]) == 6
    assert "switch on raw content in Postmark" in capsys.readouterr().err
    assert run(["inbox", "explain", "bounce.eml", "missing.eml"]) == 6
    assert run(["inbox", "explain", "missing.eml"]) == 2
    assert sorted(tmp_path.iterdir()) == before


def test_explain_takes_a_mail_to_have_come_when_its_mailbox_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    away = (
        b"From: Ada <ada@example.com>\nSubject: Automatic reply: x\n"
        b"Auto-Submitted: auto-replied\n\nI am away and back on 2 January.\n"
    )
    Path("box").write_bytes(b"From ada@example.com Sun Dec 21 09:00:00 2025\n" + away)
    for name in ("cur", "new", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    file = tmp_path / "mail" / "new" / "1"
    file.write_bytes(away)
    os.utime(file, (1608537600, 1608537600))  # 21 December 2020
    Path("one.eml").write_bytes(away)
    assert run(["inbox", "explain", "--json", "box", "mail", "one.eml"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["until"] for line in lines] == ["2026-01-02", "2021-01-02", None]


def test_explain_tells_what_an_unsubscribe_token_ends(studio: Path, printed: Printed) -> None:
    app = App.open(studio)
    mailto = replace(app.inbox.links, unsubscribe_address="x@y.example").unsubscribe_mailto(
        1, "newsletter"
    )
    app.close()
    assert mailto is not None
    token = mailto.rpartition("%20")[2]
    (studio / "out.eml").write_text(f"From: x@y.example\nSubject: unsubscribe {token}\n\n")
    told = printed("inbox", "explain", str(studio / "out.eml"))
    assert "opt-out (by unsubscribe-token)" in told
    assert "ends: newsletter, for contact 1" in told


def test_terminal_codes_of_a_stranger_are_shown_not_obeyed(studio: Path, printed: Printed) -> None:
    deliver(studio, "1", REPLY.replace(b"boats", b"b\x1b[2Joats").replace(b"A q", b"A\x1b[31m q"))
    printed("inbox", "sync")
    assert "\x1b" not in printed("inbox", "list") + printed("inbox", "show", "1")
    assert "\x1b" not in printed("inbox", "explain", str(studio / "mail" / "new" / "1"))


def test_reply_sends_through_the_transport(studio: Path, printed: Printed) -> None:
    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    (studio / "answer.txt").write_text("Yes, small ones.\n")
    said = printed("reply", "ada@example.com", "--text", str(studio / "answer.txt"), "--yes")
    assert "it answers mail 1" in said
    (sent,) = (studio / "outbox" / "new").iterdir()
    assert b"In-Reply-To: <r1@x.example>" in sent.read_bytes()
    assert "Nothing waits" in printed("inbox", "list")


def test_reply_asks_and_loses_no_text(
    studio: Path, printed: Printed, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    text = studio / "answer.txt"
    text.write_text("Yes.\n")
    printed("reply", "ada@example.com", "--text", str(text), code=5)
    assert run(["-C", str(studio), "reply", "ada@example.com", "--yes"]) == 2
    assert "--text" in capsys.readouterr().err
    blocked = studio / "outbox"
    blocked.write_text("no folder")
    assert run(["-C", str(studio), "reply", "ada@example.com", "--text", str(text), "--yes"]) != 0
    err = capsys.readouterr().err
    assert "what you wrote is kept" in err
    kept = Path(err.rpartition("--text ")[2].strip())
    assert kept.read_text() == "Yes.\n"
    kept.unlink()


def editor(studio: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Make $EDITOR a program that does this to the file that it is given."""
    script = studio / "editor.py"
    script.write_text(f"import sys\nfrom pathlib import Path\nfile = Path(sys.argv[1])\n{does}\n")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr(Console, "interactive", property(lambda _self: True))
    monkeypatch.setattr(tempfile, "tempdir", str(studio))


def drafts(studio: Path) -> list[Path]:
    return list(studio.glob("outreach-reply-*"))


def test_reply_opens_an_editor_with_what_they_wrote_and_asks(
    studio: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    editor(studio, monkeypatch, "file.write_text('Yes, small ones.' + file.read_text())")
    monkeypatch.setattr(click, "confirm", lambda *_a, **_k: True)
    assert "it answers mail 1" in printed("reply", "ada@example.com")
    (sent,) = (studio / "outbox" / "new").iterdir()
    text = sent.read_text()
    assert "Yes, small ones." in text
    assert "> Do you also do boats?" in text
    assert "In-Reply-To: <r1@x.example>" in text
    assert "References: <r1@x.example>" in text
    assert drafts(studio) == []


@pytest.mark.parametrize("name", ["EDITOR", "VISUAL", None])
def test_an_editor_that_was_chosen_needs_no_terminal(
    studio: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    editor(studio, monkeypatch, "file.write_text('Yes, small ones.')")
    monkeypatch.setattr(Console, "interactive", property(lambda _self: False))
    chosen = os.environ["EDITOR"]
    monkeypatch.delenv("EDITOR")
    if name is None:
        printed("reply", "ada@example.com", "--yes", code=2)
        return
    monkeypatch.setenv(name, chosen)
    printed("reply", "ada@example.com", code=5)
    assert "it answers mail 1" in printed("reply", "ada@example.com", "--yes")
    (sent,) = (studio / "outbox" / "new").iterdir()
    assert "Yes, small ones." in sent.read_text()


@pytest.mark.parametrize("does", ["pass", "file.write_text('  \\n')"])
def test_reply_is_given_up_where_nothing_is_written(
    studio: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    editor(studio, monkeypatch, does)
    printed("reply", "ada@example.com", "--yes", code=5)
    assert not (studio / "outbox" / "new").exists() or not list(
        (studio / "outbox" / "new").iterdir()
    )
    assert drafts(studio) == []


@pytest.mark.parametrize(
    ("does", "answered"),
    [
        # The editor breaks down after the text was saved; the person says no, or presses Ctrl-C.
        ("file.write_text('Yes.'); raise SystemExit(1)", True),
        ("file.write_text('Yes.')", False),
        ("file.write_text('Yes.')", None),
    ],
)
def test_reply_keeps_what_was_not_sent(  # noqa: PLR0917 - fixtures and cases
    studio: Path,
    printed: Printed,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    does: str,
    answered: bool | None,
) -> None:
    def confirm(*_arguments: object, **_how: object) -> bool:
        if answered is None:
            raise click.Abort
        return answered

    deliver(studio, "1", REPLY)
    printed("inbox", "sync")
    editor(studio, monkeypatch, does)
    monkeypatch.setattr(click, "confirm", confirm)
    assert run(["-C", str(studio), "reply", "ada@example.com"]) == 5
    (kept,) = drafts(studio)
    assert kept.read_text() == "Yes."
    assert f"--text {kept}" in capsys.readouterr().err
    said = printed("reply", "ada@example.com", "--text", str(kept), "--yes")
    assert "it answers mail 1" in said
    kept.unlink()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["inbox", "show", "99"], 2),
        (["inbox", "show", "99999999999999999999999"], 2),
        (["inbox", "show", "--", "-99999999999999999999999"], 2),
        (["inbox", "done", "99999999999999999999999"], 2),
        (["inbox", "reclass", "99999999999999999999999", "reply"], 2),
        (["reply", "ada@example.com", "--mail", "99999999999999999999999", "--yes"], 2),
        (["inbox", "assign", "99", "ada@example.com"], 2),
        (["inbox", "reclass", "1", "holiday"], 2),
        (["inbox", "reclass", "1", "absent", "--until", "soon"], 2),
        (["inbox", "list", "--state", "opne"], 2),
        (["inbox", "list", "--kind", "bonce"], 2),
        (["reply", "ada@example.com", "--yes"], 2),
        (["reply", "nobody@example.com"], 2),
    ],
)
def test_what_cannot_be_is_said(printed: Printed, arguments: list[str], code: int) -> None:
    printed(*arguments, code=code)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[mailboxes.Anna]\nurl = 'maildir:x'", "cannot be a mailbox"),
        ("[mailboxes.x]\nurl = 'pop3://a@b'", "needs a url"),
        ("[mailboxes.x]\nurl = 'imaps://a:secret@b'", "must not hold the password"),
        ("[mailboxes.x]\nurl = 'imaps://a@b'\nfolder = ['x']", 'did you mean "folders"'),
        ("[mailboxes.x]\nurl = 'imaps://a@b'\nfolders = []", "list of names"),
        ("[mailboxes.x]\nurl = 'mbox:x'\nfolders = ['a']", "folders are for IMAP"),
    ],
)
def test_mailboxes_that_cannot_be(
    studio: Path, capsys: pytest.CaptureFixture[str], table: str, said: str
) -> None:
    with (studio / "outreach.toml").open("a") as settings:
        settings.write(f"\n{table}\n")
    assert run(["-C", str(studio), "inbox", "sync"]) == 3
    err = capsys.readouterr().err
    assert said in err
    assert "secret" not in err


def test_from_a_proposal_to_a_contact(studio: Path, printed: Printed) -> None:
    for number, sender in enumerate(("Cy <cy@shop.example>", "sales@shop.example")):
        raw = REPLY.replace(b"Ada <ada@example.com>", sender.encode())
        deliver(studio, str(number), raw.replace(b"<r1@", b"<r%d@" % (number + 5)))
    printed("inbox", "sync")
    listed = printed("inbox", "proposals")
    assert "cy@shop.example" in listed
    assert "1 from them" in listed
    found = json.loads(printed("inbox", "proposals", "--json"))["proposals"]
    assert {each["address"] for each in found} == {"cy@shop.example", "sales@shop.example"}
    assert "is a contact now, with 1 mail." in printed("inbox", "accept", "cy@shop.example")
    assert "Declined" in printed("inbox", "decline", "sales@shop.example")
    assert "Nobody is proposed." in printed("inbox", "proposals")
    assert "we owe an answer" in printed("contacts", "show", "cy@shop.example")
    printed("inbox", "accept", "nobody@x.example", code=2)
