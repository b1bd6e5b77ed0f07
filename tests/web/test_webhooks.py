"""The pages that providers post to, over HTTP."""

import asyncio
import base64
import hashlib
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outreach.app import App
from outreach.cli.main import run
from outreach.errors import ConfigError, UnavailableError
from outreach.inbound.webhooks import Request, fetching
from outreach.testing import FrozenClock
from outreach.web import webhooks
from outreach.web.app import create_app
from tests.inbound.webhooks.senders import (
    COMPLAINT,
    DEAD,
    PUBLIC_KEY,
    SENDERS,
    TOPIC,
    Mailgun,
    Postmark,
    Sender,
    SendGrid,
    Shelf,
    name_of,
)

SETTINGS = f"""
[webhooks.ses]
provider = "ses"
topics = ["{TOPIC}"]

[webhooks.postmark]
provider = "postmark"

[webhooks.mailgun]
provider = "mailgun"

[webhooks.sendgrid]
provider = "sendgrid"
public_keys = ["{PUBLIC_KEY}"]
"""
SECRETS = {
    "OUTREACH_WEBHOOK_SECRET_POSTMARK": Postmark.secret,
    "OUTREACH_WEBHOOK_SECRET_MAILGUN": Mailgun.secret,
}

each_provider = pytest.mark.parametrize("sender", SENDERS, ids=name_of)


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    folder = tmp_path / "studio"
    assert run(["-q", "init", str(folder)]) == 0
    with (folder / "outreach.toml").open("a") as settings:
        settings.write(SETTINGS)
    return folder


