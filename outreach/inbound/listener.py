"""Mail that is brought to us: an LMTP server for a mail server's hand-over, an SMTP one beside it.

The last server on the way hands a mail over and asks for an answer; a mail that was answered with
250 is ours, so that answer is given only once the mail is recorded. Where it cannot be recorded
just now the answer is 451, and the server keeps the mail and comes again. Nothing is ever sent on:
SMTP takes mail for our own domains alone, and LMTP, which has no protection of its own, listens
on a socket file or on this machine only.

What one client can cost is bounded: the size of a mail, the number of connections, how long a
command and a connection may last, and how much of a mail's content is held while it comes.

With a certificate SMTP offers STARTTLS, and may insist on it. Nobody logs in to hand over mail, so
no login is offered.

Standards: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 2033 (LMTP: an answer for each recipient),
RFC 1870 (SIZE), RFC 3463 (codes). The dialogue itself is aiosmtpd's.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from outreach.errors import BusyError, ConfigError, OutreachError, RefusedError, UnavailableError
from outreach.inbound.certificate import Certificate
from outreach.inbound.sources import Received, with_envelope

_LONGEST_LINE = 1 << 20  # octets; RFC 5321 allows 1,000, and real mail does not keep to it
_MOST_RECIPIENTS = 100  # RFC 5321 4.5.3.1.8: the fewest that a server must take
_AT_WORK = 4  # mails that are recorded at the same time
_GRACE = 10.0  # seconds for what is under way when the listener is stopped

Take = Callable[[str, Received], None]
"""Records a mail that came by ``lmtp`` or ``smtp``, for good, or raises."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen: a host and port, or the path of a socket file."""

    host: str | None = None
    port: int | None = None
    path: Path | None = None

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read ``127.0.0.1:2424``, ``[::1]:2424`` or a path, or raise `ValueError`."""
        if "/" in text:
            return cls(path=Path(text))
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError("must look like 127.0.0.1:2424, or be the path of a socket")
        return cls(host, int(port))

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host is None or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        return (
            f"[{self.host}]:{self.port}" if ":" in (self.host or "") else f"{self.host}:{self.port}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What clients may cost. Sizes are in octets, times in seconds."""

    size: int = 35 << 20
    connections: int = 20
    command: float = 300  # RFC 5321 4.5.3.2.7; also for the whole of a mail's content
    connection: float = 1800


@dataclass(kw_only=True)
class Listener:
    """Takes mail in by LMTP, by SMTP or by both until it is stopped.

    `take` is called in a thread of its own for each mail. `domains` are those that mail is taken
    for, in lower case; SMTP takes none without them, LMTP then takes all, because the server before
    it has decided. `clock` says when a mail came. With a `certificate` SMTP offers encryption;
    `require_tls` takes no mail without it.
    """

    take: Take
    clock: Callable[[], datetime]
    lmtp: Place | None = None
    smtp: Place | None = None
    domains: Collection[str] = ()
    certificate: Certificate | None = None
    require_tls: bool = False
    limits: Limits = field(default_factory=Limits)
    hostname: str = field(default_factory=socket.gethostname)
    _open: set[asyncio.BaseTransport] = field(default_factory=set, init=False)
    _under_way: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.lmtp is None and self.smtp is None:
            raise ConfigError("there is nowhere to listen", hint="name a place for LMTP or SMTP")
        if self.lmtp is not None and not self.lmtp.is_local:
            raise RefusedError(
                f"LMTP on {self.lmtp} could be used by anybody",
                hint="listen on a socket file or on 127.0.0.1; for other machines use SMTP",
            )
        if self.smtp is not None and not self.domains:
            raise ConfigError(
                "SMTP needs the domains that mail is taken for",
                hint="name them, or set a sender's address",
            )
        if self.require_tls and self.certificate is None:
            raise ConfigError("encryption cannot be insisted on without a certificate")
        if self.certificate is not None:
            self.certificate.context()

    async def run(
        self, stop: asyncio.Event, started: Callable[[list[str]], None] = lambda _places: None
    ) -> None:
        """Listen until `stop` is set; `started` is told where. What is under way then is finished.

        Raises `UnavailableError` where a place cannot be listened on, `BusyError` where another
        listener does.
        """
        # The library writes each command of each client to its log, with addresses.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        servers: list[asyncio.Server] = []
        places: list[str] = []
        try:
            with ThreadPoolExecutor(_AT_WORK, "inbox") as pool:
                for kind, place in (("lmtp", self.lmtp), ("smtp", self.smtp)):
                    if place is not None:
                        servers.append(await self._listen(kind, place, pool))
                        places.append(f"{kind} on {_where(servers[-1], place)}")
                started(places)
                await stop.wait()
                await _close(servers)
                await _until(lambda: not self._under_way, _GRACE)
        finally:
            await _close(servers)
            for transport in list(self._open):
                if isinstance(transport, asyncio.WriteTransport):
                    transport.abort()
            await _until(lambda: not self._open, 1)
            for place in (self.lmtp, self.smtp):
                if place is not None and place.path is not None and servers:
                    place.path.unlink(missing_ok=True)

    async def _listen(self, kind: str, place: Place, pool: ThreadPoolExecutor) -> asyncio.Server:
        loop = asyncio.get_running_loop()

        def connected() -> asyncio.Protocol:
            if len(self._open) >= self.limits.connections:
                return _Refusal(self.hostname)
            kinds: dict[str, type[_Smtp]] = {"lmtp": _Lmtp, "smtp": _Smtp}
            offered = self.certificate if kind == "smtp" else None
            return kinds[kind](
                _Handler(self, kind, pool),
                tls_context=offered.context() if offered else None,
                require_starttls=self.require_tls and offered is not None,
                open_transports=self._open,
                lifetime=self.limits.connection,
                data_size_limit=self.limits.size,
                enable_SMTPUTF8=True,
                hostname=self.hostname,
                ident="Outreach",
                timeout=self.limits.command,
                loop=loop,
            )

        try:
            if place.path is None:
                return await loop.create_server(connected, place.host, place.port or 0)
            await _remove_left_over(place.path)
            server = await loop.create_unix_server(connected, str(place.path))
            # The mail server runs as somebody else: who may reach the folder may hand over mail.
            place.path.chmod(0o666)
        except OSError as error:
            raise UnavailableError(
                f"cannot listen for {kind.upper()} ({error.strerror or error})",
                source=str(place),
                hint="choose another place, or end what listens there",
            ) from error
        return server

    async def receive(self, kind: str, envelope: Envelope, pool: ThreadPoolExecutor) -> str:
        """Record a mail, and return what the client is told."""
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        content = envelope.original_content or b""
        received = Received(
            raw=with_envelope(content, sender, envelope.rcpt_tos),
            received_at=self.clock(),
            folder="",
        )
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(pool, self.take, kind, received)
        except OutreachError as error:
            _log.warning("a mail was put off: %s", error)
            return "451 4.3.0 cannot be recorded now, come again"
        except Exception:
            _log.exception("a mail was put off by a fault of ours")
            return "451 4.3.0 cannot be recorded now, come again"
        finally:
            self._under_way -= 1
        return "250 2.0.0 recorded"

    def takes(self, address: str) -> bool:
        """Whether mail to `address` is ours; a postmaster without a domain is (RFC 5321 4.5.1)."""
        if address.lower() == "postmaster":
            return True
        return not self.domains or address.rpartition("@")[2].lower() in self.domains


