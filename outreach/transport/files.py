"""Delivery into folders: a Maildir, as mail programs read it, or one ``.eml`` file a message.

A message appears whole or not at all: it is written beside its place, brought to the disk, and
renamed. Two deliveries never share a name, so that nothing is ever written over.
"""

import itertools
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from outreach.domain.causes import Cause, Step
from outreach.domain.feedback import RETRY_CONNECTION, Fault, Outcome, Verdict
from outreach.transport.base import Envelope, Receipt, Talk, refusal

_COUNTER = itertools.count(1)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.@_+-]")
_ACCEPTED = Verdict(Outcome.ACCEPTED, None, None)


@dataclass(frozen=True, slots=True)
class MaildirTransport:
    """A Maildir. The envelope is kept as Return-Path and Delivered-To in front of the message."""

    path: Path

    @property
    def name(self) -> str:
        """The folder."""
        return f"maildir:{self.path}"

    def connect(self) -> "FolderConnection":
        """Return a connection; the folder is made when the first message comes."""
        return FolderConnection(self.name, self._deliver)

    def _deliver(self, envelope: Envelope, data: bytes) -> None:
        for part in ("tmp", "new", "cur"):
            (self.path / part).mkdir(parents=True, exist_ok=True)
        # The form that https://cr.yp.to/proto/maildir.html asks for: time, process, host.
        host = socket.gethostname().replace("/", "\\057").replace(":", "\\072")
        name = f"{time.time():.6f}.P{os.getpid()}Q{next(_COUNTER)}.{host}"
        trace = f"Return-Path: <{envelope.sender}>\r\nDelivered-To: {envelope.recipient}\r\n"
        temporary = self.path / "tmp" / name
        with temporary.open("xb") as file:
            _write(file.fileno(), temporary, trace.encode() + data)
        try:
            temporary.rename(self.path / "new" / name)  # the name is nobody else's
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


@dataclass(frozen=True, slots=True)
class EmlTransport:
    """A folder with one ``.eml`` file a message, exactly its bytes, named after the recipient."""

    path: Path

    @property
    def name(self) -> str:
        """The folder."""
        return f"eml:{self.path}"

    def connect(self) -> "FolderConnection":
        """Return a connection; the folder is made when the first message comes."""
        return FolderConnection(self.name, self._deliver)

    def _deliver(self, envelope: Envelope, data: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        stem = _NOT_IN_NAMES.sub("_", envelope.recipient).strip(".")[:100] or "message"
        handle, name = tempfile.mkstemp(dir=self.path, prefix=".", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            _write(file.fileno(), temporary, data)
        try:
            for number in itertools.count(1):
                place = self.path / (f"{stem}.eml" if number == 1 else f"{stem}-{number}.eml")
                with suppress(FileExistsError):
                    os.link(temporary, place)  # unlike rename, never over a file of that name
                    return
        finally:
            temporary.unlink()


class FolderConnection:
    """Delivers into one folder; see `outreach.transport.base.Connection`."""

    def __init__(self, name: str, deliver: Callable[[Envelope, bytes], None]) -> None:
        self._name = name
        self._deliver = deliver

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
        """Write one message; a disk is not waited for in between. See `Connection.talk`."""
        yield from ()
        return self.send(envelope, data)

    def send(self, envelope: Envelope, data: bytes) -> Receipt:
        """Write one message; see `outreach.transport.base.Connection.send`."""
        refused = refusal(envelope, data)
        if refused:
            return Receipt.of(refused[0], Step.SENDER, self._name, text=refused[1])
        try:
            self._deliver(envelope, data)
        except OSError as error:
            # Nothing was published, so that trying again, or elsewhere, doubles nothing.
            verdict = Verdict(Outcome.DEFERRED, Fault.CONNECTION, Cause.NETWORK, RETRY_CONNECTION)
            text = f"cannot write to {self._name}: {error.strerror or error}"
            return Receipt.of(verdict, Step.CONNECT, self._name, text=text)
        return Receipt.of(_ACCEPTED, Step.CONTENT, self._name, text=f"written to {self._name}")

    def farewell(self) -> Talk[None]:
        """Do nothing: every message is already on the disk."""
        yield from ()

    def close(self) -> None:
        """Do nothing, as `farewell`."""


def _write(descriptor: int, path: Path, data: bytes) -> None:
    """Write all of `data` and bring it to the disk, or leave no file behind."""
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