@pytest.fixture
def app(studio: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setattr(fetching, "fetch", Shelf())
    opened = App.open(studio, clock=clock, environ=SECRETS)
    yield opened
    opened.close()


@pytest.fixture
def client(app: App) -> TestClient:
    return TestClient(create_app(app), raise_server_exceptions=False)


def send(client: TestClient, name: str, request: Request) -> int:
    answer = client.post(f"/webhooks/{name}", content=request.body, headers=dict(request.headers))
    assert "Traceback" not in answer.text
    return answer.status_code


def in_pieces(client: TestClient, request: Request, pieces: list[bytes]) -> int:
    """Post a body that comes in these pieces and never ends; return the status of the answer."""
    answered: list[int] = []

    async def receive() -> dict[str, object]:
        if not pieces:
            await asyncio.sleep(30)
        return {"type": "http.request", "body": pieces.pop(0), "more_body": True}

    async def told(message: MutableMapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            answered.append(int(str(message["status"])))

    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/sendgrid",
        "query_string": b"",
        "headers": headers,
    }
    asyncio.run(client.app(scope, receive, told))  # type: ignore[arg-type]
    return answered[0]


def content(studio: Path) -> list[str]:
    """Return all that the database holds, as one would dump it, and the bytes of its file."""
    with sqlite3.connect(studio / "outreach.db") as database:
        rows = list(database.iterdump())
    database.close()
    return [*rows, hashlib.sha256((studio / "outreach.db").read_bytes()).hexdigest()]


def kinds(app: App) -> list[str]:
    return [item.kind.value for item in app.inbox.listing()]


@each_provider
def test_what_proves_its_origin_is_recorded(client: TestClient, app: App, sender: Sender) -> None:
    for _ in range(2):
        assert send(client, sender.name, sender.event(DEAD[sender.name])) == 204
    assert kinds(app) == ["bounce"]
    assert send(client, sender.name, sender.mail(b"Subject: Hello\r\n\r\nHi.\r\n", "a@b.c")) == 204
    assert sorted(kinds(app)) == ["bounce", "reply"]


@each_provider
def test_what_does_not_changes_nothing(
    client: TestClient, app: App, studio: Path, sender: Sender
) -> None:
    # A first good one, so that everything that is made once is there.
    assert send(client, sender.name, sender.event(DEAD[sender.name], 1)) == 204
    app.close()
    before = content(studio)
    good = sender.event(COMPLAINT[sender.name], 2)
    nobody = base64.b64encode(b"x:y").decode()
    forged = [
        Request({}, good.body),
        Request({**good.headers, "authorization": f"Basic {nobody}"}, good.body + b" "),
        Request(good.headers, good.body.replace(b"2", b"3")),
        Request(good.headers, b""),
        Request(good.headers, b"{}"),
        Request(good.headers, b"[]"),
        Request({"content-type": "application/json"}, b'{"event":"spamreport"}'),
        Request({"content-type": "multipart/form-data; boundary=x"}, b"--x--"),
    ]
    # Its password covers no body, so a Postmark request with it is Postmark's.
    chosen = [
        each
        for each in forged
        if not isinstance(sender, Postmark)
        or each.headers.get("authorization") != good.headers["authorization"]
    ]
    if isinstance(sender, Mailgun):
        chosen = [each for each in chosen if each.body not in (good.body, good.body + b" ")]
    if sender.name == "ses":
        chosen = [each for each in chosen if each.body not in (good.body, good.body + b" ")]
    assert len(chosen) >= 4
    for request in chosen:
        assert send(client, sender.name, request) in (403, 422)
    app.close()
    assert content(studio) == before


def test_only_what_is_declared_is_there(client: TestClient) -> None:
    request = Postmark().event(DEAD["postmark"])
    assert send(client, "other", request) == 404
    assert client.get("/webhooks/postmark").status_code == 405
    assert client.get("/").status_code == 404
    assert client.post("/webhooks/postmark/../../etc", content=b"").status_code == 404
    assert send(client, "mailgun/mime", Mailgun().mail(b"Subject: x\r\n\r\ny", "a@b.c")) == 204


def test_a_body_that_is_too_large_is_not_read(
    client: TestClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(app.receivers["sendgrid"]), "largest", 1000)
    request = SendGrid().event([{**DEAD["sendgrid"], "x": "y" * 2000}])
    assert send(client, "sendgrid", request) == 413

    pieces = [request.body[:900], request.body[900:], b"more than had to be read"]
    assert in_pieces(client, request, pieces) == 413
    assert len(pieces) == 1
    monkeypatch.setattr(webhooks, "MEMORY", 100)
    small = SendGrid().event(DEAD["sendgrid"])
    assert send(client, "sendgrid", small) == 503
    monkeypatch.setattr(webhooks, "MEMORY", 1 << 20)
    # What was refused holds nothing any more.
    assert send(client, "sendgrid", small) == 204


def test_a_body_that_never_ends_is_given_up(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "PATIENCE", 0.2)
    request = SendGrid().event(DEAD["sendgrid"])
    assert in_pieces(client, request, [request.body[:10]]) == 408


def test_what_cannot_be_recorded_is_asked_for_again(
    client: TestClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_arguments: object, **_how: object) -> None:
        raise UnavailableError("the database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(app.inbox, "take", locked)
        answer = client.post(
            "/webhooks/postmark",
            content=Postmark().event(DEAD["postmark"]).body,
            headers=dict(Postmark().event(DEAD["postmark"]).headers),
        )
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "locked" not in answer.text
    assert send(client, "postmark", Postmark().event(DEAD["postmark"])) == 204


def test_a_webhook_that_could_prove_nothing_is_not_served(studio: Path) -> None:
    opened = App.open(studio, environ={})
    with pytest.raises(ConfigError, match=r"\[webhooks.postmark\] needs a secret") as caught:
        create_app(opened)
    assert "OUTREACH_WEBHOOK_SECRET_POSTMARK" in str(caught.value)
    opened.close()


def status_of(asked: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(asked) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_serve_from_its_start_to_sigterm(studio: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "outreach", "-C", str(studio), "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=SECRETS,
    )
    try:
        assert started.stderr is not None
        line = started.stderr.readline()
        found = re.search(r"on (http://127\.0\.0\.1:\d+)", line)
        assert found, line + started.stderr.read()
        good = Postmark().event(DEAD["postmark"])
        for headers, status in ((good.headers, 204), ({}, 403)):
            asked = urllib.request.Request(
                f"{found[1]}/webhooks/postmark", good.body, dict(headers), method="POST"
            )
            assert status_of(asked) == status
        started.send_signal(signal.SIGTERM)
        out, err = started.communicate(timeout=20)
        assert started.returncode == 0
        assert "Answered 2 requests" in out
        assert "webhook postmark: 1 new" in err
        assert "refused" in err
        assert "password" in err
        assert Postmark.secret not in err
    finally:
        started.kill()
        started.communicate()


def test_nothing_to_serve_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bare"
    assert run(["-q", "init", str(folder)]) == 0
    assert run(["-C", str(folder), "serve"]) == 3
    assert "[webhooks.postmark]" in capsys.readouterr().err
