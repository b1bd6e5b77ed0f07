"""Three parsers of messages, and what each of them makes of one, in one form.

The standard library's, `fast-mail-parser` (Rust), and npm's `postal-mime`, which is looked for as
`tests.rendering.reference` looks for MJML.
"""

import email
import email.policy
import json
import os
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import NonASCIILocalPartDefect, UndecodableBytesDefect
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import EmailPolicy
from email.utils import parseaddr
from functools import cache, lru_cache
from pathlib import Path

import fast_mail_parser

from tests.rendering.reference import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a parser found. None for what it does not tell."""

    message_id: str
    subject: str
    sender: tuple[str, str]
    reader: tuple[str, str]
    text: str
    html: str
    files: tuple[tuple[str, str, bytes], ...]
    pictures: tuple[tuple[str, bytes], ...]
    calendars: tuple[tuple[str | None, str], ...]
    leave: tuple[str, ...]
    thread: tuple[str, ...]
    extra: dict[str, str] | None


class _Remembering(EmailPolicy):
    """The standard library's new rules, which parse a header whenever it is looked at: once."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return _parsed_header(name, value)


@lru_cache(maxsize=512)
def _parsed_header(name: str, value: str) -> str:
    return email.policy.default.header_fetch_parse(name, value)


_REMEMBERING = _Remembering()


def decoded_text(value: str) -> str:
    """Return the value of a header as people read it, encoded-words decoded."""
    return str(make_header(decode_header(value)))


def by_python(data: bytes) -> Read:
    """Read by the standard library. Whatever it finds wrong is an `AssertionError`."""
    parsed = email.message_from_bytes(data, policy=_REMEMBERING)
    assert isinstance(parsed, EmailMessage)
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    for part in (parsed, *parts):
        assert not part.defects, part.defects
    # RFC 6532 allows letters outside ASCII in an address, and nowhere else in our headers.
    is_ascii = data.partition(b"\r\n\r\n")[0].isascii()
    allowed = () if is_ascii else (NonASCIILocalPartDefect, UndecodableBytesDefect)
    for name, value in parsed.items():
        assert not [odd for odd in value.defects if not isinstance(odd, allowed)], (name, value)
    bodies: dict[str, str] = {}
    files, pictures, calendars = [], [], []
    for part in parts:
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment":
            content = part.get_payload(decode=True)
            files.append((part.get_filename() or "", kind, content))
        elif part["Content-ID"]:
            pictures.append((part["Content-ID"].strip("<>"), part.get_payload(decode=True)))
        elif kind == "text/calendar":
            calendars.append((part["Content-Type"].params["method"], part.get_content()))
        else:
            assert kind not in bodies, kind
            bodies[kind] = part.get_content()
    assert "text/plain" in bodies
    assert bodies.keys() <= {"text/plain", "text/html"}
    # The new parser puts a space between two encoded-words of a phrase, where RFC 2047 6.2 has
    # none, and takes one of two away; the older functions read them right.
    older = HeaderParser().parsestr(data.partition(b"\r\n\r\n")[0].decode())
    return Read(
        message_id=parsed["Message-ID"],
        subject=parsed["Subject"],
        sender=_mailbox(older["From"]),
        reader=_mailbox(older["To"]),
        text=bodies["text/plain"],
        html=bodies.get("text/html", ""),
        files=tuple(files),
        pictures=tuple(pictures),
        calendars=tuple(calendars),
        leave=_targets(parsed["List-Unsubscribe"]),
        thread=tuple((parsed["References"] or "").split()),
        extra={name: str(parsed[name]) for name in parsed if name.startswith("X-")},
    )


def _mailbox(header: str) -> tuple[str, str]:
    phrase, address = parseaddr(header.replace("\r\n", ""))
    return str(make_header(decode_header(phrase))), address


def _targets(header: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"<([^>]*)>", header or ""))


