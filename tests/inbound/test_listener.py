"""The listener as a mail server, or somebody worse, meets it."""

import asyncio
import smtplib
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.errors import BusyError, ConfigError, RefusedError, UnavailableError
from outreach.inbound.certificate import Certificate
from outreach.inbound.listener import Limits, Listener, Place
from outreach.inbound.sources import Received
from outreach.testing import make_certificate

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ANNA = "anna@berg.example"
MAIL = b"From: Ada <ada@example.com>\r\nSubject: Hello\r\n\r\n.a dot\r\nBye.\r\n"


class Post:
    """A listener at work in a thread, and what it took."""

    def __init__(self, take: Callable[[str, Received], None] | None = None, **how: object) -> None:
        self.taken: list[tuple[str, Received]] = []
        self.listener = Listener(
            take=take or (lambda kind, received: self.taken.append((kind, received))),
            clock=lambda: NOW,
            **{"hostname": "here.example", **how},  # type: ignore[arg-type]
        )
        self.places: list[str] = []
        self.error: BaseException | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self.error = error
            self._started.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self.listener.run(self._stop, self._begun)

    def _begun(self, places: list[str]) -> None:
        self.places = places
        self._started.set()

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(10)
        if self.error:
            self._thread.join(10)
            raise self.error

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    @property
    def port(self) -> int:
        return int(self.places[-1].rpartition(":")[2])


@contextmanager
def listening(**how: object) -> Iterator[Post]:
    post = Post(**how)  # type: ignore[arg-type]
    post.start()
    try:
        yield post
    finally:
        post.stop()


ANYWHERE = Place("127.0.0.1", 0)


def lmtp(post: Post) -> smtplib.LMTP:
    client = smtplib.LMTP("127.0.0.1", post.port)
    client.ehlo("mta.example")
    return client


def test_lmtp_answers_for_each_recipient_and_writes_the_envelope_down() -> None:
    with listening(lmtp=ANYWHERE) as post:
        client = lmtp(post)
        assert client.mail("bounce@far.example")[0] == 250
        for address in (ANNA, "bounce+TOKEN@berg.example"):
            assert client.rcpt(address)[0] == 250
        assert client.docmd("DATA")[0] == 354
        client.send(MAIL.replace(b"\r\n.a", b"\r\n..a") + b".\r\n")
        assert [client.getreply(), client.getreply()] == [(250, b"2.0.0 recorded")] * 2
        assert client.noop()[0] == 250
        client.quit()
        ((kind, received),) = post.taken
    assert kind == "lmtp"
    assert received.raw == (
        b"Return-Path: <bounce@far.example>\r\nDelivered-To: anna@berg.example\r\n"
        b"Delivered-To: bounce+TOKEN@berg.example\r\n" + MAIL
    )
    assert (received.received_at, received.position, received.is_ours) == (NOW, None, False)


def test_a_bounce_has_no_sender() -> None:
    with listening(lmtp=ANYWHERE) as post:
        client = lmtp(post)
        assert client.sendmail("<>", [ANNA], MAIL) == {}
        client.quit()
        assert post.taken[0][1].raw.startswith(b"Return-Path: <>\r\n")


def test_each_byte_comes_as_it_was_sent() -> None:
    odd = [
        b"Subject: \xff\xfe\r\n\r\n\x00\x01 bare \r and \n here\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 900_000 + b"\r\n",
        b"no header at all\r\n",
        b"\r\n",
    ]
    with listening(lmtp=ANYWHERE) as post:
        for raw in odd:
            client = lmtp(post)
            client.mail("a@b.example")
            client.rcpt(ANNA)
            client.docmd("DATA")
            client.send(raw + b".\r\n")
            assert client.getreply()[0] == 250
            client.quit()
        assert [each.raw.partition(b"berg.example\r\n")[2] for _, each in post.taken] == odd


def test_a_server_that_asks_for_much_at_once_gets_all_answers() -> None:
    with listening(lmtp=ANYWHERE) as post, socket.create_connection(("127.0.0.1", post.port)) as s:
        s.sendall(
            b"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n"
            + MAIL
            + b".\r\nQUIT\r\n"
        )
        said = b""
        while piece := s.recv(4096):
            said += piece
    codes = [line[:4] for line in said.splitlines()]
    assert codes[0] == b"220 "
    assert b"250-PIPELINING" in said
    assert codes[-5:] == [b"250 ", b"250 ", b"354 ", b"250 ", b"221 "]


def test_mail_that_cannot_be_recorded_is_put_off() -> None:
    errors: list[Exception] = [UnavailableError("the disk is full"), KeyError("ours")]

    def take(_kind: str, _received: Received) -> None:
        if errors:
            raise errors.pop(0)

    with listening(lmtp=ANYWHERE, take=take) as post:
        for code in (451, 451, 250):
            client = lmtp(post)
            client.mail("a@b.example")
            client.rcpt(ANNA)
            client.rcpt("bo@berg.example")
            client.docmd("DATA")
            client.send(MAIL + b".\r\n")
            replies = [client.getreply(), client.getreply()]
            assert [reply[0] for reply in replies] == [code, code]
            assert b"disk" not in replies[0][1]
            client.quit()


