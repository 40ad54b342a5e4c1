"""Is it alive, is it ready, and how is it: for orchestrators, load balancers and people."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from fraiseql_observe._version import __version__
from fraiseql_observe.errors import StoreError
from fraiseql_observe.store import inbox
from fraiseql_observe.web.keys import AUDIT, CHAIN, MAINTENANCE, MANAGER

if TYPE_CHECKING:
    from fraiseql_observe.alerts.manager import AlertManager

PATIENCE = 2.0  # seconds
INBOX_MOST = 100_000  # webhooks
INBOX_OLDEST = timedelta(minutes=2)


async def healthz(request: web.Request) -> web.Response:
    """The process answers; says nothing of its parts, so that a sick store gets nobody restarted."""
    del request
    return web.json_response({"ok": True, "version": __version__})


async def readyz(request: web.Request) -> web.Response:
    """200 when alerts can be taken: all parts work, the store can be written, the inbox is not over its limit.

    `warnings` names parts that fail again and again though alerts are taken. What is wrong with the audit database is
    said too, but neither keeps an alert out.
    """
    found = await state(request.app[MANAGER])
    return web.json_response({**found, **_audit(request.app)}, status=200 if found["ok"] else 503)


def _audit(app: web.Application) -> dict[str, list[str]]:
    """What is wrong with the audit database; nothing at all where there is none."""
    warnings = app[AUDIT].warnings if AUDIT in app else []
    troubles = {
        "maintenance": app[MAINTENANCE].trouble if MAINTENANCE in app else "",
        "hash chains": app[CHAIN].loop.trouble if CHAIN in app else "",
    }
    found = [*warnings, *(f"{part}: {trouble}" for part, trouble in troubles.items() if trouble)]
    return {"audit": found} if {AUDIT, CHAIN, MAINTENANCE} & set(app) else {}


async def state(manager: AlertManager) -> dict[str, object]:
    """How it is; `failing` says why, by part, and `warnings` what else does not work."""
    failing = {**manager.ready, **await _store(manager)}
    return {"ok": not failing, "version": __version__, "failing": failing, "warnings": dict(manager.warnings)}


async def _store(manager: AlertManager) -> dict[str, str]:
    """What is wrong with the store and the inbox in it."""
    try:
        async with asyncio.timeout(PATIENCE):
            # A transaction without a change: it takes the lock of a writer.
            backlog = await manager.engine.write(inbox.backlog)
    except TimeoutError:
        return {"store": f"it does not answer within {PATIENCE:g} s"}
    except StoreError as error:
        return {"store": error.message}
    if backlog.count > INBOX_MOST:
        return {"inbox": f"{backlog.count} webhooks wait to be worked in"}
    if backlog.oldest is not None and manager.clock() - backlog.oldest > INBOX_OLDEST:
        return {"inbox": f"a webhook waits since {backlog.oldest:%H:%M:%S}"}
    return {}


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text format."""
    body = generate_latest(request.app[MANAGER].telemetry.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def add_routes(app: web.Application) -> None:
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
