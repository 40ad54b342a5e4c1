"""Every way we know to do through the proxy what it is not for; each fails for a named reason.

The attacker writes the question file himself, which is more than any client can do: a client sends values only, and
those are tried below, too. Each attack is tried against all walls, then with each wall in turn taken away:

    checks     the file is not vetted
    role       the login is the server's superuser and takes no other role
    read only  the transaction may write
    cursor     the statement is sent as it is, by the protocol that takes several

What a wall stops alone, so that nothing is left when it goes, is in LAST; docs/adr/0016-four-walls.md says the same.
"""

# ruff: noqa: E501  a row of a table is a line

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from audit_database import CATALOGUE
from proxied import GIVEN, made, proxying, reading

from fraiseql_observe.audit import answer
from fraiseql_observe.audit.proxy import Asker, Rules
from fraiseql_observe.audit.reader import Limits, Reader
from fraiseql_observe.audit.values import Bounds
from fraiseql_observe.audit.vetting import vet
from fraiseql_observe.errors import AskError, CatalogueError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Refusal = str | None | tuple[str | None, ...]
LIMITS = Limits(statement=timedelta(seconds=1), lock=timedelta(milliseconds=200), rows=1000, connections=2)
SECRET = "a secret of the application"


class Writable(Reader):
    """Without the wall READ ONLY."""

    @asynccontextmanager
    async def _read_only(self, connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
        # The role's own setting is part of that wall.
        await connection.execute("set default_transaction_read_only = off")
        async with connection.transaction(force_rollback=True):
            yield


class Plain(Reader):
    """Without the wall of the cursor: as an ordinary program would ask."""

    async def _rows(self, connection, question, arguments):
        cursor = await connection.execute(question.bound_sql.encode(), arguments or None)
        while cursor.description is None and cursor.nextset():
            pass
        rows = await cursor.fetchmany(self._limits.rows) if cursor.description else []
        return [answer.row(row, question.columns) for row in rows], False


@dataclass(frozen=True)
class Attack:
    """`sql` by a reader; `vetted` is why the file is refused, `error` what PostgreSQL says behind that.

    `without` are errors that differ when a wall is gone, None meaning that the attack runs but does not get what it
    wants. Several where servers differ: PostgreSQL before 16 lets large objects be made in a read-only transaction.
    """

    sql: str
    vetted: str
    error: Refusal
    without: dict[str, Refusal] = field(default_factory=dict)
    columns: str = "n: number"


REFUSED, READ_ONLY, SYNTAX, NO_RIGHT, LATE = "42501", "25006", "42601", "42501", "57014"
CTE_WRITE = "0A000"  # DECLARE CURSOR must not contain data-modifying statements in WITH
WRITE = "delete from fraiseql_observe.audit_event returning 1 as n"
ATTACKS = {
    # --- write
    "delete in a with": Attack(f"with d as ({WRITE}) select n from d", "'delete' has no place", CTE_WRITE, {"cursor": READ_ONLY}),
    "insert in a with": Attack(
        "with d as (insert into fraiseql_observe.audit_event (occurred_at, event_id, event_type) "
        "values (now(), gen_random_uuid(), 'access') returning 1 as n) select n from d",
        "'insert' has no place", CTE_WRITE, {"cursor": READ_ONLY},
    ),
    "update in a with": Attack(
        "with d as (update app.secret set text = 'gone' returning 1 as n) select n from d",
        "'update' has no place", NO_RIGHT, {"role": CTE_WRITE},
    ),
    "select into": Attack("select 1 as n into mine", "'into' has no place", SYNTAX, {"cursor": READ_ONLY}),
    "lock rows": Attack(
        "select 1 as n from fraiseql_observe.audit_event for update", "'update' has no place", READ_ONLY, {"read only": NO_RIGHT},
    ),
    "share rows": Attack(
        "select 1 as n from fraiseql_observe.audit_event for key share", "'key' has no place", READ_ONLY, {"read only": NO_RIGHT},
    ),
    "next of a sequence": Attack(
        "select nextval('app.numbers') as n", "function nextval", NO_RIGHT, {"role": READ_ONLY},
    ),
    "large object": Attack("select lo_create(4711) as n", "function lo_create", (None, READ_ONLY), {"read only": None}),
    "resolve an error": Attack(
        "select fraiseql_observe.resolve_error('f', 'x', 'y')::int as n", "function fraiseql_observe.resolve_error", NO_RIGHT,
        {"role": READ_ONLY},
    ),
    "write a file": Attack(
        "select lo_export(1, '/tmp/red-team') as n", "function lo_export", NO_RIGHT, {"role": "42704"},
    ),
    "SQL in a function": Attack(
        "select query_to_xml('delete from app.secret', true, true, '')::text as n", "function query_to_xml",
        NO_RIGHT, {"role": "0A000"}, columns="n: string",
    ),
    # --- escape the transaction
    "a second statement": Attack(
        "select 1 as n; create table app.mine ()", "one statement", SYNTAX, {"cursor": READ_ONLY, "role": SYNTAX},
    ),
    "leave the transaction": Attack(
        "select 1 as n; commit; create table app.mine ()", "one statement", SYNTAX, {"cursor": READ_ONLY},
    ),
    "leave it and begin anew": Attack(
        "select 1 as n; rollback; begin read write; update app.secret set text = 'gone'; commit; select 1 as n",
        "one statement", SYNTAX, {"cursor": NO_RIGHT},
    ),
    "read write": Attack(
        "select 1 as n from (select set_config('transaction_read_only', 'off', true)) as x", "function set_config", "25001",
        {"read only": None},
    ),
    "another role": Attack(
        "select 1 as n from (select set_config('role', 'postgres', true)) as x", "function set_config", NO_RIGHT,
        {"role": None},
    ),
    "another session's role": Attack(
        "select 1 as n from (select set_config('session_authorization', 'postgres', true)) as x", "function set_config",
        NO_RIGHT, {"role": None},
    ),
    "end other sessions": Attack(
        "select pg_terminate_backend(pid)::int as n from pg_stat_activity "
        "where usename = 'postgres' and datname = current_database() and pid <> pg_backend_pid()",
        "'pg_terminate_backend' is PostgreSQL's own", NO_RIGHT,
    ),
    # --- read what is not the audit log
    "another table": Attack("select text as n from app.secret", "", NO_RIGHT, columns="n: string"),
    "the audit table of others": Attack(
        "select count(*) as n from app.plain", "", NO_RIGHT,
    ),
    "passwords": Attack(
        "select rolpassword as n from pg_authid", "'pg_authid' is PostgreSQL's own", NO_RIGHT, columns="n: string",
    ),
    "a file": Attack(
        "select pg_read_file('/etc/passwd') as n", "'pg_read_file' is PostgreSQL's own", NO_RIGHT, columns="n: string",
    ),
    "settings of the server": Attack(
        "select current_setting('hba_file') as n", "function current_setting", NO_RIGHT, columns="n: string",
    ),
    "a table by its name": Attack(
        "select table_to_xml('app.secret', true, true, '')::text as n", "function table_to_xml", NO_RIGHT,
        columns="n: string",
    ),
    "another server": Attack(
        "select 1 as n from dblink('dbname=postgres', 'select 1') as t (n int)", "function dblink", "42883",
    ),
    # --- sleep and exhaust
    "sleep": Attack("select 1 as n from (select pg_sleep(60)) as x", "'pg_sleep' is PostgreSQL's own", LATE),
    "sleep under another name": Attack(
        'select 1 as n from (select "pg_sleep"(60)) as x', "'pg_sleep' is PostgreSQL's own", LATE,
    ),
    "sleep in escapes": Attack(
        r"""select 1 as n from (select U&"pg\005fsleep"(60)) as x""", "function", LATE,
    ),
    "a comment before the bracket": Attack(
        "select 1 as n from (select pg_sleep/* */(60)) as x", "'pg_sleep' is PostgreSQL's own", LATE,
    ),
    "a product without end": Attack(
        "select count(*) as n from generate_series(1, 100000) as a, generate_series(1, 100000) as b", "", LATE,
    ),
    "recursion without end": Attack(
        "with recursive r as (select 1 as n union all select n + 1 from r) select max(n::numeric) as n from r",
        "", LATE, {"role": LATE},
    ),
    "a lock that stays": Attack(
        "select 1 as n from (select pg_advisory_lock(4711)) as x", "'pg_advisory_lock' is PostgreSQL's own", None,
    ),
    "time-outs off": Attack(
        "select 1 as n from (select set_config('statement_timeout', '0', false), pg_sleep(60)) as x", "function set_config", LATE,
    ),
    "a message to others": Attack("select 1 as n from (select pg_notify('inbox', 'x')) as x", "'pg_notify' is", None),
}  # fmt: skip
WALLS = ("role", "read only", "cursor")
# What runs when the role is gone because nothing else is in its way: the ADR names them.
LAST = {
    "role": {"another table", "the audit table of others", "passwords", "a file", "settings of the server",
             "a table by its name", "end other sessions"},
}  # fmt: skip


@pytest.fixture(scope="module")
def fortress(shared):
    shared.run(
        f"""
        create schema app;
        create table app.secret (text text);
        insert into app.secret values ('{SECRET}');
        create table app.plain (n int);
        create sequence app.numbers;
        """
    )
    shared.event(60, outcome="failure", error_type="auth", user_id="ada")
    shared.event(70, tenant_id="globex", outcome="failure", error_type="auth", user_id="gus")
    return shared


@pytest.fixture
def victim(fortress):
    """Somebody else's session."""
    with psycopg.connect(fortress.url) as connection:
        yield connection


def expect(seen, refusal):
    assert seen in refusal if isinstance(refusal, tuple) else seen == refusal


def state(audited):
    """What an attack may not change."""
    return audited.run(
        "select (select count(*) from fraiseql_observe.audit_event), (select string_agg(text, ',') from app.secret),"
        " (select is_called from app.numbers), (select count(*) from pg_class where relname = 'mine'),"
        " (select count(*) from pg_largeobject_metadata where oid = 4711),"
        " (select count(*) from pg_locks where locktype = 'advisory' and objid = 4711)"
    )


async def sqlstate(reader, question):
    """What PostgreSQL says to a question; None when it answers."""
    try:
        await reader.ask(question, {}, "")
    except AskError as error:
        if error.status == 504:
            return LATE
        cause = error.__cause__
        return cause.sqlstate if isinstance(cause, psycopg.Error) else f"HTTP {error.status}"
    return None


def hostile(attack):
    """The question as its author would have it, past the lexer's rule of one statement."""
    head, *rest = attack.sql.split(";")
    question = made(head, attack.columns)
    if not rest:
        return question
    token = question.tokens[-1]
    tail = type(token)(token.kind, ";" + ";".join(rest), token.line)
    return type(question)(
        **{name: getattr(question, name) for name in question.__slots__} | {"tokens": (*question.tokens, tail)}
    )


# What a statement reads and how long it takes is the database's to refuse: of the others the file is wrong.
@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.vetted])
def test_the_file_is_refused(name):
    attack = ATTACKS[name]
    with pytest.raises(CatalogueError, match=r"^mine\.sql:\d+: ") as refused:
        vet(made(attack.sql, attack.columns), "mine.sql")
    assert attack.vetted in refused.value.message


