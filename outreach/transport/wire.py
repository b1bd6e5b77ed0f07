"""A socket as SMTP uses it: written to whole, answered in lines, and never blocking.

Everything here that may have to wait is a `outreach.transport.base.Talk`.
"""

import errno
import os
import re
import socket
import ssl
from contextlib import suppress
from functools import lru_cache

from outreach.domain.causes import Reply
from outreach.transport.base import Monotonic, Talk, Wait

#: RFC 5321 4.5.3.1.5 allows 512 octets; servers do exceed it.
_MAX_REPLY_LINE = 4096
_MAX_REPLY_LINES = 200
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r?\Z", re.DOTALL)
_CHUNK = 8192
_FEW = 512  # octets of answers that are worth looking at in one

_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, errno.ENOTCONN})


class WireError(Exception):
    """The connection cannot be used further, for what the words say.

    `was_closed` says that the peer broke it off, as it may with one that was used before;
    `is_babble` that it speaks, and not SMTP.
    """

    def __init__(self, words: str, *, was_closed: bool = False, is_babble: bool = False) -> None:
        super().__init__(words)
        self.was_closed = was_closed
        self.is_babble = is_babble


class Wire:
    """A connection that is open, and what has come over it and was not read yet.

    `now` gives seconds that never go backwards. A time to wait is in seconds as well.
    """

    def __init__(self, connected: socket.socket, now: Monotonic) -> None:
        self._socket = connected
        self._now = now
        self._buffer = b""
        #: Answers that came before what is in the buffer, the next one last.
        self._heard: list[Reply] = []

    @property
    def address(self) -> str:
        """Our own address on this connection."""
        return str(self._socket.getsockname()[0])

    def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> Talk[None]:
        """Begin TLS with a server that must prove to be `host`. Raises `OSError`."""
        # What came before encryption may have been slipped in by anyone (RFC 3207 6).
        self._buffer, self._heard = b"", []
        deadline = self._now() + seconds
        # One that was reset meanwhile, `wrap_socket` would take apart and leave open.
        self._socket.getpeername()
        encrypted = context.wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False
        )
        self._socket = encrypted
        while True:
            try:
                encrypted.do_handshake()
                return
            except ssl.SSLWantReadError:
                writing = False
            except ssl.SSLWantWriteError:
                writing = True
            yield Wait(encrypted, writing, self._left(deadline))

    def push(self, data: bytes) -> memoryview | None:
        """Write what goes at once; return what of `data` is left for `write`, if anything is."""
        try:
            sent = self._socket.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            sent = 0
        except OSError as error:
            raise _broken(error) from None
        return memoryview(data)[sent:] if sent < len(data) else None

    def write(self, data: bytes | memoryview, seconds: float) -> Talk[None]:
        """Write all of `data`; `seconds` is how long the peer may take none of it."""
        left = data
        deadline: float | None = None
        try:
            while left:
                try:
                    sent = self._socket.send(left)
                except (BlockingIOError, ssl.SSLWantWriteError):
                    writing = True
                except ssl.SSLWantReadError:
                    writing = False
                else:
                    if sent == len(left):
                        return
                    left, deadline = memoryview(left)[sent:], None
                    continue
                deadline = self._now() + seconds if deadline is None else deadline
                yield Wait(self._socket, writing, self._left(deadline))
        except OSError as error:
            raise _broken(error) from None

    def heard(self) -> Reply | None:
        """Return the next answer if it has come already and has one line, as nearly all have."""
        if not self._heard:
            replies = _whole_replies(self._buffer) if len(self._buffer) <= _FEW else ()
            if not replies:
                return None
            self._heard, self._buffer = [*replies], b""
        return self._heard.pop()

    def reply(self, seconds: float) -> Talk[Reply]:
        """Return the next answer of the server, which has `seconds` for it."""
        if not self._heard and not self._buffer:
            yield from self._fill(self._now() + seconds)
        reply = self.heard()
        if reply is None:
            reply, _ = yield from self.lines(seconds)
        return reply

    def lines(self, seconds: float) -> Talk[tuple[Reply, list[str]]]:
        """Return the next answer of the server, and the texts of its lines."""
        if self._heard:
            return self._heard.pop(), []
        deadline = self._now() + seconds
        codes: set[int] = set()
        lines: list[str] = []
        while True:
            line = self._next_line()
            while line is None:
                yield from self._fill(deadline)
                line = self._next_line()
            if not lines and (whole := _whole_reply(line)) is not None:
                return whole, []
            found = _REPLY_LINE.match(line)
            if found:
                codes.add(int(found[1]))
                lines.append((found[3] or b"").decode("utf-8", "replace"))
            if not found or len(codes) > 1 or len(lines) > _MAX_REPLY_LINES:
                shown = line[:80].decode("utf-8", "replace")
                raise WireError(f"does not speak SMTP: {shown!r}", is_babble=True)
            if found[2] != b"-":
                return Reply.from_lines(codes.pop(), lines), lines

    def is_quiet(self) -> bool:
        """Whether the server is there and has said nothing that was not read."""
        if self._heard or self._buffer:
            return False
        try:
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            pass
        return False

    def is_quiet_still(self) -> bool:
        """Say the same right after something was read, when all that had come was."""
        if isinstance(self._socket, ssl.SSLSocket):
            return self.is_quiet()
        return not self._heard and not self._buffer

    def close(self) -> None:
        """Close it, whatever the server may think of that."""
        with suppress(OSError):
            self._socket.close()

    def _next_line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) < _MAX_REPLY_LINE:
                return None
            end = len(self._buffer)
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line

    def _fill(self, deadline: float) -> Talk[None]:
        """Wait until something has come."""
        try:
            # What TLS has decrypted already is nothing that the system could wait for.
            if not (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
                yield Wait(self._socket, False, self._left(deadline))
            while True:
                try:
                    chunk = self._socket.recv(_CHUNK)
                    break
                except (BlockingIOError, ssl.SSLWantReadError):
                    writing = False
                except ssl.SSLWantWriteError:
                    writing = True
                yield Wait(self._socket, writing, self._left(deadline))
        except TimeoutError as error:
            raise WireError(words_of(error)) from None
        except OSError as error:
            raise WireError(words_of(error), was_closed=True) from None
        if not chunk:
            raise WireError("the server closed the connection", was_closed=True)
        self._buffer += chunk

    def _left(self, deadline: float) -> float:
        left = deadline - self._now()
        if left <= 0:
            raise TimeoutError
        return left


def _broken(error: OSError) -> WireError:
    return WireError(words_of(error), was_closed=not isinstance(error, TimeoutError))


@lru_cache(maxsize=256)
def _whole_replies(heard: bytes) -> tuple[Reply, ...]:
    """Return answers of one line each, the next one last; none where there is anything else.

    A server says the same few things to every mail: to what is pipelined, often all at once.
    """
    *lines, rest = heard.split(b"\n")
    replies = [_whole_reply(line) for line in reversed(lines)]
    whole = tuple(each for each in replies if each is not None)
    return whole if not rest and len(whole) == len(lines) else ()


@lru_cache(maxsize=256)
def _whole_reply(line: bytes) -> Reply | None:
    """Return the answer that has this one line, or None if it has more, or is none."""
    found = _REPLY_LINE.match(line)
    if not found or found[2] == b"-":
        return None
    return Reply.from_lines(int(found[1]), [(found[3] or b"").decode("utf-8", "replace")])


def connect(host: str, port: int, seconds: float, now: Monotonic) -> Talk[Wire]:
    """Return a connection to the first address of `host` that has one; each has `seconds` for it.

    Raises `OSError`, and `UnicodeError` for what cannot be a name. Looking the name up is the one
    thing that other connections of this thread wait for.
    """
    problem = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        raw: socket.socket | None = None
        try:
            raw = socket.socket(family, kind, protocol)
            raw.setblocking(False)
            yield from _reach(raw, address, now() + seconds, now)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException as error:
            if raw is not None:
                raw.close()
            if not isinstance(error, OSError):
                raise
            problem = error
        else:
            return Wire(raw, now)
    raise problem


def _reach(raw: socket.socket, address: object, deadline: float, now: Monotonic) -> Talk[None]:
    code = raw.connect_ex(address)  # type: ignore[arg-type]  # as `getaddrinfo` gave it
    while code in _UNDER_WAY:
        left = deadline - now()
        if left <= 0:
            raise TimeoutError
        yield Wait(raw, True, left)
        code = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not code:
            try:
                raw.getpeername()
            except OSError as error:
                code = error.errno or errno.ENOTCONN
    if code:
        raise OSError(code, os.strerror(code))


def words_of(error: OSError | UnicodeError) -> str:
    """Return what went wrong, for people."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error) or type(error).__name__
