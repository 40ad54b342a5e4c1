"""What verifying the hash chains of the audit database found: its seals, its breaks and how far it has come.

It is kept here, outside of the audit database: whoever rewrites a chain there cannot rewrite its last hash here.
"""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.chain.model import MOST_BREAKS, Break, Kind, Position, Seal
from fraiseql_observe.errors import ConflictError, NotFoundError
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.store.columns import micros, moment, moment_or_none, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

LONGEST = 500  # characters of a comment
_STATES = "select source, kind, rows, unchecked, verified_at from audit_chain order by source"
_NOTE = """
insert into audit_chain (source, kind, rows, unchecked, verified_at)
values (:source, :kind, :rows, :unchecked, :verified_at)
on conflict (source) do update set
  kind = excluded.kind,
  rows = audit_chain.rows + excluded.rows,
  unchecked = audit_chain.unchecked + excluded.unchecked,
  verified_at = coalesce(excluded.verified_at, audit_chain.verified_at)
"""
_SEAL_COLUMNS = "number, last_at, last_id, last_hash, rows, digest"
_SEAL = f"select {_SEAL_COLUMNS} from audit_chain_seal where source = :source and number = :number"
_LAST = f"select {_SEAL_COLUMNS} from audit_chain_seal where source = :source order by number desc limit 1"
_DUE = f"""
select {_SEAL_COLUMNS} from audit_chain_seal
where source = :source and checked_at < :before order by checked_at, number limit 1
"""
_PUT = f"""
insert into audit_chain_seal (source, {_SEAL_COLUMNS}, checked_at)
values (:source, :number, :last_at, :last_id, :last_hash, :rows, :digest, :checked_at)
on conflict (source, number) do update set
  last_at = excluded.last_at, last_id = excluded.last_id, last_hash = excluded.last_hash, rows = excluded.rows,
  digest = excluded.digest
"""
_CHECKED = "update audit_chain_seal set checked_at = :at where source = :source and number = :number"
_SEALED = """
select coalesce(sum(rows), 0) as rows, count(*) as seals, min(checked_at) as checked_at, max(last_at) as last_at
from audit_chain_seal where source = :source
"""
_BREAK_COLUMNS = "id, source, row_id, at, tenant, kind, detail, found_at, accepted_at, accepted_by, comment"
_KNOWN = "select count(*) as number from audit_chain_break where source = :source"
_ADD = f"""
insert into audit_chain_break ({_BREAK_COLUMNS})
values (:{_BREAK_COLUMNS.replace(", ", ", :")})
on conflict (source, row_id, kind) do nothing
"""
_BREAKS = f"select {_BREAK_COLUMNS} from audit_chain_break order by source, at, id limit :limit"
_ONE = f"select {_BREAK_COLUMNS} from audit_chain_break where id = :id"
_COUNTS = """
select source, kind, count(*) as number from audit_chain_break where accepted_at is null group by source, kind
"""
_ACCEPT = """
update audit_chain_break set accepted_at = :at, accepted_by = :by, comment = :comment
where id = :id and accepted_at is null
"""


