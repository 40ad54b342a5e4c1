"""Each row is rolled up exactly once, whatever transactions, maintainers and crashes do; partitions come and go."""

import asyncio
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from audit_database import Audited, execute

from fraiseql_observe.audit import ddl, setup
from fraiseql_observe.audit.facts import Facts
from fraiseql_observe.audit.keeping import Keeping
from fraiseql_observe.audit.maintain import maintaining
from fraiseql_observe.errors import AuditError

ADD = """
insert into fraiseql_observe.audit_event (event_id, occurred_at, tenant_id, user_id, event_type, outcome)
select gen_random_uuid(), %s, 'acme', 'ada', 'access', 'success' from generate_series(1, %s)
"""
ROLLED = "select coalesce(sum(requests), 0) from fraiseql_observe.rollup_traffic where grain = 1"
TAIL = """
select count(*) from fraiseql_observe.audit_event
 where transaction_id >= (select next_transaction from fraiseql_observe.rolled_up)
"""
STATE = "select next_transaction, covered_from::text, cut::text, epoch from fraiseql_observe.rollup_state"
NOW = datetime.now(UTC)


def turns(audited):
    while audited.run("select fraiseql_observe.roll_up()") != [(0,)]:
        pass


def rolled(audited):
    """The rows in the roll-ups, when all has been done that can be."""
    turns(audited)
    return audited.run(ROLLED)[0][0]


def settled(audited):
    """The same, when all transactions of other databases have ended that were there before."""
    ((now,),) = audited.run("select pg_current_xact_id()::text::bigint")
    turns(audited)
    while (
        audited.run("select next_transaction % (2::bigint ^ 48)::bigint from fraiseql_observe.rollup_state")[0][0]
        <= now
    ):
        time.sleep(0.05)
        turns(audited)
    return audited.run(ROLLED)[0][0]


@contextmanager
def session(audited, rows, at=NOW):
    """A transaction that has written so many rows and has not ended."""
    with psycopg.connect(audited.url) as connection:
        connection.execute(ADD, (at, rows))
        yield connection


# --- the watermark


def test_rows_of_transactions_that_overlap_count_once_each(audited):
    with session(audited, 1) as slow, session(audited, 2) as aborted:
        audited.run(ADD, (NOW, 4))  # later, but ended first
        assert rolled(audited) == 0  # the slow one may still come, and nobody can tell the order afterwards
        assert audited.run(TAIL) == [(4,)]
        aborted.rollback()
        assert rolled(audited) == 0
        slow.commit()
    assert settled(audited) == 5
    assert audited.run(TAIL) == [(0,)]
    audited.run(ADD, (NOW - timedelta(days=400), 8))  # late, or dated back
    assert settled(audited) == 13
    assert settled(audited) == 13


def test_savepoints_count_with_their_transaction(audited):
    with psycopg.connect(audited.url) as connection, connection.transaction():
        for keep in (True, False, True):
            with connection.transaction(force_rollback=not keep):
                connection.execute(ADD, (NOW, 1))
        assert rolled(audited) == 0
    assert settled(audited) == 2


