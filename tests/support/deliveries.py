"""A dispatcher on a real store, with destinations of the tests' own and virtual time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from samples import incident, message
from virtual_time import VirtualTime

from fraiseql_observe.alerts.dispatcher import Dispatcher
from fraiseql_observe.config.destinations import DestinationSettings
from fraiseql_observe.incident.model import Action, Delivery, DeliveryState
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.store import events, incidents, open_store, outbox
from fraiseql_observe.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Attempt, Event
    from fraiseql_observe.store.engine import Engine

CALM = Traits(idempotent=True, per_second=1000, burst=1000)


class Sink:
    """A destination that does what `answer` does: returns a `Sent`, raises, or waits."""

    def __init__(
        self,
        name: str = "sink",
        answer: Callable[[Message], Awaitable[Sent]] | None = None,
        *,
        traits: Traits = CALM,
        channel: str = "",
        **settings: Any,
    ) -> None:
        self.name = name
        self.kind = "webhook"
        self.traits = traits
        self.channel = channel or f"channel of {name}"
        self.settings = DestinationSettings(**settings)
        self.answer = answer or taken
        self.told: list[Message] = []

    async def send(self, message: Message) -> Sent:
        self.told.append(message)
        return await self.answer(message)

    async def close(self) -> None:
        pass


async def taken(_message: Message) -> Sent:
    return Sent(status=200)


@dataclass
class World:
    """Everything a test of the dispatcher looks at."""

    engine: Engine
    time: VirtualTime
    telemetry: Telemetry
    dispatcher: Dispatcher
    chance: list[float] = field(default_factory=lambda: [0.5])
    builds: Callable[[Delivery], Awaitable[None]] | None = None
    task: asyncio.Task[None] | None = None

    async def enqueue(self, *numbers: int, destination: str = "sink", lane: str = "", **changes: Any) -> None:
        """Put deliveries into the outbox; each has an incident of its own unless `lane` names one."""
        rows = [
            Delivery(
                id=f"dlv_{destination}_{number}",
                incident_id=lane or f"inc_{number}",
                destination=destination,
                kind="webhook",
                action=changes.get("action", Action.TRIGGER),
                state=DeliveryState.NEW,
                created_at=self.time.now,
                due_at=self.time.now,
            )
            for number in numbers
        ]

        def work(tx: Any) -> None:
            known = incidents.find(tx, {row.incident_id for row in rows})
            for identity in dict.fromkeys(row.incident_id for row in rows):
                if identity not in known:
                    incidents.insert(tx, incident(id=identity, key=identity))
            outbox.enqueue(tx, rows, collapse=False)
            tx.wake("outbox")

        await self.engine.write(work)

    async def delivery(self, number: int = 1, destination: str = "sink") -> Delivery:
        return await self.engine.read(lambda tx: outbox.get(tx, f"dlv_{destination}_{number}"))

    async def states(self, *numbers: int, destination: str = "sink") -> list[str]:
        return [(await self.delivery(number, destination)).state.value for number in numbers]

    async def attempts(self, number: int = 1, destination: str = "sink") -> list[Attempt]:
        name = f"dlv_{destination}_{number}"
        found = await self.engine.read(lambda tx: outbox.attempts_of(tx, [name], 10_000))
        return found.get(name, [])

    async def timeline(self, number: int = 1) -> list[Event]:
        return await self.engine.read(lambda tx: events.of(tx, f"inc_{number}"))

    async def until(self, condition: Callable[[], Any], *, within: float = 5.0) -> None:
        """Wait, in real time, for something that comes about by itself."""
        async with asyncio.timeout(within):
            while True:
                came = condition()
                if asyncio.iscoroutine(came):
                    came = await came
                if came:
                    return
                await asyncio.sleep(0.002)

    async def until_state(self, state: str, number: int = 1, destination: str = "sink") -> Delivery:
        async def reached() -> bool:
            return (await self.delivery(number, destination)).state == state

        await self.until(reached)
        return await self.delivery(number, destination)

    def start(self) -> None:
        self.task = asyncio.create_task(self.dispatcher.run())

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    def metric(self, name: str, **labels: str) -> float:
        return self.telemetry.registry.get_sample_value(f"fraiseql_observe_{name}", labels) or 0.0


@asynccontextmanager
async def world(folder: Path, *sinks: Sink, start: bool = True) -> AsyncIterator[World]:
    """Open a store in `folder` and a dispatcher over it with these destinations."""
    time = VirtualTime()
    engine = await open_store(f"sqlite:///{folder}/observe.db", clock=time.clock)
    telemetry = Telemetry()
    made: World

    async def build(delivery: Delivery, destination: Any) -> Message:
        if made.builds is not None:
            await made.builds(delivery)
        about = incident(id=delivery.incident_id)
        return replace(message(delivery.action, incident=about), delivery_id=delivery.id, attempt=delivery.attempts)

    dispatcher = Dispatcher(
        engine,
        {sink.name: sink for sink in sinks},
        clock=time.clock,
        telemetry=telemetry,
        build_message=build,
        sleep=time.sleep,
        chance=lambda: made.chance[0],
    )
    made = World(engine, time, telemetry, dispatcher)
    if start:
        made.start()
    try:
        yield made
    finally:
        await made.stop()
        await engine.close()
