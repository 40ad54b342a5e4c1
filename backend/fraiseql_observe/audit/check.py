"""`fraiseql-observe setup audit --check`: is the set-up whole, and does the reader see what it should?

The trap it is for: with row security on and no policy for the reader, PostgreSQL answers with no rows and no error, and
every dashboard is silently empty.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row

from fraiseql_observe.audit import ddl
from fraiseql_observe.audit.connect import connected
from fraiseql_observe.audit.facts import MAINTAINER, READER, SCHEMA, WRITER, Facts, detect
from fraiseql_observe.audit.maintain import STATUS, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEND = "fraiseql-observe setup audit --database URL"
_KEEP = "fraiseql-observe audit maintain --every 10s, or audit.maintenance_url of the service"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, whether it is right, what was seen, and what mends it."""

    subject: str
    ok: bool
    detail: str
    hint: str = _MEND

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check(url: str) -> list[Finding]:
    """Look at the audit schema of a database; changes nothing.

    Raises:
        AuditError: when the server does not answer.
    """
    with connected(url) as connection, connection.transaction(force_rollback=True):
        facts = detect(connection)
        if facts.version == 0:
            return [Finding("schema", ok=False, detail=f"there is no schema {SCHEMA} here")]
        return [
            _schema(connection, facts),
            _indexes(facts),
            *_maintenance(connection, facts),
            *_roles(connection, facts),
            *_sources(connection, facts),
            *_row_security(connection, facts),
            *_visible_rows(connection, facts),
        ]


def rights(url: str) -> list[Finding]:
    """Look, as the user of `url`, whether questions asked as this user meet the walls they should; changes nothing.

    Raises:
        AuditError: when the server does not answer.
    """
    with connected(url) as connection, connection.transaction(force_rollback=True):
        facts = detect(connection)
        if facts.version == 0:
            return [Finding("schema", ok=False, detail=f"there is no schema {SCHEMA} here")]
        return [_schema(connection, facts), *_login(connection), *_row_security(connection, facts)]


def maintenance(url: str) -> list[Finding]:
    """Look, as the user of `url`, whether this user may keep the log, and how it is kept; changes nothing.

    Raises:
        AuditError: when the server does not answer.
    """
    with connected(url) as connection, connection.transaction(force_rollback=True):
        facts = detect(connection)
        found = list(_maintenance(connection, facts))
    if facts.version < ddl.VERSION or found:
        return found
    hint = f"grant {MAINTAINER} to the user of this URL"
    return [Finding("maintenance", ok=False, detail="this user may not keep the log", hint=hint)]


_LOGIN = """
select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
  from pg_catalog.pg_roles
 where rolname = session_user
    or pg_has_role(session_user, oid, 'member')
 order by rolname <> session_user, rolname
"""
_MAY_READ_MORE = """
select c.oid::regclass::text
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
   and n.nspname not in ('pg_catalog', 'information_schema', 'fraiseql_observe')
   and n.nspname not like 'pg\\_%%'
   and c.relname not like 'pg\\_stat\\_statements%%'
   and has_schema_privilege(session_user, n.oid, 'usage')
   and has_table_privilege(session_user, c.oid, 'select')
 limit 5
"""


