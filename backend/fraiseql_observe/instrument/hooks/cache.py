"""FraiseQL's caches: results, permissions and the loads of one request."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument import families
from fraiseql_observe.instrument import record as records
from fraiseql_observe.instrument.hooks import patch
from fraiseql_observe.instrument.labels import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.instrument.runtime import Instrument

HOOK, PERMISSIONS, LOADERS = "cache", "permissions", "dataloader"
_POSTGRES = "fraiseql.caching.PostgresCache"
_RESULTS = "fraiseql.caching.ResultCache"
_PERMISSION_CACHE = "fraiseql.enterprise.rbac.cache.PermissionCache"
_PERMISSION_KEYS = "rbac:permissions:"
_MAX_TABLES = 20

_active: list[Instrument] = []  # the application that caches serve outside of any request: the latest instrumented


def install(instrument: Instrument) -> bool:
    """Wrap the PostgreSQL cache for all of the process, and other backends when a `ResultCache` first uses them."""
    _active[:] = [instrument]
    return all(
        [
            patch.wrap(_POSTGRES, "get", ("self", "key"), lambda original: _get(original, "result")),
            patch.wrap(_POSTGRES, "get_with_metadata", ("self", "key"), lambda original: _get(original, "result")),
            patch.wrap(_POSTGRES, "set", ("self", "key", "value", "ttl"), lambda original: _set(original, "result")),
            patch.wrap(_POSTGRES, "delete", ("self", "key"), lambda original: _delete(original, "result")),
            patch.wrap(_POSTGRES, "delete_pattern", ("self", "pattern"), lambda original: _delete(original, "result")),
            patch.wrap(_RESULTS, "get_or_set", ("self", "key", "func"), _with_backend),
            patch.wrap(_RESULTS, "invalidate", ("self", "key"), _with_backend),
            patch.wrap(_RESULTS, "invalidate_pattern", ("self", "pattern"), _with_backend),
        ]
    )


def install_permissions() -> bool:
    return all(
        [
            patch.wrap(_PERMISSION_CACHE, "get", ("self", "user_id", "tenant_id"), _permission(_get)),
            patch.wrap(_PERMISSION_CACHE, "set", ("self", "user_id", "tenant_id"), _permission(_set)),
            patch.wrap(_PERMISSION_CACHE, "invalidate_user", ("self", "user_id"), _permission(_delete)),
            patch.wrap(_PERMISSION_CACHE, "invalidate_all", ("self",), _permission(_delete)),
        ]
    )


def install_loaders() -> bool:
    return patch.wrap("fraiseql.optimization.dataloader.DataLoader", "load", ("self", "key"), _load)


def _instrument() -> Instrument | None:
    record = records.current()
    if record is not None:
        return record.instrument
    return _active[0] if _active else None


def _permission(make: Callable[[Any, str], Any]) -> Callable[[Any], Any]:
    return lambda original: make(original, "permission")


async def _timed(instrument: Instrument, cache_type: str, operation: str, call: Any) -> Any:
    started = time.perf_counter()
    try:
        result = await call
    except Exception:
        instrument.metrics.inc(families.CACHE_ERRORS, cache_type, operation)
        raise
    instrument.metrics.observe(families.CACHE_DURATION, time.perf_counter() - started, cache_type, operation)
    return result


def _ours(key: Any, cache_type: str) -> bool:
    """Permissions pass through the PostgreSQL cache, but are counted where they are asked for."""
    return cache_type == "permission" or not (isinstance(key, str) and key.startswith(_PERMISSION_KEYS))


def _get(original: Any, cache_type: str) -> Any:
    async def get(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        instrument = _instrument()
        if instrument is None or not _ours(key, cache_type):
            return await original(self, key, *args, **kwargs)
        result = await _timed(instrument, cache_type, "get", original(self, key, *args, **kwargs))
        hit = result is not None and not (isinstance(result, tuple) and result[:1] == (None,))
        instrument.metrics.inc(families.CACHE_HITS if hit else families.CACHE_MISSES, cache_type)
        if cache_type == "result":
            _guarded(instrument, _note_read, instrument, self, key, hit)
        return result

    return get


def _set(original: Any, cache_type: str) -> Any:
    async def set_(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        instrument = _instrument()
        if instrument is None or not _ours(key, cache_type):
            return await original(self, key, *args, **kwargs)
        result = await _timed(instrument, cache_type, "set", original(self, key, *args, **kwargs))
        if cache_type == "result":
            _guarded(instrument, _note_stored, instrument, key)
        return result

    return set_


def _delete(original: Any, cache_type: str) -> Any:
    async def delete(self: Any, *args: Any, **kwargs: Any) -> Any:
        instrument = _instrument()
        key = next(iter((*args, *kwargs.values())), "")
        if instrument is None or not _ours(key, cache_type):
            return await original(self, *args, **kwargs)
        removed = await _timed(instrument, cache_type, "delete", original(self, *args, **kwargs))
        if removed and cache_type == "result":
            _guarded(instrument, _count_invalidation, instrument, key, removed)
        return removed

    return delete


def _with_backend(original: Any) -> Any:
    """A method of `ResultCache` that first sees to it that its store is watched, whatever class it has."""

    async def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        instrument = _instrument()
        if instrument is not None:
            _guarded(instrument, _observe_backend, self.backend)
        return await original(self, *args, **kwargs)

    return method


def _observe_backend(backend: Any) -> None:
    """Wrap one store of another class, on the object: hits are counted where the store is asked."""
    if patch.is_wrapped(type(backend).get) or hasattr(backend, "_fraiseql_observe"):
        return
    backend._fraiseql_observe = True  # noqa: SLF001
    for name, make in (("get", _get), ("set", _set), ("delete", _delete), ("delete_pattern", _delete)):
        method = getattr(backend, name)
        setattr(backend, name, make(_unbound(method), "result").__get__(backend))


def _unbound(method: Any) -> Any:
    async def call(_self: Any, *args: Any, **kwargs: Any) -> Any:
        return await method(*args, **kwargs)

    return call


def _load(original: Any) -> Any:
    async def load(self: Any, key: Any) -> Any:
        instrument = _instrument()
        if instrument is not None:
            _guarded(instrument, _note_load, instrument, self, key)
        return await original(self, key)

    return load


def _guarded(instrument: Instrument, note: Callable[..., None], *args: Any) -> None:
    try:
        note(*args)
    except Exception:  # noqa: BLE001
        instrument.fault(HOOK)


def _note_load(instrument: Instrument, loader: Any, key: Any) -> None:
    known = loader._cache_enabled and key in loader._cache  # noqa: SLF001
    instrument.metrics.inc(families.CACHE_HITS if known else families.CACHE_MISSES, "field")


def _note_read(instrument: Instrument, cache: Any, key: Any, hit: bool) -> None:  # noqa: FBT001
    table = getattr(cache, "table_name", None)
    if isinstance(table, str) and len(instrument.sampler.cache_tables) < _MAX_TABLES:
        instrument.sampler.cache_tables.add(table)
    coherent = instrument.coherency.judge(key) if hit else None
    if coherent is not None:
        instrument.metrics.inc(families.COHERENT_READS if coherent else families.STALE_READS)


def _note_stored(instrument: Instrument, key: Any) -> None:
    entity, scope = parse_key(key)
    instrument.coherency.stored(key, entity, scope, time.monotonic())


def _count_invalidation(instrument: Instrument, key: Any, removed: Any) -> None:
    entity, _ = parse_key(key)
    record = records.current()
    rows = record.rows if record is not None else []
    own = {row.entity_type for row in rows}
    cascade = entity not in own and any(entity in row.cascade for row in rows)
    label = instrument.entities.admit(entity)
    instrument.metrics.inc(families.CACHE_INVALIDATIONS, label, str(cascade).lower(), amount=int(removed))


def parse_key(key: object) -> tuple[str, str]:
    """Entity and scope of a key such as `fraiseql:<tenant>:v_post:...`.

    The entity is the first part that FraiseQL knows, else the second; the scope is what stands before it.
    """
    parts = [part.strip("*%") for part in str(key)[:256].split(":")]
    known = _known_entities(_registered())
    for position, part in enumerate(parts):
        if entity := known.get(part.lower()):
            return entity, ":".join(parts[1:position])
    return (parts[1] if len(parts) > 1 else parts[0]) or OTHER, ""


def _registered() -> tuple[tuple[str, str], ...]:
    registry = getattr(patch.resolve("fraiseql.db"), "_type_registry", {})
    return tuple((view, getattr(cls, "__name__", "")) for view, cls in registry.items())


@lru_cache(maxsize=4)
def _known_entities(registered: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    for view, name in registered:
        plain = view.rpartition(".")[2]
        bare = plain.removeprefix("tv_").removeprefix("v_")
        for alias in (view, plain, bare, bare + "s", name, name + "s"):
            known.setdefault(alias.lower(), name)
    return known