def test_smtp_takes_mail_for_our_domains_and_passes_none_on() -> None:
    with listening(smtp=ANYWHERE, domains=["berg.example"]) as post:
        client = smtplib.SMTP("127.0.0.1", post.port)
        client.ehlo("somewhere.example")
        client.mail("a@b.example")
        assert client.rcpt("Anna@BERG.example")[0] == 250
        for other in ("x@else.example", "x%else.example@x.example", "x", '"@berg.example'):
            assert client.rcpt(other)[0] // 100 == 5
        client.docmd("DATA")
        client.send(MAIL + b".\r\n")
        assert client.getreply()[0] == 250
        client.quit()
        ((kind, received),) = post.taken
        assert kind == "smtp"
        assert b"Delivered-To: Anna@BERG.example\r\n" in received.raw
        assert b"else.example" not in received.raw


def test_a_postmaster_can_always_be_written_to() -> None:
    with listening(smtp=ANYWHERE, domains=["berg.example"]) as post:
        client = smtplib.SMTP("127.0.0.1", post.port)
        client.sendmail("a@b.example", ["Postmaster"], MAIL)
        client.quit()
        assert len(post.taken) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    made = make_certificate(tmp_path)
    return Certificate(chain=made.chain_file, key=made.chain_file)


def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate.chain.with_name("authority.pem"))


def test_smtp_is_encrypted_where_there_is_a_certificate(certificate: Certificate) -> None:
    with listening(smtp=ANYWHERE, domains=["berg.example"], certificate=certificate) as post:
        for encrypted in (True, False):
            client = smtplib.SMTP("localhost", post.port)
            client.ehlo()
            assert client.has_extn("starttls")
            if encrypted:
                client.starttls(context=trusting(certificate))
                client.ehlo()
                assert not client.has_extn("starttls")
            assert not client.has_extn("auth")
            client.sendmail("a@b.example", [ANNA], MAIL)
            client.quit()
        assert [kind for kind, _ in post.taken] == ["smtp", "smtp"]


def test_lmtp_on_this_machine_is_not_encrypted(certificate: Certificate) -> None:
    with listening(
        lmtp=ANYWHERE, smtp=ANYWHERE, domains=["berg.example"], certificate=certificate
    ) as post:
        port = int(post.places[0].rpartition(":")[2])
        client = smtplib.LMTP("127.0.0.1", port)
        client.ehlo()
        assert not client.has_extn("starttls")
        client.quit()


def test_encryption_can_be_insisted_on(certificate: Certificate) -> None:
    with listening(
        smtp=ANYWHERE, domains=["berg.example"], certificate=certificate, require_tls=True
    ) as post:
        client = smtplib.SMTP("localhost", post.port)
        client.ehlo()
        assert client.mail("a@b.example")[0] == 530  # RFC 3207 4
        client.starttls(context=trusting(certificate))
        client.sendmail("a@b.example", [ANNA], MAIL)
        client.quit()
        assert len(post.taken) == 1


def test_what_was_said_before_encryption_is_forgotten(certificate: Certificate) -> None:
    with listening(smtp=ANYWHERE, domains=["berg.example"], certificate=certificate) as post:
        with socket.create_connection(("127.0.0.1", post.port)) as plain:
            reader = plain.makefile("rb")
            reader.readline()
            plain.sendall(b"EHLO me.example\r\n")
            while reader.readline()[3:4] == b"-":
                pass
            plain.sendall(f"STARTTLS\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{ANNA}>\r\n".encode())
            assert reader.readline().startswith(b"220")
            with trusting(certificate).wrap_socket(plain, server_hostname="localhost") as inner:
                inner.sendall(b"EHLO me.example\r\nDATA\r\n")
                said = b""
                while b"503" not in said:
                    more = inner.recv(10_000)
                    assert more, said
                    said += more
                assert b"250 2.1.5" not in said
        assert post.taken == []


def test_one_client_is_counted_once_and_parted_from_when_encrypted(
    certificate: Certificate,
) -> None:
    limits = Limits(connections=1, connection=1.5)
    with listening(
        smtp=ANYWHERE, domains=["berg.example"], certificate=certificate, limits=limits
    ) as post:
        client = smtplib.SMTP("localhost", post.port)
        client.starttls(context=trusting(certificate))
        assert client.noop()[0] == 250
        with pytest.raises(smtplib.SMTPConnectError, match="421"):
            smtplib.SMTP("localhost", post.port)
        time.sleep(1.6)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
        smtplib.SMTP("localhost", post.port).quit()


