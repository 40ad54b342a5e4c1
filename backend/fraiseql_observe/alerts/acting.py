"""What people do through the alert manager. Where it fits, the second time changes nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import views
from fraiseql_observe.alerts.people import Changed, checked_comment
from fraiseql_observe.alerts.started import Started
from fraiseql_observe.incident import people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fraiseql_observe.incident.model import Actor, Delivery, Event
    from fraiseql_observe.incident.windows import Window
    from fraiseql_observe.notify.base import Sent

log = logging.getLogger(__name__)


class Acting(Started):
    """The actions. `if_version` is the version that somebody saw: ConflictError then says that it changed meanwhile."""

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

    async def replay(self, delivery_id: str, actor: Actor) -> Delivery:
        """Send a dead or ambiguous delivery again.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: it is not dead.
        """
        return await self._parts.people.replay(delivery_id, actor)

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