@pytest.mark.parametrize("name", ATTACKS)
async def test_without_our_checks_the_database_refuses(fortress, victim, name):
    before, attack = state(fortress), ATTACKS[name]
    async with reading(fortress.reader_url, LIMITS) as reader:
        expect(await sqlstate(reader, hostile(attack)), attack.error)
    assert state(fortress) == before


@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize("name", ATTACKS)
async def test_with_one_more_wall_gone_the_others_hold(fortress, victim, name, wall):
    before, attack = state(fortress), ATTACKS[name]
    url, more = fortress.reader_url, {}
    if wall == "role":
        url, more = fortress.url, {"role": "none"}
    kind = {"read only": Writable, "cursor": Plain}.get(wall, Reader)
    expected = attack.without.get(wall, None if name in LAST.get(wall, ()) else attack.error)
    async with reading(url, LIMITS, kind, **more) as reader:
        expect(await sqlstate(reader, hostile(attack)), expected)
    assert state(fortress) == before


# --- another tenant's rows. The attacker's token is for acme: the transaction's setting says so.

EVERYBODY = "select tenant_id as n from fraiseql_observe.audit_events"
PEEKS = {
    "without the parameter": EVERYBODY,
    "by the opposite": f"{EVERYBODY} where tenant_id <> 'acme' or true",
    "by a join": f"select b.tenant_id as n from ({EVERYBODY}) as a cross join fraiseql_observe.audit_events as b",
    "from the table": "select tenant_id as n from fraiseql_observe.audit_event",
    "from the list of tenants": "select tenant_id as n from fraiseql_observe.tenants",
    "by a guess that fails on others": f"{EVERYBODY} where 1 / (length(tenant_id) - 6) < 1",
}


