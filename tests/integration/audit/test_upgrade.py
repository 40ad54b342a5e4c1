"""A log of version 1 with rows becomes one of version 2 while it is written; ended anywhere, the next run goes on."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from audit_database import READER_PASSWORD, SHAPE, Audited

from fraiseql_observe.audit import ddl, setup
from fraiseql_observe.audit.facts import Facts
from fraiseql_observe.errors import AuditError
from fraiseql_observe.instrument.audit import COLUMNS, INSERT

VERSION_1 = (Path(__file__).parents[2] / "data" / "audit" / "version_1.sql").read_text()
ROWS = """
insert into fraiseql_observe.audit_event (event_id, occurred_at, tenant_id, user_id, event_type, outcome)
select gen_random_uuid(), now() - n * interval '1 hour', 'acme', 'ada', 'access', 'success'
  from generate_series(1, 500) as n
"""
COUNT = "select count(*), count(distinct event_id) from fraiseql_observe.audit_event"
# After each step that runs by itself, and in the transaction where it has done what is hard to do again.
ENDS = [
    "upgrade: transaction ids", "index audit_event_transaction", "upgrade: bound", "upgrade: prove the bound",
    "upgrade: make room", "tables", "upgrade: attach", "what is there", "version",
]  # fmt: skip


@pytest.fixture
def old(database_url):
    audited = Audited(database_url)
    audited.run(VERSION_1)
    audited.run(ROWS)
    return audited


def batch(at, rows=3):
    """What the instrument sends: one batch."""
    known = {"occurred_at": at.timestamp(), "tenant_id": "acme", "event_type": "access", "category": "data",
             "outcome": "failure", "error_fingerprint": "boom"}  # fmt: skip
    return json.dumps(
        [[str(uuid4()) if name == "event_id" else known.get(name) for name in COLUMNS] for _ in range(rows)]
    )


class KilledError(Exception):
    """The process that runs the set-up ends here."""


def kill_after(monkeypatch, title):
    """The set-up loses its connection after the step of this title."""
    sql = next(step.sql for step in ddl.steps(Facts(version=1)) if step.title == title).encode()
    original = psycopg.Connection.execute

    def execute(self, query, *args, **kwargs):
        result = original(self, query, *args, **kwargs)
        if query == sql:
            self.pgconn.finish()
            raise KilledError
        return result

    monkeypatch.setattr(psycopg.Connection, "execute", execute)


@pytest.mark.parametrize("title", ENDS)
def test_ended_anywhere_it_goes_on(old, monkeypatch, title):
    with monkeypatch.context() as patch:
        kill_after(patch, title)
        with pytest.raises((KilledError, psycopg.Error, AuditError)):
            setup.apply(old.url)
    assert old.run(COUNT) == [(500, 500)]
    old.run(INSERT, (batch(datetime.now(UTC)),))  # the application goes on in between
    applied = setup.apply(old.url, reader_password=READER_PASSWORD)
    assert (applied.version, old.run("select max(version) from fraiseql_observe.schema_version")) == (2, [(2,)])
    assert old.run(COUNT) == [(503, 503)]
    assert old.run("select count(*) from fraiseql_observe.audit_event where transaction_id is null") == [(500,)]
    before = old.run(SHAPE)
    assert setup.apply(old.url).previous_version == 2
    assert old.run(SHAPE) == before
    old.maintain()
    assert old.run("select sum(requests) from fraiseql_observe.rollup_traffic where grain = 1") == [(503,)]


def test_it_looks_like_a_new_one(old, postgres_url, database_url):
    setup.apply(old.url)
    (legacy,) = [
        name for (name,) in old.run("select name from fraiseql_observe.partitions() where lower = '-infinity'")
    ]
    upgraded = {row for row in old.run(SHAPE) if legacy not in str(row) and "audit_event_2" not in str(row)}
    old.run("drop schema fraiseql_observe cascade")
    setup.apply(old.url)
    new = {row for row in old.run(SHAPE) if "audit_event_2" not in str(row)}
    # a block range index of version 1 has no parameters
    changed = {(kind, name) for kind, name, _ in upgraded ^ new}
    assert changed <= {("index", "audit_event_recorded")}


def test_the_reader_and_the_writer_keep_what_they_may(old):
    old.run("create role auditor_of_upgrade; grant select on fraiseql_observe.audit_event to auditor_of_upgrade")
    old.run("grant usage on schema fraiseql_observe to auditor_of_upgrade")
    try:
        setup.apply(old.url, reader_password=READER_PASSWORD)
        (legacy,) = old.run("select name from fraiseql_observe.partitions() where lower = '-infinity'")
        may = "select has_table_privilege(%s, %s, 'select')"
        assert old.run(may, ("auditor_of_upgrade", "fraiseql_observe.audit_event")) == [(True,)]
        for role in ("auditor_of_upgrade", "fraiseql_observe_reader", "fraiseql_observe_writer"):
            assert old.run(may, (role, f"fraiseql_observe.{legacy[0]}")) == [(False,)]
    finally:
        old.run("drop owned by auditor_of_upgrade; drop role auditor_of_upgrade")
    with psycopg.connect(old.reader_url) as reader:
        assert reader.execute("select count(*) from fraiseql_observe.audit_events").fetchone() == (500,)
        reader.execute("select set_config('fraiseql.tenant_id', 'globex', true)")
        assert reader.execute("select count(*) from fraiseql_observe.audit_event").fetchone() == (0,)


def test_rows_dated_ahead_are_kept_also_when_it_is_given_up_half_way(old):
    ahead = datetime.now(UTC) + timedelta(days=30)
    old.run(INSERT, (batch(ahead),))
    for step in ddl.steps(Facts(version=1)):
        if step.when is ddl.When.BEFORE:
            old.run(step.sql)
    twice = batch(ahead)
    for _ in range(2):
        old.run(INSERT, (twice,))
    assert old.run(COUNT) == [(500, 500)]  # set aside, not refused
    setup.apply(old.url)
    assert old.run(COUNT) == [(506, 506)]
    assert old.run("select count(*) from fraiseql_observe.audit_event_default") == [(6,)]


def test_under_load_nothing_is_lost_and_nothing_doubled(old):
    sent, errors, stop = [], [], threading.Event()

    def write():
        with psycopg.connect(old.url, autocommit=True) as connection:
            while not stop.is_set():
                payload = batch(datetime.now(UTC))
                try:
                    for _ in range(2):  # each batch twice, as after an ambiguous commit
                        connection.execute(INSERT, (payload,))
                except psycopg.Error as error:
                    errors.append(error)
                    return
                sent.append(payload)

    def slow():
        with psycopg.connect(old.url) as connection:
            while not stop.is_set():
                payload = batch(datetime.now(UTC))
                connection.execute(INSERT, (payload,))
                time.sleep(0.1)
                if len(sent) % 2:
                    connection.rollback()
                else:
                    connection.commit()
                    sent.append(payload)

    threads = [threading.Thread(target=write), threading.Thread(target=write), threading.Thread(target=slow)]
    for thread in threads:
        thread.start()
    try:
        before = wait_for_more(sent, 0)
        setup.apply(old.url)
        wait_for_more(sent, before + 1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    ids = {row[0] for payload in sent for row in json.loads(payload)}
    assert old.run(COUNT) == [(500 + len(ids), 500 + len(ids))]
    assert old.run("select occurrences from fraiseql_observe.error_group") == [(len(ids),)]
    old.maintain()
    assert old.run("select sum(requests) from fraiseql_observe.rollup_traffic where grain = 1") == [(500 + len(ids),)]


def wait_for_more(sent, than):
    while len(sent) <= than:
        time.sleep(0.01)
    return len(sent)


def test_whoever_holds_the_log_is_waited_for_and_holds_up_nobody_for_long(old):
    with psycopg.connect(old.url) as reading:
        reading.execute("select count(*) from fraiseql_observe.audit_event")
        errors = []
        upgrade = threading.Thread(target=lambda: errors.append(setup.apply(old.url)))
        upgrade.start()
        for _ in range(3):
            with psycopg.connect(old.url, autocommit=True) as writer:
                writer.execute("set statement_timeout = '5s'")
                writer.execute(INSERT, (batch(datetime.now(UTC)),))
            time.sleep(0.3)
        assert upgrade.is_alive()
        reading.rollback()
        upgrade.join()
    assert errors[0].version == 2
    assert old.run(COUNT) == [(509, 509)]


def test_it_does_not_wait_for_ever(old, monkeypatch):
    monkeypatch.setattr(setup, "PATIENCE", 0.0)
    with psycopg.connect(old.url) as reading:
        reading.execute("select count(*) from fraiseql_observe.audit_event")
        with pytest.raises(AuditError, match="gave up waiting"):
            setup.apply(old.url)


def test_the_last_step_refuses_a_log_that_is_not_ready(old):
    (rename,) = [step.sql for step in ddl.steps(Facts(version=1)) if step.title == "upgrade: make room"]
    with pytest.raises(psycopg.errors.RaiseException, match="is not ready for its upgrade"):
        old.run(rename)
