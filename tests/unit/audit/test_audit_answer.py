"""Answers as JSON and CSV, and how they are shared and remembered."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.audit.answer import CHUNK, Answer, plain
from fraiseql_observe.audit.catalogue import load
from fraiseql_observe.audit.flight import Cache, Flights
from fraiseql_observe.errors import AskError

QUESTION = load()["tenants"]


def said(*rows, **more):
    return Answer(QUESTION, rows, truncated=False, seconds=0.0071, **more)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, "time", None),
        (datetime(2026, 3, 4, 12, tzinfo=UTC), "time", "2026-03-04T12:00:00Z"),
        (datetime(2026, 3, 4, 12), "time", "2026-03-04T12:00:00Z"),  # noqa: DTZ001  as of a column without zone
        (date(2026, 3, 4), "time", "2026-03-04T00:00:00Z"),
        ("infinity", "time", None),
        (float("nan"), "number", None),
        (Decimal("-Infinity"), "number", None),
        (Decimal("sNaN"), "number", None),
        (Decimal("3.00"), "number", 3),
        (Decimal("0.25"), "number", 0.25),
        (2**70, "number", float(2**70)),
        (10**400, "number", None),
        (2**62, "number", 2**62),
        (timedelta(minutes=2), "number", 120.0),
        ("12", "number", None),
        (True, "number", None),
        (1, "boolean", True),
        ({"a": [1]}, "string", '{"a":[1]}'),
        (True, "string", "true"),
        (Decimal("1.50"), "string", "1.50"),
        (datetime(2026, 3, 4, 12, tzinfo=UTC), "string", "2026-03-04T12:00:00Z"),
    ],
)
def test_values(value, kind, expected):
    assert plain(value, kind) == expected


def test_the_document():
    start = datetime(2026, 3, 4, 12, tzinfo=UTC)
    answer = said(("a", "b"), ("\u00fc\u2028", None), start=start)
    document = json.loads(b"".join(answer.json()))
    assert document == {
        "ok": True,
        "query": "tenants",
        "columns": [{"name": name, "title": "Tenant", "type": "string", "unit": ""} for name in ("__text", "__value")],
        "rows": [{"__text": "a", "__value": "b"}, {"__text": "\u00fc\u2028", "__value": None}],
        "row_count": 2,
        "truncated": False,
        "elapsed_ms": 7.1,
        "from": "2026-03-04T12:00:00Z",
        "to": None,
    }
    assert json.loads(b"".join(said().json()))["rows"] == []


def test_many_rows_come_in_pieces():
    answer = said(*[("a", str(number)) for number in range(2 * CHUNK + 1)])
    assert len(list(answer.json())) == 5
    assert len(json.loads(b"".join(answer.json()))["rows"]) == 2 * CHUNK + 1
    assert len(list(answer.csv())) == 4
    assert answer.size == sum(map(len, answer.rows_as_json))


def test_a_tag_is_of_the_rows_and_not_of_the_time_they_took():
    one = said(("a", "b"))
    assert one.tag == Answer(QUESTION, (("a", "b"),), truncated=False, seconds=9).tag
    assert one.tag != said(("a", "c")).tag
    assert one.tag != Answer(QUESTION, (("a", "b"),), truncated=True, seconds=9).tag


@given(st.lists(st.tuples(st.text() | st.none() | st.booleans(), st.floats() | st.integers()), max_size=5))
def test_csv_holds_no_formula_of_a_text(rows):
    read = list(csv.reader(io.StringIO(b"".join(said(*rows).csv()).decode("utf-8", "replace"), newline="")))
    assert len(read) == len(rows) + 1
    for line, row in zip(read[1:], rows, strict=True):
        assert not line[0].startswith(("=", "+", "-", "@", "\t", "\r"))
        if isinstance(row[0], str):
            assert line[0] in (row[0], f"'{row[0]}")


async def test_a_flight_carries_all_and_ends_with_the_last():
    flights, begun, ended = Flights(), [], []

    async def work():
        begun.append(1)
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(1)

    here = [True, True]
    tasks = [asyncio.create_task(flights.join("k", work, lambda at=at: not here[at])) for at in (0, 1)]
    await asyncio.sleep(0)
    here[0] = False
    with pytest.raises(AskError):
        await tasks[0]
    assert (len(begun), ended) == (1, [])
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    await asyncio.sleep(0)
    assert ended == [1]


async def test_what_fails_fails_for_all_and_is_tried_again():
    flights = Flights()

    async def fail():
        await asyncio.sleep(0)
        raise ValueError

    async def work():
        return 1

    found = await asyncio.gather(*(flights.join("k", fail, lambda: False) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [ValueError] * 3
    assert await flights.join("k", work, lambda: False) == 1


async def test_closing_ends_what_is_under_way():
    flights = Flights()
    waiting = asyncio.create_task(flights.join("k", lambda: asyncio.sleep(30), lambda: False))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_cache_is_bounded_in_time_number_and_bytes():
    now = [0.0]
    cache = Cache(10, lambda: now[0], most=2, bytes_=100)
    for key, size in (("a", 10), ("b", 10), ("c", 10), ("huge", 101)):
        cache.put(key, key, size)
    assert [cache.get(key) for key in ("a", "b", "c", "huge")] == [None, "b", "c", None]
    cache.put("c", "C", 95)
    assert (cache.get("b"), cache.get("c"), cache.size) == (None, "C", 95)
    now[0] = 10
    assert cache.get("c") is None
    cache.put("d", "d", 1)
    assert cache.size == 1
    never = Cache(0, lambda: 0.0, most=2, bytes_=100)
    never.put("a", "a", 1)
    assert never.get("a") is None