def test_rows_and_roll_ups_always_add_up(audited):
    """Writers of all kinds, two maintainers, and a reader who adds up at any moment."""
    stop, wrong = threading.Event(), []

    def write(rows, keep):
        with psycopg.connect(audited.url) as connection:
            while not stop.is_set():
                connection.execute(ADD, (datetime.now(UTC), rows))
                connection.commit() if keep else connection.rollback()

    def maintain():
        while not stop.is_set():
            audited.run("select fraiseql_observe.roll_up(20)")

    def add_up():
        whole = f"select ({ROLLED}) + ({TAIL}), (select count(*) from fraiseql_observe.audit_event)"
        for _ in range(40):
            ((sums, rows),) = audited.run(whole)
            if sums != rows:
                wrong.append((sums, rows))
        stop.set()

    works = [(write, 1, True), (write, 7, True), (write, 3, False), (maintain,), (maintain,), (add_up,)]
    threads = [threading.Thread(target=work, args=given) for work, *given in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert settled(audited) == audited.run("select count(*) from fraiseql_observe.audit_event")[0][0] > 0


def test_a_turn_that_is_cut_short_has_done_nothing(audited):
    audited.run(ADD, (NOW, 2))
    assert settled(audited) == 2
    audited.run("select fraiseql_observe.restart_roll_ups()")  # so that no other transaction matters
    before = audited.run(STATE)
    with psycopg.connect(audited.url) as connection:
        assert connection.execute("select fraiseql_observe.roll_up()").fetchone() == (2,)
        assert audited.run("select fraiseql_observe.roll_up()") == [(None,)]
        execute(audited.url, "select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    assert (audited.run(STATE), audited.run(ROLLED)) == (before, [(0,)])
    assert settled(audited) == 2


def test_a_turn_is_bounded(audited):
    for _ in range(30):
        audited.run(ADD, (NOW, 2))
    audited.run(ADD, (NOW, 50))  # a transaction is never split
    ((last,),) = audited.run("select pg_current_xact_id()::text::bigint")
    sizes = []
    while audited.run("select next_transaction from fraiseql_observe.rollup_state")[0][0] <= last:
        sizes.append(audited.run("select fraiseql_observe.roll_up(10)")[0][0])
    sizes = [size for size in sizes if size]
    assert (sum(sizes), max(sizes)) == (110, 50)
    assert [size for size in sizes if size > 10] == [50]
    assert len(sizes) <= 20


def test_old_rows_are_added_newest_first(audited):
    audited.run(ADD.replace("%s, 'acme'", "%s::timestamptz - generate_series * interval '1 day', 'acme'"), (NOW, 20))
    audited.run("update fraiseql_observe.audit_event set transaction_id = null")
    reached = []
    while audited.run("select fraiseql_observe.roll_up(3)") != [(0,)]:
        reached.append(audited.run("select covered_from::text, (" + ROLLED + ") from fraiseql_observe.rolled_up")[0])
    assert [rows for _, rows in reached] == [3, 6, 9, 12, 15, 18, 20]
    assert [at for at, _ in reached[:-1]] == sorted((at for at, _ in reached[:-1]), reverse=True)
    assert audited.run("select covered_from = '-infinity' from fraiseql_observe.rolled_up") == [(True,)]
    # some rows of the past arrive while others are being added
    audited.run("select fraiseql_observe.restart_roll_ups()")
    audited.run("select fraiseql_observe.roll_up(3)")
    audited.run(ADD, (NOW - timedelta(days=10), 5))
    assert settled(audited) == 25


def settle_retention(audited):
    """All that can be dropped is, once the roll-ups have everything."""
    settled(audited)
    audited.maintain()


# --- another database


@contextmanager
def copied(audited):
    """A copy of the database under another identity, as a restored dump is one."""
    parts = urlsplit(audited.url)
    name = parts.path.removeprefix("/") + "_copy"
    admin = urlunsplit(parts._replace(path="/postgres"))
    execute(admin, f'create database "{name}" template "{parts.path.removeprefix("/")}"')
    try:
        yield Audited(urlunsplit(parts._replace(path=f"/{name}")))
    finally:
        execute(admin, f'drop database "{name}" with (force)')


def test_a_restored_copy_begins_anew(audited):
    audited.run(ADD, (NOW, 10))
    assert settled(audited) == 10
    audited.run(ADD, (NOW, 3))
    # ids of the server it came from may lie anywhere
    audited.run(
        "update fraiseql_observe.audit_event set transaction_id = transaction_id + 1000000 where random() < 0.5"
    )
    audited.run("update fraiseql_observe.rollup_state set next_transaction = next_transaction + 500000")
    with copied(audited) as copy:
        copy.run(ADD, (NOW, 4))  # before anybody noticed
        unusable = "select covered_from = 'infinity' from fraiseql_observe.rolled_up"
        assert copy.run(unusable) == [(True,)]
        with session(copy, 1) as slow, session(copy, 1) as aborted:
            aborted.rollback()
            slow.commit()
        assert settled(copy) == 18
        assert copy.run(unusable) == [(False,)]
        copy.run(ADD, (NOW, 2))
        assert copy.run(TAIL) == [(2,)]
        with session(copy, 1) as slow:
            copy.run(ADD, (NOW, 1))
            assert rolled(copy) <= 20
            slow.commit()
        assert settled(copy) == 22
        assert copy.run("select epoch from fraiseql_observe.rollup_state") == [(1,)]
        assert setup.apply(copy.url).previous_version == 2
        copy.run(ADD, (NOW, 1))
        assert settled(copy) == 23


def test_a_new_beginning_keeps_what_cannot_be_made_again(audited):
    old, kept = NOW - timedelta(days=40), NOW - timedelta(days=5)
    audited.run(ADD, (old, 10))
    audited.run(ADD, (kept, 3))
    setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(retention=timedelta(days=30))))
    audited.maintain()
    settle_retention(audited)
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(3,)]
    assert settled(audited) == 13
    audited.run("select fraiseql_observe.restart_roll_ups()")
    assert settled(audited) == 13
    assert audited.run("select cut > %s and cut <= %s from fraiseql_observe.rolled_up", (old, kept)) == [(True,)]


