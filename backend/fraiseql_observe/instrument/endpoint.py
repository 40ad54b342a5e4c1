"""Serves the metrics, for one process and for many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import Response
from starlette.routing import Match, Mount, Route

from fraiseql_observe.instrument.metrics import WorkersCollector, multiprocess_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request


def exposition(registry: CollectorRegistry) -> bytes:
    """The text of all metrics: this process's, or all workers' when `PROMETHEUS_MULTIPROC_DIR` is set."""
    directory = multiprocess_directory()
    if directory is None:
        return generate_latest(registry)
    shared = CollectorRegistry()
    shared.register(WorkersCollector(directory))
    return generate_latest(shared)


def serves(app: Any, path: str) -> bool:
    """Whether the application has a route for the path; a catch-all mount does not count."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    for route in app.routes:
        if isinstance(route, Mount) and not route.path:
            continue
        if route.matches(scope)[0] is Match.FULL:
            return True
    return False


def mount(app: Any, path: str, registry: CollectorRegistry) -> None:
    """Serve the metrics ahead of every other route; in a thread, because a full text takes a while to write."""
    app.router.routes.insert(0, Route(path, _endpoint(registry), methods=["GET"], include_in_schema=False))


def _endpoint(registry: CollectorRegistry) -> Callable[[Request], Response]:
    def metrics(_request: Request) -> Response:
        return Response(exposition(registry), media_type=CONTENT_TYPE_LATEST)

    return metrics
