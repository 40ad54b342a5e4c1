"""The timeline of each incident: lines are added, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import Actor, Event, EventKind
from fraiseql_observe.store.columns import FOREVER, dump, load, micros, moment, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fraiseql_observe.store.engine import Transaction

_APPEND = """
insert into event (id, incident_id, at, kind, actor, source, address, comment, data)
values (:id, :incident_id, :at, :kind, :actor, :source, :address, :comment, :data)
"""
_OF = """
select id, incident_id, at, kind, actor, source, address, comment, data from event
where incident_id = :incident_id and seq < :before order by seq desc limit :limit
"""
_PLACE = "select seq from event where incident_id = :incident_id and id = :id"


def append(tx: Transaction, events: Iterable[Event]) -> None:
    """Add lines in this order; each has an id."""
    tx.many(_APPEND, [_row(event) for event in events])


def of(tx: Transaction, incident_id: str, limit: int = 100, before: str = "") -> list[Event]:
    """Give the newest lines, oldest first; `before` is the id of a line, for what stands above it."""
    place = tx.rows(_PLACE, {"incident_id": incident_id, "id": before}) if before else []
    parameters = {"incident_id": incident_id, "before": place[0]["seq"] if place else FOREVER, "limit": limit}
    return [_event(row) for row in reversed(tx.rows(_OF, parameters))]


def _row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "incident_id": event.incident_id,
        "at": micros(event.at),
        "kind": event.kind.value,
        "actor": text(event.actor.name),
        "source": text(event.actor.source),
        "address": text(event.actor.address),
        "comment": text(event.comment),
        "data": dump(dict(event.data)),
    }


def _event(row: Mapping[str, Any]) -> Event:
    return Event(
        incident_id=row["incident_id"],
        at=moment(row["at"]),
        kind=EventKind(row["kind"]),
        actor=Actor(row["actor"], row["source"], row["address"]),
        comment=row["comment"],
        data=load(row["data"]),
        id=row["id"],
    )
