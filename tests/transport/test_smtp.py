"""The SMTP client against a server that misbehaves at every step."""

import base64
import re
import time
from random import Random

import pytest

from outreach.domain.causes import Cause, Step
from outreach.domain.feedback import Fault, Outcome
from outreach.testing import Rule, ScriptedServer, make_certificate
from outreach.transport.base import Envelope
from outreach.transport.smtp import Login, Security, SmtpTransport, Timeouts, stuffed

BOB = Envelope("bounce+abc@example.com", "bob@example.org", "abc")
MESSAGE = b"From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"
QUICK = Timeouts(connect=2, greeting=0.4, command=0.4, data=0.4, block=0.4, final=0.4, goodbye=0.4)
PATIENT = Timeouts(connect=5, greeting=5, command=5, data=5, block=5, final=5, goodbye=1)
USUAL = ScriptedServer.USUAL
SERIAL = tuple(word for word in USUAL if word != "PIPELINING")


def to(server, **changes):
    values = {"host": "127.0.0.1", "port": server.port, "security": Security.OFF}
    return SmtpTransport(**(values | {"timeouts": PATIENT} | changes))


def send_one(server, data=MESSAGE, envelope=BOB, **changes):
    with to(server, **changes).connect() as connection:
        return connection.send(envelope, data)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


# What goes over the wire


def test_one_write_asks_all_that_may_be_asked_at_once():
    with ScriptedServer() as server:
        receipt = send_one(server)
    assert receipt.outcome is Outcome.ACCEPTED
    assert str(receipt.reply) == "250 2.0.0 taken"
    assert server.transcript == [
        "EHLO [127.0.0.1]",
        "MAIL FROM:<bounce+abc@example.com> SIZE=42 RET=HDRS ENVID=abc",
        "RCPT TO:<bob@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;bob@example.org",
        "DATA",
        "QUIT",
    ]
    [accepted] = server.accepted
    assert (accepted.sender, accepted.recipients) == (
        "bounce+abc@example.com",
        ("bob@example.org",),
    )


@pytest.mark.parametrize(
    ("content", "wire", "is_canonical"),
    [
        (b"a\r\n", b"a\r\n.\r\n", False),
        (b".a\r\n..\r\nb.\r\n", b"..a\r\n...\r\nb.\r\n.\r\n", False),
        (
            b"a=\r\n" + b"." * 75 + b"=\r\n.\r\n",
            b"a=\r\n." + b"." * 75 + b"=\r\n..\r\n.\r\n",
            True,
        ),
    ],
)
def test_dots_at_line_starts_are_doubled(content, wire, is_canonical):
    assert stuffed(content, is_canonical=is_canonical) == wire


def test_only_what_is_offered_is_used():
    with ScriptedServer(extensions=()) as server:
        assert send_one(server, hostname="us.example.com").outcome is Outcome.ACCEPTED
    assert server.transcript[:3] == [
        "EHLO us.example.com",
        "MAIL FROM:<bounce+abc@example.com>",
        "RCPT TO:<bob@example.org>",
    ]


def test_parameters_are_written_in_xtext():
    with ScriptedServer() as server:
        send_one(server, envelope=Envelope("", "a+b=c@example.org", "id=1 ü"))
    assert "ENVID=id+3D1+20+C3+BC" in server.transcript[1]
    assert "ORCPT=rfc822;a+2Bb+3Dc@example.org" in server.transcript[2]


def test_a_server_without_ehlo_is_greeted_with_helo():
    with ScriptedServer(Rule("EHLO", reply="502 5.5.1 what?")) as server:
        assert send_one(server).outcome is Outcome.ACCEPTED
    assert server.transcript[:2] == ["EHLO [127.0.0.1]", "HELO [127.0.0.1]"]


