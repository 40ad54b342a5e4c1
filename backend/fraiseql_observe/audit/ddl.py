"""The SQL of the audit schema, put together from `schema/*.sql` for what a database has. Pure: nothing is run here.

What is put into the files are constants of this package and identifiers of the database, always quoted.
"""

# ruff: noqa: S608  no value from outside is ever part of these statements

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from fraiseql_observe.audit.facts import MAINTAINER, READER, SCHEMA, WRITER
from fraiseql_observe.audit.families import FAMILIES
from fraiseql_observe.audit.keeping import Keeping
from fraiseql_observe.audit.lexer import Kind, tokens
from fraiseql_observe.audit.sources import ERROR_LOG, Source, quoted
from fraiseql_observe.audit.verifier import verifier_rights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fraiseql_observe.audit.facts import Facts
    from fraiseql_observe.audit.families import Family

VERSION = 2
LOG = f"{SCHEMA}.audit_event"
# Read once for each query, not once for each row.
_SCOPE = "(select nullif(current_setting('fraiseql.tenant_id', true), ''))"
# Several tenants are separated by a character that no tenant's name holds.
_TENANTS = "(select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[]"


class When(Enum):
    """Most steps are one transaction; what must not keep others waiting, or may not be in one, runs around it."""

    BEFORE = auto()
    TOGETHER = auto()
    AFTER = auto()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asks for: roles that become writer or maintainer, and how the log is kept."""

    app_role: str = ""
    maintainer_role: str = ""
    keeping: Keeping = field(default_factory=Keeping)


NOTHING = Wishes()


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of the set-up. Each is safe to run again, whatever interrupted it."""

    title: str
    sql: str
    when: When = When.TOGETHER

    @property
    def online(self) -> bool:
        """Whether it runs by itself, beside the traffic."""
        return self.when is not When.TOGETHER


def steps(facts: Facts, wishes: Wishes = NOTHING) -> tuple[Step, ...]:
    """Everything that brings a database with these facts to the current schema; safe to run again."""
    upgrading = facts.version == 1
    return (
        *(_preparation(facts) if upgrading else ()),
        Step("wait for maintenance", _file("wait.sql")),
        Step("roles", _file("roles.sql")),
        *([Step("upgrade: make room", _file("upgrade/rename.sql"))] if upgrading else []),
        Step("tables", _file("tables.sql")),
        Step("functions", _file("functions.sql")),
        Step("state of the roll-ups", _file("rollup_state.sql")),
        *(Step(f"index {name}", sql) for name, sql in _indexes().items() if facts.version <= 1),
        *([Step("upgrade: attach", _file("upgrade/attach.sql"))] if upgrading else []),
        *_partitioned_indexes(facts),
        Step("view audit_events", _view("audit_events", _union(_events(facts)), facts)),
        Step("view statement_stats", _statement_stats(facts)),
        Step("functions of the roll-ups", _file("rollup_functions.sql")),
        *(Step(f"roll-ups {family.name}", _file(f"rollups/{family.name}.sql")) for family in FAMILIES),
        Step("view tenants", _view("tenants", " union\n".join(_tenants(facts)), facts)),
        Step("view error_tenants", _view("error_tenants", _error_tenants(), facts)),
        Step("view error_groups", _view("error_groups", _union(_groups(facts)), facts)),
        Step("partitions", _file("partitions.sql")),
        Step("maintenance", _roll_up()),
        Step("status of maintenance", _file("status.sql")),
        *([Step("how the log is kept", wishes.keeping.sql())] if wishes.keeping.sql() else []),
        Step("what is there", _file("begin.sql").replace("{families}", _family_list())),
        Step("grants", _file("grants.sql")),
        Step("row security", _file("policies.sql")),
        *(Step(f"reading roll-ups {family.name}", _family_rights(family)) for family in FAMILIES),
        *(Step(f"reading {source.relation}", _source_rights(source)) for source in facts.sources),
        *(Step(f"verifying {source.relation}", verifier_rights(source)) for source in facts.sources if source.chain),
        *(
            Step(f"reading {schema}.tb_error_log", _error_log_rights(*log))
            for log in facts.error_logs
            for schema in log[:1]
        ),
        *_memberships(wishes),
        Step("version", f"insert into {SCHEMA}.schema_version (version) values ({VERSION}) on conflict do nothing;"),
        *_partition_indexes(facts),
        *(step for source in facts.sources if not source.time_index for step in _time_index(source)),
    )


def _memberships(wishes: Wishes) -> Iterator[Step]:
    if wishes.app_role:
        yield Step("the application may write", f"grant {WRITER} to {quoted(wishes.app_role)};")
    if wishes.maintainer_role:
        yield Step("the maintainer may work", f"grant {MAINTAINER} to {quoted(wishes.maintainer_role)};")


def index_names() -> tuple[str, ...]:
    """The indexes that a complete set-up has, beside those of the keys."""
    return tuple(_indexes())