@dataclass(frozen=True, slots=True)
class State:
    """How far verifying a source (`schema.table`) has come.

    `rows` were verified since the first time, `sealed` of them are under seal; `checked_at` is the last time that the
    seal longest unread was read; `verified_at` the last time that the end of the chain was reached.
    """

    source: str
    kind: str
    rows: int
    unchecked: int
    verified_at: datetime | None
    sealed: int
    seals: int
    sealed_until: datetime | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A break that was found; an operator who has looked into it accepts it, and it is no longer alerted on."""

    id: str
    source: str
    row_id: str
    at: datetime
    tenant: str
    kind: str
    detail: str
    found_at: datetime
    accepted_at: datetime | None = None
    accepted_by: str = ""
    comment: str = ""


def states(tx: Transaction) -> list[State]:
    """Give every source that was ever verified."""
    found = []
    for row in tx.rows(_STATES):
        sealed = tx.rows(_SEALED, {"source": row["source"]})[0]
        found.append(
            State(
                **{**row, "verified_at": moment_or_none(row["verified_at"])},
                sealed=int(sealed["rows"]),
                seals=int(sealed["seals"]),
                sealed_until=moment_or_none(sealed["last_at"]),
                checked_at=moment_or_none(sealed["checked_at"]),
            )
        )
    return found


def note(tx: Transaction, source: str, kind: str, *, rows: int, unchecked: int, verified_at: datetime | None) -> None:
    """Count what was verified; `verified_at` when the end of the chain was reached."""
    given = {"source": source, "kind": kind, "rows": rows, "unchecked": unchecked}
    tx.execute(_NOTE, {**given, "verified_at": None if verified_at is None else micros(verified_at)})


def last(tx: Transaction, source: str) -> Seal | None:
    """Give the checkpoint of a source."""
    return _seal(tx.rows(_LAST, {"source": source}))


def seal(tx: Transaction, source: str, number: int) -> Seal | None:
    return _seal(tx.rows(_SEAL, {"source": source, "number": number}))


def due(tx: Transaction, source: str, before: datetime) -> Seal | None:
    """Give the seal that was longest not read again, if that was before a time."""
    return _seal(tx.rows(_DUE, {"source": source, "before": micros(before)}))


def put(tx: Transaction, source: str, seals: Iterable[Seal], *, since: Seal | None, at: datetime) -> None:
    """Keep new seals and grown ones; what was in a grown one before is as long unread as it was.

    Raises:
        ConflictError: somebody else has gone on from `since` meanwhile.
    """
    tx.lock(f"audit-chain {source}")
    if last(tx, source) != since:
        raise ConflictError(f"Somebody else has verified {source} meanwhile.")
    for one in seals:
        tx.execute(
            _PUT,
            {
                "source": source,
                "number": one.number,
                "last_at": micros(one.last.at),
                "last_id": one.last.id,
                "last_hash": one.last_hash,
                "rows": one.rows,
                "digest": one.digest,
                "checked_at": micros(at),
            },
        )


def checked(tx: Transaction, source: str, number: int, at: datetime) -> None:
    """Note that a seal was read again."""
    tx.execute(_CHECKED, {"source": source, "number": number, "at": micros(at)})


def add_breaks(tx: Transaction, source: str, found: Sequence[Break], at: datetime) -> list[Break]:
    """Keep breaks that are not known yet, up to MOST_BREAKS a source; give those that were kept."""
    room = MOST_BREAKS - int(tx.rows(_KNOWN, {"source": source})[0]["number"]) if found else 0
    added: list[Break] = []
    for one in found:
        if len(added) >= room:
            break
        row = {
            "id": new_id("brk", at),
            "source": source,
            "row_id": one.row,
            "at": micros(one.at),
            "tenant": one.tenant,
            "kind": one.kind,
            "detail": text(one.detail),
            "found_at": micros(at),
            "accepted_at": None,
            "accepted_by": "",
            "comment": "",
        }
        if tx.execute(_ADD, row):
            added.append(one)
    return added


def breaks(tx: Transaction, limit: int = MOST_BREAKS) -> list[Kept]:
    """Give the breaks of all sources, earliest row first."""
    return [_kept(row) for row in tx.rows(_BREAKS, {"limit": limit})]


def open_counts(tx: Transaction) -> dict[tuple[str, str], int]:
    """How many breaks nobody has accepted, by source and kind."""
    return {(row["source"], row["kind"]): int(row["number"]) for row in tx.rows(_COUNTS)}


def accept(tx: Transaction, id: str, *, by: str, comment: str, at: datetime) -> Kept:  # noqa: A002 - the column
    """Note that somebody has looked into a break; the first who did stays.

    Raises:
        NotFoundError: there is none of that id.
    """
    tx.execute(_ACCEPT, {"id": id, "at": micros(at), "by": text(by), "comment": text(comment)[:LONGEST]})
    found = tx.rows(_ONE, {"id": id})
    if not found:
        raise NotFoundError(f"There is no break {id!r}.", hint="fraiseql-observe audit breaks")
    return _kept(found[0])


def _seal(rows: Sequence[Mapping[str, Any]]) -> Seal | None:
    if not rows:
        return None
    row = rows[0]
    position = Position(moment(row["last_at"]), row["last_id"])
    return Seal(row["number"], position, row["last_hash"], row["rows"], row["digest"])


def _kept(row: Mapping[str, Any]) -> Kept:
    times = {"at": moment(row["at"]), "found_at": moment(row["found_at"])}
    return Kept(**{**row, **times, "kind": str(Kind(row["kind"])), "accepted_at": moment_or_none(row["accepted_at"])})
