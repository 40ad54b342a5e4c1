"""Is it alive, is it ready, and how is it: for orchestrators, load balancers and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from fraiseql_observe._version import __version__
from fraiseql_observe.web.keys import AUDIT, MANAGER

if TYPE_CHECKING:
    from collections.abc import Mapping


async def healthz(request: web.Request) -> web.Response:
    """The process answers; says nothing of its parts, so that a sick store gets nobody restarted."""
    del request
    return web.json_response({"ok": True, "version": __version__})


async def readyz(request: web.Request) -> web.Response:
    """200 when alerts can be taken: the store can be written and the inbox has room; else 503, with the reasons.

    What is wrong with the audit database is said too, but never keeps an alert out.
    """
    failing = dict(request.app[MANAGER].ready)
    audit = {"audit": request.app[AUDIT].warnings} if AUDIT in request.app else {}
    return web.json_response({**state(failing), **audit}, status=503 if failing else 200)


def state(failing: Mapping[str, str]) -> dict[str, object]:
    """`failing` says why, by part."""
    return {"ok": not failing, "version": __version__, "failing": dict(failing)}


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text format."""
    body = generate_latest(request.app[MANAGER].telemetry.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def add_routes(app: web.Application) -> None:
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
