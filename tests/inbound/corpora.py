"""Public test mail beside the checkout, for tests that are skipped where it is absent."""

from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PLACES = [parent / "shared" / "corpora" for parent in (_ROOT.parent, _ROOT.parent.parent)]
CORPORA = next((place for place in _PLACES if place.is_dir()), None)
needs_corpora = pytest.mark.skipif(
    CORPORA is None, reason="the corpora are not beside the checkout"
)


def files(folder: str, pattern: str = "*") -> list[Path]:
    """Return the files of one corpus, or none where it is absent."""
    return sorted(CORPORA.glob(f"{folder}/{pattern}")) if CORPORA else []


def message(body: str = "Hello.", **headers: str) -> bytes:
    """Return a plain message. Header names are given with underscores for hyphens."""
    fields = {"From": "Ann <ann@example.org>", "To": "us@outreach.example", "Subject": "Hello"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    fields |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return (head + "\r\n" + body.replace("\n", "\r\n")).encode()
