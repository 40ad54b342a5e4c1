"""A database with an audit log of so many rows, made once and used again while it is the same."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from audit_rows import DAYS, SEED, Filled, fill, newest
from psycopg import sql

from fraiseql_observe.audit import setup
from fraiseql_observe.demo.servers.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator

READER = "fraiseql_observe_reader"
PASSWORD = "only for measuring"
# A modest server: a fifth of this machine's memory for its buffers, solid-state disks, and no short cuts in durability.
SETTINGS: dict[str, str | int] = {
    "shared_buffers": "4GB",
    "effective_cache_size": "12GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "fsync": "on",
}

_SIZES = """
select case when relname like 'rollup%' then 'roll-ups' when relkind = 'i' then 'indexes of rows' else 'rows' end,
       sum(case when relname like 'rollup%' then pg_total_relation_size(oid) else pg_relation_size(oid) end)::bigint
  from pg_class
 where relnamespace = 'fraiseql_observe'::regnamespace
   and (relname like 'audit_event%' or relname like 'rollup%' and relkind = 'r')
 group by 1
"""
_TURN = "select fraiseql_observe.roll_up(100000)"
# What maintenance did day by day, had the log grown by and by.
_DAYS_OVER = """
select count(brin_summarize_new_values(i.oid))
  from pg_class as i
  join pg_am as m on m.oid = i.relam and m.amname = 'brin'
 where i.relkind = 'i'
   and i.relname like 'audit_event_2%%'
   and i.relnamespace = 'fraiseql_observe'::regnamespace
"""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """URLs of its owner and of the reader, and what was written into it."""

    url: str
    filled: Filled

    @property
    def reader_url(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{READER}:{PASSWORD.replace(' ', '%20')}@{host}"
        return urlunsplit(parts._replace(netloc=netloc))

    def run(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def without_roll_ups(self) -> Iterator[None]:
        """The roll-ups marked as covering nothing, so that every question reads rows."""
        (before,) = self.run("select covered_from::text from fraiseql_observe.rollup_state")
        self.run("update fraiseql_observe.rollup_state set covered_from = 'infinity'")
        try:
            yield
        finally:
            self.run("update fraiseql_observe.rollup_state set covered_from = %s::timestamptz", before)

    def sizes(self) -> dict[str, int]:
        """Bytes with indexes: of the rows, and of all roll-ups."""
        return dict(self.run(_SIZES))

    def partitions_for(self, start: datetime, end: datetime) -> None:
        """Partitions of the past: maintenance makes those of now and of the days to come."""
        days = "generate_series(%s::timestamptz, %s, '1 day') as day"
        self.run(f"select fraiseql_observe.make_partition(day) from {days}", (start, end))

    def roll_up(self) -> tuple[int, float]:
        """Bring the roll-ups up to date; how many rows were added, and the seconds it took."""
        began = time.perf_counter()
        rows = 0
        while added := self.run(_TURN)[0][0]:
            rows += added
        self.run(_DAYS_OVER, {})
        seconds = time.perf_counter() - began
        if rows:
            self.run("vacuum analyze")
        return rows, seconds


@contextmanager
def server(url: str) -> Iterator[str]:
    """The given server, or one of its own for as long as it is needed."""
    if url:
        yield url
        return
    with PostgresServer(settings=SETTINGS) as own:
        yield own.url


def audit_log(server_url: str, rows: int) -> AuditLog:
    """The log of so many rows: what an earlier run has left in a database of that name, or a new one."""
    name = f"audit_log_{rows}"
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    left = _note(server_url, name)
    if left is not None:
        setup.apply(url, reader_password=PASSWORD)
        return AuditLog(url, left)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    setup.apply(url, reader_password=PASSWORD)
    end = newest()
    AuditLog(url, Filled(0, 0, 0, end, end)).partitions_for(end - timedelta(days=DAYS), end)
    filled = fill(url, rows, end)
    _leave_note(server_url, name, filled)
    return AuditLog(url, filled)


def _note(server_url: str, name: str) -> Filled | None:
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = %(name)s"
    with psycopg.connect(server_url) as connection:
        row = connection.execute(query, {"name": name}).fetchone()
    note = json.loads(row[0]) if row and row[0] else {}
    if note.pop("seed", None) != SEED:
        return None
    start, end = (datetime.fromisoformat(note.pop(key)) for key in ("start", "end"))
    return Filled(start=start, end=end, **note)


def _leave_note(server_url: str, name: str, filled: Filled) -> None:
    note = json.dumps({"seed": SEED, **asdict(filled)}, default=datetime.isoformat)
    with psycopg.connect(server_url, autocommit=True) as connection:
        comment = sql.SQL("comment on database {} is {}").format(sql.Identifier(name), sql.Literal(note))
        connection.execute(comment)
