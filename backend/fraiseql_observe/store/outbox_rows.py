"""Deliveries and attempts as rows of their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import Action, Attempt, Delivery, DeliveryState
from fraiseql_observe.store.columns import micros, micros_or_none, moment, moment_or_none, text

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = (
    "id, incident_id, destination, kind, action, state, created_at, due_at, step, attempts, deadline_at, finished_at, "
    "reason, detail"
)
NAMES = COLUMNS.split(", ")


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "incident_id": delivery.incident_id,
        "destination": delivery.destination,
        "kind": delivery.kind,
        "action": delivery.action.value,
        "state": delivery.state.value,
        "created_at": micros(delivery.created_at),
        "due_at": micros(delivery.due_at),
        "step": delivery.step,
        "attempts": delivery.attempts,
        "deadline_at": micros_or_none(delivery.deadline_at),
        "finished_at": micros_or_none(delivery.finished_at),
        "reason": delivery.reason,
        "detail": text(delivery.detail),
    }


_TIMES = ("deadline_at", "finished_at")


def to_delivery(row: Mapping[str, Any]) -> Delivery:
    values = {name: row[name] for name in NAMES}
    for name in _TIMES:
        values[name] = moment_or_none(row[name])
    values["created_at"], values["due_at"] = moment(row["created_at"]), moment(row["due_at"])
    values["action"], values["state"] = Action(row["action"]), DeliveryState(row["state"])
    return Delivery(**values)


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "started_at": micros(attempt.started_at),
        "finished_at": micros(attempt.finished_at),
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "status": attempt.status,
        "detail": text(attempt.detail),
    }


def to_attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**row, "started_at": moment(row["started_at"]), "finished_at": moment(row["finished_at"])})
