"""The schema goes forward from every version that was ever written, with the data in it, and never back."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from psycopg.rows import dict_row
from store_samples import T0, at, delivery, incident, kept

from fraiseql_observe.errors import StoreError
from fraiseql_observe.incident.model import State
from fraiseql_observe.store import alerts, incidents, migrations, open_store, outbox, postgres, retention, sqlite
from fraiseql_observe.store.incidents import Query

# As version 1 wrote it: written out here, because the code of today writes other columns.
OLD_INCIDENT = """
insert into incident (id, key, state, severity, title, receiver, group_labels, common_labels, common_annotations,
  opened_at, updated_at, version, firing, total, reopened, acknowledged_by, resolved_at, resolved_by, silenced_by,
  policy, policy_snapshot, external_url, labels)
values (:id, :id, :state, 'critical', :title, 'observe', '{"job": "Shop"}', '{"job": "Shop"}', '{}', :at, :at, 3, 1, 1,
  0, '', :resolved_at, '', '', 'default', '{"name": "default"}', '', :labels)
"""
OLD_INBOX = "insert into inbox (id, source, received_at, body) values ('box_1', 'alertmanager', 1, :body)"


def _fill(tx):
    """Apply version 1 alone and put data into it."""
    migrations.migrate(tx, _words(tx), T0, migrations.shipped()[:1])
    for number in range(3):
        resolved = number == 2
        tx.execute(
            OLD_INCIDENT,
            {
                "id": f"inc_{number}",
                "state": "resolved" if resolved else "firing",
                "title": f"Disk {number} full",
                "at": 1_000_000 * number,
                "resolved_at": 5_000_000 if resolved else None,
                "labels": "\njob=Shop\n",
            },
        )
    tx.execute(OLD_INBOX, {"body": b"{}"})
    alerts.upsert(tx, [kept("a1", 1, incident_id="inc_0")])
    outbox.enqueue(tx, [delivery("dlv_1", incident_id="inc_0")], collapse=False)


def _words(tx):
    return sqlite.WORDS if isinstance(tx, sqlite.SqliteTransaction) else postgres.WORDS


def _old(url, fill=_fill):
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None) as connection:
            fill(sqlite.SqliteTransaction(connection))
        connection.close()
        return
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("create schema if not exists fraiseql_alerts")
        connection.execute("set search_path to fraiseql_alerts")
        fill(postgres.PostgresTransaction(connection))


async def test_a_store_of_the_first_version_is_brought_up_to_date(store_url):
    _old(store_url)
    engine = await open_store(store_url, clock=lambda: at(9))
    try:
        applied = await engine.read(
            lambda tx: tx.rows("select version, name, applied_at from schema_version order by version")
        )
        assert [(row["version"], row["name"]) for row in applied] == [
            (one.version, one.name) for one in migrations.shipped()
        ]
        assert applied[0]["applied_at"] < applied[1]["applied_at"]
        page = await engine.read(lambda tx: incidents.search(tx, Query(text="DISK 1")))
        assert [found.id for found in page.incidents] == ["inc_1"]
        page = await engine.read(lambda tx: incidents.search(tx, Query(text="job=shop", states=(State.FIRING,))))
        assert [found.id for found in page.incidents] == ["inc_1", "inc_0"]
        assert (await engine.read(lambda tx: incidents.get(tx, "inc_1"))).version == 3
        assert await engine.read(lambda tx: incidents.snapshot(tx, "inc_1")) == {"name": "default"}
        assert len(await engine.read(lambda tx: alerts.of(tx, "inc_0"))) == 1
        assert (await engine.read(lambda tx: outbox.get(tx, "dlv_1"))).destination == "chat"
        await engine.write(lambda tx: incidents.insert(tx, incident("inc_9")))
        assert (await engine.write(lambda tx: retention.prune(tx, T0))).incidents == 1
    finally:
        await engine.close()


async def test_an_open_store_is_left_as_it_is(store_url):
    for _ in range(2):
        engine = await open_store(store_url, clock=lambda: T0)
        await engine.write(lambda tx: tx.execute("delete from setting"))
        await engine.close()


async def test_a_newer_schema_is_refused(store_url):
    engine = await open_store(store_url, clock=lambda: T0)
    await engine.write(
        lambda tx: tx.execute("insert into schema_version (version, name, applied_at) values (99, 'future', 0)")
    )
    await engine.close()
    with pytest.raises(StoreError, match="schema version 99, and this program knows versions up to"):
        await open_store(store_url, clock=lambda: T0)


async def test_a_migration_that_fails_leaves_the_schema_as_it_was(store_url, monkeypatch):
    _old(store_url)
    broken = migrations.Migration(2, "broken", "create table extra (a bigint); insert into nowhere values (1);")
    monkeypatch.setattr(migrations, "shipped", lambda: (*migrations_of_old, broken))
    with pytest.raises(StoreError, match="nowhere"):
        await open_store(store_url, clock=lambda: T0)
    monkeypatch.undo()
    engine = await open_store(store_url, clock=lambda: T0)
    with pytest.raises(StoreError, match="extra"):
        await engine.read(lambda tx: tx.rows("select a from extra"))
    await engine.close()


migrations_of_old = migrations.shipped()[:1]


def test_the_files_are_numbered_without_gaps():
    assert [one.version for one in migrations.shipped()] == list(range(1, len(migrations.shipped()) + 1))
    assert len(migrations.shipped()) >= 2
