"""Reads a log that has a hash chain from PostgreSQL, in its order and in pieces, and looks up rows by their hash.

No function of FraiseQL's is called: whoever could change a row may have changed those too.
"""

# ruff: noqa: S608  what is put into statements are identifiers of the database, quoted, and text of this module

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.chain.content import UNIFIED_KEYS, EventRecipe, UnifiedRecipe
from fraiseql_observe.audit.chain.model import Break, Kind, Position, Row
from fraiseql_observe.audit.chain.walk import Surroundings
from fraiseql_observe.audit.sources import HASH_VERSION
from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    import psycopg

    from fraiseql_observe.audit.sources import Source

PIECE = 1000  # rows in memory at a time, if they are not large
LARGE = 8 * 1024 * 1024  # characters of a piece; the next one is smaller
# Beyond these no Python time reaches; a row there is said as a finding of its own.
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_SESSION = (
    "set search_path = pg_catalog, pg_temp; set timezone = 'UTC'; set datestyle = 'ISO, YMD';"
    "set default_transaction_read_only = on;"
    "set statement_timeout = '60s'; set lock_timeout = '2s'; set idle_in_transaction_session_timeout = '60s';"
    "set jit = off;"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns of a kind of log are hashed, in the order of the canonical JSON, and which are not."""

    recipe: Callable[[], EventRecipe | UnifiedRecipe]
    content: tuple[str, ...]  # SQL; `t` is the row
    others: tuple[str, ...]


def _json(column: str) -> str:
    return f"coalesce(to_jsonb(t.{column})::text, 'null')"


_EVENT_DATA = """
coalesce(
  case jsonb_typeof(t.event_data) when 'object' then (t.event_data - 'event_type')::text else t.event_data::text end,
  'null')
"""
_EVENT_TYPE = "coalesce(to_jsonb(t.event_data ->> 'event_type')::text, 'null')"

SHAPES: Mapping[str, Shape] = {
    "audit_events_chain": Shape(
        EventRecipe, (_EVENT_DATA, _EVENT_TYPE), ("event_type", "user_id", "ip_address", "created_at")
    ),
    "audit_events_unified": Shape(
        UnifiedRecipe,
        # its time goes into the JSON as text in the writer's time zone: the recipe adds it
        tuple("''" if column == "timestamp" else _json(column) for column in UNIFIED_KEYS),
        ("user_id", "ip_address", "correlation_id", "created_at"),
    ),
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a log is written, as far as the database says.

    `chained`: new rows get their hash by FraiseQL's trigger; `refuses_rows`: the trigger of 1.9.16 that fails every
    INSERT is there; `key_is_public`: every user of the database may read the signing key.
    """

    chained: bool = True
    refuses_rows: bool = False
    key_is_public: bool = False
    date_style: str = "ISO"
    hash_version: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Which rows: after a position, up to another (included), before a time; of these tenants (none named: all)."""

    after: Position | None = None
    upto: Position | None = None
    start: datetime | None = None
    before: datetime | None = None
    tenants: tuple[str, ...] = ()


class Log:
    """One log with a hash chain, over an open connection."""

    def __init__(self, connection: psycopg.Connection[Any], source: Source, date_style: str = "ISO") -> None:
        self._connection, self.source, self._date_style = connection, source, date_style
        self.shape = SHAPES[source.kind]
        self._version = "coalesce(t.hash_version, 0)::int" if HASH_VERSION in source.chain else "0"

    @property
    def name(self) -> str:
        return f"{self.source.schema}.{self.source.table}"

    def rows(self, wanted: Range, limit: int | None = None) -> Iterator[list[Row]]:
        """The rows of a range in their order, a piece at a time: from an index by time, else sorted once."""
        yield from self._by_index(wanted, limit) if self.source.time_index else self._sorted(wanted, limit)

    def _by_index(self, wanted: Range, limit: int | None) -> Iterator[list[Row]]:
        size, left = PIECE // 10, limit
        while left is None or left > 0:
            most = size if left is None else min(size, left)
            piece = [_row(one) for one in self._connection.execute(*self._select(wanted, most))]
            if piece:
                yield piece
            if len(piece) < most:
                return
            wanted = replace(wanted, after=piece[-1].position)
            left = None if left is None else left - most
            size = _next_size(size, piece)

    def _sorted(self, wanted: Range, limit: int | None) -> Iterator[list[Row]]:
        size = PIECE // 10
        with self._connection.transaction(), self._connection.cursor("chain") as cursor:
            cursor.execute(*self._select(wanted, limit))
            while piece := [_row(one) for one in cursor.fetchmany(size)]:
                yield piece
                size = _next_size(size, piece)

    def _select(self, wanted: Range, most: int | None) -> tuple[bytes, dict[str, Any]]:
        conditions, given = _conditions(wanted)
        others = ", ".join(f"t.{column}::text" for column in self.shape.others)
        hashed = ", ".join(self.shape.content)
        sql = f"""
            select t.id::text, t."timestamp", coalesce(t.tenant_id::text, ''), coalesce(t.previous_hash, ''),
                   coalesce(t.event_hash, ''), coalesce(t.signature, ''), {self._version},
                   array[{hashed}], array[{others}]
              from {self.source.relation} as t
             where {" and ".join(conditions)}
             order by t."timestamp", t.id
             limit %(most)s
            """
        return sql.encode(), {**given, "most": most}

    def at(self, id: str) -> Row | None:  # noqa: A002  the column
        """The row of an id."""
        row = self._connection.execute(
            f"""
            select t."timestamp", coalesce(t.tenant_id::text, ''), coalesce(t.previous_hash, ''),
                   coalesce(t.event_hash, '')
              from {self.source.relation} as t where t.id = %(id)s::uuid and {_FINITE}
            """.encode(),
            {"id": id, "earliest": EARLIEST, "latest": LATEST},
        ).fetchone()
        return None if row is None else Row(id, row[0], row[1], row[2], row[3], "", 0, (), ())

    def around(self, rows: Sequence[Row]) -> dict[str, Surroundings]:
        """What stands around rows, by their ids."""
        found: dict[str, Surroundings] = {}
        for tenant in (True, False):
            some = [row for row in rows if bool(row.tenant) is tenant]
            if some:
                found.update(self._around(some, "t.tenant_id = x.tenant" if tenant else "t.tenant_id is null"))
        return found

    def _around(self, rows: Sequence[Row], same: str) -> Iterator[tuple[str, Surroundings]]:
        answers = self._connection.execute(
            _AROUND.format(relation=self.source.relation, same=same, finite=_FINITE).encode(),
            {
                "ids": [row.id for row in rows],
                "times": [row.at for row in rows],
                "tenants": [row.tenant or None for row in rows],
                "previous": [row.previous for row in rows],
                "earliest": EARLIEST,
                "latest": LATEST,
            },
        )
        for id_, p_at, p_id, p_tenant, f_at, f_id, b_at, b_id in answers:
            yield (
                id_,
                Surroundings(_position(p_at, p_id), p_tenant or "", _position(f_at, f_id), _position(b_at, b_id)),
            )

    def beyond_time(self, ahead: timedelta) -> list[Break]:
        """Rows whose time no calendar has, or that lies ahead: rows that are written later would follow them."""
        found = self._connection.execute(
            f"""
            select coalesce(t.id::text, ''), coalesce(t.tenant_id::text, ''), {_FINITE},
                   case when {_FINITE} then t."timestamp" else %(latest)s end
              from {self.source.relation} as t
             where t."timestamp" is null or t."timestamp" < %(earliest)s or t."timestamp" > now() + %(ahead)s
             limit 100
            """.encode(),
            {"earliest": EARLIEST, "latest": LATEST, "ahead": ahead},
        )
        return [
            Break(id_, at, tenant, Kind.INSERTED, "its time lies ahead: rows that are written later follow it")
            if finite
            else Break(id_, LATEST, tenant, Kind.CHANGED, "its time is outside of every calendar")
            for id_, tenant, finite, at in found
        ]

    def circumstances(self) -> Circumstances:
        """What the database says about how the log is written."""
        row = self._connection.execute(_CIRCUMSTANCES, {"relation": self.source.relation}).fetchone()
        trigger, partitions, public_key = row or (None, False, False)
        return Circumstances(
            chained=trigger in {"O", "A"},
            refuses_rows=bool(partitions),
            key_is_public=bool(public_key),
            date_style=self._date_style,
            hash_version=HASH_VERSION in self.source.chain,
        )


_CIRCUMSTANCES = """
select (select t.tgenabled::text from pg_catalog.pg_trigger as t
         where t.tgrelid = c.oid and t.tgname = 'populate_crypto_trigger'),
       c.relkind = 'r' and exists (select from pg_catalog.pg_trigger as t
                                    where t.tgrelid = c.oid and t.tgname = 'create_audit_partition_trigger'
                                      and t.tgenabled in ('O', 'A')),
       exists (select from pg_catalog.pg_proc as p
                where p.proname = 'get_active_signing_key' and p.pronamespace = c.relnamespace
                  and has_function_privilege('public', p.oid, 'execute'))
  from pg_catalog.pg_class as c
 where c.oid = %(relation)s::regclass
"""
_FINITE = 't."timestamp" between %(earliest)s and %(latest)s'
_AROUND = """
select x.id::text, p.at, p.id::text, p.tenant, f.at, f.id::text, b.at, b.id::text
  from unnest(%(ids)s::uuid[], %(times)s::timestamptz[], %(tenants)s::uuid[], %(previous)s::text[])
       as x (id, at, tenant, previous)
  left join lateral (
    select t."timestamp" as at, t.id, coalesce(t.tenant_id::text, '') as tenant
      from {relation} as t
     where x.previous <> '' and t.event_hash = x.previous and {finite}
     order by ({same}) desc nulls last, (t."timestamp", t.id) < (x.at, x.id) desc, t."timestamp" desc, t.id desc
     limit 1
  ) as p on true
  cross join lateral (
    -- of a row that begins a chain, the first of its tenant; of one whose parent is gone, none
    select case when x.previous = '' then %(earliest)s else coalesce(p.at, %(latest)s) end as at
  ) as since
  left join lateral (
    select t."timestamp" as at, t.id
      from {relation} as t
     where {same} and {finite}
       and t."timestamp" >= since.at
       and (t."timestamp", t.id) > (since.at, coalesce(p.id, '00000000-0000-0000-0000-000000000000'))
     order by t."timestamp", t.id
     limit 1
  ) as f on true
  left join lateral (
    select t."timestamp" as at, t.id
      from {relation} as t
     where {same} and {finite} and t."timestamp" <= x.at and (t."timestamp", t.id) < (x.at, x.id)
     order by t."timestamp" desc, t.id desc
     limit 1
  ) as b on p.id is null
"""


def _conditions(wanted: Range) -> tuple[list[str], dict[str, Any]]:
    conditions, given = [_FINITE], {"earliest": EARLIEST, "latest": LATEST}
    more: dict[str, Any] = {}
    if wanted.after:
        conditions.append('t."timestamp" >= %(at)s and (t."timestamp", t.id) > (%(at)s, %(id)s::uuid)')
        more |= {"at": wanted.after.at, "id": wanted.after.id}
    if wanted.upto:
        conditions.append('t."timestamp" <= %(to_at)s and (t."timestamp", t.id) <= (%(to_at)s, %(to_id)s::uuid)')
        more |= {"to_at": wanted.upto.at, "to_id": wanted.upto.id}
    if wanted.start:
        conditions.append('t."timestamp" >= %(start)s')
        more["start"] = wanted.start
    if wanted.before:
        conditions.append('t."timestamp" < %(before)s')
        more["before"] = wanted.before
    if wanted.tenants:
        conditions.append("coalesce(t.tenant_id::text, '(none)') = any(%(wanted)s::text[])")
        more["wanted"] = list(wanted.tenants)
    return conditions, {**given, **more}


def _next_size(size: int, piece: Sequence[Row]) -> int:
    """How many rows to take next, so that memory stays bounded whatever the rows hold."""
    characters = sum(len(text) for row in piece for text in row.content)
    if characters > LARGE:
        return max(1, size // 4)
    return min(PIECE, size * 2) if characters < LARGE // 4 else size


def _row(values: Sequence[Any]) -> Row:
    id_, at, tenant, previous, hash_, signature, version, hashed, others = values
    return Row(id_, at, tenant, previous, hash_, signature, version, tuple(hashed), tuple(others))


def _position(at: datetime | None, id_: str | None) -> Position | None:
    return None if at is None or id_ is None else Position(at, id_)


@contextmanager
def logs(url: str) -> Iterator[list[Log]]:
    """The logs of a database that have a hash chain, open for reading.

    Raises:
        AuditError: the server does not answer, or the user may not read all of a log.
    """
    # Only who verifies pays for the driver.
    from fraiseql_observe.audit.connect import connected, described  # noqa: PLC0415
    from fraiseql_observe.audit.facts import sources  # noqa: PLC0415

    with connected(url) as connection:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise AuditError(
                f"The database {described(url)} is encoded in {encoding}, and hash chains are verified in UTF8 only.",
                hint="verify a copy: pg_dump, then restore into a database made with encoding 'UTF8'",
            )
        style = (connection.info.parameter_status("DateStyle") or "").partition(",")[0]
        connection.execute(_SESSION)
        found = [Log(connection, source, style) for source in sources(connection) if source.chain]
        for log in found:
            _require_readable(connection, log)
        yield found


_MAY_READ = """
select not exists (select from unnest(%(columns)s::text[]) as c (name)
                    where not has_column_privilege(%(relation)s, c.name, 'select')),
       not row_security_active(%(relation)s)
       or exists (select from pg_catalog.pg_policy as p
                   where p.polrelid = %(relation)s::regclass and p.polpermissive and p.polcmd in ('r', '*')
                     and (p.polroles = '{0}' or exists (select from unnest(p.polroles) as r (oid)
                                                         where pg_has_role(current_user, r.oid, 'usage')))
                     and pg_get_expr(p.polqual, p.polrelid) = 'true')
       and not exists (select from pg_catalog.pg_policy as p
                        where p.polrelid = %(relation)s::regclass and not p.polpermissive and p.polcmd in ('r', '*'))
"""


def _require_readable(connection: psycopg.Connection[Any], log: Log) -> None:
    """Row security hides rows without an error: what is hidden would look removed."""
    row = connection.execute(_MAY_READ, {"relation": log.source.relation, "columns": list(log.source.chain)}).fetchone()
    readable, visible = row or (False, False)
    if not readable or not visible:
        why = "row security hides rows of it" if readable else "it needs more columns than dashboards"
        raise AuditError(
            f"The user {connection.info.user} may not verify {log.name}: {why}.",
            hint="run `fraiseql-observe setup audit`, then: create role chain login in role fraiseql_observe_verifier",
        )
