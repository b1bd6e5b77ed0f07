"""Kill -9 at random instants, from the first second of planning to the last answer."""

import random

import pytest

from outreach.testing import Rule, ScriptedServer
from tests.chaos.arena import seeds
from tests.chaos.conftest import MakeArena

PEOPLE = 80

#: Within how many seconds of its start a sender is killed, at random; each round takes one. The
#: first hits mostly the start and the planning, the last mostly the sending.
WITHIN = (0.2, 0.4, 0.8)

WORKERS = 3

#: How often a sender is killed in a round, at most, before one may work to the end.
KILLS = 20


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
    for seed in seeds(2):
        chance = random.Random(seed)
        within = chance.choice(WITHIN)
        with make(seed, PEOPLE) as arena, ScriptedServer(*rules(chance)) as server:
            arena.through(server)
            for _ in range(KILLS):
                if not arena.kill(arena.send(), chance.uniform(0, within)) and arena.is_idle:
                    break
            arena.finish()
            arena.judge()


@pytest.mark.postgres
def test_three_workers_of_whom_one_is_killed_again_and_again(on_postgres: MakeArena) -> None:
    for seed in seeds(1):
        chance = random.Random(seed)
        within = chance.choice(WITHIN)
        with on_postgres(seed, WORKERS * PEOPLE) as arena, ScriptedServer(*rules(chance)) as server:
            arena.through(server)
            assert arena.wait(arena.send("--detach")) == 0
            workers = [arena.start("worker") for _ in range(WORKERS)]
            for _ in range(KILLS):
                at = chance.randrange(WORKERS)
                if arena.is_idle:
                    break
                assert arena.kill(workers[at], chance.uniform(0, within)), arena.said()
                workers[at] = arena.start("worker", "--concurrency", str(chance.randint(1, 2)))
            for pid in workers:
                arena.stop(pid)
            arena.finish("worker", "--until-idle")
            arena.judge()
