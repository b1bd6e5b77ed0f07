"""Reading a mailbox over IMAP without leaving a trace in it.

Folders are opened with EXAMINE and mails fetched with BODY.PEEK, so nothing is marked as read. A
mail is known by its UID, which counts within the folder's UIDVALIDITY: when that changes, the
folder is read anew. UIDs are asked for in spans and mails fetched in small groups, so that neither
a mailbox of a million mails nor a mail of 50 MB costs more memory than it must. A connection that
breaks is made again, and reading goes on behind the last mail that came whole.

Standards: RFC 3501 and 9051 (IMAP4rev1, rev2), RFC 6154 (which folder is for sent mail), RFC 4616
(SASL PLAIN), RFC 2177 (IDLE); XOAUTH2 as Google documents it.
"""

import base64
import imaplib
import re
import select
import ssl
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Any

from outreach.errors import ConfigError, UnavailableError
from outreach.inbound.declared import PASSWORD, XOAUTH2, ImapUrl
from outreach.inbound.sent_folders import sent_among
from outreach.inbound.sources import ASK_AGAIN, Position, Received

_SPAN = 20_000  # UIDs asked about at once; the answer fits imaplib's longest line
_WIDEST_SPAN = 1 << 30
_GROUP = 50  # mails fetched at once,
_GROUP_SIZE = 4 << 20  # unless they are larger than this, in octets
_LARGEST_MAIL = 512 << 20  # octets; no provider takes a mail of half of that
_PIECE = 1 << 20
_MOST_NAMED = 20  # folders in a warning
_ATTEMPTS = 4  # connections in a row that bring nothing new
_FIRST_WAIT = 1.0  # seconds before the second attempt, doubled for each further one
_NOTICE = 0.5  # seconds within which a wait notices that it is to end
_LARGEST_UID = (1 << 32) - 1

_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")
_COUNTED = re.compile(rb"\b(UIDVALIDITY|UIDNEXT) (\d{1,10})(?= UID|\))")
_INTERNALDATE = re.compile(rb'\bINTERNALDATE "([^"]{20,40})"')
_LISTED = re.compile(rb'\(([^)]*)\)\s+(?:"(?:[^"\\]|\\.)*"|NIL)\s+(.+)', re.DOTALL)

Password = Callable[[str, str], str | None]
"""Given a user and a host, returns the password or access token; None where none is known."""


