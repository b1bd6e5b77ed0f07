"""IMAP where it is hard: lines that break, folders renumbered, odd servers, names in any script."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import ConfigError, UnavailableError
from outreach.inbound import imap
from outreach.inbound.imap import Imap, ImapUrl, decode_folder, encode_folder
from outreach.inbound.sources import Position, Received, fingerprint
from tests.dovecot import PASSWORD, USER, Dovecot, make_token
from tests.mailboxes import SENT, ImapBox

WHEN = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


def mail(number: int, size: int = 10) -> bytes:
    return f"Message-ID: <{number}@example.org>\nSubject: s\n\n".encode() + b"x" * size + b"\n"


class Cutter:
    """A line to a server that breaks after so many octets from it, again and again."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self.target = port
        self.cuts = cuts
        self.connections = 0
        self.open: list[socket.socket] = []
        self.threads: list[threading.Thread] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._start(self._listen)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            room = self.cuts.pop(0) if self.cuts else 1 << 40
            server = socket.create_connection(("127.0.0.1", self.target))
            self.open += [client, server]
            for way in ((client, server, 1 << 40), (server, client, room)):
                self._start(self._pass, *way)

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket, room: int) -> None:
        with suppress(OSError):
            while room > 0 and (data := source.recv(4096)):
                sink.sendall(data[:room])
                room -= len(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for each in self.open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)
        for each in (*self.open, self.listener):
            each.close()


@pytest.fixture
def box(dovecot: Dovecot) -> ImapBox:
    return ImapBox(dovecot)


def numbers(mails: list[Received]) -> list[bytes]:
    return [each.raw.partition(b"<")[2].partition(b"@")[0] for each in mails]


def test_a_line_that_breaks_costs_no_mail(box: ImapBox) -> None:
    for number in range(6):
        box.put(mail(number, 20_000), WHEN)
    cutter = Cutter(box.server.port, [700, 30_000, 3_000, 90_000])
    try:
        found = list(box.source(cutter.port).read({}))
    finally:
        cutter.close()
    assert {fingerprint(each.raw) for each in found} == {
        fingerprint(mail(number, 20_000)) for number in range(6)
    }
    assert cutter.connections >= 4


def test_a_line_that_always_breaks_is_given_up(box: ImapBox) -> None:
    box.put(mail(1, 50_000), WHEN)
    cutter = Cutter(box.server.port, [4_000] * 20)
    try:
        with pytest.raises(UnavailableError) as caught:
            list(box.source(cutter.port).read({}))
    finally:
        cutter.close()
    assert PASSWORD not in str(caught.value)
    assert cutter.connections == 4


def test_a_wrong_password_is_said_once_and_not_shown(box: ImapBox) -> None:
    url = ImapUrl.parse(f"imap://anna%40example.com@127.0.0.1:{box.server.port}")
    source = Imap("anna", url, lambda _user, _host: "wrong-secret", timeout=10)
    with pytest.raises(ConfigError, match="refused the login") as caught:
        list(source.read({}))
    assert "wrong-secret" not in str(caught.value)


def test_a_token_opens_the_mailbox(box: ImapBox) -> None:
    box.put(mail(1), WHEN)
    asked: list[str] = []

    def token(user: str, _host: str) -> str:
        asked.append(user)
        return make_token(user)

    url = ImapUrl.parse(f"imap://anna%40example.com@127.0.0.1:{box.server.port}")
    source = Imap("anna", url, token, auth="xoauth2", timeout=10)
    assert numbers(list(source.read({}))) == [b"1"]
    assert list(source.read({"INBOX": Position("", 0)}))
    assert asked == [USER, USER]  # a token does not last, so each login asks for one


def test_a_token_that_is_refused_is_said_and_not_shown(box: ImapBox) -> None:
    url = ImapUrl.parse(f"imap://anna%40example.com@127.0.0.1:{box.server.port}")
    forged = make_token(USER, key=b"another")
    source = Imap("anna", url, lambda _user, _host: forged, auth="xoauth2", timeout=10)
    with pytest.raises(ConfigError, match="refused the login") as caught:
        list(source.read({}))
    assert "token" in str(caught.value)
    assert forged not in str(caught.value)


def test_no_password_names_the_variable() -> None:
    source = Imap("anna", ImapUrl.parse("imaps://anna@mail.example"), lambda _user, _host: None)
    with pytest.raises(ConfigError) as caught:
        list(source.read({}))
    assert "OUTREACH_IMAP_PASSWORD_ANNA" in (caught.value.problems[0].hint or "")


def test_no_password_goes_unencrypted_to_another_machine(
    box: ImapBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImapUrl, "is_loopback", property(lambda _: False))
    with pytest.raises(UnavailableError, match="offers no encryption"):
        list(box.source().read({}))
    log = box.server.folder / "log"
    assert not log.exists() or "Login: user" not in log.read_text()


def test_a_folder_that_is_not_there_is_named(box: ImapBox) -> None:
    source = box.source()
    source.folders = ("Inbóx",)
    with pytest.raises(UnavailableError, match="no folder Inbóx"):
        list(source.read({}))


def test_the_sent_folder_is_the_one_that_the_server_names(box: ImapBox) -> None:
    box.put(mail(1), WHEN, sent=True)
    (found,) = box.source().read({})
    assert (found.folder, found.is_ours) == (SENT, True)
    without = box.source()
    without.sent = ""
    assert list(without.read({})) == []


