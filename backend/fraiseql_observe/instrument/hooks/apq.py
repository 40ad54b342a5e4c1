"""Persisted documents (APQ): whether a hash was known, and how long the store took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument import families
from fraiseql_observe.instrument.hooks import patch
from fraiseql_observe.instrument.record import current

if TYPE_CHECKING:
    from fraiseql_observe.instrument.runtime import Instrument

HOOK = "apq"
_MODULE = "fraiseql.middleware.apq_caching"


def install() -> bool:
    return all(
        [
            patch.wrap(_MODULE, "handle_apq_request_with_cache", ("request", "backend", "config"), _lookup),
            patch.wrap(_MODULE, "get_apq_backend", ("config",), _backend),
        ]
    )


def _lookup(original: Any) -> Any:
    """FraiseQL calls this for every request that sends a hash alone."""

    def handle_apq_request_with_cache(*args: Any, **kwargs: Any) -> Any:
        record = current()
        if record is not None:
            record.apq_lookup = True
        return original(*args, **kwargs)

    return handle_apq_request_with_cache


def _backend(original: Any) -> Any:
    def get_apq_backend(config: Any) -> Any:
        backend = original(config)
        record = current()
        if record is not None and backend is not None and not hasattr(backend, "_fraiseql_observe"):
            _observe(backend, record.instrument)
        return backend

    return get_apq_backend


def _observe(backend: Any, instrument: Instrument) -> None:
    try:
        backend._fraiseql_observe = True  # noqa: SLF001
        backend.get_persisted_query = _timed(backend.get_persisted_query, "get")
        backend.store_persisted_query = _timed(backend.store_persisted_query, "set")
        if hasattr(backend, "get_storage_stats"):
            instrument.sampler.document_stores[id(backend)] = backend
    except Exception:  # noqa: BLE001
        instrument.fault(HOOK)


def _timed(method: Any, operation: str) -> Any:
    def timed(*args: Any, **kwargs: Any) -> Any:
        record = current()
        if record is None:
            return method(*args, **kwargs)
        metrics, started = record.instrument.metrics, time.perf_counter()
        try:
            result = method(*args, **kwargs)
        except Exception:
            metrics.inc(families.CACHE_ERRORS, "query", operation)
            raise
        metrics.observe(families.CACHE_DURATION, time.perf_counter() - started, "query", operation)
        return result

    return timed
