"""An alert manager on a real store whose parts take their turns when a test says so, at the time a test says."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deliveries import Sink
from told import T0

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.incident import payload
from fraiseql_observe.store import deliveries, incidents, open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fraiseql_observe.alerts.running import Running
    from fraiseql_observe.incident.model import Delivery, Incident


@dataclass
class Managed:
    """`sinks` are the destinations, by name."""

    manager: AlertManager
    time: Time
    sinks: dict[str, Sink] = field(default_factory=dict)

    @property
    def parts(self) -> Running:
        return self.manager._parts

    async def tell(self, told: payload.Group, source: str = "alertmanager") -> None:
        """Take a group in as a webhook and work it in."""
        await self.manager.accept(payload.render(told), source)
        await self.parts.processor.catch_up()

    async def pass_(self, seconds: float) -> None:
        """Let time go by and take the steps that are due, each when it is."""
        end = self.time.now + timedelta(seconds=seconds)
        while self.time.now < end:
            pause = await self.parts._escalator.turn()
            self.time.now = min(end, self.time.now + timedelta(seconds=pause))
        while await self.parts._escalator.turn() == 0:
            pass

    async def only(self) -> Incident:
        (incident,) = (await self.manager.search(incidents.Query())).incidents
        return incident

    async def said(self) -> list[tuple[str, str]]:
        """What is in the outbox, oldest first."""
        return [(one.destination, one.action.value) for one in await self.outbox()]

    async def outbox(self) -> list[Delivery]:
        page = await self.manager.engine.read(lambda tx: deliveries.search(tx, limit=500))
        return list(reversed(page.deliveries))

    async def events(self) -> list[str]:
        return [event.kind.value for event in (await self.manager.incident((await self.only()).id)).events]


class Time:
    def __init__(self, now: datetime = T0) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def managed(url: str, settings: Settings | None = None, **sinks: Sink) -> AsyncIterator[Managed]:
    """Open a store and a manager on it, with destinations `team` and `pager`."""
    time = Time()
    engine = await open_store(url, clock=time)
    manager = AlertManager(settings or Settings(), engine=engine, clock=time)
    chosen = sinks or {name: Sink(name) for name in ("team", "pager")}
    for name, sink in chosen.items():
        manager.register_handler(name, sink)
    await manager.start(background=False)
    try:
        yield Managed(manager, time, chosen)
    finally:
        await manager.close()
        await engine.close()