def test_what_was_deleted_meanwhile_is_passed_over(box: ImapBox) -> None:
    for number in range(4):
        box.put(mail(number), WHEN + timedelta(seconds=number))
    reading = box.source().read({})
    client = box.client()
    client.select("INBOX")
    client.uid("STORE", "2:3", "+FLAGS.SILENT", r"(\Deleted)")
    client.expunge()
    client.logout()
    found = list(reading)
    assert numbers(found) == [b"0", b"3"]
    assert [each.position.value for each in found if each.position] == [1, 4]


def test_mails_are_fetched_in_small_groups(box: ImapBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_GROUP_SIZE", 5_000)
    monkeypatch.setattr(imap, "_SPAN", 4)
    sizes = [10, 10, 10, 10, 6_000, 10, 3_000, 3_000, 10]
    for number, size in enumerate(sizes):
        box.put(mail(number, size), WHEN)
    asked: list[str] = []
    fetch = Imap._fetch

    def watched(client: object, group: list[int]) -> Iterator[object]:
        asked.append(imap._set(group))
        return fetch(client, group)  # type: ignore[arg-type]

    monkeypatch.setattr(Imap, "_fetch", staticmethod(watched))
    source = box.source()
    source._most_at_once = 3
    assert len(list(source.read({}))) == len(sizes)
    assert asked[0] == "1:3"
    assert "5" in asked


def test_a_folder_that_is_renumbered_while_it_is_read_is_read_anew(box: ImapBox) -> None:
    for number in range(3):
        box.put(mail(number), WHEN)
    source = box.source()
    source._most_at_once = 1
    reading = source.read({})
    first = next(reading)
    assert source._client is not None
    source._client.socket().shutdown(socket.SHUT_RDWR)
    box.renumber()
    rest = list(reading)
    assert sorted(numbers(rest)) == [b"0", b"1", b"2"]
    epochs = {each.position.epoch for each in (first, *rest) if each.position}
    assert len(epochs) == 2


def test_a_mail_of_many_megabytes_comes_whole(box: ImapBox) -> None:
    box.put(mail(1, 20_000_000), WHEN)
    box.put(mail(2), WHEN)
    found = list(box.source().read({}))
    assert [len(each.raw) > 20_000_000 for each in found] == [True, False]


def waiting(box: ImapBox, stopped: threading.Event, seconds: float = 20) -> threading.Thread:
    source = box.source()
    thread = threading.Thread(target=source.wait, args=(seconds, stopped))
    thread.start()
    for _ in range(40):
        if "Login" in (box.server.folder / "log").read_text():
            break
        thread.join(0.1)
    thread.join(0.5)
    assert thread.is_alive()
    return thread


def test_news_wake_who_waits(box: ImapBox) -> None:
    thread = waiting(box, threading.Event())
    box.put(mail(1), WHEN)
    thread.join(15)
    assert not thread.is_alive()


def test_news_in_another_folder_wake_who_waits(
    box: ImapBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "ASK_AGAIN", 0.3)
    thread = waiting(box, threading.Event())
    box.put(mail(1), WHEN, sent=True)
    thread.join(15)
    assert not thread.is_alive()


@pytest.mark.parametrize("sent", [False, True])
def test_what_came_while_the_last_was_recorded_is_not_waited_for(box: ImapBox, sent: bool) -> None:
    box.put(mail(1), WHEN)
    box.put(mail(2), WHEN, sent=True)
    source = box.source()
    assert len(list(source.read({}))) == 2
    box.put(mail(3), WHEN, sent=sent)
    began = time.monotonic()
    source.wait(20, threading.Event())
    assert time.monotonic() - began < 5


def test_what_was_read_is_no_news(box: ImapBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "ASK_AGAIN", 0.2)
    box.put(mail(1), WHEN)
    box.put(mail(2), WHEN, sent=True)
    source = box.source()
    assert len(list(source.read({}))) == 2
    began = time.monotonic()
    source.wait(1, threading.Event())
    assert time.monotonic() - began >= 1


def test_who_waits_may_be_called_off(box: ImapBox) -> None:
    stopped = threading.Event()
    thread = waiting(box, stopped)
    stopped.set()
    thread.join(5)
    assert not thread.is_alive()


def test_without_news_waiting_ends(box: ImapBox) -> None:
    began = time.monotonic()
    box.source().wait(0.3, threading.Event())
    assert 0.3 <= time.monotonic() - began < 5


def test_runs_of_numbers() -> None:
    assert imap._set([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_names_of_folders_in_any_script(name: str) -> None:
    assert decode_folder(encode_folder(name)) == name
    assert encode_folder(name).isascii()


@pytest.mark.parametrize(
    ("name", "coded"),
    [("Entwürfe", "Entw&APw-rfe"), ("a & b", "a &- b"), ("台北", "&U,BTFw-")],
)
def test_names_as_the_standard_writes_them(name: str, coded: str) -> None:
    assert encode_folder(name) == coded


@pytest.mark.parametrize(
    "url", ["imaps://host", "http://a@b", "imaps://a:pw@host", "imaps://a@host:99999"]
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|port"):
        ImapUrl.parse(url)