def _preparation(facts: Facts) -> Iterator[Step]:
    """What makes the log of version 1 ready to become a partition, while it is written."""
    yield Step("upgrade: transaction ids", _file("upgrade/transaction_id.sql"), When.BEFORE)
    for name, sql in _indexes().items():
        yield from _online_index(facts, name, name, sql, When.BEFORE)
    yield Step("upgrade: bound", _file("upgrade/bound.sql"), When.BEFORE)
    yield Step("upgrade: prove the bound", _file("upgrade/validate.sql"), When.BEFORE)


def _online_index(facts: Facts, name: str, index: str, sql: str, when: When) -> Iterator[Step]:
    """An index built beside the traffic; one that was interrupted is built anew."""
    valid = facts.indexes.get(index)
    if valid is False:
        yield Step(f"drop broken index {index}", f"drop index concurrently if exists {SCHEMA}.{index};", when)
    if not valid:
        sql = sql.replace("create index", "create index concurrently", 1).replace(f" {name}\n", f" {index}\n", 1)
        yield Step(f"index {index}", sql, when)


def _partitioned_indexes(facts: Facts) -> Iterator[Step]:
    """An index of the whole log that is missing: empty at first, since on a partitioned table none is built online."""
    for name, sql in _incomplete(facts):
        if facts.indexes.get(name) is False and not facts.unindexed.get(name):
            yield Step(f"drop broken index {name}", f"drop index {SCHEMA}.{name};")
        yield Step(f"index {name}", sql.replace(f" on {LOG}", f" on only {LOG}", 1))


def _partition_indexes(facts: Facts) -> Iterator[Step]:
    """The same, beside the traffic: partition for partition; with the last one the whole is valid."""
    for name, sql in _incomplete(facts):
        for partition in facts.unindexed.get(name) or facts.partitions:
            index = partition + name.removeprefix("audit_event")
            relation = f"{SCHEMA}.{quoted(partition)}"
            yield from _online_index(facts, name, index, sql.replace(f" on {LOG}", f" on {relation}", 1), When.AFTER)
            attach = f"alter index {SCHEMA}.{name} attach partition {SCHEMA}.{quoted(index)};"
            yield Step(f"attach index {index}", attach, When.AFTER)
    if facts.version > 1:
        for name, sql in _indexes().items():
            if f" on {LOG}" not in sql:
                yield from _online_index(facts, name, name, sql, When.AFTER)


def _incomplete(facts: Facts) -> list[tuple[str, str]]:
    """The indexes that a partitioned log lacks, in part or whole."""
    if facts.version <= 1:
        return []
    return [(name, sql) for name, sql in _indexes().items() if f" on {LOG}" in sql and not facts.indexes.get(name)]


def _time_index(source: Source) -> Iterator[Step]:
    """Every question is about a range of time; FraiseQL does not index each of its logs by time alone."""
    name = quoted(f"{SCHEMA}_{source.table}_time")
    column = quoted(source.definition.time)
    # none is valid: one of this name is the rest of an attempt that was interrupted
    yield Step(
        f"drop broken index on {source.relation}",
        f"drop index concurrently if exists {quoted(source.schema)}.{name};",
        When.AFTER,
    )
    build = f"create index concurrently {name} on {source.relation} ({column});"
    yield Step(f"index on {source.relation}", build, When.AFTER)


@cache
def _file(name: str) -> str:
    return resources.files(__package__).joinpath("schema", name).read_text(encoding="utf-8").strip()


@cache
def _indexes() -> dict[str, str]:
    """The statements of indexes.sql by the name of the index."""
    statements: dict[str, str] = {}
    code = ""
    for token in tokens(_file("indexes.sql")):
        if token.kind is Kind.SEMICOLON:
            statement = code.strip()
            statements[statement.split()[5]] = statement + ";"
            code = ""
        elif token.kind is not Kind.COMMENT:
            code += token.text
    return statements


def _roll_up() -> str:
    """The driver, with a line for each family where it adds and for each table where it deletes."""
    new, always, old, empty, forget = [], [], [], [], []
    for family in FAMILIES:
        adding = f"perform {SCHEMA}.add_{family.name}(state.next_transaction, before);"
        if family.every_turn:
            always.append(f"  {adding}")
        else:
            new.append(f"    {adding}")
        old.append(f"      perform {SCHEMA}.add_{family.name}_between(old_from, state.covered_from);")
        for one in (table for table in family.tables if table.time):
            counted_again = f"{one.end} > kept_from" if one.end else f"{one.time} >= kept_from"
            empty.append(f"  delete from {SCHEMA}.{one.table} where {counted_again};")
            forget.append(f"  delete from {SCHEMA}.{one.table} where {one.time} < before;")
    return (
        _file("roll_up.sql")
        .replace("{adding}", "\n".join([*new, "    null;"]))
        .replace("{adding_always}", "\n".join(always))
        .replace("{adding_old}", "\n".join([*old, "      null;"]))
        .replace("{emptying}", "\n".join([*empty, "  null;"]))
        .replace("{forgetting}", "\n".join([*forget, "  null;"]))
        .replace("{families}", _family_list())
    )


def _family_list() -> str:
    names = ", ".join(f"'{family.name}:{family.version}'" for family in FAMILIES)
    return f"array[{names}]::text[]"


