# ruff: noqa: S608 - what is put into statements are our own lists of columns
"""Deliveries looked up: one, a page of them, those of an incident, their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ConflictError, NotFoundError
from fraiseql_observe.store.columns import FOREVER
from fraiseql_observe.store.outbox_rows import COLUMNS, to_attempt, to_delivery

if TYPE_CHECKING:
    from collections.abc import Collection

    from fraiseql_observe.incident.model import Attempt, Delivery, DeliveryState
    from fraiseql_observe.store.engine import Transaction

_GET = f"select {COLUMNS} from delivery where id = :id"
_SEARCH = f"select seq, {COLUMNS} from delivery where seq < :before"
_ATTEMPTS = """
select delivery_id, number, started_at, finished_at, outcome, reason, status, detail from attempt
where delivery_id = any(:ids) order by seq desc limit :limit
"""
_OF_INCIDENT = f"select {COLUMNS} from delivery where incident_id = :incident_id order by seq desc limit :limit"
_DESTINATIONS = """
select incident_id, destination, min(kind) as kind from delivery
where incident_id = any(:incidents) and state <> 'superseded' group by incident_id, destination
"""
# The index that finds them has this condition.
OPEN = "state in ('new', 'retry', 'sending', 'dead', 'ambiguous')"
LIMIT = 500  # of one page


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries, newest first; `next` is the cursor of the following page, empty on the last."""

    deliveries: tuple[Delivery, ...]
    next: str = ""


def get(tx: Transaction, id: str) -> Delivery:  # noqa: A002 - the column
    """Give one delivery.

    Raises:
        NotFoundError: there is none of that id.
    """
    rows = tx.rows(_GET, {"id": id})
    if not rows:
        raise NotFoundError(f"There is no delivery {id!r}.", hint="fraiseql-observe alert dead")
    return to_delivery(rows[0])


def search(
    tx: Transaction, state: DeliveryState | None = None, *, destination: str = "", cursor: str = "", limit: int = 50
) -> Page:
    """Find deliveries in a state and to a destination (empty: any), newest first.

    Raises:
        ConflictError: the cursor is none of ours.
    """
    limit = max(1, min(limit, LIMIT))
    statement = _SEARCH
    if state is not None:
        statement += f" and state = :state and {OPEN}" if repr(state.value) in OPEN else " and state = :state"
    if destination:
        statement += " and destination = :destination"
    parameters = {
        "before": _before(cursor),
        "state": state.value if state else "",
        "destination": destination,
        "limit": limit + 1,
    }
    rows = tx.rows(f"{statement} order by seq desc limit :limit", parameters)
    more = str(rows[limit - 1]["seq"]) if len(rows) > limit else ""
    return Page(tuple(map(to_delivery, rows[:limit])), more)


def attempts_of(tx: Transaction, delivery_ids: Collection[str], limit: int = 500) -> dict[str, list[Attempt]]:
    """Give the newest attempts of these deliveries, oldest first, by delivery."""
    found: dict[str, list[Attempt]] = {}
    for row in reversed(tx.rows(_ATTEMPTS, {"ids": list(delivery_ids), "limit": limit})):
        found.setdefault(row["delivery_id"], []).append(to_attempt(row))
    return found


def deliveries_of(tx: Transaction, incident_id: str, limit: int = 200) -> list[Delivery]:
    """Give the newest deliveries of an incident, oldest first."""
    rows = tx.rows(_OF_INCIDENT, {"incident_id": incident_id, "limit": limit})
    return [to_delivery(row) for row in reversed(rows)]


def destinations_of(tx: Transaction, incident_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Give the destinations that each incident was told to, or will be: name to kind, by incident."""
    found: dict[str, dict[str, str]] = {}
    for row in tx.rows(_DESTINATIONS, {"incidents": list(incident_ids)}):
        found.setdefault(row["incident_id"], {})[row["destination"]] = row["kind"]
    return found


def _before(cursor: str) -> int:
    if not cursor:
        return FOREVER
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < len(str(FOREVER))):
        raise ConflictError("The cursor is none that a page of deliveries gave.", hint="Begin with the first page.")
    return int(cursor)
