"""What a message costs: compiled against plain, signed against a bare signature, memory, start.

``python -m bench.render`` makes the same newsletter (``bench/newsletter``: five articles, greeting,
a branch on the tier, personal links) by both paths and checks that they give the same bytes. All
ratios are taken within one run. Of several short runs the quickest of each kind counts, as `timeit`
has it: what the others took longer was something else that the machine did.
"""

import argparse
import gc
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from bench._installed import as_installed
from bench._memory import peak_mb
from outreach.cli.main import COLLECT_AFTER
from outreach.domain.contact import Contact
from outreach.domain.links import Links, Signer
from outreach.domain.mailing import Sender
from outreach.rendering.dkim import SignApart, SigningKey, generate_key, load_key, sign_message
from outreach.rendering.templates import Template, TemplateSet
from outreach.services.composed import Composed
from outreach.services.composing import Composer
from outreach.services.signers import Signers

FOLDER = Path(__file__).parent / "newsletter"
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
FIRST = ["Ada", "Grace", "Mary", "Jürgen", "Åsa", "Bob", "Anna-Lena", "O'Neil", "Sofía", "Li"]
FIRST += ["Bartholomew", "Eve", "Max", "Zoë", "Tom"]
FIRMS = [None, "Stone & Sons", "Café Blau", "The Long Established Printing Company", "Acme", "X"]
CONNECTIONS = 20
TIERS = ["known", "customer", "client", "counsel"]


def people(count: int, start: int = 1) -> Iterator[Contact]:
    """Yield contacts who differ in all that the newsletter looks at.

    No two have the same name, firm, address or code, so that nothing can be kept from one for the
    next but what the tier, the interests and the lengths of words decide.
    """
    for number in range(start, start + count):
        own = letters(number)
        firm = FIRMS[number % len(FIRMS)]
        yield Contact(
            id=number,
            email=f"reader{number}@mail{number % 97}.example",
            tier=TIERS[number % len(TIERS)],
            created_at=NOW,
            updated_at=NOW,
            first_name=FIRST[number % len(FIRST)] + own if number % 11 else None,
            last_name=f"Reader{own}",
            company=f"{firm} {own.title()}" if firm else None,
            interests=frozenset({"tax"} if number % 3 == 0 else ()),
            attributes={"id_code": f"c{number * 7919 % 1_000_003:07d}"},
        )


