"""SMTP on bare sockets (RFC 5321): pipelined, and exact about what each answer leaves behind.

The rules that keep mail from being lost or doubled:

- The content goes out only after a 354. Until then everything may be tried again, here or at
  another server; a connection that turns out to be stale is opened anew once, by itself.
- Once the whole content is out, only the server's answer tells. None, or one that answers
  something else, is `uncertain` (RFC 1047), never "failed".
- If the content could not be written to its end, the server cannot have accepted it.
- An answer that was not asked for, or fits no question, ends the connection: client and server no
  longer agree on which answer belongs to which question.
"""

import base64
import re
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import TracebackType
from typing import Self

from outreach.domain.causes import Cause, Reply, Step, is_goodbye
from outreach.domain.feedback import (
    RETRY_CONNECTION,
    Fault,
    Outcome,
    Verdict,
    classify,
    out_of_step,
    unanswered,
)
from outreach.transport.base import (
    LONG_ROW_OF_DOTS,
    Envelope,
    Monotonic,
    Receipt,
    Talk,
    Wait,
    complete,
    refusal,
)
from outreach.transport.offer import Offer
from outreach.transport.wire import Wire, WireError, connect, words_of

_PLAIN_XTEXT = re.compile(r"[!-*,-<>-~]*")

#: What leads up to the content: MAIL, RCPT and DATA.
_STEPS: tuple[Step, ...] = (Step.SENDER, Step.RECIPIENT, Step.DATA)


class Security(StrEnum):
    """How the connection is protected. Certificates are always checked."""

    #: TLS from the first octet (RFC 8314, port 465).
    IMPLICIT = "implicit"
    #: STARTTLS, and nothing is sent without it.
    STARTTLS = "starttls"
    #: None: for a server on this machine or on a network of one's own.
    OFF = "off"


