"""Several connections on one thread: answers in any order, deadlines, and parting."""

import socket
import time
from collections.abc import Iterator

import pytest

from outreach.domain.feedback import Outcome
from outreach.testing import MemoryTransport, Rule, ScriptedServer
from outreach.transport.base import Envelope, Talk, Wait
from outreach.transport.lines import Answered, Lines
from outreach.transport.smtp import Security, SmtpTransport, Timeouts

MESSAGE = b"From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"


def to(server: ScriptedServer, **changes: float) -> SmtpTransport:
    timeouts = Timeouts(**{"goodbye": 0.5, **changes})
    return SmtpTransport(
        host="127.0.0.1", port=server.port, security=Security.OFF, timeouts=timeouts
    )


def envelope(name: object) -> Envelope:
    return Envelope("a@example.com", f"{name}@example.org")


def all_answers(lines: Lines[int]) -> Iterator[Answered[int]]:
    while lines.busy:
        lines.await_answer()
        yield from lines.answers()


def test_as_many_as_there_are_lines_are_under_way_at_once() -> None:
    with ScriptedServer(Rule("dot", stall=0.2)) as server, Lines[int](to(server), 4) as lines:
        begun = time.monotonic()
        for number in range(4):
            lines.send(number, envelope(number), MESSAGE)
        assert (lines.free, lines.busy) == (0, 4)
        answers = list(all_answers(lines))
        took = time.monotonic() - begun
    assert sorted(answer.tag for answer in answers) == [0, 1, 2, 3]
    assert {answer.receipt.outcome for answer in answers if answer.receipt} == {Outcome.ACCEPTED}
    assert took < 4 * 0.2, "one after the other takes so long"
    assert server.connections == 4
    assert server.transcript.count("QUIT") == 4


def test_a_slow_line_holds_up_no_other() -> None:
    slow = Rule("RCPT", stall=1.5, when=lambda who: "<0@" in who)
    with ScriptedServer(slow) as server, Lines[int](to(server), 2) as lines:
        lines.send(0, envelope(0), MESSAGE)
        done: list[int] = []
        for number in range(1, 6):
            lines.send(number, envelope(number), MESSAGE)
            while lines.free == 0:
                lines.await_answer()
                done += [answer.tag for answer in lines.answers()]
        done += [answer.tag for answer in all_answers(lines)]
    assert set(done) == set(range(6))
    assert done[-1] == 0
    assert server.connections == 2


def test_silence_ends_when_its_time_is_over() -> None:
    silent = Rule("dot", stall=5, times=1)
    with ScriptedServer(silent) as server, Lines[int](to(server, final=0.2), 2) as lines:
        begun = time.monotonic()
        lines.send(1, envelope(1), MESSAGE)
        [answer] = all_answers(lines)
        assert answer.receipt is not None
        assert answer.receipt.outcome is Outcome.UNCERTAIN
        assert 0.2 <= time.monotonic() - begun < 2


def test_asking_for_answers_waits_no_longer_than_allowed() -> None:
    with (
        ScriptedServer(Rule("dot", stall=0.5)) as server,
        Lines[int](to(server), 1) as lines,
    ):
        assert lines.answers(5) == [], "nothing was handed in"
        lines.send(1, envelope(1), MESSAGE)
        begun = time.monotonic()
        while time.monotonic() - begun < 0.2:
            assert lines.answers(0.05) == []
        assert [answer.tag for answer in all_answers(lines)] == [1]


def test_waiting_for_an_answer_ends_when_it_may_or_when_one_comes() -> None:
    slow = Rule("dot", stall=0.5)
    with ScriptedServer(slow) as server, Lines[int](to(server), 1) as lines:
        begun = time.monotonic()
        lines.send(1, envelope(1), MESSAGE)
        lines.await_answer(0.2)
        assert 0.2 <= time.monotonic() - begun < 0.45, "what a server says on the way ends nothing"
        assert lines.answers() == []
        lines.await_answer(5)
        assert [answer.tag for answer in lines.answers()] == [1]


