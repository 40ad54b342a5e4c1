"""The timeline of each incident: lines are added, never changed."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import Actor, Event, EventKind
from fraiseql_observe.store.columns import FOREVER, dump, load, micros, moment, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from fraiseql_observe.store.engine import Transaction

_COLUMNS = "id, incident_id, at, kind, actor, source, address, comment, data"
_NAMES = _COLUMNS.split(", ")
_APPEND = f"insert into event ({_COLUMNS}) values ({', '.join(f':{name}' for name in _NAMES)})"
_OF = f"""
select {_COLUMNS} from event
where incident_id = :incident_id and seq < :before order by seq desc limit :limit
"""
# The newest of each incident: where they begin is found in the index.
_NEWEST = f"""
select {", ".join(f"e.{name}" for name in _NAMES)}
from incident i join event e on e.incident_id = i.id and e.seq >= coalesce((
  select n.seq from event n where n.incident_id = i.id order by n.seq desc limit 1 offset :more
), 0)
where i.id = any(:incidents) order by e.seq
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


def newest(tx: Transaction, incidents: Collection[str], limit: int) -> dict[str, list[Event]]:
    """Give the newest lines of each incident, oldest first."""
    found: dict[str, list[Event]] = {one: [] for one in incidents}
    for row in tx.rows(_NEWEST, {"incidents": list(found), "more": limit - 1}):
        found[row["incident_id"]].append(_event(row))
    return found


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
