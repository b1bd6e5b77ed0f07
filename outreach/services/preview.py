"""Previews: the mail of some contacts as files, and one page to look at them all.

What is written is what would be sent: each ``.eml`` is the whole message. Links are those of a
trial and change nothing. The page holds everything itself and loads nothing from anywhere; a mail
in it can run no script, send no form and leave its frame by no link.
"""

import json
import os
import random
import re
import secrets
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from outreach.domain.contact import AttributeType, Contact
from outreach.errors import (
    NotFoundError,
    OutreachError,
    Problem,
    TemplateError,
    UnavailableError,
)
from outreach.rendering.lint import GMAIL_CLIP, SIZE_WARNING
from outreach.services.composed import Composed
from outreach.services.composing import Composer
from outreach.storage import contacts as storage
from outreach.storage.database import Database

INDEX = "index.html"
SHOWN = 5
"""How many contacts of a tier are shown where nobody says how many."""
_DATA = "/*DATA*/"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One contact's mail, or what is wrong with it."""

    contact: Contact
    composed: Composed | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The mail of some contacts. `problems` are those of the template itself: then no sheets."""

    template: str
    made_at: datetime
    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def failed(self) -> tuple[Problem, ...]:
        """Everything that is wrong, with the contact named where there is one."""
        return self.problems + tuple(problem for sheet in self.sheets for problem in sheet.problems)


def make_preview(
    template: str,
    composer: Callable[[], Composer],
    contacts: Sequence[Contact],
    date: datetime,
) -> Preview:
    """Compose the mail of each contact. What is wrong with the template is in the preview."""
    try:
        made = composer()
    except TemplateError as error:
        return Preview(template, date, (), error.problems)
    sheets = []
    for number, contact in enumerate(contacts, 1):
        try:
            composed = made.compose(contact, delivery_id=number, date=date)
        except OutreachError as error:
            sheets.append(Sheet(contact, None, error.problems))
        else:
            sheets.append(Sheet(contact, composed, ()))
    return Preview(made.template.name, date, tuple(sheets))


def pick_contacts(
    database: Database,
    now: datetime,
    *,
    email: str | None = None,
    tier: str | None = None,
    count: int | None = None,
    rng: random.Random,
    tiers: Sequence[str],
    types: Mapping[str, AttributeType] | None = None,
) -> list[Contact]:
    """Return the contacts to preview: one by address, or some of a tier, or `count` by chance.

    With none of these, one contact of each tier.
    """
    with database.read() as session:
        if email is not None:
            found = storage.find(session, email)
            if found is None:
                raise NotFoundError(
                    f"there is no contact with the address {email}",
                    hint="`outreach contacts list` shows whom there is",
                )
            ids = [found]
        elif count is not None:
            everyone = storage.listing(session, tier=tier)
            ids = sorted(rng.sample(everyone, min(count, len(everyone))))
        elif tier is not None:
            ids = storage.listing(session, tier=tier, limit=SHOWN)
        else:
            ids = [one for name in tiers for one in storage.listing(session, tier=name, limit=1)]
        return storage.load(session, ids, now, types=types)


def write_preview(preview: Preview, folder: Path, *, watched: bool = False) -> Path:
    """Write the files of a preview into `folder` and return its page.

    Files of an earlier preview in the same folder are replaced, and what it had beyond is removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = {INDEX}
        entries = []
        for number, sheet in enumerate(preview.sheets, 1):
            name = f"{number:02d}-{_slug(sheet.contact.email)}"
            parts = _parts(sheet)
            for suffix, octets in parts.items():
                _replace(folder / (name + suffix), octets)
                written.add(name + suffix)
            entries.append(_entry(sheet, name, parts))
        page = _page(preview, entries, watched=watched)
        _replace(folder / INDEX, page.encode("utf-8", "replace"))
        for old in folder.iterdir():
            if re.fullmatch(r"\d\d+-.*\.(html|txt|eml)", old.name) and old.name not in written:
                old.unlink()
    except OSError as error:
        raise UnavailableError(
            f"the preview cannot be written ({error.strerror})",
            source=str(folder),
            hint="name another folder with --out",
        ) from error
    return folder / INDEX


def _parts(sheet: Sheet) -> dict[str, bytes]:
    if sheet.composed is None:
        return {}
    rendered = sheet.composed.rendered
    parts = {".txt": rendered.text.encode(), ".eml": sheet.composed.message}
    if rendered.html is not None:
        parts[".html"] = _with_pictures(sheet.composed).encode()
    return parts


def _with_pictures(composed: Composed) -> str:
    """Return the HTML with the images that come along in it, for a browser has no other parts."""
    html = composed.rendered.html or ""
    for image in composed.images:
        data = b64encode(image.data).decode()
        html = html.replace(f"cid:{image.cid}", f"data:{image.content_type};base64,{data}")
    return html


