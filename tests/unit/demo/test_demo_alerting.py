"""The backend's settings in the demo are those of the backend, and no secret stands in them."""

from __future__ import annotations

import pytest
import yaml

from fraiseql_observe.config.load import load
from fraiseql_observe.demo import alerting
from fraiseql_observe.demo.ports import Ports
from fraiseql_observe.demo.servers.configured import write_files
from fraiseql_observe.demo.sinks import SinkSecrets

PORTS = Ports(20000)


@pytest.fixture
def keys():
    def url(who):
        return f"postgresql://{who}:hunter2@127.0.0.1:1/blog"

    return alerting.Keys(SinkSecrets.generate(), url("reader"), url("maintenance"), url("chain"), "key of the chain")


@pytest.fixture
def file(tmp_path, keys):
    write_files(tmp_path, keys.files())
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(alerting.settings(PORTS, tmp_path)))
    return path


def test_the_backend_takes_them(file, keys):
    settings = load(file, {})
    assert set(settings.destinations) == set(alerting.EVERYBODY)
    assert settings.destinations["slack"].token.reveal() == keys.sinks.slack_token
    assert settings.intake.token.reveal() == keys.webhook
    assert settings.auth.tokens["visitor"].token.reveal() == keys.console
    assert settings.audit.url.reveal() == keys.audit_url
    assert settings.audit.maintenance_url.reveal() == keys.maintenance_url
    assert settings.audit.chain_url.reveal() == keys.chain_url
    assert settings.audit.chain_keys.reveal() == keys.chain_keys


def test_everybody_hears_of_everything_at_once(file):
    first, *later = load(file, {}).policies["default"].steps
    assert set(first.destinations) == set(alerting.EVERYBODY)
    assert not first.wait
    assert all(step.wait for step in later)


def test_no_secret_stands_in_the_file(file, keys):
    text = file.read_text()
    assert [name for name, secret in keys.files().items() if secret in text] == []


def test_every_secret_has_a_file_of_its_own(tmp_path, keys):
    write_files(tmp_path, keys.files())
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in keys.files()}
    assert modes == {0o600}
    assert len(set(keys.files().values())) == len(keys.files())