def _login(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """The user who logs in is a wall of its own: a role that is only taken can be laid down again."""
    members = connection.execute(_LOGIN).fetchall()
    mighty = [name for name, powers in members if powers]
    login = f"log in as {READER}: setup audit --reader-password-file FILE"
    detail = f"has the rights of {', '.join(mighty[:5])} over the server" if mighty else "has no rights over the server"
    yield Finding("login of the audit questions", ok=not mighty, detail=detail, hint=login)
    if mighty:
        return
    writable = [row[0] for row in connection.execute(_MAY_WRITE, {"role": members[0][0]})]
    detail = f"may change {', '.join(writable)}" if writable else "may change no table"
    yield Finding("writes of the audit questions", ok=not writable, detail=detail, hint=login)
    readable = [row[0] for row in connection.execute(_MAY_READ_MORE)]
    detail = f"may read {', '.join(readable)}" if readable else "may read the audit log only"
    yield Finding("reads of the audit questions", ok=not readable, detail=detail, hint=login)


def _schema(connection: psycopg.Connection[Any], facts: Facts) -> Finding:
    current = facts.version == ddl.VERSION
    detail = f"version {facts.version}, this program's is {ddl.VERSION}"
    row = connection.execute("select to_regclass('fraiseql_observe.upgrade') is not null").fetchone()
    if row and row[0]:
        detail += "; an upgrade was begun and has not ended: run it again, it goes on"
    return Finding("schema", ok=current, detail=detail)


def _indexes(facts: Facts) -> Finding:
    wrong = [name for name in ddl.index_names() if not facts.indexes.get(name)]
    return Finding("indexes", ok=not wrong, detail=f"missing or broken: {', '.join(wrong)}" if wrong else "all valid")


_MAY_MAINTAIN = """
select coalesce(has_function_privilege(to_regprocedure('fraiseql_observe.maintenance_status()'), 'execute'), false)
"""
LATE = 600.0  # seconds; roll-ups that are further behind are not being kept


def _maintenance(connection: psycopg.Connection[Any], facts: Facts) -> Iterator[Finding]:
    """Is somebody keeping the log? Nothing is wrong without, only slower; but partitions and retention stand still."""
    row = connection.execute(_MAY_MAINTAIN).fetchone()
    if facts.version < ddl.VERSION or not (row and row[0]):
        return  # the reader may not know
    with connection.cursor(row_factory=class_row(Status)) as cursor:
        found = cursor.execute(STATUS).fetchone()
    if found is None:
        yield Finding("partitions", ok=False, detail="the settings of maintenance are missing")
        return
    ahead, kept, behind = found.partitions_ahead, found.default_rows, found.behind_seconds
    yield Finding(
        "partitions", ok=ahead > 0, detail=f"{found.partitions}, of which {ahead} for times to come", hint=_KEEP
    )
    detail = f"holds {kept} rows that have no partition of their own" if kept else "is empty"
    yield Finding("default partition", ok=not kept, detail=detail, hint=_KEEP)
    overdue = found.partitions_overdue
    detail = f"{overdue} partitions are past their retention" if overdue else "nothing is past its retention"
    yield Finding("retention", ok=not overdue, detail=detail, hint=_KEEP)
    yield _roll_ups(found, empty=not _has_row(connection, f"{SCHEMA}.audit_event"), late=behind > LATE)


def _roll_ups(found: Status, *, empty: bool, late: bool) -> Finding:
    if found.covered_from:
        detail = f"reach back to {found.covered_from:%Y-%m-%d %H:%M}; what is older is still read from rows"
    elif not found.covered:
        detail = "hold nothing yet; every question reads rows" + (", of which there are none" if empty else "")
    else:
        detail = f"hold all but the last {found.behind_rows} rows, of the last {found.behind_seconds:.0f} s"
    whole = empty or found.covered or found.covered_from is not None
    return Finding("roll-ups", ok=whole and not late, detail=detail, hint=_KEEP)


_ROLES = """
select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
  from pg_catalog.pg_roles
 where rolname = any(%(roles)s::text[])
"""
_MAY_WRITE = """
select c.oid::regclass::text
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
   and n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname not like 'pg\\_toast%%'
   and has_table_privilege(%(role)s, c.oid, 'insert, update, delete, truncate')
 limit 5
"""


def _roles(connection: psycopg.Connection[Any], facts: Facts) -> Iterator[Finding]:
    ours = [READER, WRITER, MAINTAINER] if facts.version > 1 else [READER, WRITER]
    powers = dict(connection.execute(_ROLES, {"roles": ours}).fetchall())
    for role in ours:
        if role not in powers:
            yield Finding(f"role {role}", ok=False, detail="does not exist")
        else:
            detail = "has rights over the whole server" if powers[role] else "exists, without rights over the server"
            hint = f"alter role {role} nosuperuser nobypassrls nocreaterole nocreatedb noreplication"
            yield Finding(f"role {role}", ok=not powers[role], detail=detail, hint=hint)
    if READER in powers:
        writable = [row[0] for row in connection.execute(_MAY_WRITE, {"role": READER})]
        detail = f"the reader may change {', '.join(writable)}" if writable else "the reader may change no table"
        yield Finding("least privilege", ok=not writable, detail=detail, hint=f"revoke those rights from {READER}")


_READ_BY_VIEWS = """
select distinct d.refobjid
  from pg_catalog.pg_depend as d
  join pg_catalog.pg_rewrite as r on r.oid = d.objid and d.classid = 'pg_catalog.pg_rewrite'::regclass
 where r.ev_class in (to_regclass('fraiseql_observe.audit_events'), to_regclass('fraiseql_observe.error_groups'))
"""


def _sources(connection: psycopg.Connection[Any], facts: Facts) -> Iterator[Finding]:
    read = {row[0] for row in connection.execute(_READ_BY_VIEWS)}
    for relation in _relations(facts):
        row = connection.execute("select to_regclass(%(relation)s)::oid", {"relation": relation}).fetchone()
        known = bool(row and row[0] in read)
        detail = "is read by the views" if known else "has appeared since the set-up and is not read"
        yield Finding(f"source {relation}", ok=known, detail=detail)


def _relations(facts: Facts) -> list[str]:
    trackers = [f'"{schema}"."tb_error_log"' for schema, _ in facts.error_logs]
    return [source.relation for source in facts.sources] + trackers


_ROW_SECURITY = """
select c.relrowsecurity,
       exists (select
                 from pg_catalog.pg_policy as p
                where p.polrelid = c.oid
                  and p.polpermissive
                  and p.polcmd in ('r', '*')
                  and (p.polroles = '{0}' or (select oid from pg_roles where rolname = %(role)s) = any(p.polroles))
                  and pg_get_expr(p.polqual, p.polrelid) <> 'false')
  from pg_catalog.pg_class as c
 where c.oid = to_regclass(%(relation)s)
"""


def _row_security(connection: psycopg.Connection[Any], facts: Facts) -> Iterator[Finding]:
    for relation in [f"{SCHEMA}.audit_event", f"{SCHEMA}.error_group", *_relations(facts)]:
        row = connection.execute(_ROW_SECURITY, {"relation": relation, "role": READER}).fetchone()
        secured, readable = row or (False, False)
        detail = "lets the reader through" if readable else "is on and no policy lets the reader see a row"
        if secured:
            yield Finding(f"row security of {relation}", ok=readable, detail=detail)


def _visible_rows(connection: psycopg.Connection[Any], facts: Facts) -> Iterator[Finding]:
    """Ask as the reader: only that proves that grants and policies together show what is there."""
    relations = [f"{SCHEMA}.audit_event", *(source.relation for source in facts.sources)]
    filled = [relation for relation in relations if _has_row(connection, relation)]
    try:
        with connection.transaction():
            connection.execute(f"set local role {READER}")
            visible = [relation for relation in filled if _has_row(connection, relation)]
            _has_row(connection, f"{SCHEMA}.audit_events")
    except psycopg.errors.InsufficientPrivilege as error:
        hint = f"grant {READER} to the user of this URL, or {_MEND}"
        yield Finding("reader sees rows", ok=False, detail=str(error.diag.message_primary), hint=hint)
        return
    except psycopg.errors.UndefinedTable:
        yield Finding("reader sees rows", ok=False, detail="the view audit_events is missing")
        return
    for relation in filled:
        seen = relation in visible
        yield Finding(
            f"rows of {relation}", ok=seen, detail="the reader sees them" if seen else "hidden from the reader"
        )
    if not filled:
        yield Finding("rows", ok=True, detail="no audit log holds a row yet")


def _has_row(connection: psycopg.Connection[Any], relation: str) -> bool:
    row = connection.execute(f"select exists (select from {relation})").fetchone()  # noqa: S608
    return bool(row and row[0])
