"""Puts the console at the root of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.web.console import assets, confirm, incident, listing, live, login, operations
from fraiseql_observe.web.console.state import CONSOLE, ConsoleState

if TYPE_CHECKING:
    from aiohttp import web


def add_routes(app: web.Application) -> None:
    """Add the pages. They answer with pages also for errors: no `ObserveError` leaves their handlers."""
    app[CONSOLE] = ConsoleState()
    app.cleanup_ctx.append(live.listen)
    app.on_shutdown.append(live.let_go)
    for part in (assets, login, listing, incident, operations, live, confirm):
        app.add_routes(part.routes)
