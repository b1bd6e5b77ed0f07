"""Mail in doubt, settled by what a mailbox holds or what comes back to it."""

import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.domain.clock import system_clock
from outreach.storage.database import Database
from outreach.testing import Accepted, Rule, ScriptedServer
from tests.e2e.workspace import Workspace
from tests.services.desk import add_contacts

PEOPLE = 6


@pytest.fixture
def workspace(sqlite_database: Database, tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "studio"
    folder.mkdir()
    made = Workspace(folder, sqlite_database.url.render_as_string())
    made.environ["OUTREACH_CONNECTIONS"] = "1"
    settings = folder / "outreach.toml"
    settings.write_text(
        settings.read_text() + '\n[mailboxes.anna]\nurl = "maildir:mail"\nsent = "Sent"\n'
    )
    add_contacts(made.database, [f"c{n}" for n in range(PEOPLE)], system_clock(), timezone="UTC")
    yield made
    made.database.close()


def doubtful(workspace: Workspace) -> dict[str, str]:
    """The Message-IDs of the mails in doubt, by address."""
    with workspace.database.read() as session:
        rows = session.execute(
            text("SELECT address, message_id FROM deliveries WHERE state = 'uncertain'")
        ).all()
    return dict(tuple(row) for row in rows)  # type: ignore[misc]


def of(server: ScriptedServer, address: str) -> Accepted:
    return next(each for each in server.accepted if each.recipients == (address,))


def test_copies_answers_and_notices_settle_what_is_in_doubt(workspace: Workspace) -> None:
    # It takes each of the first three, and the connection breaks before it can say so.
    rule = Rule("dot", drop=True, times=1, taken=True)
    with ScriptedServer(rule) as server:
        workspace.through(server)
        for _ in range(3):
            rule.used = 0
            workspace.send("--limit", "1", code=6)
        workspace.send()
        found = doubtful(workspace)
        assert len(found) == 3
        filed, answered, bounced = found
        folder = mailbox.Maildir(str(workspace.folder / "mail"))
        folder.add_folder("Sent").add(of(server, filed).data)
        key = workspace.key()
        printed = workspace.run("campaigns", "reconcile", key)
        assert "0 had bounced, 0 had arrived, 0 settled as you said, 3 in doubt" in printed
        printed = workspace.run("campaigns", "reconcile", key, "--mailbox", "anna")
        assert "1 were filed as sent" in printed
        assert "2 in doubt" in printed

        folder.add(
            f"From: {answered}\nTo: anna@studio.example\nSubject: Re: News\n"
            f"Message-ID: <1@example.com>\nIn-Reply-To: {found[answered]}\n\nThank you!\n".encode()
        )
        folder.add(notice(of(server, bounced).sender, bounced, found[bounced]))
        workspace.run("inbox", "sync", "anna")
        printed = workspace.run("campaigns", "reconcile", key)
        assert "1 had bounced, 1 had arrived, 0 settled as you said, 0 in doubt" in printed
        assert len(server.accepted) == PEOPLE
    assert workspace.states() == {"sent": PEOPLE - 1, "rejected": 1}
    assert "rejected" in workspace.run("why", bounced)
    assert "there is no mailbox" in workspace.run(
        "campaigns", "reconcile", key, "--mailbox", "ann", code=3
    )


def test_a_server_that_tries_on_has_the_mail(workspace: Workspace) -> None:
    rule = Rule("dot", drop=True, times=1, taken=True)
    with ScriptedServer(rule) as server:
        workspace.through(server)
        for _ in range(2):
            rule.used = 0
            workspace.send("--limit", "1", code=6)
        found = doubtful(workspace)
        late, full = found
        folder = mailbox.Maildir(str(workspace.folder / "mail"))
        said = {"action": "delayed", "status": "4.4.1", "diagnostic": "451 4.4.1 no answer"}
        for who in found:
            folder.add(notice(of(server, who).sender, who, found[who], **said))
        said = {"status": "5.2.2", "diagnostic": "552 5.2.2 mailbox full"}
        folder.add(notice(of(server, full).sender, full, found[full], **said))
        workspace.run("inbox", "sync", "anna")
        printed = workspace.run("campaigns", "reconcile", workspace.key())
        assert "1 had bounced, 0 had arrived, 1 are on their way" in printed
        assert "0 in doubt" in printed
    assert "it bounced: 552 5.2.2 mailbox full" in workspace.run(
        "campaigns", "show", workspace.key()
    )
    assert "sent on" in workspace.run("why", late)


def notice(
    to: str,
    about: str,
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 no such user",
) -> bytes:
    """A delivery report (RFC 3464); if nothing else is said, that an address does not exist."""
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nReturn-Path: <>\nDelivered-To: {to}\n"
        f"Subject: Undelivered Mail\nMIME-Version: 1.0\nMessage-ID: <{status}.{message_id[1:]}\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {about}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnostic}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\nTo: {about}\n\n"
        "--b--\n"
    ).encode()
