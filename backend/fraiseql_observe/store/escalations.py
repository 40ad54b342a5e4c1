"""Steps of escalation policies that are to be taken, each at its due time."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.policy import DueStep
from fraiseql_observe.store.columns import micros, moment, moment_or_none

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_COLUMNS = "id, incident_id, number, due_at, created_at"
_SCHEDULE = f"""
insert into escalation ({_COLUMNS}) values (:id, :incident_id, :number, :due_at, :created_at)
on conflict (incident_id, number) do update set due_at = excluded.due_at
"""
_CLAIM = f"""
delete from escalation where id in (
  select id from escalation where due_at <= :now order by due_at, id limit :limit for update skip locked
) returning {_COLUMNS}
"""
_CANCEL = "delete from escalation where incident_id = any(:incidents)"
_OF = f"select {_COLUMNS} from escalation where incident_id = :incident_id order by due_at, number"
_OVERDUE = "select count(*) as count, min(due_at) as oldest from escalation where due_at < :before"
_NEXT = "select min(due_at) as due_at from escalation"


@dataclass(frozen=True, slots=True)
class Overdue:
    count: int
    oldest: datetime | None


def schedule(tx: Transaction, steps: Iterable[DueStep]) -> None:
    """Add steps; the same number of an incident is there once, at the newest due time."""
    tx.many(_SCHEDULE, [_row(step) for step in steps])


def claim_due(tx: Transaction, now: datetime, limit: int = 100) -> list[DueStep]:
    """Take due steps, longest due first: they are gone when this transaction commits, and still there when it fails."""
    rows = tx.rows(_CLAIM, {"now": micros(now), "limit": limit})
    return sorted(map(_step, rows), key=lambda step: (step.due_at, step.id))


def cancel(tx: Transaction, incidents: Collection[str]) -> int:
    """Remove the steps of these incidents; returns how many there were."""
    return tx.execute(_CANCEL, {"incidents": sorted(incidents)}) if incidents else 0


def of(tx: Transaction, incident_id: str) -> list[DueStep]:
    """Give the incident's steps that are still to be taken, next first."""
    return [_step(row) for row in tx.rows(_OF, {"incident_id": incident_id})]


def overdue(tx: Transaction, before: datetime) -> Overdue:
    """Count the steps that were due before a time."""
    row = tx.rows(_OVERDUE, {"before": micros(before)})[0]
    return Overdue(row["count"], moment_or_none(row["oldest"]))


def next_due(tx: Transaction) -> datetime | None:
    """Give when the next step is due; None when there is none."""
    return moment_or_none(tx.rows(_NEXT)[0]["due_at"])


def _row(step: DueStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "incident_id": step.incident_id,
        "number": step.number,
        "due_at": micros(step.due_at),
        "created_at": micros(step.created_at),
    }


def _step(row: Mapping[str, Any]) -> DueStep:
    return DueStep(
        id=row["id"],
        incident_id=row["incident_id"],
        number=row["number"],
        due_at=moment(row["due_at"]),
        created_at=moment(row["created_at"]),
    )
