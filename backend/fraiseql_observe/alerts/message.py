"""From the store's newest state to what a destination is given to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.incident.message import ALERTS, Message
from fraiseql_observe.incident.model import Action, Actor, Event, EventKind
from fraiseql_observe.store import alerts, events, incidents, receipts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.incident.message import Enrichment, Links
    from fraiseql_observe.incident.model import Alert, Delivery, Incident
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine, Transaction

    LinksFor = Callable[[Incident, tuple[Alert, ...], datetime], Links]
    Enrich = Callable[[Incident, tuple[Alert, ...], Destination], Awaitable[Enrichment]]

HISTORY = 20
PREVIOUS = 5
_OURS = frozenset({EventKind.DELIVERED, EventKind.DELIVERY_DEAD, EventKind.REPLAYED})
# What each action tells of; the first is taken when the timeline has it no longer.
_CHANGES: Mapping[Action, tuple[EventKind, ...]] = {
    Action.TRIGGER: (EventKind.OPENED, EventKind.ESCALATED, EventKind.WOKEN, EventKind.REOPENED),
    Action.UPDATE: (EventKind.ALERTS_ADDED, *(kind for kind in EventKind if kind not in _OURS)),
    Action.ACKNOWLEDGE: (EventKind.ACKNOWLEDGED,),
    Action.RESOLVE: (EventKind.RESOLVED,),
    Action.REOPEN: (EventKind.REOPENED,),
}


@dataclass(frozen=True, slots=True)
class _Read:
    """What the store knows, read in one transaction so that it fits together."""

    incident: Incident
    alerts: tuple[Alert, ...]
    history: tuple[Event, ...]
    previous: tuple[Incident, ...]
    receipt: Mapping[str, str]


async def build(
    engine: Engine,
    delivery: Delivery,
    destination: Destination,
    *,
    now: datetime,
    links: LinksFor,
    enrich: Enrich,
) -> Message:
    """Read the incident as it is now; `enrich` keeps its own time budget and never raises.

    Raises:
        NotFoundError: the incident is no longer in the store.
        StoreError: the store cannot be read.
    """
    known = await engine.read(lambda tx: _read(tx, delivery))
    return Message(
        delivery_id=delivery.id,
        action=delivery.action,
        incident=known.incident,
        alerts=known.alerts,
        change=change(delivery, known.history),
        now=now,
        attempt=delivery.attempts,
        omitted=max(0, known.incident.total - len(known.alerts)),
        step=delivery.step,
        history=tuple(event for event in known.history if event.kind not in _OURS)[-HISTORY:],
        previous=known.previous,
        enrichment=await enrich(known.incident, known.alerts, destination),
        links=links(known.incident, known.alerts, now),
        receipt=known.receipt,
    )


def change(delivery: Delivery, history: Sequence[Event]) -> Event:
    """Return the newest event that the delivery's action tells of; made up when the timeline has it no longer."""
    wanted = _CHANGES[delivery.action]
    found = next((event for event in reversed(history) if event.kind in wanted), None)
    return found or Event(delivery.incident_id, delivery.created_at, wanted[0], Actor("", ""))


def _read(tx: Transaction, delivery: Delivery) -> _Read:
    incident = incidents.get(tx, delivery.incident_id)
    receipt = receipts.get(tx, incident.id, delivery.destination)
    return _Read(
        incident=incident,
        alerts=tuple(kept.alert for kept in alerts.of(tx, incident.id, ALERTS)),
        history=tuple(events.of(tx, incident.id, HISTORY * 3)),
        previous=tuple(incidents.previous(tx, incident.key, incident.opened_at, PREVIOUS)),
        receipt={} if receipt is None else receipt.ref,
    )
