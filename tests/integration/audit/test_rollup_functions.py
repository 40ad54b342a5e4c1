"""What roll-ups are made of: pieces of time and distributions in one number; and that reading them is cheap."""

import random
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from audit_database import CATALOGUE

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def tiles(found):
    """The pieces one by one: start and end."""
    starts = [(first + number * grain * HOUR, grain) for grain, first, before in found
              for number in range((before - first) // (grain * HOUR))]  # fmt: skip
    return sorted((start, start + grain * HOUR) for start, grain in starts)


@pytest.mark.parametrize("seed", range(4))
def test_pieces_tile_a_range_without_gap_or_overlap(shared, seed):
    draw = random.Random(seed)
    for _ in range(25):
        start = EPOCH + timedelta(seconds=draw.randrange(40_000_000))
        end = start + timedelta(seconds=draw.choice([30_000, 400_000, 3_000_000, 30_000_000]) * draw.random() + 21_601)
        edge = HOUR if end - start <= WEEK else 24 * HOUR
        cut = (start + (end - start) * draw.random()).replace(hour=0, minute=0, second=0, microsecond=0)
        given = draw.choice(["-infinity", cut])
        shared.run("update fraiseql_observe.rollup_state set cut = %s::timestamptz", (given,))
        found = tiles(shared.run("select * from fraiseql_observe.pieces(%s, %s)", (start, end)))
        assert found[0][0] <= start < found[0][0] + edge
        assert found[-1][1] - edge < end <= found[-1][1]
        assert [before for _, before in found[:-1]] == [first for first, _ in found[1:]]
        assert given != cut or not any(first < cut < before for first, before in found)
        assert len(found) < 90
    shared.run("update fraiseql_observe.rollup_state set cut = '-infinity'")


def test_percentiles_of_a_distribution_are_five_per_cent_off_at_most(shared):
    draw = random.Random(3)
    for spread in (0.1, 1, 3):
        values = [min(max(draw.lognormvariate(4, spread), 0.06), 3e6) for _ in range(700)]
        found = shared.run(
            """
            select fraction,
                   fraiseql_observe.percentile((select sum(fraiseql_observe.in_band(fraiseql_observe.band(x)))
                                                  from unnest(%(values)s::float8[]) as x), fraction),
                   (select percentile_cont(fraction) within group (order by x) from unnest(%(values)s::float8[]) as x)
              from unnest(array[0, 0.01, 0.5, 0.95, 0.99, 1]::float8[]) as fraction
            """,
            {"values": values},
        )
        for _, approximate, exact in found:
            assert approximate == pytest.approx(exact, rel=0.048)


@pytest.mark.parametrize(
    ("value", "band"),
    [("0", 0), ("-1", 0), ("0.05", 0), ("1", 32), ("Infinity", 191), ("NaN", 191), ("1e300", 191)],
)
def test_every_number_falls_into_a_band(shared, value, band):
    assert shared.run("select fraiseql_observe.band(%s::text::float8)", (value,)) == [(band,)]


def test_small_counts_have_bands_of_their_own(shared):
    (bands,) = shared.run("select array_agg(fraiseql_observe.band(n)) from generate_series(1, 10) as n")
    assert len(set(bands[0])) == 10


def plan(connection, name, **given):
    question = CATALOGUE[name]
    sql = f"explain (analyze, timing off) {question.bound_sql}"
    return "\n".join(line for (line,) in connection.execute(sql, question.arguments(**given)))


@pytest.fixture(scope="module")
def rolled(shared):
    """A row each half hour of 50 hours, all of them rolled up; and when the last one was."""
    for number in range(100):
        shared.event(-1800 * number, duration_ms=5.0, complexity=3)
    while shared.run("select fraiseql_observe.roll_up()")[0][0]:
        pass
    return shared, shared.run("select max(occurred_at) from fraiseql_observe.audit_event")[0][0]


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name.startswith("users_")])
def test_reading_functions_are_inlined_and_what_is_not_needed_does_not_run(rolled, name):
    log, end = rolled
    given = {"to": end, "bucket": "1h", "tenants": ["acme", "(none)"]}
    with psycopg.connect(log.reader_url) as connection:
        short = plan(connection, name, **given, **{"from": end - HOUR})
        long = plan(connection, name, **given, **{"from": end - 40 * HOUR})
    called = set(re.findall(r"Function Scan on (\w+)", short + long))
    assert called <= {"generate_series", "rows_between", "unnest", "uncovered_rows", "time", "place", "hours"}
    if "new" not in name:  # these ask roll-ups for the history, however short the range is
        assert not re.search(r"on rollup_(?!state)\w+ .*\(actual rows=[1-9]", short)
        assert "uncovered_rows" not in short
    rows = re.findall(r"on audit_event\w* .*\(actual rows=(\d+)", long)
    assert set(rows) <= {"0"}
