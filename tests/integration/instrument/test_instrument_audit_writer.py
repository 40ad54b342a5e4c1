"""The audit log under stress: a full queue, a database that goes away, rows it refuses, and a sudden end."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

pytest.importorskip("fraiseql", reason="needs a real FraiseQL application (Python 3.13)")

import instrument_app as blog
from instrument_harness import audit_rows, prepare, served
from prometheus_client import CollectorRegistry

from fraiseql_observe.audit import setup
from fraiseql_observe.demo.servers import PostgresServer
from fraiseql_observe.instrument import instrument
from fraiseql_observe.instrument.audit import COLUMNS, AuditWriter
from fraiseql_observe.instrument.event import AuditEvent
from fraiseql_observe.instrument.metrics import Metrics
from fraiseql_observe.instrument.settings import load

pytestmark = pytest.mark.fraiseql
QUICK = {"flush_seconds": 0.05, "sample_seconds": 0.2}
LOCK = "lock table fraiseql_observe.audit_event in access exclusive mode"


def dropped(metrics, reason):
    return metrics.registry.get_sample_value("fraiseql_audit_dropped_total", {"reason": reason})


def test_the_event_has_the_columns_of_the_table():
    assert tuple(COLUMNS) == AuditEvent._fields


async def test_a_full_queue_drops_and_counts(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, queue_size=5, batch_size=2, **QUICK)
    async with served(app) as client:
        async with await psycopg.AsyncConnection.connect(blog_url) as holder:
            await holder.execute(LOCK)  # PostgreSQL is there but does not take the rows
            for _ in range(12):
                assert (await client.post("{ ping }")).status_code == 200
            samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_queue_events") == 5)
            assert samples.value("fraiseql_audit_dropped_total", reason="overflow") == 7
            assert samples.value("fraiseql_audit_lag_seconds") > 0
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 5)
        await client.metrics_when(lambda s: s.value("fraiseql_audit_lag_seconds") == 0)
    assert len(audit_rows(blog_url)) == 5


async def test_waiting_for_room_loses_nothing_and_holds_the_answer_back(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, on_overflow="wait", queue_size=2, batch_size=2, **QUICK)
    async with served(app) as client:
        async with await psycopg.AsyncConnection.connect(blog_url) as holder:
            await holder.execute(LOCK)
            waiting = [asyncio.create_task(client.post("{ ping }")) for _ in range(6)]
            done, pending = await asyncio.wait(waiting, timeout=1)
            assert (len(done), len(pending)) == (2, 4)
        assert {(await task).status_code for task in waiting} == {200}
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 6)
    assert samples.all("fraiseql_audit_dropped_total") == {}
    assert len(audit_rows(blog_url)) == 6


async def test_waiting_ends_at_its_deadline_and_the_answer_comes(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, on_overflow="wait", overflow_timeout_seconds=0.3, queue_size=1, shutdown_seconds=0.2, **QUICK)
    async with served(app) as client, await psycopg.AsyncConnection.connect(blog_url) as holder:
        await holder.execute(LOCK)
        assert [(await client.post("{ ping }")).status_code for _ in range(2)] == [200, 200]
        samples = await client.metrics()
    assert samples.all("fraiseql_audit_dropped_total") == {("wait_timeout",): 1}


def test_rows_survive_a_restart_of_postgresql():
    """Rows queued while the server was away are written when it is back; the application goes on meanwhile."""

    async def scenario(server: PostgresServer, url: str) -> None:
        app = blog.create_app(url, database_pool_timeout=1)
        instrument(app, **QUICK)
        async with served(app) as client:
            await client.post("{ ping }")
            await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 1)
            await asyncio.to_thread(server.stop)
            for _ in range(3):
                assert (await client.post("{ ping }")).status_code == 200
            samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_queue_events") == 3)
            await client.metrics_when(lambda s: s.value("fraiseql_health_check_status", check="database") == 0)
            assert samples.all("fraiseql_audit_dropped_total") == {}
            server.start()
            await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 4)
            samples = await client.metrics_when(
                lambda s: s.value("fraiseql_health_check_status", check="database") == 1
            )
        assert samples.all("fraiseql_audit_dropped_total") == {}
        assert len(audit_rows(url)) == 4

    with PostgresServer() as server:
        url = server.create_database("blog")
        prepare(url)
        asyncio.run(scenario(server, url))


async def test_rows_wait_for_the_table(database_url):
    """The application may start before the audit log is set up."""
    with psycopg.connect(database_url) as connection:
        connection.execute("create view v_user as select 1 as id, '{}'::jsonb as data")
    app = blog.create_app(database_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        await client.post("{ ping }")
        await client.metrics_when(lambda s: s.value("fraiseql_audit_queue_events") == 1)
        setup.apply(database_url)
        await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 1)
    assert len(audit_rows(database_url)) == 1


async def test_the_queue_is_emptied_when_the_application_stops(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, flush_seconds=60)
    async with served(app) as client:
        for _ in range(3):
            await client.post("{ ping }")
    assert len(audit_rows(blog_url)) == 3


async def test_what_cannot_be_written_before_the_deadline_is_counted(blog_url):
    app = blog.create_app(blog_url)
    metrics = instrument(app, flush_seconds=60, shutdown_seconds=0.3).metrics
    async with await psycopg.AsyncConnection.connect(blog_url) as holder:
        await holder.execute(LOCK)
        async with served(app) as client:
            await client.post("{ ping }")
    assert dropped(metrics, "shutdown") == 1


def an_event(**changes) -> AuditEvent:
    values = dict.fromkeys(AuditEvent._fields)
    values |= {
        "event_id": "0" * 31 + "1", "occurred_at": 1.7e9, "event_type": "access", "category": "data",
        "outcome": "success", "endpoint": "/graphql", "operation_type": "query", "operation_name": "A",
    }  # fmt: skip
    return AuditEvent(**(values | changes))


async def test_a_row_that_postgresql_refuses_takes_no_other_with_it(blog_url):
    metrics = Metrics(CollectorRegistry())
    writer = AuditWriter(load({"flush_seconds": 0.05}), metrics, blog_url)
    for number in range(7):
        kind = "nonsense" if number == 3 else "access"
        writer.put(an_event(event_id=f"{number:032x}", event_type=kind, roles=["a", 'q"uote']))
    writer.start()
    await writer.stop()
    assert len(audit_rows(blog_url)) == 6
    assert dropped(metrics, "rejected") == 1
    assert audit_rows(blog_url)[0]["roles"] == ["a", 'q"uote']


async def test_a_row_that_cannot_even_be_sent_does_not_end_the_writer(blog_url):
    metrics = Metrics(CollectorRegistry())
    writer = AuditWriter(load({"flush_seconds": 0.05}), metrics, blog_url)
    writer.put(an_event(entity="\ud800"))
    writer.put(an_event(event_id="2" * 32))
    writer.start()
    await writer.stop()
    assert len(audit_rows(blog_url)) == 1
    assert dropped(metrics, "rejected") == 1


async def test_a_row_whose_request_is_cancelled_while_it_waits_is_counted():
    metrics = Metrics(CollectorRegistry())
    writer = AuditWriter(load({"queue_size": 1}), metrics, "")
    writer.put(an_event())
    waiting = asyncio.create_task(writer.put_waiting(an_event(event_id="2" * 32)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    assert dropped(metrics, "overflow") == 1


async def test_a_batch_sent_twice_counts_once(blog_url):
    """A connection may break after the commit and before its answer: the batch is then sent again."""
    writer = AuditWriter(load({}), Metrics(CollectorRegistry()), blog_url)
    event = an_event(
        outcome="failure", error_type="internal", severity="error", error_fingerprint="f", error_message="m"
    )
    await writer._send([event])
    await writer._send([event])
    await writer._disconnect()
    assert len(audit_rows(blog_url)) == 1
    with psycopg.connect(blog_url) as connection:
        assert connection.execute("select occurrences from fraiseql_observe.error_group").fetchall() == [(1,)]


async def test_the_writer_needs_no_more_than_its_role(blog_url):
    name = "writer_" + blog_url.rpartition("_")[2]
    with psycopg.connect(blog_url, autocommit=True) as admin:
        admin.execute(f"create role \"{name}\" login password '{name}' in role fraiseql_observe_writer")
    try:
        url = psycopg.conninfo.make_conninfo(blog_url, user=name, password=name)
        writer = AuditWriter(load({}), Metrics(CollectorRegistry()), url)
        await writer._send([an_event(outcome="failure", error_fingerprint="f", error_type="internal")])
        await writer._disconnect()
        assert len(audit_rows(blog_url)) == 1
    finally:
        with psycopg.connect(blog_url, autocommit=True) as admin:
            admin.execute(f'drop role "{name}"')
