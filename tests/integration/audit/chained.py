"""Databases with hash chains written by FraiseQL's own functions, and hands that tamper with them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "the signing key"
ACME, GLOBEX, INITECH = (UUID(int=number) for number in (1, 2, 3))
START = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_MIGRATIONS = {"unified": "002_unified_audit.sql", "events": "001_audit_tables.sql"}
_WRITE = {
    "unified": """
insert into audit_events (id, tenant_id, user_id, entity_type, entity_id, operation_type, operation_subtype,
                          changed_fields, old_data, new_data, metadata, ip_address, timestamp)
values (%(id)s, %(tenant)s, %(id)s, 'post', %(id)s, 'UPDATE', null, %(fields)s, null, %(data)s, %(data)s, '127.0.0.1',
        %(at)s)
""",
    "events": """
insert into audit_events (id, event_type, event_data, user_id, tenant_id, timestamp, ip_address)
values (%(id)s, 'post.updated', %(data)s, %(id)s, %(tenant)s, %(at)s, '127.0.0.1')
""",
}


@dataclass
class Chained:
    """A database whose `audit_events` FraiseQL's own migration made. Ids count up, so order is that of writing."""

    url: str
    kind: str
    connection: psycopg.Connection[Any] = field(repr=False)
    written: int = 0

    def write(self, tenant: UUID | None = ACME, *, at: datetime | None = None, id: UUID | None = None) -> str:  # noqa: A002
        """One event, an hour after the one before it; returns its id."""
        self.written += 1
        id = id or UUID(int=1000 + self.written)  # noqa: A001
        at = at or START + self.written * HOUR
        data = {
            "title": f'"{self.written}" \u00e9\u2028\\\n\t\x01',
            "z": [1.50, 2e10, None, True],
            "event_type": "x",
            "a": {},
        }
        given = {"id": id, "tenant": tenant, "at": at, "fields": ['a"b', None, "\u00fc"], "data": Jsonb(data)}
        self.connection.execute(_WRITE[self.kind], given)
        return str(id)

    def fill(self, rows: int, *tenants: UUID | None) -> list[str]:
        """So many rows, of the tenants in turn."""
        whose = tenants or (ACME, GLOBEX, INITECH)
        return [self.write(whose[number % len(whose)]) for number in range(rows)]

    def tamper(self, sql: str, **given: Any) -> None:
        """As the owner of the table, with its trigger off."""
        self.connection.execute("alter table audit_events disable trigger user")
        self.connection.execute(sql, given)
        self.connection.execute("alter table audit_events enable trigger user")
        if self.kind == "events":
            self.connection.execute("alter table audit_events disable trigger create_audit_partition_trigger")

    def column(self, name: str, id: str) -> Any:  # noqa: A002
        row = self.connection.execute(f"select {name} from audit_events where id = %s", [id]).fetchone()
        return row and row[0]


@contextmanager
def login(log: Chained, more: str = "") -> Iterator[str]:
    """URL of a user of this database alone; `more` is what else `create role` says."""
    name = f"clerk_{log.connection.info.dbname}"
    log.connection.execute(f"create role {name} login password 'clerk' {more}")
    parts = urlsplit(log.url)
    try:
        yield urlunsplit(parts._replace(netloc=f"{name}:clerk@{parts.netloc.rpartition('@')[2]}"))
    finally:
        log.connection.execute(f"drop owned by {name}; drop role {name}")


@contextmanager
def chained(url: str, kind: str) -> Iterator[Chained]:
    """FraiseQL's own table and functions, with a signing key. 001 takes rows only without its partition trigger."""
    migration = resources.files("fraiseql.enterprise").joinpath("migrations", _MIGRATIONS[kind])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set client_min_messages = warning")
        connection.execute(migration.read_text(encoding="utf-8"))
        connection.execute("insert into audit_signing_keys (key_value) values (%s)", [KEY])
        if kind == "events":
            connection.execute("alter table audit_events disable trigger create_audit_partition_trigger")
        yield Chained(url, kind, connection)