def test_other_roll_ups_than_before_are_made_anew(audited):
    audited.run(ADD, (NOW, 5))
    assert settled(audited) == 5
    audited.run("update fraiseql_observe.rollup_state set families = '{traffic:0}'")
    setup.apply(audited.url)
    assert audited.run(ROLLED) == [(0,)]
    assert settled(audited) == 5


# --- partitions


def names(audited):
    return [name for (name,) in audited.run("select name from fraiseql_observe.partitions() order by lower")]


def test_rows_find_their_partition(audited):
    audited.run(ADD, (NOW, 2))
    assert audited.run("select count(*) from fraiseql_observe.audit_event_default") == [(0,)]
    audited.run(ADD, (datetime(2026, 3, 4, 12, tzinfo=UTC), 2))
    audited.run(ADD, (datetime(2026, 3, 5, 12, tzinfo=UTC), 2))
    audited.run(ADD, (NOW + timedelta(days=100), 1))
    assert audited.run("select fraiseql_observe.empty_default()") == [(1,)]
    assert names(audited)[0] == "audit_event_20260304"
    audited.maintain()
    # what is dated ahead waits for its time
    assert audited.run("select count(*) from fraiseql_observe.audit_event_default") == [(1,)]
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(7,)]
    ((partition,),) = audited.run(
        "select tableoid::regclass::text from fraiseql_observe.audit_event where occurred_at < '2026-03-05' group by 1"
    )
    assert partition == "fraiseql_observe.audit_event_20260304"
    assert settled(audited) == 7


@pytest.mark.parametrize(("first", "then"), [("day", "week"), ("month", "day"), ("week", "month")])
def test_another_interval_leaves_no_gap(audited, first, then):
    for interval in (first, then):
        setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(partition_by=interval)))
    audited.run("drop table fraiseql_observe.audit_event_" + names(audited)[3].rpartition("_")[2])
    audited.maintain()
    gaps = """
    select count(*)
      from (select upper <> lead(lower) over (order by lower) as gap from fraiseql_observe.partitions()) as p
     where gap
    """
    assert audited.run(gaps) == [(0,)]
    audited.run(ADD.replace("%s, 'acme'", "%s::timestamptz + generate_series * interval '8 hours', 'acme'"), (NOW, 20))
    assert audited.run("select count(*) from fraiseql_observe.audit_event_default") == [(0,)]


def test_strange_times_hurt_nobody(audited):
    for at in (
        "infinity",
        "-infinity",
        "0001-01-01 00:00:00+00",
        "9999-12-31 00:00:00+00",
        "4000-01-01 00:00:00+00 BC",
    ):
        audited.run(ADD, (at, 1))
    audited.maintain()
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(5,)]
    assert audited.run("select count(*) from fraiseql_observe.audit_event_default") == [(3,)]


def test_a_clock_gone_mad_does_not_fill_the_catalogue(audited):
    (sql,) = [step.sql for step in ddl.steps(Facts()) if step.title == "partitions"]
    audited.run(sql.replace(">= 3000", ">= 10"))
    for year in range(2000, 2005):
        audited.run(ADD, (datetime(year, 1, 1, tzinfo=UTC), 1))
    audited.maintain()
    assert len(names(audited)) == 10
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(5,)]
    assert settled(audited) == 5


def test_rows_that_come_while_their_partition_is_made_are_not_lost(audited):
    at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    audited.run(ADD, (at, 3))
    with session(audited, 2, at) as slow:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            audited.run("select fraiseql_observe.empty_default()")
        assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(3,)]
        slow.commit()
    audited.maintain()
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(5,)]
    assert settled(audited) == 5


def test_new_partitions_are_closed_to_everybody(audited):
    audited.run("alter default privileges in schema fraiseql_observe grant select on tables to public")
    audited.run(ADD, (datetime(2026, 3, 4, 12, tzinfo=UTC), 1))
    audited.maintain()
    open_ = audited.run(
        "select relname from pg_class where relname ~ '^audit_event_.*(2|default)' and relkind = 'r' "
        "and (has_table_privilege('fraiseql_observe_reader', oid, 'select') or not relrowsecurity)"
    )
    assert open_ == []


