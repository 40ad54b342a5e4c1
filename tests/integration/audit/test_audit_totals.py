"""The counters of the audit log: each row once, whatever happens to turns, replicas, sessions and the database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from audit_database import READER_PASSWORD, Audited, scratch_database
from psycopg.conninfo import make_conninfo

from fraiseql_observe.audit import sampling, setup
from fraiseql_observe.audit.metrics import Latest

OURS = "fraiseql_observe"
TURN = "select fraiseql_observe.roll_up()"
INSERT = """
insert into fraiseql_observe.audit_event
       (event_id, occurred_at, event_type, category, outcome, error_code, operation_name)
select gen_random_uuid(), now(), %(event_type)s, %(category)s, %(outcome)s, %(error_code)s, %(operation_name)s
  from generate_series(1, %(times)s)
"""
# FraiseQL v1's enterprise/migrations/001_audit_tables.sql, as far as it is read
CHAIN = """
create table if not exists public.audit_events (
  id uuid primary key default gen_random_uuid(), event_type varchar(100) not null,
  event_data jsonb not null default '{}', user_id uuid, tenant_id uuid, timestamp timestamptz not null default now(),
  ip_address inet, created_at timestamptz not null default now()
);
"""


def happened(times=1, **columns):
    row = {"event_type": "access", "category": "data", "outcome": "success", "error_code": None, "operation_name": None}
    return INSERT, row | columns | {"times": times}


def metrics(audited, url=None):
    """What the exporter reads, by metric and labels."""
    readings = asyncio.run(sampling.read(url or audited.reader_url))
    return {(one.metric, *one.labels): one.value for one in readings}


def seen(audited, *key):
    return metrics(audited)[key]


@pytest.fixture(scope="module")
def template(postgres_url):
    """What the tests' databases are copies of: quicker than setting each up."""
    with scratch_database(postgres_url) as url:
        setup.apply(url, reader_password=READER_PASSWORD)
        yield url


@pytest.fixture
def turning(template, postgres_url):
    """A database whose first turn was made: counters begin there."""
    with scratch_database(postgres_url, template) as url:
        copy = Audited(url)
        copy.run(TURN)
        yield copy


KINDS = [
    ({}, {"events"}),
    ({"outcome": "denied", "error_code": "HTTP_401"}, {"failed_logins"}),
    ({"outcome": "denied", "error_code": "UNAUTHENTICATED"}, {"failed_logins"}),
    ({"outcome": "failure", "operation_name": "logIn"}, {"failed_logins"}),
    ({"outcome": "failure", "operation_name": "user.login_failed"}, {"failed_logins"}),
    ({"outcome": "success", "operation_name": "login"}, set()),
    ({"outcome": "failure", "operation_name": "createBlogInternals"}, set()),
    ({"outcome": "denied", "error_code": "FORBIDDEN"}, {"denied"}),
    ({"outcome": "denied"}, {"denied"}),
    ({"outcome": "denied", "error_code": "HTTP_429"}, set()),
    ({"category": "admin", "event_type": "update"}, {"admin_actions"}),
    ({"category": "permission", "event_type": "access"}, {"admin_actions"}),
    ({"category": "permission", "event_type": "create"}, {"admin_actions", "permission_changes"}),
    (
        {"category": "permission", "event_type": "delete", "outcome": "denied"},
        {"admin_actions", "permission_changes", "denied"},
    ),
]


def test_a_row_counts_as_what_it_is(turning):
    """All kinds in one database: the setting-up is what costs time."""
    counters = {"events", "failed_logins", "denied", "admin_actions", "permission_changes"}
    before = metrics(turning)
    for columns, expected in KINDS:
        turning.run(*happened(**columns))
        turning.run(TURN)
        after = metrics(turning)
        grown = {key[0] for key in after if key[0] in counters and after[key] != before[key]}
        assert grown == expected | {"events"}, columns
        before = after


def test_every_series_begins_at_zero(turning):
    shown = metrics(turning)
    for outcome in ("success", "failure", "noop", "denied"):
        assert shown["events", OURS, outcome] == 0
        assert shown["admin_actions", OURS, outcome] == 0
        assert shown["permission_changes", OURS, outcome] == 0
    assert shown["failed_logins", OURS] == shown["denied", OURS] == 0


