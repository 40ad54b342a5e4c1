"""From the store's newest state to what a destination is given to say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.incident.message import ALERTS, Message
from fraiseql_observe.incident.model import Action, Actor, Event, EventKind
from fraiseql_observe.store import alerts, events, incidents, receipts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.incident.message import Enrichment, Links
    from fraiseql_observe.incident.model import Alert, Delivery, Incident
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine, Transaction

    LinksFor = Callable[[Incident, tuple[Alert, ...], datetime], Links]
    Enrich = Callable[[Incident, tuple[Alert, ...], Destination], Awaitable[Enrichment]]

HISTORY = 20
PREVIOUS = 5
BATCH = 32  # incidents read in one transaction
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


class Builder:
    """Builds messages; those that are asked for at the same time are read in one transaction, in one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked: list[tuple[Delivery, asyncio.Future[_Read]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def build(
        self, delivery: Delivery, destination: Destination, *, now: datetime, links: LinksFor, enrich: Enrich
    ) -> Message:
        """Read the incident as it is now; `enrich` keeps its own time budget and never raises.

        Raises:
            NotFoundError: the incident is no longer in the store.
            StoreError: the store cannot be read.
        """
        known = await self._read(delivery)
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

    async def _read(self, delivery: Delivery) -> _Read:
        answer: asyncio.Future[_Read] = asyncio.get_running_loop().create_future()
        self._asked.append((delivery, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all())
        return await answer

    async def _read_all(self) -> None:
        """Read for whoever asked, until nobody does."""
        try:
            while self._asked:
                asked, self._asked = self._asked[:BATCH], self._asked[BATCH:]
                await self._read_for(asked)
        finally:
            self._reading = None

    async def _read_for(self, asked: Sequence[tuple[Delivery, asyncio.Future[_Read]]]) -> None:
        deliveries = [delivery for delivery, _ in asked]
        try:
            read: Sequence[_Read | Exception] = await self._engine.read(lambda tx: _read(tx, deliveries))
        except Exception as error:  # noqa: BLE001 - it is handed to those who asked
            read = [error] * len(asked)
        for (_, answer), each in zip(asked, read, strict=True):
            if answer.done():  # its asker was cancelled meanwhile
                continue
            if isinstance(each, Exception):
                answer.set_exception(each)
            else:
                answer.set_result(each)


def change(delivery: Delivery, history: Sequence[Event]) -> Event:
    """Return the newest event that the delivery's action tells of; made up when the timeline has it no longer."""
    wanted = _CHANGES[delivery.action]
    found = next((event for event in reversed(history) if event.kind in wanted), None)
    return found or Event(delivery.incident_id, delivery.created_at, wanted[0], Actor("", ""))


def _read(tx: Transaction, deliveries: Sequence[Delivery]) -> list[_Read | Exception]:
    """Read for each delivery in turn, all of them in few statements."""
    known = incidents.find(tx, {each.incident_id for each in deliveries})
    members = _members(tx, known.values())
    history = events.newest(tx, known, HISTORY * 3)
    recurring = incidents.recurring(tx, known)
    refs = receipts.of(tx, known)

    def one(delivery: Delivery) -> _Read | Exception:
        incident = known.get(delivery.incident_id)
        if incident is None:
            return NotFoundError(f"There is no incident {delivery.incident_id!r}.")
        earlier = incidents.previous(tx, incident.key, incident.opened_at, PREVIOUS) if incident.id in recurring else ()
        receipt = refs.get((incident.id, delivery.destination))
        return _Read(
            incident=incident,
            alerts=members[incident.id],
            history=tuple(history[incident.id]),
            previous=tuple(earlier),
            receipt=receipt.ref if receipt else {},
        )

    return [one(each) for each in deliveries]


def _members(tx: Transaction, known: Collection[Incident]) -> dict[str, tuple[Alert, ...]]:
    """Read the alerts to tell of: those of small incidents together, of each large one as many as are told."""
    found = alerts.of_all(tx, [each.id for each in known if each.total <= ALERTS])
    found |= {each.id: alerts.of(tx, each.id, ALERTS) for each in known if each.total > ALERTS}
    return {name: tuple(kept.alert for kept in several) for name, several in found.items()}
