"""Files of contacts: what they are written in, and their rows one by one.

A file is looked at once from end to end (encoding, fingerprint) and then read row by row, never as
a whole. Whatever a row holds, what follows it is still read: a cell without end, quotes that do not
match and lines that are too long cost their own line and no other.
"""

import codecs
import csv
import hashlib
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self, TextIO

from outreach.domain import vcard
from outreach.domain.address import normalise
from outreach.errors import OutreachError, UnavailableError, UsageError

MAX_LINE = 1 << 20
"""Longest line of a file, in characters; a longer one is rejected and not held in memory."""

MAX_COLUMNS = 1_000

DELIMITERS = (",", ";", "\t", "|")

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# What Windows programs of a language write when they do not write Unicode.
_CODE_PAGES = {
    "cp1250": "pl cs sk hu sl hr bs ro sq",
    "cp1251": "ru uk bg sr mk be",
    "cp1253": "el",
    "cp1254": "tr",
    "cp1255": "he",
    "cp1256": "ar fa ur",
    "cp1257": "lt lv et",
    "cp932": "ja",
    "cp949": "ko",
    "gb18030": "zh",
}
_CODE_PAGE_OF = {
    language: page for page, languages in _CODE_PAGES.items() for language in languages.split()
}


@dataclass(frozen=True, slots=True)
class ContactFile:
    """What a file turned out to be. `header` holds one name a column, also where it has no header.

    `certain` is False where the encoding is a guess that a person ought to look at; `sample` holds
    the first rows, decoded.
    """

    path: Path
    size: int
    sha256: str
    encoding: str
    certain: bool
    kind: str
    delimiter: str
    header: tuple[str, ...]
    header_lines: int
    sample: tuple[tuple[str, ...], ...]

    @property
    def is_vcard(self) -> bool:
        """Whether this is a file of vCards."""
        return self.kind == "vcard"


class Record(NamedTuple):
    """One row or card: its cells, or the `reason` why it cannot be read.

    `raw` is what a rejects file needs where there are no cells, and of a card always.
    """

    line: int
    cells: Sequence[str] | None
    reason: str | None = None
    raw: str = ""


def examine(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, language: str = "en"
) -> ContactFile:
    """Find out what `path` is, or raise `UsageError` saying what to do.

    `language` is that of the workspace: where a file is not Unicode, it says which Windows code
    page is likely.
    """
    if encoding is not None:
        try:
            "".encode(encoding)  # also refuses codecs that are not about text
        except LookupError:
            raise UsageError(
                f"there is no encoding {encoding!r}",
                source="--encoding",
                hint="use a name such as utf-8, cp1252 or iso8859-2",
            ) from None
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise UsageError(
            f"cells cannot be divided by {delimiter!r}",
            source="--delimiter",
            hint="name one sign, such as ; or tab",
        )
    try:
        head, size, digest, decoded, certain = _survey(path, encoding, language)
    except OSError as error:
        raise UsageError(
            f"cannot be read ({error.strerror})",
            source=str(path),
            hint="check name and permissions",
        ) from error
    sample = _decode_sample(head, decoded)
    if re.match(r"\ufeff?\s*BEGIN:VCARD", sample, re.IGNORECASE):
        shape = ContactFile(
            path, size, digest, decoded, certain, "vcard", ",", vcard.COLUMNS, 0, ()
        )
        cards = _few(read(shape), 5)
        return _with_sample(shape, [card.cells for card in cards if card.cells])
    if not sample.strip():
        raise UsageError("the file is empty", source=str(path))
    return _examine_table(path, sample, (size, digest, decoded, certain), delimiter)


