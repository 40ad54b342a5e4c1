"""Settings: declared once, overridden by the environment, and clear when they are wrong."""

from __future__ import annotations

import pytest

from fraiseql_observe.instrument.errors import InstrumentError
from fraiseql_observe.instrument.settings import ENVIRONMENT_PREFIX, load


def test_the_environment_wins_over_the_code():
    environment = {
        ENVIRONMENT_PREFIX + "QUEUE_SIZE": "7", ENVIRONMENT_PREFIX + "AUDIT": "off",
        ENVIRONMENT_PREFIX + "ON_OVERFLOW": "wait",
        ENVIRONMENT_PREFIX + "SLOW_QUERY_SECONDS": "0.5", ENVIRONMENT_PREFIX + "ADMIN_ENTITIES": "Role, Tenant,",
        ENVIRONMENT_PREFIX + "AUDIT_DATABASE_URL": "postgresql://x/y", ENVIRONMENT_PREFIX + "METRICS_PATH": "/m",
        ENVIRONMENT_PREFIX + "USER": "ignored: no text makes a function", "UNRELATED": "1",
    }  # fmt: skip
    settings = load({"queue_size": 5, "batch_size": 3}, environment)
    assert (settings.queue_size, settings.batch_size, settings.audit, settings.on_overflow) == (7, 3, False, "wait")
    assert (settings.slow_query_seconds, settings.admin_entities) == (0.5, {"Role", "Tenant"})
    assert (settings.audit_database_url, settings.metrics_path, settings.user) == ("postgresql://x/y", "/m", None)


@pytest.mark.parametrize(
    ("overrides", "environment", "words"),
    [
        ({"queue_sise": 1}, {}, "Did you mean queue_size?"),
        ({"zzz": 1}, {}, "Known settings: admin_entities"),
        ({"queue_size": 0}, {}, "greater than zero"),
        ({"on_overflow": "block"}, {}, "'drop' or 'wait'"),
        ({"verbs": {"mint": "make"}}, {}, "create, update or delete"),
        ({}, {"QUEUE_SIZE": "many"}, "FRAISEQL_OBSERVE_INSTRUMENT_QUEUE_SIZE is 'many', which is not a whole number"),
        ({}, {"FLUSH_SECONDS": "soon"}, "not a number"),
        ({}, {"AUDIT": "maybe"}, "neither true nor false"),
    ],
)
def test_a_wrong_setting_says_what_and_how(overrides, environment, words):
    with pytest.raises(InstrumentError) as caught:
        load(overrides, {ENVIRONMENT_PREFIX + name: value for name, value in environment.items()})
    assert words in str(caught.value)


def test_the_process_environment_is_read(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_PREFIX + "QUEUE_SIZE", "11")
    assert load({}).queue_size == 11
