"""The judge itself: what it is there to find, it finds."""

import random

import pytest
from sqlalchemy import text

from outreach.testing import Rule, ScriptedServer
from tests.chaos.arena import SEED, Arena, Tally
from tests.chaos.conftest import MakeArena

PEOPLE = 12


@pytest.fixture
def tally() -> Tally:
    """One of its own: what is made up here must not count."""
    return Tally()


def change(arena: Arena, statement: str) -> None:
    with arena.database.write() as session:
        session.execute(text(statement))


@pytest.mark.slow
def test_it_sees_each_thing_that_must_not_be(on_sqlite: MakeArena) -> None:
    with on_sqlite(SEED, PEOPLE) as arena, ScriptedServer() as server:
        arena.through(server)
        arena.finish()
        arena.judge()

        server.accepted.append(server.accepted[3])
        (twice,) = server.accepted[3].recipients
        with pytest.raises(AssertionError, match=rf"sent twice: \['{twice}'\]"):
            arena.judge()
        server.accepted.pop()

        gone = server.accepted.pop(5)
        with pytest.raises(AssertionError, match=rf"lost: \['{gone.recipients[0]}'\]"):
            arena.judge()
        server.accepted.append(gone)

        change(arena, "UPDATE deliveries SET state = 'pending' WHERE id = 1")
        with pytest.raises(AssertionError, match="lost"):
            arena.judge()
        change(arena, "UPDATE deliveries SET state = 'rejected' WHERE id = 1")
        with pytest.raises(AssertionError):
            arena.judge()
        change(arena, "UPDATE deliveries SET state = 'uncertain' WHERE id = 1")
        with pytest.raises(AssertionError, match="1 uncertain, of 0"):
            arena.judge()
        change(arena, "UPDATE deliveries SET state = 'sent' WHERE id = 1")
        arena.judge()

        change(arena, "DELETE FROM attempts WHERE delivery_id = 2")
        with pytest.raises(AssertionError):
            arena.judge()


@pytest.mark.slow
def test_kills_bring_out_a_sender_that_tries_doubtful_mail_again(on_sqlite: MakeArena) -> None:
    """The mistake that this whole design is there to avoid, made on purpose."""
    chance = random.Random(SEED)
    careless = {"careless": True}
    with on_sqlite(SEED, 5 * PEOPLE) as arena, ScriptedServer(Rule("dot", stall=0.03)) as server:
        arena.through(server)
        for _ in range(6):
            arena.kill(arena.send(mishaps=careless), chance.uniform(0, 0.2), sending=True)
        arena.wait(arena.send(mishaps=careless))
        with pytest.raises(AssertionError, match="sent twice"):
            arena.judge()