class Imap:
    """One account. `folders` are read for what came in, `sent` for what we wrote.

    Without `sent` the folder that the server marks as the one for sent mail is taken; an empty text
    means none. With `auth` of `XOAUTH2` the password is an access token, asked for at each login,
    because it does not last. `sleep` and `timeout` (seconds) are for tests.
    """

    def __init__(
        self,
        name: str,
        url: ImapUrl,
        find_password: Password,
        *,
        folders: tuple[str, ...] = ("INBOX",),
        sent: str | None = None,
        auth: str = PASSWORD,
        timeout: float = 60,
        sleep: Callable[[float], None] = time.sleep,
        context: ssl.SSLContext | None = None,
        warn: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.name = name
        self.url = url
        self.folders = folders
        self.sent = sent
        self.auth = auth
        self._find_password = find_password
        self._timeout = timeout
        self._sleep = sleep
        self._context = context
        self._warn = warn
        self._has_warned = False
        self._client: imaplib.IMAP4 | None = None
        self._most_at_once = _GROUP
        # The UIDVALIDITY of each folder, and the UID that was to come next, when it was read last.
        self._read_up_to: dict[str, tuple[str, int | None]] = {}

    def __repr__(self) -> str:
        return f"Imap({self.name!r}, {self.url.user!r} at {self.url.host!r})"

    def read(self, positions: Mapping[str, Position]) -> Generator[Received, None, None]:
        """Yield what is new, in each folder by rising UID."""
        try:
            for folder in self._all_folders():
                is_ours = folder not in self.folders
                yield from self._folder(folder, positions.get(folder), is_ours=is_ours)
        finally:
            self.close()

    def find(self, message_ids: Collection[str]) -> set[str]:
        """Return those it holds, in any of its folders; the server looks (RFC 3501 6.4.4)."""
        found: set[str] = set()
        try:
            for folder in self._all_folders():
                found |= self._patiently(partial(self._holds, folder, set(message_ids) - found))
        except imaplib.IMAP4.error as error:
            raise self._unavailable(f"refused: {_said(error)}") from error
        finally:
            self.close()
        return found

    def _all_folders(self) -> Iterator[str]:
        """Yield each folder once; that for sent mail last, which the server may have to name."""
        yield from dict.fromkeys(self.folders)
        sent = self._patiently(self._sent_folder) if self.sent is None else self.sent
        if sent and sent not in self.folders:
            yield sent

    def _holds(self, folder: str, message_ids: Collection[str]) -> set[str]:
        client = self._connected()
        self._examine(client, folder)
        found = set()
        for each in sorted(message_ids):
            # What would have to be quoted was never made by us.
            if each.isascii() and each.isprintable() and '"' not in each and "\\" not in each:
                _, told = client.uid("SEARCH", "HEADER", "Message-ID", f'"{each}"')
                if any(line.strip() for line in told if isinstance(line, bytes)):
                    found.add(each)
        return found

    def wait(self, seconds: float, stopped: Event) -> None:
        """Wait until something new came since the folders were read last.

        The server tells of news in the first folder (RFC 2177 knows of one alone); the others are
        asked about on the same connection twice a minute. Where the server cannot tell, or the line
        breaks, a while passes instead.
        """
        try:
            client = self._connected()
            others = list(self._all_folders())[1:]
            epoch_and_next = self._examine(client, self.folders[0])
            if epoch_and_next != self._read_up_to.get(self.folders[0], epoch_and_next):
                return
            if "IDLE" not in client.capabilities:
                stopped.wait(min(seconds, ASK_AGAIN))
                return
            deadline = time.monotonic() + seconds
            while not stopped.is_set() and (left := deadline - time.monotonic()) > 0:
                if any(self._has_moved(client, folder) for folder in others):
                    return
                news = _idle(client, min(left, ASK_AGAIN) if others else left, stopped)
                if news is None:
                    stopped.wait(min(left, ASK_AGAIN))
                if news is not False:
                    return
        except (OSError, imaplib.IMAP4.error):
            stopped.wait(_FIRST_WAIT)  # what we missed is found by looking
        finally:
            self.close()

    def _has_moved(self, client: imaplib.IMAP4, folder: str) -> bool:
        """Whether mail may have come to a folder, not the one in use, since it was read last."""
        _, told = client.status(_quoted(folder), "(UIDVALIDITY UIDNEXT)")
        pieces = (item if isinstance(item, tuple) else (item,) for item in told)
        line = b" ".join(piece for group in pieces for piece in group if piece)
        found = dict(_COUNTED.findall(line))
        now = (found.get(b"UIDVALIDITY", b"").decode(), int(found.get(b"UIDNEXT", 0)) or None)
        return now != self._read_up_to.setdefault(folder, now)

    def close(self) -> None:
        """Part from the server."""
        client, self._client = self._client, None
        if client is not None:
            _part(client)

    # Reading

    def _folder(
        self, folder: str, position: Position | None, *, is_ours: bool
    ) -> Iterator[Received]:
        failures = 0
        while True:
            try:
                for mail in self._behind(folder, position, is_ours=is_ours):
                    position = mail.position
                    failures = 0
                    yield mail
            except (OSError, imaplib.IMAP4.abort, _Renumbered) as error:
                failures += 1
                # On a line that breaks, what is fetched together is lost together.
                self._most_at_once = 1
                self._pause(failures, error)
                continue
            except imaplib.IMAP4.error as error:
                raise self._unavailable(f"refused: {_said(error)}", folder) from error
            return

    def _behind(
        self, folder: str, position: Position | None, *, is_ours: bool
    ) -> Iterator[Received]:
        client = self._connected()
        self._read_up_to[folder] = epoch, following = self._examine(client, folder)
        last = position.value if position and position.epoch == epoch else 0
        for uids in self._spans(client, last, following):
            for group in self._groups(client, uids, self._most_at_once):
                for uid, received_at, raw in self._whole(client, group, folder):
                    yield Received(
                        raw=raw,
                        received_at=received_at,
                        folder=folder,
                        position=Position(epoch, uid),
                        is_ours=is_ours,
                    )
                if self._renumbered(client, epoch):
                    raise _Renumbered(folder)

    def _examine(self, client: imaplib.IMAP4, folder: str) -> tuple[str, int | None]:
        """Open `folder` for reading only; return its UIDVALIDITY and the UID that comes next."""
        client.untagged_responses.pop("UIDVALIDITY", None)
        client.untagged_responses.pop("UIDNEXT", None)
        status, said = client.select(_quoted(folder), readonly=True)
        if status != "OK":
            raise self._unavailable(f"has no folder {folder} ({_text(said)})", folder)
        following = _told(client, "UIDNEXT")
        return _told(client, "UIDVALIDITY"), int(following) if following.isdigit() else None

    @staticmethod
    def _renumbered(client: imaplib.IMAP4, epoch: str) -> bool:
        return _told(client, "UIDVALIDITY") not in ("", epoch)

    @staticmethod
    def _spans(client: imaplib.IMAP4, last: int, following: int | None) -> Iterator[list[int]]:
        """Yield the UIDs behind `last`, ascending. Spans widen where UIDs are few."""
        end = following - 1 if following is not None else _LARGEST_UID
        width = _SPAN
        while last < end:
            upto = min(last + width, end)
            _, found = client.uid("SEARCH", "UID", f"{last + 1}:{upto}")
            # "n:m" always finds the last one, whatever its number.
            uids = sorted(uid for uid in _numbers(found) if last < uid <= upto)
            if uids:
                yield uids
            width = _SPAN if len(uids) > _SPAN // 8 else min(width * 4, _WIDEST_SPAN)
            last = upto

    @staticmethod
    def _groups(client: imaplib.IMAP4, uids: list[int], most: int) -> Iterator[list[int]]:
        """Yield UIDs in groups of at most `most` mails that are not too large together."""
        for start in range(0, len(uids), 500):
            part = uids[start : start + 500]
            _, told = client.uid("FETCH", _set(part), "(UID RFC822.SIZE)")
            sizes = {}
            for item in told:
                line = item[0] if isinstance(item, tuple) else item
                named, size = _UID.search(line or b""), _SIZE.search(line or b"")
                if named and size:
                    sizes[int(named[1])] = int(size[1])
            group: list[int] = []
            total = 0
            for uid in part:
                if uid not in sizes:
                    continue  # gone since we asked
                if group and (len(group) >= most or total + sizes[uid] > _GROUP_SIZE):
                    yield group
                    group, total = [], 0
                group.append(uid)
                total += sizes[uid]
            if group:
                yield group

    def _whole(
        self, client: imaplib.IMAP4, group: list[int], folder: str
    ) -> Iterator[tuple[int, datetime | None, bytes]]:
        """Yield the mails of a group; for one that the server keeps back, a note in its place."""
        found = {uid: (at, raw) for uid, at, raw in self._fetch(client, group)}
        missing = [uid for uid in group if uid not in found]
        if missing:
            _, told = client.uid("SEARCH", "UID", _set(missing))
            # What is not there any more was deleted meanwhile. The rest is asked for once again.
            for uid in sorted(_numbers(told) & set(missing)):
                again = list(self._fetch(client, [uid]))
                note = f"Subject: (UID {uid} of {folder}: the server did not hand this mail over)"
                found[uid] = again[0][1:] if again else (None, f"{note}\r\n\r\n".encode())
        for uid in sorted(found):
            yield uid, *found[uid]

    @staticmethod
    def _fetch(
        client: imaplib.IMAP4, group: list[int]
    ) -> Iterator[tuple[int, datetime | None, bytes]]:
        """Yield the mails of a group by rising UID, in whatever order they come."""
        _, told = client.uid("FETCH", _set(group), "(UID INTERNALDATE BODY.PEEK[])")
        found: dict[int, tuple[datetime | None, bytes]] = {}
        for index, item in enumerate(told):
            if not isinstance(item, tuple):
                continue
            # What stands behind the literal may hold the UID as well as what stands before it.
            after = told[index + 1] if index + 1 < len(told) else b""
            line = item[0] + b" " + (after if isinstance(after, bytes) else b"")
            named = _UID.search(line)
            if named and int(named[1]) in group:
                found[int(named[1])] = (_internal_date(line), item[1])
        for uid in sorted(found):
            yield uid, *found[uid]

    # Connecting

    def _patiently(self, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever `act` returns
        failures = 0
        while True:
            try:
                return act()
            except (OSError, imaplib.IMAP4.abort) as error:
                failures += 1
                self._pause(failures, error)

    def _pause(self, failures: int, error: Exception) -> None:
        """Part from the server and wait, or give up."""
        self.close()
        if isinstance(error, ssl.SSLCertVerificationError) or failures >= _ATTEMPTS:
            raise self._unavailable(f"cannot be reached ({_said(error)})") from error
        self._sleep(_FIRST_WAIT * 2 ** (failures - 1))

    def _connected(self) -> imaplib.IMAP4:
        if self._client is not None:
            return self._client
        password = self._find_password(self.url.user, self.url.host)
        if not password:
            raise ConfigError(
                f"no password for {self.url.user} at {self.url.host}",
                source=f"mailboxes.{self.name}",
                hint=f"set OUTREACH_IMAP_PASSWORD_{self.name.upper()}, or run "
                f"`outreach config password {self.url.user}@{self.url.host}`",
            )
        context = self._context or ssl.create_default_context()
        client: imaplib.IMAP4
        try:
            if self.url.implicit_tls:
                client = _Encrypted(
                    self.url.host, self.url.port, ssl_context=context, timeout=self._timeout
                )
            else:
                client = _Bounded(self.url.host, self.url.port, timeout=self._timeout)
        except imaplib.IMAP4.error as error:
            # It does not want us now, such as for too many connections, or is no such server.
            raise imaplib.IMAP4.abort(_said(error)) from error
        if not self.url.implicit_tls:
            if "STARTTLS" in client.capabilities:
                self._client = client  # so that it is parted from if this fails
                client.starttls(ssl_context=context)
            elif not self.url.is_loopback:
                _part(client)
                raise self._unavailable("offers no encryption, so no password is sent there")
        self._client = client
        self._log_in(client, password)
        return client

    def _log_in(self, client: imaplib.IMAP4, password: str) -> None:
        try:
            if self.auth == XOAUTH2:
                token = f"user={self.url.user}\1auth=Bearer {password}\1\1".encode()
                # A refusal comes as one more challenge, with the reason; its answer is empty.
                answers = iter((token, b""))
                client.authenticate("XOAUTH2", lambda _challenge: next(answers, None))
            elif "AUTH=PLAIN" in client.capabilities:
                secret = f"\0{self.url.user}\0{password}".encode()
                client.authenticate("PLAIN", lambda _challenge: secret)
            else:
                client.login(self.url.user, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            hint = "check the user name and the password; many providers ask for an app password"
            if self.auth == XOAUTH2:
                hint = "check the user name, and that the token is fresh and made for IMAP"
            raise ConfigError(
                f"{self.url.host} refused the login of {self.url.user}",
                source=f"mailboxes.{self.name}",
                hint=hint,
            ) from error
        # What the server can do may change with the login, and imaplib does not ask again.
        status, told = client.capability()
        if status == "OK" and told and told[-1]:
            client.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())

    def _sent_folder(self) -> str:
        """Return the folder that the server says is for sent mail, or an empty text."""
        client = self._connected()
        status, lines = client.list()
        if status != "OK":
            return ""
        found = [pair for pair in map(_listed, lines) if pair]
        for flags, name in found:
            if rb"\sent" in flags.lower().split():
                return name
        sent = sent_among(name for _, name in found)
        if not sent and not self._has_warned:
            self._has_warned = True
            names = ", ".join(name for _, name in found[:_MOST_NAMED])
            self._warn(
                f"{self.name}: none of its folders is known as the one for sent mail, so that an "
                f"answer written elsewhere stops no clock ({names}); say which it is with "
                f'sent = "…" in [mailboxes.{self.name}], or sent = "" for none'
            )
        return sent

    def _unavailable(self, what: str, folder: str | None = None) -> UnavailableError:
        place = f"{self.name}/{folder}" if folder else self.name
        return UnavailableError(
            f"{self.url.host} {what}",
            source=place,
            hint="what was recorded is kept; run `outreach inbox sync` again",
        )


class _Bounded(imaplib.IMAP4):
    """Reads what a server promises as it comes, and no more than a mail can be."""

    def read(self, size: int) -> bytes:
        if size > _LARGEST_MAIL:
            raise self.abort(f"a mail of {size} octets is more than is taken")
        pieces = []
        while size > 0 and (piece := super().read(min(size, _PIECE))):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


class _Encrypted(_Bounded, imaplib.IMAP4_SSL):
    """The same by TLS from the start."""


class _Renumbered(Exception):  # noqa: N818 - it never leaves this module
    """The folder got another UIDVALIDITY while it was read."""


def _told(client: imaplib.IMAP4, name: str) -> str:
    """Return what a response code of the server said last, or an empty text."""
    last = (client.untagged_responses.get(name) or [b""])[-1]
    return last.decode("ascii", "replace")[:32] if isinstance(last, bytes) else ""


def _part(client: imaplib.IMAP4) -> None:
    with suppress(OSError, imaplib.IMAP4.error):
        client.logout()
    with suppress(OSError):
        client.shutdown()  # which a farewell that failed leaves out


def _idle(client: imaplib.IMAP4, seconds: float, stopped: Event) -> bool | None:
    """Wait for an untagged EXISTS or RECENT; say whether one came, or None where none is told."""
    tag = client._new_tag()  # imaplib has IDLE of its own from Python 3.14 on
    client.send(tag + b" IDLE\r\n")
    if not client.readline().startswith(b"+"):
        return None
    news = False
    deadline = time.monotonic() + seconds
    while not news and not stopped.is_set() and (left := deadline - time.monotonic()) > 0:
        if not _readable(client, min(left, _NOTICE)):
            continue
        line = client.readline()
        if not line:
            raise imaplib.IMAP4.abort("the connection broke")
        news = _is_news(line)
    client.send(b"DONE\r\n")
    while (line := client.readline()) and not line.startswith(tag):
        news = news or _is_news(line)
    return news


def _is_news(line: bytes) -> bool:
    return line.rstrip().upper().endswith((b" EXISTS", b" RECENT"))


def _readable(client: imaplib.IMAP4, seconds: float) -> bool:
    sock = client.socket()
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    return bool(select.select([sock], [], [], seconds)[0])


def _numbers(found: list[Any]) -> set[int]:
    """Return the UIDs in the answer to a search; what else stands there is passed over."""
    words = [word for line in found if isinstance(line, bytes) for word in line.split()]
    return {int(word) for word in words if word.isdigit() and len(word) <= 10}


def _set(uids: list[int]) -> str:
    """Return a sequence set, with runs as ``a:b``."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(f"{a}:{b}" if a != b else str(a) for a, b in runs)


def _internal_date(line: bytes) -> datetime | None:
    found = _INTERNALDATE.search(line)
    if not found:
        return None
    try:
        told = datetime.strptime(found[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None
    return told.astimezone(UTC)


def _listed(line: Any) -> tuple[bytes, str] | None:  # noqa: ANN401 - what imaplib gives
    if isinstance(line, tuple):  # a name sent as a literal
        flags = line[0].partition(b")")[0].lstrip(b"(")
        return flags, decode_folder(line[1].decode("ascii", "replace"))
    match = _LISTED.match(line or b"")
    if not match:
        return None
    name = match[2].strip().decode("ascii", "replace")
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return match[1], decode_folder(name)


def _quoted(folder: str) -> str:
    escaped = encode_folder(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encode_folder(name: str) -> str:
    """Return a folder's name in IMAP's own UTF-7 (RFC 3501 5.1.3)."""

    def coded(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        text = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{text.replace('/', ',')}-"

    return re.sub(r"&|[^\x20-\x7e]+", coded, name)


def decode_folder(name: str) -> str:
    """Return what `encode_folder` was given; what is no such text stays as it is."""

    def decoded(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        text = match[1].replace(",", "/")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-be")
        except (ValueError, UnicodeDecodeError):
            return match[0]

    return re.sub(r"&([A-Za-z0-9+,]*)-", decoded, name)


def _said(error: Exception) -> str:
    told = error.args[0] if error.args else error
    told = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return re.sub(r"[\x00-\x1f\x7f]", " ", told)[:300] or type(error).__name__


def _text(said: list[Any]) -> str:
    return " ".join(_said(Exception(each)) for each in said if each)
