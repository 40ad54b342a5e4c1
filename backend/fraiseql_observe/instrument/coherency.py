"""Whether a cache hit was still true: no write of its entity since the entry was stored, as far as this worker saw."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

_MAX_KEYS = 10_000
_ANY = "*"
_K = TypeVar("_K")
_V = TypeVar("_V")


class Coherency:
    """Remembers when entries were stored and entities written, within a bound; times are of one monotonic clock.

    A scope is what a key belongs to besides its entity, usually a tenant; an empty one is everybody's. A write in one
    tenant says nothing about the entries of another.
    """

    def __init__(self, max_keys: int = _MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._stored: OrderedDict[str, tuple[str, str, float]] = OrderedDict()
        self._written: OrderedDict[tuple[str, str], float] = OrderedDict()

    def stored(self, key: str, entity: str, scope: str, now: float) -> None:
        _remember(self._stored, key, (entity.lower(), scope, now), self._max_keys)

    def written(self, entity: str, scope: str, now: float) -> None:
        for affected in {scope, _ANY}:
            _remember(self._written, (entity.lower(), affected), now, self._max_keys)

    def judge(self, key: str) -> bool | None:
        """True if the entry is coherent, false if stale, None if nothing is known of when it was stored."""
        if key not in self._stored:
            return None
        entity, scope, stored_at = self._stored[key]
        scopes = (scope, "") if scope else (_ANY,)
        return all(self._written.get((entity, affected), float("-inf")) <= stored_at for affected in scopes)


def _remember(store: OrderedDict[_K, _V], key: _K, value: _V, limit: int) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > limit:
        store.popitem(last=False)
