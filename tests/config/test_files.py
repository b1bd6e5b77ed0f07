"""Settings: three sources, one order, every problem at once, no secret shown."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from outreach.app import App
from outreach.config.files import (
    STARTER_VALUES,
    find_workspace,
    load_settings,
    starter_settings,
    write_setting,
)
from outreach.config.settings import DomainPace, Settings, declared
from outreach.domain.pacing import Allowance, Limit, Rate, WarmUp
from outreach.errors import ConfigError


def settings(tmp_path: Path, text: str, **environ: str) -> Settings:
    (tmp_path / "outreach.toml").write_text(text, encoding="utf-8")
    return load_settings(tmp_path, environ=environ)


def problems(tmp_path: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text, **environ)
    return [str(problem) for problem in caught.value.problems]


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    found = settings(tmp_path, "")
    assert found.transport == "maildir:outbox"
    assert found.database_url == "sqlite:///outreach.db"


def test_a_variable_overrules_the_file_and_a_flag_the_variable(tmp_path: Path) -> None:
    text = 'transport = "maildir:a"\n'
    assert settings(tmp_path, text).transport == "maildir:a"
    found = settings(tmp_path, text, OUTREACH_TRANSPORT="maildir:b")
    assert found.transport == "maildir:b"
    assert str(found.origins["transport"]) == "OUTREACH_TRANSPORT"
    flagged = load_settings(
        tmp_path, environ={"OUTREACH_TRANSPORT": "maildir:b"}, flags={"transport": "maildir:c"}
    )
    assert flagged.transport == "maildir:c"
    assert str(flagged.origins["transport"]) == "--transport"


def test_a_number_may_come_as_text_from_a_variable(tmp_path: Path) -> None:
    assert settings(tmp_path, "", OUTREACH_LEASE="60").lease == 60


def test_every_problem_is_reported_at_once_with_file_line_and_hint(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        'tranport = "maildir:a"\n'
        'timezone = "Europe/Berlim"\n'
        "lease = 1\n"
        'sender = "ana"\n'
        "[senders.anna]\n"
        'name = "Anna"\n'
        'address = "no-reply@studio.example"\n'
        "[attributes]\n"
        'plan = "txt"\n',
        OUTREACH_LOCALES="x",
    )
    text = "\n".join(found)
    assert 'outreach.toml:1: there is no setting "tranport"' in text
    assert 'did you mean "transport"?' in text
    assert "outreach.toml:2: timezone is no IANA time zone" in text
    assert 'did you mean "Europe/Berlin"?' in text
    assert "outreach.toml:3: lease must be a whole number from 10 to 86400" in text
    assert "outreach.toml:4: sender is" in text
    assert "outreach.toml:5: [senders.anna] address is an address that nobody reads" in text
    assert "outreach.toml:9: attribute plan cannot be of type 'txt'" in text
    assert "OUTREACH_LOCALES: there is no such setting" in text
    assert len(found) == 7


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, 'a = 1\nb = "x\n')[0].startswith("outreach.toml:2:")


def test_a_sender_with_a_line_break_is_refused(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[senders.anna]\nname = "Anna\\nBcc: x@y.example"\naddress = "a@b.example\\r\\nX: 1"\n',
    )
    assert any("address" in problem for problem in found)


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    found = settings(tmp_path, 'database_url = "postgresql://anna:hunter2@db.example/outreach"')
    assert "hunter2" not in repr(found)
    assert "hunter2" not in str(found.shown("database_url"))
    assert "anna" in str(found.shown("database_url"))


def test_the_starter_file_declares_every_setting_and_loads(tmp_path: Path) -> None:
    text = starter_settings()
    for info in declared():
        assert f"{info.name} = " in text
        assert info.sentence.split(";")[0][:40] in text.replace("\n# ", " ")
    found = settings(tmp_path, text)
    assert {name: getattr(found, name) for name in STARTER_VALUES} == STARTER_VALUES
    assert found.sender_called(None).address == "anna@berg-lind.example"


def test_a_missing_sender_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[senders.anna\]"):
        settings(tmp_path, "").sender_called(None)


def test_the_workspace_is_found_upwards_and_else_explained(tmp_path: Path) -> None:
    (tmp_path / "outreach.toml").write_text("")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_workspace(inner) == tmp_path
    with pytest.raises(ConfigError, match="outreach init"):
        find_workspace(Path("/"))


def test_writing_a_setting_keeps_comments_and_refuses_nonsense(tmp_path: Path) -> None:
    path = tmp_path / "outreach.toml"
    path.write_text('# mine\ntransport = "maildir:a"\n[attributes]\nplan = "text"\n')
    write_setting(tmp_path, "timezone", "Asia/Tokyo")
    assert "# mine" in path.read_text()
    assert load_settings(tmp_path, environ={}).timezone == "Asia/Tokyo"
    before = path.read_text()
    with pytest.raises(ConfigError, match="time zone"):
        write_setting(tmp_path, "timezone", "Mars/Olympus")
    assert path.read_text() == before


def test_mail_clients_are_those_that_the_data_knows(tmp_path: Path) -> None:
    assert settings(tmp_path, "").lint_clients == "gmail, outlook, apple-mail"
    assert settings(tmp_path, 'lint_clients = ["gmail", "yahoo"]').lint_clients == "gmail, yahoo"
    found = settings(tmp_path, "", OUTREACH_LINT_CLIENTS="thunderbird,gmx")
    assert found.lint_clients == "thunderbird, gmx"
    (told,) = problems(tmp_path, 'lint_clients = "gmail, outlok"\n')
    assert 'lint_clients has no mail client "outlok" (did you mean "outlook"?)' in told
    assert len(problems(tmp_path, "lint_clients = [1]\n")) == 1
    assert len(problems(tmp_path, "lint_clients = []\n")) == 1


PACE = """
transport = "maildir:outbox"
timezone = "Europe/Berlin"
rate = "600 per hour"
burst = 20
domain_rate = "60/minute"
domain_connections = 4
warm_up_from = 2026-12-01
windows = "Mon-Fri 09:00-17:00"
windows_in = "campaign"
patience = 0
mx_lookup = false
max_bounces = 2.5

[domains."GMail.com"]
connections = 2

[domains."firm.example"]
rate = "1/second"
"""


def test_how_fast_mail_goes_is_set_in_one_place(tmp_path: Path) -> None:
    found = settings(tmp_path, PACE, OUTREACH_PATIENCE="5", OUTREACH_MX_LOOKUP="no")
    assert found.rate == "600/hour"
    assert found.domains == {
        "gmail.com": DomainPace(connections=2),
        "firm.example": DomainPace(rate="1/second"),
    }
    assert (found.patience, found.mx_lookup, found.max_bounces) == (5, False, 2.5)
    app = App(tmp_path, found, environ={})
    pace = app.pacer().pace
    assert pace.transport == Limit(Rate.parse("600/hour", 20))
    # A domain is known by who runs its servers; what its table does not say holds as for all.
    assert pace.limit_for("google.com") == Limit(Rate.parse("60/minute", 20), 2)
    assert pace.limit_for("firm.example") == Limit(Rate.parse("1/second", 20), 4)
    assert pace.limit_for("other.example") == Limit(Rate.parse("60/minute", 20), 4)
    assert pace.warm_up == WarmUp(date(2026, 12, 1), 50, 1.5, 5000)
    assert pace.zone == "Europe/Berlin"
    assert pace.patience == timedelta(minutes=5)
    assert app.pacer(timedelta(seconds=20)).pace.patience == timedelta(seconds=20)
    assert not App(tmp_path, settings(tmp_path, ""), environ={}).pacer().watches


def test_what_is_wrong_about_the_pace_is_said_with_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        'rate = "fast"\ndomain_rate = "0/hour"\nwindows = "9 to 5"\nwindows_in = "mine"\n'
        'warm_up_from = "soon"\nmx_lookup = "maybe"\nmax_bounces = 0\nmax_complaints = "x"\n'
        '[domains."gmail.com"]\nrate = 5\n[domains.localhost]\nrate = "1/hour"\n'
        '[domains."a.example"]\nrates = "1/hour"\n',
    )
    text = "\n".join(found)
    for expected in (
        "outreach.toml:1: rate must be a rate such as 10/second",
        "outreach.toml:2: domain_rate must be a rate",
        "outreach.toml:3: windows must look like Mon-Fri 09:00-17:00",
        "outreach.toml:4: windows_in must be contact or campaign",
        "outreach.toml:5: warm_up_from",
        "outreach.toml:6: mx_lookup must be true or false",
        "outreach.toml:7: max_bounces must be a number above 0, to 100",
        "outreach.toml:8: max_complaints must be a number",
        'outreach.toml:9: [domains."gmail.com"] rate must be a text',
        'outreach.toml:11: [domains."localhost"] is no domain',
        'outreach.toml:13: [domains."a.example"] has no "rates" (did you mean "rate"?)',
    ):
        assert expected in text, text
    assert len(found) == 11


def test_servers_have_the_time_that_the_standard_gives_them_or_the_one_that_is_set(tmp_path):
    """RFC 5321 4.5.3.2."""

    def timeouts(text):
        found = settings(tmp_path, f'transport = "smtp://127.0.0.1"\n{text}')
        return App(tmp_path, found, environ={}).transport.timeouts

    usual = timeouts("")
    assert (usual.greeting, usual.command, usual.data) == (300, 300, 120)
    assert (usual.block, usual.final, usual.connect) == (180, 600, 30)
    short = timeouts("smtp_timeout = 5")
    assert {short.connect, short.greeting, short.command, short.data, short.block} == {5}
    assert short.final == 5
    long = timeouts("smtp_timeout = 1200")
    assert (long.connect, long.greeting, long.final) == (30, 1200, 1200)


SERVERS = """
transport = "smtp://127.0.0.1:2525, smtp://localhost:26"
warm_up_first = 20

