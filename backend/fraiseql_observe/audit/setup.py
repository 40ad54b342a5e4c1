"""Create and update the audit schema: `fraiseql-observe setup audit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from fraiseql_observe.audit import ddl
from fraiseql_observe.audit.connect import connected, described
from fraiseql_observe.audit.facts import OLDEST_SERVER, READER, SCHEMA, Facts, detect
from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    import psycopg

_LOCK = 7_105_120_011  # any number, the same for every set-up: two at once must take turns
# An operator that somebody made in the schema public must not get into our views.
_SEARCH_PATH = "search_path = pg_catalog, pg_temp"
_SESSION = (
    f"set {_SEARCH_PATH}; set lock_timeout = '10s'; set statement_timeout = 0; set client_min_messages = warning;"
)
# An index built online waits for every older transaction, and that may take a while.
_SESSION_ONLINE = "set lock_timeout = 0;"
# Owners in our schema who are neither superusers nor us; a superuser is a member of every role, which says nothing.
_STRANGERS = """
with objects (owner) as (
  select n.nspowner from pg_catalog.pg_namespace as n where n.nspname = %(schema)s
  union
  select c.relowner from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where n.nspname = %(schema)s
  union
  select p.proowner from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace where n.nspname = %(schema)s
)
select r.rolname
  from objects as o
  join pg_catalog.pg_roles as r on r.oid = o.owner
  join pg_catalog.pg_roles as me on me.rolname = current_user
 where not r.rolsuper
   and r.oid <> me.oid
   and (me.rolsuper or not pg_catalog.pg_has_role(me.oid, r.oid, 'usage'))
 order by r.rolname
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a set-up did: from which version to which, what the views read now, and whether the reader may log in."""

    database: str
    previous_version: int
    version: int
    sources: tuple[str, ...]
    statement_stats: bool
    online_indexes: tuple[str, ...]
    reader_login: bool

    def as_json(self) -> dict[str, Any]:
        return {"ok": True} | {name: getattr(self, name) for name in self.__slots__}


def statements(facts: Facts | None = None, *, app_role: str = "") -> tuple[str, ...]:
    """The SQL of the set-up in the order in which it runs."""
    return tuple(step.sql for step in ddl.steps(facts or Facts(), app_role=app_role))


def script(url: str = "", *, app_role: str = "") -> str:
    """The SQL as a file for psql. With a URL it is what that database needs; without, for a new one."""
    facts = _inspect(url) if url else Facts()
    if url:
        heading = f"-- For {described(url)} on PostgreSQL {facts.server}."
    else:
        heading = (
            "-- For a database without FraiseQL audit logs, on PostgreSQL 15 or later. With --database the views also\n"
            "-- read those that are there, and pg_stat_statements."
        )
    parts = ddl.steps(facts, app_role=app_role)
    inside = "\n\n".join(f"-- {step.title}\n{step.sql}" for step in parts if not step.online)
    online = "\n\n".join(f"-- {step.title}\n{step.sql}" for step in parts if step.online)
    login = f"-- The reader logs in once it has a password: \\password {READER}, then alter role {READER} login;"
    lock = f"select pg_advisory_xact_lock({_LOCK});"
    pieces = [heading, f"begin;\nset local {_SEARCH_PATH};\n{lock}", inside, "commit;", online, login]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def apply(url: str, *, reader_password: str = "", app_role: str = "") -> Applied:
    """Bring the audit schema of a database up to date; running it again changes nothing.

    Everything but indexes on a table that holds rows happens in one transaction. `reader_password` makes the reader a
    login; it is hashed here, so that it reaches neither the server's log nor ours.

    Raises:
        AuditError: when the server does not answer, the user has too few rights, or a newer version set it up.
    """
    with connected(url) as connection:
        connection.execute(_SESSION)
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})
            _require_trusted(connection)
            facts = _supported(detect(connection))
            steps = ddl.steps(facts, app_role=app_role)
            for step in steps:
                if not step.online:
                    connection.execute(step.sql.encode())
            if reader_password:
                _let_reader_log_in(connection, reader_password)
        online = tuple(step for step in steps if step.online)
        connection.execute(_SESSION_ONLINE)
        for step in online:
            connection.execute(step.sql.encode())
        return Applied(
            database=described(url),
            previous_version=facts.version,
            version=ddl.VERSION,
            sources=tuple(f"{source.schema}.{source.table}" for source in facts.sources),
            statement_stats=bool(facts.statements),
            online_indexes=tuple(step.title for step in online),
            reader_login=_reader_logs_in(connection),
        )


def _inspect(url: str) -> Facts:
    with connected(url) as connection:
        connection.execute(_SESSION)
        _require_trusted(connection)
        return _supported(detect(connection))


def _require_trusted(connection: psycopg.Connection[Any]) -> None:
    """Whoever may create schemas may have made ours first: touching it would run their code with our rights."""
    strangers = [str(name) for (name,) in connection.execute(_STRANGERS, {"schema": SCHEMA})]
    if strangers:
        raise AuditError(
            f"The schema {SCHEMA} holds objects of {', '.join(strangers)}, a role that could run code as this user.",
            hint=f"run it as that role, or look at the schema and give it away: alter schema {SCHEMA} owner to ...",
        )


def _supported(facts: Facts) -> Facts:
    if facts.server < OLDEST_SERVER:
        raise AuditError(
            f"PostgreSQL {facts.server} is too old for the audit schema.",
            hint=f"use PostgreSQL {OLDEST_SERVER} or later",
        )
    if facts.version > ddl.VERSION:
        raise AuditError(
            f"A newer fraiseql-observe set this database up (version {facts.version}, ours is {ddl.VERSION}).",
            hint="pip install --upgrade fraiseql-observe",
        )
    return facts


def _let_reader_log_in(connection: psycopg.Connection[Any], password: str) -> None:
    verifier = connection.pgconn.encrypt_password(password.encode(), READER.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("alter role {} login password {}").format(sql.Identifier(READER), sql.Literal(verifier.decode()))
    )


def _reader_logs_in(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("select rolcanlogin from pg_roles where rolname = %(role)s", {"role": READER}).fetchone()
    return bool(row and row[0])
