"""Several mailboxes at once, for as long as it takes."""

import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

import pytest

from outreach.errors import ConfigError, OutreachError, UnavailableError
from outreach.inbound.sources import Position, Received
from outreach.services.inbox import Report
from outreach.services.watching import Watch
from outreach.storage.database import Database
from outreach.testing import FrozenClock
from tests.services.post import Post


@dataclass
class Box:
    """A mailbox that gives what the test says at each look, or fails; then it waits."""

    name: str
    looks: list[list[bytes] | OutreachError]
    looked: int = 0
    handing_over: Callable[[bytes], None] = lambda _raw: None
    empty: threading.Event = field(default_factory=threading.Event)

    def read(self, positions: Mapping[str, Position]) -> Generator[Received, None, None]:
        self.looked += 1
        found = self.looks.pop(0) if self.looks else []
        if isinstance(found, OutreachError):
            raise found
        for raw in found:
            self.handing_over(raw)
            yield Received(raw=raw, received_at=None, folder="INBOX")

    def wait(self, seconds: float, stopped: threading.Event) -> None:
        if not self.looks:
            self.empty.set()
            stopped.wait(seconds)


@dataclass
class Told:
    reports: list[Report] = field(default_factory=list)
    failures: list[tuple[str, float | None]] = field(default_factory=list)


def watch(post: Post, boxes: list[Box]) -> tuple[Watch, Told]:
    told = Told()
    watching = Watch(
        inbox=post.inbox,
        sources=boxes,
        said=told.reports.append,
        failed=lambda name, _error, wait: told.failures.append((name, wait)),
        first_wait=0.01,
    )
    return watching, told


def mail(number: int) -> bytes:
    return (
        f"From: ada@example.com\nMessage-ID: <{number}@x>\nSubject: s\n\nHello {number}.\n".encode()
    )


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


def test_each_mailbox_is_read_as_mail_comes_until_the_end(post: Post) -> None:
    boxes = [
        Box("anna", [[mail(1)], [], [mail(2), mail(3)]]),
        Box("bo", [[mail(4), mail(1)]]),
    ]
    watching, told = watch(post, boxes)
    thread = threading.Thread(target=watching.run)
    thread.start()
    for box in boxes:
        assert box.empty.wait(20)
    watching.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert sorted((each.mailbox, each.new) for each in told.reports) in (
        [("anna", 1), ("anna", 2), ("bo", 1)],
        # The mail that lies in both is new in the one that was faster.
        [("anna", 2), ("bo", 2)],
    )
    assert post.rows("SELECT count(*) FROM inbound")[0][0] == 4


def test_one_that_fails_is_tried_again_ever_later_and_keeps_no_other_waiting(post: Post) -> None:
    away = UnavailableError("away")
    boxes = [Box("anna", [away, away, [], away, [mail(1)]]), Box("bo", [[mail(2)]])]
    watching, told = watch(post, boxes)
    thread = threading.Thread(target=watching.run)
    thread.start()
    for box in boxes:
        assert box.empty.wait(20)
    watching.stop()
    thread.join(20)
    # A look that worked begins the count anew.
    assert told.failures == [("anna", 0.01), ("anna", 0.02), ("anna", 0.01)]
    assert {each.mailbox for each in told.reports} == {"anna", "bo"}


def test_a_wrong_password_is_not_tried_again(post: Post) -> None:
    refused = ConfigError("refused the login", hint="check the password")
    boxes = [Box("anna", [refused, [mail(1)]]), Box("bo", [[mail(2)]])]
    watching, told = watch(post, boxes)
    thread = threading.Thread(target=watching.run)
    thread.start()
    assert boxes[1].empty.wait(20)
    watching.stop()
    thread.join(20)
    assert (told.failures, boxes[0].looked) == ([("anna", None)], 1)
    alone, _ = watch(post, [Box("anna", [refused])])
    with pytest.raises(ConfigError, match="refused the login"):
        alone.run()


def test_a_fault_of_ours_ends_all_and_is_seen(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_how: object) -> Report:
        raise KeyError("a fault")

    monkeypatch.setattr(post.inbox, "sync", broken)
    watching, _ = watch(post, [Box("anna", []), Box("bo", [])])
    with pytest.raises(KeyError, match="a fault"):
        watching.run()


def test_the_end_comes_behind_the_mail_in_hand(post: Post) -> None:
    box = Box("anna", [[mail(number) for number in range(50)]])
    watching, _ = watch(post, [box])
    box.handing_over = lambda raw: watching.stop() if b"Hello 1." in raw else None
    watching.run()
    assert post.rows("SELECT count(*) FROM inbound")[0][0] == 2
