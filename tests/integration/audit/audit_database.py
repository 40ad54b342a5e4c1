"""A database with the audit schema, and how a test writes rows into it and asks questions of it, in one line each."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from fraiseql_observe.audit.catalogue import load

if TYPE_CHECKING:
    from collections.abc import Iterator

READER_PASSWORD = "a reader's secret"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CATALOGUE = load()
# Everything in our schema, as text that must not change when the set-up runs again.
SHAPE = """
select 'column', table_name || '.' || column_name, data_type from information_schema.columns
 where table_schema = 'fraiseql_observe'
union all select 'view', viewname, definition from pg_views where schemaname = 'fraiseql_observe'
union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'fraiseql_observe'
union all select 'policy', tablename || '.' || policyname, concat(cmd, roles, qual, with_check) from pg_policies
 where schemaname = 'fraiseql_observe'
union all select 'grant', relname, relacl::text from pg_class where relnamespace = 'fraiseql_observe'::regnamespace
union all select 'function', proname, proacl::text from pg_proc where pronamespace = 'fraiseql_observe'::regnamespace
order by 1, 2
"""


@dataclass(frozen=True)
class Audited:
    """The URLs of one database for its owner and for the reader, and what tests do with them."""

    url: str

    @property
    def reader_url(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"fraiseql_observe_reader:{READER_PASSWORD.replace(' ', '%20')}@{host}"
        return urlunsplit(parts._replace(netloc=netloc))

    def run(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return execute(self.url, sql, parameters)

    def event(self, seconds: float = 0, **columns: Any) -> None:
        """One audit row, `seconds` after noon, written 0.1 s later."""
        at = NOON + timedelta(seconds=seconds)
        row = {
            "event_id": uuid4(),
            "occurred_at": at,
            "recorded_at": at + timedelta(seconds=columns.pop("lag", 0.1)),
            "tenant_id": "acme",
            "user_id": "ada",
            "event_type": "access",
            "outcome": "success",
            "operation_type": "query",
            "operation_name": "posts",
            "endpoint": "/graphql",
        } | columns
        names = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        self.run(f"insert into fraiseql_observe.audit_event ({names}) values ({values})", row)

    def maintain(self) -> None:
        """All that there is to do: partitions for the rows, and the rows into the roll-ups.

        Transactions of other databases hold a row back, so this waits until those have ended that are there now.
        """
        ((now,),) = self.run("select pg_current_xact_id()::text::bigint")
        reached = "select next_transaction % (2::bigint ^ 48)::bigint from fraiseql_observe.rollup_state"
        while True:
            for work in ("make_partitions", "empty_default", "roll_up", "apply_retention"):
                while self.run(f"select fraiseql_observe.{work}()") != [(0,)]:
                    pass
            if self.run(reached)[0][0] > now:
                return
            time.sleep(0.05)

    def error(self, fingerprint: str, first: float = 0, **columns: Any) -> None:
        """One error group, first seen `first` seconds after noon."""
        row = {
            "fingerprint": fingerprint,
            "error_type": "database",
            "severity": "error",
            "message": "another tenant's secret",
            "first_seen": NOON + timedelta(seconds=first),
            "last_seen": NOON + timedelta(seconds=first),
        } | columns
        names = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        self.run(f"insert into fraiseql_observe.error_group ({names}) values ({values})", row)

    def ask(self, name: str, *, tenants: tuple[str, ...] = ("acme", "globex", "(none)"), **given: Any) -> list[Any]:
        """The answer that the reader gets for noon to one o'clock, as dicts."""
        question = CATALOGUE[name]
        standard = {"from": NOON, "to": NOON + timedelta(hours=1), "bucket": "20m", "tenants": list(tenants)}
        with psycopg.connect(self.reader_url, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(question.bound_sql, question.arguments(**(standard | given))).fetchall()


@contextmanager
def scratch_database(server_url: str, template: str = "") -> Iterator[str]:
    """A database of one's own, empty or a copy of that of another URL; nobody may be connected to that one."""
    name = f"test_audit_{uuid4().hex[:12]}"
    execute(server_url, f"create database {name}" + (f" template {urlsplit(template).path[1:]}" if template else ""))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        execute(server_url, f"drop database {name} with (force)")


def execute(url: str, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []
