"""Settings: three sources, one order, every problem at once, no secret shown."""

from pathlib import Path

import pytest

from outreach.config import (
    STARTER_VALUES,
    Settings,
    declared,
    find_workspace,
    load_settings,
    starter_settings,
    write_setting,
)
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
