"""Audit rows as a busy application would write them, made by PostgreSQL itself from a seed: minutes for ten millions.

The rows end at a round hour and reach `DAYS` back. Hours follow the rhythm of days and weeks; what a row holds stands
in audit_rows.sql.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 30
SEED = 20_261
HOUR = timedelta(hours=1)
_ROWS = Path(__file__).with_name("audit_rows.sql").read_text(encoding="utf-8")
# Eighty operations on twelve entities: mostly queries, slow ones rare.
_OPERATIONS = """
create temporary table audit_operation as
select i as place,
       case when i % 7 = 0 then 'mutation' when i = 75 then 'subscription' else 'query' end as kind,
       case when i % 7 = 0 then (array['create', 'update', 'delete'])[1 + i / 7 % 3] else 'access' end as event_type,
       (array['Post', 'User', 'Comment', 'Order', 'Invoice', 'Product', 'Cart', 'Address', 'Tag', 'Payment', 'Shipment',
              'Review'])[1 + i % 12] as entity,
       'operation' || i as name,
       (5 + i * 37 % 120)::double precision as milliseconds,
       1 + i * i * 13 % 400 as complexity,
       2 + i % 7 as depth
  from generate_series(1, 80) as i
"""
_ERROR_GROUPS = """
insert into fraiseql_observe.error_group (
  fingerprint, error_type, severity, error_code, operation_name, message, first_seen, last_seen, occurrences, status,
  resolved_at, resolved_by
)
select error_fingerprint, max(error_type), max(severity), max(error_code), max(operation_name), max(error_message),
       min(occurred_at), max(occurred_at), count(*),
       case mod(abs(hashtext(error_fingerprint)), 4) when 0 then 'open' when 1 then 'regressed' else 'resolved' end,
       case when mod(abs(hashtext(error_fingerprint)), 4) > 1 then max(occurred_at) + interval '1 minute' end,
       case when mod(abs(hashtext(error_fingerprint)), 4) > 1 then 'ada' end
  from fraiseql_observe.audit_event
 where error_fingerprint is not null
 group by error_fingerprint
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written: rows, the seconds it took, and the bytes of write-ahead log."""

    rows: int
    seconds: float
    wal: int
    start: datetime
    end: datetime


def newest() -> datetime:
    """The end of the log: the last whole hour."""
    now = datetime.now(UTC)
    return now.replace(minute=0, second=0, microsecond=0)


def hours(rows: int, end: datetime, days: int = DAYS) -> list[int]:
    """How many rows each hour gets, the oldest first: four times as many at noon as at midnight, half at weekends."""
    start = end - timedelta(days=days)
    weights = [_weight(start + number * HOUR, end) for number in range(days * 24)]
    sums = _running([rows * weight / sum(weights) for weight in weights])
    return [round(after) - round(before) for before, after in zip([0.0, *sums], sums, strict=False)]


def _weight(hour: datetime, end: datetime) -> float:
    # The log ends in the busy middle of an afternoon, whatever the clock says.
    of_day = ((hour - end) / timedelta(days=1) + 0.65) % 1
    weekend = ((hour - end) // timedelta(days=1)) % 7 in (2, 3)
    return (1 - 0.6 * math.cos(2 * math.pi * of_day)) * (0.5 if weekend else 1)


def _running(values: list[float]) -> list[float]:
    total, sums = 0.0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def fill(url: str, rows: int, end: datetime, *, days: int = DAYS, seed: int = SEED) -> Filled:
    """Write the rows and their error groups, an hour a transaction, and let PostgreSQL look at them."""
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        before = _log_position(connection)
        connection.execute(_OPERATIONS)
        connection.execute("analyze audit_operation")
        for given in _hours(rows, end, days, seed):
            with connection.transaction():
                # The seed of random(): each hour has its own, so that no hour depends on another.
                connection.execute("select setseed(%(draw)s)", given)
                connection.execute(_ROWS.encode(), given)
        connection.execute(_ERROR_GROUPS)
        wal = _log_position(connection) - before
        seconds = time.perf_counter() - began
        connection.execute("vacuum analyze fraiseql_observe.audit_event")
        connection.execute("analyze")
    return Filled(rows, seconds, wal, end - timedelta(days=days), end)


def _hours(rows: int, end: datetime, days: int, seed: int) -> Iterator[dict[str, object]]:
    draws = random.Random(seed)
    for number, count in enumerate(hours(rows, end, days)):
        yield {
            "rows": count,
            "start": end - timedelta(days=days) + number * HOUR,
            "day": number // 24,
            "days": days,
            "seed": seed,
            "draw": draws.uniform(-1, 1),
            "trouble": 3 if draws.random() < 0.05 else 1,
        }


def _log_position(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").fetchone()
    return row[0] if row else 0
