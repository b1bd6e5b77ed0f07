"""A mail server that misbehaves at every step of the protocol, alone and amid kills."""

import random
from pathlib import Path

import pytest

from outreach.testing import Rule, ScriptedServer, make_certificate
from tests.chaos.arena import seeds
from tests.chaos.conftest import MakeArena

pytestmark = pytest.mark.slow

PEOPLE = 20
STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "content", "dot", "RSET", "QUIT")

#: Longer than a run waits for an answer (see `tests.chaos.arena.Arena`).
TOO_LONG = 1.3

#: Exit codes of a run that met with trouble: some mail failed, or the server did.
TROUBLED = (0, 6, 7)


def misbehave(chance: random.Random, *, encrypted: bool) -> Rule:
    """Return one way to misbehave, at one step, once or a few times."""
    at = chance.choice((*STEPS, "STARTTLS") if encrypted else STEPS)
    how = {
        "hang up": Rule(at, drop=True),
        "reset": Rule(at, reset=True),
        "go down": Rule(at, reply="421 4.3.2 going down", drop=True),
        "fall silent": Rule(at, stall=TOO_LONG),
        # In the middle of the content some of these belie the answer that follows.
        "defer": Rule(at, reply="451 4.3.0 try later"),
        "reject": Rule(at, reply="554 5.3.0 no"),
        "babble": Rule(at, reply="well, hello"),
        "answer twice": Rule(at, again="250 2.0.0 and again"),
    }
    if at == "content":
        # More of an answer before the question would be taken for the answer.
        del how["answer twice"]
    if at == "STARTTLS":
        how["cut TLS"] = Rule(at, reply="220 2.0.0 go ahead", drop=True)
    rule = how[chance.choice(sorted(how))]
    rule.times = chance.randint(1, 3)
    rule.skip = chance.randrange(PEOPLE // 2) if at not in ("connect", "EHLO", "STARTTLS") else 0
    return rule


def leaves_doubt(rule: Rule) -> bool:
    """Whether the client cannot know what became of a mail to which this happened."""
    return rule.at in ("content", "dot")


@pytest.mark.parametrize("killing", [False, True], ids=["alone", "with kills"])
def test_a_server_that_misbehaves_at_every_step(
    killing: bool, on_sqlite: MakeArena, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    for seed in seeds(3):
        chance = random.Random(seed)
        encrypted = chance.random() < 0.4
        rules = [misbehave(chance, encrypted=encrypted) for _ in range(chance.randint(1, 4))]
        server = ScriptedServer(
            *rules,
            certificate=certificate if encrypted else None,
            max_messages=chance.choice((None, None, 3, 7)),
            dribble=chance.random() < 0.2,
        )
        with on_sqlite(seed, PEOPLE) as arena, server:
            print(f"encrypted {encrypted}, {rules}")
            options = f"tls=starttls&ca={certificate.authority_file}" if encrypted else "tls=off"
            arena.through(server, options)
            for _ in range(8):
                pid = arena.go_on()
                if not killing or not arena.kill(pid, chance.uniform(0, 1)):
                    code = arena.wait(pid) if not killing else 0
                    assert code in TROUBLED, arena.said()[-2000:]
                if arena.is_idle:
                    break
            arena.finish()
            arena.judge(silent=sum(rule.used for rule in rules if leaves_doubt(rule)))
