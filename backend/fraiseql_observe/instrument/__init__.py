"""Makes a FraiseQL application tell what it does: metrics for Prometheus and an audit row for each operation.

    app = create_fraiseql_app(...)
    instrument(app)

It runs inside somebody else's application. So it never breaks or blocks a request (its own errors are counted in
`fraiseql_instrument_errors_total`), everything it keeps is bounded, and it imports nothing else of this project.
"""

from __future__ import annotations

import importlib.metadata
import logging
from itertools import product
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, ProcessCollector

from fraiseql_observe.instrument import endpoint, families
from fraiseql_observe.instrument.audit import DROP_REASONS
from fraiseql_observe.instrument.errors import InstrumentError
from fraiseql_observe.instrument.hooks import apq, cache, database, execution, fields, patch, security
from fraiseql_observe.instrument.metrics import Metrics, metrics_for, multiprocess_directory
from fraiseql_observe.instrument.middleware import ObserveMiddleware
from fraiseql_observe.instrument.runtime import Instrument
from fraiseql_observe.instrument.settings import Settings, load
from fraiseql_observe.instrument.statement import QUERY_TYPES

__all__ = ["Instrument", "InstrumentError", "Settings", "instrument"]

logger = logging.getLogger("fraiseql_observe.instrument")
_NAMESPACE = "fraiseql"
_SECURITY_EVENTS = (
    ("auth.success", "success"), ("auth.failure", "failure"), ("auth.token_invalid", "failure"),
    ("auth.token_expired", "failure"), ("authz.denied", "denied"), ("rate_limit.exceeded", "denied"),
)  # fmt: skip
# Where an error of ours can happen: the hooks, and the parts around them.
FAULTS = (
    execution.HOOK, fields.HOOK, apq.HOOK, cache.HOOK, cache.PERMISSIONS, cache.LOADERS, security.HOOK, security.AUTH,
    database.POOL, database.CURSOR, "request", "lifespan", "sampler", "metrics",
)  # fmt: skip


def instrument(app: Any, *, registry: CollectorRegistry | None = None, **settings: Any) -> Instrument | None:
    """Instrument the application that `create_fraiseql_app` returned; call it last, before the application starts.

    Args:
        app: the FastAPI application. Instrumenting it twice changes nothing.
        registry: where to register the metrics. Default: FraiseQL's own after `setup_metrics`, prometheus-client's
            default one if the application serves `/metrics` itself, else a new one.
        settings: any field of `Settings`. The environment (`FRAISEQL_OBSERVE_INSTRUMENT_<FIELD>`) overrides them.

    Returns:
        The instrument, or None when it is switched off by `enabled`.

    Raises:
        InstrumentError: the application serves already, is no FastAPI application, or a setting is wrong.
    """
    if not hasattr(app, "add_middleware") or not hasattr(app, "state"):
        raise InstrumentError(
            f"instrument() was given a {type(app).__name__}, not a FastAPI application.",
            hint="Give it what create_fraiseql_app() returns.",
        )
    known: Instrument | None = getattr(app.state, "fraiseql_observe", None)
    if known is not None:
        return known
    loaded = load(settings)
    if not loaded.enabled:
        return None
    if getattr(app, "middleware_stack", None) is not None:
        raise InstrumentError(
            "The application has started already, and can take no more middleware.",
            hint="Call instrument(app) right after create_fraiseql_app(), before the server runs it.",
        )
    instrumented = _build(app, loaded, registry)
    app.state.fraiseql_observe = instrumented
    app.add_middleware(ObserveMiddleware, instrument=instrumented, prepare=lambda: _prepare(instrumented))
    return instrumented


