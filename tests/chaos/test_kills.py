"""Kill -9 at random instants, from the first second of planning to the last answer."""

import random
from typing import Any

import pytest

from outreach.testing import Rule, ScriptedServer
from tests.chaos.arena import ROUNDS, seeds
from tests.chaos.conftest import MakeArena

pytestmark = pytest.mark.slow

PEOPLE = 120 if ROUNDS else 60

#: Within how many seconds of its start a sender is killed, at random; each round takes one. The
#: first hits mostly the start and the planning, the last mostly the sending.
WITHIN = (0.2, 0.4, 0.8)

WORKERS = 3

#: How often a sender is killed in a round, at most, before one may work to the end.
KILLS = 20 if ROUNDS else 8


def instant(chance: random.Random) -> dict[str, Any]:
    """Draw when to kill: in its first second, or in half of all cases while it is sending."""
    if chance.random() < 0.5:
        return {"after": chance.uniform(0, 1), "sending": False}
    return {"after": chance.uniform(0, 0.3), "sending": True}


def rules(chance: random.Random) -> list[Rule]:
    """Return what a server does that is slow, knows somebody no more, and is busy at times."""
    return [
        Rule("dot", stall=chance.uniform(0, 0.03)),
        Rule("RCPT", reply="550 5.1.1 no such user", when=lambda who: "c7@" in who),
        Rule("RCPT", reply="450 4.7.1 come back later", times=3, skip=chance.randrange(30)),
    ]


@pytest.mark.parametrize(
    "place", ["on_sqlite", pytest.param("on_postgres", marks=pytest.mark.postgres)]
)
def test_a_sender_killed_at_any_moment(place: str, request: pytest.FixtureRequest) -> None:
    make: MakeArena = request.getfixturevalue(place)
    for seed in seeds(1):
        chance = random.Random(seed)
        with make(seed, PEOPLE) as arena, ScriptedServer(*rules(chance)) as server:
            arena.through(server)
            for _ in range(KILLS):
                if not arena.kill(arena.send(), **instant(chance)) and arena.is_idle:
                    break
            arena.finish()
            arena.judge()


@pytest.mark.postgres
def test_three_workers_of_whom_one_is_killed_again_and_again(on_postgres: MakeArena) -> None:
    for seed in seeds(1):
        chance = random.Random(seed)
        with on_postgres(seed, 2 * PEOPLE) as arena, ScriptedServer(*rules(chance)) as server:
            arena.through(server)
            assert arena.wait(arena.send("--detach")) == 0
            workers = [arena.start("worker") for _ in range(WORKERS)]
            for _ in range(KILLS):
                at = chance.randrange(WORKERS)
                if arena.is_idle:
                    break
                assert arena.kill(workers[at], **instant(chance)), arena.said()
                workers[at] = arena.start("worker", "--concurrency", str(chance.randint(1, 2)))
            for pid in workers:
                arena.stop(pid)
            arena.finish("worker", "--until-idle")
            arena.judge()