def _entry(sheet: Sheet, name: str, parts: dict[str, bytes]) -> dict[str, Any]:
    contact = sheet.contact
    entry: dict[str, Any] = {
        "name": contact.name or contact.email,
        "email": contact.email,
        "tier": contact.tier,
        "locale": contact.locale,
        "problems": [_told(problem) for problem in sheet.problems],
    }
    if sheet.composed is None:
        return entry
    rendered = sheet.composed.rendered
    head = sheet.composed.message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    sender = re.search(r"^From: (.*?)(?: <[^>]*>)?\r?$", head, re.MULTILINE)
    return entry | {
        "sender": sender[1].strip('"') if sender else "",
        "subject": rendered.subject,
        "preheader": rendered.preheader,
        "html": rendered.html and _with_pictures(sheet.composed),
        "text": rendered.text,
        "headers": head.replace("\r\n", "\n"),
        "warnings": [_told(problem) for problem in rendered.warnings],
        "files": {suffix[1:]: name + suffix for suffix in parts},
        "sizes": {
            "html": len((rendered.html or "").encode()),
            "text": len(parts[".txt"]),
            "message": len(parts[".eml"]),
        },
    }


def _told(problem: Problem) -> dict[str, Any]:
    place = [str(part) for part in (problem.source, problem.line, problem.column) if part]
    return {"place": ":".join(place), "message": problem.message, "hint": problem.hint}


def _page(preview: Preview, entries: list[dict[str, Any]], *, watched: bool) -> str:
    data = {
        "template": preview.template,
        "made": preview.made_at.isoformat(),
        "problems": [_told(problem) for problem in preview.problems],
        "sheets": entries,
        "clip": GMAIL_CLIP,
        "near": SIZE_WARNING,
        "watched": watched,
    }
    # In a script element only `<` could end the script or begin a comment.
    text = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")
    frame = files("outreach.services").joinpath("preview.html").read_text(encoding="utf-8")
    return frame.replace(_DATA, text).replace("NONCE", secrets.token_urlsafe(16))


def _slug(email: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", email.lower()).strip("-")[:60] or "contact"


def _replace(path: Path, octets: bytes) -> None:
    """Write a file so that whoever reads it meanwhile sees the old or the new, never half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".preview-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


Stamp = frozenset[tuple[str, int, int]]


def stamp(folders: Iterable[Path]) -> Stamp:
    """Return what changes when any file in `folders` is saved, added or removed."""
    found = set()
    for folder in folders:
        for path in [folder] if folder.is_file() else folder.rglob("*"):
            try:
                status = path.stat()
            except OSError:
                continue  # saved by renaming, just now
            if path.is_file():
                found.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)


def watch(
    folders: Sequence[Path],
    render: Callable[[], None],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Call `render` each time that something in `folders` was saved; ends only by an exception."""
    seen = stamp(folders)
    while True:
        pause(0.2)
        found = stamp(folders)
        if found != seen:
            seen = found
            render()


class PreviewServer:
    """Serves a preview's folder on loopback while it is watched, so that its page can reload.

    The address holds a secret: other people on this machine must not read the mail.
    """

    def __init__(self, folder: Path) -> None:
        token = secrets.token_urlsafe(16)
        handler = partial(_Handler, folder=folder, token=token)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/{token}/{INDEX}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "PreviewServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(SimpleHTTPRequestHandler):
    """Answers with the preview's own files, to who knows the token and came by our address."""

    def __init__(self, *arguments: Any, folder: Path, token: str) -> None:  # noqa: ANN401
        self.token = token
        self.folder = folder
        self.name = INDEX
        super().__init__(*arguments, directory=str(folder))

    def send_head(self) -> Any:  # noqa: ANN401 - as the base class
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        prefix = f"/{self.token}/"
        name = self.path.partition("?")[0].removeprefix(prefix)
        known = re.fullmatch(r"index\.html|\d\d+-[a-z0-9-]+\.(html|txt|eml)", name)
        # A page elsewhere could have its own name point to 127.0.0.1.
        if host not in ("127.0.0.1", "localhost") or not self.path.startswith(prefix) or not known:
            self.send_error(404)
            return None
        self.path = f"/{name}"
        self.name = name
        return super().send_head()

    def end_headers(self) -> None:
        path = self.folder / self.name
        if path.is_file():
            # Last-Modified counts in seconds; people save faster.
            self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
        if self.name != INDEX:
            self.send_header(
                "Content-Security-Policy",
                "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
            )
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: ANN401
        """Say nothing: the terminal belongs to the command."""