def test_letters_outside_ascii_need_smtputf8():
    jose = Envelope("a@example.com", "josé@example.org", "abc")
    header = "To: josé@example.org\r\n\r\nx\r\n".encode()
    with ScriptedServer() as server:
        assert send_one(server, envelope=jose).outcome is Outcome.ACCEPTED
        assert send_one(server, header).outcome is Outcome.ACCEPTED
        # 8-bit content alone needs less.
        assert send_one(server, "From: a\r\n\r\né\r\n".encode()).outcome is Outcome.ACCEPTED
    mails = [line for line in server.transcript if line.startswith("MAIL")]
    assert ["SMTPUTF8" in line for line in mails] == [True, True, False]
    assert ["BODY=8BITMIME" in line for line in mails] == [False, True, True]
    assert not any("ORCPT" in line and "é" in line for line in server.transcript)
    with ScriptedServer(extensions=["PIPELINING"]) as server:
        for receipt in (send_one(server, envelope=jose), send_one(server, header)):
            assert (receipt.outcome, receipt.cause) == (Outcome.REJECTED, Cause.SMTPUTF8)
            assert receipt.fault is Fault.MESSAGE
        receipt = send_one(server, "From: a\r\n\r\né\r\n".encode())
        assert (receipt.outcome, receipt.fault) == (Outcome.REJECTED, Fault.MESSAGE)
        assert send_one(server).outcome is Outcome.ACCEPTED
    assert len(server.accepted) == 1


def test_too_large_a_message_is_not_even_offered():
    with ScriptedServer(extensions=["SIZE 1000"]) as server:
        receipt = send_one(server, MESSAGE + b"x" * 1000 + b"\r\n")
        assert (receipt.outcome, receipt.cause) == (Outcome.REJECTED, Cause.TOO_LARGE)
        assert receipt.reply is None
        assert "takes 1000" in receipt.text
    assert not any(line.startswith("MAIL") for line in server.transcript)


@pytest.mark.parametrize("size", ["²", "٣", "9" * 5000, "-1", "1000 2000", ""])
def test_a_size_that_is_no_number_is_no_limit(size: str):
    with ScriptedServer(extensions=[f"SIZE {size}"]) as server:
        assert send_one(server).outcome is Outcome.ACCEPTED


# One connection, many messages


def test_a_connection_is_used_again():
    with ScriptedServer() as server, to(server).connect() as connection:
        for _ in range(5):
            assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
        assert server.connections == 1


@pytest.mark.parametrize(
    ("server", "changes"),
    [
        (ScriptedServer(extensions=[*USUAL, "LIMITS MAILMAX=3 RCPTMAX=10"]), {}),
        (ScriptedServer(), {"max_messages": 3}),
        (ScriptedServer(max_messages=3), {}),  # it says 421 to the fourth
        (ScriptedServer(Rule("dot", reply="250 ok", drop=True, skip=2, times=1)), {}),
        (
            ScriptedServer(
                Rule("dot", again="421 bye", reply="250 ok", drop=True, skip=2, times=1)
            ),
            {},
        ),
        (ScriptedServer(Rule("MAIL", drop=True, skip=3, times=1)), {}),
        (ScriptedServer(Rule("RCPT", reset=True, skip=3, times=1)), {}),
        (ScriptedServer(Rule("DATA", drop=True, skip=3, times=1)), {}),
        (ScriptedServer(Rule("DATA", reply="421 4.3.2 closing", drop=True, skip=3, times=1)), {}),
        (ScriptedServer(extensions=SERIAL, max_messages=3), {}),
    ],
)
def test_a_used_connection_is_replaced_without_losing_or_doubling(server, changes):
    messages = [MESSAGE + f"{number}\r\n".encode() for number in range(6)]
    with server, to(server, **changes).connect() as connection:
        for message in messages:
            assert connection.send(BOB, message).outcome is Outcome.ACCEPTED
    assert server.data == messages
    assert server.connections == 2


