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

from fraiseql_observe.alerts.acting import Acting
from fraiseql_observe.alerts.asking import Asking
from fraiseql_observe.alerts.handlers import Handler
from fraiseql_observe.alerts.links import ActionTokens
from fraiseql_observe.alerts.message import Builder
from fraiseql_observe.alerts.parts import Basis, signing_key
from fraiseql_observe.alerts.people import Changed
from fraiseql_observe.alerts.pressure import Pressure
from fraiseql_observe.alerts.running import Running
from fraiseql_observe.alerts.views import Channel, Delivered, Detail
from fraiseql_observe.alerts.watchdog import RECEIVER
from fraiseql_observe.errors import ConflictError, OverloadError, StoreError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import AlertStatus
from fraiseql_observe.notify.http import Http
from fraiseql_observe.store import alerts, inbox
from fraiseql_observe.store.opening import open_store
from fraiseql_observe.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    from fraiseql_observe.alerts.handlers import Function
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.model import Actor, Alert
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine

__all__ = ["Accepted", "AlertManager", "Changed", "Channel", "Delivered", "Detail"]

log = logging.getLogger(__name__)

_GRAFANA = "grafana"
REMEMBERED = 4096  # bodies of which a repetition is recognised
REFUSAL_SHOWS = timedelta(minutes=1)  # how long a webhook that the store refused makes us unready


@dataclass(frozen=True, slots=True)
class Accepted:
    """`outcome` is accepted or duplicate (byte for byte what came before); `alerts` counts those in it."""

    outcome: str
    alerts: int


def utc_now() -> datetime:
    return datetime.now(UTC)


class AlertManager(Asking, Acting):
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
        self._pressure = Pressure()
        self._draining = False
        self._refused: tuple[str, datetime] | None = None  # by the store: why, and when

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
        """Open the store, if none was given, and begin to process, dispatch, escalate and compare; once.

        Args:
            background: without it nothing runs by itself, for programs that only look or act.

        Raises:
            ConfigError: the settings cannot work.
            StoreError: the store cannot be opened.
        """
        if self._running is not None:
            return
        if self._engine is None:
            self._engine = await open_store(self.settings.store.url.reveal(), clock=self.clock)
        try:
            basis = Basis(
                engine=self._engine,
                http=Http(clock=self.clock),
                tokens=ActionTokens(await signing_key(self._engine)),
                clock=self.clock,
                telemetry=self.telemetry,
                builder=Builder(self._engine),
            )
            self._running = Running(basis, self.settings, self._own, busy=self._pressure.high, sleep=self._sleep)
        except BaseException:
            await self.close()
            raise
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
    def ready(self) -> Mapping[str, str]:
        """Why it is not ready to take alerts, by part; empty when it is."""
        if self._running is None:
            return {"service": "it is not started"}
        if self._draining:
            return {"service": "it is ending"}
        sick = {
            name: "it does not work, or not yet; the log says why" for name, well in self.healthy().items() if not well
        }
        if self._refused and abs(self.clock() - self._refused[1]) < REFUSAL_SHOWS:
            sick["store"] = f"the last webhook could not be kept: {self._refused[0]}"
        return sick

    @property
    def warnings(self) -> Mapping[str, str]:
        """What fails again and again, by part, though alerts are taken."""
        return self._parts.troubles() if self._running else {}

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
        checked = payload.check(body)
        await self._append(body, _GRAFANA if checked.version != payload.VERSIONS[0] else source, checked.alerts)
        digest = hash(body)
        known = digest in self._bodies
        self._bodies[digest] = None
        if len(self._bodies) > REMEMBERED:
            self._bodies.popitem(last=False)
        return Accepted("duplicate" if known else "accepted", checked.alerts)

    async def send_alert(
        self, alert: Alert, destinations: Sequence[str] | None = None, *, actor: Actor | None = None
    ) -> str:
        """Take one alert in, as if Alertmanager had told it; return its incident's id.

        Args:
            alert: firing or resolved; see `incident.payload.new_alert`.
            destinations: who is told, instead of what the routes say.
            actor: who sends it, for timeline and messages; without it, a program.

        Raises:
            NotFoundError: no destination has that name.
            StoreError: it could not be committed, or not be worked in yet.
        """
        for name in destinations or ():
            self._destination(name)
        if not alert.starts_ns:
            alert = replace(alert, starts_ns=await self._start_of(alert))
        group = payload.Group(
            RECEIVER,
            alert.labels,
            alert.labels,
            alert.annotations,
            (alert,),
            destinations=tuple(destinations or ()),
            actor=actor,
        )
        await self._append(payload.render(group), "python", 1)
        await self._parts.processor.catch_up()
        kept = await self.engine.read(lambda tx: alerts.latest(tx, [alert.fingerprint]))
        if alert.fingerprint not in kept:
            raise StoreError("The alert was taken in but is not worked in yet.", hint="It will be; look for it later.")
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

    async def _append(self, body: bytes, source: str, alerts: int) -> None:
        now = self.clock()
        self._pressure.came(alerts)
        try:
            await self.engine.append(inbox.INSERT, [inbox.row(new_id("box", now), source, now, body)])
        except StoreError as error:
            if not isinstance(error, OverloadError):  # that passes by itself
                self._refused = error.message, now
            raise
        finally:
            self._pressure.went()
        self._refused = None
        self.telemetry.inbox_size.inc()
        self._parts.wake_processor()

    async def _start_of(self, alert: Alert) -> int:
        kept = (await self.engine.read(lambda tx: alerts.latest(tx, [alert.fingerprint]))).get(alert.fingerprint)
        if kept and (kept.alert.status is AlertStatus.FIRING or alert.status is AlertStatus.RESOLVED):
            return kept.alert.starts_ns
        return payload.nanoseconds(self.clock())
