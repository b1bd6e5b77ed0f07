"""The next hop as people write it: right ones work, wrong ones say what to do, all at once."""

import traceback
from pathlib import Path

import pytest

from outreach.errors import ConfigError
from outreach.transport.failover import FailoverTransport
from outreach.transport.files import EmlTransport, MaildirTransport
from outreach.transport.smtp import Login, Security, SmtpTransport
from outreach.transport.urls import make_transport

BASE = Path("/home/anna/work")


def make(value, password="hunter2", **changes):
    return make_transport(value, base=BASE, find_password=lambda _user, _host: password, **changes)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, Security.STARTTLS, None, Login.AUTO)),
        ("SMTP://Mail.Example.com:2525",
         ("mail.example.com", 2525, Security.STARTTLS, None, Login.AUTO)),
        ("smtp://anna@mail.example.com",
         ("mail.example.com", 587, Security.STARTTLS, "anna", Login.AUTO)),
        ("smtp://anna%40example.com@mail.example.com:2587/",
         ("mail.example.com", 2587, Security.STARTTLS, "anna@example.com", Login.AUTO)),
        ("smtps://anna@mail.example.com?auth=xoauth2",
         ("mail.example.com", 465, Security.IMPLICIT, "anna", Login.XOAUTH2)),
        ("smtp://localhost", ("localhost", 25, Security.OFF, None, Login.AUTO)),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, Security.OFF, None, Login.AUTO)),
        ("smtp://[::1]:1025", ("::1", 1025, Security.OFF, None, Login.AUTO)),
        ("smtp://anna@localhost:1025", ("localhost", 1025, Security.OFF, "anna", Login.AUTO)),
        ("smtp://localhost?tls=starttls", ("localhost", 25, Security.STARTTLS, None, Login.AUTO)),
        ("smtp://relay.office.example?tls=off",
         ("relay.office.example", 25, Security.OFF, None, Login.AUTO)),
    ],
)  # fmt: skip
def test_servers(value, expected):
    made = make(value, hostname="us.example.com")
    assert isinstance(made, SmtpTransport)
    assert (made.host, made.port, made.security, made.user, made.login) == expected
    assert made.password == ("hunter2" if made.user else None)
    assert made.hostname == "us.example.com"


def test_folders():
    assert make("maildir:outbox") == MaildirTransport(BASE / "outbox")
    assert make("maildir:/var/mail/out") == MaildirTransport(Path("/var/mail/out"))
    assert make("eml:~/mail out, and more") == EmlTransport(Path.home() / "mail out, and more")


def test_several_are_an_order():
    made = make("smtps://anna@one.example.com , smtp://two.example.com,maildir:a, b")
    assert isinstance(made, FailoverTransport)
    assert made.name == f"one.example.com:465, two.example.com:25, maildir:{BASE}/a, b"


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("", "there is no way to send", "write smtp://user@host:port"),
        ("outbox", "'outbox' is no way to send", "write smtp://user@host:port"),
        ("stmp://mail.example.com", "is no way to send", 'did you mean "smtp"?'),
        ("mailldir:x", "is no way to send", 'did you mean "maildir"?'),
        ("maildir:", "maildir: needs a folder", "write maildir:outbox"),
        ("smtp://", "names no host", "write smtp://user@host:port"),
        ("smtp:mail.example.com", "names no host", "write smtp://user@host:port"),
        ("smtp://mail.example.com:port", "is no URL", "write smtp://user@host:port"),
        ("smtp://mail.example.com:99999", "is no URL", "write smtp://user@host:port"),
        ("smtp://-bad-.example.com", "names no host", ""),
        (f"smtp://{'a' * 70}.example.com", "names no host", ""),
        ("smtp://mail.example.com/path", "has a path", ""),
        ("smtp://mail.example.com?tsl=off", "the option 'tsl' is unknown", 'did you mean "tls"?'),
        ("smtp://mail.example.com?tls=maybe", "tls=maybe is unknown", "use starttls or off"),
        ("smtps://mail.example.com?tls=off", "always encrypted", ""),
        ("smtp://anna@mail.example.com?auth=md5", "auth=md5 is unknown", "use auto, plain, login"),
        ("smtp://anna@mail.example.com?tls=off", "in the clear", "take out tls=off"),
        ("smtp://mail.example.com?ca=none.pem", "no file /home/anna/work/none.pem", ""),
        ("smtp://anna%0d@mail.example.com", "control character", ""),
    ],
)
def test_what_is_wrong_is_explained(value, message, hint):
    with pytest.raises(ConfigError) as caught:
        make(value)
    [problem] = caught.value.problems
    assert message in problem.message
    assert hint in (problem.hint or "")
    assert problem.source == "transport"


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        make("stmp://a.example.com,smtp://b.example.com?tls=x&y=z,maildir:", hostname="a b")
    assert len(caught.value.problems) == 5


def test_a_missing_password_is_asked_for():
    with pytest.raises(ConfigError, match=r"no password for anna at mail\.example\.com") as caught:
        make("smtp://anna@mail.example.com", password=None)
    assert "OUTREACH_SMTP_PASSWORD" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "smtp://anna:hunter2@mail.example.com",
        "smtp://anna:hunter2@mail.example.com/x",
        "smtp://anna:hun@ter2@mail.example.com",
        "smtp://anna:hun/ter2@mail.example.com",
        "smtp://:hunter2@mail.example.com",
        "smtp://anna:hunter2@mail.example.com:x",
        "stmp://anna:hunter2@mail.example.com",
        "anna:hunter2@mail.example.com",
        "smtp://anna:x,y:hunter2@mail.example.com",
        "smtps://anna:hunter2@mail.example.com?tls=off&auth=x",
    ],
)
def test_a_password_in_the_setting_is_refused_and_not_repeated(value):
    with pytest.raises(ConfigError) as caught:
        make(value)
    told = str(caught.value) + repr(caught.value)
    told += "".join(traceback.format_exception(caught.value, limit=0))
    assert "hunter2" not in told
    assert "ter2" not in told


def test_the_password_in_the_url_is_the_problem_that_is_named():
    with pytest.raises(ConfigError, match=r"a password in 'smtp://anna:…@mail\.example\.com'"):
        make("smtp://anna:hunter2@mail.example.com")
    assert "hunter2" not in repr(make("smtp://anna@mail.example.com"))
