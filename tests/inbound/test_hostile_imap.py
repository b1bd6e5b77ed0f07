"""IMAP servers that lie, mix up, fall silent or hold back."""

import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from outreach.errors import ConfigError, UnavailableError
from outreach.inbound.imap import Imap, ImapUrl
from outreach.inbound.sources import Position, Received

RAW = {uid: b"Message-ID: <%d@x>\r\nSubject: s\r\n\r\nHello.\r\n" % uid for uid in range(1, 7)}
Answer = Callable[["Server", bytes, bytes], bytes]


class Server:
    """A mailbox of six mails; `answer` may put another answer in the place of the usual one."""

    def __init__(self, answer: Answer | None = None, greeting: bytes = b"* OK hello\r\n") -> None:
        self.answer = answer
        self.greeting = greeting
        self.validity = 1
        self.connections = 0
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._start(self._listen)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(client)
            self._start(self._talk, client)

    def _talk(self, client: socket.socket) -> None:
        with suppress(OSError), client.makefile("rb") as lines:
            client.sendall(self.greeting)
            for line in lines:
                tag, _, command = line.strip().partition(b" ")
                self.asked.append(command)
                if command.startswith(b"AUTHENTICATE"):
                    client.sendall(b"+ \r\n")
                    lines.readline()
                usual = self.usual(tag, command)
                said = self.answer(self, tag, command) if self.answer else b""
                client.sendall(said or usual)
                if b"BREAK" in said:
                    client.shutdown(socket.SHUT_RDWR)
                    return

    def usual(self, tag: bytes, command: bytes) -> bytes:
        done = tag + b" OK done\r\n"
        if command.startswith(b"CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + done
        if command.startswith(b"EXAMINE"):
            return (
                b"* 6 EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT 7] x\r\n" % self.validity
            ) + done
        if command.startswith(b"UID SEARCH"):
            found = wanted(b"UID SEARCH " + command.rpartition(b" ")[2])
            return b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in found) + done
        if command.startswith(b"UID FETCH"):
            return self.fetched(command) + done
        return done

    def fetched(self, command: bytes, order: Callable[[list[int]], list[int]] = list) -> bytes:
        uids = order(wanted(command))
        if b"BODY" not in command:
            return b"".join(
                b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, uid, len(RAW[uid]))
                for uid in uids
            )
        return b"".join(self.mail(uid) for uid in uids)

    @staticmethod
    def mail(uid: int) -> bytes:
        raw = RAW[uid]
        return (
            b'* %d FETCH (UID %d INTERNALDATE "23-Nov-2026 10:30:00 +0000" BODY[] {%d}\r\n'
            % (uid, uid, len(raw))
            + raw
            + b")\r\n"
        )

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for client in self._open:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in (*self._open, self._listener):
            each.close()


def wanted(command: bytes) -> list[int]:
    """Return the UIDs that a command names."""
    found: list[int] = []
    for part in command.split(b" ")[2].split(b","):
        low, _, high = part.partition(b":")
        found += range(int(low), int(high or low) + 1)
    return [uid for uid in found if uid in RAW]


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*arguments: object, **how: object) -> Server:
        servers.append(Server(*arguments, **how))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def source(server: Server, timeout: float = 5) -> Imap:
    url = ImapUrl.parse(f"imap://anna@127.0.0.1:{server.port}")
    return Imap("anna", url, lambda *_: "pw", sent="", timeout=timeout, sleep=lambda _: None)


def read(server: Server, **how: float) -> list[Received]:
    return list(source(server, **how).read({}))


def uids(mails: list[Received]) -> list[int]:
    return [each.position.value for each in mails if each.position]


def bodies(answer: Callable[[Server, bytes], bytes]) -> Answer:
    """Return what answers fetches of whole mails."""

    def act(server: Server, tag: bytes, command: bytes) -> bytes:
        if command.startswith(b"UID FETCH") and b"BODY" in command:
            said = answer(server, command)
            return said + (b"" if b"BREAK" in said else tag + b" OK done\r\n")
        return b""

    return act


def test_the_usual_server(serve: Callable[..., Server]) -> None:
    found = read(serve())
    assert [each.raw for each in found] == list(RAW.values())


