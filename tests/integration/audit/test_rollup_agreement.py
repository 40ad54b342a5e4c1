"""Every question has the same answer from roll-ups and the rows they lack as from rows alone, whatever is rolled up."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import psycopg
import pytest
from audit_database import CATALOGUE, READER_PASSWORD, Audited, scratch_database
from psycopg.rows import dict_row

from fraiseql_observe.audit import setup
from fraiseql_observe.audit.families import FAMILIES

END = datetime(2026, 3, 14, 7, tzinfo=UTC)  # of the rows; no edge of a day
DAY = timedelta(days=1)
TENANTS = ["acme", "globex", "initech", "(none)", "only FraiseQL knows it"]
# They read the newest rows, or no rows at all.
OTHERS = {
    "compliance_recent_events", "compliance_admin_actions", "compliance_permission_changes", "compliance_audit_lag_now",
    "database_top_statements", "errors_recent", "tenants",
}  # fmt: skip
QUESTIONS = [name for name in CATALOGUE if name not in OTHERS]
# From the bands of a distribution: at most 4.8 per cent off.
PERCENTILES = {"p95", "p95_ms", "p99", "median"}
# Up to the last microsecond before an edge: rows are asked for with both ends, roll-ups without the last.
RANGES = {
    "hours": (END - timedelta(hours=2), END - timedelta(microseconds=1), "10m"),
    "days": (END - timedelta(days=2, hours=5), END - timedelta(microseconds=1), "1h"),
    "weeks": (datetime(2026, 2, 15, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC) - timedelta(microseconds=1), "1d"),
}
# What is asked, and to what the session is narrowed.
ASKED = {
    "all": (TENANTS, ""),
    "two": (["acme", "(none)"], ""),
    "narrowed": (TENANTS, "globex"),
}
THEIRS = """
create table fraiseql_audit_logs (
  id bigint primary key, timestamp timestamptz not null, level text not null, user_id text, tenant_id text,
  operation text, query text, ip_address text, error text, duration_ms double precision, created_at timestamptz not null
)
"""
_ids = count(1)


def row(draw: random.Random, at: datetime) -> dict[str, object]:
    """One row; little of everything, so that each sum has something to miss."""
    tenant = draw.choice(["acme", "acme", "globex", "initech", None])
    outcome = draw.choices(["success", "failure", "denied", "noop"], [80, 8, 8, 4])[0]
    failed = outcome in ("failure", "denied")
    return {
        "event_id": UUID(int=next(_ids)),
        "occurred_at": at,
        "recorded_at": at + timedelta(seconds=draw.choice([-1, 0.01, 0.2, 0.2, 3, 7.5])),
        "tenant_id": tenant,
        "user_id": draw.choice([None, *(f"user {int(9 * draw.random() ** 2)}" for _ in range(7))]),
        "ip_address": draw.choice([None, "192.0.2.7", "2001:db8::1"]),
        "endpoint": draw.choice([None, "/graphql", "/graphql"]),
        "operation_type": draw.choice([None, "query", "mutation"]),
        "operation_name": draw.choice([None, "posts", "addPost", "bills"]),
        "event_type": draw.choice(["access", "access", "create", "update", "delete"]),
        "category": draw.choice(["data", "data", "data", "admin", "permission"]),
        "entity": draw.choice([None, "Post", "Bill"]),
        "outcome": outcome,
        "error_type": draw.choice(["auth", "database"]) if failed else None,
        "severity": draw.choice(["critical", "error"]) if failed else None,
        "error_fingerprint": draw.choice([None, "f1", "f2", "f3"]) if failed else None,
        "error_message": f"message {next(_ids)}" if failed else None,
        "duration_ms": draw.choice([None, draw.lognormvariate(3, 2), 0.0]),
        "complexity": draw.choice([None, 0, 1, draw.randrange(7000)]),
        "depth": draw.choice([None, 1, 5]),
    }


def rows(draw: random.Random, number: int) -> list[dict[str, object]]:
    """Rows of the last 26 days, more of them of late, in an order that time keeps only by and large."""
    ages = sorted((26 * DAY * draw.random() ** 2 for _ in range(number)), reverse=True)
    late = [age + (DAY * draw.random() if draw.random() < 0.1 else timedelta()) for age in ages]
    return [row(draw, END - timedelta(microseconds=1) - age) for age in late]


def write(audited, found, *, legacy: bool = False):
    """Write rows, a few in each transaction; `legacy` ones do not know theirs."""
    names = list(found[0])
    values = ", ".join(f"%({name})s" for name in names)
    extra = (", transaction_id", ", null") if legacy else ("", "")
    sql = f"insert into fraiseql_observe.audit_event ({', '.join(names)}{extra[0]}) values ({values}{extra[1]})"
    with psycopg.connect(audited.url) as connection, connection.cursor() as cursor:
        for start in range(0, len(found), 40):
            cursor.executemany(sql, found[start : start + 40])
            connection.commit()


def write_theirs(audited, draw):
    """FraiseQL's own log: of before ours, and beside it."""
    audited.run(THEIRS)
    for number in range(120):
        at = END - 27 * DAY + 3 * DAY * draw.random()
        audited.run(
            "insert into fraiseql_audit_logs values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                number,
                at,
                draw.choice(["INFO", "ERROR"]),
                draw.choice([None, "user 1", "user of theirs"]),
                draw.choice([None, "acme", "globex", TENANTS[-1]]),
                draw.choice(["query", "mutation"]),
                draw.choice(["query posts { a }", "mutation addPost { a }"]),
                "192.0.2.1",
                draw.choice([None, "f1"]),
                draw.choice([None, 12.5]),
                at,
            ),
        )


