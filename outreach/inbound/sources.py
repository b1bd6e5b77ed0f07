"""Where mail comes from: a mailbox is read, never changed, and from where reading ended last time.

A `Source` yields the mails of its folders that are new behind a `Position`, one after another, so
that a mailbox of any size needs the memory of its largest mail. Whoever records a mail records its
position with it: after a crash reading goes on with the next, and a mail that is read again anyway
(a folder was renumbered, a file renamed) is for the reader of the source to recognise. What every
source must do is in ``tests/contracts/test_mailbox_source.py``; IMAP is in `outreach.inbound.imap`.

Standards: cr.yp.to/proto/maildir.html, RFC 4155 (mbox; read in the mboxrd manner).
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import BinaryIO, Protocol

from outreach.errors import UnavailableError
from outreach.inbound.parts import MAX_PARTS, tree


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder was read. With another `epoch`, `value` counts in another numbering."""

    epoch: str
    value: int

    def is_before(self, other: "Position | None") -> bool:
        """Whether `other` is further on in the same numbering."""
        return other is not None and other.epoch == self.epoch and other.value > self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One mail as it lies in a mailbox.

    `received_at` is when it came there, None where that is not told. `position` is the folder's
    once this mail is done with, None where the source has no memory. `is_ours` says that it lies in
    a folder for what we sent.

    Where `provider` is set, `raw` is no mail but an event that this provider told us, and `mark` is
    what tells it from all others.
    """

    raw: bytes
    received_at: datetime | None
    folder: str
    position: Position | None = None
    is_ours: bool = False
    provider: str | None = None
    mark: str | None = None


class Source(Protocol):
    """A mailbox with its folders. Reading marks nothing as read and changes nothing."""

    @property
    def name(self) -> str:
        """The mailbox as a person calls it, without secrets."""

    def read(self, positions: Mapping[str, Position]) -> Generator[Received, None, None]:
        """Yield what is new in each folder, given how far it was read (nothing: not at all).

        Raises `UnavailableError` where the mailbox cannot be reached or opened.
        """

    def find(self, message_ids: Collection[str]) -> set[str]:
        """Return those of these Message-IDs, each with its angle brackets, that it holds a mail of.

        Raises `UnavailableError` as `read` does.
        """

    def wait(self, seconds: float, stopped: Event) -> None:
        """Return when there may be something new, after `seconds` or soon after `stopped` is set.

        The mailbox may be away meanwhile: that is no error, because whoever reads next is told.
        """


ASK_AGAIN = 30.0
"""Seconds between two looks at a mailbox that cannot tell of news."""


class Stream:
    """One mail on standard input, as a ``.forward`` file or a mail server's pipe hands it over.

    Or several: an mbox. What a pipe puts before one mail looks like one, and what stands in that
    mail may as well, so only lines that cannot be words divide: dated, and before a header field.
    """

    def __init__(self, stream: BinaryIO, received_at: datetime, name: str = "stdin") -> None:
        self.name = name
        self._stream = stream
        self._received_at = received_at

    def read(self, positions: Mapping[str, Position]) -> Generator[Received, None, None]:  # noqa: ARG002
        """Yield the mail, or those of an mbox, unless there is none."""
        raw = self._stream.read()
        if raw.startswith(b"From ") and len(_SEPARATORS.findall(raw)) > 1:
            for each, received_at, _ in split_mbox(BytesIO(raw)):
                yield Received(raw=each, received_at=received_at or self._received_at, folder="")
        elif raw.strip():
            yield Received(raw=raw, received_at=self._received_at, folder="")

    def find(self, message_ids: Collection[str]) -> set[str]:
        """Return whose mail it is, if it is one of these."""
        return _among(self.read({}), message_ids)

    def wait(self, seconds: float, stopped: Event) -> None:  # noqa: ARG002
        """Wait for nothing: no second mail comes."""
        stopped.set()


class Maildir:
    """A Maildir with its sub-folders (Maildir++: ``.Sent`` beside ``cur`` and ``new``).

    Names tell no order, so a position is the instant in which a file last got its name: whatever is
    delivered or moved here later has a later one. A mail that is marked as read is renamed with it
    and so read again, which costs its reading and nothing else.
    """

    def __init__(self, name: str, path: Path, *, sent: str | None = None) -> None:
        self.name = name
        self.path = path
        self.sent = sent

    def read(self, positions: Mapping[str, Position]) -> Generator[Received, None, None]:
        """Yield what is new, in each folder the oldest first."""
        if not (self.path / "cur").is_dir() and not (self.path / "new").is_dir():
            raise UnavailableError(
                f"there is no Maildir at {self.path}",
                source=self.name,
                hint="name the folder that holds cur, new and tmp",
            )
        yield from self._folder("INBOX", self.path, positions.get("INBOX"), is_ours=False)
        if self.sent:
            folder = self.path / f".{self.sent.strip('.')}"
            if folder.is_dir():
                yield from self._folder(self.sent, folder, positions.get(self.sent), is_ours=True)

    def find(self, message_ids: Collection[str]) -> set[str]:
        """Return those it holds; it reads every mail."""
        return _among(self.read({}), message_ids)

    def wait(self, seconds: float, stopped: Event) -> None:
        """Let a while pass: nobody tells of news here."""
        stopped.wait(min(seconds, ASK_AGAIN))

    def _folder(
        self, name: str, path: Path, position: Position | None, *, is_ours: bool
    ) -> Iterator[Received]:
        since = position.value if position else 0
        found: list[tuple[int, str]] = []
        for place in ("new", "cur"):
            with suppress(FileNotFoundError), os.scandir(path / place) as entries:
                for entry in entries:
                    # A file may go while we look: somebody else reads this mailbox too.
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        # The same instant may have seen one more file than we did.
                        if status.st_ctime_ns >= since and entry.is_file(follow_symlinks=False):
                            found.append((status.st_ctime_ns, f"{place}/{entry.name}"))
        for changed, file in sorted(found):
            mail = self._mail(path, file)
            if mail is None:
                continue
            raw, modified = mail
            yield Received(
                raw=raw,
                received_at=modified,
                folder=name,
                position=Position("ctime", changed),
                is_ours=is_ours,
            )

    @staticmethod
    def _mail(path: Path, file: str) -> tuple[bytes, datetime] | None:
        place = path / file
        if not place.exists():
            # Renamed since we listed it: from new to cur, or with other flags.
            stem = place.name.partition(":2,")[0]
            place = next(iter((path / "cur").glob(f"{_literal(stem)}*")), place)
        try:
            with place.open("rb") as opened:
                return opened.read(), datetime.fromtimestamp(
                    os.fstat(opened.fileno()).st_mtime, UTC
                )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError(
                f"cannot be read ({error.strerror})",
                source=str(place),
                hint="check who may read the mailbox",
            ) from error


class Mbox:
    """A file of mails, each behind a line that begins with ``From``.

    A position is the number of octets read; the beginning of the file tells whether it is still the
    same file. One that was cut or rewritten is read from its beginning.
    """

    def __init__(self, name: str, path: Path, *, sent: Path | None = None) -> None:
        self.name = name
        self.path = path
        self.sent = sent

    def read(self, positions: Mapping[str, Position]) -> Generator[Received, None, None]:
        """Yield what is new, as it lies in the file."""
        for path, is_ours in ((self.path, False), (self.sent, True)):
            if path is None:
                continue
            folder = path.name
            try:
                with path.open("rb") as opened:
                    # The server that delivers here takes the same lock; without it we might read
                    # half a mail. Where locks do not work we read all the same.
                    with suppress(OSError):
                        fcntl.lockf(opened, fcntl.LOCK_SH)
                    yield from self._file(opened, folder, positions.get(folder), is_ours=is_ours)
            except OSError as error:
                raise UnavailableError(
                    f"cannot be read ({error.strerror})",
                    source=str(path),
                    hint="name a file that holds mails in mbox format",
                ) from error

    def find(self, message_ids: Collection[str]) -> set[str]:
        """Return those it holds; it reads every mail."""
        return _among(self.read({}), message_ids)

    def wait(self, seconds: float, stopped: Event) -> None:
        """Let a while pass: nobody tells of news here."""
        stopped.wait(min(seconds, ASK_AGAIN))

    @staticmethod
    def _file(
        opened: BinaryIO, folder: str, position: Position | None, *, is_ours: bool
    ) -> Iterator[Received]:
        head = opened.read(_HEAD)
        epoch = hashlib.sha256(head.partition(b"\n\n")[0]).hexdigest()[:32]
        start = 0
        if position is not None and position.epoch == epoch:
            opened.seek(0, os.SEEK_END)
            size = opened.tell()
            opened.seek(position.value)
            if position.value == size or opened.readline(_HEAD).startswith(b"From "):
                start = position.value
        opened.seek(start)
        for raw, received_at, end in split_mbox(opened):
            yield Received(
                raw=raw,
                received_at=received_at,
                folder=folder,
                position=Position(epoch, end),
                is_ours=is_ours,
            )


_SEPARATORS = re.compile(
    rb"(?:\A|\n\r?\n)From \S[^\n]* \d\d:\d\d[^\n]* \d{4}[^\n]*\n(?=[!-9;-~]+[ \t]*:)"
)
_HEAD = 4096  # octets that tell one mbox file from another
_MOST_IN_A_LINE = 1 << 20


def split_mbox(stream: BinaryIO) -> Iterator[tuple[bytes, datetime | None, int]]:
    """Yield each mail of an mbox file: its bytes, its separator's date, and where it ends.

    A separator counts at the beginning and behind an empty line. Lines that were quoted so as not
    to look like one (``>From``, ``>>From``) are as they were.
    """
    begun = False
    received_at: datetime | None = None
    lines: list[bytes] = []
    empty = True
    end = stream.tell()
    while line := stream.readline(_MOST_IN_A_LINE):
        if empty and line.startswith(b"From "):
            if begun:
                yield _unquoted(lines), received_at, end
            begun, lines, received_at = True, [], _separator_date(line)
        elif begun or line.strip():
            begun = True
            lines.append(line)
        empty = line in (b"\n", b"\r\n")
        end += len(line)
    if begun:
        yield _unquoted(lines), received_at, end


def _unquoted(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()  # it belongs to the separator that follows
    return b"".join(
        line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line
        for line in lines
    )


def _separator_date(line: bytes) -> datetime | None:
    """Return the date of ``From anna@example.com Tue Dec  1 09:00:00 2026``, which is in UTC."""
    words = line[:200].decode("ascii", "replace").split()
    if len(words) < 7:
        return None
    _, month, day, clock, year = words[2:7]
    try:
        found = parsedate_to_datetime(f"{day} {month} {year} {clock} +0000")
    except ValueError:
        return None
    return found.astimezone(UTC)


def _literal(text: str) -> str:
    """Return a glob pattern for exactly this text."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)


