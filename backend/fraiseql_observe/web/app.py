"""The aiohttp application: its parts in the order in which a request meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.web.keys import MANAGER, SETTINGS

if TYPE_CHECKING:
    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.config.settings import Settings


def create_app(manager: AlertManager, settings: Settings) -> web.Application:
    """The service around a manager that the caller has entered and will leave."""
    app = web.Application()
    app[MANAGER] = manager
    app[SETTINGS] = settings
    return app