def _build(app: Any, settings: Settings, registry: CollectorRegistry | None) -> Instrument:
    fraiseql = _fraiseql_metrics()
    served = endpoint.serves(app, settings.metrics_path)
    if registry is None:
        registry = fraiseql.registry if fraiseql else REGISTRY if served else _own_registry()
    reused = (
        fraiseql if fraiseql and fraiseql.registry is registry and fraiseql.config.namespace == _NAMESPACE else None
    )
    instrumented = Instrument(
        app,
        settings,
        metrics_for(registry, reused),
        database_url=_database_url(app),
        counts_http=not any(entry.cls.__name__ == "MetricsMiddleware" for entry in app.user_middleware),
    )
    if not served or (fraiseql and multiprocess_directory()):
        endpoint.mount(app, settings.metrics_path, registry)
    _install(instrumented)
    _declare(instrumented.metrics)
    return instrumented


def _own_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    if multiprocess_directory() is None:
        ProcessCollector(registry=registry)
    return registry


def _fraiseql_metrics() -> Any:
    module = patch.resolve("fraiseql.monitoring.metrics.integration")
    get = getattr(module, "get_metrics", None)
    return get() if get is not None else None


def _database_url(app: Any) -> str:
    """The application's database, as it told FraiseQL."""
    refresh = getattr(app.state, "_fraiseql_refresh_config", None)
    config = refresh.get("config") if isinstance(refresh, dict) else None
    return str(getattr(config, "database_url", "") or "")


def _install(instrumented: Instrument) -> None:
    """Wrap what FraiseQL offers at import; pools and schemas follow when they exist."""
    hooks = {
        execution.HOOK: execution.install,
        apq.HOOK: apq.install,
        cache.HOOK: lambda: cache.install(instrumented),
        cache.PERMISSIONS: cache.install_permissions,
        cache.LOADERS: cache.install_loaders,
        security.HOOK: lambda: security.install(instrumented),
    }
    for name, install in hooks.items():
        _activate(instrumented, name, install)
    instrumented.metrics.set(families.HOOK_ACTIVE, 1, fields.HOOK)


def _activate(instrumented: Instrument, name: str, install: Any) -> None:
    active = False
    try:
        active = install()
    except Exception:  # noqa: BLE001
        instrumented.fault(name)
    instrumented.metrics.set(families.HOOK_ACTIVE, int(active), name)


def _prepare(instrumented: Instrument) -> None:
    """What must wait until the application runs: its pool and its auth provider."""
    _activate(instrumented, database.POOL, lambda: _observe_pools(instrumented))
    _activate(instrumented, security.AUTH, lambda: security.observe_provider(instrumented))


def _observe_pools(instrumented: Instrument) -> bool:
    dependencies = patch.resolve("fraiseql.fastapi.dependencies")
    get = getattr(dependencies, "get_db_pool", None)
    if get is None:
        return False
    pools = [get(), *instrumented.settings.pools]
    return all([database.observe(pool, instrumented) for pool in pools])  # noqa: C419  (each one)


def _declare(metrics: Metrics) -> None:
    """Series that alerts watch for a first event must exist before it: an increase from nothing is no increase."""
    metrics.set(families.BUILD_INFO, 1, _fraiseql_version(), "v1")
    for event_type, result in _SECURITY_EVENTS:
        metrics.inc(families.SECURITY_EVENTS, event_type, result, amount=0)
    for reason in DROP_REASONS:
        metrics.inc(families.AUDIT_DROPPED, reason, amount=0)
    for hook in FAULTS:
        metrics.inc(families.INSTRUMENT_ERRORS, hook, amount=0)
    for cache_type, operation in product(("query", "result", "permission"), ("get", "set", "delete")):
        metrics.inc(families.CACHE_ERRORS, cache_type, operation, amount=0)
    for kind in QUERY_TYPES:
        metrics.inc(families.SLOW_QUERIES, kind, amount=0)
    for operation_type in ("query", "mutation"):
        metrics.inc(families.QUERIES_SUCCESS, operation_type, amount=0)
        metrics.inc(families.QUERIES_ERRORS, operation_type, amount=0)


def _fraiseql_version() -> str:
    try:
        return importlib.metadata.version("fraiseql")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