def _survey(path: Path, encoding: str | None, language: str) -> tuple[bytes, int, str, str, bool]:
    """Read the file once: its first bytes, size, fingerprint and encoding."""
    digest = hashlib.sha256()
    size = plain = foreign = 0
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        _refuse_other_formats(head, path)
        marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
        counting = encoding is None and marked in (None, "utf-8-sig")
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if counting and not (chunk.isascii() and not decoder.getstate()[0]):
                text = decoder.decode(chunk)
                bad = _foreign_bytes(text)
                foreign += bad
                plain += len(text) - len(text.encode("ascii", "ignore")) - bad
    if encoding is not None:
        return head, size, digest.hexdigest(), encoding, True
    if marked and marked != "utf-8-sig":
        return head, size, digest.hexdigest(), marked, True
    if not foreign:
        return head, size, digest.hexdigest(), marked or "utf-8", True
    # Mostly good UTF-8 with some foreign bytes is a file glued together from two; its bad rows are
    # rejected one by one. Otherwise it was never UTF-8.
    if marked or plain > foreign:
        return head, size, digest.hexdigest(), marked or "utf-8", False
    likely = _CODE_PAGE_OF.get(language.partition("-")[0].lower(), "cp1252")
    for name in dict.fromkeys((likely, "cp1252")):
        if _decodes(path, name):
            return head, size, digest.hexdigest(), name, False
    raise UsageError(
        f"is neither UTF-8 nor {likely}",
        source=str(path),
        hint="name its encoding, such as --encoding iso8859-2, or save it as UTF-8",
    )


