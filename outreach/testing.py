"""Public fakes for tests, ours and those of programs built on Outreach."""

import base64
import re
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from outreach.domain.causes import Reply, Step
from outreach.domain.clock import in_utc
from outreach.domain.feedback import Outcome, Verdict, classify
from outreach.transport.base import Envelope, Receipt, Talk, refusal


@dataclass
class FrozenClock:
    """A `Clock` that stands still until it is told to move."""

    now: datetime

    def __post_init__(self) -> None:
        self.now = in_utc(self.now)

    def __call__(self) -> datetime:  # noqa: D102 - it is what the class says
        return self.now

    def advance(self, **amount: float) -> datetime:
        """Move on by a `timedelta` given in its own words, such as ``days=3``; return the time."""
        self.now += timedelta(**amount)
        return self.now


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a fake took: the envelope and the exact bytes."""

    envelope: Envelope
    data: bytes


class MemoryTransport:
    """A transport that keeps what it is given in `sent`, in order, for any number of threads.

    `answer` may be set to a function that decides on a message before it is kept: it returns a
    `Receipt`, or None to take it. A receipt that says accepted, or uncertain, keeps it as well.
    """

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.sent: list[Sent] = []
        self.connections = 0
        self.answer: Callable[[Envelope, bytes], Receipt | None] = lambda _envelope, _data: None
        self._lock = threading.Lock()

    def connect(self) -> "MemoryConnection":
        """Return a connection."""
        with self._lock:
            self.connections += 1
        return MemoryConnection(self)

    def take(self, envelope: Envelope, data: bytes) -> Receipt:
        """Decide on one message and keep it if it is taken."""
        refused = refusal(envelope, data)
        if refused:
            return Receipt.of(refused[0], Step.SENDER, self.name, text=refused[1])
        with self._lock:
            receipt = self.answer(envelope, data) or Receipt.of(
                Verdict(Outcome.ACCEPTED, None, None), Step.CONTENT, self.name, text="kept"
            )
            if receipt.outcome in {Outcome.ACCEPTED, Outcome.UNCERTAIN}:
                self.sent.append(Sent(envelope, data))
        return receipt

    def reply(self, text: str, step: Step = Step.RECIPIENT) -> Receipt:
        """Return the receipt that a server's reply, such as ``550 5.1.1 no such user``, gives."""
        code, _, words = text.partition(" ")
        reply = Reply.from_lines(int(code), [words])
        return Receipt.of(classify(reply, step), step, self.name, reply=reply)


class MemoryConnection:
    """A connection to a `MemoryTransport`."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        """Hand over one message, without waiting for anything."""
        yield from ()
        return self.send(envelope, data)

    def send(self, envelope: Envelope, data: bytes) -> Receipt:
        """Hand over one message."""
        return self._transport.take(envelope, data)

    def farewell(self) -> Talk[None]:
        """Do nothing."""
        yield from ()

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the scripted server took, or had in full when it broke off.

    `data` is without the dots that SMTP doubles. `answered` is whether the client was told.
    `parameters` are those of MAIL and RCPT, as they were written.
    """

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    parameters: tuple[str, ...]
    encrypted: bool
    login: str | None
    connection: int
    answered: bool


@dataclass
class Rule:
    """What the server does, instead of the usual, when it comes to a certain point.

    `at` is ``connect``, ``EHLO``, ``HELO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA``,
    ``content`` (in the middle of it), ``dot`` (when it is complete), ``RSET`` or ``QUIT``; a rule
    at ``DATA-anyway`` has it ask for content though it took no recipient. The first rule that fits
    is followed; one with `times` only that often, one with `skip` not the first times.

    `reply` is what to say in place of the usual, with CRLF between lines; `drop` breaks the
    connection (after the reply, if there is one); `reset` does so with a TCP reset; `stall` waits
    so many seconds first; `again` is said right after the answer, unasked. `when` looks at the
    command's argument. A message is `taken`, at ``dot``, unless the reply refuses it.
    """

    at: str
    reply: str | None = None
    drop: bool = False
    reset: bool = False
    stall: float = 0
    again: str | None = None
    times: int | None = None
    skip: int = 0
    when: Callable[[str], bool] = lambda _argument: True
    taken: bool | None = None
    used: int = 0


