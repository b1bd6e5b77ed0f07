"""What servers' answers mean, a row a test."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.domain.causes import ADVICE, Cause, Reply, Step, is_goodbye
from outreach.domain.feedback import Fault, Outcome, classify, out_of_step, unanswered

D, R = Outcome.DEFERRED, Outcome.REJECTED
MINUTES = {1: timedelta(minutes=1), 5: timedelta(minutes=5), 10: timedelta(minutes=10)}
MINUTES[30] = timedelta(minutes=30)

# The words are made up after the form that servers use.
ROWS = [
    # Dead addresses, and only these.
    ("550 5.1.1 user unknown", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.1.0 address rejected", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.1.2 bad system address", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("553 5.1.3 bad syntax", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("551 5.1.6 has moved", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("556 5.1.10 null MX", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.2.1 mailbox disabled", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.4.4 host not found", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.7.17 owner has changed", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.7.18 domain has changed", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 no such user here", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("554 delivery error: this user doesn't have a mailbox here: user does not exist",
     "content", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("550 5.0.0 unknown user", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    # Permanent, and yet not the address.
    ("552 5.2.2 over quota", "recipient", R, Fault.RECEIVER, Cause.MAILBOX_FULL, None),
    ("552 mailbox full", "recipient", R, Fault.RECEIVER, Cause.MAILBOX_FULL, None),
    ("552 5.3.4 too big", "sender", R, Fault.MESSAGE, Cause.TOO_LARGE, None),
    ("552 exceeded storage allocation", "content", R, Fault.MESSAGE, Cause.TOO_LARGE, None),
    ("550 5.7.1 rejected by policy", "recipient", R, Fault.REPUTATION, Cause.POLICY, None),
    ("554 5.7.1 blocked using zen.spamhaus.org", "recipient", R, Fault.REPUTATION, Cause.SPAM,
     None),
    ("550 5.1.0 sender denied, blocked", "recipient", R, Fault.REPUTATION, Cause.SPAM, None),
    ("554 5.7.1 relay access denied", "recipient", R, Fault.CONNECTION, Cause.CREDENTIALS, None),
    ("550 relaying denied", "recipient", R, Fault.CONNECTION, Cause.CREDENTIALS, None),
    ("550 it is not to be", "recipient", R, Fault.RECEIVER, Cause.UNKNOWN, None),
    ("550 5.6.7 non-ASCII address", "recipient", R, Fault.MESSAGE, Cause.SMTPUTF8, None),
    ("554 5.6.0 malformed", "content", R, Fault.MESSAGE, Cause.CONTENT, None),
    ("550 5.4.1 recipient address rejected: access denied", "recipient", R, Fault.RECEIVER,
     Cause.ROUTING, None),
    ("550 5.1.8 bad sender's system", "sender", R, Fault.CONNECTION, Cause.SENDER, None),
    ("550 5.1.1 unknown", "sender", R, Fault.CONNECTION, Cause.SENDER, None),
    ("550 verification failed for a@example.com, no such user, sender verify failed", "recipient",
     R, Fault.CONNECTION, Cause.SENDER, None),
    ("550 sender address a@example.com does not exist", "recipient", R, Fault.CONNECTION,
     Cause.SENDER, None),
    ("550 the domain of the sender was not found, no such address", "recipient", R,
     Fault.CONNECTION, Cause.SENDER, None),
    ("553 not yours to use", "sender", R, Fault.CONNECTION, Cause.SENDER, None),
    # Ours: login, encryption, protocol.
    ("535 5.7.8 bad credentials", "login", R, Fault.CONNECTION, Cause.CREDENTIALS, None),
    ("535 no", "login", R, Fault.CONNECTION, Cause.CREDENTIALS, None),
    ("530 5.7.0 authentication required", "sender", R, Fault.CONNECTION, Cause.CREDENTIALS, None),
    ("454 4.7.0 temporary authentication failure", "login", D, Fault.CONNECTION,
     Cause.CREDENTIALS, 1),
    ("454 TLS not available", "tls", D, Fault.CONNECTION, Cause.TLS, 1),
    ("502 5.5.2 what?", "greeting", R, Fault.CONNECTION, Cause.PROTOCOL, None),
    ("554 go away", "connect", R, Fault.REPUTATION, Cause.POLICY, None),
    # Temporary.
    ("450 4.2.0 greylisted, come back in 5 minutes", "recipient", D, Fault.RECEIVER,
     Cause.GREYLISTED, 5),
    ("451 4.7.1 try again later", "recipient", D, Fault.RECEIVER, Cause.GREYLISTED, 5),
    ("450 greylisting in action", "recipient", D, Fault.RECEIVER, Cause.GREYLISTED, 5),
    ("450 4.1.1 unverified address", "recipient", D, Fault.RECEIVER, Cause.MAILBOX, 30),
    ("452 4.2.2 mailbox full", "recipient", D, Fault.RECEIVER, Cause.MAILBOX_FULL, 30),
    ("421 4.3.2 shutting down", "recipient", D, Fault.RECEIVER, Cause.BUSY, 30),
    ("421 too many connections", "connect", D, Fault.REPUTATION, Cause.RATE, 10),
    ("450 hm", "recipient", D, Fault.RECEIVER, Cause.MAILBOX, 30),
    # Before a recipient is named nobody but us can be meant.
    ("421 4.3.2 shutting down", "connect", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("421 bye", "connect", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("421 4.7.0 [GL01] deferred", "connect", D, Fault.CONNECTION, Cause.GREYLISTED, 5),
    ("421 4.3.0 later", "greeting", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("421 4.3.0 later", "login", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("451 4.3.0 later", "sender", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("450 not now", "sender", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("450 try again later", "sender", D, Fault.CONNECTION, Cause.GREYLISTED, 5),
    ("452 4.3.1 insufficient storage", "sender", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("451 4.2.0 later", "greeting", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("432 4.3.2 concurrent connections limit exceeded", "sender", D, Fault.CONNECTION, Cause.BUSY,
     1),
    ("421 too many connections", "sender", D, Fault.REPUTATION, Cause.RATE, 10),
    ("451 4.4.3 temporary server error", "sender", D, Fault.CONNECTION, Cause.BUSY, 1),
    ("554 5.3.2 a problem occurred", "connect", R, Fault.REPUTATION, Cause.POLICY, None),
    ("550 5.2.0 mail rejected", "connect", R, Fault.REPUTATION, Cause.POLICY, None),
    ("554 no SMTP service here", "connect", R, Fault.REPUTATION, Cause.POLICY, None),
    ("554 5.4.0 no", "sender", R, Fault.CONNECTION, Cause.UNKNOWN, None),
    ("552 5.2.2 full", "login", R, Fault.CONNECTION, Cause.UNKNOWN, None),
    ("554 5.6.0 malformed", "greeting", R, Fault.CONNECTION, Cause.CONTENT, None),
    ("550 5.7.1 sender not allowed", "sender", R, Fault.CONNECTION, Cause.SENDER, None),
    # Gmail's numbers (support pages 81126 and 3726730), and how others say the same.
    ("421 4.7.28 unusual rate - gsmtp", "content", D, Fault.REPUTATION, Cause.RATE, 10),
    ("550 5.7.28 mail flood - gsmtp", "content", R, Fault.REPUTATION, Cause.RATE, None),
    ("451 4.7.23 no PTR record - gsmtp", "content", D, Fault.REPUTATION, Cause.REVERSE_DNS, 30),
    ("550 5.7.25 no PTR record - gsmtp", "content", R, Fault.REPUTATION, Cause.REVERSE_DNS, None),
    ("421 4.7.27 SPF failed - gsmtp", "content", D, Fault.REPUTATION, Cause.AUTHENTICATION, 30),
    ("550 5.7.27 SPF failed - gsmtp", "content", R, Fault.REPUTATION, Cause.AUTHENTICATION, None),
    ("421 4.7.29 no TLS - gsmtp", "content", D, Fault.CONNECTION, Cause.TLS, 1),
    ("550 5.7.29 no TLS - gsmtp", "content", R, Fault.CONNECTION, Cause.TLS, None),
    ("421 4.7.30 DKIM failed - gsmtp", "content", D, Fault.REPUTATION, Cause.AUTHENTICATION, 30),
    ("550 5.7.30 DKIM failed - gsmtp", "content", R, Fault.REPUTATION, Cause.AUTHENTICATION, None),
    ("421 4.7.31 no DMARC - gsmtp", "content", D, Fault.REPUTATION, Cause.AUTHENTICATION, 30),
    ("421 4.7.32 not aligned - gsmtp", "content", D, Fault.REPUTATION, Cause.AUTHENTICATION, 30),
    ("550 5.7.26 unauthenticated - gsmtp", "content", R, Fault.REPUTATION, Cause.AUTHENTICATION,
     None),
    ("550 5.7.515 access denied, bulk sender", "content", R, Fault.REPUTATION,
     Cause.AUTHENTICATION, None),
    ("421 4.7.0 [TSS04] deferred", "connect", D, Fault.REPUTATION, Cause.RATE, 10),
    ("451 [TS03] deferred", "content", D, Fault.REPUTATION, Cause.RATE, 10),
    ("554 5.7.9 not accepted, authentication checks: DMARC", "content", R, Fault.REPUTATION,
     Cause.AUTHENTICATION, None),
    ("550 5.7.40 DMARC of the domain - gsmtp", "content", R, Fault.REPUTATION,
     Cause.AUTHENTICATION, None),
    # A person whom many write to at the moment is there, whatever the code says.
    ("450 4.2.1 the user is receiving mail too quickly - gsmtp", "recipient", D, Fault.RECEIVER,
     Cause.MAILBOX, 30),
    ("550 5.2.1 the user is receiving mail at a rate that - gsmtp", "recipient", R,
     Fault.RECEIVER, Cause.MAILBOX, None),
    # Our own quota: all further mail would be refused, so nothing goes on.
    ("550 5.4.5 daily SMTP relay limit exceeded - gsmtp", "content", R, Fault.REPUTATION,
     Cause.RATE, None),
    ("550 5.4.5 daily user sending quota exceeded - gsmtp", "content", R, Fault.REPUTATION,
     Cause.RATE, None),
    ("450 4.2.1 peak SMTP relay limit exceeded - gsmtp", "recipient", D, Fault.REPUTATION,
     Cause.RATE, 10),
    ("550 5.7.1 email quota exceeded - gsmtp", "content", R, Fault.REPUTATION, Cause.RATE, None),
    # And the same words about the contact's mailbox.
    ("452 4.2.2 email quota exceeded", "recipient", D, Fault.RECEIVER, Cause.MAILBOX_FULL, 30),
    ("421 4.7.0 TLS required for this domain - gsmtp", "recipient", D, Fault.CONNECTION,
     Cause.TLS, 1),
    ("530 5.7.0 must issue a STARTTLS command first - gsmtp", "sender", R, Fault.CONNECTION,
     Cause.TLS, None),
    ("421 4.7.0 try again later, closing - gsmtp", "recipient", D, Fault.REPUTATION, Cause.RATE,
     10),
    ("421 4.7.0 Try again later, closing connection. (EHLO) gsmtp", "greeting", D,
     Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.7.0 suspicious, very low reputation - gsmtp", "content", D, Fault.REPUTATION,
     Cause.SPAM, 30),
    ("550 5.7.1 invalid credentials for relay - gsmtp", "recipient", R, Fault.CONNECTION,
     Cause.CREDENTIALS, None),
    ("552 5.7.0 blocked, a potential security issue - gsmtp", "content", R, Fault.MESSAGE,
     Cause.CONTENT, None),
    ("552 5.2.3 exceeds size limits - gsmtp", "content", R, Fault.MESSAGE, Cause.TOO_LARGE, None),
    ("553 5.1.7 sender is no valid address - gsmtp", "sender", R, Fault.CONNECTION,
     Cause.SENDER, None),
    # Yahoo's (senders.yahooinc.com/smtp-error-codes).
    ("421 4.7.1 [TS03] all deferred", "connect", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.7.0 [GL01] deferred", "recipient", D, Fault.RECEIVER, Cause.GREYLISTED, 5),
    ("553 5.7.1 [BL21] not accepted", "connect", R, Fault.REPUTATION, Cause.SPAM, None),
    ("553 5.7.1 [BL23] not accepted", "connect", R, Fault.REPUTATION, Cause.SPAM, None),
    ("554 5.7.1 [PH01] not accepted for policy reasons", "content", R, Fault.REPUTATION,
     Cause.POLICY, None),
    ("554 delivery error: dd this user doesn't have a yahoo.com account", "content", R,
     Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("554 delivery error: dd this account has been disabled", "content", R, Fault.ADDRESS,
     Cause.BAD_ADDRESS, None),
    ("451 4.3.2 internal error", "content", D, Fault.RECEIVER, Cause.BUSY, 30),
    # Microsoft's, of Exchange Online and of Outlook.com.
    ("550 5.5.0 requested action not taken: mailbox unavailable", "recipient", R, Fault.RECEIVER,
     Cause.MAILBOX, None),
    ("451 4.7.500 server busy (AS77714)", "sender", D, Fault.REPUTATION, Cause.RATE, 10),
    ("451 4.7.650 rate limited due to reputation", "sender", D, Fault.REPUTATION, Cause.RATE, 10),
    ("550 5.7.501 access denied, abuse", "recipient", R, Fault.REPUTATION, Cause.SPAM, None),
    ("550 5.7.509 no pass", "content", R, Fault.REPUTATION, Cause.AUTHENTICATION, None),
    ("550 5.7.606 banned sending IP", "recipient", R, Fault.REPUTATION, Cause.SPAM, None),
    ("550 5.7.649 banned sending IP", "recipient", R, Fault.REPUTATION, Cause.SPAM, None),
    ("550 5.7.705 threshold exceeded", "recipient", R, Fault.REPUTATION, Cause.RATE, None),
    ("550 5.7.133 not for strangers", "content", R, Fault.RECEIVER, Cause.MAILBOX, None),
    ("550 5.7.1 part of their network is on our block list (S3140)", "sender", R,
     Fault.REPUTATION, Cause.SPAM, None),
    ("421 RP-001 exceeded the rate limit allowed", "connect", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 RP-002 exceeded the connection limit", "connect", D, Fault.REPUTATION, Cause.RATE, 10),
    ("550 SC-001 for policy reasons", "sender", R, Fault.REPUTATION, Cause.POLICY, None),
    ("550 5.1.10 recipient not found", "content", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    ("421 RP-001 (COL004) Some mail was not sent. Please try again. We have limits for how many "
     "messages can be sent per hour", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 RP-003 no", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("550 DY-001 not from dynamic IPs, unauthenticated mail", "sender", R, Fault.REPUTATION,
     Cause.POLICY, None),
    ("451 4.7.651 limited", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.7.652 maximum of connections", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("550 5.7.511 access denied, banned sender", "recipient", R, Fault.REPUTATION, Cause.SPAM,
     None),
    ("452 4.5.3 too many recipients (AS780090)", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.4.2 message submission rate has exceeded the configured limit", "recipient", D,
     Fault.REPUTATION, Cause.RATE, 10),
    ("550 5.1.90 daily limit for message recipients", "content", R, Fault.REPUTATION, Cause.RATE,
     None),
    ("550 5.7.233 tenant's limit", "content", R, Fault.REPUTATION, Cause.RATE, None),
    ("554 5.2.0 SendAsDenied", "content", R, Fault.CONNECTION, Cause.SENDER, None),
    ("550 5.7.60 client has no permissions to send as this sender", "content", R,
     Fault.CONNECTION, Cause.SENDER, None),
    # Words about the sending address' name, under whatever code.
    ("450 4.7.1 Client host rejected: cannot find your hostname", "recipient", D,
     Fault.REPUTATION, Cause.REVERSE_DNS, 30),
    ("450 4.7.25 Client host rejected: cannot find your hostname", "recipient", D,
     Fault.REPUTATION, Cause.REVERSE_DNS, 30),
    ("550 5.7.1 Client host rejected: cannot find your reverse hostname", "recipient", R,
     Fault.REPUTATION, Cause.REVERSE_DNS, None),
    ("421 4.7.23 the IP address does not have a PTR record", "content", D, Fault.REPUTATION,
     Cause.REVERSE_DNS, 30),
    ("550 5.7.23 SPF validation failed", "content", R, Fault.REPUTATION, Cause.AUTHENTICATION,
     None),
    ("451 4.1.8 possibly forged hostname", "recipient", D, Fault.REPUTATION, Cause.REVERSE_DNS,
     30),
    # Who names a rule is not greylisting.
    ("450 4.7.1 Helo command rejected: Host not found", "recipient", D, Fault.REPUTATION,
     Cause.POLICY, 30),
    ("450 4.7.1 Client host rejected: Access denied", "recipient", D, Fault.REPUTATION,
     Cause.POLICY, 30),
    ("550 Access denied - Invalid HELO name", "recipient", R, Fault.REPUTATION, Cause.POLICY, None),
    ("450 4.7.1 Client host blocked using zen.spamhaus.org", "recipient", D, Fault.REPUTATION,
     Cause.SPAM, 30),
    # Postfix's own limits, and those of others.
    ("450 4.7.1 Error: too much mail", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.7.0 Error: too many connections", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.3.2 too many concurrent SMTP connections", "recipient", D, Fault.REPUTATION,
     Cause.RATE, 10),
    ("421 4.3.2 maximum number of concurrent connections", "recipient", D, Fault.REPUTATION,
     Cause.RATE, 10),
    ("421 4.3.2 connection rate limit exceeded", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 too many sessions opened", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("421 4.7.0 [IPTS04] deferred", "recipient", D, Fault.REPUTATION, Cause.RATE, 10),
    ("450 mailbox unavailable, mail send limit exceeded", "recipient", D, Fault.REPUTATION,
     Cause.RATE, 10),
    ("550 IP frequency limited", "recipient", R, Fault.REPUTATION, Cause.RATE, None),
    # "Try again" and nothing else: greylisting. With a reason, it is that.
    ("450 try again later", "recipient", D, Fault.RECEIVER, Cause.GREYLISTED, 5),
    ("451 please retry later", "recipient", D, Fault.RECEIVER, Cause.GREYLISTED, 5),
    ("451 resources temporarily unavailable, try again later", "recipient", D, Fault.RECEIVER,
     Cause.BUSY, 30),
    ("451 temporary local problem - please try later", "recipient", D, Fault.RECEIVER, Cause.BUSY,
     30),
    ("452 4.3.1 insufficient system storage", "recipient", D, Fault.RECEIVER, Cause.BUSY, 30),
    # A mailbox that is closed, in Yahoo's and in Cisco's way.
    ("554 delivery error: dd this mailbox is disabled (554.30)", "recipient", R, Fault.ADDRESS,
     Cause.BAD_ADDRESS, None),
    ("550 #5.1.0 address rejected", "recipient", R, Fault.ADDRESS, Cause.BAD_ADDRESS, None),
    # The receiver's own resolver is refused by the block list: it says nothing about us.
    ("554 5.7.1 Error: open resolver; https://check.spamhaus.org/returnc/pub/", "recipient", R,
     Fault.RECEIVER, Cause.UNKNOWN, None),
    ("554 address is not verified, the following identities failed", "content", R,
     Fault.CONNECTION, Cause.SENDER, None),
]  # fmt: skip


def reply_of(text):
    code, _, words = text.partition(" ")
    return Reply.from_lines(int(code), [words])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]}: {row[0]}")
def test_the_table_of_replies(row):
    text, step, outcome, fault, cause, minutes = row
    verdict = classify(reply_of(text), Step(step))
    wait = MINUTES[minutes] if minutes else None
    assert (verdict.outcome, verdict.fault, verdict.cause, verdict.retry_after) == (
        outcome,
        fault,
        cause,
        wait,
    )


# https://www.iana.org/assignments/smtp-enhanced-status-codes/
REGISTRY = [
    f"{subject}.{detail}"
    for subject, last in enumerate((0, 10, 4, 6, 7, 6, 10, 30))
    for detail in range(last + 1)
]
DEAD = {"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4", "7.17", "7.18"}


@pytest.mark.parametrize("code", REGISTRY)
def test_every_registered_code_has_one_cause(code):
    permanent = classify(Reply(550, f"5.{code}", ""), Step.RECIPIENT)
    temporary = classify(Reply(450, f"4.{code}", ""), Step.RECIPIENT)
    assert permanent.outcome is Outcome.REJECTED
    assert temporary.outcome is Outcome.DEFERRED
    assert (permanent.fault is Fault.ADDRESS) == (code in DEAD)
    assert temporary.fault is not Fault.ADDRESS
    assert temporary.retry_after is not None
    assert permanent.retry_after is None
    if code not in {"0.0", "1.5"}:
        assert permanent.cause is not Cause.UNKNOWN


@given(
    st.integers(400, 599),
    st.one_of(st.none(), st.from_regex(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True)),
    st.text(max_size=80),
    st.sampled_from(Step),
)
@example(500, "5.1.0", "", Step.LOGIN)
@example(550, None, "no such user", Step.GREETING)
@example(450, None, "the user is receiving mail too quickly", Step.SENDER)
def test_before_a_recipient_is_named_nobody_is_blamed(code, enhanced, text, step):
    verdict = classify(Reply(code, enhanced, text), step)
    before = {Step.CONNECT, Step.GREETING, Step.TLS, Step.LOGIN, Step.SENDER}
    if step in before or code < 500:
        assert verdict.fault is not Fault.ADDRESS
    if step in before:
        # The sender's command says how large the mail is.
        is_the_mail = step is Step.SENDER and verdict.fault is Fault.MESSAGE
        assert is_the_mail or verdict.fault in {Fault.CONNECTION, Fault.REPUTATION}
    assert verdict.outcome is (Outcome.DEFERRED if code < 500 else Outcome.REJECTED)


GOODBYES = [
    "421 bye",
    "421 4.3.0 temporary system problem",
    "421 4.3.2 service shutting down",
    "421 4.4.2 timeout exceeded",
    "421 4.4.1 connection timed out",
    "421 4.7.0 bye",
    "421 4.7.0 too many messages in this session",
    "421 4.7.0 error: too many errors",
    "421 too many messages on this connection",
    "421 too many messages in one SMTP session",
    "421 4.7.1 maximum number of messages per connection reached",
    "421 message limit for this connection reached",
]
ANSWERS = [
    "421 4.7.28 unusual rate - gsmtp",
    "421 4.7.0 unusual rate of unsolicited mail - gsmtp",
    "421 4.7.0 [TSS04] deferred",
    "421 RP-001 exceeded the rate limit",
    "421 too many connections",
    "421 too many messages, slow down",
    "421 4.7.28 too many messages over this connection",
    "421 4.7.0 greylisted",
    "421 4.7.1 not now",
    "421 4.7.0 very low reputation",
    "421 4.7.0 blocked by spamhaus",
    "451 4.3.2 closing",
    "550 5.7.1 no",
]


@pytest.mark.parametrize("text", GOODBYES)
def test_what_only_ends_a_connection(text):
    for step in (Step.GREETING, Step.SENDER, Step.DATA):
        assert is_goodbye(reply_of(text), step)
    for step in (Step.RECIPIENT, Step.CONTENT):
        assert not is_goodbye(reply_of(text), step), "it is about that mail"


@pytest.mark.parametrize("text", ANSWERS)
def test_what_a_server_means_by_ending_a_connection_is_its_answer(text):
    assert not any(is_goodbye(reply_of(text), step) for step in Step)


def test_accepted_is_nobodys_fault():
    verdict = classify(reply_of("250 2.0.0 queued as 42"), Step.CONTENT)
    assert (verdict.outcome, verdict.fault, verdict.cause) == (Outcome.ACCEPTED, None, None)


def test_only_silence_after_the_content_is_uncertain():
    for judge in (unanswered, out_of_step):
        for step in Step:
            verdict = judge(step)
            assert verdict.fault is Fault.CONNECTION
            expected = Outcome.UNCERTAIN if step is Step.CONTENT else Outcome.DEFERRED
            assert verdict.outcome is expected
    # A second 354 where the final answer should be: the server may or may not have the message.
    assert classify(Reply(354, None, "go on"), Step.CONTENT).outcome is Outcome.UNCERTAIN


def test_a_reply_is_read_from_its_lines():
    reply = Reply.from_lines(550, ["5.1.1 The account", "5.1.1 does not exist."])
    assert reply == Reply(550, "5.1.1", "The account does not exist.")
    assert str(reply) == "550 5.1.1 The account does not exist."
    # An enhanced code of another class than the reply is only words.
    assert Reply.from_lines(450, ["5.1.1 odd"]) == Reply(450, None, "5.1.1 odd")
    hostile = Reply.from_lines(550, ["\x1b[31m5.1.1\x00 \u202eevil\r\n" + "x" * 1000])
    assert len(hostile.text) == 500
    assert hostile.text.isprintable()


def test_every_cause_has_advice():
    assert set(ADVICE) == set(Cause)
