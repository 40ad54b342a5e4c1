"""What people ask of the alert manager; nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import views
from fraiseql_observe.alerts.started import Started
from fraiseql_observe.incident.model import State
from fraiseql_observe.store import incidents, windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.alerts.views import Channel, Detail
    from fraiseql_observe.incident.message import Enrichment
    from fraiseql_observe.incident.model import Delivery, Incident
    from fraiseql_observe.incident.windows import Window
    from fraiseql_observe.store.incidents import Page, Query

ACTIVE = 1000  # incidents that `get_active_alerts` gives


class Asking(Started):
    """The questions."""

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

    def enrichment(self, incident_id: str) -> Enrichment | None:
        """Return what metrics and audit log added to an incident, as far as this process knows."""
        return self._parts.enrichment(incident_id)

    async def dead_letters(self, limit: int = 100) -> tuple[Delivery, ...]:
        """Return deliveries that were given up or whose outcome nobody knows, the newest first."""
        return await self.engine.read(lambda tx: views.dead_letters(tx, limit))

    async def destinations(self) -> tuple[Channel, ...]:
        """Return all destinations and how they do."""
        now, configured = self.clock(), self._parts.destinations
        resting = {name for name in configured if self._parts.dispatcher.rests(name)}
        return await self.engine.read(lambda tx: views.channels(tx, configured, resting, now))

    async def windows(self, *, ended: bool = False) -> tuple[Window, ...]:
        """Return windows that are active or to come; with `ended` also those that are over."""
        after = datetime(1970, 1, 1, tzinfo=UTC) if ended else self.clock()
        return tuple(await self.engine.read(lambda tx: windows.since(tx, after)))
