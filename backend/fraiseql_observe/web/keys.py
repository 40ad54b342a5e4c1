"""What the application and its requests carry, with their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.incident.model import Actor
from fraiseql_observe.web.access import Access
from fraiseql_observe.web.auditing import Auditing
from fraiseql_observe.web.maintenance import Maintenance
from fraiseql_observe.web.principal import Principal

if TYPE_CHECKING:
    from asyncio import BaseProtocol

    from fraiseql_observe.web.chain import Chain

MANAGER = web.AppKey("manager", AlertManager)
SETTINGS = web.AppKey("settings", Settings)  # as at the start; after a reload `app[MANAGER].settings` are newer
ACCESS = web.AppKey("access", Access)
AUDIT = web.AppKey("audit", Auditing)  # absent where no audit database is configured
MAINTENANCE = web.AppKey("maintenance", Maintenance)  # absent where the service does not maintain the audit log
CHAIN: web.AppKey[Chain] = web.AppKey("chain")  # absent where the service does not verify hash chains
BUSY: web.AppKey[set[BaseProtocol]] = web.AppKey("busy", set)  # connections whose request is being answered

ACTOR = web.RequestKey("actor", Actor)
PRINCIPAL = web.RequestKey("principal", Principal)
REQUEST_ID = web.RequestKey("request_id", str)
