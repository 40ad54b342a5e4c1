"""Ask metrics and audit log about an incident, within a budget of time, and never fail."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fraiseql_observe.alerts import questions, trend
from fraiseql_observe.alerts.impact import AuditLog
from fraiseql_observe.alerts.prometheus import Prometheus
from fraiseql_observe.errors import EnrichmentError
from fraiseql_observe.incident.message import Enrichment, Trend
from fraiseql_observe.notify.units import readable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from datetime import datetime

    from fraiseql_observe.alerts.prometheus import Series
    from fraiseql_observe.config.enrichment import AuditSettings, EnrichmentSettings, PrometheusSettings
    from fraiseql_observe.incident.model import Alert, Incident
    from fraiseql_observe.telemetry import Telemetry

    Arrived = Callable[[str, Enrichment], Awaitable[None]]

KEPT = 1000  # incidents whose enrichment is remembered
WAITING = 500  # incidents that may be asked about; more go without
GRACE = 0.2  # seconds: the task itself keeps the budget, and is worth hearing out
FRESH = 60.0  # seconds for which an answer is good

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
        self._prometheus = (
            Prometheus(prometheus, largest=settings.largest_answer, seconds=self._budget) if prometheus.url else None
        )
        self._audit = AuditLog(audit.url.reveal(), seconds=self._budget) if audit.url else None
        self._clock, self._telemetry, self._arrived = clock, telemetry, arrived
        self._turns = asyncio.Semaphore(settings.concurrency)
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Enrichment]] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def start(self, incident: Incident, alerts: Sequence[Alert]) -> None:
        """Begin to ask, unless this incident is being asked about or was just now; returns at once."""
        if not self._settings.enabled or not (self._prometheus or self._audit):
            return
        if incident.id in self._asking or self._is_fresh(incident.id):
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
        if self._prometheus:
            await self._prometheus.close()

    def _is_fresh(self, incident_id: str) -> bool:
        known = self._known.get(incident_id)
        return known is not None and abs((self._clock() - known.at).total_seconds()) < FRESH

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
        began = questions.began(alerts, incident.opened_at)
        parts = []
        if self._prometheus and alerts:
            parts += [self._trend(self._prometheus, alerts, began)]
        if self._prometheus and alerts and self._settings.operations:
            parts += [self._operations(self._prometheus, alerts[0], began)]
        if self._audit:
            parts += [self._users(self._audit, incident, began)]
        return parts or [_nothing()]

    async def _expression(self, server: Prometheus, alert: Alert) -> str:
        """The alert's own, else that of the rule of its name."""
        given = trend.expression_of(alert.generator_url)
        return given if trend.branches(given) else await server.rule(alert.name, alert.labels)

    async def _trend(self, server: Prometheus, alerts: tuple[Alert, ...], began: datetime) -> dict[str, Any]:
        branches = trend.branches(await self._expression(server, alerts[0]))
        span = questions.shown(began, self._clock(), self._settings.window)
        answers = await asyncio.gather(
            *(server.range(branch.expression, span.start, span.end, span.step) for branch in branches)
        )
        pairs = ((branch, series) for branch, found in zip(branches, answers, strict=True) for series in found)
        choice = questions.chosen(pairs, alerts)
        return _described(*choice) if choice else {}

    async def _operations(self, server: Prometheus, alert: Alert, began: datetime) -> dict[str, Any]:
        expression, now = await self._expression(server, alert), self._clock()
        seconds = (now - began + questions.BEFORE).total_seconds()
        query = questions.operations(expression, alert.labels, seconds, self._settings.operations)
        return {"operations": questions.most_affected(await server.now(query, now.timestamp()))}

    async def _users(self, audit: AuditLog, incident: Incident, began: datetime) -> dict[str, Any]:
        operation = incident.common_labels.get("operation_name", "")
        return {"users": await audit.users(began - questions.BEFORE, self._clock(), operation)}

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


async def _nothing() -> dict[str, Any]:
    return {}


def _heard(part: asyncio.Task[dict[str, Any]]) -> None:
    """Nobody waits for a part that was given up; its error is not news."""
    if not part.cancelled():
        part.exception()


def _described(branch: trend.Branch, series: Series) -> dict[str, Any]:
    threshold = "" if branch.threshold is None else f"{branch.operator} {readable(branch.threshold, branch.unit)}"
    return {
        "trend": Trend(series.points, branch.threshold, branch.expression, branch.unit, branch.operator),
        "value": readable(series.points[-1][1], branch.unit),
        "threshold": threshold,
    }


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
