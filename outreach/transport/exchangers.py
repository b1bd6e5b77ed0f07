"""Mail exchangers: which servers take a domain's mail, asked of the DNS (RFC 5321 5.1)."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import dns.exception
import dns.resolver

PATIENCE = 2.0
"""How long to wait for the answer about one domain, in seconds."""

AT_ONCE = 16
"""How many domains are asked about at once."""

ENOUGH_SILENCE = 3
"""After so many questions in a row that nobody answered, no more are asked."""

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=2)
"""How long an answer is kept, whatever its time to live."""


@dataclass(frozen=True, slots=True)
class Exchangers:
    """A domain's mail exchangers, the preferred first, and for how long that holds.

    None at all where the domain has none, or does not exist.
    """

    servers: tuple[str, ...]
    lifetime: timedelta


Lookup = Callable[[Collection[str]], Mapping[str, Exchangers]]
"""Returns what is known of each domain; one about which nobody answered is left out."""


class DnsLookup:
    """A `Lookup` that asks the machine's own resolver, and stops asking where there is none."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver
        self._silences = 0

    def __call__(self, domains: Collection[str]) -> Mapping[str, Exchangers]:
        """Ask about all of them."""
        resolver = self._resolver or _own_resolver()
        if resolver is None or self._silences >= ENOUGH_SILENCE or not domains:
            return {}
        with ThreadPoolExecutor(min(AT_ONCE, len(domains)), thread_name_prefix="dns") as threads:
            answers = threads.map(lambda domain: self._ask(resolver, domain), domains)
            return {
                domain: found
                for domain, found in zip(domains, answers, strict=True)
                if found is not None
            }

    def _ask(self, resolver: dns.resolver.Resolver, domain: str) -> Exchangers | None:
        if self._silences >= ENOUGH_SILENCE:
            return None
        try:
            answer = resolver.resolve(domain, "MX", lifetime=PATIENCE, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            self._silences = 0
            return Exchangers((), SHORTEST)
        except (dns.exception.DNSException, OSError, UnicodeError):
            self._silences += 1
            return None
        self._silences = 0
        records = sorted((record.preference, str(record.exchange)) for record in answer)
        # The single exchanger "." says that no mail is taken (RFC 7505).
        servers = tuple(name.rstrip(".").lower() for _, name in records if name != ".")
        ttl = timedelta(seconds=answer.rrset.ttl if answer.rrset else 0)
        return Exchangers(servers, min(max(ttl, SHORTEST), LONGEST))


@cache
def _own_resolver() -> dns.resolver.Resolver | None:
    """Return what the machine is set to, None where it is set to nothing."""
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return None
