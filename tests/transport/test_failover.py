"""Fail-over: when the next server is tried, and when it must not be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from outreach.domain.causes import Step
from outreach.domain.feedback import Fault, Outcome, out_of_step, unanswered
from outreach.testing import MemoryTransport, Rule, ScriptedServer
from outreach.transport.base import Envelope, Receipt
from outreach.transport.failover import REST, FailoverTransport
from outreach.transport.smtp import Security, SmtpTransport, Timeouts

BOB = Envelope("a@example.com", "bob@example.org")
MESSAGE = b"From: a@example.com\r\n\r\nHello\r\n"
WAITING = Timeouts(command=5, data=5, final=5, goodbye=1)


class Pair:
    def __init__(self):
        self.first, self.second = MemoryTransport("first"), MemoryTransport("second")
        self.time = 0.0
        self.asked = []
        self.transport = FailoverTransport((self.first, self.second), now=lambda: self.time)
        for transport in (self.first, self.second):
            transport.answer = self.answering(transport.name, None)

    def answering(self, name, receipt):
        def answer(_envelope, _data):
            self.asked.append(name)
            return receipt

        return answer


@pytest.mark.parametrize(
    "text",
    ["550 5.1.1 no such user", "450 4.2.0 greylisted", "552 5.3.4 too big", "554 5.7.1 spam",
     "421 4.7.28 too fast"],
)  # fmt: skip
def test_what_is_about_the_mail_is_the_same_everywhere(text):
    pair = Pair()
    pair.first.answer = pair.answering("first", pair.first.reply(text))
    receipt = pair.transport.connect().send(BOB, MESSAGE)
    assert str(receipt.reply) == text
    assert receipt.server == "first"
    assert pair.asked == ["first"]
    assert pair.second.sent == []


@pytest.mark.parametrize("judge", [unanswered, out_of_step])
@pytest.mark.parametrize("step", list(Step))
def test_only_before_the_content_is_another_tried(step, judge):
    pair = Pair()
    pair.first.answer = pair.answering("first", Receipt.of(judge(step), step, "first", text="-"))
    receipt = pair.transport.connect().send(BOB, MESSAGE)
    if step is Step.CONTENT:
        assert receipt.outcome is Outcome.UNCERTAIN
        assert pair.second.sent == []
    else:
        assert (receipt.outcome, receipt.server) == (Outcome.ACCEPTED, "second")


def test_a_refused_login_leads_to_the_next():
    pair = Pair()
    failed = pair.first.reply("535 5.7.8 wrong password", Step.LOGIN)
    pair.first.answer = pair.answering("first", failed)
    assert pair.transport.connect().send(BOB, MESSAGE).server == "second"


WILL_NOT_HAVE_US = [
    "421 4.3.2 service not available",
    "421 too many connections",
    "421 4.7.28 unusual rate - gsmtp",
    "450 4.2.0 greylisted",
    "451 4.3.0 later",
    "554 5.7.1 blocked using zen.spamhaus.org",
    "554 no SMTP service here",
    "550 5.7.1 sender not allowed",
]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (text, at)
        for text in WILL_NOT_HAVE_US
        for at in ("connect", "EHLO", "MAIL")
        # A server that does not know EHLO is asked again, with HELO.
        if not (at == "EHLO" and text.startswith("550"))
    ],
)
def test_what_a_server_says_before_it_knows_to_whom_leads_to_the_next(text, at):
    with ScriptedServer(Rule(at, reply=text)) as first, ScriptedServer() as second:
        transport = FailoverTransport(
            tuple(
                SmtpTransport(host="127.0.0.1", port=port, security=Security.OFF, timeouts=WAITING)
                for port in (first.port, second.port)
            )
        )
        with transport.connect() as connection:
            for _ in range(2):
                receipt = connection.send(BOB, MESSAGE)
                assert receipt.outcome is Outcome.ACCEPTED
                assert receipt.server.endswith(f":{second.port}")
        assert (len(first.accepted), len(second.accepted)) == (0, 2)
        assert first.connections == 1, "it rests"


def test_a_server_rests_for_as_long_as_it_asks():
    pair = Pair()
    too_fast = pair.first.reply("421 4.7.28 too fast", Step.SENDER)
    pair.first.answer = pair.answering("first", too_fast)
    with pair.transport.connect() as connection:
        connection.send(BOB, MESSAGE)
        pair.time = REST + 1
        connection.send(BOB, MESSAGE)
        assert pair.asked == ["first", "second", "second"]
        pair.time = 601
        connection.send(BOB, MESSAGE)
    assert pair.asked == ["first", "second", "second", "first", "second"]


@pytest.mark.parametrize("text", ["552 5.3.4 too big", "550 5.6.7 not in ASCII"])
def test_a_mail_that_one_cannot_carry_is_refused_at_once(text):
    pair = Pair()
    pair.first.answer = pair.answering("first", pair.first.reply(text, Step.SENDER))
    assert pair.transport.connect().send(BOB, MESSAGE).fault is Fault.MESSAGE
    assert pair.asked == ["first"]


def test_a_server_that_failed_rests_and_then_comes_first_again():
    pair = Pair()
    working = pair.first.answer
    failed = Receipt.of(unanswered(Step.CONNECT), Step.CONNECT, "first", text="-")
    pair.first.answer = pair.answering("first", failed)
    with pair.transport.connect() as connection:
        connection.send(BOB, MESSAGE)
        connection.send(BOB, MESSAGE)
        assert pair.asked == ["first", "second", "second"]
        pair.first.answer = working
        pair.time = REST + 1
        connection.send(BOB, MESSAGE)
        assert pair.asked[-1] == "first"


def test_one_whose_turn_has_not_come_is_passed_over_and_said_to_be_there():
    pair = Pair()
    failed = Receipt.of(unanswered(Step.CONNECT), Step.CONNECT, "first", text="-")
    pair.first.answer = pair.answering("first", failed)
    waits = {"first": None, "second": timedelta(minutes=3)}
    envelope = replace(BOB, turn=waits.get)
    with pair.transport.connect() as connection:
        receipt = connection.send(envelope, MESSAGE)
        assert (receipt.server, receipt.held) == ("first", timedelta(minutes=3))
        assert pair.asked == ["first"]
        assert pair.transport.preferred == "second"
        waits["second"] = None
        receipt = connection.send(envelope, MESSAGE)
        assert (receipt.server, receipt.held) == ("second", None)
        pair.time = REST + 1
        assert pair.transport.preferred == "first"


def test_what_one_connection_found_is_expected_of_the_next_but_found_out_by_it():
    """A server that takes no further connection may well serve those there are."""
    pair = Pair()
    working = pair.first.answer
    failed = Receipt.of(unanswered(Step.CONNECT), Step.CONNECT, "first", text="-")
    with pair.transport.connect() as one, pair.transport.connect() as other:
        pair.first.answer = pair.answering("first", failed)
        one.send(BOB, MESSAGE)
        assert pair.transport.preferred == "second"
        pair.first.answer = working
        assert other.send(BOB, MESSAGE).server == "first"
        assert pair.transport.preferred == "first"
        assert one.send(BOB, MESSAGE).server == "second"


def test_when_all_fail_the_last_says_why():
    pair = Pair()
    for transport in (pair.first, pair.second):
        failed = Receipt.of(unanswered(Step.CONNECT), Step.CONNECT, transport.name, text="-")
        transport.answer = pair.answering(transport.name, failed)
    with pair.transport.connect() as connection:
        for _ in range(2):
            receipt = connection.send(BOB, MESSAGE)
            assert (receipt.outcome, receipt.fault) == (Outcome.DEFERRED, Fault.CONNECTION)
    assert pair.asked == ["first", "second"] * 2


@pytest.mark.parametrize(
    ("at", "lands"),
    [("connect", 1), ("EHLO", 1), ("MAIL", 1), ("RCPT", 1), ("DATA", 1), ("dot", 0)],
)
def test_between_real_servers(at, lands):
    with ScriptedServer(Rule(at, drop=True)) as first, ScriptedServer() as second:
        transport = FailoverTransport(
            tuple(
                SmtpTransport(host="127.0.0.1", port=port, security=Security.OFF, timeouts=WAITING)
                for port in (first.port, second.port)
            )
        )
        with transport.connect() as connection:
            receipt = connection.send(BOB, MESSAGE)
    # Never two: what the first has, though it did not say so, is not given to the second.
    assert len(first.accepted) + len(second.accepted) == 1
    assert len(second.accepted) == lands
    assert receipt.outcome is (Outcome.ACCEPTED if lands else Outcome.UNCERTAIN)