_RUST_BOX = re.compile(r"(?:(?P<name>.*?) ?<)?(?P<address>[^<>\s]+)>?\Z", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\Z', re.DOTALL)


def by_rust(data: bytes) -> Read:
    """Read by `fast-mail-parser`."""
    parsed = fast_mail_parser.parse_email(data)
    assert not parsed.warnings
    assert len(parsed.text_plain) == 1
    assert len(parsed.text_html) <= 1
    attached = parsed.attachments
    headers = parsed.headers
    assert all(len(values) == 1 for values in headers.values()), headers
    return Read(
        message_id=headers["Message-ID"][0],
        subject=parsed.subject,
        sender=_rust_box(headers["From"][0], data, "From"),
        reader=_rust_box(headers["To"][0], data, "To"),
        text=parsed.text_plain[0],
        html="".join(parsed.text_html),
        files=tuple(
            (file.filename, file.mimetype, file.content)
            for file in attached
            if str(file.disposition) == "attachment"
        ),
        pictures=tuple(
            (file.content_id.strip("<>"), file.content) for file in attached if file.content_id
        ),
        calendars=tuple(
            (None, file.content.decode()) for file in attached if file.mimetype == "text/calendar"
        ),
        leave=_targets(headers.get("List-Unsubscribe", [None])[0]),
        thread=tuple(headers.get("References", [""])[0].split()),
        extra={name: values[0] for name, values in headers.items() if name.startswith("X-")},
    )


def _rust_box(header: str, data: bytes, field: str) -> tuple[str, str]:
    """Take a mailbox apart, which this parser leaves to others: it only decodes encoded-words."""
    found = _RUST_BOX.match(header)
    assert found, header
    name = found["name"] or ""
    # What was a quoted string stood in quotes; what was an encoded-word may mean quotes.
    raw = re.search(rb"^%b: \"" % field.encode(), data, re.MULTILINE)
    quoted = raw and _QUOTED.match(name)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else name, found["address"]


@cache
def node_folder() -> Path | None:
    """Return where `postal-mime` is installed, or None without it or without Node."""
    given = os.environ.get("MJML_NODE")
    for folder in [Path(given)] if given else [ROOT, ROOT / "tests"]:
        if shutil.which("node") and (folder / "node_modules" / "postal-mime").is_dir():
            return folder
    return None


_PROGRAM = """
import PostalMime from 'postal-mime'
import { createInterface } from 'node:readline'
const box = (one) => [one?.name ?? '', one?.address ?? '']
for await (const line of createInterface({ input: process.stdin })) {
  const mail = await PostalMime.parse(Buffer.from(line, 'base64'))
  const header = (name) => mail.headers.filter((one) => one.key === name).map((one) => one.value)
  console.log(JSON.stringify({
    id: mail.messageId, subject: mail.subject ?? '', sender: box(mail.from), to: mail.to.map(box),
    text: mail.text ?? '', html: mail.html ?? '', leave: header('list-unsubscribe'),
    thread: mail.references ?? '',
    files: mail.attachments.map((one) => ({
      name: one.filename ?? '', kind: one.mimeType, how: one.disposition, id: one.contentId,
      method: one.method, content: Buffer.from(one.content).toString('base64'),
    })),
  }))
}
"""


def by_javascript(messages: Sequence[bytes]) -> list[Read]:
    """Read many messages by `postal-mime`, in one run of Node."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", _PROGRAM],
        cwd=node_folder(),
        input="\n".join(b64encode(data).decode() for data in messages),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert len(answers) == len(messages)
    return [_from_javascript(answer) for answer in answers]


def _from_javascript(found: dict) -> Read:
    (reader,) = found["to"]
    parts = [{**part, "content": b64decode(part["content"])} for part in found["files"]]
    return Read(
        message_id=found["id"],
        subject=found["subject"],
        sender=tuple(found["sender"]),
        reader=tuple(reader),
        text=found["text"],
        html=found["html"],
        files=tuple(
            (part["name"], part["kind"], part["content"])
            for part in parts
            if part["how"] == "attachment"
        ),
        pictures=tuple(
            (part["id"].strip("<>"), part["content"]) for part in parts if part.get("id")
        ),
        calendars=tuple(
            (part["method"], part["content"].decode())
            for part in parts
            if part["kind"] == "text/calendar"
        ),
        leave=_targets("".join(found["leave"])),
        thread=tuple(found["thread"].split()),
        extra=None,  # headers that it does not know it does not decode
    )
