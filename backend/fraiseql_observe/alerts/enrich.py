"""Ask metrics and audit log about an incident, within a budget of time, and never fail."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import EnrichmentError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.message import Enrichment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from fraiseql_observe.alerts.impact import AuditLog
    from fraiseql_observe.alerts.metric import MetricSource
    from fraiseql_observe.config.audit import AuditSettings
    from fraiseql_observe.config.enrichment import EnrichmentSettings, PrometheusSettings
    from fraiseql_observe.incident.model import Alert, Incident
    from fraiseql_observe.telemetry import Telemetry

    Arrived = Callable[[str, Enrichment], Awaitable[None]]

BEFORE = timedelta(minutes=5)  # errors begin before the rule's window and `for` are over
KEPT = 1000  # incidents whose enrichment is remembered
WAITING = 500  # incidents that may be asked about; more go without
GRACE = 0.2  # seconds: the task itself keeps the budget, and is worth hearing out
FRESH = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    at: datetime
    enrichment: Enrichment


class Enricher:
    """Asks once an incident, and again when somebody wants to know and the answer is old.

    Args:
        settings: budget, window and bounds.
        prometheus: where the trend and the operations come from.
        audit: where the users impacted come from.
        clock: for the window that is asked for.
        telemetry: counts outcomes.
        arrived: is told an incident's id and what was found, the first time anything was.
    """

    def __init__(
        self,
        settings: EnrichmentSettings,
        *,
        prometheus: PrometheusSettings,
        audit: AuditSettings,
        clock: Callable[[], datetime],
        telemetry: Telemetry | None = None,
        arrived: Arrived | None = None,
    ) -> None:
        self._settings = settings
        self._budget = settings.budget.total_seconds()
        self._metrics = _metrics(prometheus, settings, clock) if prometheus.url else None
        self._audit = _audit(audit, self._budget) if audit.url else None
        self._clock, self._telemetry, self._arrived = clock, telemetry, arrived
        self._turns = asyncio.Semaphore(settings.concurrency)
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Enrichment]] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def start(self, incident: Incident, alerts: Sequence[Alert]) -> None:
        """Begin to ask, unless this incident is being asked about or was just now; returns at once."""
        if not self._settings.enabled or not (self._metrics or self._audit):
            return
        if incident.id in self._asking or self._is_fresh(incident):
            return
        if len(self._asking) >= WAITING:
            self._count("late")
            return
        task = asyncio.create_task(self._ask(incident, tuple(alerts)), name=f"enrich {incident.id}")
        self._asking[incident.id] = task
        task.add_done_callback(lambda _: self._asking.pop(incident.id, None))

    async def within(self, incident: Incident, alerts: Sequence[Alert], budget: float | None = None) -> Enrichment:
        """What is known after at most `budget` seconds (the settings' by default); starts what nobody started."""
        self.start(incident, alerts)
        if (task := self._asking.get(incident.id)) is not None:
            await asyncio.wait([task], timeout=self._budget + GRACE if budget is None else budget)
        return self.peek(incident.id) or Enrichment()

    def peek(self, incident_id: str) -> Enrichment | None:
        """What is known now, without waiting."""
        known = self._known.get(incident_id)
        return known.enrichment if known else None

    async def close(self) -> None:
        """Give up what is being asked."""
        tasks = [*self._asking.values(), *self._telling]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._metrics:
            await self._metrics.close()

    def _is_fresh(self, incident: Incident) -> bool:
        """Whether the answer is from after the incident's last change, and not old."""
        known = self._known.get(incident.id)
        return known is not None and known.at >= incident.updated_at and self._clock() - known.at < FRESH

    async def _ask(self, incident: Incident, alerts: tuple[Alert, ...]) -> Enrichment:
        """Ask everything at once; what has not answered when the budget is used up is given up."""
        parts: list[asyncio.Task[dict[str, Any]]] = []
        try:
            async with asyncio.timeout(self._budget), self._turns:
                parts = [asyncio.create_task(part) for part in self._parts(incident, alerts)]
                await asyncio.wait(parts)
        except TimeoutError:
            log.info("an enrichment is late", extra={"incident": incident.id})
        finally:
            for part in parts:
                part.cancel()
                part.add_done_callback(_heard)
        enrichment, outcome = _together(parts)
        self._count(outcome)
        self._remember(incident.id, enrichment)
        return enrichment

    def _parts(self, incident: Incident, alerts: tuple[Alert, ...]) -> list[Coroutine[Any, Any, dict[str, Any]]]:
        """The questions that are configured; the one may fail or be late without the others."""
        began = _began(alerts, incident.opened_at)
        parts = []
        if self._metrics and alerts:
            parts += [self._metrics.trend(alerts, began)]
        if self._metrics and alerts and self._settings.operations:
            parts += [self._metrics.operations(alerts[0], began - BEFORE)]
        if self._audit:
            parts += [self._users(self._audit, incident, began - BEFORE)]
        return parts or [_nothing()]

    async def _users(self, audit: AuditLog, incident: Incident, start: datetime) -> dict[str, Any]:
        operation = incident.common_labels.get("operation_name", "")
        return {"users": await audit.users(start, self._clock(), operation)}

    def _remember(self, incident_id: str, enrichment: Enrichment) -> None:
        known = self._known.pop(incident_id, None)
        better = enrichment if known is None else _newer(known.enrichment, enrichment)
        self._known[incident_id] = _Known(self._clock(), better)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        if self._arrived and enrichment != Enrichment() and (known is None or known.enrichment == Enrichment()):
            task = asyncio.create_task(self._tell(self._arrived, incident_id, enrichment))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, arrived: Arrived, incident_id: str, enrichment: Enrichment) -> None:
        try:
            await arrived(incident_id, enrichment)
        except Exception:
            log.exception("an enrichment could not be kept", extra={"incident": incident_id})

    def _count(self, outcome: str) -> None:
        if self._telemetry:
            self._telemetry.enrichments.labels(outcome).inc()


