"""The REST interface under /api/observability: each operation declared once, for routes and OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.web.rest import administration, alerts, audit, chain, deliveries, status, windows
from fraiseql_observe.web.rest.operation import BASE, Operation, bind

if TYPE_CHECKING:
    from aiohttp import web

OPERATIONS: tuple[Operation, ...] = (
    *alerts.OPERATIONS,
    *deliveries.OPERATIONS,
    *windows.OPERATIONS,
    *status.OPERATIONS,
    *audit.OPERATIONS,
    *chain.OPERATIONS,
    *administration.OPERATIONS,
)


def add_routes(app: web.Application) -> None:
    for operation in OPERATIONS:
        app.router.add_route(operation.method, BASE + operation.path, bind(operation), name=operation.id)