def test_mails_in_any_order_and_between_other_news(serve: Callable[..., Server]) -> None:
    def mixed(server: Server, command: bytes) -> bytes:
        mails = [server.mail(uid) for uid in reversed(wanted(command))]
        return b"* 9 EXISTS\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n* 3 EXPUNGE\r\n".join(
            [b"* OK still here\r\n", *mails, b"* FLAGS (x)\r\n"]
        )

    found = read(serve(bodies(mixed)))
    assert uids(found) == list(RAW)
    assert [each.raw for each in found] == list(RAW.values())


def test_mails_that_nobody_asked_for_are_passed_over(serve: Callable[..., Server]) -> None:
    def too_many(server: Server, command: bytes) -> bytes:
        alien = b"* 99 FETCH (UID 99 BODY[] {5}\r\nalien)\r\n"
        return alien + server.fetched(command) + alien

    found = read(serve(bodies(too_many)))
    assert uids(found) == list(RAW)


def test_the_uid_may_stand_behind_the_mail(serve: Callable[..., Server]) -> None:
    def behind(_server: Server, command: bytes) -> bytes:
        return b"".join(
            b"* %d FETCH (BODY[] {%d}\r\n" % (uid, len(RAW[uid])) + RAW[uid] + b" UID %d)\r\n" % uid
            for uid in wanted(command)
        )

    assert uids(read(serve(bodies(behind)))) == list(RAW)


def test_what_a_server_keeps_back_is_asked_for_again_and_then_named(
    serve: Callable[..., Server],
) -> None:
    def without(server: Server, command: bytes) -> bytes:
        asked = wanted(command)
        kept_back = {3} if len(asked) > 1 else set()  # alone it is handed over
        return b"".join(
            b"* 5 FETCH (UID 5 BODY[] NIL)\r\n" if uid == 5 else server.mail(uid)
            for uid in asked
            if uid not in kept_back
        )

    found = read(serve(bodies(without)))
    assert uids(found) == list(RAW)
    assert found[2].raw == RAW[3]
    assert b"UID 5 of INBOX: the server did not hand this mail over" in found[4].raw


def test_what_was_deleted_meanwhile_is_no_loss(serve: Callable[..., Server]) -> None:
    gone = {2}

    def act(server: Server, tag: bytes, command: bytes) -> bytes:
        if command.startswith(b"UID SEARCH") and b":" not in command:
            return b"* SEARCH\r\n" + tag + b" OK done\r\n"
        if command.startswith(b"UID FETCH") and b"BODY" in command:
            mails = [server.mail(uid) for uid in wanted(command) if uid not in gone]
            return b"".join(mails) + tag + b" OK done\r\n"
        return b""

    assert uids(read(serve(act))) == [1, 3, 4, 5, 6]


def test_a_folder_that_is_renumbered_between_two_mails(serve: Callable[..., Server]) -> None:
    def renumbering(server: Server, command: bytes) -> bytes:
        if server.validity == 1 and 4 in wanted(command):
            server.validity = 2
            return b"* OK [UIDVALIDITY 2] anew\r\n" + server.fetched(command)
        return server.fetched(command)

    server = serve(bodies(renumbering))
    found = read(server)
    after = [each for each in found if each.position and each.position.epoch == "2"]
    assert uids(after) == list(RAW)


def test_a_line_that_breaks_within_a_mail(serve: Callable[..., Server]) -> None:
    def breaking(server: Server, command: bytes) -> bytes:
        if server.connections < 3:
            return server.mail(wanted(command)[0]) + b"* 2 FETCH (UID 2 BODY[] {900}\r\nBREAK"
        return server.fetched(command)

    server = serve(bodies(breaking))
    found = read(server)
    assert sorted(set(uids(found))) == list(RAW)
    assert {each.raw for each in found} == set(RAW.values())


def test_who_falls_silent_is_given_up(serve: Callable[..., Server]) -> None:
    silent = threading.Event()

    def act(_server: Server, _tag: bytes, command: bytes) -> bytes:
        if command.startswith(b"UID FETCH"):
            silent.wait(3)
        return b""

    server = serve(act)
    with pytest.raises(UnavailableError, match="cannot be reached"):
        read(server, timeout=0.2)
    silent.set()
    assert server.connections == 4


