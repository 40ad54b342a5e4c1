"""Ask metrics and audit log about an incident, within a budget of time, and never fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from fraiseql_observe.config.enrichment import AuditSettings, EnrichmentSettings, PrometheusSettings
    from fraiseql_observe.incident.message import Enrichment
    from fraiseql_observe.incident.model import Alert, Incident
    from fraiseql_observe.telemetry import Telemetry


class Enricher:
    """Asks once an incident; what it knows is kept for the newest incidents.

    Args:
        settings: budget, window and bounds.
        prometheus: where the trend and the operations come from.
        audit: where the users impacted come from.
        clock: for the window that is asked for.
        telemetry: counts outcomes.
        arrived: is told an incident's id and what was found, once, when anything was.
    """

    def __init__(  # noqa: PLR0913  each is a source or a seam
        self,
        settings: EnrichmentSettings,
        *,
        prometheus: PrometheusSettings,
        audit: AuditSettings,
        clock: Callable[[], datetime],
        telemetry: Telemetry | None = None,
        arrived: Callable[[str, Enrichment], Awaitable[None]] | None = None,
    ) -> None:
        raise NotImplementedError

    def start(self, incident: Incident, alerts: Sequence[Alert]) -> None:
        """Begin to ask, unless this incident is being asked about; returns at once."""
        raise NotImplementedError

    async def within(self, incident: Incident, alerts: Sequence[Alert], budget: float | None = None) -> Enrichment:
        """What is known after at most `budget` seconds (the settings' by default); starts what nobody started."""
        raise NotImplementedError

    def peek(self, incident_id: str) -> Enrichment | None:
        """What is known now, without waiting."""
        raise NotImplementedError

    async def close(self) -> None:
        """Give up what is being asked."""
        raise NotImplementedError
