"""The metric behind an alert, and the operations that it is about, asked of Prometheus."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fraiseql_observe.alerts import questions
from fraiseql_observe.alerts.prometheus import Prometheus, TooLargeError
from fraiseql_observe.alerts.trend import branches, expression_of
from fraiseql_observe.incident.message import Trend
from fraiseql_observe.notify.units import readable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fraiseql_observe.alerts.prometheus import Series
    from fraiseql_observe.alerts.questions import Range
    from fraiseql_observe.alerts.trend import Branch
    from fraiseql_observe.config.enrichment import EnrichmentSettings, PrometheusSettings
    from fraiseql_observe.incident.model import Alert


SHOWN = {"==": "=", "!=": "\u2260", ">=": "\u2265", "<=": "\u2264"}  # how people write comparisons


class MetricSource:
    """Answers as fields of `Enrichment`. All methods raise `EnrichmentError` when Prometheus does not answer well."""

    def __init__(
        self, prometheus: PrometheusSettings, settings: EnrichmentSettings, clock: Callable[[], datetime]
    ) -> None:
        self._server = Prometheus(prometheus, largest=settings.largest_answer, seconds=settings.budget.total_seconds())
        self._settings = settings
        self._clock = clock

    async def trend(self, alerts: tuple[Alert, ...], began: datetime) -> dict[str, Any]:
        """The series of the first alert's expression that belongs to one of the alerts, with its threshold."""
        compared = branches(await self._expression(alerts[0]))
        span = questions.shown(began, self._clock(), self._settings.window)
        answers = await asyncio.gather(*(self._series(branch, alerts, span) for branch in compared))
        pairs = ((branch, series) for branch, found in zip(compared, answers, strict=True) for series in found)
        choice = questions.chosen(pairs, alerts)
        return _described(*choice) if choice else {}

    async def operations(self, alert: Alert, start: datetime) -> dict[str, Any]:
        """The operations that the alert is about, most affected first."""
        expression, now = await self._expression(alert), self._clock()
        seconds = (now - start).total_seconds()
        query = questions.operations(expression, alert.labels, seconds, self._settings.operations)
        return {"operations": questions.most_affected(await self._server.now(query, now.timestamp()))}

    async def _series(self, branch: Branch, alerts: tuple[Alert, ...], span: Range) -> list[Series]:
        """Every series of the branch; where these are too many, the one that belongs to the alerts."""
        try:
            return await self._server.range(branch.expression, span.start, span.end, span.step)
        except TooLargeError:
            newest = await self._server.now(branch.expression, span.end)
        choice = questions.chosen(((branch, series) for series in newest), alerts)
        if choice is None:
            return []
        only = questions.only(branch.expression, choice[1].labels)
        return await self._server.range(only, span.start, span.end, span.step)

    async def close(self) -> None:
        await self._server.close()

    async def _expression(self, alert: Alert) -> str:
        """The alert's own, else that of the rule of its name: only the expression of a generator URL is believed."""
        given = expression_of(alert.generator_url)
        return given if branches(given) else await self._server.rule(alert.name, alert.labels)


def _described(branch: Branch, series: Series) -> dict[str, Any]:
    mark = SHOWN.get(branch.operator, branch.operator)
    threshold = "" if branch.threshold is None else f"{mark} {readable(branch.threshold, branch.unit)}"
    return {
        "trend": Trend(series.points, branch.threshold, branch.expression, branch.unit, branch.operator),
        "value": readable(series.points[-1][1], branch.unit),
        "threshold": threshold,
    }