def test_what_was_there_before_the_set_up_is_no_burst(database_url):
    setup.apply(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("alter table fraiseql_observe.audit_event alter column transaction_id drop default")
        connection.execute(*happened(50, outcome="denied"))
        connection.execute(
            "alter table fraiseql_observe.audit_event alter column transaction_id set default "
            "(pg_current_xact_id()::text::bigint)"
        )
        while connection.execute(TURN).fetchone() != (0,):
            pass
        shown = {(metric, *labels): value for metric, labels, value in connection.execute(sampling.READ)}
    assert shown["events", OURS, "denied"] == 0


def test_a_row_is_counted_once_though_transactions_overlap(turning):
    with psycopg.connect(turning.url) as slow:
        slow.execute(*happened(3))
        turning.run(*happened(2))
        turning.run(TURN)
        counted_meanwhile = seen(turning, "events", OURS, "success")
        slow.commit()
    for _ in range(3):
        turning.run(TURN)
    assert counted_meanwhile <= 2
    assert seen(turning, "events", OURS, "success") == 5


def test_a_turn_that_is_cut_off_counts_nothing(turning):
    turning.run(*happened(4, outcome="denied"))
    with psycopg.connect(turning.url) as maintainer:
        maintainer.execute(TURN)
        maintainer.rollback()
    assert seen(turning, "denied", OURS) == 0
    turning.run(TURN)
    assert seen(turning, "denied", OURS) == 4


def test_replicas_that_take_turns_at_once_count_each_row_once(turning):
    def maintain(_):
        with psycopg.connect(turning.url, autocommit=True) as connection:
            for _ in range(15):
                connection.execute(*happened(2, outcome="denied"))
                connection.execute(TURN)

    with ThreadPoolExecutor(3) as replicas:
        list(replicas.map(maintain, range(3)))
    turning.run(TURN)
    assert seen(turning, "denied", OURS) == 3 * 15 * 2


def test_no_replica_ever_shows_a_counter_going_back(turning):
    clock = [0.0]
    replicas = [Latest(15, lambda: clock[0]), Latest(15, lambda: clock[0])]
    shown = [0.0, 0.0]

    def denied(replica):
        return sum(
            sample.value
            for family in replica.collect()
            for sample in family.samples
            if sample.name == "fraiseql_observe_audit_denied_total"
        )

    for step in range(12):
        turning.run(*happened(step % 3, outcome="denied"))
        if step % 2:
            turning.run(TURN)
        place = step % 2
        if step in {4, 7}:  # restarted
            replicas[place] = Latest(15, lambda: clock[0])
        replicas[place].show(asyncio.run(sampling.read(turning.reader_url)))
        assert denied(replicas[place]) >= shown[place]
        shown[place] = denied(replicas[place])
    turning.run(TURN)
    for replica in replicas:
        replica.show(asyncio.run(sampling.read(turning.reader_url)))
    assert denied(replicas[0]) == denied(replicas[1]) == sum(step % 3 for step in range(12))


def test_after_a_fail_over_the_counters_begin_at_zero_instead_of_going_back(turning):
    turning.run(*happened(5, outcome="denied"))
    turning.run(TURN)
    turning.run("update fraiseql_observe.audit_totals_source set identity = 'that of the lost primary'")
    assert not [key for key in metrics(turning) if key[0] == "denied"]
    turning.run(*happened(2, outcome="denied"))
    turning.run(TURN)
    assert seen(turning, "denied", OURS) == 2


def test_sizes_lags_and_stray_rows_are_measured(turning):
    turning.run(*happened())
    shown = metrics(turning)
    assert shown["database_size", urlsplit(turning.url).path[1:]] > shown["log_size",] > 0
    assert 0 <= shown["row_lag",] < 60
    assert 0 < shown["roll_up_lag",] < 60
    assert shown["stray_rows",] == 0
    turning.run("update fraiseql_observe.audit_event set occurred_at = occurred_at - interval '100 days'")
    turning.run(TURN)
    shown = metrics(turning)
    assert ("row_lag",) not in shown
    assert shown["roll_up_lag",] == 0
    assert shown["stray_rows",] == 1


# FraiseQL's own logs


@pytest.fixture
def logged(turning):
    """A database with FraiseQL's log of events and rows of ours in none: its counting began an hour ago."""
    turning.run(CHAIN)
    setup.apply(turning.url)
    turning.run(TURN)
    turning.run("update fraiseql_observe.audit_totals_source set counted_to = counted_to - interval '50 minutes'")
    return turning


def log(audited, ago, event_type="post.created", times=1):
    audited.run(
        "insert into public.audit_events (event_type, timestamp, tenant_id) "
        "select %s, now() - %s::interval, gen_random_uuid() from generate_series(1, %s)",
        (event_type, ago, times),
    )


def test_rows_of_a_log_of_fraiseql_count_once_they_have_settled(logged):
    log(logged, "2 hours", times=9)  # history
    log(logged, "10 minutes", "user.login_failed", times=4)
    log(logged, "10 minutes", "role.granted", times=2)
    log(logged, "1 second", "user.login_failed", times=8)  # others of that second may not be committed yet
    for _ in range(3):
        logged.run(TURN)
    shown = metrics(logged)
    assert shown["failed_logins", "audit_events"] == 4
    assert shown["permission_changes", "audit_events", "success"] == 2
    assert sum(value for key, value in shown.items() if key[:2] == ("events", "audit_events")) == 6


def test_how_late_the_rows_of_a_log_of_fraiseql_are_is_measured_too(logged):
    logged.run(
        "insert into public.audit_events (event_type, timestamp, created_at) "
        "values ('post.created', now() - interval '20 seconds', now() - interval '11 seconds')"
    )
    assert seen(logged, "row_lag") == pytest.approx(9)
    logged.run(*happened())
    logged.run("update fraiseql_observe.audit_event set occurred_at = now() - interval '1 hour'")
    assert ("row_lag",) not in metrics(logged)  # superseded by ours, which have none of late


def test_rows_that_ours_supersede_are_not_counted_twice(logged):
    logged.run(*happened())
    logged.run("update fraiseql_observe.audit_event set occurred_at = now() - interval '20 minutes'")
    log(logged, "30 minutes", times=3)
    log(logged, "10 minutes", times=5)
    logged.run(TURN)
    shown = metrics(logged)
    assert shown["events", "audit_events", "success"] == 3
    assert shown["events", OURS, "success"] == 1


def test_after_a_long_rest_a_log_is_counted_an_hour_a_turn(logged):
    logged.run("update fraiseql_observe.audit_totals_source set counted_to = now() - interval '150 minutes'")
    log(logged, "140 minutes", times=1)
    log(logged, "80 minutes", times=2)
    log(logged, "20 minutes", times=4)
    counted = []
    for _ in range(4):
        logged.run(TURN)
        counted.append(seen(logged, "events", "audit_events", "success"))
    assert counted == [1, 3, 7, 7]


# Who may read


def test_a_session_that_is_narrowed_to_a_tenant_sees_no_numbers_of_all(turning):
    with psycopg.connect(turning.reader_url, autocommit=True) as narrowed:
        narrowed.execute("select set_config('fraiseql.tenant_id', 'acme', false)")
        assert narrowed.execute(sampling.READ).fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            narrowed.execute("select * from fraiseql_observe.audit_totals")


def test_a_maintainer_that_is_narrowed_counts_the_rows_of_all_tenants_and_stays_narrowed(logged):
    log(logged, "10 minutes", times=2)
    with psycopg.connect(logged.url, autocommit=True) as narrowed:
        narrowed.execute("select set_config('fraiseql.tenant_id', 'acme', false)")
        narrowed.execute(TURN)
        assert narrowed.execute("select current_setting('fraiseql.tenant_id')").fetchone() == ("acme",)
    assert seen(logged, "events", "audit_events", "success") == 2


def test_the_exporter_reads_all_tenants_whatever_its_login_is_set_to(turning):
    url = make_conninfo(turning.reader_url, options="-c fraiseql.tenant_id=acme")
    assert metrics(turning, url)["events", OURS, "success"] == 0


# A database that is not there


def without_database(url):
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path="/no_such_database"))


