"""Processes that sign, so that RSA does not hold up all else that a run does.

`cryptography` keeps Python's global lock while it signs, so that threads would take turns. A signer
is a Python of its own that reads what is to be signed from its standard input and writes the
signatures to its standard output, in the same order. Private keys reach it by the same pipe, never
by a command line or the environment. It ends where its input does, and so with the process that
started it, however that ended; signals it leaves to that one.

Nothing depends on signers: whatever they do not do, because there are none, they are busy, not
ready yet or gone, is signed in place. Signatures are the same (RFC 8017 8.2 knows no chance).
"""

import os
import select
import signal
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from struct import Struct
from threading import Lock
from typing import IO

from outreach.rendering.dkim import SigningKey, load_key

WORTHWHILE = 100
"""Signatures after which signers are started; to start one takes as long as some hundred."""

MOST_WAITING = 16
"""Of one signer; more are signed in place. Their answers fit into a pipe."""

_ORDER = Struct("!BI")  # which key, and how many octets follow
_ANSWER = Struct("!H")  # how many octets follow
_NEW_KEY = 255
_READY = b"\n"
_CHUNK = 65536


class Signers:
    """Up to `number` signers, started when there is enough to sign.

    May be used by several threads. `close` ends them; so does the end of this process.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._count = 0
        self._lock = Lock()
        self._signers: list[_Signer] = []
        self._end = weakref.finalize(self, _end, self._signers)

    def __call__(self, key: SigningKey, data: bytes) -> Callable[[], bytes]:
        """Have `data` signed, and return what gives the signature, waiting for it if need be."""
        with self._lock:
            self._count += 1
            if self._count == WORTHWHILE:
                self._start()
            free = [each for each in self._signers if each.is_free()]
            signer = min(free, key=_Signer.__len__, default=None)
            order = None if signer is None else signer.take(key, data)
        return partial(key.sign, data) if order is None else order

    def close(self) -> None:
        """End all signers; what they have not signed yet is signed in place."""
        self._end()

    def _start(self) -> None:
        with suppress(OSError):
            for _ in range(self._number if sys.executable else 0):
                self._signers.append(_Signer())


def _end(signers: "Sequence[_Signer]") -> None:
    for each in signers:
        each.close()


class _Order:
    """One signature that a signer owes."""

    __slots__ = ("_data", "_key", "_signer", "code")

    def __init__(self, signer: "_Signer", key: SigningKey, data: bytes) -> None:
        self._signer, self._key, self._data = signer, key, data
        self.code: bytes | None = None

    def __call__(self) -> bytes:
        if self.code is None:
            self._signer.await_answer(self)
        return self._key.sign(self._data) if self.code is None else self.code


class _Signer:
    """One process that signs, seen from outside."""

    def __init__(self) -> None:
        # It looks for modules where we do, and is told no settings, of which some are secret.
        environ = {n: v for n, v in os.environ.items() if not n.startswith("OUTREACH_")}
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._lock = Lock()
        self._is_ready = self._is_gone = False
        self._keys: list[SigningKey] = []
        self._waiting: deque[_Order] = deque()
        self._read = b""

    def __len__(self) -> int:
        return len(self._waiting)

    def is_free(self) -> bool:
        """Whether it can take an order now."""
        if not self._is_ready and not self._is_gone and select.select([self._from], [], [], 0)[0]:
            self._is_ready = self._from.read(len(_READY)) == _READY
            self._is_gone = not self._is_ready
        return self._is_ready and not self._is_gone and len(self._waiting) < MOST_WAITING

    def take(self, key: SigningKey, data: bytes) -> _Order | None:
        """Pass an order on; None where it cannot be."""
        with self._lock:
            order = _Order(self, key, data)
            frames = b""
            if key not in self._keys:
                if len(self._keys) == _NEW_KEY:
                    return None
                self._keys.append(key)
                pem = key.pem.encode()
                frames = _ORDER.pack(_NEW_KEY, len(pem)) + pem
            frames += _ORDER.pack(self._keys.index(key), len(data)) + data
            try:
                _write(self._to, frames)
            except (OSError, ValueError):
                self._is_gone = True
                return None
            self._waiting.append(order)
            return order

    def await_answer(self, order: _Order) -> None:
        """Read answers until that of `order` has come, or none will."""
        with self._lock:
            while order.code is None and not self._is_gone:
                self._read_answers()

    def _read_answers(self) -> None:
        try:
            more = os.read(self._from.fileno(), _CHUNK)
        except (OSError, ValueError):
            more = b""
        self._read += more
        self._is_gone = not more
        at = 0
        while len(self._read) >= at + _ANSWER.size:
            begin = at + _ANSWER.size
            end = begin + _ANSWER.unpack_from(self._read, at)[0]
            if len(self._read) < end:
                break
            self._waiting.popleft().code = self._read[begin:end]
            at = end
        self._read = self._read[at:]

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._is_gone = True
            for pipe in (self._to, self._from):
                with suppress(OSError):
                    pipe.close()
            self._process.kill()  # it has nothing to lose
            self._process.wait()


def _write(pipe: IO[bytes], octets: bytes) -> None:
    """Write all of it, however much the pipe takes at once."""
    left = memoryview(octets)
    while left:
        left = left[os.write(pipe.fileno(), left) :]


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Sign what comes, until nothing does."""
    keys: list[SigningKey] = []
    answers.write(_READY)
    answers.flush()
    while len(head := orders.read(_ORDER.size)) == _ORDER.size:
        number, size = _ORDER.unpack(head)
        content = orders.read(size)
        if len(content) < size:
            return
        if number == _NEW_KEY:
            # Where its record is found is of no interest to who only signs.
            keys.append(load_key(content.decode("ascii"), domain="localhost", selector="signer"))
            continue
        code = keys[number].sign(content)
        answers.write(_ANSWER.pack(len(code)) + code)
        answers.flush()


if __name__ == "__main__":
    # Who stops a run, from a terminal or as a service, stops its signers with it, by ending their
    # input, and not before what is under way has been signed.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)  # not to stumble over a pipe that nobody reads any more
