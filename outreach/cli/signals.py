"""Programs that stay until they are asked to end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` at the first SIGTERM or SIGINT; the second does what it always does."""
    numbers = (signal.SIGTERM, signal.SIGINT)

    def asked(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, before[number])
        stop()

    before = {number: signal.signal(number, asked) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
