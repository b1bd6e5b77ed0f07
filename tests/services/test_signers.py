"""Signatures made in processes of their own are those made in place, whatever becomes of these."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from outreach.rendering.dkim import generate_key, load_key
from outreach.services import signers
from outreach.services.signers import MOST_WAITING, Signers
from tests.rendering.mail import contact
from tests.services.test_signing import DOMAIN, EDWARDS, NOW, RSA, composer

PATIENCE = 20  # seconds


def started(number: int) -> Signers:
    """Return signers that are ready."""
    made = Signers(number)
    for _ in range(signers.WORTHWHILE):
        made(RSA, b"x")()
    wait_until(lambda: all(each.is_free() for each in made._signers))
    return made


def wait_until(done) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="ascii").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"


@pytest.fixture
def pair() -> Iterator[Signers]:
    made = started(2)
    yield made
    made.close()


def test_signatures_are_the_same(pair: Signers) -> None:
    data = [b"%d" % number * 500 for number in range(60)]
    orders = [pair(key, each) for each in data for key in (RSA, EDWARDS)]
    assert {type(order).__name__ for order in orders} == {"_Order", "partial"}
    # Whichever is asked for first.
    codes = [order() for order in reversed(orders)][::-1]
    assert codes == [key.sign(each) for each in data for key in (RSA, EDWARDS)]
    assert all(len(each) == 0 for each in pair._signers)


def test_they_share_the_work_and_take_no_more_than_their_pipes_hold(pair: Signers) -> None:
    orders = [pair(RSA, b"x" * 40_000) for _ in range(3 * MOST_WAITING)]
    assert [len(each) for each in pair._signers] == [MOST_WAITING] * 2 or all(
        len(each) > 0 for each in pair._signers
    )
    assert {order() for order in orders} == {RSA.sign(b"x" * 40_000)}


def test_none_are_started_for_a_few() -> None:
    made = Signers(2)
    for _ in range(signers.WORTHWHILE - 1):
        assert made(EDWARDS, b"x")() == EDWARDS.sign(b"x")
    assert made._signers == []
    made.close()


def test_what_a_signer_that_was_killed_owes_is_signed_in_place(pair: Signers) -> None:
    first, second = pair._signers
    os.kill(first._process.pid, signal.SIGSTOP)
    orders = [pair(RSA, b"%d" % number) for number in range(10)]
    assert len(first) > 0
    os.kill(first._process.pid, signal.SIGKILL)
    assert [order() for order in orders] == [RSA.sign(b"%d" % number) for number in range(10)]
    os.kill(second._process.pid, signal.SIGKILL)
    second._process.wait()
    assert [pair(RSA, b"y")() for _ in range(4)] == [RSA.sign(b"y")] * 4
    assert not any(each.is_free() for each in pair._signers)


def test_after_the_end_all_is_signed_in_place(pair: Signers) -> None:
    orders = [pair(RSA, b"%d" % number) for number in range(10)]
    numbers = [each._process.pid for each in pair._signers]
    pair.close()
    assert not any(map(is_alive, numbers))
    assert [order() for order in orders] == [RSA.sign(b"%d" % number) for number in range(10)]
    assert pair(RSA, b"z")() == RSA.sign(b"z")


def test_threads_may_share_them(pair: Signers) -> None:
    with ThreadPoolExecutor(4) as threads:
        data = [b"%d" % number for number in range(80)]
        assert list(threads.map(lambda each: pair(RSA, each)(), data)) == [*map(RSA.sign, data)]


def test_asking_them_to_stop_does_not_stop_them_before_their_work_is_done(pair: Signers) -> None:
    for each in pair._signers:
        os.kill(each._process.pid, signal.SIGTERM)
        os.kill(each._process.pid, signal.SIGINT)
    order = pair(RSA, b"x")
    assert type(order).__name__ == "_Order"
    assert order() == RSA.sign(b"x")
    assert any(each.is_free() for each in pair._signers)


_SCRIPT = """
import sys
from outreach.rendering.dkim import generate_key, load_key
from outreach.services.signers import Signers, WORTHWHILE
key = load_key(generate_key(), domain="a.example", selector="s")
made = Signers(2)
for _ in range(WORTHWHILE):
    made(key, b"x")
print(*[each._process.pid for each in made._signers], flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, None])
def test_they_end_with_who_started_them(number: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        started_by_it = [int(word) for word in run.stdout.readline().split()]
        assert len(started_by_it) == 2
        if number is not None:
            run.send_signal(number)
        run.communicate()
    wait_until(lambda: not any(map(is_alive, started_by_it)))


def test_no_key_is_in_sight(pair: Signers, monkeypatch: pytest.MonkeyPatch) -> None:
    pair(RSA, b"x")()
    secret = "".join(RSA.pem.split("\n")[1:-2])[40:100]
    for each in pair._signers:
        for place in ("cmdline", "environ"):
            shown = Path(f"/proc/{each._process.pid}/{place}").read_bytes()
            assert secret.encode() not in shown
            assert b"PRIVATE" not in shown


def test_settings_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_TRANSPORT_URL", "smtp://me:secret@mail.example")
    made = started(1)
    shown = Path(f"/proc/{made._signers[0]._process.pid}/environ").read_bytes()
    assert b"PYTHONPATH" in shown
    assert b"secret" not in shown
    made.close()


def test_a_message_that_was_prepared_is_the_same(pair: Signers) -> None:
    here, apart = composer(RSA, EDWARDS), composer(RSA, EDWARDS, apart=pair)
    reader = contact(company="Ada & Söhne")
    for number in range(40):
        plain = here.compose_plainly(reader, delivery_id=number, date=NOW)
        made = apart.compose(reader, delivery_id=number, date=NOW)
        made.prepare()
        size = made.size
        assert made == plain
        assert size == len(made.message)


def test_keys_of_several_senders_are_told_apart(pair: Signers) -> None:
    keys = [load_key(generate_key(bits=1024), domain=DOMAIN, selector=f"s{n}") for n in range(3)]
    for key in (*keys, *keys):
        assert pair(key, b"x")() == key.sign(b"x")