def roll_up(audited, rows_a_turn: int = 1_000_000, turns: int = 1000) -> int:
    done = 0
    while turns and (added := audited.run("select fraiseql_observe.roll_up(%s)", (rows_a_turn,))[0][0]):
        done, turns = done + added, turns - 1
    return done


def covered(audited) -> tuple[str]:
    """From when on old rows are in the roll-ups."""
    return audited.run("select covered_from::text from fraiseql_observe.rollup_state")[0]


@contextmanager
def rows_only(audited):
    """The roll-ups hold nothing, as far as questions can see."""
    before = covered(audited)
    audited.run("update fraiseql_observe.rollup_state set covered_from = 'infinity'")
    try:
        yield
    finally:
        audited.run("update fraiseql_observe.rollup_state set covered_from = %s::timestamptz", before)


def answers(audited) -> dict[tuple[str, str, str], list[dict[str, object]]]:
    """What the reader gets for each question, range and choice of tenants."""
    found = {}
    with psycopg.connect(audited.reader_url, row_factory=dict_row) as connection:
        for asked, (tenants, scope) in ASKED.items():
            connection.execute("select set_config('fraiseql.tenant_id', %s, false)", (scope,))
            for span, (start, end, bucket) in RANGES.items():
                given = {"from": start, "to": end, "bucket": bucket, "tenants": tenants}
                for name in QUESTIONS:
                    question = CATALOGUE[name]
                    limit = {"limit": 1000} if "limit" in question.parameters else {}
                    got = connection.execute(question.bound_sql, question.arguments(**given, **limit))
                    found[name, span, asked] = got.fetchall()
    return found


def exact(line) -> tuple[object, ...]:
    """What must be equal to the last digit, nearly: numbers are added in another order."""
    return tuple(
        f"{value:.9g}" if isinstance(value, float) else repr(value)
        for name, value in line.items()
        if name not in PERCENTILES
    )


def differences(found, expected) -> list[str]:
    wrong = []
    for key, lines in expected.items():
        ours, theirs = sorted(found[key], key=exact), sorted(lines, key=exact)
        if [exact(line) for line in ours] != [exact(line) for line in theirs]:
            shown = [pair for pair in zip(ours, theirs, strict=False) if exact(pair[0]) != exact(pair[1])][:1]
            wrong.append(f"{key}: {len(ours)} lines for {len(theirs)}: {shown}")
            continue
        for our, their in zip(ours, theirs, strict=True):
            pairs = {name: (our[name], their[name]) for name in PERCENTILES & our.keys()}
            wrong += [f"{key}: {name} is {a}, not {b}" for name, (a, b) in pairs.items() if not near(a, b)]
    return wrong


def near(found, expected) -> bool:
    if found is None or expected is None:
        return found is expected
    return found == pytest.approx(expected, rel=0.048, abs=0.05)


def tables() -> list[str]:
    return [one.table for family in FAMILIES if family.name != "totals" for one in family.tables]


def held(audited) -> dict[str, set[str]]:
    return {
        table: {text for (text,) in audited.run(f"select t::text from fraiseql_observe.{table} as t")}
        for table in tables()
    }


@pytest.fixture(scope="module")
def log(postgres_url):
    """FraiseQL's own log, then rows of version 1, then ours; nothing of it is in the roll-ups."""
    with scratch_database(postgres_url) as url:
        audited = Audited(url)
        draw = random.Random(20_260_314)
        write_theirs(audited, draw)
        setup.apply(url, reader_password=READER_PASSWORD)
        written = rows(draw, 2400)
        write(audited, written[:900], legacy=True)
        write(audited, written[900:])
        for number in range(3):
            audited.error(f"f{number + 1}", severity="critical", status="open")
        yield audited


def test_answers_agree_at_every_state_of_the_roll_ups(log):
    expected = answers(log)
    assert sum(bool(lines) for lines in expected.values()) > 0.9 * len(expected)

    assert roll_up(log, 500, turns=2) < 1500  # some new rows, no old ones
    assert covered(log) == ("infinity",)
    assert not differences(answers(log), expected)

    while covered(log) == ("infinity",):
        roll_up(log, 400, turns=1)
    (since,) = log.run("select covered_from from fraiseql_observe.rollup_state where covered_from > '-infinity'")
    assert RANGES["weeks"][0] < since[0] < END  # old rows are half added
    assert not differences(answers(log), expected)

    roll_up(log, 250)
    assert covered(log) == ("-infinity",)
    assert not differences(answers(log), expected)

    # what is written now waits for the next turn: rows of now, and some that are late
    write(log, rows(random.Random(7), 300))
    found = answers(log)
    with rows_only(log):
        expected = answers(log)
    assert not differences(found, expected)
    roll_up(log)
    assert not differences(answers(log), expected)


def test_many_turns_by_transaction_and_one_by_time_give_equal_tables(log):
    roll_up(log, 250)
    many = held(log)
    assert all(many.values())
    log.run("select fraiseql_observe.restart_roll_ups()")
    assert not log.run("select from fraiseql_observe.rollup_traffic")
    roll_up(log)
    one = held(log)
    assert {name: many[name] ^ one[name] for name in one if many[name] != one[name]} == {}


def test_a_session_that_is_narrowed_to_tenants_sees_no_sum_of_all_of_them(log):
    roll_up(log)
    of_all = {one.table for family in FAMILIES for one in family.tables if not one.tenant}
    with psycopg.connect(log.reader_url) as connection:

        def seen() -> set[str]:
            return {one for one in of_all if connection.execute(f"select from fraiseql_observe.{one} limit 1").rowcount}

        assert seen() == of_all
        connection.execute("select set_config('fraiseql.tenant_id', %s, false)", (chr(31).join(TENANTS),))
        assert seen() == set()