def letters(number: int) -> str:
    """Return a number in letters, in no order."""
    mixed = number * 7919 % 1_000_003
    return "".join(chr(ord("a") + mixed // 26**place % 26) for place in range(3 + number % 3))


def composer(
    template: Template, signing: Sequence[SigningKey] = (), apart: SignApart | None = None
) -> Composer:
    """Return what makes the newsletter's messages."""
    links = Links(
        signer=Signer(["bench"]),
        domain="berg-lind.example",
        base_url="https://mail.berg-lind.example",
        unsubscribe_address="leave@berg-lind.example",
        bounce_address="bounce@berg-lind.example",
    )
    return Composer(
        template,
        Sender("Anna Berg", "anna@berg-lind.example"),
        links,
        company="Berg & Lind",
        postal_address="Berg & Lind, 4 Harbour Lane, 21120 Example Town",
        website="https://berg-lind.example",
        key="newsletter@2026-12",
        signing=signing,
        apart=apart,
    )


def loaded(name: str = "five-things") -> Template:
    """Return the newsletter, or another template, read and checked."""
    return TemplateSet(FOLDER, attributes=("id_code",)).load(name)


def each(make: Callable[[Contact], object], readers: list[Contact]) -> Callable[[], None]:
    """Return what makes something for each reader and keeps nothing."""

    def work() -> None:
        for reader in readers:
            make(reader)

    return work


def cpu(work: Callable[[], object]) -> float:
    """Return the seconds of CPU that `work` takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def unsigned(runs: int) -> dict[str, object]:
    """Compare the two paths, from contact to bytes, each time for contacts never seen before."""
    maker = composer(loaded())
    fresh = people(10**6)
    for reader in islice(fresh, 2000):  # every skeleton is made, and proved, before the clock runs
        maker.compose(reader, delivery_id=reader.id, date=NOW)
    readers = list(islice(fresh, 60))
    same = all(
        maker.compose(one, delivery_id=one.id, date=NOW)
        == maker.compose_plainly(one, delivery_id=one.id, date=NOW)
        for one in readers
    )
    size = len(maker.compose(readers[0], delivery_id=1, date=NOW).rendered.html or "")
    plain, compiled = [], []
    for _ in range(runs):
        sample, readers = list(islice(fresh, 2)), list(islice(fresh, 100))
        slow = cpu(each(lambda o: maker.compose_plainly(o, delivery_id=o.id, date=NOW), sample))
        plain.append(slow / len(sample))
        fast = cpu(each(lambda o: maker.compose(o, delivery_id=o.id, date=NOW), readers))
        compiled.append(fast / len(readers))
    return {
        "html_characters": size,
        "same_bytes": same,
        "plain_ms": round(min(plain) * 1e3, 2),
        "compiled_us": round(min(compiled) * 1e6, 1),
        "times_faster": round(min(plain) / min(compiled)),
        "skeletons": maker.counts.skeletons,
        "left_to_plain": maker.counts.plain,
    }


_FIRST_ONES = CONNECTIONS


def signed(runs: int) -> dict[str, object]:
    """Compare rendering and signing with the signature alone.

    One mail after another, and as a run does it that signs by itself: it has a mail for each of its
    connections composed and prepared when their turn comes, and a connection keeps the message that
    it sends until it gets the next one.
    """
    key = load_key(generate_key(), domain="berg-lind.example", selector="bench")
    maker = composer(loaded(), signing=[key])
    fresh = people(10**6)
    for reader in islice(fresh, 2000):
        _ = maker.compose(reader, delivery_id=reader.id, date=NOW).message
    (one,) = islice(fresh, 1)
    message = maker.compose(one, delivery_id=one.id, date=NOW).message
    unsigned = composer(loaded()).compose_plainly(one, delivery_id=one.id, date=NOW).message
    data = b"x" * 1500
    sent = deque([message] * CONNECTIONS)

    def one_by_one(readers: list[Contact]) -> None:
        for reader in readers:
            _ = maker.compose(reader, delivery_id=reader.id, date=NOW).message

    def ahead(readers: list[Contact]) -> None:
        ready = deque[Composed]()
        for reader in readers:
            ready.append(maker.compose(reader, delivery_id=reader.id, date=NOW))
            ready[-1].prepare()
        while ready:
            sent.popleft()
            sent.append(ready.popleft().message)

    def alone(readers: list[Contact]) -> None:
        for _ in readers:
            key.sign(data)

    ways = (alone, one_by_one, ahead)
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(4 * runs):  # shorter ones: few of 15 ms pass without another program's turn
        for way, times in zip(ways, taken, strict=True):
            # As many of each: now and then a key needs a new number to blind itself with. The first
            # ones, as many as are counted, are not: a processor has forgotten them over another way
            # and learns them anew for some 15 ms, and a run, which makes thousands in a row, meets
            # that once. After fewer of them the way that follows the bare signatures is at a loss.
            way(list(islice(fresh, _FIRST_ONES)))
            readers = list(islice(fresh, CONNECTIONS))
            times.append(cpu(partial(way, readers)) / len(readers))
    bare, both, batches = map(min, taken)
    return {
        "same_bytes": message == sign_message(unsigned, [key], at=NOW),
        "bare_signature_us": round(bare * 1e6, 1),
        "rendered_and_signed_us": round(both * 1e6, 1),
        "times_bare": round(both / bare, 2),
        "times_bare_composed_ahead": round(batches / bare, 2),
    }


def apart(runs: int) -> dict[str, object]:
    """Compare signing in place with signing in other processes, by the clock on the wall.

    As a run does it: so many messages are composed ahead as there may be connections. The same
    clock times the signature alone, one after another.
    """
    key = load_key(generate_key(), domain="berg-lind.example", selector="bench")
    signers = Signers(2)
    here, there = (composer(loaded(), signing=[key], apart=each) for each in (None, signers))

    def make(maker: Composer, readers: list[Contact]) -> list[bytes]:
        made, ahead = [], deque[Composed]()
        for reader in readers:
            ahead.append(maker.compose(reader, delivery_id=reader.id, date=NOW))
            ahead[-1].prepare()
            if len(ahead) > CONNECTIONS:
                made.append(ahead.popleft().message)
        return made + [each.message for each in ahead]

    fresh = people(10**6)
    for maker in (here, there, there):
        make(maker, list(islice(fresh, 2000)))  # by then the processes are ready
    rates: dict[str, list[float]] = {"here": [], "there": []}
    own: dict[str, list[float]] = {"here": [], "there": []}
    same, bare = True, []
    for _ in range(runs):
        readers = list(islice(fresh, 100))
        begun = time.perf_counter()
        each(lambda _: key.sign(b"x" * 1500), readers)()
        bare.append(len(readers) / (time.perf_counter() - begun))
        made = {}
        for name, maker in (("here", here), ("there", there)):
            begun, spent = time.perf_counter(), time.process_time()
            made[name] = make(maker, readers)
            own[name].append((time.process_time() - spent) / len(readers))
            rates[name].append(len(readers) / (time.perf_counter() - begun))
        same = same and made["here"] == made["there"]
    signers.close()
    return {
        "same_bytes": same,
        "a_second_signed_in_place": round(max(rates["here"])),
        "a_second_by_two_processes": round(max(rates["there"])),
        "bare_signatures_a_second": round(max(bare)),
        "times_bare_by_two_processes": round(max(bare) / max(rates["there"]), 2),
        "times_as_many": round(max(rates["there"]) / max(rates["here"]), 2),
        "own_cpu_us_in_place": round(min(own["here"]) * 1e6, 1),
        "own_cpu_us_with_processes": round(min(own["there"]) * 1e6, 1),
    }


def start(runs: int) -> dict[str, object]:
    """Compare a campaign's first message with a plain one."""
    warm = composer(loaded())
    (reader,) = people(1)
    warm.compose_plainly(reader, delivery_id=1, date=NOW)
    plain, firsts = [], []
    for _ in range(runs):
        maker = composer(loaded())
        plain.append(cpu(lambda: maker.compose_plainly(reader, delivery_id=1, date=NOW)))  # noqa: B023
        maker = composer(loaded())
        firsts.append(cpu(lambda: maker.compose(reader, delivery_id=1, date=NOW)))  # noqa: B023
    return {"first_message_in_plain_ones": round(min(firsts) / min(plain), 2)}


def memory(count: int, work: str = "--render") -> dict[str, object]:
    """Return the peak memory of a process that renders for `count` contacts."""
    command = [sys.executable, "-m", "bench.render", work, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def branches(count: int) -> dict[str, object]:
    """Render what has twelve branches, each taken by one in seven, whichever others they take."""
    maker = composer(loaded("twelve-topics"))
    topics = maker.template.front_matter.variables["topics"]
    chance = random.Random(1)
    begun = time.process_time()
    peaks = []
    for number, reader in enumerate(people(count), 1):
        interests = frozenset(topic for topic in topics if chance.random() < 1 / 7)
        maker.compose(replace(reader, interests=interests), delivery_id=number, date=NOW)
        if number in (count // 2, count):
            peaks.append(peak_mb())
    return {
        "contacts": count,
        "skeletons_made": maker.counts.skeletons,
        "left_to_plain": maker.counts.plain,
        "peak_mb_after_half": peaks[0],
        "peak_mb": peaks[1],
        "ms_each": round((time.process_time() - begun) / count * 1e3, 2),
    }


def render(count: int) -> dict[str, object]:
    """Make `count` messages and forget them; return the peak memory of this process."""
    maker = composer(loaded())
    begun = time.process_time()
    octets = 0
    for reader in people(count):
        octets += len(maker.compose(reader, delivery_id=reader.id, date=NOW).message)
    return {
        "contacts": count,
        "peak_mb": peak_mb(),
        "cpu_seconds": round(time.process_time() - begun, 1),
        "megabytes_made": round(octets / 1e6),
    }


def main() -> None:
    """Measure, print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--render", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--branches", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.branches:
        print(json.dumps(branches(options.branches)))
        return
    if options.render:
        print(json.dumps(render(options.render)))
        return
    gc.set_threshold(COLLECT_AFTER, 20, 20)  # as the program has it
    results = {
        "unsigned": unsigned(options.runs),
        "signed": signed(options.runs),
        "apart": apart(options.runs),
        "start": start(options.runs),
        "memory": memory(options.contacts),
        "memory_of_skeletons": memory(options.contacts // 5, "--branches"),
    }
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for part, figures in results.items():
        print(part)
        for name, figure in figures.items():
            print(f"  {name.replace('_', ' '):28} {figure}")


if __name__ == "__main__":
    as_installed()
    main()
