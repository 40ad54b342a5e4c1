"""`config` and `token` on the command line."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from fraiseql_observe.cli import cli
from fraiseql_observe.errors import ConfigError, ConflictError, NotFoundError


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; what it raises on purpose is raised here."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0):
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code
        return result

    return run


def test_checking_the_defaults(run):
    result = run("config", "check")
    assert result.stdout == "The settings are right.\n"
    assert "note: destinations: there are none" in result.stderr
    assert json.loads(run("config", "check", "--json").stdout)["ok"] is True


def test_checking_a_wrong_file(run, tmp_path):
    (tmp_path / "fraiseql-observe.yaml").write_text("hours: {odd: {open: [never]}}")
    with pytest.raises(ConfigError, match=r"fraiseql-observe.yaml:1: hours.odd: 'never' is no span"):
        run("config", "check")
    with pytest.raises(ConfigError, match="cannot be read"):
        run("config", "check", "--config", "none.yaml")


def test_showing_hides_secrets(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("intake: {token: hunter2}")
    shown = run("config", "show", "--config", "mine.yaml").stdout
    assert yaml.safe_load(shown)["intake"]["token"] == "(hidden)"
    assert "hunter2" not in shown
    assert json.loads(run("config", "show", "--json").stdout)["server"]["port"] == 9095


def test_the_example_can_be_used_as_it_is(run, tmp_path):
    (tmp_path / "fraiseql-observe.yaml").write_text(run("config", "example").stdout)
    assert run("config", "check").exit_code == 0


def test_a_token_from_its_making_to_its_revocation(run):
    made = run("token", "create", "me", "--scope", "alerts:write", "--scope", "admin", "--expires", "90d")
    assert made.stdout.startswith("fqo_")
    assert "me may alerts:write, admin" in made.stderr
    with pytest.raises(ConflictError):
        run("token", "create", "me")
    other = json.loads(run("token", "create", "ci", "--json").stdout)
    assert (other["scopes"], other["expires_at"]) == (["alerts:read"], None)
    lines = run("token", "list").stdout.splitlines()
    assert lines[0].split() == ["ID", "NAME", "SCOPES", "TENANTS", "EXPIRES", "LAST", "USED"]
    assert len(lines) == 3
    assert made.stdout.strip() not in "\n".join(lines)
    run("token", "revoke", other["id"])
    assert [one["name"] for one in json.loads(run("token", "list", "--json").stdout)] == ["me"]
    with pytest.raises(NotFoundError):
        run("token", "revoke", other["id"])


def test_a_duration_that_is_none_is_a_matter_of_usage(run):
    with pytest.raises(Exception, match="is not a duration such as") as error:
        run("token", "create", "me", "--expires", "soon")
    assert error.value.exit_code == 2
