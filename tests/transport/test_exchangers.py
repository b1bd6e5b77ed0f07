"""Asking a name server on loopback who takes a domain's mail."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from outreach.transport.exchangers import ENOUGH_SILENCE, LONGEST, SHORTEST, DnsLookup


class NameServer:
    """Answers questions for MX from a table; what is not in it gets no answer at all."""

    def __init__(self) -> None:
        self.zone: dict[str, tuple[int, list[str]] | None] = {}
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                data, client = self.socket.recvfrom(4096)
            except OSError:
                return
            question = dns.message.from_wire(data)
            name = question.question[0].name
            domain = name.to_text().rstrip(".")
            self.asked.append(domain)
            if domain not in self.zone:
                continue
            response = dns.message.make_response(question)
            response.flags |= dns.flags.RA
            entry = self.zone[domain]
            if entry is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
            elif entry[1]:
                response.answer.append(dns.rrset.from_text(name, entry[0], "IN", "MX", *entry[1]))
            self.socket.sendto(response.to_wire(), client)


@pytest.fixture
def server() -> Iterator[NameServer]:
    made = NameServer()
    yield made
    made.socket.close()


@pytest.fixture
def lookup(server: NameServer) -> DnsLookup:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.port
    return DnsLookup(resolver)


def test_the_preferred_server_comes_first_and_the_answer_lives_as_long_as_it_says(
    server: NameServer, lookup: DnsLookup
) -> None:
    server.zone = {
        "firm.example": (7200, ["20 backup.host.example.", "10 MX.host.example."]),
        "short.example": (5, ["10 mx.host.example."]),
        "long.example": (10**7, ["10 mx.host.example."]),
        "null.example": (7200, ["0 ."]),
        "bare.example": (7200, []),
        "gone.example": None,
    }
    found = lookup(list(server.zone))
    assert found["firm.example"].servers == ("mx.host.example", "backup.host.example")
    assert found["firm.example"].lifetime == timedelta(hours=2)
    assert found["short.example"].lifetime == SHORTEST
    assert found["long.example"].lifetime == LONGEST
    for domain in ("null.example", "bare.example", "gone.example"):
        assert found[domain].servers == ()
    assert lookup([]) == {}


def test_where_no_resolver_answers_nobody_waits_for_long(
    server: NameServer, lookup: DnsLookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.transport.exchangers.AT_ONCE", 1)
    monkeypatch.setattr("outreach.transport.exchangers.PATIENCE", 0.3)
    domains = [f"d{number}.example" for number in range(50)]
    assert lookup(domains) == {}
    assert len(set(server.asked)) == ENOUGH_SILENCE
    assert lookup(["later.example"]) == {}
    assert "later.example" not in server.asked


def test_what_is_no_name_is_no_error(lookup: DnsLookup) -> None:
    assert lookup(["a..b", "x" * 300]) == {}