def with_envelope(raw: bytes, sender: str | None, recipients: Sequence[str]) -> bytes:
    """Return a mail with what its envelope said, as the last server on the way writes it down.

    A token of ours that a mail was sent to often stands nowhere else (RFC 5321 4.4). `sender` is an
    empty text for a notice, and None where it is not known.
    """
    lines = [] if sender is None else [f"Return-Path: <{sender}>"]
    lines += [f"Delivered-To: {each}" for each in recipients]
    head = "".join(f"{_CONTROL.sub('', line)}\r\n" for line in lines)
    return head.encode("utf-8", "surrogateescape") + raw


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_IDENTITY = re.compile(rb"^(message-id|date|from)[ \t]*:(.*(?:\n[ \t].*)*)", re.I | re.M)


def _among(mails: Iterator[Received], message_ids: Collection[str]) -> set[str]:
    wanted = {each.encode(): each for each in message_ids}
    found: set[str] = set()
    for mail in mails:
        head = mail.raw.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")[0]
        for name, value in _IDENTITY.findall(head[: 256 * 1024]):
            if name.lower() == b"message-id" and value.strip() in wanted:
                found.add(wanted[value.strip()])
    return found


def fingerprint(raw: bytes) -> str:
    """Return 64 hex digits that are the same for one mail however it reached us.

    They are made of Message-ID, date, author and what its parts hold; not of the trace that each
    server adds, nor of how any of it was written down on the way: transfer encodings, white space,
    and the quoting that mailbox files need. Another mail under the same Message-ID is another.
    """
    parts = tree(raw.lstrip(b"\r\n"))
    headers = parts[0].headers
    digest = hashlib.sha256()
    if headers.has_none(_TELLING):
        for name in headers:
            digest.update(f"{name}:{headers.all(name)}\n".encode("utf-8", "replace"))
    authors = [each.address.lower() for each in headers.addresses("from")]
    told = (
        headers.get("message-id"),
        headers.date("date") or headers.get("date"),
        authors or headers.get("from"),
    )
    digest.update(
        "\n".join(" ".join(str(each).split()) for each in told).encode("utf-8", "replace")
    )
    # What is enclosed is not ours to open: servers on the way do not either.
    parents = {id(part.parent) for part in parts if not part.enclosed}
    leaves = [part for part in parts if not part.enclosed and id(part) not in parents]
    if len(parts) >= MAX_PARTS:
        leaves = parts[:1]  # not all of them were opened
    for part in leaves:
        digest.update(f"\n{part.type}\n".encode("utf-8", "replace"))
        held = _QUOTED_FROM.sub(b"From ", part.payload())
        digest.update(held.translate(None, b" \t\n\r\f\v"))
    return digest.hexdigest()


_TELLING = frozenset({"message-id", "date", "from"})
_QUOTED_FROM = re.compile(rb"^>+From ", re.M)
