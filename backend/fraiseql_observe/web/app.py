"""The aiohttp application: its parts in the order in which a request meets them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.web import console, health, intake, middlewares, openapi, rest, slack_actions
from fraiseql_observe.web.access import Access
from fraiseql_observe.web.auditing import Auditing
from fraiseql_observe.web.keys import ACCESS, AUDIT, BUSY, CHAIN, MAINTENANCE, MANAGER, SETTINGS
from fraiseql_observe.web.maintenance import Maintenance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.config.settings import Settings


def create_app(manager: AlertManager, settings: Settings) -> web.Application:
    """The service around a manager that the caller has entered and will leave."""
    app = web.Application(middlewares=[middlewares.edge], client_max_size=settings.intake.largest_body)
    app[MANAGER] = manager
    app[SETTINGS] = settings
    app[ACCESS] = Access(manager)
    app[BUSY] = set()
    app.on_response_prepare.append(middlewares.protect)
    app.cleanup_ctx.append(_note_use)
    if settings.audit.url:
        app[AUDIT] = Auditing(settings.audit, manager)
        app.cleanup_ctx.append(_audit)
    if settings.audit.chain_url:
        from fraiseql_observe.web.chain import Chain  # noqa: PLC0415  only who verifies pays for it

        app[CHAIN] = Chain(settings.audit, manager)
        app.cleanup_ctx.append(_chain)
    if settings.audit.maintenance_url:
        app[MAINTENANCE] = Maintenance(settings.audit, manager.telemetry.registry)
        app.cleanup_ctx.append(_maintain)
    for part in (intake, health, rest, openapi, slack_actions, console):
        part.add_routes(app)
    return app


async def _audit(app: web.Application) -> AsyncIterator[None]:
    async with app[AUDIT].running():
        yield


async def _chain(app: web.Application) -> AsyncIterator[None]:
    async with app[CHAIN].running():
        yield


async def _maintain(app: web.Application) -> AsyncIterator[None]:
    async with app[MAINTENANCE].running():
        yield


async def _note_use(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[ACCESS].note_use())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
