"""The parts of a running alert manager, put together from its settings."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import rules
from fraiseql_observe.alerts.enrich import Enricher
from fraiseql_observe.alerts.links import ActionTokens, LinkBuilder
from fraiseql_observe.incident.message import Enrichment
from fraiseql_observe.incident.model import State
from fraiseql_observe.notify import registry
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools
from fraiseql_observe.store import settings as kept_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.alerts.enrich import Arrived
    from fraiseql_observe.alerts.message import Builder
    from fraiseql_observe.alerts.rules import Rules
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Alert, Delivery, Incident
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.notify.http import Http
    from fraiseql_observe.store.engine import Engine, Transaction
    from fraiseql_observe.telemetry import Telemetry

SIGNING_KEY = "action_links_key"


@dataclass(frozen=True, slots=True)
class Configured:
    """What is made anew when the settings change."""

    settings: Settings
    destinations: Mapping[str, Destination]
    rules: Rules
    enricher: Enricher
    links: LinkBuilder

    async def enrich(self, incident: Incident, alerts: tuple[Alert, ...], destination: Destination) -> Enrichment:
        """Wait for enrichment only where it cannot be added later; ask again where it was forgotten."""
        if destination.traits.waits_for_enrichment:
            return await self.enricher.within(incident, alerts)
        known = self.enricher.peek(incident.id)
        if known is None and incident.state is not State.RESOLVED:
            self.enricher.start(incident, alerts)
        return known or Enrichment()


@dataclass(frozen=True, slots=True)
class Basis:
    """What stays the same while the settings change."""

    engine: Engine
    http: Http
    tokens: ActionTokens
    clock: Callable[[], datetime]
    telemetry: Telemetry
    builder: Builder

    def configure(self, settings: Settings, own: Mapping[str, Destination], arrived: Arrived) -> Configured:
        """Make everything that depends on settings.

        Args:
            settings: the whole configuration.
            own: destinations that a program registered.
            arrived: is told of enrichments.

        Raises:
            ConfigError: the settings cannot work.
        """
        public_url = settings.server.public_url
        folder = Path(settings.templates.folder) if settings.templates.folder else None
        tools = Tools(self.http, Templates(folder), self.clock, console_url=public_url)
        destinations = {**registry.create(settings.destinations, tools), **own}
        return Configured(
            settings=settings,
            destinations=destinations,
            rules=rules.read(settings, destinations),
            enricher=Enricher(
                settings.enrichment,
                prometheus=settings.prometheus,
                audit=settings.audit,
                clock=self.clock,
                telemetry=self.telemetry,
                arrived=arrived,
            ),
            links=LinkBuilder(public_url, self.tokens if public_url else None),
        )

    async def build(self, configured: Configured, delivery: Delivery, destination: Destination) -> Message:
        """Make the message of a delivery from what the store knows now."""
        return await self.builder.build(
            delivery,
            destination,
            now=self.clock(),
            links=configured.links.for_incident,
            enrich=configured.enrich,
        )


async def signing_key(engine: Engine) -> bytes:
    """Return the key that signs links: made once, the same in all replicas."""
    made = secrets.token_hex(32)
    return bytes.fromhex(await engine.write(partial(_keep, made=made)))


def _keep(tx: Transaction, *, made: str) -> str:
    return kept_settings.keep(tx, SIGNING_KEY, made)
