"""How far a run is, and how it is asked to stop."""

import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from outreach.cli.output import Console, printable

if TYPE_CHECKING:
    from outreach.services.report import Report

LINE_EVERY = 10.0
"""Seconds between progress lines where there is no terminal to draw a bar on."""

MOST_NAMED = 5
"""How many servers, and how many receiving domains, are named beside the bar."""

_PER_SECOND = 4


@contextmanager
def draining(console: Console) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C or SIGTERM ask for an orderly end, and the second end it at once."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)
        console.note("finishing the message in hand; again to stop at once")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def bar(console: Console, total: int | None, what: str) -> Iterator[Callable[[int], None]]:
    """Show how many are done: a bar on a terminal, else a plain line now and then."""
    if console.quiet:
        yield lambda _: None
    elif _has_terminal(console):
        with _live(total, what, lambda: ()) as advance:
            yield advance
    else:
        lines = _Lines(console, total, what)
        yield lambda done: lines.tell(done, ())


@contextmanager
def sending_bar(console: Console, total: int | None) -> Iterator[Callable[["Report"], None]]:
    """Show how far a run is: rate, time left, and how many went through and to whom."""
    if console.quiet:
        yield lambda _: None
    elif _has_terminal(console):
        latest: list[Report] = []

        def beside() -> tuple[str, ...]:
            return details(latest[0]) if latest else ()

        with _live(total, "sending", beside) as advance:

            def show(report: "Report") -> None:
                latest[:] = [report]
                advance(report.counts.total())

            yield show
    else:
        lines = _Lines(console, total, "sending")
        yield lambda report: lines.tell(report.counts.total(), details(report))


def details(report: "Report") -> tuple[str, ...]:
    """Return what a run did by server and by receiving domain, and what it waits for."""
    found = [
        f"{word} {', '.join(f'{name} {number:,}' for name, number in _most(counts))}"
        for word, counts in (("through", report.servers), ("to", report.domains))
        if counts
    ]
    if report.waits is not None:
        found.append(f"waits until {report.waits.at:%H:%M:%S} UTC: {report.waits.why}")
    return tuple(printable(each) for each in found)


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the most frequent, and what is left as one."""
    named = counts.most_common(MOST_NAMED)
    rest = counts.total() - sum(number for _, number in named)
    return [*named, ("others", rest)] if rest else named


def _has_terminal(console: Console) -> bool:
    return sys.stderr.isatty() and not console.json


@contextmanager
def _live(
    total: int | None, what: str, beside: Callable[[], tuple[str, ...]]
) -> Iterator[Callable[[int], None]]:
    from rich.console import Console as RichConsole
    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
    from rich.text import Text

    columns = (
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        "{task.fields[rate]}",
        TimeRemainingColumn(),
    )
    shown = Progress(*columns)
    task = shown.add_task(what, total=total, rate="")
    begun = monotonic()

    def advance(done: int) -> None:
        shown.update(task, completed=done, rate=f"{_rate(done, begun)} a second")

    def picture() -> Any:
        return Group(shown, *(Text(f"  {line}", overflow="ellipsis") for line in beside()))

    console = RichConsole(stderr=True)
    with Live(
        console=console, get_renderable=picture, transient=True, refresh_per_second=_PER_SECOND
    ):
        yield advance


class _Lines:
    """Progress as plain lines."""

    def __init__(self, console: Console, total: int | None, what: str) -> None:
        self._console = console
        self._total = total
        self._what = what
        self._begun = self._last = monotonic()

    def tell(self, done: int, beside: tuple[str, ...]) -> None:
        """Print a line, if the last one is long enough ago."""
        now = monotonic()
        if now - self._last < LINE_EVERY:
            return
        self._last = now
        parts = [f"{self._what}: {done:,}"]
        if self._total:
            parts[0] += f" of {self._total:,} ({done * 100 // self._total} %)"
        parts.append(f"{_rate(done, self._begun)} a second")
        if self._total and 0 < done < self._total:
            left = (self._total - done) * (now - self._begun) / done
            parts.append(f"about {_span(left)} left")
        self._console.note("; ".join([", ".join(parts), *beside]))


def _rate(done: int, begun: float) -> str:
    rate = done / (monotonic() - begun + 0.001)
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