@pytest.mark.parametrize("extensions", [USUAL, SERIAL], ids=["pipelined", "serial"])
@pytest.mark.parametrize(
    ("at", "reply", "cause"),
    [
        ("MAIL", "421 4.7.28 unusual rate - gsmtp", Cause.RATE),
        ("RCPT", "421 4.7.28 unusual rate - gsmtp", Cause.RATE),
        ("DATA", "421 4.7.28 unusual rate - gsmtp", Cause.RATE),
        ("MAIL", "421 4.7.0 [TSS04] deferred", Cause.RATE),
        ("RCPT", "421 4.3.2 closing", Cause.BUSY),
    ],
)
def test_a_used_connection_is_not_replaced_where_the_server_means_us(at, reply, cause, extensions):
    """Who says that we are too fast must not hear from us again at once."""
    rule = Rule(at, reply=reply, drop=True, skip=1, times=1)
    with (
        ScriptedServer(rule, extensions=extensions) as server,
        to(server).connect() as connection,
    ):
        assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
        receipt = connection.send(BOB, MESSAGE)
        assert (receipt.outcome, receipt.cause) == (Outcome.DEFERRED, cause)
        assert str(receipt.reply) == reply
        assert server.connections == 1
    assert server.data == [MESSAGE]


def test_an_old_connection_is_replaced():
    now = [0.0]
    with (
        ScriptedServer() as server,
        to(server, max_age=60, now=lambda: now[0]).connect() as connection,
    ):
        connection.send(BOB, MESSAGE)
        now[0] = 59.0
        connection.send(BOB, MESSAGE)
        assert server.connections == 1
        now[0] = 61.0
        connection.send(BOB, MESSAGE)
        assert server.connections == 2
    assert server.transcript.count("QUIT") == 2


# Refusals


REFUSALS = [
    ("connect", "554 5.7.1 go away", Step.CONNECT, Outcome.REJECTED, Fault.REPUTATION),
    ("connect", "421 4.3.2 busy", Step.CONNECT, Outcome.DEFERRED, Fault.CONNECTION),
    ("EHLO", "554 5.7.1 not you", Step.GREETING, Outcome.REJECTED, Fault.REPUTATION),
    ("MAIL", "550 5.1.8 bad sender", Step.SENDER, Outcome.REJECTED, Fault.CONNECTION),
    ("MAIL", "451 4.3.0 later", Step.SENDER, Outcome.DEFERRED, Fault.CONNECTION),
    ("RCPT", "550 5.1.1 no such user", Step.RECIPIENT, Outcome.REJECTED, Fault.ADDRESS),
    ("RCPT", "450 4.2.0 greylisted", Step.RECIPIENT, Outcome.DEFERRED, Fault.RECEIVER),
    ("RCPT", "421 4.7.28 too fast", Step.RECIPIENT, Outcome.DEFERRED, Fault.REPUTATION),
    ("DATA", "554 5.7.1 spam", Step.DATA, Outcome.REJECTED, Fault.REPUTATION),
    ("DATA", "451 4.3.0 later", Step.DATA, Outcome.DEFERRED, Fault.RECEIVER),
    ("dot", "550 5.7.1 this is spam", Step.CONTENT, Outcome.REJECTED, Fault.REPUTATION),
    ("dot", "451 4.3.0 disk trouble", Step.CONTENT, Outcome.DEFERRED, Fault.RECEIVER),
    ("dot", "421 4.3.2 closing", Step.CONTENT, Outcome.DEFERRED, Fault.RECEIVER),
]


@pytest.mark.parametrize("extensions", [USUAL, SERIAL], ids=["pipelined", "serial"])
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal[0]}: {refusal[1]}")
def test_a_refusal_is_reported_and_the_next_message_goes_out(refusal, extensions):
    at, reply, step, outcome, fault = refusal
    rule = Rule(at, reply=reply, times=1, drop=reply.startswith("421"))
    with (
        ScriptedServer(rule, extensions=extensions) as server,
        to(server).connect() as connection,
    ):
        receipt = connection.send(BOB, MESSAGE)
        assert (receipt.outcome, receipt.fault, receipt.step) == (outcome, fault, step)
        assert str(receipt.reply) == reply
        assert server.accepted == []
        assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
    assert server.data == [MESSAGE]