@pytest.mark.parametrize("wall", ["checks", *WALLS])
@pytest.mark.parametrize("name", PEEKS)
async def test_another_tenant_is_not_seen(fortress, name, wall):
    question = made(PEEKS[name], "n: string")
    if wall != "checks":
        vet(question, "mine.sql")
    url, more = (fortress.url, {"role": "none"}) if wall == "role" else (fortress.reader_url, {})
    kind = {"read only": Writable, "cursor": Plain}.get(wall, Reader)
    async with reading(url, LIMITS, kind, **more) as reader:
        # Row security binds no superuser: it is the last wall of the table, and of errors that tell of a row.
        if (name, wall) == ("by a guess that fails on others", "role"):
            expect(await sqlstate(reader, question), "22012")
            return
        found = await reader.ask(question, {}, "acme")
    seen = {"acme", "globex"} if (name, wall) == ("from the table", "role") else {"acme"}
    assert {row[0] for row in found.rows} == seen


async def test_the_tenant_setting_is_safe_from_statements_by_our_checks_alone(fortress):
    sql = (
        "with x as materialized (select set_config('fraiseql.tenant_id', 'globex', true) as y) "
        "select (select t.tenant_id from fraiseql_observe.audit_events as t limit 1) as n from x where y <> ''"
    )
    question = made(sql, "n: string")
    with pytest.raises(CatalogueError, match="the function set_config is not allowed"):
        vet(question, "mine.sql")
    async with reading(fortress.reader_url, LIMITS) as reader:
        assert (await reader.ask(question, {}, "acme")).rows == [("globex",)], "the ADR may be kinder than it is"
        # What it set is gone with its transaction.
        assert (await reader.ask(made(EVERYBODY, "n: string"), {}, "acme")).rows == [("acme",)]