STRANGE = """
insert into fraiseql_observe.audit_event
  (event_id, occurred_at, recorded_at, tenant_id, user_id, roles, endpoint, operation_type, operation_name, event_type,
   category, entity, entity_id, outcome, error_type, severity, error_fingerprint, error_message, duration_ms,
   complexity)
select gen_random_uuid(), now(), recorded, tenant, tenant, array[null, tenant], tenant, tenant, tenant, event_type,
       category, tenant, tenant, outcome, tenant, tenant, tenant, tenant, duration, complexity
  from unnest(array['create', 'update', 'delete', 'access']) as event_type,
       unnest(array['data', 'admin', 'permission']) as category,
       unnest(array['success', 'failure', 'noop', 'denied']) as outcome,
       (values (null, 'NaN'::float8, null, now()), ('', 'Infinity', 2147483647, '1970-01-01'),
               (repeat('x', 2000), '-Infinity', -2147483648, now()), (chr(31), 1e308, 0, '9999-12-31'),
               (chr(1114111), -1e308, 1, '0001-01-01'), ('(none)', 1e-308, 2147483647, now()))
       as odd (tenant, duration, complexity, recorded)
"""


def test_no_row_stops_the_roll_ups(audited):
    for _ in range(2):
        audited.run(STRANGE)
    audited.run(STRANGE.replace("recorded, tenant", "'infinity', tenant", 1))  # tells no delay
    assert settled(audited) == 2 * 4 * 3 * 4 * 6
    audited.run("select fraiseql_observe.restart_roll_ups()")
    assert settled(audited) == 2 * 4 * 3 * 4 * 6


# --- retention


def test_what_is_past_its_retention_goes_a_partition_at_a_time(audited):
    for days in (100, 50, 31, 29, 1):
        audited.run(ADD, (NOW - timedelta(days=days), 2))
    audited.maintain()
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(10,)]
    setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(None, timedelta(days=30), timedelta(days=60))))
    assert audited.run("select fraiseql_observe.apply_retention()") == [(1,)]
    audited.maintain()
    assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(4,)]
    assert settled(audited) == 8  # of 100 days ago the roll-ups are gone, too
    assert audited.run("select partitions_overdue from fraiseql_observe.maintenance_status()") == [(0,)]


def test_rows_that_are_not_rolled_up_stay(audited):
    audited.run(ADD, (NOW - timedelta(days=50), 2))
    audited.run("select fraiseql_observe.empty_default()")
    setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(retention=timedelta(days=30))))
    assert audited.run("select fraiseql_observe.apply_retention()") == [(0,)]
    turns(audited)
    audited.run(ADD, (NOW - timedelta(days=50), 2))  # late
    assert audited.run("select fraiseql_observe.apply_retention()") == [(0,)]
    turns(audited)
    assert audited.run("select fraiseql_observe.apply_retention()") == [(1,)]
    assert settled(audited) == 4


def test_a_log_of_version_1_is_emptied_bit_by_bit(audited):
    audited.run(ADD, (NOW - timedelta(days=50), 7))
    audited.run(ADD, (NOW, 1))
    audited.maintain()
    for name in names(audited):
        if name < f"audit_event_{NOW:%Y%m%d}":
            audited.run(f"alter table fraiseql_observe.audit_event detach partition fraiseql_observe.{name}")
            audited.run(
                f"alter table fraiseql_observe.audit_event attach partition fraiseql_observe.{name}"
                f" for values from (minvalue) to ('{NOW:%Y-%m-%d} 00:00+00')"
            )
    setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(retention=timedelta(days=30))))
    for left in (5, 2, 1, 1):
        audited.run("select fraiseql_observe.apply_retention(3)") if left > 1 else audited.maintain()
        assert audited.run("select count(*) from fraiseql_observe.audit_event") == [(max(left, 1),)]
    assert settled(audited) == 8


def test_whoever_reads_is_not_disturbed(audited):
    audited.run(ADD, (NOW - timedelta(days=50), 2))
    audited.maintain()
    setup.apply(audited.url, wishes=ddl.Wishes(keeping=Keeping(retention=timedelta(days=30))))
    with psycopg.connect(audited.url) as reading:
        reading.execute("select count(*) from fraiseql_observe.audit_event")
        assert audited.run("select fraiseql_observe.apply_retention()") == [(0,)]
    assert audited.run("select fraiseql_observe.apply_retention()") == [(1,)]


def test_roll_ups_are_kept_as_long_as_rows(audited):
    short = Keeping(None, timedelta(days=30), timedelta(days=20))
    with pytest.raises(AuditError, match="Roll-ups are kept at least as long as rows"):
        setup.apply(audited.url, wishes=ddl.Wishes(keeping=short))
    assert audited.run("select retention from fraiseql_observe.maintenance_setting") == [(timedelta(0),)]


# --- the role


