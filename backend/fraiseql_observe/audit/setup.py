"""Create and update the audit schema: `fraiseql-observe setup audit`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql

from fraiseql_observe.audit import ddl
from fraiseql_observe.audit.connect import connected, described
from fraiseql_observe.audit.ddl import NOTHING, Step, When, Wishes
from fraiseql_observe.audit.facts import OLDEST_SERVER, READER, SCHEMA, Facts, detect
from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_T = TypeVar("_T")

_LOCK = 7_105_120_011  # any number, the same for every set-up: two at once must take turns
TURN = 600.0  # seconds to wait for another set-up
PATIENCE = 300.0  # seconds to try again while somebody holds a lock
_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
# An operator that somebody made in the schema public must not get into our views.
_SEARCH_PATH = "search_path = pg_catalog, pg_temp"
# Whoever waits for a lock keeps those waiting that come after it: writers, too. So rather briefly, and again.
_SESSION = f"set {_SEARCH_PATH}; set lock_timeout = '1s'; set statement_timeout = 0; set client_min_messages = warning;"
# An index built online waits for every older transaction, and that may take a while.
_SESSION_ONLINE = "set lock_timeout = 0;"
_ROLLUPS_LONGER = "Roll-ups are kept at least as long as rows: a range of time that rows reach is answered from them."
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


def statements(facts: Facts | None = None, wishes: Wishes = NOTHING) -> tuple[str, ...]:
    """The SQL of the set-up in the order in which it runs."""
    return tuple(step.sql for step in ddl.steps(facts or Facts(), wishes))


def script(url: str = "", wishes: Wishes = NOTHING) -> str:
    """The SQL as a file for psql. With a URL it is what that database needs; without, for a new one."""
    facts = _inspect(url) if url else Facts()
    if url:
        heading = f"-- For {described(url)} on PostgreSQL {facts.server}."
    else:
        heading = (
            "-- For a database without FraiseQL audit logs, on PostgreSQL 15 or later. With --database the views also\n"
            "-- read those that are there, and pg_stat_statements."
        )
    steps = ddl.steps(facts, wishes)
    before, inside, after = (_as_text(steps, when) for when in When)
    login = f"-- The reader logs in once it has a password: \\password {READER}, then alter role {READER} login;"
    lock = f"select pg_advisory_xact_lock({_LOCK});"
    begin = f"begin;\nset local {_SEARCH_PATH};\n{lock}"
    path = f"set {_SEARCH_PATH};" if before else ""
    pieces = [heading, path, before, begin, inside, "commit;", after, login]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def _as_text(steps: Iterable[Step], when: When) -> str:
    return "\n\n".join(f"-- {step.title}\n{step.sql}" for step in steps if step.when is when)


def apply(url: str, *, reader_password: str = "", wishes: Wishes = NOTHING) -> Applied:
    """Bring the audit schema of a database up to date; running it again changes nothing.

    Everything that is not done beside the traffic is one transaction. `reader_password` makes the reader a login; it is
    hashed here, so that it reaches neither the server's log nor ours.

    Raises:
        AuditError: when the server does not answer, the user has too few rights, or a newer version set it up.
    """
    with connected(url) as connection:
        connection.execute(_SESSION)
        _take_turn(connection)
        before = _look(connection)
        for step in ddl.steps(before):
            if step.when is When.BEFORE:
                _alone(connection, step)
        facts, after = _patiently(lambda: _together(connection, reader_password, wishes))
        for step in after:
            _alone(connection, step)
        return Applied(
            database=described(url),
            previous_version=before.version,
            version=ddl.VERSION,
            sources=tuple(f"{source.schema}.{source.table}" for source in facts.sources),
            statement_stats=bool(facts.statements),
            online_indexes=tuple(step.title for step in after),
            reader_login=_reader_logs_in(connection),
        )


def _take_turn(connection: psycopg.Connection[Any]) -> None:
    """Asked for again and again: who waits for a lock in PostgreSQL keeps an index from being built online."""
    patience = time.monotonic() + TURN
    while time.monotonic() < patience:
        row = connection.execute("select pg_try_advisory_lock(%(lock)s)", {"lock": _LOCK}).fetchone()
        if row and row[0]:
            return
        time.sleep(_PAUSES[0])
    raise AuditError("Another set-up of this database does not end.", hint="look for it in pg_stat_activity")


def _alone(connection: psycopg.Connection[Any], step: Step) -> None:
    if "concurrently" in step.sql:  # waits for every older transaction, and that may take a while
        connection.execute(_SESSION_ONLINE)
        connection.execute(step.sql.encode())
        connection.execute(_SESSION)
    else:
        _patiently(lambda: connection.execute(step.sql.encode()))


def _together(
    connection: psycopg.Connection[Any], reader_password: str, wishes: Wishes
) -> tuple[Facts, tuple[Step, ...]]:
    """The transaction; gives what was found and what remains to be done after it."""
    with connection.transaction():
        _require_trusted(connection)
        facts = _supported(detect(connection))
        steps = ddl.steps(facts, wishes)
        try:
            for step in steps:
                if step.when is When.TOGETHER:
                    connection.execute(step.sql.encode())
        except psycopg.errors.CheckViolation as error:
            if error.diag.table_name != "maintenance_setting":
                raise
            raise AuditError(_ROLLUPS_LONGER, hint="give --rollup-retention, at least as long as --retention") from None
        if reader_password:
            _let_reader_log_in(connection, reader_password)
    return facts, tuple(step for step in steps if step.when is When.AFTER)


def _patiently(action: Callable[[], _T]) -> _T:
    """Do it, again as long as somebody holds a lock that it needs.

    Raises:
        psycopg.Error: as the action; the lock's when it was not to be had in `PATIENCE`.
    """
    patience = time.monotonic() + PATIENCE
    for attempt in count():
        try:
            return action()
        except psycopg.Error as error:
            if not _passes(error) or time.monotonic() > patience:
                raise
            time.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
    raise AssertionError("count() ends never")


def _passes(error: psycopg.Error) -> bool:
    """Whether it is only that somebody holds a lock, or alters a role for another database at the same moment."""
    if isinstance(error, psycopg.errors.InternalError_):
        return "concurrently updated" in str(error)
    return isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)


def _look(connection: psycopg.Connection[Any]) -> Facts:
    with connection.transaction():
        _require_trusted(connection)
        return _supported(detect(connection))


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