def test_what_is_too_large_is_refused_for_good_and_for_each() -> None:
    with listening(lmtp=ANYWHERE, limits=Limits(size=100_000)) as post:
        client = lmtp(post)
        assert client.docmd("MAIL", "FROM:<a@b.example> SIZE=200000")[0] == 552
        client.mail("a@b.example")
        client.rcpt(ANNA)
        client.rcpt("bo@berg.example")
        client.docmd("DATA")
        client.send(b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n")
        for _ in range(3000):
            client.send(b"z" * 70 + b"\r\n")
        client.send(b".\r\n")
        assert [client.getreply()[0], client.getreply()[0]] == [552, 552]
        assert client.noop()[0] == 250
        client.quit()
        assert post.taken == []


def test_there_is_room_for_so_many_recipients_and_clients() -> None:
    with listening(lmtp=ANYWHERE, limits=Limits(connections=2)) as post:
        first = lmtp(post)
        first.mail("a@b.example")
        codes = [first.rcpt(f"{n}@berg.example")[0] for n in range(101)]
        assert codes == [250] * 100 + [452]
        second = lmtp(post)
        with pytest.raises(smtplib.SMTPConnectError, match="421"):
            smtplib.LMTP("127.0.0.1", post.port)
        first.quit()
        for _ in range(100):
            try:
                lmtp(post).quit()
                break
            except smtplib.SMTPConnectError:
                time.sleep(0.05)
        else:
            pytest.fail("a place that became free was not given away")
        second.quit()


@pytest.mark.parametrize("limits", [Limits(command=0.3), Limits(connection=0.3)])
def test_who_says_nothing_is_parted_from(limits: Limits) -> None:
    with listening(lmtp=ANYWHERE, limits=limits) as post:
        with socket.create_connection(("127.0.0.1", post.port), timeout=10) as s:
            assert s.recv(100).startswith(b"220")
            assert s.recv(100) == b""
        client = lmtp(post)
        client.quit()


def test_who_parts_half_way_has_handed_over_nothing() -> None:
    with listening(lmtp=ANYWHERE) as post:
        with socket.create_connection(("127.0.0.1", post.port)) as s:
            s.sendall(b"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n")
            while b"354" not in s.recv(4096):
                pass
            s.sendall(MAIL)
        lmtp(post).quit()
        assert post.taken == []


def test_a_hidden_second_mail_is_part_of_the_first() -> None:
    inner = b"\n.\nMAIL FROM:<evil@x.example>\nRCPT TO:<anna@berg.example>\nDATA\n"
    with listening(smtp=ANYWHERE, domains=["berg.example"]) as post:
        client = smtplib.SMTP("127.0.0.1", post.port)
        client.ehlo("x.example")
        client.mail("a@b.example")
        client.rcpt(ANNA)
        client.docmd("DATA")
        client.send(b"Subject: x\r\n\r\nfirst" + inner + b"second\r\n.\r\n")
        assert client.getreply()[0] == 250
        client.quit()
        assert len(post.taken) == 1
        assert post.taken[0][1].raw.endswith(b"first" + inner + b"second\r\n")


def test_what_is_under_way_at_the_end_is_finished() -> None:
    begun, go_on = threading.Event(), threading.Event()
    taken: list[Received] = []

    def take(_kind: str, received: Received) -> None:
        begun.set()
        assert go_on.wait(10)
        taken.append(received)

    post = Post(take, lmtp=ANYWHERE)
    post.start()
    client = lmtp(post)
    client.mail("a@b.example")
    client.rcpt(ANNA)
    client.docmd("DATA")
    client.send(MAIL + b".\r\n")
    assert begun.wait(10)
    stopping = threading.Thread(target=post.stop)
    stopping.start()
    time.sleep(0.1)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", post.port), timeout=5)
    go_on.set()
    assert client.getreply()[0] == 250
    client.close()
    stopping.join(10)
    assert len(taken) == 1


def test_a_socket_file(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with listening(lmtp=Place.parse(str(path))) as post:
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        client = smtplib.LMTP(str(path))
        assert client.sendmail("a@b.example", [ANNA], MAIL) == {}
        client.quit()
        assert len(post.taken) == 1
        with pytest.raises(BusyError, match="listens"):
            Post(lmtp=Place.parse(str(path))).start()
        assert path.is_socket()
    assert not path.exists()


def test_a_place_that_is_taken_is_named() -> None:
    with listening(lmtp=ANYWHERE) as post:
        place = Place("127.0.0.1", post.port)
        with pytest.raises(UnavailableError, match="cannot listen for LMTP") as caught:
            Post(lmtp=place).start()
        assert str(post.port) in str(caught.value)


def test_encryption_needs_a_certificate() -> None:
    with pytest.raises(ConfigError, match="without a certificate"):
        Listener(
            take=print, clock=lambda: NOW, smtp=ANYWHERE, domains=["berg.example"], require_tls=True
        )


def test_what_would_be_open_to_anybody_is_refused() -> None:
    with pytest.raises(RefusedError, match="anybody"):
        Post(lmtp=Place.parse("0.0.0.0:2424"))
    with pytest.raises(ConfigError, match="domains"):
        Post(smtp=ANYWHERE)
    with pytest.raises(ConfigError, match="nowhere"):
        Post()


@pytest.mark.parametrize("text", ["", "2424", "host:", "host:x", "host:99999"])
def test_places_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        Place.parse(text)


def test_places() -> None:
    assert str(Place.parse("[::1]:24")) == "[::1]:24"
    assert Place.parse("[::1]:24").is_local
    assert not Place.parse("[::]:24").is_local
    assert not Place.parse("mail.example:24").is_local
