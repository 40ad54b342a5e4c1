"""What a database has that decides how the audit schema is set up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from fraiseql_observe.audit.sources import ERROR_LOG, KINDS, Source, Table, quoted, recognise

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "fraiseql_observe"
READER = "fraiseql_observe_reader"
WRITER = "fraiseql_observe_writer"
MAINTAINER = "fraiseql_observe_maintainer"
OLDEST_SERVER = 14  # date_bin and SQL function bodies; older releases get no security fixes
SECURITY_INVOKER = 15


@dataclass(frozen=True, slots=True)
class Facts:
    """A database as the set-up sees it. The defaults are a new, empty database on a current server.

    `server` is the major version; `error_logs` the (schema, row security) of each FraiseQL error tracker; `statements`
    the relation of pg_stat_statements or empty; `version` that of our schema, 0 when there is none; `indexes` our
    indexes and whether each is valid; `partitions` those of our log; `unindexed` which of them lack one of its indexes.
    """

    server: int = 17
    sources: tuple[Source, ...] = ()
    error_logs: tuple[tuple[str, bool], ...] = ()
    statements: str = ""
    version: int = 0
    indexes: Mapping[str, bool] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()
    unindexed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def security_invoker(self) -> bool:
        return self.server >= SECURITY_INVOKER


_TABLES = """
select n.nspname,
       c.relname,
       array_agg(a.attname::text),
       array_agg(a.attname::text) filter (
         -- of a partitioned table no index can be built online: leave it to its owner
         where c.relkind = 'p'
            or exists (select from pg_catalog.pg_index as i
                        where i.indrelid = c.oid and i.indisvalid and i.indpred is null and i.indkey[0] = a.attnum)
       ),
       c.relrowsecurity
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relkind in ('r', 'p')
   and not c.relispartition
   and n.nspname not in ('pg_catalog', 'information_schema', 'fraiseql_observe')
   and n.nspname not like 'pg\\_temp%%'
   and c.relname = any(%(tables)s::text[])
 group by n.nspname, c.relname, c.relrowsecurity, c.oid
"""
_INDEXES = """
select c.relname, i.indisvalid
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where n.nspname = 'fraiseql_observe'
"""
_PARTITIONS = """
select p.relname
  from pg_catalog.pg_inherits as i
  join pg_catalog.pg_class as p on p.oid = i.inhrelid
 where i.inhparent = to_regclass('fraiseql_observe.audit_event')
 order by p.relname
"""
_UNINDEXED = """
select c.relname, array_agg(p.relname::text order by p.relname)
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relkind = 'I'
  join pg_catalog.pg_inherits as part on part.inhparent = i.indrelid
  join pg_catalog.pg_class as p on p.oid = part.inhrelid
 where i.indrelid = to_regclass('fraiseql_observe.audit_event')
   and not exists (select
                     from pg_catalog.pg_inherits as child
                     join pg_catalog.pg_index as own on own.indexrelid = child.inhrelid
                    where child.inhparent = i.indexrelid
                      and own.indrelid = p.oid)
 group by c.relname
"""
_STATEMENTS = """
select n.nspname
  from pg_catalog.pg_extension as e
  join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
 where e.extname = 'pg_stat_statements'
"""


def detect(connection: psycopg.Connection[Any]) -> Facts:
    """Look at the database behind `connection`; changes nothing."""
    tables = _tables(connection)
    return Facts(
        server=connection.info.server_version // 10000,
        sources=recognise(tables),
        error_logs=tuple(
            sorted(
                (schema, table.row_security)
                for (schema, name), table in tables.items()
                if name == ERROR_LOG[0] and table.columns.issuperset(ERROR_LOG[1])
            )
        ),
        statements=_statements(connection),
        version=_version(connection),
        indexes={str(name): bool(valid) for name, valid in connection.execute(_INDEXES)},
        partitions=tuple(str(name) for (name,) in connection.execute(_PARTITIONS)),
        unindexed={str(name): tuple(lacking) for name, lacking in connection.execute(_UNINDEXED)},
    )


def sources(connection: psycopg.Connection[Any]) -> tuple[Source, ...]:
    """Only FraiseQL's own audit logs: any user may look."""
    return recognise(_tables(connection))


def _tables(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], Table]:
    names = [kind.table for kind in KINDS] + [ERROR_LOG[0]]
    rows = connection.execute(_TABLES, {"tables": names}).fetchall()
    return {
        (schema, name): Table(frozenset(columns), frozenset(indexed or ()), row_security)
        for schema, name, columns, indexed, row_security in rows
    }


def _exists(connection: psycopg.Connection[Any], relation: str) -> bool:
    row = connection.execute("select to_regclass(%(name)s) is not null", {"name": relation}).fetchone()
    return bool(row and row[0])


def _version(connection: psycopg.Connection[Any]) -> int:
    if not _exists(connection, f"{SCHEMA}.schema_version"):
        return 0
    row = connection.execute("select coalesce(max(version), 0) from fraiseql_observe.schema_version").fetchone()
    return int(row[0]) if row else 0


def _statements(connection: psycopg.Connection[Any]) -> str:
    """The relation of pg_stat_statements, if it is installed and its library is really loaded."""
    row = connection.execute(_STATEMENTS).fetchone()
    if row is None:
        return ""
    relation = f"{quoted(row[0])}.pg_stat_statements"
    try:
        with connection.transaction():
            connection.execute(f"select 1 from {relation} limit 1")  # noqa: S608
    except psycopg.Error:
        return ""
    return relation