def test_a_refused_recipient_leaves_a_clean_connection():
    rules = [
        Rule("RCPT", reply="550 5.1.1 no such user", when=lambda to: "nobody" in to),
        Rule("DATA-anyway"),  # asks for content though there is nobody to send it to
    ]
    nobody = Envelope("a@example.com", "nobody@example.org")
    with ScriptedServer(*rules) as server, to(server).connect() as connection:
        for _ in range(3):
            assert connection.send(nobody, MESSAGE).fault is Fault.ADDRESS
            assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
        assert server.connections == 1
    assert server.data == [MESSAGE] * 3
    assert all(message.recipients == ("bob@example.org",) for message in server.accepted)


def test_no_empty_message_is_sent_to_a_recipient_of_who_knows_what():
    rules = [Rule("RSET", reply="500 5.5.1 what?", times=1), Rule("DATA", reply="451 no", times=1)]
    with ScriptedServer(*rules) as server, to(server).connect() as connection:
        assert connection.send(BOB, MESSAGE).outcome is Outcome.DEFERRED
        receipt = connection.send(BOB, MESSAGE)  # RSET is refused, all else is taken
        assert receipt.fault is Fault.CONNECTION
        assert server.accepted == []
        assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
    assert server.data == [MESSAGE]


# Silence, and worse


@pytest.mark.parametrize("extensions", [USUAL, SERIAL], ids=["pipelined", "serial"])
@pytest.mark.parametrize("how", ["drop", "reset", "stall"])
@pytest.mark.parametrize("at", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
def test_a_broken_connection_at_each_step(at, how, extensions):
    rule = Rule(at, times=1, **{how: 1.2 if how == "stall" else True})
    with ScriptedServer(rule, extensions=extensions) as server:
        start = time.monotonic()
        receipt = send_one(server, timeouts=QUICK if how == "stall" else PATIENT)
        assert time.monotonic() - start < 3
    assert receipt.fault is Fault.CONNECTION
    assert receipt.reply is None
    if at == "dot":
        assert receipt.outcome is Outcome.UNCERTAIN
        assert not receipt.is_safe_elsewhere
        assert receipt.retry_after is None
        assert server.data == [MESSAGE]
    else:
        assert receipt.outcome is Outcome.DEFERRED
        assert receipt.is_safe_elsewhere
        assert server.data == []


def test_silence_after_the_content_is_never_resent():
    with (
        ScriptedServer(Rule("dot", drop=True, skip=1, times=1)) as server,
        to(server).connect() as connection,
    ):
        outcomes = [connection.send(BOB, MESSAGE).outcome for _ in range(3)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.UNCERTAIN, Outcome.ACCEPTED]
    assert [message.answered for message in server.accepted] == [True, False, True]


def test_content_that_was_cut_off_cannot_have_been_taken():
    large = MESSAGE + b"x" * 900 + b"\r\n" * 10
    large += (b"y" * 900 + b"\r\n") * 30_000
    with ScriptedServer(Rule("content", drop=True, times=1)) as server:
        receipt = send_one(server, large)
        assert (receipt.outcome, receipt.fault) == (Outcome.DEFERRED, Fault.CONNECTION)
        # Deferred, and yet not to be given to another server at once: it was under way.
        assert not receipt.is_safe_elsewhere
    assert server.accepted == []
    with ScriptedServer(Rule("content", stall=2, times=1)) as server:
        receipt = send_one(server, large, timeouts=QUICK)
        assert (receipt.outcome, receipt.step) == (Outcome.DEFERRED, Step.CONTENT)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("MAIL", again="250 2.1.0 ok", times=1),
        Rule("RCPT", again="250 2.1.5 ok", times=1),
        Rule("MAIL", again="550 5.1.1 what was that", times=1),
        Rule("MAIL", reply="354 go ahead", times=1),
        Rule("RCPT", reply="220 hello", again="220 hello", times=1),
        Rule("MAIL", reply="no SMTP at all", times=1),
        Rule("MAIL", reply="250-one\r\n251 two", times=1),
        Rule("MAIL", reply="\r\n".join(["250-more"] * 300), times=1),
        Rule("MAIL", reply="x" * 10_000, times=1),
        Rule("connect", reply="HTTP/1.1 400 Bad Request", times=1),
        Rule("connect", reply="", times=1),
    ],
)
def test_answers_that_fit_no_question_never_send_or_blame(rule):
    with ScriptedServer(rule) as server, to(server).connect() as connection:
        receipt = connection.send(BOB, MESSAGE)
        if receipt.outcome is not Outcome.ACCEPTED:
            assert receipt.outcome is Outcome.DEFERRED or receipt.fault is not Fault.ADDRESS
        first = len(server.accepted)
        assert first == (receipt.outcome is Outcome.ACCEPTED)
        assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
    assert len(server.accepted) == first + 1


