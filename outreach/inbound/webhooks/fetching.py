"""Getting a small document by https: a certificate, or the answer to a question."""

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

_LARGEST = 64 * 1024
_PATIENCE = 10  # seconds


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to be sent elsewhere: what was checked is the address that was asked for."""

    def redirect_request(self, *_arguments: Any, **_how: Any) -> None:  # noqa: ANN401
        return None


def fetch(url: str) -> bytes:
    """Return a document of 64 KB at most, or raise `OSError`. Redirections are not followed."""
    if not url.startswith("https://"):
        raise OSError("only https is asked")
    opener = urllib.request.build_opener(_NoRedirect())
    try:
        with opener.open(url, timeout=_PATIENCE) as answer:
            found: bytes = answer.read(_LARGEST + 1)
    except (urllib.error.HTTPError, HTTPException) as error:
        raise OSError(f"the answer was {error}") from error
    if len(found) > _LARGEST:
        raise OSError("the answer is too large")
    return found
