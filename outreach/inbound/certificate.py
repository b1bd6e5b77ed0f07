"""The certificate by which a listener offers encryption, read anew when it was renewed.

A certificate lasts some weeks and is renewed beside a program that goes on running, so the files
are looked at before each connection. While what is found cannot be used (half written, or a key
that does not fit), the one before is offered.
"""

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from outreach.errors import ConfigError

_log = logging.getLogger(__name__)

_Seen = tuple[tuple[int, int, int], ...]


@dataclass(kw_only=True)
class Certificate:
    """A chain of certificates, the server's own first, and its private key: two files in PEM."""

    chain: Path
    key: Path
    _context: ssl.SSLContext | None = field(default=None, init=False, repr=False)
    _seen: _Seen | None = field(default=None, init=False, repr=False)

    def context(self) -> ssl.SSLContext:
        """Return what a server hands to its connections: TLS 1.2 or newer (RFC 8996).

        Raises `ConfigError` where there has never been a certificate that can be used.
        """
        seen = self._look()
        if self._context is None or seen != self._seen:
            try:
                self._context = self._load()
            except ConfigError as error:
                if self._context is None:
                    raise
                _log.warning("the certificate before is still offered: %s", error)
            # What cannot be used is not tried for each client, only when it has changed again.
            self._seen = seen
        return self._context

    def _look(self) -> _Seen:
        found = []
        for path in (self.chain, self.key):
            try:
                status = path.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(found)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        asked = False

        def passphrase() -> str:
            nonlocal asked
            asked = True
            return ""

        try:
            context.load_cert_chain(self.chain, self.key, passphrase)
        except FileNotFoundError as error:
            missing = next(path for path in (self.chain, self.key) if not path.exists())
            raise ConfigError("there is no such file", source=str(missing)) from error
        except ssl.SSLError as error:
            if asked:
                raise ConfigError(
                    "the private key is locked with a passphrase",
                    source=str(self.key),
                    hint="a service has nobody to ask: use a key without one, for its eyes only",
                ) from error
            if error.reason == "KEY_VALUES_MISMATCH":
                raise ConfigError(
                    f"the private key is not that of the certificate in {self.chain}",
                    source=str(self.key),
                ) from error
            raise ConfigError(
                "no certificate and key in PEM can be read",
                source=f"{self.chain}, {self.key}",
                hint="a chain begins with the server's own certificate: certbot's fullchain.pem",
            ) from error
        except OSError as error:
            raise ConfigError(
                f"cannot be read ({error.strerror or error})", source=f"{self.chain}, {self.key}"
            ) from error
        return context
