"""A socket as SMTP uses it: answers in whatever pieces they come."""

import socket
import ssl
import struct
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.causes import Reply
from outreach.transport.base import complete
from outreach.transport.wire import Wire, WireError

ANSWERS = {
    b"250 2.1.0 Ok\r\n": Reply(250, "2.1.0", "Ok"),
    b"250 ok\r\n": Reply(250, None, "ok"),
    b"354 go on\r\n": Reply(354, None, "go on"),
    b"450 4.7.1 later\n": Reply(450, "4.7.1", "later"),
    b"250-one\r\n250-two\r\n250 three\r\n": Reply(250, None, "one two three"),
    b"550-5.1.1 nobody\r\n550 5.1.1 here\r\n": Reply(550, "5.1.1", "nobody here"),
    b"250 " + b"x" * 600 + b"\r\n": Reply(250, None, "x" * 500),
    b"221\r\n": Reply(221, None, ""),
}


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


@given(
    said=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=6),
    cuts=st.sets(st.integers(1, 1500), max_size=4),
)
def test_answers_are_the_same_however_they_are_cut(pair, said: list[bytes], cuts: set[int]):
    ours, theirs = pair
    wire = Wire(ours, time.monotonic)
    whole = b"".join(said)
    ends = [*sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    heard: list[Reply] = []
    sent = 0
    for end in ends:
        theirs.sendall(whole[sent:end])
        sent = end
        there = list(_answers(said, end))
        while len(heard) < len(there):
            heard.append(complete(wire.reply(5)))
    assert heard == [ANSWERS[each] for each in said]
    assert wire.is_quiet()


def _answers(said: list[bytes], end: int) -> Iterator[bytes]:
    """Yield those answers that have come whole with the first `end` octets."""
    for each in said:
        end -= len(each)
        if end < 0:
            return
        yield each


def test_what_was_heard_and_not_read_is_no_quiet(pair):
    ours, theirs = pair
    wire = Wire(ours, time.monotonic)
    theirs.sendall(b"250 one\r\n250 two\r\n")
    assert complete(wire.reply(5)) == Reply(250, None, "one")
    assert not wire.is_quiet()
    assert not wire.is_quiet_still()
    assert wire.heard() == Reply(250, None, "two")
    assert wire.is_quiet_still()


def test_an_answer_that_was_heard_is_read_with_its_lines_too(pair):
    ours, theirs = pair
    wire = Wire(ours, time.monotonic)
    theirs.sendall(b"250 one\r\n250 two\r\n")
    complete(wire.reply(5))
    assert complete(wire.lines(5)) == (Reply(250, None, "two"), [])


@pytest.mark.parametrize("babble", [b"hello\r\n", b"250-a\r\n350 b\r\n", b"x" * 5000])
def test_what_is_no_smtp_is_told(pair, babble: bytes):
    ours, theirs = pair
    wire = Wire(ours, time.monotonic)
    theirs.sendall(babble)
    with pytest.raises(WireError) as caught:
        complete(wire.reply(5))
    assert caught.value.is_babble
    # What is left of it is nobody's concern.
    time.sleep(0.01)
    while not wire.is_quiet():
        ours.recv(8192)
        wire = Wire(ours, time.monotonic)


def test_a_peer_that_breaks_off_before_encryption_leaves_nothing_open():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
        # Closing it so is a reset.
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
    ours.setblocking(False)
    wire = Wire(ours, time.monotonic)
    with pytest.raises(OSError, match=r".+"):
        complete(wire.encrypt(ssl.create_default_context(), "mail.example", 1))
    wire.close()
    assert ours.fileno() == -1