def _foreign_bytes(text: str) -> int:
    """Return how many bytes in `text` were no UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return len(re.findall("[\udc80-\udcff]", text))
    return 0


def _refuse_other_formats(head: bytes, path: Path) -> None:
    found = next(
        (
            name
            for mark, name in (
                (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
                (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
                (b"%PDF", "a PDF"),
                (b"\x1f\x8b", "a compressed file"),
                (b"SQLite format 3", "a database"),
            )
            if head.startswith(mark)
        ),
        None,
    )
    if found:
        raise UsageError(
            f"is {found}, not a text file",
            source=str(path),
            hint="open it in the program it came from and save it as CSV (UTF-8)",
        )
    if head.count(0) > len(head) // 4 and not head.startswith(tuple(mark for mark, _ in _BOMS)):
        raise UsageError(
            "looks like UTF-16 without its byte order mark, or like no text at all",
            source=str(path),
            hint="pass --encoding utf-16-le, or save it as CSV (UTF-8)",
        )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _decode_sample(head: bytes, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    try:
        text = decoder.decode(head)
    except (UnicodeDecodeError, UnicodeError):
        text = head.decode(encoding, "replace")
    return text.removeprefix("\ufeff")


def _examine_table(
    path: Path, sample: str, survey: tuple[int, str, str, bool], delimiter: str | None
) -> ContactFile:
    size, digest, encoding, certain = survey
    skip = 0
    if named := re.match(r"sep=(.)\r?\n", sample):  # Excel's own way to name the delimiter
        delimiter, skip = delimiter or named[1], 1
        sample = sample[named.end() :]
    complete = size <= _SAMPLE
    if not complete and "\n" in sample:
        sample = sample[: sample.rindex("\n") + 1]
    delimiter = delimiter or sniff(sample)
    first = _records(io.StringIO(sample, newline=""), delimiter, width=None)
    head = next((record for record in first if record.cells is None or any(record.cells)), None)
    if head is None or head.cells is None:
        raise UsageError(
            f"the header cannot be read: {head.reason if head else 'there is none'}",
            source=str(path),
            line=head.line if head else None,
        )
    if len(head.cells) > MAX_COLUMNS:
        raise UsageError(
            f"the header has {len(head.cells):,} columns; {MAX_COLUMNS:,} are allowed",
            source=str(path),
            line=head.line + skip,
            hint="remove the columns that are not about contacts",
        )
    headerless = any(_is_address(cell) for cell in head.cells)
    header = (
        tuple(f"column {number}" for number in range(1, len(head.cells) + 1))
        if headerless
        else tuple(" ".join(cell.split()) for cell in head.cells)
    )
    shape = ContactFile(
        path,
        size,
        digest,
        encoding,
        certain,
        "csv",
        delimiter,
        header,
        skip + (0 if headerless else head.line + "".join(head.cells).count("\n")),
        (),
    )
    return _with_sample(shape, [row.cells for row in _few(read(shape), 200) if row.cells])


def _with_sample(shape: ContactFile, rows: Sequence[Sequence[str]]) -> ContactFile:
    return ContactFile(
        shape.path,
        shape.size,
        shape.sha256,
        shape.encoding,
        shape.certain,
        shape.kind,
        shape.delimiter,
        shape.header,
        shape.header_lines,
        tuple(tuple(row) for row in rows),
    )


def _few(records: Iterator[Record], count: int) -> list[Record]:
    found = []
    for record in records:
        found.append(record)
        if len(found) == count:
            break
    return found


def sniff(sample: str) -> str:
    """Return the delimiter that gives the rows of `sample` the same number of cells most often.

    A file with one column has none; then the answer is a comma, which no cell of it contains.
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        counts: list[int] = []
        with suppress(csv.Error):
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                if row:
                    counts.append(len(row))
                if len(counts) == 200:
                    break
        if not counts or counts[0] < 2:
            continue
        share = sum(count == counts[0] for count in counts) / len(counts)
        score = (round(share, 1), counts[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _is_address(cell: str) -> bool:
    try:
        return bool(normalise(cell.strip()))
    except OutreachError:
        return False


def read(file: ContactFile) -> Iterator[Record]:
    """Give the rows (without the header) or cards of a file, one by one."""
    try:
        with file.path.open(encoding=file.encoding, errors="surrogateescape", newline="") as text:
            if file.is_vcard:
                for card in vcard.read_cards(_bounded(text)):
                    yield Record(card.line, card.cells, card.reason, card.raw)
                return
            for _ in range(file.header_lines):
                text.readline(MAX_LINE)
            yield from _records(
                text, file.delimiter, width=len(file.header), line=file.header_lines
            )
    except OSError as error:
        raise UnavailableError(
            f"cannot be read any further ({error.strerror})", source=str(file.path)
        ) from error
    except UnicodeError as error:
        raise UsageError(
            f"is not {file.encoding}: {error}",
            source=str(file.path),
            hint="name its encoding, such as --encoding cp1252",
        ) from error


def _bounded(text: TextIO) -> Iterator[str]:
    """Give lines of at most `MAX_LINE` characters; the rest of a longer one comes as more lines."""
    return iter(lambda: text.readline(MAX_LINE), "")


class _Lines:
    """Lines for `csv.reader`, which can be given back when a row turns out to be broken."""

    def __init__(self, text: TextIO) -> None:
        self.readline = text.readline
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.too_long = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self.waiting:
            line = self.waiting.popleft()
        else:
            line = self.readline(MAX_LINE)
            if not line:
                raise StopIteration
            if len(line) == MAX_LINE and line[-1] != "\n":
                self._skip_rest()
        self.taken.append(line)
        return line

    def _skip_rest(self) -> None:
        self.too_long = True
        while (piece := self.readline(MAX_LINE)) and piece[-1] != "\n":
            pass

    def give_back(self) -> str:
        """Keep the first line of the row at hand and have the others read again."""
        first, *others = self.taken
        self.waiting.extendleft(reversed(others))
        self.taken.clear()
        return first


def _records(text: TextIO, delimiter: str, *, width: int | None, line: int = 0) -> Iterator[Record]:
    lines = _Lines(text)
    taken = lines.taken
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        reason: str | None = None
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = _quoting_problem(str(error))
        start = line + 1
        if reason is None and len(taken) == 1 and not lines.too_long:
            line = start
            taken.clear()
            if width is None or len(cells) == width:
                yield Record(start, cells)
                continue
        elif reason is not None or lines.too_long or (width is not None and len(cells) != width):
            # Only the first line is at fault: what a stray quote swallowed is read again.
            if lines.too_long and reason is None:
                reason = f"the line is longer than {MAX_LINE:,} characters"
            if reason is None:
                reason = "a quote is opened and not closed in its row"
            lines.too_long = False
            raw = lines.give_back() if taken else ""
            line = start
            yield Record(start, None, reason, raw)
            continue
        else:
            line += len(taken)
            taken.clear()
            yield Record(start, cells)
            continue
        if not any(cells):
            continue
        yield _of_width(start, cells, width)


def _of_width(line: int, cells: list[str], width: int | None) -> Record:
    """Pad a row that leaves out empty cells at its end, and refuse one that has too many."""
    if width is None:
        return Record(line, cells)
    if len(cells) < width:
        return Record(line, cells + [""] * (width - len(cells)))
    if not any(cells[width:]):
        return Record(line, cells[:width])
    reason = f"the row has {len(cells):,} cells, the header has {width:,}"
    return Record(line, cells, reason)


def _quoting_problem(message: str) -> str:
    if "limit" in message:
        return f"a cell is longer than {csv.field_size_limit():,} characters"
    return f"the quotes do not match ({message})"