def _metrics(
    prometheus: PrometheusSettings, settings: EnrichmentSettings, clock: Callable[[], datetime]
) -> MetricSource:
    from fraiseql_observe.alerts.metric import MetricSource  # noqa: PLC0415  a parser that only this needs

    return MetricSource(prometheus, settings, clock)


def _audit(audit: AuditSettings, seconds: float) -> AuditLog:
    from fraiseql_observe.alerts.impact import AuditLog  # noqa: PLC0415  a driver that only this may need

    return AuditLog(audit.url.reveal(), seconds=seconds)


def _began(alerts: Sequence[Alert], otherwise: datetime) -> datetime:
    """When the first of the alerts started."""
    starts = [payload.moment(alert.starts_ns) for alert in alerts]
    return min(starts, default=otherwise)


async def _nothing() -> dict[str, Any]:
    return {}


def _heard(part: asyncio.Task[dict[str, Any]]) -> None:
    """Nobody waits for a part that was given up; its error is not news."""
    if not part.cancelled():
        part.exception()


def _together(parts: Sequence[asyncio.Task[dict[str, Any]]]) -> tuple[Enrichment, str]:
    """What the finished parts found, and the outcome for the metric."""
    found: dict[str, Any] = {}
    failed = 0
    for part in parts:
        if not part.done() or part.cancelled():
            continue
        if (error := part.exception()) is not None:
            failed += 1
            log.info("an enrichment is incomplete", extra={"why": _why(error)})
        else:
            found |= part.result()
    enrichment = replace(Enrichment(), **found)
    late = not parts or any(not part.done() for part in parts)
    if not failed and not late:
        return enrichment, "complete"
    if enrichment != Enrichment():
        return enrichment, "partial"
    return enrichment, "late" if late else "failed"


def _newer(old: Enrichment, new: Enrichment) -> Enrichment:
    """The new one; what it lacks is still better known from the old one than not at all."""
    return Enrichment(
        trend=new.trend or old.trend,
        operations=new.operations or old.operations,
        users=old.users if new.users is None else new.users,
        value=new.value or old.value,
        threshold=new.threshold or old.threshold,
    )


def _why(error: BaseException) -> str:
    """Without what a library may quote: addresses, credentials, answers."""
    return error.message if isinstance(error, EnrichmentError) else type(error).__name__
