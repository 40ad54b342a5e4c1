"""A running alert manager: its parts, the loops that drive them, and what each has to say to the others."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.auditor import Auditor
from fraiseql_observe.alerts.dispatcher import Dispatcher
from fraiseql_observe.alerts.escalator import Escalator
from fraiseql_observe.alerts.heartbeat import Heartbeat
from fraiseql_observe.alerts.loop import Loop
from fraiseql_observe.alerts.people import People
from fraiseql_observe.alerts.processor import Processor
from fraiseql_observe.alerts.reconciler import SLOWEST, SOONEST, Reconciler
from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.incident.merge import Change
from fraiseql_observe.incident.model import Actor, EventKind, State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime, timedelta

    from fraiseql_observe.alerts.desk import Desk
    from fraiseql_observe.alerts.parts import Basis, Configured
    from fraiseql_observe.alerts.processor import Outcome
    from fraiseql_observe.alerts.rules import Rules
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.message import Enrichment, Message
    from fraiseql_observe.incident.model import Delivery, Incident
    from fraiseql_observe.notify.base import Destination

log = logging.getLogger(__name__)

_ENRICHMENT = Actor("Enrichment", "enrichment")
_SAFETY = 15.0  # seconds after which loops look by themselves, should nobody have woken them
_HOUR = 3600.0


class Running:
    """Put together here, let run by `begin`, ended by `drain` and `close`.

    Args:
        basis: store, connections, clock and metrics.
        settings: the whole configuration.
        own: destinations that a program registered.
        busy: tells whether webhooks wait for the store.
        sleep: how loops wait.
    """

    def __init__(
        self,
        basis: Basis,
        settings: Settings,
        own: Mapping[str, Destination],
        *,
        busy: Callable[[], bool],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.basis = basis
        engine, clock, telemetry = basis.engine, basis.clock, basis.telemetry
        self._configured = basis.configure(settings, own, self._enriched)
        self._retired: list[Configured] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: list[asyncio.Future[None]] = []
        self._unlisten: list[Callable[[], None]] = []
        self.people = People(engine, self._rules, clock=clock, done=self._desk_done)
        self.processor = Processor(
            engine, self._rules, done=self._batch_done, busy=busy, clock=clock, telemetry=telemetry
        )
        self._escalator = Escalator(engine, self._rules, clock=clock, done=self._desk_done)
        self._reconciler = Reconciler(
            engine, self._settings, clock=clock, telemetry=telemetry, found=self.wake_processor
        )
        self._auditor = Auditor(engine, self._settings, clock=clock, telemetry=telemetry, nudge=self._nudge)
        self.dispatcher = Dispatcher(
            engine, self.destinations, clock=clock, telemetry=telemetry, build_message=self._build, sleep=sleep
        )
        turns = {
            "processor": (self.processor.turn, _SAFETY),
            "escalator": (self._escalator.turn, _SAFETY),
            "auditor": (self._auditor.turn, _SAFETY),
            "heartbeat": (self._beat, _HOUR),
        }
        self._loops = {name: Loop(name, turn, longest=longest, sleep=sleep) for name, (turn, longest) in turns.items()}
        self._loops["reconciler"] = Loop(
            "reconciler", self._reconciler.turn, longest=_HOUR, soonest=SOONEST, slowest=SLOWEST, sleep=sleep
        )
        for name, loop in self._loops.items():
            telemetry.loop_failures.labels(name).set_function(partial(getattr, loop, "failures"))

    @property
    def destinations(self) -> Mapping[str, Destination]:
        return self._configured.destinations

    def enrichment(self, incident_id: str) -> Enrichment | None:
        return self._configured.enricher.peek(incident_id)

    def healthy(self) -> Mapping[str, bool]:
        """Tell whether those without whom nobody is told work; one that does not run here is not judged."""
        if not self._tasks:
            return {}
        return {
            "processor": self._loops["processor"].healthy,
            "escalator": self._loops["escalator"].healthy,
            "dispatcher": self.dispatcher.healthy,
        }

    def troubles(self) -> Mapping[str, str]:
        """What fails at every turn, by loop."""
        return {name: loop.trouble for name, loop in self._loops.items() if loop.trouble}

    def wake_processor(self) -> None:
        self._loops["processor"].wake()

    def configure(self, settings: Settings, own: Mapping[str, Destination]) -> None:
        """Use these settings and destinations from now on.

        Raises:
            ConfigError: they cannot work; nothing changed.
        """
        configured = self.basis.configure(settings, own, self._enriched)
        self._retired.append(self._configured)  # what is being sent goes on with the former destinations
        self._closing.append(asyncio.ensure_future(self._configured.enricher.close()))
        self._configured = configured
        self.dispatcher.reconfigure(configured.destinations)
        for loop in self._loops.values():
            loop.wake()

    async def drain(self, within: timedelta) -> bool:
        """Process nothing more, let sendings end; true when none was cut off."""
        await self._end([task for task in self._tasks if task.get_name() != "dispatcher"])
        started = asyncio.get_running_loop().time()
        await self.dispatcher.drain(within.total_seconds())
        return asyncio.get_running_loop().time() - started < within.total_seconds()

    async def close(self) -> None:
        """End all tasks and let go of connections."""
        for unlisten in self._unlisten:
            unlisten()
        await self._end(self._tasks)
        everything = [*self._retired, self._configured]
        await asyncio.gather(*self._closing, self._configured.enricher.close())
        for destination in {id(one): one for each in everything for one in each.destinations.values()}.values():
            await destination.close()
        await self.basis.http.close()

    def begin(self) -> None:
        """Let everything run."""
        engine = self.basis.engine
        self._unlisten = [
            engine.listen("inbox", self._loops["processor"].wake),
            engine.listen("escalations", self._loops["escalator"].wake),
        ]
        runs = {name: loop.run for name, loop in self._loops.items()} | {"dispatcher": self.dispatcher.run}
        self._tasks = [asyncio.create_task(run(), name=name) for name, run in runs.items()]

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _settings(self) -> Settings:
        return self._configured.settings

    def _rules(self) -> Rules:
        return self._configured.rules

    async def _build(self, delivery: Delivery, destination: Destination) -> Message:
        return await self.basis.build(self._configured, delivery, destination)

    async def _beat(self) -> float:
        settings = self._configured.settings.heartbeat
        if not settings.url:
            return _HOUR
        clock, telemetry = self.basis.clock, self.basis.telemetry
        beat = Heartbeat(settings, self.basis.http, clock=clock, telemetry=telemetry, healthy=self.healthy)
        return await beat.turn()

    def _nudge(self) -> None:
        """Wake those who should have done what the auditor found undone; their topics reach the other replicas."""
        self._loops["escalator"].wake()

    def _batch_done(self, outcome: Outcome) -> None:
        telemetry = self.basis.telemetry
        telemetry.inbox_size.dec(outcome.items)  # the auditor counts anew, for all replicas
        for (status, severity), count in outcome.told.items():
            telemetry.alerts_received.labels(status, severity).inc(count)
        if outcome.watchdog:
            telemetry.watchdog_seen.set(outcome.watchdog.timestamp())
        self._count(outcome.changes, outcome.steps)
        for incident, alerts in outcome.opened:
            if incident.state is not State.RESOLVED:
                self._configured.enricher.start(incident, alerts)
        if outcome.suspicious or outcome.doubtful:
            self._reconciler.suspect(outcome.suspicious, outcome.doubtful)
            self._loops["reconciler"].wake()

    def _desk_done(self, desk: Desk) -> None:
        self._count(desk.changes, desk.steps)

    def _count(self, changes: list[Change], steps: list[tuple[str, int]]) -> None:
        telemetry = self.basis.telemetry
        for policy, step in steps:
            telemetry.escalations.labels(policy, str(step)).inc()
        for change in changes:
            incident = change.incident
            if change.kind is EventKind.ACKNOWLEDGED and incident.acknowledged_at:
                telemetry.time_to_acknowledge.observe(_seconds(incident, incident.acknowledged_at))
            if change.kind is EventKind.RESOLVED and incident.resolved_at:
                telemetry.time_to_resolve.observe(_seconds(incident, incident.resolved_at))

    async def _enriched(self, incident_id: str, enrichment: Enrichment) -> None:
        """Note that more is known; messages that can be edited are drawn again."""
        known = [name for name in ("trend", "operations", "users") if getattr(enrichment, name) not in (None, ())]

        def enriched(incident: Incident, now: datetime) -> Change | None:
            if incident.state is State.RESOLVED:
                return None
            return Change(EventKind.ENRICHED, incident, _ENRICHMENT, now, data={"known": known})

        try:
            await self.people.act(incident_id, enriched)
        except NotFoundError:
            log.info("an enrichment came for an incident that is gone", extra={"incident": incident_id})


def _seconds(incident: Incident, until: datetime) -> float:
    return max((until - incident.opened_at).total_seconds(), 0)
