"""Watching mailboxes: each in a thread of its own, for as long as it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from outreach.errors import ConfigError, OutreachError
from outreach.inbound.sources import Source
from outreach.services.inbox import Inbox, Report

LISTEN_FOR = 9 * 60.0
"""Seconds that a wait for news lasts; servers may part from who is silent for ten minutes."""

FIRST_WAIT = 5.0
"""Seconds until a mailbox that failed is tried again, doubled with each failure in a row,"""

LONGEST_WAIT = 300.0
"""up to so many."""


@dataclass(kw_only=True)
class Watch:
    """Takes mail in from several mailboxes as it comes.

    One that fails is tried again, ever less often, and keeps no other waiting. One whose settings
    are wrong is given up, since each further login with a wrong password may lock the account.
    `said` is told of each look that brought something, `failed` of each failure and the seconds
    until the next try (None: it is given up); both one at a time.
    """

    inbox: Inbox
    sources: Sequence[Source]
    said: Callable[[Report], None]
    failed: Callable[[str, OutreachError, float | None], None]
    first_wait: float = FIRST_WAIT
    stopped: Event = field(default_factory=Event, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def run(self) -> None:
        """Watch until `stop` is called, then finish the mails in hand.

        Raises what ended the last mailbox, if all of them had to be given up.
        """
        errors: list[OutreachError] = []
        faults: list[BaseException] = []

        def watched(source: Source) -> None:
            try:
                self._watch(source)
            except OutreachError as error:
                errors.append(error)
            except BaseException as fault:  # for the thread that waits for all
                faults.append(fault)
                self.stop()

        threads = [Thread(target=watched, args=(each,), name=each.name) for each in self.sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)  # so that a signal is heard meanwhile
        if faults:
            raise faults[0]
        if errors and len(errors) == len(threads):
            raise ConfigError([problem for error in errors for problem in error.problems])

    def stop(self) -> None:
        """Ask for the end. May be called from a signal handler."""
        self.stopped.set()

    def _watch(self, source: Source) -> None:
        failures = 0
        while not self.stopped.is_set():
            try:
                report = self.inbox.sync(source, stopped=self.stopped.is_set)
                failures = 0
                if report.new:
                    with self._lock:
                        self.said(report)
                if not self.stopped.is_set():
                    source.wait(LISTEN_FOR, self.stopped)
            except ConfigError as error:
                self._tell_failed(source.name, error, None)
                raise
            except OutreachError as error:
                wait = min(self.first_wait * 2**failures, LONGEST_WAIT)
                failures = min(failures + 1, 16)
                self._tell_failed(source.name, error, wait)
                self.stopped.wait(wait)

    def _tell_failed(self, name: str, error: OutreachError, wait: float | None) -> None:
        with self._lock:
            self.failed(name, error, wait)
