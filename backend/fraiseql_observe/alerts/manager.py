"""`AlertManager`: everything that a program, the service, the console and a click can do with alerts.

async with AlertManager(settings) as manager:
    incident_id = await manager.send_alert(new_alert("DiskFull", severity=Severity.CRITICAL))
    await manager.acknowledge_alert(incident_id, Actor("kim", "python"))
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from fraiseql_observe.alerts import views
from fraiseql_observe.alerts.handlers import Handler
from fraiseql_observe.alerts.links import ActionTokens
from fraiseql_observe.alerts.parts import Basis, signing_key
from fraiseql_observe.alerts.people import Changed, checked_comment
from fraiseql_observe.alerts.running import Running
from fraiseql_observe.alerts.views import Channel, Delivered, Detail
from fraiseql_observe.alerts.watchdog import RECEIVER
from fraiseql_observe.errors import ConflictError, NotFoundError, OverloadError, StoreError
from fraiseql_observe.incident import payload, people
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import AlertStatus, State
from fraiseql_observe.notify.http import Http
from fraiseql_observe.store import alerts, inbox, incidents, windows
from fraiseql_observe.store.opening import open_store
from fraiseql_observe.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    from fraiseql_observe.alerts.handlers import Function
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.model import Actor, Alert, Delivery, Event, Incident
    from fraiseql_observe.incident.windows import Window
    from fraiseql_observe.notify.base import Destination, Sent
    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.store.incidents import Page, Query

__all__ = ["Accepted", "AlertManager", "Changed", "Channel", "Delivered", "Detail"]

log = logging.getLogger(__name__)

ACTIVE = 1000  # incidents that `get_active_alerts` gives
_BUSY = 8  # webhooks that wait for their commit at once: intake goes first
_GRAFANA = "grafana"
REMEMBERED = 4096  # bodies of which a repetition is recognised


@dataclass(frozen=True, slots=True)
class Accepted:
    """`outcome` is accepted or duplicate (byte for byte what came before); `alerts` counts those in it."""

    outcome: str
    alerts: int


def utc_now() -> datetime:
    return datetime.now(UTC)


class AlertManager:
    """Takes alerts in, keeps incidents, tells people, and lets people act. All methods are for one event loop.

    Args:
        settings: the whole configuration.
        engine: an open store; without it `settings.store.url` is opened, and closed again at the end.
        clock: gives the present, aware UTC.
        telemetry: the metrics to count in; without it, own ones.
        sleep: how its loops wait; with the clock, an hour can be simulated.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        engine: Engine | None = None,
        clock: Callable[[], datetime] = utc_now,
        telemetry: Telemetry | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.telemetry = telemetry or Telemetry()
        self._sleep = sleep
        self._given = engine
        self._engine: Engine | None = engine
        self._running: Running | None = None
        self._own: dict[str, Destination] = {}
        self._bodies: OrderedDict[int, None] = OrderedDict()
        self._waiting = 0  # webhooks that wait for their commit
        self._draining = False

    async def __aenter__(self) -> Self:
        """Open and start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drain and close."""
        await self.drain(timedelta(seconds=10))
        await self.close()

    async def start(self, *, background: bool = True) -> None:
        """Open the store, if none was given, and begin to process, dispatch, escalate and compare.

        Args:
            background: without it nothing runs by itself, for programs that only look or act.

        Raises:
            ConfigError: the settings cannot work.
            StoreError: the store cannot be opened.
        """
        if self._engine is None:
            self._engine = await open_store(self.settings.store.url.reveal(), clock=self.clock)
        self._running = Running(
            Basis(
                engine=self._engine,
                http=Http(clock=self.clock),
                tokens=ActionTokens(await signing_key(self._engine)),
                clock=self.clock,
                telemetry=self.telemetry,
            ),
            self.settings,
            self._own,
            busy=lambda: self._waiting >= _BUSY,
            sleep=self._sleep,
        )
        if background:
            self._running.begin()

    async def drain(self, within: timedelta) -> bool:
        """Take nothing more in, finish what is being sent; true when nothing was cut off."""
        self._draining = True
        return await self._running.drain(within) if self._running else True

    async def close(self) -> None:
        """Let go of everything; what is left undone is in the store."""
        if self._running:
            await self._running.close()
            self._running = None
        if self._engine and self._given is None:
            await self._engine.close()
            self._engine = None

    async def reload(self, settings: Settings) -> None:
        """Go on with other settings; open incidents keep the policy they were opened under.

        Raises:
            ConfigError: they cannot work; the former ones hold on.
        """
        self._parts.configure(settings, self._own)
        self.settings = settings

    @property
    def engine(self) -> Engine:
        """The open store."""
        if self._engine is None:
            raise StoreError("The store is not open.", hint="Start the alert manager first.")
        return self._engine

    @property
    def action_tokens(self) -> ActionTokens:
        """What signs and reads the links in messages."""
        return self._parts.basis.tokens

    @property
    def ready(self) -> Mapping[str, str]:
        """Why it is not ready to take alerts, by part; empty when it is."""
        if self._running is None:
            return {"service": "it is not started"}
        if self._draining:
            return {"service": "it is ending"}
        return {name: "its last turn failed; the log says why" for name, well in self.healthy().items() if not well}

    def healthy(self) -> Mapping[str, bool]:
        """Tell whether processor, dispatcher and escalator work."""
        return self._parts.healthy()

    # What comes in

    async def accept(self, body: bytes, source: str) -> Accepted:
        """Keep a webhook; it is durable when this returns.

        Raises:
            PayloadError: it is not an alert webhook.
            OverloadError: the store has too much to do, or we are draining.
            StoreError: it could not be committed.
        """
        if self._draining:
            raise OverloadError("The service is ending.", hint="Come again; another one takes over.")
        group = payload.parse(body)
        await self._append(body, _GRAFANA if group.version != payload.VERSIONS[0] else source)
        digest = hash(body)
        known = digest in self._bodies
        self._bodies[digest] = None
        if len(self._bodies) > REMEMBERED:
            self._bodies.popitem(last=False)
        return Accepted("duplicate" if known else "accepted", len(group.alerts))

    async def send_alert(self, alert: Alert, destinations: Sequence[str] | None = None) -> str:
        """Take one alert in, as if Alertmanager had told it; return its incident's id.

        Args:
            alert: firing or resolved; see `incident.payload.new_alert`.
            destinations: who is told, instead of what the routes say.

        Raises:
            NotFoundError: no destination has that name.
        """
        for name in destinations or ():
            self._destination(name)
        if not alert.starts_ns:
            alert = replace(alert, starts_ns=await self._start_of(alert))
        group = payload.Group(
            RECEIVER, alert.labels, alert.labels, alert.annotations, (alert,), destinations=tuple(destinations or ())
        )
        await self._append(payload.render(group), "python")
        await self._parts.processor.empty()
        kept = await self.engine.read(lambda tx: alerts.latest(tx, [alert.fingerprint]))
        return kept[alert.fingerprint].incident_id

    def register_handler(self, name: str, handler: Function | Destination) -> None:
        """Make a function, or a destination of your own, known under a name that policies may use.

        Raises:
            ConflictError: a destination has that name.
        """
        if name in self._own or name in self.settings.destinations:
            raise ConflictError(f"There is a destination {name!r} already.", hint="Choose another name.")
        self._own[name] = Handler(name, handler) if callable(handler) else handler
        if self._running:
            self._running.configure(self.settings, self._own)

    # What people ask

    async def get_active_alerts(self) -> tuple[Incident, ...]:
        """Return unresolved incidents, the newest first; at most 1000."""
        found: list[Incident] = []
        query = incidents.Query(states=(State.FIRING, State.ACKNOWLEDGED), limit=ACTIVE)
        while len(found) < ACTIVE:
            page = await self.search(query)
            found += page.incidents
            if not page.next:
                break
            query = replace(query, cursor=page.next)
        return tuple(found[:ACTIVE])

    async def incident(self, incident_id: str) -> Detail:
        """Return one incident, whole.

        Raises:
            NotFoundError: there is none.
        """
        return await self.engine.read(lambda tx: views.detail(tx, incident_id))

    async def search(self, query: Query) -> Page:
        """Return a page of incidents."""
        return await self.engine.read(lambda tx: incidents.search(tx, query))

    async def statistics(self, since: datetime) -> Mapping[str, object]:
        """Return counts and mean times to acknowledge and resolve, in seconds, of incidents opened since then."""
        return await self.engine.read(lambda tx: views.statistics(tx, since))

    # What people do; `if_version` is the version they saw, and then ConflictError says that it changed meanwhile

    async def acknowledge_alert(
        self, incident_id: str, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Say that somebody cares: escalation stops. The second time changes nothing and shows who was first.

        Raises:
            NotFoundError: there is no such incident.
            ConflictError: it is resolved, or not of that version.
        """
        comment = checked_comment(comment)
        return await self._parts.people.act(
            incident_id, lambda incident, now: people.acknowledge(incident, actor, comment, now), if_version
        )

    async def unacknowledge(
        self, incident_id: str, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Take an acknowledgement back: escalation begins again."""
        comment = checked_comment(comment)
        return await self._parts.people.act(
            incident_id, lambda incident, now: people.unacknowledge(incident, actor, comment, now), if_version
        )

    async def resolve_alert(
        self, incident_id: str, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Say that it is over. It stays so while the same alerts are told again; a new one opens it again."""
        comment = checked_comment(comment)
        return await self._parts.people.act(
            incident_id, lambda incident, now: people.resolve(incident, actor, comment, now), if_version
        )

    async def snooze(
        self, incident_id: str, until: datetime, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Let escalation rest until then; it begins again when nobody acknowledged or resolved it by then."""
        comment = checked_comment(comment)
        return await self._parts.people.act(
            incident_id, lambda incident, now: people.snooze(incident, until, actor, comment, now), if_version
        )

    async def comment(self, incident_id: str, actor: Actor, comment: str) -> Event:
        """Write into the timeline; whoever knows of the incident hears of it."""
        return await self._parts.people.comment(incident_id, actor, comment)

    # Deliveries and destinations

    async def dead_letters(self, limit: int = 100) -> tuple[Delivery, ...]:
        """Return deliveries that were given up or whose outcome nobody knows, the newest first."""
        return await self.engine.read(lambda tx: views.dead_letters(tx, limit))

    async def replay(self, delivery_id: str, actor: Actor) -> Delivery:
        """Send a dead or ambiguous delivery again.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: it is not dead.
        """
        return await self._parts.people.replay(delivery_id, actor)

    async def destinations(self) -> tuple[Channel, ...]:
        """Return all destinations and how they do."""
        now, configured = self.clock(), self._parts.destinations
        resting = {name for name in configured if self._parts.dispatcher.rests(name)}
        return await self.engine.read(lambda tx: views.channels(tx, configured, resting, now))

    async def enable_destination(self, name: str) -> None:
        """Serve a destination again that had answered 410 Gone.

        Raises:
            NotFoundError: there is none of that name.
        """
        await self._parts.dispatcher.enable(name)

    async def test(self, name: str, actor: Actor) -> Sent:
        """Send one message, marked as a test, now.

        Raises:
            NotFoundError: there is no destination of that name.
            DeliveryError: it was not taken.
        """
        log.info("%s tests a destination", actor.name, extra={"destination": name, "source": actor.source})
        return await views.test(self._destination(name), self.clock())

    # Maintenance windows

    async def windows(self, *, ended: bool = False) -> tuple[Window, ...]:
        """Return windows that are active or to come; with `ended` also those that are over."""
        after = datetime(1970, 1, 1, tzinfo=UTC) if ended else self.clock()
        return tuple(await self.engine.read(lambda tx: windows.since(tx, after)))

    async def add_window(
        self, matchers: Sequence[str], starts_at: datetime, ends_at: datetime, actor: Actor, comment: str = ""
    ) -> Window:
        """Hold messages back for incidents whose labels match all `matchers`.

        Raises:
            ConfigError: a matcher is malformed or there is none, or the end is not after the start.
        """
        return await self._parts.people.add_window(matchers, starts_at, ends_at, actor, comment)

    async def end_window(self, window_id: str, actor: Actor) -> Window:
        """End it now; what still fires is told.

        Raises:
            NotFoundError: there is none of that id.
        """
        log.info("%s ends a maintenance window", actor.name, extra={"window": window_id, "source": actor.source})
        return await self._parts.people.end_window(window_id)

    @property
    def _parts(self) -> Running:
        if self._running is None:
            raise StoreError("The alert manager is not started.", hint="Call start(), or use it as a context manager.")
        return self._running

    async def _append(self, body: bytes, source: str) -> None:
        now = self.clock()
        self._waiting += 1
        try:
            await self.engine.append(inbox.INSERT, [inbox.row(new_id("box", now), source, now, body)])
        finally:
            self._waiting -= 1
        self._parts.wake_processor()

    async def _start_of(self, alert: Alert) -> int:
        kept = (await self.engine.read(lambda tx: alerts.latest(tx, [alert.fingerprint]))).get(alert.fingerprint)
        if kept and (kept.alert.status is AlertStatus.FIRING or alert.status is AlertStatus.RESOLVED):
            return kept.alert.starts_ns
        return payload.nanoseconds(self.clock())

    def _destination(self, name: str) -> Destination:
        try:
            return self._parts.destinations[name]
        except KeyError:
            known = ", ".join(sorted(self._parts.destinations)) or "nobody"
            raise NotFoundError(f"There is no destination {name!r}.", hint=f"There is: {known}.") from None