def _family_rights(family: Family) -> str:
    """The reader sees what row security lets him; nobody but the driver writes."""
    statements = [f"grant execute on function {SCHEMA}.{one} to {READER};" for one in family.functions]
    for one in family.tables:
        relation = f"{SCHEMA}.{one.table}"
        scope = _scoped("tenant_id") if one.tenant else f"{_SCOPE} is null"
        statements += [
            f"grant select on {relation} to {READER};",
            f"alter table {relation} enable row level security;",
            f"drop policy if exists reader_select on {relation};",
            f"create policy reader_select on {relation} for select to {READER} using ({scope});",
        ]
    return "\n".join(statements)


def _events(facts: Facts) -> Iterator[str]:
    yield _file("sources/fraiseql_observe.sql").replace("{tenant_scope}", _scoped("t.tenant_id"))
    yield from (_event_select(source) for source in facts.sources)


def _event_select(source: Source) -> str:
    kind = source.definition
    # From its first row on, our own log holds every operation; counting FraiseQL's as well would count them twice.
    first = f"(select min(occurred_at) from {SCHEMA}.audit_event)"
    return (
        _file(f"sources/{kind.name}.sql")
        .replace("{superseded}", f"coalesce(t.{quoted(kind.time)} >= {first}, false)")
        .replace("{tenant_scope}", _scoped(kind.tenant))
        .replace("{relation}", source.relation)
        .replace("{schema}", quoted(source.schema))
    )


def _error_tenants() -> str:
    scopes = {"{rollup_scope}": _scoped("r.tenant_id"), "{event_scope}": _scoped("e.tenant_id")}
    sql = _file("error_tenants.sql")
    for placeholder, scope in scopes.items():
        sql = sql.replace(placeholder, scope)
    return sql


def _groups(facts: Facts) -> Iterator[str]:
    yield _file("error_groups_observe.sql").replace("{scope}", _SCOPE).replace("{tenants}", _TENANTS)
    for schema, _ in facts.error_logs:
        relation = f"{quoted(schema)}.{ERROR_LOG[0]}"
        yield _file("error_groups_tracker.sql").replace("{scope}", _SCOPE).replace("{relation}", relation)


def _tenants(facts: Facts) -> Iterator[str]:
    yield f"select unnest({_TENANTS}) as tenant_id where {_SCOPE} is not null"  # narrowed, there is nothing to look up
    yield _file("tenants_rolled.sql").replace("{scope}", _SCOPE) + "\n"
    for source in facts.sources:
        column = source.definition.tenant_column
        if column:
            yield _skip_scan(source.relation, f"t.{quoted(column)}")
            yield _without_tenant(source, f"t.{quoted(column)}")
        else:
            yield _file("tenants_distinct.sql").replace("{select}", _event_select(source))


def _skip_scan(relation: str, key: str) -> str:
    sql = _file("tenants_skip_scan.sql").replace("{relation}", relation).replace("{key}", key)
    return sql.replace("{scope}", _SCOPE)


def _without_tenant(source: Source, column: str) -> str:
    rows = f"select from {source.relation} as t where {column} is null"
    return f"select '(none)' where {_SCOPE} is null and exists ({rows})"


def _scoped(tenant: str) -> str:
    """Also inside the view: a server before 15 runs it with its owner's rights, whom row security does not bind."""
    return f"({_SCOPE} is null or {tenant} = any ({_TENANTS}))"


def _union(selects: Iterable[str]) -> str:
    return "\nunion all\n".join(selects)


def _view(name: str, select: str, facts: Facts) -> str:
    option = " with (security_invoker = true)" if facts.security_invoker else ""
    return f"create or replace view {SCHEMA}.{name}{option} as\n{select};"


def _statement_stats(facts: Facts) -> str:
    select = _file("statement_stats.sql") if facts.statements else _file("statement_stats_absent.sql")
    return _file("statement_stats_view.sql").replace("{select}", select.replace("{relation}", facts.statements))


def _source_rights(source: Source) -> str:
    kind = source.definition
    return _rights(
        source.schema, source.table, kind.columns, source.row_security, _scoped(kind.tenant.replace("t.", ""))
    )


def _error_log_rights(schema: str, row_security: bool) -> str:  # noqa: FBT001
    return _rights(schema, ERROR_LOG[0], ERROR_LOG[1], row_security, f"{_SCOPE} is null")


def _rights(schema: str, table: str, columns: tuple[str, ...], row_security: bool, scope: str) -> str:  # noqa: FBT001
    """Only the columns that the views read. FraiseQL's own policy may hide every row, without any error."""
    relation = f"{quoted(schema)}.{quoted(table)}"
    statements = [
        f"grant usage on schema {quoted(schema)} to {READER};",
        f"grant select ({', '.join(map(quoted, columns))}) on {relation} to {READER};",
    ]
    if row_security:
        statements += [
            f"drop policy if exists fraiseql_observe_select on {relation};",
            f"create policy fraiseql_observe_select on {relation} for select to {READER} using ({scope});",
        ]
    return "\n".join(statements)