@pytest.fixture(scope="module")
def maintainer(shared):
    """A login that may maintain."""
    name = f"keeper_{urlsplit(shared.url).path.rpartition('_')[2]}"
    shared.run(f"create role {name} login password 'keeper'")
    setup.apply(shared.url, wishes=ddl.Wishes(maintainer_role=name))
    parts = urlsplit(shared.url)
    yield urlunsplit(parts._replace(netloc=f"{name}:keeper@{parts.netloc.rpartition('@')[2]}"))
    shared.run(f"drop owned by {name}; drop role {name}")


async def test_the_maintainer_maintains(shared, maintainer):
    shared.run(ADD, (datetime(2026, 3, 4, 12, tzinfo=UTC), 2))
    async with maintaining(maintainer) as keeper:
        turn = await keeper.turn()
        assert (turn.emptied, turn.busy, turn.more) == (1, False, False)
        status = await keeper.status()
        assert (status.covered, status.default_rows, status.partitions_ahead) == (True, 0, 7)
        with pytest.raises(AuditError, match="may not maintain"):
            await keeper.rebuild()


@pytest.mark.parametrize(
    "attack",
    [
        "select * from fraiseql_observe.audit_event", "select * from fraiseql_observe.audit_events",
        "update fraiseql_observe.maintenance_setting set retention = '1 day'",
        "update fraiseql_observe.rollup_state set next_transaction = 0", "delete from fraiseql_observe.rollup_traffic",
        "select fraiseql_observe.make_partition('2020-01-01')", "select fraiseql_observe.forget_roll_ups('infinity')",
        "select fraiseql_observe.restart_roll_ups()", "select fraiseql_observe.take_maintenance()",
        "drop table fraiseql_observe.audit_event_default", "create table fraiseql_observe.mine ()",
    ],
)  # fmt: skip
def test_the_maintainer_does_nothing_else(maintainer, attack):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(maintainer, attack)


@pytest.mark.parametrize(
    "work", ["make_partitions", "empty_default", "roll_up", "apply_retention", "maintenance_status"]
)
def test_the_reader_and_the_writer_do_not_maintain(shared, work):
    for role in ("fraiseql_observe_reader", "fraiseql_observe_writer"):
        with psycopg.connect(shared.url) as connection:
            connection.execute(f"set role {role}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select fraiseql_observe.{work}()")


def test_the_writer_cannot_say_which_transaction_wrote(shared):
    with psycopg.connect(shared.url) as connection:
        connection.execute("set role fraiseql_observe_writer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "insert into fraiseql_observe.audit_event (event_id, occurred_at, event_type, outcome, transaction_id)"
                " values (gen_random_uuid(), now(), 'access', 'success', 1)"
            )


# --- from Python


OLD = "update fraiseql_observe.audit_event set transaction_id = null"  # so that no other transaction matters


async def test_of_two_maintainers_one_works(audited):
    audited.run(ADD, (NOW, 10))
    audited.run(OLD)
    async with maintaining(audited.url) as one, maintaining(audited.url) as other:
        with psycopg.connect(audited.url) as third:
            third.execute("select fraiseql_observe.take_maintenance()")
            assert (await one.turn()).busy
        done = await asyncio.gather(one.turn(), other.turn())
    assert sum(turn.rows for turn in done) == 10
    assert audited.run(ROLLED) == [(10,)]


async def test_a_lock_is_waited_for_in_later_turns(audited):
    audited.run("drop table fraiseql_observe.audit_event_" + f"{NOW + timedelta(days=3):%Y%m%d}")
    async with maintaining(audited.url) as keeper:
        with psycopg.connect(audited.url) as reading:
            reading.execute("select count(*) from fraiseql_observe.audit_event_default")
            turn = await keeper.turn()
            assert (turn.waiting, turn.more, turn.made) == (True, True, 0)
        assert (await keeper.turn()).made == 1


async def test_a_turn_stops_when_its_time_is_over(audited):
    for hours in range(5):
        audited.run(ADD, (NOW - timedelta(hours=hours), 2))
    audited.run(OLD)
    async with maintaining(audited.url) as keeper:
        turn = await keeper.turn(rows=2, budget=0)
        assert (0 < turn.rows < 10, turn.more) == (True, True)


async def test_what_is_wrong_is_said(database_url):
    async with maintaining(database_url) as keeper:
        with pytest.raises(AuditError, match="missing, or older"):
            await keeper.turn()
        with pytest.raises(AuditError, match="missing, or older"):
            await keeper.status()
    with pytest.raises(AuditError, match="does not answer"):
        async with maintaining("postgresql://127.0.0.1:1/x"):
            pass
