"""Where rejected rows of an import go, so that they can be mended and imported again."""

import csv
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from outreach.errors import UnavailableError, UsageError
from outreach.services.contact_files import ContactFile, Record


class Rejects:
    """The file that takes rejected rows: the same columns after ``line`` and ``reason``.

    It exists only if a row was rejected. A file that is there already is never written over, since
    somebody may be mending it; one with the same content is used again.
    """

    def __init__(self, source: ContactFile, path: Path | None, *, keep: bool = True) -> None:
        suffix = ".vcf" if source.is_vcard else ".csv"
        self.source = source
        self.wanted = path or source.path.with_name(f"{source.path.stem}.rejects{suffix}")
        self.keep = keep
        self.path: Path | None = None
        self._file: TextIO | None = None
        self._part: Path | None = None

    def __enter__(self) -> Self:
        if self.keep:
            try:
                self._new_part().unlink()
            except OSError as error:
                raise UsageError(
                    f"rejected rows cannot be written to {self.wanted} ({error.strerror})",
                    hint="name another file with --rejects PATH",
                ) from error
        return self

    def add(self, record: Record, reason: str) -> None:
        """Write one rejected row."""
        if not self.keep:
            return
        try:
            if self._file is None:
                self._part = self._new_part()
                self._file = self._part.open(
                    "w", encoding="utf-8", errors="surrogateescape", newline=""
                )
                if not self.source.is_vcard:
                    self._write(["line", "reason", *self.source.header])
            if self.source.is_vcard:
                note = f"BEGIN:VCARD\r\nX-LINE:{record.line}\r\nX-REASON:{reason}\r\n"
                self._file.write(re.sub(r"(?i)\ABEGIN:VCARD\r?\n?", lambda _: note, record.raw))
            elif record.cells is not None:
                self._write([str(record.line), reason, *record.cells])
            else:
                self._write([str(record.line), reason, *self._cells_of(record.raw)])
        except OSError as error:
            raise self._unwritable(error) from error

    def _new_part(self) -> Path:
        """Make a file of this import's own beside the one that is wanted."""
        handle, name = tempfile.mkstemp(".part", f"{self.wanted.name}.", self.wanted.parent)
        os.close(handle)
        return Path(name)

    def _unwritable(self, error: OSError) -> UnavailableError:
        return UnavailableError(
            f"the rejects file cannot be written ({error.strerror})",
            source=str(self._part or self.wanted),
            hint="make room and run the same command again",
        )

    def _write(self, cells: Sequence[str]) -> None:
        assert self._file is not None
        csv.writer(self._file, delimiter=self.source.delimiter).writerow(cells)

    def _cells_of(self, raw: str) -> list[str]:
        """Return a broken line as one cell, so that none of it is lost unless it is huge."""
        whole = raw.rstrip("\r\n")
        limit = csv.field_size_limit() // 2
        if len(whole) <= limit:
            return [whole]
        return [f"{whole[:1000]}… (cut here; line {len(whole):,} characters or longer)"]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        assert self._part is not None
        try:
            self._file.close()
            self.path = self._settle(self._part)
        except OSError as problem:
            if error is None:
                raise self._unwritable(problem) from problem

    def _settle(self, part: Path) -> Path:
        content = _fingerprint(part)
        number = 1
        target = self.wanted
        while target.exists():
            if _fingerprint(target) == content:
                part.unlink()
                return target
            number += 1
            target = self.wanted.with_name(f"{self.wanted.stem}-{number}{self.wanted.suffix}")
        part.rename(target)
        return target


def _fingerprint(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
