"""Files that a template takes along: attachments, and images that its HTML shows.

They are named in a template or its front matter and lie beside it or in ``files/``, never outside
of the template folder. Among a template's files each stands with its digest, so that what was
approved is what is sent, or nothing is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from outreach.rendering.mjml_source import included_name

FOLDER = "files"
"""The folder among the templates that holds nothing but such files."""
MAX_ASSETS = 10_000_000
"""Octets of one mail's files. They grow by a third on the way, and many servers take 20 MB."""

#: What Gmail takes from nobody (support.google.com/mail/answer/6590), of what people do send.
_BLOCKED = frozenset(
    [
        ".ade", ".adp", ".apk", ".appx", ".bat", ".cab", ".chm", ".cmd", ".com", ".cpl",
        ".dll", ".dmg", ".exe", ".hta", ".img", ".ins", ".iso", ".isp", ".jar", ".js",
        ".jse", ".lib", ".lnk", ".mde", ".msc", ".msi", ".msix", ".msp", ".mst", ".nsh",
        ".pif", ".ps1", ".scr", ".sct", ".shb", ".sys", ".vb", ".vbe", ".vbs", ".vhd",
        ".vxd", ".wsc", ".wsf", ".wsh", ".xll",
    ]
)  # fmt: skip
_IMAGES: Mapping[str, tuple[str, tuple[bytes, ...]]] = {
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".gif": ("image/gif", (b"GIF87a", b"GIF89a")),
}
# From the beginning of a word, and no longer than a path: a picture in base64 is one endless word.
_APART = r"\s\"'()<>{}|\\:,;=\[\]"
_IMAGE_NAME = re.compile(
    rf"(?<![^{_APART}])[^{_APART}]{{1,200}}?\.(?:png|jpe?g|gif)(?![^{_APART}])", re.IGNORECASE
)
#: A name with blanks or brackets in it, which quotation marks or Markdown's <…> hold together.
_HELD_NAME = re.compile(
    "|".join(
        rf"{start}([^{start}<>\n]{{1,200}}?\.(?:png|jpe?g|gif))(?={end})"
        for start, end in ('""', "''", "<>")
    ),
    re.IGNORECASE,
)
_TAGS = re.compile(r"(?is)<style\b[^>]*>.*?</style>|<[a-z][a-z0-9:]*\s[^>]*>")
_ATTRIBUTE = re.compile(r"""(?is)(\s(src|background|style)\s*=\s*)(["'])(.*?)\3""")
_URL = re.compile(r"""(?i)(\burl\(\s*(&quot;|&\#0?3[49];|["']?))([^"'()&]+)(\2\s*\))""")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.\-]*:|//|\#|\Z", re.IGNORECASE)
_TYPE = re.compile(r"(?!(?:multipart|message)/)[\w!#$&^.+\-]+/[\w!#$&^.+\-]+\Z", re.IGNORECASE)
_TYPES = MimeTypes()
_CID_URL = re.compile(r"""(?i)\burl\(\s*["']?\s*cid:([^"'\s)]+)""")
_CID_WORD = re.compile(r"(?i)\s*\bcid:([^\s,]+)")
_ADDRESS_ATTRIBUTES = ("src", "href", "background", "poster")
_STYLE = re.compile(r"(?is)<style\b[^>]*>(.*?)</style")
_TAG = re.compile(r"""<[A-Za-z](?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")
_PAIR = re.compile(r"""([\w:\-]++)\s*+=\s*+("[^"]*"|'[^']*'|[^\s"'>]+)""")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along. `content_type` is such as ``application/pdf``."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class InlineImage:
    """An image that the HTML shows as ``cid:NAME``. Left out where the HTML does not show it."""

    cid: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class AttachmentSpec:
    """An attachment as front matter names it."""

    file: str
    name: str
    content_type: str


def attachment_specs(value: object) -> tuple[AttachmentSpec, ...]:
    """Return what ``attachments`` in front matter names, or raise `ValueError` with what is wrong.

    It is a list of file names, or of maps with ``file`` and, if they differ, ``name`` and ``type``.
    """
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of files, such as [files/offer.pdf]")
    return tuple(map(_attachment, value))


def _attachment(entry: Any) -> AttachmentSpec:  # noqa: ANN401 - whatever YAML holds
    given = {"file": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("file"), str) or not given["file"]:
        raise ValueError("holds an entry without a file; write  - file: files/offer.pdf")
    unknown = [key for key in given if key not in ("file", "name", "type")]
    if unknown:
        raise ValueError(f'knows file, name and type, not "{unknown[0]}"')
    if not all(isinstance(each, str) and each for each in given.values()):
        raise ValueError("holds something that is no text; put it in quotes")
    name = given.get("name", PurePosixPath(given["file"]).name)
    odd = any(sign in name for sign in ("/", "\\", "=?"))
    if odd or not name.isprintable() or len(name.encode()) > 255:
        raise ValueError(f"gives a file a name that no file can have: {name[:60]!r}")
    blocked = {suffix.lower() for suffix in PurePosixPath(name).suffixes} & _BLOCKED
    if blocked:
        raise ValueError(f"holds a {min(blocked)} file, which mail servers refuse; link to it")
    kind = given.get("type") or _TYPES.guess_type(name)[0] or "application/octet-stream"
    if not _TYPE.match(kind):
        raise ValueError(f'has the type "{kind[:60]}"; write one such as application/pdf')
    return AttachmentSpec(given["file"], name, kind)


def digest(data: bytes) -> str:
    """Return how a file stands among those that a template depends on."""
    return f"sha256:{sha256(data).hexdigest()}"


def candidates(written: str, beside: str) -> list[str]:
    """Return where the file `written` in the template `beside` may lie, the likeliest first.

    An address may have ``%20`` for a blank, and a file system another way to write an umlaut.
    """
    said = (written, unquote(written), unescape(written))
    forms = [form for one in said for form in (one, *_spellings(one))]
    folders = (beside, f"{FOLDER}/.", "")
    names = (included_name(form, folder) for folder in folders for form in dict.fromkeys(forms))
    return list(dict.fromkeys(name for name in names if name is not None))


def _spellings(name: str) -> tuple[str, ...]:
    return () if name.isascii() else (normalize("NFC", name), normalize("NFD", name))


def image_names(text: str) -> Iterable[str]:
    """Yield everything in a source that may be the name of an image."""
    plain = (found[0] for found in _IMAGE_NAME.finditer(text))
    held = (found[found.lastindex or 0] for found in _HELD_NAME.finditer(text))
    return dict.fromkeys((*plain, *held))


def inline_image(name: str, data: bytes) -> InlineImage:
    """Return the image called `name`, or raise `ValueError` where mail programs show no such."""
    kind, starts = _IMAGES[PurePosixPath(name).suffix.lower()]
    if not data.startswith(starts):
        raise ValueError(f"is not what its name says, {kind}")
    # By its content, so that one image under two names travels once.
    return InlineImage(f"{sha256(data).hexdigest()[:24]}@inline", kind, data)


def attachments_of(
    specs: Sequence[AttachmentSpec], data_of: Callable[[str], bytes]
) -> tuple[Attachment, ...]:
    """Return the attachments that `specs` name."""
    if not specs:
        return ()
    return tuple(Attachment(spec.name, spec.content_type, data_of(spec.file)) for spec in specs)


def with_images(html: str, url_of: Callable[[str], str]) -> str:
    """Return `html` with each image of a relative path at the address that `url_of` gives it.

    Only elements and style rules are looked at: no text that a reader sees is taken for either.
    """

    def styled(found: re.Match[str]) -> str:
        return f"{found[1]}{placed(found[3])}{found[4]}"

    def attribute(found: re.Match[str]) -> str:
        start, kind, quote, value = found.groups()
        value = _URL.sub(styled, value) if kind.lower() == "style" else placed(value)
        return f"{start}{quote}{value}{quote}"

    def placed(written: str) -> str:
        name = unescape(written).strip()
        return written if _ELSEWHERE.match(name) else url_of(unquote(name))

    def tag(found: re.Match[str]) -> str:
        if found[0][:6].lower() == "<style":
            return _URL.sub(styled, found[0])
        return _ATTRIBUTE.sub(attribute, found[0])

    return _TAGS.sub(tag, html)


def shown_cids(html: str) -> Iterator[str]:
    """Yield what follows ``cid:`` wherever it is an address, and not words that somebody wrote."""
    # Plain searches first: the expressions take as long as encoding the whole part.
    if "cid:" not in html and "CID:" not in html:
        return
    for style in _STYLE.findall(html):
        yield from _CID_URL.findall(style)
    for tag in _TAG.finditer(html):
        if "cid:" not in tag[0].lower():
            continue
        for name, value in _PAIR.findall(tag[0]):
            written = unescape(value.strip("\"'"))
            if name.lower() == "style":
                yield from _CID_URL.findall(written)
            elif name.lower() == "srcset":
                yield from _CID_WORD.findall(written)
            elif name.lower() in _ADDRESS_ATTRIBUTES and (found := _CID_WORD.match(written)):
                yield found[1]
