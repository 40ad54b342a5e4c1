"""Every kind of tampering with a hash chain that FraiseQL wrote is found and named, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from chained import ACME, GLOBEX, HOUR, INITECH, KEY, START, chained, login

from fraiseql_observe.audit.chain import source
from fraiseql_observe.audit.chain.model import Kind
from fraiseql_observe.audit.chain.verify import verify
from fraiseql_observe.errors import AuditError

pytest.importorskip("fraiseql")


@pytest.fixture(params=["unified", "events"])
def log(request, database_url):
    with chained(database_url, request.param) as found:
        yield found


@pytest.fixture
def unified(database_url):
    with chained(database_url, "unified") as found:
        yield found


@pytest.fixture
def events(database_url):
    with chained(database_url, "events") as found:
        yield found


def verdict(log, **more):
    (found,) = verify(log.url, **({"keys": (KEY,)} | more))
    return found


def named(log, **more):
    """What is broken, as (kind, row)."""
    found = verdict(log, **more)
    assert found.broken == len(found.breaks)
    assert found.state == ("broken" if found.breaks else "verified")
    return [(one.kind, one.row) for one in found.breaks]


def test_an_untouched_chain_of_several_tenants_verifies(log):
    log.fill(60, ACME, GLOBEX, INITECH)
    found = verdict(log)
    assert (found.state, found.rows, found.broken, found.unchecked, found.signatures) == ("verified", 60, 0, 0, True)
    assert found.source == "public.audit_events"


def test_a_log_is_read_in_pieces_from_an_index_or_sorted_once(log, monkeypatch):
    monkeypatch.setattr(source, "PIECE", 20)
    ids = log.fill(61)
    assert named(log) == []
    assert verdict(log).rows == 61
    log.tamper("delete from audit_events where id = %(id)s", id=ids[40])
    assert named(log) == [(Kind.REMOVED, ids[43])]


def test_a_database_in_another_encoding_is_refused(postgres_url):
    name = f"test_{uuid4().hex[:12]}"
    make = f"create database {name} encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(make)
        try:
            with pytest.raises(AuditError, match="encoded in LATIN1"):
                verify(urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}")))
        finally:
            admin.execute(f"drop database {name} with (force)")


def test_rows_without_a_tenant_have_a_chain_of_their_own(events):
    events.fill(12, None, ACME)
    assert named(events) == []


def test_equal_events_that_follow_one_row_are_told_apart(events):
    first = events.write(at=START)
    events.connection.execute(
        "insert into audit_events (id, event_type, event_data, tenant_id, timestamp) "
        "select ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'x', '{}', %s, %s "
        "from generate_series(3, 1, -1) as n",
        [ACME, START + HOUR],
    )
    last = events.write(at=START + 2 * HOUR)
    assert named(events) == []
    events.tamper("delete from audit_events where id = %(id)s", id=first)
    assert {kind for kind, _ in named(events)} == {Kind.REMOVED}
    assert last not in {row for _, row in named(events)}


def test_changed_content_is_named(log):
    ids = log.fill(9)
    column = "new_data" if log.kind == "unified" else "event_data"
    log.tamper(f"""update audit_events set {column} = {column} || '{{"title": "mine"}}' where id = %(id)s""", id=ids[4])
    assert named(log) == [(Kind.CHANGED, ids[4])]


@pytest.mark.parametrize(
    "change",
    [
        "entity_type = 'page'",
        "entity_id = null",
        "operation_type = 'DELETE'",
        "operation_subtype = 'noop'",
        "changed_fields = '{}'",
        "old_data = 'null'",
        "old_data = '{}'",
        "metadata = null",
        "timestamp = timestamp + interval '1 microsecond'",
    ],
)
def test_every_hashed_column_of_the_unified_log_counts(unified, change):
    ids = unified.fill(3, ACME)
    unified.tamper(f"update audit_events set {change} where id = %(id)s", id=ids[1])
    # an old_data of JSON null and none at all are hashed alike: FraiseQL cannot tell them apart either
    assert named(unified) == ([] if change == "old_data = 'null'" else [(Kind.CHANGED, ids[1])])


def test_changed_content_with_its_hash_made_anew_leaves_its_follower_alone(unified):
    ids = unified.fill(6, ACME)
    unified.tamper(
        """
        update audit_events as t set entity_type = 'page', event_hash = generate_event_hash(t.tenant_id, 'page',
          t.entity_id, t.operation_type, t.operation_subtype, t.changed_fields, t.old_data, t.new_data, t.metadata,
          t.timestamp, t.previous_hash)
         where id = %(id)s
        """,
        id=ids[2],
    )
    assert named(unified) == [(Kind.BAD_SIGNATURE, ids[2]), (Kind.REMOVED, ids[3])]
    assert ids[2] in verdict(unified).breaks[1].detail
    # whoever holds the key signs it too: what follows still tells
    unified.tamper(
        "update audit_events set signature = generate_event_signature(event_hash) where id = %(id)s", id=ids[2]
    )
    assert named(unified) == [(Kind.REMOVED, ids[3])]


def test_a_removed_row_is_named_by_the_one_that_followed_it(log):
    ids = log.fill(9, ACME, GLOBEX, INITECH)
    log.tamper("delete from audit_events where id = %(id)s", id=ids[3])
    assert named(log) == [(Kind.REMOVED, ids[6])]
    (found,) = verdict(log).breaks
    assert ids[0] in found.detail
    assert found.tenant == str(ACME)


def test_a_removed_beginning_is_named(log):
    ids = log.fill(4, ACME)
    log.tamper("delete from audit_events where id = %(id)s", id=ids[0])
    assert named(log) == [(Kind.REMOVED, ids[1])]


def test_a_row_that_was_put_in_with_an_old_time_is_named(log):
    log.fill(9, ACME)
    put = log.write(at=START + timedelta(hours=3, minutes=30), id=UUID(int=7))
    kind = Kind.INSERTED if log.kind == "unified" else Kind.REORDERED
    assert named(log) == [(kind, put)]


def test_a_row_that_was_put_in_as_a_second_beginning_is_named(log):
    ids = log.fill(3, ACME)
    log.connection.execute(
        "create or replace function get_latest_event_hash(p_tenant_id uuid) returns text language sql as 'select null'"
    )
    put = log.write(at=START + timedelta(hours=2, minutes=30), id=UUID(int=7))
    assert named(log) == [(Kind.INSERTED, put)]
    assert ids[0] in verdict(log).breaks[0].detail


def test_a_row_put_in_with_a_made_up_hash_is_named(log):
    ids = log.fill(3, ACME)
    log.tamper(
        'insert into audit_events select (jsonb_populate_record(t, \'{"id": "00000000-0000-0000-0000-000000000007", '
        '"event_hash": "00", "signature": "00"}\')).* from audit_events as t where id = %(id)s',
        id=ids[1],
    )
    put = str(UUID(int=7))
    assert (Kind.CHANGED, put) in named(log)
    assert (Kind.BAD_SIGNATURE, put) in named(log)


def test_a_fork_is_named(log):
    ids = log.fill(3, ACME)
    log.connection.execute(
        "create or replace function get_latest_event_hash(p_tenant_id uuid) returns text language sql as "
        f"'select event_hash from audit_events where id = ''{ids[1]}'''"
    )
    branch = log.write(ACME)
    assert named(log) == [(Kind.FORK, branch)]
    (found,) = verdict(log).breaks
    assert ids[1] in found.detail
    assert ids[2] in found.detail


def test_rows_in_another_order_are_named(events):
    ids = events.fill(6, ACME)
    events.tamper("update audit_events set timestamp = timestamp + interval '90 minutes' where id = %(id)s", id=ids[2])
    assert named(events) == [(Kind.REORDERED, ids[3])]
    assert ids[2] in verdict(events).breaks[0].detail


def test_a_row_moved_to_another_tenant_is_named(events):
    ids = events.fill(6, ACME, GLOBEX)
    events.tamper("update audit_events set tenant_id = %(to)s where id = %(id)s", id=ids[2], to=GLOBEX)
    assert named(events) == [(Kind.REORDERED, ids[2]), (Kind.REORDERED, ids[4])]
    assert str(GLOBEX) in verdict(events).breaks[1].detail


def test_a_bad_signature_is_named_and_former_keys_are_good(log):
    ids = log.fill(3, ACME)
    log.connection.execute("update audit_signing_keys set active = false")
    log.connection.execute("insert into audit_signing_keys (key_value) values ('the next key')")
    later = log.write(ACME)
    assert named(log, keys=(KEY, "the next key")) == []
    assert named(log) == [(Kind.BAD_SIGNATURE, later)]
    assert named(log, keys=()) == []
    assert not verdict(log, keys=()).signatures
    log.tamper("update audit_events set signature = upper(signature) || '\u00e9' where id = %(id)s", id=ids[1])
    assert named(log, keys=(KEY, "the next key")) == [(Kind.BAD_SIGNATURE, ids[1])]


def test_a_time_outside_of_every_calendar_is_named_and_does_not_stop_the_reading(log):
    ids = log.fill(3, ACME)
    log.tamper("update audit_events set timestamp = 'infinity' where id = %(id)s", id=ids[1])
    assert (Kind.CHANGED, ids[1]) in named(log)
    assert verdict(log).rows == 2


@pytest.mark.parametrize("column", ["event_hash", "signature", "timestamp", "event_type", "event_data"])
def test_a_row_without_what_every_row_has_is_named_and_does_not_stop_the_reading(events, column):
    ids = events.fill(3, ACME)
    events.connection.execute(f"alter table audit_events alter {column} drop not null")
    events.tamper(f"update audit_events set {column} = null where id = %(id)s", id=ids[2])
    # the column event_type is not hashed: only a seal tells
    assert (ids[2] in {row for _, row in named(events)}) is (column != "event_type")


def test_a_row_with_a_time_ahead_is_named(log):
    log.fill(2, ACME)
    ahead = log.write(ACME, at=datetime(2190, 1, 1, tzinfo=UTC))
    later = log.write(ACME)
    assert (Kind.INSERTED, ahead) in named(log)
    assert later in {row for _, row in named(log)}


def test_odd_json_in_a_tampered_row_does_not_stop_the_reading(events):
    ids = events.fill(2, ACME)
    events.tamper("""update audit_events set event_data = '"text"' where id = %(id)s""", id=ids[1])
    assert named(events) == [(Kind.CHANGED, ids[1])]


def test_only_a_range_or_a_tenant_may_be_asked_for(unified):
    ids = unified.fill(12, ACME, GLOBEX)
    assert named(unified, start=START + 5 * HOUR) == []
    assert verdict(unified, start=START + 5 * HOUR, end=START + 9 * HOUR).rows == 4
    assert verdict(unified, tenants=(str(GLOBEX),)).rows == 6
    unified.tamper("delete from audit_events where id = %(id)s", id=ids[2])
    assert named(unified, tenants=(str(GLOBEX),)) == []
    assert named(unified, start=START + 4 * HOUR, tenants=(str(ACME),)) == [(Kind.REMOVED, ids[4])]
    assert verify(unified.url, source="other.audit_events") == ()


def test_the_longest_transaction_decides_between_a_branch_and_a_break(unified):
    first = unified.write(ACME)
    with psycopg.connect(unified.url) as one, psycopg.connect(unified.url) as other:
        for connection, minutes in ((one, 5), (other, 9)):
            connection.execute(
                "insert into audit_events (tenant_id, entity_type, operation_type, timestamp) "
                "values (%s, 'x', 'x', %s)",
                [ACME, START + HOUR + timedelta(minutes=minutes)],
            )
    assert named(unified) == []
    assert "at work at the same time" in verdict(unified).remarks[0]
    ((kind, _),) = named(unified, longest_transaction=timedelta(minutes=1))
    assert kind == Kind.FORK
    assert first in verdict(unified, longest_transaction=timedelta(minutes=1)).breaks[0].detail


def test_rows_of_one_transaction_branch_and_that_is_said_in_words(log):
    log.fill(2, ACME)
    ids = [UUID(int=2000 + number) for number in (5, 3, 9, 1, 7)]
    for each in ids:
        log.write(ACME, at=START + 50 * HOUR, id=each)
    log.write(ACME, at=START + 60 * HOUR)
    assert named(log) == []
    assert "of one transaction branch off" in verdict(log).remarks[0]


def test_rows_hashed_in_other_time_zones_verify_and_that_is_said_in_words(unified):
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns", "Europe/Paris"):
        unified.connection.execute(f"set timezone = '{zone}'")
        unified.fill(2, ACME)
    assert named(unified) == []
    (said,) = [one for one in verdict(unified).remarks if "time zone" in one]
    assert "6 rows" in said
    assert "+01 (2), +05:45 (2), -03:30 (2)" in said


def test_a_hash_version_that_is_not_known_leaves_content_unchecked_and_says_so(unified):
    ids = unified.fill(4, ACME)
    unified.connection.execute("alter table audit_events add hash_version smallint not null default 1")
    assert named(unified) == []
    unified.tamper("update audit_events set hash_version = 2, entity_type = 'page' where id = %(id)s", id=ids[1])
    found = verdict(unified)
    assert (found.state, found.unchecked, found.broken) == ("partly", 1, 0)
    assert "hash_version" in found.remarks[0]
    unified.tamper("delete from audit_events where id = %(id)s", id=ids[2])
    assert verdict(unified).state == "broken"


def test_what_weakens_a_chain_is_said(database_url):
    with chained(database_url, "events") as events:
        events.connection.execute("alter table audit_events enable trigger create_audit_partition_trigger")
        events.connection.execute("alter table audit_events disable trigger populate_crypto_trigger")
        events.connection.execute(f"alter database \"{events.connection.info.dbname}\" set datestyle = 'SQL, DMY'")
        with pytest.raises(psycopg.Error):
            events.write()
        said = " ".join(verdict(events).remarks)
    assert "fails every INSERT" in said
    assert "missing or disabled" in said
    assert "revoke execute on function get_active_signing_key() from public" in said
    assert "DateStyle is SQL" in said


def test_a_database_without_a_chain_has_nothing_to_verify(database_url):
    assert verify(database_url) == ()


def test_a_user_who_does_not_see_every_row_is_refused_rather_than_told_that_rows_are_gone(unified):
    unified.fill(3)
    with login(unified) as clerk:
        with pytest.raises(AuditError, match="more columns"):
            verify(clerk)
        unified.connection.execute("grant select on audit_events to public")
        with pytest.raises(AuditError, match="row security hides"):
            verify(clerk)