@pytest.mark.parametrize("again", ["250 2.0.0 taken", "550 5.1.1 no such user", "451 4.0.0 no"])
def test_a_second_answer_is_not_taken_for_the_next_messages(again):
    with (
        ScriptedServer(Rule("dot", again=again, times=1)) as server,
        to(server).connect() as connection,
    ):
        outcomes = [connection.send(BOB, MESSAGE).outcome for _ in range(3)]
    assert outcomes == [Outcome.ACCEPTED] * 3
    assert server.data == [MESSAGE] * 3
    assert server.connections == 2


def test_a_second_answer_that_comes_late_costs_a_connection_and_no_mail():
    rule = Rule("MAIL", reply="250 2.0.0 taken\r\n250 2.1.0 ok", skip=1, times=1)
    with ScriptedServer(rule) as server, to(server).connect() as connection:
        outcomes = [connection.send(BOB, MESSAGE).outcome for _ in range(3)]
    assert outcomes == [Outcome.ACCEPTED] * 3
    assert server.data == [MESSAGE] * 3
    assert server.connections == 2


@pytest.mark.parametrize("refusal", ["550 5.7.1 no", "451 4.3.0 later", "421 4.3.2 closing"])
def test_a_refusal_that_came_before_the_end_of_the_content_proves_nothing(refusal):
    # It was said in the middle of the content, and then all of it was taken.
    with ScriptedServer(Rule("content", reply=refusal, times=1)) as server:
        with to(server).connect() as connection:
            first, second = (connection.send(BOB, MESSAGE) for _ in range(2))
        assert (first.outcome, first.fault) == (Outcome.UNCERTAIN, Fault.CONNECTION)
        assert refusal in first.text
        assert second.outcome is Outcome.ACCEPTED
        assert server.data == [MESSAGE] * 2


def test_an_acceptance_in_advance_is_none():
    rule = Rule("DATA", reply="354 go ahead\r\n250 2.0.0 taken", times=1)
    with ScriptedServer(rule) as server, to(server).connect() as connection:
        assert connection.send(BOB, MESSAGE).outcome is Outcome.DEFERRED
        assert server.accepted == []
        assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED


def chaos(random):
    """A rule that may strike at any step."""
    at = random.choice(["connect", "EHLO", "RSET", "MAIL", "RCPT", "DATA", "content", "dot"])
    refusals = ["421 4.3.2 closing", "451 4.3.0 later", "550 5.1.1 no such user", "554 5.7.1 no"]
    what = random.choice(
        [
            {"drop": True},
            {"reset": True},
            {"reply": random.choice(refusals)},
            {"reply": random.choice(refusals), "drop": True},
            {"again": random.choice([*refusals, "250 2.0.0 ok", "354 go ahead"])},
            {"reply": "399 nonsense"},
        ]
    )
    if at == "content":
        what = {"drop": True}
    return Rule(at, skip=random.randrange(4), times=random.randrange(1, 3), **what)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_nothing_is_lost_and_nothing_doubled(seed):
    random = Random(seed)
    rules = [chaos(random) for _ in range(random.randrange(1, 6))]
    extensions = random.choice([USUAL, SERIAL])
    messages = [MESSAGE + f"{number}\r\n".encode() for number in range(12)]
    with ScriptedServer(*rules, extensions=extensions) as server:
        with to(server, timeouts=QUICK).connect() as connection:
            receipts = [connection.send(BOB, message) for message in messages]
        for message, receipt in zip(messages, receipts, strict=True):
            taken = server.data.count(message)
            if receipt.outcome is Outcome.ACCEPTED:
                assert taken == 1
            elif receipt.outcome is Outcome.UNCERTAIN:
                assert taken <= 1
            else:
                assert taken == 0
        assert all(data in messages for data in server.data)


def test_a_nonsensical_final_answer_is_uncertain():
    with ScriptedServer(Rule("dot", reply="354 go ahead", taken=True)) as server:
        receipt = send_one(server)
    assert (receipt.outcome, receipt.fault) == (Outcome.UNCERTAIN, Fault.CONNECTION)
    assert len(server.accepted) == 1


def test_answers_may_come_in_any_pieces():
    with ScriptedServer(dribble=True) as server, to(server).connect() as connection:
        for _ in range(2):
            assert connection.send(BOB, MESSAGE).outcome is Outcome.ACCEPTED
    assert server.connections == 1


def test_a_server_that_is_not_there():
    with ScriptedServer() as server:
        port = server.port
    receipt = SmtpTransport(host="127.0.0.1", port=port, security=Security.OFF).connect().send(
        BOB, MESSAGE
    )  # fmt: skip
    assert (receipt.outcome, receipt.fault) == (Outcome.DEFERRED, Fault.CONNECTION)
    assert receipt.text == f"cannot connect to 127.0.0.1:{port}: Connection refused"
    assert receipt.is_safe_elsewhere
    assert receipt.retry_after is not None


def test_a_host_that_cannot_be_a_name():
    receipt = SmtpTransport(host="a" * 70, port=25).connect().send(BOB, MESSAGE)
    assert (receipt.outcome, receipt.fault) == (Outcome.DEFERRED, Fault.CONNECTION)
    assert receipt.text.startswith("cannot connect to aaa")


def test_an_interruption_leaves_no_half_message_behind(monkeypatch):
    with ScriptedServer() as server:
        connection = to(server).connect()
        connection.send(BOB, MESSAGE)

        def interrupted(_data, **_):
            raise KeyboardInterrupt

        monkeypatch.setattr(connection, "_deliver", interrupted)
        with pytest.raises(KeyboardInterrupt):
            connection.send(BOB, MESSAGE)
        connection.close()
    assert server.data == [MESSAGE]
    assert "QUIT" not in server.transcript


# Encryption


def test_starttls_encrypts_all_that_matters(certificate):
    with ScriptedServer(certificate=certificate, users={"anna": "secret"}) as server:
        receipt = send_one(
            server,
            host="localhost",
            security=Security.STARTTLS,
            ca_file=str(certificate.authority_file),
            user="anna",
            password="secret",
        )
    assert receipt.outcome is Outcome.ACCEPTED
    assert server.transcript[:3] == ["EHLO [127.0.0.1]", "STARTTLS", "EHLO [127.0.0.1]"]
    [accepted] = server.accepted
    assert (accepted.encrypted, accepted.login) == (True, "anna")


def refused_tls(server, certificate, **changes):
    values = {"security": Security.STARTTLS, "user": "anna", "password": "secret"}
    values |= {"ca_file": str(certificate.authority_file) if certificate else None} | changes
    receipt = send_one(server, **values)
    assert (receipt.outcome, receipt.fault, receipt.step) == (
        Outcome.DEFERRED,
        Fault.CONNECTION,
        Step.TLS,
    )
    assert receipt.cause is Cause.TLS
    assert server.accepted == []
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.transcript)
    return receipt.text