class Login(StrEnum):
    """How we log in."""

    #: PLAIN where it is offered, else LOGIN.
    AUTO = "auto"
    PLAIN = "plain"
    LOGIN = "login"
    #: The password is an OAuth 2 access token.
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for what, in seconds. The defaults are RFC 5321 4.5.3.2's."""

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    final: float = 600
    goodbye: float = 2

    @classmethod
    def all_of(cls, seconds: float) -> "Timeouts":
        """Make times of which each is `seconds`, but for a connection and a farewell no longer."""
        return cls(
            connect=min(seconds, cls().connect),
            greeting=seconds,
            command=seconds,
            data=seconds,
            block=seconds,
            final=seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTransport:
    """A server to hand mail to. `password` is never shown.

    `hostname` is what we call ourselves; without it, our address as a literal (RFC 5321 4.1.3). A
    connection is closed after `max_messages` or `max_age` seconds; a server's own LIMITS (RFC 9422)
    count too. `ca_file` has the certificates to trust instead of the system's.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    login: Login = Login.AUTO
    hostname: str | None = None
    ca_file: str | None = None
    timeouts: Timeouts = Timeouts()
    max_messages: int = 1000
    max_age: float = 3600
    now: Monotonic = field(default=time.monotonic, repr=False)

    @property
    def name(self) -> str:
        """Host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def connect(self) -> "SmtpConnection":
        """Return a connection, not yet opened."""
        return SmtpConnection(self)


class _Failed(Exception):  # noqa: N818 - it never leaves this module
    """The connection cannot be used further; the receipt says what that means for the message."""

    def __init__(
        self, verdict: Verdict, step: Step, text: str = "", reply: Reply | None = None
    ) -> None:
        super().__init__(text)
        self.verdict = verdict
        self.step = step
        self.text = text
        self.reply = reply
        #: Whether a connection that was used before may simply have been closed meanwhile.
        self.may_be_stale = False


class SmtpConnection:
    """A connection of one thread to one server; see `outreach.transport.base.Connection`."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._to = transport
        self._name = transport.name
        self._open_wire: Wire | None = None
        self._offer = Offer()
        self._sent = 0
        self._opened_at = 0.0
        self._open_transaction = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, envelope: Envelope, data: bytes) -> Receipt:
        """Hand over one message, and wait for its end."""
        return complete(self.talk(envelope, data))

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        """Hand over one message; see `outreach.transport.base.Connection.talk`."""
        refused = refusal(envelope, data)
        if refused:
            return Receipt.of(refused[0], Step.SENDER, self._name, text=refused[1])
        if self._is_worn_out():
            yield from self.farewell()
        while True:
            reused = self._open_wire is not None
            try:
                if reused:
                    self._check_quiet()
                else:
                    yield from self._open()
                return (yield from self._transact(envelope, data))
            except _Failed as failed:
                self._drop()
                if reused and failed.may_be_stale and failed.step is not Step.CONTENT:
                    continue
                return Receipt.of(
                    failed.verdict,
                    failed.step,
                    self._name,
                    text=failed.text,
                    reply=failed.reply,
                )
            except BaseException:
                # Interrupted, perhaps within the content, where QUIT would be a line of it.
                self._drop()
                raise

    def close(self) -> None:
        """Say QUIT, wait for the answer, and close."""
        complete(self.farewell())

    def farewell(self) -> Talk[None]:
        """Say QUIT, without waiting long for an answer, and close."""
        try:
            if self._open_wire is not None:
                with suppress(_Failed):
                    yield from self._command(
                        "QUIT", Step.GREETING, seconds=self._to.timeouts.goodbye
                    )
        finally:
            self._drop()

    # Opening

    def _is_worn_out(self) -> bool:
        if self._open_wire is None:
            return False
        most = min(self._to.max_messages, self._offer.mail_max or self._to.max_messages)
        return self._sent >= most or self._to.now() - self._opened_at >= self._to.max_age

    def _open(self) -> Talk[None]:
        to = self._to
        try:
            self._open_wire = yield from connect(to.host, to.port, to.timeouts.connect, to.now)
        except (OSError, UnicodeError) as error:
            text = f"cannot connect to {self._name}: {words_of(error)}"
            raise _Failed(unanswered(Step.CONNECT), Step.CONNECT, text) from None
        self._sent = 0
        self._offer = Offer()
        self._open_transaction = False
        self._opened_at = to.now()
        if to.security is Security.IMPLICIT:
            yield from self._encrypt()
        greeting = yield from self._read_reply(Step.CONNECT, to.timeouts.greeting)
        if greeting.code != 220:
            raise self._refused(greeting, Step.CONNECT)
        yield from self._greet()
        if to.security is Security.STARTTLS:
            yield from self._start_tls()
        if to.user is not None:
            yield from self._log_in(to.user, to.password or "")

    def _greet(self) -> Talk[None]:
        hostname = self._to.hostname or _literal(self._wire.address)
        reply, lines = yield from self._ask(f"EHLO {hostname}", Step.GREETING)
        if reply.code in {500, 502, 504, 550}:
            reply = yield from self._command(f"HELO {hostname}", Step.GREETING)
        if reply.code != 250:
            raise self._refused(reply, Step.GREETING)
        self._offer = Offer(lines[1:])

    def _start_tls(self) -> Talk[None]:
        if "STARTTLS" not in self._offer:
            raise _Failed(
                Verdict(Outcome.DEFERRED, Fault.CONNECTION, Cause.TLS, RETRY_CONNECTION),
                Step.TLS,
                f"{self._name} offers no encryption",
            )
        reply = yield from self._command("STARTTLS", Step.TLS)
        if reply.code != 220:
            raise self._refused(reply, Step.TLS)
        yield from self._encrypt()
        yield from self._greet()

    def _encrypt(self) -> Talk[None]:
        to = self._to
        try:
            context = ssl.create_default_context(cafile=to.ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            yield from self._wire.encrypt(context, to.host, to.timeouts.connect)
        except ssl.SSLCertVerificationError as error:
            text = f"the certificate of {self._name} cannot be trusted: {error.verify_message}"
            raise _Failed(unanswered(Step.TLS), Step.TLS, text) from None
        except OSError as error:
            text = f"no encrypted connection to {self._name}: {words_of(error)}"
            raise _Failed(unanswered(Step.TLS), Step.TLS, text) from None

    def _log_in(self, user: str, password: str) -> Talk[None]:
        offered = self._offer.of("AUTH").split()
        login = self._to.login
        if login is Login.AUTO:
            login = Login.LOGIN if "LOGIN" in offered and "PLAIN" not in offered else Login.PLAIN
        if login.name not in offered:
            raise _Failed(
                Verdict(Outcome.REJECTED, Fault.CONNECTION, Cause.CREDENTIALS),
                Step.LOGIN,
                f"{self._name} offers no login by {login.name}; it offers "
                f"{' '.join(offered) or 'none'}",
            )
        if login is Login.LOGIN:
            secrets = [_base64(user), _base64(password)]
            reply = yield from self._command("AUTH LOGIN", Step.LOGIN)
        else:
            text = (
                f"\0{user}\0{password}"
                if login is Login.PLAIN
                else f"user={user}\1auth=Bearer {password}\1\1"
            )
            # The answer to XOAUTH2's 334, which carries an error, is empty.
            secrets = [] if login is Login.PLAIN else [""]
            reply = yield from self._command(f"AUTH {login.name} {_base64(text)}", Step.LOGIN)
        for secret in secrets:
            if reply.code == 334:
                reply = yield from self._command(secret, Step.LOGIN)
        if reply.code != 235:
            # A server may repeat what it was told.
            words = reply.text
            for secret in (password, _base64(password), *secrets):
                words = words.replace(secret, "…") if secret else words
            raise self._refused(replace(reply, text=words), Step.LOGIN)

    # One message

    def _transact(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        utf8 = not (envelope.recipient.isascii() and envelope.sender.isascii())
        eight_bit = (utf8 or not envelope.is_canonical) and not data.isascii()
        # Letters outside ASCII in a header take as much as those in an address.
        utf8 = utf8 or (eight_bit and not data[: data.find(b"\r\n\r\n") + 1].isascii())
        size = len(data)
        missing = self._missing(size, eight_bit=eight_bit, utf8=utf8)
        if missing:
            verdict, text = missing
            return Receipt.of(verdict, Step.SENDER, self._name, text=text)
        commands = [
            self._mail_command(envelope, size, eight_bit=eight_bit, utf8=utf8),
            self._rcpt_command(envelope),
            "DATA",
        ]
        steps = _STEPS
        if self._open_transaction:
            commands.insert(0, "RSET")
            steps = (Step.GREETING, *_STEPS)
        failure, go = yield from self._hand_in(commands, steps)
        if failure is None and go is not None:
            if not self._wire.is_quiet_still():
                raise self._spoke_unasked()
            return (yield from self._deliver(data, is_canonical=envelope.is_canonical))
        assert failure is not None
        reply, step = failure
        self._open_transaction = True
        if go is not None and step is not Step.RECIPIENT:
            # It may have a recipient from somewhere; ending the content would send them nothing.
            self._drop()
        elif go is not None:
            # Pipelined: the server waits for content though it took no recipient (RFC 2920 3.1).
            try:
                yield from self._write(b".\r\n", Step.DATA, self._to.timeouts.command)
                yield from self._read_reply(Step.DATA, self._to.timeouts.final)
            except _Failed:
                self._drop()
        return Receipt.of(classify(reply, step), step, self._name, reply=reply)

    def _hand_in(
        self, commands: Sequence[str], steps: Sequence[Step]
    ) -> Talk[tuple[tuple[Reply, Step] | None, Reply | None]]:
        """Ask what leads up to the content; return the first refusal, and the 354 if one came."""
        wire, timeouts = self._wire, self._to.timeouts
        pipelined = self._offer.pipelining
        if pipelined:
            batch = "\r\n".join((*commands, "")).encode()
            yield from self._write(batch, steps[0], timeouts.command)
        failure: tuple[Reply, Step] | None = None
        go: Reply | None = None
        for command, step in zip(commands, steps, strict=True):
            if not pipelined:
                yield from self._write(f"{command}\r\n".encode(), step, timeouts.command)
            reply = wire.heard()
            if reply is None:
                patience = timeouts.data if step is Step.DATA else timeouts.command
                reply = yield from self._read_reply(step, patience)
            if reply.code == 421:
                raise self._refused(reply, step)
            if step is Step.DATA and reply.code == 354:
                go = reply
            elif step is Step.DATA and failure and reply.code >= 400:
                pass  # it only follows from the refusal before
            elif reply.code >= 400:
                failure = failure or (reply, step)
                if not pipelined:
                    break
            elif step is Step.DATA or reply.code >= 300:
                # Most likely a second answer to the last mail; nothing of this one is out yet.
                failed = _Failed(out_of_step(step), step, f"unexpected answer: {reply}", reply)
                failed.may_be_stale = True
                raise failed
        return failure, go

    def _deliver(self, data: bytes, *, is_canonical: bool) -> Talk[Receipt]:
        try:
            content = stuffed(data, is_canonical=is_canonical)
            yield from self._write(content, Step.CONTENT, self._to.timeouts.block)
        except _Failed:
            # Servers that have seen enough say why before they hang up.
            with suppress(_Failed):
                said = yield from self._read_reply(Step.DATA, self._to.timeouts.goodbye)
                if said.code >= 400:
                    self._drop()
                    verdict = classify(said, Step.CONTENT)
                    return Receipt.of(verdict, Step.CONTENT, self._name, reply=said)
            raise
        reply = yield from self._read_reply(Step.CONTENT, self._to.timeouts.final)
        verdict = classify(reply, Step.CONTENT)
        if verdict.outcome is Outcome.UNCERTAIN:
            raise _Failed(verdict, Step.CONTENT, f"unexpected answer: {reply}", reply)
        self._open_transaction = False
        self._sent += 1
        if verdict.outcome is not Outcome.ACCEPTED:
            taken = yield from self._answer_behind(reply)
            self._drop()
            if taken is not None:
                text = f"said {reply}, and then {taken}"
                raise _Failed(out_of_step(Step.CONTENT), Step.CONTENT, text, reply)
        return Receipt.of(verdict, Step.CONTENT, self._name, reply=reply)

    def _answer_behind(self, refusal: Reply) -> Talk[Reply | None]:
        """Return an acceptance that follows a refusal, which was then no answer to the content.

        Anything said before our content came to its end (a 421 may come at any time, RFC 5321 3.8)
        can look like the answer to it. QUIT tells: its 221 is unlike any other answer, so that all
        which comes before it came for the content. A server that hangs up has said all it will.
        """
        patience = self._to.timeouts.goodbye
        with suppress(_Failed):
            if refusal.code != 421:
                yield from self._write(b"QUIT\r\n", Step.CONTENT, patience)
            while True:
                reply = yield from self._read_reply(Step.CONTENT, patience)
                if reply.code == 221:
                    break
                if reply.code < 300:
                    return reply
        return None

    def _missing(self, size: int, *, eight_bit: bool, utf8: bool) -> tuple[Verdict, str] | None:
        """Return why this server cannot carry such a message, judged by what it offers."""
        offer = self._offer
        if 0 < offer.most < size:
            return (
                Verdict(Outcome.REJECTED, Fault.MESSAGE, Cause.TOO_LARGE),
                f"the message has {size} octets; {self._name} takes {offer.most}",
            )
        if utf8:
            if not offer.utf8:
                return (
                    Verdict(Outcome.REJECTED, Fault.MESSAGE, Cause.SMTPUTF8),
                    f"an address has letters outside ASCII, which {self._name} cannot carry",
                )
        elif eight_bit and not offer.eight_bit:
            return (
                Verdict(Outcome.REJECTED, Fault.MESSAGE, Cause.CONTENT),
                f"the message has 8-bit content, which {self._name} cannot carry",
            )
        return None

    def _mail_command(self, envelope: Envelope, size: int, *, eight_bit: bool, utf8: bool) -> str:
        offer = self._offer
        command = f"MAIL FROM:<{envelope.sender}>"
        if offer.size:
            command += f" SIZE={size}"
        if eight_bit and offer.eight_bit:
            command += " BODY=8BITMIME"
        if utf8:
            command += " SMTPUTF8"
        if offer.dsn and envelope.identifier:
            command += f" RET=HDRS ENVID={_xtext(envelope.identifier)}"
        return command

    def _rcpt_command(self, envelope: Envelope) -> str:
        command = f"RCPT TO:<{envelope.recipient}>"
        if self._offer.dsn and envelope.identifier:
            command += " NOTIFY=FAILURE,DELAY"
            if envelope.recipient.isascii():
                command += f" ORCPT=rfc822;{_xtext(envelope.recipient)}"
        return command

    # The wire

    @property
    def _wire(self) -> Wire:
        assert self._open_wire is not None
        return self._open_wire

    def _check_quiet(self) -> None:
        """Part from a server that is gone, or says something when it has nothing to answer.

        Before a message, that would be taken for an answer about it; before the content, for the
        answer that it was accepted.
        """
        if not self._wire.is_quiet():
            raise self._spoke_unasked()

    def _spoke_unasked(self) -> _Failed:
        step = Step.SENDER
        failed = _Failed(out_of_step(step), step, f"{self._name} is gone, or spoke unasked")
        failed.may_be_stale = True
        return failed

    def _command(self, line: str, step: Step, *, seconds: float | None = None) -> Talk[Reply]:
        reply, _ = yield from self._ask(line, step, seconds=seconds)
        return reply

    def _ask(
        self, line: str, step: Step, *, seconds: float | None = None
    ) -> Talk[tuple[Reply, list[str]]]:
        patience = self._to.timeouts.command if seconds is None else seconds
        yield from self._write(f"{line}\r\n".encode(), step, patience)
        try:
            return (yield from self._wire.lines(patience))
        except WireError as error:
            raise self._unanswered(step, error) from None

    def _write(self, data: bytes, step: Step, seconds: float) -> Iterable[Wait]:
        """Write all of `data`: at once what goes at once, the rest by what is returned."""
        try:
            left = self._wire.push(data)
        except WireError as error:
            raise self._broken(step, error) from None
        return () if left is None else self._write_on(left, step, seconds)

    def _write_on(self, left: memoryview, step: Step, seconds: float) -> Talk[None]:
        try:
            yield from self._wire.write(left, seconds)
        except WireError as error:
            raise self._broken(step, error) from None

    def _broken(self, step: Step, error: WireError) -> _Failed:
        # The end never left this machine, so that even content cannot have been accepted.
        verdict = replace(unanswered(Step.DATA), cause=Cause.NETWORK)
        failed = _Failed(verdict, step, f"the connection to {self._name} broke: {error}")
        failed.may_be_stale = error.was_closed
        return failed

    def _read_reply(self, step: Step, seconds: float) -> Talk[Reply]:
        try:
            return (yield from self._wire.reply(seconds))
        except WireError as error:
            raise self._unanswered(step, error) from None

    def _unanswered(self, step: Step, error: WireError) -> _Failed:
        if error.is_babble:
            return _Failed(out_of_step(step), step, f"{self._name} {error}")
        failed = _Failed(unanswered(step), step, f"{self._name}: {error}")
        failed.may_be_stale = error.was_closed
        return failed

    def _refused(self, reply: Reply, step: Step) -> _Failed:
        if reply.code < 400:
            return _Failed(out_of_step(step), step, f"unexpected answer: {reply}", reply)
        failed = _Failed(classify(reply, step), step, str(reply), reply)
        failed.may_be_stale = is_goodbye(reply, step)
        return failed

    def _drop(self) -> None:
        if self._open_wire is not None:
            self._open_wire.close()
        self._open_wire = None


def stuffed(data: bytes, *, is_canonical: bool = False) -> bytes:
    """Return content as it goes over the wire: dots at line starts doubled, and its end behind it.

    Looking for such dots takes longer than all else here. Where the envelope says `is_canonical`,
    there are none unless in a row of them as long as a line, and that is found much faster.
    """
    if not is_canonical or data.find(LONG_ROW_OF_DOTS) >= 0:
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")
        if data.startswith(b"."):
            data = b"." + data
    return data + b".\r\n"


def _xtext(text: str) -> str:
    """Return `text` as RFC 3461 4 writes parameter values."""
    if _PLAIN_XTEXT.fullmatch(text):
        return text
    return "".join(
        chr(octet) if 0x21 <= octet <= 0x7E and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode("utf-8", "replace")
    )


def _literal(address: str) -> str:
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
