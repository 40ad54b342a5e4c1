"""The audit logs that a FraiseQL application may have beside ours, and how they are recognised.

A table is recognised by its name and its columns, in any schema: FraiseQL has shipped two different tables under the
name `audit_events`. The columns listed are those that our views read, and all that the reader role may read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of audit log. `name` is that of its file in `schema/sources`; `time` the column that orders it.

    `tenant` is the SQL that gives a row's tenant (`t` is the row), `tenant_column` the plain column behind it if any;
    `companions` are tables of the same schema that are read with it. `chain` are the columns that verifying its hash
    chain reads, all of them; none: it has no chain.
    """

    name: str
    table: str
    time: str
    columns: tuple[str, ...]
    tenant: str = "t.tenant_id::text"
    tenant_column: str = "tenant_id"
    companions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    chain: tuple[str, ...] = ()


_ERROR_LOG_COLUMNS = (
    "error_id error_fingerprint error_type error_message request_context first_seen last_seen occurrence_count status "
    "resolved_at resolved_by resolution_notes severity"
)
ERROR_LOG = ("tb_error_log", tuple(_ERROR_LOG_COLUMNS.split()))


def _columns(names: str) -> tuple[str, ...]:
    return tuple(names.split())


HASH_VERSION = "hash_version"  # later releases of FraiseQL say with each row how it was hashed

KINDS = (
    SourceKind(
        name="audit_events_chain",
        table="audit_events",
        time="timestamp",
        columns=_columns("id event_type event_data user_id tenant_id timestamp ip_address created_at"),
        chain=_columns(
            "id event_type event_data user_id tenant_id timestamp ip_address created_at previous_hash event_hash "
            "signature"
        ),
    ),
    SourceKind(
        name="audit_events_unified",
        table="audit_events",
        time="timestamp",
        columns=_columns(
            "id tenant_id user_id entity_type entity_id operation_type operation_subtype ip_address correlation_id "
            "timestamp created_at"
        ),
        chain=_columns(
            "id tenant_id user_id entity_type entity_id operation_type operation_subtype changed_fields old_data "
            "new_data metadata ip_address correlation_id timestamp created_at previous_hash event_hash signature"
        ),
    ),
    SourceKind(
        name="fraiseql_audit_logs",
        table="fraiseql_audit_logs",
        time="timestamp",
        columns=_columns(
            "id timestamp level user_id tenant_id operation query ip_address error duration_ms created_at"
        ),
    ),
    SourceKind(
        name="tb_error_occurrence",
        table="tb_error_occurrence",
        time="occurred_at",
        columns=_columns("occurrence_id error_id occurred_at request_context user_context trace_id"),
        tenant="t.user_context ->> 'tenant_id'",
        tenant_column="",
        companions=(ERROR_LOG,),
    ),
    SourceKind(
        name="user_roles",
        table="user_roles",
        time="granted_at",
        columns=_columns("id user_id role_id tenant_id granted_by granted_at expires_at"),
    ),
    SourceKind(
        name="tb_entity_change_log",
        table="tb_entity_change_log",
        time="created_at",
        columns=_columns(
            "pk_entity_change_log object_type modification_type created_at tenant_id object_id duration_ms commit_time "
            "acting_for trace_id change_status"
        ),
    ),
    SourceKind(
        name="fraiseql_permission_audit",
        table="fraiseql_permission_audit",
        time="occurred_at",
        columns=_columns("id occurred_at event_type role_id role_name user_id permission_id tenant_id details"),
    ),
)


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """An audit log found in the database.

    `row_security` says whether PostgreSQL filters its rows, `time_index` whether an index leads with its time, `chain`
    which columns verifying its hash chain reads (none: it has no chain).
    """

    schema: str
    table: str
    kind: str
    row_security: bool = False
    time_index: bool = True
    chain: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    @property
    def definition(self) -> SourceKind:
        return next(kind for kind in KINDS if kind.name == self.kind)


def quoted(identifier: str) -> str:
    """A PostgreSQL identifier, always in quotes."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database: its columns, which of them lead an index, and whether row security is on."""

    columns: frozenset[str]
    indexed: frozenset[str] = frozenset()
    row_security: bool = False


def recognise(tables: Mapping[tuple[str, str], Table]) -> tuple[Source, ...]:
    """Which of `tables` (schema and name -> table) are audit logs."""
    return tuple(
        sorted(
            Source(schema, name, kind.name, table.row_security, kind.time in table.indexed, _chain(kind, table.columns))
            for (schema, name), table in tables.items()
            for kind in KINDS
            if name == kind.table
            and table.columns.issuperset(kind.columns)
            and all(
                (schema, companion) in tables and tables[schema, companion].columns.issuperset(needed)
                for companion, needed in kind.companions
            )
        )
    )


def _chain(kind: SourceKind, columns: frozenset[str]) -> tuple[str, ...]:
    if not kind.chain or not columns.issuperset(kind.chain):
        return ()
    return (*kind.chain, *({HASH_VERSION} & columns))
