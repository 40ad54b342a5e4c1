"""Who wants to be woken for what, within one process."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)


class Topics:
    """Listeners by topic; used in the event loop only."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    def listen(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Add a listener; returns what removes it, which may be called again."""
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(listener)

        def stop() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return stop

    def wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for listener in tuple(self._listeners.get(topic, ())):
                _call(listener, topic)

    def wake_all(self) -> None:
        """Wake everybody: nobody knows what was missed."""
        self.wake(tuple(self._listeners))


def _call(listener: Callable[[], None], topic: str) -> None:
    try:
        listener()
    except Exception:  # one listener's fault is not the others'
        log.exception("A listener failed.", extra={"topic": topic})