@pytest.mark.parametrize("size", [10**12, 10**30, 600 << 20])
def test_a_promise_of_endless_content_costs_no_memory(
    serve: Callable[..., Server], size: int
) -> None:
    server = serve(bodies(lambda _server, _command: b"* 1 FETCH (UID 1 BODY[] {%d}\r\nx" % size))
    tracemalloc.start()
    try:
        with pytest.raises(UnavailableError):
            read(server, timeout=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


_JUNK = [
    b"* SEARCH x 1 -2 99999999999999999999 2\r\n",
    b"* SEARCH \xff\xfe\r\n",
    b"* \r\n",
    b"junk without a meaning\r\n",
    b"* 1 FETCH (((((\r\n",
    b"* BYE BREAK\r\n",
    b"* LIST junk\r\n",
    b"* OK [UIDVALIDITY\r\n",
    b"x" * 2_000_000,
    b"+ go on\r\n",
    b"\r\n\r\n\r\n",
]


@pytest.mark.parametrize("junk", _JUNK, ids=range(len(_JUNK)))
@pytest.mark.parametrize(
    "at", [b"CAPABILITY", b"AUTHENTICATE", b"EXAMINE", b"UID SEARCH", b"UID FETCH"]
)
def test_junk_is_survived_and_said(serve: Callable[..., Server], junk: bytes, at: bytes) -> None:
    def act(server: Server, tag: bytes, command: bytes) -> bytes:
        return junk + server.usual(tag, command) if command.startswith(at) else b""

    found: list[Received] = []
    with suppress(UnavailableError, ConfigError):
        found.extend(source(serve(act), timeout=1).read({"INBOX": Position("1", 0)}))
    # Whatever came is a mail that is there, and whole.
    assert all(each.raw == RAW[each.position.value] for each in found if each.position)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-x\r\n", b"* BYE no\r\n", b"\x16\x03\x01\r\n"])
def test_what_is_no_imap_server_is_said(serve: Callable[..., Server], greeting: bytes) -> None:
    with pytest.raises(UnavailableError, match="cannot be reached"):
        read(serve(greeting=greeting), timeout=0.3)


def listing(*names: bytes) -> Answer:
    """Answers LIST with these lines, without SPECIAL-USE."""

    def answer(_server: Server, tag: bytes, command: bytes) -> bytes:
        if not command.startswith(b"LIST"):
            return b""
        lines = b"".join(b'* LIST (\\HasNoChildren) "/" %s\r\n' % name for name in names)
        return lines + tag + b" OK done\r\n"

    return answer


def looking_for_sent(server: Server, told: list[str]) -> Imap:
    url = ImapUrl.parse(f"imap://anna@127.0.0.1:{server.port}")
    return Imap("anna", url, lambda *_: "pw", timeout=5, sleep=lambda _: None, warn=told.append)


def test_a_folder_for_sent_mail_that_no_server_marks_is_known_by_its_name(
    serve: Callable[..., Server],
) -> None:
    told: list[str] = []
    server = serve(listing(b"INBOX", b'"&AMk-l&AOk-ments envoy&AOk-s"'))
    found = list(looking_for_sent(server, told).read({}))
    assert {each.folder for each in found if each.is_ours} == {"Éléments envoyés"}
    assert told == []


def test_where_no_folder_is_for_sent_mail_that_is_said_once(serve: Callable[..., Server]) -> None:
    told: list[str] = []
    server = serve(listing(b"INBOX", b"Archive"))
    source = looking_for_sent(server, told)
    assert not any(each.is_ours for each in source.read({}))
    list(source.read({}))
    (said,) = told
    assert said.startswith("anna: none of its folders")
    assert "(INBOX, Archive)" in said
    assert 'sent = "" for none' in said


def test_a_mark_counts_though_the_server_announces_none(serve: Callable[..., Server]) -> None:
    def answer(_server: Server, tag: bytes, command: bytes) -> bytes:
        if not command.startswith(b"LIST"):
            return b""
        return b'* LIST (\\HasNoChildren \\Sent) "/" Outgoing\r\n' + tag + b" OK done\r\n"

    found = list(looking_for_sent(serve(answer), []).read({}))
    assert {each.folder for each in found if each.is_ours} == {"Outgoing"}
