"""Whether a cache hit was still true: no write of its entity since the entry was stored, as far as this worker saw."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

_MAX_KEYS = 10_000
_V = TypeVar("_V")


class Coherency:
    """Remembers when entries were stored and entities written, within a bound; times are of one monotonic clock."""

    def __init__(self, max_keys: int = _MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._stored: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._written: OrderedDict[str, float] = OrderedDict()

    def stored(self, key: str, entity: str, now: float) -> None:
        _remember(self._stored, key, (entity, now), self._max_keys)

    def removed(self, key: str) -> None:
        self._stored.pop(key, None)

    def written(self, entity: str, now: float) -> None:
        _remember(self._written, entity.lower(), now, self._max_keys)

    def judge(self, key: str) -> bool | None:
        """True if the entry is coherent, false if stale, None if nothing is known of when it was stored."""
        if key not in self._stored:
            return None
        entity, stored_at = self._stored[key]
        return self._written.get(entity.lower(), float("-inf")) <= stored_at


def _remember(store: OrderedDict[str, _V], key: str, value: _V, limit: int) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > limit:
        store.popitem(last=False)