[servers."127.0.0.1:2525"]
connections = 3

[servers."LocalHost:26"]
rate = "100/hour"
warm_up_from = 2026-12-01
warm_up_to = 500
"""


def test_each_of_several_servers_may_have_limits_of_its_own(tmp_path: Path) -> None:
    pace = App(tmp_path, settings(tmp_path, SERVERS), environ={}).pacer().pace
    assert pace.servers == {
        "127.0.0.1:2525": Allowance(Limit(None, 3)),
        "localhost:26": Allowance(
            Limit(Rate.parse("100/hour", 10)), WarmUp(date(2026, 12, 1), 20, 1.5, 500)
        ),
    }
    assert pace.transport == Limit()
    # For once another way: what is set for the file's servers is no mistake.
    found = settings(tmp_path, SERVERS, OUTREACH_TRANSPORT="maildir:outbox")
    assert not App(tmp_path, found, environ={}).pacer().pace.servers


def test_limits_for_a_server_that_is_not_there_are_a_mistake(tmp_path: Path) -> None:
    found = settings(tmp_path, SERVERS.replace("LocalHost:26", "localhost:25"))
    with pytest.raises(ConfigError, match=r'"localhost:25".*`transport` does not name') as caught:
        App(tmp_path, found, environ={}).pacer()
    assert "localhost:26" in str(caught.value.problems[0].hint)


def test_what_is_wrong_with_a_servers_limits_is_said(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[servers.localhost]\nrate = "1/hour"\n[servers."a.example:25"]\nburst = 3\n'
        '[servers."b.example:25"]\nwarm_up_first = 0\n',
    )
    for number, expected in enumerate(
        (
            'outreach.toml:1: [servers."localhost"] is no server',
            'outreach.toml:3: [servers."a.example:25"] has no "burst"',
            'outreach.toml:5: [servers."b.example:25"] warm_up_first must be',
        )
    ):
        assert expected in found[number]
