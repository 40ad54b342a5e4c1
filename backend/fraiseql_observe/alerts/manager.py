"""`AlertManager`: everything a program, the service, the console and a click can do with alerts.

async with AlertManager(settings) as manager:
    incident_id = await manager.send_alert(new_alert("DiskFull", severity="critical"))
    await manager.acknowledge_alert(incident_id, Actor("kim", "python"))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime, timedelta
    from types import TracebackType

    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Actor, Alert, Attempt, Delivery, Event, Incident
    from fraiseql_observe.incident.policy import DueStep
    from fraiseql_observe.incident.windows import Window
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.store.incidents import Page, Query
    from fraiseql_observe.telemetry import Telemetry

    Handler = Callable[[Message], Awaitable[Mapping[str, str] | None]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """`outcome` is accepted or duplicate (byte for byte what came before); `alerts` counts those in it."""

    outcome: str
    alerts: int


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a person's action: `changed` is false when somebody else was first (see the incident)."""

    incident: Incident
    changed: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    delivery: Delivery
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One incident, whole: `alerts` firing first, `events` oldest first, `steps` still to be taken."""

    incident: Incident
    alerts: tuple[Alert, ...]
    events: tuple[Event, ...]
    deliveries: tuple[Delivered, ...]
    steps: tuple[DueStep, ...]


class AlertManager:
    """Takes alerts in, keeps incidents, tells people, and lets people act. All methods are for one event loop.

    Args:
        settings: the whole configuration.
        engine: an open store; without it `settings.store.url` is opened, and closed again at the end.
        clock: gives the present, aware UTC.
        telemetry: the metrics to count in; without it, own ones.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        engine: Engine | None = None,
        clock: Callable[[], datetime] | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        raise NotImplementedError

    settings: Settings
    engine: Engine
    telemetry: Telemetry

    async def __aenter__(self) -> Self:
        """Open and start."""
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drain and close."""
        raise NotImplementedError

    async def start(self) -> None:
        """Open the store, if none was given, and begin to process, dispatch, escalate and compare."""
        raise NotImplementedError

    async def drain(self, within: timedelta) -> bool:
        """Take nothing more in, finish what is being sent; true when nothing was cut off."""
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of everything; what is left undone is in the store."""
        raise NotImplementedError

    async def reload(self, settings: Settings) -> None:
        """Go on with other settings; open incidents keep the policy they were opened under."""
        raise NotImplementedError

    @property
    def ready(self) -> Mapping[str, str]:
        """Why it is not ready to take alerts, by part; empty when it is."""
        raise NotImplementedError

    # What comes in

    async def accept(self, body: bytes, source: str) -> Accepted:
        """Keep a webhook; it is durable when this returns.

        Raises:
            PayloadError: it is not an alert webhook.
            OverloadError: the inbox is full, or we are draining.
            StoreError: it could not be committed.
        """
        raise NotImplementedError

    async def send_alert(self, alert: Alert, destinations: Sequence[str] | None = None) -> str:
        """Take one alert in, as if Alertmanager had told it; return its incident's id.

        Args:
            alert: firing or resolved; see `incident.payload.new_alert`.
            destinations: who is told, instead of what the routes say.

        Raises:
            NotFoundError: no destination has that name, or it was resolved before it was known.
        """
        raise NotImplementedError

    def register_handler(self, name: str, handler: Handler | Destination) -> None:
        """Make a function, or a destination of your own, known under a name that policies may use.

        Raises:
            ConflictError: a destination has that name.
        """
        raise NotImplementedError

    # What people ask

    async def get_active_alerts(self) -> tuple[Incident, ...]:
        """Return unresolved incidents, the newest first; at most 1000."""
        raise NotImplementedError

    async def incident(self, incident_id: str) -> Detail:
        """Return one incident, whole.

        Raises:
            NotFoundError: there is none.
        """
        raise NotImplementedError

    async def search(self, query: Query) -> Page:
        raise NotImplementedError

    async def statistics(self, since: datetime) -> Mapping[str, object]:
        """Return counts and mean times to acknowledge and resolve, in seconds, of incidents opened since then."""
        raise NotImplementedError

    # What people do; `if_version` is the version they saw, and then ConflictError says that it changed meanwhile

    async def acknowledge_alert(
        self, incident_id: str, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Say that somebody cares: escalation stops. The second time changes nothing and shows who was first.

        Raises:
            NotFoundError: there is no such incident.
            ConflictError: it is resolved, or not of that version.
        """
        raise NotImplementedError

    async def unacknowledge(
        self, incident_id: str, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Take an acknowledgement back: escalation begins again."""
        raise NotImplementedError

    async def resolve_alert(
        self, incident_id: str, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Say that it is over. It stays so while the same alerts are told again; a new one opens it again."""
        raise NotImplementedError

    async def snooze(
        self, incident_id: str, until: datetime, actor: Actor, comment: str = "", *, if_version: int | None = None
    ) -> Changed:
        """Let escalation rest until then."""
        raise NotImplementedError

    async def comment(self, incident_id: str, actor: Actor, comment: str) -> Event:
        raise NotImplementedError

    # Deliveries

    async def dead_letters(self, limit: int = 100) -> tuple[Delivery, ...]:
        """Return deliveries that were given up or whose outcome nobody knows, the newest first."""
        raise NotImplementedError

    async def replay(self, delivery_id: str, actor: Actor) -> Delivery:
        """Send a dead or ambiguous delivery again.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: it is not dead.
        """
        raise NotImplementedError

    # Maintenance windows

    async def windows(self, *, ended: bool = False) -> tuple[Window, ...]:
        """Return windows that are active or to come; with `ended` also those that are over."""
        raise NotImplementedError

    async def add_window(
        self, matchers: Sequence[str], starts_at: datetime, ends_at: datetime, actor: Actor, comment: str = ""
    ) -> Window:
        """Hold messages back for incidents whose labels match all `matchers`.

        Raises:
            ConfigError: a matcher is malformed or there is none, or the end is not after the start.
        """
        raise NotImplementedError

    async def end_window(self, window_id: str, actor: Actor) -> Window:
        """End it now; what still fires is told.

        Raises:
            NotFoundError: there is none of that id.
        """
        raise NotImplementedError
