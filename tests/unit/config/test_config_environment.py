"""Variables over the file, and secrets in files of their own."""

from __future__ import annotations

import logging
import os
from datetime import timedelta

import pytest

from fraiseql_observe.config.load import load
from fraiseql_observe.errors import ConfigError

P = "FRAISEQL_OBSERVE_"
CHAT = "destinations: {team-chat: {type: slack, token: t, channel: C1}}\n"


def test_a_variable_wins_over_the_file(read):
    settings = read("server: {port: 1, host: '::1'}", {f"{P}SERVER__PORT": "2", f"{P}SERVER__DRAIN_TIMEOUT": "3m"})
    assert (settings.server.port, settings.server.host) == (2, "::1")
    assert settings.server.drain_timeout == timedelta(minutes=3)


def test_without_a_file_variables_suffice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None, {f"{P}LOG__ACCESS": "true", f"{P}ALERTMANAGER__URLS": "http://a:9093, http://b:9093"})
    assert settings.log.access is True
    assert settings.alertmanager.urls == ("http://a:9093", "http://b:9093")


def test_names_of_the_users_own_are_met_in_upper_case(read):
    settings = read(CHAT, {f"{P}DESTINATIONS__TEAM_CHAT__CHANNEL": "C2"})
    assert settings.destinations["team-chat"].channel == "C2"


def test_a_destination_may_come_from_the_environment_alone(read):
    settings = read(
        "",
        {
            f"{P}DESTINATIONS__HOOK__URL": "https://example.org",
            f"{P}DESTINATIONS__HOOK__TYPE": "webhook",
            f"{P}DESTINATIONS__HOOK__HEADERS": "X-A=1, X-B=b=c",
        },
    )
    assert settings.destinations["hook"].headers == {"X-A": "1", "X-B": "b=c"}


def test_a_number_is_a_text_where_a_text_is_wanted(read):
    assert read("", {f"{P}INTAKE__TOKEN": "12345", f"{P}SLACK__TEAMS": "007"}).intake.token.reveal() == "12345"


@pytest.mark.parametrize("name", [f"{P}PROMETHEUS_URL", f"{P}DEBUG", "FRAISEQL_SERVER__PORT"])
def test_other_variables_are_left_alone(read, name):
    assert read("", {name: "x"}) == read("")


def test_an_empty_variable_is_none(read):
    assert read("server: {port: 5}", {f"{P}SERVER__PORT": ""}).server.port == 5


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SERVER__PRT", "1", "environment: FRAISEQL_OBSERVE_SERVER__PRT: there is no setting prt; did you mean port?"),
        ("NOWHERE__X", "1", "environment: FRAISEQL_OBSERVE_NOWHERE__X: there is no setting nowhere"),
        ("ROUTES", "1", None),
        ("ROUTES__POLICY", "1", "environment: FRAISEQL_OBSERVE_ROUTES__POLICY: can only be set in the file"),
        (
            "SERVER__PORT__X",
            "1",
            "environment: FRAISEQL_OBSERVE_SERVER__PORT__X: server.port is no mapping in the file",
        ),
        ("POLICIES__A__STEPS", "x", "environment: FRAISEQL_OBSERVE_POLICIES__A__STEPS: can only be set in the file"),
        ("SERVER__PORT", "x", 'FRAISEQL_OBSERVE_SERVER__PORT: server.port: "x" is not a whole number'),
    ],
)
def test_variables_that_fit_nowhere_are_problems(read, refused, name, value, said):
    if said is None:
        assert read("", {P + name: value}) == read("")
    else:
        assert refused("server: {port: 1}", {P + name: value}) == [said]


def test_a_secret_may_stand_in_a_file(read, tmp_path):
    (tmp_path / "token").write_text("s3cret \r\n\n")
    (tmp_path / "token").chmod(0o600)
    assert read("intake: {token_file: token}").intake.token.reveal() == "s3cret "
    assert read("", {f"{P}INTAKE__TOKEN_FILE": str(tmp_path / "token")}).intake.token.reveal() == "s3cret "


def test_a_variable_replaces_the_other_form_too(read, tmp_path):
    (tmp_path / "token").write_text("from file")
    assert read("intake: {token_file: token}", {f"{P}INTAKE__TOKEN": "plain"}).intake.token.reveal() == "plain"
    assert read("intake: {token: x}", {f"{P}INTAKE__TOKEN_FILE": str(tmp_path / "token")}).intake.token.reveal()


def test_a_secret_given_twice_is_a_problem(refused):
    assert refused("intake: {token: a, token_file: b}") == [
        "observe.yaml:1: intake.token_file: is given together with token; keep one of them"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "which cannot be read: No such file or directory"),
        (b"", "which is empty"),
        (b"\n", "which is empty"),
        (b"\xff", "which is not UTF-8"),
        (b"a\0b", "which holds a zero byte"),
        (b"x" * 70_000, "which is larger than 65536 bytes"),
    ],
)
def test_secret_files_that_cannot_be_used(refused, tmp_path, content, said):
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    assert refused("intake: {token_file: token}")[0].endswith(said)


def test_a_folder_or_a_pipe_is_no_secret_file(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "pipe"):
        with pytest.raises(ConfigError, match="which is no file"):
            read(f"intake: {{token_file: {name}}}")


def test_a_secret_that_everybody_may_read_is_warned_of(read, tmp_path, caplog):
    (tmp_path / "token").write_text("s3cret")
    (tmp_path / "token").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        read("intake: {token_file: token}")
    assert "every user of this machine may read it" in caplog.text
    assert "s3cret" not in caplog.text
    caplog.clear()
    (tmp_path / "token").chmod(0o640)
    read("intake: {token_file: token}")
    assert not caplog.text
