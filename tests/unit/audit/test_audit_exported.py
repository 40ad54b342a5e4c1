"""The metrics of the audit database as Prometheus sees them: declared once, fresh or not there, and read in turns."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from fraiseql_observe.audit import metrics, metrics_page, sampling
from fraiseql_observe.audit.metrics import FAMILIES, Latest, Reading
from fraiseql_observe.telemetry import Telemetry

READINGS = [
    Reading("events", ("fraiseql_observe", "success"), 7.0),
    Reading("failed_logins", ("fraiseql_observe",), 2.0),
    Reading("row_lag", (), 0.25),
    Reading("of_a_newer_schema", (), 1.0),
]


@pytest.fixture
def clock():
    return SimpleNamespace(now=0.0)


@pytest.fixture
def latest(clock):
    return Latest(15, lambda: clock.now)


def exposition(latest):
    registry = CollectorRegistry()
    registry.register(latest)
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_before_the_first_reading_only_that_there_is_none_is_shown(latest):
    assert exposition(latest) == ["fraiseql_observe_audit_up 0.0"]


def test_a_reading_is_shown_with_its_labels_and_what_is_unknown_is_left_out(latest):
    latest.show(READINGS)
    assert exposition(latest) == [
        "fraiseql_observe_audit_up 1.0",
        'fraiseql_observe_audit_events_total{outcome="success",source="fraiseql_observe"} 7.0',
        'fraiseql_observe_audit_failed_logins_total{source="fraiseql_observe"} 2.0',
        "fraiseql_observe_audit_row_lag_seconds 0.25",
    ]


def test_counters_carry_no_time_of_creation_because_they_are_older_than_the_process(latest):
    latest.show(READINGS)
    assert not [line for line in exposition(latest) if "_created" in line]


def test_one_reading_may_fail_and_two_may_not(latest, clock):
    latest.show(READINGS)
    clock.now = 40.0  # two intervals, and the patience of the second
    assert latest.fresh
    clock.now = 40.1
    assert exposition(latest) == ["fraiseql_observe_audit_up 0.0"]


def test_the_registry_refuses_a_second_metric_of_such_a_name(latest):
    registry = CollectorRegistry()
    registry.register(latest)
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(Latest(15, lambda: 0.0))


def test_no_name_is_the_backends_own_already(latest):
    Telemetry().registry.register(latest)


def test_every_metric_has_a_name_and_a_reading_of_its_own():
    assert len({family.series for family in FAMILIES}) == len({family.reading for family in FAMILIES}) == len(FAMILIES)
    assert metrics.UP.series == "fraiseql_observe_audit_up"


def test_the_page_about_them_is_fresh():
    page = Path(__file__).parents[3] / "docs/reference/audit-metrics.md"
    command = "python -m fraiseql_observe.audit.metrics_page > docs/reference/audit-metrics.md"
    assert page.read_text(encoding="utf-8") == metrics_page.page(), f"run: {command}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.UndefinedFunction("secret"), "setup audit"),
        (psycopg.errors.InvalidSchemaName("secret"), "setup audit"),
        (psycopg.errors.InvalidParameterValue("secret"), "setup audit"),
        (psycopg.errors.InsufficientPrivilege("secret"), "grant fraiseql_observe_reader"),
        (psycopg.errors.QueryCanceled("secret"), "too long"),
        (psycopg.errors.LockNotAvailable("secret"), "too long"),
        (TimeoutError(), "too long"),
        (psycopg.OperationalError("connection to secret failed"), "does not answer"),
        (OSError("secret"), "does not answer"),
        (psycopg.errors.DivisionByZero("secret"), "refused the statement (DivisionByZero)"),
    ],
)
async def test_why_it_cannot_be_read_is_told_in_our_words(latest, caplog, error, words):
    async def read():
        raise error

    await sampling.Sampler(read, 15, latest).turn()
    assert words in caplog.text
    assert "secret" not in caplog.text


async def test_a_lasting_fault_is_said_once_and_its_end_too(latest, caplog):
    caplog.set_level("INFO")
    answers = [OSError(), OSError(), READINGS, OSError()]

    async def read():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    sampler = sampling.Sampler(read, 15, latest)
    for _ in range(4):
        await sampler.turn()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


async def test_it_reads_until_it_is_cancelled(latest):
    read = asyncio.Event()

    async def readings():
        read.set()
        return READINGS

    task = asyncio.create_task(sampling.Sampler(readings, 3600, latest).run())
    await read.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert latest.fresh