def test_nothing_is_sent_without_the_encryption_that_was_asked_for(certificate, tmp_path):
    with ScriptedServer() as server:  # as someone in the middle would have it
        assert "offers no encryption" in refused_tls(server, certificate)
    with ScriptedServer(Rule("STARTTLS", reply="454 4.7.0 no"), certificate=certificate) as server:
        assert "454" in refused_tls(server, certificate)
    # A certificate from nobody known, for another name, or out of date.
    with ScriptedServer(certificate=certificate) as server:
        assert "cannot be trusted" in refused_tls(server, None)
    other = make_certificate(tmp_path, ["mail.example.com"])
    with ScriptedServer(certificate=other) as server:
        assert "IP address mismatch" in refused_tls(server, other)
    old = make_certificate(tmp_path, expired=True)
    with ScriptedServer(certificate=old) as server:
        assert "expired" in refused_tls(server, old)
    with ScriptedServer(certificate=old, implicit=True) as server:
        assert "expired" in refused_tls(server, old, security=Security.IMPLICIT)
    with ScriptedServer() as server:  # speaks, but not TLS
        assert "no encrypted connection" in refused_tls(
            server, certificate, security=Security.IMPLICIT
        )
    with ScriptedServer(certificate=certificate) as server:
        assert "No such file" in refused_tls(server, certificate, ca_file=str(tmp_path / "none"))


def test_what_was_slipped_in_before_encryption_is_thrown_away(certificate):
    injected = "220 2.0.0 go ahead\r\n250-evil.example\r\n250 AUTH PLAIN"
    with ScriptedServer(Rule("STARTTLS", reply=injected), certificate=certificate) as server:
        receipt = send_one(
            server, security=Security.STARTTLS, ca_file=str(certificate.authority_file)
        )
    assert receipt.outcome is Outcome.ACCEPTED
    assert server.transcript[:3] == ["EHLO [127.0.0.1]", "STARTTLS", "EHLO [127.0.0.1]"]
    assert server.accepted[0].encrypted


# Logging in


@pytest.mark.parametrize(
    ("login", "mechanisms", "used"),
    [
        (Login.AUTO, "PLAIN LOGIN", "PLAIN"),
        (Login.AUTO, "LOGIN", "LOGIN"),
        (Login.PLAIN, "LOGIN PLAIN", "PLAIN"),
        (Login.LOGIN, "LOGIN PLAIN", "LOGIN"),
        (Login.XOAUTH2, "PLAIN XOAUTH2", "XOAUTH2"),
    ],
)
def test_logins(login, mechanisms, used):
    users = {"änna@example.com": "gehéim"}
    with ScriptedServer(users=users, mechanisms=mechanisms) as server:
        good = {"user": "änna@example.com", "password": "gehéim", "login": login}
        assert send_one(server, **good).outcome is Outcome.ACCEPTED
        assert server.accepted[0].login == "änna@example.com"
        assert any(line.startswith(f"AUTH {used}") for line in server.transcript)
        receipt = send_one(server, **(good | {"password": "wrong"}))
        assert (receipt.outcome, receipt.fault) == (Outcome.REJECTED, Fault.CONNECTION)
        assert (receipt.cause, receipt.step) == (Cause.CREDENTIALS, Step.LOGIN)
    assert len(server.accepted) == 1


def test_a_login_that_is_not_offered():
    with ScriptedServer(users={"anna": "x"}, mechanisms="GSSAPI") as server:
        receipt = send_one(server, user="anna", password="hunter2")
    assert receipt.cause is Cause.CREDENTIALS
    assert "offers no login by PLAIN; it offers GSSAPI" in receipt.text


def test_passwords_are_shown_nowhere():
    encoded = base64.b64encode(b"\0anna\0hunter2").decode()
    rude = Rule("AUTH", reply=f"535 5.7.8 hunter2 {base64.b64encode(b'hunter2').decode()} is wrong")
    with ScriptedServer(rude, users={"anna": "x"}) as server:
        transport = to(server, user="anna", password="hunter2")
        receipt = transport.connect().send(BOB, MESSAGE)
    shown = repr(transport) + repr(receipt) + str(receipt) + transport.name
    assert "hunter2" not in shown
    assert encoded not in shown
    assert base64.b64encode(b"hunter2").decode() not in shown
    assert re.search("535 5.7.8 … … is wrong", receipt.text)