async def test_what_a_dead_database_said_is_soon_no_longer_shown(turning, caplog):
    clock = [0.0]
    latest = Latest(15, lambda: clock[0])
    urls = [turning.reader_url]
    sampler = sampling.Sampler(lambda: sampling.read(urls[-1]), 15, latest)

    def shown():
        return {sample.name: sample.value for family in latest.collect() for sample in family.samples}

    await sampler.turn()
    assert shown()["fraiseql_observe_audit_up"] == 1
    assert "fraiseql_observe_audit_denied_total" in shown()
    urls.append(without_database(turning.reader_url))
    for _ in range(3):
        clock[0] += 15
        await sampler.turn()
    assert shown() == {"fraiseql_observe_audit_up": 0}
    urls.pop()
    await sampler.turn()
    assert shown()["fraiseql_observe_audit_up"] == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "The metrics of the audit database cannot be read: it does not answer"
    ]


async def test_a_missing_set_up_is_told_from_a_dead_database(database_url, caplog):
    async def read():
        return await sampling.read(database_url)

    await sampling.Sampler(read, 15, Latest(15, lambda: 0.0)).turn()
    assert "setup audit" in caplog.text


def test_who_writes_rows_may_not_read_the_numbers(turning):
    with psycopg.connect(turning.url) as connection:
        connection.execute("set role fraiseql_observe_writer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sampling.READ)