class ScriptedServer:
    """A real SMTP server on loopback that behaves as told, and remembers all it was told.

    Use it as a context manager; `port` is then its port. `accepted` are the messages, `transcript`
    the lines that clients sent (content left out), `connections` how many there were. It offers
    `extensions`, and logins from `users` (name to password). With `certificate`, made by
    `make_certificate`, it offers STARTTLS, or speaks TLS from the start if `implicit`. After
    `max_messages` it says 421; with `dribble` it sends its answers octet by octet.
    """

    USUAL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 50000000", "DSN", "ENHANCEDSTATUSCODES")

    def __init__(
        self,
        *rules: Rule,
        extensions: Iterable[str] = USUAL,
        users: dict[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN XOAUTH2",
        certificate: "Certificate | None" = None,
        implicit: bool = False,
        max_messages: int | None = None,
        dribble: bool = False,
    ) -> None:
        self.rules = list(rules)
        self.extensions = tuple(extensions)
        self.users = users or {}
        self.mechanisms = mechanisms
        self.certificate = certificate
        self.implicit = implicit
        self.max_messages = max_messages
        self.dribble = dribble
        self.accepted: list[Accepted] = []
        self.transcript: list[str] = []
        self.connections = 0
        self.port = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._start(self._listen)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        assert self._listener is not None
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for clients
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    @property
    def data(self) -> list[bytes]:
        """The bytes of the messages it has, in order."""
        return [message.data for message in self.accepted]

    def follow(self, at: str, argument: str) -> Rule | None:
        """Return the rule for this point, and count its use."""
        with self.lock:
            for rule in self.rules:
                if rule.at != at or not rule.when(argument):
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times is None or rule.used < rule.times:
                    rule.used += 1
                    return rule
        return None

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        assert self._listener is not None
        while not self.stopping.is_set():
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
            self._start(_Dialogue(self, connected, number).run)


class _Parted(Exception):  # noqa: N818 - it never leaves this module
    """The connection is over."""


class _Dialogue:
    """The server's side of one connection."""

    def __init__(self, server: ScriptedServer, connected: socket.socket, number: int) -> None:
        self.server = server
        self.socket = connected
        self.number = number
        self.buffer = bytearray()
        self.encrypted = False
        self.login: str | None = None
        self.taken = 0
        self._begin()

    def _begin(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.parameters: list[str] = []

    def run(self) -> None:
        """Speak until the connection is over."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.server.implicit:
                self._encrypt()
            self._answer("connect", "", "220 scripted.example ESMTP")
            while True:
                line = self._line().decode("utf-8", "replace")
                with self.server.lock:
                    self.server.transcript.append(line)
                verb, _, argument = line.partition(" ")
                handler = getattr(self, f"_{verb.lower()}", None)
                if verb.upper() not in _VERBS or handler is None:
                    self._answer(verb.upper(), argument, "500 5.5.2 unknown command")
                else:
                    handler(argument)
        except (_Parted, OSError):
            pass
        finally:
            self.socket.close()

    # Commands

    def _ehlo(self, argument: str) -> None:
        words = list(self.server.extensions)
        if self.server.certificate and not self.encrypted:
            words.append("STARTTLS")
        if self.server.users:
            words.append(f"AUTH {self.server.mechanisms}")
        lines = ["scripted.example", *words]
        text = "\r\n".join(f"250-{line}" for line in lines[:-1]) + f"\r\n250 {lines[-1]}"
        self._begin()
        self._answer("EHLO", argument, text.lstrip("\r\n"))

    def _helo(self, argument: str) -> None:
        self._begin()
        self._answer("HELO", argument, "250 scripted.example")

    def _starttls(self, argument: str) -> None:
        if not self.server.certificate:
            self._answer("STARTTLS", argument, "454 4.7.0 no certificate")
            return
        if self._answer("STARTTLS", argument, "220 2.0.0 go ahead"):
            self.buffer.clear()
            self._encrypt()

    def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        given: tuple[str, str]
        if mechanism.upper() == "LOGIN":
            self._say("334 VXNlcm5hbWU6")
            user = self._secret()
            self._say("334 UGFzc3dvcmQ6")
            given = (user, self._secret())
        else:
            text = base64.b64decode(initial).decode()
            if mechanism.upper() == "PLAIN":
                _, user, password = text.split("\0")
                given = (user, password)
            else:
                found = re.fullmatch("user=(.*)\x01auth=Bearer (.*)\x01\x01", text)
                given = (found[1], found[2]) if found else ("", "")
        if self.server.users.get(given[0]) == given[1]:
            if self._answer("AUTH", argument, "235 2.7.0 welcome"):
                self.login = given[0]
            return
        if mechanism.upper() == "XOAUTH2":
            self._say("334 eyJzdGF0dXMiOiI0MDEifQ==")
            self._line()
        self._answer("AUTH", argument, "535 5.7.8 wrong name or password")

    def _mail(self, argument: str) -> None:
        if self.server.max_messages is not None and self.taken >= self.server.max_messages:
            self._say("421 4.7.0 too many messages in this session")
            raise _Parted
        path, parameters = _path(argument)
        if self.sender is not None:
            self._answer("MAIL", argument, "503 5.5.1 nested MAIL")
        elif self._answer("MAIL", argument, "250 2.1.0 ok"):
            self.sender = path
            self.parameters.append(parameters)

    def _rcpt(self, argument: str) -> None:
        path, parameters = _path(argument)
        if self.sender is None:
            self._answer("RCPT", argument, "503 5.5.1 MAIL first")
        elif self._answer("RCPT", argument, "250 2.1.5 ok"):
            self.recipients.append(path)
            self.parameters.append(parameters)

    def _data(self, argument: str) -> None:
        if not self.recipients and self.server.follow("DATA-anyway", argument) is None:
            self._say("503 5.5.1 no valid recipients")
            return
        if not self._answer("DATA", argument, "354 go ahead", good="3"):
            return
        rule = self.server.follow("content", argument)
        if rule:
            if not self.buffer:
                self._more()
            self._act(rule)
        content = self._content()
        if not self.recipients:
            self._begin()
            self._say("554 5.5.1 no valid recipients")
            return
        rule = self.server.follow("dot", "")
        refused = rule is not None and rule.reply is not None and rule.reply[0] in "45"
        taken = not refused if rule is None or rule.taken is None else rule.taken
        silent = rule is not None and rule.reply is None and (rule.drop or rule.reset)
        if taken:
            with self.server.lock:
                self.server.accepted.append(
                    Accepted(
                        self.sender or "",
                        tuple(self.recipients),
                        content,
                        tuple(self.parameters),
                        self.encrypted,
                        self.login,
                        self.number,
                        not silent,
                    )
                )
            self.taken += 1
        self._begin()
        if rule:
            self._act(rule, "250 2.0.0 taken")
        else:
            self._say("250 2.0.0 taken")

    def _rset(self, argument: str) -> None:
        self._begin()
        self._answer("RSET", argument, "250 2.0.0 ok")

    def _noop(self, argument: str) -> None:
        self._answer("NOOP", argument, "250 2.0.0 ok")

    def _quit(self, argument: str) -> None:
        self._answer("QUIT", argument, "221 2.0.0 bye")
        raise _Parted

    # The wire

    def _answer(self, at: str, argument: str, usual: str, *, good: str = "2") -> bool:
        """Say the usual, or what a rule says; return whether it was a yes."""
        rule = self.server.follow(at, argument)
        said = self._act(rule, usual) if rule else self._say(usual)
        return said.startswith(good)

    def _act(self, rule: Rule, usual: str = "") -> str:
        if rule.stall:
            self.server.stopping.wait(rule.stall)
        said = ""
        if rule.reply is not None:
            said = self._say(rule.reply)
        elif usual and not (rule.drop or rule.reset):
            said = self._say(usual)
        if rule.again is not None:
            self._say(rule.again)
        if rule.reset:
            # Lingering for no time makes close() send a reset instead of a farewell.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if rule.drop or rule.reset:
            raise _Parted
        return said

    def _say(self, text: str) -> str:
        data = text.encode() + b"\r\n"
        size = 1 if self.server.dribble else len(data)
        for start in range(0, len(data), size):
            self.socket.sendall(data[start : start + size])
        return text

    def _secret(self) -> str:
        return base64.b64decode(self._line()).decode()

    def _encrypt(self) -> None:
        assert self.server.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate.chain_file)
        self.socket.settimeout(5)
        # One that was reset meanwhile, `wrap_socket` would take apart and leave open.
        self.socket.getpeername()
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.encrypted = True

    def _line(self) -> bytes:
        while (end := self.buffer.find(b"\r\n")) < 0:
            self._more()
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        return line

    def _content(self) -> bytes:
        # Only CRLF ends a line here: what a client leaves bare stays in the record.
        start = 0
        while True:
            if self.buffer.startswith(b".\r\n"):
                end, size = 0, 3
                break
            end = self.buffer.find(b"\r\n.\r\n", max(0, start - 5))
            if end >= 0:
                end, size = end + 2, 3
                break
            start = len(self.buffer)
            self._more()
        content = bytes(self.buffer[:end])
        del self.buffer[: end + size]
        content = content.replace(b"\r\n..", b"\r\n.")
        return content[1:] if content.startswith(b"..") else content

    def _more(self) -> None:
        while not self.server.stopping.is_set():
            waiting = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
            if waiting or select.select([self.socket], [], [], 0.05)[0]:
                chunk = self.socket.recv(65536)
                if not chunk:
                    raise _Parted
                self.buffer += chunk
                return
        raise _Parted


_VERBS = frozenset(
    ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT")
)


def _path(argument: str) -> tuple[str, str]:
    """Return the address in ``FROM:<address> parameters``, and the parameters."""
    address, _, parameters = argument.partition("<")[2].partition(">")
    return address, parameters.strip()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's key with its certificate, and the authority that signed it, as PEM files."""

    chain_file: Path
    authority_file: Path
    names: tuple[str, ...] = field(default=())


_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def make_certificate(
    folder: Path, names: Sequence[str] = ("localhost", "127.0.0.1"), *, expired: bool = False
) -> Certificate:
    """Make a certificate for `names`, with an authority of its own, in `folder`."""
    now = datetime.now(UTC)
    start = now - timedelta(days=20)
    end = now - timedelta(days=10) if expired else now + timedelta(days=10)

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def builder(subject: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("Test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )

    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = (
        builder("Test authority", authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    certificate = (
        builder(names[0], key)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        # From Python 3.13 on, all that RFC 5280 asks of certificates is asked of ours.
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, SHA256())
    )
    made = Certificate(folder / "server.pem", folder / "authority.pem", tuple(names))
    made.authority_file.write_bytes(authority.public_bytes(Encoding.PEM))
    made.chain_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return made