# --- what a client can send: names and values

INJECTIONS = (
    "'; drop table fraiseql_observe.audit_event; --", "1 or 1=1", "acme' or tenant_id <> '", "${tenant}", "$__timeFrom()",
    "%s", "%(tenants)s", ":tenants", "{globex}", '{"globex"}', "(none)", "globex\x1facme", "\ud800", "\0", "' union select 1 --",
    "\u202egolbex", "acme\x1fglobex", '["acme\\u001fglobex"]', '["globex"', "[[]]", "[" * 5000, "9" * 400, "nan", "1e999",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(CATALOGUE))
async def test_no_value_of_a_client_is_more_than_a_value(fortress, name):
    question, before = CATALOGUE[name], state(fortress)
    known = {key: value for key, value in GIVEN.items() if key in question.parameters}
    async with proxying(fortress.reader_url) as proxy:
        for parameter in (*question.parameters, "unknown'; --"):
            for value in INJECTIONS:
                try:
                    found = await proxy.ask(question, known | {parameter: [value]}, Asker(("acme",)))
                except AskError as error:
                    assert error.status in (400, 403, 413), (parameter, value, error)  # noqa: PT017
                else:
                    assert "gus" not in repr(found.rows)
    assert state(fortress) == before


CONNECTIONS = """
select count(*) from pg_stat_activity
 where application_name = 'fraiseql-observe audit' and datname = current_database()
"""


async def test_many_questions_take_no_more_than_their_connections(fortress):
    slow = [made("select 1 as n from (select pg_sleep(0.2)) as x", name=f"slow{place}") for place in range(40)]
    rules = Rules(Bounds(), running=2, waiting=4, patience=timedelta(seconds=5))
    for _ in range(250):  # PostgreSQL takes its time to end what an earlier test has closed
        if not fortress.run(CONNECTIONS)[0][0]:
            break
        await asyncio.sleep(0.02)
    async with proxying(fortress.reader_url, *slow, limits=LIMITS, rules=rules) as proxy:
        asked = asyncio.gather(*(proxy.ask(one, {}, Asker()) for one in slow), return_exceptions=True)
        most = 0
        while not asked.done():
            most = max(most, await asyncio.to_thread(lambda: fortress.run(CONNECTIONS)[0][0]))
    assert [one.status for one in await asked if isinstance(one, AskError)] == [429] * 34
    assert most <= LIMITS.connections