def test_what_a_server_says_to_an_idle_line_wakes_it_once_and_costs_no_mail() -> None:
    parting = Rule("dot", reply="250 2.0.0 taken\r\n421 4.3.2 closing", drop=True, times=1)
    with ScriptedServer(parting) as server, Lines[int](to(server), 2) as lines:
        lines.send(1, envelope(1), MESSAGE)
        assert [answer.tag for answer in all_answers(lines)] == [1]
        lines.send(2, envelope(2), MESSAGE)
        lines.send(3, envelope(3), MESSAGE)
        answers = list(all_answers(lines))
    assert {answer.receipt.outcome for answer in answers if answer.receipt} == {Outcome.ACCEPTED}
    assert len(server.accepted) == 3


def test_a_connection_that_broke_leaves_its_number_to_another_line() -> None:
    broken = Rule("MAIL", reply="421 4.3.2 closing", drop=True, times=1)
    with ScriptedServer(broken) as server, Lines[int](to(server), 3) as lines:
        lines.send(0, envelope(0), MESSAGE)
        lines.await_answer()
        # The system gives the number of the socket that was closed to the next that is opened.
        for number in (1, 2):
            lines.send(number, envelope(number), MESSAGE)
        answers = {answer.tag: answer.receipt for answer in all_answers(lines)}
    outcomes = {tag: receipt.outcome for tag, receipt in answers.items() if receipt}
    assert outcomes == {0: Outcome.DEFERRED, 1: Outcome.ACCEPTED, 2: Outcome.ACCEPTED}


def test_a_retired_line_says_goodbye_and_the_others_go_on() -> None:
    with ScriptedServer() as server, Lines[int](to(server), 2) as lines:
        for number in range(2):
            lines.send(number, envelope(number), MESSAGE)
        first, _ = all_answers(lines)
        lines.retire(first.line)
        assert lines.free == 1
        lines.send(2, envelope(2), MESSAGE)
        assert [answer.tag for answer in all_answers(lines)] == [2]
        assert quits(server, 1) == 1
    assert quits(server, 2) == 2


def quits(server: ScriptedServer, expected: int) -> int:
    """Return how often the server heard QUIT; its threads have a moment to hear so many."""
    until = time.monotonic() + 5
    while server.transcript.count("QUIT") < expected and time.monotonic() < until:
        time.sleep(0.01)
    return server.transcript.count("QUIT")


def test_what_is_in_hand_when_all_is_closed_is_broken_off() -> None:
    with ScriptedServer(Rule("dot", stall=0.3)) as server:
        with Lines[int](to(server), 2) as lines:
            lines.send(1, envelope(1), MESSAGE)
            lines.answers(0.05)
        assert "QUIT" not in server.transcript, "it would be a line of the content"


class Mistaken(MemoryTransport):
    """Fails at the second message as only a mistake in a program does."""

    def connect(self) -> "Mistaken":  # type: ignore[override]
        return self

    def talk(self, envelope: Envelope, data: bytes) -> Talk:
        never, other_end = socket.socketpair()
        with never, other_end:
            yield Wait(never, writing=False, seconds=0.01)
        if envelope.recipient.startswith("2@"):
            raise ZeroDivisionError
        return self.take(envelope, data)

    def farewell(self) -> Talk[None]:
        yield from ()


def test_a_mistake_on_one_line_is_told_apart_and_ends_no_other() -> None:
    with Lines[int](Mistaken(), 3) as lines:
        for number in (1, 2, 3):
            lines.send(number, envelope(number), MESSAGE)
        answers = {answer.tag: answer for answer in all_answers(lines)}
    assert isinstance(answers[2].error, ZeroDivisionError)
    assert answers[2].receipt is None
    for number in (1, 3):
        receipt = answers[number].receipt
        assert receipt is not None
        assert receipt.outcome is Outcome.ACCEPTED


def test_an_interruption_ends_all_at_once() -> None:
    class Interrupted(Mistaken):
        def talk(self, envelope: Envelope, data: bytes) -> Talk:
            yield from ()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Lines[int](Interrupted(), 2) as lines:
        lines.send(1, envelope(1), MESSAGE)
