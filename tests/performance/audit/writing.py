"""What the log costs those who write it: batches as the instrument sends them, and the roll-ups that follow."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from fraiseql_observe.instrument.audit import COLUMNS, INSERT

if TYPE_CHECKING:
    from audit_log import AuditLog

BATCH = 100
# Rows of the log once more, as of now, in the order of COLUMNS.
_SAMPLE = f"""
select jsonb_build_array(gen_random_uuid(), extract(epoch from clock_timestamp()), {", ".join(list(COLUMNS)[2:])})
  from fraiseql_observe.audit_event
 order by occurred_at desc
 limit %s
"""


@dataclass(frozen=True, slots=True)
class Written:
    """Rows written in batches of `BATCH`, each a commit: seconds, and bytes of write-ahead log."""

    rows: int
    seconds: float
    wal: int


def written(log: AuditLog, rows: int) -> Written:
    """Write so many rows more."""
    sample = [row for (row,) in log.run(_SAMPLE, (rows,))]
    batches = [json.dumps(sample[start : start + BATCH]) for start in range(0, len(sample), BATCH)]
    before = _log_position(log)
    with psycopg.connect(log.url, autocommit=True) as connection:
        began = time.perf_counter()
        for batch in batches:
            connection.execute(INSERT.encode(), (batch,))
        seconds = time.perf_counter() - began
    return Written(len(sample), seconds, _log_position(log) - before)


def _log_position(log: AuditLog) -> int:
    return int(log.run("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")[0][0])