class _Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, listener: Listener, kind: str, pool: ThreadPoolExecutor) -> None:
        self._listener = listener
        self._kind = kind
        self._pool = pool

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # Both work as they are; RFC 2033 5 asks an LMTP server for them. The library offers a login
        # as soon as the connection is encrypted.
        kept = [line for line in said[:-1] if not line.startswith("250-AUTH")]
        return [*kept, "250-PIPELINING", "250-ENHANCEDSTATUSCODES", said[-1]]

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        if not self._listener.takes(address):
            return "550 5.7.1 no mail is taken for this domain"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 good"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        return await self._listener.receive(self._kind, envelope, self._pool)

    async def handle_exception(self, error: Exception) -> str:
        _log.warning("a client was put off: %s", type(error).__name__)
        return "451 4.3.0 something went wrong here, come again"


class _Smtp(SMTP):
    """The dialogue, within a lifetime, and counted while it lasts."""

    line_length_limit = _LONGEST_LINE

    def __init__(
        self,
        handler: _Handler,
        *,
        open_transports: set[asyncio.BaseTransport],
        lifetime: float,
        **how: Any,  # noqa: ANN401 - aiosmtpd's own options
    ) -> None:
        super().__init__(handler, **how)
        self._open_transports = open_transports
        self._lifetime = lifetime
        self._mine: asyncio.BaseTransport | None = None
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Called again once the connection is encrypted: that is the same client still.
        if self._mine is None:
            self._mine = transport
            self._open_transports.add(transport)
            self._end = self.loop.call_later(self._lifetime, transport.close)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._mine is not None:
            self._open_transports.discard(self._mine)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)


class _Lmtp(_Smtp, LMTP):
    """The same with LMTP's greeting, and an answer to the content for each recipient."""

    _answers = 1

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        self._answers = max(1, len(self.envelope.rcpt_tos)) if self.envelope else 1
        try:
            await super().smtp_DATA(arg)
        finally:
            self._answers = 1

    async def push(self, status: str | bytes) -> None:
        # One mail is recorded once, so each recipient is answered alike (RFC 2033 4.2).
        text = status if isinstance(status, str) else status.decode("utf-8", "replace")
        said_once = text.startswith(("354", "501", "503"))  # before any content came
        await super().push(text if said_once else "\r\n".join([text] * self._answers))


class _Refusal(asyncio.Protocol):
    """Says that there are too many, and parts."""

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"421 4.7.0 {self._hostname} too many connections\r\n".encode())
        transport.close()


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not condition() and loop.time() < deadline:
        await asyncio.sleep(0.01)


async def _close(servers: list[asyncio.Server]) -> None:
    """Accept no more, let what was accepted just now become known, and close the places.

    A connection for which the loop finds its server closed is never told to its protocol.
    """
    loop = asyncio.get_running_loop()
    for server in servers:
        for each in server.sockets:
            loop.remove_reader(each.fileno())
    for _ in range(4):
        await asyncio.sleep(0)
    for server in servers:
        server.close()


def _where(server: asyncio.Server, place: Place) -> str:
    """Return where a server really listens: port 0 means any."""
    if place.path is not None or not server.sockets:
        return str(place)
    host, port = server.sockets[0].getsockname()[:2]
    return str(Place(host, port))


async def _remove_left_over(path: Path) -> None:
    """Remove the socket that a listener left behind when it was killed."""
    if not path.is_socket():
        return
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except ConnectionRefusedError:
        with suppress(FileNotFoundError):
            path.unlink()
        return
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    raise BusyError(f"something listens on {path} already", hint="end it, or use another place")
